"""What a run found wrong, problem by problem, for reports that mark places in files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple, assert_never

from policy_eval.cases.outcome import Outcome, Run, Status
from policy_eval.errors import Diagnostic, Severity
from policy_eval.reports.wording import UNREADABLE, found, visible_lines

TEST_FAILED = "test-failed"
UNUSABLE_INPUT = "unusable-input"


class Region(NamedTuple):
    """A part of a file, from 1; what is not known of it is None. The end is just after it."""

    file: str
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None


class Problem(NamedTuple):
    """One thing that is wrong: what is said of it, where, and by which test it was found.

    `rule_id` is TEST_FAILED, the code of a diagnostic, or UNUSABLE_INPUT where there is none.
    `test` is empty for a suite that cannot be read; `found_at` is where the test or suite stands.
    """

    rule_id: str
    test: str
    found_at: Region
    region: Region
    text: str

    @property
    def refusal(self) -> tuple[str, Region, str, str]:
        """What is the same for all tests that are refused for the same reason, and no suite."""
        is_suite = self.found_at.line is None
        return self.rule_id, self.region, self.text, self.found_at.file if is_suite else ""


def problems_of(run: Run) -> Iterator[Problem]:
    """Yield the problems of a run: those of its tests in their order, then its unusable suites'.

    What many tests are refused for, as is a policy that they share, is one problem. Warnings are
    left to reports with room for them.
    """
    problems = list(_all_problems(run))
    alike = Counter(each.refusal for each in problems if each.rule_id != TEST_FAILED)
    for each in problems:
        if each.rule_id == TEST_FAILED:
            yield each
        elif each.refusal in alike:
            yield each._replace(text=each.text + _found_by(each, alike.pop(each.refusal) - 1))


def skipped(run: Run) -> Iterator[Outcome]:
    """Yield the tests that were skipped."""
    return (outcome for outcome in run.outcomes if outcome.status is Status.SKIPPED)


def _all_problems(run: Run) -> Iterator[Problem]:
    for outcome in run.outcomes:
        standing = Region(outcome.file, outcome.line)
        test = Problem(TEST_FAILED, outcome.name, standing, standing, "")
        match outcome.status:
            case Status.FAILED:
                yield test._replace(text=found(outcome))
            case Status.ERROR:
                yield from _refusals(test, outcome.diagnostics, outcome.message)
            case Status.PASSED | Status.SKIPPED:
                pass
            case _:
                assert_never(outcome.status)
    for suite in run.unusable:
        standing = Region(suite.file)
        whole = Problem(UNUSABLE_INPUT, "", standing, standing, "")
        yield from _refusals(whole, suite.diagnostics, UNREADABLE)


def _refusals(
    finder: Problem, diagnostics: Iterable[Diagnostic], otherwise: str
) -> Iterator[Problem]:
    """Yield a problem for each different error, or one in other words where there is none."""
    errors = dict.fromkeys(each for each in diagnostics if each.severity is Severity.ERROR)
    if not errors:
        yield finder._replace(rule_id=UNUSABLE_INPUT, text=visible_lines(otherwise))
    for each in errors:
        text = str(each._replace(place=None))
        yield finder._replace(rule_id=each.code, region=_region(each, finder.region), text=text)


def _region(diagnostic: Diagnostic, otherwise: Region) -> Region:
    place, excerpt = diagnostic.place, diagnostic.excerpt
    if place is None:
        return otherwise
    if excerpt is None:
        return Region(*place)
    return Region(*place, excerpt.end_line, excerpt.end_column)


def _found_by(problem: Problem, further: int) -> str:
    """Return a line that names the test, unless it alone stands where the problem does."""
    if not further and problem.region.file == problem.found_at.file:
        return ""
    where = ":".join(str(each) for each in problem.found_at if each is not None)
    more = f" and {further} further {'test' if further == 1 else 'tests'}" if further else ""
    return f"\nfound by {visible_lines(where)}{more}"
