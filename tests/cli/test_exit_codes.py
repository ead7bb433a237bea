"""Exit codes of the entry points: 1 is "denied" and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from policy_eval import __main__ as entry
from policy_eval.cli.output import print_answer

_ROOT = Path(__file__).resolve().parents[2]


def _failing(error: BaseException) -> click.Command:
    @click.command()
    def command() -> None:
        raise error

    return command


def _exit_of(command: click.Command, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", ["can-i"])
    monkeypatch.setattr(os, "dup2", lambda *_: None)
    with pytest.raises(SystemExit) as caught:
        entry._run(command, "can-i")  # noqa: SLF001 - what both entry points share
    assert isinstance(caught.value.code, int)
    return caught.value.code


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (click.UsageError("no"), 2, "Error: no"),
        (KeyboardInterrupt(), 130, ""),
        (BrokenPipeError(), 2, ""),
        (OSError(28, "No space left on device"), 2, "error[output]: No space left on device"),
        (RuntimeError("oops"), 70, "error[internal]"),
    ],
)
def test_what_is_unforeseen_is_no_decision(
    error: BaseException,
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert _exit_of(_failing(error), monkeypatch) == code
    assert said in capsys.readouterr().err


def test_a_closed_stdout_is_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    def command() -> None:
        monkeypatch.setattr(sys, "stdout", None)
        print_answer("nobody reads this")

    assert _exit_of(command, monkeypatch) == 0


@pytest.mark.parametrize("name", ["can-i", "policy-eval"])
def test_bash_completion_is_prepared_only_when_asked(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[str] = []
    monkeypatch.setattr(
        "policy_eval.cli.completion.complete_across_colons", lambda: called.append(name)
    )
    prepare: Callable[[str], None] = entry._complete_in_bash  # noqa: SLF001

    prepare(name)
    monkeypatch.setenv(f"_{name.replace('-', '_').upper()}_COMPLETE", "bash_complete")
    prepare(name)

    assert called == [name]


def test_a_full_disk_is_told() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    question = ["can-i", "s3:GetObject", "-p", "fixtures/appflow/appflow-doc.json"]
    with full.open("w") as stdout:
        found = subprocess.run(
            [sys.executable, "-m", "policy_eval", *question],
            cwd=_ROOT,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert found.returncode == 2
    assert found.stderr.startswith("error[output]: ")
