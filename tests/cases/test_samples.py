"""Values near what a policy says: some are accepted, some are not, and all can be asked about."""

from __future__ import annotations

import pytest

from policy_eval.cases.samples import resources_near, texts_near, values_near
from policy_eval.engine.matching import contains
from policy_eval.policy.pattern import split_wildcards
from policy_eval.semantics.operators import OPERATORS
from policy_eval.semantics.views import READERS


def test_a_pattern_is_filled_in_and_missed() -> None:
    assert [*texts_near("a?b*")] == [
        "axbx", "axb", "axbx/y", "axbx:y", "axbx", "xaxb", "AXB", "ax", "a?b*",
    ]  # fmt: skip


def test_a_resource_is_filled_in_and_missed() -> None:
    near = [*resources_near("arn:*:sqs:*:*:q*")]

    assert near[:2] == [
        "arn:aws:sqs:us-east-1:111122223333:qx",
        "arn:aws:sqs:us-east-1:111122223333:q",
    ]
    assert near[-2:] == [
        "arn:aws:sqs:eu-west-1:111122223333:qx",
        "arn:aws:sqs:us-east-1:999999999999:qx",
    ]


@pytest.mark.parametrize("text", ["*", "arn:aws:s3", "nothing"])
def test_near_what_is_no_whole_arn_there_are_no_resources(text: str) -> None:
    assert [*resources_near(text)] == []


@pytest.mark.parametrize(
    ("operator", "text"),
    [
        ("StringEquals", "a"),
        ("StringEqualsIgnoreCase", "a"),
        ("StringLike", "a*"),
        ("NumericLessThan", "5"),
        ("NumericGreaterThan", "5"),
        ("NumericEquals", "5"),
        ("DateLessThan", "2026-01-01T00:00:00Z"),
        ("DateLessThan", "2026-01-01T00:00:00+01:00"),
        ("DateLessThan", "2026-01-01T00:00:00-05:00"),
        ("DateLessThan", "2026-01-01T00:00:00"),
        ("DateLessThan", "2026-01-01"),
        ("DateLessThan", "9999-12-31T23:59:59Z"),
        ("DateGreaterThan", "1767225600"),
        ("DateGreaterThan", "-5"),
        ("Bool", "true"),
        ("BinaryEquals", "YQ=="),
        ("IpAddress", "10.0.0.0/8"),
        ("IpAddress", "2001:db8::/64"),
        ("IpAddress", "::/8"),
        ("ArnLike", "arn:aws:sns:*:*:t*"),
    ],
)
def test_near_a_value_some_are_accepted_and_some_are_not(operator: str, text: str) -> None:
    row = OPERATORS[operator.lower()]
    accepts = row.denote(split_wildcards(text) if row.wildcards else (text,))
    assert accepts is not None

    near = [READERS[row.view](value) for value in values_near(operator, text)]

    assert None not in near
    held = {contains(accepts, value) for value in near if value is not None}
    assert held == {True, False}


@pytest.mark.parametrize("text", ["0.0.0.0/0", "::/0"])
def test_near_all_addresses_none_is_rejected(text: str) -> None:
    assert {":" in value for value in values_near("IpAddress", text)} == {":" in text}


@pytest.mark.parametrize(
    ("operator", "text"),
    [
        ("NumericEquals", "many"),
        ("NumericEquals", "1e9999999"),
        ("DateEquals", "soon"),
        ("DateEquals", "²"),
        ("IpAddress", "x"),
        ("IpAddress", "10.0.0.0/99"),
        ("ArnLike", "nothing"),
    ],
)
def test_near_what_cannot_be_read_there_is_nothing(operator: str, text: str) -> None:
    assert [*values_near(operator, text)] == []


def test_what_is_asked_for_a_presence_is_present() -> None:
    assert [*values_near("Null", "true")] == ["x"]
