"""A file of requests decided, chunk by chunk, into a file of decisions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, Protocol

import numpy as np
import pyarrow as pa

from policy_eval.batch.rows import Chunk, Rejected, Requests
from policy_eval.columnar import Decided
from policy_eval.errors import RequestError

ROW = "row"
"""The column with the numbers of rows (from 1) in the file of requests."""


class Summary(NamedTuple):
    """How many requests came out how, and how many rows were no requests."""

    decisions: Counter[str]
    rejected: int


class Sink(Protocol):
    """What takes decisions, and rows that are no requests, in the order of the file."""

    def decided(self, table: pa.Table) -> None:
        """Take the decisions of some rows."""
        ...

    def rejected(self, row: Rejected) -> None:
        """Take a row that is no request."""
        ...


class Engine(Protocol):
    """What decides tables of requests."""

    def decide(self, requests: pa.Table, /) -> Decided:
        """Return the decisions of a table. Raises RequestError for what is no table of requests."""
        ...


def decide(
    requests: Requests,
    engine: Engine,
    sink: Sink,
    progress: Callable[[float], None],
    *,
    name: str,
    principal: str | None,
) -> Summary:
    """Decide requests chunk by chunk; `progress` is told after each which part is done.

    `principal` calls in rows that say nobody, `name` is the file's, for messages. Raises InputError
    where the file cannot be read, or is no table of requests, and what the sink raises.
    """
    decisions: Counter[str] = Counter()
    rejected = 0
    for chunk in _ahead(requests.chunks()):
        try:
            found = engine.decide(_called(chunk.table, principal))
        except RequestError as error:
            raise RequestError(
                *(each._replace(message=f"{name}: {each.message}") for each in error.diagnostics)
            ) from None
        refused = [chunk.rejection(row, error) for row, error in found.refused]
        for each in sorted((*chunk.rejected, *refused), key=lambda each: each.number):
            sink.rejected(each)
            rejected += 1
        table = _with_rows(chunk, found.table)
        if refused:
            left = np.ones(table.num_rows, np.bool_)
            left[[row for row, _ in found.refused]] = False
            table = table.filter(pa.array(left))
        decisions.update(_counted(table["decision"]))
        sink.decided(table)
        progress(requests.progress())
    return Summary(decisions, rejected)


def _ahead(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """Give chunks, each next one being read while one is decided."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, chunks, None)
        while (chunk := coming.result()) is not None:
            coming = pool.submit(next, chunks, None)
            yield chunk


def _with_rows(chunk: Chunk, decided: pa.Table) -> pa.Table:
    names = [ROW, *chunk.kept.column_names, *decided.column_names]
    return pa.table([pa.array(chunk.numbers), *chunk.kept.columns, *decided.columns], names)


def _counted(words: pa.ChunkedArray) -> dict[str, int]:
    counts = words.cast(pa.string()).value_counts()
    return {each["values"]: each["counts"] for each in counts.to_pylist()}


def _called(table: pa.Table, principal: str | None) -> pa.Table:
    """Return the requests, with somebody who calls where nobody is said."""
    if principal is None:
        return table
    if _PRINCIPAL not in table.column_names:
        codes = np.zeros(table.num_rows, np.int32)
        column = pa.DictionaryArray.from_arrays(codes, [principal])
        return table.append_column(_PRINCIPAL, column)
    said = table[_PRINCIPAL]
    if not said.null_count:
        return table
    at = table.column_names.index(_PRINCIPAL)
    return table.set_column(at, _PRINCIPAL, said.cast(pa.string()).fill_null(principal))


_PRINCIPAL = "principal"
