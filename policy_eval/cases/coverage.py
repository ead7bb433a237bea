"""What of the policies the tests pin down: by statement, and by each value in it.

A clause is reached by a request if its layer has a say and everything holds that is looked at
before it: the action before the resource, the resource before the principal, all three before the
conditions. Of a reached clause two outcomes can be seen: it accepts the request and its statement
matches, or it rejects it. The clauses stand alone as variants of their statements, so the engine
that decides is the one that says which of them accept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from policy_eval.cases.standing import NO_NAMES, Names, standing
from policy_eval.engine.decide import Seen, decide_call
from policy_eval.engine.decision import Decision
from policy_eval.engine.policies import PolicySet
from policy_eval.engine.variants import Variants
from policy_eval.errors import Place
from policy_eval.policy.ast import Policy, Statement
from policy_eval.policy.clauses import (
    BEFORE,
    Clause,
    Part,
    alone,
    before_any,
    clauses_of,
    up_to,
)
from policy_eval.request.request import Request
from policy_eval.semantics.layers import Layer


class Outcomes(NamedTuple):
    """What tests have seen of a clause, or of a statement as a whole.

    `reached`: a request came to it; to a statement and its actions, one for them. `accepted`: it
    held. `matched`: and so did the whole statement. `rejected`: it was looked at and did not hold.
    `decisive`: its statement decided an answer.
    """

    reached: bool = False
    accepted: bool = False
    matched: bool = False
    rejected: bool = False
    decisive: bool = False

    def __or__(self, other: Outcomes) -> Outcomes:
        return Outcomes(*(one or another for one, another in zip(self, other, strict=True)))


class Covered(NamedTuple):
    """A clause, or a statement as a whole (`text` empty), and what tests have seen of it.

    `can_reject` is whether there is anything that it would reject.
    """

    place: Place
    end: Place
    text: str
    seen: Outcomes
    can_reject: bool = True

    @property
    def goals(self) -> int:
        """How many outcomes there are to be seen."""
        return 2 if self.can_reject else 1

    @property
    def met(self) -> int:
        """How many of them were; that requests for something else are rejected is none."""
        seen = self.seen
        return int(seen.matched) + int(seen.reached and seen.rejected and self.can_reject)

    @property
    def status(self) -> str:
        """What tests have seen, in words."""
        seen = self.seen
        if not seen.reached:
            return "never reached"
        if self.met == self.goals:
            return "tested both ways" if self.can_reject else "matched"
        if seen.matched:
            return "matched, never rejects"
        if seen.accepted:
            return "accepts, and never in a statement that matches"
        return "never accepts"

    def to_dict(self) -> dict[str, object]:
        """Return it as plain data, in stable field names."""
        return {
            "text": self.text,
            "status": self.status,
            **self.seen._asdict(),
            "outcomes": self.goals,
            "seen": self.met,
            "line": self.place.line,
            "column": self.place.column,
            "end_line": self.end.line,
            "end_column": self.end.column,
        }


class CoveredStatement(NamedTuple):
    """A statement, what tests have seen of it as a whole, and its clauses."""

    policy: str
    layer: Layer
    label: str
    whole: Covered
    clauses: tuple[Covered, ...]

    @property
    def identity(self) -> tuple[Place, Layer, str, tuple[tuple[Place, str], ...]]:
        """What is the same wherever it is seen, and of no other: two may share a place."""
        clauses = tuple((clause.place, clause.text) for clause in self.clauses)
        return self.whole.place, self.layer, self.label, clauses

    @property
    def parts(self) -> tuple[Covered, ...]:
        """The statement as a whole, and its clauses."""
        return (self.whole, *self.clauses)

    def to_dict(self) -> dict[str, object]:
        """Return it as plain data, in stable field names."""
        return {
            "layer": self.layer.value,
            "policy": self.policy,
            "statement": self.label,
            **{name: value for name, value in self.whole.to_dict().items() if name != "text"},
            "clauses": [clause.to_dict() for clause in self.clauses],
        }


class Coverage(NamedTuple):
    """What of all policies tests pin down: by place, in the order in which they stand."""

    statements: tuple[CoveredStatement, ...] = ()

    @property
    def goals(self) -> int:
        """How many outcomes there are to be seen."""
        return sum(part.goals for each in self.statements for part in each.parts)

    @property
    def met(self) -> int:
        """How many of them were."""
        return sum(part.met for each in self.statements for part in each.parts)

    @property
    def percent(self) -> float:
        """How many of the outcomes were seen, of a hundred."""
        return 100.0 * self.met / self.goals if self.goals else 100.0

    def by_file(self) -> dict[str, tuple[CoveredStatement, ...]]:
        """Return the statements of each file."""
        files: dict[str, list[CoveredStatement]] = {}
        for each in self.statements:
            files.setdefault(each.whole.place.file, []).append(each)
        return {file: tuple(found) for file, found in files.items()}

    def to_dict(self) -> dict[str, object]:
        """Return the coverage as plain data, in stable field names (docs/testing.md)."""
        return {
            "outcomes": self.goals,
            "seen": self.met,
            "percent": round(self.percent, 2),
            "files": {
                file: [each.to_dict() for each in statements]
                for file, statements in self.by_file().items()
            },
        }


def joined(parts: Iterable[Coverage]) -> Coverage:
    """Return what several runs have seen together: the same clause in each is one."""
    found: dict[object, CoveredStatement] = {}
    for part in parts:
        for each in part.statements:
            key = each.identity
            found[key] = _both(found[key], each) if key in found else each
    return Coverage(tuple(sorted(found.values(), key=lambda each: each.whole.place)))


def _both(one: CoveredStatement, other: CoveredStatement) -> CoveredStatement:
    def both(mine: Covered, others: Covered) -> Covered:
        return mine._replace(seen=mine.seen | others.seen)

    clauses = tuple(both(*pair) for pair in zip(one.clauses, other.clauses, strict=True))
    return one._replace(whole=both(one.whole, other.whole), clauses=clauses)


class Tracker:
    """Notes what requests show of the policies of a set."""

    def __init__(self, policies: PolicySet, names: Names = NO_NAMES) -> None:
        self._names = names
        self._entries: list[_Entry] = []
        given: list[tuple[int, Statement]] = []
        for place, (layer, _, policy) in enumerate(policies.attachments):
            for statement in policy.statements:
                self._entries.append(_Entry(layer, policy, statement, len(given)))
                given += ((place, variant) for variant in _variants(statement))
        self._variants = Variants(policies.attachments, given)
        self._found: dict[tuple[int, int, int, int, int], None] = {}

    def note(self, seen: Sequence[Seen]) -> None:
        """Note what was seen of the requests of a call."""
        for each in seen:
            variants = self._variants.matches(each.context, each.case)
            self._found[(*variants, each.sure, each.possible, each.deciding)] = None

    def coverage(self) -> Coverage:
        """Return what was seen of each statement and clause."""
        return Coverage(
            tuple(
                self._covered(number, entry)
                for number, entry in enumerate(self._entries)
                if not entry.statement.unusable
            )
        )

    def _covered(self, number: int, entry: _Entry) -> CoveredStatement:
        policy, statement = entry.policy, entry.statement
        clauses = tuple(clauses_of(statement))
        whole, seen = Outcomes(), [Outcomes()] * len(clauses)
        for found in self._found:
            look = _Look(*found, entry.first, 1 << number)
            whole |= look.whole()
            seen = [seen[index] | look.at(clause, index) for index, clause in enumerate(clauses)]
        place, end = standing(policy, statement, (), self._names)
        can_reject = bool(statement.conditions) or any(map(_can_reject, clauses))
        return CoveredStatement(
            policy.name,
            entry.layer,
            statement.sid or f"statement {statement.number}",
            Covered(place, end, "", whole, can_reject),
            tuple(
                Covered(
                    *standing(policy, statement, clause.path, self._names),
                    str(clause),
                    of,
                    _can_reject(clause),
                )
                for clause, of in zip(clauses, seen, strict=True)
            ),
        )


class _Look(NamedTuple):
    """What one request shows of a statement: the bits of its variants, and its own."""

    sure: int
    possible: int
    matched: int
    maybe: int
    deciding: int
    first: int
    bit: int

    def whole(self) -> Outcomes:
        """Return what it shows of the statement as a whole."""
        matches = bool(self.matched & self.bit)
        fails = self._holds(0) and not self.maybe & self.bit
        return Outcomes(self._holds(1), matches, matches, fails, bool(self.deciding & self.bit))

    def at(self, clause: Clause, number: int) -> Outcomes:
        """Return what it shows of a clause."""
        before = BEFORE.get(clause.part)
        is_reached = self._holds(0 if before is None else 1 + _IN_TURN.index(before))
        variant = 1 + len(_IN_TURN) + number
        accepts = self._holds(variant)
        fails = is_reached and not self.possible >> self.first + variant & 1
        return Outcomes(
            accepts or (is_reached and clause.part is not Part.ACTION),
            accepts,
            accepts and bool(self.matched & self.bit),
            fails,
            accepts and bool(self.deciding & self.bit),
        )

    def _holds(self, variant: int) -> bool:
        return bool(self.sure >> self.first + variant & 1)


class Trackers:
    """A tracker for each set of policies that the tests of a suite have.

    `names` are those of the policies of its sources.
    """

    def __init__(self, names: Names = NO_NAMES) -> None:
        self._names = names
        self._of: dict[int, tuple[PolicySet, Tracker]] = {}

    def decide(self, policies: PolicySet, requests: Sequence[Request]) -> Decision:
        """Decide a call, and note what it shows. Raises RequestError as `decide_call` does."""
        seen: list[Seen] = []
        decision = decide_call(policies, requests, seen)
        self.of(policies).note(seen)
        return decision

    def of(self, policies: PolicySet) -> Tracker:
        """Return the tracker of a set: a new one, where no test had it before."""
        found = self._of.get(id(policies))
        if found is None:
            found = self._of[id(policies)] = (policies, Tracker(policies, self._names))
        return found[1]

    def coverage(self) -> Coverage:
        """Return what was seen of all of them."""
        return joined(tracker.coverage() for _, tracker in self._of.values())


class _Entry(NamedTuple):
    """A statement in its layer, and the number of its first variant."""

    layer: Layer
    policy: Policy
    statement: Statement
    first: int


_IN_TURN = (Part.ACTION, Part.RESOURCE, Part.PRINCIPAL)
"""The parts that have to hold, in this order, before a condition is reached."""


def _variants(statement: Statement) -> Iterator[Statement]:
    yield before_any(statement)
    yield from (up_to(statement, part) for part in _IN_TURN)
    yield from (alone(statement, clause) for clause in clauses_of(statement))


def _can_reject(clause: Clause) -> bool:
    return clause.part is Part.CONDITION or clause.text != "*"
