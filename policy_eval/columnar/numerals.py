"""Texts in the common forms of numbers, dates and addresses, read all at once.

What they are in every other form is left to the semantics (`views`), text by text. Both say the
same: a property test holds them equal.
"""

from __future__ import annotations

from decimal import Decimal
from math import ceil, floor
from typing import NamedTuple, TypeAlias, assert_never

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from policy_eval.columnar.kernels import Mask
from policy_eval.semantics.sets import (
    Address,
    ArnMatching,
    Complement,
    Everything,
    Matching,
    Network,
    Nothing,
    OneOf,
    Range,
    ResourceMatching,
    Union,
    Value,
    ValueSet,
)
from policy_eval.semantics.views import View

Numbers: TypeAlias = NDArray[np.int64]

_WHOLE = r"^[0-9]{1,15}$"
_IPV4 = r"^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.|$)){4}$"
_FORM = b"dddd-dd-ddTdd:dd:ddZ"
_DIGITS = [at for at, mark in enumerate(_FORM) if mark == ord("d")]
_MARKS = [at for at, mark in enumerate(_FORM) if mark != ord("d")]
_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_FEBRUARY = 2
_VERSION_4 = 4


class Read(NamedTuple):
    """Which texts have a common form, and the numbers of those: of all, in their order."""

    which: Mask
    numbers: Numbers


def read_at_once(view: View, texts: pa.StringArray) -> Read | None:
    """Return what texts are as a view reads them; None for views of no numbers."""
    match view:
        case View.NUMBER:
            return _whole_numbers(texts)
        case View.EPOCH | View.INSTANT:
            numbers, dates = _whole_numbers(texts), _dates(texts)
            found = np.zeros(len(texts), np.int64)
            found[numbers.which] = numbers.numbers
            found[dates.which] = dates.numbers
            which = numbers.which | dates.which
            return Read(which, found[which])
        case View.ADDRESS:
            return _addresses(texts)
        case _:
            return None


def within(accepts: ValueSet, view: View, numbers: Numbers) -> Mask:
    """Return which numbers (or IPv4 addresses) are in a set."""
    match accepts:
        case Everything():
            return np.ones(len(numbers), np.bool_)
        case Nothing() | Matching() | ArnMatching() | ResourceMatching():
            return np.zeros(len(numbers), np.bool_)
        case OneOf(values):
            wanted = [number for value in values if (number := _whole(value, view)) is not None]
            return np.isin(numbers, np.array(wanted, np.int64))
        case Range():
            if view is View.ADDRESS:
                return np.zeros(len(numbers), np.bool_)
            return _in_range(accepts, numbers)
        case Network(family, first, last):
            if view is not View.ADDRESS or family != _VERSION_4:
                return np.zeros(len(numbers), np.bool_)
            return (first <= numbers) & (numbers <= last)
        case Union(members):
            any_of = np.zeros(len(numbers), np.bool_)
            for member in members:
                any_of |= within(member, view, numbers)
            return any_of
        case Complement(of):
            return ~within(of, view, numbers)
        case _:
            assert_never(accepts)


_LARGEST = 1 << 62


def _in_range(accepts: Range, numbers: Numbers) -> Mask:
    low, high, low_included, high_included = accepts
    found = np.ones(len(numbers), np.bool_)
    if low is not None:
        least = ceil(low)
        found &= numbers >= _bounded(least + (least == low and not low_included))
    if high is not None:
        most = floor(high)
        found &= numbers <= _bounded(most - (most == high and not high_included))
    return found


def _bounded(number: int) -> int:
    """Return a bound that compares alike with every number that is read here."""
    return max(-_LARGEST, min(_LARGEST, number))


def _whole(value: Value, view: View) -> int | None:
    """Return the number that a value of a set may be; None where it is none of those read here."""
    if view is View.ADDRESS:
        if isinstance(value, Address) and value.family == _VERSION_4:
            return value.number
        return None
    if isinstance(value, Decimal) and abs(value) < _LARGEST and value == int(value):
        return int(value)
    return None


def _mask(found: pa.BooleanArray) -> Mask:
    mask: Mask = found.to_numpy(zero_copy_only=False)
    return mask


def _whole_numbers(texts: pa.StringArray) -> Read:
    which = _mask(pc.match_substring_regex(texts, _WHOLE))
    return Read(which, texts.filter(pa.array(which)).cast(pa.int64()).to_numpy())


def _addresses(texts: pa.StringArray) -> Read:
    which = _mask(pc.match_substring_regex(texts, _IPV4))
    parts = pc.split_pattern(texts.filter(pa.array(which)), ".").flatten().cast(pa.int64())
    bytes_ = parts.to_numpy().reshape(-1, 4)
    return Read(which, (bytes_ << np.array([24, 16, 8, 0])).sum(axis=1))


def _dates(texts: pa.StringArray) -> Read:
    """Read `YYYY-MM-DDThh:mm:ssZ` as epoch seconds."""
    which = _mask(pc.equal(pc.binary_length(texts), len(_FORM)))
    fitting = pc.binary_join_element_wise(texts.filter(pa.array(which)), "")  # in one piece
    size = len(fitting)
    _, _, data = fitting.buffers()
    held = np.frombuffer(data or b"", np.uint8)[: size * len(_FORM)].reshape(size, len(_FORM))
    digits = held[:, _DIGITS].astype(np.int64) - ord("0")
    fits = ((digits >= 0) & (digits <= 9)).all(axis=1)  # noqa: PLR2004 - a digit
    fits &= (held[:, _MARKS] == np.frombuffer(_FORM, np.uint8)[_MARKS]).all(axis=1)
    digits = digits[fits]
    year = digits[:, :4] @ [1000, 100, 10, 1]
    month, day, hour, minute, second = (digits[:, at : at + 2] @ [10, 1] for at in range(4, 14, 2))
    is_leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    in_month = _DAYS[np.clip(month, 0, 12)] + (is_leap & (month == _FEBRUARY))
    exists = (year > 0) & (month > 0) & (month < 13) & (day > 0) & (day <= in_month)  # noqa: PLR2004
    exists &= (hour < 24) & (minute < 60) & (second < 60)  # noqa: PLR2004 - of a clock
    fits[fits] = exists
    which[which] = fits
    months = (year[exists] - 1970) * 12 + month[exists] - 1
    days = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    seconds = ((days + day[exists] - 1) * 24 + hour[exists]) * 60 + minute[exists]
    return Read(which, seconds * 60 + second[exists])
