"""Requests of `aws iam simulate-custom-policy --cli-input-json`: read as tests, written from them.

AWS: "SimulateCustomPolicy" (IAM API Reference). The simulator answers for each action alone and
takes no session, resource control or endpoint policy; what it cannot take is said.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import NamedTuple

from policy_eval.cases.format import (
    CONTEXT_ENTRY,
    CONTEXT_KEY_TYPES,
    ORGANIZATION_LEVEL,
    SIMULATE,
)
from policy_eval.engine.decision import Attachment
from policy_eval.engine.policies import PolicySet, parse_policy
from policy_eval.errors import InputError
from policy_eval.policy.arn import parse_arn
from policy_eval.policy.ast import Policy
from policy_eval.policy.policy_type import PolicyType, Strictness
from policy_eval.policy.rendering import policy_document
from policy_eval.request.context import Given
from policy_eval.request.principal import PrincipalKind
from policy_eval.request.request import Request
from policy_eval.semantics.keys import Multiplicity, multiplicity
from policy_eval.semantics.layers import NAMES, Layer
from policy_eval.semantics.request_context import RequestContext
from policy_eval.semantics.resources import NO_RESOURCE
from policy_eval.semantics.service_exceptions import resource_policy_type
from policy_eval.text.fields import Field
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
    for name, fewest in (("PolicyInputList", 0), ("ActionNames", 1)):
        if name not in members or len(_list(members, name)) < fewest:
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
    items = members[name].items()
    for item in items:
        if item.is_null:
            raise item.refuse("wrong-type", f"`{name}` holds no null")
    return items


def _context(members: Mapping[str, Field]) -> dict[str, Given]:
    context: dict[str, Given] = {}
    for item in _list(members, "ContextEntries"):
        entry = item.checked(CONTEXT_ENTRY)
        for name in ("ContextKeyName", "ContextKeyValues"):
            if name not in entry or not entry[name].items():
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
            NO_RESOURCE if resource is None else resource.text(),
            principal=members["CallerArn"].text() if "CallerArn" in members else None,
            context=context,
            now=now,
            action_only=True,
            resource_account=owner,
        )
    except InputError as error:
        return error


def _policies(
    members: Mapping[str, Field], of_resource: PolicyType, strictness: Strictness
) -> PolicySet | InputError:
    def read(field: Field, policy_type: PolicyType) -> Callable[[], Policy]:
        """Return what parses a policy; its text is read at once."""
        name = f"{field.place.file}:{field.place.line}"
        return partial(parse_policy, field.text(), name, policy_type, strictness)

    identity = [read(item, PolicyType.IDENTITY) for item in _list(members, "PolicyInputList")]
    boundary = [
        read(item, PolicyType.BOUNDARY)
        for item in _list(members, "PermissionsBoundaryPolicyInputList")
    ]
    if len(boundary) > 1:
        message = f"a permissions boundary is one policy, and {len(boundary)} are given"
        raise members["PermissionsBoundaryPolicyInputList"].refuse("several-values", message)
    levels = [
        [
            read(policy, PolicyType.SCP)
            for policy in _list(level.checked(ORGANIZATION_LEVEL), "ServiceControlPolicyInputList")
        ]
        for level in _list(members, "OrderedOrganizationPolicyInputList")
    ]
    resource = members.get("ResourcePolicy")
    parsed = None if resource is None else read(resource, of_resource)
    try:
        return PolicySet(
            [policy() for policy in identity],
            boundary=boundary[0]() if boundary else None,
            resource=None if parsed is None else parsed(),
            scps=[[policy() for policy in level] for level in levels],
        )
    except InputError as error:
        return error


# Written


class Written(NamedTuple):
    """A request of the simulator, and what it cannot say: how AWS is asked otherwise, in words."""

    request: dict[str, object]
    unlike: tuple[str, ...]


def simulation_of(policies: PolicySet, request: Request) -> Written:
    """Return a request of SimulateCustomPolicy that asks what `request` asks of `policies`.

    Raises RequestError for a request that contradicts itself.
    """
    context = RequestContext(request, attached=policies.attached)
    attachments = [*filter(None, map(_known, policies.attachments))]
    documents = {
        layer: [_document(each) for each in attachments if each.layer is layer] for layer in Layer
    }
    fields: dict[str, object] = {"PolicyInputList": documents[Layer.IDENTITY]}
    if documents[Layer.BOUNDARY]:
        fields["PermissionsBoundaryPolicyInputList"] = documents[Layer.BOUNDARY]
    who = request.principal
    is_exempt = who is not None and (who.is_service_linked or who.in_management_account)
    if policies.attached.scp_levels and not is_exempt:
        fields["OrderedOrganizationPolicyInputList"] = _levels(attachments, policies)
    fields["ActionNames"] = [request.action]
    if request.resource is not None:
        fields["ResourceArns"] = [request.resource]
    has_caller = who is not None and who.kind is PrincipalKind.USER
    guard = context.resource_policy()
    guarding = [
        each for each in attachments if each.layer is Layer.RESOURCE and each.level == guard
    ]
    if guarding and has_caller:
        fields["ResourcePolicy"] = _document(guarding[0])
    if request.resource_account is not None:
        fields["ResourceOwner"] = f"arn:aws:iam::{request.resource_account}:root"
    if who is not None and has_caller:
        fields["CallerArn"] = who.arn
    entries = _entries(context, documents)
    if entries:
        fields["ContextEntries"] = entries
    unlike = {
        **{f"without the {NAMES[layer]}: the simulator takes none": policies.attached.exists(layer)
           for layer in _NOT_TAKEN},
        "without the service control policies: none applies to this caller":
            is_exempt and policies.attached.exists(Layer.SCP),
        f"without the caller {who}: CallerArn takes users only":
            who is not None and not has_caller,
        "without the resource-based policy: the simulator wants a CallerArn with it":
            guard is not None and not has_caller,
        "without the policies of further resources":
            len(documents[Layer.RESOURCE]) > (guard is not None),
        "about the resource `*`: none is said":
            request.resource is None and NO_RESOURCE not in (context.resources.names or ()),
        **{f"as if there were no {NAMES[layer]}: nobody knows": layer in policies.attached.unknown
           for layer in Layer},
        **{f"without what nobody knows of {each.policy.name}": _known(each) != each
           for each in policies.attachments},
        f"as if there were no {', '.join(request.unknown)}: nobody knows": bool(request.unknown),
    }  # fmt: skip
    return Written(fields, tuple(how for how, holds in unlike.items() if holds))


_NOT_TAKEN = (Layer.SESSION, Layer.RCP, Layer.ENDPOINT)


def _document(attachment: Attachment) -> str:
    return json.dumps(policy_document(attachment.policy), ensure_ascii=False)


def _known(attachment: Attachment) -> Attachment | None:
    """Return a policy without the statements that may or may not apply; None if none is left."""
    policy = attachment.policy
    if policy.accepts_invalid:  # AWS is to say what it makes of them
        return attachment
    statements = tuple(each for each in policy.statements if not each.unusable)
    if not statements:
        return None
    return attachment._replace(policy=policy._replace(statements=statements))


def _levels(attachments: list[Attachment], policies: PolicySet) -> list[dict[str, list[str]]]:
    return [
        {
            "ServiceControlPolicyInputList": [
                _document(each)
                for each in attachments
                if each.layer is Layer.SCP and each.level == level
            ]
        }
        for level in range(1, policies.attached.scp_levels + 1)
    ]


def _entries(
    context: RequestContext, documents: Mapping[Layer, list[str]]
) -> list[dict[str, object]]:
    """Return the keys that were given, and those that follow and a policy names."""
    policies = fold("\n".join(text for texts in documents.values() for text in texts))
    entries: list[dict[str, object]] = []
    for folded, spellings in context.entries().items():
        if folded in context.derived and folded not in policies:
            continue
        for name, values in spellings.items():
            if values is None:  # absent: no entry
                continue
            many = len(values) > 1 or multiplicity(folded) is Multiplicity.MULTIPLE
            entries.append(
                {
                    "ContextKeyName": name,
                    "ContextKeyValues": list(values),
                    "ContextKeyType": "stringList" if many else "string",
                }
            )
    return entries


def command_of(written: Written) -> str:
    """Return the AWS CLI command that puts the request, for a POSIX shell, in one line."""
    import shlex

    text = json.dumps(written.request, ensure_ascii=False)
    if not text.isprintable():
        text = json.dumps(written.request).replace("\x7f", "\\u007f")
    return (
        f"aws iam simulate-custom-policy --cli-input-json {shlex.quote(text)} "
        "--query 'EvaluationResults[].EvalDecision' --output text"
    )
