"""Whether a test holds for the values of its attribute: the rules of section C, once.

Engines bring the values, and their own way to look into a set; what AWS says about several
values, missing keys, null values and unreadable ones is said here.
"""

from collections.abc import Callable
from enum import Enum
from itertools import product
from typing import NamedTuple, assert_never

from policy_eval.request.context import Values
from policy_eval.semantics.keys import Multiplicity
from policy_eval.semantics.lower import (
    Key,
    Lookup,
    Quantifier,
    Template,
    Test,
    Unresolved,
    variable_text,
)
from policy_eval.semantics.readings import Reading
from policy_eval.semantics.request_context import Candidates, Unknown
from policy_eval.semantics.sets import NOTHING, Everything, Nothing, Value, ValueSet
from policy_eval.semantics.views import ALWAYS_READABLE, READERS, View


class Why(Enum):
    """What settled a test, with the rules behind it."""

    COMPARED = "R-COND-01"
    ABSENT = "R-COND-05"
    NULL = "R-COND-37"
    MULTIVALUED = "R-COND-34"
    MALFORMED = "R-COND-41"
    UNREADABLE = "R-COND-42"
    NOT_AN_ARN = "R-COND-19"
    AMBIGUOUS = "R-COND-04"
    UNKNOWN = "R-KEY-06"


class Outcome(NamedTuple):
    """Whether a test holds (None: not known, or not readable), what settled it, and the set."""

    holds: bool | None
    why: Why
    accepts: ValueSet = NOTHING


_UNREADABLE = Outcome(None, Why.UNREADABLE)

_NO_TEXTS: dict[Key, str | Unresolved] = {}
"""The variables of a test that has none."""

Contains = Callable[[ValueSet, Value], bool]
"""An engine's way to look into a set."""


def evaluate(
    test: Test,
    seen: Candidates,
    variables: tuple[Candidates, ...],
    reading: Reading,
    contains: Contains,
) -> Outcome:
    """Return whether `test` holds for what its attribute and variables may hold.

    Spellings of a key that differ by case compete: unless all agree, the restrictive side is
    taken (R-COND-04). An unknown value leaves the test open, but for tests that no value
    changes; a known value that cannot be read is an error even then (R-COND-42).
    """
    if not variables and not isinstance(seen, Unknown) and len(seen) == 1:
        return outcome(test, seen[0], _NO_TEXTS.__getitem__, contains)  # what is usual
    known = (None,) if isinstance(seen, Unknown) else seen
    choices = [held for held in variables if not isinstance(held, Unknown)]
    open_variables = len(choices) < len(variables)
    if open_variables:  # only whether the attribute can be read remains to be seen
        choices = [(None,)] * len(variables)
    found = [
        outcome(test, values, _lookup(test, chosen, reading), contains)
        for values in known
        for chosen in product(*choices)
    ]
    unreadable = next((one for one in found if one.why is Why.UNREADABLE), None)
    if unreadable is not None:
        return unreadable
    if isinstance(seen, Unknown) or open_variables:
        fixed = constant(test)
        return Outcome(fixed, Why.UNKNOWN if fixed is None else Why.COMPARED)
    first = found[0]
    if all(one.holds is first.holds for one in found):
        return first
    return Outcome(test.when_ambiguous, Why.AMBIGUOUS, first.accepts)


def _lookup(test: Test, chosen: tuple[Values | None, ...], reading: Reading) -> Lookup:
    held = dict(zip((key.spelling for key in test.variables), chosen, strict=True))

    def lookup(key: Key) -> str | Unresolved:
        return variable_text(held[key.spelling], key, reading)

    return lookup


def with_variables(test: Test, chosen: tuple[Values | None, ...], reading: Reading) -> Test | None:
    """Return the test with its variables replaced; None where that makes a value malformed."""
    assert isinstance(test.accepts, Template)  # it has variables
    accepts = test.accepts.resolve(_lookup(test, chosen, reading))
    return None if accepts is None else test._replace(accepts=accepts)


def outcome(test: Test, values: Values | None, lookup: Lookup, contains: Contains) -> Outcome:
    """Return whether `test` holds for the attribute's values; None is a key without a value."""
    read = _read(test, values)
    if read is None:
        fails = (
            test.unreadable_fails and values is not None and _one_where_one_is_held(test, values)
        )
        return Outcome(holds=False, why=Why.NOT_AN_ARN) if fails else _UNREADABLE
    accepts: ValueSet | None
    if isinstance(test.accepts, Template):
        accepts = test.accepts.resolve(lookup)
        if accepts is None:
            return Outcome(test.when_malformed, Why.MALFORMED)
    else:
        accepts = test.accepts
    if values is None:
        return Outcome(test.when_absent, Why.ABSENT, accepts)
    if _is_null(test, values):
        return Outcome(test.when_null, Why.NULL, accepts)
    match test.quantifier:
        case Quantifier.ONE:
            if is_multivalued(test, values):
                return Outcome(holds=False, why=Why.MULTIVALUED, accepts=accepts)
            holds = contains(accepts, read[0])
        case Quantifier.ANY:
            holds = any(contains(accepts, value) for value in read)
        case Quantifier.ALL:
            holds = all(contains(accepts, value) for value in read)
        case Quantifier.PRESENCE:
            holds = contains(accepts, True)  # noqa: FBT003 - the value of a present key
        case _:
            assert_never(test.quantifier)
    return Outcome(holds, Why.COMPARED, accepts)


def is_multivalued(test: Test, values: Values) -> bool:
    """Return whether the key holds several values, by its type or by their count (R-COND-34)."""
    declared = isinstance(test.attribute, Key) and (
        test.attribute.multiplicity is Multiplicity.MULTIPLE
    )
    return declared or len(values) > 1


def is_readable(test: Test, values: Values) -> bool:
    """Return whether a test can read these values (R-COND-42)."""
    return _read(test, values) is not None


def may_be_multivalued(test: Test, seen: Candidates) -> bool:
    """Return whether a test without a set operator may see a multivalued key (R-COND-34)."""
    if test.quantifier is not Quantifier.ONE or not isinstance(test.attribute, Key):
        return False
    if isinstance(seen, Unknown):
        return True
    return any(values is not None and is_multivalued(test, values) for values in seen)


def _is_null(test: Test, values: Values) -> bool:
    return test.empty_is_null and not any(values)


def _one_where_one_is_held(test: Test, values: Values) -> bool:
    key = test.attribute
    single = isinstance(key, Key) and key.multiplicity is Multiplicity.SINGLE
    return not (single and len(values) > 1)


def _read(test: Test, values: Values | None) -> tuple[Value, ...] | None:
    """Return the values as the test's view reads them; None if one cannot be read (R-COND-42)."""
    if values is None or test.quantifier is Quantifier.PRESENCE:
        return ()
    if not _one_where_one_is_held(test, values):
        return None
    if _is_null(test, values):
        return ()
    if test.view is View.TEXT:
        return values
    reader = READERS[test.view]
    read: list[Value] = []
    for text in values:
        value = reader(text)
        if value is None:
            return None
        read.append(value)
    return tuple(read)


def can_be_unreadable(test: Test) -> bool:
    """Return whether some value of the attribute would be an input error (R-COND-42)."""
    key = test.attribute
    if not isinstance(key, Key) or test.quantifier is Quantifier.PRESENCE:
        return False
    readable = test.view in ALWAYS_READABLE or test.unreadable_fails
    return not readable or key.multiplicity is Multiplicity.SINGLE


def constant(test: Test) -> bool | None:
    """Return the outcome a test has whatever its attribute's value; None if it depends on it."""
    if isinstance(test.accepts, Everything):
        return True if _holds_however_many(test) else None
    if isinstance(test.accepts, Nothing) and not _depends_on_presence(test):
        return False
    return None


def _depends_on_presence(test: Test) -> bool:
    return test.when_absent or test.when_null


def _holds_however_many(test: Test) -> bool:
    """Return whether a test that accepts every value also holds for none, null or several."""
    if not isinstance(test.attribute, Key):
        return True
    if not test.when_absent or test.view not in ALWAYS_READABLE:
        return False
    match test.quantifier:
        case Quantifier.ONE:
            return test.attribute.multiplicity in (
                Multiplicity.SINGLE,
                Multiplicity.LISTED_SINGLE,
            )
        case _:
            return test.when_null or not test.empty_is_null
