"""Strict rules: an answer that rests on an open point is no answer (`--strict-rules`)."""

from collections.abc import Sequence

from policy_eval.engine.decision import Decision
from policy_eval.engine.explanation import Explanation
from policy_eval.engine.resting import RestsOn
from policy_eval.semantics.authorization import Word


def strictly(decision: Decision, rests: Sequence[RestsOn]) -> Decision:
    """Return a decision under strict rules, of which it is known what it rests on.

    It is undetermined if that is anything; it still is no Allow where no reading allows it. Each
    open point is read the other way on its own, not several together.
    """
    if not rests:
        return decision
    rules = ", ".join(each.rule for each in rests)
    reason = f"it rests on {rules}, and under strict rules an open point gives no answer"
    return Decision(
        Word.UNDETERMINED,
        False if all(each.never_allowed for each in rests) else None,
        decision.action,
        missing_context=decision.missing_context,
        reason=reason,
        blocked_by=decision.blocked_by,
        remarks=decision.remarks,
        unknown_layers=decision.unknown_layers,
    )


def explained_strictly(explanation: Explanation) -> Explanation:
    """Return an explanation whose decision is the one under strict rules.

    Its part that decided gives the same reason; the tests behind it stay as they were seen.
    """
    if not explanation.rests_on:
        return explanation
    deciding = explanation.deciding_part
    decision = strictly(deciding.decision, explanation.rests_on)
    parts = tuple(
        part._replace(decision=decision) if part is deciding else part for part in explanation.parts
    )
    return explanation._replace(
        decision=strictly(explanation.decision, explanation.rests_on), parts=parts
    )
