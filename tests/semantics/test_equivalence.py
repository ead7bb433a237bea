"""Whether two statements mean the same: shown by examples, and never told apart by an engine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from random import Random
from typing import TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy_eval.cases.slips import slips_of
from policy_eval.engine.policies import parse_policy
from policy_eval.policy.ast import Policy
from policy_eval.policy.policy_type import PolicyType, Strictness
from policy_eval.semantics.equivalence import readings_that_tell_apart, same_meaning
from tests.oracle.compare import context_of, policies_of, scalar_word
from tests.oracle.generate import generate_case

Members: TypeAlias = Mapping[str, object]

_ALLOW: Members = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


def _pair(
    one: Members,
    other: Members,
    policy_type: PolicyType = PolicyType.IDENTITY,
    *,
    accept_invalid: bool = False,
) -> Policy:
    document = {"Version": "2012-10-17", "Statement": [{**_ALLOW, **one}, {**_ALLOW, **other}]}
    strictness = Strictness(accept_invalid=accept_invalid)
    return parse_policy(json.dumps(document), "p.json", policy_type, strictness)


def _when(operator: str, key: str, *values: str) -> Members:
    return {"Condition": {operator: {key: list(values)}}}


def _same(policy: Policy) -> bool:
    one, other = policy.statements
    return same_meaning(policy, one, other)


_TEXT = "s3:prefix"
_TAGS = "aws:TagKeys"
_VARIABLE = "${aws:username}"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({}, {"Effect": "Deny"}, False),
        ({"Action": "s3:getobject"}, {"Action": ["S3:GetObject"]}, True),
        ({"Action": ["s3:*", "s3:GetObject"]}, {"Action": "s3:*"}, True),
        ({"Action": "s3:*"}, {"Action": "s3:?*"}, False),
        ({"Resource": "*"}, {"Resource": ["*", "arn:aws:s3:::b"]}, True),
        ({"Resource": "arn:aws:s3:::b/*"}, {"Resource": "arn:aws:s3:::b/?"}, False),
        ({"Resource": "arn:aws:s3"}, {"Resource": "arn:aws:s3:*:*:*"}, True),
        (_when("StringLike", _TEXT, "a"), _when("StringEquals", _TEXT, "a"), True),
        (_when("StringLike", _TEXT, "a*"), _when("StringEquals", _TEXT, "a*"), False),
        (_when("StringLike", _TEXT, "a*", "ab"), _when("StringLike", _TEXT, "a*"), True),
        (_when("StringEquals", _TEXT, "a"), _when("StringEqualsIgnoreCase", _TEXT, "a"), False),
        (_when("StringEquals", _TEXT, "a"), _when("StringEqualsIfExists", _TEXT, "a"), False),
        (_when("StringNotEquals", _TEXT, "a"), _when("StringNotEqualsIfExists", _TEXT, "a"), True),
        (_when("StringEquals", _TEXT, _VARIABLE), _when("StringLike", _TEXT, _VARIABLE), False),
        (_when("StringEquals", _TEXT, _VARIABLE), _when("StringEquals", _TEXT, _VARIABLE), True),
        (_when("StringEquals", "S3:Prefix", "a"), _when("StringEquals", _TEXT, "a"), False),
        (_when("ArnLike", "aws:SourceArn", "a:a:a:a:a:a"),
         _when("ArnEquals", "aws:SourceArn", "a:a:a:a:a:a"), True),
        (_when("NumericLessThan", "s3:max-keys", "5", "9"),
         _when("NumericLessThan", "s3:max-keys", "9.0"), True),
        (_when("IpAddress", "aws:SourceIp", "10.0.0.7/8"),
         _when("IpAddress", "aws:SourceIp", "10.0.0.0/8", "10.1.0.0/16"), True),
        (_when("Null", _TEXT, "true"), _when("Null", _TEXT, "false"), False),
        (_when("ForAllValues:StringEquals", _TAGS, "a"),
         _when("ForAllValues:StringEqualsIfExists", _TAGS, "a"), True),
        (_when("ForAnyValue:StringEquals", _TAGS, "a"),
         _when("ForAllValues:StringEquals", _TAGS, "a"), False),
    ],
)  # fmt: skip
def test_statements_are_compared_by_what_they_match(
    one: Members, other: Members, same: bool
) -> None:
    policy = _pair(one, other)

    assert _same(policy) is same


def test_a_tag_key_in_another_case_is_another_key() -> None:
    """Where two tags differ only by case, the spelling decides which of them is meant."""
    policy = _pair(
        _when("StringEquals", "aws:ResourceTag/team", "a"),
        _when("StringEquals", "aws:ResourceTag/Team", "a"),
    )

    assert not _same(policy)


_ACCOUNT = "111122223333"
_EVERYONE: Members = {"Principal": {"AWS": "*"}}
_BY_ARN = _when("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/*")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"Principal": "*"}, _EVERYONE, True),
        ({"Principal": {"AWS": [_ACCOUNT, "*"]}}, {"Principal": {"AWS": ["*", _ACCOUNT]}}, True),
        ({"Principal": {"AWS": _ACCOUNT}}, _EVERYONE, False),
        ({**_EVERYONE, **_BY_ARN}, _EVERYONE, False),
        ({"Effect": "Deny", "NotPrincipal": {"AWS": _ACCOUNT}},
         {"Effect": "Deny", "Principal": {"AWS": _ACCOUNT}}, False),
    ],
)  # fmt: skip
def test_whom_statements_name_is_compared(one: Members, other: Members, same: bool) -> None:
    policy = _pair(one, other, PolicyType.RESOURCE)

    assert _same(policy) is same


def test_of_a_statement_that_cannot_be_understood_nothing_is_claimed() -> None:
    odd: Members = {"Effect": "Deny", "Condition": {"StringIsh": {"s3:prefix": "a"}}}
    policy = _pair(odd, odd, accept_invalid=True)

    assert not _same(policy)


@pytest.mark.parametrize(
    ("one", "other", "rules"),
    [
        (_when("StringLike", _TEXT, "a"), _when("StringEquals", _TEXT, "a"), ()),
        (_when("ForAnyValue:StringEquals", _TAGS, "a"),
         _when("ForAnyValue:StringEqualsIfExists", _TAGS, "a"), ("R-COND-27",)),
        (_when("ForAllValues:Null", _TAGS, "true"), _when("ForAllValues:Null", _TAGS, "false"),
         ("R-COND-22",)),
    ],
)  # fmt: skip
def test_other_readings_may_tell_apart_what_means_the_same(
    one: Members, other: Members, rules: tuple[str, ...]
) -> None:
    policy = _pair(one, other)

    assert _same(policy)
    assert readings_that_tell_apart(policy, *policy.statements) == rules


@settings(max_examples=30)
@given(st.integers(0, 10**9))
def test_no_request_tells_apart_what_means_the_same(seed: int) -> None:
    case = generate_case(Random(seed))
    policies, context = policies_of(case), context_of(case.request)
    before = scalar_word(policies, context)

    for place, policy in enumerate(policies):
        for index, statement in enumerate(policy.statements):
            for slip in slips_of(statement):
                if slip.statement is None or not same_meaning(policy, statement, slip.statement):
                    continue
                statements = [*policy.statements]
                statements[index] = slip.statement
                changed = [*policies]
                changed[place] = policy._replace(statements=tuple(statements))
                assert scalar_word(tuple(changed), context) == before, slip.what
