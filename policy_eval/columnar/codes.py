"""Rows as numbers, so that rows that hold the same have the same number.

Two arrays of numbers become one by place value (`first * size of second + second`); where the
places become too many, the numbers in use are counted anew from 0.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_MOST_PLACES = 1 << 22
_MOST_FOR_A_TABLE = 1 << 26


class Codes(NamedTuple):
    """A number of each row, from 0 to less than `size`."""

    codes: NDArray[np.signedinteger[Any]]
    size: int


class Dense(NamedTuple):
    """A number of each row, each number in use; and a row of each number."""

    codes: NDArray[np.signedinteger[Any]]
    rows: NDArray[np.intp]


def densified(given: Codes) -> Dense:
    """Return numbers in use only, in the same order, each with a row that has it."""
    codes, size = given
    if size > _MOST_FOR_A_TABLE:
        _, rows, dense = np.unique(codes, return_index=True, return_inverse=True)
        return Dense(dense, rows)
    in_use = np.zeros(size, np.bool_)
    in_use[codes] = True
    used = np.flatnonzero(in_use)
    if len(used) == size:
        dense = codes
    else:
        table = np.empty(size, np.intp)
        table[used] = np.arange(len(used))
        dense = table[codes]
    rows = np.empty(len(used), np.intp)
    rows[dense] = np.arange(len(codes))
    return Dense(dense, rows)


def combined(parts: Iterable[Codes]) -> Dense:
    """Return a number of each row for what all the parts hold of it. There is at least one part."""
    remaining = iter(parts)
    codes, size = next(remaining)
    codes = codes.astype(np.intp, copy=False)
    for part in remaining:
        if part.size == 1:
            continue
        if size * part.size > _MOST_PLACES:
            codes, rows = densified(Codes(codes, size))
            size = len(rows)
        codes = codes * part.size + part.codes
        size *= part.size
    return densified(Codes(codes, size))
