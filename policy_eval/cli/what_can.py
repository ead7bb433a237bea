"""`policy-eval what-can`: what a user or role of an account can do."""

from __future__ import annotations

from textwrap import wrap
from typing import Any

import click

from policy_eval.cli.options import output_option, taken
from policy_eval.cli.output import as_data, print_answer, refusing_bad_input, safe_lines
from policy_eval.cli.request_options import Described, request_options
from policy_eval.cli.source_options import Sources, counted, in_lines, notes, source_options
from policy_eval.queries.what_can import Granted, WhatCan, what_can
from policy_eval.sources.titles import resource_part

_WIDTH = 96


@click.command("what-can", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("principal")
@source_options
@request_options
@click.option("--service", "services", multiple=True, metavar="PREFIX", help="Only this service.")
@click.option("--on", "resource", metavar="RESOURCE", help="Only on this resource.")
@output_option()
def command(
    *,
    principal: str,
    services: tuple[str, ...],
    resource: str | None,
    form: str,
    **options: Any,  # noqa: ANN401 - those of `Sources` and `Described`, as click hands them over
) -> None:
    """Say which actions PRINCIPAL is allowed, by service, and what each hangs on.

    PRINCIPAL is a name, `role/NAME` or an ARN. Exits 0, or 2 for unusable input.

    \b
        policy-eval what-can role/Dev --source gaad.json
    """  # noqa: D301 - click's \b
    described = taken(Described, options)
    with refusing_bad_input(form) as tell:
        accounts = taken(Sources, options).accounts(tell)
        entity = accounts.caller(principal)
        question = described.question("iam:GetUser", resource)
        found = what_can(accounts, entity, question, services)
        if form != "text":
            print_answer(as_data(found.to_dict(), form))
        else:
            lines = [*_lines(found), *notes(accounts, (each.condition for each in found.granted))]
            print_answer(safe_lines("\n".join(lines)))


def _lines(found: WhatCan) -> list[str]:
    short = resource_part(found.caller)
    sure = [each for each in found.granted if not each.condition]
    others = sum(len(each.actions) for each in found.granted if each.condition)
    more = f"; {others} more under conditions" if others else ""
    lines = [f"{short} can {_count(sure)}{more}"]
    by_condition: dict[str, list[Granted]] = {}
    for each in found.granted:
        by_condition.setdefault(each.condition, []).append(each)
    for condition in sorted(by_condition, key=lambda each: (bool(each), each)):
        lines += ["", f"if {condition}" if condition else "in every case"]
        lines += _listed(by_condition[condition])
    if found.refused:
        lines += ["", f"{counted(len(found.refused), 'action')} could not be asked about"]
        lines += [f"  {each.of}: {in_lines(each.error)}" for each in found.refused]
    return lines


def _listed(granted: list[Granted]) -> list[str]:
    """Return the actions of each service; the services of which it is every one stand together."""
    whole = [each.service for each in granted if each.patterns == ("*",)]
    lines = _wrapped(f"every action of {', '.join(whole)}", "  ") if whole else []
    for each in granted:
        if each.service not in whole:
            names = ", ".join(f"{each.service}:{pattern}" for pattern in each.patterns)
            lines += _wrapped(names, "  ")
    return lines


def _count(granted: list[Granted]) -> str:
    actions = sum(len(each.actions) for each in granted)
    services = len({each.service for each in granted})
    if not actions:
        return "no actions"
    return f"{counted(actions, 'action')} of {counted(services, 'service')}"


def _wrapped(text: str, indent: str) -> list[str]:
    return wrap(
        text, _WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
