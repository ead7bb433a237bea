"""Policies as a program: a statement is a bit, a row gives the bits an attribute's value leaves.

The action picks the statements that could matter; only those are lowered, and the rows of an
action are built once. Memory is bounded: what is remembered per action and per row is dropped
when it grows past its bound.
"""

from collections.abc import Sequence
from typing import NamedTuple

from policy_eval.engine.decision import Entry
from policy_eval.engine.matching import Predicate, compile_set
from policy_eval.policy.ast import Effect, Policy
from policy_eval.semantics.lower import Key, Test, action_set, lower_statement
from policy_eval.semantics.outcomes import can_be_unreadable
from policy_eval.semantics.readings import OUR_READING, Reading
from policy_eval.semantics.sets import OneOf, ValueSet

_REMEMBERED_ACTIONS = 4096


class RowTest(NamedTuple):
    """A test of a row, and the bit of its statement."""

    bit: int
    test: Test


class Row:
    """The tests on one attribute (and the same variables), over all statements of an action."""

    __slots__ = ("attribute", "bits", "memo", "must_read", "tests", "variables")

    def __init__(self, tests: Sequence[RowTest]) -> None:
        first = tests[0].test
        self.attribute = first.attribute
        self.variables = first.variables
        self.tests = tuple(tests)
        self.bits = 0
        for row_test in tests:
            self.bits |= row_test.bit
        self.must_read = any(can_be_unreadable(row_test.test) for row_test in tests)
        self.memo: dict[object, tuple[int, int]] = {}


class ActionProgram(NamedTuple):
    """What matters for one action: its statements as bits, and the rows to AND."""

    statements: int
    resource: Row | None
    keys: tuple[Row, ...]


class Program:
    """The statements of some identity-based policies, ready for requests."""

    __slots__ = (
        "_by_action",
        "_exact",
        "_patterns",
        "_tests",
        "allows",
        "denies",
        "entries",
        "reading",
        "unusable",
    )

    def __init__(self, policies: Sequence[Policy], reading: Reading = OUR_READING) -> None:
        self.reading = reading
        self.entries = tuple(
            Entry(policy, statement) for policy in policies for statement in policy.statements
        )
        self.allows = self.denies = self.unusable = 0
        self._exact: dict[str, int] = {}
        self._patterns: list[tuple[Predicate, int]] = []
        self._tests: dict[int, tuple[Test, ...]] = {}
        self._by_action: dict[str, ActionProgram] = {}
        for index, (_, statement) in enumerate(self.entries):
            bit = 1 << index
            if statement.effect is Effect.ALLOW:
                self.allows |= bit
            else:
                self.denies |= bit
            if statement.unusable:
                self.unusable |= bit
            self._index(action_set(statement.action), bit)

    def _index(self, accepts: ValueSet, bit: int) -> None:
        if isinstance(accepts, OneOf):
            for name in accepts.values:
                self._exact[str(name)] = self._exact.get(str(name), 0) | bit
        else:
            self._patterns.append((compile_set(accepts), bit))

    def tests_of(self, index: int) -> tuple[Test, ...]:
        """Return the tests of a statement beside its action's, lowered when first wanted."""
        tests = self._tests.get(index)
        if tests is None:
            policy, statement = self.entries[index]
            tests = self._tests[index] = lower_statement(policy, statement, self.reading)
        return tests

    def for_action(self, folded: str) -> ActionProgram:
        """Return the rows of an action, given in lower case."""
        program = self._by_action.get(folded)
        if program is None:
            if len(self._by_action) >= _REMEMBERED_ACTIONS:
                self._by_action.clear()
            program = self._by_action[folded] = self._specialise(folded)
        return program

    def _specialise(self, folded: str) -> ActionProgram:
        selected = self._exact.get(folded, 0)
        for predicate, bit in self._patterns:
            if not selected & bit and predicate(folded):
                selected |= bit
        rows: dict[object, list[RowTest]] = {}
        for index in indices(selected):
            for test in self.tests_of(index):
                rows.setdefault((test.attribute, test.variables), []).append(
                    RowTest(1 << index, test)
                )
        resource: list[RowTest] = []
        keys: list[Row] = []
        for tests in rows.values():
            attribute = tests[0].test.attribute
            if isinstance(attribute, Key) or tests[0].test.variables:
                keys.append(Row(tests))
            else:
                resource.extend(tests)
        return ActionProgram(selected, Row(resource) if resource else None, tuple(keys))


def indices(bits: int) -> list[int]:
    """Return the numbers of the set bits, ascending."""
    found = []
    while bits:
        low = bits & -bits
        found.append(low.bit_length() - 1)
        bits ^= low
    return found
