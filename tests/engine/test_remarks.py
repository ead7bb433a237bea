"""Actions and keys that the service reference does not list, with the nearest name."""

from __future__ import annotations

import json

import pytest

from policy_eval.engine.policies import parse_policy
from policy_eval.engine.remarks import remarks_on
from policy_eval.errors import Diagnostic, Severity
from policy_eval.policy.diagnosis import warnings_of
from policy_eval.policy.policy_type import STRICT, PolicyType, Strictness
from policy_eval.semantics.service_reference import data_version
from tests.pointed import pointed


def policy(**elements: object) -> str:
    """Return a policy of one statement."""
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*", **elements}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def remarks_in(text: str, strictness: Strictness = STRICT) -> tuple[Diagnostic, ...]:
    """Return the remarks on a policy."""
    read = parse_policy(text, "p.json", PolicyType.IDENTITY, strictness)
    return warnings_of(read._replace(findings=tuple(remarks_on(read))))


@pytest.mark.parametrize(
    "action",
    ["*", "s3:*", "s3:GetObject", "S3:getobject", "s3:Get*", "s3:*Object", "s3:G?tObject", "s*:x",
     ["s3:GetObject", "kms:Decrypt"]],
)  # fmt: skip
def test_actions_that_are_listed_need_no_remark(action: object) -> None:
    accepting = Strictness(accept_invalid=True)

    assert remarks_in(policy(Action=action), accepting) == ()


@pytest.mark.parametrize(
    ("action", "what", "remedy"),
    [
        ("s3:GetObjekt", "action `s3:GetObjekt`", "did you mean `s3:GetObject`"),
        ("s3:Gett*", "action `s3:Gett*`", ""),
        ("s3:Zzzzzzzz", "action `s3:Zzzzzzzz`", ""),
        ("secretmanager:GetSecretValue", "service `secretmanager`",
         "did you mean `secretsmanager:GetSecretValue`"),
        ("qqqqqq:Get", "service `qqqqqq`", ""),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["Action", "NotAction"])
def test_an_action_that_is_not_listed_is_remarked_on_with_the_nearest(
    name: str, action: str, what: str, remedy: str
) -> None:
    text = policy(Action=["s3:*", action]).replace('"Action"', f'"{name}"')

    (remark,) = remarks_in(text)

    assert (remark.code, remark.severity) == ("unlisted-action", Severity.WARNING)
    assert remark.message == f"the service reference ({data_version()}) lists no {what}"
    assert (remark.remedy, remark.rules) == (remedy, ("R-ACT-04",))
    assert pointed(text, remark) == json.dumps(action)


@pytest.mark.parametrize("action", ["", "nocolon", "s3:", "s3:a:b", "*:x", "?3:x"])
def test_what_has_no_form_of_an_action_is_not_looked_up(action: str) -> None:
    assert remarks_in(policy(Action=action), Strictness(accept_invalid=True)) == ()


@pytest.mark.parametrize(
    "key",
    ["aws:SourceIp", "AWS:sourceip", "aws:PrincipalTag/team", "aws:RequestTag/é", "s3:prefix",
     "secretsmanager:Name"],
)  # fmt: skip
def test_keys_that_are_listed_need_no_remark(key: str) -> None:
    assert remarks_in(policy(Condition={"StringEquals": {key: "x"}})) == ()


@pytest.mark.parametrize(
    ("key", "remedy"),
    [
        ("aws:SourceIpp", "did you mean `aws:SourceIp`"),
        ("s3:prefixx", "did you mean `s3:prefix`"),
        ("aws:Zzzzzzzzzzzzzz", ""),
        ("qqqqqq:zz", ""),
    ],
)
def test_a_key_that_is_not_listed_is_remarked_on_by_its_name(key: str, remedy: str) -> None:
    text = policy(Condition={"StringEquals": {"aws:SourceVpc": "x", key: "y"}})

    (remark,) = remarks_in(text)

    assert (remark.code, remark.remedy, remark.rules) == ("unlisted-key", remedy, ("R-COND-06",))
    assert remark.message.endswith(f"lists no condition key `{key}`")
    assert pointed(text, remark) == json.dumps(key)


def test_a_key_without_a_prefix_is_not_looked_up() -> None:
    text = policy(Condition={"StringEquals": {"SourceIp": "x"}})

    assert remarks_in(text, Strictness(accept_invalid=True)) == ()


def test_each_statement_is_looked_at() -> None:
    statement = {"Effect": "Allow", "Action": "s3:Nope", "Resource": "*"}
    text = json.dumps([statement, {**statement, "Action": "s3:*"}, statement])

    places = [remark.place for remark in remarks_in(text)]

    assert len(places) == 2
    assert places[0] != places[1]
