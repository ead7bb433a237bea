"""A set of policies holds those that are decided here, whatever form they are given in."""

from __future__ import annotations

import json

import pytest

from policy_eval.engine.policies import PolicySet, parse_policy
from policy_eval.errors import PolicyError
from policy_eval.policy.ast import Effect
from policy_eval.policy.policy_type import PolicyType

STATEMENT = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
TEXT = json.dumps(STATEMENT)


def test_a_policy_is_given_as_itself_as_text_or_as_data() -> None:
    policies = PolicySet([parse_policy(TEXT, "p.json"), TEXT, STATEMENT])

    assert repr(policies) == "PolicySet(identity=['p.json', '<policy 2>', '<policy 3>'])"


@pytest.mark.parametrize("policy_type", [PolicyType.SCP, PolicyType.BOUNDARY, PolicyType.SESSION])
def test_a_policy_of_another_type_is_refused(policy_type: PolicyType) -> None:
    policy = parse_policy(TEXT, "p.json", policy_type)

    with pytest.raises(PolicyError) as caught:
        PolicySet([policy])

    (problem,) = caught.value.diagnostics
    assert problem.code == "wrong-policy-type"
    assert problem.message.startswith("p.json: this is a")
    assert problem.expected == "an identity-based policy"


def test_a_set_without_findings_has_no_warnings() -> None:
    assert PolicySet([TEXT]).warnings == ()


def test_the_warnings_of_all_policies_come_in_order() -> None:
    odd = {**STATEMENT, "Action": []}

    warnings = PolicySet([odd, TEXT, odd]).warnings

    files = [warning.place and warning.place.file for warning in warnings]
    assert files == ["<policy 1>", "<policy 3>"]


def test_one_statement_is_replaced_or_left_out_of_a_set() -> None:
    policies = PolicySet([json.dumps([STATEMENT, STATEMENT]), TEXT], scps=[[TEXT]])
    policies.program()
    first, second = policies.policies[0].statements
    denies = second._replace(effect=Effect.DENY)

    replaced = policies.with_statement(0, 1, denies)
    left_out = policies.with_statement(0, 0, None)

    assert replaced.policies[0].statements == (first, denies)
    assert left_out.policies[0].statements == (second,)
    for other in (replaced, left_out):
        assert other.policies[1:] == policies.policies[1:]
        assert other.attached is policies.attached
        assert other.program() is not policies.program()
    assert policies.policies[0].statements == (first, second)


def test_other_policies_take_the_layers_of_those_of_a_set() -> None:
    policies = PolicySet([TEXT], scps=[[], [TEXT]])
    renamed = [policy._replace(name="other") for policy in policies.policies]

    other = policies.with_policies(renamed)

    assert repr(other) == "PolicySet(identity=['other'], scp=['other'])"
    assert [each[:2] for each in other.attachments] == [each[:2] for each in policies.attachments]
    with pytest.raises(ValueError, match="shorter"):
        policies.with_policies(renamed[:1])
