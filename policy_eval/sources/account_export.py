"""`aws iam get-account-authorization-details`: one account, or several, in one page or more.

AWS: "GetAccountAuthorizationDetails" (IAM API Reference), "get-account-authorization-details" (AWS
CLI Command Reference). Documents are objects, as the AWS CLI prints them, or percent-encoded texts,
as the API gives them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TypeVar
from urllib.parse import unquote

from policy_eval.errors import SourceError
from policy_eval.policy.arn import parse_arn
from policy_eval.sources.model import (
    Document,
    Entity,
    EntityKind,
    Found,
    LeftOut,
    Where,
    nothing,
    without_places,
)
from policy_eval.sources.reading import Value, refuse

_T = TypeVar("_T")

LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
"""The lists of an export."""


def is_export(value: object) -> bool:
    """Return whether a JSON value is an export, or a list of its pages."""
    if isinstance(value, list):
        return bool(value) and all(map(is_export, value))
    return isinstance(value, dict) and any(name in value for name in LISTS[:3])


def read_export(
    value: object, file: str, on_error: Callable[[SourceError], None] | None = None
) -> Found:
    """Return what an export holds.

    With `on_error`, what cannot be read is handed to it and left out, and the rest is taken. Raises
    SourceError naming the place inside the file.
    """
    pages = (
        [Value(page, Where(file, f"[{number}]")) for number, page in enumerate(value)]
        if isinstance(value, list)
        else [Value(value, Where(file))]
    )
    found = nothing(file)
    left_out: list[LeftOut] = []
    for page in pages:
        for name, read in zip(LISTS, (_user, _group, _role), strict=False):
            for entity in _each(page, name, read, on_error):
                _add(found.entities, entity.arn, entity, on_error)
        others = 0
        for arn, document, further in _each(page, LISTS[3], _managed, on_error):
            _add(found.managed, arn, document, on_error)
            others += further
        if others:
            left_out.append(_not_taken(others, page.where.at(LISTS[3])))
    _check_last(pages[-1], on_error)
    return found._replace(left_out=tuple(left_out))


def _check_last(page: Value, on_error: Callable[[SourceError], None] | None) -> None:
    """Refuse a last page that says that there are more."""
    for name in ("IsTruncated", "Marker", "NextToken"):
        more = page.get(name)
        if more is not None and more.value:
            error = refuse(
                "missing-page", f"`{name}` says that there are further pages", more.where,
                "give all of them as one list: the AWS CLI joins them unless --no-paginate or "
                "--max-items is given",
            )  # fmt: skip
            _refuse_or_hand_on(error, on_error)
            return


def _refuse_or_hand_on(error: SourceError, on_error: Callable[[SourceError], None] | None) -> None:
    if on_error is None:
        raise error
    on_error(error)


_Taken = TypeVar("_Taken", Entity, Document)


def _add(
    known: dict[str, _Taken],
    arn: str,
    found: _Taken,
    on_error: Callable[[SourceError], None] | None,
) -> None:
    first = known.setdefault(arn, found)
    if without_places(first) == without_places(found):
        return
    error = refuse(
        "listed-twice", f"{arn} is listed a second time, with other contents", found.where,
        f"the first is {first.where}",
    )  # fmt: skip
    _refuse_or_hand_on(error, on_error)


def _each(
    page: Value,
    name: str,
    read: Callable[[Value], _T],
    on_error: Callable[[SourceError], None] | None,
) -> Iterator[_T]:
    for item in page.listed(name):
        try:
            yield read(item)
        except SourceError as error:
            _refuse_or_hand_on(error, on_error)


def tags_of(value: Value) -> tuple[tuple[str, str], ...]:
    """Return the tags of an identity, a list of `Key` and `Value`."""
    return tuple(
        (item.need("Key").text(), item.need("Value").text()) for item in value.listed("Tags")
    )


def _arn(value: Value, kind: str) -> str:
    arn = value.need("Arn")
    parsed = parse_arn(arn.text())
    is_one = parsed is not None and parsed.service == "iam" and parsed.resource.startswith(kind)
    if not is_one:
        raise refuse("not-an-arn", f"`{arn.text()}` is no ARN of a {kind[:-1]}", arn.where)
    return arn.text()


def _attached(value: Value) -> tuple[str, ...]:
    listed = value.listed("AttachedManagedPolicies")
    return tuple(item.need("PolicyArn").text() for item in listed)


def _inline(value: Value, name: str, of: str) -> tuple[Document, ...]:
    return tuple(
        document(f"{of}/{item.need('PolicyName').text()}", item.need("PolicyDocument"))
        for item in value.listed(name)
    )


def document(name: str, value: Value) -> Document:
    """Return a policy document that stands in a source, as the JSON value that it is.

    A text is decoded where it is JSON, percent-encoded or not; else it stays a text, and is refused
    when it is read as a policy. Raises SourceError for what can be no document.
    """
    if not isinstance(value.value, (dict, str)):
        raise refuse("wrong-type", "no policy document stands here", value.where)
    content = value.value
    return Document(name, _decoded(content) if isinstance(content, str) else content, value.where)


def _decoded(text: str) -> object:
    plain = text.lstrip()
    try:
        if plain[:1] == "%":
            plain = unquote(plain, errors="strict")
        found = json.loads(plain, object_pairs_hook=_members)
    except (ValueError, RecursionError):
        return text
    return found if isinstance(found, dict) else text


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return the members of an object. Raises ValueError where one stands twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


def boundary_of(value: Value) -> str | None:
    """Return the ARN of an identity's permissions boundary; None where it has none."""
    boundary = value.get("PermissionsBoundary")
    return None if boundary is None else boundary.need("PermissionsBoundaryArn").text()


def _text_of(value: Value, name: str) -> str | None:
    found = value.get(name)
    return None if found is None else found.text()


def _resource_part(arn: str) -> str:
    return arn.split(":", 5)[-1]


def _user(value: Value) -> Entity:
    arn = _arn(value, "user/")
    account = arn.rpartition(":")[0]
    return Entity(
        arn,
        EntityKind.USER,
        value.where,
        _text_of(value, "UserId"),
        tags_of(value),
        _inline(value, "UserPolicyList", _resource_part(arn)),
        _attached(value),
        tuple(f"{account}:group/{name}" for name in value.texts("GroupList")),
        boundary_of(value),
    )


def _group(value: Value) -> Entity:
    arn = _arn(value, "group/")
    return Entity(
        arn,
        EntityKind.GROUP,
        value.where,
        _text_of(value, "GroupId"),
        inline=_inline(value, "GroupPolicyList", _resource_part(arn)),
        managed=_attached(value),
    )


def _role(value: Value) -> Entity:
    arn = _arn(value, "role/")
    trust = value.get("AssumeRolePolicyDocument")
    return Entity(
        arn,
        EntityKind.ROLE,
        value.where,
        _text_of(value, "RoleId"),
        tags_of(value),
        _inline(value, "RolePolicyList", _resource_part(arn)),
        _attached(value),
        boundary=boundary_of(value),
        trust=None if trust is None else document(f"trust policy of {_resource_part(arn)}", trust),
    )


def _managed(value: Value) -> tuple[str, Document, int]:
    """Return the ARN of a managed policy, its default version, and how many others there are."""
    arn = _arn(value, "policy/")
    wanted = value.need("DefaultVersionId").text()
    versions = value.listed("PolicyVersionList")
    for version in versions:
        if version.need("VersionId").text() == wanted:
            found = document(_resource_part(arn), version.need("Document"))
            return arn, found, len(versions) - 1
    raise refuse(
        "missing-default-version", f"version {wanted}, the default one of {arn}, is not there",
        value.where.at("PolicyVersionList"),
    )  # fmt: skip


def _not_taken(versions: int, where: Where) -> LeftOut:
    """Return that versions of policies decide nothing."""
    what = f"{versions} other version{'s' * (versions != 1)} of policies"
    return LeftOut(what, "only the default version of a managed policy has a say", where)
