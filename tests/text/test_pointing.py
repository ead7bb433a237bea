"""Diagnostics with a place have the line they stand on, cut where it is long."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_eval.errors import Diagnostic, Place, Severity
from policy_eval.excerpt import Excerpt
from policy_eval.text.node import Span
from policy_eval.text.pointing import point, refuse
from policy_eval.text.source import Source
from tests.pointed import pointed

PROBLEM = Diagnostic("a-code", Severity.ERROR, "this is wrong")


def excerpt_of(text: str, start: int, end: int | None = None) -> Excerpt:
    """Return the excerpt of a problem at a place."""
    excerpt = point(Source("p.json", text), PROBLEM, start, end).excerpt
    assert excerpt is not None
    return excerpt


def test_without_an_end_one_character_is_meant() -> None:
    assert excerpt_of("abc", 1) == Excerpt("abc", 1, 2, 1, 3)


@pytest.mark.parametrize(
    ("text", "start", "end", "excerpt"),
    [
        pytest.param("ab\ncd\nef", 3, 5, Excerpt("cd", 0, 2, 2, 3), id="a line between others"),
        pytest.param("ab\r\ncd", 1, 2, Excerpt("ab", 1, 2, 1, 3), id="a line break of Windows"),
        pytest.param("ab\r\ncd", 1, 6, Excerpt("ab", 1, 2, 2, 3), id="over two lines"),
        pytest.param("\r\n", 0, 1, Excerpt("", 0, 1, 1, 2), id="an empty line"),
        pytest.param("ab", 2, 3, Excerpt("ab", 2, 3, 1, 4), id="after the end"),
        pytest.param("ab", 1, 1, Excerpt("ab", 1, 2, 1, 2), id="nothing is meant"),
    ],
)
def test_the_line_is_shown_and_what_is_meant_of_it(
    text: str, start: int, end: int, excerpt: Excerpt
) -> None:
    assert excerpt_of(text, start, end) == excerpt


@given(st.text("ab\n\r…漢", min_size=1, max_size=400), st.data())
def test_the_excerpt_holds_what_is_meant_so_far_as_its_line_reaches(
    text: str, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))

    problem = point(Source("p.json", text), PROBLEM, start, end)

    excerpt = problem.excerpt
    assert excerpt is not None
    assert pointed(text, problem) == text[start:end]
    shown = excerpt.line[excerpt.start : excerpt.end]
    assert text[start:end].startswith(shown)
    assert "\n" not in excerpt.line
    assert len(excerpt.line) <= 102
    assert excerpt.start < excerpt.end


def test_a_refusal_has_its_place_and_its_words() -> None:
    error = refuse(Source("p.json", "abc"), Span(1, 3), "a-code", "found", "help", "text", "R-A-01")

    (problem,) = error.diagnostics
    assert problem[:7] == (
        "a-code",
        Severity.ERROR,
        "found",
        "help",
        Place("p.json", 1, 2),
        ("R-A-01",),
        "text",
    )


def test_a_refusal_without_a_rule_names_none() -> None:
    (problem,) = refuse(Source("p.json", "abc"), Span(0, 1), "a-code", "found").diagnostics

    assert problem.rules == ()
