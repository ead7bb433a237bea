"""What is wrong, and where, for reports that mark places in files."""

from __future__ import annotations

import pytest

from policy_eval.cases.outcome import Run, Unusable
from policy_eval.reports.problems import Problem, Region, problems_of, skipped
from policy_eval.reports.wording import found
from tests.reports.runs import BAD_SUITE, ERROR, FAILED, FILE, PASSED, RUN, SKIPPED, TRAILING_COMMA


def _problems(run: Run) -> list[Problem]:
    return list(problems_of(run))


def test_only_what_is_wrong_is_a_problem() -> None:
    assert [each.rule_id for each in _problems(RUN)] == [
        "test-failed",
        "trailing-comma",
        "unknown-field",
    ]


def test_a_failed_test_stands_where_it_is_written() -> None:
    assert _problems(Run((PASSED, FAILED))) == [
        Problem("test-failed", "create directly", Region(FILE, 20), Region(FILE, 20), found(FAILED))
    ]


def test_an_error_stands_where_its_diagnostic_does_and_names_the_test() -> None:
    assert _problems(Run((ERROR,))) == [
        Problem(
            "trailing-comma",
            "refused",
            Region(FILE, 30),
            Region("suites/policy.json", 3, 7, 3, 8),
            "error[trailing-comma]: a comma stands before a closing bracket; remove it\n"
            f"found by {FILE}:30",
        )
    ]


def test_an_error_in_the_suite_itself_need_not_name_it() -> None:
    (problem,) = _problems(Run((), (BAD_SUITE,)))

    assert problem.region == Region(BAD_SUITE.file, 4, 5)
    assert problem.text == "error[unknown-field]: unknown field `expects`; did you mean `expect`?"


def test_an_error_of_an_unusable_suite_in_another_file_names_the_suite() -> None:
    (problem,) = _problems(Run((), (Unusable("s.yaml", (TRAILING_COMMA,)),)))

    assert problem.text.endswith("\nfound by s.yaml")


def test_an_error_without_a_place_stands_where_its_test_does() -> None:
    placeless = TRAILING_COMMA._replace(place=None, excerpt=None)

    (problem,) = _problems(Run((ERROR._replace(diagnostics=(placeless,)),)))

    assert problem.region == Region(FILE, 30)
    assert "found by" not in problem.text


def test_an_error_that_is_said_twice_of_a_test_is_one_problem() -> None:
    twice = ERROR._replace(diagnostics=(TRAILING_COMMA, TRAILING_COMMA))

    assert _problems(Run((twice,))) == _problems(Run((ERROR,)))


def test_an_error_without_diagnostics_is_unusable_input() -> None:
    assert _problems(Run((ERROR._replace(diagnostics=()),), (Unusable("s.yaml", ()),))) == [
        Problem(
            "unusable-input", "refused", Region(FILE, 30), Region(FILE, 30), "a policy is refused"
        ),
        Problem(
            "unusable-input", "", Region("s.yaml"), Region("s.yaml"), "this suite cannot be read"
        ),
    ]


@pytest.mark.parametrize(("times", "said"), [(2, "1 further test"), (4, "3 further tests")])
def test_what_several_tests_are_refused_for_is_one_problem(times: int, said: str) -> None:
    errors = tuple(ERROR._replace(name=f"test {number}") for number in range(times))

    problems = _problems(Run((FAILED, *errors, FAILED)))

    assert [each.test for each in problems] == ["create directly", "test 0", "create directly"]
    assert problems[1].text.endswith(f"\nfound by {FILE}:30 and {said}")


def test_what_a_suite_is_refused_for_is_a_problem_of_its_own() -> None:
    suites = tuple(Unusable(file, (TRAILING_COMMA,)) for file in ("a.yaml", "b.yaml"))

    problems = _problems(Run((ERROR,), suites))

    assert [each.text.partition("found by ")[2] for each in problems] == [
        f"{FILE}:30",
        "a.yaml",
        "b.yaml",
    ]


def test_a_skipped_test_is_no_problem() -> None:
    assert _problems(Run((SKIPPED,))) == []
    assert list(skipped(RUN)) == [SKIPPED]
