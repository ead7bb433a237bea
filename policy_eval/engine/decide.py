"""A whole call decided by the scalar engine."""

from __future__ import annotations

from collections.abc import Sequence

from policy_eval.engine import scalar
from policy_eval.engine.call import DECIDED_BY, combined, decision_of, hanging, some
from policy_eval.engine.decision import Decision, Entry
from policy_eval.engine.policies import PolicySet
from policy_eval.engine.program import indices
from policy_eval.policy.ast import Effect
from policy_eval.request.request import Request
from policy_eval.semantics.authorization import Word, case_of, decide
from policy_eval.semantics.dependent_actions import needed_by
from policy_eval.semantics.readings import OUR_READING
from policy_eval.semantics.request_context import RequestContext


def decide_call(policies: PolicySet, requests: Sequence[Request]) -> Decision:
    """Return the decision of a call that makes these requests, and the further ones they need.

    Raises RequestError for a context value that a statement cannot read.
    """
    decision: Decision | None = None
    for request in requests:
        context = RequestContext(request)
        decision = combined(decision, _decide(policies, context))
        for needed in needed_by(context, OUR_READING):
            part = _decide(policies, RequestContext(needed.request))
            decision = combined(decision, hanging(part, needed.hangs_on))
    return some(decision)


def _decide(policies: PolicySet, context: RequestContext) -> Decision:
    program = policies.program()
    match = scalar.match(program, context)
    case = case_of(context)
    word, allowed = decide(case, match.allows(program), match.denies(program))
    deciding: list[Entry] = []
    if word in DECIDED_BY:
        wanted = program.allows if DECIDED_BY[word] is Effect.ALLOW else program.denies
        deciding = [program.entries[index] for index in indices(match.sure & wanted)]
    missing: tuple[str, ...] = ()
    if word is Word.UNDETERMINED:
        from policy_eval.engine.reference import trace

        missing = trace(policies.identity, context).unknown
    return decision_of(case, context, word, allowed, deciding, missing)
