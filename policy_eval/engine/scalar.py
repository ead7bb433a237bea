"""One request, fast: rows of bits, ANDed.

Two numbers are kept: the statements that surely match, and those that possibly match because a
key (or the resource) is unknown. Without unknowns they are equal.
"""

from typing import NamedTuple

from policy_eval.engine.matching import contains
from policy_eval.engine.program import Program, Row
from policy_eval.errors import RequestError
from policy_eval.semantics.authorization import Bounds
from policy_eval.semantics.complaints import unreadable
from policy_eval.semantics.lower import Key, Subject
from policy_eval.semantics.outcomes import Why, evaluate
from policy_eval.semantics.request_context import Candidates, RequestContext

_REMEMBERED_VALUES = 4096


class Match(NamedTuple):
    """Which statements match, as bits of the program."""

    sure: int
    possible: int

    def allows(self, program: Program) -> Bounds:
        """Return whether an Allow matches."""
        return Bounds(bool(self.sure & program.allows), bool(self.possible & program.allows))

    def denies(self, program: Program) -> Bounds:
        """Return whether a Deny matches."""
        return Bounds(bool(self.sure & program.denies), bool(self.possible & program.denies))


def match(program: Program, context: RequestContext) -> Match:
    """Return the statements that match a request.

    Raises RequestError where a statement selected by its action reads a key whose value cannot
    be read in that way (R-COND-42), whatever else fails.
    """
    action = program.for_action(context.folded_action)
    sure = possible = action.statements
    for row in action.keys:
        if not (possible & row.bits or row.must_read):
            continue
        fails, unsure = _bits(row, context)
        possible &= ~fails
        sure &= ~(fails | unsure)
    if action.resource is not None and possible & action.resource.bits:
        fails, unsure = _bits(action.resource, context)
        possible &= ~fails
        sure &= ~(fails | unsure)
    return Match(sure & ~program.unusable, possible)


def _bits(row: Row, context: RequestContext) -> tuple[int, int]:
    """Return the row's statements that fail, and those of which it is not known."""
    attribute = _candidates(row.attribute, context)
    if row.variables:
        key: object = (attribute, *map(context.candidates, row.variables))
    else:
        key = attribute
    found = row.memo.get(key)
    if found is None:
        found = _evaluate(row, attribute, context)
        if len(row.memo) >= _REMEMBERED_VALUES:
            row.memo.clear()
        row.memo[key] = found
    return found


def _candidates(attribute: Subject | Key, context: RequestContext) -> Candidates:
    if isinstance(attribute, Key):
        return context.candidates(attribute)
    return context.resource_candidates()


def _evaluate(row: Row, attribute: Candidates, context: RequestContext) -> tuple[int, int]:
    variables = tuple(context.candidates(key) for key in row.variables)
    fails = unsure = 0
    for bit, test in row.tests:
        holds, why, _ = evaluate(test, attribute, variables, context.reading, contains)
        if why is Why.UNREADABLE:
            raise RequestError(unreadable(test, attribute))
        if holds is None:
            unsure |= bit
        elif not holds:
            fails |= bit
    return fails, unsure & ~fails
