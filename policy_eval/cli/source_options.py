"""What commands take that ask about whole accounts: sources, and the layers nobody knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

import click

from policy_eval.errors import Diagnostic, InputError, Severity, SourceError
from policy_eval.semantics.layers import Layer

if TYPE_CHECKING:
    from policy_eval.cli.output import Tell
    from policy_eval.sources.accounts import Accounts

_OPTIONS = (
    click.option(
        "--source", "sources", multiple=True, required=True, metavar="SOURCE",
        help="An account export, an organization, a plan, a template or a workspace. Several are "
        "read as one.",
    ),
    click.option(
        "--keep-going", is_flag=True,
        help="Leave out what cannot be read, with a warning each, and take the rest.",
    ),
    click.option(
        "--unknown-layer", multiple=True, type=click.Choice([each.value for each in Layer]),
        help="A layer of which nobody knows the policies.",
    ),
)  # fmt: skip


class Sources(NamedTuple):
    """What the options say, as click hands it over; each name is an option's."""

    sources: tuple[str, ...]
    keep_going: bool
    unknown_layer: tuple[str, ...]

    def accounts(self, tell: Tell) -> Accounts:
        """Return what the sources hold; what was left out is told. Raises SourceError."""
        from policy_eval.sources.accounts import Accounts
        from policy_eval.sources.loading import load

        skipped: list[Diagnostic] = []

        def skip(error: SourceError) -> None:
            skipped.extend(each._replace(severity=Severity.WARNING) for each in error.diagnostics)

        found = load(self.sources, skip if self.keep_going else None)
        tell(tuple(skipped))
        return Accounts(found, unknown_layers=map(Layer, self.unknown_layer))


def notes(accounts: Accounts, conditions: Iterable[str]) -> list[str]:
    """Return why policies that conditions name are not known, in lines below an answer."""
    said = "\n".join(conditions)
    found = [why for name, why in accounts.unknown.items() if f'"{name}#' in said]
    return ["", *(f"note: {each}" for each in dict.fromkeys(found))] if found else []


def counted(count: int, one: str, several: str = "") -> str:
    """Return a number with its noun: `1 role`, `2 roles`."""
    return f"{count} {one if count == 1 else several or f'{one}s'}"


def in_lines(error: InputError) -> str:
    """Return the problems of an error, each on a line; all but the first are indented."""
    return str(error).replace("\n", "\n      ")


def source_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of `Sources` to a command."""
    for decorate in reversed(_OPTIONS):
        command = decorate(command)
    return command
