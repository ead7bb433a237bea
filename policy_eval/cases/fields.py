"""Typed reading of a suite's fields: what stands in the file, or an error with its line."""

from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple, TypeVar

from policy_eval.errors import Diagnostic, Place, Severity, SuiteError
from policy_eval.text.node import Node
from policy_eval.text.source import Source

T = TypeVar("T")


class Field(NamedTuple):
    """A value in a file."""

    source: Source
    node: Node

    @property
    def place(self) -> Place:
        """Where the value stands."""
        return self.source.place(self.node.start)

    @property
    def is_null(self) -> bool:
        """Whether the value is null or nothing."""
        return self.node.value is None

    @property
    def is_list(self) -> bool:
        """Whether the value is a list."""
        return isinstance(self.node.value, list)

    @property
    def is_mapping(self) -> bool:
        """Whether the value is a mapping."""
        return isinstance(self.node.value, dict)

    def refuse(self, code: str, message: str, remedy: str = "") -> SuiteError:
        """Return an error at this value."""
        return SuiteError(Diagnostic(code, Severity.ERROR, message, remedy, self.place))

    def text(self) -> str:
        """Return the value as text. Raises SuiteError for a list or mapping."""
        if not isinstance(self.node.value, str):
            raise self.refuse("wrong-type", "expected text here")
        return str(self.node.value)

    def truth(self) -> bool:
        """Return `true` or `false`."""
        text = self.text()
        if text not in ("true", "false"):
            raise self.refuse("wrong-type", f"expected true or false, found `{text}`")
        return text == "true"

    def items(self) -> "list[Field]":
        """Return a list's elements; a single value counts as a list of one, null as none."""
        if self.is_null:
            return []
        if self.is_list:
            return [Field(self.source, item) for item in self.node.items]
        return [self]

    def texts(self) -> list[str]:
        """Return a list of texts."""
        return [item.text() for item in self.items()]

    def members(self) -> "dict[str, Field]":
        """Return a mapping's members. Raises SuiteError for anything else."""
        if self.is_null:
            return {}
        if not self.is_mapping:
            raise self.refuse("wrong-type", "expected a mapping of names to values here")
        return {
            name: Field(self.source, item)
            for (name, _), item in zip(self.node.names, self.node.items, strict=True)
        }

    def checked(self, known: dict[str, str]) -> "dict[str, Field]":
        """Return a mapping's members, all of them among `known`.

        `known` maps each name to "" or to why it is not supported. Raises SuiteError.
        """
        members = self.members()
        for (name, at), item in zip(self.node.names, self.node.items, strict=True):
            place = self.source.place(at)
            if name not in known:
                near = get_close_matches(name, known, 1)
                remedy = f"did you mean `{near[0]}`" if near else f"known: {', '.join(known)}"
                raise SuiteError(
                    Diagnostic(
                        "unknown-field", Severity.ERROR, f"unknown field `{name}`", remedy, place
                    )
                )
            if known[name] and item.value not in (None, []):
                raise SuiteError(
                    Diagnostic("unsupported", Severity.ERROR, f"`{name}` {known[name]}", "", place)
                )
        return members

    def mapped(self, read: "Callable[[Field], T]") -> dict[str, T]:
        """Return a mapping with each member read."""
        return {name: read(field) for name, field in self.members().items()}


def read_file(path: Path) -> Field:
    """Return the root of a YAML or JSON file. Raises SuiteError."""
    from policy_eval.text.yaml_tree import parse_yaml

    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise _unreadable(path, f"byte {error.start + 1} is no UTF-8") from None
    except OSError as error:
        raise _unreadable(path, (error.strerror or "cannot be read").lower()) from None
    source = Source(str(path), text)
    if path.suffix == ".json":
        return Field(source, _json(source))
    return Field(source, parse_yaml(source))


def _unreadable(path: Path, found: str) -> SuiteError:
    return SuiteError(Diagnostic("unreadable-file", Severity.ERROR, f"{path}: {found}"))


def _json(source: Source) -> Node:
    from lark import UnexpectedInput

    from policy_eval.text.json_tree import parse_json

    try:
        (node,) = parse_json(source.text)
    except UnexpectedInput as error:
        at = error.pos_in_stream if error.pos_in_stream is not None else 0
        raise _syntax(source, at) from None
    except ValueError:
        raise _syntax(source, 0) from None
    return node


def _syntax(source: Source, at: int) -> SuiteError:
    return SuiteError(
        Diagnostic("json-syntax", Severity.ERROR, "this is no JSON value", "", source.place(at))
    )
