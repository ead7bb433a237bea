"""What commands take that ask about whole accounts: sources, and the layers nobody knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import click

from policy_eval.errors import Diagnostic, InputError, Severity, SourceError, refuse_request
from policy_eval.semantics.layers import Layer

if TYPE_CHECKING:
    from policy_eval.cli.output import Tell
    from policy_eval.sources.accounts import Accounts
    from policy_eval.sources.model import Found

_READING = (
    click.option(
        "--keep-going", is_flag=True,
        help="Leave out what cannot be read, with a warning each, and take the rest.",
    ),
    click.option(
        "--account", metavar="ID",
        help="The account of templates and plans, where they do not tell it.",
    ),
    click.option("--region", metavar="REGION", help="The Region that templates are deployed in."),
    click.option(
        "--parameter", "parameters", multiple=True, metavar="NAME=VALUE",
        help="The value of a template's parameter.",
    ),
)  # fmt: skip
_OPTIONS = (
    click.option(
        "--source", "sources", multiple=True, required=True, metavar="SOURCE",
        help="An account export, an organization, a plan, a template or a workspace. Several are "
        "read as one.",
    ),
    *_READING,
    click.option(
        "--unknown-layer", multiple=True, type=click.Choice([each.value for each in Layer]),
        help="A layer of which nobody knows the policies.",
    ),
)  # fmt: skip


class Sources(NamedTuple):
    """What the options say, as click hands it over; each name is an option's."""

    sources: tuple[str, ...]
    keep_going: bool
    account: str | None
    region: str | None
    parameters: tuple[str, ...]
    unknown_layer: tuple[str, ...] = ()

    def found(self, tell: Tell) -> tuple[Found, int]:
        """Return what the sources hold, and how much was left out, which is told.

        Raises SourceError and RequestError.
        """
        from policy_eval.sources.loading import Deployment, load

        skipped: list[Diagnostic] = []

        def skip(error: SourceError) -> None:
            skipped.extend(each._replace(severity=Severity.WARNING) for each in error.diagnostics)

        deployment = Deployment(self.account, self.region, dict(map(_pair, self.parameters)))
        found = load(self.sources, skip if self.keep_going else None, deployment)
        tell(tuple(skipped))
        return found, len(skipped)

    def accounts(self, tell: Tell) -> Accounts:
        """Return the accounts that the sources hold. Raises SourceError and RequestError."""
        from policy_eval.sources.accounts import Accounts

        found, _ = self.found(tell)
        return Accounts(found, unknown_layers=map(Layer, self.unknown_layer))


def _pair(given: str) -> tuple[str, str]:
    name, equals, value = given.partition("=")
    if not equals or not name:
        raise refuse_request(
            "malformed-parameter", f"`--parameter {given}` is no parameter with its value",
            "expected NAME=VALUE",
        )  # fmt: skip
    return name, value


def notes(accounts: Accounts, conditions: Iterable[str]) -> list[str]:
    """Return why policies that conditions name are not known, in lines below an answer."""
    said = "\n".join(conditions)
    found = [
        why
        for name, why in accounts.unknown.items()
        if f'"{name}#' in said or f'"{name}"' in said  # a policy, or one of its statements
    ]
    return ["", *(f"note: {each}" for each in dict.fromkeys(found))] if found else []


def counted(count: int, one: str, several: str = "") -> str:
    """Return a number with its noun: `1 role`, `2 roles`."""
    return f"{count} {one if count == 1 else several or f'{one}s'}"


def in_lines(error: InputError) -> str:
    """Return the problems of an error, each on a line; all but the first are indented."""
    return str(error).replace("\n", "\n      ")


def source_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of `Sources` to a command."""
    return _with(_OPTIONS, command)


def reading_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say how sources are read to a command that takes sources otherwise."""
    return _with(_READING, command)


def _with(
    options: Sequence[Callable[[Callable[..., None]], Callable[..., None]]],
    command: Callable[..., None],
) -> Callable[..., None]:
    for decorate in reversed(options):
        command = decorate(command)
    return command
