"""Comments and trailing commas, read over: each becomes blanks, with a warning.

Every other character stays where it stands, so places stay right. Nothing else is ever repaired.
"""

from __future__ import annotations

import re

from policy_eval.errors import Severity
from policy_eval.policy.findings import Finding, Spot
from policy_eval.text.cutout import laid_over
from policy_eval.text.node import Span
from policy_eval.text.source import Source

# No look-ahead inside a possessive group: Python before 3.11.5 loses its place there (gh-106052).
_COMMENTS = re.compile(
    r'"(?:[^"\\\n]++|\\.)*+"?|(?P<comment>//[^\n]*+|\#[^\n]*+|/\*(?s:.*?)\*/)|/\*(?s:.*)'
)
_COMMAS = re.compile(r'"(?:[^"\\\n]++|\\.)*+"?|(?P<comma>,)(?=[ \t\r\n]*+(?:[}\]]|\Z))')
_NOT_BREAKS = re.compile(r"[^\r\n]")


def read_over(source: Source) -> tuple[Source, tuple[Finding, ...]]:
    """Return the text without comments and trailing commas, and a warning for each."""
    findings: list[Finding] = []
    text = source.text
    for pattern, group, message in (
        (_COMMENTS, "comment", "JSON has no comments: this one is read over"),
        (_COMMAS, "comma", "a trailing comma is read over"),
    ):
        pieces: list[str] = []
        at = 0
        for found in pattern.finditer(text):
            if found[group] is None:
                continue
            span = Span(*found.span())
            pieces += (text[at : span.start], _NOT_BREAKS.sub(" ", found[group]))
            at = span.end
            code = "comment" if group == "comment" else "trailing-comma"
            remedy = "remove it: AWS does not take it"
            spot = Spot(source, span)
            findings.append(Finding(Severity.WARNING, code, spot, message, remedy, "R-GRAM-01"))
        text = "".join((*pieces, text[at:]))
    return (laid_over(source, text), tuple(findings)) if findings else (source, ())
