"""The smallest changes to policies with which a call would be allowed."""

from __future__ import annotations

import json
from itertools import combinations

import pytest

import policy_eval as pe
from policy_eval.engine.explain import explain_call
from policy_eval.engine.residual import policy_fixes as module
from policy_eval.engine.residual.policy_fixes import PolicyFixes, policy_fixes
from tests.engine.residual.asking import GET, SECRET, USER, A, allow, deny, known, policies, policy


def _fixes(given: pe.PolicySet, *requests: pe.Request) -> PolicyFixes:
    """Return the fixes of a call; each helps, and no edit of it can be left out."""
    requests = requests or (known({}),)
    found = policy_fixes(given, explain_call(given, [*requests]).parts, *requests)
    for fix in found.found:
        assert pe.decide(fix.apply(given), *requests).allowed
        for edits in combinations(fix.edits, len(fix.edits) - 1):
            less = fix._replace(edits=edits).apply(given)
            assert not edits or pe.decide(less, *requests).allowed is not True
    return found


def _words(found: PolicyFixes) -> list[list[str]]:
    return [[edit.what for edit in fix.edits] for fix in found.found]


def test_a_deny_is_taken_out() -> None:
    found = _fixes(policies(allow(), deny(Sid="No")))

    assert _words(found) == [["take out the Deny No"]]
    assert found.is_complete
    data = json.loads(json.dumps(found.to_dict()))
    assert data["policy_fixes"][0]["edits"][0]["statement"]["sid"] == "No"


def test_a_statement_is_added_or_an_action() -> None:
    found = _fixes(policies(allow("secretsmanager:ListSecrets", SECRET, Sid="List")))

    assert _words(found) == [
        [f"<policy 1>: add a statement that allows {GET} on {SECRET}"],
        [f"List: add the action {GET}"],
    ]
    assert found.to_dict()["policy_fixes"] is not None
    assert found.found[0].to_dict()["edits"][0]["statement"] is None  # type: ignore[index]


def test_an_action_of_another_service_is_not_added() -> None:
    found = _fixes(policies(allow("s3:*"), {"Effect": "Allow", "NotAction": GET, "Resource": "*"}))

    assert _words(found) == [[f"<policy 1>: add a statement that allows {GET} on {SECRET}"]]


def test_a_resource_is_added_and_conditions_taken_out() -> None:
    condition = {"StringEquals": {"my:A": "a", "my:B": "b"}, "Null": {"my:C": "true"}}
    found = _fixes(policies(allow(GET, "arn:aws:s3:::a", Sid="One", when=condition)))

    without = "take out the conditions StringEquals my:A, StringEquals my:B"
    assert _words(found)[1] == [f"One: add the resource {SECRET} and {without}"]


def test_a_resource_that_is_excepted_stays_so() -> None:
    excepted: dict[str, object] = {"Effect": "Allow", "Action": GET, "NotResource": SECRET}

    assert len(_fixes(policies({**excepted})).found) == 1


def test_an_unknown_resource_is_not_added() -> None:
    request = pe.Request(GET, None, principal=USER)
    found = _fixes(policies(allow(GET, "arn:aws:s3:::a"), allow("s3:*")), request)

    assert _words(found) == [[f"<policy 1>: add a statement that allows {GET}"]]


def test_edits_of_several_policies_go_together() -> None:
    found = _fixes(
        policies(
            allow("s3:*"), deny(Sid="No"),
            scps=[[policy(allow("s3:*"))], [policy(allow())]],
            boundary=policy(allow("s3:*")),
        )
    )  # fmt: skip

    assert len(found.found[0].edits) == 4
    assert {edit.layer for edit in found.found[0].edits} == {
        pe.Layer.IDENTITY, pe.Layer.SCP, pe.Layer.BOUNDARY,
    }  # fmt: skip


def test_a_statement_of_the_resource_s_policy_names_the_caller() -> None:
    """R-SP-01, R-ANON-01."""
    given = policies(resource=policy(allow("secretsmanager:PutSecretValue", Principal="*")))
    for caller, kind in (("s3.amazonaws.com", "Service"), ("anonymous", "*"), (USER, "AWS")):
        request = pe.Request(GET, SECRET, principal=caller)

        found = _fixes(given, request)

        (added,) = [fix.edits[0] for fix in found.found if fix.edits[0].at is None]
        assert added.changed is not None
        assert added.changed.principal is not None
        assert added.changed.principal.values[0].kind == kind


def test_a_statement_that_is_about_others_is_left() -> None:
    other = allow(Principal={"AWS": f"arn:aws:iam::{A}:user/bob"})
    found = _fixes(policies(allow("s3:*"), resource=policy(other)))

    assert all("<policy of the resource>#1" not in word for words in _words(found)
               for word in words)  # fmt: skip


def test_an_unknown_caller_is_not_named() -> None:
    request = pe.Request(GET, SECRET)
    found = _fixes(policies(resource=policy(deny(Principal={"AWS": A}))), request)

    assert found.found == ()


def test_a_trust_policy_names_no_resource() -> None:
    request = pe.Request("sts:AssumeRole", f"arn:aws:iam::{A}:role/Target", principal=USER)
    trust: dict[str, object] = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"},
             "Action": "sts:AssumeRole"}  # fmt: skip
    found = _fixes(policies(allow(), resource=policy({**trust})), request)

    assert _words(found)[0][0].startswith("<policy of the resource>: add a statement")


def test_resource_control_policies_get_no_allow() -> None:
    given = policies(allow("s3:*"), rcps=[[policy(deny("secretsmanager:*", Principal="*"))]])

    found = _fixes(given)

    assert {len(fix.edits) for fix in found.found} == {2}


def test_the_order_of_a_policy_s_statements_does_not_matter() -> None:
    found = _fixes(policies(allow(), deny(Sid="One"), deny(Sid="Two")))

    assert _words(found) == [["take out the Deny One", "take out the Deny Two"]]


def test_what_is_left_of_a_long_search_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    statements = [allow(GET, f"arn:aws:s3:::{number}") for number in range(8)]
    many = _fixes(policies(*statements))
    assert (len(many.found), many.is_complete) == (6, False)

    monkeypatch.setattr(module, "MOST_TRIED", 1)
    few = _fixes(policies(*statements))
    assert (len(few.found), few.is_complete) == (1, False)


def test_an_edit_that_makes_the_call_an_error_does_not_help() -> None:
    """R-COND-42: without the Deny, nothing is allowed; the value cannot be read either way."""
    given = policies(deny(Sid="No"), allow(GET, "arn:aws:s3:::a"))

    assert all(fix.edits for fix in _fixes(given).found)


def test_a_further_action_is_fixed_too() -> None:
    """R-SM-01."""
    request = pe.Request("secretsmanager:CreateSecret", SECRET, principal=USER,
                         request_tags={"team": "red"})  # fmt: skip
    found = _fixes(policies(allow("secretsmanager:CreateSecret")), request)

    assert "secretsmanager:TagResource" in _words(found)[0][0]


def test_an_action_that_makes_a_value_unreadable_is_not_added() -> None:
    """R-COND-42: a statement on another action did not read the value."""
    condition = {"NumericEquals": {"my:A": "1"}}
    found = _fixes(policies(allow("secretsmanager:ListSecrets", when=condition)),
                   known({"my:A": "x"}))  # fmt: skip

    assert _words(found) == [[f"<policy 1>: add a statement that allows {GET} on {SECRET}"]]


def test_a_statement_that_may_be_about_the_caller_is_left() -> None:
    named = {"AWS": f"AIDA{'A' * 17}"}
    found = _fixes(policies(allow("s3:*"), resource=policy(allow(Principal=named))))

    assert len(found.found) == 2


def test_a_level_without_policies_gets_none() -> None:
    found = _fixes(policies(allow(), scps=[[], [policy(allow())]]))

    assert found.found == ()


def test_a_deny_that_does_not_apply_stays() -> None:
    found = _fixes(policies(allow("s3:*"), deny(when={"Null": {"my:A": "false"}})))

    assert _words(found) == [[f"<policy 1>: add a statement that allows {GET} on {SECRET}"]]
