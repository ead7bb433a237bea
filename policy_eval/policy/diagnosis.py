"""Findings → diagnostics: where exactly each problem of a policy stands."""

from __future__ import annotations

from policy_eval.errors import Diagnostic, Place, PolicyError, Severity
from policy_eval.policy.ast import Policy
from policy_eval.policy.document import Document
from policy_eval.policy.findings import Finding


def diagnose(finding: Finding, policy: Policy | Document) -> Diagnostic:
    """Return the diagnostic of a finding, with its place."""
    where = finding.where
    place: Place = (
        policy.source.place(where)
        if isinstance(where, int)
        else policy.places(where.statement, where.path, name=where.name)
    )
    return Diagnostic(
        finding.code,
        finding.severity,
        finding.message,
        finding.remedy,
        place,
        tuple(filter(None, (finding.rule,))),
    )


def refuse_errors(findings: list[Finding], policy: Policy | Document) -> tuple[Finding, ...]:
    """Return the warnings. Raises PolicyError with every error, in order."""
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if errors:
        raise PolicyError(*(diagnose(finding, policy) for finding in errors))
    return tuple(findings)


def warnings_of(policy: Policy) -> tuple[Diagnostic, ...]:
    """Return what AWS would let pass in a policy and a reader should know."""
    return tuple(diagnose(finding, policy) for finding in policy.findings)
