"""What an explanation says, line by line."""

from __future__ import annotations

import json

import pytest

import policy_eval as pe
from policy_eval.engine.decision import Decision
from policy_eval.engine.wording import summarize

_ROLE = "arn:aws:iam::111122223333:role/Dev"
_SECRET = "arn:aws:secretsmanager:us-east-1:111122223333:secret:app-AbCdEf"


def _explain(
    condition: dict[str, object],
    context: dict[str, str | list[str]],
    effect: str = "Allow",
) -> pe.Explanation:
    statement = {
        "Sid": "S",
        "Effect": effect,
        "Action": "secretsmanager:*",
        "Resource": "*",
        "Condition": condition,
    }
    policies = pe.PolicySet([{"Version": "2012-10-17", "Statement": statement}])
    request = pe.Request("secretsmanager:GetSecretValue", _SECRET, principal=_ROLE, context=context)
    return pe.explain(policies, request)


@pytest.mark.parametrize(
    ("condition", "context", "line"),
    [
        (
            {"StringEquals": {"aws:SourceVpc": "vpc-1"}},
            {"aws:SourceVpc": "vpc-1"},
            '✓ StringEquals aws:SourceVpc   "vpc-1": "vpc-1"',
        ),
        (
            {"StringNotEquals": {"aws:SourceVpc": ["vpc-1", "vpc-2"]}},
            {"aws:SourceVpc": "vpc-1"},
            '✗ StringNotEquals aws:SourceVpc   "vpc-1"; wanted neither "vpc-1" nor "vpc-2"',
        ),
        (
            {"NumericLessThan": {"secretsmanager:RecoveryWindowInDays": 7}},
            {},
            '✗ NumericLessThan secretsmanager:RecoveryWindowInDays   absent; wanted less than "7"',
        ),
        (
            {"ForAllValues:StringLike": {"aws:TagKeys": "a*"}},
            {"aws:TagKeys": ["a", "b"]},
            '✗ ForAllValues:StringLike aws:TagKeys   "a" and "b"; wanted only values like "a*"',
        ),
        (
            {"StringEquals": {"aws:TagKeys": "a"}},
            {"aws:TagKeys": ["a"]},
            (
                '✗ StringEquals aws:TagKeys   "a"; wanted "a"'
                "  (a multivalued key needs ForAnyValue or ForAllValues, R-COND-34)"
            ),
        ),
        (
            {"Null": {"aws:SourceVpc": "true"}},
            {"aws:SourceVpc": "x"},
            '✗ Null aws:SourceVpc   "x"; wanted null',
        ),
        ({"Null": {"aws:SourceVpc": False}}, {}, "✗ Null aws:SourceVpc   absent; wanted a value"),
        (
            {"Null": {"aws:SourceVpc": ["true", "false"]}},
            {},
            "✓ Null aws:SourceVpc   absent: a value or null",
        ),
        (
            {"StringEquals": {"aws:SourceVpc": "${aws:PrincipalAccount}"}},
            {"aws:SourceVpc": "x"},
            (
                '✗ StringEquals aws:SourceVpc   "x"; wanted "${aws:PrincipalAccount}" '
                '(here "111122223333")'
            ),
        ),
        (
            {"StringLike": {"aws:SourceVpc": "${aws:PrincipalAccount}*"}},
            {"aws:SourceVpc": "x"},
            '✗ StringLike aws:SourceVpc   "x"; wanted like "${aws:PrincipalAccount}*"',
        ),
        (
            {"ForAnyValue:StringEquals": {"aws:TagKeys": "a"}},
            {"aws:TagKeys": [""]},
            (
                '✗ ForAnyValue:StringEquals aws:TagKeys   ""; wanted any of "a"'
                "  (empty text is null here, R-COND-37)"
            ),
        ),
        (
            {"ArnLike": {"aws:SourceArn": "${aws:PrincipalAccount}"}},
            {"aws:SourceArn": "arn:aws:s3:::b"},
            "restrictive side, R-COND-41",
        ),
        (
            {"StringEquals": {"aws:UserAgent": "x"}},
            {},
            '? StringEquals aws:UserAgent   unknown; wanted "x"',
        ),
        ({"StringEquals": {"aws:SourceVpc": []}}, {}, "absent; wanted nothing"),
        (
            {"StringEquals": {"aws:SourceVpc": list("abcdefgh")}},
            {},
            'wanted "a" or "b" or "c" or "d" or "e" or "f" or 2 more',
        ),
    ],
)
def test_a_test_is_told_in_a_line(
    condition: dict[str, object], context: dict[str, str | list[str]], line: str
) -> None:
    text = str(_explain(condition, context))

    assert line in text


def test_competing_tags_are_told() -> None:
    policies = pe.parse(
        '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*",'
        ' "Condition": {"StringEquals": {"aws:ResourceTag/OWNER": "x"}}}}'
    )
    request = pe.Request(
        "secretsmanager:GetSecretValue", _SECRET, resource_tags={"Owner": "x", "owner": "y"}
    )

    text = str(pe.explain(policies, request))

    assert '"x" or "y"; wanted "x"' in text
    assert "differ only by case" in text
    assert "rests on R-COND-04" in text


@pytest.mark.parametrize(
    ("resource", "others", "expected"),
    [
        ("arn:aws:s3:::b", 0, 'allowed on "arn:aws:s3:::b"'),
        ("*", 5, "5 further statements on other actions"),
        ("*", 2, "another action"),
    ],
)
def test_statements_are_told_briefly(resource: str, others: int, expected: str) -> None:
    statement = {"Effect": "Allow", "Action": "secretsmanager:*", "Resource": resource}
    other = {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}
    policies = pe.PolicySet([{"Statement": [statement, *([other] * others)]}])
    explanation = pe.explain(policies, pe.Request("secretsmanager:GetSecretValue", _SECRET))

    assert expected in f"{explanation}\n{summarize(explanation)}"


def test_not_resource_is_told() -> None:
    policies = pe.parse(
        '{"Statement": {"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::b"}}'
    )

    text = str(pe.explain(policies, pe.Request("secretsmanager:GetSecretValue", _SECRET)))

    assert f'✓ NotResource   "{_SECRET}": not "arn:aws:s3:::b"' in text
    assert "no: explicit deny" in text


def test_a_summary_names_what_allowed_each_action() -> None:
    policies = pe.parse('{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}')
    request = pe.Request(
        "secretsmanager:CreateSecret", _SECRET, principal=_ROLE, request_tags={"env": "dev"}
    )
    explanation = pe.explain(policies, request)

    assert "secretsmanager:TagResource allowed by <policy>:1:15" in summarize(explanation)
    assert "needed because the secret is created with tags (R-SM-01)" in str(explanation)


def test_a_summary_says_what_it_hangs_on() -> None:
    allow = _explain({"StringEquals": {"aws:UserAgent": "x"}}, {})
    deny = _explain({"StringEquals": {"aws:UserAgent": "x"}}, {}, "Deny")

    assert 'allowed if aws:UserAgent is "x"' in summarize(allow)
    assert "unknown, and it matters: aws:UserAgent" in summarize(allow)
    assert "denied if" not in summarize(allow)
    # without the Deny nothing allows it
    assert 'explicitly denied if aws:UserAgent is "x"' in summarize(deny)
    assert "\n  allowed if" not in summarize(deny)


@pytest.mark.parametrize(
    ("action", "line"),
    [
        ("kms:*", "the identity-based policies allow it: S"),
        ("s3:*", "the identity-based policies do not allow it"),
    ],
)
def test_a_summary_says_what_the_identity_side_says(action: str, line: str) -> None:
    policies = pe.PolicySet(
        [{"Statement": {"Sid": "S", "Effect": "Allow", "Action": action, "Resource": "*"}}]
    )
    request = pe.Request("kms:Decrypt", "arn:aws:kms:us-east-1:111122223333:key/1", principal=_ROLE)
    explanation = pe.explain(policies, request)

    assert line in summarize(explanation)
    assert "a KMS key always has a key policy" in str(explanation)


def test_an_explicit_deny_names_its_conditions() -> None:
    deny = {
        "Sid": "NoMfa",
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
    }
    other = {**deny, "Sid": "Other", "Condition": {"StringEquals": {"aws:SourceVpc": "x"}}}
    policies = pe.PolicySet([{"Version": "2012-10-17", "Statement": [other, deny]}])
    request = pe.Request("secretsmanager:GetSecretValue", _SECRET, principal=_ROLE)
    explanation = pe.explain(policies, request)

    assert "denied by NoMfa" in summarize(explanation)
    assert "Other" not in summarize(explanation)
    assert "absent, which this operator accepts; else " in summarize(explanation)


def test_a_root_user_is_not_told_of_statements() -> None:
    policies = pe.parse(
        '{"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*",'
        ' "Condition": {"StringEquals": {"aws:SourceVpc": "x"}}}}'
    )
    request = pe.Request("secretsmanager:GetSecretValue", _SECRET, principal="111122223333")
    explanation = pe.explain(policies, request)

    assert "identity-based policies do not apply to it (R-ROOT-01)" in str(explanation)
    assert explanation.assumed_absent == ()


def test_a_session_without_its_path_is_told() -> None:
    policies = pe.parse(
        '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*",'
        ' "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Dev"}}}}'
    )
    session = "arn:aws:sts::111122223333:assumed-role/Dev/me"
    explanation = pe.explain(
        policies, pe.Request("secretsmanager:GetSecretValue", _SECRET, principal=session)
    )

    assert explanation.decision.allowed is None
    assert "name the role's ARN instead" in str(explanation)


def test_a_key_that_any_value_satisfies_is_told() -> None:
    policies = pe.parse(
        '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*",'
        ' "Condition": {"StringLikeIfExists": {"aws:SourceVpc": "*"}}}}'
    )
    request = pe.Request(
        "secretsmanager:GetSecretValue", _SECRET, principal=_ROLE, unknown=["aws:SourceVpc"]
    )

    assert '✓ StringLikeIfExists aws:SourceVpc   like "*"' in str(pe.explain(policies, request))


@pytest.mark.parametrize(
    ("operator", "rule"),
    [
        ("StringEquals", "R-COND-05"),
        ("StringEqualsIfExists", "R-COND-25"),
        ("ForAnyValue:StringEquals", "R-COND-31"),
        ("ForAllValues:StringEquals", "R-COND-30"),
        ("ForAnyValue:StringEqualsIfExists", "R-COND-27"),
        ("Null", "R-COND-21"),
        ("ForAllValues:Null", "R-COND-22"),
    ],
)
def test_the_rule_of_a_missing_key_is_its_operators(operator: str, rule: str) -> None:
    tests = _tests_of(_explain({operator: {"aws:TagKeys": "true"}}, {}))

    assert tests[-1]["rule"] == rule


def test_what_was_seen_is_data() -> None:
    unknown = _tests_of(_explain({"StringEquals": {"aws:UserAgent": "x"}}, {}))
    absent = _tests_of(_explain({"StringEquals": {"aws:SourceVpc": "x"}}, {}))
    several = _tests_of(
        _explain({"ForAnyValue:StringEquals": {"aws:TagKeys": "x"}}, {"aws:TagKeys": ["a", "b"]})
    )

    assert unknown[-1]["seen"] == "unknown"
    assert absent[-1]["seen"] is None
    assert several[-1]["seen"] == ["a", "b"]


def test_a_search_that_was_given_up_is_said() -> None:
    given_up = "note: the conditions are exact; a search for shorter ones was given up"
    policies = pe.PolicySet([{"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "*", "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}}}])  # fmt: skip
    request = pe.Request(
        "secretsmanager:GetSecretValue", _SECRET, principal=_ROLE, unknown=["aws:SourceVpc"]
    )
    explanation = pe.explain(policies, request)
    residual = explanation.decision.residual
    assert residual is not None
    longer = residual._replace(is_minimal=False)
    decision = Decision(residual.word, residual.allowed, request.action, residual=longer)

    assert given_up not in str(explanation)
    assert given_up in str(explanation._replace(decision=decision))


def _tests_of(explanation: pe.Explanation) -> list[dict[str, object]]:
    data: dict[str, list[dict[str, list[dict[str, list[dict[str, object]]]]]]]
    data = json.loads(json.dumps(explanation.to_dict()))
    return data["actions"][0]["statements"][0]["tests"]
