"""The ways in which policies go wrong: each slip turns a statement into another one.

What stands here is a slip of a writer, not of JSON: every mutant is a policy that AWS would store.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from policy_eval.engine.naive import contains
from policy_eval.policy.arn import parse_arn
from policy_eval.policy.ast import WHAT_IT_IS_ATTACHED_TO, Condition, Effect, Element, Statement
from policy_eval.policy.clauses import Part
from policy_eval.policy.operator_name import OperatorName, SetOperator, parse_operator_name
from policy_eval.policy.principal_element import PrincipalElement, PrincipalValue
from policy_eval.request.principal import is_account
from policy_eval.semantics.lower import action_set
from policy_eval.semantics.operators import OPERATORS, Operator
from policy_eval.semantics.service_reference import service_actions
from policy_eval.semantics.views import FULL_LENGTH, View, parse_address
from policy_eval.text.node import Path


class Slip(NamedTuple):
    """A statement as it would be after a slip; None where the slip drops it.

    `what` says what went wrong, `path` leads to the place in the statement, `part` is what it is
    about (None: the statement as a whole), `condition` the number of the condition it is about.
    """

    what: str
    statement: Statement | None
    path: Path
    part: Part | None = None
    condition: int | None = None


def slips_of(statement: Statement) -> Iterator[Slip]:
    """Yield the statements into which slips turn a usable one; some may mean the same as it."""
    other = Effect.DENY if statement.effect is Effect.ALLOW else Effect.ALLOW
    flipped = statement._replace(effect=other)
    yield Slip(f"Effect is {other.value}", flipped, ("Effect",))
    yield Slip("the statement is dropped", None, ())
    yield from _element(statement, Part.ACTION, statement.action, _other_actions)
    if statement.resource is not WHAT_IT_IS_ATTACHED_TO:
        others = partial(_other_resources, _service(statement.action))
        yield from _element(statement, Part.RESOURCE, statement.resource, others)
    if statement.principal is not None:
        yield from _principals(statement, statement.principal)
    for number, condition in enumerate(statement.conditions):
        yield from _condition(statement, number, condition)


# Action and Resource

_Others = Callable[[str], Iterator[tuple[str, str]]]


def _element(statement: Statement, part: Part, element: Element, others: _Others) -> Iterator[Slip]:
    def slip(what: str, changed: Element, path: Path) -> Slip:
        if part is Part.ACTION:
            return Slip(what, statement._replace(action=changed), path, part)
        return Slip(what, statement._replace(resource=changed), path, part)

    if element.values:  # an empty list has no Not form
        name = element.name.removeprefix("Not") if element.negated else f"Not{element.name}"
        turned = element._replace(name=name, negated=not element.negated)
        yield slip(f"{element.name} becomes {name}", turned, (element.name,))
    for index, text in enumerate(element.values):
        path = (element.name, index)
        for what, values in _changed(element.values, index, others(text)):
            yield slip(f"{element.name} {what}", element._replace(values=values), path)


def _changed(
    values: tuple[str, ...], index: int, others: Iterator[tuple[str, str]]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield a list without one of its values, and with others in its place."""
    before, after = values[:index], values[index + 1 :]
    if before or after:
        yield f'"{values[index]}" is dropped', before + after
    for what, other in others:
        if other not in values:
            yield f'"{values[index]}" is {what}: "{other}"', (*before, other, *after)


def _other_actions(text: str) -> Iterator[tuple[str, str]]:
    service, colon, name = text.partition(":")
    if not colon:
        return
    yield "widened", f"{service}:*" if name != "*" else "*"
    if "*" not in name and "?" not in name:
        return
    accepts = action_set(Element("Action", (text,), negated=False))
    for listed in service_actions(service.lower()):
        if contains(accepts, f"{service}:{listed}".lower()):
            yield "narrowed", f"{service}:{listed}"
            return


def _service(action: Element) -> str:
    """Return the service of all actions; `*` where they are of none or several."""
    services = {text.partition(":")[0].lower() for text in action.values}
    return "*" if action.negated or len(services) != 1 else services.pop()


_LAST_PART = re.compile(r"(?:\$\{[^}]*\}|[^:/])*+\Z")
"""What stands after the last `:` or `/` of an ARN; those within a variable do not count."""


def _other_resources(service: str, text: str) -> Iterator[tuple[str, str]]:
    if text == "*":
        yield "narrowed", f"arn:*:{service}:us-east-1:*:*"
        return
    yield "widened", "*"
    arn = parse_arn(text)
    if arn is not None and arn.resource:
        yield "widened", _LAST_PART.sub("*", text, 1)
        if arn.account and "*" not in arn.account:
            yield "widened", text.replace(f":{arn.account}:", ":*:", 1)
    if text.endswith("*"):
        yield "narrowed", text[:-1]


# Principal


def _principals(statement: Statement, element: PrincipalElement) -> Iterator[Slip]:
    counts: dict[str, int] = {}
    for index, value in enumerate(element.values):
        number = counts.get(value.kind, 0)
        counts[value.kind] = number + 1
        path: Path = (element.name, value.kind, number) if value.kind != "*" else (element.name,)
        before, after = element.values[:index], element.values[index + 1 :]
        if before or after:
            yield _principal_slip(statement, f'"{value.text}" is dropped', before + after, path)
        for what, other in _other_principals(value):
            if other not in element.values:
                said = f'"{value.text}" is {what}: "{other.text}"'
                yield _principal_slip(statement, said, (*before, other, *after), path)


def _principal_slip(
    statement: Statement, what: str, values: tuple[PrincipalValue, ...], path: Path
) -> Slip:
    assert statement.principal is not None  # it has these values
    element = statement.principal
    changed = statement._replace(principal=element._replace(values=values))
    return Slip(f"{element.name} {what}", changed, path, Part.PRINCIPAL)


_SOMEBODY = "role/AnotherRole"


def _other_principals(value: PrincipalValue) -> Iterator[tuple[str, PrincipalValue]]:
    text = value.text
    if value.kind == "Service":
        yield "another", PrincipalValue("Service", "another-service.amazonaws.com")
        return
    if value.kind != "AWS" or text == "*":
        return
    arn = parse_arn(text)
    if is_account(text):
        yield "narrowed", PrincipalValue("AWS", f"arn:aws:iam::{text}:{_SOMEBODY}")
    elif arn is not None and arn.resource == "root":
        root = f"arn:{arn.partition}:iam::{arn.account}"
        yield "narrowed", PrincipalValue("AWS", f"{root}:{_SOMEBODY}")
    elif arn is not None and is_account(arn.account):
        yield "widened", PrincipalValue("AWS", f"arn:{arn.partition}:iam::{arn.account}:root")
    yield "widened", PrincipalValue("AWS", "*")


# Condition


def _condition(statement: Statement, number: int, condition: Condition) -> Iterator[Slip]:
    at = ("Condition", condition.operator, condition.key)

    def slip(what: str, changed: Condition | None, path: Path = at) -> Slip:
        before, after = statement.conditions[:number], statement.conditions[number + 1 :]
        middle = () if changed is None else (changed,)
        conditions = (*before, *middle, *after)
        operators = tuple(dict.fromkeys(each.operator for each in conditions))
        mutant = statement._replace(conditions=conditions, operators=operators)
        return Slip(what, mutant, path, Part.CONDITION, number)

    said = f"{condition.operator} {condition.key}"
    yield slip(f"the condition {said} is dropped", None)
    taken = {(each.operator.lower(), each.key.lower()) for each in statement.conditions}
    name = parse_operator_name(condition.operator)
    assert name is not None  # the statement is usable
    for operator in _other_operators(name):
        if (operator.lower(), condition.key.lower()) not in taken:
            changed = condition._replace(operator=operator)
            yield slip(f"{said} becomes {operator}", changed)
    row = OPERATORS[name.base.lower()]
    for index, text in enumerate(condition.values):
        others = _other_values(row, text)
        for what, values in _changed(condition.values, index, others):
            yield slip(f"{said} {what}", condition._replace(values=values), (*at, index))


_NEGATED = (
    ("StringEquals", "StringNotEquals"),
    ("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"),
    ("StringLike", "StringNotLike"),
    ("NumericEquals", "NumericNotEquals"),
    ("DateEquals", "DateNotEquals"),
    ("IpAddress", "NotIpAddress"),
    ("ArnEquals", "ArnNotEquals"),
    ("ArnLike", "ArnNotLike"),
    ("NumericLessThan", "NumericGreaterThanEquals"),
    ("NumericGreaterThan", "NumericLessThanEquals"),
    ("DateLessThan", "DateGreaterThanEquals"),
    ("DateGreaterThan", "DateLessThanEquals"),
)
_ALIKE = (
    ("StringLike", "StringEquals"),
    ("StringNotLike", "StringNotEquals"),
    ("StringEquals", "StringEqualsIgnoreCase"),
    ("StringNotEquals", "StringNotEqualsIgnoreCase"),
    ("NumericLessThan", "NumericLessThanEquals"),
    ("NumericGreaterThan", "NumericGreaterThanEquals"),
    ("DateLessThan", "DateLessThanEquals"),
    ("DateGreaterThan", "DateGreaterThanEquals"),
)


def _pairs() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for one, other in (*_NEGATED, *_ALIKE):
        found.setdefault(one.lower(), []).append(other)
        found.setdefault(other.lower(), []).append(one)
    return {name: tuple(others) for name, others in found.items()}


_CONFUSED = _pairs()
"""Operator in lower case → those it is confused with, or should have been."""


def _other_operators(name: OperatorName) -> Iterator[str]:
    for base in _CONFUSED.get(name.base.lower(), ()):
        yield _spelled(name._replace(base=base))
    if name.base.lower() != "null":
        yield _spelled(name._replace(if_exists=not name.if_exists))
    if name.set_operator is not None:
        yield _spelled(name._replace(set_operator=None))
        other = {
            SetOperator.FOR_ANY_VALUE: SetOperator.FOR_ALL_VALUES,
            SetOperator.FOR_ALL_VALUES: SetOperator.FOR_ANY_VALUE,
        }[name.set_operator]
        yield _spelled(name._replace(set_operator=other))


def _spelled(name: OperatorName) -> str:
    prefix = f"{name.set_operator.value}:" if name.set_operator else ""
    return f"{prefix}{name.base}{'IfExists' if name.if_exists else ''}"


def _other_values(row: Operator, text: str) -> Iterator[tuple[str, str]]:
    match row.view:
        case View.BOOLEAN | View.PRESENCE:
            if text.lower() in ("true", "false"):
                yield "flipped", "false" if text.lower() == "true" else "true"
        case View.NUMBER:
            yield from _other_numbers(text)
        case View.INSTANT:
            yield from _other_dates(text)
        case View.ADDRESS:
            yield from _other_networks(text)
        case View.BYTES:
            return
        case _:
            yield from _other_texts(row, text)


def _other_texts(row: Operator, text: str) -> Iterator[tuple[str, str]]:
    if not row.wildcards:
        yield "another", f"{text}x"
        return
    if row.view is View.TEXT and text != "*":
        yield "widened", "*"
    bare = text.replace("*", "").replace("?", "") if "${" not in text else text
    if row.view is View.TEXT and bare not in ("", text):
        yield "narrowed", bare
    elif text.endswith("*") and text != "*":
        yield "narrowed", text[:-1]
    else:
        yield "another", f"{text}x"


def _other_numbers(text: str) -> Iterator[tuple[str, str]]:
    from decimal import Decimal

    try:
        other = Decimal(text) + 1
    except ArithmeticError:
        return
    yield "another", str(other)


def _other_dates(text: str) -> Iterator[tuple[str, str]]:
    from datetime import datetime, timedelta

    if text.removeprefix("-").replace(".", "").isdecimal():  # seconds since 1970
        yield from _other_numbers(text)
        return
    try:
        later = (datetime.fromisoformat(text) + timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):
        return
    yield "another", later[:10] if len(text) == len("2026-01-01") else later.replace("+00:00", "Z")


def _other_networks(text: str) -> Iterator[tuple[str, str]]:
    address, _, mask = text.partition("/")
    parsed = parse_address(address)
    if parsed is None:
        return
    full = FULL_LENGTH[parsed.family]
    length = int(mask) if mask.isdecimal() else full
    if length > 0:
        yield "widened", f"{address}/{length - 1}"
    if length < full:
        yield "narrowed", f"{address}/{length + 1}"
