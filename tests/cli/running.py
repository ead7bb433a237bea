"""The commands run in this process, and what tests of them have in common."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from click.testing import CliRunner, Result

from policy_eval.cli.can_i import command
from policy_eval.cli.commands import main

ROOT = Path(__file__).resolve().parents[2]
BLOCK = str(ROOT / "fixtures" / "appflow" / "appflow-doc.json")
FULL_ACCESS = str(ROOT / "fixtures" / "appflow" / "AmazonAppFlowFullAccess.json")

DEV = "arn:aws:iam::111122223333:role/Dev"
KEY = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
OBJECT = "arn:aws:s3:::logs/today"

CREATE = "secretsmanager:CreateSecret"
NAME = "secretsmanager:Name=appflow!sales"
VIA_APPFLOW = "aws:CalledVia=appflow.amazonaws.com"
CREATE_THROUGH_APPFLOW = (CREATE, "--as", DEV, "-p", BLOCK, "-c", NAME, "-c", VIA_APPFLOW)
"""The call that the AppFlow block allows."""


def can_i(*arguments: str, stdin: str | bytes = "") -> Result:
    """Return how `can-i` ends with these arguments."""
    return CliRunner().invoke(command, arguments, input=stdin)


def policy_eval(*arguments: str, stdin: str | bytes = "") -> Result:
    """Return how `policy-eval` ends with these arguments."""
    return CliRunner().invoke(main, arguments, input=stdin, prog_name="policy-eval")


def told(result: Result) -> list[str]:
    """Return the first line of each problem that a command told on stderr."""
    heads = ("error[", "warning[")
    return [line for line in result.stderr.splitlines() if line.startswith(heads)]


def pointed_at(result: Result) -> list[str]:
    """Return the places of the problems that a command told on stderr."""
    arrow = "--> "
    return [line.partition(arrow)[2] for line in result.stderr.splitlines() if arrow in line]


def policy_file(folder: Path, *statements: Mapping[str, object], name: str = "policy.json") -> str:
    """Return the path of a new policy with these statements, each for everything by default."""
    path = folder / name
    whole = [{"Effect": "Allow", "Action": "*", "Resource": "*", **each} for each in statements]
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": whole}), "utf-8")
    return str(path)


def policy_on(folder: Path, condition: Mapping[str, object]) -> str:
    """Return the path of a new policy that allows everything under a condition."""
    return policy_file(folder, {"Condition": condition})


def file_of(folder: Path, text: str, name: str) -> str:
    """Return the path of a new file with this text."""
    path = folder / name
    path.write_text(text, "utf-8")
    return str(path)
