"""How a test went: its status, what was found, and the explanation where it did not pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy_eval.cases.judging import judge
from policy_eval.cases.outcome import Status
from policy_eval.cases.run import Rules
from tests.cases.suites import ALLOW_ALL, DENY_BY_DEFAULT, only_case
from tests.cases.test_run import OPEN_POINT

BROKEN = "policies: {identity: [{Version: 2012-10-17, Statement: []}]}\n"
UNKNOWN_PRINCIPAL = "tests: [{principal: nobody, expect: %s}]\n"


def test_a_test_that_passes_says_what_was_decided_and_no_more(tmp_path: Path) -> None:
    case = only_case(
        tmp_path,
        "tests: [{name: a, rule: [R-1], source: A page, expect: {decision: allowed}}]\n",
    )

    outcome = judge(case, "shown.yaml")

    assert (outcome.file, outcome.line, outcome.name) == ("shown.yaml", 6, "a")
    assert outcome.status is Status.PASSED
    assert outcome.expected == {"decision": "allowed"}
    assert outcome.actual == {"decision": "allowed", "decided_by": "identity", "matched": ["All"]}
    assert (outcome.message, outcome.explanation, outcome.diagnostics) == ("", (), ())
    assert (outcome.rules, outcome.source) == (("R-1",), "A page")
    assert outcome.seconds > 0


def test_a_test_that_fails_says_what_differs_and_why(tmp_path: Path) -> None:
    case = only_case(
        tmp_path,
        """\
        policies:
          identity:
            - Statement:
                - {Sid: Read, Effect: Allow, Action: "s3:Get*", Resource: "*",
                   Condition: {StringEquals: {aws:Referer: x}}}
                - {Sid: Other, Effect: Allow, Action: "sqs:*", Resource: "*"}
        tests: [{expect: {decision: allowed, failed_conditions: [aws:SourceVpc], rests_on: []}}]
        """,
        DENY_BY_DEFAULT,
    )

    outcome = judge(case, "f")

    assert outcome.status is Status.FAILED
    assert outcome.message.split("\n") == [
        "expected allowed, decided implicitDeny",
        "expected failed conditions aws:SourceVpc, found aws:Referer",
    ]
    assert outcome.actual == {
        "decision": "implicitDeny",
        "decided_by": "identity",
        "matched": [],
        "failed_conditions": ["aws:Referer"],
        "rests_on": [],
    }
    assert outcome.explanation == (
        "implicit deny (identity-based policy): s3:GetObject",
        "  Read would allow it, but:",
        '    ✗ StringEquals aws:Referer   absent; wanted "x"',
    )


def test_a_failure_names_the_further_action_that_was_missing(tmp_path: Path) -> None:
    case = only_case(
        tmp_path,
        """\
        policies:
          identity:
            - Statement:
                {Sid: C, Effect: Allow, Action: "secretsmanager:CreateSecret", Resource: "*"}
        tests:
          - {action: secretsmanager:CreateSecret, request_tags: {env: dev}, expect: allowed}
        """,
        DENY_BY_DEFAULT,
    )

    outcome = judge(case, "f")

    assert outcome.actual is not None
    assert outcome.actual["blocked_by"] == "secretsmanager:TagResource"
    assert outcome.explanation[0] == (
        "implicit deny (identity-based policy): secretsmanager:CreateSecret; "
        "it also needs secretsmanager:TagResource, which is not allowed"
    )


def test_the_step_that_fails_first_is_not_named_twice(tmp_path: Path) -> None:
    case = only_case(
        tmp_path,
        'tests: [{all_of: [{action: "s3:GetObject"}, {action: "s3:PutObject"}], expect: allowed}]',
        "resource: arn:aws:s3:::logs/today\n",
    )

    outcome = judge(case, "f")

    assert outcome.actual is not None
    assert outcome.actual["blocked_by"] == "s3:GetObject"
    assert "it also needs" not in outcome.explanation[0]


def test_keys_that_are_missing_are_found(tmp_path: Path) -> None:
    case = only_case(
        tmp_path,
        """\
        policies:
          identity:
            - Statement:
                {Effect: Allow, Action: "*", Resource: "*",
                 Condition: {StringEquals: {aws:Referer: x}}}
        tests: [{unknown: ["*"], expect: undetermined}]
        """,
        DENY_BY_DEFAULT,
    )

    outcome = judge(case, "f")

    assert outcome.actual == {
        "decision": "undetermined",
        "decided_by": None,
        "matched": [],
        "missing_context": ["aws:Referer"],
        "allow_if": 'aws:Referer is "x"',
    }


def test_a_remark_of_the_service_is_found_and_explained(tmp_path: Path) -> None:
    case = only_case(
        tmp_path,
        "tests: [{action: secretsmanager:CreateSecret, resource: '*', principal: "
        "arn:aws:iam::111122223333:role/Dev, context: {secretsmanager:Name: 'appflow!x'}, "
        "expect: {decision: allowed, remarks: []}}]",
    )

    outcome = judge(case, "f")

    assert outcome.actual is not None
    assert outcome.actual["remarks"] == ["R-AF-02"]
    assert outcome.explanation[-1].endswith(" (R-AF-02)")


def test_a_test_is_skipped_with_its_reason_and_not_run(tmp_path: Path) -> None:
    case = only_case(tmp_path, "tests: [{skip: not yet, expect: explicitDeny}]\n")

    outcome = judge(case, "f")

    assert (outcome.status, outcome.message) == (Status.SKIPPED, "not yet")
    assert outcome.actual is None


@pytest.mark.parametrize(
    ("text", "before", "code"),
    [
        (BROKEN + UNKNOWN_PRINCIPAL % "allowed", DENY_BY_DEFAULT, "empty-statement"),
        (UNKNOWN_PRINCIPAL % "allowed", ALLOW_ALL, "unknown-principal"),
    ],
)
def test_input_that_is_refused_is_an_error_with_its_problems(
    tmp_path: Path, text: str, before: str, code: str
) -> None:
    outcome = judge(only_case(tmp_path, text, before), "f")

    assert outcome.status is Status.ERROR
    assert outcome.actual == {"decision": "invalid", "error": [code]}
    assert [each.code for each in outcome.diagnostics] == [code]
    assert outcome.message.startswith("expected allowed, refused: ")


@pytest.mark.parametrize("expect", ["invalid", "{error: unknown-principal}"])
def test_a_refusal_that_is_expected_passes(tmp_path: Path, expect: str) -> None:
    outcome = judge(only_case(tmp_path, UNKNOWN_PRINCIPAL % expect), "f")

    assert (outcome.status, outcome.diagnostics) == (Status.PASSED, ())
    assert outcome.actual == {"decision": "invalid", "error": ["unknown-principal"]}


@pytest.mark.parametrize("expect", ["{error: other}", "{decision: invalid, error: other}"])
def test_a_refusal_for_another_reason_than_expected_is_a_failure(
    tmp_path: Path, expect: str
) -> None:
    outcome = judge(only_case(tmp_path, UNKNOWN_PRINCIPAL % expect), "f")

    assert (outcome.status, outcome.diagnostics) == (Status.FAILED, ())
    assert outcome.message == "expected the error other, found unknown-principal"


def test_a_decision_where_a_refusal_is_expected_is_a_failure(tmp_path: Path) -> None:
    outcome = judge(only_case(tmp_path, "tests: [{expect: invalid}]\n"), "f")

    assert outcome.status is Status.FAILED
    assert outcome.message == "expected invalid, decided allowed"


def test_a_test_that_fails_says_which_open_point_its_answer_rests_on(tmp_path: Path) -> None:
    case = only_case(tmp_path, "tests: [{expect: allowed}]\n", OPEN_POINT)

    *_, note = judge(case, "").explanation

    assert note == (
        "rests on R-COND-27: AWS leaves open what ForAnyValue with IfExists makes of a missing "
        "key; as it is read here: implicit deny; if AWS reads R-COND-27 the other way: allowed; "
        "`policy-eval rule R-COND-27` says how to find out"
    )


def test_under_strict_rules_a_test_fails_for_an_open_point(tmp_path: Path) -> None:
    case = only_case(tmp_path, "tests: [{expect: implicitDeny}]\n", OPEN_POINT)

    outcome = judge(case, "", rules=Rules.STRICT)

    assert judge(case, "").status is Status.PASSED
    assert outcome.status is Status.FAILED
    assert outcome.message == "expected implicitDeny, decided undetermined"
    assert any("under strict rules" in line for line in outcome.explanation)
