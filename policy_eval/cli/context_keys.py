"""`policy-eval context-keys`: which condition keys policies read, and which a request has."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import click

from policy_eval.cases.accounts import Surroundings
from policy_eval.cli.layer_options import Given, layer_options, read_caller, read_layers
from policy_eval.cli.options import output_option, reading_options, taken
from policy_eval.cli.output import as_data, print_answer, refusing_bad_input, safe_lines
from policy_eval.cli.request_options import Described, complete_action, request_options
from policy_eval.cli.source_options import Sources, further_source_options
from policy_eval.cli.surroundings import surroundings
from policy_eval.engine.context_keys import (
    ActionKeys,
    ContextKeys,
    KeyRead,
    Standing,
    State,
    context_keys,
)
from policy_eval.engine.key_uses import How, Use
from policy_eval.engine.marks import FAILS, HOLDS, OPEN, WARNS
from policy_eval.engine.named_actions import actions_of
from policy_eval.errors import Diagnostic, PolicyError, RequestError, Severity, cut
from policy_eval.policy.policy_type import Strictness
from policy_eval.semantics.layers import NAMES, Layer
from policy_eval.semantics.service_reference import data_version
from policy_eval.semantics.supply import Supplied, Supply

if TYPE_CHECKING:
    from policy_eval.engine.policies import PolicySet
    from policy_eval.request.request import Request

_WIDTH = 100
_LINES_OF_ACTIONS = 3
_LONGEST_ACTION = 150
_ROOM_FOR_NAMES = 30
_LONGEST_NAME = 44
_LONGEST_USE = 32
"""What is longer moves the rest of its line to the right."""


@click.command("context-keys", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("action", required=False, shell_complete=complete_action)
@click.argument("resource", required=False)
@layer_options
@further_source_options(
    "Take policies and caller from an account: an export, a plan, a template or a workspace; or "
    "from a fixture (*.iamtest.yaml). The options above win. With an account, --as takes a name."
)
@click.option("--resource-account", metavar="ACCOUNT", help="Whose account the resource is in.")
@request_options
@reading_options
@output_option("it")
def command(
    *,
    action: str | None,
    resource: str | None,
    resource_account: str | None,
    lenient: bool,
    accept_invalid: bool,
    form: str,
    **options: Any,  # noqa: ANN401 - those of the records that are `taken`, as click has them
) -> None:
    """Say which condition keys policies read, where, and whether AWS supplies them.

    ACTION is an action, or a pattern (`s3:Get*`), which stands for the actions that the service
    reference lists; without it, it is every action and pattern that statements name. With RESOURCE
    or an option that describes a request, it is also said which keys the request has, which follow,
    and which it lacks. Exits 0, or 2 for unusable input.

    \b
        policy-eval context-keys -p policy.json
        policy-eval context-keys s3:GetObject arn:aws:s3:::logs/a -p policy.json --as 111122223333
        policy-eval context-keys --source gaad.json --as role/Dev
    """  # noqa: D301 - click's \b
    given, described = taken(Given, options), taken(Described, options)
    sources = taken(Sources, options)
    sources.check()
    chosen = given._replace(principal=None) if sources.sources and action is None else given
    caller = chosen[Given._fields.index("principal") :]  # a name alone chooses policies
    is_described = any((resource, resource_account, *described)) or (
        caller != tuple(Given._field_defaults.values())
    )
    if action is None and is_described:
        message = "a request is described, and its action is not named"
        raise click.UsageError(message)
    with refusing_bad_input(form) as tell:
        is_pattern = action is not None and ("*" in action or "?" in action)
        guarded = "" if action is None or is_pattern else action
        strictness = Strictness(lenient, accept_invalid)
        layers = read_layers(given, guarded, strictness)
        around = Surroundings(layers)
        if sources.sources:
            asked_first = (guarded, resource)
            around = surroundings(
                sources, given, layers, [asked_first], strictness, tell, resource_account
            )
            given = given._replace(principal=None)
        policies = around.policies.policies()
        _want_policies(policies)
        tell(policies.warnings)
        try:
            asked: list[Request | str] = [] if action is None else [action]
            if action is not None and (is_described or sources.sources):
                principal = read_caller(given, around.principal)
                requests = [
                    described.request(
                        each, resource, principal,
                        resource_account=resource_account or around.resource_account,
                        dependencies=around.dependencies,
                        known_tags=dict(around.resource_tags),
                    )
                    for each in actions_of(action)
                ]  # fmt: skip
                policies = around.passing(requests[0]).policies()
                asked = [*requests]
            found = context_keys(policies, *asked)
        except RequestError as error:
            from policy_eval.cli.context_places import located  # only when something is wrong

            raise located(error, described.pairs, described.files) from None
        unknown = _unknown(policies)
    if form != "text":
        print_answer(as_data({**found.to_dict(), "unknown": unknown}, form))
    else:
        notes = "\n".join(f"note: {each}" for each in unknown)
        print_answer(safe_lines("\n\n".join(filter(None, (_text(found), notes)))))


def _unknown(policies: PolicySet) -> list[str]:
    """Return what nobody knows of the policies: there may be keys in it."""
    layers = [
        f"nobody knows the {NAMES[each]}" for each in Layer if each in policies.attached.unknown
    ]
    statements = (each for policy in policies.policies for each in policy.statements)
    return [*layers, *dict.fromkeys(each.unusable for each in statements if each.unusable)]


def _want_policies(policies: PolicySet) -> None:
    if not policies.attachments and not policies.attached.unknown:
        raise PolicyError(
            Diagnostic(
                "missing-policies", Severity.ERROR, "no policy is given",
                "name an identity-based one with -p, or another (see --help)",
            )
        )  # fmt: skip


# Text


def _text(found: ContextKeys) -> str:
    files = {
        (use.policy, use.layer) for group in found.groups for key in group.keys for use in key.uses
    }
    blocks = []
    only = len(files) == 1
    if only:
        ((policy, layer),) = files
        blocks.append([f"{NAMES[layer]} {policy}"])
    blocks += [_group(group, only=only) for group in found.groups]
    blocks += (
        [_paragraph("no condition keys: ", [_cut(name) for name in found.without_keys])]
        if found.without_keys
        else []
    )
    blocks += _not_listed(found)
    if found.wanted:
        options = [f"-c {name}=…" for name in found.wanted]
        blocks.append(["the request lacks:", *(f"  {option}" for option in options)])
    return "\n\n".join("\n".join(block) for block in blocks)


def _group(group: ActionKeys, *, only: bool) -> list[str]:
    """Return the lines of a group; `only`: there is one policy, so that it need not be named."""
    lines = _paragraph("", [_cut(name) for name in group.actions])
    if group.because:
        lines.append(f"  needed too: {group.because}")
    if group.elsewhere:
        s = "s" * (group.elsewhere != 1)
        lines.append(f"  {group.elsewhere} statement{s} on other resources or callers left out")
    if not group.keys:
        lines.append("  no condition keys")
    short = (len(key.name) for key in group.keys if len(key.name) <= _LONGEST_NAME)
    names = max(short, default=0)
    kinds = max((len(_kind(key)) for key in group.keys), default=0)
    uses = [len(_within(use)) for key in group.keys for use in key.uses]
    width = max((size for size in uses if size <= _LONGEST_USE), default=0)
    for key in group.keys:
        kind = f"{_kind(key):<{kinds if len(key.name) <= _LONGEST_NAME else 0}}"
        supply = _spell_supplied(key.supplied)
        head = f"  {_mark(key)} {key.name:<{names}}  {kind}"
        beside = len(f"{head}  {supply}") <= _WIDTH
        lines += [f"{head}  {supply}"] if beside else [head.rstrip(), f"      {supply}"]
        if key.standing is not None:
            lines += _wrapped(_spell_standing(key.standing), "      ")
        for use in key.uses:
            lines += _use(use, width, without=_is_without(key), only=only)
    return lines


def _mark(key: KeyRead) -> str:
    standing = key.standing
    if standing is None or standing.state is State.LACKING:
        if key.is_doubtful:
            return WARNS
        return " " if standing is None else OPEN
    return _MARKS[standing.state]


_MARKS = {
    State.GIVEN: HOLDS,
    State.DERIVED: HOLDS,
    State.ABSENT: FAILS,
    State.UNKNOWN: OPEN,
}


def _kind(key: KeyRead) -> str:
    kind = key.type or "type unknown"
    return f"{kind}, multivalued" if key.multivalued else kind


def _spell_supplied(supplied: Supplied) -> str:
    supply = supplied.supply
    match supply:
        case Supply.WITH_RESOURCE_TYPES:
            return f"listed on {_some(supplied.resource_types)}"
        case Supply.NOT_OF_RESOURCE:
            return f"listed on {_some(supplied.resource_types)}, not on this resource"
        case Supply.OF_RESOURCE_TYPES:
            return f"listed on {_some(supplied.resource_types)}, not for the action"
        case Supply.LISTED if supplied.of:
            return f"listed for all {supplied.of} actions"
        case Supply.IN_PART:
            return f"listed for {len(supplied.listed)} of {supplied.of} actions"
        case Supply.NOT_LISTED if supplied.of:
            return f"listed for none of {supplied.of} actions"
        case _:
            return str(supply.value)


def _some(names: Sequence[str]) -> str:
    """Return the first names, as many as have room, and how many more there are."""
    count = 1
    while count < len(names) and len(", ".join(names[: count + 1])) <= _ROOM_FOR_NAMES:
        count += 1
    more = len(names) - count
    shown = ", ".join(names[:count])
    return f"{shown} and {more} more" if more else shown


def _spell_standing(standing: Standing) -> str:
    source = f", from {standing.follows_from}" if standing.follows_from else ""
    match standing.state:
        case State.GIVEN | State.DERIVED:
            return f"{standing.state.value}: {', '.join(standing.values)}{source}"
        case State.ABSENT:
            return f"known to be absent{source}"
        case State.UNKNOWN:
            return "said to be unknown"
        case _:
            taken = "may be there or not" if standing.is_open else "taken as absent"
            return f"not given: {taken}"


def _within(use: Use) -> str:
    if use.how is How.CONDITION_KEY:
        return use.within
    default = "" if use.default is None else f", '{use.default}'"
    return f"${{…{default}}} in {use.within} {use.compared}".rstrip()


def _is_without(key: KeyRead) -> bool:
    """Return whether requests have no such key, or this one has none as a decision takes it."""
    standing = key.standing
    if standing is None or standing.state is State.UNKNOWN or standing.is_open:
        return key.supplied.supply.is_supplied is False
    return not standing.values


def _use(use: Use, width: int, *, without: bool, only: bool) -> list[str]:
    layer = "" if use.layer is Layer.IDENTITY else f"{use.layer.value}, "
    file = f"{layer}{use.place.file}:{use.place.line}"
    place = f"line {use.place.line}" if only else file
    who = f"{use.effect.value} {use.sid or f'statement {use.number}'}"
    end = f": without it {_spell_without(use)}" if without else ""
    lines = _wrapped(_within(use), "      ")
    lines[-1] = f"{lines[-1]:<{width + 6}} "
    for part in (f" {who}", f" ({place}){end}"):
        if len(lines[-1] + part) > _WIDTH:
            lines.append(" " * 9)
        lines[-1] += part
    return [line.rstrip() for line in lines]


def _spell_without(use: Use) -> str:
    if use.holds_without is not None:
        return f"{'always' if use.holds_without else 'never'} holds"
    return "this value matches nothing" if use.default is None else "the default counts"


def _not_listed(found: ContextKeys) -> list[list[str]]:
    """Return what is said of keys that the service reference does not list."""
    names: dict[str, dict[str, None]] = {}
    for group in found.groups:
        for key in group.keys:
            if key.is_doubtful:
                names.setdefault(key.name, {}).update(dict.fromkeys(group.actions))
    if not names:
        return []
    said = (
        f"{WARNS} the service reference ({data_version()}) does not list these keys. Where AWS "
        "does not supply them, a condition on them never holds, or always (R-COND-06); the "
        "reference is behind AWS at times:"
    )
    return [
        [
            *wrap(said, _WIDTH, subsequent_indent="  "),
            *(f"  {name} for {_some([*map(cut, actions)])}" for name, actions in names.items()),
        ]
    ]


def _cut(name: str) -> str:
    """Return what stands for actions, in two lines at most (`every action but …` may be long)."""
    return name if len(name) <= _LONGEST_ACTION else f"{name[: _LONGEST_ACTION - 1]}…"


def _paragraph(head: str, names: Sequence[str]) -> list[str]:
    """Return names in a few lines, and how many more there are."""
    lines: list[str] = []
    for count in range(1, len(names) + 1):
        more = len(names) - count
        text = head + ", ".join(names[:count]) + (f" and {more:,} more" if more else "")
        longer = _wrapped(text, "")
        if lines and len(longer) > _LINES_OF_ACTIONS:
            return lines
        lines = longer
    return lines


def _wrapped(text: str, indent: str) -> list[str]:
    return wrap(
        text, _WIDTH, initial_indent=indent, subsequent_indent=f"{indent}  ",
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
