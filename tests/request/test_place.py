"""Where a resource is, and that nothing hangs on more of its text than is told there."""

from __future__ import annotations

from contextlib import suppress
from itertools import product
from typing import ClassVar

import pytest

import policy_eval as pe
from policy_eval.errors import RequestError
from policy_eval.request import place as place_module
from policy_eval.request.place import MARKS, PLACES, Place, place_of
from policy_eval.request.principal import parse_principal
from policy_eval.request.request import Request
from policy_eval.semantics.service_exceptions import (
    NOT_UNDER_RCPS,
    OWNER_CANNOT_LOCK_ITSELF_OUT,
    SERVICE_EXCEPTIONS,
)

_ACCOUNT = "111122223333"
_KEY = f"arn:aws:kms:us-east-1:{_ACCOUNT}:key/k"


def test_resources_of_one_place_share_it() -> None:
    assert place_of(_KEY) is place_of(f"{_KEY}2")
    assert place_of("arn:aws:s3:::a/b") is place_of("arn:aws:s3:::c")


@pytest.mark.parametrize(
    "other",
    [
        None,
        "*",
        f"arn:aws-cn:kms:us-east-1:{_ACCOUNT}:key/k",
        f"arn:aws:s3:us-east-1:{_ACCOUNT}:key/k",
        "arn:aws:kms:us-east-1:444455556666:key/k",
        "arn:aws:kms:us-east-1::key/k",
        f"arn:aws:kms::{_ACCOUNT}:key/k",
        *(f"arn:aws:kms:us-east-1:{_ACCOUNT}{mark}k" for mark in MARKS),
    ],
)
def test_what_differs_in_more_than_its_name_is_elsewhere(other: str | None) -> None:
    assert place_of(other) is not place_of(_KEY)
    assert place_of(other).in_any_region is not place_of(_KEY).in_any_region


def test_places_that_differ_in_their_region_are_one_in_any() -> None:
    there = place_of(f"arn:aws:kms:eu-west-1:{_ACCOUNT}:key/k")

    assert there is not place_of(_KEY)
    assert there.in_any_region is place_of(_KEY).in_any_region
    assert place_of("*").in_any_region is place_of("*")


def test_places_are_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    alike: dict[object, Place] = {}
    monkeypatch.setattr(place_module, "PLACES", {None: place_of(None), "*": place_of("*")})
    monkeypatch.setattr(place_module, "_ALIKE", alike)
    monkeypatch.setattr(place_module, "_MOST_REMEMBERED", 4)

    for number in range(20):
        place_of(f"arn:aws:s{number}:::b")
        assert len(place_module.PLACES) <= 4
        assert len(alike) <= 5  # a place, and that in any Region

    assert place_module.PLACES[None] is PLACES[None]
    assert place_module.PLACES["*"] is PLACES["*"]


def test_the_texts_in_the_table_of_exceptions_are_marks() -> None:
    assert {row.resource for row in SERVICE_EXCEPTIONS if row.resource} <= {*MARKS}


class _Overheard(str):
    """A resource's text that notes which texts are looked for in it."""

    sought: ClassVar[set[str]] = set()
    __slots__ = ()

    def __contains__(self, text: str) -> bool:  # type: ignore[override]  # only texts are sought
        self.sought.add(text)
        return super().__contains__(text)

    def _refuse(self, *_: object) -> object:
        message = "something hangs on the text of a resource"
        raise AssertionError(message)

    startswith = endswith = partition = rpartition = find = index = _refuse  # type: ignore[assignment]
    removeprefix = removesuffix = rsplit = __getitem__ = _refuse  # type: ignore[assignment]


_ELSEWHERE: dict[str, object] = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "nothing:Do", "Resource": "*"},
}
_POLICIES = pe.PolicySet(
    [_ELSEWHERE],
    scps=[[_ELSEWHERE]],
    rcps=[[{"Version": "2012-10-17", "Statement": {
        "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket", "Resource": "*"}}]],
)  # fmt: skip
_ROLE = f"arn:aws:iam::{_ACCOUNT}:role/Dev"
_CALLERS = (
    None,
    _ROLE,
    f"arn:aws:iam::{_ACCOUNT}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX",
    parse_principal(_ROLE)._replace(management_account=_ACCOUNT),
    _ACCOUNT,
    "appflow.amazonaws.com",
    "anonymous",
    "accounts.google.com",
)
_ACTIONS = sorted(
    {action for row in SERVICE_EXCEPTIONS for action in row.actions if "*" not in action}
    | OWNER_CANNOT_LOCK_ITSELF_OUT
    | NOT_UNDER_RCPS
    | {"kms:decrypt", "s3:getobject", "iam:getuser", "secretsmanager:getsecretvalue"}
)


def test_nothing_but_marks_is_sought_in_a_resource() -> None:
    _Overheard.sought.clear()
    for action, (number, caller) in product(_ACTIONS, enumerate(_CALLERS)):
        for arn in (_KEY, f"arn:aws:iam::{_ACCOUNT}:role/x", "arn:aws:s3:::bucket/key"):
            with suppress(RequestError):
                text = _Overheard(f"{arn}-{action}-{number}")
                pe.decide(_POLICIES, Request(action, text, principal=caller))

    assert _Overheard.sought == {"", *MARKS}
