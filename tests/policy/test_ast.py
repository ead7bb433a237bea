"""A policy as data knows its names, its places and what was assumed to read it."""

from __future__ import annotations

import pytest

from policy_eval.engine.policies import parse_policy
from policy_eval.errors import Place
from policy_eval.policy.ast import Effect, Element, Form, Policy, Statement
from policy_eval.policy.document import read_document
from policy_eval.text.source import Source

TEXT = '\n{"Effect": "Deny"}'


def statement(number: int = 1, sid: str | None = None) -> Statement:
    """Return a statement that stands on the second line."""
    return Statement(
        number,
        sid,
        Effect.DENY,
        Element("Action", ("*",), negated=False),
        Element("Resource", ("*",), negated=False),
        (),
        1,
    )


def policy(version: str | None = None, form: Form = Form.DOCUMENT, statements: int = 1) -> Policy:
    """Return a policy of some statements."""
    source = Source("p.json", TEXT)
    numbered = tuple(statement(number) for number in range(1, statements + 1))
    return Policy("p.json", version, numbered, form, source, read_document(source).places)


@pytest.mark.parametrize(
    ("version", "has_variables"), [("2012-10-17", True), ("2008-10-17", False), (None, False)]
)
def test_only_the_current_version_has_variables(
    version: str | None, *, has_variables: bool
) -> None:
    assert policy(version).has_variables is has_variables


def test_a_whole_document_rests_on_no_assumption() -> None:
    assert policy("2008-10-17").assumptions == ()


def test_a_missing_version_is_an_assumption() -> None:
    assert policy().assumptions == ("no Version, so 2008-10-17",)


def test_a_variable_without_a_version_is_said_to_be_text() -> None:
    text = '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::${a}"}}'

    (assumed,) = parse_policy(text).assumptions

    assert assumed == "no Version, so 2008-10-17: `${…}` is literal text"


@pytest.mark.parametrize("form", [Form.STATEMENT, Form.LIST, Form.JOINED])
@pytest.mark.parametrize(
    ("statements", "note"),
    [(1, "read as a policy of 1 statement"), (2, "read as a policy of 2 statements")],
)
def test_a_missing_wrapper_is_an_assumption(form: Form, statements: int, note: str) -> None:
    assert policy("2012-10-17", form, statements).assumptions == (note,)


@pytest.mark.parametrize(("sid", "label"), [("Read", "Read"), (None, "p.json#2"), ("", "p.json#2")])
def test_a_statement_is_called_by_its_sid_or_its_number(sid: str | None, label: str) -> None:
    assert policy().label(statement(2, sid)) == label


def test_a_statement_stands_at_its_brace() -> None:
    assert policy().place(statement()) == Place("p.json", 2, 1)
