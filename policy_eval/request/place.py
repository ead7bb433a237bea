"""What the text of a resource says beside its name: where it is, and whose.

What a call is about hangs on this alone; by its whole text a resource is only matched.
"""

from __future__ import annotations

from policy_eval.errors import refuse_request
from policy_eval.policy.arn import parse_arn

OF_AWS_MANAGED_KEYS = ":alias/aws/"
OF_ALIASES = ":alias/"
OF_SERVICE_LINKED_ROLES = ":role/aws-service-role/"
MARKS = (OF_AWS_MANAGED_KEYS, OF_ALIASES, OF_SERVICE_LINKED_ROLES)
"""Texts in an ARN on which rules hang (R-RCP-01, R-KMS-02, R-SLR-01)."""

_MOST_REMEMBERED = 65_536


class Place:
    """Where a resource is: one object for all resources of which the same holds.

    These are: whether one is given (None, `*`, an ARN), the fields of the ARN before the resource,
    and which of `MARKS` it holds. `in_any_region` is the place of which the same holds but for the
    Region. `whose` says the least: partition, account and marks; nothing where there is no ARN.
    """

    __slots__ = ("in_any_region", "whose")

    def __init__(self, whose: tuple[object, ...] = (), in_any_region: Place | None = None) -> None:
        self.whose = whose
        self.in_any_region = in_any_region or self


_ALIKE: dict[object, Place] = {}  # what holds of them → their one object
PLACES: dict[str | None, Place] = {None: Place(), "*": Place(("*",))}
"""The places of resources that were seen."""


def place_of(resource: str | None) -> Place:
    """Return where a resource is. Raises RequestError for what is neither `*` nor an ARN."""
    known = PLACES.get(resource)
    if known is not None:
        return known
    arn = None if resource is None else parse_arn(resource)
    if arn is None or resource is None:
        raise refuse_request(
            "not-an-arn",
            f"`{resource}` is no resource",
            'give an ARN of six fields, or "*"',
            ("R-RES-05",),
        )
    if len(PLACES) >= _MOST_REMEMBERED:
        for old in list(PLACES):  # at once: other threads may add to them meanwhile
            if old not in (None, "*"):
                PLACES.pop(old, None)
    if len(_ALIKE) >= _MOST_REMEMBERED:
        _ALIKE.clear()
    marked = tuple(mark in resource for mark in MARKS)
    regional = bool(arn.region)  # without one none follows from it
    anywhere = (arn.partition, arn.service, arn.account, regional, marked)
    whose = (arn.partition, arn.account, marked)
    place = PLACES[resource] = _ALIKE.setdefault(
        (*arn[:4], marked), Place(whose, _ALIKE.setdefault(anywhere, Place(whose)))
    )
    return place
