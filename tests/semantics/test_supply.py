"""Whether AWS supplies a key for an action, by our table and by the service reference."""

from __future__ import annotations

import pytest

from policy_eval.semantics.keys import is_claim, key_type
from policy_eval.semantics.service_reference import (
    key_listing,
    resource_types_of,
    service_actions,
)
from policy_eval.semantics.supply import Supplied, Supply, general_supply, supply_for


@pytest.mark.parametrize(
    ("key", "supply"),
    [
        ("aws:currenttime", Supply.ALWAYS),
        ("aws:principaltag/team", Supply.OF_CALLER),
        ("ec2:sourceinstancearn", Supply.OF_CALLER),
        ("aws:calledvia", Supply.SOMETIMES),
        ("saml:sub", Supply.OF_PROVIDER),
        ("accounts.google.com:aud", Supply.OF_PROVIDER),
        ("oidc.eks.us-east-1.amazonaws.com/id/example:sub", Supply.OF_PROVIDER),
        ("aws:arn", Supply.UNLISTED_KEY),
        ("s3:nosuchkey", Supply.UNLISTED_KEY),
        ("nosuchservice:key", Supply.UNLISTED_KEY),
        ("placeholder", Supply.UNLISTED_KEY),
    ],
)
def test_some_keys_hang_on_no_action(key: str, supply: Supply) -> None:
    assert general_supply(key) == Supplied(supply)


@pytest.mark.parametrize(
    "key", ["aws:requesttag/team", "aws:tagkeys", "aws:resourcetag/team", "s3:prefix"]
)
def test_tags_and_service_keys_hang_on_the_action(key: str) -> None:
    assert general_supply(key) is None


@pytest.mark.parametrize(
    ("key", "action", "supply"),
    [
        ("secretsmanager:name", "secretsmanager:CreateSecret", Supply.LISTED),
        ("secretsmanager:resourcetag/team", "secretsmanager:CreateSecret", Supply.LISTED),
        ("secretsmanager:secretid", "secretsmanager:CreateSecret", Supply.NOT_LISTED),
        ("secretsmanager:name", "secretsmanager:GetSecretValue", Supply.NOT_LISTED),
        ("aws:tagkeys", "secretsmanager:GetSecretValue", Supply.NOT_LISTED),
        ("aws:requesttag/team", "secretsmanager:GetSecretValue", Supply.NOT_LISTED),
        ("s3:prefix", "s3:ListBucket", Supply.LISTED),
        ("s3:prefix", "s3:GetObject", Supply.NOT_LISTED),
        ("kms:viaservice", "s3:GetObject", Supply.NOT_LISTED),
        ("s3:prefix", "s3:NoSuchAction", Supply.UNLISTED_ACTION),
        ("s3:prefix", "nosuchservice:Action", Supply.UNLISTED_ACTION),
    ],
)
def test_the_reference_says_it_of_an_action(key: str, action: str, supply: Supply) -> None:
    service, _, name = action.partition(":")

    assert supply_for(key, service, (name,)) == Supplied(supply)


def test_a_key_may_come_with_some_resource_types_only() -> None:
    found = supply_for("ec2:instancetype", "ec2", ("RunInstances",))

    assert found.supply is Supply.WITH_RESOURCE_TYPES
    assert "instance" in found.resource_types
    assert "subnet" not in found.resource_types


@pytest.mark.parametrize(
    ("resource", "supply"),
    [
        ("arn:aws:ec2:us-east-1:111122223333:instance/i-1", Supply.WITH_RESOURCE_TYPES),
        ("arn:aws:ec2:us-east-1:111122223333:instance/*", Supply.WITH_RESOURCE_TYPES),
        ("arn:aws:ec2:us-east-1:111122223333:subnet/subnet-1", Supply.NOT_OF_RESOURCE),
        ("arn:aws:ec2:us-east-1:111122223333:nosuchtype/x", Supply.WITH_RESOURCE_TYPES),
        ("*", Supply.WITH_RESOURCE_TYPES),
    ],
)
def test_a_resource_may_be_of_another_type(resource: str, supply: Supply) -> None:
    found = supply_for("ec2:instancetype", "ec2", ("RunInstances",), resource)

    assert found.supply is supply
    assert "instance" in found.resource_types


def test_a_resource_may_be_of_several_types() -> None:
    assert resource_types_of("s3", "arn:aws:s3:::logs/today") >= {"bucket", "object"}
    assert resource_types_of("secretsmanager", "arn:aws:s3:::logs") == frozenset()


def test_tags_of_a_resource_stand_in_the_tables_of_resource_types() -> None:
    found = supply_for("aws:resourcetag/team", "s3", ("GetObject",))

    assert (found.supply, found.resource_types) == (
        Supply.WITH_RESOURCE_TYPES, ("accesspointobject", "object"),
    )  # fmt: skip


def test_a_key_of_a_resource_type_need_not_be_one_of_the_action() -> None:
    found = supply_for("kms:multiregion", "kms", ("DescribeKey",))
    listing = key_listing("kms", "DescribeKey", "kms:multiregion")

    assert listing is not None
    assert (listing.whole, listing.with_types, listing.of_types) == (False, (), ("key",))
    assert found == Supplied(Supply.OF_RESOURCE_TYPES, ("key",))


def test_of_several_actions_it_is_said_how_many() -> None:
    names = service_actions("s3")

    some = supply_for("s3:prefix", "s3", names)
    none = supply_for("kms:viaservice", "s3", names)
    every = supply_for("s3:prefix", "s3", ("ListBucket", "ListBucketVersions"))
    nothing = supply_for("s3:prefix", "s3", ())

    assert (some.supply, some.of) == (Supply.IN_PART, len(names))
    assert "ListBucket" in some.listed
    assert "GetObject" not in some.listed
    assert none == Supplied(Supply.NOT_LISTED, of=len(names))
    assert every == Supplied(Supply.LISTED, of=2)
    assert nothing == Supplied(Supply.UNLISTED_ACTION)


def test_actions_of_any_service_have_tags_sometimes() -> None:
    assert supply_for("aws:tagkeys", "", ()) == Supplied(Supply.SOMETIMES)


@pytest.mark.parametrize("supply", Supply)
def test_what_is_not_listed_is_not_said_to_be_supplied(supply: Supply) -> None:
    expected = {
        Supply.NOT_LISTED: False, Supply.NOT_OF_RESOURCE: False, Supply.UNLISTED_KEY: False,
        Supply.UNLISTED_ACTION: None,
    }  # fmt: skip

    assert supply.is_supplied is expected.get(supply, True)


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("aws:sourceip", "IPAddress"),
        ("aws:tagkeys", "String"),
        ("secretsmanager:addreplicaregions", "String"),
        ("kms:grantisforawsresource", "Bool"),
        ("token.actions.githubusercontent.com:sub", "String"),
        ("nosuchservice:key", None),
    ],
)
def test_types_are_in_the_words_of_aws(key: str, kind: str | None) -> None:
    assert key_type(key) == kind


def test_claims_are_named_by_a_provider() -> None:
    assert is_claim("graph.facebook.com:id")
    assert not is_claim("s3:prefix")
