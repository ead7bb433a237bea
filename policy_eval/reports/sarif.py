"""The report in SARIF 2.1.0, for code scanning.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html. Only what is wrong is a result;
GitHub wants each rule's short and full description and its help.
"""

from __future__ import annotations

import json
import os
import re
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote_from_bytes

from policy_eval.cases.outcome import Run
from policy_eval.error_codes import ERROR_CODES
from policy_eval.errors import visible
from policy_eval.reports.problems import (
    TEST_FAILED,
    UNUSABLE_INPUT,
    Problem,
    Region,
    problems_of,
)

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_OWN_RULES = {
    TEST_FAILED: (
        "A test of a policy went otherwise than expected.",
        "What the policies decide is not what the test expects of them.",
        "Mend the policy, or the test if it expects too much.",
    ),
    UNUSABLE_INPUT: (
        "The input of a test cannot be used.",
        "A policy, a request or a suite is refused, so that the test could not run.",
        "Mend the input that is named.",
    ),
}
_PLACEHOLDER = re.compile(r"\{(\d+)\}")


def write(run: Run) -> str:
    """Return the problems of a run as one SARIF run, in ASCII."""
    problems = list(problems_of(run))
    rules = [*_OWN_RULES, *sorted({each.rule_id for each in problems} - _OWN_RULES.keys())]
    driver = {
        "name": "policy-eval",
        "version": version("policy-eval"),
        "rules": [_rule(rule_id) for rule_id in rules],
    }
    log = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "results": [_result(each, rules.index(each.rule_id)) for each in problems],
            }
        ],
    }
    return json.dumps(log, indent=2) + "\n"


def _rule(rule_id: str) -> dict[str, object]:
    short, full, remedy = _OWN_RULES.get(rule_id) or _of_catalogue(rule_id)
    return {
        "id": rule_id,
        "shortDescription": {"text": short},
        "fullDescription": {"text": full},
        "help": {"text": remedy},
        "defaultConfiguration": {"level": "error"},
    }


def _of_catalogue(rule_id: str) -> tuple[str, str, str]:
    entry = ERROR_CODES.get(rule_id)
    more = f"For more: policy-eval explain-error {rule_id}"
    if entry is None:
        return rule_id, rule_id, more
    return f"{entry.title[:1].upper()}{entry.title[1:]}.", entry.says, more


def _result(problem: Problem, index: int) -> dict[str, object]:
    by = f"{visible(problem.test)}: " if problem.test else ""
    return {
        "ruleId": problem.rule_id,
        "ruleIndex": index,
        "level": "error",
        "message": {"text": _PLACEHOLDER.sub(r"{{\1}}", by + problem.text)},
        "locations": [{"physicalLocation": _location(problem.region)}],
        "partialFingerprints": {"policyEvalTest/v1": _fingerprint(problem)},
    }


def _location(region: Region) -> dict[str, object]:
    bounds = {
        "startLine": region.line,
        "startColumn": region.column,
        "endLine": region.end_line,
        "endColumn": region.end_column,
    }
    known = {name: bound for name, bound in bounds.items() if bound is not None}
    return {"artifactLocation": {"uri": _uri(region.file)}, "region": known or {"startLine": 1}}


def _uri(file: str) -> str:
    """Return the path as a URI, or as a reference where it is relative, byte for byte."""
    path = Path(_nameable(file))
    return path.as_uri() if path.is_absolute() else quote_from_bytes(os.fsencode(path.as_posix()))


def _nameable(file: str) -> str:
    """Return the name, made visible where no file can have it: an inline policy's may be so."""
    try:
        os.fsencode(file)
    except UnicodeEncodeError:
        return visible(file)
    return file


def _fingerprint(problem: Problem) -> str:
    """Return what stays the same for a test while the lines around it change."""
    name = f"{_uri(problem.found_at.file)}\n{visible(problem.test)}"
    return sha256(name.encode()).hexdigest()
