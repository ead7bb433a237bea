"""A whole call decided by the scalar engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from policy_eval.engine import scalar
from policy_eval.engine.call import (
    by_any_owner,
    combined,
    deciding_layers,
    decision_of,
    hanging,
    steps_of,
    whole,
)
from policy_eval.engine.decision import Decision
from policy_eval.engine.policies import PolicySet
from policy_eval.engine.program import indices
from policy_eval.engine.scalar import Match
from policy_eval.request.request import Request
from policy_eval.semantics.authorization import Case, Word, decide, granting_classes
from policy_eval.semantics.layers import Layer
from policy_eval.semantics.readings import OUR_READING
from policy_eval.semantics.request_context import RequestContext
from policy_eval.semantics.situations import case_of


class Seen(NamedTuple):
    """What was seen of one request: which statements match, and which of them decided, as bits."""

    context: RequestContext
    case: Case
    match: Match
    deciding: int
    decision: Decision


def decide_call(
    policies: PolicySet,
    requests: Sequence[Request],
    seen: list[Seen] | None = None,
    *,
    missing: bool = True,
) -> Decision:
    """Return the decision of a call that makes these requests, and the further ones they need.

    What was seen of each is put into `seen`. Without `missing` the unknown keys that matter are
    not looked for, which takes by far the longest. Raises RequestError for a context value that a
    statement cannot read.
    """
    decision: Decision | None = None
    for context, needed in steps_of(requests, policies.attached, OUR_READING):
        found = [_decide(policies, each, missing=missing) for each in context.by_owner()]
        part = by_any_owner([each.decision for each in found])
        if seen is not None:
            seen += found
        decision = combined(decision, hanging(part, needed))
    return whole(decision, requests)


def _decide(policies: PolicySet, context: RequestContext, *, missing: bool) -> Seen:
    program = policies.program()
    case = case_of(context)
    found, match = scalar.find(program, context, case)
    answer = word, _ = decide(case, found)
    wanted = program.allows if word is Word.ALLOWED else program.denies
    bits = 0
    for layer in deciding_layers(case, word, found):
        for (each, _), mask in program.layers.items():
            bits |= mask if each is layer else 0
    bits &= match.sure & wanted
    if word is Word.ALLOWED:
        of_resource = sum(
            mask for (each, _), mask in program.layers.items() if each is Layer.RESOURCE
        )
        bits &= ~of_resource | match.naming(granting_classes(case, found))
    deciding = [program.entries[index] for index in indices(bits)]
    names: tuple[str, ...] = ()
    if missing and word is Word.UNDETERMINED:
        from policy_eval.engine.reference import missing_from, trace

        names = missing_from(trace(policies.attachments, context, case), case)
    decision = decision_of(case, context, found, answer, (deciding, names))
    return Seen(context, case, match, bits, decision)
