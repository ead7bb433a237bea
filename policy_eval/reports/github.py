"""The report as workflow commands of GitHub Actions: annotations at the places of problems.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands; what is escaped
is what `packages/core/src/command.ts` of https://github.com/actions/toolkit escapes. GitHub shows
the first ten annotations of a kind in a step, and all in the log.
"""

from __future__ import annotations

from policy_eval.cases.outcome import Run
from policy_eval.errors import visible
from policy_eval.reports.problems import Region, problems_of, skipped
from policy_eval.reports.wording import totals, visible_lines

_IN_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_IN_PROPERTIES = _IN_DATA | str.maketrans({":": "%3A", ",": "%2C"})


def write(run: Run) -> str:
    """Return an error for each problem, a notice for each skipped test, and the totals as text."""
    errors = [
        _command("error", each.region, each.test or "unusable suite", each.text)
        for each in problems_of(run)
    ]
    notices = [
        _command("notice", Region(each.file, each.line), each.name, f"skipped: {each.message}")
        for each in skipped(run)
    ]
    return "".join(f"{line}\n" for line in (*errors, *notices, totals(run)))


def _command(name: str, region: Region, title: str, message: str) -> str:
    properties = {
        "file": region.file,
        "line": region.line,
        "col": region.column,
        "title": title,
    }
    given = ",".join(
        f"{key}={visible(str(value)).translate(_IN_PROPERTIES)}"
        for key, value in properties.items()
        if value is not None
    )
    return f"::{name} {given}::{visible_lines(message).translate(_IN_DATA)}"
