"""Which type of policy a document looks like, where nobody says it."""

from __future__ import annotations

from collections.abc import Iterable

from policy_eval.policy.arn import parse_arn
from policy_eval.policy.document import Document
from policy_eval.policy.policy_type import PolicyType
from policy_eval.text.node import Json

_NAMES_SOMEBODY = frozenset({"Principal", "NotPrincipal"})
_NAMES_A_RESOURCE = frozenset({"Resource", "NotResource"})
_LIKELIEST = (
    PolicyType.IDENTITY,
    PolicyType.TRUST,
    PolicyType.RESOURCE,
    PolicyType.SCP,
    PolicyType.RCP,
)
"""Where several types are possible, the first of these."""


def guessed_type(document: Document) -> PolicyType:
    """Return the type: what it must be by where it stood, else what its elements suggest."""
    likely = next((each for each in _LIKELIEST if each in document.types), None)
    if likely is not None:
        return likely
    names: set[str] = set()
    for statement in document.statements:
        names |= statement.value.keys() if isinstance(statement.value, dict) else set()
    if not names & _NAMES_SOMEBODY:
        return PolicyType.IDENTITY
    actions = [*_actions(document)]
    assumes = actions and all(action.lower().startswith("sts:") for action in actions)
    return PolicyType.TRUST if assumes and not names & _NAMES_A_RESOURCE else PolicyType.RESOURCE


def _actions(document: Document) -> Iterable[str]:
    for statement in document.statements:
        members = statement.value if isinstance(statement.value, dict) else {}
        held: Json = members.get("Action", [])
        for action in held if isinstance(held, list) else [held]:
            yield str(action)


RESOURCE_TYPES = (PolicyType.RESOURCE, PolicyType.TRUST, PolicyType.KMS_KEY)
"""The types that a resource's own policy can have."""


def type_of_resource_policy(document: Document, arn: str = "") -> PolicyType:
    """Return the type of a resource's own policy: by the resource's ARN, else by its statements."""
    if arn:
        return type_by_arn(arn)
    guessed = guessed_type(document)
    if guessed in RESOURCE_TYPES and guessed is not PolicyType.RESOURCE:
        return guessed
    actions = [*_actions(document)]
    of_keys = actions and all(action.lower().startswith("kms:") for action in actions)
    return PolicyType.KMS_KEY if of_keys else PolicyType.RESOURCE


def type_by_arn(arn: str) -> PolicyType:
    """Return the type of the policy that a resource has by its ARN."""
    parsed = parse_arn(arn)
    service, resource = (parsed.service, parsed.resource) if parsed else ("", "")
    if service == "kms":
        return PolicyType.KMS_KEY
    is_role = service == "iam" and resource.startswith("role/")
    return PolicyType.TRUST if is_role else PolicyType.RESOURCE
