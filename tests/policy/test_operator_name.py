"""The name of a condition operator has up to three parts."""

from __future__ import annotations

import pytest

from policy_eval.policy.operator_name import OperatorName, SetOperator, parse_operator_name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("StringEquals", OperatorName(None, "StringEquals", if_exists=False)),
        ("stringequals", OperatorName(None, "stringequals", if_exists=False)),
        ("BoolIfExists", OperatorName(None, "Bool", if_exists=True)),
        ("Boolifexists", OperatorName(None, "Bool", if_exists=True)),
        ("NoSuchOperator", OperatorName(None, "NoSuchOperator", if_exists=False)),
        (
            "ForAllValues:StringLike",
            OperatorName(SetOperator.FOR_ALL_VALUES, "StringLike", if_exists=False),
        ),
        (
            "forANYvalue:ArnLikeIfExists",
            OperatorName(SetOperator.FOR_ANY_VALUE, "ArnLike", if_exists=True),
        ),
        ("ForAnyValue", OperatorName(None, "ForAnyValue", if_exists=False)),
        ("IfExistsIfExists", OperatorName(None, "IfExists", if_exists=True)),
        ("IfExistsBool", OperatorName(None, "IfExistsBool", if_exists=False)),
    ],
)
def test_a_name_is_read_in_its_parts(text: str, name: OperatorName) -> None:
    assert parse_operator_name(text) == name


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("IfExists", id="no base"),
        pytest.param("ForAnyValue:", id="a set operator alone"),
        pytest.param("ForAnyValue:IfExists", id="no base after a set operator"),
        pytest.param(":StringEquals", id="an empty set operator"),
        pytest.param("ForSomeValues:StringEquals", id="another set operator"),
        pytest.param("ForAnyValue:ForAllValues:StringEquals", id="two set operators"),
        pytest.param("ForAnyValue: StringEquals", id="a blank"),
        pytest.param("String Equals", id="a blank inside"),
        pytest.param("StringEquals\n", id="a line break"),
        pytest.param("StringEquals2", id="a digit"),
        pytest.param("ſtringEquals", id="a letter beyond ASCII"),
    ],
)
def test_anything_else_is_no_operator_name(text: str) -> None:
    assert parse_operator_name(text) is None
