"""Why a call is not allowed, as text and as data."""

from __future__ import annotations

import json

import pytest

import policy_eval as pe
from policy_eval.engine.residual import near_misses, policy_fixes
from tests.engine.residual.asking import GET, SECRET, allow, deny, known, policies

_IS_A = {"StringEquals": {"my:A": "a", "my:B": "b"}}


def test_what_is_allowed_needs_no_reason() -> None:
    assert pe.why_not(policies(allow()), known({})) is None


def test_what_would_change_a_decision_is_told() -> None:
    found = pe.why_not(policies(allow(GET, Sid="One", when=_IS_A)), known({"my:A": "x"}))

    without = "take out the conditions StringEquals my:A, StringEquals my:B"
    assert str(found).splitlines() == [
        "it would be allowed with another context:",
        '  - my:A "a" (now "x")',
        '      and my:B "b" (now absent)',
        "it would be allowed with other policies:",
        f"  - <policy 1>: add a statement that allows {GET} on {SECRET} (identity-based policy)",
        f"  - One: {without} (identity-based policy)",
    ]
    assert found is not None
    data = json.loads(json.dumps(found.to_dict()))
    assert data["context"]["is_complete"] is True
    assert len(data["policies"]["policy_fixes"]) == 2


def test_a_deny_that_no_context_lifts_is_named() -> None:
    found = pe.why_not(policies(allow(), deny(Sid="No"), deny()), known({}))

    lines = str(found).splitlines()
    assert lines[0].startswith("denied whatever the context is, by No (<policy 1>:1:")
    assert lines[1].startswith("denied whatever the context is, by <policy 1>:1:")
    assert "no change to the context would allow it" in lines


def test_a_search_that_ended_at_its_budget_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    given = policies(*(allow(GET, "arn:aws:s3:::a", when={"StringEquals": {f"my:K{number}": "a"}})
                       for number in range(9)),
                     *(allow(when={"StringEquals": {f"my:K{number}": "a"}})
                       for number in range(9)))  # fmt: skip
    text = str(pe.why_not(given, known({})))
    assert text.count("  (the search ended at its budget)") == 2

    monkeypatch.setattr(near_misses, "MOST_SETS", 0)
    monkeypatch.setattr(policy_fixes, "MOST_TRIED", 0)
    assert str(pe.why_not(given, known({}))).splitlines() == [
        "no change to the context was found to allow it",
        "no small change to these policies was found to allow it",
    ]
