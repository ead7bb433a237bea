"""YAML: the JSON texts in its scalars, such as a policy in a block (`|`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from policy_eval.text.cutout import Cutout, Pieces, without_indent
from policy_eval.text.decoding import JSON_STRING, string_decoded
from policy_eval.text.heredocs import Block
from policy_eval.text.limits import LARGEST_YAML
from policy_eval.text.node import Span
from policy_eval.text.pointing import refuse
from policy_eval.text.source import Source

if TYPE_CHECKING:
    import yaml

_YAML_KEY = re.compile(r"^[ \t]*(?:- +)?[\w\"'./-]+:(?:[ \t]|\r?$)", re.MULTILINE)
_BLOCK = re.compile(r":[ \t]+[|>][-+0-9]*[ \t]*\r?$", re.MULTILINE)
_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)+")
_ODD_BREAKS = re.compile(r"\r(?!\n)|[\x85\u2028\u2029]")
_BLOCK_STYLES = ("|", ">")


def yaml_blocks(source: Source) -> Iterator[Block]:
    """Yield the JSON texts in YAML; none where a text is no YAML. Raises PolicyError."""
    text = source.text
    if not (_BLOCK if text.lstrip()[:1] == '"' else _YAML_KEY).search(text):
        return
    if len(text) > LARGEST_YAML:
        message = f"this YAML has more than {LARGEST_YAML:,} characters, and no more are searched"
        raise refuse(source, Span(0, 1), "too-large", message, "give the policy alone")
    import yaml

    try:
        roots = [*yaml.compose_all(text, Loader=yaml.BaseLoader)]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        at = 0 if mark is None else mark.index
        message = " ".join(part for part in (error.context, error.problem) if part)
        remedy = "this looks like YAML, and is not well formed"
        raise refuse(source, Span(at, at + 1), "yaml-syntax", message, remedy) from None
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError):
        message = "this looks like YAML, and cannot be read"
        raise refuse(source, Span(0, 1), "yaml-syntax", message) from None
    found = False
    for scalar in _scalars(roots):
        if scalar.value.lstrip(" \t\r\n")[:1] in ("{", "[") and "Effect" in scalar.value:
            found = True
            yield Block(
                _yaml_text(source, scalar),
                scalar.start_mark.index,
                f"the YAML text of line {scalar.start_mark.line + 1}",
            )
    if not found:
        line = text.lstrip().split("\n", 1)[0].rstrip()
        start = text.index(line)
        message = "this is YAML, and no text in it is a policy in JSON"
        remedy = "give the policy as JSON; a policy written out in YAML is not read"
        raise refuse(source, Span(start, start + len(line)), "not-policy-text", message, remedy)


def _scalars(roots: list[yaml.Node]) -> Iterator[yaml.ScalarNode]:
    """Yield the scalars in order of place; an alias counts once."""
    import yaml

    pending, seen = [*reversed(roots)], set()
    while pending:
        node = pending.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.ScalarNode):
            yield node
        elif isinstance(node, yaml.MappingNode):
            pending += [each for pair in reversed(node.value) for each in reversed(pair)]
        else:
            pending += reversed(node.value)


def _yaml_text(source: Source, scalar: yaml.ScalarNode) -> Cutout:
    """Return the text of a scalar. Raises PolicyError for one folded over several lines."""
    start, end = scalar.start_mark.index, scalar.end_mark.index
    properties = _PROPERTIES.match(source.text, start, end)
    start = start if properties is None else properties.end()
    raw = source.text[start:end]
    if _ODD_BREAKS.search(raw):
        message = "this text has line breaks other than line feeds"
        remedy = "save the file with line feeds (or those of Windows)"
        raise refuse(source, Span(start, start + 1), "yaml-syntax", message, remedy)
    if scalar.style in _BLOCK_STYLES:
        return without_indent(source, start + raw.index("\n") + 1, end)
    if "\n" in raw.strip():
        message = "this text is folded over several lines"
        remedy = "write the policy as a block (`|`)"
        raise refuse(source, Span(start, start + 1), "yaml-syntax", message, remedy)
    if scalar.style == '"':
        if JSON_STRING.fullmatch(raw):
            return string_decoded(source, Span(start, end))
        message = "this text has escapes of YAML's own"
        remedy = "write the policy as a block (`|`)"
        raise refuse(source, Span(start, start + 1), "yaml-syntax", message, remedy)
    pieces = Pieces()  # in single quotes, where a quote is doubled
    at = start + 1
    pieces.add(0, at)
    for number, found in enumerate(re.finditer("''", source.text[at : end - 1]), 1):
        pieces.add(found.end() - number, at + found.end())
    return Cutout(source, scalar.value, pieces)
