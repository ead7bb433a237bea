"""Which callers there can be: what is known of a caller must fit its kind.

AWS: "IAM identifiers", "Requesting temporary security credentials", "AWS global condition context
keys". Rules: R-KEY-03, R-PRIN-04, R-SLR-01, R-CRED-01, R-ROOT-02.
"""

from __future__ import annotations

from policy_eval.errors import RequestError, refuse_request
from policy_eval.policy.arn import parse_arn
from policy_eval.request.principal import (
    MOST_UNITS,
    WITHOUT_MFA,
    Credentials,
    Principal,
    PrincipalKind,
    is_account,
    is_name,
)

_OF_KIND = {
    PrincipalKind.USER: (
        Credentials.ACCESS_KEY, Credentials.CONSOLE, Credentials.GET_SESSION_TOKEN,
    ),
    PrincipalKind.ROLE: (
        Credentials.ASSUME_ROLE, Credentials.ASSUME_ROLE_WITH_SAML,
        Credentials.ASSUME_ROLE_WITH_WEB_IDENTITY, Credentials.CONSOLE,
    ),
    PrincipalKind.FEDERATED_USER: (Credentials.GET_FEDERATION_TOKEN, Credentials.CONSOLE),
    PrincipalKind.ROOT: (
        Credentials.ACCESS_KEY, Credentials.CONSOLE, Credentials.GET_SESSION_TOKEN,
        Credentials.ASSUME_ROOT,
    ),
    PrincipalKind.SERVICE: (),
    PrincipalKind.ANONYMOUS: (),
    PrincipalKind.PROVIDER: (),
}  # fmt: skip
"""By which credentials each kind of caller can call."""


def check_caller(principal: Principal) -> None:
    """Refuse a caller that cannot be. Raises RequestError."""
    kind = principal.kind
    if principal.session_name is not None and kind is not PrincipalKind.ROLE:
        raise _impossible(principal, "has no session name", "only the session of a role has one",
                          "R-PRIN-04")  # fmt: skip
    if kind is PrincipalKind.ROLE and principal.role_arn is None:
        in_arn = principal.arn.rpartition("/")[2]
        if principal.session_name != in_arn:
            raise _impossible(
                principal, f"is the session `{in_arn}`, not `{principal.session_name}`",
                "leave the session's name out, or name the role's ARN", "R-PRIN-04",
            )  # fmt: skip
    if principal.service_linked and kind is not PrincipalKind.ROLE:
        raise _impossible(principal, "is no service-linked role", "only roles are", "R-SLR-01")
    _check_names(principal)
    _check_tags(principal)
    _check_user(principal)
    _check_credentials(principal)
    account = principal.management_account
    if account is not None and not is_account(account):
        raise refuse_request(
            "not-an-account", f"`{account}` is no account ID",
            "give the twelve digits of the organization's management account", ("R-SCP-01",),
        )  # fmt: skip
    _check_organization(principal)


def _impossible(principal: Principal, what: str, remedy: str, rule: str) -> RequestError:
    message = f"the caller ({principal.kind.value} `{principal}`) {what}"
    return refuse_request("impossible-caller", message, remedy, (rule,))


_ID_PREFIXES = {
    PrincipalKind.USER: "AIDA",
    PrincipalKind.ROLE: "AROA",
    PrincipalKind.FEDERATED_USER: "AIDA",
}
"""How unique IDs begin; the others have none (R-PRIN-04)."""
_WITHOUT_SESSION_TAGS = frozenset({PrincipalKind.USER, PrincipalKind.ROOT})


def _check_names(principal: Principal) -> None:
    name, unique = principal.session_name, principal.user_id
    if name is not None and not is_name(name):
        raise _impossible(principal, f"has no session `{name}`",
                          "a session's name is made of letters, digits and any of +=,.@-_",
                          "R-PRIN-04")  # fmt: skip
    prefix = _ID_PREFIXES.get(principal.kind)
    if unique is not None and not (prefix and unique.startswith(prefix)):
        remedy = f"its unique ID begins with {prefix}" if prefix else "it has no unique ID"
        raise _impossible(principal, f"does not have the unique ID `{unique}`", remedy,
                          "R-PRIN-04")  # fmt: skip


def _check_tags(principal: Principal) -> None:
    if principal.account is None:
        said = {
            "tags": principal.tags or principal.session_tags,
            "MFA": principal.mfa is not None,
            "organization": principal.organization_id or principal.organization_paths,
        }
        for what, is_said in said.items():
            if is_said:
                raise _impossible(principal, f"has no {what}", "leave it out", "R-KEY-02")
    if principal.tags and principal.kind is PrincipalKind.ROOT:
        raise _impossible(principal, "has no tags", "users and roles have tags", "R-PRIN-04")
    if principal.session_tags and principal.kind in _WITHOUT_SESSION_TAGS:
        remedy = "sessions of roles and federated users have them"
        raise _impossible(principal, "has no session tags", remedy, "R-TRUST-03")


def _check_user(principal: Principal) -> None:
    if principal.user is None:
        return
    arn = parse_arn(principal.user)
    is_user = (
        arn is not None
        and (arn.partition, arn.service) == (principal.partition, "iam")
        and arn.resource.startswith("user/")
        and is_name(arn.resource.rpartition("/")[2])
    )
    if principal.kind is not PrincipalKind.FEDERATED_USER:
        remedy = "only a federated user calls with a user's permissions"
        raise _impossible(principal, "stands for no other user", remedy, "R-PRIN-04")
    if not is_user or arn is None or arn.account != principal.account:
        raise _impossible(
            principal, f"cannot call with the permissions of `{principal.user}`",
            f"give the ARN of an IAM user in account {principal.account}", "R-PRIN-04",
        )  # fmt: skip


def _check_credentials(principal: Principal) -> None:
    held, allowed = principal.credentials, _OF_KIND[principal.kind]
    if held is not None and held not in allowed:
        names = ", ".join(each.value for each in allowed) or "none"
        raise _impossible(principal, f"does not call with credentials of {held.value}",
                          f"possible: {names}", "R-CRED-01")  # fmt: skip
    if principal.mfa and (held in WITHOUT_MFA or principal.kind is PrincipalKind.FEDERATED_USER):
        raise _impossible(principal, "shows no MFA", "federated sessions never carry it",
                          "R-CRED-01")  # fmt: skip
    if principal.mfa and held is Credentials.ACCESS_KEY:
        raise _impossible(
            principal, "cannot show MFA with an access key",
            "MFA is part of temporary credentials, such as those of GetSessionToken", "R-CRED-01",
        )  # fmt: skip


def _check_organization(principal: Principal) -> None:
    named = principal.organization_id
    if named is not None and not named.startswith("o-"):
        raise refuse_request(
            "organization-path", f"`{named}` is no organization", "its ID begins with `o-`",
            ("R-KEY-03",),
        )  # fmt: skip
    for path in principal.organization_paths:
        if levels_of(path) is None:
            raise refuse_request(
                "organization-path", f"`{path}` is no path of an organization",
                "write it as `o-…/r-…/ou-…/`, from the organization to the account's own unit, "
                f"with a slash at the end and at most {MOST_UNITS} units", ("R-KEY-03",),
            )  # fmt: skip
        organization = path.partition("/")[0]
        if principal.organization_id not in (None, organization):
            raise refuse_request(
                "contradiction",
                f"the organization is given as `{principal.organization_id}`, and its path begins "
                f"with `{organization}`", "leave one of them out, or mend it", ("R-KEY-03",),
            )  # fmt: skip


def levels_of(path: str) -> int | None:
    """Return how many levels an organization's path has, the account counted; None for other text.

    >>> levels_of("o-a/r-b/ou-c/"), levels_of("o-a/r-b/"), levels_of("r-b/o-a")
    (3, 2, None)
    """
    organization, *levels = path.split("/")
    if not organization.startswith("o-") or levels[-1:] != [""]:
        return None
    root, *units = levels[:-1] or [""]
    if not root.startswith("r-") or len(units) > MOST_UNITS:
        return None
    return len(levels) if all(unit.startswith("ou-") for unit in units) else None
