"""Values as they stand in a text: JSON's data model, and a tree of it with positions."""

from typing import NamedTuple, TypeAlias


class Number(str):
    """A JSON number as the text that stands in the file, never a float (R-GRAM-10)."""

    __slots__ = ()


Json: TypeAlias = str | Number | bool | list["Json"] | dict[str, "Json"] | None

Path: TypeAlias = tuple[str | int, ...]
"""Member names and element numbers, from a value to something inside it."""


class Node(NamedTuple):
    """A value and its place.

    `names` (with their offsets) and `items` are a mapping's, `items` alone a sequence's.
    """

    start: int
    end: int
    value: Json
    names: tuple[tuple[str, int], ...] = ()
    items: "tuple[Node, ...]" = ()


def find(node: Node, path: Path, *, name: bool = False) -> int:
    """Return the offset of what `path` leads to, or of the last thing on the way there.

    With `name`, the offset of the last member's name, not of its value.
    """
    at = node.start
    for step in path:
        if isinstance(step, int):
            if not isinstance(node.value, list):  # a bare value where a list may stand (R-GRAM-09)
                return node.start
            node = node.items[step]
            at = node.start
            continue
        names = [member for member, _ in node.names]
        if step not in names:
            return node.start
        index = names.index(step)
        at = node.names[index][1] if name else node.items[index].start
        node = node.items[index]
    return at
