"""A request that tells a policy from its mutant: found near what the policy and tests say."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from policy_eval.cases import witness
from policy_eval.cases.slips import slips_of
from policy_eval.cases.witness import Question, Search, tell_apart
from policy_eval.engine.decide import decide_call
from policy_eval.engine.policies import PolicySet, parse_policy
from policy_eval.policy.policy_type import PolicyType
from policy_eval.request.dependency import Dependency, On
from policy_eval.request.request import Request

_ROLE = "arn:aws:iam::111122223333:role/Dev"
_OBJECT = "arn:aws:s3:::b/o"
_BASE = Request("s3:GetObject", _OBJECT, principal=_ROLE)
_READ: Mapping[str, object] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
_ANYTHING: Mapping[str, object] = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def _when(operator: str, key: str, *values: str) -> Mapping[str, object]:
    return {"Condition": {operator: {key: list(values)}}}


def _search(
    statement: Mapping[str, object],
    what: str,
    *requests: Request,
    others: tuple[Mapping[str, object], ...] = (),
    version: str = "2012-10-17",
    policy_type: PolicyType = PolicyType.IDENTITY,
) -> Search:
    """Look for what tells a statement from its first slip that says `what`."""
    document = {"Version": version, "Statement": [{**statement}, *others]}
    policy = parse_policy(json.dumps(document), "p.json", policy_type)
    if policy_type is PolicyType.IDENTITY:
        before = PolicySet([policy])
    else:
        before = PolicySet([json.dumps({"Statement": {**_ANYTHING}})], resource=policy)
    place = before.policies.index(policy)
    original = policy.statements[0]
    slip = next(each for each in slips_of(original) if what in each.what)
    after = before.with_statement(place, 0, slip.statement)
    return tell_apart(Question(before, after, policy, original, slip), requests or (_BASE,))


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        (_READ, "Effect is Deny"),
        (_READ, "is dropped"),
        (_READ, "Action becomes NotAction"),
        (_READ, "is widened"),
        ({**_READ, "Action": "s3:Get*"}, "is narrowed"),
        ({**_READ, "Action": "iam:CreateUser"}, "is dropped"),
        ({**_READ, "Action": "sqs:*"}, "is dropped"),
        ({**_READ, "Action": "nothing:*"}, "Action becomes NotAction"),
        ({"Effect": "Allow", "NotAction": "s3:GetObject", "Resource": "*"}, "is dropped"),
        (_READ, "Resource becomes NotResource"),
        ({**_READ, "Resource": "arn:aws:s3:::c/x"}, "is dropped"),
        ({**_READ, "Resource": "arn:aws:s3:::c/x"}, 'is widened: "*"'),
        ({**_READ, "Resource": "arn:aws:s3:::c/x"}, 'is widened: "arn:aws:s3:::c/*"'),
        ({**_READ, "Resource": "arn:aws:s3:::c/x*"}, "is narrowed"),
        ({**_READ, "Resource": "arn:aws:s3:::c/${aws:PrincipalAccount}/*"}, "is narrowed"),
        ({**_READ, "Resource": "arn:aws:s3:::c/${aws:PrincipalTag/t, 'd'}/*"}, "is narrowed"),
        ({**_READ, "Resource": "arn:aws:s3:::c/${*}/*"}, "is narrowed"),
        ({**_READ, **_when("StringEquals", "s3:prefix", "a")}, "is dropped"),
        ({**_READ, **_when("StringEquals", "s3:prefix", "a")}, "becomes StringEqualsIfExists"),
        ({**_READ, **_when("StringEquals", "s3:prefix", "a", "b")}, '"b" is dropped'),
        ({**_READ, **_when("StringEquals", "s3:prefix", "a")}, "becomes StringEqualsIgnoreCase"),
        ({**_READ, **_when("StringNotEquals", "s3:prefix", "a")}, "the statement is dropped"),
        ({**_READ, **_when("StringLike", "s3:prefix", "${aws:PrincipalAccount}")},
         "the statement is dropped"),
        ({**_READ, **_when("StringLike", "s3:prefix", "a*")}, "becomes StringEquals"),
        ({**_READ, **_when("NumericGreaterThan", "s3:max-keys", "5")}, "the statement is dropped"),
        ({**_READ, **_when("NumericGreaterThan", "s3:max-keys", "5")}, "GreaterThanEquals"),
        ({**_READ, **_when("DateLessThan", "aws:TokenIssueTime", "2026-01-01")}, "is another"),
        ({**_READ, **_when("IpAddress", "aws:SourceIp", "10.0.0.0/8")}, "is widened"),
        ({**_READ, **_when("NotIpAddress", "aws:SourceIp", "10.0.0.0/8")}, "is dropped"),
        ({**_READ, **_when("Bool", "aws:MultiFactorAuthPresent", "true")}, "is flipped"),
        ({**_READ, **_when("Null", "s3:prefix", "false")}, "is flipped"),
        ({**_READ, **_when("Null", "s3:prefix", "true")}, "the statement is dropped"),
        ({**_READ, **_when("ArnLike", "aws:SourceArn", "arn:aws:sns:*:*:t")}, "is another"),
        ({**_READ, **_when("ForAllValues:StringEquals", "aws:TagKeys", "a", "b")},
         "becomes ForAnyValue:StringEquals"),
        ({**_READ, **_when("ForAnyValue:StringEquals", "aws:TagKeys", "a")},
         "becomes ForAllValues:StringEquals"),
    ],
)  # fmt: skip
def test_a_request_tells_a_statement_from_its_mutant(
    statement: Mapping[str, object], what: str
) -> None:
    found = _search(statement, what).witness

    assert found is not None
    assert found.before.word is not found.after.word


_RESOURCE_READ = {**_READ, "Principal": {"AWS": "arn:aws:iam::444455556666:role/r"}}


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        (_RESOURCE_READ, "the statement is dropped"),
        (_RESOURCE_READ, 'is widened: "arn:aws:iam::444455556666:root"'),
        (_RESOURCE_READ, 'is widened: "*"'),
        ({**_READ, "Principal": {"AWS": "444455556666"}}, "is narrowed"),
        ({**_READ, "Principal": {"Service": "sns.amazonaws.com"}}, "is another"),
        ({**_READ, "Principal": {"CanonicalUser": "a" * 64, "AWS": "444455556666"}},
         '"444455556666" is dropped'),
        ({**_READ, "Principal": "*"}, "the statement is dropped"),
    ],
)  # fmt: skip
def test_a_caller_tells_whom_a_statement_names(statement: Mapping[str, object], what: str) -> None:
    policy_type = PolicyType.RESOURCE
    foreign = Request("s3:GetObject", _OBJECT, principal=_ROLE, resource_account="777788889999")

    found = _search(statement, what, foreign, policy_type=policy_type).witness

    assert found is not None
    assert found.before.word is not found.after.word


def test_what_is_found_is_as_near_to_a_test_as_can_be() -> None:
    statement = {**_READ, **_when("StringEquals", "s3:prefix", "a")}

    found = _search(statement, "the statement is dropped").witness

    assert found is not None
    request = found.request
    assert (request.action, request.resource, str(request.principal)) == (
        "s3:GetObject", _OBJECT, str(_BASE.principal),
    )  # fmt: skip
    assert request.context == {"s3:prefix": {"s3:prefix": ("a",)}}


def test_the_requests_of_tests_are_asked_first() -> None:
    assert _search(_READ, "is dropped").tried == 1


def test_requests_that_differ_by_tags_alone_are_each_asked() -> None:
    one, other = (
        Request("s3:GetObject", _OBJECT, principal=_ROLE, resource_tags={"a": value})
        for value in ("x", "y")
    )

    def tried(*requests: Request) -> int:
        return _search(_READ, "is widened", *requests, others=(_ANYTHING,)).tried

    assert tried(one, one) == tried(one)
    assert tried(one, other) > tried(one)


def test_what_a_test_says_beside_goes_with_its_request() -> None:
    needs = Dependency("s3:GetObject", "", "s3:ListBucket", On.SAME_RESOURCE, "it lists", "")
    base = Request(
        "s3:GetObject", _OBJECT, principal=_ROLE, dependencies=[needs], action_only=False,
        now="2026-01-01T00:00:00Z", unknown=["x:y"], resource_account="111122223333",
    )  # fmt: skip

    found = _search({**_READ, "Action": "s3:*"}, "is dropped", base).witness

    assert found is not None
    for name in ("dependencies", "now", "unknown", "resource_account"):
        assert getattr(found.request, name) == getattr(base, name)


def test_in_an_old_version_what_looks_like_a_variable_is_text() -> None:
    resource = "arn:aws:s3:::c/${aws:username}"

    found = _search(
        {**_READ, "Resource": resource}, "the statement is dropped", version="2008-10-17"
    ).witness

    assert found is not None
    assert found.request.resource == resource


@pytest.mark.parametrize(
    ("statement", "what", "others"),
    [
        (_READ, "is dropped", (_ANYTHING,)),
        ({**_READ, **_when("StringEquals", "s3:prefix", "a")}, "becomes", (_ANYTHING,)),
        ({**_READ, **_when("StringEquals", "aws:PrincipalAccount", "444455556666")}, "is dropped",
         (_ANYTHING,)),
        ({**_READ, "Resource": "arn:aws:s3:::c/${aws:userid}"}, "is dropped", (_ANYTHING,)),
        ({**_READ, "Action": []}, "is dropped", ()),
    ],
)  # fmt: skip
def test_what_means_the_same_is_not_told_apart(
    statement: Mapping[str, object], what: str, others: tuple[Mapping[str, object], ...]
) -> None:
    search = _search(statement, what, others=others)

    assert search.witness is None
    assert search.tried > 0


def test_the_search_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness, "_MOST_TRIED", 3)

    assert _search(_READ, "is widened", others=(_ANYTHING,)).tried <= 3


def test_a_denial_of_which_it_is_unknown_how_is_expected_as_any() -> None:
    statement = {
        "Effect": "Allow",
        "Action": "secretsmanager:GetSecretValue",
        "Resource": "arn:aws:secretsmanager:us-east-1:111122223333:secret:team/*",
    }
    base = Request("secretsmanager:GetSecretValue", statement["Resource"], principal=_ROLE)

    found = _search(statement, ":*:secret:team", base).witness

    assert found is not None
    assert (found.expected, found.before.allowed, found.after.allowed) == ("anyDeny", False, None)
    assert found.request.resource == ("arn:aws:secretsmanager:us-east-1:999999999999:secret:team/x")


def test_a_test_whose_input_is_refused_is_no_witness() -> None:
    broken = Request("s3:GetObject", _OBJECT, principal=_ROLE, now="yesterday")
    statement = {**_READ, **_when("StringEquals", "s3:prefix", "a")}

    search = _search(statement, "is dropped", broken)

    assert search.witness is None
    assert search.tried > 0


def test_a_witness_is_decided_as_it_says() -> None:
    found = _search(_READ, "is widened").witness

    assert found is not None
    policies = PolicySet([json.dumps(_READ)])
    assert decide_call(policies, [found.request]).word is found.before.word
