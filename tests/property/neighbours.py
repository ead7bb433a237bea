"""Requests that differ from one in a little: a value, the resource, the caller, what is unknown.

Values and resources are taken from the policies, too, so that the difference matters to them.
Nothing here knows what is decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import product
from random import Random
from typing import NamedTuple, TypeAlias

from policy_eval.policy.arn import parse_arn
from policy_eval.policy.ast import Policy
from policy_eval.request.context import Values
from policy_eval.request.dependency import Dependency, On
from policy_eval.request.principal import Credentials, Principal, PrincipalKind, parse_principal
from policy_eval.request.request import Request, Tags
from policy_eval.text.folding import fold

Held: TypeAlias = Values | None
Context: TypeAlias = tuple[tuple[str, Held], ...]


class Asked(NamedTuple):
    """What a request is made of."""

    action: str
    resource: str | None = None
    principal: str | Principal | None = None
    context: Context = ()
    unknown: tuple[str, ...] = ()
    request_tags: Tags = ()
    resource_tags: Tags = ()
    now: str | datetime | None = None
    action_only: bool = False
    resource_account: str | None = None
    dependencies: tuple[Dependency, ...] = ()

    def request(self) -> Request:
        """Return the request. Raises RequestError for what none could hold."""
        return Request(
            self.action,
            self.resource,
            principal=self.principal,
            context=dict(self.context),
            unknown=self.unknown,
            request_tags=dict(self.request_tags),
            resource_tags=dict(self.resource_tags),
            now=self.now,
            action_only=self.action_only,
            resource_account=self.resource_account,
            dependencies=self.dependencies,
        )

    def holding(self, name: str, values: Held) -> Asked:
        """Return the same with another value of a key, be it one that is not there yet."""
        return self._replace(context=tuple({**dict(self.context), name: values}.items()))


def asked_of(request: Request) -> Asked:
    """Return what a request was made of."""
    return Asked(
        request.action,
        request.resource,
        request.principal,
        tuple(
            (name, values)
            for spellings in request.context.values()
            for name, values in spellings.items()
        ),
        request.unknown,
        request.request_tags,
        request.resource_tags,
        request.now,
        request.action_only,
        request.resource_account,
        request.dependencies,
    )


ACCOUNT, _OTHER, _MANAGEMENT = "111122223333", "444455556666", "777788889999"
_ROLE = f"arn:aws:iam::{ACCOUNT}:role/app/Dev"
_LINKED = "role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"
_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/k"
_ALIAS = f"arn:aws:kms:us-east-1:{ACCOUNT}:alias"
_NOON = "2026-01-01T12:00:00Z"
KNOWN = parse_principal(_ROLE)._replace(session_name="one", user_id="AROAEXAMPLE")
"""A caller of whom everything is known."""
CALLERS: tuple[str | Principal | None, ...] = (
    None,
    _ROLE,
    f"arn:aws:iam::{ACCOUNT}:user/ann",
    f"arn:aws:iam::{_OTHER}:user/ann",
    f"arn:aws:iam::{ACCOUNT}:{_LINKED}",
    f"arn:aws:sts::{ACCOUNT}:assumed-role/Dev/one",
    f"arn:aws:sts::{ACCOUNT}:assumed-role/Dev/two",
    f"arn:aws:sts::{ACCOUNT}:federated-user/fed",
    f"arn:aws-cn:iam::{ACCOUNT}:user/ann",
    ACCOUNT,
    _OTHER,
    "appflow.amazonaws.com",
    "anonymous",
    "accounts.google.com",
    parse_principal(_ROLE)._replace(session_name="one"),
    KNOWN,
    parse_principal(_ROLE)._replace(management_account=ACCOUNT),
    parse_principal(_ROLE)._replace(management_account=_MANAGEMENT),
    parse_principal(_ROLE)._replace(organization_paths=("o-a/r-b/ou-c/",)),
    parse_principal(ACCOUNT)._replace(credentials=Credentials.ASSUME_ROOT),
)
VALUES: dict[str, tuple[Held, ...]] = {
    "aws:CalledVia": (None, ("appflow.amazonaws.com",), ("a.amazonaws.com", "b.amazonaws.com")),
    "aws:CalledViaFirst": (None, ("appflow.amazonaws.com",)),
    "aws:CurrentTime": ((_NOON,), ("2020-01-01T00:00:00Z",), ("soon",), ("1767268800",)),
    "aws:EpochTime": (("1767268800",), ("1577836800",), ("soon",), (_NOON,)),
    "aws:MultiFactorAuthAge": (("60",), None),
    "aws:MultiFactorAuthPresent": (("true",), ("false",), None),
    "aws:PrincipalAccount": ((ACCOUNT,), (_OTHER,), None),
    "aws:PrincipalArn": ((_ROLE,), (f"arn:aws:iam::{ACCOUNT}:role/b/Dev",), None),
    "aws:PrincipalOrgID": (("o-a",), ("o-b",), None),
    "aws:PrincipalOrgPaths": (("o-a/r-b/ou-c/",), ("o-b/r-b/",), None),
    "aws:PrincipalTag/team": (("red",), ("blue",), None),
    "aws:RequestTag/env": (("dev",), ("prod",), None),
    "aws:RequestedRegion": (("us-east-1",), ("eu-west-1",), None),
    "aws:ResourceAccount": ((ACCOUNT,), (_OTHER,), None),
    "aws:ResourceTag/env": (("dev",), ("prod",), None),
    "aws:SourceIp": (("192.0.2.1",), ("198.51.100.7",), None),
    "aws:SourceVpc": (("vpc-1",), ("vpc-2",), None),
    "aws:SourceVpce": (("vpce-1",), ("vpce-2",), None),
    "aws:TagKeys": (("env",), ("env", "team"), None),
    "aws:UserAgent": (("me",), ("you",), None),
    "aws:ViaAWSService": (("true",), ("false",), None),
    "aws:userid": (("AROAEXAMPLE:one",), ("AROAEXAMPLE:two",), ("AIDAEXAMPLE",)),
    "kms:RequestAlias": (("alias/aws/s3",), ("alias/mine",), None),
    "kms:ResourceAliases": (("alias/aws/s3",), ("alias/mine", "alias/other"), None),
    "s3:ResourceTag/env": (("dev",), ("prod",)),
    "secretsmanager:KmsKeyArn": ((_KEY,), (f"{_ALIAS}/aws/secretsmanager",), None),
    "secretsmanager:Name": (("appflow!x",), ("plain",), None),
    "secretsmanager:ResourceTag/env": (("dev",), ("prod",)),
    "sts:SourceIdentity": (("ann",), None),
}
"""Keys on which more than a condition hangs, with some of their values."""
_UNKNOWN = (
    "*", "aws:*", "aws:ResourceAccount", "aws:RequestedRegion", "aws:ViaAWSService",
    "aws:CalledVia", "aws:SourceIp", "aws:RequestTag/*", "aws:ResourceTag/*",
    "aws:PrincipalOrgID", "aws:userid", "kms:ResourceAliases", "secretsmanager:KmsKeyArn",
    "aws:PrincipalTag/*", "aws:CurrentTime",
)  # fmt: skip
_ENDS = ("x", "/x", "-AbCdEf", "*", ":1")


class Pool(NamedTuple):
    """What the policies name: the values of each key, and resources."""

    values: dict[str, tuple[Held, ...]]
    resources: tuple[str, ...]


def pool_of(policies: Iterable[Policy]) -> Pool:
    """Return what some policies name; a wildcard stands for a letter, be it in a variable."""
    values: dict[str, dict[Held, None]] = {}
    resources: dict[str, None] = {}
    for policy in policies:
        for statement in policy.statements:
            resources |= dict.fromkeys(map(_plain, statement.resource.values))
            for condition in statement.conditions:
                held = [(_plain(text),) for text in condition.values]
                values.setdefault(condition.key, {}).update(dict.fromkeys(held))
    arns = tuple(text for text in resources if parse_arn(text) is not None)
    return Pool({key: tuple(held) for key, held in values.items()}, arns)


def _plain(text: str) -> str:
    return text.replace("*", "x").replace("?", "y")


def family(asked: Asked, pool: Pool, random: Random) -> Iterator[Asked]:
    """Yield all combinations of a few resources and a few values of some keys of a request."""
    others = [*_resources(asked.resource, pool)]
    resources = [asked.resource, random.choice(others[-10:]), *random.sample(others, 2)]
    names = random.sample(asked.context, min(3, len(asked.context)))
    choices = [
        [(name, each) for each in (held, *random.sample([*_values(name, held, pool)], 2))]
        for name, held in names
    ]
    for resource, values in product(resources, [*product(*choices)]):
        found = asked._replace(resource=resource)
        for name, held in values:
            found = found.holding(name, held)
        yield found


def alike(asked: Asked, pool: Pool) -> Iterator[Asked]:
    """Yield what differs from a request in its resource, or in the values of one of its keys."""
    yield from (asked._replace(resource=each) for each in _resources(asked.resource, pool))
    for name, held in asked.context:
        yield from (asked.holding(name, each) for each in _values(name, held, pool))


def neighbours(asked: Asked, pool: Pool) -> Iterator[Asked]:
    """Yield what differs from a request in exactly one thing."""
    yield from alike(asked, pool)
    for name, held in asked.context:
        rest = tuple(pair for pair in asked.context if pair[0] != name)
        yield asked._replace(context=rest)
        yield asked._replace(context=(*rest, (name.swapcase(), held)))
        yield asked._replace(context=rest, unknown=(*asked.unknown, name))
    given = {fold(name) for name, _ in asked.context}
    for name, values in {**VALUES, **pool.values}.items():
        if fold(name) not in given:
            yield from (asked.holding(name, each) for each in dict.fromkeys((*values, None)))
    yield from (asked._replace(principal=each) for each in _callers(asked.principal))
    for tags in ((), (("env", "dev"),), (("env", "prod"),), (("aws:x", "1"), ("Env", "dev"))):
        yield asked._replace(request_tags=tags)
        yield asked._replace(resource_tags=tags)
    for now in (None, _NOON, "2020-01-01T00:00:00Z", "soon", datetime(2026, 1, 1, tzinfo=UTC)):
        yield asked._replace(now=now)
    yield from (asked._replace(unknown=(*asked.unknown, each)) for each in _UNKNOWN)
    for account in (None, ACCOUNT, _OTHER, _MANAGEMENT):
        yield asked._replace(resource_account=account)
    yield asked._replace(action_only=not asked.action_only)
    yield asked._replace(action=asked.action.swapcase())
    further = Dependency(asked.action, "s3:prefix", "s3:GetBucketTagging", On.NOT_SAID, "so", "R-X")
    yield asked._replace(dependencies=(further,))


def _resources(given: str | None, pool: Pool) -> Iterator[str | None]:
    yield from (None, "*", f"{_ALIAS}/mine", f"{_ALIAS}/aws/s3", _KEY)
    yield f"arn:aws:iam::{ACCOUNT}:{_LINKED}"
    yield from pool.resources
    arn = parse_arn(given) if given is not None else None
    if arn is None or given is None:
        return
    yield from (given + end for end in _ENDS)
    yield from (given[:-1], given.swapcase())
    yield from (str(arn._replace(region=each)) for each in ("", "us-east-1", "eu-west-1"))
    yield from (str(arn._replace(account=each)) for each in ("", "aws", ACCOUNT, _OTHER))
    yield str(arn._replace(partition="aws-cn"))
    yield from (str(arn._replace(service=each)) for each in ("kms", "s3", "iam"))


def _values(name: str, held: Held, pool: Pool) -> Iterator[Held]:
    texts = held or ("x",)
    yield from (None, ("",), ("zz",), ("5abc",), (*texts, "zz"), ("", *texts))
    yield (texts[0].swapcase(), *texts[1:])
    yield (*texts, *texts)
    yield (f"{texts[0]}x",)
    for known in (VALUES, pool.values):
        for key, values in known.items():
            if fold(key) == fold(name):
                yield from values


def _callers(given: str | Principal | None) -> Iterator[str | Principal | None]:
    yield from CALLERS
    principal = parse_principal(given) if isinstance(given, str) else given
    if principal is None:
        return
    yield principal._replace(tags=(("team", "red"),))
    yield principal._replace(tags=(("team", "blue"),))
    yield principal._replace(session_tags=(("team", "blue"),))
    yield principal._replace(mfa=True)
    yield principal._replace(credentials=Credentials.ACCESS_KEY)
    yield principal._replace(management_account=principal.account)
    if principal.kind is PrincipalKind.ROLE:
        yield principal._replace(session_name="other")
        yield principal._replace(service_linked=True)
