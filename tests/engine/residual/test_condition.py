"""Conditions: as text, as data, and whether they hold of a request."""

from __future__ import annotations

import json

import pytest

import policy_eval as pe
from policy_eval.engine.residual.condition import Condition, parse_condition
from policy_eval.engine.residual.formula import FALSE, TRUE, Is
from policy_eval.engine.residual.wording import spell_fact
from tests.engine.residual.asking import (
    CREATE,
    ROLE,
    SECRET,
    A,
    B,
    allow,
    asked,
    deny,
    fact,
    known,
    policies,
    policy,
    request,
)

_TEXTS = (
    "always", "never",
    'aws:CalledVia contains "appflow.amazonaws.com"',
    'secretsmanager:Name like "appflow!*"', 'secretsmanager:Name not like ["a?", "${*}${?}"]',
    'secretsmanager:Name like "${$}{x}*"',
    'aws:ResourceTag/team is not "red"', 'aws:ResourceTag/team is in ["red", "${aws:username}"]',
    'aws:ResourceTag/team is not in ["red", "blue"] in any case if present',
    "aws:ResourceTag/team is in []", "aws:MultiFactorAuthAge < 3600 if present",
    "aws:MultiFactorAuthAge >= -1.5", 'aws:MultiFactorAuthAge = "1e5"',
    "aws:MultiFactorAuthAge != [1, 2]",
    'aws:TagKeys every value is in ["team", "env"]',
    'aws:TagKeys any value not like "a*" if present',
    "aws:SourceVpce is absent", "aws:SourceVpce is present",
    'aws:CurrentTime at "2026-01-01"', 'aws:CurrentTime not before "1960-01-01T00:00:00Z"',
    "aws:SecureTransport is true", "aws:SecureTransport is false if present",
    'aws:SecureTransport is boolean ["true", "${aws:username}"]',
    'my:Bytes is base64 "YQ=="', 'aws:SourceIp within ["10.0.0.0/8", "2001:db8::/32"]',
    'aws:SourceIp not within "0.0.0.0/0"', 'aws:SourceArn matching "arn:aws:s3:::*"',
    'aws:SourceArn not matching ["arn:*:s3:::a", "arn:aws:s3:::${aws:username}"]',
    '`aws:RequestTag/cost "centre"` is "a \\"b\\" [c]"', "`aws:RequestTag/a``b c` is present",
    'aws:ResourceTag/team is "\U0001f600"',
    '"red" is "${aws:username}"', '["a", "b"] contains "${aws:username}"',
    '[] is boolean "${aws:username}"',
    f'resource matches "{SECRET}"',
    'resource does not match ["arn:aws:s3:::a", "arn:aws:s3:::b/*"]',
    'resource matches "arn:aws:s3:::${aws:username}/${*}"', "resource matches []",
    'resource matches "*"',
    f'principal is "{ROLE}"', f'principal comes from ["Service s3.amazonaws.com", "{ROLE}"]',
    f'principal belongs to "{A}"', f'principal is none of "{ROLE}"',
    "layer scp denies", "layer scp allows", "layer resource allows direct",
    "layer resource allows everyone_of_arn", "layer boundary exists",
    'statement "p.json#2" applies', 'call "kms:Decrypt" is allowed', 'call "kms:Decrypt" is denied',
    'not my:Bytes is base64 "YQ=="',
    'aws:SourceVpc is present and (my:A is "b" or my:C is "d") and not (my:E > 1 and my:F < 2)',
    'my:A is "b" or (my:C is "d" and my:E is "f")', "not (layer scp denies or layer rcp denies)",
    "not layer scp denies",
)  # fmt: skip


@pytest.mark.parametrize("text", _TEXTS)
def test_a_condition_is_read_as_it_is_written(text: str) -> None:
    condition = parse_condition(text)

    assert str(condition) == text
    assert parse_condition(str(condition)) == condition
    assert hash(parse_condition(str(condition))) == hash(condition)
    assert json.loads(json.dumps(condition.to_dict()))["text"] == text


def test_different_conditions_differ() -> None:
    conditions = [parse_condition(text) for text in _TEXTS]

    assert len({*conditions}) == len(_TEXTS)
    assert conditions[0] != _TEXTS[0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("not aws:SourceVpce is absent", "aws:SourceVpce is present"),
        ('not aws:UserAgent is "a"', 'aws:UserAgent is not "a"'),
        ('aws:TagKeys any value is "a"', 'aws:TagKeys contains "a"'),
        ("not not layer scp denies", "layer scp denies"),
        ('(my:A is "b") and ((my:C is "d"))', 'my:A is "b" and my:C is "d"'),
        ('my:A is "b" and my:C is "d"', 'my:C is "d" and my:A is "b"'),
        ("always and layer scp denies", "layer scp denies"),
        ("never or layer scp denies", "layer scp denies"),
        ("my:A is  in\t[ ]", "my:A is []"),
        ('my:A  any \t value is "a"', 'my:A contains "a"'),
    ],
)
def test_conditions_that_read_alike_are_equal(one: str, other: str) -> None:
    assert parse_condition(one) == parse_condition(other)


def test_a_condition_knows_whether_it_hangs_on_anything() -> None:
    always, never = Condition(TRUE), Condition(FALSE)

    assert (always.always, always.never) == (True, False)
    assert (never.always, never.never) == (False, True)
    assert repr(never) == "<Condition never>"
    open_ = parse_condition('aws:ResourceTag/team is "${aws:username}" and layer scp allows')
    assert (open_.always, open_.never) == (False, False)
    assert open_.keys == ("aws:ResourceTag/team", "aws:username")
    assert parse_condition('resource matches "arn:aws:s3:::${aws:username}"').keys == (
        "aws:username",
    )


def test_a_condition_names_the_statements_it_comes_from() -> None:
    residual = asked(
        allow(Sid="Allowed", when={"StringEquals": {"my:A": "b"}}),
        deny(Sid="Denied", when={"StringEquals": {"my:C": "d"}}),
    )

    assert [each.label for each in residual.allow_if.statements] == ["Allowed", "Denied"]
    data = residual.deny_if.to_dict()["condition"]
    assert isinstance(data, dict)
    assert [each["sid"] for each in data["statements"]] == ["Denied"]


def test_a_condition_is_data() -> None:
    text = (
        'my:A any value is not in ["b", "c"] if present and ("d" is "${my:E}" or not layer scp '
        f'denies) and resource does not match "arn:aws:s3:::a" and principal is "{ROLE}" and '
        'statement "p#1" applies and call "kms:Decrypt" is allowed'
    )

    assert parse_condition(text).to_dict()["condition"] == {
        "all": [
            {
                "key": "my:A", "known": None,
                "operator": "ForAnyValue:StringNotEqualsIfExists", "values": ["b", "c"],
                "text": 'my:A any value is not in ["b", "c"] if present',
            },
            {
                "any": [
                    {
                        "key": None, "known": ["d"], "operator": "StringEquals",
                        "values": ["${my:E}"], "text": '"d" is "${my:E}"',
                    },
                    {"not": {"layer": "scp", "text": "layer scp denies"}},
                ]
            },
            {"resource": "NotResource", "text": 'resource does not match "arn:aws:s3:::a"'},
            {"principal": [ROLE], "text": f'principal is "{ROLE}"'},
            {"policy": "p", "statement": 1, "text": 'statement "p#1" applies'},
            {"call": "kms:Decrypt", "text": 'call "kms:Decrypt" is allowed'},
        ]
    }  # fmt: skip
    assert parse_condition("always").to_dict() == {"text": "always", "condition": True}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ('aws:UserAgent is "a"', True),
        ('aws:UserAgent is "a" and aws:SourceVpc is present', False),
        ('aws:UserAgent is "b" or aws:SourceVpc is absent', True),
        ('not aws:UserAgent is "b"', True),
        ('aws:PrincipalTag/team is "x"', False),
        ("layer scp denies", None),
        ("layer boundary exists", False),
        ('layer scp denies or aws:UserAgent is "a"', True),
        ('statement "p#1" applies', None),
        ('call "kms:Decrypt" is allowed', None),
        (f'resource matches "{SECRET}"', True),
        (f'resource does not match "{SECRET}"', False),
        ('resource matches "arn:aws:s3:::${aws:username}"', False),
        (f'principal is "{ROLE}"', False),
        ('principal is "arn:aws:iam::111122223333:user/ann"', True),
        (f'principal belongs to "{A}"', True),
        (f'principal is none of "{ROLE}"', True),
        ('principal is "AIDA0000000000000ONE"', None),
        ('"ann" is "${aws:username}"', True),
        ('"bob" is "${aws:username}"', False),
        ('[] is boolean "${aws:username}"', False),
    ],
)
def test_whether_a_condition_holds_of_a_request(text: str, holds: bool | None) -> None:
    assert parse_condition(text).holds(known({"aws:UserAgent": "a"})) is holds


def test_whether_a_condition_holds_hangs_on_the_layers_that_there_are() -> None:
    condition = parse_condition("layer boundary exists")
    bounded = policies(allow(), boundary=policy(allow()))

    assert condition.holds(known({}), bounded) is True
    assert condition.holds(known({}), policies(allow(), unknown_layers=["boundary"])) is None


def test_an_unknown_key_settles_nothing() -> None:
    assert parse_condition("my:A is present").holds(request()) is None


def test_a_request_that_contradicts_itself_is_refused() -> None:
    contradictory = known({"aws:CalledVia": "x", "aws:ViaAWSService": "false"})

    with pytest.raises(pe.RequestError, match="contradiction"):
        parse_condition("my:A is present").holds(contradictory)


def test_a_key_is_spelt_so_that_it_is_read_back() -> None:
    assert spell_fact(fact("`my:a b` is present")) == "`my:a b` is present"
    assert str(Condition(Is(fact("`my:A` is present")))) == "my:A is present"


def test_policies_of_2008_hold_no_variables() -> None:
    """R-GRAM-05: `${` is text there, and stays so."""
    condition = {"StringLike": {"my:A": "${aws:username}*"}}
    old = pe.PolicySet([policy(allow(when=condition), version="2008-10-17")])

    residual = pe.residual(old, request())

    assert str(residual.allow_if) == 'my:A like "${$}{aws:username}*"'
    assert parse_condition(str(residual.allow_if)) == residual.allow_if
    assert residual.allow_if.holds(known({"my:A": "${aws:username}x"})) is True


def test_what_stands_for_a_known_variable_is_literal() -> None:
    """R-VAR-10."""
    condition = {"StringLike": {"my:A": "${my:B}*"}}

    residual = asked(allow(when=condition), context={"my:B": "a*${x}"})

    assert str(residual.allow_if) == 'my:A like "a${*}${$}{x}*"'
    assert parse_condition(str(residual.allow_if)) == residual.allow_if


def test_foreign_resources_are_told_apart() -> None:
    residual = pe.residual(
        policies(allow()), request(CREATE, None, unknown=("aws:ResourceAccount",), action_only=True)
    )

    assert B not in str(residual.allow_if)
