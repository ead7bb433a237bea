"""Random policies in every layer, on keys from which much follows, and requests that they concern.

Conditions look at the time, the Region, tags, forwarding, the organization and the caller, and
stand in for one another as variables: that is where a request hangs on more than it seems to.
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple

import policy_eval as pe
from tests.property.neighbours import ACCOUNT, CALLERS, KNOWN, VALUES, Asked

Document = dict[str, object]

_TARGETS = (
    ("s3:GetObject", "arn:aws:s3:::b/k"),
    ("s3:ListBucket", "arn:aws:s3:::b"),
    ("s3:PutBucketPolicy", "arn:aws:s3:::b"),
    ("s3:ListAllMyBuckets", "*"),
    ("iam:ListUsers", None),
    ("iam:GetUser", f"arn:aws:iam::{ACCOUNT}:user/ann"),
    ("secretsmanager:CreateSecret", f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:x-AbCdEf"),
    ("secretsmanager:CreateSecret", None),
    ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:x"),
    ("secretsmanager:TagResource", f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:x"),
    ("kms:Decrypt", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/k"),
    ("kms:CreateAlias", f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/mine"),
    ("kms:RetireGrant", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/k"),
    ("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/Dev"),
    ("sts:SetSourceIdentity", f"arn:aws:iam::{ACCOUNT}:role/Dev"),
    ("sts:GetCallerIdentity", None),
    ("ec2:CreateTags", f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i-1"),
    ("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{ACCOUNT}:queue"),
    ("example:Do", f"arn:aws:example::{ACCOUNT}:thing/x"),
)
_RESOURCES = (
    "*", "*", "arn:aws:s3:::b/*", "arn:aws:s3:::*", "arn:aws:*:us-east-1:*:*", "arn:aws:*:*:*:*x",
    "arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::${aws:PrincipalTag/team}/*",
    "arn:aws:*:*:*:key/*",
    "arn:aws:secretsmanager:*:*:secret:x*", "arn:aws:*:${aws:RequestedRegion}:*:*",
    "arn:aws:*:*:${aws:ResourceAccount}:*", "arn:aws:s3:::b/${aws:EpochTime}",
)  # fmt: skip
_OPERATORS = (
    "StringEquals", "StringEquals", "StringLike", "StringNotEquals", "StringEqualsIfExists",
    "StringNotLikeIfExists", "ForAnyValue:StringEquals", "ForAllValues:StringLike", "Null", "Null",
)  # fmt: skip
_OWN_OPERATORS = {
    "aws:CurrentTime": ("DateLessThan", "DateGreaterThanEquals"),
    "aws:EpochTime": ("NumericLessThan", "DateGreaterThan"),
    "aws:MultiFactorAuthAge": ("NumericLessThan", "NumericGreaterThanIfExists"),
    "aws:SourceIp": ("IpAddress", "NotIpAddress"),
    "aws:PrincipalArn": ("ArnLike", "ArnNotLike"),
    "aws:ViaAWSService": ("Bool", "BoolIfExists"),
    "aws:SecureTransport": ("Bool",),
}
_NAMED: tuple[object, ...] = (
    "*", {"AWS": "*"}, {"AWS": ACCOUNT}, {"AWS": f"arn:aws:iam::{ACCOUNT}:role/app/Dev"},
    {"AWS": f"arn:aws:iam::{ACCOUNT}:user/ann"}, {"Service": "appflow.amazonaws.com"},
    {"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/Dev/one"}, {"AWS": "AROAEXAMPLE"},
)  # fmt: skip
_KEYS = (*VALUES, "aws:SecureTransport", "aws:ResourceOrgID", "aws:username", "example:text")

_TOGETHER = (
    ("aws:CurrentTime", "aws:EpochTime"),
    ("aws:RequestTag/env", "aws:TagKeys", "aws:ResourceTag/env"),
    ("aws:ResourceTag/env", "s3:ResourceTag/env", "secretsmanager:ResourceTag/env"),
    ("aws:CalledVia", "aws:CalledViaFirst", "aws:ViaAWSService"),
    ("aws:PrincipalOrgPaths", "aws:PrincipalOrgID", "aws:ResourceOrgID"),
    ("aws:MultiFactorAuthAge", "aws:MultiFactorAuthPresent"),
    ("aws:RequestedRegion",),
    ("aws:ResourceAccount", "aws:PrincipalAccount"),
    ("aws:SourceVpce", "aws:SourceIp", "aws:ViaAWSService"),
    ("aws:userid", "aws:PrincipalArn", "aws:username"),
    ("kms:RequestAlias", "kms:ResourceAliases"),
    ("secretsmanager:Name", "aws:RequestedRegion", "aws:CalledVia"),
    ("secretsmanager:KmsKeyArn", "sts:SourceIdentity"),
)
"""Keys of which some follow from others, or on which it hangs what a call is."""


class Tangle(NamedTuple):
    """Policies, and a request to begin with."""

    policies: pe.PolicySet
    asked: Asked


def tangle(random: Random) -> Tangle:
    """Return random policies and a request of an action that they are about."""
    action, resource = random.choice(_TARGETS)
    together = random.choice(_TOGETHER)
    keys = [*together, "example:text", *random.sample(_KEYS, random.choice((0, 0, 1)))]
    asked = Asked(action, resource, random.choice(CALLERS) if random.random() < 0.3 else KNOWN)
    for key in keys:
        if key == random.choice(together) or random.random() < 0.4:
            asked = asked.holding(key, random.choice(VALUES.get(key, (("x",), None))))
    while True:
        try:
            return Tangle(_policies(random, asked, keys), asked)
        except pe.PolicyError:
            continue


def _policies(random: Random, asked: Asked, keys: list[str]) -> pe.PolicySet:
    action, resource = asked.action, asked.resource or "*"

    def document(*, named: bool = False) -> Document:
        statements = [
            _statement(random, action, keys, named=named) for _ in range(random.randint(1, 4))
        ]
        return {"Version": "2012-10-17", "Statement": statements}

    def sometimes(*, named: bool = False) -> Document | None:
        return document(named=named) if random.random() < 0.1 else None

    of_resource, session = random.choice((None, None, document(named=True))), sometimes()
    by_arn = of_resource is not None and resource != "*" and random.random() < 0.3
    holder = resource.removesuffix("/k")  # an object's bucket
    return pe.PolicySet(
        [document() for _ in range(random.choice((1, 1, 2)))],
        boundary=sometimes(),
        session=() if session is None else (session,),
        resource=None if by_arn else of_resource,
        resources={holder: of_resource} if by_arn and of_resource is not None else None,
        scps=[[document()], [_FULL]] if random.random() < 0.1 else (),
        rcps=[[_denying(random, action, keys)]] if random.random() < 0.1 else (),
        endpoint=sometimes(named=True),
    )


_FULL: Document = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"},
}


def _denying(random: Random, action: str, keys: list[str]) -> Document:
    statement = _statement(random, action, keys, named=False)
    statement |= {"Effect": "Deny", "Principal": "*"}
    return {"Version": "2012-10-17", "Statement": statement}


def _statement(random: Random, action: str, keys: list[str], *, named: bool) -> Document:
    statement: Document = {
        "Effect": random.choice(("Allow", "Allow", "Deny")),
        "Action": random.choice(("*", action, f"{action.partition(':')[0]}:*")),
        "Resource": random.choice(_RESOURCES),
    }
    block: dict[str, dict[str, object]] = {}
    for key in random.sample(keys, random.randint(0, len(keys))):
        operator = random.choice((*_OPERATORS, *_OWN_OPERATORS.get(key, ()) * 4))
        block.setdefault(operator, {})[key] = _wanted(random, operator, key, keys)
    if block:
        statement["Condition"] = block
    if named:
        statement["Principal"] = random.choice(_NAMED)
    return statement


def _wanted(random: Random, operator: str, key: str, keys: list[str]) -> object:
    if operator == "Null":
        return random.choice(("true", "false"))
    if (
        operator.startswith(("Bool", "Ip", "NotIp", "Date", "Numeric", "Arn"))
        or random.random() < 0.7
    ):
        values = random.choice(VALUES.get(key, (("x",), ("true",)))) or ("a",)
        return list(values)
    return "${" + random.choice(keys) + random.choice(("", ", 'dev'")) + "}"
