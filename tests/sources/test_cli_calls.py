"""Outputs of single AWS CLI calls, in the forms of the AWS CLI Command Reference."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypeAlias

import pytest

import policy_eval as pe
from policy_eval.errors import SourceError
from policy_eval.sources.accounts import Accounts
from policy_eval.sources.cli_calls import is_calls, read_calls
from policy_eval.sources.model import EntityKind, Found

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
            {"PolicyVersion": {"Document": _DOCUMENT, "VersionId": v, "IsDefaultVersion": False}},
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
        "the default version is v2"
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


def test_users_and_their_groups(tmp_path: Path) -> None:
    user = {"UserName": "ann", "UserId": "AIDAEXAMPLE", "Arn": f"arn:aws:iam::{_A}:user/ann"}
    group = {"GroupName": "devs", "GroupId": "AGPAEXAMPLE", "Arn": f"arn:aws:iam::{_A}:group/devs"}

    by_group = _read(tmp_path, [("iam get-group --group-name devs",
                                 {"Group": group, "Users": [user]})])  # fmt: skip
    by_user = _read(
        tmp_path,
        [
            ("iam list-users", {"Users": [user]}),
            ("iam list-groups", {"Groups": [group]}),
            ("iam list-groups-for-user --user-name ann", {"Groups": [group]}),
            ("iam list-user-tags --user-name ann", {"Tags": [{"Key": "a", "Value": "b"}]}),
        ],
    )

    for found in (by_group, by_user):
        (ann,) = found.of_kind(EntityKind.USER)
        assert ann.groups == (group["Arn"],)
    assert ann.tags == (("a", "b"),)
    assert "list-groups-for-user" not in ann.unknown
    lone = _read(tmp_path, [("iam get-user --user-name ann", {"User": user})])
    assert "list-groups-for-user" in lone.entities[user["Arn"]].unknown


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


def test_an_organization(tmp_path: Path) -> None:
    def policy(identity: str, kind: str) -> tuple[str, object]:
        summary = {"Id": identity, "Name": identity, "Type": kind, "AwsManaged": False}
        content = json.dumps(_DOCUMENT)
        return (f"organizations describe-policy --policy-id {identity}",
                {"Policy": {"PolicySummary": summary, "Content": content}})  # fmt: skip

    def targets(identity: str, *names: str) -> tuple[str, object]:
        return (f"organizations list-targets-for-policy --policy-id {identity}",
                {"Targets": [{"TargetId": name} for name in names]})  # fmt: skip

    found = _read(
        tmp_path,
        [
            *_OF_ROLE,
            ("organizations describe-organization",
             {"Organization": {"Id": "o-a", "MasterAccountId": "999999999999"}}),
            ("organizations list-roots", {"Roots": [{"Id": "r-1", "Name": "Root"}]}),
            ("organizations list-organizational-units-for-parent --parent-id r-1",
             {"OrganizationalUnits": [{"Id": "ou-1", "Name": "Work"}]}),
            ("organizations list-accounts-for-parent --parent-id ou-1",
             {"Accounts": [{"Id": _A, "Name": "Team"}]}),
            policy("p-1", "SERVICE_CONTROL_POLICY"),
            policy("p-2", "TAG_POLICY"),
            targets("p-1", "r-1", _A),
        ],
    )  # fmt: skip

    organization = found.organization
    assert organization is not None
    assert (organization.has_scps, organization.has_rcps) == (True, False)
    assert [len(node.scps) for node in organization.nodes.values()] == [1, 0, 1]
    assert found.left_out[-1].what == f"version v1 of arn:aws:iam::{_A}:policy/P"
    decision = _decided(found)  # the unit has no policy, so it allows nothing
    assert (decision.decision, decision.decided_by) == ("implicitDeny", pe.Layer.SCP)


def test_an_organization_whose_management_account_is_not_told(tmp_path: Path) -> None:
    found = _read(
        tmp_path,
        [
            ("organizations describe-organization", {"Organization": {"Id": "o-a"}}),
            ("organizations list-roots", {"Roots": [{"Id": "r-1", "Name": "Root"}]}),
        ],
    )

    assert found.organization is not None
    assert found.organization.management_account is None


@pytest.mark.parametrize(
    "command", ["iam list-instance-profiles", "ec2 describe-instances", "iam get-account-summary"]
)
def test_other_commands_are_listed_as_left_out(tmp_path: Path, command: str) -> None:
    found = _read(tmp_path, [(command, {})])

    (left,) = found.left_out
    assert left.what == command


@pytest.mark.parametrize(
    ("command", "output", "message"),
    [
        ("iam list-attached-role-policies", _ATTACHED, "without --role-name"),
        ("kms get-key-policy --key-id alias/x", {"Policy": "{}"}, "no ARN of a key"),
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


@pytest.mark.parametrize(("text", "code"), [(None, "unreadable-file"), ("{", "json-syntax")])
def test_an_output_that_cannot_be_read(tmp_path: Path, text: str | None, code: str) -> None:
    if text is not None:
        (tmp_path / "x.json").write_text(text, "utf-8")
    value = {"version": 1, "calls": [{"command": "iam list-users", "output": "x.json"}]}

    with pytest.raises(SourceError) as caught:
        read_calls(value, str(tmp_path / "calls.json"))

    assert caught.value.diagnostics[0].code == code


def test_which_version_of_a_managed_policy_is_the_default_one(tmp_path: Path) -> None:
    arn = f"arn:aws:iam::{_A}:policy/P"
    policy = (f"iam get-policy --policy-arn {arn}",
              {"Policy": {"Arn": arn, "DefaultVersionId": "v2"}})  # fmt: skip
    version = (
        f"iam get-policy-version --policy-arn {arn} --version-id v1",
        {"PolicyVersion": {"Document": _DOCUMENT, "VersionId": "v1"}},
    )

    assert [*_read(tmp_path, [version]).managed] == [arn]  # the only one there is
    assert _read(tmp_path, [policy, version]).managed == {}
