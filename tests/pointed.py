"""What a diagnostic points at, found in the text as given by nothing but lines and columns."""

from __future__ import annotations

from policy_eval.errors import Diagnostic


def pointed(text: str, problem: Diagnostic) -> str:
    """Return the characters of `text` from a problem's place to its end."""
    place, excerpt = problem.place, problem.excerpt
    assert place is not None
    assert excerpt is not None
    start = _offset(text, place.line, place.column)
    return text[start : _offset(text, excerpt.end_line, excerpt.end_column)]


def _offset(text: str, line: int, column: int) -> int:
    lines = text.split("\n")
    return sum(len(each) + 1 for each in lines[: line - 1]) + column - 1
