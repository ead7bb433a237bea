"""Every case in fixtures/ that the oracle's interface can express, decided by the oracle.

It knows identity-based policies of a caller in the resource's account, one action, no unknowns.
"""

from __future__ import annotations

from policy_eval.cases.suite import Case
from policy_eval.engine.policies import PolicySet
from policy_eval.errors import InputError
from policy_eval.policy.ast import Policy, Statement
from policy_eval.request.request import Request
from policy_eval.semantics.authorization import Side, case_of
from policy_eval.semantics.dependent_actions import needed_by
from policy_eval.semantics.readings import OUR_READING
from policy_eval.semantics.request_context import RequestContext
from tests.conformance.test_fixtures import CASES
from tests.oracle.generate import MULTIVALUED, SINGLE_VALUED
from tests.oracle.oracle import OracleRequest, decide

_WORDS = {"allowed": "allowed", "implicitDeny": "implicitDeny", "explicitDeny": "explicitDeny",
          "invalid": "error"}  # fmt: skip
_FEWEST = 700


def _statement(statement: Statement) -> dict[str, object]:
    conditions: dict[str, dict[str, object]] = {}
    for condition in statement.conditions:
        conditions.setdefault(condition.operator, {})[condition.key] = list(condition.values)
    return {
        "Effect": statement.effect.value,
        statement.action.name: list(statement.action.values),
        statement.resource.name: list(statement.resource.values),
        "Condition": conditions,
    }


def _document(policy: Policy) -> dict[str, object]:
    return {"Version": policy.version, "Statement": [*map(_statement, policy.statements)]}


def _question(case: Case) -> tuple[PolicySet, OracleRequest] | None:
    """Return the case as the oracle's question; None where its interface has no words for it."""
    if isinstance(case.policies, InputError) or isinstance(case.requests, InputError):
        return None
    if any(policy.accepts_invalid for policy in case.policies.identity):
        return None  # the oracle knows no lenient reading
    if len(case.requests) != 1 or case.expect is None or case.expect.decision not in _WORDS:
        return None
    (request,) = case.requests
    try:
        context = RequestContext(request)
    except InputError:
        return None
    what = case_of(context)
    plain = what.side is Side.EITHER and what.identity_counts
    if not plain or request.unknown or request.principal is None or not request.principal.account:
        return None
    if needed_by(context, OUR_READING) or context.resources.names is None:
        return None
    return case.policies, _as_oracle_request(request, context, context.resources.names[0])


def _as_oracle_request(request: Request, context: RequestContext, resource: str) -> OracleRequest:
    assert request.principal is not None
    return OracleRequest(
        request.action,
        resource,
        tuple(
            (name, values)
            for spellings in context.entries().values()
            for name, values in spellings.items()
            if values
        ),
        MULTIVALUED
        | {"aws:principalorgpaths", "aws:resourceorgpaths", "kms:encryptioncontextkeys"},
        SINGLE_VALUED | {"aws:sourceip", "aws:sourcevpc", "aws:principalarn"},
        request.principal.partition,
        request.principal.account or "",
    )


QUESTIONS = [(case, question) for case in CASES if (question := _question(case)) is not None]


def test_most_fixtures_can_be_asked() -> None:
    assert len(QUESTIONS) > _FEWEST


def test_the_oracle_answers_as_expected() -> None:
    wrong = []
    for case, (policies, request) in QUESTIONS:
        documents = [_document(policy) for policy in policies.identity]
        assert case.expect is not None
        found = decide(documents, request)
        if found != _WORDS[str(case.expect.decision)]:
            wrong.append((case.place.file.rpartition("/")[2], case.place.line, case.name, found))

    assert wrong == []
