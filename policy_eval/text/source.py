"""Where a thing stands: a named text, and offsets in it turned into lines and columns."""

from __future__ import annotations

from bisect import bisect_right

from policy_eval.errors import Place
from policy_eval.text.node import Span


class Source:
    """A named text. Offsets count characters from 0; lines and columns count from 1."""

    __slots__ = ("_starts", "name", "text")

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self._starts: list[int] | None = None

    def place(self, offset: int) -> Place:
        """Return the line and column of `offset`."""
        starts = self._line_starts()
        line = bisect_right(starts, offset)
        return Place(self.name, line, offset - starts[line - 1] + 1)

    def span(self, start: int, end: int) -> Span:
        """Return where a part of this text stands in the text that people see."""
        return Span(start, end)

    def visible(self) -> Source:
        """Return the text that people see: this one, or the one it was taken out of."""
        return self

    def _line_starts(self) -> list[int]:
        if self._starts is None:
            starts, at = [0], self.text.find("\n")
            while at >= 0:
                starts.append(at + 1)
                at = self.text.find("\n", at + 1)
            self._starts = starts
        return self._starts
