"""Problems are coloured on a terminal, and lost without harm where stderr is closed."""

from __future__ import annotations

import io
import sys

import click
import pytest

from policy_eval.cli.output import Exit, print_diagnostics, refusing_bad_input
from policy_eval.errors import Diagnostic, InputError, Severity
from policy_eval.text.pointing import point
from policy_eval.text.source import Source

ERROR = point(Source("p.json", "abc"), Diagnostic("a-code", Severity.ERROR, "wrong"), 1)
WARNING = ERROR._replace(code="b-code", severity=Severity.WARNING)


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        """Say that somebody looks."""
        return True


def printed(monkeypatch: pytest.MonkeyPatch, *problems: Diagnostic, form: str = "text") -> str:
    """Return what is printed of problems on a terminal."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    print_diagnostics(problems, form)
    return terminal.getvalue()


def test_each_severity_has_its_colour_and_borders_have_theirs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)

    text = printed(monkeypatch, ERROR, WARNING)

    assert click.style("error[a-code]", fg="red", bold=True) in text
    assert click.style("warning[b-code]", fg="yellow", bold=True) in text
    assert click.style("-->", fg="blue", bold=True) in text
    assert click.style(" ^", fg="red", bold=True) in text


def test_colour_changes_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured = printed(monkeypatch, ERROR, WARNING)
    monkeypatch.setenv("NO_COLOR", "1")

    plain = printed(monkeypatch, ERROR, WARNING)

    assert click.unstyle(coloured) == plain
    assert "\x1b" not in plain


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_data_has_no_colour(monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)

    assert "\x1b" not in printed(monkeypatch, ERROR, form=form)


@pytest.mark.parametrize("form", ["text", "json"])
def test_where_stderr_is_closed_the_exit_code_still_tells(
    monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setattr(sys, "stderr", None)

    with pytest.raises(click.exceptions.Exit) as caught, refusing_bad_input(form):
        raise InputError(ERROR)

    assert caught.value.exit_code == Exit.UNUSABLE
