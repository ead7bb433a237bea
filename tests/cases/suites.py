"""Suites as texts: written to a file, loaded, and taken apart."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from policy_eval.cases.suite import Case, load_suite
from policy_eval.errors import Diagnostic, InputError, SuiteError
from policy_eval.request.request import Request

ALLOW_ALL = """\
policies:
  identity:
    - {Version: "2012-10-17", Statement: {Sid: All, Effect: Allow, Action: "*", Resource: "*"}}
action: s3:GetObject
resource: arn:aws:s3:::logs/today
"""
"""The fields of a suite in which everything is allowed: 5 lines, its tests follow."""

DENY_BY_DEFAULT = """\
action: s3:GetObject
resource: arn:aws:s3:::logs/today
"""
"""The fields of a suite without policies: 2 lines, its tests follow."""


def write_suite(folder: Path, text: str, name: str = "suite.iamtest.yaml") -> Path:
    """Return the path of a new file that holds the text, less its common indentation."""
    path = folder / name
    path.write_text(dedent(text), "utf-8")
    return path


def cases_of(folder: Path, text: str, before: str = "") -> tuple[Case, ...]:
    """Return the cases of a suite, its shared fields `before` and the rest as indented text."""
    return load_suite(write_suite(folder, before + dedent(text))).cases


def only_case(folder: Path, text: str, before: str = ALLOW_ALL) -> Case:
    """Return the one case of a suite."""
    (case,) = cases_of(folder, text, before)
    return case


def request_of(case: Case) -> Request:
    """Return the one request of a case. Raises the error of refused requests."""
    if isinstance(case.requests, InputError):
        raise case.requests
    (request,) = case.requests
    return request


def policy_names(case: Case) -> list[str]:
    """Return the names of a case's policies. Raises the error of refused policies."""
    if isinstance(case.policies, InputError):
        raise case.policies
    return [policy.name for policy in case.policies.policies]


def refusal_of(path: Path) -> Diagnostic:
    """Return the one problem for which a suite is refused."""
    with pytest.raises(SuiteError) as caught:
        load_suite(path)
    (diagnostic,) = caught.value.diagnostics
    return diagnostic


def refusal_of_text(folder: Path, text: str, before: str = "") -> Diagnostic:
    """Return the one problem for which the suite in a text is refused."""
    return refusal_of(write_suite(folder, before + dedent(text)))


def line_of(diagnostic: Diagnostic) -> int:
    """Return the line a problem stands in."""
    assert diagnostic.place is not None
    return diagnostic.place.line
