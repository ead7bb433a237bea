"""Slips in the policies of suites: which a test notices, which mean the same, which nobody sees."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copytree

import pytest

from policy_eval.cases.mutation import Mutant, Verdict, _Group, _groups, mutate
from policy_eval.cases.run import run_case
from policy_eval.cases.runner import Plan, Selection
from policy_eval.cases.suite import load_suite
from policy_eval.errors import SuiteError
from tests.cases.suites import write_suite
from tests.conformance.test_fixtures import FIXTURES

_PLAN = Plan()
_BLOCK = FIXTURES / "appflow" / "block.iamtest.yaml"


def _groups_of(path: Path) -> list[_Group]:
    return [*_groups([path], _PLAN)]


# The quick look is as good as running every test


def _noticed_plainly(group: _Group) -> list[bool]:
    """Return of each change whether a test fails with it, every test run."""
    return [
        any(
            run_case(test.case._replace(policies=group.changed(change))).differences
            for test in group.tests
        )
        for change in group.changes
    ]


@pytest.mark.parametrize(
    "suite",
    [
        "appflow/block",
        "accepted/accepted",
        "conditions/absence",
        "grammar/grammar",
        "layers/guarded",
        "layers/organizations",
        "layers/principals",
        "layers/several",
        "secretsmanager/secretsmanager",
        "variables/variables",
    ],
)
def test_the_quick_look_notices_what_running_every_test_does(suite: str) -> None:
    for group in _groups_of(FIXTURES / f"{suite}.iamtest.yaml"):
        quick = [bool(by) for _, by in group.judged()]

        assert quick == _noticed_plainly(group)


@pytest.mark.parametrize(
    "expect",
    [
        "failed_conditions: [aws:Referer]",
        "rests_on: [R-COND-27]",
        "missing_context: [s3:prefix]",
        "matched: [First]",
        "decided_by: identity",
        "decision: undetermined",
        "error: unreadable-value",
        "decision: invalid",
    ],
)
def test_whatever_is_expected_the_quick_look_sees_as_much(tmp_path: Path, expect: str) -> None:
    path = write_suite(
        tmp_path,
        f"""\
        policies:
          identity:
            - Version: "2012-10-17"
              Statement:
                - {{Sid: First, Effect: Allow, Action: "s3:List*", Resource: "*",
                    Condition: {{StringEquals: {{"s3:prefix": a}}}}}}
                - {{Sid: Second, Effect: Allow, Action: "s3:GetObject", Resource: "*",
                    Condition: {{"ForAnyValue:StringEqualsIfExists": {{"aws:Referer": x}}}}}}
                - {{Sid: Third, Effect: Deny, Action: "s3:PutObject", Resource: "*",
                    Condition: {{NumericLessThan: {{"s3:max-keys": "5"}}}}}}
        principal: arn:aws:iam::111122223333:role/Dev
        resource: arn:aws:s3:::b/o
        tests:
          - {{action: "s3:ListBucket", context: {{"s3:prefix": a}}, expect: {{{expect}}}}}
          - {{action: "s3:ListBucket", unknown: ["s3:prefix"], expect: {{{expect}}}}}
          - {{action: "s3:GetObject", expect: {{{expect}}}}}
          - {{action: "s3:PutObject", context: {{"s3:max-keys": many}}, expect: {{{expect}}}}}
        """,
    )
    for group in _groups_of(path):
        for test in group.tests:
            alone = _Group(group.policies)
            alone.tests.append(test)
            if not run_case(test.case).differences:
                quick = [bool(by) for _, by in alone.judged()]

                assert quick == _noticed_plainly(alone)


def test_a_test_that_a_mutant_cannot_read_notices_it(tmp_path: Path) -> None:
    path = write_suite(
        tmp_path,
        """\
        policies:
          identity:
            - {Statement: {Effect: Allow, Action: "s3:GetObject", Resource: "*"}}
            - {Statement: {Effect: Deny, Action: "s3:PutObject", Resource: "*",
                           Condition: {NumericLessThan: {"x:n": "5"}}}}
        resource: arn:aws:s3:::b/o
        context: {"x:n": many}
        principal: arn:aws:iam::111122223333:role/Dev
        tests: [{name: reads, action: "s3:GetObject", expect: allowed}]
        """,
    )

    found = {mutant.what: mutant.verdict for mutant in mutate([path], _PLAN).mutants}

    assert found['Action "s3:PutObject" is widened: "s3:*"'] is Verdict.NOTICED


# The block of the documentation


def _of_block() -> list[Mutant]:
    return [
        mutant
        for mutant in mutate([_BLOCK], _PLAN).mutants
        if mutant.place.file.endswith("appflow-doc.json")
    ]


def test_the_suite_of_the_block_notices_every_mutant_that_does_not_mean_the_same() -> None:
    found = [(each.verdict.value, each.statement, each.what, each.rests_on) for each in _of_block()]

    create, put = "SecretsManagerCreateSecretAccess", "SecretsManagerPutResourcePolicyAccess"
    via, name = "ForAnyValue:StringEquals aws:CalledVia", "StringLike secretsmanager:Name"
    tag = "secretsmanager:ResourceTag/aws:secretsmanager:owningService"
    owner = f"StringEqualsIgnoreCase {tag}"
    same_for_both = [
        ("noticed", f"the condition {via} is dropped", ()),
        ("noticed", f"{via} becomes ForAnyValue:StringNotEquals", ()),
        ("equivalent", f"{via} becomes ForAnyValue:StringLike", ()),
        ("noticed", f"{via} becomes ForAnyValue:StringEqualsIgnoreCase", ()),
        ("equivalent", f"{via} becomes ForAnyValue:StringEqualsIfExists", ("R-COND-27",)),
        ("noticed", f"{via} becomes StringEquals", ()),
        ("noticed", f"{via} becomes ForAllValues:StringEquals", ()),
        ("noticed", f'{via} "appflow.amazonaws.com" is another: "appflow.amazonaws.comx"', ()),
    ]
    shared = [
        "Resource becomes NotResource",
        'Resource "*" is narrowed: "arn:*:secretsmanager:us-east-1:*:*"',
    ]
    of_create = [
        "the statement is dropped",
        "Effect is Deny",
        "Action becomes NotAction",
        'Action "secretsmanager:CreateSecret" is widened: "secretsmanager:*"',
        *shared,
        f"the condition {name} is dropped",
        f"{name} becomes StringNotLike",
        f"{name} becomes StringEquals",
        f"{name} becomes StringLikeIfExists",
        f'{name} "appflow!*" is widened: "*"',
        f'{name} "appflow!*" is narrowed: "appflow!"',
    ]
    of_put = [
        "the statement is dropped",
        "Effect is Deny",
        "Action becomes NotAction",
        'Action "secretsmanager:PutResourcePolicy" is widened: "secretsmanager:*"',
        *shared,
    ]
    of_owner = [
        f"the condition {owner} is dropped",
        f"{owner} becomes StringNotEqualsIgnoreCase",
        f"{owner} becomes StringEquals",
        f"{owner} becomes StringEqualsIgnoreCaseIfExists",
        f'{owner} "appflow" is another: "appflowx"',
    ]
    assert found == [
        *(("noticed", create, what, ()) for what in of_create),
        *((verdict, create, what, rules) for verdict, what, rules in same_for_both),
        *(("noticed", put, what, ()) for what in of_put),
        *((verdict, put, what, rules) for verdict, what, rules in same_for_both),
        *(("noticed", put, what, ()) for what in of_owner),
    ]


# What is proposed


def _head(path: Path) -> str:
    return path.read_text("utf-8").partition("\ntests:")[0]


def _check_proposals(path: Path, folder: Path) -> int:
    """Write every proposed test into the suite, and return how many there are.

    Each must pass with the policies as they are, and fail with its mutant.
    """
    proposed = mutate([path], _PLAN).having(Verdict.UNNOTICED)
    groups = {str(test): group for group in _groups_of(path) for test in group.tests}
    copytree(path.parent, folder)
    suite = folder / "proposed.iamtest.yaml"
    suite.write_text(
        f"{_head(path)}\ntests:\n{''.join(mutant.test for mutant in proposed)}", "utf-8"
    )
    for mutant, case in zip(proposed, load_suite(suite).cases, strict=True):
        beside = mutant.test.partition("\n")[0].removeprefix("# under the policies of: ")
        group = groups[beside]
        (change,) = [
            change
            for change in group.changes
            if group.key(change).place == mutant.place and change.slip.what == mutant.what
        ]
        assert not run_case(case._replace(policies=group.policies)).differences, mutant.what
        assert run_case(case._replace(policies=group.changed(change))).differences, mutant.what
    return len(proposed)


@pytest.mark.parametrize(
    "suite",
    ["appflow/beside", "actions/actions", "layers/guarded", "variables/variables"],
)
def test_the_test_that_is_proposed_for_a_fixture_notices_the_mutant(
    tmp_path: Path, suite: str
) -> None:
    assert _check_proposals(FIXTURES / f"{suite}.iamtest.yaml", tmp_path / "copy") > 3


@pytest.mark.parametrize("hole", range(3))
def test_a_hole_in_the_suite_of_the_block_is_found_and_filled(tmp_path: Path, hole: int) -> None:
    """Without each third test, mutants go unnoticed; the proposed tests notice them again."""
    copytree(_BLOCK.parent, tmp_path / "holed")
    path = tmp_path / "holed" / _BLOCK.name
    head, _, tests = _BLOCK.read_text("utf-8").partition("\ntests:")
    before, *every = tests.split("\n  - name: ")
    kept = [before, *(test for number, test in enumerate(every) if number % 3 != hole)]
    path.write_text(f"{head}\ntests:" + "\n  - name: ".join(kept), "utf-8")

    assert _check_proposals(path, tmp_path / "copy") > 0
    assert not mutate([path], _PLAN).having(Verdict.UNDECIDED)


# One small suite at a time

_ROLE = "arn:aws:iam::111122223333:role/Dev"


def _suite(
    folder: Path, statement: dict[str, object], *tests: dict[str, object], **fields: object
) -> Path:
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    suite = {
        "policies": {"identity": [policy]},
        "principal": _ROLE,
        "resource": "arn:aws:s3:::b/o",
        "tests": [*tests],
        **fields,
    }
    path = folder / "suite.iamtest.yaml"
    path.write_text(json.dumps(suite), "utf-8")
    return path


def _verdict(path: Path, what: str) -> Mutant:
    (mutant,) = [each for each in mutate([path], _PLAN).mutants if each.what == what]
    return mutant


_READ: dict[str, object] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
_ALLOWED: dict[str, object] = {"name": "reads", "action": "s3:GetObject", "expect": "allowed"}


def test_a_mutant_says_where_it_is_what_it_is_and_who_notices_it(tmp_path: Path) -> None:
    path = write_suite(
        tmp_path,
        """\
        policies: {identity: [p.json]}
        principal: arn:aws:iam::111122223333:role/Dev
        resource: arn:aws:s3:::b/o
        tests:
          - {name: reads, action: "s3:GetObject", expect: allowed}
        """,
    )
    (tmp_path / "p.json").write_text(
        '{"Effect": "Allow",\n "Action": "s3:GetObject",\n "Resource": "*"}'
    )

    mutant = mutate([path], _PLAN).mutants[1]

    assert mutant.to_dict() == {
        "file": f"{tmp_path}/p.json",
        "line": 1,
        "column": 12,
        "statement": "p.json#1",
        "what": "Effect is Deny",
        "diff": f"--- {tmp_path}/p.json:1\n+++ mutant\n {{\n"
        '-  "Effect": "Allow",\n+  "Effect": "Deny",\n   "Action": "s3:GetObject",',
        "verdict": "noticed",
        "noticed_by": f"reads ({tmp_path}/suite.iamtest.yaml:5)",
        "test": None,
        "requests_tried": 0,
        "rests_on": [],
    }


def test_mutants_are_counted_by_what_became_of_them(tmp_path: Path) -> None:
    found = mutate([_suite(tmp_path, _READ, _ALLOWED)], _PLAN)

    counts = found.to_dict()

    assert [counts[each] for each in ("noticed", "not_noticed", "equivalent")] == [5, 1, 0]
    assert counts["perhaps_equivalent"] == 0
    assert len(found.mutants) == len(found.having(*Verdict)) == 6


def test_what_one_suite_does_not_notice_another_may(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text(json.dumps(_READ))
    for name, action, expect in (("a", "GetObject", "allowed"), ("b", "PutObject", "implicitDeny")):
        write_suite(
            tmp_path,
            f"""\
            policies: {{identity: [p.json]}}
            principal: {_ROLE}
            resource: arn:aws:s3:::b/o
            tests: [{{name: {name}, action: "s3:{action}", expect: {expect}}}]
            """,
            f"{name}.iamtest.yaml",
        )
    what = 'Action "s3:GetObject" is widened: "s3:*"'

    alone = _verdict(tmp_path / "a.iamtest.yaml", what)
    both = mutate([tmp_path / "a.iamtest.yaml", tmp_path / "b.iamtest.yaml"], _PLAN)

    assert alone.verdict is Verdict.UNNOTICED
    (mutant,) = [each for each in both.mutants if each.what == what]
    assert mutant.noticed_by == f"b ({tmp_path}/b.iamtest.yaml:4)"


def test_tests_that_are_skipped_refused_or_not_selected_notice_nothing(tmp_path: Path) -> None:
    path = _suite(
        tmp_path,
        _READ,
        {**_ALLOWED, "skip": "later"},
        {**_ALLOWED, "principal": "nobody", "expect": "invalid"},
        {**_ALLOWED, "policies": {"identity": [{"Statement": []}]}, "expect": "invalid"},
    )

    assert mutate([path], _PLAN).mutants == ()

    path = _suite(tmp_path, _READ, _ALLOWED)

    assert mutate([path], Plan(Selection(("nothing",)))).mutants == ()


def test_a_suite_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SuiteError):
        mutate([write_suite(tmp_path, "tests: []")], _PLAN)


def test_of_a_role_trust_policy_every_part_is_changed(tmp_path: Path) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow", "Principal": {"AWS": _ROLE}, "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": "x"}},
        },
    }  # fmt: skip
    allow = {"Statement": {"Effect": "Allow", "Action": "sts:*", "Resource": "*"}}
    path = _suite(
        tmp_path,
        _READ,
        {"action": "sts:AssumeRole", "context": {"sts:ExternalId": "x"}, "expect": "allowed"},
        policies={"identity": [allow], "resource": trust},
        resource="arn:aws:iam::111122223333:role/Other",
    )

    found = {each.what for each in mutate([path], _PLAN).mutants}

    assert {
        "Effect is Deny",
        "Action becomes NotAction",
        f'Principal "{_ROLE}" is widened: "arn:aws:iam::111122223333:root"',
        "the condition StringEquals sts:ExternalId is dropped",
    } <= found
