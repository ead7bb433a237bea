"""What a caller can do: every action that is allowed, by service and by what it hangs on.

Each action of the service reference that an Allow of the caller's policies selects is asked about,
on whatever resource, with what is known of the request; actions that hang on the same stand
together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from policy_eval.engine.matching import compile_set
from policy_eval.engine.residual.residual import residual_of
from policy_eval.errors import InputError
from policy_eval.policy.ast import Effect
from policy_eval.queries.asking import Question, prepare
from policy_eval.semantics.lower import action_set
from policy_eval.semantics.service_reference import service_actions, services

if TYPE_CHECKING:
    from policy_eval.engine.matching import Predicate
    from policy_eval.engine.policies import PolicySet
    from policy_eval.sources.accounts import Accounts
    from policy_eval.sources.model import Entity


class Granted(NamedTuple):
    """Actions of a service that are allowed under one condition (empty: in every case).

    `patterns` names them as shortly as it can be done: `Get*` where every action of that beginning
    is among them, `*` for all of the service.
    """

    service: str
    condition: str
    actions: tuple[str, ...]
    patterns: tuple[str, ...]

    def to_dict(self) -> dict[str, object]:
        """Return it as plain data."""
        return {
            "service": self.service,
            "allow_if": self.condition or None,
            "actions": list(self.actions),
            "patterns": list(self.patterns),
        }


class WhatCan(NamedTuple):
    """What a caller can do. `refused` are actions that cannot be evaluated, with the reason."""

    caller: str
    granted: tuple[Granted, ...]
    refused: tuple[tuple[str, str], ...]

    def to_dict(self) -> dict[str, object]:
        """Return it as plain data, in stable field names."""
        return {
            "caller": self.caller,
            "allowed": [each.to_dict() for each in self.granted],
            "refused": [{"action": action, "error": error} for action, error in self.refused],
        }


def what_can(
    accounts: Accounts, entity: Entity, question: Question, only: Iterable[str] = ()
) -> WhatCan:
    """Return what a caller can do.

    `question` gives the resource and the context, its action is not looked at; `only` names
    services.
    """
    policies, _ = prepare(accounts, entity, question._replace(action="iam:GetUser", resource=None))
    wanted = [each.lower() for each in only]
    granted: list[Granted] = []
    refused: list[tuple[str, str]] = []
    for service in wanted or services():
        by_condition: dict[str, list[str]] = {}
        for action in _selected(policies, service):
            try:
                condition = _condition(accounts, entity, question, f"{service}:{action}")
            except InputError as error:
                refused.append((f"{service}:{action}", str(error)))
                continue
            if condition is not None:
                by_condition.setdefault(condition, []).append(action)
        listed = [*service_actions(service)]
        granted += [
            Granted(service, condition, tuple(actions), tuple(shortened(actions, listed)))
            for condition, actions in by_condition.items()
        ]
    return WhatCan(entity.arn, tuple(granted), tuple(refused))


def _condition(accounts: Accounts, entity: Entity, question: Question, action: str) -> str | None:
    """Return the condition under which an action is allowed, empty for always; None for never."""
    policies, request = prepare(accounts, entity, question._replace(action=action))
    residual = residual_of(policies, [request.alone()])
    if residual.allow_if.never:
        return None
    return "" if residual.allow_if.always else str(residual.allow_if)


def _selected(policies: PolicySet, service: str) -> Iterator[str]:
    """Yield the actions of a service that an Allow of some policy selects."""
    predicates: list[Predicate] = [
        compile_set(action_set(statement.action))
        for policy in policies.policies
        for statement in policy.statements
        if statement.effect is Effect.ALLOW
    ]
    for action in service_actions(service):
        folded = f"{service}:{action}".lower()
        if any(predicate(folded) for predicate in predicates):
            yield action


def shortened(actions: Iterable[str], listed: Iterable[str]) -> list[str]:
    """Return patterns that match these actions of a service, and no other of `listed`.

    >>> shortened(["GetA", "GetB", "PutC"], ["GetA", "GetB", "PutC", "PutD"])
    ['Get*', 'PutC']
    """
    chosen = set(actions)
    others = [each for each in listed if each not in chosen]
    if not others:
        return ["*"]
    patterns: dict[str, None] = {}
    for action in sorted(chosen):
        patterns[_pattern(action, chosen, others)] = None
    return [*patterns]


def _pattern(action: str, chosen: set[str], others: list[str]) -> str:
    """Return the shortest beginning, at the end of a word, that only chosen actions have."""
    ends = [
        at for at in range(1, len(action)) if action[at].isupper() and not action[at - 1].isupper()
    ]
    for end in ends:
        start = action[:end]
        if any(each.startswith(start) for each in others):
            continue
        if sum(each.startswith(start) for each in chosen) > 1:
            return f"{start}*"
    return action
