"""Policies as a program: a statement is a bit, a row gives the bits an attribute's value leaves.

The action picks the statements that could matter; only those are lowered, and the rows of an
action are built once. Memory is bounded: what is remembered per action and per row is dropped
when it grows past its bound.
"""

from collections.abc import Sequence
from typing import NamedTuple

from policy_eval.engine.decision import Attachment, Entry
from policy_eval.engine.matching import Predicate, compile_set
from policy_eval.policy.ast import Effect
from policy_eval.policy.policy_type import RULES
from policy_eval.semantics.authorization import Grant
from policy_eval.semantics.layers import Layer
from policy_eval.semantics.lower import Key, Test, action_set, lower_statement
from policy_eval.semantics.outcomes import can_be_unreadable
from policy_eval.semantics.principals import Caller, PrincipalTest, lower_principal
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
        self.memo: dict[object, tuple[int, int, int]] = {}


class Named(NamedTuple):
    """Statements as bits, by how they name a caller: surely, and possibly."""

    sure: dict[Grant, int]
    possible: dict[Grant, int]
    not_named: int
    open: int


class NamingRow:
    """The principal elements of the statements of an action, in one kind of policy."""

    __slots__ = ("memo", "tests")

    def __init__(self, tests: Sequence[tuple[int, PrincipalTest]]) -> None:
        self.tests = tuple(tests)
        self.memo: dict[Caller, Named] = {}


class ActionProgram(NamedTuple):
    """What matters for one action: its statements as bits, and the rows to AND.

    `named` is the row of principals, `at_endpoint` that of endpoint policies, which a gateway reads
    in its own way.
    """

    statements: int
    resource: Row | None
    keys: tuple[Row, ...]
    named: NamingRow | None
    at_endpoint: NamingRow | None


class Program:
    """The statements of policies in their layers, ready for requests.

    `layers` gives the statements of each layer and level as bits.
    """

    __slots__ = (
        "_by_action",
        "_exact",
        "_patterns",
        "_tests",
        "allows",
        "denies",
        "entries",
        "layers",
        "reading",
        "unusable",
    )

    def __init__(self, attachments: Sequence[Attachment], reading: Reading = OUR_READING) -> None:
        self.reading = reading
        self.entries = tuple(
            Entry(attachment, statement)
            for attachment in attachments
            for statement in attachment.policy.statements
        )
        self.layers: dict[tuple[Layer, int], int] = {}
        self.allows = self.denies = self.unusable = 0
        self._exact: dict[str, int] = {}
        self._patterns: list[tuple[Predicate, int]] = []
        self._tests: dict[int, tuple[Test, ...]] = {}
        self._by_action: dict[str, ActionProgram] = {}
        for index, ((layer, level, _), statement) in enumerate(self.entries):
            bit = 1 << index
            self.layers[layer, level] = self.layers.get((layer, level), 0) | bit
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
            entry = self.entries[index]
            tests = lower_statement(entry.policy, entry.statement, self.reading)
            self._tests[index] = tests
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
        return ActionProgram(
            selected,
            Row(resource) if resource else None,
            tuple(keys),
            self._naming(selected, at_endpoint=False),
            self._naming(selected, at_endpoint=True),
        )

    def _naming(self, selected: int, *, at_endpoint: bool) -> NamingRow | None:
        tests = [
            (1 << index, lower_principal(statement, self.reading))
            for index in indices(selected)
            for (layer, _, policy), statement in (self.entries[index],)
            if RULES[policy.type].names_principals and (layer is Layer.ENDPOINT) is at_endpoint
        ]
        return NamingRow(tests) if tests else None


def indices(bits: int) -> list[int]:
    """Return the numbers of the set bits, ascending."""
    found = []
    while bits:
        low = bits & -bits
        found.append(low.bit_length() - 1)
        bits ^= low
    return found
