"""A whole call explained by the reference engine, and the open points its answer rests on."""

from __future__ import annotations

from collections.abc import Sequence

from policy_eval.engine.call import DECIDED_BY, combined, decision_of, hanging, some
from policy_eval.engine.decision import Decision, Entry
from policy_eval.engine.explanation import Explanation, Part
from policy_eval.engine.naive import contains
from policy_eval.engine.policies import PolicySet
from policy_eval.engine.reference import trace
from policy_eval.errors import RequestError
from policy_eval.policy.ast import Effect
from policy_eval.request.request import Request
from policy_eval.semantics.authorization import Word, case_of, decide
from policy_eval.semantics.dependent_actions import needed_by
from policy_eval.semantics.lower import Key, action_set, lower_statement
from policy_eval.semantics.outcomes import may_be_multivalued
from policy_eval.semantics.readings import OUR_READING, OpenPoint, Reading
from policy_eval.semantics.request_context import ABOUT_REQUESTS, RequestContext, bears_on


def explain_call(
    policies: PolicySet, requests: Sequence[Request], reading: Reading = OUR_READING
) -> Explanation:
    """Return the decision and every test behind it. `rests_on` is left empty.

    Raises RequestError for context values that a statement cannot read.
    """
    parts: list[Part] = []
    for request in requests:
        context = RequestContext(request, reading)
        parts.append(_explain(policies, context))
        for needed in needed_by(context, reading):
            further = _explain(policies, RequestContext(needed.request, reading))
            settled = hanging(further.decision, needed.hangs_on)
            parts.append(
                further._replace(decision=settled, because=needed.because, rule=needed.rule)
            )
    decision: Decision | None = None
    for part in parts:
        decision = combined(decision, part.decision)
    return Explanation(some(decision), policies.identity, tuple(parts))


def _explain(policies: PolicySet, context: RequestContext) -> Part:
    found = trace(policies.identity, context)
    case = case_of(context)
    word, allowed = decide(case, found.bounds(Effect.ALLOW), found.bounds(Effect.DENY))
    deciding: list[Entry] = []
    if word in DECIDED_BY:
        deciding = [
            statement.entry for statement in found.having(DECIDED_BY[word]) if statement.applies
        ]
    missing = found.unknown if word is Word.UNDETERMINED else ()
    decision = decision_of(case, context, word, allowed, deciding, missing)
    return Part(context, found, decision, case.identity_counts)


def rests_on(
    policies: PolicySet, requests: Sequence[Request], ours: str | None = None
) -> tuple[str, ...]:
    """Return the rules of which AWS's other reading would change the decision.

    `ours` is the decision where it is at hand. Works where the requests are refused too: another
    reading may decide them.
    """
    ours = ours or _word(policies, requests, OUR_READING)
    try:
        contexts = [RequestContext(request) for request in requests]
    except RequestError:  # no reading mends a request that contradicts itself
        return ()
    needed = [needed_by(context, OUR_READING) for context in contexts]
    contexts += [RequestContext(further.request) for each in needed for further in each]
    statements = [
        (policy, statement, lower_statement(policy, statement, OUR_READING))
        for policy in policies.identity
        for statement in policy.statements
        if any(contains(action_set(statement.action), each.folded_action) for each in contexts)
    ]

    def may_change(point: OpenPoint) -> bool:
        """Return whether a point changes a request, what the call needs, or a test."""
        other = frozenset({point})
        if point in ABOUT_REQUESTS:
            return any(bears_on(point, context) for context in contexts)
        if point is OpenPoint.MULTIVALUED_UNQUALIFIED:
            return any(
                may_be_multivalued(test, context.candidates(test.attribute))
                for _, _, tests in statements
                for test in tests
                if isinstance(test.attribute, Key)
                for context in contexts
            )
        return [needed_by(each, other) for each in contexts[: len(requests)]] != needed or any(
            lower_statement(policy, statement, other) != tests
            for policy, statement, tests in statements
        )

    return tuple(
        point.value
        for point in OpenPoint
        if may_change(point) and _word(policies, requests, frozenset({point})) != ours
    )


def _word(policies: PolicySet, requests: Sequence[Request], reading: Reading) -> str:
    try:
        return explain_call(policies, requests, reading).decision.decision
    except RequestError:
        return "invalid"
