"""What deciding a request has shown of all that are like it, so that the next takes a microsecond.

Requests of one frame (the same action, caller, keys, …) whose resource is in the same place, and
which have the same values of the keys that were looked at to see which layers have a say and what
follows, are decided along one *course*: the same statements are left once everything is seen that
is the same for all of them, and the same rows are looked up. What is left then decides.

A course is learnt from a request that was decided in full. It is right for every request that has
the same values of the keys that were looked at then: what was not looked at made no difference.
Undetermined answers are not remembered.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import NamedTuple, TypeAlias

from policy_eval.engine.decision import Decision
from policy_eval.engine.policies import Plans
from policy_eval.engine.program import Named, Row
from policy_eval.engine.scalar import Match, kept_by, names_in, row_bits
from policy_eval.request.context import Held
from policy_eval.request.request import Request
from policy_eval.semantics.lower import Key
from policy_eval.semantics.readings import OUR_READING
from policy_eval.semantics.request_context import Candidates, RequestContext

_MOST_COURSES = 32_768
_MOST_OUTCOMES = 4_096
_MOST_VALUES = 16_384

Kept: TypeAlias = Callable[[object], int | None]
Pick: TypeAlias = Callable[[Request], tuple[Candidates, ...]]
Finish: TypeAlias = Callable[[int, int, Named | None], Decision | None]
"""Returns the decision by the statements that surely and possibly match, and how they name the
caller; None where it is undetermined."""


class Course(NamedTuple):
    """How requests are decided that are alike.

    `bits` are the statements that are left by what is the same for all of them, and `certain` those
    of them that surely match if they are left in the end. `of_resource` and
    `rows` give by the name of the resource and by the values of a key (its number in the frame)
    which of them stay, `wide` by the values of several keys. `decisions` gives the decision by what
    is left, and `finish` makes it.
    """

    bits: int
    of_resource: Kept | None
    rows: tuple[tuple[Kept, int], ...]
    wide: tuple[tuple[Kept, Pick], ...]
    decisions: dict[int, Decision]
    sources: Sources
    certain: int
    named: Named | None
    finish: Finish


class Sources(NamedTuple):
    """The rows that a course looks up, in the order of its fields."""

    of_resource: Row | None
    rows: tuple[Row, ...]
    wide: tuple[Row, ...]


class Plan:
    """The courses of the requests of one frame, by what tells them apart.

    These are the place of the resource (or its name, where that was looked at), and the values of
    the keys of some numbers in the frame. Where nothing further could make a difference, the
    decision itself stands for the course.
    """

    __slots__ = ("by_name", "by_region", "courses", "numbers", "values")

    def __init__(
        self,
        numbers: frozenset[int] = frozenset(),
        *,
        by_name: bool = False,
        by_region: bool = False,
    ) -> None:
        # INVARIANT: nothing sets these again, so that threads agree on what a key of `courses` is
        self.by_name = by_name
        self.by_region = by_region
        self.numbers = numbers
        self.values: Callable[[tuple[Held, ...]], object] | None = (
            itemgetter(*sorted(numbers)) if numbers else None
        )
        self.courses: dict[object, Course | Decision] = {}

    def key(self, request: Request) -> object:
        """Return what tells the course of a request from others."""
        where: object = request.name
        if not self.by_name:
            where = request.place if self.by_region else request.place.in_any_region
        return where if self.values is None else (where, self.values(request.held))

    def looking_at(self, numbers: set[int], *, name: bool, region: bool) -> Plan:
        """Return a plan that tells courses apart by some keys, too, and by the name or Region.

        This one, if it does; else a new one, which knows none of the courses.
        """
        is_new = (name and not self.by_name) or (region and not self.by_region)
        if not is_new and numbers <= self.numbers:
            return self
        return Plan(
            self.numbers | numbers,
            by_name=self.by_name or name,
            by_region=self.by_region or region,
        )


def recall(plans: Plans, request: Request) -> Decision | None:
    """Return the decision of a request, if its course is known; else None."""
    plan = plans.get(request.frame)
    if plan is None:
        return None
    where: object = request.name  # from here `Plan.key`, without a further call
    if not plan.by_name:
        where = request.place if plan.by_region else request.place.in_any_region
    values = plan.values
    course = plan.courses.get(where if values is None else (where, values(request.held)))
    if not isinstance(course, Course):
        return course
    bits, of_resource, rows, wide, decisions, _, _, _, _ = course
    if of_resource is not None:
        keeps = of_resource(request.name)
        if keeps is None:
            return _looked_up(course, request)
        bits &= keeps
    held = request.held
    for kept, number in rows:
        keeps = kept(held[number])
        if keeps is None:
            return _looked_up(course, request)
        bits &= keeps
    for kept, pick in wide:
        keeps = kept(pick(request))
        if keeps is None:
            return _looked_up(course, request)
        bits &= keeps
    decision = decisions.get(bits)
    return _finished(course, bits) if decision is None else decision


def _looked_up(course: Course, request: Request) -> Decision | None:
    """Return the decision of a request some of whose values are seen for the first time."""
    bits = _left(course, request)
    if bits is None:
        return None
    decision = course.decisions.get(bits)
    return _finished(course, bits) if decision is None else decision


def _left(course: Course, request: Request) -> int | None:
    """Return which statements are left; None where it is not known of a value what it keeps."""
    bits, (of_resource, rows, wide) = course.bits, course.sources
    found: list[tuple[Row, object, Candidates, tuple[Candidates, ...]]] = []
    if of_resource is not None and request.name is not None:
        found.append((of_resource, request.name, ((request.name,),), ()))
    for row, (_, number) in zip(rows, course.rows, strict=True):
        values = request.held[number]
        found.append((row, values, values, ()))
    for row, (_, pick) in zip(wide, course.wide, strict=True):
        picked = pick(request)
        found.append((row, picked, picked[0], picked[1:]))
    for row, key, attribute, variables in found:
        keeps = row.keeps.get(key)
        if keeps is None:
            keeps = kept_by(row, attribute, variables, OUR_READING)
            if keeps is None:
                return None
            if len(row.keeps) >= _MOST_VALUES:
                row.keeps.clear()
            row.keeps[key] = keeps
        bits &= keeps
    return bits


def _finished(course: Course, bits: int) -> Decision | None:
    """Return the decision by what is left for the first time."""
    decision = course.finish(bits & course.certain, bits, course.named)
    if decision is not None:
        if len(course.decisions) >= _MOST_OUTCOMES:
            course.decisions.clear()
        course.decisions[bits] = decision
    return decision


def learn(
    plans: Plans,
    request: Request,
    context: RequestContext,
    match: Match,
    decision: Decision,
    finish: Finish,
) -> None:
    """Remember how a request was decided, for those that are like it.

    `context` is the one context of its call, which made no further request.
    """
    _look_at_rows(context, match)
    number_of = {folded: number for number, folded in enumerate(request.frame.folded)}
    plan = (plans.get(request.frame) or Plan()).looking_at(
        {number_of[folded] for folded in context.seen},
        name=context.resources.by_text or any(arn for arn, _ in context.attached.resource_policies),
        region=context.region_follows(),
    )
    plans[request.frame] = plan
    key = plan.key(request)
    if key in plan.courses:
        return
    varying = {key: number for key, number in number_of.items() if number not in plan.numbers}
    learner = _Learner(context, match, varying, by_name=plan.by_name)
    if learner.varies:
        course = plan.courses[key] = learner.course(finish)
        bits = _left(course, request)
        if bits is not None:
            course.decisions[bits] = decision
    else:
        plan.courses[key] = decision
    plans.courses += 1
    if plans.courses > _MOST_COURSES:
        plans.clear()
        plans.courses = 0


def _look_at_rows(context: RequestContext, match: Match) -> None:
    """Look at every key of the rows: what the time follows from is noted when it is looked at."""
    for row in match.action.keys:
        if row.bits & match.statements:
            for key in (row.attribute, *row.variables):
                if isinstance(key, Key):
                    context.look(key)


class _Learner:
    """Looks at the rows of a request that was decided."""

    def __init__(
        self, context: RequestContext, match: Match, varying: dict[str, int], *, by_name: bool
    ) -> None:
        """`varying` are the given keys (folded) that do not tell courses apart, by number."""
        self._context = context
        self._action = match.action
        self._number_of = varying
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
        return None if source is None else self._number_of.get(source)

    def course(self, finish: Finish) -> Course:
        """Return the course of the request."""
        bits, unsure = self._statements, self._action.unusable
        for row in self._same:
            fails, open_ = row_bits(row, self._context, self._statements)
            bits &= ~fails
            unsure |= open_
        named = names_in(self._action, self._context)
        if named is not None:
            bits &= ~named.not_named
            unsure |= named.open
        of_resource: Row | None = None
        rows: list[tuple[Row, int]] = []
        wide: list[tuple[Row, Pick]] = []
        for row in self._varying:
            number = self._number(row.attribute) if isinstance(row.attribute, Key) else None
            if row.variables:
                wide.append((row, self._pick(row)))
            elif number is None:
                of_resource = row
            else:
                rows.append((row, number))
        return Course(
            bits,
            None if of_resource is None else of_resource.keeps.get,
            tuple((row.keeps.get, number) for row, number in rows),
            tuple((row.keeps.get, pick) for row, pick in wide),
            {},
            Sources(of_resource, tuple(row for row, _ in rows), tuple(row for row, _ in wide)),
            self._action.all & ~unsure,
            named,
            finish,
        )

    def _pick(self, row: Row) -> Pick:
        """Return what takes the values of a row with variables out of a request."""
        fixed = tuple(map(self._context.look, row.variables))
        numbers = tuple(map(self._number, row.variables))
        own, own_number = self._context.resource_candidates(), None
        if isinstance(row.attribute, Key):
            own, own_number = self._context.look(row.attribute), self._number(row.attribute)
        takes_resource = not isinstance(row.attribute, Key) and self._is_resource_of_request()

        def pick(request: Request) -> tuple[Candidates, ...]:
            held = request.held
            attribute = own if own_number is None else held[own_number]
            if takes_resource and request.name is not None:
                attribute = ((request.name,),)
            variables = [
                same if number is None else held[number]
                for same, number in zip(fixed, numbers, strict=True)
            ]
            return (attribute, *variables)

        return pick
