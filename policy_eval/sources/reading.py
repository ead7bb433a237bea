"""JSON values of a source, looked at with the path that leads to each.

What is not as the format has it raises SourceError, which names the file and the path inside it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from policy_eval.errors import Diagnostic, Severity, SourceError
from policy_eval.sources.model import Where


def refuse(code: str, message: str, where: Where, remedy: str = "") -> SourceError:
    """Return the error for something that stands in a source."""
    return SourceError(Diagnostic(code, Severity.ERROR, f"{where}: {message}", remedy))


UNREADABLE = (OSError, EOFError, zlib.error)
"""What keeps a file, compressed or not, from being read."""


def what_failed(error: Exception) -> str:
    """Return what kept a file from being read."""
    return getattr(error, "strerror", None) or str(error)


def json_value(data: bytes, where: Where) -> object:
    """Return the JSON value that the bytes of a file are. Raises SourceError."""
    try:
        return json.loads(data)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        remedy = "is the file complete?"
        raise refuse("json-syntax", f"{place}: {error.msg}", where, remedy) from None
    except UnicodeDecodeError as error:
        raise refuse("wrong-encoding", f"no JSON in UTF-8: {error}", where) from None
    except RecursionError:
        raise refuse("too-deep", "arrays and objects nest too deeply", where) from None
    except ValueError as error:  # a number of thousands of digits
        raise refuse("json-syntax", str(error), where) from None


_NAMES = {dict: "an object", list: "a list", str: "a text", bool: "true or false", int: "a number",
          float: "a number", type(None): "null"}  # fmt: skip


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
        if not isinstance(self.value, str):
            raise self._wrong("a text")
        return self.value

    def number(self) -> int:
        """Return a whole number, 0 or more."""
        if not isinstance(self.value, int) or isinstance(self.value, bool) or self.value < 0:
            raise self._wrong("a whole number, 0 or more")
        return self.value

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
