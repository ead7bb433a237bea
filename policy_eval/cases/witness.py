"""A request that tells two policy sets apart, looked for near what the policies and tests say.

What is found is a proof: both sets were asked, by the engine. What is not found proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from policy_eval.cases.samples import resources_near, values_near
from policy_eval.cases.slips import Slip
from policy_eval.engine.decide import decide_call
from policy_eval.engine.decision import Decision
from policy_eval.engine.naive import contains
from policy_eval.engine.policies import PolicySet
from policy_eval.errors import InputError
from policy_eval.policy.ast import Element, Statement
from policy_eval.policy.clauses import Part
from policy_eval.policy.pattern import Variable, read_pattern
from policy_eval.request.context import Given
from policy_eval.request.principal import Principal, parse_principal
from policy_eval.request.request import Request
from policy_eval.semantics.lower import action_set
from policy_eval.semantics.service_reference import service_actions

_MOST_TRIED = 4_000
_MOST_ACTIONS = 12
_MOST_BASES = 24
_MOST_CALLERS = 6


class Witness(NamedTuple):
    """A request on which two sets differ, and what each decides."""

    request: Request
    before: Decision
    after: Decision


class Search(NamedTuple):
    """What came of a search: a witness, or none in so many requests."""

    witness: Witness | None
    tried: int


class Draft(NamedTuple):
    """A request before it is made."""

    action: str
    resource: str | None
    principal: Principal | None
    context: Mapping[str, Given]
    of: Request

    def request(self) -> Request:
        """Return the request. Raises InputError where none could be so."""
        return Request(
            self.action,
            self.resource,
            principal=self.principal,
            context=self.context,
            unknown=self.of.unknown,
            request_tags=dict(self.of.request_tags),
            resource_tags=dict(self.of.resource_tags),
            now=self.of.now,
            action_only=self.of.action_only,
            resource_account=self.of.resource_account,
        )


def tell_apart(
    before: PolicySet,
    after: PolicySet,
    original: Statement,
    slip: Slip,
    requests: Sequence[Request],
) -> Search:
    """Look for a request on which two sets decide otherwise, beginning with those of tests."""
    tried = 0
    seen: set[object] = set()
    for draft in islice(_drafts(original, slip, requests), _MOST_TRIED):
        key = (draft.action.lower(), draft.resource, draft.principal, repr(draft.context))
        if key in seen:
            continue
        seen.add(key)
        tried += 1
        try:
            request = draft.request()
            one = decide_call(before, [request], missing=False)
            other = decide_call(after, [request], missing=False)
        except InputError:
            continue
        if one.word is not other.word:
            one, other = (decide_call(each, [request]) for each in (before, after))
            return Search(Witness(request, one, other), tried)
    return Search(None, tried)


def _drafts(original: Statement, slip: Slip, requests: Sequence[Request]) -> Iterator[Draft]:
    mutant = slip.statement or original
    bases = [_of(request) for request in _nearest(original, requests)]
    fitted = [
        fit
        for base in bases[:_MOST_BASES]
        for statement in (original, mutant)
        for fit in _fitted(base, statement)
    ]
    yield from bases
    yield from fitted
    for base in (*fitted, *bases):
        yield from _varied(base, original, mutant, slip)


def _nearest(statement: Statement, requests: Sequence[Request]) -> list[Request]:
    """Return the requests, those on a statement's actions first."""
    accepts = action_set(statement.action)
    return sorted(requests, key=lambda each: not contains(accepts, each.action.lower()))


def _of(request: Request) -> Draft:
    context: dict[str, Given] = {
        name: values for spellings in request.context.values() for name, values in spellings.items()
    }
    return Draft(request.action, request.resource, request.principal, context, request)


def _fitted(base: Draft, statement: Statement) -> Iterator[Draft]:
    """Yield drafts that a statement is likely to match, as near to the base as they can be."""
    context = dict(base.context)
    for condition in statement.conditions:
        accepted = _likely(condition.operator, condition.values)
        context = _with(context, condition.key, accepted)
    who = [base.principal]
    if statement.principal is not None:
        who += islice(_principals_near(statement), _MOST_CALLERS)
    for action in _actions(statement.action, base.action):
        for resource in _resources(statement.resource, base.resource):
            for principal in who:
                yield base._replace(
                    action=action, resource=resource, principal=principal, context=context
                )


def _likely(operator: str, values: tuple[str, ...]) -> Given:
    """Return values that a condition is likely to accept."""
    folded = operator.lower()
    if "null" in folded:
        return None if values and values[0].lower() == "true" else "x"
    near = next(values_near(operator, values[0]), "x") if values else "x"
    if "not" in folded:
        near = next((each for value in values for each in _outside(operator, value)), "other")
    return (near,) if ":" in operator else near


def _outside(operator: str, text: str) -> Iterator[str]:
    near = [*values_near(operator, text)]
    yield from near[4:]


def _actions(element: Element, base: str) -> Iterator[str]:
    accepts = action_set(element)
    if contains(accepts, base.lower()):
        yield base
        return
    for text in element.values:
        service, _, name = text.partition(":")
        if element.negated or "*" in service:
            yield "s3:GetObject"
        elif "*" not in name and "?" not in name:
            yield text
        else:
            names = (f"{service}:{each}" for each in service_actions(service.lower()))
            yield from islice((each for each in names if contains(accepts, each.lower())), 1)


def _resources(element: Element, base: str | None) -> Iterator[str | None]:
    if element.values == ("*",):
        yield base
        return
    yield base
    for text in element.values:
        yield from islice(resources_near(text), 1)


# One thing varied


def _varied(base: Draft, original: Statement, mutant: Statement, slip: Slip) -> Iterator[Draft]:
    match slip.part:
        case Part.ACTION:
            for action in _actions_near(original.action, mutant.action, base.action):
                yield base._replace(action=action)
        case Part.RESOURCE:
            texts = (*original.resource.values, *mutant.resource.values)
            if base.resource is not None:
                texts = (*texts, base.resource)
            for resource in (near for text in texts for near in _resolved(text, base)):
                yield base._replace(resource=resource)
            yield base._replace(resource=None)
        case Part.PRINCIPAL:
            for principal in _principals_near(original, mutant):
                yield base._replace(principal=principal)
        case Part.CONDITION:
            yield from _contexts(base, original, mutant, slip)
        case None:
            yield from ()


def _actions_near(one: Element, other: Element, base: str) -> Iterator[str]:
    before, after = action_set(one), action_set(other)
    services = dict.fromkeys(
        text.partition(":")[0].lower() for text in (*one.values, *other.values, base)
    )
    for service in ("s3", "iam") if "*" in services else services:
        names = (f"{service}:{each}" for each in service_actions(service))
        differing = (
            name for name in names
            if contains(before, name.lower()) != contains(after, name.lower())
        )  # fmt: skip
        yield from islice(differing, _MOST_ACTIONS)
    yield from ("s3:GetObject", "iam:CreateUser")


def _resolved(text: str, base: Draft) -> Iterator[str]:
    """Yield resources near a pattern, its variables as the base has them."""
    pieces = []
    for piece in read_pattern(text, wildcards=False, variables=True):
        if isinstance(piece, Variable):
            value = base.context.get(piece.key) or piece.default or "x"
            pieces.append(value if isinstance(value, str) else "x")
        else:
            pieces.append(str(piece))
    yield from resources_near("".join(pieces))


def _principals_near(*statements: Statement) -> Iterator[Principal]:
    values = [
        value
        for statement in statements
        if statement.principal is not None
        for value in statement.principal.values
    ]
    texts = [value.text for value in values if value.text != "*"]
    for account in dict.fromkeys(_accounts(texts)):
        texts += (f"arn:aws:iam::{account}:role/Someone", f"arn:aws:iam::{account}:user/someone")
    texts += ("arn:aws:iam::999999999999:role/Stranger", "s3.amazonaws.com", "anonymous")
    for text in dict.fromkeys(texts):
        try:
            yield parse_principal(text)
        except InputError:
            continue


def _accounts(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        found = text.split(":")[4] if text.count(":") >= 5 else text  # noqa: PLR2004 - an ARN
        if found.isdigit():
            yield found


def _contexts(base: Draft, original: Statement, mutant: Statement, slip: Slip) -> Iterator[Draft]:
    assert slip.condition is not None  # a slip of a condition
    condition = original.conditions[slip.condition]
    texts = list(condition.values)
    operators = {condition.operator: None}
    for other in mutant.conditions:
        if other.key == condition.key:
            texts += other.values
            operators[other.operator] = None
    near = dict.fromkeys(
        value for operator in operators for text in texts for value in values_near(operator, text)
    )
    singles = [*near, "another"]
    given: list[Given] = [None, *singles, *((value,) for value in singles)]
    given += [(one, other) for one in singles[:6] for other in singles[:6] if one != other]
    for value in given:
        yield base._replace(context=_with(base.context, condition.key, value))


def _with(context: Mapping[str, Given], key: str, value: Given) -> dict[str, Given]:
    folded = key.lower()
    kept = {name: each for name, each in context.items() if name.lower() != folded}
    return {**kept, key: value}
