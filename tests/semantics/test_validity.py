"""What only the operator table can refuse."""

from __future__ import annotations

import pytest

from policy_eval import PolicyError, PolicySet, Request, decide, parse_policy
from policy_eval.policy.diagnosis import warnings_of

_POLICY = (
    '{"Version": "%s",\n"Statement": {"Effect": "Allow", "Action": "%s", "Resource": "%s",\n'
    '"Condition": {"%s": {"s3:prefix": %s}}}}'
)


def _text(
    operator: str = "StringEquals",
    value: str = '"a"',
    version: str = "2012-10-17",
    action: str = "*",
    resource: str = "*",
) -> str:
    return _POLICY % (version, action, resource, operator, value)


@pytest.mark.parametrize(
    ("operator", "remedy"),
    [
        ("StringEqual", "did you mean `StringEquals`"),
        ("StringLikes", "did you mean `StringLike`"),
        ("StringEqualIfExists", "did you mean `StringEqualsIfExists`"),
        ("ForAnyValues:StringEquals", "did you mean `ForAnyValue:StringEquals`"),
        ("Zzz", "see AWS's table"),
        ("Nonsense:StringEquals", "see AWS's table"),
        ("NullIfExists", "write `Null`"),
        ("", "see AWS's table"),
    ],
)
def test_unknown_operators_are_refused_with_the_nearest(operator: str, remedy: str) -> None:
    with pytest.raises(PolicyError) as caught:
        parse_policy(_text(operator))

    (found,) = caught.value.diagnostics
    assert found.code == "unknown-operator"
    assert remedy in found.remedy
    assert found.place is not None
    assert found.place.line == 3


@pytest.mark.parametrize(
    ("operator", "value", "column"),
    [
        ("NumericEquals", '"abc"', 46),
        ("DateLessThan", '["2026-01-01", "soon"]', 60),
        ("Bool", '"yes"', 37),
        ("IpAddress", '"203.0.113"', 42),
        ("ArnLike", '"arn:aws:s3"', 40),
        ("BinaryEquals", '"??"', 45),
        ("Null", "1", 37),
    ],
)
def test_unreadable_policy_values_are_refused_with_the_place(
    operator: str, value: str, column: int
) -> None:
    with pytest.raises(PolicyError) as caught:
        parse_policy(_text(operator, value))

    (found,) = caught.value.diagnostics
    assert found.code == "unreadable-policy-value"
    assert found.place is not None
    assert (found.place.line, found.place.column) == (3, column)


@pytest.mark.parametrize("value", ["${}", "${aws:username", "${a b}", "${a, 'b}", "${a,'b'}"])
def test_malformed_variables_are_refused(value: str) -> None:
    with pytest.raises(PolicyError) as caught:
        parse_policy(_text(value=f'"{value}"'))

    assert caught.value.diagnostics[0].code == "malformed-variable"


def test_malformed_variables_of_2008_are_text() -> None:
    policy = parse_policy(_text(value='"${}"', version="2008-10-17"))

    assert [warning.code for warning in warnings_of(policy)] == ["variable-without-version"]


@pytest.mark.parametrize(
    ("action", "resource", "version", "count"),
    [
        ("s3:${aws:username}", "*", "2012-10-17", 1),
        ("*", "arn:aws:s3:${aws:username}::b", "2012-10-17", 1),
        ("*", "arn:aws:s3:::${aws:username}", "2012-10-17", 0),
        ("*", "arn:aws:s3:${aws:username}::b", "2008-10-17", 0),
    ],
)
def test_misplaced_variables_are_warned_about(
    action: str, resource: str, version: str, count: int
) -> None:
    policy = parse_policy(_text(action=action, resource=resource, version=version))

    codes = [warning.code for warning in warnings_of(policy)]
    assert codes.count("misplaced-variable") == count


def test_every_problem_is_reported_at_once() -> None:
    text = (
        '{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition":'
        ' {"StringIs": {"a:b": "c"}, "NumericEquals": {"a:c": "x"}}}]}'
    )

    with pytest.raises(PolicyError) as caught:
        parse_policy(text)

    assert [found.code for found in caught.value.diagnostics] == [
        "unknown-operator",
        "unreadable-policy-value",
    ]


@pytest.mark.parametrize(
    ("operator", "effect", "decision"),
    [
        ("NumericEquals", "Allow", "implicitDeny"),
        ("NumericEquals", "Deny", "explicitDeny"),
        ("Null", "Allow", "implicitDeny"),
        ("Null", "Deny", "explicitDeny"),
        ("IpAddress", "Allow", "implicitDeny"),
    ],
)
def test_a_variable_where_none_may_be_is_warned_about_and_restricts(
    operator: str, effect: str, decision: str
) -> None:
    statement = {
        "Effect": effect,
        "Action": "*",
        "Resource": "*",
        "Condition": {operator: {"s3:prefix": "${aws:EpochTime}"}},
    }
    allow = {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}
    policies = PolicySet([{"Version": "2012-10-17", "Statement": [statement, allow]}])

    found = decide(policies, Request("s3:ListBucket", "arn:aws:s3:::b"))

    assert [warning.code for warning in policies.warnings] == ["misplaced-variable"]
    assert found.decision == decision


def test_an_unknown_operator_over_no_key_is_refused_too() -> None:
    text = (
        '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*",'
        ' "Condition": {"StringEqualz": {}, "StringEquals": {}}}}'
    )

    with pytest.raises(PolicyError, match="StringEqualz"):
        parse_policy(text)
