"""Findings become diagnostics, with places that are looked up only then."""

from __future__ import annotations

import pytest

from policy_eval.errors import Diagnostic, Place, PolicyError, Severity
from policy_eval.policy.build import build_policy
from policy_eval.policy.diagnosis import diagnose, refuse_errors, warnings_of
from policy_eval.policy.document import Document, read_document
from policy_eval.policy.findings import Finding, Where
from policy_eval.text.source import Source


def document() -> Document:
    """Return a document whose Sid stands on the second line."""
    return read_document(Source("p.json", '{"Effect": "Deny",\n "Sid": "a"}'))


def finding(severity: Severity, where: Where | int, rule: str = "R-SID-01") -> Finding:
    """Return a finding at a place."""
    return Finding(severity, "sid-characters", where, "message", "remedy", rule)


@pytest.mark.parametrize(
    ("where", "place"),
    [
        pytest.param(Where(1, ("Sid",)), Place("p.json", 2, 9), id="a value"),
        pytest.param(Where(1, ("Sid",), name=True), Place("p.json", 2, 2), id="a name"),
        pytest.param(Where(1, ()), Place("p.json", 1, 1), id="a statement"),
        pytest.param(20, Place("p.json", 2, 2), id="an offset"),
    ],
)
def test_a_finding_is_diagnosed_with_its_place(where: Where | int, place: Place) -> None:
    diagnostic = diagnose(finding(Severity.ERROR, where), document())

    assert diagnostic == Diagnostic(
        "sid-characters", Severity.ERROR, "message", "remedy", place, ("R-SID-01",)
    )


def test_a_finding_without_a_rule_names_none() -> None:
    diagnostic = diagnose(finding(Severity.WARNING, 0, rule=""), document())

    assert diagnostic.rules == ()


def test_every_error_is_raised_in_order_and_no_warning() -> None:
    found = [
        finding(Severity.ERROR, 20),
        finding(Severity.WARNING, 1),
        finding(Severity.ERROR, 0),
    ]

    with pytest.raises(PolicyError) as caught:
        refuse_errors(found, document())

    places = [str(diagnostic.place) for diagnostic in caught.value.diagnostics]
    assert places == ["p.json:2:2", "p.json:1:1"]


def test_warnings_alone_are_returned() -> None:
    found = [finding(Severity.WARNING, 1), finding(Severity.WARNING, 0)]

    assert refuse_errors(found, document()) == tuple(found)


def test_the_warnings_of_a_policy_have_places() -> None:
    source = Source("p.json", '{"Effect": "Deny", "Action": "Get", "Resource": "*"}')
    policy = build_policy(read_document(source))

    (warning,) = warnings_of(policy)

    assert (warning.code, warning.severity) == ("action-form", Severity.WARNING)
    assert warning.place == Place("p.json", 1, 30)
