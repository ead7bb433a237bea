"""Reads a file of JSON lines with DuckDB or Polars, and says how long that took."""

from __future__ import annotations

import json
import sys
import time


def main() -> None:
    """Read the file."""
    which, file = sys.argv[1:]
    if which == "duckdb":
        import duckdb

        start = time.perf_counter()
        query = f"CREATE TABLE events AS FROM read_json('{file}', format = 'newline_delimited')"
        duckdb.execute(query)
    else:
        import polars as pl

        start = time.perf_counter()
        pl.read_ndjson(file)
    print(json.dumps({"work": time.perf_counter() - start}))


if __name__ == "__main__":
    main()
