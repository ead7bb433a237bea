"""The report in JSON."""

from __future__ import annotations

import json

from hypothesis import given

from policy_eval.cases.outcome import Run
from policy_eval.reports.as_json import write
from tests.reports.runs import ANY_TEXT, RUN, SKIPPED, hostile_run


def test_the_report_is_the_run_as_indented_json() -> None:
    assert write(Run((SKIPPED._replace(name="ü\x1b\x85\u2028\udcff"),))) == (
        """\
{
  "passed": 0,
  "failed": 0,
  "errors": 0,
  "skipped": 1,
  "seconds": 0.0,
  "results": [
    {
      "suite": "Secrets",
      "file": "suites/secrets.iamtest.yaml",
      "line": 40,
      "name": "ü\\u001b\\u0085\u2028\\udcff",
      "status": "skipped",
      "expected": {
        "decision": "allowed"
      },
      "actual": null,
      "message": "not known yet",
      "explanation": [],
      "rule": [],
      "source": "",
      "seconds": 0.0,
      "diagnostics": []
    }
  ],
  "unusable": []
}
"""
    )


def test_the_report_holds_what_the_run_does() -> None:
    assert json.loads(write(RUN)) == RUN.to_dict()


@given(ANY_TEXT)
def test_any_text_is_carried_as_it_is_and_can_be_encoded(text: str) -> None:
    run = hostile_run(text)

    report = write(run)

    report.encode()
    assert json.loads(report) == json.loads(json.dumps(run.to_dict()))
    assert set(map(chr, range(0x7F, 0xA0))) & set(report) == set()
