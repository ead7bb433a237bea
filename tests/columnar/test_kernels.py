"""Sets of texts, looked into for all texts at once, as they are one by one."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_eval.columnar.kernels import accepted
from policy_eval.engine.matching import contains
from policy_eval.policy.pattern import split_wildcards
from policy_eval.semantics.operators import matching, matching_arn
from policy_eval.semantics.resource_patterns import resource_set
from policy_eval.semantics.sets import (
    EVERYTHING,
    NOTHING,
    Network,
    OneOf,
    Range,
    Stop,
    Value,
    ValueSet,
    complement,
    union,
)
from policy_eval.semantics.views import read_arn

_PATTERNS = st.text("ab:*?\n.é\\/[", max_size=8)
_TEXTS = st.lists(st.text("ab:\n.é\\/[", max_size=8), max_size=12)


def _agrees(accepts: ValueSet, texts: list[str], values: list[Value]) -> None:
    at_once = accepted(accepts, pa.array(texts, pa.string())).tolist()

    assert at_once == [contains(accepts, value) for value in values]


@given(_PATTERNS, _PATTERNS, _TEXTS)
def test_globs_match_as_they_do_one_by_one(first: str, second: str, texts: list[str]) -> None:
    sets = [found for text in (first, second) if (found := matching(split_wildcards(text)))]
    for accepts in (*sets, union(tuple(sets)), complement(union(tuple(sets)))):
        _agrees(accepts, texts, [*texts])


@given(_PATTERNS, _TEXTS)
def test_stars_that_stop_at_colons_match_as_they_do_one_by_one(
    pattern: str, texts: list[str]
) -> None:
    pieces: list[object] = []
    for piece in split_wildcards(pattern):
        pieces += [piece if isinstance(piece, str) else Stop(piece.value), *split_wildcards("*a")]
    accepts = resource_set(tuple(pieces))  # type: ignore[arg-type]  # the pieces of a pattern
    assert accepts is not None
    _agrees(accepts, texts, [*texts])


@given(st.lists(_PATTERNS, min_size=6, max_size=6), _TEXTS)
def test_fields_of_arns_match_as_they_do_one_by_one(fields: list[str], texts: list[str]) -> None:
    accepts = matching_arn(split_wildcards(":".join(fields)))
    arns = [text for text in (*texts, ":".join(fields), "a:b::a:*:a:b") if read_arn(text)]
    assert accepts is not None
    _agrees(accepts, arns, [found for text in arns if (found := read_arn(text)) is not None])


@pytest.mark.parametrize("pattern", ["key/*/a", "k*/*", "key/*", "*/a", "key/1/a"])
def test_each_shape_of_a_glob_is_looked_for_in_its_own_way(pattern: str) -> None:
    accepts = matching(split_wildcards(pattern))
    assert accepts is not None
    for texts in (["key/1/a", "key/1/b"], ["key/1/a", "b/1/a"], ["b/1/a", ""], []):
        _agrees(accepts, texts, [*texts])


def test_sets_of_other_values_accept_no_text() -> None:
    for accepts in (NOTHING, Range(None, None, False, False), Network(4, 0, 9), OneOf(frozenset())):
        assert not accepted(accepts, pa.array(["a", ""])).any()
    assert accepted(EVERYTHING, pa.array(["a", ""])).all()
