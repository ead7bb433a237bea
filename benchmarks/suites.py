"""Suites of 10,000 cases against the library that decides them; coverage; mutation.

The library's side builds each request and decides it, its policies loaded once. The suite's side
is `policy-eval test` without the process: reading the file, deciding, and telling the outcomes.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.timing import ROOT, in_turn, seconds
from policy_eval import PolicySet, Request, decide, load
from policy_eval.cases.mutation import mutate
from policy_eval.cases.outcome import Run
from policy_eval.cases.runner import Plan
from policy_eval.cases.runner import run as run_suites

_POLICY = ROOT / "fixtures" / "appflow" / "appflow-doc.json"
_CALLER = "arn:aws:iam::111122223333:role/Dev"
_SECRET = "arn:aws:secretsmanager:us-east-1:111122223333:secret"
_ACTIONS = tuple(
    f"secretsmanager:{name}"
    for name in """
    TagResource UntagResource GetSecretValue DeleteSecret PutSecretValue UpdateSecret DescribeSecret
    RotateSecret ListSecrets CancelRotateSecret
    """.split()  # noqa: SIM905 - a list reads better as text
)
_VIA = {"aws:CalledVia": ["appflow.amazonaws.com"]}
_Calls = list[tuple[str, str, dict[str, object]]]


def run() -> None:
    """Print the figures."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        _ten_thousand(folder, "listed one by one", *_listed())
        _ten_thousand(folder, "of a matrix", *_matrix())
        _mutants(folder)


def _listed() -> tuple[dict[str, object], _Calls]:
    calls: _Calls = [
        ("secretsmanager:CreateSecret", f"{_SECRET}:appflow!c{n}-AbCdEf",
         {**_VIA, "secretsmanager:Name": f"appflow!c{n}"})
        for n in range(10_000)
    ]  # fmt: skip
    tests = [
        {
            "name": f"test {number}",
            "action": action,
            "resource": resource,
            "context": context,
            "expect": {"decision": "allowed", "matched": ["SecretsManagerCreateSecretAccess"]},
        }
        for number, (action, resource, context) in enumerate(calls)
    ]
    return {"tests": tests}, calls


def _matrix() -> tuple[dict[str, object], _Calls]:
    secrets = [f"{_SECRET}:appflow!c{n}-AbCdEf" for n in range(1_000)]
    test = {
        "name": "denied",
        "actions": list(_ACTIONS),
        "resources": secrets,
        "context": _VIA,
        "expect": "implicitDeny",
    }  # fmt: skip
    calls: _Calls = [(action, secret, {**_VIA}) for action in _ACTIONS for secret in secrets]
    return {"tests": [test]}, calls


def _suite(folder: Path, tests: dict[str, object], ending: str = "yaml") -> Path:
    from policy_eval.cases.writing import yaml_text

    suite = {
        "version": "1",
        "policies": {"identity": [str(_POLICY)]},
        "principal": _CALLER,
        **tests,
    }
    path = folder / f"ten-thousand.iamtest.{ending}"
    path.write_text(json.dumps(suite) if ending == "json" else yaml_text(suite), "utf-8")
    return path


def _ten_thousand(folder: Path, what: str, tests: dict[str, object], calls: _Calls) -> None:
    path = _suite(folder, tests)

    def by_suite() -> Run:
        return run_suites([path])

    def by_library() -> None:
        _decide(load(_POLICY), calls)  # as a run does: nothing is remembered of the last

    done = by_suite()
    assert {outcome.status.value for outcome in done.outcomes} == {"passed"}
    found = in_turn(by_suite, by_library, rounds=5)
    print(
        f"{len(done.outcomes)} cases {what}: {found.first * 1e3:.0f} ms, the library "
        f"{found.second * 1e3:.0f} ms, ratio {found.ratio:.2f} (goal: at most 3)"
    )
    covered = in_turn(lambda: run_suites([path], Plan(cover=True)), by_suite, rounds=5)
    print(f"  with coverage: ratio {covered.ratio:.2f} (goal: at most 2)")


def _decide(policies: PolicySet, calls: _Calls) -> None:
    for action, resource, context in calls:
        decide(
            policies,
            Request(action, resource, principal=_CALLER, context=context),  # type: ignore[arg-type]
        )


def _mutants(folder: Path) -> None:
    """Print what a mutant costs in policies of 10 and of 100 statements."""
    for statements in (10, 100):
        policy = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": f"S{number}",
                    "Effect": "Allow",
                    "Action": f"secretsmanager:{name}",
                    "Resource": f"{_SECRET}:team{number}/*",
                    "Condition": {"StringEquals": {"aws:PrincipalTag/team": f"t{number}"}},
                }
                for number in range(statements)
                for name in ("GetSecretValue",)
            ],
        }
        (folder / "policy.json").write_text(json.dumps(policy), "utf-8")
        tests = [
            {
                "name": f"team {number} {'its own' if own else 'others'}",
                "action": "secretsmanager:GetSecretValue",
                "resource": f"{_SECRET}:team{number}/db-AbCdEf",
                "context": {"aws:PrincipalTag/team": f"t{number}" if own else "other"},
                "expect": "allowed" if own else "implicitDeny",
            }
            for number in range(statements)
            for own in (True, False)
        ]
        path = folder / "mutants.iamtest.json"
        suite = {"version": "1", "policies": {"identity": ["policy.json"]}, "principal": _CALLER,
                 "tests": tests}  # fmt: skip
        path.write_text(json.dumps(suite), "utf-8")
        assert {each.status.value for each in run_suites([path]).outcomes} == {"passed"}
        found = mutate([path], Plan())
        taken = _best(lambda path=path: mutate([path], Plan()))  # type: ignore[misc]
        count = len(found.mutants)
        print(
            f"mutation of {statements} statements, {len(tests)} tests: {count} mutants, "
            f"{taken * 1e3:.0f} ms, {taken / count * 1e3:.2f} ms a mutant"
        )


def _best(work: Callable[[], object]) -> float:
    return min(seconds(work) for _ in range(3))
