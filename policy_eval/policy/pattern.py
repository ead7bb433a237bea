"""Policy values as patterns: literal text, wildcards and policy variables, parsed once.

The language is `grammar/pattern.lark`; this parser is the fast one, held equal to the grammar
by a property test. Rules: R-VAR-06, R-VAR-09, R-VAR-14, R-RES-02.
"""

from enum import Enum
from typing import NamedTuple, TypeAlias


class Wildcard(Enum):
    """A character of a pattern that stands for others."""

    ANY_RUN = "*"
    ANY_ONE = "?"


class Variable(NamedTuple):
    """`${key}` or `${key, 'default'}`: the key as written, and the text as written.

    The key may also be `*`, `?` or `$`: the character itself (R-VAR-09).
    """

    key: str
    default: str | None
    text: str

    @property
    def is_escape(self) -> bool:
        """Whether this stands for a character, not for a key's value."""
        return self.key in _ESCAPES


Glob: TypeAlias = tuple[str | Wildcard, ...]
"""Literal runs and wildcards; no two literal runs stand side by side."""

Pattern: TypeAlias = tuple[str | Wildcard | Variable, ...]
"""A glob that may also hold variables."""


class MalformedVariableError(ValueError):
    """`${` opens something that is no policy variable; `offset` is where it opens."""

    def __init__(self, offset: int, reason: str) -> None:
        self.offset = offset
        self.reason = reason
        super().__init__(reason)


_BLANKS = " \t"
_ESCAPES = frozenset("*?$")
_NOT_IN_NAMES = frozenset("{}',\"")


def parse_pattern(text: str, *, wildcards: bool, variables: bool) -> Pattern:
    """Return the pattern that `text` is.

    Without `wildcards`, `*` and `?` are literal; without `variables`, `${…}` is literal text
    in which `*` and `?` keep their meaning (R-VAR-02).

    Raises MalformedVariableError (R-VAR-06, R-VAR-14).
    """
    if not (variables and "${" in text):
        return split_wildcards(text) if wildcards else ((text,) if text else ())
    pieces: list[str | Wildcard | Variable] = []
    at = 0
    while (opening := text.find("${", at)) >= 0:
        _extend(pieces, text[at:opening], wildcards=wildcards)
        variable = _variable(text, opening)
        pieces.append(variable)
        at = opening + len(variable.text)
    _extend(pieces, text[at:], wildcards=wildcards)
    return tuple(pieces)


def read_pattern(text: str, *, wildcards: bool, variables: bool) -> Pattern:
    """Return the pattern that `text` is; a `${` that opens no variable is literal (R-VAR-14)."""
    pieces: list[str | Wildcard | Variable] = []
    while True:
        try:
            return (*pieces, *parse_pattern(text, wildcards=wildcards, variables=variables))
        except MalformedVariableError as error:
            literal = error.offset + len("${")
            pieces += parse_pattern(text[: error.offset], wildcards=wildcards, variables=variables)
            pieces.append("${")
            text = text[literal:]


def split_wildcards(text: str) -> Glob:
    """Return `text` as a glob: every `*` and `?` is a wildcard."""
    if "*" not in text and "?" not in text:
        return (text,) if text else ()
    pieces: list[str | Wildcard] = []
    start = 0
    for at, character in enumerate(text):
        if character in "*?":
            if at > start:
                pieces.append(text[start:at])
            pieces.append(Wildcard(character))
            start = at + 1
    if start < len(text):
        pieces.append(text[start:])
    return tuple(pieces)


def glob_text(glob: Glob) -> str | None:
    """Return the one text a glob without wildcards matches; None if it has wildcards."""
    if not glob:
        return ""
    first = glob[0]
    return first if len(glob) == 1 and isinstance(first, str) else None


def _extend(pieces: list[str | Wildcard | Variable], text: str, *, wildcards: bool) -> None:
    if wildcards:
        pieces.extend(split_wildcards(text))
    elif text:
        pieces.append(text)


def _skip_blanks(text: str, at: int) -> int:
    while at < len(text) and text[at] in _BLANKS:
        at += 1
    return at


def _variable(text: str, opening: int) -> Variable:
    """Parse `"${" blanks? NAME blanks? [", " "'" DEFAULT "'" blanks?] "}"` at `opening`."""
    start = _skip_blanks(text, opening + 2)
    at = start
    while at < len(text) and not text[at].isspace() and text[at] not in _NOT_IN_NAMES:
        at += 1
    name = text[start:at]
    if not name:
        raise MalformedVariableError(opening, "`${` is followed by no key name")
    if name[0] in _ESCAPES and len(name) > 1:
        raise MalformedVariableError(opening, f"`{name}` is no key name")
    default = None
    if text.startswith(", '", at) and name not in _ESCAPES:
        closing = text.find("'", at + 3)
        if closing < 0:
            raise MalformedVariableError(opening, "the default has no closing `'`")
        default = text[at + 3 : closing]
        at = closing + 1
    at = _skip_blanks(text, at)
    if at >= len(text):
        raise MalformedVariableError(opening, "`${` is not closed by `}`")
    if text[at] != "}":
        raise MalformedVariableError(
            opening, f"`{text[at]}` stands where `}}` or `, 'default'` is expected"
        )
    return Variable(name, default, text[opening : at + 1])
