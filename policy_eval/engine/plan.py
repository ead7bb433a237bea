"""What deciding a request has shown of all that are like it, so that the next takes a microsecond.

Requests of one frame (the same action, caller, keys, …) whose resource is in the same place, and
which have the same values of the keys that were looked at to see which layers have a say and what
follows, are decided along one *course*: the same statements are left once everything is seen that
is the same for all of them, and rows of the same keys are looked up. What is left then decides.

A course is learnt from a request that was decided in full. It is right for every request that has
the same values of the keys that were looked at then: what was not looked at made no difference.
Undetermined answers are not remembered.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import NamedTuple, TypeAlias

from policy_eval.engine.decision import Decision
from policy_eval.engine.program import Row
from policy_eval.engine.scalar import Match, names_in, row_bits
from policy_eval.request.context import Held
from policy_eval.request.request import Frame, Request
from policy_eval.semantics.lower import Key, Subject
from policy_eval.semantics.request_context import Candidates, RequestContext

_MOST_COURSES = 4096
_MOST_OUTCOMES = 4096
_MOST_PLANS = 65_536
_MOST_VALUES = 16_384

Kept: TypeAlias = Callable[[object], int | None]
Pick: TypeAlias = Callable[[Request], object]


class Course(NamedTuple):
    """How requests are decided that are alike.

    `bits` are the statements that are left by what is the same for all of them. `of_resource` and
    `rows` give by the values of the resource and of a key (its number in the frame) which of them
    stay, `wide` by the values of several keys. `decisions` gives the decision by what is left.
    """

    bits: int
    of_resource: Kept | None
    rows: tuple[tuple[Kept, int], ...]
    wide: tuple[tuple[Kept, Pick], ...]
    decisions: dict[int, Decision]


class Plan:
    """The courses of the requests of one frame, by what tells them apart.

    These are the place of the resource (or its name, where that was looked at), and the values of
    the keys of some numbers in the frame. Where nothing further could make a difference, the
    decision itself stands for the course.
    """

    __slots__ = ("by_name", "courses", "numbers", "values")

    def __init__(self) -> None:
        self.by_name = False
        self.numbers: frozenset[int] = frozenset()
        self.values: Callable[[tuple[Held, ...]], object] | None = None
        self.courses: dict[object, Course | Decision] = {}

    def key(self, request: Request) -> object:
        """Return what tells the course of a request from others."""
        where: object = request.name if self.by_name else request.place
        return where if self.values is None else (where, self.values(request.held))

    def look_at(self, numbers: set[int], *, name: bool) -> None:
        """Tell courses apart by some keys, too, and by the resource's name."""
        if (name and not self.by_name) or not numbers <= self.numbers:
            self.courses.clear()
            self.by_name |= name
            self.numbers |= numbers
            self.values = itemgetter(*sorted(self.numbers)) if self.numbers else None


Plans: TypeAlias = dict[Frame, Plan]


def recall(plans: Plans, request: Request) -> Decision | None:
    """Return the decision of a request, if all is known that it takes; else None."""
    plan = plans.get(request.frame)
    if plan is None:
        return None
    where = request.name if plan.by_name else request.place
    values = plan.values
    course = plan.courses.get(where if values is None else (where, values(request.held)))
    if not isinstance(course, Course):
        return course
    bits, of_resource, rows, wide, decisions = course
    if of_resource is not None:
        keeps = of_resource(request.name)
        if keeps is None:
            return None
        bits &= keeps
    held = request.held
    for kept, number in rows:
        keeps = kept(held[number])
        if keeps is None:
            return None
        bits &= keeps
    for kept, pick in wide:
        keeps = kept(pick(request))
        if keeps is None:
            return None
        bits &= keeps
    return decisions.get(bits)


def learn(
    plans: Plans, request: Request, context: RequestContext, match: Match, decision: Decision
) -> None:
    """Remember how a request was decided, for those that are like it.

    `context` is the one context of its call, which made no further request.
    """
    plan = plans.get(request.frame)
    if plan is None:
        if len(plans) >= _MOST_PLANS:
            plans.clear()
        plan = plans[request.frame] = Plan()
    number_of = {folded: number for number, folded in enumerate(request.frame.folded)}
    plan.look_at(
        {number_of[folded] for folded in context.seen},
        name=context.resources.by_text or any(arn for arn, _ in context.attached.resource_policies),
    )
    learner = _Learner(context, match, number_of, by_name=plan.by_name)
    key = plan.key(request)
    course = plan.courses.get(key)
    if course is None:
        if len(plan.courses) >= _MOST_COURSES:
            plan.courses.clear()
        course = plan.courses[key] = learner.course() if learner.varies else decision
    bits = learner.left(course.bits) if isinstance(course, Course) else None
    if isinstance(course, Course) and bits is not None:
        if len(course.decisions) >= _MOST_OUTCOMES:
            course.decisions.clear()
        course.decisions[bits] = decision


class _Learner:
    """Looks at the rows of a request that was decided."""

    def __init__(
        self, context: RequestContext, match: Match, number_of: dict[str, int], *, by_name: bool
    ) -> None:
        self._context = context
        self._action = match.action
        self._number_of = number_of
        self._by_name = by_name
        self._statements = match.statements
        every = (*match.action.keys, *filter(None, [match.action.resource]))
        rows = [row for row in every if row.bits & self._statements]
        self._same = [row for row in rows if not self._varies(row)]
        self._varying = [row for row in rows if self._varies(row)]

    @property
    def varies(self) -> bool:
        """Whether requests of the course may be decided in different ways."""
        return bool(self._varying)

    def _varies(self, row: Row) -> bool:
        """Return whether requests of one course may have different values in a row."""
        own = (
            self._number(row.attribute) is not None
            if isinstance(row.attribute, Key)
            else self._is_resource_of_request()
        )
        return own or any(self._number(key) is not None for key in row.variables)

    def _is_resource_of_request(self) -> bool:
        given = self._context.request.resource
        return not self._by_name and self._context.resources.names == (given,)

    def _number(self, key: Key) -> int | None:
        source = self._context.source_of(key)
        return None if source is None else self._number_of[source]

    def course(self) -> Course:
        """Return the course of the request, without a decision."""
        bits = self._statements
        for row in self._same:
            fails, _ = row_bits(row, self._context, self._statements)
            bits &= ~fails
        named = names_in(self._action, self._context)
        if named is not None:
            bits &= ~named.not_named
        of_resource: Kept | None = None
        rows: list[tuple[Kept, int]] = []
        wide: list[tuple[Kept, Pick]] = []
        for row in self._varying:
            number = self._number(row.attribute) if isinstance(row.attribute, Key) else None
            if row.variables:
                wide.append((row.keeps.get, self._pick(row)))
            elif number is None:
                of_resource = row.keeps.get
            else:
                rows.append((row.keeps.get, number))
        return Course(bits, of_resource, tuple(rows), tuple(wide), {})

    def _pick(self, row: Row) -> Pick:
        """Return what takes the values of a row with variables out of a request."""
        parts = (row.attribute, *row.variables)
        numbers = [self._number(part) if isinstance(part, Key) else None for part in parts]
        fixed = tuple(self._look(part) for part in parts)
        takes_resource = not isinstance(row.attribute, Key) and self._is_resource_of_request()

        def pick(request: Request) -> object:
            values: list[object] = [
                same if number is None else request.held[number]
                for same, number in zip(fixed, numbers, strict=True)
            ]
            if takes_resource:
                values[0] = ((request.resource,),)
            return tuple(values)

        return pick

    def _look(self, part: Subject | Key) -> Candidates:
        if isinstance(part, Key):
            return self._context.look(part)
        return self._context.resource_candidates()

    def left(self, bits: int) -> int | None:
        """Return which statements of a course are left, and remember what the values keep.

        None where it is not known of a value what it keeps.
        """
        for row in self._varying:
            fails, unsure = row_bits(row, self._context, self._statements)
            looked = self._look(row.attribute)
            key: object = looked
            if row.variables:
                key = (looked, *map(self._look, row.variables))
            elif not isinstance(row.attribute, Key):
                key = self._context.request.resource
            if unsure or row.memo[(key if row.variables else looked)][2]:
                return None
            if len(row.keeps) >= _MOST_VALUES:
                row.keeps.clear()
            row.keeps[key] = self._action.all & ~fails
            bits &= ~fails
        return bits
