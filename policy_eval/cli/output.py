"""What commands print: answers on stdout, diagnostics on stderr, colour only on a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import TypeAlias

import click

from policy_eval.engine.marks import FAILS, HOLDS, OPEN, WARNS
from policy_eval.errors import Diagnostic, InputError, Severity, visible


class Exit(IntEnum):
    """Exit codes, the same for every command."""

    ALLOWED = 0
    DENIED = 1
    UNUSABLE = 2
    UNDETERMINED = 3
    BELOW_COVERAGE = 4
    NO_TESTS = 5


_NO_WRAP = 10_000
_COLOURS = {HOLDS: "green", FAILS: "red", OPEN: "yellow", WARNS: "yellow"}
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
    click.echo(_printable(text, sys.stdout.encoding), color=colour)


def _printable(text: str, encoding: str | None) -> str:
    """Return the text in characters that a stream of this encoding can take."""
    encoding = encoding or "ascii"
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


def print_diagnostics(diagnostics: tuple[Diagnostic, ...], form: str = "text") -> None:
    """Print problems on stderr, each with its place; as data, errors and warnings apart."""
    if not diagnostics:
        return
    if form != "text":
        kinds = {"errors": Severity.ERROR, "warnings": Severity.WARNING}
        data: dict[str, object] = {
            name: [each.to_dict() for each in diagnostics if each.severity is severity]
            for name, severity in kinds.items()
        }
        _echo_problems(as_data(data, form))
        return
    from policy_eval.text.report import plain, render_all  # only when something is to be said

    colour = sys.stderr is not None and sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    _echo_problems(render_all(diagnostics, _painted if colour else plain))


def _echo_problems(text: str) -> None:
    if sys.stderr is not None:
        click.echo(_printable(text, sys.stderr.encoding), err=True)


_SEVERITY_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", None: "blue"}


def _painted(text: str, severity: Severity | None) -> str:
    return click.style(text, fg=_SEVERITY_COLOURS[severity], bold=True)


Tell: TypeAlias = Callable[[tuple[Diagnostic, ...]], None]
"""Tells problems on stderr: at once as text, all together at the end as data."""


@contextmanager
def refusing_bad_input(form: str = "text") -> Iterator[Tell]:
    """Turn an InputError into its diagnostics on stderr and exit code 2.

    Gives what tells warnings meanwhile, so that one run prints one document as data.
    """
    held: list[Diagnostic] = []

    def tell(warnings: tuple[Diagnostic, ...]) -> None:
        if form == "text":
            print_diagnostics(warnings)
        held.extend(warnings)

    try:
        yield tell
    except InputError as error:
        if form != "text":
            print_diagnostics((*error.diagnostics, *held), form)
            raise click.exceptions.Exit(Exit.UNUSABLE) from None
        if held:
            _echo_problems("")
        print_diagnostics(error.diagnostics)
        code = error.diagnostics[0].code
        _echo_problems(f"\nfor more on a problem: policy-eval explain-error {code}")
        raise click.exceptions.Exit(Exit.UNUSABLE) from None
    if form != "text":
        print_diagnostics(tuple(held), form)


def safe_lines(text: str) -> str:
    """Return lines that change nothing on a terminal, whatever a policy holds."""
    return "\n".join(map(visible, text.split("\n")))


def as_data(value: dict[str, object], form: str) -> str:
    """Return data as JSON or YAML text; what could move a terminal is escaped, not lost."""
    if form == "json":
        import json

        return json.dumps(value, indent=2, ensure_ascii=False).translate(_CONTROLS_IN_JSON)
    import yaml

    class Dumper(yaml.SafeDumper):
        """Writes line breaks other than a line feed as escapes: YAML reads them as blanks."""

    def represent(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
        style = '"' if _ODD_BREAKS.intersection(text) else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    Dumper.add_representer(str, represent)
    return yaml.dump(
        value, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=_NO_WRAP
    ).rstrip()


def as_line(value: dict[str, object]) -> str:
    """Return data as JSON on one line, escaped likewise."""
    import json

    return json.dumps(value, ensure_ascii=False).translate(_CONTROLS_IN_JSON)


_CONTROLS_IN_JSON = {code: f"\\u{code:04x}" for code in range(0x7F, 0xA0)}
_ODD_BREAKS = frozenset("\x85\u2028\u2029")
