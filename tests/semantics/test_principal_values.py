"""What the text of a principal must be, by its kind."""

from __future__ import annotations

import json

import pytest

from policy_eval.errors import Diagnostic, Severity
from policy_eval.policy.policy_type import PolicyType
from tests.pointed import pointed
from tests.policy.reading import ACCEPTING, problems_of_policy

RESOURCE, TRUST = PolicyType.RESOURCE, PolicyType.TRUST
ACCOUNT = "arn:aws:iam::111122223333"


def judged(kind: str, text: object, policy_type: PolicyType = RESOURCE) -> tuple[Diagnostic, ...]:
    """Return the problems of a principal, which are pointed at."""
    statement: dict[str, object] = {"Effect": "Deny", "Principal": {kind: text}}
    if policy_type is TRUST:
        statement["Action"] = "sts:AssumeRole"
    else:
        statement |= {"Action": "s3:*", "Resource": "*"}
    whole = json.dumps(statement)
    problems = problems_of_policy(whole, policy_type)
    assert all(pointed(whole, problem) == json.dumps(text) for problem in problems)
    return problems


def one(kind: str, text: object, policy_type: PolicyType = RESOURCE) -> Diagnostic:
    """Return the one problem of a principal."""
    (problem,) = judged(kind, text, policy_type)
    return problem


@pytest.mark.parametrize(
    ("kind", "text", "policy_type"),
    [
        ("AWS", "*", RESOURCE),
        ("AWS", "111122223333", RESOURCE),
        ("AWS", f"{ACCOUNT}:root", RESOURCE),
        ("AWS", f"{ACCOUNT}:user/a/b", RESOURCE),
        ("AWS", f"{ACCOUNT}:role/aws-service-role/x/R", RESOURCE),
        ("AWS", "arn:aws-cn:iam::111122223333:root", RESOURCE),
        ("AWS", "arn:aws:sts::111122223333:assumed-role/R/s", RESOURCE),
        ("AWS", "arn:aws:sts::111122223333:federated-user/u", RESOURCE),
        ("AWS", "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1", RESOURCE),
        ("Service", "ec2.amazonaws.com", RESOURCE),
        ("Service", "logs.us-east-1.amazonaws.com", RESOURCE),
        ("Service", "ec2.amazonaws.com.cn", RESOURCE),
        ("CanonicalUser", "0123456789abcdef" * 4, RESOURCE),
        ("Federated", f"{ACCOUNT}:saml-provider/P", TRUST),
        ("Federated", f"{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com", TRUST),
        ("Federated", "cognito-identity.amazonaws.com", TRUST),
        ("Federated", "accounts.google.com", TRUST),
    ],
)
def test_a_principal_of_its_form_is_right(kind: str, text: str, policy_type: PolicyType) -> None:
    assert judged(kind, text, policy_type) == ()


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("12345", "an account ID has twelve digits"),
        ("ec2.amazonaws.com", 'write {"Service": "ec2.amazonaws.com"}'),
        ("ec2.amazonaws.com.cn", 'write {"Service": "ec2.amazonaws.com.cn"}'),
        (f"{ACCOUNT}:saml-provider/P", ""),
        ("x:oidc-provider/P", 'write {"Federated": "x:oidc-provider/P"}'),
        ("arn:aws::iam::111122223333:root", "a colon is too many after the partition"),
        ("", ""),
        ("Dev", ""),
        (f"{ACCOUNT}:user", ""),
        (f"{ACCOUNT}:user/", ""),
        (f"{ACCOUNT}:policy/P", ""),
        ("arn:aws:iam:us-east-1:111122223333:root", ""),
        ("arn:aws:s3:::bucket", ""),
        ("arn:aws:sts::111122223333:assumed-role/R", ""),
        ("arn:aws:sts::111122223333:assumed-role//s", ""),
        ("arn:aws:sts::111122223333:federated-user/", ""),
        ("arn:aws:sts::111122223333:root", ""),
    ],
)
def test_what_is_no_principal_of_aws_is_refused(text: str, remedy: str) -> None:
    problem = one("AWS", text)

    assert (problem.code, problem.rules) == ("principal-form", ("R-PRIN-04",))
    assert problem.remedy == remedy
    assert problem.expected.startswith("an account ID, the ARN of a user")


@pytest.mark.parametrize("text", ["arn:aws:iam::11112222333:root", "arn:aws:iam:::root"])
def test_the_account_of_a_principal_has_twelve_digits(text: str) -> None:
    problem = one("AWS", text)

    assert (problem.code, problem.expected) == ("principal-form", "twelve digits")


def test_a_group_is_no_principal() -> None:
    problem = one("AWS", f"{ACCOUNT}:group/G")

    assert (problem.code, problem.rules) == ("principal-form", ("R-PRIN-08",))


@pytest.mark.parametrize("text", [f"{ACCOUNT}:role/*", f"{ACCOUNT}:user/Dev?", "**"])
def test_a_principal_takes_no_wildcards(text: str) -> None:
    problem = one("AWS", text)

    assert (problem.code, problem.rules) == ("principal-wildcard", ("R-PRIN-03",))


@pytest.mark.parametrize("text", ["AIDAEXAMPLEEXAMPLE23", "AROAEXAMPLEEXAMPLE23"])
def test_a_unique_id_is_warned_about(text: str) -> None:
    problem = one("AWS", text)

    assert (problem.code, problem.severity) == ("unique-id", Severity.WARNING)


# Services


@pytest.mark.parametrize("text", ["*", "*.amazonaws.com", "ec?.amazonaws.com"])
def test_a_service_takes_no_wildcards(text: str) -> None:
    problem = one("Service", text)

    assert (problem.code, problem.rules) == ("principal-wildcard", ("R-PRIN-02",))


@pytest.mark.parametrize(
    ("text", "remedy"),
    [("ec2", "did you mean `ec2.amazonaws.com`"), ("EC2", "did you mean `ec2.amazonaws.com`"),
     ("nothing", ""), ("é", ""), ("", ""), ("111122223333", ""), ("a b.com", "")],
)  # fmt: skip
def test_a_service_has_the_name_of_a_domain(text: str, remedy: str) -> None:
    problem = one("Service", text)

    assert (problem.code, problem.rules, problem.remedy) == (
        "principal-form",
        ("R-PRIN-09",),
        remedy,
    )


def test_another_domain_is_an_unusual_service() -> None:
    problem = one("Service", "service.example.com")

    assert (problem.code, problem.severity) == ("principal-form", Severity.WARNING)


# Federated


@pytest.mark.parametrize("policy_type", [PolicyType.RESOURCE, PolicyType.KMS_KEY])
def test_only_a_role_trust_policy_names_identity_providers(policy_type: PolicyType) -> None:
    problem = one("Federated", "accounts.google.com", policy_type)

    assert (problem.code, problem.rules) == ("federated-principal", ("R-PRIN-10",))
    assert "has no Federated principal" in problem.message


@pytest.mark.parametrize(
    "text",
    [
        f"{ACCOUNT}:role/R",
        "arn:aws:sts::111122223333:saml-provider/P",
        "arn:aws:iam::1111:saml-provider/P",
        "nothing",
        "",
        "*",
    ],
)
def test_what_is_no_identity_provider_is_refused(text: str) -> None:
    problem = one("Federated", text, TRUST)

    assert problem.code == "federated-principal"
    assert problem.message.endswith("is no identity provider")


# Canonical users


@pytest.mark.parametrize("text", ["", "abc", "0123456789ABCDEF" * 4, "*"])
def test_a_canonical_user_has_64_digits(text: str) -> None:
    problem = one("CanonicalUser", text)

    assert (problem.code, problem.expected) == ("principal-form", "64 hexadecimal digits")


@pytest.mark.parametrize("policy_type", [TRUST, PolicyType.KMS_KEY, PolicyType.ENDPOINT])
def test_only_a_resource_policy_has_canonical_users(policy_type: PolicyType) -> None:
    problem = one("CanonicalUser", "0123456789abcdef" * 4, policy_type)

    assert problem.message.endswith("has no CanonicalUser")


# Which is meant


def test_each_principal_of_several_has_its_own_place() -> None:
    text = json.dumps({
        "Effect": "Deny", "Action": "s3:*", "Resource": "*",
        "NotPrincipal": {"Service": ["a.amazonaws.com", "b"], "AWS": ["*", "c", "d"]},
    })  # fmt: skip

    problems = problems_of_policy(text, RESOURCE)

    assert [pointed(text, problem) for problem in problems] == ['"b"', '"c"', '"d"']


def test_a_value_that_is_no_text_is_judged_once() -> None:
    assert one("AWS", 5).code == "wrong-type"


def test_an_unknown_kind_is_judged_once() -> None:
    text = '{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Principal": {"Aws": "x"}}'

    assert [each.code for each in problems_of_policy(text, RESOURCE)] == ["unknown-principal-kind"]


def test_accepted_it_matches_nobody() -> None:
    text = '{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Principal": {"AWS": "x"}}'

    (problem,) = problems_of_policy(text, RESOURCE, ACCEPTING)

    assert problem.severity is Severity.WARNING
    assert problem.message.endswith("; accepted: it matches nobody")
