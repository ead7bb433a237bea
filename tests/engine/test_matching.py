"""Compiled sets: every shape, and patterns that cannot run away."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from policy_eval.engine import naive
from policy_eval.engine.matching import compile_glob, compile_resource, contains
from policy_eval.policy.pattern import split_wildcards
from policy_eval.semantics.readings import OUR_READING
from policy_eval.semantics.resource_patterns import resource_patterns, resource_set
from policy_eval.semantics.sets import Address, Matching, Network, Range, Value, ValueSet

Look = Callable[[ValueSet, Value], bool]


def _globs(pattern: str, text: str) -> bool:
    return compile_glob(split_wildcards(pattern))(text)


def _resource(pattern: str, text: str, look: Look = contains) -> bool:
    return any(
        look(resource_set(tuple(piece for piece in parsed if not isinstance(piece, tuple))), text)
        for parsed in resource_patterns(
            pattern, variables=False, completed=True, reading=OUR_READING
        )
    )


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("", "", True),
        ("", "a", False),
        ("abc", "abc", True),
        ("abc", "abcd", False),
        ("*", "", True),
        ("**", "x\ny", True),
        ("a*", "a", True),
        ("a*", "ba", False),
        ("*a", "ba", True),
        ("*a", "ab", False),
        ("ab*ba", "aba", False),
        ("ab*ba", "abba", True),
        ("a*c", "abcc", True),
        ("*a*b*", "xxaxxbxx", True),
        ("*a*b*", "xxbxxaxx", False),
        ("x*a*y", "xaay", True),
        ("x*a*y", "xy", False),
        ("a*bc*d", "abxbcd", True),
        ("aa*a*aa", "aaaa", False),
        ("?", "", False),
        ("?", "\U0001f600", True),
        ("?", "\n", True),
        ("a?c*", "abcx", True),
        ("*?b", "b", False),
        ("*a?*b", "axxxb", True),
        ("*a?b*a?b", "axbaxb", True),
        ("*a?b*a?b", "axbxb", False),
        ("[ab]*", "[ab]x", True),
        ("[ab]*", "ax", False),
        ("a.c", "abc", False),
        ("?.c", "a.c", True),
    ],
)
def test_globs(pattern: str, text: str, matches: bool) -> None:
    assert _globs(pattern, text) is matches
    assert naive.contains(Matching(split_wildcards(pattern)), text) is matches


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("arn:aws:*:us-*-1:1:x", "arn:aws:a:us-b:us-east-1:1:x", True),
        ("arn:aws:s*x:::b", "arn:aws:sqx:::b", True),
        ("arn:aws:s*x:::b", "arn:aws:s:x:::b", False),
        ("arn:aws:s?:::b", "arn:aws:s3:::b", True),
        ("arn:aws:s?:::b", "arn:aws:s::::b", False),
        ("arn:aws:s?:::b?d*", "arn:aws:s3:::b:d:e", True),
        ("arn:aws:s3::*:stack*", "arn:aws:s3:::stack-1", True),
        ("arn:aws:logs:*:*:/aws-glue/*", "arn:aws:logs:r:1:log-group:/aws-glue/j", True),
        ("arn:aws:lambda:*:*:function:f*", "arn:aws:lambda:r:1:function:f1:PROD", True),
        ("arn:*ws*:s3:::b", "arn:aws-cn:s3:::b", True),
        ("arn:**x:s3:::b", "arn:aax:s3:::b", True),
        ("arn:aws:sqs", "arn:aws:sqs:r:1:q", True),
        ("arn:aws:dynamodb:*:table/prod-*", "arn:aws:dynamodb:r:1:table/prod-a", True),
        ("xrn:a*b:s3:::b", "arn:ab:s3:::b", False),
        ("?rn:a*b:s3:::b", "arn:acb:s3:::b", True),
        ("arn:a*w*x:s3:::b", "arn:aaw:bx:s3:::b", False),
        ("arn:a*w*x:s3:::b", "arn:aawbx:s3:::b", True),
        ("arn:a*:s3:::b", "arn:a:s3:::b", True),
        ("arn:a*b:s3:::b", "arn:acccb:s3:::b", True),
        ("arn:a?b:s3:::b", "arn:acb:s3:::b", True),
    ],
)
@pytest.mark.parametrize("look", [contains, naive.contains])
def test_resource_patterns(look: Look, pattern: str, text: str, matches: bool) -> None:
    assert _resource(pattern, text, look) is matches


@pytest.mark.parametrize(
    ("low", "high", "ends", "inside", "outside"),
    [
        ("1", "3", True, "1 2 3", "0 4"),
        ("1", "3", False, "2", "1 3"),
        (None, "3", True, "-9 3", "4"),
        ("1", None, False, "9", "1 0"),
    ],
)
def test_ranges(low: str | None, high: str | None, ends: bool, inside: str, outside: str) -> None:
    accepts = Range(
        None if low is None else Decimal(low), None if high is None else Decimal(high), ends, ends
    )

    assert all(contains(accepts, Decimal(number)) for number in inside.split())
    assert not any(contains(accepts, Decimal(number)) for number in outside.split())


@pytest.mark.parametrize(
    ("accepts", "value"),
    [
        (Range(None, None, low_included=False, high_included=False), "x"),
        (Network(4, 0, 9), "x"),
        (Network(4, 0, 9), Address(6, 5)),
        (Network(4, 0, 9), Address(4, 10)),
    ],
)
def test_values_of_another_kind_are_not_in_a_set(accepts: ValueSet, value: Value) -> None:
    assert not contains(accepts, value)


def test_hostile_patterns_come_to_an_end() -> None:
    text = "a" * 20_000

    assert not _globs("*a*a*a*a*a*b", text)
    assert not _globs("*a" * 50 + "*b", text)
    assert not _globs("*a?*a?*a?*b?", text)
    assert not compile_resource(split_wildcards("*a" * 50 + "b"))(text)
    assert not _resource("arn:*a*a*a*a*a*b:*:*:*:*", f"arn:{text}:x:y:z:w")
