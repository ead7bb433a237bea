"""Rows decided by their parts: which statements each part leaves, and what is left of all.

Of most rows it is known apart which layers have a say (by the action's facts, the caller, and where
the resource is), how the tests on the resource go, and how those on each key do. Each part has few
outcomes, which are found once: by one row of each group that can have no other. Rows are then told
apart by the outcomes of their parts only, and each combination is concluded once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeAlias, assert_never

import numpy as np
from numpy.typing import NDArray

from policy_eval.columnar.asked import Asked
from policy_eval.columnar.callers import CallersOfRows
from policy_eval.columnar.classes import Reader, classes
from policy_eval.columnar.codes import Codes, Dense, combined
from policy_eval.columnar.columns import Column, Columns
from policy_eval.columnar.grouping import Grouping
from policy_eval.columnar.places import Places
from policy_eval.columnar.results import Answer
from policy_eval.engine.call import steps_of, verdict_of
from policy_eval.engine.decide import deciding_bits, deciding_in
from policy_eval.engine.policies import PolicySet
from policy_eval.engine.program import ActionProgram, Named, Row
from policy_eval.engine.scalar import (
    OutcomeBits,
    found_of,
    match_of,
    names_in,
    outcome_bits,
    outcome_bits_of,
)
from policy_eval.errors import RequestError
from policy_eval.request.request import Request
from policy_eval.semantics.action_facts import ActionFacts, facts_of
from policy_eval.semantics.authorization import Case
from policy_eval.semantics.layers import Layer
from policy_eval.semantics.linked_keys import (
    FORWARDING,
    OF_NEW_SECRET,
    OF_RESERVED_NAMES,
    OWNER,
    Feeder,
    feeder_of,
    is_of_tags,
    is_of_time,
    is_reserved_tag,
    rules_compare,
)
from policy_eval.semantics.lower import Key
from policy_eval.semantics.readings import OUR_READING
from policy_eval.semantics.request_context import Candidates, RequestContext
from policy_eval.semantics.resources import NO_RESOURCE, is_named_anew
from policy_eval.semantics.service_rules import service_remarks
from policy_eval.semantics.situations import case_of, levels_with_a_say

Numbers: TypeAlias = NDArray[np.intp]


_NOT_SAID, _STAR, _BY_TEXT = range(3)
_KINDS = 3
"""Kinds of resources, by what is said of them."""


class _Situation(NamedTuple):
    """Which formula applies, the levels that have a say, and whether the service refuses."""

    case: Case
    levels: tuple[tuple[Layer, int], ...]
    is_refused: bool


class _Part(NamedTuple):
    """How rows differ in one part: a number each; by program and number, how its rows went."""

    codes: Codes
    outcomes: dict[tuple[int, int], tuple[OutcomeBits, ...]]


class Concluded(NamedTuple):
    """The answers to rows: the kind of each row, the answer to each kind (None: not in this way).

    `left` are the places in `rows` of those that are no such rows.
    """

    kinds: Numbers
    answers: list[Answer | None]
    left: NDArray[np.bool_]


class Factors:
    """The parts of some rows of a table."""

    def __init__(
        self,
        policies: PolicySet,
        table: tuple[Columns, Asked, CallersOfRows, Places, Grouping],
        request_of: Callable[[int], Request],
        rows: Numbers,
    ) -> None:
        self._policies = policies
        self._columns, self._asked, self._callers, self._places, self._grouping = table
        self._request_of = request_of
        self._rows = rows
        self._contexts: dict[int, RequestContext | None] = {}
        self._left = np.zeros(len(rows), np.bool_)
        program = policies.program()
        found: dict[int, int] = {}
        self._programs: list[ActionProgram] = []
        of_action: list[int] = []
        for action in self._asked.actions:
            of = program.for_action(action.folded if action else "")
            if id(of) not in found:
                found[id(of)] = len(self._programs)
                self._programs.append(of)
            of_action.append(found[id(of)])
        self._actions = self._of(self._columns.action.codes)
        self._program = np.array(of_action)[self._actions]
        facts = [None if each is None else facts_of(each.folded) for each in self._asked.actions]
        self._facts = self._by_action(facts)
        self._of_case = [each and each.of_case for each in facts]
        self._caller = Codes(
            self._callers.classes.codes[self._of(self._callers.codes)], self._callers.classes.size
        )
        self._in_use = np.unique(self._program).tolist()

    def concluded(self) -> Concluded:
        """Return the answers to the rows."""
        situations, situation = self._situations()
        self._check(FORWARDING, self._caller)
        self._check_tags()
        names, named = self._naming()
        parts = [*self._parts()]
        dense = combined(
            [
                Codes(self._program, len(self._programs)), situation, named,
                *(part.codes for part in parts),
            ]
        )  # fmt: skip
        at = dense.rows
        chosen = [
            codes[at].tolist()
            for codes in (
                self._program, situation.codes, named.codes, *(part.codes.codes for part in parts),
            )
        ]  # fmt: skip
        answers = [
            self._answer(program, situations[which], names[how], zip(parts, rest, strict=True))
            for program, which, how, *rest in zip(*chosen, strict=True)
        ]
        return Concluded(dense.codes, answers, self._left)

    def _answer(
        self,
        program: int,
        situation: _Situation | None,
        named: Named | None,
        parts: Iterator[tuple[_Part, int]],
    ) -> Answer | None:
        if situation is None:
            return None
        outcomes = [
            bits for part, number in parts for bits in part.outcomes.get((program, number), ())
        ]
        match = match_of(self._programs[program], situation.levels, outcomes, named)
        if match is None:
            return None
        verdict = verdict_of(situation.case, found_of(match))
        statements = deciding_in(self._policies, match, deciding_bits(match, verdict))
        return Answer(
            verdict.word, verdict.layer, tuple(each.label for each in statements),
            situation.is_refused,
        )  # fmt: skip

    # What all parts use

    def _of(self, codes: Numbers) -> Numbers:
        return codes if len(self._rows) == len(codes) else codes[self._rows]

    def _all_of(self, column: Column) -> Codes:
        return Codes(self._of(column.codes), len(column.dictionary))

    def _by_action(self, facts: list[ActionFacts | None]) -> Codes:
        numbers = {each: number for number, each in enumerate(dict.fromkeys(facts))}
        return Codes(np.array([numbers[each] for each in facts])[self._actions], len(numbers))

    def _context(self, at: int) -> RequestContext | None:
        """Return the context of a row, by its place; None where it is more than one, or none."""
        if at not in self._contexts:
            self._contexts[at] = self._new_context(int(self._rows[at]))
        return self._contexts[at]

    def _new_context(self, row: int) -> RequestContext | None:
        try:
            steps = steps_of([self._request_of(row)], self._policies.attached, OUR_READING)
        except RequestError:
            return None
        context = steps[0].context
        return context if len(steps) == len(context.by_owner()) == 1 else None

    def _by_value(self, keys: frozenset[str]) -> Iterator[Codes]:
        """Yield the values of given keys, as far as rules look at them."""
        for key in self._columns.keys:
            if key.folded in keys:
                yield self._as_looked_at(key)

    def _as_looked_at(self, key: Column) -> Codes:
        codes = self._of(key.codes)
        if rules_compare(key.folded):
            return Codes(codes, len(key.dictionary))
        kinds, size = key.dictionary.presence()
        return Codes(kinds[codes], size)

    # Which layers have a say

    def _situations(self) -> tuple[list[_Situation | None], Codes]:
        parts = [self._by_action(self._of_case), self._caller, *self._by_value(OWNER)]
        where, size = self._places.owners
        parts.append(Codes(where[self._of(self._columns.resource.codes)], size))
        parts.append(self._all_of(self._columns.account))
        if self._policies.attached.exists(Layer.ENDPOINT) is not False:
            parts += self._by_value(FORWARDING)
        anew = self._anew()
        if anew.any():  # what the service says of a reserved name hangs on these
            for key in self._columns.keys:
                if key.folded in OF_RESERVED_NAMES:
                    codes, size = self._as_looked_at(key)
                    parts.append(Codes(np.where(anew, codes, 0), size))
        dense = combined(parts)
        found: list[_Situation | None] = []
        numbers: dict[object, int] = {}
        of_group = np.zeros(len(dense.rows), np.intp)
        for group, at in enumerate(dense.rows.tolist()):
            situation = self._situation(at)
            same: object = None
            if situation is not None:
                case, levels, is_refused = situation
                same = (case.side, case.everyone, tuple(case.layers.values()), levels, is_refused)
            if same not in numbers:
                numbers[same] = len(found)
                found.append(situation)
            of_group[group] = numbers[same]
        return found, Codes(of_group[dense.codes], len(found))

    def _situation(self, at: int) -> _Situation | None:
        context = self._context(at)
        if context is None:
            return None
        try:
            case = case_of(context)
        except RequestError:
            return None
        levels = levels_with_a_say(context, case)
        return _Situation(case, levels, bool(service_remarks(context)))

    def _anew(self) -> NDArray[np.bool_]:
        anew = [each is not None and is_named_anew(each.folded) for each in self._asked.actions]
        return np.array(anew)[self._actions]

    def _check(self, keys: frozenset[str], *others: Codes) -> None:
        """Leave rows aside whose given keys contradict each other."""
        parts = [*self._by_value(keys)]
        if parts:
            self._leave_refused(combined([*others, *parts]))

    def _leave_refused(self, dense: Dense) -> None:
        refused = np.array([self._context(at) is None for at in dense.rows.tolist()])
        self._left |= refused[dense.codes]

    def _check_tags(self) -> None:
        tags = [key for key in self._columns.keys if is_of_tags(key.folded)]
        if not tags:
            return
        self._leave_refused(combined([self._facts, *map(self._as_told_apart, tags)]))
        for key in tags:
            if is_reserved_tag(key.folded):  # the service itself has a say
                self._left |= self._of(key.codes) != 0

    def _as_told_apart(self, key: Column) -> Codes:
        found = self._grouping.classes_of_key(key)
        return Codes(found.codes[self._of(key.codes)], found.size)

    # How principal elements name the caller

    def _naming(self) -> tuple[list[Named | None], Codes]:
        names = np.array([bool(each.named or each.at_endpoint) for each in self._programs])
        codes = np.zeros(len(self._rows), np.intp)
        found: list[Named | None] = [None]
        where = np.flatnonzero(names[self._program])
        if len(where):
            parts = (Codes(self._program, len(self._programs)), self._facts, self._caller)
            dense = combined([Codes(codes_[where], size) for codes_, size in parts])
            codes[where] = 1 + dense.codes
            for at in where[dense.rows].tolist():
                context, program = self._context(at), self._programs[int(self._program[at])]
                found.append(None if context is None else names_in(program, context))
                if context is None:
                    self._left[where[dense.codes == len(found) - 2]] = True
        return found, Codes(codes, len(found))

    # How the tests go

    def _parts(self) -> Iterator[_Part]:
        yield self._of_resource()
        rows_of: dict[str, dict[int, list[Row]]] = {}
        wide: dict[Row, list[int]] = {}
        for number in self._in_use:
            for row in self._programs[number].keys:
                if row.variables:
                    wide.setdefault(row, []).append(number)
                else:
                    assert isinstance(row.attribute, Key)  # the resource has a row of its own
                    by_program = rows_of.setdefault(row.attribute.folded, {})
                    by_program.setdefault(number, []).append(row)
        for folded, by_program in rows_of.items():
            yield self._of_key(folded, by_program)
        for row, programs in wide.items():
            yield self._of_pairs(row, programs)

    def _part(
        self,
        rows_of: dict[int, list[Row]],
        states: Codes,
        candidates: Callable[[int], Candidates],
    ) -> _Part:
        """Return how the rows of programs go, by the state of an attribute."""
        codes, size = states
        index = self._first_of_program(size, rows_of) + codes
        in_use = np.zeros(len(self._programs) * size, np.bool_)
        in_use[index] = True
        numbers: dict[int, dict[tuple[OutcomeBits, ...], int]] = {}
        table = np.zeros(len(in_use), np.intp)
        for place in np.flatnonzero(in_use).tolist():
            program, state = divmod(place, size)
            if program not in rows_of:
                continue
            seen = candidates(state)
            outcomes = tuple(
                outcome_bits_of(row, seen, (), OUR_READING) for row in rows_of[program]
            )
            known = numbers.setdefault(program, {})
            table[place] = known.setdefault(outcomes, len(known))
        found = {
            (program, number): outcomes
            for program, known in numbers.items()
            for outcomes, number in known.items()
        }
        most = max((len(known) for known in numbers.values()), default=1)
        return _Part(Codes(table[index] if most > 1 else np.zeros_like(index), most), found)

    def _first_of_program(self, size: int, rows_of: Iterable[int]) -> Numbers:
        """Return where the states of each row's program begin; those without rows share a place."""
        without = next((each for each in self._in_use if each not in {*rows_of}), 0)
        firsts = np.full(len(self._programs), without * size)
        for program in rows_of:
            firsts[program] = program * size
        first: Numbers = firsts[self._program]
        return first

    def _of_resource(self) -> _Part:
        rows_of = {
            number: [row] for number in self._in_use if (row := self._programs[number].resource)
        }
        resource, actions = self._columns.resource, self._asked.actions
        by_text = np.array([each is not None and each.is_named_as_given for each in actions])
        normal = by_text[self._actions]
        reader = Reader(resource.dictionary)
        outcomes = [reader.outcomes(test) for test in self._asked.tests()]
        found = combined([classes(resource.dictionary, outcomes)])
        given = self._of(resource.codes)
        states, size, firsts = found.codes[given], len(found.rows), found.rows
        normal &= self._kind_of_resource()[given] == _BY_TEXT
        seen: list[Candidates] = []
        where = np.flatnonzero(~normal)
        if len(where):
            states = states.copy()
            states[where] = size + self._named_otherwise(where, seen)

        def candidates(state: int) -> Candidates:
            if state >= size:
                return seen[state - size]
            return (resource.dictionary.held(int(firsts[state])),)

        return self._part(rows_of, Codes(states, size + len(seen)), candidates)

    def _kind_of_resource(self) -> Numbers:
        """Return of each text of a resource whether it is none, `*`, or an ARN."""
        dictionary = self._columns.resource.dictionary
        kinds = np.full(len(dictionary), _BY_TEXT)
        kinds[0] = _NOT_SAID
        star = dictionary.number(NO_RESOURCE)
        if star is not None:
            kinds[star] = _STAR
        return kinds

    def _named_otherwise(self, where: Numbers, seen: list[Candidates]) -> Numbers:
        """Return the states of rows whose resource is not simply named by its text."""
        anew, resource = self._anew()[where], self._columns.resource
        given, kinds = self._of(resource.codes)[where], self._kind_of_resource()
        told = np.where(anew, _KINDS + given, kinds[given])
        parts = [
            Codes(self._facts.codes[where], self._facts.size),
            Codes(self._caller.codes[where], self._caller.size),
            Codes(told, _KINDS + len(resource.dictionary)),
        ]
        for key in self._columns.keys:
            if key.folded in OF_NEW_SECRET:
                codes = np.where(anew, self._of(key.codes)[where], 0)
                parts.append(Codes(codes, len(key.dictionary)))
        return self._states(where, parts, RequestContext.resource_candidates, seen)

    def _states(
        self,
        where: Numbers,
        parts: Iterable[Codes],
        look: Callable[[RequestContext], Candidates],
        seen: list[Candidates],
    ) -> Numbers:
        """Return the states of some rows, told apart by the parts: places in `seen`, which grows.

        One row of each group is looked at; rows that are no such rows are left aside.
        """
        dense = combined(parts)
        numbers: dict[object, int] = {}
        of_group = np.zeros(len(dense.rows), np.intp)
        for group, at in enumerate(where[dense.rows].tolist()):
            context = self._context(at)
            if context is None:
                self._left[where[dense.codes == group]] = True
            found: Candidates = (None,) if context is None else look(context)
            if found not in numbers:
                numbers[found] = len(seen)
                seen.append(found)
            of_group[group] = numbers[found]
        return of_group[dense.codes]

    def _of_key(self, folded: str, rows_of: dict[int, list[Row]]) -> _Part:
        """Return how the tests on a key go."""
        states = np.zeros(len(self._rows), np.intp)
        seen: list[Candidates] = [(None,)]
        given = np.zeros(len(self._rows), np.bool_)
        for key in self._columns.keys:
            if key.folded == folded:
                dense = combined([self._grouping.classes_by_tests(key)])
                state_of = dense.codes + len(seen)
                state_of[0] = 0
                found = state_of[self._of(key.codes)]
                states = found if not given.any() else np.where(found != 0, found, states)
                given |= found != 0
                seen += [
                    (key.dictionary.held(code) if code else None,) for code in dense.rows.tolist()
                ]
        asks = np.zeros(len(self._programs), np.bool_)
        asks[[*rows_of]] = True
        where = np.flatnonzero(asks[self._program] & ~given)
        if len(where):
            row = next(iter(rows_of.values()))[0]
            assert isinstance(row.attribute, Key)
            states[where] = self._following(row.attribute, where, seen)
        return self._part(rows_of, Codes(states, len(seen)), seen.__getitem__)

    def _following(self, key: Key, where: Numbers, seen: list[Candidates]) -> Numbers:
        """Return the states of rows in which a key is not given, by what it may follow from."""
        parts = [Codes(codes[where], size) for codes, size in self._feeding(key.folded)]
        return self._states(where, parts, lambda context: context.look(key), seen)

    def _feeding(self, folded: str) -> Iterator[Codes]:
        """Yield what tells rows apart in which a key that is not given may hold something else."""
        yield self._caller
        feeder = feeder_of(folded)
        match feeder:
            case Feeder.FORWARDING:
                yield from self._by_value(FORWARDING)
            case Feeder.TAGS:
                yield self._facts
                tags = (key for key in self._columns.keys if is_of_tags(key.folded))
                yield from map(self._as_told_apart, tags)
            case Feeder.TIME:
                times = (key for key in self._columns.keys if is_of_time(key.folded))
                yield from map(self._as_told_apart, times)
            case Feeder.OWNER | Feeder.REGION:
                yield self._facts
                yield from self._by_value(OWNER)
                where, size = self._places.classes
                yield Codes(where[self._of(self._columns.resource.codes)], size)
                yield self._all_of(self._columns.account)
            case Feeder.CALLER:
                pass
            case _:
                assert_never(feeder)

    def _of_pairs(self, row: Row, programs: list[int]) -> _Part:
        """Return how tests with variables go."""
        asks = np.zeros(len(self._programs), np.bool_)
        asks[programs] = True
        where = np.flatnonzero(asks[self._program])
        told = self._grouping.of_pairs(row, self._rows, self._of(self._columns.action.codes))
        kinds = self._kind_of_resource()[self._of(self._columns.resource.codes)[where]]
        parts = [
            Codes(told.codes[where], told.size),
            Codes(self._caller.codes[where], self._caller.size),
            Codes(kinds, _KINDS),
        ]
        dense = combined(parts)
        found: dict[tuple[int, int], tuple[OutcomeBits, ...]] = {}
        numbers: dict[OutcomeBits, int] = {}
        of_group = np.zeros(len(dense.rows), np.intp)
        for group, at in enumerate(where[dense.rows].tolist()):
            context = self._context(at)
            if context is None:
                self._left[where[dense.codes == group]] = True
                continue
            of_group[group] = numbers.setdefault(outcome_bits(row, context), len(numbers))
        for outcome, number in numbers.items():
            found |= {(program, number): (outcome,) for program in programs}
        codes = np.zeros(len(self._rows), np.intp)
        codes[where] = of_group[dense.codes]
        return _Part(Codes(codes, max(len(numbers), 1)), found)
