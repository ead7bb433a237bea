"""Runs of suites: which tests run, what ends a run, and that one bad suite stops no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy_eval.cases import runner
from policy_eval.cases.discovery import find_suites
from policy_eval.cases.outcome import Outcome, Run, Status
from policy_eval.cases.runner import Part, Plan, Selection, load_tests, run, run_suite
from policy_eval.errors import SuiteError
from tests.cases.suites import ALLOW_ALL, write_suite

MIXED = f"""\
name: Mixed
{ALLOW_ALL}tests:
  - {{name: passes, expect: allowed}}
  - {{name: fails, expect: explicitDeny}}
  - {{name: is skipped, skip: not yet, expect: explicitDeny}}
  - {{name: cannot run, principal: nobody, expect: allowed}}
  - {{name: Passes too, expect: allowed}}
"""
GOOD = f"{ALLOW_ALL}tests: [{{name: passes, expect: allowed}}]\n"
BAD = "tests: [{name: a, acton: s3:GetObject, expect: allowed}]\n"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make an empty folder the current one: what is above it is no part of a suite's name."""
    monkeypatch.chdir(tmp_path)


def _suites(**texts: str) -> list[Path]:
    return [write_suite(Path(), text, f"{name}.iamtest.yaml") for name, text in texts.items()]


def _went(done: Run | Part) -> list[tuple[str, str]]:
    return [(each.name, each.status.value) for each in done.outcomes]


def _untimed(done: Run) -> tuple[object, ...]:
    outcomes = tuple(each._replace(seconds=0.0) for each in done.outcomes)
    return done._replace(outcomes=outcomes, seconds=0.0)


def test_every_test_runs_whatever_became_of_those_before() -> None:
    done = run(_suites(mixed=MIXED))

    assert _went(done) == [
        ("passes", "passed"),
        ("fails", "failed"),
        ("is skipped", "skipped"),
        ("cannot run", "error"),
        ("Passes too", "passed"),
    ]
    assert done.seconds > 0
    assert done.coverage is None


def test_a_suite_that_cannot_be_read_stops_no_other() -> None:
    first, bad, last = _suites(first=GOOD, bad=BAD, last=GOOD)

    done = run([first, bad, last])

    assert [(each.file, each.status) for each in done.outcomes] == [
        (str(first), Status.PASSED),
        (str(last), Status.PASSED),
    ]
    ((file, (problem,)),) = done.unusable
    assert file == str(bad)
    assert (problem.code, problem.place) == ("unknown-field", (str(bad), 1, 19))


def test_the_policy_files_of_all_suites_are_named_once() -> None:
    statement = '{"Effect": "Allow", "Action": "*", "Resource": "*"}'
    Path("p.json").write_text(f'{{"Version": "2012-10-17", "Statement": {statement}}}', "utf-8")
    text = (
        'policies: {identity: [p.json]}\ntests: [{action: "a:b", resource: "*", expect: allowed}]\n'
    )

    done = run(_suites(one=text, other=text, third=GOOD))

    assert done.files == ("p.json",)


# Tests that expect nothing


def test_a_test_that_expects_nothing_makes_its_suite_unusable() -> None:
    text = f"{ALLOW_ALL}tests:\n  - {{actions: ['a:b', 'c:d']}}\n  - expect: allowed\n  - name: c\n"

    with pytest.raises(SuiteError) as caught:
        load_tests(write_suite(Path(), text))

    problems = caught.value.diagnostics
    assert [each.code for each in problems] == ["missing-field"] * 2
    assert [each.place.line for each in problems if each.place] == [7, 9]


# Which tests run


@pytest.mark.parametrize(
    ("keywords", "names"),
    [
        ((), ["passes", "fails", "is skipped", "cannot run", "Passes too"]),
        (("passes",), ["passes", "Passes too"]),
        (("TOO", "skip"), ["is skipped", "Passes too"]),
        (("mixed",), ["passes", "fails", "is skipped", "cannot run", "Passes too"]),
        (("m.iamtest",), ["passes", "fails", "is skipped", "cannot run", "Passes too"]),
        (("nothing",), []),
    ],
)
def test_tests_are_selected_by_their_name_their_suite_and_their_file(
    keywords: tuple[str, ...], names: list[str]
) -> None:
    done = run(_suites(m=MIXED), Plan(Selection(keywords)))

    assert [name for name, _ in _went(done)] == names


# What ends a run


def test_the_first_test_that_fails_may_end_its_suite_and_the_run() -> None:
    paths = _suites(good=GOOD, mixed=MIXED, other=GOOD)

    done = run(paths, Plan(fail_fast=True))

    assert _went(done) == [("passes", "passed"), ("passes", "passed"), ("fails", "failed")]


@pytest.mark.parametrize("keyword", ["cannot", "bad"])
def test_what_cannot_run_may_end_the_run(keyword: str) -> None:
    texts = {"bad": BAD} if keyword == "bad" else {"mixed": MIXED}
    paths = _suites(**texts, other=GOOD)

    done = run(paths, Plan(Selection((keyword, "other")), fail_fast=True))

    assert all(each.suite != "other.iamtest.yaml" for each in done.outcomes)
    assert len(done.outcomes) + len(done.unusable) == 1


def test_a_test_that_is_skipped_ends_nothing() -> None:
    paths = _suites(mixed=MIXED, other=GOOD)

    done = run(paths, Plan(Selection(("skipped", "other")), fail_fast=True))

    assert _went(done) == [("is skipped", "skipped"), ("passes", "passed")]


# Several at once


@pytest.mark.parametrize("fail_fast", [False, True])
def test_several_files_at_once_give_the_same_run(fail_fast: bool) -> None:
    paths = _suites(good=GOOD, bad=BAD, mixed=MIXED, other=GOOD)
    plan = Plan(fail_fast=fail_fast, cover=True)

    assert _untimed(run(paths, plan, jobs=2)) == _untimed(run(paths, plan))


@pytest.mark.parametrize("suites", [0, 1])
def test_for_a_single_file_or_none_there_is_no_pool(
    monkeypatch: pytest.MonkeyPatch, suites: int
) -> None:
    monkeypatch.setattr("concurrent.futures.ProcessPoolExecutor", None)
    paths = _suites(good=GOOD)[:suites]

    assert len(run(paths, jobs=8).outcomes) == suites


# Progress


def test_it_is_told_how_far_a_run_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "_TOLD_EVERY", 2)
    told: list[tuple[int, int]] = []

    run(
        _suites(mixed=MIXED, bad=BAD, good=GOOD),
        progress=lambda tests, files: told.append((tests, files)),
    )

    assert told == [(2, 0), (4, 0), (5, 1), (5, 2), (6, 3)]


# Coverage


def test_a_policy_whose_tests_are_skipped_or_refused_is_not_covered() -> None:
    text = f"""\
    {ALLOW_ALL.replace(chr(10), chr(10) + "    ")}
    tests:
      - {{name: a, skip: not yet, expect: allowed}}
      - {{name: b, principal: nobody, expect: allowed}}
    """

    part = run_suite(write_suite(Path(), text), Plan(cover=True))

    assert part.coverage is not None
    assert (part.coverage.met, part.coverage.goals) == (0, 3)


def test_refused_policies_have_no_coverage() -> None:
    text = (
        "policies: {identity: [{Version: 2012-10-17, Statement: []}]}\n"
        "tests: [{action: 'a:b', expect: invalid}]\n"
    )

    part = run_suite(write_suite(Path(), text), Plan(cover=True))

    assert part.coverage is not None
    assert part.coverage.goals == 0


FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"


def test_measuring_coverage_changes_no_outcome() -> None:
    def untimed(part: Part) -> list[Outcome]:
        return [each._replace(seconds=0.0) for each in part.outcomes]

    for path in find_suites([FIXTURES / "conditions", FIXTURES / "layers"]):
        assert untimed(run_suite(path, Plan(cover=True))) == untimed(run_suite(path, Plan()))
