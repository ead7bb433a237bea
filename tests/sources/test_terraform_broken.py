"""Plans in which anything stands in the place of something: read, or refused with its place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from policy_eval.errors import SourceError
from policy_eval.sources.terraform.read import read_terraform

_FILE = "terraform-appflow-unknown.plan.json"
_PLAN = json.loads((Path(__file__).parent / "data" / _FILE).read_text("utf-8"))
_ANYTHING: list[object] = [
    None,
    1,
    "",
    True,
    [],
    {},
    "x",
    [None],
    [[]],
    [{}],
    {"references": 1},
    "each.key",
]
_Path = tuple[str | int, ...]


def _paths(value: object, path: _Path = ()) -> Iterator[_Path]:
    members: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        members = [*value.items()]
    elif isinstance(value, list):
        members = [*enumerate(value)]
    for name, inner in members:
        yield (*path, name)
        yield from _paths(inner, (*path, name))


@given(st.sampled_from([*_paths(_PLAN)]), st.sampled_from(_ANYTHING))
def test_whatever_stands_in_a_plan_is_read_or_refused(path: _Path, instead: object) -> None:
    value = deepcopy(_PLAN)
    at = value
    for name in path[:-1]:
        at = at[name]
    at[path[-1]] = instead

    try:
        found = read_terraform(value, _FILE)
    except SourceError as error:
        assert error.diagnostics[0].message.startswith(_FILE)  # noqa: PT017 - either may be
    else:
        assert found.sources == (_FILE,)
