"""Running cases: what is found, what differs, and what an answer rests on."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy_eval.cases.run import Decide, Rules, by_reference, run_case
from policy_eval.cases.suite import Case
from policy_eval.engine.decide import decide_call
from policy_eval.engine.decision import Decision
from policy_eval.engine.resting import RestsOn
from policy_eval.errors import Diagnostic, PolicyError, RequestError
from tests.cases.suites import ALLOW_ALL, DENY_BY_DEFAULT, only_case

OPEN_POINT = """\
action: s3:GetObject
resource: arn:aws:s3:::logs/today
principal: arn:aws:iam::111122223333:role/Dev
policies:
  identity:
    - Version: "2012-10-17"
      Statement:
        Effect: Allow
        Action: "*"
        Resource: "*"
        Condition: {"ForAnyValue:StringEqualsIfExists": {aws:Referer: x}}
"""
"""The answer rests on R-COND-27: what `ForAnyValue:…IfExists` is without the key."""

ENGINES = pytest.mark.parametrize("engine", [by_reference, decide_call])


@ENGINES
def test_a_case_that_goes_as_expected_differs_in_nothing(tmp_path: Path, engine: Decide) -> None:
    case = only_case(tmp_path, "tests: [{expect: {decision: allowed, matched: [All]}}]\n")

    result = run_case(case, engine)

    assert result.case is case
    assert isinstance(result.found, Decision)
    assert result.differences == ()


@ENGINES
def test_a_case_that_goes_otherwise_says_how(tmp_path: Path, engine: Decide) -> None:
    case = only_case(tmp_path, "tests: [{expect: {decision: implicitDeny, matched: []}}]\n")

    result = run_case(case, engine)

    assert result.differences == (
        "expected implicitDeny, decided allowed",
        "expected matched none, found All",
    )


@ENGINES
def test_an_unreadable_value_is_a_result(tmp_path: Path, engine: Decide) -> None:
    case = only_case(
        tmp_path,
        """\
        policies:
          identity:
            - Statement:
                - Effect: Allow
                  Action: "*"
                  Resource: "*"
                  Condition: {DateLessThan: {aws:TokenIssueTime: "2026-01-01"}}
        tests:
          - context: {aws:TokenIssueTime: yesterday}
            expect: {decision: invalid, error: unreadable-value}
        """,
        DENY_BY_DEFAULT,
    )

    result = run_case(case, engine)

    assert isinstance(result.found, RequestError)
    assert result.differences == ()


def test_refused_policies_are_a_result(tmp_path: Path) -> None:
    case = only_case(
        tmp_path,
        "policies: {identity: [{Version: 2012-10-17, Statement: []}]}\n"
        "tests: [{expect: allowed}]\n",
        DENY_BY_DEFAULT,
    )

    result = run_case(case)

    assert isinstance(result.found, PolicyError)
    assert result.differences == (f"expected allowed, refused: {result.found}",)


def test_a_refused_request_is_a_result(tmp_path: Path) -> None:
    case = only_case(tmp_path, "tests: [{principal: nobody, expect: invalid}]\n")

    result = run_case(case)

    assert isinstance(result.found, RequestError)
    assert result.differences == ()


def test_refused_policies_come_before_a_refused_request(tmp_path: Path) -> None:
    case = only_case(
        tmp_path,
        "policies: {identity: [{Version: 2012-10-17, Statement: []}]}\n"
        "tests: [{principal: nobody, expect: invalid}]\n",
        DENY_BY_DEFAULT,
    )

    assert isinstance(run_case(case).found, PolicyError)


def test_a_scenario_is_reported_not_judged(tmp_path: Path) -> None:
    case = only_case(tmp_path, "tests: [{name: a}]\n", OPEN_POINT)

    result = run_case(case)

    assert result.differences == ()
    assert result.rests_on == (RestsOn("R-COND-27", "implicitDeny", "allowed"),)


def test_a_refused_scenario_rests_on_nothing(tmp_path: Path) -> None:
    case = only_case(tmp_path, "tests: [{principal: nobody}]\n")

    result = run_case(case)

    assert isinstance(result.found, RequestError)
    assert result.rests_on == ()


def test_what_an_answer_rests_on_is_compared_where_it_is_expected(tmp_path: Path) -> None:
    case = only_case(tmp_path, "tests: [{expect: {rests_on: []}}]\n", OPEN_POINT)

    result = run_case(case)

    assert result.differences == ("expected to rest on none, found R-COND-27",)


def test_what_an_answer_rests_on_is_not_looked_for_elsewhere(tmp_path: Path) -> None:
    case = only_case(tmp_path, "tests: [{expect: implicitDeny}]\n", OPEN_POINT)

    result = run_case(case)

    assert (result.differences, result.rests_on) == ((), ())


@pytest.mark.parametrize(
    "fields",
    [
        "now: yesterday",
        "principal: 111122223333, context: {aws:PrincipalAccount: 444455556666}",
        "unknown: [aws:Referer], context: {aws:Referer: x}",
    ],
)
@pytest.mark.parametrize("expect", ["", ", expect: {decision: invalid, rests_on: []}"])
def test_a_contradiction_in_a_request_is_a_result(tmp_path: Path, fields: str, expect: str) -> None:
    case = only_case(tmp_path, f"tests: [{{{fields}{expect}}}]\n", ALLOW_ALL)

    result = run_case(case)

    assert isinstance(result.found, RequestError)
    assert (result.differences, result.rests_on) == ((), ())


# Strict rules


@pytest.mark.parametrize("expect", ["", ", expect: {decision: undetermined}"])
def test_under_strict_rules_an_answer_that_rests_on_an_open_point_is_none(
    tmp_path: Path, expect: str
) -> None:
    case = only_case(tmp_path, f"tests: [{{name: a{expect}}}]\n", OPEN_POINT)

    result = run_case(case, rules=Rules.STRICT)

    assert isinstance(result.found, Decision)
    assert (result.found.decision, result.differences) == ("undetermined", ())
    explanation = result.explain()
    assert explanation is not None
    assert explanation.decision.to_dict() == result.found.to_dict()


def test_under_strict_rules_a_refusal_stays_one(tmp_path: Path) -> None:
    case = only_case(tmp_path, "tests: [{principal: nobody}]\n", OPEN_POINT)

    assert isinstance(run_case(case, rules=Rules.STRICT).found, RequestError)


# Where what is refused stands


def _refusal(case: Case) -> Diagnostic:
    found = run_case(case).found
    assert isinstance(found, RequestError)
    (problem,) = found.diagnostics
    return problem


def test_a_value_that_a_statement_cannot_read_stands_where_its_case_does(tmp_path: Path) -> None:
    case = only_case(
        tmp_path,
        """\
        policies:
          identity:
            - Statement:
                Effect: Allow
                Action: "*"
                Resource: "*"
                Condition: {NumericLessThan: {x:n: "5"}}
        tests:
          - context: {x:n: many}
            expect: allowed
        """,
        DENY_BY_DEFAULT,
    )

    problem = _refusal(case)

    assert (problem.code, problem.key) == ("unreadable-value", "x:n")
    assert problem.place == case.place == (f"{tmp_path}/suite.iamtest.yaml", 11, 5)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ("action: bad", "unknown-action"),
        ('context: {" a:b": x}', "context-key"),
    ],
)
def test_a_request_that_none_could_make_stands_where_its_case_does(
    tmp_path: Path, fields: str, code: str
) -> None:
    case = only_case(tmp_path, f"tests:\n  - {fields}\n    expect: allowed\n")

    problem = _refusal(case)

    assert problem.code == code
    assert problem.place == case.place


# Why an answer is what it is


def test_a_result_can_be_explained(tmp_path: Path) -> None:
    result = run_case(only_case(tmp_path, "tests: [{name: a}]\n", OPEN_POINT))

    explanation = result.explain()

    assert explanation is not None
    assert isinstance(result.found, Decision)
    assert explanation.decision.to_dict() == result.found.to_dict()
    assert explanation.rests_on == result.rests_on


@pytest.mark.parametrize(
    "fields", ["principal: nobody", "policies: {identity: [{Version: 2012-10-17, Statement: []}]}"]
)
def test_a_refusal_has_no_explanation(tmp_path: Path, fields: str) -> None:
    case = only_case(tmp_path, f"tests: [{{{fields}, expect: invalid}}]\n")

    assert run_case(case).explain() is None


def test_conditions_that_failed_are_looked_for_where_they_are_expected(tmp_path: Path) -> None:
    expect = "tests: [{expect: {failed_conditions: [aws:Referer]}}]\n"

    asked = run_case(only_case(tmp_path, expect, OPEN_POINT))

    assert (asked.differences, asked.failed_conditions) == ((), ("aws:Referer",))
