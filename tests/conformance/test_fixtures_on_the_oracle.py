"""Every case in fixtures/ that the oracle's interface can express, decided by the oracle.

It knows the policies of every layer, one action at a time, and no unknowns.
"""

from __future__ import annotations

from policy_eval.cases.suite import Case
from policy_eval.engine.call import steps_of
from policy_eval.errors import InputError
from policy_eval.semantics.readings import OUR_READING
from policy_eval.semantics.situations import case_of
from tests.conformance.test_fixtures import CASES
from tests.oracle.calls import call_of
from tests.oracle.layers import OracleCall, decide_call

_WORDS = {"allowed": "allowed", "implicitDeny": "implicitDeny", "explicitDeny": "explicitDeny",
          "undetermined": "undetermined", "invalid": "error"}  # fmt: skip
_FEWEST = 1100


def _question(case: Case) -> OracleCall | None:
    """Return the case as the oracle's question; None where its interface has no words for it."""
    if isinstance(case.policies, InputError) or isinstance(case.requests, InputError):
        return None
    if any(policy.accepts_invalid for policy in case.policies.policies):
        return None  # the oracle knows no lenient reading
    if case.expect is None or case.expect.decision not in _WORDS or case.expect.missing_context:
        return None
    try:
        steps = [*steps_of(case.requests, case.policies.attached, OUR_READING)]
        if len(steps) != 1:
            return None
        case_of(steps[0].context)
        return call_of(case.policies, steps[0].context)
    except InputError:
        return None


QUESTIONS = [(case, question) for case in CASES if (question := _question(case)) is not None]

_SERVICE_REFUSES = "R-XACC-04"
"""The oracle answers implicitDeny where the service refuses a root caller; we say it beside."""


def test_most_fixtures_can_be_asked() -> None:
    assert len(QUESTIONS) > _FEWEST


def test_the_oracle_answers_as_expected() -> None:
    wrong = []
    for case, question in QUESTIONS:
        assert case.expect is not None
        found = decide_call(question)
        refused = case.expect.remarks is not None and _SERVICE_REFUSES in case.expect.remarks
        if found != _WORDS[str(case.expect.decision)] and not refused:
            wrong.append((case.place.file.rpartition("/")[2], case.place.line, case.name, found))

    assert wrong == []
