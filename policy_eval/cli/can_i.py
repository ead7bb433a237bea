"""`can-i`: whether AWS would allow a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from policy_eval.cli.layer_options import Given, layer_options, read_caller, read_layers
from policy_eval.cli.options import (
    QuickCommand,
    output_option,
    reading_options,
    strict_rules_option,
    taken,
)
from policy_eval.cli.output import (
    Exit,
    as_data,
    exit_code,
    print_answer,
    refusing_bad_input,
    safe_lines,
)
from policy_eval.cli.request_options import (
    Described,
    also_option,
    complete_action,
    further_of,
    request_options,
)
from policy_eval.cli.source_options import Sources, further_source_options
from policy_eval.engine.explain import explain_call, rests_on
from policy_eval.engine.explanation import Explanation
from policy_eval.engine.policies import PolicySet
from policy_eval.engine.wording import summarize
from policy_eval.errors import Diagnostic, PolicyError, RequestError, Severity
from policy_eval.policy.policy_type import Strictness
from policy_eval.request.request import Request

if TYPE_CHECKING:
    from policy_eval.cases.accounts import Surroundings
    from policy_eval.engine.residual.condition import Condition
    from policy_eval.engine.residual.why_not import WhyNot
    from policy_eval.request.dependency import Dependency

_DECISIONS = ("allowed", "implicitDeny", "explicitDeny", "anyDeny", "undetermined")


@click.command("can-i", cls=QuickCommand, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("action", shell_complete=complete_action)
@click.argument("resource", required=False)
@layer_options
@further_source_options(
    "Take policies and caller from a fixture (*.iamtest.yaml), or from an account: an export, "
    "a plan, a template or a workspace; the options above win. With an account, --as takes a name."
)
@click.option("--resource-account", metavar="ACCOUNT", help="Whose account the resource is in.")
@also_option
@click.option(
    "--dependent-actions",
    metavar="FILE",
    help="Further actions that calls need: a list of {action, needs, when, on, because}.",
)
@request_options
@click.option(
    "--when",
    metavar="CONDITION",
    help="A condition on what is unknown that is taken to hold, as an answer prints it.",
)
@click.option(
    "--emit",
    type=click.Choice(("policy",)),
    help="Print the condition of the answer as a policy that decides the same for ACTION alone.",
)
@click.option(
    "--action-only",
    is_flag=True,
    help="Answer for the action alone, as AWS's simulator does, not for the call.",
)
@click.option(
    "--expect", type=click.Choice(_DECISIONS), help="Exit 0 if this is the decision, else 1."
)
@reading_options
@strict_rules_option
@click.option(
    "-v", "--explain", "whole", is_flag=True, help="Show every layer, statement and test."
)
@click.option(
    "--why-not",
    "wants_why",
    is_flag=True,
    help="Tell the smallest changes to the context and to the policies that would allow it.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print nothing; the exit code answers.")
@output_option()
@click.version_option(package_name="policy-eval")
def command(  # noqa: PLR0913 - one parameter an option
    *,
    action: str,
    resource: str | None,
    resource_account: str | None,
    also: tuple[str, ...],
    dependent_actions: str | None,
    when: str | None,
    emit: str | None,
    action_only: bool,
    expect: str | None,
    lenient: bool,
    accept_invalid: bool,
    strict_rules: bool,
    whole: bool,
    wants_why: bool,
    quiet: bool,
    form: str,
    **options: Any,  # noqa: ANN401 - those of the records that are `taken`, as click has them
) -> None:
    """Say whether AWS would allow ACTION on RESOURCE.

    Exits 0 if allowed, 1 if denied, 2 for unusable input, 3 if undetermined.

    \b
        can-i secretsmanager:CreateSecret --as arn:aws:iam::111122223333:role/Dev \\
              -p appflow-doc.json -c secretsmanager:Name='appflow!sales' \\
              -c aws:CalledVia=appflow.amazonaws.com --explain
    """  # noqa: D301 - click's \b
    if whole and quiet:
        message = "--explain and --quiet exclude each other"
        raise click.UsageError(message)
    given, described = taken(Given, options), taken(Described, options)
    sources = taken(Sources, options)
    sources.check()
    with refusing_bad_input(form) as tell:
        strictness = Strictness(lenient, accept_invalid)
        layers = read_layers(given, action, strictness)
        around = None
        if sources.sources:
            from policy_eval.cli.surroundings import surroundings  # only where one is named

            asked = [(action, resource), *map(further_of, also)]
            around = surroundings(sources, given, layers, asked, strictness, tell, resource_account)
            layers, given = around.policies, given._replace(principal=None)
        policies = layers.policies()
        tell(policies.warnings)
        further = None if dependent_actions is None else _dependencies(dependent_actions)
        try:
            first = described.request(
                action,
                resource,
                read_caller(given, around.principal if around else None),
                action_only=action_only,
                resource_account=resource_account or (around.resource_account if around else None),
                dependencies=further or (around.dependencies if around else ()),
                known_tags=dict(around.resource_tags) if around else {},
            )
            if around is not None:
                policies = around.passing(first).policies()
            requests = [first, *(_also(first, text, around) for text in also)]
            assuming = None if when is None else _condition(when)
            if assuming is not None:
                requests = [_left_open(policies, each, assuming) for each in requests]
            explanation = explain_call(policies, requests, assuming=assuming)
            _want_policies(policies, explanation)
        except RequestError as error:
            from policy_eval.cli.context_places import located  # only when something is wrong

            raise located(error, described.pairs, described.files) from None
        if emit:
            print_answer(_policy(policies, requests[0], assuming))
            raise click.exceptions.Exit(_exit(explanation, expect))
        why = _why_not(policies, requests) if wants_why else None
        rests = rests_on(policies, requests, explanation.decision, assuming)
        explanation = explanation._replace(rests_on=rests)
    if strict_rules:
        from policy_eval.engine.strict_rules import explained_strictly

        explanation = explained_strictly(explanation)
    if not quiet:
        print_answer(_answer(explanation, why, form, whole=whole))
    raise click.exceptions.Exit(_exit(explanation, expect))


def _want_policies(policies: PolicySet, explanation: Explanation) -> None:
    """Refuse to answer "no" where nobody gave a policy. Raises PolicyError."""
    nothing = not policies.attached.given and not policies.attached.unknown
    if nothing and explanation.decision.allowed is not True:
        raise PolicyError(
            Diagnostic(
                "missing-policies", Severity.ERROR, "no policy is given",
                "name an identity-based one with -p, or another (see --help)",
            )
        )  # fmt: skip


def _dependencies(path: str) -> tuple[Dependency, ...]:
    from pathlib import Path

    from policy_eval.cases.dependencies import read_dependencies
    from policy_eval.text.fields import read_file

    return read_dependencies(read_file(Path(path)))


def _condition(text: str) -> Condition:
    from policy_eval.engine.residual.condition import parse_condition  # only where one is given

    return parse_condition(text)


def _left_open(policies: PolicySet, request: Request, condition: Condition) -> Request:
    from policy_eval.engine.residual.settling import left_open

    return left_open(policies, request, condition)


def _policy(policies: PolicySet, request: Request, assuming: Condition | None) -> str:
    """Return the policy that decides the same for the action alone, as JSON."""
    import json

    from policy_eval.engine.residual.as_policy import as_policy
    from policy_eval.engine.residual.residual import residual_of

    residual = residual_of(policies, [request.alone()], assuming=assuming)
    return json.dumps(as_policy(residual, request.action), indent=2)


def _also(first: Request, text: str, around: Surroundings | None) -> Request:
    """Return a further request of the call."""
    from policy_eval.request.alongside import alongside  # few have one

    action, resource = further_of(text)
    return alongside(first, action, resource, *(around.of(resource) if around else ()))


def _answer(explanation: Explanation, why: WhyNot | None, form: str, *, whole: bool) -> str:
    if form != "text":
        further = {} if why is None else {"why_not": why.to_dict()}
        return as_data({**explanation.to_dict(), **further}, form)
    text = str(explanation) if whole else summarize(explanation)
    if why is not None:
        text += "\n\n" + "\n".join(f"  {line}" for line in str(why).split("\n"))
    return safe_lines(text)


def _why_not(policies: PolicySet, requests: list[Request]) -> WhyNot | None:
    from policy_eval.engine.residual.why_not import why_not  # few ask

    return why_not(policies, *requests)


def _exit(explanation: Explanation, expect: str | None) -> Exit:
    decision = explanation.decision
    if expect is None:
        return Exit.DENIED if decision.refused_by_service else exit_code(decision.allowed)
    denied = expect == "anyDeny" and decision.allowed is False
    return Exit.ALLOWED if denied or decision.decision == expect else Exit.DENIED
