"""`policy-eval who-can`: which users and roles of an account can do something, and why."""

from __future__ import annotations

from typing import Any

import click

from policy_eval.cli.options import output_option, taken
from policy_eval.cli.output import as_data, print_answer, refusing_bad_input, safe_lines
from policy_eval.cli.request_options import Described, also_option, complete_action, request_options
from policy_eval.cli.source_options import Sources, in_lines, notes, source_options
from policy_eval.engine.decision import Decision
from policy_eval.engine.marks import HOLDS, OPEN
from policy_eval.queries.asking import Answer
from policy_eval.queries.who_can import WhoCan, who_can
from policy_eval.semantics.layers import NAMES
from policy_eval.sources.titles import short_names


@click.command("who-can", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("action", shell_complete=complete_action)
@click.argument("resource", required=False)
@source_options
@also_option
@request_options
@click.option("--resource-account", metavar="ACCOUNT", help="Whose account the resource is in.")
@click.option("--all", "wants_all", is_flag=True, help="List those who cannot, too, and why.")
@output_option()
def command(
    *,
    action: str,
    resource: str | None,
    also: tuple[str, ...],
    resource_account: str | None,
    wants_all: bool,
    form: str,
    **options: Any,  # noqa: ANN401 - those of `Sources` and `Described`, as click hands them over
) -> None:
    """Say which users and roles can do ACTION on RESOURCE, each with the reason.

    Exits 0, or 2 for unusable input.

    \b
        policy-eval who-can secretsmanager:CreateSecret --source gaad.json
    """  # noqa: D301 - click's \b
    described = taken(Described, options)
    with refusing_bad_input(form) as tell:
        accounts = taken(Sources, options).accounts(tell)
        question = described.question(
            action, resource, resource_account=resource_account, also=also
        )
        found = who_can(accounts, question)
        if form != "text":
            print_answer(as_data(found.to_dict(), form))
        else:
            lines = _lines(found, wants_all=wants_all)
            lines += notes(accounts, (str(each.decision.allow_if) for each in found.undetermined))
            print_answer(safe_lines("\n".join(lines)))


def _lines(found: WhoCan, *, wants_all: bool) -> list[str]:
    question = found.question
    calls = ((question.action, question.resource), *question.also)
    asked = " and ".join(f"{action} on {on}" if on else action for action, on in calls)
    total = len(found.answers) + len(found.refused)
    lines = [f"{len(found.allowed)} of {total} can {asked}"]
    short = short_names([*(each.caller for each in found.answers),
                         *(each.of for each in found.refused)])  # fmt: skip
    width = max((len(short(each.caller)) for each in found.answers), default=0)
    width = min(width, _WIDEST)
    lines += [
        f"  {HOLDS} {short(each.caller):<{width}}  {_by(each.decision)}" for each in found.allowed
    ]
    if found.undetermined:
        lines += ["", f"{len(found.undetermined)} can if"]
        for each in found.undetermined:
            lines.append(f"  {OPEN} {short(each.caller):<{width}}  {each.decision.allow_if}")
    if found.refused:
        lines += ["", f"{len(found.refused)} cannot be asked"]
        lines += [f"  {OPEN} {short(each.of)}  {in_lines(each.error)}" for each in found.refused]
    if not found.denied:
        return lines
    lines += ["", f"{len(found.denied)} cannot{'' if wants_all else ' (--all lists them)'}"]
    if wants_all:
        lines += [f"    {short(each.caller):<{width}}  {_why(each)}" for each in found.denied]
    return lines


_WIDEST = 60


def _by(decision: Decision) -> str:
    """Return the statements that allow it, each once."""
    named = dict.fromkeys(each.title for each in decision.statements)
    return ", ".join(named) or decision.reason


def _why(answer: Answer) -> str:
    decision = answer.decision
    if decision.allowed is not False:
        return "; ".join(f"{each.text} ({each.rule})" for each in decision.remarks)
    if decision.statements:
        return f"denied by {_by(decision)}"
    layer = NAMES[decision.decided_by] if decision.decided_by else "no policy"
    needs = f"; it also needs {decision.blocked_by}" if decision.blocked_by else ""
    return f"not allowed ({layer}){needs}"
