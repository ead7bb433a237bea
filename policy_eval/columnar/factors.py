"""Rows decided by their parts: which statements each part leaves, and what is left of all.

Of most rows it is known apart which layers have a say (by the action's facts, the caller, and where
the resource is), how the tests on the resource go, and how those on each key do. Each part has few
outcomes, which are found once: by one row of each group that can have no other. Rows are then told
apart by the outcomes of their parts only, and each combination is concluded once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias, assert_never, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from policy_eval.columnar.asked import Asked
from policy_eval.columnar.blocks import (
    Among,
    Block,
    Either,
    Memo,
    Numbers,
    Own,
    Part,
    Product,
    Rows,
    Told,
    read_all,
)
from policy_eval.columnar.callers import CallersOfRows
from policy_eval.columnar.classes import Reader, classes
from policy_eval.columnar.codes import Codes, Dense, combined
from policy_eval.columnar.columns import Column, Columns, Dictionary
from policy_eval.columnar.grouping import Grouping
from policy_eval.columnar.places import Places
from policy_eval.columnar.results import Answer
from policy_eval.columnar.sets import Sets
from policy_eval.engine.call import steps_of, verdict_of
from policy_eval.engine.decide import deciding_bits
from policy_eval.engine.program import ActionProgram, Named, Row, indices
from policy_eval.engine.scalar import (
    OutcomeBits,
    found_of,
    match_of,
    names_in,
    outcome_bits,
    outcome_bits_of,
    union,
)
from policy_eval.errors import RequestError
from policy_eval.request.request import Request
from policy_eval.semantics.action_facts import facts_of
from policy_eval.semantics.authorization import Case, Word
from policy_eval.semantics.layers import Layer
from policy_eval.semantics.linked_keys import (
    FORWARDING,
    NAME_OF_NEW_SECRET,
    OF_NEW_SECRET,
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
from policy_eval.semantics.resources import (
    NO_RESOURCE,
    is_named_anew,
    name_of_new_secret,
)
from policy_eval.semantics.service_rules import (
    remarks_on_credentials,
    remarks_on_reserved_name,
    reserving_service,
)
from policy_eval.semantics.situations import case_of, levels_with_a_say

_NOT_SAID, _STAR, _BY_TEXT = range(3)
_KINDS = 3
"""Kinds of resources, by what is said of them."""

_Program: TypeAlias = Own[ActionProgram]
Outcomes: TypeAlias = tuple[OutcomeBits, ...]
Remembered: TypeAlias = dict[Hashable, Any]

_ASIDE, _ALIKE = None, ()
"""What a part holds of rows that are left aside, and of those that it tells nothing of."""


class _Situation(NamedTuple):
    """Which formula applies, the levels that have a say, and whether the service refuses."""

    case: Case
    levels: tuple[tuple[Layer, int], ...]
    is_refused: bool

    def same(self) -> Hashable:
        """Return what two situations have in common that are decided alike."""
        case, levels, is_refused = self
        return case.side, case.everyone, tuple(case.layers.values()), levels, is_refused


class _Answer(NamedTuple):
    """An answer with the numbers of the statements that decided in the program."""

    word: Word
    layer: Layer | None
    statements: list[int]
    is_refused: bool


class _State:
    """What the parts of rows come to: how the statements went, of all sets, and what else counts.

    `answers` are those to rows, by the statements of their set, of which only `telling` ones count.
    """

    __slots__ = ("answers", "is_refused", "named", "outcomes", "program", "situation", "telling")

    def __init__(
        self,
        program: ActionProgram,
        situation: _Situation,
        outcomes: Outcomes,
        named: Named | None,
        is_refused: bool,  # noqa: FBT001 - one fact of several
    ) -> None:
        self.program = program
        self.situation = situation
        self.outcomes = outcomes
        self.named = named
        self.is_refused = situation.is_refused or is_refused
        failing = union(fails for fails, _, _ in outcomes)
        self.telling = ~failing | union(unread for _, _, unread in outcomes)
        self.answers: dict[int, _Answer | None] = {}

    def answer(self, within: int) -> _Answer | None:
        """Return the answer by some statements, given as bits; None where that is not so easy."""
        match = match_of(self.program, self.situation.levels, self.outcomes, self.named, within)
        if match is None:
            return None
        verdict = verdict_of(self.situation.case, found_of(match))
        numbers = [self.program.numbers[at] for at in indices(deciding_bits(match, verdict))]
        return _Answer(verdict.word, verdict.layer, numbers, self.is_refused)


class Concluded(NamedTuple):
    """The kind of each row, and the answer to each kind; None where it is not had in this way."""

    kinds: Numbers
    answers: list[Answer | None]


class Factors:
    """The parts of rows of a table. `remembered` is what was found for other tables."""

    def __init__(
        self,
        sets: Sets,
        set_of: Codes,
        table: tuple[Columns, Asked, CallersOfRows, Places, Grouping],
        request_of: Callable[[int], Request],
        remembered: Remembered,
    ) -> None:
        self._sets = sets
        self._set_of = set_of
        self._columns, self._asked, self._callers, self._places, self._grouping = table
        self._request_of = request_of
        self._remembered = remembered
        self._contexts: dict[int, RequestContext | None] = {}
        actions = self._asked.actions
        program = sets.program
        self._of_action = [Own(program.for_action(each.folded if each else "")) for each in actions]
        self._programs = [*dict.fromkeys(self._of_action)]
        self._program = self._of_actions(self._of_action)
        facts = [each and facts_of(each.folded) for each in actions]
        self._facts = self._of_actions(facts)
        narrow = not sets.exists(Layer.RCP) and not sets.exists(Layer.ENDPOINT)
        self._case_facts = self._of_actions(
            [each and each.of_case(narrow=narrow) for each in facts]
        )
        anew = [each is not None and is_named_anew(each.folded) for each in actions]
        self._anew = np.array(anew, np.bool_)
        callers = self._callers
        caller = Told(
            callers.codes,
            callers.classes.size,
            callers.classes.codes.astype(np.int32),
            callers.said.__getitem__,
        )
        layers = [sets.attached[number] for number in sets.attached_of]
        self._layers = _told(set_of.codes, [*layers, layers[0]])
        self._who: tuple[Part, ...] = (caller, self._layers)
        """Who calls, and which layers there are for it."""

    def concluded(self, rows: Rows, size: int) -> Concluded:
        """Return the answers to some rows."""
        parts: list[Part] = [
            self._situations(), *self._refusals(), *self._checks(), *self._naming(), *self._tests()
        ]  # fmt: skip
        state = Memo(
            [self._program, *parts], lambda block, at: self._state(parts, block, at), same=id
        )
        answer = Memo([state, self._chosen_set()], lambda block, at: self._answer(state, block, at))
        return Concluded(read_all(answer, rows, size), answer.values)

    def _chosen_set(self) -> Part:
        return Told(self._set_of.codes, self._set_of.size)

    def _state(self, parts: Sequence[Part], block: Block, at: int) -> _State | None:
        """Return what the parts of a row come to; None where one leaves it aside."""
        held = [part.said(int(block.numbers(part)[at])) for part in parts]
        if any(each is _ASIDE for each in held):
            return None
        return _State(
            self._program_of(block, at).value,
            next(each for each in held if isinstance(each, _Situation)),
            tuple(bits for each in held if type(each) is tuple for bits in each),
            next((each for each in held if isinstance(each, Named)), None),
            any(each is True for each in held),
        )

    def _answer(self, state: Memo[_State | None], block: Block, at: int) -> Answer | None:
        """Return the answer to a row, by the statements of its set."""
        found = state.values[int(block.numbers(state)[at])]
        if found is None:
            return None
        number = int(self._set_of.codes[block.row(at)])
        within = self._sets.within(found.program, number) & found.telling
        if within not in found.answers:
            found.answers[within] = found.answer(within)
        answer = found.answers[within]
        return answer and self._labelled(answer, number)

    def _labelled(self, answer: _Answer, number: int) -> Answer:
        """Return an answer with the statements' labels, in the order of a set."""
        word, layer, statements, is_refused = answer
        order = self._sets.order_of(number) if len(statements) > 1 else None
        if order is not None:
            statements = sorted(statements, key=order)
        deciding = self._sets.program.deciding
        labels = tuple(deciding(statement).label for statement in statements)
        return Answer(word, layer, labels, is_refused)

    # What all parts use

    def _of_actions(self, values: Sequence[Hashable]) -> Told:
        """Return what holds of the action, by its number."""
        return _told(self._columns.action.codes, values)

    def _memo(
        self,
        kind: Hashable,
        parts: Sequence[Part],
        find: Callable[[Block, int], Any],
        same: Callable[[Any], Hashable] | None = None,
    ) -> Memo[Any]:
        """Return a memo whose parts say all that its values hang on."""
        first, remembered = (_ASIDE, _ALIKE), (kind, self._remembered)
        return Memo(parts, find, first=first, same=same, remembered=remembered)

    def _context(self, block: Block, at: int) -> RequestContext | None:
        """Return the context of a row; None where it is more than one, or none."""
        row = block.row(at)
        if row not in self._contexts:
            self._contexts[row] = self._new_context(row)
        return self._contexts[row]

    def _new_context(self, row: int) -> RequestContext | None:
        try:
            attached = self._sets.sets[int(self._set_of.codes[row])].attached
            steps = steps_of([self._request_of(row)], attached, OUR_READING)
        except RequestError:
            return None
        context = steps[0].context
        return context if len(steps) == len(context.by_owner()) == 1 else None

    def _by_value(self, keys: frozenset[str]) -> list[Part]:
        """Return what rows hold of given keys, as far as rules look at it."""
        return [self._as_looked_at(key) for key in self._columns.keys if key.folded in keys]

    def _as_looked_at(self, key: Column) -> Told:
        if rules_compare(key.folded):
            return self._exactly(key)
        return self._presence(key)

    def _presence(self, key: Column) -> Told:
        kinds, size = key.dictionary.presence()
        name = key.name
        return Told(key.codes, size, kinds.astype(np.int32), lambda kind: (name, kind))

    def _exactly(self, column: Column) -> Told:
        name, held = column.name, column.dictionary.held
        return Told(
            column.codes, len(column.dictionary),
            says=lambda number: (name, held(number) if number else _ALIKE),
        )  # fmt: skip

    def _owners(self) -> Told:
        codes, size = self._places.owners
        says = self._places.owners_said.__getitem__
        return Told(self._columns.resource.codes, size, codes.astype(np.int32), says)

    # Which layers have a say

    def _situations(self) -> Memo[Any]:
        parts = [self._case_facts, *self._who, *self._by_value(OWNER), self._owners()]
        parts.append(self._exactly(self._columns.account))
        if self._sets.exists(Layer.ENDPOINT):
            parts += self._by_value(FORWARDING)
        return self._memo(
            "situation", parts, self._situation, same=lambda each: each and each.same()
        )

    def _situation(self, block: Block, at: int) -> _Situation | None:
        context = self._context(block, at)
        if context is None:
            return None
        try:
            case = case_of(context)
        except RequestError:
            return None
        levels = levels_with_a_say(context, case)
        return _Situation(case, levels, bool(remarks_on_credentials(context)))

    def _refusals(self) -> Iterator[Part]:
        """Yield whether the service refuses reserved names (R-AF-02)."""
        if not self._anew.any():
            return
        for key in self._columns.keys:
            if key.folded == NAME_OF_NEW_SECRET:
                names = key.dictionary.all_held()
                services = [None, *(each and reserving_service(each[0]) for each in names)]
                reserved = np.array([each is not None for each in services], np.bool_)
                chosen = Product(Told(key.codes, 2, reserved), self._chosen(self._anew))
                parts = [*self._who, *self._by_value(FORWARDING), _told(key.codes, services)]
                yield Among(self._memo("refusal", parts, self._refusal), chosen)

    def _refusal(self, block: Block, at: int) -> object:
        context = self._context(block, at)
        return _ASIDE if context is None else bool(remarks_on_reserved_name(context)) or _ALIKE

    def _checks(self) -> Iterator[Part]:
        """Yield whether given keys contradict each other, and whether the service has a say."""
        forwarding = self._by_value(FORWARDING)
        if forwarding:
            yield self._memo("forwarding", [*self._who, *forwarding], self._check)
        tags = [key for key in self._columns.keys if is_of_tags(key.folded)]
        if tags:
            compared = [
                self._exactly(key)
                if self._grouping.is_by_value(key.folded)
                else self._presence(key)
                for key in tags
            ]
            yield self._memo("tags", [self._facts, *compared], self._check)
        for key in tags:
            if is_reserved_tag(key.folded):
                not_given = np.zeros(len(key.dictionary), np.int32)
                not_given[0] = 1
                yield Told(key.codes, 2, not_given, (_ASIDE, _ALIKE).__getitem__)

    def _check(self, block: Block, at: int) -> object:
        return _ASIDE if self._context(block, at) is None else _ALIKE

    def _told_here(self, parts: Sequence[Part], find: Callable[[Block, int], Any]) -> Memo[Any]:
        """Return a memo of this table alone: its parts tell rows apart by what is asked in it."""
        return Memo(parts, find, first=(_ASIDE, _ALIKE))

    def _as_told_apart(self, key: Column) -> Told:
        """Return the classes of a key's values; of each says one value of it."""
        codes, size = self._grouping.classes_of_key(key)
        one_of = np.zeros(size, np.intp)
        one_of[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
        name, held = key.name, key.dictionary.held

        def says(number: int) -> Hashable:
            code = int(one_of[number])
            return name, held(code) if code else _ALIKE

        return Told(key.codes, size, codes.astype(np.int32), says)

    def _chosen(self, actions: NDArray[np.bool_]) -> Told:
        return Told(self._columns.action.codes, 2, actions)

    def _asking(self, programs: Iterable[_Program]) -> Told:
        """Return which rows are of some programs."""
        wanted = {*programs}
        return self._chosen(np.array([each in wanted for each in self._of_action], np.bool_))

    # How principal elements name the caller

    def _naming(self) -> Iterator[Part]:
        naming = [each for each in self._programs if each.value.named or each.value.at_endpoint]
        if naming:
            memo = self._memo(
                "named", [self._program, self._facts, *self._who], self._names,
                same=lambda each: id(each) if isinstance(each, Named) else each,
            )  # fmt: skip
            yield Among(memo, self._asking(naming))

    def _names(self, block: Block, at: int) -> object:
        context = self._context(block, at)
        if context is None:
            return _ASIDE
        return names_in(self._program_of(block, at).value, context) or _ALIKE

    def _program_of(self, block: Block, at: int) -> _Program:
        return self._programs[int(block.numbers(self._program)[at])]

    # How the tests go

    def _tests(self) -> Iterator[Part]:
        of_resource = {each: (row,) for each in self._programs if (row := each.value.resource)}
        if of_resource:
            yield self._outcomes(of_resource, self._resource())
        rows_of: dict[str, dict[_Program, list[Row]]] = {}
        wide: dict[Row, list[_Program]] = {}
        for program in self._programs:
            for row in program.value.keys:
                if row.variables:
                    wide.setdefault(row, []).append(program)
                else:
                    assert isinstance(row.attribute, Key)  # the resource has a row of its own
                    by_program = rows_of.setdefault(row.attribute.folded, {})
                    by_program.setdefault(program, []).append(row)
        for folded, by_program in rows_of.items():
            attribute = next(iter(by_program.values()))[0].attribute
            assert isinstance(attribute, Key)
            yield self._outcomes(by_program, self._key(attribute, folded))
        for row, programs in wide.items():
            yield self._of_pairs(row, programs)

    def _outcomes(self, rows_of: Mapping[_Program, Sequence[Row]], state: Part) -> Part:
        """Return how the rows of programs go, by what an attribute holds."""

        def find(block: Block, at: int) -> Outcomes | None:
            held = cast("Candidates | None", state.said(int(block.numbers(state)[at])))
            if held is None:
                return _ASIDE
            rows = rows_of[self._program_of(block, at)]
            return tuple(outcome_bits_of(row, held, (), OUR_READING) for row in rows)

        return Among(self._told_here([self._program, state], find), self._asking(rows_of))

    def _resource(self) -> Part:
        """Return how a resource is named: by the class of its text, or by what it may be."""
        resource = self._columns.resource
        by_text = np.array([each is None or each.is_named_as_given for each in self._asked.actions])
        kinds = self._kind_of_resource()
        table, says = self._named(resource.dictionary)
        table[kinds != _BY_TEXT] = 0
        given: Part = Told(resource.codes, len(says), table, says.__getitem__)
        if not by_text.all():
            given = Product(given, self._chosen(by_text))
        anew = self._anew
        kind = Told(resource.codes, _KINDS, kinds, _kind_said)
        parts: list[Part] = [self._facts, *self._who, kind]
        if not anew.any():
            return Either(given, self._memo("resource", parts, self._names_of_resource))
        for key in self._columns.keys:
            if key.folded in OF_NEW_SECRET:
                parts.append(Product(self._exactly(key), self._chosen(anew)))
        otherwise = self._memo("resource", parts, self._names_of_resource)
        return Either(given, Either(self._new_names(), otherwise))

    def _names_of_resource(self, block: Block, at: int) -> Candidates | None:
        context = self._context(block, at)
        return _ASIDE if context is None else context.resource_candidates()

    def _named(self, dictionary: Dictionary) -> tuple[Numbers, list[Candidates]]:
        """Return the classes of names, from 1, by how tests go; and a name of each."""
        reader = Reader(dictionary)
        found = combined([classes(dictionary, map(reader.outcomes, self._asked.tests()))])
        return (found.codes + 1).astype(np.int32), _held_by(dictionary, found)

    def _kind_of_resource(self) -> Numbers:
        """Return of each text of a resource whether it is none, `*`, or an ARN."""
        dictionary = self._columns.resource.dictionary
        kinds = np.full(len(dictionary), _BY_TEXT, np.int32)
        kinds[0] = _NOT_SAID
        star = dictionary.number(NO_RESOURCE)
        if star is not None:
            kinds[star] = _STAR
        return kinds

    def _new_names(self) -> Told:
        """Return how new secrets are named whose resource is given: 0 for other rows."""
        columns, resource = self._columns, self._columns.resource
        rows = np.flatnonzero(self._anew[columns.action.codes])
        rows = rows[self._kind_of_resource()[resource.codes[rows]] == _BY_TEXT]
        keys = [key for key in columns.keys if key.folded == NAME_OF_NEW_SECRET]
        codes = np.zeros(columns.rows, np.int32)
        if not len(rows):
            return Told(codes, 1, codes[:1], [(None,)].__getitem__)
        dense = combined(
            [Codes(each.codes[rows], len(each.dictionary)) for each in (resource, *keys)]
        )
        names = []
        for row in rows[dense.rows].tolist():
            held = [key.dictionary.held(int(key.codes[row])) for key in keys if key.codes[row]]
            name = next((values[0] for values in held if values and len(values) == 1), None)
            text = resource.dictionary.text(int(resource.codes[row]))
            assert text is not None
            names.append(name_of_new_secret(text, name))
        table, says = self._named(Dictionary(pa.array(names, pa.string()), None))
        table[0] = 0
        codes[rows] = dense.codes + 1
        return Told(codes, len(says), table, says.__getitem__)

    def _key(self, key: Key, folded: str) -> Part:
        """Return what rows hold of a key: the class of its values, or what it follows from."""
        columns = [each for each in self._columns.keys if each.folded == folded]
        parts = self._feeding(folded)
        kind = ("followed", folded, self._asked.version, self._grouping.version)
        following = self._memo(kind, parts, lambda block, at: self._followed(key, block, at))
        found: Part = following
        for column in columns:
            dense = combined([self._grouping.classes_by_tests(column)])
            says = _held_by(column.dictionary, dense)
            table = (dense.codes + 1).astype(np.int32)
            table[0] = 0
            found = Either(Told(column.codes, len(says), table, says.__getitem__), found)
        return found

    def _followed(self, key: Key, block: Block, at: int) -> Candidates | None:
        context = self._context(block, at)
        return _ASIDE if context is None else context.look(key)

    def _feeding(self, folded: str) -> list[Part]:
        """Return what tells rows apart in which a key that is not given may hold something else."""
        keys = self._columns.keys
        feeder = feeder_of(folded)
        match feeder:
            case Feeder.FORWARDING:
                return [*self._who, *self._by_value(FORWARDING)]
            case Feeder.TAGS:
                tags = (key for key in keys if is_of_tags(key.folded))
                return [*self._who, self._facts, *map(self._as_told_apart, tags)]
            case Feeder.TIME:
                times = (key for key in keys if is_of_time(key.folded))
                return [*self._who, *map(self._as_told_apart, times)]
            case Feeder.OWNER | Feeder.REGION:
                where, size = self._places.classes
                says = self._places.classes_said.__getitem__
                place = Told(self._columns.resource.codes, size, where.astype(np.int32), says)
                account = self._exactly(self._columns.account)
                return [*self._who, self._facts, *self._by_value(OWNER), place, account]
            case Feeder.CALLER:
                return [*self._who]
            case _:
                assert_never(feeder)

    def _of_pairs(self, row: Row, programs: list[_Program]) -> Part:
        """Return how tests with variables go."""
        columns, every = self._columns, np.arange(self._columns.rows)
        told = self._grouping.of_pairs(row, every, columns.action.codes)
        kinds = Told(columns.resource.codes, _KINDS, self._kind_of_resource())
        pairs = Told(told.codes, told.size)

        def find(block: Block, at: int) -> Outcomes | None:
            context = self._context(block, at)
            return _ASIDE if context is None else (outcome_bits(row, context),)

        memo = self._told_here([pairs, *self._who, kinds], find)
        return Among(memo, self._asking(programs))


def _told(codes: Numbers, values: Sequence[Hashable]) -> Told:
    """Return what a value of each code stands for, equal ones as one."""
    different = [*dict.fromkeys(values)]
    numbers = {value: number for number, value in enumerate(different)}
    table = np.array([numbers[value] for value in values], np.int32)
    return Told(codes, len(different), table, different.__getitem__)


def _held_by(dictionary: Dictionary, classes_: Dense) -> list[Candidates]:
    """Return what a value of each class holds, counted from 1."""
    rows = classes_.rows.tolist()
    return [(None,), *((dictionary.held(code) if code else None,) for code in rows)]


def _kind_said(kind: int) -> Hashable:
    return "resource", kind
