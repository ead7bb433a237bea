"""Which slips in the policies no test would notice.

Every slip gives a mutant: the same policies with one statement changed. All mutants of a set are
looked at beside the originals, in one pass over the tests (`engine.variants`); only where one
matches otherwise is a test decided again. What no test notices is compared in meaning with its
original, and then a request is looked for that tells the two apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import unified_diff
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from policy_eval.cases.run import run_case
from policy_eval.cases.runner import Plan, load_tests, names_of
from policy_eval.cases.slips import Slip, slips_of
from policy_eval.cases.standing import NO_NAMES, Names, standing
from policy_eval.cases.suite import Case
from policy_eval.cases.witness import Question, tell_apart
from policy_eval.cases.writing import Fields, request_fields, yaml_text
from policy_eval.engine.decide import Seen, decide_call
from policy_eval.engine.matching import compile_set
from policy_eval.engine.policies import PolicySet
from policy_eval.engine.program import indices
from policy_eval.engine.variants import Variants
from policy_eval.errors import InputError, Place, Severity, visible
from policy_eval.policy.ast import Policy, Statement
from policy_eval.policy.clauses import Part
from policy_eval.policy.policy_type import RULES
from policy_eval.policy.rendering import rendered
from policy_eval.request.request import Request
from policy_eval.semantics.equivalence import readings_that_tell_apart, same_meaning
from policy_eval.semantics.lower import action_set
from policy_eval.semantics.validity import problems_in


class Verdict(Enum):
    """What became of a mutant."""

    NOTICED = "noticed"
    UNNOTICED = "not noticed"
    EQUIVALENT = "equivalent"
    UNDECIDED = "perhaps equivalent"


class Mutant(NamedTuple):
    """A slip in a policy, and what became of it.

    `place` is where the slip is, `diff` the statement before and after in JSON. `noticed_by` names
    the test that fails, `test` is the text of one that would have (where a request was found that
    tells the two apart), `tried` how many requests were tried. `rests_on` are the rules whose
    other reading would tell apart what is equivalent.
    """

    place: Place
    statement: str
    what: str
    diff: str
    verdict: Verdict
    noticed_by: str = ""
    test: str = ""
    tried: int = 0
    rests_on: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Return the mutant as plain data, in stable field names."""
        return {
            "file": self.place.file,
            "line": self.place.line,
            "column": self.place.column,
            "statement": self.statement,
            "what": self.what,
            "diff": self.diff,
            "verdict": self.verdict.value,
            "noticed_by": self.noticed_by or None,
            "test": self.test or None,
            "requests_tried": self.tried,
            "rests_on": list(self.rests_on),
        }


class Mutation(NamedTuple):
    """The mutants of all policies, by place."""

    mutants: tuple[Mutant, ...] = ()

    def having(self, *verdicts: Verdict) -> tuple[Mutant, ...]:
        """Return the mutants of some verdicts."""
        return tuple(mutant for mutant in self.mutants if mutant.verdict in verdicts)

    def to_dict(self) -> dict[str, object]:
        """Return the mutants as plain data, in stable field names (docs/testing.md)."""
        return {
            **{each.value.replace(" ", "_"): len(self.having(each)) for each in Verdict},
            "mutants": [mutant.to_dict() for mutant in self.mutants],
        }


class _Change(NamedTuple):
    """A slip in a statement of a set: by the numbers of its attachment and statement."""

    place: int
    number: int
    slip: Slip


class _Key(NamedTuple):
    """What makes a mutant in one suite the same as in another."""

    place: Place
    layer: str
    what: str


def mutate(paths: Sequence[Path], plan: Plan) -> Mutation:
    """Return what became of every slip in the policies of some suites, whose tests pass.

    Raises SuiteError for a suite that cannot be read.
    """
    noticed: dict[_Key, str] = {}
    fields: dict[_Key, tuple[_Change, _Group]] = {}
    for group in _groups(paths, plan):
        for change, by in group.judged():
            key = group.key(change)
            fields.setdefault(key, (change, group))
            if by and not noticed.get(key):
                noticed[key] = by
    mutants = (
        group.mutant(key, change, noticed.get(key, "")) for key, (change, group) in fields.items()
    )
    return Mutation(tuple(sorted(mutants, key=lambda mutant: mutant.place)))


def _groups(paths: Sequence[Path], plan: Plan) -> Iterator[_Group]:
    """Yield the tests of each suite that share their policies."""
    for path in paths:
        groups: dict[int, _Group] = {}
        suite = load_tests(path, plan.given)
        names = names_of(suite)
        for case in suite.cases:
            given, requests = case.policies, case.requests
            if case.skip or isinstance(given, InputError) or isinstance(requests, InputError):
                continue
            if plan.selection.takes(case, str(path)):
                if id(given) not in groups:
                    groups[id(given)] = _Group(given, names)
                groups[id(given)].tests.append(_Test(case, requests))
        yield from groups.values()


class _Test(NamedTuple):
    """A test, and its requests, which are not refused."""

    case: Case
    requests: tuple[Request, ...]

    def __str__(self) -> str:
        return f"{self.case.name} ({self.case.place.file}:{self.case.place.line})"


class _Group:
    """A set of policies, and the tests that have it."""

    def __init__(self, policies: PolicySet, names: Names = NO_NAMES) -> None:
        self.policies = policies
        self._names = names
        self.tests: list[_Test] = []
        self.changes = [
            _Change(place, index, slip)
            for place, (_, _, policy) in enumerate(policies.attachments)
            for index, statement in enumerate(policy.statements)
            for slip in _slips(policy, statement)
        ]

    def key(self, change: _Change) -> _Key:
        """Return what identifies a change wherever its policy is used."""
        layer, _, policy = self.policies.attachments[change.place]
        return _Key(self._place(policy, change), layer.value, change.slip.what)

    def _place(self, policy: Policy, change: _Change) -> Place:
        statement = policy.statements[change.number]
        place, _ = standing(policy, statement, change.slip.path, self._names)
        return place

    def judged(self) -> Iterator[tuple[_Change, str]]:
        """Yield each change with the name of a test that notices it; empty where none does."""
        by: dict[int, str] = {}
        look = _Look(self)
        for test in self.tests:
            for number in look.candidates(test):
                if number not in by and self._notices(test.case, self.changes[number]):
                    by[number] = str(test)
        yield from ((change, by.get(number, "")) for number, change in enumerate(self.changes))

    def changed(self, change: _Change) -> PolicySet:
        """Return the policies with a change in them."""
        return self.policies.with_statement(change.place, change.number, change.slip.statement)

    def _notices(self, case: Case, change: _Change) -> bool:
        return bool(run_case(case._replace(policies=self.changed(change))).differences)

    def mutant(self, key: _Key, change: _Change, noticed_by: str) -> Mutant:
        """Return what became of a change."""
        policy = self.policies.attachments[change.place].policy
        statement = policy.statements[change.number]
        slip = change.slip
        mutant = Mutant(
            key.place,
            policy.label(statement),
            slip.what,
            _diff(statement, slip.statement, key.place),
            Verdict.NOTICED,
            noticed_by,
        )
        if noticed_by:
            return mutant
        if slip.statement is not None and same_meaning(policy, statement, slip.statement):
            rests_on = readings_that_tell_apart(policy, statement, slip.statement)
            return mutant._replace(verdict=Verdict.EQUIVALENT, rests_on=rests_on)
        question = Question(self.policies, self.changed(change), policy, statement, slip)
        search = tell_apart(question, self._requests)
        if search.witness is None:
            return mutant._replace(verdict=Verdict.UNDECIDED, tried=search.tried)
        fields: Fields = {
            "name": f"notices: {slip.what}",
            **request_fields([search.witness.request]),
            "expect": search.witness.expected,
        }
        test = f"# under the policies of: {visible(str(self.tests[0]))}\n{yaml_text([fields])}"
        return mutant._replace(verdict=Verdict.UNNOTICED, test=test, tried=search.tried)

    @cached_property
    def _requests(self) -> tuple[Request, ...]:
        """The requests of all tests, each once."""
        requests = [request for test in self.tests for request in test.requests]
        return tuple({repr(request_fields([each])): each for each in requests}.values())


def _slips(policy: Policy, statement: Statement) -> Iterator[Slip]:
    """Yield the slips in a statement that give a policy that AWS would store, each once."""
    seen = {statement}
    known = _errors(policy, statement)
    for slip in slips_of(statement) if not statement.unusable else ():
        mutant = slip.statement
        if mutant is None:
            yield slip
        elif mutant not in seen and _is_stored(policy, mutant, known):
            seen.add(mutant)
            yield slip


def _is_stored(policy: Policy, mutant: Statement, known: frozenset[tuple[str, bool]]) -> bool:
    turned = {mutant.action.name, mutant.resource.name} & {"NotAction", "NotResource"}
    return turned.isdisjoint(RULES[policy.type].forbidden) and _errors(policy, mutant) <= known


def _errors(policy: Policy, statement: Statement) -> frozenset[tuple[str, bool]]:
    """Return what is wrong with a statement, and whether it is unusable for it."""
    found = problems_in(policy._replace(statements=(statement,)))
    errors = (each for each in found if each.severity is Severity.ERROR)
    return frozenset((each.code, each.unusable) for each in errors)


def _diff(before: Statement, after: Statement | None, place: Place) -> str:
    old = rendered(before).split("\n")
    new = [] if after is None else rendered(after).split("\n")
    lines = unified_diff(old, new, f"{place.file}:{place.line}", "mutant", lineterm="", n=1)
    return "\n".join(line for line in lines if not line.startswith("@@"))


class _Look:
    """One look at all mutants of a set: which of them a test could notice."""

    def __init__(self, group: _Group) -> None:
        self._policies = group.policies
        self._all = range(len(group.changes))
        self._variants = Variants(
            group.policies.attachments,
            [
                (change.place, change.slip.statement)
                for change in group.changes
                if change.slip.statement is not None
            ],
        )
        self._number: list[int] = []  # of the change, by the bit of its variant
        statements = [
            ((place, index), compile_set(action_set(statement.action)))
            for place, (_, _, policy) in enumerate(group.policies.attachments)
            for index, statement in enumerate(policy.statements)
        ]
        self._selects = [selects for _, selects in statements]
        self._of: list[list[int]] = [[] for _ in statements]  # changes of each statement
        self._bits = [0 for _ in statements]  # those that leave a variant, as bits
        self._always: list[list[int]] = [[] for _ in statements]  # … that do more than to match
        entries = {at: entry for entry, (at, _) in enumerate(statements)}
        for number, (place, index, slip) in enumerate(group.changes):
            entry = entries[place, index]
            self._of[entry].append(number)
            if slip.part in (None, Part.PRINCIPAL):
                self._always[entry].append(number)
            if slip.statement is not None:
                self._bits[entry] |= 1 << len(self._number)
                self._number.append(number)

    def candidates(self, test: _Test) -> Iterable[int]:
        """Return the numbers of the changes that may change what comes of a test."""
        expect = test.case.expect
        assert expect is not None  # a test, no scenario
        if expect.decision == "invalid" or (expect.error, expect.rests_on) != (None, None):
            return self._all  # other readings see other requests
        seen: list[Seen] = []
        try:
            decide_call(self._policies, test.requests, seen, missing=False)
            found = dict.fromkeys(number for each in seen for number in self._differing(each))
        except InputError:
            return self._all
        if (expect.failed_conditions, expect.missing_context) != (None, None):
            found |= dict.fromkeys(self._on_action(seen))
        return found

    def _differing(self, seen: Seen) -> Iterator[int]:
        variants = self._variants.matches(seen.context, seen.case)
        sure = possible = 0
        for entry in indices(seen.possible):
            possible |= self._bits[entry]
            sure |= self._bits[entry] if seen.sure >> entry & 1 else 0
            yield from self._always[entry]
        differing = (sure ^ variants.sure) | (possible ^ variants.possible)
        yield from (self._number[bit] for bit in indices(differing))

    def _on_action(self, seen: Sequence[Seen]) -> Iterator[int]:
        """Yield the changes to statements on the actions of a call."""
        actions = {each.context.folded_action for each in seen}
        for selects, changes in zip(self._selects, self._of, strict=True):
            if any(map(selects, actions)):
                yield from changes
