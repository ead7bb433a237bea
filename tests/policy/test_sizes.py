"""How many characters of a policy count, by its type."""

from __future__ import annotations

import json

import pytest

from policy_eval.errors import Severity
from policy_eval.policy.policy_type import PolicyType
from policy_eval.policy.sizes import QUOTAS, Quota, Size, sizes_of
from tests.policy.reading import problems_of_policy


@pytest.mark.parametrize(
    ("policy_type", "counted"),
    [
        (PolicyType.IDENTITY, 5),
        (PolicyType.BOUNDARY, 5),
        (PolicyType.TRUST, 5),
        (PolicyType.SESSION, 10),
        (PolicyType.ENDPOINT, 10),
        (PolicyType.SCP, 10),
        (PolicyType.RCP, 10),
    ],
)
def test_whitespace_counts_in_some_types(policy_type: PolicyType, counted: int) -> None:
    sizes = sizes_of("{ a\tb\r\n é}", policy_type)

    assert {size.counted for size in sizes} == {counted}
    assert tuple(size.quota for size in sizes) == QUOTAS[policy_type]


@pytest.mark.parametrize("policy_type", [PolicyType.RESOURCE, PolicyType.KMS_KEY])
def test_services_have_quotas_of_their_own(policy_type: PolicyType) -> None:
    assert sizes_of("{}", policy_type) == ()


def test_only_what_is_larger_exceeds() -> None:
    quota = Quota("x", 10)

    assert [Size(quota, counted).exceeds for counted in (9, 10, 11)] == [False, False, True]


def _policy(policy_type: PolicyType, size: int) -> str:
    """Return a policy of so many characters, without whitespace."""
    statement: dict[str, object] = {"Effect": "Deny", "Action": "s3:*", "Resource": []}
    if policy_type is PolicyType.RCP:
        statement["Principal"] = "*"
    if policy_type is PolicyType.TRUST:
        statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Sid": "",
                     "Principal": {"AWS": "111122223333"}}  # fmt: skip
    document = {"Version": "2012-10-17", "Statement": [statement]}
    bare = len(json.dumps(document, separators=(",", ":")))
    if policy_type is PolicyType.TRUST:
        statement["Sid"] = "x" * (size - bare)
    else:
        statement["Resource"] = ["arn:aws:s3:::" + "x" * (size - bare - 15)]
    return json.dumps(document, separators=(",", ":"))


@pytest.mark.parametrize(
    ("policy_type", "largest"),
    [
        (PolicyType.IDENTITY, 6144),
        (PolicyType.BOUNDARY, 6144),
        (PolicyType.TRUST, 2048),
        (PolicyType.SCP, 10240),
        (PolicyType.RCP, 5120),
    ],
)
@pytest.mark.parametrize("more", [0, 1])
def test_a_policy_larger_than_its_first_quota_is_warned_about(
    policy_type: PolicyType, largest: int, more: int
) -> None:
    text = _policy(policy_type, largest + more)
    assert len(text) == largest + more

    problems = [
        problem
        for problem in problems_of_policy(text, policy_type)
        if problem.code == "policy-size"
    ]

    assert [problem.severity for problem in problems] == [Severity.WARNING] * more
    assert all(f"{largest:,}" in problem.message for problem in problems)


def test_whitespace_is_no_size_of_an_identity_policy() -> None:
    text = _policy(PolicyType.IDENTITY, 6144).replace(",", ",\n" + " " * 50)

    assert problems_of_policy(text) == ()


def test_the_type_without_a_quota_is_never_too_large() -> None:
    text = _policy(PolicyType.SCP, 15_000).replace('"Effect"', '"Principal":"*","Effect"')

    assert problems_of_policy(text, PolicyType.RESOURCE) == ()
