"""JSON values as texts that are quickly made; people see them printed with two blanks a level."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator

from policy_eval.errors import Place
from policy_eval.text.node import Number, Span
from policy_eval.text.source import Source

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s"]')


def as_text(value: object, *, indent: int | None = None, ascii_only: bool = True) -> str:
    """Return a JSON value as a text; a `Number` as it was written (R-GRAM-10)."""
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    is_number = [isinstance(each, Number) for each in _strings(value)]
    if not any(is_number):
        return text
    here = iter(is_number)
    return _STRING.sub(lambda found: found[0][1:-1] if next(here) else found[0], text)


def _strings(value: object) -> Iterator[str]:
    """Yield the names, texts and numbers of a value, in the order in which they are printed."""
    pending = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            for name, item in reversed(each.items()):
                pending += (item, name)
        elif isinstance(each, list):
            pending += reversed(each)


class Printed(Source):
    """A JSON value as a text on one line; its places are those of the same value on many."""

    __slots__ = ("_here", "_there", "_value", "_visible")

    def __init__(self, name: str, value: object) -> None:
        super().__init__(name, as_text(value))
        self._value = value
        self._visible: Source | None = None
        self._here: list[int] = []
        self._there: list[int] = []

    def place(self, offset: int) -> Place:
        """Return the line and column of `offset` in the text that people see."""
        return self.visible().place(self.span(offset, offset + 1).start)

    def span(self, start: int, end: int) -> Span:
        """Return where a part of this text stands in the text that people see."""
        first = self._outside(start)
        return Span(first, self._outside(end - 1) + 1 if end > start else first)

    def visible(self) -> Source:
        """Return the text that people see."""
        if self._visible is None:
            self._visible = Source(self.name, as_text(self._value, indent=2))
            self._here, self._there = (
                [found.start() for found in _TOKENS.finditer(text)]
                for text in (self.text, self._visible.text)
            )
        return self._visible

    def _outside(self, offset: int) -> int:
        """Return where a character of this text stands in the other; a blank by what precedes."""
        self.visible()
        token = bisect_right(self._here, offset) - 1
        return self._there[token] + offset - self._here[token]
