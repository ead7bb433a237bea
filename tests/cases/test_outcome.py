"""Runs as plain data."""

from __future__ import annotations

import json

import pytest

from policy_eval.cases.coverage import Coverage
from policy_eval.cases.mutation import Mutation
from policy_eval.cases.outcome import Run, Status
from tests.reports.runs import FAILED, PASSED, RUN


@pytest.mark.parametrize("status", Status)
def test_a_run_counts_its_tests_by_how_they_went(status: Status) -> None:
    assert Run((FAILED._replace(status=status), PASSED)).count(status) == 1 + (
        status is Status.PASSED
    )
    assert Run(()).count(status) == 0


def test_a_suite_that_cannot_be_read_counts_as_an_error() -> None:
    data = RUN.to_dict()

    counts = [data[name] for name in ("passed", "failed", "errors", "skipped")]
    assert counts == [1, 1, 2, 1]
    assert data["seconds"] == 0.5


def test_an_outcome_is_data_in_stable_names() -> None:
    assert list(FAILED.to_dict()) == [
        "suite", "file", "line", "name", "status", "expected", "actual", "message", "explanation",
        "rule", "source", "seconds", "diagnostics",
    ]  # fmt: skip
    assert json.loads(json.dumps(FAILED.to_dict())) == FAILED.to_dict()


def test_what_was_not_measured_is_not_in_the_data() -> None:
    assert {"coverage", "mutation"}.isdisjoint(RUN.to_dict())


def test_what_was_measured_is_in_the_data() -> None:
    data = RUN._replace(coverage=Coverage(), mutation=Mutation(())).to_dict()

    assert data["coverage"] == Coverage().to_dict()
    assert data["mutation"] == Mutation(()).to_dict()
