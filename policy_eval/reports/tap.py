"""The report in the Test Anything Protocol, version 13.

https://testanything.org/tap-version-13-specification.html. Readers of version 14 take it too, and
Perl's `prove` nothing else: no subtests, and YAML in the few forms that YAMLish has, whose
readers take a text with a colon in a list for a mapping.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import assert_never

from policy_eval.cases.outcome import Outcome, Run, Status, Unusable
from policy_eval.errors import visible
from policy_eval.reports.wording import READABLE, UNREADABLE, refused

_DIRECTIVE = re.compile(r"#(?=\s*(?:skip|todo))", re.IGNORECASE)
_NO_TEXTS = frozenset(("null", "true", "false", "yes", "no", "on", "off", "y", "n"))
"""Words that YAML 1.1 or 1.2 takes for something else than a text."""
_LATIN, _PLANE = 0xFF, 0xFFFF


def write(run: Run) -> str:
    """Return the run as a plan and a test point for each test, and for each unusable suite."""
    points = [*map(_of_test, run.outcomes), *map(_of_unusable, run.unusable)]
    plan = f"1..{len(points)}" if points else "1..0 # SKIP no tests"
    lines = [
        line
        for number, (passes, description, details) in enumerate(points, 1)
        for line in (f"{'ok' if passes else 'not ok'} {number} - {description}", *_block(details))
    ]
    return "".join(f"{line}\n" for line in ("TAP version 13", plan, *lines))


def _of_test(outcome: Outcome) -> tuple[bool, str, dict[str, object]]:
    """Return whether the test passes, its description and its details."""
    description = _described(outcome.file, outcome.name)
    match outcome.status:
        case Status.PASSED:
            return True, description, {}
        case Status.SKIPPED:
            reason = _escaped(outcome.message)
            return True, f"{description} # SKIP {reason}".rstrip(), {}
        case Status.FAILED:
            return False, description, _details(outcome, "fail", outcome.message)
        case Status.ERROR:
            said = refused(outcome.diagnostics, outcome.message)
            return False, description, _details(outcome, "error", said)
        case _:
            assert_never(outcome.status)


def _of_unusable(suite: Unusable) -> tuple[bool, str, dict[str, object]]:
    details: dict[str, object] = {
        "message": refused(suite.diagnostics, UNREADABLE),
        "severity": "error",
        "at": {"file": suite.file},
    }
    return False, _described(suite.file, READABLE), details


def _details(outcome: Outcome, severity: str, message: str) -> dict[str, object]:
    more = {
        "explanation": "\n".join(outcome.explanation),
        "rule": list(outcome.rules),
        "source": outcome.source,
    }
    return {
        "message": message,
        "severity": severity,
        "at": {"file": outcome.file, "line": outcome.line},
        "expected": outcome.expected,
        "actual": outcome.actual,
        **{name: value for name, value in more.items() if value},
    }


def _described(file: str, name: str) -> str:
    return _escaped(f"{file}: {name}")


def _escaped(text: str) -> str:
    r"""Return a text for a description or a reason, in one line.

    A `#` that would begin a directive for readers who know no escapes is written as `\x23`.
    """
    shown = _DIRECTIVE.sub(r"\\x23", visible(text))
    return shown.replace("\\", r"\\").replace("#", r"\#")


def _block(details: dict[str, object]) -> Iterator[str]:
    if details:
        yield from (f"  {line}" for line in ("---", *_yaml(details), "..."))


def _yaml(value: dict[str, object] | list[object]) -> Iterator[str]:
    """Yield the lines of a mapping or a list in block style, its texts in double quotes."""
    entries = (
        [(f"{_key(name)}:", each) for name, each in value.items()]
        if isinstance(value, dict)
        else [("-", each) for each in value]
    )
    for head, each in entries:
        if isinstance(each, dict | list) and each:
            yield head
            yield from (f"  {line}" for line in _yaml(each))
        else:
            yield f"{head} {_scalar(each)}"


def _key(name: str) -> str:
    is_plain = name.isascii() and name.isidentifier() and name.lower() not in _NO_TEXTS
    return name if is_plain else _scalar(name)


def _scalar(value: object) -> str:
    """Return a scalar or an empty collection; YAML reads JSON, and has escapes for the rest."""
    if value is None:
        return "~"
    text = json.dumps(value, ensure_ascii=False)
    return "".join(each if each.isprintable() else _escape(ord(each)) for each in text)


def _escape(number: int) -> str:
    if number <= _LATIN:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= _PLANE else f"\\U{number:08x}"
