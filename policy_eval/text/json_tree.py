"""JSON text → nodes with positions, by the grammar `json`: where inner things stand.

Slower than `json_values` by two orders of magnitude, so it is used only when a place inside a
statement is wanted. Both read the same language (a property test holds them equal).
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, cast

from policy_eval.text.node import Json, Node, Number, Span

if TYPE_CHECKING:
    from lark import Lark, Token


def parse_json(text: str) -> tuple[Node, ...]:
    """Return the nodes of the values in `text`. Raises lark.UnexpectedInput."""
    return cast("tuple[Node, ...]", _parser().parse(text))  # what the rule `start` becomes


@cache
def _parser() -> Lark:
    """Return the parser that builds nodes as it goes, so that no other tree is ever held."""
    from policy_eval.text.grammars import building_parser

    return building_parser("json", _Nodes())


class _Nodes:
    """What each rule of the grammar becomes; its children are nodes, pairs and tokens."""

    def start(self, children: list[Node | Token]) -> tuple[Node, ...]:
        return tuple(child for child in children if isinstance(child, Node))

    def member(self, children: list[Node | Token]) -> tuple[tuple[str, Span], Node]:
        name, _, value = children
        assert not isinstance(name, Node)
        assert isinstance(value, Node)
        return (str(json.loads(name)), _span(name)), value

    def object(self, children: list[tuple[tuple[str, Span], Node] | Token]) -> Node:
        opening, *between, closing = children
        members = [child for child in between if isinstance(child, tuple)]
        names = tuple(name for name, _ in members)
        items = tuple(item for _, item in members)
        value: Json = {name: item.value for (name, _), item in members}
        return Node(_span(opening).start, _span(closing).end, value, names, items)

    def array(self, children: list[Node | Token]) -> Node:
        opening, *between, closing = children
        items = tuple(child for child in between if isinstance(child, Node))
        value: Json = [item.value for item in items]
        return Node(_span(opening).start, _span(closing).end, value, (), items)

    def string(self, children: list[Token]) -> Node:
        return Node(*_span(children[0]), str(json.loads(children[0])))

    def number(self, children: list[Token]) -> Node:
        return Node(*_span(children[0]), Number(children[0]))

    def word(self, children: list[Token]) -> Node:
        return Node(*_span(children[0]), _WORDS[children[0]])


_WORDS = {"true": True, "false": False, "null": None}


def _span(token: object) -> Span:
    start, end = getattr(token, "start_pos", None), getattr(token, "end_pos", None)
    assert isinstance(start, int)
    assert isinstance(end, int)
    return Span(start, end)


def repeated_name(nodes: tuple[Node, ...]) -> tuple[str, Span] | None:
    """Return the first name that stands twice in one object, and where for the second time."""
    pending = list(reversed(nodes))
    while pending:
        node = pending.pop()
        seen: set[str] = set()
        for name, span in node.names:
            if name in seen:
                return name, span
            seen.add(name)
        pending.extend(reversed(node.items))
    return None
