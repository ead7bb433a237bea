"""The report in the Test Anything Protocol."""

from __future__ import annotations

import re
from textwrap import dedent

import pytest
import yaml
from hypothesis import given

from policy_eval.cases.outcome import Run
from policy_eval.errors import visible
from policy_eval.reports.tap import write
from tests.reports.runs import ANY_TEXT, ERROR, FAILED, PASSED, RUN, SKIPPED, hostile_run


def test_a_report_is_a_plan_and_a_point_for_each_test() -> None:
    assert write(RUN) == (
        """\
TAP version 13
1..5
ok 1 - suites/secrets.iamtest.yaml: create
not ok 2 - suites/secrets.iamtest.yaml: create directly
  ---
  message: "expected allowed, decided implicitDeny\\nexpected matched Create, found none"
  severity: "fail"
  at:
    file: "suites/secrets.iamtest.yaml"
    line: 20
  expected:
    decision: "allowed"
    matched:
      - "Create"
      - "file#2"
    missing_context: []
  actual:
    decision: "implicitDeny"
    matched: []
    error: ~
  explanation: "identity: no statement allows it\\n  aws:CalledVia is absent"
  rule:
    - "R-COND-12"
    - "R-SM-01"
  source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/a_b.html"
  ...
not ok 3 - suites/secrets.iamtest.yaml: refused
  ---
  message: "suites/policy.json:3:7: error[trailing-comma]: a comma stands before a closing \
bracket; remove it\\nsuites/policy.json:5:1: warning[unique-id]: `AIDA` is a unique ID"
  severity: "error"
  at:
    file: "suites/secrets.iamtest.yaml"
    line: 30
  expected:
    decision: "allowed"
  actual: ~
  ...
ok 4 - suites/secrets.iamtest.yaml: later # SKIP not known yet
not ok 5 - suites/bad.iamtest.yaml: the suite can be read
  ---
  message: "suites/bad.iamtest.yaml:4:5: error[unknown-field]: unknown field `expects`; \
did you mean `expect`?"
  severity: "error"
  at:
    file: "suites/bad.iamtest.yaml"
  ...
"""
    )


def _point(run: Run) -> str:
    return write(run).splitlines()[2]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (r"a # b \ c", r"a \# b \\ c"),
        (r"hello \# todos", r"hello \\\\x23 todos"),
        ("a # SKIP b #todo", r"a \\x23 SKIP b \\x23todo"),
        ("a\nok 2 - b\x1b", r"a\\x0aok 2 - b\\x1b"),
        ("\u2028 ü", r"\\u{2028} ü"),
    ],
)
def test_a_name_is_one_line_that_ends_in_no_directive(name: str, shown: str) -> None:
    assert _point(Run((PASSED._replace(file="f", name=name),))) == f"ok 1 - f: {shown}"


@pytest.mark.parametrize(
    ("reason", "shown"), [("", " # SKIP"), ("see #7\n", r" # SKIP see \#7\\x0a")]
)
def test_a_reason_is_escaped_as_a_name_is(reason: str, shown: str) -> None:
    assert _point(Run((SKIPPED._replace(file="f", message=reason),))) == f"ok 1 - f: later{shown}"


def test_a_run_of_nothing_is_skipped() -> None:
    assert write(Run(())) == "TAP version 13\n1..0 # SKIP no tests\n"


def test_an_error_without_diagnostics_is_said_in_its_own_words() -> None:
    report = write(Run((ERROR._replace(diagnostics=()),)))

    assert '\n  message: "a policy is refused"\n' in report


def test_what_yaml_cannot_hold_as_it_is_is_escaped() -> None:
    report = write(Run((FAILED._replace(message="\x1b\x85\u2028\ud800\U000e0001ü\U0001f600\\"),)))

    assert r'message: "\u001b\x85\u2028\ud800\U000e0001ü😀\\"' in report


def test_a_key_that_yaml_would_take_for_something_else_is_quoted() -> None:
    report = write(Run((FAILED._replace(actual={"matched": 1, "Null": 2, "a b": 3}),)))

    assert '\n  actual:\n    matched: 1\n    "Null": 2\n    "a b": 3\n' in report


@given(ANY_TEXT)
def test_any_text_leaves_as_many_points_as_are_planned(text: str) -> None:
    report = write(hostile_run(text))

    lines = report.removesuffix("\n").split("\n")
    assert lines[:2] == ["TAP version 13", "1..5"]
    points = [line.partition(" - ")[0] for line in lines[2:] if not line.startswith("  ")]
    assert points == ["ok 1", "not ok 2", "not ok 3", "ok 4", "not ok 5"]
    assert all(line.isprintable() for line in lines)


@given(ANY_TEXT)
def test_any_text_is_carried_in_the_details_as_it_is(text: str) -> None:
    run = hostile_run(text)
    failed = run.outcomes[1]

    (block, *_) = re.findall(r"^  ---\n(.*?)^  \.\.\.\n", write(run), re.DOTALL | re.MULTILINE)

    assert yaml.safe_load(dedent(block)) == {
        "message": text,
        "severity": "fail",
        "at": {"file": failed.file, "line": 1},
        "expected": failed.expected,
        "actual": failed.actual,
        "rule": [text],
        **({"explanation": text, "source": text} if text else {}),
    }


@given(ANY_TEXT)
def test_any_name_is_got_back_from_its_description(name: str) -> None:
    point = _point(Run((PASSED._replace(file="f", name=name),)))

    description = re.sub(r"\\([\\#])", r"\1", point.removeprefix("ok 1 - f: "))
    assert description.replace(r"\x23", "#") == visible(name).replace(r"\x23", "#")
