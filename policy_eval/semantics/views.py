"""How a context value is read: text → the value an operator compares, or unreadable.

A view is a function of one text. `None` is *unreadable*: the value is no number, date, address,
… A present value that cannot be read is an input error (R-COND-42), never "no match".
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING

from policy_eval.policy.arn import ARN_FIELDS
from policy_eval.semantics.sets import Address, Value
from policy_eval.text.folding import fold

if TYPE_CHECKING:
    import re


class View(Enum):
    """The type an operator reads a context value as; the value is its name in messages."""

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


_MINUTE, _HOUR, _DAY = 60, 3600, 86400
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
    whole, point, fraction = text.removeprefix("-").removeprefix("+").partition(".")
    if whole.isdigit() and fraction.isdigit() is bool(point):
        return read_number(text)
    matched = _date_form().fullmatch(text)
    return None if matched is None else _seconds(matched)


@cache
def _date_form() -> re.Pattern[str]:
    import re

    return re.compile(
        r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})"
        r"(?:-(?P<day>[0-9]{2})"
        r"(?:T(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})"
        r"(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]+))?)?"
        r"(?:Z|(?P<sign>[+-])(?P<zone_hour>[0-9]{2}):(?P<zone_minute>[0-9]{2}))?)?)?"
    )


def _seconds(date_form: re.Match[str]) -> Decimal | None:
    from datetime import date

    def part(name: str, default: int = 0) -> int:
        return int(date_form[name] or default)

    hour, minute, second = part("hour"), part("minute"), part("second")
    zone_hour, zone_minute = part("zone_hour"), part("zone_minute")
    if hour > 23 or zone_hour > 23 or max(minute, second, zone_minute) > 59:
        return None
    try:
        day = date(part("year"), part("month"), part("day", 1)).toordinal() - _EPOCH_ORDINAL
    except ValueError:
        return None
    zone = (zone_hour * _HOUR + zone_minute * _MINUTE) * (-1 if date_form["sign"] == "-" else 1)
    whole = day * _DAY + hour * _HOUR + minute * _MINUTE + second - zone
    fraction = date_form["fraction"]
    return Decimal(whole) + Decimal(f"0.{fraction}") if fraction else Decimal(whole)


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
