"""Further actions a call needs, which the service reference leaves out.

A table; each row says what in the request brings the need. Rules: R-SM-01, R-AF-05, R-TRUST-03.
"""

from typing import NamedTuple

from policy_eval.policy.arn import parse_arn
from policy_eval.request.dependency import Dependency, On
from policy_eval.request.request import Request
from policy_eval.semantics.derivation import creates
from policy_eval.semantics.lower import key_named
from policy_eval.semantics.readings import OpenPoint, Reading
from policy_eval.semantics.request_context import RequestContext, Unknown
from policy_eval.semantics.service_reference import service_action
from policy_eval.text.folding import fold

_CREATE = "secretsmanager:createsecret"
_CUSTOMER_KEY = "the secret is encrypted with a customer managed key"
_NEEDS_NOTHING = "alias/aws/secretsmanager"

DEPENDENCIES = (
    Dependency(_CREATE, "aws:requesttag/", "secretsmanager:TagResource", On.SAME_RESOURCE,
               "the secret is created with tags", "R-SM-01"),
    Dependency(_CREATE, "secretsmanager:addreplicaregions",
               "secretsmanager:ReplicateSecretToRegions", On.SAME_RESOURCE,
               "the secret is created with replica Regions", "R-SM-01"),
    Dependency(_CREATE, "secretsmanager:kmskeyarn", "kms:GenerateDataKey", On.VALUE_OF_KEY,
               _CUSTOMER_KEY, "R-SM-01"),
    Dependency(_CREATE, "secretsmanager:kmskeyarn", "kms:Decrypt", On.VALUE_OF_KEY,
               _CUSTOMER_KEY, "R-SM-01"),
    Dependency(_CREATE, "secretsmanager:kmskeyid", "kms:GenerateDataKey", On.VALUE_OF_KEY,
               _CUSTOMER_KEY, "R-SM-01"),
    Dependency(_CREATE, "secretsmanager:kmskeyid", "kms:Decrypt", On.VALUE_OF_KEY,
               _CUSTOMER_KEY, "R-SM-01"),
    Dependency("secretsmanager:batchgetsecretvalue", "", "secretsmanager:GetSecretValue",
               On.NOT_SAID, "each secret is read", "R-SM-01"),
    *(Dependency(action, key, needs, On.SAME_RESOURCE, because, "R-TRUST-03")
      for action in ("sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity")
      for key, needs, because in (
          ("aws:requesttag/", "sts:TagSession", "the session gets tags"),
          ("sts:sourceidentity", "sts:SetSourceIdentity", "the session gets a source identity"),
      )),
)  # fmt: skip
"""What is known beside the service reference; a request may bring further rows."""

_TAGGED_BY_SERVICE = Dependency(
    _CREATE, "aws:calledvia", "secretsmanager:TagResource", On.SAME_RESOURCE,
    "the managing service tags the secret it creates", "R-AF-05",
)  # fmt: skip
"""A row that only the other reading of R-AF-05 has."""

_BY_ACTION: dict[str, list[Dependency]] = {}
for _row in DEPENDENCIES:
    _BY_ACTION.setdefault(_row.action, []).append(_row)
_SYSTEM_TAG = "aws:secretsmanager:owningService"


class Needed(NamedTuple):
    """A further request that the call makes, and why.

    `hangs_on` is the unknown key that decides whether it is needed at all, empty if it is.
    """

    request: Request
    because: str
    rule: str
    hangs_on: str = ""


def needed_by(context: RequestContext, reading: Reading) -> tuple[Needed, ...]:
    """Return the further requests of the call; none where it is asked for the action alone."""
    request = context.request
    if request.action_only:
        return ()
    found: dict[str, Needed] = {}
    for row in _rows(context, reading):
        brings = _brings(row, context)
        if brings is False or (row.needs in found and not found[row.needs].hangs_on):
            continue
        hangs_on = row.key if brings is None else ""
        found[row.needs] = Needed(_further(row, context), row.because, row.rule, hangs_on)
    return tuple(found.values())


def _rows(context: RequestContext, reading: Reading) -> list[Dependency]:
    """Return the rows of the call's action: ours, then those that the request brings."""
    action = context.folded_action
    rows = [*_BY_ACTION.get(action, ())]
    rows += [row for row in context.request.dependencies if row.action == action]
    if (
        action == _CREATE
        and OpenPoint.SYSTEM_TAG_AT_CREATION in reading
        and "!" in (_text(context, "secretsmanager:Name") or "")
        and _has(context, _TAGGED_BY_SERVICE.key)
    ):
        rows.append(_TAGGED_BY_SERVICE)
    return rows


def _brings(row: Dependency, context: RequestContext) -> bool | None:
    """Return whether the request brings the need; None where that is unknown."""
    if not row.key:
        return True
    brings = _has(context, row.key)
    if brings and row.on is On.VALUE_OF_KEY:
        return not str(_text(context, row.key)).endswith(_NEEDS_NOTHING)
    return brings


def _has(context: RequestContext, key: str) -> bool | None:
    if key.endswith("/"):
        return True if context.holds_any(key) else None if context.may_hold(key) else False
    candidates = context.candidates(key_named(key))
    return None if isinstance(candidates, Unknown) else any(candidates)


def _text(context: RequestContext, key: str) -> str | None:
    candidates = context.candidates(key_named(key))
    if isinstance(candidates, Unknown) or not candidates[0]:
        return None
    return candidates[0][0]


def _further(row: Dependency, context: RequestContext) -> Request:
    """Return the further request: the same caller and context, less what the action lacks."""
    request = context.request
    resource = context.resources.names[0] if context.resources.names else None
    if row.on is not On.SAME_RESOURCE:
        named = _text(context, row.key) if row.on is On.VALUE_OF_KEY else None
        resource = named if named is not None and parse_arn(named) is not None else None
    given: dict[str, tuple[str, ...] | None] = {
        name: values
        for folded, spellings in request.context.items()
        for name, values in spellings.items()
        if _carries(row.needs, folded)
    }
    if row.on is On.VALUE_OF_KEY:
        _forward(given, context)
    tags = dict(request.request_tags)
    if row is _TAGGED_BY_SERVICE:
        tags.setdefault(_SYSTEM_TAG, "appflow")
    same = row.on is On.SAME_RESOURCE
    of_resource = dict(request.resource_tags)
    if creates(context.action.name):
        of_resource |= tags
    return Request(
        row.needs,
        resource,
        principal=request.principal,
        context=given,
        unknown=[name for name in request.unknown if fold(name) not in map(fold, given)],
        request_tags=tags if same else {},
        resource_tags=of_resource if same else {},
        now=request.now,
        action_only=True,
        resource_account=request.resource_account if same else None,
    )


def _carries(action: str, folded: str) -> bool:
    """Return whether the further action carries a key of the call (R-COND-06)."""
    service, _, name = action.partition(":")
    if folded.startswith("aws:"):
        return True
    listed = service_action(service, name)
    return listed is not None and any(key.covers(folded) for key in listed.keys)


_NOT_FORWARDED = (
    "aws:calledvia", "aws:viaaws", "aws:sourcevpc", "aws:vpcsourceip", "aws:vpce",
    "aws:resource", "aws:requesttag/", "aws:tagkeys",
)  # fmt: skip
"""Keys of the call that the forwarded one does not carry, or carries anew (R-FAS-01)."""


def _forward(given: dict[str, tuple[str, ...] | None], context: RequestContext) -> None:
    """Make the context that of a call Secrets Manager forwards to AWS KMS (R-SM-01)."""
    region = _text(context, "aws:RequestedRegion")
    chain = context.candidates(key_named("aws:CalledVia"))
    before = () if isinstance(chain, Unknown) else chain[0] or ()
    for name in [name for name in given if name.lower().startswith(_NOT_FORWARDED)]:
        del given[name]
    given["aws:CalledVia"] = (*before, "secretsmanager.amazonaws.com")
    if region is not None:
        given["kms:ViaService"] = (f"secretsmanager.{region}.amazonaws.com",)
