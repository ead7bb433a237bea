"""Value sets compiled to functions: membership, as fast as plain Python makes it.

No pattern can run away: globs without `?` are `startswith`, `find` and `endswith`; with `?`,
a regular expression of atomic groups, which never backtracks across them; patterns in which
some wildcards stop at colons, a bit-parallel automaton (one step a character). R-EXT-03.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from functools import lru_cache
from typing import TypeAlias, assert_never

from policy_eval.policy.pattern import Glob, Wildcard
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

Predicate: TypeAlias = Callable[[Value], bool]
TextPredicate: TypeAlias = Callable[[str], bool]

_REMEMBERED_SETS = 16384


@lru_cache(maxsize=_REMEMBERED_SETS)
def compile_set(accepts: ValueSet) -> Predicate:
    """Return the function that tells whether a value is in the set."""
    match accepts:
        case Everything():
            return lambda _: True
        case Nothing():
            return lambda _: False
        case OneOf(values):
            return values.__contains__
        case Matching(glob):
            matches = compile_glob(glob)
            return lambda value: isinstance(value, str) and matches(value)
        case ArnMatching(fields):
            return _arn(tuple(compile_glob(field) for field in fields))
        case ResourceMatching(glob):
            automaton = compile_resource(glob)
            return lambda value: isinstance(value, str) and automaton(value)
        case Range():
            return _range(accepts)
        case Network(family, low, high):
            return lambda value: (
                isinstance(value, Address)
                and value.family == family
                and low <= value.number <= high
            )
        case Union(members):
            return _any_of(members)
        case Complement(of):
            inner = compile_set(of)
            return lambda value: not inner(value)
        case _:
            assert_never(accepts)


def _any_of(members: tuple[ValueSet, ...]) -> Predicate:
    """Return the matcher of a union: its texts and its prefixes are looked for all at once."""
    exact: set[Value] = set()
    prefixes: list[str] = []
    others: list[Predicate] = []
    for member in members:
        match member:
            case OneOf(values):
                exact |= values
            case Matching((str(prefix), Wildcard.ANY_RUN)):
                prefixes.append(prefix)
            case _:
                others.append(compile_set(member))
    starts, rest = tuple(prefixes), tuple(others)

    def matches(value: Value) -> bool:
        return (
            value in exact
            or (isinstance(value, str) and value.startswith(starts))
            or any(predicate(value) for predicate in rest)
        )

    return matches


def contains(accepts: ValueSet, value: Value) -> bool:
    """Return whether a value is in a set."""
    return compile_set(accepts)(value)


def _arn(fields: tuple[TextPredicate, ...]) -> Predicate:
    def matches(value: Value) -> bool:
        return (
            isinstance(value, tuple)
            and not isinstance(value, Address)
            and all(field(text) for field, text in zip(fields, value, strict=True))
        )

    return matches


def _range(accepts: Range) -> Predicate:
    low, high, low_included, high_included = accepts

    def matches(value: Value) -> bool:
        if isinstance(value, (str, bytes, tuple, bool)):
            return False
        above = low is None or value > low or (low_included and value == low)
        return above and (high is None or value < high or (high_included and value == high))

    return matches


@lru_cache(maxsize=_REMEMBERED_SETS)
def compile_glob(glob: Glob) -> TextPredicate:
    """Return the function that tells whether a whole text matches a glob."""
    if Wildcard.ANY_ONE in glob:
        return _atomic(glob)
    literals = [piece for piece in glob if isinstance(piece, str)]
    if len(literals) == len(glob):
        return "".join(literals).__eq__
    if not literals:
        return lambda _: True
    first = literals.pop(0) if isinstance(glob[0], str) else ""
    last = literals.pop() if literals and isinstance(glob[-1], str) else ""
    if not literals:
        return _ends(first, last)
    return _segments(first, tuple(literals), last)


def _ends(first: str, last: str) -> TextPredicate:
    if not last:
        return lambda text: text.startswith(first)
    size = len(first) + len(last)
    return lambda text: len(text) >= size and text.startswith(first) and text.endswith(last)


def _segments(first: str, middle: tuple[str, ...], last: str) -> TextPredicate:
    def matches(text: str) -> bool:
        at, end = len(first), len(text) - len(last)
        if at > end or not (text.startswith(first) and text.endswith(last)):
            return False
        for literal in middle:
            at = text.find(literal, at, end)
            if at < 0:
                return False
            at += len(literal)
        return True

    return matches


def _atomic(glob: Glob) -> TextPredicate:
    """Return the matcher of a glob with `?`: leftmost matches of its parts are enough."""
    import re

    parts: list[str] = [""]
    for piece in glob:
        if piece is Wildcard.ANY_RUN:
            parts.append("")
        else:
            parts[-1] += "." if isinstance(piece, Wildcard) else re.escape(piece)
    expression = parts[0]
    if len(parts) > 1:
        middle = "".join(f"(?>.*?{part})" for part in parts[1:-1] if part)
        expression = f"{parts[0]}{middle}.*{parts[-1]}"
    compiled = re.compile(expression, re.DOTALL)
    return lambda text: compiled.fullmatch(text) is not None


@lru_cache(maxsize=_REMEMBERED_SETS)
def compile_resource(glob: tuple[str | Enum, ...]) -> TextPredicate:
    """Return the matcher of a pattern in which some wildcards stop at colons.

    Leftmost matching would be wrong here (`arn:*:us-*:x` must try every place), so all places
    are tried at once: bit j of the state says that the first j single-character atoms are
    matched; a run between atoms lets its state stay.
    """
    literals: dict[str, int] = {}
    ones = ones_in_field = runs = runs_in_field = 0
    bit = 1
    for piece in glob:
        match piece:
            case Wildcard.ANY_RUN:
                runs |= bit
            case Stop.ANY_RUN_IN_FIELD:
                runs_in_field |= bit
            case Wildcard.ANY_ONE:
                ones |= bit
                bit <<= 1
            case Stop.ANY_ONE_IN_FIELD:
                ones_in_field |= bit
                bit <<= 1
            case _:
                for character in str(piece):
                    literals[character] = literals.get(character, 0) | bit
                    bit <<= 1
    prefix = glob[0] if isinstance(glob[0], str) else ""
    steps = {
        character: (bits | ones | (0 if character == ":" else ones_in_field))
        for character, bits in literals.items()
    }
    other, colon = ones | ones_in_field, steps.get(":", ones)
    steps[":"] = colon
    stays_in_field, accepting = runs | runs_in_field, bit

    def matches(text: str) -> bool:
        if not text.startswith(prefix):
            return False
        state = 1
        for character in text:
            stays = runs if character == ":" else stays_in_field
            state = ((state & steps.get(character, other)) << 1) | (state & stays)
            if not state:
                return False
        return bool(state & accepting)

    return matches
