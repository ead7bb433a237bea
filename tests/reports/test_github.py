"""The report as workflow commands of GitHub Actions."""

from __future__ import annotations

import re

from hypothesis import given

from policy_eval.cases.outcome import Run
from policy_eval.errors import visible
from policy_eval.reports.github import write
from policy_eval.reports.problems import problems_of
from policy_eval.reports.wording import visible_lines
from tests.reports.runs import ANY_TEXT, FAILED, PASSED, RUN, hostile_run


def test_a_report_is_a_command_for_each_problem_and_the_totals() -> None:
    assert write(RUN) == (
        "::error file=suites/secrets.iamtest.yaml,line=20,title=create directly::"
        "expected allowed, decided implicitDeny%0Aexpected matched Create, found none"
        "%0Aidentity: no statement allows it%0A  aws:CalledVia is absent"
        "%0Ashows R-COND-12, R-SM-01"
        "%0Asource: https://docs.aws.amazon.com/IAM/latest/UserGuide/a_b.html\n"
        "::error file=suites/policy.json,line=3,col=7,title=refused::"
        "error[trailing-comma]: a comma stands before a closing bracket; remove it"
        "%0Afound by suites/secrets.iamtest.yaml:30\n"
        "::error file=suites/bad.iamtest.yaml,line=4,col=5,title=unusable suite::"
        "error[unknown-field]: unknown field `expects`; did you mean `expect`?\n"
        "::notice file=suites/secrets.iamtest.yaml,line=40,title=later::skipped: not known yet\n"
        "1 passed, 1 failed, 2 errors, 1 skipped\n"
    )


def test_what_a_command_has_a_meaning_for_is_escaped() -> None:
    failed = FAILED._replace(
        file="C:\\a,b%.yaml", name="a::b, 100%\n\x1b", message="::x 100%\na, b\r\u2028ü",
        explanation=(), rules=(), source="",
    )  # fmt: skip

    assert write(Run((failed,))) == (
        "::error file=C%3A\\a%2Cb%25.yaml,line=20,title=a%3A%3Ab%2C 100%25\\x0a\\x1b::"
        "::x 100%25%0Aa, b\\x0d\\u{2028}ü\n"
        "0 passed, 1 failed, 0 errors, 0 skipped\n"
    )


def test_where_all_is_well_only_the_totals_are_said() -> None:
    assert write(Run((PASSED,))) == "1 passed, 0 failed, 0 errors, 0 skipped\n"


def _read(line: str) -> tuple[str, dict[str, str], str]:
    """Return a command as the runner reads it."""
    head, data = line.removeprefix("::").split("::", 1)
    name, properties = head.split(" ", 1)
    return name, dict(each.split("=", 1) for each in properties.split(",")), _unescaped(data)


def _unescaped(text: str) -> str:
    return re.sub("%(0D|0A|3A|2C|25)", lambda found: chr(int(found[1], 16)), text)


@given(ANY_TEXT)
def test_any_text_is_one_command_that_carries_it_visibly(text: str) -> None:
    run = hostile_run(text)
    problems = list(problems_of(run))

    report = write(run)

    *lines, totals, end = report.split("\n")
    assert (totals, end) == ("1 passed, 1 failed, 2 errors, 1 skipped", "")
    assert all(line.isprintable() for line in lines)
    commands = [_read(line) for line in lines]
    assert [name for name, *_ in commands] == ["error", "error", "error", "notice"]
    for (_, properties, data), problem in zip(commands, problems, strict=False):
        assert data == problem.text
        assert _unescaped(properties["file"]) == visible(problem.region.file)
        assert _unescaped(properties["title"]) == (visible(problem.test) or "unusable suite")
    assert commands[3][2] == visible_lines(f"skipped: {text}")
