"""Condition keys: how many values, when carried, whether listed."""

from __future__ import annotations

import pytest

from policy_eval.semantics import service_reference
from policy_eval.semantics.global_keys import GLOBAL_KEYS
from policy_eval.semantics.keys import (
    Multiplicity,
    always_carried,
    follows_from_principal,
    global_key,
    is_listed,
    multiplicity,
)
from policy_eval.semantics.service_reference import (
    data_version,
    service_action,
    service_actions,
    service_exists,
    service_keys,
    services,
)
from policy_eval.text.folding import fold


def test_no_global_key_is_listed_twice() -> None:
    assert len({fold(row.name) for row in GLOBAL_KEYS}) == len(GLOBAL_KEYS)


@pytest.mark.parametrize(
    ("key", "many"),
    [
        ("aws:calledvia", Multiplicity.MULTIPLE),
        ("aws:tagkeys", Multiplicity.MULTIPLE),
        ("aws:principalorgpaths", Multiplicity.MULTIPLE),
        ("aws:username", Multiplicity.SINGLE),
        ("aws:principaltag/team", Multiplicity.SINGLE),
        ("secretsmanager:addreplicaregions", Multiplicity.MULTIPLE),
        ("secretsmanager:name", Multiplicity.LISTED_SINGLE),
        ("secretsmanager:resourcetag/aws:secretsmanager:owningservice", Multiplicity.SINGLE),
        ("codebuild:secondarysources/x.location", Multiplicity.LISTED_SINGLE),
        ("cognito-identity.amazonaws.com:amr", Multiplicity.LISTED_SINGLE),
        ("nosuchservice:key", Multiplicity.BY_COUNT),
        ("nocolon", Multiplicity.BY_COUNT),
    ],
)
def test_the_declared_type_says_how_many_values(key: str, many: Multiplicity) -> None:
    assert multiplicity(key) is many


@pytest.mark.parametrize("key", ["aws:useragent", "aws:currenttime", "aws:viaawsservice"])
def test_some_keys_are_always_carried(key: str) -> None:
    assert always_carried(key)


@pytest.mark.parametrize("key", ["aws:sourceip", "aws:calledvia", "secretsmanager:name"])
def test_others_are_not(key: str) -> None:
    assert not always_carried(key)


@pytest.mark.parametrize("key", ["aws:principalarn", "aws:principaltag/x", "aws:username"])
def test_some_keys_follow_from_the_caller(key: str) -> None:
    assert follows_from_principal(key)


@pytest.mark.parametrize("key", ["aws:resourcetag/x", "s3:prefix"])
def test_others_do_not(key: str) -> None:
    assert not follows_from_principal(key)


def test_a_family_needs_its_slash() -> None:
    assert global_key("aws:resourcetag") is None


@pytest.mark.parametrize(
    ("key", "listed"), [("aws:username", True), ("s3:prefix", True), ("aws:nosuch", False)]
)
def test_unlisted_keys_are_told(key: str, listed: bool) -> None:
    assert is_listed(key) is listed


def test_the_reference_knows_its_services() -> None:
    assert service_exists("secretsmanager")
    assert "appflow" in services()
    assert data_version()


def test_an_action_carries_the_keys_of_its_resource_types() -> None:
    action = service_action("secretsmanager", "createsecret")

    assert action is not None
    assert action.name == "CreateSecret"
    assert action.resource_types == ("Secret",)
    assert not any(key.covers("secretsmanager:resource/type") for key in action.keys)
    assert any(key.covers("aws:requesttag/env") for key in action.keys)


@pytest.mark.parametrize(("service", "name"), [("nosuch", "Do"), ("secretsmanager", "Nosuch")])
def test_an_unknown_action_is_none(service: str, name: str) -> None:
    assert service_action(service, name) is None


def test_a_resource_type_the_reference_forgot_adds_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_reference, "_resource_types", lambda _: frozenset())

    action = service_action.__wrapped__("secretsmanager", "createsecret")

    assert action is not None
    assert action.resource_types == ("Secret",)


def test_an_unknown_service_has_nothing() -> None:
    assert service_actions("nosuch") == ()
    assert service_keys("nosuch") == ()


def test_a_family_with_a_suffix_covers_its_members() -> None:
    (location,) = (
        key
        for key in service_keys("codebuild")
        if key.name.startswith("codebuild:fileSystemLocations/")
        if key.name.endswith("location")
    )

    assert location.covers("codebuild:filesystemlocations/x.location")
    assert not location.covers("codebuild:filesystemlocations/.location")
    assert not location.covers("codebuild:filesystemlocations/x.type")


def test_every_listed_action_can_be_read() -> None:
    read = [
        service_action(service, action)
        for service in services()
        for action in service_actions(service)
    ]

    assert len(read) > 10_000
    assert None not in read


@pytest.mark.parametrize("key", ["saml:aud", "accounts.google.com:aud"])
def test_claims_of_identity_providers_are_listed(key: str) -> None:
    assert is_listed(key)
