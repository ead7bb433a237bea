"""`policy-eval explain-error`: what a diagnostic's code means, with an example."""

from __future__ import annotations

import click

from policy_eval.cli.output import print_answer, refusing_bad_input
from policy_eval.error_codes import ERROR_CODES, spell_out
from policy_eval.errors import Diagnostic, InputError, Severity


def _complete_code(
    ctx: click.Context,  # noqa: ARG001 - click's signature
    param: click.Parameter,  # noqa: ARG001
    incomplete: str,
) -> list[str]:
    return [code for code in ERROR_CODES if code.startswith(incomplete)]


@click.command("explain-error", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("code", required=False, shell_complete=_complete_code)
def command(*, code: str | None) -> None:
    """Say what CODE means, why, and how to mend it; without CODE, list them all."""
    if code is None:
        width = max(map(len, ERROR_CODES))
        print_answer(
            "\n".join(f"{each.code:<{width}}  {each.title}" for each in ERROR_CODES.values())
        )
        return
    with refusing_bad_input():
        if code not in ERROR_CODES:
            raise InputError(_unknown(code))
        print_answer(spell_out(ERROR_CODES[code]))


def _unknown(code: str) -> Diagnostic:
    from difflib import get_close_matches

    near = get_close_matches(code, ERROR_CODES, 1)
    return Diagnostic(
        "unknown-code",
        Severity.ERROR,
        f"`{code}` is no code of a diagnostic",
        f"did you mean `{near[0]}`" if near else "`policy-eval explain-error` lists them",
    )
