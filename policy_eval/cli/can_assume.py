"""`policy-eval can-assume`: which roles a user or role can become, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from policy_eval.cli.options import taken
from policy_eval.cli.output import as_data, print_answer, refusing_bad_input, safe_lines
from policy_eval.cli.request_options import Described, request_options
from policy_eval.cli.source_options import Sources, counted, in_lines, notes, source_options
from policy_eval.engine.marks import HOLDS, OPEN
from policy_eval.queries.can_assume import CanAssume, as_dot, as_mermaid, can_assume, short_names_in

if TYPE_CHECKING:
    from policy_eval.sources.accounts import Accounts


@click.command("can-assume", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("principal")
@source_options
@request_options
@click.option(
    "-o", "--output", "form", type=click.Choice(("text", "json", "yaml", "dot", "mermaid")),
    default="text", help="How to print the answer.",
)  # fmt: skip
def command(
    *,
    principal: str,
    form: str,
    **options: Any,  # noqa: ANN401 - those of `Sources` and `Described`, as click hands them over
) -> None:
    """Say which roles PRINCIPAL can assume, one after the other; the shortest chain to each.

    Exits 0, or 2 for unusable input.
    """
    described = taken(Described, options)
    as_text = form in ("text", "dot", "mermaid")
    with refusing_bad_input("text" if as_text else form) as tell:
        accounts = taken(Sources, options).accounts(tell)
        entity = accounts.caller(principal)
        question = described.question("sts:AssumeRole", None)
        print_answer(_shown(accounts, can_assume(accounts, entity, question), form))


def _shown(accounts: Accounts, found: CanAssume, form: str) -> str:
    match form:
        case "dot":
            return safe_lines(as_dot(found))
        case "mermaid":
            return safe_lines(as_mermaid(found))
        case "text":
            steps = [step for chain in found.chains for step in chain.steps]
            why = notes(accounts, (str(step.decision.allow_if) for step in steps))
            return safe_lines("\n".join([*_lines(found), *why]))
        case _:
            return as_data(found.to_dict(), form)


def _lines(found: CanAssume) -> list[str]:
    chains = found.chains
    count = counted(len(chains), "role") if chains else "no role"
    short = short_names_in(found)
    lines = [f"{short(found.caller)} can assume {count}"]
    for chain in chains:
        path = " → ".join(short(each.role) for each in chain.steps)
        lines.append(f"  {HOLDS if chain.is_sure else OPEN} {path}")
        lines += [
            f"      {short(step.role)} if {step.decision.allow_if}"
            for step in chain.steps
            if not step.is_sure
        ]
    if found.refused:
        lines += ["", f"{len(found.refused)} could not be asked about"]
        lines += [f"  {short(each.of)}: {in_lines(each.error)}" for each in found.refused]
    return lines
