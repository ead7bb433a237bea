"""A million events from Parquet to Parquet: ours, DuckDB and Polars, each a process of its own.

The processes are started in turn, round by round; each says how long its imports took, and apart
from them its work: reading, deciding, writing. A ratio is the median of the rounds' ratios. Peers
that are not installed are left out (`make peers`).
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import NamedTuple

from benchmarks.peer import SCRIPTS, missing, python_of
from benchmarks.timing import ROOT, peak_memory

_PYTHON = python_of("python")
_OURS, _DUCKDB, _POLARS = "policy_eval", "DuckDB", "Polars"
_ROUNDS = 3
_GOALS = {("W4", _DUCKDB): " (goal: at least 1.0)"}


class Done(NamedTuple):
    """What a process says of a batch: seconds, decisions, and the most bytes that it held.

    `again` are the seconds of deciding the same table once more.
    """

    imports: float
    work: float
    decisions: dict[str, int]
    peak: int
    again: float


def run() -> None:
    """Print the figures."""
    from benchmarks.events import POLICIES, TABLES, write

    with TemporaryDirectory() as name:
        folder, taken = Path(name), dict[tuple[str, str], float]()
        for workload, made in TABLES.items():
            events = folder / f"{workload}.parquet"
            write(made(), events)
            for which in POLICIES:
                least = _bound(workload, which, events)
                found = _in_turn(which, events, folder / "out.parquet")
                _report(workload, which, found)
                again = median(each.again for each in found[_OURS])
                print(
                    f"{workload} {which}, deciding the same table again: {again:.2f} s, "
                    f"{least / again:.0%} of the bound's speed (goal in W4: at least 60 %)"
                )
                _memory(which, events, found[_OURS])
                taken[workload, which] = median(each.work for each in found[_OURS])
        for which in POLICIES:
            ratio = taken["W5", which] / taken["W4", which]
            print(f"W5 {which}: {ratio:.1f} times W4 (goal: at most 6)")


def _commands() -> dict[str, list[str]]:
    """Return how each way is started; what is not there is left out."""
    found = {_OURS: [sys.executable, "-m", "benchmarks.batches", "ours"]}
    if _PYTHON.exists():
        found[_DUCKDB] = [str(_PYTHON), str(SCRIPTS / "duckdb_events.py")]
        found[_POLARS] = [str(_PYTHON), str(SCRIPTS / "polars_events.py")]
    else:
        for peer in (_DUCKDB, _POLARS):
            missing(peer)
    return found


def _in_turn(which: str, events: Path, out: Path) -> dict[str, list[Done]]:
    commands = _commands()
    found: dict[str, list[Done]] = {way: [] for way in commands}
    for _ in range(_ROUNDS):
        for way, command in commands.items():
            found[way].append(_done([*command, which, str(events), str(out)]))
    decided = [each.decisions for rounds in found.values() for each in rounds]
    assert all(each == decided[0] for each in decided), decided
    return found


def _done(command: list[str]) -> Done:
    said = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
    line = json.loads(said)
    peak, again = line.get("peak", 0), line.get("again", 0.0)
    return Done(line["import"], line["work"], line["decisions"], peak, again)


def _report(workload: str, which: str, found: dict[str, list[Done]]) -> None:
    for way, rounds in found.items():
        work, imports = (
            median(each.work for each in rounds),
            median(each.imports for each in rounds),
        )
        print(f"{workload} {which}, {way}: {work:.2f} s, and {imports:.2f} s of imports")
        if way != _OURS:
            pairs = zip(rounds, found[_OURS], strict=True)
            ratio = median(theirs.work / ours.work for theirs, ours in pairs)
            goal = _GOALS.get((workload, way), "")
            print(f"{workload} {which}, {way} against ours: ratio {ratio:.2f}{goal}")
    print(f"{workload} {which} decides: {json.dumps(found[_OURS][0].decisions)}")


def _bound(workload: str, which: str, events: Path) -> float:
    """Print the least that reading and looking up take; return the seconds of the latter."""
    from benchmarks.bound import encoded, gather_and_bound, reading
    from benchmarks.events import POLICIES, read

    layers = POLICIES[which]()
    file = median(reading(events, layers) for _ in range(_ROUNDS))
    codes, tables = encoded(read(events, layers).drop_columns("id"))
    least = median(gather_and_bound(codes, tables) for _ in range(_ROUNDS))
    print(
        f"{workload} {which}, bound: {least * 1e3:.1f} ms to gather and AND {len(codes)} columns, "
        f"{file * 1e3:.0f} ms to read"
    )
    return least


def _memory(which: str, events: Path, rounds: list[Done]) -> None:
    from benchmarks.events import POLICIES, read

    decoded = read(events, POLICIES[which]()).nbytes
    peak = median(each.peak for each in rounds)
    print(
        f"  at most {peak / 1e6:.0f} MB, {peak / decoded:.1f} times the decoded columns "
        "(goal: at most 3)"
    )


def ours(which: str, events: str, out: str) -> None:
    """Decide the events of a file, write the decisions to another, and say how long it took."""
    before = perf_counter()
    import pyarrow as pa

    from benchmarks.events import POLICIES, read_encoded, write
    from policy_eval.columnar import Columnar

    pa.array([""])  # the first makes pyarrow import pandas, where that is installed
    imports = perf_counter() - before
    layers = POLICIES[which]()
    start = perf_counter()
    table = read_encoded(Path(events), layers)
    engine = Columnar(layers.policies())
    decided = engine.decide(table).table.select(["decision"])
    write(decided.add_column(0, "id", table["id"]), Path(out))
    work = perf_counter() - start
    peak = peak_memory()
    start = perf_counter()
    engine.decide(table)
    again = perf_counter() - start
    decisions = Counter(decided["decision"].to_pylist())
    said = {"import": imports, "work": work, "decisions": decisions, "peak": peak, "again": again}
    print(json.dumps(said))


if __name__ == "__main__":
    if sys.argv[1:2] == ["ours"]:
        ours(*sys.argv[2:])
    else:
        run()
