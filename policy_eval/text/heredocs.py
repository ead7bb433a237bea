"""Heredocs, Terraform's (HCL) and the shell's: the JSON inside them.

In HCL `$${` stands for `${` and `%%{` for `%{`; alone they interpolate a value that is not here.
A shell's heredoc with a quoted name interpolates nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from policy_eval.errors import PolicyError
from policy_eval.text.cutout import Cutout, Pieces, cut_out, without_indent
from policy_eval.text.node import Span
from policy_eval.text.pointing import refuse
from policy_eval.text.source import Source

SHOWN_BY_TERRAFORM = "run `terraform show -json` on the plan and give the policy it prints"
"""What to do about a value that only Terraform knows."""


class Block(NamedTuple):
    """A text that may be a policy, where it begins, and what holds it."""

    source: Source
    start: int
    found_in: str


_HEREDOC = re.compile(
    r"(?<!<)<<(?!<)(?:[-~]|(?P<kept>))[ \t]*"
    r"(?P<quote>['\"]?)(?P<name>[A-Za-z_]\w*)(?P=quote)[^\n]*\n"
)
_INTERPOLATION = re.compile(r"(?P<escaped>\$\$\{|%%\{)|[$%]\{[^}\n]*\}?")


def heredocs(source: Source) -> Iterator[Block]:
    """Yield the JSON texts in a text's heredocs. Raises PolicyError for one that is cut short."""
    text = source.text
    at = 0
    while (opening := _HEREDOC.search(text, at)) is not None:
        closing = re.compile(rf"^[ \t]*{opening['name']}[ \t\r]*$", re.MULTILINE)
        end = closing.search(text, opening.end())
        if end is None:
            message = f"the heredoc `{opening['name']}` is not closed"
            remedy = f"end it with a line that holds `{opening['name']}` alone"
            span = Span(opening.start(), opening.end() - 1)
            raise refuse(source, span, "unclosed-heredoc", message, remedy)
        span = Span(opening.end(), end.start())
        if text[span.start : span.end].lstrip()[:1] in ("{", "["):
            body = (
                cut_out(source, *span)
                if opening["kept"] is not None
                else without_indent(source, *span)
            )
            inner = _filled(body) if not opening["quote"] else body
            yield Block(inner, span.start, f"the heredoc `{opening['name']}`")
        at = end.end()


def _filled(body: Source) -> Cutout:
    """Return what a heredoc of Terraform's stands for. Raises PolicyError for interpolations."""
    text = body.text
    pieces = Pieces()
    parts: list[str] = []
    at = size = 0
    pieces.add(0, 0)
    wanted: list[PolicyError] = []
    for found in _INTERPOLATION.finditer(text):
        if not found["escaped"]:
            wanted.append(_interpolation(body, Span(*found.span())))
            continue
        plain = text[at : found.start() + 1]  # one of the two signs stays
        pieces.add(size, at)
        parts.append(plain)
        size += len(plain)
        at = found.start() + 2
    if wanted:
        raise PolicyError(*(each for error in wanted for each in error.diagnostics))
    pieces.add(size, at)
    parts.append(text[at:])
    return Cutout(body, "".join(parts), pieces)


def _interpolation(source: Source, span: Span) -> PolicyError:
    text = source.text[span.start : span.end]
    remedy = SHOWN_BY_TERRAFORM
    if text.startswith("${aws:"):
        remedy = f"a policy variable is written `${text}` in a heredoc; else {remedy}"
    message = f"`{text}` is filled in by Terraform (or a shell), and its value is not known here"
    return refuse(source, span, "interpolation", message, remedy)
