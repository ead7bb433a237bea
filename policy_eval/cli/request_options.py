"""What describes a request: its action, condition keys and tags, and when it is made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

import click

from policy_eval.cli.options import clock, read_context, read_tags, with_options
from policy_eval.request.request import Request

if TYPE_CHECKING:
    from datetime import datetime

    from policy_eval.queries.asking import Question
    from policy_eval.request.dependency import Dependency
    from policy_eval.request.principal import Principal

_OPTIONS = (
    click.option(
        "-c", "--context", "pairs", multiple=True, metavar="KEY=VALUE",
        help="A condition key of the request. Repeat a key to give it several values.",
    ),
    click.option(
        "-C", "--context-file", "files", multiple=True, metavar="FILE",
        help="Condition keys in JSON, YAML, or the AWS CLI's ContextEntries.",
    ),
    click.option(
        "--absent", multiple=True, metavar="KEY", help="A key the request is known not to carry."
    ),
    click.option(
        "--request-tag", "request_tags", multiple=True, metavar="K=V", help="A tag the call passes."
    ),
    click.option(
        "--resource-tag", "resource_tags", multiple=True, metavar="K=V",
        help="A tag the resource has.",
    ),
    click.option("--now", metavar="TIME", help="The time of the call (default: now)."),
    click.option(
        "--unknown", multiple=True, metavar="KEY",
        help="A key whose value nobody knows; a family (aws:ResourceTag/*), or * for all not "
        "given.",
    ),
)  # fmt: skip


def complete_action(
    ctx: click.Context,  # noqa: ARG001 - click's signature
    param: click.Parameter,  # noqa: ARG001
    incomplete: str,
) -> list[str]:
    """Return the services, or the actions of a service, that what is typed may become."""
    from policy_eval.semantics.service_reference import service_actions, services

    prefix, colon, name = incomplete.partition(":")
    if not colon:
        return [f"{service}:" for service in services() if service.startswith(prefix.lower())]
    return [
        f"{prefix}:{action}"
        for action in service_actions(prefix.lower())
        if action.lower().startswith(name.lower())
    ]


def also_option(command: Callable[..., None]) -> Callable[..., None]:
    """Add `--also` to a command."""
    return click.option(
        "--also",
        multiple=True,
        metavar="ACTION[=RESOURCE]",
        help="A further action that the same call needs, on RESOURCE or on the same one. "
        "Repeatable.",
    )(command)


def further_of(also: str) -> tuple[str, str | None]:
    """Return the action and the resource of a further request; None is that of the first."""
    action, equals, resource = also.partition("=")
    return action, resource if equals else None


def request_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of `Described` to a command."""
    return with_options(_OPTIONS, command)


class Described(NamedTuple):
    """What the options say of a request, as click hands it over; each name is an option's."""

    pairs: tuple[str, ...]
    files: tuple[str, ...]
    absent: tuple[str, ...]
    request_tags: tuple[str, ...]
    resource_tags: tuple[str, ...]
    now: str | None
    unknown: tuple[str, ...]

    def question(
        self,
        action: str,
        resource: str | None,
        *,
        resource_account: str | None = None,
        also: Iterable[str] = (),
    ) -> Question:
        """Return what is asked of every caller. Raises as `request` does."""
        from policy_eval.queries.asking import Question  # where accounts are asked about

        return Question(
            action,
            resource,
            read_context(self.pairs, self.files, self.absent),
            self.unknown,
            read_tags("--request-tag", self.request_tags),
            read_tags("--resource-tag", self.resource_tags),
            self._time(),
            resource_account,
            tuple(map(further_of, also)),
        )

    def request(
        self,
        action: str,
        resource: str | None,
        principal: str | Principal | None,
        *,
        action_only: bool = False,
        resource_account: str | None = None,
        dependencies: Iterable[Dependency] = (),
        known_tags: Mapping[str, str] = {},
    ) -> Request:
        """Return the request; `known_tags` are the resource's where the options say no other.

        Raises RequestError, and other InputErrors for files of keys.
        """
        return Request(
            action,
            resource,
            principal=principal,
            context=read_context(self.pairs, self.files, self.absent),
            unknown=self.unknown,
            request_tags=read_tags("--request-tag", self.request_tags),
            resource_tags={**known_tags, **read_tags("--resource-tag", self.resource_tags)},
            now=self._time(),
            action_only=action_only,
            resource_account=resource_account,
            dependencies=dependencies,
        )

    def _time(self) -> str | datetime | None:
        return clock() if self.now is None and not _covers_time(self.unknown) else self.now


def _covers_time(unknown: Iterable[str]) -> bool:
    """Return whether the time is said to be unknown, by name or family."""
    names = ("aws:currenttime", "aws:epochtime")
    return any(
        name.lower() in names or (name.endswith("*") and names[0].startswith(name[:-1].lower()))
        for name in unknown
    )
