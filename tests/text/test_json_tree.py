"""The slower reader: nodes with the offsets of every value and name."""

from __future__ import annotations

import pytest
from lark import UnexpectedInput

from policy_eval.text.json_tree import parse_json, repeated_name
from policy_eval.text.node import Json, Node, Number, Span
from tests.marked import MARK


def test_a_scalar_is_a_node_without_items() -> None:
    assert parse_json(' "a" ') == (Node(1, 4, "a"),)


def test_an_object_keeps_the_places_of_its_names_and_values() -> None:
    assert parse_json('{"a": 1, "b":{}}') == (
        Node(
            0,
            16,
            {"a": "1", "b": {}},
            (("a", Span(1, 4)), ("b", Span(9, 12))),
            (Node(6, 7, "1"), Node(13, 15, {})),
        ),
    )


def test_an_array_keeps_the_places_of_its_elements() -> None:
    assert parse_json("[ [], null ]") == (
        Node(0, 12, [[], None], (), (Node(2, 4, []), Node(6, 10, None))),
    )


def test_values_joined_by_commas_are_several_nodes() -> None:
    nodes = parse_json('{"a": 1},\n[2]')

    assert [(node.start, node.end) for node in nodes] == [(0, 8), (10, 13)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("1.50", Number("1.50")),
        ("-0e+5", Number("-0e+5")),
        ('"1"', "1"),
        (r'"\u00e9\t\"\\"', 'é\t"\\'),
    ],
)
def test_a_scalar_is_read_as_json_reads_it(text: str, expected: Json) -> None:
    (node,) = parse_json(text)

    assert node.value == expected
    assert type(node.value) is type(expected)


def test_a_name_is_read_as_json_reads_it() -> None:
    (node,) = parse_json(r'{"\u0061\n": 1}')

    assert node.value == {"a\n": "1"}
    assert node.names == (("a\n", Span(1, 11)),)


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("", 1),
        ("[1,]", 4),
        ('{"a" 1}', 6),
        ("[NaN]", 2),
        ("['a']", 2),
        ("[01]", 3),
        ('["a', 2),
        (r'["\x"]', 2),
        ('["a\x01"]', 2),
        ("[1]]", 4),
    ],
)
def test_what_is_no_json_is_refused_at_its_place(text: str, column: int) -> None:
    with pytest.raises(UnexpectedInput) as caught:
        parse_json(text)

    assert (caught.value.line, caught.value.column) == (1, column)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, ▲"a": 2}',
        '{"a": {"a": 1}, "b": {"a": 1, ▲"a": 2}}',
        '{"b": 1, "c": [{"a": 1}, {"a": 1, ▲"a": 2}]}',
        '{"a": 1}, {"a": 1, ▲"a": 2}',
        '{"x": {"a": 1, ▲"a": 2}, "y": {"a": 1, "a": 2}}',
        '{"a": 1, ▲"a": 2, "a": 3}',
    ],
)
def test_the_second_of_two_equal_names_is_found(text: str) -> None:
    found = repeated_name(parse_json(text.replace(MARK, "")))

    assert found is not None
    name, span = found
    assert (name, span.start) == ("a", text.index(MARK))


@pytest.mark.parametrize("text", ['{"a": {"a": 1}}', "[]", '{"b": 1}, {"b": 2}'])
def test_a_name_that_stands_once_has_no_second(text: str) -> None:
    assert repeated_name(parse_json(text)) is None
