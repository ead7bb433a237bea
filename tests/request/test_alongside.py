"""Further requests of a call, by the first."""

from __future__ import annotations

import pytest

from policy_eval.errors import RequestError
from policy_eval.request.alongside import alongside
from policy_eval.request.request import Request

_MINE = "arn:aws:s3:::mine"
_FIRST = Request(
    "s3:ListBucket",
    _MINE,
    principal="arn:aws:iam::111122223333:role/Dev",
    context={"aws:SourceIp": "10.0.0.1", "s3:ExistingObjectTag/a": "b", "aws:ResourceOrgID": "o-1"},
    unknown=["aws:SourceVpc"],
    request_tags={"c": "d"},
    resource_tags={"e": "f"},
    now="2026-01-01T00:00:00Z",
    resource_account="111122223333",
)


@pytest.mark.parametrize("resource", [None, _MINE])
def test_on_the_same_resource_all_of_it_is_the_same(resource: str | None) -> None:
    further = alongside(_FIRST, "s3:GetBucketTagging", resource)

    assert further.resource == _MINE
    assert further.context == _FIRST.context
    assert (further.unknown, further.resource_tags) == (_FIRST.unknown, _FIRST.resource_tags)
    assert further.resource_account == "111122223333"
    assert further.action_only


def test_of_another_resource_nobody_said_anything() -> None:
    further = alongside(_FIRST, "s3:GetBucketTagging", "arn:aws:s3:::other")

    assert [*further.context] == ["aws:sourceip"]
    assert further.unknown == ("aws:SourceVpc", "aws:ResourceTag/*", "s3:ResourceTag/*")
    assert (further.resource_tags, further.resource_account) == ((), None)
    assert (further.principal, further.now) == (_FIRST.principal, _FIRST.now)
    assert further.request_tags == _FIRST.request_tags


def test_what_is_known_of_another_resource_is_told() -> None:
    further = alongside(
        _FIRST, "s3:GetBucketTagging", "arn:aws:s3:::other", "444455556666", {"g": "h"}
    )

    assert further.unknown == ("aws:SourceVpc",)
    assert (further.resource_tags, further.resource_account) == ((("g", "h"),), "444455556666")


def test_an_action_that_is_none_is_refused() -> None:
    with pytest.raises(RequestError):
        alongside(_FIRST, "s3", None)
