"""`aws iam get-account-authorization-details`: one account, or several, in one page or more.

AWS: "GetAccountAuthorizationDetails" (IAM API Reference), "get-account-authorization-details" (AWS
CLI Command Reference). Documents are objects, as the AWS CLI prints them, or percent-encoded texts,
as the API gives them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from policy_eval.errors import SourceError
from policy_eval.policy.arn import parse_arn
from policy_eval.sources.model import Document, Entity, EntityKind, Found, LeftOut, Where, nothing
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
        _check_page(page, pages)
        for entity in _each(page, LISTS[0], _user, on_error):
            _add(found, entity, on_error)
        for entity in _each(page, LISTS[1], _group, on_error):
            _add(found, entity, on_error)
        for entity in _each(page, LISTS[2], _role, on_error):
            _add(found, entity, on_error)
        for arn, document in _each(page, LISTS[3], _managed, on_error):
            found.managed[arn] = document
        left_out += _not_taken(page)
    return found._replace(left_out=tuple(left_out))


def _check_page(page: Value, pages: list[Value]) -> None:
    """Refuse a page that says that there are more, where it is the last one given."""
    truncated = page.get("IsTruncated")
    if truncated is not None and truncated.value is True and page is pages[-1]:
        raise refuse(
            "missing-page", "IsTruncated is true: there are further pages", truncated.where,
            "give all of them: the AWS CLI joins them unless --no-paginate or --max-items is given",
        )  # fmt: skip


def _add(found: Found, entity: Entity, on_error: Callable[[SourceError], None] | None) -> None:
    known = found.entities.get(entity.arn)
    if known is None or known._replace(where=entity.where) == entity:
        found.entities[entity.arn] = known or entity
        return
    error = refuse(
        "listed-twice", f"{entity.arn} is listed a second time, with other contents", entity.where,
        f"the first is {known.where}",
    )  # fmt: skip
    if on_error is None:
        raise error
    on_error(error)


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
            if on_error is None:
                raise
            on_error(error)


def tags_of(value: Value) -> tuple[tuple[str, str], ...]:
    """Return the tags of an identity, a list of `Key` and `Value`."""
    return tuple(
        (item.need("Key").text(), item.need("Value").text()) for item in value.listed("Tags")
    )


def _arn(value: Value) -> str:
    arn = value.need("Arn")
    if parse_arn(arn.text()) is None:
        raise refuse("not-an-arn", f"`{arn.text()}` is no ARN", arn.where)
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
    """Return a policy document that stands in a source. Raises SourceError for no document."""
    if not isinstance(value.value, (dict, str)):
        raise refuse("wrong-type", "no policy document stands here", value.where)
    return Document(name, value.value, value.where)


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
    arn = _arn(value)
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
    arn = _arn(value)
    return Entity(
        arn,
        EntityKind.GROUP,
        value.where,
        _text_of(value, "GroupId"),
        inline=_inline(value, "GroupPolicyList", _resource_part(arn)),
        managed=_attached(value),
    )


def _role(value: Value) -> Entity:
    arn = _arn(value)
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


def _managed(value: Value) -> tuple[str, Document]:
    arn = _arn(value)
    wanted = value.need("DefaultVersionId").text()
    for version in value.listed("PolicyVersionList"):
        if version.need("VersionId").text() == wanted:
            return arn, document(_resource_part(arn), version.need("Document"))
    raise refuse(
        "missing-version", f"version {wanted}, the default one of {arn}, is not there",
        value.where.at("PolicyVersionList"),
    )  # fmt: skip


def _not_taken(page: Value) -> list[LeftOut]:
    """Return what a page holds that is no policy, and decides nothing."""
    versions = sum(
        len(policy.listed("PolicyVersionList")) - 1
        for policy in page.listed("Policies")
        if policy.get("PolicyVersionList") is not None
    )
    if not versions:
        return []
    why = "only the default version of a managed policy has a say"
    return [LeftOut(f"{versions} other versions of policies", why, page.where.at("Policies"))]
