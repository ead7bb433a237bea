"""Which callers accounts have, and which policies have a say in their calls."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

import policy_eval as pe
from policy_eval.engine.decide import decide_call
from policy_eval.errors import PolicyError, RequestError
from policy_eval.queries.asking import Question, answer
from policy_eval.queries.matrix import matrix
from policy_eval.request.principal import Principal, PrincipalKind
from policy_eval.semantics.layers import Layer
from policy_eval.sources.accounts import Accounts
from policy_eval.sources.loading import merged
from policy_eval.sources.model import Document, Found, Resource, Unsure, Where, nothing
from policy_eval.sources.organizations import read_organization
from tests.sources.exports import (
    ACCOUNT,
    EXAMPLE,
    NOW,
    ORGANIZATION,
    OTHER,
    accounts,
    allowing,
    attached,
    document,
    example,
    found,
    group,
    iam,
    inline,
    managed,
    role,
    said,
    trusting,
    user,
)

_BUCKET = "arn:aws:s3:::logs"
_SECRET = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:x-AbCdEf"
_HERE = Where("resources.json")


def _decided(
    within: Accounts,
    name: str,
    action: str,
    resource: str | None = None,
    tags: Mapping[str, str] = {},
) -> pe.Decision:
    """Return the decision of one question, asked of the caller of a name."""
    question = Question(action, resource, resource_tags=tags, now=NOW)
    return answer(within, within.caller(name), question).decision


# Names


@pytest.mark.parametrize(
    ("name", "arn"),
    [
        ("olga", iam("user/ops/olga")),
        ("ops/olga", iam("user/ops/olga")),
        ("user/olga", iam("user/ops/olga")),
        ("user/ops/olga", iam("user/ops/olga")),
        (iam("role/Flow"), iam("role/Flow")),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/Limited/s", iam("role/sales/Limited")),
    ],
)
def test_a_caller_is_found_by_the_names_that_people_type(name: str, arn: str) -> None:
    assert example().caller(name).arn == arn


def test_a_name_that_several_have_names_none() -> None:
    within = accounts(users=(user("Dev"),), roles=(role("Dev"), role("x/Dev")))

    with pytest.raises(RequestError) as refusal:
        within.caller("Dev")

    assert said(refusal.value) == (
        "ambiguous-name",
        f"`Dev` names several: {iam('user/Dev')}, {iam('role/Dev')}, {iam('role/x/Dev')}",
    )
    assert within.caller("user/Dev").arn == iam("user/Dev")
    assert within.caller("role/Dev").arn == iam("role/Dev")  # the whole name before a part of it


def test_a_name_of_two_accounts_names_none() -> None:
    within = accounts(roles=(role("Dev"), role("Dev", Arn=iam("role/Dev", OTHER))))

    with pytest.raises(RequestError, match="ambiguous-name"):
        within.caller("role/Dev")
    assert within.caller(iam("role/Dev", OTHER)).arn == iam("role/Dev", OTHER)


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("role/Flwo", "did you mean `role/Flow`"),
        ("Limitd", "did you mean `role/sales/Limited`"),
        ("zzzzzz", "there are 8 users and roles; give a name, `role/NAME` or an ARN"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest(name: str, remedy: str) -> None:
    with pytest.raises(RequestError) as refusal:
        example().caller(name)

    assert said(refusal.value) == ("unknown-principal", f"no user or role is called `{name}`")
    assert refusal.value.diagnostics[0].remedy == remedy


@pytest.mark.parametrize(
    "name",
    [
        iam("role/Nobody"),
        "appflow.amazonaws.com",
        ACCOUNT,
        "anonymous",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/Nobody/s",
        f"arn:aws-cn:sts::{ACCOUNT}:assumed-role/Flow/s",
        f"arn:aws:sts::{OTHER}:assumed-role/Flow/s",
    ],
)
def test_a_caller_that_no_source_holds_is_no_entity_of_it(name: str) -> None:
    within = example()

    assert within.entity(name) is None
    assert within.principal(name).arn.startswith(("arn:", name))
    with pytest.raises(RequestError, match="is no user or role of the sources"):
        within.caller(name)


@pytest.mark.parametrize("name", [iam("group/teams/Flow"), "group/teams/Flow", "arn:nonsense"])
def test_a_group_and_what_is_no_arn_call_nothing(name: str) -> None:
    with pytest.raises(RequestError, match="unknown-principal"):
        example().caller(name)


def test_a_session_keeps_its_name_and_is_its_role() -> None:
    principal = example().principal(f"arn:aws:sts::{ACCOUNT}:assumed-role/Flow/today")

    assert (principal.kind, principal.role_arn) == (PrincipalKind.ROLE, iam("role/Flow"))
    assert (principal.session_name, principal.tags) == ("today", (("team", "sales"),))
    assert principal.user_id == "AROAEXAMPLEFLOW"


def test_callers_of_another_partition_are_callers() -> None:
    arn = iam("role/Dev", partition="aws-cn")
    within = accounts(roles=(role("Dev", Arn=arn, UserId="x"),))
    session = f"arn:aws-cn:sts::{ACCOUNT}:assumed-role/Dev/s"

    assert within.caller("Dev").arn == within.caller(session).arn == arn
    assert within.principal(session).session_name == "s"
    assert within.principal("Dev").partition == "aws-cn"


def test_a_unique_id_that_aws_does_not_give_tells_nothing() -> None:
    within = accounts(roles=(role("A", RoleId="AIDAEXAMPLE"), role("B", RoleId="AROAEXAMPLE")))

    assert [within.principal(name).user_id for name in "AB"] == [None, "AROAEXAMPLE"]


# Policies of identities


def test_a_user_has_the_policies_of_its_groups_whatever_their_paths() -> None:
    within = accounts(
        users=(user("ana", GroupList=["G", "H"]),),
        groups=(
            group("G", Arn=iam("group/deep/er/G"), GroupPolicyList=inline(allowing("s3:*"))),
            group("H", AttachedManagedPolicies=attached(iam("policy/P"))),
        ),
        policies=(managed(iam("policy/P"), allowing("ec2:*")),),
    )

    names = [each.name for each in within.identity(within.caller("ana"))]

    assert names == ["group/deep/er/G/Own", "policy/P"]
    assert _decided(within, "ana", "s3:ListAllMyBuckets").allowed is True
    assert _decided(within, "ana", "ec2:DescribeVpcs").allowed is True
    assert _decided(within, "ana", "sqs:ListQueues").allowed is False


def test_a_group_of_another_account_is_another_group() -> None:
    other = group("G", Arn=iam("group/G", OTHER), GroupPolicyList=inline(allowing("s3:*")))
    within = accounts(users=(user("ana", GroupList=["G"]),), groups=(other,))

    assert _decided(within, "ana", "s3:ListAllMyBuckets").allowed is None


@pytest.mark.parametrize(
    ("caller", "named", "why"),
    [
        (
            role("A", AttachedManagedPolicies=attached("arn:aws:iam::aws:policy/P")), "policy/P",
            "account.json does not hold the document of arn:aws:iam::aws:policy/P",
        ),
        (
            user("A", GroupList=["Gone"]), "group/Gone",
            f"the group {iam('group/Gone')} is not in the source",
        ),
    ],
)  # fmt: skip
def test_what_a_source_does_not_hold_is_unknown_and_named(
    caller: dict[str, object], named: str, why: str
) -> None:
    within = accounts(users=(caller,)) if "UserName" in caller else accounts(roles=(caller,))

    decision = _decided(within, "A", "s3:ListAllMyBuckets")

    assert decision.allowed is None
    assert str(decision.allow_if) == (
        f'statement "{named}#1" applies and not statement "{named}#2" applies'
    )
    assert within.unknown == {named: why}


def test_an_explicit_deny_holds_whatever_an_unknown_policy_says() -> None:
    deny = document({"Effect": "Deny", "Action": "s3:*"})
    own = role("A", RolePolicyList=inline(deny), AttachedManagedPolicies=attached(iam("policy/P")))

    assert _decided(accounts(roles=(own,)), "A", "s3:ListAllMyBuckets").word.value == "explicitDeny"


def test_a_boundary_that_no_source_holds_is_unknown_and_never_grants() -> None:
    boundary = {"PermissionsBoundaryArn": iam("policy/Limits")}
    within = accounts(
        roles=(
            role("A", RolePolicyList=inline(allowing("s3:*")), PermissionsBoundary=boundary),
            role("B", PermissionsBoundary=boundary),
        )
    )

    assert _decided(within, "A", "s3:ListAllMyBuckets").allowed is None
    assert _decided(within, "B", "s3:ListAllMyBuckets").allowed is False


def test_an_identity_of_which_something_is_unknown_may_be_allowed_anything() -> None:
    everything = found(roles=(role("A"),))
    arn = iam("role/A")
    everything.entities[arn] = everything.entities[arn]._replace(unknown="what is attached to it")

    assert _decided(Accounts(everything), "A", "s3:ListAllMyBuckets").allowed is None


def test_a_caller_that_no_source_holds_has_policies_that_nobody_knows() -> None:
    within = example()

    for name in (iam("role/Nobody"), f"arn:aws:sts::{ACCOUNT}:federated-user/x"):
        layers = within.layers(within.principal(name), "s3:ListAllMyBuckets", None)
        assert layers.unknown_layers == (Layer.IDENTITY, Layer.BOUNDARY)
    for name in (ACCOUNT, "appflow.amazonaws.com", "anonymous"):
        layers = within.layers(within.principal(name), "s3:ListAllMyBuckets", None)
        assert (layers.identity, layers.unknown_layers) == (None, None)


def test_layers_that_nobody_knows_take_the_place_of_others() -> None:
    within = Accounts(example().found, unknown_layers=[Layer.IDENTITY, Layer.SCP])

    layers = within.layers(within.caller("Admin"), "s3:ListAllMyBuckets", None)

    assert layers.identity is None
    assert layers.unknown_layers == (Layer.IDENTITY, Layer.SCP)
    assert _decided(within, "Admin", "s3:ListAllMyBuckets").allowed is None


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("no policy", "json-syntax"),
        ({"Statement": [{"Effect": "Allow", "Action": "s3", "Resource": "*"}]}, "action-form"),
    ],
)
def test_a_policy_that_aws_would_not_store_is_refused_with_its_place(
    content: object, code: str
) -> None:
    within = accounts(users=(user("ana", UserPolicyList=inline(content)),))

    with pytest.raises(PolicyError) as refusal:
        _decided(within, "ana", "s3:ListAllMyBuckets")

    place = "account.json: UserDetailList[0].UserPolicyList[0].PolicyDocument"
    first, second = refusal.value.diagnostics[:2]
    assert (first.code, first.message) == (
        "policy-in-source",
        f"{place}: the policy `user/ana/Own` is none that AWS would store",
    )
    assert second.code == code


def test_what_is_not_known_and_nobody_says_why_is_not_known_all_the_same() -> None:
    unknown = Document("Gone", None, _HERE)
    partly = Document("Partly", document({}), _HERE, unsure=(Unsure(1, ""),))
    action = Document("Action", document({"Action": ["s3:Get*", "sqs:*"]}), _HERE,
                      unsure=(Unsure(1, "", "Action", (0,)),))  # fmt: skip
    for each in (unknown, partly, action):
        everything = found(roles=(role("A"),))
        entity = everything.entities[iam("role/A")]
        everything.entities[entity.arn] = entity._replace(inline=(each,))
        within = Accounts(everything)

        assert _decided(within, "A", "s3:GetObject", f"{_BUCKET}/x").decision == "undetermined"
        assert [why.rpartition(": ")[2] for why in within.unknown.values()] == [
            "no source tells it"
        ]


# Policies of resources


def _with_resources(*resources: Resource) -> Accounts:
    everything = found(roles=(role("A", RolePolicyList=inline(allowing("s3:*"))),))
    everything.resources.update({each.arn: each for each in resources})
    return Accounts(everything)


def _bucket_policy(effect: str) -> Document:
    content = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": effect, "Principal": "*", "Action": "s3:*", "Resource": f"{_BUCKET}/*"}
        ],
    }
    return Document(f"policy of {_BUCKET}", content, _HERE)


def test_an_object_has_the_policy_and_the_owner_of_its_bucket() -> None:
    bucket = Resource(_BUCKET, _bucket_policy("Deny"), _HERE, OTHER)
    within = _with_resources(bucket)

    assert within.owner(f"{_BUCKET}/x") == within.unsaid_owner(f"{_BUCKET}/x") == OTHER
    decision = _decided(within, "A", "s3:GetObject", f"{_BUCKET}/x")
    assert (decision.decision, decision.decided_by) == ("explicitDeny", Layer.RESOURCE)


def test_the_resource_of_another_account_needs_both_sides() -> None:
    policy = _bucket_policy("Allow")
    assert _decided(
        _with_resources(Resource(_BUCKET, policy, _HERE, OTHER)),
        "A",
        "s3:GetObject",
        f"{_BUCKET}/x",
    ).allowed
    without = _with_resources(Resource(_BUCKET, None, _HERE, OTHER))
    assert _decided(without, "A", "s3:GetObject", f"{_BUCKET}/x").allowed is None


def test_a_resource_that_no_source_holds_has_no_policy_and_tells_its_owner_itself() -> None:
    within = _with_resources()

    assert within.resource_policy("s3:GetObject", f"{_BUCKET}/x") is None
    assert within.resource_policy("s3:ListAllMyBuckets", None) is None
    assert (within.owner(_BUCKET), within.owner(None), within.owner("*")) == (None, None, None)
    assert (within.owner(_SECRET), within.unsaid_owner(_SECRET)) == (ACCOUNT, None)
    assert within.tags(_SECRET) == {}


def test_two_resources_of_one_caller_have_their_own_policies() -> None:
    other = "arn:aws:s3:::other"
    within = _with_resources(
        Resource(_BUCKET, _bucket_policy("Deny"), _HERE), Resource(other, None, _HERE)
    )

    assert _decided(within, "A", "s3:GetObject", f"{_BUCKET}/x").allowed is False
    assert _decided(within, "A", "s3:GetObject", f"{other}/x").allowed is True


def test_the_tags_of_a_resource_are_those_that_sources_and_the_question_say() -> None:
    on_tag = document({"Action": "s3:GetObject", "Condition": {
        "StringEquals": {"aws:ResourceTag/team": "red"}}})  # fmt: skip
    everything = found(roles=(role("A", RolePolicyList=inline(on_tag)),))
    everything.resources[_BUCKET] = Resource(_BUCKET, None, _HERE, tags=(("team", "red"),))
    within = Accounts(everything)

    assert within.tags(_BUCKET) == {"team": "red"}
    on_role = document({"Action": "sts:AssumeRole", "Condition": {
        "StringEquals": {"aws:ResourceTag/team": "red"}}})  # fmt: skip
    roles = accounts(
        roles=(role("A", RolePolicyList=inline(on_role)),
               role("B", Tags=[{"Key": "team", "Value": "red"}]))
    )  # fmt: skip
    assert _decided(roles, "A", "sts:AssumeRole", iam("role/B")).allowed is True
    other = _decided(roles, "A", "sts:AssumeRole", iam("role/B"), {"team": "blue"})
    assert other.allowed is False


def test_the_requests_of_a_call_have_each_the_policy_of_its_resource() -> None:
    other = "arn:aws:s3:::other"
    within = _with_resources(
        Resource(_BUCKET, _bucket_policy("Deny"), _HERE), Resource(other, None, _HERE)
    )
    caller = within.caller("A")
    asked = [("s3:GetObject", f"{other}/x"), ("s3:GetObject", f"{_BUCKET}/y"),
             ("s3:GetObject", f"{other}/x"), ("s3:ListAllMyBuckets", None)]  # fmt: skip

    def decided(number: int) -> pe.Decision:
        requests = [
            pe.Request(*each, principal=iam("role/A"), now=NOW, action_only=True)
            for each in asked[:number]
        ]
        return pe.decide(within.policies_of_call(caller, asked[:number]), *requests)

    assert decided(1).allowed is True
    assert decided(2).decision == "explicitDeny"
    assert within.layers(caller, *asked[0], asked[1:]).resources == {
        _BUCKET: within.resource_policy(*asked[1])
    }
    assert within.layers(caller, *asked[1], asked[:1]).resources is None


# Trust policies


@pytest.mark.parametrize(
    ("trust", "identity", "allowed"),
    [
        (trusting({"AWS": iam("root")}), None, False),
        (trusting({"AWS": iam("root")}), allowing("sts:AssumeRole"), True),
        (trusting({"AWS": iam("role/A")}), None, True),
        (trusting({"AWS": iam("role/C")}), allowing("sts:AssumeRole"), False),
        (None, allowing("sts:AssumeRole"), None),
    ],
)
def test_a_role_is_assumed_by_its_trust_policy(
    trust: object, identity: object, *, allowed: bool | None
) -> None:
    first = role("A", RolePolicyList=inline(identity) if identity else [])
    within = accounts(roles=(first, role("B", AssumeRolePolicyDocument=trust)))

    assert _decided(within, "A", "sts:AssumeRole", iam("role/B")).allowed is allowed


def test_a_trust_policy_does_not_guard_other_actions() -> None:
    within = accounts(roles=(role("A", RolePolicyList=inline(allowing("iam:GetRole"))), role("B")))

    assert within.resource_policy("iam:GetRole", iam("role/B")) is None
    assert _decided(within, "A", "iam:GetRole", iam("role/B")).allowed is True


def test_a_role_that_no_source_holds_may_trust_anybody() -> None:
    within = accounts(roles=(role("A", RolePolicyList=inline(allowing("sts:AssumeRole"))),))

    assert _decided(within, "A", "sts:AssumeRole", iam("role/Gone")).allowed is None


# Organizations

_FULL = {"name": "FullAWSAccess", "policy": document({})}


def _scp(action: str) -> dict[str, object]:
    return {"name": action, "policy": document({"Effect": "Deny", "Action": action})}


def _rcp(action: str) -> dict[str, object]:
    policy = document({"Effect": "Deny", "Principal": "*", "Action": action})
    return {"name": action, "policy": policy}


def _organization(**more: str) -> Found:
    """Return an organization: SCPs deny SQS over one account, RCPs S3 over the other."""
    about: dict[str, str] = {"id": "o-a", **more}
    return read_organization(
        {
            "organization": about,
            "nodes": [
                {"id": "r-b", "scps": [_FULL]},
                {"id": "ou-c", "parent": "r-b", "scps": [_FULL, _scp("sqs:*")]},
                {"id": ACCOUNT, "parent": "ou-c", "scps": [_FULL]},
                {"id": OTHER, "parent": "r-b", "scps": [_FULL], "rcps": [_rcp("s3:*")]},
            ],
        },
        "organization.json",
    )


def _in_organization(**more: str) -> Accounts:
    admin = inline(document({}))
    everything = found(
        roles=(
            role("A", RolePolicyList=admin),
            role("B", Arn=iam("role/B", OTHER), RolePolicyList=admin),
            role("C", Arn=iam("role/C", "999999999999"), RolePolicyList=admin),
        )
    )
    return Accounts(merged([everything, _organization(**more)]))


def test_the_scps_of_the_caller_s_account_have_a_say() -> None:
    within = _in_organization()

    denied = _decided(within, "A", "sqs:ListQueues")
    assert (denied.decision, denied.decided_by) == ("explicitDeny", Layer.SCP)
    assert _decided(within, "B", "sqs:ListQueues").allowed is True
    assert _decided(within, "C", "sqs:ListQueues").allowed is True  # outside the organization


def test_the_rcps_of_the_resource_s_account_have_a_say() -> None:
    within = _in_organization()
    bucket = Resource(_BUCKET, _bucket_policy("Allow"), _HERE, OTHER)
    within.found.resources[_BUCKET] = bucket

    for name in "ABC":
        decision = _decided(within, name, "s3:GetObject", f"{_BUCKET}/x")
        assert (decision.decision, decision.decided_by) == ("explicitDeny", Layer.RCP)
    mine = "arn:aws:s3:::mine"
    within.found.resources[mine] = Resource(mine, None, _HERE, ACCOUNT)
    assert _decided(within, "A", "s3:GetObject", f"{mine}/x").allowed is True


def test_the_management_account_is_under_no_scp_and_its_resources_under_no_rcp() -> None:
    scps = _in_organization(management_account=ACCOUNT)
    assert _decided(scps, "A", "sqs:ListQueues").allowed is True

    rcps = _in_organization(management_account=OTHER)
    rcps.found.resources[_BUCKET] = Resource(_BUCKET, _bucket_policy("Allow"), _HERE, OTHER)
    for name in "ABC":
        assert _decided(rcps, name, "s3:GetObject", f"{_BUCKET}/x").allowed is True


def test_the_root_user_of_an_account_is_under_its_scps() -> None:
    within = _in_organization()
    root = within.principal(ACCOUNT)

    policies = within.layers(root, "sqs:ListQueues", None).policies()

    decision = decide_call(policies, [pe.Request("sqs:ListQueues", principal=root)])
    assert (decision.decision, decision.decided_by) == ("explicitDeny", Layer.SCP)


def test_a_caller_is_in_the_organization_of_its_account() -> None:
    within = _in_organization()

    def of(name: str) -> Principal:
        return within.principal(name)

    assert (of("A").organization_id, of("A").organization_paths) == ("o-a", ("o-a/r-b/ou-c/",))
    assert (of("B").organization_id, of("B").organization_paths) == ("o-a", ("o-a/r-b/",))
    assert (of("C").organization_id, of("C").organization_paths) == (None, ())
    assert of("anonymous").organization_id is None


def test_names_of_nodes_that_aws_does_not_give_make_no_path() -> None:
    value = {"organization": {}, "nodes": [{"id": "r-a-b"}, {"id": ACCOUNT, "parent": "r-a-b"}]}
    within = Accounts(merged([found(roles=(role("A"),)), read_organization(value, "o.json")]))

    principal = within.principal("A")

    assert (principal.organization_id, principal.organization_paths) == (None, ())


def test_a_source_without_an_organization_has_no_scps() -> None:
    assert example().levels(ACCOUNT, pe.PolicyType.SCP) == ()
    assert len(example(ORGANIZATION).levels(ACCOUNT, pe.PolicyType.SCP)) == 3
    assert _organization().organization is not None


def test_a_type_of_policies_that_no_node_has_is_not_in_use() -> None:
    value = {"organization": {}, "nodes": [{"id": "r-a"}, {"id": ACCOUNT, "parent": "r-a"}]}
    within = Accounts(read_organization(value, "o.json"))

    assert within.levels(ACCOUNT, pe.PolicyType.SCP) == ()
    assert within.levels(ACCOUNT, pe.PolicyType.RCP) == ()
    assert within.levels(None, pe.PolicyType.SCP) == ()
    assert Accounts(nothing(EXAMPLE)).callers == ()


# VPC endpoints


def _with_endpoint() -> Accounts:
    """Return an account that has an endpoint through which nothing is deleted."""
    statements = [
        {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Principal": "*", "Action": "s3:Delete*", "Resource": "*"},
    ]
    policy = {"Version": "2012-10-17", "Statement": statements}
    endpoint = Document("endpoint policy of vpce-1", policy, _HERE)
    held = found(users=(user("ana", UserPolicyList=inline(document({}))),))
    return Accounts(held._replace(endpoints={"vpce-1": endpoint}))


@pytest.mark.parametrize(
    ("context", "unknown", "decision"),
    [
        ({}, (), "allowed"),
        ({"AWS:sourcevpce": "vpce-1"}, (), "explicitDeny"),
        ({"aws:SourceVpce": "vpce-2"}, (), "allowed"),
        ({"aws:SourceVpce": None}, (), "allowed"),
        ({"aws:CalledVia": ["x.amazonaws.com"]}, ("aws:SourceVpce",), "allowed"),
        ({}, ("aws:SourceVpce",), "undetermined"),
        ({}, ("*",), "undetermined"),
        ({}, ("aws:SourceIp",), "allowed"),
    ],
)
def test_the_policy_of_the_endpoint_that_a_call_passes_has_a_say(
    context: dict[str, str | list[str] | None], unknown: tuple[str, ...], decision: str
) -> None:
    """What a service forwards does not pass the caller's endpoint (R-FAS-01)."""
    within = _with_endpoint()
    question = Question("s3:DeleteObject", f"{_BUCKET}/x", context, unknown, now=NOW)

    found = answer(within, within.caller("ana"), question).decision

    assert found.decision == decision
    actions = ("s3:DeleteObject", "s3:GetObject")
    (row,) = matrix(within, actions, question)
    assert row.cells[0].word == decision
    assert row.cells[1].word == ("undetermined" if decision == "undetermined" else "allowed")


# Whose a resource is


_PERIMETER = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {
    "StringNotEquals": {"aws:ResourceOrgID": "o-example1"},
}}  # fmt: skip


def _organized(*more: dict[str, object]) -> Accounts:
    """Return an account whose organization lets nobody reach what is outside it."""
    full = {"name": "Full", "policy": document({})}
    perimeter = {"name": "Perimeter", "policy": {"Version": "2012-10-17", "Statement": _PERIMETER}}
    nodes = [
        {"id": "r-ab12", "scps": [full]},
        {"id": ACCOUNT, "parent": "r-ab12", "scps": [full, perimeter]},
        *({"parent": "r-ab12", "scps": [full], **each} for each in more),
    ]
    organization = {"id": "o-example1", "management_account": "999999999999"}
    tree = read_organization({"organization": organization, "nodes": nodes}, "o.json")
    held = found(
        roles=(
            role("Dev", RolePolicyList=inline(document({}))),
            role("T", Arn=iam("role/T", OTHER),
                 AssumeRolePolicyDocument=trusting({"AWS": iam("role/Dev")})),
        )
    )  # fmt: skip
    return Accounts(merged([held, tree]))


def test_an_account_of_the_organization_has_its_organization() -> None:
    within = _organized({"id": OTHER})

    assert _decided(within, "Dev", "sts:AssumeRole", iam("role/T", OTHER)).allowed is True
    of_own = _decided(within, "Dev", "iam:GetRole", iam("role/Dev"))
    assert of_own.allowed is True


def test_of_an_account_that_may_be_in_the_organization_it_is_unknown() -> None:
    decision = _decided(_organized(), "Dev", "sts:AssumeRole", iam("role/T", OTHER))

    assert decision.allowed is None
    assert "aws:ResourceOrgID" in decision.missing_context
    said = Question("sts:AssumeRole", iam("role/T", OTHER), {"aws:ResourceOrgID": "o-example1"})
    within = _organized()
    assert answer(within, within.caller("Dev"), said._replace(now=NOW)).decision.allowed is True


def test_the_management_account_is_in_its_organization() -> None:
    within = _organized()
    decision = _decided(within, "Dev", "sts:AssumeRole", iam("role/X", "999999999999"))

    assert "aws:ResourceOrgID" not in decision.missing_context


@pytest.mark.parametrize(("owner", "word"), [(OTHER, "explicitDeny"), (ACCOUNT, "allowed")])
def test_the_account_that_a_question_says_has_its_control_policies(owner: str, word: str) -> None:
    """R-RCP-01: the policies are those over the resource's account."""
    denying = {
        "name": "No",
        "policy": document({"Effect": "Deny", "Principal": "*", "Action": "s3:*"}),
    }
    nodes = [{"id": "r-ab12"}, {"id": ACCOUNT, "parent": "r-ab12"},
             {"id": OTHER, "parent": "r-ab12", "rcps": [denying]}]  # fmt: skip
    tree = read_organization({"organization": {"id": "o-example1"}, "nodes": nodes}, "o.json")
    policy = {"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": f"{_BUCKET}/*",
    }}  # fmt: skip
    bucket = Resource(_BUCKET, Document("policy of logs", policy, _HERE), _HERE)
    held = found(roles=(role("Dev", RolePolicyList=inline(document({}))),))
    within = Accounts(merged([held._replace(resources={_BUCKET: bucket}), tree]))
    question = Question("s3:GetObject", f"{_BUCKET}/x", now=NOW, resource_account=owner)

    assert answer(within, within.caller("Dev"), question).decision.decision == word
    (row,) = matrix(within, ["s3:GetObject"], question)
    assert row.cells[0].word == word
    also = question._replace(also=(("s3:ListAllMyBuckets", None),))
    assert answer(within, within.caller("Dev"), also).decision.allowed is (word == "allowed")


def test_the_account_in_an_arn_is_the_resource_s_whatever_a_source_says() -> None:
    arn = f"arn:aws:sqs:us-east-1:{OTHER}:q"
    held = found(roles=(role("Dev"),))._replace(
        resources={arn: Resource(arn, None, _HERE, ACCOUNT)}
    )

    assert Accounts(held).owner(arn) == OTHER


def test_what_is_remembered_of_one_resource_is_not_said_of_another_account_s() -> None:
    """The same policies are asked about resources of three accounts, one after the other."""
    within = _organized({"id": OTHER})
    queues = [f"arn:aws:sqs:us-east-1:{each}:q" for each in (ACCOUNT, OTHER, "121212121212")]
    asked = [Question("sqs:SendMessage", each, now=NOW) for each in (*queues, *queues[::-1])]
    dev = within.caller("Dev")

    together = [answer(within, dev, each).decision for each in asked]

    alone = [answer(_organized({"id": OTHER}), dev, each).decision for each in asked]
    assert [each.missing_context for each in together] == [each.missing_context for each in alone]
    assert [each.decision for each in together] == [each.decision for each in alone]
    assert len({each.missing_context for each in together}) > 1


def test_a_policy_of_a_resource_that_nobody_knows_may_be_that_of_any() -> None:
    """So it is with one whose target a template or plan does not tell."""
    unknown = Document("policy of Other", None, _HERE, "Other: whose it is is not known")
    own = Document("policy of logs", document({"Principal": "*"}), _HERE)
    queue = f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"
    held = found(users=(user("ana", UserPolicyList=inline(document({}))),))._replace(
        resources={
            "arn:aws:s3:::*": Resource("arn:aws:s3:::*", unknown, _HERE),
            _BUCKET: Resource(_BUCKET, own, _HERE),
            queue: Resource(queue, None, _HERE),
        }
    )
    within = Accounts(held)

    for name in (f"{_BUCKET}/x", "arn:aws:s3:::other/x", "arn:aws:s3:::other"):
        decision = _decided(within, "ana", "s3:GetObject", name)
        assert decision.allowed is None
        assert 'statement "policy of Other#2" applies' in str(decision.deny_if)
    assert _decided(within, "ana", "sqs:SendMessage", queue).allowed is True
    assert within.unknown == {"policy of Other": "Other: whose it is is not known"}
