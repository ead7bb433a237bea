"""Values as they stand in a text: JSON's data model, and a tree of it with positions."""

from typing import NamedTuple, TypeAlias


class Number(str):
    """A JSON number as the text that stands in the file, never a float (R-GRAM-10)."""

    __slots__ = ()


Json: TypeAlias = str | Number | bool | list["Json"] | dict[str, "Json"] | None

Path: TypeAlias = tuple[str | int, ...]
"""Member names and element numbers, from a value to something inside it."""


class Span(NamedTuple):
    """Where a thing stands in a text: from offset `start` to before offset `end`."""

    start: int
    end: int


class Node(NamedTuple):
    """A value and its place.

    `names` (with their spans) and `items` are a mapping's, `items` alone a sequence's.
    """

    start: int
    end: int
    value: Json
    names: tuple[tuple[str, Span], ...] = ()
    items: "tuple[Node, ...]" = ()


def find(node: Node, path: Path, *, name: bool = False) -> Span:
    """Return where that stands to which `path` leads, or the last thing on the way there.

    With `name`, where the last member's name stands, not its value.
    """
    found = Span(node.start, node.end)
    for step in path:
        if isinstance(step, int):
            if not isinstance(node.value, list):  # a bare value where a list may stand (R-GRAM-09)
                return Span(node.start, node.end)
            node = node.items[step]
            found = Span(node.start, node.end)
            continue
        names = [member for member, _ in node.names]
        if step not in names:
            return Span(node.start, node.end)
        index = names.index(step)
        node_of_name = node.names[index][1]
        node = node.items[index]
        found = node_of_name if name else Span(node.start, node.end)
    return found
