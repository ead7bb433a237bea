"""YAML text → nodes with positions; every scalar stays the text that stands in the file.

YAML's guesses (`no` is false, `1.10` is 1.1, dates) never happen: a scalar is `Plain` text where
it was unquoted, text where it was quoted, and None only for `null` or nothing at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy_eval.errors import Diagnostic, Severity, SuiteError
from policy_eval.text.limits import DEEPEST
from policy_eval.text.node import Json, Node, Number, Span
from policy_eval.text.pointing import point
from policy_eval.text.source import Source

if TYPE_CHECKING:
    import yaml

_MOST_NODES = 200_000


class Plain(str):
    """An unquoted scalar."""

    __slots__ = ()


def parse_yaml(source: Source) -> Node:
    """Return the document's node. Raises SuiteError with the place."""
    import yaml

    try:
        root = yaml.compose(source.text, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        at = 0 if mark is None else mark.index
        raise _refuse(source, at, _words(error), _hint(source.text, at)) from None
    except yaml.reader.ReaderError as error:
        raise _refuse(
            source, int(error.position), "this character stands in no YAML text"
        ) from None
    except RecursionError:
        raise _refuse(source, 0, "this file nests too deep") from None
    except (ValueError, OverflowError) as error:  # numbers that PyYAML does not check
        raise _refuse(source, 0, f"this is no YAML text: {error}") from None
    if root is None:
        raise _refuse(source, 0, "the file is empty")
    return _Reader(source).node(root, 0)


def _words(error: yaml.MarkedYAMLError) -> str:
    return " ".join(part for part in (error.context, error.problem) if part)


def _hint(text: str, at: int) -> str:
    line = text[text.rfind("\n", 0, at) + 1 : at + 1]
    return 'a bare `*` is an alias in YAML: write "*"' if "*" in line else ""


def _refuse(source: Source, at: int, message: str, remedy: str = "") -> SuiteError:
    problem = Diagnostic("yaml-syntax", Severity.ERROR, message, remedy)
    return SuiteError(point(source, problem, at))


class _Reader:
    """Turns YAML's nodes into ours, within bounds (an alias may stand for very much)."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._count = 0

    def node(self, given: yaml.Node, depth: int) -> Node:
        import yaml

        start, end = given.start_mark.index, given.end_mark.index
        self._count += 1
        if self._count > _MOST_NODES or depth > DEEPEST:
            raise _refuse(self._source, start, "this file holds too much, or an alias of itself")
        match given:
            case yaml.MappingNode():
                return self._mapping(given, depth)
            case yaml.SequenceNode():
                items = tuple(self.node(item, depth + 1) for item in given.value)
                return Node(start, end, [item.value for item in items], (), items)
            case _:
                return Node(start, end, _scalar(given))

    def _mapping(self, given: yaml.MappingNode, depth: int) -> Node:
        names: dict[str, Span] = {}
        items: list[Node] = []
        for key, value in given.value:
            at = key.start_mark.index
            name = str(key.value)
            if not isinstance(key.value, str):
                raise _refuse(self._source, at, "expected a name before `:`")
            if name in names:
                raise _refuse(self._source, at, f"`{name}` stands twice in one mapping", "keep one")
            names[name] = Span(at, key.end_mark.index)
            items.append(self.node(value, depth + 1))
        value_of: Json = dict(zip(names, (item.value for item in items), strict=True))
        start, end = given.start_mark.index, given.end_mark.index
        return Node(start, end, value_of, tuple(names.items()), tuple(items))


def _scalar(given: yaml.Node) -> Json:
    text = str(given.value)
    if getattr(given, "style", None):  # quoted, or a block
        return text
    return None if text in ("", "null") else Plain(text)


def as_json(node: Node) -> Node:
    """Return the node with its unquoted scalars read as JSON reads them (R-GRAM-10)."""
    items = tuple(as_json(item) for item in node.items)
    value = node.value
    if isinstance(value, dict):
        names = [name for name, _ in node.names]
        value = dict(zip(names, (item.value for item in items), strict=True))
    elif isinstance(value, list):
        value = [item.value for item in items]
    elif isinstance(value, Plain):
        value = _json_scalar(value)
    return node._replace(value=value, items=items)


def _json_scalar(text: Plain) -> Json:
    import re

    if text in ("true", "false"):
        return text == "true"
    if re.fullmatch(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", text):
        return Number(text)
    return str(text)
