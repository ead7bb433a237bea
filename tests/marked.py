"""Texts that show where something stands: each `▲` marks a place and is taken out."""

from __future__ import annotations

from typing import NamedTuple

MARK = "▲"


class Marked(NamedTuple):
    """A text without its marks, and the line and column (from 1) of each mark."""

    text: str
    places: tuple[tuple[int, int], ...]


def marked(text: str) -> Marked:
    """Return the text without its marks, and where they stood."""
    places = []
    for number, line in enumerate(text.split("\n"), 1):
        before = 0
        for part in line.split(MARK)[:-1]:
            before += len(part)
            places.append((number, before + 1))
    return Marked(text.replace(MARK, ""), tuple(places))
