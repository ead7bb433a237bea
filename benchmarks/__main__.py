"""Run every benchmark and print its figures; nothing is asserted on time."""

from __future__ import annotations

from benchmarks import (
    accounts,
    batches,
    cold_start,
    engines,
    exports,
    globs,
    lines,
    loading,
    matrix,
    peer,
    readers,
    residuals,
    rows,
    suites,
)


def main() -> None:
    """Run them all; keep the rows of the engines if all peers are there."""
    found = [*engines.run(), *matrix.run()]
    if peer.all_installed() and {row.workload for row in found} == {*rows.TITLES}:
        rows.keep(found)
    for benchmark in (batches, lines, residuals, loading, cold_start, readers, globs, suites):
        benchmark.run()
    accounts.run()
    exports.run()


if __name__ == "__main__":
    main()
