"""Outputs of AWS CLI commands, and the policy each holds: one row a command.

AWS: the AWS CLI Command Reference, the output of each command named here.
"""

from __future__ import annotations

from typing import NamedTuple

from policy_eval.policy.document import FORMS, Document, read_document
from policy_eval.policy.embedded import read_string
from policy_eval.policy.policy_type import PolicyType, Strictness
from policy_eval.text.cutout import cut_out
from policy_eval.text.json_values import Member, TopLevel, open_object
from policy_eval.text.node import Json, Number, Span
from policy_eval.text.pointing import refuse
from policy_eval.text.source import Source


class Envelope(NamedTuple):
    """One row: the command, the member its output is known by, where its policy stands."""

    command: str
    known_by: str
    path: tuple[str, ...]
    types: frozenset[PolicyType]


_MANAGED = frozenset({PolicyType.IDENTITY, PolicyType.BOUNDARY, PolicyType.SESSION})
_INLINE = frozenset({PolicyType.IDENTITY})
_TRUST = frozenset({PolicyType.TRUST})
_RESOURCE = frozenset({PolicyType.RESOURCE})
_ANY_RESOURCE = frozenset({PolicyType.RESOURCE, PolicyType.KMS_KEY})

ENVELOPES = (
    Envelope("iam get-policy-version", "PolicyVersion", ("PolicyVersion", "Document"), _MANAGED),
    Envelope("iam get-role-policy", "RoleName", ("PolicyDocument",), _INLINE),
    Envelope("iam get-user-policy", "UserName", ("PolicyDocument",), _INLINE),
    Envelope("iam get-group-policy", "GroupName", ("PolicyDocument",), _INLINE),
    Envelope("iam get-role", "Role", ("Role", "AssumeRolePolicyDocument"), _TRUST),
    Envelope("secretsmanager get-resource-policy", "ResourcePolicy", ("ResourcePolicy",),
             _RESOURCE),
    Envelope("organizations describe-policy", "Policy", ("Policy", "Content"), frozenset()),
    Envelope("s3api get-bucket-policy or kms get-key-policy", "Policy", ("Policy",),
             _ANY_RESOURCE),
    Envelope("sqs get-queue-attributes or sns get-topic-attributes", "Attributes",
             ("Attributes", "Policy"), _RESOURCE),
    Envelope("ecr get-repository-policy", "policyText", ("policyText",), _RESOURCE),
)  # fmt: skip
"""The commands whose output is read. Where two fit, the first whose policy is there."""

_ORGANIZATION_TYPES = {
    "SERVICE_CONTROL_POLICY": PolicyType.SCP,
    "RESOURCE_CONTROL_POLICY": PolicyType.RCP,
}

_TAKE_FROM_TERRAFORM = (
    "Terraform's plan or state is not read as a whole; give the value of one `policy` in it, with "
    "its quotation marks"
)
_WITHOUT_POLICY = {
    "AttachedPolicies": "run `aws iam get-policy` and `aws iam get-policy-version` for each",
    "PolicyNames": "run `aws iam get-role-policy` (or get-user-policy, get-group-policy) for each",
    "Policies": "run `aws iam get-policy-version` for each, or name one policy",
    "Versions": "run `aws iam get-policy-version` for the default version",
    "RoleDetailList": "an account export is not read yet; give the policies alone",
    "UserDetailList": "an account export is not read yet; give the policies alone",
    "Roles": "run `aws iam get-role` for one of them",
    "format_version": _TAKE_FROM_TERRAFORM,
    "planned_values": _TAKE_FROM_TERRAFORM,
    "Resources": "a CloudFormation template is not read yet; give a policy document alone",
    "VpcEndpoints": "give the PolicyDocument of one endpoint alone",
    "PolicyInputList": "give the policies in it alone",
    "Records": "CloudTrail's records are not read; give the policy in one of them alone",
    "EvaluationResults": "this is an answer of the policy simulator, not a policy",
}
"""Other outputs that people have at hand, and what to do with them."""


def read_envelope(source: Source, value: TopLevel, strictness: Strictness) -> Document:
    """Return the policy in a command's output. Raises PolicyError where there is none."""
    names = {member.name for member in value.members}
    for envelope in ENVELOPES:
        if envelope.known_by in names and (found := _reach(source, value, envelope.path)):
            return _open(source, value, envelope, found, strictness)
    raise _no_policy(source, value, names)


def _reach(
    source: Source, value: TopLevel, path: tuple[str, ...]
) -> tuple[str | dict[str, Json], Span] | None:
    """Return the text or object at a path of member names, and where; None where there is none."""
    *outer, last = path
    for step in outer:
        member = _member(value, step)
        if member is None or not isinstance(member.value, dict):
            return None
        value = open_object(source, member.start)
    member = _member(value, last)
    if member is None or isinstance(member.value, Number) or not member.value:
        return None
    found = member.value
    return (found, Span(member.start, member.end)) if isinstance(found, str | dict) else None


def _member(value: TopLevel, name: str) -> Member | None:
    return next((each for each in value.members if each.name == name), None)


def _open(
    source: Source,
    value: TopLevel,
    envelope: Envelope,
    found: tuple[str | dict[str, Json], Span],
    strictness: Strictness,
) -> Document:
    held, span = found
    if envelope.path == ("Policy",) and isinstance(held, dict):
        raise _described_only(source, held, span)
    where = ".".join(envelope.path)
    found_in = f"{where} of `aws {envelope.command}`"
    if isinstance(held, str):
        document = read_string(source, span, f"the text {found_in}", strictness)
    else:
        document = read_document(cut_out(source, *span))._replace(found_in=found_in)
    types = envelope.types or _organization_type(source, value)
    return document._replace(types=types)


def _described_only(source: Source, held: dict[str, Json], span: Span) -> Exception:
    """Return the error for `aws iam get-policy`, which names a policy and does not show it."""
    opening = Span(span.start, span.start + 1)
    if "DefaultVersionId" not in held:
        message = "this object is no policy"
        return refuse(source, opening, "not-a-policy", message, FORMS, rule="R-GRAM-01")
    arn, version = held.get("Arn", "ARN"), held["DefaultVersionId"]
    return refuse(
        source,
        opening,
        "no-policy-here",
        "this output of `aws iam get-policy` does not hold the policy's document",
        f"run `aws iam get-policy-version --policy-arn {arn} --version-id {version}`",
    )


def _organization_type(source: Source, value: TopLevel) -> frozenset[PolicyType]:
    found = _reach(source, value, ("Policy", "PolicySummary", "Type"))
    if found is None:
        return frozenset(_ORGANIZATION_TYPES.values())
    word, span = found
    if word not in _ORGANIZATION_TYPES:
        raise refuse(
            source,
            span,
            "wrong-policy-type",
            f"a policy of type {word} allows and denies nothing",
            expected=" or ".join(_ORGANIZATION_TYPES),
        )
    return frozenset({_ORGANIZATION_TYPES[str(word)]})


def _no_policy(source: Source, value: TopLevel, names: set[str]) -> Exception:
    opening = Span(value.start, value.start + 1)
    known = next((name for name in _WITHOUT_POLICY if name in names), None)
    if known is not None:
        message = f"this object with `{known}` is no policy"
        return refuse(source, opening, "no-policy-here", message, _WITHOUT_POLICY[known])
    from difflib import get_close_matches

    folded = {name.lower(): name for name in names}
    near = get_close_matches("statement", folded, 1)
    if near:
        member = next(each for each in value.members if each.name == folded[near[0]])
        span = Span(member.named_at, source.text.rindex('"', member.named_at, member.start) + 1)
        message = f"this policy has no Statement, but `{member.name}`"
        remedy = "write `Statement`"
        return refuse(source, span, "missing-statement", message, remedy, rule="R-GRAM-01")
    message = "this object holds neither a Statement nor one statement"
    return refuse(source, opening, "missing-statement", message, FORMS, rule="R-GRAM-01")
