"""What must hold of every world: each law yields what breaks it, in words."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations, permutations
from random import Random
from typing import TypeAlias

import policy_eval as pe
from policy_eval.engine.decide import decide_call
from policy_eval.engine.explain import explain_call
from policy_eval.engine.residual.as_policy import as_policy
from policy_eval.engine.residual.calls import Conditions, conditions_of
from policy_eval.engine.residual.condition import Condition, parse_condition
from policy_eval.engine.residual.facts import KeyFact, ResourceFact
from policy_eval.engine.residual.formula import (
    All,
    Any,
    Formula,
    Not,
    all_of,
    any_of,
    facts_of,
    holds,
    negation,
    replaced,
)
from policy_eval.engine.residual.near_misses import Change, NearMiss, near_misses
from policy_eval.engine.residual.near_misses import _as_date as as_date
from policy_eval.engine.residual.policy_fixes import policy_fixes
from policy_eval.engine.residual.residual import residual_of
from policy_eval.engine.residual.solver import Solver
from policy_eval.engine.residual.universe import GROUPS, Model, Universe
from policy_eval.request.context import Values
from policy_eval.semantics.derivation import TIMES
from policy_eval.semantics.keys import always_carried
from policy_eval.semantics.layers import Layer
from policy_eval.semantics.lower import key_named
from policy_eval.semantics.readings import OUR_READING
from policy_eval.semantics.request_context import RequestContext, Unknown
from policy_eval.semantics.views import View
from tests.engine.residual.worlds import (
    FOLLOWING,
    KEYS,
    USUAL,
    Completion,
    Context,
    World,
    complete,
    completed,
)

COMPLETIONS = 6


class Seen:
    """A world with what the package makes of it, and some completions."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.random = Random(seed)
        self.found, self.universe = conditions_of(world.policies, world.asked, OUR_READING)
        self.residual = residual_of(world.policies, world.asked)
        tried = (complete(world, self.random, self.found) for _ in range(COMPLETIONS))
        self.completions = [each for each in tried if each is not None]

    @property
    def context(self) -> RequestContext:
        """The context of the first request."""
        return self.universe.context


def _truth(formula: Formula, completion: Completion) -> bool | None:
    return holds(formula, completion.truths(facts_of(formula)))


def answers_are_those_of_full_evaluation(seen: Seen) -> Iterator[str]:
    """Yield completions that the engine decides otherwise than the conditions say."""
    residual = seen.residual
    pairs = (
        ("allowed", True, (seen.found.allowed, residual.allow_if.formula)),
        ("explicitDeny", False, (seen.found.denied, residual.deny_if.formula)),
    )
    for completion in seen.completions:
        decision = completion.decided()
        if decision.decision == "undetermined":
            continue
        if residual.word.value not in ("undetermined", decision.decision):
            yield f"certainly {residual.word.value}, and {decision.decision}: {_shown(completion)}"
        if residual.allowed not in (None, decision.allowed):
            yield f"allowed is {residual.allowed}: {_shown(completion)}"
        for word, _, formulas in pairs:
            for number, formula in enumerate(formulas):
                truth = _truth(formula, completion)
                if truth is not None and truth is not (decision.decision == word):
                    yield (
                        f"{word}, condition {number} is {truth}, and the engine says "
                        f"{decision.decision}: {Condition(formula)}: {_shown(completion)}"
                    )
        denied, granted = (
            _truth(each.formula, completion) for each in (residual.deny_if, residual.granted)
        )
        if denied is False and granted not in (None, decision.decision == "allowed"):
            yield f"granted is {granted}: {residual.granted}: {_shown(completion)}"


def conditions_hold_of_requests_as_decided(seen: Seen) -> Iterator[str]:
    """Yield completions for which `Condition.holds` says otherwise than the engine."""
    for completion in seen.completions:
        decision = completion.decided()
        if decision.decision == "undetermined":
            continue
        for condition, word in (
            (seen.residual.allow_if, "allowed"), (seen.residual.deny_if, "explicitDeny"),
        ):  # fmt: skip
            truth = condition.holds(completion.asked[0], completion.policies)
            if truth is not None and truth is not (decision.decision == word):
                yield f"{condition} is {truth}: {decision.decision}: {_shown(completion)}"


def no_known_key_is_mentioned(seen: Seen) -> Iterator[str]:
    """Yield keys that are known and that a condition mentions."""
    for condition in (seen.residual.allow_if, seen.residual.deny_if, seen.residual.granted):
        for name in condition.keys:
            if not isinstance(seen.context.look(key_named(name)), Unknown):
                yield f"{name} is known: {condition}"


def missing_keys_matter(seen: Seen) -> Iterator[str]:
    """Yield reported keys without two values that lead to different decisions."""
    for missing in seen.residual.missing:
        if False:
            if not seen.residual.is_minimal:
                continue
            yield f"{missing.name} has no examples"
        elif missing.examples and len({each.decision for each in missing.examples}) < 2:
            yield f"{missing.name}: all examples lead to {missing.examples}"


def models_are_requests(seen: Seen) -> Iterator[str]:
    """Yield models of a condition that no request is like, or that are decided otherwise."""
    residual = seen.residual
    formulas = (residual.allow_if.formula, residual.deny_if.formula)
    if not _is_about_keys(seen):
        return
    neither = all_of(map(negation, formulas))
    for formula, word in zip(
        (*formulas, neither), ("allowed", "explicitDeny", "implicitDeny"), strict=True
    ):
        model = Solver(seen.universe).satisfy(formula)
        if isinstance(model, Model) and not (
            _NOT_LOOKED_AT & {*model.values} or model.values.get("aws:currenttime") == ("",)
        ):
            yield from _other_decisions(seen, model.values, word)
    for missing in residual.missing:
        yield from _other_examples(seen, missing)


_NOT_LOOKED_AT = {"aws:principalorgpaths", "aws:epochtime", "secretsmanager:name"}
"""Units whose values the universe does not look at together with others (see its docstring)."""


def _is_about_keys(seen: Seen) -> bool:
    """Whether what is open of a world are keys alone."""
    facts = [fact for formula in seen.found for fact in facts_of(formula)]
    return seen.world.asked[0].principal is not None and all(
        isinstance(fact, KeyFact)
        or (isinstance(fact, ResourceFact) and seen.context.resources.names is not None)
        for fact in facts
    )


def _other_examples(seen: Seen, missing: pe.MissingKey) -> Iterator[str]:
    if not missing.examples:
        return
    words = [each.decision for each in missing.examples]
    if len(set(words)) < 2:
        yield f"{missing.name}: all examples lead to {missing.examples}"
    formulas = Conditions(seen.residual.allow_if.formula, seen.residual.deny_if.formula)
    if missing.name.lower().startswith("aws:principalorg"):
        return
    found = pairs(seen.universe, formulas, missing.name)
    if found is None and missing.name.lower() in TIMES:
        return  # a date as a text is another unit
    if found is None:
        yield f"{missing.name} has examples, and no pair of ways"
        return
    for values, word in found:
        if not _NOT_LOOKED_AT & {*values}:
            yield from _other_decisions(seen, values, word, missing.name)


def pairs(
    universe: Universe, found: Conditions, name: str
) -> list[tuple[Mapping[str, Values | None], str]] | None:
    """Return two ways in which everything may be that differ in a key, with their decisions."""
    unit = universe.unit_of(key_named(name), View.INSTANT)
    group = GROUPS.get(unit, unit)
    here, there = (
        [replaced(formula, universe.apart_from(group, copy)) for formula in found]
        for copy in (1, 2)
    )
    words = [
        (allowed, denied, all_of((negation(allowed), negation(denied))))
        for allowed, denied in (here, there)
    ]
    model = Solver(universe).satisfy(
        any_of(all_of((words[0][one], words[1][other])) for one, other in permutations(range(3), 2))
    )
    if not isinstance(model, Model):
        return None
    ways = []
    for copy in (1, 2):
        one = universe.only(model.facts, copy)
        settled = universe.model(one)
        if not isinstance(settled, Model):
            return None
        allowed, denied = (holds(formula, one) for formula in found)
        word = "allowed" if allowed else "explicitDeny" if denied else "implicitDeny"
        ways.append((settled.values, word))
    return ways


def _other_decisions(
    seen: Seen, values: Mapping[str, Values | None], word: str, what: str = ""
) -> Iterator[str]:
    """Yield a request with these values if it is decided otherwise."""
    world = seen.world
    given = _context(seen, values)
    first = world.asked[0]
    assert first.principal is not None
    try:
        asked = tuple(
            completed(each, first.principal, given, each.resource or "*") for each in world.asked
        )
        decision = decide_call(world.policies, asked, missing=False)
    except pe.RequestError as error:
        yield f"{what} no request is like the model {values}: {given}: {error}"
        return
    if decision.decision not in (word, "undetermined"):
        yield f"{what} the model {values} is for {word}, and it is {decision}: {given}"


def _context(seen: Seen, values: Mapping[str, Values | None]) -> Context:
    """Return a value for each key that is open: the model's; else its absence, or what is usual."""
    given: Context = {}
    for name in KEYS:
        key = key_named(name)
        if not isinstance(seen.context.look(key), Unknown):
            continue
        unit = seen.universe.unit_of(key, View.INSTANT)
        folded = key.folded
        if unit in values and (unit == folded or unit.startswith("aws:requesttag/")):
            held = values[unit]
            if unit == "aws:currenttime" and held:
                held = (as_date(held[0]),)
            if not (held is None and folded == "aws:currenttime"):
                given[name] = held
        elif folded == "aws:viaawsservice" and _is_forwarded(seen, values):
            given[name] = "true"
        elif folded == "aws:resourceaccount":
            given[name] = seen.context.caller_account() or USUAL[folded]
        elif folded in USUAL:
            given[name] = USUAL[folded]
        elif folded not in FOLLOWING and unit == folded:
            given[name] = None
    principal = seen.context.principal
    if principal is not None and principal.credentials is pe.Credentials.ACCESS_KEY:
        given.pop("aws:MultiFactorAuthPresent", None)
    if seen.world.asked[0].given_context().get("aws:CalledVia"):
        given.pop("aws:ViaAWSService", None)
    for name in ("aws:PrincipalArn", "aws:userid"):
        if name in given and given[name] is None:
            del given[name]
    tags = given.get("aws:TagKeys")
    if isinstance(tags, tuple) and any(
        f"aws:requesttag/{tag.lower()}" in values for tag in tags
    ):  # of tags that are there the values are known, too
        return given
    given.pop("aws:TagKeys", None)
    for tag in tags if isinstance(tags, tuple) else ():
        name = f"aws:RequestTag/{tag}"
        if given.get(name) is None and not any(each.lower() == name.lower() and held
                                               for each, held in given.items()):  # fmt: skip
            given = {each: held for each, held in given.items() if each.lower() != name.lower()}
            given[name] = "x"
    if given.get("aws:CalledVia"):
        given.pop("aws:ViaAWSService", None)
    if "aws:MultiFactorAuthAge" in given and given["aws:MultiFactorAuthAge"] is not None:
        given.setdefault("aws:MultiFactorAuthPresent", "true")
        if given["aws:MultiFactorAuthPresent"] is None:
            given["aws:MultiFactorAuthPresent"] = "true"
    return given


def _is_forwarded(seen: Seen, values: Mapping[str, Values | None]) -> bool:
    """Whether the call must be forwarded: it has an address, and passes an endpoint otherwise."""
    address = seen.context.look(key_named("aws:SourceIp"))
    exists = seen.world.policies.attached.exists(Layer.ENDPOINT)
    known = None if isinstance(address, Unknown) else address[0]
    return bool(exists) and (known or values.get("aws:sourceip")) is not None


def nothing_can_be_left_out(seen: Seen) -> Iterator[str]:
    """Yield parts of a condition without which it would be the same."""
    if not seen.residual.is_minimal:
        return
    for condition in (seen.residual.allow_if, seen.residual.deny_if):
        formula = condition.formula
        solver = Solver(_fresh(seen, formula))
        for other, what in _shorter(formula):
            changes = any_of((
                all_of((formula, negation(other))), all_of((other, negation(formula)))
            ))  # fmt: skip
            if solver.never(changes):
                yield f"{what} can go from {condition}"


def _fresh(seen: Seen, *formulas: Formula) -> Universe:
    universe = Universe(seen.context)
    for formula in formulas:
        universe.admit(formula)
    return universe


def _shorter(formula: Formula) -> Iterator[tuple[Formula, str]]:
    """Yield a formula with one part less, wherever there are several."""
    if isinstance(formula, (All, Any)):
        join = all_of if isinstance(formula, All) else any_of
        for place, part in enumerate(formula.parts):
            others = [*formula.parts[:place], *formula.parts[place + 1 :]]
            if others:
                yield join(others), str(Condition(part))
            for other, what in _shorter(part):
                yield join([*others[:place], other, *others[place:]]), what
    elif isinstance(formula, Not):
        for other, what in _shorter(formula.parts[0]):
            yield negation(other), what


def conditions_are_read_back(seen: Seen) -> Iterator[str]:
    """Yield conditions whose text stands for another one."""
    for formula in (
        seen.found.allowed, seen.found.denied, seen.residual.allow_if.formula,
        seen.residual.deny_if.formula, seen.residual.granted.formula,
    ):  # fmt: skip
        condition = Condition(formula)
        try:
            again = parse_condition(str(condition))
        except pe.RequestError as error:
            yield f"{error}: {condition}"
            continue
        if again != condition or hash(again) != hash(condition):
            yield f"read as {again}: {condition}"
        if str(parse_condition(str(again))) != str(again):
            yield f"not stable: {again}"
        if json.loads(json.dumps(condition.to_dict())) != condition.to_dict():
            yield f"no JSON: {condition}"


def policies_decide_as_conditions_say(seen: Seen) -> Iterator[str]:
    """Yield policies made of a residual that decide otherwise than it says."""
    if len(seen.world.asked) > 1:
        return
    try:
        document = as_policy(seen.residual, seen.world.asked[0].action)
    except pe.RequestError:
        return
    policies = pe.PolicySet([document])
    for completion in seen.completions:
        request = completion.asked[0].alone()
        conditions = (seen.residual.deny_if, seen.residual.granted)
        denied, granted = (_truth(each.formula, completion) for each in conditions)
        if denied is None or granted is None or not _is_plain(completion):
            continue
        expected = "explicitDeny" if denied else "allowed" if granted else "implicitDeny"
        try:
            decision = pe.decide(policies, request).decision
        except pe.RequestError:
            continue
        if decision != expected:
            yield f"{json.dumps(document)}: {decision}, not {expected}: {_shown(completion)}"


def _is_plain(completion: Completion) -> bool:
    """Whether identity-based policies alone decide of the caller on its own resource."""
    principal = completion.asked[0].principal
    context = RequestContext(completion.asked[0])
    kinds = (pe.PrincipalKind.USER, pe.PrincipalKind.ROLE)
    own = completion.asked[0].action.startswith(("secretsmanager:", "s3:", "sqs:"))
    return principal is not None and principal.kind in kinds and own and not context.is_foreign()


def assuming_the_condition_settles_it(seen: Seen) -> Iterator[str]:
    """Yield conditions under which a call is allowed that do not make it so when assumed."""
    residual, world = seen.residual, seen.world
    if not residual.is_minimal or residual.allow_if.never or residual.allow_if.always:
        return
    for assumed, word in ((residual.allow_if, "allowed"), (residual.deny_if, "explicitDeny")):
        if assumed.never or assumed.always:
            continue
        try:
            again = residual_of(world.policies, world.asked, assuming=assumed)
        except pe.RequestError as error:
            yield f"{assumed}: {error}"
            continue
        if again.is_minimal and again.word.value != word:
            yield f"{assumed}: {again.word} if {again.allow_if}"
        text = parse_condition(str(assumed))
        read = residual_of(world.policies, world.asked, assuming=text)
        if (read.word, read.allow_if) != (again.word, again.allow_if):
            yield f"{assumed}: read back it is another"
    try:
        without = residual_of(
            world.policies, world.asked, assuming=Condition(negation(residual.allow_if.formula))
        )
    except pe.RequestError as error:
        yield f"not {residual.allow_if}: {error}"
        return
    if without.is_minimal and without.allowed is not False:
        yield f"not ({residual.allow_if}): {without.word}"


def keys_that_are_not_missing_change_nothing(seen: Seen) -> Iterator[str]:
    """Yield unknown keys that are not reported, and that change a decision by themselves."""
    if seen.residual.word.value != "undetermined":
        return
    reported = {each.name.lower() for each in seen.residual.missing}
    for completion in seen.completions:
        decision = completion.decided()
        if decision.decision == "undetermined":
            continue
        given = completion.asked[0].given_context()
        for name in given:
            folded = name.lower()
            key = key_named(name)
            if folded in reported or folded in _LINKED or "tag" in folded or not isinstance(
                seen.context.look(key), Unknown
            ):  # fmt: skip
                continue
            other = seen.random.choice([*([] if always_carried(folded) else [None]), "zz", "1"])
            try:
                asked = tuple(
                    each.with_context({**each.given_context(), name: other})
                    for each in completion.asked
                )
                changed = completion._replace(asked=asked).decided()
            except pe.RequestError:
                continue
            if changed.decision not in (decision.decision, "undetermined"):
                yield f"{name} = {other}: {decision} becomes {changed}: {_shown(completion)}"


_LINKED = frozenset({"aws:calledvia", "aws:viaawsservice", "aws:currenttime",
                     "aws:principalorgid", "aws:principalorgpaths", "aws:multifactorauthpresent",
                     "aws:multifactorauthage", "aws:resourceaccount", "aws:userid",
                     "aws:principalarn", "secretsmanager:name"})  # fmt: skip
"""Keys with which others change."""


def _shown(completion: Completion) -> str:
    first = completion.asked[0]
    return f"{first!r} {first.given_context()} {completion.layers} {completion.statements}"


def near_misses_allow_the_call(seen: Seen) -> Iterator[str]:
    """Yield near misses with which a call is not allowed, or is with less."""
    world = seen.world
    for completion in seen.completions[:1]:
        if completion.decided().allowed is not False:
            continue
        found = near_misses(completion.policies, *completion.asked)
        for miss in found.found:
            yield from _not_minimal(completion, miss)
        if found.still_denied and found.found:
            yield f"denied whatever the context is, and {found.found}: {world}"


def _not_minimal(completion: Completion, miss: NearMiss) -> Iterator[str]:
    first, *also = completion.asked

    def allowed(changes: tuple[Change, ...]) -> bool | None:
        asked = miss._replace(changes=changes).apply(first)
        return decide_call(completion.policies, [asked, *also], missing=False).allowed

    if allowed(miss.changes) is not True:
        yield f"{miss} does not help: {_shown(completion)}"
    for place in range(len(miss.changes)):
        try:
            if allowed((*miss.changes[:place], *miss.changes[place + 1 :])):
                yield f"{miss.changes[place]} can be left out of {miss}: {_shown(completion)}"
        except pe.RequestError:
            continue


def policy_fixes_allow_the_call(seen: Seen) -> Iterator[str]:
    """Yield fixes of policies with which a call is not allowed, or is with less."""
    for completion in seen.completions[:1]:
        if completion.decided().allowed is not False:
            continue
        parts = explain_call(completion.policies, completion.asked).parts
        for fix in policy_fixes(completion.policies, parts, *completion.asked).found:
            for edits in combinations(fix.edits, len(fix.edits) - 1):
                less = fix._replace(edits=edits).apply(completion.policies)
                if edits and decide_call(less, completion.asked, missing=False).allowed:
                    yield f"too much: {fix}: {_shown(completion)}"
            fixed = fix.apply(completion.policies)
            if decide_call(fixed, completion.asked, missing=False).allowed is not True:
                yield f"{fix} does not help: {_shown(completion)}"


Law: TypeAlias = Callable[[Seen], Iterator[str]]
"""What yields whatever breaks it in a world."""

LAWS: Sequence[Law] = (
    answers_are_those_of_full_evaluation,
    conditions_hold_of_requests_as_decided,
    no_known_key_is_mentioned,
    missing_keys_matter,
    models_are_requests,
    nothing_can_be_left_out,
    conditions_are_read_back,
    policies_decide_as_conditions_say,
    assuming_the_condition_settles_it,
    keys_that_are_not_missing_change_nothing,
    near_misses_allow_the_call,
    policy_fixes_allow_the_call,
)
SLOW: Sequence[Law] = (policy_fixes_allow_the_call,)
"""Laws that take long: a fix is sought among many."""
