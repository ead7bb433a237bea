"""One set of accepted values within another: shown by examples, never claimed wrongly."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy_eval.engine.matching import contains
from policy_eval.policy.pattern import split_wildcards
from policy_eval.semantics import inclusion
from policy_eval.semantics.inclusion import lies_within, simplified
from policy_eval.semantics.operators import OPERATORS
from policy_eval.semantics.readings import OUR_READING
from policy_eval.semantics.resource_patterns import resource_patterns, resource_set
from policy_eval.semantics.sets import (
    EVERYTHING,
    NOTHING,
    ArnMatching,
    Matching,
    OneOf,
    Union,
    Value,
    ValueSet,
    complement,
    union,
)
from tests.property.test_laws import _SETS as SETS
from tests.property.test_laws import _VALUES as VALUES


def _accepted(operator: str, *texts: str) -> ValueSet:
    row = OPERATORS[operator.lower()]
    members = tuple(
        row.denote(split_wildcards(text) if row.wildcards else (text,)) for text in texts
    )
    accepts = union(tuple(member for member in members if member is not None))
    return complement(accepts) if row.negated else accepts


def _resource(text: str) -> ValueSet:
    (pattern,) = resource_patterns(text, variables=False, completed=False, reading=OUR_READING)
    return resource_set(tuple(piece for piece in pattern if not isinstance(piece, tuple)))


@pytest.mark.parametrize(
    ("operator", "inner", "outer", "within"),
    [
        ("StringEquals", "a", "a b", True),
        ("StringEquals", "a b", "a", False),
        ("StringEqualsIgnoreCase", "A", "a", True),
        ("StringNotEquals", "a b", "a", True),
        ("StringNotEquals", "a", "a b", False),
        ("StringLike", "a", "a*", True),
        ("StringLike", "a*", "a", False),
        ("StringLike", "a?", "a*", True),
        ("StringLike", "a*", "a?", False),
        ("StringLike", "a*b*c", "a*c", True),
        ("StringLike", "a*c", "a*b*c", False),
        ("StringLike", "*", "a*", False),
        ("StringLike", "a?*", "a*?", True),
        ("StringLike", "a* b*", "a* b* c", True),
        ("StringLike", "ü?", "?*", True),
        ("StringNotLike", "a*", "ab", True),
        ("NumericEquals", "5", "5.0", True),
        ("NumericEquals", "5", "6", False),
        ("NumericLessThan", "5", "6", True),
        ("NumericLessThan", "6", "5", False),
        ("NumericGreaterThan", "6", "5", True),
        ("NumericGreaterThan", "5", "6", False),
        ("NumericNotEquals", "5 6", "5", True),
        ("DateLessThan", "2026-01-01", "2026-01-02", True),
        ("DateLessThan", "2026-01-02", "2026-01-01", False),
        ("Bool", "true", "true false", True),
        ("Bool", "true", "false", False),
        ("IpAddress", "10.0.0.0/9", "10.0.0.0/8", True),
        ("IpAddress", "10.0.0.0/8", "10.0.0.0/9", False),
        ("IpAddress", "::/128", "0.0.0.0/0", False),
        ("ArnLike", "arn:aws:iam::1:role/a", "arn:aws:iam::*:role/*", True),
        ("ArnLike", "arn:aws:iam::*:role/*", "arn:aws:iam::1:role/a", False),
        ("BinaryEquals", "YWI=", "YWI= YQ==", True),
    ],
)
def test_what_an_operator_accepts_of_some_values_lies_within_that_of_others(
    operator: str, inner: str, outer: str, within: bool
) -> None:
    mine, others = _accepted(operator, *inner.split()), _accepted(operator, *outer.split())

    assert lies_within(mine, others) is within


@pytest.mark.parametrize(
    ("inner", "outer", "within"),
    [
        ("NumericLessThan", "NumericLessThanEquals", True),
        ("NumericLessThanEquals", "NumericLessThan", False),
        ("NumericGreaterThan", "NumericGreaterThanEquals", True),
        ("NumericGreaterThanEquals", "NumericGreaterThan", False),
        ("NumericEquals", "NumericLessThanEquals", True),
        ("NumericLessThan", "NumericGreaterThan", False),
        ("NumericEquals", "StringEquals", False),
        ("StringEquals", "NumericEquals", False),
        ("StringEquals", "StringLike", True),
        ("StringEquals", "StringNotEquals", False),
        ("StringNotEquals", "StringEquals", False),
    ],
)
def test_what_one_operator_accepts_lies_within_what_another_does(
    inner: str, outer: str, within: bool
) -> None:
    assert lies_within(_accepted(inner, "5"), _accepted(outer, "5")) is within


@pytest.mark.parametrize(
    ("inner", "outer", "within"),
    [
        ("arn:aws:s3:::b/x", "arn:aws:s3:::b/*", True),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b/x", False),
        ("arn:aws:s?x:::b", "arn:aws:s*x:::b", True),
        ("arn:aws:s*x:::b", "arn:aws:s?x:::b", False),
        ("arn:aws:iam:*:1:x", "arn:aws:iam:*:1:*", True),
        ("arn:aws:s*x:::b", "arn:aws:s*:::b", True),  # the last `*` of a field crosses colons
        ("arn:aws:s*:::b", "arn:aws:s*x:::b", False),
        ("arn:aws:?:::b", "arn:aws:*:::b", True),
        ("arn:aws:?:::b", "arn:aws:::::b", False),
    ],
)
def test_wildcards_of_resources_stop_at_colons(inner: str, outer: str, within: bool) -> None:
    assert lies_within(_resource(inner), _resource(outer)) is within


@pytest.mark.parametrize("accepts", [NOTHING, EVERYTHING, OneOf(frozenset()), _resource("*")])
def test_everything_holds_all_and_nothing_lies_in_all(accepts: ValueSet) -> None:
    assert lies_within(accepts, EVERYTHING)
    assert lies_within(NOTHING, accepts)


def test_a_set_of_no_values_lies_within_any() -> None:
    assert lies_within(OneOf(frozenset()), Matching(split_wildcards("a*")))


def test_everything_lies_within_nothing_less() -> None:
    assert not lies_within(EVERYTHING, NOTHING)
    assert not lies_within(EVERYTHING, _accepted("StringLike", "a*"))
    assert not lies_within(OneOf(frozenset((True,))), _accepted("StringLike", "a*"))


def test_patterns_that_take_too_long_to_compare_are_not_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    inner, outer = _accepted("StringLike", "*ab?a*"), _accepted("StringLike", "*b?a*")

    assert lies_within(inner, outer)

    monkeypatch.setattr(inclusion, "_MOST_STATES", 3)

    assert not lies_within(inner, outer)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (_accepted("StringLike", "a", "a*", "b"), _accepted("StringLike", "b", "a*")),
        (_accepted("StringLike", "a*", "ab*", "a*"), _accepted("StringLike", "a*")),
        (_accepted("StringNotLike", "a*", "ab"), _accepted("StringNotLike", "a*")),
        (_accepted("NumericLessThan", "5", "9", "7"), _accepted("NumericLessThan", "9")),
        (_accepted("StringLike", "a*", "b*"), simplified(_accepted("StringLike", "b*", "a*"))),
        (_accepted("StringEquals", "a"), _accepted("StringEquals", "a")),
        (EVERYTHING, EVERYTHING),
    ],
)
def test_members_within_others_are_left_out(given: ValueSet, expected: ValueSet) -> None:
    assert simplified(given) == expected


# What is claimed holds

_PATTERNS = st.text("ab*?", max_size=5)
_ARNS = st.tuples(*[st.text("a*?", max_size=2).map(split_wildcards)] * 6).map(ArnMatching)
_RESOURCES = st.text("a:*?", max_size=5).map(lambda text: f"a:a{text}:a:a:a:a").map(_resource)
_NEAR: st.SearchStrategy[ValueSet] = st.one_of(
    _PATTERNS.map(lambda text: _accepted("StringLike", text)), _RESOURCES, _ARNS, SETS
)


@settings(max_examples=400)
@given(_NEAR, _NEAR, st.lists(VALUES | st.text("ab:", max_size=5), max_size=20))
def test_no_value_escapes_a_set_that_holds_another(
    inner: ValueSet, outer: ValueSet, values: list[Value]
) -> None:
    if lies_within(inner, outer):
        assert all(contains(outer, value) for value in values if contains(inner, value))


_SHORT = st.text("ab*?", max_size=3)
_TEXTS = ["".join(letters) for size in range(5) for letters in product("abx", repeat=size)]


@settings(max_examples=400)
@given(_SHORT, _SHORT)
def test_globs_are_compared_exactly(inner: str, outer: str) -> None:
    mine, others = _accepted("StringLike", inner), _accepted("StringLike", outer)

    escapes = any(contains(mine, text) and not contains(others, text) for text in _TEXTS)

    if others is not EVERYTHING and mine is not EVERYTHING:
        assert lies_within(mine, others) is not escapes


@settings(max_examples=400)
@given(_NEAR, st.lists(VALUES, max_size=20))
def test_a_simplified_set_holds_the_same(accepts: ValueSet, values: list[Value]) -> None:
    held = [contains(accepts, value) for value in values]

    assert [contains(simplified(accepts), value) for value in values] == held


@given(SETS, _NEAR)
def test_a_set_lies_within_itself_and_within_a_union_with_it(
    accepts: ValueSet, other: ValueSet
) -> None:
    assert lies_within(accepts, accepts)
    assert lies_within(accepts, Union((other, accepts)))
