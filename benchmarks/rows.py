"""What a run found, one ratio a row: `results.json` and the picture are made of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from benchmarks.plot import svg
from benchmarks.timing import ROOT

RESULTS = ROOT / "benchmarks" / "results.json"
PICTURE = ROOT / "docs" / "performance.svg"
TITLES = {
    "W1": "W1: the two statements of AppFlow's documentation",
    "W2": "W2: ten managed policies, a boundary, two levels of SCPs",
    "W3": "W3: a matrix of 1,000 principals and 200 actions, a decision",
}
"""The workloads that are kept, and how they are named in the picture."""


class Row(NamedTuple):
    """One ratio: how many times longer a peer takes than ours, in microseconds a request."""

    workload: str
    way: str
    peer: str
    ours: float
    theirs: float
    ratio: float
    goal: float | None = None

    @classmethod
    def of(
        cls,
        names: tuple[str, str, str],
        ours: Sequence[float],
        theirs: Sequence[float],
        goal: float | None,
    ) -> Row:
        """Return the row of a workload, a way and a peer, by the seconds a request in each round.

        The times are medians, the ratio the median of the rounds' ratios.
        """
        return cls(
            *names, median(ours) * 1e6, median(theirs) * 1e6, middle_ratio(theirs, ours), goal
        )

    def __str__(self) -> str:
        goal = "" if self.goal is None else f" (goal: at least {self.goal:,.0f})"
        return (
            f"{self.workload} {self.way}: {self.ours:.2f} us, {self.peer} {self.theirs:,.0f} us, "
            f"ratio {self.ratio:,.0f}{goal}"
        )


def middle_ratio(ones: Sequence[float], others: Sequence[float]) -> float:
    """Return the median of the rounds' ratios."""
    return median(one / other for one, other in zip(ones, others, strict=True))


def keep(rows: Sequence[Row]) -> None:
    """Write rows as JSON, and as a picture."""
    RESULTS.write_text(json.dumps([row._asdict() for row in rows], indent=2) + "\n", "utf-8")
    PICTURE.write_text(svg("One request, microseconds (less is better)", _drawn(rows)), "utf-8")


def _drawn(rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    taken: dict[str, dict[str, float]] = {}
    for row in rows:
        ways = taken.setdefault(TITLES[row.workload], {})
        ways[f"policy_eval, {row.way}"] = row.ours
    for row in rows:
        taken[TITLES[row.workload]][row.peer] = row.theirs
    return taken
