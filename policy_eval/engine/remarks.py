"""What the service reference does not list of a policy's actions and keys, with the nearest name.

Said where a policy is looked at, never where it decides: the reference is behind AWS at times, and
an action that no service defines does no harm (R-ACT-04, R-COND-06).
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from policy_eval.engine.matching import contains
from policy_eval.errors import Severity, cut
from policy_eval.policy.ast import Element, Policy, Statement
from policy_eval.policy.findings import Finding, Where
from policy_eval.semantics.global_keys import GLOBAL_KEYS
from policy_eval.semantics.keys import is_listed
from policy_eval.semantics.lower import action_set
from policy_eval.semantics.service_reference import (
    data_version,
    service_actions,
    service_exists,
    service_keys,
    services,
)
from policy_eval.text.folding import fold


def remarks_on(policy: Policy) -> list[Finding]:
    """Return a warning for every action and key that the service reference does not list."""
    return [
        remark
        for statement in policy.statements
        for remark in (*_actions(statement), *_keys(statement))
    ]


def _remark(code: str, where: Where, what: str, near: list[str], rule: str) -> Finding:
    return Finding(
        Severity.WARNING, code, where,
        f"the service reference ({data_version()}) lists no {what}",
        f"did you mean `{near[0]}`" if near else "", rule,
    )  # fmt: skip


def _actions(statement: Statement) -> Iterator[Finding]:
    element = statement.action
    for index, text in enumerate(element.values):
        service, colon, name = text.partition(":")
        if not colon or not name or ":" in name or any(sign in service for sign in "*?"):
            continue
        where = Where(statement.number, (element.name, index))
        if not service_exists(service.lower()):
            near = get_close_matches(service.lower(), services(), 1)
            meant = [f"{near[0]}:{name}"] if near else []
            yield _remark("unlisted-action", where, f"service `{cut(service)}`", meant, "R-ACT-04")
        elif _matches_nothing(text, service.lower()):
            near = get_close_matches(name, service_actions(service.lower()), 1)
            meant = [f"{service}:{near[0]}"] if near else []
            yield _remark("unlisted-action", where, f"action `{cut(text)}`", meant, "R-ACT-04")


def _matches_nothing(text: str, service: str) -> bool:
    accepts = action_set(Element("Action", (text,), negated=False))
    return not any(
        contains(accepts, f"{service}:{name.lower()}") for name in service_actions(service)
    )


def _keys(statement: Statement) -> Iterator[Finding]:
    for condition in statement.conditions:
        key = condition.key
        if ":" not in key or is_listed(fold(key)):
            continue
        service = key.partition(":")[0].lower()
        names = [row.name for row in GLOBAL_KEYS]
        if service != "aws":
            names += [each.name for each in service_keys(service)]
        near = get_close_matches(key, names, 1)
        where = Where(statement.number, ("Condition", condition.operator, key), name=True)
        yield _remark("unlisted-key", where, f"condition key `{cut(key)}`", near, "R-COND-06")
