"""Explanations in words: the lines a person reads.

`summarize` is the short answer, `spell_out` the whole story. Both are plain text without
colour; a line that reports a test begins with ✓ (holds), ✗ (fails) or ? (not known).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy_eval.engine.decision import Deciding, Decision
from policy_eval.engine.marks import MARKS, OPEN
from policy_eval.engine.reference import StatementTrace, TestTrace
from policy_eval.errors import visible
from policy_eval.policy.ast import Effect, Policy
from policy_eval.semantics.authorization import SPELLED, Presence, Side, Word
from policy_eval.semantics.layers import NAMES, Layer
from policy_eval.semantics.lower import Key, Quantifier, Subject, Template
from policy_eval.semantics.operators import Operator
from policy_eval.semantics.outcomes import Why
from policy_eval.semantics.readings import ABOUT, OpenPoint
from policy_eval.semantics.request_context import Unknown
from policy_eval.semantics.sets import OneOf
from policy_eval.semantics.views import View

if TYPE_CHECKING:
    from policy_eval.engine.explanation import Explanation, Part
    from policy_eval.engine.ladder import Rung

_ANSWERS = {
    Word.ALLOWED: "allowed",
    Word.EXPLICIT_DENY: "explicit deny",
    Word.IMPLICIT_DENY: "implicit deny",
}
_OTHERS_SHOWN = 3
_VALUES_SHOWN = 6


def spell_answer(decision: Decision) -> str:
    """Return a decision in words."""
    if decision.word in _ANSWERS:
        return _ANSWERS[decision.word]
    return "undetermined" if decision.allowed is None else "denied either way"


def spell_open_point(rule: str) -> str:
    """Return what it means that an answer rests on a rule."""
    return (
        f"rests on {rule}: AWS leaves open {ABOUT[OpenPoint(rule)]}, and the other reading "
        "changes the answer"
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
    return [line for part in _deciding_parts(explanation) for line in _because(part)]


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
            body += ["", *spell_ladder(part)]
        for rung in in_telling_order(part):
            if part.is_layered and rung.policies:
                body += ["", f"{spell_rung(rung)}:"]
            for name in rung.policies:
                note = "" if number else assumed[name]
                body += ["", f"{name}   {note}".rstrip(), *_statements(name, rung)]
        if part.decision.reason:
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
                lines.append(f"{_label(trace)} {verb} it if:")
                lines += [f"  {line}" for line in _open_principal(trace)]
                lines += [f"  {_test_line(test)}" for test in trace.tests if test.holds is None]
                lines += [f"  {line}" for line in _not_understood(trace)]
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
            lines += [f"  {_test_line(test)}" for test in conditions]
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
    names = ", ".join(_label(trace) for trace in granting)
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
            lines.append(f"{_label(trace)} would allow it, but:")
            lines += [f"  {_test_line(test)}" for test in failed]
    lines = lines or [_nothing_allows(part, rung, traces)]
    return [*lines, *sides]


def _nothing_allows(part: Part, rung: Rung | None, traces: tuple[StatementTrace, ...]) -> str:
    named = [trace for trace in traces if trace.naming is None or trace.naming.holds is not False]
    selected = [trace for trace in named if trace.selected]
    if any(trace.selected for trace in traces) and not selected:
        return f"no statement allows it to this caller; allowed to {_whom(traces)}"
    if selected:
        patterns = [value for trace in selected for value in trace.tests[1].test.origin.values]
        return f"no statement allows it on this resource; allowed on {_quoted(patterns)}"
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
    return ", ".join([*shown][:_VALUES_SHOWN]) or "nobody"


def _named(statement: Deciding) -> str:
    return f"{statement.label} ({statement.place})" if statement.sid else f"{statement.place}"


def _label(trace: StatementTrace) -> str:
    return trace.entry.policy.label(trace.entry.statement)


def _statements(policy: str, rung: Rung) -> list[str]:
    traces = [trace for trace in rung.traces if trace.entry.policy.name == policy]
    others = [trace for trace in traces if not trace.selected]
    lines: list[str] = []
    for trace in traces:
        statement = trace.entry.statement
        label = statement.sid or f"statement {statement.number}"
        if trace.selected:
            place = trace.entry.policy.place(statement)
            lines.append(f"  {label}   {_verdict(trace)}   {place}")
            lines += [
                f"    {line}"
                for line in (
                    *_test_lines(trace),
                    *_not_understood(trace),
                )
            ]
        elif len(others) <= _OTHERS_SHOWN:
            lines.append(f"  {label}   {statement.effect.value}, another action")
    if len(others) > _OTHERS_SHOWN:
        lines.append(f"  {len(others)} further statements on other actions")
    return lines


def _open_principal(trace: StatementTrace) -> list[str]:
    return _principal_lines(trace) if trace.naming and trace.naming.holds is None else []


def _principal_lines(trace: StatementTrace, width: int = 0) -> list[str]:
    """Return the line of a statement's principal element; none in policies without."""
    test, named = trace.principal, trace.naming
    if test is None or named is None:
        return []
    element = test.element
    values = [value.text for value in element.values]
    wanted = _none_of(tuple(values)) if test.negated else _quoted(values, " or ")
    how = f", which {SPELLED[named.sure]}" if named.sure and not test.negated else ""
    if named.by_boundary:
        wanted, how = "covers every caller that has a permissions boundary", " (R-NPRIN-02)"
    missing = f"; not known: {named.missing}" if named.holds is None else ""
    return [f"{MARKS[named.holds]} {element.name:<{width}}   {wanted}{how}{missing}"]


def _not_understood(trace: StatementTrace) -> list[str]:
    """Return the line of what makes a statement unusable; none where all of it is understood."""
    unusable = trace.entry.statement.unusable
    return [f"{OPEN} what AWS refuses, accepted: {unusable}"] if unusable else []


def _verdict(trace: StatementTrace) -> str:
    effect = trace.entry.statement.effect.value
    match trace.applies:
        case True:
            return f"{effect}, applies"
        case False:
            return f"{effect}, does not apply"
        case _:
            return f"{effect}, not known"


def _subject(trace: TestTrace) -> str:
    key = trace.test.attribute
    element = trace.test.origin.element
    return f"{element} {key.spelling}" if isinstance(key, Key) else element


def _test_lines(trace: StatementTrace) -> list[str]:
    """Return a line for the principal element and for each test, aligned."""
    names = [_subject(test) for test in trace.tests]
    if trace.principal:
        names.append(trace.principal.element.name)
    width = max(map(len, names))
    return [
        *_principal_lines(trace, width),
        *(_test_line(test, width) for test in trace.tests),
    ]


def _test_line(trace: TestTrace, width: int = 0) -> str:
    return (
        f"{MARKS[trace.holds]} {_subject(trace):<{width}}   {_said(trace)}{_WHY.get(trace.why, '')}"
    )


def _said(trace: TestTrace) -> str:
    seen, wanted = spell_seen(trace), spell_wanted(trace)
    if trace.holds is not True:
        return f"{seen}; wanted {wanted}"
    if trace.test.attribute is Subject.ACTION or isinstance(trace.seen, Unknown):
        return wanted
    presence = trace.test.quantifier is Quantifier.PRESENCE
    if trace.why is Why.ABSENT and not presence:
        return f"absent, which this operator accepts; else {wanted}"
    return f"{seen}: {wanted}"


_WHY = {
    Why.MULTIVALUED: "  (a multivalued key needs ForAnyValue or ForAllValues, R-COND-34)",
    Why.MALFORMED: "  (a variable makes a value malformed, so the restrictive side, R-COND-41)",
    Why.AMBIGUOUS: "  (tags differ only by case, so the restrictive side, R-COND-04)",
    Why.NULL: "  (empty text is null here, R-COND-37)",
}


def spell_seen(trace: TestTrace) -> str:
    """Return what the attribute held."""
    if isinstance(trace.seen, Unknown):
        return "unknown"
    held = [values for values in trace.seen if values]
    if not held:
        return "absent"
    return " or ".join(_quoted(values, " and ") for values in held)


def spell_wanted(trace: TestTrace) -> str:
    """Return what the test accepts, in words."""
    origin = trace.test.origin
    if origin.operator is None:
        if origin.element.startswith("Not"):
            return _none_of(origin.values)
        return _quoted(origin.values, " or ") + _resolved(trace)
    if origin.operator.view is View.PRESENCE:
        wanted = {value.lower() for value in origin.values}
        return " or ".join("null" if value == "true" else "a value" for value in sorted(wanted))
    return f"{_quantified(trace)}{_operation(origin.operator, origin.values)}{_resolved(trace)}"


def _quantified(trace: TestTrace) -> str:
    operator = trace.test.origin.operator
    match trace.test.quantifier:
        case Quantifier.ANY:
            plain = operator is not None and not operator.says and not operator.negated
            return "any of " if plain else "any value "
        case Quantifier.ALL:
            return "only values "
        case _:
            return ""


def _operation(operator: Operator, values: tuple[str, ...]) -> str:
    phrase = f"{operator.says} " if operator.says else ""
    if not operator.negated:
        return phrase + _quoted(values, " or ")
    return _none_of(values, phrase)


def _none_of(values: tuple[str, ...], phrase: str = "") -> str:
    return f"{'neither' if len(values) > 1 else 'not'} {phrase}{_quoted(values, ' nor ')}"


def _resolved(trace: TestTrace) -> str:
    if not isinstance(trace.test.accepts, Template):
        return ""
    match trace.accepts:
        case OneOf(values):
            return f" (here {_quoted(sorted(map(str, values)), ' or ')})"
        case _:
            return ""


def _quoted(values: tuple[str, ...] | list[str], between: str = ", ") -> str:
    if not values:
        return "nothing"
    shown = between.join(f'"{visible(value)}"' for value in values[:_VALUES_SHOWN])
    more = len(values) - _VALUES_SHOWN
    return f"{shown}{between}{more} more" if more > 0 else shown


def _footnotes(explanation: Explanation, *, assumptions: bool = True) -> list[str]:
    decision = explanation.decision
    notes: list[str] = []
    if assumptions:
        notes += spell_assumptions(explanation.policies)
    notes += explanation.notes
    if decision.missing_context:
        notes.append(f"unknown, and it matters: {', '.join(decision.missing_context)}")
    if explanation.assumed_absent:
        notes.append(f"assumed absent: {', '.join(explanation.assumed_absent)}")
    notes += [f"{remark.text} ({remark.rule})" for remark in decision.remarks]
    notes += [spell_open_point(rule) for rule in explanation.rests_on]
    return ["", *(f"  note: {note}" for note in notes)] if notes else []
