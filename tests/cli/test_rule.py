"""`policy-eval rule`: one rule, or all of them."""

from __future__ import annotations

import json

import pytest
import yaml
from click.shell_completion import ShellComplete

from policy_eval.cli.commands import main
from policy_eval.cli.output import Exit
from policy_eval.semantics.rule_table import rules
from policy_eval.semantics.rule_wording import rule_data, spell_rule
from tests.cli.running import policy_eval


@pytest.mark.parametrize("name", ["R-COND-34", "e.2", "r-sm-04", "R-AF-05", "R-GRAM-01"])
def test_a_rule_is_printed(name: str) -> None:
    result = policy_eval("rule", name)

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == spell_rule(rules()[name.upper()]) + "\n"


def test_rules_that_share_a_row_are_printed_together() -> None:
    result = policy_eval("rule", "R-RES-03/04")

    assert result.exit_code == 0
    assert (
        result.stdout == f"{spell_rule(rules()['R-RES-03'])}\n\n{spell_rule(rules()['R-RES-04'])}\n"
    )


def test_without_an_id_all_are_listed() -> None:
    result = policy_eval("rule")

    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()] == [*rules()]


def test_a_rule_is_printed_as_json() -> None:
    result = policy_eval("rule", "R-COND-34", "-o", "json")

    assert json.loads(result.stdout) == {"rules": [rule_data(rules()["R-COND-34"])]}


def test_all_rules_are_printed_as_yaml() -> None:
    result = policy_eval("rule", "-o", "yaml")

    assert [each["rule"] for each in yaml.safe_load(result.stdout)["rules"]] == [*rules()]


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("R-COND-3", "did you mean `R-COND-03`"),
        ("cond-34", "did you mean `R-COND-34`"),
        ("nothing at all", "`policy-eval rule` lists them"),
        ("", "`policy-eval rule` lists them"),
    ],
)
def test_an_unknown_rule_is_refused_with_the_nearest(name: str, remedy: str) -> None:
    result = policy_eval("rule", name)

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert f"error[unknown-rule]: `{name}` is no rule" in result.stderr
    assert f" = help: {remedy}" in result.stderr


@pytest.mark.parametrize("typed", ["R-COND-3", "r-eval", "E", "", "xyz"])
def test_ids_are_completed(typed: str) -> None:
    completion = ShellComplete(main, {}, "policy-eval", "_POLICY_EVAL_COMPLETE")

    found = completion.get_completions(["rule"], typed)

    assert [item.value for item in found] == [
        name for name in rules() if name.startswith(typed.upper())
    ]
