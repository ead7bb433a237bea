"""What deciding and explaining a whole call have in common.

A call is the requests that were asked and the further ones they need; it is allowed only if
each of them is.
"""

from __future__ import annotations

from policy_eval.engine.decision import Deciding, Decision, Entry
from policy_eval.policy.ast import Effect
from policy_eval.semantics.authorization import Case, Word
from policy_eval.semantics.request_context import RequestContext
from policy_eval.semantics.service_rules import service_remarks

DECIDED_BY = {Word.ALLOWED: Effect.ALLOW, Word.EXPLICIT_DENY: Effect.DENY}
"""The effect of the statements behind a word."""


def some(decision: Decision | None) -> Decision:
    """Return the decision. Raises ValueError for a call without requests."""
    if decision is None:
        message = "a call makes at least one request"
        raise ValueError(message)
    return decision


def combined(call: Decision | None, part: Decision) -> Decision:
    """Return the decision of a call that also needs `part`: the first that is not allowed."""
    if call is None:
        return part
    if call.allowed is False or part.allowed is True:
        return call
    if call.allowed is None and part.allowed is None:
        return call
    return call.blocked(part)


def hanging(decision: Decision, key: str) -> Decision:
    """Return the decision on a further action of which it is unknown whether it is needed."""
    if not key or decision.allowed is True:
        return decision
    return Decision(
        Word.UNDETERMINED,
        None,
        decision.action,
        missing_context=tuple(dict.fromkeys((key, *decision.missing_context))),
        reason=f"whether {decision.action} is needed hangs on `{key}`, which is unknown",
        remarks=decision.remarks,
    )


def decision_of(
    case: Case,
    context: RequestContext,
    word: Word,
    allowed: bool | None,  # noqa: FBT001 - three values
    deciding: list[Entry],
    missing: tuple[str, ...],
) -> Decision:
    """Return the decision on one request, from what an engine found."""
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
