"""Texts taken out of others: every character knows where it stood."""

from __future__ import annotations

from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_eval.errors import Place
from policy_eval.text.cutout import Cutout, Pieces, cut_out, laid_over, without_indent
from policy_eval.text.node import Span
from policy_eval.text.source import Source

LINES = st.lists(st.from_regex(r" {0,4}[ab ]{0,6}\r?", fullmatch=True), max_size=8)


def as_it_stands(outer: Source, inner: Source) -> bool:
    """Return whether every character of the inner text stands at its place in the outer."""
    return all(
        outer.text[slice(*inner.span(at, at + 1))] == character
        for at, character in enumerate(inner.text)
    )


def test_a_part_of_a_text_keeps_its_places() -> None:
    outer = Source("p.json", "one\ntwo three")

    part = cut_out(outer, 8, 13)

    assert (part.name, part.text) == ("p.json", "three")
    assert part.place(0) == Place("p.json", 2, 5)
    assert part.span(1, 3) == Span(9, 11)
    assert part.visible() is outer


def test_a_part_of_a_part_stands_in_the_outermost_text() -> None:
    outer = Source("p.json", "one\ntwo three")

    inner = cut_out(cut_out(outer, 4, 13), 4, 9)

    assert inner.text == "three"
    assert inner.span(0, 5) == Span(8, 13)
    assert inner.visible() is outer


def test_what_is_laid_over_a_text_stands_where_the_text_did() -> None:
    outer = Source("p.json", "a /* b */ c")

    over = laid_over(outer, "a         c")

    assert over.span(10, 11) == Span(10, 11)
    assert over.visible() is outer


def test_the_place_after_the_end_is_the_one_after_the_part() -> None:
    part = cut_out(Source("p.json", "abcdef"), 1, 3)

    assert part.span(2, 3) == Span(3, 4)


def test_an_empty_span_begins_and_ends_at_its_character() -> None:
    part = cut_out(Source("p.json", "abcdef"), 1, 5)

    assert part.span(2, 2) == Span(3, 4)


def test_characters_may_take_several_in_the_outer_text() -> None:
    pieces = Pieces()
    pieces.add(0, 1)
    pieces.add(1, 2, 6)
    pieces.add(2, 8)

    part = Cutout(Source("p.json", '"a\\u00e9b"'), "aéb", pieces)

    assert [part.span(at, at + 1) for at in range(3)] == [Span(1, 2), Span(2, 8), Span(8, 9)]
    assert part.span(0, 3) == Span(1, 9)


def filled(text: str) -> list[str]:
    """Return the lines of a text that hold something."""
    return [line.rstrip("\r") for line in text.split("\n") if line.strip()]


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        pytest.param("  a\n    b\n  c\n", "a\n  b\nc\n", id="what is shared goes"),
        pytest.param("  a\n\n  b\n", "a\n\nb\n", id="an empty line is not counted"),
        pytest.param("  a\n \n  b\n", "a\n\nb\n", id="nor a line of blanks"),
        pytest.param("a\n  b", "a\n  b", id="nothing is shared"),
        pytest.param("  a", "a", id="one line without an end"),
        pytest.param("\ta\n\tb", "\ta\n\tb", id="tabs are no indentation"),
        pytest.param("  a\r\n  b\r\n", "a\r\nb\r\n", id="line breaks of Windows"),
        pytest.param("  \n", "\n", id="nothing but blanks"),
    ],
)
def test_the_indentation_that_all_lines_share_is_left_out(text: str, inner: str) -> None:
    outer = Source("x.tf", text)

    found = without_indent(outer, 0, len(text))

    if inner.strip():
        assert found.text == inner
    assert as_it_stands(outer, found)


@given(LINES.filter(lambda lines: any(line.strip() for line in lines)))
def test_every_character_without_its_indentation_keeps_its_place(lines: list[str]) -> None:
    text = "\n".join(lines)
    outer = Source("x.tf", f"<<\n{text}")

    found = without_indent(outer, 3, len(outer.text))

    assert as_it_stands(outer, found)
    assert found.text.split() == text.split()
    assert filled(found.text) == filled(dedent(text.replace("\r", "")))


@pytest.mark.parametrize("separator", ["\u2028", "\x0c", "\x85", "\x1e"])
def test_only_a_line_break_begins_a_line(separator: str) -> None:
    text = f'    "a{separator}    b"\n'

    found = without_indent(Source("x.tf", text), 0, len(text))

    assert found.text == f'"a{separator}    b"\n'
