"""What a key may hold is found exactly where it may hold something."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import product
from random import Random

import pytest

from policy_eval.engine.residual import texts
from policy_eval.engine.residual.texts import UNSETTLED, Want
from policy_eval.engine.residual.values import (
    IMPOSSIBLE,
    Impossible,
    Wanted,
    find,
    goes,
    hold,
    holding_all,
    list_of,
)
from policy_eval.request.context import Values
from policy_eval.semantics.lower import Key, key_named
from policy_eval.semantics.sets import EVERYTHING, OneOf, Range, complement
from policy_eval.semantics.views import View
from tests.engine.residual.asking import key_fact

_TEXTS = ["", "a", "b", "A", "ab", "x"]
_SEVERAL: list[Values] = [
    each for length in (1, 2, 3) for each in product(_TEXTS, repeat=length)
]  # fmt: skip
_COMPARED = ('is "a"', 'is not "a"', 'like "a*"', 'not like "?"', 'is "a" in any case', 'is ""',
             "is []", 'like "*"')  # fmt: skip
_QUANTIFIED = ("any value ", "every value ", "")


def wanted(key: str, *texts: tuple[str, bool]) -> Wanted:
    """Return how conditions on a key, in words, are to go."""
    return tuple((key_fact(f"`{key}` {text}").test, holds) for text, holds in texts)


def _generated(random: Random, key: str) -> Wanted:
    found = []
    for _ in range(random.randint(1, 3)):
        text = random.choice(_QUANTIFIED) + random.choice(_COMPARED)
        text += random.choice(["", "", " if present"])
        if random.random() < 0.15:
            text = random.choice(["is present", "is absent"])
        found.append((text, random.random() < 0.6))
    return wanted(key, *found)


@pytest.mark.parametrize("name", ["aws:UserAgent", "aws:TagKeys", "my:List"])
@pytest.mark.parametrize("seed", range(4))
def test_values_are_found_exactly_where_there_are_some(name: str, seed: int) -> None:
    random = Random(f"{name}{seed}")
    key = key_named(name)
    several: Sequence[Values | None] = (
        [(text,) for text in _TEXTS] if name == "aws:UserAgent" else _SEVERAL
    )
    for _ in range(80):
        tests = _generated(random, name)
        may_be_absent = random.random() < 0.7

        found = hold(key, tests, may_be_absent=may_be_absent)

        enumerated: list[Values | None] = [*([None] if may_be_absent else []), *several]
        some = [held for held in enumerated if goes(tests, held)]
        if isinstance(found, Impossible):
            assert some == [], tests
        elif found is not UNSETTLED:
            assert found is None or isinstance(found, tuple)
            assert goes(tests, found), tests
            assert found is not None or may_be_absent


_TYPED = {
    "my:Count": ([f"{sign} {number}" for sign in ("=", "!=", "<", "<=", ">", ">=")
                  for number in ("0", "1.5", "-2", "123456789012345678901234567890")],
                 ["-3", "-2", "-1", "0", "1", "1.5", "1.6", "2", "123456789012345678901234567889",
                  "123456789012345678901234567890", "123456789012345678901234567891"]),
    "aws:CurrentTime": ([f'{when} "{day}"' for when in ("at", "not at", "before", "not before",
                                                        "after", "not after")
                         for day in ("2026-01-01", "1959-12-31T23:59:59Z")],
                        ["1950-01-01", "1959-12-31T23:59:59Z", "1960-01-01", "2026-01-01",
                         "2026-01-02"]),
    "aws:SourceIp": ([f'{within} "{network}"' for within in ("within", "not within")
                      for network in ("0.0.0.0/0", "::/0", "10.0.0.0/8", "10.0.0.0/9",
                                      "255.255.255.255", "2001:db8::/32")],
                     ["9.255.255.255", "10.0.0.1", "10.200.0.1", "11.0.0.0", "255.255.255.255",
                      "2001:db8::1", "::1"]),
    "aws:SecureTransport": (["is true", "is false", 'is boolean ["true", "false"]'],
                            ["true", "false"]),
    "my:Bytes": (['is base64 "YQ=="', 'is base64 "Yg=="', 'is base64 ["YQ==", "Yg=="]'],
                 ["YQ==", "Yg==", "eA=="]),
}  # fmt: skip


@pytest.mark.parametrize("name", [*_TYPED])
def test_typed_values_are_found_exactly_where_there_are_some(name: str) -> None:
    random = Random(name)
    key = key_named(name)
    conditions, held = _TYPED[name]
    for _ in range(150):
        tests = wanted(name, *(
            (random.choice(conditions) + random.choice(["", " if present"]), random.random() < 0.5)
            for _ in range(random.randint(1, 3))
        ))  # fmt: skip

        found = hold(key, tests, may_be_absent=False)

        some = [each for each in held if goes(tests, (each,))]
        if isinstance(found, Impossible):
            assert some == [], tests
        elif found is not UNSETTLED:
            assert isinstance(found, tuple)
            assert goes(tests, found)
        else:
            assert some == [] or name in ("aws:SourceIp", "my:Bytes"), tests


@pytest.mark.parametrize(
    ("name", "conditions", "found"),
    [
        ("aws:TagKeys", [('contains "a"', True), ('contains "b"', True)], ("a", "b")),
        ("aws:TagKeys", [('contains "a"', True), ('every value is "a"', True)], ("a",)),
        ("aws:TagKeys", [('is "a"', True)], IMPOSSIBLE),
        ("aws:TagKeys", [('is "a"', False), ("is present", True)], ("x",)),
        ("aws:TagKeys", [("is present", True), ('every value is ""', True)], IMPOSSIBLE),
        ("my:List", [('is "a"', False), ('every value like "a*"', True),
                     ("is present", True)], ("ax",)),
        ("my:List", [('is not "x"', False), ('is "x"', False), ("is present", True)], ("x", "xq")),
        ("my:List", [('any value is "a"', True), ('is "a"', False)], ("a", "x")),
        ("my:List", [('every value is "a"', True), ('is "a"', False), ("is present", True)],
         ("a", "a")),
        ("my:List", [('any value is ""', True), ('any value is "a"', True)], ("", "a")),
        ("aws:UserAgent", [('is "a"', False), ('is not "a"', False)], IMPOSSIBLE),
        ("my:Count", [("< 1", True), ("> 0", True)], ("0.5",)),
        ("my:Count", [("> 1", True), ("< 4", True)], ("2",)),
        ("my:Count", [("is present", True), ("= []", False)], ("0",)),
        ("aws:SourceIp", [('within "10.0.0.0/8"', True), ('within "10.0.0.0/16"', False)],
         ("10.1.0.0",)),
        ("aws:SecureTransport", [("is true", True), ('is "true"', False)], ("truE",)),
        ("my:Bytes", [('is base64 ["YQ==", "Yg=="]', False), ("is present", True)], ("eA==",)),
    ],
)  # fmt: skip
def test_what_a_key_may_hold(
    name: str, conditions: list[tuple[str, bool]], found: Values | Impossible
) -> None:
    held = hold(key_named(name), wanted(name, *conditions), may_be_absent=True)

    assert held == found


def test_a_key_that_must_be_absent_holds_nothing() -> None:
    absent, present = (wanted("my:Key", (f"is {word}", True)) for word in ("absent", "present"))

    assert hold(key_named("my:Key"), absent, must_be_absent=True) is None
    assert isinstance(hold(key_named("my:Key"), present, must_be_absent=True), Impossible)


def test_a_text_that_stands_for_a_number_is_tried_though_not_all_are() -> None:
    key = key_named("my:Count")

    assert hold(key, wanted("my:Count", ("= 2", True), ('is "2"', False))) is UNSETTLED
    assert hold(key, wanted("my:Count", ("= 2", True), ('is "2.0"', True))) == ("2.0",)


def test_what_an_accepted_arn_operator_takes_is_not_ruled_out() -> None:
    """R-COND-19: under --accept-invalid a value that is no ARN fails both operators."""
    conditions = [('matching "arn:aws:s3:::a"', False), ('not matching "arn:aws:s3:::a"', False)]
    tests = wanted("aws:SourceArn", *conditions)
    lenient = tuple((test._replace(unreadable_fails=True), holds) for test, holds in tests)
    key = key_named("aws:SourceArn")

    assert isinstance(hold(key, tests, may_be_absent=False), Impossible)
    assert hold(key, lenient, may_be_absent=False) == ("",)
    contradictory = (*lenient, *wanted("aws:SourceArn", ('is "b"', True), ('is "c"', True)))
    assert hold(key, contradictory) is UNSETTLED


def test_all_members_are_among_several_values() -> None:
    tags = wanted("aws:TagKeys", ('every value like "a*"', True))
    member = Want(View.FOLDED, OneOf(frozenset({"ab"})), wanted=True)
    other = Want(View.FOLDED, OneOf(frozenset({"b"})), wanted=True)

    assert holding_all(tags, [member]) == ("ab",)
    assert isinstance(holding_all(tags, [member, other]), Impossible)
    both = wanted("aws:TagKeys", ('contains "AB"', True))
    assert holding_all(both, [member]) in (("ab", "AB"), ("AB",))
    absent = wanted("aws:TagKeys", ("is absent", True))
    assert isinstance(holding_all(absent, [member]), Impossible)
    single = wanted("aws:TagKeys", ('is "ab"', True))
    assert isinstance(holding_all(single, [member]), Impossible)


def test_what_forwards_a_call_goes_with_its_ends() -> None:
    chain = wanted("aws:CalledVia", ('contains "b"', True))
    first = wanted("aws:CalledViaFirst", ('is "a"', True), ("is present", True))
    last = wanted("aws:CalledViaLast", ('like "c*"', True))

    assert list_of(chain, first, last, [None, None]) == ("a", "b", "c")
    assert list_of(chain, (), (), ["b", "b"]) == ("b",)
    assert list_of(chain, first, (), ["x", None]) is None
    assert list_of(wanted("aws:CalledVia", ('is "a"', True)), (), (), [None, None]) is None
    assert list_of(wanted("aws:CalledVia", ("is absent", True)), (), (), [None, None]) is None
    only = wanted("aws:CalledVia", ('every value is "a"', True))
    assert list_of(only, (), wanted("aws:CalledViaLast", ('is "b"', True)), [None, None]) is None


def test_a_list_that_is_not_found_is_not_ruled_out() -> None:
    """The first value is one that some must be, and no value may be both ends."""
    chain = wanted("aws:CalledVia", ('any value is not "a"', True), ('contains "a"', True))
    first = wanted("aws:CalledViaFirst", ("is absent", False), ('is ""', True))

    assert list_of(chain, first, (), [None, None]) is UNSETTLED


@pytest.fixture
def no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up every search for a text at once."""
    monkeypatch.setattr(texts, "_MOST_STATES", 1)


_HARD = ('every value like "a?b"', True), ('every value not like "axb"', True), (
    'every value not like "a0b"', True
)  # fmt: skip


@pytest.mark.usefixtures("no_time")
def test_a_search_that_is_given_up_settles_nothing() -> None:
    tests = wanted("my:List", *_HARD, ('any value like "a?b"', True))
    member = Want(View.TEXT, EVERYTHING, wanted=True)

    assert hold(key_named("my:List"), tests) is UNSETTLED
    assert holding_all(tests, [member]) is UNSETTLED
    assert list_of(tests, (), (), [None, None]) is UNSETTLED


def _range(low: str | None, high: str | None) -> Range:
    return Range(low and Decimal(low), high and Decimal(high), False, False)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("low", "high"),
    [
        ("123456789012345678901234567890", "123456789012345678901234567891"),
        (None, "123456789012345678901234567890"),
        ("123456789012345678901234567890", None),
        ("-1E-40", "0"),
        ("0", "1E-40"),
        (None, "-1E+40"),
        ("1E+40", None),
    ],
)
def test_numbers_of_any_length_are_reckoned_exactly(low: str | None, high: str | None) -> None:
    wants = [Want(View.NUMBER, _range(low, high), wanted=True)]

    found = find(wants)

    assert isinstance(found, str)
    assert wants[0].holds(found)


def test_numbers_of_too_many_digits_settle_nothing() -> None:
    wants = [Want(View.NUMBER, _range(None, "1E+6000"), wanted=True),
             Want(View.NUMBER, _range(None, "2"), wanted=False)]  # fmt: skip

    assert find([*wants, Want(View.NUMBER, _range("2", None), wanted=False),
                 Want(View.NUMBER, complement(_range("0", "3")), wanted=True)]) is (
        UNSETTLED
    )  # fmt: skip


def test_a_single_key_takes_one_value() -> None:
    single = Key("my:key", "my:Key", key_named("aws:UserAgent").multiplicity)
    tests = wanted("aws:UserAgent", ('any value is "a"', True), ('every value is "a"', False))

    assert isinstance(hold(single, tests), Impossible)
