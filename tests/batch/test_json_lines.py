"""JSON lines: read at once or one by one, the same; what is wrong is refused row by row."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from policy_eval.batch import json_lines, rows
from policy_eval.batch.rows import Chunk
from tests.batch.reading import chunks_of, refused_in, rejected_in, said_in

_BLOCK_ROW = {
    "action": "secretsmanager:CreateSecret",
    "context": {"secretsmanager:Name": "appflow!sales", "aws:CalledVia": ["a", "b"]},
}


def _file(folder: Path, *lines: object, end: str = "\n") -> Path:
    path = folder / "requests.jsonl"
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text(end.join(texts) + end, "utf-8", newline="")
    return path


def _was_at_once(chunks: Sequence[Chunk]) -> bool:
    return all("principal" not in chunk.table.column_names for chunk in chunks)


def test_lines_of_one_shape_are_read_at_once(tmp_path: Path) -> None:
    lines = [
        _BLOCK_ROW,
        {"action": "s3:GetObject", "resource": "a", "aws:MultiFactorAuthPresent": True},
        {"action": "s3:ListBucket", "context": {"s3:max-keys": 7}, "time": 0.5},
        {"action": "s3:ListBucket", "context": {}, "resource": None, "aws:CalledVia": None},
    ]
    chunks = chunks_of(_file(tmp_path, *lines, end="\r\n"))

    assert _was_at_once(chunks)
    assert said_in(chunks) == {
        1: {
            "action": "secretsmanager:CreateSecret",
            "secretsmanager:Name": ["appflow!sales"],
            "aws:CalledVia": ["a", "b"],
        },
        2: {"action": "s3:GetObject", "resource": "a", "aws:MultiFactorAuthPresent": ["true"]},
        3: {"action": "s3:ListBucket", "s3:max-keys": ["7"]},
        4: {"action": "s3:ListBucket"},
    }


_NAMES = st.sampled_from(["aws:CalledVia", "aws:SourceIp", "s3:prefix", "aws:RequestTag/a"])
_SCALARS = st.sampled_from(["a", "é", "", "1", "true", "2026-01-01T00:00:00Z"]) | st.sampled_from(
    [True, False, 0, -3, 10**20, 1.5]
)
_VALUES = st.none() | _SCALARS | st.lists(_SCALARS, max_size=3)
_TEXTS = st.none() | st.sampled_from(["s3:GetObject", "x", ""])
_ROWS = st.fixed_dictionaries(
    {"action": _TEXTS},
    optional={
        "resource": _TEXTS,
        "context": st.none() | st.dictionaries(_NAMES, _VALUES, max_size=3),
        "id": st.none() | st.integers(0, 3) | st.lists(st.integers(0, 3), max_size=2),
        "s3:prefix": _VALUES,
    },
)
_ALIKE = st.lists(
    st.fixed_dictionaries(
        {"action": _TEXTS, "id": st.integers(0, 9)},
        optional={
            "resource": _TEXTS,
            "context": st.fixed_dictionaries(
                {},
                optional={
                    "aws:CalledVia": st.none() | st.lists(st.sampled_from(["a", "b"]), max_size=2),
                    "aws:SourceIp": st.none() | st.sampled_from(["a", "é"]),
                    "s3:max-keys": st.none() | st.integers(-3, 3),
                },
            ),
        },
    ),
    min_size=1,
    max_size=8,
)
_BROKEN = st.sampled_from(
    [
        '{"action": "a", "action": "b"}', '{"action": "a",}', '{"a": 1} {"a": 2}', "[1]", "", " ",
        '{"action": 1}', '{"context": {"aws:CalledVia": [null]}}', '{"context": 1}', '{"a:b": {}}',
        '{"action": "\\ud800"}', '{"a:b": "\\ud83d\\ude00"}', '{"action":', '"a"', "{}", "{",
    ]
)  # fmt: skip


@given(_ALIKE | st.lists(_ROWS | _BROKEN, max_size=8))
@example([{"action": "a", "s3:prefix": "a", "context": {"s3:prefix": None}}])
def test_lines_are_read_at_once_as_they_are_one_by_one(
    tmp_path_factory: pytest.TempPathFactory, lines: list[object]
) -> None:
    path = _file(tmp_path_factory.mktemp("lines"), *lines)
    found = chunks_of(path, ["id"])
    with patch.object(json_lines, "_is_utf8", return_value=False):
        one_by_one = chunks_of(path, ["id"])

    assert said_in(found) == said_in(one_by_one)
    assert refused_in(found) == refused_in(one_by_one)
    assert [each for chunk in found for each in chunk.kept.to_pylist()] == [
        each for chunk in one_by_one for each in chunk.kept.to_pylist()
    ]


def test_lines_that_are_not_an_object_each_are_read_one_by_one(tmp_path: Path) -> None:
    row = {"action": "a"}
    for wrong in ('{"action": "a"} {"action": "b"}', "[1]", '{"action": "a"', "{"):
        chunks = chunks_of(_file(tmp_path, row, wrong, row))

        assert list(said_in(chunks)) == [1, 3]
        assert [number for number, _ in refused_in(chunks)] == [2]


def test_what_is_wrong_is_told_with_its_place_and_the_rest_is_read(tmp_path: Path) -> None:
    path = _file(
        tmp_path,
        '{"action": 1, "resource": ["a"]}',
        '{"action": "s3:GetObject", "context": {"aws:a": {"b": 1}, "aws:b": ["a", null]}}',
        "",
        '{"action": "s3:GetObject",}',
        _BLOCK_ROW,
        '{"context": ["a"]}',
        '{"action": "\\ud800"}',
        '[{"action": "a"}]',
        '{"action": "a"} {"action": "b"}',
        "[" * 100_000,
        '{"aws:a": [[1]]}',
        '{"id": [], "action": true, "context": "a"}',
    )
    chunks = chunks_of(path)

    assert list(said_in(chunks)) == [4]
    place = str(path)
    assert refused_in(chunks) == [
        (1, [
            f"{place}:1:12: error[wrong-type]: `action` is a number",
            f"{place}:1:27: error[wrong-type]: `resource` is a list",
        ]),
        (2, [
            f"{place}:2:49: error[context-value]: `aws:a` holds an object",
            f"{place}:2:74: error[context-value]: `aws:b` holds null",
        ]),
        (3, [f"{place}:4:26: error[trailing-comma]: a comma stands before a closing bracket"]),
        (5, [f"{place}:6:13: error[wrong-type]: `context` is a list"]),
        (6, [
            f"{place}:7:13: error[invalid-escape]: half of a pair of surrogates is no character"
        ]),
        (7, [f"{place}:8:1: error[wrong-type]: this is a list"]),
        (8, [f"{place}:9:17: error[json-syntax]: a second document begins here"]),
        (9, [f"{place}:10:101: error[too-deep]: this text nests deeper than 100 levels"]),
        (10, [f"{place}:11:12: error[context-value]: `aws:a` holds a list"]),
        (11, [
            f"{place}:12:22: error[wrong-type]: `action` is true",
            f"{place}:12:39: error[wrong-type]: `context` is a text",
        ]),
    ]  # fmt: skip
    assert rejected_in(chunks)[2].to_dict()["request"] == '{"action": "s3:GetObject",}'


def test_bytes_that_are_no_text_are_refused_row_by_row(tmp_path: Path) -> None:
    path = tmp_path / "requests.jsonl"
    path.write_bytes(b'{"action": "a"}\n{"action": "\xff"}\n{"action": "b"}\n')
    chunks = chunks_of(path)

    assert list(said_in(chunks)) == [1, 3]
    (refused,) = rejected_in(chunks)
    assert str(refused.problems[0]).startswith(f"{path}:2:13: error[wrong-encoding]: byte 0xFF")
    assert refused.said == '{"action": "\\xff"}'


@pytest.mark.parametrize("end", ["", "\n"])
def test_characters_may_stand_across_the_pieces_of_a_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    lines = [{"action": "é" * length} for length in range(1, 9)]
    path = tmp_path / "requests.jsonl"
    texts = [json.dumps(line, ensure_ascii=False) for line in lines]
    path.write_bytes(("\n".join(texts) + end).encode())
    for piece in range(1, 9):
        monkeypatch.setattr(json_lines, "_PIECE", piece)
        chunks = chunks_of(path)

        assert _was_at_once(chunks)
        assert said_in(chunks) == dict(enumerate(lines, 1))


def test_a_row_that_was_read_at_once_is_given_back_as_it_stands(tmp_path: Path) -> None:
    (chunk,) = chunks_of(_file(tmp_path, {"action": "a"}, {"action": "b"}))
    error = rows.too_long()

    assert chunk.rejection(1, error).said == '{"action": "b"}'
    assert chunk.rejection(1, error).line == 2


def test_a_line_that_is_too_long_is_cut_and_the_next_one_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_lines, "_BLOCK", 100)
    monkeypatch.setattr(json_lines, "LARGEST_ROW", 40)
    monkeypatch.setattr(rows, "LARGEST_ROW", 40)
    long = {"action": "a" * 1000}
    for lines, numbers in (
        (["{}", long, '{"action": "b"}'], [1, 3]),
        (["{}", {"action": "a" * 50}, "{}"], [1, 3]),
        (["{}", long], [1]),
        ([long], []),
    ):
        for end in ("\n", ""):
            path = _file(tmp_path, *lines)
            path.write_bytes(path.read_bytes().removesuffix(b"\n") + end.encode())
            chunks = chunks_of(path)

            assert list(said_in(chunks)) == numbers
            (refused,) = rejected_in(chunks)
            assert "error[too-large]: this row has more than 40 bytes" in str(refused.problems[0])
            assert len(str(refused.said)) == 40


def test_blocks_are_numbered_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_lines, "_BLOCK", 64)
    monkeypatch.setattr(json_lines, "LARGEST_ROW", 40)
    lines = [{"action": f"s3:A{number}"} for number in range(50)]
    path = _file(tmp_path, *lines[:20], "", *lines[20:], "[")
    chunks = chunks_of(path)

    assert said_in(chunks) == dict(enumerate(lines, 1))
    assert [(row.number, row.line) for row in rejected_in(chunks)] == [(51, 52)]
    assert len(chunks) > 10


def test_rows_with_many_different_keys_make_small_chunks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [{"action": "a", "context": {f"aws:{number}": "a"}} for number in range(1200)]
    found = chunks_of(_file(tmp_path, *lines))

    assert list(said_in(found)) == list(range(1, 1201))
    assert max(chunk.table.num_rows for chunk in found) <= rows.MOST_KEYS

    monkeypatch.setattr(rows, "_MOST_ROWS", 5)
    assert len(chunks_of(_file(tmp_path, *[{"action": 1}] * 12))) == 3


def test_an_empty_file_is_a_table_without_rows(tmp_path: Path) -> None:
    path = tmp_path / "requests.jsonl"
    path.write_bytes(b"")

    (chunk,) = chunks_of(path, ["id"])
    assert chunk.table.num_rows == 0
    assert chunk.kept.column_names == ["id"]


def test_kept_members_are_texts_whatever_they_hold(tmp_path: Path) -> None:
    values = ["a", 1, 1.50, True, None, [1, "b", None], {"c": 2.5, "d": [True]}]
    lines = [{"action": "a", "id": value, "aws:x": "y"} for value in values]
    path = _file(tmp_path, *lines, '{"action": "a", "id": 1.50}', {"id": 1, "context": {"a:b": 1}})
    kept = [
        row
        for chunk in chunks_of(path, ["id", "aws:x", "action"])
        for row in chunk.kept.to_pylist()
    ]

    assert [row["id"] for row in kept] == [
        "a", "1", "1.5", "true", None, '[1, "b", null]', '{"c": 2.5, "d": [true]}', "1.50", "1",
    ]  # fmt: skip
    assert kept[0] == {"id": "a", "aws:x": ["y"], "action": "a"}

    (chunk,) = chunks_of(_file(tmp_path, *lines[:1], {"context": {"a:b": 1}}), ["context", "aws:x"])
    assert chunk.kept.to_pylist() == [
        {"context": None, "aws:x": ["y"]}, {"context": '{"a:b": 1}', "aws:x": None},
    ]  # fmt: skip
