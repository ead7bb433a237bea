"""YAML text → nodes with positions; every scalar stays the text that stands in the file.

YAML's guesses (`no` is false, `1.10` is 1.1, dates) never happen: a scalar is `Plain` text where
it was unquoted, text where it was quoted, and None only for `null` or nothing at all.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from policy_eval.errors import Diagnostic, Severity, SuiteError
from policy_eval.text.limits import DEEPEST
from policy_eval.text.node import Json, Node, Number, Span
from policy_eval.text.pointing import point
from policy_eval.text.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import yaml

    Tagged = Callable[[str, Node], Node | None]

_MOST_NODES = 200_000


class Plain(str):
    """An unquoted scalar."""

    __slots__ = ()


def parse_yaml(source: Source, tagged: Tagged | None = None) -> Node:
    """Return the document's node. Raises SuiteError with the place.

    `tagged` returns the node that a value with a tag of the file's own (`!Ref`) stands for, None
    for a tag that it does not know; without it such tags are read over.
    """
    import yaml

    try:
        root = _read(source, tagged)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        at = 0 if mark is None else mark.index
        raise _refuse(source, at, _words(error), _hint(source.text, at)) from None
    except yaml.reader.ReaderError as error:
        raise _refuse(
            source, int(error.position), "this character stands in no YAML text"
        ) from None
    except (ValueError, OverflowError) as error:  # numbers that PyYAML does not check
        raise _refuse(source, 0, f"this is no YAML text: {error}") from None
    if root is None:
        raise _refuse(source, 0, "the file is empty")
    return root


def _read(source: Source, tagged: Tagged | None) -> Node | None:
    """Return the document's node: by libyaml where it is there, in a fraction of the time.

    What libyaml refuses is read again in Python, whose words and places are the same everywhere.
    (Python alone refuses a tab after a colon, which YAML allows.)
    """
    import yaml

    fast = getattr(yaml, "CBaseLoader", None)
    if fast is not None:
        with suppress(yaml.YAMLError):
            return _Reader(source, tagged).read(yaml.parse(source.text, Loader=fast))
    return _Reader(source, tagged).read(yaml.parse(source.text, Loader=yaml.BaseLoader))


def _words(error: yaml.MarkedYAMLError) -> str:
    return " ".join(part for part in (error.context, error.problem) if part)


def _hint(text: str, at: int) -> str:
    line = text[text.rfind("\n", 0, at) + 1 : at + 1]
    return 'a bare `*` is an alias in YAML: write "*"' if "*" in line else ""


def _refuse(source: Source, at: int, message: str, remedy: str = "") -> SuiteError:
    problem = Diagnostic("yaml-syntax", Severity.ERROR, message, remedy)
    return SuiteError(point(source, problem, at))


class _Known(NamedTuple):
    """A node that was read: how many nodes it holds, and how many levels."""

    node: Node
    size: int = 1
    height: int = 0


class _Open:
    """A mapping or sequence whose end is not read yet.

    `name` is the member that awaits its value.
    """

    __slots__ = ("begun", "height", "is_mapping", "items", "name", "names", "size", "start")

    def __init__(self, begun: yaml.CollectionStartEvent, *, is_mapping: bool) -> None:
        self.begun = begun
        self.start = _span(begun).start
        self.is_mapping = is_mapping
        self.names: dict[str, Span] = {}
        self.items: list[Node] = []
        self.name: str | None = None
        self.size = 1
        self.height = 0

    def add(self, known: _Known) -> None:
        """Take in a value."""
        self.items.append(known.node)
        self.size += known.size
        self.height = max(self.height, known.height)
        self.name = None

    def closed(self, end: int) -> _Known:
        """Return what was read."""
        items = tuple(self.items)
        values = [item.value for item in items]
        node = Node(self.start, end, values, (), items)
        if self.is_mapping:
            value: Json = dict(zip(self.names, values, strict=True))
            node = node._replace(value=value, names=tuple(self.names.items()))
        return _Known(node, self.size, self.height + 1)


class _Reader:
    """Turns YAML's events into nodes, within bounds (an alias may stand for very much)."""

    def __init__(self, source: Source, tagged: Tagged | None = None) -> None:
        self._source = source
        self._tagged = tagged
        self._count = 0
        self._open: list[_Open] = []
        self._anchored: dict[str, _Known] = {}
        self._root: Node | None = None

    def read(self, events: Iterable[yaml.Event]) -> Node | None:
        """Return the node of the one document; None where there is none."""
        import yaml

        for event in events:
            match event:
                case yaml.ScalarEvent() | yaml.AliasEvent() if self._wants_name:
                    self._name(event)
                case yaml.ScalarEvent():
                    node = self._meant(event, Node(*_span(event), _scalar(event)))
                    self._take(event, _Known(node))
                case yaml.AliasEvent():
                    self._take(event, self._aliased(event))
                case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                    self._begin(event, is_mapping=isinstance(event, yaml.MappingStartEvent))
                case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                    opened = self._open.pop()
                    known = opened.closed(_span(event).end)
                    known = known._replace(node=self._meant(opened.begun, known.node))
                    self._place(opened.begun.anchor, known)
                case yaml.DocumentStartEvent() if self._root is not None:
                    raise self._refuse(event, "expected a single document, found another")
        return self._root

    @property
    def _wants_name(self) -> bool:
        return bool(self._open) and self._open[-1].is_mapping and self._open[-1].name is None

    def _refuse(self, event: yaml.Event, message: str) -> SuiteError:
        start = _span(event).start
        return _refuse(self._source, start, message, _hint(self._source.text, start))

    def _grow(self, event: yaml.Event, size: int, height: int) -> None:
        self._count += size
        if self._count > _MOST_NODES or len(self._open) + height > DEEPEST + 1:
            raise self._refuse(event, "this file holds too much")

    def _begin(self, event: yaml.CollectionStartEvent, *, is_mapping: bool) -> None:
        self._grow(event, 1, 1)
        if self._wants_name:
            raise self._refuse(event, "expected a name before `:`")
        self._open.append(_Open(event, is_mapping=is_mapping))

    def _meant(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, node: Node) -> Node:
        """Return what a value stands for, by its tag."""
        tag = event.tag
        if self._tagged is None or not tag or tag[:1] != "!" or tag == "!":
            return node
        meant = self._tagged(tag[1:], node)
        if meant is None:
            raise self._refuse(event, f"`{tag}` is no tag that stands here")
        return meant

    def _name(self, event: yaml.ScalarEvent | yaml.AliasEvent) -> None:
        import yaml

        opened, span = self._open[-1], _span(event)
        if isinstance(event, yaml.ScalarEvent):
            name = str(event.value)
            if event.anchor:
                self._anchored[event.anchor] = _Known(Node(*span, name))
        else:
            value = self._aliased(event).node.value
            if not isinstance(value, str):
                raise self._refuse(event, "expected a name before `:`")
            name = str(value)
        if name in opened.names:
            message = f"`{name}` stands twice in one mapping"
            raise _refuse(self._source, span.start, message, "keep one")
        opened.names[name] = span
        opened.name = name

    def _aliased(self, event: yaml.AliasEvent) -> _Known:
        known = self._anchored.get(event.anchor or "")
        if known is None:
            inside = any(opened.begun.anchor == event.anchor for opened in self._open)
            what = "stands inside what it stands for" if inside else "stands for nothing"
            raise self._refuse(event, f"the alias `*{event.anchor}` {what}")
        return known

    def _take(self, event: yaml.ScalarEvent | yaml.AliasEvent, known: _Known) -> None:
        import yaml

        self._grow(event, known.size, known.height)
        self._place(event.anchor if isinstance(event, yaml.ScalarEvent) else None, known)

    def _place(self, anchor: str | None, known: _Known) -> None:
        if anchor:
            self._anchored[anchor] = known
        if self._open:
            self._open[-1].add(known)
        else:
            self._root = known.node


def _span(event: yaml.Event) -> Span:
    start, end = event.start_mark, event.end_mark
    assert start is not None  # PyYAML's readers set both marks
    assert end is not None
    return Span(start.index, end.index)


def _scalar(given: yaml.ScalarEvent) -> Json:
    text = str(given.value)
    if given.style:  # quoted, or a block
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
