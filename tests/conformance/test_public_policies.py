"""Policies that AWS and others publish: they load, or are refused for a reason AWS shares.

They are read from a folder of public data that is not part of this repository: the environment
variable POLICY_EVAL_DATA names it, or it stands beside the checkout.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from benchmarks.timing import data_folder
from policy_eval import (
    Policy,
    PolicyError,
    PolicySet,
    PolicyType,
    Request,
    RequestError,
    decide,
    explain,
    parse_policy,
)
from policy_eval.errors import Severity
from policy_eval.policy.action import parse_action
from policy_eval.semantics.service_exceptions import resource_policy_type

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


_REFUSED = {
    ("rcp", "condition-key-form"): 1,
    ("rcp", "effect-not-allowed"): 2,
    ("rcp", "element-not-allowed"): 1,
    ("rcp", "missing-element"): 4,
    ("rcp", "rcp-action"): 3,
    ("rcp", "rcp-principal"): 1,
    ("rcp", "unreadable-policy-value"): 5,
    ("resource", "principal-form"): 6,
    ("resource", "principal-wildcard"): 2,
    ("resource", "unknown-element"): 1,
    ("resource", "wrong-type"): 1,
    ("scp", "element-not-allowed"): 1,
    ("scp", "not-an-arn"): 1,
    ("scp", "unknown-element"): 1,
    ("scp", "unreadable-policy-value"): 6,
    ("trust", "federated-principal"): 3,
    ("trust", "principal-form"): 3,
    ("vpce", "action-form"): 1,
    ("vpce", "not-an-arn"): 1,
}
_TYPES = {
    "resource": PolicyType.RESOURCE,
    "trust": PolicyType.TRUST,
    "scp": PolicyType.SCP,
    "rcp": PolicyType.RCP,
    "vpce": PolicyType.ENDPOINT,
}


def _of_other_types() -> list[dict[str, str]]:
    return [
        row
        for path in sorted((_folder() / "policies").glob("*.jsonl.gz"))
        for row in _rows(path)
        if row["kind"] in _TYPES and row["strict_json"]
    ]


def test_published_policies_of_other_types_load_or_are_refused_for_a_known_reason() -> None:
    """Most of those refused hold placeholders (`account-id`, `<my-corporate-cidr>`).

    The others: elements that AWS does not have, RCPs that allow or lack a Principal, wildcards in
    principals, and two resource-based policies that the data takes for RCPs.
    """
    rows = _of_other_types()
    refused: Counter[tuple[str, str]] = Counter()

    for row in rows:
        try:
            parse_policy(row["raw"], row["path"], _TYPES[row["kind"]])
        except PolicyError as error:
            codes = {each.code for each in error.diagnostics if each.severity is Severity.ERROR}
            refused.update((row["kind"], code) for code in codes)

    assert Counter(row["kind"] for row in rows) == {
        "resource": 51,
        "trust": 38,
        "rcp": 36,
        "scp": 30,
        "vpce": 12,
    }
    assert refused == _REFUSED


def test_deciding_and_explaining_agree_on_layers_of_published_policies() -> None:
    random = Random(3)
    loaded: dict[str, list[Policy]] = {kind: [] for kind in _TYPES}
    for row in _of_other_types():
        with suppress(PolicyError):
            loaded[row["kind"]].append(parse_policy(row["raw"], row["path"], _TYPES[row["kind"]]))
    text = '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'
    full = parse_policy(text, "full", PolicyType.SCP)
    words: Counter[str] = Counter()

    for _ in range(400):
        resource = random.choice([*loaded["resource"], *loaded["trust"]])
        action = random.choice(_actions(resource) or ["s3:GetObject"])
        trusts = resource_policy_type(action.lower())
        policies = PolicySet(
            [text],
            resource=resource if resource.type is trusts else None,
            scps=[[full, random.choice(loaded["scp"])]][random.randrange(2) :],
            rcps=[[random.choice(loaded["rcp"])]][random.randrange(2) :],
            endpoint=random.choice((None, random.choice(loaded["vpce"]))),
        )
        request = Request(
            action,
            random.choice(("arn:aws:s3:::b/x", "arn:aws:iam::111122223333:role/r")),
            principal=random.choice((*_PRINCIPALS, "cloudtrail.amazonaws.com", "anonymous")),
            unknown=random.choice(_UNKNOWN),
        )
        try:
            decision = decide(policies, request)
        except RequestError:
            with pytest.raises(RequestError):
                explain(policies, request)
            continue
        explanation = explain(policies, request)
        assert decision.to_dict() == explanation.decision.to_dict()
        assert str(explanation)
        words[decision.decision] += 1

    assert set(words) >= {"allowed", "explicitDeny", "undetermined"}


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
