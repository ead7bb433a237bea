"""The clauses of a statement: each value of its elements and conditions, and that value alone.

A clause is the least thing of a policy that can be right or wrong by itself.
"""

from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from policy_eval.policy.ast import WHAT_IT_IS_ATTACHED_TO, Condition, Element, Statement
from policy_eval.policy.principal_element import PrincipalElement, PrincipalValue
from policy_eval.text.node import Path

EVERY_ACTION = Element("Action", ("*",), negated=False)
EVERYONE = PrincipalElement("Principal", (PrincipalValue("*", "*"),), negated=False)


class Part(Enum):
    """The parts of a statement, in the order in which they are looked at."""

    ACTION = "action"
    RESOURCE = "resource"
    PRINCIPAL = "principal"
    CONDITION = "condition"


class Clause(NamedTuple):
    """One value: in which part, under which element (or operator) and key, and as what text.

    `number` counts the values of its element or condition from 0, `condition` the conditions of
    its statement; `path` leads to it from the statement.
    """

    part: Part
    element: str
    text: str
    path: Path
    number: int = 0
    condition: int = 0
    key: str = ""
    kind: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (self.element, self.key, self.kind, f'"{self.text}"')))


def clauses_of(statement: Statement) -> Iterator[Clause]:
    """Yield the clauses of a statement, in order."""
    action, resource, principal = statement.action, statement.resource, statement.principal
    for index, text in enumerate(action.values):
        yield Clause(Part.ACTION, action.name, text, (action.name, index), index)
    if resource is not WHAT_IT_IS_ATTACHED_TO:
        for index, text in enumerate(resource.values):
            yield Clause(Part.RESOURCE, resource.name, text, (resource.name, index), index)
    if principal is not None:
        yield from _principals(principal)
    for number, condition in enumerate(statement.conditions):
        for index, text in enumerate(condition.values):
            path = ("Condition", condition.operator, condition.key, index)
            yield Clause(
                Part.CONDITION, condition.operator, text, path, index, number, condition.key
            )


def _principals(principal: PrincipalElement) -> Iterator[Clause]:
    counts: dict[str, int] = {}
    for index, (kind, text) in enumerate(principal.values):
        number = counts.get(kind, 0)
        counts[kind] = number + 1
        path: Path = (principal.name,) if kind == "*" else (principal.name, kind, number)
        said = "" if kind == "*" else kind
        yield Clause(Part.PRINCIPAL, principal.name, text, path, index, kind=said)


def up_to(statement: Statement, part: Part) -> Statement:
    """Return the statement with what is looked at up to a part, and nothing after it."""
    if part is not Part.CONDITION:
        statement = statement._replace(conditions=(), operators=())
    if part in (Part.ACTION, Part.RESOURCE):  # also where nobody is named, which fails later
        statement = statement._replace(principal=EVERYONE)
    if part is Part.ACTION:
        statement = statement._replace(resource=WHAT_IT_IS_ATTACHED_TO)
    return statement


def before_any(statement: Statement) -> Statement:
    """Return the statement with nothing in it that could fail."""
    return up_to(statement, Part.ACTION)._replace(action=EVERY_ACTION)


BEFORE = {
    Part.RESOURCE: Part.ACTION,
    Part.PRINCIPAL: Part.RESOURCE,
    Part.CONDITION: Part.PRINCIPAL,
}
"""The part that has to hold, with those before it, before another is looked at."""


def alone(statement: Statement, clause: Clause) -> Statement:
    """Return the statement up to a clause's part, with that one value in it."""
    reduced = up_to(statement, clause.part)
    match clause.part:
        case Part.ACTION:
            return reduced._replace(action=_one(reduced.action, clause))
        case Part.RESOURCE:
            return reduced._replace(resource=_one(reduced.resource, clause))
        case Part.PRINCIPAL:
            assert reduced.principal is not None  # it has this clause
            value = reduced.principal.values[clause.number]
            return reduced._replace(principal=reduced.principal._replace(values=(value,)))
        case _:
            condition = statement.conditions[clause.condition]
            only = Condition(condition.operator, condition.key, (clause.text,))
            return reduced._replace(conditions=(only,), operators=(condition.operator,))


def _one(element: Element, clause: Clause) -> Element:
    return element._replace(values=(clause.text,))
