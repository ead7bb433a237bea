"""Rows of several sets of policies in one table are decided as each set decides them."""

from __future__ import annotations

from random import Random

import pyarrow as pa
import pytest

import policy_eval as pe
from policy_eval.columnar import Columnar
from policy_eval.errors import RequestError
from tests.columnar.tables import answers, expected, is_row, table_of
from tests.columnar.test_agreement import as_row
from tests.columnar.worlds import policies_of, rows_of
from tests.oracle.small_world import any_world
from tests.oracle.small_world import policies_of as policies_of_world
from tests.oracle.small_world import request_of as request_of_world
from tests.property.neighbours import Asked, asked_of
from tests.property.tangled import tangle

_CREATE = "secretsmanager:CreateSecret"


def _allowing(action: str) -> pe.Policy:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return pe.parse_policy(
        '{"Version": "2012-10-17", "Statement": ' + str(statement).replace("'", '"') + "}"
    )


def _check(sets: dict[str, pe.PolicySet], rows: list[Asked], random: Random) -> int:
    rows = [asked for asked in rows if is_row(asked)]
    if not rows:
        return 0
    engine = Columnar(sets)
    for _ in range(2):
        names = [random.choice([*sets]) for _ in rows]
        table = table_of(rows, flat=random.random() < 0.5)
        found = answers(engine, table.append_column("policies", pa.array(names)))
        for asked, name, one in zip(rows, names, found, strict=True):
            assert one == expected(sets[name], asked, ()), (asked, name, one)
    return len(rows)


@pytest.mark.parametrize("start", [0, 20])
def test_sets_that_share_policies(start: int) -> None:
    rows = 0
    for seed in range(start, start + 20):
        random = Random(seed)
        made = [policies_of(random) for _ in range(3)]
        shared = [policy for each in made for policy in each.policies]
        identity = [policy for policy in shared if policy.type is pe.PolicyType.IDENTITY]
        several = {
            f"shared {number}": pe.PolicySet(random.sample(identity, min(2, len(identity))))
            for number in range(3)
        }
        sets = {**several, **{str(number): each for number, each in enumerate(made)}}
        rows += _check(sets, rows_of(random, 60), random)

    assert rows > 1000


@pytest.mark.parametrize("start", [0, 12])
def test_sets_of_other_layers(start: int) -> None:
    rows = 0
    for seed in range(start, start + 12):
        random = Random(seed)
        worlds = [any_world(random) for _ in range(4)]
        sets = {str(number): policies_of_world(world) for number, world in enumerate(worlds)}
        sets |= {f"tangled {number}": tangle(random)[0] for number in range(2)}
        questions = [asked_of(request_of_world(world)) for world in worlds]
        questions = [as_row(asked) for asked in questions]
        questions += [tangle(random)[1] for _ in range(4)]
        rows += _check(sets, questions * 6, random)

    assert rows > 150


def test_a_row_that_names_no_set_is_refused() -> None:
    sets = {"a": pe.PolicySet([_allowing("*")]), "": pe.PolicySet([_allowing("s3:*")])}
    table = pa.table({"action": [_CREATE] * 4, "policies": ["a", "b", None, ""]})
    decided = Columnar(sets).decide(table)

    assert decided.table.column("decision").to_pylist() == ["allowed", None, None, "implicitDeny"]
    assert [(row, str(error).partition(";")[0]) for row, error in decided.refused] == [
        (1, "error[missing-policies]: `b` names no policies"),
        (2, "error[missing-policies]: no policies are named"),
    ]


def test_a_table_must_name_the_sets() -> None:
    with pytest.raises(RequestError, match=r"no column `policies`.*name in it the set"):
        Columnar({"a": pe.PolicySet([_allowing("*")])}).decide(pa.table({"action": [_CREATE]}))
    with pytest.raises(ValueError, match="no set of policies is given"):
        Columnar({})


def test_with_one_set_the_column_means_nothing() -> None:
    table = pa.table({"action": [_CREATE], "policies": ["whatever"]})
    decided = Columnar(pe.PolicySet([_allowing("*")])).decide(table)

    assert decided.table.column("decision").to_pylist() == ["allowed"]
