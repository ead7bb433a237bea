"""JSON text → plain values, fast, and where each statement begins.

The standard decoder reads the values (`raw_decode`, so offsets come free); this module walks
only the outer shape. Inner positions are `json_tree`'s work, and only when they are wanted;
what is wrong with a text is `json_problems`' to say.
"""

import json
from collections.abc import Iterator
from typing import NamedTuple

from policy_eval.errors import PolicyError
from policy_eval.text.limits import DEEPEST
from policy_eval.text.node import Json, Number
from policy_eval.text.source import Source


class Member(NamedTuple):
    """One member of an object, or one element of an array, and where its value stands.

    `named_at` is where its name stands; an element has none.
    """

    name: str
    value: Json
    start: int
    end: int
    named_at: int = -1


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


class _NotJsonError(ValueError):
    """The text is not JSON as policies are, or has one key twice."""


def _unique(pairs: list[tuple[str, Json]]) -> Json:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _NotJsonError
    return members


def _refuse_constant(text: str) -> Json:
    raise _NotJsonError(text)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique,
    parse_int=Number,
    parse_float=Number,
    parse_constant=_refuse_constant,
)
_BLANKS = " \t\r\n"


def _skip(text: str, at: int) -> int:
    size = len(text)
    while at < size and text[at] in _BLANKS:
        at += 1
    return at


def _value(text: str, at: int) -> tuple[Json, int]:
    try:
        return _DECODER.raw_decode(text, at)
    except (ValueError, RecursionError):
        raise _NotJsonError from None


def _elements(text: str, at: int) -> tuple[tuple[Member, ...], int]:
    """Read an array whose `[` stands at `at`: its elements, and the offset after its `]`."""
    elements: list[Member] = []
    at = _skip(text, at + 1)
    if text[at : at + 1] == "]":
        return (), at + 1
    while True:
        value, end = _value(text, at)
        elements.append(Member("", value, at, end))
        at = _skip(text, end)
        if text[at : at + 1] == "]":
            return tuple(elements), at + 1
        at = _after(text, at, ",")


def _object(text: str, start: int) -> TopLevel:
    members: dict[str, Member] = {}
    statements: tuple[Member, ...] | None = None
    at = _skip(text, start + 1)
    if text[at : at + 1] == "}":
        return TopLevel("object", (), None, start, at + 1)
    while True:
        named_at = at
        name, end = _value(text, at)
        if text[at : at + 1] != '"' or name in members:
            raise _NotJsonError
        name = str(name)
        at = _after(text, _skip(text, end), ":")
        value: Json = None
        if name == "Statement" and text[at : at + 1] == "[":
            statements, end = _elements(text, at)
        else:
            value, end = _value(text, at)
        members[name] = Member(name, value, at, end, named_at)
        at = _skip(text, end)
        if text[at : at + 1] == "}":
            return TopLevel("object", tuple(members.values()), statements, start, at + 1)
        at = _after(text, at, ",")


def _after(text: str, at: int, mark: str) -> int:
    """Return where the token after the mark at `at` begins."""
    if text[at : at + 1] != mark:
        raise _NotJsonError
    return _skip(text, at + 1)


def read_json(source: Source) -> tuple[TopLevel, ...]:
    """Return the values of a JSON text, one, or several joined by commas.

    Several is the form in which AWS's documentation publishes statements without their
    wrapper. Raises PolicyError with every problem and its place for anything that is not JSON,
    for a key that stands twice in one object, and for text after the end.
    """
    try:
        return _checked(source.text)
    except _NotJsonError:
        from policy_eval.text.json_problems import problems_of  # only when something is wrong

        raise PolicyError(*problems_of(source)) from None


def _checked(text: str) -> tuple[TopLevel, ...]:
    values = tuple(_values(text))
    if _too_deep(text, values):
        raise _NotJsonError
    return values


def _too_deep(text: str, values: tuple[TopLevel, ...]) -> bool:
    """Whether the values nest deeper than `DEEPEST` levels, whatever the decoder can bear."""
    if text.count("[") + text.count("{") <= DEEPEST:
        return False
    level: list[Json] = []  # what stands two levels deep, then three, …
    for each in values:
        level += (member.value for member in each.members)
        if each.statements is not None:
            level.append([statement.value for statement in each.statements])
    for _ in range(2, DEEPEST + 1):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return any(isinstance(each, dict | list) for each in level)


def read_value(text: str) -> Json:
    """Return the one value of a JSON text; numbers stay texts.

    Raises ValueError or RecursionError for anything else, and for a key that stands twice in one
    object.
    """
    value: Json = _DECODER.decode(text)
    return value


def open_object(source: Source, at: int) -> TopLevel:
    """Return the object that stands at `at` in a text that was read, opened one level."""
    return _object(source.text, at)


def _values(text: str) -> Iterator[TopLevel]:
    at = _skip(text, 0)
    while True:
        opening = text[at : at + 1]
        if opening == "{":
            value = _object(text, at)
        elif opening == "[":
            elements, end = _elements(text, at)
            value = TopLevel("array", elements, None, at, end)
        else:
            raise _NotJsonError
        yield value
        at = _skip(text, value.end)
        if at == len(text):
            return
        at = _after(text, at, ",")
