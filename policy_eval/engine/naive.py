"""Membership in a value set, the plain way: nothing compiled, nothing skipped.

The reference engine's own look into sets, so that the compiled one has something to agree with.
"""

from __future__ import annotations

from enum import Enum
from typing import assert_never

from policy_eval.policy.pattern import Wildcard
from policy_eval.semantics.sets import (
    Address,
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
    Value,
    ValueSet,
)


def contains(accepts: ValueSet, value: Value) -> bool:
    """Return whether a value is in a set."""
    match accepts:
        case Everything():
            return True
        case Nothing():
            return False
        case OneOf(values):
            return value in values
        case Matching(glob) | ResourceMatching(glob):
            return isinstance(value, str) and _matches(glob, value)
        case ArnMatching(fields):
            return (
                isinstance(value, tuple)
                and len(value) == len(fields)
                and all(map(_matches, fields, map(str, value)))
            )
        case Range():
            return _between(accepts, value)
        case Network(family, low, high):
            return (
                isinstance(value, Address)
                and family == value.family
                and low <= value.number <= high
            )
        case Union(members):
            return any(contains(member, value) for member in members)
        case Complement(of):
            return not contains(of, value)
        case _:
            assert_never(accepts)


def _between(accepts: Range, value: Value) -> bool:
    from decimal import Decimal

    if not isinstance(value, Decimal):
        return False
    if accepts.low is not None and not (
        accepts.low <= value if accepts.low_included else accepts.low < value
    ):
        return False
    return accepts.high is None or (
        value <= accepts.high if accepts.high_included else value < accepts.high
    )


def _matches(glob: tuple[str | Enum, ...], text: str) -> bool:
    """Return whether a whole text matches, by a table of which prefixes match which."""
    atoms: list[str | Enum] = []
    for piece in glob:
        atoms.extend(piece if isinstance(piece, str) else (piece,))
    row = [True] + [False] * len(text)
    for atom in atoms:
        row = _next_row(row, atom, text)
    return row[-1]


def _next_row(row: list[bool], atom: str | Enum, text: str) -> list[bool]:
    following = [False] * len(row)
    following[0] = row[0] and atom in (Wildcard.ANY_RUN, Stop.ANY_RUN_IN_FIELD)
    for at, character in enumerate(text):
        match atom:
            case Wildcard.ANY_RUN:
                following[at + 1] = row[at + 1] or following[at]
            case Stop.ANY_RUN_IN_FIELD:
                following[at + 1] = row[at + 1] or (following[at] and character != ":")
            case Wildcard.ANY_ONE:
                following[at + 1] = row[at]
            case Stop.ANY_ONE_IN_FIELD:
                following[at + 1] = row[at] and character != ":"
            case _:
                following[at + 1] = row[at] and character == atom
    return following
