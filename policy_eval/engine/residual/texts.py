"""A text that is in some sets and not in others, or the proof that there is none.

Sets of texts are Boolean combinations of patterns. Whether a text exists that each of some sets
holds, or does not, is found by walking all patterns at once, character by character: a state is
where in each pattern one stands, so every text that the patterns tell apart is reached, the
shortest first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
        for pattern, folded in _patterns(want.accepts, want.view):
            plain = "".join(piece if isinstance(piece, str) else "" for piece in pattern)
            yield plain
            if any(not isinstance(piece, str) for piece in pattern):
                yield _filled(pattern, "x")
                yield _filled(pattern, "0")
            elif folded:
                yield plain.upper()
                yield plain.capitalize()
    yield "xq"
    yield "arn:aws:x:x:x:x"


def _filled(pattern: Sequence[str | Enum], filler: str) -> str:
    return "".join(piece if isinstance(piece, str) else filler for piece in pattern)


def _patterns(accepts: ValueSet, view: View) -> Iterator[tuple[tuple[str | Enum, ...], bool]]:
    """Yield the patterns that a set is made of; whether each is compared in any case."""
    folded = view is View.FOLDED
    match accepts:
        case Everything() | Nothing():
            pass
        case OneOf(values):
            for value in values:
                yield (str(value),) if value else (), folded
        case Matching(glob) | ResourceMatching(glob):
            yield tuple(glob), folded
        case ArnMatching():
            yield _as_pattern(accepts), folded
        case Union(members):
            for member in members:
                yield from _patterns(member, view)
        case Complement(of):
            yield from _patterns(of, view)
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
    """One pattern, with the places in it where one may stand as the bits of a number."""

    __slots__ = ("_by_character", "accepting", "atoms", "folded", "loops", "start")

    def __init__(self, pattern: Sequence[str | Enum], *, folded: bool) -> None:
        self.folded = folded
        atoms: list[str | Enum] = []
        for piece in pattern:
            atoms.extend(piece if isinstance(piece, str) else (piece,))
        self.atoms = atoms
        self.accepting = 1 << len(atoms)
        self.loops = 0
        for place, atom in enumerate(atoms):
            if atom in (Wildcard.ANY_RUN, Stop.ANY_RUN_IN_FIELD):
                self.loops |= 1 << place
        self.start = self._skipping(1)
        self._by_character: dict[str, tuple[int, int]] = {}

    def _skipping(self, places: int) -> int:
        """Return the places, and those that a run of nothing leads to."""
        while True:
            further = places | ((places & self.loops) << 1)
            if further == places:
                return places
            places = further

    def after(self, places: int, character: str) -> int:
        """Return the places after one more character."""
        masks = self._by_character.get(character)
        if masks is None:
            masks = self._by_character[character] = self._masks(character)
        stays, moves = masks
        return self._skipping((places & stays) | ((places & moves) << 1))

    def _masks(self, character: str) -> tuple[int, int]:
        stays = moves = 0
        seen = fold(character) if self.folded else character
        for place, atom in enumerate(self.atoms):
            bit = 1 << place
            if isinstance(atom, str):
                moves |= bit if atom == seen else 0
            elif atom is Wildcard.ANY_RUN or (atom is Stop.ANY_RUN_IN_FIELD and character != ":"):
                stays |= bit
            elif atom is Wildcard.ANY_ONE or (atom is Stop.ANY_ONE_IN_FIELD and character != ":"):
                moves |= bit
        return stays, moves

    def characters(self) -> Iterator[str]:
        """Yield the characters that the pattern names."""
        for atom in self.atoms:
            if isinstance(atom, str):
                yield atom
                if self.folded and fold(upper := atom.upper()) == atom:
                    yield upper
            elif isinstance(atom, Stop):
                yield ":"


def _walk(wants: Sequence[Want]) -> Found:
    """Return the shortest text that is as wanted, by all states that texts can reach."""
    goals = _Goals(wants)
    automata = goals.automata
    start = tuple(each.start for each in automata)
    alphabet = [*dict.fromkeys(character for each in automata for character in each.characters())]
    alphabet.append(next(_others(alphabet)))
    texts = {start: ""}
    queue = [start]
    for places in queue:
        verdict = goals.reached(places)
        if verdict:
            return texts[places]
        if verdict is None:
            continue
        for character in alphabet:
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
        self._goals = []
        for want in wants:
            reading = [] if want.view is not View.ARN else [self._number(_ARN, folded=False)]
            members = {
                pattern: self._number(pattern, folded=folded)
                for pattern, folded in _patterns(want.accepts, want.view)
            }
            self._goals.append((want, reading, members))

    def _number(self, pattern: tuple[str | Enum, ...], *, folded: bool) -> int:
        key = (pattern, folded)
        if key not in self._numbers:
            self._numbers[key] = len(self.automata)
            self.automata.append(_Automaton(pattern, folded=folded))
        return self._numbers[key]

    def reached(self, places: Sequence[int]) -> bool | None:
        """Return whether a text that leads here is as wanted; None where no longer one can be."""
        missed = False
        for want, reading, members in self._goals:
            held = _held(want.accepts, want.view, members, self.automata, places)
            if held is not want.wanted:
                if not any(places[each] for each in members.values()):
                    return None
                missed = True
            missed |= any(not places[each] & self.automata[each].accepting for each in reading)
        return not missed


def _others(alphabet: Sequence[str]) -> Iterator[str]:
    """Yield characters that no pattern names."""
    taken = {*alphabet, *map(fold, alphabet)}
    yield from (each for each in _FILLERS if each not in taken)
    yield from (chr(code) for code in range(0x4E00, 0x9FFF) if chr(code) not in taken)


def _held(
    accepts: ValueSet,
    view: View,
    members: dict[tuple[str | Enum, ...], int],
    automata: Sequence[_Automaton],
    places: Sequence[int],
) -> bool:
    """Return whether the text that leads to these places is in a set."""
    match accepts:
        case Everything():
            return True
        case Union(each):
            return any(_held(one, view, members, automata, places) for one in each)
        case Complement(of):
            return not _held(of, view, members, automata, places)
        case _:
            return any(
                places[number] & automata[number].accepting
                for pattern, _ in _patterns(accepts, view)
                for number in (members[pattern],)
            )
