"""JSON lines to decisions, beside reading the same file alone with the fastest readers.

Each is a process of its own, started in turn, round by round; imports are left out of the times.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.peer import SCRIPTS, missing, python_of
from benchmarks.timing import ROOT

_EVENTS = 300_000
_ROUNDS = 3
_OURS, _PYARROW = "policy_eval", "pyarrow"


def run() -> None:
    """Print the times, and the ratio to the fastest reader."""
    from benchmarks.events import POLICIES, TABLES

    layers = POLICIES["easy"]()
    with TemporaryDirectory() as name:
        file = Path(name) / "events.jsonl"
        _write(TABLES["W4"]().slice(0, _EVENTS).select(layers.columns()).to_pylist(), file)
        times: dict[str, list[float]] = {}
        for _ in range(_ROUNDS):
            for way, command in _commands(file, Path(name) / "out.parquet").items():
                said = subprocess.run(
                    command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
                ).stdout
                times.setdefault(way, []).append(json.loads(said)["work"])
        size = file.stat().st_size / 1e6
    print(f"JSON lines, {_EVENTS:,} events of {size:.0f} MB: " + ", ".join(
        f"{way} {median(found):.2f} s" for way, found in times.items()
    ))  # fmt: skip
    readers = {way: found for way, found in times.items() if way != _OURS}
    fastest = min(readers, key=lambda way: median(readers[way]))
    pairs = zip(readers[fastest], times[_OURS], strict=True)
    ratio = median(reader / ours for reader, ours in pairs)
    print(f"JSON lines to decisions, {fastest} (reads alone) against ours: ratio {ratio:.2f} "
          "(goal: at least 0.8)")  # fmt: skip


def _write(rows: list[dict[str, object]], file: Path) -> None:
    with file.open("w", encoding="utf-8") as lines:
        for row in rows:
            given = {name: value for name, value in row.items() if value is not None}
            lines.write(f"{json.dumps(given)}\n")


def _commands(file: Path, out: Path) -> dict[str, list[str]]:
    found = {
        way: [sys.executable, "-m", "benchmarks.lines", way, str(file), str(out)]
        for way in (_OURS, _PYARROW)
    }
    python = python_of("python")
    for way in ("duckdb", "polars"):
        if python.exists():
            found[way] = [str(python), str(SCRIPTS / "read_lines.py"), way, str(file)]
        else:
            missing(way)
    return found


def _ours(file: str, out: str) -> float:
    """Return the seconds of a whole batch."""
    import pyarrow as pa

    from benchmarks.events import POLICIES
    from policy_eval.batch.job import Job
    from policy_eval.batch.job import run as run_job

    pa.array([""])  # the first makes pyarrow import pandas, where that is installed
    layers = POLICIES["easy"]()
    start = perf_counter()
    run_job(Job(file, out, keep=("id",)), layers.policies(), lambda _: None)
    return perf_counter() - start


def _pyarrow(file: str) -> float:
    """Return the seconds of reading alone."""
    import pyarrow.json

    start = perf_counter()
    pyarrow.json.read_json(file)
    return perf_counter() - start


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _, which, *paths = sys.argv
        seconds = _ours(*paths) if which == _OURS else _pyarrow(paths[0])
        print(json.dumps({"work": seconds}))
    else:
        run()
