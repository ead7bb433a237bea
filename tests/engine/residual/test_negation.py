"""What holds exactly where another condition does not."""

from __future__ import annotations

from itertools import product

import pytest

from policy_eval.engine.residual.condition import Condition, parse_condition
from policy_eval.engine.residual.facts import KeyFact, ResourceFact
from policy_eval.engine.residual.formula import Is, negation
from policy_eval.engine.residual.negation import opposite
from policy_eval.request.context import Given
from tests.engine.residual.asking import SECRET, fact, key_fact, known

_HELD: dict[str, tuple[Given, ...]] = {
    "aws:UserAgent": ("a", "A", "b", "ab", ""),
    "aws:TagKeys": (None, "a", ["a", "b"], ["b", "ab"], [""], ["", "a"]),
    "my:Count": (None, "1", "2", "2.5", "-1"),
    "aws:CurrentTime": ("2026-01-01T00:00:00Z", "1969-12-31T23:59:59Z"),
    "aws:SourceIp": (None, "10.0.0.1", "192.0.2.1", "2001:db8::1"),
    "aws:SecureTransport": ("true", "False"),
    "my:Bytes": (None, "YQ==", "Yg=="),
    "aws:SourceArn": (None, "arn:aws:s3:::a", "arn:aws:s3:::b"),
}
_TEXTS = (
    *(f"aws:UserAgent {rest}" for rest in (
        'is "a"', 'is not "a"', 'is in ["a", "b"]', 'is "a" in any case', 'like "a*"',
        'not like ["a*", "b"]', 'is "a" if present', "is absent", "is present",
        'any value is "a"', 'every value like "a*"', "is []", "is not []",
    )),
    *(f"aws:TagKeys {rest}" for rest in (
        'any value like "a*"', 'every value is "a"', 'every value is not in ["a", "b"]',
        'any value is not "a"', 'contains "a"', 'every value is "a" if present',
        'any value like "a*" if present', "is absent", 'is "a"', 'is not "a"',
    )),
    *(f"my:Count {sign} 2" for sign in ("=", "!=", "<", "<=", ">", ">=")),
    *(f"aws:MultiFactorAuthAge {sign} 2" for sign in ("=", "!=", "<", "<=", ">", ">=")),
    "aws:MultiFactorAuthAge < [1, 2]", "aws:MultiFactorAuthAge any value < 2 if present",
    *(f'aws:CurrentTime {when} "2026-01-01"' for when in (
        "at", "not at", "before", "not before", "after", "not after",
    )),
    'aws:SourceIp within "10.0.0.0/8"', 'aws:SourceIp not within ["::/0", "10.0.0.1"]',
    "aws:SecureTransport is true", "aws:SecureTransport is false if present",
    'aws:SecureTransport is boolean ["true", "false"]', "aws:SecureTransport any value is true",
    "aws:SecureTransport every value is true",
    'my:Bytes is base64 "YQ=="', 'aws:SourceArn matching "arn:*:s3:::a"',
    'aws:SourceArn not matching "arn:aws:s3:::?"', 'aws:UserAgent is "${aws:username}"',
)  # fmt: skip


@pytest.mark.parametrize("text", _TEXTS)
def test_the_opposite_holds_exactly_where_a_condition_does_not(text: str) -> None:
    given = key_fact(text)

    other = opposite(given)

    assert other is None or isinstance(other, KeyFact)
    key = given.key
    assert key is not None
    for held in _HELD.get(key.spelling, (None, "1", "2", "3")):
        context = {key.spelling: held}
        one = Condition(Is(given)).holds(known(context))
        assert isinstance(one, bool)
        assert Condition(negation(Is(given))).holds(known(context)) is not one
        if other is not None:
            assert Condition(Is(other)).holds(known(context)) is not one, (held, other)
            assert opposite(other) == given or opposite(other) is not None


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ('aws:UserAgent is "a"', 'aws:UserAgent is not "a"'),
        ('aws:UserAgent like "a" if present', None),
        ("aws:MultiFactorAuthAge < 2", "aws:MultiFactorAuthAge >= 2 if present"),
        ('aws:TagKeys contains "a"', 'aws:TagKeys every value is not "a"'),
        ("aws:SecureTransport is true", "aws:SecureTransport is false if present"),
        ('resource matches "arn:aws:s3:::a*"', 'resource does not match "arn:aws:s3:::a*"'),
        ('my:List is "a"', None),
        ('my:Bytes is base64 "YQ=="', None),
        ("layer scp denies", None),
        ('resource matches "arn:aws:s3:::${aws:username}"', None),
    ],
)
def test_some_conditions_have_an_opposite_in_words(text: str, other: str | None) -> None:
    found = opposite(fact(text))

    assert (None if found is None else str(Condition(Is(found)))) == other


def test_of_a_resource_the_opposite_is_not_to_match() -> None:
    given = fact(f'resource matches "{SECRET}"')

    other = opposite(given)

    assert isinstance(other, ResourceFact)
    assert opposite(other) == given


def test_what_an_accepted_policy_makes_of_no_arn_has_no_opposite() -> None:
    """R-COND-19: of a value that is no ARN, ArnLike and ArnNotLike both fail."""
    given = key_fact('aws:SourceArn matching "arn:aws:s3:::a"')
    lenient = KeyFact(
        given.subject, given.parts, given.test._replace(unreadable_fails=True), given.unit
    )

    assert opposite(lenient) is None
    assert lenient != given


def test_a_condition_and_its_negation_are_one_condition_in_words() -> None:
    words = ['aws:UserAgent is "a"', 'aws:TagKeys contains "a"', "aws:SecureTransport is true"]
    for one, other in product(words, words):
        text = f"not ({one} and {other})" if one != other else f"not {one}"
        assert parse_condition(str(parse_condition(text))) == parse_condition(text)
