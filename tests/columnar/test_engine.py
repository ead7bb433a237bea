"""The columnar engine's own machinery."""

from __future__ import annotations

import importlib
import sys
from random import Random

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import policy_eval as pe
from policy_eval.columnar import SCHEMA, Columnar, asked, callers, classes, engine
from tests.columnar.tables import check
from tests.columnar.worlds import policies_of, rows_of
from tests.property.neighbours import ACCOUNT, Asked

_SECRET = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret"
_DEV = f"arn:aws:iam::{ACCOUNT}:role/Dev"


def _statement(**elements: object) -> dict[str, object]:
    return {"Effect": "Allow", "Action": "*", "Resource": "*", **elements}


def _policy(*statements: dict[str, object]) -> dict[str, object]:
    return {"Version": "2012-10-17", "Statement": [*statements]}


_READS = pe.PolicySet(
    [_policy(_statement(Sid="Read", Action="s3:Get*", Resource="arn:aws:s3:::logs/*"))]
)


@pytest.mark.parametrize("seed", range(12))
def test_values_are_looked_at_all_at_once_as_one_by_one(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classes, "_FEW", 0)
    random = Random(1_000 + seed)

    assert check(policies_of(random), rows_of(random, 150), flat=True)


@pytest.mark.parametrize("tags", [("été", "Été", "ete", "ÉTÉ"), ("ETE", "ete", "Ete", "te")])
def test_texts_are_folded_once(tags: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classes, "_FEW", 0)
    conditions = [
        {"StringEqualsIgnoreCase": {"aws:PrincipalTag/team": team}} for team in ("ÉTÉ", "ETE", "x")
    ]
    policies = pe.PolicySet([_policy(*[_statement(Condition=each) for each in conditions])])
    rows = [
        Asked("s3:GetObject", "arn:aws:s3:::b/k", _DEV, (("aws:PrincipalTag/team", (tag,)),))
        for tag in tags
    ]

    assert check(policies, rows, flat=True) == 4


def test_a_table_is_decided_in_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_MOST_ROWS", 2)
    table = pa.table(
        {
            "action": ["s3:GetObject", "s3:PutObject", "s3", "s3:GetObject", None],
            "resource": ["arn:aws:s3:::logs/a"] * 5,
            "principal": [_DEV] * 5,
        }
    )

    decided = Columnar(_READS).decide(table)

    assert decided.table.column("decision").to_pylist() == [
        "allowed", "implicitDeny", None, "allowed", None,
    ]  # fmt: skip
    assert decided.table.column("matched").to_pylist()[0] == ["Read"]
    assert [(row, str(error).partition(";")[0]) for row, error in decided.refused] == [
        (2, "error[unknown-action]: `s3` is no action"),
        (4, "error[unknown-action]: no action is given"),
    ]


def test_no_rows_give_no_decisions() -> None:
    decided = Columnar(_READS).decide(pa.table({"action": pa.array([], pa.string())}))

    assert decided.table.schema == SCHEMA
    assert decided.table.num_rows == 0


def test_frames_of_pandas_and_polars_are_tables_too() -> None:
    columns = {
        "action": ["s3:GetObject", "s3:PutObject"], "resource": ["arn:aws:s3:::logs/a"] * 2,
        "principal": [_DEV] * 2, "aws:SourceIp": ["192.0.2.1", None],
    }  # fmt: skip
    for frame in (pd.DataFrame(columns), pl.DataFrame(columns), pa.table(columns)):
        decided = Columnar(_READS).decide(frame)

        assert decided.table.column("decision").to_pylist() == ["allowed", "implicitDeny"]


def test_rows_of_broken_values_are_refused_each_with_its_reason() -> None:
    table = pa.table(
        {
            "action": ["s3:GetObject"] * 5,
            "resource": ["logs", "arn:aws:s3:::logs/a", "*", "arn:aws:s3:::logs/a", None],
            "principal": [_DEV, "somebody", _DEV, _DEV, _DEV],
            "resource_account": [None, None, None, "12", None],
            "aws:TagKeys": [None, None, ["a", None], None, None],
        }
    )

    decided = Columnar(_READS).decide(table)

    codes = [error.diagnostics[0].code for _, error in decided.refused]
    assert codes == ["not-an-arn", "unknown-principal", "context-value", "not-an-account"]
    assert decided.table.column("decision").to_pylist()[4] == "undetermined"


def test_a_secret_created_with_tags_needs_to_tag_it() -> None:
    policies = pe.PolicySet([_policy(_statement(Action="secretsmanager:CreateSecret"))])
    rows = [
        Asked(
            "secretsmanager:CreateSecret",
            f"{_SECRET}:{name}",
            _DEV,
            (("secretsmanager:Name", (name,)), *tags),
        )
        for name in ("appflow!a", "b")
        for tags in ((), (("aws:RequestTag/team", ("red",)),), (("aws:RequestTag/team", None),))
    ]

    assert check(policies, rows, flat=True) == 6


def test_a_key_that_a_rule_is_found_to_look_at_is_told_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Were the table of such keys short of one, the answers would be the same."""
    monkeypatch.setattr("policy_eval.columnar.grouping.rules_compare", lambda _: False)
    monkeypatch.setattr("policy_eval.columnar.grouping.is_named_anew", lambda _: False)
    policies = pe.PolicySet(
        [
            _policy(
                _statement(Condition={"Bool": {"aws:ViaAWSService": "true"}}),
                _statement(Effect="Deny", Resource=f"{_SECRET}:one-??????"),
            )
        ]
    )
    rows = [
        Asked(
            "secretsmanager:CreateSecret",
            f"{_SECRET}:{name}",
            _DEV,
            (
                ("aws:CalledVia", chain),
                ("secretsmanager:Name", (name,)),
                ("aws:RequestTag/team", ("red",)),
            ),
        )
        for name in ("one", "two")
        for chain in (("a.amazonaws.com",), None)
    ]

    assert check(policies, rows, flat=True) == 4


def test_an_endpoint_has_a_say_unless_a_service_forwards_the_call() -> None:
    endpoint = _policy(_statement(Principal="*", Action="s3:GetObject"))
    policies = pe.PolicySet([_policy(_statement())], endpoint=endpoint, endpoint_type="gateway")
    rows = [
        Asked(action, "arn:aws:s3:::logs/a", _DEV, context)
        for action in ("s3:GetObject", "s3:PutObject")
        for context in (
            (),
            (("aws:CalledVia", ("a.amazonaws.com",)),),
            (("aws:SourceIp", ("192.0.2.1",)),),
            (("aws:SourceVpce", ("vpce-1",)),),
        )
    ]

    assert check(policies, rows, flat=True) == 8


def test_reserved_tags_are_refused_by_the_service() -> None:
    policies = pe.PolicySet([_policy(_statement())])
    rows = [
        Asked("sqs:TagQueue", f"arn:aws:sqs:us-east-1:{ACCOUNT}:q", _DEV, ((f"aws:RequestTag/{key}",
              ("1",)),))
        for key in ("aws:x", "team")
    ]  # fmt: skip

    assert check(policies, rows, flat=True) == 2


def test_variables_that_make_a_value_malformed_are_looked_at_one_by_one() -> None:
    condition = {"ArnLike": {"aws:SourceArn": "${aws:PrincipalTag/from}"}}
    tags = (("arn:aws:s3:::a",), ("arn:aws:s3:::b",), ("no-arn",), None)
    for effect in ("Allow", "Deny"):
        policies = pe.PolicySet(
            [_policy(_statement(), _statement(Effect=effect, Condition=condition))]
        )
        rows = [
            Asked(
                "s3:ListBucket",
                "arn:aws:s3:::logs",
                _DEV,
                (("aws:PrincipalTag/from", tag), ("aws:SourceArn", (source,))),
            )
            for tag in tags
            for source in ("arn:aws:s3:::a", "arn:aws:s3:::c", "none")
        ]

        assert check(policies, rows, flat=True) == 12


def test_a_variable_given_in_two_spellings_is_looked_at_row_by_row() -> None:
    resource = "arn:aws:s3:::logs/${aws:PrincipalTag/team}/*"
    policies = pe.PolicySet([_policy(_statement(Resource=resource))])
    rows = [
        Asked("s3:GetObject", f"arn:aws:s3:::logs/{folder}/x", _DEV, ((name, (team,)),))
        for folder in ("red", "blue")
        for name in ("aws:PrincipalTag/team", "aws:principaltag/TEAM")
        for team in ("red", "blue")
    ]

    assert check(policies, rows, flat=True) == 8


def test_what_is_no_table_is_refused() -> None:
    with pytest.raises(TypeError, match="a table of requests is wanted, and this is a dict"):
        Columnar(_READS).decide({"action": ["s3:GetObject"]})


def test_without_its_packages_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    with pytest.raises(ModuleNotFoundError, match=r"pip install 'policy-eval\[columnar\]'"):
        importlib.reload(sys.modules["policy_eval.columnar"])


def test_a_reserved_name_is_refused_unless_a_service_forwards_the_call() -> None:
    policies = pe.PolicySet([_policy(_statement())])
    rows = [
        Asked(
            "secretsmanager:CreateSecret",
            f"{_SECRET}:{name}",
            _DEV,
            (("secretsmanager:Name", (name,)), *chain),
        )
        for name in ("appflow!a", "b")
        for chain in (
            (),
            (("aws:CalledVia", ("appflow.amazonaws.com",)),),
            (("aws:CalledViaFirst", ("appflow.amazonaws.com",)),),
            (("aws:CalledViaLast", ("a.amazonaws.com",)),),
            (("aws:ViaAWSService", ("true",)),),
        )
    ]

    assert check(policies, rows, flat=True) == 10


def test_what_is_known_of_actions_and_callers_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asked, "_MOST_KNOWN", 2)
    monkeypatch.setattr(callers, "_MOST_KNOWN", 2)
    columnar = Columnar(_READS)
    for _ in range(2):
        found = columnar.decide(
            pa.table(
                {
                    "action": ["s3:GetObject", "s3:GetBucketAcl", "s3:PutObject"],
                    "principal": [f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in "abc"],
                    "resource": ["arn:aws:s3:::logs/a"] * 3,
                }
            )
        )
        assert found.table.column("decision").to_pylist() == [
            "allowed", "allowed", "implicitDeny",
        ]  # fmt: skip
