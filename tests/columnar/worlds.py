"""Generated policies and tables of requests in which many rows are nearly alike.

Each row picks its action, resource, caller and values from a few that the policies tell apart.
Nothing here knows what is decided.
"""

from __future__ import annotations

from random import Random

import policy_eval as pe
from tests.property.neighbours import ACCOUNT, Asked, Held

_OTHER = "444455556666"
_SECRETS = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret"
ACTIONS = (
    "s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:getobject",
    "secretsmanager:GetSecretValue", "secretsmanager:CreateSecret",
    "secretsmanager:PutResourcePolicy", "secretsmanager:TagResource",
    "sqs:SendMessage", "kms:Decrypt", "iam:ListUsers", "ec2:RunInstances", "sts:AssumeRole",
    "elasticloadbalancing:CreateRule",
)  # fmt: skip
RESOURCES: tuple[str | None, ...] = (
    "arn:aws:s3:::logs/a", "arn:aws:s3:::logs/b", "arn:aws:s3:::logs/ann/x",
    "arn:aws:s3:::logs/red/x", "arn:aws:s3:::data/a", "arn:aws:s3:::logs", "arn:aws:s3:::LOGS/a",
    f"{_SECRETS}:appflow!sales-AbCdEf", f"{_SECRETS}:plain-AbCdEf",
    f"{_SECRETS}:appflow!sales", f"{_SECRETS.replace('us-east-1', 'eu-west-1')}:plain-AbCdEf",
    f"arn:aws:sqs:us-east-1:{ACCOUNT}:queue", f"arn:aws:sqs:eu-west-1:{ACCOUNT}:queue",
    f"arn:aws:sqs:us-east-1:{_OTHER}:queue", f"arn:aws:sqs:us-east-1:{ACCOUNT}:other",
    f"arn:aws:kms:us-east-1:{ACCOUNT}:key/one", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/two",
    f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/aws/s3", f"arn:aws:iam::{ACCOUNT}:role/Dev",
    f"arn:aws:iam::{ACCOUNT}:role/Ops", f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i-1",
    f"arn:aws:elasticloadbalancing:us-east-1:{ACCOUNT}:listener-rule/app/a/b/c/d",
    "*", None, "no-arn", "arn:aws-cn:s3:::logs/a",
)  # fmt: skip
PATTERNS = (
    "*", "arn:aws:s3:::logs/*", "arn:aws:s3:::*/a", "arn:aws:s3:::logs", "arn:aws:s3:::l?gs/?",
    "arn:aws:s3:::logs/${aws:username}/*", "arn:aws:s3:::logs/${aws:PrincipalTag/team}/*",
    "arn:aws:s3:::logs/${s3:prefix, 'ann'}/*",
    f"{_SECRETS}:appflow!*", "arn:aws:secretsmanager:*:*:secret:appflow!sales-??????",
    "arn:aws:secretsmanager:*:*:secret:plain*", f"arn:aws:sqs:us-*:{ACCOUNT}:queue",
    "arn:aws:*:us-*-1:*:*", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/one",
    "arn:aws:kms:*:*:alias/*", f"arn:aws:iam::{ACCOUNT}:role/${{aws:username}}", "arn:aws:ec2:*",
    "arn:aws:*:*:*:*:*", "arn:*:*:*:*:*a*",
)  # fmt: skip
PRINCIPALS: tuple[str | None, ...] = (
    f"arn:aws:iam::{ACCOUNT}:user/ann", f"arn:aws:iam::{ACCOUNT}:user/bob",
    f"arn:aws:iam::{ACCOUNT}:user/red", f"arn:aws:iam::{_OTHER}:user/ann",
    f"arn:aws:iam::{ACCOUNT}:role/Dev", f"arn:aws:iam::{ACCOUNT}:role/path/Dev",
    f"arn:aws:iam::{ACCOUNT}:role/Ops",
    f"arn:aws:sts::{ACCOUNT}:assumed-role/Dev/one", f"arn:aws:sts::{ACCOUNT}:assumed-role/Dev/two",
    f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX",
    f"arn:aws:iam::{ACCOUNT}:root", "appflow.amazonaws.com", "anonymous", "nobody?", None,
)  # fmt: skip
NAMED: tuple[object, ...] = (
    "*", {"AWS": "*"}, {"AWS": ACCOUNT}, {"AWS": f"arn:aws:iam::{ACCOUNT}:user/ann"},
    {"AWS": f"arn:aws:iam::{ACCOUNT}:role/Dev"},
    {"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/Dev/one"},
    {"AWS": [f"arn:aws:iam::{_OTHER}:root", f"arn:aws:iam::{ACCOUNT}:user/bob"]},
    {"Service": "appflow.amazonaws.com"},
)  # fmt: skip
CONDITIONS: tuple[tuple[str, str, object], ...] = (
    ("ForAnyValue:StringEquals", "aws:CalledVia", "appflow.amazonaws.com"),
    ("ForAllValues:StringNotEquals", "aws:CalledVia", "appflow.amazonaws.com"),
    ("StringEquals", "aws:CalledViaLast", "appflow.amazonaws.com"),
    ("Bool", "aws:ViaAWSService", "true"),
    ("IpAddress", "aws:SourceIp", ["192.0.2.0/24", "2001:db8::/32"]),
    ("NotIpAddress", "aws:SourceIp", "192.0.2.0/25"),
    ("Bool", "aws:SecureTransport", "false"),
    ("BoolIfExists", "aws:MultiFactorAuthPresent", "true"),
    ("StringEquals", "aws:RequestedRegion", ["us-east-1"]),
    ("StringNotEqualsIfExists", "aws:RequestedRegion", ["us-east-1"]),
    ("StringLike", "secretsmanager:Name", "appflow!*"),
    ("StringEquals", "aws:ResourceTag/team", "${aws:PrincipalTag/team}"),
    ("StringEquals", "aws:ResourceTag/team", "red"),
    ("StringEqualsIgnoreCase", "s3:ResourceTag/team", "RED"),
    ("StringEquals", "aws:RequestTag/team", ["red", "${aws:username}"]),
    ("ForAllValues:StringEquals", "aws:TagKeys", ["team", "cost"]),
    ("ForAnyValue:StringLike", "aws:TagKeys", "*o*"),
    ("Null", "aws:TagKeys", "true"),
    ("Null", "aws:RequestTag/team", "false"),
    ("DateLessThan", "aws:CurrentTime", "2026-01-01T00:00:00Z"),
    ("NumericGreaterThan", "aws:EpochTime", "1767225600"),
    ("NumericLessThanEquals", "s3:max-keys", "10"),
    ("StringLike", "s3:prefix", ["${aws:username}/*", "a*"]),
    ("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{ACCOUNT}:role/*"),
    ("ArnNotEquals", "aws:PrincipalArn", f"arn:aws:iam::{ACCOUNT}:role/Dev"),
    ("StringLike", "aws:userid", "*:one"),
    ("StringEquals", "aws:PrincipalType", "User"),
    ("StringEquals", "aws:username", ["ann", "bob"]),
    ("StringEquals", "aws:PrincipalAccount", ACCOUNT),
    ("StringEquals", "aws:ResourceAccount", "${aws:PrincipalAccount}"),
    ("StringNotEquals", "aws:SourceVpce", "vpce-1"),
    ("StringEquals", "s3:ExistingObjectTag/team", "red"),
)  # fmt: skip
VALUES: dict[str, tuple[Held, ...]] = {
    "aws:CalledVia": (
        ("appflow.amazonaws.com",), ("a.amazonaws.com", "appflow.amazonaws.com"), None,
    ),
    "aws:ViaAWSService": (("true",), ("false",)),
    "aws:SourceIp": (
        ("192.0.2.1",), ("192.0.2.200",), ("2001:db8::1",), ("198.51.100.1",), ("nowhere",),
    ),
    "aws:SecureTransport": (("true",), ("false",), ("TRUE",)),
    "aws:MultiFactorAuthPresent": (("true",), ("false",), None),
    "aws:RequestedRegion": (("us-east-1",), ("eu-west-1",)),
    "secretsmanager:Name": (("appflow!sales",), ("plain",)),
    "aws:PrincipalTag/team": (("red",), ("blue",), ("ann",)),
    "aws:ResourceTag/team": (("red",), ("blue",), ("",), ("Red",)),
    "aws:RequestTag/team": (("red",), ("blue",), ("ann",)),
    "aws:TagKeys": (("team",), ("team", "other"), ("cost",), None),
    "aws:CurrentTime": (("2025-06-01T00:00:00Z",), ("2026-06-01T00:00:00Z",), ("1767225600",)),
    "aws:EpochTime": (("1767225600",), ("1767225601",)),
    "s3:max-keys": (("5",), ("10",), ("11",), ("many",)),
    "s3:prefix": (("ann/x",), ("a",), ("bob/y",), ("",)),
    "aws:PrincipalArn": (
        (f"arn:aws:iam::{ACCOUNT}:role/Dev",), (f"arn:aws:iam::{ACCOUNT}:role/path/Dev",),
        (f"arn:aws:iam::{ACCOUNT}:user/ann",),
    ),
    "aws:userid": (("AROAEXAMPLE:one",), ("AIDAEXAMPLE",)),
    "aws:PrincipalAccount": ((ACCOUNT,), (_OTHER,)),
    "aws:SourceVpce": (("vpce-1",), ("vpce-2",)),
    "aws:UserAgent": (("me",), ("you",)),
    "secretsmanager:KmsKeyArn": ((f"arn:aws:kms:us-east-1:{ACCOUNT}:key/one",),),
    "s3:ResourceTag/team": (("red",), ("blue",)),
    "s3:ExistingObjectTag/team": (("red",),),
}  # fmt: skip


def _statement(random: Random, *, names: bool) -> dict[str, object]:
    services = ("s3:*", "s3:Get*", "secretsmanager:*", "*", "iam:*", "sqs:*", "kms:*", "sts:*")
    actions = random.sample(ACTIONS + services, random.randint(1, 3))
    statement: dict[str, object] = {
        "Effect": random.choice(("Allow", "Allow", "Deny")),
        random.choice(("Action", "Action", "Action", "NotAction")): actions,
        random.choice(("Resource", "Resource", "Resource", "NotResource")): random.sample(
            PATTERNS, random.choice((1, 1, 2, 3))
        ),
    }
    if names:
        statement["Principal"] = random.choice(NAMED)
    conditions: dict[str, dict[str, object]] = {}
    for operator, key, value in random.sample(CONDITIONS, random.choice((0, 0, 1, 1, 2))):
        conditions.setdefault(operator, {})[key] = value
    if conditions:
        statement["Condition"] = conditions
    return statement


def _policy(random: Random, *, names: bool = False) -> dict[str, object]:
    statements = [_statement(random, names=names) for _ in range(random.randint(1, 4))]
    return {"Version": "2012-10-17", "Statement": statements}


_FULL: dict[str, object] = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"},
}


def policies_of(random: Random) -> pe.PolicySet:
    """Return generated policies of some layers."""

    def some(chance: float) -> bool:
        return random.random() < chance

    resource = _policy(random, names=True) if some(0.3) else None
    levels: list[list[dict[str, object]]] = []
    if some(0.3):
        levels = [[_FULL, _policy(random)], [_FULL]]
    named = {"arn:aws:s3:::logs": _policy(random, names=True)} if some(0.2) else {}
    return pe.PolicySet(
        [_FULL] * some(0.3) + [_policy(random) for _ in range(random.randint(1, 3))],
        boundary=random.choice((_FULL, _policy(random))) if some(0.1) else None,
        resource=resource,
        resources=named,
        scps=levels,
    )


def rows_of(random: Random, count: int) -> list[Asked]:
    """Return some requests, and such as differ from one of them in one thing."""
    rows: list[Asked] = []
    while len(rows) < count:
        asked = _row(random)
        rows += [asked, *_varied(asked, random)]
    return rows[:count]


def _row(random: Random) -> Asked:
    keys = random.sample([*VALUES], random.randint(0, 4))
    context = tuple((key, random.choice(VALUES[key])) for key in keys)
    return Asked(
        random.choice(ACTIONS), random.choice(RESOURCES), random.choice(PRINCIPALS), context
    )


def _varied(asked: Asked, random: Random) -> list[Asked]:
    """Return what differs from a request in one thing: all that this thing may be."""
    service = asked.action.partition(":")[0]
    near = [each for each in RESOURCES if each is None or f":{service}:" in each]
    return random.choice(
        (
            [asked._replace(resource=each) for each in near],
            [asked._replace(principal=each) for each in PRINCIPALS],
            [asked._replace(action=each) for each in ACTIONS if each.startswith(service)],
            [asked.holding(key, each) for key, _ in asked.context for each in VALUES[key]],
        )
    )
