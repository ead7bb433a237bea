"""`can-i`: whether AWS would allow a request."""

from __future__ import annotations

import click

from policy_eval.cli.options import (
    clock,
    output_option,
    read_context,
    read_policies,
    read_tags,
    reading_options,
)
from policy_eval.cli.output import (
    Exit,
    as_data,
    exit_code,
    print_answer,
    refusing_bad_input,
    safe_lines,
)
from policy_eval.engine.explain import explain_call, rests_on
from policy_eval.engine.explanation import Explanation
from policy_eval.engine.policies import PolicySet
from policy_eval.engine.wording import summarize
from policy_eval.errors import RequestError
from policy_eval.policy.policy_type import Strictness
from policy_eval.request.request import Request

_DECISIONS = ("allowed", "implicitDeny", "explicitDeny", "anyDeny", "undetermined")


def _complete_action(
    ctx: click.Context,  # noqa: ARG001 - click's signature
    param: click.Parameter,  # noqa: ARG001
    incomplete: str,
) -> list[str]:
    from policy_eval.semantics.service_reference import service_actions, services

    prefix, colon, name = incomplete.partition(":")
    if not colon:
        return [f"{service}:" for service in services() if service.startswith(prefix.lower())]
    return [
        f"{prefix}:{action}"
        for action in service_actions(prefix.lower())
        if action.lower().startswith(name.lower())
    ]


@click.command("can-i", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("action", shell_complete=_complete_action)
@click.argument("resource", required=False)
@click.option(
    "--as",
    "principal",
    metavar="PRINCIPAL",
    help="Who calls: an ARN, an account ID, a service, or `anonymous`.",
)
@click.option(
    "-p",
    "--policy",
    "paths",
    multiple=True,
    required=True,
    metavar="PATH",
    help="An identity-based policy: a file, a folder of *.json, or - for stdin. Repeatable.",
)
@click.option(
    "-c",
    "--context",
    "pairs",
    multiple=True,
    metavar="KEY=VALUE",
    help="A condition key of the request. Repeat a key to give it several values.",
)
@click.option(
    "-C",
    "--context-file",
    "files",
    multiple=True,
    metavar="FILE",
    help="Condition keys in JSON, YAML, or the AWS CLI's ContextEntries.",
)
@click.option(
    "--absent", multiple=True, metavar="KEY", help="A key the request is known not to carry."
)
@click.option(
    "--request-tag", "request_tags", multiple=True, metavar="K=V", help="A tag the call passes."
)
@click.option(
    "--resource-tag", "resource_tags", multiple=True, metavar="K=V", help="A tag the resource has."
)
@click.option("--now", metavar="TIME", help="The time of the call (default: now).")
@click.option(
    "--action-only",
    is_flag=True,
    help="Answer for the action alone, as AWS's simulator does, not for the call.",
)
@click.option(
    "--expect", type=click.Choice(_DECISIONS), help="Exit 0 if this is the decision, else 1."
)
@reading_options
@click.option("--explain", "whole", is_flag=True, help="Show every test of every statement.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing; the exit code answers.")
@output_option()
@click.version_option(package_name="policy-eval")
def command(  # noqa: PLR0913 - one parameter an option
    *,
    action: str,
    resource: str | None,
    principal: str | None,
    paths: tuple[str, ...],
    pairs: tuple[str, ...],
    files: tuple[str, ...],
    absent: tuple[str, ...],
    request_tags: tuple[str, ...],
    resource_tags: tuple[str, ...],
    now: str | None,
    action_only: bool,
    expect: str | None,
    lenient: bool,
    accept_invalid: bool,
    whole: bool,
    quiet: bool,
    form: str,
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
    with refusing_bad_input(form) as tell:
        strictness = Strictness(lenient, accept_invalid)
        policies = PolicySet(read_policies(paths, strictness=strictness))
        tell(policies.warnings)
        context = read_context(pairs, files, absent)
        try:
            request = Request(
                action,
                resource,
                principal=principal,
                context=context,
                request_tags=read_tags("--request-tag", request_tags),
                resource_tags=read_tags("--resource-tag", resource_tags),
                now=clock() if now is None else now,
                action_only=action_only,
            )
            explanation = explain_call(policies, [request])
        except RequestError as error:
            from policy_eval.cli.context_places import located  # only when something is wrong

            raise located(error, pairs, files) from None
        ours = explanation.decision.decision
        explanation = explanation._replace(rests_on=rests_on(policies, [request], ours))
    if not quiet:
        print_answer(_answer(explanation, form, whole=whole))
    raise click.exceptions.Exit(_exit(explanation, expect))


def _answer(explanation: Explanation, form: str, *, whole: bool) -> str:
    if form != "text":
        return as_data(explanation.to_dict(), form)
    return safe_lines(str(explanation) if whole else summarize(explanation))


def _exit(explanation: Explanation, expect: str | None) -> Exit:
    decision = explanation.decision
    if expect is None:
        return exit_code(decision.allowed)
    denied = expect == "anyDeny" and decision.allowed is False
    return Exit.ALLOWED if denied or decision.decision == expect else Exit.DENIED
