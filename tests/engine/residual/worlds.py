"""Generated policies and calls of which something is unknown, and ways in which that may be.

A *completion* knows everything: the caller, the resource's owner, every key that the policies read,
and what the policies of unknown layers say. Nothing here knows what is decided.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import NamedTuple, TypeAlias

import policy_eval as pe
from policy_eval.engine.call import steps_of
from policy_eval.engine.decide import Seen, decide_call
from policy_eval.engine.residual.calls import Conditions
from policy_eval.engine.residual.facts import (
    CallFact,
    Fact,
    KeyFact,
    LayerFact,
    PrincipalFact,
    ResourceFact,
    StatementFact,
)
from policy_eval.engine.residual.formula import facts_of
from policy_eval.engine.residual.truth import truth_of
from policy_eval.policy.policy_type import Strictness
from policy_eval.request.context import Given
from policy_eval.semantics.authorization import Grant, Presence
from policy_eval.semantics.derivation import creates, is_true
from policy_eval.semantics.layers import Layer
from policy_eval.semantics.lower import key_named
from policy_eval.semantics.principal_keys import principal_keys
from policy_eval.semantics.readings import OUR_READING
from policy_eval.semantics.request_context import RequestContext, Unknown
from policy_eval.semantics.resources import account_of
from policy_eval.semantics.service_exceptions import RCP_SERVICES, resource_policy_type
from policy_eval.semantics.service_reference import service_action
from policy_eval.semantics.situations import case_of

Document: TypeAlias = dict[str, object]
Context: TypeAlias = dict[str, Given]

A, B, M = "111122223333", "444455556666", "999900001111"
ROLE = f"arn:aws:iam::{A}:role/Dev"
SESSION = f"arn:aws:sts::{A}:assumed-role/Dev/s"
USER = f"arn:aws:iam::{A}:user/ann"
OTHER_USER = f"arn:aws:iam::{B}:user/ann"
FEDERATED = f"arn:aws:sts::{A}:federated-user/f"
ROOT = f"arn:aws:iam::{A}:root"
USER_ID, ROLE_ID = "AIDA0000000000000ONE", "AROA0000000000000ONE"
SERVICE = "appflow.amazonaws.com"
SECRET = f"arn:aws:secretsmanager:us-east-1:{A}:secret"
KEY_ARN = f"arn:aws:kms:us-east-1:{A}:key/k"


class Kind(NamedTuple):
    """A kind of condition key: operators for it, values in policies, values in requests."""

    operators: tuple[str, ...]
    policy: tuple[str, ...]
    held: tuple[str, ...]
    several: bool = False


_TEXT = ("StringEquals", "StringNotEquals", "StringLike", "StringNotLike",
         "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase")  # fmt: skip
_NUMERIC = ("NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals",
            "NumericGreaterThan", "NumericGreaterThanEquals")  # fmt: skip
_DATE = ("DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan",
         "DateGreaterThanEquals")  # fmt: skip
_ARN = ("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike")


def _texts(*values: str, several: bool = False) -> Kind:
    return Kind(_TEXT, values, (*values, "zz"), several)


_TRUTH = Kind(("Bool",), ("true", "false", "TRUE"), ("true", "false"))
_ADDRESS = Kind(
    ("IpAddress", "NotIpAddress"),
    ("10.0.0.0/8", "10.0.0.0/16", "192.0.2.7", "0.0.0.0/0", "::/0", "2001:db8::/32"),
    ("10.0.0.1", "10.1.0.1", "192.0.2.7", "2001:db8::1", "2001:DB9:0::1"),
)
_TIME = Kind(
    _DATE,
    ("2026-01-01T00:00:00Z", "2026-06-01", "1960-05-01T12:30:00+02:00", "-5"),
    ("2026-01-01T00:00:00Z", "2026-03-01T00:00:00Z", "1959-01-01T00:00:00Z", "2027-01-01"),
)
_NUMBER = Kind(
    _NUMERIC,
    ("1", "2", "2.0", "3.5", "-1", "123456789012345678901234567890"),
    ("0", "1", "2.00", "3", "3.5", "-7", "123456789012345678901234567891"),
)
_TAG_VALUES = ("red", "blue", "Red", "", "\U0001f600", 'a "b" [c]')

KEYS: Mapping[str, Kind] = {
    "aws:CalledVia": _texts("appflow.amazonaws.com", "athena.amazonaws.com", several=True),
    "aws:CalledViaFirst": _texts("appflow.amazonaws.com", "athena.amazonaws.com"),
    "aws:CalledViaLast": _texts("appflow.amazonaws.com", "athena.amazonaws.com"),
    "aws:ViaAWSService": _TRUTH,
    "aws:SourceIp": _ADDRESS,
    "aws:VpcSourceIp": _ADDRESS,
    "aws:SourceVpce": _texts("vpce-1", "vpce-2"),
    "aws:SourceVpc": _texts("vpc-1", "vpc-2"),
    "aws:CurrentTime": _TIME,
    "aws:EpochTime": Kind((*_DATE, *_NUMERIC), ("1767225600", "1780272000.5", "-10"), ()),
    "aws:MultiFactorAuthPresent": _TRUTH,
    "aws:MultiFactorAuthAge": Kind(_NUMERIC, ("10", "3600"), ("5", "10", "3600", "7200")),
    "aws:PrincipalTag/team": _texts(*_TAG_VALUES),
    "aws:PrincipalOrgID": _texts("o-a", "o-b"),
    "aws:PrincipalOrgPaths": Kind(
        _TEXT, ("o-a/*", "o-a/r-a/"), ("o-a/r-a/", "o-b/r-b/ou-1/"), several=True
    ),
    "aws:PrincipalArn": Kind(
        (*_ARN, "StringLike", "StringEquals"),
        (ROLE, f"arn:aws:iam::{A}:user/*", "arn:*:iam::*:role/D?v"),
        (ROLE,),
    ),
    "aws:userid": _texts(USER_ID, f"{ROLE_ID}:s", f"{ROLE_ID}:*", "AIDA*"),
    "aws:username": _texts("ann", "bob"),
    "aws:PrincipalAccount": _texts(A, B),
    "aws:ResourceOrgID": _texts("o-a", "o-b"),
    "aws:ResourceAccount": _texts(A, B, M),
    "aws:ResourceTag/team": _texts(*_TAG_VALUES),
    "secretsmanager:ResourceTag/team": _texts(*_TAG_VALUES),
    "aws:RequestTag/team": _texts(*_TAG_VALUES),
    "aws:RequestTag/env": _texts("dev", "prod"),
    'aws:RequestTag/cost "centre"': _texts("dev", "prod"),
    "aws:TagKeys": _texts("team", "Team", "env", "other", 'cost "centre"', several=True),
    "aws:RequestedRegion": _texts("us-east-1", "eu-west-1"),
    "aws:SecureTransport": _TRUTH._replace(held=("true", "false", "True")),
    "aws:SourceAccount": _texts(A, B),
    "aws:UserAgent": _texts("aws-cli", "aws-cli*", "café"),
    "secretsmanager:Name": _texts("appflow!a", "appflow!b", "appflow!*", "*!*", "red"),
    "secretsmanager:BlockPublicPolicy": _TRUTH,
    "secretsmanager:RecoveryWindowInDays": _NUMBER,
    "secretsmanager:KmsKeyArn": Kind(
        (*_ARN, "StringLike"),
        (KEY_ARN, "arn:aws:kms:*:*:key/*", "arn:aws:kms:*:*:alias/*"),
        (KEY_ARN, f"arn:aws:kms:us-east-1:{A}:alias/aws/secretsmanager"),
    ),
    "secretsmanager:AddReplicaRegions": _texts("us-east-1", "eu-west-1", several=True),
    "kms:ResourceAliases": _texts("alias/aws/s3", "alias/own", "alias/*", several=True),
    "kms:RequestAlias": _texts("alias/aws/s3", "alias/own"),
    "sts:ExternalId": _texts("1", "2"),
    "sts:SourceIdentity": _texts("ann", "bob"),
    "s3:prefix": _texts("home/*", "home/ann", "h?me/ann"),
    "cognito-identity.amazonaws.com:amr": _texts("authenticated", "mfa", several=True),
    "my:Bytes": Kind(("BinaryEquals",), ("YQ==", "Yg=="), ("YQ==", "Yg==", "eA==")),
    "my:Count": _NUMBER,
    "my:List": _texts("a", "b", "ab", "a*", "?b", "", several=True),
}
_VARIABLES = (
    "${aws:PrincipalTag/team}", "${aws:ResourceTag/team}", "${aws:RequestTag/team, 'red'}",
    "x${aws:PrincipalTag/team}*", "${secretsmanager:Name}", "${aws:username}", "${*}${?}${$}",
    "${aws:username}-${aws:PrincipalTag/team, 'blue'}", "${my:List}",
)  # fmt: skip
FOLLOWING = frozenset(
    {"aws:calledviafirst", "aws:calledvialast", "aws:epochtime", "aws:tagkeys",
     "secretsmanager:resourcetag/team", "aws:resourceorgid", "aws:principalaccount"}
)  # fmt: skip
"""Keys that follow from others in every completion."""
_NOT_GIVEN = FOLLOWING | frozenset(
    {"aws:principalarn", "aws:userid", "aws:username", "aws:resourceaccount",
     "aws:multifactorauthage", "aws:principalorgpaths", "aws:sourcevpc", "aws:sourcevpce",
     "aws:vpcsourceip"}
)  # fmt: skip
"""Keys that requests do not give, since they contradict others too easily."""
_ALWAYS = frozenset({"aws:viaawsservice", "aws:currenttime", "aws:securetransport",
                     "aws:requestedregion", "aws:useragent", "aws:resourceaccount"})  # fmt: skip


USUAL: Mapping[str, Given] = {
    "aws:viaawsservice": "false", "aws:currenttime": "2026-03-01T00:00:00Z",
    "aws:securetransport": "true", "aws:requestedregion": "us-east-1", "aws:useragent": "x",
    "aws:resourceaccount": A,
}  # fmt: skip
"""What keys hold that every request carries, where nothing else is said."""


class Target(NamedTuple):
    """An action, and resources that it may be on."""

    action: str
    resources: tuple[str | None, ...]


TARGETS = (
    *(
        Target(f"secretsmanager:{name}", (f"{SECRET}:red-abcdef", f"{SECRET}:red-abcdef",
                                          f"{SECRET}:x", None))
        for name in ("CreateSecret", "CreateSecret", "PutResourcePolicy", "TagResource",
                     "GetSecretValue")
    ),
    Target("secretsmanager:GetSecretValue", (SECRET.replace(A, B) + ":red-abcdef",)),
    Target("kms:Decrypt", (KEY_ARN, None)),
    Target("s3:GetObject", ("arn:aws:s3:::bucket/home/ann", None)),
    Target("s3:ListBucket", ("arn:aws:s3:::bucket",)),
    Target("sts:AssumeRole", (f"arn:aws:iam::{A}:role/Target",)),
    Target("iam:ListUsers", (None,)),
    Target("sqs:SendMessage", (f"arn:aws:sqs:us-east-1:{A}:queue",)),
)  # fmt: skip


class World(NamedTuple):
    """Policies and a call of which something is unknown. `documents` are arguments of PolicySet."""

    documents: Mapping[str, object]
    policies: pe.PolicySet
    asked: tuple[pe.Request, ...]

    def __str__(self) -> str:
        texts = [json.dumps(self.documents, default=str, ensure_ascii=False)]
        for each in self.asked:
            texts.append(
                f"{each!r} context={each.given_context()} unknown={each.unknown} now={each.now} "
                f"tags={each.request_tags}{each.resource_tags} only={each.action_only}"
            )
        return "\n".join(texts)


class Completion(NamedTuple):
    """The same policies and call with everything known.

    `layers` says what the policies of unknown layers say, `statements` which of those apply that
    nobody understands.
    """

    policies: pe.PolicySet
    asked: tuple[pe.Request, ...]
    layers: Mapping[tuple[Layer, object], bool]
    statements: Mapping[tuple[str, int], bool]

    def decided(self) -> pe.Decision:
        """Return what the engine decides."""
        return decide_call(self.policies, self.asked, missing=False)

    def truths(self, facts: Iterable[Fact]) -> dict[Fact, bool]:
        """Return how facts are, as far as this tells."""
        steps = steps_of(self.asked, self.policies.attached, OUR_READING)
        context = steps[0].context
        found: dict[Fact, bool] = {}
        for fact in facts:
            truth: bool | None
            match fact:
                case KeyFact() | ResourceFact() | PrincipalFact():
                    truth = truth_of(fact, context)
                case LayerFact():
                    truth = self.layers.get((fact.layer, fact.way))
                case StatementFact():
                    truth = self.statements.get((fact.policy, fact.number))
                case CallFact():
                    truth = self._of_call(fact)
            if truth is not None:
                found[fact] = truth
        return found

    def _of_call(self, fact: CallFact) -> bool | None:
        seen: list[Seen] = []
        decide_call(self.policies, self.asked, seen, missing=False)
        words = [
            each.decision for each in seen if each.context.folded_action == fact.action.lower()
        ]
        if not words or any(each.decision == "undetermined" for each in words):
            return None
        if fact.effect is pe.Effect.ALLOW:
            return all(each.allowed for each in words)
        return any(each.decision == "explicitDeny" for each in words)


# Policies


def _condition(random: Random) -> tuple[str, str, list[str]]:
    key = random.choice([*KEYS])
    kind = KEYS[key]
    if random.random() < 0.12:
        quantifier = random.choice(["", "", "", "ForAllValues:", "ForAnyValue:"])
        return f"{quantifier}Null", key, [random.choice(["true", "false"])]
    operator = random.choice(kind.operators)
    count = 0 if random.random() < 0.03 else random.choice([1, 1, 1, 2, 3])
    values = [random.choice(kind.policy) for _ in range(count)]
    if operator.endswith("Like") and kind.operators is _TEXT:
        values = [_wild(random, value) if random.random() < 0.6 else value for value in values]
    if values and operator.startswith("String") and random.random() < 0.2:
        values[0] = random.choice(_VARIABLES)
    if values and operator.startswith("Arn") and random.random() < 0.15:
        values[0] = f"arn:aws:iam::{A}:*/${{aws:PrincipalTag/team}}"
    chance = 0.85 if kind.several else 0.1
    set_operator = (
        random.choice(["ForAnyValue:", "ForAllValues:"]) if random.random() < chance else ""
    )
    return set_operator + operator + ("IfExists" if random.random() < 0.2 else ""), key, values


def _wild(random: Random, value: str) -> str:
    cut = random.randint(0, len(value))
    return random.choice([value[:cut] + "*", "*" + value[cut:], value[:cut] + "?", "*"])


_PATTERNS = (
    "*", "*", "*", "*", f"{SECRET}:*", f"{SECRET}:red*", f"{SECRET}:??d-*",
    f"{SECRET}:${{aws:PrincipalTag/team}}*", f"{SECRET}:${{secretsmanager:Name, 'x'}}-??????",
    KEY_ARN, "arn:aws:kms:*:*:key/*", "arn:aws:s3:::bucket/${aws:username}/*",
    "arn:aws:s3:::bucket", "arn:aws:s3:::bucket/*", f"arn:aws:iam::{A}:role/*", "arn:aws:sqs:*",
)  # fmt: skip
_NAMED: tuple[object, ...] = (
    "*", {"AWS": "*"}, {"AWS": A}, {"AWS": ROLE}, {"AWS": SESSION}, {"AWS": USER}, {"AWS": ROOT},
    {"AWS": [B, USER_ID]}, {"AWS": [OTHER_USER, ROLE_ID]}, {"Service": SERVICE},
    {"AWS": [USER, ROLE]}, {"CanonicalUser": "79a59df900b949e55d96a1e698fbaced" * 2},
)  # fmt: skip
_NOT_NAMED: tuple[object, ...] = (
    {"AWS": [A, USER]}, {"AWS": [A, ROLE, SESSION]}, {"AWS": [ROOT, USER_ID]}, {"AWS": B},
    {"Service": SERVICE},
)  # fmt: skip


def _under_rcps(action: str) -> str:
    """Return the service of an action, or one that resource control policies cover."""
    service = action.partition(":")[0]
    return service if service in RCP_SERVICES else "s3"


def _statement(random: Random, effect: str, action: str, kind: str) -> Document:
    service, _, name = action.partition(":")
    actions = ["*", f"{service}:*", action, f"{service}:{name[:3]}*"]
    found: Document = {"Effect": effect}
    chosen = random.choice(actions)
    if kind == "trust":
        chosen = random.choice(["sts:AssumeRole", "sts:TagSession", "sts:*"])
    found["Action"] = chosen
    if kind != "rcp" and effect == "Allow" and random.random() < 0.25:
        found["Action"] = [chosen, "secretsmanager:TagResource", "kms:*"]
    if kind == "rcp":
        found["Action"] = f"{_under_rcps(action)}:*"
    if kind != "trust":
        negated = random.random() < 0.15
        found["NotResource" if negated else "Resource"] = random.choice(
            _PATTERNS[4:] if negated else _PATTERNS
        )
    if kind in ("resource", "trust", "endpoint"):
        excepted = effect == "Deny" and kind != "trust" and random.random() < 0.3
        canonical = kind == "resource" and not action.startswith("kms:")
        names = _NOT_NAMED if excepted else _NAMED if canonical else _NAMED[:-1]
        found["NotPrincipal" if excepted else "Principal"] = random.choice(names)
    elif kind == "rcp":
        found["Principal"] = "*"
    conditions: dict[str, dict[str, list[str]]] = {}
    seen: set[str] = set()
    for _ in range(random.choice([0, 1, 1, 1, 2, 2, 3])):
        operator, key, values = _condition(random)
        if key.lower() not in seen:
            seen.add(key.lower())
            conditions.setdefault(operator, {})[key] = values
    if conditions:
        found["Condition"] = conditions
    return found


def _policy(random: Random, action: str, kind: str, deny: float = 0.3) -> Document:
    effects = ["Deny" if random.random() < deny else "Allow" for _ in range(random.randint(1, 3))]
    if kind == "rcp":
        effects = ["Deny"]
    old = random.random() < 0.1 and kind not in ("rcp", "scp")
    return {
        "Version": "2008-10-17" if old else "2012-10-17",
        "Statement": [_statement(random, effect, action, kind) for effect in effects],
    }


def _unusable(random: Random, action: str) -> pe.Policy:
    """Return an accepted policy one of whose statements nobody understands."""
    document = _policy(random, action, "identity")
    statements = document["Statement"]
    assert isinstance(statements, list)
    statements[-1]["Condition"] = {"StringFoo": {"aws:SourceVpc": "x"}}
    strictness = Strictness(lenient=False, accept_invalid=True)
    return pe.parse_policy(json.dumps(document), "odd.json", strictness=strictness)


def _documents(random: Random, action: str, caller: pe.Principal | None) -> dict[str, object]:
    identity: list[object] = [
        _policy(random, action, "identity") for _ in range(random.choice([1, 1, 2]))
    ]
    if random.random() < 0.06:
        identity.append(_unusable(random, action))
    found: dict[str, object] = {"identity": identity}
    kind = "" if caller is None else caller.kind.name
    if random.random() < 0.2:
        found["scps"] = [
            [_policy(random, action, "scp", 0.2)] for _ in range(random.choice([2, 3]))
        ]
    if random.random() < 0.2 and kind in ("", "USER", "ROLE"):
        found["boundary"] = _policy(random, action, "boundary", 0.2)
    if random.random() < 0.2 and kind in ("ROLE", "FEDERATED_USER"):
        found["session"] = [_policy(random, action, "session", 0.2)]
    guarded = action.startswith(("kms:", "sts:"))
    if random.random() < (0.7 if guarded else 0.35) and not action.startswith("iam:"):
        found["resource"] = _policy(
            random, action, "trust" if action.startswith("sts:") else "resource"
        )
    if random.random() < 0.12:
        found["endpoint"] = _policy(random, action, "endpoint", 0.2)
        found["endpoint_type"] = random.choice([None, None, "gateway", "interface"])
    if random.random() < 0.12:
        levels = found.get("scps", [[], []])
        assert isinstance(levels, list)
        found["rcps"] = [[_policy(random, action, "rcp")] for _ in levels]
    fields = {"scps": "scp", "boundary": "boundary", "session": "session", "resource": "resource",
              "endpoint": "endpoint", "rcps": "rcp"}  # fmt: skip
    none = {
        "SERVICE": ("boundary", "session"),
        "ROOT": ("boundary", "session"),
        "ANONYMOUS": ("boundary", "session"),
        "USER": ("session",),
        "": ("session",),
    }.get(kind, ())
    left = [layer for field, layer in fields.items() if field not in found and layer not in none]
    if random.random() < 0.2 and left:
        found["unknown_layers"] = random.sample(
            left, 1 if random.random() < 0.7 else min(2, len(left))
        )
    return found


# Calls


def _caller(random: Random) -> pe.Principal | None:
    text = random.choice(
        [None, None, ROLE, ROLE, USER, USER, SESSION, FEDERATED, ROOT, SERVICE, "anonymous",
         OTHER_USER]
    )  # fmt: skip
    if text is None:
        return None
    found = pe.parse_principal(text)
    if found.account is None:
        return found
    if found.kind is pe.PrincipalKind.USER and random.random() < 0.3:
        found = found._replace(credentials=pe.Credentials.ACCESS_KEY)
    if found.kind is pe.PrincipalKind.USER and random.random() < 0.3:
        found = found._replace(user_id=USER_ID)
    if found.kind is pe.PrincipalKind.ROLE and random.random() < 0.3:
        found = found._replace(user_id=ROLE_ID)
    if random.random() < 0.15 and found.kind is not pe.PrincipalKind.ROOT:
        found = found._replace(tags=(("team", random.choice(["red", "Red"])),))
    if random.random() < 0.15:
        found = found._replace(organization_id="o-a", management_account=M)
    return found


def _held(random: Random, name: str) -> Given:
    kind = KEYS[name]
    if random.random() < 0.25:
        return None
    if kind.several:
        values = [value.replace("*", "x").replace("?", "y") for value in kind.held]
        return random.sample(values, random.choice([1, 1, 2]))
    return random.choice(kind.held).replace("*", "x").replace("?", "y")


def _base_context(random: Random, action: str) -> Context:
    found: Context = {}
    for name in KEYS:
        if name.lower() in _NOT_GIVEN or random.random() > 0.1:
            continue
        held = _held(random, name)
        if held is None and name.lower() in _ALWAYS:
            continue
        found[name] = held
    if found.get("aws:CalledVia"):
        found.pop("aws:ViaAWSService", None)
    if creates(action.partition(":")[2]):
        for name in [*found]:
            if name.startswith("aws:ResourceTag/") and name.replace("Resource", "Request") in found:
                del found[name]
    return found


def world(seed: int) -> World | None:
    """Return the world of a seed; None where its policies or its call are refused."""
    random = Random(seed)
    target = random.choice(TARGETS)
    caller = _caller(random)
    documents = _documents(random, target.action, caller)
    resource = random.choice(target.resources)
    context = _base_context(random, target.action)
    if caller is None:  # whose organization would be the resource's
        context.pop("aws:PrincipalOrgID", None)
    unknown = ["*"]
    if random.random() < 0.4:
        unknown = [
            name
            for name in KEYS
            if name not in context
            and random.random() < 0.5
            and name.lower() not in ("aws:resourceaccount", "aws:principalarn")
        ]
    now = random.random() < 0.2 and "aws:CurrentTime" not in context
    settled = _settled(caller) | ({"aws:CurrentTime", "aws:EpochTime"} if now else set())
    unknown = [name for name in unknown if name not in settled]
    context = {name: held for name, held in context.items() if name not in settled}
    tags = {"team": "red", "Team": "blue"} if random.random() < 0.08 else {}
    competing = {"team": "red", "TEAM": "blue"} if random.random() < 0.08 else {}
    if tags:
        context = {name: held for name, held in context.items() if "Tag" not in name}
        unknown = [name for name in unknown if "Tag" not in name]
    if competing:
        context = {name: held for name, held in context.items() if "ResourceTag" not in name}
        unknown = [name for name in unknown if "ResourceTag" not in name]
    try:
        policies = policies_of(documents)
        asked = [
            pe.Request(
                target.action, resource, principal=caller, context=context, unknown=unknown,
                now="2026-03-01T00:00:00Z" if now else None,
                action_only=random.random() < 0.3, request_tags=tags, resource_tags=competing,
            )
        ]  # fmt: skip
        if random.random() < 0.05 and target.action == "s3:GetObject" and resource:
            asked.append(pe.Request("s3:ListBucket", "arn:aws:s3:::bucket", principal=caller,
                                    context=context, unknown=unknown))  # fmt: skip
        decide_call(policies, asked, missing=False)
    except pe.InputError:
        return None
    return World(documents, policies, tuple(asked))


def _settled(caller: pe.Principal | None) -> set[str]:
    """Return the keys that follow from a caller, whatever is said of them."""
    return set() if caller is None else set(principal_keys(caller))


def policies_of(documents: Mapping[str, object]) -> pe.PolicySet:
    """Return the policies of arguments of PolicySet."""
    return pe.PolicySet(**documents)  # type: ignore[arg-type]  # as they are named there


# Completions


def complete(given: World, random: Random, found: Conditions) -> Completion | None:
    """Return a way in which everything may be; None where what was chosen contradicts itself.

    `found` are the conditions of the call: which layers and statements these hang on is known then.
    """
    first = given.asked[0]
    principal = first.principal or random.choice([
        pe.parse_principal(USER)._replace(user_id=USER_ID),
        pe.parse_principal(f"arn:aws:iam::{A}:user/bob")._replace(user_id="AIDA0000000000000TWO"),
        pe.parse_principal(ROLE)._replace(session_name="s", user_id=ROLE_ID),
    ][: 2 if first.action.startswith("sts:") else 3])  # fmt: skip
    facts = [fact for formula in found for fact in facts_of(formula)]
    context = RequestContext(first, OUR_READING, given.policies.attached)
    owner = context.owner()
    if (
        first.principal is None and owner is not None
    ):  # an unknown caller is one of the same account
        principal = pe.parse_principal(principal.arn.replace(A, owner))._replace(
            session_name=principal.session_name, user_id=principal.user_id
        )
    try:
        values = _values(context, random, principal, given.policies)
        if first.principal is None and "aws:ResourceAccount" in values:
            values["aws:ResourceAccount"] = A
        named = random.choice(_RESOURCES)
        if first.resource is None and "aws:ResourceAccount" in values and account_of(named):
            values["aws:ResourceAccount"] = account_of(named)
        if "aws:ResourceAccount" in values and not context.owner_is_unknown():
            values["aws:ResourceAccount"] = context.caller_account() or A
            named = named.replace(A, context.caller_account() or A)
        asked = tuple(completed(each, principal, values, named) for each in given.asked)
        layers, policies = _with_layers(given, random, facts, RequestContext(asked[0]))
        statements, policies = _with_statements(policies, random)
        completion = Completion(policies, asked, layers, statements)
        completion.decided()
    except pe.InputError:
        return None
    return completion


_RESOURCES = (f"{SECRET}:red-abcdef", f"{SECRET}:x", f"{SECRET}:red2", "arn:aws:s3:::bucket/x",
              KEY_ARN, f"arn:aws:iam::{A}:role/x", "arn:aws:s3:::bucket")  # fmt: skip


def completed(
    request: pe.Request, principal: pe.Principal, values: Context, named: str
) -> pe.Request:
    """Return a request of which everything is known; `named` is its resource if it has none."""
    listed = service_action(*request.action.split(":"))
    open_ = request.resource is None and listed is not None and listed.resource_types
    return pe.Request(
        request.action, named if open_ else request.resource, principal=principal,
        context={**request.given_context(), **values},
        request_tags=dict(request.request_tags), resource_tags=dict(request.resource_tags),
        now=request.now, action_only=request.action_only,
        resource_account=request.resource_account, dependencies=request.dependencies,
    )  # fmt: skip


def _values(
    context: RequestContext, random: Random, principal: pe.Principal, policies: pe.PolicySet
) -> Context:
    """Return a value for every unknown key, so that they go together."""
    unknown = [name for name in KEYS if isinstance(context.look(key_named(name)), Unknown)]
    chosen: Context = {}
    for name in unknown:
        if name.lower() in FOLLOWING:
            continue
        held = _held(random, name)
        while held is None and name.lower() in _ALWAYS:
            held = _held(random, name)
        chosen[name] = held
    _of_caller(chosen, principal)
    forwarded = _forwarding(chosen, unknown, context, random)
    _endpoint(chosen, unknown, context, random, policies, forwarded=forwarded)
    _of_credentials(chosen, unknown, context, random, principal, forwarded=forwarded)
    levels = policies.attached.scp_levels or policies.attached.rcp_levels
    if chosen.get("aws:PrincipalOrgPaths") and levels:
        chosen["aws:PrincipalOrgPaths"] = ["o-a/r-a/" + "ou-1/" * (levels - 2)]
    organization = context.look(key_named("aws:ResourceOrgID"))
    if context.principal is None and not isinstance(organization, Unknown):
        chosen.update(dict.fromkeys({"aws:PrincipalOrgPaths", "aws:PrincipalOrgID"} & {*chosen}))
    paths = chosen.get("aws:PrincipalOrgPaths")
    if isinstance(paths, list) and "aws:PrincipalOrgID" in unknown:
        chosen["aws:PrincipalOrgPaths"] = [paths[0]]
        chosen["aws:PrincipalOrgID"] = str(paths[0]).partition("/")[0]
    elif isinstance(paths, list):
        organization = context.look(key_named("aws:PrincipalOrgID"))
        known = None if isinstance(organization, Unknown) else organization[0]
        chosen["aws:PrincipalOrgPaths"] = (
            [f"{known[0]}/r-a/" + "ou-1/" * (levels - 2)] if known else None
        )
    if context.folded_action == "secretsmanager:createsecret" and (
        "secretsmanager:Name" in chosen and context.request.resource is not None
    ):  # another name than the ARN's contradicts it, and is only remarked on
        name = context.request.resource.rpartition(":")[2].partition("-")[0]
        chosen["secretsmanager:Name"] = random.choice([None, name])
    action = context.action
    listed = service_action(action.service, action.name)
    new = listed is not None and creates(listed.name) and not listed.is_tagging
    if new and "aws:RequestTag/team" in unknown and "aws:ResourceTag/team" in unknown:
        chosen["aws:ResourceTag/team"] = chosen["aws:RequestTag/team"]
    if new and "aws:RequestTag/team" not in unknown and "aws:ResourceTag/team" in unknown:
        chosen.pop("aws:ResourceTag/team")
    if (
        "aws:TagKeys" in unknown
        and random.random() < 0.2
        and not any(held for name, held in chosen.items() if name.startswith("aws:RequestTag/"))
        and not context.names_held("aws:requesttag/")
    ):
        chosen |= random.choice([{"aws:TagKeys": None}, {"aws:RequestTag/other": "x"}])
    return chosen


def _of_caller(chosen: Context, principal: pe.Principal) -> None:
    """Leave out what follows from the caller; of the rest enter what fits it."""
    chosen.pop("aws:username", None)
    if "aws:PrincipalArn" in chosen:
        del chosen["aws:PrincipalArn"]
        if principal.kind is pe.PrincipalKind.ROLE and principal.role_arn is None:
            chosen["aws:PrincipalArn"] = ROLE
    if "aws:userid" in chosen:
        del chosen["aws:userid"]
        if principal.kind is pe.PrincipalKind.USER and not principal.user_id:
            chosen["aws:userid"] = "AIDA0000000000000TWO"
        if principal.kind is pe.PrincipalKind.ROLE and not principal.user_id:
            chosen["aws:userid"] = f"AROA0000000000000TWO:{principal.session_name or 's'}"
        elif principal.kind is pe.PrincipalKind.ROLE and not principal.session_name:
            chosen["aws:userid"] = f"{principal.user_id}:s"
        if principal.kind is pe.PrincipalKind.SERVICE:
            chosen["aws:userid"] = "x"


def _forwarding(
    chosen: Context, unknown: Sequence[str], context: RequestContext, random: Random
) -> bool:
    """Choose whether a service forwards the call, as far as that is open; return it."""
    via, chain = context.look(key_named("aws:ViaAWSService")), "aws:CalledVia" in unknown
    if not isinstance(via, Unknown):
        forwarded = is_true(via[0])
        if not forwarded:
            chosen.pop("aws:CalledVia", None)
        return forwarded
    known = context.look(key_named("aws:CalledVia"))
    if not isinstance(known, Unknown) and known[0]:
        chosen.pop("aws:ViaAWSService", None)
        return True
    forwarded = random.random() < 0.5
    chosen["aws:ViaAWSService"] = "true" if forwarded else "false"
    if chosen.get("aws:CalledVia"):
        del chosen["aws:ViaAWSService"]
    if chain and not forwarded:
        chosen["aws:ViaAWSService"] = "false"
        chosen["aws:CalledVia"] = None
    return forwarded or bool(chosen.get("aws:CalledVia"))


def _endpoint(
    chosen: Context,
    unknown: Sequence[str],
    context: RequestContext,
    random: Random,
    policies: pe.PolicySet,
    *,
    forwarded: bool,
) -> None:
    """Choose whether the request passes a VPC endpoint."""
    address = context.look(key_named("aws:SourceIp"))
    has_address = not isinstance(address, Unknown) and bool(address[0])
    through = policies.attached.exists(Layer.ENDPOINT) or (
        random.random() < 0.4 and not has_address
    )
    names = ("aws:SourceVpc", "aws:SourceVpce", "aws:VpcSourceIp")
    if forwarded or not through:
        chosen.update({name: None for name in names if name in unknown})
    elif "aws:SourceIp" in unknown:
        chosen["aws:SourceIp"] = None


def _of_credentials(
    chosen: Context,
    unknown: Sequence[str],
    context: RequestContext,
    random: Random,
    principal: pe.Principal,
    *,
    forwarded: bool,
) -> None:
    present, age = "aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge"
    if principal.credentials is pe.Credentials.ACCESS_KEY or (
        principal.kind is pe.PrincipalKind.FEDERATED_USER
    ):
        chosen.pop(present, None)
        if age in unknown:
            chosen[age] = None
        return
    known = context.look(key_named(present))
    held = chosen.get(present) if present in unknown else (
        None if isinstance(known, Unknown) or not known[0] else known[0][0]
    )  # fmt: skip
    if str(held).lower() != "true" and age in unknown:
        chosen[age] = None
    elif present in unknown:
        chosen[present] = "true"
    del random, forwarded


_ALLOW_ALL: Document = {"Effect": "Allow", "Action": "*", "Resource": "*"}
_DENY_ALL: Document = {**_ALLOW_ALL, "Effect": "Deny"}


def _with_layers(
    given: World, random: Random, facts: Sequence[Fact], context: RequestContext
) -> tuple[dict[tuple[Layer, object], bool], pe.PolicySet]:
    """Return what unknown layers say, and the policies with theirs."""
    layers = {fact.layer for fact in facts if isinstance(fact, LayerFact)}
    documents = dict(given.documents)
    unknown = documents.pop("unknown_layers", ())
    assert isinstance(unknown, (tuple, list))
    layers |= {layer for layer in Layer if layer.value in unknown}
    said: dict[tuple[Layer, object], bool] = {}
    kind = context.principal and context.principal.kind
    for layer in sorted(layers, key=lambda each: each.value):
        allows, denies = random.random() < 0.6, random.random() < 0.3
        if layer is Layer.RESOURCE:
            implied = layer.value not in unknown
            if implied and not _is_guarded(context):
                continue  # in one account a policy that nobody gave does not exist
            said |= _of_resource(documents, random, given, context.principal, denies=denies)
            continue
        exists = (
            layer not in (Layer.BOUNDARY, Layer.SESSION)
            or (layer is Layer.SESSION and kind is pe.PrincipalKind.FEDERATED_USER)
            or random.random() < 0.7
        )
        if not exists:
            allows, denies = True, False
        said |= {
            (layer, pe.Effect.ALLOW): allows,
            (layer, pe.Effect.DENY): denies,
            (layer, None): exists,
        }
        if exists:
            named = {"Principal": "*"} if layer in (Layer.ENDPOINT, Layer.RCP) else {}
            _enter(documents, layer, [
                *([{**_ALLOW_ALL, **named}] if allows else []),
                *([{**_DENY_ALL, **named}] if denies else []),
            ], given)  # fmt: skip
    return said, policies_of(documents)


def _is_guarded(context: RequestContext) -> bool:
    """Whether the resource's policy has a say though nobody gave one."""
    side = case_of(context).layers[Layer.RESOURCE]
    return side.presence is Presence.UNKNOWN


def _enter(
    documents: dict[str, object], layer: Layer, statements: list[Document], given: World
) -> None:
    if layer is Layer.RCP:
        service = _under_rcps(given.asked[0].action)
        statements = [
            {**each, "Action": f"{service}:*"} for each in statements if each["Effect"] == "Deny"
        ]
    if not statements:
        named = {"Principal": "*"} if layer in (Layer.ENDPOINT, Layer.RCP) else {}
        statements = [{**_DENY_ALL, "Action": "sqs:PurgeQueue", **named}]
    policy: Document = {"Version": "2012-10-17", "Statement": statements}
    match layer:
        case Layer.SCP | Layer.RCP:
            other = documents.get("rcps" if layer is Layer.SCP else "scps", [[], []])
            assert isinstance(other, list)
            documents[f"{layer.value}s"] = [[policy] for _ in other]
        case Layer.IDENTITY | Layer.SESSION:
            documents[layer.value] = [policy]
        case _:
            documents[layer.value] = policy


def _of_resource(
    documents: dict[str, object],
    random: Random,
    given: World,
    principal: pe.Principal | None,
    *,
    denies: bool,
) -> dict[tuple[Layer, object], bool]:
    """Enter a policy of the resource that names the caller in some ways; return which."""
    assert principal is not None  # a completion knows who calls
    named: dict[Grant, Document] = {Grant.EVERYONE: {"Principal": "*"}}
    kind = principal.kind.name
    if kind == "USER":
        named[Grant.DIRECT] = {"Principal": {"AWS": principal.arn}}
    if kind == "SERVICE":
        named[Grant.DIRECT] = {"Principal": {"Service": principal.arn}}
    if kind == "ROLE":
        named[Grant.OF_SESSION] = {"Principal": {"AWS": ROLE}}
        if principal.session_name:
            named[Grant.DIRECT] = {"Principal": {"AWS": SESSION}}
    if principal.account and kind != "ROOT":
        named[Grant.ACCOUNT] = {"Principal": {"AWS": principal.account}}
    chosen = {grant for grant in named if random.random() < 0.4}
    action = given.asked[0].action.lower()
    statements = [{**_ALLOW_ALL, **named[grant]} for grant in sorted(chosen)]
    if denies:
        statements.append({**_DENY_ALL, "Principal": "*"})
    if not statements:
        statements = [{**_DENY_ALL, "Principal": {"AWS": "333344445555"}}]
    if resource_policy_type(action) is pe.PolicyType.TRUST:
        statements = [
            {name: held for name, held in each.items() if name != "Resource"} | {"Action": "sts:*"}
            for each in statements
        ]
    documents["resource"] = pe.parse_policy(
        json.dumps({"Version": "2012-10-17", "Statement": statements}), "<policy of the resource>",
        resource_policy_type(action),
    )  # fmt: skip
    return {
        **{(Layer.RESOURCE, grant): grant in chosen for grant in Grant},
        (Layer.RESOURCE, pe.Effect.DENY): denies,
    }


def _with_statements(
    policies: pe.PolicySet, random: Random
) -> tuple[dict[tuple[str, int], bool], pe.PolicySet]:
    """Return which statements apply that nobody understands, and the policies accordingly."""
    said: dict[tuple[str, int], bool] = {}
    for place, attachment in enumerate(policies.attachments):
        for index, statement in reversed([*enumerate(attachment.policy.statements)]):
            if statement.unusable:
                applies = random.random() < 0.5
                said[attachment.policy.name, statement.number] = applies
                changed = statement._replace(unusable="") if applies else None
                policies = policies.with_statement(place, index, changed)
    return said, policies
