"""JSON text → plain values, fast, and where each statement begins.

The standard decoder reads the values (`raw_decode`, so offsets come free); this module walks
only the outer shape. Inner positions are `json_tree`'s work, and only when they are wanted.
"""

import json
from typing import NamedTuple

from policy_eval.errors import Diagnostic, PolicyError, Severity
from policy_eval.text.node import Json, Number
from policy_eval.text.source import Source


class Member(NamedTuple):
    """One member of an object, or one element of an array, and where its value stands."""

    name: str
    value: Json
    start: int
    end: int


class TopLevel(NamedTuple):
    """One value at the outermost level, opened one level further.

    `kind` is `object` or `array`; `members` are an object's members or an array's elements. For
    the member `Statement` holding an array, `statements` are that array's elements.
    """

    kind: str
    members: tuple[Member, ...]
    statements: tuple[Member, ...] | None
    start: int
    end: int

    @property
    def is_object(self) -> bool:
        """Whether the value is an object."""
        return self.kind == "object"


class DuplicateKeyError(ValueError):
    """An object has one key twice; the key is the message."""


class ConstantError(ValueError):
    """A constant that JSON does not have stands as a value; it is the message."""


def _unique(pairs: list[tuple[str, Json]]) -> Json:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        raise DuplicateKeyError(next(name for name in names if names.count(name) > 1))
    return members


def _refuse_constant(text: str) -> Json:
    raise ConstantError(text)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique,
    parse_int=Number,
    parse_float=Number,
    parse_constant=_refuse_constant,
)
_BLANKS = " \t\r\n"
_TOO_DEEP = "this text nests deeper than JSON policies can"


def _skip(text: str, at: int) -> int:
    size = len(text)
    while at < size and text[at] in _BLANKS:
        at += 1
    return at


def shown_character(text: str, at: int) -> str:
    """Return the character at an offset as messages name it; invisible ones by their number."""
    if at >= len(text):
        return "the end of the text"
    character = text[at]
    return f"`{character}`" if character.isprintable() else f"U+{ord(character):04X}"


def _syntax(source: Source, at: int, expected: str) -> PolicyError:
    text = source.text
    found = shown_character(text, at)
    return PolicyError(
        Diagnostic(
            "json-syntax",
            Severity.ERROR,
            f"expected {expected}, found {found}",
            "policies are strict JSON: no comments, no trailing commas, double quotes",
            source.place(at),
            ("R-GRAM-01",),
        )
    )


def _value(source: Source, at: int) -> tuple[Json, int]:
    try:
        value, end = _DECODER.raw_decode(source.text, at)
    except json.JSONDecodeError as error:
        raise _syntax(source, error.pos, _EXPECTED.get(error.msg, "a JSON value")) from None
    except DuplicateKeyError as error:
        raise _duplicate(source, str(error), at) from None
    except RecursionError:
        raise _syntax(source, at, f"a policy ({_TOO_DEEP})") from None
    except ConstantError as error:
        place = source.text.index(str(error), at)
        raise _syntax(source, place, "JSON numbers only (NaN and Infinity are none)") from None
    return value, end


_EXPECTED = {
    "Expecting value": "a JSON value",
    "Expecting ',' delimiter": "`,` or the closing bracket",
    "Expecting ':' delimiter": "`:`",
    "Expecting property name enclosed in double quotes": "a name in double quotes",
    "Unterminated string starting at": 'the closing `"` of this string',
    "Invalid control character at": "no bare control character inside a string",
    "Invalid \\escape": "one of JSON's escapes after the backslash",
    "Invalid \\uXXXX escape": "four hexadecimal digits after `\\u`",
}


def _duplicate(source: Source, name: str, start: int) -> PolicyError:
    from policy_eval.text.json_tree import second_occurrence  # Lark: only when something is wrong

    second = second_occurrence(source.text, name)
    return PolicyError(
        Diagnostic(
            "duplicate-key",
            Severity.ERROR,
            f"`{name}` stands twice in one object",
            "keep one of them; AWS refuses such a policy, and other readers silently keep the last",
            source.place(start if second is None else second),
            ("R-GRAM-06",),
        )
    )


def _elements(source: Source, at: int) -> tuple[tuple[Member, ...], int]:
    """Read an array whose `[` stands at `at`: its elements, and the offset after its `]`."""
    text = source.text
    elements: list[Member] = []
    at = _skip(text, at + 1)
    if text[at : at + 1] == "]":
        return (), at + 1
    while True:
        value, end = _value(source, at)
        elements.append(Member("", value, at, end))
        at = _skip(text, end)
        if text[at : at + 1] == "]":
            return tuple(elements), at + 1
        if text[at : at + 1] != ",":
            raise _syntax(source, at, "`,` or `]`")
        at = _skip(text, at + 1)


def _object(source: Source, start: int) -> TopLevel:
    text = source.text
    members: dict[str, Member] = {}
    statements: tuple[Member, ...] | None = None
    at = _skip(text, start + 1)
    if text[at : at + 1] == "}":
        return TopLevel("object", (), None, start, at + 1)
    while True:
        if text[at : at + 1] != '"':
            raise _syntax(source, at, "a name in double quotes")
        name, end = _value(source, at)
        name = str(name)
        if name in members:
            raise _duplicate(source, name, start)
        at = _skip(text, end)
        if text[at : at + 1] != ":":
            raise _syntax(source, at, "`:`")
        at = _skip(text, at + 1)
        value: Json = None
        if name == "Statement" and text[at : at + 1] == "[":
            statements, end = _elements(source, at)
        else:
            value, end = _value(source, at)
        members[name] = Member(name, value, at, end)
        at = _skip(text, end)
        if text[at : at + 1] == "}":
            return TopLevel("object", tuple(members.values()), statements, start, at + 1)
        if text[at : at + 1] != ",":
            raise _syntax(source, at, "`,` or `}`")
        at = _skip(text, at + 1)


def read_json(source: Source) -> tuple[TopLevel, ...]:
    """Return the values of a JSON text, one, or several joined by commas.

    Several is the form in which AWS's documentation publishes statements without their
    wrapper. Raises PolicyError with the place for anything that is not JSON, for a key that
    stands twice in one object, and for text after the end.
    """
    text = source.text
    values: list[TopLevel] = []
    at = _skip(text, 0)
    while True:
        opening = text[at : at + 1]
        if opening == "{":
            values.append(_object(source, at))
        elif opening == "[":
            elements, end = _elements(source, at)
            values.append(TopLevel("array", elements, None, at, end))
        else:
            raise _syntax(source, at, "a policy document, a statement or a list of statements")
        at = _skip(text, values[-1].end)
        if at == len(text):
            return tuple(values)
        if text[at] != ",":
            raise _syntax(source, at, "the end of the text, or `,` and another statement")
        at = _skip(text, at + 1)
