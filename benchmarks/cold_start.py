"""A cold `can-i` with its text answer, against an empty click command: whole processes."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

from benchmarks.timing import ROOT, in_turn

_EMPTY = "import click\n@click.command()\ndef main(): pass\nmain()"
_QUESTION = (
    "secretsmanager:CreateSecret",
    "--as", "arn:aws:iam::111122223333:role/Dev",
    "-p", str(ROOT / "fixtures" / "appflow" / "appflow-doc.json"),
    "-c", "secretsmanager:Name=appflow!sales",
    "-c", "aws:CalledVia=appflow.amazonaws.com",
)  # fmt: skip


_NO_BYTECODE = {"PYTHONDONTWRITEBYTECODE"}


def run() -> None:
    """Print the ratio. Both processes find their modules compiled, as after an installation."""
    command = Path(sysconfig.get_path("scripts")) / "can-i"
    compiled = {key: value for key, value in os.environ.items() if key not in _NO_BYTECODE}
    question = [str(command), *_QUESTION]
    empty = [sys.executable, "-c", _EMPTY]

    def run_one(arguments: list[str]) -> None:
        subprocess.run(arguments, check=True, capture_output=True, env=compiled)

    found = in_turn(lambda: run_one(question), lambda: run_one(empty), rounds=25)
    print(
        f"cold can-i: {found.first * 1e3:.0f} ms, empty click command {found.second * 1e3:.0f} ms, "
        f"ratio {found.ratio:.2f} (goal: at most 1.4)"
    )
