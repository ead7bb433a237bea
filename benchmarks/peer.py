"""Peers as processes of their own, and where `make peers` installs them.

A peer says first, in a line of JSON, what it decides. Then it is told how many requests to decide
and answers with the seconds it took, so that what starts a process or crosses a pipe is not
counted.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from benchmarks.timing import ROOT

SCRIPTS = Path(__file__).parent / "peers"
_INSTALLED = ROOT / ".peers"
SIMULATE = (
    _INSTALLED / "node_modules" / "@cloud-copilot" / "iam-simulate" / "dist" / "esm" / "index.js"
)
ENVIRONMENTS = ("python", "casbin", "principalmapper")
CORE = "iam-simulate's core"


def python_of(environment: str) -> Path:
    """Return the Python of an environment of peers."""
    return _INSTALLED / environment / "bin" / "python"


def all_installed() -> bool:
    """Return whether all peers are installed."""
    return SIMULATE.exists() and all(python_of(each).exists() for each in ENVIRONMENTS)


def missing(peer: str) -> None:
    """Say that a peer is not installed."""
    print(f"{peer} is left out, it is not installed (`make peers`)")


class Peer:
    """A peer's process, which decides as many requests as it is told."""

    def __init__(self, *command: str) -> None:
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.decided = self._line()

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def seconds(self, round_: str) -> float:
        """Return how long a round took."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{round_}\n")
        self._process.stdin.flush()
        return float(self._line())

    def end(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


class Timed(NamedTuple):
    """A way to decide: its name, what takes the seconds of a round, and the round's requests."""

    name: str
    of: Callable[[int], float]
    requests: int


def in_rounds(ways: list[Timed], rounds: int) -> dict[str, list[float]]:
    """Return the seconds a request that each way takes, round by round, all of them in turn."""
    times: dict[str, list[float]] = {each.name: [] for each in ways}
    for _ in range(rounds):
        for name, of, requests in ways:
            times[name].append(of(requests) / requests)
    return times
