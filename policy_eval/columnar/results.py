"""Decisions of a table as columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from policy_eval.engine.decision import Decision
from policy_eval.errors import RequestError
from policy_eval.semantics.authorization import Word
from policy_eval.semantics.layers import Layer

_WORDS = list(Word)
_LAYERS = list(Layer)
_DICTIONARY = pa.dictionary(pa.int8(), pa.string())
SCHEMA = pa.schema(
    [
        pa.field("decision", _DICTIONARY),
        pa.field("decided_by", _DICTIONARY),
        pa.field("matched", pa.list_(pa.dictionary(pa.int32(), pa.string()))),
        pa.field("refused_by_service", pa.bool_()),
    ]
)
"""The columns of decisions."""


class Refused(NamedTuple):
    """A row (from 0) that is no request that could be, and why."""

    row: int
    error: RequestError


class Decided(NamedTuple):
    """The decisions of a table, a row each (`SCHEMA`), null where the row was refused."""

    table: pa.Table
    refused: tuple[Refused, ...]


class Answer(NamedTuple):
    """What is told of a decision: its word, the layer that decided, and the statements' labels."""

    word: Word
    layer: Layer | None
    matched: tuple[str, ...]
    is_refused_by_service: bool

    @classmethod
    def of(cls, decision: Decision) -> Self:
        """Return what is told of a decision."""
        return cls(
            decision.word, decision.decided_by, decision.matched, decision.refused_by_service
        )


class Results:
    """The different answers to a table, numbered from 1; number 0 is a refused row."""

    def __init__(self) -> None:
        self._numbers: dict[Answer, int] = {}

    def number(self, answer: Answer) -> int:
        """Return the number of an answer."""
        return self._numbers.setdefault(answer, len(self._numbers) + 1)

    def table(self, numbers: NDArray[np.intp]) -> pa.Table:
        """Return the decisions of rows, given by their numbers."""
        known = [*self._numbers]
        words = np.array([0, *(_WORDS.index(each.word) for each in known)], np.int8)
        layers = np.array(
            [-1, *(_LAYERS.index(each.layer) if each.layer else -1 for each in known)],
            np.int8,
        )
        refused = np.array([False, *(each.is_refused_by_service for each in known)], np.bool_)
        is_null = numbers == 0
        by_nobody = layers[numbers]
        return pa.table(
            [
                _named(words[numbers], is_null, [word.value for word in _WORDS]),
                _named(by_nobody, by_nobody < 0, [layer.value for layer in _LAYERS]),
                self._matched(numbers, is_null),
                pa.array(refused[numbers], mask=is_null),
            ],
            schema=SCHEMA,
        )

    def _matched(self, numbers: NDArray[np.intp], is_null: NDArray[np.bool_]) -> pa.ListArray:
        labels: dict[str, int] = {}
        flat: list[int] = []
        sizes, starts = [0], [0]
        for answer in self._numbers:
            starts.append(len(flat))
            flat += [labels.setdefault(label, len(labels)) for label in answer.matched]
            sizes.append(len(flat) - starts[-1])
        lengths = np.array(sizes, np.int32)[numbers]
        offsets = np.zeros(len(numbers) + 1, np.int32)
        np.cumsum(lengths, out=offsets[1:])
        first_labels = np.array(starts, np.int32)[numbers]
        if max(sizes) > 1:
            chosen = np.repeat(first_labels - offsets[:-1], lengths)
            chosen += np.arange(len(chosen), dtype=np.int32)
        else:
            chosen = first_labels[lengths != 0]
        items = pa.DictionaryArray.from_arrays(
            pa.array(np.array(flat, np.int32)[chosen] if flat else np.empty(0, np.int32)),
            pa.array([*labels], pa.string()),
        )
        mask = pa.array(is_null) if is_null.any() else None
        return pa.ListArray.from_arrays(pa.array(offsets), items, mask=mask)


def _named(
    numbers: NDArray[np.int8], is_null: NDArray[np.bool_], names: Sequence[str]
) -> pa.DictionaryArray:
    mask = is_null if is_null.any() else None
    return pa.DictionaryArray.from_arrays(pa.array(numbers, mask=mask), pa.array(names))
