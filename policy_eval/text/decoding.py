"""Encoded texts → the texts they stand for, with the place of every character.

JSON strings, and percent-encoding as AWS's APIs return policies (RFC 3986, UTF-8).
"""

from __future__ import annotations

import json
import re

from policy_eval.text.cutout import Cutout, Pieces
from policy_eval.text.node import Span
from policy_eval.text.pointing import refuse
from policy_eval.text.source import Source

JSON_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]++|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*+"')
"""A JSON string with its quotes."""

_ESCAPES = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u....|\\.")
_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2})+")


def string_decoded(source: Source, span: Span) -> Cutout:
    """Return the text that a JSON string (with its quotes, at `span`) stands for."""
    pieces = Pieces()
    parts: list[str] = []
    at, size = span.start + 1, 0
    pieces.add(0, at)
    for escape in _ESCAPES.finditer(source.text, at, span.end - 1):
        plain = source.text[at : escape.start()]
        character = str(json.loads(f'"{escape[0]}"'))
        if plain:
            pieces.add(size, at)
        pieces.add(size + len(plain), escape.start(), len(escape[0]))
        parts += (plain, character)
        size += len(plain) + len(character)
        at = escape.end()
    pieces.add(size, at)
    parts.append(source.text[at : span.end - 1])
    return Cutout(source, "".join(parts), pieces)


def percent_decoded(source: Source) -> Cutout:
    """Return the text that percent-encoded UTF-8 stands for. Raises PolicyError."""
    text = source.text
    pieces = Pieces()
    parts: list[str] = []
    at = size = 0
    pieces.add(0, 0)
    for run in _PERCENT.finditer(text):
        plain = text[at : run.start()]
        pieces.add(size, at)
        size += len(plain)
        data = bytes.fromhex(run[0].replace("%", ""))
        try:
            decoded = data.decode("utf-8")
        except UnicodeDecodeError as error:
            first = run.start() + error.start * 3
            message = f"`{text[first : first + 3]}` does not begin a character of UTF-8"
            remedy = "encode the policy as UTF-8 before percent-encoding it"
            raise refuse(
                source, Span(first, first + 3), "wrong-encoding", message, remedy
            ) from None
        outer = run.start()
        for character in decoded:
            width = 3 * len(character.encode("utf-8"))
            pieces.add(size, outer, width)
            size += 1
            outer += width
        parts += (plain, decoded)
        at = run.end()
    pieces.add(size, at)
    parts.append(text[at:])
    return Cutout(source, "".join(parts), pieces)
