"""The clauses of a statement: each value once, where it stands, and the statement with it alone."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

from policy_eval.engine.policies import parse_policy
from policy_eval.policy.ast import WHAT_IT_IS_ATTACHED_TO, Policy, Statement
from policy_eval.policy.clauses import (
    BEFORE,
    EVERY_ACTION,
    EVERYONE,
    Part,
    alone,
    before_any,
    clauses_of,
    up_to,
)
from policy_eval.policy.policy_type import PolicyType
from policy_eval.policy.rendering import document_of

_TEXT = json.dumps(
    {
        "Effect": "Deny",
        "NotPrincipal": {"AWS": ["111122223333", "444455556666"], "Service": "s3.amazonaws.com"},
        "Action": ["s3:Get*", "s3:Put*"],
        "NotResource": "arn:aws:s3:::ü/*",
        "Condition": {
            "StringLike": {"s3:prefix": ["a", "b"], "aws:Referer": "c"},
            "Null": {"s3:prefix": False},
        },
    }
)


def _policy(text: str = _TEXT, policy_type: PolicyType = PolicyType.RESOURCE) -> Policy:
    return parse_policy(text, "p.json", policy_type)


def _statement(text: str = _TEXT, policy_type: PolicyType = PolicyType.RESOURCE) -> Statement:
    (statement,) = _policy(text, policy_type).statements
    return statement


def test_the_clauses_of_a_statement_are_its_values_in_order() -> None:
    assert [str(clause) for clause in clauses_of(_statement())] == [
        'Action "s3:Get*"',
        'Action "s3:Put*"',
        'NotResource "arn:aws:s3:::ü/*"',
        'NotPrincipal AWS "111122223333"',
        'NotPrincipal AWS "444455556666"',
        'NotPrincipal Service "s3.amazonaws.com"',
        'StringLike s3:prefix "a"',
        'StringLike s3:prefix "b"',
        'StringLike aws:Referer "c"',
        'Null s3:prefix "false"',
    ]


def test_the_path_of_a_clause_leads_to_its_text() -> None:
    policy = _policy()

    for clause in clauses_of(policy.statements[0]):
        span = policy.places(1, clause.path)
        assert json.loads(policy.source.text[span.start : span.end]) in (clause.text, False)


def test_everyone_is_one_clause_that_stands_at_the_element() -> None:
    text = '{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}'

    clause = [*clauses_of(_statement(text))][-1]

    assert (str(clause), clause.path) == ('Principal "*"', ("Principal",))


def test_a_resource_that_is_not_written_is_no_clause() -> None:
    text = '{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}'

    parts = [clause.part for clause in clauses_of(_statement(text, PolicyType.TRUST))]

    assert parts == [Part.ACTION, Part.PRINCIPAL]


def test_a_statement_up_to_a_part_has_nothing_after_it() -> None:
    statement = _statement()

    assert up_to(statement, Part.CONDITION) == statement
    named = up_to(statement, Part.PRINCIPAL)
    assert (named.principal, named.conditions, named.operators) == (statement.principal, (), ())
    placed = up_to(statement, Part.RESOURCE)
    assert (placed.principal, placed.resource) == (EVERYONE, statement.resource)
    acting = up_to(statement, Part.ACTION)
    assert (acting.principal, acting.action) == (EVERYONE, statement.action)
    assert acting.resource is WHAT_IT_IS_ATTACHED_TO
    assert before_any(statement) == acting._replace(action=EVERY_ACTION)


def test_where_nobody_is_named_that_fails_only_at_the_principal() -> None:
    text = '{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}'
    statement = _statement(text, PolicyType.IDENTITY)

    assert [clause.part for clause in clauses_of(statement)] == [Part.ACTION, Part.RESOURCE]
    assert up_to(statement, Part.RESOURCE).principal == EVERYONE
    assert up_to(statement, Part.PRINCIPAL).principal is None


def test_a_part_is_looked_at_after_the_one_before_it() -> None:
    parts = [*Part]

    assert {later: earlier for earlier, later in pairwise(parts)} == BEFORE


@pytest.mark.parametrize("number", range(10))
def test_a_clause_alone_is_the_only_one_of_its_part(number: int) -> None:
    statement = _statement()
    clause = [*clauses_of(statement)][number]

    only = [each for each in clauses_of(alone(statement, clause)) if each.part is clause.part]

    (one,) = only
    assert (one.text, one.element, one.key, one.kind) == (
        clause.text, clause.element, clause.key, clause.kind,
    )  # fmt: skip
    assert document_of(alone(statement, clause))["Effect"] == "Deny"
