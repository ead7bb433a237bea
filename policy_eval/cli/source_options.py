"""What commands take that ask about whole accounts: sources, and the layers nobody knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import click

from policy_eval.cli.options import with_options
from policy_eval.errors import Diagnostic, InputError, Severity, SourceError, refuse_request
from policy_eval.semantics.layers import Layer

if TYPE_CHECKING:
    from policy_eval.cases.accounts import NamedSources
    from policy_eval.cli.output import Tell
    from policy_eval.sources.accounts import Accounts
    from policy_eval.sources.model import Found

_Command: TypeAlias = Callable[..., None]
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
_UNKNOWN_LAYER = click.option(
    "--unknown-layer", multiple=True, type=click.Choice([each.value for each in Layer]),
    help="A layer of which nobody knows the policies.",
)  # fmt: skip


class Sources(NamedTuple):
    """What the options say, as click hands it over; each name is an option's."""

    sources: tuple[str, ...]
    keep_going: bool = False
    account: str | None = None
    region: str | None = None
    parameters: tuple[str, ...] = ()
    unknown_layer: tuple[str, ...] = ()

    def check(self) -> None:
        """Refuse options about sources where there are none. Raises click.UsageError."""
        if self._said and not self.sources:
            message = f"{self._said}: that is about a --source, and none is named"
            raise click.UsageError(message)

    @property
    def _said(self) -> str:
        said = [name for name in _ABOUT_SOURCES if getattr(self, name)]
        return ", ".join(f"--{name.removesuffix('s').replace('_', '-')}" for name in said)

    def of_suite(self, suite: str) -> NamedSources:
        """Return the sources that a suite names, if any, with what the options say of them.

        Raises SuiteError, and RequestError for options about sources where there are none.
        """
        from pathlib import Path

        from policy_eval.cases.suite import sources_of

        sources = sources_of(Path(suite))
        if self._said and not sources.paths:
            raise refuse_request(
                "field-combination", f"{self._said}: {suite} names no `sources` to tell of"
            )
        return self.told().over(sources)

    def told(self) -> NamedSources:
        """Return what is said of how sources are read, without the sources.

        Raises RequestError.
        """
        from policy_eval.cases.accounts import NamedSources

        pairs = tuple(map(_pair, self.parameters))
        return NamedSources((), self.account, self.region, pairs, self.keep_going)

    def found(self, tell: Tell) -> tuple[Found, int]:
        """Return what the sources hold, and how much was left out, which is told.

        Raises SourceError, and what `named` raises.
        """
        skipped: list[Diagnostic] = []
        found = self.named().found(warning(skipped.extend))
        tell(tuple(skipped))
        return found, len(skipped)

    def named(self) -> NamedSources:
        """Return the sources, or those that a suite names.

        Raises RequestError, and SuiteError for a suite that names none.
        """
        suite = suite_among(self.sources)
        if suite is None:
            return self.told()._replace(paths=self.sources)
        sources = self.of_suite(suite)
        if not sources.paths:
            raise refuse_request(
                "unknown-source",
                f"{suite}: this suite names no `sources`: it tells the policies of one caller, "
                "and no account",
                "name an account; can-i, check and context-keys take such a suite",
            )  # fmt: skip
        return sources

    def as_given(self) -> list[str]:
        """Return the options that name the sources, and say how they are read."""
        said = [text for each in self.sources for text in ("--source", each)]
        said += ["--keep-going"] * self.keep_going
        for name, value in (("--account", self.account), ("--region", self.region)):
            said += [] if value is None else [name, value]
        return said + [text for each in self.parameters for text in ("--parameter", each)]

    def accounts(self, tell: Tell) -> Accounts:
        """Return the accounts that the sources hold. Raises SourceError and RequestError."""
        from policy_eval.sources.accounts import Accounts

        found, told = self.found(tell)
        tell(_notes_on(found, told))
        return Accounts(found, unknown_layers=map(Layer, self.unknown_layer))


_MOST_NOTES = 8


def _notes_on(found: Found, told: int) -> tuple[Diagnostic, ...]:
    """Return what was made up of sources, and how much was left out that may matter.

    So much of it was `told` by now.
    """
    said = [Diagnostic("source-note", Severity.WARNING, note) for note in found.notes[:_MOST_NOTES]]
    left_out = max(sum(each.may_matter for each in found.left_out) - told, 0)
    further = len(found.notes) - len(said)
    if left_out or further > 0:
        what = [f"{further} more notes"] * (further > 0)
        what += [f"{counted(left_out, 'thing')} left out that may matter"] * bool(left_out)
        said.append(
            Diagnostic(
                "source-note", Severity.WARNING, f"{', '.join(found.sources)}: {', '.join(what)}",
                "`policy-eval import` lists them, with the reasons",
            )
        )  # fmt: skip
    return tuple(said)


_ABOUT_SOURCES = ("keep_going", "account", "region", "parameters")


def warning(tell: Callable[[tuple[Diagnostic, ...]], object]) -> Callable[[SourceError], None]:
    """Return what tells an error as a warning."""

    def told(error: SourceError) -> None:
        tell(tuple(each._replace(severity=Severity.WARNING) for each in error.diagnostics))

    return told


def suite_among(paths: Sequence[str]) -> str | None:
    """Return the suite that is named as a source; None where there is none.

    Raises RequestError for one among others.
    """
    found = [each for each in paths if each.endswith(_SUITES) and not _is_another(each)]
    if found and len(paths) > 1:
        raise refuse_request(
            "unknown-source", f"{found[0]}: a suite is not read together with other sources",
            "name the suite alone, or name them in its `sources`",
        )  # fmt: skip
    return found[0] if found else None


_SUITES = (".iamtest.yaml", ".iamtest.yml", ".iamtest.json", ".scenario.yaml", ".yaml", ".yml")


def _is_another(name: str) -> bool:
    """Return whether a file that ends as suites do is a template, or lists who has which policy."""
    from pathlib import Path

    from policy_eval.sources.policy_folder import NAMES, is_yaml_listing  # only where one is named
    from policy_eval.sources.template_text import is_yaml_template

    path = Path(name)
    try:
        data = path.read_bytes()
    except OSError:
        return False  # the reader of suites says why
    return path.name in NAMES or is_yaml_template(data) or is_yaml_listing(data)


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


def source_options(command: _Command) -> _Command:
    """Add the options of `Sources` to a command that cannot do without."""
    says = (
        "An account export, an organization, a plan, a template or a workspace. Several are read "
        "as one."
    )
    return with_options((_source(says, required=True), *_READING, _UNKNOWN_LAYER), command)


def further_source_options(says: str) -> Callable[[_Command], _Command]:
    """Return what adds the options of `Sources` to a command that has those of `Given`, too."""
    return lambda command: with_options((_source(says, required=False), *_READING), command)


def reading_options(command: _Command) -> _Command:
    """Add the options that say how sources are read to a command that takes sources otherwise."""
    return with_options(_READING, command)


def _source(says: str, *, required: bool) -> Callable[[_Command], _Command]:
    return click.option(
        "--source", "sources", multiple=True, required=required, metavar="SOURCE", help=says
    )
