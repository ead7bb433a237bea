"""Conditions as an IAM policy that decides the same.

For the action alone: an identity-based policy whose Allows match where the call is allowed, and
whose Denies match where it is explicitly denied. A statement is a conjunction, so alternatives
inside one are multiplied out here, and only here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policy_eval.engine.residual.condition import values_of
from policy_eval.engine.residual.facts import KeyFact, ResourceFact
from policy_eval.engine.residual.formula import All, Any, Constant, Formula, Is, Not
from policy_eval.engine.residual.negation import opposite
from policy_eval.engine.residual.residual import Residual
from policy_eval.engine.residual.wording import resource_texts, spell_fact
from policy_eval.errors import RequestError, refuse_request
from policy_eval.policy.ast import Effect
from policy_eval.policy.operator_name import SetOperator
from policy_eval.semantics.lower import ConditionParts, lower_parts
from policy_eval.semantics.readings import OUR_READING
from policy_eval.text.folding import fold

_MOST_STATEMENTS = 100
_Term = tuple[KeyFact | ResourceFact, ...]


def as_policy(residual: Residual, action: str) -> dict[str, object]:
    """Return the policy document. Raises RequestError for what no policy can say."""
    statements = [
        _statement(effect, action, term)
        for effect, formula in (
            (Effect.DENY, residual.deny_if.formula),
            (Effect.ALLOW, residual.granted.formula),
        )
        for term in _terms(formula)
    ]
    if not statements:
        raise _refused(
            "nothing is allowed, and nothing denied: a policy has a statement", "have none"
        )
    return {"Version": "2012-10-17", "Statement": statements}


def _refused(what: str, remedy: str) -> RequestError:
    return refuse_request("no-such-policy", what, remedy)


def _terms(formula: Formula) -> list[_Term]:
    """Return a condition as alternatives of conjunctions; none where it never holds."""
    match formula:
        case Constant():
            return [()] if formula.holds else []
        case Is() | Not():
            return _of_literal(formula)
        case Any():
            return [term for part in formula.parts for term in _terms(part)]
        case _:
            terms: list[_Term] = [()]
            for part in formula.parts:
                terms = [
                    (*left, *(fact for fact in right if fact not in left))
                    for left in terms
                    for right in _terms(part)
                ]
                if len(terms) > _MOST_STATEMENTS:
                    raise _refused(
                        f"the condition needs more than {_MOST_STATEMENTS} statements",
                        "take its text: it is not multiplied out",
                    )
            return terms


def _of_literal(formula: Formula) -> list[_Term]:
    if isinstance(formula, Not):
        inner = formula.parts[0]
        while isinstance(inner, All) and len(inner.parts) == 1:
            inner = inner.parts[0]
        if isinstance(inner, All):
            return _terms(Any(map(Not, inner.parts)))
        if isinstance(inner, Any):
            return _terms(All(map(Not, inner.parts)))
        if isinstance(inner, Not):
            return _terms(inner.parts[0])
        fact = opposite(inner.fact) if isinstance(inner, Is) else None
        if fact is None:
            text = spell_fact(inner.fact) if isinstance(inner, Is) else "it"
            raise _refused(f"no policy says that `{text}` does not hold", "take the text")
    else:
        assert isinstance(formula, Is)
        fact = formula.fact
    if not isinstance(fact, (KeyFact, ResourceFact)):
        raise _refused(f"no policy says `{spell_fact(fact)}`", "take the text")
    return [(fact,)]


def _statement(effect: Effect, action: str, term: _Term) -> dict[str, object]:
    conditions: dict[str, dict[str, list[str]]] = {}
    spellings: dict[str, str] = {}
    for fact in term:
        if isinstance(fact, KeyFact):
            name = _place(fact, effect, conditions)
            key = fact.parts.key
            spelling = spellings.setdefault(key.folded, key.spelling)  # R-GRAM-06
            conditions.setdefault(name, {})[spelling] = values_of(fact)
    found: dict[str, object] = {"Effect": effect.value, "Action": action, **_resource(term)}
    return {**found, "Condition": conditions} if conditions else found


def _resource(term: _Term) -> dict[str, object]:
    facts = [fact for fact in term if isinstance(fact, ResourceFact)]
    if len(facts) > 1:
        raise _refused("one statement would need two Resource elements", "take the text")
    if not facts:
        return {"Resource": "*"}
    return {"NotResource" if facts[0].negated else "Resource": resource_texts(facts[0])}


def _place(fact: KeyFact, effect: Effect, taken: dict[str, dict[str, list[str]]]) -> str:
    """Return the operator under which a condition can stand beside the others."""
    name = fact.parts.name
    if_exists = name.if_exists and (
        fact.test.when_absent or name.set_operator is not SetOperator.FOR_ANY_VALUE
    )
    parts = fact.parts._replace(name=name._replace(if_exists=if_exists))
    test = lower_parts(parts, effect, OUR_READING)
    if KeyFact(fact.subject, parts, test, fact.unit) != fact:  # R-COND-27, R-COND-41
        raise _refused(
            f"`{spell_fact(fact)}` would mean something else in a statement that says "
            f"{effect.value}", "take the text",
        )  # fmt: skip
    for operator in _names(parts):
        keys = taken.get(operator, {})
        if fact.parts.key.folded not in {fold(key) for key in keys}:
            return operator
    raise _refused(
        f"one statement would need `{fact.parts.key.spelling}` twice under one operator",
        "take the text",
    )


_SAME = {"StringEquals": ("StringEquals",), "ArnEquals": ("ArnEquals", "ArnLike"),
         "ArnNotEquals": ("ArnNotEquals", "ArnNotLike")}  # fmt: skip


def _names(parts: ConditionParts) -> Iterator[str]:
    """Yield the names of operators that mean the condition."""
    name, operator = parts.name, parts.operator
    prefix = f"{name.set_operator.value}:" if name.set_operator else ""
    bases: Sequence[str] = _SAME.get(operator.name, (operator.name,))
    for base in bases:
        yield f"{prefix}{base}{'IfExists' if name.if_exists else ''}"
