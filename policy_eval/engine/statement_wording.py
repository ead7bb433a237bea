"""One statement and its tests in words: what was seen, and what was wanted.

A line that reports a test begins with ✓ (holds), ✗ (fails) or ? (not known).
"""

from __future__ import annotations

from policy_eval.engine.marks import MARKS, OPEN
from policy_eval.engine.reference import StatementTrace, TestTrace
from policy_eval.errors import visible
from policy_eval.semantics.authorization import SPELLED
from policy_eval.semantics.lower import Key, Quantifier, Subject, Template
from policy_eval.semantics.operators import Operator
from policy_eval.semantics.outcomes import Why
from policy_eval.semantics.request_context import Unknown
from policy_eval.semantics.sets import OneOf
from policy_eval.semantics.views import View

VALUES_SHOWN = 6
"""Of more values only the number is told."""


def label_of(trace: StatementTrace) -> str:
    """Return the name of a statement: its Sid, or `file#N`."""
    return trace.entry.policy.label(trace.entry.statement)


def spell_open_principal(trace: StatementTrace) -> list[str]:
    """Return the line of a principal element of which it is not known whom it names."""
    return _principal_lines(trace) if trace.naming and trace.naming.holds is None else []


def _principal_lines(trace: StatementTrace, width: int = 0) -> list[str]:
    """Return the line of a statement's principal element; none in policies without."""
    test, named = trace.principal, trace.naming
    if test is None or named is None:
        return []
    element = test.element
    values = [value.text for value in element.values]
    wanted = _none_of(tuple(values)) if test.negated else quoted(values, " or ")
    how = f", which {SPELLED[named.sure]}" if named.sure and not test.negated else ""
    if named.by_boundary:
        wanted, how = "covers every caller that has a permissions boundary", " (R-NPRIN-02)"
    missing = f"; not known: {named.missing}" if named.holds is None else ""
    return [f"{MARKS[named.holds]} {element.name:<{width}}   {wanted}{how}{missing}"]


def spell_not_understood(trace: StatementTrace) -> list[str]:
    """Return the line of what makes a statement unusable; none where all of it is understood."""
    unusable = trace.entry.statement.unusable
    accepted = trace.entry.policy.accepts_invalid
    what = "what AWS refuses, accepted" if accepted else "not all of it is known"
    return [f"{OPEN} {what}: {unusable}"] if unusable else []


def spell_verdict(trace: StatementTrace) -> str:
    """Return what a statement does to the request."""
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


def spell_tests(trace: StatementTrace) -> list[str]:
    """Return a line for the principal element and for each test, aligned."""
    names = [_subject(test) for test in trace.tests]
    if trace.principal:
        names.append(trace.principal.element.name)
    width = max(map(len, names))
    return [
        *_principal_lines(trace, width),
        *(spell_test(test, width) for test in trace.tests),
    ]


def spell_test(trace: TestTrace, width: int = 0) -> str:
    """Return the line of one test, its subject padded to `width`."""
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
    return " or ".join(quoted(values, " and ") for values in held)


def spell_wanted(trace: TestTrace) -> str:
    """Return what the test accepts, in words."""
    origin = trace.test.origin
    if origin.operator is None:
        if origin.element.startswith("Not"):
            return _none_of(origin.values)
        return quoted(origin.values, " or ") + _resolved(trace)
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
        return phrase + quoted(values, " or ")
    return _none_of(values, phrase)


def _none_of(values: tuple[str, ...], phrase: str = "") -> str:
    return f"{'neither' if len(values) > 1 else 'not'} {phrase}{quoted(values, ' nor ')}"


def _resolved(trace: TestTrace) -> str:
    if not isinstance(trace.test.accepts, Template):
        return ""
    match trace.accepts:
        case OneOf(values):
            return f" (here {quoted(sorted(map(str, values)), ' or ')})"
        case _:
            return ""


def quoted(values: tuple[str, ...] | list[str], between: str = ", ") -> str:
    """Return values in quotation marks; of many the first, and how many more."""
    if not values:
        return "nothing"
    shown = between.join(f'"{visible(value)}"' for value in values[:VALUES_SHOWN])
    more = len(values) - VALUES_SHOWN
    return f"{shown}{between}{more} more" if more > 0 else shown
