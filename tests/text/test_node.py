"""A path through a tree leads to an offset."""

from __future__ import annotations

import pytest

from policy_eval.text.json_tree import parse_json
from policy_eval.text.node import Path, find
from tests.marked import MARK


def at_mark(text: str, path: Path, *, name: bool = False) -> tuple[int, int]:
    """Return where `path` leads in a text, and where its mark stands."""
    node = parse_json(text.replace(MARK, ""))[0]
    return find(node, path, name=name).start, text.index(MARK)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('  ▲{"a": 1}', ()),
        ('{"a": ▲1}', ("a",)),
        ('{"a": 1, "b": [2, ▲3]}', ("b", 1)),
        ('{"a": {"b": [{"c": ▲1}]}}', ("a", "b", 0, "c")),
    ],
)
def test_a_path_leads_to_a_value(text: str, path: Path) -> None:
    found, expected = at_mark(text, path)

    assert found == expected


def test_a_path_leads_to_a_name_where_the_name_is_meant() -> None:
    found, expected = at_mark('{"a": {▲"b": 1}}', ("a", "b"), name=True)

    assert found == expected


@pytest.mark.parametrize("path", [("b",), ("b", "c")])
def test_a_missing_member_leads_to_the_object(path: Path) -> None:
    found, expected = at_mark('▲{"a": 1}', path)

    assert found == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"a": ▲1}', id="a number"),
        pytest.param('{"a": ▲{}}', id="an empty object"),
        pytest.param('{"a": ▲{"b": 1}}', id="an object with members"),
    ],
)
def test_the_first_element_of_a_bare_value_is_the_value(text: str) -> None:
    found, expected = at_mark(text, ("a", 0))

    assert found == expected
