"""A text that is in some sets and not in others is found where there is one, and only there."""

from __future__ import annotations

from itertools import product
from random import Random

import pytest

from policy_eval.engine.residual import texts
from policy_eval.engine.residual.texts import UNSETTLED, Want, find_text
from policy_eval.policy.pattern import Wildcard, split_wildcards
from policy_eval.semantics.operators import matching, matching_arn
from policy_eval.semantics.resource_patterns import resource_patterns, resource_set
from policy_eval.semantics.sets import (
    EVERYTHING,
    NOTHING,
    Network,
    OneOf,
    Range,
    ValueSet,
    complement,
    union,
)
from policy_eval.semantics.views import View

_ALPHABET = "abA:"
_SHORT = ["".join(each) for length in range(5) for each in product(_ALPHABET, repeat=length)]


def like(text: str) -> ValueSet:
    """Return the texts like a pattern."""
    found = matching(split_wildcards(text))
    assert found is not None
    return found


def _generated(random: Random) -> Want:
    view = random.choice([View.TEXT, View.TEXT, View.FOLDED])
    members = tuple(
        like("".join(random.choice("ab:*?" if view is View.FOLDED else "abA:*?")
                     for _ in range(random.randint(0, 4))))
        for _ in range(random.choice([1, 1, 2]))
    )  # fmt: skip
    accepts = union(members)
    if random.random() < 0.3:
        accepts = complement(accepts)
    return Want(view, accepts, random.random() < 0.6)


@pytest.mark.parametrize("seed", range(20))
def test_texts_are_found_exactly_where_there_are_some(seed: int) -> None:
    random = Random(seed)
    for _ in range(60):
        wants = [_generated(random) for _ in range(random.randint(1, 4))]
        nonempty = random.random() < 0.5

        found = find_text(wants, nonempty=nonempty)

        short = [
            text
            for text in _SHORT
            if (text or not nonempty) and all(want.holds(text) for want in wants)
        ]
        assert found is not UNSETTLED
        if found is None:
            assert short == [], wants
        else:
            assert isinstance(found, str)
            assert all(want.holds(found) for want in wants)
            assert found or not nonempty


@pytest.mark.parametrize(
    ("wants", "found"),
    [
        ([Want(View.TEXT, EVERYTHING, wanted=False)], None),
        ([Want(View.TEXT, NOTHING, wanted=True)], None),
        ([Want(View.TEXT, complement(OneOf(frozenset({"k"}))), wanted=False)], "k"),
        ([Want(View.TEXT, complement(OneOf(frozenset({"k"}))), wanted=False),
          Want(View.TEXT, OneOf(frozenset({"k"})), wanted=False)], None),
        ([Want(View.TEXT, OneOf(frozenset({"k"})), wanted=True),
          Want(View.FOLDED, OneOf(frozenset({"k"})), wanted=False)], None),
        ([Want(View.FOLDED, OneOf(frozenset({"k"})), wanted=True),
          Want(View.TEXT, OneOf(frozenset({"k"})), wanted=False)], "K"),
        ([Want(View.FOLDED, OneOf(frozenset({"ab"})), wanted=True),
          Want(View.TEXT, OneOf(frozenset({"ab", "AB", "Ab"})), wanted=False)], "aB"),
        ([Want(View.TEXT, like("*\U0001f600?"), wanted=True)], "x\U0001f600x"),
    ],
)  # fmt: skip
def test_the_shortest_text_is_found(wants: list[Want], found: str | None) -> None:
    assert find_text(wants) == found


def _arn(text: str) -> ValueSet:
    found = matching_arn(split_wildcards(text))
    assert found is not None
    return found


def test_arns_are_matched_field_by_field() -> None:
    """R-COND-18, R-COND-19."""
    wants = [
        Want(View.ARN, _arn("arn:aws:s3:::lo?s/*"), wanted=True),
        Want(View.ARN, _arn("arn:*:s3:::log*"), wanted=False),
        Want(View.TEXT, like("*:*:*:*:*:*:*"), wanted=True),
    ]

    found = find_text(wants)

    assert isinstance(found, str)
    assert all(want.holds(found) for want in wants)


def test_of_a_set_of_arns_nothing_else_is_an_arn() -> None:
    wants = [
        Want(View.ARN, _arn("arn:aws:s3:::*"), wanted=True),
        Want(View.TEXT, like("arn:aws:s3:*"), wanted=False),
    ]

    assert find_text(wants) is None


def test_an_arn_has_six_fields_even_if_it_is_like_no_pattern() -> None:
    wants = [
        Want(View.ARN, _arn("*:*:*:*:*:?*"), wanted=False),
        Want(View.TEXT, like("*:::::"), wanted=True),
    ]

    assert find_text(wants, nonempty=True) == ":::::"


def test_wildcards_of_resources_stop_at_colons() -> None:
    """R-RES-04."""
    (pattern,) = resource_patterns(
        "arn:aws:sqs:u?-*-1:1:q", variables=False, completed=False, reading=frozenset()
    )
    accepts = resource_set(tuple(piece for piece in pattern if not hasattr(piece, "is_escape")))
    assert accepts is not None
    wants = [
        Want(View.TEXT, accepts, wanted=True),
        Want(View.TEXT, like("arn:aws:sqs:us-*"), wanted=False),
    ]

    found = find_text(wants)

    assert isinstance(found, str)
    assert all(want.holds(found) for want in wants)
    assert find_text([*wants, Want(View.TEXT, like("*:*:*:*:*:*:*"), wanted=True)]) is None


def test_a_search_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "_MOST_STATES", 3)
    wants = [
        Want(View.TEXT, like("a?b*c"), wanted=True),
        Want(View.TEXT, like("*xb*"), wanted=False),
        Want(View.TEXT, like("*0b*"), wanted=False),
    ]

    assert find_text(wants) is UNSETTLED


@pytest.mark.parametrize("accepts", [Range(None, None, False, False), Network(4, 0, 1)])
def test_numbers_and_addresses_are_no_texts(accepts: ValueSet) -> None:
    with pytest.raises(TypeError):
        find_text([Want(View.TEXT, accepts, wanted=True)])


def test_characters_that_no_pattern_names_are_found_in_any_alphabet() -> None:
    wants = [
        Want(View.TEXT, like("?"), wanted=True),
        Want(View.TEXT, union(tuple(like(each) for each in "xqzjk0")), wanted=False),
    ]

    found = find_text(wants)

    assert isinstance(found, str)
    assert len(found) == 1
    assert found not in "xqzjk0"


def test_a_wildcard_for_one_character_takes_one_beyond_the_16_bit_range() -> None:
    """R-EXT-03."""
    assert Want(View.TEXT, like("?"), wanted=True).holds("\U0001f600")
    assert Wildcard.ANY_ONE in split_wildcards("?")
