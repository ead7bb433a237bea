"""What rules go by of an action, beside the statements that select it.

Calls of two actions of which the same holds are of one case, whatever else is the same.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from policy_eval.semantics.derivation import creates
from policy_eval.semantics.resources import is_named_anew, listing_arn
from policy_eval.semantics.service_exceptions import (
    NOT_UNDER_RCPS,
    OWNER_CANNOT_LOCK_ITSELF_OUT,
    RCP_SERVICES,
    exceptions_of,
)
from policy_eval.semantics.service_reference import service_action

_KNOWN = frozenset({"iam", "kms", "sts"})
"""Services for which rules about a call differ."""
_BY_NAME = frozenset({"sts"})
"""Services of which rules know many actions by name."""


class ActionFacts(NamedTuple):
    """What rules go by of an action.

    `name` is filled where rules know the action itself; `resource_types` counts them up to two,
    None for an action that is not listed; `exceptions` are the numbers of its rows in
    `SERVICE_EXCEPTIONS`.
    """

    service: str
    name: str
    resource_types: int | None
    creates: bool
    tags: bool
    carried: tuple[str, ...]
    exceptions: tuple[int, ...]
    limits: tuple[bool, bool]

    def of_case(self, *, narrow: bool) -> ActionFacts:
        """Return only what tells which layers have a say, and how the resource is named.

        And with it whether the service refuses the call.
        With `narrow` there are neither resource control policies nor endpoint policies.
        """
        differing = _KNOWN if narrow else RCP_SERVICES | _KNOWN
        service = self.service if self.name or self.service in differing else ""
        return self._replace(service=service, creates=False, tags=False, carried=())


_TAG_PREFIXES = ("aws:requesttag/", "aws:resourcetag/")


@lru_cache(maxsize=65_536)
def facts_of(folded_action: str) -> ActionFacts:
    """Return what rules go by of an action, given in lower case."""
    service, _, name = folded_action.partition(":")
    listed = service_action(service, name)
    known = service in _BY_NAME or is_named_anew(folded_action) or _is_listing(folded_action)
    prefixes = {key.prefix for key in listed.keys} if listed else set()
    return ActionFacts(
        service,
        name if known else "",
        None if listed is None else min(len(listed.resource_types), 2),
        creates(name),
        listed is not None and listed.is_tagging,
        tuple(prefix for prefix in _TAG_PREFIXES if prefix in prefixes),
        exceptions_of(folded_action),
        (folded_action in NOT_UNDER_RCPS, folded_action in OWNER_CANNOT_LOCK_ITSELF_OUT),
    )


def _is_listing(folded_action: str) -> bool:
    return listing_arn(folded_action, "aws", "") is not None
