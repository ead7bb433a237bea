"""A run as people read it."""

from __future__ import annotations

import pytest

from policy_eval.cases.outcome import Outcome, Run
from policy_eval.reports.text import spell_counts, spell_failure, spell_run
from tests.reports.runs import BAD_SUITE, ERROR, FAILED, PASSED, RUN, SKIPPED


def test_a_run_is_what_did_not_pass_and_the_counts() -> None:
    assert spell_run(RUN) == (
        """\
Secrets   suites/secrets.iamtest.yaml
  ✗ create directly   suites/secrets.iamtest.yaml:20
      expected allowed, decided implicitDeny
      expected matched Create, found none

      identity: no statement allows it
        aws:CalledVia is absent

      the test shows R-COND-12, R-SM-01, \
https://docs.aws.amazon.com/IAM/latest/UserGuide/a_b.html
  · later   suites/secrets.iamtest.yaml:40
      skipped: not known yet
  ? refused   suites/secrets.iamtest.yaml:30
      cannot run: suites/policy.json:3:7: error[trailing-comma]: \
a comma stands before a closing bracket; remove it
      cannot run: suites/policy.json:5:1: warning[unique-id]: `AIDA` is a unique ID

suites/bad.iamtest.yaml   cannot be read

4 tests in 2 files: 1 passed, 1 failed, 1 could not run, 1 skipped; \
1 file cannot be read (0.50 s)"""
    )


def test_a_run_in_which_all_passes_is_its_counts() -> None:
    assert spell_run(Run((PASSED, PASSED), seconds=0.25)) == "2 tests in 1 file: 2 passed (0.25 s)"


def test_the_tests_that_pass_are_named_where_that_is_asked() -> None:
    assert spell_run(Run((PASSED,)), verbose=True).split("\n")[:2] == [
        "Secrets   suites/secrets.iamtest.yaml",
        "  ✓ create   suites/secrets.iamtest.yaml:10",
    ]


@pytest.mark.parametrize("name", ["", "secrets.iamtest.yaml"])
def test_a_suite_without_a_name_of_its_own_is_named_once(name: str) -> None:
    text = spell_run(Run((FAILED._replace(suite=name),)))

    assert text.startswith("suites/secrets.iamtest.yaml\n")


def test_a_name_that_only_looks_like_the_end_of_a_file_is_said() -> None:
    text = spell_run(Run((FAILED._replace(suite="yaml"),)))

    assert text.startswith("yaml   suites/secrets.iamtest.yaml\n")


def test_the_suites_of_a_run_stand_apart() -> None:
    other = FAILED._replace(suite="Other", file="o.yaml", message="m", explanation=())

    text = spell_run(Run((FAILED, other._replace(rules=(), source=""))))

    assert "\n\nOther   o.yaml\n  ✗ create directly   o.yaml:20\n      m\n\n2 tests in 2" in text


def test_a_policy_that_is_refused_is_told_once_for_all_its_tests() -> None:
    errors = tuple(ERROR._replace(line=line) for line in (1, 2, 3))

    text = spell_run(Run(errors))

    assert text.count("trailing-comma") == 1
    assert "      and so 2 further tests cannot run\n" in text


def test_each_test_that_cannot_run_is_named_where_all_are() -> None:
    errors = tuple(ERROR._replace(line=line) for line in (1, 2, 3))

    text = spell_run(Run(errors), verbose=True)

    assert text.count("trailing-comma") == 3
    assert "and so" not in text


@pytest.mark.parametrize(
    ("run", "counts"),
    [
        (Run(()), "0 tests in 0 files: 0 passed (0.00 s)"),
        (Run((SKIPPED,)), "1 test in 1 file: 0 passed, 1 skipped (0.00 s)"),
        (
            Run((), (BAD_SUITE, BAD_SUITE._replace(file="b"))),
            "0 tests in 2 files: 0 passed; 2 files cannot be read (0.00 s)",
        ),
    ],
)
def test_the_counts_are_one_line(run: Run, counts: str) -> None:
    assert spell_counts(run) == counts


@pytest.mark.parametrize(
    ("outcome", "last"),
    [
        (FAILED._replace(rules=()), f"      the test shows {FAILED.source}"),
        (FAILED._replace(source=""), "      the test shows R-COND-12, R-SM-01"),
        (FAILED._replace(rules=(), source=""), "        aws:CalledVia is absent"),
    ],
)
def test_a_failure_ends_with_what_the_test_shows(outcome: Outcome, last: str) -> None:
    assert list(spell_failure(outcome))[-1] == last
