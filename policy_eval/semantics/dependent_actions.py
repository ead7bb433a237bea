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

_CREATE = "secretsmanager:CreateSecret"
_CUSTOMER_KEY = "the secret is encrypted with a customer managed key"
_TAGGING_ON_CREATION = "Elastic Load Balancing API permissions to tag resources during creation"
_NEEDS_NOTHING = "alias/aws/secretsmanager"
_SECRETS_MANAGER = "secretsmanager.amazonaws.com"

DEPENDENCIES = (
    Dependency(_CREATE, "aws:RequestTag/", "secretsmanager:TagResource", On.SAME_RESOURCE,
               "the secret is created with tags", "R-SM-01"),
    Dependency(_CREATE, "secretsmanager:AddReplicaRegions",
               "secretsmanager:ReplicateSecretToRegions", On.SAME_RESOURCE,
               "the secret is created with replica Regions", "R-SM-01"),
    Dependency(_CREATE, "secretsmanager:KmsKeyArn", "kms:GenerateDataKey", On.VALUE_OF_KEY,
               _CUSTOMER_KEY, "R-SM-01", _SECRETS_MANAGER),
    Dependency(_CREATE, "secretsmanager:KmsKeyArn", "kms:Decrypt", On.VALUE_OF_KEY,
               _CUSTOMER_KEY, "R-SM-01", _SECRETS_MANAGER),
    Dependency(_CREATE, "secretsmanager:KmsKeyId", "kms:GenerateDataKey", On.VALUE_OF_KEY,
               _CUSTOMER_KEY, "R-SM-01", _SECRETS_MANAGER),
    Dependency(_CREATE, "secretsmanager:KmsKeyId", "kms:Decrypt", On.VALUE_OF_KEY,
               _CUSTOMER_KEY, "R-SM-01", _SECRETS_MANAGER),
    Dependency("secretsmanager:BatchGetSecretValue", "", "secretsmanager:GetSecretValue",
               On.NOT_SAID, "each secret is read", "R-SM-01"),
    *(Dependency(f"elasticloadbalancing:{action}", "aws:RequestTag/",
                 "elasticloadbalancing:AddTags", On.SAME_RESOURCE,
                 "it is created with tags", _TAGGING_ON_CREATION)
      for action in ("CreateLoadBalancer", "CreateTargetGroup", "CreateListener", "CreateRule")),
    *(Dependency(action, key, needs, On.SAME_RESOURCE, because, "R-TRUST-03")
      for action in ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")
      for key, needs, because in (
          ("aws:RequestTag/", "sts:TagSession", "the session gets tags"),
          ("sts:SourceIdentity", "sts:SetSourceIdentity", "the session gets a source identity"),
      )),
)  # fmt: skip
"""What is known beside the service reference; a request may bring further rows."""

_TAGGED_BY_SERVICE = Dependency(
    _CREATE, "aws:CalledVia", "secretsmanager:TagResource", On.SAME_RESOURCE,
    "the managing service tags the secret it creates", "R-AF-05",
)  # fmt: skip
"""A row that only the other reading of R-AF-05 has."""

_BY_ACTION: dict[str, list[Dependency]] = {}
for _row in DEPENDENCIES:
    _BY_ACTION.setdefault(fold(_row.action), []).append(_row)
_SYSTEM_TAG = "aws:secretsmanager:owningService"


class Needed(NamedTuple):
    """A further request that the call makes, and why.

    `row` is the row that brings it; `hangs_on` is the unknown key that decides whether it is needed
    at all, empty if it is.
    """

    request: Request
    because: str
    rule: str
    row: Dependency
    hangs_on: str = ""

    @property
    def same_resource(self) -> bool:
        """Whether it is on the resource that was asked about."""
        return self.row.on is On.SAME_RESOURCE

    def carries(self, folded: str) -> bool:
        """Return whether it carries a key of the call, or one of its own (R-COND-06)."""
        if folded == "aws:tagkeys" or folded.startswith(_REQUEST_TAG):
            return self.same_resource
        if not self.same_resource and ":resourcetag/" in folded:
            return True  # its own resource's
        return _carries(self.row, folded) or folded in map(fold, self.request.unknown)


def may_need(folded_action: str) -> tuple[str, ...]:
    """Return the further actions that calls of an action may need, by the rows known here."""
    return tuple(dict.fromkeys(row.needs for row in _BY_ACTION.get(folded_action, ())))


def needed_by(context: RequestContext, reading: Reading) -> tuple[Needed, ...]:
    """Return the further requests of the call; none where it is asked for the action alone."""
    request = context.request
    if request.action_only:
        return ()
    found: dict[tuple[str, str | None], Needed] = {}
    for row in _rows(context, reading):
        brings = _brings(row, context)
        if brings is False:
            continue
        further = _further(row, context)
        name = (row.needs, further.resource)
        settled = name in found and not found[name].hangs_on
        # one key may be named twice, by its ARN and in another way that tells no ARN
        told = further.resource is None and any(
            each.because == row.because and each.request.action == row.needs
            for each in found.values()
        )
        if not settled and not told:
            hangs_on = row.key if brings is None else ""
            found[name] = Needed(further, row.because, row.rule, row, hangs_on)
    return tuple(found.values())


def _rows(context: RequestContext, reading: Reading) -> list[Dependency]:
    """Return the rows of the call's action: ours, then those that the request brings."""
    action = context.folded_action
    rows = [*_BY_ACTION.get(action, ())]
    rows += [row for row in context.request.dependencies if fold(row.action) == action]
    if (
        action == fold(_CREATE)
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
        return not _is_aws_managed(_text(context, row.key) or "")
    return brings


OF_AWS_MANAGED_KEY = (_NEEDS_NOTHING, f"*:{_NEEDS_NOTHING}")
"""Patterns of the key that needs nothing (R-SM-01)."""


def _is_aws_managed(key: str) -> bool:
    """Whether a key is that of Secrets Manager itself, which needs no permission (R-SM-01)."""
    return key == _NEEDS_NOTHING or key.endswith(f":{_NEEDS_NOTHING}")


def _has(context: RequestContext, key: str) -> bool | None:
    if key.endswith("/"):
        folded = fold(key)
        return True if context.holds_any(folded) else None if context.may_hold(folded) else False
    candidates = context.candidates(key_named(key))
    return None if isinstance(candidates, Unknown) else any(candidates)


def _text(context: RequestContext, key: str) -> str | None:
    candidates = context.candidates(key_named(key))
    if isinstance(candidates, Unknown) or not candidates[0]:
        return None
    return candidates[0][0]


def _further(row: Dependency, context: RequestContext) -> Request:
    """Return the further request: the same caller and context, less what the action lacks."""
    request, same = context.request, row.on is On.SAME_RESOURCE
    resource = context.resources.names[0] if context.resources.names else None
    if not same:
        named = _text(context, row.key) if row.on is On.VALUE_OF_KEY else None
        resource = named if named is not None and parse_arn(named) is not None else None
    given: dict[str, tuple[str, ...] | None] = {}
    tags = dict(request.request_tags)
    for folded, spellings in request.context.items():
        for name, values in spellings.items():
            if folded.startswith(_REQUEST_TAG) and values:
                tags.setdefault(name.partition("/")[2], values[0])
            elif folded != "aws:tagkeys" and _carries(row, folded):
                given[name] = values
    if row is _TAGGED_BY_SERVICE:
        tags.setdefault(_SYSTEM_TAG, "appflow")
    if row.key == "aws:RequestTag/":
        given |= _create_action(row, context)
    unknown = [name for name in request.unknown if name.endswith("*") or _carries(row, fold(name))]
    if same and creates(context.action.name):  # tags that are passed are the resource's (R-SM-02)
        passed = [name for name in unknown if fold(name).startswith(_REQUEST_TAG)]
        unknown += [f"aws:ResourceTag/{name.partition('/')[2]}" for name in passed]
    if not same:
        service = row.needs.partition(":")[0]
        unknown += ["aws:ResourceTag/*", f"{service}:ResourceTag/*"]
    if row.forwarded_by:
        unknown += _forward(given, context, row.forwarded_by)
    of_resource = dict(request.resource_tags)
    if creates(context.action.name):
        of_resource |= tags
    return Request(
        row.needs,
        resource,
        principal=request.principal,
        context=given,
        unknown=[name for name in unknown if fold(name) not in map(fold, given)],
        request_tags=tags if same else {},
        resource_tags=of_resource if same else {},
        now=request.now,
        action_only=True,
        resource_account=request.resource_account if same else None,
    )


def _create_action(row: Dependency, context: RequestContext) -> dict[str, tuple[str, ...]]:
    """Return the key by which a service tells tagging at creation from tagging, if it has one."""
    service, _, name = row.needs.partition(":")
    listed = service_action(service, name)
    key = f"{service}:CreateAction"
    has_it = listed is not None and any(each.covers(key.lower()) for each in listed.keys)
    return {key: (context.action.name,)} if has_it else {}


_REQUEST_TAG = "aws:requesttag/"
_OF_RESOURCE = ("aws:resource", "aws:requesttag/")


def _carries(row: Dependency, folded: str) -> bool:
    """Return whether the further action carries a key of the call (R-COND-06).

    The further actions of one call of AWS STS carry all of it: it is one request.
    """
    service, _, name = row.needs.partition(":")
    if row.on is not On.SAME_RESOURCE and (
        folded.startswith(_OF_RESOURCE) or ":resourcetag/" in folded
    ):
        return False
    if folded.startswith("aws:") or service == "sts":
        return True
    listed = service_action(service, name)
    return listed is not None and any(key.covers(folded) for key in listed.keys)


_NOT_FORWARDED = ("aws:calledvia", "aws:viaaws", "aws:sourcevpc", "aws:vpcsourceip", "aws:vpce")
"""Keys of the call that the forwarded one does not carry, or carries anew (R-FAS-01)."""
_MFA = "aws:multifactorauth"
_CALLED_VIA, _FIRST, _LAST = "aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast"
_VIA_SERVICE = "kms:ViaService"
"""The one of these keys that only AWS KMS has; no other service's statements read it."""


def _forward(
    given: dict[str, tuple[str, ...] | None], context: RequestContext, service: str
) -> list[str]:
    """Make the context that of a call which a service forwards (R-SM-01, R-FAS-01).

    Return the keys that are unknown of it.
    """
    region = _text(context, "aws:RequestedRegion")
    chain = context.candidates(key_named(_CALLED_VIA))
    first = _text(context, _FIRST)
    for name in [*given]:
        folded = name.lower()
        if folded.startswith(_NOT_FORWARDED) or (folded.startswith(_MFA) and given[name] is None):
            del given[name]
    unknown: list[str] = []
    if region is None:
        unknown.append(_VIA_SERVICE)
    else:
        given[_VIA_SERVICE] = (f"{service.partition('.')[0]}.{region}.amazonaws.com",)
    if not isinstance(chain, Unknown):
        given[_CALLED_VIA] = (*(chain[0] or ()), service)
        return unknown
    given |= {_LAST: (service,), "aws:ViaAWSService": ("true",)}
    if first is not None:
        given[_FIRST] = (first,)
    return [*unknown, _CALLED_VIA, _FIRST]
