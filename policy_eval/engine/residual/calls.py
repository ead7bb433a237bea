"""The conditions under which a whole call is allowed, and explicitly denied.

Every statement becomes the conjunction of what is open of it; the layers are combined by
`semantics.authorization`, as in every engine. What follows from known values is asked of
`semantics.outcomes`, once, and stands in no condition.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING, NamedTuple, cast

from policy_eval.engine.call import Step, steps_of
from policy_eval.engine.matching import contains
from policy_eval.engine.residual.facts import (
    CallFact,
    KeyFact,
    LayerFact,
    PrincipalFact,
    ResourceFact,
    StatementFact,
    can_be_malformed,
)
from policy_eval.engine.residual.formula import (
    FALSE,
    TRUE,
    Constant,
    Formula,
    Is,
    all_of,
    any_of,
    facts_of,
    negation,
    statement,
)
from policy_eval.engine.residual.patterns import Piece, replaced
from policy_eval.engine.residual.universe import Universe
from policy_eval.errors import RequestError
from policy_eval.policy.ast import Condition, Effect
from policy_eval.policy.operator_name import OperatorName, SetOperator
from policy_eval.policy.pattern import Variable, read_pattern
from policy_eval.policy.policy_type import RULES
from policy_eval.semantics.authorization import (
    Booleans,
    Case,
    Found,
    Grant,
    allows_of,
    denies_of,
    granted,
)
from policy_eval.semantics.complaints import unreadable
from policy_eval.semantics.dependent_actions import OF_AWS_MANAGED_KEY, Needed
from policy_eval.semantics.layers import Layer
from policy_eval.semantics.lower import (
    ConditionParts,
    Key,
    Quantifier,
    Subject,
    Template,
    Test,
    Unresolved,
    key_named,
    lower_condition,
    lower_parts,
    parts_of,
    variable_text,
)
from policy_eval.semantics.operators import OPERATORS
from policy_eval.semantics.outcomes import Why, constant, evaluate, is_multivalued
from policy_eval.semantics.principals import Caller, Naming, PrincipalTest, lower_principal, naming
from policy_eval.semantics.request_context import (
    ANOTHER_ACCOUNT,
    Candidates,
    RequestContext,
    Unknown,
)
from policy_eval.semantics.situations import ALIASES_OF_KEYS, case_of, levels_with_a_say

if TYPE_CHECKING:
    from policy_eval.engine.decision import Entry
    from policy_eval.engine.policies import PolicySet
    from policy_eval.policy.principal_element import PrincipalValue
    from policy_eval.request.context import Values
    from policy_eval.request.request import Request
    from policy_eval.semantics.readings import Reading
    from policy_eval.semantics.resource_patterns import ResourcePattern
    from policy_eval.semantics.sets import ValueSet


class Conditions(NamedTuple):
    """When a call is allowed, and when it is explicitly denied."""

    allowed: Formula
    denied: Formula


def conditions_of(
    policies: PolicySet, requests: Sequence[Request], reading: Reading
) -> tuple[Conditions, Universe]:
    """Return the conditions of a call, and what the unknown may be.

    Raises RequestError as deciding the call does.
    """
    return conditions_of_steps(policies, steps_of(requests, policies.attached, reading))


def conditions_of_steps(policies: PolicySet, steps: Sequence[Step]) -> tuple[Conditions, Universe]:
    """Return the same for the requests of a call, made ready. Raises as `conditions_of`."""
    universe = Universe(steps[0].context)
    call = Conditions(TRUE, FALSE)
    for step in steps:
        part = _of_step(policies, step, universe)
        denied = any_of((call.denied, all_of((call.allowed, part.denied))))
        call = Conditions(all_of((call.allowed, part.allowed)), denied)
    for formula in call:
        universe.admit(formula)
    return call, universe


def _of_step(policies: PolicySet, step: Step, universe: Universe) -> Conditions:
    """Return the conditions of one request of a call; of a further one that it may not need."""
    part = _by_owner(policies, step.context, universe, step.needed)
    needed = step.needed
    if needed is None:
        return part
    if _is_on_something_else(step.context, needed, part):
        part = _as_a_question(part, str(step.context.action))
    if not needed.hangs_on:
        return part
    needs, needs_not = _needs(needed, universe)
    return Conditions(any_of((needs_not, part.allowed)), all_of((needs, part.denied)))


def _as_a_question(part: Conditions, action: str) -> Conditions:
    """Return the conditions of an action that nobody can tell more of than what never changes."""
    hangs_on = tuple(dict.fromkeys(facts_of(part.allowed)))
    allowed, denied = (
        found if isinstance(found, Constant) else Is(CallFact(action, effect, hangs_on))
        for found, effect in zip(part, (Effect.ALLOW, Effect.DENY), strict=True)
    )
    return Conditions(allowed, denied)


_OF_CALLER_AND_TIME = ("aws:principal", "aws:user", "aws:currenttime", "aws:epochtime")
"""Keys that all requests of one call share, whatever they are on."""


def _is_on_something_else(context: RequestContext, needed: Needed, part: Conditions) -> bool:
    """Return whether what a further action hangs on is not what was asked about."""
    if needed.same_resource:
        return False
    facts = [*facts_of(part.allowed), *facts_of(part.denied)]
    return context.resources.names is None or not all(
        isinstance(fact, KeyFact)
        and all(key.folded.startswith(_OF_CALLER_AND_TIME) for key in fact.keys)
        for fact in facts
    )


def _needs(needed: Needed, universe: Universe) -> tuple[Formula, Formula]:
    """Return whether a further action is needed, where that hangs on an unknown key; and if not."""
    # a tag is passed where the key is a family of tags
    key = "aws:TagKeys" if needed.hangs_on.endswith("/") else needed.hangs_on
    there = fact_of("Null", key, ("false",), universe)
    absent = fact_of("Null", key, ("true",), universe)
    if needed.same_resource:
        return there, absent
    own = fact_of("StringLike", key, OF_AWS_MANAGED_KEY, universe)
    return all_of((there, negation(own))), any_of((absent, own))


def _by_owner(
    policies: PolicySet, context: RequestContext, universe: Universe, needed: Needed | None
) -> Conditions:
    """Return the conditions whosever the resource is (R-XACC-05)."""
    contexts = context.by_owner()
    found = [_of_request(policies, each, universe, needed) for each in contexts]
    if len(found) == 1 or all(each == found[0] for each in found):
        return found[0]
    whose = [
        None if each.assumed_owner in (ANOTHER_ACCOUNT, None) else _is_owner(each, universe)
        for each in contexts
    ]
    named = [each for each in whose if each is not None]
    other = all_of(map(negation, named))
    return Conditions(*(
        any_of(
            all_of((other if owner is None else owner, part))
            for owner, part in zip(whose, parts, strict=True)
        )
        for parts in zip(*found, strict=True)
    ))  # fmt: skip


def _is_owner(context: RequestContext, universe: Universe) -> Formula:
    return fact_of("StringEquals", "aws:ResourceAccount", (context.assumed_owner or "",), universe)


def fact_of(operator: str, key: str, values: Sequence[str], universe: Universe) -> Formula:
    """Return a condition in words that every policy could use."""
    set_operator, _, base = operator.rpartition(":")
    name = OperatorName(SetOperator(set_operator) if set_operator else None, base, if_exists=False)
    row = OPERATORS[base.lower()]
    patterns = tuple(
        read_pattern(value, wildcards=row.wildcards, variables=False) for value in values
    )
    parts = ConditionParts(key_named(key), name, row, patterns)
    test = lower_parts(parts, Effect.ALLOW, frozenset())
    return Is(KeyFact(parts.key, parts, test, universe.unit_of(parts.key, test.view)))


# One request


def _of_request(
    policies: PolicySet, context: RequestContext, universe: Universe, needed: Needed | None
) -> Conditions:
    case = case_of(context)
    opened = _Opened(context, universe, needed)
    found = _found(policies, opened, case)
    kind = Booleans(TRUE, FALSE, _unknown_layer, opened.exempt, opened.applies)
    allows = granted(case.side, allows_of(case, found, kind), case.everyone, always=TRUE)
    denied = any_of(denies_of(case, found, kind))
    return Conditions(all_of((allows, negation(denied))), denied)


def _unknown_layer(layer: Layer, way: Grant | Effect) -> Formula:
    return Is(LayerFact(layer, way))


def _found(policies: PolicySet, opened: _Opened, case: Case) -> Found[Formula]:
    """Return what each layer says: it allows if each level does, denies if one does."""
    allows: dict[Layer, Formula] = {}
    denies: dict[Layer, Formula] = {}
    grants: dict[Grant, list[Formula]] = {}
    program = policies.program(opened.context.reading)
    numbers = program.for_action(opened.context.folded_action).numbers
    for layer, level in levels_with_a_say(opened.context, case):
        allowing: list[Formula] = []
        denying: list[Formula] = []
        for number in numbers:
            entry = program.entries[number]
            if (entry.attachment.layer, entry.attachment.level) != (layer, level):
                continue
            effect = entry.statement.effect
            for grant, term in opened.terms(entry, program.tests_of(number)):
                (allowing if effect is Effect.ALLOW else denying).append(term)
                if layer is Layer.RESOURCE and effect is Effect.ALLOW and grant is not None:
                    grants.setdefault(grant, []).append(term)
        allow, deny = any_of(allowing), any_of(denying)
        allows[layer] = all_of((allows[layer], allow)) if layer in allows else allow
        denies[layer] = any_of((denies[layer], deny)) if layer in denies else deny
    opened.check_read()
    return Found(allows, denies, {grant: any_of(terms) for grant, terms in grants.items()})


class _Opened:
    """What is open of statements in the context of one request."""

    def __init__(self, context: RequestContext, universe: Universe, needed: Needed | None) -> None:
        self.context = context
        self.universe = universe
        self.needed = needed
        self._unread: list[tuple[Test, Candidates]] = []

    def check_read(self) -> None:
        """Raise RequestError with every value that a statement cannot read (R-COND-42)."""
        if self._unread:
            raise RequestError(*dict.fromkeys(unreadable(*each) for each in self._unread))

    def terms(self, entry: Entry, tests: Iterable[Test]) -> Iterator[tuple[Grant | None, Formula]]:
        """Yield under which condition a statement applies, and how it then names the caller."""
        policy, one = entry.policy, entry.statement
        of_resource = next(test for test in tests if test.attribute is Subject.RESOURCE)
        parts = [self._resource(entry, of_resource)]
        parts += [self._condition(entry, condition) for condition in one.conditions]
        if one.unusable:
            parts.append(Is(StatementFact(policy.name, one.number)))
        if not RULES[policy.type].names_principals:
            yield None, statement(parts, entry)
            return
        for grant, named in self._naming(entry):
            yield grant, statement((*parts, named), entry)

    def applies(self, layer: Layer) -> Formula:
        """Return whether a layer has a say where that hangs on a key."""
        return negation(self.exempt(layer))

    def exempt(self, layer: Layer) -> Formula:
        """Return whether a layer has no say where that hangs on a key (R-FAS-01, R-RCP-01)."""
        if layer is Layer.ENDPOINT:
            return fact_of("Bool", "aws:ViaAWSService", ("true",), self.universe)
        return any_of(
            fact_of("ForAnyValue:StringLike", name, ("alias/aws/*",), self.universe)
            for name in ALIASES_OF_KEYS
            if isinstance(self.context.candidates(key_named(name)), Unknown)
        )

    # Whom it names

    def _naming(self, entry: Entry) -> Iterator[tuple[Grant, Formula]]:
        test = lower_principal(entry.statement, self.context.reading)
        at_endpoint = entry.attachment.layer is Layer.ENDPOINT
        caller = self.context.caller_at_endpoint() if at_endpoint else self.context.caller()
        found = naming(test, caller)
        if found.sure is not None:
            yield found.sure, TRUE
        if found.possible is None or found.possible is found.sure:
            return
        if found.missing == "boundary":
            yield found.possible, Is(LayerFact(Layer.BOUNDARY, None))
        elif test.negated:
            yield found.possible, Is(PrincipalFact(test.names, None, found.missing))
        elif caller.is_known:
            names = frozenset(name for name in test.names if _adds(test, name, caller, found))
            yield (
                found.possible,
                Is(PrincipalFact(names or test.names, found.possible, found.missing)),
            )
        else:
            for grant in (Grant.DIRECT, Grant.OF_SESSION, Grant.ACCOUNT):
                yield grant, Is(PrincipalFact(test.names, grant))

    # The resource

    def _resource(self, entry: Entry, test: Test) -> Formula:
        """Return whether a statement is on the resource, as a test asks."""
        reading, element = self.context.reading, entry.statement.resource
        seen = self.context.resource_candidates()
        variables = tuple(map(self._candidates, test.variables))
        if not isinstance(seen, Unknown) and not any(isinstance(v, Unknown) for v in variables):
            return self._settled(test, seen, variables)
        if not isinstance(test.accepts, Template):
            fixed = constant(test)
            open_ = Is(ResourceFact(test, (), negated=element.negated))
            return open_ if fixed is None else _constant(fixed)
        found: list[Formula] = []
        names: tuple[Values | None, ...] = (None,) if isinstance(seen, Unknown) else seen
        for known in self._known(test.variables, variables):
            resolved = test._replace(accepts=_with_known(test.accepts, known, reading))
            fixed = constant(resolved)
            for name in names:
                open_ = Is(ResourceFact(resolved, name or (), negated=element.negated))
                found.append(open_ if fixed is None else _constant(fixed))
        return _of_choices(test, found, known=True)

    # Conditions

    def _candidates(self, key: Key) -> Candidates:
        """Return what a key may hold; a further action has no key that it does not carry."""
        held = self.context.candidates(key)
        if self.needed is None or not isinstance(held, Unknown):
            return held
        # a tag that the call is known to pass, and the further action is not, is not carried
        lost = key.folded.startswith("aws:requesttag/") and not isinstance(
            self.universe.context.look(key), Unknown
        )
        return (None,) if lost or not self.needed.carries(key.folded) else held

    def _known(
        self, keys: Sequence[Key], held: Sequence[Candidates]
    ) -> list[dict[str, Values | None]]:
        """Return what the known ones of some keys hold, by folded name: each way there is."""
        known = [
            (key.folded, each)
            for key, each in zip(keys, held, strict=True)
            if not isinstance(each, Unknown)
        ]
        names = [name for name, _ in known]
        return [
            dict(zip(names, chosen, strict=True))
            for chosen in product(*(each for _, each in known))
        ]

    def _settled(self, test: Test, seen: Candidates, variables: tuple[Candidates, ...]) -> Formula:
        """Return whether a test holds, of which all is known."""
        found = evaluate(test, seen, variables, self.context.reading, contains)
        if found.why is Why.UNREADABLE:
            self._unread.append((test, seen))
        return _constant(found.holds is True)

    def _condition(self, entry: Entry, condition: Condition) -> Formula:
        """Return whether a condition holds."""
        effect, reading = entry.statement.effect, self.context.reading
        test = lower_condition(condition, entry.policy, effect, reading)
        assert isinstance(test.attribute, Key)  # a condition is on a key
        seen = self._candidates(test.attribute)
        variables = tuple(map(self._candidates, test.variables))
        if isinstance(seen, Unknown):
            self.universe.note(self.universe.unit_of(test.attribute, test.view), test)
        elif not any(isinstance(v, Unknown) for v in variables):
            return self._settled(test, seen, variables)
        found = evaluate(test, seen, variables, reading, contains)
        if found.why is Why.UNREADABLE:
            return self._settled(test, seen, variables)
        if found.holds is not None:
            return _constant(found.holds)
        parts = parts_of(condition, entry.policy, reading)
        return _of_choices(
            test,
            [
                self._open(with_known_values(parts, known, reading), test, effect, subject)
                for known in self._known(test.variables, variables)
                for subject in ((None,) if isinstance(seen, Unknown) else _held(seen))
            ],
            known=not isinstance(seen, Unknown),
        )

    def _open(
        self, parts: ConditionParts, whole: Test, effect: Effect, subject: Values | None
    ) -> Formula:
        """Return what is open of a condition: on its key, or on the known values of it."""
        test = lower_parts(parts, effect, self.context.reading)._replace(
            unreadable_fails=whole.unreadable_fails
        )
        if isinstance(test.accepts, Template) and not test.accepts.keys:
            return _constant(test.when_malformed)  # whatever the key holds (R-COND-41)
        unit = self.universe.unit_of(parts.key, test.view)
        if subject is None:
            fixed = constant(test)
            return Is(KeyFact(parts.key, parts, test, unit)) if fixed is None else _constant(fixed)
        if not test.variables:
            return self._settled(test, (subject or None,), ())
        if not subject and (not can_be_malformed(test) or test.when_absent is test.when_malformed):
            return _constant(test.when_absent)
        if test.quantifier is Quantifier.ONE and is_multivalued(test, subject):
            return FALSE  # R-COND-34
        return Is(KeyFact(subject, parts, test, unit))


def _held(seen: Sequence[Values | None]) -> Iterator[Values]:
    """Yield what a key may hold, as what a condition looks at: nothing where it is absent."""
    yield from (values or () for values in seen)


def _constant(holds: bool) -> Formula:  # noqa: FBT001 - a truth as a formula
    return TRUE if holds else FALSE


def _of_choices(test: Test, choices: Sequence[Formula], *, known: bool) -> Formula:
    """Return what holds where spellings of keys compete: unless all agree, the restrictive side.

    Rule: R-COND-04. An unknown key has one spelling.
    """
    return any_of(choices) if test.when_ambiguous and known else all_of(choices)


def _adds(test: PrincipalTest, name: PrincipalValue, caller: Caller, found: Naming) -> bool:
    """Return whether a name may be the caller's in the way that the whole list may be."""
    alone = test._replace(names=frozenset({name}), everyone=False)
    named = naming(alone, caller)
    return named.possible is found.possible and named.sure is not found.possible


# What variables stand for


def _with_known(
    template: Template, known: dict[str, Values | None], reading: Reading
) -> Template | ValueSet:
    """Return a template with the known variables replaced; the set, where none is left."""
    pieces: object = _replaced(template.patterns, known, reading)
    patterns = cast("tuple[ResourcePattern, ...]", pieces)
    keys = tuple(key for key in template.keys if key.folded not in known)
    left = template._replace(patterns=patterns, keys=keys)
    if keys:
        return left
    accepts = left.resolve(lambda _: Unresolved.ABSENT)
    return left if accepts is None else accepts


def with_known_values(
    parts: ConditionParts, known: dict[str, Values | None], reading: Reading
) -> ConditionParts:
    """Return a condition with its known variables replaced, by the folded names of their keys."""
    return parts._replace(patterns=_replaced(parts.patterns, known, reading))


def _replaced(
    patterns: Iterable[tuple[str | Piece | Variable, ...]],
    known: dict[str, Values | None],
    reading: Reading,
) -> tuple[tuple[str | Piece | Variable, ...], ...]:
    """Return patterns with known variables replaced (R-VAR-05, R-VAR-06, R-VAR-12)."""

    def text_of(variable: Variable) -> str | Unresolved | None:
        key = key_named(variable.key)
        if key.folded not in known:
            return None
        text = variable_text(known[key.folded], key, reading)
        if text is Unresolved.ABSENT and variable.default is not None:
            return variable.default
        return text

    return replaced(patterns, text_of)
