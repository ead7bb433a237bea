"""One request at a time: ours against peers, in one run, round by round in turn.

Peers that are not installed are left out, and named (`make peers`).
"""

from __future__ import annotations

import json
from collections import Counter
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import NamedTuple

from benchmarks.peer import CORE, SCRIPTS, SIMULATE, Peer, Timed, in_rounds, missing, python_of
from benchmarks.rows import Row, middle_ratio
from benchmarks.workloads import ACCOUNT, CALLER, Call, Workload, many_policies, one, spread
from policy_eval import PolicySet, Request, decide, explain

_ROUNDS = 7


class _InPython(NamedTuple):
    """A peer in Python, in its environment: how many requests it decides.

    `round` are those of a round by the workload, `compared` those compared with ours at first.
    """

    name: str
    environment: str
    script: str
    round: dict[str, int]
    compared: int


def run() -> list[Row]:
    """Print the ratios, and return them."""
    rows: list[Row] = []
    with TemporaryDirectory() as name:
        for workload, goals in ((one(), _GOALS_OF_ONE), (many_policies(), _GOALS_OF_MANY)):
            if workload is None:
                print("W2: skipped, there is no data folder (set POLICY_EVAL_DATA)")
                continue
            rows += _compared(workload, goals, Path(name))
    _growth()
    return rows


_Goals = dict[tuple[str, str], float]
_PUBLIC, _CEDAR, _CASBIN, _MAPPER = (
    "iam-simulate's public call",
    "cedarpy",
    "casbin",
    "principalmapper",
)
_IN_PYTHON = (
    _InPython(_CEDAR, "python", "cedar.py", {"W1": 1_000, "W2": 1_000}, 1_000),
    _InPython(_CASBIN, "casbin", "casbin_layers.py", {"W1": 1_000, "W2": 100}, 1_000),
    _InPython(_MAPPER, "principalmapper", "principalmapper_local.py", {"W1": 1_000, "W2": 20}, 50),
)
_REFERENCE = "our reference engine"
_PREPARED, _PLAIN, _FIRST = "prepared", "from plain arguments", "first pass, compiling included"
_GOALS_OF_ONE: _Goals = {
    (_PREPARED, CORE): 150, (_PREPARED, _PUBLIC): 500, (_PREPARED, _CEDAR): 50,
    (_PLAIN, CORE): 75, (_PLAIN, _PUBLIC): 250, (_PLAIN, _CEDAR): 25,
}  # fmt: skip
_GOALS_OF_MANY: _Goals = {
    (_PREPARED, CORE): 2_000, (_PREPARED, _CEDAR): 600, (_FIRST, CORE): 100,
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

    def compared(self, allowed: str) -> str:
        """Return how often a peer allows where we do; it says so of the first requests."""
        theirs = json.loads(allowed)
        pairs = zip(self._requests, theirs, strict=False)
        alike = sum((decide(self._policies, each).allowed is True) is one for each, one in pairs)
        return f"allows or not as policy_eval does in {alike} of {len(theirs)} requests"

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
    print(f"{workload.name}, policy_eval decides: {ours.decided()}")
    processes, peers = _peers(file, ours)
    peers.append(Timed(_REFERENCE, ours.explained, 5))
    for each in (*ways, *peers):  # not counted: caches fill
        each.of(min(each.requests, size))
    times = in_rounds([*ways, *peers], _ROUNDS)
    for process in processes:
        process.end()
    rows = [
        Row.of(
            (workload.name, way.name, peer.name),
            times[way.name],
            times[peer.name],
            goals.get((way.name, peer.name)),
        )
        for way in ways
        for peer in peers
    ]
    for row in rows:
        print(row)
    return rows


def _peers(file: Path, ours: _Ours) -> tuple[list[Peer], list[Timed]]:
    processes: list[Peer] = []
    timed: list[Timed] = []
    if SIMULATE.exists():
        simulate = Peer("node", str(SCRIPTS / "simulate.mjs"), str(SIMULATE), str(file))
        processes.append(simulate)
        timed += (
            Timed(CORE, lambda count: simulate.seconds(f"core {count}"), 300),
            Timed(_PUBLIC, lambda count: simulate.seconds(f"public {count}"), 300),
        )
        print(f"iam-simulate decides: {simulate.decided}")
    else:
        missing("iam-simulate")
    for name, environment, script, requests, compared in _IN_PYTHON:
        python = python_of(environment)
        if not python.exists():
            missing(name)
            continue
        peer = Peer(str(python), str(SCRIPTS / script), str(file), str(compared))
        processes.append(peer)
        timed.append(Timed(name, partial(_seconds, peer), requests[file.stem]))
        print(f"{name} {ours.compared(peer.decided)}")
    return processes, timed


def _seconds(peer: Peer, count: int) -> float:
    return peer.seconds(str(count))


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
            ratio = middle_ratio([*taken], [each[0] for each in times])
            goal = "" if on_one_action else " (goal for 100,000: at most 3)"
            print(
                f"W6 {count:,} statements {how}: {median(taken) * 50:.2f} us, "
                f"{ratio:.2f} times 10 statements{goal}"
            )
