"""Where nobody says the type of a policy, it is guessed by its place and its elements."""

from __future__ import annotations

import json

import pytest

from policy_eval.policy.document import read_document
from policy_eval.policy.guess import guessed_type
from policy_eval.policy.policy_type import PolicyType
from policy_eval.text.source import Source

EVERYONE = {"Principal": "*"}
ON_ALL = {"Resource": "*"}


def guess(*statements: object) -> PolicyType:
    """Return what a policy of these statements looks like."""
    return guessed_type(read_document(Source("p.json", json.dumps({"Statement": statements}))))


@pytest.mark.parametrize(
    ("statement", "policy_type"),
    [
        ({"Action": "s3:*", **ON_ALL}, PolicyType.IDENTITY),
        ({}, PolicyType.IDENTITY),
        ({"Action": "sts:AssumeRole"}, PolicyType.IDENTITY),
        ({"Action": "s3:*", **ON_ALL, **EVERYONE}, PolicyType.RESOURCE),
        ({"Action": "s3:*", "NotPrincipal": "*"}, PolicyType.RESOURCE),
        ({"Action": "sts:AssumeRole", **EVERYONE}, PolicyType.TRUST),
        ({"Action": ["STS:AssumeRole", "sts:TagSession"], **EVERYONE}, PolicyType.TRUST),
        ({"Action": ["sts:AssumeRole", "s3:*"], **EVERYONE}, PolicyType.RESOURCE),
        ({"Action": "sts:AssumeRole", **ON_ALL, **EVERYONE}, PolicyType.RESOURCE),
        ({"Action": "sts:AssumeRole", "NotResource": "*", **EVERYONE}, PolicyType.RESOURCE),
        (EVERYONE, PolicyType.RESOURCE),
        ({"Action": 5, **EVERYONE}, PolicyType.RESOURCE),
        ("no statement", PolicyType.IDENTITY),
    ],
)
def test_a_policy_is_guessed_by_its_elements(statement: object, policy_type: PolicyType) -> None:
    assert guess(statement) is policy_type


def test_all_statements_count() -> None:
    assume = {"Action": "sts:AssumeRole", **EVERYONE}

    assert guess(assume, assume) is PolicyType.TRUST
    assert guess(assume, {"Action": "s3:*"}) is PolicyType.RESOURCE
    assert guess({"Action": "s3:*"}, assume) is PolicyType.RESOURCE
    assert guess(assume, "no statement") is PolicyType.TRUST


@pytest.mark.parametrize(
    ("output", "policy_type"),
    [
        ({"RoleName": "R", "PolicyDocument": "%s"}, PolicyType.IDENTITY),
        ({"PolicyVersion": {"Document": "%s"}}, PolicyType.IDENTITY),
        ({"Role": {"AssumeRolePolicyDocument": "%s"}}, PolicyType.TRUST),
        ({"Policy": "%s"}, PolicyType.RESOURCE),
        ({"Policy": {"Content": "%s"}}, PolicyType.SCP),
        ({"Policy": {"PolicySummary": {"Type": "RESOURCE_CONTROL_POLICY"}, "Content": "%s"}},
         PolicyType.RCP),
    ],
)  # fmt: skip
def test_a_policy_in_an_output_is_of_the_type_that_the_command_shows(
    output: dict[str, object], policy_type: PolicyType
) -> None:
    text = json.dumps(output).replace("%s", r"{\"Statement\": []}")

    assert guessed_type(read_document(Source("p.json", text))) is policy_type
