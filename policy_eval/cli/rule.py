"""`policy-eval rule`: a rule, where AWS says so, and how to find out where it does not."""

from __future__ import annotations

import re

import click

from policy_eval.cli.options import output_option
from policy_eval.cli.output import as_data, print_answer, refusing_bad_input
from policy_eval.errors import Diagnostic, InputError, Severity
from policy_eval.semantics.rule_table import find_rules, rules
from policy_eval.semantics.rule_wording import rule_data, spell_list, spell_rule


def _complete_rule(
    ctx: click.Context,  # noqa: ARG001 - click's signature
    param: click.Parameter,  # noqa: ARG001
    incomplete: str,
) -> list[str]:
    return [name for name in rules() if name.startswith(incomplete.upper())]


@click.command("rule", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("name", metavar="[ID]", required=False, shell_complete=_complete_rule)
@output_option("the rule")
def command(*, name: str | None, form: str) -> None:
    """Say what the rule ID is, and which page of AWS says so; without ID, list them all.

    Of an open point, both readings and an experiment on AWS that settles it. Answers name the rules
    they rest on.
    """
    with refusing_bad_input(form):
        found = tuple(rules().values()) if name is None else find_rules(name)
        if not found:
            raise InputError(_unknown(str(name)))
        if form != "text":
            print_answer(as_data({"rules": [*map(rule_data, found)]}, form))
        elif name is None:
            print_answer(spell_list(found))
        else:
            print_answer("\n\n".join(map(spell_rule, found)))


def _unknown(name: str) -> Diagnostic:
    from difflib import get_close_matches

    padded = re.sub(r"-([0-9])$", r"-0\1", name.upper())
    near = get_close_matches(padded, rules(), 1)
    return Diagnostic(
        "unknown-rule",
        Severity.ERROR,
        f"`{name}` is no rule",
        f"did you mean `{near[0]}`" if near else "`policy-eval rule` lists them",
    )
