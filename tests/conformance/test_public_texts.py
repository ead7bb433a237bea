"""Both JSON readers on every text that AWS and others publish, well formed or not.

They are read from a folder of public data that is not part of this repository (see
test_public_policies.py).
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.timing import data_folder
from policy_eval.engine.policies import parse_policy
from policy_eval.errors import Diagnostic, InputError
from policy_eval.policy.policy_type import PolicyType, Strictness
from policy_eval.text.report import render_all
from tests.property.test_json_readers_agree import check

_DATA = data_folder()
pytestmark = pytest.mark.skipif(_DATA is None, reason="no folder of public data")
_TYPES = {
    "identity": PolicyType.IDENTITY,
    "resource": PolicyType.RESOURCE,
    "trust": PolicyType.TRUST,
    "scp": PolicyType.SCP,
    "rcp": PolicyType.RCP,
    "vpce": PolicyType.ENDPOINT,
}


def _rows(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def _published() -> list[dict[str, str]]:
    assert _DATA is not None
    return [row for path in sorted((_DATA / "policies").glob("*.gz")) for row in _rows(path)]


def test_the_readers_agree_on_every_published_text() -> None:
    rows = _published()

    for row in rows:
        check(row["raw"])

    assert len(rows) > 500
    assert any(not row["strict_json"] for row in rows)


def test_the_readers_agree_on_every_managed_policy() -> None:
    assert _DATA is not None
    rows = _rows(_DATA / "aws_managed_policies" / "latest.jsonl.gz")

    for row in rows:
        check(json.dumps(row["document"]))
        check(json.dumps(row["document"], indent=4, ensure_ascii=False))

    assert len(rows) == 1582


def _problems(
    row: dict[str, str], policy_type: PolicyType, strictness: Strictness
) -> tuple[Diagnostic, ...]:
    """Return the problems for which a text is refused; none where it is read."""
    try:
        parse_policy(row["raw"], row["path"], policy_type, strictness)
    except InputError as error:
        return error.diagnostics
    return ()


def test_every_published_text_is_read_as_its_type_or_refused_with_places() -> None:
    outcomes: Counter[str] = Counter()

    for row in _published():
        policy_type = _TYPES.get(row["kind"], PolicyType.IDENTITY)
        for strictness in (Strictness(), Strictness(lenient=True, accept_invalid=True)):
            problems = _problems(row, policy_type, strictness)
            outcomes["refused" if problems else "read"] += 1
            assert all(each.place for each in problems if "too-many" not in each.code)
            assert not problems or render_all(problems)

    assert outcomes["read"] > outcomes["refused"] > 0
