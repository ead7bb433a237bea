"""The condition that holds exactly where another does not, where a policy has a form for it.

Rules: R-COND-05, R-COND-25, R-COND-30 … R-COND-32 (what a missing key gives).
"""

from __future__ import annotations

from policy_eval.engine.residual.facts import Fact, KeyFact, ResourceFact
from policy_eval.policy.ast import Effect
from policy_eval.policy.operator_name import SetOperator
from policy_eval.semantics.keys import Multiplicity
from policy_eval.semantics.lower import Template, lower_parts
from policy_eval.semantics.operators import OPERATORS
from policy_eval.semantics.readings import OUR_READING
from policy_eval.semantics.sets import OneOf, complement
from policy_eval.semantics.views import View

_TWINS = {
    "stringequals": "stringnotequals",
    "stringequalsignorecase": "stringnotequalsignorecase",
    "stringlike": "stringnotlike",
    "numericequals": "numericnotequals",
    "numericlessthan": "numericgreaterthanequals",
    "numericlessthanequals": "numericgreaterthan",
    "dateequals": "datenotequals",
    "datelessthan": "dategreaterthanequals",
    "datelessthanequals": "dategreaterthan",
    "ipaddress": "notipaddress",
    "arnequals": "arnnotequals",
    "arnlike": "arnnotlike",
}
TWINS = {**_TWINS, **{twin: name for name, twin in _TWINS.items()}}
"""Operators of which one holds of a value where the other does not (one value a comparison)."""

_OTHER_SET = {
    SetOperator.FOR_ANY_VALUE: SetOperator.FOR_ALL_VALUES,
    SetOperator.FOR_ALL_VALUES: SetOperator.FOR_ANY_VALUE,
    None: None,
}


def opposite(fact: Fact) -> Fact | None:
    """Return the fact that holds exactly where this one does not; None where there is no form."""
    if isinstance(fact, ResourceFact):
        test = fact.test
        if isinstance(test.accepts, Template):
            return None
        return ResourceFact(
            test._replace(accepts=complement(test.accepts)), fact.names, negated=not fact.negated
        )
    return _of_key(fact) if isinstance(fact, KeyFact) else None


def _of_key(fact: KeyFact) -> KeyFact | None:
    parts, test = fact.parts, fact.test
    name, operator = parts.name, parts.operator
    if operator.view is View.PRESENCE:
        truth = "true" if test.accepts == OneOf(frozenset({True})) else "false"
        return _with(fact, parts._replace(patterns=((truth,),)))
    if test.unreadable_fails:
        return None  # R-COND-19: of what is no ARN both fail
    single = fact.key is not None and fact.key.multiplicity is Multiplicity.SINGLE
    if isinstance(test.accepts, Template) or (name.set_operator is None and not single):
        return None  # R-COND-34: of several values both may fail
    if operator.view is View.BOOLEAN:
        return _of_truth(fact)
    twin = TWINS.get(operator.name.lower())
    if twin is None or (len(parts.patterns) != 1 and "than" in twin):
        return None
    for if_exists in (False, True):
        other = parts._replace(
            name=name._replace(
                set_operator=_OTHER_SET[name.set_operator],
                base=OPERATORS[twin].name,
                if_exists=if_exists,
            ),
            operator=OPERATORS[twin],
        )
        found = _with(fact, other)
        if found is not None:
            return found
    return None


def _of_truth(fact: KeyFact) -> KeyFact | None:
    accepts = fact.test.accepts
    if not isinstance(accepts, OneOf) or len(accepts.values) != 1:
        return None
    other = "false" if True in accepts.values else "true"
    name = fact.parts.name
    parts = fact.parts._replace(
        patterns=((other,),),
        name=name._replace(
            set_operator=_OTHER_SET[name.set_operator],
            if_exists=not fact.test.when_absent and name.set_operator is None,
        ),
    )
    return _with(fact, parts)


def _with(fact: KeyFact, parts: object) -> KeyFact | None:
    """Return a fact of other parts, if it holds exactly where the first does not."""
    from policy_eval.semantics.lower import ConditionParts

    assert isinstance(parts, ConditionParts)
    test = lower_parts(parts, Effect.ALLOW, OUR_READING)
    right = (
        test.when_absent is not fact.test.when_absent
        and test.empty_is_null is fact.test.empty_is_null
        and (not test.empty_is_null or test.when_null is not fact.test.when_null)
    )
    return KeyFact(fact.subject, parts, test, fact.unit) if right else None
