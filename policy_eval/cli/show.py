"""`policy-eval show`: what was read from policies, and what was assumed."""

from __future__ import annotations

import click

from policy_eval.cli.options import output_option, read_policies, reading_options
from policy_eval.cli.output import as_data, print_answer, refusing_bad_input, safe_lines
from policy_eval.engine.remarks import remarks_on
from policy_eval.errors import Diagnostic, visible
from policy_eval.policy.ast import WHAT_IT_IS_ATTACHED_TO, Policy, Statement
from policy_eval.policy.diagnosis import warnings_of
from policy_eval.policy.guess import guessed_type
from policy_eval.policy.policy_type import RULES, PolicyType, Strictness
from policy_eval.policy.sizes import Size, sizes_of

_INDENT = "     "
_NAMES = 12


@click.command("show", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--type",
    "word",
    type=click.Choice([each.value for each in PolicyType]),
    help="What the policy is attached to (default: what it looks like).",
)
@reading_options
@output_option("it")
def command(
    *, paths: tuple[str, ...], word: str | None, lenient: bool, accept_invalid: bool, form: str
) -> None:
    """Show what is read from policies: statements, assumptions, sizes as AWS counts them.

    PATH is a file, a folder of *.json, or - for stdin. Warnings, also of names that the service
    reference does not list, go to stderr. Exits 0, or 2 for what AWS would refuse.
    """
    with refusing_bad_input(form) as tell:
        policy_type = guessed_type if word is None else PolicyType(word)
        policies = read_policies(paths, policy_type, Strictness(lenient, accept_invalid))
        tell(tuple(warning for policy in policies for warning in _warnings(policy)))
    if form == "text":
        texts = [_text(policy, assumed=word is None) for policy in policies]
        print_answer(safe_lines("\n\n".join(texts)))
    else:
        shown = [_data(policy, assumed=word is None) for policy in policies]
        print_answer(as_data({"policies": shown}, form))


def _warnings(policy: Policy) -> tuple[Diagnostic, ...]:
    return warnings_of(policy._replace(findings=(*policy.findings, *remarks_on(policy))))


def _text(policy: Policy, *, assumed: bool) -> str:
    guess = ", by the look of it" if assumed else ""
    lines = [f"{policy.name}: {RULES[policy.type].name}{guess}"]
    lines += [f"  {note}" for note in policy.assumptions]
    for statement in policy.statements:
        lines += ["", *_statement_lines(policy, statement)]
    lines += ["", *_size_lines(policy)]
    return "\n".join(lines)


def _statement_lines(policy: Policy, statement: Statement) -> list[str]:
    place = policy.place(statement)
    sid = f"{statement.sid}   " if statement.sid else ""
    lines = [f"  {statement.number}  {sid}{statement.effect.value}   line {place.line}"]
    if statement.unusable:
        lines.append(f"{_INDENT}may or may not apply: {statement.unusable}")
    for name, values in _rows(statement):
        first, *others = values or ["(none)"]
        lines.append(f"{_INDENT}{name:<{_NAMES}} {visible(first)}")
        lines += [f"{_INDENT}{'':<{_NAMES}} {visible(value)}" for value in others]
    return lines


def _rows(statement: Statement) -> list[tuple[str, list[str]]]:
    rows = []
    if statement.principal is not None:
        values = [
            value.text if value.kind == "*" else f"{value.kind} {value.text}"
            for value in statement.principal.values
        ]
        rows.append((statement.principal.name, values))
    rows.append((statement.action.name, list(statement.action.values)))
    if statement.resource is WHAT_IT_IS_ATTACHED_TO:
        rows.append(("Resource", ["what the policy is attached to"]))
    else:
        rows.append((statement.resource.name, list(statement.resource.values)))
    conditions = [
        f"{each.operator} {each.key}: {', '.join(each.values) or '(nothing)'}"
        for each in statement.conditions
    ]
    if conditions:
        rows.append(("Condition", conditions))
    return rows


def _size_lines(policy: Policy) -> list[str]:
    sizes = sizes_of(policy.stored, policy.type)
    if not sizes:
        return [f"  {len(policy.stored):,} characters; each service has a quota of its own"]
    first = sizes[0]
    blanks = "with" if first.quota.with_blanks else "without"
    return [
        f"  {first.counted:,} characters, counted {blanks} whitespace as AWS does; of",
        *(f"{size.quota.largest:>10,}  {_verdict(size)}" for size in sizes),
    ]


def _verdict(size: Size) -> str:
    return f"{size.quota.of}{': TOO LARGE' if size.exceeds else ''}"


def _data(policy: Policy, *, assumed: bool) -> dict[str, object]:
    return {
        "file": policy.name,
        "type": policy.type.value,
        "type_is_assumed": assumed,
        "version": policy.version,
        "form": policy.form.value,
        "found_in": policy.found_in or None,
        "assumptions": list(policy.assumptions),
        "statements": [_statement_data(policy, each) for each in policy.statements],
        "sizes": [
            {
                "of": size.quota.of,
                "counted": size.counted,
                "largest": size.quota.largest,
                "with_whitespace": size.quota.with_blanks,
            }
            for size in sizes_of(policy.stored, policy.type)
        ],
    }


def _statement_data(policy: Policy, statement: Statement) -> dict[str, object]:
    place = policy.place(statement)
    principal = statement.principal
    attached = statement.resource is WHAT_IT_IS_ATTACHED_TO
    return {
        "number": statement.number,
        "sid": statement.sid,
        "line": place.line,
        "column": place.column,
        "effect": statement.effect.value,
        "principal": None
        if principal is None
        else {
            "element": principal.name,
            "values": [{"kind": each.kind, "text": each.text} for each in principal.values],
        },
        "action": {"element": statement.action.name, "values": list(statement.action.values)},
        "resource": None
        if attached
        else {"element": statement.resource.name, "values": list(statement.resource.values)},
        "conditions": [
            {"operator": each.operator, "key": each.key, "values": list(each.values)}
            for each in statement.conditions
        ],
        "unusable": statement.unusable or None,
    }
