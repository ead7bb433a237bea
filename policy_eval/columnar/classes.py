"""Values that no test tells apart: one class of a column.

A test is put to every different value of a column at once. What AWS says of missing, null, several
and unreadable values stands in `semantics.outcomes`: it is asked for one value of each kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from policy_eval.columnar.codes import Codes, combined
from policy_eval.columnar.columns import Dictionary
from policy_eval.columnar.kernels import Mask, accepted
from policy_eval.columnar.numerals import Read, read_at_once, within
from policy_eval.engine.matching import compile_set, contains
from policy_eval.policy.arn import ARN_FIELDS
from policy_eval.request.context import Values
from policy_eval.semantics.lower import Template, Test
from policy_eval.semantics.outcomes import Outcome, Why, evaluate
from policy_eval.semantics.readings import OUR_READING
from policy_eval.semantics.sets import Value, ValueSet
from policy_eval.semantics.views import READERS, View
from policy_eval.text.folding import fold

Numbers: TypeAlias = NDArray[np.signedinteger[Any]]
_FEW = 48
_FAILS, _HOLDS, _UNREADABLE, _OPEN = range(4)
_OUTCOMES = 4
_OUTSIDE, _INSIDE, _NOT_READ, _EMPTY = range(4)


class Reader:
    """The values of a dictionary as views read them, each read once."""

    def __init__(self, dictionary: Dictionary) -> None:
        self._dictionary = dictionary
        self._read: dict[View, tuple[list[Value | None], Mask]] = {}
        self._texts: dict[View, pa.StringArray] = {}
        self._numbers: dict[View, Read | None] = {}

    def outcomes(self, test: Test) -> Codes:
        """Return how a test without variables goes for each value; for number 0 nothing is said."""
        texts = self._dictionary.texts
        if texts is None or len(texts) < _FEW or isinstance(test.accepts, Template):
            return one_by_one(test, self._dictionary.all_held())
        return self._all_at_once(test, texts, test.accepts)

    def _all_at_once(self, test: Test, texts: pa.StringArray, accepts: ValueSet) -> Codes:
        inside, readable = self._inside(test.view, accepts, texts)
        empty = _mask(pc.equal(pc.binary_length(texts), 0))
        kinds = np.where(inside, _INSIDE, _OUTSIDE)
        kinds[~readable] = _NOT_READ
        kinds[empty] = _EMPTY
        of_kind = np.zeros(4, np.intp)
        for kind in np.unique(kinds).tolist():
            sample = texts[int(np.argmax(kinds == kind))].as_py()
            within = contains if kind == _EMPTY else _always(kind == _INSIDE)
            of_kind[kind] = _number(_evaluated(test, (sample,), within))
        found = np.zeros(1 + len(texts), np.intp)
        found[1:] = of_kind[kinds]
        return Codes(found, _OUTCOMES)

    def _inside(self, view: View, accepts: ValueSet, texts: pa.StringArray) -> tuple[Mask, Mask]:
        """Return which values are in a set, and which can be read at all."""
        match view:
            case View.TEXT:
                return accepted(accepts, texts), np.ones(len(texts), np.bool_)
            case View.FOLDED:
                if view not in self._texts:
                    self._texts[view] = _folded(texts)
                return accepted(accepts, self._texts[view]), np.ones(len(texts), np.bool_)
            case View.ARN:
                is_arn = _mask(pc.greater_equal(pc.count_substring(texts, ":"), ARN_FIELDS - 1))
                return accepted(accepts, texts) & is_arn, is_arn
            case _:
                return self._as_numbers(view, accepts, texts)

    def _as_numbers(
        self, view: View, accepts: ValueSet, texts: pa.StringArray
    ) -> tuple[Mask, Mask]:
        """Return the same for a view of numbers: common forms at once, the others one by one."""
        if view not in self._numbers:
            self._numbers[view] = read_at_once(view, texts)
        found = self._numbers[view]
        if found is None:
            return self._one_by_one(view, accepts, texts)
        inside, readable = found.which.copy(), np.ones(len(texts), np.bool_)
        inside[found.which] = within(accepts, view, found.numbers)
        others = np.flatnonzero(~found.which)
        if len(others):
            rest = self._one_by_one(view, accepts, texts.take(pa.array(others)))
            inside[others], readable[others] = rest
        return inside, readable

    def _one_by_one(
        self, view: View, accepts: ValueSet, texts: pa.StringArray
    ) -> tuple[Mask, Mask]:
        if view not in self._read:
            values = list(map(READERS[view], texts.to_pylist()))
            readable = np.fromiter((value is not None for value in values), np.bool_, len(values))
            self._read[view] = (values, readable)
        values, readable = self._read[view]
        predicate = compile_set(accepts)
        inside = (value is not None and predicate(value) for value in values)
        return np.fromiter(inside, np.bool_, len(values)), readable


def _mask(found: pa.BooleanArray) -> Mask:
    mask: Mask = found.to_numpy(zero_copy_only=False)
    return mask


def _folded(texts: pa.StringArray) -> pa.StringArray:
    if pc.all(pc.string_is_ascii(texts)).as_py():
        return pc.ascii_lower(texts)
    return pa.array(map(fold, texts.to_pylist()), pa.string())


def _always(answer: bool) -> Callable[[ValueSet, Value], bool]:  # noqa: FBT001 - the answer itself
    return lambda _accepts, _value: answer


def _evaluated(
    test: Test, values: Values | None, within: Callable[[ValueSet, Value], bool]
) -> Outcome:
    return evaluate(test, (values,), (), OUR_READING, within)


def _number(outcome: Outcome) -> int:
    if outcome.why is Why.UNREADABLE:
        return _UNREADABLE
    return _OPEN if outcome.holds is None else _HOLDS if outcome.holds else _FAILS


def one_by_one(
    test: Test, held: list[Values | None], variables: tuple[Values | None, ...] = ()
) -> Codes:
    """Return how a test goes for each of some values; for number 0 nothing is said."""
    known = tuple((each,) for each in variables)
    found = np.zeros(1 + len(held), np.intp)
    found[1:] = [
        _number(evaluate(test, (values,), known, OUR_READING, contains)) for values in held
    ]
    return Codes(found, _OUTCOMES)


def classes(dictionary: Dictionary, outcomes: Iterable[Codes], *, by_value: bool = False) -> Codes:
    """Return the class of each value; "not given" and "absent" are classes of their own."""
    size = len(dictionary)
    if by_value:
        return Codes(np.arange(size), size)
    dense = combined([dictionary.presence(), *outcomes])
    return Codes(dense.codes, len(dense.rows))
