"""Where the condition keys of a request stand that a diagnostic is about: an argument, a file."""

from __future__ import annotations

from collections.abc import Iterable

from policy_eval.errors import Diagnostic, InputError, RequestError
from policy_eval.text.fields import read_file
from policy_eval.text.folding import fold
from policy_eval.text.node import Node, Span
from policy_eval.text.pointing import point
from policy_eval.text.source import Source

_ENTRY = ("ContextKeyName", "ContextKeyValues")


def located(error: RequestError, pairs: Iterable[str], files: Iterable[str]) -> RequestError:
    """Return the error with the places of the keys it is about; `-c` wins over files."""
    arguments, paths = [*pairs], [*files]
    return RequestError(*(_located(each, arguments, paths) for each in error.diagnostics))


def _located(problem: Diagnostic, pairs: list[str], files: list[str]) -> Diagnostic:
    if not problem.key:
        return problem
    wanted = fold(problem.key)

    def says_the_value(pair: str) -> bool:
        return f"`{pair.partition('=')[2]}`" in problem.message

    for pair in (*filter(says_the_value, pairs), *reversed(pairs)):
        key, _, value = pair.partition("=")
        if fold(key) == wanted:
            start = len(key) + 1 if value else 0
            return point(Source("-c", pair), problem, start, len(pair))
    for path in reversed(files):
        found = _in_file(path, wanted)
        if found is not None:
            source, span = found
            return point(source, problem, *span)
    return problem


def _in_file(path: str, wanted: str) -> tuple[Source, Span] | None:
    from pathlib import Path

    try:
        root = read_file(Path(path))
    except InputError:  # a pipe is read only once
        return None
    node = root.node
    members = _members(node)
    if "ContextEntries" in members:
        node = members["ContextEntries"]
    for entry in node.items if isinstance(node.value, list) else ():
        held = _members(entry)
        if fold(str(held[_ENTRY[0]].value)) == wanted:
            return root.source, Span(held[_ENTRY[1]].start, held[_ENTRY[1]].end)
    for name, item in _members(node).items():
        if fold(name) == wanted:
            return root.source, Span(item.start, item.end)
    return None


def _members(node: Node) -> dict[str, Node]:
    names = [name for name, _ in node.names]
    return dict(zip(names, node.items, strict=False))
