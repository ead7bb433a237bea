"""Typed reading of a suite's fields: what stands in the file, or an error with its line."""

from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple, TypeVar

from policy_eval.errors import Diagnostic, Place, Severity, SuiteError
from policy_eval.text.json_values import shown_character
from policy_eval.text.node import Node
from policy_eval.text.source import Source
from policy_eval.text.yaml_tree import DEEPEST

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
        value = self.node.value
        if isinstance(value, bool):  # JSON's; in YAML every scalar is text
            return "true" if value else "false"
        if not isinstance(value, str):
            found = "null" if self.is_null else "a list" if self.is_list else "a mapping"
            raise self.refuse("wrong-type", f"expected text, found {found}")
        return str(value)

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

    from policy_eval.text.json_tree import parse_json, repeated_name

    try:
        nodes = parse_json(source.text)
    except UnexpectedInput as error:
        at = error.pos_in_stream
        at = len(source.text) if at is None or at < 0 else at
        found = shown_character(source.text, at)
        raise _syntax(source, at, f"expected JSON, found {found}") from None
    if _depth(nodes[0]) > DEEPEST:
        raise _syntax(source, 0, "this file nests too deep")
    if len(nodes) > 1:
        raise _syntax(source, nodes[1].start, "expected the end of the text")
    twice = repeated_name(nodes)
    if twice is not None:
        raise _syntax(source, twice[1], f"`{twice[0]}` stands twice in one object")
    return nodes[0]


def _depth(node: Node) -> int:
    level, depth = [node], 0
    while level:
        level = [item for inner in level for item in inner.items]
        depth += 1
    return depth


def _syntax(source: Source, at: int, message: str) -> SuiteError:
    return SuiteError(Diagnostic("json-syntax", Severity.ERROR, message, "", source.place(at)))
