"""What a key may hold so that its tests go as wanted, or the proof that nothing does.

How tests take several values, missing and null ones is asked of `semantics.outcomes`; here
values are made that cover all that the tests tell apart: texts, numbers, instants, addresses.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal, localcontext
from ipaddress import IPv4Address, IPv6Address
from itertools import pairwise, product
from typing import TypeAlias

from policy_eval.engine.matching import contains
from policy_eval.engine.residual.texts import TEXTS, UNSETTLED, Found, Unsettled, Want, find_text
from policy_eval.request.context import Values
from policy_eval.semantics.keys import Multiplicity
from policy_eval.semantics.lower import Key, Quantifier, Template, Test, Unresolved
from policy_eval.semantics.outcomes import Why, outcome
from policy_eval.semantics.sets import (
    EVERYTHING,
    Address,
    Complement,
    Network,
    OneOf,
    Range,
    Union,
    ValueSet,
)
from policy_eval.semantics.views import View

Held: TypeAlias = Values | Unsettled | None
"""What a key holds: None for absent."""


class Impossible:
    """That a key can hold nothing with which its tests go as wanted."""

    __slots__ = ()


IMPOSSIBLE = Impossible()

Wanted: TypeAlias = tuple[tuple[Test, bool], ...]
"""How the tests of one key are to go. Their sets are known: no variables are left."""

NUMBERS = frozenset({View.NUMBER, View.EPOCH, View.INSTANT})
"""Views that read a number in one way: every number stands for itself, or for that second."""


def hold(
    key: Key, wanted: Wanted, *, may_be_absent: bool = True, must_be_absent: bool = False
) -> Held | Impossible:
    """Return what the key may hold so that its tests go as wanted.

    Prefers that it is absent, then one value, then several.
    """
    if may_be_absent and goes(wanted, None):
        return None
    if must_be_absent:
        return IMPOSSIBLE
    unsettled = any(test.unreadable_fails for test, _ in wanted)
    for values in _present(key, wanted):
        if isinstance(values, Unsettled):
            unsettled = True
        elif goes(wanted, values):
            return values
    return UNSETTLED if unsettled else IMPOSSIBLE


_NO_TEXTS: dict[Key, str | Unresolved] = {}
"""The variables of tests that have none."""


def goes(wanted: Wanted, values: Values | None) -> bool:
    """Return whether tests go as wanted where their key holds some values, or none."""
    for test, holds in wanted:
        found = outcome(test, values, _NO_TEXTS.__getitem__, contains)
        if found.why is Why.UNREADABLE or found.holds is not holds:
            return False
    return True


def _present(key: Key, wanted: Wanted) -> Iterator[Values | Unsettled]:
    """Yield what the key may hold where it is there: one value, an empty one, several."""
    for one in _single(key, wanted):
        if one is not None:
            yield one if isinstance(one, Unsettled) else (one,)
    yield ("",)
    yield ("x",)  # no ARN, which an accepted policy may take (R-COND-19)
    if key.multiplicity is not Multiplicity.SINGLE:
        yield ("", "")
        several = _several(wanted)
        if several is not None:
            yield several


def _single(key: Key, wanted: Wanted) -> Iterator[Found]:
    """Yield a text that is the one value."""
    wants = []
    for test, holds in wanted:
        match test.quantifier:
            case Quantifier.PRESENCE:
                continue
            case Quantifier.ONE if key.multiplicity is Multiplicity.MULTIPLE:
                if holds:
                    return
                wants.append(Want(test.view, EVERYTHING, wanted=True))
            case _:
                wants.append(Want(test.view, _set_of(test), holds))
    yield find(wants, nonempty=True)


def _set_of(test: Test) -> ValueSet:
    assert not isinstance(test.accepts, Template)  # INVARIANT: no variables are left
    return test.accepts


def _several(wanted: Wanted) -> Values | Unsettled | None:
    """Return several values: all as every one must be, and among them those that some must be."""
    split = _each_and_some(wanted)
    if split is None:
        return None
    each, some = split
    found: list[str] = []
    for want in some or [_ANYTHING]:
        text = _element((*each, want))
        if text is None or isinstance(text, Unsettled):
            return text
        found.append(text)
    distinct = tuple(dict.fromkeys(found))
    if len(distinct) > 1:
        return distinct
    another = _element((*each, Want(View.TEXT, OneOf(frozenset(distinct)), wanted=False)))
    return (*distinct, another) if isinstance(another, str) else (*distinct, *distinct)


def holding_all(wanted: Wanted, members: Sequence[Want]) -> Values | Unsettled | Impossible:
    """Return one or several values, all of `members` among them, so that tests go as wanted."""
    split = _each_and_some(wanted)
    if split is None or not _may_be_there(wanted):
        return IMPOSSIBLE
    each, some = split
    values: list[str] = []
    for want in (*members, *some):
        if any(want.holds(value) for value in values):
            continue
        text = _element((*each, want))
        if text is None:
            return IMPOSSIBLE
        if isinstance(text, Unsettled):
            return text
        values.append(text)
    return tuple(values) if goes(wanted, tuple(values)) else UNSETTLED


_ANYTHING = Want(View.TEXT, EVERYTHING, wanted=True)


def _element(wants: Sequence[Want]) -> Found:
    """Return a text that is one of several values: an empty one only where no other will do."""
    text = find(wants, nonempty=True)
    return find(wants) if text is None else text


def _each_and_some(wanted: Wanted) -> tuple[list[Want], list[Want]] | None:
    """Return what each of several values must be, and what some must; None where none will do."""
    each: list[Want] = []
    some: list[Want] = []
    for test, holds in wanted:
        match test.quantifier:
            case Quantifier.PRESENCE:
                continue
            case Quantifier.ONE:
                if holds:
                    return None
                each.append(Want(test.view, EVERYTHING, wanted=True))
            case Quantifier.ANY:
                (some if holds else each).append(Want(test.view, _set_of(test), holds))
            case _:
                (each if holds else some).append(Want(test.view, _set_of(test), holds))
    return each, some


def _may_be_there(wanted: Wanted) -> bool:
    """Return whether tests for presence go as wanted where the key holds something."""
    presence = [each for each in wanted if each[0].quantifier is Quantifier.PRESENCE]
    return goes(tuple(presence), ("x",))


def list_of(
    wanted: Wanted, first: Wanted, last: Wanted, ends: Sequence[str | None]
) -> Values | Unsettled | None:
    """Return several values, or one, whose first and last go as wanted, too; None if none will do.

    `ends` are the first and the last where they are known.
    """
    split = _each_and_some(wanted)
    if split is None or not _may_be_there((*wanted, *first, *last)):
        return None
    each, some = split
    at_ends = [
        [
            *(
                Want(test.view, _set_of(test), holds)
                for test, holds in tests
                if test.quantifier is not Quantifier.PRESENCE
            ),
            *([Want(View.TEXT, OneOf(frozenset({end})), wanted=True)] if end is not None else []),
        ]
        for tests, end in ((first, ends[0]), (last, ends[1]))
    ]
    one = find((*each, *some, *at_ends[0], *at_ends[1]), nonempty=True)
    found: list[Found] = [] if one is None else [one]
    if one is None:
        found = [_element((*each, *at_ends[0]))]
        found += [_element((*each, want)) for want in some]
        found.append(_element((*each, *at_ends[1])))
    values: list[str] = []
    for text in found:
        if text is None or isinstance(text, Unsettled):
            return text
        values.append(text)
    held = tuple(values)
    right = goes(wanted, held) and goes(first, held[:1]) and goes(last, held[-1:])
    return held if right else UNSETTLED


def find(wants: Sequence[Want], *, nonempty: bool = False) -> Found:
    """Return a text that is as all of `wants` say; None where none can be."""
    views = {want.view for want in wants}
    if views <= TEXTS:
        return find_text(wants, nonempty=nonempty)
    for text in _typed(wants):
        if (text or not nonempty) and all(want.holds(text) for want in wants):
            return text
    others = views - TEXTS
    covered = _digits(_cuts(wants)) <= _MOST_DIGITS if others <= NUMBERS else len(others) == 1
    if covered and others in (views, {View.BOOLEAN}):
        return None  # all that the sets tell apart was tried
    return UNSETTLED


def _typed(wants: Sequence[Want]) -> Iterator[str]:
    """Yield texts that stand for all values that the sets tell apart, and those that they name."""
    views = {want.view for want in wants}
    if views & NUMBERS:
        yield from _numbers(wants)
    if View.BOOLEAN in views:
        yield from ("true", "false")
        for word in ("true", "false"):
            yield from map("".join, product(*((each, each.upper()) for each in word)))
    if View.ADDRESS in views:
        yield from _addresses(wants)
    if View.BYTES in views:
        yield from _encoded(wants)
    for want in wants:
        if want.view in TEXTS:
            yield from (str(value) for value in _named(want.accepts))


def _leaves(accepts: ValueSet) -> Iterator[ValueSet]:
    match accepts:
        case Union(members):
            for member in members:
                yield from _leaves(member)
        case Complement(of):
            yield from _leaves(of)
        case _:
            yield accepts


def _named(accepts: ValueSet) -> Iterator[object]:
    for leaf in _leaves(accepts):
        if isinstance(leaf, OneOf):
            yield from leaf.values


def _cuts(wants: Iterable[Want]) -> list[Decimal]:
    """Return the bounds of all sets of numbers."""
    return sorted({
        bound
        for want in wants
        for leaf in _leaves(want.accepts)
        if isinstance(leaf, Range)
        for bound in (leaf.low, leaf.high)
        if bound is not None
    })  # fmt: skip


_MOST_DIGITS = 5_000
"""Digits with which numbers are reckoned exactly."""


def _digits(cuts: Sequence[Decimal]) -> int:
    """Return how many digits numbers next to these need."""
    if not cuts:
        return 1
    places = [int(cut.as_tuple().exponent) for cut in cuts]
    return max(cut.adjusted() for cut in cuts) - min(0, *places) + 3


def _numbers(wants: Iterable[Want]) -> Iterator[str]:
    """Yield every bound of the sets, a number between any two, and one beyond each end."""
    cuts = _cuts(wants)
    if not cuts:
        yield "0"
        return
    with localcontext() as context:
        context.prec = max(1, min(_digits(cuts), _MOST_DIGITS))
        found = [cuts[0] - 1, cuts[0]]
        for low, high in pairwise(cuts):
            found += [_between(low, high), high]
        found.append(cuts[-1] + 1)
    yield from (f"{number:f}" for number in found)


def _between(low: Decimal, high: Decimal) -> Decimal:
    """Return a number between two, a whole one if there is one."""
    whole = (low + 1).to_integral_value(rounding="ROUND_FLOOR")
    return whole if low < whole < high else (low + high) / 2


_FAMILIES = {4: IPv4Address, 6: IPv6Address}
_BITS = {4: 32, 6: 128}


def _addresses(wants: Iterable[Want]) -> Iterator[str]:
    """Yield every bound of the networks, the addresses next to them, and some of either family."""
    yield "192.0.2.1"
    yield "2001:db8::1"
    cuts = {Address(4, 0), Address(6, 0)}
    for want in wants:
        for leaf in _leaves(want.accepts):
            if isinstance(leaf, Network):
                cuts |= {
                    Address(leaf.family, number)
                    for number in (leaf.low, leaf.low + 1, leaf.high + 1)
                }
    for family, number in sorted(cuts):
        if number < 1 << _BITS[family]:
            yield str(_FAMILIES[family](number))


def _encoded(wants: Iterable[Want]) -> Iterator[str]:
    """Yield every value of the sets in base64, and one that is in none."""
    values = {value for want in wants for value in _named(want.accepts) if isinstance(value, bytes)}
    for value in (*sorted(values), b"x", b"".join(sorted(values)) + b"x"):
        yield b64encode(value).decode()
