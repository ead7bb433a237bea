"""Requests as a table, decided row by row by the scalar engine and at once by the columnar one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pyarrow as pa

import policy_eval as pe
from policy_eval.columnar import Columnar
from policy_eval.engine.decide import decide_call
from policy_eval.errors import RequestError
from policy_eval.request.principal import Principal
from policy_eval.text.folding import fold
from tests.property.neighbours import Asked

Answer = tuple[str | None, str | None, list[str] | None, bool | None]
_REFUSED: Answer = (None, None, None, None)


def is_row(asked: Asked) -> bool:
    """Return whether a table has columns for all that a request says, but for what is unknown."""
    return (
        not isinstance(asked.principal, Principal)
        and not (asked.request_tags or asked.resource_tags or asked.now or asked.dependencies)
        and not asked.action_only
    )


def table_of(questions: Sequence[Asked], *, flat: bool) -> pa.Table:
    """Return requests as a table, the context as a map or a column for each key."""
    columns: dict[str, pa.Array] = {
        "action": pa.array([asked.action for asked in questions], pa.string()),
        "resource": pa.array([asked.resource for asked in questions], pa.string()),
        "principal": pa.array([asked.principal for asked in questions], pa.string()),
        "resource_account": pa.array([asked.resource_account for asked in questions], pa.string()),
    }
    values = pa.list_(pa.string())
    if not flat:
        kind = pa.map_(pa.string(), values)
        columns["context"] = pa.array([[*asked.context] for asked in questions], kind)
        return pa.table(columns)
    for name in dict.fromkeys(name for asked in questions for name, _ in asked.context):
        contexts = [dict(asked.context) for asked in questions]
        held: list[Sequence[str] | None] = [
            (each[name] or []) if name in each else None for each in contexts
        ]
        if all(each is None or len(each) == 1 for each in held):
            columns[name] = pa.array([each and each[0] for each in held], pa.string())
        else:
            columns[name] = pa.array(held, values)
    return pa.table(columns)


def expected(policies: pe.PolicySet, asked: Asked, unknown: Sequence[str]) -> Answer:
    """Return what the scalar engine answers; a key that is given is not unknown."""
    given = {fold(name) for name, _ in asked.context}
    left = tuple(name for name in unknown if fold(name) not in given)
    try:
        # tables know what is sure and what is possible; what holds by cases is left undetermined
        request = asked._replace(unknown=left).request()
        found = decide_call(policies, [request], missing=False)
    except RequestError:
        return _REFUSED
    by = found.decided_by and found.decided_by.value
    return found.decision, by, [*found.matched], found.refused_by_service


def answers(engine: Columnar, table: pa.Table) -> list[Answer]:
    """Return what the columnar engine answers."""
    decided = engine.decide(table)
    rows = decided.table.to_pylist()
    assert {row for row, _ in decided.refused} == {
        number for number, row in enumerate(rows) if row["decision"] is None
    }
    return [
        (row["decision"], row["decided_by"], row["matched"], row["refused_by_service"])
        for row in rows
    ]


def check(
    policies: pe.PolicySet, questions: Iterable[Asked], *, flat: bool, unknown: Sequence[str] = ()
) -> int:
    """Compare the engines on requests as a table, twice; return how many rows there were."""
    rows = [asked for asked in questions if is_row(asked)]
    if not rows:
        return 0
    engine = Columnar(policies, unknown=unknown)
    wanted = [expected(policies, asked, unknown) for asked in rows]
    half = len(rows) // 2
    for part in (slice(0, half), slice(0, None), slice(half, None)):
        found = answers(engine, table_of(rows[part], flat=flat))
        for asked, one, other in zip(rows[part], found, wanted[part], strict=True):
            assert one == other, (asked, one, other, unknown)
    return len(rows)
