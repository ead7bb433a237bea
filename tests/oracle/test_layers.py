"""The layers oracle against the tables of iam-semantics.md (E.2; T59 to T85, T108 to T120)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from tests.oracle.layers import Document, OracleCall, OracleCaller, decide_call
from tests.oracle.oracle import OracleRequest

A, B = "111111111111", "222222222222"
SESSION_ARN = f"arn:aws:sts::{A}:assumed-role/r/s"
ROLE_ARN = f"arn:aws:iam::{A}:role/team/r"
USER_ARN = f"arn:aws:iam::{A}:user/u"
FEDERATED_ARN = f"arn:aws:sts::{A}:federated-user/f"
ROOT_ARN = f"arn:aws:iam::{A}:root"
PROVIDER_ARN = f"arn:aws:iam::{A}:saml-provider/p"
OBJECT = "arn:aws:s3:::b/o"
KEY = f"arn:aws:kms:us-east-1:{A}:key/k"
ALIAS = f"arn:aws:kms:us-east-1:{A}:alias/x"
TARGET = f"arn:aws:iam::{A}:role/target"
LINKED = f"arn:aws:iam::{A}:role/aws-service-role/x.amazonaws.com/Linked"

USER = OracleCaller("user", USER_ARN, A, unique_id="AIDAU")
ROLE = OracleCaller("role", ROLE_ARN, A, session=SESSION_ARN, unique_id="AROAR")
FEDERATED = OracleCaller("federated", FEDERATED_ARN, A, user=USER_ARN)
ROOT = OracleCaller("root", ROOT_ARN, A)
ASSUMED_ROOT = replace(ROOT, assume_root=True)
SERVICE = OracleCaller("service", "x.amazonaws.com", None)
ANONYMOUS = OracleCaller("anonymous", "anonymous", None)
PROVIDER = OracleCaller("provider", PROVIDER_ARN, None)
LINKED_ROLE = replace(ROLE, service_linked=True)
MANAGEMENT_USER = replace(USER, in_management_account=True)


def document(*statements: Mapping[str, object], version: str | None = "2012-10-17") -> Document:
    found: dict[str, object] = {"Statement": list(statements)}
    return found if version is None else {"Version": version, **found}


def allow(action: str = "*", resource: object = "*", **more: object) -> dict[str, object]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: str = "*", resource: object = "*", **more: object) -> dict[str, object]:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def trust(action: object, **more: object) -> dict[str, object]:
    return {"Effect": "Allow", "Action": action, **more}


def grants(principal: object, action: str = "*", resource: object = "*") -> Document:
    return document(allow(action, resource, Principal=principal))


def trusts(principal: object, action: object = "sts:AssumeRole") -> Document:
    return document(trust(action, Principal=principal))


def request(
    action: str = "s3:GetObject",
    resource: str = OBJECT,
    context: Mapping[str, str | tuple[str, ...]] | None = None,
) -> OracleRequest:
    entries = tuple(
        (name, (values,) if isinstance(values, str) else values)
        for name, values in (context or {}).items()
    )
    return OracleRequest(action, resource, entries, frozenset(), frozenset(), account=A)


GET = request()
FULL = document(allow())
OTHER = document(allow("ec2:*"))
"""A policy that is there and silent about everything asked here."""
DENY_ALL = document(deny())
FOR_ALL = document(allow(Principal="*"))
DENY_FOR_ALL = document(deny(Principal="*"))


def own(
    caller: OracleCaller,
    resource: Document | None = None,
    asked: OracleRequest = GET,
    *,
    identity: tuple[Document, ...] = (),
    boundary: Document | None = None,
    session: tuple[Document, ...] = (),
) -> OracleCall:
    """A call on a resource of the caller's own account."""
    return OracleCall(
        caller,
        asked,
        None,
        identity=identity,
        boundary=boundary,
        session=session,
        resource=resource,
    )


def foreign(
    caller: OracleCaller,
    resource: Document | None = None,
    asked: OracleRequest = GET,
    *,
    identity: tuple[Document, ...] = (),
    boundary: Document | None = None,
    session: tuple[Document, ...] = (),
) -> OracleCall:
    """A call on a resource of account B."""
    call = own(caller, resource, asked, identity=identity, boundary=boundary, session=session)
    return replace(call, owner=B)


IF_ROLE = document(
    allow(Principal="*", Condition={"ArnEquals": {"aws:PrincipalArn": ROLE_ARN}}),
)
FROM_ROLE = request(context={"aws:PrincipalArn": ROLE_ARN})
BY_USER = grants({"AWS": USER_ARN})
BY_ROLE = grants({"AWS": ROLE_ARN})
BY_SESSION = grants({"AWS": SESSION_ARN})
BY_FEDERATED = grants({"AWS": FEDERATED_ARN})
BY_ACCOUNT = grants({"AWS": A})
BY_ROOT_ARN = grants({"AWS": ROOT_ARN})

ALL = (FULL,)
NOT_S3 = (OTHER,)

SAME_ACCOUNT: list[tuple[str, str, OracleCall]] = [
    ("user by ARN", "allowed", own(USER, BY_USER, boundary=OTHER)),
    ("user by *", "allowed", own(USER, FOR_ALL, boundary=OTHER)),
    ("user by {AWS: *}", "allowed", own(USER, grants({"AWS": "*"}), boundary=OTHER)),
    ("user by account", "implicitDeny", own(USER, BY_ACCOUNT)),
    ("user by account, ID allows", "allowed", own(USER, BY_ACCOUNT, identity=ALL)),
    ("user by unique ID", "allowed", own(USER, grants({"AWS": "AIDAU"}))),
    ("another user", "implicitDeny", own(USER, grants({"AWS": USER_ARN + "2"}))),
    ("role by role ARN", "allowed", own(ROLE, BY_ROLE)),
    (
        "role by role ARN, PB and SESS allow",
        "allowed",
        own(ROLE, BY_ROLE, boundary=FULL, session=ALL),
    ),
    (
        "role by role ARN, PB silent",
        "implicitDeny",
        own(ROLE, BY_ROLE, identity=ALL, boundary=OTHER, session=ALL),
    ),
    (
        "role by role ARN, SESS silent",
        "implicitDeny",
        own(ROLE, BY_ROLE, identity=ALL, boundary=FULL, session=NOT_S3),
    ),
    ("role by role ID", "allowed", own(ROLE, grants({"AWS": "AROAR"}))),
    (
        "role by role ID, PB silent",
        "implicitDeny",
        own(ROLE, grants({"AWS": "AROAR"}), boundary=OTHER),
    ),
    (
        "role by ARN without its path",
        "implicitDeny",
        own(ROLE, grants({"AWS": f"arn:aws:iam::{A}:role/r"})),
    ),
    ("role by session ARN", "allowed", own(ROLE, BY_SESSION, boundary=OTHER, session=NOT_S3)),
    (
        "role by * and PrincipalArn",
        "allowed",
        own(ROLE, IF_ROLE, FROM_ROLE, boundary=OTHER, session=NOT_S3),
    ),
    ("role by account", "implicitDeny", own(ROLE, BY_ACCOUNT)),
    (
        "federated by its ARN",
        "allowed",
        own(FEDERATED, BY_FEDERATED, boundary=OTHER, session=NOT_S3),
    ),
    (
        "federated by user ARN, PB silent",
        "implicitDeny",
        own(FEDERATED, BY_USER, boundary=OTHER, session=ALL),
    ),
    (
        "federated by user ARN, SESS silent",
        "implicitDeny",
        own(FEDERATED, BY_USER, boundary=FULL, session=NOT_S3),
    ),
    (
        "federated by user ARN, both allow",
        "allowed",
        own(FEDERATED, BY_USER, boundary=FULL, session=ALL),
    ),
    ("federated by user ARN, no PB", "allowed", own(FEDERATED, BY_USER, session=ALL)),
    ("root by account", "allowed", own(ROOT, BY_ACCOUNT)),
    ("root by root ARN", "allowed", own(ROOT, BY_ROOT_ARN)),
    ("root by *", "allowed", own(ROOT, FOR_ALL)),
    ("service by name", "allowed", own(SERVICE, grants({"Service": "x.amazonaws.com"}))),
    ("service by *", "allowed", own(SERVICE, FOR_ALL)),
    ("service unnamed", "implicitDeny", own(SERVICE, grants({"Service": "y.amazonaws.com"}))),
    ("service by account", "implicitDeny", own(SERVICE, BY_ACCOUNT)),
    (
        "several kinds and values",
        "allowed",
        own(USER, grants({"Service": "x", "AWS": ["AIDAX", USER_ARN]})),
    ),
    ("a canonical user", "implicitDeny", own(USER, grants({"CanonicalUser": "0" * 64}))),
    ("empty principal", "implicitDeny", own(USER, grants({}))),
    ("no principal", "implicitDeny", own(USER, FULL)),
    ("deny without principal", "allowed", own(USER, DENY_ALL, identity=ALL)),
    ("ID alone", "allowed", own(USER, identity=ALL)),
    ("ID alone, PB silent", "implicitDeny", own(USER, identity=ALL, boundary=OTHER)),
    ("nothing", "implicitDeny", own(USER)),
    ("a user's session policies are ignored", "allowed", own(USER, identity=ALL, session=NOT_S3)),
    ("session policies are a union", "allowed", own(ROLE, identity=ALL, session=(OTHER, FULL))),
    ("session policy alone", "implicitDeny", own(ROLE, session=ALL)),
    ("boundary alone", "implicitDeny", own(ROLE, boundary=FULL)),
    ("deny in ID", "explicitDeny", own(USER, BY_USER, identity=(DENY_ALL,))),
    ("deny in PB", "explicitDeny", own(USER, BY_USER, boundary=DENY_ALL)),
    ("deny in SESS", "explicitDeny", own(ROLE, BY_SESSION, session=(DENY_ALL,))),
    ("deny in RBP", "explicitDeny", own(USER, DENY_FOR_ALL, identity=ALL)),
    (
        "deny of the role in RBP",
        "explicitDeny",
        own(ROLE, document(deny(Principal={"AWS": ROLE_ARN})), identity=ALL),
    ),
    (
        "deny of the account in RBP",
        "explicitDeny",
        own(ROLE, document(deny(Principal={"AWS": A})), identity=ALL),
    ),
]


@pytest.mark.parametrize(
    ("expected", "call"), [pytest.param(w, c, id=n) for n, w, c in SAME_ACCOUNT]
)
def test_same_account(expected: str, call: OracleCall) -> None:
    assert decide_call(call) == expected


OUTSIDER = OracleCaller("user", f"arn:aws:iam::{B}:user/o", B)


def inbound(resource: Document | None, asked: OracleRequest = GET) -> OracleCall:
    """A user of account B, allowed everything by its own policies, on a resource of A."""
    return OracleCall(OUTSIDER, asked, A, identity=ALL, resource=resource)


def with_scps(call: OracleCall, *levels: tuple[Document, ...]) -> OracleCall:
    return replace(call, scps=levels)


def with_rcps(call: OracleCall, *statements: Mapping[str, object]) -> OracleCall:
    return replace(call, rcps=((document(*statements),),))


DECRYPT = request("kms:Decrypt", KEY)
ASSUME = request("sts:AssumeRole", TARGET)
ONLY_DENY_X = document(deny("x:*"))
KMS_DELEGATES = grants({"AWS": ROOT_ARN}, "kms:*")
BUCKET_POLICY_ACTIONS = ("s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy")


def not_principal(*listed: str, effect: str = "Deny") -> Document:
    return document(
        {"Effect": effect, "Action": "*", "Resource": "*", "NotPrincipal": {"AWS": list(listed)}}
    )


UNLESS_ROLE = document(
    deny(Principal="*", Condition={"ArnNotEquals": {"aws:PrincipalArn": ROLE_ARN}}),
)
IF_SESSION = document(
    allow(Principal="*", Condition={"StringEquals": {"aws:PrincipalArn": SESSION_ARN}}),
)
IF_ROOT = document(allow(Principal="*", Condition={"ArnEquals": {"aws:PrincipalArn": ROOT_ARN}}))
NO_MFA = document(allow(), deny(Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}}))
DIRECTLY = document(allow(Condition={"Bool": {"aws:ViaAWSService": "false"}}))
RCP_STS = deny("sts:AssumeRole", Principal="*")
SERVICE_TRUST = trusts({"Service": "x.amazonaws.com"})

TRAPS: list[tuple[str, str, OracleCall]] = [
    ("T59", "allowed", own(USER, BY_USER, boundary=OTHER)),
    ("T60", "implicitDeny", own(ROLE, BY_ROLE, boundary=OTHER)),
    ("T61", "allowed", own(ROLE, BY_ROLE)),
    ("T62", "allowed", own(ROLE, BY_SESSION, session=NOT_S3)),
    ("T63", "explicitDeny", own(ROLE, BY_SESSION, session=(DENY_ALL,))),
    ("T64", "implicitDeny", own(USER, BY_ROOT_ARN)),
    ("T65 same account", "allowed", own(USER, FOR_ALL)),
    ("T65 other account", "implicitDeny", foreign(USER, FOR_ALL)),
    ("T65 other account, ID allows", "allowed", foreign(USER, FOR_ALL, identity=ALL)),
    ("T66", "implicitDeny", foreign(ROLE, BY_SESSION)),
    ("T66 ID allows", "allowed", foreign(ROLE, BY_SESSION, identity=ALL)),
    ("T67", "implicitDeny", own(FEDERATED, identity=ALL)),
    ("T67 with SESS", "allowed", own(FEDERATED, identity=ALL, session=ALL)),
    (
        "T68",
        "implicitDeny",
        own(USER, grants({"AWS": ROLE_ARN}), DECRYPT, identity=ALL),
    ),
    ("T68 with account", "allowed", own(USER, KMS_DELEGATES, DECRYPT, identity=ALL)),
    (
        "T68 account for another action",
        "implicitDeny",
        own(USER, grants({"AWS": A}, "kms:Encrypt"), DECRYPT, identity=ALL),
    ),
    ("T69", "allowed", own(ROLE, BY_ROLE, DECRYPT)),
    ("T69 PB silent", "implicitDeny", own(ROLE, BY_ROLE, DECRYPT, boundary=OTHER)),
    ("T70", "implicitDeny", own(USER, trusts({"AWS": A}), ASSUME)),
    ("T70 ID allows", "allowed", own(USER, trusts({"AWS": A}), ASSUME, identity=ALL)),
    ("T70 user named", "allowed", own(USER, trusts({"AWS": USER_ARN}), ASSUME)),
    (
        "T71 x",
        "explicitDeny",
        with_scps(own(USER, asked=request("x:Do"), identity=ALL), (FULL,), (ONLY_DENY_X,), (FULL,)),
    ),
    (
        "T71 else",
        "implicitDeny",
        with_scps(own(USER, identity=ALL), (FULL,), (ONLY_DENY_X,), (FULL,)),
    ),
    (
        "T72",
        "allowed",
        with_scps(own(USER, identity=ALL), (FULL,), (OTHER, document(allow("s3:*")))),
    ),
    ("T73 member", "explicitDeny", with_scps(own(USER, identity=ALL), (FULL, DENY_ALL))),
    (
        "T73 management",
        "allowed",
        with_scps(own(MANAGEMENT_USER, identity=ALL), (FULL, DENY_ALL)),
    ),
    (
        "T73 service-linked",
        "allowed",
        with_scps(own(LINKED_ROLE, identity=ALL), (FULL, DENY_ALL)),
    ),
    ("T74", "allowed", inbound(grants({"AWS": B}))),
    (
        "T75",
        "explicitDeny",
        with_rcps(inbound(grants({"AWS": B})), deny("s3:*", Principal="*")),
    ),
    (
        "T76",
        "allowed",
        with_rcps(
            own(USER, asked=request("appflow:RunFlow", "arn:aws:appflow:r:1:flow/f"), identity=ALL),
            deny("appflow:*", Principal="*"),
        ),
    ),
    ("T77", "explicitDeny", own(USER, not_principal(USER_ARN, A), identity=ALL, boundary=FULL)),
    ("T77 no PB", "allowed", own(USER, not_principal(USER_ARN, A), identity=ALL)),
    ("T77 account only", "explicitDeny", own(USER, not_principal(A), identity=ALL)),
    ("T77 user only", "explicitDeny", own(USER, not_principal(USER_ARN), identity=ALL)),
    ("T78 role", "explicitDeny", own(ROLE, not_principal(ROLE_ARN), identity=ALL)),
    ("T78 role, account", "explicitDeny", own(ROLE, not_principal(ROLE_ARN, A), identity=ALL)),
    (
        "T78 session, role, account",
        "allowed",
        own(ROLE, not_principal(SESSION_ARN, ROLE_ARN, ROOT_ARN), identity=ALL),
    ),
    (
        "T78 session, account",
        "explicitDeny",
        own(ROLE, not_principal(SESSION_ARN, ROOT_ARN), identity=ALL),
    ),
    ("T79", "implicitDeny", own(USER, grants({"AWS": f"arn:aws:iam::{A}:user/*"}))),
    ("T80", "allowed", own(ROLE, UNLESS_ROLE, FROM_ROLE, identity=ALL)),
    ("T80 other role", "explicitDeny", own(USER, UNLESS_ROLE, identity=ALL)),
    ("T81", "implicitDeny", own(ROLE, IF_SESSION, FROM_ROLE)),
    (
        "T82",
        "implicitDeny",
        own(USER, IF_ROOT, request(context={"aws:PrincipalArn": USER_ARN})),
    ),
    (
        "T83",
        "implicitDeny",
        own(
            replace(SERVICE, name="s3.ap-east-1.amazonaws.com"),
            grants({"Service": "s3.amazonaws.com"}),
        ),
    ),
    (
        "T84",
        "implicitDeny",
        replace(own(USER, identity=ALL), endpoint=BY_ACCOUNT, gateway=True),
    ),
    ("T84 interface", "allowed", replace(own(USER, identity=ALL), endpoint=BY_ACCOUNT)),
    ("T84 root", "allowed", replace(own(ROOT), endpoint=BY_ACCOUNT, gateway=True)),
    ("T84 *", "allowed", replace(own(USER, identity=ALL), endpoint=FOR_ALL, gateway=True)),
    ("T85", "allowed", own(ROOT)),
    ("T85 SCP", "explicitDeny", with_scps(own(ROOT), (FULL, DENY_ALL))),
    *(
        (f"T108 {action}", "allowed", own(ROOT, DENY_FOR_ALL, request(action, "arn:aws:s3:::b")))
        for action in BUCKET_POLICY_ACTIONS
    ),
    ("T108 object", "explicitDeny", own(ROOT, DENY_FOR_ALL)),
    (
        "T108 user",
        "explicitDeny",
        own(USER, DENY_FOR_ALL, request("s3:GetBucketPolicy", "arn:aws:s3:::b"), identity=ALL),
    ),
    (
        "T108 SCP",
        "explicitDeny",
        with_scps(
            own(ROOT, DENY_FOR_ALL, request("s3:GetBucketPolicy", "arn:aws:s3:::b")),
            (FULL, DENY_ALL),
        ),
    ),
    ("T109", "implicitDeny", own(ROOT, trusts({"AWS": A}), ASSUME)),
    ("T109 cross-account", "implicitDeny", foreign(ROOT, trusts({"AWS": A}), ASSUME)),
    (
        "T110 through AppFlow",
        "explicitDeny",
        own(
            USER,
            asked=request(context={"aws:MultiFactorAuthPresent": "false"}),
            identity=(NO_MFA,),
        ),
    ),
    ("T110 directly", "allowed", own(USER, identity=(NO_MFA,))),
    (
        "T111",
        "allowed",
        own(USER, asked=request(context={"aws:ViaAWSService": "false"}), identity=(DIRECTLY,)),
    ),
    (
        "T112 IAM's own answer",
        "allowed",
        own(FEDERATED, asked=request("iam:ListUsers", "*"), identity=ALL, session=ALL),
    ),
    (
        "T113",
        "allowed",
        own(USER, asked=request("sts:GetSessionToken", "*"), identity=(DENY_ALL,)),
    ),
    (
        "T113 GetCallerIdentity",
        "allowed",
        with_scps(own(ROLE, asked=request("STS:getcalleridentity", "*")), (DENY_ALL,)),
    ),
    ("T114 *", "allowed", own(FEDERATED, FOR_ALL, identity=ALL)),
    ("T114 user", "implicitDeny", own(FEDERATED, BY_USER, identity=ALL)),
    ("T114 session", "allowed", own(FEDERATED, BY_FEDERATED, identity=ALL)),
    (
        "T115 its own role",
        "allowed",
        with_rcps(own(SERVICE, SERVICE_TRUST, request("sts:AssumeRole", LINKED)), RCP_STS),
    ),
    (
        "T115 ordinary role",
        "explicitDeny",
        with_rcps(own(SERVICE, SERVICE_TRUST, ASSUME), RCP_STS),
    ),
    (
        "T116",
        "implicitDeny",
        with_scps(own(USER, BY_USER), (FULL,), (OTHER,)),
    ),
    (
        "T117",
        "implicitDeny",
        own(USER, trusts({"AWS": USER_ARN}), request("sts:TagSession", TARGET), identity=ALL),
    ),
    (
        "T117 trusted",
        "allowed",
        own(
            USER,
            trusts({"AWS": USER_ARN}, ["sts:AssumeRole", "sts:TagSession"]),
            request("sts:TagSession", TARGET),
        ),
    ),
    ("T118", "allowed", own(USER, asked=request("kms:GenerateRandom", "*"), identity=ALL)),
    (
        "T118 silent",
        "implicitDeny",
        own(USER, FOR_ALL, request("kms:GenerateRandom", "*")),
    ),
    ("T119 alias", "implicitDeny", own(USER, BY_USER, request("kms:CreateAlias", ALIAS))),
    ("T119 key", "allowed", own(USER, BY_USER, request("kms:CreateAlias", KEY))),
    (
        "T119 alias, ID allows",
        "allowed",
        own(USER, asked=request("kms:CreateAlias", ALIAS), identity=ALL),
    ),
    ("T120", "allowed", own(USER, FOR_ALL, DECRYPT)),
    ("T120 other account", "implicitDeny", foreign(USER, FOR_ALL, DECRYPT)),
]


@pytest.mark.parametrize(("expected", "call"), [pytest.param(w, c, id=n) for n, w, c in TRAPS])
def test_traps(expected: str, call: OracleCall) -> None:
    assert decide_call(call) == expected


TAG_TRUST = trusts({"AWS": A}, "sts:SetSourceIdentity")
SET_SOURCE = request("sts:SetSourceIdentity", TARGET)
SAML = request("sts:AssumeRoleWithSAML", TARGET)
BY_PROVIDER = trusts({"Federated": PROVIDER_ARN}, "sts:AssumeRoleWithSAML")
SHORT = "arn:aws:s3"
SHORT_STAR = "arn:aws:s3*"
RCP_ALL = deny("s3:*", Principal="*")
UNREADABLE = document(deny(Condition={"NumericLessThan": {"k": "1"}}))
ODD = request(context={"k": "abc"})
TASK = request("s3:DeleteBucketPolicy", "arn:aws:s3:::b")

RULES: list[tuple[str, str, OracleCall]] = [
    # Cross-account (R-XACC-01 to -04).
    ("no RBP given", "undetermined", foreign(USER, identity=ALL)),
    ("no RBP given, ID silent", "undetermined", foreign(USER)),
    ("no RBP given, ID denies", "explicitDeny", foreign(USER, identity=(DENY_ALL,))),
    ("RBP by account", "allowed", foreign(USER, BY_ACCOUNT, identity=ALL)),
    ("PB silent", "implicitDeny", foreign(USER, BY_USER, identity=ALL, boundary=OTHER)),
    ("SESS silent", "implicitDeny", foreign(ROLE, BY_SESSION, identity=ALL, session=NOT_S3)),
    ("federated without SESS", "implicitDeny", foreign(FEDERATED, FOR_ALL, identity=ALL)),
    ("root of trusted account", "allowed", foreign(ROOT, BY_ACCOUNT)),
    ("root of another account", "implicitDeny", foreign(ROOT, grants({"AWS": B}))),
    (
        "other partition",
        "implicitDeny",
        foreign(USER, FOR_ALL, request(resource="arn:aws-cn:s3:::b/o"), identity=ALL),
    ),
    (
        "account of another partition",
        "implicitDeny",
        own(ROOT, grants({"AWS": f"arn:aws-cn:iam::{A}:root"}), DECRYPT),
    ),
    # KMS (R-KMS-01, R-KMS-02).
    ("key policy not given", "undetermined", own(USER, asked=DECRYPT, identity=ALL)),
    (
        "key policy not given, ID denies",
        "explicitDeny",
        own(USER, asked=DECRYPT, identity=(DENY_ALL,)),
    ),
    ("key policy forgets root", "implicitDeny", own(ROOT, BY_USER, DECRYPT)),
    ("key policy names root", "allowed", own(ROOT, BY_ROOT_ARN, DECRYPT)),
    (
        "delegation, PB silent",
        "implicitDeny",
        own(USER, BY_ACCOUNT, DECRYPT, identity=ALL, boundary=OTHER),
    ),
    ("no key policy for lists", "implicitDeny", own(USER, FOR_ALL, request("kms:ListKeys", "*"))),
    ("lists by root", "allowed", own(ROOT, asked=request("kms:ListKeys", "*"))),
    (
        "key policy does not deny lists",
        "allowed",
        own(USER, DENY_FOR_ALL, request("kms:ListAliases", "*"), identity=ALL),
    ),
    (
        "service by key policy",
        "allowed",
        own(SERVICE, grants({"Service": "x.amazonaws.com"}), DECRYPT),
    ),
    (
        "federated, delegation, no SESS",
        "implicitDeny",
        own(FEDERATED, BY_ACCOUNT, DECRYPT, identity=ALL),
    ),
    # Trust policies (R-TRUST-01 to -03).
    ("trust policy not given", "undetermined", own(USER, asked=ASSUME, identity=ALL)),
    ("trust policy silent", "implicitDeny", own(USER, trusts({"AWS": B}), ASSUME, identity=ALL)),
    (
        "cross-account trust",
        "allowed",
        foreign(USER, trusts({"AWS": USER_ARN}), ASSUME, identity=ALL),
    ),
    ("cross-account, ID silent", "implicitDeny", foreign(USER, trusts({"AWS": USER_ARN}), ASSUME)),
    (
        "a role assuming itself needs trust",
        "implicitDeny",
        own(ROLE, trusts({"AWS": USER_ARN}), request("sts:AssumeRole", ROLE_ARN), identity=ALL),
    ),
    (
        "chaining with source identity",
        "implicitDeny",
        own(ROLE, trusts({"AWS": ROLE_ARN}, "sts:SetSourceIdentity"), SET_SOURCE),
    ),
    (
        "chaining with source identity, ID allows",
        "allowed",
        own(ROLE, trusts({"AWS": ROLE_ARN}, "sts:SetSourceIdentity"), SET_SOURCE, identity=ALL),
    ),
    (
        "source identity by a user",
        "allowed",
        own(USER, trusts({"AWS": USER_ARN}, "sts:SetSourceIdentity"), SET_SOURCE),
    ),
    ("source identity by account", "implicitDeny", own(USER, TAG_TRUST, SET_SOURCE)),
    ("SAML", "allowed", own(PROVIDER, BY_PROVIDER, SAML)),
    ("SAML by another provider", "implicitDeny", own(PROVIDER, trusts({"Federated": "q"}), SAML)),
    ("SAML by account", "implicitDeny", own(PROVIDER, trusts({"AWS": A}, "sts:*"), SAML)),
    ("SAML not given", "undetermined", own(PROVIDER, asked=SAML)),
    (
        "SAML and RCP",
        "explicitDeny",
        with_rcps(own(PROVIDER, BY_PROVIDER, SAML), deny("sts:*", Principal="*")),
    ),
    ("SAML and SCP", "allowed", with_scps(own(PROVIDER, BY_PROVIDER, SAML), (DENY_ALL,))),
    # SCPs (R-SCP-01 to -03, R-TYPE-01).
    ("SCP level empty", "implicitDeny", with_scps(own(USER, identity=ALL), (FULL,), ())),
    (
        "SCP on a service",
        "allowed",
        with_scps(own(SERVICE, FOR_ALL), (DENY_ALL,)),
    ),
    ("SCP on anonymous", "allowed", with_scps(own(ANONYMOUS, FOR_ALL), (DENY_ALL,))),
    (
        "SCP cross-account",
        "explicitDeny",
        with_scps(foreign(USER, FOR_ALL, identity=ALL), (FULL, DENY_ALL)),
    ),
    (
        "SCP on federated",
        "implicitDeny",
        with_scps(own(FEDERATED, BY_FEDERATED), (OTHER,)),
    ),
    (
        "SCP allow by ARN",
        "allowed",
        with_scps(own(USER, identity=ALL), (document(allow("s3:*", OBJECT)),)),
    ),
    (
        "SCP allow by other ARN",
        "implicitDeny",
        with_scps(own(USER, identity=ALL), (document(allow("s3:*", "arn:aws:s3:::c/*")),)),
    ),
    # RCPs (R-RCP-01 to -03).
    ("RCP on root", "explicitDeny", with_rcps(own(ROOT), RCP_ALL)),
    ("RCP on a service", "explicitDeny", with_rcps(own(SERVICE, FOR_ALL), RCP_ALL)),
    ("RCP on anonymous", "explicitDeny", with_rcps(own(ANONYMOUS, FOR_ALL), RCP_ALL)),
    ("RCP on linked role", "allowed", with_rcps(own(LINKED_ROLE, identity=ALL), RCP_ALL)),
    (
        "RCP on management account's resource",
        "allowed",
        with_rcps(replace(inbound(FOR_ALL), owner_is_management=True), RCP_ALL),
    ),
    ("RCP in management account", "allowed", with_rcps(own(MANAGEMENT_USER, FOR_ALL), RCP_ALL)),
    (
        "RCP, management user outside",
        "explicitDeny",
        with_rcps(foreign(MANAGEMENT_USER, FOR_ALL, identity=ALL), RCP_ALL),
    ),
    (
        "RCP without resource types",
        "allowed",
        with_rcps(replace(own(USER, identity=ALL), has_resource_types=False), RCP_ALL),
    ),
    (
        "RCP on AWS managed key",
        "allowed",
        with_rcps(
            own(USER, BY_USER, request("kms:Decrypt", f"arn:aws:kms:r:{A}:alias/aws/s3")),
            deny("kms:*", Principal="*"),
        ),
    ),
    (
        "RCP on a key",
        "explicitDeny",
        with_rcps(own(USER, BY_USER, DECRYPT), deny("kms:*", Principal="*")),
    ),
    (
        "RCP on RetireGrant",
        "allowed",
        with_rcps(
            own(USER, BY_USER, request("kms:RetireGrant", KEY)), deny("kms:*", Principal="*")
        ),
    ),
    ("RCP that does not match", "allowed", with_rcps(own(ROOT), deny("sqs:*", Principal="*"))),
    (
        "RCP on another service's linked role",
        "explicitDeny",
        with_rcps(
            own(
                replace(SERVICE, name="y.amazonaws.com"),
                trusts({"Service": "y.amazonaws.com"}),
                request("sts:AssumeRole", LINKED),
            ),
            RCP_STS,
        ),
    ),
    # Endpoints (R-VPCE-01).
    *(
        (
            f"endpoint limits {caller.kind}",
            "implicitDeny",
            replace(call, endpoint=grants("*", "x:*")),
        )
        for caller, call in (
            (c, own(c, FOR_ALL, identity=ALL))
            for c in (USER, ROLE, FEDERATED, ROOT, SERVICE, ANONYMOUS)
        )
    ),
    ("endpoint denies", "explicitDeny", replace(own(ROOT), endpoint=DENY_FOR_ALL)),
    ("endpoint without principal", "implicitDeny", replace(own(ROOT), endpoint=FULL)),
    # Root, AssumeRoot, anonymous, services (E.6).
    ("root ignores ID and PB", "allowed", own(ROOT, identity=(DENY_ALL,), boundary=DENY_ALL)),
    ("root under RBP deny", "explicitDeny", own(ROOT, DENY_FOR_ALL)),
    ("root's session policy is ignored", "allowed", own(ROOT, session=(DENY_ALL,))),
    ("task policy allows", "allowed", own(ASSUMED_ROOT, DENY_FOR_ALL, TASK, session=ALL)),
    ("task policy silent", "implicitDeny", own(ASSUMED_ROOT, asked=TASK, session=NOT_S3)),
    ("task policy not given", "undetermined", own(ASSUMED_ROOT, asked=TASK)),
    (
        "task policy not given, SCP denies",
        "explicitDeny",
        with_scps(own(ASSUMED_ROOT, asked=TASK), (DENY_ALL,)),
    ),
    ("anonymous by *", "allowed", own(ANONYMOUS, FOR_ALL)),
    ("anonymous by {AWS: *}", "allowed", own(ANONYMOUS, grants({"AWS": "*"}))),
    ("anonymous by account", "implicitDeny", own(ANONYMOUS, BY_ACCOUNT)),
    ("anonymous without RBP", "undetermined", own(ANONYMOUS)),
    (
        "anonymous GetCallerIdentity",
        "implicitDeny",
        own(ANONYMOUS, BY_ACCOUNT, request("sts:GetCallerIdentity", "*")),
    ),
    ("service without RBP", "undetermined", own(SERVICE)),
    (
        "service ignores PB and SESS",
        "allowed",
        own(SERVICE, FOR_ALL, boundary=DENY_ALL, session=(DENY_ALL,)),
    ),
    # NotPrincipal (B.4, R-TYPE-05, R-EXT-04).
    ("root listed", "allowed", own(ROOT, not_principal(A))),
    ("root not listed", "explicitDeny", own(ROOT, not_principal(USER_ARN))),
    ("anonymous never listed", "explicitDeny", own(ANONYMOUS, not_principal(A))),
    ("everyone listed", "allowed", own(USER, not_principal("*"), identity=ALL)),
    (
        "everyone listed, PB",
        "explicitDeny",
        own(USER, not_principal("*"), identity=ALL, boundary=FULL),
    ),
    (
        "federated listed with parents",
        "allowed",
        own(FEDERATED, not_principal(FEDERATED_ARN, USER_ARN, A), identity=ALL, session=ALL),
    ),
    (
        "federated listed without account",
        "explicitDeny",
        own(FEDERATED, not_principal(FEDERATED_ARN, USER_ARN), identity=ALL, session=ALL),
    ),
    (
        "service listed",
        "implicitDeny",
        own(
            SERVICE,
            document(
                {
                    "Effect": "Deny",
                    "Action": "*",
                    "Resource": "*",
                    "NotPrincipal": {"Service": "x.amazonaws.com"},
                }
            ),
        ),
    ),
    ("service not listed", "explicitDeny", own(SERVICE, not_principal(A))),
    ("allow to the unlisted", "allowed", own(USER, not_principal(ROLE_ARN, effect="Allow"))),
    ("allow not to the listed", "implicitDeny", own(USER, not_principal(A, effect="Allow"))),
    ("allow to anonymous", "allowed", own(ANONYMOUS, not_principal(A, effect="Allow"))),
    # Short ARNs (R-RES-05).
    ("short in ID", "allowed", own(USER, identity=(document(allow("*", SHORT)),))),
    (
        "short in PB",
        "allowed",
        own(USER, identity=ALL, boundary=document(allow("*", SHORT))),
    ),
    ("short in RBP", "implicitDeny", own(USER, grants("*", "*", SHORT))),
    ("short with * in RBP", "allowed", own(USER, grants("*", "*", SHORT_STAR))),
    (
        "short in SCP",
        "implicitDeny",
        with_scps(own(USER, identity=ALL), (document(allow("*", SHORT)),)),
    ),
    (
        "short NotResource in RBP",
        "allowed",
        own(
            USER,
            document({"Effect": "Allow", "Principal": "*", "Action": "*", "NotResource": SHORT}),
        ),
    ),
    (
        "RBP without Resource",
        "allowed",
        own(USER, document({"Effect": "Allow", "Principal": "*", "Action": "*"})),
    ),
    # What a rule must not catch.
    ("owner given for a service", "allowed", replace(own(SERVICE, FOR_ALL), owner=B)),
    ("owner given, the same", "allowed", replace(own(USER, identity=ALL), owner=A)),
    (
        "TagSession on a user",
        "allowed",
        own(USER, asked=request("sts:TagSession", USER_ARN), identity=ALL),
    ),
    ("a role's own call", "allowed", own(USER, asked=request("iam:GetRole", TARGET), identity=ALL)),
    ("chaining", "allowed", own(ROLE, trusts({"AWS": ROLE_ARN}), ASSUME)),
    (
        "source identity on a user",
        "allowed",
        own(ROLE, grants({"AWS": ROLE_ARN}), request("sts:SetSourceIdentity", USER_ARN)),
    ),
    (
        "no partition in the resource",
        "allowed",
        foreign(USER, FOR_ALL, request("x:List", "*"), identity=ALL),
    ),
    (
        "root of another account on a bucket policy",
        "explicitDeny",
        foreign(ROOT, DENY_FOR_ALL, request("s3:GetBucketPolicy", "arn:aws:s3:::b")),
    ),
    (
        "session of another user",
        "implicitDeny",
        own(FEDERATED, grants({"AWS": USER_ARN + "2"}), session=ALL),
    ),
    ("a user is no service", "implicitDeny", own(USER, grants({"Service": USER_ARN}))),
    ("a user is no provider", "implicitDeny", own(USER, grants({"Federated": USER_ARN}))),
    ("root has no PB", "allowed", own(ROOT, not_principal(A), boundary=FULL)),
    (
        "provider listed",
        "implicitDeny",
        own(
            PROVIDER,
            document(
                {"Effect": "Deny", "Action": "*", "NotPrincipal": {"Federated": PROVIDER_ARN}}
            ),
            SAML,
        ),
    ),
    ("NotPrincipal *", "allowed", own(ROOT, document(deny(NotPrincipal="*")))),
    ("NotPrincipal of no form", "explicitDeny", own(ROOT, document(deny(NotPrincipal="x")))),
    ("Principal of no form", "implicitDeny", own(USER, grants(USER_ARN))),
    (
        "NotResource in RBP",
        "implicitDeny",
        own(
            USER,
            document({"Effect": "Allow", "Principal": "*", "Action": "*", "NotResource": OBJECT}),
        ),
    ),
    (
        "RCP in management account, owner given",
        "allowed",
        with_rcps(replace(own(MANAGEMENT_USER, FOR_ALL), owner=A), RCP_ALL),
    ),
    (
        "RCP, a user assumes a linked role",
        "explicitDeny",
        with_rcps(own(USER, trusts({"AWS": USER_ARN}), request("sts:AssumeRole", LINKED)), RCP_STS),
    ),
    (
        "RCP, a service reads an object",
        "explicitDeny",
        with_rcps(own(SERVICE, FOR_ALL, request(resource=f"arn:aws:s3:::b/{LINKED}")), RCP_ALL),
    ),
    (
        "RCP, an object that looks like an AWS managed key",
        "explicitDeny",
        with_rcps(own(ROOT, asked=request(resource="arn:aws:s3:::b/:alias/aws/x")), RCP_ALL),
    ),
    # Errors (R-COND-42) and versions (R-GRAM-05).
    ("unreadable in root's PB", "allowed", own(ROOT, asked=ODD, boundary=UNREADABLE)),
    ("unreadable in RBP", "error", own(ROOT, UNREADABLE, ODD)),
    (
        "unreadable in a key policy that is not read",
        "allowed",
        own(
            ROOT,
            UNREADABLE,
            request("kms:ListKeys", "*", {"k": "abc"}),
        ),
    ),
    (
        "variable in RBP",
        "allowed",
        own(
            USER,
            grants("*", "*", "arn:aws:s3:::b/${aws:username}"),
            request(resource="arn:aws:s3:::b/u", context={"aws:username": "u"}),
        ),
    ),
    (
        "variable in RBP without Version",
        "implicitDeny",
        own(
            USER,
            document(
                allow("*", "arn:aws:s3:::b/${aws:username}", Principal="*"), version="2008-10-17"
            ),
            request(resource="arn:aws:s3:::b/u", context={"aws:username": "u"}),
        ),
    ),
    ("unreadable in ID", "error", own(USER, asked=ODD, identity=(UNREADABLE,))),
    ("unreadable in SCP", "error", with_scps(own(USER, asked=ODD), (UNREADABLE,))),
    (
        "unreadable in an SCP that does not apply",
        "allowed",
        with_scps(own(MANAGEMENT_USER, asked=ODD, identity=ALL), (UNREADABLE,)),
    ),
    (
        "SCP without Version",
        "allowed",
        with_scps(own(USER, identity=ALL), (document(allow(), version=None),)),
    ),
]


@pytest.mark.parametrize(("expected", "call"), [pytest.param(w, c, id=n) for n, w, c in RULES])
def test_rules(expected: str, call: OracleCall) -> None:
    assert decide_call(call) == expected
