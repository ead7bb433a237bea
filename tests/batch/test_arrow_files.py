"""Parquet and Arrow's files, whole and broken."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from policy_eval.batch import arrow_files
from policy_eval.errors import InputError
from tests.batch.reading import chunks_of, said_in

_TABLE = pa.table(
    {
        "id": range(6),
        "action": ["a", "b", "c", "d", "e", "f"],
        "aws:CalledVia": [["x"], None, [], ["x", "y"], None, None],
        "time": [0.5] * 6,
    }
)


def _written(folder: Path, ending: str, batch: int) -> Path:
    path = folder / f"requests{ending}"
    match ending:
        case ".parquet":
            pq.write_table(_TABLE, path, row_group_size=batch)
        case ".arrow":
            with pa.ipc.new_file(path, _TABLE.schema) as writer:
                writer.write_table(_TABLE, batch)
        case _:
            with pa.ipc.new_stream(path, _TABLE.schema) as writer:
                writer.write_table(_TABLE, batch)
    return path


@pytest.mark.parametrize("ending", [".parquet", ".arrow", ".feather"])
def test_rows_are_read_in_chunks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    path = _written(tmp_path, ending, 2)
    for most, fewest, sizes in ((4, 100, [4, 2]), (4, 4, [4, 2]), (4, 1, [2, 2, 2])):
        monkeypatch.setattr(arrow_files, "_MOST_ROWS", most)
        monkeypatch.setattr(arrow_files, "_FEWEST_ROWS", fewest)
        chunks = chunks_of(path, ["id"])
        if ending != ".parquet":  # whose rows come in batches of a size that is asked for
            assert [chunk.table.num_rows for chunk in chunks] == sizes
        assert list(said_in(chunks)) == [1, 2, 3, 4, 5, 6]
        assert said_in(chunks)[4] == {"action": "d", "aws:CalledVia": ["x", "y"]}
        kept = [row["id"] for chunk in chunks for row in chunk.kept.to_pylist()]
        assert kept == [*range(6)]
        assert all("time" not in chunk.table.column_names for chunk in chunks)


def test_a_refused_row_is_given_back_as_data(tmp_path: Path) -> None:
    (chunk,) = chunks_of(_written(tmp_path, ".parquet", 3))
    row = chunk.rejection(3, InputError())

    assert row.to_dict() == {
        "row": 4,
        "line": None,
        "errors": [],
        "request": {"action": "d", "aws:CalledVia": ["x", "y"]},
    }


@pytest.mark.parametrize("ending", [".parquet", ".arrow", ".feather"])
def test_a_file_that_is_cut_off_is_refused(tmp_path: Path, ending: str) -> None:
    path = _written(tmp_path, ending, 2)
    whole = path.read_bytes()
    for size in (0, 3, len(whole) // 2, len(whole) - 20):
        path.write_bytes(whole[:size])
        with pytest.raises(InputError, match=r"unreadable-(table|file)"):
            chunks_of(path)


def test_a_damaged_page_is_told(tmp_path: Path) -> None:
    path = _written(tmp_path, ".parquet", 2)
    data = bytearray(path.read_bytes())
    data[4:200] = bytes(each ^ 0x5A for each in data[4:200])
    path.write_bytes(data)

    with pytest.raises(InputError, match="unreadable-table"):
        chunks_of(path)


@pytest.mark.parametrize("ending", [".parquet", ".arrow"])
def test_files_that_are_not_there(tmp_path: Path, ending: str) -> None:
    with pytest.raises(InputError, match="missing-file"):
        chunks_of(tmp_path / f"none{ending}")
    (tmp_path / f"folder{ending}").mkdir()
    with pytest.raises(InputError, match="is-a-directory"):
        chunks_of(tmp_path / f"folder{ending}")
    with pytest.raises(InputError, match="there is no column `nothing` to keep"):
        chunks_of(_written(tmp_path, ending, 2), ["nothing"])


def test_a_table_without_rows_is_one(tmp_path: Path) -> None:
    path = tmp_path / "requests.parquet"
    pq.write_table(_TABLE.slice(0, 0), path)

    (chunk,) = chunks_of(path)
    assert chunk.table.num_rows == 0
    assert chunk.table.column_names == ["action", "aws:CalledVia"]
