"""Every case in fixtures/ on every engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy_eval.cases.run import Decide, by_reference, run_case
from policy_eval.cases.suite import Case, load_suite
from policy_eval.engine.decide import decide_call

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
SUITES = sorted(FIXTURES.rglob("*.iamtest.yaml"))
CASES = [case for path in SUITES for case in load_suite(path).cases]


def test_there_are_fixtures() -> None:
    assert len(CASES) > 500


@pytest.mark.parametrize("engine", [by_reference, decide_call])
@pytest.mark.parametrize(
    "case", CASES, ids=[f"{Path(case.place.file).stem}:{case.place.line}" for case in CASES]
)
def test_the_decision_is_as_expected(case: Case, engine: Decide) -> None:
    if case.skip:
        pytest.skip(case.skip)

    result = run_case(case, engine)

    assert not result.differences, "\n".join((case.name, *case.rules, *result.differences))
