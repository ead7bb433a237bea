"""What a caller can do: every action that is allowed, by service and by what it hangs on.

Each action of the service reference that an Allow of the caller's policies selects is asked about,
on whatever resource, with what is known of the request; actions that hang on the same stand
together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from policy_eval.engine.alike import Actions
from policy_eval.engine.program import indices
from policy_eval.errors import InputError, refuse_request
from policy_eval.policy.ast import Effect
from policy_eval.queries.asking import Question, Refused, can, check
from policy_eval.queries.many_actions import ManyActions
from policy_eval.semantics.layers import Layer
from policy_eval.semantics.service_reference import (
    resource_types_of,
    service_action,
    service_actions,
    service_exists,
    services,
)

if TYPE_CHECKING:
    from policy_eval.engine.decision import Decision
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
    refused: tuple[Refused, ...]

    def to_dict(self) -> dict[str, object]:
        """Return it as plain data, in stable field names."""
        return {
            "caller": self.caller,
            "allowed": [each.to_dict() for each in self.granted],
            "refused": [each.to_dict() for each in self.refused],
        }


def what_can(
    accounts: Accounts, entity: Entity, question: Question, only: Iterable[str] = ()
) -> WhatCan:
    """Return what a caller can do, each action by itself.

    `question` gives the resource and the context, its action is not looked at: with a resource, it
    is the actions on that. `only` names services. Raises PolicyError, and RequestError for what is
    no service.
    """
    check(question._replace(action="iam:GetUser"))
    chosen = [_service(each) for each in only] or services()
    names = [
        f"{service}:{action}"
        for service in chosen
        for action in _actions_on(service, question.resource)
    ]
    selected = _allowed_by_some(accounts, entity, question.resource, Actions(names))
    found = _conditions(accounts, entity, question, [names[at] for at in indices(selected)])
    granted: list[Granted] = []
    refused: list[Refused] = []
    for service in chosen:
        by_condition: dict[str, list[str]] = {}
        for action in _actions_on(service, question.resource):
            condition = found.get(f"{service}:{action}")
            if isinstance(condition, InputError):
                refused.append(Refused(f"{service}:{action}", condition))
            elif condition is not None:
                by_condition.setdefault(condition, []).append(action)
        listed = [*service_actions(service)]
        granted += [
            Granted(service, condition, tuple(actions), tuple(shortened(actions, listed)))
            for condition, actions in by_condition.items()
        ]
    return WhatCan(entity.arn, tuple(granted), tuple(refused))


def _conditions(
    accounts: Accounts, entity: Entity, question: Question, names: Sequence[str]
) -> dict[str, str | InputError]:
    """Return the condition under which each action is allowed (empty: always), or an error.

    Those that are not allowed, and those that no user or role calls, are left out.
    """
    many = ManyActions(accounts, names, question, alone=True, conditions=True)
    found: dict[str, str | InputError] = {}
    for group in many.decided(entity):
        for _, bits, decision in group.parts:
            condition = _condition(decision)
            if condition is not None:
                found |= dict.fromkeys(map(names.__getitem__, indices(bits)), condition)
    return found


def _condition(decision: Decision | InputError) -> str | InputError | None:
    """Return the condition under which a call is allowed, empty for always; None for never."""
    if isinstance(decision, InputError):
        return None if _is_for_others(decision) else decision
    match can(decision):
        case True:
            return ""
        case False:
            return None
        case _:
            return str(decision.allow_if)


def _service(name: str) -> str:
    """Return the prefix of a service. Raises RequestError, with the nearest."""
    from difflib import get_close_matches

    prefix = name.lower()
    if service_exists(prefix):
        return prefix
    near = get_close_matches(prefix, services(), 1)
    remedy = f"did you mean `{near[0]}`" if near else "give the prefix of its actions, such as `s3`"
    raise refuse_request("unknown-word", f"`{name}` is no service", remedy)


def _is_for_others(error: InputError) -> bool:
    """Return whether an action is one that no user or role calls."""
    return any(each.code == "impossible-caller" for each in error.diagnostics)


_GRANTING = (Layer.IDENTITY, Layer.RESOURCE)
_OF_EACH_TYPE = ("iam:GetUser", "sts:AssumeRole")
"""Actions that are guarded by a resource-based policy, and by a role's trust policy."""


def _allowed_by_some(
    accounts: Accounts, entity: Entity, resource: str | None, actions: Actions
) -> int:
    """Return the actions that an Allow which can grant selects, as bits; all where nobody knows.

    Raises PolicyError.
    """
    found = 0
    for action in _OF_EACH_TYPE:
        policies = accounts.policies(entity, action, resource)
        if policies.attached.unknown.intersection(_GRANTING):
            return actions.every
        for layer, _, policy in policies.attachments:
            if layer in _GRANTING:
                for statement in policy.statements:
                    if statement.effect is Effect.ALLOW:
                        found |= actions.selected(statement.action)
    return found


def _actions_on(service: str, resource: str | None) -> Iterator[str]:
    """Yield the actions of a service, those on a resource if one is given.

    An action is on a resource where it has a type of resource that the ARN may be of.
    """
    if resource is None:
        yield from service_actions(service)
        return
    types = resource_types_of(service, resource)
    for action in service_actions(service):
        listed = service_action(service, action)
        if listed is not None and types.intersection(listed.resource_types):
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
    starts = tuple(each[:-1] for each in patterns if each.endswith("*"))
    return [each for each in patterns if each.endswith("*") or not each.startswith(starts)]


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
