"""Near misses: the smallest changes to a request's context with which it would be allowed.

Every key that a statement reads and that could be otherwise is taken for unknown; sets of keys
are tried, the smallest first, for values with which the call is allowed while the other keys stay
as they are. So no part of a near miss can be left out. Each is decided before it is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from policy_eval.engine.decide import decide_call
from policy_eval.engine.decision import Deciding
from policy_eval.engine.residual.calls import Conditions, conditions_of, with_known_values
from policy_eval.engine.residual.facts import KeyFact, ResourceFact
from policy_eval.engine.residual.formula import (
    FALSE,
    TRUE,
    Formula,
    Is,
    facts_of,
    replaced,
)
from policy_eval.engine.residual.solver import Solver
from policy_eval.engine.residual.truth import truth_of
from policy_eval.engine.residual.universe import GROUPS, Model, Universe
from policy_eval.errors import RequestError
from policy_eval.policy.ast import Effect
from policy_eval.request.request import Request
from policy_eval.semantics.authorization import Word
from policy_eval.semantics.derivation import TIMES
from policy_eval.semantics.lower import Key, key_named, lower_parts
from policy_eval.semantics.readings import OUR_READING
from policy_eval.semantics.request_context import RequestContext, Unknown
from policy_eval.text.folding import fold

if TYPE_CHECKING:
    from policy_eval.engine.policies import PolicySet
    from policy_eval.engine.residual.facts import Fact
    from policy_eval.request.context import Given, Values

MOST_SETS = 2_000
"""Sets of keys that are tried for one answer."""
_MOST_KEYS = 4
"""Keys that are changed together."""
_MOST_FOUND = 8


class Change(NamedTuple):
    """A key as it would have to be (None: absent), and what it holds now."""

    key: str
    values: Values | None
    before: Values | None

    def to_dict(self) -> dict[str, object]:
        """Return the change as plain data."""
        return {
            "key": self.key,
            "values": None if self.values is None else list(self.values),
            "before": None if self.before is None else list(self.before),
        }


class NearMiss(NamedTuple):
    """Changes to the context with which a call would be allowed; none of them can be left out."""

    changes: tuple[Change, ...]

    def apply(self, request: Request) -> Request:
        """Return the request with these changes. Raises RequestError where they contradict it."""
        return _changed(_plain(request), {each.key: each.values for each in self.changes})

    def to_dict(self) -> dict[str, object]:
        """Return the near miss as plain data."""
        return {"changes": [each.to_dict() for each in self.changes]}


class NearMisses(NamedTuple):
    """The near misses of a call, the smallest first.

    `still_denied` are the statements that deny it whatever the context is. `is_complete` is False
    where a budget ended the search, or more were found than are told.
    """

    still_denied: tuple[Deciding, ...]
    found: tuple[NearMiss, ...]
    is_complete: bool

    def to_dict(self) -> dict[str, object]:
        """Return the near misses as plain data, in stable field names."""
        return {
            "still_denied": [each.to_dict() for each in self.still_denied],
            "near_misses": [each.to_dict() for each in self.found],
            "is_complete": self.is_complete,
        }


def near_misses(policies: PolicySet, request: Request, *also: Request) -> NearMisses:
    """Return the smallest changes to a call's context with which it would be allowed.

    The caller, the resource and what follows from them stay as they are. Raises RequestError as
    deciding does.
    """
    base = _plain(request)
    here = RequestContext(base, OUR_READING, policies.attached)
    names = _changeable(policies, base, here, also)
    open_ = _opened(base, names)
    found, universe = conditions_of(policies, [open_, *also], OUR_READING)
    search = _Search(policies, base, also, here, found, universe)
    decision = decide_call(policies, [open_, *also], missing=False)
    is_denied = decision.word is Word.EXPLICIT_DENY
    return NearMisses(decision.statements if is_denied else (), *search.run())


def _plain(request: Request) -> Request:
    """Return the request with its tags and its time as context keys, where it can be put so.

    It cannot where spellings of a tag compete (R-COND-04), or tags would contradict each other.
    """
    names = [{fold(key) for key, _ in tags} for tags in (request.request_tags,
                                                           request.resource_tags)]  # fmt: skip
    if (len(names[0]), len(names[1])) != (len(request.request_tags), len(request.resource_tags)):
        return request
    for plain in (_in_context(request, with_following=False), _in_context(request)):
        try:
            found = RequestContext(plain, OUR_READING)
        except RequestError:
            continue
        if found.entries() == RequestContext(request, OUR_READING).entries():
            return plain
    return request


def _in_context(request: Request, *, with_following: bool = True) -> Request:
    """Return the request with all as context keys; or without tags that follow (R-SM-02)."""
    given = request.given_context()
    if not with_following:
        passed = {fold(name) for name in given if fold(name).startswith("aws:requesttag/")}
        given = {
            name: held
            for name, held in given.items()
            if _of_tag(fold(name)).replace("resourcetag/", "aws:requesttag/") not in passed
            or fold(name) in passed
        }
    folded = {fold(name) for name in given}
    for prefix, tags in (
        ("aws:RequestTag/", request.request_tags),
        ("aws:ResourceTag/", request.resource_tags),
    ):
        for key, value in tags:
            if fold(prefix + key) not in folded:
                given[prefix + key] = (value,)
                folded.add(fold(prefix + key))
    now = request.now
    if now is not None and not folded & TIMES:
        given["aws:CurrentTime"] = now
    return request.with_context(given, further=False)


def _changeable(
    policies: PolicySet, base: Request, here: RequestContext, also: Sequence[Request]
) -> list[str]:
    """Return the keys that statements read and that could be otherwise."""
    everything = base.with_context({}).with_unknown(["*"])
    found, _ = conditions_of(policies, [everything, *also], OUR_READING)
    names: dict[str, str] = {}
    for formula in found:
        for fact in facts_of(formula):
            for key in map(_passed, _units(fact)):
                if key.folded not in names and _may_change(key, here):
                    names[key.folded] = key.spelling
    return [*names.values()]


def _units(fact: Fact) -> Iterator[tuple[str, Key]]:
    """Yield the keys that a fact looks at, each with its unit where that is known."""
    if isinstance(fact, KeyFact) and fact.key is not None:
        yield fact.unit, fact.key
    if isinstance(fact, (KeyFact, ResourceFact)):
        yield from ((key.folded, key) for key in fact.test.variables)


def _passed(of_unit: tuple[str, Key]) -> Key:
    """Return the key that can change: a new resource's tag is the one that is passed (R-SM-02)."""
    unit, key = of_unit
    if unit.startswith(_OF_REQUEST) and not key.folded.startswith(_OF_REQUEST):
        return key_named(f"aws:RequestTag/{key.spelling.partition('/')[2]}")
    return key


_OF_REQUEST = "aws:requesttag/"


def _may_change(key: Key, here: RequestContext) -> bool:
    folded = key.folded
    if here.source_of(key) is not None or folded in TIMES or folded in _USUAL:
        return True
    return folded not in here.derived and not folded.startswith(_OF_CALLER_OR_RESOURCE)


_USUAL = frozenset({"aws:viaawsservice", "aws:securetransport", "aws:requestedregion",
                    "aws:calledviafirst", "aws:calledvialast", "aws:tagkeys"})  # fmt: skip
"""Keys that hold what is usual, or follow from keys that can change."""
_OF_CALLER_OR_RESOURCE = ("aws:principal", "aws:userid", "aws:username", "aws:resourceaccount",
                          "aws:resourceorg")  # fmt: skip
"""Keys that say who calls and on what, which is not the context's to change."""


def _opened(base: Request, names: Iterable[str]) -> Request:
    """Return the request with some keys unknown instead of given."""
    names = [*names]
    folded = {_of_tag(fold(name)) for name in names}
    for together in (_OF_FORWARDING, TIMES):
        if folded & together:
            folded |= together
            names += sorted(together)
    kept = {
        name: held
        for name, held in base.given_context().items()
        if _of_tag(fold(name)) not in folded
    }
    return base.with_context(kept).with_unknown(names)


def _of_tag(folded: str) -> str:
    """Return one name for the names of one tag of a resource; of another key its own."""
    prefix, slash, tag = folded.partition("/")
    return f"resourcetag/{tag}" if slash and prefix.endswith(":resourcetag") else folded


class _Search:
    """Sets of keys, the smallest first."""

    def __init__(
        self,
        policies: PolicySet,
        base: Request,
        also: Sequence[Request],
        here: RequestContext,
        found: Conditions,
        universe: Universe,
    ) -> None:
        self.policies = policies
        self.base = base
        self.also = also
        self.here = here
        self.allowed = found.allowed
        self.universe = universe
        self.solver = Solver(universe)
        self.names: dict[str, str] = {}
        for fact in facts_of(self.allowed):
            for group, name in self._groups(fact):
                self.names.setdefault(group, name)
        self.truths = {fact: truth_of(fact, here) for fact in facts_of(self.allowed)}

    def _groups(self, fact: Fact) -> Iterator[tuple[str, str]]:
        """Yield the groups of units that a fact looks at, and the name of a key of each."""
        if not isinstance(fact, (KeyFact, ResourceFact)):
            return
        if isinstance(fact, KeyFact) and fact.key is not None:
            yield GROUPS.get(fact.unit, fact.unit), _passed((fact.unit, fact.key)).spelling
        for key in fact.test.variables:
            unit = self.universe.unit_of_variable(key)
            yield GROUPS.get(unit, unit), key.spelling

    def run(self) -> tuple[tuple[NearMiss, ...], bool]:
        """Return the near misses, and whether these are all."""
        found: list[NearMiss] = []
        sets: list[frozenset[str]] = []
        tried = 0
        for size in range(1, min(_MOST_KEYS, len(self.names)) + 1):
            for chosen in combinations(self.names, size):
                if any(known <= frozenset(chosen) for known in sets):
                    continue
                tried += 1
                if tried > MOST_SETS or len(found) >= _MOST_FOUND:
                    return tuple(found), False
                miss = self._try(frozenset(chosen))
                if miss is not None and miss not in found:
                    found.append(miss)
                    sets.append(frozenset(chosen))
        return tuple(found), len(self.names) <= _MOST_KEYS and not self.solver.ran_out

    def _try(self, chosen: frozenset[str]) -> NearMiss | None:
        """Return values of these keys with which the call is allowed, all else being as it is."""

        def fixed(fact: Fact) -> Formula:
            if {group for group, _ in self._groups(fact)} & chosen:
                return Is(self._with_what_stays(fact, chosen))
            truth = self.truths[fact]
            return Is(fact) if truth is None else TRUE if truth else FALSE

        model = self.solver.satisfy(replaced(self.allowed, fixed))
        if not isinstance(model, Model):
            return None
        changes = tuple(self._changes(chosen, model))
        if not self._allow(changes):
            return None
        for change in changes:  # what a variable stands for may do as it is
            less = tuple(each for each in changes if each is not change)
            changes = less if less and self._allow(less) else changes
        return NearMiss(changes)

    def _allow(self, changes: tuple[Change, ...]) -> bool:
        """Return whether the call is allowed with these changes."""
        try:
            asked = _changed(self.base, {each.key: each.values for each in changes})
            return decide_call(self.policies, [asked, *self.also]).allowed is True
        except RequestError:
            return False

    def _with_what_stays(self, fact: Fact, chosen: frozenset[str]) -> Fact:
        """Return a condition with what its key holds, and its variables, where they stay."""
        if not isinstance(fact, KeyFact) or fact.key is None:
            return fact
        known: dict[str, Values | None] = {}
        for key in fact.test.variables:
            unit = self.universe.unit_of_variable(key)
            held = self.here.look(key)
            if GROUPS.get(unit, unit) not in chosen and not isinstance(held, Unknown):
                known[key.folded] = held[0]
        parts = with_known_values(fact.parts, known, OUR_READING)
        effect = Effect.DENY if fact.test.when_malformed else Effect.ALLOW
        test = lower_parts(parts, effect, OUR_READING) if known else fact.test
        held = self.here.look(fact.key)
        stays = GROUPS.get(fact.unit, fact.unit) not in chosen and not isinstance(held, Unknown)
        subject = (held[0] or ()) if stays and not isinstance(held, Unknown) else fact.key
        return KeyFact(subject, parts, test, fact.unit)

    def _changes(self, chosen: frozenset[str], model: Model) -> Iterator[Change]:
        for group in (each for each in self.names if each in chosen):
            if group == "aws:calledvia":
                yield self._forwarding(model)
                continue
            values = model.values.get(group)
            name = self.names[group]
            if group == "aws:currenttime" and values:
                name, values = "aws:CurrentTime", (_as_date(values[0]),)
            yield Change(name, values, self._held(name))

    def _forwarding(self, model: Model) -> Change:
        chain = model.values.get("aws:calledvia")
        if chain or model.values.get("aws:viaawsservice") != ("true",):
            return Change("aws:CalledVia", chain, self._held("aws:CalledVia"))
        return Change("aws:ViaAWSService", ("true",), self._held("aws:ViaAWSService"))

    def _held(self, name: str) -> Values | None:
        held = self.here.look(key_named(name))
        return None if isinstance(held, Unknown) else held[0]


_OF_FORWARDING = frozenset(
    {"aws:calledvia", "aws:calledviafirst", "aws:calledvialast", "aws:viaawsservice"}
)


def _changed(base: Request, changes: Mapping[str, Values | None]) -> Request:
    """Return a request with some keys as they are to be, and without what these replace."""
    gone = {_of_tag(fold(name)) for name in changes}
    if gone & _OF_FORWARDING:
        gone |= _OF_FORWARDING
    if gone & TIMES:
        gone |= TIMES
    if any(name.startswith("aws:requesttag/") for name in gone):
        gone |= {"aws:tagkeys"}
    context: dict[str, Given] = {
        name: held for name, held in base.given_context().items() if _of_tag(fold(name)) not in gone
    }
    return base.with_context({**context, **changes})


def _as_date(text: str) -> str:
    """Return epoch seconds as a date."""
    from datetime import UTC, datetime
    from decimal import Decimal

    try:
        found = datetime.fromtimestamp(int(Decimal(text)), UTC)
    except (ArithmeticError, ValueError, OSError, OverflowError):
        return text
    if Decimal(text) != int(Decimal(text)):
        return text
    return found.isoformat().replace("+00:00", "Z")
