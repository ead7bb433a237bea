"""Which texts of an Arrow array a set accepts: the family of value sets, for all texts at once.

Globs are `starts_with`, `ends_with` and equality where they are so simple, else regular expressions
of RE2, which is an automaton: it tries all places at once, as stars that stop at colons need, and
cannot run away.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import TypeAlias, assert_never

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from policy_eval.policy.pattern import Wildcard
from policy_eval.semantics.sets import (
    ArnMatching,
    Complement,
    Everything,
    Matching,
    Network,
    Nothing,
    OneOf,
    Range,
    ResourceMatching,
    Stop,
    Union,
    ValueSet,
)

Mask: TypeAlias = NDArray[np.bool_]


def accepted(accepts: ValueSet, texts: pa.StringArray) -> Mask:
    """Return which texts a set of texts accepts; of ARNs, the texts of which it accepts the fields.

    A set of other values (numbers, addresses, …) accepts no text.
    """
    match accepts:
        case Everything():
            return np.ones(len(texts), np.bool_)
        case Nothing() | Range() | Network():
            return np.zeros(len(texts), np.bool_)
        case OneOf(values):
            wanted = [value for value in values if isinstance(value, str)]
            return _mask(pc.is_in(texts, value_set=pa.array(wanted, pa.string())))
        case Matching(glob):
            return _matching(glob, texts)
        case ResourceMatching(glob):
            return _matching(glob, texts)
        case ArnMatching(fields):
            *before, last = map(_expression, fields)
            in_field = [field.replace(_ANY, _IN_FIELD) for field in before]
            return _by_expression(":".join((*in_field, last)), texts)
        case Union(members):
            found = np.zeros(len(texts), np.bool_)
            for member in members:
                found |= accepted(member, texts)
            return found
        case Complement(of):
            return ~accepted(of, texts)
        case _:
            assert_never(accepts)


def _mask(found: pa.BooleanArray) -> Mask:
    mask: Mask = found.to_numpy(zero_copy_only=False)
    return mask


def _matching(glob: tuple[str | Enum, ...], texts: pa.StringArray) -> Mask:
    match glob:
        case (str(prefix), Wildcard.ANY_RUN):
            return _mask(pc.starts_with(texts, prefix))
        case (Wildcard.ANY_RUN, str(suffix)):
            return _mask(pc.ends_with(texts, suffix))
        case (str(prefix), *_) if len(prefix) > 1:
            possible = _mask(pc.starts_with(texts, prefix))
            if possible.all():
                return _by_expression(_expression(glob), texts)
            if possible.any():  # an expression looks at every character: only where it may match
                chosen = np.flatnonzero(possible)
                possible[chosen] = _by_expression(_expression(glob), texts.take(pa.array(chosen)))
            return possible
        case _:
            return _by_expression(_expression(glob), texts)


_ANY, _IN_FIELD = "(?s:.)", "[^:]"
_PIECES: dict[Enum, str] = {
    Wildcard.ANY_RUN: f"{_ANY}*",
    Wildcard.ANY_ONE: _ANY,
    Stop.ANY_RUN_IN_FIELD: f"{_IN_FIELD}*",
    Stop.ANY_ONE_IN_FIELD: _IN_FIELD,
}


def _expression(glob: Iterable[str | Enum]) -> str:
    return "".join(
        _PIECES[piece] if isinstance(piece, Enum) else "".join(map(_quoted, piece))
        for piece in glob
    )


def _quoted(character: str) -> str:
    if character.isalnum() or not character.isascii():
        return character
    return f"\\x{{{ord(character):x}}}"


def _by_expression(expression: str, texts: pa.StringArray) -> Mask:
    return _mask(pc.match_substring_regex(texts, rf"\A(?:{expression})\z"))
