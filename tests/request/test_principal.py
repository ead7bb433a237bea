"""A caller is read from the text that people give."""

from __future__ import annotations

import pytest

from policy_eval.errors import RequestError, Severity
from policy_eval.request.principal import Principal, PrincipalKind, is_account, parse_principal

ACCOUNT = "123456789012"
IAM = f"arn:aws:iam::{ACCOUNT}"
STS = f"arn:aws:sts::{ACCOUNT}"


@pytest.mark.parametrize(
    ("text", "principal"),
    [
        (
            f"{IAM}:user/ann",
            Principal(PrincipalKind.USER, "aws", ACCOUNT, "ann", f"{IAM}:user/ann"),
        ),
        (
            f"{IAM}:user/a/b/ann",
            Principal(PrincipalKind.USER, "aws", ACCOUNT, "ann", f"{IAM}:user/a/b/ann"),
        ),
        (
            f"{IAM}:role/a/ops",
            Principal(
                PrincipalKind.ROLE, "aws", ACCOUNT, "ops", f"{IAM}:role/a/ops", f"{IAM}:role/a/ops"
            ),
        ),
        (
            f"{STS}:assumed-role/ops/ann@example.com",
            Principal(
                PrincipalKind.ROLE,
                "aws",
                ACCOUNT,
                "ops",
                f"{STS}:assumed-role/ops/ann@example.com",
                None,
                "ann@example.com",
            ),
        ),
        (
            f"{STS}:federated-user/ann",
            Principal(
                PrincipalKind.FEDERATED_USER, "aws", ACCOUNT, "ann", f"{STS}:federated-user/ann"
            ),
        ),
        (
            f"{IAM}:root",
            Principal(PrincipalKind.ROOT, "aws", ACCOUNT, "root", f"{IAM}:root"),
        ),
        (
            ACCOUNT,
            Principal(PrincipalKind.ROOT, "aws", ACCOUNT, "root", f"{IAM}:root"),
        ),
        (
            f"arn:aws-cn:iam::{ACCOUNT}:root",
            Principal(
                PrincipalKind.ROOT, "aws-cn", ACCOUNT, "root", f"arn:aws-cn:iam::{ACCOUNT}:root"
            ),
        ),
        (
            "appflow.amazonaws.com",
            Principal(
                PrincipalKind.SERVICE,
                "aws",
                None,
                "appflow.amazonaws.com",
                "appflow.amazonaws.com",
            ),
        ),
        (
            "ec2.amazonaws.com.cn",
            Principal(
                PrincipalKind.SERVICE, "aws", None, "ec2.amazonaws.com.cn", "ec2.amazonaws.com.cn"
            ),
        ),
        (
            "anonymous",
            Principal(PrincipalKind.ANONYMOUS, "aws", None, "anonymous", "anonymous"),
        ),
    ],
)
def test_each_form_of_a_caller_is_read(text: str, principal: Principal) -> None:
    assert parse_principal(text) == principal


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"{IAM}:user/a/ann", "user/ann"),
        (f"{IAM}:role/ops", "role/ops"),
        (f"{STS}:assumed-role/ops/s1", "role/ops/s1"),
        (f"{STS}:federated-user/ann", "federated-user/ann"),
        (ACCOUNT, f"root of {ACCOUNT}"),
        ("appflow.amazonaws.com", "appflow.amazonaws.com"),
        ("anonymous", "anonymous"),
    ],
)
def test_a_caller_is_shown_in_short(text: str, shown: str) -> None:
    assert str(parse_principal(text)) == shown


@pytest.mark.parametrize(
    ("text", "is_known"),
    [
        (f"{IAM}:role/a/ops", True),
        (f"{STS}:assumed-role/ops/s1", False),
        (f"{IAM}:user/ann", True),
        ("anonymous", True),
    ],
)
def test_only_the_arn_of_a_session_lacks_the_path(text: str, *, is_known: bool) -> None:
    assert parse_principal(text).path_is_known is is_known


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("*", id="everyone"),
        pytest.param("ann", id="a name"),
        pytest.param("Anonymous", id="another case"),
        pytest.param("12345678901", id="eleven digits"),
        pytest.param("a:b.amazonaws.com", id="a service with a colon"),
        pytest.param("appflow.example.com", id="another domain"),
        pytest.param(".amazonaws.com", id="a domain without a service"),
        pytest.param("arn:aws:s3:::bucket", id="another service's ARN"),
        pytest.param(f"arn:aws:iam:us-east-1:{ACCOUNT}:user/ann", id="a region"),
        pytest.param("arn:aws:iam:::user/ann", id="no account"),
        pytest.param("arn:aws:iam::12345:user/ann", id="a short account"),
        pytest.param(f"{IAM}:user", id="no user name"),
        pytest.param(f"{IAM}:user/", id="an empty user name"),
        pytest.param(f"{IAM}:role/a/", id="an empty role name"),
        pytest.param(f"{IAM}:policy/a", id="a policy"),
        pytest.param(f"{IAM}:assumed-role/ops/s1", id="a session under iam"),
        pytest.param(f"{STS}:user/ann", id="a user under sts"),
        pytest.param(f"{STS}:root", id="a root under sts"),
        pytest.param(f"{STS}:assumed-role/ops", id="no session name"),
        pytest.param(f"{STS}:assumed-role/ops/", id="an empty session name"),
        pytest.param(f"{STS}:assumed-role//s1", id="an empty role name of a session"),
        pytest.param(f"{STS}:assumed-role/a/ops/s1", id="a session with a path"),
    ],
)
def test_anything_else_is_no_caller(text: str) -> None:
    with pytest.raises(RequestError) as caught:
        parse_principal(text)

    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.code, diagnostic.severity) == ("unknown-principal", Severity.ERROR)
    assert diagnostic.message == f"`{text}` is no principal"
    assert diagnostic.remedy.startswith("give the ARN of a user, role, assumed-role session")
    assert diagnostic.rules == ("R-PRIN-04",)


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        (f"{IAM}:group/ops", "a group calls nothing; name one of its users (R-PRIN-08)"),
        (f"{IAM}:user/*", "a caller is one principal; wildcards name none"),
        (f"{IAM}:role/op?", "a caller is one principal; wildcards name none"),
        ("*.amazonaws.com", "a caller is one principal; wildcards name none"),
    ],
)
def test_what_is_nearly_a_caller_is_explained(text: str, remedy: str) -> None:
    with pytest.raises(RequestError) as caught:
        parse_principal(text)

    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.code, diagnostic.remedy) == ("unknown-principal", remedy)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ACCOUNT, True),
        ("000000000000", True),
        ("", False),
        ("12345678901", False),
        ("1234567890123", False),
        ("12345678901a", False),
        ("１２３４５６７８９０１２", False),
        ("12345678901²", False),
    ],
)
def test_an_account_is_twelve_digits(text: str, *, expected: bool) -> None:
    assert is_account(text) is expected
