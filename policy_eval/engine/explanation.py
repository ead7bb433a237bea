"""Explanations: a decision with every statement behind it, as data and as text."""

from typing import TYPE_CHECKING, NamedTuple

from policy_eval.engine.decision import Attachment, Deciding, Decision
from policy_eval.engine.reference import StatementTrace, TestTrace, Trace
from policy_eval.engine.resting import RestsOn
from policy_eval.engine.statement_wording import spell_wanted
from policy_eval.engine.wording import spell_out
from policy_eval.policy.ast import Policy
from policy_eval.semantics.authorization import Case, Presence, Side, Word
from policy_eval.semantics.layers import Layer
from policy_eval.semantics.lower import Key
from policy_eval.semantics.notes import assumption_notes, passed_over_note, reference_notes
from policy_eval.semantics.outcomes import Why
from policy_eval.semantics.request_context import RequestContext, Unknown
from policy_eval.semantics.service_reference import data_version

if TYPE_CHECKING:
    from policy_eval.engine.ladder import Rung


class Part(NamedTuple):
    """One action of the call: its request context, its trace, and its own decision.

    `case` says which formula applied and how each layer had a say, `attachments` are the policies.
    """

    context: RequestContext
    trace: Trace
    decision: Decision
    case: Case
    attachments: tuple[Attachment, ...]
    because: str = ""
    rule: str = ""

    @property
    def is_layered(self) -> bool:
        """Whether more than identity-based policies have a say."""
        others = (state for layer, state in self.case.layers.items() if layer is not Layer.IDENTITY)
        silent = (Presence.NONE, Presence.NOTHING)
        has_others = any(state.presence not in silent for state in others)
        return has_others and self.case.side is not Side.NEITHER

    @property
    def rungs(self) -> "tuple[Rung, ...]":
        """What each layer says, in the order of R-EVAL-03."""
        from policy_eval.engine.ladder import ladder  # only where layers are looked at

        return ladder(self)


class Explanation(NamedTuple):
    """Why the decision is what it is. `str()` of it is the text people read.

    `policies` are those of all layers. `parts` are the actions of the call, the one that
    was asked first. `assumed_absent` names the keys that statements read and nobody listed;
    `rests_on` the rules whose other reading would change the decision, with what it would be.
    """

    decision: Decision
    policies: tuple[Policy, ...]
    parts: tuple[Part, ...]
    rests_on: tuple[RestsOn, ...] = ()

    @property
    def deciding_part(self) -> Part:
        """The action that decided: the one that failed, else the first."""
        answers = (part for part in self.parts if part.decision.allowed is self.decision.allowed)
        open_ = (part for part in self.parts if part.decision.allowed is not True)
        if self.decision.allowed is True:
            return self.parts[0]
        return next(answers, None) or next(open_, self.parts[0])

    @property
    def is_certain_by_cases(self) -> bool:
        """Whether the call is decided though an action of it is not: one way or another."""
        return self.decision.word is not Word.UNDETERMINED and all(
            part.decision.allowed is not self.decision.allowed
            or part.decision.word is Word.UNDETERMINED
            for part in (self.deciding_part,)
        )

    @property
    def assumed_absent(self) -> tuple[str, ...]:
        """Keys that a statement on this action and resource reads, and nobody listed."""
        return tuple(dict.fromkeys(name for part in self.parts for name in _assumed_absent(part)))

    @property
    def failed_conditions(self) -> tuple[str, ...]:
        """Condition keys that failed in statements whose action, resource and principal matched."""
        return tuple(
            dict.fromkeys(
                key.spelling
                for part in self.parts
                for statement in part.trace.statements
                if statement.on_resource
                for test in statement.tests
                if test.holds is False and isinstance(key := test.test.attribute, Key)
            )
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed or derived, in sentences."""
        notes: list[str] = []
        for part in self.parts:
            notes += assumption_notes(part.context, _keys_read(part))
            notes += reference_notes(part.context, _keys_read(part))
            if any(
                each.selected and each.tests[1].holds is False for each in part.trace.statements
            ):
                notes.append(passed_over_note(part.context))
            notes += _not_arns(part)
            notes += _by_name_alone(part)
        notes += _policies_of_nothing(self.parts)
        return tuple(dict.fromkeys(filter(None, notes)))

    def __str__(self) -> str:
        return spell_out(self)

    def to_dict(self) -> dict[str, object]:
        """Return the explanation as plain data, in stable field names."""
        return {
            **self.decision.to_dict(),
            "principal": _principal(self.parts[0].context),
            "assumptions": {policy.name: list(policy.assumptions) for policy in self.policies},
            "layers": [rung.to_dict() for rung in self.deciding_part.rungs],
            "assumed_absent": list(self.assumed_absent),
            "failed_conditions": list(self.failed_conditions),
            "rests_on": [each.to_dict() for each in self.rests_on],
            "notes": list(self.notes),
            "service_reference": data_version(),
            "actions": [
                {
                    "action": str(part.context.action),
                    "resource": list(part.context.resources.names or ()) or None,
                    "decision": part.decision.decision,
                    "decided_by": part.decision.decided_by and part.decision.decided_by.value,
                    "because": part.because,
                    "layers": [rung.to_dict() for rung in part.rungs],
                    "statements": [_statement(trace) for trace in part.trace.statements],
                }
                for part in self.parts
            ],
        }


def _not_arns(part: Part) -> list[str]:
    """Return what is said of accepted values that are no ARNs: a Deny may not apply for it."""
    return [
        f"`{test.test.attribute.spelling}` is no ARN, so {test.test.origin.element} fails and "
        f"{statement.entry.policy.label(statement.entry.statement)} "
        f"({statement.entry.statement.effect.value}) does not apply (R-COND-19)"
        for statement in part.trace.statements
        for test in statement.tests
        if test.why is Why.NOT_AN_ARN and isinstance(test.test.attribute, Key)
    ]


def _policies_of_nothing(parts: tuple[Part, ...]) -> list[str]:
    """Return what is said of policies of resources that no request of the call is on."""
    used = {part.context.resource_policy() for part in parts}
    return [
        f"no request of this call is on {arn}, so its policy has no say"
        for index, (arn, _) in enumerate(parts[0].context.attached.resource_policies)
        if index not in used
    ]


def _by_name_alone(part: Part) -> list[str]:
    """Return what is said where a role was compared without its path (R-PRIN-07)."""
    if not any(each.naming is not None and each.naming.by_name for each in part.trace.statements):
        return []
    text = "a session's ARN lacks its role's path, so roles were compared by their names alone"
    return [f"{text} (R-PRIN-07)"]


def _principal(context: RequestContext) -> str | None:
    principal = context.request.principal
    return None if principal is None else principal.arn


def _keys_read(part: Part) -> tuple[str, ...]:
    return tuple(
        key.spelling
        for statement in part.trace.statements
        for test in statement.tests
        if isinstance(key := test.test.attribute, Key)
    )


def _assumed_absent(part: Part) -> tuple[str, ...]:
    return tuple(
        test.test.attribute.spelling
        for statement in part.trace.statements
        if statement.on_resource
        for test in statement.tests
        if test.why is Why.ABSENT
        and isinstance(test.test.attribute, Key)
        and not part.context.was_given(test.test.attribute)
    )


def _statement(trace: StatementTrace) -> dict[str, object]:
    statement, named = trace.entry.statement, trace.naming
    return {
        **Deciding.of(trace.entry).to_dict(),
        "effect": statement.effect.value,
        "applies": trace.applies,
        "unusable": statement.unusable or None,
        "names_caller": None if named is None else named.holds,
        "tests": [_test(test) for test in trace.tests],
    }


def _test(trace: TestTrace) -> dict[str, object]:
    key = trace.test.attribute
    return {
        "element": trace.test.origin.element,
        "key": key.spelling if isinstance(key, Key) else None,
        "holds": trace.holds,
        "seen": _seen(trace),
        "values": list(trace.test.origin.values),
        "wanted": spell_wanted(trace),
        "rule": _rule(trace),
    }


def _seen(trace: TestTrace) -> object:
    """Return the values of the attribute: a list, null where it is absent, or `unknown`.

    Where spellings of a key compete, a list of lists.
    """
    if isinstance(trace.seen, Unknown):
        return "unknown"
    held = [None if values is None else list(values) for values in trace.seen]
    return held[0] if len(held) == 1 else held


def _rule(trace: TestTrace) -> str:
    rule = trace.test.origin.absence_rule if trace.why is Why.ABSENT else ""
    return rule or str(trace.why.value)
