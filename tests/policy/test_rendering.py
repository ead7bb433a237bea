"""Statements as JSON: what is written is read back as it was."""

from __future__ import annotations

import json
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy_eval.engine.policies import parse_policy
from policy_eval.policy.ast import Policy, Statement
from policy_eval.policy.build import build_policy
from policy_eval.policy.document import read_document
from policy_eval.policy.policy_type import PolicyType
from policy_eval.policy.rendering import document_of, policy_document, rendered
from policy_eval.text.source import Source
from tests.oracle.compare import policies_of
from tests.oracle.generate import generate_case


def _facts(statement: Statement) -> Statement:
    """Return a statement without where it stands, and without operators over no key."""
    operators = tuple(dict.fromkeys(each.operator for each in statement.conditions))
    return statement._replace(number=1, start=0, operators=operators)


def _again(policy: Policy, statement: Statement) -> Statement:
    text = json.dumps({"Version": policy.version, "Statement": document_of(statement)})
    (read,) = parse_policy(text, "p.json", policy.type).statements
    return read


def _leniently(text: str) -> Statement:
    """Return the statement in a text, also where AWS would refuse an action's form."""
    return build_policy(read_document(Source("p.json", text))).policy.statements[0]


@pytest.mark.parametrize(
    ("policy_type", "members"),
    [
        (PolicyType.IDENTITY, {"Action": "s3:*", "Resource": "*"}),
        (PolicyType.IDENTITY, {"Sid": "A", "Action": ["s3:*"], "Resource": ["*", "arn:aws:s3"]}),
        (PolicyType.IDENTITY, {"Sid": "", "NotAction": "s3:*", "NotResource": "arn:aws:s3:::ü/*"}),
        (PolicyType.IDENTITY, {"Action": [], "Resource": "*"}),
        (PolicyType.IDENTITY, {"Action": "s3:*", "Resource": "*", "Condition": {}}),
        (PolicyType.IDENTITY, {"Action": "s3:*", "Resource": "*", "Condition": {
            "StringEquals": {"s3:prefix": [], "aws:Referer": ["a", "\n"]},
            "Bool": {"aws:SecureTransport": True},
            "NumericEquals": {"s3:max-keys": 10}}}),
        (PolicyType.RESOURCE, {"Action": "s3:*", "Resource": "*", "Principal": "*"}),
        (PolicyType.RESOURCE, {"Action": "s3:*", "Principal": {"AWS": "*"}}),
        (PolicyType.RESOURCE, {"Action": "s3:*", "Principal": {}}),
        (PolicyType.RESOURCE, {"Action": "s3:*", "Resource": "*", "Principal": {
            "AWS": ["111122223333", "444455556666"], "Service": "s3.amazonaws.com"}}),
        (PolicyType.TRUST, {"Action": "sts:AssumeRole", "Principal": {"AWS": "111122223333"}}),
    ],
)  # fmt: skip
def test_a_statement_that_is_written_is_read_back_as_it_was(
    policy_type: PolicyType, members: dict[str, object]
) -> None:
    document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", **members}}
    policy = parse_policy(json.dumps(document), "p.json", policy_type)
    (statement,) = policy.statements

    assert _facts(_again(policy, statement)) == _facts(statement)


@settings(max_examples=100)
@given(st.integers(0, 10**9))
def test_generated_statements_are_read_back_as_they_were(seed: int) -> None:
    for policy in policies_of(generate_case(Random(seed))):
        for statement in policy.statements:
            text = json.dumps(document_of(statement))
            read = _leniently(text)
            assert _facts(read) == _facts(statement)


def test_the_elements_of_a_statement_come_in_the_order_of_aws() -> None:
    (statement,) = parse_policy(
        '{"Condition": {"Bool": {"aws:SecureTransport": "true"}}, "Resource": ["*"],'
        ' "Action": "s3:Grüße", "Effect": "Deny", "Sid": "S"}'
    ).statements

    assert rendered(statement) == (
        """\
{
  "Sid": "S",
  "Effect": "Deny",
  "Action": "s3:Grüße",
  "Resource": "*",
  "Condition": {
    "Bool": {
      "aws:SecureTransport": "true"
    }
  }
}"""
    )


_DENY = '{"Effect": "Deny", "Action": "*", "Resource": "*"}'


@pytest.mark.parametrize(
    ("text", "document"),
    [
        (f'{{"Version": "2012-10-17", "Statement": {_DENY}}}',
         {"Version": "2012-10-17", "Statement": json.loads(_DENY)}),
        (_DENY, {"Statement": [json.loads(_DENY)]}),
        (f"[{_DENY}]", {"Statement": [json.loads(_DENY)]}),
        (f"{_DENY}, {_DENY}", {"Statement": [json.loads(_DENY)] * 2}),
    ],
)  # fmt: skip
def test_a_policy_is_a_document_as_it_was_written(text: str, document: dict[str, object]) -> None:
    assert policy_document(parse_policy(text)) == document
