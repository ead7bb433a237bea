"""The report in SARIF."""

from __future__ import annotations

import json
import os
import re
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import TypedDict
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import example, given

from policy_eval.cases.outcome import Run, Unusable
from policy_eval.error_codes import ERROR_CODES
from policy_eval.reports.problems import problems_of
from policy_eval.reports.sarif import write
from policy_eval.reports.wording import found
from tests.reports.runs import (
    ANY_TEXT,
    ERROR,
    FAILED,
    FILE,
    PASSED,
    RUN,
    SKIPPED,
    TRAILING_COMMA,
    hostile_run,
)


class _Location(TypedDict):
    artifactLocation: dict[str, str]
    region: dict[str, int]


class _Result(TypedDict):
    ruleId: str
    ruleIndex: int
    level: str
    message: dict[str, str]
    locations: list[dict[str, _Location]]
    partialFingerprints: dict[str, str]


class _Rule(TypedDict):
    id: str
    shortDescription: dict[str, str]
    fullDescription: dict[str, str]
    help: dict[str, str]


def _results(run: Run) -> list[_Result]:
    results: list[_Result] = json.loads(write(run))["runs"][0]["results"]
    return results


def _rules(run: Run) -> list[_Rule]:
    rules: list[_Rule] = json.loads(write(run))["runs"][0]["tool"]["driver"]["rules"]
    return rules


def _place(run: Run) -> tuple[str, dict[str, int]]:
    """Return the URI and the region of the one result."""
    (result,) = _results(run)
    (location,) = [each["physicalLocation"] for each in result["locations"]]
    return location["artifactLocation"]["uri"], location["region"]


def _fingerprint(run: Run) -> str:
    (result,) = _results(run)
    return result["partialFingerprints"]["policyEvalTest/v1"]


def test_a_report_is_one_run_of_this_tool() -> None:
    report = json.loads(write(RUN))

    assert [*report] == ["$schema", "version", "runs"]
    assert report["version"] == "2.1.0"
    (run,) = report["runs"]
    assert [*run] == ["tool", "columnKind", "results"]
    assert run["tool"]["driver"]["name"] == "policy-eval"
    assert run["tool"]["driver"]["version"] == version("policy-eval")
    assert run["columnKind"] == "unicodeCodePoints"


def test_a_failed_test_is_a_result_where_it_is_written() -> None:
    assert _results(Run((PASSED, FAILED))) == [
        {
            "ruleId": "test-failed",
            "ruleIndex": 0,
            "level": "error",
            "message": {"text": f"create directly: {found(FAILED)}"},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": FILE},
                        "region": {"startLine": 20},
                    }
                }
            ],
            "partialFingerprints": {
                "policyEvalTest/v1": sha256(f"{FILE}\ncreate directly".encode()).hexdigest()
            },
        }
    ]


def test_an_error_is_a_result_where_its_diagnostic_stands() -> None:
    (result,) = _results(Run((ERROR,)))

    assert result["ruleId"] == "trailing-comma"
    assert result["message"]["text"] == (
        "refused: error[trailing-comma]: a comma stands before a closing bracket; remove it\n"
        f"found by {FILE}:30"
    )
    assert _place(Run((ERROR,))) == (
        "suites/policy.json",
        {"startLine": 3, "startColumn": 7, "endLine": 3, "endColumn": 8},
    )


def test_an_unusable_suite_stands_at_its_beginning_if_nothing_more_is_known() -> None:
    run = Run((), (Unusable("s.yaml", ()),))

    (result,) = _results(run)
    assert result["message"]["text"] == "this suite cannot be read"
    assert _place(run) == ("s.yaml", {"startLine": 1})


def test_what_is_not_wrong_is_no_result() -> None:
    assert _results(Run((PASSED, SKIPPED))) == []


def test_every_rule_of_a_result_is_described() -> None:
    results, rules = _results(RUN), _rules(RUN)

    assert [each["id"] for each in rules] == [
        "test-failed",
        "unusable-input",
        "trailing-comma",
        "unknown-field",
    ]
    assert [rules[each["ruleIndex"]]["id"] for each in results] == [
        each["ruleId"] for each in results
    ]
    assert rules[2]["shortDescription"] == {"text": "A comma before a closing bracket."}
    assert rules[2]["fullDescription"] == {"text": ERROR_CODES["trailing-comma"].says}
    assert rules[2]["help"] == {"text": "For more: policy-eval explain-error trailing-comma"}


def test_a_code_that_is_in_no_catalogue_is_its_own_description() -> None:
    error = ERROR._replace(diagnostics=(TRAILING_COMMA._replace(code="new"),))

    assert _rules(Run((error,)))[2]["shortDescription"] == {"text": "new"}


def test_descriptions_are_not_longer_than_github_takes() -> None:
    assert [entry.code for entry in ERROR_CODES.values() if len(entry.says) > 1024] == []


def test_what_could_be_read_as_a_placeholder_is_escaped() -> None:
    failed = FAILED._replace(name="{0}", message="${aws:username} {1}{12}", explanation=())

    (result,) = _results(Run((failed._replace(rules=(), source=""),)))

    assert result["message"]["text"] == "{{0}}: ${aws:username} {{1}}{{12}}"


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("a b/ü#1?.yaml", "a%20b/%C3%BC%231%3F.yaml"),
        ("./a.yaml", "a.yaml"),
        ("../a.yaml", "../a.yaml"),
        ("a:b.yaml", "a%3Ab.yaml"),
        ("/suites/50%.yaml", "file:///suites/50%25.yaml"),
        ("\udcff.yaml", "%FF.yaml"),
        ("\ud800.yaml", "%5Cu%7Bd800%7D.yaml"),
        ("<stdin>", "%3Cstdin%3E"),
    ],
)
def test_a_path_is_a_uri(file: str, uri: str) -> None:
    assert _place(Run((FAILED._replace(file=file),)))[0] == uri


def test_a_fingerprint_is_that_of_a_test_wherever_it_stands_in_its_file() -> None:
    moved = FAILED._replace(line=99, message="otherwise")
    renamed = FAILED._replace(name="create indirectly")
    elsewhere = FAILED._replace(file="other.yaml")

    assert _fingerprint(Run((moved,))) == _fingerprint(Run((FAILED,)))
    assert _fingerprint(Run((renamed,))) != _fingerprint(Run((FAILED,)))
    assert _fingerprint(Run((elsewhere,))) != _fingerprint(Run((FAILED,)))


def test_a_report_is_the_same_every_time() -> None:
    slower = Run(tuple(each._replace(seconds=9.0) for each in RUN.outcomes), RUN.unusable, 9.0)

    assert write(slower) == write(RUN)


@given(ANY_TEXT)
@example("\U00048910}")
@example("{0} {{1}} {2}}")
def test_any_text_is_carried_visibly_in_ascii(text: str) -> None:
    run = hostile_run(text)

    report = write(run)

    assert report.isascii()
    results = _results(run)
    for result, problem in zip(results, problems_of(run), strict=True):
        shown = re.sub(r"\{\{(\d+)\}\}", r"{\1}", result["message"]["text"])
        assert shown.endswith(problem.text)
        assert "\\u" not in json.dumps(shown, ensure_ascii=False).replace("\\\\", "")


@given(ANY_TEXT)
def test_a_path_is_got_back_from_its_uri(text: str) -> None:
    path = Path(text.encode("utf-8", "ignore").decode())

    uri, _ = _place(Run((FAILED._replace(file=str(path)),)))

    assert unquote_to_bytes(uri.removeprefix("file://")) == os.fsencode(path)
