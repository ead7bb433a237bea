"""The table of policy types: every type has a row, and no row contradicts itself."""

from __future__ import annotations

import pytest

from policy_eval.policy.policy_type import RULES, STRICT, PolicyType, Strictness

ELEMENTS = {"Id", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource"}


def test_every_type_has_a_row() -> None:
    assert set(RULES) == set(PolicyType)


@pytest.mark.parametrize("policy_type", PolicyType)
def test_no_element_is_both_required_and_forbidden(policy_type: PolicyType) -> None:
    rules = RULES[policy_type]

    assert not rules.required & rules.forbidden
    assert rules.required | rules.forbidden <= ELEMENTS


@pytest.mark.parametrize("policy_type", PolicyType)
def test_a_name_stands_in_a_sentence(policy_type: PolicyType) -> None:
    assert RULES[policy_type].name.split()[0] in ("a", "an")


@pytest.mark.parametrize("policy_type", PolicyType)
def test_unique_sids_are_plain_ones(policy_type: PolicyType) -> None:
    rules = RULES[policy_type]

    assert rules.plain_sids or not rules.unique_sids


def test_nothing_is_read_over_unless_it_is_asked_for() -> None:
    assert Strictness(lenient=False, accept_invalid=False) == STRICT
