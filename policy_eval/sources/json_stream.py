"""A JSON text read value by value: no more of it is kept than one value and a piece of the file.

The standard decoder reads each value from a buffer that grows until the value is whole; the shape
around the values is walked here. A number is a `JsonNumber`. What is wrong is refused with
line and column in the file and the path inside it.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from io import BufferedIOBase
from itertools import chain

from policy_eval.errors import SourceError
from policy_eval.sources.model import Where
from policy_eval.sources.reading import UNREADABLE, JsonNumber, name_twice, refuse, what_failed

PIECE = 1 << 18
"""Bytes that are read at a time."""

LARGEST_ITEM = 100_000_000
"""Characters of one value: a user, group, role or policy of an export."""

_COMPLETE = "is the file complete?"
_LONGEST_TOKEN = 16
"""No word, number sign or escape that the end of the buffer may cut is longer."""

_BLANKS = re.compile(r"[ \t\n\r]*")
_WORDS = ("true", "false", "null", "NaN", "Infinity", "-Infinity")


class JsonStream:
    """The JSON text of a file, from its beginning on.

    Whoever walks `members` and `items` takes the value after each with `value`, `pass_over`, or
    another walk. Every method raises SourceError for what is no JSON at the place it reads.
    """

    def __init__(self, file: BufferedIOBase, name: str) -> None:
        self.where = Where(name)
        self._pieces = _pieces(file)
        self._text = ""
        self._at = 0
        self._lines = 0  # before the buffer
        self._column = 0  # characters of the buffer's first line that stand before it
        self.twice = ""
        """A name that stands twice in an object of the value that was read last."""
        self._decode = json.JSONDecoder(
            object_pairs_hook=self._members_of, parse_int=JsonNumber, parse_float=JsonNumber
        ).raw_decode

    def peek(self) -> str:
        """Return the next character that is no blank, and stay before it; nothing at the end."""
        while True:
            blanks = _BLANKS.match(self._text, self._at)
            assert blanks is not None  # it matches nothing, too
            self._at = blanks.end()
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more(self.where):
                return ""

    def value(self, where: Where) -> object:
        """Return the next value; `twice` tells whether a name stands twice in it."""
        wanted = 0
        while True:
            if not self.peek():
                raise self._cut_off(where)
            self.twice = ""
            try:
                value, end = self._decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if not (_may_go_on(error) and self._grow(wanted, where)):
                    raise self._broken(error, where) from None
                wanted = 2 * (len(self._text) - self._at)
                continue
            except RecursionError:
                raise refuse("too-deep", "arrays and objects nest too deeply", where) from None
            is_near_the_end = len(self._text) - end < _LONGEST_TOKEN
            if is_near_the_end and self._text[end - 1] not in '}]"' and self._grow(0, where):
                continue  # a number may go on in the next piece
            break
        self._at = end
        return value

    def members(self, where: Where) -> Iterator[str]:
        """Yield the names of the object that begins here."""
        self._take("{", where)
        if self.peek() == "}":
            self._at += 1
            return
        while True:
            if self.peek() not in ('"', ""):
                raise self._unexpected("a name in double quotes", where)
            name = str(self.value(where))
            self._take(":", where)
            yield name
            if self._take(",}", where) == "}":
                return

    def items(self, where: Where) -> Iterator[Where]:
        """Yield the places of the items of the list that begins here."""
        self._take("[", where)
        number = 0
        if self.peek() == "]":
            self._at += 1
            return
        while True:
            yield where.at(f"[{number}]")
            number += 1
            if self._take(",]", where.at(f"[{number}]")) == "]":
                return

    def pass_over(self, where: Where) -> None:
        """Read over the next value, of a list item by item."""
        if self.peek() == "[":
            for place in self.items(where):
                self.value(place)
        else:
            self.value(where)

    def end(self) -> None:
        """Refuse a text that goes on."""
        if self.peek():
            raise self._unexpected("the end of the file", self.where)

    def _take(self, marks: str, where: Where) -> str:
        """Take one of some characters, which must come next."""
        found = self.peek()
        if not found:
            raise self._cut_off(where)
        if found not in marks:
            raise self._unexpected(" or ".join(f"`{each}`" for each in marks), where)
        self._at += 1
        return found

    def _members_of(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        if len(found) < len(pairs):
            self.twice = name_twice(pairs)
        return found

    # What is wrong

    def _line(self, at: int) -> str:
        """Return the place of a character of the buffer in the file."""
        lines = self._text.count("\n", 0, at)
        before = self._text.rfind("\n", 0, at)
        column = at - before if lines else self._column + at + 1
        return f"line {self._lines + lines + 1}, column {column}"

    def _cut_off(self, where: Where) -> SourceError:
        return refuse(
            "json-syntax", f"{self._line(len(self._text))}: the file ends here", where,
            _COMPLETE,
        )  # fmt: skip

    def _unexpected(self, expected: str, where: Where) -> SourceError:
        found = self._text[self._at]
        message = f"{self._line(self._at)}: `{found}` stands where {expected} is expected"
        return refuse("json-syntax", message, where)

    def _broken(self, error: json.JSONDecodeError, where: Where) -> SourceError:
        if _is_cut_off(error):
            return self._cut_off(where)
        return refuse("json-syntax", f"{self._line(error.pos)}: {error.msg}", where)

    # The buffer

    def _grow(self, wanted: int, where: Where) -> bool:
        """Read on until so many characters are ahead; return whether there was more."""
        if len(self._text) - self._at > LARGEST_ITEM:
            raise refuse("too-large", f"one value has at most {LARGEST_ITEM:,} characters", where)
        grown = self._more(where)
        while grown and len(self._text) - self._at < wanted and self._more(where):
            pass
        return grown

    def _more(self, where: Where) -> bool:
        """Read a piece of the file, and leave what was taken; return whether there was one."""
        try:
            new = next(self._pieces, "")
        except _UnreadableError as error:
            raise refuse(error.code, error.message, where, _COMPLETE) from None
        if not new:
            return False
        lines = self._text.count("\n", 0, self._at)
        before = self._text.rfind("\n", 0, self._at)
        self._column = self._at - before - 1 if lines else self._column + self._at
        self._lines += lines
        self._text = self._text[self._at :] + new
        self._at = 0
        return True


class _UnreadableError(Exception):
    """What keeps the rest of a file from being read, once all before it was."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code, self.message = code, message


def _pieces(file: BufferedIOBase) -> Iterator[str]:
    """Yield a file's text, none of the pieces empty. Raises _UnreadableError."""
    blocks = _blocks(file)
    first = next(blocks)
    encoding = json.detect_encoding(first)
    decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
    passed = 0
    for block in chain((first,), blocks):
        pending, _ = state = decoder.getstate()
        before = passed - len(pending)
        passed += len(block)
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            decoder.setstate(state)
            yield from filter(None, (decoder.decode(block[: max(0, error.start - len(pending))]),))
            raise _UnreadableError("wrong-encoding", _wrong(error, encoding, before)) from None
        if text:
            yield text


def _wrong(error: UnicodeDecodeError, encoding: str, before: int) -> str:
    named = encoding.upper().removesuffix("-SIG")
    byte = error.object[error.start]
    return f"no JSON in {named}: byte 0x{byte:02x} at {before + error.start:,}: {error.reason}"


def _blocks(file: BufferedIOBase) -> Iterator[bytes]:
    """Yield a file's bytes, and nothing at its end. Raises _UnreadableError."""
    block = bytearray()
    failed = None
    try:
        while part := file.read1(PIECE):
            block += part
            if len(block) >= PIECE:
                yield bytes(block)
                block.clear()
    except UNREADABLE as error:
        failed = what_failed(error)
    if block:
        yield bytes(block)
    if failed is not None:
        raise _UnreadableError("unreadable-file", failed)
    yield b""


def _may_go_on(error: json.JSONDecodeError) -> bool:
    """Return whether what follows the buffer may mend what is wrong at its end."""
    near_the_end = len(error.doc) - error.pos < _LONGEST_TOKEN
    return near_the_end or error.msg.startswith("Unterminated string")


def _is_cut_off(error: json.JSONDecodeError) -> bool:
    """Return whether the text ends where a value should go on."""
    rest = error.doc[error.pos :].rstrip()
    if error.msg.startswith("Invalid \\"):  # an escape that may be cut
        return len(rest) < _LONGEST_TOKEN and '"' not in rest
    return error.msg.startswith("Unterminated string") or any(
        word.startswith(rest) for word in _WORDS
    )
