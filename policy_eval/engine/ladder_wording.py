"""The ladder in words: a line for each layer, and which side of a call lacks what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy_eval.engine.ladder import Answer, Rung
from policy_eval.engine.marks import MARKS, PASSED_OVER
from policy_eval.semantics.authorization import Presence, Side
from policy_eval.semantics.layers import NAMES, Layer
from policy_eval.semantics.principals import SPELLED

if TYPE_CHECKING:
    from policy_eval.engine.explanation import Part

_SAYS = {
    Answer.ALLOWS: (MARKS[True], "allows"),
    Answer.DENIES: (MARKS[False], "denies"),
    Answer.SILENT: (MARKS[False], "does not allow"),
    Answer.OPEN: (MARKS[None], "hangs on something unknown"),
    Answer.UNKNOWN: (MARKS[None], "not known"),
    Answer.NOT_APPLICABLE: (PASSED_OVER, "does not apply"),
    Answer.ABSENT: (PASSED_OVER, "does not exist"),
}
_BLOCKING = {Answer.DENIES, Answer.SILENT}


def spell_rung(rung: Rung) -> str:
    """Return the name of a layer, and of its level."""
    level = f", level {rung.level} of {rung.levels}" if rung.levels else ""
    return f"{NAMES[rung.layer]}{level}"


def has_several_layers(part: Part) -> bool:
    """Return whether more than identity-based policies have a say in a request."""
    return (
        any(
            rung.layer is not Layer.IDENTITY and rung.state.presence is not Presence.NOTHING
            for rung in part.rungs
        )
        and part.case.side is not Side.NEITHER
    )


def deciding_rung(part: Part) -> Rung | None:
    """Return the layer, or the level of it, that decided; None where none is given."""
    layer = part.decision.decided_by
    rungs = [rung for rung in part.rungs if rung.layer is layer]
    blocking = (rung for rung in rungs if rung.answer in _BLOCKING)
    if part.decision.allowed:
        return rungs[0] if rungs else None
    denying = (rung for rung in rungs if rung.answer is Answer.DENIES)
    return next(denying, None) or next(blocking, None) or (rungs[0] if rungs else None)


def in_telling_order(part: Part) -> list[Rung]:
    """Return the layers in the order of R-EVAL-03, the one that decided before the others."""
    first = deciding_rung(part)
    return [*([first] if first else []), *(rung for rung in part.rungs if rung is not first)]


def spell_ladder(part: Part) -> list[str]:
    """Return a line for each layer: what it says, and the statements or reason behind it."""
    names = [spell_rung(rung) for rung in part.rungs]
    width = max(map(len, names))
    says = [_verdict(part, rung) for rung in part.rungs]
    wide = max(len(words) for _, words in says)
    return [
        f"{mark} {name:<{width}}   {words:<{wide}}   {_behind(rung)}".rstrip()
        for rung, name, (mark, words) in zip(part.rungs, names, says, strict=True)
    ]


def _verdict(part: Part, rung: Rung) -> tuple[str, str]:
    need_not = part.case.side is Side.EITHER and rung.layer is Layer.RESOURCE
    if need_not and rung.answer is Answer.SILENT:
        return PASSED_OVER, "does not allow, and need not"
    return _SAYS[rung.answer]


def _behind(rung: Rung) -> str:
    if rung.state.reason:
        return f"{rung.state.reason} ({rung.state.rule})"
    if not rung.statements:
        return ", ".join(rung.policies) or "no policy at this level"
    named = ", ".join(
        f"{trace.entry.policy.label(trace.entry.statement)} "
        f"({trace.entry.policy.place(trace.entry.statement)})"
        for trace in rung.statements
    )
    return f"{named}; {SPELLED[rung.grant]}" if rung.grant else named


def spell_sides(part: Part) -> list[str]:
    """Return which side of a call over two accounts refused, and what it would need (R-XACC-01)."""
    context, layer = part.context, part.decision.decided_by
    if part.case.side is not Side.BOTH or layer is None or not context.is_foreign():
        return []
    caller, owner = context.caller_account(), context.owner() or "not known"
    what = f"{context.action} on {context.request.resource or 'the resource'}"
    principal = context.request.principal
    if layer in (Layer.RESOURCE, Layer.RCP):
        whom = principal.role_arn or principal.arn if principal else "the caller"
        need = f"its policy must allow {what} to {whom}, or to account {caller} (R-XACC-01)"
        return [f"the resource's side (account {owner}) refuses: {need}"]
    need = f"over accounts both sides must allow, so its {NAMES[layer]} must allow {what} too"
    return [f"the caller's side (account {caller}) refuses: {need} (R-XACC-01)"]
