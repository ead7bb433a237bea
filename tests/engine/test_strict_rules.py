"""Strict rules: what rests on an open point is undetermined, and no Allow where none is."""

from __future__ import annotations

import pytest

import policy_eval as pe
from policy_eval.engine.resting import RestsOn
from policy_eval.engine.strict_rules import strictly

_STAR = "arn:aws:logs:*:*:/app/*"
_GROUP = "arn:aws:logs:us-east-1:111122223333:log-group:/app/web"
_READ = pe.Request("logs:DescribeLogStreams", _GROUP)


def _policies(*statements: str) -> pe.PolicySet:
    return pe.parse(f'{{"Version": "2012-10-17", "Statement": [{", ".join(statements)}]}}')


def _statement(effect: str, resource: str) -> str:
    return (
        f'{{"Sid": "{effect}", "Effect": "{effect}", "Action": "logs:DescribeLogStreams", '
        f'"Resource": "{resource}"}}'
    )


_OPEN = _policies(_statement("Allow", _STAR))
_DENIED_EITHER_WAY = _policies(_statement("Deny", _STAR))
_SETTLED = _policies(_statement("Allow", "*"))


def test_an_answer_that_rests_on_an_open_point_is_undetermined() -> None:
    decision = pe.decide(_OPEN, _READ, strict_rules=True)

    assert pe.decide(_OPEN, _READ).decision == "allowed"
    assert (decision.decision, decision.allowed, decision.matched) == ("undetermined", None, ())
    assert decision.reason == (
        "it rests on R-RES-04, and under strict rules an open point gives no answer"
    )


def test_an_answer_that_is_a_denial_under_both_readings_is_no_allow() -> None:
    decision = pe.decide(_DENIED_EITHER_WAY, _READ, strict_rules=True)

    assert pe.rests_on(_DENIED_EITHER_WAY, _READ) == (
        RestsOn("R-RES-04", "explicitDeny", "implicitDeny", never_allowed=True),
    )
    assert (decision.decision, decision.allowed) == ("undetermined", False)


def test_one_reading_that_allows_is_enough_to_leave_it_open() -> None:
    denied = RestsOn("R-RES-04", "explicitDeny", "implicitDeny", never_allowed=True)
    decision = pe.decide(_DENIED_EITHER_WAY, _READ)

    both = strictly(decision, [denied, RestsOn("R-COND-34", "explicitDeny", "allowed")])

    assert (both.decision, both.allowed) == ("undetermined", None)
    assert "R-RES-04, R-COND-34" in both.reason


def test_an_answer_that_rests_on_nothing_stays() -> None:
    decision = pe.decide(_SETTLED, _READ)

    assert pe.decide(_SETTLED, _READ, strict_rules=True).to_dict() == decision.to_dict()
    explanation = pe.explain(_SETTLED, _READ, strict_rules=True)
    assert explanation.decision.to_dict() == decision.to_dict()


@pytest.mark.parametrize("policies", [_OPEN, _DENIED_EITHER_WAY])
def test_an_explanation_decides_strictly_as_deciding_does(policies: pe.PolicySet) -> None:
    explanation = pe.explain(policies, _READ, strict_rules=True)

    decision = pe.decide(policies, _READ, strict_rules=True)
    assert explanation.decision.to_dict() == decision.to_dict()
    assert explanation.deciding_part.decision.reason == decision.reason
    assert decision.reason in str(explanation)


def test_a_call_of_several_actions_keeps_the_parts_that_did_not_decide() -> None:
    policies = _policies(
        _statement("Allow", _STAR), '{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}'
    )
    further = pe.Request("s3:GetObject", "arn:aws:s3:::b/k")

    explanation = pe.explain(policies, _READ, further, strict_rules=True)

    assert [part.decision.decision for part in explanation.parts] == ["undetermined", "allowed"]
    assert str(explanation).startswith("undetermined. logs:DescribeLogStreams")


def test_the_record_says_what_to_test() -> None:
    (rests,) = pe.rests_on(_OPEN, _READ)

    assert rests.to_dict() == {
        "rule": "R-RES-04",
        "about": "whether `*` at the end of an ARN's field takes colons too",
        "ours": "allowed",
        "other": "implicitDeny",
        "conditions": None,
        "test": "read a log group under a pattern whose account `*` must take in `log-group`, too",
    }


def test_a_refused_request_rests_on_the_reading_that_decides_it() -> None:
    policies = _policies(
        '{"Effect": "Allow", "Action": "*", "Resource": "*", '
        '"Condition": {"ArnNotLike": {"aws:SourceArn": "arn:aws:sns:*:*:t"}}}'
    )
    request = pe.Request("s3:ListBucket", "arn:aws:s3:::b", context={"aws:SourceArn": "t"})

    assert pe.rests_on(policies, request) == (RestsOn("R-COND-19", "invalid", "allowed"),)
    with pytest.raises(pe.RequestError):
        pe.decide(policies, request, strict_rules=True)


def test_a_session_that_not_principal_does_not_list_is_neither_denied_nor_allowed() -> None:
    """R-NPRIN-04: role and account are listed, the session is not."""
    role, bucket = "arn:aws:iam::111122223333:role/r", "arn:aws:s3:::b/*"
    spared = {"AWS": [role, "arn:aws:iam::111122223333:root"]}
    policies = pe.PolicySet(
        [{"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}],
        resource={
            "Statement": {
                "Effect": "Deny",
                "NotPrincipal": spared,
                "Action": "s3:GetObject",
                "Resource": bucket,
            }
        },
    )
    caller = "arn:aws:sts::111122223333:assumed-role/r/s"
    request = pe.Request("s3:GetObject", "arn:aws:s3:::b/o", principal=caller)

    decision = pe.decide(policies, request, strict_rules=True)

    assert pe.decide(policies, request).decision == "explicitDeny"
    assert (decision.decision, decision.allowed) == ("undetermined", None)
    assert decision.reason.startswith("it rests on R-NPRIN-04,")
