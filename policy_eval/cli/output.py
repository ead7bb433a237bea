"""What commands print: answers on stdout, diagnostics on stderr, colour only on a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

import click

from policy_eval.engine.wording import FAILS, HOLDS, OPEN
from policy_eval.errors import Diagnostic, InputError


class Exit(IntEnum):
    """Exit codes, the same for every command."""

    ALLOWED = 0
    DENIED = 1
    UNUSABLE = 2
    UNDETERMINED = 3


_NO_WRAP = 10_000
_COLOURS = {HOLDS: "green", FAILS: "red", OPEN: "yellow"}
_HEADS = {"yes:": "green", "no:": "red", "undetermined.": "yellow"}
_ASCII = {HOLDS: "+", FAILS: "x"}


def exit_code(allowed: bool | None) -> Exit:  # noqa: FBT001 - three values
    """Return the exit code of an answer."""
    if allowed is None:
        return Exit.UNDETERMINED
    return Exit.ALLOWED if allowed else Exit.DENIED


def print_answer(text: str) -> None:
    """Print an answer, coloured where stdout is a terminal and NO_COLOR is not set."""
    if sys.stdout is None:  # closed: nobody reads the answer, the exit code gives it
        return
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    if colour:
        text = "\n".join(map(_coloured, text.split("\n")))
    click.echo(_printable(text), color=colour)


def _printable(text: str) -> str:
    """Return the text in characters that stdout can take."""
    encoding = sys.stdout.encoding or "ascii"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        for mark, plain in _ASCII.items():
            text = text.replace(mark, plain)
        return text.encode(encoding, "backslashreplace").decode(encoding)
    return text


def _coloured(line: str) -> str:
    first, space, rest = line.lstrip().partition(" ")
    indent = line[: len(line) - len(line.lstrip())]
    if first in _COLOURS:
        return f"{indent}{click.style(first, fg=_COLOURS[first])}{space}{rest}"
    if not indent and first in _HEADS:
        return click.style(line, fg=_HEADS[first], bold=True)
    return line


def print_diagnostics(diagnostics: tuple[Diagnostic, ...]) -> None:
    """Print problems on stderr, one line each."""
    for diagnostic in diagnostics:
        click.echo(str(diagnostic), err=True)


@contextmanager
def refusing_bad_input() -> Iterator[None]:
    """Turn an InputError into its diagnostics on stderr and exit code 2."""
    try:
        yield
    except InputError as error:
        print_diagnostics(error.diagnostics)
        raise click.exceptions.Exit(Exit.UNUSABLE) from None


def as_data(value: dict[str, object], form: str) -> str:
    """Return data as JSON or YAML text."""
    if form == "json":
        import json

        return json.dumps(value, indent=2, ensure_ascii=False)
    import yaml

    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=_NO_WRAP).rstrip()
