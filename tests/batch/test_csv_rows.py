"""CSV: a header, and rows that are refused one by one."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from policy_eval.batch import csv_rows, rows, streams
from policy_eval.errors import InputError
from tests.batch.reading import chunks_of, refused_in, rejected_in, said_in


def _file(folder: Path, text: str | bytes) -> Path:
    path = folder / "requests.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_columns_are_named_as_members_of_json_lines_are(tmp_path: Path) -> None:
    path = _file(
        tmp_path,
        "\ufeffaction,resource,secretsmanager:Name,aws:CalledVia[],context,id,note\r\n"
        'secretsmanager:CreateSecret,,"a, ""b""","[""appflow.amazonaws.com"", true, 1.50]",,1,x\r\n'
        "\r\n"
        's3:GetObject,"a\nb",,[],"{""aws:SourceIp"": ""10.0.0.1""}",2,\r\n',
    )
    chunks = chunks_of(path, ["id", "aws:CalledVia[]"])

    assert said_in(chunks) == {
        1: {
            "action": "secretsmanager:CreateSecret",
            "secretsmanager:Name": ['a, "b"'],
            "aws:CalledVia": ["appflow.amazonaws.com", "true", "1.50"],
        },
        2: {
            "action": "s3:GetObject",
            "resource": "a\nb",
            "aws:CalledVia": [],
            "aws:SourceIp": ["10.0.0.1"],
        },
    }
    assert [row for chunk in chunks for row in chunk.kept.to_pylist()] == [
        {"id": "1", "aws:CalledVia": ["appflow.amazonaws.com", "true", "1.50"]},
        {"id": "2", "aws:CalledVia": []},
    ]


def test_rows_that_are_none_are_told_with_their_lines(tmp_path: Path) -> None:
    path = _file(
        tmp_path,
        b"action,aws:x[],context\n"
        b"a,b\n"
        b'"a\nb",c,d,e\n'
        b"a,\xff,\n"
        b'a,"[1",\n'
        b'a,"{}",\n'
        b'a,"[{}]",\n'
        b'a,,"[1]"\n'
        b'a,"x"y,\n'
        b"b,,\n"
        b'a,"b\n',
    )
    chunks = chunks_of(path)

    assert said_in(chunks) == {9: {"action": "b"}}
    places = ("2:1", "3:1", "5:3", "6:1", "7:1", "8:1", "9:1", "10:1", "12:1")
    said = (
        "row-shape]: this row has 2 cells, and the header 3 names",
        "row-shape]: this row has 4 cells, and the header 3 names",
        "wrong-encoding]: byte 0xFF is not UTF-8",
        "unclosed-bracket]: `aws:x`: the text ends inside the `[` of line 1, column 1",
        "context-value]: `aws:x`: this is no list of texts, numbers, true or false",
        "context-value]: `aws:x`: this is no list of texts, numbers, true or false",
        "wrong-type]: `context`: `context` is a list",
        "row-shape]: ',' expected after '\"'",
        "row-shape]: a quote is not closed",
    )
    assert [texts[0] for _, texts in refused_in(chunks)] == [
        f"{path}:{place}: error[{text}" for place, text in zip(places, said, strict=True)
    ]
    assert rejected_in(chunks)[1].said == '"a\nb",c,d,e'


def test_rows_in_no_text_of_ours_are_told_as_any_other_file(tmp_path: Path) -> None:
    for text, says in (
        ("action\na\n".encode("utf-16"), "1:1: error[wrong-encoding]: {path}: this is UTF-16 text"),
        (b'action\n"a\nb\xff"\n', "3:2: error[wrong-encoding]: byte 0xFF is not UTF-8"),
        (b"action\na\x00\n", "2:2: error[nul-character]: the text holds a NUL character"),
        (b"action\na\rb\n", "2:1: error[row-shape]: a carriage return stands in a cell"),
    ):
        path = _file(tmp_path, text)
        try:
            ((_, problems),) = refused_in(chunks_of(path))
        except InputError as error:
            problems = [str(error)]
        assert problems[0].startswith(f"{path}:{says.format(path=path)}")


def test_a_row_that_is_too_long_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (csv_rows, rows, streams):
        monkeypatch.setattr(module, "LARGEST_ROW", 40, raising=False)
    chunks = chunks_of(
        _file(tmp_path, "action\n" + "a" * 500 + "\nb\n" + '"' + "a\n" * 50 + "c\n" + "d" * 41)
    )

    assert said_in(chunks)[2] == {"action": "b"}
    assert refused_in(chunks)[0][1][0].endswith("error[too-large]: this row has more than 40 bytes")
    assert "a cell has more than 40 characters" in refused_in(chunks)[1][1][0]
    assert len(str(rejected_in(chunks)[0].said)) == 40
    assert refused_in(chunks)[-1][1][0].endswith(
        "error[too-large]: this row has more than 40 bytes"
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "error[empty-file]: {path}: there is no header"),
        ("a,b\n1,2\n", "error[table-column]: the requests have no column `action`"),
        ("action,aws:a,aws:a[]\n", "error[table-column]: {path}: the header names `aws:a` twice"),
        ("action,b\n", "error[table-column]: {path}: there is no column `id` to keep"),
        (b"\xff\n", "{path}:1:1: error[wrong-encoding]: byte 0xFF is not UTF-8"),
        ('"a\n', "{path}:1:1: error[row-shape]: a quote is not closed"),
    ],
)  # fmt: skip
def test_a_header_that_is_none_is_refused(tmp_path: Path, text: str | bytes, says: str) -> None:
    path = _file(tmp_path, text)

    with pytest.raises(InputError) as refused:
        chunks_of(path, ["id"])
    assert str(refused.value).startswith(says.format(path=path))


def test_rows_make_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "_MOST_ROWS", 4)
    chunks = chunks_of(_file(tmp_path, "action\n" + "a\n" * 10))

    assert [chunk.table.num_rows for chunk in chunks] == [4, 4, 2]
    assert list(said_in(chunks)) == list(range(1, 11))


def test_packed_files_are_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "requests.csv.gz"
    path.write_bytes(gzip.compress(b"action\na\nb\n"))
    assert len(said_in(chunks_of(path))) == 2

    path.write_bytes(gzip.compress(b"action\n" + bytes(range(97, 123)) * 9)[:-12])
    with pytest.raises(InputError, match=r"unreadable-file.*compressed file ended"):
        chunks_of(path)

    path.write_bytes(b"action\na\n")
    with pytest.raises(InputError, match=r"unreadable-file.*not a gzipped file"):
        chunks_of(path)
