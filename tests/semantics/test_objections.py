"""The words for what is wrong with a value: what was found, what is expected, what is meant."""

from __future__ import annotations

import json

import pytest

from policy_eval.errors import Severity
from policy_eval.policy.policy_type import PolicyType
from tests.pointed import pointed
from tests.policy.reading import ACCEPTING, one_problem_of, problems_of_policy


def policy(version: str = "2012-10-17", **elements: object) -> str:
    """Return a policy of one statement, which allows everything but for these elements."""
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*", **elements}
    return json.dumps({"Version": version, "Statement": [statement]})


def condition(operator: str, key: str, value: object, version: str = "2012-10-17") -> str:
    """Return a policy with one condition."""
    return policy(version, Condition={operator: {key: value}})


# Actions


@pytest.mark.parametrize(
    ("action", "message", "remedy"),
    [
        ("", "this action is empty text", ""),
        ("arn:aws:s3:::a", "`arn:aws:s3:::a` is an ARN, and no action", "it belongs into Resource"),
        ("s3:a:b", "`s3:a:b` holds two colons", ""),
        ("s3.GetObject", "`s3.GetObject` has no service prefix", "did you mean `s3:GetObject`"),
        ("s3/GetObject", "`s3/GetObject` has no service prefix", "did you mean `s3:GetObject`"),
        ("s3::GetObject", "`s3::GetObject` holds two colons", "did you mean `s3:GetObject`"),
        ("GetSecretValue", "`GetSecretValue` has no service prefix",
         "did you mean `secretsmanager:GetSecretValue`"),
        ("nothing", "`nothing` has no service prefix", ""),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["Action", "NotAction"])
def test_an_action_is_a_service_and_a_name(
    name: str, action: str, message: str, remedy: str
) -> None:
    text = policy(**{name: action}) if name == "Action" else policy(NotAction=action).replace(
        '"Action": "s3:*", ', ""
    )  # fmt: skip

    problem = one_problem_of(text)

    assert (problem.code, problem.rules) == ("action-form", ("R-ACT-03",))
    assert (problem.message, problem.remedy) == (message, remedy)
    assert pointed(text, problem) == json.dumps(action)


@pytest.mark.parametrize(
    ("action", "message", "rule"),
    [
        ("s3:Get Object", "holds blanks and matches no action", "R-ACT-06"),
        (" s3:GetObject", "holds blanks and matches no action", "R-ACT-06"),
        ("s3:", "matches no action", "R-ACT-03"),
        ("s3:é", "matches no action", "R-ACT-03"),
        ("s_3:Get", "has an unusual service prefix", "R-ACT-03"),
        ("*:*", "has an unusual service prefix", "R-ACT-03"),
    ],
)
def test_an_odd_action_is_warned_about(action: str, message: str, rule: str) -> None:
    problem = one_problem_of(policy(Action=action))

    assert (problem.code, problem.severity) == ("action-form", Severity.WARNING)
    assert (problem.message, problem.rules) == (f"`{action}` {message}", (rule,))


def test_an_odd_action_that_is_left_out_excludes_none() -> None:
    text = policy(NotAction="s3:").replace('"Action": "s3:*", ', "")

    assert one_problem_of(text).message == "`s3:` excludes no action"


@pytest.mark.parametrize(
    ("policy_type", "severity"),
    [(PolicyType.IDENTITY, Severity.ERROR), (PolicyType.SCP, Severity.WARNING)],
)
def test_a_wildcard_in_a_service_prefix_is_refused_by_iam(
    policy_type: PolicyType, severity: Severity
) -> None:
    assert one_problem_of(policy(Action="s*:Get"), policy_type).severity is severity


# Resources


@pytest.mark.parametrize(
    ("resource", "remedy"),
    [
        ("bucket/*", "for a bucket or its objects: `arn:aws:s3:::bucket/*`"),
        ("s3://bucket/a", "write `arn:aws:s3:::bucket/a`"),
        (" arn:aws:s3:::a", "remove the blanks before `arn:`"),
        (" * ", 'write "*" without blanks'),
        ("", ""),
        ("a b", ""),
        ("https://x", ""),
    ],
)
def test_a_resource_is_an_arn(resource: str, remedy: str) -> None:
    text = policy(Resource=["*", resource])

    problem = one_problem_of(text)

    assert (problem.code, problem.remedy) == ("not-an-arn", remedy)
    assert problem.expected == 'an ARN or "*"'
    assert pointed(text, problem) == json.dumps(resource)


@pytest.mark.parametrize(
    ("policy_type", "resource", "severity"),
    [
        (PolicyType.IDENTITY, "arn:aws:s3", None),
        (PolicyType.IDENTITY, "arn:aws:sqs:111122223333:q", Severity.WARNING),
        (PolicyType.SESSION, "arn:aws:s3", Severity.ERROR),
        (PolicyType.SCP, "arn:aws:s3", Severity.WARNING),
        (PolicyType.SCP, "arn:aws:s3:*", None),
        (PolicyType.SCP, "arn:aws:sqs:111122223333:*", Severity.WARNING),
    ],
)
def test_an_arn_has_six_fields(
    policy_type: PolicyType, resource: str, severity: Severity | None
) -> None:
    problems = problems_of_policy(policy(Resource=resource), policy_type)

    assert [problem.severity for problem in problems] == [severity] * (severity is not None)
    assert {problem.code for problem in problems} <= {"incomplete-arn"}


@pytest.mark.parametrize(
    ("partition", "remedy"), [("awz", "did you mean `aws`"), ("xyz", "known: aws, ")]
)
def test_an_unknown_partition_is_warned_about(partition: str, remedy: str) -> None:
    problem = one_problem_of(policy(Resource=f"arn:{partition}:s3:::a"))

    assert (problem.code, problem.severity) == ("unknown-partition", Severity.WARNING)
    assert problem.remedy.startswith(remedy)


@pytest.mark.parametrize(
    ("policy_type", "codes"),
    [(PolicyType.RESOURCE, []), (PolicyType.KMS_KEY, ["not-an-arn"])],
)
def test_the_short_form_of_api_gateway_stands_in_its_own_policies(
    policy_type: PolicyType, codes: list[str]
) -> None:
    text = policy(Action="execute-api:Invoke", Resource="execute-api:/prod/*", Principal="*")

    assert [problem.code for problem in problems_of_policy(text, policy_type)] == codes


# Variables


@pytest.mark.parametrize(
    ("text", "code", "meant"),
    [
        (policy(Resource="arn:aws:s3:::a/${x"), "malformed-variable", "${x"),
        (policy(Resource="arn:aws:s3:::${a b}/${c}"), "malformed-variable", "${a b}"),
        (condition("StringLike", "aws:x", ["ok", "a${"]), "malformed-variable", "${"),
        (policy("2008-10-17", Resource="arn:aws:s3:::${a}/b"), "variable-without-version", "${a}"),
        (policy("2008-10-17", Resource="arn:aws:s3:::${a"), "variable-without-version", "${a"),
        (condition("StringLike", "aws:x", "a${b}c", "2008-10-17"), "variable-without-version",
         "${b}"),
        (policy(Action="s3:${a}"), "misplaced-variable", '"s3:${a}"'),
        (policy(Resource="arn:aws:${a}:::b"), "misplaced-variable", '"arn:aws:${a}:::b"'),
        (condition("NumericEquals", "aws:x", "${a}"), "misplaced-variable", '"${a}"'),
    ],
)  # fmt: skip
def test_a_variable_is_pointed_at_inside_its_text(text: str, code: str, meant: str) -> None:
    problem = problems_of_policy(text)[0]

    assert problem.code == code
    assert pointed(text, problem) == meant


def test_a_variable_in_a_text_with_escapes_is_pointed_at_with_its_text() -> None:
    text = policy(Resource="arn:aws:s3:::é/${x")

    assert pointed(text, one_problem_of(text)) == r'"arn:aws:s3:::\u00e9/${x"'


# Operators


@pytest.mark.parametrize(
    ("operator", "remedy"),
    [
        ("StringEqual", "did you mean `StringEquals`"),
        ("StringNotEqual", "did you mean `StringNotEquals`"),
        ("StringEqualIfExists", "did you mean `StringEqualsIfExists`"),
        ("ForAnyValues:StringLikes", "did you mean `ForAnyValue:StringLike`"),
        ("NullIfExists", "`Null` takes no IfExists: write `Null`"),
        ("StringContains", 'write StringLike with "*text*"'),
        ("StringStartsWith", 'write StringLike with "text*"'),
        ("BeginsWith", 'write StringLike with "text*"'),
        ("EndsWith", 'write StringLike with "*text"'),
        ("Regex", "IAM has no regular expressions; StringLike knows `*` and `?`"),
        ("StringMatches", "IAM has no regular expressions; StringLike knows `*` and `?`"),
        ("aws:SourceIp", 'this looks like a condition key: {"StringEquals": {"aws:SourceIp": …}}'),
        ("xyz", "see AWS's table of condition operators"),
        ("a:b:c", "see AWS's table of condition operators"),
    ],
)
def test_an_operator_that_aws_does_not_have_may_be_another(operator: str, remedy: str) -> None:
    text = condition(operator, "aws:SourceVpc", "x")

    problem = one_problem_of(text)

    assert (problem.code, problem.remedy) == ("unknown-operator", remedy)
    assert pointed(text, problem) == json.dumps(operator)


def test_an_operator_over_nothing_is_judged_too() -> None:
    assert one_problem_of(policy(Condition={"StringEqual": {}})).code == "unknown-operator"


@pytest.mark.parametrize(
    ("operator", "right"),
    [
        ("stringequals", "StringEquals"),
        ("forAnyValue:STRINGLIKE", "forAnyValue:StringLike"),
        ("stringEqualsIfExists", "StringEqualsIfExists"),
    ],
)
def test_an_operator_in_another_case_is_warned_about(operator: str, right: str) -> None:
    problem = one_problem_of(condition(operator, "aws:SourceVpc", "x"))

    assert (problem.code, problem.severity) == ("operator-case", Severity.WARNING)
    assert problem.remedy == f"write `{right}`"


# Keys and values


@pytest.mark.parametrize(
    ("key", "remedy"),
    [
        ("SourceIp", "did you mean `aws:SourceIp`"),
        ("PrincipalTag/team", "did you mean `aws:PrincipalTag/`"),
        (":SourceIp", "did you mean `aws:SourceIp`"),
        ("zzzzzz", ""),
        ("", ""),
    ],
)
def test_a_key_has_a_prefix(key: str, remedy: str) -> None:
    text = condition("StringEquals", key, "x")

    problem = one_problem_of(text)

    assert (problem.code, problem.remedy) == ("condition-key-form", remedy)
    assert pointed(text, problem) == json.dumps(key)


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("NumericEquals", "x", "a number"),
        ("DateLessThan", "tomorrow", "a date"),
        ("Bool", "yes", "true"),
        ("IpAddress", "1.2.3", "address"),
        ("NumericEquals", "1" * 500, "a number"),
    ],
)
def test_a_value_is_what_its_operator_reads(operator: str, value: str, expected: str) -> None:
    text = condition(operator, "aws:x", [value])

    problem = one_problem_of(text)

    assert problem.code == "unreadable-policy-value"
    assert expected in problem.expected
    assert pointed(text, problem) == json.dumps(value)


# How they are read where they are accepted


@pytest.mark.parametrize(
    ("effect", "element", "reading"),
    [
        ("Allow", "Action", "it matches no action"),
        ("Deny", "Action", "the statement may or may not apply"),
        ("Allow", "NotAction", "the statement may or may not apply"),
        ("Deny", "NotAction", "it excludes no action"),
        ("Allow", "Resource", "it matches no resource"),
        ("Deny", "Resource", "the statement may or may not apply"),
        ("Allow", "NotResource", "the statement may or may not apply"),
        ("Deny", "NotResource", "it excludes no resource"),
    ],
)
def test_what_matches_nothing_never_grants_more_nor_denies_less(
    effect: str, element: str, reading: str
) -> None:
    statement = {"Effect": effect, "Action": "s3:*", "Resource": "*"}
    del statement[element.removeprefix("Not")]
    text = json.dumps(statement | {element: "nothing"})

    problem = one_problem_of(text, strictness=ACCEPTING)

    assert problem.severity is Severity.WARNING
    assert problem.message.endswith(f"; accepted: {reading}")
