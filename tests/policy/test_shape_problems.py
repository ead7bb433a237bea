"""The words for what is wrong with the shape of a policy."""

from __future__ import annotations

import json

import pytest

from policy_eval.errors import Severity
from policy_eval.policy.policy_type import PolicyType
from policy_eval.text.limits import LONGEST_VALUE, MOST_STATEMENTS
from tests.pointed import pointed
from tests.policy.reading import one_problem_of, problems_of_policy

STATEMENT: dict[str, object] = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
EVERYONE = {**STATEMENT, "Principal": "*"}


def policy(*statements: object, **members: object) -> str:
    """Return a policy of these statements."""
    return json.dumps({"Version": "2012-10-17", **members, "Statement": statements})


@pytest.mark.parametrize(
    ("written", "found"), [(5, "the number 5"), (None, "null"), (["a"], "a list"), (True, "true")]
)
def test_an_id_is_text(written: object, found: str) -> None:
    text = policy(EVERYONE, Id=written)

    problem = one_problem_of(text, PolicyType.RESOURCE)

    assert (problem.code, problem.message) == ("wrong-type", f"Id is {found}")
    assert pointed(text, problem) == json.dumps(written)


@pytest.mark.parametrize(
    ("name", "remedy", "expected"),
    [
        ("Effects", "did you mean `Effect`", ""),
        ("aws:SourceIp", "a condition key stands in Condition, under an operator", ""),
        ("Version", "it belongs beside Statement", ""),
        ("Zzz", "", "Sid, Effect, Action, NotAction, Resource, NotResource, Condition"),
    ],
)
def test_an_unknown_element_of_a_statement_may_be_meant_otherwise(
    name: str, remedy: str, expected: str
) -> None:
    text = policy({**STATEMENT, name: "x"})

    problem = one_problem_of(text)

    assert (problem.code, problem.remedy, problem.expected) == ("unknown-element", remedy, expected)
    assert pointed(text, problem) == f'"{name}"'


@pytest.mark.parametrize(
    ("name", "remedy", "expected"),
    [
        ("Statment", "did you mean `Statement`", ""),
        ("Effect", "it belongs into a statement", ""),
        ("Zzz", "", "Version, Statement"),
    ],
)
def test_an_unknown_element_beside_statement_may_be_meant_otherwise(
    name: str, remedy: str, expected: str
) -> None:
    text = policy(STATEMENT, **{name: "x"})

    problem = one_problem_of(text)

    assert (problem.code, problem.remedy, problem.expected) == ("unknown-element", remedy, expected)
    assert pointed(text, problem) == f'"{name}"'


@pytest.mark.parametrize(
    ("policy_type", "statement", "severity"),
    [
        (PolicyType.IDENTITY, STATEMENT, Severity.ERROR),
        (PolicyType.SCP, STATEMENT, Severity.WARNING),
        (PolicyType.RESOURCE, EVERYONE, Severity.WARNING),
    ],
)
def test_a_sid_stands_once(
    policy_type: PolicyType, statement: dict[str, object], severity: Severity
) -> None:
    text = policy({**statement, "Sid": "A"}, statement, {**statement, "Sid": "A"})

    problem = one_problem_of(text, policy_type)

    assert (problem.code, problem.severity) == ("duplicate-sid", severity)
    assert problem.message == "Sid `A` stands twice, first in statement 1"
    assert pointed(text, problem) == '"A"'


def test_empty_sids_are_no_names() -> None:
    assert problems_of_policy(policy({**STATEMENT, "Sid": ""}, {**STATEMENT, "Sid": ""})) == ()


@pytest.mark.parametrize(
    "elements",
    [
        {"Resource": "arn:aws:s3:::" + "x" * LONGEST_VALUE},
        {"Action": ["s3:*", "s3:" + "x" * LONGEST_VALUE]},
        {"Condition": {"StringEquals": {"aws:SourceVpc": "x" * (LONGEST_VALUE + 1)}}},
    ],
)
def test_no_value_is_longer_than_a_whole_policy(elements: dict[str, object]) -> None:
    problems = problems_of_policy(policy({**STATEMENT, **elements}))

    codes = [problem.code for problem in problems if problem.severity is Severity.ERROR]
    assert codes == ["value-too-long"]


@pytest.mark.parametrize(("count", "refused"), [(MOST_STATEMENTS, False),
                                                (MOST_STATEMENTS + 1, True)])  # fmt: skip
def test_no_more_statements_are_read_than_so_many(*, count: int, refused: bool) -> None:
    problems = problems_of_policy(policy(*[STATEMENT] * count))

    assert ("too-many-statements" in {problem.code for problem in problems}) is refused
