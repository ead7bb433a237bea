"""The small world: every combination of what each layer can say, for each kind of caller.

A layer is absent, silent, allows, or denies; the resource's policy does the last two by each way of
naming the caller. Nothing here knows what AWS decides.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from itertools import product
from random import Random
from typing import NamedTuple

from policy_eval.engine.decide import decide_call
from policy_eval.engine.decision import Decision
from policy_eval.engine.explain import explain_call
from policy_eval.engine.policies import PolicySet, parse_policy
from policy_eval.policy.ast import Policy
from policy_eval.policy.policy_type import PolicyType
from policy_eval.request.principal import Credentials, Principal, parse_principal
from policy_eval.request.request import Request
from policy_eval.semantics.layers import Layer
from policy_eval.semantics.readings import OUR_READING
from policy_eval.semantics.request_context import RequestContext
from policy_eval.semantics.service_exceptions import resource_policy_type
from tests.oracle.calls import call_of
from tests.oracle.layers import decide_call as oracle_decide

OWN, OTHER = "111111111111", "222222222222"
ABSENT, SILENT, ALLOW, DENY = "absent", "silent", "allow", "deny"
SAYS = (ABSENT, SILENT, ALLOW, DENY)
_SESSION = f"arn:aws:sts::{OWN}:assumed-role/r/s"
_ROLE = f"arn:aws:iam::{OWN}:role/r"
_USER = f"arn:aws:iam::{OWN}:user/u"
_FEDERATED = f"arn:aws:sts::{OWN}:federated-user/f"
_ROOT = f"arn:aws:iam::{OWN}:root"
_SERVICE = "appflow.amazonaws.com"
_LINKED = f"arn:aws:iam::{OWN}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"


class Who(NamedTuple):
    """A kind of caller: which layers it can have, and the principals that name it, by class."""

    principal: Principal
    has_boundary: bool
    has_session: bool
    names: tuple[dict[str, str], ...]


_EVERYONE, _ACCOUNT, _NOBODY = {"AWS": "*"}, {"AWS": OWN}, {"AWS": "333333333333"}
CALLERS = {
    "user": Who(parse_principal(_USER), True, False, ({"AWS": _USER}, _ACCOUNT, _EVERYONE)),
    "role": Who(
        parse_principal(_ROLE)._replace(session_name="s"), True, True,
        ({"AWS": _SESSION}, {"AWS": _ROLE}, _ACCOUNT, _EVERYONE),
    ),
    "federated user": Who(
        parse_principal(_FEDERATED)._replace(user=_USER), True, True,
        ({"AWS": _FEDERATED}, {"AWS": _USER}, _ACCOUNT, _EVERYONE),
    ),
    "root": Who(parse_principal(_ROOT), False, False, (_ACCOUNT, _EVERYONE)),
    "assumed root": Who(
        parse_principal(_ROOT)._replace(credentials=Credentials.ASSUME_ROOT), False, True,
        (_ACCOUNT, _EVERYONE),
    ),
    "service": Who(parse_principal(_SERVICE), False, False, ({"Service": _SERVICE}, _EVERYONE)),
    "anonymous": Who(parse_principal("anonymous"), False, False, (_EVERYONE,)),
    "service-linked role": Who(
        parse_principal(_LINKED)._replace(session_name="s"), False, False,
        ({"AWS": _LINKED}, _ACCOUNT),
    ),
    "management account": Who(
        parse_principal(_USER)._replace(management_account=OWN), True, False, ({"AWS": _USER},)
    ),
}  # fmt: skip
TARGETS = {
    "s3:GetObject": "arn:aws:s3:::b/k",
    "kms:Decrypt": "arn:aws:kms:us-east-1:{}:key/k",
    "sts:AssumeRole": "arn:aws:iam::{}:role/target",
}


class World(NamedTuple):
    """One combination: what each layer says; of the resource's also whom it names."""

    caller: str
    action: str
    owner: str
    identity: str
    boundary: str
    session: str
    resource: str
    names: int
    scp: str
    rcp: str
    endpoint: str


def with_layer(world: World, layer: str, says: str) -> World:
    """Return the combination with another word of one layer."""
    return World(**{**world._asdict(), layer: says})


def worlds(action: str, caller: str) -> Iterator[World]:
    """Yield every combination for an action and a caller."""
    who = CALLERS[caller]
    boundaries = SAYS if who.has_boundary else (ABSENT,)
    sessions = SAYS if who.has_session else (ABSENT,)
    resources = [(ABSENT, 0), (SILENT, 0)]
    resources += [(says, n) for says in (ALLOW, DENY) for n in range(len(who.names))]
    for owner, identity, boundary, session, (resource, names), scp, rcp, endpoint in product(
        (OWN, OTHER), SAYS, boundaries, sessions, resources, SAYS, SAYS, SAYS
    ):
        yield World(caller, action, owner, identity, boundary, session, resource, names,
                    scp, rcp, endpoint)  # fmt: skip


def any_world(random: Random) -> World:
    """Return a combination at random."""
    caller = random.choice([*CALLERS])
    who = CALLERS[caller]
    return World(
        caller, random.choice([*TARGETS]), random.choice((OWN, OTHER)), random.choice(SAYS),
        random.choice(SAYS) if who.has_boundary else ABSENT,
        random.choice(SAYS) if who.has_session else ABSENT,
        random.choice(SAYS), random.randrange(len(who.names)), random.choice(SAYS),
        random.choice(SAYS), random.choice(SAYS),
    )  # fmt: skip


@cache
def _policy(says: str, policy_type: PolicyType, action: str, principal: str) -> Policy:
    statement: dict[str, object] = {
        "Effect": "Deny" if says == DENY else "Allow",
        "Action": "sqs:SendMessage" if says == SILENT else action,
    }
    if policy_type is PolicyType.TRUST and says == SILENT:
        statement["Action"] = "sts:TagSession"
    if policy_type is PolicyType.RCP:
        if says != DENY:
            statement |= {"Effect": "Allow", "Action": "*"}
        statement["Principal"] = "*"
    if policy_type is not PolicyType.TRUST:
        statement["Resource"] = "*"
    if principal:
        statement["Principal"] = json.loads(principal)
    document = {"Version": "2012-10-17", "Statement": statement}
    return parse_policy(json.dumps(document), f"{policy_type.value} that is {says}", policy_type)


def policies_of(world: World, unknown: tuple[Layer, ...] = ()) -> PolicySet:
    """Return the policies of a combination, some layers of it perhaps unknown."""
    who = CALLERS[world.caller]

    def one(says: str, policy_type: PolicyType, principal: str = "") -> Policy | None:
        return None if says == ABSENT else _policy(says, policy_type, world.action, principal)

    def several(says: str, policy_type: PolicyType) -> tuple[Policy, ...]:
        policy = one(says, policy_type)
        return () if policy is None else (policy,)

    def level(says: str, policy_type: PolicyType) -> tuple[tuple[Policy, ...], ...]:
        policies = several(says, policy_type)
        return (policies,) if policies else ()

    named = json.dumps(who.names[world.names])
    return PolicySet(
        several(world.identity, PolicyType.IDENTITY),
        boundary=one(world.boundary, PolicyType.BOUNDARY),
        session=several(world.session, PolicyType.SESSION),
        resource=one(world.resource, resource_policy_type(world.action.lower()), named),
        scps=level(world.scp, PolicyType.SCP),
        rcps=level(world.rcp, PolicyType.RCP),
        endpoint=one(world.endpoint, PolicyType.ENDPOINT, '"*"'),
        endpoint_type="interface",
        unknown_layers=unknown,
    )


def request_of(world: World) -> Request:
    """Return the request of a combination."""
    return Request(
        world.action,
        TARGETS[world.action].format(world.owner),
        principal=CALLERS[world.caller].principal,
        resource_account=world.owner,
    )


def word_with_unknown(world: World, layer: Layer) -> str:
    """Return the scalar engine's answer where nobody knows the policies of a layer."""
    without = with_layer(world, layer.value, ABSENT)
    return decide_call(policies_of(without, (layer,)), [request_of(world)]).decision


def word_with_unknown_owner(world: World) -> str:
    """Return the scalar engine's answer where nobody knows whose the resource is."""
    request = Request(
        world.action,
        TARGETS[world.action],
        principal=CALLERS[world.caller].principal,
        unknown=["aws:ResourceAccount"],
    )
    return decide_call(policies_of(world), [request]).decision


class Answers(NamedTuple):
    """One word each."""

    scalar: str
    reference: str
    oracle: str

    @property
    def agree(self) -> bool:
        """Whether all three say the same."""
        return len(set(self)) == 1


def scalar_word(world: World) -> str:
    """Return the scalar engine's answer."""
    return decide_call(policies_of(world), [request_of(world)]).decision


def answers(world: World) -> Answers:
    """Return what the scalar engine, the reference engine and the oracle answer."""
    policies, request = policies_of(world), request_of(world)
    decided = decide_call(policies, [request])
    explained = explain_call(policies, [request]).decision
    question = call_of(policies, RequestContext(request, OUR_READING, policies.attached))
    assert question is not None
    assert decided.decided_by is explained.decided_by
    return Answers(_word(decided), _word(explained), oracle_decide(question))


def _word(decision: Decision) -> str:
    """Return the word; the oracle counts what is refused to root users, we say it beside."""
    refused = any(remark.rule == "R-XACC-04" for remark in decision.remarks)
    return "implicitDeny" if decision.allowed and refused else decision.decision


LIMITS = (Layer.BOUNDARY, Layer.SESSION, Layer.SCP, Layer.RCP, Layer.ENDPOINT)
"""Layers that only take away."""
