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
    return tuple(_node(child) for child in tree.children)


def _node(tree: Tree[Token] | Token) -> Node:
    from lark import Tree

    if not isinstance(tree, Tree):
        message = "the grammar names every value"
        raise TypeError(message)
    start, end = tree.meta.start_pos, tree.meta.end_pos
    if tree.data == "object":
        names: list[tuple[str, int]] = []
        items: list[Node] = []
        for member in tree.children:
            if isinstance(member, Tree):
                name, value = member.children
                names.append((json.loads(str(name)), member.meta.start_pos))
                items.append(_node(value))
        members: Json = {name: item.value for (name, _), item in zip(names, items, strict=True)}
        return Node(start, end, members, tuple(names), tuple(items))
    if tree.data == "array":
        nodes = tuple(_node(child) for child in tree.children if child is not None)
        return Node(start, end, [node.value for node in nodes], (), nodes)
    return Node(
        start, end, _scalar(str(tree.data), text=str(tree.children[0]) if tree.children else "")
    )


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


def second_occurrence(text: str, name: str) -> int | None:
    """Return where `name` first stands for the second time in one object; None if unreadable."""
    from lark import UnexpectedInput

    try:
        pending = list(reversed(parse_json(text)))
    except UnexpectedInput:
        return None
    while pending:
        node = pending.pop()
        seen: set[str] = set()
        for member, at in node.names:
            if member in seen and member == name:
                return at
            seen.add(member)
        pending.extend(reversed(node.items))
    return None
