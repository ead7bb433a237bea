"""What policies and callers are called in answers: never two of them alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy_eval.errors import RequestError
from policy_eval.queries.asking import Question, answer
from policy_eval.queries.can_assume import as_dot, as_mermaid, can_assume
from policy_eval.sources.accounts import Accounts
from policy_eval.sources.model import Document, Resource, Where
from policy_eval.sources.organizations import read_organization
from policy_eval.sources.titles import Titles, short_names
from tests.cli.running import policy_eval
from tests.sources.exports import (
    ACCOUNT,
    NOW,
    OTHER,
    accounts,
    allowing,
    attached,
    document,
    export,
    found,
    iam,
    managed,
    role,
    trusting,
    written,
)

_AWS = "arn:aws:iam::aws:policy/X"
_OWN = iam("policy/X")


def _titles_of(within: Accounts, name: str, action: str) -> list[str]:
    decision = answer(within, within.caller(name), Question(action, now=NOW)).decision
    return [each.title for each in decision.statements]


def test_policies_of_one_name_are_told_apart_by_their_account() -> None:
    within = accounts(
        roles=(role("A", AttachedManagedPolicies=attached(_AWS, _OWN)),),
        policies=(managed(_AWS, allowing("ec2:*")), managed(_OWN, allowing("s3:*"))),
    )

    assert _titles_of(within, "A", "s3:ListAllMyBuckets") == [f"{ACCOUNT}:policy/X#1"]
    assert _titles_of(within, "A", "ec2:DescribeRegions") == ["aws:policy/X#1"]


def test_a_name_that_one_policy_has_stays_short() -> None:
    roles = tuple(
        role("A", Arn=iam("role/A", account), AttachedManagedPolicies=attached(_AWS))
        for account in (ACCOUNT, OTHER)
    )
    within = accounts(roles=roles, policies=(managed(_AWS, document({})),))

    assert _titles_of(within, iam("role/A", OTHER), "s3:ListAllMyBuckets") == ["policy/X#1"]


def test_unknown_policies_of_one_name_have_each_their_condition() -> None:
    within = accounts(roles=(role("A", AttachedManagedPolicies=attached(_AWS, _OWN)),))

    decision = answer(within, within.caller("A"), Question("s3:ListAllMyBuckets", now=NOW)).decision

    assert f'"{ACCOUNT}:policy/X#1"' in str(decision.allow_if)
    assert '"aws:policy/X#1"' in str(decision.allow_if)
    assert {*within.unknown} == {f"{ACCOUNT}:policy/X", "aws:policy/X"}


def test_policies_of_nodes_are_told_apart_where_they_differ() -> None:
    full = {"name": "Full", "policy": document({})}
    limits = [{"name": "Limits", "policy": allowing(action)} for action in ("s3:*", "ec2:*")]
    nodes = [
        {"id": "r-ab12", "scps": [full, limits[0]]},
        {"id": ACCOUNT, "parent": "r-ab12", "scps": [full, limits[1]]},
    ]
    organization = read_organization({"organization": {}, "nodes": nodes}, "o.json")

    titles = Titles(organization)

    root, account = organization.organization.nodes.values()  # type: ignore[union-attr]
    assert [*map(titles.of, root.scps)] == ["Full", "r-ab12:Limits"]
    assert [*map(titles.of, account.scps)] == ["Full", f"{ACCOUNT}:Limits"]


def test_policies_of_resources_are_told_apart() -> None:
    here = Where("r.json")
    documents = [Document("policy of b", allowing(action), here.at(action)) for action in "ab"]
    buckets = ["arn:aws:s3:::b", "arn:aws-cn:s3:::b"]
    held = {arn: Resource(arn, each, here) for arn, each in zip(buckets, documents, strict=True)}
    queue = Resource("arn:aws:sqs:us-east-1:1:q", None, here)
    titles = Titles(found()._replace(resources={**held, queue.arn: queue}))

    assert [*map(titles.of, documents)] == [f"{arn}:policy of b" for arn in buckets]


@pytest.mark.parametrize(
    ("arns", "names"),
    [
        ([], []),
        ([iam("role/a/A"), iam("user/A")], ["role/a/A", "user/A"]),
        ([iam("role/A"), iam("role/A", OTHER)], [f"{ACCOUNT}:role/A", f"{OTHER}:role/A"]),
    ],
)
def test_callers_of_several_accounts_are_named_with_theirs(
    arns: list[str], names: list[str]
) -> None:
    assert [*map(short_names(arns), arns)] == names


def test_a_caller_may_be_named_with_its_account() -> None:
    roles = tuple(role("A", Arn=iam("role/A", account)) for account in (ACCOUNT, OTHER))
    within = accounts(roles=roles)

    assert within.caller(f"{OTHER}:role/A").arn == iam("role/A", OTHER)
    assert within.caller(f"{ACCOUNT}:A").arn == iam("role/A")
    with pytest.raises(RequestError, match="names several"):
        within.caller("A")


def test_roles_of_one_name_are_two_in_a_drawing() -> None:
    both = (
        role("A", AssumeRolePolicyDocument=trusting({"AWS": iam("role/B")})),
        role("A", Arn=iam("role/A", OTHER),
             AssumeRolePolicyDocument=trusting({"AWS": iam("role/A")})),
        role("B"),
    )  # fmt: skip
    own = [{"PolicyName": "Own", "PolicyDocument": allowing("sts:AssumeRole")}]
    within = accounts(roles=tuple({**each, "RolePolicyList": own} for each in both))

    found_chains = can_assume(within, within.caller("B"), Question("sts:AssumeRole", now=NOW))

    first, last = f"{ACCOUNT}:role/A", f"{OTHER}:role/A"
    assert f'"{first}" -> "{last}";' in as_dot(found_chains)
    drawn = as_mermaid(found_chains)
    assert f'["{first}"]' in drawn
    assert f'["{last}"]' in drawn


def test_commands_name_callers_with_their_accounts(tmp_path: Path) -> None:
    own = [{"PolicyName": "Own", "PolicyDocument": allowing("s3:*")}]
    both = (role("A", RolePolicyList=own), role("A", Arn=iam("role/A", OTHER)))
    source = written(tmp_path, export(roles=both))

    who = policy_eval("who-can", "s3:ListAllMyBuckets", "--source", source, "--all").stdout
    table = policy_eval("matrix", "s3:ListAllMyBuckets", "--source", source).stdout
    scenario = policy_eval("check", "appflow-secrets", "--source", source)

    assert f"✓ {ACCOUNT}:role/A  " in who
    assert f"  {OTHER}:role/A  " in who
    assert f"\n{ACCOUNT}:role/A" in table
    assert scenario.exit_code in (0, 1)
