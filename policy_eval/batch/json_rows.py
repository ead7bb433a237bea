"""A request as a JSON object: checked, and turned into texts; what is wrong with it, at its place.

Members are `action`, `resource`, `principal` and `resource_account`, each a text; `context`, an
object of condition keys; condition keys by their names. A key holds a text, a number, true or
false, or a list of these; null is "not given", an empty list "known to be absent". Any other
member is left alone.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any, TypeAlias

from policy_eval.batch.rows import CONTEXT, TEXTS, Cell, Row, at_line
from policy_eval.errors import Diagnostic, InputError, Place, RequestError, Severity
from policy_eval.text.files import decode
from policy_eval.text.json_problems import problems_of
from policy_eval.text.json_tree import parse_json
from policy_eval.text.json_values import read_value
from policy_eval.text.node import Json, Node
from policy_eval.text.pointing import point
from policy_eval.text.source import Source


class _WrongShapeError(ValueError):
    """Something is not what a request holds there."""


class _Line(Source):
    """The text of a line of a file."""

    __slots__ = ("_line",)

    def __init__(self, name: str, text: str, line: int) -> None:
        super().__init__(name, text)
        self._line = line

    def place(self, offset: int) -> Place:
        """Return where `offset` is in the file."""
        return Place(self.name, self._line, offset + 1)


def read_row(row: Row, file: str, kept: Collection[str]) -> dict[str, Any]:
    """Return what a row says, by names. Raises InputError with its places in the file."""
    try:
        text = decode(row.data.rstrip(b"\r"), file, len(row.data), RequestError).text
    except RequestError as error:
        raise RequestError(*at_line(error.diagnostics, row.line)) from None
    return _read(_Line(file, text, row.line), kept)


def _read(source: Source, kept: Collection[str]) -> dict[str, Any]:
    try:
        value = read_value(source.text)
        if not isinstance(value, dict):
            raise _WrongShapeError
        row = {name: _held(name, member, kept) for name, member in value.items()}
        if "\\ud" in source.text.lower():
            json.dumps(row, ensure_ascii=False).encode(
                "utf-8"
            )  # half of a pair of surrogates is no character
    except (ValueError, RecursionError):
        raise _explained(source) from None
    return {name: held for name, held in row.items() if held is not None}


def read_context(text: str) -> dict[str, Cell]:
    """Return condition keys of a JSON object. Raises InputError."""
    row = _read(Source("", f'{{"{CONTEXT}":{text}}}'), ())
    context: dict[str, Cell] = row.get(CONTEXT, {})
    return context


def read_values(text: str) -> list[str]:
    """Return the values of a JSON list. Raises InputError."""
    source = Source("", text)
    try:
        value = read_value(text)
        if not isinstance(value, list):
            raise _WrongShapeError
        return [_scalar(item) for item in value]
    except (ValueError, RecursionError):
        message = "this is no list of texts, numbers, true or false"
        problem = Diagnostic("context-value", Severity.ERROR, message)
        raise RequestError(*(problems_of(source, "a list") or (problem,))) from None


def _held(name: str, value: Json, kept: Collection[str]) -> object:
    if name in TEXTS:
        if value is not None and type(value) is not str:
            raise _WrongShapeError
        return value
    if name == CONTEXT:
        if value is None:
            return None
        if not isinstance(value, dict):
            raise _WrongShapeError
        found = {key: _values(member) for key, member in value.items()}
        return {key: held for key, held in found.items() if held is not None}
    if ":" in name:
        return _values(value)
    return as_text(value) if name in kept else None


def _values(value: Json) -> list[str] | None:
    if value is None:
        return None
    if isinstance(value, list):
        return [_scalar(item) for item in value]
    return [_scalar(value)]


def _scalar(value: Json) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return str(value)
    raise _WrongShapeError


def as_text(value: Json) -> str | None:
    """Return a member that is only kept, as text: another value than a text as JSON."""
    if value is None:
        return None
    if isinstance(value, str):
        return str(value)
    return _dumped(value)


def _dumped(value: Json) -> str:
    if isinstance(value, dict):
        inner = (
            f"{json.dumps(name, ensure_ascii=False)}: {_dumped(item)}"
            for name, item in value.items()
        )
        return f"{{{', '.join(inner)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_dumped, value))}]"
    if type(value) is str or value is None or isinstance(value, bool):
        return json.dumps(value, ensure_ascii=False)
    return str(value)  # a number as it stands


def _explained(source: Source) -> InputError:
    """Return what is wrong with a row."""
    problems = problems_of(source, "an object")
    return RequestError(*(problems or _misshapen(source, parse_json(source.text)[0])))


def _misshapen(source: Source, root: Node) -> list[Diagnostic]:
    found = [
        point(source, Diagnostic(code, Severity.ERROR, message, expected=expected), *span)
        for span, code, message, expected in _faults(root)
    ]
    if found:
        return found
    at = source.text.lower().index("\\ud")
    message = "half of a pair of surrogates is no character"
    problem = Diagnostic("invalid-escape", Severity.ERROR, message, "write the whole pair")
    return [point(source, problem, at, at + len("\\ud800"))]


_Fault: TypeAlias = tuple[tuple[int, int], str, str, str]


def _faults(root: Node) -> Iterator[_Fault]:
    """Give what is not as a request has it: where, the code, what was found, what is expected."""
    if not isinstance(root.value, dict):
        yield (root.start, root.end), "wrong-type", f"this is {_kind(root.value)}", "an object"
    for (name, _), node in zip(root.names, root.items, strict=False):
        kind = type(node.value)
        wanted = str if name in TEXTS else dict if name == CONTEXT else kind
        if kind is not wanted and node.value is not None:
            expected = "a text" if name in TEXTS else "an object"
            yield (
                (node.start, node.end), "wrong-type", f"`{name}` is {_kind(node.value)}", expected
            )  # fmt: skip
        elif name == CONTEXT:
            for (key, _), member in zip(node.names, node.items, strict=True):
                yield from _faulty_values(key, member)
        elif ":" in name:
            yield from _faulty_values(name, node)


def _faulty_values(name: str, node: Node) -> Iterator[_Fault]:
    is_list = isinstance(node.value, list)
    for item in node.items if is_list else (node,):
        if isinstance(item.value, list | dict) or (is_list and item.value is None):
            found = f"`{name}` holds {_kind(item.value)}"
            expected = "a text, a number, true, false, or a list of these"
            yield (item.start, item.end), "context-value", found, expected


def _kind(value: Json) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case dict():
            return "an object"
        case list():
            return "a list"
        case str() if type(value) is str:
            return "a text"
        case _:
            return "a number"
