"""`policy-eval test`: run suites of expected decisions, report what is otherwise."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import click

from policy_eval.cases.accounts import Opened
from policy_eval.cases.discovery import ENDINGS, find_suites
from policy_eval.cases.outcome import Run, Status
from policy_eval.cases.run import Rules
from policy_eval.cases.runner import Plan, Progress, Selection, run
from policy_eval.cases.suite import Overrides
from policy_eval.cli.options import strict_rules_option, taken
from policy_eval.cli.output import (
    Exit,
    print_answer,
    print_diagnostics,
    refusing_bad_input,
    safe_lines,
)
from policy_eval.cli.source_options import Sources, further_source_options, warning
from policy_eval.errors import Diagnostic
from policy_eval.reports.formats import FORMATS, written
from policy_eval.reports.text import spell_run
from policy_eval.text.replacing import replace_file

_PATHS = click.Path(path_type=Path)
_FORMATS = ("text", *FORMATS)
_OF_COVERAGE = ("cobertura", "listing")
_TO_FILES = (*_FORMATS, *_OF_COVERAGE)
_SILENT_SECONDS = 1.0
_CLEAR = "\r\x1b[K"
_NOTHING = f"no tests: a suite is a file whose name ends in {', '.join(ENDINGS)}"


def _reports(
    ctx: click.Context,  # noqa: ARG001 - click's signature
    param: click.Parameter,  # noqa: ARG001
    given: tuple[str, ...],
) -> tuple[tuple[str, Path], ...]:
    """Return the further reports: format and file of each."""
    reports = []
    for text in given:
        form, mark, file = text.partition("=")
        if form not in _TO_FILES or not mark or not file:
            known = ", ".join(_TO_FILES)
            message = f"`{text}` is no FORMAT=FILE; formats: {known}"
            raise click.BadParameter(message)
        if not Path(file).absolute().parent.is_dir():
            message = f"`{text}`: there is no folder `{Path(file).parent}`"
            raise click.BadParameter(message)
        reports.append((form, Path(file)))
    return tuple(reports)


@click.command("test", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("paths", nargs=-1, type=_PATHS, metavar="[PATH]...")
@click.option(
    "-k", "keywords", multiple=True, metavar="TEXT",
    help="Only tests whose name, suite or file contains TEXT (repeatable: any of them).",
)  # fmt: skip
@click.option("-x", "--fail-fast", is_flag=True, help="End with the first test that fails.")
@click.option(
    "-j", "--jobs", type=click.IntRange(1, 256), default=1, metavar="N",
    help="Run N files at once.",
)  # fmt: skip
@click.option("--watch", is_flag=True, help="Run again whenever a suite or policy changes.")
@click.option("-v", "--verbose", is_flag=True, help="Name the tests that pass, too.")
@click.option(
    "-o", "--output", "form", type=click.Choice(_FORMATS), default="text", show_default=True,
    help="How to print the run.",
)  # fmt: skip
@click.option(
    "--report", "reports", multiple=True, callback=_reports, metavar="FORMAT=FILE",
    help=f"Also write a report to a file (repeatable): {', '.join(_TO_FILES)}.",
)  # fmt: skip
@click.option(
    "--mutate", is_flag=True,
    help="Change the policies in the ways policies go wrong; report what no test notices.",
)  # fmt: skip
@click.option("--cover", is_flag=True, help="Measure what of the policies the tests pin down.")
@click.option(
    "--cover-min", type=click.FloatRange(0, 100), metavar="PERCENT",
    help="Exit 4 if less is covered (implies --cover).",
)  # fmt: skip
@further_source_options(
    "Take the policies of the suites from an account, in place of their own sources: an export, a "
    "plan, a template or a workspace."
)
@strict_rules_option
def command(  # noqa: PLR0913 - one parameter an option
    *,
    paths: tuple[Path, ...],
    keywords: tuple[str, ...],
    fail_fast: bool,
    jobs: int,
    watch: bool,
    verbose: bool,
    form: str,
    reports: tuple[tuple[str, Path], ...],
    mutate: bool,
    cover: bool,
    cover_min: float | None,
    strict_rules: bool,
    **options: Any,  # noqa: ANN401 - those of `Sources`, as click hands them over
) -> None:
    """Run the suites in PATH: *.iamtest.yaml, .yml or .json, or folders of them.

    Without PATH, those under the current folder. Exits 2 if something cannot be used (the other
    suites still run), else 1 if a test fails, else 4 if less is covered than --cover-min, else 5 if
    there is no test, else 0.
    """
    if mutate and strict_rules:
        message = "--mutate and --strict-rules exclude each other"
        raise click.UsageError(message)
    cover = cover or cover_min is not None or any(each in _OF_COVERAGE for each, _ in reports)
    rules = Rules.STRICT if strict_rules else Rules.OURS
    sources = taken(Sources, options)
    if sources.keep_going and jobs > 1:
        message = "--keep-going tells what it leaves out, and the processes of -j tell nothing"
        raise click.UsageError(message)
    where = paths or (Path(),)
    least = cover_min or 0.0

    def once() -> Run:
        with refusing_bad_input() as tell:
            suites = find_suites(where)
            given = Overrides(sources=sources.named(), opened=Opened(warning(tell)))
        plan = Plan(Selection(keywords), fail_fast, cover, rules, given)
        with _progress() as progress:
            done = run(suites, plan, jobs, progress)
        if mutate:
            done = _mutated(done, suites, plan)
        _report(done, form, reports, verbose=verbose)
        _say_why(done, suites, least)
        return done

    if watch:
        from policy_eval.cli.watching import run_on_change

        watched = (*where, *map(Path, sources.sources))
        run_on_change(lambda: map(Path, once().files), watched, [file for _, file in reports])
    raise click.exceptions.Exit(exit_code(once(), least))


def _mutated(done: Run, suites: tuple[Path, ...], plan: Plan) -> Run:
    """Return a run with what became of slips in its policies, if all its tests pass."""
    if done.unusable or done.count(Status.FAILED) or done.count(Status.ERROR):
        click.echo("--mutate wants tests that pass: nothing was changed", err=True)
        return done
    from policy_eval.cases.mutation import mutate

    return done._replace(mutation=mutate(suites, plan))


@contextmanager
def _progress() -> Iterator[Progress | None]:
    """Give what tells on a terminal how far a run is, and take it off the screen at the end."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    began = monotonic()

    def tell(tests: int, files: int) -> None:
        if monotonic() - began > _SILENT_SECONDS:
            click.echo(f"{_CLEAR}{tests} tests, {files} files\r", err=True, nl=False)

    try:
        yield tell
    finally:
        if monotonic() - began > _SILENT_SECONDS:
            click.echo(_CLEAR, err=True, nl=False)


def exit_code(done: Run, cover_min: float = 0.0) -> Exit:
    """Return the exit code of a run of whose policies so much should be covered, in percent."""
    if done.unusable or done.count(Status.ERROR):
        return Exit.UNUSABLE
    if done.count(Status.FAILED):
        return Exit.DENIED
    if done.coverage is not None and done.coverage.percent < cover_min:
        return Exit.BELOW_COVERAGE
    return Exit.ALLOWED if done.outcomes else Exit.NO_TESTS


def _say_why(done: Run, suites: tuple[Path, ...], cover_min: float) -> None:
    """Say on stderr why a run that nothing is wrong with ends otherwise than with 0."""
    match exit_code(done, cover_min):
        case Exit.NO_TESTS:
            click.echo("no tests: none is named so" if suites else _NOTHING, err=True)
        case Exit.BELOW_COVERAGE:
            assert done.coverage is not None  # it is what is too low
            percent = f"{done.coverage.percent:.2f} %"
            click.echo(f"coverage is below --cover-min: {percent} of {cover_min:g} %", err=True)


def _report(done: Run, form: str, reports: tuple[tuple[str, Path], ...], *, verbose: bool) -> None:
    for each, file in reports:
        replace_file(file, _spelled(done, each, verbose=verbose))
    problems = _problems(done)
    if form == "text" and problems:
        print_diagnostics(problems)
        click.echo(err=True)
    print_answer(_spelled(done, form, verbose=verbose).removesuffix("\n"))


def _problems(done: Run) -> tuple[Diagnostic, ...]:
    """Return what is wrong with suites, and with the input of tests: each problem once."""
    problems = [problem for each in done.unusable for problem in each.diagnostics]
    for outcome in done.outcomes:
        if outcome.status is Status.ERROR:
            problems += outcome.diagnostics
    return tuple(dict.fromkeys(problems))


def _spelled(done: Run, form: str, *, verbose: bool) -> str:
    if form == "text":
        return safe_lines(_as_text(done, verbose=verbose)) + "\n"
    if form in _OF_COVERAGE:
        assert done.coverage is not None  # it was asked for
        if form == "listing":
            from policy_eval.reports.coverage_text import write_listing

            return write_listing(done.coverage)
        from policy_eval.reports import cobertura

        return cobertura.write(done.coverage)
    return written(done, form)


def _as_text(done: Run, *, verbose: bool) -> str:
    texts = [spell_run(done, verbose=verbose)]
    if done.coverage is not None:
        from policy_eval.reports.coverage_text import spell_coverage

        texts.append(spell_coverage(done.coverage, verbose=verbose))
    if done.mutation is not None:
        from policy_eval.reports.mutation_text import spell_mutation

        texts.append(spell_mutation(done.mutation, verbose=verbose))
    return "\n\n".join(texts)
