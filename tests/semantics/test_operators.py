"""The operator table: complete, and malformed policy values are seen."""

from __future__ import annotations

import pytest

from policy_eval.policy.pattern import split_wildcards
from policy_eval.semantics.operators import OPERATORS, matching_arn
from policy_eval.semantics.sets import ArnMatching, Everything
from policy_eval.semantics.views import View

_NEGATED = {
    "stringnotequals", "stringnotequalsignorecase", "stringnotlike", "numericnotequals",
    "datenotequals", "notipaddress", "arnnotequals", "arnnotlike",
}  # fmt: skip


def test_the_table_has_every_operator_of_aws() -> None:
    assert len(OPERATORS) == 27
    assert {name for name, row in OPERATORS.items() if row.negated} == _NEGATED


@pytest.mark.parametrize("name", sorted(OPERATORS))
def test_only_text_arn_and_truth_take_variables(name: str) -> None:
    takes = name.startswith(("string", "arn", "bool"))

    assert OPERATORS[name].variables is takes


@pytest.mark.parametrize(
    "name", ["stringlike", "stringnotlike", "arnlike", "arnequals", "arnnotlike", "arnnotequals"]
)
def test_these_take_wildcards(name: str) -> None:
    assert OPERATORS[name].wildcards


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("numericequals", "abc"),
        ("numericlessthan", ""),
        ("dategreaterthan", "soon"),
        ("bool", "yes"),
        ("null", "1"),
        ("binaryequals", "??"),
        ("ipaddress", "203.0.113"),
        ("ipaddress", "203.0.113.0/33"),
        ("ipaddress", "203.0.113.0/024"),
        ("ipaddress", "203.0.113.0/255.255.255.0"),
        ("ipaddress", "203.0.113.0/"),
        ("arnlike", "arn:aws:s3"),
        ("arnequals", "*"),
    ],
)
def test_malformed_policy_values_denote_nothing(name: str, value: str) -> None:
    assert OPERATORS[name].denote((value,)) is None


def test_a_lone_star_is_everything() -> None:
    assert isinstance(OPERATORS["stringlike"].denote(split_wildcards("*")), Everything)


def test_an_arn_pattern_is_cut_at_literal_colons() -> None:
    accepts = matching_arn(split_wildcards("arn:aws:s*::1?:a:b*"))

    assert isinstance(accepts, ArnMatching)
    assert [len(field) for field in accepts.fields] == [1, 1, 2, 0, 2, 2]


def test_messages_name_what_is_wanted() -> None:
    assert OPERATORS["ipaddress"].wanted == "an IP address or CIDR range"
    assert OPERATORS["numericequals"].wanted == View.NUMBER.value
