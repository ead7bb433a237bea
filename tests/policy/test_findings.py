"""Findings become diagnostics, with places that are looked up only then."""

from __future__ import annotations

import pytest

from policy_eval.errors import Place, PolicyError, Severity
from policy_eval.policy.ast import Policy
from policy_eval.policy.build import build_policy
from policy_eval.policy.diagnosis import settle, warnings_of
from policy_eval.policy.document import read_document
from policy_eval.policy.findings import Finding, Where
from policy_eval.policy.policy_type import STRICT, Strictness
from policy_eval.text.limits import MOST_PROBLEMS
from policy_eval.text.node import Span
from policy_eval.text.source import Source

ACCEPTING = Strictness(accept_invalid=True)


def policy() -> Policy:
    """Return a policy whose Sid stands on the second line."""
    text = '{"Effect": "Deny",\n "Sid": "a", "Action": "*", "Resource": "*"}'
    return build_policy(read_document(Source("p.json", text))).policy


def finding(
    where: Where | Span, severity: Severity = Severity.ERROR, leniently: str = ""
) -> Finding:
    """Return a finding at a place."""
    return Finding(severity, "sid-characters", where, "message", leniently=leniently)


def places(error: PolicyError) -> list[str]:
    """Return the severity and place of each diagnostic."""
    return [f"{each.severity.value} {each.place}" for each in error.diagnostics]


@pytest.mark.parametrize(
    ("where", "place", "width"),
    [
        pytest.param(Where(1, ("Sid",)), Place("p.json", 2, 9), 3, id="a value"),
        pytest.param(Where(1, ("Sid",), name=True), Place("p.json", 2, 2), 5, id="a name"),
        pytest.param(Where(1, ()), Place("p.json", 1, 1), 1, id="a statement: its opening"),
        pytest.param(Span(20, 23), Place("p.json", 2, 2), 3, id="a span"),
    ],
)
def test_a_finding_is_diagnosed_with_its_place(
    where: Where | Span, place: Place, width: int
) -> None:
    found = policy()._replace(findings=(finding(where, Severity.WARNING),))

    (diagnostic,) = warnings_of(found)

    assert diagnostic.place == place
    assert diagnostic.excerpt is not None
    assert diagnostic.excerpt.end - diagnostic.excerpt.start == width


def test_errors_are_raised_in_order_of_place_and_warnings_after_them() -> None:
    found = [
        finding(Span(20, 21)),
        finding(Span(1, 2), Severity.WARNING),
        finding(Span(0, 1)),
    ]

    with pytest.raises(PolicyError) as caught:
        settle(policy(), found, STRICT)

    assert places(caught.value) == ["error p.json:1:1", "error p.json:2:2", "warning p.json:1:2"]


def test_warnings_alone_are_kept_with_the_policy() -> None:
    found = [finding(Span(1, 2), Severity.WARNING), finding(Span(0, 1), Severity.WARNING)]

    assert settle(policy(), found, STRICT).findings == tuple(found)


def test_more_problems_than_are_shown_are_counted() -> None:
    with pytest.raises(PolicyError) as caught:
        settle(policy(), [finding(Span(0, 1))] * (MOST_PROBLEMS + 3), STRICT)

    *_, last = caught.value.diagnostics
    assert (last.code, last.severity) == ("too-many-problems", Severity.ERROR)
    assert last.message == "3 more problems of p.json are not shown"


def test_an_accepted_error_becomes_a_warning_that_says_its_reading() -> None:
    accepted = settle(policy(), [finding(Span(0, 1), leniently="it does nothing")], ACCEPTING)

    (warning,) = accepted.findings
    assert warning.severity is Severity.WARNING
    assert warning.message == "message; accepted: it does nothing"


def test_an_error_without_a_lenient_reading_is_refused_all_the_same() -> None:
    with pytest.raises(PolicyError):
        settle(policy(), [finding(Span(0, 1))], ACCEPTING)


def test_a_statement_that_cannot_be_understood_is_marked() -> None:
    unusable = finding(Where(1, ("Sid",)), leniently="who knows")._replace(unusable=True)

    accepted = settle(policy(), [unusable], ACCEPTING)

    assert [each.unusable for each in accepted.statements] == ["message"]
