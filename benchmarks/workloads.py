"""The workloads that engines are measured on, the same for all of them: seeded, as plain data."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from random import Random
from typing import NamedTuple

from benchmarks.timing import ROOT, data_folder
from policy_eval.semantics.service_reference import service_action, service_actions

Document = dict[str, object]

ACCOUNT = "111122223333"
CALLER = f"arn:aws:iam::{ACCOUNT}:role/Dev"
_REGIONS = ("us-east-1", "eu-west-1", "ap-southeast-2")
_MANAGED = (
    "AmazonAppFlowFullAccess", "ReadOnlyAccess", "PowerUserAccess", "SecurityAudit",
    "ViewOnlyAccess", "SecretsManagerReadWrite", "AmazonS3ReadOnlyAccess", "AmazonSQSFullAccess",
    "AmazonDynamoDBFullAccess", "CloudWatchLogsFullAccess",
)  # fmt: skip
_FULL: Document = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"},
}
_BOUNDARY: Document = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "NotAction": ["iam:*", "organizations:*"], "Resource": "*"},
        {"Effect": "Allow", "Action": ["iam:Get*", "iam:List*"], "Resource": "*"},
    ],
}
_FENCE: Document = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "RegionsInUse",
            "Effect": "Deny",
            "NotAction": ["iam:*", "sts:*", "organizations:*", "support:*"],
            "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["us-east-1", "eu-west-1"]}},
        },
        {
            "Sid": "SecretsThroughAppFlowOnly",
            "Effect": "Deny",
            "Action": "secretsmanager:*",
            "Resource": "arn:aws:secretsmanager:*:*:secret:appflow!*",
            "Condition": {
                "ForAllValues:StringNotEquals": {"aws:CalledVia": "appflow.amazonaws.com"}
            },
        },
        {
            "Sid": "NoPlainTransport",
            "Effect": "Deny",
            "Action": "s3:*",
            "Resource": "*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    ],
}
_SCPS = [[_FULL], [_FULL, _FENCE]]


class Call(NamedTuple):
    """One request, as plain data."""

    action: str
    resource: str
    context: Mapping[str, str | list[str]]


class Workload(NamedTuple):
    """Policies by layer, who calls, and what is asked."""

    name: str
    identity: list[Document]
    boundary: Document | None
    scps: list[list[Document]]
    calls: list[Call]


class Combination(NamedTuple):
    """What some principals share: managed policies (their numbers), and whether a boundary."""

    policies: tuple[int, ...]
    is_bounded: bool


class Member(NamedTuple):
    """A principal of an organization: its ARN, its tags as condition keys, its combination."""

    arn: str
    tags: Mapping[str, str]
    combination: int


class Matrix(NamedTuple):
    """Who may do what: each member makes each call, by the policies of its combination.

    `documents` are the managed policies, `scps` and `boundary` those of W2.
    """

    documents: list[Document]
    boundary: Document
    scps: list[list[Document]]
    combinations: list[Combination]
    members: list[Member]
    calls: list[Call]


def one() -> Workload:
    """W1: the two statements of AppFlow's documentation, one request."""
    text = (ROOT / "fixtures" / "appflow" / "appflow-doc.json").read_text("utf-8")
    block: Document = {"Version": "2012-10-17", "Statement": json.loads(f"[{text}]")}
    name = "appflow!sales"
    call = Call(
        "secretsmanager:CreateSecret",
        f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:{name}-AbCdEf",
        {"secretsmanager:Name": name, "aws:CalledVia": ["appflow.amazonaws.com"]},
    )
    return Workload("W1", [block], None, [], [call])


def many_policies(count: int = 1_000) -> Workload | None:
    """W2: a caller with ten managed policies, a boundary, two SCP levels; varied requests.

    None where the data folder with the managed policies is missing.
    """
    documents = _managed()
    if documents is None:
        return None
    return Workload("W2", documents, _BOUNDARY, _SCPS, _varied(count))


def access_matrix(members: int = 1_000, actions: int = 200) -> Matrix | None:
    """W3: many principals that share 50 combinations of W2's policies, and a call of each action.

    None where the data folder with the managed policies is missing.
    """
    documents = _managed()
    if documents is None:
        return None
    random = Random(20_261_126)
    names = random.sample(_actions(random, 22), actions)
    return Matrix(
        documents,
        _BOUNDARY,
        _SCPS,
        _combinations(random),
        [_member(random, number) for number in range(members)],
        [_call(random, action) for action in names],
    )


_COMBINATIONS = 50
_JOBS = ("deploy", "report", "ingest", "audit", "support")
_TEAMS = ("orders", "billing", "search", "platform")


def _combinations(random: Random) -> list[Combination]:
    found: dict[Combination, None] = {}
    while len(found) < _COMBINATIONS:
        chosen = random.sample(range(len(_MANAGED)), random.randint(2, 5))
        found[Combination(tuple(sorted(chosen)), random.random() < 0.5)] = None
    return [*found]


def _member(random: Random, number: int) -> Member:
    """Return a principal: two of three are roles, one of three has tags."""
    kind = "role" if random.random() < 2 / 3 else "user"
    name = f"{random.choice(_TEAMS)}-{random.choice(_JOBS)}-{number}"
    tags = {"aws:PrincipalTag/team": random.choice(_TEAMS)} if random.random() < 1 / 3 else {}
    popularity = [1 / (rank + 2) for rank in range(_COMBINATIONS)]  # few have most members
    combination = random.choices(range(_COMBINATIONS), popularity)[0]
    return Member(f"arn:aws:iam::{ACCOUNT}:{kind}/{name}", tags, combination)


def _managed() -> list[Document] | None:
    folder = data_folder()
    if folder is None:
        return None
    path = folder / "aws_managed_policies" / "latest.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        found = {row["name"]: row["document"] for row in map(json.loads, file)}
    return [found[name] for name in _MANAGED]


_RESOURCES = {
    "secretsmanager": "arn:aws:secretsmanager:{region}:{account}:secret:{name}-AbCdEf",
    "s3": "arn:aws:s3:::{name}/{number}.csv",
    "sqs": "arn:aws:sqs:{region}:{account}:{name}",
    "dynamodb": "arn:aws:dynamodb:{region}:{account}:table/{name}",
    "appflow": "arn:aws:appflow:{region}:{account}:flow/{name}",
    "iam": "arn:aws:iam::{account}:role/{name}",
    "logs": "arn:aws:logs:{region}:{account}:log-group:{name}:log-stream:{number}",
    "ec2": "arn:aws:ec2:{region}:{account}:instance/i-{number}",
    "lambda": "arn:aws:lambda:{region}:{account}:function:{name}",
    "sns": "arn:aws:sns:{region}:{account}:{name}",
}
_NAMES = ("appflow!sales", "reports", "prod-orders", "dev-orders", "team-a", "cloudtrail-logs")


def _varied(count: int) -> list[Call]:
    random = Random(20_261_124)
    actions = _actions(random, 12)
    return [_call(random, random.choice(actions)) for _ in range(count)]


def _actions(random: Random, most: int) -> list[str]:
    """Return actions on resources, at most so many of each service."""
    pool = {
        service: [
            action
            for action in service_actions(service)
            if (listed := service_action(service, action)) is not None and listed.resource_types
        ]
        for service in _RESOURCES
    }
    return [
        f"{service}:{action}"
        for service, names in pool.items()
        for action in random.sample(names, min(most, len(names)))
    ]


def _call(random: Random, action: str) -> Call:
    service = action.partition(":")[0]
    region = random.choice(_REGIONS)
    resource = _RESOURCES[service].format(
        region=region, account=ACCOUNT, name=random.choice(_NAMES), number=random.randrange(400)
    )
    context: dict[str, str | list[str]] = {
        "aws:RequestedRegion": region,
        "aws:SourceIp": f"203.0.113.{random.randrange(200)}",
        "aws:SecureTransport": "true",
    }
    if random.random() < 0.3:
        context["aws:CalledVia"] = ["appflow.amazonaws.com"]
    return Call(action, resource, context)


def spread(count: int, *, on_one_action: bool) -> Workload:
    """W6: so many statements, each on a bucket of its own; 1,000 requests."""
    services = ("s3", "ec2", "sqs", "sns", "lambda", "dynamodb", "logs", "appflow")
    actions = [f"{service}:{name}" for service in services for name in service_actions(service)]
    wanted = ["s3:GetObject"] if on_one_action else actions
    statements = [
        {
            "Effect": "Allow",
            "Action": wanted[number % len(wanted)],
            "Resource": f"arn:aws:s3:::bucket{number}/*",
        }
        for number in range(count)
    ]
    documents: list[Document] = [
        {"Version": "2012-10-17", "Statement": statements[start : start + 1_000]}
        for start in range(0, count, 1_000)
    ]
    calls = [
        Call(wanted[number % min(count, len(wanted))], f"arn:aws:s3:::bucket{number % count}/x", {})
        for number in range(1_000)
    ]
    return Workload("W6", documents, None, [], calls)
