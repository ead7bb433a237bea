"""What deciding and explaining a whole call have in common.

A call is the requests that were asked and the further ones they need; it is allowed only if
each of them is (R-RES-12).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from policy_eval.engine.decision import Deciding, Decision
from policy_eval.errors import refuse_request
from policy_eval.policy.policy_type import RULES
from policy_eval.request.request import Request
from policy_eval.semantics.authorization import (
    Bounds,
    Case,
    Found,
    Grant,
    Presence,
    Word,
    decide,
    decided_by,
    granting_classes,
    granting_layers,
)
from policy_eval.semantics.dependent_actions import Needed, needed_by
from policy_eval.semantics.layers import NAMES, Attached, Layer
from policy_eval.semantics.readings import Reading
from policy_eval.semantics.request_context import RequestContext
from policy_eval.semantics.service_exceptions import resource_policy_type
from policy_eval.semantics.service_rules import service_remarks

NO_RESOURCE_GIVEN = "no resource was given, and the answer depends on it"
"""Why an answer is undetermined where the resource is unknown."""


class Step(NamedTuple):
    """One request of a call; `needed` says why where it was not asked for."""

    context: RequestContext
    needed: Needed | None = None


def steps_of(requests: Sequence[Request], attached: Attached, reading: Reading) -> list[Step]:
    """Return the requests of a call: each that was asked, and after it those that it needs.

    Raises RequestError for requests that contradict themselves, ValueError for none.
    """
    if not requests:
        message = "a call makes at least one request"
        raise ValueError(message)
    asked: RequestContext | None = None
    steps: list[Step] = []
    for request in requests:
        context = RequestContext(request, reading, attached, asked)
        asked = asked or context
        steps.append(Step(context))
        for needed in needed_by(context, reading):
            further = RequestContext(needed.request, reading, attached, asked)
            steps.append(Step(further, needed))
    _check_resource_policy(attached, [step.context for step in steps])
    return steps


def _check_resource_policy(attached: Attached, contexts: Sequence[RequestContext]) -> None:
    """Refuse a policy of the resource that is asked about, of a type that nothing asks for."""
    for index, (arn, found) in enumerate(attached.resource_policies):
        if arn or any(context.resource_policy() == index for context in contexts):
            continue
        wanted = resource_policy_type(contexts[0].folded_action)
        raise refuse_request(
            "wrong-policy-type",
            f"{RULES[found].name} is given, and {contexts[0].action} on this resource is guarded "
            f"by {RULES[wanted].name}",
            f"read it as the type `{wanted.value}`, or name the resource it is attached to",
            ("R-SVC-01",),
        )


def combined(call: Decision | None, part: Decision) -> Decision:
    """Return the decision of a call that also needs `part`: the first that is not allowed."""
    if call is None:
        return part
    if call.allowed is False or (call.allowed is None and part.allowed is not False):
        return call
    return call.beside(part) if part.allowed else call.blocked(part)


def by_any_owner(decisions: Sequence[Decision]) -> Decision:
    """Return the decision where the resource may belong to several accounts, one each."""
    first = decisions[0]
    if all(each.word is first.word and each.allowed is first.allowed for each in decisions):
        return first
    allowed = first.allowed if len({each.allowed for each in decisions}) == 1 else None
    missing = (name for each in decisions for name in each.missing_context)
    return Decision(
        Word.UNDETERMINED,
        allowed,
        first.action,
        missing_context=tuple(dict.fromkeys(("aws:ResourceAccount", *missing))),
        reason="it is unknown whose the resource is, and the answer depends on it (R-XACC-05)",
        remarks=first.remarks,
        unknown_layers=tuple(
            dict.fromkeys(layer for each in decisions for layer in each.unknown_layers)
        ),
    )


def whole(decision: Decision | None, requests: Sequence[Request]) -> Decision:
    """Return the decision of a call all of whose parts were seen.

    Where several requests were asked, it names the one that failed, be it the first.
    """
    assert decision is not None  # a call has a step
    if len(requests) == 1 or decision.allowed or decision.blocked_by:
        return decision
    return decision.blocked(None)


def hanging(decision: Decision, needed: Needed | None) -> Decision:
    """Return the decision on a further action of which it is unknown whether it is needed."""
    key = needed.hangs_on if needed else ""
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


class Verdict(NamedTuple):
    """What follows from what each layer says: the decision, and what made it.

    `layer` is the one that decided, `layers` are those whose statements made the decision, and
    `grants` the ways of naming the caller that count in the resource's.
    """

    word: Word
    allowed: bool | None
    layer: Layer | None
    layers: tuple[Layer, ...]
    grants: frozenset[Grant]


_MOST_VERDICTS = 4_096
_VERDICTS: dict[object, Verdict] = {}
"""The verdicts that were given, by all that they follow from: there are few different ones."""


def verdict_of(case: Case, found: Found[Bounds]) -> Verdict:
    """Return what follows from what each layer says."""
    allows, denies, grants = found
    key = (
        case.side,
        case.everyone,
        *case.layers.values(),
        *allows.items(),
        *denies.items(),
        *grants.items(),
    )
    verdict = _VERDICTS.get(key)
    if verdict is None:
        word, allowed = decide(case, found)
        ways = granting_classes(case, found) if word is Word.ALLOWED else frozenset(Grant)
        layers = _deciding_layers(case, word, found)
        verdict = Verdict(word, allowed, decided_by(case, word, found), layers, ways)
        if len(_VERDICTS) >= _MOST_VERDICTS:
            _VERDICTS.clear()
        _VERDICTS[key] = verdict
    return verdict


def decision_of(
    case: Case,
    context: RequestContext,
    verdict: Verdict,
    evidence: tuple[Iterable[Deciding], tuple[str, ...]],
) -> Decision:
    """Return the decision on one request, from what an engine found.

    `evidence` are the statements that decided, and the unknown keys that matter.
    """
    word, allowed, layer, _, _ = verdict
    deciding, missing = evidence
    unknown = _unknown_layers(case) if word is Word.UNDETERMINED else ()
    return Decision(
        word,
        allowed,
        str(context.action),
        statements=tuple(deciding),
        missing_context=missing,
        reason=_reason(case, word, layer, context),
        remarks=service_remarks(context),
        decided_by=layer,
        unknown_layers=unknown,
    )


def _unknown_layers(case: Case) -> tuple[Layer, ...]:
    return tuple(
        layer for layer, state in case.layers.items() if state.presence is Presence.UNKNOWN
    )


def _deciding_layers(case: Case, word: Word, found: Found[Bounds]) -> tuple[Layer, ...]:
    """Return the layers whose statements made the decision."""
    match word:
        case Word.EXPLICIT_DENY:
            return tuple(layer for layer, state in case.layers.items() if state.denies)
        case Word.ALLOWED:
            return granting_layers(case, found)
        case _:
            return ()


def _reason(case: Case, word: Word, layer: Layer | None, context: RequestContext) -> str:
    """Return why, where no statement says it."""
    if word is Word.UNDETERMINED:
        reasons = [
            f"{state.reason} ({state.rule})" if state.reason else f"the {NAMES[each]} is not known"
            for each, state in case.layers.items()
            if state.presence is Presence.UNKNOWN
        ]
        if context.resources.names is None:
            reasons.append(NO_RESOURCE_GIVEN)
        return "; ".join(reasons)
    if word is Word.EXPLICIT_DENY:
        return ""
    if layer is not None:
        state = case.layers[layer]
        return f"{state.reason} ({state.rule})" if state.reason else ""
    if case.reason:
        return f"{case.reason} ({case.rule})"
    state = case.layers[Layer.IDENTITY]
    return f"{state.reason} ({state.rule})"
