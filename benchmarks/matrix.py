"""W3, an access matrix: every member of an organization makes every call; 200,000 decisions.

Ours starts in each round from policies that were read and not compiled: a `Columnar` of all
combinations of policies and one table, or `decide` on requests made before. That takes every
twentieth member only: no two cells have the caller and the action in common, so each is decided in
full.
iam-simulate would take minutes, and decides a sample of the cells. Matrices of suites are left out:
they start from files, and each of their cases is decided as `decide` does and then judged.
"""

from __future__ import annotations

import gc
import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from benchmarks.peer import CORE, SCRIPTS, SIMULATE, Peer, Timed, in_rounds, missing
from benchmarks.rows import Row
from benchmarks.workloads import ACCOUNT, Call, Document, Matrix, Member, access_matrix
from policy_eval import Policy, PolicySet, PolicyType, Request, decide, parse_policy
from policy_eval.columnar import Columnar

_ROUNDS = 5
_SAMPLE = 400
_EVERY = 20
_PREPARED = "columnar, compiling included"
_PLAIN = "columnar, making the table, too"
_SCALAR = "decide, compiling included"
_GOALS = {_PREPARED: 2_500, _PLAIN: 2_500}
_WORDS = {
    "Allowed": "allowed",
    "ImplicitlyDenied": "implicitDeny",
    "ExplicitlyDenied": "explicitDeny",
}
"""What iam-simulate says, in our words."""


def run() -> list[Row]:
    """Print the ratios, and return them."""
    matrix = access_matrix()
    if matrix is None:
        print("W3: skipped, there is no data folder (set POLICY_EVAL_DATA)")
        return []
    ours = _Ours(matrix)
    size, some = ours.sizes
    ways = [
        Timed(_PREPARED, lambda _: ours.prepared(), size),
        Timed(_PLAIN, lambda _: ours.plain(), size),
        Timed(_SCALAR, lambda _: ours.scalar(), some),
    ]
    decided = ours.decided()
    counts = Counter(word for words in decided.values() for word in words)
    print(
        f"W3, {len(matrix.members):,} principals, {len(matrix.calls)} actions, "
        f"{len(matrix.combinations)} combinations of policies (`decide`: {some:,} of the {size:,} "
        f"cells), policy_eval decides: {json.dumps(counts)}"
    )
    if not SIMULATE.exists():
        missing("iam-simulate")
        return []
    with TemporaryDirectory() as folder:
        core = _started(matrix, ours, decided, Path(folder))
    gc.freeze()  # what is held for all rounds is not looked at again and again in each
    peer = Timed(CORE, lambda count: core.seconds(str(count)), _SAMPLE)
    times = in_rounds([*ways, peer], _ROUNDS)
    core.end()
    rows = [
        Row.of(("W3", way.name, CORE), times[way.name], times[CORE], _GOALS.get(way.name))
        for way in ways
    ]
    for row in rows:
        print(row)
    return rows


def rate() -> float | None:
    """Return how many cells a second the columnar engine decides, compiling included.

    None where the data folder is missing.
    """
    matrix = access_matrix()
    if matrix is None:
        return None
    ours = _Ours(matrix)
    gc.freeze()
    return ours.sizes[0] / median(ours.prepared() for _ in range(_ROUNDS))


class _Cell(NamedTuple):
    """A member, and the number of a call."""

    member: Member
    call: int


_Decided = dict[str, list[str]]
"""What is decided, by the ARN of the member: a word for each call."""


class _Ours:
    """Our ways through a matrix; each returns the seconds of a round."""

    def __init__(self, matrix: Matrix) -> None:
        self._matrix = matrix
        self._policies = [_read(each, PolicyType.IDENTITY) for each in matrix.documents]
        self._boundary = _read(matrix.boundary, PolicyType.BOUNDARY)
        self._scps = [[_read(each, PolicyType.SCP) for each in level] for level in matrix.scps]
        self._members = _by_combination(matrix.members)
        self._table = self._made()
        self._requests = {
            combination: [self.request(_Cell(member, n)) for member in members
                          for n in range(len(matrix.calls))]
            for combination, members in _by_combination(matrix.members[::_EVERY]).items()
        }  # fmt: skip
        self.sizes = (
            len(matrix.members) * len(matrix.calls),
            sum(map(len, self._requests.values())),
        )

    def policies(self) -> dict[int, PolicySet]:
        """Return the policies of each combination, not compiled."""
        return {
            number: PolicySet(
                [self._policies[policy] for policy in chosen],
                boundary=self._boundary if is_bounded else None,
                scps=self._scps,
            )
            for number, (chosen, is_bounded) in enumerate(self._matrix.combinations)
        }

    def request(self, cell: _Cell) -> Request:
        """Return the request of a cell."""
        call = self._matrix.calls[cell.call]
        context = {**call.context, **cell.member.tags}
        return Request(call.action, call.resource, principal=cell.member.arn, context=context)

    def _made(self) -> pa.Table:
        return _table(self._members, self._matrix.calls)

    def prepared(self) -> float:
        """Decide a table that was made before."""
        policies = self._named()
        start = perf_counter()
        Columnar(policies).decide(self._table)
        return perf_counter() - start

    def plain(self) -> float:
        """Make the table, and decide it."""
        policies = self._named()
        start = perf_counter()
        Columnar(policies).decide(self._made())
        return perf_counter() - start

    def _named(self) -> dict[str, PolicySet]:
        return {str(number): each for number, each in self.policies().items()}

    def scalar(self) -> float:
        """Decide the requests of some members one by one."""
        policies = self.policies()
        start = perf_counter()
        for number, requests in self._requests.items():
            of_combination = policies[number]
            for request in requests:
                decide(of_combination, request)
        return perf_counter() - start

    def decided(self) -> _Decided:
        """Return what is decided."""
        width = len(self._matrix.calls)
        words = Columnar(self._named()).decide(self._table).table["decision"].to_pylist()
        members = [member for each in self._members.values() for member in each]
        return {
            member.arn: words[place * width : (place + 1) * width]
            for place, member in enumerate(members)
        }


def _read(document: Document, policy_type: PolicyType) -> Policy:
    return parse_policy(json.dumps(document), policy_type=policy_type)


def _by_combination(members: Iterable[Member]) -> dict[int, list[Member]]:
    found: dict[int, list[Member]] = {}
    for member in members:
        found.setdefault(member.combination, []).append(member)
    return found


def _table(combinations: dict[int, list[Member]], calls: list[Call]) -> pa.Table:
    """Return the requests of all members: all calls of the first, then of the next."""
    members = [member for each in combinations.values() for member in each]
    of_member = np.repeat(np.arange(len(members)), len(calls))
    of_call = np.tile(np.arange(len(calls)), len(members))
    columns = {
        "policies": _column([str(member.combination) for member in members], of_member),
        "action": _column([call.action for call in calls], of_call),
        "resource": _column([call.resource for call in calls], of_call),
        "principal": _column([member.arn for member in members], of_member),
    }
    for key in dict.fromkeys(key for call in calls for key in call.context):
        columns[key] = _column([_text(call.context.get(key)) for call in calls], of_call)
    for key in dict.fromkeys(key for member in members for key in member.tags):
        columns[key] = _column([member.tags.get(key) for member in members], of_member)
    return pa.table(columns)


def _text(value: str | list[str] | None) -> str | None:
    """Return the one text of a value: no call has more."""
    if not isinstance(value, list):
        return value
    (text,) = value
    return text


def _column(values: list[str | None] | list[str], rows: NDArray[np.intp]) -> pa.Array:
    return pa.array(values, pa.string()).dictionary_encode().take(pa.array(rows))


def _started(matrix: Matrix, ours: _Ours, decided: _Decided, folder: Path) -> Peer:
    """Start iam-simulate on a sample of the cells, and print how often it decides as we do."""
    width = len(matrix.calls)
    cells = [
        _Cell(matrix.members[number // width], number % width)
        for number in Random(20_261_127).sample(range(len(matrix.members) * width), _SAMPLE)
    ]
    found = [decided[member.arn][call] for member, call in cells]
    policies = ours.policies()
    one_by_one = [
        decide(policies[cell.member.combination], ours.request(cell)).decision for cell in cells
    ]
    assert found == one_by_one
    file = folder / "cells.json"
    file.write_text(json.dumps(_as_data(matrix, cells)), "utf-8")
    core = Peer("node", str(SCRIPTS / "simulate_matrix.mjs"), str(SIMULATE), str(file))
    words = [_WORDS.get(word) for word in json.loads(core.decided)]
    alike = sum(one == other for one, other in zip(found, words, strict=True))
    print(
        f"W3, {CORE} decides a sample of {_SAMPLE} cells, as policy_eval does in {alike}; "
        "the times are for a decision"
    )
    return core


def _as_data(matrix: Matrix, cells: list[_Cell]) -> dict[str, object]:
    return {
        "account": ACCOUNT,
        "documents": matrix.documents,
        "boundary": matrix.boundary,
        "scps": matrix.scps,
        "cells": [
            {
                "principal": member.arn,
                "policies": matrix.combinations[member.combination].policies,
                "bounded": matrix.combinations[member.combination].is_bounded,
                "action": matrix.calls[call].action,
                "resource": matrix.calls[call].resource,
                "context": {**matrix.calls[call].context, **member.tags},
            }
            for member, call in cells
        ],
    }


if __name__ == "__main__":
    run()
