"""The tokens of a text that should be JSON, well-formed ones and those people write instead.

Reading takes time in proportion to the text, whatever the text: what may have to be read again,
because its end is missing, is looked for no further than a bound.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from policy_eval.errors import cut

_TOKENS = re.compile(
    r"""
      (?P<blank>       [ \t\r\n]++ )
    | (?P<string>      "(?:[^"\\\x00-\x1f]++|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*+" )
    | (?P<placeholder> \$\{[^}\n]{0,200}+\} | \{\{[^}\n]{0,200}+\}\} | <[A-Za-z][^>\n]{0,200}+>
                     | \.\.\.++ | … )
    | (?P<mark>        [{}\[\]:,] )
    | (?P<number>      -?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][-+]?[0-9]++)?(?![\w.+-]) )
    | (?P<comment>     //[^\n]*+ | \#[^\n]*+ | /\*(?s:.*?)(?:\*/|\Z) )
    | (?P<broken>      "(?:[^"\\\r\n]++|\\[^\r\n])*+"? )
    | (?P<single>      '(?:[^'\\\r\n]++|\\[^\r\n]){0,200}+' )
    | (?P<smart>       [“”„‟«»](?:[^“”„‟«»"\r\n]++)[“”„‟«»"]?
                     | [‘’‚‛](?:[^‘’‚‛'\r\n]++)[‘’‚‛']? )
    | (?P<word>        [-+.\w]++ )
    | (?P<other>       . )
    """,
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """A token: what it is, a group of `_TOKENS`, and where it stands."""

    kind: str
    text: str
    start: int
    end: int


def token_at(text: str, at: int) -> Token:
    """Return the token of a text that begins at an offset inside it."""
    found = _TOKENS.match(text, at)
    assert found is not None  # `other` matches any character
    return Token(str(found.lastgroup), found[0], at, found.end())


_LIKE_WORDS = {
    "True": "true", "False": "false", "TRUE": "true", "FALSE": "false", "yes": "true",
    "no": "false", "on": "true", "off": "false",
}  # fmt: skip
_NOTHING = frozenset({"None", "nil", "undefined", "NULL", "Null"})
_NUMBER_LIKE = re.compile(r"[-+.]?[0-9]")


def about_word(word: str) -> tuple[str, str, str]:
    """Return the message, what was expected and the remedy for a bare word as a value."""
    if word in _LIKE_WORDS:
        right = _LIKE_WORDS[word]
        return f"`{word}` is no word of JSON", "a value", f"write `{right}`"
    if word in _NOTHING:
        message = f"`{word}` is no word of JSON"
        return message, "a value", "leave the element out: a policy holds no null"
    if word.lstrip("-") in ("NaN", "Infinity"):
        return f"`{word}` is no number of JSON", "a value", 'a policy value is text: "…"'
    shown = cut(word)
    if _NUMBER_LIKE.match(word):
        return f"`{shown}` is no number of JSON", "a value", f'if it is text, write "{shown}"'
    return f"the text `{shown}` is not in quotes", "a value", f'write "{shown}"'
