"""Tests of policies in Python: a decision that is asserted, and fails with its explanation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from policy_eval.cases.expectation import expected_as
from policy_eval.cases.judging import outcome_of
from policy_eval.cases.outcome import Status
from policy_eval.cases.run import run_case
from policy_eval.cases.suite import Case
from policy_eval.errors import InputError, Place
from policy_eval.reports.text import spell_failure

if TYPE_CHECKING:
    from policy_eval.engine.decision import Decision
    from policy_eval.engine.policies import PolicySet
    from policy_eval.request.request import Request

_NOWHERE = Place("", 0, 0)


def assert_decision(
    policies: PolicySet,
    request: Request | Sequence[Request],
    expected: str,
    **further: str | Iterable[str],
) -> Decision:
    """Assert what AWS would decide for a call, and return the decision.

    `expected` and the names in `further` are those of `expect` in a suite (docs/iamtest.md):
    `matched`, `failed_conditions`, `missing_context`, `decided_by`, `blocked_by`, `rests_on`,
    `remarks`. Raises AssertionError with what differs and why, RequestError for a request that
    cannot be evaluated, ValueError for an expectation that there is not.
    """
    __tracebackhide__ = True
    requests = tuple(request) if isinstance(request, Sequence) else (request,)
    expect = expected_as(expected, further)
    result = run_case(Case("", "", _NOWHERE, policies, requests, expect))
    if isinstance(result.found, InputError):
        raise result.found
    outcome = outcome_of(result, "")
    if outcome.status is not Status.PASSED:
        lines = (line.removeprefix("      ") for line in spell_failure(outcome))
        raise AssertionError("\n".join(lines))
    return result.found
