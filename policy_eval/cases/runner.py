"""Suites → a run: every test of every file, also where another file is unusable."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from time import perf_counter
from typing import NamedTuple, TypeAlias

from policy_eval.cases.coverage import Coverage, Trackers, joined
from policy_eval.cases.judging import judge
from policy_eval.cases.outcome import Outcome, Run, Status, Unusable
from policy_eval.cases.run import Rules
from policy_eval.cases.standing import NO_NAMES, Names
from policy_eval.cases.suite import NO_OVERRIDES, Case, Overrides, Suite, load_suite, sources_of
from policy_eval.engine.decide import decide_call
from policy_eval.engine.policies import PolicySet
from policy_eval.errors import Diagnostic, InputError, Severity, SuiteError
from policy_eval.text.folding import fold

Progress: TypeAlias = Callable[[int, int], None]
"""Is told now and then how many tests have run, and in how many of the files."""

_TOLD_EVERY = 200
_WORTH_A_POOL = 2


class Selection(NamedTuple):
    """Which tests run: those whose name, suite or file contains one of some texts."""

    keywords: tuple[str, ...] = ()

    def takes(self, case: Case, file: str) -> bool:
        """Return whether a test runs."""
        if not self.keywords:
            return True
        named = fold(f"{file}\n{case.suite}\n{case.name}")
        return any(fold(keyword) in named for keyword in self.keywords)


class Plan(NamedTuple):
    """How a run goes: which tests, whether it ends with the first that does not pass.

    `cover`: whether it is noted what the tests show of the policies. `rules`: what is made of
    answers that rest on an open point. `given` replaces what suites say of their sources.
    """

    selection: Selection = Selection()
    fail_fast: bool = False
    cover: bool = False
    rules: Rules = Rules.OURS
    given: Overrides = NO_OVERRIDES


def load_tests(path: Path, given: Overrides = NO_OVERRIDES) -> Suite:
    """Return the suite in a file, each of whose tests expects something.

    Raises SuiteError, and SourceError for its sources.
    """
    suite = load_suite(path, given)
    idle = dict.fromkeys(case.place for case in suite.cases if case.expect is None)
    if idle:
        raise SuiteError(
            *(
                Diagnostic(
                    "missing-field",
                    Severity.ERROR,
                    "this test expects nothing, so it cannot fail",
                    "give it `expect`; a file that only asks is a `*.scenario.yaml`",
                    place,
                )
                for place in idle
            )
        )
    return suite


def names_of(suite: Suite) -> Names:
    """Return what the policies of a suite's sources are called."""
    return NO_NAMES if suite.accounts is None else suite.accounts.places()


class Part(NamedTuple):
    """What came of one suite: the outcomes of its tests, or why it is unusable.

    `files` are those that it names.
    """

    outcomes: tuple[Outcome, ...] = ()
    unusable: Unusable | None = None
    files: tuple[Path, ...] = ()
    coverage: Coverage | None = None

    @property
    def is_good(self) -> bool:
        """Whether nothing failed."""
        good = (Status.PASSED, Status.SKIPPED)
        return self.unusable is None and all(each.status in good for each in self.outcomes)


def _sources_of(path: Path) -> tuple[Path, ...]:
    """Return the sources that a suite names, if that can be read: they may be what is wrong."""
    with suppress(InputError):
        return tuple(map(Path, sources_of(path).paths))
    return ()


def run_suite(path: Path, plan: Plan, tell: Callable[[int], None] | None = None) -> Part:
    """Run the tests of one file. `tell` is told now and then how many have run."""
    file = str(path)
    try:
        suite = load_tests(path, plan.given)
    except InputError as error:
        return Part((), Unusable(file, error.diagnostics), _sources_of(path))
    outcomes = []
    trackers = Trackers(names_of(suite)) if plan.cover else None
    decide = decide_call if trackers is None else trackers.decide
    for case in suite.cases:
        if not plan.selection.takes(case, file):
            continue
        if trackers is not None and isinstance(case.policies, PolicySet):
            trackers.of(case.policies)  # also where nothing is decided: then nothing is covered
        outcome = judge(case, file, decide, plan.rules)
        outcomes.append(outcome)
        if tell is not None and len(outcomes) % _TOLD_EVERY == 0:
            tell(len(outcomes))
        if plan.fail_fast and outcome.status in (Status.FAILED, Status.ERROR):
            break
    coverage = None if trackers is None else trackers.coverage()
    return Part(tuple(outcomes), None, suite.files, coverage)


def run(
    paths: Sequence[Path],
    plan: Plan = Plan(),  # noqa: B008 - immutable
    jobs: int = 1,
    progress: Progress | None = None,
) -> Run:
    """Run the suites in some files, `jobs` of them at once, and return how their tests went."""
    began = perf_counter()
    parts: list[Part] = []
    tests = 0

    def tell(further: int) -> None:
        if progress is not None:
            progress(tests + further, len(parts))

    for part in _parts(paths, plan, jobs, tell):
        parts.append(part)
        tests += len(part.outcomes)
        tell(0)
        if plan.fail_fast and not part.is_good:
            break
    return Run(
        tuple(outcome for part in parts for outcome in part.outcomes),
        tuple(part.unusable for part in parts if part.unusable is not None),
        perf_counter() - began,
        tuple(dict.fromkeys(str(file) for part in parts for file in part.files)),
        joined(part.coverage for part in parts if part.coverage) if plan.cover else None,
    )


def _parts(
    paths: Sequence[Path], plan: Plan, jobs: int, tell: Callable[[int], None]
) -> Iterator[Part]:
    if jobs == 1 or len(paths) < _WORTH_A_POOL:
        yield from (run_suite(path, plan, tell) for path in paths)
        return
    from concurrent.futures import ProcessPoolExecutor
    from signal import SIG_DFL, SIGINT, signal

    # Ctrl-C ends a worker silently: the traceback of each would be of no use
    with ProcessPoolExecutor(
        min(jobs, len(paths)), initializer=signal, initargs=(SIGINT, SIG_DFL)
    ) as pool:
        futures = [pool.submit(run_suite, path, plan) for path in paths]
        try:
            for future in futures:
                yield future.result()
        finally:
            for future in futures:
                future.cancel()
