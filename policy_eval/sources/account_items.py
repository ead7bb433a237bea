"""One user, group, role or policy, as the API of IAM describes it.

AWS: "UserDetail", "GroupDetail", "RoleDetail", "ManagedPolicyDetail" (IAM API Reference). Documents
are objects, as the AWS CLI prints them, or percent-encoded texts, as the API gives them.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from policy_eval.policy.arn import parse_arn
from policy_eval.request.principal import is_account, is_name
from policy_eval.sources.model import Document, Entity, EntityKind
from policy_eval.sources.reading import Value, refuse
from policy_eval.sources.titles import resource_part
from policy_eval.text.json_values import read_value
from policy_eval.text.node import Number


def tags_of(value: Value) -> tuple[tuple[str, str], ...]:
    """Return the tags of an identity, a list of `Key` and `Value`."""
    return tuple(
        (item.need("Key").text(), item.need("Value").text()) for item in value.listed("Tags")
    )


def arn_of(value: Value, kind: str) -> str:
    """Return the ARN of something of IAM, which begins with its kind (`role/`)."""
    arn = value.need("Arn")
    parsed = parse_arn(arn.text())
    is_one = parsed is not None and parsed.service == "iam" and parsed.resource.startswith(kind)
    if not is_one:
        raise refuse("not-an-arn", f"`{arn.text()}` is no ARN of a {kind[:-1]}", arn.where)
    if not is_of_iam(arn.text()):
        raise refuse("not-a-name", f"IAM gives nothing the ARN `{arn.text()}`", arn.where, NAMES)
    return arn.text()


NAMES = (
    "expected an account ID, and a name of letters, digits and +=,.@_-, in a path or without: "
    "`role/team/Dev`"
)
"""How the ARNs of IAM are made."""

_OWNED_BY_AWS = "aws"
_PATH = re.compile(r"[!-~]*")


def is_of_iam(arn: str) -> bool:
    """Return whether IAM may give an ARN to a user, group, role or policy.

    AWS: "IAM and AWS STS quotas" (names), "CreateRole" (IAM API Reference: paths).
    """
    parsed = parse_arn(arn)
    if parsed is None or parsed.region:
        return False
    kind, _, rest = parsed.resource.partition("/")
    path, _, name = rest.rpartition("/")
    is_of_aws = kind == "policy" and parsed.account == _OWNED_BY_AWS
    return (
        (is_of_aws or is_account(parsed.account))
        and is_name(name)
        and _PATH.fullmatch(path) is not None
    )


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
    if not isinstance(value.value, (dict, str)) or isinstance(value.value, Number):
        raise refuse("wrong-type", "no policy document stands here", value.where)
    content = value.value
    return Document(name, _decoded(content) if isinstance(content, str) else content, value.where)


def _decoded(text: str) -> object:
    plain = text.lstrip()
    try:
        if plain[:1] == "%":
            plain = unquote(plain, errors="strict")
        found = read_value(plain)
    except (ValueError, RecursionError):
        return text
    return found if isinstance(found, dict) else text


def boundary_of(value: Value) -> str | None:
    """Return the ARN of an identity's permissions boundary; None where it has none."""
    boundary = value.get("PermissionsBoundary")
    return None if boundary is None else boundary.need("PermissionsBoundaryArn").text()


def _text_of(value: Value, name: str) -> str | None:
    found = value.get(name)
    return None if found is None else found.text()


def _resource_part(arn: str) -> str:
    return resource_part(arn)


def user(value: Value) -> Entity:
    """Return a user of an export. Raises SourceError."""
    arn = arn_of(value, "user/")
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


def group(value: Value) -> Entity:
    """Return a group of an export. Raises SourceError."""
    arn = arn_of(value, "group/")
    return Entity(
        arn,
        EntityKind.GROUP,
        value.where,
        _text_of(value, "GroupId"),
        inline=_inline(value, "GroupPolicyList", _resource_part(arn)),
        managed=_attached(value),
    )


def role(value: Value) -> Entity:
    """Return a role of an export. Raises SourceError."""
    arn = arn_of(value, "role/")
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


def managed(value: Value) -> tuple[str, Document, int]:
    """Return the ARN of a managed policy, its default version, and how many others there are.

    Raises SourceError.
    """
    arn = arn_of(value, "policy/")
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
