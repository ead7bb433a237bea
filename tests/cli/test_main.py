"""The command `policy-eval`, its subcommands, and the entry points of the processes."""

from __future__ import annotations

import gc
import runpy
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version

import click
import pytest

from policy_eval import __main__ as entry
from policy_eval.cli.commands import main
from policy_eval.cli.output import Exit
from tests.cli.running import BLOCK, CREATE_THROUGH_APPFLOW, can_i, policy_eval


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_lists_the_commands(option: str) -> None:
    result = policy_eval(option)

    assert result.exit_code == 0
    assert "Usage: policy-eval [OPTIONS] COMMAND [ARGS]..." in result.stdout
    assert "can-i          Would AWS allow this request?" in result.stdout
    assert "check          Run a scenario and report every answer." in result.stdout
    assert "who-can        Which users and roles of an account can do something" in result.stdout


def test_every_listed_command_is_there() -> None:
    assert isinstance(main, click.Group)
    context = click.Context(main)

    found = [main.get_command(context, name) for name in main.list_commands(context)]

    assert [command and command.name for command in found] == [
        "can-i", "batch", "check", "test", "record", "schema", "context-keys", "show", "fmt",
        "who-can", "what-can", "matrix", "can-assume", "import", "rule", "explain-error",
    ]  # fmt: skip


def test_no_command_is_unusable() -> None:
    result = policy_eval()

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert result.stderr.startswith("Usage: policy-eval")


def test_an_unknown_command_is_unusable() -> None:
    result = policy_eval("chek")

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert "No such command 'chek'." in result.stderr


def test_can_i_is_a_subcommand_too() -> None:
    result = policy_eval("can-i", *CREATE_THROUGH_APPFLOW)

    assert result.exit_code == Exit.ALLOWED
    assert result.stdout == can_i(*CREATE_THROUGH_APPFLOW).stdout


def test_both_commands_say_the_version_of_the_package() -> None:
    ours = version("policy-eval")

    assert policy_eval("--version").stdout == f"policy-eval, version {ours}\n"
    assert can_i("--version").stdout == f"can-i, version {ours}\n"


# Entry points


@pytest.fixture
def _collector() -> Iterator[None]:
    """Give the garbage collector back as it was."""
    yield
    gc.unfreeze()
    gc.enable()


@pytest.mark.usefixtures("_collector")
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("can-i", *CREATE_THROUGH_APPFLOW, "-q"), Exit.ALLOWED),
        (("can-i", *CREATE_THROUGH_APPFLOW, "-q", "--request-tag", "a=b"), Exit.DENIED),
        (("can-i", "nonsense", "-p", BLOCK), Exit.UNUSABLE),
    ],
)
def test_the_entry_point_of_can_i_exits_with_the_answer(
    monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], code: Exit
) -> None:
    monkeypatch.setattr(sys, "argv", list(arguments))

    with pytest.raises(SystemExit) as caught:
        entry.can_i()

    assert caught.value.code == code


@pytest.mark.usefixtures("_collector")
def test_the_entry_point_of_policy_eval_runs_its_commands(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["policy-eval", "check", "appflow-secrets", "-p", BLOCK])

    with pytest.raises(SystemExit) as caught:
        entry.policy_eval()

    assert caught.value.code == Exit.ALLOWED
    assert capsys.readouterr().out.startswith("AppFlow's secrets in Secrets Manager\n")


@pytest.mark.usefixtures("_collector")
def test_a_process_leaves_its_garbage_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["can-i", *CREATE_THROUGH_APPFLOW, "-q"])

    with pytest.raises(SystemExit):
        entry.can_i()

    assert not gc.isenabled()
    assert gc.get_freeze_count() > 0


@pytest.mark.usefixtures("_collector")
def test_the_package_runs_as_a_program(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["policy-eval", "--version"])

    with pytest.raises(SystemExit) as caught:
        runpy.run_path(str(entry.__file__), run_name="__main__")

    assert caught.value.code == 0
    assert version("policy-eval") in capsys.readouterr().out


def test_a_whole_process_runs_a_scenario() -> None:
    found = subprocess.run(
        [sys.executable, "-m", "policy_eval", "check", "appflow-secrets", "-p", BLOCK],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert (found.returncode, found.stderr) == (Exit.ALLOWED, "")
    assert found.stdout.startswith("AppFlow's secrets in Secrets Manager\n")
