"""Patterns in which some variables are replaced by what they stand for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from typing import TypeVar

from policy_eval.policy.pattern import Variable
from policy_eval.semantics.lower import Unresolved

Piece = TypeVar("Piece", bound=Enum)


def replaced(
    patterns: Iterable[tuple[str | Piece | Variable, ...]],
    text_of: Callable[[Variable], str | Unresolved | None],
) -> tuple[tuple[str | Piece | Variable, ...], ...]:
    """Return patterns with variables replaced by their text; one without it drops out.

    `text_of` gives None for a variable that stays. What a variable stands for is literal.
    Rules: R-VAR-07, R-VAR-08, R-VAR-10.
    """
    found = []
    for pattern in patterns:
        pieces: list[str | Piece | Variable] = []
        for piece in pattern:
            text: str | Piece | Variable | Unresolved | None = piece
            if isinstance(piece, Variable):
                text = piece.key if piece.is_escape else text_of(piece)
            if isinstance(text, Unresolved):
                break
            pieces.append(piece if text is None else text)
        else:
            found.append(_joined(pieces))
    return tuple(found)


def without_escapes(
    pattern: tuple[str | Piece | Variable, ...],
) -> tuple[str | Piece | Variable, ...]:
    """Return a pattern in which `${*}`, `${?}` and `${$}` are the characters (R-VAR-09)."""
    (found,) = replaced((pattern,), lambda _: None)
    return found


def _joined(pieces: Iterable[str | Piece | Variable]) -> tuple[str | Piece | Variable, ...]:
    joined: list[str | Piece | Variable] = []
    for piece in pieces:
        if isinstance(piece, str) and joined and isinstance(last := joined[-1], str):
            joined[-1] = last + piece
        elif piece != "":
            joined.append(piece)
    return tuple(joined)
