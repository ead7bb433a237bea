"""Conditions read from their text (`grammar/condition.lark`)."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, cast

from policy_eval.engine.residual.facts import (
    CallFact,
    Fact,
    KeyFact,
    LayerFact,
    PrincipalFact,
    ResourceFact,
    StatementFact,
)
from policy_eval.engine.residual.formula import FALSE, TRUE, Formula, Is, all_of, any_of, negation
from policy_eval.engine.residual.patterns import without_escapes
from policy_eval.engine.residual.wording import PHRASES
from policy_eval.errors import Diagnostic, RequestError, Severity
from policy_eval.policy.ast import Effect
from policy_eval.policy.operator_name import OperatorName, SetOperator
from policy_eval.policy.pattern import Pattern, Variable, read_pattern
from policy_eval.policy.principal_element import PRINCIPAL_KINDS, PrincipalValue
from policy_eval.semantics.authorization import Grant
from policy_eval.semantics.keys import Multiplicity
from policy_eval.semantics.layers import Layer
from policy_eval.semantics.lower import (
    ConditionParts,
    Key,
    key_named,
    lower_parts,
    lower_resource_patterns,
)
from policy_eval.semantics.operators import OPERATORS
from policy_eval.semantics.readings import OUR_READING
from policy_eval.semantics.resource_patterns import resource_patterns

if TYPE_CHECKING:
    from lark import Token, Tree

    from policy_eval.semantics.resource_patterns import ResourcePattern

_OPERATORS = {
    phrase: OPERATORS[name].name
    for name, phrase in reversed(PHRASES.items())
    if not name.endswith("ignorecase")
}
"""Phrase → the operator it stands for; of two that mean the same the first."""


def read_condition(text: str) -> Formula:
    """Return the condition that a text states.

    Raises RequestError naming line and column, what was found and what was expected.
    """
    from lark.exceptions import UnexpectedInput

    from policy_eval.text.grammars import parser

    try:
        tree = parser("condition").parse(text)
    except UnexpectedInput as error:
        raise _refused(text, error) from None
    return _alternatives(tree.children[0])  # type: ignore[arg-type]  # it has one child, a tree


def _refused(text: str, error: object) -> RequestError:
    from lark.exceptions import UnexpectedEOF, UnexpectedInput, UnexpectedToken

    assert isinstance(error, UnexpectedInput)
    at_end = isinstance(error, UnexpectedEOF) or (
        isinstance(error, UnexpectedToken) and error.token.type == "$END"
    )
    line, column = (text.count("\n") + 1, len(text) - text.rfind("\n")) if at_end else (
        error.line, error.column
    )  # fmt: skip
    found = "its end" if at_end else f"`{_word_at(text, line, column)}`"
    names = getattr(error, "accepts", None) or getattr(error, "expected", None) or ()
    expected = _expected(set(names) | set(getattr(error, "allowed", None) or ()))
    return RequestError(
        Diagnostic(
            "condition", Severity.ERROR,
            f"line {line}, column {column} of the condition: {found} is not expected",
            "see grammar/condition.lark; a condition reads "
            '`aws:CalledVia contains "appflow.amazonaws.com" and secretsmanager:Name like "a*"`',
            expected=expected,
        )
    )  # fmt: skip


def _word_at(text: str, line: int, column: int) -> str:
    rest = text.split("\n")[line - 1][column - 1 :]
    return re.match(r"\S*", rest)[0] or rest[:1]  # type: ignore[index]  # it always matches


_SAID = {
    "KEY": "a condition key", "QUOTED_KEY": "", "STRING": "a text in double quotes",
    "NUMBER": "a number", "IS": "`is`", "LIKE": "`like`", "SIGN": "`=`, `<`, …",
    "WITHIN": "`within`",
    "MATCHES": "`matching`", "WHEN": "`before`, `after` or `at`", "TRUTH": "`true` or `false`",
    "PRESENCE": "`present` or `absent`", "QUANTIFIER": "`any value` or `every value`",
    "IF_PRESENT": "`if present`", "LPAR": "`(`", "RPAR": "`)`", "LSQB": "`[`", "RSQB": "`]`",
    "COMMA": "`,`", "NAME": "a name", "$END": "the end",
}  # fmt: skip


def _expected(names: set[str]) -> str:
    from policy_eval.text.grammars import parser

    words = {each.name: f"`{each.pattern.value}`" for each in parser("condition").terminals}
    said = sorted({_SAID.get(name, words.get(name, name)) for name in names} - {""})
    return ", ".join(said)


def _alternatives(tree: Tree[Token]) -> Formula:
    return any_of(_together(child) for child in tree.children)  # type: ignore[arg-type]  # trees


def _together(tree: Tree[Token]) -> Formula:
    return all_of(_part(child) for child in tree.children)  # type: ignore[arg-type]


def _any_way(tree: Tree[Token]) -> bool:
    """Return whether it is said that a resource's policy allows, however it names the caller."""
    names = [str(child) for child in tree.children if child is not None]
    return tree.data == "layer_allows" and names == [Layer.RESOURCE.value]


def _part(tree: Tree[Token]) -> Formula:
    match tree.data:
        case "alternatives":
            return _alternatives(tree)
        case "negation":
            return negation(_part(tree.children[0]))  # type: ignore[arg-type]
        case "always":
            return TRUE
        case "never":
            return FALSE
        case _ if _any_way(tree):
            return any_of(Is(LayerFact(Layer.RESOURCE, grant)) for grant in Grant)
        case _:
            return Is(_fact(tree))


_PRINCIPALS = {
    "principal_is": Grant.DIRECT,
    "principal_from": Grant.OF_SESSION,
    "principal_of": Grant.ACCOUNT,
    "principal_none": None,
}


def _fact(tree: Tree[Token]) -> Fact:
    kind, children = str(tree.data), tree.children
    if kind == "condition":
        return _condition(tree)
    if kind in ("resource", "resource_not"):
        return _resource(_values(children[0]), negated=kind == "resource_not")
    if kind in _PRINCIPALS:
        names = frozenset(map(_name, _values(children[0])))
        return PrincipalFact(names, _PRINCIPALS[kind])
    if kind.startswith("layer_"):
        return _layer(kind, [str(child) for child in children if child is not None])
    text = json.loads(str(children[0]))
    if kind == "statement":
        policy, _, number = text.rpartition("#")
        return StatementFact(policy, int(number) if number.isdigit() else 0)
    return CallFact(text, Effect.ALLOW if kind == "call_allowed" else Effect.DENY)


def _name(text: str) -> PrincipalValue:
    kind, blank, rest = text.partition(" ")
    return PrincipalValue(kind, rest) if blank and kind in PRINCIPAL_KINDS else (
        PrincipalValue("AWS", text)
    )  # fmt: skip


def _layer(kind: str, names: list[str]) -> LayerFact:
    layers = {layer.value: layer for layer in Layer}
    if names[0] not in layers:
        raise _unknown(names[0], "layer", layers)
    layer = layers[names[0]]
    if kind == "layer_denies":
        return LayerFact(layer, Effect.DENY)
    if kind == "layer_exists":
        return LayerFact(layer, None)
    ways = {grant.name.lower(): grant for grant in Grant}
    if len(names) == 1:
        return LayerFact(layer, Effect.ALLOW)
    if names[1] not in ways:
        raise _unknown(names[1], "way in which a policy allows", ways)
    return LayerFact(layer, ways[names[1]])


def _unknown(name: str, what: str, names: object) -> RequestError:
    assert isinstance(names, dict)
    return RequestError(
        Diagnostic(
            "condition", Severity.ERROR, f"`{name}` is no {what}",
            "see grammar/condition.lark", expected=", ".join(names),
        )
    )  # fmt: skip


def _values(tree: object) -> tuple[str, ...]:
    from lark import Tree

    assert isinstance(tree, Tree)
    return tuple(
        json.loads(str(child)) if str(child).startswith('"') else str(child)
        for child in tree.children
        if child is not None
    )


def _resource(texts: tuple[str, ...], *, negated: bool) -> ResourceFact:
    patterns: list[ResourcePattern] = []
    for text in texts:
        found = resource_patterns(text, variables=True, completed=False, reading=OUR_READING)
        if not found:
            raise RequestError(
                Diagnostic("condition", Severity.ERROR, f"`{text}` is no resource",
                           "mend the value", expected='an ARN of six fields, or "*"')
            )  # fmt: skip
        for pattern in found:
            plain: object = without_escapes(pattern)
            patterns.append(cast("ResourcePattern", plain))
    distinct = tuple(dict.fromkeys(patterns))
    test = lower_resource_patterns(distinct, Effect.ALLOW, OUR_READING, negated=negated)
    return ResourceFact(test, (), negated=negated)


def _condition(tree: Tree[Token]) -> KeyFact:
    from lark import Tree as Node

    subject, *rest = tree.children
    assert isinstance(subject, Node)
    comparison = next(child for child in rest if isinstance(child, Node))
    words = [str(child) for child in rest if not isinstance(child, Node) and child is not None]
    set_operator = next(
        (_QUANTIFIERS[word.split()[0]] for word in words if word.split()[0] in _QUANTIFIERS), None
    )
    if_exists = any(word.split()[0] == "if" for word in words)
    operator, texts = _operator(comparison)
    if comparison.data == "contains":
        set_operator = SetOperator.FOR_ANY_VALUE
    key, known = _subject(subject)
    row = OPERATORS[operator.lower()]
    patterns: list[Pattern] = []
    for text in texts:
        pattern = read_pattern(text, wildcards=row.wildcards, variables=row.variables)
        patterns.append(without_escapes(pattern))
        fixed = not any(isinstance(piece, Variable) for piece in patterns[-1])
        if fixed and row.denote(patterns[-1]) is None:  # type: ignore[arg-type]  # no variables
            raise RequestError(
                Diagnostic("condition", Severity.ERROR, f"`{text}` is not {row.wanted}",
                           "mend the value", expected=row.wanted)
            )  # fmt: skip
    name = OperatorName(set_operator, row.name, if_exists)
    parts = ConditionParts(key, name, row, tuple(patterns))
    # ForAnyValue `if present` holds without the key (R-COND-27)
    effect = Effect.DENY if if_exists and set_operator is SetOperator.FOR_ANY_VALUE else (
        Effect.ALLOW
    )  # fmt: skip
    test = lower_parts(parts, effect, OUR_READING)
    return KeyFact(key if known is None else known, parts, test, key.folded)


_QUANTIFIERS = {"any": SetOperator.FOR_ANY_VALUE, "every": SetOperator.FOR_ALL_VALUES}


def _subject(tree: Tree[Token]) -> tuple[Key, tuple[str, ...] | None]:
    """Return the key of a condition; for known values one of as many, and the values."""
    if tree.data == "known":
        values = _values(tree.children[0])
        held = Multiplicity.SINGLE if len(values) == 1 else Multiplicity.MULTIPLE
        return Key("", "", held), values
    text = str(tree.children[0])
    if tree.data == "quoted_key":
        text = text[1:-1].replace("``", "`")
    return key_named(text), None


def _operator(tree: Tree[Token]) -> tuple[str, tuple[str, ...]]:
    """Return the base operator of a comparison, and its values."""
    kind, children = str(tree.data), tree.children
    if kind == "contains":
        return "StringEquals", (json.loads(str(children[0])),)
    if kind == "presence":
        return "Null", ("true" if str(children[0]) == "absent" else "false",)
    if kind == "truth":
        return "Bool", (str(children[0]),)
    values = _values(children[-1])
    if kind in ("boolean", "base64"):
        return "Bool" if kind == "boolean" else "BinaryEquals", values
    phrase = " ".join(str(children[0]).split()).removesuffix(" in")
    if kind == "is_in_any_case":
        return _OPERATORS[phrase] + "IgnoreCase", values
    return _OPERATORS[phrase], values
