"""What a caller can do: the actions that are asked about, and how they are named."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

import policy_eval as pe
from policy_eval.engine.decide import decide_call
from policy_eval.errors import PolicyError, RequestError
from policy_eval.queries.asking import Question, can, prepare
from policy_eval.queries.what_can import WhatCan, shortened, what_can
from policy_eval.semantics.layers import Layer
from policy_eval.semantics.service_reference import service_actions
from policy_eval.sources.accounts import Accounts
from policy_eval.sources.loading import merged
from policy_eval.sources.model import Document, Entity, Resource, Where
from policy_eval.sources.organizations import read_organization
from tests.sources.exports import (
    ACCOUNT,
    EXAMPLE,
    NOW,
    accounts,
    allowing,
    attached,
    document,
    example,
    found,
    iam,
    inline,
    role,
    trusting,
)

_ASK = Question("", now=NOW)
_QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"


def _of(content: object, *only: str) -> WhatCan:
    within = accounts(roles=(role("A", RolePolicyList=inline(content)),))
    return what_can(within, within.caller("A"), _ASK, only)


def _actions(found: WhatCan) -> set[str]:
    return {f"{each.service}:{action}" for each in found.granted for action in each.actions}


def test_actions_stand_by_service_and_by_what_they_hang_on() -> None:
    condition = {"StringEquals": {"s3:prefix": "a"}}
    content = document(
        {"Action": ["sqs:SendMessage", "s3:ListAllMyBuckets"]},
        {"Action": "s3:ListBucket", "Condition": condition},
    )
    within = accounts(roles=(role("A", RolePolicyList=inline(content)),))

    found = what_can(within, within.caller("A"), _ASK._replace(unknown=("s3:prefix",)))

    assert [(each.service, each.condition, each.actions) for each in found.granted] == [
        ("s3", "", ("ListAllMyBuckets",)),
        ("s3", 's3:prefix is "a"', ("ListBucket",)),
        ("sqs", "", ("SendMessage",)),
    ]
    assert found.to_dict() == {
        "caller": iam("role/A"),
        "allowed": [
            {"service": "s3", "allow_if": None, "actions": ["ListAllMyBuckets"],
             "patterns": ["ListAllMyBuckets"]},
            {"service": "s3", "allow_if": 's3:prefix is "a"', "actions": ["ListBucket"],
             "patterns": ["ListBucket"]},
            {"service": "sqs", "allow_if": None, "actions": ["SendMessage"],
             "patterns": ["SendMessage"]},
        ],
        "refused": [],
    }  # fmt: skip


def test_everything_but_some_is_allowed_by_not_action() -> None:
    statement = {"Effect": "Allow", "NotAction": "sqs:Send*", "Resource": "*"}
    found = _of({"Version": "2012-10-17", "Statement": [statement]}, "sqs")

    assert _actions(found) == {
        f"sqs:{each}" for each in service_actions("sqs") if not each.startswith("Send")
    }


def test_a_deny_takes_from_a_star() -> None:
    found = _of(document({}, {"Effect": "Deny", "Action": "sqs:*"}), "sqs", "sns")

    assert {each.service for each in found.granted} == {"sns"}
    assert found.granted[0].patterns == ("*",)


def test_what_no_user_or_role_calls_is_not_listed() -> None:
    """AssumeRoleWithSAML is not signed: an identity provider calls it (R-TRUST-02)."""
    found = _of(document({}), "sts")

    assert found.refused == ()
    assert "sts:AssumeRoleWithSAML" not in _actions(found)
    assert "sts:GetCallerIdentity" in _actions(found)


def test_what_cannot_be_asked_about_is_said() -> None:
    question = _ASK._replace(context={"aws:CurrentTime": "soon"})
    broken = document({"Action": "sqs:SendMessage", "Condition": {
        "DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}}})  # fmt: skip
    within = accounts(roles=(role("A", RolePolicyList=inline(broken)),))

    found = what_can(within, within.caller("A"), question)

    assert [each.of for each in found.refused] == ["sqs:SendMessage"]
    assert found.granted == ()


def test_an_scp_that_allows_everything_grants_nothing() -> None:
    full = {"name": "Full", "policy": document({})}
    organization = read_organization(
        {"organization": {}, "nodes": [
            {"id": "r-a", "scps": [full]}, {"id": ACCOUNT, "parent": "r-a", "scps": [full]}]},
        "o.json",
    )  # fmt: skip
    everything = found(roles=(role("A", RolePolicyList=inline(allowing("sqs:SendMessage"))),))
    within = Accounts(merged([everything, organization]))

    answer = what_can(within, within.caller("A"), _ASK)

    assert _actions(answer) == {"sqs:SendMessage"}


def test_only_actions_on_a_resource_are_asked_about_where_one_is_given() -> None:
    within = accounts(roles=(role("A", RolePolicyList=inline(document({}))), role("B")))

    found = what_can(within, within.caller("A"), _ASK._replace(resource=_QUEUE))

    assert {each.service for each in found.granted} == {"sqs"}
    assert "ListQueues" not in found.granted[0].actions  # of no resource
    on_role = what_can(within, within.caller("A"), _ASK._replace(resource=iam("role/B")))
    assert {"iam:GetRole", "sts:AssumeRole"} <= _actions(on_role)


def test_what_a_resource_s_own_policy_allows_is_among_them() -> None:
    statement = {
        "Effect": "Allow", "Principal": {"AWS": iam("role/A")}, "Action": "sqs:SendMessage",
        "Resource": _QUEUE,
    }  # fmt: skip
    content = {"Version": "2012-10-17", "Statement": [statement]}
    trust = trusting({"AWS": iam("role/A")})
    everything = found(roles=(role("A"), role("B", AssumeRolePolicyDocument=trust)))
    here = Where("r.json")
    everything.resources[_QUEUE] = Resource(_QUEUE, Document("q", content, here), here)
    within = Accounts(everything)

    def on(resource: str | None) -> set[str]:
        return _actions(what_can(within, within.caller("A"), _ASK._replace(resource=resource)))

    assert on(_QUEUE) == {"sqs:SendMessage"}
    assert on(iam("role/B")) == {"sts:AssumeRole"}
    assert on(None) == set()


def test_where_nobody_knows_what_can_grant_everything_is_asked_about() -> None:
    within = Accounts(found(roles=(role("A"),)), unknown_layers=[Layer.IDENTITY])

    answer = what_can(within, within.caller("A"), _ASK, ["sqs"])

    (granted,) = answer.granted
    assert (granted.patterns, granted.condition) == (
        ("*",), "layer identity allows and not layer identity denies",
    )  # fmt: skip


def test_a_policy_that_is_not_there_may_allow_anything() -> None:
    missing = attached(iam("policy/Gone"))
    within = accounts(roles=(role("A", AttachedManagedPolicies=missing),))
    answer = what_can(within, within.caller("A"), _ASK, ["SQS"])

    (granted,) = answer.granted
    assert granted.condition.startswith('statement "policy/Gone#1" applies')


def test_a_word_that_is_no_service_is_refused_with_the_nearest() -> None:
    with pytest.raises(RequestError, match="`sqss` is no service; did you mean `sqs`"):
        _of(document({}), "sqss")
    with pytest.raises(RequestError, match="give the prefix of its actions"):
        _of(document({}), "§")


def test_policies_that_cannot_be_read_are_refused() -> None:
    with pytest.raises(PolicyError, match="policy-in-source"):
        _of("nonsense")


def test_the_public_face_asks_the_same() -> None:
    found = pe.what_can(pe.load_accounts(EXAMPLE), "Flow", services=["appflow"], now=NOW)

    assert found == what_can(example(), example().caller("Flow"), _ASK)
    assert len(found.granted[0].actions) == 4
    on = pe.what_can(example(), "Admin", _QUEUE, now=NOW)
    assert {each.service for each in on.granted} == {"sqs"}


# Patterns

_NAMES = st.from_regex(r"(Get|Put|List)([A-Z][a-z]?){0,3}", fullmatch=True)


@given(st.sets(_NAMES, min_size=1), st.sets(_NAMES))
def test_patterns_match_the_actions_and_no_other(chosen: set[str], others: set[str]) -> None:
    listed = sorted(chosen | others)

    patterns = shortened(chosen, listed)

    matched = {each for each in listed if any(fnmatchcase(each, one) for one in patterns)}
    assert matched == chosen
    assert len(patterns) <= len(chosen)


def test_a_name_that_a_pattern_matches_is_not_named_again() -> None:
    chosen = ["PutRole", "PutRolePolicy", "PutRoleTags"]

    assert shortened(chosen, [*chosen, "PutUser"]) == ["PutRole*"]


# Many actions at once


def _one_by_one(
    within: Accounts, caller: Entity, question: Question, services: tuple[str, ...]
) -> dict[str, str]:
    """Return the condition under which each action is allowed, each decided by itself."""
    conditions = {}
    for service in services:
        for name in service_actions(service):
            action = f"{service}:{name}"
            asked = question._replace(action=action)
            policies, request = prepare(within, caller, asked)
            try:
                decision = decide_call(policies, [request.alone()])
            except RequestError:
                continue
            if can(decision) is not False:
                conditions[action] = "" if can(decision) else str(decision.allow_if)
    return conditions


@pytest.mark.parametrize(
    ("unknown_layers", "unknown", "statements"),
    [
        ((), (), ()),
        ((Layer.SCP,), (), ()),
        ((), (), ({"Effect": "Deny", "Action": "sqs:*", "Resource": _QUEUE},)),
        ((), ("aws:SourceIp",), (
            {"Action": "sqs:*", "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}},
            {"Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        )),
    ],
)  # fmt: skip
def test_actions_asked_together_have_the_answers_that_each_has_alone(
    unknown_layers: tuple[Layer, ...],
    unknown: tuple[str, ...],
    statements: tuple[dict[str, object], ...],
) -> None:
    """One policy of the role is not in the source: it may allow and deny anything."""
    own = inline(document({"Action": ["sts:*", "secretsmanager:*"]}, *statements))
    missing = attached("arn:aws:iam::aws:policy/Missing")
    held = found(roles=(role("A", RolePolicyList=own, AttachedManagedPolicies=missing),))
    within = Accounts(held, unknown_layers=unknown_layers)
    caller = within.caller("A")
    context = {"secretsmanager:Name": "appflow!x"}
    question = _ASK._replace(unknown=unknown, context=context)
    services = ("secretsmanager", "sqs", "sts")

    together = what_can(within, caller, question, services)

    told = {
        f"{each.service}:{action}": each.condition
        for each in together.granted
        for action in each.actions
    }
    assert told == _one_by_one(within, caller, question, services)
    assert len({*told.values()}) > 1
