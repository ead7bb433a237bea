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
from policy_eval.policy.ast import Condition, Element, Policy, Statement
from policy_eval.policy.clauses import Part
from policy_eval.policy.pattern import Variable, read_pattern
from policy_eval.request.context import Given, Values, values_of
from policy_eval.request.principal import Principal, parse_principal
from policy_eval.request.request import Request
from policy_eval.semantics.lower import (
    Key,
    Unresolved,
    action_set,
    key_named,
    lower_condition,
    variable_text,
)
from policy_eval.semantics.outcomes import outcome
from policy_eval.semantics.readings import OUR_READING
from policy_eval.semantics.request_context import RequestContext, Unknown
from policy_eval.semantics.service_reference import service_actions
from policy_eval.text.folding import fold

_MOST_TRIED = 1_000
_MOST_ACTIONS = 12
_MOST_BASES = 24
_MOST_CALLERS = 6
_ANYWHERE = ("s3:GetObject", "iam:CreateUser", "ec2:RunInstances")


class Question(NamedTuple):
    """Two sets of policies that differ by a slip in one statement of one policy."""

    before: PolicySet
    after: PolicySet
    policy: Policy
    original: Statement
    slip: Slip

    @property
    def mutant(self) -> Statement:
        """The statement after the slip; the original where it is dropped."""
        return self.slip.statement or self.original


class Witness(NamedTuple):
    """A request on which two sets differ, and what each decides."""

    request: Request
    before: Decision
    after: Decision

    @property
    def tells_apart(self) -> bool:
        """Whether a test can expect what is decided before, and fail after."""
        return self.before.word is not self.after.word or (
            self.before.allowed is False and self.after.allowed is not False
        )

    @property
    def expected(self) -> str:
        """What such a test expects, as `expect` has it."""
        same = self.before.word is self.after.word  # both undetermined, and denied before
        return "anyDeny" if same else self.before.decision


class Search(NamedTuple):
    """What came of a search: a witness, or none in so many requests."""

    witness: Witness | None
    tried: int


class Draft(NamedTuple):
    """A request before it is made: another one, `of`, with something changed."""

    action: str
    resource: str | None
    principal: Principal | None
    context: Mapping[str, Given]
    of: Request

    @property
    def key(self) -> object:
        """What two drafts of the same request have in common."""
        of = self.of
        return (
            (self.action.lower(), self.resource, self.principal, repr(self.context)),
            (of.unknown, of.request_tags, of.resource_tags, of.now),
            (of.action_only, of.resource_account, of.dependencies),
        )

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
            dependencies=self.of.dependencies,
        )

    def held(self, key: Key) -> Values | None:
        """Return the values of a key as the engine sees them; None where it has none."""
        try:
            found = RequestContext(self.request()).candidates(key)
        except InputError:
            return None
        return None if isinstance(found, Unknown) else found[0]

    def text(self, key: Key) -> str | Unresolved:
        """Return what a variable stands for."""
        return variable_text(self.held(key), key, OUR_READING)

    def with_key(self, name: str, value: Given) -> Draft:
        """Return the draft with a value for a key."""
        folded = fold(name)
        kept = {each: held for each, held in self.context.items() if fold(each) != folded}
        return self._replace(context={**kept, name: value})


def tell_apart(question: Question, requests: Sequence[Request]) -> Search:
    """Look for a request on which two sets decide otherwise, beginning with those of tests."""
    tried = 0
    seen: set[object] = set()
    for draft in islice(_drafts(question, requests), _MOST_TRIED):
        if draft.key in seen:
            continue
        seen.add(draft.key)
        tried += 1
        try:
            request = draft.request()
            before = decide_call(question.before, [request])
            after = decide_call(question.after, [request])
        except InputError:
            continue
        witness = Witness(request, before, after)
        if witness.tells_apart:
            return Search(witness, tried)
    return Search(None, tried)


def _drafts(question: Question, requests: Sequence[Request]) -> Iterator[Draft]:
    for request in _nearest(question.original, requests)[:_MOST_BASES]:
        base = _of(request)
        yield base
        fitted = [
            fit
            for statement in (question.original, question.mutant)
            for fit in _fitted(base, question.policy, statement)
        ]
        yield from fitted
        for each in (*fitted, base):
            yield from _varied(each, question)


def _nearest(statement: Statement, requests: Sequence[Request]) -> list[Request]:
    """Return the requests, those on a statement's actions first."""
    accepts = action_set(statement.action)
    return sorted(requests, key=lambda each: not contains(accepts, each.action.lower()))


def _of(request: Request) -> Draft:
    context: dict[str, Given] = {
        name: values for spellings in request.context.values() for name, values in spellings.items()
    }
    return Draft(request.action, request.resource, request.principal, context, request)


def _fitted(base: Draft, policy: Policy, statement: Statement) -> Iterator[Draft]:
    """Yield drafts that a statement is likely to match, as near to the base as they can be."""
    who = [base.principal]
    if statement.principal is not None:
        who += islice(_principals_near(statement), _MOST_CALLERS)
    for condition in statement.conditions:
        base = _held_to(condition, base, policy, statement)
    for action in _actions(statement.action, base.action):
        for resource in _resources(statement.resource, base, policy):
            for principal in who:
                yield base._replace(action=action, resource=resource, principal=principal)


def _held_to(condition: Condition, base: Draft, policy: Policy, statement: Statement) -> Draft:
    """Return the draft with a value for which a condition holds; as it is where none is found."""
    test = lower_condition(condition, policy, statement.effect, OUR_READING)
    own = base.held(key_named(condition.key))
    near = (
        each
        for text in condition.values
        for each in values_near(condition.operator, _filled(text, base, policy))
    )
    for given in (own, *near, "another", None):
        values = values_of(condition.key, given)
        if outcome(test, values, base.text, contains).holds:
            return base if values == own else base.with_key(condition.key, given)
    return base


def _filled(text: str, base: Draft, policy: Policy) -> str:
    """Return a text with its variables as the base has them."""
    pieces = []
    for piece in read_pattern(text, wildcards=False, variables=policy.has_variables):
        if not isinstance(piece, Variable):
            pieces.append(str(piece))
        elif piece.is_escape:
            pieces.append(piece.key)
        else:
            found = base.text(key_named(piece.key))
            pieces.append(found if isinstance(found, str) else piece.default or "x")
    return "".join(pieces)


def _actions(element: Element, base: str) -> Iterator[str]:
    accepts = action_set(element)
    if contains(accepts, base.lower()):
        yield base
        return
    for text in ("",) if element.negated else element.values:
        service = text.partition(":")[0]
        listed = (f"{service}:{each}" for each in service_actions(service.lower()))
        plain = () if "*" in text or "?" in text or not text else (text,)
        likely = (*plain, *listed, *_ANYWHERE)
        yield from islice((each for each in likely if contains(accepts, each.lower())), 1)


def _resources(element: Element, base: Draft, policy: Policy) -> Iterator[str | None]:
    yield base.resource
    for text in element.values:
        for each in dict.fromkeys((_filled(text, base, policy), text)):
            yield from islice(resources_near(each), 1)


# One thing varied


def _varied(base: Draft, question: Question) -> Iterator[Draft]:
    original, mutant = question.original, question.mutant
    match question.slip.part:
        case Part.ACTION:
            for action in _actions_near(original.action, mutant.action, base.action):
                yield base._replace(action=action)
        case Part.RESOURCE:
            texts = [*original.resource.values, *mutant.resource.values, base.resource or "*"]
            for text in texts:
                for resource in resources_near(_filled(text, base, question.policy)):
                    yield base._replace(resource=resource)
            yield base._replace(resource=None)
        case Part.PRINCIPAL:
            for principal in _principals_near(original, mutant):
                yield base._replace(principal=principal)
        case Part.CONDITION:
            yield from _contexts(base, question)
        case _:
            pass  # a slip of the whole statement: nothing in it is varied


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


def _contexts(base: Draft, question: Question) -> Iterator[Draft]:
    assert question.slip.condition is not None  # a slip of a condition
    condition = question.original.conditions[question.slip.condition]
    changed = [each for each in question.mutant.conditions if each.key == condition.key]
    near = dict.fromkeys(
        value
        for each in (condition, *changed)
        for text in each.values
        for value in values_near(each.operator, _filled(text, base, question.policy))
    )
    singles = [*near, "another"]
    given: list[Given] = [None, *singles]
    given += [(one, other) for one in singles[:6] for other in singles[:6] if one != other]
    for value in given:
        yield base.with_key(condition.key, value)
