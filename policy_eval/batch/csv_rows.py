"""CSV: a header of names, and a request a row.

Columns are named as the members of JSON lines are. A cell is one text; of a column whose name ends
in `[]` it is a JSON list, and of the column `context` a JSON object. An empty cell is "not given".
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from policy_eval.batch.json_rows import read_context, read_values
from policy_eval.batch.rows import (
    CONTEXT,
    LARGEST_ROW,
    TEXTS,
    Chunk,
    Gathering,
    Row,
    at_line,
    check_kept,
    is_cut,
    is_read,
    rejected,
    too_long,
)
from policy_eval.batch.streams import Stream
from policy_eval.columnar.columns import without_column
from policy_eval.errors import InputError, RequestError, refuse_request
from policy_eval.text.files import decode

T = TypeVar("T")

_SEVERAL = "[]"
_MARK = b"\xef\xbb\xbf"
"""What a CSV file in UTF-8 begins with when Excel has written it."""


class CsvRows:
    """A CSV file. `kept` are columns that are no part of the requests."""

    def __init__(self, stream: Stream, kept: Sequence[str]) -> None:
        self._stream = stream
        self._kept = kept
        self._held: list[bytes] = []
        self._lines = self._number = 0
        self._names: list[str] = []
        self._lists: set[str] = set()
        self._reader = csv.reader(self._texts(), strict=True)
        csv.field_size_limit(LARGEST_ROW)

    def progress(self) -> float:
        """Return which part was read."""
        return self._stream.progress()

    def left_alone(self) -> Iterable[str]:
        """Return names that are no part of requests."""
        return [name for name in self._names if not (is_read(name) or name in self._kept)]

    def chunks(self) -> Iterator[Chunk]:
        """Give the rows. Raises RequestError where the file or its header cannot be read."""
        names = self._header()
        self._names = names
        self._kept = [*dict.fromkeys(map(_name_of, self._kept))]
        check_kept(self._stream.name, names, self._kept)
        gathering = Gathering(self._stream.name, self._kept)
        for row, cells in self._rows():
            try:
                gathering.add(row, self._said(row, names, cells))
            except InputError as error:
                gathering.reject(row, error)
            if gathering.is_full():
                yield gathering.chunk()
        yield gathering.chunk()

    def _header(self) -> list[str]:
        for row, cells in self._rows():
            try:
                names = self._checked(row, cells)
            except RequestError as error:
                raise RequestError(*rejected(row, error, self._stream.name).problems) from None
            self._lists = {_name_of(name) for name in names if name != _name_of(name)}
            names = [*map(_name_of, names)]
            twice = next((name for name in names if names.count(name) > 1), None)
            if twice is not None:
                raise refuse_request(
                    "table-column", f"{self._stream.name}: the header names `{twice}` twice",
                    "name each column once",
                )  # fmt: skip
            if "action" not in names:
                raise without_column("action", names)
            self._number = 0
            return names
        raise refuse_request("empty-file", f"{self._stream.name}: there is no header")

    def _rows(self) -> Iterator[tuple[Row, list[str] | csv.Error]]:
        """Give each row with its cells, or with what the reader says of it."""
        while True:
            line = self._lines + 1
            self._held.clear()
            cells: list[str] | csv.Error
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                cells = error
            if cells != []:  # an empty line is no row
                self._number += 1
                yield Row(self._number, line, b"".join(self._held)), cells

    def _said(self, row: Row, names: Sequence[str], cells: list[str] | csv.Error) -> dict[str, Any]:
        cells = self._checked(row, cells)
        if len(cells) != len(names):
            raise refuse_request(
                "row-shape", f"this row has {len(cells)} cells, and the header {len(names)} names",
                "put cells with commas into quotes",
            )  # fmt: skip
        said: dict[str, Any] = {}
        for name, cell in zip(names, cells, strict=True):
            if not cell:
                continue
            if name in TEXTS:
                said[name] = cell
            elif name == CONTEXT:
                said[name] = _in_cell(name, read_context, cell)
            elif name in self._lists:
                said[name] = _in_cell(name, read_values, cell)
            elif ":" in name:
                said[name] = [cell]
            elif name in self._kept:
                said[name] = cell
        return said

    def _checked(self, row: Row, cells: list[str] | csv.Error) -> list[str]:
        if any(map(is_cut, self._held)):
            raise too_long()
        data = row.data.removeprefix(_MARK) if row.line == 1 else row.data
        try:
            decode(data, self._stream.name, len(data), RequestError)
        except RequestError as error:
            raise RequestError(*at_line(error.diagnostics, row.line)) from None
        if not isinstance(cells, list):
            raise refuse_request("row-shape", _in_our_words(cells), "put such cells into quotes")
        return cells

    def _texts(self) -> Iterator[str]:
        """Give the lines as texts, and hold those of the row that is being read."""
        for line in self._stream.lines():
            self._lines += 1
            self._held.append(line)
            shown = line.removeprefix(_MARK) if self._lines == 1 else line
            yield shown.decode("utf-8", "replace")


def _name_of(column: str) -> str:
    """Return the condition key whose values a column lists, or the column's own name."""
    return column.removesuffix(_SEVERAL) if ":" in column else column


def _in_our_words(error: csv.Error) -> str:
    said = str(error)
    if "field larger" in said:
        return f"a cell has more than {LARGEST_ROW:,} characters"
    if "new-line character" in said:
        return "a carriage return stands in a cell without quotes"
    return "a quote is not closed" if "end of data" in said else said


def _in_cell(name: str, read: Callable[[str], T], cell: str) -> T:
    """Return what a cell holds. Raises RequestError without the places in the cell."""
    try:
        return read(cell)
    except InputError as error:
        raise RequestError(
            *(
                problem._replace(message=f"`{name}`: {problem.message}", place=None, excerpt=None)
                for problem in error.diagnostics
            )
        ) from None
