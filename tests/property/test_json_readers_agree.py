"""The fast JSON reader and the one with positions read the same values, or both refuse.

What looks for problems finds one exactly where the fast reader refuses. Two differences are
meant. A key that stands twice in one object is refused by the fast reader only. A bare scalar is
a value for the reader with positions, which also reads the values inside a policy; at the
outermost level the fast reader takes objects and arrays only.
"""

from __future__ import annotations

import json
from typing import TypeAlias

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lark import UnexpectedInput

from policy_eval.errors import PolicyError
from policy_eval.text.json_problems import problems_of
from policy_eval.text.json_tree import parse_json, repeated_name
from policy_eval.text.json_values import TopLevel, read_json
from policy_eval.text.node import Json, Node
from policy_eval.text.source import Source

Seen: TypeAlias = tuple[object, ...]
"""A value with its type beside it: a number is text too, and dicts forget their order."""


def seen(value: Json) -> Seen:
    """Return a value in a form that is equal only where type and order are."""
    match value:
        case dict():
            return ("object", *((name, seen(item)) for name, item in value.items()))
        case list():
            return ("array", *map(seen, value))
        case _:
            return (type(value), value)


def value_of(value: TopLevel) -> Json:
    """Return the plain value that the fast reader opened."""
    inner = {member.name: member.value for member in value.members}
    if value.statements is not None:
        inner["Statement"] = [statement.value for statement in value.statements]
    return inner if value.is_object else [member.value for member in value.members]


def fast(text: str) -> tuple[TopLevel, ...] | PolicyError:
    """Return what the fast reader reads, or its refusal."""
    try:
        return read_json(Source("p.json", text))
    except PolicyError as error:
        return error


def positioned(text: str) -> tuple[Node, ...] | None:
    """Return the nodes of a text, or None where it is refused or holds a bare scalar."""
    try:
        nodes = parse_json(text)
    except (UnexpectedInput, PolicyError):
        return None
    return nodes if all(isinstance(node.value, (dict, list)) for node in nodes) else None


def check(text: str) -> None:
    """Assert that the readers agree on a text: its values, where they stand, or its problems."""
    values, nodes = fast(text), positioned(text)
    if isinstance(values, PolicyError):
        codes = {diagnostic.code for diagnostic in values.diagnostics}
        assert codes
        assert all(diagnostic.place and diagnostic.excerpt for diagnostic in values.diagnostics)
        if codes == {"duplicate-key"}:
            assert nodes is not None
            assert repeated_name(nodes) is not None
        else:
            assert nodes is None or "too-deep" in codes
        return
    assert problems_of(Source("p.json", text)) == ()
    assert nodes is not None
    assert [seen(value_of(value)) for value in values] == [seen(node.value) for node in nodes]
    assert [spans_of_values(value) for value in values] == [spans_of_nodes(node) for node in nodes]


Spans: TypeAlias = list[tuple[int, int]]


def spans_of_values(value: TopLevel) -> Spans:
    """Return where a value, its members and its statements stand."""
    inner = [*value.members, *(value.statements or ())]
    return [(value.start, value.end), *((member.start, member.end) for member in inner)]


def spans_of_nodes(node: Node) -> Spans:
    """Return where a node, its items and its statements stand."""
    names = [name for name, _ in node.names]
    statement = node.items[names.index("Statement")] if "Statement" in names else node
    is_list = statement is not node and isinstance(statement.value, list)
    inner = (node, *node.items, *(statement.items if is_list else ()))
    return [(each.start, each.end) for each in inner]


blanks = st.sampled_from(["", "", " ", "\n", "\t\r "])
names = st.sampled_from(['"a"', r'"\u0061"', '""', '"Statement"', *(f'"{n}"' for n in range(30))])
scalars = st.one_of(
    st.sampled_from(["true", "false", "null", "0", "-0", "1.50", "1e5", "-10E-2"]),
    st.sampled_from([r'"\n\u00e9\"\\\/"', r'"\ud800"', '"\x7f"', '"a"', '"1"']),
    st.text(max_size=5).map(json.dumps),
)


def listed(opening: str, elements: st.SearchStrategy[str], closing: str) -> st.SearchStrategy[str]:
    """Return texts of some elements between brackets."""
    spaced = st.tuples(blanks, elements, blanks).map("".join)
    inner = st.lists(spaced, max_size=4).map(",".join) | blanks
    return inner.map(lambda text: f"{opening}{text}{closing}")


def containers(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return texts of arrays and objects of these values."""
    members = st.tuples(names, blanks, st.just(":"), blanks, values).map("".join)
    return listed("[", values, "]") | listed("{", members, "}")


values = st.recursive(scalars, containers, max_leaves=8)
policies = st.tuples(values, values).map('{{"Version": 1, "Statement": [{0[0]}, {0[1]}]}}'.format)
texts = st.one_of(
    containers(values),
    policies,
    st.lists(containers(values) | values, min_size=1, max_size=3).map(" , ".join),
)
Edit: TypeAlias = tuple[int, str]
edits = st.lists(
    st.tuples(
        st.integers(0, 200),
        st.sampled_from(["drop", "twice", " ", *'[]{},:"\\ 0.-+eE', "\n", "\x00", "NaN", "//"]),
    ),
    min_size=1,
    max_size=2,
)


def edited(text: str, changes: list[Edit]) -> str:
    """Return a text with characters dropped, doubled or put in."""
    for number, change in changes:
        at = number % (len(text) + 1)
        before, here, after = text[:at], text[at : at + 1], text[at + 1 :]
        put = {"drop": "", "twice": here * 2}.get(change, here + change)
        text = before + put + after
    return text


@given(texts)
@example('{"a": 1, "a": 2}')
@example('{"Statement": [1, {"a": 1, "a": 2}], "b": {}}')
@example('{"Statement": {"Statement": []}}, []')
@example("1")
def test_generated_json_is_read_alike(text: str) -> None:
    check(text)


@given(texts, edits)
@example("[1]", [(3, "NaN")])
@example('{"a": 1}', [(8, "\x00")])
def test_damaged_json_is_read_alike(text: str, changes: list[Edit]) -> None:
    check(edited(text, changes))


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "[01]",
        "[1.]",
        "[.5]",
        "[+1]",
        "[1e]",
        "[0x1]",
        "[-]",
        "[1٣]",
        "[٣]",
        "[-Infinity]",
        "[True]",
        '["\t"]',
        r'["\u00G0"]',
        r'["\u 041"]',
        r'["\u+041"]',
        r'["\a"]',
        "['a']",
        "[1,]",
        "[,1]",
        '{"a":1,}',
        "{a:1}",
        "{1:2}",
        "[1]\x0c",
        "[1]\xa0",
        "\ufeff[1]",
        "[1]//",
        "[1][2]",
        "[1],",
        "[True, 1]",
        "{'a': 1}",
        "{“a”: 1}",
        '{"a": ${b}}',
        '{"a" "b"}',
        "[1}",
        "]",
    ],
)
def test_both_readers_refuse_what_is_nearly_json(text: str) -> None:
    assert isinstance(fast(text), PolicyError)
    assert positioned(text) is None


@pytest.mark.parametrize("depth", [50, 300, 700, 5_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_what_the_fast_reader_reads_is_never_too_deep_for_the_other(
    opening: str, closing: str, depth: int
) -> None:
    text = f"[{opening * depth}1{closing * depth}]"

    values = fast(text)

    assert isinstance(values, PolicyError) or positioned(text) is not None
