"""`policy-eval check`: run a scenario, report every answer with its reason."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import click

from policy_eval.cases.run import Result, run_case
from policy_eval.cases.suite import Overrides, Suite, load_suite
from policy_eval.cli.options import read_policies
from policy_eval.cli.output import (
    Exit,
    as_data,
    print_answer,
    print_diagnostics,
    refusing_bad_input,
)
from policy_eval.engine.wording import reasons
from policy_eval.errors import Diagnostic, InputError, Severity, SuiteError
from policy_eval.request.principal import parse_principal

_SUFFIX = ".scenario.yaml"


def packaged_scenarios() -> list[str]:
    """Return the names of the scenarios that come with the package."""
    folder = resources.files("policy_eval.scenarios")
    return sorted(
        entry.name.removesuffix(_SUFFIX)
        for entry in folder.iterdir()
        if entry.name.endswith(_SUFFIX)
    )


@click.command("check", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("scenario")
@click.option(
    "-p",
    "--policy",
    "paths",
    multiple=True,
    metavar="PATH",
    help="An identity-based policy: a file, a folder of *.json, or - for stdin. "
    "Replaces the scenario's own.",
)
@click.option("--as", "principal", metavar="PRINCIPAL", help="Who calls, instead of its own.")
@click.option(
    "-o",
    "--output",
    "form",
    type=click.Choice(("text", "json", "yaml")),
    default="text",
    help="How to print the answers.",
)
def command(*, scenario: str, paths: tuple[str, ...], principal: str | None, form: str) -> None:
    """Run SCENARIO: the name of a packaged one (appflow-secrets) or a file.

    Reports each answer; it judges nothing. Exits 0, or 2 for unusable input.
    """
    with refusing_bad_input():
        policies = read_policies(paths) if paths else None
        if policies is not None:
            print_diagnostics(policies.warnings)
        given = Overrides(policies, parse_principal(principal) if principal else None)
        suite = _load(scenario, given)
        results = [run_case(case) for case in suite.cases]
        if form == "text":
            print_answer(_table(suite, results))
        else:
            print_answer(as_data(_data(suite, results), form))
    if any(isinstance(result.found, InputError) for result in results):
        raise click.exceptions.Exit(Exit.UNUSABLE)


def _load(scenario: str, given: Overrides) -> Suite:
    path = Path(scenario)
    if scenario in packaged_scenarios():
        entry = resources.files("policy_eval.scenarios").joinpath(scenario + _SUFFIX)
        with resources.as_file(entry) as file:
            return load_suite(file, given)
    if not path.is_file():
        raise SuiteError(
            Diagnostic(
                "unknown-scenario",
                Severity.ERROR,
                f"`{scenario}` is neither a file nor a packaged scenario",
                f"packaged: {', '.join(packaged_scenarios())}",
            )
        )
    return load_suite(path, given)


_MARKS = {True: "✓", False: "✗", None: "?"}


def _table(suite: Suite, results: list[Result]) -> str:
    lines = [suite.name]
    width = max(len(result.case.name) for result in results)
    for result in results:
        if isinstance(result.found, InputError):
            lines += ["", f"  ? {result.case.name:<{width}}   refused: {result.found}"]
            continue
        decision = result.found.decision
        blocked = f", {decision.blocked_by} is missing" if decision.blocked_by else ""
        mark = _MARKS[decision.allowed]
        lines += ["", f"  {mark} {result.case.name:<{width}}   {decision.decision}{blocked}"]
        lines += [f"      {line}" for line in reasons(result.found)]
        lines += [f"      note: {remark.text} ({remark.rule})" for remark in decision.remarks]
        lines += [f"      note: rests on {rule}: AWS leaves this open" for rule in result.rests_on]
    assumptions = {
        f"{policy.name}: {assumption}"
        for result in results
        if not isinstance(result.found, InputError)
        for policy in result.found.policies
        for assumption in policy.assumptions
    }
    return "\n".join([*lines, *([""] if assumptions else []), *sorted(assumptions)])


def _data(suite: Suite, results: list[Result]) -> dict[str, object]:
    return {
        "scenario": suite.name,
        "results": [
            {
                "name": result.case.name,
                **(
                    {"error": [d.to_dict() for d in result.found.diagnostics]}
                    if isinstance(result.found, InputError)
                    else result.found._replace(rests_on=result.rests_on).to_dict()
                ),
            }
            for result in results
        ],
    }
