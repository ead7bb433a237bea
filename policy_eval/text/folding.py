"""Case folding as AWS compares names."""

from __future__ import annotations

from functools import lru_cache


def fold(text: str) -> str:
    """Return `text` in simple per-character lower case.

    No full folding, no context: `ß` stays, a final sigma is an ordinary sigma,
    and a character whose lower case is longer than one character stays.

    Rules: R-COND-03 (names), C.2 StringEqualsIgnoreCase (values).
    """
    if text.isascii():
        return text.lower()
    return "".join(
        small if len(small := character.lower()) == 1 else character for character in text
    )


@lru_cache(maxsize=8192)
def fold_name(name: str) -> str:
    """Return the name of a condition key folded; remembered, as the same names come again."""
    return fold(name)
