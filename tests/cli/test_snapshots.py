"""Whole outputs, compared with the texts in tests/snapshots/.

To renew them after a change of wording, run

    UPDATE_SNAPSHOTS=1 python -m pytest tests/cli/test_snapshots.py

and read the difference that git shows before committing it. Commands run at the root of the
repository with a fixed time, so that no machine's paths and no clock stand in a snapshot. Each
file holds the command, what it printed, and its exit code.
"""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import pytest

from tests.cli.running import CREATE, DEV, KEY, NAME, ROOT, VIA_APPFLOW, policy_eval

SNAPSHOTS = Path(__file__).resolve().parents[1] / "snapshots"

_BLOCK = "fixtures/appflow/appflow-doc.json"
_FULL_ACCESS = "fixtures/appflow/AmazonAppFlowFullAccess.json"
_NOW = ("--now", "2026-01-01T00:00:00Z")
_CREATE = ("can-i", CREATE, "--as", DEV, "-p", _BLOCK, *_NOW, "-c", NAME)
_CREATE_THROUGH_APPFLOW = (*_CREATE, "-c", VIA_APPFLOW)
_FULL = "fixtures/layers/FullAWSAccess.json"
_SOME = "fixtures/layers/AppFlowAndS3.json"
_CREATE_AS_ADMIN = (
    "can-i", CREATE, "--as", DEV, "-p", _FULL, *_NOW, "-c", NAME, "-c", VIA_APPFLOW,
    "-c", "aws:RequestedRegion=us-east-1",
)  # fmt: skip
_OTHER = "arn:aws:iam::999988887777:role/Other"
_READ = (
    "can-i", "s3:GetObject", "arn:aws:s3:::b/k", *_NOW, "--resource-account", "444455556666",
    "--resource-policy", "fixtures/layers/bucket.json",
)  # fmt: skip

COMMANDS: dict[str, tuple[str, ...]] = {
    "block-allowed": _CREATE_THROUGH_APPFLOW,
    "block-allowed-explained": (*_CREATE_THROUGH_APPFLOW, "--explain"),
    "block-allowed-as-json": (*_CREATE_THROUGH_APPFLOW, "-o", "json"),
    "block-denied": _CREATE,
    "block-denied-explained": (*_CREATE, "--explain"),
    "block-denied-for-tags": (*_CREATE_THROUGH_APPFLOW, "--request-tag", "env=dev"),
    "block-denied-for-tags-explained": (
        *_CREATE_THROUGH_APPFLOW, "--request-tag", "env=dev", "--explain",
    ),
    "tagging-denied-as-yaml": (
        "can-i", "secretsmanager:TagResource", "--as", DEV, "-p", _BLOCK, *_NOW, "-o", "yaml",
    ),
    "key-undetermined": ("can-i", "kms:DescribeKey", KEY, "--as", DEV, "-p", _FULL_ACCESS, *_NOW),
    "resource-undetermined-explained": (
        "can-i", "s3:PutBucketPolicy", "--as", DEV, "-p", _FULL_ACCESS, *_NOW, "--explain",
    ),
    "caller-not-said": ("can-i", "appflow:RunFlow", "-p", _FULL_ACCESS, *_NOW),
    "refused-policy": ("can-i", CREATE, "-p", "fixtures/grammar/trailing-comma.json", *_NOW),
    "check-block": ("check", "appflow-secrets", "-p", _BLOCK),
    "check-full-access": ("check", "appflow-secrets", "-p", _FULL_ACCESS),
    "boundary-denied": (*_CREATE_AS_ADMIN, "--boundary", _SOME),
    "boundary-denied-explained": (*_CREATE_AS_ADMIN, "--boundary", _SOME, "-v"),
    "scp-denied": (*_CREATE_AS_ADMIN, "--scp", _FULL, "--scp", _SOME, "--scp", _FULL),
    "scp-denied-as-json": (*_CREATE_AS_ADMIN, "--scp", _FULL, "--scp", _SOME, "-o", "json"),
    "other-account-denied": (*_READ, "--as", DEV, "-p", _FULL),
    "own-account-denied": (*_READ, "--as", _OTHER, "-p", _FULL_ACCESS),
    "both-sides-allow-explained": (*_READ, "--as", _OTHER, "-p", _FULL, "-v"),
}  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_the_output_is_as_in_the_snapshot(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    snapshot = SNAPSHOTS / f"{name}.txt"

    result = policy_eval(*COMMANDS[name])

    typed = shlex.join(("policy-eval", *COMMANDS[name]))
    found = f"$ {typed}\n{result.output}[exit {result.exit_code}]\n"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        snapshot.write_text(found, "utf-8")
    assert found == snapshot.read_text("utf-8")


def test_every_snapshot_has_its_command() -> None:
    assert {path.stem for path in SNAPSHOTS.iterdir()} == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_no_snapshot_holds_a_path_of_a_machine(name: str) -> None:
    text = (SNAPSHOTS / f"{name}.txt").read_text("utf-8")

    assert str(ROOT) not in text
