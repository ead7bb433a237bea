"""The ladder of a decision: what each layer says to a request, in the order of R-EVAL-03."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from policy_eval.engine.decision import Attachment, Deciding
from policy_eval.engine.reference import StatementTrace, Trace
from policy_eval.policy.ast import Effect
from policy_eval.semantics.authorization import (
    NO,
    Bounds,
    Case,
    LayerState,
    Presence,
    allow_of,
    deny_of,
)
from policy_eval.semantics.layers import IN_LEVELS, Layer
from policy_eval.semantics.principals import SPELLED, Grant


class Answer(Enum):
    """What a layer says; the value is its word in the data of an explanation."""

    ALLOWS = "allowed"
    DENIES = "explicitDeny"
    SILENT = "implicitDeny"
    OPEN = "undetermined"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "notApplicable"
    ABSENT = "absent"


class Rung(NamedTuple):
    """One layer, or one level of it: its answer, and what gave it.

    `level` counts from 1, root first, among `levels`; both are 0 where a layer has none.
    `statements` are those that gave the answer: that apply, or may. `traces` are all of the layer
    on the request. `grant` is how the resource's policy names the caller, where it allows.
    """

    layer: Layer
    answer: Answer
    level: int
    levels: int
    policies: tuple[str, ...]
    statements: tuple[StatementTrace, ...]
    traces: tuple[StatementTrace, ...]
    state: LayerState
    grant: Grant | None = None

    def to_dict(self) -> dict[str, object]:
        """Return the rung as plain data, in stable field names."""
        return {
            "layer": self.layer.value,
            "level": self.level or None,
            "decision": self.answer.value,
            "policies": list(self.policies),
            "statements": [Deciding.of(trace.entry).to_dict() for trace in self.statements],
            "names_caller": SPELLED[self.grant] if self.grant is not None else None,
            "reason": self.state.reason,
            "rule": self.state.rule,
        }


def ladder(attachments: Sequence[Attachment], traced: Trace, case: Case) -> tuple[Rung, ...]:
    """Return what each layer says, levels root first; a layer that does not exist is left out."""
    rungs: list[Rung] = []
    for layer, state in case.layers.items():
        if state.presence is Presence.NONE:
            continue
        if state.presence is not Presence.GIVEN:
            rungs.append(_without_policies(layer, state))
            continue
        levels = [level for each, level in traced.levels if each is layer]
        for level in levels:
            policies = tuple(
                each.policy.name for each in attachments
                if each.layer is layer and each.level == level
            )  # fmt: skip
            rungs.append(_rung(layer, (level, levels), policies, traced, case))
    return tuple(rungs)


_ANSWERS = {
    Presence.NOT_APPLICABLE: Answer.NOT_APPLICABLE,
    Presence.UNKNOWN: Answer.UNKNOWN,
    Presence.BY_ITSELF: Answer.ALLOWS,
    Presence.NOTHING: Answer.SILENT,
}


def _without_policies(layer: Layer, state: LayerState) -> Rung:
    return Rung(layer, _ANSWERS[state.presence], 0, 0, (), (), (), state)


def _rung(
    layer: Layer,
    level_of: tuple[int, list[int]],
    policies: tuple[str, ...],
    traced: Trace,
    case: Case,
) -> Rung:
    level, levels = level_of
    state = case.layers[layer]
    traces = traced.of(layer, level)
    allows = allow_of(case, layer, traced.bounds(Effect.ALLOW, layer, level))
    denies = deny_of(case, layer, traced.bounds(Effect.DENY, layer, level))
    answer = _answer(allows, denies)
    effect = Effect.DENY if denies.possible else Effect.ALLOW
    statements = tuple(
        trace
        for trace in traces
        if trace.entry.statement.effect is effect and trace.applies is not False
    )
    named = [trace.naming.possible for trace in statements if trace.naming]
    grants = [grant for grant in named if grant is not None]
    in_levels = layer in IN_LEVELS
    return Rung(
        layer, answer, level if in_levels else 0, len(levels) if in_levels else 0, policies,
        statements, traces, state,
        max(grants) if grants and layer is Layer.RESOURCE and effect is Effect.ALLOW else None,
    )  # fmt: skip


def _answer(allows: Bounds, denies: Bounds) -> Answer:
    if denies.sure:
        return Answer.DENIES
    if denies != NO:
        return Answer.OPEN
    if allows.sure:
        return Answer.ALLOWS
    return Answer.OPEN if allows.possible else Answer.SILENT
