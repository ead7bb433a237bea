"""Account exports that others publish: they are read whole, and every caller can be asked about.

They are read from a folder of public data that is not part of this repository; see
`test_public_policies`.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from benchmarks.timing import data_folder
from policy_eval import load_accounts, who_can
from policy_eval.sources.account_export import LISTS

_DATA = data_folder()
_FOLDER = Path() if _DATA is None else _DATA / "gaad"
pytestmark = pytest.mark.skipif(_DATA is None, reason="no folder of public data")

_COUNTS = {
    "cloudsplaining_example.json.gz": (44, 5, 78, 84),
    "cloudsplaining_example_authz_v2.json.gz": (1, 1, 2, 2),
}


def _export(name: str) -> dict[str, list[dict[str, Any]]]:
    with gzip.open(_FOLDER / name, "rt", encoding="utf-8") as file:
        found: dict[str, list[dict[str, Any]]] = json.load(file)
    return found


@pytest.mark.parametrize("name", _COUNTS)
def test_all_that_an_export_lists_is_taken(name: str) -> None:
    listed = _export(name)

    found = load_accounts(_FOLDER / name).found

    kinds = Counter(entity.kind.value for entity in found.entities.values())
    counts = (kinds["user"], kinds["group"], kinds["role"], len(found.managed))
    assert counts == _COUNTS[name] == tuple(len(listed[each]) for each in LISTS)
    inline = ("UserPolicyList", "GroupPolicyList", "RolePolicyList")
    assert sum(len(entity.inline) for entity in found.entities.values()) == sum(
        len(each.get(kind, ()))
        for kind, where in zip(inline, LISTS, strict=False)
        for each in listed[where]
    )
    versions = sum(len(each["PolicyVersionList"]) - 1 for each in listed["Policies"])
    assert len(found.left_out) == min(versions, 1)


@pytest.mark.parametrize("name", _COUNTS)
@pytest.mark.parametrize("action", ["secretsmanager:CreateSecret", "s3:GetObject"])
def test_every_caller_of_an_export_can_be_asked_about(name: str, action: str) -> None:
    accounts = load_accounts(_FOLDER / name)

    found = who_can(accounts, action, now="2026-01-05T09:00:00Z")

    assert found.refused == ()
    assert len(found.answers) == sum(_COUNTS[name][::2])
