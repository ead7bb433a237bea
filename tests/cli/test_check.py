"""`policy-eval check`: a scenario's answers, the packaged scenario, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from policy_eval.cli.check import packaged_scenarios
from policy_eval.cli.output import Exit
from tests.cli.running import (
    BLOCK,
    DEV,
    FULL_ACCESS,
    file_of,
    pointed_at,
    policy_eval,
    policy_file,
    told,
)

SCENARIO = """\
name: Reading logs
principal: arn:aws:iam::111122223333:role/Dev
action: s3:GetObject
resource: arn:aws:s3:::logs/today
tests:
  - name: read
"""

MINE = """\
name: Mine
policies:
  identity:
    - Version: "2012-10-17"
      Statement:
        Sid: Read
        Effect: Allow
        Action: s3:Get*
        Resource: "*"
        Condition: {DateLessThanIfExists: {aws:TokenIssueTime: "2027-01-01T00:00:00Z"}}
principal: arn:aws:iam::111122223333:role/Dev
resource: arn:aws:s3:::logs/today
tests:
  - {name: read, action: s3:GetObject, context: {aws:TokenIssueTime: null}}
  - {name: write, action: s3:PutObject}
"""


# The packaged scenario


def test_the_scenario_of_appflow_comes_with_the_package() -> None:
    assert "appflow-secrets" in packaged_scenarios()


@pytest.mark.parametrize("policy", [BLOCK, FULL_ACCESS])
def test_the_scenario_of_appflow_answers_its_seven_questions(policy: str) -> None:
    result = policy_eval("check", "appflow-secrets", "-p", policy, "-o", "json")

    answers = json.loads(result.stdout)["results"]
    found = [(answer["name"], answer["decision"], answer["blocked_by"]) for answer in answers]
    assert result.exit_code == 0
    assert found == [
        ("create through AppFlow", "allowed", None),
        ("set the resource policy through AppFlow", "allowed", None),
        ("tag", "implicitDeny", None),
        ("untag", "implicitDeny", None),
        ("create with tags through AppFlow", "implicitDeny", "secretsmanager:TagResource"),
        ("create directly", "implicitDeny", None),
        ("read the secret", "implicitDeny", None),
    ]


def test_the_table_says_each_decision_its_reason_and_what_is_lacking() -> None:
    result = policy_eval("check", "appflow-secrets", "-p", BLOCK)

    lines = result.stdout.splitlines()
    assert (result.exit_code, result.stderr) == (0, "")
    assert lines[0] == "AppFlow's secrets in Secrets Manager"
    assert (
        "  ✓ create through AppFlow                    allowed   secretsmanager:CreateSecret"
        in lines
    )
    assert (
        "  ✗ tag                                       implicit deny   secretsmanager:TagResource"
        in lines
    )
    assert "      no statement allows secretsmanager:TagResource" in lines
    assert any("✗ ForAnyValue:StringEquals aws:CalledVia" in line for line in lines)


def test_creating_directly_also_says_that_the_name_is_reserved() -> None:
    result = policy_eval("check", "appflow-secrets", "-p", BLOCK, "-o", "json")

    remarks = {
        answer["name"]: [remark["rule"] for remark in answer["remarks"]]
        for answer in json.loads(result.stdout)["results"]
    }
    assert "R-AF-02" in remarks["create directly"]
    assert "R-AF-02" not in remarks["create through AppFlow"]


def test_a_scenario_says_once_what_was_assumed_of_a_policy() -> None:
    result = policy_eval("check", "appflow-secrets", "-p", BLOCK)

    assert result.stdout.count(f"{BLOCK}: read as a policy of 2 statements") == 1


def test_a_scenario_assumes_nothing_of_a_whole_policy() -> None:
    result = policy_eval("check", "appflow-secrets", "-p", FULL_ACCESS)

    assert "read as" not in result.stdout


def test_a_policy_that_grants_more_answers_more(tmp_path: Path) -> None:
    further = policy_file(tmp_path, {"Action": "secretsmanager:*"})

    result = policy_eval("check", "appflow-secrets", "-p", BLOCK, "-p", further, "-o", "json")

    answers = json.loads(result.stdout)["results"]
    assert {answer["decision"] for answer in answers} == {"allowed"}


def test_a_policy_may_come_from_stdin() -> None:
    block = Path(BLOCK).read_text("utf-8")

    result = policy_eval("check", "appflow-secrets", "-p", "-", stdin=block)

    assert result.exit_code == 0
    assert "allowed by SecretsManagerCreateSecretAccess (<stdin>:1:1)" in result.stdout


# A scenario of one's own


def test_a_file_is_a_scenario(tmp_path: Path) -> None:
    result = policy_eval("check", file_of(tmp_path, MINE, "mine.scenario.yaml"))

    assert result.exit_code == 0
    assert "  ✓ read    allowed   s3:GetObject\n      allowed by Read (" in result.stdout
    assert (
        "  ✗ write   implicit deny   s3:PutObject\n      no statement allows s3:PutObject"
        in result.stdout
    )


def test_policies_given_replace_the_scenario_s_own(tmp_path: Path) -> None:
    scenario = file_of(tmp_path, MINE, "mine.scenario.yaml")
    writes = policy_file(tmp_path, {"Sid": "Write", "Action": "s3:Put*"})

    result = policy_eval("check", scenario, "-p", writes)

    assert "  ✗ read    implicit deny" in result.stdout
    assert "  ✓ write   allowed   s3:PutObject\n      allowed by Write (" in result.stdout


def test_a_principal_given_replaces_the_scenario_s_own(tmp_path: Path) -> None:
    text = SCENARIO.replace("read\n", "read\n    principal: anonymous\n")
    scenario = file_of(tmp_path, text, "s.scenario.yaml")
    policy = policy_file(
        tmp_path,
        {"Condition": {"StringEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:user/Ann"}}},
    )

    result = policy_eval(
        "check", scenario, "-p", policy, "--as", "arn:aws:iam::111122223333:user/Ann"
    )

    assert "  ✓ read   allowed" in result.stdout


def test_a_question_that_stays_open_has_a_question_mark(tmp_path: Path) -> None:
    scenario = file_of(tmp_path, SCENARIO, "s.scenario.yaml")
    policy = policy_file(tmp_path, {"Condition": {"StringEquals": {"aws:userid": "AROAONE:x"}}})

    result = policy_eval("check", scenario, "-p", policy)

    assert result.exit_code == 0
    assert "  ? read   undetermined" in result.stdout


def test_an_answer_says_which_open_point_it_rests_on() -> None:
    result = policy_eval("check", "appflow-secrets", "-p", BLOCK, "-o", "json")

    assert json.loads(result.stdout)["results"][0]["rests_on"] == [
        {
            "rule": "R-AF-05",
            "about": "whether the managing service's own tag on a new secret needs "
            "secretsmanager:TagResource",
            "ours": "allowed",
            "other": "implicitDeny",
            "conditions": None,
            "test": "make an AppFlow connection without permission for secretsmanager:TagResource",
        }
    ]


def test_under_strict_rules_an_answer_that_rests_on_an_open_point_is_none() -> None:
    result = policy_eval("check", "appflow-secrets", "-p", BLOCK, "--strict-rules")

    assert result.exit_code == 0
    assert "it rests on R-AF-05, and under strict rules an open point" in result.stdout
    assert "if AWS reads R-AF-05 the other way: implicit deny" in result.stdout
    data = policy_eval("check", "appflow-secrets", "-p", BLOCK, "--strict-rules", "-o", "json")
    assert json.loads(data.stdout)["results"][0]["decision"] == "undetermined"


def test_warnings_about_policies_given_are_on_stderr(tmp_path: Path) -> None:
    policy = policy_file(tmp_path, {"Action": "s3:Get${aws:username}"})

    result = policy_eval("check", "appflow-secrets", "-p", policy)

    assert result.exit_code == 0
    assert [line.partition("]")[0] for line in told(result)] == ["warning[misplaced-variable"]
    assert pointed_at(result)[0].startswith(f"{policy}:1:")


# What cannot be answered

TWO = f"""{SCENARIO}    context: {{aws:TokenIssueTime: yesterday}}
  - name: fine
    action: s3:PutObject
"""


def _reading_dates(folder: Path) -> str:
    return policy_file(
        folder,
        {"Action": "s3:Get*", "Condition": {"DateLessThan": {"aws:TokenIssueTime": "2027-01-01"}}},
        {"Action": "s3:Put*"},
    )


def test_a_refused_request_leaves_the_other_answers(tmp_path: Path) -> None:
    scenario = file_of(tmp_path, TWO, "s.scenario.yaml")

    result = policy_eval("check", scenario, "-p", _reading_dates(tmp_path))

    assert result.exit_code == Exit.UNUSABLE
    refusal = "error[unreadable-value]: `aws:TokenIssueTime`"
    assert f"  ? read   refused: {scenario}:6:5: {refusal}" in result.stdout
    assert "  ✓ fine   allowed" in result.stdout


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_a_refused_request_is_data_too(tmp_path: Path, form: str) -> None:
    scenario = file_of(tmp_path, TWO, "s.scenario.yaml")

    result = policy_eval("check", scenario, "-p", _reading_dates(tmp_path), "-o", form)

    report = yaml.safe_load(result.stdout)
    refused, fine = report["results"]
    assert result.exit_code == Exit.UNUSABLE
    assert report["scenario"] == "Reading logs"
    assert refused["error"][0]["code"] == "unreadable-value"
    assert (fine["name"], fine["decision"]) == ("fine", "allowed")


def test_a_contradiction_in_one_request_leaves_the_other_answers(tmp_path: Path) -> None:
    text = TWO.replace("aws:TokenIssueTime: yesterday", 'aws:PrincipalAccount: "444455556666"')
    scenario = file_of(tmp_path, text, "s.scenario.yaml")

    result = policy_eval("check", scenario, "-p", policy_file(tmp_path, {}))

    assert result.exit_code == Exit.UNUSABLE
    assert f"  ? read   refused: {scenario}:6:5: error[contradiction]: " in result.stdout
    assert "  ✓ fine   allowed" in result.stdout


@pytest.mark.parametrize("tests", ["tests: []", "tests: [{name: a, action: s3:a, actions: []}]"])
def test_a_scenario_that_asks_nothing_ends_without_a_traceback(tmp_path: Path, tests: str) -> None:
    result = policy_eval("check", file_of(tmp_path, f"{tests}\n", "s.scenario.yaml"))

    assert isinstance(result.exception, SystemExit | None)
    assert result.exit_code in (0, Exit.UNUSABLE)


@pytest.mark.parametrize("name", ["nope", "nope.scenario.yaml", "", "."])
def test_an_unknown_scenario_is_refused_with_the_packaged_ones(name: str) -> None:
    result = policy_eval("check", name, "-p", BLOCK)

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert told(result) == [
        f"error[unknown-scenario]: `{name}` is neither a file nor a packaged scenario"
    ]
    assert f"packaged: {', '.join(packaged_scenarios())}\n" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("appflow-secrets", "-p", "nope.json"), "there is no such file"),
        (("appflow-secrets", "-p", BLOCK, "--as", "bob"), "`bob` is no principal"),
        (("appflow-secrets", "-p", BLOCK, "--as", ""), "`` is no principal"),
    ],
)
def test_unusable_input_is_refused(arguments: tuple[str, ...], says: str) -> None:
    result = policy_eval("check", *arguments)

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert says in result.stderr
    assert len(told(result)) == 1


def test_a_broken_scenario_is_refused_with_its_place(tmp_path: Path) -> None:
    scenario = file_of(tmp_path, "tests:\n  - {name: a, resource: *}\n", "s.scenario.yaml")

    result = policy_eval("check", scenario, "-p", BLOCK)

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert result.stderr.startswith("error[yaml-syntax]: ")
    assert pointed_at(result) == [f"{scenario}:2:26"]
    assert 'write "*"' in result.stderr


def test_a_scenario_is_named() -> None:
    result = policy_eval("check", "-p", BLOCK, "--as", DEV)

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert "Missing argument 'SCENARIO'" in result.stderr


def test_a_scenario_without_policies_is_refused() -> None:
    result = policy_eval("check", "appflow-secrets")

    assert (result.exit_code, result.stdout) == (2, "")
    assert "missing-policies" in result.stderr
