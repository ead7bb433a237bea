"""Principals by actions: who can do what, as a table.

A row is a user or role. Where numpy and pyarrow are there (the extra `columnar`), the cells of many
callers are decided at once; else one by one. Rows are given as they are found, so that a matrix
larger than memory can be written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from importlib.util import find_spec
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from policy_eval.engine.decide import decide_call
from policy_eval.errors import InputError, refuse_request
from policy_eval.queries.asking import Question, prepare
from policy_eval.semantics.authorization import Word
from policy_eval.semantics.service_reference import service_action, service_actions, services
from policy_eval.text.folding import fold

if TYPE_CHECKING:
    from policy_eval.columnar.engine import Columnar
    from policy_eval.engine.policies import PolicySet
    from policy_eval.request.request import Request
    from policy_eval.sources.accounts import Accounts
    from policy_eval.sources.model import Entity

_CELLS_AT_ONCE = 500_000
_FEW_CELLS = 5_000
_OF_CALLERS = frozenset({"aws:userid", "aws:currenttime"})
REFUSED = "refused"
"""The word of a cell whose call no such caller can make, or whose policies AWS would not store."""
BY_SERVICE = "refusedByService"
"""The word of a cell whose call the service refuses, whatever the policies allow (R-AF-02)."""


class Cell(NamedTuple):
    """One decision: its word, or what stands for it; the statements that decided, by label."""

    word: str
    matched: tuple[str, ...] = ()


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
    from policy_eval.engine.matching import compile_set
    from policy_eval.policy.ast import Element
    from policy_eval.semantics.lower import action_set

    predicate = compile_set(action_set(Element("Action", (f"{service}:{name}",), negated=False)))
    for each in services():
        for action in service_actions(each):
            if predicate(f"{each}:{action}".lower()):
                yield f"{each}:{action}"


def matrix(
    accounts: Accounts,
    actions: Sequence[str],
    question: Question,
    callers: Sequence[Entity] | None = None,
) -> Iterator[Row]:
    """Yield what each caller can do of some actions; `question` gives resource and context."""
    chosen = accounts.callers if callers is None else callers
    at_once = len(chosen) * len(actions) > _FEW_CELLS and find_spec("pyarrow") is not None
    if not at_once or not _differ_by_columns(accounts, actions, question):
        for entity in chosen:
            yield Row(entity.arn, tuple(_cells(accounts, entity, actions, question)))
        return
    yield from _many(accounts, chosen, actions, question)


def _differ_by_columns(accounts: Accounts, actions: Sequence[str], question: Question) -> bool:
    """Return whether a table can say all that tells the cells apart.

    It has no columns for a caller's organization, nor for tags that some actions alone take; one
    column for a key, where a question may contradict what is known of a caller; and the policies
    of its rows must not differ by action, as a role's trust policy has it.
    """
    if accounts.found.organization is not None or question.request_tags:
        return False
    if any(_may_contradict(fold(each)) for each in (*question.context, *question.unknown)):
        return False
    try:
        own = {id(accounts.resource_policy(each, question.resource)) for each in actions}
    except InputError:
        return False
    return len(own) == 1


def _may_contradict(key: str) -> bool:
    return "tag/" in key or key in _OF_CALLERS


def _cells(
    accounts: Accounts, entity: Entity, actions: Sequence[str], question: Question
) -> Iterator[Cell]:
    for action in actions:
        try:
            policies, request = prepare(accounts, entity, question._replace(action=action))
            yield _cell(policies, request)
        except InputError:
            yield Cell(REFUSED)


def _cell(policies: PolicySet, request: Request) -> Cell:
    decision = decide_call(policies, [request])
    word = _word(decision.decision, is_refused=decision.refused_by_service)
    return Cell(word, decision.matched)


_DENIED = frozenset({Word.EXPLICIT_DENY.value, Word.IMPLICIT_DENY.value})


def _word(decision: str | None, *, is_refused: bool) -> str:
    """Return the word of a cell; what the policies deny, nobody asks the service about."""
    if decision is None:
        return REFUSED
    return BY_SERVICE if is_refused and decision not in _DENIED else decision


def _many(
    accounts: Accounts, callers: Sequence[Entity], actions: Sequence[str], question: Question
) -> Iterator[Row]:
    """Yield the rows of many callers, of which some at a time are a table of one engine."""
    from policy_eval.columnar.engine import Columnar

    prepared: dict[str, tuple[PolicySet, Request]] = {}
    for entity in callers:
        with suppress(InputError):
            prepared[entity.arn] = prepare(accounts, entity, question)
    sets = {name: policies for name, (policies, _) in prepared.items()}
    engine = Columnar(sets, unknown=question.unknown) if sets else None
    rest = iter(callers)
    while some := [*islice(rest, max(1, _CELLS_AT_ONCE // len(actions)))]:
        names = [each.arn for each in some if each.arn in prepared]
        found = {}
        if engine is not None and names:
            requests = [prepared[name][1] for name in names]
            found = dict(zip(names, _decided(engine, requests, names, actions), strict=True))
        for entity in some:
            cells = found.get(entity.arn) or (Cell(REFUSED),) * len(actions)
            yield Row(entity.arn, cells)


def _decided(
    engine: Columnar, requests: Sequence[Request], names: Sequence[str], actions: Sequence[str]
) -> Iterator[tuple[Cell, ...]]:
    """Yield the cells of each caller, decided at once."""
    import numpy as np
    import pyarrow as pa

    count = len(actions)
    of_caller = np.repeat(np.arange(len(names), dtype=np.int32), count)
    of_action = np.tile(np.arange(count, dtype=np.int32), len(names))
    columns: dict[str, object] = {
        "policies": pa.DictionaryArray.from_arrays(of_caller, pa.array(names)),
        "principal": pa.DictionaryArray.from_arrays(of_caller, pa.array(names)),
        "action": pa.DictionaryArray.from_arrays(of_action, pa.array(actions)),
    }
    columns |= _of_callers(requests, of_caller)
    table = engine.decide(pa.table(columns)).table
    words = table.column("decision").to_pylist()
    matched = table.column("matched").to_pylist()
    refused = table.column("refused_by_service").to_pylist()
    made: dict[tuple[str, tuple[str, ...]], Cell] = {}
    for start in range(0, len(words), count):
        cells = []
        of_row = slice(start, start + count)
        for word, labels, is_refused in zip(
            words[of_row], matched[of_row], refused[of_row], strict=True
        ):
            key = (_word(word, is_refused=bool(is_refused)), tuple(labels or ()))
            cell = made.get(key)
            if cell is None:
                cell = made[key] = Cell(*key)
            cells.append(cell)
        yield tuple(cells)


def _of_callers(requests: Sequence[Request], of_caller: object) -> dict[str, object]:
    """Return the columns of what requests say beside the action: one value for each caller."""
    import pyarrow as pa

    found: dict[str, list[object]] = {}

    def say(name: str, number: int, value: object) -> None:
        found.setdefault(name, [None] * len(requests))[number] = value

    for number, request in enumerate(requests):
        if request.resource is not None:
            say("resource", number, request.resource)
        if request.resource_account is not None:
            say("resource_account", number, request.resource_account)
        for name, values in _keys(request):
            say(name, number, values)
    return {
        name: pa.DictionaryArray.from_arrays(of_caller, pa.array(values))
        if not any(isinstance(value, list) for value in values)
        else pa.array(values).take(pa.array(of_caller))
        for name, values in found.items()
    }


def _keys(request: Request) -> Iterator[tuple[str, object]]:
    """Yield the condition keys that a request says, with those of its caller's tags and ID."""
    principal = request.principal
    if principal is not None:
        for key, value in principal.tags:
            yield f"aws:PrincipalTag/{key}", value
        if principal.user_id and not principal.role_arn:
            yield "aws:userid", principal.user_id
    for key, value in request.resource_tags:
        yield f"aws:ResourceTag/{key}", value
    if request.now is not None:
        yield "aws:CurrentTime", str(request.now)
    for spellings in request.context.values():
        for name, values in spellings.items():
            if values is not None:
                yield name, values[0] if len(values) == 1 else [*values]
