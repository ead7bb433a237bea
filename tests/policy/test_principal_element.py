"""The shape of Principal and NotPrincipal, by the type of the policy."""

from __future__ import annotations

import json

import pytest

from policy_eval.engine.policies import parse_policy
from policy_eval.errors import Severity
from policy_eval.policy.policy_type import PolicyType
from policy_eval.policy.principal_element import PrincipalElement, PrincipalValue
from tests.pointed import pointed
from tests.policy.reading import ACCEPTING, one_problem_of, problems_of_policy

SERVICE = "ec2.amazonaws.com"


def policy(
    principal: object, name: str = "Principal", effect: str = "Deny", **others: object
) -> str:
    """Return a policy of one statement with a principal element."""
    statement = {"Effect": effect, "Action": "s3:*", "Resource": "*", name: principal, **others}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ("*", [("*", "*")]),
        ({"AWS": "*"}, [("AWS", "*")]),
        ({"AWS": ["111122223333", "444455556666"]},
         [("AWS", "111122223333"), ("AWS", "444455556666")]),
        ({"Service": SERVICE, "AWS": "111122223333"},
         [("Service", SERVICE), ("AWS", "111122223333")]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["Principal", "NotPrincipal"])
def test_an_element_is_everyone_or_a_map_of_kinds(
    name: str, written: object, values: list[tuple[str, str]]
) -> None:
    (statement,) = parse_policy(policy(written, name), policy_type=PolicyType.RESOURCE).statements

    assert statement.principal == PrincipalElement(
        name, tuple(PrincipalValue(*value) for value in values), name == "NotPrincipal"
    )


@pytest.mark.parametrize(
    ("written", "message", "remedy"),
    [
        ("111122223333", "Principal is `111122223333`", 'write {"AWS": "111122223333"}'),
        (SERVICE, f"Principal is `{SERVICE}`", f'write {{"Service": "{SERVICE}"}}'),
        ("ec2.amazonaws.com.cn", "Principal is `ec2.amazonaws.com.cn`",
         'write {"Service": "ec2.amazonaws.com.cn"}'),
        (["*"], "Principal is a list", 'write {"AWS": [...]}'),
        ([], "Principal is a list with nothing in it", ""),
        ("", "Principal is empty text", ""),
        (5, "Principal is the number 5", ""),
        (None, "Principal is null", ""),
        (True, "Principal is true", ""),
    ],
)  # fmt: skip
def test_anything_else_is_no_principal(written: object, message: str, remedy: str) -> None:
    text = policy(written)

    problem = one_problem_of(text, PolicyType.RESOURCE)

    assert (problem.code, problem.message, problem.remedy) == ("principal-form", message, remedy)
    assert problem.expected.startswith('"*", or a map such as')
    assert pointed(text, problem) == json.dumps(written)


@pytest.mark.parametrize(
    ("written", "message", "meant"),
    [
        ({}, "Principal names nobody: the statement has no effect", "{}"),
        ({"AWS": []}, "Principal AWS names nobody: the statement has no effect", "[]"),
    ],
)
def test_an_element_that_names_nobody_is_warned_about(
    written: object, message: str, meant: str
) -> None:
    text = policy(written)

    problem = one_problem_of(text, PolicyType.RESOURCE)

    assert (problem.code, problem.severity) == ("empty-element", Severity.WARNING)
    assert problem.message == message
    assert pointed(text, problem) == meant


@pytest.mark.parametrize(
    ("kind", "remedy", "expected"),
    [
        ("aws", "did you mean `AWS`", ""),
        ("Services", "did you mean `Service`", ""),
        ("*", 'write "Principal": "*"', ""),
        ("Action", "it belongs beside Principal, not into it", ""),
        ("xyz", "", "AWS, Service, Federated, CanonicalUser"),
    ],
)
def test_an_unknown_kind_is_pointed_at_by_its_name(kind: str, remedy: str, expected: str) -> None:
    text = policy({kind: "s3:*"})

    problem = one_problem_of(text, PolicyType.RESOURCE)

    assert (problem.code, problem.remedy, problem.expected) == (
        "unknown-principal-kind",
        remedy,
        expected,
    )
    assert pointed(text, problem) == f'"{kind}"'


def test_an_element_inside_the_principal_is_not_missed_beside_it() -> None:
    statement = {"Effect": "Allow", "Principal": {"Service": SERVICE, "Action": "sts:AssumeRole"}}

    problem = one_problem_of(json.dumps(statement), PolicyType.TRUST)

    assert problem.code == "unknown-principal-kind"


@pytest.mark.parametrize(
    ("written", "found", "expected"),
    [
        ({"AWS": 5}, "AWS holds the number 5", "text, or a list of texts"),
        ({"AWS": None}, "AWS holds null", "text, or a list of texts"),
        ({"AWS": ["111122223333", 5]}, "AWS holds the number 5", "text"),
    ],
)
def test_a_principal_is_text(written: object, found: str, expected: str) -> None:
    text = policy(written)

    problem = one_problem_of(text, PolicyType.RESOURCE)

    assert (problem.code, problem.message, problem.expected) == ("wrong-type", found, expected)
    assert pointed(text, problem) in ("5", "null")


def test_both_elements_exclude_each_other() -> None:
    text = policy("*", NotPrincipal="*")

    problem = one_problem_of(text, PolicyType.RESOURCE)

    assert problem.code == "element-combination"
    assert pointed(text, problem) == '"NotPrincipal"'


# By type


@pytest.mark.parametrize(
    ("policy_type", "remedy"),
    [
        (PolicyType.RESOURCE, "add Principal or NotPrincipal"),
        (PolicyType.KMS_KEY, "add Principal or NotPrincipal"),
        (PolicyType.ENDPOINT, "add Principal or NotPrincipal"),
        (PolicyType.RCP, 'add "Principal": "*"'),
    ],
)
def test_a_principal_is_needed_where_the_type_needs_one(
    policy_type: PolicyType, remedy: str
) -> None:
    text = policy("*", "Sid").replace('"Sid": "*"', '"Sid": ""')

    problem = one_problem_of(text, policy_type)

    assert (problem.code, problem.remedy) == ("missing-element", remedy)


def test_a_role_trust_policy_needs_one_too() -> None:
    problem = one_problem_of('{"Effect": "Allow", "Action": "sts:AssumeRole"}', PolicyType.TRUST)

    assert (problem.code, problem.remedy) == ("missing-element", "add Principal")


def test_a_misspelt_principal_is_not_missed_too() -> None:
    text = policy("*", "Principle")

    problem = one_problem_of(text, PolicyType.RESOURCE)

    assert (problem.code, problem.remedy) == ("unknown-element", "did you mean `Principal`")


@pytest.mark.parametrize(
    ("policy_type", "name", "rule"),
    [
        (PolicyType.IDENTITY, "Principal", "R-GRAM-02"),
        (PolicyType.IDENTITY, "NotPrincipal", "R-GRAM-02"),
        (PolicyType.BOUNDARY, "Principal", "R-GRAM-02"),
        (PolicyType.SESSION, "NotPrincipal", "R-GRAM-02"),
        (PolicyType.SCP, "Principal", "R-GRAM-02"),
        (PolicyType.RCP, "NotPrincipal", "R-TYPE-02"),
    ],
)
def test_a_type_without_the_element_refuses_it_by_name(
    policy_type: PolicyType, name: str, rule: str
) -> None:
    text = policy("*", name)

    problems = problems_of_policy(text, policy_type)

    found = [problem for problem in problems if problem.code == "element-not-allowed"]
    assert [problem.rules for problem in found] == [(rule,)]
    assert pointed(text, found[0]) == f'"{name}"'


def test_a_role_trust_policy_has_no_not_principal() -> None:
    text = '{"Effect": "Deny", "Action": "sts:AssumeRole", "NotPrincipal": {"AWS": "*"}}'

    problem = one_problem_of(text, PolicyType.TRUST)

    assert (problem.code, problem.rules) == ("element-not-allowed", ("R-TYPE-04",))


def test_where_a_type_has_no_principal_none_is_kept() -> None:
    (statement,) = parse_policy(policy("*"), strictness=ACCEPTING).statements

    assert statement.principal is None
    assert statement.unusable
