"""What commands print, and where: text, data, colour, and what stdout can take."""

from __future__ import annotations

import io
import json
import os
import pty
import subprocess
import sys
from contextlib import redirect_stdout, suppress
from pathlib import Path

import click
import pytest
import yaml

from policy_eval.cli.output import (
    Exit,
    as_data,
    exit_code,
    print_answer,
    print_diagnostics,
    refusing_bad_input,
)
from policy_eval.errors import Diagnostic, Place, PolicyError, Severity
from tests.cli.running import (
    BLOCK,
    CREATE_THROUGH_APPFLOW,
    DEV,
    FULL_ACCESS,
    KEY,
    OBJECT,
    ROOT,
    can_i,
    policy_on,
)

ESCAPE = "\x1b["
GREEN, RED, YELLOW = f"{ESCAPE}32m", f"{ESCAPE}31m", f"{ESCAPE}33m"
BOLD, RESET = f"{ESCAPE}1m", f"{ESCAPE}0m"


class _Terminal(io.TextIOWrapper):
    """A stdout that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _no_color_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)


def _printed(text: str, stdout: io.TextIOWrapper) -> str:
    """Return what an answer leaves on a stdout."""
    with redirect_stdout(stdout):
        print_answer(text)
    stdout.seek(0)
    return stdout.read()


def _terminal(encoding: str = "utf-8") -> _Terminal:
    return _Terminal(io.BytesIO(), encoding)


# Exit codes


@pytest.mark.parametrize(("allowed", "code"), [(True, 0), (False, 1), (None, 3)])
def test_an_answer_has_an_exit_code(allowed: bool | None, code: int) -> None:
    assert exit_code(allowed) == code


# Colour


def test_a_terminal_gets_a_coloured_headline() -> None:
    printed = _printed("yes: allowed (identity-based policy). a:B\n  allowed by C", _terminal())

    assert (
        printed
        == f"{GREEN}{BOLD}yes: allowed (identity-based policy). a:B{RESET}\n  allowed by C\n"
    )


@pytest.mark.parametrize(
    ("line", "colour"),
    [
        ("yes: allowed (identity-based policy).", GREEN),
        ("no: implicit deny (identity-based policy).", RED),
        ("undetermined. a:B", YELLOW),
    ],
)
def test_the_colour_of_a_headline_is_its_answer(line: str, colour: str) -> None:
    assert _printed(line, _terminal()).startswith(colour)


@pytest.mark.parametrize(("mark", "colour"), [("✓", GREEN), ("✗", RED), ("?", YELLOW)])
def test_a_mark_is_coloured_and_its_line_is_not(mark: str, colour: str) -> None:
    printed = _printed(f"    {mark} Action   x", _terminal())

    assert printed == f"    {colour}{mark}{RESET} Action   x\n"


@pytest.mark.parametrize("line", ["", "  no: indented", "note: x", "  note: ✓ inside", "yes"])
def test_other_lines_have_no_colour(line: str) -> None:
    assert _printed(line, _terminal()) == f"{line}\n"


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    assert (
        _printed("no: implicit deny (identity-based policy).", _terminal())
        == "no: implicit deny (identity-based policy).\n"
    )


def test_an_empty_no_color_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "")

    assert ESCAPE in _printed("no: implicit deny (identity-based policy).", _terminal())


def test_what_is_no_terminal_gets_no_colour() -> None:
    result = can_i(*CREATE_THROUGH_APPFLOW, "--explain")

    assert "✓" in result.stdout
    assert ESCAPE not in result.stdout


def _in_a_terminal(*arguments: str, **env: str) -> str:
    """Return what a whole process writes on a terminal that is its stdout."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "policy_eval", *arguments],
        stdout=theirs,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **env},
    ):
        os.close(theirs)
        written = b""
        with suppress(OSError):  # the process has closed its side
            while some := os.read(ours, 65_536):
                written += some
        os.close(ours)
    return written.decode("utf-8").replace("\r\n", "\n")


def test_a_real_terminal_gets_colour() -> None:
    text = _in_a_terminal("can-i", *CREATE_THROUGH_APPFLOW)

    assert text.startswith(f"{GREEN}{BOLD}yes: allowed (identity-based policy).")


def test_a_real_terminal_gets_none_with_no_color() -> None:
    text = _in_a_terminal("check", "appflow-secrets", "-p", BLOCK, NO_COLOR="1")

    assert text.startswith("AppFlow's secrets")
    assert ESCAPE not in text


# What stdout can take


@pytest.mark.parametrize(
    ("encoding", "printed"),
    [
        ("utf-8", "✓ é ✗ …\n"),
        ("ascii", "+ \\xe9 x \\u2026\n"),
        ("latin-1", "+ é x \\u2026\n"),
    ],
)
def test_characters_that_stdout_lacks_are_replaced(encoding: str, printed: str) -> None:
    stdout = io.TextIOWrapper(io.BytesIO(), encoding)

    assert _printed("✓ é ✗ …", stdout) == printed


def test_an_ascii_terminal_keeps_its_colours() -> None:
    printed = _printed("  ✗ Action   x", _terminal("ascii"))

    assert printed == f"  {RED}x{RESET} Action   x\n"


def test_a_value_that_is_no_text_is_printed_all_the_same(tmp_path: Path) -> None:
    policy = policy_on(tmp_path, {"StringEquals": {"aws:Referer": "x"}})

    result = can_i("s3:GetObject", OBJECT, "-p", policy, "-c", "aws:Referer=\udcff")

    assert result.exit_code == Exit.DENIED
    assert '"\\u{dcff}"; wanted "x"' in result.stdout


# Diagnostics

PROBLEM = Diagnostic("code", Severity.ERROR, "what", "how", Place("f", 1, 2), ("R-1",))
WARNING = Diagnostic("other", Severity.WARNING, "this")


def test_diagnostics_are_a_report_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    print_diagnostics((PROBLEM, WARNING))

    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == (
        "error[code]: what\n--> f:1:2\n = help: how\n = rule: R-1\n\n"
        "warning[other]: this\n\n1 error, 1 warning\n"
    )


def test_bad_input_is_told_on_stderr_with_its_exit_code(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(click.exceptions.Exit) as caught, refusing_bad_input():
        raise PolicyError(PROBLEM)

    printed = capsys.readouterr()
    assert caught.value.exit_code == Exit.UNUSABLE
    assert printed.out == ""
    assert printed.err == (
        "error[code]: what\n--> f:1:2\n = help: how\n = rule: R-1\n\n"
        "for more on a problem: policy-eval explain-error code\n"
    )


def test_other_errors_are_not_taken_for_bad_input() -> None:
    with pytest.raises(KeyError), refusing_bad_input():
        raise KeyError


# Data


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_data_keeps_its_order_and_its_letters(form: str) -> None:
    text = as_data({"b": ["é", None, True], "a": {"c": "no"}}, form)

    assert text.index("b") < text.index("a")
    assert "é" in text
    assert not text.endswith("\n")
    assert yaml.safe_load(text) == {"b": ["é", None, True], "a": {"c": "no"}}


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_an_answer_is_data_with_stable_names(form: str) -> None:
    result = can_i(*CREATE_THROUGH_APPFLOW, "--request-tag", "env=dev", "-o", form)

    answer = yaml.safe_load(result.stdout)
    assert result.exit_code == Exit.DENIED
    assert answer["action"] == "secretsmanager:CreateSecret"
    assert answer["decision"] == "implicitDeny"
    assert answer["allowed"] is False
    assert answer["blocked_by"] == "secretsmanager:TagResource"
    assert answer["assumptions"][BLOCK][0] == "read as a policy of 2 statements"
    assert [part["decision"] for part in answer["actions"]] == ["allowed", "implicitDeny"]


def test_json_and_yaml_say_the_same() -> None:
    arguments = ("kms:Decrypt", KEY, "--as", DEV, "-p", FULL_ACCESS)

    as_json = can_i(*arguments, "-o", "json")
    as_yaml = can_i(*arguments, "--output", "yaml")

    assert json.loads(as_json.stdout) == yaml.safe_load(as_yaml.stdout)


def test_data_is_the_same_with_and_without_explain() -> None:
    plain = can_i(*CREATE_THROUGH_APPFLOW, "-o", "json")
    explained = can_i(*CREATE_THROUGH_APPFLOW, "-o", "json", "--explain")

    assert plain.stdout == explained.stdout


def test_text_is_the_form_unless_said() -> None:
    plain = can_i(*CREATE_THROUGH_APPFLOW)
    said = can_i(*CREATE_THROUGH_APPFLOW, "-o", "text")

    assert plain.stdout == said.stdout


def test_paths_are_printed_as_they_were_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)

    result = can_i("a:B", "-p", "fixtures/appflow/appflow-doc.json")

    assert "note: fixtures/appflow/appflow-doc.json: read as" in result.stdout
