"""The public functions: load, parse, decide, explain, and what an answer rests on."""

from __future__ import annotations

from pathlib import Path

import pytest

import policy_eval as pe

DEV = "arn:aws:iam::111122223333:role/Dev"
BLOCK = Path(__file__).resolve().parents[1] / "fixtures" / "appflow" / "appflow-doc.json"
CREATE = pe.Request(
    "secretsmanager:CreateSecret",
    principal=DEV,
    context={"secretsmanager:Name": "appflow!sales", "aws:CalledVia": ["appflow.amazonaws.com"]},
)
READ = '{"Sid": "Read", "Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}'


def test_a_policy_is_parsed_from_text_under_a_name() -> None:
    policies = pe.parse(READ, "mine.json")

    assert [policy.name for policy in policies.policies] == ["mine.json"]


def test_a_text_that_is_no_policy_is_refused_with_its_place() -> None:
    with pytest.raises(pe.PolicyError) as caught:
        pe.parse('{"Effect": "Allow",\n "Action"}', "mine.json")

    assert caught.value.diagnostics[0].place == ("mine.json", 2, 10)


def test_policies_are_loaded_from_files(tmp_path: Path) -> None:
    path = tmp_path / "read.json"
    path.write_text(READ, "utf-8")

    policies = pe.load(str(path), BLOCK)

    assert [policy.name for policy in policies.policies] == [str(path), str(BLOCK)]


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(pe.PolicyError, match="there is no such file"):
        pe.load(tmp_path / "nope.json")


def test_a_decision_says_whether_the_call_is_allowed_and_by_what() -> None:
    decision = pe.decide(pe.load(BLOCK), CREATE)

    assert decision.allowed is True
    assert decision.decision == "allowed"
    assert decision.matched == ("SecretsManagerCreateSecretAccess",)


def test_a_decision_is_never_taken_for_a_truth_value() -> None:
    decision = pe.decide(pe.load(BLOCK), CREATE)

    with pytest.raises(TypeError, match="not a yes or no"):
        bool(decision)


def test_an_explanation_is_text_and_data() -> None:
    explanation = pe.explain(pe.load(BLOCK), CREATE)

    assert str(explanation).startswith(
        "yes: allowed (identity-based policy). secretsmanager:CreateSecret as role/Dev\n"
    )
    assert explanation.to_dict()["decision"] == "allowed"


def test_an_explanation_decides_as_decide_does() -> None:
    policies = pe.load(BLOCK)

    assert pe.explain(policies, CREATE).decision.to_dict() == pe.decide(policies, CREATE).to_dict()


def test_an_explanation_says_what_it_rests_on() -> None:
    policies = pe.load(BLOCK)

    (rests,) = pe.explain(policies, CREATE).rests_on
    assert rests == pe.RestsOn("R-AF-05", "allowed", "implicitDeny")
    assert pe.rests_on(policies, CREATE) == (rests,)


def test_a_value_that_a_statement_cannot_read_is_refused_by_each() -> None:
    policies = pe.parse(
        '{"Effect": "Allow", "Action": "*", "Resource": "*",'
        ' "Condition": {"DateEquals": {"aws:TokenIssueTime": "2026-01-01"}}}'
    )
    request = pe.Request("s3:GetObject", "*", context={"aws:TokenIssueTime": "yesterday"})

    with pytest.raises(pe.RequestError, match="unreadable-value"):
        pe.decide(policies, request)
    with pytest.raises(pe.RequestError, match="unreadable-value"):
        pe.explain(policies, request)
    assert pe.rests_on(policies, request) == ()


def test_a_contradiction_is_refused_under_every_reading() -> None:
    policies = pe.parse(READ)
    request = pe.Request(
        "s3:GetObject", "*", principal=DEV, context={"aws:PrincipalAccount": "444455556666"}
    )

    assert pe.rests_on(policies, request) == ()
