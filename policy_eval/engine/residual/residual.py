"""What is certain of an answer, and what the rest hangs on.

`residual_of` gives the decision where it is the same whatever the unknown is, else the exact
conditions under which the call is allowed and explicitly denied, and the unknown keys that matter,
each with values that lead to different decisions.

Rules: R-KEY-06. AWS: "SimulateCustomPolicy" (MissingContextValues).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import TYPE_CHECKING, NamedTuple

from policy_eval.engine.call import steps_of
from policy_eval.engine.decision import Deciding
from policy_eval.engine.residual.calls import Conditions, conditions_of, conditions_of_steps
from policy_eval.engine.residual.condition import Condition, origins_of
from policy_eval.engine.residual.facts import KeyFact, LayerFact, ResourceFact
from policy_eval.engine.residual.formula import (
    FALSE,
    TRUE,
    Formula,
    all_of,
    any_of,
    facts_of,
    holds,
    negation,
    replaced,
)
from policy_eval.engine.residual.simplify import simplify
from policy_eval.engine.residual.solver import Solver
from policy_eval.engine.residual.texts import Unsettled
from policy_eval.engine.residual.truth import truth_of
from policy_eval.engine.residual.universe import GROUPS, Model, Universe
from policy_eval.errors import refuse_request
from policy_eval.policy.ast import Effect
from policy_eval.request.context import Values
from policy_eval.semantics.authorization import Word
from policy_eval.semantics.layers import NAMES
from policy_eval.semantics.readings import OUR_READING, Reading

if TYPE_CHECKING:
    from policy_eval.engine.call import Step
    from policy_eval.engine.policies import PolicySet
    from policy_eval.engine.residual.facts import Fact
    from policy_eval.request.request import Request


class Example(NamedTuple):
    """A value of a key (None: absent), and the decision that it leads to, all else being equal."""

    values: Values | None
    decision: str

    def to_dict(self) -> dict[str, object]:
        """Return the example as plain data."""
        return {
            "values": None if self.values is None else list(self.values),
            "decision": self.decision,
        }


class MissingKey(NamedTuple):
    """An unknown key whose value can change the decision, with values that do."""

    name: str
    examples: tuple[Example, ...]

    def to_dict(self) -> dict[str, object]:
        """Return the key as plain data."""
        return {"key": self.name, "examples": [each.to_dict() for each in self.examples]}


class Residual(NamedTuple):
    """What is certain, and what the rest hangs on.

    `word` and `allowed` are as for `Decision`. `allow_if` and `deny_if` are the conditions under
    which the call is allowed, and explicitly denied; in all other cases it is implicitly denied.
    `granted` is when it is allowed where nothing denies it. `missing` are the unknown keys that
    matter, `deciding` the statements one of which decides, in each case, where the decision is
    certain. `is_minimal` is False where a budget stopped the search for what is redundant: the
    conditions are exact all the same.
    """

    word: Word
    allowed: bool | None
    allow_if: Condition
    deny_if: Condition
    granted: Condition
    missing: tuple[MissingKey, ...] = ()
    deciding: tuple[Deciding, ...] = ()
    is_minimal: bool = True

    def to_dict(self) -> dict[str, object]:
        """Return what is not certain as plain data, in stable field names."""
        return {
            "allow_if": self.allow_if.to_dict(),
            "deny_if": self.deny_if.to_dict(),
            "missing": [each.to_dict() for each in self.missing],
            "is_minimal": self.is_minimal,
        }


def residual_of(
    policies: PolicySet,
    requests: Sequence[Request],
    reading: Reading = OUR_READING,
    *,
    assuming: Condition | None = None,
) -> Residual:
    """Return what is certain of a call, and what the rest hangs on.

    `assuming` is a condition that is taken to hold. Raises RequestError as deciding does, and for
    a condition that cannot hold of the call.
    """
    found, universe = conditions_of(policies, requests, reading)
    solver = Solver(universe)
    within = TRUE if assuming is None else _bound(assuming, universe, found)
    universe.admit(within)
    if within is not TRUE and solver.never(within):
        raise refuse_request(
            "condition", f"`{assuming}` does not hold of this request, whatever is unknown",
            "leave it out, or mend the request", ("R-KEY-06",),
        )  # fmt: skip
    allowed = simplify(found.allowed, solver, within=within)
    denied = simplify(found.denied, solver, within=within)
    granted = simplify(found.allowed, solver, within=all_of((within, negation(denied))))
    word, sure = _word(allowed, denied)
    missing: tuple[MissingKey, ...] = ()
    if word is Word.UNDETERMINED:
        missing = _missing(Conditions(allowed, denied), within, solver)
    return Residual(
        word,
        sure,
        Condition(allowed),
        Condition(denied),
        Condition(granted),
        missing=missing,
        deciding=_deciding(found, word),
        is_minimal=not solver.ran_out,
    )


def differ(
    policies: PolicySet, requests: Sequence[Request], one: Residual, other: Residual
) -> bool:
    """Return whether two answers surely hang on conditions that differ."""
    steps = steps_of(requests, policies.attached, OUR_READING)
    universe = Universe(steps[0].context)
    for residual in (one, other):
        universe.admit(residual.allow_if.formula)
        universe.admit(residual.deny_if.formula)
    solver = Solver(universe)
    differs = any_of(
        all_of((first.formula, negation(second.formula)))
        for pair in ((one.allow_if, other.allow_if), (one.deny_if, other.deny_if))
        for first, second in (pair, pair[::-1])
    )
    return isinstance(solver.satisfy(differs), Model)


def certain_of(
    policies: PolicySet, steps: Sequence[Step]
) -> tuple[Word, bool | None, tuple[Deciding, ...]]:
    """Return what is certain of a call: `word`, `allowed` and `deciding` as in its `Residual`.

    Raises RequestError as deciding does.
    """
    found, universe = conditions_of_steps(policies, steps)
    solver = Solver(universe)
    word, allowed = _word(*(_as_constant(formula, solver) for formula in found))
    return word, allowed, _deciding(found, word)


def _as_constant(formula: Formula, solver: Solver) -> Formula:
    """Return a condition that always or never holds as a constant, another as it is."""
    outcomes = solver.satisfy(formula), solver.satisfy(negation(formula))
    if any(isinstance(each, Unsettled) for each in outcomes):
        return simplify(formula, solver)
    can_hold, can_fail = outcomes
    if can_hold is None:
        return FALSE
    return TRUE if can_fail is None else formula


def _deciding(found: Conditions, word: Word) -> tuple[Deciding, ...]:
    """Return the statements that the condition for a decision is made of."""
    is_denied = word is Word.EXPLICIT_DENY
    formula = found.denied if is_denied else found.allowed
    effect = Effect.DENY if is_denied else Effect.ALLOW
    entries = (each for each in origins_of(formula) if each.statement.effect is effect)
    return tuple(dict.fromkeys(map(Deciding.of, entries)))


def _bound(condition: Condition, universe: Universe, found: Conditions) -> Formula:
    """Return a condition as one of this request: what is known of it is settled."""
    open_ = {
        fact.layer for formula in found for fact in facts_of(formula) if isinstance(fact, LayerFact)
    }

    def bound(fact: Fact) -> Formula:
        if isinstance(fact, LayerFact) and fact.layer not in open_:
            _check_layer(fact, universe)
        truth = truth_of(fact, universe.context)
        if truth is not None:
            return TRUE if truth else FALSE
        return universe.bound(fact)

    return replaced(condition.formula, bound)


def _check_layer(fact: LayerFact, universe: Universe) -> None:
    """Refuse to assume anything of a layer whose policies are known."""
    if fact.way is None or universe.context.attached.exists(fact.layer) is None:
        return
    raise refuse_request(
        "condition", f"the {NAMES[fact.layer]} is not unknown, and something is assumed of it",
        f"say --unknown-layer {fact.layer.value}, or leave it out", ("R-EVAL-05",),
    )  # fmt: skip


def _word(allowed: Formula, denied: Formula) -> tuple[Word, bool | None]:
    if allowed is TRUE:
        return Word.ALLOWED, True
    if denied is TRUE:
        return Word.EXPLICIT_DENY, False
    if allowed is FALSE:
        return (Word.IMPLICIT_DENY if denied is FALSE else Word.UNDETERMINED), False
    return Word.UNDETERMINED, None


# The unknown keys that matter


def _missing(found: Conditions, within: Formula, solver: Solver) -> tuple[MissingKey, ...]:
    """Return the unknown keys whose value can change the decision, each with two that do."""
    names: dict[str, str] = {}
    for formula in found:
        for fact in facts_of(formula):
            if isinstance(fact, (KeyFact, ResourceFact)):
                for key in fact.keys:
                    unit = fact.unit if key == fact.subject and isinstance(fact, KeyFact) else (
                        solver.universe.unit_of_variable(key)
                    )  # fmt: skip
                    names.setdefault(GROUPS.get(unit, unit), key.spelling)
    missing = []
    for group, name in names.items():
        examples = _examples(group, found, within, solver)
        if examples is not None:
            missing.append(MissingKey(name, examples))
    return tuple(missing)


def _examples(
    group: str, found: Conditions, within: Formula, solver: Solver
) -> tuple[Example, ...] | None:
    """Return two values of a key that lead to different decisions; None where none do."""
    universe = solver.universe
    here = [replaced(formula, universe.apart_from(group, 1)) for formula in (*found, within)]
    there = [replaced(formula, universe.apart_from(group, 2)) for formula in (*found, within)]
    words = (_worded(*here[:2]), _worded(*there[:2]))
    differs = any_of(
        all_of((words[0][one], words[1][other])) for one, other in permutations(_DECIDED, 2)
    )
    model = solver.satisfy(all_of((differs, here[2], there[2])))
    if model is None:
        return None
    if not isinstance(model, Model):
        return ()
    examples = []
    for copy in (1, 2):
        one = universe.only(model.facts, copy)
        settled = universe.model(one)
        assert isinstance(settled, Model)  # each copy of a model is one
        word = _word_of(found, one)
        examples.append(Example(settled.values.get(group), word.value))
    examples.sort(key=lambda example: _ORDER[example.decision])
    return tuple(examples)


_DECIDED = (Word.ALLOWED, Word.EXPLICIT_DENY, Word.IMPLICIT_DENY)


def _worded(allowed: Formula, denied: Formula) -> dict[Word, Formula]:
    """Return when the decision is which."""
    neither = all_of((negation(allowed), negation(denied)))
    return dict(zip(_DECIDED, (allowed, denied, neither), strict=True))


_ORDER = {word.value: place for place, word in enumerate(_DECIDED)}


def _word_of(found: Conditions, known: Mapping[Fact, bool]) -> Word:
    if holds(found.allowed, known):
        return Word.ALLOWED
    return Word.EXPLICIT_DENY if holds(found.denied, known) else Word.IMPLICIT_DENY
