"""`policy-eval record`: a suite of today's decisions, or the same questions for AWS's simulator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from policy_eval.cases.accounts import Opened, Surroundings, around
from policy_eval.cases.recording import OfSources
from policy_eval.cases.suite import Case, Overrides, load_suite
from policy_eval.cli.layer_options import (
    Given,
    caller_of,
    layer_options,
    read_caller,
    read_layers,
)
from policy_eval.cli.options import clock, read_context, read_tags, reading_options, taken
from policy_eval.cli.output import print_answer, refusing_bad_input, safe_lines
from policy_eval.cli.source_options import Sources, further_source_options, warning
from policy_eval.engine.policies import LayersOf
from policy_eval.errors import Diagnostic, InputError, Place, PolicyError, Severity, visible
from policy_eval.policy.policy_type import Strictness
from policy_eval.request.principal import parse_principal
from policy_eval.request.request import Request
from policy_eval.text.replacing import replace_file

if TYPE_CHECKING:
    from policy_eval.cli.output import Tell
    from policy_eval.engine.policies import PolicySet
    from policy_eval.request.context import Given as Value
    from policy_eval.request.principal import Principal
    from policy_eval.sources.accounts import Accounts


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
@further_source_options(
    "Ask of an account (an export, a plan, a template, a workspace): every user and role of it, or "
    "the one that --as names. The suite names the source, and no policies of it."
)
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
    **options: Any,  # noqa: ANN401 - those of `Given` and `Sources`, as click hands them over
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
    given, sources = taken(Given, options), taken(Sources, options)
    sources.check()
    with refusing_bad_input() as tell:
        strictness = Strictness(lenient, accept_invalid)
        read = read_layers(given, actions[0] if actions else "", strictness)
        caller = caller_of(given)
        time = clock() if now is None else now
        of = None
        if source is not None:
            named, opened = sources.named(), Opened(warning(tell))
            overrides = Overrides(read, caller, time, resource_account, (), named, opened)
            suite = load_suite(source, overrides)
            cases = suite.cases
            if suite.accounts is not None:
                of = OfSources(suite.sources, suite.accounts)
        else:
            said = _Said(
                read_context(pairs, (), ()),
                read_tags("--request-tag", request_tags),
                read_tags("--resource-tag", resource_tags),
                time,
                resource_account,
            )
            of = _of_sources(sources, tell)
            asked = [*product(actions, resources or (None,))]
            if of is None:
                who = None if caller is None else caller(parse_principal)
                policies = read.policies()
                cases = tuple(_case(name, policies, said.asked(*each, who)) for each in asked)
            else:
                cases = tuple(_of_accounts(name, of.accounts, given, read, said, asked))
        tell(_warnings(cases))
        text = _commands(cases) if export == "simulate" else _suite(cases, name, file or Path(), of)
    if file is None:
        print_answer(safe_lines(text.removesuffix("\n")))
    else:
        replace_file(file, text)


_NOWHERE = Place("", 0, 0)


def _case(name: str, policies: PolicySet, request: Request) -> Case:
    called = _named(request.action, request.resource)
    return Case(name, called, _NOWHERE, policies, (request,), None)


def _of_sources(sources: Sources, tell: Tell) -> OfSources | None:
    if not sources.sources:
        return None
    return OfSources(sources.named(), sources.accounts(tell))


def _of_accounts(
    name: str,
    accounts: Accounts,
    given: Given,
    read: LayersOf,
    said: _Said,
    asked: Sequence[tuple[str, str | None]],
) -> Iterator[Case]:
    """Yield the questions, asked of every user and role, or of the one that is named."""
    names = [given.principal] if given.principal else [each.arn for each in accounts.callers]
    for who in names:
        caller = read_caller(given._replace(principal=who), None, accounts.principal)
        assert caller is not None  # it has a name
        for action, resource in asked:
            asked_one = [(action, resource)]
            found = around(accounts, caller, asked_one, read, said.resource_account)
            request = said.asked(action, resource, caller, found)
            case = _case(name, found.passing(request).policies(), request)
            yield case._replace(name=f"{caller}: {case.name}", given=read)


class _Said(NamedTuple):
    """What the options say of every request."""

    context: Mapping[str, Value]
    request_tags: Mapping[str, str]
    resource_tags: Mapping[str, str]
    now: str | datetime
    resource_account: str | None

    def asked(
        self,
        action: str,
        resource: str | None,
        who: Principal | None,
        found: Surroundings = Surroundings(LayersOf()),  # noqa: B008 - immutable
    ) -> Request:
        """Return a request, with what was `found` of its resource. Raises RequestError."""
        return Request(
            action,
            resource,
            principal=who,
            context=self.context,
            request_tags=self.request_tags,
            resource_tags={**dict(found.resource_tags), **self.resource_tags},
            now=self.now,
            resource_account=self.resource_account or found.resource_account,
        )


def _named(action: str, resource: str | None) -> str:
    return action if resource is None else f"{action} [{resource}]"


def _warnings(cases: Sequence[Case]) -> tuple[Diagnostic, ...]:
    """Return the warnings about the policies of cases. Raises PolicyError where none has any."""
    sets = [case.policies for case in cases]
    nobody_says = all(case.given is None for case in cases)
    if nobody_says and not any(
        isinstance(each, InputError) or each.attached.given for each in sets
    ):
        message = "no policy is given"
        remedy = "name an identity-based one with -p, or another (see --help)"
        raise PolicyError(Diagnostic("missing-policies", Severity.ERROR, message, remedy))
    found = (each.warnings for each in sets if not isinstance(each, InputError))
    return tuple(dict.fromkeys(warning for warnings in found for warning in warnings))


def _suite(cases: Sequence[Case], name: str, file: Path, of: OfSources | None) -> str:
    from policy_eval.cases.recording import recorded
    from policy_eval.cases.writing import suite_text

    return suite_text(recorded(cases, name, file.parent, of), file.suffix)


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
