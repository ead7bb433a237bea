"""Whom a Principal or NotPrincipal element names, and how."""

from __future__ import annotations

import json

import pytest

from policy_eval.engine.policies import parse_policy
from policy_eval.policy.policy_type import PolicyType, Strictness
from policy_eval.request.principal import parse_principal
from policy_eval.semantics.authorization import Grant
from policy_eval.semantics.principals import (
    UNKNOWN_CALLER,
    Caller,
    Naming,
    PrincipalTest,
    at_gateway,
    caller_of,
    lower_principal,
    naming,
)
from policy_eval.semantics.readings import OUR_READING, OpenPoint, Reading

_A = "111122223333"
_USER, _ROLE = f"arn:aws:iam::{_A}:user/p/u", f"arn:aws:iam::{_A}:role/p/r"
_SESSION = f"arn:aws:sts::{_A}:assumed-role/r/s"
_FEDERATED = f"arn:aws:sts::{_A}:federated-user/f"
_ROOT = f"arn:aws:iam::{_A}:root"
_SAML = f"arn:aws:iam::{_A}:saml-provider/Corp"
_SERVICE = "appflow.amazonaws.com"


def _test(
    principal: object, effect: str = "Allow", element: str = "Principal",
    reading: Reading = OUR_READING, **members: object,
) -> PrincipalTest:  # fmt: skip
    statement = {"Effect": effect, element: principal, "Action": "*", "Resource": "*", **members}
    policy = parse_policy(
        json.dumps({"Version": "2012-10-17", "Statement": statement}),
        "p",
        PolicyType.RESOURCE,
        Strictness(accept_invalid=True),
    )
    return lower_principal(policy.statements[0], reading)


def _caller(
    text: str, user_id: str | None = None, session: str | None = None, user: str | None = None,
    *, has_boundary: bool | None = False,
) -> Caller:  # fmt: skip
    principal = parse_principal(text)
    told = principal._replace(
        user=user, user_id=user_id, session_name=session or principal.session_name
    )
    return caller_of(told, has_boundary)


_ROLE_SESSION = _caller(_ROLE, "AROAEXAMPLE", "s")
_KNOWN_USER = _caller(_USER, "AIDAEXAMPLE")


@pytest.mark.parametrize(
    ("principal", "caller", "grant"),
    [
        ({"AWS": _USER}, _KNOWN_USER, Grant.DIRECT),
        ({"AWS": "AIDAEXAMPLE"}, _KNOWN_USER, Grant.DIRECT),
        ({"AWS": "AIDAOTHER"}, _KNOWN_USER, None),
        ({"AWS": f"arn:aws:iam::{_A}:user/P/u"}, _KNOWN_USER, None),
        ({"AWS": _A}, _KNOWN_USER, Grant.ACCOUNT),
        ({"AWS": _ROOT}, _KNOWN_USER, Grant.ACCOUNT),
        ({"AWS": f"arn:aws-cn:iam::{_A}:root"}, _KNOWN_USER, None),
        ({"AWS": "999999999999"}, _KNOWN_USER, None),
        ("*", _KNOWN_USER, Grant.EVERYONE),
        ({"AWS": "*"}, _KNOWN_USER, Grant.EVERYONE),
        ({"AWS": ["*", _USER]}, _KNOWN_USER, Grant.DIRECT),
        ({"AWS": [_A, "*"]}, _KNOWN_USER, Grant.EVERYONE),
        ({"Service": _SERVICE}, _KNOWN_USER, None),
        ({"AWS": _SESSION}, _ROLE_SESSION, Grant.DIRECT),
        ({"AWS": _ROLE}, _ROLE_SESSION, Grant.OF_SESSION),
        ({"AWS": "AROAEXAMPLE"}, _ROLE_SESSION, Grant.OF_SESSION),
        ({"AWS": f"arn:aws:iam::{_A}:role/r"}, _ROLE_SESSION, None),
        ({"AWS": f"arn:aws:sts::{_A}:assumed-role/r/t"}, _ROLE_SESSION, None),
        ({"AWS": _A}, _ROLE_SESSION, Grant.ACCOUNT),
        ({"AWS": _FEDERATED}, _caller(_FEDERATED, user=_USER), Grant.DIRECT),
        ({"AWS": _USER}, _caller(_FEDERATED, user=_USER), Grant.OF_SESSION),
        ({"AWS": f"arn:aws:iam::{_A}:user/v"}, _caller(_FEDERATED, user=_USER), None),
        ({"AWS": _ROOT}, _caller(_A), Grant.DIRECT),
        ({"AWS": _A}, _caller(_A), Grant.DIRECT),
        ({"AWS": _USER}, _caller(_A), None),
        ({"Service": _SERVICE}, _caller(_SERVICE), Grant.DIRECT),
        ({"Service": "s3.amazonaws.com"}, _caller("s3.ap-east-1.amazonaws.com"), None),
        ("*", _caller(_SERVICE), Grant.EVERYONE),
        ("*", _caller("anonymous"), Grant.EVERYONE),
        ({"AWS": [_A, _USER]}, _caller("anonymous"), None),
        ({"Federated": _SAML}, _caller(_SAML), Grant.DIRECT),
        ({"Federated": "accounts.google.com"}, _caller("accounts.google.com"), Grant.DIRECT),
        ({"CanonicalUser": "a" * 64}, _caller("anonymous"), None),
    ],
)
def test_how_a_caller_is_named(principal: object, caller: Caller, grant: Grant | None) -> None:
    assert naming(_test(principal), caller) == Naming(grant, grant)


def test_a_condition_on_the_principal_s_arn_is_told_from_everyone() -> None:
    condition = {"ArnEquals": {"aws:PrincipalARN": _ROLE}}

    assert naming(_test("*", Condition=condition), _ROLE_SESSION).sure is Grant.EVERYONE_OF_ARN


@pytest.mark.parametrize(
    ("principal", "caller", "sure", "possible", "missing"),
    [
        ({"AWS": _SESSION}, _caller(_ROLE, "AROAX"), None, Grant.DIRECT, "aws:userid"),
        ({"AWS": [_SESSION, _A]}, _caller(_ROLE, "AROAX"), Grant.ACCOUNT, Grant.DIRECT,
         "aws:userid"),
        ({"AWS": "AROAEXAMPLE"}, _caller(_ROLE, None, "s"), None, Grant.OF_SESSION, "aws:userid"),
        ({"AWS": "AIDAEXAMPLE"}, _caller(_USER), None, Grant.DIRECT, "aws:userid"),
        ({"AWS": "AROAEXAMPLE"}, _caller(_USER), None, None, ""),
        ({"AWS": _USER}, _caller(_FEDERATED), None, Grant.OF_SESSION, "principal.user"),
        ({"AWS": _USER}, UNKNOWN_CALLER, None, Grant.DIRECT, "principal"),
        ("*", UNKNOWN_CALLER, Grant.EVERYONE, Grant.EVERYONE, ""),
        ({"AWS": ["*", _A]}, UNKNOWN_CALLER, Grant.EVERYONE, Grant.DIRECT, "principal"),
        ({"CanonicalUser": "a" * 64}, _KNOWN_USER, None, Grant.ACCOUNT,
         "principal.canonical_user"),
    ],
)  # fmt: skip
def test_what_is_not_known_of_a_caller_is_possible(
    principal: object, caller: Caller, sure: Grant | None, possible: Grant | None, missing: str
) -> None:
    found = naming(_test(principal), caller)

    assert found == Naming(sure, possible, missing)
    assert found.holds is (True if sure else None if possible else False)


@pytest.mark.parametrize(
    ("role", "by_name"),
    [(_ROLE, True), (f"arn:aws:iam::{_A}:role/r", True), (f"arn:aws:iam::{_A}:role/xr", False)],
)
def test_a_session_without_its_path_is_compared_by_name(role: str, by_name: bool) -> None:
    found = naming(_test({"AWS": role}), _caller(_SESSION, "AROAX"))

    assert found.by_name is by_name
    assert found.sure is (Grant.OF_SESSION if by_name else None)


def test_at_a_gateway_an_account_is_its_root_user() -> None:
    test = _test({"AWS": _A})

    assert naming(test, at_gateway(_KNOWN_USER, surely=True)) == Naming(None, None)
    assert naming(test, at_gateway(_caller(_A), surely=True)).sure is Grant.DIRECT
    open_ = naming(test, at_gateway(_caller(_USER, "AIDAX"), surely=False))
    assert open_ == Naming(None, Grant.ACCOUNT, "endpoint_type")


_LISTED_ALL = [_SESSION, _ROLE, _A]


@pytest.mark.parametrize(
    ("listed", "caller", "covered"),
    [
        ([_USER, _A], _KNOWN_USER, False),
        ([_USER], _KNOWN_USER, True),
        ([_A], _KNOWN_USER, True),
        (_LISTED_ALL, _ROLE_SESSION, False),
        ([_ROLE, _A], _ROLE_SESSION, True),
        ([_ROLE], _ROLE_SESSION, True),
        (_LISTED_ALL, _caller(_SESSION, "AROAX"), False),
        (["*"], _ROLE_SESSION, False),
        ([_USER, _A], _caller(_USER, "AIDAX", has_boundary=True), True),
        ([_USER, _A], _caller(_USER, "AIDAX", has_boundary=None), None),
        (_LISTED_ALL, _caller(_ROLE, "AROAX"), None),
        ([_A], _caller(_A), False),
        ([_USER], _caller("anonymous"), True),
        ([_FEDERATED, _USER, _A], _caller(_FEDERATED), None),
        ([_FEDERATED, _USER, _A], _caller(_FEDERATED, user=_USER), False),
        ([_USER], UNKNOWN_CALLER, None),
    ],
)
def test_whom_a_deny_with_not_principal_covers(
    listed: list[str], caller: Caller, covered: bool | None
) -> None:
    assert naming(_test({"AWS": listed}, "Deny", "NotPrincipal"), caller).holds is covered


@pytest.mark.parametrize(
    ("listed", "caller", "covered"),
    [
        ([_ROLE, _A], _ROLE_SESSION, False),
        ([_ROLE], _ROLE_SESSION, True),
        ([_USER], _KNOWN_USER, False),
        ([_A], _KNOWN_USER, True),
        ([_ROLE, _A], _caller(_ROLE), False),
        ([_SESSION], _caller(_ROLE), None),
    ],
)
def test_by_the_other_reading_parents_suffice(
    listed: list[str], caller: Caller, covered: bool | None
) -> None:
    reading = frozenset({OpenPoint.NOT_PRINCIPAL_PARENTS})
    test = _test({"AWS": listed}, "Deny", "NotPrincipal", reading)

    assert naming(test, caller).holds is covered


@pytest.mark.parametrize(
    ("listed", "caller", "covered"),
    [
        ([_USER], _KNOWN_USER, False),
        ([_A], _KNOWN_USER, False),
        ([_ROLE], _KNOWN_USER, True),
        ([_USER], _caller("anonymous"), True),
        ([_SESSION], _caller(_ROLE), None),
    ],
)
def test_an_allow_with_not_principal_is_read_literally(
    listed: list[str], caller: Caller, covered: bool | None
) -> None:
    assert naming(_test({"AWS": listed}, "Allow", "NotPrincipal"), caller).holds is covered


def test_a_statement_that_names_nobody_is_about_nobody() -> None:
    policy = parse_policy(
        '{"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}',
        "p",
        PolicyType.RESOURCE,
        Strictness(accept_invalid=True),
    )

    assert naming(lower_principal(policy.statements[0], OUR_READING), _KNOWN_USER).holds is False
