"""Account exports: what is taken, and what is refused at which place."""

from __future__ import annotations

import json
import marshal
from io import BytesIO
from urllib.parse import quote

import pytest

import policy_eval as pe
from policy_eval.errors import SourceError
from policy_eval.sources.account_export import is_export, missing_pages, read_export
from policy_eval.sources.accounts import Accounts
from policy_eval.sources.json_stream import JsonStream
from policy_eval.sources.model import EntityKind, Found, Page, Where, nothing
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
    stream,
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
        ([export(), {}], True),
        ({"Policies": []}, False),
        ({"Policies": [], "RoleDetailList": []}, True),
        ({"Policies": {}, "RoleDetailList": []}, True),
        ({"Policies": [{"PolicyVersionList": []}]}, True),
        ({"Policies": [{"PolicyName": "P"}], "RoleDetailList": []}, True),
        ({"Policies": [{"PolicyName": "P"}, {"PolicyVersionList": []}]}, True),
        ({"Policies": [{"PolicyName": "P"}, 7]}, False),
        ({"IsTruncated": False, "Some": ["a", {}], "UserDetailList": []}, True),
        ({"format_version": "1.2", "RoleDetailList": []}, False),
        ([7], False),
        ("UserDetailList", False),
    ],
)
def test_an_export_is_told_by_its_lists(value: object, *, expected: bool) -> None:
    assert is_export(stream(value)) is expected


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
        stream([export(roles=(role("A"),), IsTruncated=True), export(roles=(elsewhere,))], "p.json")
    )

    assert [*everything.entities] == [iam("role/A", ACCOUNT), iam("role/A", OTHER)]
    assert str(everything.entities[iam("role/A", OTHER)].where) == "p.json: [1].RoleDetailList[0]"


def test_the_same_listed_twice_is_taken_once() -> None:
    one, policy = role("A"), managed(_POLICY, document())

    everything = found(roles=(one, one), policies=(policy, policy))

    assert len(everything.entities) == len(everything.managed) == 1
    assert everything.entities[iam("role/A")].where.path == "RoleDetailList[0]"


_DOCUMENT = "Policies[{}].PolicyVersionList[0].Document"
_VERSIONS = "Policies[0].PolicyVersionList"
_OF_USER = "UserDetailList[0].UserPolicyList[0]"
_BAD: dict[str, tuple[object, str, str]] = {
    "no-page": (
        [export(), {"Version": 1}], "unknown-source",
        "x.json: [1]: this is no page of an export",
    ),
    "no-object": (
        [export(), []], "wrong-type",
        "x.json: [1]: a list stands where an object is expected",
    ),
    "no-list": (
        export() | {"RoleDetailList": {}}, "wrong-type",
        "x.json: RoleDetailList: an object stands where a list is expected",
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
    "no-name": (
        export(roles=(role("A", Arn=iam("role/")),)), "not-a-name",
        f"x.json: RoleDetailList[0].Arn: IAM gives nothing the ARN `{iam('role/')}`",
    ),
    "region": (
        export(roles=(role("A", Arn=f"arn:aws:iam:us-east-1:{ACCOUNT}:role/A"),)), "not-a-name",
        (
            "x.json: RoleDetailList[0].Arn: IAM gives nothing the ARN "
            f"`arn:aws:iam:us-east-1:{ACCOUNT}:role/A`"
        ),
    ),
    "role-of-aws": (
        export(roles=(role("A", Arn=iam("role/A", "aws")),)), "not-a-name",
        f"x.json: RoleDetailList[0].Arn: IAM gives nothing the ARN `{iam('role/A', 'aws')}`",
    ),
    "path": (
        export(roles=(role("A", Arn=iam("role/é/A")),)), "not-a-name",
        f"x.json: RoleDetailList[0].Arn: IAM gives nothing the ARN `{iam('role/é/A')}`",
    ),
    "no-policy-versions": (
        export(policies=({"Arn": iam("policy/P"), "DefaultVersionId": "v1"},)),
        "missing-default-version",
        (
            "x.json: Policies[0].PolicyVersionList: version v1, the default one of "
            f"{iam('policy/P')}, is not there"
        ),
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
        read_export(stream(value, "x.json"))

    assert said(refusal.value) == (code, message)


@pytest.mark.parametrize("name", _BAD)
def test_what_cannot_be_read_can_be_left_out(name: str) -> None:
    value, code, message = _BAD[name]
    errors: list[SourceError] = []
    good = role("Good")
    pages = value if isinstance(value, list) else [value]

    everything = read_export(stream([export(roles=(good,)), *pages], "x.json"), errors.append)

    assert iam("role/Good") in everything.entities
    assert [error.diagnostics[0].code for error in errors] == [code]
    assert (
        errors[0].diagnostics[0].message.partition(": ")[2].partition(": ")[2]
        == (message.partition(": ")[2].partition(": ")[2])
    )


# Texts that are damaged, or not complete

_GOOD = json.dumps(role("Good"))


def _read(text: str, errors: list[SourceError] | None = None) -> Found:
    source = JsonStream(BytesIO(text.encode()), "x.json")
    return read_export(source, None if errors is None else errors.append)


_DAMAGED = {
    "cut-in-item": (
        f'{{"RoleDetailList": [{_GOOD},\n {{"RoleName": "B',
        "RoleDetailList[1]: line 2, column 17: the file ends here; is the file complete?",
    ),
    "cut-after-item": (
        f'{{"RoleDetailList": [{_GOOD}\n',
        "RoleDetailList[1]: line 2, column 1: the file ends here; is the file complete?",
    ),
    "cut-after-list": (
        f'{{"RoleDetailList":\n[{_GOOD}]',
        f"line 2, column {len(_GOOD) + 3}: the file ends here; is the file complete?",
    ),
    "cut-in-name": (
        f'{{"RoleDetailList": [{_GOOD}], \n"Use',
        "line 2, column 5: the file ends here; is the file complete?",
    ),
    "cut-in-list-of-pages": (
        f'[{{"RoleDetailList": [{_GOOD}]}},\n',
        "[1]: line 2, column 1: the file ends here; is the file complete?",
    ),
    "broken": (
        f'{{"RoleDetailList": [{_GOOD},\n {{"RoleName" "B"}}]}}',
        "RoleDetailList[1]: line 2, column 14: Expecting ':' delimiter",
    ),
    "no-comma": (
        f'{{"RoleDetailList": [{_GOOD}\n {{"RoleName": "B"}}]}}',
        "RoleDetailList[1]: line 2, column 2: `{` stands where `,` or `]` is expected",
    ),
    "goes-on": (
        f'{{"RoleDetailList": [{_GOOD}]}}\n{{}}',
        "line 2, column 1: `{` stands where the end of the file is expected",
    ),
    "deep": (
        f'{{"RoleDetailList": [{_GOOD},\n {"[" * 200_000}',
        "RoleDetailList[1]: arrays and objects nest too deeply",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", _DAMAGED)
def test_a_damaged_text_is_refused_at_its_place_and_what_stands_before_can_be_taken(
    name: str,
) -> None:
    text, message = _DAMAGED[name]
    errors: list[SourceError] = []

    with pytest.raises(SourceError) as refusal:
        _read(text)
    taken = _read(text, errors)

    diagnostic = refusal.value.diagnostics[0]
    assert "; ".join(filter(None, (diagnostic.message, diagnostic.remedy))) == f"x.json: {message}"
    assert [*taken.entities] == [iam("role/Good")]
    (warning,) = errors
    assert warning.diagnostics[0].message == (
        f"{diagnostic.message}; the 1 users, groups and roles and 0 policies before it were taken, "
        "and what follows is missing"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            f'{{"RoleDetailList": [{_GOOD}], "RoleDetailList": []}}',
            "RoleDetailList: `RoleDetailList` stands twice in one object",
        ),
        (
            f'{{"RoleDetailList": [{{"Arn": "a", "Arn": "b"}}, {_GOOD}]}}',
            "RoleDetailList[0]: `Arn` stands twice in one object",
        ),
    ],
)
def test_a_name_that_stands_twice_is_refused_and_the_rest_can_be_taken(
    text: str, message: str
) -> None:
    errors: list[SourceError] = []

    with pytest.raises(SourceError) as refusal:
        _read(text)
    taken = _read(text, errors)

    assert said(refusal.value) == said(errors[0]) == ("duplicate-key", f"x.json: {message}")
    assert [*taken.entities] == [iam("role/Good")]


def test_a_member_that_is_null_is_as_if_it_were_not_there() -> None:
    taken = _read(f'{{"RoleDetailList": [{_GOOD}], "UserDetailList": null, "Other": [1, {{}}]}}')

    assert [*taken.entities] == [iam("role/Good")]


# Pages


def _page(*accounts: str, more: str | None = None) -> Page:
    where = None if more is None else Where("x.json", more)
    return Page(frozenset(accounts), where)


@pytest.mark.parametrize(
    ("pages", "missing"),
    [
        ((_page(ACCOUNT),), []),
        ((_page(ACCOUNT, more="Marker"), _page(ACCOUNT)), []),
        ((_page(ACCOUNT), _page(ACCOUNT, more="Marker")), []),
        ((_page(ACCOUNT, more="Marker"), _page()), []),
        ((_page(more="Marker"), _page(ACCOUNT)), []),
        ((_page(ACCOUNT, more="IsTruncated"),), ["IsTruncated"]),
        ((_page(ACCOUNT, more="[1].Marker"), _page(OTHER)), ["[1].Marker"]),
        ((_page(ACCOUNT, more="Marker"), _page(ACCOUNT, more="NextToken")), ["Marker"]),
        ((_page(ACCOUNT, more="Marker"), _page(OTHER, more="NextToken")), ["Marker", "NextToken"]),
        (
            (_page(ACCOUNT, more="Marker"), _page(OTHER, more="NextToken"), _page()),
            ["Marker", "NextToken"],
        ),
        (
            (_page(ACCOUNT, more="Marker"), _page(OTHER, more="NextToken"), _page(), _page(OTHER)),
            [],
        ),
        ((_page(ACCOUNT, more="Marker"), _page(OTHER, more="Marker"), _page(), _page()), []),
        ((_page(more="Marker"), _page(more="NextToken")), ["Marker"]),
        ((_page(more="Marker"), _page(ACCOUNT, more="Marker"), _page()), []),
    ],
)
def test_pages_are_missing_where_none_of_the_account_is_the_last(
    pages: tuple[Page, ...], missing: list[str]
) -> None:
    errors = [*missing_pages(nothing("x.json")._replace(pages=pages))]

    assert [said(error) for error in errors] == [
        (
            "missing-page",
            f"x.json: {path}: `{path.rpartition('.')[2]}` says that there are further pages",
        )
        for path in missing
    ]


def test_a_page_tells_its_accounts_and_whether_there_are_more() -> None:
    of_aws = managed("arn:aws:iam::aws:policy/P", document())
    pages = [
        export(roles=(role("A"),), IsTruncated=True, Marker="x"),
        export(policies=(of_aws,), IsTruncated=False),
    ]

    taken = read_export(stream(pages, "x.json"))

    assert taken.pages == (_page(ACCOUNT, more="[0].IsTruncated"), _page())


# What is kept


def test_documents_and_attachments_that_are_the_same_are_kept_once() -> None:
    one, two = (
        role(name, RolePolicyList=inline(document({})), AttachedManagedPolicies=attached(_POLICY))
        for name in ("A", "B")
    )

    first, second = found(roles=(one, two)).entities.values()

    assert first.inline[0].content is second.inline[0].content
    assert first.managed is second.managed
    assert first.trust is not None
    assert second.trust is not None
    assert first.trust.content is second.trust.content


def test_documents_that_differ_in_the_order_of_their_members_stay_apart() -> None:
    turned = dict(reversed(document({}).items()))
    one, two = (
        user(name, UserPolicyList=inline(content))
        for name, content in (("a", document({})), ("b", turned))
    )

    first, second = found(users=(one, two)).entities.values()

    assert json.dumps(first.inline[0].content) == json.dumps(document({}))
    assert json.dumps(second.inline[0].content) == json.dumps(turned)


def test_a_document_too_deep_to_be_compared_is_kept_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise ValueError

    monkeypatch.setattr(marshal, "dumps", refuse)

    (entity,) = found(users=(user("ana", UserPolicyList=inline(document())),)).entities.values()

    assert entity.inline[0].content == document()


_WITH_NUMBER = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", '
    '"Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalTag/v": 1.50}}}]}'
)


@pytest.mark.parametrize(
    "written", [_WITH_NUMBER, json.dumps(_WITH_NUMBER), json.dumps(quote(_WITH_NUMBER))]
)
def test_a_number_in_a_policy_is_compared_as_it_is_written(written: str) -> None:
    taken = _read(
        f'{{"RoleDetailList": [{{"Arn": "{iam("role/A")}", "Tags": [{{"Key": "v", "Value": "1.50"}}'
        f'], "RolePolicyList": [{{"PolicyName": "p", "PolicyDocument": {written}}}]}}]}}'
    )
    within = Accounts(taken)

    policies = within.policies(within.caller("A"), "s3:ListAllMyBuckets", None)
    request = pe.Request("s3:ListAllMyBuckets", principal=within.principal("A"))

    assert pe.decide(policies, request).allowed
