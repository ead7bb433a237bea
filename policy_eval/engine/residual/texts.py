"""A text that is in some sets and not in others, or the proof that there is none.

Sets of texts are Boolean combinations of patterns. Whether a text exists that each of some sets
holds, or does not, is found by walking all patterns at once, character by character: a state is
where in each pattern one stands, so every text that the patterns tell apart is reached, the
shortest first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from typing import NamedTuple, TypeAlias, assert_never

from policy_eval.engine.matching import contains
from policy_eval.policy.arn import ARN_FIELDS
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
)
from policy_eval.semantics.views import READERS, View
from policy_eval.text.folding import fold


class Unsettled(Enum):
    """Neither found nor ruled out within the budget."""

    UNSETTLED = "not settled"


UNSETTLED = Unsettled.UNSETTLED


class Want(NamedTuple):
    """That a text, as a view reads it, is in a set, or is not; it must be readable in any case."""

    view: View
    accepts: ValueSet
    wanted: bool

    def holds(self, text: str) -> bool:
        """Return whether a text is as wanted."""
        value = READERS[self.view](text)
        return value is not None and contains(self.accepts, value) is self.wanted


Found: TypeAlias = str | Unsettled | None
"""A text; None where there is none."""

TEXTS = frozenset({View.TEXT, View.FOLDED, View.ARN})
"""Views of which sets are patterns of characters."""

_MOST_STATES = 20_000
_FILLERS = "xqzjk0"
_ARN = (
    *(piece for _ in range(ARN_FIELDS - 1) for piece in (Stop.ANY_RUN_IN_FIELD, ":")),
    Wildcard.ANY_RUN,
)
"""What every ARN is: six fields (R-COND-19)."""


def find_text(wants: Sequence[Want], *, nonempty: bool = False) -> Found:
    """Return the shortest known text that is as all of `wants` say; None where none can be.

    All views are among `TEXTS`.
    """
    if nonempty:
        wants = (*wants, Want(View.TEXT, OneOf(frozenset({""})), wanted=False))
    for text in _candidates(wants):
        if all(want.holds(text) for want in wants):
            return text
    if any(_settles(want) for want in wants):
        return None
    return _walk(wants)


def _settles(want: Want) -> bool:
    """Whether all texts that are as wanted were among the candidates."""
    if want.view is not View.TEXT:
        return False
    match want.accepts:
        case OneOf():
            return want.wanted
        case Complement(OneOf()):
            return not want.wanted
        case Nothing():
            return want.wanted
        case Everything():
            return not want.wanted
        case _:
            return False


def _candidates(wants: Sequence[Want]) -> Iterator[str]:
    """Yield texts that are likely to do: those the sets name, and some that no set names."""
    yield ""
    yield "x"
    for want in wants:
        if isinstance(want.accepts, Everything):
            continue
        for pattern in _patterns(want.accepts):
            plain = "".join(piece if isinstance(piece, str) else "" for piece in pattern)
            yield plain
            if any(not isinstance(piece, str) for piece in pattern):
                yield _filled(pattern, "x")
                yield _filled(pattern, "0")
            elif want.view is View.FOLDED:
                yield plain.upper()
                yield plain.capitalize()
    yield "xq"
    yield "arn:aws:x:x:x:x"


def _filled(pattern: Sequence[str | Enum], filler: str) -> str:
    return "".join(piece if isinstance(piece, str) else filler for piece in pattern)


def _patterns(accepts: ValueSet) -> Iterator[tuple[str | Enum, ...]]:
    """Yield the patterns that a set is made of; that it may be the complement is left out."""
    match accepts:
        case Everything():
            yield (Wildcard.ANY_RUN,)
        case Nothing():
            pass
        case OneOf(values):
            for value in values:
                yield (str(value),) if value else ()
        case Matching(glob) | ResourceMatching(glob):
            yield tuple(glob)
        case ArnMatching():
            yield _as_pattern(accepts)
        case Union(members):
            for member in members:
                yield from _patterns(member)
        case Complement(of):
            yield from _patterns(of)
        case Range() | Network():  # no set of texts
            raise TypeError(accepts)
        case _:
            assert_never(accepts)


def _as_pattern(accepts: ArnMatching) -> tuple[str | Enum, ...]:
    """Return the pattern of an ARN whose first five fields no wildcard leaves (R-COND-18)."""
    stopping = {Wildcard.ANY_RUN: Stop.ANY_RUN_IN_FIELD, Wildcard.ANY_ONE: Stop.ANY_ONE_IN_FIELD}
    pieces: list[str | Enum] = []
    for number, field in enumerate(accepts.fields):
        if number:
            pieces.append(":")
        last = number == len(accepts.fields) - 1
        pieces += [piece if last or isinstance(piece, str) else stopping[piece] for piece in field]
    return tuple(pieces)


class _Automaton:
    """Patterns of one set, with the places in them where one may stand as the bits of a number.

    All patterns are walked at once: each has a bit for each of its atoms, and one for its end.
    """

    __slots__ = ("_masks_of", "_wanting", "accepting", "folded", "loops", "start", "stops")

    def __init__(self, patterns: Sequence[tuple[str | Enum, ...]], *, folded: bool) -> None:
        self.folded = folded
        self.accepting = self.loops = self.stops = starts = place = 0
        self._wanting: dict[str | Enum, int] = {}
        for pattern in patterns:
            starts |= 1 << place
            for piece in pattern:
                for atom in piece if isinstance(piece, str) else (piece,):
                    self._wanting[atom] = self._wanting.get(atom, 0) | 1 << place
                    place += 1
            self.accepting |= 1 << place
            place += 1
        stopping = self._wanting.get(Stop.ANY_RUN_IN_FIELD, 0)
        self.stops = stopping | self._wanting.get(Stop.ANY_ONE_IN_FIELD, 0)
        self.loops = stopping | self._wanting.get(Wildcard.ANY_RUN, 0)
        self.start = self._skipping(starts)
        self._masks_of: dict[str, tuple[int, int]] = {}

    def _skipping(self, places: int) -> int:
        """Return the places, and those that a run of nothing leads to."""
        while True:
            further = places | ((places & self.loops) << 1)
            if further == places:
                return places
            places = further

    def after(self, places: int, character: str) -> int:
        """Return the places after one more character."""
        masks = self._masks_of.get(character)
        if masks is None:
            masks = self._masks_of[character] = self._masks(character)
        stays, moves = masks
        return self._skipping((places & stays) | ((places & moves) << 1))

    def _masks(self, character: str) -> tuple[int, int]:
        """Return the places where one stays with a character, and those from which one goes on."""
        wanting = self._wanting
        stays = wanting.get(Wildcard.ANY_RUN, 0)
        moves = wanting.get(Wildcard.ANY_ONE, 0)
        moves |= wanting.get(fold(character) if self.folded else character, 0)
        if character != ":":
            stays |= wanting.get(Stop.ANY_RUN_IN_FIELD, 0)
            moves |= wanting.get(Stop.ANY_ONE_IN_FIELD, 0)
        return stays, moves

    def characters(self, places: int) -> Iterator[str]:
        """Yield the characters that lead elsewhere than one that no pattern names."""
        for atom, wanting in self._wanting.items():
            if isinstance(atom, str) and wanting & places:
                yield atom
                if self.folded and atom.upper() != atom and fold(atom.upper()) == atom:
                    yield atom.upper()
        if self.stops & places:
            yield ":"

    def named(self) -> Iterator[str]:
        """Yield the characters that the patterns name."""
        return (atom for atom in self._wanting if isinstance(atom, str))


def _walk(wants: Sequence[Want]) -> Found:
    """Return the shortest text that is as wanted, by all states that texts can reach."""
    goals = _Goals(wants)
    automata = goals.automata
    start = tuple(each.start for each in automata)
    other = next(_others([character for each in automata for character in each.named()]))
    texts = {start: ""}
    queue = [start]
    for places in queue:
        verdict = goals.reached(places)
        if verdict:
            return texts[places]
        if verdict is None:
            continue
        apart = [
            character
            for each, place in zip(automata, places, strict=True)
            for character in each.characters(place)
        ]
        for character in dict.fromkeys((*apart, other)):
            following = tuple(
                each.after(place, character) for each, place in zip(automata, places, strict=True)
            )
            if following not in texts:
                if len(texts) >= _MOST_STATES:
                    return UNSETTLED
                texts[following] = texts[places] + character
                queue.append(following)
    return None


class _Goals:
    """What is wanted of a text, by the places in all patterns to which it leads."""

    def __init__(self, wants: Sequence[Want]) -> None:
        self.automata: list[_Automaton] = []
        self._numbers: dict[object, int] = {}
        self._goals: list[tuple[int, bool]] = []
        for want in wants:
            if want.view is View.ARN:
                self._goals.append((self._number((_ARN,), folded=False), True))
            accepts, wanted = want.accepts, want.wanted
            while isinstance(accepts, Complement):
                accepts, wanted = accepts.of, not wanted
            folded = want.view is View.FOLDED
            self._goals.append((self._number(_patterns(accepts), folded=folded), wanted))

    def _number(self, patterns: Iterable[tuple[str | Enum, ...]], *, folded: bool) -> int:
        """Return the number of the automaton of some patterns."""
        key = (tuple(patterns), folded)
        if key not in self._numbers:
            self._numbers[key] = len(self.automata)
            self.automata.append(_Automaton(key[0], folded=folded))
        return self._numbers[key]

    def reached(self, places: Sequence[int]) -> bool | None:
        """Return whether a text that leads here is as wanted; None where no longer one can be."""
        missed = False
        for number, wanted in self._goals:
            held = bool(places[number] & self.automata[number].accepting)
            if held is not wanted:
                if not places[number]:
                    return None  # a text that has left all patterns stays out
                missed = True
        return not missed


def _others(alphabet: Sequence[str]) -> Iterator[str]:
    """Yield characters that no pattern names."""
    taken = {*alphabet, *map(fold, alphabet)}
    yield from (each for each in _FILLERS if each not in taken)
    yield from (chr(code) for code in range(0x4E00, 0x9FFF) if chr(code) not in taken)
