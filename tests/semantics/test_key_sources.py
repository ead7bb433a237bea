"""What a key that was derived follows from, in words."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from policy_eval.request.context import Given
from policy_eval.request.principal import Principal, parse_principal
from policy_eval.request.request import Request
from policy_eval.semantics.key_sources import follows_from
from policy_eval.semantics.layers import Attached, Layer
from policy_eval.semantics.request_context import RequestContext

_ROLE = "arn:aws:iam::111122223333:role/Dev"
_USER = "arn:aws:iam::111122223333:user/ann"
_OBJECT = "arn:aws:s3:::logs/today"
_PATH = "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/"


def _source(
    key: str,
    context: Mapping[str, Given] | None = None,
    action: str = "s3:GetObject",
    principal: str | Principal = _ROLE,
    *,
    request_tags: Mapping[str, str] | None = None,
    resource_tags: Mapping[str, str] | None = None,
) -> str:
    request = Request(
        action, _OBJECT, principal=principal, context=context, now="2026-01-01T00:00:00Z",
        request_tags=request_tags, resource_tags=resource_tags, resource_account="111122223333",
    )  # fmt: skip
    found = RequestContext(request)
    found.entries()

    assert key in found.derived
    return follows_from(found, key)


@pytest.mark.parametrize(
    ("key", "source"),
    [
        ("aws:principalaccount", "who calls"),
        ("aws:username", "who calls"),
        ("aws:assumedroot", "who calls"),
        ("aws:currenttime", "the time of the call"),
        ("aws:epochtime", "the time of the call"),
        ("aws:resourceaccount", "whose resource it is"),
        ("aws:securetransport", "what is usual"),
        ("aws:viaawsservice", "nothing being said of a service that forwards the call"),
    ],
)
def test_a_request_without_keys_has_some_that_follow(key: str, source: str) -> None:
    assert _source(key) == source


@pytest.mark.parametrize(
    ("key", "given", "value"),
    [
        ("aws:viaawsservice", "aws:CalledVia", ["appflow.amazonaws.com"]),
        ("aws:calledvialast", "aws:CalledVia", ["appflow.amazonaws.com"]),
        ("aws:sourcevpc", "aws:CalledVia", ["appflow.amazonaws.com"]),
        ("aws:sourcevpce", "aws:ViaAWSService", "true"),
        ("aws:sourceip", "aws:SourceVpce", "vpce-1a2b3c4d"),
        ("aws:multifactorauthpresent", "aws:MultiFactorAuthAge", "10"),
        ("aws:principalorgid", "aws:PrincipalOrgPaths", [_PATH]),
        ("aws:resourceorgpaths", "aws:PrincipalOrgPaths", [_PATH]),
        ("aws:resourceorgid", "aws:PrincipalOrgPaths", [_PATH]),
        ("s3:resourcetag/team", "aws:ResourceTag/team", "x"),
    ],
)
def test_a_given_key_is_named_where_another_follows_from_it(
    key: str, given: str, value: Given
) -> None:
    assert _source(key, {given: value}) == given


def test_tags_are_those_of_request_or_resource() -> None:
    create = "secretsmanager:CreateSecret"
    tags = {"team": "x"}

    assert _source("aws:requesttag/team", action=create, request_tags=tags) == (
        "the tags of the request"
    )
    assert _source("aws:tagkeys", action=create, request_tags=tags) == "the tags of the request"
    assert _source("aws:resourcetag/team", resource_tags=tags) == "the tags of the resource"
    assert _source("s3:existingobjecttag/team", resource_tags=tags) == "the tags of the resource"


def test_the_region_is_that_of_the_resource_or_the_service() -> None:
    assert _source("aws:requestedregion", action="iam:GetUser") == (
        "where the resource or the service is"
    )


def test_the_organization_of_a_resource_may_be_that_of_the_caller() -> None:
    caller = parse_principal(_USER)._replace(organization_paths=(_PATH,))

    assert _source("aws:resourceorgid", principal=caller) == ("whose resource it is, and who calls")


def test_a_vpc_endpoint_takes_the_address_away() -> None:
    request = Request("s3:GetObject", _OBJECT, principal=_ROLE)
    attached = Attached(frozenset({Layer.ENDPOINT}))

    assert follows_from(RequestContext(request, attached=attached), "aws:sourceip") == (
        "the VPC endpoint"
    )
