"""The ladder of a decision: what each layer says to a request, in the order of R-EVAL-03."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from policy_eval.engine.decision import Deciding
from policy_eval.engine.reference import StatementTrace
from policy_eval.policy.ast import Effect
from policy_eval.policy.policy_type import RULES
from policy_eval.semantics.authorization import (
    BOUNDS,
    NO,
    SPELLED,
    Bounds,
    Grant,
    LayerState,
    Presence,
    allow_of,
    deny_of,
)
from policy_eval.semantics.layers import IN_LEVELS, NAMES, Layer
from policy_eval.semantics.service_exceptions import resource_policy_type

if TYPE_CHECKING:
    from policy_eval.engine.explanation import Part


class Answer(Enum):
    """What a layer says; the value is its word in the data of an explanation."""

    ALLOWS = "allowed"
    DENIES = "explicitDeny"
    SILENT = "implicitDeny"
    OPEN = "undetermined"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "notApplicable"


class Rung(NamedTuple):
    """One layer, or one level of it: its answer, and what gave it. `name` is that of its policies.

    `level` counts from 1, root first, among `levels`; both are 0 where a layer has none.
    `statements` are those that gave the answer: that apply, or may. `traces` are all of the layer
    on the request. `grant` is how the resource's policy names the caller, where it allows.
    """

    layer: Layer
    name: str
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


def ladder(part: Part) -> tuple[Rung, ...]:
    """Return what each layer says, levels root first; a layer that does not exist is left out."""
    rungs: list[Rung] = []
    for layer, state in part.case.layers.items():
        if state.presence is Presence.NONE:
            continue
        name = _name(part, layer)
        if state.presence is not Presence.GIVEN:
            rungs.append(Rung(layer, name, _ANSWERS[state.presence], 0, 0, (), (), (), state))
            continue
        levels = [level for each, level in part.trace.levels if each is layer]
        rungs += [_rung(part, layer, level, len(levels)) for level in levels]
    return tuple(rungs)


_ANSWERS = {
    Presence.NOT_APPLICABLE: Answer.NOT_APPLICABLE,
    Presence.UNKNOWN: Answer.UNKNOWN,
    Presence.BY_ITSELF: Answer.ALLOWS,
    Presence.NOTHING: Answer.SILENT,
}


def _name(part: Part, layer: Layer) -> str:
    """Return what a layer's policies are called; a resource's as its kind of resource has it."""
    if layer is not Layer.RESOURCE:
        return NAMES[layer]
    named = RULES[resource_policy_type(part.context.folded_action)].name
    return named.partition(" ")[2]


def _rung(part: Part, layer: Layer, level: int, levels: int) -> Rung:
    case, traced = part.case, part.trace
    traces = traced.of(layer, level)
    allows = allow_of(case, layer, traced.bounds(Effect.ALLOW, layer, level), BOUNDS)
    denies = deny_of(case, layer, traced.bounds(Effect.DENY, layer, level), BOUNDS)
    effect = Effect.DENY if denies.possible else Effect.ALLOW
    statements = tuple(
        trace
        for trace in traces
        if trace.entry.statement.effect is effect and trace.applies is not False
    )
    named = ((trace.naming, trace.applies) for trace in statements if trace.naming)
    sure_or_not = (each.sure if applies else each.possible for each, applies in named)
    grants = [grant for grant in sure_or_not if grant is not None]
    grants_by_name = grants and layer is Layer.RESOURCE and effect is Effect.ALLOW
    policies = tuple(
        each.policy.name for each in part.attachments if each.layer is layer and each.level == level
    )
    if layer not in IN_LEVELS:
        level = levels = 0
    return Rung(
        layer, _name(part, layer), _answer(allows, denies), level, levels, policies, statements,
        traces, case.layers[layer], max(grants) if grants_by_name else None,
    )  # fmt: skip


def _answer(allows: Bounds, denies: Bounds) -> Answer:
    if denies.sure:
        return Answer.DENIES
    if denies != NO:
        return Answer.OPEN
    if allows.sure:
        return Answer.ALLOWS
    return Answer.OPEN if allows.possible else Answer.SILENT
