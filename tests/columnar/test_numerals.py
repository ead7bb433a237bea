"""Numbers, dates and addresses are read at once as they are one by one."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from policy_eval.columnar.numerals import read_at_once, within
from policy_eval.engine.matching import contains
from policy_eval.policy.pattern import split_wildcards
from policy_eval.semantics.operators import matching
from policy_eval.semantics.sets import (
    EVERYTHING,
    NOTHING,
    Address,
    Network,
    OneOf,
    Range,
    ValueSet,
    complement,
    union,
)
from policy_eval.semantics.views import READERS, View

_DATES = st.datetimes().map(lambda each: f"{each:%Y-%m-%dT%H:%M:%SZ}".rjust(20, "0"))
_BENT = st.tuples(_DATES, st.integers(0, 19), st.sampled_from("0123456789:-TZté")).map(
    lambda each: each[0][: each[1]] + each[2] + each[0][each[1] + 1 :]
)
_QUADS = st.lists(st.integers(0, 300), min_size=3, max_size=5).map(
    lambda parts: ".".join(map(str, parts))
)
_TEXTS = st.lists(
    st.integers(0, 10**17).map(str)
    | st.text("0123456789.-+", max_size=6)
    | _DATES
    | _BENT
    | _QUADS
    | st.sampled_from(["", "0010.1.1.1", "2024-02-29T00:00:00Z", "2023-02-29T00:00:00Z", "::1",
                       "0000-01-01T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z"]),
    max_size=12,
)  # fmt: skip
_BOUNDS = st.none() | st.decimals(-10, 2**34, places=1) | st.just(Decimal(10) ** 30)
_SETS = st.builds(Range, _BOUNDS, _BOUNDS, st.booleans(), st.booleans()) | st.sampled_from(
    [
        EVERYTHING, NOTHING, Network(4, 0, 2**31), Network(4, 5, 4), Network(6, 0, 2**100),
        OneOf(frozenset({Decimal(7), Decimal("7.5"), Decimal(10) ** 40, "7"})),
        OneOf(frozenset({Address(4, 16843009), Address(6, 1)})), OneOf(frozenset()),
        matching(split_wildcards("a*")),
    ]
)  # fmt: skip


def _agrees(view: View, accepts: ValueSet, texts: list[str]) -> None:
    found = read_at_once(view, pa.array(texts, pa.string()))
    assert found is not None
    values = [READERS[view](text) for text in texts]
    chosen = [value for value, is_read in zip(values, found.which, strict=True) if is_read]

    assert None not in chosen
    assert within(accepts, view, found.numbers).tolist() == [
        value is not None and contains(accepts, value) for value in chosen
    ]
    for value, number in zip(chosen, found.numbers.tolist(), strict=True):
        assert value in (number, Address(4, number))


@pytest.mark.parametrize("view", [View.NUMBER, View.EPOCH, View.INSTANT, View.ADDRESS])
@given(_SETS, _SETS, _TEXTS)
@example(OneOf(frozenset({Address(4, 16843009), Address(6, 1)})), NOTHING, ["1.1.1.1"])
@example(EVERYTHING, NOTHING, ["2026-01-01T00:00:00Z", "1", "10.0.0.1", "0001-01-01T00:00:00Z"])
def test_common_forms_are_read_as_by_the_semantics(
    view: View, first: ValueSet, second: ValueSet, texts: list[str]
) -> None:
    for accepts in (first, union((first, second)), complement(first)):
        _agrees(view, accepts, texts)


def test_the_common_forms_are_read_at_once() -> None:
    texts = ["2026-11-29T15:04:37Z", "1764428677", "10.1.2.3", "2026-11-29", "1.5", "::1"]
    views = {View.NUMBER: [1], View.INSTANT: [0, 1], View.EPOCH: [0, 1], View.ADDRESS: [2]}
    for view, which in views.items():
        found = read_at_once(view, pa.array(texts))
        assert found is not None
        assert found.which.nonzero()[0].tolist() == which
    assert read_at_once(View.BOOLEAN, pa.array(texts)) is None
