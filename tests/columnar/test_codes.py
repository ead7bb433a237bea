"""Rows as numbers."""

from __future__ import annotations

import numpy as np
import pytest

from policy_eval.columnar import codes
from policy_eval.columnar.codes import Codes, combined, densified


def test_rows_that_hold_the_same_have_the_same_number() -> None:
    first = Codes(np.array([0, 1, 0, 1, 0]), 2)
    second = Codes(np.array([2, 2, 2, 0, 0]), 3)

    found = combined([first, second])

    assert found.codes.tolist() == [1, 3, 1, 2, 0]
    assert [found.codes[row] for row in found.rows] == [0, 1, 2, 3]


def test_a_part_without_a_difference_tells_nothing_apart() -> None:
    same = Codes(np.zeros(3, np.intp), 1)

    assert combined([Codes(np.array([1, 0, 1]), 2), same]).codes.tolist() == [1, 0, 1]


def test_many_places_are_counted_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [Codes(np.array([0, 9, 9, 4]), 10), Codes(np.array([7, 7, 7, 0]), 8)] * 3
    at_once = combined(parts)
    monkeypatch.setattr(codes, "_MOST_PLACES", 16)

    assert combined(parts).codes.tolist() == at_once.codes.tolist()


def test_numbers_too_large_for_a_table_are_sorted(monkeypatch: pytest.MonkeyPatch) -> None:
    given = Codes(np.array([900, 3, 900]), 1_000)
    with_table = densified(given)
    monkeypatch.setattr(codes, "_MOST_FOR_A_TABLE", 10)

    assert densified(given).codes.tolist() == with_table.codes.tolist() == [1, 0, 1]
