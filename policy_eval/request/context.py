"""Context values as given: keys that ignore case, one or several texts each, known or absent.

Values keep their text as received; each operator reads it in its own way (R-COND-43).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias, Union

from policy_eval.errors import refuse_request
from policy_eval.text.folding import fold

if TYPE_CHECKING:
    from decimal import Decimal
    from ipaddress import IPv4Address, IPv6Address

Scalar: TypeAlias = Union[str, int, "Decimal", bool, datetime, bytes, "IPv4Address", "IPv6Address"]
Given: TypeAlias = Scalar | Sequence[Scalar] | None
"""What a key may be given as: one value, several, or None for "known to be absent"."""

Values: TypeAlias = tuple[str, ...]
Entries: TypeAlias = Mapping[str, Mapping[str, Values | None]]
"""Folded key → spelling → values; None is known to be absent."""


Held: TypeAlias = tuple[Values | None]
"""What a key holds: the one list of values it may hold, None for absent."""


def fold_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return the keys of a context folded. Raises RequestError for a key in two spellings."""
    found: dict[str, str] = {}
    for name in names:
        folded = fold(name)
        if folded in found:
            other = found[folded]
            raise refuse_request(
                "duplicate-key-case",
                f"`{name}` and `{other}` are one condition key",
                "condition keys ignore case; give the key once, with several values if need be",
                ("R-COND-03",),
                name,
            )
        if not name or name != name.strip():
            raise refuse_request(
                "context-key", f"`{name}` is no condition key", "write `prefix:Name`", key=name
            )
        found[folded] = name
    return tuple(found)


def values_of(name: str, value: Given) -> Values | None:
    """Return the texts of a given value. An empty list is a key without a value (R-COND-36)."""
    if value is None:
        return None
    if isinstance(value, (str, bytes)) or not isinstance(value, Sequence):
        return (text_of(name, value),)
    if all(type(item) is str for item in value):
        return tuple(value) or None  # type: ignore[arg-type]  # texts, all of them
    return tuple(text_of(name, item) for item in value) or None


def text_of(name: str, value: Scalar) -> str:
    """Return the text AWS would see for one value. Raises RequestError for other types."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case int():
            return str(value)
        case bytes():
            from base64 import b64encode

            return b64encode(value).decode("ascii")
        case datetime() if value.tzinfo is not None:
            return value.isoformat().replace("+00:00", "Z")
        case datetime():
            raise refuse_request(
                "context-value", f"`{name}` is a datetime without a time zone", "give it one"
            )
        case _ if _is_number_or_address(value):
            return str(value)
        case _:
            raise refuse_request(
                "context-value",
                f"`{name}` is given as {type(value).__name__}",
                "give text, int, Decimal, bool, datetime, bytes or an IP address",
            )


def _is_number_or_address(value: object) -> bool:
    from decimal import Decimal
    from ipaddress import IPv4Address, IPv6Address

    return isinstance(value, (Decimal, IPv4Address, IPv6Address))


def tag_entries(prefixes: Iterable[str], tags: Mapping[str, str]) -> Entries:
    """Return tags as entries under each prefix; tag keys keep their case (R-SM-03, R-COND-04)."""
    entries: dict[str, dict[str, Values | None]] = {}
    for prefix in prefixes:
        for key, value in tags.items():
            name = f"{prefix}{key}"
            entries.setdefault(fold(name), {})[name] = (value,)
    return entries
