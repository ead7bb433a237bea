"""Condition keys: whether a key holds one value or several, and when a request carries it.

Global keys come from our own table, service keys from the service reference.
Rules: R-COND-03 (names ignore case), R-COND-34 (the declared type decides), R-KEY-06.
"""

from __future__ import annotations

from enum import Enum
from functools import cache

from policy_eval.semantics.global_keys import GLOBAL_KEYS, Carried, GlobalKey
from policy_eval.semantics.service_reference import service_exists, service_keys
from policy_eval.text.folding import fold


class Multiplicity(Enum):
    """How many values a key holds."""

    __hash__ = object.__hash__  # there is one of each, and Enum's own is slow

    SINGLE = "single-valued"
    MULTIPLE = "multivalued"
    LISTED_SINGLE = "single-valued by the service reference; several given values count"
    BY_COUNT = "as many as are given"


_EXACT = {fold(row.name): row for row in GLOBAL_KEYS if not row.name.endswith("/")}
_FAMILIES = {fold(row.name): row for row in GLOBAL_KEYS if row.name.endswith("/")}


def global_key(folded: str) -> GlobalKey | None:
    """Return the row of a global key, or of its family."""
    row = _EXACT.get(folded)
    if row is None and "/" in folded:
        row = _FAMILIES.get(folded[: folded.index("/") + 1])
    return row


_OF_ONE_TAG = (":resourcetag", ":requesttag", ":existingobjecttag", ":requestobjecttag")
"""Families of keys that hold the value of one tag, and a tag has one."""


@cache
def multiplicity(folded: str) -> Multiplicity:
    """Return how many values a key holds (R-COND-34).

    A service key is multivalued where the service reference says so. Where it says otherwise
    the count decides: the reference lists keys as single-valued that AWS's own policies use
    with set operators (`cognito-identity.amazonaws.com:amr`).
    """
    row = global_key(folded)
    if row is None and folded.partition("/")[0].endswith(_OF_ONE_TAG) and "/" in folded:
        return Multiplicity.SINGLE
    if row is not None:
        return Multiplicity.MULTIPLE if row.multivalued else Multiplicity.SINGLE
    kind = _declared(folded)
    if kind is None:
        return Multiplicity.BY_COUNT
    return Multiplicity.MULTIPLE if kind.startswith("ArrayOf") else Multiplicity.LISTED_SINGLE


def is_listed(folded: str) -> bool:
    """Return whether AWS's global keys or the service reference list the key at all."""
    return global_key(folded) is not None or _declared(folded) is not None


def key_type(folded: str) -> str | None:
    """Return the type of a key's values in AWS's words (`String`, `ARN`); None where unlisted."""
    row = global_key(folded)
    kind = _declared(folded) if row is None else row.type
    if kind is None and is_claim(folded):
        return "String"
    return kind and kind.removeprefix("ArrayOf")


def is_claim(folded: str) -> bool:
    """Return whether a key is named by an identity provider: `saml:sub`, `accounts.google.com:aud`.

    AWS: "IAM and AWS STS condition context keys", keys of web identity federation and of SAML.
    """
    provider = folded.partition(":")[0]
    return provider == "saml" or "." in provider


def _declared(folded: str) -> str | None:
    """Return the type the service reference gives a key; None where it does not list it."""
    service = folded.partition(":")[0]
    if "/" in service or not service_exists(service):
        service = "sts"  # claims of identity providers: `accounts.google.com:aud`, `saml:aud`
    for key in service_keys(service):
        if key.covers(folded):
            return key.type
    return None


def always_carried(folded: str) -> bool:
    """Return whether every request carries the key, so that "not given" means unknown."""
    row = global_key(folded)
    return row is not None and row.carried is Carried.ALWAYS


def follows_from_principal(folded: str) -> bool:
    """Return whether the key is known only once it is known who calls."""
    row = global_key(folded)
    return row is not None and row.carried is Carried.OF_PRINCIPAL
