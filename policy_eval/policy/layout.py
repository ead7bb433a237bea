"""A policy's text in canonical order and layout: the same values, character by character.

Only the order of elements and the blanks between tokens change; names, texts and numbers stay as
they are written. Elements that the grammar does not know come last, in their own order.
AWS: "Grammar of the IAM JSON policy language" (R-GRAM-01, R-GRAM-14: order and blanks are free).
"""

from __future__ import annotations

from policy_eval.text.json_tree import parse_json
from policy_eval.text.node import Json, Node

INDENT = 4
"""Blanks of one level, as the AWS CLI prints policies."""

_ORDER = (
    "Version", "Id", "Statement",
    "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource",
    "NotResource", "Condition",
)  # fmt: skip


def laid_out(text: str, indent: int = INDENT) -> str:
    """Return a JSON text that was read (a policy, or statements) in canonical layout.

    Ends with a line break.
    """
    writer = _Writer(text, " " * indent)
    return ",\n".join(writer.ordered(node, 0) for node in parse_json(text)) + "\n"


def values_of(text: str) -> list[Json]:
    """Return the values in a JSON text: equal for two texts that say the same."""
    return [node.value for node in parse_json(text)]


class _Writer:
    """Writes nodes of one text."""

    def __init__(self, text: str, step: str) -> None:
        self._text = text
        self._step = step

    def ordered(self, node: Node, depth: int) -> str:
        """Write a policy, a statement or a list of them: their elements in order."""
        if isinstance(node.value, list):
            return self._listed("[", [self.ordered(item, depth + 1) for item in node.items], "]",
                                depth)  # fmt: skip
        if not isinstance(node.value, dict):
            return self._plain(node, depth)
        members = sorted(
            zip(node.names, node.items, strict=True), key=lambda member: _rank(member[0][0])
        )
        lines = []
        for (name, span), item in members:
            inner = self.ordered if name == "Statement" else self._plain
            written = self._text[span.start : span.end]
            lines.append(f"{written}: {inner(item, depth + 1)}")
        return self._listed("{", lines, "}", depth)

    def _plain(self, node: Node, depth: int) -> str:
        """Write a value in the order it has."""
        if isinstance(node.value, list):
            items = [self._plain(item, depth + 1) for item in node.items]
            return self._listed("[", items, "]", depth)
        if isinstance(node.value, dict):
            lines = [
                f"{self._text[span.start : span.end]}: {self._plain(item, depth + 1)}"
                for (_, span), item in zip(node.names, node.items, strict=True)
            ]
            return self._listed("{", lines, "}", depth)
        return self._text[node.start : node.end]

    def _listed(self, opening: str, parts: list[str], closing: str, depth: int) -> str:
        if not parts:
            return opening + closing
        margin = self._step * (depth + 1)
        inner = f",\n{margin}".join(parts)
        return f"{opening}\n{margin}{inner}\n{self._step * depth}{closing}"


def _rank(name: str) -> int:
    return _ORDER.index(name) if name in _ORDER else len(_ORDER)
