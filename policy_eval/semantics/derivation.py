"""What follows: condition keys from who calls, tags, forwarding, time and the resource.

AWS: "AWS global condition context keys", "Forward access sessions". Section F and rules
R-KEY-01, R-KEY-03, R-FAS-01, R-SM-02, R-XACC-04, R-XACC-05, R-VPCE-01, R-ROOT-02. What
nothing but itself could be is settled, so that a given value that differs is an error; what is
usual is a guess, so that a given value wins.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from policy_eval.errors import refuse_request
from policy_eval.policy.action import Action
from policy_eval.policy.arn import Arn
from policy_eval.request.context import Values, text_of
from policy_eval.request.principal import Credentials, Principal, PrincipalKind
from policy_eval.request.request import Request
from policy_eval.semantics.known_keys import KnownKeys, contradiction
from policy_eval.semantics.layers import Attached
from policy_eval.semantics.principal_keys import (
    CARRIED_BY_KIND,
    carried_by_credentials,
    principal_keys,
)
from policy_eval.semantics.readings import OpenPoint, Reading
from policy_eval.semantics.resources import account_of
from policy_eval.semantics.service_reference import ServiceAction, service_action
from policy_eval.semantics.views import read_epoch, read_instant, read_number
from policy_eval.text.folding import fold_name

_REQUEST_TAG = "aws:requesttag/"
_MFA = "aws:multifactorauthpresent"
_CURRENT_TIME, _EPOCH_TIME = "aws:currenttime", "aws:epochtime"
TIMES = frozenset({_CURRENT_TIME, _EPOCH_TIME})
"""The two names of the time of the call."""


def told_by_keys(keys: KnownKeys, principal: Principal | None) -> Principal | None:
    """Return the caller with what given keys say of it: its role's path, unique ID and session.

    Raises RequestError where they say otherwise than the caller does.
    """
    if principal is None or principal.kind not in (PrincipalKind.ROLE, PrincipalKind.USER):
        return principal
    arn, user_id = keys.one_given("aws:principalarn"), keys.one_given("aws:userid")
    if principal.role_arn is None and arn and _is_role_of(principal, arn):
        principal = principal._replace(role_arn=arn)
    if user_id is None:
        return principal
    unique, _, session = user_id.partition(":")
    if principal.kind is PrincipalKind.USER:
        return principal._replace(user_id=principal.user_id or user_id)
    for known, told in ((principal.user_id, unique), (principal.session_name, session)):
        if known is not None and known != told:
            because = f"the caller is {principal.arn}"
            wanted = f"{principal.user_id or unique}:{principal.session_name or session}"
            raise contradiction("aws:userid", (user_id,), (wanted,), because)
    return principal._replace(user_id=unique, session_name=session or None)


def _is_role_of(session: Principal, arn: str) -> bool:
    """Return whether an ARN is that of the role of a session, whatever its path."""
    role = f"arn:{session.partition}:iam::{session.account}:role/"
    return arn.startswith(role) and arn.rpartition("/")[2] == session.name


def derive_from_principal(keys: KnownKeys, principal: Principal | None) -> None:
    """Enter what follows from who calls."""
    _refuse_session_arn(keys)
    if principal is None:
        return
    for name, value in principal_keys(principal).items():
        keys.settle(name, value, f"the caller is {principal.arn}")
    _check_principal_arn(keys, principal)
    for name in (*CARRIED_BY_KIND[principal.kind], *carried_by_credentials(principal)):
        if fold_name(name) not in keys.entries:
            keys.unknown.add(fold_name(name))
    if keys.first("aws:multifactorauthage"):
        keys.settle("aws:MultiFactorAuthPresent", "true", "aws:MultiFactorAuthAge is given")
    elif keys.is_said_unknown("aws:multifactorauthage"):
        keys.unknown |= {_MFA} - keys.entries.keys()


def derive_from_organization(keys: KnownKeys) -> None:
    """Enter of the caller's organization what follows from its path, or is there with it."""
    paths = keys.first("aws:principalorgpaths")
    if paths:
        organization = paths[0].partition("/")[0]
        keys.settle("aws:PrincipalOrgID", organization, f"aws:PrincipalOrgPaths is {[*paths]}")
    elif keys.first("aws:principalorgid") and "aws:principalorgpaths" not in keys.entries:
        keys.unknown.add("aws:principalorgpaths")
    elif keys.is_said_unknown("aws:principalorgpaths"):
        keys.unknown |= {"aws:principalorgid"} - keys.entries.keys()


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
    for values in keys.entries.get("aws:principalarn", {}).values():
        because = f"the caller is {principal.arn}"
        role = f"arn:{principal.partition}:iam::{principal.account}:role/[path/]{principal.name}"
        raise contradiction("aws:PrincipalArn", values, (role,), because)


def derive_from_tags(keys: KnownKeys, request: Request, action: Action) -> None:
    """Enter RequestTag and TagKeys from request tags, and ResourceTag where a resource is made."""
    on_resource = _resource_tag_prefixes(action.service)
    given = {
        name.partition("/")[2]: values[0]
        for folded, spellings in keys.entries.items()
        if folded.startswith(_REQUEST_TAG)
        for name, values in spellings.items()
        if values
    }
    passed = dict(request.request_tags)
    tags = given | passed
    others = keys.is_said_unknown(_REQUEST_TAG) or any(
        key.startswith(_REQUEST_TAG) for key in keys.unknown
    )
    if others:
        keys.unknown |= {"aws:tagkeys"} - keys.entries.keys()
    if tags:
        listed = service_action(action.service, action.name)
        carried = {key.prefix for key in listed.keys} if listed else {_REQUEST_TAG}
        if _REQUEST_TAG in carried:
            keys.enter_tags(["aws:RequestTag/"], passed)
            _enter_new_tags(keys, request, tags, listed)
        if not others:
            _settle_tag_keys(keys, tuple(tags))
    if others and creates(action.name):
        keys.families += tuple(map(fold_name, on_resource))
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
    known = {fold_name(key) for key, _ in request.resource_tags}
    for prefix in on_resource:
        for key in tags:
            if fold_name(key) not in known and fold_name(prefix + key) not in keys.given:
                keys.unknown.add(fold_name(prefix + key))


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
        said = [name for name in keys.unknown if name.startswith(fold_name(one))]
        twins = {fold_name(other) + name.partition("/")[2] for name in said}
        keys.unknown |= twins - keys.entries.keys()
        if fold_name(one) in keys.families:
            keys.families += (fold_name(other),)
        for folded in [name for name in keys.given if name.startswith(fold_name(one))]:
            for name in [*keys.entries[folded]]:
                twin = other + name.partition("/")[2]
                found = keys.entries.get(fold_name(twin))
                if found is None:
                    keys.link(folded, twin)
                elif (values := keys.first(folded)) not in found.values():
                    raise contradiction(
                        twin, keys.first(fold_name(twin)), values, f"`{name}` says so"
                    )


def derive_from_forwarding(keys: KnownKeys, principal: Principal | None, reading: Reading) -> None:
    """Enter what it brings that a service forwards the call, or that none does (R-FAS-01)."""
    forwarded = _forwarding(keys, reading)
    if forwarded:
        for name in ("aws:SourceVpc", "aws:SourceVpce", "aws:VpcSourceIp"):
            keys.settle(name, None, "a service forwards the call")
    if principal is None or principal.kind is not PrincipalKind.USER:
        return
    if principal.credentials is Credentials.ACCESS_KEY and forwarded is not None:
        value = "false" if forwarded else None
        how = "a service forwards the call" if forwarded else "the call is made"
        keys.settle("aws:MultiFactorAuthPresent", value, f"{how} with an access key")
    elif forwarded is not False and _MFA not in keys.entries:
        # there and false for access keys, there for temporary credentials: not known to be absent
        keys.unknown.add(_MFA)


def _forwarding(keys: KnownKeys, reading: Reading) -> bool | None:
    """Enter CalledViaFirst, CalledViaLast and ViaAWSService from CalledVia.

    Return whether a service forwards the call; None where nobody knows.
    """
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
        return True
    if ends:
        because = f"`{ends[0]}` is given"
        keys.settle("aws:ViaAWSService", "true", because)
        if "aws:calledvia" in keys.given:
            raise contradiction("aws:CalledVia", None, ("the services of the call",), because)
        keys.unknown |= set(_CHAIN) - keys.entries.keys()
        return True
    if is_true(keys.first("aws:viaawsservice")):  # which services those are nobody said
        keys.unknown |= set(_CHAIN) - keys.entries.keys()
    elif _chain_is_unknown(keys):
        keys.unknown |= {*_CHAIN, "aws:viaawsservice"} - keys.entries.keys()
    elif OpenPoint.VIA_SERVICE_ON_DIRECT_CALL in reading:
        keys.derive("aws:ViaAWSService", None)
    else:
        keys.guess("aws:ViaAWSService", "false")
    if "aws:viaawsservice" not in keys.entries:  # it is said to be unknown
        return None
    return is_true(keys.first("aws:viaawsservice"))


_CHAIN = ("aws:calledvia", "aws:calledviafirst", "aws:calledvialast")


def _chain_is_unknown(keys: KnownKeys) -> bool:
    """Return whether it is said to be unknown, by any key, which services forward the call."""
    return any(keys.is_said_unknown(name) and name not in keys.entries for name in _CHAIN)


def is_true(values: Values | None) -> bool:
    """Return whether a key holds a Bool's `true` (R-COND-15)."""
    return values is not None and [value.lower() for value in values] == ["true"]


_OF_ENDPOINT = ("aws:SourceVpc", "aws:SourceVpce", "aws:VpcSourceIp")
"""Keys of a request that passes a VPC endpoint; such a request has no aws:SourceIp."""


def derive_from_endpoint(keys: KnownKeys, exists: bool | None) -> None:  # noqa: FBT001
    """Enter what a VPC endpoint brings and takes; a forwarded call passes none (R-FAS-01).

    `exists`: whether the endpoint's policy is given; None where nobody knows.
    """
    via = keys.entries.get("aws:viaawsservice")
    forwarded = None if via is None else is_true(keys.first("aws:viaawsservice"))
    if forwarded:
        return
    given = [name for name in _OF_ENDPOINT if keys.first(fold_name(name))]
    if (exists and forwarded is False) or given:
        because = f"{given[0]} is given" if given else "the request passes a VPC endpoint"
        keys.settle("aws:SourceIp", None, because)
    if exists is not False:
        missing = {fold_name(name) for name in _OF_ENDPOINT} - keys.entries.keys()
        keys.unknown |= missing if exists else missing | ({"aws:sourceip"} - keys.entries.keys())


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
    for name in ("aws:CurrentTime", "aws:EpochTime"):
        given = keys.single(fold_name(name))
        if given is not None and read_epoch(given) != instant:
            raise contradiction(name, (given,), (now,), f"the call is made at {now}")


def derive_from_time(keys: KnownKeys, now: str | datetime | None) -> None:
    """Enter CurrentTime and EpochTime, which are one instant."""
    from decimal import Decimal

    current, epoch = keys.single(_CURRENT_TIME), keys.single(_EPOCH_TIME)
    if isinstance(now, datetime):
        now = text_of("now", now)
    now = now or current
    if now is None and epoch is not None and read_number(epoch) is not None:
        now = epoch
    seconds = None if now is None else read_instant(now)
    if isinstance(seconds, Decimal):
        keys.derive("aws:CurrentTime", now)
        keys.derive("aws:EpochTime", f"{seconds:f}")


def derive_from_resource(keys: KnownKeys, arn: Arn | None, service: str, request: Request) -> None:
    """Enter whose resource it is, its organization, and the Region of the call."""
    principal = request.principal
    owner = None if arn is None else account_of(str(arn))
    if owner is not None:
        keys.settle("aws:ResourceAccount", owner, f"the resource is {arn}")
    if request.resource_account is not None:
        because = f"the resource belongs to account {request.resource_account}"
        keys.settle("aws:ResourceAccount", request.resource_account, because)
        _refuse_other_owner(arn, owner, request.resource_account)
    elif arn is not None and owner is None and principal and principal.account is not None:
        keys.guess("aws:ResourceAccount", principal.account)  # R-XACC-05
    if arn is not None:
        _refuse_other_partition(arn, principal)
        if arn.region:
            keys.guess("aws:RequestedRegion", arn.region)
    _enter_resource_organization(keys, principal)
    partition = arn.partition if arn else principal.partition if principal else "aws"
    if service.lower() in _GLOBAL_SERVICES and partition == "aws":
        keys.guess("aws:RequestedRegion", "us-east-1")


def _refuse_other_owner(arn: Arn | None, owner: str | None, given: str) -> None:
    if owner not in (None, given):
        raise contradiction("resource_account", (given,), (owner or "",), f"the resource is {arn}")


def _refuse_other_partition(arn: Arn, principal: Principal | None) -> None:
    """Refuse a resource that the caller's partition does not hold (R-XACC-04)."""
    if principal is None or not principal.arn.startswith("arn:"):
        return
    if arn.partition != principal.partition:
        raise refuse_request(
            "another-partition",
            f"`{arn}` is a resource of partition {arn.partition}, and the caller "
            f"`{principal.arn}` is of {principal.partition}",
            "partitions of AWS never mix: name a caller of the resource's partition",
            ("R-XACC-04",),
        )


def _enter_resource_organization(keys: KnownKeys, principal: Principal | None) -> None:
    """Enter the resource's organization, which is the caller's in one account.

    It is unknown where the caller's is, or where it is unknown whose resource it is. Of another
    account it is what is known of the accounts of an organization; of accounts that are not known
    to be in one it is unknown then (R-KEY-06).
    """
    owner = keys.first("aws:resourceaccount")
    unknown_owner = owner is None and keys.is_said_unknown("aws:resourceaccount")
    own = principal is not None and (principal.account,) == owner
    if principal is not None and principal.organization_accounts is not None and owner and not own:
        _enter_known_organization(keys, principal.organization_accounts, owner[0])
    for name in ("OrgID", "OrgPaths"):
        caller = f"aws:principal{name.lower()}"
        values = keys.first(caller)
        if values and own:
            because = "the resource is in the caller's account"
            keys.settle(f"aws:Resource{name}", values, because)
        unknown = keys.is_said_unknown(caller) if own else unknown_owner and bool(values)
        if principal is None and caller not in keys.entries:
            unknown = True  # the resource is taken to be the caller's own
        if unknown and f"aws:resource{name.lower()}" not in keys.entries:
            keys.unknown.add(f"aws:resource{name.lower()}")


def _enter_known_organization(
    keys: KnownKeys, accounts: Mapping[str, tuple[str | None, tuple[str, ...]]], owner: str
) -> None:
    named, paths = accounts.get(owner, (None, ()))
    for name, values in (("OrgID", (named,) if named else ()), ("OrgPaths", paths)):
        key = f"aws:Resource{name}"
        if values:
            keys.settle(key, values, f"the resource belongs to account {owner}")
        elif key.lower() not in keys.entries:
            keys.unknown.add(key.lower())


_LEVELS_OF = {"aws:PrincipalOrgPaths": "service", "aws:ResourceOrgPaths": "resource"}


def check_organization(keys: KnownKeys, attached: Attached) -> None:
    """Refuse a path of an organization that has other levels than the policies given (R-KEY-03)."""
    for name, kind in _LEVELS_OF.items():
        given = attached.scp_levels if kind == "service" else attached.rcp_levels
        for path in keys.first(fold_name(name)) or () if given else ():
            from policy_eval.request.callers import levels_of  # only for organizations

            levels = levels_of(path)
            if levels is not None and levels != given:
                raise refuse_request(
                    "organization-path",
                    f"`{path}` has {levels} levels with the account, and {kind} control policies "
                    f"are given for {given}",
                    "give one level of policies for the root, for each organizational unit, and "
                    "for the account; an empty level allows nothing",
                    ("R-SCP-02",),
                    name,
                )


_GLOBAL_SERVICES = frozenset(
    {"iam", "cloudfront", "route53", "organizations", "globalaccelerator", "support", "waf"}
)
"""Services whose calls report Region us-east-1 (aws:RequestedRegion)."""


def creates(action_name: str) -> bool:
    """Return whether an action makes a new resource, so its tags are the resource's (R-SM-02)."""
    return action_name.lower().startswith("create")
