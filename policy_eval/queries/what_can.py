"""What a caller can do: every action that is allowed, by service and by what it hangs on.

Each action of the service reference that an Allow of the caller's policies selects is asked about,
on whatever resource, with what is known of the request; actions that hang on the same stand
together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from policy_eval.engine.decide import Seen, decide_call
from policy_eval.engine.matching import compile_set
from policy_eval.engine.program import indices
from policy_eval.engine.residual.settling import settled
from policy_eval.errors import InputError, refuse_request
from policy_eval.policy.ast import Effect, Statement
from policy_eval.queries.asking import Question, Refused, can, check, prepare
from policy_eval.semantics.action_facts import facts_of
from policy_eval.semantics.layers import Layer
from policy_eval.semantics.lower import action_set
from policy_eval.semantics.service_reference import (
    resource_types_of,
    service_action,
    service_actions,
    service_exists,
    services,
)
from policy_eval.text.folding import fold

if TYPE_CHECKING:
    from policy_eval.engine.decision import Decision
    from policy_eval.engine.matching import Predicate
    from policy_eval.engine.policies import PolicySet
    from policy_eval.request.request import Request
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
    allows = _allows(accounts, entity, question.resource)
    granted: list[Granted] = []
    refused: list[Refused] = []
    asking = _Asking(accounts, entity, question)
    for service in [_service(each) for each in only] or services():
        by_condition: dict[str, list[str]] = {}
        for action in _selected(allows, service, question.resource):
            try:
                condition = asking.condition(f"{service}:{action}")
            except InputError as error:
                if not _is_for_others(error):
                    refused.append(Refused(f"{service}:{action}", error))
                continue
            if condition is not None:
                by_condition.setdefault(condition, []).append(action)
        listed = [*service_actions(service)]
        granted += [
            Granted(service, condition, tuple(actions), tuple(shortened(actions, listed)))
            for condition, actions in by_condition.items()
        ]
    return WhatCan(entity.arn, tuple(granted), tuple(refused))


class _Asking:
    """Asks of one action after the other; those that nothing tells apart have one answer.

    They are selected by the same statements, and rules go by the same of them (`ActionFacts`), so
    that they are of one case. What is not plain may look at what differs: then they are one only
    where the same statements match, and what is open of those is plain.
    """

    def __init__(self, accounts: Accounts, entity: Entity, question: Question) -> None:
        self._accounts = accounts
        self._entity = entity
        self._question = question
        self._sets: dict[int, PolicySet] = {}
        self._found: dict[object, str | None] = {}

    def condition(self, action: str) -> str | None:
        """Return the condition under which an action is allowed, empty for always; None for never.

        Raises PolicyError and RequestError.
        """
        policies, request = prepare(
            self._accounts, self._entity, self._question._replace(action=action)
        )
        self._sets[id(policies)] = policies  # kept, so that no other has its number
        folded = fold(action)
        program = policies.program()
        selected = program.for_action(folded).numbers
        key: tuple[object, ...] = (id(policies), selected, facts_of(folded).of_case(narrow=False))
        if not all(_is_plain(program.entries[index].statement) for index in selected):
            return self._by_match(policies, request.alone(), key)
        if key not in self._found:
            self._found[key] = _told(decide_call(policies, [request.alone()]))
        return self._found[key]

    def _by_match(
        self, policies: PolicySet, request: Request, key: tuple[object, ...]
    ) -> str | None:
        seen: list[Seen] = []
        decision = decide_call(policies, [request], seen, missing=False)
        if can(decision) is not None:
            return _told(decision)
        entries = policies.program().entries
        matching = tuple((each.sure, each.possible) for each in seen)
        unsure = {index for sure, possible in matching for index in indices(possible & ~sure)}
        if not all(_is_plain(entries[index].statement) for index in unsure):
            return _told(decide_call(policies, [request]))
        whole = (*key, matching)
        if whole not in self._found:
            self._found[whole] = _told(settled(policies, [request], decision))
        return self._found[whole]


def _told(decision: Decision) -> str | None:
    match can(decision):
        case True:
            return ""
        case False:
            return None
        case _:
            return str(decision.allow_if)


def _is_plain(statement: Statement) -> bool:
    """Return whether a statement, where it applies, applies to every resource, in every context."""
    resource = statement.resource
    return not statement.conditions and resource.values == ("*",) and not resource.negated


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


def _allows(accounts: Accounts, entity: Entity, resource: str | None) -> list[Predicate] | None:
    """Return what the Allows that can grant select; None where nobody knows what they are."""
    found: dict[Predicate, None] = {}
    for action in _OF_EACH_TYPE:
        policies = accounts.policies(entity, action, resource)
        if policies.attached.unknown.intersection(_GRANTING):
            return None
        found |= {
            compile_set(action_set(statement.action)): None
            for layer, _, policy in policies.attachments
            if layer in _GRANTING
            for statement in policy.statements
            if statement.effect is Effect.ALLOW
        }
    return [*found]


def _selected(allows: list[Predicate] | None, service: str, resource: str | None) -> Iterator[str]:
    """Yield the actions of a service that some Allow selects, those on a resource if one is given.

    An action is on a resource where it has a type of resource that the ARN may be of.
    """
    types = None if resource is None else resource_types_of(service, resource)
    for action in service_actions(service):
        folded = f"{service}:{action}".lower()
        if allows is not None and not any(allow(folded) for allow in allows):
            continue
        listed = service_action(service, action)
        if types is None or (listed is not None and types.intersection(listed.resource_types)):
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
