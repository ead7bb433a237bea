"""Explanations in words: the lines a person reads.

`summarize` is the short answer, `spell_out` the whole story. Both are plain text without
colour; a line that reports a test begins with ✓ (holds), ✗ (fails) or ? (not known).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy_eval.engine.decision import Deciding, Decision
from policy_eval.engine.reference import StatementTrace
from policy_eval.engine.resting import REFUSED
from policy_eval.engine.statement_wording import (
    VALUES_SHOWN,
    label_of,
    quoted,
    spell_not_understood,
    spell_open_principal,
    spell_test,
    spell_tests,
    spell_verdict,
)
from policy_eval.errors import visible
from policy_eval.policy.ast import Effect, Policy
from policy_eval.semantics.authorization import SPELLED, Presence, Side, Word
from policy_eval.semantics.layers import NAMES, Layer

if TYPE_CHECKING:
    from policy_eval.engine.explanation import Explanation, Part
    from policy_eval.engine.ladder import Rung
    from policy_eval.engine.residual.residual import Residual
    from policy_eval.engine.resting import RestsOn

_ANSWERS = {
    Word.ALLOWED: "allowed",
    Word.EXPLICIT_DENY: "explicit deny",
    Word.IMPLICIT_DENY: "implicit deny",
}
_OTHERS_SHOWN = 3


def spell_answer(decision: Decision) -> str:
    """Return a decision in words."""
    if decision.word in _ANSWERS:
        return _ANSWERS[decision.word]
    return "undetermined" if decision.allowed is None else "denied either way"


def spell_open_point(rests: RestsOn) -> str:
    """Return what it means that an answer rests on a rule: both outcomes, and how to find out."""
    spelled = {word.value: answer for word, answer in _ANSWERS.items()} | {REFUSED: "refused"}
    ours, other = (spelled.get(each, each) for each in (rests.ours, rests.other))
    return (
        f"rests on {rests.rule}: AWS leaves open {rests.about}; as it is read here: {ours}; if AWS "
        f"reads {rests.rule} the other way: {other}; `policy-eval rule {rests.rule}` says how to "
        "find out"
    )


def spell_assumptions(policies: tuple[Policy, ...]) -> list[str]:
    """Return what was assumed to read the policies, a line each."""
    return [
        f"{policy.name}: {'; '.join(policy.assumptions)}"
        for policy in policies
        if policy.assumptions
    ]


def headline(explanation: Explanation) -> str:
    """Return the answer in one line."""
    decision = explanation.decision
    context = explanation.parts[0].context
    yes_or_no = {True: "yes: ", False: "no: ", None: ""}[decision.allowed]
    if decision.refused_by_service and decision.allowed is not False:
        yes_or_no = "no: the service refuses. IAM: "
    answer = f"{yes_or_no}{spell_answer(decision)}{spell_decided_by(explanation)}"
    who = f" as {context.request.principal}" if context.request.principal else ""
    resource = context.request.resource
    on = f" on {resource}" if resource and resource != "*" else ""
    line = f"{answer}. {context.action}{on}{who}"
    failed = explanation.deciding_part
    if decision.blocked_by and failed is not explanation.parts[0]:
        line += f"; it also needs {decision.blocked_by}"
        other = failed.context.request.resource
        if failed.context.action == context.action and other:
            line += f" on {other}"
    return line


def spell_decided_by(explanation: Explanation) -> str:
    """Return the layer that decided, in brackets."""
    layer = explanation.decision.decided_by
    if layer is None:
        return ""
    if explanation.decision.allowed and explanation.deciding_part.case.side is Side.BOTH:
        return " (both sides)"
    if not explanation.deciding_part.is_layered:
        return f" ({NAMES[layer]})"
    from policy_eval.engine.ladder_wording import deciding_rung, spell_rung

    rung = deciding_rung(explanation.deciding_part)
    return f" ({spell_rung(rung) if rung else NAMES[layer]})"


def summarize(explanation: Explanation) -> str:
    """Return the short answer: the decision, what gave it or what it lacks, what it rests on."""
    lines = [headline(explanation), *(f"  {line}" for line in reasons(explanation))]
    part = explanation.deciding_part
    if part.is_layered:
        from policy_eval.engine.ladder_wording import spell_ladder

        lines += ["", *(f"  {line}" for line in spell_ladder(part))]
    return "\n".join([*lines, *_footnotes(explanation)])


def reasons(explanation: Explanation) -> list[str]:
    """Return what gave the decision or what it lacks, in lines."""
    decision = explanation.decision
    if decision.residual is not None:
        part = explanation.deciding_part
        return [*_hanging(decision, decision.residual), *_not_clear(part), *_identity_side(part)]
    if explanation.is_certain_by_cases:
        named = [f"{decision.word.value} by one of these, in each case:"] if (
            decision.statements
        ) else []  # fmt: skip
        return [decision.reason, *named, *(f"  {_named(each)}" for each in decision.statements)]
    return [line for part in _deciding_parts(explanation) for line in _because(part)]


def _hanging(decision: Decision, residual: Residual) -> list[str]:
    """Return what an undetermined answer hangs on."""
    allow, deny = residual.allow_if, residual.deny_if
    lines = [] if allow.never else [f"allowed if {visible(str(allow))}"]
    if not deny.never:
        lines.append(f"explicitly denied if {visible(str(deny))}")
    lines += [decision.reason] if decision.reason else []
    statements = dict.fromkeys((*allow.statements, *deny.statements))
    if statements:
        lines.append("by the statements")
        lines += [f"  {_named(statement)}" for statement in statements]
    return lines


def _not_clear(part: Part) -> list[str]:
    """Return what of statements is not known beside keys: whom they name, what they mean."""
    lines = []
    for trace in part.trace.statements:
        open_ = [*spell_open_principal(trace), *spell_not_understood(trace)]
        if trace.applies is None and open_:
            lines += [f"{label_of(trace)}:", *(f"  {line}" for line in open_)]
    return lines


def spell_missing(residual: Residual) -> list[str]:
    """Return the unknown keys that matter, each with values and what they lead to, a line each."""
    lines = []
    for key in residual.missing:
        examples = [
            f"{_spell_values(each.values)}: {_ANSWERS[Word(each.decision)]}"
            for each in key.examples
        ]
        shown = f" ({', '.join(examples)})" if examples else ""
        lines.append(f"unknown, and it matters: {visible(key.name)}{shown}")
    return lines


def _spell_values(values: tuple[str, ...] | None) -> str:
    return "absent" if values is None else quoted(values)


def spell_out(explanation: Explanation) -> str:
    """Return the whole explanation: every layer, every statement on the action, test by test."""
    from policy_eval.engine.ladder_wording import in_telling_order, spell_ladder, spell_rung

    lines = [headline(explanation)]
    several = len(explanation.parts) > 1
    assumed = {policy.name: "; ".join(policy.assumptions) for policy in explanation.policies}
    for number, part in enumerate(explanation.parts):
        body = []
        if several:
            because = f", needed because {part.because} ({part.rule})" if part.because else ""
            lines += ["", f"  {part.context.action}: {spell_answer(part.decision)}{because}"]
        if part.is_layered:
            body += [*_because(part), "", *spell_ladder(part)]
        for rung in in_telling_order(part):
            if part.is_layered and rung.policies:
                body += ["", f"{spell_rung(rung)}:"]
            for name in rung.policies:
                note = "" if number else assumed[name]
                body += ["", f"{name}   {note}".rstrip(), *_statements(name, rung)]
        if part.decision.reason and not part.is_layered:
            body += ["", part.decision.reason]
        indent = "    " if several else "  "
        lines += [f"{indent}{line}".rstrip() for line in body]
    return "\n".join([*lines, *_footnotes(explanation, assumptions=False)])


def _deciding_parts(explanation: Explanation) -> list[Part]:
    """Return the parts that made the decision: all if allowed, else the one that failed."""
    if explanation.decision.word is Word.ALLOWED:
        return list(explanation.parts)
    return [explanation.deciding_part]


def _because(part: Part) -> list[str]:
    decision = part.decision
    if decision.statements:
        if decision.word is Word.EXPLICIT_DENY:
            return _denied(part)
        what = f"{decision.action} " if part.because else ""
        return [
            f"{what}allowed by {_named(statement)}{_as_whom(part, statement)}"
            for statement in decision.statements
        ]
    lines = [decision.reason] if decision.reason else []
    if decision.word is Word.UNDETERMINED:
        lines += _identity_side(part)
        for trace in part.trace.statements:
            if trace.applies is None:
                verb = "allows" if trace.entry.statement.effect is Effect.ALLOW else "denies"
                lines.append(f"{label_of(trace)} {verb} it if:")
                lines += [f"  {line}" for line in spell_open_principal(trace)]
                lines += [f"  {spell_test(test)}" for test in trace.tests if test.holds is None]
                lines += [f"  {line}" for line in spell_not_understood(trace)]
        return lines
    return lines or _lacking(part)


def _as_whom(part: Part, statement: Deciding) -> str:
    """Return how a statement of the resource's policy names the caller."""
    if statement.layer is not Layer.RESOURCE:
        return ""
    grants = [
        trace.naming.sure
        for trace in part.trace.of(Layer.RESOURCE)
        if trace.entry.statement.number == statement.number and trace.naming
    ]
    return "".join(f", which {SPELLED[grant]}" for grant in grants if grant)


def _denied(part: Part) -> list[str]:
    lines = []
    deciding = {
        (each.layer, each.level, each.policy, each.number) for each in (part.decision.statements)
    }
    for trace in part.trace.having(Effect.DENY):
        statement = Deciding.of(trace.entry)
        key = (statement.layer, statement.level, statement.policy, statement.number)
        if key in deciding:
            lines.append(f"denied by {_named(statement)}")
            conditions = trace.tests[2:]
            lines += [f"  {spell_test(test)}" for test in conditions]
    return lines


def _identity_side(part: Part) -> list[str]:
    """Return what the identity-based policies say, where they alone do not decide."""
    unclear = (
        part.context.resources.names is None
        or part.decision.missing_context
        or any(trace.applies is None for trace in part.trace.statements)
    )
    if unclear or part.case.layers[Layer.IDENTITY].presence is not Presence.GIVEN:
        return []
    granting = [
        trace for trace in part.trace.of(Layer.IDENTITY)
        if trace.applies and trace.entry.statement.effect is Effect.ALLOW
    ]  # fmt: skip
    if not granting:
        return ["the identity-based policies do not allow it"]
    names = ", ".join(label_of(trace) for trace in granting)
    return [f"the identity-based policies allow it: {names}"]


def _lacking(part: Part) -> list[str]:
    """Return what the layer that decided lacks, and what it would need."""
    layer, rung, sides = part.decision.decided_by, None, []
    traces = part.trace.of(layer) if layer else ()
    if part.is_layered:
        from policy_eval.engine.ladder_wording import deciding_rung, spell_sides

        rung, sides = deciding_rung(part), spell_sides(part)
        traces = rung.traces if rung else ()
    traces = tuple(each for each in traces if each.entry.statement.effect is Effect.ALLOW)
    lines = []
    for trace in traces:
        failed = [test for test in trace.tests if test.holds is not True]
        if trace.on_resource and failed:
            lines.append(f"{label_of(trace)} would allow it, but:")
            lines += [f"  {spell_test(test)}" for test in failed]
    lines = lines or [_nothing_allows(part, rung, traces)]
    return [*lines, *sides]


def _nothing_allows(part: Part, rung: Rung | None, traces: tuple[StatementTrace, ...]) -> str:
    named = [trace for trace in traces if trace.naming is None or trace.naming.holds is not False]
    selected = [trace for trace in named if trace.selected]
    if any(trace.selected for trace in traces) and not selected:
        return f"no statement allows it to this caller; allowed to {_whom(traces)}"
    if selected:
        patterns = [value for trace in selected for value in trace.tests[1].test.origin.values]
        return f"no statement allows it on this resource; allowed on {quoted(patterns)}"
    if part.case.layers[Layer.IDENTITY].presence is Presence.NONE and not rung:
        return "no identity-based policy is given"
    where = ""
    if rung is not None and rung.layer is not Layer.IDENTITY:
        where = f" of {', '.join(rung.policies)}" if rung.policies else " (it is empty)"
    return f"no statement{where} allows {part.context.action}"


def _whom(traces: tuple[StatementTrace, ...]) -> str:
    values = [
        f'"{visible(value.text)}"'
        for trace in traces
        if trace.selected and trace.principal
        for value in trace.principal.element.values
    ]
    shown = dict.fromkeys(values)
    return ", ".join([*shown][:VALUES_SHOWN]) or "nobody"


def _named(statement: Deciding) -> str:
    return f"{statement.label} ({statement.place})" if statement.sid else f"{statement.place}"


def _statements(policy: str, rung: Rung) -> list[str]:
    traces = [trace for trace in rung.traces if trace.entry.policy.name == policy]
    others = [trace for trace in traces if not trace.selected]
    lines: list[str] = []
    for trace in traces:
        statement = trace.entry.statement
        label = statement.sid or f"statement {statement.number}"
        if trace.selected:
            place = trace.entry.policy.place(statement)
            lines.append(f"  {label}   {spell_verdict(trace)}   {place}")
            lines += [
                f"    {line}"
                for line in (
                    *spell_tests(trace),
                    *spell_not_understood(trace),
                )
            ]
        elif len(others) <= _OTHERS_SHOWN:
            lines.append(f"  {label}   {statement.effect.value}, another action")
    if len(others) > _OTHERS_SHOWN:
        lines.append(f"  {len(others)} further statements on other actions")
    return lines


def _footnotes(explanation: Explanation, *, assumptions: bool = True) -> list[str]:
    decision = explanation.decision
    notes: list[str] = []
    if assumptions:
        notes += spell_assumptions(explanation.policies)
    notes += explanation.notes
    if decision.residual is not None:
        notes += spell_missing(decision.residual)
        told = {key.name for key in decision.residual.missing}
        others = [name for name in decision.missing_context if name not in told]
        notes += [f"unknown, and it matters: {name}" for name in others]
        if not decision.residual.is_minimal:
            notes.append("the conditions are exact; a search for shorter ones was given up")
    if explanation.assumed_absent:
        notes.append(f"assumed absent: {', '.join(explanation.assumed_absent)}")
    notes += [f"{remark.text} ({remark.rule})" for remark in decision.remarks]
    notes += [spell_open_point(each) for each in explanation.rests_on]
    return ["", *(f"  note: {note}" for note in notes)] if notes else []
