// Times the core of @cloud-copilot/iam-simulate (runUnsafeSimulation) on cells of an access matrix.
// Usage: node simulate_matrix.mjs MODULE CELLS.json; prints what it decides in each cell; then a
// line `N` on standard input for each round of N cells, answered with the seconds it took.
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

const [module, file] = process.argv.slice(2)
const { runUnsafeSimulation } = await import(module)
const { account, documents, boundary, scps, cells } = JSON.parse(readFileSync(file))

const named = (policies, kind) => policies.map((policy, index) => ({ name: `${kind}${index}`, policy }))
const identity = named(documents, 'identity')
const bounding = named([boundary], 'boundary')
const levels = scps.map((policies, level) => ({
  orgIdentifier: `level${level}`,
  policies: named(policies, 'scp')
}))
const simulations = cells.map(({ principal, policies, bounded, action, resource, context }) => ({
  identityPolicies: policies.map((number) => identity[number]),
  permissionBoundaryPolicies: bounded ? bounding : undefined,
  serviceControlPolicies: levels,
  resourceControlPolicies: [],
  request: {
    principal,
    action,
    resource: { resource, accountId: account },
    contextVariables: context
  }
}))

const words = []
for (const simulation of simulations) {
  const found = await runUnsafeSimulation(simulation, {})
  words.push(found.resultType === 'error' ? 'error' : found.overallResult ?? found)
}
console.log(JSON.stringify(words))

for await (const line of createInterface({ input: process.stdin })) {
  const start = process.hrtime.bigint()
  for (let index = 0; index < Number(line); index++) {
    await runUnsafeSimulation(simulations[index % simulations.length], {})
  }
  console.log(Number(process.hrtime.bigint() - start) / 1e9)
}
