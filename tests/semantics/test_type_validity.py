"""What a policy must be beyond its shape because of its type."""

from __future__ import annotations

import json

import pytest

from policy_eval.engine.policies import parse_policy
from policy_eval.errors import Severity
from policy_eval.policy.policy_type import PolicyType
from policy_eval.semantics.service_exceptions import RCP_SERVICES
from policy_eval.semantics.service_reference import service_exists
from tests.pointed import pointed
from tests.policy.reading import ACCEPTING, one_problem_of, problems_of_policy

RCP, TRUST, RESOURCE = PolicyType.RCP, PolicyType.TRUST, PolicyType.RESOURCE
SAML = "arn:aws:iam::111122223333:saml-provider/P"
OIDC = "arn:aws:iam::111122223333:oidc-provider/P"


def policy(**elements: object) -> str:
    """Return a policy of one statement."""
    return json.dumps({"Version": "2012-10-17", "Statement": [elements]})


def rcp(**others: object) -> str:
    """Return a resource control policy of one statement."""
    return policy(
        **{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", **others}
    )


def trust(principal: object, action: object, effect: str = "Allow") -> str:
    """Return a role trust policy of one statement."""
    return policy(Effect=effect, Principal=principal, Action=action)


@pytest.mark.parametrize("policy_type", [RESOURCE, PolicyType.KMS_KEY, PolicyType.ENDPOINT])
def test_an_allow_names_its_principals(policy_type: PolicyType) -> None:
    text = policy(Effect="Allow", NotPrincipal={"AWS": "111122223333"}, Action="s3:*", Resource="*")

    problem = one_problem_of(text, policy_type)

    assert (problem.code, problem.rules) == ("allow-not-principal", ("R-TYPE-05",))
    assert pointed(text, problem) == '"NotPrincipal"'


def test_a_deny_may_name_whom_it_leaves_out() -> None:
    text = policy(Effect="Deny", NotPrincipal={"AWS": "111122223333"}, Action="s3:*", Resource="*")

    assert problems_of_policy(text, RESOURCE) == ()


# Resource control policies


def test_the_policy_that_aws_attaches_is_right() -> None:
    assert problems_of_policy(rcp(Effect="Allow", Action="*"), RCP) == ()


@pytest.mark.parametrize(
    "action", ["s3:*", "S3:GetObject", ["s3:GetObject", "sts:*"], "secretsmanager:Get*", "kms:*"]
)
def test_a_deny_of_covered_services_is_right(action: object) -> None:
    assert problems_of_policy(rcp(Action=action), RCP) == ()


def test_every_covered_service_exists() -> None:
    assert not [service for service in RCP_SERVICES if not service_exists(service)]


@pytest.mark.parametrize(
    ("others", "code", "meant"),
    [
        ({"Effect": "Allow"}, "effect-not-allowed", '"Allow"'),
        ({"Effect": "Allow", "Action": "*", "Condition": {"Null": {"aws:x": "true"}}},
         "effect-not-allowed", '"Allow"'),
        ({"Principal": {"AWS": "*"}}, "rcp-principal", '{"AWS": "*"}'),
        ({"Principal": {"AWS": "111122223333"}}, "rcp-principal", '{"AWS": "111122223333"}'),
        ({"Action": "ec2:*"}, "rcp-action", '"ec2:*"'),
        ({"Action": ["s3:*", "iam:*"]}, "rcp-action", '"iam:*"'),
        ({"Action": "*"}, "rcp-action", '"*"'),
        ({"Action": "*:*"}, "rcp-action", '"*:*"'),
    ],
)  # fmt: skip
def test_a_resource_control_policy_denies_everyone_in_covered_services(
    others: dict[str, object], code: str, meant: str
) -> None:
    text = rcp(**others)

    found = {problem.code: pointed(text, problem) for problem in problems_of_policy(text, RCP)}

    assert found[code] == meant


@pytest.mark.parametrize(
    ("action", "remedy"),
    [
        ("dynamo:*", "did you mean `dynamodb`"),
        ("ec2:*", 'AWS lists the services in "Resource control policies (RCPs)"'),
        ("zzzzzz:*", 'AWS lists the services in "Resource control policies (RCPs)"'),
    ],
)
def test_a_service_that_does_not_exist_may_be_a_covered_one(action: str, remedy: str) -> None:
    assert one_problem_of(rcp(Action=action), RCP).remedy == remedy


def test_an_action_without_a_prefix_is_refused_once() -> None:
    assert one_problem_of(rcp(Action="GetObject"), RCP).code == "action-form"


def test_accepted_a_principal_of_an_rcp_leaves_open_whether_it_applies() -> None:
    accepted = parse_policy(rcp(Principal={"AWS": "*"}), "p", RCP, ACCEPTING)

    assert accepted.statements[0].unusable == (
        "Principal of a resource control policy is not everyone"
    )


# Role trust policies


@pytest.mark.parametrize("principal", ["*", {"AWS": "*"}, {"AWS": ["111122223333", "*"]}])
def test_a_role_that_everyone_can_assume_is_warned_about(principal: object) -> None:
    text = trust(principal, "sts:AssumeRole")

    problem = one_problem_of(text, TRUST)

    assert (problem.code, problem.severity) == ("trusts-everyone", Severity.WARNING)
    assert pointed(text, problem) == json.dumps(principal)


def test_everyone_may_be_denied_a_role() -> None:
    assert problems_of_policy(trust("*", "sts:AssumeRole", "Deny"), TRUST) == ()


@pytest.mark.parametrize(
    ("principal", "action"),
    [
        ({"Federated": SAML}, "sts:AssumeRoleWithSAML"),
        ({"Federated": OIDC}, "sts:AssumeRoleWithWebIdentity"),
        ({"Federated": "accounts.google.com"}, "sts:AssumeRoleWithWebIdentity"),
        ({"Federated": "accounts.google.com"}, "sts:AssumeRoleWithSAML"),
        ({"Federated": [SAML, OIDC]}, "sts:AssumeRoleWithSAML"),
        ({"Federated": [SAML, "accounts.google.com"]}, "sts:AssumeRoleWithWebIdentity"),
        ({"Federated": SAML}, "sts:TagSession"),
        ({"AWS": "111122223333"}, "sts:AssumeRoleWithSAML"),
    ],
)
def test_a_session_begins_as_its_provider_begins_it(principal: object, action: str) -> None:
    assert problems_of_policy(trust(principal, action), TRUST) == ()


@pytest.mark.parametrize(
    ("provider", "action", "right"),
    [
        (SAML, "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"),
        (OIDC, "STS:assumerolewithsaml", "sts:AssumeRoleWithWebIdentity"),
    ],
)
def test_the_other_way_to_begin_a_session_is_warned_about(
    provider: str, action: str, right: str
) -> None:
    text = trust({"Federated": provider}, ["sts:TagSession", action])

    problem = one_problem_of(text, TRUST)

    assert (problem.code, problem.severity) == ("mismatched-federation", Severity.WARNING)
    assert problem.remedy == f"write `{right}`"
    assert pointed(text, problem) == json.dumps(action)


def test_a_principal_that_is_left_out_begins_no_session() -> None:
    text = policy(
        Effect="Deny", NotPrincipal={"Federated": SAML}, Action="sts:AssumeRoleWithWebIdentity"
    )

    assert one_problem_of(text, TRUST).code == "element-not-allowed"


def test_a_trust_policy_without_a_principal_is_refused_once() -> None:
    assert one_problem_of(policy(Effect="Allow", Action="sts:AssumeRole"), TRUST).code == (
        "missing-element"
    )
