"""Tables of decisions written, chunk by chunk, in each format."""

from __future__ import annotations

import json
from typing import Any, BinaryIO, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from policy_eval.batch.formats import Format


class Writer(Protocol):
    """What writes tables of one schema to a file."""

    def write_table(self, table: pa.Table) -> None:
        """Write the rows of a table. Raises OSError."""
        ...

    def close(self) -> None:
        """Write what belongs to the end; the file itself stays open. Raises OSError."""
        ...


def writer(form: Format, file: BinaryIO, schema: pa.Schema) -> Writer:
    """Return what writes tables of a schema to a file in a format."""
    match form:
        case Format.PARQUET:
            made: Writer = pq.ParquetWriter(file, schema)
        case Format.ARROW:
            made = _Arrow(file, schema)
        case Format.CSV:
            made = _Csv(file, schema)
        case _:
            made = _JsonLines(file)
    return made


class _Arrow:
    """Arrow's file format, in which a column has one dictionary at most: there is none here."""

    def __init__(self, file: BinaryIO, schema: pa.Schema) -> None:
        self._schema = pa.schema([(field.name, _decoded(field.type)) for field in schema])
        self._writer = pa.ipc.new_file(file, self._schema)

    def write_table(self, table: pa.Table) -> None:
        self._writer.write_table(table.cast(self._schema))

    def close(self) -> None:
        self._writer.close()


class _Csv:
    """Cells are texts; lists and structs are JSON. A null is an empty cell."""

    def __init__(self, file: BinaryIO, schema: pa.Schema) -> None:
        self._schema = pa.schema([(field.name, _in_cell(field.type)) for field in schema])
        self._writer = pcsv.CSVWriter(file, self._schema)

    def write_table(self, table: pa.Table) -> None:
        columns = [
            _as_json(column) if pa.types.is_nested(column.type) else column.cast(field.type)
            for column, field in zip(table.columns, self._schema, strict=True)
        ]
        self._writer.write_table(pa.table(columns, schema=self._schema))

    def close(self) -> None:
        self._writer.close()


class _JsonLines:
    """An object a row; a null is null."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write_table(self, table: pa.Table) -> None:
        parts: list[Any] = []
        for name, column in zip(table.column_names, table.columns, strict=True):
            before = ", " if parts else "{"
            parts += [f"{before}{_dumped(name)}: ", _as_json(column).fill_null("null")]
        lines = pc.binary_join_element_wise(*parts, "}\n", "")
        for chunk in lines.chunks:
            for line in chunk.to_pylist():
                self._file.write(line.encode("utf-8"))

    def close(self) -> None:
        self._file.flush()


def _decoded(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind):
        return kind.value_type
    return pa.list_(_decoded(kind.value_type)) if pa.types.is_list(kind) else kind


def _in_cell(kind: pa.DataType) -> pa.DataType:
    return pa.string() if pa.types.is_nested(kind) else _decoded(kind)


def _as_json(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return values as texts of JSON, null where they are null."""
    kind = _decoded(column.type)
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        return column.cast(pa.string())
    if pa.types.is_string(kind):
        return pa.chunked_array([_dumped_texts(chunk) for chunk in column.chunks], pa.string())
    if pa.types.is_list(kind) and pa.types.is_string(kind.value_type):
        return pa.chunked_array([_dumped_lists(chunk) for chunk in column.chunks], pa.string())
    texts = [None if value is None else _dumped(value) for value in column.to_pylist()]
    return pa.chunked_array([pa.array(texts, pa.string())])


def _dumped_texts(array: pa.Array) -> pa.StringArray:
    encoded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
    return pa.array(map(_dumped, encoded.dictionary.to_pylist()), pa.string()).take(encoded.indices)


def _dumped_lists(array: pa.ListArray) -> pa.StringArray:
    texts = _dumped_texts(array.values).fill_null("null")
    lists = pa.ListArray.from_arrays(array.offsets, texts, mask=array.is_null())
    return pc.binary_join_element_wise("[", pc.binary_join(lists, ", "), "]", "")


def _dumped(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
