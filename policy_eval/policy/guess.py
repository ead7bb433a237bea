"""Which type of policy a document looks like, where nobody says it."""

from __future__ import annotations

from collections.abc import Iterable

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
