"""Findings → diagnostics: where exactly each problem of a policy stands, and what follows.

Errors refuse the policy, all at once and in order, the warnings after them. Where what AWS
refuses is accepted, an error with a lenient reading becomes a warning that says the reading.
"""

from __future__ import annotations

from policy_eval.errors import Diagnostic, PolicyError, Severity
from policy_eval.policy.ast import Policy, Statement
from policy_eval.policy.findings import Finding, Spot, Where
from policy_eval.policy.policy_type import Strictness
from policy_eval.text.limits import MOST_PROBLEMS
from policy_eval.text.node import Span
from policy_eval.text.pointing import point


def settle(policy: Policy, findings: list[Finding], strictness: Strictness) -> Policy:
    """Return the policy with its warnings. Raises PolicyError with every problem, in order."""
    accepted = (
        [_accepted(finding) for finding in findings] if strictness.accept_invalid else (findings)
    )
    errors = [finding for finding in accepted if finding.severity is Severity.ERROR]
    if errors:
        warnings = [finding for finding in accepted if finding.severity is Severity.WARNING]
        raise PolicyError(*_shown(errors, policy), *_shown(warnings, policy))
    reasons = {
        finding.where.statement: finding.message
        for finding in reversed(findings)
        if finding.unusable and isinstance(finding.where, Where)
    }
    statements = tuple(_marked(each, reasons) for each in policy.statements)
    return policy._replace(statements=statements, findings=tuple(accepted))


def _marked(statement: Statement, reasons: dict[int, str]) -> Statement:
    return statement._replace(unusable=reasons.get(statement.number, ""))


def _accepted(finding: Finding) -> Finding:
    if finding.severity is Severity.WARNING or not finding.leniently:
        return finding
    return finding._replace(
        severity=Severity.WARNING,
        message=f"{finding.message}; accepted: {finding.leniently}",
    )


def _shown(findings: list[Finding], policy: Policy) -> list[Diagnostic]:
    """Return the diagnostics in the order of the text, and how many more there are."""
    placed = [(_spot(finding, policy), finding) for finding in findings[:MOST_PROBLEMS]]
    placed.sort(key=lambda each: each[0].source.span(*each[0].span).start)
    found = [_diagnose(finding, spot) for spot, finding in placed]
    more = len(findings) - len(found)
    if more:
        found.append(
            Diagnostic(
                "too-many-problems",
                findings[0].severity,
                f"{more:,} more problems of {policy.name} are not shown",
                "mend these first",
            )
        )
    return found


def warnings_of(policy: Policy) -> tuple[Diagnostic, ...]:
    """Return what a reader of the policy should know though it is used."""
    return tuple(_shown(list(policy.findings), policy))


def _spot(finding: Finding, policy: Policy) -> Spot:
    """Return what is underlined: of a whole statement or document, its opening only."""
    where = finding.where
    if isinstance(where, Spot):
        return where
    if isinstance(where, Span):
        return Spot(policy.source, where)
    span = policy.places(where.statement, where.path, name=where.name)
    text = policy.source.text[span.start : span.end]
    if not where.path and text[:1] in ("{", "["):
        span = Span(span.start, span.start + 1)
    elif where.within is not None and "\\" not in text:  # else characters take several
        start = span.start + (text[:1] in ('"', "'"))
        span = Span(start + where.within.start, start + where.within.end)
    return Spot(policy.source, span)


def _diagnose(finding: Finding, spot: Spot) -> Diagnostic:
    problem = Diagnostic(
        finding.code,
        finding.severity,
        finding.message,
        finding.remedy,
        rules=tuple(filter(None, (finding.rule,))),
        expected=finding.expected,
    )
    return point(spot.source, problem, *spot.span)
