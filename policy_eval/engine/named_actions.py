"""The actions that policies name, and patterns of actions: what each stands for.

Rules: R-ACT-01 … R-ACT-06.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from policy_eval.engine.matching import contains
from policy_eval.policy.action import parse_action
from policy_eval.policy.ast import Element
from policy_eval.request.request import Request
from policy_eval.semantics.lower import action_set
from policy_eval.semantics.service_reference import service_actions, services
from policy_eval.semantics.sets import ValueSet
from policy_eval.text.folding import fold

if TYPE_CHECKING:
    from policy_eval.engine.policies import PolicySet


class Actions(NamedTuple):
    """An action, or a pattern of actions: its text, what it accepts, and its service if it is one.

    `name` is the action's, empty for a pattern; `negated`: it stands for every action but some.
    """

    text: str
    accepts: ValueSet
    service: str
    name: str = ""
    negated: bool = False

    def listed_in(self, service: str) -> tuple[str, ...]:
        """Return the listed actions of a service that it accepts; of an action its own name."""
        if self.name:
            return (self.name,)
        return tuple(
            name
            for name in service_actions(service)
            if contains(self.accepts, f"{service}:{name.lower()}")
        )


def actions_in(text: str) -> Actions:
    """Return the action or pattern that a text is."""
    accepts = action_set(Element("Action", (text,), negated=False))
    action = parse_action(text)
    if action is not None:
        return Actions(text, accepts, action.service.lower(), action.name)
    service = text.partition(":")[0].lower()
    return Actions(text, accepts, "" if has_wildcard(service) else service)


def has_wildcard(text: str) -> bool:
    """Return whether a text has a wildcard of actions (R-ACT-02)."""
    return "*" in text or "?" in text


def named_by(policies: PolicySet) -> list[Actions]:
    """Return the actions and patterns that statements name, each once, as first written."""
    found: dict[str, Actions] = {}
    for policy in policies.policies:
        for statement in policy.statements:
            element = statement.action
            if element.negated:
                text = f"every action but {', '.join(element.values)}"
                found.setdefault(fold(text), Actions(text, action_set(element), "", negated=True))
                continue
            for text in element.values:
                if fold(text) not in found:
                    found[fold(text)] = actions_in(text)
    return [*found.values()]


def expanded(text: str) -> list[Actions]:
    """Return an action, or those that a pattern stands for; itself where none is listed.

    Raises RequestError for what is neither.
    """
    if not has_wildcard(text) or (":" not in text and text != "*"):
        return [actions_in(Request(text).action)]
    pattern = actions_in(text)
    where = (pattern.service,) if pattern.service else services()
    names = [f"{service}:{name}" for service in where for name in pattern.listed_in(service)]
    return [*map(actions_in, names)] or [pattern]


def actions_of(text: str) -> tuple[str, ...]:
    """Return an action, or the listed ones that a pattern stands for. Raises RequestError."""
    return tuple(actions.text for actions in expanded(text))


def stem_of(text: str) -> str:
    """Return what stands before the first wildcard."""
    return text.partition("*")[0].partition("?")[0]
