"""One request at a time: ours against peers, in one run, round by round in turn.

Peers run in processes of their own, told how many requests to decide and answering with the seconds
it took, so that what starts a process or crosses a pipe is not counted. A ratio is the median
of the rounds' ratios. Peers that are not installed are left out, and named (`make peers`).
"""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import NamedTuple

from benchmarks.plot import svg
from benchmarks.timing import ROOT, data_folder
from benchmarks.workloads import ACCOUNT, CALLER, Call, Workload, many_policies, one, spread
from policy_eval import PolicySet, Request, decide, explain

_PEERS = ROOT / ".peers"
_PYTHON = _PEERS / "python" / "bin" / "python"
_SIMULATE = (
    _PEERS / "node_modules" / "@cloud-copilot" / "iam-simulate" / "dist" / "esm" / "index.js"
)
_ROUNDS = 7


class Row(NamedTuple):
    """One ratio: how many times longer a peer takes than ours, in microseconds a request."""

    workload: str
    way: str
    peer: str
    ours: float
    theirs: float
    ratio: float
    goal: float | None = None

    def __str__(self) -> str:
        goal = "" if self.goal is None else f" (goal: at least {self.goal:,.0f})"
        return (
            f"{self.workload} {self.way}: {self.ours:.2f} us, {self.peer} {self.theirs:,.0f} us, "
            f"ratio {self.ratio:,.0f}{goal}"
        )


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


RESULTS = ROOT / "benchmarks" / "results.json"
PICTURE = ROOT / "docs" / "performance.svg"


def run() -> None:
    """Print the ratios; write them as JSON and as a picture, if all peers are there."""
    rows: list[Row] = []
    with TemporaryDirectory() as name:
        for workload, goals in ((one(), _GOALS_OF_ONE), (many_policies(), _GOALS_OF_MANY)):
            if workload is None:
                print("W2: skipped, there is no data folder (set POLICY_EVAL_DATA)")
                continue
            rows += _compared(workload, goals, Path(name))
    _growth()
    if _SIMULATE.exists() and _PYTHON.exists() and data_folder() is not None:
        RESULTS.write_text(json.dumps([row._asdict() for row in rows], indent=2) + "\n", "utf-8")
        PICTURE.write_text(svg("One request, microseconds (less is better)", _drawn(rows)), "utf-8")


def _drawn(rows: list[Row]) -> dict[str, dict[str, float]]:
    taken: dict[str, dict[str, float]] = {}
    for row in rows:
        ways = taken.setdefault(_TITLES[row.workload], {})
        ways[f"policy_eval, {row.way}"] = row.ours
    for row in rows:
        taken[_TITLES[row.workload]][row.peer] = row.theirs
    return taken


_TITLES = {
    "W1": "W1: the two statements of AppFlow's documentation",
    "W2": "W2: ten managed policies, a boundary, two levels of SCPs",
}


_Goals = dict[tuple[str, str], float]
_CORE, _PUBLIC, _CEDAR = "iam-simulate's core", "iam-simulate's public call", "cedarpy"
_REFERENCE = "our reference engine"
_PREPARED, _PLAIN, _FIRST = "prepared", "from plain arguments", "first pass, compiling included"
_GOALS_OF_ONE: _Goals = {
    (_PREPARED, _CORE): 150, (_PREPARED, _PUBLIC): 500, (_PREPARED, _CEDAR): 50,
    (_PLAIN, _CORE): 75, (_PLAIN, _PUBLIC): 250, (_PLAIN, _CEDAR): 25,
}  # fmt: skip
_GOALS_OF_MANY: _Goals = {
    (_PREPARED, _CORE): 2_000, (_PREPARED, _CEDAR): 600, (_FIRST, _CORE): 100,
}  # fmt: skip


class _Ours:
    """Our engines on a workload."""

    def __init__(self, workload: Workload) -> None:
        self._workload = workload
        self._policies = self._compiled()
        self._requests = [self._request(call) for call in workload.calls]

    def _compiled(self) -> PolicySet:
        of = self._workload
        return PolicySet(of.identity, boundary=of.boundary, scps=of.scps)

    @staticmethod
    def _request(call: Call) -> Request:
        action, resource, context = call
        return Request(action, resource, principal=CALLER, context=context)

    def prepared(self, count: int) -> float:
        """Decide requests that were made before."""
        policies, requests, size = self._policies, self._requests, len(self._requests)
        start = perf_counter()
        for index in range(count):
            decide(policies, requests[index % size])
        return perf_counter() - start

    def plain(self, count: int) -> float:
        """Make each request, and decide it."""
        policies, calls, size = self._policies, self._workload.calls, len(self._requests)
        start = perf_counter()
        for index in range(count):
            action, resource, context = calls[index % size]
            decide(policies, Request(action, resource, principal=CALLER, context=context))
        return perf_counter() - start

    def decided(self) -> str:
        """Return how often each decision is given."""
        found = Counter(decide(self._policies, each).decision for each in self._requests)
        return json.dumps(found)

    def first(self, count: int) -> float:
        """Decide each request for the first time, by policies not yet compiled."""
        policies = self._compiled()
        start = perf_counter()
        for request in self._requests[:count]:
            decide(policies, request)
        return perf_counter() - start

    def explained(self, count: int) -> float:
        """Explain requests."""
        start = perf_counter()
        for index in range(count):
            explain(self._policies, self._requests[index % len(self._requests)])
        return perf_counter() - start


def _compared(workload: Workload, goals: _Goals, folder: Path) -> list[Row]:
    file = folder / f"{workload.name}.json"
    file.write_text(json.dumps(_as_data(workload)), "utf-8")
    ours, size = _Ours(workload), len(workload.calls)
    ways = [Timed(_PREPARED, ours.prepared, 100_000), Timed(_PLAIN, ours.plain, 50_000)]
    if size > 1:
        ways.append(Timed(_FIRST, ours.first, size))
    processes, peers = _peers(file)
    peers.append(Timed(_REFERENCE, ours.explained, 5))
    print(f"{workload.name}, policy_eval decides: {ours.decided()}")
    times: dict[str, list[float]] = {each.name: [] for each in (*ways, *peers)}
    for each in (*ways, *peers):  # not counted: caches fill
        each.of(min(each.requests, size))
    for _ in range(_ROUNDS):
        for name, of, requests in (*ways, *peers):
            times[name].append(of(requests) / requests)
    for process in processes:
        process.end()
    rows = [
        Row(
            workload.name, way.name, peer.name,
            median(times[way.name]) * 1e6, median(times[peer.name]) * 1e6,
            _ratio(times[peer.name], times[way.name]),
            goals.get((way.name, peer.name)),
        )
        for way in ways
        for peer in peers
    ]  # fmt: skip
    for row in rows:
        print(row)
    return rows


def _ratio(theirs: list[float], ours: list[float]) -> float:
    return median(one / other for one, other in zip(theirs, ours, strict=True))


def _peers(file: Path) -> tuple[list[Peer], list[Timed]]:
    processes: list[Peer] = []
    timed: list[Timed] = []
    here = Path(__file__).parent / "peers"
    if _SIMULATE.exists():
        simulate = Peer("node", str(here / "simulate.mjs"), str(_SIMULATE), str(file))
        processes.append(simulate)
        timed += (
            Timed(_CORE, lambda count: simulate.seconds(f"core {count}"), 300),
            Timed(_PUBLIC, lambda count: simulate.seconds(f"public {count}"), 300),
        )
        print(f"iam-simulate decides: {simulate.decided}")
    if _PYTHON.exists():
        cedar = Peer(str(_PYTHON), str(here / "cedar.py"), str(file))
        processes.append(cedar)
        timed.append(Timed(_CEDAR, lambda count: cedar.seconds(str(count)), 1_000))
        print(f"cedarpy decides: {cedar.decided}")
    if len(processes) < 2:
        print("peers are missing: `make peers` installs them")
    return processes, timed


def _as_data(workload: Workload) -> dict[str, object]:
    return {
        "caller": CALLER,
        "account": ACCOUNT,
        "identity": workload.identity,
        "boundary": workload.boundary,
        "scps": workload.scps,
        "calls": [call._asdict() for call in workload.calls],
    }


def _growth() -> None:
    """Print what a request takes with more statements: spread over actions, and on one."""
    for how, on_one_action, counts in (
        ("spread over actions", False, (10, 1_000, 100_000)),
        ("on one action", True, (10, 1_000, 10_000)),
    ):
        ways = [_Ours(spread(count, on_one_action=on_one_action)) for count in counts]
        for way in ways:
            way.prepared(1_000)
        times = [[way.prepared(20_000) for way in ways] for _ in range(_ROUNDS)]
        for count, taken in zip(counts, zip(*times, strict=True), strict=True):
            ratio = _ratio([*taken], [each[0] for each in times])
            goal = "" if on_one_action else " (goal for 100,000: at most 3)"
            print(
                f"W6 {count:,} statements {how}: {median(taken) * 50:.2f} us, "
                f"{ratio:.2f} times 10 statements{goal}"
            )
