"""Tables of requests by accounts: each row by the policies of its caller."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from policy_eval.batch.accounts import OfAccounts
from policy_eval.batch.job import Job, run
from policy_eval.columnar import SCHEMA
from policy_eval.engine.decide import decide_call
from policy_eval.engine.policies import LayersOf, parse_policy
from policy_eval.errors import RequestError
from policy_eval.request.request import Request
from policy_eval.sources.accounts import Accounts
from policy_eval.sources.loading import load
from policy_eval.sources.model import Document, Resource, Where
from tests.sources.exports import (
    ACCOUNT,
    EXAMPLE,
    ORGANIZATION,
    OTHER,
    accounts,
    allowing,
    document,
    example,
    found,
    iam,
    inline,
    role,
    user,
)

_NONE = LayersOf()
_LIST = "s3:ListAllMyBuckets"
_LOGS = "arn:aws:s3:::logs"


def _session(name: str, session: str = "today") -> str:
    return f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{session}"


def _table(*rows: dict[str, object]) -> pa.Table:
    names = dict.fromkeys(name for row in rows for name in ("action", *row))
    return pa.table({name: pa.array([row.get(name) for row in rows]) for name in names})


def _words(engine: OfAccounts, *rows: dict[str, object]) -> list[str | None]:
    words: list[str | None] = engine.decide(_table(*rows)).table["decision"].to_pylist()
    return words


def _codes(engine: OfAccounts, *rows: dict[str, object]) -> dict[int, str]:
    refused = engine.decide(_table(*rows)).refused
    return {each.row: each.error.diagnostics[0].code for each in refused}


def test_each_row_is_decided_by_the_policies_of_its_caller() -> None:
    engine = OfAccounts(example(), _NONE)
    start: dict[str, object] = {"action": "appflow:StartFlow"}

    words = _words(
        engine,
        *({**start, "principal": each} for each in ("Flow", _session("Flow"), iam("user/ana"))),
        {**start, "principal": "Ci"},
        {**start, "principal": "Support"},
        {**start, "principal": "appflow.amazonaws.com"},
    )

    assert words == [
        "allowed", "allowed", "allowed", "implicitDeny", "undetermined", "undetermined",
    ]  # fmt: skip


_ROWS: tuple[dict[str, Any], ...] = (
    {"action": "secretsmanager:CreateSecret", "aws:CalledVia": "appflow.amazonaws.com",
     "secretsmanager:Name": "appflow!x"},
    {"action": "secretsmanager:DeleteSecret",
     "resource": f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:x-AbCdEf"},
    {"action": "sts:AssumeRole", "resource": iam("role/Deploy")},
    {"action": "sts:AssumeRole", "resource": iam("role/Admin")},
    {"action": "s3:GetObject", "resource": "arn:aws:s3:::b/x", "resource_account": OTHER},
    {"action": "appflow:StartFlow"},
)  # fmt: skip


def test_a_table_says_what_each_row_says_by_itself() -> None:
    within = Accounts(load([EXAMPLE, ORGANIZATION]))
    rows = [{**row, "principal": each.arn} for row in _ROWS for each in within.callers]

    words = _words(OfAccounts(within, _NONE, ("aws:MultiFactorAuthPresent",)), *rows)

    alone = []
    for row in rows:
        action, resource = row["action"], row.get("resource")
        keys = {name: value for name, value in row.items() if ":" in name}
        request = Request(
            action,
            resource,
            principal=within.principal(row["principal"]),
            context=keys,
            unknown=["aws:MultiFactorAuthPresent"],
            resource_account=row.get("resource_account"),
        )
        owner = row.get("resource_account")
        caller = within.caller(row["principal"])
        policies = within.policies(caller, action, resource, said_owner=owner)
        alone.append(decide_call(policies, [request]).decision)
    assert words == alone
    assert {*words} == {"allowed", "implicitDeny", "explicitDeny", "undetermined"}


def test_what_sources_say_of_callers_and_resources_counts() -> None:
    own = inline(
        document(
            {"Action": "s3:ListBucket", "Condition": _tagged("aws:ResourceTag/team")},
            {"Action": _LIST, "Condition": _tagged("aws:PrincipalTag/team")},
        )
    )
    tags = [{"Key": "team", "Value": "red"}]
    everything = found(
        roles=(role("A", RolePolicyList=own, Tags=tags), role("B", RolePolicyList=own))
    )
    where = Where("r")
    opened = document({"Principal": {"AWS": iam("role/B")}, "Action": "s3:*", "Resource": _LOGS})
    everything.resources[_LOGS] = Resource(
        _LOGS, Document("open", opened, where), where, OTHER, (("team", "red"),)
    )
    engine = OfAccounts(Accounts(everything), _NONE)
    bucket = {"action": "s3:ListBucket", "resource": _LOGS}

    words = _words(
        engine,
        {"action": _LIST, "principal": "A"},
        {"action": _LIST, "principal": "B"},
        {**bucket, "principal": "A"},
        {**bucket, "principal": "B"},
        {**bucket, "principal": "A", "resource": "arn:aws:s3:::x", "resource_account": ACCOUNT},
    )

    assert words == ["allowed", "implicitDeny", "implicitDeny", "allowed", "implicitDeny"]


def _tagged(key: str) -> dict[str, object]:
    return {"StringEquals": {key: "red"}}


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Deny", "Condition": {"StringLike": {"AWS:UserId": "*:me"}}},
        {"Effect": "Deny", "Condition": {"StringEquals": {"aws:SourceIdentity": "x"}}},
    ],
)
def test_sessions_are_told_apart_where_something_looks_at_them(
    statement: dict[str, object],
) -> None:
    own = inline(document({}, statement))
    within = accounts(roles=(role("A", RoleId="AROAEXAMPLE", RolePolicyList=own),))
    rows: list[dict[str, object]] = [
        {"action": _LIST, "principal": _session("A", each)} for each in ("me", "you", "me")
    ]

    words = _words(OfAccounts(within, _NONE), *rows)

    is_seen = "AWS:UserId" in json.dumps(statement)
    denied = "explicitDeny" if is_seen else "allowed"
    assert words == [denied, "allowed", denied]


def test_a_session_that_a_policy_of_a_resource_names_is_told_apart() -> None:
    everything = found(roles=(role("A"),))
    where = Where("r")
    named = {"Principal": {"AWS": _session("A", "me")}, "Action": "s3:*", "Resource": _LOGS}
    everything.resources[_LOGS] = Resource(
        _LOGS, Document("own", document(named), where), where, ACCOUNT
    )
    row: dict[str, object] = {"action": "s3:ListBucket", "resource": _LOGS}

    words = _words(
        OfAccounts(Accounts(everything), _NONE),
        *({**row, "principal": _session("A", each)} for each in ("you", "me")),
    )

    assert words == ["implicitDeny", "allowed"]


def test_what_a_row_says_of_its_session_is_read() -> None:
    within = accounts(roles=(role("A", RoleId="AROAEXAMPLE"),))
    row: dict[str, object] = {"action": _LIST, "aws:userid": "AROAEXAMPLE:me"}

    codes = _codes(
        OfAccounts(within, _NONE),
        *({**row, "principal": _session("A", each)} for each in ("me", "you")),
    )

    assert codes == {1: "contradiction"}


def test_layers_that_are_given_replace_those_of_the_accounts() -> None:
    given = LayersOf(identity=(parse_policy(json.dumps(allowing(_LIST))),))
    row: dict[str, object] = {"action": _LIST}
    rows = ({**row, "principal": each} for each in ("Ci", iam("role/Nobody")))

    assert _words(OfAccounts(example(), given), *rows) == ["allowed", "allowed"]


def test_rows_that_cannot_be_asked_about_are_refused() -> None:
    within = accounts(
        users=(user("bad", UserPolicyList=inline("nonsense")), user("A")),
        roles=(role("A"), role("B")),
    )
    engine = OfAccounts(within, _NONE)

    codes = _codes(
        engine,
        {"action": _LIST, "principal": "B"},
        {"action": _LIST, "principal": "nobody"},
        {"action": _LIST, "principal": "nobody"},
        {"action": _LIST, "principal": _session("Gone")},
        {"action": _LIST, "principal": f"arn:aws:sts::{ACCOUNT}:federated-user/x"},
        {"action": _LIST, "principal": "A"},
        {"action": _LIST},
        {"principal": "B"},
        {"action": "bad", "principal": "B"},
        {"action": _LIST, "principal": "bad"},
        {"action": _LIST, "principal": "bad"},
    )

    assert codes == {
        1: "unknown-principal", 2: "unknown-principal", 3: "unknown-principal",
        4: "unknown-principal", 5: "ambiguous-name", 6: "missing-principal", 7: "unknown-action",
        8: "unknown-action", 9: "policy-in-source", 10: "policy-in-source",
    }  # fmt: skip


def test_a_row_whose_values_are_none_is_refused_and_no_other_of_its_kind() -> None:
    engine = OfAccounts(example(), _NONE)
    context = pa.array([["a"], [None], None], pa.list_(pa.string()))
    table = pa.table({"action": [_LIST] * 3, "principal": ["Ci"] * 3, "aws:TagKeys": context})

    decided = engine.decide(table)

    assert [each.row for each in decided.refused] == [1]
    assert decided.table["decision"].to_pylist() == ["implicitDeny", None, "implicitDeny"]


def test_a_table_without_rows_has_no_decisions_and_one_without_actions_is_none() -> None:
    engine = OfAccounts(example(), _NONE)

    assert engine.decide(pa.table({"action": pa.array([], pa.string())})).table.schema == SCHEMA
    with pytest.raises(RequestError):
        engine.decide(pa.table({"principal": ["Ci"]}))


def test_a_file_is_decided_by_accounts(tmp_path: Path) -> None:
    rows = [{"action": "appflow:StartFlow", "principal": each} for each in ("Flow", "Gone")]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    out = tmp_path / "out.jsonl"

    done = run(Job(str(path), str(out)), OfAccounts(example(), _NONE), lambda _: None)

    assert done.summary == ({"allowed": 1}, 1)
    assert json.loads(out.read_text("utf-8"))["matched"] == ["Flows"]
