"""How the sides combine, and which formula applies to which call."""

from __future__ import annotations

from itertools import product

import pytest

from policy_eval.request.request import Request
from policy_eval.semantics.authorization import (
    Bounds,
    Case,
    Side,
    Word,
    case_of,
    decide,
    granted,
)
from policy_eval.semantics.request_context import RequestContext

_ACCOUNT = "111122223333"
_ROLE = f"arn:aws:iam::{_ACCOUNT}:role/Dev"
_KEY = f"arn:aws:kms:us-east-1:{_ACCOUNT}:key/1"
_FOREIGN = "arn:aws:sqs:us-east-1:999999999999:q"
_YES, _NO = Bounds(sure=True, possible=True), Bounds(sure=False, possible=False)
_MAYBE = Bounds(sure=False, possible=True)


def _case(action: str, resource: str | None = None, principal: str | None = _ROLE) -> Case:
    return case_of(RequestContext(Request(action, resource, principal=principal)))


@pytest.mark.parametrize(
    ("side", "identity", "resource", "expected"),
    [
        (Side.NEITHER, False, False, True),
        (Side.EITHER, True, False, True),
        (Side.EITHER, False, True, True),
        (Side.EITHER, False, False, False),
        (Side.BOTH, True, False, False),
        (Side.BOTH, False, True, False),
        (Side.BOTH, True, True, True),
        (Side.RESOURCE, True, False, False),
        (Side.RESOURCE, False, True, True),
    ],
)
def test_the_sides_combine(side: Side, identity: bool, resource: bool, expected: bool) -> None:
    assert granted(side, identity, resource, True) is expected


@pytest.mark.parametrize("side", list(Side))
def test_granting_is_monotone(side: Side) -> None:
    for identity, resource in product((False, True), repeat=2):
        less = granted(side, identity, resource, True)
        assert less <= granted(side, True, resource, True)
        assert less <= granted(side, identity, True, True)


@pytest.mark.parametrize(
    ("allows", "denies", "word", "allowed"),
    [
        (_YES, _NO, Word.ALLOWED, True),
        (_NO, _NO, Word.IMPLICIT_DENY, False),
        (_YES, _YES, Word.EXPLICIT_DENY, False),
        (_NO, _YES, Word.EXPLICIT_DENY, False),
        (_MAYBE, _NO, Word.UNDETERMINED, None),
        (_YES, _MAYBE, Word.UNDETERMINED, None),
        (_NO, _MAYBE, Word.UNDETERMINED, False),
        (_MAYBE, _YES, Word.EXPLICIT_DENY, False),
    ],
)
def test_what_is_sure_decides(
    allows: Bounds, denies: Bounds, word: Word, allowed: bool | None
) -> None:
    assert decide(Case(Side.EITHER), allows, denies) == (word, allowed)


def test_an_ordinary_call_needs_one_side() -> None:
    assert _case("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{_ACCOUNT}:q").side is Side.EITHER


@pytest.mark.parametrize(
    ("action", "resource", "principal", "rule"),
    [
        ("kms:Decrypt", _KEY, _ROLE, "R-KMS-01"),
        ("kms:Decrypt", _KEY, None, "R-KMS-01"),
        ("kms:Decrypt", _KEY, _ACCOUNT, "R-KMS-01"),
        ("sts:AssumeRole", f"arn:aws:iam::{_ACCOUNT}:role/Other", _ROLE, "R-TRUST-01"),
        ("sts:TagSession", f"arn:aws:iam::{_ACCOUNT}:role/Other", _ROLE, "R-TRUST-01"),
        ("sqs:SendMessage", _FOREIGN, _ROLE, "R-XACC-01"),
        ("sqs:SendMessage", _FOREIGN, "999999999998", "R-XACC-01"),
        ("sqs:SendMessage", _FOREIGN, "appflow.amazonaws.com", "R-SP-01"),
        ("sqs:SendMessage", _FOREIGN, "anonymous", "R-ANON-01"),
    ],
)
def test_a_resource_policy_that_must_exist_is_unknown(
    action: str, resource: str, principal: str | None, rule: str
) -> None:
    case = _case(action, resource, principal)

    assert case.resource_policy_unknown
    assert case.rule == rule
    assert decide(case, _YES, _NO) == (Word.UNDETERMINED, None)


def test_across_accounts_a_silent_identity_side_is_a_plain_no() -> None:
    assert decide(_case("sqs:SendMessage", _FOREIGN), _NO, _NO) == (Word.IMPLICIT_DENY, False)


def test_an_explicit_deny_is_final_whatever_the_key_policy_says() -> None:
    assert decide(_case("kms:Decrypt", _KEY), _YES, _YES) == (Word.EXPLICIT_DENY, False)


@pytest.mark.parametrize("action", ["kms:CreateKey", "kms:ListAliases", "kms:GenerateRandom"])
def test_some_kms_actions_have_no_key_policy(action: str) -> None:
    assert decide(_case(action, "*"), _YES, _NO) == (Word.ALLOWED, True)


@pytest.mark.parametrize("action", ["sts:GetCallerIdentity", "sts:GetSessionToken"])
def test_some_actions_need_no_permission(action: str) -> None:
    assert decide(_case(action, "*"), _NO, _YES) == (Word.ALLOWED, True)


def test_the_root_user_is_allowed_by_default() -> None:
    case = _case("s3:ListBucket", "arn:aws:s3:::b", _ACCOUNT)

    assert decide(case, _NO, _YES) == (Word.ALLOWED, True)
    assert case.rule == "R-ROOT-01"


def test_a_federated_user_without_a_session_policy_has_nothing() -> None:
    federated = f"arn:aws:sts::{_ACCOUNT}:federated-user/f"
    case = _case("s3:ListBucket", "arn:aws:s3:::b", federated)

    assert decide(case, _YES, _NO) == (Word.IMPLICIT_DENY, False)
    assert case.rule == "R-EVAL-12"


def test_a_federated_user_of_a_key_hangs_on_the_key_policy() -> None:
    federated = f"arn:aws:sts::{_ACCOUNT}:federated-user/f"

    assert _case("kms:Decrypt", _KEY, federated).rule == "R-KMS-01"


def test_the_owner_may_be_said_where_the_arn_is_silent() -> None:
    request = Request(
        "s3:ListBucket",
        "arn:aws:s3:::b",
        principal=_ROLE,
        context={"aws:ResourceAccount": "999999999999"},
    )

    assert case_of(RequestContext(request)).rule == "R-XACC-01"


def test_an_owner_that_is_said_counts_without_a_resource() -> None:
    request = Request(
        "s3:GetObject", principal=_ROLE, context={"aws:ResourceAccount": "999999999999"}
    )

    assert case_of(RequestContext(request)).rule == "R-XACC-01"


def test_the_caller_may_be_known_by_its_account_alone() -> None:
    request = Request("sqs:SendMessage", _FOREIGN, context={"aws:PrincipalAccount": _ACCOUNT})

    assert case_of(RequestContext(request)).rule == "R-XACC-01"


def test_an_unknown_owner_may_be_another() -> None:
    request = Request(
        "s3:ListBucket", "arn:aws:s3:::b", principal=_ROLE, unknown=["aws:ResourceAccount"]
    )

    assert case_of(RequestContext(request)).rule == "R-XACC-01"


@pytest.mark.parametrize("action", ["sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"])
def test_identity_policies_play_no_part_in_unsigned_calls(action: str) -> None:
    case = _case(action, f"arn:aws:iam::{_ACCOUNT}:role/Other")

    assert decide(case, _YES, _YES) == (Word.UNDETERMINED, None)
    assert case.rule == "R-TRUST-02"


def test_an_anonymous_caller_needs_a_grant_for_everything() -> None:
    assert _case("sts:GetCallerIdentity", "*", "anonymous").rule == "R-ANON-01"
