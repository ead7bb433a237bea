"""A set of policies holds those that are decided here, whatever form they are given in."""

from __future__ import annotations

import json

import pytest

from policy_eval.engine.policies import PolicySet, parse_policy
from policy_eval.errors import PolicyError
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
