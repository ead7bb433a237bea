"""Rows in blocks: a combination has one number, wherever it is met."""

from __future__ import annotations

from collections.abc import Hashable
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_eval.columnar import blocks
from policy_eval.columnar.blocks import (
    Among,
    Block,
    Either,
    Memo,
    Product,
    Told,
    numbered,
    read_all,
)
from policy_eval.columnar.codes import Codes

_COLUMNS = st.integers(1, 40).flatmap(
    lambda size: st.lists(
        st.lists(st.integers(0, 70), min_size=size, max_size=size), min_size=1, max_size=4
    )
)


def _coded(columns: list[list[int]]) -> list[Codes]:
    return [Codes(np.array(column, np.int32), 71) for column in columns]


@given(_COLUMNS, st.sampled_from([1, 3, 1 << 16]), st.sampled_from([300, 1 << 24]),
       st.sampled_from([1, 1 << 18]))  # fmt: skip
def test_rows_have_one_number_where_they_hold_the_same(
    columns: list[list[int]], rows: int, places: int, marked: int
) -> None:
    with (
        patch.object(blocks, "_ROWS", rows),
        patch.object(blocks, "_MOST_PLACES", places),
        patch.object(blocks, "_MOST_MARKED", marked),
    ):
        found = numbered(_coded(columns))

    held = [*zip(*columns, strict=True)]
    numbers = found.codes.tolist()
    assert len({*zip(held, numbers, strict=True)}) == len({*held}) == len({*numbers})
    assert [numbers[row] for row in found.rows.tolist()] == [*range(len({*held}))]


def _told(*numbers: int, size: int = 3) -> Told:
    return Told(np.array(numbers, np.int32), size, says=lambda number: f"said {number}")


def _read(part: Told | Product | Either | Among) -> list[int]:
    found: list[int] = Block(slice(0, 4), 4).numbers(part).tolist()
    return found


def test_parts_of_parts() -> None:
    some = _told(0, 1, 1, 0, size=2)
    part = _told(2, 1, 2, 0)

    assert _read(Product(part, some)) == [0, 1, 2, 0]
    assert _read(Either(_told(0, 1, 0, 2), part)) == [5, 1, 5, 2]
    assert _read(Either(_told(1, 1, 2, 2), part)) == [1, 1, 2, 2]
    assert _read(Among(part, some)) == [1, 1, 2, 1]
    assert _read(Among(part, _told(1, 1, 1, 1, size=2))) == [2, 1, 2, 0]
    assert _read(Among(part, _told(0, 0, 0, 0, size=2))) == [1, 1, 1, 1]
    either = Either(_told(0, 1, 0, 2), part)
    assert (either.size, either.said(1), either.said(5)) == (6, "said 1", "said 2")
    assert (Product(part, some).size, Product(part, some).said(2)) == (3, "said 2")
    assert (Among(part, some).size, Among(part, some).said(2)) == (3, "said 2")


def test_rows_that_are_chosen_are_read_alone() -> None:
    block = Block(np.array([1, 3, 5]), 3)
    part = _told(0, 1, 2, 0, 1, 2)

    within = block.within(np.array([0, 2]))
    assert within.numbers(part).tolist() == [1, 2]
    assert (block.row(1), within.row(1)) == (3, 5)
    assert block.within(np.arange(3)) is block
    assert read_all(part, np.array([4, 5]), 2).tolist() == [1, 2]


def test_what_was_found_serves_other_memos_until_it_is_too_much(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    remembered: dict[Hashable, object] = {}
    asked: list[int] = []

    def find(block: Block, at: int) -> str:
        asked.append(block.row(at))
        return "aaba"[block.row(at)]

    def read() -> tuple[list[int], list[str]]:
        memo = Memo([_told(0, 1, 2, 1), _told(0, 0, 0, 0, size=1)], find,
                    remembered=("kind", remembered))  # fmt: skip
        return Block(slice(0, 4), 4).numbers(memo).tolist(), memo.values

    assert read() == read() == ([0, 0, 1, 0], ["a", "b"])
    assert len(asked) == 3
    assert ("kind", "said 0", "said 0") in remembered

    monkeypatch.setattr(blocks, "_MOST_REMEMBERED", 1)
    remembered.clear()
    read()
    assert len(remembered) == 1
