"""What every report says of a test, in lines that change nothing on a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from policy_eval.cases.outcome import Outcome, Run, Status
from policy_eval.errors import Diagnostic, visible

READABLE = "the suite can be read"
"""The name of the one test of a suite that cannot be read."""
UNREADABLE = "this suite cannot be read"


def visible_lines(text: str) -> str:
    """Return the text with its line feeds kept, and all else that is not printable escaped."""
    return "\n".join(map(visible, text.split("\n")))


def found(outcome: Outcome) -> str:
    """Return what was found otherwise than expected, why, and what the test shows."""
    lines = [visible_lines(outcome.message), *map(visible_lines, outcome.explanation)]
    if outcome.rules:
        lines.append(f"shows {', '.join(map(visible, outcome.rules))}")
    if outcome.source:
        lines.append(f"source: {visible(outcome.source)}")
    return "\n".join(filter(None, lines))


def refused(diagnostics: Iterable[Diagnostic], otherwise: str) -> str:
    """Return why input is refused, a diagnostic a line; in other words where there is none."""
    return "\n".join(map(str, diagnostics)) or visible_lines(otherwise)


def totals(run: Run) -> str:
    """Return how many tests went how, in one line; an unusable suite is an error."""
    errors = run.count(Status.ERROR) + len(run.unusable)
    return (
        f"{run.count(Status.PASSED)} passed, {run.count(Status.FAILED)} failed, "
        f"{errors} {'error' if errors == 1 else 'errors'}, {run.count(Status.SKIPPED)} skipped"
    )
