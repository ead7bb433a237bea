"""The ladder in words: a line for each layer, and which side of a call lacks what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy_eval.engine.ladder import Answer, Rung
from policy_eval.engine.marks import MARKS, PASSED_OVER
from policy_eval.semantics.authorization import SPELLED, Side
from policy_eval.semantics.layers import NAMES, Layer

if TYPE_CHECKING:
    from policy_eval.engine.explanation import Part

_SAYS = {
    Answer.ALLOWS: (MARKS[True], "allows"),
    Answer.DENIES: (MARKS[False], "denies"),
    Answer.SILENT: (MARKS[False], "does not allow"),
    Answer.OPEN: (MARKS[None], "hangs on something unknown"),
    Answer.UNKNOWN: (MARKS[None], "not known"),
    Answer.NOT_APPLICABLE: (PASSED_OVER, "does not apply"),
}


def spell_rung(rung: Rung) -> str:
    """Return the name of a layer, and of its level."""
    level = f", level {rung.level} of {rung.levels}" if rung.levels else ""
    return f"{rung.name}{level}"


def deciding_rung(part: Part) -> Rung | None:
    """Return the layer, or the level of it, that decided; None where none is given."""
    return _deciding(part, part.rungs)


def _deciding(part: Part, rungs: tuple[Rung, ...]) -> Rung | None:
    own = [rung for rung in rungs if rung.layer is part.decision.decided_by]
    for answer in () if part.decision.allowed else (Answer.DENIES, Answer.SILENT):
        for rung in own:
            if rung.answer is answer:
                return rung
    return own[0] if own else None


def in_telling_order(part: Part) -> list[Rung]:
    """Return the layers in the order of R-EVAL-03, the one that decided before the others."""
    rungs = part.rungs
    first = _deciding(part, rungs)
    return [*([first] if first else []), *(rung for rung in rungs if rung is not first)]


def spell_ladder(part: Part) -> list[str]:
    """Return a line for each layer: what it says, and the statements or reason behind it."""
    rungs = part.rungs
    names = [spell_rung(rung) for rung in rungs]
    width = max(map(len, names))
    says = [_verdict(part, rung) for rung in rungs]
    wide = max(len(words) for _, words in says)
    return [
        f"{mark} {name:<{width}}   {words:<{wide}}   {_behind(rung)}".rstrip()
        for rung, name, (mark, words) in zip(rungs, names, says, strict=True)
    ]


def _verdict(part: Part, rung: Rung) -> tuple[str, str]:
    need_not = part.case.side is Side.EITHER and rung.layer is Layer.RESOURCE
    if need_not and rung.answer is Answer.SILENT:
        return PASSED_OVER, "does not allow, and need not"
    return _SAYS[rung.answer]


def _behind(rung: Rung) -> str:
    if rung.state.reason:
        return f"{rung.state.reason} ({rung.state.rule})"
    if rung.answer is Answer.UNKNOWN:
        return ""
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
    if layer is Layer.RESOURCE:
        whom = principal.role_arn or principal.arn if principal else "the caller"
        need = f"its policy must allow {what} to {whom}, or to account {caller} (R-XACC-01)"
        return [f"the resource's side (account {owner}) refuses: {need}"]
    if layer not in (Layer.IDENTITY, Layer.BOUNDARY, Layer.SESSION):
        return []
    need = f"over accounts both sides must allow, so its {NAMES[layer]} must allow {what} too"
    return [f"the caller's side (account {caller}) refuses: {need} (R-XACC-01)"]
