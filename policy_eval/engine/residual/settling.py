"""An undetermined decision, as exactly as it can be told.

The engines of single requests know what is sure and what is possible. Where these differ, the
answer may still be certain (`k = a` or `k ≠ a`); else it hangs on a condition.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from policy_eval.engine.decision import Deciding, Decision
from policy_eval.engine.residual.condition import Condition
from policy_eval.engine.residual.facts import LayerFact, PrincipalFact
from policy_eval.engine.residual.formula import facts_of
from policy_eval.engine.residual.residual import Residual, residual_of
from policy_eval.semantics.authorization import Word
from policy_eval.semantics.readings import OUR_READING, Reading

if TYPE_CHECKING:
    from policy_eval.engine.policies import PolicySet
    from policy_eval.engine.residual.facts import Fact
    from policy_eval.request.request import Request

_CERTAIN = "it is the same whatever the unknown is"


def settled(
    policies: PolicySet,
    requests: Sequence[Request],
    decision: Decision,
    reading: Reading = OUR_READING,
    assuming: Condition | None = None,
) -> Decision:
    """Return the decision of a call that the engines leave undetermined, with what it hangs on.

    Where it is certain all the same, it is the certain one. Raises RequestError as `residual_of`
    does.
    """
    residual = residual_of(policies, requests, reading, assuming=assuming)
    if residual.word is not Word.UNDETERMINED:
        return Decision(
            residual.word,
            residual.allowed,
            decision.action,
            statements=_statements(residual),
            reason=_CERTAIN if assuming is None else f"it is so wherever {assuming}",
            remarks=decision.remarks,
        )
    facts = [*facts_of(residual.allow_if.formula), *facts_of(residual.deny_if.formula)]
    missing = (*(each.name for each in residual.missing), *_missing(facts))
    return Decision(
        Word.UNDETERMINED,
        residual.allowed,
        decision.action,
        missing_context=tuple(dict.fromkeys(missing)),
        reason=decision.reason,
        blocked_by=decision.blocked_by,
        remarks=decision.remarks,
        decided_by=decision.decided_by,
        unknown_layers=tuple(
            dict.fromkeys(fact.layer for fact in facts if isinstance(fact, LayerFact) and fact.way)
        ),
        residual=residual,
    )


def _statements(residual: Residual) -> tuple[Deciding, ...]:
    """Return the statements one of which decides, in each case."""
    if residual.word is Word.IMPLICIT_DENY:
        return ()
    return residual.deciding


def _missing(facts: Iterable[Fact]) -> Iterable[str]:
    """Yield what beside keys would settle facts."""
    for fact in facts:
        if isinstance(fact, PrincipalFact):
            yield fact.missing
        elif isinstance(fact, LayerFact) and fact.way is None:
            yield fact.layer.value
