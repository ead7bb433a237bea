"""Requests of `aws iam simulate-custom-policy --cli-input-json`: read as tests, written from them.

AWS: "SimulateCustomPolicy" (IAM API Reference). The simulator answers for each action alone and
takes no session, resource control or endpoint policy; what it cannot take is said.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from policy_eval.cases.fields import Field
from policy_eval.cases.format import (
    CONTEXT_ENTRY,
    CONTEXT_KEY_TYPES,
    ORGANIZATION_LEVEL,
    SIMULATE,
)
from policy_eval.engine.decision import Attachment
from policy_eval.engine.policies import PolicySet, parse_policy
from policy_eval.errors import InputError, SuiteError
from policy_eval.policy.arn import parse_arn
from policy_eval.policy.ast import Policy
from policy_eval.policy.policy_type import PolicyType, Strictness
from policy_eval.request.context import Given
from policy_eval.request.principal import PrincipalKind
from policy_eval.request.request import Request
from policy_eval.semantics.keys import Multiplicity, multiplicity
from policy_eval.semantics.layers import Layer
from policy_eval.semantics.service_exceptions import resource_policy_type
from policy_eval.text.folding import fold


class Simulated(NamedTuple):
    """One action on one resource of a request of the simulator."""

    label: str
    policies: PolicySet | InputError
    request: Request | InputError


def read_simulation(
    field: Field, now: str | datetime | None, strictness: Strictness
) -> Iterator[Simulated]:
    """Yield what a request of SimulateCustomPolicy asks: each action on each resource.

    Raises SuiteError for what is no such request.
    """
    members = field.checked(SIMULATE)
    for name in ("PolicyInputList", "ActionNames"):
        if name not in members or not _list(members, name):
            raise field.refuse("missing-field", f"a simulation has `{name}`")
    context = _context(members)
    actions = _list(members, "ActionNames")
    resources: list[Field | None] = [*_list(members, "ResourceArns")]
    resources = resources or [None]
    for name in ("ResourceHandlingOption", "MaxItems", "Marker", "CallerArn"):
        if name in members:
            members[name].text()
    owner = _owner(members)
    sets: dict[PolicyType, PolicySet | InputError] = {}
    for action in actions:
        kind = resource_policy_type(action.text().lower())
        if kind not in sets:
            sets[kind] = _policies(members, kind, strictness)
        for resource in resources:
            names = [each.text() for each in (action, resource) if each is not None]
            label = f" [{', '.join(names)}]" if len(actions) * len(resources) > 1 else ""
            request = _request(members, action, resource, context, (owner, now))
            yield Simulated(label, sets[kind], request)


def _list(members: Mapping[str, Field], name: str) -> list[Field]:
    if name not in members:
        return []
    if not members[name].is_list:
        raise members[name].refuse("wrong-type", f"`{name}` is a list")
    return members[name].items()


def _context(members: Mapping[str, Field]) -> dict[str, Given]:
    context: dict[str, Given] = {}
    for item in _list(members, "ContextEntries"):
        entry = item.checked(CONTEXT_ENTRY)
        for name in ("ContextKeyName", "ContextKeyValues"):
            if name not in entry:
                raise item.refuse("missing-field", f"an entry has `{name}`")
        values = tuple(value.text() for value in _list(entry, "ContextKeyValues"))
        kind = entry["ContextKeyType"].text() if "ContextKeyType" in entry else "string"
        if kind not in CONTEXT_KEY_TYPES:
            expected = f"expected {', '.join(CONTEXT_KEY_TYPES)}"
            message = f"`{kind}` is no ContextKeyType"
            raise entry["ContextKeyType"].refuse("unknown-word", message, expected)
        name = entry["ContextKeyName"].text()
        if fold(name) in map(fold, context):
            raise item.refuse("duplicate-key-case", f"`{name}` stands twice", "give it once")
        single = len(values) == 1 and not kind.endswith("List")
        context[name] = values[0] if single else values
    return context


def _owner(members: Mapping[str, Field]) -> str | None:
    """Return the account in ResourceOwner: an ARN, as AWS has it, or an account ID."""
    if "ResourceOwner" not in members:
        return None
    text = members["ResourceOwner"].text()
    arn = parse_arn(text)
    return text if arn is None else arn.account


def _request(
    members: Mapping[str, Field],
    action: Field,
    resource: Field | None,
    context: Mapping[str, Given],
    further: tuple[str | None, str | datetime | None],
) -> Request | InputError:
    owner, now = further
    try:
        return Request(
            action.text(),
            None if resource is None else resource.text(),
            principal=members["CallerArn"].text() if "CallerArn" in members else None,
            context=context,
            now=now,
            action_only=True,
            resource_account=owner,
        )
    except InputError as error:
        if isinstance(error, SuiteError):
            raise
        return error


def _policies(
    members: Mapping[str, Field], of_resource: PolicyType, strictness: Strictness
) -> PolicySet | InputError:
    def parsed(field: Field, policy_type: PolicyType) -> Policy:
        name = f"{field.place.file}:{field.place.line}"
        return parse_policy(field.text(), name, policy_type, strictness)

    boundary = _list(members, "PermissionsBoundaryPolicyInputList")
    if len(boundary) > 1:
        message = f"a permissions boundary is one policy, and {len(boundary)} are given"
        raise boundary[1].refuse("several-values", message)
    levels = [
        _list(item.checked(ORGANIZATION_LEVEL), "ServiceControlPolicyInputList")
        for item in _list(members, "OrderedOrganizationPolicyInputList")
    ]
    try:
        return PolicySet(
            [parsed(item, PolicyType.IDENTITY) for item in _list(members, "PolicyInputList")],
            boundary=parsed(boundary[0], PolicyType.BOUNDARY) if boundary else None,
            resource=parsed(members["ResourcePolicy"], of_resource)
            if "ResourcePolicy" in members
            else None,
            scps=[[parsed(item, PolicyType.SCP) for item in level] for level in levels],
        )
    except InputError as error:
        if isinstance(error, SuiteError):
            raise
        return error


# Written


class Written(NamedTuple):
    """A request of the simulator, and what it leaves out because the simulator does not take it."""

    request: dict[str, object]
    left_out: tuple[str, ...]


def simulation_of(policies: PolicySet, request: Request) -> Written:
    """Return a request of SimulateCustomPolicy that asks what `request` asks of `policies`."""
    documents = {
        layer: [_document(each) for each in policies.attachments if each.layer is layer]
        for layer in Layer
    }
    fields: dict[str, object] = {"PolicyInputList": documents[Layer.IDENTITY]}
    left_out = [f"{_NAMED[layer]} policies" for layer in _NOT_TAKEN if documents[layer]]
    if documents[Layer.BOUNDARY]:
        fields["PermissionsBoundaryPolicyInputList"] = documents[Layer.BOUNDARY]
    if policies.attached.scp_levels:
        fields["OrderedOrganizationPolicyInputList"] = _levels(policies)
    fields["ActionNames"] = [request.action]
    if request.resource is not None:
        fields["ResourceArns"] = [request.resource]
    if documents[Layer.RESOURCE]:
        fields["ResourcePolicy"] = documents[Layer.RESOURCE][0]
        left_out += ["policies of further resources"] * (len(documents[Layer.RESOURCE]) > 1)
    if request.resource_account is not None:
        fields["ResourceOwner"] = f"arn:aws:iam::{request.resource_account}:root"
    who = request.principal
    if who is not None and who.kind is PrincipalKind.USER:
        fields["CallerArn"] = who.arn
    elif who is not None:
        left_out.append(f"the caller, {who} (CallerArn takes users only)")
    entries, unsaid = _entries(request)
    if entries:
        fields["ContextEntries"] = entries
    return Written(fields, (*left_out, *unsaid))


_NOT_TAKEN = (Layer.SESSION, Layer.RCP, Layer.ENDPOINT)
_NAMED = {Layer.SESSION: "session", Layer.RCP: "resource control", Layer.ENDPOINT: "VPC endpoint"}


def _document(attachment: Attachment) -> str:
    """Return the text of a policy, as it would be stored."""
    from policy_eval.policy.rendering import policy_document

    return json.dumps(policy_document(attachment.policy), ensure_ascii=False)


def _levels(policies: PolicySet) -> list[dict[str, list[str]]]:
    return [
        {
            "ServiceControlPolicyInputList": [
                _document(each)
                for each in policies.attachments
                if each.layer is Layer.SCP and each.level == level
            ]
        }
        for level in range(1, policies.attached.scp_levels + 1)
    ]


def _entries(request: Request) -> tuple[list[dict[str, object]], list[str]]:
    """Return the context as ContextEntries, and what of it cannot be said there."""
    context: dict[str, tuple[str, ...] | None] = {
        name: values for spellings in request.context.values() for name, values in spellings.items()
    }
    for key, value in request.request_tags:
        context[f"aws:RequestTag/{key}"] = (value,)
    if request.request_tags:
        context["aws:TagKeys"] = tuple(key for key, _ in request.request_tags)
    for key, value in request.resource_tags:
        context[f"aws:ResourceTag/{key}"] = (value,)
    entries: list[dict[str, object]] = []
    for name, values in context.items():
        if values is None:  # absent: no entry
            continue
        many = len(values) > 1 or multiplicity(fold(name)) is Multiplicity.MULTIPLE
        kind = "stringList" if many else "string"
        entries.append(
            {
                "ContextKeyName": name,
                "ContextKeyValues": list(values),
                "ContextKeyType": kind,
            }
        )
    unsaid = [f"that {', '.join(request.unknown)} is unknown"] if request.unknown else []
    return entries, unsaid


def command_of(written: Written) -> str:
    """Return the AWS CLI command that puts the request, for a POSIX shell."""
    import shlex

    text = json.dumps(written.request, ensure_ascii=False)
    return (
        f"aws iam simulate-custom-policy --cli-input-json {shlex.quote(text)} "
        "--query 'EvaluationResults[].EvalDecision' --output text"
    )
