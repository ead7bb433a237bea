"""A whole call decided by the scalar engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from policy_eval.engine.call import (
    Verdict,
    by_any_owner,
    combined,
    decision_of,
    hanging,
    steps_of,
    verdict_of,
    whole,
)
from policy_eval.engine.decision import Decision
from policy_eval.engine.plan import learn, recall
from policy_eval.engine.policies import PolicySet
from policy_eval.engine.program import ActionProgram, Named, indices
from policy_eval.engine.scalar import Match, found_of, matches, matches_of, union
from policy_eval.request.request import Request
from policy_eval.semantics.authorization import Case, Word
from policy_eval.semantics.layers import Layer
from policy_eval.semantics.readings import OUR_READING
from policy_eval.semantics.request_context import RequestContext
from policy_eval.semantics.situations import case_of


class Seen(NamedTuple):
    """What was seen of one request: which statements match, and which of them decided, as bits.

    `sure`, `possible` and `deciding` are bits of the whole program.
    """

    context: RequestContext
    case: Case
    sure: int
    possible: int
    deciding: int
    decision: Decision


class _Found(NamedTuple):
    """How one request was decided; `deciding` are bits of its action."""

    context: RequestContext
    case: Case
    match: Match
    deciding: int
    decision: Decision

    def seen(self) -> Seen:
        """Return what was seen of it."""
        match, whole = self.match, self.match.action.in_program
        sure, possible = whole(match.sure), whole(match.possible)
        return Seen(self.context, self.case, sure, possible, whole(self.deciding), self.decision)


def decide_call(
    policies: PolicySet,
    requests: Sequence[Request],
    seen: list[Seen] | None = None,
    *,
    missing: bool = True,
) -> Decision:
    """Return the decision of a call that makes these requests, and the further ones they need.

    What was seen of each is put into `seen`. Without `missing` it is not looked for what an answer
    hangs on that is not certain at once. Raises RequestError for a context value that a statement
    cannot read.
    """
    if seen is None and len(requests) == 1:
        remembered = recall(policies.plans, requests[0])
        if remembered is not None:
            return remembered
    decision: Decision | None = None
    steps = steps_of(requests, policies.attached, OUR_READING)
    for context, needed in steps:
        found = [_decide(policies, each) for each in context.by_owner()]
        if len(steps) == len(found) == 1 and found[0].decision.word is not Word.UNDETERMINED:
            _remember(policies, requests[0], found[0])
        part = by_any_owner([each.decision for each in found])
        if seen is not None:
            seen += [each.seen() for each in found]
        decision = combined(decision, hanging(part, needed))
    decision = whole(decision, requests)
    if missing and decision.word is Word.UNDETERMINED:
        from policy_eval.engine.residual.settling import settled  # where something is unknown

        return settled(policies, requests, decision)
    return decision


def decide_by(
    policies: PolicySet, action: ActionProgram, situations: Sequence[tuple[RequestContext, Case]]
) -> Decision:
    """Return the decision of one request, by the statements that its action selects.

    `situations` are its contexts, one for each account that may own the resource, with what follows
    from each. What an undetermined answer hangs on is not looked for. Raises as `decide_call`.
    """
    found = [
        _concluded(policies, context, case, matches_of(action, context, case))
        for context, case in situations
    ]
    return by_any_owner([each.decision for each in found])


def _decide(policies: PolicySet, context: RequestContext) -> _Found:
    case = case_of(context)
    return _concluded(policies, context, case, matches(policies.program(), context, case))


def _remember(policies: PolicySet, request: Request, found: _Found) -> None:
    """Remember how a request was decided, for those that are like it."""
    context, case, match, _, decision = found

    def finish(sure: int, possible: int, named: Named | None) -> Decision | None:
        left = match._replace(sure=sure, possible=possible, named=named)
        concluded = _concluded(policies, context, case, left).decision
        return None if concluded.word is Word.UNDETERMINED else concluded

    learn(policies.plans, request, context, match, decision, finish)


def _concluded(policies: PolicySet, context: RequestContext, case: Case, match: Match) -> _Found:
    """Return how a request is decided, from the statements that match."""
    verdict = verdict_of(case, found_of(match))
    bits = deciding_bits(match, verdict)
    program = policies.program()
    deciding = [program.deciding(match.action.numbers[index]) for index in indices(bits)]
    decision = decision_of(case, context, verdict, (deciding, ()))
    return _Found(context, case, match, bits, decision)


def deciding_bits(match: Match, verdict: Verdict) -> int:
    """Return the statements that made a decision, as bits of the action."""
    action, layers = match.action, verdict.layers
    is_allowed = verdict.word is Word.ALLOWED
    bits = union(mask for (layer, _), mask in action.layers.items() if layer in layers)
    bits &= match.sure & (action.allows if is_allowed else action.denies)
    if is_allowed and Layer.RESOURCE in layers:
        of_resource = union(
            mask for (layer, _), mask in action.layers.items() if layer is Layer.RESOURCE
        )
        bits &= ~of_resource | match.naming(verdict.grants)
    return bits
