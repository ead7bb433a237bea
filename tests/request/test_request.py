"""A request holds what was asked, and nothing that no request could hold."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from policy_eval.errors import RequestError, Severity
from policy_eval.request.principal import parse_principal
from policy_eval.request.request import Request

if TYPE_CHECKING:
    from policy_eval.request.principal import Principal

USER = "arn:aws:iam::123456789012:user/ann"


def test_a_request_of_an_action_alone_says_nothing_else() -> None:
    request = Request("s3:GetObject")

    assert (request.action, request.resource, request.principal) == ("s3:GetObject", None, None)
    assert (request.context, request.unknown) == ({}, ())
    assert (request.request_tags, request.resource_tags) == ((), ())
    assert request.now is None
    assert request.action_only is False


def test_a_request_keeps_all_that_is_said() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)

    request = Request(
        "s3:GetObject",
        "arn:aws:s3:::bucket/key",
        principal=USER,
        context={"aws:SourceIp": "192.0.2.1"},
        unknown=["aws:TagKeys", "aws:ResourceTag/*"],
        request_tags={"a": "b"},
        resource_tags={"c": "d", "C": "e"},
        now=now,
        action_only=True,
    )

    assert request.resource == "arn:aws:s3:::bucket/key"
    assert request.principal == parse_principal(USER)
    assert request.context == {"aws:sourceip": {"aws:SourceIp": ("192.0.2.1",)}}
    assert request.unknown == ("aws:TagKeys", "aws:ResourceTag/*")
    assert request.request_tags == (("a", "b"),)
    assert request.resource_tags == (("c", "d"), ("C", "e"))
    assert request.now is now
    assert request.action_only is True


@pytest.mark.parametrize("principal", [USER, parse_principal(USER)])
def test_a_caller_is_given_as_text_or_as_read(principal: str | Principal) -> None:
    assert Request("a:b", principal=principal).principal == parse_principal(USER)


@pytest.mark.parametrize("resource", ["*", "arn:aws:s3:::bucket", None])
def test_a_resource_is_an_arn_or_a_star_or_not_said(resource: str | None) -> None:
    assert Request("s3:GetObject", resource).resource == resource


@pytest.mark.parametrize("action", ["", "GetObject", "s3:*", "s3: GetObject"])
def test_what_is_no_action_is_refused(action: str) -> None:
    with pytest.raises(RequestError) as caught:
        Request(action)

    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.code, diagnostic.severity) == ("unknown-action", Severity.ERROR)
    assert diagnostic.message == f"`{action}` is no action"
    assert diagnostic.rules == ("R-ACT-01",)


@pytest.mark.parametrize("resource", ["", "bucket", "arn:aws:s3:::", "**"])
def test_what_is_no_resource_is_refused(resource: str) -> None:
    with pytest.raises(RequestError) as caught:
        Request("s3:GetObject", resource)

    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.code, diagnostic.severity) == ("not-an-arn", Severity.ERROR)
    assert diagnostic.message == f"`{resource}` is no resource"
    assert diagnostic.rules == ("R-RES-05",)


def test_what_is_no_caller_is_refused() -> None:
    with pytest.raises(RequestError) as caught:
        Request("s3:GetObject", principal="ann")

    assert [diagnostic.code for diagnostic in caught.value.diagnostics] == ["unknown-principal"]


def test_a_context_that_cannot_be_is_refused() -> None:
    with pytest.raises(RequestError) as caught:
        Request("s3:GetObject", context={"a:b": "c", "A:B": "d"})

    assert [diagnostic.code for diagnostic in caught.value.diagnostics] == ["duplicate-key-case"]


def test_a_request_never_changes() -> None:
    request = Request("s3:GetObject")

    with pytest.raises(AttributeError):
        request.action = "s3:PutObject"  # type: ignore[misc]  # a type checker refuses it, too

    assert request.action == "s3:GetObject"


def test_a_request_loses_nothing() -> None:
    request = Request("s3:GetObject")

    with pytest.raises(AttributeError):
        del request.action

    assert request.action == "s3:GetObject"


def test_a_request_is_shown_in_short() -> None:
    request = Request("s3:GetObject", "*", principal=USER)

    assert repr(request) == "Request('s3:GetObject', '*', principal=user/ann)"


def test_a_request_for_the_action_alone_is_otherwise_the_same() -> None:
    request = Request("s3:GetObject", "arn:aws:s3:::b/o", principal=USER, request_tags={"a": "b"})

    alone = request.alone()

    assert (alone.action_only, request.action_only) == (True, False)
    for name in ("action", "resource", "principal", "context", "unknown", "request_tags", "now",
                 "resource_tags", "resource_account", "dependencies"):  # fmt: skip
        assert getattr(alone, name) == getattr(request, name)
