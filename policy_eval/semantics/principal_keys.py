"""The condition keys that follow from who calls.

AWS: "AWS global condition context keys", "Variables and tags" (table of principals).
Rules: R-KEY-01, R-KEY-02, R-KEY-03, R-ROOT-02, section D's table, section F column P.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from policy_eval.request.context import Values
from policy_eval.request.principal import WITHOUT_MFA, Credentials, Principal, PrincipalKind
from policy_eval.text.folding import fold

_TYPES = {
    PrincipalKind.USER: "User",
    PrincipalKind.ROLE: "AssumedRole",
    PrincipalKind.FEDERATED_USER: "FederatedUser",
    PrincipalKind.ROOT: "Account",
    PrincipalKind.ANONYMOUS: "Anonymous",
}


@lru_cache(maxsize=4096)
def principal_keys(principal: Principal) -> Mapping[str, str | Values | None]:
    """Return key → value for what follows; None is "known to be absent".

    A key that follows but whose value was not given (a role session's `aws:userid` without the
    unique ID) is left out: it is unknown.
    """
    keys: dict[str, str | Values | None] = {
        "aws:PrincipalIsAWSService": "true" if principal.kind is PrincipalKind.SERVICE else "false",
        "aws:username": principal.name if principal.kind is PrincipalKind.USER else None,
    }
    if principal.kind is not PrincipalKind.SERVICE:
        keys |= {"aws:PrincipalServiceName": None, "aws:PrincipalServiceNamesList": None}
    if principal.kind is not PrincipalKind.ROOT:
        keys["aws:AssumedRoot"] = None
    if principal.kind in _TYPES:
        keys["aws:PrincipalType"] = _TYPES[principal.kind]
    match principal.kind:
        case PrincipalKind.ANONYMOUS:
            keys |= {"aws:PrincipalAccount": "anonymous", "aws:userid": "anonymous"}
            keys |= {"aws:PrincipalArn": None, "aws:PrincipalIsAWSService": None}
        case PrincipalKind.PROVIDER:  # an unsigned call: of its session nothing is there yet
            keys |= {"aws:PrincipalArn": None, "aws:PrincipalIsAWSService": None}
        case PrincipalKind.SERVICE:
            keys |= {"aws:PrincipalArn": None, "aws:PrincipalServiceName": principal.name}
        case _:
            keys["aws:PrincipalAccount"] = principal.account
            keys |= _account_holder_keys(principal)
    keys |= {f"aws:PrincipalTag/{key}": value for key, value in _tags(principal)}
    if principal.organization_paths:
        keys["aws:PrincipalOrgPaths"] = principal.organization_paths
        keys["aws:PrincipalOrgID"] = principal.organization_paths[0].partition("/")[0]
    if principal.organization_id:
        keys["aws:PrincipalOrgID"] = principal.organization_id
    keys.update(_credential_keys(principal))
    return MappingProxyType(keys)


_LONG_TERM = Credentials.ACCESS_KEY


def _credential_keys(principal: Principal) -> Mapping[str, str | None]:
    """Return the keys that follow from the credentials, and from whether MFA was used."""
    keys: dict[str, str | None] = {}
    held = principal.credentials
    if held is not None:
        keys["aws:AssumedRoot"] = "true" if held is Credentials.ASSUME_ROOT else None
    if held is _LONG_TERM:
        keys["aws:TokenIssueTime"] = None
    if held in WITHOUT_MFA or principal.kind is PrincipalKind.FEDERATED_USER:
        keys["aws:MultiFactorAuthPresent"] = None
    elif principal.mfa:
        keys["aws:MultiFactorAuthPresent"] = "true"
    elif principal.mfa is False and (
        principal.kind is PrincipalKind.ROLE or held not in (None, _LONG_TERM)
    ):
        keys["aws:MultiFactorAuthPresent"] = "false"
    return keys


def carried_by_credentials(principal: Principal) -> tuple[str, ...]:
    """Return the keys that calls with such credentials carry with values that do not follow."""
    held = principal.credentials
    if principal.mfa:
        return ("aws:MultiFactorAuthAge", "aws:TokenIssueTime")
    if held is None:
        return ("aws:MultiFactorAuthPresent",) if principal.mfa is False else ()
    if held is _LONG_TERM:
        return ()
    return ("aws:TokenIssueTime", "aws:MultiFactorAuthPresent")


def _tags(principal: Principal) -> tuple[tuple[str, str], ...]:
    """Return the caller's tags; a session tag overrides the user's or role's."""
    overridden = {fold(key) for key, _ in principal.session_tags}
    own = ((key, value) for key, value in principal.tags if fold(key) not in overridden)
    return (*own, *principal.session_tags)


def _account_holder_keys(principal: Principal) -> Mapping[str, str | None]:
    keys: dict[str, str | None] = {}
    if principal.kind is not PrincipalKind.ROLE:
        keys["aws:PrincipalArn"] = principal.arn
    elif principal.role_arn is not None:
        keys["aws:PrincipalArn"] = principal.role_arn
    match principal.kind:
        case PrincipalKind.ROOT:
            keys["aws:userid"] = principal.account
        case PrincipalKind.FEDERATED_USER:
            keys["aws:userid"] = f"{principal.account}:{principal.name}"
        case PrincipalKind.USER if principal.user_id:
            keys["aws:userid"] = principal.user_id
        case PrincipalKind.ROLE if principal.user_id and principal.session_name:
            keys["aws:userid"] = f"{principal.user_id}:{principal.session_name}"
    return keys


CARRIED_BY_KIND: Mapping[PrincipalKind, tuple[str, ...]] = {
    PrincipalKind.USER: ("aws:userid",),
    PrincipalKind.ROLE: ("aws:PrincipalArn", "aws:userid", "aws:TokenIssueTime"),
    PrincipalKind.FEDERATED_USER: ("aws:TokenIssueTime",),
    PrincipalKind.ROOT: (),
    PrincipalKind.SERVICE: ("aws:PrincipalType", "aws:userid", "aws:PrincipalServiceNamesList",
                            "aws:PrincipalAccount"),
    PrincipalKind.ANONYMOUS: (),
    PrincipalKind.PROVIDER: ("aws:PrincipalAccount", "aws:PrincipalType", "aws:userid",
                             "aws:FederatedProvider"),
}  # fmt: skip
"""Keys every call of such a principal carries: unknown where they do not follow (R-KEY-06)."""
