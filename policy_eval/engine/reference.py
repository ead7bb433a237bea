"""Every test of every statement on the action, recorded: what was seen, what was wanted, and why.

Slow and plain on purpose. Its decision equals the scalar engine's (a property test holds them
equal); only this engine explains.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from policy_eval.engine.decision import Attachment, Entry
from policy_eval.engine.naive import contains
from policy_eval.errors import RequestError
from policy_eval.policy.ast import Effect, Element
from policy_eval.policy.policy_type import RULES
from policy_eval.semantics.authorization import NO, Bounds, Case, Found, Grant
from policy_eval.semantics.layers import Layer
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
from policy_eval.semantics.situations import levels_with_a_say

if TYPE_CHECKING:
    from policy_eval.semantics.principals import Naming, PrincipalTest


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

    Of a statement on another action only the first: nothing else of it could matter. `naming` says
    how its principal element names the caller, None in policies that name nobody.
    """

    entry: Entry
    tests: tuple[TestTrace, ...]
    principal: "PrincipalTest | None" = None
    naming: "Naming | None" = None

    @property
    def selected(self) -> bool:
        """Whether the action matches."""
        return self.tests[0].holds is True

    @property
    def on_resource(self) -> bool:
        """Whether the action and the principal match, and the resource does or could."""
        named = self.naming is None or self.naming.holds is not False
        return self.selected and named and self.tests[1].holds is not False

    @property
    def applies(self) -> bool | None:
        """Whether every test holds; None where it hangs on something not known or understood."""
        held = [trace.holds for trace in self.tests]
        if self.naming is not None:
            held.append(self.naming.holds)
        if False in held:
            return False
        return None if self.entry.statement.unusable or None in held else True

    def grants(self, grant: Grant) -> Bounds:
        """Return whether the statement applies and names the caller in this way."""
        applies, named = self.applies, self.naming
        if named is None:
            return NO
        return Bounds(
            applies is True and named.sure is grant,
            applies is not False and named.possible is grant,
        )


class Trace(NamedTuple):
    """All statements of the layers that have a say, as they went."""

    statements: tuple[StatementTrace, ...]
    levels: tuple[tuple[Layer, int], ...] = ()

    def having(self, effect: Effect) -> tuple[StatementTrace, ...]:
        """Return the statements of an effect."""
        return tuple(trace for trace in self.statements if trace.entry.statement.effect is effect)

    def of(self, layer: Layer, level: int | None = None) -> tuple[StatementTrace, ...]:
        """Return the statements of a layer, or of one of its levels."""
        return tuple(
            trace
            for trace in self.statements
            if trace.entry.attachment.layer is layer
            and level in (None, trace.entry.attachment.level)
        )

    def bounds(self, effect: Effect, layer: Layer, level: int) -> Bounds:
        """Return whether a statement of that effect matches, surely and possibly."""
        found = [
            trace.applies
            for trace in self.of(layer, level)
            if trace.entry.statement.effect is effect
        ]
        return Bounds(True in found, True in found or None in found)

    def found(self) -> Found[Bounds]:
        """Return what each layer says: it allows if each level does, denies if one does."""
        allows: dict[Layer, Bounds] = {}
        denies: dict[Layer, Bounds] = {}
        for layer in dict.fromkeys(layer for layer, _ in self.levels):
            levels = [level for each, level in self.levels if each is layer]
            allow = [self.bounds(Effect.ALLOW, layer, level) for level in levels]
            deny = [self.bounds(Effect.DENY, layer, level) for level in levels]
            allows[layer] = Bounds(
                all(each.sure for each in allow), all(each.possible for each in allow)
            )
            denies[layer] = Bounds(
                any(each.sure for each in deny), any(each.possible for each in deny)
            )
        return Found(allows, denies, {grant: self._granting(grant) for grant in Grant})

    def _granting(self, grant: Grant) -> Bounds:
        found = [
            trace.grants(grant)
            for trace in self.of(Layer.RESOURCE)
            if trace.entry.statement.effect is Effect.ALLOW
        ]
        return Bounds(any(each.sure for each in found), any(each.possible for each in found))

    @property
    def unknown(self) -> tuple[str, ...]:
        """The unknown keys on which a statement hangs, in order of appearance."""
        names: list[str] = []
        for trace in self.statements:
            if trace.applies is False:
                continue
            if trace.naming is not None:  # also of one that applies: how it names the caller
                names.append(trace.naming.missing)
            if trace.applies is None:
                names += [
                    key.spelling
                    for test in trace.tests
                    if test.holds is None
                    for key in test.unknown
                ]
        return tuple(dict.fromkeys(filter(None, names)))


def missing_from(found: Trace, case: Case) -> tuple[str, ...]:
    """Return the unknown keys that matter: to statements, and to whether a layer applies."""
    hangs_on = (state.hangs_on for state in case.layers.values() if state.hangs_on)
    return tuple(dict.fromkeys((*found.unknown, *hangs_on)))


def trace(attachments: Sequence[Attachment], context: RequestContext, case: Case) -> Trace:
    """Return how every statement of the layers that have a say went.

    Raises RequestError with every value that a statement selected by its action cannot read.
    """
    levels = levels_with_a_say(context, case)
    traces = []
    unread: list[TestTrace] = []
    for attachment in attachments:
        if (attachment.layer, attachment.level) not in levels:
            continue
        for statement in attachment.policy.statements:
            found = _trace_statement(Entry(attachment, statement), context)
            traces.append(found)
            unread += [test for test in found.tests[1:] if test.why is Why.UNREADABLE]
    if unread:
        from policy_eval.semantics.complaints import unreadable  # only when something is wrong

        raise RequestError(*dict.fromkeys(unreadable(test.test, test.seen) for test in unread))
    return Trace(tuple(traces), levels)


def _trace_statement(entry: Entry, context: RequestContext) -> StatementTrace:
    policy, statement = entry.policy, entry.statement
    action = _trace_action(statement.action, context)
    if not action.holds:
        return StatementTrace(entry, (action,))
    lowered = lower_statement(policy, statement, context.reading)
    tests = (action, *(_trace_test(test, context) for test in lowered))
    if not RULES[policy.type].names_principals:
        return StatementTrace(entry, tests)
    from policy_eval.semantics.principals import lower_principal, naming

    principal = lower_principal(statement, context.reading)
    at_endpoint = entry.attachment.layer is Layer.ENDPOINT
    caller = context.caller_at_endpoint() if at_endpoint else context.caller()
    return StatementTrace(entry, tests, principal, naming(principal, caller))


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
