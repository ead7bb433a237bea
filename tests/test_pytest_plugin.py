"""The pytest plugin: suites collected as tests, in runs of pytest inside this one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import NoReturn

import pytest
import yaml  # noqa: F401 - a run inside forgets what it imports, and libyaml knows one of these

from policy_eval.cases import judging
from policy_eval.cases.discovery import ENDINGS
from policy_eval.cases.outcome import Status
from policy_eval.cases.runner import run
from policy_eval.reports.text import spell_failure

pytest_plugins = "pytester"

_SUITE = """\
name: Logs
resource: arn:aws:s3:::logs/today
policies:
  identity:
    - {Version: "2012-10-17", Statement: {Sid: Read, Effect: Allow, Action: "s3:G*", Resource: "*"}}
tests:
  - {name: reads, action: s3:GetObject, expect: allowed}
  - name: writes
    actions: [s3:GetObject, s3:PutObject]
    rule: R-EVAL-01
    expect: {decision: allowed, matched: [Read]}
  - {name: reads, action: s3:GetBucketAcl, skip: not known yet, expect: allowed}
  - {name: refused, action: s3:GetObject, principal: nobody, expect: allowed}
"""
_NAMES = [
    "reads (line 7)",
    "writes [s3:GetObject]",
    "writes [s3:PutObject]",
    "reads (line 12)",
    "refused",
]


@pytest.fixture(autouse=True)
def _settings(pytester: pytest.Pytester) -> None:
    """Keep settings that stand in a folder above from the runs inside."""
    pytester.makeini("[pytest]\n")


def _write(pytester: pytest.Pytester, text: str, name: str = "app.iamtest.yaml") -> Path:
    path = pytester.path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(dedent(text), "utf-8")
    return path


def _run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """Return how pytest ends in the folder, run in this process."""
    return pytester.runpytest_inprocess("-p", "no:cacheprovider", *arguments)


def _collected(pytester: pytest.Pytester, *arguments: str) -> list[str]:
    lines = _run(pytester, "--collect-only", "-q", *arguments).outlines
    return [line for line in lines if "::" in line]


# Collected


def test_the_tests_of_a_suite_are_collected_by_file_and_name(pytester: pytest.Pytester) -> None:
    _write(pytester, _SUITE)
    _write(pytester, _SUITE, "more/other.iamtest.yml")

    assert _collected(pytester) == [
        f"{file}::{name}"
        for file in ("app.iamtest.yaml", "more/other.iamtest.yml")
        for name in _NAMES
    ]


def test_suites_are_the_files_that_the_command_takes(pytester: pytest.Pytester) -> None:
    text = json.dumps({"tests": [{"name": "a", "action": "s3:GetObject", "expect": "anyDeny"}]})
    for ending in (*ENDINGS, ".yaml", ".json", ".scenario.yaml", ".iamtest.txt"):
        _write(pytester, text, f"x{ending}")

    assert _collected(pytester) == [f"x{ending}::a" for ending in sorted(ENDINGS)]
    _run(pytester).assert_outcomes(passed=len(ENDINGS))


def test_one_suite_or_one_test_of_it_can_be_named(pytester: pytest.Pytester) -> None:
    _write(pytester, _SUITE)
    _write(pytester, _SUITE, "other.iamtest.yaml")

    assert len(_collected(pytester, "other.iamtest.yaml")) == len(_NAMES)
    for name in _NAMES:
        node = f"app.iamtest.yaml::{name}"
        assert _collected(pytester, node) == [node]


def test_a_test_on_an_arn_can_be_named(pytester: pytest.Pytester) -> None:
    """What stands in brackets may hold `::`, which parts the pieces of a node ID."""
    test = {"name": "a", "action": "s3:PutObject", "expect": "anyDeny"}
    suite = {"tests": [{**test, "resources": ["arn:aws:s3:::a/b", "arn:aws:s3:::a/c"]}]}
    _write(pytester, json.dumps(suite), "app.iamtest.json")
    node = "app.iamtest.json::a [arn:aws:s3:::a/c]"

    assert _collected(pytester, node) == [node]


def test_tests_are_selected_by_a_part_of_their_name(pytester: pytest.Pytester) -> None:
    _write(pytester, _SUITE)

    assert _collected(pytester, "-k", "writes and PutObject") == [
        "app.iamtest.yaml::writes [s3:PutObject]"
    ]


def test_a_name_changes_nothing_on_a_terminal(pytester: pytest.Pytester) -> None:
    _write(pytester, json.dumps({"tests": [{"name": "a\n\x1b[31mb", "action": "s3:GetObject",
                                            "expect": "anyDeny"}]}))  # fmt: skip

    assert _collected(pytester) == ["app.iamtest.yaml::a\\x0a\\x1b[31mb"]


def test_a_suite_that_cannot_be_read_is_an_error_with_its_lines(pytester: pytest.Pytester) -> None:
    _write(pytester, "tests:\n  - {action: s3:GetObject, expct: allowed}\n")
    _write(pytester, "tests:\n  - {name: idle, action: s3:GetObject}\n", "idle.iamtest.yaml")
    _write(pytester, "tests: [\n", "torn.iamtest.yaml")
    _write(pytester, _SUITE, "other.iamtest.yaml")

    result = _run(pytester, "--continue-on-collection-errors", "-k", "GetObject")

    result.assert_outcomes(errors=3, passed=1, deselected=4)
    result.stdout.fnmatch_lines(
        [
            "*_ ERROR collecting app.iamtest.yaml _*",
            "error[[]unknown-field]: unknown field `expct`",
            "*app.iamtest.yaml:2:28",
            "2 |   - {action: s3:GetObject, expct: allowed}",
            "*_ ERROR collecting idle.iamtest.yaml _*",
            "error[[]missing-field]: this test expects nothing, so it cannot fail",
            "*idle.iamtest.yaml:2:5",
            "*_ ERROR collecting torn.iamtest.yaml _*",
            "error[[]yaml-syntax]: *",
            "*torn.iamtest.yaml:*",
        ]
    )


# Run


def test_a_suite_goes_as_the_command_has_it(pytester: pytest.Pytester) -> None:
    path = _write(pytester, _SUITE)
    went = run([path])

    result = _run(pytester)

    result.assert_outcomes(
        passed=went.count(Status.PASSED),
        failed=went.count(Status.FAILED) + went.count(Status.ERROR),
        skipped=went.count(Status.SKIPPED),
    )
    result.assert_outcomes(passed=2, failed=2, skipped=1)


def test_a_failure_shows_what_the_command_shows(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _write(pytester, _SUITE)
    result = _run(pytester)
    monkeypatch.chdir(pytester.path)
    failures = [
        [line.removeprefix("      ") for line in spell_failure(outcome)]
        for outcome in run([path.relative_to(pytester.path)]).outcomes
        if outcome.status in (Status.FAILED, Status.ERROR)
    ]

    (of_write, of_refused) = failures
    assert of_write[0] == "expected allowed, decided implicitDeny"
    assert of_write[-1] == "the test shows R-EVAL-01"
    assert of_refused[0].startswith("cannot run: ")
    out = result.stdout.str()
    for lines, place in ((of_write, "app.iamtest.yaml:8"), (of_refused, "app.iamtest.yaml:13")):
        shown = "\n".join(lines).replace("app.iamtest.yaml:13:5", f"{path}:13:5")
        assert f"\n{shown}\n{place}\n" in out
    assert "pytest_plugin.py" not in out


def test_a_failure_elsewhere_names_the_whole_path(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _write(pytester, _SUITE)
    (pytester.path / "elsewhere").mkdir()
    monkeypatch.chdir(pytester.path / "elsewhere")

    result = _run(pytester, str(path))

    result.stdout.fnmatch_lines([f"{path}:8"])


def test_a_skipped_test_says_why(pytester: pytest.Pytester) -> None:
    _write(pytester, _SUITE)

    result = _run(pytester, "-rs")

    result.stdout.fnmatch_lines(["SKIPPED [[]1] app.iamtest.yaml: not known yet"])


def test_a_mistake_of_the_engine_is_shown_with_its_traceback(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> NoReturn:
        raise ZeroDivisionError

    _write(pytester, _SUITE)
    monkeypatch.setattr(judging, "judge", broken)

    result = _run(pytester, "-k", "refused")

    result.assert_outcomes(failed=1, deselected=4)
    result.stdout.fnmatch_lines(["*pytest_plugin.py*", "*ZeroDivisionError"])


def test_suites_run_in_several_processes(pytester: pytest.Pytester) -> None:
    _write(pytester, _SUITE)
    _write(pytester, _SUITE, "other.iamtest.yaml")

    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-n", "2")

    result.assert_outcomes(passed=4, failed=4, skipped=2)
    result.stdout.fnmatch_lines(["expected allowed, decided implicitDeny"])


def test_the_plugin_costs_nothing_where_no_suite_is() -> None:
    code = (
        "import sys, policy_eval.pytest_plugin; "
        "print(*sorted(name for name in sys.modules if name.startswith('policy_eval')))"
    )

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.split() == ["policy_eval", "policy_eval.pytest_plugin"]


# Tests in Python

_PYTHON = """\
from policy_eval import Request
from policy_eval.testing import assert_decision


def test_reads(iam_policies):
    policies = iam_policies("read.json", scps=[["root.json"]])
    decision = assert_decision(policies, Request("s3:GetObject", "arn:aws:s3:::a/b"), "allowed")
    assert decision.matched == ("Read",)


def test_writes(iam_policies):
    policies = iam_policies("read.json")
    assert_decision(policies, Request("s3:PutObject", "arn:aws:s3:::a/b"), "allowed")
"""


def _policy(**members: object) -> str:
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", **members}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_a_test_in_python_finds_the_policies_beside_it(pytester: pytest.Pytester) -> None:
    _write(pytester, _PYTHON, "more/test_app.py")
    _write(pytester, _policy(Sid="Read", Action="s3:Get*"), "more/read.json")
    _write(pytester, _policy(), "more/root.json")

    result = _run(pytester)

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            ">   *assert_decision(policies, Request(*PutObject*",
            "E   *AssertionError: expected allowed, decided implicitDeny",
            "E   *implicit deny (identity-based policy): s3:PutObject",
            "more/test_app.py:13: AssertionError",
        ]
    )


def test_the_fixture_is_listed_with_what_it_does(pytester: pytest.Pytester) -> None:
    result = _run(pytester, "--fixtures", "-q")

    result.stdout.fnmatch_lines(
        ["iam_policies*", "*Return what loads policies beside the test's file*"]
    )
