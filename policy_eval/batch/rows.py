"""Rows of requests: as they stand in a file, and refused ones with all that was said in them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from policy_eval.errors import Diagnostic, InputError, Place, RequestError, refuse_request
from policy_eval.text.limits import LARGEST_POLICY

LARGEST_ROW = LARGEST_POLICY
"""Bytes of one row of a text file."""

MOST_KEYS = 512
"""Different names that the rows of one chunk may have."""

_MOST_ROWS = 1 << 16

TEXTS = ("action", "resource", "principal", "resource_account")
CONTEXT = "context"

Numbers: TypeAlias = NDArray[np.int64]
Cell: TypeAlias = str | Sequence[str] | None
"""What a row holds for a name: a text, the values of a condition key, nothing."""


class Row(NamedTuple):
    """A row of a text file: its number and its first line (both from 1), and what stands there."""

    number: int
    line: int
    data: bytes


class Rejected(NamedTuple):
    """A row that is no request that could be.

    `number` is the row's (from 1), `line` its first line in a text file, `said` what stands in it.
    """

    number: int
    line: int | None
    problems: tuple[Diagnostic, ...]
    said: object

    def to_dict(self) -> dict[str, object]:
        """Return the row as plain data."""
        return {
            "row": self.number,
            "line": self.line,
            "errors": [problem.to_dict() for problem in self.problems],
            "request": self.said,
        }


class Chunk(NamedTuple):
    """Some rows of a file: a table of requests, and rows left out of it.

    `numbers` are those of the table's rows, `kept` their columns that go on into the output.
    `rejection` gives a row of the table, by its place there, as one that is refused; it may be
    asked until the chunk after the next is.
    """

    table: pa.Table
    kept: pa.Table
    numbers: Numbers
    rejected: tuple[Rejected, ...]
    rejection: Callable[[int, InputError], Rejected]


class Requests(Protocol):
    """A file of requests, being read."""

    def chunks(self) -> Iterator[Chunk]:
        """Give the rows, in order. Raises InputError for what keeps all further ones from that."""
        ...

    def progress(self) -> float:
        """Return which part was read, from 0 to 1; 0 where the end is not known."""
        ...

    def left_alone(self) -> Iterable[str]:
        """Return names that are no part of requests and were not kept, as far as was read."""
        ...


def is_read(name: str) -> bool:
    """Return whether a column of this name is a part of requests."""
    return name in TEXTS or name == CONTEXT or ":" in name


def check_kept(file: str, names: Sequence[str], kept: Sequence[str]) -> None:
    """Refuse to keep columns that a file does not have. Raises RequestError."""
    for name in kept:
        if name not in names:
            found = ", ".join(f"`{each}`" for each in names)
            raise refuse_request(
                "table-column", f"{file}: there is no column `{name}` to keep",
                f"the columns are {found}",
            )  # fmt: skip


def is_cut(line: bytes) -> bool:
    """Return whether a line is too long, and may be only its beginning."""
    return len(line) > LARGEST_ROW and line[-1:] != b"\n"


def too_long() -> RequestError:
    """Return the error for a row that is too long."""
    return refuse_request(
        "too-large", f"this row has more than {LARGEST_ROW:,} bytes", "no request is that long"
    )


def rejected(row: Row, error: InputError, file: str) -> Rejected:
    """Return a refused row of a text file; what has no place in it is said of its beginning."""
    said = row.data.decode("utf-8", "backslashreplace").rstrip("\r\n")
    problems = tuple(
        problem if problem.place else problem._replace(place=Place(file, row.line, 1))
        for problem in error.diagnostics
    )
    return Rejected(row.number, row.line, problems, said)


def at_line(problems: Iterable[Diagnostic], line: int) -> tuple[Diagnostic, ...]:
    """Return problems of a text that begins at a line of a file."""

    def moved(place: Place) -> Place:
        return place._replace(line=line - 1 + place.line)

    return tuple(
        problem._replace(place=problem.place and moved(problem.place)) for problem in problems
    )


class Gathering:
    """Rows that are read one by one, until they make a chunk."""

    def __init__(self, file: str, kept: Sequence[str]) -> None:
        self._file = file
        self._kept = kept
        self._clear()

    def add(self, row: Row, said: dict[str, Any]) -> None:
        """Add what a row says, by names (`_table_of`)."""
        self._rows.append(row)
        self._said.append(said)
        self._names.update(said, said.get(CONTEXT, ()))

    def reject(self, row: Row, error: InputError) -> None:
        """Add a row that is no request."""
        row = row._replace(data=row.data[:LARGEST_ROW])
        self._rejected.append(rejected(row, error, self._file))

    def is_full(self) -> bool:
        """Return whether these are as many rows, or as many different names, as a chunk has."""
        full = len(self._said) + len(self._rejected) >= _MOST_ROWS
        return full or len(self._names) >= MOST_KEYS

    def chunk(self) -> Chunk:
        """Return the chunk, and begin another."""
        rows, file = self._rows, self._file
        numbers = np.array([row.number for row in rows], np.int64)
        table = _table_of(self._said, self._kept)
        chunk = Chunk(
            table,
            kept_texts(table, self._kept),
            numbers,
            tuple(self._rejected),
            lambda at, error: rejected(rows[at], error, file),
        )
        self._clear()
        return chunk

    def _clear(self) -> None:
        self._rows: list[Row] = []
        self._said: list[dict[str, Any]] = []
        self._rejected: list[Rejected] = []
        self._names: set[str] = set()


def kept_texts(table: pa.Table, kept: Sequence[str]) -> pa.Table:
    """Return columns of requests in text, each of one type whatever its rows hold.

    Values of condition keys are lists, a context is JSON, anything else a text.
    """
    nothing = pa.nulls(table.num_rows, pa.string())
    columns = {name: table[name] if name in table.column_names else nothing for name in kept}
    return pa.table({name: _kept(name, column) for name, column in columns.items()})


def _kept(name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    if name == CONTEXT:
        texts = [value and json.dumps(value, ensure_ascii=False) for value in column.to_pylist()]
        return pa.chunked_array([pa.array(texts, pa.string())])
    if ":" in name:
        lists = column.to_pylist()
        lists = [each if isinstance(each, list | None) else [each] for each in lists]
        return pa.chunked_array([pa.array(lists, _VALUES)])
    return column.cast(pa.string())


def _table_of(rows: Sequence[dict[str, Any]], kept: Sequence[str]) -> pa.Table:
    """Return rows as a table of requests.

    A row has texts by the names of `TEXTS` and `kept`, `CONTEXT` with the values of condition keys
    by their names, and the values of others by theirs.
    """
    columns = {
        name: pa.array([row.get(name) for row in rows], pa.string())
        for name in dict.fromkeys((*TEXTS, *(name for name in kept if not is_read(name))))
    }
    names = dict.fromkeys(name for row in rows for name in row)
    for name in names:
        if name not in columns and name != CONTEXT:
            columns[name] = pa.array([row.get(name) for row in rows], _VALUES)
    if CONTEXT in names:
        columns[CONTEXT] = _context([row.get(CONTEXT) or {} for row in rows])
    return pa.table(columns)


_VALUES = pa.list_(pa.string())


def _context(rows: Sequence[dict[str, Cell]]) -> pa.StructArray:
    names = dict.fromkeys(name for row in rows for name in row)
    fields = [pa.array([row.get(name) for row in rows], _VALUES) for name in names]
    return (
        pa.StructArray.from_arrays(fields, [*names])
        if names
        else pa.nulls(len(rows), pa.struct([]))
    )
