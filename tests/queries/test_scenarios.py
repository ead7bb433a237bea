"""Scenarios asked of whole accounts: each in the account of its caller."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy_eval.cases.suite import Overrides, Suite, load_suite
from policy_eval.engine.policies import LayersOf
from policy_eval.queries.scenarios import OfCaller, ask_all, summary
from tests.cli.running import ROOT, file_of
from tests.sources.exports import (
    NOW,
    OTHER,
    accounts,
    allowing,
    document,
    example,
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
    return load_suite(Path(path), Overrides(LayersOf(), None, NOW, None))


def _of(found: tuple[OfCaller, ...]) -> dict[str, list[str]]:
    return {
        each.caller.split(":", 4)[-1]: [one.decision.decision for one in each.asked]
        for each in found
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

    found = ask_all(within, _suite(tmp_path))

    assert _of(found) == {
        "111122223333:role/A": ["implicitDeny", "implicitDeny"],
        f"{OTHER}:role/B": ["allowed", "implicitDeny"],
        "111122223333:role/C": ["implicitDeny", "allowed"],
    }
    able, almost, others = summary(found)
    assert [each.caller[-1] for each in (*able, *almost, *others)] == ["C", "B", "A"]
    assert (len(able), len(almost), len(others)) == (2, 1, 0)
    assert almost[0].asked[0].reasons


def test_a_scenario_may_leave_its_caller_and_its_resource_open(tmp_path: Path) -> None:
    text = "tests:\n  - {name: list, action: 's3:ListAllMyBuckets'}\n"

    found = ask_all(example(), _suite(tmp_path, text), [example().caller("Admin")])

    assert _of(found) == {"111122223333:role/Admin": ["allowed"]}


def test_a_caller_of_whom_nothing_can_be_asked_is_said(tmp_path: Path) -> None:
    within = accounts(users=(user("bad", UserPolicyList=inline("nonsense")), user("none")))

    found = ask_all(within, _suite(tmp_path))

    data = [plain(each.to_dict()) for each in found]
    assert [each["error"] and each["error"][0]["code"] for each in data] == [
        "policy-in-source", None,
    ]  # fmt: skip
    assert [one["decision"] for one in data[1]["results"]] == ["implicitDeny"] * 2
    assert data[1]["results"][0]["name"] == "own queue"
    assert summary(found) == ([], [], list(found))


def test_a_question_that_is_refused_is_refused_of_everybody(tmp_path: Path) -> None:
    text = "tests:\n  - {name: odd, action: nonsense}\n"

    (found, *_) = ask_all(example(), _suite(tmp_path, text))

    assert found.error is not None
    assert found.asked == ()


@pytest.mark.parametrize("name", ["Flow", "ana"])
def test_the_packaged_scenario_tells_who_can_create_secrets(name: str) -> None:
    path = ROOT / "policy_eval" / "scenarios" / "appflow-secrets.scenario.yaml"
    suite = load_suite(path, Overrides(LayersOf(), None, NOW, None))

    (found,) = ask_all(example(), suite, [example().caller(name)])

    assert [one.decision.allowed for one in found.asked] == [True, *[False] * 6]
