"""The formats of files of requests and of decisions, and which one a file has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from pathlib import Path

from policy_eval.batch.arrow_files import ArrowRows, ParquetRows
from policy_eval.batch.csv_rows import CsvRows
from policy_eval.batch.json_lines import JsonLines
from policy_eval.batch.rows import Requests
from policy_eval.batch.streams import STDIN, Stream, opened
from policy_eval.errors import RequestError, refuse_request


class Format(Enum):
    """What a file is written in."""

    JSON_LINES = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    ARROW = "arrow"


_ENDINGS = {
    ".jsonl": Format.JSON_LINES,
    ".ndjson": Format.JSON_LINES,
    ".csv": Format.CSV,
    ".parquet": Format.PARQUET,
    ".arrow": Format.ARROW,
    ".feather": Format.ARROW,
}
_PACKED = ".gz"


def format_of(path: str, *, packed: bool = False) -> Format:
    """Return the format that a file's name tells; `-` is JSON lines.

    With `packed`, text formats may end in `.gz`, too. Raises RequestError for any other name.
    """
    if path == STDIN:
        return Format.JSON_LINES
    name = Path(path)
    if packed and name.suffix == _PACKED:
        found = _ENDINGS.get(Path(name.stem).suffix)
        if found in (Format.JSON_LINES, Format.CSV):
            return found
        raise _unknown(path, " or the first two and .gz")
    found = _ENDINGS.get(name.suffix)
    if found is None:
        raise _unknown(path, "")
    return found


def _unknown(path: str, more: str) -> RequestError:
    return refuse_request(
        "table-format", f"{path}: the name tells no format",
        f"expected {', '.join(_ENDINGS)}{more}; or say which it is",
    )  # fmt: skip


@contextmanager
def requests_of(path: str, form: Format, kept: Sequence[str]) -> Iterator[Requests]:
    """Give the requests in a file; `kept` are further columns to read.

    Raises RequestError for a file that cannot be opened.
    """
    if form is Format.PARQUET:
        if path == STDIN:
            raise refuse_request(
                "table-format", "Parquet is read from its end, and stdin has none",
                "name a file, or give JSON lines, CSV or Arrow",
            )  # fmt: skip
        with ParquetRows(path, kept) as rows:
            yield rows
        return
    with opened(path) as stream:
        yield _READERS[form](stream, kept)


_READERS: dict[Format, Callable[[Stream, Sequence[str]], Requests]] = {
    Format.JSON_LINES: JsonLines,
    Format.CSV: CsvRows,
    Format.ARROW: ArrowRows,
}
