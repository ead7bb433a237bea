"""Timing two things in turn: medians, and the ratio pair by pair."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]


class Pair(NamedTuple):
    """Median seconds of two things, and the median of their ratios."""

    first: float
    second: float
    ratio: float


def seconds(work: Callable[[], object]) -> float:
    """Return how long one run takes."""
    start = perf_counter()
    work()
    return perf_counter() - start


def in_turn(first: Callable[[], object], second: Callable[[], object], rounds: int) -> Pair:
    """Time two things in turn, after one run of each that is not counted."""
    first()
    second()
    runs = [(seconds(first), seconds(second)) for _ in range(rounds)]
    return Pair(
        median(run[0] for run in runs),
        median(run[1] for run in runs),
        median(run[0] / run[1] for run in runs),
    )


def data_folder() -> Path | None:
    """Return the folder of public data; None where it is missing.

    The environment variable POLICY_EVAL_DATA names it, or it stands beside the checkout.
    """
    folder = Path(os.environ.get("POLICY_EVAL_DATA", ROOT.parent / "shared" / "data"))
    return folder if folder.is_dir() else None


def peak_memory() -> int:
    """Return the most bytes that this process has held; 0 where the system does not tell."""
    status = Path("/proc/self/status")  # getrusage counts what the parent held, too
    for line in status.read_text("utf-8").splitlines() if status.exists() else ():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0
