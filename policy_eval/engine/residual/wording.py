"""Conditions as one line of text (`grammar/condition.lark`)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, assert_never

from policy_eval.engine.residual.facts import (
    CallFact,
    Fact,
    KeyFact,
    LayerFact,
    PrincipalFact,
    ResourceFact,
    StatementFact,
)
from policy_eval.engine.residual.formula import All, Any, Constant, Formula, Is, Not
from policy_eval.engine.residual.negation import opposite
from policy_eval.policy.ast import Effect
from policy_eval.policy.operator_name import SetOperator
from policy_eval.policy.pattern import Variable, Wildcard
from policy_eval.semantics.authorization import Grant
from policy_eval.semantics.layers import Layer
from policy_eval.semantics.lower import Key, Template
from policy_eval.semantics.sets import (
    Complement,
    Everything,
    Matching,
    Nothing,
    OneOf,
    ResourceMatching,
    Union,
    ValueSet,
)
from policy_eval.semantics.views import View

if TYPE_CHECKING:
    from enum import Enum

    from policy_eval.policy.principal_element import PrincipalValue

_PLAIN_KEY = re.compile(r"""[^\s"`()\[\],:]+:[^\s"`()\[\],]+""")
_NUMBER = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?")

PHRASES = {
    "stringequals": "is", "stringnotequals": "is not",
    "stringequalsignorecase": "is", "stringnotequalsignorecase": "is not",
    "stringlike": "like", "stringnotlike": "not like",
    "numericequals": "=", "numericnotequals": "!=",
    "numericlessthan": "<", "numericlessthanequals": "<=",
    "numericgreaterthan": ">", "numericgreaterthanequals": ">=",
    "dateequals": "at", "datenotequals": "not at",
    "datelessthan": "before", "datelessthanequals": "not after",
    "dategreaterthan": "after", "dategreaterthanequals": "not before",
    "bool": "is boolean", "binaryequals": "is base64",
    "ipaddress": "within", "notipaddress": "not within",
    "arnequals": "matching", "arnlike": "matching",
    "arnnotequals": "not matching", "arnnotlike": "not matching",
}  # fmt: skip
"""How each operator is put; those that ignore case say so after the values."""

_WAYS: dict[Grant | None, str] = {
    Grant.DIRECT: "is",
    Grant.OF_SESSION: "comes from",
    Grant.ACCOUNT: "belongs to",
    None: "is none of",
}


def spell(formula: Formula) -> str:
    """Return a condition as one line."""
    match formula:
        case Constant():
            return "always" if formula.holds else "never"
        case Is():
            return spell_fact(formula.fact)
        case Not():
            return _negated(formula.parts[0])
        case Any():
            return " or ".join(_alternatives(formula))
        case _:
            return " and ".join(_inside(part, Any) for part in formula.parts)


def _alternatives(formula: Any) -> list[str]:
    """Return the texts of alternatives; that a layer allows in any way is one."""
    ways = [
        part
        for part in formula.parts
        if isinstance(part, Is) and isinstance(part.fact, LayerFact)
        and part.fact.layer is Layer.RESOURCE and isinstance(part.fact.way, Grant)
    ]  # fmt: skip
    if len(ways) < len(Grant):
        return [_inside(part, All) for part in formula.parts]
    first = formula.parts.index(ways[0])
    return [
        "layer resource allows" if place == first else _inside(part, All)
        for place, part in enumerate(formula.parts)
        if place == first or part not in ways
    ]


def _inside(part: Formula, bracketed: type[Formula]) -> str:
    """Return a part of a condition, in brackets where it is of a kind and has parts itself."""
    text = spell(part)
    if isinstance(part, All) and len(part.parts) == 1:
        return _inside(part.parts[0], bracketed)
    if isinstance(part, Any) and len(_alternatives(part)) == 1:
        return text
    return f"({text})" if isinstance(part, bracketed) else text


def _negated(part: Formula) -> str:
    while isinstance(part, All) and len(part.parts) == 1:
        part = part.parts[0]
    if isinstance(part, Is):
        other = opposite(part.fact)
        return spell_fact(other) if other else f"not {spell_fact(part.fact)}"
    return f"not ({spell(part)})"


def spell_fact(fact: Fact) -> str:
    """Return a fact in words."""
    match fact:
        case KeyFact():
            return f"{_subject(fact)} {_comparison(fact)}"
        case ResourceFact():
            verb = "does not match" if fact.negated else "matches"
            return f"resource {verb} {_values(resource_texts(fact))}"
        case PrincipalFact():
            return f"principal {_WAYS[fact.grant]} {_values(sorted(map(_name, fact.names)))}"
        case LayerFact():
            return f"layer {fact.layer.value} {_way(fact.way)}"
        case StatementFact():
            return f"statement {json.dumps(f'{fact.policy}#{fact.number}')} applies"
        case CallFact():
            word = "allowed" if fact.effect is Effect.ALLOW else "denied"
            return f"call {json.dumps(fact.action)} is {word}"
        case _:
            assert_never(fact)


def _name(value: PrincipalValue) -> str:
    return value.text if value.kind in ("AWS", "*") else f"{value.kind} {value.text}"


def _way(way: Grant | Effect | None) -> str:
    if way is None:
        return "exists"
    if isinstance(way, Grant):
        return f"allows {way.name.lower()}"
    return "denies" if way is Effect.DENY else "allows"


def _subject(fact: KeyFact) -> str:
    if not isinstance(fact.subject, Key):
        return _values(fact.subject)
    name = fact.subject.spelling
    return name if _PLAIN_KEY.fullmatch(name) else "`" + name.replace("`", "``") + "`"


def _comparison(fact: KeyFact) -> str:
    name, operator = fact.parts.name, fact.parts.operator
    if operator.view is View.PRESENCE:
        return "is present" if fact.test.accepts == OneOf(frozenset({True})) else "is absent"
    texts = [spell_pattern(pattern, wildcards=operator.wildcards, variables=operator.variables)
             for pattern in fact.parts.patterns]  # fmt: skip
    phrase = PHRASES[operator.name.lower()]
    # ForAnyValue with IfExists that fails without the key is ForAnyValue (R-COND-27)
    if_exists = name.if_exists and (
        fact.test.when_absent or name.set_operator is not SetOperator.FOR_ANY_VALUE
    )
    several = len(texts) != 1
    if operator.view is View.TEXT and phrase == "is" and not several and (
        name.set_operator is SetOperator.FOR_ANY_VALUE and not if_exists
    ):  # fmt: skip
        return f"contains {_values(texts)}"
    if operator.view is View.BOOLEAN and not several and texts[0].lower() in ("true", "false"):
        text = f"is {texts[0].lower()}"
    elif operator.view is View.NUMBER:
        text = f"{phrase} {_values(texts, numbers=True)}"
    else:
        inside = " in" if several and phrase in ("is", "is not") else ""
        text = f"{phrase}{inside} {_values(texts)}"
    if operator.view is View.FOLDED:
        text += " in any case"
    quantifier = {
        SetOperator.FOR_ANY_VALUE: "any value ", SetOperator.FOR_ALL_VALUES: "every value ",
        None: "",
    }[name.set_operator]  # fmt: skip
    return f"{quantifier}{text}{' if present' if if_exists else ''}"


def _values(texts: Sequence[str], *, numbers: bool = False) -> str:
    shown = [
        text if numbers and _NUMBER.fullmatch(text) else json.dumps(text, ensure_ascii=False)
        for text in texts
    ]
    return shown[0] if len(shown) == 1 else f"[{', '.join(shown)}]"


def spell_pattern(
    pattern: Iterable[str | Enum | Variable], *, wildcards: bool, variables: bool
) -> str:
    """Return a pattern as the text of a policy value; what is literal stays so."""
    found = []
    for piece in pattern:
        if isinstance(piece, Variable):
            found.append(piece.text)
        elif not isinstance(piece, str):
            found.append(str(piece.value))
        elif variables:
            text = piece.replace("${", "${$}{")
            if wildcards:
                text = re.sub(r"[*?]", lambda found: f"${{{found[0]}}}", text)
            found.append(text)
        else:
            found.append(piece)
    return "".join(found)


def resource_texts(fact: ResourceFact) -> list[str]:
    """Return the patterns of a resource as texts of a policy."""
    accepts = fact.test.accepts
    patterns: Iterable[Iterable[str | Enum | Variable]]
    if isinstance(accepts, Template):
        patterns = accepts.patterns
    else:
        patterns = _patterns(accepts.of if isinstance(accepts, Complement) else accepts)
    return sorted({spell_pattern(pattern, wildcards=True, variables=True) for pattern in patterns})


def _patterns(accepts: ValueSet) -> Iterable[Iterable[str | Enum | Variable]]:
    match accepts:
        case Union(members):
            return [pattern for member in members for pattern in _patterns(member)]
        case OneOf(values):
            return [(str(value),) for value in values]
        case Matching(glob) | ResourceMatching(glob):
            return [glob]
        case Everything():
            return [(Wildcard.ANY_RUN,)]
        case Nothing():
            return []
        case _:
            raise TypeError(accepts)  # INVARIANT: no other set is one of resources
