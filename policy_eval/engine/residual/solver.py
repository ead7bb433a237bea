"""Whether a condition can hold, and how: facts tried one by one, what they stand for asked at once.

A search with a budget. Where the budget is used up, nothing is claimed: the answer is
`UNSETTLED`, and whoever asked keeps what is not known to be wrong.
"""

from __future__ import annotations

from policy_eval.engine.residual.facts import Fact
from policy_eval.engine.residual.formula import All, Constant, Formula, Is, Not, holds
from policy_eval.engine.residual.texts import UNSETTLED, Unsettled
from policy_eval.engine.residual.universe import Model, Universe

MOST_STEPS = 20_000
"""Steps of all searches of one answer."""


class Solver:
    """Searches within one universe, and one budget. `ran_out` tells whether it was used up."""

    def __init__(self, universe: Universe, budget: int = MOST_STEPS) -> None:
        self.universe = universe
        self.left = budget
        self.ran_out = False
        self._found: dict[Formula, Model | Unsettled | None] = {}

    def satisfy(self, formula: Formula) -> Model | Unsettled | None:
        """Return a way in which a condition holds; None where it never does."""
        if isinstance(formula, Constant):
            return self._settled({}) if formula.holds else None
        if formula not in self._found:
            found = self._search(formula, {})
            if self.left <= 0:
                self.ran_out = True
            self._found[formula] = found
        return self._found[formula]

    def never(self, formula: Formula) -> bool:
        """Return whether a condition surely never holds."""
        return self.satisfy(formula) is None

    def _settled(self, known: dict[Fact, bool]) -> Model | Unsettled | None:
        before = self.universe.tries
        found = self.universe.model(dict(known))
        self.left -= self.universe.tries - before
        return found

    def _search(self, formula: Formula, known: dict[Fact, bool]) -> Model | Unsettled | None:
        self.left -= 1
        if self.left <= 0:
            return UNSETTLED
        verdict = holds(formula, known)
        if verdict is False:
            return None
        if verdict is True:
            return self._settled(known)
        fact, first = _choice(formula, known, wanted=True)
        unsettled = False
        for value in (first, not first):
            known[fact] = value
            found: Model | Unsettled | None = None
            if self.universe.may_go(fact, known):
                found = self._search(formula, known)
            del known[fact]
            if isinstance(found, Model):
                return found
            unsettled |= found is UNSETTLED
            if self.left <= 0:
                return UNSETTLED
        return UNSETTLED if unsettled else None


def _choice(formula: Formula, known: dict[Fact, bool], *, wanted: bool) -> tuple[Fact, bool]:
    """Return a fact that is open and matters, and how it had better go."""
    match formula:
        case Is():
            return formula.fact, wanted
        case Not():
            return _choice(formula.parts[0], known, wanted=not wanted)
        case All() | _:
            part = next(part for part in formula.parts if holds(part, known) is None)
            return _choice(part, known, wanted=wanted)
