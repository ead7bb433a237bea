"""Diagnostics with their place and their line: what is meant is pointed at."""

from __future__ import annotations

from policy_eval.errors import Diagnostic, PolicyError, Severity
from policy_eval.excerpt import Excerpt
from policy_eval.text.node import Span
from policy_eval.text.source import Source

_SHOWN = 100
_BEFORE = 40
_CUT = "…"


def point(source: Source, problem: Diagnostic, start: int, end: int | None = None) -> Diagnostic:
    """Return the diagnostic with its place and excerpt: from `start` to before `end`."""
    span = source.span(start, start + 1 if end is None else end)
    seen = source.visible()
    return problem._replace(place=seen.place(span.start), excerpt=_excerpt(seen, *span))


def refuse(
    source: Source,
    span: Span,
    code: str,
    message: str,
    remedy: str = "",
    expected: str = "",
    rule: str = "",
) -> PolicyError:
    """Return the error that refuses a whole text as no policy."""
    rules = (rule,) if rule else ()
    problem = Diagnostic(code, Severity.ERROR, message, remedy, rules=rules, expected=expected)
    return PolicyError(point(source, problem, *span))


def _excerpt(source: Source, start: int, end: int) -> Excerpt:
    """Return the line `start` stands on; what is meant reaches to `end`, or the line's end."""
    text = source.text
    first = text.rfind("\n", 0, start) + 1
    break_at = text.find("\n", first)
    last = len(text) if break_at < 0 else break_at
    if last > first and text[last - 1] == "\r":
        last -= 1
    ends = source.place(max(start, end))
    line, begin, stop = text[first:last], start - first, max(min(end, last), start + 1) - first
    if len(line) > _SHOWN:
        line, begin, stop = _window(line, begin, stop)
    return Excerpt(line, begin, stop, ends.line, ends.column)


def _window(line: str, start: int, end: int) -> tuple[str, int, int]:
    """Return so much of a long line as is shown, and where in it what is meant stands."""
    low = max(0, min(start - _BEFORE, len(line) - _SHOWN))
    high = low + _SHOWN
    before, after = _CUT if low else "", _CUT if high < len(line) else ""
    shift = len(before) - low
    end = max(min(end, high), start + 1)
    return f"{before}{line[low:high]}{after}", start + shift, end + shift
