"""A whole batch: decisions and refused rows, written whole or not at all."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.feather as pf
import pyarrow.parquet as pq
import pytest

import policy_eval as pe
from policy_eval.batch import rows
from policy_eval.batch.formats import Format
from policy_eval.batch.job import Done, Job, run
from policy_eval.errors import InputError
from tests.cli.running import BLOCK, CREATE, DEV

_POLICIES = pe.load(BLOCK)
_NAMES = ("appflow!sales", "other", "appflow!")
_SERVICES: tuple[list[str] | None, ...] = (
    ["appflow.amazonaws.com"],
    ["a.amazonaws.com", "appflow.amazonaws.com"],
    [],
    None,
)
_REQUESTS: list[dict[str, Any]] = [
    {"action": action, "resource": None, "principal": DEV,
     "secretsmanager:Name": name, "aws:CalledVia": via}
    for action in (CREATE, "secretsmanager:PutResourcePolicy", "s3:GetObject")
    for name in _NAMES
    for via in _SERVICES
]  # fmt: skip
_SCHEMA = pa.schema(
    [
        ("action", pa.string()),
        ("resource", pa.string()),
        ("principal", pa.string()),
        ("secretsmanager:Name", pa.string()),
        ("aws:CalledVia", pa.list_(pa.string())),
    ]
)
_INPUTS = ("requests.jsonl", "requests.csv", "requests.parquet", "requests.arrow")
_OUTPUTS = ("out.jsonl", "out.csv", "out.parquet", "out.arrow")


def _write(path: Path, requests: Sequence[Mapping[str, Any]]) -> str:
    match path.suffix:
        case ".jsonl":
            path.write_text("".join(f"{json.dumps(each)}\n" for each in requests), "utf-8")
        case ".csv":
            cells = [
                ["" if each is None else json.dumps(each) if isinstance(each, list) else each
                 for each in request.values()]
                for request in requests
            ]  # fmt: skip
            names = [f"{name}[]" if name == "aws:CalledVia" else name for name in requests[0]]
            columns = dict(zip(names, zip(*cells, strict=True), strict=True))
            pcsv.write_csv(pa.table({name: list(held) for name, held in columns.items()}), path)
        case ".parquet":
            pq.write_table(pa.Table.from_pylist([*requests], _SCHEMA), path)
        case _:
            pf.write_feather(pa.Table.from_pylist([*requests], _SCHEMA), path)
    return str(path)


def _read(path: Path) -> list[dict[str, Any]]:
    match path.suffix:
        case ".jsonl":
            return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        case ".csv":
            found = pcsv.read_csv(path).to_pylist()
            return [{**row, "matched": json.loads(row["matched"])} for row in found]
        case ".parquet":
            read: list[dict[str, Any]] = pq.read_table(path).to_pylist()
        case _:
            read = pf.read_table(path).to_pylist()
    return read


def _run(job: Job) -> Done:
    parts: list[float] = []
    done = run(job, _POLICIES, parts.append)
    assert parts == sorted(parts)
    return done


@pytest.mark.parametrize("source", _INPUTS)
@pytest.mark.parametrize("target", _OUTPUTS)
def test_every_format_is_read_and_written(tmp_path: Path, source: str, target: str) -> None:
    requests = _write(tmp_path / source, _REQUESTS)
    done = _run(Job(requests, str(tmp_path / target), keep=("action",)))

    wanted = []
    for number, row in enumerate(_REQUESTS, 1):
        context = {key: row[key] for key in row if ":" in key and row[key] is not None}
        found = pe.decide(_POLICIES, pe.Request(row["action"], principal=DEV, context=context))
        wanted.append(
            {
                "row": number,
                "action": row["action"],
                "decision": found.decision,
                "decided_by": found.decided_by and found.decided_by.value,
                "matched": [*found.matched],
                "refused_by_service": found.refused_by_service,
            }
        )
    assert _read(tmp_path / target) == wanted
    assert done.summary.decisions["allowed"] == 4
    assert sum(done.summary.decisions.values()) == len(_REQUESTS)
    assert (done.summary.rejected, done.problems, done.rejects) == (0, (), None)


@pytest.mark.parametrize("source", _INPUTS)
def test_rows_that_are_no_requests_are_kept_apart(tmp_path: Path, source: str) -> None:
    wrong = [{**_REQUESTS[0], "action": text} for text in ("s3", "a b:c")]
    requests = _write(tmp_path / source, [wrong[0], *_REQUESTS[:2], wrong[1]])
    out = tmp_path / "out.jsonl"
    done = _run(Job(requests, str(out)))

    assert [row["row"] for row in _read(out)] == [2, 3]
    assert done.rejects == f"{out}.rejects.jsonl"
    rejected = [json.loads(line) for line in Path(done.rejects).read_text("utf-8").splitlines()]
    assert [row["row"] for row in rejected] == [1, 4]
    assert [row["errors"][0]["code"] for row in rejected] == ["unknown-action"] * 2
    assert "s3" in json.dumps(rejected[0]["request"])
    assert done.summary.rejected == 2
    assert "`s3` is no action" in str(done.problems[0])

    _write(tmp_path / source, _REQUESTS[:2])
    _run(Job(requests, str(out)))
    assert not Path(done.rejects).exists()


def test_where_nothing_has_a_place_the_row_is_named(tmp_path: Path) -> None:
    requests = _write(tmp_path / "requests.parquet", [{**_REQUESTS[0], "action": "s3"}])
    done = _run(Job(requests, str(tmp_path / "out.jsonl")))

    assert str(done.problems[0]).startswith(
        f"error[unknown-action]: {requests}, row 1: `s3` is no action"
    )


def test_the_first_wrong_row_may_end_it(tmp_path: Path) -> None:
    requests = _write(tmp_path / "requests.jsonl", [*_REQUESTS, {"action": "s3"}])
    before = {*tmp_path.iterdir()}
    with pytest.raises(InputError, match=r"requests.jsonl:37:1: error\[unknown-action\]"):
        _run(Job(requests, str(tmp_path / "out.parquet"), fail_fast=True))

    assert {*tmp_path.iterdir()} == before


def test_only_the_first_wrong_rows_are_shown(tmp_path: Path) -> None:
    requests = _write(tmp_path / "requests.jsonl", [{"action": "s3"}] * 25)
    done = _run(Job(requests, "-", rejects=str(tmp_path / "rejects.jsonl")))

    assert len(done.problems) == 11
    assert str(done.problems[-1]) == "error[rejected-rows]: 15 more are no requests"
    assert len((tmp_path / "rejects.jsonl").read_text("utf-8").splitlines()) == 25


def test_rows_that_name_nobody_are_called_by_somebody(tmp_path: Path) -> None:
    for source in _INPUTS:
        nobody = [{**row, "principal": None} for row in _REQUESTS[:2]]
        without = [{key: row[key] for key in row if key != "principal"} for row in nobody]
        for some in ([*nobody, *_REQUESTS[:2]], without, _REQUESTS[:2]):
            requests = _write(tmp_path / source, some)
            _run(Job(requests, str(tmp_path / "out.jsonl"), principal=DEV))
            assert {row["decision"] for row in _read(tmp_path / "out.jsonl")} == {"allowed"}


def test_keys_may_be_unknown_where_they_are_not_given(tmp_path: Path) -> None:
    requests = _write(tmp_path / "requests.jsonl", [_REQUESTS[0], _REQUESTS[3]])
    _run(Job(requests, str(tmp_path / "out.jsonl"), unknown=("aws:CalledVia",)))

    assert [row["decision"] for row in _read(tmp_path / "out.jsonl")] == ["allowed", "undetermined"]


def test_columns_that_are_nearly_named_right_are_told(tmp_path: Path) -> None:
    requests = _write(
        tmp_path / "requests.jsonl", [{"action": "s3:GetObject", "resourceArn": "a", "id": 1}]
    )
    done = _run(Job(requests, str(tmp_path / "out.jsonl")))
    assert [str(each) for each in done.problems] == [
        (
            f"warning[column-left-alone]: {requests}: `resourceArn` is no part of the requests, "
            "and was left alone; if `resource` is meant, name it so; `--keep resourceArn` repeats "
            "it"
        )
    ]
    for name in _INPUTS[1:]:
        requests = _write(tmp_path / name, _REQUESTS)
        assert _run(Job(requests, str(tmp_path / "out.jsonl"))).problems == ()


def test_kept_columns_of_every_type_are_written(tmp_path: Path) -> None:
    requests = tmp_path / "requests.parquet"
    kept = {
        "a": pa.array([1, None]),
        "b": pa.array([True, None]),
        "c": pa.array([{"x": 1.5}, None]),
        "d": pa.array([["é", None], None]),
        "e": pa.array(["é", None]).dictionary_encode(),
        "f": pa.array([1.5, None]),
    }
    pq.write_table(pa.table({"action": ["s3:GetObject"] * 2, **kept}), requests)
    for target in _OUTPUTS:
        _run(Job(str(requests), str(tmp_path / target), keep=tuple(kept)))
    found = [_read(tmp_path / target) for target in _OUTPUTS]

    values = {"a": 1, "b": True, "c": {"x": 1.5}, "d": ["é", None], "e": "é", "f": 1.5}
    for first, second in found[0], found[2], found[3]:
        assert {name: first[name] for name in kept} == values
        assert {name: second[name] for name in kept} == dict.fromkeys(kept)
    assert found[1][0]["c"], found[1][0]["d"] == ('{"x": 1.5}', '["é", null]')


# What cannot be read or written


@pytest.mark.parametrize(
    ("job", "says"),
    [
        (Job("{}/requests.txt", "{}/out.csv"), "table-format"),
        (Job("{}/requests.parquet.gz", "{}/out.csv"), "table-format"),
        (Job("{}/requests.jsonl", "{}/out.csv.gz"), "table-format"),
        (Job("{}/requests.jsonl", "{}/requests.jsonl"), "REQUESTS and --out are one file"),
        (Job("{}/requests.jsonl", "{}/none/out.csv"), "No such file or directory"),
        (Job("{}/requests.jsonl", "{}", out_form=Format.CSV), "Is a directory"),
        (Job("{}/requests.jsonl", "/dev/full", out_form=Format.CSV), "No space left on device"),
        (Job("{}/requests.jsonl", "{}/out.csv", rejects="/dev/full"), "No space left on device"),
        (Job("{}/requests.jsonl", "{}/out.csv", rejects="{}/none/a"), "No such file or directory"),
        (Job("-", "{}/out.csv", form=Format.PARQUET), "stdin has none"),
        (Job("{}/requests.jsonl", "{}/out.csv", keep=("row",)), "`row` cannot be kept"),
        (Job("{}/requests.jsonl", "{}/out.csv", keep=("matched",)), "`matched` cannot be kept"),
        (Job("{}/typed.parquet", "{}/out.csv"), "typed.parquet: the column `action` holds int64"),
        (Job("{}/cut.parquet", "{}/out.parquet"), "unreadable-table"),
    ],
)
def test_what_keeps_a_batch_from_being_done_leaves_nothing(
    tmp_path: Path, job: Job, says: str
) -> None:
    _write(tmp_path / "requests.jsonl", [_REQUESTS[0], {"action": "s3"}])
    pq.write_table(pa.table({"action": [1]}), tmp_path / "typed.parquet")
    data = (tmp_path / "typed.parquet").read_bytes()
    (tmp_path / "cut.parquet").write_bytes(data[:100])
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    job = job._replace(
        requests=job.requests.format(tmp_path),
        out=job.out.format(tmp_path),
        rejects=job.rejects and job.rejects.format(tmp_path),
    )
    with pytest.raises(InputError, match=says):
        _run(job)

    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_file_that_breaks_off_later_leaves_the_old_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "_MOST_ROWS", 4)
    out = tmp_path / "out.parquet"
    out.write_bytes(b"old")
    requests = _write(tmp_path / "requests.csv", _REQUESTS)
    with Path(requests).open("ab") as file:
        file.write(b"s3")
    with pytest.raises(InputError, match="row-shape"):
        _run(Job(requests, str(out), fail_fast=True))

    assert out.read_bytes() == b"old"


def test_stdin_and_stdout(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = "".join(f"{json.dumps(each)}\n" for each in _REQUESTS[:2])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines.encode())))
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written))
    done = _run(Job("-", "-"))

    assert done.summary.decisions == {"allowed": 2}
    assert written.getvalue().count(b'"decision": "allowed"') == 2


def test_arrow_is_read_from_a_pipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = io.BytesIO()
    with pa.ipc.new_stream(held, _SCHEMA) as writer:
        writer.write_table(pa.Table.from_pylist(_REQUESTS, _SCHEMA))
    reading, writing = os.pipe()
    os.write(writing, held.getvalue())
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(pipe))
        done = _run(Job("-", str(tmp_path / "out.csv"), form=Format.ARROW))

    assert done.summary.decisions["allowed"] == 4


def test_a_pipe_whose_reader_has_seen_enough(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    requests = _write(tmp_path / "requests.jsonl", _REQUESTS)
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb", buffering=0) as pipe:
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(pipe))
        with pytest.raises(BrokenPipeError):
            _run(Job(requests, "-"))
