"""Text → the statements it holds, in whichever published form they come.

Four forms (`Form`): a document, one statement, a list of statements, statements joined by
commas as AWS's documentation prints them. What is recognised is said, never repaired.
"""

import json
from typing import NamedTuple

from policy_eval.errors import Diagnostic, Place, PolicyError, Severity
from policy_eval.policy.ast import Form, Places
from policy_eval.text.json_values import Member, TopLevel, read_json
from policy_eval.text.node import Json, Node, Path, find
from policy_eval.text.source import Source


class Document(NamedTuple):
    """A policy's statements and the members beside them, before anything is checked.

    `stored` is the text that IAM would store.
    """

    source: Source
    form: Form
    members: dict[str, Json]
    statements: tuple[Member, ...]
    start: int
    stored: str
    places: Places


class _JsonPlaces:
    """Finds inner places by parsing again with positions, only when asked."""

    __slots__ = ("_source", "_spans")

    def __init__(self, source: Source, spans: tuple[tuple[int, int], ...]) -> None:
        self._source = source
        self._spans = spans

    def __call__(self, statement: int, path: Path, *, name: bool = False) -> Place:
        from policy_eval.text.json_tree import parse_json  # Lark: only for diagnostics

        start, end = self._spans[statement]
        node = parse_json(self._source.text[start:end])[0]
        return self._source.place(start + find(node, path, name=name))


class _NodePlaces:
    """Finds inner places in a tree that is already at hand (a policy inside a YAML file)."""

    __slots__ = ("_nodes", "_source")

    def __init__(self, source: Source, nodes: tuple[Node, ...]) -> None:
        self._source = source
        self._nodes = nodes

    def __call__(self, statement: int, path: Path, *, name: bool = False) -> Place:
        return self._source.place(find(self._nodes[statement], path, name=name))


def _refuse(source: Source, at: int, message: str, remedy: str) -> PolicyError:
    return PolicyError(
        Diagnostic(
            "not-a-policy",
            Severity.ERROR,
            message,
            remedy,
            source.place(at),
            ("R-GRAM-01",),
        )
    )


_FORMS = (
    "give a policy document, one statement, a list of statements, or statements joined by commas"
)


def read_document(source: Source) -> Document:
    """Return the statements in a JSON text. Raises PolicyError with the place."""
    values = read_json(source)
    first = values[0]
    if len(values) > 1:
        wrapped = next((value for value in values if not _is_statement(value)), None)
        if wrapped is not None:
            raise _refuse(source, wrapped.start, "only statements may be joined by commas", _FORMS)
        return _fragment(source, Form.JOINED, tuple(map(_whole, values)))
    if not first.is_object:
        return _fragment(source, Form.LIST, first.members)
    if _is_statement(first):
        return _fragment(source, Form.STATEMENT, (_whole(first),))
    return _wrapped(source, first)


def _is_statement(value: TopLevel) -> bool:
    names = {member.name for member in value.members}
    return value.is_object and "Statement" not in names and bool(names & {"Effect", "Action"})


def _whole(value: TopLevel) -> Member:
    members: dict[str, Json] = {member.name: member.value for member in value.members}
    return Member("", members, value.start, value.end)


def _fragment(source: Source, form: Form, statements: tuple[Member, ...]) -> Document:
    whole = (0, len(source.text))
    first = statements[0][2:] if statements else whole
    spans = (first, *((statement.start, statement.end) for statement in statements))
    return Document(source, form, {}, statements, 0, source.text, _JsonPlaces(source, spans))


def _wrapped(source: Source, value: TopLevel) -> Document:
    members = {member.name: member.value for member in value.members}
    single = next((member for member in value.members if member.name == "Statement"), None)
    if single is None:
        from difflib import get_close_matches  # only when something is wrong

        near = get_close_matches("Statement", members, 1)
        remedy = f"did you mean `Statement` where `{near[0]}` stands" if near else _FORMS
        raise _refuse(
            source, value.start, "this object holds neither a Statement nor one statement", remedy
        )
    statements = (single,) if value.statements is None else value.statements
    del members["Statement"]
    spans = ((value.start, value.end), *((member.start, member.end) for member in statements))
    stored = source.text[value.start : value.end]
    places = _JsonPlaces(source, spans)
    return Document(source, Form.DOCUMENT, members, statements, value.start, stored, places)


def inline_document(source: Source, node: Node) -> Document:
    """Return the policy that stands as a value inside another file (JSON's rules, R-GRAM-10)."""
    names = [name for name, _ in node.names]
    if "Statement" not in names:
        raise _refuse(source, node.start, "this policy has no Statement", "give a policy document")
    inner = node.items[names.index("Statement")]
    nodes = inner.items if isinstance(inner.value, list) else (inner,)
    members = {
        name: item.value
        for name, item in zip(names, node.items, strict=True)
        if name != "Statement"
    }
    raw = tuple(Member("", item.value, item.start, item.end) for item in nodes)
    places = _NodePlaces(source, (node, *nodes))
    stored = json.dumps(node.value, ensure_ascii=False)
    return Document(source, Form.DOCUMENT, members, raw, node.start, stored, places)
