"""Texts inside other texts: what was taken out, and where every character of it stood."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right

from policy_eval.errors import Place
from policy_eval.text.node import Span
from policy_eval.text.source import Source

_LINES = re.compile(r"[^\n]*\n|[^\n]+")


class Pieces:
    """How a decoded text lies in the text it was read from, piece by piece.

    In a piece, every character of the inner text takes `width` characters of the outer one.
    """

    __slots__ = ("inner", "outer", "widths")

    def __init__(self) -> None:
        self.inner = array("L")
        self.outer = array("L")
        self.widths = array("L")

    def add(self, inner: int, outer: int, width: int = 1) -> None:
        """Let a piece begin at `inner`, which lies at `outer`."""
        self.inner.append(inner)
        self.outer.append(outer)
        self.widths.append(width)

    def outside(self, at: int) -> tuple[int, int]:
        """Return where the character at `at` begins and ends in the outer text."""
        piece = max(bisect_right(self.inner, at) - 1, 0)
        width = self.widths[piece]
        start = self.outer[piece] + (at - self.inner[piece]) * width
        return start, start + width


class Cutout(Source):
    """A text that stands, perhaps encoded, inside another; its places are the outer text's."""

    __slots__ = ("_outer", "_pieces")

    def __init__(self, outer: Source, text: str, pieces: Pieces) -> None:
        super().__init__(outer.name, text)
        self._outer = outer
        self._pieces = pieces

    def place(self, offset: int) -> Place:
        """Return the line and column of `offset` in the outermost text."""
        return self.visible().place(self.span(offset, offset + 1).start)

    def span(self, start: int, end: int) -> Span:
        """Return where a part of this text stands in the outermost text."""
        first, after = self._pieces.outside(start)
        last = self._pieces.outside(end - 1)[1] if end > start else after
        return self._outer.span(first, last)

    def visible(self) -> Source:
        """Return the outermost text."""
        return self._outer.visible()


def cut_out(outer: Source, start: int, end: int) -> Cutout:
    """Return the part of a text from `start` to `end` as it stands."""
    pieces = Pieces()
    pieces.add(0, start)
    return Cutout(outer, outer.text[start:end], pieces)


def laid_over(outer: Source, text: str) -> Cutout:
    """Return a text that replaces the outer one character by character."""
    pieces = Pieces()
    pieces.add(0, 0)
    return Cutout(outer, text, pieces)


def without_indent(outer: Source, start: int, end: int) -> Cutout:
    """Return the lines from `start` to `end` without the indentation that all of them share."""
    lines = _LINES.findall(outer.text, start, end)
    filled = [line for line in lines if line.strip()]
    indent = min((len(line) - len(line.lstrip(" ")) for line in filled), default=0)
    pieces = Pieces()
    parts: list[str] = []
    size, at = 0, start
    for line in lines:
        cut = min(indent, len(line) - len(line.lstrip(" ")))
        pieces.add(size, at + cut)
        parts.append(line[cut:])
        size += len(line) - cut
        at += len(line)
    return Cutout(outer, "".join(parts), pieces)
