"""Whom a Principal or NotPrincipal element names, and how: the match classes.

AWS: "AWS JSON policy elements: Principal", "AWS JSON policy elements: NotPrincipal", "Control
access to VPC endpoints using endpoint policies". Rules: R-PRIN-01 … R-PRIN-13, R-NPRIN-01 …
R-NPRIN-04, R-EXT-02, R-EXT-04, R-VPCE-G2.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple, assert_never

from policy_eval.policy.ast import Statement
from policy_eval.policy.principal_element import PrincipalElement, PrincipalValue
from policy_eval.request.principal import Credentials, Principal, PrincipalKind
from policy_eval.semantics.authorization import Grant
from policy_eval.semantics.readings import OpenPoint, Reading
from policy_eval.text.folding import fold


class PrincipalTest(NamedTuple):
    """What a statement's Principal or NotPrincipal wants.

    `names` are kind and text of every listed principal, `*` left out; `everyone` says that `*` is
    listed, and `everyone_is` how it counts. `parents_suffice` is the other reading of R-NPRIN-04.
    """

    names: frozenset[PrincipalValue]
    everyone: bool
    everyone_is: Grant
    negated: bool
    denies: bool
    parents_suffice: bool
    element: PrincipalElement


_NOBODY = PrincipalElement("Principal", (), negated=False)
_EVERYONE = PrincipalValue("AWS", "*")
_PRINCIPAL_ARN = "aws:principalarn"
KEY_OF_SESSION = "aws:userid"
"""The key (folded) that ends in the name of a role's session."""
_TELL_SESSIONS_APART = (KEY_OF_SESSION, ":assumed-role/")


def may_tell_sessions_apart(statement: Statement) -> bool:
    """Return whether a statement may tell sessions of one role apart.

    It does by a session's ARN, or by aws:userid (R-PRIN-04).
    """
    text = fold(repr(statement))
    return any(name in text for name in _TELL_SESSIONS_APART)


def lower_principal(statement: Statement, reading: Reading) -> PrincipalTest:
    """Return the test of whom a statement of a policy that names principals is about.

    A statement without the element in a type that wants one applies to nobody (R-EXT-02).
    """
    element = statement.principal or _NOBODY
    names = frozenset(map(_normal, element.values))
    # with a condition on aws:PrincipalArn, AWS documents what `*` is immune to (E.2)
    by_arn = any(fold(condition.key) == _PRINCIPAL_ARN for condition in statement.conditions)
    return PrincipalTest(
        names - {_EVERYONE},
        _EVERYONE in names,
        Grant.EVERYONE_OF_ARN if by_arn else Grant.EVERYONE,
        element.negated,
        statement.effect.value == "Deny",
        OpenPoint.NOT_PRINCIPAL_PARENTS in reading,
        element,
    )


def _normal(value: PrincipalValue) -> PrincipalValue:
    everyone = value.text == "*" and value.kind in ("*", "AWS")  # R-PRIN-02
    return _EVERYONE if everyone else value


def _account(partition: str, account: str) -> PrincipalValue:
    return PrincipalValue("AWS", f"arn:{partition}:iam::{account}:root")


class Caller(NamedTuple):
    """What a principal element sees of a caller: the names it answers to, and what is not known.

    `itself`, `owner` (the role or user behind a session) and `account` are the names of each.
    `role_by_name`: the role's path is not known, so roles of this prefix and last name are its own
    (R-PRIN-07). `maybe_itself` and `maybe_owner` are patterns of names that may be the caller's;
    `maybe_account`: whether the account's name is meant is not known. `missing` is what would
    settle the patterns. `has_boundary` is None where nobody knows; `has_canonical_id`: the account
    has a canonical user ID, which is not known.
    """

    itself: frozenset[PrincipalValue] = frozenset()
    owner: frozenset[PrincipalValue] = frozenset()
    account: frozenset[PrincipalValue] = frozenset()
    role_by_name: tuple[str, str] | None = None
    maybe_itself: str = ""
    maybe_owner: str = ""
    maybe_account: bool = False
    missing: str = ""
    has_owner: bool = False
    has_account: bool = False
    has_boundary: bool | None = False
    has_canonical_id: bool = False
    is_known: bool = True


UNKNOWN_CALLER = Caller(missing="principal", is_known=False)
"""A caller that nobody named."""


class Naming(NamedTuple):
    """How a principal element names a caller: surely, and possibly (None: not at all).

    `missing` is what would settle the difference; `by_name` says that a role was compared by its
    name alone (R-PRIN-07), `by_boundary` that a NotPrincipal covers the caller for having a
    permissions boundary (R-NPRIN-02).
    """

    sure: Grant | None
    possible: Grant | None
    missing: str = ""
    by_name: bool = False
    by_boundary: bool = False

    @property
    def holds(self) -> bool | None:
        """Whether the statement is about the caller; None where that is not known."""
        if self.possible is None:
            return False
        return None if self.sure is None else True


def caller_of(
    principal: Principal | None,
    has_boundary: bool | None,  # noqa: FBT001 - three values
) -> Caller:
    """Return what principal elements see of a caller."""
    if principal is None:
        return UNKNOWN_CALLER._replace(has_boundary=has_boundary)
    caller = _known_caller(principal, has_boundary)
    return caller._replace(has_canonical_id=principal.account is not None)


def _known_caller(
    principal: Principal,
    has_boundary: bool | None,  # noqa: FBT001 - three values
) -> Caller:
    aws = _aws(principal.arn)
    match principal.kind:
        case PrincipalKind.ANONYMOUS:
            return Caller()
        case PrincipalKind.SERVICE:
            return Caller(frozenset({PrincipalValue("Service", principal.name)}))
        case PrincipalKind.PROVIDER:
            return Caller(frozenset({PrincipalValue("Federated", principal.name)}))
        case PrincipalKind.ROOT if principal.credentials is Credentials.ASSUME_ROOT:
            # a session of the root user: its task policy limits what the account is granted
            return Caller(owner=_accounts(principal), has_owner=True)
        case PrincipalKind.ROOT:
            return Caller(_accounts(principal))
        case PrincipalKind.USER:
            return _with_id(
                Caller(frozenset({aws}), account=_accounts(principal), has_account=True,
                       has_boundary=has_boundary),
                principal.user_id, "AIDA", of_owner=False,
            )  # fmt: skip
        case PrincipalKind.FEDERATED_USER:
            return _federated(principal, has_boundary)
        case PrincipalKind.ROLE:
            return _session(principal, has_boundary)
        case _:
            assert_never(principal.kind)


def _aws(text: str) -> PrincipalValue:
    return PrincipalValue("AWS", text)


def _accounts(principal: Principal) -> frozenset[PrincipalValue]:
    account = principal.account or ""
    return frozenset({_aws(account), _account(principal.partition, account)})


def _with_id(caller: Caller, user_id: str | None, prefix: str, *, of_owner: bool) -> Caller:
    """Add the unique ID of a user or role; where it is not known, any of its kind may be it."""
    if user_id is None:
        pattern = f"{prefix}[A-Z0-9]+"
        if of_owner:
            return caller._replace(maybe_owner=pattern, missing="aws:userid")
        return caller._replace(maybe_itself=pattern, missing="aws:userid")
    if of_owner:
        return caller._replace(owner=caller.owner | {_aws(user_id)})
    return caller._replace(itself=caller.itself | {_aws(user_id)})


def _federated(
    principal: Principal,
    has_boundary: bool | None,  # noqa: FBT001 - three values
) -> Caller:
    caller = Caller(
        frozenset({_aws(principal.arn)}), account=_accounts(principal), has_owner=True,
        has_account=True, has_boundary=has_boundary,
    )  # fmt: skip
    if principal.user is not None:
        named = caller._replace(owner=frozenset({_aws(principal.user)}))
        return _with_id(named, principal.user_id, "AIDA", of_owner=True)
    users = re.escape(f"arn:{principal.partition}:iam::{principal.account}:user/")
    return caller._replace(maybe_owner=f"{users}.+|AIDA[A-Z0-9]+", missing="principal.user")


def _session(
    principal: Principal,
    has_boundary: bool | None,  # noqa: FBT001
) -> Caller:
    where = f"arn:{principal.partition}:sts::{principal.account}:assumed-role/{principal.name}/"
    session_name = principal.session_name
    itself = frozenset({_aws(where + session_name)} if session_name else ())
    caller = Caller(
        itself, account=_accounts(principal), has_owner=True, has_account=True,
        has_boundary=has_boundary,
    )  # fmt: skip
    if principal.role_arn is not None:
        caller = caller._replace(owner=frozenset({_aws(principal.role_arn)}))
    else:
        roles = f"arn:{principal.partition}:iam::{principal.account}:role/"
        caller = caller._replace(role_by_name=(roles, f"/{principal.name}"))
    caller = _with_id(caller, principal.user_id, "AROA", of_owner=True)
    if not session_name:
        pattern = f"{re.escape(where)}.+"
        caller = caller._replace(maybe_itself=pattern, missing="aws:userid")
    return caller


def at_gateway(caller: Caller, *, surely: bool) -> Caller:
    """Return the caller as the policy of a gateway endpoint sees it.

    There an account stands for its root user alone (R-VPCE-G2). Where it is not known whether the
    endpoint is a gateway, an account may name its principals.
    """
    if not caller.has_account:
        return caller
    if surely:
        return caller._replace(account=frozenset())
    return caller._replace(maybe_account=True)


def naming(test: PrincipalTest, caller: Caller) -> Naming:
    """Return how a statement's principal element names a caller."""
    return _excepted(test, caller) if test.negated else _named(test, caller)


def _named(test: PrincipalTest, caller: Caller) -> Naming:
    sure = possible = _best(test, caller)
    by_name, missing = False, caller.missing
    if caller.role_by_name and _has_role(test.names, caller.role_by_name):
        sure = possible = max(sure or Grant.ACCOUNT, Grant.OF_SESSION)
        by_name = True
    if test.everyone:
        sure = possible = max(sure or test.everyone_is, test.everyone_is)
    if not caller.is_known:
        possible = Grant.DIRECT if test.names else possible
    elif _may_be(caller.maybe_itself, test.names):
        possible = Grant.DIRECT
    elif _may_be(caller.maybe_owner, test.names):
        possible = max(possible or Grant.OF_SESSION, Grant.OF_SESSION)
    elif _may_be_canonical(caller, test.names):
        missing = _CANONICAL_ID
        possible = max(possible or Grant.ACCOUNT, Grant.ACCOUNT)
    if caller.maybe_account and sure is Grant.ACCOUNT:
        sure, missing = None, _ENDPOINT_TYPE
    return Naming(sure, possible, missing if sure is not possible else "", by_name)


_ENDPOINT_TYPE = "endpoint_type"
_CANONICAL_ID = "principal.canonical_user"


def _may_be_canonical(caller: Caller, names: Iterable[PrincipalValue]) -> bool:
    """Whether a canonical user ID is listed, which names an account that nobody here knows."""
    return caller.has_canonical_id and any(kind == "CanonicalUser" for kind, _ in names)


def _best(test: PrincipalTest, caller: Caller) -> Grant | None:
    if not test.names.isdisjoint(caller.itself):
        return Grant.DIRECT
    if not test.names.isdisjoint(caller.owner):
        return Grant.OF_SESSION
    return Grant.ACCOUNT if not test.names.isdisjoint(caller.account) else None


def _has_role(names: Iterable[PrincipalValue], role: tuple[str, str]) -> bool:
    prefix, last = role
    return any(
        kind == "AWS" and text.startswith(prefix) and text.endswith(last) for kind, text in names
    )


def _may_be(pattern: str, names: Iterable[PrincipalValue]) -> bool:
    return bool(pattern) and any(
        kind == "AWS" and re.fullmatch(pattern, text) is not None for kind, text in names
    )


# NotPrincipal


def _excepted(test: PrincipalTest, caller: Caller) -> Naming:
    """Return how a NotPrincipal element covers a caller: everyone who is not excepted.

    In a Deny only a caller without a boundary that is listed itself, with all its parents, is
    excepted (R-NPRIN-02, R-NPRIN-04). An Allow, which AWS no longer stores, is read literally:
    whoever is not listed in any form (R-TYPE-05, R-EXT-04).
    """
    named = _named(test._replace(negated=False), caller)
    if not test.denies:
        sure = test.everyone_is if named.possible is None else None
        possible = test.everyone_is if named.sure is None else None
        return Naming(sure, possible, named.missing, named.by_name)
    if caller.has_boundary:
        return Naming(Grant.DIRECT, Grant.DIRECT, by_boundary=True)
    excepted, missing = _is_excepted(test, caller)
    if caller.has_boundary is None and excepted:
        return Naming(None, Grant.DIRECT, "boundary", named.by_name)
    return Naming(
        Grant.DIRECT if excepted is False else None,
        None if excepted else Grant.DIRECT,
        missing if excepted is None else "",
        named.by_name,
    )


def _is_excepted(test: PrincipalTest, caller: Caller) -> tuple[bool | None, str]:
    """Return whether a Deny with NotPrincipal leaves a caller out, and what would settle it.

    None where it is not known.
    """
    if test.everyone:
        return True, ""
    if not caller.is_known:
        return (None if test.names else False), caller.missing
    itself = _listed(test.names, caller.itself, caller.maybe_itself)
    owner = _listed(test.names, caller.owner, caller.maybe_owner) if caller.has_owner else True
    if caller.role_by_name and _has_role(test.names, caller.role_by_name):
        owner = True
    account, missing = _lists_account(test.names, caller)
    if caller.has_owner and not caller.has_account:
        itself = owner  # of the root user a session is known by its account alone
    if test.parents_suffice:
        parents = _both(owner, account) if caller.has_owner else False
        return _either(itself, parents), missing
    return _both(itself, _both(owner, account)), missing


def _lists_account(names: frozenset[PrincipalValue], caller: Caller) -> tuple[bool | None, str]:
    if not caller.has_account:
        return True, caller.missing
    if not names.isdisjoint(caller.account):
        return (None, _ENDPOINT_TYPE) if caller.maybe_account else (True, caller.missing)
    return (None, _CANONICAL_ID) if _may_be_canonical(caller, names) else (False, caller.missing)


def _listed(
    names: frozenset[PrincipalValue], own: frozenset[PrincipalValue], maybe: str
) -> bool | None:
    if not names.isdisjoint(own):
        return True
    return None if _may_be(maybe, names) else False


def _both(one: bool | None, other: bool | None) -> bool | None:  # noqa: FBT001
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def _either(one: bool | None, other: bool | None) -> bool | None:  # noqa: FBT001
    if one or other:
        return True
    return None if one is None or other is None else False
