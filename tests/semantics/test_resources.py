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


def test_a_listing_by_nobody_names_no_account() -> None:
    assert listing_arn("iam:listusers", None) == "arn:aws:iam:::user/"
    assert listing_arn("iam:getuser", None) is None


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


@pytest.mark.parametrize("name", ["app", "other"])
def test_a_new_secret_given_by_its_bare_name_gets_a_suffix(name: str) -> None:
    bare = "arn:aws:secretsmanager:us-east-1:111122223333:secret:app"
    request = Request("secretsmanager:CreateSecret", bare, context={"secretsmanager:Name": name})

    assert has_opaque_suffix(RequestContext(request).resources) is (name == "app")


def test_a_new_secret_without_a_name_is_taken_as_given() -> None:
    bare = "arn:aws:secretsmanager:us-east-1:111122223333:secret:app"

    assert _names(Request("secretsmanager:CreateSecret", bare)) == (bare,)


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
