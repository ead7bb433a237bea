"""Policies that AWS and others publish: they load, or are refused for a reason AWS shares.

They are read from a folder of public data that is not part of this repository: the environment
variable POLICY_EVAL_DATA names it, or it stands beside the checkout.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from benchmarks.timing import data_folder
from policy_eval import Policy, PolicyError, PolicySet, Request, decide, explain, parse_policy
from policy_eval.errors import Severity
from policy_eval.policy.action import parse_action

_DATA = data_folder()
pytestmark = pytest.mark.skipif(_DATA is None, reason="no folder of public data")


def _rows(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def _folder() -> Path:
    assert _DATA is not None
    return _DATA


def test_every_aws_managed_policy_loads() -> None:
    rows = _rows(_folder() / "aws_managed_policies" / "latest.jsonl.gz")

    policies = [parse_policy(json.dumps(row["document"]), row["name"]) for row in rows]

    assert len(policies) == 1582
    codes = Counter(finding.code for policy in policies for finding in policy.findings)
    assert set(codes) == {"policy-size", "misplaced-variable", "statement-before-version"}
    assert codes["misplaced-variable"] == 1
    assert all(
        finding.severity is Severity.WARNING for policy in policies for finding in policy.findings
    )


def test_published_identity_policies_load_or_are_refused_for_a_known_reason() -> None:
    refused: Counter[str] = Counter()
    rows = [
        row
        for path in sorted((_folder() / "policies").glob("*.jsonl.gz"))
        for row in _rows(path)
        if row["kind"] == "identity" and row["strict_json"]
    ]

    for row in rows:
        try:
            parse_policy(row["raw"], row["path"])
        except PolicyError as error:
            refused.update(
                {each.code for each in error.diagnostics if each.severity is Severity.ERROR}
            )

    assert len(rows) == 338
    assert refused == {
        "element-not-allowed": 30,
        "unknown-element": 1,
        "action-form": 1,
        "duplicate-sid": 13,
        "not-an-arn": 3,
        "duplicate-key": 2,
        "sid-characters": 1,
    }


def test_the_block_of_the_documentation_is_the_fixture() -> None:
    published = (_folder() / "appflow-block.txt").read_text("utf-8")
    fixture = Path(__file__).resolve().parents[2] / "fixtures" / "appflow" / "appflow-doc.json"

    assert fixture.read_text("utf-8") == published


_PRINCIPALS = (
    None,
    "arn:aws:iam::111122223333:role/Dev",
    "arn:aws:sts::111122223333:assumed-role/Dev/s",
    "arn:aws:iam::111122223333:user/u",
    "111122223333",
)
_RESOURCES = (None, "*", "arn:aws:s3:::b/x", "arn:aws:kms:us-east-1:111122223333:key/1")
_CONTEXTS: tuple[dict[str, str], ...] = ({}, {"aws:CalledVia": "appflow.amazonaws.com"})
_UNKNOWN: tuple[tuple[str, ...], ...] = ((), ("*",), ("aws:ResourceTag/*",))


def _actions(policy: Policy) -> list[str]:
    return [
        action
        for statement in policy.statements
        for action in statement.action.values
        if parse_action(action) is not None
    ]


def test_deciding_and_explaining_managed_policies_agree() -> None:
    random = Random(1)
    rows = _rows(_folder() / "aws_managed_policies" / "latest.jsonl.gz")
    words: Counter[str] = Counter()

    for row in random.sample(rows, 250):
        policy = parse_policy(json.dumps(row["document"]), row["name"])
        policies = PolicySet([policy])
        for action in random.sample(_actions(policy), min(3, len(_actions(policy)))):
            request = Request(
                action,
                random.choice(_RESOURCES),
                principal=random.choice(_PRINCIPALS),
                context=random.choice(_CONTEXTS),
                unknown=random.choice(_UNKNOWN),
                request_tags=random.choice(({}, {"a": "b"})),
            )
            decision, explanation = decide(policies, request), explain(policies, request)
            assert decision.to_dict() == explanation.decision.to_dict()
            assert str(explanation)
            words[decision.decision] += 1

    assert set(words) >= {"allowed", "implicitDeny", "undetermined"}
