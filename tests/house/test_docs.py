"""What README and docs show of suites: run, and held equal to what is printed of it there."""

from __future__ import annotations

import doctest
import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

from policy_eval.semantics.service_reference import data_version
from policy_eval.sources.cli_command import is_calls
from policy_eval.sources.organizations import read_organization
from tests.cli.running import BLOCK, ROOT, policy_eval


def blocks(page: str, language: str) -> list[str]:
    text = (ROOT / page).read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_the_suite_of_the_readme_ends_as_the_readme_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite = next(each for each in blocks("README.md", "yaml") if "tests:" in each)
    printed = next(each for each in blocks("README.md", "text") if "policy-eval test\n" in each)
    monkeypatch.chdir(tmp_path)
    shutil.copy(BLOCK, "policy.json")
    Path("secrets.iamtest.yaml").write_text(suite, "utf-8")

    result = policy_eval("test")

    timeless = re.compile(r" \([\d.]+ s\)")
    assert result.exit_code == 1
    assert timeless.sub("", f"$ policy-eval test\n{result.output}") == timeless.sub("", printed)


def test_the_suites_of_the_page_on_the_format_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, account, part = (each for each in blocks("docs/iamtest.md", "yaml") if "expect" in each)
    monkeypatch.chdir(tmp_path)
    shutil.copy(BLOCK, "appflow-doc.json")
    Path("whole.iamtest.yaml").write_text(whole, "utf-8")
    for name in ("account.json", "organization.json"):
        shutil.copy(ROOT / "fixtures" / "accounts" / name, name)
    Path("account.iamtest.yaml").write_text(account, "utf-8")
    Path("part.iamtest.yaml").write_text(f"tests:\n{part}", "utf-8")

    result = policy_eval("test")

    assert result.exit_code == 0, result.output
    assert "9 tests in 3 files: 9 passed" in result.output


def test_the_batch_of_the_page_on_files_of_requests_ends_as_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = next(each for each in blocks("docs/batch.md", "text") if "$ cat" in each)
    requests, run, decisions = (part.partition("\n") for part in shown.split("$ ")[1:])
    monkeypatch.chdir(tmp_path)
    shutil.copy(BLOCK, "appflow-doc.json")
    Path("requests.jsonl").write_text(requests[2], "utf-8")

    result = policy_eval(*run[0].split()[1:])

    assert result.exit_code == 1
    assert result.stderr + result.stdout == run[2]
    assert Path("decisions.csv").read_text("utf-8") == decisions[2]


def test_the_keys_of_the_page_on_condition_keys_are_those_that_the_page_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = "docs/context-keys.md"
    shown = [each for each in blocks(page, "text") if each.startswith("$ ")]
    monkeypatch.chdir(tmp_path)
    Path("own-folder.json").write_text(blocks(page, "json")[0], "utf-8")

    assert len(shown) == 2
    for each in shown:
        run, _, printed = each.removeprefix("$ ").partition("\n")
        result = policy_eval(*run.split()[1:])

        of_any_version = re.sub(r"reference \([\d.]+\)", f"reference ({data_version()})", printed)
        assert (result.exit_code, result.stderr) == (0, "")
        assert result.stdout == of_any_version


def test_the_answers_of_the_page_on_conditions_are_those_that_the_page_shows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown = [each for each in blocks("docs/conditions.md", "text") if each.startswith("$ ")]
    monkeypatch.chdir(ROOT)

    assert len(shown) == 4
    for each in shown:
        run, _, printed = each.removeprefix("$ ").partition("\n")
        result = policy_eval(*shlex.split(run))

        assert result.stderr == ""
        assert result.stdout == printed


def test_the_commands_of_the_page_on_sources_print_what_the_page_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = [each for each in blocks("docs/sources.md", "text") if each.startswith("$ ")]
    monkeypatch.chdir(tmp_path)
    Path("fixtures").symlink_to(ROOT / "fixtures")

    assert len(shown) == 12
    for each in shown:
        run, _, printed = each.removeprefix("$ ").partition("\n")
        result = policy_eval(*shlex.split(run.removeprefix("policy-eval ")))

        assert result.stderr == ""
        assert result.stdout == printed


def test_the_folder_of_the_page_on_sources_is_the_one_that_it_asks() -> None:
    (shown,) = blocks("docs/sources.md", "yaml")

    assert shown == (ROOT / "fixtures/accounts/folder/policies.yaml").read_text("utf-8")


def test_the_files_of_the_page_on_sources_are_read() -> None:
    organization, calls = (json.loads(each) for each in blocks("docs/sources.md", "json"))

    assert is_calls(calls)
    found = read_organization(organization, "organization.json").organization
    assert found is not None
    assert [*found.nodes] == ["r-ab12", "111122223333"]


def test_the_python_of_the_page_on_sources_gives_what_the_page_shows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)

    result = doctest.testfile(str(ROOT / "docs" / "sources.md"), module_relative=False)

    assert (result.failed, result.attempted) == (0, 6)
