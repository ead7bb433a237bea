"""Keys that are views of one fact, keys that rules ask for, and what keys follow from.

Rules: section F (what follows), R-SM-02, R-COND-04, R-COND-14.
"""

from __future__ import annotations

from enum import Enum

from policy_eval.request.context import Values
from policy_eval.request.principal import PrincipalKind
from policy_eval.semantics.dependent_actions import DEPENDENCIES
from policy_eval.semantics.derivation import TIMES, derive_from_time
from policy_eval.semantics.known_keys import KnownKeys
from policy_eval.text.folding import fold

_TAGS = (":requesttag", ":resourcetag", ":existingobjecttag")
_OF_TAG, _OF_TIME = "tag/", "time"


def link_of(folded: str) -> str:
    """Return one name for all keys whose values may follow from one another without being compared.

    These are the names of one tag (of the request, of the resource, a service's own), and the two
    of the time; any other key stands for itself.
    """
    prefix, slash, tag = folded.partition("/")
    if slash and prefix.endswith(_TAGS):
        return _OF_TAG + tag
    return _OF_TIME if folded in TIMES else folded


def is_linked(folded: str) -> bool:
    """Return whether values of a key may follow from those of another, or the other way round."""
    link = link_of(folded)
    return link == _OF_TIME or link.startswith(_OF_TAG)


def times_held(folded: str, values: Values | None) -> dict[str, Values | None]:
    """Return what both names of the time hold where one (folded) holds some values."""
    keys = KnownKeys({folded: {folded: values}}, ())
    derive_from_time(keys, None)
    return {name: keys.first(name) for name in TIMES if name in keys.entries}


class Feeder(Enum):
    """What a key that is not given follows from, beside the caller."""

    FORWARDING = "the keys that tell whether a service forwards the call, and where it comes from"
    TAGS = "the tags of request and resource, and what the action does with tags"
    TIME = "the other name of the time"
    OWNER = "whose resource it is"
    REGION = "where the resource is, and the service"
    CALLER = "nothing else"


FORWARDING = frozenset(
    {
        "aws:calledvia", "aws:calledviafirst", "aws:calledvialast", "aws:viaawsservice",
        "aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip", "aws:sourceip",
        "aws:multifactorauthage", "aws:multifactorauthpresent",
    }
)  # fmt: skip
OWNER = frozenset(
    {
        "aws:principalaccount", "aws:principalorgid", "aws:principalorgpaths",
        "aws:resourceaccount", "aws:resourceorgid", "aws:resourceorgpaths",
        "kms:requestalias", "kms:resourcealiases",
    }
)  # fmt: skip
_REGION = "aws:requestedregion"
_TAG_KEYS = "aws:tagkeys"
NAME_OF_NEW_SECRET = "secretsmanager:name"
"""The key that a new secret is named by (R-SM-04)."""
_BROUGHT = frozenset(fold(row.key) for row in DEPENDENCIES if row.key)
_ONLY_WHETHER_GIVEN = frozenset(
    {"aws:multifactorauthage", "aws:sourceip", "aws:multifactorauthpresent", _REGION,
     "aws:tokenissuetime", "aws:principalarn", "aws:userid"}
)  # fmt: skip
_BY_VALUE = (FORWARDING | OWNER | _BROUGHT | {_TAG_KEYS, NAME_OF_NEW_SECRET}) - _ONLY_WHETHER_GIVEN


OF_NEW_SECRET = frozenset({NAME_OF_NEW_SECRET, _REGION})
"""Keys that the name of a new secret is made of (R-SM-04)."""
OF_CALLER = frozenset({"aws:principalarn", "aws:userid"})
"""Keys that say more of the caller than its name does (`derivation.told_by_keys`)."""
KNOWN_BY_KIND = frozenset(
    {PrincipalKind.USER, PrincipalKind.ROLE, PrincipalKind.FEDERATED_USER, PrincipalKind.ROOT}
)
"""Kinds of callers of which no rule knows the name; services, say, are known by theirs."""


def is_of_time(folded: str) -> bool:
    """Return whether a key is a name of the time of the call."""
    return folded in TIMES


def is_reserved_tag(folded: str) -> bool:
    """Return whether a key is a tag that services refuse to callers (R-AF-06)."""
    return folded.startswith("aws:requesttag/aws:")


def feeder_of(folded: str) -> Feeder:
    """Return what a key follows from where it is not given."""
    if folded in FORWARDING:
        return Feeder.FORWARDING
    if folded in OWNER:
        return Feeder.OWNER
    if folded == _REGION:
        return Feeder.REGION
    if folded in TIMES:
        return Feeder.TIME
    return Feeder.TAGS if is_of_tags(folded) else Feeder.CALLER


def hangs_on_action(folded: str) -> bool:
    """Return whether a key that is not given may follow from the action of the call, too."""
    return feeder_of(folded) in (Feeder.TAGS, Feeder.OWNER, Feeder.REGION)


def is_of_tags(folded: str) -> bool:
    """Return whether a key is a tag of request or resource, or names them."""
    return folded == _TAG_KEYS or link_of(folded).startswith(_OF_TAG)


def brings_needs(folded: str) -> bool:
    """Return whether a key may bring it that a call needs further actions."""
    return folded in _BROUGHT or folded.startswith(tuple(_BROUGHT_FAMILIES))


_BROUGHT_FAMILIES = frozenset(name for name in _BROUGHT if name.endswith("/"))


def rules_may_ask(folded: str) -> bool:
    """Return whether a rule may ask for a key that no statement reads: whether it is there."""
    return (
        rules_compare(folded)
        or folded in _ONLY_WHETHER_GIVEN
        or is_of_tags(folded)
        or brings_needs(folded)
    )


def rules_compare(folded: str) -> bool:
    """Return whether a rule is known to look at the values of a key; others may, too."""
    return folded in _BY_VALUE


def may_follow(folded: str) -> bool:
    """Return whether a key that is not given may follow from something else but the caller."""
    return feeder_of(folded) is not Feeder.CALLER or folded == "aws:securetransport"
