"""Who calls, row by row: callers that nothing tells apart are one.

What rules and statements see of a caller is its kind, account, organization and credentials, the
keys that follow from it, and how principal elements name it. One caller of a class stands for all
of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from policy_eval.columnar.asked import Asked
from policy_eval.columnar.blocks import numbered
from policy_eval.columnar.codes import Codes
from policy_eval.columnar.columns import Column
from policy_eval.engine.matching import contains
from policy_eval.errors import RequestError
from policy_eval.request.callers import check_caller
from policy_eval.request.context import Values
from policy_eval.request.principal import Principal, parse_principal
from policy_eval.semantics.derivation import told_by_keys
from policy_eval.semantics.known_keys import KnownKeys
from policy_eval.semantics.linked_keys import KNOWN_BY_KIND, OF_CALLER
from policy_eval.semantics.outcomes import evaluate
from policy_eval.semantics.principal_keys import principal_keys
from policy_eval.semantics.principals import caller_of, naming
from policy_eval.semantics.readings import OUR_READING
from policy_eval.text.folding import fold_name

Given = Mapping[str, Values | None]
Boundaries = tuple[bool | None, ...]
"""Whether callers have a permissions boundary: each answer that sets of policies give."""
StandsFor = Callable[[Principal], Principal]
_MOST_KNOWN = 65_536


class Caller(NamedTuple):
    """Who calls: as it was named and by what the keys tell of it, and who stands for it.

    `given` are the keys (folded) that were given of those that follow from callers; `left` those
    that say more than that it calls, so that they count beside it.
    """

    principal: Principal | None
    stands_for: Principal | None
    given: Given
    left: frozenset[str]

    def held(self, folded: str) -> Values | None:
        """Return what a key that follows from callers holds; None where it is not known, too."""
        if folded in self.given:
            return self.given[folded]
        return None if self.principal is None else _following(self.principal).get(folded)


def _following(principal: Principal) -> Given:
    """Return the keys (folded) that follow from a caller."""
    return {
        fold_name(name): (value,) if isinstance(value, str) else value
        for name, value in principal_keys(principal).items()
    }


class Classes:
    """The classes of callers: which of them stands for which; and callers that were met."""

    def __init__(self) -> None:
        self._first: dict[object, Principal] = {}
        self._known: dict[object, Caller] = {}

    def caller(
        self,
        text: str | None,
        given: Given,
        asked: Asked,
        boundaries: Boundaries,
    ) -> Caller:
        """Return who calls, named by a text, with what the keys given tell of it."""
        key = (text, *given.items(), asked.version)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
                self._first.clear()
            found = _caller(
                parsed(text), given, lambda each: self._standing_for(each, asked, boundaries)
            )
            self._known[key] = found
        return found

    def _standing_for(
        self,
        principal: Principal,
        asked: Asked,
        boundaries: Boundaries,
    ) -> Principal:
        """Return the first caller of the class of one, by what the statements ask."""
        if principal.kind not in KNOWN_BY_KIND:
            return principal
        return self._first.setdefault(_class_of(principal, asked, boundaries), principal)


_NAMES = {
    "name", "arn", "role_arn", "session_name", "user_id", "user", "tags", "session_tags"
}  # fmt: skip
_regardless_of_names = itemgetter(
    *(number for number, name in enumerate(Principal._fields) if name not in _NAMES)
)


def _class_of(principal: Principal, asked: Asked, boundaries: Boundaries) -> object:
    keys = _following(principal)
    outcomes = [
        (folded, test, *evaluate(test, (values,), (), OUR_READING, contains)[:2])
        for folded, values in keys.items()
        for test in asked.tests(folded)
    ]
    elements = asked.elements
    callers = [caller_of(principal, each) for each in boundaries] if elements else []
    return (
        _regardless_of_names(principal),
        principal.is_service_linked,
        principal.path_is_known,
        tuple(one is None for one in (principal.user_id, principal.session_name, principal.user)),
        tuple(keys),
        tuple(outcomes),
        tuple(naming(element, caller) for element in elements for caller in callers),
    )


class CallersOfRows(NamedTuple):
    """The callers of a table: a number of each row, and who that is.

    `classes` gives the class of each number, `said` what a class stands for; `telling` are the keys
    (folded) that are part of it.
    """

    codes: NDArray[np.signedinteger[Any]]
    callers: tuple[Caller, ...]
    classes: Codes
    said: tuple[object, ...]
    telling: frozenset[str]
    following: frozenset[str]


def callers_of(
    principal: Column,
    keys: Sequence[Column],
    known: Classes,
    asked: Asked,
    boundaries: Boundaries,
) -> CallersOfRows:
    """Return the callers of a table by its column of principals, and by keys that say the same."""
    texts = [principal.dictionary.text(number) for number in range(len(principal.dictionary))]
    following = OF_CALLER.union(*map(_names_following, texts))
    telling = [key for key in keys if key.folded in following]
    dense = numbered([principal.coded, *(key.coded for key in telling)])
    numbers: dict[object, int] = {}
    classes = np.zeros(len(dense.rows), np.intp)
    callers: list[Caller] = []
    for at, row in enumerate(dense.rows.tolist()):
        codes = {key: int(key.codes[row]) for key in telling if key.codes[row]}
        given = {key.folded: key.dictionary.held(code) for key, code in codes.items()}
        caller = known.caller(texts[int(principal.codes[row])], given, asked, boundaries)
        left = tuple((key.name, given[key.folded]) for key in codes if key.folded in caller.left)
        classes[at] = numbers.setdefault((caller.stands_for, left), len(numbers))
        callers.append(caller)
    return CallersOfRows(
        dense.codes,
        tuple(callers),
        Codes(classes, len(numbers)),
        (*numbers,),
        frozenset(key.folded for key in telling),
        following,
    )


@lru_cache(maxsize=65_536)
def parsed(text: str | None) -> Principal | None:
    """Return the principal that a text names; None where it is none."""
    try:
        return None if text is None else parse_principal(text)
    except RequestError:
        return None  # its rows are refused


@lru_cache(maxsize=65_536)
def _names_following(text: str | None) -> frozenset[str]:
    principal = parsed(text)
    return frozenset() if principal is None else frozenset(_following(principal))


def _caller(principal: Principal | None, given: Given, stands_for: StandsFor) -> Caller:
    """Return who calls, with what the keys given tell of it."""
    if principal is not None and not given:
        return Caller(principal, stands_for(principal), given, frozenset())
    as_it_is = Caller(principal, principal, given, frozenset(given))
    if principal is None:
        return as_it_is
    try:
        told = told_by_keys(
            KnownKeys({name: {name: held} for name, held in given.items()}, ()), principal
        )
        assert told is not None
        check_caller(told)
    except RequestError:  # the rows are asked about as they are, and say why
        return as_it_is
    keys = _following(told)
    left = frozenset(name for name, held in given.items() if keys.get(name, ()) != held)
    if left:
        return as_it_is
    return Caller(told, stands_for(told), given, left)
