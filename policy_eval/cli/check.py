"""`policy-eval check`: run a scenario, report every answer with its reason."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from policy_eval.cases.accounts import NO_SOURCES
from policy_eval.cases.run import Result, Rules, run_case
from policy_eval.cases.suite import Overrides, Suite, load_suite, load_surroundings, sources_of
from policy_eval.cli.layer_options import Given, caller_of, layer_options, read_layers
from policy_eval.cli.options import (
    clock,
    output_option,
    reading_options,
    strict_rules_option,
    taken,
)
from policy_eval.cli.output import (
    Exit,
    as_data,
    print_answer,
    refusing_bad_input,
    safe_lines,
)
from policy_eval.cli.source_options import Sources, further_source_options, suite_among
from policy_eval.engine.marks import MARKS
from policy_eval.engine.wording import (
    reasons,
    spell_answer,
    spell_assumptions,
    spell_decided_by,
    spell_open_point,
)
from policy_eval.errors import Diagnostic, InputError, Severity, SuiteError
from policy_eval.policy.policy_type import Strictness

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from policy_eval.cases.accounts import NamedSources, Surroundings

_SUFFIX = ".scenario.yaml"


def packaged_scenarios() -> list[str]:
    """Return the names of the scenarios that come with the package."""
    folder = resources.files("policy_eval.scenarios")
    return sorted(
        entry.name.removesuffix(_SUFFIX)
        for entry in folder.iterdir()
        if entry.name.endswith(_SUFFIX)
    )


def _complete_scenario(
    ctx: click.Context,  # noqa: ARG001 - click's signature
    param: click.Parameter,  # noqa: ARG001
    incomplete: str,
) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    names = [name for name in packaged_scenarios() if name.startswith(incomplete)]
    return [*map(CompletionItem, names), CompletionItem(incomplete, type="file")]


@click.command("check", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("scenario", shell_complete=_complete_scenario)
@layer_options
@further_source_options(
    "Ask every user and role of an account: an export, a plan, a template or a workspace. With "
    "--as, that one. Or take policies and caller from a fixture (*.iamtest.yaml)."
)
@click.option("--resource-account", metavar="ACCOUNT", help="Whose account the resources are in.")
@click.option("--now", metavar="TIME", help="The time of the calls (default: now).")
@reading_options
@strict_rules_option
@output_option("the answers")
def command(
    *,
    scenario: str,
    resource_account: str | None,
    now: str | None,
    lenient: bool,
    accept_invalid: bool,
    strict_rules: bool,
    form: str,
    **options: Any,  # noqa: ANN401 - those of the records that are `taken`, as click has them
) -> None:
    """Run SCENARIO: the name of a packaged one (appflow-secrets) or a file.

    Reports each answer; it judges nothing. Policies and caller given here fill or replace those of
    the scenario, layer by layer. Exits 0, or 2 for unusable input.
    """
    given, sources = taken(Given, options), taken(Sources, options)
    sources.check()
    time = clock() if now is None else now
    with refusing_bad_input(form) as tell:
        fixture = _fixture(sources)
        if sources.sources and fixture is None:
            from policy_eval.cli.check_accounts import check_accounts  # only where one is named

            _refuse_others(
                given, lenient=lenient, accept_invalid=accept_invalid, strict=strict_rules
            )
            accounts = sources.accounts(tell)
            suite = _load(
                scenario, Overrides(now=time, resource_account=resource_account), sources.named()
            )
            print_answer(check_accounts(suite, accounts, given.principal, form))
            return
        strictness = Strictness(lenient, accept_invalid)
        policies, caller = read_layers(given, "", strictness), caller_of(given)
        around = Overrides(policies, caller, time, resource_account)
        if fixture is not None:
            around = _of_fixture(load_surroundings(fixture, [("", None)], strictness), around)
        suite = _load(scenario, around)
        _want_policies(suite)
        tell(_warnings(suite))
        rules = Rules.STRICT if strict_rules else Rules.OURS
        results = [run_case(case, rules=rules) for case in suite.cases]
        if form == "text":
            print_answer(safe_lines(_table(suite, results)))
        else:
            print_answer(as_data(_data(suite, results), form))
    if any(isinstance(result.found, InputError) for result in results):
        raise click.exceptions.Exit(Exit.UNUSABLE)


def _fixture(sources: Sources) -> Path | None:
    """Return the fixture that stands as the source; None where sources, or none, are named."""
    name = suite_among(sources.sources)
    return None if name is None or sources.of_suite(name).paths else Path(name)


def _of_fixture(around: Surroundings, given: Overrides) -> Overrides:
    """Return what replaces a scenario's own: what a fixture says, and over it what is given."""
    principal = around.principal
    return given._replace(
        policies=around.policies.replaced_by(given.policies),
        caller=given.caller or (None if principal is None else lambda _: principal),
        resource_account=given.resource_account or around.resource_account,
        dependencies=around.dependencies,
    )


_NOT_OF_POLICIES = ("principal", "unknown_layer")
"""The fields of `Given` that say nothing of what a source says."""
_SWITCHES = ("service_linked", "lenient", "accept_invalid", "strict")


def _refuse_others(given: Given, **switches: bool) -> None:
    """Refuse options that say beside a source what it says. Raises click.UsageError."""
    said = {**given._asdict(), **switches}
    for name in (*_NOT_OF_POLICIES, *(each for each in _SWITCHES if not said[each])):
        del said[name]
    names = [_OPTIONS.get(name, name) for name, value in said.items() if value not in (None, ())]
    if names:
        listed = ", ".join(f"--{name.replace('_', '-')}" for name in names)
        message = f"--source brings policies and callers as they are; leave out {listed}"
        raise click.UsageError(message)


_OPTIONS = {"identity": "policy", "strict": "strict-rules"}
"""The options whose parameters have another name."""


def _load(scenario: str, given: Overrides, sources: NamedSources = NO_SOURCES) -> Suite:
    """Return a scenario; `sources` are read in place of its own, where it has some."""
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
    if sources.paths and sources_of(path).paths:
        given = given._replace(sources=sources)
    return load_suite(path, given)


def _want_policies(suite: Suite) -> None:
    """Refuse a scenario none of whose questions has a policy. Raises SuiteError."""
    given = (case.policies for case in suite.cases)
    if not any(isinstance(each, InputError) or each.attachments for each in given):
        raise SuiteError(
            Diagnostic(
                "missing-policies",
                Severity.ERROR,
                f"`{suite.name}` brings no policies",
                "give one with -p",
            )
        )


def _warnings(suite: Suite) -> tuple[Diagnostic, ...]:
    return tuple(
        dict.fromkeys(
            warning
            for case in suite.cases
            if not isinstance(case.policies, InputError)
            for warning in case.policies.warnings
        )
    )


def _table(suite: Suite, results: list[Result]) -> str:
    lines = [suite.name]
    width = max(len(result.case.name) for result in results)
    assumptions: dict[str, None] = {}
    for result in results:
        name = f"{result.case.name:<{width}}"
        if isinstance(result.found, InputError):
            lines += ["", f"  {MARKS[None]} {name}   refused: {result.found}"]
            continue
        decision, explanation = result.found, result.explain()
        assert explanation is not None  # the input was not refused
        mark = MARKS[decision.allowed]
        answer = spell_answer(decision)
        if explanation.deciding_part.is_layered:
            answer += spell_decided_by(explanation)
        lines += ["", f"  {mark} {name}   {answer}   {decision.action}"]
        if decision.blocked_by:
            lines.append(f"      it also needs {decision.blocked_by}, which is not allowed")
        lines += [f"      {line}" for line in reasons(explanation)]
        lines += [f"      note: {remark.text} ({remark.rule})" for remark in decision.remarks]
        lines += [f"      note: {spell_open_point(each)}" for each in result.rests_on]
        assumptions |= dict.fromkeys(spell_assumptions(explanation.policies))
    return "\n".join([*lines, *([""] if assumptions else []), *assumptions])


def _data(suite: Suite, results: list[Result]) -> dict[str, object]:
    return {
        "scenario": suite.name,
        "results": [{"name": result.case.name, **_found(result)} for result in results],
    }


def _found(result: Result) -> dict[str, object]:
    if isinstance(result.found, InputError):
        return {"error": [each.to_dict() for each in result.found.diagnostics]}
    explanation = result.explain()
    assert explanation is not None  # the input was not refused
    return explanation.to_dict()
