"""Short ways to ask what an answer hangs on."""

from __future__ import annotations

from collections.abc import Mapping

import policy_eval as pe
from policy_eval.engine.residual.condition import parse_condition
from policy_eval.engine.residual.facts import Fact, KeyFact
from policy_eval.engine.residual.formula import Is
from policy_eval.request.context import Given

A, B = "111122223333", "444455556666"
USER = f"arn:aws:iam::{A}:user/ann"
ROLE = f"arn:aws:iam::{A}:role/Dev"
SESSION = f"arn:aws:sts::{A}:assumed-role/Dev/s"
SECRET = f"arn:aws:secretsmanager:us-east-1:{A}:secret:red-abcdef"
GET, CREATE = "secretsmanager:GetSecretValue", "secretsmanager:CreateSecret"
Document = dict[str, object]


def allow(action: object = "*", resource: object = "*", **elements: object) -> Document:
    """Return a statement that allows; `when` is its Condition."""
    return _statement("Allow", action, resource, elements)


def deny(action: object = "*", resource: object = "*", **elements: object) -> Document:
    """Return a statement that denies; `when` is its Condition."""
    return _statement("Deny", action, resource, elements)


def _statement(
    effect: str, action: object, resource: object, elements: Mapping[str, object]
) -> Document:
    found: Document = {"Effect": effect, "Action": action, "Resource": resource, **elements}
    when = found.pop("when", None)
    return {**found, "Condition": when} if when else found


def policy(*statements: Document, version: str = "2012-10-17") -> Document:
    """Return the document of a policy."""
    return {"Version": version, "Statement": [*statements]}


def policies(*statements: Document, **layers: object) -> pe.PolicySet:
    """Return one identity-based policy of these statements, and other layers."""
    identity = [policy(*statements)] if statements else []
    return pe.PolicySet(identity, **layers)  # type: ignore[arg-type]  # as named


def request(
    action: str = GET,
    resource: str | None = SECRET,
    *,
    caller: str | pe.Principal | None = USER,
    unknown: tuple[str, ...] = ("*",),
    **more: object,
) -> pe.Request:
    """Return a request of which all keys are unknown that are not given."""
    return pe.Request(action, resource, principal=caller, unknown=unknown, **more)  # type: ignore[arg-type]


def known(given: Mapping[str, Given], caller: str | pe.Principal | None = USER) -> pe.Request:
    """Return a request with this context and nothing unknown."""
    return pe.Request(GET, SECRET, principal=caller, context=dict(given))


def asked(*statements: Document, **more: object) -> pe.Residual:
    """Return what an answer hangs on, of statements alone."""
    return pe.residual(policies(*statements), request(**more))  # type: ignore[arg-type]


def fact(text: str) -> Fact:
    """Return the one fact of a condition in words."""
    formula = parse_condition(text).formula
    assert isinstance(formula, Is)
    return formula.fact


def key_fact(text: str) -> KeyFact:
    """Return the one fact of a condition on a key."""
    found = fact(text)
    assert isinstance(found, KeyFact)
    return found
