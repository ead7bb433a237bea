"""Principals by actions: who can do what, as a table.

A row is a user or role. Of the actions that its policies decide alike one is asked. Rows are given
as they are found, so that a matrix larger than memory can be written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from policy_eval.engine.program import indices, selects
from policy_eval.errors import InputError, refuse_request
from policy_eval.policy.action import parse_action
from policy_eval.policy.ast import Element
from policy_eval.queries.many_actions import ManyActions
from policy_eval.semantics.service_reference import service_action, service_actions, services

if TYPE_CHECKING:
    from policy_eval.engine.alike import Group
    from policy_eval.engine.decision import Deciding, Decision
    from policy_eval.queries.asking import Question
    from policy_eval.sources.accounts import Accounts
    from policy_eval.sources.model import Entity

REFUSED = "refused"
"""The word of a cell whose call no such caller can make, or whose policies AWS would not store."""
BY_SERVICE = "refusedByService"
"""The word of a cell whose call the service refuses, whatever the policies allow (R-AF-02)."""


class Cell(NamedTuple):
    """One decision: its word, or what stands for it; the statements that decided."""

    word: str
    statements: tuple[Deciding, ...] = ()

    @property
    def matched(self) -> tuple[str, ...]:
        """The statements that decided: Sids, or `file#N`."""
        return tuple(each.label for each in self.statements)


class Row(NamedTuple):
    """The cells of a caller, in the order of the actions."""

    caller: str
    cells: tuple[Cell, ...]


def actions_like(patterns: Iterable[str]) -> tuple[str, ...]:
    """Return the actions that patterns name, by the service reference; a full name is itself.

    Raises RequestError for a pattern that names none.
    """
    found: dict[str, None] = {}
    for pattern in patterns:
        service, colon, name = pattern.partition(":")
        if "*" not in pattern and "?" not in pattern:
            if parse_action(pattern) is None:
                raise refuse_request(
                    "unknown-action", f"`{pattern}` is no action",
                    "write `service:Name`, or a pattern such as `s3:Get*`", ("R-ACT-01",),
                )  # fmt: skip
            listed = service_action(service, name)
            found[f"{service.lower()}:{listed.name}" if listed else pattern] = None
            continue
        named = [*_matching(service, name if colon else "*")]
        if not named:
            raise refuse_request(
                "unknown-action", f"`{pattern}` names no action of the service reference",
                "write `service:Name` with `*` and `?` for what may vary", ("R-ACT-02",),
            )  # fmt: skip
        found |= dict.fromkeys(named)
    return tuple(found)


def _matching(service: str, name: str) -> Iterator[str]:
    wanted = Element("Action", (f"{service}:{name}",), negated=False)
    for each in services():
        for action in service_actions(each):
            if selects(wanted, f"{each}:{action}".lower()):
                yield f"{each}:{action}"


def matrix(
    accounts: Accounts,
    actions: Sequence[str],
    question: Question,
    callers: Sequence[Entity] | None = None,
) -> Iterator[Row]:
    """Yield what each caller can do of some actions; `question` gives resource and context."""
    many = ManyActions(accounts, actions, question)
    for entity in accounts.callers if callers is None else callers:
        yield Row(entity.arn, tuple(_cells(many.decided(entity), len(actions))))


def _cells(decided: Iterable[Group], count: int) -> list[Cell]:
    """Return the cells of a caller, in the order of the actions."""
    cells = [_REFUSED] * count
    groups = sorted(decided, key=lambda group: group.size, reverse=True)
    for place, (classes, parts) in enumerate(groups):
        if place == 0:  # most of the actions, as a rule: all at once
            of_class = [_REFUSED] * len(classes.bits)
            for number, _, decision in parts:
                of_class[number] = _cell(decision)
            cells = [*map(of_class.__getitem__, classes.of_action)]
            continue
        for _, bits, decision in parts:
            cell = _cell(decision)
            for at in indices(bits):
                cells[at] = cell
    return cells


def _cell(decision: Decision | InputError) -> Cell:
    if isinstance(decision, InputError):
        return _REFUSED
    # what the policies deny, nobody asks the service about
    is_refused = decision.refused_by_service and decision.allowed is not False
    return Cell(BY_SERVICE if is_refused else decision.decision, decision.statements)


_REFUSED = Cell(REFUSED)
