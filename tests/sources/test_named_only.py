"""Policies for users, groups and roles that another source holds."""

from __future__ import annotations

import itertools
import json
from typing import Any, TypeAlias

import pytest

import policy_eval as pe
from policy_eval.errors import SourceError
from policy_eval.sources.accounts import Accounts
from policy_eval.sources.cloudformation import read_template
from policy_eval.sources.loading import merged
from policy_eval.sources.model import Found, without_places
from policy_eval.sources.terraform.read import read_terraform
from tests.sources.plans import Res, plan

_A = "111122223333"
_ROLE = f"arn:aws:iam::{_A}:role/team/App"

Json: TypeAlias = dict[str, Any]


def statement(effect: str, action: str) -> Json:
    """Return a document of one statement."""
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": effect, "Action": action, "Resource": "*"}],
    }


def template(file: str, resources: Json, account: str | None = _A) -> Found:
    """Return what a template with an open parameter holds."""
    value = {"Parameters": {"P": {"Type": "String"}}, "Resources": resources}
    return read_template(value, file, account=account, region="us-east-1")


def role(file: str = "role.yaml", account: str | None = _A) -> Found:
    """Return a template with a role that may do anything."""
    policies = [{"PolicyName": "p", "PolicyDocument": statement("Allow", "*")}]
    properties = {"RoleName": "App", "Path": "/team/", "Policies": policies}
    return template(file, {"R": {"Type": "AWS::IAM::Role", "Properties": properties}}, account)


def guard(
    name: object = "App", file: str = "guard.yaml", account: str | None = _A, **more: object
) -> Found:
    """Return a template with an inline policy and a managed one for a role of a name."""
    given = {"PolicyName": "guard", "PolicyDocument": statement("Deny", "ec2:*"), **more}
    return template(
        file,
        {
            "G": {"Type": "AWS::IAM::Policy", "Properties": {"Roles": [name], **given}},
            "M": {
                "Type": "AWS::IAM::ManagedPolicy",
                "Properties": {"Roles": [name], "PolicyDocument": statement("Deny", "s3:*")},
            },
        },
        account,
    )


def word(found: Found, action: str, who: str = _ROLE) -> str:
    """Return the decision of a call, in a word."""
    accounts = Accounts(found)
    policies = accounts.policies(accounts.caller(who), action, "*")
    request = pe.Request(action, "*", principal=accounts.principal(who))
    return pe.decide(policies, request).decision


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_policies_for_a_role_of_another_source_are_its_policies(order: tuple[int, int]) -> None:
    sources = (role(), guard())
    found = merged([sources[at] for at in order])

    assert [*found.entities] == [_ROLE]
    assert [each.name for each in found.entities[_ROLE].inline] == [
        "role/team/App/p", "role/team/App/guard",
    ]  # fmt: skip
    assert word(found, "ec2:RunInstances") == "explicitDeny"
    assert word(found, "s3:ListAllMyBuckets") == "explicitDeny"
    assert word(found, "sns:ListTopics") == "allowed"


def test_what_no_source_holds_is_known_in_part() -> None:
    found = merged([guard(), guard(file="again.yaml", PolicyName="other")])
    named = f"arn:aws:iam::{_A}:role/App"

    assert [*found.entities] == [named]
    assert [each.name for each in found.entities[named].inline] == [
        "role/App/guard", "role/App/other",
    ]  # fmt: skip
    assert word(found, "ec2:RunInstances", named) == "explicitDeny"
    assert word(found, "sns:ListTopics", named) == "undetermined"


def test_a_second_policy_of_a_name_is_refused() -> None:
    other = guard(file="other.yaml", PolicyDocument=statement("Deny", "sns:*"))
    with pytest.raises(SourceError) as refusal:
        merged([role(), guard(), other])

    assert str(refusal.value).startswith(
        "error[listed-twice]: other.yaml: Resources.G.Properties.PolicyDocument: "
        "role/team/App/guard is also in guard.yaml: Resources.G.Properties.PolicyDocument"
    )
    assert len(merged([role(), guard(), guard(file="again.yaml")]).entities[_ROLE].inline) == 2


def test_a_name_in_an_account_that_is_not_given_may_be_that_of_each_account() -> None:
    found = merged([role(), guard(account=None)])
    other = merged([role(), guard("Other", account=None)])
    both = merged([role(account=None), guard(account=None)])
    nowhere = "arn:aws:iam::000000000000:role/team/App"

    assert [*found.entities] == [_ROLE]
    assert word(found, "sns:ListTopics") == "undetermined"
    assert [*other.entities] == [_ROLE, "arn:aws:iam::000000000000:role/Other"]
    assert word(other, "sns:ListTopics") == "allowed"
    assert word(both, "ec2:RunInstances", nowhere) == "explicitDeny"


def test_the_same_name_in_another_account_is_another_role() -> None:
    found = merged([role(), guard(account="444455556666")])

    assert [*found.entities] == [_ROLE, "arn:aws:iam::444455556666:role/App"]
    assert word(found, "ec2:RunInstances") == "allowed"


@pytest.mark.parametrize(
    ("account", "expected"),
    [(_A, "undetermined"), (None, "undetermined"), ("444455556666", "allowed")],
)
def test_a_policy_for_somebody_who_is_not_known_may_be_that_of_each(
    account: str | None, expected: str
) -> None:
    unknown = guard({"Ref": "P"}, account=account)
    user = template("u.yaml", {"U": {"Type": "AWS::IAM::User", "Properties": {"UserName": "U"}}})

    for order in itertools.permutations([role(), unknown, user]):
        found = merged(order)

        assert word(found, "ec2:RunInstances") == expected
        assert word(found, "s3:ListAllMyBuckets") == expected
        assert word(found, "sns:ListTopics") == "allowed"
        assert len(found.entities) == 2
        assert [each.what for each in found.left_out] == ["M", "G"]
        assert found.entities[f"arn:aws:iam::{_A}:user/U"].inline == ()


def test_a_user_of_another_source_is_in_the_groups_that_a_template_says() -> None:
    joins = {"Type": "AWS::IAM::UserToGroupAddition",
             "Properties": {"GroupName": "G", "Users": ["U"]}}  # fmt: skip
    group = {"Type": "AWS::IAM::Group", "Properties": {"GroupName": "G", "Policies": [
        {"PolicyName": "p", "PolicyDocument": statement("Allow", "ec2:*")},
    ]}}  # fmt: skip
    user = {"Type": "AWS::IAM::User", "Properties": {"UserName": "U"}}
    found = merged([template("a", {"J": joins}), template("b", {"G": group, "U": user})])

    assert word(found, "ec2:RunInstances", "user/U") == "allowed"
    assert word(found, "sns:ListTopics", "user/U") == "implicitDeny"


def test_two_sources_may_both_leave_a_kind_of_resource_open() -> None:
    def policy(reference: Json) -> Json:
        return {"X": {"Type": "AWS::S3::BucketPolicy", "Properties": {
            "Bucket": reference, "PolicyDocument": statement("Deny", "s3:*"),
        }}}  # fmt: skip

    one = template("a", policy({"Ref": "P"}))
    found = merged([one, template("b", policy({"Fn::ImportValue": "x"}))])

    assert [*found.resources] == ["arn:aws:s3:::*"]
    assert without_places(found.resources["arn:aws:s3:::*"]) == without_places(
        one.resources["arn:aws:s3:::*"]
    )


def test_a_plan_may_name_a_role_of_a_template() -> None:
    policy = json.dumps(statement("Deny", "ec2:*"))
    inline = Res(
        "aws_iam_role_policy.g", {"role": "App", "name": "guard", "policy": policy}
    )  # fmt: skip
    found = merged([role(), read_terraform(plan(inline), "plan.json", None, _A)])

    assert [*found.entities] == [_ROLE]
    assert word(found, "ec2:RunInstances") == "explicitDeny"
    assert word(found, "sns:ListTopics") == "allowed"
