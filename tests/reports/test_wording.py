"""What every report says of a test."""

from __future__ import annotations

import pytest

from policy_eval.cases.outcome import Run
from policy_eval.reports.wording import found, refused, totals, visible_lines
from tests.reports.runs import ERROR, FAILED, PASSED, RUN


def test_line_feeds_are_kept_and_what_is_not_printable_is_escaped() -> None:
    assert visible_lines("ü<&\n\x1b\r\n\u2028") == "ü<&\n\\x1b\\x0d\n\\u{2028}"


def test_what_was_found_is_said_with_its_reasons_and_what_it_shows() -> None:
    assert found(FAILED) == (
        "expected allowed, decided implicitDeny\n"
        "expected matched Create, found none\n"
        "identity: no statement allows it\n"
        "  aws:CalledVia is absent\n"
        "shows R-COND-12, R-SM-01\n"
        "source: https://docs.aws.amazon.com/IAM/latest/UserGuide/a_b.html"
    )


def test_what_is_not_known_is_not_said() -> None:
    assert found(PASSED._replace(message="x")) == "x"


def test_a_refusal_is_its_diagnostics() -> None:
    assert refused(ERROR.diagnostics, "otherwise") == (
        "suites/policy.json:3:7: error[trailing-comma]: a comma stands before a closing bracket; "
        "remove it\n"
        "suites/policy.json:5:1: warning[unique-id]: `AIDA` is a unique ID"
    )


def test_a_refusal_without_diagnostics_is_said_in_other_words() -> None:
    assert refused((), "no\x07") == "no\\x07"


@pytest.mark.parametrize(
    ("run", "line"),
    [
        (RUN, "1 passed, 1 failed, 2 errors, 1 skipped"),
        (Run((PASSED, ERROR)), "1 passed, 0 failed, 1 error, 0 skipped"),
        (Run(()), "0 passed, 0 failed, 0 errors, 0 skipped"),
    ],
)
def test_the_totals_count_an_unusable_suite_as_an_error(run: Run, line: str) -> None:
    assert totals(run) == line
