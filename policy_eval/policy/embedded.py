"""A policy inside another text: a JSON string, percent-encoding, an HCL, shell or YAML block.

What is taken out is decoded piece by piece, so that every place refers to the text as given.
`jsonencode(…)` and interpolations stand for values nobody has here: they are refused.
"""

from __future__ import annotations

import re

from policy_eval.errors import PolicyError
from policy_eval.policy.document import FORMS, Document, read_document
from policy_eval.policy.policy_type import Strictness
from policy_eval.text.decoding import JSON_STRING, percent_decoded, string_decoded
from policy_eval.text.heredocs import SHOWN_BY_TERRAFORM, Block, heredocs
from policy_eval.text.node import Span
from policy_eval.text.pointing import refuse
from policy_eval.text.source import Source
from policy_eval.text.yaml_blocks import yaml_blocks

_BLOCKS_NAMED = 5
_ENCODED = re.compile(r"\s*(?:%(?:20|09|0[ADad]))*%(?:7B|7b|5B|5b|22)")


def read_embedded(source: Source, strictness: Strictness) -> Document:
    """Return the policy inside a text that is not JSON itself. Raises PolicyError."""
    text = source.text
    start = len(text) - len(text.lstrip(" \t\r\n"))
    if text[start : start + 1] == '"' and (found := JSON_STRING.match(text, start)):
        rest = len(text[found.end() :].strip(" \t\r\n"))
        if not rest:
            return read_string(source, Span(*found.span()), "a JSON string", strictness)
    if _ENCODED.match(text):
        inner = percent_decoded(source)
        return _inside(inner, "percent-encoded text", strictness)
    blocks = [*heredocs(source)]
    if not blocks:
        _refuse_by_name(source, start)
        blocks = [*yaml_blocks(source)]
    if not blocks:
        from policy_eval.text.json_problems import problems_of

        raise PolicyError(*problems_of(source))
    return _only(source, blocks, strictness)


def read_string(source: Source, span: Span, found_in: str, strictness: Strictness) -> Document:
    """Return the policy in the JSON string at `span`, percent-encoded or not.

    Raises PolicyError.
    """
    inner: Source = string_decoded(source, span)
    if _ENCODED.match(inner.text):
        return _inside(percent_decoded(inner), f"{found_in}, percent-encoded", strictness)
    return _inside(inner, found_in, strictness)


def _inside(inner: Source, found_in: str, strictness: Strictness) -> Document:
    document = read_document(inner, strictness)
    deeper = f"{document.found_in} in {found_in}" if document.found_in else found_in
    return document._replace(found_in=deeper)


def _only(source: Source, blocks: list[Block], strictness: Strictness) -> Document:
    if len(blocks) > 1:
        first = [str(source.place(block.start).line) for block in blocks[:_BLOCKS_NAMED]]
        lines = ", ".join([*first, *(["…"] if len(blocks) > len(first) else [])])
        second = Span(blocks[1].start, blocks[1].start + 1)
        message = f"this text holds {len(blocks)} policies (lines {lines})"
        raise refuse(source, second, "several-policies", message, "give one of them alone")
    return _inside(blocks[0].source, blocks[0].found_in, strictness)


_JSONENCODE = re.compile(r"\bjsonencode\s*\(")
_DATA_SOURCE = re.compile(r'\bdata\s+"aws_iam_policy_document"')
_FENCE = re.compile(r"^```.*", re.MULTILINE)


def _refuse_by_name(source: Source, start: int) -> None:
    """Raise PolicyError where a text is recognised as something that is no policy."""
    text = source.text
    for pattern, what in (
        (_JSONENCODE, "`jsonencode(…)` is Terraform's expression for a policy, not its text"),
        (_DATA_SOURCE, "`aws_iam_policy_document` is Terraform's form of a policy, not its text"),
    ):
        if found := pattern.search(text):
            raise refuse(
                source, Span(*found.span()), "terraform-expression", what, SHOWN_BY_TERRAFORM
            )
    line = text[start:].split("\n", 1)[0].strip()
    span = Span(start, start + max(len(line), 1))
    if fence := _FENCE.search(text):
        message = "this is Markdown: a fence stands around the policy"
        remedy = "give only what stands between the lines with ```"
        raise refuse(source, Span(*fence.span()), "not-policy-text", message, remedy)
    rest = text[start + len(line) :].strip()
    if line.startswith(("file://", "fileb://")) or (
        not rest and re.fullmatch(r"[\w./\\:~-]+\.json", line)
    ):
        message = "this is the name of a file, not a policy"
        remedy = "give the file's content; for the AWS CLI, `file://` in front reads the file"
        raise refuse(source, span, "file-name", message, remedy)
    if re.match(r"<(?:[!?]|[A-Za-z][\w-]*[\s>])", line):
        message = "this is a web page or XML, not a policy"
        raise refuse(source, span, "not-policy-text", message, FORMS, "JSON")
