"""What follows: condition keys from who calls, tags, forwarding, time and the resource.

AWS: "AWS global condition context keys", "Forward access sessions". Section F and rules
R-KEY-01, R-FAS-01, R-SM-02, R-XACC-05. What nothing but itself could be is settled, so that a
given value that differs is an error; what is usual is a guess, so that a given value wins.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from policy_eval.errors import refuse_request
from policy_eval.policy.action import Action
from policy_eval.policy.arn import Arn
from policy_eval.request.context import text_of
from policy_eval.request.principal import Principal, PrincipalKind
from policy_eval.request.request import Request
from policy_eval.semantics.known_keys import KnownKeys, contradiction
from policy_eval.semantics.principal_keys import CARRIED_BY_KIND, principal_keys
from policy_eval.semantics.readings import OpenPoint, Reading
from policy_eval.semantics.resources import account_of
from policy_eval.semantics.service_reference import ServiceAction, service_action
from policy_eval.semantics.views import read_epoch, read_instant, read_number
from policy_eval.text.folding import fold

_REQUEST_TAG = "aws:requesttag/"
_MFA = frozenset({"aws:multifactorauthpresent"})
_CURRENT_TIME, _EPOCH_TIME = "aws:currenttime", "aws:epochtime"
TIMES = frozenset({_CURRENT_TIME, _EPOCH_TIME})
"""The two names of the time of the call."""


def derive_from_principal(keys: KnownKeys, principal: Principal | None) -> None:
    """Enter what follows from who calls."""
    _refuse_session_arn(keys)
    if principal is None:
        return
    for name, value in principal_keys(principal).items():
        keys.settle(name, value, f"the caller is {principal.arn}")
    _check_principal_arn(keys, principal)
    for name in CARRIED_BY_KIND[principal.kind]:
        if fold(name) not in keys.entries:
            keys.unknown.add(fold(name))


def _refuse_session_arn(keys: KnownKeys) -> None:
    for name, values in keys.entries.get("aws:principalarn", {}).items():
        if any(":assumed-role/" in value for value in values or ()):
            raise refuse_request(
                "session-arn",
                f"`{name}` is given as a session's ARN",
                "AWS sends the role's ARN, `arn:aws:iam::…:role/…`",
                ("R-KEY-01",),
            )


def _check_principal_arn(keys: KnownKeys, principal: Principal) -> None:
    """Refuse a role ARN that is not the session's (R-KEY-01): only the path may differ."""
    if principal.path_is_known:
        return
    role = f"arn:{principal.partition}:iam::{principal.account}:role/"
    for values in keys.entries.get("aws:principalarn", {}).values():
        given = values[0] if values else ""
        if not (given.startswith(role) and given.rpartition("/")[2] == principal.name):
            because = f"the caller is {principal.arn}"
            wanted = (f"{role}[path/]{principal.name}",)
            raise contradiction("aws:PrincipalArn", values, wanted, because)


def derive_from_tags(keys: KnownKeys, request: Request, action: Action) -> None:
    """Enter RequestTag and TagKeys from request tags, and ResourceTag where a resource is made."""
    on_resource = _resource_tag_prefixes(action.service)
    given = {
        name.partition("/")[2]: values[0]
        for folded, spellings in request.context.items()
        if folded.startswith(_REQUEST_TAG)
        for name, values in spellings.items()
        if values
    }
    passed = dict(request.request_tags)
    tags = given | passed
    if tags:
        listed = service_action(action.service, action.name)
        carried = {key.prefix for key in listed.keys} if listed else {_REQUEST_TAG}
        if _REQUEST_TAG in carried:
            keys.enter_tags(["aws:RequestTag/"], passed)
            _enter_new_tags(keys, request, tags, listed)
        _settle_tag_keys(keys, tuple(tags))
    elif keys.is_said_unknown(_REQUEST_TAG) or any(
        key.startswith(_REQUEST_TAG) for key in keys.unknown
    ):
        keys.unknown.add("aws:tagkeys")
        if creates(action.name):
            keys.families += tuple(map(fold, on_resource))
    keys.enter_tags(on_resource, dict(request.resource_tags))
    _link_spellings(keys, action.service)


def _resource_tag_prefixes(service: str) -> tuple[str, ...]:
    prefixes = ("aws:ResourceTag/", f"{service}:ResourceTag/")
    return (*prefixes, "s3:ExistingObjectTag/") if service.lower() == "s3" else prefixes


def _enter_new_tags(
    keys: KnownKeys, request: Request, tags: Mapping[str, str], listed: ServiceAction | None
) -> None:
    """Enter the tags of a new resource; where another may be meant, they are unknown."""
    if listed is None or listed.is_tagging:
        return
    if not any(key.prefix == "aws:resourcetag/" for key in listed.keys):
        return
    on_resource = _resource_tag_prefixes(request.action.partition(":")[0])
    if creates(listed.name) and len(listed.resource_types) == 1:
        keys.enter_tags(on_resource, tags)  # R-SM-02
        return
    known = {fold(key) for key, _ in request.resource_tags}
    for prefix in on_resource:
        for key in tags:
            if fold(key) not in known and fold(prefix + key) not in keys.given:
                keys.unknown.add(fold(prefix + key))


def _settle_tag_keys(keys: KnownKeys, names: tuple[str, ...]) -> None:
    if "aws:tagkeys" not in keys.entries:
        keys.derive("aws:TagKeys", names)
        return
    values = keys.first("aws:tagkeys")
    if values is None or set(values) != set(names):
        raise contradiction("aws:TagKeys", values, names, "the request passes these tags")


def _link_spellings(keys: KnownKeys, service: str) -> None:
    """Give a resource tag's value under both its names, the global and the service's."""
    forms = ("aws:ResourceTag/", f"{service}:ResourceTag/")
    for one, other in (forms, forms[::-1]):
        for folded in [name for name in keys.given if name.startswith(fold(one))]:
            for name, values in list(keys.entries[folded].items()):
                twin = other + name.partition("/")[2]
                found = keys.entries.get(fold(twin))
                if found is not None and values not in found.values():
                    raise contradiction(twin, keys.first(fold(twin)), values, f"`{name}` says so")
                keys.derive(twin, values)


def derive_from_forwarding(keys: KnownKeys, principal: Principal | None, reading: Reading) -> None:
    """Enter CalledViaFirst, CalledViaLast and ViaAWSService from CalledVia (R-FAS-01)."""
    chain = keys.first("aws:calledvia")
    ends = [
        name for name in ("aws:calledviafirst", "aws:calledvialast")
        if any(keys.entries.get(name, {}).values())
    ]  # fmt: skip
    if chain:
        because = f"aws:CalledVia is {list(chain)}"
        keys.settle("aws:CalledViaFirst", chain[0], because)
        keys.settle("aws:CalledViaLast", chain[-1], because)
        keys.settle("aws:ViaAWSService", "true", because)
    elif ends:
        keys.settle("aws:ViaAWSService", "true", f"`{ends[0]}` is given")
        if "aws:calledvia" not in keys.given:
            keys.unknown.add("aws:calledvia")
    elif keys.is_said_unknown("aws:calledvia"):
        keys.unknown |= {"aws:calledviafirst", "aws:calledvialast"}
        return
    else:
        if OpenPoint.VIA_SERVICE_ON_DIRECT_CALL in reading:
            keys.derive("aws:ViaAWSService", None)
        else:
            keys.guess("aws:ViaAWSService", "false")
        return
    if principal is not None and principal.kind is PrincipalKind.USER:
        # there and false for access keys, there for temporary credentials: never absent
        keys.unknown |= _MFA - keys.entries.keys()


def check_time(keys: KnownKeys, now: str | datetime | None) -> None:
    """Refuse a time that is none, and one that another given time contradicts."""
    if not isinstance(now, str):
        return
    instant = read_instant(now)
    if instant is None:
        raise refuse_request(
            "unreadable-time", f"`{now}` is no date", "write it as 2026-01-31T12:00:00Z",
            ("R-COND-12",),
        )  # fmt: skip
    given = keys.single_values()
    for name in ("aws:CurrentTime", "aws:EpochTime"):
        values = given.get(fold(name))
        if values is not None and read_epoch(values) != instant:
            raise contradiction(name, (values,), (now,), f"the call is made at {now}")


def derive_from_time(keys: KnownKeys, now: str | datetime | None) -> None:
    """Enter CurrentTime and EpochTime, which are one instant."""
    from decimal import Decimal

    values = keys.single_values()
    current, epoch = values.get(_CURRENT_TIME), values.get(_EPOCH_TIME)
    if isinstance(now, datetime):
        now = text_of("now", now)
    now = now or current
    if now is None and epoch is not None and read_number(epoch) is not None:
        now = epoch
    seconds = None if now is None else read_instant(now)
    if isinstance(seconds, Decimal):
        keys.derive("aws:CurrentTime", now)
        keys.derive("aws:EpochTime", f"{seconds:f}")


def derive_from_resource(
    keys: KnownKeys, arn: Arn | None, service: str, principal: Principal | None
) -> None:
    """Enter whose resource it is, and the Region of the call."""
    if arn is not None:
        owner = account_of(str(arn))
        if owner is not None:
            keys.settle("aws:ResourceAccount", owner, f"the resource is {arn}")
        elif principal is not None and principal.account is not None:
            keys.guess("aws:ResourceAccount", principal.account)  # R-XACC-05
        if arn.region:
            keys.guess("aws:RequestedRegion", arn.region)
    partition = arn.partition if arn else principal.partition if principal else "aws"
    if service.lower() in _GLOBAL_SERVICES and partition == "aws":
        keys.guess("aws:RequestedRegion", "us-east-1")


_GLOBAL_SERVICES = frozenset(
    {"iam", "cloudfront", "route53", "organizations", "globalaccelerator", "support", "waf"}
)
"""Services whose calls report Region us-east-1 (aws:RequestedRegion)."""


def creates(action_name: str) -> bool:
    """Return whether an action makes a new resource, so its tags are the resource's (R-SM-02)."""
    return action_name.lower().startswith("create")
