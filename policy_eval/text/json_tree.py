"""JSON text → nodes with positions, by the grammar `json`: where inner things stand.

Slower than `json_values` by two orders of magnitude, so it is used only when a place inside a
statement is wanted. Both read the same language (a property test holds them equal).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from policy_eval.text.grammars import parser
from policy_eval.text.node import Json, Node, Number

if TYPE_CHECKING:
    from lark import Token, Tree


def parse_json(text: str) -> tuple[Node, ...]:
    """Return the nodes of the values in `text`. Raises lark.UnexpectedInput."""
    tree = parser("json").parse(text)
    built: dict[int, Node] = {}
    for inner in tree.iter_subtrees():  # inner ones first, so no depth is too deep
        if inner.data not in ("start", "member"):
            built[id(inner)] = _node(inner, built)
    return tuple(built[id(child)] for child in tree.children)


def _node(tree: Tree[Token], built: dict[int, Node]) -> Node:
    start, end = tree.meta.start_pos, tree.meta.end_pos
    match tree.data:
        case "object":
            found = [member for member in tree.children if not isinstance(member, str)]
            members = [(member.children, member.meta.start_pos) for member in found]
            names = tuple((str(json.loads(str(name))), at) for (name, _), at in members)
            items = tuple(built[id(value)] for (_, value), _ in members)
            value: Json = {name: item.value for (name, _), item in zip(names, items, strict=True)}
            return Node(start, end, value, names, items)
        case "array":
            items = tuple(built[id(child)] for child in tree.children)
            return Node(start, end, [item.value for item in items], (), items)
        case kind:
            return Node(start, end, _scalar(str(kind), "".join(map(str, tree.children))))


def _scalar(kind: str, text: str) -> Json:
    match kind:
        case "string":
            return str(json.loads(text))
        case "number":
            return Number(text)
        case "null":
            return None
        case _:
            return kind == "true"


def repeated_name(nodes: tuple[Node, ...], wanted: str | None = None) -> tuple[str, int] | None:
    """Return the first name (or the first place of `wanted`) that stands twice in one object."""
    pending = list(reversed(nodes))
    while pending:
        node = pending.pop()
        seen: set[str] = set()
        for name, at in node.names:
            if name in seen and wanted in (None, name):
                return name, at
            seen.add(name)
        pending.extend(reversed(node.items))
    return None


def second_occurrence(text: str, name: str) -> int | None:
    """Return where `name` first stands for the second time in one object; None if unreadable."""
    from lark import UnexpectedInput

    try:
        found = repeated_name(parse_json(text), name)
    except UnexpectedInput:
        return None
    return None if found is None else found[1]
