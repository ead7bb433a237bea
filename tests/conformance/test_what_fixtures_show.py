"""The fixtures show every trap and every open point."""

from __future__ import annotations

import pytest

from policy_eval.semantics.readings import OpenPoint
from tests.conformance.test_fixtures import CASES

_TRAPS = {f"T{number:02}" for number in range(1, 122)}


def test_every_trap_has_a_case() -> None:
    shown = {rule for case in CASES for rule in case.rules if rule.startswith("T")}

    assert _TRAPS - shown == set()
    assert shown - _TRAPS == set()


@pytest.mark.parametrize("point", OpenPoint, ids=lambda point: point.value)
def test_every_open_point_has_a_case_that_rests_on_it_and_one_that_does_not(
    point: OpenPoint,
) -> None:
    expected = [
        case.expect.rests_on
        for case in CASES
        if case.expect is not None and case.expect.rests_on is not None
    ]

    assert any(point.value in rules for rules in expected)
    assert any(point.value not in rules for rules in expected)
