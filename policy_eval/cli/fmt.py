"""`policy-eval fmt`: policies in canonical order and layout."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from policy_eval.cli.options import policy_files, read_stdin
from policy_eval.cli.output import Exit, print_answer, refusing_bad_input, safe_lines
from policy_eval.errors import Diagnostic, PolicyError, Severity
from policy_eval.policy.document import Document, read_document
from policy_eval.policy.layout import INDENT, laid_out, values_of
from policy_eval.text.files import read_source
from policy_eval.text.replacing import replace_file
from policy_eval.text.source import Source


@click.command("fmt", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--check", is_flag=True, help="Change nothing; exit 1 if a file is not in canonical form."
)
@click.option("--diff", is_flag=True, help="Change nothing; print what would change.")
@click.option(
    "--indent",
    type=click.IntRange(0, 8),
    default=INDENT,
    show_default=True,
    help="Blanks of one level.",
)
def command(*, paths: tuple[str, ...], check: bool, diff: bool, indent: int) -> None:
    """Put policies in canonical order and layout, in place.

    Only the order of elements and the blanks between tokens change. PATH is a file, a folder of
    *.json, or - for stdin, whose policy is printed (also one inside a command's output or a
    heredoc). Nothing is written unless every file can be read.
    """
    with refusing_bad_input():
        sources = _read(paths)
        laid = [(source, _laid_out(source, indent)) for source in sources]
    changed = [(source, text) for source, text in laid if source.text != text]
    for source, text in laid:
        if source.name == "<stdin>" and not (check or diff):
            print_answer(text.removesuffix("\n"))
    if diff:
        for source, text in changed:
            print_answer(_difference(source, text))
    elif not check:
        for source, text in changed:
            if source.name != "<stdin>":
                replace_file(Path(source.name), text)
                click.echo(f"{source.name}: rewritten", file=sys.stderr)
    if check:
        for source, _ in changed:
            click.echo(f"{source.name}: not in canonical form", err=True)
        raise click.exceptions.Exit(Exit.DENIED if changed else Exit.ALLOWED)


def _read(paths: tuple[str, ...]) -> list[Source]:
    """Return every text. Raises PolicyError with the problems of all."""
    sources: list[Source] = []
    problems: list[Diagnostic] = []
    for path in paths:
        for name in _names(path, problems):
            try:
                sources.append(_policy_text(name))
            except PolicyError as error:
                problems += error.diagnostics
    if problems:
        raise PolicyError(*problems)
    return sources


def _names(path: str, problems: list[Diagnostic]) -> list[str]:
    """Return the files that a path names; where it names none, that is a problem."""
    try:
        return policy_files(path)
    except PolicyError as error:
        problems += error.diagnostics
        return []


def _policy_text(name: str) -> Source:
    """Return the text of a policy. Raises PolicyError for a file that only holds one."""
    source = read_stdin() if name == "-" else read_source(name)
    document = read_document(source)
    if document.found_in and name != "-":
        raise PolicyError(_inside_another(name, document))
    return document.source


def _inside_another(name: str, document: Document) -> Diagnostic:
    return Diagnostic(
        "not-a-policy-file",
        Severity.ERROR,
        f"{name}: this policy stands in {document.found_in}, and only a file that is a policy "
        "is rewritten",
        f"print it with `policy-eval fmt - < {name}`",
    )


def _laid_out(source: Source, indent: int) -> str:
    text = laid_out(source.text, indent)
    if values_of(text) != values_of(source.text):  # nothing is written that says something else
        message = f"the layout of {source.name} would change what it says"
        raise AssertionError(message)
    return text


def _difference(source: Source, text: str) -> str:
    from difflib import unified_diff

    lines = unified_diff(
        _lines(source.text),
        _lines(text),
        source.name,
        f"{source.name} (canonical)",
        lineterm="",
    )
    return safe_lines("\n".join(lines))


def _lines(text: str) -> list[str]:
    """Return the lines of a text, as differences show them."""
    *lines, last = text.split("\n")
    return [*lines, f"{last}\n\\ No newline at end of file"] if last else lines
