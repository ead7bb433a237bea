"""A scenario asked of every user and role: who can do which steps, by what, and who almost can.

A scenario tells its story in an account of its own, that of its principal; asked of a caller, the
account is the caller's, and the credentials are the story's. The policies are those of the sources;
the scenario's own are left aside, and so are questions about callers that are no user and no role.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from policy_eval.engine.explain import explain_call
from policy_eval.engine.wording import reasons
from policy_eval.errors import InputError
from policy_eval.queries.asking import can
from policy_eval.request.principal import PrincipalKind
from policy_eval.request.request import Request
from policy_eval.semantics.authorization import Word
from policy_eval.sources.accounts import endpoint_passed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policy_eval.cases.suite import Case, Suite
    from policy_eval.engine.decision import Decision
    from policy_eval.request.principal import Principal
    from policy_eval.sources.accounts import Accounts
    from policy_eval.sources.model import Entity


class Asked(NamedTuple):
    """How one question of a scenario went for a caller.

    `reasons` are the lines that say why. `almost`: an Allow is on the action and the resource, and
    only its conditions fail.
    """

    name: str
    decision: Decision
    reasons: tuple[str, ...]
    almost: bool


class OfCaller(NamedTuple):
    """A scenario asked of one caller; `error` where that cannot be."""

    caller: str
    asked: tuple[Asked, ...]
    error: InputError | None = None

    def to_dict(self) -> dict[str, object]:
        """Return it as plain data."""
        return {
            "caller": self.caller,
            "error": self.error and [each.to_dict() for each in self.error.diagnostics],
            "results": [
                {
                    "name": each.name,
                    **each.decision.to_dict(),
                    "almost": each.almost,
                    "reasons": list(each.reasons),
                }
                for each in self.asked
            ],
        }


def questions(suite: Suite) -> tuple[Case, ...]:
    """Return the questions that users and roles can be asked."""
    return tuple(case for case in suite.cases if _is_for_identities(case))


def _is_for_identities(case: Case) -> bool:
    if isinstance(case.requests, InputError):
        return True
    principal = case.requests[0].principal
    return principal is None or principal.kind in (PrincipalKind.USER, PrincipalKind.ROLE)


def ask_all(
    accounts: Accounts, suite: Suite, callers: Sequence[Entity] | None = None
) -> tuple[OfCaller, ...]:
    """Return a scenario asked of every user and role, or of these."""
    asked = accounts.callers if callers is None else callers
    return tuple(_ask(accounts, entity, suite) for entity in asked)


def _ask(accounts: Accounts, entity: Entity, suite: Suite) -> OfCaller:
    asked = []
    try:
        for case in questions(suite):
            if isinstance(case.requests, InputError):
                raise case.requests
            requests = [_as_caller(accounts, entity, request) for request in case.requests]
            policies = accounts.policies_of_call(
                entity,
                [(request.action, request.resource) for request in requests],
                endpoint_passed(requests[0].given_context(), requests[0].unknown),
                requests[0].resource_account,
            )
            explanation = explain_call(policies, requests)
            almost = explanation.decision.word is Word.IMPLICIT_DENY and any(
                trace.on_resource and trace.entry.statement.effect.value == "Allow"
                for trace in explanation.deciding_part.trace.statements
            )
            lines = tuple(reasons(explanation))
            asked.append(Asked(case.name, explanation.decision, lines, almost))
    except InputError as error:
        return OfCaller(entity.arn, (), error)
    return OfCaller(entity.arn, tuple(asked))


def _in_session(caller: Principal, told: Principal | None) -> Principal:
    """Return a caller with the credentials that a scenario tells of its principal.

    How a call is made belongs to the question: whether MFA was used, of whomever; name, tags and
    origin of the session where both are users, or both roles (R-CRED-01, R-TRUST-03). Who the
    caller is (tags, unique ID, organization), the sources say.
    """
    if told is None:
        return caller
    caller = caller._replace(mfa=told.mfa)
    if caller.kind is not told.kind:
        return caller
    return caller._replace(
        session_name=told.session_name,
        session_tags=told.session_tags,
        credentials=told.credentials,
    )


def _as_caller(accounts: Accounts, entity: Entity, request: Request) -> Request:
    """Return a request of a scenario as a caller would make it, in the caller's account."""
    caller = _in_session(accounts.principal(entity.arn), request.principal)
    own = request.principal.account if request.principal else None
    mine = caller.account

    def moved(text: str) -> str:
        return text.replace(own, mine) if own and mine else text

    resource = None if request.resource is None else moved(request.resource)
    owner = request.resource_account
    return Request(
        request.action,
        resource,
        principal=caller,
        context={
            name: None if values is None else tuple(map(moved, values))
            for spellings in request.context.values()
            for name, values in spellings.items()
        },
        unknown=request.unknown,
        request_tags=dict(request.request_tags),
        resource_tags={**accounts.tags(resource), **dict(request.resource_tags)},
        now=request.now,
        action_only=request.action_only,
        resource_account=accounts.unsaid_owner(resource) if owner is None else moved(owner),
        dependencies=request.dependencies,
    )


def summary(found: Sequence[OfCaller]) -> tuple[list[OfCaller], list[OfCaller], list[OfCaller]]:
    """Return those who can do something of it, those who almost can, and the others."""
    able = [each for each in found if any(can(one.decision) is not False for one in each.asked)]
    almost = [each for each in found if each not in able and any(one.almost for one in each.asked)]
    return able, almost, [each for each in found if each not in able and each not in almost]
