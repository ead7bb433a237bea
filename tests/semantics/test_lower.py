"""Statements become tests in which no operator's name is left."""

from __future__ import annotations

import pytest

from policy_eval.engine.policies import parse_policy
from policy_eval.policy.ast import Effect, Element
from policy_eval.semantics.lower import (
    Key,
    Quantifier,
    Template,
    Unresolved,
    action_set,
    key_named,
    lower_action,
    lower_condition,
    lower_statement,
    variable_text,
)
from policy_eval.semantics.lower import (
    Test as LoweredTest,
)
from policy_eval.semantics.outcomes import constant
from policy_eval.semantics.readings import OUR_READING, OpenPoint
from policy_eval.semantics.sets import (
    EVERYTHING,
    NOTHING,
    Complement,
    Everything,
    Matching,
    Nothing,
    OneOf,
    complement,
    union,
)
from policy_eval.semantics.views import View

_POLICY = (
    '{"Version": "2012-10-17", "Statement": {"Effect": "%s", "Action": "*", "Resource": "%s",'
    ' "Condition": {"%s": {"%s": %s}}}}'
)


def _test(
    operator: str,
    key: str = "s3:prefix",
    values: str = '"a"',
    effect: str = "Allow",
    *points: OpenPoint,
) -> LoweredTest:
    policy = parse_policy(_POLICY % (effect, "*", operator, key, values))
    _, test = lower_statement(policy, policy.statements[0], frozenset(points))
    return test


@pytest.mark.parametrize(
    ("operator", "quantifier"),
    [
        ("StringEquals", Quantifier.ONE),
        ("ForAnyValue:StringEquals", Quantifier.ANY),
        ("ForAllValues:StringEquals", Quantifier.ALL),
        ("forallvalues:stringequalsifexists", Quantifier.ALL),
    ],
)
def test_set_operators_become_quantifiers(operator: str, quantifier: Quantifier) -> None:
    assert _test(operator).quantifier is quantifier


def test_a_negated_operator_is_a_complement() -> None:
    assert _test("StringNotEquals").accepts == Complement(OneOf(frozenset({"a"})))


def test_several_values_are_a_union() -> None:
    assert _test("StringEquals", values='["a", "b"]').accepts == OneOf(frozenset({"a", "b"}))


def test_epoch_time_is_also_read_as_a_date() -> None:
    assert _test("NumericEquals", "aws:EpochTime", "1").view is View.EPOCH
    assert _test("NumericEquals", "s3:max-keys", "1").view is View.NUMBER


def test_a_variable_makes_the_set_a_template() -> None:
    test = _test("StringEquals", values='["${aws:username}", "${aws:username}x"]')

    assert isinstance(test.accepts, Template)
    assert [key.folded for key in test.variables] == ["aws:username"]


def test_without_variables_there_are_none() -> None:
    assert _test("StringEquals", values='"${$}x"').variables == ()
    assert _test("StringEquals", values='"${$}x"').accepts == OneOf(frozenset({"$x"}))


@pytest.mark.parametrize(
    ("operator", "point", "changes"),
    [
        ("StringEquals", OpenPoint.MULTIVALUED_UNQUALIFIED, "quantifier"),
        ("StringNotEquals", OpenPoint.MULTIVALUED_UNQUALIFIED, "quantifier"),
        ("ForAnyValue:StringEquals", OpenPoint.EMPTY_TEXT_IS_NULL, "empty_is_null"),
        ("ForAnyValue:StringEqualsIfExists", OpenPoint.FOR_ANY_VALUE_IF_EXISTS, "when_absent"),
        ("ForAllValues:StringNotLike", OpenPoint.FOR_ALL_VALUES_NOT_LIKE, "accepts"),
        ("StringEquals", OpenPoint.TAGS_EQUAL_BUT_FOR_CASE, "when_ambiguous"),
    ],
)
def test_an_open_point_changes_one_thing(operator: str, point: OpenPoint, changes: str) -> None:
    ours, other = _test(operator), _test(operator, "s3:prefix", '"a"', "Allow", point)

    assert getattr(ours, changes) != getattr(other, changes)


@pytest.mark.parametrize(
    ("operator", "values", "point"),
    [
        ("ArnLike", '"a:b:c:d:e:f"', OpenPoint.NOT_AN_ARN),
        ("Bool", '"${aws:username}"', OpenPoint.VARIABLE_IN_BOOL),
        ("StringLike", '"${aws:username}"', OpenPoint.WILDCARD_FROM_VARIABLE),
        ("StringEquals", "[]", OpenPoint.EMPTY_POLICY_LIST),
        ("Null", "[]", OpenPoint.EMPTY_POLICY_LIST),
        ("ForAllValues:Null", '"true"', OpenPoint.NULL_WITH_SET_OPERATOR),
        ("Null", '"true"', OpenPoint.EMPTY_TEXT_IS_NULL),
        ("ForAllValues:StringNotLike", '"${aws:username}"', OpenPoint.FOR_ALL_VALUES_NOT_LIKE),
    ],
)
def test_an_open_point_changes_the_test(operator: str, values: str, point: OpenPoint) -> None:
    ours = _test(operator, values=values)

    assert ours != _test(operator, "s3:prefix", values, "Allow", point)


@pytest.mark.parametrize("point", list(OpenPoint))
def test_a_plain_test_is_the_same_under_most_readings(point: OpenPoint) -> None:
    changing = {OpenPoint.MULTIVALUED_UNQUALIFIED, OpenPoint.TAGS_EQUAL_BUT_FOR_CASE}
    same = _test("StringEquals") == _test("StringEquals", "s3:prefix", '"a"', "Allow", point)

    assert same is (point not in changing)


@pytest.mark.parametrize(
    ("operator", "values", "outcome"),
    [
        ("ForAllValues:Null", '"true"', True),
        ("ForAnyValue:Null", '"true"', False),
        ("Null", '"true"', None),
        ("StringLikeIfExists", '"*"', True),
        ("ForAllValues:StringLike", '"*"', True),
        ("ForAnyValue:StringLike", '"*"', None),
        ("StringEquals", "[]", False),
        ("StringEqualsIfExists", "[]", None),
        ("ForAllValues:StringEquals", "[]", None),
        ("StringEquals", '"a"', None),
        ("StringNotEquals", "[]", True),
        ("NumericNotEquals", "[]", None),
    ],
)
def test_some_tests_hold_whatever_the_key_is(
    operator: str, values: str, outcome: bool | None
) -> None:
    assert constant(_test(operator, values=values)) is outcome


@pytest.mark.parametrize(
    ("key", "outcome"), [("aws:TagKeys", None), ("example:unlisted", None), ("s3:prefix", True)]
)
def test_a_key_that_may_hold_several_values_is_not_settled(key: str, outcome: bool | None) -> None:
    assert constant(_test("StringLikeIfExists", key, '"*"')) is outcome


@pytest.mark.parametrize(("resource", "outcome"), [("*", True), ("arn:aws:s3:::b", None)])
def test_a_star_is_every_resource(resource: str, outcome: bool | None) -> None:
    policy = parse_policy(_POLICY % ("Allow", resource, "StringEquals", "s3:prefix", '"a"'))
    test, _ = lower_statement(policy, policy.statements[0], OUR_READING)

    assert constant(test) is outcome


@pytest.mark.parametrize(
    ("action", "accepts"),
    [
        (Element("Action", ("*",), negated=False), Everything),
        (Element("Action", ("s3",), negated=False), Nothing),
        (Element("Action", ("",), negated=False), Nothing),
        (Element("Action", ("s3:Get*",), negated=False), Matching),
        (Element("Action", ("s3:GetObject", "S3:PutObject"), negated=False), OneOf),
        (Element("NotAction", ("s3:Get*",), negated=True), Complement),
    ],
)
def test_actions_are_folded_sets(action: Element, accepts: type) -> None:
    assert isinstance(action_set(action), accepts)
    assert lower_action(action).accepts == action_set(action)


@pytest.mark.parametrize(
    ("values", "name", "text"),
    [
        (("x",), "aws:username", "x"),
        (None, "aws:username", Unresolved.ABSENT),
        (("",), "aws:username", Unresolved.ABSENT),
        (("x", "y"), "example:list", Unresolved.MULTIVALUED),
        (("x",), "aws:TagKeys", Unresolved.MULTIVALUED),
        (None, "aws:TagKeys", Unresolved.MULTIVALUED),
    ],
)
def test_what_a_variable_stands_for(
    values: tuple[str, ...] | None, name: str, text: str | Unresolved
) -> None:
    assert variable_text(values, key_named(name), OUR_READING) == text


def test_the_other_reading_of_an_empty_variable() -> None:
    other = frozenset({OpenPoint.EMPTY_VARIABLE})

    assert variable_text(("",), key_named("aws:username"), other) == ""


def test_an_unknown_operator_is_never_skipped() -> None:
    policy = parse_policy(_POLICY % ("Allow", "*", "StringEquals", "s3:prefix", '"a"'))
    condition = policy.statements[0].conditions[0]

    with pytest.raises(KeyError):
        lower_condition(
            condition._replace(operator="Nothing:Like"), policy, Effect.ALLOW, OUR_READING
        )
    with pytest.raises(KeyError):
        lower_condition(condition._replace(operator="StringIs"), policy, Effect.ALLOW, OUR_READING)


def test_union_and_complement_simplify() -> None:
    one = OneOf(frozenset({"a"}))

    assert union(()) is NOTHING
    assert union((NOTHING, one)) == one
    assert union((one, EVERYTHING)) is EVERYTHING
    assert complement(EVERYTHING) is NOTHING
    assert complement(NOTHING) is EVERYTHING
    assert complement(complement(one)) == one


def test_a_key_keeps_its_spelling() -> None:
    key = key_named("AWS:UserName")

    assert isinstance(key, Key)
    assert (key.folded, key.spelling) == ("aws:username", "AWS:UserName")


@pytest.mark.parametrize(("effect", "restrictive"), [("Allow", False), ("Deny", True)])
@pytest.mark.parametrize("operator", ["StringEquals", "Null", "ForAnyValue:StringLikeIfExists"])
def test_disagreeing_spellings_take_the_restrictive_side(
    operator: str, effect: str, restrictive: bool
) -> None:
    values = '"true"' if operator == "Null" else '"a"'

    assert _test(operator, "s3:prefix", values, effect).when_ambiguous is restrictive
