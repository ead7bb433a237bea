"""A whole call: the action that was asked and the further ones it needs, decided together.

`decide_call` uses the scalar engine, `explain_call` the reference engine; both combine the
actions in one way, here.
"""

from __future__ import annotations

from collections.abc import Sequence

from policy_eval.engine import reference, scalar
from policy_eval.engine.decision import Deciding, Decision
from policy_eval.engine.explanation import Explanation, Part
from policy_eval.engine.policies import PolicySet
from policy_eval.engine.program import Entry, indices
from policy_eval.errors import RequestError
from policy_eval.policy.ast import Effect
from policy_eval.request.request import Request
from policy_eval.semantics.authorization import Case, Word, case_of, decide
from policy_eval.semantics.dependent_actions import needed_by
from policy_eval.semantics.readings import OUR_READING, OpenPoint, Reading
from policy_eval.semantics.request_context import RequestContext
from policy_eval.semantics.service_rules import service_remarks

_DECIDED_BY = {Word.ALLOWED: Effect.ALLOW, Word.EXPLICIT_DENY: Effect.DENY}


def decide_call(policies: PolicySet, requests: Sequence[Request]) -> Decision:
    """Return the decision of a call that makes these requests, by the scalar engine.

    Raises RequestError for a context value that a statement cannot read.
    """
    decision: Decision | None = None
    for request in requests:
        context = RequestContext(request)
        decision = _and(decision, _decide(policies, context))
        for needed in needed_by(context, OUR_READING):
            decision = _and(decision, _decide(policies, RequestContext(needed.request)))
    return _some(decision)


def explain_call(
    policies: PolicySet, requests: Sequence[Request], reading: Reading = OUR_READING
) -> Explanation:
    """Return the decision and every test behind it, by the reference engine.

    `rests_on` is left empty. Raises RequestError as `decide_call` does.
    """
    parts: list[Part] = []
    for request in requests:
        context = RequestContext(request, reading)
        parts.append(_explain(policies, context))
        for needed in needed_by(context, reading):
            further = _explain(policies, RequestContext(needed.request, reading))
            parts.append(further._replace(because=needed.because, rule=needed.rule))
    decision: Decision | None = None
    for part in parts:
        decision = _and(decision, part.decision)
    return Explanation(_some(decision), policies.identity, tuple(parts))


def rests_on(policies: PolicySet, requests: Sequence[Request]) -> tuple[str, ...]:
    """Return the rules of which AWS's other reading would change the decision.

    Works where the requests are refused too: another reading may decide them.
    """
    ours = _word(policies, requests, OUR_READING)
    return tuple(
        point.value
        for point in OpenPoint
        if _word(policies, requests, frozenset({point})) != ours
    )


def _word(policies: PolicySet, requests: Sequence[Request], reading: Reading) -> str:
    try:
        return explain_call(policies, requests, reading).decision.decision
    except RequestError:
        return "invalid"


def _some(decision: Decision | None) -> Decision:
    if decision is None:
        message = "a call makes at least one request"
        raise ValueError(message)
    return decision


def _and(call: Decision | None, part: Decision) -> Decision:
    """Return the decision of a call that also needs `part`: the first that is not allowed."""
    if call is None:
        return part
    if call.allowed is False or part.allowed is True:
        return call
    if call.allowed is None and part.allowed is None:
        return call
    return call.blocked(part)


def _decide(policies: PolicySet, context: RequestContext) -> Decision:
    program = policies.program()
    match = scalar.match(program, context)
    case = case_of(context)
    word, allowed = decide(case, match.allows(program), match.denies(program))
    deciding: list[Entry] = []
    if word in _DECIDED_BY:
        wanted = program.allows if word is Word.ALLOWED else program.denies
        deciding = [program.entries[index] for index in indices(match.sure & wanted)]
    missing: tuple[str, ...] = ()
    if word is Word.UNDETERMINED:
        missing = reference.trace(policies.identity, context).unknown
    return _decision(case, context, word, allowed, deciding, missing)


def _explain(policies: PolicySet, context: RequestContext) -> Part:
    trace = reference.trace(policies.identity, context)
    case = case_of(context)
    word, allowed = decide(case, trace.bounds(Effect.ALLOW), trace.bounds(Effect.DENY))
    deciding: list[Entry] = []
    if word in _DECIDED_BY:
        deciding = [
            statement.entry
            for statement in trace.having(_DECIDED_BY[word])
            if statement.applies
        ]
    missing = trace.unknown if word is Word.UNDETERMINED else ()
    return Part(context, trace, _decision(case, context, word, allowed, deciding, missing))


def _decision(
    case: Case,
    context: RequestContext,
    word: Word,
    allowed: bool | None,  # noqa: FBT001 - three values
    deciding: list[Entry],
    missing: tuple[str, ...],
) -> Decision:
    return Decision(
        word,
        allowed,
        str(context.action),
        statements=tuple(map(Deciding.of, deciding)) if case.identity_counts else (),
        missing_context=missing,
        reason=_reason(case, word, context),
        remarks=service_remarks(context),
    )


def _reason(case: Case, word: Word, context: RequestContext) -> str:
    if word is not Word.EXPLICIT_DENY and case.reason:
        return f"{case.reason} ({case.rule})"
    if word is Word.UNDETERMINED and context.resources.names is None:
        return "no resource was given, and the answer depends on it"
    return ""
