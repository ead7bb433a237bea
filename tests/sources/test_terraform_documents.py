"""Policy documents that are made of data sources, with what of them is known only after apply."""

from __future__ import annotations

import pytest

from policy_eval.sources.model import Document
from tests.sources.plans import READ, Json, Res, allow, decided, deny, plan, read, text, to

_UNKNOWN = ("id", "json", "minified_json")
_DATA = "data.aws_iam_policy_document.d"


def _statement(**more: object) -> Json:
    empty: Json = {
        "sid": None, "effect": None, "actions": ["s3:GetObject"], "not_actions": None,
        "resources": ["*"], "not_resources": None, "principals": [], "not_principals": [],
        "condition": [],
    }  # fmt: skip
    return empty | more


def _document(*statements: Json, marks: object = (), refers: Json | None = None,
              attribute: str = "json", more: Json | None = None) -> Document:  # fmt: skip
    """Return the document of a policy that is made of a data source with these statements."""
    listed = [*marks] if isinstance(marks, tuple) else marks
    unknown: Json = {**dict.fromkeys(_UNKNOWN, True), "statement": listed}
    unknown |= {name: True for name, value in (more or {}).items() if value is True}
    values = {"statement": [*statements], "version": None} | {
        name: value for name, value in (more or {}).items() if value is not True
    }
    data = Res(
        _DATA, values, unknown, actions=READ, blocks={"statement": [refers or {}]},
    )  # fmt: skip
    policy = Res(
        "aws_iam_policy.p", {"name": "p"}, ("policy", "arn"),
        refers={"policy": to(f"{_DATA}.{attribute}")},
    )  # fmt: skip
    return read(plan(data, policy)).managed["arn:aws:iam::111122223333:policy/p"]


def _statements(document: Document) -> list[Json]:
    assert isinstance(document.content, dict)
    return list(document.content["Statement"])


def _whys(document: Document) -> list[tuple[int, str]]:
    return [(each.number, each.why) for each in document.unsure]


def test_a_text_that_is_known_is_the_document() -> None:
    document = _document(more={"json": text(allow("s3:GetObject"))})

    assert document.content == text(allow("s3:GetObject"))
    assert document.where.path == _DATA


def test_a_document_without_unknown_values_is_as_the_provider_writes_it() -> None:
    document = _document(
        _statement(sid="Read", resources=["arn:aws:s3:::home/&{aws:username}/*"]),
        _statement(
            effect="Deny", actions=None, not_actions=["iam:*"], resources=None,
            not_resources=["arn:aws:s3:::a"],
            condition=[
                {"test": "StringLike", "variable": "s3:prefix", "values": ["&{aws:username}/"]},
                {"test": "StringLike", "variable": "s3:prefix", "values": ["home/"]},
                {"test": "Bool", "variable": "aws:SecureTransport", "values": ["true"]},
            ],
        ),
        marks=({}, {}),
        attribute="minified_json",
    )  # fmt: skip

    assert document.content == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Read", "Effect": "Allow", "Action": ["s3:GetObject"],
                "Resource": ["arn:aws:s3:::home/${aws:username}/*"],
            },
            {
                "Effect": "Deny", "NotAction": ["iam:*"], "NotResource": ["arn:aws:s3:::a"],
                "Condition": {
                    "StringLike": {"s3:prefix": ["${aws:username}/", "home/"]},
                    "Bool": {"aws:SecureTransport": ["true"]},
                },
            },
        ],
    }  # fmt: skip
    assert document.unsure == ()


def test_principals_are_joined_by_type() -> None:
    document = _document(
        _statement(principals=[
            {"type": "AWS", "identifiers": ["111122223333"]},
            {"type": "Service", "identifiers": ["ec2.amazonaws.com"]},
            {"type": "AWS", "identifiers": ["444455556666"]},
        ]),
        _statement(principals=[{"type": "*", "identifiers": ["*"]}]),
        _statement(not_principals=[{"type": "AWS", "identifiers": ["111122223333"]}]),
        marks=({}, {}, {}),
        more={"version": "2008-10-17"},
    )  # fmt: skip

    first, second, third = _statements(document)

    assert first["Principal"] == {
        "AWS": ["111122223333", "444455556666"], "Service": ["ec2.amazonaws.com"],
    }  # fmt: skip
    assert second["Principal"] == "*"
    assert third["NotPrincipal"] == {"AWS": ["111122223333"]}
    assert isinstance(document.content, dict)
    assert document.content["Version"] == "2008-10-17"


# What is not known


def test_a_statement_of_one_unknown_value_is_open_where_the_rest_of_it_holds() -> None:
    document = _document(
        _statement(sid="Own", resources=[None]),
        marks=({"resources": [True]},),
        refers={"resources": {"references": [*to("aws_s3_bucket.b.arn")]}},
    )

    assert _statements(document) == [
        {"Sid": "Own", "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["*"]}
    ]
    assert _whys(document) == [
        (1, f"resources (aws_s3_bucket.b.arn) in statement 1 of {_DATA}, known only after apply")
    ]


def test_known_values_beside_an_unknown_one_apply_for_certain() -> None:
    document = _document(
        _statement(sid="Some", resources=["arn:aws:s3:::a/*", None]),
        _statement(effect="Deny", actions=["s3:PutObject"]),
        marks=({"resources": [False, True]}, {}),
    )

    certain, denying, possible = _statements(document)

    assert certain["Sid"] == "Some"
    assert certain["Resource"] == ["arn:aws:s3:::a/*"]
    assert denying["Effect"] == "Deny"
    assert (possible["Resource"], "Sid" in possible) == (["*"], False)
    assert [number for number, _ in _whys(document)] == [3]


def test_an_open_statement_keeps_its_number_where_none_of_it_is_certain() -> None:
    document = _document(
        _statement(resources=[None]),
        _statement(effect="Deny"),
        marks=({"resources": [True]}, {}),
        refers={"resources": {"references": ["local.a"]}},
    )

    assert [each["Effect"] for each in _statements(document)] == ["Allow", "Deny"]
    assert _whys(document) == [(1, f"resources in statement 1 of {_DATA}, known only after apply")]


def test_a_list_that_is_unknown_as_a_whole_may_hold_anything() -> None:
    document = _document(_statement(actions=None), marks=({"actions": True},))

    (possible,) = _statements(document)

    assert possible["Action"] == ["*"]
    assert _whys(document) == [(1, f"actions in statement 1 of {_DATA}, known only after apply")]


@pytest.mark.parametrize(
    ("given", "possible"),
    [
        ({"not_actions": [None]}, {"Action": ["*"]}),
        ({"not_actions": ["s3:*", None]}, {"NotAction": ["s3:*"]}),
    ],
)
def test_a_negated_element_may_hold_for_all_that_the_known_values_leave(
    given: Json, possible: Json
) -> None:
    ((name, values),) = given.items()
    assert isinstance(values, list)
    marks = {name: [value is None for value in values]}

    document = _document(_statement(actions=None, **given), marks=(marks,))

    (found,) = _statements(document)
    assert possible.items() <= found.items()
    assert [number for number, _ in _whys(document)] == [1]


def test_an_unknown_condition_may_hold_and_the_others_must() -> None:
    conditions = [
        {"test": "StringEquals", "variable": "aws:SourceVpce", "values": [None]},
        {"test": "Bool", "variable": "aws:SecureTransport", "values": ["true"]},
    ]
    document = _document(
        _statement(condition=conditions),
        marks=({"condition": [{"values": [True]}, {"values": [False]}]},),
    )
    all_unknown = _document(_statement(condition=[]), marks=({"condition": True},))

    (found,) = _statements(document)
    assert found["Condition"] == {"Bool": {"aws:SecureTransport": ["true"]}}
    assert "Condition" not in _statements(all_unknown)[0]
    assert len(document.unsure) == len(all_unknown.unsure) == 1


@pytest.mark.parametrize(
    ("principals", "mark", "certain"),
    [
        ([{"type": "AWS", "identifiers": [None]}], [{"identifiers": [True]}], None),
        ([{"type": "AWS", "identifiers": ["111122223333", None]}],
         [{"identifiers": [False, True]}], {"AWS": ["111122223333"]}),
        ([{"type": None, "identifiers": ["111122223333"]}], [{"type": True}], None),
        ([{"type": "AWS", "identifiers": ["111122223333"]}, {"type": "AWS", "identifiers": None}],
         [False, {"identifiers": True}], {"AWS": ["111122223333"]}),
        ([], True, None),
    ],
)  # fmt: skip
def test_an_unknown_principal_may_be_anyone(
    principals: list[Json], mark: object, certain: Json | None
) -> None:
    document = _document(_statement(principals=principals), marks=({"principals": mark},))

    found = _statements(document)

    assert [each["Principal"] for each in found] == [*([certain] if certain else []), "*"]
    assert [number for number, _ in _whys(document)] == [len(found)]


def test_an_unknown_exception_of_principals_leaves_the_statement_open_for_anyone() -> None:
    document = _document(
        _statement(effect="Deny", not_principals=[{"type": "AWS", "identifiers": [None]}]),
        marks=({"not_principals": [{"identifiers": [True]}]},),
    )

    (found,) = _statements(document)
    assert (found["Principal"], "NotPrincipal" in found) == ("*", False)


@pytest.mark.parametrize(
    "more",
    [
        {"source_policy_documents": [text()]},
        {"override_policy_documents": True},
        {"version": True},
    ],
)
def test_what_is_merged_of_other_documents_is_unknown_as_a_whole(more: Json) -> None:
    document = _document(_statement(), marks=({},), more=more)

    assert document.content is None
    assert document.unknown == (
        f"aws_iam_policy.p.policy is known only after apply (it refers to {_DATA}.json)"
    )


@pytest.mark.parametrize("marks", [True, (), (True,), ({"effect": True},)])
def test_statements_of_which_too_much_is_unknown_make_the_document_unknown(marks: object) -> None:
    assert _document(_statement(), marks=marks).content is None


def test_a_document_of_something_else_is_unknown_as_a_whole() -> None:
    assert _document(_statement(), marks=({},), attribute="id").content is None


def test_statements_that_are_all_known_need_no_marks() -> None:
    assert _document(_statement(), marks=False).unsure == ()


# What follows


def _plan_of(*statements: Json, marks: tuple[object, ...]) -> Json:
    data = Res(_DATA, {"statement": [*statements]},
               {**dict.fromkeys(_UNKNOWN, True), "statement": [*marks]}, actions=READ)  # fmt: skip
    inline = Res(
        "aws_iam_role_policy.p", {"role": "r", "name": "p"}, ("policy",),
        refers={"policy": to(f"{_DATA}.json")},
    )  # fmt: skip
    return plan(data, inline, Res("aws_iam_role.r", {"name": "r"}, ("arn",)))


def test_only_what_hangs_on_the_unknown_value_is_undetermined() -> None:
    found = read(_plan_of(
        _statement(resources=["arn:aws:s3:::a/*", None]),
        _statement(effect="Deny", resources=["arn:aws:s3:::b/*"]),
        marks=({"resources": [False, True]}, {}),
    ))  # fmt: skip

    known = decided(found, "r", "s3:GetObject", "arn:aws:s3:::a/key")
    other = decided(found, "r", "s3:GetObject", "arn:aws:s3:::c/key")
    denied = decided(found, "r", "s3:GetObject", "arn:aws:s3:::b/key")
    not_named = decided(found, "r", "s3:PutObject", "arn:aws:s3:::c/key")

    assert known.decision == "allowed"
    assert (other.decision, str(other.allow_if)) == (
        "undetermined", 'statement "role/r/p#3" applies',
    )  # fmt: skip
    assert denied.decision == "explicitDeny"
    assert not_named.decision == "implicitDeny"


def test_a_deny_with_an_unknown_value_leaves_what_is_allowed_open() -> None:
    found = read(_plan_of(
        _statement(),
        _statement(effect="Deny", resources=[None]),
        marks=({}, {"resources": [True]}),
    ))  # fmt: skip

    decision = decided(found, "r", "s3:GetObject", "arn:aws:s3:::a/key")

    assert decision.decision == "undetermined"
    assert str(decision.deny_if) == 'statement "role/r/p#2" applies'


def test_a_document_that_is_unknown_as_a_whole_may_allow_and_deny() -> None:
    known = Res("aws_iam_role_policy.q", {"role": "r", "name": "q",
                                          "policy": text(deny("s3:PutObject"))})  # fmt: skip
    unknown = Res("aws_iam_role_policy.p", {"role": "r", "name": "p"}, ("policy",),
                  sets=("policy",))  # fmt: skip
    found = read(plan(known, unknown, Res("aws_iam_role.r", {"name": "r"}, ("arn",))))

    got = decided(found, "r", "s3:GetObject", "arn:aws:s3:::a/key")
    put = decided(found, "r", "s3:PutObject", "arn:aws:s3:::a/key")

    assert got.decision == "undetermined"
    assert 'statement "role/r/p#1" applies' in str(got.allow_if)
    assert put.decision == "explicitDeny"
