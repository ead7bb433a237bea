"""Further actions a call needs, which the service reference leaves out.

A table; each row says what in the request brings the need. Rules: R-SM-01, R-AF-05.
"""

from enum import Enum
from typing import NamedTuple

from policy_eval.request.request import Request
from policy_eval.semantics.lower import key_named
from policy_eval.semantics.readings import OpenPoint, Reading
from policy_eval.semantics.request_context import RequestContext, Unknown
from policy_eval.semantics.service_reference import service_action
from policy_eval.text.folding import fold


class On(Enum):
    """The resource of a dependent action."""

    SAME_RESOURCE = "the resource of the call"
    VALUE_OF_KEY = "the ARN in the key that brings the need"


class Dependency(NamedTuple):
    """`action` also needs `needs` if the request carries `key` (a family ends in `/`)."""

    action: str
    key: str
    needs: str
    on: On
    because: str
    rule: str
    open_point: OpenPoint | None = None
    """A row that only the other reading of an open point has."""


_CREATE = "secretsmanager:createsecret"

DEPENDENCIES = (
    Dependency(_CREATE, "aws:requesttag/", "secretsmanager:TagResource", On.SAME_RESOURCE,
               "the secret is created with tags", "R-SM-01"),
    Dependency(_CREATE, "secretsmanager:addreplicaregions",
               "secretsmanager:ReplicateSecretToRegions", On.SAME_RESOURCE,
               "the secret is created with replica Regions", "R-SM-01"),
    Dependency(_CREATE, "secretsmanager:kmskeyarn", "kms:GenerateDataKey", On.VALUE_OF_KEY,
               "the secret is encrypted with a customer managed key", "R-SM-01"),
    Dependency(_CREATE, "secretsmanager:kmskeyarn", "kms:Decrypt", On.VALUE_OF_KEY,
               "the secret is encrypted with a customer managed key", "R-SM-01"),
    Dependency(_CREATE, "aws:calledvia", "secretsmanager:TagResource", On.SAME_RESOURCE,
               "the managing service tags the secret it creates", "R-AF-05",
               OpenPoint.SYSTEM_TAG_AT_CREATION),
)  # fmt: skip

_ACTIONS = frozenset(row.action for row in DEPENDENCIES)
_SYSTEM_TAG = "aws:secretsmanager:owningService"


class Needed(NamedTuple):
    """A further request that the call makes, and why."""

    request: Request
    because: str
    rule: str


def needed_by(context: RequestContext, reading: Reading) -> tuple[Needed, ...]:
    """Return the further requests of the call, none where it is asked for the action alone."""
    request = context.request
    if request.action_only or context.folded_action not in _ACTIONS:
        return ()
    found: dict[str, Needed] = {}
    for row in DEPENDENCIES:
        if row.action != context.folded_action or not _brings(row, context, reading):
            continue
        found.setdefault(row.needs, Needed(_further(row, context), row.because, row.rule))
    return tuple(found.values())


def _brings(row: Dependency, context: RequestContext, reading: Reading) -> bool:
    if row.open_point is not None:
        managed = "!" in (_text(context, "secretsmanager:Name") or "")
        return row.open_point in reading and managed and _has(context, row.key)
    return _has(context, row.key)


def _has(context: RequestContext, key: str) -> bool:
    if key.endswith("/"):
        return context.holds_any(key)
    candidates = context.candidates(key_named(key))
    return not isinstance(candidates, Unknown) and any(candidates)


def _text(context: RequestContext, key: str) -> str | None:
    candidates = context.candidates(key_named(key))
    if isinstance(candidates, Unknown) or not candidates[0]:
        return None
    return candidates[0][0]


def _further(row: Dependency, context: RequestContext) -> Request:
    """Return the further request: the same caller and context, less what the action lacks."""
    request = context.request
    resource = context.resources.names[0] if context.resources.names else None
    if row.on is On.VALUE_OF_KEY:
        resource = _text(context, row.key)
    given: dict[str, tuple[str, ...] | None] = {
        name: values
        for folded, spellings in request.context.items()
        for name, values in spellings.items()
        if _carries(row.needs, folded)
    }
    if row.on is On.VALUE_OF_KEY:
        _forward(given, context)
    tags = dict(request.request_tags)
    if row.open_point is not None:
        tags.setdefault(_SYSTEM_TAG, "appflow")
    return Request(
        row.needs,
        resource,
        principal=request.principal,
        context=given,
        unknown=[name for name in request.unknown if fold(name) not in map(fold, given)],
        request_tags=tags if row.on is On.SAME_RESOURCE else {},
        resource_tags={**dict(request.resource_tags), **tags} if row.on is On.SAME_RESOURCE else {},
        now=request.now,
        action_only=True,
    )


def _carries(action: str, folded: str) -> bool:
    """Return whether the further action carries a key of the call (R-COND-06)."""
    service, _, name = action.partition(":")
    if folded.startswith("aws:"):
        return True
    listed = service_action(service, name)
    return listed is not None and any(key.covers(folded) for key in listed.keys)


def _forward(given: dict[str, tuple[str, ...] | None], context: RequestContext) -> None:
    """Make the context that of a call Secrets Manager forwards to AWS KMS (R-SM-01)."""
    region = _text(context, "aws:RequestedRegion")
    chain = context.candidates(key_named("aws:CalledVia"))
    before = () if isinstance(chain, Unknown) else chain[0] or ()
    for name in [
        name for name in given if name.lower().startswith(("aws:calledvia", "aws:viaaws"))
    ]:
        del given[name]
    given["aws:CalledVia"] = (*before, "secretsmanager.amazonaws.com")
    if region is not None:
        given["kms:ViaService"] = (f"secretsmanager.{region}.amazonaws.com",)
