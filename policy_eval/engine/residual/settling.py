"""An undetermined decision, as exactly as it can be told.

The engines of single requests know what is sure and what is possible. Where these differ, the
answer may still be certain (`k = a` or `k ≠ a`); else it hangs on a condition.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from policy_eval.engine.call import NO_RESOURCE_GIVEN
from policy_eval.engine.decision import Deciding, Decision
from policy_eval.engine.residual.condition import Condition
from policy_eval.engine.residual.facts import (
    CallFact,
    KeyFact,
    LayerFact,
    PrincipalFact,
    ResourceFact,
)
from policy_eval.engine.residual.formula import facts_of
from policy_eval.engine.residual.residual import certain_of, residual_of
from policy_eval.semantics.authorization import Word
from policy_eval.semantics.lower import key_named
from policy_eval.semantics.readings import OUR_READING, Reading
from policy_eval.semantics.request_context import RequestContext, Unknown

if TYPE_CHECKING:
    from policy_eval.engine.call import Step
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

    Where it is certain all the same, it is the certain one. `assuming` is taken to hold. Raises
    RequestError as `residual_of` does.
    """
    residual = residual_of(policies, requests, reading, assuming=assuming)
    if decision.word is not Word.UNDETERMINED:
        return decision
    if residual.word is not Word.UNDETERMINED:
        reason = _CERTAIN if assuming is None else f"it is so wherever {assuming}"
        return _certain(decision, (residual.word, residual.allowed, residual.deciding), reason)
    facts = _whole(
        fact for each in (residual.allow_if, residual.deny_if) for fact in facts_of(each.formula)
    )
    missing = (*(each.name for each in residual.missing), *_missing(facts))
    return Decision(
        Word.UNDETERMINED,
        residual.allowed,
        decision.action,
        missing_context=tuple(dict.fromkeys(missing)),
        reason=_reason(decision.reason, facts),
        blocked_by=decision.blocked_by,
        remarks=decision.remarks,
        decided_by=decision.decided_by,
        unknown_layers=tuple(
            dict.fromkeys(fact.layer for fact in facts if isinstance(fact, LayerFact) and fact.way)
        ),
        residual=residual,
    )


def where_certain(policies: PolicySet, steps: Sequence[Step], decision: Decision) -> Decision:
    """Return the same as `settled` where it is certain; else the undetermined decision as it is.

    It is not looked for what that hangs on, which takes most of the time. Raises RequestError as
    deciding does.
    """
    found = certain_of(policies, steps)
    return decision if found[0] is Word.UNDETERMINED else _certain(decision, found, _CERTAIN)


def _certain(
    decision: Decision, found: tuple[Word, bool | None, tuple[Deciding, ...]], reason: str
) -> Decision:
    word, allowed, deciding = found
    return Decision(
        word,
        allowed,
        decision.action,
        statements=() if word is Word.IMPLICIT_DENY else deciding,  # one of them, in each case
        reason=reason,
        remarks=decision.remarks,
    )


_GUESSED = frozenset(
    {"aws:viaawsservice", "aws:securetransport", "aws:requestedregion", "aws:resourceaccount"}
)
"""Keys that hold what is usual unless somebody says otherwise (`derivation`)."""


def left_open(policies: PolicySet, request: Request, condition: Condition) -> Request:
    """Return a request of which the keys that a condition mentions are open if they are not known.

    Known are keys that were given, and those that follow from the caller or the resource.
    """
    context = RequestContext(request, OUR_READING, policies.attached)
    names = []
    for name in condition.keys:
        key = key_named(name)
        follows = key.folded in context.derived and key.folded not in _GUESSED
        if not isinstance(context.look(key), Unknown) and not (
            follows or key.folded in context.given
        ):
            names.append(name)
    return request.with_unknown(names) if names else request


def _reason(reason: str, facts: Iterable[Fact]) -> str:
    """Return why the engines leave it undetermined, less a resource that does not matter."""
    on_resource = any(isinstance(fact, ResourceFact) and not fact.names for fact in facts)
    clauses = reason.split("; ")
    return "; ".join(each for each in clauses if on_resource or each != NO_RESOURCE_GIVEN)


def _whole(facts: Iterable[Fact]) -> list[Fact]:
    """Return facts with what further actions hang on."""
    found: list[Fact] = []
    for fact in facts:
        found += [fact, *(fact.hangs_on if isinstance(fact, CallFact) else ())]
    return found


def _missing(facts: Iterable[Fact]) -> Iterable[str]:
    """Yield what beside keys of the call would settle facts, and the keys of further actions."""
    for fact in facts:
        if isinstance(fact, CallFact):
            for further in fact.hangs_on:
                if isinstance(further, KeyFact):
                    yield from (key.spelling for key in further.keys)
        elif isinstance(fact, PrincipalFact):
            yield fact.missing
        elif isinstance(fact, LayerFact) and fact.way is None:
            yield fact.layer.value
