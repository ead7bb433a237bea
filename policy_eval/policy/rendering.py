"""Statements back into JSON, as people write them."""

from __future__ import annotations

import json

from policy_eval.policy.ast import WHAT_IT_IS_ATTACHED_TO, Form, Policy, Statement
from policy_eval.policy.principal_element import PrincipalElement


def document_of(statement: Statement) -> dict[str, object]:
    """Return a statement as plain data, its elements in AWS's order."""
    members: dict[str, object] = {}
    if statement.sid is not None:
        members["Sid"] = statement.sid
    members["Effect"] = statement.effect.value
    if statement.principal is not None:
        members[statement.principal.name] = _principal(statement.principal)
    members[statement.action.name] = _one_or_list(statement.action.values)
    if statement.resource is not WHAT_IT_IS_ATTACHED_TO:
        members[statement.resource.name] = _one_or_list(statement.resource.values)
    conditions: dict[str, dict[str, object]] = {}
    for condition in statement.conditions:
        keys = conditions.setdefault(condition.operator, {})
        keys[condition.key] = _one_or_list(condition.values)
    if conditions:
        members["Condition"] = conditions
    return members


def policy_document(policy: Policy) -> dict[str, object]:
    """Return a policy as it was written, as plain data; statements without a wrapper get one."""
    text = policy.stored if policy.form in _WHOLE else f"[{policy.stored}]"
    written = json.loads(text, parse_float=str)  # the text counts: 1.10 is not 1.1
    return written if isinstance(written, dict) else {"Statement": written}


_WHOLE = frozenset({Form.DOCUMENT, Form.LIST})
"""Forms whose text is one value."""


def rendered(statement: Statement) -> str:
    """Return a statement as JSON text of several lines."""
    return json.dumps(document_of(statement), indent=2, ensure_ascii=False)


def _one_or_list(values: tuple[str, ...]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)


def _principal(element: PrincipalElement) -> object:
    kinds: dict[str, list[str]] = {}
    for kind, text in element.values:
        kinds.setdefault(kind, []).append(text)
    if "*" in kinds:
        return "*"
    return {kind: _one_or_list(tuple(texts)) for kind, texts in kinds.items()}
