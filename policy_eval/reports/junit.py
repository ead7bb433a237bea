"""The report in JUnit XML, as Apache Ant writes it and Jenkins, GitLab and others read it.

The schema is that of https://github.com/windyroad/JUnit-Schema, with the attributes `file` and
`line` that pytest added. All characters beyond ASCII are character references, so that the text
is the same document in whatever encoding it is stored.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from policy_eval.cases.outcome import Outcome, Run, Status, Unusable
from policy_eval.errors import Diagnostic, visible
from policy_eval.reports.problems import TEST_FAILED, UNUSABLE_INPUT
from policy_eval.reports.wording import READABLE, UNREADABLE, found, refused, visible_lines

_COUNTS = {Status.FAILED: "failures", Status.ERROR: "errors", Status.SKIPPED: "skipped"}


def write(run: Run) -> str:
    """Return the run as a document: a test suite for each file, also for one that is unusable."""
    root = Element("testsuites", name="policy-eval")
    statuses = [outcome.status for outcome in run.outcomes]
    _count(root, [*statuses, *(Status.ERROR for _ in run.unusable)], run.seconds)
    files: dict[str, list[Outcome]] = {}
    for outcome in run.outcomes:
        files.setdefault(outcome.file, []).append(outcome)
    for outcomes in files.values():
        _add_suite(root, outcomes)
    for suite in run.unusable:
        _add_unusable(root, suite)
    indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{tostring(root).decode()}\n'


def _count(element: Element, statuses: list[Status], seconds: float) -> None:
    element.set("tests", str(len(statuses)))
    for status, name in _COUNTS.items():
        element.set(name, str(statuses.count(status)))
    element.set("time", f"{seconds:.6f}")


def _add_suite(root: Element, outcomes: list[Outcome]) -> None:
    first, *_ = outcomes
    name, file = visible(first.suite or first.file), visible(first.file)
    suite = SubElement(root, "testsuite", name=name, file=file)
    statuses = [outcome.status for outcome in outcomes]
    _count(suite, statuses, sum(outcome.seconds for outcome in outcomes))
    for outcome in outcomes:
        _add_test(suite, outcome)


def _add_test(suite: Element, outcome: Outcome) -> None:
    test = _add_case(suite, outcome.name, outcome.file, outcome.line, outcome.seconds)
    message = visible_lines(outcome.message)
    match outcome.status:
        case Status.FAILED:
            failure = SubElement(test, "failure", message=message, type=TEST_FAILED)
            failure.text = f"{found(outcome)}\nat {visible(outcome.file)}:{outcome.line}"
        case Status.ERROR:
            _add_error(test, message, outcome.diagnostics, outcome.message)
        case Status.SKIPPED:
            SubElement(test, "skipped", message=message)
        case Status.PASSED:
            pass
        case _:
            assert_never(outcome.status)


def _add_unusable(root: Element, unusable: Unusable) -> None:
    suite = SubElement(root, "testsuite", name=visible(unusable.file), file=visible(unusable.file))
    _count(suite, [Status.ERROR], 0)
    test = _add_case(suite, READABLE, unusable.file, 1, 0)
    _add_error(test, UNREADABLE, unusable.diagnostics, UNREADABLE)


def _add_case(suite: Element, name: str, file: str, line: int, seconds: float) -> Element:
    return SubElement(
        suite,
        "testcase",
        name=visible(name),
        classname=visible(file),
        file=visible(file),
        line=str(line),
        time=f"{seconds:.6f}",
    )


def _add_error(
    test: Element, message: str, diagnostics: Iterable[Diagnostic], otherwise: str
) -> None:
    kind = next((each.code for each in diagnostics), UNUSABLE_INPUT)
    error = SubElement(test, "error", message=message, type=kind)
    error.text = refused(diagnostics, otherwise)
