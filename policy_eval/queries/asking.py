"""One question, asked of one caller of the accounts that sources describe."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, TypedDict

from policy_eval.engine.decide import decide_call
from policy_eval.request.alongside import alongside
from policy_eval.request.request import Request
from policy_eval.sources.accounts import endpoint_passed

if TYPE_CHECKING:
    from policy_eval.engine.decision import Decision
    from policy_eval.engine.policies import PolicySet
    from policy_eval.errors import InputError
    from policy_eval.request.context import Given
    from policy_eval.request.principal import Principal
    from policy_eval.sources.accounts import Accounts
    from policy_eval.sources.model import Entity


class Asked(TypedDict, total=False):
    """What can be said of a request beside its action and resource; `Question` has each."""

    context: Mapping[str, Given]
    unknown: tuple[str, ...]
    request_tags: Mapping[str, str]
    resource_tags: Mapping[str, str]
    now: str | datetime | None
    resource_account: str | None


class Question(NamedTuple):
    """What is asked of every caller: the action, the resource, and the context of the request.

    `also` are further actions of the same call, each with its resource (None: the same one).
    """

    action: str
    resource: str | None = None
    context: Mapping[str, Given] = {}
    unknown: tuple[str, ...] = ()
    request_tags: Mapping[str, str] = {}
    resource_tags: Mapping[str, str] = {}
    now: str | datetime | None = None
    resource_account: str | None = None
    also: tuple[tuple[str, str | None], ...] = ()


class Answer(NamedTuple):
    """What AWS would decide for one caller: its ARN, and the decision."""

    caller: str
    decision: Decision

    @property
    def can(self) -> bool | None:
        """Whether the call goes through; None where it hangs on something unknown."""
        return can(self.decision)

    def to_dict(self) -> dict[str, object]:
        """Return the answer as plain data."""
        return {"caller": self.caller, **self.decision.to_dict()}


class Refused(NamedTuple):
    """Somebody or something that cannot be asked about, by its ARN or name, and why."""

    of: str
    error: InputError

    def to_dict(self) -> dict[str, object]:
        """Return it as plain data."""
        return {"of": self.of, "error": [each.to_dict() for each in self.error.diagnostics]}


def can(decision: Decision) -> bool | None:
    """Return whether a call goes through: IAM allows it, and the service does not refuse it."""
    return False if decision.refused_by_service else decision.allowed


def check(question: Question) -> None:
    """Refuse a question that can be asked of nobody. Raises RequestError."""
    first = _request(question)
    for action, resource in question.also:
        alongside(first, action, resource)


def _request(
    question: Question, principal: Principal | None = None, tags: Mapping[str, str] = {}
) -> Request:
    return Request(
        question.action,
        question.resource,
        principal=principal,
        context=question.context,
        unknown=question.unknown,
        request_tags=question.request_tags,
        resource_tags={**tags, **question.resource_tags},
        now=question.now,
        resource_account=question.resource_account,
    )


class Asking:
    """Questions to one caller that differ in their action alone."""

    def __init__(self, accounts: Accounts, entity: Entity, question: Question) -> None:
        self._accounts = accounts
        self._entity = entity
        owner = question.resource_account or accounts.unsaid_owner(question.resource)
        self._question = question._replace(resource_account=owner)
        self._principal = accounts.principal(entity.arn)
        self._tags = accounts.tags(question.resource)
        self._through = endpoint_passed(question.context, question.unknown)

    def policies(self, action: str) -> PolicySet:
        """Return the policies that have a say. Raises PolicyError."""
        resource, owner = self._question.resource, self._question.resource_account
        return self._accounts.policies(self._entity, action, resource, self._through, owner)

    def request(self, action: str) -> Request:
        """Return the request that the caller makes. Raises RequestError."""
        return _request(self._question._replace(action=action), self._principal, self._tags)


def prepare(accounts: Accounts, entity: Entity, question: Question) -> tuple[PolicySet, Request]:
    """Return the policies that have a say, and the request that the caller makes.

    Raises PolicyError and RequestError.
    """
    asking = Asking(accounts, entity, question)
    return asking.policies(question.action), asking.request(question.action)


def answer(accounts: Accounts, entity: Entity, question: Question) -> Answer:
    """Return what AWS would decide for one caller. Raises PolicyError and RequestError."""
    policies, first = prepare(accounts, entity, question)
    further = [
        alongside(first, action, resource, accounts.unsaid_owner(resource), accounts.tags(resource))
        for action, resource in question.also
    ]
    if further:
        asked = [(each.action, each.resource) for each in (first, *further)]
        passed = endpoint_passed(question.context, question.unknown)
        policies = accounts.policies_of_call(entity, asked, passed, question.resource_account)
    return Answer(entity.arn, decide_call(policies, [first, *further]))
