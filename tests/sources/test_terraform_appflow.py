"""The flagship question, of plans: can this role create or tag AppFlow's secrets.

Rules: R-AF-03, R-AF-04, R-SM-01. AWS: "Data protection in Amazon AppFlow".
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policy_eval import Decision, Request, decide, residual
from policy_eval.sources.accounts import Accounts
from policy_eval.sources.model import Found
from policy_eval.sources.terraform.instances import is_terraform
from policy_eval.sources.terraform.read import read_terraform

_DATA = Path(__file__).parent / "data"
_SECRET = "arn:aws:secretsmanager:us-east-1:111122223333:secret:appflow!111122223333-sales-AbCdEf"
_OWN = "arn:aws:secretsmanager:us-east-1:111122223333:secret:sales-credentials-Zy1xW2"
_ROLE = "arn:aws:iam::111122223333:role/appflow-connections"
_VIA: dict[str, str | list[str]] = {
    "aws:CalledVia": ["appflow.amazonaws.com"],
    "aws:RequestedRegion": "us-east-1",
}
_OWNED = {"aws:secretsmanager:owningService": "AppFlow"}


def _read(name: str) -> Found:
    value = json.loads((_DATA / name).read_text("utf-8"))
    assert is_terraform(value)
    return read_terraform(value, name)


@pytest.fixture(scope="module")
def known() -> Found:
    return _read("terraform-appflow.plan.json")


@pytest.fixture(scope="module")
def unknown() -> Found:
    return _read("terraform-appflow-unknown.plan.json")


def _request(
    found: Found,
    action: str,
    resource: str | None,
    tags: dict[str, str] | None = None,
    **request_tags: str,
) -> tuple[Accounts, Request]:
    accounts = Accounts(found)
    context: dict[str, str | list[str]] = {**_VIA}
    if action == "secretsmanager:CreateSecret":
        context["secretsmanager:Name"] = "appflow!111122223333-sales"
    return accounts, Request(
        action, resource, principal=accounts.principal("appflow-connections"), context=context,
        resource_tags=tags, request_tags=request_tags or None,
    )  # fmt: skip


def _decide(
    found: Found,
    action: str,
    resource: str | None,
    tags: dict[str, str] | None = None,
    **request_tags: str,
) -> Decision:
    accounts, request = _request(found, action, resource, tags, **request_tags)
    return decide(accounts.policies(accounts.caller(_ROLE), action, resource), request)


def test_the_role_has_the_policy_and_the_boundary_that_are_still_to_be_made(known: Found) -> None:
    role = known.entities[_ROLE]

    assert role.managed == ("arn:aws:iam::111122223333:policy/AppFlowConnections",)
    assert role.boundary == "arn:aws:iam::111122223333:policy/AppFlowBoundary"
    assert role.tags == (("team", "sales"),)
    assert {*role.managed, role.boundary} == known.managed.keys()
    assert not role.unknown


def test_the_role_can_create_secrets_of_appflow(known: Found) -> None:
    decision = _decide(known, "secretsmanager:CreateSecret", None)

    assert decision.decision == "allowed"
    assert decision.matched == ("CreateSecretsOfAppFlow",)


def test_the_role_can_guard_secrets_that_appflow_owns(known: Found) -> None:
    owned = _decide(known, "secretsmanager:PutResourcePolicy", _SECRET, _OWNED)
    other = _decide(known, "secretsmanager:PutResourcePolicy", _SECRET, {})

    assert (owned.decision, other.decision) == ("allowed", "implicitDeny")


def test_the_role_cannot_tag_secrets_of_appflow(known: Found) -> None:
    tagged = _decide(known, "secretsmanager:TagResource", _SECRET, _OWNED, env="dev")
    made_with_tags = _decide(known, "secretsmanager:CreateSecret", None, None, env="dev")

    assert (tagged.decision, made_with_tags.decision) == ("implicitDeny", "implicitDeny")


def test_the_boundary_and_the_policy_of_the_secret_have_a_say(known: Found) -> None:
    deleted = _decide(known, "secretsmanager:DeleteSecret", _OWN, {})
    read = _decide(known, "secretsmanager:GetSecretValue", _OWN, {})

    assert deleted.matched == ("policy/AppFlowBoundary#2",)
    assert read.matched == ("OnlyAppFlowReads",)
    assert (deleted.decision, read.decision) == ("explicitDeny", "explicitDeny")


def test_a_value_known_only_after_apply_leaves_its_statement_open(unknown: Found) -> None:
    decision = _decide(unknown, "secretsmanager:PutResourcePolicy", _SECRET, _OWNED)

    assert decision.decision == "undetermined"
    assert str(decision.allow_if) == 'statement "policy/AppFlowConnections#3" applies'
    assert str(decision.deny_if) == "never"


def test_what_is_not_known_is_told_by_the_policy(unknown: Found) -> None:
    (unsure,) = unknown.managed["arn:aws:iam::111122223333:policy/AppFlowConnections"].unsure

    assert unsure.number == 3
    assert unsure.why == (
        "resources (aws_secretsmanager_secret.sales.arn) in statement 3 of "
        "data.aws_iam_policy_document.appflow, known only after apply"
    )


def test_the_open_statement_still_wants_its_conditions(unknown: Found) -> None:
    decision = _decide(unknown, "secretsmanager:PutResourcePolicy", _SECRET, {})

    assert decision.decision == "implicitDeny"


def test_the_open_statement_and_an_unknown_key_are_both_in_the_condition(unknown: Found) -> None:
    key = "secretsmanager:ResourceTag/aws:secretsmanager:owningService"
    accounts = Accounts(unknown)
    action = "secretsmanager:PutResourcePolicy"
    caller = accounts.principal("appflow-connections")
    request = Request(action, _SECRET, principal=caller, context=_VIA, unknown=[key])
    policies = accounts.policies(accounts.caller(_ROLE), action, _SECRET)

    condition = str(residual(policies, request).allow_if)

    assert 'statement "policy/AppFlowConnections#3" applies' in condition
    assert "owningService" in condition


@pytest.mark.parametrize(
    ("action", "resource", "word"),
    [
        ("secretsmanager:CreateSecret", None, "allowed"),
        ("appflow:CreateConnectorProfile", None, "allowed"),
        ("secretsmanager:TagResource", _SECRET, "implicitDeny"),
        ("secretsmanager:GetSecretValue", _OWN, "explicitDeny"),
        ("s3:GetObject", "arn:aws:s3:::bucket/key", "implicitDeny"),
    ],
)
def test_what_does_not_hang_on_the_unknown_value_is_certain(
    unknown: Found, action: str, resource: str | None, word: str
) -> None:
    assert _decide(unknown, action, resource, _OWNED if resource else None).decision == word


@pytest.mark.parametrize(
    ("action", "resource", "tags"),
    [
        ("secretsmanager:CreateSecret", None, None),
        ("secretsmanager:PutResourcePolicy", _SECRET, _OWNED),
        ("secretsmanager:PutResourcePolicy", _SECRET, {}),
        ("secretsmanager:TagResource", _SECRET, _OWNED),
        ("secretsmanager:GetSecretValue", _OWN, {}),
        ("secretsmanager:DeleteSecret", _OWN, {}),
    ],
)
def test_the_state_after_apply_answers_as_the_plan_did(
    known: Found, action: str, resource: str | None, tags: dict[str, str] | None
) -> None:
    state = _read("terraform-appflow.state.json")

    after, before = (_decide(found, action, resource, tags) for found in (state, known))

    assert (after.decision, after.matched) == (before.decision, before.matched)
    assert state.entities[_ROLE].unique_id == "AROACKCEVSQ6C2EXAMPLE"
