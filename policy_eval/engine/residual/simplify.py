"""A condition without what is redundant or contradictory, exactly the same otherwise.

Whatever can go without changing the condition goes: an alternative that never holds or that others
hold for, a part that follows from the rest. What is left keeps its shape. Within a budget:
where it is used up the condition stays exact, and is only longer than it need be.
"""

from __future__ import annotations

from policy_eval.engine.residual.formula import (
    FALSE,
    TRUE,
    All,
    Constant,
    Formula,
    Is,
    Not,
    all_of,
    any_of,
    negation,
    with_origins,
)
from policy_eval.engine.residual.solver import Solver


def simplify(formula: Formula, solver: Solver, *, within: Formula = TRUE) -> Formula:
    """Return a condition that is the same as `formula` wherever `within` holds."""
    before: Formula | None = None
    while formula != before and not solver.ran_out:  # what is shorter may make another part idle
        before, formula = formula, _simplified(formula, solver, within)
    return formula


def _simplified(formula: Formula, solver: Solver, within: Formula) -> Formula:
    if isinstance(formula, Constant):
        return formula
    if solver.never(all_of((within, formula))):
        return FALSE
    if solver.never(all_of((within, negation(formula)))):
        return TRUE
    match formula:
        case Is():
            return formula
        case Not():
            return negation(_simplified(formula.parts[0], solver, within))
        case All():
            return with_origins(_parts(formula, solver, within, of_all=True), formula)
        case _:
            return _parts(formula, solver, within, of_all=False)


def _parts(formula: Formula, solver: Solver, within: Formula, *, of_all: bool) -> Formula:
    """Return the parts, each simplified where the others leave it a say.

    The last goes first: what is told first stays. Of all parts each matters only where the
    others hold; of alternatives only where the others do not.
    """
    kept = [*formula.parts]
    join = all_of if of_all else any_of
    for place in reversed(range(len(kept))):
        others = [*kept[:place], *kept[place + 1 :]]
        context = others if of_all else [negation(each) for each in others]
        kept[place] = _simplified(kept[place], solver, all_of((within, *context)))
        if kept[place] is (TRUE if of_all else FALSE):
            del kept[place]
    return join(kept)
