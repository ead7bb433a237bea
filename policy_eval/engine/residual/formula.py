"""Conditions over facts: all of, any of, not; kept in the shape in which they are built.

A formula is never multiplied out: a statement stays one conjunction, a layer one alternative of
its statements. `&` and `|` are those that `semantics.authorization` combines layers with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from policy_eval.engine.decision import Entry
    from policy_eval.engine.residual.facts import Fact

Assignment: TypeAlias = Mapping["Fact", bool]


class Formula:
    """A condition. Equal by shape and facts, whatever statements it comes from."""

    __slots__ = ("_hash", "parts")

    parts: tuple[Formula, ...]

    def __and__(self, other: Formula) -> Formula:
        return all_of((self, other))

    def __or__(self, other: Formula) -> Formula:
        return any_of((self, other))

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.parts == self.parts

    def __hash__(self) -> int:
        try:
            return self._hash
        except AttributeError:
            self._hash: int = hash((type(self).__name__, self.parts))
            return self._hash


class Constant(Formula):
    """What holds always, or never."""

    __slots__ = ("holds",)

    def __init__(self, *, holds: bool) -> None:
        self.holds = holds
        self.parts = ()

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return hash(self.holds)


TRUE: Formula = Constant(holds=True)
FALSE: Formula = Constant(holds=False)


class Is(Formula):
    """That a fact holds."""

    __slots__ = ("fact",)

    def __init__(self, fact: Fact) -> None:
        self.fact = fact
        self.parts = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Is) and other.fact == self.fact

    def __hash__(self) -> int:
        return hash(self.fact)


class Not(Formula):
    """That a condition does not hold."""

    __slots__ = ()

    def __init__(self, part: Formula) -> None:
        self.parts = (part,)


class All(Formula):
    """That all parts hold. `origins` are the statements whose conditions these are."""

    __slots__ = ("origins",)

    def __init__(self, parts: Iterable[Formula], origins: tuple[Entry, ...] = ()) -> None:
        self.parts = tuple(parts)
        self.origins = origins


class Any(Formula):
    """That some part holds."""

    __slots__ = ()

    def __init__(self, parts: Iterable[Formula]) -> None:
        self.parts = tuple(parts)


def all_of(parts: Iterable[Formula]) -> Formula:
    """Return that all parts hold, in the simplest shape."""
    found: dict[Formula, None] = {}
    for part in parts:
        if part is FALSE:
            return FALSE
        if isinstance(part, All) and not part.origins:
            found |= dict.fromkeys(part.parts)
        elif part is not TRUE:
            found[part] = None
    if len(found) > 1:
        return All(found)
    return next(iter(found), TRUE)


def any_of(parts: Iterable[Formula]) -> Formula:
    """Return that some part holds, in the simplest shape; equal parts share their statements."""
    found: dict[Formula, Formula] = {}
    for part in parts:
        if part is TRUE:
            return TRUE
        for each in part.parts if isinstance(part, Any) else (part,):
            known = found.get(each)
            if known is None:
                found[each] = each
            elif isinstance(known, All) and isinstance(each, All):
                origins = dict.fromkeys((*known.origins, *each.origins))
                found[each] = All(known.parts, tuple(origins))
    found.pop(FALSE, None)
    if len(found) > 1:
        return Any(found.values())
    return next(iter(found.values()), FALSE)


def negation(part: Formula) -> Formula:
    """Return that a condition does not hold."""
    if isinstance(part, Constant):
        return FALSE if part.holds else TRUE
    return part.parts[0] if isinstance(part, Not) else Not(part)


def statement(parts: Iterable[Formula], entry: Entry) -> Formula:
    """Return the condition of a statement: all its parts, with the statement it comes from."""
    found = all_of(parts)
    if isinstance(found, Constant):
        return found
    return All(found.parts if isinstance(found, All) else (found,), (entry,))


def facts_of(formula: Formula) -> Iterator[Fact]:
    """Yield the facts of a formula, in the order in which they stand; some of them repeatedly."""
    if isinstance(formula, Is):
        yield formula.fact
    for part in formula.parts:
        yield from facts_of(part)


def holds(formula: Formula, known: Assignment) -> bool | None:
    """Return whether a formula holds; None where facts that are not known may change it."""
    match formula:
        case Constant():
            return formula.holds
        case Is():
            return known.get(formula.fact)
        case Not():
            inner = holds(formula.parts[0], known)
            return None if inner is None else not inner
        case All():
            return _first(formula.parts, known, settles=False)
        case _:
            return _first(formula.parts, known, settles=True)


def _first(parts: Iterable[Formula], known: Assignment, *, settles: bool) -> bool | None:
    found: bool | None = not settles
    for part in parts:
        each = holds(part, known)
        if each is settles:
            return settles
        if each is None:
            found = None
    return found


def replaced(formula: Formula, by: Callable[[Fact], Formula]) -> Formula:
    """Return the formula with another one for each fact."""
    match formula:
        case Constant():
            return formula
        case Is():
            return by(formula.fact)
        case Not():
            return negation(replaced(formula.parts[0], by))
        case All():
            parts = [replaced(part, by) for part in formula.parts]
            return with_origins(all_of(parts), formula)
        case _:
            return any_of(replaced(part, by) for part in formula.parts)


def with_origins(formula: Formula, before: Formula) -> Formula:
    """Return a formula that has taken another's place, with the statements it comes from."""
    origins = before.origins if isinstance(before, All) else ()
    if not origins or isinstance(formula, Constant):
        return formula
    parts = formula.parts if isinstance(formula, All) and not formula.origins else (formula,)
    return All(parts, origins)


def plain(formula: Formula) -> Formula:
    """Return the same condition in its simplest shape, without the statements it comes from."""
    match formula:
        case Not():
            return negation(plain(formula.parts[0]))
        case All():
            return all_of(map(plain, formula.parts))
        case Any():
            return any_of(map(plain, formula.parts))
        case _:
            return formula
