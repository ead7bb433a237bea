"""The outputs of AWS CLI commands hold policies, or are refused with what to do instead."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from policy_eval.engine.policies import parse_policy
from policy_eval.policy.document import read_document
from policy_eval.policy.policy_type import PolicyType
from policy_eval.text.source import Source
from tests.pointed import pointed
from tests.policy.reading import LENIENT, one_problem_of

STATEMENT = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
POLICY = {"Version": "2012-10-17", "Statement": [STATEMENT]}

MANAGED = {PolicyType.IDENTITY, PolicyType.BOUNDARY, PolicyType.SESSION}
OUTPUTS = [
    ("iam get-policy-version", {"PolicyVersion": {"VersionId": "v1", "Document": POLICY}}, MANAGED),
    ("iam get-role-policy", {"RoleName": "R", "PolicyDocument": POLICY}, {PolicyType.IDENTITY}),
    ("iam get-user-policy", {"UserName": "U", "PolicyDocument": POLICY}, {PolicyType.IDENTITY}),
    ("iam get-group-policy", {"GroupName": "G", "PolicyDocument": POLICY}, {PolicyType.IDENTITY}),
    ("iam get-role", {"Role": {"AssumeRolePolicyDocument": POLICY}}, {PolicyType.TRUST}),
    ("secretsmanager get-resource-policy", {"ARN": "a", "ResourcePolicy": json.dumps(POLICY)},
     {PolicyType.RESOURCE}),
    ("s3api get-bucket-policy or kms get-key-policy", {"Policy": json.dumps(POLICY)},
     {PolicyType.RESOURCE, PolicyType.KMS_KEY}),
    ("sqs get-queue-attributes or sns get-topic-attributes",
     {"Attributes": {"Policy": json.dumps(POLICY)}}, {PolicyType.RESOURCE}),
    ("ecr get-repository-policy", {"registryId": "1", "policyText": json.dumps(POLICY)},
     {PolicyType.RESOURCE}),
    ("organizations describe-policy",
     {"Policy": {"PolicySummary": {"Type": "SERVICE_CONTROL_POLICY"},
                 "Content": json.dumps(POLICY)}}, {PolicyType.SCP}),
    ("organizations describe-policy",
     {"Policy": {"PolicySummary": {"Type": "RESOURCE_CONTROL_POLICY"},
                 "Content": json.dumps(POLICY)}}, {PolicyType.RCP}),
    ("organizations describe-policy", {"Policy": {"Content": json.dumps(POLICY)}},
     {PolicyType.SCP, PolicyType.RCP}),
]  # fmt: skip


@pytest.mark.parametrize(("command", "output", "types"), OUTPUTS)
@pytest.mark.parametrize("spaces", [None, 4])
def test_the_output_of_a_command_holds_a_policy_of_its_types(
    command: str, output: dict[str, object], types: set[PolicyType], spaces: int | None
) -> None:
    text = json.dumps(output, indent=spaces)

    document = read_document(Source("p.json", text))

    (statement,) = document.statements
    assert statement.value == STATEMENT
    assert f"`aws {command}`" in document.found_in
    assert document.types == types


@pytest.mark.parametrize("held", [POLICY, json.dumps(POLICY), quote(json.dumps(POLICY))])
def test_the_policy_may_be_an_object_a_text_or_percent_encoded(held: object) -> None:
    text = json.dumps({"RoleName": "R", "PolicyName": "P", "PolicyDocument": held})

    policy = parse_policy(text)

    assert "PolicyDocument of `aws iam get-role-policy`" in policy.found_in
    assert policy.assumptions == (f"read from {policy.found_in}",)


def test_where_two_commands_fit_the_policy_decides() -> None:
    text = json.dumps({"RoleName": "R", "Role": {"AssumeRolePolicyDocument": POLICY}})

    assert "get-role`" in read_document(Source("p.json", text)).found_in


def test_a_policy_of_another_type_is_refused() -> None:
    text = json.dumps({"Role": {"RoleName": "R", "AssumeRolePolicyDocument": POLICY}})

    problem = one_problem_of(text)

    assert problem.code == "wrong-policy-type"
    assert problem.message.startswith("this is a role trust policy: ")
    assert problem.expected == "an identity-based policy"
    assert problem.place is not None
    assert problem.place.column == text.index('{"Version') + 1


def test_comments_around_the_policy_are_read_over_too() -> None:
    text = '{"RoleName": "R", // é\n"PolicyDocument": ' + json.dumps(POLICY) + ",}"

    policy = parse_policy(text, strictness=LENIENT)

    assert [finding.code for finding in policy.findings] == ["comment", "trailing-comma"]


@pytest.mark.parametrize(
    ("held", "code"),
    [('{"Statement": [],}', "trailing-comma"), ("not JSON", "json-syntax"),
     ("%7B%22Statement%22%3A%5B%5D%2C%7D", "trailing-comma")],
)  # fmt: skip
def test_a_fault_in_the_text_of_an_output_is_said(held: str, code: str) -> None:
    text = json.dumps({"Policy": held}, indent=2)

    problem = one_problem_of(text, PolicyType.RESOURCE)

    assert (problem.code, problem.place and problem.place.line) == (code, 2)


# Outputs without a policy


@pytest.mark.parametrize(
    ("output", "remedy"),
    [
        ({"AttachedPolicies": []}, "aws iam get-policy"),
        ({"PolicyNames": ["P"]}, "aws iam get-role-policy"),
        ({"Policies": []}, "aws iam get-policy-version"),
        ({"Versions": []}, "default version"),
        ({"RoleDetailList": []}, "account export"),
        ({"UserDetailList": []}, "account export"),
        ({"Roles": []}, "aws iam get-role"),
        ({"planned_values": {}}, "the value of one `policy`"),
        ({"format_version": "1.0", "values": {}}, "the value of one `policy`"),
        ({"Records": []}, "the policy in one of them"),
        ({"Resources": {}}, "CloudFormation template"),
        ({"VpcEndpoints": []}, "one endpoint"),
        ({"PolicyInputList": []}, "policies in it"),
        ({"EvaluationResults": []}, "policy simulator"),
    ],
)
def test_other_outputs_say_what_to_do_instead(output: dict[str, object], remedy: str) -> None:
    text = f" {json.dumps(output)}"

    problem = one_problem_of(text)

    assert problem.code == "no-policy-here"
    assert problem.message == f"this object with `{next(iter(output))}` is no policy"
    assert remedy in problem.remedy
    assert pointed(text, problem) == "{"


def test_an_output_that_only_describes_a_policy_names_the_command_that_shows_it() -> None:
    output = {"Policy": {"Arn": "arn:aws:iam::aws:policy/P", "DefaultVersionId": "v3"}}

    problem = one_problem_of(json.dumps(output))

    assert problem.code == "no-policy-here"
    assert problem.remedy == (
        "run `aws iam get-policy-version --policy-arn arn:aws:iam::aws:policy/P --version-id v3`"
    )


def test_an_object_instead_of_a_policy_is_none() -> None:
    problem = one_problem_of('{"Policy": {"a": 1}}')

    assert (problem.code, problem.message) == ("not-a-policy", "this object is no policy")


def test_a_policy_of_another_organization_type_is_refused_at_the_type() -> None:
    text = json.dumps(
        {"Policy": {"PolicySummary": {"Type": "TAG_POLICY"}, "Content": json.dumps(POLICY)}}
    )

    problem = one_problem_of(text, PolicyType.SCP)

    assert problem.code == "wrong-policy-type"
    assert problem.expected == "SERVICE_CONTROL_POLICY or RESOURCE_CONTROL_POLICY"
    assert pointed(text, problem) == '"TAG_POLICY"'


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ('{"Version": "2012-10-17", "Statements": []}', '"Statements"'),
        ('{"Version": "2012-10-17", "statement" : {}}', '"statement"'),
        (r'{"St\u0061tment": {}}', r'"St\u0061tment"'),
    ],
)
def test_a_misspelt_statement_is_pointed_at(text: str, meant: str) -> None:
    problem = one_problem_of(text)

    assert (problem.code, problem.remedy) == ("missing-statement", "write `Statement`")
    assert pointed(text, problem) == meant


@pytest.mark.parametrize(
    "text",
    ["{}", '{"Version": "2012-10-17"}', '{"Policy": ""}', '{"PolicyVersion": {}}',
     '{"PolicyVersion": 5}', '{"RoleName": "R", "PolicyDocument": {}}',
     '{"Policy": 5}'],
)  # fmt: skip
def test_any_other_object_holds_no_statement(text: str) -> None:
    problem = one_problem_of(text)

    assert problem.code == "missing-statement"
    assert problem.message == "this object holds neither a Statement nor one statement"
    assert pointed(text, problem) == "{"
