"""Requests and decisions → the fields of a test: what a suite would say of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from policy_eval.engine.decision import Decision
from policy_eval.request.context import text_of
from policy_eval.request.dependency import Dependency
from policy_eval.request.principal import Principal, PrincipalKind, parse_principal
from policy_eval.request.request import Request

if TYPE_CHECKING:
    from policy_eval.sources.accounts import Accounts

Fields = dict[str, object]


def request_fields(requests: Sequence[Request], accounts: Accounts | None = None) -> Fields:
    """Return the fields that make the requests of a call, without what `accounts` say anyway."""
    first = requests[0]
    fields: Fields = {}
    if first.principal is not None:
        named = parse_principal if accounts is None else accounts.principal
        fields["principal"] = principal_field(first.principal, named)
    if len(requests) == 1:
        return fields | _of(first, accounts, alone=True)
    fields["all_of"] = [_of(request, accounts, alone=False) for request in requests]
    if first.now is not None:
        fields["now"] = text_of("now", first.now)
    return fields


def _of(request: Request, accounts: Accounts | None, *, alone: bool) -> Fields:
    owner: str | None = None
    tags: Mapping[str, str] = {}
    if accounts is not None:
        owner = accounts.unsaid_owner(request.resource)
        tags = accounts.tags(request.resource)
    context: dict[str, object] = {
        name: None if values is None else values[0] if len(values) == 1 else list(values)
        for spellings in request.context.values()
        for name, values in spellings.items()
    }
    said: Mapping[str, object] = {
        "action": request.action,
        "resource": request.resource,
        "resource_account": None if request.resource_account == owner else request.resource_account,
        "context": context,
        "unknown": list(request.unknown),
        "request_tags": dict(request.request_tags),
        "resource_tags": {
            key: value for key, value in request.resource_tags if tags.get(key) != value
        },
    }
    fields = {name: value for name, value in said.items() if value or name == "resource"}
    if alone:
        if request.now is not None:
            fields["now"] = text_of("now", request.now)
        if request.action_only:
            fields["action_only"] = "true"
        if request.dependencies:
            fields["dependent_actions"] = [_dependency(each) for each in request.dependencies]
    return fields


def _dependency(row: Dependency) -> Fields:
    said: Mapping[str, object] = {
        "action": row.action,
        "needs": row.needs,
        "when": row.key,
        "on": row.on.value,
        "because": row.because,
        "rule": row.rule,
        "forwarded_by": row.forwarded_by,
    }
    return {name: value for name, value in said.items() if value}


def principal_field(
    principal: Principal, named: Callable[[str], Principal] = parse_principal
) -> str | Fields:
    """Return a caller as a suite names it: a text, or a mapping with what else is known.

    `named` returns what is known of whom a text names.
    """
    text = principal.name if _is_named(principal) else principal.arn
    plain = named(text)
    said: Fields = {}
    for name, value in principal._asdict().items():
        if value == getattr(plain, name) or name in _READ_FROM_ARN:
            continue
        said[name] = _plain(value)
    return {"arn": text, **said} if said else text


_READ_FROM_ARN = ("kind", "partition", "account", "name", "arn", "role_arn")


def _is_named(principal: Principal) -> bool:
    return principal.kind in (PrincipalKind.SERVICE, PrincipalKind.ANONYMOUS)


def _plain(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        pairs = all(isinstance(each, tuple) for each in value)
        return dict(value) if pairs else list(value)
    return getattr(value, "value", value)


def decision_fields(decision: Decision) -> Fields:
    """Return what a test expects that holds a decision to what it is."""
    fields: Fields = {"decision": decision.decision}
    if decision.decided_by is not None:
        fields["decided_by"] = decision.decided_by.value
    if decision.matched:
        fields["matched"] = list(decision.matched)
    if decision.blocked_by:
        fields["blocked_by"] = decision.blocked_by
    if decision.missing_context:
        fields["missing_context"] = list(decision.missing_context)
    if decision.allow_if is not None:
        fields["allow_if"] = str(decision.allow_if)
    if decision.deny_if is not None and not decision.deny_if.never:
        fields["deny_if"] = str(decision.deny_if)
    if decision.remarks:
        fields["remarks"] = [remark.rule for remark in decision.remarks]
    return fields


def suite_text(fields: Mapping[str, object], suffix: str) -> str:
    """Return a suite as the text of a file with this suffix: JSON for `.json`, else YAML."""
    if suffix == ".json":
        import json

        return json.dumps(fields, indent=2) + "\n"
    return yaml_text(fields)


def yaml_text(fields: object) -> str:
    """Return fields as YAML in their order; what is no text to other readers is quoted.

    Where something in it would not be seen on a terminal, all but ASCII is escaped: the text can
    be printed, and copied from there.
    """
    text = _dumped(fields, allow_unicode=True)
    is_visible = text.replace("\n", "").isprintable()
    return text if is_visible else _dumped(fields, allow_unicode=False)


def _dumped(fields: object, *, allow_unicode: bool) -> str:
    import yaml

    class Dumper(yaml.SafeDumper):
        """Indents lists inside mappings."""

        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: FBT001, FBT002, ARG002 - PyYAML's signature
            super().increase_indent(flow, indentless=False)

    return str(
        yaml.dump(fields, Dumper=Dumper, sort_keys=False, allow_unicode=allow_unicode, width=100)
    )
