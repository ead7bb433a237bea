"""A generated account of 5,000 principals and 2,000 policies: reading it, and asking it.

The goals: reading takes at most 20 times a bare `json.loads`; `who-can` at most 5 times the
columnar engine's own time for the same cells; the matrix streams at half the rate of W3 or more.
"""

from __future__ import annotations

import gc
import json
from io import BytesIO
from itertools import islice
from random import Random
from statistics import median
from time import perf_counter

import pyarrow as pa

from benchmarks.matrix import rate
from benchmarks.timing import in_turn, seconds
from policy_eval.columnar import Columnar
from policy_eval.queries.asking import Question
from policy_eval.queries.matrix import actions_like, matrix
from policy_eval.queries.who_can import who_can
from policy_eval.semantics.service_reference import service_actions
from policy_eval.sources.account_export import read_export
from policy_eval.sources.accounts import Accounts
from policy_eval.sources.json_stream import JsonStream

_SEED = 20_261_101
_ACCOUNT = "111122223333"
_SERVICES = ("secretsmanager", "s3", "iam", "ec2", "sqs", "sns", "lambda", "dynamodb", "kms",
             "appflow")  # fmt: skip
_ROLES, _USERS, _GROUPS, _POLICIES = 4_000, 1_000, 50, 2_000


def export() -> dict[str, object]:
    """Return an export of the account, in the form of `get-account-authorization-details`."""
    random = Random(_SEED)
    policies = [_policy(random, number) for number in range(_POLICIES)]
    arns = [str(policy["Arn"]) for policy in policies]

    def attached(most: int) -> list[dict[str, str]]:
        chosen = random.sample(arns, random.randint(1, most))
        return [{"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in chosen]

    def about(kind: str, number: int) -> dict[str, object]:
        name = f"{kind}-{number}"
        title = kind.capitalize()
        return {
            "Path": "/", f"{title}Name": name, f"{title}Id": f"A{kind[0].upper()}ID{number}",
            "Arn": f"arn:aws:iam::{_ACCOUNT}:{kind}/{name}",
            "AttachedManagedPolicies": attached(6),
        }  # fmt: skip

    trust = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": _ACCOUNT}, "Action": "sts:AssumeRole"},
    ]}  # fmt: skip
    inline = {"PolicyName": "own", "PolicyDocument": _document(random)}
    return {
        "UserDetailList": [
            {**about("user", n), "GroupList": [f"group-{random.randrange(_GROUPS)}"],
             "Tags": [{"Key": "team", "Value": random.choice(("red", "blue"))}]}
            for n in range(_USERS)
        ],
        "GroupDetailList": [{**about("group", n), "GroupPolicyList": []} for n in range(_GROUPS)],
        "RoleDetailList": [
            {**about("role", n), "AssumeRolePolicyDocument": trust, "RolePolicyList": [inline],
             "Tags": [{"Key": "team", "Value": random.choice(("red", "blue"))}]}
            for n in range(_ROLES)
        ],
        "Policies": policies,
    }  # fmt: skip


def _policy(random: Random, number: int) -> dict[str, object]:
    version = {"Document": _document(random), "VersionId": "v1", "IsDefaultVersion": True}
    return {
        "PolicyName": f"policy-{number}", "Arn": f"arn:aws:iam::{_ACCOUNT}:policy/policy-{number}",
        "DefaultVersionId": "v1", "PolicyVersionList": [version],
    }  # fmt: skip


def _document(random: Random) -> dict[str, object]:
    return {
        "Version": "2012-10-17",
        "Statement": [_statement(random) for _ in range(random.randint(1, 6))],
    }


def _statement(random: Random) -> dict[str, object]:
    service = random.choice(_SERVICES)
    names = [*service_actions(service)]
    actions = [f"{service}:{name}" for name in random.sample(names, min(len(names), 5))]
    if random.random() < 0.2:
        actions.append(f"{service}:{random.choice(('Get', 'List', 'Describe', 'Put'))}*")
    found: dict[str, object] = {
        "Effect": "Deny" if random.random() < 0.1 else "Allow",
        "Action": actions,
        "Resource": "*" if random.random() < 0.6 else f"arn:aws:{service}:*:{_ACCOUNT}:*",
    }
    if random.random() < 0.3:
        found["Condition"] = random.choice((
            {"StringEquals": {"aws:PrincipalTag/team": "red"}},
            {"Bool": {"aws:SecureTransport": "true"}},
            {"ForAnyValue:StringEquals": {"aws:CalledVia": "appflow.amazonaws.com"}},
            {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
        ))  # fmt: skip
    return found


def _stream(text: str) -> JsonStream:
    return JsonStream(BytesIO(text.encode()), "export.json")


def run() -> None:
    """Print the ratios."""
    text = json.dumps(export())
    found = in_turn(lambda: read_export(_stream(text)), lambda: json.loads(text), rounds=5)
    print(
        f"accounts: an export of {len(text) / 1e6:.0f} MB, {_ROLES + _USERS} principals: read in "
        f"{found.first:.2f} s, json.loads {found.second:.2f} s, ratio {found.ratio:.1f} "
        "(goal: at most 20)"
    )
    _who_can(text)
    _matrix(text)


_QUESTION = Question(
    "secretsmanager:CreateSecret",
    context={"secretsmanager:Name": "appflow!x", "aws:CalledVia": ["appflow.amazonaws.com"]},
    now="2026-01-01T00:00:00Z",
)  # fmt: skip
_ROUNDS = 3
_ROWS = 1_000


def _who_can(text: str) -> None:
    """Time the command's question on policies that nobody has read, and on those that were.

    The columnar engine gets the policies read, and compiles them.
    """
    found = read_export(_stream(text))
    gc.freeze()  # what is held for all rounds is not looked at again and again in each
    rounds = [_round(Accounts(found)) for _ in range(_ROUNDS)]
    first, again, engine = (median(times) for times in zip(*rounds, strict=True))
    count = len(who_can(Accounts(found), _QUESTION).allowed)
    print(
        f"accounts: who-can of {_ROLES + _USERS}: {first:.2f} s reading all policies, "
        f"{again:.2f} s again; the columnar engine {engine:.2f} s, ratio {first / engine:.1f} and "
        f"{again / engine:.1f} (goal: at most 5); {count} can"
    )


def _round(accounts: Accounts) -> tuple[float, float, float]:
    """Return the seconds of a first question, of the same again, and of the columnar engine."""
    first = seconds(lambda: who_can(accounts, _QUESTION))
    again = seconds(lambda: who_can(accounts, _QUESTION))
    action = _QUESTION.action
    sets = {each.arn: accounts.layers(each, action, None).policies() for each in accounts.callers}
    columns: dict[str, object] = {
        "policies": [*sets], "principal": [*sets], "action": [action] * len(sets),
        "aws:CurrentTime": [_QUESTION.now] * len(sets),
        "aws:PrincipalTag/team": [dict(each.tags)["team"] for each in accounts.callers],
    }  # fmt: skip
    columns |= {key: [value] * len(sets) for key, value in _QUESTION.context.items()}
    table = pa.table(columns)
    return first, again, seconds(lambda: Columnar(sets).decide(table))


def _matrix(text: str) -> None:
    """Time rows of the matrix of every action, on policies that nobody has read."""
    actions = actions_like(["*:*"])
    accounts = Accounts(read_export(_stream(text)))
    gc.freeze()
    began = perf_counter()
    cells = sum(len(row.cells) for row in islice(matrix(accounts, actions, _QUESTION), _ROWS))
    ours = cells / (perf_counter() - began)
    theirs = rate()
    beside = "" if theirs is None else (
        f"; W3 decides {theirs / 1e6:.2f} million a second, ratio {ours / theirs:.2f} "
        "(goal: at least 0.5)"
    )  # fmt: skip
    print(
        f"accounts: the matrix of {len(actions)} actions streams {ours / 1e6:.2f} million cells a "
        f"second{beside}"
    )


if __name__ == "__main__":
    run()
