"""A run as people read it: what failed and why, what was skipped, and the counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import PurePath

from policy_eval.cases.outcome import Outcome, Run, Status
from policy_eval.engine.marks import FAILS, HOLDS, OPEN, PASSED_OVER

_MARKS = {
    Status.PASSED: HOLDS,
    Status.FAILED: FAILS,
    Status.ERROR: OPEN,
    Status.SKIPPED: PASSED_OVER,
}


def spell_run(run: Run, *, verbose: bool = False) -> str:
    """Return the tests that did not pass (with `verbose`, all), a suite at a time, and the counts.

    What is wrong with unusable suites is not in it: it is told apart, with the lines.
    """
    lines: list[str] = []
    for (file, suite), outcomes in groupby(run.outcomes, lambda each: (each.file, each.suite)):
        shown = [each for each in outcomes if verbose or each.status is not Status.PASSED]
        if shown:
            named = file if suite in ("", PurePath(file).name) else f"{suite}   {file}"
            lines += [named, *_suite(shown, verbose=verbose), ""]
    lines += [f"{each.file}   cannot be read" for each in run.unusable]
    lines += [""] if run.unusable else []
    return "\n".join([*lines, spell_counts(run)])


def spell_counts(run: Run) -> str:
    """Return the counts in one line."""
    files = {outcome.file for outcome in run.outcomes} | {each.file for each in run.unusable}
    counts = [
        f"{count} {word}"
        for count, word in (
            (run.count(Status.PASSED), "passed"),
            (run.count(Status.FAILED), "failed"),
            (run.count(Status.ERROR), "could not run"),
            (run.count(Status.SKIPPED), "skipped"),
        )
        if count or word == "passed"
    ]
    unusable = f"; {_some(len(run.unusable), 'file')} cannot be read" if run.unusable else ""
    tests, number = _some(len(run.outcomes), "test"), _some(len(files), "file")
    return f"{tests} in {number}: {', '.join(counts)}{unusable} ({run.seconds:.2f} s)"


def _suite(outcomes: Iterable[Outcome], *, verbose: bool) -> Iterator[str]:
    errors: dict[object, list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.status is Status.ERROR and not verbose:
            errors.setdefault(outcome.diagnostics, []).append(outcome)
        else:
            yield from spell_outcome(outcome)
    for first, *others in errors.values():
        yield from spell_outcome(first)
        if others:
            yield f"      and so {_some(len(others), 'further test')} cannot run"


def spell_outcome(outcome: Outcome) -> Iterator[str]:
    """Yield how one test went: what was expected and found, why, and what the test shows."""
    where = f"{outcome.file}:{outcome.line}"
    yield f"  {_MARKS[outcome.status]} {outcome.name}   {where}"
    match outcome.status:
        case Status.SKIPPED:
            yield f"      skipped: {outcome.message}"
        case Status.FAILED | Status.ERROR:
            yield from spell_failure(outcome)


def spell_failure(outcome: Outcome) -> Iterator[str]:
    """Yield why a test failed, in lines."""
    if outcome.status is Status.ERROR:
        yield from (f"      cannot run: {each}" for each in outcome.diagnostics)
    else:
        yield from (f"      {line}" for line in outcome.message.split("\n"))
    if outcome.explanation:
        yield ""
        yield from (f"      {line}" for line in outcome.explanation)
    shows = [*outcome.rules, *([outcome.source] if outcome.source else [])]
    if shows:
        yield ""
        yield f"      the test shows {', '.join(shows)}"


def _some(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
