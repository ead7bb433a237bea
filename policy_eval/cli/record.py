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
from policy_eval.errors import Diagnostic, InputError, Place, PolicyError, Severity, visible
from policy_eval.policy.policy_type import Strictness
from policy_eval.request.principal import parse_principal
from policy_eval.request.request import Request
from policy_eval.text.replacing import replace_file

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
    if source is not None and (resources or pairs or request_tags or resource_tags):
        message = "-r, -c, --request-tag and --resource-tag go with -a; SOURCE says its own"
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
        tell(_warnings(cases))
        text = _commands(cases) if export == "simulate" else _suite(cases, name, file or Path())
    if file is None:
        print_answer(safe_lines(text.removesuffix("\n")))
    else:
        replace_file(file, text)


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
    return action if resource is None else f"{action} [{resource}]"


def _warnings(cases: Sequence[Case]) -> tuple[Diagnostic, ...]:
    """Return the warnings about the policies of cases. Raises PolicyError where none has any."""
    sets = [case.policies for case in cases]
    if not any(isinstance(each, InputError) or each.attached.given for each in sets):
        message = "no policy is given"
        remedy = "name an identity-based one with -p, or another (see --help)"
        raise PolicyError(Diagnostic("missing-policies", Severity.ERROR, message, remedy))
    found = (each.warnings for each in sets if not isinstance(each, InputError))
    return tuple(dict.fromkeys(warning for warnings in found for warning in warnings))


def _suite(cases: Sequence[Case], name: str, file: Path) -> str:
    from policy_eval.cases.recording import recorded
    from policy_eval.cases.writing import suite_text

    return suite_text(recorded(cases, name, file.parent), file.suffix)


def _commands(cases: Sequence[Case]) -> str:
    from policy_eval.cases.recording import answered
    from policy_eval.cases.simulation import command_of, simulation_of

    lines = ["# What policy_eval decides for each action alone, and the command that asks AWS."]
    for case in cases:
        requests, _ = answered(case)
        assert not isinstance(case.policies, InputError)  # it was decided
        for request in requests:
            alone = request.alone()
            written = simulation_of(case.policies, alone)
            _, decision = answered(case._replace(requests=(alone,)))
            lines += ["", f"# {visible(case.name)}: {decision.decision}"]
            lines += [f"#   AWS is asked {how}" for how in written.unlike]
            lines.append(command_of(written))
    return "\n".join([*lines, ""])
