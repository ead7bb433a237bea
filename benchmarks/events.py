"""W4 and W5: a million events as columns, seeded, and two sets of policies to decide them by.

W4 has 5,000 resources, W5 a resource of its own in every row; else they are the same. The columns
are `id`, `action`, `resource`, `principal`, and condition keys by their names; null is a key that
the request does not carry. The resource is always in the principal's account.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from benchmarks.timing import ROOT
from benchmarks.workloads import Document
from policy_eval import PolicySet, Request
from policy_eval.semantics.service_reference import service_action, service_actions

EVENTS = 1_000_000
_SEED = 20_261_125
_ROWS_OF_A_GROUP = 122_880  # DuckDB's own choice: its threads share the file out by row groups
_ACCOUNTS = ("111122223333", "444455556666", "777788889999")
_REGIONS = ("us-east-1", "eu-west-1", "eu-central-1", "eu-west-2", "ap-southeast-2")
_TEAMS = ("platform", "data", "orders", "billing", "web-platform", None)
_APPFLOW = "appflow.amazonaws.com"

Codes: TypeAlias = NDArray[np.int64]


# What there is to ask about


class Kind(NamedTuple):
    """Resources of one type: the service, the type, and the ARN around six hexadecimal digits."""

    service: str
    type: str
    head: str
    tail: str = ""


_REGIONAL = "{region}:{account}"
_KINDS = (
    Kind("s3", "object", "arn:aws:s3:::{bucket}/{folder}/part-", ".csv"),
    Kind("s3", "bucket", "arn:aws:s3:::{bucket}-"),
    Kind("dynamodb", "table", f"arn:aws:dynamodb:{_REGIONAL}:table/{{name}}-"),
    Kind("lambda", "function", f"arn:aws:lambda:{_REGIONAL}:function:{{name}}-"),
    Kind("logs", "log-group", f"arn:aws:logs:{_REGIONAL}:log-group:/aws/{{name}}-"),
    Kind("sqs", "queue", f"arn:aws:sqs:{_REGIONAL}:{{name}}-"),
    Kind("sns", "topic", f"arn:aws:sns:{_REGIONAL}:{{name}}-"),
    Kind("ec2", "instance", f"arn:aws:ec2:{_REGIONAL}:instance/i-"),
    Kind("iam", "user", "arn:aws:iam::{account}:user/{name}-"),
    Kind("kinesis", "stream", f"arn:aws:kinesis:{_REGIONAL}:stream/{{name}}-"),
    Kind("states", "statemachine", f"arn:aws:states:{_REGIONAL}:stateMachine:{{name}}-"),
    Kind("events", "rule-on-default-event-bus", f"arn:aws:events:{_REGIONAL}:rule/{{name}}-"),
    Kind("glue", "database", f"arn:aws:glue:{_REGIONAL}:database/{{name}}-"),
    Kind("athena", "workgroup", f"arn:aws:athena:{_REGIONAL}:workgroup/{{name}}-"),
    Kind("ssm", "parameter", f"arn:aws:ssm:{_REGIONAL}:parameter/{{name}}/key-"),
    Kind("ecr", "repository", f"arn:aws:ecr:{_REGIONAL}:repository/{{name}}-"),
    Kind("ecs", "service", f"arn:aws:ecs:{_REGIONAL}:service/{{name}}/web-"),
    Kind("rds", "db", f"arn:aws:rds:{_REGIONAL}:db:{{name}}-"),
    Kind("cloudwatch", "alarm", f"arn:aws:cloudwatch:{_REGIONAL}:alarm:{{name}}-"),
    Kind("appflow", "flow", f"arn:aws:appflow:{_REGIONAL}:flow/{{name}}-"),
    Kind("secretsmanager", "Secret", f"arn:aws:secretsmanager:{_REGIONAL}:secret:{{name}}-"),
    Kind(
        "secretsmanager", "managed", f"arn:aws:secretsmanager:{_REGIONAL}:secret:appflow!{{name}}-"
    ),
)
_MANAGED = len(_KINDS) - 1
_SIZES = {"object": 800, "bucket": 40, "managed": 20}
_USUAL_SIZE = 40
_BUCKETS = ("data-lake", "data-raw", "reports-eu", "reports-us", "scratch-1", "archive")
_ENVIRONMENTS = ("prod", "prod", "prod", "test", "dev")
_WORDS = ("orders", "billing", "search", "users", "stream")
_POPULAR = (
    "s3:GetObject", "dynamodb:GetItem", "s3:ListBucket", "sqs:SendMessage", "s3:PutObject",
    "lambda:InvokeFunction", "logs:FilterLogEvents", "dynamodb:PutItem", "sns:Publish",
    "ssm:GetParameter", "sqs:ReceiveMessage", "secretsmanager:GetSecretValue", "s3:DeleteObject",
    "kinesis:PutRecord", "iam:GetUser", "ec2:StartInstances", "s3:getobject", "SQS:SendMessage",
    "appflow:RunFlow", "secretsmanager:CreateSecret", "glue:GetDatabase", "ecs:UpdateService",
)  # fmt: skip
_APPFLOW_ACTIONS = ("secretsmanager:CreateSecret", "secretsmanager:PutResourcePolicy")
_ACTIONS_OF_A_KIND = 15


class _Actions(NamedTuple):
    """The actions that are asked about, most frequent first, and the kind of their resources."""

    names: list[str]
    kinds: Codes

    def having(self, *names: str) -> Codes:
        """Return the codes of names, in whatever case they are written."""
        wanted = {name.lower() for name in names}
        return np.array([code for code, name in enumerate(self.names) if name.lower() in wanted])


def _actions() -> _Actions:
    random = Random(_SEED)
    found: list[str] = []
    for kind in _KINDS[:_MANAGED]:
        pool = [f"{kind.service}:{name}" for name in service_actions(kind.service)]
        pool = [action for action in pool if _kind_of(action) is kind]
        found += random.sample(pool, min(_ACTIONS_OF_A_KIND, len(pool)))
    random.shuffle(found)
    names = [*dict.fromkeys((*_POPULAR, *_APPFLOW_ACTIONS, *found))]
    return _Actions(names, np.array([_KINDS.index(_needed(name)) for name in names]))


def _needed(action: str) -> Kind:
    kind = _kind_of(action)
    assert kind is not None
    return kind


def _kind_of(action: str) -> Kind | None:
    """Return the kind of resource of an action: the first of its service that it can name."""
    service, _, name = action.lower().partition(":")
    listed = service_action(service, name)
    types = () if listed is None else listed.resource_types
    return next((each for each in _KINDS if each.service == service and each.type in types), None)


class _Resources(NamedTuple):
    """All resources by kind and account: `starts` and `sizes` have a row each."""

    heads: list[str]
    tails: list[str]
    regions: list[str]
    environments: list[str | None]
    starts: Codes
    sizes: Codes


def _resources() -> _Resources:
    random = Random(_SEED)
    heads, tails, regions, sizes = [], [], [], []
    for kind in _KINDS:
        for account in _ACCOUNTS:
            size = _SIZES.get(kind.type, _USUAL_SIZE)
            sizes.append(size)
            for _ in range(size):
                region = "us-east-1" if kind.service == "iam" else _some(random, _REGIONS)
                heads.append(_head(random, kind, region, account))
                tails.append(kind.tail)
                regions.append(region)
    environments = [_environment(random, head) for head in heads]
    starts = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    shape = (len(_KINDS), len(_ACCOUNTS))
    return _Resources(
        heads, tails, regions, environments, starts.reshape(shape), np.array(sizes).reshape(shape)
    )


def _some(random: Random, values: tuple[str, ...]) -> str:
    """Return one of the values; the first ones more often."""
    return values[int(len(values) * random.random() ** 1.5)]


def _head(random: Random, kind: Kind, region: str, account: str) -> str:
    folder = _some(random, tuple(team for team in _TEAMS if team)) + random.choice(("", "/2026"))
    return kind.head.format(
        region=region,
        account=account,
        bucket=_some(random, _BUCKETS),
        folder=folder,
        name=f"{random.choice(_ENVIRONMENTS)}-{random.choice(_WORDS)}",
    )


def _environment(random: Random, head: str) -> str | None:
    """Return the tag `env` of a resource: mostly as its name says, and not always there."""
    if "appflow!" in head or random.random() < 0.25:
        return None
    return next((each for each in _ENVIRONMENTS if each in head), random.choice(_ENVIRONMENTS))


class _Principals(NamedTuple):
    """Who calls: the ARN, the number of the account, the tag `team`, and whether it is a user."""

    arns: list[str]
    accounts: Codes
    teams: list[str | None]
    are_users: NDArray[np.bool_]


def _principals(count: int = 200) -> _Principals:
    random = Random(_SEED)
    forms = ("role/deploy-{}", "role/ci/build-{}", "role/app-{}", "user/people/person-{}")
    accounts = [int(3 * random.random() ** 2) for _ in range(count)]
    kinds = [random.choice(forms) for _ in range(count)]
    arns = [
        f"arn:aws:iam::{_ACCOUNTS[account]}:{kind.format(number)}"
        for number, (account, kind) in enumerate(zip(accounts, kinds, strict=True))
    ]
    teams = [_TEAMS[int(len(_TEAMS) * random.random() ** 1.5)] for _ in range(count)]
    return _Principals(
        arns, np.array(accounts), teams, np.array([kind.startswith("user") for kind in kinds])
    )


_NETWORKS = (
    ("10.{}.{}.{}", 30), ("203.0.113.{}", 20), ("198.51.100.{}", 10), ("172.20.{}.{}", 8),
    ("172.48.{}.{}", 4), ("192.168.{}.{}", 8), ("2001:db8:1::{}", 4), ("2001:db8:2::{}", 2),
    ("52.{}.{}.{}", 5),
)  # fmt: skip


def _addresses(count: int = 2_000) -> list[str]:
    random = Random(_SEED)
    forms, weights = zip(*_NETWORKS, strict=True)
    return [
        form.format(*(random.randrange(1, 255) for _ in range(form.count("{}"))))
        for form in random.choices(forms, weights, k=count)
    ]


def _times(count: int = 4_000) -> list[str]:
    first = np.datetime64("2025-11-01T00:00:00")
    apart = np.timedelta64(2 * 60 * 60 + 11, "s")
    return [f"{first + apart * number}Z" for number in range(count)]


# Drawing the events


class _Drawn(NamedTuple):
    """A code for each event and what it is made of, and which events are AppFlow's."""

    actions: _Actions
    resources: _Resources
    principals: _Principals
    action: Codes
    resource: Codes
    principal: Codes
    is_appflow: NDArray[np.bool_]


def _drawn(random: np.random.Generator, count: int) -> _Drawn:
    actions, resources, principals = _actions(), _resources(), _principals()
    action = _skewed(random, len(actions.names), count)
    principal = _skewed(random, len(principals.arns), count, 0.7)
    kind = actions.kinds[action]
    is_appflow = random.random(count) < 0.03
    creating, putting = actions.having(*_APPFLOW_ACTIONS)
    created = random.random(count) < 0.6
    action = np.where(is_appflow, np.where(created, creating, putting), action)
    kind = np.where(is_appflow, _MANAGED, kind)
    account = principals.accounts[principal]
    within = resources.sizes[kind, account] * random.random(count) ** 2
    resource = resources.starts[kind, account] + within.astype(np.int64)
    return _Drawn(actions, resources, principals, action, resource, principal, is_appflow)


def _skewed(random: np.random.Generator, of: int, count: int, exponent: float = 1.0) -> Codes:
    """Return codes of which the first ones are much the most frequent (Zipf's law)."""
    weights = 1 / np.arange(1, of + 1) ** exponent
    return random.choice(of, count, p=weights / weights.sum())


def _chosen(
    random: np.random.Generator, count: int, values: list[str | list[str] | None], *weights: float
) -> pa.Array:
    """Return a column of values, each as often as its weight says."""
    codes = random.choice(len(values), count, p=np.array(weights) / sum(weights))
    return pa.array(values).take(pa.array(codes))


def _where(mask: NDArray[np.bool_], chosen: pa.Array, other: pa.Array | str | None) -> pa.Array:
    return pc.if_else(pa.array(mask), chosen, other)


_VIA: list[str | list[str] | None] = [
    None, [_APPFLOW], ["cloudformation.amazonaws.com", _APPFLOW], ["cloudformation.amazonaws.com"],
    ["athena.amazonaws.com", "glue.amazonaws.com"],
]  # fmt: skip
_PREFIXES: list[str | list[str] | None] = [
    None, "", "home/ann/", "shared/data/2026/", "shared/data/2025/", "tmp/",
]  # fmt: skip
_OWNING = "secretsmanager:ResourceTag/aws:secretsmanager:owningService"


def _columns(random: np.random.Generator, drawn: _Drawn, serials: pa.Array) -> dict[str, pa.Array]:
    count = len(drawn.action)
    resource, principal = pa.array(drawn.resource), pa.array(drawn.principal)
    heads = pa.array(drawn.resources.heads).take(resource)
    tails = pa.array(drawn.resources.tails).take(resource)
    via = _where(
        drawn.is_appflow,
        _chosen(random, count, _VIA, 12, 70, 10, 5, 3),
        _chosen(random, count, _VIA, 94, 1, 0, 4, 1),
    )
    return {
        "id": pa.array(np.arange(count)),
        "action": pa.array(drawn.actions.names).take(pa.array(drawn.action)),
        "resource": pc.binary_join_element_wise(heads, serials, tails, ""),
        "principal": pa.array(drawn.principals.arns).take(principal),
        "aws:SourceIp": _source_ips(random, count),
        "aws:CalledVia": via,
        "aws:SecureTransport": _chosen(random, count, ["true", "false"], 97, 3),
        "aws:RequestedRegion": pa.array(drawn.resources.regions).take(resource),
        "aws:PrincipalTag/team": pa.array(drawn.principals.teams).take(principal),
        "aws:ResourceTag/env": pa.array(drawn.resources.environments).take(resource),
        "aws:CurrentTime": pa.array(_times()).take(pa.array(random.integers(0, 4_000, count))),
        "aws:MultiFactorAuthPresent": _factors(random, drawn, pc.is_valid(via)),
        "s3:prefix": _of(drawn, _chosen(random, count, _PREFIXES, 1, 2, 3, 2, 1, 1),
                         "s3:ListBucket"),
        "secretsmanager:Name": _of(drawn, _secret_names(heads), "secretsmanager:CreateSecret"),
        _OWNING: _owners(random, drawn),
    }  # fmt: skip


def _source_ips(random: np.random.Generator, count: int) -> pa.Array:
    """Return addresses; a few calls come through a VPC's endpoint, and carry none."""
    addresses = _addresses()
    column = pa.array(addresses).take(pa.array(_skewed(random, len(addresses), count, 0.5)))
    return _where(random.random(count) < 0.98, column, None)


def _factors(random: np.random.Generator, drawn: _Drawn, forwarded: pa.Array) -> pa.Array:
    """Return whether MFA was used; calls that a service forwards for a user always say it."""
    column = _chosen(random, len(drawn.action), ["true", "false", None], 35, 15, 50)
    by_users = pa.array(drawn.principals.are_users[drawn.principal])
    return pc.if_else(pc.and_(by_users, forwarded), pc.fill_null(column, "false"), column)


def _of(drawn: _Drawn, column: pa.Array, *actions: str) -> pa.Array:
    """Return a column that is null for all but some actions."""
    return _where(np.isin(drawn.action, drawn.actions.having(*actions)), column, None)


def _secret_names(heads: pa.Array) -> pa.Array:
    """Return the names of new secrets, without what Secrets Manager adds to them."""
    return pc.replace_substring_regex(heads, "^.*:secret:(.*)-$", r"\1")


def _owners(random: np.random.Generator, drawn: _Drawn) -> pa.Array:
    owners: list[str | list[str] | None] = ["appflow", "AppFlow", "redshift", None]
    column = _chosen(random, len(drawn.action), owners, 6, 2, 1, 1)
    return _where(drawn.is_appflow, _of(drawn, column, _APPFLOW_ACTIONS[1]), None)


def _serial_texts(numbers: Codes | range) -> pa.Array:
    return pa.array([f"{number:06x}" for number in numbers])


def skewed(count: int = EVENTS) -> pa.Table:
    """Return W4: few resources, some of them much more frequent than others."""
    random = np.random.default_rng(_SEED)
    drawn = _drawn(random, count)
    serials = _serial_texts(range(len(drawn.resources.heads))).take(pa.array(drawn.resource))
    return pa.table(_columns(random, drawn, serials))


def distinct(count: int = EVENTS) -> pa.Table:
    """Return W5: every event has a resource of its own."""
    random = np.random.default_rng(_SEED)
    drawn = _drawn(random, count)
    return pa.table(_columns(random, drawn, _serial_texts(range(count))))


TABLES: Mapping[str, Callable[[], pa.Table]] = {"W4": skewed, "W5": distinct}


def write(table: pa.Table, path: Path) -> None:
    """Write events as Parquet."""
    pq.write_table(table, path, row_group_size=_ROWS_OF_A_GROUP)


# Policies

_ASKED = ("id", "action", "resource", "principal")
_KEYS = (
    "aws:SourceIp", "aws:CalledVia", "aws:SecureTransport", "aws:RequestedRegion",
    "aws:PrincipalTag/team", "aws:ResourceTag/env", "aws:CurrentTime", "aws:MultiFactorAuthPresent",
    "s3:prefix", "secretsmanager:Name", _OWNING,
)  # fmt: skip


class Layers(NamedTuple):
    """The documents of each layer."""

    identity: list[Document]
    boundary: Document | None
    scps: list[list[Document]]

    def policies(self) -> PolicySet:
        """Return them read and checked."""
        return PolicySet(self.identity, boundary=self.boundary, scps=self.scps)

    def columns(self) -> list[str]:
        """Return the columns that a decision needs: who asks what, and the keys that are named."""
        text = json.dumps(self)
        return [*_ASKED, *(key for key in _KEYS if key in text)]


def read(path: Path, layers: Layers) -> pa.Table:
    """Return the columns of a file of events that are needed to decide by some policies."""
    return pq.read_table(path, columns=layers.columns())


def read_encoded(path: Path, layers: Layers) -> pa.Table:
    """Return the same columns, texts as numbers of dictionaries, as they are in the file."""
    columns = layers.columns()
    fields = pq.read_schema(path)
    texts = [name for name in columns if pa.types.is_string(fields.field(name).type)]
    with pq.ParquetFile(path, read_dictionary=texts) as file:
        return file.read(columns)


def request_of(row: Mapping[str, str | list[str] | None]) -> Request:
    """Return the request of a row: what is null is left out."""
    context = {key: value for key in _KEYS if (value := row.get(key)) is not None}
    action, resource, principal = (str(row[name]) for name in _ASKED[1:])
    return Request(action, resource, principal=principal, context=context)


def _document(*statements: Document) -> Document:
    return {"Version": "2012-10-17", "Statement": [*statements]}


def _appflow_block() -> list[Document]:
    text = (ROOT / "fixtures" / "appflow" / "appflow-doc.json").read_text("utf-8")
    found: list[Document] = json.loads(f"[{text}]")
    return found


_FULL_ACCESS = _document({"Effect": "Allow", "Action": "*", "Resource": "*"})
_REGIONS_IN_USE: Document = {
    "Sid": "RegionsInUse",
    "Effect": "Deny",
    "NotAction": ["iam:*", "s3:*", "organizations:*"],
    "Resource": "*",
    "Condition": {
        "StringNotEquals": {
            "aws:RequestedRegion": ["us-east-1", "eu-west-1", "eu-central-1", "eu-west-2"]
        }
    },
}
_NO_PLAIN_TRANSPORT: Document = {
    "Sid": "NoPlainTransport",
    "Effect": "Deny",
    "Action": ["s3:*", "sqs:*", "sns:*"],
    "Resource": "*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


def easy() -> Layers:
    """Return policies of the usual kind: wildcards, and hardly a condition."""
    identity = _document(
        {
            "Sid": "ReadData",
            "Effect": "Allow",
            "Action": ["s3:Get*", "s3:List*"],
            "Resource": ["arn:aws:s3:::data-*", "arn:aws:s3:::reports-*"],
        },
        {
            "Sid": "UseScratch",
            "Effect": "Allow",
            "Action": "s3:*Object",
            "Resource": "arn:aws:s3:::scratch-*/*",
        },
        {
            "Sid": "UseItems",
            "Effect": "Allow",
            "Action": ["dynamodb:*Item", "dynamodb:Query", "dynamodb:Describe*"],
            "Resource": ["arn:aws:dynamodb:*:*:table/prod-*", "arn:aws:dynamodb:*:*:table/test-*"],
        },
        {
            "Sid": "SendMessages",
            "Effect": "Allow",
            "Action": ["sqs:*Message", "sns:Publish", "sns:Get*"],
            "Resource": ["arn:aws:sqs:*:*:prod-*", "arn:aws:sqs:*:*:test-*", "arn:aws:sns:*"],
        },
        {
            "Sid": "Observe",
            "Effect": "Allow",
            "Action": [
                "logs:*",
                "cloudwatch:*",
                "ssm:*Parameter*",
                "ecs:*",
                "kinesis:*",
                "events:*",
            ],
            "Resource": "*",
        },
        {
            "Sid": "RunFunctions",
            "Effect": "Allow",
            "Action": ["lambda:Invoke*", "lambda:Get*", "states:Start*", "states:Describe*"],
            "Resource": [
                "arn:aws:lambda:*:*:function:*",
                "arn:aws:states:*:*:stateMachine:prod-*",
            ],
        },
        *_appflow_block(),
        _NO_PLAIN_TRANSPORT,
    )
    return Layers([identity], None, [[_FULL_ACCESS, _document(_REGIONS_IN_USE)]])


def hard() -> Layers:
    """Return policies that use most of the language: four, a boundary, two levels of SCPs."""
    identity = [_of_data(), _of_operations(), _of_appflow(), _of_messages()]
    return Layers(identity, _boundary(), [[_FULL_ACCESS], [_services(), _guards()]])


POLICIES: Mapping[str, Callable[[], Layers]] = {"easy": easy, "hard": hard}


def _of_data() -> Document:
    return _document(
        {
            "Sid": "UseOwnData",
            "Effect": "Allow",
            "Action": ["s3:GetObject*", "s3:PutObject*", "s3:DeleteObject"],
            "Resource": "arn:aws:s3:::data-lake/${aws:PrincipalTag/team}/*",
        },
        {
            "Sid": "BrowseFolders",
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": ["arn:aws:s3:::data-*", "arn:aws:s3:::reports-*", "arn:aws:s3:::archive-*"],
            "Condition": {"StringLike": {"s3:prefix": ["", "home/*", "shared/*/2026/*"]}},
        },
        {
            "Sid": "ReadReports",
            "Effect": "Allow",
            "Action": "s3:Get*",
            "Resource": ["arn:aws:s3:::reports-*/*/part-*.csv", "arn:aws:s3:::data-*/*/2026/*"],
            "Condition": {"StringEqualsIfExists": {"aws:ResourceTag/env": ["prod", "test"]}},
        },
        {
            "Sid": "NoWritesElsewhere",
            "Effect": "Deny",
            "Action": ["s3:Put*", "s3:Delete*"],
            "NotResource": ["arn:aws:s3:::data-*", "arn:aws:s3:::scratch-*/*/2026/*"],
        },
        {
            "Sid": "UseTables",
            "Effect": "Allow",
            "Action": "dynamodb:*",
            "Resource": [
                "arn:aws:dynamodb:*:*:table/prod-*",
                "arn:aws:dynamodb:eu-*:*:table/*-orders-*",
            ],
            "Condition": {
                "IpAddress": {
                    "aws:SourceIp": [
                        "10.0.0.0/8",
                        "172.16.0.0/12",
                        "203.0.113.64/26",
                        "2001:db8:1::/48",
                    ]
                }
            },
        },
    )


def _of_operations() -> Document:
    return _document(
        {
            "Sid": "Look",
            "Effect": "Allow",
            "Action": ["ec2:Describe*", "ec2:Get*", "rds:*", "glue:Get*", "ssm:Get*", "logs:*"],
            "Resource": "*",
        },
        {
            "Sid": "SwitchInstances",
            "Effect": "Allow",
            "Action": "ec2:*Instances",
            "Resource": "arn:aws:ec2:eu-*-1:*:instance/*",
            "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        },
        {
            "Sid": "AllElseInProduction",
            "Effect": "Allow",
            "NotAction": ["iam:*", "secretsmanager:*", "s3:*", "dynamodb:*", "sqs:Delete*"],
            "Resource": [
                "arn:aws:athena:*:*:workgroup/prod-*",
                "arn:aws:cloudwatch:*:*:alarm:*",
                "arn:aws:glue:*:*:database/prod-*",
                "arn:aws:lambda:*:*:function:*",
                "arn:aws:sqs:*:*:prod-*",
            ],
        },
        {
            "Sid": "Deploy",
            "Effect": "Allow",
            "Action": ["lambda:*", "states:*", "ecs:*", "ecr:*", "ssm:*"],
            "Resource": "*",
            "Condition": {
                "ArnLike": {
                    "aws:PrincipalArn": ["arn:aws:iam::*:role/deploy-*", "arn:aws:iam::*:role/ci/*"]
                }
            },
        },
        {
            "Sid": "FromOurNetworksOnly",
            "Effect": "Deny",
            "NotAction": ["s3:*", "logs:*", "sns:Publish"],
            "Resource": "*",
            "Condition": {
                "NotIpAddress": {
                    "aws:SourceIp": [
                        "10.0.0.0/8",
                        "172.16.0.0/12",
                        "192.168.0.0/16",
                        "198.51.100.0/25",
                        "203.0.113.0/24",
                        "2001:db8::/32",
                    ]
                },
                "Null": {"aws:CalledVia": "true"},
            },
        },
        {
            "Sid": "ReadUsers",
            "Effect": "Allow",
            "Action": ["iam:*User*", "iam:List*"],
            "Resource": "*",
            "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}},
        },
        {
            "Sid": "NoDeletesInProduction",
            "Effect": "Deny",
            "Action": ["dynamodb:Delete*", "lambda:Delete*", "sqs:Delete*", "s3:Delete*"],
            "Resource": "*",
            "Condition": {
                "StringEquals": {"aws:ResourceTag/env": "prod"},
                "StringNotLike": {"aws:PrincipalTag/team": ["*platform", "data"]},
            },
        },
    )


def _of_appflow() -> Document:
    return _document(
        *_appflow_block(),
        {
            "Sid": "UseFlows",
            "Effect": "Allow",
            "Action": "appflow:*",
            "Resource": "*",
            "Condition": {"DateLessThan": {"aws:CurrentTime": "2026-07-01T00:00:00Z"}},
        },
        {
            "Sid": "ManagedSecretsThroughAppFlow",
            "Effect": "Deny",
            "Action": "secretsmanager:*",
            "Resource": "arn:aws:secretsmanager:*:*:secret:appflow!*",
            "Condition": {"ForAllValues:StringNotEquals": {"aws:CalledVia": _APPFLOW}},
        },
        {
            "Sid": "ReadSecrets",
            "Effect": "Allow",
            "Action": ["secretsmanager:Get*", "secretsmanager:Describe*"],
            "Resource": "arn:aws:secretsmanager:*:*:secret:prod-*",
            "Condition": {
                "StringEquals": {"aws:ResourceTag/env": ["prod", "test"]},
                "StringLike": {"aws:PrincipalTag/team": ["*platform", "data"]},
            },
        },
    )


def _of_messages() -> Document:
    return _document(
        {
            "Sid": "Send",
            "Effect": "Allow",
            "Action": ["sqs:SendMessage", "sqs:*Queue*", "sns:*"],
            "Resource": "*",
            "Condition": {
                "StringEquals": {"aws:RequestedRegion": ["eu-west-1", "us-east-1"]},
                "StringLike": {"aws:PrincipalTag/team": ["*platform", "d?ta", "orders"]},
            },
        },
        {
            "Sid": "Stream",
            "Effect": "Allow",
            "Action": ["kinesis:*", "events:*"],
            "Resource": [
                "arn:aws:kinesis:*:*:stream/*-stream-*",
                "arn:aws:events:*:*:rule/prod-*",
            ],
        },
        {
            "Sid": "SettingsButSecretOnes",
            "Effect": "Allow",
            "Action": "ssm:*Parameter*",
            "NotResource": ["arn:aws:ssm:*:*:parameter/prod-billing/*", "arn:aws:ssm:us-*"],
        },
    )


def _boundary() -> Document:
    return _document(
        {
            "Effect": "Allow",
            "NotAction": ["iam:*", "organizations:*", "ec2:Terminate*", "s3:PutBucket*"],
            "Resource": "*",
        },
        {"Effect": "Allow", "Action": ["iam:Get*", "iam:List*"], "Resource": "*"},
    )


def _services() -> Document:
    services = """
    s3 dynamodb lambda logs sqs sns ec2 iam states events glue athena ssm ecs cloudwatch appflow
    secretsmanager
    """.split()  # noqa: SIM905 - a list reads better as text
    return _document(
        {"Effect": "Allow", "Action": [f"{service}:*" for service in services], "Resource": "*"}
    )


def _guards() -> Document:
    return _document(_REGIONS_IN_USE, _NO_PLAIN_TRANSPORT)
