"""What became of the slips in policies, as people read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy_eval.cases.mutation import Mutant, Mutation, Verdict, mutate
from policy_eval.cases.runner import Plan
from policy_eval.errors import Place
from policy_eval.reports.mutation_text import spell_mutation
from tests.cases.suites import write_suite

_PLACE = Place("p.json", 3, 5)
_MUTANT = Mutant(_PLACE, "Read", "Effect is Deny", "-a\n+b", Verdict.NOTICED, "reads (s.yaml:7)")


def test_a_small_suite_is_reported_with_what_nobody_notices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_suite(
        tmp_path,
        """\
        policies: {identity: [p.json]}
        principal: arn:aws:iam::111122223333:role/Dev
        resource: arn:aws:secretsmanager:us-east-1:111122223333:secret:a-AbCdEf
        tests:
          - {name: creates, action: "secretsmanager:CreateSecret", expect: allowed}
          - {name: updates, action: "secretsmanager:UpdateSecret", expect: implicitDeny}
        """,
    )
    (tmp_path / "p.json").write_text(
        """\
{"Sid": "New", "Effect": "Allow",
 "Action": "secretsmanager:CreateSec*", "Resource": "*"}
"""
    )

    report = spell_mutation(mutate([Path("suite.iamtest.yaml")], Plan()))

    assert report == (
        """\
mutants: 7: 5 noticed, 1 not noticed, 0 equivalent, 1 perhaps equivalent

  ? p.json:2:12   New: Action "secretsmanager:CreateSec*" is narrowed: "secretsmanager:CreateSecret"
      no test notices it; 4 requests did not tell it apart, so it may mean the same
      --- p.json:2
      +++ mutant
         "Effect": "Allow",
      -  "Action": "secretsmanager:CreateSec*",
      +  "Action": "secretsmanager:CreateSecret",
         "Resource": "*"

  ✗ p.json:2:53   New: Resource "*" is narrowed: "arn:*:secretsmanager:us-east-1:*:*"
      --- p.json:2
      +++ mutant
         "Action": "secretsmanager:CreateSec*",
      -  "Resource": "*"
      +  "Resource": "arn:*:secretsmanager:us-east-1:*:*"
       }
      no test notices it; this one would:
        # under the policies of: creates (suite.iamtest.yaml:5)
        - name: 'notices: Resource "*" is narrowed: "arn:*:secretsmanager:us-east-1:*:*"'
          principal: arn:aws:iam::111122223333:role/Dev
          action: secretsmanager:CreateSecret
          resource: arn:aws:secretsmanager:eu-west-1:111122223333:x
          expect: allowed"""
    )


def test_with_verbose_all_mutants_are_told() -> None:
    same = _MUTANT._replace(verdict=Verdict.EQUIVALENT, noticed_by="")
    found = Mutation((_MUTANT, same, same._replace(rests_on=("R-COND-22", "R-COND-27"))))

    assert spell_mutation(found) == (
        "mutants: 3: 1 noticed, 0 not noticed, 2 equivalent, 0 perhaps equivalent"
    )
    assert spell_mutation(found, verbose=True) == (
        """\
mutants: 3: 1 noticed, 0 not noticed, 2 equivalent, 0 perhaps equivalent

  ✓ p.json:3:5   Read: Effect is Deny
      noticed by reads (s.yaml:7)

  · p.json:3:5   Read: Effect is Deny
      it means the same

  · p.json:3:5   Read: Effect is Deny
      it means the same, as R-COND-22, R-COND-27 is read here"""
    )


def test_what_would_break_a_line_is_escaped() -> None:
    hostile = _MUTANT._replace(statement="a\nb", what="c\x1b", noticed_by="d\re")

    report = spell_mutation(Mutation((hostile,)), verbose=True)

    assert report.split("\n")[2:] == [
        r"  ✓ p.json:3:5   a\x0ab: c\x1b",
        r"      noticed by d\x0de",
    ]


def test_of_no_policies_there_are_no_mutants() -> None:
    assert spell_mutation(Mutation()) == (
        "mutants: 0: 0 noticed, 0 not noticed, 0 equivalent, 0 perhaps equivalent"
    )
