"""Conditions as people and programs use them: text, data, and whether they hold of a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from policy_eval.engine.decision import Deciding, Entry
from policy_eval.engine.residual.facts import (
    CallFact,
    Fact,
    KeyFact,
    LayerFact,
    PrincipalFact,
    ResourceFact,
    StatementFact,
)
from policy_eval.engine.residual.formula import (
    All,
    Any,
    Constant,
    Formula,
    Is,
    Not,
    all_of,
    any_of,
    facts_of,
    holds,
    negation,
    plain,
    replaced,
)
from policy_eval.engine.residual.negation import opposite
from policy_eval.engine.residual.truth import truth_of
from policy_eval.engine.residual.wording import spell, spell_fact
from policy_eval.semantics.lower import Key
from policy_eval.semantics.request_context import RequestContext

if TYPE_CHECKING:
    from policy_eval.engine.policies import PolicySet
    from policy_eval.request.request import Request


class Condition:
    """A condition on a request: what an answer hangs on. `str()` of it is one line of text.

    Two are equal if they read alike, in whatever order. The text is in the language of
    `grammar/condition.lark`, and `parse_condition` reads it.
    """

    __slots__ = ("formula",)

    def __init__(self, formula: Formula) -> None:
        self.formula = formula

    def __str__(self) -> str:
        return spell(self.formula)

    def __repr__(self) -> str:
        return f"<Condition {self}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Condition) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> object:
        return _unordered(_as_read(self.formula))

    @property
    def always(self) -> bool:
        """Whether it holds whatever the unknown is."""
        return isinstance(self.formula, Constant) and self.formula.holds

    @property
    def never(self) -> bool:
        """Whether it holds in no case."""
        return isinstance(self.formula, Constant) and not self.formula.holds

    @property
    def keys(self) -> tuple[str, ...]:
        """The condition keys it mentions, as the policies spell them."""
        names = (
            key.spelling
            for fact in facts_of(self.formula)
            if isinstance(fact, (KeyFact, ResourceFact))
            for key in fact.keys
        )
        return tuple(dict.fromkeys(names))

    @property
    def statements(self) -> tuple[Deciding, ...]:
        """The statements whose conditions are part of it."""
        return tuple(dict.fromkeys(Deciding.of(entry) for entry in origins_of(self.formula)))

    def holds(self, request: Request, policies: PolicySet | None = None) -> bool | None:
        """Return whether it holds of a request; None where the request does not tell.

        `policies` tell which layers there are. Raises RequestError for a request that contradicts
        itself.
        """
        from policy_eval.semantics.layers import NOTHING_ATTACHED
        from policy_eval.semantics.readings import OUR_READING

        attached = policies.attached if policies is not None else NOTHING_ATTACHED
        context = RequestContext(request, OUR_READING, attached)
        known = {}
        for fact in facts_of(self.formula):
            truth = truth_of(fact, context)
            if truth is not None:
                known[fact] = truth
        return holds(self.formula, known)

    def to_dict(self) -> dict[str, object]:
        """Return the condition as plain data: its text, and its parts."""
        return {"text": str(self), "condition": _data(self.formula)}


def parse_condition(text: str) -> Condition:
    """Return the condition that a text states (`grammar/condition.lark`).

    Raises RequestError naming line and column, what was found and what was expected.
    """
    from policy_eval.engine.residual.reading import read_condition  # needs Lark

    return Condition(read_condition(text))


def _as_read(formula: Formula) -> Formula:
    """Return the condition as it is read back from its text."""

    def unbound(fact: Fact) -> Formula:
        if isinstance(fact, KeyFact) and fact.key is not None:
            test = fact.test._replace(unreadable_fails=False)
            return Is(KeyFact(fact.key, fact.parts, test, fact.key.folded))
        return Is(fact)

    return _without_not(plain(replaced(formula, unbound)))


def _unordered(formula: Formula) -> object:
    match formula:
        case All() | Any() | Not():
            return type(formula).__name__, frozenset(map(_unordered, formula.parts))
        case _:
            return formula


def _without_not(formula: Formula) -> Formula:
    """Return the condition with the form that a policy has for what does not hold."""
    match formula:
        case Not():
            part = _without_not(formula.parts[0])
            other = opposite(part.fact) if isinstance(part, Is) else None
            return negation(part) if other is None else Is(other)
        case All():
            return all_of(map(_without_not, formula.parts))
        case Any():
            return any_of(map(_without_not, formula.parts))
        case _:
            return formula


def origins_of(formula: Formula) -> list[Entry]:
    """Return the statements that a condition comes from, in order, some of them repeatedly."""
    found = [*formula.origins] if isinstance(formula, All) else []
    for part in formula.parts:
        found += origins_of(part)
    return found


def _data(formula: Formula) -> object:
    """Return a condition as data: `all`, `any`, `not`, true or false, or one fact."""
    match formula:
        case Constant():
            return formula.holds
        case Is():
            return _fact(formula.fact)
        case Not():
            return {"not": _data(formula.parts[0])}
        case Any():
            return {"any": [_data(part) for part in formula.parts]}
        case All() if formula.origins:
            return {
                "all": [_data(part) for part in formula.parts],
                "statements": [Deciding.of(entry).to_dict() for entry in formula.origins],
            }
        case _:
            return {"all": [_data(part) for part in formula.parts]}


def _fact(fact: Fact) -> dict[str, object]:
    text = spell_fact(fact)
    match fact:
        case KeyFact():
            name, operator = fact.parts.name, fact.parts.operator
            prefix = f"{name.set_operator.value}:" if name.set_operator else ""
            return {
                "key": fact.key.spelling if fact.key else None,
                "known": None if isinstance(fact.subject, Key) else list(fact.subject),
                "operator": f"{prefix}{operator.name}{'IfExists' if name.if_exists else ''}",
                "values": values_of(fact),
                "text": text,
            }
        case ResourceFact():
            return {"resource": "NotResource" if fact.negated else "Resource", "text": text}
        case PrincipalFact():
            return {"principal": sorted(value.text for value in fact.names), "text": text}
        case LayerFact():
            return {"layer": fact.layer.value, "text": text}
        case StatementFact():
            return {"policy": fact.policy, "statement": fact.number, "text": text}
        case CallFact():
            return {"call": fact.action, "text": text}
        case _:
            assert_never(fact)


def values_of(fact: KeyFact) -> list[str]:
    """Return the policy values of a condition as texts of a policy."""
    from policy_eval.engine.residual.wording import spell_pattern

    operator = fact.parts.operator
    return [
        spell_pattern(pattern, wildcards=operator.wildcards, variables=operator.variables)
        for pattern in fact.parts.patterns
    ]
