"""Which values unknown keys may hold together: what is open, and what follows from what.

Most keys are free of one another. Some are views of one fact and have one *unit* (two names of a
resource's tag, the two of the time); others are linked, and are looked at in *scenes*: a direct
call or one that a service forwards, through an endpoint or not, with MFA or without.

Rules: section F, R-FAS-01, R-VPCE-01, R-SM-02, R-COND-14, R-KEY-01, R-KEY-06. Requests that
contradict them are refused (`semantics.derivation`); property tests hold the two equal. Not looked
at, so that a condition may be longer than it need be: that an organization's path begins with its
ID, that a tag whose key is passed is there, that a new secret's ARN holds its name, and the time as
a text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice, product
from typing import NamedTuple, TypeAlias

from policy_eval.engine.residual.facts import CallFact, Fact, KeyFact, LayerFact, ResourceFact
from policy_eval.engine.residual.formula import Formula, Is, facts_of
from policy_eval.engine.residual.texts import UNSETTLED, Unsettled, Want
from policy_eval.engine.residual.values import (
    IMPOSSIBLE,
    NUMBERS,
    Held,
    Impossible,
    Wanted,
    find,
    goes,
    hold,
    holding_all,
    list_of,
)
from policy_eval.policy.ast import Effect
from policy_eval.policy.pattern import Variable, Wildcard
from policy_eval.request.context import Values
from policy_eval.request.principal import Credentials, Principal, PrincipalKind
from policy_eval.semantics.derivation import TIMES, creates, is_true
from policy_eval.semantics.keys import Multiplicity, always_carried
from policy_eval.semantics.layers import Layer
from policy_eval.semantics.lower import Key, Origin, Quantifier, Template, Test, key_named
from policy_eval.semantics.operators import matching
from policy_eval.semantics.outcomes import with_variables
from policy_eval.semantics.request_context import RequestContext, Unknown
from policy_eval.semantics.service_reference import service_action
from policy_eval.semantics.sets import EVERYTHING, OneOf, ValueSet, union
from policy_eval.semantics.views import ALWAYS_READABLE, View
from policy_eval.text.folding import fold

_CHAIN, _FIRST, _LAST = "aws:calledvia", "aws:calledviafirst", "aws:calledvialast"
_OF_CHAIN = (_CHAIN, _FIRST, _LAST)
_VIA = "aws:viaawsservice"
_OF_ENDPOINT = frozenset({"aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip"})
_SOURCE_IP = "aws:sourceip"
_TAG_KEYS = "aws:tagkeys"
_MFA, _MFA_AGE = "aws:multifactorauthpresent", "aws:multifactorauthage"
_ORG, _PATHS = "aws:principalorgid", "aws:principalorgpaths"
_LINKED = frozenset(
    {_CHAIN, _FIRST, _LAST, _VIA, *_OF_ENDPOINT, _SOURCE_IP, _MFA, _MFA_AGE, _ORG, _PATHS}
)
_OF_REQUEST, _OF_RESOURCE = "aws:requesttag/", "aws:resourcetag/"


GROUPS = {_FIRST: _CHAIN, _LAST: _CHAIN, _VIA: _CHAIN}
"""Units of which one group tells: who forwards the call."""


class _Present:
    """That a key holds something."""

    __slots__ = ()


class _Free:
    """That nothing is said of a key."""

    __slots__ = ()


_PRESENT, _FREE = _Present(), _Free()

Scene: TypeAlias = Mapping[str, Values | _Present | None]
"""What some keys must hold: these values, nothing (None), or anything."""

Literals: TypeAlias = Mapping[Fact, bool]

_Open: TypeAlias = tuple[KeyFact | ResourceFact, bool]
"""A condition with unknown variables, and how it is to go."""


_Units: TypeAlias = dict[str, list[tuple[KeyFact, bool]]]
"""Conditions without unknown variables by unit, and how each is to go."""


class Model(NamedTuple):
    """A way in which everything may be: what each key holds, by unit, and the resource."""

    facts: Mapping[Fact, bool]
    values: Mapping[str, Values | None]
    resource: str | None = None


class Universe:
    """What unknown keys of a request may hold, together.

    `tries` counts how often values of variables were tried: the work that is not bounded by steps.
    """

    def __init__(self, context: RequestContext) -> None:
        self.context = context
        self.tries = 0
        self._in_sets: set[str] = set()
        self._implied: dict[str, Wanted] = {}
        self._take_anything: set[str] = set()
        self._service = context.action.service
        self._alone: dict[frozenset[tuple[Fact, bool]], Held | Impossible] = {}
        self._held: dict[object, Held | Impossible] = {}
        self._resources: dict[frozenset[tuple[ResourceFact, bool]], str | Unsettled | None] = {}
        self._scenes: dict[frozenset[str], list[Scene]] = {}
        for name, accepts in _told_by_caller(context.principal):
            key = key_named(name)
            self._imply(key.folded, _test(key, accepts, if_exists=name == _USER_ID))

    def unit_of(self, key: Key, view: View) -> str:
        """Return the name of what a key is a view of."""
        folded = key.folded
        if folded in TIMES:
            return "aws:currenttime" if view in NUMBERS else folded
        prefix, slash, tag = folded.partition("/")
        if slash and prefix == f"{self._service.lower()}:resourcetag":
            twin = _OF_RESOURCE + tag
            if self._is_unknown(twin):
                folded = twin
        if folded.startswith(_OF_RESOURCE) and self._new_tags_are_the_resource_s():
            requested = _OF_REQUEST + folded.removeprefix(_OF_RESOURCE)
            if self._is_unknown(requested):
                return requested
        if folded.startswith("aws:resourceorg") and self._is_own():
            caller = folded.replace("aws:resource", "aws:principal")
            if self._is_unknown(caller):
                return caller
        return folded

    def admit(self, formula: Formula) -> None:
        """Note which keys a condition takes as sets: of others listed as single one value is held.

        Rule: R-COND-34 (the service reference lists keys as single-valued that some policies use
        with set operators).
        """
        for fact in facts_of(formula):
            if isinstance(fact, KeyFact) and fact.parts.name.set_operator is not None:
                self._in_sets.add(fact.unit)

    def note(self, unit: str, test: Test) -> None:
        """Note that a statement reads what a key holds: other values are an input error.

        Rule: R-COND-42.
        """
        if test.unreadable_fails:
            self._take_anything.add(unit)
        elif test.view not in ALWAYS_READABLE:
            attribute = test.attribute
            assert isinstance(attribute, Key)  # it is a condition's
            self._imply(unit, _test(attribute, EVERYTHING, view=test.view))

    def _imply(self, unit: str, test: Test) -> None:
        """Note how a test of a key goes in any case."""
        known = self._implied.get(unit, ())
        if (test, True) not in known:
            self._implied[unit] = (*known, (test, True))

    def _key(self, facts: Sequence[KeyFact]) -> Key:
        """Return the key of a unit; single-valued if one of its names is, or none takes a set."""
        keys = [fact.key for fact in facts if fact.key is not None]
        key = next((each for each in keys if each.multiplicity is Multiplicity.SINGLE), keys[0])
        listed = key.multiplicity is Multiplicity.LISTED_SINGLE
        if listed and facts[0].unit not in self._in_sets:
            return key._replace(multiplicity=Multiplicity.SINGLE)
        return key

    def bound(self, fact: Fact) -> Formula:
        """Return a fact that was read from text as one of this request."""
        if isinstance(fact, KeyFact) and fact.key is not None:
            unit = self.unit_of(fact.key, fact.test.view)
            fails = fact.test.view is View.ARN and unit in self._take_anything
            return Is(
                KeyFact(fact.key, fact.parts, fact.test._replace(unreadable_fails=fails), unit)
            )
        if isinstance(fact, ResourceFact):
            names = self.context.resources.names or ()
            return Is(ResourceFact(fact.test, names, negated=fact.negated))
        return Is(fact)

    def unit_of_variable(self, key: Key) -> str:
        """Return the unit of a key that a variable names."""
        return self.unit_of(key, View.TEXT)

    # One group of keys in two copies

    def apart_from(self, group: str, copy: int) -> Callable[[Fact], Formula]:
        """Return what makes facts on a group of units those of a copy of it."""

        def of_copy(fact: Fact) -> Formula:
            if isinstance(fact, (KeyFact, ResourceFact)) and self._is_of(fact, group):
                return Is(fact.in_copy(copy))
            return Is(fact)

        return of_copy

    def _is_of(self, fact: KeyFact | ResourceFact, group: str) -> bool:
        units = [self._unit(key) for key in fact.test.variables]
        if isinstance(fact, KeyFact) and fact.key is not None:
            units.append(fact.unit)
        return any(GROUPS.get(unit, unit) == group for unit in units)

    def only(self, literals: Literals, copy: int) -> dict[Fact, bool]:
        """Return how facts go where a group of units is as in one copy."""
        found: dict[Fact, bool] = {}
        for fact, holds in literals.items():
            if not _copy_of(fact):
                found[fact] = holds
            elif isinstance(fact, (KeyFact, ResourceFact)) and fact.copy == copy:
                found[fact.in_copy(0)] = holds
        return found

    def _is_unknown(self, folded: str) -> bool:
        return isinstance(self.context.look(key_named(folded)), Unknown)

    def _is_own(self) -> bool:
        owner = self.context.owner()
        return owner is not None and owner == self.context.caller_account()

    def _new_tags_are_the_resource_s(self) -> bool:
        """Return whether the call makes one resource, whose tags are those it passes (R-SM-02)."""
        action = self.context.action
        listed = service_action(action.service, action.name)
        if listed is None or listed.is_tagging or not creates(listed.name):
            return False
        prefixes = {key.prefix for key in listed.keys}
        return len(listed.resource_types) == 1 and prefixes >= {_OF_REQUEST, _OF_RESOURCE}

    # Whether facts can go in a way, and how

    def may_go(self, fact: Fact, literals: Literals) -> bool:
        """Return whether a fact can go as it does, as far as its unit alone tells."""
        if isinstance(fact, (CallFact, LayerFact)):
            return not any(
                fact != other and _exclude(*each)
                for other, holds in literals.items()
                for each in (((fact, literals[fact]), (other, holds)),
                             ((other, holds), (fact, literals[fact])))
            )  # fmt: skip
        copy = _copy_of(fact)
        if copy and isinstance(fact, (KeyFact, ResourceFact)):
            literals = self.only(literals, copy)
            fact = fact.in_copy(0)
        if not isinstance(fact, KeyFact) or fact.key is None or fact.test.variables:
            return True
        together = frozenset(
            (other, holds)
            for other, holds in literals.items()
            if isinstance(other, KeyFact) and other.unit == fact.unit and not other.test.variables
            and other.key is not None
        )  # fmt: skip
        found = self._alone.get(together)
        if found is None and together not in self._alone:
            key = self._key([other for other, _ in together if isinstance(other, KeyFact)])
            wanted = tuple(
                (other.test, holds) for other, holds in together if isinstance(other, KeyFact)
            )
            found = self._likely(
                key, fact.unit, wanted, may_be_absent=not always_carried(key.folded)
            )
            self._alone[together] = found
        return not isinstance(found, Impossible)

    def model(self, literals: Literals) -> Model | Unsettled | None:
        """Return a way in which all facts go as they do; None where there is none.

        Of facts in two copies each copy is looked at with the rest.
        """
        copies = sorted({*map(_copy_of, literals)} - {0})
        if copies:
            found = [self.model(self.only(literals, copy)) for copy in copies]
            if None in found:
                return None
            return UNSETTLED if UNSETTLED in found else Model(literals, {})
        units, open_, resource = _apart(literals)
        named = self._resource(resource)
        if named is None:
            return None
        unsettled = named is UNSETTLED
        involved = {*units, *(self._unit(key) for fact, _ in open_ for key in fact.keys)}
        for unit in involved & {*_OF_CHAIN}:
            units.setdefault(unit, [])
        for scene in self._scenes_of(frozenset(involved & _LINKED)):
            values = self._values(scene, units, open_, resource)
            if isinstance(values, Unsettled):
                unsettled = True
            elif values is not None and not unsettled:
                return Model(literals, values, named if isinstance(named, str) else None)
        return UNSETTLED if unsettled else None

    def _unit(self, key: Key) -> str:
        return self.unit_of(key, View.TEXT)

    def _resource(self, wanted: Sequence[tuple[ResourceFact, bool]]) -> str | Unsettled | None:
        """Return a resource that is as wanted: empty where nothing is."""
        if not wanted:
            return ""
        key = frozenset(wanted)
        if key not in self._resources:
            self._resources[key] = self._named(wanted)
        return self._resources[key]

    def _named(self, wanted: Sequence[tuple[ResourceFact, bool]]) -> str | Unsettled | None:
        wants = []
        for fact, holds in wanted:
            assert not isinstance(fact.test.accepts, Template)  # those with variables are apart
            # of one name it is the same whether any or all are looked at
            wants.append(Want(View.TEXT, fact.test.accepts, holds))
        return find((*wants, Want(View.ARN, _ANY_ARN, wanted=False)), nonempty=True)

    def _values(
        self,
        scene: Scene,
        units: Mapping[str, list[tuple[KeyFact, bool]]],
        open_: Sequence[_Open],
        resource: Sequence[tuple[ResourceFact, bool]],
    ) -> dict[str, Values | None] | Unsettled | None:
        """Return what keys hold in a scene, by unit; None where nothing will do."""
        found: dict[str, Values | None] = {}
        unsettled = False
        for held in self._each(scene, units, found):
            if held is None:
                return None
            if isinstance(held, Unsettled):
                unsettled = True
            else:
                found |= held
        if unsettled:
            return UNSETTLED
        for unit, forced in scene.items():
            if not isinstance(forced, _Present):
                found.setdefault(unit, forced)
        return self._with_variables(scene, units, open_, found, resource) if open_ else found

    def _each(
        self,
        scene: Scene,
        units: Mapping[str, list[tuple[KeyFact, bool]]],
        found: Mapping[str, Values | None],
    ) -> Iterator[dict[str, Values | None] | Unsettled | None]:
        """Yield what each unit holds; None where nothing will do. `found` is what was yielded."""
        if any(unit in units for unit in _OF_CHAIN):
            yield self._chain(scene, {unit: units.get(unit, []) for unit in _OF_CHAIN})
        for unit, facts in units.items():
            if unit not in _OF_CHAIN and unit != _TAG_KEYS:
                yield _as_found(unit, self._hold(scene, unit, facts))
        if _TAG_KEYS in units:  # last: it names the tags that are there
            yield _as_found(_TAG_KEYS, self._tag_keys(units[_TAG_KEYS], found))

    def _hold(
        self, scene: Scene, unit: str, facts: Sequence[tuple[KeyFact, bool]]
    ) -> Held | Impossible:
        key = (unit, scene.get(unit, _FREE), frozenset(facts))
        found = self._held.get(key, _FREE)
        if isinstance(found, _Free):
            found = self._held[key] = self._holding(scene, unit, facts)
        return found

    def _holding(
        self, scene: Scene, unit: str, facts: Sequence[tuple[KeyFact, bool]]
    ) -> Held | Impossible:
        wanted = tuple((fact.test, holds) for fact, holds in facts)
        key = self._key([fact for fact, _ in facts])
        may_be_absent = not always_carried(unit)
        if unit not in scene:
            return self._likely(key, unit, wanted, may_be_absent=may_be_absent)
        forced = scene[unit]
        if isinstance(forced, _Present):
            return self._likely(key, unit, wanted, may_be_absent=False)
        return forced if goes(wanted, forced) else IMPOSSIBLE

    def _likely(
        self, key: Key, unit: str, wanted: Wanted, *, may_be_absent: bool
    ) -> Held | Impossible:
        """Return what a key may hold, if possible as is implied besides."""
        found = hold(key, wanted, may_be_absent=may_be_absent)
        implied = self._implied.get(unit, ())
        if isinstance(found, Impossible) or not implied:
            return found
        both = hold(key, (*wanted, *implied), may_be_absent=may_be_absent)
        return found if isinstance(both, Unsettled) else both

    def _tag_keys(
        self, facts: Sequence[tuple[KeyFact, bool]], found: Mapping[str, Values | None]
    ) -> Held | Impossible:
        """Return the names of the tags that are passed: those that hold something, and others."""
        names = {
            unit.removeprefix(_OF_REQUEST)
            for unit, held in found.items()
            if unit.startswith(_OF_REQUEST) and held
        }
        names |= {fold(name.partition("/")[2]) for name in self.context.names_held(_OF_REQUEST)}
        wanted = tuple((fact.test, holds) for fact, holds in facts)
        if not names:
            return hold(self._key([fact for fact, _ in facts]), wanted)
        return holding_all(wanted, [
            Want(View.FOLDED, OneOf(frozenset({name})), wanted=True) for name in sorted(names)
        ])  # fmt: skip

    def _chain(
        self, scene: Scene, facts: Mapping[str, Sequence[tuple[KeyFact, bool]]]
    ) -> dict[str, Values | None] | Unsettled | None:
        """Return the services that forward the call, of which two keys name the ends."""
        wanted = {
            unit: tuple((fact.test, holds) for fact, holds in each) for unit, each in facts.items()
        }
        known = scene[_CHAIN]
        if not isinstance(known, _Present):
            ends: dict[str, Values | None] = {
                _CHAIN: known, _FIRST: known and known[:1], _LAST: known and known[-1:],
            }  # fmt: skip
            right = all(goes(each, ends[unit]) for unit, each in wanted.items())
            return ends if right else None
        known_ends = [self._known_end(name) for name in (_FIRST, _LAST)]
        services = list_of(wanted[_CHAIN], wanted[_FIRST], wanted[_LAST], known_ends)
        if services is None or isinstance(services, Unsettled):
            return services
        first, last = services[:1], services[-1:]
        return {_CHAIN: services, _FIRST: first, _LAST: last}

    def _known_end(self, folded: str) -> str | None:
        candidates = self.context.look(key_named(folded))
        if isinstance(candidates, Unknown) or not candidates[0]:
            return None
        return candidates[0][0]

    # Conditions with variables

    def _with_variables(
        self,
        scene: Scene,
        units: Mapping[str, list[tuple[KeyFact, bool]]],
        open_: Sequence[_Open],
        found: dict[str, Values | None],
        resource: Sequence[tuple[ResourceFact, bool]],
    ) -> dict[str, Values | None] | Unsettled:
        """Return values with which conditions with variables go as wanted, too; few are tried."""
        names = [
            *dict.fromkeys(self._unit(key) for fact, _ in open_ for key in fact.test.variables)
        ]
        texts = self._texts(units, open_)
        choices = [self._tried(name, units.get(name, []), found, texts, scene) for name in names]
        for chosen in islice(product(*choices), _MOST_TRIES):
            held = dict(zip(names, chosen, strict=True))
            values = self._resolved(scene, units, open_, {**found, **held}, held, resource)
            if values is not None:
                return values
        return UNSETTLED

    def _tried(
        self,
        name: str,
        facts: Sequence[tuple[KeyFact, bool]],
        found: Mapping[str, Values | None],
        texts: Sequence[str],
        scene: Scene,
    ) -> list[Values | None]:
        """Return what a variable's key is tried with."""
        if name in scene or name in _OF_CHAIN:
            return [found[name]] if name in found else []
        tried: list[Values | None] = [found.get(name), *((text,) for text in texts), None]
        wanted = tuple((fact.test, holds) for fact, holds in facts) + self._implied.get(name, ())
        return [
            held
            for held in dict.fromkeys(tried)
            if goes(wanted, held) and not (held is None and always_carried(name))
        ]

    def _texts(
        self,
        units: Mapping[str, list[tuple[KeyFact, bool]]],
        open_: Sequence[_Open],
    ) -> list[str]:
        """Return texts that variables may stand for: those that are compared with them."""
        texts: list[str] = []
        for fact, _ in open_:
            for text in fact.subject if not isinstance(fact.subject, Key) else ():
                texts.append(text)
                for pattern in _patterns_of(fact):
                    texts += islice(_parts_for_variables(pattern, text), _MOST_PARTS)
        for facts in units.values():
            for each, _ in facts:
                if isinstance(each.test.accepts, OneOf):
                    texts += map(str, each.test.accepts.values)
        return [*dict.fromkeys((*(text for text in texts if text), "x", "another"))]

    def _resolved(
        self,
        scene: Scene,
        units: Mapping[str, list[tuple[KeyFact, bool]]],
        open_: Sequence[_Open],
        values: dict[str, Values | None],
        held: Mapping[str, Values | None],
        resource: Sequence[tuple[ResourceFact, bool]],
    ) -> dict[str, Values | None] | None:
        """Return all values where variables stand for some; None where that does not do."""
        self.tries += 1
        replaced = self._without_variables(open_, values)
        if replaced is None:
            return None
        wanted, named = replaced
        if not isinstance(self._resource([*resource, *named]), str):
            return None
        for unit, facts in wanted.items():
            pairs = tuple((fact.test, holds) for fact, holds in facts)
            if unit in held and not goes(pairs, values[unit]):
                return None
        left = {
            unit: [*units.get(unit, []), *facts]
            for unit, facts in wanted.items()
            if unit not in held
        }
        if any(unit in left for unit in _OF_CHAIN):
            left |= {unit: left.get(unit, units.get(unit, [])) for unit in _OF_CHAIN}
        for one in self._each(scene, left, values):
            if not isinstance(one, dict):
                return None
            values |= one
        right = all(values[unit] == each for unit, each in held.items() if unit in _OF_CHAIN)
        return values if right else None

    def _without_variables(
        self, open_: Sequence[_Open], values: Mapping[str, Values | None]
    ) -> tuple[_Units, list[tuple[ResourceFact, bool]]] | None:
        """Return conditions with what their variables stand for, by unit, and on the resource.

        None where one does not go as wanted whatever else is.
        """
        units: _Units = {}
        resource: list[tuple[ResourceFact, bool]] = []
        for fact, holds in open_:
            chosen = tuple(values.get(self._unit(key)) for key in fact.test.variables)
            test = with_variables(fact.test, chosen, self.context.reading)
            if test is None:
                if fact.test.when_malformed is not holds:
                    return None
            elif isinstance(fact, KeyFact) and fact.key is not None:
                resolved = KeyFact(fact.key, fact.parts, test, fact.unit)
                units.setdefault(fact.unit, []).append((resolved, holds))
            elif isinstance(fact, ResourceFact) and not fact.names:  # an unknown resource
                resource.append((ResourceFact(test, (), negated=fact.negated), holds))
            elif not isinstance(fact.subject, Key) and not goes(
                ((test, holds),), fact.subject or None
            ):
                return None
        return units, resource

    # Scenes

    def _scenes_of(self, involved: frozenset[str]) -> list[Scene]:
        """Return how the linked keys that are involved may go together."""
        found = self._scenes.get(involved)
        if found is None:
            scenes: dict[tuple[tuple[str, Values | _Present | None], ...], Scene] = {}
            for scene in filter(self._is_possible, self._all_scenes(involved)):
                within = {unit: held for unit, held in scene.items() if unit in involved}
                if involved & {_FIRST, _LAST}:
                    within[_CHAIN] = scene[_CHAIN]
                scenes[tuple(sorted(within.items(), key=str))] = within
            found = self._scenes[involved] = [*scenes.values()]
        return found

    def _is_possible(self, scene: Scene) -> bool:
        """Return whether no known key is there that a scene lacks, or lacks that it has."""
        for unit, forced in scene.items():
            known = self.context.look(key_named(unit))
            if not isinstance(known, Unknown) and all(
                (held is None) is not (forced is None) for held in known
            ):
                return False
        return True

    def _all_scenes(
        self, involved: frozenset[str]
    ) -> Iterator[dict[str, Values | _Present | None]]:
        if not involved:
            yield {}
            return
        for forwarding in self._forwardings():
            forwarded = forwarding[_VIA] == ("true",)
            for endpoint, mfa, organization in product(
                self._endpoints(forwarded=forwarded),
                self._mfas(forwarded=forwarded),
                _ORGANIZATIONS,
            ):
                yield {**forwarding, **endpoint, **mfa, **organization}

    def _forwardings(self) -> Iterator[dict[str, Values | _Present | None]]:
        """Yield a direct call, one that named services forward, one that services forward."""
        via, chain = self.context.look(key_named(_VIA)), self.context.look(key_named(_CHAIN))
        known = None if isinstance(via, Unknown) else via[0]
        ends = [self._known_end(_FIRST), self._known_end(_LAST)]
        if isinstance(via, Unknown) or not is_true(known):
            yield {_VIA: known or ("false",), _CHAIN: None}
        if not isinstance(via, Unknown) and not is_true(known):
            return
        if isinstance(chain, Unknown):
            yield {_VIA: ("true",), _CHAIN: _PRESENT}
        elif chain[0]:
            yield {_VIA: ("true",), _CHAIN: chain[0]}
            return
        if not any(ends):
            yield {_VIA: ("true",), _CHAIN: None}

    def _endpoints(self, *, forwarded: bool) -> Iterable[dict[str, Values | _Present | None]]:
        none: dict[str, Values | _Present | None] = dict.fromkeys(_OF_ENDPOINT)
        if forwarded:
            return (none,)
        if self.context.attached.exists(Layer.ENDPOINT):
            return ({_SOURCE_IP: None},)
        return (none, {_SOURCE_IP: None})

    def _mfas(self, *, forwarded: bool) -> Iterable[dict[str, Values | _Present | None]]:
        principal = self.context.principal
        with_key = (
            principal is not None
            and principal.kind is PrincipalKind.USER
            and principal.credentials is Credentials.ACCESS_KEY
        )
        if with_key:
            return ({_MFA: ("false",) if forwarded else None, _MFA_AGE: None},)
        return ({_MFA_AGE: None}, {_MFA: ("true",)})


_USER_ID = "aws:userid"


def _told_by_caller(principal: Principal | None) -> Iterator[tuple[str, ValueSet]]:
    """Yield keys of which a session tells in part what they hold (R-KEY-01, R-PRIN-07)."""
    if principal is None or principal.kind is not PrincipalKind.ROLE:
        return
    any_run = Wildcard.ANY_RUN
    if not principal.path_is_known:
        roles = f"arn:{principal.partition}:iam::{principal.account}:role/"
        found = matching((roles, any_run, "/", principal.name))
        yield "aws:PrincipalArn", union((OneOf(frozenset({roles + principal.name})), *_one(found)))
    session = (principal.user_id or any_run, ":", principal.session_name or any_run)
    yield _USER_ID, union(_one(matching(session)))


def _one(accepts: ValueSet | None) -> tuple[ValueSet, ...]:
    return () if accepts is None else (accepts,)


def _test(key: Key, accepts: ValueSet, *, view: View = View.TEXT, if_exists: bool = True) -> Test:
    """Return the test that every value of a key is of a set."""
    return Test(
        key, view, Quantifier.ALL, accepts, Origin("", None, ()), if_exists, if_exists, if_exists
    )


_ORGANIZATIONS: tuple[dict[str, Values | _Present | None], ...] = ({_PATHS: None}, {_ORG: _PRESENT})
_MOST_TRIES = 48
_MOST_PARTS = 4


def _as_found(unit: str, held: Held | Impossible) -> dict[str, Values | None] | Unsettled | None:
    if isinstance(held, Impossible):
        return None
    return held if isinstance(held, Unsettled) else {unit: held}


def _apart(literals: Literals) -> tuple[_Units, list[_Open], list[tuple[ResourceFact, bool]]]:
    """Return conditions by unit, those with unknown variables, and those on the resource."""
    units: _Units = {}
    open_: list[_Open] = []
    resource: list[tuple[ResourceFact, bool]] = []
    for fact, holds in literals.items():
        if isinstance(fact, (KeyFact, ResourceFact)) and fact.test.variables:
            open_.append((fact, holds))
        elif isinstance(fact, KeyFact):
            units.setdefault(fact.unit, []).append((fact, holds))
        elif isinstance(fact, ResourceFact):
            resource.append((fact, holds))
    return units, open_, resource


def _exclude(one: tuple[Fact, bool], other: tuple[Fact, bool]) -> bool:
    """Return whether two facts cannot go so: a call is allowed or denied, no boundary denies."""
    match one, other:
        case (CallFact(), True), (CallFact(), True):
            return one[0].action.lower() == other[0].action.lower()
        case (LayerFact(layer=Layer.BOUNDARY, way=None), False), (LayerFact(layer=layer), _):
            return layer is Layer.BOUNDARY and other[1] is (other[0].way is Effect.DENY)
        case _:
            return False


def _copy_of(fact: Fact) -> int:
    return fact.copy if isinstance(fact, (KeyFact, ResourceFact)) else 0


def _patterns_of(fact: KeyFact | ResourceFact) -> Sequence[tuple[object, ...]]:
    accepts = fact.test.accepts
    return accepts.patterns if isinstance(accepts, Template) else ()


def _parts_for_variables(pattern: Sequence[object], text: str) -> Iterator[str]:
    """Yield parts of a text that a variable of a pattern may stand for: between its neighbours."""
    for place, piece in enumerate(pattern):
        if not isinstance(piece, Variable):
            continue
        before, after = (
            each if isinstance(each, str) else ""
            for each in (pattern[place - 1] if place else "", (*pattern[place + 1 :], "")[0])
        )
        start = text.find(before) + len(before) if before in text else 0
        end = text.find(after, start + 1) if after else len(text)
        while 0 <= end <= len(text):
            yield text[start:end]
            end = text.find(after, end + 1) if after else -1


_ANY_ARN = OneOf(frozenset())
