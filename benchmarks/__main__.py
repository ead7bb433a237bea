"""Run every benchmark and print its figures; nothing is asserted on time."""

from __future__ import annotations

from benchmarks import batches, cold_start, engines, globs, loading, readers, suites


def main() -> None:
    """Run them all."""
    for benchmark in (engines, batches, loading, cold_start, readers, globs, suites):
        benchmark.run()


if __name__ == "__main__":
    main()
