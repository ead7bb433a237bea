"""Files of requests, written and read, for tests of both."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from policy_eval.batch.formats import format_of, requests_of
from policy_eval.batch.rows import Chunk, Rejected

TEXTS = ("action", "resource", "principal", "resource_account")


def chunks_of(path: Path, kept: Sequence[str] = ()) -> list[Chunk]:
    """Return what is read from a file."""
    with requests_of(str(path), format_of(str(path), packed=True), kept) as requests:
        found = [*requests.chunks()]
        assert 0 <= requests.progress() <= 1
        return found


def said_in(chunks: Sequence[Chunk]) -> dict[int, dict[str, Any]]:
    """Return the requests by the numbers of their rows: what is given, keys with lists of texts."""
    said: dict[int, dict[str, Any]] = {}
    for chunk in chunks:
        for number, row in zip(chunk.numbers.tolist(), chunk.table.to_pylist(), strict=True):
            context = row.pop("context", None) or {}
            flat = {name: value for name, value in row.items() if name in TEXTS and value}
            keys = (*((name, value) for name, value in row.items() if ":" in name),
                    *context.items())  # fmt: skip
            given = {name: _texts(value) for name, value in keys if value is not None}
            said[number] = flat | given
    return said


def refused_in(chunks: Sequence[Chunk]) -> list[tuple[int, list[str]]]:
    """Return the rows that are no requests, each with the first part of what is said of it."""
    return [
        (row.number, [str(problem).partition("; ")[0] for problem in row.problems])
        for chunk in chunks
        for row in chunk.rejected
    ]


def rejected_in(chunks: Sequence[Chunk]) -> list[Rejected]:
    """Return the rows that are no requests."""
    return [row for chunk in chunks for row in chunk.rejected]


def _texts(value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [str(each).lower() if isinstance(each, bool) else str(each) for each in values]
