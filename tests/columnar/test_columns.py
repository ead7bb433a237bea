"""Tables read as columns of codes."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from policy_eval.columnar.columns import Columns
from policy_eval.errors import RequestError
from policy_eval.request.context import Values

_ACTION = pa.array(["s3:GetObject", "s3:GetObject", None])


def _held(array: pa.Array, name: str = "aws:x") -> list[Values | str | None]:
    (key,) = Columns(pa.table({"action": _ACTION, name: array})).keys
    return [key.dictionary.held(code) if code else "not given" for code in key.codes.tolist()]


@pytest.mark.parametrize(
    ("array", "texts"),
    [
        (pa.array(["a", None, "b"]), ["a", None, "b"]),
        (pa.array(["a", None, "b"], pa.large_string()), ["a", None, "b"]),
        (pa.array(["a", None, "b"], pa.string_view()), ["a", None, "b"]),
        (pa.array(["a", None, "a"]).dictionary_encode(), ["a", None, "a"]),
        (
            pa.DictionaryArray.from_arrays(pa.array([0, 1, 2]), pa.array(["a", None, "b"])),
            ["a", None, "b"],
        ),
        (pa.array([True, None, False]), ["true", None, "false"]),
        (pa.array([1, None, 20], pa.uint8()), ["1", None, "20"]),
        (pa.array([Decimal("1.50"), None, Decimal("2.00")]), ["1.50", None, "2.00"]),
        (pa.array([b"a", None, b"bc"]), ["YQ==", None, "YmM="]),
        (
            pa.array([datetime(2026, 1, 1, tzinfo=UTC), None, None], pa.timestamp("s", "UTC")),
            ["2026-01-01T00:00:00Z", None, None],
        ),
        (pa.nulls(3), [None, None, None]),
    ],
)
def test_values_are_read_as_requests_read_them(array: pa.Array, texts: list[str | None]) -> None:
    assert _held(array) == ["not given" if text is None else (text,) for text in texts]


def test_lists_hold_several_values_and_an_empty_one_is_absent() -> None:
    lists = pa.array([["a", "b"], [], None])

    assert _held(lists) == [("a", "b"), None, "not given"]
    assert _held(lists.cast(pa.large_list(pa.string()))) == [("a", "b"), None, "not given"]
    assert _held(pa.array([[], None, [None]], pa.list_(pa.null()))) == [
        None, "not given", "not given",
    ]  # fmt: skip


def test_a_null_in_a_list_breaks_its_row() -> None:
    columns = Columns(pa.table({"action": _ACTION, "aws:x": [["a", None], ["a"], [None]]}))

    assert {row: str(error) for row, error in columns.broken.items()} == dict.fromkeys(
        (0, 2), "error[context-value]: a value of `aws:x` is null; leave it out, or give text"
    )


def test_a_context_may_be_a_struct_or_a_map() -> None:
    context = pa.array([{"aws:x": "a"}, None, {"aws:x": None}])
    (key,) = Columns(pa.table({"action": _ACTION, "context": context})).keys
    assert key.codes.tolist() == [1, 0, 0]
    kind = pa.map_(pa.string(), pa.list_(pa.string()))
    maps = pa.array([[("aws:x", ["a"]), ("aws:y", None)], None, [("AWS:x", [])]], kind)

    x, y, other = Columns(pa.table({"action": _ACTION, "context": maps})).keys

    assert [key.name for key in (x, y, other)] == ["aws:x", "aws:y", "AWS:x"]
    assert x.dictionary.held(int(x.codes[0])) == ("a",)
    assert y.dictionary.held(int(y.codes[0])) is None
    assert other.dictionary.held(int(other.codes[2])) is None
    assert [key.codes.astype(bool).tolist() for key in (x, y, other)] == [
        [True, False, False], [True, False, False], [False, False, True],
    ]  # fmt: skip


def test_a_key_given_twice_breaks_its_row() -> None:
    kind = pa.map_(pa.string(), pa.string())
    maps = pa.array([[("aws:x", "1"), ("aws:x", "2")], [("aws:x", "1")], [("aws:X", "1")]], kind)
    columns = Columns(
        pa.table({"action": _ACTION, "aws:X": pa.array([None, None, "2"]), "context": maps})
    )

    assert sorted(columns.broken) == [0, 2]
    assert "are one condition key" in str(columns.broken[0])


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"Action": _ACTION}, "have no column `action`; the columns are `Action`"),
        ({}, "have no column `action`; the columns are none"),
        ({"action": pa.array([1, 2])}, "the column `action` holds int64, and text is expected"),
        (
            {"action": _ACTION, "aws:x": pa.array([1.5, 2, 3])},
            "the column `aws:x` holds double, and text, true or false,",
        ),
        (
            {"action": _ACTION, "aws:x": pa.array([0, 0, 0], pa.timestamp("s"))},
            "the column `aws:x` holds timestamp[s], and",
        ),
        (
            {"action": _ACTION, "context": _ACTION},
            "the column `context` holds string, and a struct, or a map of text is expected",
        ),
        (
            {"action": _ACTION, "aws:x": pa.array([[["a"]], None, None])},
            "the column `aws:x` holds list<item: string>, and text, true or false,",
        ),
        ({"action": _ACTION, "aws:x ": _ACTION}, "`aws:x ` is no condition key"),
    ],
)
def test_a_table_that_holds_no_requests_is_refused(
    table: dict[str, pa.Array], message: str
) -> None:
    with pytest.raises(RequestError) as refused:
        Columns(pa.table(table))

    assert message in str(refused.value)


def test_a_column_given_twice_is_refused() -> None:
    table = pa.table([_ACTION, _ACTION], names=["action", "action"])

    with pytest.raises(RequestError, match="two columns `action`"):
        Columns(table)


def test_a_column_in_several_pieces_or_none_is_one() -> None:
    table = pa.table({"action": _ACTION})
    codes = Columns(pa.concat_tables([table, table])).action.codes.tolist()

    assert codes == [1, 1, 0, 1, 1, 0]
    assert Columns(pa.table({"action": pa.chunked_array([], pa.string())})).rows == 0


@pytest.mark.parametrize("with_null", [False, True])
def test_texts_that_all_differ_are_not_looked_up(with_null: bool) -> None:
    texts: list[str | None] = [f"text {number}" for number in range(10_000)]
    if with_null:
        texts[17] = None
    table = pa.table({"action": ["s3:GetObject"] * len(texts), "aws:x": texts})

    (key,) = Columns(table).keys

    assert len(key.dictionary) == len(texts) + 1
    assert np.flatnonzero(key.codes == 0).tolist() == ([17] if with_null else [])
    assert key.dictionary.text(int(key.codes[18])) == "text 18"
