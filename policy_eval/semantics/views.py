"""How a context value is read: text → the value an operator compares, or unreadable.

A view is a function of one text. `None` is *unreadable*: the value is no number, date, address,
… A present value that cannot be read is an input error (R-COND-42), never "no match".
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING

from policy_eval.policy.arn import ARN_FIELDS
from policy_eval.semantics.sets import Address, Value
from policy_eval.text.folding import fold

if TYPE_CHECKING:
    from decimal import Decimal


class View(Enum):
    """The type an operator reads a context value as; the value is its name in messages."""

    __hash__ = object.__hash__  # there is one of each, and Enum's own is slow

    TEXT = "text"
    FOLDED = "text, ignoring case"
    NUMBER = "a number"
    EPOCH = "epoch seconds or a date"
    INSTANT = "a date"
    BOOLEAN = "true or false"
    BYTES = "base64"
    ADDRESS = "an IP address"
    ARN = "an ARN"
    ARN_OR_NOT = "an ARN, or not"
    PRESENCE = "present or null"


_MINUTE, _HOUR, _DAY, _HOURS = 60, 3600, 86400, 24
_WHOLE_DATE = len("YYYY-MM-DD")
_EPOCH_ORDINAL = 719163
_TRUTH = {"true": True, "false": False}


def read_text(text: str) -> Value | None:
    """Return the text itself."""
    return text


def read_presence(text: str) -> Value | None:
    """Return False for an empty text (a null value), True for any other (R-COND-37)."""
    return bool(text)


def read_number(text: str) -> Value | None:
    """Return a decimal number (R-COND-11, R-EXT-06)."""
    from decimal import Decimal, InvalidOperation

    if not text or not text.isascii() or "_" in text or text[-1] not in "0123456789.":
        return None
    if text[0] not in "+-.0123456789":
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def read_instant(text: str) -> Value | None:
    """Return UTC epoch seconds of a date (R-COND-12), or of all-digit text (R-COND-13)."""
    return _instant(text)


@lru_cache(maxsize=1024)  # many requests are made at one time
def _instant(text: str) -> Value | None:
    whole, point, fraction = text.removeprefix("-").removeprefix("+").partition(".")
    if whole.isdigit() and fraction.isdigit() is bool(point):
        return read_number(text)
    from decimal import Decimal

    date, mark, time = text.partition("T")
    day = _day(date.split("-"))
    if day is None or not mark:
        return None if day is None else Decimal(day * _DAY)
    seconds = _time(time) if len(date) == _WHOLE_DATE else None
    return None if seconds is None else day * _DAY + seconds


def _number(text: str, digits: int) -> int | None:
    """Return the number that exactly so many digits stand for."""
    return int(text) if len(text) == digits and text.isascii() and text.isdigit() else None


def _day(parts: list[str]) -> int | None:
    """Return days since the epoch of `YYYY-MM` or `YYYY-MM-DD`."""
    from datetime import date

    if len(parts) not in (2, 3):
        return None
    numbers = [_number(part, 4 if at == 0 else 2) for at, part in enumerate((*parts, "01")[:3])]
    year, month, day = numbers
    if year is None or month is None or day is None:
        return None
    try:
        return date(year, month, day).toordinal() - _EPOCH_ORDINAL
    except ValueError:
        return None


def _time(text: str) -> Decimal | None:
    """Return seconds since midnight UTC of `hh:mm[:ss[.f]][TZD]`; no zone is UTC."""
    from decimal import Decimal

    zone: int | None = 0
    if text.endswith("Z"):
        text = text[:-1]
    elif text[-6:-5] in ("+", "-"):
        zone = _clock(text[-5:])
        zone = -zone if zone is not None and text[-6] == "-" else zone
        text = text[:-6]
    minutes, seconds = _clock(text[:5]), _fraction(text[5:])
    if zone is None or minutes is None or seconds is None:
        return None
    return Decimal(minutes - zone) + seconds


def _fraction(text: str) -> Decimal | None:
    """Return the seconds of `[:ss[.f]]`."""
    from decimal import Decimal

    if not text:
        return Decimal(0)
    whole, point, fraction = text[1:].partition(".")
    second = _number(whole, 2)
    if text[0] != ":" or second is None or second >= _MINUTE:
        return None
    if bool(point) is not (fraction.isascii() and fraction.isdigit()):
        return None
    return Decimal(f"{second}.{fraction}" if point else second)


def _clock(text: str) -> int | None:
    """Return the seconds of `hh:mm`."""
    hour, minute = _number(text[:2], 2), _number(text[3:], 2)
    if hour is None or minute is None or text[2:3] != ":" or hour >= _HOURS or minute >= _MINUTE:
        return None
    return hour * _HOUR + minute * _MINUTE


def read_epoch(text: str) -> Value | None:
    """Return epoch seconds from a number or a date (R-COND-14)."""
    number = read_number(text)
    return read_instant(text) if number is None else number


def read_boolean(text: str) -> Value | None:
    """Return true or false, ignoring case (R-COND-15)."""
    return _TRUTH.get(text.lower())


def read_bytes(text: str) -> Value | None:
    """Return the bytes that base64 text stands for (R-COND-16)."""
    from base64 import b64decode

    try:
        return b64decode(text, validate=True)
    except ValueError:
        return None


def read_address(text: str) -> Value | None:
    """Return an address; a mask of full length is dropped (R-COND-17)."""
    address, slash, mask = text.partition("/")
    parsed = parse_address(address)
    if parsed is None or (slash and mask != str(FULL_LENGTH[parsed.family])):
        return None
    return parsed


FULL_LENGTH = {4: 32, 6: 128}
"""Bits of an address, by family."""


def parse_address(text: str) -> Address | None:
    """Return an IPv4 or IPv6 address in any spelling, without zone; None where it is none."""
    from ipaddress import AddressValueError, IPv4Address, IPv6Address

    try:
        if ":" not in text:
            return Address(4, int(IPv4Address(text)))
        return None if "%" in text else Address(6, int(IPv6Address(text)))
    except AddressValueError:
        return None


def read_arn(text: str) -> Value | None:
    """Return the six fields of an ARN; fewer are no ARN (R-COND-19)."""
    fields = text.split(":", ARN_FIELDS - 1)
    if len(fields) != ARN_FIELDS:
        return None
    return (fields[0], fields[1], fields[2], fields[3], fields[4], fields[5])


def read_arn_or_not(text: str) -> Value | None:
    """Return the six fields, or a value that no ARN pattern accepts (R-COND-19, other reading)."""
    return read_arn(text) or False


READERS = {
    View.TEXT: read_text,
    View.FOLDED: fold,
    View.NUMBER: read_number,
    View.EPOCH: read_epoch,
    View.INSTANT: read_instant,
    View.BOOLEAN: read_boolean,
    View.BYTES: read_bytes,
    View.ADDRESS: read_address,
    View.ARN: read_arn,
    View.ARN_OR_NOT: read_arn_or_not,
    View.PRESENCE: read_presence,
}

ALWAYS_READABLE = frozenset({View.TEXT, View.FOLDED, View.PRESENCE, View.ARN_OR_NOT})
"""Views that read every text."""
