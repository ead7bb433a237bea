"""Parquet files, and Arrow's own: tables of requests as `Columnar` takes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from policy_eval.batch.rows import Chunk, Rejected, check_kept, is_read
from policy_eval.batch.streams import Stream
from policy_eval.errors import Diagnostic, InputError, RequestError, Severity
from policy_eval.text.files import unreadable

_MOST_ROWS = 1 << 18
_FEWEST_ROWS = 1 << 16
_FILE_BEGINS = b"ARROW1"


class ParquetRows:
    """A Parquet file. `kept` are columns that are no part of the requests."""

    def __init__(self, path: str, kept: Sequence[str]) -> None:
        self.name = path
        self._kept = kept
        self._done = 0
        with _reading(path):
            Path(path).open("rb").close()  # Arrow's words for what keeps it from that are others
            names = pq.read_schema(path)
            texts = [
                field.name
                for field in names
                if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)
            ]
            self._file = pq.ParquetFile(path, read_dictionary=texts)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def progress(self) -> float:
        """Return which part was read."""
        rows: int = self._file.metadata.num_rows
        return self._done / max(rows, 1)

    def chunks(self) -> Iterator[Chunk]:
        """Give the rows. Raises RequestError where the file cannot be read."""
        schema = self._file.schema_arrow
        names = _wanted(self.name, schema, self._kept)
        batches = self._file.iter_batches(batch_size=_MOST_ROWS, columns=names)
        for table in _tables(self.name, batches, pa.schema(map(schema.field, names))):
            yield _chunk(table, self._kept, self._done)
            self._done += table.num_rows

    def left_alone(self) -> Iterable[str]:
        """Return names that are no part of requests."""
        return _left_alone(self._file.schema_arrow, self._kept)


class ArrowRows:
    """A file of Arrow's IPC format, as file or as stream; likewise."""

    def __init__(self, stream: Stream, kept: Sequence[str]) -> None:
        self._stream = stream
        self._kept = kept
        self._schema = pa.schema([])

    def progress(self) -> float:
        """Return which part was read."""
        return self._stream.progress()

    def chunks(self) -> Iterator[Chunk]:
        """Give the rows. Raises RequestError where the file cannot be read."""
        done = 0
        with _reading(self._stream.name):
            schema, batches = _opened(self._stream)
        self._schema = schema
        names = _wanted(self._stream.name, schema, self._kept)
        for table in _tables(self._stream.name, batches, schema):
            yield _chunk(table.select(names), self._kept, done)
            done += table.num_rows

    def left_alone(self) -> Iterable[str]:
        """Return names that are no part of requests."""
        return _left_alone(self._schema, self._kept)


def _opened(stream: Stream) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    file = stream.below
    if not file.seekable() or file.read(len(_FILE_BEGINS)) != _FILE_BEGINS:
        if file.seekable():
            file.seek(0)
        opened = pa.ipc.open_stream(file)
        return opened.schema, iter(opened)
    file.seek(0)
    opened = pa.ipc.open_file(file)
    return opened.schema, map(opened.get_batch, range(opened.num_record_batches))


def _tables(name: str, batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    """Give batches as tables of neither very few rows nor very many; at least one."""
    held: list[pa.RecordBatch] = []
    rows, given = 0, False
    while True:
        with _reading(name):
            batch = next(batches, None)
        if batch is not None:
            held.append(batch)
            rows += batch.num_rows
            if rows < _FEWEST_ROWS:
                continue
        if held or not given:
            table = pa.Table.from_batches(held) if held else schema.empty_table()
            for start in range(0, max(rows, 1), _MOST_ROWS):
                yield table.slice(start, _MOST_ROWS)
            held, rows, given = [], 0, True
        if batch is None:
            return


def _chunk(table: pa.Table, kept: Sequence[str], done: int) -> Chunk:
    def rejection(at: int, error: InputError) -> Rejected:
        said = table.slice(at, 1).to_pylist()[0]
        return Rejected(done + at + 1, None, error.diagnostics, said)

    numbers = np.arange(done + 1, done + table.num_rows + 1)
    return Chunk(table, table.select(kept), numbers, (), rejection)


def _wanted(file: str, schema: pa.Schema, kept: Sequence[str]) -> list[str]:
    check_kept(file, schema.names, kept)
    return [name for name in schema.names if is_read(name) or name in kept]


def _left_alone(schema: pa.Schema, kept: Sequence[str]) -> list[str]:
    return [name for name in schema.names if not (is_read(name) or name in kept)]


@contextmanager
def _reading(name: str) -> Iterator[None]:
    """Turn what keeps a file from being read into a RequestError."""
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        raise RequestError(_unreadable(name, error)) from None


def _unreadable(name: str, error: Exception) -> Diagnostic:
    if isinstance(error, OSError) and error.errno is not None:
        return unreadable(name, error)
    first, *_ = str(error).splitlines() or [""]
    return Diagnostic(
        "unreadable-table", Severity.ERROR, f"{name}: {first}", "is the whole file there?"
    )
