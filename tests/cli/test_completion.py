"""Completion: actions across colons in bash, scenarios, files."""

from __future__ import annotations

import click
import pytest
from click.shell_completion import ShellComplete, get_completion_class

from policy_eval.cli.can_i import command as can_i
from policy_eval.cli.check import command as check
from policy_eval.cli.check import packaged_scenarios
from policy_eval.cli.completion import complete_across_colons


def _bash(monkeypatch: pytest.MonkeyPatch, words: str, cut: int) -> list[str]:
    complete_across_colons()
    found = get_completion_class("bash")
    assert found is not None
    completion: ShellComplete = found(can_i, {}, "can-i", "_CAN_I_COMPLETE")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(cut))
    return [item.value for item in completion.get_completions(*completion.get_completion_args())]


@pytest.mark.parametrize(
    ("words", "cut", "answer"),
    [
        ("can-i secretsmanager : CreateS", 3, ["CreateSecret"]),
        ("can-i secretsmana", 1, ["secretsmanager:"]),
        ("can-i s3:GetObjectTor", 1, ["GetObjectTorrent"]),
    ],
)
def test_bash_completes_actions(
    monkeypatch: pytest.MonkeyPatch, words: str, cut: int, answer: list[str]
) -> None:
    assert _bash(monkeypatch, words, cut) == answer


def test_bash_completes_after_a_lone_colon(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "CreateSecret" in _bash(monkeypatch, "can-i secretsmanager :", 2)


def test_scenarios_and_files_are_completed() -> None:
    context = click.Context(check)
    (argument,) = (param for param in check.params if param.name == "scenario")

    found = argument.shell_complete(context, "app")

    assert [(item.value, item.type) for item in found] == [
        *((name, "plain") for name in packaged_scenarios()),
        ("app", "file"),
    ]
