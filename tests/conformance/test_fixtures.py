"""Every case in fixtures/ on the reference engine; as suites they run on the scalar one."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy_eval.cases.run import by_reference, run_case
from policy_eval.cases.suite import Case, load_suite

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
SUITES = sorted(FIXTURES.rglob("*.iamtest.yaml"))
CASES = [case for path in SUITES for case in load_suite(path).cases]


def test_there_are_fixtures() -> None:
    assert len(CASES) > 500


@pytest.mark.parametrize(
    "case", CASES, ids=[f"{Path(case.place.file).stem}:{case.place.line}" for case in CASES]
)
def test_the_reference_engine_decides_as_expected(case: Case) -> None:
    if case.skip:
        pytest.skip(case.skip)

    result = run_case(case, by_reference)

    assert not result.differences, "\n".join((case.name, *case.rules, *result.differences))
