"""YAML keeps the text that stands in the file, and says where it fails."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from policy_eval.errors import Diagnostic, SuiteError
from policy_eval.text.node import Json, Node, Number, Span
from policy_eval.text.source import Source
from policy_eval.text.yaml_tree import Plain, as_json, parse_yaml
from tests.marked import marked

ROOT = Path(__file__).resolve().parents[2]
TEXTS = sorted([*ROOT.glob("fixtures/**/*.iamtest.yaml"), *ROOT.glob("policy_eval/**/*.yaml")])


def parse(text: str) -> Node:
    """Return the node of a text."""
    return parse_yaml(Source("t.yaml", text))


def refusal(text: str) -> Diagnostic:
    """Return the one diagnostic with which a text is refused."""
    with pytest.raises(SuiteError) as caught:
        parse(text)
    (diagnostic,) = caught.value.diagnostics
    return diagnostic


def place_of(diagnostic: Diagnostic) -> tuple[int, int]:
    """Return the line and column of a diagnostic."""
    assert diagnostic.place is not None
    return diagnostic.place.line, diagnostic.place.column


def test_a_mapping_keeps_the_places_of_its_names_and_values() -> None:
    node = parse("a: b\nc: [d]\n")

    assert node == Node(
        0,
        12,
        {"a": "b", "c": ["d"]},
        (("a", Span(0, 1)), ("c", Span(5, 6))),
        (Node(3, 4, "b"), Node(8, 11, ["d"], (), (Node(9, 10, "d"),))),
    )


@pytest.mark.parametrize("text", ["no", "1.10", "2026-01-01", "0x10", "~", "yes", "Null", "a b"])
def test_an_unquoted_scalar_is_the_text_in_the_file(text: str) -> None:
    value = parse(text).value

    assert value == text
    assert isinstance(value, Plain)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"null"', "null"),
        ("'1'", "1"),
        ('""', ""),
        (r'"\x41\n"', "A\n"),
        ("|\n  a\n  b\n", "a\nb\n"),
        (">\n  a\n  b\n", "a b\n"),
    ],
)
def test_a_quoted_scalar_is_text(text: str, value: str) -> None:
    found = parse(text).value

    assert found == value
    assert type(found) is str


@pytest.mark.parametrize("text", ["a: null", "a:", "a: &b"])
def test_null_and_nothing_at_all_are_no_value(text: str) -> None:
    assert parse(text).value == {"a": None}


def test_an_alias_stands_where_its_anchor_stands() -> None:
    node = parse("a: &x [1]\nb: *x\n")

    assert node.items[0] == node.items[1]


def test_a_tag_changes_nothing() -> None:
    assert parse("a: !!int '1'").value == {"a": "1"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("▲", "the file is empty"),
        ("▲# only a comment\n", "the file is empty"),
        ("a: b▲: c", "mapping values are not allowed here"),
        ("a: [1▲", "while parsing a flow sequence expected ',' or ']'"),
        ('a: "x▲', "while scanning a quoted scalar found unexpected end of stream"),
        ("a: 1\n▲---\nb: 2", "expected a single document, found another"),
        ("a: ▲\x01", "this character stands in no YAML text"),
        ("a: 1\n▲a: 2", "`a` stands twice in one mapping"),
        ('{1: x, ▲"1": y}', "`1` stands twice in one mapping"),
        ("? ▲[1]\n: 2", "expected a name before `:`"),
        ("? ▲{a: 1}\n: 2", "expected a name before `:`"),
        ('"": 1\n? ▲[2]\n: 3', "expected a name before `:`"),
        ("&a [▲*a]", "the alias `*a` stands inside what it stands for"),
        ("a: &a {b: ▲*a}", "the alias `*a` stands inside what it stands for"),
        ("a: ▲*b", "the alias `*b` stands for nothing"),
        ("a: &a [1]\n? ▲*a\n: 2", "expected a name before `:`"),
    ],
)
def test_bad_yaml_is_refused_at_its_place(text: str, message: str) -> None:
    bad, (place,) = marked(text)

    diagnostic = refusal(bad)

    assert diagnostic.code == "yaml-syntax"
    assert diagnostic.message.startswith(message)
    assert place_of(diagnostic) == place


@pytest.mark.parametrize("text", ["Resource: *▲", "- *▲\n", "a: [*▲]", "b:\n  c: *▲ d"])
def test_a_bare_star_is_explained(text: str) -> None:
    bad, (place,) = marked(text)

    diagnostic = refusal(bad)

    assert diagnostic.remedy == 'a bare `*` is an alias in YAML: write "*"'
    assert place_of(diagnostic) == place


def test_a_star_on_another_line_is_not_blamed() -> None:
    diagnostic = refusal('a: "*"\nb: c: d')

    assert diagnostic.remedy == ""
    assert place_of(diagnostic) == (2, 5)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(r'a: "\U00110000"', id="an escape beyond Unicode"),
        pytest.param(r'a: "\UFFFFFFFF"', id="an escape beyond an integer"),
        pytest.param("%YAML " + "9" * 5_000 + ".1\n---\na", id="a version of 5000 digits"),
    ],
)
def test_what_the_yaml_reader_chokes_on_is_refused(text: str) -> None:
    diagnostic = refusal(text)

    assert diagnostic.code == "yaml-syntax"


def test_one_hundred_levels_are_read() -> None:
    assert parse("[" * 101 + "]" * 101).start == 0


@pytest.mark.parametrize(
    ("depth", "column"),
    [
        pytest.param(102, 102, id="at the level that is too deep"),
        pytest.param(200_000, 102, id="far beyond what a recursion could follow"),
    ],
)
def test_a_deep_text_is_refused(depth: int, column: int) -> None:
    diagnostic = refusal("[" * depth + "]" * depth)

    assert diagnostic.code == "yaml-syntax"
    assert place_of(diagnostic) == (1, column)


def test_aliases_that_stand_for_very_much_are_refused() -> None:
    levels = [f"- &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 8)]

    diagnostic = refusal("\n".join(["- &a0 [x]", *levels]))

    assert diagnostic.code == "yaml-syntax"
    assert diagnostic.message == "this file holds too much"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("false", False),
        ("yes", "yes"),
        ("True", "True"),
        ("'true'", "true"),
        ("1.50", Number("1.50")),
        ("-1e5", Number("-1e5")),
        ("'1'", "1"),
        ("01", "01"),
        ("1.", "1."),
        ("2012-10-17", "2012-10-17"),
        ("null", None),
    ],
)
def test_json_rules_read_unquoted_scalars(text: str, value: Json) -> None:
    found = as_json(parse(text)).value

    assert found == value
    assert type(found) is type(value)


def test_json_rules_reach_every_level() -> None:
    node = as_json(parse("a: [1, {b: true}]\nc: x\n"))

    assert node.value == {"a": [Number("1"), {"b": True}], "c": "x"}
    assert node.items[0].items[1].items[0] == Node(11, 15, value=True)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("&k a: 1\nb: *k", {"a": "1", "b": "a"}),
        ("a: &k x\n*k : 1", {"a": "x", "x": "1"}),
        ("a: &k x\nb: &k y\nc: *k", {"a": "x", "b": "y", "c": "y"}),
    ],
)
def test_an_anchor_may_stand_at_a_name(text: str, value: Json) -> None:
    assert parse(text).value == value


@pytest.mark.parametrize("path", TEXTS, ids=str)
def test_both_yaml_readers_give_the_same_nodes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = path.read_text("utf-8")
    fast = parse(text)
    monkeypatch.delattr(yaml, "CBaseLoader", raising=False)

    assert parse(text) == fast


@pytest.mark.parametrize(
    "text",
    ["a: é😀b\nc: 'x'", "é: [😀, {b: c}]\r\nd: |\r\n  x\r\n  y\r\nz: 1"],
)
def test_both_yaml_readers_count_characters(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fast = parse(text)
    monkeypatch.delattr(yaml, "CBaseLoader", raising=False)

    assert parse(text) == fast
