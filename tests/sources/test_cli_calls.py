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


def _read(folder: Path, calls: _Calls, **more: object) -> Found:
    listed = []
    for number, (command, output) in enumerate(calls):
        (folder / f"{number}.json").write_text(json.dumps(output), "utf-8")
        listed.append({"command": command, "output": f"{number}.json"})
    value = {"version": 1, "account": _A, "calls": listed}
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
    bounded = _read(tmp_path, [*_OF_ROLE, users, (f"{command}PermissionsBoundary", output)])
    either = _read(tmp_path, [(command.replace("--policy-usage-filter ", ""), output)])

    assert attached.entities[_ROLE].managed == (f"arn:aws:iam::{_A}:policy/P", arn)
    assert attached.entities[_USER["Arn"]].managed == (arn,)
    assert "list-attached-user-policies" in attached.entities[_USER["Arn"]].unknown
    assert [each.what for each in attached.left_out[1:]] == ["group devs"]
    assert bounded.entities[_USER["Arn"]].boundary == arn
    assert bounded.entities[_ROLE].boundary == f"arn:aws:iam::{_A}:policy/Limits"
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
            ("sqs get-queue-attributes --queue-url u --attribute-names All",
             {"Attributes": {"QueueArn": queue, "Policy": text}}),
            ("sns get-topic-attributes --topic-arn t",
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
        ("sqs get-queue-attributes --queue-url u --attribute-names QueueArn",
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
    calls = [{"command": each, "output": f"{n}.json"} for n, each in enumerate(commands)]

    found = read_calls({"calls": calls}, str(tmp_path / "calls.json"))
    with pytest.raises(SourceError, match="the call failed: NoSuchBucketPolicy"):
        read_calls(
            {"calls": [{"command": "iam list-users", "output": "0.json"}]},
            str(tmp_path / "calls.json"),
        )

    assert {arn: each.policy for arn, each in found.resources.items()} == {
        "arn:aws:s3:::logs": None, f"{function}:live": None,
    }  # fmt: skip


def test_keys_and_functions_may_be_named_where_region_and_account_are_told(tmp_path: Path) -> None:
    key, function = ("1234abcd-12ab-34cd-56ef-1234567890ab", "my-function")
    caller = ("sts get-caller-identity", {"UserId": "x", "Account": "444455556666", "Arn": "y"})

    found = _read(tmp_path, [
        caller,
        (f"aws --region us-gov-west-1 kms get-key-policy --key-id {key} --policy-name default",
         {"Policy": "{}", "PolicyName": "default"}),
        (f"lambda get-policy --function-name {function} --region eu-west-1", {"Policy": _DOCUMENT}),
    ])  # fmt: skip

    assert [*found.resources] == [
        f"arn:aws-us-gov:kms:us-gov-west-1:444455556666:key/{key}",
        f"arn:aws:lambda:eu-west-1:444455556666:function:{function}",
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

    (root,) = _organization(found).nodes.values()
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
                "iam list-policy-versions", "iam get-account-authorization-details"]
)  # fmt: skip
def test_other_commands_are_listed_as_left_out(tmp_path: Path, command: str) -> None:
    found = _read(tmp_path, [(command, {})])

    (left,) = found.left_out
    assert left.what == command


@pytest.mark.parametrize(
    ("command", "output", "message"),
    [
        ("iam list-attached-role-policies", _ATTACHED, "without --role-name"),
        ("kms get-key-policy --key-id alias/x --region a", {"Policy": "{}"}, "no ARN of a key"),
        ("kms get-key-policy --key-id x", {"Policy": "{}"}, "no ARN of a key"),
        ("iam get-role --role-name 'Dev", {}, "is no command: No closing quotation"),
        ("iam get-role --query Role", {}, "with --query the whole output is not printed as JSON"),
        ("iam get-role --output text", {}, "with --output the whole"),
        ("iam list-users", {"Users": [], "IsTruncated": True}, "`IsTruncated` says that there is"),
        ("iam get-role", {"Role": {"RoleName": "Dev", "Arn": "x"}}, "`x` is no ARN of a role"),
        ("lambda get-policy --function-name f", {"Policy": "{}"}, "no ARN of a function"),
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
        (b" \n", "empty-file"), (b"[" * 100_000, "too-deep"),
    ],
)  # fmt: skip
def test_an_output_that_cannot_be_read(tmp_path: Path, data: bytes | None, code: str) -> None:
    if data is not None:
        (tmp_path / "x.json").write_bytes(data)
    value = {"version": 1, "calls": [{"command": "iam list-users", "output": "x.json"}]}

    with pytest.raises(SourceError) as caught:
        read_calls(value, str(tmp_path / "calls.json"))

    assert caught.value.diagnostics[0].code == code


def test_an_output_whose_name_no_file_has_is_refused() -> None:
    with pytest.raises(SourceError, match="embedded null byte"):
        read_calls({"calls": [{"command": "iam list-users", "output": "a\0"}]}, "calls.json")


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

    assert taken(version("v1")) == [{"Version": "v1"}]  # the only one there is
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
        "aws iam get-role --role-name $NAME > x", "aws iam list-users | tee x > y",
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
