"""Text → the statements it holds, in whichever published form they come.

Four forms (`Form`): a document, one statement, a list of statements, statements joined by
commas as AWS's documentation prints them. Where a text is no policy but holds one (a command's
output, a heredoc), `envelopes` and `embedded` take it out. What is recognised is said, never
repaired; positions always refer to the text as it was given.
"""

import json
from typing import TYPE_CHECKING, NamedTuple

from policy_eval.errors import PolicyError
from policy_eval.policy.ast import Form
from policy_eval.policy.policy_type import STRICT, PolicyType, Strictness
from policy_eval.text.json_values import Member, TopLevel, read_json
from policy_eval.text.node import Json, Node, Path, Span, find
from policy_eval.text.source import Source

if TYPE_CHECKING:
    from policy_eval.policy.ast import Places
    from policy_eval.policy.findings import Finding


class Document(NamedTuple):
    """A policy's statements and the members beside them, before anything is checked.

    `span` is where the document stands, `stored` its text as IAM would store it. `found_in` says
    in what it stood and `types` what it can be by that; empty where it is the whole text.
    `findings` are what was read over. `single_at` is where a Statement stands that is no list.
    """

    source: Source
    form: Form
    members: dict[str, Json]
    statements: tuple[Member, ...]
    span: Span
    stored: str
    places: "Places"
    found_in: str = ""
    types: frozenset[PolicyType] = frozenset()
    findings: "tuple[Finding, ...]" = ()
    single_at: int | None = None


class _JsonPlaces:
    """Finds inner places by parsing a statement again with positions, when first asked."""

    __slots__ = ("_nodes", "_source", "_spans", "_wrapper")

    def __init__(
        self, source: Source, wrapper: tuple[Member, ...], spans: tuple[Span, ...]
    ) -> None:
        self._source = source
        self._wrapper = wrapper
        self._spans = spans
        self._nodes: dict[int, Node] = {}

    def __call__(self, statement: int, path: Path, *, name: bool = False) -> Span:
        start, end = self._spans[statement]
        if not path:
            return Span(start, end)
        if statement == 0:
            return self._beside_statements(path[0], name=name)
        node = self._nodes.get(statement)
        if node is None:
            from policy_eval.text.json_tree import parse_json  # Lark: only for diagnostics

            node = self._nodes[statement] = parse_json(self._source.text[start:end])[0]
        found = find(node, path, name=name)
        return Span(start + found.start, start + found.end)

    def _beside_statements(self, wanted: str | int, *, name: bool) -> Span:
        member = next((each for each in self._wrapper if each.name == wanted), None)
        if member is None:
            return self._spans[0]
        if name:
            end = self._source.text.rindex('"', member.named_at, member.start) + 1
            return Span(member.named_at, end)
        return Span(member.start, member.end)


class _NodePlaces:
    """Finds inner places in a tree that is already at hand (a policy inside a YAML file)."""

    __slots__ = ("_nodes",)

    def __init__(self, nodes: tuple[Node, ...]) -> None:
        self._nodes = nodes

    def __call__(self, statement: int, path: Path, *, name: bool = False) -> Span:
        return find(self._nodes[statement], path, name=name)


_BLANKS = " \t\r\n"
_OPENINGS = ("{", "[")
FORMS = (
    "give a policy document, one statement, a list of statements, or statements joined by commas"
)


def read_document(source: Source, strictness: Strictness = STRICT) -> Document:
    """Return the statements in a text that is JSON, or holds JSON. Raises PolicyError."""
    findings: "tuple[Finding, ...]" = ()
    if strictness.lenient:
        from policy_eval.policy.lenient import read_over

        over, findings = read_over(source)
        if over.text.lstrip(_BLANKS)[:1] not in _OPENINGS:  # comments of another language
            findings = ()
        else:
            source = over
    if source.text.lstrip(_BLANKS)[:1] not in _OPENINGS:
        from policy_eval.policy.embedded import read_embedded  # only where a text is not JSON

        return read_embedded(source, strictness)
    document = _read(source, strictness)
    return document._replace(findings=(*findings, *document.findings)) if findings else document


def _read(source: Source, strictness: Strictness) -> Document:
    values = read_json(source)
    first = values[0]
    if len(values) > 1:
        wrapped = next((value for value in values if not _is_statement(value)), None)
        if wrapped is not None:
            raise _refused(source, wrapped, "only statements may be joined by commas")
        span = Span(first.start, values[-1].end)
        return _fragment(source, Form.JOINED, tuple(map(_whole, values)), span)
    span = Span(first.start, first.end)
    if not first.is_object:
        if first.members and all(map(_is_document, first.members)):
            raise _refused(source, first, "this is a list of policy documents")
        return _fragment(source, Form.LIST, first.members, span)
    if _is_statement(first):
        return _fragment(source, Form.STATEMENT, (_whole(first),), span)
    if any(member.name == "Statement" for member in first.members):
        return _wrapped(source, first)
    from policy_eval.policy.envelopes import read_envelope  # only for commands' outputs

    return read_envelope(source, first, strictness)


def _refused(source: Source, value: TopLevel, message: str) -> PolicyError:
    from policy_eval.text.pointing import refuse  # only when something is wrong

    opening = Span(value.start, value.start + 1)
    remedy = "give one policy at a time" if "list" in message else FORMS
    return refuse(source, opening, "not-a-policy", message, remedy, rule="R-GRAM-01")


def _is_document(member: Member) -> bool:
    return isinstance(member.value, dict) and "Statement" in member.value


def _is_statement(value: TopLevel) -> bool:
    names = {member.name for member in value.members}
    return value.is_object and "Statement" not in names and bool(names & {"Effect", "Action"})


def _whole(value: TopLevel) -> Member:
    members: dict[str, Json] = {member.name: member.value for member in value.members}
    return Member("", members, value.start, value.end)


def _fragment(source: Source, form: Form, statements: tuple[Member, ...], span: Span) -> Document:
    spans = tuple(Span(statement.start, statement.end) for statement in statements)
    places = _JsonPlaces(source, (), (span, *spans))
    stored = source.text[span.start : span.end]
    return Document(source, form, {}, statements, span, stored, places)


def _wrapped(source: Source, value: TopLevel) -> Document:
    members = {member.name: member.value for member in value.members}
    single = next(member for member in value.members if member.name == "Statement")
    statements = (single,) if value.statements is None else value.statements
    del members["Statement"]
    span = Span(value.start, value.end)
    spans = (span, *(Span(member.start, member.end) for member in statements))
    places = _JsonPlaces(source, value.members, spans)
    stored = source.text[value.start : value.end]
    single_at = single.start if value.statements is None else None
    return Document(
        source, Form.DOCUMENT, members, statements, span, stored, places, single_at=single_at
    )


def inline_document(source: Source, node: Node) -> Document:
    """Return the policy that stands as a value inside another file (JSON's rules, R-GRAM-10)."""
    names = [name for name, _ in node.names]
    span = Span(node.start, node.end)
    if "Statement" not in names:
        from policy_eval.text.pointing import refuse  # only when something is wrong

        message = "this policy has no Statement"
        remedy = "give a policy document"
        raise refuse(source, span, "missing-statement", message, remedy, rule="R-GRAM-01")
    inner = node.items[names.index("Statement")]
    nodes = inner.items if isinstance(inner.value, list) else (inner,)
    members = {
        name: item.value
        for name, item in zip(names, node.items, strict=True)
        if name != "Statement"
    }
    raw = tuple(Member("", item.value, item.start, item.end) for item in nodes)
    stored = json.dumps(node.value, ensure_ascii=False)
    return Document(source, Form.DOCUMENT, members, raw, span, stored, _NodePlaces((node, *nodes)))
