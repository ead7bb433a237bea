"""Typed reading of what people write in YAML or JSON: values, or an error with its line."""

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple, TypeVar

from policy_eval.errors import Diagnostic, Place, Severity, SuiteError
from policy_eval.text.files import read_source
from policy_eval.text.limits import LARGEST_SUITE
from policy_eval.text.node import Node
from policy_eval.text.pointing import point
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
        return SuiteError(self.pointed(Diagnostic(code, Severity.ERROR, message, remedy)))

    def pointed(self, problem: Diagnostic) -> Diagnostic:
        """Return a problem with the place of this value, unless it has one."""
        if problem.place is not None:
            return problem
        several_lines = not isinstance(self.node.value, str)
        end = self.node.start + 1 if several_lines else self.node.end
        return point(self.source, problem, self.node.start, end)

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

    def named(self) -> "list[tuple[Field, Field]]":
        """Return a mapping's members as pairs: the name as a field, and the value."""
        values = self.members().values()
        names = [Field(self.source, Node(*span, name)) for name, span in self.node.names]
        return list(zip(names, values, strict=True))

    def checked(self, known: Sequence[str]) -> "dict[str, Field]":
        """Return a mapping's members, all of them among `known` names. Raises SuiteError."""
        members = self.members()
        for name, span in self.node.names:
            if name not in known:
                near = get_close_matches(name, known, 1)
                remedy = f"did you mean `{near[0]}`" if near else f"known: {', '.join(known)}"
                problem = Diagnostic(
                    "unknown-field", Severity.ERROR, f"unknown field `{name}`", remedy
                )
                raise SuiteError(point(self.source, problem, *span))
        return members

    def mapped(self, read: "Callable[[Field], T]") -> dict[str, T]:
        """Return a mapping with each member read."""
        return {name: read(field) for name, field in self.members().items()}


def read_file(path: Path) -> Field:
    """Return the root of a YAML or JSON file. Raises SuiteError."""
    source = read_source(path, LARGEST_SUITE, SuiteError)
    if path.suffix == ".json":
        return Field(source, _json(source))
    from policy_eval.text.yaml_tree import parse_yaml

    return Field(source, parse_yaml(source))


def _json(source: Source) -> Node:
    from policy_eval.text.json_problems import problems_of
    from policy_eval.text.json_tree import parse_json

    problems = problems_of(source, "an object or a list")
    if problems:
        raise SuiteError(*problems)
    first, *others = parse_json(source.text)
    if others:
        problem = Diagnostic("json-syntax", Severity.ERROR, "one value is followed by another")
        raise SuiteError(point(source, problem, others[0].start))
    return first
