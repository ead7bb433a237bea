"""`policy-eval record`: a suite of today's decisions, or the same questions for AWS's simulator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from policy_eval.cases.suite import Case, Overrides, load_suite
from policy_eval.cli.layer_options import Given, layer_options, read_caller, read_layers
from policy_eval.cli.options import clock, read_context, read_tags, reading_options
from policy_eval.cli.output import print_answer, refusing_bad_input, safe_lines
from policy_eval.cli.replacing import replace_file
from policy_eval.errors import InputError, Place, visible
from policy_eval.policy.policy_type import Strictness
from policy_eval.request.principal import parse_principal
from policy_eval.request.request import Request

if TYPE_CHECKING:
    from policy_eval.request.context import Given as Value
    from policy_eval.request.principal import Principal


@click.command("record", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("source", required=False, type=click.Path(path_type=Path))
@click.option(
    "-a", "--action", "actions", multiple=True, metavar="ACTION",
    help="An action to ask about, on each resource. Repeatable; instead of SOURCE.",
)  # fmt: skip
@click.option(
    "-r", "--resource", "resources", multiple=True, metavar="ARN",
    help="A resource to ask about. Repeatable.",
)  # fmt: skip
@layer_options
@click.option("--resource-account", metavar="ACCOUNT", help="Whose account the resources are in.")
@click.option(
    "-c", "--context", "pairs", multiple=True, metavar="KEY=VALUE",
    help="A condition key of the requests. Repeat a key to give it several values.",
)  # fmt: skip
@click.option("--request-tag", "request_tags", multiple=True, metavar="K=V",
              help="A tag the calls pass.")  # fmt: skip
@click.option("--resource-tag", "resource_tags", multiple=True, metavar="K=V",
              help="A tag the resources have.")  # fmt: skip
@click.option("--now", metavar="TIME", help="The time of the calls (default: now).")
@reading_options
@click.option("--name", default="recorded decisions", show_default=True, help="The suite's name.")
@click.option(
    "--export", type=click.Choice(["suite", "simulate"]), default="suite", show_default=True,
    help="A suite, or AWS CLI commands that ask AWS's simulator the same.",
)  # fmt: skip
@click.option(
    "-o", "--output", "file", type=click.Path(path_type=Path), metavar="FILE",
    help="Write to a file, not to stdout; paths of policies are relative to it.",
)  # fmt: skip
def command(  # noqa: PLR0913 - one parameter an option
    *,
    source: Path | None,
    actions: tuple[str, ...],
    resources: tuple[str, ...],
    resource_account: str | None,
    pairs: tuple[str, ...],
    request_tags: tuple[str, ...],
    resource_tags: tuple[str, ...],
    now: str | None,
    lenient: bool,
    accept_invalid: bool,
    name: str,
    export: str,
    file: Path | None,
    **layers: Any,  # noqa: ANN401 - the options of `Given`, as click hands them over
) -> None:
    """Write a suite of what is decided today, as the baseline of a refactoring.

    SOURCE is a scenario or a suite, whose questions are asked again; policies and caller given
    here fill or replace its own. Without it the questions are every ACTION on every ARN.
    """
    if (source is None) == (not actions):
        message = "give either SOURCE or -a ACTION"
        raise click.UsageError(message)
    given = Given(**layers)
    with refusing_bad_input() as tell:
        strictness = Strictness(lenient, accept_invalid)
        read = read_layers(given, actions[0] if actions else "", strictness)
        caller = read_caller(given, None)
        who = parse_principal(caller) if isinstance(caller, str) else caller
        time = clock() if now is None else now
        if source is not None:
            overrides = Overrides(read, who, time, resource_account)
            cases = load_suite(source, overrides).cases
        else:
            policies = read.policies()
            tell(policies.warnings)
            said = _Said(
                read_context(pairs, (), ()),
                read_tags("--request-tag", request_tags),
                read_tags("--resource-tag", resource_tags),
                time,
                resource_account,
            )
            cases = tuple(
                Case(name, _named(action, arn), _NOWHERE, policies, (said.asked(action, arn, who),),
                     None)
                for action, arn in product(actions, resources or (None,))
            )  # fmt: skip
        folder = Path() if file is None else file.parent
        text = _commands(cases) if export == "simulate" else _suite(cases, name, folder)
    if file is None:
        print_answer(safe_lines(text))
    else:
        replace_file(file, text + "\n")


_NOWHERE = Place("", 0, 0)


class _Said(NamedTuple):
    """What the options say of every request."""

    context: Mapping[str, Value]
    request_tags: Mapping[str, str]
    resource_tags: Mapping[str, str]
    now: str | datetime
    resource_account: str | None

    def asked(self, action: str, resource: str | None, who: Principal | None) -> Request:
        """Return a request. Raises RequestError."""
        return Request(
            action,
            resource,
            principal=who,
            context=self.context,
            request_tags=self.request_tags,
            resource_tags=self.resource_tags,
            now=self.now,
            resource_account=self.resource_account,
        )


def _named(action: str, resource: str | None) -> str:
    return action if resource is None else f"{action} on {resource}"


def _suite(cases: Sequence[Case], name: str, folder: Path) -> str:
    from policy_eval.cases.recording import recorded
    from policy_eval.cases.writing import yaml_text

    return yaml_text(recorded(cases, name, folder)).removesuffix("\n")


def _commands(cases: Sequence[Case]) -> str:
    from policy_eval.cases.simulation import command_of, simulation_of
    from policy_eval.engine.decide import decide_call

    lines = ["# What policy_eval decides for each action alone, and the command that asks AWS."]
    for case in cases:
        if isinstance(case.policies, InputError):
            raise case.policies
        if isinstance(case.requests, InputError):
            raise case.requests
        for request in case.requests:
            alone = request.alone()
            written = simulation_of(case.policies, alone)
            decision = decide_call(case.policies, [alone]).decision
            lines += ["", f"# {visible(case.name)}: {decision}"]
            lines += [f"#   left out: {what}" for what in written.left_out]
            lines.append(command_of(written))
    return "\n".join(lines)
