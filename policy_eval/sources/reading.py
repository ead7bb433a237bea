"""JSON values of a source, looked at with the path that leads to each.

What is not as the format has it raises SourceError, which names the file and the path inside it.
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from typing import NamedTuple, TypeAlias

from policy_eval.errors import Diagnostic, Severity, SourceError
from policy_eval.sources.model import Where
from policy_eval.text.node import Number


def refuse(code: str, message: str, where: Where, remedy: str = "") -> SourceError:
    """Return the error for something that stands in a source."""
    return SourceError(Diagnostic(code, Severity.ERROR, f"{where}: {message}", remedy))


OnError: TypeAlias = Callable[[SourceError], None]
"""Takes what is refused of a source, so that the rest can be read."""


@contextmanager
def leaving_out(on_error: OnError | None) -> Iterator[None]:
    """Hand what is refused on, where somebody takes it; else it is raised."""
    try:
        yield
    except SourceError as error:
        if on_error is None:
            raise
        on_error(error)


UNREADABLE = (OSError, EOFError, zlib.error)
"""What keeps a file, compressed or not, from being read."""


def what_failed(error: Exception) -> str:
    """Return what kept a file from being read."""
    return getattr(error, "strerror", None) or str(error)


class JsonNumber(Number):
    """A number in a file of JSON, as it is written (R-GRAM-10).

    It is no text, as an unquoted scalar of YAML may be that looks like a number (`UserName: 12`).
    """

    __slots__ = ()


class Parsed(NamedTuple):
    """The JSON value that a text is; `twice` is the error for a name that stands twice in it."""

    value: object
    twice: SourceError | None


def name_twice(pairs: Sequence[tuple[str, object]]) -> str:
    """Return the first name of an object's members that stands there twice; one does."""
    counts = Counter(name for name, _ in pairs)
    return next(name for name, count in counts.items() if count > 1)


def refuse_twice(name: str, where: Where) -> SourceError:
    """Return the error for a name that stands twice in an object."""
    return refuse("duplicate-key", f"`{name}` stands twice in one object", where, "keep one")


_NO_JSON = "this does not begin as JSON does; docs/sources.md tells which files are read"


def json_value(data: bytes, where: Where) -> object:
    """Return the JSON value that the bytes of a file are; a number is a `JsonNumber`.

    Raises SourceError, for a name that stands twice in one object, too.
    """
    found = _parsed(data, where, JsonNumber, JsonNumber)
    if found.twice is not None:
        raise found.twice
    return found.value


def plain_json(data: bytes, where: Where) -> Parsed:
    """Return the JSON value that the bytes of a file are, numbers as those of Python.

    Raises SourceError.
    """
    return _parsed(data, where, int, float)


def _parsed(
    data: bytes, where: Where, whole: Callable[[str], object], fraction: Callable[[str], object]
) -> Parsed:
    repeated: list[tuple[dict[str, object], str]] = []

    def members(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        if len(found) < len(pairs):
            repeated.append((found, name_twice(pairs)))
        return found

    try:
        value = json.loads(data, parse_int=whole, parse_float=fraction, object_pairs_hook=members)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        has_begun = error.doc[: error.pos].strip()
        remedy = "is the file complete?" if has_begun else _NO_JSON
        raise refuse("json-syntax", f"{place}: {error.msg}", where, remedy) from None
    except UnicodeDecodeError as error:
        raise refuse("wrong-encoding", f"no JSON in UTF-8: {error}", where) from None
    except RecursionError:
        raise refuse("too-deep", "arrays and objects nest too deeply", where) from None
    except ValueError as error:  # a number of thousands of digits
        raise refuse("json-syntax", str(error), where) from None
    if not repeated:
        return Parsed(value, None)
    # INVARIANT: the last object that was read is not inside another one that was dropped
    held, name = repeated[-1]
    return Parsed(value, refuse_twice(name, _place_of(held, Value(value, where))))


def _place_of(held: object, root: Value) -> Where:
    """Return where an object stands in a value."""
    pending = [root]
    while True:
        at = pending.pop()
        if at.value is held:
            return at.where
        if isinstance(at.value, dict):
            pending += (each for _, each in at.members())
        elif isinstance(at.value, list):
            pending += at.items()


_NAMES = {dict: "an object", list: "a list", str: "a text", bool: "true or false", int: "a number",
          float: "a number", JsonNumber: "a number", type(None): "null"}  # fmt: skip


_MOST_DIGITS = 9
"""What is counted in a source has no more."""


class Value(NamedTuple):
    """A JSON value, and where it stands."""

    value: object
    where: Where

    def _wrong(self, wanted: str) -> SourceError:
        found = _NAMES.get(type(self.value), "something else")
        return refuse("wrong-type", f"{found} stands where {wanted} is expected", self.where)

    def get(self, name: str) -> Value | None:
        """Return a member of an object; None where it is not there, or null."""
        if not isinstance(self.value, dict):
            raise self._wrong("an object")
        found = self.value.get(name)
        return None if found is None else Value(found, self.where.at(name))

    def need(self, name: str) -> Value:
        """Return a member that must be there."""
        found = self.get(name)
        if found is None:
            raise refuse("missing-field", f"`{name}` is not there", self.where)
        return found

    def text(self) -> str:
        """Return a text."""
        if not isinstance(self.value, str) or isinstance(self.value, JsonNumber):
            raise self._wrong("a text")
        return self.value

    def some_text(self) -> str:
        """Return a text that is not empty."""
        found = self.text()
        if not found:
            raise refuse("wrong-type", "the text is empty", self.where, "say it, or leave it out")
        return found

    def truth(self) -> bool:
        """Return true or false."""
        if not isinstance(self.value, bool):
            raise self._wrong("true or false")
        return self.value

    def number(self) -> int:
        """Return a whole number, 0 or more."""
        found = self.value
        if not isinstance(found, Number) or not found.isdigit() or len(found) > _MOST_DIGITS:
            raise self._wrong("a whole number, 0 or more")
        return int(found)

    def checked(self, known: Sequence[str]) -> Value:
        """Return the same object, whose members are all among the known names."""
        for name, each in self.members():
            if name not in known:
                near = get_close_matches(name, known, 1)
                raise refuse(
                    "unknown-field", f"unknown field `{name}`", each.where,
                    f"did you mean `{near[0]}`" if near else f"known: {', '.join(known)}",
                )  # fmt: skip
        return self

    def items(self) -> Iterator[Value]:
        """Yield the items of a list."""
        if not isinstance(self.value, list):
            raise self._wrong("a list")
        for number, item in enumerate(self.value):
            yield Value(item, self.where.at(f"[{number}]"))

    def members(self) -> Iterator[tuple[str, Value]]:
        """Yield the members of an object."""
        if not isinstance(self.value, dict):
            raise self._wrong("an object")
        for name, value in self.value.items():
            yield name, Value(value, self.where.at(str(name)))

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the texts in a list that a member is; none where it is not there."""
        found = self.get(name)
        return () if found is None else tuple(item.text() for item in found.items())

    def listed(self, name: str) -> list[Value]:
        """Return the items of a list that a member is; none where it is not there."""
        found = self.get(name)
        return [] if found is None else [*found.items()]
