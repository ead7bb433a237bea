// Opens a matrix's page, filters it, clicks a cell, and prints what is then seen, as JSON.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [installed, page_path, wide_path, before, after] = process.argv.slice(2);
const require = createRequire(`${installed}/`);
const load = async (name) => (await import(pathToFileURL(require.resolve(name)).href)).default;
const chromium = await load("@sparticuz/chromium");
const puppeteer = await load("puppeteer-core");

const browser = await puppeteer.launch({
  args: chromium.args,
  executablePath: await chromium.executablePath(),
  headless: "shell",
  defaultViewport: { width: 1400, height: 900 },
});
try {
  const page = await browser.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => errors.push(message.text()));
  page.on("request", (request) => request.url().startsWith("file:") || errors.push(request.url()));
  await page.goto(pathToFileURL(page_path).href);
  const text = (selector) => page.$eval(selector, (element) => element.innerText);
  const rows = () => page.$$eval("tbody tr", (found) =>
    found.map((row) => [...row.cells].map((cell) => cell.innerText)));
  const seen = { title: await page.title(), count: await text("#count"), rows: await rows() };
  await page.screenshot({ path: before });
  await page.type("#principal", "FLO");
  await page.type("#action", "secrets");
  seen.filtered = { count: await text("#count"), rows: await rows() };
  await page.click("tbody td button");
  seen.why = await text("#why");
  await page.screenshot({ path: after });
  await page.$eval("#principal", (input) => { input.value = ""; });
  await page.select("#word", "undetermined");
  seen.open = { count: await text("#count"), rows: await rows() };
  await page.goto(pathToFileURL(wide_path).href);
  seen.wide = { count: await text("#count"), columns: (await page.$$("thead th")).length };
  console.log(JSON.stringify({ ...seen, errors }));
} finally {
  await browser.close();
}
