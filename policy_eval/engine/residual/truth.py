"""Whether facts hold of a request of which more is known."""

from __future__ import annotations

from typing import assert_never

from policy_eval.engine.matching import contains
from policy_eval.engine.residual.facts import (
    CallFact,
    Fact,
    KeyFact,
    LayerFact,
    PrincipalFact,
    ResourceFact,
    StatementFact,
)
from policy_eval.policy.principal_element import PrincipalElement
from policy_eval.semantics.authorization import Grant
from policy_eval.semantics.layers import Layer
from policy_eval.semantics.lower import Key
from policy_eval.semantics.outcomes import evaluate
from policy_eval.semantics.principals import PrincipalTest, naming
from policy_eval.semantics.request_context import RequestContext


def truth_of(fact: Fact, context: RequestContext) -> bool | None:
    """Return whether a fact holds of a request; None where that is not known even now."""
    match fact:
        case KeyFact():
            seen = (
                context.candidates(fact.subject)
                if isinstance(fact.subject, Key)
                else (fact.subject or None,)
            )
            variables = tuple(map(context.candidates, fact.test.variables))
            return evaluate(fact.test, seen, variables, context.reading, contains).holds
        case ResourceFact():
            variables = tuple(map(context.candidates, fact.test.variables))
            seen = context.resource_candidates()
            return evaluate(fact.test, seen, variables, context.reading, contains).holds
        case PrincipalFact():
            return _names(fact, context)
        case LayerFact(layer=Layer.BOUNDARY, way=None):
            return context.attached.exists(Layer.BOUNDARY)
        case LayerFact() | StatementFact() | CallFact():
            return None
        case _:
            assert_never(fact)


def _names(fact: PrincipalFact, context: RequestContext) -> bool | None:
    negated = fact.grant is None
    test = PrincipalTest(
        names=fact.names,
        everyone=False,
        everyone_is=Grant.EVERYONE,
        negated=negated,
        denies=negated,
        parents_suffice=False,
        element=PrincipalElement("NotPrincipal" if negated else "Principal", (), negated=negated),
    )
    found = naming(test, context.caller())
    if negated or fact.grant is None:
        return found.holds
    if found.sure is not None and found.sure >= fact.grant:
        return True
    return None if found.possible is not None and found.possible >= fact.grant else False
