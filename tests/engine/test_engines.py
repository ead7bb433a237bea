"""Programs, decisions and explanations through the public face."""

from __future__ import annotations

import json
import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest

import policy_eval as pe
from policy_eval.engine import program as program_module
from policy_eval.engine import scalar
from policy_eval.engine.decide import decide_call
from policy_eval.engine.program import Program, indices

_ROLE = "arn:aws:iam::111122223333:role/Dev"
_SECRET = "arn:aws:secretsmanager:us-east-1:111122223333:secret:app-AbCdEf"


def _set(*statements: dict[str, object], version: str = "2012-10-17") -> pe.PolicySet:
    return pe.PolicySet([{"Version": version, "Statement": list(statements)}])


def _allow(**members: object) -> dict[str, object]:
    return {"Effect": "Allow", "Action": "*", "Resource": "*", **members}


def _deny(**members: object) -> dict[str, object]:
    return {"Effect": "Deny", "Action": "*", "Resource": "*", **members}


_GET = pe.Request("secretsmanager:GetSecretValue", _SECRET, principal=_ROLE)


def test_bits_are_numbered() -> None:
    assert indices(0b1011) == [0, 1, 3]
    assert indices(0) == []


def test_a_decision_is_no_yes_or_no() -> None:
    decision = pe.decide(_set(_allow()), _GET)

    with pytest.raises(TypeError, match="not a yes or no"):
        bool(decision)


def test_a_decision_never_changes_and_may_be_pickled() -> None:
    decision = pe.decide(_set(_allow(Sid="A")), _GET)

    with pytest.raises(AttributeError, match="a Decision is immutable: word"):
        decision.word = decision.word

    again = pickle.loads(pickle.dumps(decision))  # noqa: S301 - our own
    assert again.to_dict() == decision.to_dict()


def test_the_test_that_cannot_read_a_value_is_named() -> None:
    low = {"Null": {"s3:max-keys": "false"}, "NumericLessThan": {"s3:max-keys": "9"}}
    asked = pe.Request("s3:ListBucket", "arn:aws:s3:::b", context={"s3:max-keys": "many"})

    with pytest.raises(pe.RequestError, match="NumericLessThan"):
        pe.decide(_set(_allow(Condition=low)), asked)


def test_the_deciding_statements_are_named() -> None:
    decision = pe.decide(_set(_allow(Sid="A"), _deny(Action="s3:*"), _allow()), _GET)

    assert decision.matched == ("A", "<policy 1>#3")
    assert repr(decision) == "<Decision allowed: secretsmanager:GetSecretValue>"
    assert decision.allowed is True


def test_an_explicit_deny_names_the_denies() -> None:
    decision = pe.decide(_set(_allow(Sid="A"), _deny(Sid="D")), _GET)

    assert (decision.decision, decision.matched) == ("explicitDeny", ("D",))


def test_a_blocked_call_names_the_action() -> None:
    request = pe.Request(
        "secretsmanager:CreateSecret", _SECRET, principal=_ROLE, request_tags={"env": "dev"}
    )
    decision = pe.decide(_set(_allow(Action="secretsmanager:CreateSecret")), request)

    assert decision.blocked_by == "secretsmanager:TagResource"
    assert "blocked by secretsmanager:TagResource" in repr(decision)
    assert decision.allowed is False


def test_a_call_that_is_denied_anyway_is_not_blocked() -> None:
    request = pe.Request(
        "secretsmanager:CreateSecret", _SECRET, principal=_ROLE, request_tags={"env": "dev"}
    )

    assert pe.decide(_set(_allow(Action="s3:*")), request).blocked_by is None


def _customer_key(**context: str) -> pe.Request:
    key = "arn:aws:kms:us-east-1:111122223333:key/1"
    return pe.Request(
        "secretsmanager:CreateSecret",
        _SECRET,
        principal=_ROLE,
        context={"secretsmanager:KmsKeyArn": key, **context},
    )


def test_a_call_hangs_on_what_one_of_its_actions_hangs_on() -> None:
    decision = pe.decide(_set(_allow()), _customer_key())

    assert decision.decision == "undetermined"
    assert decision.allowed is None
    assert decision.blocked_by == "kms:GenerateDataKey"


def test_two_undetermined_actions_name_the_first() -> None:
    policies = _set(
        _allow(Condition={"StringEquals": {"aws:UserAgent": "x"}}),
    )

    decision = pe.decide(policies, _customer_key())

    assert decision.blocked_by is None
    assert decision.missing_context == ("aws:UserAgent",)


def test_denied_either_way_is_no_but_not_one_word() -> None:
    policies = _set(_deny(Condition={"StringEquals": {"aws:UserAgent": "x"}}))

    decision = pe.decide(policies, _GET)

    assert (decision.decision, decision.allowed) == ("undetermined", False)
    assert str(pe.explain(policies, _GET)).startswith(
        "no: denied either way (identity-based policy)."
    )


def test_an_unreadable_value_is_an_error_whatever_else_fails() -> None:
    policies = _set(
        _allow(Resource="arn:aws:s3:::b", Condition={"NumericEquals": {"s3:max-keys": 1}})
    )
    request = pe.Request("s3:ListBucket", "arn:aws:s3:::c", context={"s3:max-keys": "5abc"})

    for answer in (pe.decide, pe.explain):
        with pytest.raises(pe.RequestError) as caught:
            answer(policies, request)
        (found,) = caught.value.diagnostics
        assert found.code == "unreadable-value"
        assert "`5abc`" in found.message
        assert "NumericEquals" in found.message


def test_several_values_of_a_single_valued_key_are_an_error() -> None:
    policies = _set(_allow(Condition={"StringEquals": {"aws:SourceVpc": "vpc-1"}}))
    request = pe.Request("s3:ListBucket", "arn:aws:s3:::c", context={"aws:SourceVpc": ["a", "b"]})

    with pytest.raises(pe.RequestError, match="holds one value, and 2 are given"):
        pe.decide(policies, request)


def test_an_unreadable_value_nobody_reads_is_no_error() -> None:
    policies = _set(
        _allow(), _allow(Action="s3:*", Condition={"NumericEquals": {"s3:max-keys": 1}})
    )
    request = pe.Request("secretsmanager:GetSecretValue", _SECRET, context={"s3:max-keys": "5abc"})

    assert pe.decide(policies, request).allowed is True


def test_actions_are_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program_module, "_REMEMBERED_ACTIONS", 2)
    policies = _set(_allow())

    words = {
        pe.decide(policies, pe.Request(f"s3:Do{number}", "arn:aws:s3:::b")).decision
        for number in range(9)
    }

    assert words == {"allowed"}


def test_values_are_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scalar, "_REMEMBERED_VALUES", 2)
    policies = _set(_allow(Condition={"StringLike": {"s3:prefix": "a*"}}))

    words = {
        pe.decide(
            policies,
            pe.Request(  # none is like another, so that each is decided in full
                "s3:Do",
                "arn:aws:s3:::b",
                context={"s3:prefix": f"a{number}"},
                unknown=[f"s3:k{number}"],
            ),
        ).decision
        for number in range(9)
    }

    assert words == {"allowed"}
    assert len(policies.program().for_action("s3:do").keys[0].memo) in (1, 2)


def test_a_program_is_compiled_once() -> None:
    policies = _set(_allow())

    assert policies.program() is policies.program()
    assert policies.program().for_action("s3:do") is policies.program().for_action("s3:do")


def test_programs_may_be_shared_between_threads() -> None:
    policies = _set(
        _allow(Condition={"StringLike": {"s3:prefix": ["a*", "${aws:username}*"]}}),
        _deny(Action="s3:Do3"),
    )
    requests = [
        pe.Request(f"s3:Do{number % 7}", "arn:aws:s3:::b", context={"s3:prefix": f"{name}{number}"})
        for number in range(200)
        for name in "ab"
    ]
    one_by_one = [pe.decide(policies, request).decision for request in requests]

    shared = _set(
        _allow(Condition={"StringLike": {"s3:prefix": ["a*", "${aws:username}*"]}}),
        _deny(Action="s3:Do3"),
    )
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda each: pe.decide(shared, each).decision, requests))

    assert together == one_by_one


def test_a_call_makes_at_least_one_request() -> None:
    with pytest.raises(ValueError, match="at least one request"):
        decide_call(_set(_allow()), [])


def test_policies_are_taken_in_every_form() -> None:
    document: dict[str, object] = {"Statement": [_allow()]}
    given: list[pe.Policy | str | dict[str, object]] = [
        document,
        json.dumps(document),
        pe.parse_policy(json.dumps(document), "mine"),
    ]

    policies = pe.PolicySet(given)

    assert [policy.name for policy in policies.policies] == ["<policy 1>", "<policy 2>", "mine"]
    assert "mine" in repr(policies)
    assert len(Program(policies.attachments).entries) == 3


def test_warnings_are_kept() -> None:
    policies = _set(_allow(Action=["s3:", "s3: Get", "s3:G\u00e9t", "s3:Get"]))

    assert [warning.code for warning in policies.warnings] == ["action-form"] * 3


def test_a_policy_of_another_type_decides_nothing_here() -> None:
    trust = pe.parse_policy(
        '{"Statement": [{"Effect": "Allow", "Principal": {"AWS": "111122223333"},'
        ' "Action": "sts:AssumeRole"}]}',
        "trust.json",
        pe.PolicyType.TRUST,
    )

    with pytest.raises(pe.PolicyError, match=r"trust\.json: this is a role trust policy"):
        pe.PolicySet([trust])


def test_a_file_that_cannot_be_read_is_told(tmp_path: pytest.TempPathFactory) -> None:
    with pytest.raises(pe.PolicyError, match="missing-file"):
        pe.load(f"{tmp_path}/nothing.json")


def test_an_explanation_is_data_too() -> None:
    policies = _set(
        _allow(Sid="A", Condition={"StringEquals": {"s3:prefix": "a"}}), _deny(Action="sqs:*")
    )
    request = pe.Request(
        "s3:ListBucket", "arn:aws:s3:::b", principal=_ROLE, context={"aws:SourceIp": "192.0.2.1"}
    )

    data = pe.explain(policies, request).to_dict()

    assert json.loads(json.dumps(data)) == data
    assert data["decision"] == "implicitDeny"
    assert data["assumed_absent"] == ["s3:prefix"]
    assert data["failed_conditions"] == ["s3:prefix"]
    assert data["rests_on"] == []
