"""A whole call explained by the reference engine, and the open points its answer rests on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from policy_eval.engine.call import (
    by_any_owner,
    combined,
    decision_of,
    hanging,
    steps_of,
    verdict_of,
    whole,
)
from policy_eval.engine.decision import Deciding, Decision
from policy_eval.engine.explanation import Explanation, Part
from policy_eval.engine.naive import contains
from policy_eval.engine.policies import PolicySet
from policy_eval.engine.reference import StatementTrace, missing_from, trace
from policy_eval.engine.resting import REFUSED, RestsOn
from policy_eval.errors import RequestError
from policy_eval.policy.ast import Effect, Policy, Statement
from policy_eval.policy.policy_type import RULES
from policy_eval.request.principal import PrincipalKind
from policy_eval.request.request import Request
from policy_eval.semantics.authorization import Grant, Word
from policy_eval.semantics.dependent_actions import needed_by
from policy_eval.semantics.layers import Layer
from policy_eval.semantics.lower import Key, Test, action_set, lower_statement
from policy_eval.semantics.outcomes import may_be_multivalued
from policy_eval.semantics.readings import OUR_READING, OpenPoint, Reading
from policy_eval.semantics.request_context import ABOUT_REQUESTS, RequestContext, bears_on
from policy_eval.semantics.situations import case_of

if TYPE_CHECKING:
    from policy_eval.engine.residual.condition import Condition
    from policy_eval.semantics.principals import PrincipalTest


def explain_call(
    policies: PolicySet,
    requests: Sequence[Request],
    reading: Reading = OUR_READING,
    assuming: Condition | None = None,
) -> Explanation:
    """Return the decision and every test behind it. `rests_on` is left empty.

    `assuming` is a condition that is taken to hold. Raises RequestError for context values that a
    statement cannot read, and for a condition that cannot hold.
    """
    parts: list[Part] = []
    decision: Decision | None = None
    for context, needed in steps_of(requests, policies.attached, reading):
        part = _explain_by_any_owner(policies, context)
        if needed is not None:
            settled = hanging(part.decision, needed)
            part = part._replace(decision=settled, because=needed.because, rule=needed.rule)
        parts.append(part)
        decision = combined(decision, part.decision)
    decision = whole(decision, requests)
    if decision.word is Word.UNDETERMINED or assuming is not None:
        from policy_eval.engine.residual import settling  # where something is unknown

        decision = settling.settled(policies, requests, decision, reading, assuming)
    return Explanation(decision, policies.policies, tuple(parts))


def _explain_by_any_owner(policies: PolicySet, context: RequestContext) -> Part:
    parts = [_explain(policies, each) for each in context.by_owner()]
    return parts[0]._replace(decision=by_any_owner([part.decision for part in parts]))


def _explain(policies: PolicySet, context: RequestContext) -> Part:
    case = case_of(context)
    traced = trace(policies.attachments, context, case)
    verdict = verdict_of(case, traced.found())
    is_allowed = verdict.word is Word.ALLOWED
    deciding = [
        Deciding.of(statement.entry)
        for statement in traced.having(Effect.ALLOW if is_allowed else Effect.DENY)
        if statement.applies
        and (layer := statement.entry.attachment.layer) in verdict.layers
        and (layer is not Layer.RESOURCE or not is_allowed or _grants(statement, verdict.grants))
    ]
    missing = missing_from(traced, case) if verdict.word is Word.UNDETERMINED else ()
    decision = decision_of(case, context, verdict, (deciding, missing))
    return Part(context, traced, decision, case, policies.attachments)


def _grants(statement: StatementTrace, classes: frozenset[Grant]) -> bool:
    return statement.naming is not None and statement.naming.sure in classes


def rests_on(
    policies: PolicySet,
    requests: Sequence[Request],
    ours: Decision | None = None,
    assuming: Condition | None = None,
) -> tuple[RestsOn, ...]:
    """Return the rules of which AWS's other reading would change the decision, and to what.

    Of an undetermined one, also those that change what it hangs on. `ours` is the decision where it
    is at hand, `assuming` a condition that is taken to hold. Works where the requests are refused
    too: another reading may decide them.
    """
    here = _outcome(policies, requests, OUR_READING, assuming) if ours is None else ours
    try:
        contexts = [step.context for step in steps_of(requests, policies.attached, OUR_READING)]
    except RequestError:  # no reading mends a request that contradicts itself
        return ()
    asked = [context for context in contexts if not context.request.action_only]
    needed = [needed_by(context, OUR_READING) for context in asked]
    statements = [
        (policy, statement, _lowered(policy, statement, OUR_READING))
        for policy in policies.policies
        for statement in policy.statements
        if any(contains(action_set(statement.action), each.folded_action) for each in contexts)
    ]

    def may_change(point: OpenPoint) -> bool:
        """Return whether a point changes a request, what the call needs, or a test."""
        other = frozenset({point})
        if point in ABOUT_REQUESTS:
            return any(bears_on(point, context) for context in contexts)
        if point in _ABOUT_GRANTS_TO_EVERYONE:
            return any(_may_limit_everyone(point, context) for context in contexts)
        if point is OpenPoint.MULTIVALUED_UNQUALIFIED:
            return any(
                may_be_multivalued(test, context.candidates(test.attribute))
                for _, _, (tests, _) in statements
                for test in tests
                if isinstance(test.attribute, Key)
                for context in contexts
            )
        return [needed_by(each, other) for each in asked] != needed or any(
            _lowered(policy, statement, other) != tests for policy, statement, tests in statements
        )

    found = []
    for point in filter(may_change, OpenPoint):
        there = _outcome(policies, requests, frozenset({point}), assuming)
        if _word(here) != _word(there):
            found.append(RestsOn(point.value, _word(here), _word(there), _never(here, there)))
        elif conditions := _conditions_apart(policies, requests, here, there):
            never = _never(here, there)
            found.append(RestsOn(point.value, _word(here), _word(there), never, conditions))
    return tuple(found)


def _never(here: Decision | None, there: Decision | None) -> bool:
    return all(each is not None and each.allowed is False for each in (here, there))


def _conditions_apart(
    policies: PolicySet,
    requests: Sequence[Request],
    here: Decision | None,
    there: Decision | None,
) -> tuple[str, str] | None:
    """Return the conditions that two undetermined decisions hang on, if these differ."""
    ours, theirs = (None if each is None else each.residual for each in (here, there))
    if ours is None or theirs is None:
        return None
    from policy_eval.engine.residual.residual import differ

    if not differ(policies, requests, ours, theirs):
        return None
    return str(ours.allow_if), str(theirs.allow_if)


def _lowered(
    policy: Policy, statement: Statement, reading: Reading
) -> tuple[tuple[Test, ...], PrincipalTest | None]:
    tests = lower_statement(policy, statement, reading)
    if not RULES[policy.type].names_principals:
        return tests, None
    from policy_eval.semantics.principals import lower_principal

    return tests, lower_principal(statement, reading)


_ABOUT_GRANTS_TO_EVERYONE = (OpenPoint.EVERYONE_AND_SESSIONLESS, OpenPoint.EVERYONE_AND_LIMITS)


def _may_limit_everyone(point: OpenPoint, context: RequestContext) -> bool:
    """Return whether how a grant to everyone is read can matter to a request."""
    if context.attached.exists(Layer.RESOURCE) is False:
        return False
    principal = context.request.principal
    if point is OpenPoint.EVERYONE_AND_SESSIONLESS:
        return principal is not None and principal.kind is PrincipalKind.FEDERATED_USER
    limits = (Layer.BOUNDARY, Layer.SESSION)
    return any(context.attached.exists(layer) is not False for layer in limits)


def _outcome(
    policies: PolicySet,
    requests: Sequence[Request],
    reading: Reading,
    assuming: Condition | None,
) -> Decision | None:
    """Return the decision under a reading; None where the requests are refused."""
    try:
        return explain_call(policies, requests, reading, assuming).decision
    except RequestError:
        return None


def _word(decision: Decision | None) -> str:
    return REFUSED if decision is None else decision.decision
