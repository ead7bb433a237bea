"""What no engine of this design can beat: one look-up a column, the bits ANDed, the file read.

A decision in columns gathers, for each column, the bits of the statements that accept each value,
and ANDs them. Here is only that, on bits made up, in pieces that fit the cache.
"""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from benchmarks.events import Layers, read_encoded

_ROWS_AT_ONCE = 32_768

Codes = NDArray[np.int32]
Bits = NDArray[np.uint64]


class Columns(NamedTuple):
    """For each column the codes of its values, and the bits of each code."""

    codes: list[Codes]
    tables: list[Bits]


def gather_and_bound(codes: list[Codes], tables: list[Bits]) -> float:
    """Return the seconds of gathering and ANDing the bits of all rows, and telling which hold."""
    count = len(codes[0])
    held = np.empty(count, np.int8)
    bits, gathered = np.empty(_ROWS_AT_ONCE, np.uint64), np.empty(_ROWS_AT_ONCE, np.uint64)
    start = perf_counter()
    for first in range(0, count, _ROWS_AT_ONCE):
        last = min(first + _ROWS_AT_ONCE, count)
        left, found = bits[: last - first], gathered[: last - first]
        np.take(tables[0], codes[0][first:last], out=left, mode="clip")
        for column, table in zip(codes[1:], tables[1:], strict=True):
            np.take(table, column[first:last], out=found, mode="clip")
            np.bitwise_and(left, found, out=left)
        np.not_equal(left, 0, out=held[first:last].view(np.bool_))
    return perf_counter() - start


def reading(path: Path, layers: Layers) -> float:
    """Return the seconds of reading what some policies need of a file of events."""
    start = perf_counter()
    read_encoded(path, layers)
    return perf_counter() - start


def encoded(table: pa.Table) -> Columns:
    """Return a table's columns as codes (null has one, too), with bits made up for each value."""
    random = np.random.default_rng(1)
    codes, tables = [], []
    for column in table.columns:
        found = _encoded(column)
        codes.append(found)
        tables.append(random.integers(0, 2**63, int(found.max()) + 1, np.uint64))
    return Columns(codes, tables)


def _encoded(column: pa.ChunkedArray) -> Codes:
    if pa.types.is_list(column.type):
        column = pc.binary_join(column, " ")
    values = column.combine_chunks().dictionary_encode("encode").indices
    return np.asarray(values, np.int32)
