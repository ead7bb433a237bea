"""Outputs of single AWS CLI calls, in the forms of the AWS CLI Command Reference."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypeAlias

import pytest

import policy_eval as pe
from policy_eval.errors import SourceError
from policy_eval.sources.accounts import Accounts
from policy_eval.sources.cli_calls import read_calls, read_script
from policy_eval.sources.cli_command import is_calls, is_script
from policy_eval.sources.loading import load
from policy_eval.sources.model import EntityKind, Found, Organization
from policy_eval.sources.workspace import write_workspace

_A = "111122223333"
_ROLE = f"arn:aws:iam::{_A}:role/team/Dev"
_SECRET = f"arn:aws:secretsmanager:us-east-1:{_A}:secret:appflow!x-AbCdEf"
_ALLOW = {"Effect": "Allow", "Action": "secretsmanager:*", "Resource": "*"}
_DOCUMENT = {"Version": "2012-10-17", "Statement": [_ALLOW]}
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "appflow.amazonaws.com"},
         "Action": "sts:AssumeRole"},
    ],
}  # fmt: skip
_GET_ROLE = {
    "Role": {
        "Path": "/team/", "RoleName": "Dev", "RoleId": "AROAEXAMPLE", "Arn": _ROLE,
        "AssumeRolePolicyDocument": _TRUST,
        "PermissionsBoundary": {
            "PermissionsBoundaryType": "Policy",
            "PermissionsBoundaryArn": f"arn:aws:iam::{_A}:policy/Limits",
        },
        "Tags": [{"Key": "team", "Value": "red"}],
    }
}  # fmt: skip
_ATTACHED = {"AttachedPolicies": [{"PolicyName": "P", "PolicyArn": f"arn:aws:iam::{_A}:policy/P"}]}

_IN_NONE = "An error occurred (AWSOrganizationsNotInUseException) when calling the X operation"

_Calls: TypeAlias = list[tuple[str, object]]
_OF_ROLE: _Calls = [
    ("aws iam get-role --role-name Dev", _GET_ROLE),
    ("aws iam list-attached-role-policies --role-name=Dev", _ATTACHED),
    ("aws iam list-role-policies --role-name Dev", {"PolicyNames": ["Own"]}),
    (
        "aws iam get-role-policy --role-name Dev --policy-name Own",
        {"RoleName": "Dev", "PolicyName": "Own", "PolicyDocument": _DOCUMENT},
    ),
    (
        f"aws iam get-policy --policy-arn arn:aws:iam::{_A}:policy/P",
        {"Policy": {"Arn": f"arn:aws:iam::{_A}:policy/P", "DefaultVersionId": "v2"}},
    ),
    *(
        (
            f"aws iam get-policy-version --policy-arn arn:aws:iam::{_A}:policy/P --version-id {v}",
            {
                "PolicyVersion": {
                    "Document": _DOCUMENT,
                    "VersionId": v,
                    "IsDefaultVersion": v == "v2",
                }
            },
        )
        for v in ("v1", "v2")
    ),
    (
        f"aws iam get-policy-version --policy-arn arn:aws:iam::{_A}:policy/Limits --version-id v1",
        {"PolicyVersion": {"Document": _DOCUMENT, "VersionId": "v1", "IsDefaultVersion": True}},
    ),
]


def _read(folder: Path, calls: _Calls, account: str | None = _A, **more: object) -> Found:
    listed = []
    for number, (command, output) in enumerate(calls):
        text = json.dumps(output) if output is not None else _IN_NONE
        (folder / f"{number}.json").write_text(text, "utf-8")
        whole = command if "aws " in command else f"aws {command}"
        listed.append({"command": whole, "output": f"{number}.json"})
    value = {"version": 1, "account": account, "calls": listed}
    assert is_calls(value)
    return read_calls(value, str(folder / "calls.json"), **more)  # type: ignore[arg-type]


def _decided(found: Found, action: str = "secretsmanager:GetSecretValue") -> pe.Decision:
    accounts = Accounts(found)
    request = pe.Request(action, _SECRET, principal=accounts.principal("role/Dev"))
    entity = accounts.entity("role/Dev")
    assert entity is not None
    return pe.decide(accounts.policies(entity, action, _SECRET), request)


def test_a_role_whose_calls_are_all_there(tmp_path: Path) -> None:
    found = _read(tmp_path, _OF_ROLE)

    (role,) = found.entities.values()
    assert (role.kind, role.unknown, role.tags) == (EntityKind.ROLE, "", (("team", "red"),))
    assert [each.name for each in role.inline] == ["role/Dev/Own"]
    (left,) = found.left_out
    assert str(left) == (
        f"{tmp_path}/5.json: PolicyVersion.Document: version v1 of arn:aws:iam::{_A}:policy/P: "
        "it is not the default version, or no call tells that it is (get-policy)"
    )
    assert _decided(found).decision == "allowed"


@pytest.mark.parametrize(
    ("left_out", "unknown"),
    [
        ("list-attached-role-policies", "list-attached-role-policies"),
        ("list-role-policies", "list-role-policies"),
        ("get-role-policy", "get-role-policy of every inline policy"),
    ],
)
def test_what_no_call_tells_is_unknown(tmp_path: Path, left_out: str, unknown: str) -> None:
    calls = [each for each in _OF_ROLE if f" {left_out} " not in each[0]]

    found = _read(tmp_path, calls)

    (role,) = found.entities.values()
    assert role.unknown == f"not among the calls: {unknown}"
    assert _decided(found).decision == "undetermined"


def test_a_managed_policy_that_no_call_printed_is_unknown(tmp_path: Path) -> None:
    calls = [each for each in _OF_ROLE if "policy/P" not in each[0] and "get-role-p" not in each[0]]
    calls = [*calls[:2], ("aws iam list-role-policies --role-name Dev", {"PolicyNames": []}),
             *calls[3:]]  # fmt: skip

    decision = _decided(_read(tmp_path, calls))

    assert decision.decision == "undetermined"
    assert 'statement "policy/P#1" applies' in str(decision.allow_if)


_USER = {"UserName": "ann", "UserId": "AIDAEXAMPLE", "Arn": f"arn:aws:iam::{_A}:user/ann"}
_GROUP = {"GroupName": "devs", "GroupId": "AGPAEXAMPLE", "Arn": f"arn:aws:iam::{_A}:group/devs"}


def test_the_groups_of_a_user(tmp_path: Path) -> None:
    members: tuple[str, object] = (
        "iam get-group --group-name devs",
        {"Group": _GROUP, "Users": [_USER]},
    )
    groups = ("iam list-groups", {"Groups": [_GROUP]})
    of_user = ("iam list-groups-for-user --user-name ann", {"Groups": [_GROUP]})
    whole = ("iam get-user --user-name ann", {"User": _USER})
    rows: list[tuple[_Calls, bool]] = [
        ([members, groups], True),
        ([whole, of_user], True),
        ([members], False),
        ([members, ("iam list-groups --path-prefix /a/", {"Groups": [_GROUP]})], False),
        ([whole], False),
    ]

    for calls, is_known in rows:
        (ann,) = _read(tmp_path, calls).of_kind(EntityKind.USER)
        assert ann.groups == (() if calls == [whole] else (_GROUP["Arn"],))
        assert ("list-groups-for-user" not in ann.unknown) is is_known


_LISTED: tuple[str, object] = (
    "iam list-roles",
    {"Roles": [{name: value for name, value in _GET_ROLE["Role"].items()
                if name not in ("Tags", "PermissionsBoundary")}]},
)  # fmt: skip


def test_a_list_tells_no_boundary_and_no_tags(tmp_path: Path) -> None:
    listed = ("iam list-users", {"Users": [_USER]})
    tags = ("iam list-user-tags --user-name ann", {"Tags": [{"Key": "a", "Value": "b"}]})
    whole = ("iam get-user --user-name ann",
             {"User": {**_USER, "Tags": [{"Key": "c", "Value": "d"}]}})  # fmt: skip

    (ann,) = (found := _read(tmp_path, [listed, tags])).of_kind(EntityKind.USER)
    assert ann.tags == (("a", "b"),)
    assert ann.boundary == "boundary of user/ann"
    assert found.managed[ann.boundary].unknown == "not among the calls: get-user of ann"

    for calls in ([listed, whole], [whole, listed]):
        (ann,) = _read(tmp_path, calls).of_kind(EntityKind.USER)
        assert (ann.boundary, ann.tags) == (None, (("c", "d"),))


def test_whom_a_policy_is_attached_to(tmp_path: Path) -> None:
    arn = f"arn:aws:iam::{_A}:policy/Also"
    output = {
        "PolicyGroups": [{"GroupName": "devs", "GroupId": "AGPAEXAMPLE"}],
        "PolicyUsers": [{"UserName": "ann", "UserId": "AIDAEXAMPLE"}],
        "PolicyRoles": [{"RoleName": "Dev", "RoleId": "AROAEXAMPLE"}],
    }
    command = f"iam list-entities-for-policy --policy-arn {arn} --policy-usage-filter "
    users = ("iam list-users", {"Users": [_USER]})

    attached = _read(tmp_path, [*_OF_ROLE, users, (f"{command}PermissionsPolicy", output)])
    bounded = _read(tmp_path, [*_OF_ROLE[1:], users, _LISTED,
                               (f"{command}PermissionsBoundary", output)])  # fmt: skip
    either = _read(tmp_path, [(command.replace("--policy-usage-filter ", ""), output)])

    assert attached.entities[_ROLE].managed == (f"arn:aws:iam::{_A}:policy/P", arn)
    assert attached.entities[_USER["Arn"]].managed == (arn,)
    assert "list-attached-user-policies" in attached.entities[_USER["Arn"]].unknown
    assert [each.what for each in attached.left_out[1:]] == ["group devs"]
    assert bounded.entities[_USER["Arn"]].boundary == arn
    assert bounded.entities[_ROLE].boundary == arn
    assert either.left_out[0].why == (
        "without --policy-usage-filter it tells attachments and boundaries as one"
    )


def test_a_list_of_a_part_of_what_is_attached_is_not_all(tmp_path: Path) -> None:
    part = ("iam list-attached-role-policies --role-name Dev --path-prefix /a/", _ATTACHED)

    found = _read(tmp_path, [_OF_ROLE[0], *_OF_ROLE[2:], part])

    assert found.entities[_ROLE].managed == (f"arn:aws:iam::{_A}:policy/P",)
    assert found.entities[_ROLE].unknown == "not among the calls: list-attached-role-policies"


def test_a_name_without_a_description_is_left_out(tmp_path: Path) -> None:
    found = _read(tmp_path, _OF_ROLE[1:4])

    assert [str(each) for each in found.left_out] == [
        f"{tmp_path}/calls.json: calls[0].command: role Dev: no call tells its ARN (get-role)"
    ]


def test_policies_of_resources(tmp_path: Path) -> None:
    text = json.dumps({"Version": "2012-10-17", "Statement": []})
    queue, topic = f"arn:aws:sqs:us-east-1:{_A}:q", f"arn:aws:sns:us-east-1:{_A}:t"
    key, function = f"arn:aws:kms:us-east-1:{_A}:key/k", f"arn:aws:lambda:us-east-1:{_A}:function:f"

    found = _read(
        tmp_path,
        [
            ("secretsmanager get-resource-policy --secret-id x",
             {"ARN": _SECRET, "Name": "x", "ResourcePolicy": text}),
            ("secretsmanager get-resource-policy --secret-id y",
             {"ARN": f"{_SECRET}2", "Name": "y"}),
            ("s3api get-bucket-policy --bucket logs", {"Policy": text}),
            (f"kms get-key-policy --key-id {key} --policy-name default", {"Policy": text}),
            ("sqs get-queue-attributes --queue-url https://q/1/q --attribute-names All",
             {"Attributes": {"QueueArn": queue, "Policy": text}}),
            ("sns get-topic-attributes",
             {"Attributes": {"TopicArn": topic, "Policy": text}}),
            (f"lambda get-policy --function-name {function}", {"Policy": text, "RevisionId": "1"}),
        ],
    )  # fmt: skip

    with_policies = {_SECRET, "arn:aws:s3:::logs", key, queue, topic, function}
    assert {arn for arn, each in found.resources.items() if each.policy} == with_policies
    assert found.resources[f"{_SECRET}2"].policy is None
    assert found.resources["arn:aws:s3:::logs"].account == _A


def test_resources_of_which_no_call_tells_the_policy(tmp_path: Path) -> None:
    queue = f"arn:aws:sqs:us-east-1:{_A}:q"
    tags = [{"Key": "team", "Value": "red"}]
    secret = ("secretsmanager describe-secret --secret-id x",
              {"ARN": _SECRET, "Name": "x", "Tags": tags})  # fmt: skip
    policy = ("secretsmanager get-resource-policy --secret-id x", {"ARN": _SECRET, "Name": "x"})

    found = _read(tmp_path, [
        secret,
        ("s3api get-bucket-tagging --bucket logs --region cn-north-1", {"TagSet": tags}),
        ("sqs get-queue-attributes --queue-url https://q/1/q --attribute-names QueueArn",
         {"Attributes": {"QueueArn": queue}}),
    ])  # fmt: skip

    bucket = "arn:aws-cn:s3:::logs"
    assert {arn: each.tags for arn, each in found.resources.items()} == {
        _SECRET: (("team", "red"),), bucket: (("team", "red"),), queue: (),
    }  # fmt: skip
    unknown = {arn: each.policy and each.policy.unknown for arn, each in found.resources.items()}
    assert unknown == {
        _SECRET: f"{_SECRET}: no call tells its policy",
        bucket: f"{bucket}: no call tells its policy",
        queue: f"{queue}: its policy was not asked for (--attribute-names All)",
    }
    for calls in ([secret, policy], [policy, secret]):
        (whole,) = _read(tmp_path, calls).resources.values()
        assert (whole.policy, whole.tags) == (None, (("team", "red"),))


def test_a_call_that_failed_may_say_that_there_is_nothing(tmp_path: Path) -> None:
    function = f"arn:aws:lambda:eu-west-1:{_A}:function:f"
    commands = {
        "s3api get-bucket-policy --bucket logs": "NoSuchBucketPolicy",
        "s3api get-bucket-tagging --bucket logs": "NoSuchTagSet",
        f"lambda get-policy --function-name {function} --qualifier live":
            "ResourceNotFoundException",
    }  # fmt: skip
    for number, code in enumerate(commands.values()):
        text = f"\naws: [ERROR]: An error occurred ({code}) when calling the X operation: no\n"
        (tmp_path / f"{number}.json").write_text(text, "utf-8")
    calls = [{"command": f"aws {each}", "output": f"{n}.json"} for n, each in enumerate(commands)]

    found = read_calls({"calls": calls}, str(tmp_path / "calls.json"))
    with pytest.raises(SourceError, match="the call failed: NoSuchBucketPolicy"):
        read_calls(
            {"calls": [{"command": "aws iam list-users", "output": "0.json"}]},
            str(tmp_path / "calls.json"),
        )

    assert {arn: each.policy for arn, each in found.resources.items()} == {
        "arn:aws:s3:::logs": None, f"{function}:live": None,
    }  # fmt: skip


def test_keys_and_functions_may_be_named_where_region_and_account_are_told(tmp_path: Path) -> None:
    key, function = ("1234abcd-12ab-34cd-56ef-1234567890ab", "my-function")
    caller = ("sts get-caller-identity", {"UserId": "x", "Account": _A, "Arn": "y"})

    found = _read(tmp_path, [
        (f"aws --region us-gov-west-1 kms get-key-policy --key-id {key} --policy-name default",
         {"Policy": "{}", "PolicyName": "default"}),
        (f"lambda get-policy --function-name {function} --region eu-west-1", {"Policy": _DOCUMENT}),
        caller,
    ])  # fmt: skip

    assert [*found.resources] == [
        f"arn:aws-us-gov:kms:us-gov-west-1:{_A}:key/{key}",
        f"arn:aws:lambda:eu-west-1:{_A}:function:{function}",
    ]


def test_policies_of_endpoints(tmp_path: Path) -> None:
    output = {"VpcEndpoints": [
        {"VpcEndpointId": "vpce-1", "PolicyDocument": json.dumps(_DOCUMENT)},
        {"VpcEndpointId": "vpce-2", "VpcEndpointType": "GatewayLoadBalancer"},
    ]}  # fmt: skip

    found = _read(tmp_path, [("ec2 describe-vpc-endpoints", output)])

    assert {name: each.content for name, each in found.endpoints.items()} == {"vpce-1": _DOCUMENT}


# Organizations


def _summary(identity: str, kind: str = "SERVICE_CONTROL_POLICY") -> dict[str, object]:
    return {"Id": identity, "Name": identity, "Type": kind, "AwsManaged": False}


def _policy(identity: str, kind: str = "SERVICE_CONTROL_POLICY") -> tuple[str, object]:
    content = json.dumps(_DOCUMENT)
    return (f"organizations describe-policy --policy-id {identity}",
            {"Policy": {"PolicySummary": _summary(identity, kind),
                        "Content": content}})  # fmt: skip


def _targets(identity: str, *names: str) -> tuple[str, object]:
    return (f"organizations list-targets-for-policy --policy-id {identity}",
            {"Targets": [{"TargetId": name} for name in names]})  # fmt: skip


def _all_policies(*identities: str, kind: str = "SERVICE_CONTROL_POLICY") -> tuple[str, object]:
    return (f"organizations list-policies --filter {kind}",
            {"Policies": [_summary(each, kind) for each in identities]})  # fmt: skip


def _policies_of(target: str, *identities: str) -> tuple[str, object]:
    kind = "SERVICE_CONTROL_POLICY"
    return (f"organizations list-policies-for-target --target-id {target} --filter {kind}",
            {"Policies": [_summary(each) for each in identities]})  # fmt: skip


def _roots(*types: str) -> tuple[str, object]:
    enabled = [{"Type": each, "Status": "ENABLED"} for each in types]
    disabled = [{"Type": "TAG_POLICY", "Status": "PENDING_ENABLE"}]
    root = {"Id": "r-1", "Name": "Root", "PolicyTypes": [*enabled, *disabled]}
    return ("organizations list-roots", {"Roots": [root]})


_ABOUT: tuple[str, object] = (
    "organizations describe-organization",
    {"Organization": {"Id": "o-a", "MasterAccountId": "999999999999", "FeatureSet": "ALL"}},
)
_TREE: _Calls = [
    _ABOUT,
    _roots("SERVICE_CONTROL_POLICY"),
    ("organizations list-organizational-units-for-parent --parent-id r-1",
     {"OrganizationalUnits": [{"Id": "ou-1", "Name": "Work"}]}),
    ("organizations list-accounts-for-parent --parent-id ou-1",
     {"Accounts": [{"Id": _A, "Name": "Team"}]}),
]  # fmt: skip


def _organization(found: Found) -> Organization:
    assert found.organization is not None
    return found.organization


def _shape(found: Found) -> dict[str, tuple[str, list[str]]]:
    """Return the parent of each node and its SCPs; those that nobody knows with a `?`."""
    return {
        name: (node.parent,
               [f"{each.name}{'' if each.content else '?'}" for each in node.scps])
        for name, node in _organization(found).nodes.items()
    }  # fmt: skip


def test_an_organization(tmp_path: Path) -> None:
    found = _read(
        tmp_path,
        [*_OF_ROLE, *_TREE, _policy("p-1"), _policy("p-2", "TAG_POLICY"),
         _targets("p-1", "r-1", _A), _all_policies("p-1")],
    )  # fmt: skip

    organization = _organization(found)
    assert (organization.id, organization.management_account) == ("o-a", "999999999999")
    assert (organization.has_scps, organization.has_rcps) == (True, False)
    assert _shape(found) == {
        "r-1": ("", ["p-1"]), "ou-1": ("r-1", []), _A: ("ou-1", ["p-1"]),
    }  # fmt: skip
    assert found.left_out[-1].what == "p-2"
    decision = _decided(found)  # the unit has no policy, so it allows nothing
    assert (decision.decision, decision.decided_by) == ("implicitDeny", pe.Layer.SCP)


def test_the_tree_may_be_told_from_above_and_from_below(tmp_path: Path) -> None:
    account = {"Id": _A, "Name": "Team", "Paths": [f"o-a/r-1/ou-1/{_A}/"]}
    listed: _Calls = [
        ("organizations list-accounts", {"Accounts": [account]}),
    ]
    children: _Calls = [
        ("organizations list-children --parent-id r-1 --child-type ORGANIZATIONAL_UNIT",
         {"Children": [{"Id": "ou-1", "Type": "ORGANIZATIONAL_UNIT"}]}),
        ("organizations list-children --parent-id ou-1 --child-type ACCOUNT",
         {"Children": [{"Id": _A, "Type": "ACCOUNT"}]}),
    ]  # fmt: skip
    parents: _Calls = [
        (f"organizations list-parents --child-id {_A}",
         {"Parents": [{"Id": "ou-1", "Type": "ORGANIZATIONAL_UNIT"}]}),
        ("organizations list-parents --child-id ou-1",
         {"Parents": [{"Id": "r-1", "Type": "ROOT"}]}),
    ]  # fmt: skip
    named: _Calls = [
        (f"organizations describe-account --account-id {_A}",
         {"Account": {"Id": _A, "Name": "Team"}}),
        ("organizations describe-organizational-unit --organizational-unit-id ou-1",
         {"OrganizationalUnit": {"Id": "ou-1", "Name": "Work"}}),
    ]  # fmt: skip
    policies = [_policies_of(each, "p-FullAWSAccess") for each in ("r-1", "ou-1", _A)]

    for calls in (listed, children, parents):
        found = _read(tmp_path, [*calls, *policies])
        full = ["FullAWSAccess"]
        assert dict(sorted(_shape(found).items())) == {
            _A: ("ou-1", full), "ou-1": ("r-1", full), "r-1": ("", full),
        }  # fmt: skip
    nodes = _organization(_read(tmp_path, [*parents, *named])).nodes
    assert {name: node.name for name, node in nodes.items()} == {
        _A: "Team", "ou-1": "Work", "r-1": "r-1",
    }  # fmt: skip


def test_what_no_call_tells_of_an_organization_is_unknown(tmp_path: Path) -> None:
    tree = [*_OF_ROLE, *_TREE]
    some = _read(tmp_path, [*tree, _policy("p-1"), _targets("p-1", "r-1")])
    none_described = _read(tmp_path, [*tree, *(_policies_of(each, "p-1") for each in
                                               ("r-1", "ou-1", _A))])  # fmt: skip
    above = _read(tmp_path, [_policies_of(_A)])

    unknown = {name: scps for name, (_, scps) in _shape(some).items()}
    assert unknown == {
        "r-1": ["p-1", "further policies of r-1?"],
        "ou-1": ["policies of ou-1?"], _A: [f"policies of {_A}?"],
    }  # fmt: skip
    assert _decided(some).decision == "undetermined"
    assert {scps[0] for _, scps in _shape(none_described).values()} == {"p-1?"}
    assert _shape(above) == {
        f"what {_A} is in": ("", [f"policies above {_A}?"]), _A: (f"what {_A} is in", []),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("calls", "in_use"),
    [
        ([_roots()], (False, False)),
        ([_roots("RESOURCE_CONTROL_POLICY")], (False, True)),
        ([("organizations list-roots", {"Roots": [{"Id": "r-1", "Name": "Root"}]})], (True, True)),
        ([("organizations describe-organization",
           {"Organization": {"Id": "o-a", "FeatureSet": "CONSOLIDATED_BILLING"}}),
          _policies_of("r-1")], (False, False)),
    ],
)  # fmt: skip
def test_which_types_of_policy_are_in_use(
    tmp_path: Path, calls: _Calls, in_use: tuple[bool, bool]
) -> None:
    organization = _organization(_read(tmp_path, calls))

    assert (organization.has_scps, organization.has_rcps) == in_use


def test_resource_control_policies_have_their_own_attachments(tmp_path: Path) -> None:
    rcp = "RESOURCE_CONTROL_POLICY"
    found = _read(
        tmp_path,
        [_roots(rcp), _policy("p-1", rcp), _targets("p-1", "r-1"),
         _targets("p-RCPFullAWSAccess", "r-1"),
         _all_policies("p-1", "p-RCPFullAWSAccess", kind=rcp)],
    )  # fmt: skip

    root = _organization(found).nodes["r-1"]
    assert [each.name for each in root.rcps] == ["p-1"]
    assert [each.name for each in root.scps] == ["policies of r-1"]


def test_a_tree_with_a_circle_is_refused(tmp_path: Path) -> None:
    parents: _Calls = [
        (f"organizations list-parents --child-id {child}", {"Parents": [{"Id": parent}]})
        for child, parent in (("ou-1", "ou-2"), ("ou-2", "ou-1"))
    ]

    with pytest.raises(SourceError, match="a node above itself"):
        _read(tmp_path, parents)


# What is no call, and what cannot be read


@pytest.mark.parametrize(
    "command", ["iam list-instance-profiles", "ec2 describe-instances", "iam get-account-summary",
                "iam list-policy-versions"]
)  # fmt: skip
def test_other_commands_are_listed_as_left_out(tmp_path: Path, command: str) -> None:
    found = _read(tmp_path, [(command, {})])

    (left,) = found.left_out
    assert left.what == command


@pytest.mark.parametrize(
    ("command", "output", "message"),
    [
        ("iam list-attached-role-policies", _ATTACHED, "without --role-name"),
        ("iam get-role --role-name 'Dev", {}, "is no command: No closing quotation"),
        ("iam get-role --query Role", {}, "with --query the whole output is not printed as JSON"),
        ("iam get-role --output text", {}, "with --output the whole"),
        ("iam list-users", {"Users": [], "IsTruncated": True}, "`IsTruncated` says that there is"),
        ("iam get-role", {"Role": {"RoleName": "Dev", "Arn": "x"}}, "`x` is no ARN of a role"),
        ("iam get-role --role-name Dev", {"Rolle": {}}, "`Role` is not there"),
        ("iam get-role --role-name Dev", [], "a list stands where an object is expected"),
    ],
)
def test_a_call_that_cannot_be_used_is_refused_at_its_place(
    tmp_path: Path, command: str, output: object, message: str
) -> None:
    with pytest.raises(SourceError, match=message) as caught:
        _read(tmp_path, [(command, output)])
    assert str(tmp_path) in str(caught.value)

    kept: list[SourceError] = []
    found = _read(tmp_path, [(command, output), *_OF_ROLE], on_error=kept.append)
    assert (len(kept), len(found.entities)) == (1, 1)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (None, "unreadable-file"), (b"{", "json-syntax"), (b"\xe9", "wrong-encoding"),
        (b" \n", "empty-file"), (b"\x1f\x8b\x08", "unreadable-file"), (b"[" * 100_000, "too-deep"),
    ],
)  # fmt: skip
def test_an_output_that_cannot_be_read(tmp_path: Path, data: bytes | None, code: str) -> None:
    if data is not None:
        (tmp_path / "x.json").write_bytes(data)
    value = {"version": 1, "calls": [{"command": "aws iam list-users", "output": "x.json"}]}

    with pytest.raises(SourceError) as caught:
        read_calls(value, str(tmp_path / "calls.json"))

    assert caught.value.diagnostics[0].code == code


def test_an_output_whose_name_no_file_has_is_refused() -> None:
    with pytest.raises(SourceError, match="embedded null byte"):
        read_calls({"calls": [{"command": "aws iam list-users", "output": "a\0"}]}, "calls.json")


def test_a_list_of_another_version_is_refused() -> None:
    with pytest.raises(SourceError, match="version 2 is not known; expected 1"):
        read_calls({"version": 2, "calls": []}, "calls.json")


def test_which_version_of_a_managed_policy_is_the_default_one(tmp_path: Path) -> None:
    arn = f"arn:aws:iam::{_A}:policy/P"

    def version(name: str, **more: bool) -> tuple[str, object]:
        found = {"Document": {"Version": name}, "VersionId": name, **more}
        return (f"iam get-policy-version --policy-arn {arn} --version-id {name}",
                {"PolicyVersion": found})  # fmt: skip

    about = {"Arn": arn, "DefaultVersionId": "v2"}
    one = ("iam get-policy", {"Policy": about})
    listed = ("iam list-policies", {"Policies": [about]})

    def taken(*calls: tuple[str, object]) -> list[object]:
        return [each.content for each in _read(tmp_path, [*calls]).managed.values()]

    assert taken(version("v1")) == []  # an earlier one may be the default
    assert taken(version("v1"), version("v2")) == []
    assert taken(version("v1", IsDefaultVersion=False)) == []
    assert taken(version("v1"), version("v2", IsDefaultVersion=True)) == [{"Version": "v2"}]
    for told in (one, listed):
        assert taken(told, version("v1")) == []
        assert taken(told, version("v1"), version("v2")) == [{"Version": "v2"}]


# Scripts

_SCRIPT = """#!/bin/sh
set -eu
# whose account it is
mkdir -p out

aws sts get-caller-identity > out/me.json
AWS_PROFILE=x aws --no-cli-pager iam get-role \\
    --role-name Dev > out/role.json
aws s3api get-bucket-policy --bucket logs > out/logs.json 2>&1
"""


def _outputs(folder: Path) -> None:
    (folder / "out").mkdir()
    for name, output in (
        ("me", {"UserId": "AIDA", "Account": _A, "Arn": "x"}),
        ("role", _GET_ROLE),
        ("logs", {"Policy": json.dumps(_DOCUMENT)}),
    ):
        (folder / "out" / f"{name}.json").write_text(json.dumps(output), "utf-8")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_script_is_read_as_what_its_calls_printed(tmp_path: Path, end: str) -> None:
    _outputs(tmp_path)
    script = tmp_path / "calls.sh"
    script.write_bytes(_SCRIPT.replace("\n", end).encode())

    by_file, by_folder = load([str(script)]), load([str(tmp_path)])

    assert by_file == by_folder
    assert [*by_file.entities] == [_ROLE]
    assert by_file.resources["arn:aws:s3:::logs"].account == _A


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (_SCRIPT.encode(), True),
        (b"aws iam list-users > x", True),
        (b"# nothing", False),
        (b"echo aws iam > x", False),
        (b"Resources:\n  aws iam", False),
        (b"", False),
        (b" [\naws iam list-users > x]", False),
    ],
)
def test_a_script_is_told_by_its_first_command(data: bytes, *, expected: bool) -> None:
    assert is_script(data) is expected


@pytest.mark.parametrize(
    "line",
    [
        "aws iam list-users", "cat x > y", "aws iam list-users > x; rm x",
        "aws iam get-role --role-name $NAME > x", "mkdir -p a && aws iam list-users > x",
        "set -e; aws iam list-users > x", "mkdir a#; aws iam list-users > x",
        "aws iam list-users | tee x > y",
        "aws iam 'list > x",
    ],
)  # fmt: skip
def test_other_lines_of_a_script_are_refused(tmp_path: Path, line: str) -> None:
    _outputs(tmp_path)
    file = str(tmp_path / "calls.sh")
    text = f"{_SCRIPT}{line}\n"

    with pytest.raises(SourceError) as caught:
        read_script(text, file)
    errors: list[SourceError] = []
    found = read_script(text, file, errors.append)

    assert str(caught.value).partition(" ")[2].startswith(f"{file}: line 10: `{line}`")
    assert (len(errors), [*found.entities]) == (1, [_ROLE])


# Profiles and accounts

_B = "444455556666"


def _caller(account: str = _A, partition: str = "aws") -> dict[str, str]:
    return {"UserId": "x", "Account": account, "Arn": f"arn:{partition}:iam::{account}:user/x"}


def _role_of(account: str, inline: str = "") -> list[object]:
    """Return what three calls (four with an inline policy) print of a role `Dev`."""
    role = {"RoleName": "Dev", "Arn": f"arn:aws:iam::{account}:role/Dev"}
    lists = [{"AttachedPolicies": []}, {"PolicyNames": [inline] if inline else []}]
    policy = {"RoleName": "Dev", "PolicyName": inline, "PolicyDocument": _DOCUMENT}
    return [{"Role": role}, *lists, *([policy] if inline else [])]


def _calls_of_role(outputs: list[object], before: str = "aws", after: str = "") -> _Calls:
    names = ("get-role", "list-attached-role-policies", "list-role-policies", "get-role-policy")
    return [(f"{before} iam {name} --role-name Dev{after}", output)
            for name, output in zip(names, outputs, strict=False)]  # fmt: skip


_BUCKET: tuple[str, object] = (
    "aws s3api get-bucket-policy --bucket b --profile b",
    {"Policy": json.dumps(_DOCUMENT)},
)


def _told(folder: Path, calls: _Calls, **more: object) -> Found:
    """Return what calls tell where the list says no account."""
    return _read(folder, calls, account=None, **more)


@pytest.mark.parametrize("way", ["option", "variable"])
def test_what_is_told_of_roles_is_kept_by_profile(tmp_path: Path, way: str) -> None:
    mine, theirs = _role_of(_A, "X"), _role_of(_B)
    calls = (
        [*_calls_of_role(mine, after=" --profile a"), *_calls_of_role(theirs, after=" --profile b")]
        if way == "option"
        else [*_calls_of_role(mine, "AWS_PROFILE=a aws"),
              *_calls_of_role(theirs, "AWS_DEFAULT_PROFILE=b aws")]
    )  # fmt: skip

    found = _told(tmp_path, calls)

    inline = {arn: [each.name for each in role.inline] for arn, role in found.entities.items()}
    assert inline == {
        f"arn:aws:iam::{_A}:role/Dev": ["role/Dev/X"], f"arn:aws:iam::{_B}:role/Dev": [],
    }  # fmt: skip
    assert {each.unknown for each in found.entities.values()} == {""}


def test_profiles_of_one_account_tell_of_the_same(tmp_path: Path) -> None:
    first, *rest = _calls_of_role(_role_of(_A, "X"))
    me = ("aws sts get-caller-identity --profile b", _caller())

    found = _told(tmp_path, [first, me, *((f"{name} --profile b", each) for name, each in rest)])

    (role,) = found.entities.values()
    assert (role.unknown, len(role.inline)) == ("", 1)


def test_a_bucket_is_of_the_account_of_the_profile_that_asks(tmp_path: Path) -> None:
    calls = [("aws sts get-caller-identity --profile b", _caller(_B)), _BUCKET,
             ("aws sts get-caller-identity", _caller())]  # fmt: skip

    for each in (calls, calls[::-1]):
        (bucket,) = _told(tmp_path, each).resources.values()
        assert (bucket.arn, bucket.account) == ("arn:aws:s3:::b", _B)


def test_one_profile_of_two_accounts_is_refused_whatever_is_left_out(tmp_path: Path) -> None:
    calls = [*_calls_of_role(_role_of(_A)), ("aws sts get-caller-identity", _caller(_B))]

    with pytest.raises(SourceError, match=f"calls without --profile are of account {_B} here, and "
                                          f"of {_A} in "):  # fmt: skip
        _told(tmp_path, calls, on_error=print)
    with pytest.raises(SourceError, match=f"profile b is of account {_A} here, and of {_B} in "):
        _read(tmp_path, [("sts get-caller-identity --profile b", _caller(_B))])


def test_the_account_of_a_list_is_that_of_its_one_profile(tmp_path: Path) -> None:
    assert {each.account for each in _read(tmp_path, [_BUCKET]).resources.values()} == {_A}
    with pytest.raises(SourceError, match="one account is said here, and the calls have several"):
        _read(tmp_path, [_BUCKET, ("s3api get-bucket-policy --bucket c", _BUCKET[1])])


def test_what_is_no_account_is_refused_where_it_stands(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="account: `prod` is no account ID"):
        read_calls({"account": "prod", "calls": []}, str(tmp_path / "calls.json"))
    for output, message in (
        ({"Account": "1"}, "Account: `1` is no account ID"),
        ([], "a list stands where"),
        ({}, "`Account` is not there"),
    ):
        with pytest.raises(SourceError, match=message):
            _told(tmp_path, [("sts get-caller-identity", output)])


def test_credentials_of_unknown_accounts_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        _told(tmp_path, [("AWS_SECRET_ACCESS_KEY=hidden aws iam list-users", {"Users": []})])

    assert "`AWS_SECRET_ACCESS_KEY` does not tell whose account is asked" in str(caught.value)
    assert "hidden" not in str(caught.value)


def test_variables_say_what_options_say(tmp_path: Path) -> None:
    key = ("AWS_DEFAULT_REGION=cn-north-1 AWS_PAGER='' aws kms get-key-policy --key-id k",
           {"Policy": "{}"})  # fmt: skip

    assert [*_read(tmp_path, [key]).resources] == [f"arn:aws-cn:kms:cn-north-1:{_A}:key/k"]
    with pytest.raises(SourceError, match="with --output the whole output"):
        _read(tmp_path, [("AWS_DEFAULT_OUTPUT=text aws iam list-users", {})])


def test_a_resource_is_of_the_account_in_its_arn(tmp_path: Path) -> None:
    arn = _SECRET.replace(_A, _B)
    policy = (f"secretsmanager get-resource-policy --secret-id {arn}",
              {"ARN": arn, "Name": "appflow!x", "ResourcePolicy": "{}"})  # fmt: skip

    (secret,) = _read(tmp_path, [policy]).resources.values()

    assert secret.account == _B
    for command in ("get-resource-policy", "describe-secret --secret-id appflow!x"):
        known = _read(tmp_path, [(f"secretsmanager {command}", {"ARN": arn})])
        assert [*known.resources] == [arn]


@pytest.mark.parametrize(
    ("calls", "partition"),
    [
        ([("sts get-caller-identity", _caller(partition="aws-cn"))], "aws-cn"),
        ([("iam list-attached-role-policies --role-name x", {"AttachedPolicies": [
            {"PolicyArn": "arn:aws-us-gov:iam::aws:policy/P"}]})], "aws-us-gov"),
        ([("sns get-topic-attributes --topic-arn arn:aws-iso:sns:r:1:t",
           {"Attributes": {"TopicArn": "arn:aws-iso:sns:r:1:t"}})], "aws-iso"),
    ],
)  # fmt: skip
def test_a_bucket_is_in_the_partition_that_other_calls_tell(
    tmp_path: Path, calls: _Calls, partition: str
) -> None:
    bucket: tuple[str, object] = ("s3api get-bucket-policy --bucket b --region x-1", _BUCKET[1])

    assert f"arn:{partition}:s3:::b" in _told(tmp_path, [bucket, *calls]).resources


def test_a_bucket_in_a_partition_that_no_call_tells_is_open_in_each(tmp_path: Path) -> None:
    tags: tuple[str, object] = (
        "s3api get-bucket-tagging --bucket b --profile b", {"TagSet": []}
    )  # fmt: skip

    for calls in ([_BUCKET], [tags]):
        found = _told(tmp_path, calls).resources
        assert {"arn:aws:s3:::b", "arn:aws-cn:s3:::b"} < found.keys()
        assert all(each.policy and each.policy.unknown for each in found.values())


# Calls that contradict another, or their output


@pytest.mark.parametrize(
    ("one", "other", "message"),
    [
        (("iam get-role-policy --role-name Dev --policy-name X", _role_of(_A, "X")[3]),
         ("iam get-role-policy --role-name Dev --policy-name X",
          {"RoleName": "Dev", "PolicyName": "X", "PolicyDocument": {}}), "role/Dev/X is also in"),
        (("iam list-role-policies --role-name Dev", {"PolicyNames": ["X"]}),
         ("iam list-role-policies --role-name Dev", {"PolicyNames": []}), "names of the inline"),
        (("iam list-attached-role-policies --role-name Dev", _ATTACHED),
         ("iam list-attached-role-policies --role-name Dev", {"AttachedPolicies": []}),
         "the managed policies of role Dev is also in"),
        (_BUCKET, (_BUCKET[0], {"Policy": "{}"}), "the policy of arn:aws:s3:::b is also in"),
        (("organizations describe-organization", {"Organization": {"Id": "o-a"}}),
         ("organizations describe-organization", {"Organization": {"Id": "o-b"}}),
         "the organization is also in"),
    ],
)  # fmt: skip
def test_calls_that_differ_are_refused_whatever_is_left_out(
    tmp_path: Path, one: tuple[str, object], other: tuple[str, object], message: str
) -> None:
    region = [(f"{command} --region us-gov-a".replace(":aws:", ":aws-us-gov:"), each)
              for command, each in (one, other)]  # fmt: skip
    _read(tmp_path, [one, one])

    with pytest.raises(SourceError, match=message.replace(":aws:", ":aws-us-gov:")) as caught:
        _read(tmp_path, region, on_error=print)

    assert caught.value.diagnostics[0].code == "listed-twice"


@pytest.mark.parametrize(
    ("calls", "message"),
    [
        ([*_calls_of_role(_role_of(_A)),
          ("iam get-role-policy --role-name Dev --policy-name X", _role_of(_A, "X")[3])],
         "that role Dev has no inline policy X is also in"),
        ([_OF_ROLE[0],
          ("iam list-entities-for-policy --policy-arn x --policy-usage-filter PermissionsBoundary",
           {"PolicyRoles": [{"RoleName": "Dev"}]})], "the permissions boundary of role Dev"),
    ],
)  # fmt: skip
def test_what_one_call_rules_out_another_cannot_tell(
    tmp_path: Path, calls: _Calls, message: str
) -> None:
    with pytest.raises(SourceError, match=message):
        _read(tmp_path, calls, on_error=print)


@pytest.mark.parametrize(
    ("command", "output"),
    [
        ("iam get-role --role-name Ops", _GET_ROLE),
        ("iam get-role-policy --role-name Ops --policy-name X", _role_of(_A, "X")[3]),
        ("iam get-role-policy --role-name Dev --policy-name Y", _role_of(_A, "X")[3]),
        ("iam get-policy --policy-arn arn:aws:iam::aws:policy/Q",
         {"Policy": {"Arn": "arn:aws:iam::aws:policy/P", "DefaultVersionId": "v1"}}),
        ("iam get-policy-version --policy-arn a --version-id v2",
         {"PolicyVersion": {"VersionId": "v1", "Document": {}}}),
        ("secretsmanager get-resource-policy --secret-id other", {"ARN": _SECRET, "Name": "x"}),
        (f"secretsmanager describe-secret --secret-id {_SECRET}2", {"ARN": _SECRET, "Name": "x"}),
        ("secretsmanager describe-secret --secret-id y", {"ARN": _SECRET}),
        ("sqs get-queue-attributes --queue-url https://q/1/other",
         {"Attributes": {"QueueArn": "arn:aws:sqs:r:1:q"}}),
        ("sns get-topic-attributes --topic-arn arn:aws:sns:r:1:u",
         {"Attributes": {"TopicArn": "arn:aws:sns:r:1:t"}}),
        ("organizations describe-account --account-id 1", {"Account": {"Id": "2"}}),
        ("organizations describe-policy --policy-id p-1",
         {"Policy": {"PolicySummary": {"Id": "p-2", "Name": "x", "Type": "y"}}}),
    ],
)  # fmt: skip
def test_the_output_of_another_command_is_refused(
    tmp_path: Path, command: str, output: object
) -> None:
    with pytest.raises(SourceError, match="stands here, and the command has --"):
        _read(tmp_path, [(command, output)])


def test_two_calls_cannot_name_one_file(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"AttachedPolicies": []}', "utf-8")
    calls = [{"command": f"aws iam list-attached-role-policies --role-name {name}", "output": file}
             for name, file in (("a", "x.json"), ("b", "./x.json"))]  # fmt: skip

    with pytest.raises(SourceError, match="2 calls name this file"):
        read_calls({"calls": calls}, str(tmp_path / "calls.json"), print)


@pytest.mark.parametrize(
    ("command", "member"),
    [
        ("iam get-group --group-name devs", "Users"),
        ("iam list-roles", "Roles"),
        ("iam list-attached-role-policies --role-name x", "AttachedPolicies"),
        ("iam list-role-policies --role-name x", "PolicyNames"),
        ("iam list-role-tags --role-name x", "Tags"),
        ("iam list-groups-for-user --user-name x", "Groups"),
        ("iam list-policies", "Policies"),
        ("iam list-entities-for-policy --policy-arn a --policy-usage-filter PermissionsPolicy",
         "PolicyRoles"),
        ("ec2 describe-vpc-endpoints", "VpcEndpoints"),
        ("organizations list-roots", "Roots"),
        ("organizations list-accounts-for-parent --parent-id r-1", "Accounts"),
        ("organizations list-organizational-units-for-parent --parent-id r", "OrganizationalUnits"),
        ("organizations list-children --parent-id r-1", "Children"),
        ("organizations list-accounts", "Accounts"),
        ("organizations describe-account --account-id 1", "Account"),
        ("organizations list-parents --child-id 1", "Parents"),
        ("organizations list-policies --filter x", "Policies"),
        ("organizations list-policies-for-target --target-id x --filter y", "Policies"),
        ("organizations list-targets-for-policy --policy-id x", "Targets"),
    ],
)  # fmt: skip
def test_an_output_without_what_its_command_prints_is_refused(
    tmp_path: Path, command: str, member: str
) -> None:
    with pytest.raises(SourceError, match=f"0.json: `{member}` is not there"):
        _read(tmp_path, [(command, {"Group": _GROUP} if "get-group" in command else {})])


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--starting-token x", "with --starting-token the output may be a part"),
        ("--marker x", "with --marker the output"), ("--next-token x", "with --next-token the"),
        ("--max-items 5", "with --max-items the output"),
        ("--cli-input-json x", "the command does not tell what was asked"),
    ],
)  # fmt: skip
def test_a_part_of_what_there_is_is_refused(tmp_path: Path, option: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        _read(tmp_path, [(f"iam list-roles {option}", {"Roles": []})])


def test_a_name_that_stands_twice_in_an_output_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_text('{"Roles": [], "Roles": []}', "utf-8")

    with pytest.raises(SourceError, match="`Roles` stands twice in one object"):
        read_calls({"calls": [{"command": "aws iam list-roles", "output": "x"}]},
                   str(tmp_path / "calls.json"))  # fmt: skip


def test_tags_that_no_call_tells_leave_open_what_a_role_may_do(tmp_path: Path) -> None:
    tags: tuple[str, object] = ("iam list-role-tags --role-name Dev", {"Tags": []})

    (role,) = _read(tmp_path, [_LISTED, *_OF_ROLE[1:]]).entities.values()
    (whole,) = _read(tmp_path, [_LISTED, *_OF_ROLE[1:], tags]).entities.values()

    assert role.unknown == "not among the calls: list-role-tags"
    assert whole.unknown == ""


# Calls that cannot be read, and are left out

_DENIED = "An error occurred (AccessDenied) when calling the GetBucketPolicy operation: no"


def _left_out(folder: Path, command: str) -> Found:
    """Return what is known where a call after those of the role failed and is left out."""
    (folder / "failed").write_text(_DENIED, "utf-8")
    calls = []
    for number, (each, output) in enumerate(_OF_ROLE):
        (folder / f"{number}.json").write_text(json.dumps(output), "utf-8")
        calls.append({"command": each, "output": f"{number}.json"})
    value = {"calls": [*calls, {"command": f"aws {command}", "output": "failed"}]}
    errors: list[SourceError] = []
    found = read_calls(value, str(folder / "calls.json"), errors.append)
    assert ["the call failed: AccessDenied" in str(each) for each in errors] == [True]
    return found


_FUNCTION = f"arn:aws:lambda:eu-west-1:{_A}:function:f"


@pytest.mark.parametrize(
    ("command", "arn"),
    [
        ("s3api get-bucket-policy --bucket b", "arn:aws:s3:::b"),
        ("s3api get-bucket-tagging --bucket b", "arn:aws:s3:::b"),
        (f"secretsmanager get-resource-policy --secret-id {_SECRET}", _SECRET),
        ("secretsmanager get-resource-policy --secret-id x --region us-east-1",
         f"arn:aws:secretsmanager:us-east-1:{_A}:secret:x-??????"),
        (f"secretsmanager get-resource-policy --secret-id {_SECRET[:-7]}",
         f"{_SECRET[:-7]}-??????"),
        ("kms get-key-policy --key-id k --region r-1", f"arn:aws:kms:r-1:{_A}:key/k"),
        (f"sqs get-queue-attributes --queue-url https://sqs.r-1.amazonaws.com/{_B}/q",
         f"arn:aws:sqs:r-1:{_B}:q"),
        (f"sns get-topic-attributes --topic-arn arn:aws:sns:r:{_A}:t", f"arn:aws:sns:r:{_A}:t"),
        (f"lambda get-policy --function-name {_FUNCTION} --qualifier v", f"{_FUNCTION}:v"),
    ],
)  # fmt: skip
def test_a_policy_that_could_not_be_read_is_unknown(tmp_path: Path, command: str, arn: str) -> None:
    found = _left_out(tmp_path, command)

    policy = found.resources[arn].policy
    assert policy is not None
    assert policy.unknown.startswith(f"{arn}: a call that was to tell its policy is not read")
    folder = tmp_path / "workspace"
    write_workspace(found, folder)
    again = load([str(folder)]).resources[arn].policy
    assert (again and again.unknown) == policy.unknown


@pytest.mark.parametrize(
    "line",
    [
        "mkdir a && aws s3api  get-bucket-policy --bucket b > b.json",
        "sudo aws organizations describe-organization > x.json",
        "AWS_CONFIG_FILE=x aws s3api get-bucket-policy --bucket b > b.json",
    ],
)
def test_a_line_with_a_policy_of_a_resource_cannot_be_left_out(tmp_path: Path, line: str) -> None:
    with pytest.raises(SourceError, match="line 1: "):
        read_script(line, str(tmp_path / "calls.sh"), print)


def test_endpoints_of_which_the_call_failed_have_policies_that_nobody_knows(tmp_path: Path) -> None:
    found = _left_out(tmp_path, "ec2 describe-vpc-endpoints --vpc-endpoint-ids vpce-1 vpce-2")

    assert [each.content for each in found.endpoints.values()] == [None, None]


@pytest.mark.parametrize(
    "command",
    [
        "secretsmanager get-resource-policy --secret-id x", "kms get-key-policy --key-id alias/x",
        "lambda get-policy --function-name f", "ec2 describe-vpc-endpoints",
        "sqs get-queue-attributes --queue-url q",
    ],
)  # fmt: skip
def test_a_call_about_nobody_knows_what_cannot_be_left_out(tmp_path: Path, command: str) -> None:
    with pytest.raises(SourceError, match="the call failed: AccessDenied"):
        _left_out(tmp_path, command)


def test_policies_of_roles_that_could_not_be_read_are_unknown(tmp_path: Path) -> None:
    found = _left_out(tmp_path, "iam get-role-policy --role-name Dev --policy-name Y")

    assert _decided(found).decision == "allowed"  # it is none that the role has
    assert _left_out(tmp_path, "iam list-users").of_kind(EntityKind.USER) == []


def test_an_organization_of_which_nothing_could_be_read_is_there(tmp_path: Path) -> None:
    found = _left_out(tmp_path, "organizations describe-organization")

    assert _decided(found).decision == "undetermined"


# The organization of who asks


def test_the_account_that_asks_is_in_the_organization(tmp_path: Path) -> None:
    found = _read(tmp_path, [*_OF_ROLE, _ABOUT])

    decision = _decided(found)
    assert decision.decision == "undetermined"
    assert Accounts(found).principal("role/Dev").organization_id == "o-a"


def test_policies_of_the_root_are_over_every_account(tmp_path: Path) -> None:
    deny = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Action": "secretsmanager:*", "Resource": "*"}],
    }
    policy = (
        "organizations describe-policy --policy-id p-1",
        {"Policy": {"PolicySummary": _summary("p-1"), "Content": json.dumps(deny)}},
    )
    above: _Calls = [_ABOUT, _roots("SERVICE_CONTROL_POLICY"), _policies_of("r-1", "p-1"), policy]
    management = json.loads(json.dumps(_ABOUT[1]).replace("999999999999", _A))

    decision = _decided(_read(tmp_path, [*_OF_ROLE, *above]))
    of_management = _decided(_read(tmp_path, [*_OF_ROLE, (_ABOUT[0], management), *above[1:]]))

    assert (decision.decision, decision.decided_by) == ("explicitDeny", pe.Layer.SCP)
    assert of_management.decision == "allowed"


def test_an_account_may_be_in_no_organization(tmp_path: Path) -> None:
    (tmp_path / "x").write_text(_IN_NONE, "utf-8")

    for name in ("describe-organization", "list-roots"):
        call = {"command": f"aws organizations {name}", "output": "x"}
        assert read_calls({"account": _A, "calls": [call]}, f"{tmp_path}/c").organization is None


def test_whether_an_account_is_in_the_organization_must_be_told(tmp_path: Path) -> None:
    calls = [("sts get-caller-identity", _caller(_B)), _ABOUT,
             *_calls_of_role(_role_of(_A, "X"), after=" --profile a")]  # fmt: skip
    outside = ("organizations describe-organization --profile a", None)
    listed = ("organizations list-accounts", {"Accounts": [{"Id": _B}]})
    inside = ("organizations list-accounts", {"Accounts": [{"Id": _A}, {"Id": _B}]})

    with pytest.raises(SourceError, match=f"it is not told whether {_A} is in the organization"):
        _told(tmp_path, calls, on_error=print)
    for more, decision in ((outside, "allowed"), (listed, "allowed"), (inside, "undetermined")):
        assert _decided(_told(tmp_path, [*calls, more])).decision == decision


def test_an_organization_of_nobody_is_left_out(tmp_path: Path) -> None:
    found = _told(tmp_path, [_ABOUT])

    assert found.organization is None
    assert [each.why for each in found.left_out] == [
        "no call tells whose organization it is (sts get-caller-identity)"
    ]


def test_profiles_may_ask_of_one_organization_alone(tmp_path: Path) -> None:
    mine, theirs = _ABOUT, (f"{_ABOUT[0]} --profile b", _ABOUT[1])
    roots = (f"{_roots()[0]} --profile b", _roots()[1])
    other = (theirs[0], {"Organization": {"Id": "o-b"}})

    assert _organization(_told(tmp_path, [mine, theirs, roots])).id == "o-a"
    for calls, message in (([mine, roots], "it is not told that these are of one"),
                           ([mine, other], "the organization is also in")):  # fmt: skip
        with pytest.raises(SourceError, match=message):
            _told(tmp_path, calls)


# Commands


@pytest.mark.parametrize("program", ["/usr/local/bin/aws", "aws.exe", "'C:\\a b\\aws.exe'", "aws"])
def test_the_aws_cli_may_be_named_by_its_path(tmp_path: Path, program: str) -> None:
    (tmp_path / "x").write_text('{"Groups": []}', "utf-8")
    call = {"command": f"{program} iam list-groups 2>&1", "output": "x"}

    assert read_calls({"calls": [call]}, str(tmp_path / "calls.json")).left_out == ()


@pytest.mark.parametrize(
    ("command", "message"),
    [
        *((each, "is no command of the AWS CLI") for each in
          ("", "aws", "aws iam", "sudo aws iam list-users", "iam list-users")),
        *((f"aws iam list-users {each}", "is more than a call of the AWS CLI") for each in
          ("| jq .", "; rm x", "> x", "--path-prefix $X", '--path-prefix "a$X"', "&& aws")),
    ],
)  # fmt: skip
def test_what_is_no_command_of_a_list_is_refused(
    tmp_path: Path, command: str, message: str
) -> None:
    with pytest.raises(SourceError, match=message):
        read_calls({"calls": [{"command": command, "output": "x"}]}, str(tmp_path / "calls.json"))


@pytest.mark.parametrize("qualifier", ["'$LATEST'", "\\$LATEST"])
def test_a_dollar_in_single_quotes_is_none_of_the_shell(tmp_path: Path, qualifier: str) -> None:
    command = f"lambda get-policy --function-name {_FUNCTION} --qualifier {qualifier}"

    assert [*_read(tmp_path, [(command, {"Policy": "{}"})]).resources] == [f"{_FUNCTION}:$LATEST"]


@pytest.mark.parametrize(
    ("command", "remedy"),
    [
        ("iam get-account-authorization-details", "as a source of its own"),
        ("ecr get-repository-policy --repository-name x", "--unknown-layer resource"),
        ("kms list-grants --key-id x", "--unknown-layer resource"),
        ("s3api get-public-access-block --bucket b", "--unknown-layer resource"),
    ],
)  # fmt: skip
def test_a_command_that_has_a_say_and_is_not_read_is_refused(
    tmp_path: Path, command: str, remedy: str
) -> None:
    with pytest.raises(SourceError, match=f"has a say in answers, and is not read; .*{remedy}"):
        _read(tmp_path, [(command, {})])

    errors: list[SourceError] = []
    _read(tmp_path, [(command, {})], on_error=errors.append)
    assert len(errors) == 1


def test_calls_that_are_no_list_are_refused_at_their_place(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text('{"version": 1, "calls": {}}', "utf-8")

    with pytest.raises(SourceError, match="calls: an object stands where a list"):
        load([str(file)])


# What outputs are written as


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_an_error_is_known_in_each_encoding_and_only_where_there_is_no_json(
    tmp_path: Path, encoding: str
) -> None:
    said = _DENIED.replace("AccessDenied", "NoSuchBucketPolicy")
    call = {"command": "aws s3api get-bucket-policy --bucket b --region cn-a", "output": "x"}
    value = {"account": _A, "calls": [call]}

    (tmp_path / "x").write_bytes(
        f"\r\n{said.replace(' when', chr(13) + chr(10) + 'when')}".encode(encoding)
    )
    (none,) = read_calls(value, str(tmp_path / "calls.json")).resources.values()
    (tmp_path / "x").write_bytes(json.dumps({"Policy": json.dumps({"Id": said})}).encode(encoding))
    (some,) = read_calls(value, str(tmp_path / "calls.json")).resources.values()

    assert none.policy is None
    assert some.policy is not None
    assert some.policy.content == {"Id": said}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_a_script_may_be_in_each_encoding(tmp_path: Path, encoding: str, end: str) -> None:
    _outputs(tmp_path)
    script = tmp_path / "x"
    script.write_bytes(_SCRIPT.replace("\n", end).encode(encoding))

    assert [*load([str(script)]).entities] == [_ROLE]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no command stands in this script"), ("# nothing\n", "no command stands in this"),
        ("#!/bin/sh\ncd x\n", "line 2: `cd x` is no call of the AWS CLI into a file"),
        ("export AWS_PROFILE=x\n", "line 1: `export AWS_PROFILE=x` is no call"),
        ("\nsudo aws iam list-users > x", "line 2: `sudo aws iam list-users > x` is no call"),
    ],
)  # fmt: skip
def test_a_script_without_calls_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "calls.sh").write_text(text, "utf-8")

    with pytest.raises(SourceError, match=message):
        load([str(tmp_path)])


def test_a_comment_does_not_go_on_in_the_next_line(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{}", "utf-8")

    with pytest.raises(SourceError, match="`Roles` is not there"):
        read_script("# all \\\naws iam list-roles > x.json\n", str(tmp_path / "calls.sh"))
