"""Policies as a program: a statement is a bit, a row gives the bits an attribute's value leaves.

The action picks the statements that could matter; only those are lowered, and the rows of an
action are built once. Memory is bounded: what is remembered per action and per row is dropped
when it grows past its bound.
"""

from collections.abc import Iterable, Sequence
from itertools import compress
from typing import NamedTuple

from policy_eval.engine.decision import Attachment, Deciding, Entry
from policy_eval.engine.matching import Predicate, compile_set
from policy_eval.policy.ast import Effect, Element
from policy_eval.policy.policy_type import RULES
from policy_eval.semantics.authorization import Grant
from policy_eval.semantics.layers import Layer
from policy_eval.semantics.lower import Key, Test, action_set, lower_statement
from policy_eval.semantics.outcomes import can_be_unreadable, constant
from policy_eval.semantics.principals import Caller, PrincipalTest, lower_principal
from policy_eval.semantics.readings import OUR_READING, Reading
from policy_eval.semantics.sets import OneOf

_REMEMBERED_ACTIONS = 4096


class RowTest(NamedTuple):
    """A test of a row, and the bit of its statement."""

    bit: int
    test: Test


class Row:
    """The tests on one attribute (and the same variables), over all statements of an action.

    `memo` remembers what values leave: those that fail, that are not known, and that cannot be
    read. `keeps` remembers, of values that are known and can be read, the bits that stay.
    """

    __slots__ = ("attribute", "bits", "keeps", "memo", "must_read", "tests", "variables")

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
        self.keeps: dict[object, int] = {}


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

    Actions that the same statements select share one.

    Bits count the statements that the action selects, so they are few where policies are many:
    `numbers` gives the number of each in the program. `all` are all of them, `allows`, `denies` and
    `unusable` those that are so, `layers` those of each layer and level. `named` is the row of
    principals, `at_endpoint` that of endpoint policies, which a gateway reads in its own way.
    """

    numbers: tuple[int, ...]
    all: int
    allows: int
    denies: int
    unusable: int
    layers: dict[tuple[Layer, int], int]
    resource: Row | None
    keys: tuple[Row, ...]
    named: NamingRow | None
    at_endpoint: NamingRow | None

    def in_program(self, bits: int) -> int:
        """Return bits of the action as bits of the program."""
        found = 0
        for index in indices(bits):
            found |= 1 << self.numbers[index]
        return found


def selects(element: Element, folded: str) -> bool:
    """Return whether an Action or NotAction element selects an action, given in lower case."""
    accepts = action_set(element)
    if isinstance(accepts, OneOf):
        return folded in accepts.values
    return compile_set(accepts)(folded)


class _Index:
    """The numbers of statements by the actions that they name."""

    def __init__(self, actions: Iterable[Element]) -> None:
        self._exact: dict[str, list[int]] = {}
        self._patterns: list[tuple[Predicate, int]] = []
        for index, action in enumerate(actions):
            accepts = action_set(action)
            if isinstance(accepts, OneOf):
                for name in accepts.values:
                    self._exact.setdefault(str(name), []).append(index)
            else:
                self._patterns.append((compile_set(accepts), index))

    def selected(self, folded: str) -> tuple[int, ...]:
        """Return the numbers of the statements that an action selects, ascending."""
        selected = {index for predicate, index in self._patterns if predicate(folded)}
        selected.update(self._exact.get(folded, ()))
        return tuple(sorted(selected))


class Program:
    """The statements of policies in their layers, ready for requests."""

    __slots__ = (
        "_by_action",
        "_by_numbers",
        "_deciding",
        "_index",
        "_tests",
        "entries",
        "reading",
    )

    def __init__(self, attachments: Sequence[Attachment], reading: Reading = OUR_READING) -> None:
        self.reading = reading
        self.entries = tuple(
            Entry(attachment, statement)
            for attachment in attachments
            for statement in attachment.policy.statements
        )
        self._index: _Index | None = None
        self._tests: dict[int, tuple[Test, ...]] = {}
        self._deciding: dict[int, Deciding] = {}
        self._by_action: dict[str, ActionProgram] = {}
        self._by_numbers: dict[tuple[int, ...], ActionProgram] = {}

    def tests_of(self, index: int) -> tuple[Test, ...]:
        """Return the tests of a statement beside its action's, lowered when first wanted."""
        tests = self._tests.get(index)
        if tests is None:
            entry = self.entries[index]
            tests = lower_statement(entry.policy, entry.statement, self.reading)
            self._tests[index] = tests
        return tests

    def deciding(self, index: int) -> Deciding:
        """Return the record of a statement, as decisions name it."""
        deciding = self._deciding.get(index)
        if deciding is None:
            deciding = self._deciding[index] = Deciding.of(self.entries[index])
        return deciding

    def for_action(self, folded: str) -> ActionProgram:
        """Return the rows of an action, given in lower case."""
        program = self._by_action.get(folded)
        if program is None:
            if len(self._by_action) >= _REMEMBERED_ACTIONS:
                self._by_action.clear()
                self._by_numbers.clear()
            program = self._by_action[folded] = self.of_statements(self._selected(folded))
        return program

    def _selected(self, folded: str) -> tuple[int, ...]:
        """Return the numbers of the statements that an action selects."""
        if self._index is None:
            if not self._by_action:  # many programs are asked about one action
                return tuple(
                    index
                    for index, (_, statement) in enumerate(self.entries)
                    if selects(statement.action, folded)
                )
            self._index = _Index(statement.action for _, statement in self.entries)
        return self._index.selected(folded)

    def of_statements(self, numbers: tuple[int, ...]) -> ActionProgram:
        """Return the rows of the actions that some statements select, by number, and no other."""
        program = self._by_numbers.get(numbers)
        if program is None:
            program = self._by_numbers[numbers] = self._specialise(numbers)
        return program

    def _specialise(self, numbers: tuple[int, ...]) -> ActionProgram:
        rows: dict[object, list[RowTest]] = {}
        layers: dict[tuple[Layer, int], int] = {}
        allows = denies = unusable = 0
        for place, index in enumerate(numbers):
            bit = 1 << place
            (layer, level, _), statement = self.entries[index]
            layers[layer, level] = layers.get((layer, level), 0) | bit
            if statement.effect is Effect.ALLOW:
                allows |= bit
            else:
                denies |= bit
            if statement.unusable:
                unusable |= bit
            for test in self.tests_of(index):
                if constant(test) and not can_be_unreadable(test):
                    continue  # as that of a statement on every resource
                rows.setdefault((test.attribute, test.variables), []).append(RowTest(bit, test))
        resource: list[RowTest] = []
        keys: list[Row] = []
        for tests in rows.values():
            attribute = tests[0].test.attribute
            if isinstance(attribute, Key) or tests[0].test.variables:
                keys.append(Row(tests))
            else:
                resource.extend(tests)
        return ActionProgram(
            numbers,
            (1 << len(numbers)) - 1,
            allows,
            denies,
            unusable,
            layers,
            Row(resource) if resource else None,
            tuple(keys),
            self._naming(numbers, at_endpoint=False),
            self._naming(numbers, at_endpoint=True),
        )

    def _naming(self, numbers: Sequence[int], *, at_endpoint: bool) -> NamingRow | None:
        tests = [
            (1 << place, lower_principal(statement, self.reading))
            for place, index in enumerate(numbers)
            for (layer, _, policy), statement in (self.entries[index],)
            if RULES[policy.type].names_principals and (layer is Layer.ENDPOINT) is at_endpoint
        ]
        return NamingRow(tests) if tests else None


_FEW = 64
_ONES = bytes.maketrans(b"01", b"\x00\x01")


def indices(bits: int) -> list[int]:
    """Return the numbers of the set bits, ascending."""
    if bits.bit_count() > _FEW:
        ones = bin(bits)[:1:-1].encode().translate(_ONES)
        return [*compress(range(len(ones)), ones)]
    found = []
    while bits:
        low = bits & -bits
        found.append(low.bit_length() - 1)
        bits ^= low
    return found
