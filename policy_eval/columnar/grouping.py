"""Rows of one kind: those in which everything goes alike that statements and rules ask."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from policy_eval.columnar.asked import Asked, OfAction
from policy_eval.columnar.callers import CallersOfRows
from policy_eval.columnar.classes import Reader, classes
from policy_eval.columnar.codes import Codes, Dense, combined
from policy_eval.columnar.columns import Column, Columns, Dictionary
from policy_eval.columnar.places import Places
from policy_eval.columnar.tuples import Attribute, Holding, outcomes_of
from policy_eval.engine.program import Row
from policy_eval.request.context import Values
from policy_eval.semantics.linked_keys import (
    is_linked,
    is_of_time,
    link_of,
    may_follow,
    rules_compare,
    rules_may_ask,
    times_held,
)
from policy_eval.semantics.lower import Key
from policy_eval.semantics.resources import is_named_anew

Numbers: TypeAlias = NDArray[np.signedinteger[Any]]


class Mode(Enum):
    """How far the rows of an action are told apart."""

    ALIKE = "by how tests go"
    BY_NAME = "so, but resources by their text"
    BY_ROW = "by every value"


class Kinds(NamedTuple):
    """Rows (their numbers), the kind of each, and a row of each kind."""

    rows: Numbers
    kinds: Dense


class Grouping:
    """How the rows of a table are told apart.

    `by_value` are keys (folded) whose values are told apart, and `by_name` actions (folded) whose
    resources are, because rules look at them; `sets` are the sets of policies of the rows.
    """

    def __init__(
        self,
        columns: Columns,
        asked: Asked,
        callers: CallersOfRows,
        places: Places,
        told_apart: tuple[set[str], set[str]],
        sets: Codes,
    ) -> None:
        self._columns = columns
        self._asked = asked
        self._callers = callers
        self._places = places
        self._by_value, self._by_name = told_apart
        self._sets = sets
        self._links = [link_of(key.folded) for key in columns.keys]
        self._reads: dict[str, NDArray[np.bool_]] = {}
        self._modes = [
            Mode.BY_ROW if action is None else self._mode(action) for action in asked.actions
        ]

    @property
    def version(self) -> int:
        """The same number, by the same tests, means the same classes."""
        return len(self._by_value)

    def _reading(self, key: Column) -> NDArray[np.bool_]:
        """Return which actions may ask for a key."""
        if key.name not in self._reads:
            actions = self._asked.actions
            asked = [action is not None and self.is_asked(key, action) for action in actions]
            self._reads[key.name] = np.array(asked, np.bool_)
        return self._reads[key.name]

    def is_asked(self, key: Column, action: OfAction) -> bool:
        """Return whether statements on an action, or rules, may ask for a key."""
        return (
            rules_may_ask(key.folded)
            or key.folded in self._by_value
            or link_of(key.folded) in action.links
            or any(key.folded in _keys_of(row) for row in action.wide)
        )

    def asked_keys(self, action: int) -> list[Column]:
        """Return the keys that may be asked for in rows of an action, given by its number."""
        return [key for key in self._columns.keys if self._reading(key)[action]]

    def names_its_caller(self, action: int) -> bool:
        """Return whether tests on rows of an action look at keys that follow from the caller."""
        of_action = self._asked.actions[action]
        return of_action is not None and any(
            not self._callers.following.isdisjoint(_keys_of(row)) for row in of_action.wide
        )

    def is_safe(self, folded: str) -> bool:
        """Return whether rules may look at the values of a key: told apart, or not compared."""
        return self.is_by_value(folded) or is_linked(folded)

    def is_by_name(self, action: str) -> bool:
        """Return whether the resources of an action (folded) are told apart by their text."""
        return is_named_anew(action) or action in self._by_name

    def rows_of(self, mode: Mode) -> Numbers:
        """Return the rows whose action is told apart in a way."""
        chosen = np.array([each is mode for each in self._modes], np.bool_)
        if chosen.all():
            return np.arange(self._columns.rows)
        return np.flatnonzero(chosen[self._columns.action.codes])

    def kinds(self, rows: Numbers, mode: Mode) -> Kinds:
        """Return the kinds of some rows, told apart in a way."""
        parts = self._values(rows) if mode is Mode.BY_ROW else self._classes(rows, mode)
        return Kinds(rows, combined([_of(self._sets, rows), *parts]))

    def _mode(self, action: OfAction) -> Mode:
        if any(self._pairing(row, action) is None for row in action.wide):
            return Mode.BY_ROW
        return Mode.BY_NAME if self.is_by_name(action.folded) else Mode.ALIKE

    def _values(self, rows: Numbers) -> Iterator[Codes]:
        columns = self._columns
        few = (columns.action, columns.principal, columns.resource, columns.account)
        named = () if columns.policies is None else (columns.policies,)
        for column in (*few, *named, *columns.keys):
            yield _of(column.coded, rows)

    def _classes(self, rows: Numbers, mode: Mode) -> Iterator[Codes]:
        columns, callers = self._columns, self._callers
        actions = columns.action.codes if len(rows) == columns.rows else columns.action.codes[rows]
        folded = [action.folded if action else "" for action in self._asked.actions]
        numbers = {text: number for number, text in enumerate(dict.fromkeys(folded))}
        yield Codes(np.array([numbers[text] for text in folded])[actions], len(numbers))
        of_callers = callers.classes
        yield Codes(of_callers.codes[_chosen(callers.codes, rows)], of_callers.size)
        yield self._of_resource(columns.resource, rows, mode)
        yield _of(columns.account.coded, rows)
        for key in columns.keys:
            if key.folded not in callers.telling:
                yield from self._of_key(key, rows, actions)
        for row in dict.fromkeys(
            row for action in self._asked.actions if action for row in action.wide
        ):
            yield self.of_pairs(row, rows, actions)

    def _of_resource(self, resource: Column, rows: Numbers, mode: Mode) -> Codes:
        if mode is Mode.BY_NAME:
            return _of(resource.coded, rows)
        reader = Reader(resource.dictionary)
        outcomes = [reader.outcomes(test) for test in self._asked.tests()]
        found = classes(resource.dictionary, [self._places.classes, *outcomes])
        return Codes(found.codes[_chosen(resource.codes, rows)], found.size)

    def _of_key(self, key: Column, rows: Numbers, actions: Numbers) -> Iterator[Codes]:
        reads = self._reading(key)
        if not reads.any():
            return
        found = self.classes_of_key(key)
        codes = found.codes[_chosen(key.codes, rows)]
        yield Codes(np.where(reads[actions], codes, 0), found.size)

    def classes_of_key(self, key: Column) -> Codes:
        """Return the classes of the values of a key; each value its own where rules look at it."""
        if self.is_by_value(key.folded):
            return classes(key.dictionary, (), by_value=True)
        return self.classes_by_tests(key)

    def classes_by_tests(self, key: Column) -> Codes:
        """Return the classes of the values of a key by how tests go, on it and what is linked."""
        outcomes: list[Codes] = []
        tests = self._asked.tests(link_of(key.folded))
        readers: dict[str, Reader] = {}
        for test in tests:
            attribute = test.attribute
            assert isinstance(attribute, Key)
            if attribute.folded not in readers:
                readers[attribute.folded] = Reader(_as_read(key, attribute.folded))
            outcomes.append(readers[attribute.folded].outcomes(test))
        return classes(key.dictionary, outcomes)

    def is_by_value(self, folded: str) -> bool:
        """Return whether rules may compare the values of a key with others."""
        linked = self._links.count(link_of(folded)) > 1
        return linked or rules_compare(folded) or folded in self._by_value

    def of_pairs(self, row: Row, rows: Numbers, actions: Numbers) -> Codes:
        """Return how tests with variables go in the rows that they are put to."""
        with_row = [action and row in action.wide and action for action in self._asked.actions]
        where = np.flatnonzero(np.array(list(map(bool, with_row)), np.bool_)[actions])
        codes = np.zeros(len(rows), np.int32)
        pairings = (self._pairing(row, action) for action in with_row if action)
        pairing = next(filter(None, pairings), None)  # of an action that has one they are the same
        if not len(where) or pairing is None:
            return Codes(codes, 1)
        own, variables = pairing
        at = rows[where]
        found = outcomes_of(
            row,
            Attribute(own.codes[at], own.dictionary),
            [Holding(each.codes[at], each.held) for each in variables],
        )
        codes[where] = found.codes + 1
        return Codes(codes, found.size + 1)

    def _pairing(self, row: Row, action: OfAction) -> tuple[Attribute, list[Holding]] | None:
        """Return what rows hold of all that a test with variables looks at; None: not that easy."""
        variables: list[Holding] = []
        for key in row.variables:
            holding = self._holding(key.folded)
            if holding is None:
                return None
            variables.append(holding)
        own = self._attribute(row, action)
        return None if own is None else (own, variables)

    def _attribute(self, row: Row, action: OfAction) -> Attribute | None:
        if isinstance(row.attribute, Key):
            holding = self._holding(row.attribute.folded)
            if holding is None:
                return None
            return Attribute(holding.codes + 1, Dictionary(None, list(holding.held)))
        if not action.is_named_as_given:
            return None
        resource = self._columns.resource
        return Attribute(resource.codes, resource.dictionary)

    def _holding(self, folded: str) -> Holding | None:
        """Return what the rows hold of a key; None where that follows from more than one column."""
        callers = self._callers
        if folded in callers.following:
            held = [caller.held(folded) for caller in callers.callers]
            return Holding(callers.codes, held)
        columns = [key for key in self._columns.keys if key.folded == folded]
        if len(columns) > 1:
            return None
        column = columns[0] if columns else None
        if may_follow(folded) and (column is None or not column.codes.all()):
            return None
        if column is None:
            return Holding(np.zeros(self._columns.rows, np.intp), [None])
        return Holding(column.codes, [None, *column.dictionary.all_held()])


def _keys_of(row: Row) -> frozenset[str]:
    own = (row.attribute,) if isinstance(row.attribute, Key) else ()
    return frozenset(key.folded for key in (*own, *row.variables))


def _chosen(codes: Numbers, rows: Numbers) -> Numbers:
    return codes if len(rows) == len(codes) else codes[rows]


def _of(coded: Codes, rows: Numbers) -> Codes:
    return Codes(_chosen(coded.codes, rows), coded.size)


def _as_read(key: Column, folded: str) -> Dictionary:
    """Return the values of a key as they are read under a name that is linked to it."""
    if key.folded == folded or not is_of_time(folded):
        return key.dictionary
    held: list[Values | None] = [
        times_held(key.folded, values).get(folded) for values in key.dictionary.all_held()
    ]
    return Dictionary(None, held)
