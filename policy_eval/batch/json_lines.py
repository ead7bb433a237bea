"""JSON lines: a request a line.

A block of lines is read at once by Arrow where all of them have the shape of those before; where
Arrow refuses, or reads other rows than there are lines, the lines are read one by one, so that only
what is wrong is refused.
"""

from __future__ import annotations

from codecs import getincrementaldecoder
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.json as pj
from numpy.typing import NDArray

from policy_eval.batch.json_rows import read_row
from policy_eval.batch.rows import (
    CONTEXT,
    LARGEST_ROW,
    MOST_KEYS,
    TEXTS,
    Chunk,
    Gathering,
    Rejected,
    Row,
    is_read,
    kept_texts,
    rejected,
    too_long,
)
from policy_eval.batch.streams import Stream
from policy_eval.errors import InputError
from policy_eval.text.json_values import read_value
from policy_eval.text.node import Json, Number

_BLOCK = 32 << 20
_SAMPLE, _SAMPLED = 256, 1 << 20
"""Lines that are looked at for their shape, and bytes in which they stand."""
_PIECE = 1 << 18
_LINE_FEED, _RETURN = 10, 13
_OPENING, _CLOSING = ord("{"), ord("}")


class JsonLines:
    """A file of JSON lines. `kept` are members that are no part of the requests."""

    def __init__(self, stream: Stream, kept: Sequence[str]) -> None:
        self._stream = stream
        self._kept = kept
        self._shape = _Shape(kept)
        self._rows = self._lines = 0

    def progress(self) -> float:
        """Return which part was read."""
        return self._stream.progress()

    def left_alone(self) -> Iterable[str]:
        """Return names that are no part of requests, of lines that were looked at."""
        return self._shape.left_alone()

    def chunks(self) -> Iterator[Chunk]:
        """Give the rows. Raises InputError where the file cannot be read."""
        first = True
        for block in self._blocks():
            if first:
                self._shape.learn(bytes(block[:_SAMPLED]).splitlines()[:_SAMPLE])
                first = False
            chunk = self._at_once(block)
            if chunk is None:
                yield from self._one_by_one(block)
            else:
                yield chunk
        if first:  # nothing at all is a table, too
            yield Gathering(self._stream.name, self._kept).chunk()

    def _blocks(self) -> Iterator[memoryview]:
        """Give whole lines; a line that is too long is a block of its own, and cut.

        A block is there until the one after the next is asked for: they are read into two places in
        turn.
        """
        held, other = (bytearray(_BLOCK + LARGEST_ROW + 1) for _ in range(2))
        left = 0
        while size := self._stream.read_into(memoryview(held)[left:]):
            size += left
            end = held.rfind(b"\n", 0, size) + 1
            if end:
                yield memoryview(held)[:end]
            left = size - end
            other[:left] = held[end:size]
            held, other = other, held
            view = memoryview(held)
            if left > LARGEST_ROW:
                yield view[:left]
                left = self._after_line(view)
        if left:
            yield memoryview(held)[:left]

    def _after_line(self, view: memoryview) -> int:
        """Read to the end of the line that is being read; return how much of the next is there."""
        while size := self._stream.read_into(view):
            end = bytes(view[:size]).find(b"\n") + 1
            if end:
                view[: size - end] = view[end:size]
                return size - end
        return 0

    def _at_once(self, block: memoryview) -> Chunk | None:
        """Return the rows of a block, read by Arrow; None where that cannot be."""
        schema = self._shape.schema()
        if schema is None or not _is_utf8(block):
            return None
        starts, ends = _lines(block)
        if not len(starts):
            return None
        try:
            read = pj.read_json(
                pa.BufferReader(pa.py_buffer(block)),
                pj.ReadOptions(block_size=4 * LARGEST_ROW),
                pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error"),
            )
        except pa.ArrowException:
            return None
        if read.num_rows != len(starts):
            return None
        first, line = self._rows, self._lines
        self._rows += len(starts)
        self._lines += len(starts)

        def rejection(at: int, error: InputError) -> Rejected:
            data = bytes(block[starts[at] : ends[at]])
            return rejected(Row(first + at + 1, line + at + 1, data), error, self._stream.name)

        numbers = np.arange(first + 1, self._rows + 1)
        return Chunk(_requests(read), kept_texts(read, self._kept), numbers, (), rejection)

    def _one_by_one(self, block: memoryview) -> Iterator[Chunk]:
        lines = bytes(block).removesuffix(b"\n").split(b"\n")
        self._shape.learn(lines)
        found = Gathering(self._stream.name, self._kept)
        for data in lines:
            self._lines += 1
            if not data.strip():
                continue
            self._rows += 1
            row = Row(self._rows, self._lines, data)
            try:
                if len(data) > LARGEST_ROW:
                    raise too_long()
                found.add(row, read_row(row, self._stream.name, self._kept))
            except InputError as error:
                found.reject(row, error)
            if found.is_full():
                yield found.chunk()
        yield found.chunk()


class _Shape:
    """What members lines have, and of which kinds, as far as they were looked at."""

    def __init__(self, kept: Sequence[str]) -> None:
        self._kept = kept
        self._kinds: dict[str, set[str]] = {}
        self._in_context: dict[str, set[str]] | None = None

    def learn(self, lines: Iterable[bytes]) -> None:
        """Note the members of some lines; those that cannot be read are left out."""
        for line in lines:
            try:
                value = read_value(line.decode("utf-8"))
            except (ValueError, RecursionError):
                continue
            if isinstance(value, dict):
                context = value.pop(CONTEXT, None)
                _note(self._kinds, value)
                if isinstance(context, dict):
                    self._in_context = self._in_context or {}
                    _note(self._in_context, context)

    def left_alone(self) -> Iterable[str]:
        """Return names that are no part of requests, and not kept."""
        return [name for name in self._kinds if not (is_read(name) or name in self._kept)]

    def schema(self) -> pa.Schema | None:
        """Return the columns by which Arrow can read such lines; None where it cannot."""
        types = {name: self._type(name, kinds) for name, kinds in self._kinds.items()}
        if self._in_context is not None:
            inner = {name: _type_of(kinds) for name, kinds in self._in_context.items()}
            types[CONTEXT] = None if None in inner.values() else pa.struct([*inner.items()])
        wide = len(types) + len(self._in_context or ()) > MOST_KEYS
        return None if wide or None in types.values() else pa.schema([*types.items()])

    def _type(self, name: str, kinds: set[str]) -> pa.DataType | None:
        if name in TEXTS and not kinds <= {"text"}:
            return None
        if is_read(name):
            return _type_of(kinds)
        if name in self._kept:
            return None if "texts" in kinds else _type_of(kinds)
        return pa.float64() if kinds == {"number"} else _type_of(kinds)


def _note(known: dict[str, set[str]], members: dict[str, Json]) -> None:
    for name, value in members.items():
        kinds = known.setdefault(name, set())
        if value is not None:
            kinds.add(_kind(value))


def _kind(value: Json) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, Number):
        return "whole" if value.lstrip("-").isdigit() else "number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, list) and all(type(item) is str for item in value):
        return "texts"
    return "other"


_TYPES = {
    "text": pa.string(),
    "true or false": pa.bool_(),
    "whole": pa.int64(),
    "texts": pa.list_(pa.string()),
}


def _type_of(kinds: set[str]) -> pa.DataType | None:
    if not kinds:  # only null as yet
        return pa.string()
    return _TYPES.get(*kinds) if len(kinds) == 1 else None


def _is_utf8(block: memoryview) -> bool:
    decoder = getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(block), _PIECE):
            decoder.decode(block[start : start + _PIECE])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _lines(block: memoryview) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return where lines begin and end; nothing where one cannot be an object of its own.

    As each begins and ends with a brace, an object that Arrow reads can only reach over the end of
    a line where it then reads another number of objects than there are lines.
    """
    nothing = np.empty(0, np.intp), np.empty(0, np.intp)
    text = np.frombuffer(block, np.uint8)
    ends = np.concatenate(
        [
            start + np.flatnonzero(text[start : start + _PIECE] == _LINE_FEED)
            for start in range(0, len(text), _PIECE)
        ]
    )
    if text[-1] != _LINE_FEED:
        ends = np.append(ends, len(text))
    starts = np.concatenate(([0], ends[:-1] + 1))
    if (ends - starts < len("{}")).any() or (ends - starts > LARGEST_ROW).any():
        return nothing
    lasts = ends - 1
    lasts = lasts - (text[lasts] == _RETURN)
    if (text[starts] != _OPENING).any() or (text[lasts] != _CLOSING).any():
        return nothing
    return starts, ends


def _requests(read: pa.Table) -> pa.Table:
    """Return the columns that are a part of requests."""
    found = {name: read[name] for name in read.column_names if is_read(name)}
    found.setdefault("action", pa.nulls(read.num_rows, pa.string()))
    return pa.table(found)
