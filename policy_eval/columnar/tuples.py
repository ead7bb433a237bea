"""Tests with variables: how they go for each pair of an attribute's value and its variables'."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from policy_eval.columnar.blocks import numbered
from policy_eval.columnar.classes import Reader, one_by_one
from policy_eval.columnar.codes import Codes, combined
from policy_eval.columnar.columns import Dictionary
from policy_eval.engine.program import Row
from policy_eval.request.context import Values
from policy_eval.semantics.lower import Test
from policy_eval.semantics.outcomes import with_variables
from policy_eval.semantics.readings import OUR_READING


class Holding(NamedTuple):
    """What rows hold of a key: a number each, and the values of each number."""

    codes: NDArray[np.signedinteger[Any]]
    held: Sequence[Values | None]


class Attribute(NamedTuple):
    """What rows hold of the attribute that a test looks at."""

    codes: NDArray[np.signedinteger[Any]]
    dictionary: Dictionary


def outcomes_of(row: Row, attribute: Attribute, variables: Sequence[Holding]) -> Codes:
    """Return a number of each row for how the tests of `row` go."""
    chosen = numbered([Codes(each.codes, len(each.held)) for each in variables])
    pairs = numbered(
        [
            Codes(chosen.codes, len(chosen.rows)),
            Codes(attribute.codes, len(attribute.dictionary)),
        ]
    )
    order = np.argsort(chosen.codes[pairs.rows], kind="stable")
    rows = pairs.rows[order]
    bounds = np.searchsorted(chosen.codes[rows], np.arange(len(chosen.rows) + 1))
    of_pairs = attribute.codes[rows]
    parts = [Codes(np.zeros(len(rows), np.intp), 4) for _ in row.tests]
    for number, at in enumerate(chosen.rows.tolist()):
        held = tuple(each.held[int(each.codes[at])] for each in variables)
        start, end = int(bounds[number]), int(bounds[number + 1])
        values = _part(attribute.dictionary, of_pairs[start:end])
        for (_, test), part in zip(row.tests, parts, strict=True):
            part.codes[start:end] = _outcomes(test, held, values)
    # whether a key is not given or has no value is told apart: it may be unknown
    given = [_presence(each, rows) for each in variables]
    alike = combined([Codes((of_pairs != 0).astype(np.intp), 2), *given, *parts])
    of_pair = np.empty(len(rows), np.int32)
    of_pair[order] = alike.codes
    return Codes(of_pair[pairs.codes], len(alike.rows))


def _presence(holding: Holding, rows: NDArray[np.intp]) -> Codes:
    """Return of rows whether they hold a value of a key, none, or the first number's none."""
    kinds = np.array([held is None for held in holding.held], np.intp)
    kinds[0] *= 2
    return Codes(kinds[holding.codes[rows]], 3)


def _part(dictionary: Dictionary, codes: NDArray[np.intp]) -> Dictionary:
    """Return some values of a dictionary; number 0 counts as a value that is absent."""
    if dictionary.texts is not None and codes.all():
        return Dictionary(dictionary.texts.take(pa.array(codes - 1)), None)
    held = [dictionary.held(code) if code else None for code in codes.tolist()]
    return Dictionary(None, held)


def _outcomes(test: Test, held: tuple[Values | None, ...], values: Dictionary) -> NDArray[np.intp]:
    fixed = with_variables(test, held, OUR_READING)
    if fixed is None:  # a value became malformed
        return one_by_one(test, values.all_held(), held).codes[1:]
    return Reader(values).outcomes(fixed).codes[1:]
