"""Whether AWS supplies a condition key for an action, as far as its documentation says.

Global keys go by our own table, but for those of tags, which services list action by action. What
is not listed may be supplied all the same: the reference is behind AWS at times, and policies of
AWS's own read such keys.

AWS: "AWS global condition context keys"; "Actions, resources, and condition keys for AWS services".
Rules: R-COND-06 (a key that is not supported is absent), section F.
"""

from enum import Enum
from typing import NamedTuple

from policy_eval.semantics.global_keys import Carried
from policy_eval.semantics.keys import global_key, is_claim, is_listed
from policy_eval.semantics.service_reference import Listing, key_listing, resource_types_of


class Supply(Enum):
    """Whether, and for what, AWS supplies a key."""

    ALWAYS = "supplied in every request"
    OF_CALLER = "follows from who calls"
    SOMETIMES = "supplied in some requests"
    OF_PROVIDER = "supplied in sessions of an identity provider"
    LISTED = "listed for the action"
    WITH_RESOURCE_TYPES = "listed for the action with some resource types"
    OF_RESOURCE_TYPES = "listed for resource types of the action, not for the action"
    IN_PART = "listed for some of the actions"
    NOT_LISTED = "not listed for the action"
    NOT_OF_RESOURCE = "not listed for the action on such a resource"
    UNLISTED_KEY = "no service lists the key"
    UNLISTED_ACTION = "the action is not listed"

    @property
    def is_supplied(self) -> bool | None:
        """Whether some requests for the action carry the key; None where nothing says it."""
        if self is Supply.UNLISTED_ACTION:
            return None
        return self not in (Supply.NOT_LISTED, Supply.NOT_OF_RESOURCE, Supply.UNLISTED_KEY)


class Supplied(NamedTuple):
    """Whether AWS supplies a key for an action, or for those that a pattern stands for.

    `resource_types` are those with which it is listed. Of several actions `listed` are those for
    which it is, `of` is how many there are.
    """

    supply: Supply
    resource_types: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    of: int = 0


_BY_CARRIED = {
    Carried.ALWAYS: Supply.ALWAYS,
    Carried.OF_PRINCIPAL: Supply.OF_CALLER,
    Carried.SOMETIMES: Supply.SOMETIMES,
}
_OF_REQUEST = ("aws:requesttag/", "aws:tagkeys")
_RESOURCE_TAG = ":resourcetag/"
_OF_TAGS = (*_OF_REQUEST, "aws:resourcetag/")


def general_supply(folded: str) -> Supplied | None:
    """Return whether AWS supplies a key (folded), where that hangs on no action; else None."""
    row = global_key(folded)
    if row is not None:
        return None if folded.startswith(_OF_TAGS) else Supplied(_BY_CARRIED[row.carried])
    if is_claim(folded):
        return Supplied(Supply.OF_PROVIDER)
    return None if is_listed(folded) else Supplied(Supply.UNLISTED_KEY)


def supply_for(folded: str, service: str, actions: tuple[str, ...], resource: str = "") -> Supplied:
    """Return whether AWS supplies a key (folded) of which services say it action by action.

    `actions` are names of the service's actions: one, or all that a pattern stands for, as far as
    they are listed. `service` is empty where actions of any service are meant. `resource` is the
    ARN of the one resource, where it is known.
    """
    if not service:
        return Supplied(Supply.SOMETIMES)
    if len(actions) == 1:
        found = _for_one(folded, service, actions[0])
        return _on_resource(found, service, resource) if resource else found
    return _for_several(folded, service, actions)


def _for_one(folded: str, service: str, action: str) -> Supplied:
    listing = key_listing(service, action, folded)
    if listing is None:
        return Supplied(Supply.UNLISTED_ACTION)
    if listing.whole:
        return Supplied(Supply.LISTED)
    if listing.with_types:
        return Supplied(Supply.WITH_RESOURCE_TYPES, listing.with_types)
    if not _is_listed_for(folded, listing):
        return Supplied(Supply.NOT_LISTED)
    by_convention = _RESOURCE_TAG in folded  # tables of resource types are where these stand
    supply = Supply.WITH_RESOURCE_TYPES if by_convention else Supply.OF_RESOURCE_TYPES
    return Supplied(supply, listing.of_types)


def _on_resource(found: Supplied, service: str, resource: str) -> Supplied:
    """Return the same for one resource: it may be of another type than the key comes with."""
    types = resource_types_of(service, resource)
    if found.resource_types and types and types.isdisjoint(found.resource_types):
        return found._replace(supply=Supply.NOT_OF_RESOURCE)
    return found


def _is_listed_for(folded: str, listing: Listing) -> bool:
    """Return whether a key is listed anyhow; tags of the request are no matter of the resource."""
    by_type = bool(listing.of_types) and not folded.startswith(_OF_REQUEST)
    return listing.whole or bool(listing.with_types) or by_type


def _for_several(folded: str, service: str, actions: tuple[str, ...]) -> Supplied:
    listed = tuple(
        action
        for action in actions
        if (listing := key_listing(service, action, folded)) and _is_listed_for(folded, listing)
    )
    if not actions:
        return Supplied(Supply.UNLISTED_ACTION)
    if not listed:
        return Supplied(Supply.NOT_LISTED, of=len(actions))
    if len(listed) == len(actions):
        return Supplied(Supply.LISTED, of=len(actions))
    return Supplied(Supply.IN_PART, listed=listed, of=len(actions))
