"""`policy-eval batch`: options, exit codes, and what is told."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from unittest.mock import patch

import pytest
from click.testing import Result

from policy_eval.cli import batch
from policy_eval.cli.output import Exit
from tests.cli.running import BLOCK, CREATE, DEV, file_of, policy_eval, told

_ALLOWED = {
    "action": CREATE,
    "context": {"secretsmanager:Name": "appflow!a", "aws:CalledVia": "appflow.amazonaws.com"},
}
_DENIED = {"action": "secretsmanager:TagResource"}
_NONE = {"action": "s3"}


def _batch(folder: Path, *rows: object, options: tuple[str, ...] = ()) -> Result:
    requests = file_of(folder, "".join(f"{json.dumps(row)}\n" for row in rows), "requests.jsonl")
    out = str(folder / "out.jsonl")
    return policy_eval("batch", requests, "-p", BLOCK, "--as", DEV, "--out", out, *options)


def test_a_batch_is_decided_and_summed_up(tmp_path: Path) -> None:
    result = _batch(tmp_path, _ALLOWED, _DENIED, _DENIED)

    assert result.exit_code == Exit.ALLOWED
    assert result.stdout == "3 requests decided: 1 allowed, 2 implicitDeny\n"
    assert told(result) == []
    lines = (tmp_path / "out.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["decision"] for line in lines] == [
        "allowed", "implicitDeny", "implicitDeny",
    ]  # fmt: skip


def test_rows_that_are_no_requests_are_told_and_end_with_one(tmp_path: Path) -> None:
    result = _batch(tmp_path, _NONE, _ALLOWED)

    assert result.exit_code == Exit.DENIED
    assert result.stdout == (
        "1 request decided: 1 allowed\n"
        f"1 row is no request: see {tmp_path}/out.jsonl.rejects.jsonl\n"
    )
    assert told(result) == ["error[unknown-action]: `s3` is no action"]


def test_several_rows_that_are_no_requests_are_counted(tmp_path: Path) -> None:
    result = _batch(tmp_path, *[_NONE] * 11)

    assert result.stdout.startswith("0 requests decided\n11 rows are no requests: see ")
    assert told(result)[-1] == "error[rejected-rows]: 1 more row is no request"


def test_the_first_may_end_it(tmp_path: Path) -> None:
    result = _batch(tmp_path, _NONE, _ALLOWED, options=("--fail-fast",))

    assert result.exit_code == Exit.UNUSABLE
    assert told(result) == ["error[unknown-action]: `s3` is no action"]
    assert not (tmp_path / "out.jsonl").exists()


def test_decisions_go_to_stdout_and_the_rest_to_stderr() -> None:
    text = f"{json.dumps(_ALLOWED)}\n{json.dumps(_NONE)}\n"
    result = policy_eval(
        "batch", "-", "-p", BLOCK, "--as", DEV, "--out", "-", "--out-format", "csv",
        "--format", "jsonl", "--keep", "action", "--keep", "action", stdin=text,
    )  # fmt: skip

    assert result.exit_code == Exit.DENIED
    assert result.stdout.splitlines()[0].startswith('"row","action","decision"')
    assert "1 request decided: 1 allowed\n1 row is no request\n" in result.stderr


def test_nothing_is_summed_up_where_that_is_not_wanted(tmp_path: Path) -> None:
    assert _batch(tmp_path, _ALLOWED, options=("-q",)).output == ""


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("none.jsonl", "-p", BLOCK, "--out", "-"), "error[missing-file]: none.jsonl"),
        (("-", "--out", "-"), "error[missing-policies]: no policy is given"),
        (("-", "-p", BLOCK, "--out", "-", "--as", "arn:x"), "error[unknown-principal]"),
        (("-", "-p", "none.json", "--out", "-"), "error[missing-file]: none.json"),
    ],
)
def test_what_keeps_a_batch_from_being_done(arguments: tuple[str, ...], says: str) -> None:
    result = policy_eval("batch", *arguments)

    assert result.exit_code == Exit.UNUSABLE
    assert told(result)[0].startswith(says)


def test_without_the_extra_its_name_is_told(tmp_path: Path) -> None:
    for name in [name for name in sys.modules if name.startswith("policy_eval.batch")]:
        del sys.modules[name]
    with patch.dict(sys.modules, {"policy_eval.batch": None}):
        result = _batch(tmp_path, _ALLOWED)

    assert result.exit_code == Exit.UNUSABLE
    assert told(result)[0].startswith("error[missing-package]: ")


def test_a_terminal_sees_which_part_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    with batch._progress() as show:  # noqa: SLF001 - no terminal is here
        assert show(0.5) is None

    class Terminal:
        shown = ""

        def isatty(self) -> bool:
            return True

        def write(self, text: str) -> None:
            self.shown += text

        def flush(self) -> None:
            pass

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with batch._progress() as show:  # noqa: SLF001
        show(0.25)
        show(1.0)

    assert "100%" in terminal.shown
    assert "deciding" in terminal.shown
