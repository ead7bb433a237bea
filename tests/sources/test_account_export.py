"""Account exports: what is taken, and what is refused at which place."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from policy_eval.errors import SourceError
from policy_eval.sources.account_export import is_export, read_export
from policy_eval.sources.model import EntityKind
from tests.sources.exports import (
    ACCOUNT,
    OTHER,
    allowing,
    attached,
    document,
    export,
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

_POLICY = iam("policy/P")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (export(), True),
        ({"RoleDetailList": []}, True),
        ([export(), export()], True),
        ([], False),
        ([export(), {}], False),
        ({"Policies": []}, False),
        ("UserDetailList", False),
    ],
)
def test_an_export_is_told_by_its_lists(value: object, *, expected: bool) -> None:
    assert is_export(value) is expected


def test_a_user_is_read_with_all_that_is_attached() -> None:
    boundary = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": _POLICY}
    ana = user(
        "ana", UserId="AIDAEXAMPLE", GroupList=["Flow"], UserPolicyList=inline(document()),
        AttachedManagedPolicies=attached(_POLICY), PermissionsBoundary=boundary,
        Tags=[{"Key": "team", "Value": "sales"}],
    )  # fmt: skip

    (entity,) = found(users=(ana,)).entities.values()

    assert (entity.arn, entity.kind, entity.unique_id) == (
        iam("user/ana"), EntityKind.USER, "AIDAEXAMPLE",
    )  # fmt: skip
    assert (entity.tags, entity.managed) == ((("team", "sales"),), (_POLICY,))
    assert (entity.groups, entity.boundary) == ((iam("group/Flow"),), _POLICY)
    assert [(each.name, each.content) for each in entity.inline] == [("user/ana/Own", document())]
    assert str(entity.inline[0].where) == (
        "account.json: UserDetailList[0].UserPolicyList[0].PolicyDocument"
    )


def test_a_role_has_a_trust_policy_unless_none_is_told() -> None:
    without = {"RoleName": "B", "Arn": iam("role/B")}

    first, second = found(roles=(role("A"), without)).entities.values()

    assert first.trust is not None
    assert (first.trust.name, first.trust.content) == (
        "trust policy of role/A", trusting({"AWS": iam("root")}),
    )  # fmt: skip
    assert second.trust is None


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(document({})),
        quote(json.dumps(document({}))),
        quote(json.dumps(document({})), safe=""),
        "\n " + json.dumps(document({}), indent=2),
        "\n" + quote("\n" + json.dumps(document({}))),
    ],
)
def test_a_document_may_be_a_text_percent_encoded_or_not(text: str) -> None:
    (entity,) = found(users=(user("ana", UserPolicyList=inline(text)),)).entities.values()

    assert entity.inline[0].content == document({})


@pytest.mark.parametrize(
    "text", ["nonsense", "%7B%E9", "[1]", '{"Version": "a", "Version": "b"}', "[" * 100_000]
)
def test_a_text_that_is_no_document_stays_as_it_is(text: str) -> None:
    (entity,) = found(users=(user("ana", UserPolicyList=inline(text)),)).entities.values()

    assert entity.inline[0].content == text


def test_the_default_version_of_a_managed_policy_is_taken_and_the_others_are_counted() -> None:
    policies = (
        managed(_POLICY, allowing("s3:*"), allowing("ec2:*"), default="v2"),
        managed(iam("policy/Q"), document(), document(), document(), default="v3"),
    )

    everything = found(policies=policies)

    assert everything.managed[_POLICY].content == allowing("ec2:*")
    assert everything.managed[_POLICY].name == "policy/P"
    (left_out,) = everything.left_out
    assert str(left_out) == (
        "account.json: Policies: 3 other versions of policies: only the default version of a "
        "managed policy has a say"
    )


def test_pages_are_joined_and_two_accounts_stay_apart() -> None:
    elsewhere = role("A") | {"Arn": iam("role/A", OTHER)}

    everything = read_export(
        [export(roles=(role("A"),), IsTruncated=True), export(roles=(elsewhere,))], "pages.json"
    )

    assert [*everything.entities] == [iam("role/A", ACCOUNT), iam("role/A", OTHER)]
    assert (
        str(everything.entities[iam("role/A", OTHER)].where) == "pages.json: [1].RoleDetailList[0]"
    )


def test_the_same_listed_twice_is_taken_once() -> None:
    one, policy = role("A"), managed(_POLICY, document())

    everything = found(roles=(one, one), policies=(policy, policy))

    assert len(everything.entities) == len(everything.managed) == 1
    assert everything.entities[iam("role/A")].where.path == "RoleDetailList[0]"


_DOCUMENT = "Policies[{}].PolicyVersionList[0].Document"
_VERSIONS = "Policies[0].PolicyVersionList"
_OF_USER = "UserDetailList[0].UserPolicyList[0]"
_BAD: dict[str, tuple[object, str, str]] = {
    "truncated": (
        export(IsTruncated=True), "missing-page",
        "x.json: IsTruncated: `IsTruncated` says that there are further pages",
    ),
    "token": (
        [export(), export(NextToken="abc")], "missing-page",
        "x.json: [1].NextToken: `NextToken` says that there are further pages",
    ),
    "entity-twice": (
        export(roles=(role("A"), role("A", Tags=[{"Key": "a", "Value": "b"}]))), "listed-twice",
        f"x.json: RoleDetailList[1]: {iam('role/A')} is listed a second time, with other contents",
    ),
    "policy-twice": (
        export(policies=(managed(_POLICY, document()), managed(_POLICY, allowing("s3:*")))),
        "listed-twice",
        f"x.json: {_DOCUMENT.format(1)}: {_POLICY} is listed a second time, with other contents",
    ),
    "version": (
        export(policies=(managed(_POLICY, document(), default="v7"),)), "missing-default-version",
        f"x.json: {_VERSIONS}: version v7, the default one of {_POLICY}, is not there",
    ),
    "no-document": (
        export(users=(user("ana", UserPolicyList=inline(7)),)), "wrong-type",
        f"x.json: {_OF_USER}.PolicyDocument: no policy document stands here",
    ),
    "no-arn": (
        export(users=(user("ana", Arn="ana"),)), "not-an-arn",
        "x.json: UserDetailList[0].Arn: `ana` is no ARN of a user",
    ),
    "other-arn": (
        export(users=(user("ana", Arn=iam("role/ana")),)), "not-an-arn",
        f"x.json: UserDetailList[0].Arn: `{iam('role/ana')}` is no ARN of a user",
    ),
    "other-service": (
        export(roles=(role("A", Arn="arn:aws:s3:::role/A"),)), "not-an-arn",
        "x.json: RoleDetailList[0].Arn: `arn:aws:s3:::role/A` is no ARN of a role",
    ),
    "nothing": (
        export(groups=(group("G", Arn=None),)), "missing-field",
        "x.json: GroupDetailList[0]: `Arn` is not there",
    ),
    "list": (
        export(users=([],)), "wrong-type",
        "x.json: UserDetailList[0]: a list stands where an object is expected",
    ),
    "text": (
        export(users=(user("ana", Arn=1.5),)), "wrong-type",
        "x.json: UserDetailList[0].Arn: a number stands where a text is expected",
    ),
    "object": (
        export(users=(user("ana", GroupList={}),)), "wrong-type",
        "x.json: UserDetailList[0].GroupList: an object stands where a list is expected",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", _BAD)
def test_what_is_not_as_the_format_has_it_is_refused_at_its_place(name: str) -> None:
    value, code, message = _BAD[name]

    with pytest.raises(SourceError) as refusal:
        read_export(value, "x.json")

    assert said(refusal.value) == (code, message)


@pytest.mark.parametrize("name", _BAD)
def test_what_cannot_be_read_can_be_left_out(name: str) -> None:
    value, code, message = _BAD[name]
    errors: list[SourceError] = []
    good = role("Good")
    pages = value if isinstance(value, list) else [value]

    everything = read_export([export(roles=(good,)), *pages], "x.json", errors.append)

    assert iam("role/Good") in everything.entities
    assert [error.diagnostics[0].code for error in errors] == [code]
    assert (
        errors[0].diagnostics[0].message.partition(": ")[2].partition(": ")[2]
        == (message.partition(": ")[2].partition(": ")[2])
    )


def test_a_list_that_is_none_is_refused_whatever_is_left_out() -> None:
    errors: list[SourceError] = []

    with pytest.raises(SourceError) as refusal:
        read_export(export() | {"RoleDetailList": {}}, "x.json", errors.append)

    assert said(refusal.value) == (
        "wrong-type", "x.json: RoleDetailList: an object stands where a list is expected",
    )  # fmt: skip
