"""A request: one principal, one action, one resource, one context."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NoReturn

from policy_eval.errors import refuse_request
from policy_eval.policy.action import parse_action
from policy_eval.policy.arn import parse_arn
from policy_eval.request.context import Entries, Given, context_entries
from policy_eval.request.dependency import Dependency
from policy_eval.request.principal import Principal, is_account, parse_principal


class Request:
    """What is asked. Immutable; nothing is decided or looked up here.

    `action` is `service:Name`; `resource` an ARN, `*`, or None where it is not said;
    `principal` an ARN, account ID, service or `anonymous` (or a `Principal`), None where it is
    not said. `context` maps condition keys to a value, several values, or None for "known to be
    absent"; `unknown` names keys (or families such as `aws:ResourceTag/*`, or `*`) whose value
    nobody knows. `now` is a date such as `2026-01-01T00:00:00Z`, or a datetime with a time zone.
    With `action_only` the answer is for the action alone, as AWS's simulator gives it, not for
    the whole call. `resource_account` is the ID of the account that the resource belongs to, where
    its ARN names none. `dependencies` are further actions that calls need, beside those known.

    Raises RequestError for what no request could hold.
    """

    __slots__ = (
        "action",
        "action_only",
        "context",
        "dependencies",
        "now",
        "principal",
        "request_tags",
        "resource",
        "resource_account",
        "resource_tags",
        "unknown",
    )

    action: str
    resource: str | None
    principal: Principal | None
    context: Entries
    unknown: tuple[str, ...]
    request_tags: tuple[tuple[str, str], ...]
    resource_tags: tuple[tuple[str, str], ...]
    now: str | datetime | None
    action_only: bool
    resource_account: str | None
    dependencies: tuple[Dependency, ...]

    def __init__(
        self,
        action: str,
        resource: str | None = None,
        *,
        principal: str | Principal | None = None,
        context: Mapping[str, Given] | None = None,
        unknown: Iterable[str] = (),
        request_tags: Mapping[str, str] | None = None,
        resource_tags: Mapping[str, str] | None = None,
        now: str | datetime | None = None,
        action_only: bool = False,
        resource_account: str | None = None,
        dependencies: Iterable[Dependency] = (),
    ) -> None:
        if parse_action(action) is None:
            raise refuse_request(
                "unknown-action",
                f"`{action}` is no action",
                "write `service:Name`, such as `secretsmanager:CreateSecret`",
                ("R-ACT-01",),
            )
        if resource is not None and resource != "*" and parse_arn(resource) is None:
            raise refuse_request(
                "not-an-arn",
                f"`{resource}` is no resource",
                'give an ARN of six fields, or "*"',
                ("R-RES-05",),
            )
        if resource_account is not None and not is_account(resource_account):
            raise refuse_request(
                "not-an-account",
                f"`{resource_account}` is no account ID",
                "give the twelve digits of the account that the resource belongs to",
                ("R-XACC-05",),
            )
        keep = object.__setattr__
        keep(self, "action", action)
        keep(self, "resource", resource)
        if isinstance(principal, str):
            principal = parse_principal(principal)
        elif principal is not None:
            from policy_eval.request.callers import check_caller  # only where more is said

            check_caller(principal)
        keep(self, "principal", principal)
        keep(self, "context", context_entries(context or {}))
        keep(self, "unknown", tuple(unknown))
        keep(self, "request_tags", tuple((request_tags or {}).items()))
        keep(self, "resource_tags", tuple((resource_tags or {}).items()))
        keep(self, "now", now)
        keep(self, "action_only", action_only)
        keep(self, "resource_account", resource_account)
        keep(self, "dependencies", tuple(dependencies))

    def alone(self) -> Request:
        """Return the same request, for the action alone."""
        other = object.__new__(Request)
        for name in self.__slots__:
            object.__setattr__(other, name, getattr(self, name))
        object.__setattr__(other, "action_only", True)
        return other

    def __setattr__(self, name: str, value: object) -> NoReturn:
        message = f"a Request is immutable: {name}"
        raise AttributeError(message)

    def __delattr__(self, name: str) -> NoReturn:
        message = f"a Request is immutable: {name}"
        raise AttributeError(message)

    def __repr__(self) -> str:
        return f"Request({self.action!r}, {self.resource!r}, principal={self.principal})"
