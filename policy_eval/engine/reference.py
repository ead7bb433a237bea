"""Every test of every statement on the action, recorded: what was seen, what was wanted, and why.

Slow and plain on purpose. Its decision equals the scalar engine's (a property test holds them
equal); only this engine explains.
"""

from collections.abc import Sequence
from typing import NamedTuple

from policy_eval.engine.decision import Entry
from policy_eval.engine.naive import contains
from policy_eval.errors import RequestError
from policy_eval.policy.ast import Effect, Element, Policy
from policy_eval.semantics.authorization import Bounds
from policy_eval.semantics.lower import (
    Key,
    Test,
    action_set,
    lower_action,
    lower_statement,
)
from policy_eval.semantics.outcomes import Why, evaluate
from policy_eval.semantics.request_context import Candidates, RequestContext, Unknown
from policy_eval.semantics.sets import ValueSet


class TestTrace(NamedTuple):
    """One test as it went: what the attribute held, whether it held (None: not known), why."""

    test: Test
    seen: Candidates
    holds: bool | None
    why: Why
    accepts: ValueSet
    unknown: tuple[Key, ...] = ()


class StatementTrace(NamedTuple):
    """One statement as it went: the tests of its action, its resource, its conditions.

    Of a statement on another action only the first: nothing else of it could matter.
    """

    entry: Entry
    tests: tuple[TestTrace, ...]

    @property
    def selected(self) -> bool:
        """Whether the action matches."""
        return self.tests[0].holds is True

    @property
    def on_resource(self) -> bool:
        """Whether the action matches, and the resource does or could."""
        return self.selected and self.tests[1].holds is not False

    @property
    def applies(self) -> bool | None:
        """Whether every test holds; None where it hangs on something not known or understood."""
        if any(trace.holds is False for trace in self.tests):
            return False
        open_ = self.entry.statement.unusable or any(trace.holds is None for trace in self.tests)
        return None if open_ else True


class Trace(NamedTuple):
    """All statements as they went."""

    statements: tuple[StatementTrace, ...]

    def having(self, effect: Effect) -> tuple[StatementTrace, ...]:
        """Return the statements of an effect."""
        return tuple(trace for trace in self.statements if trace.entry.statement.effect is effect)

    def bounds(self, effect: Effect) -> Bounds:
        """Return whether a statement of that effect matches, surely and possibly."""
        found = [trace.applies for trace in self.having(effect)]
        return Bounds(True in found, True in found or None in found)

    @property
    def unknown(self) -> tuple[str, ...]:
        """The unknown keys on which a statement hangs, in order of appearance."""
        return tuple(
            dict.fromkeys(
                key.spelling
                for trace in self.statements
                if trace.applies is None
                for test in trace.tests
                if test.holds is None
                for key in test.unknown
            )
        )


def trace(policies: Sequence[Policy], context: RequestContext) -> Trace:
    """Return how every statement went.

    Raises RequestError with every value that a statement selected by its action cannot read.
    """
    traces = []
    unread: list[TestTrace] = []
    for policy in policies:
        for statement in policy.statements:
            action = _trace_action(statement.action, context)
            lowered = lower_statement(policy, statement, context.reading) if action.holds else ()
            tests = tuple(_trace_test(test, context) for test in lowered)
            traces.append(StatementTrace(Entry(policy, statement), (action, *tests)))
            unread += [test for test in tests if test.why is Why.UNREADABLE]
    if unread:
        from policy_eval.semantics.complaints import unreadable  # only when something is wrong

        raise RequestError(*dict.fromkeys(unreadable(test.test, test.seen) for test in unread))
    return Trace(tuple(traces))


def _trace_action(element: Element, context: RequestContext) -> TestTrace:
    seen, accepts = context.folded_action, action_set(element)
    return TestTrace(
        lower_action(element), ((seen,),), contains(accepts, seen), Why.COMPARED, accepts
    )


def _trace_test(test: Test, context: RequestContext) -> TestTrace:
    seen = (
        context.candidates(test.attribute)
        if isinstance(test.attribute, Key)
        else context.resource_candidates()
    )
    variables = tuple(context.candidates(key) for key in test.variables)
    holds, why, accepts = evaluate(test, seen, variables, context.reading, contains)
    looked_at = ((test.attribute, seen), *zip(test.variables, variables, strict=True))
    unknown = tuple(
        key for key, held in looked_at if isinstance(key, Key) and isinstance(held, Unknown)
    )
    return TestTrace(test, seen, holds, why, accepts, unknown)
