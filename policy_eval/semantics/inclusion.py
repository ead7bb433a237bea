"""Whether one set of accepted values lies within another: decided, or not said.

Used to tell statements that mean the same. `True` is certain; `False` only says that it was not
shown.
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from typing import assert_never

from policy_eval.policy.pattern import Wildcard
from policy_eval.semantics.sets import (
    ArnMatching,
    Complement,
    Everything,
    Matching,
    Network,
    Nothing,
    OneOf,
    Range,
    ResourceMatching,
    Stop,
    Union,
    ValueSet,
    union,
)

_Atoms = tuple[str | Enum, ...]
_RUNS = (Wildcard.ANY_RUN, Stop.ANY_RUN_IN_FIELD)
_IN_FIELD = (Stop.ANY_RUN_IN_FIELD, Stop.ANY_ONE_IN_FIELD)


def lies_within(inner: ValueSet, outer: ValueSet) -> bool:
    """Return whether everything in `inner` is surely in `outer`."""
    if inner == outer or isinstance(outer, Everything) or isinstance(inner, Nothing):
        return True
    match inner:
        case Union(members):
            return all(lies_within(member, outer) for member in members)
        case OneOf(values) if len(values) != 1:
            return all(lies_within(OneOf(frozenset((value,))), outer) for value in values)
        case Complement(excluded) if isinstance(outer, Complement):
            return lies_within(outer.of, excluded)
        case _:
            return _one_lies_within(inner, outer)


def _one_lies_within(inner: ValueSet, outer: ValueSet) -> bool:
    match outer:
        case Union(members):
            return any(lies_within(inner, member) for member in members)
        case OneOf(values):
            return isinstance(inner, OneOf) and inner.values <= values
        case Matching(glob) | ResourceMatching(glob):
            atoms = _atoms_of(inner)
            return atoms is not None and _glob_within(atoms, _atoms(glob))
        case ArnMatching(fields):
            return isinstance(inner, ArnMatching) and all(
                _glob_within(_atoms(one), _atoms(other))
                for one, other in zip(inner.fields, fields, strict=True)
            )
        case Range():
            return isinstance(inner, Range) and _range_within(inner, outer)
        case Network(family, low, high):
            return (
                isinstance(inner, Network)
                and inner.family == family
                and low <= inner.low <= inner.high <= high
            )
        case Everything() | Nothing() | Complement():
            return False
        case _:
            assert_never(outer)


_REMEMBERED_SETS = 1024


@lru_cache(maxsize=_REMEMBERED_SETS)
def simplified(accepts: ValueSet) -> ValueSet:
    """Return the same set without members that lie within others."""
    if isinstance(accepts, Complement):
        return Complement(simplified(accepts.of))
    if not isinstance(accepts, Union):
        return accepts
    members: list[ValueSet] = []
    for member in accepts.members:
        parts = (
            [OneOf(frozenset((value,))) for value in member.values]
            if isinstance(member, OneOf)
            else [member]
        )
        members += parts
    kept: list[ValueSet] = []
    for index, member in enumerate(members):
        others = (*kept, *members[index + 1 :])
        if not any(lies_within(member, other) for other in others):
            kept.append(member)
    return union(tuple(sorted(kept, key=repr)))


def _range_within(inner: Range, outer: Range) -> bool:
    above = outer.low is None or (
        inner.low is not None
        and (
            inner.low > outer.low
            or (inner.low == outer.low and (outer.low_included or not inner.low_included))
        )
    )
    below = outer.high is None or (
        inner.high is not None
        and (
            inner.high < outer.high
            or (inner.high == outer.high and (outer.high_included or not inner.high_included))
        )
    )
    return above and below


def _atoms_of(accepts: ValueSet) -> _Atoms | None:
    match accepts:
        case OneOf(values):
            (value,) = values
            return tuple(value) if isinstance(value, str) else None
        case Matching(glob) | ResourceMatching(glob):
            return _atoms(glob)
        case _:
            return None


def _atoms(glob: tuple[str | Enum, ...]) -> _Atoms:
    atoms: list[str | Enum] = []
    for piece in glob:
        atoms.extend(piece if isinstance(piece, str) else (piece,))
    return tuple(atoms)


def _glob_within(inner: _Atoms, outer: _Atoms) -> bool:
    """Return whether each text of one glob is a text of another: every pair of states is tried.

    A state of the outer glob is the set of its places that a text may have reached.
    """
    if inner and outer and inner[0] != outer[0] and isinstance(outer[0], str):
        return False  # as with most pairs
    letters = {atom for atom in (*inner, *outer) if isinstance(atom, str)} | {":"}
    other = next(chr(code) for code in range(0xE000, 0xF000) if chr(code) not in letters)
    alphabet = (*sorted(letters), other)
    begin = (_closed(inner, {0}), _closed(outer, {0}))
    seen, waiting = {begin}, [begin]
    while waiting:
        mine, theirs = waiting.pop()
        if len(inner) in mine and len(outer) not in theirs:
            return False
        for letter in alphabet:
            moved = _moved(inner, mine, letter)
            if not moved:
                continue
            pair = (moved, _moved(outer, theirs, letter))
            if pair not in seen:
                seen.add(pair)
                waiting.append(pair)
            if len(seen) > _MOST_STATES:
                return False
    return True


_MOST_STATES = 20_000


def _closed(atoms: _Atoms, places: set[int]) -> frozenset[int]:
    found = set(places)
    waiting = [*places]
    while waiting:
        place = waiting.pop()
        if place < len(atoms) and atoms[place] in _RUNS and place + 1 not in found:
            found.add(place + 1)
            waiting.append(place + 1)
    return frozenset(found)


def _moved(atoms: _Atoms, places: frozenset[int], letter: str) -> frozenset[int]:
    found: set[int] = set()
    for place in places:
        if place == len(atoms):
            continue
        atom = atoms[place]
        if isinstance(atom, str):
            if atom == letter:
                found.add(place + 1)
        elif not (atom in _IN_FIELD and letter == ":"):
            found.add(place if atom in _RUNS else place + 1)
    return _closed(atoms, found)
