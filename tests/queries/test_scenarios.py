"""Scenarios asked of whole accounts: each in the account of its caller."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy_eval.cases.suite import Overrides, Suite, load_suite
from policy_eval.queries.scenarios import OfCaller, ask_all, questions, summary
from policy_eval.sources.accounts import Accounts
from policy_eval.sources.model import Resource, Where
from tests.cli.running import ROOT, file_of
from tests.sources.exports import (
    ACCOUNT,
    NOW,
    OTHER,
    accounts,
    allowing,
    document,
    example,
    found,
    iam,
    inline,
    plain,
    role,
    user,
)

_SCENARIO = """\
principal: arn:aws:iam::999999999999:role/Story
resource_account: "999999999999"
tests:
  - name: own queue
    action: sqs:SendMessage
    resource: arn:aws:sqs:us-east-1:999999999999:q
    context: {aws:SourceArn: "arn:aws:sns:us-east-1:999999999999:t", aws:SourceVpc: null}
    request_tags: {a: b}
  - name: bucket
    action: s3:GetObject
    resource: arn:aws:s3:::b/x
"""


def _suite(folder: Path, text: str = _SCENARIO) -> Suite:
    path = file_of(folder, text, "story.scenario.yaml")
    return load_suite(Path(path), Overrides(now=NOW))


def _of(answers: tuple[OfCaller, ...]) -> dict[str, list[str]]:
    return {
        each.caller.split(":", 4)[-1]: [one.decision.decision for one in each.asked]
        for each in answers
    }


def test_a_scenario_is_asked_in_the_account_of_each_caller(tmp_path: Path) -> None:
    condition = {"ArnLike": {"aws:SourceArn": f"arn:aws:sns:*:{OTHER}:t"}}
    own = document({"Action": "sqs:SendMessage", "Condition": condition})
    within = accounts(
        roles=(
            role("A", RolePolicyList=inline(own)),
            role("B", Arn=iam("role/B", OTHER), RolePolicyList=inline(own)),
            role("C", RolePolicyList=inline(allowing("s3:GetObject"))),
        )
    )

    answers = ask_all(within, _suite(tmp_path))

    assert _of(answers) == {
        "111122223333:role/A": ["implicitDeny", "implicitDeny"],
        f"{OTHER}:role/B": ["allowed", "implicitDeny"],
        "111122223333:role/C": ["implicitDeny", "allowed"],
    }
    able, almost, others = summary(answers)
    assert [each.caller[-1] for each in (*able, *almost, *others)] == ["C", "B", "A"]
    assert (len(able), len(almost), len(others)) == (2, 1, 0)
    assert almost[0].asked[0].reasons


def test_a_scenario_may_leave_its_caller_and_its_resource_open(tmp_path: Path) -> None:
    text = "tests:\n  - {name: list, action: 's3:ListAllMyBuckets'}\n"

    answers = ask_all(example(), _suite(tmp_path, text), [example().caller("Admin")])

    assert _of(answers) == {"111122223333:role/Admin": ["allowed"]}


def test_a_caller_of_whom_nothing_can_be_asked_is_said(tmp_path: Path) -> None:
    within = accounts(users=(user("bad", UserPolicyList=inline("nonsense")), user("none")))

    answers = ask_all(within, _suite(tmp_path))

    data = [plain(each.to_dict()) for each in answers]
    assert [each["error"] and each["error"][0]["code"] for each in data] == [
        "policy-in-source", None,
    ]  # fmt: skip
    assert [one["decision"] for one in data[1]["results"]] == ["implicitDeny"] * 2
    assert data[1]["results"][0]["name"] == "own queue"
    assert summary(answers) == ([], [], list(answers))


def test_questions_about_other_callers_are_left_aside(tmp_path: Path) -> None:
    text = """\
tests:
  - {name: service, action: "s3:GetObject", principal: appflow.amazonaws.com}
  - {name: user, action: "s3:GetObject", principal: "arn:aws:iam::999999999999:user/u"}
  - {name: anybody, action: "s3:GetObject"}
"""
    suite = _suite(tmp_path, text)

    (first, *_) = ask_all(example(), suite)

    assert [case.name for case in questions(suite)] == ["user", "anybody"]
    assert [one.name for one in first.asked] == ["user", "anybody"]


def test_callers_have_the_credentials_of_the_story(tmp_path: Path) -> None:
    """Name, tags and origin of the session of a role are those of no user."""
    shown = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    tagged = {"StringEquals": {"aws:PrincipalTag/team": "red"}}
    named = {"StringLike": {"aws:userid": "*:me"}}
    own = inline(
        document(
            {"Action": "s3:ListAllMyBuckets", "Condition": shown},
            {"Action": "iam:ListUsers", "Condition": tagged},
            {"Action": "ec2:DescribeRegions", "Condition": named},
        )
    )
    within = accounts(
        users=(user("u", UserPolicyList=own, UserId="AIDAEXAMPLE"),),
        roles=(role("r", RolePolicyList=own, RoleId="AROAEXAMPLE"),),
    )
    text = """\
principal: {arn: "arn:aws:iam::999999999999:role/Story", mfa: true, session_name: me,
            session_tags: {team: red}, credentials: AssumeRole, tags: {of: story}}
tests: [{actions: [s3:ListAllMyBuckets, iam:ListUsers, ec2:DescribeRegions]}]
"""

    assert _of(ask_all(within, _suite(tmp_path, text))) == {
        "111122223333:user/u": ["allowed", "implicitDeny", "implicitDeny"],
        "111122223333:role/r": ["allowed", "allowed", "allowed"],
    }
    key = text.replace("role/Story", "user/story").partition("mfa")[0] + "credentials: AccessKey}\n"
    calls = f"{key}tests: [{{action: 's3:ListAllMyBuckets'}}]\n"
    assert [each.error for each in ask_all(within, _suite(tmp_path, calls))] == [None, None]


def test_what_sources_say_of_a_resource_is_said(tmp_path: Path) -> None:
    arn = "arn:aws:s3:::b"
    condition = {"StringEquals": {"aws:ResourceTag/team": "red"}}
    own = document({"Action": "s3:ListBucket", "Condition": condition})
    everything = found(roles=(role("A", RolePolicyList=inline(own)),))
    text = """\
tests:
  - {name: list, action: "s3:ListBucket", resource: "arn:aws:s3:::b"}
  - {name: another, action: "s3:ListBucket", resource: "arn:aws:s3:::c"}
"""

    def asked(owner: str) -> list[str]:
        everything.resources[arn] = Resource(arn, None, Where("r"), owner, (("team", "red"),))
        (answers,) = ask_all(Accounts(everything), _suite(tmp_path, text))
        return [one.decision.decision for one in answers.asked]

    assert asked(ACCOUNT) == ["allowed", "implicitDeny"]
    assert asked(OTHER) == ["undetermined", "implicitDeny"]


def test_a_question_that_is_refused_is_refused_of_everybody(tmp_path: Path) -> None:
    text = "tests:\n  - {name: odd, action: nonsense}\n"

    (first, *_) = ask_all(example(), _suite(tmp_path, text))

    assert first.error is not None
    assert first.asked == ()


@pytest.mark.parametrize("name", ["Flow", "ana"])
def test_the_packaged_scenario_tells_who_can_create_secrets(name: str) -> None:
    path = ROOT / "policy_eval" / "scenarios" / "appflow-secrets.scenario.yaml"
    suite = load_suite(path, Overrides(now=NOW))

    (only,) = ask_all(example(), suite, [example().caller(name)])

    assert [one.decision.allowed for one in only.asked] == [True, *[False] * 6]
