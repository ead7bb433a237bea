"""Which callers there can be."""

from __future__ import annotations

import pytest

from policy_eval.errors import RequestError
from policy_eval.request.callers import levels_of
from policy_eval.request.principal import Credentials, Principal, parse_principal
from policy_eval.request.request import Request

_USER = parse_principal("arn:aws:iam::111122223333:user/u")
_ROLE = parse_principal("arn:aws:iam::111122223333:role/r")
_SESSION = parse_principal("arn:aws:sts::111122223333:assumed-role/r/s")
_FEDERATED = parse_principal("arn:aws:sts::111122223333:federated-user/f")
_ROOT = parse_principal("111122223333")
_SERVICE = parse_principal("appflow.amazonaws.com")


def _refusal(principal: Principal) -> str:
    with pytest.raises(RequestError) as caught:
        Request("s3:GetObject", principal=principal)
    (diagnostic,) = caught.value.diagnostics
    return f"{diagnostic.code}: {diagnostic.message}"


@pytest.mark.parametrize(
    ("principal", "said"),
    [
        (_USER._replace(session_name="s"), "has no session name"),
        (_FEDERATED._replace(session_name="s"), "has no session name"),
        (_SESSION._replace(session_name="t"), "is the session `s`, not `t`"),
        (_USER._replace(service_linked=True), "is no service-linked role"),
        (_ROLE._replace(user="arn:aws:iam::111122223333:user/u"), "stands for no other user"),
        (_FEDERATED._replace(user="arn:aws:iam::999999999999:user/u"), "with the permissions of"),
        (_FEDERATED._replace(user="arn:aws:iam::111122223333:role/r"), "with the permissions of"),
        (_FEDERATED._replace(user="u"), "with the permissions of `u`"),
        (_USER._replace(credentials=Credentials.ASSUME_ROLE), "credentials of AssumeRole"),
        (_ROLE._replace(credentials=Credentials.ACCESS_KEY), "credentials of AccessKey"),
        (_SERVICE._replace(credentials=Credentials.CONSOLE), "credentials of Console"),
        (_USER._replace(credentials=Credentials.ACCESS_KEY, mfa=True), "cannot show MFA"),
    ],
)
def test_a_caller_that_cannot_be_is_refused(principal: Principal, said: str) -> None:
    refusal = _refusal(principal)

    assert refusal.startswith("impossible-caller: the caller (")
    assert said in refusal


@pytest.mark.parametrize(
    "principal",
    [
        _ROLE._replace(session_name="s"),
        _SESSION,
        _ROLE._replace(service_linked=True),
        _FEDERATED._replace(user="arn:aws:iam::111122223333:user/path/u"),
        _ROOT._replace(credentials=Credentials.ASSUME_ROOT),
        _USER._replace(credentials=Credentials.GET_SESSION_TOKEN, mfa=True),
        _USER._replace(credentials=Credentials.ACCESS_KEY, mfa=False),
        _USER._replace(organization_id="o-a", organization_paths=("o-a/r-b/ou-c/",)),
        _USER._replace(management_account="999999999999"),
    ],
)
def test_other_callers_are_taken(principal: Principal) -> None:
    assert Request("s3:GetObject", principal=principal).principal == principal


def test_a_management_account_is_an_account() -> None:
    assert _refusal(_USER._replace(management_account="mine")).startswith("not-an-account")


@pytest.mark.parametrize(
    ("path", "levels"),
    [
        ("o-a/r-b/", 2),
        ("o-a/r-b/ou-c/", 3),
        ("o-a/r-b/ou-1/ou-2/ou-3/ou-4/ou-5/", 7),
        ("o-a/r-b/ou-1/ou-2/ou-3/ou-4/ou-5/ou-6/", None),
        ("o-a/r-b", None),
        ("o-a/", None),
        ("o-a", None),
        ("", None),
        ("r-b/o-a/", None),
        ("o-a/ou-c/", None),
        ("o-a/r-b/c/", None),
        ("o-a/r-b//", None),
    ],
)
def test_the_levels_of_a_path(path: str, levels: int | None) -> None:
    assert levels_of(path) == levels


def test_a_path_that_is_none_is_refused() -> None:
    assert _refusal(_USER._replace(organization_paths=("o-a/r-b",))).startswith(
        "organization-path: `o-a/r-b` is no path"
    )


def test_a_path_of_another_organization_is_refused() -> None:
    principal = _USER._replace(organization_id="o-x", organization_paths=("o-a/r-b/",))

    assert _refusal(principal).startswith("contradiction")


@pytest.mark.parametrize(
    ("arn", "linked"),
    [
        ("arn:aws:iam::111122223333:role/aws-service-role/x.amazonaws.com/R", True),
        ("arn:aws:iam::111122223333:role/R", False),
    ],
)
def test_a_path_tells_a_service_linked_role(arn: str, linked: bool) -> None:
    assert parse_principal(arn).is_service_linked is linked


def test_an_account_that_is_none_is_refused() -> None:
    with pytest.raises(RequestError, match="not-an-account"):
        Request("s3:GetObject", resource_account="1234")


@pytest.mark.parametrize(
    ("principal", "said"),
    [
        (_ROLE._replace(session_name="*"), "has no session `*`"),
        (_ROLE._replace(session_name="a/b"), "has no session `a/b`"),
        (_USER._replace(user_id="AROAEXAMPLE"), "does not have the unique ID"),
        (_ROOT._replace(user_id="AIDAEXAMPLE"), "does not have the unique ID"),
        (_SERVICE._replace(mfa=True), "has no MFA"),
        (_SERVICE._replace(tags=(("a", "b"),)), "has no tags"),
        (_SERVICE._replace(organization_id="o-a"), "has no organization"),
        (_ROOT._replace(tags=(("a", "b"),)), "has no tags"),
        (_USER._replace(session_tags=(("a", "b"),)), "has no session tags"),
        (_ROLE._replace(credentials=Credentials.ASSUME_ROLE_WITH_SAML, mfa=True), "shows no MFA"),
        (_FEDERATED._replace(mfa=True), "shows no MFA"),
        (_FEDERATED._replace(user="arn:aws-cn:iam::111122223333:user/u"), "with the permissions"),
        (_FEDERATED._replace(user="arn:aws:iam::111122223333:user/"), "with the permissions"),
        (_FEDERATED._replace(user="arn:aws:iam::111122223333:user/*"), "with the permissions"),
    ],
)
def test_what_a_caller_cannot_have_is_refused(principal: Principal, said: str) -> None:
    assert said in _refusal(principal)


def test_an_organization_that_is_none_is_refused() -> None:
    assert _refusal(_USER._replace(organization_id="x")).startswith("organization-path")


@pytest.mark.parametrize(
    "text", ["arn:aws:iam::111122223333:user/u ", "arn:aws:iam::111122223333:user/a\tb"]
)
def test_a_name_holds_no_blanks(text: str) -> None:
    with pytest.raises(RequestError, match="is no principal"):
        parse_principal(text)


def test_a_provider_of_openid_connect_has_a_path_of_its_own() -> None:
    arn = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"

    assert str(parse_principal(arn)) == arn
