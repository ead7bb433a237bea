"""Tests of policies in Python: decisions that are asserted."""

from __future__ import annotations

import json

import pytest

import policy_eval as pe
from policy_eval.testing import assert_decision

_READ = pe.parse(
    '{"Sid": "Read", "Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}', "a.json"
)
_OBJECT = "arn:aws:s3:::logs/today"
_GET, _PUT = pe.Request("s3:GetObject", _OBJECT), pe.Request("s3:PutObject", _OBJECT)


def test_a_decision_as_expected_is_returned() -> None:
    decision = assert_decision(_READ, _GET, "allowed", matched="Read", decided_by="identity")

    assert decision.matched == ("Read",)


def test_a_decision_that_is_not_as_expected_fails_with_its_explanation() -> None:
    with pytest.raises(AssertionError) as caught:
        assert_decision(_READ, _PUT, "allowed", matched=["Read", "Write"])

    assert (
        str(caught.value)
        == """\
expected allowed, decided implicitDeny
expected matched Read, Write, found none

implicit deny (identity-based policy): s3:PutObject
  no statement allows s3:PutObject"""
    )


def test_a_call_of_several_requests_is_one_decision() -> None:
    decision = assert_decision(_READ, [_GET, _PUT], "anyDeny", blocked_by="s3:PutObject")

    assert decision.blocked_by == "s3:PutObject"


def test_a_failure_stands_in_the_line_of_the_test() -> None:
    with pytest.raises(AssertionError) as caught:
        assert_decision(_READ, _GET, "explicitDeny")

    assert [entry.name for entry in caught.traceback.filter(caught)] == [
        "test_a_failure_stands_in_the_line_of_the_test"
    ]


def test_a_request_that_cannot_be_evaluated_is_refused_without_a_place() -> None:
    condition = {"DateLessThan": {"aws:TokenIssueTime": "2026-01-01"}}
    policies = pe.PolicySet(
        [json.dumps({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*",
                                   "Condition": condition}})]
    )  # fmt: skip

    with pytest.raises(pe.RequestError) as caught:
        assert_decision(
            policies,
            pe.Request("s3:GetObject", context={"aws:TokenIssueTime": "yesterday"}),
            "allowed",
        )

    (problem,) = caught.value.diagnostics
    assert (problem.code, problem.place) == ("unreadable-value", None)


@pytest.mark.parametrize(
    ("expected", "further", "message"),
    [
        ("allow", {}, "`allow` is no decision"),
        ("invalid", {}, "`invalid` is no decision"),
        ("allowed", {"because": "x"}, "`because` cannot be expected so"),
        ("allowed", {"decided_by": "nobody"}, "'nobody' is not a valid Layer"),
    ],
)
def test_an_expectation_that_there_is_not_is_refused(
    expected: str, further: dict[str, str], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        assert_decision(_READ, _GET, expected, **further)
