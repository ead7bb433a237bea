"""Which condition keys policies read: of which actions, where, and what a request has of them."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

import policy_eval as pe
from policy_eval.engine.context_keys import (
    ActionKeys,
    ContextKeys,
    KeyRead,
    Standing,
    State,
    context_keys,
)
from policy_eval.engine.key_uses import How, Use
from policy_eval.engine.named_actions import actions_of
from policy_eval.errors import RequestError
from policy_eval.policy.ast import Effect
from policy_eval.request.context import Given
from policy_eval.semantics.layers import Layer
from policy_eval.semantics.service_reference import data_version, service_actions
from policy_eval.semantics.supply import Supply
from tests.cli.running import FULL_ACCESS

_DEV = "arn:aws:iam::111122223333:role/Dev"
_OBJECT = "arn:aws:s3:::logs/today"
_TLS = {"Bool": {"aws:SecureTransport": "true"}}


def _text(*statements: Mapping[str, object], version: str = "2012-10-17") -> str:
    whole = [
        {"Effect": "Allow", "Resource": "*", **({} if "NotAction" in each else {"Action": "*"}),
         **each}
        for each in statements
    ]  # fmt: skip
    return json.dumps({"Version": version, "Statement": whole}, indent=1)


def _set(*statements: Mapping[str, object]) -> pe.PolicySet:
    return pe.PolicySet([_text(*statements)])


def _groups(found: ContextKeys) -> dict[tuple[str, ...], tuple[str, ...]]:
    return {group.actions: tuple(key.name for key in group.keys) for group in found.groups}


def _only(found: ContextKeys) -> ActionKeys:
    (group,) = found.groups
    return group


def _key(found: ContextKeys, name: str) -> KeyRead:
    (key,) = (key for group in found.groups for key in group.keys if key.name == name)
    return key


def _standing(name: str, condition: Mapping[str, object], request: pe.Request) -> Standing:
    found = context_keys(_set({"Action": request.action, "Condition": condition}), request)
    standing = _key(found, name).standing
    assert standing is not None
    return standing


# Actions


def test_actions_that_read_the_same_in_the_same_places_stand_together() -> None:
    policies = _set(
        {"Action": ["s3:GetObject", "s3:PutObject"], "Condition": _TLS},
        {"Action": ["s3:PutObject", "s3:ListBucket", "s3:getobject"]},
    )

    found = context_keys(policies)

    assert _groups(found) == {("s3:GetObject", "s3:PutObject"): ("aws:SecureTransport",)}
    assert found.without_keys == ("s3:ListBucket",)


def test_an_action_has_the_keys_of_wider_patterns_too() -> None:
    policies = _set(
        {"Action": "s3:GetObject", "Condition": {"StringEquals": {"s3:VersionId": "1"}}},
        {"Action": ["s3:Get*", "kms:*"], "Condition": _TLS},
        {"Action": ["s3:G?tObject", "s3:*"], "Condition": {"Null": {"aws:SourceVpc": "true"}}},
        {"Action": "*", "Condition": {"Null": {"aws:referer": "true"}}},
    )
    with_any = pe.PolicySet(
        [_text({"Action": "s3:GetObject"})],
        endpoint=_text(
            {"Action": "s*:Get*", "Principal": "*", "Condition": {"Null": {"aws:referer": "true"}}}
        ),
    )

    groups = _groups(context_keys(policies))

    wide, tls, vpc = "aws:referer", "aws:SecureTransport", "aws:SourceVpc"
    assert groups[("s3:GetObject",)] == ("s3:VersionId", tls, vpc, wide)
    assert groups[("s3:Get*",)] == (tls, vpc, wide)
    assert groups[("kms:*",)] == (tls, wide)
    assert groups[("s3:G?tObject", "s3:*")] == (vpc, wide)
    assert groups[("*",)] == (wide,)
    assert _groups(context_keys(with_any)) == {("s3:GetObject", "s*:Get*"): (wide,)}


def test_every_action_but_some_is_an_answer_of_its_own() -> None:
    policies = _set(
        {"Effect": "Deny", "NotAction": ["iam:*", "sts:*"], "Condition": _TLS},
        {"Effect": "Deny", "NotAction": "iam:*", "Condition": {"Null": {"aws:referer": "true"}}},
        {"Action": ["iam:GetUser", "s3:GetObject", "s3:Get*", "sts:Get*", "nosuch:Get*", "*"]},
    )

    found = context_keys(policies)

    tls, referer = "aws:SecureTransport", "aws:referer"
    assert _groups(found) == {
        ("every action but iam:*, sts:*", "s3:GetObject", "s3:Get*"): (tls, referer),
        ("every action but iam:*", "sts:Get*"): (referer,),
    }
    assert found.without_keys == ("iam:GetUser", "nosuch:Get*", "*")


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("s3:GetObject", ("s3:GetObject",)),
        ("s3:Get?bject", ("s3:GetObject",)),
        ("S3:NoSuch*", ("S3:NoSuch*",)),
        ("secretsmanager:*Policy", (
            "secretsmanager:DeleteResourcePolicy", "secretsmanager:GetResourcePolicy",
            "secretsmanager:PutResourcePolicy", "secretsmanager:ValidateResourcePolicy",
        )),
        ("secretsmanage*:CreateSecret", ("secretsmanager:CreateSecret",)),
    ],
)  # fmt: skip
def test_a_pattern_that_is_asked_about_stands_for_listed_actions(
    asked: str, names: tuple[str, ...]
) -> None:
    found = context_keys(_set({"Condition": _TLS}), asked)

    assert sorted(_only(found).actions) == sorted(names)
    assert actions_of(asked) == _only(found).actions


def test_every_action_may_be_asked_about() -> None:
    assert set(actions_of("*")) > {f"s3:{name}" for name in service_actions("s3")}


@pytest.mark.parametrize("asked", ["s3", "s3*", "", "s3:Get Object"])
def test_what_is_no_action_is_refused(asked: str) -> None:
    with pytest.raises(RequestError, match="is no action"):
        context_keys(_set({}), asked)


def test_policies_without_keys_have_none() -> None:
    assert context_keys(_set({"Resource": "arn:aws:s3:::${*}/x"})) == ContextKeys((), ("*",))


# Uses


def test_a_key_is_read_as_condition_key_and_as_variable() -> None:
    text = _text(
        {
            "Sid": "Own",
            "Effect": "Deny",
            "Action": "s3:GetObject",
            "Resource": ["arn:aws:s3:::logs", "arn:aws:s3:::a/${aws:username, 'all'}/*",
                         "arn:aws:s3:::a/${aws:username, 'all'}/${*}"],
            "Condition": {
                "StringNotLike": {"s3:prefix": ["x", "${aws:username}/${AWS:UserName}"]},
                "StringNotEqualsIfExists": {"aws:username": "root"},
            },
        }
    )  # fmt: skip

    found = context_keys(pe.PolicySet([], scps=[[text]]))

    group = _only(found)
    assert [key.name for key in group.keys] == ["aws:username", "s3:prefix"]
    lines = text.splitlines()
    name, deny, scp = "<scp policy 1>", Effect.DENY, Layer.SCP
    seen = [
        (use.how, use.within, use.compared, use.default, use.holds_without)
        for use in group.keys[0].uses
    ]
    assert seen == [
        (How.VARIABLE, "Resource", "", "all", None),
        (How.VARIABLE, "StringNotLike", "s3:prefix", None, None),
        (How.CONDITION_KEY, "StringNotEqualsIfExists", "", None, True),
    ]
    first = group.keys[0].uses[0]
    place = first.place
    assert first == Use(name, scp, deny, "Own", 1, place, How.VARIABLE, "Resource", "", "all", None)
    assert "${aws:username, 'all'}/*" in lines[place.line - 1]
    condition = group.keys[1].uses[0].place
    assert lines[condition.line - 1][condition.column - 1 :].startswith('"s3:prefix"')


def test_variables_are_literal_in_old_policies_and_before_the_fifth_colon() -> None:
    resource = {"Resource": "arn:aws:s3:::${aws:username}/*"}
    old = pe.PolicySet([_text(resource, version="2008-10-17")])
    early = _set({"Resource": "arn:aws:s3:${aws:username}::x"})
    binary = {"Condition": {"Null": {"s3:prefix": "true"}, "Bool": {"aws:referer": "true"}}}

    assert context_keys(old).groups == ()
    assert context_keys(early).groups == ()
    assert _groups(context_keys(_set(binary))) == {("*",): ("s3:prefix", "aws:referer")}


@pytest.mark.parametrize(
    ("operator", "value", "holds"),
    [
        ("StringEquals", "a", False),
        ("StringNotEquals", "a", True),
        ("StringEqualsIfExists", "a", True),
        ("ForAllValues:StringEquals", "a", True),
        ("ForAnyValue:StringEquals", "a", False),
        ("Null", "true", True),
        ("Null", "false", False),
    ],
)
def test_it_is_said_whether_a_condition_holds_without_its_key(
    operator: str, value: str, holds: bool
) -> None:
    found = context_keys(_set({"Condition": {operator: {"aws:referer": value}}}))

    (use,) = _key(found, "aws:referer").uses
    assert use.holds_without is holds


@pytest.mark.parametrize(
    ("key", "kind", "multivalued"),
    [
        ("aws:CalledVia", "String", True),
        ("aws:SourceIp", "IPAddress", False),
        ("secretsmanager:Name", "String", False),
        ("nosuch:Key", None, None),
    ],
)
def test_a_key_has_its_type(key: str, kind: str | None, multivalued: bool | None) -> None:
    read = _key(context_keys(_set({"Condition": {"Null": {key: "true"}}})), key)

    assert (read.type, read.multivalued) == (kind, multivalued)


# Supply


def test_it_is_doubtful_what_a_statement_reads_of_the_actions_it_names() -> None:
    condition = {"Condition": {"Null": {"s3:prefix": "true"}}}
    policies = _set({"Action": ["s3:GetObject", "s3:ListBucket", "s3:Put*", "s3:*"], **condition})
    wide = _set({"Action": "s3:*", **condition}, {"Action": "s3:GetObject"})
    negated = _set({"NotAction": "s3:*", **condition}, {"Action": "kms:Decrypt"})

    found = {group.actions: group.keys[0] for group in context_keys(policies).groups}
    wider = {group.actions: group.keys[0] for group in context_keys(wide).groups}
    others = {group.actions: group.keys[0] for group in context_keys(negated).groups}

    assert {actions: key.is_doubtful for actions, key in found.items()} == {
        ("s3:GetObject",): True, ("s3:ListBucket",): False, ("s3:Put*",): True, ("s3:*",): False,
    }  # fmt: skip
    assert found[("s3:*",)].supplied.supply is Supply.IN_PART
    assert wider[("s3:GetObject",)].supplied.supply is Supply.NOT_LISTED
    assert not wider[("s3:GetObject",)].is_doubtful
    assert others[("every action but s3:*",)].is_doubtful
    assert others[("every action but s3:*",)].supplied.supply is Supply.NOT_LISTED


def test_patterns_of_any_service_have_the_keys_of_the_actions_of_a_service() -> None:
    policies = _set(
        {"Action": "*", "Condition": {"Null": {"s3:prefix": "true", "aws:TagKeys": "true"}}}
    )

    found = context_keys(policies)

    assert _key(found, "s3:prefix").supplied.of == len(service_actions("s3"))
    assert _key(found, "aws:TagKeys").supplied.supply is Supply.SOMETIMES


# Requests


def test_a_request_has_what_was_given_and_what_follows() -> None:
    condition = {"StringEquals": {"aws:CalledVia": "x", "aws:CalledViaFirst": "x"}}
    request = pe.Request(
        "s3:GetObject", _OBJECT, principal=_DEV, context={"AWS:calledvia": ["a.b.com", "c.d.com"]}
    )

    given = _standing("aws:CalledVia", condition, request)
    derived = _standing("aws:CalledViaFirst", condition, request)

    assert given == Standing(State.GIVEN, ("a.b.com", "c.d.com"))
    assert derived == Standing(State.DERIVED, ("a.b.com",), "aws:CalledVia")


@pytest.mark.parametrize(
    ("key", "context", "unknown", "principal", "expected"),
    [
        ("aws:referer", {"aws:Referer": None}, (), _DEV, Standing(State.ABSENT)),
        ("aws:username", {}, (), _DEV, Standing(State.ABSENT, (), "who calls")),
        ("aws:referer", {}, ("aws:Referer",), _DEV, Standing(State.UNKNOWN, is_open=True)),
        ("aws:ResourceTag/a", {}, ("aws:resourcetag/*",), _DEV,
         Standing(State.UNKNOWN, is_open=True)),
        ("aws:referer", {}, (), _DEV, Standing(State.LACKING)),
        ("aws:UserAgent", {}, (), _DEV, Standing(State.LACKING, is_open=True)),
        ("aws:username", {}, (), None, Standing(State.LACKING, is_open=True)),
    ],
)  # fmt: skip
def test_a_request_may_lack_a_key(
    key: str,
    context: Mapping[str, Given],
    unknown: tuple[str, ...],
    principal: str | None,
    expected: Standing,
) -> None:
    request = pe.Request(
        "s3:GetObject", _OBJECT, principal=principal, context=context, unknown=unknown
    )

    assert _standing(key, {"Null": {key: "true"}}, request) == expected


def test_what_is_wanted_is_lacking_and_may_be_supplied() -> None:
    conditions = {"Null": {"aws:referer": "true", "s3:prefix": "true", "aws:username": "true"}}
    policies = _set(
        {"Action": "s3:GetObject", "Condition": conditions},
        {"Action": "s3:GetObject", "Condition": {"Null": {"AWS:Referer": "true"}}},
    )

    described = context_keys(policies, pe.Request("s3:GetObject", _OBJECT, principal=_DEV))

    assert described.wanted == ("aws:referer",)
    assert context_keys(policies, "s3:GetObject").wanted == ()


def test_what_a_decision_takes_as_absent_is_lacking() -> None:
    policies = pe.load(FULL_ACCESS)
    actions = [name for group in context_keys(policies).groups for name in group.actions]

    assert len(actions) == 4
    for action in actions:
        request = pe.Request(action, principal=_DEV)
        keys = [key for group in context_keys(policies, request).groups for key in group.keys]
        taken = {key.name for key in keys if key.standing == Standing(State.LACKING)}
        assert taken == set(pe.explain(policies, request).assumed_absent) != set()


def test_statements_on_other_resources_and_callers_are_counted() -> None:
    policies = pe.PolicySet(
        [
            _text(
                {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Condition": _TLS},
                {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::logs/${aws:username}"},
                {"Action": "s3:PutObject", "Condition": _TLS},
            )
        ],
        resource=_text(
            {
                "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::logs/*",
                "Principal": {"AWS": "arn:aws:iam::111122223333:role/Other"},
                "Condition": _TLS,
            },
            {
                "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::logs/*",
                "Principal": {"AWS": _DEV},
                "Condition": {"Null": {"aws:referer": "true"}},
            },
        ),
    )

    found = context_keys(policies, pe.Request("s3:GetObject", _OBJECT, principal=_DEV))

    assert _groups(found) == {("s3:GetObject",): ("aws:username", "aws:referer")}
    assert _only(found).elsewhere == 2


def test_a_call_may_need_further_actions() -> None:
    policies = _set({"Action": "secretsmanager:*", "Condition": _TLS})
    request = pe.Request("secretsmanager:CreateSecret", principal=_DEV, request_tags={"team": "x"})

    found = context_keys(policies, request)

    asked, needed = found.groups
    assert (asked.actions, asked.because) == (("secretsmanager:CreateSecret",), "")
    assert needed.actions == ("secretsmanager:TagResource",)
    assert needed.because == "the secret is created with tags"


def test_several_may_be_asked_about_at_once() -> None:
    policies = _set({"Condition": _TLS})

    found = context_keys(policies, "s3:GetObject", pe.Request("s3:PutObject", _OBJECT), "kms:Sign")

    assert list(_groups(found)) == [("s3:GetObject", "kms:Sign"), ("s3:PutObject",)]


# Data


def test_data_has_stable_names() -> None:
    policies = _set({"Sid": "A", "Action": "s3:GetObject", "Condition": _TLS}, {"Action": "a:b"})
    request = pe.Request("s3:GetObject", _OBJECT, principal=_DEV)

    plain = pe.context_keys(policies).to_dict()
    described = pe.context_keys(policies, request).to_dict()

    use = {
        "policy": "<policy 1>",
        "layer": "identity",
        "effect": "Allow",
        "number": 1,
        "sid": "A",
        "line": 11,
        "column": 6,
        "as": "condition_key",
        "within": "Bool",
        "compared_with": None,
        "default": None,
        "holds_without": False,
    }
    key = {
        "key": "aws:SecureTransport",
        "type": "Bool",
        "multivalued": False,
        "supplied": True,
        "supply": "always",
        "resource_types": [],
        "listed_for": [],
        "warning": False,
        "request": None,
        "uses": [use],
    }
    group = {
        "actions": ["s3:GetObject"], "because": None, "statements_elsewhere": 0, "keys": [key],
    }  # fmt: skip
    standing = {
        "state": "derived", "values": ["true"], "follows_from": "what is usual", "is_open": False,
    }  # fmt: skip
    version = data_version()
    assert plain == {
        "groups": [group], "without_keys": ["a:b"], "wanted": [], "service_reference": version,
    }  # fmt: skip
    assert described == {
        "groups": [{**group, "keys": [{**key, "request": standing}]}],
        "without_keys": [],
        "wanted": [],
        "service_reference": version,
    }
