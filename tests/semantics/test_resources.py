"""Which resource a call is authorised against."""

from __future__ import annotations

import pytest

from policy_eval.request.request import Request
from policy_eval.semantics.request_context import RequestContext
from policy_eval.semantics.resources import account_of, has_opaque_suffix, listing_arn

_ROLE = "arn:aws:iam::111122223333:role/Dev"


def _names(request: Request) -> tuple[str, ...] | None:
    return RequestContext(request).resources.names


def test_a_given_resource_is_the_resource() -> None:
    assert _names(Request("s3:GetObject", "arn:aws:s3:::b/x")) == ("arn:aws:s3:::b/x",)


def test_an_action_without_resource_types_has_none() -> None:
    assert _names(Request("secretsmanager:ListSecrets")) == ("*",)


@pytest.mark.parametrize("action", ["s3:GetObject", "nosuch:Do", "s3:Nosuch"])
def test_a_resource_that_is_not_said_is_unknown(action: str) -> None:
    assert _names(Request(action)) is None


@pytest.mark.parametrize(
    ("action", "arn"),
    [
        ("s3:ListAllMyBuckets", "arn:aws:s3:::*"),
        ("IAM:listusers", "arn:aws:iam::111122223333:user/"),
        ("iam:ListRoles", "arn:aws:iam::111122223333:role/"),
    ],
)
def test_some_listings_are_also_authorised_as_an_arn(action: str, arn: str) -> None:
    assert _names(Request(action, "*", principal=_ROLE)) == ("*", arn)


def test_a_listing_of_an_unknown_account_is_unknown() -> None:
    assert _names(Request("iam:ListUsers")) is None
    assert _names(Request("s3:ListAllMyBuckets")) == ("*", "arn:aws:s3:::*")


def test_a_listing_takes_the_account_from_the_context() -> None:
    request = Request("iam:ListUsers", context={"aws:PrincipalAccount": "111122223333"})

    assert _names(request) == ("*", "arn:aws:iam::111122223333:user/")


def test_no_other_action_is_a_listing() -> None:
    assert listing_arn("iam:getuser", "aws", None) is None


def test_an_action_without_resource_types_has_none_whatever_is_given() -> None:
    request = Request(
        "secretsmanager:ListSecrets", "arn:aws:secretsmanager:us-east-1:111122223333:secret:x"
    )
    resources = RequestContext(request).resources

    assert resources.names == ("*",)
    assert "AWS authorises it against `*`" in resources.notes[0]


def test_a_star_is_no_resource_of_an_action_with_resource_types() -> None:
    assert _names(Request("s3:GetObject", "*")) is None
    assert _names(Request("s3:GetObject", "*", action_only=True)) == ("*",)
    assert _names(Request("nosuch:Do", "*")) == ("*",)


def test_a_new_secret_is_named_by_the_request() -> None:
    request = Request(
        "secretsmanager:CreateSecret",
        principal=_ROLE,
        context={"secretsmanager:Name": "app", "aws:RequestedRegion": "us-east-1"},
    )
    context = RequestContext(request)

    assert context.resources.names is not None
    assert context.resources.names[0].startswith(
        "arn:aws:secretsmanager:us-east-1:111122223333:secret:app-"
    )
    assert has_opaque_suffix(context.resources)
    assert "secret:app-??????" in context.resources.notes[0]


@pytest.mark.parametrize("missing", ["secretsmanager:Name", "aws:RequestedRegion"])
def test_a_new_secret_of_which_something_is_missing_is_unknown(missing: str) -> None:
    given = {"secretsmanager:Name": "app", "aws:RequestedRegion": "us-east-1"}
    del given[missing]

    assert _names(Request("secretsmanager:CreateSecret", principal=_ROLE, context=given)) is None


def test_a_new_secret_of_nobody_is_unknown() -> None:
    given = {"secretsmanager:Name": "app", "aws:RequestedRegion": "us-east-1"}

    assert _names(Request("secretsmanager:CreateSecret", context=given)) is None


_BARE = "arn:aws:secretsmanager:us-east-1:111122223333:secret:app"


@pytest.mark.parametrize(
    ("given", "name", "suffixed"),
    [
        (_BARE, "app", True),
        (_BARE, None, True),
        (_BARE, "other", False),
        (f"{_BARE}-AbCdEf", "app", False),
        (f"{_BARE}-AbCdEf", None, False),
        (f"{_BARE}-AbCdEf", "app-AbCdEf", True),
        (f"{_BARE}-Ab.dEf", None, True),
    ],
)
def test_a_new_secret_given_by_its_bare_name_gets_a_suffix(
    given: str, name: str | None, suffixed: bool
) -> None:
    request = Request("secretsmanager:CreateSecret", given, context={"secretsmanager:Name": name})

    assert has_opaque_suffix(RequestContext(request).resources) is suffixed


def test_a_name_that_is_not_the_resources_is_told() -> None:
    request = Request(
        "secretsmanager:CreateSecret", f"{_BARE}-AbCdEf", context={"secretsmanager:Name": "other"}
    )

    (note,) = RequestContext(request).resources.notes

    assert note == "secretsmanager:Name is `other`, and the resource names `app`"


@pytest.mark.parametrize(
    ("resource", "account"),
    [
        ("arn:aws:sqs:us-east-1:111122223333:q", "111122223333"),
        ("arn:aws:s3:::b", None),
        ("arn:aws:iam::aws:policy/ReadOnlyAccess", None),
        ("*", None),
    ],
)
def test_the_account_stands_in_the_arn_or_nowhere(resource: str, account: str | None) -> None:
    assert account_of(resource) == account
