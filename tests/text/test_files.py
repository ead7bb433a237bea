"""Bytes become text, or are refused by what they are."""

from __future__ import annotations

import builtins
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_eval.errors import Diagnostic, InputError, PolicyError, RequestError, SuiteError
from policy_eval.text.files import checked, decode, read_source
from policy_eval.text.limits import LARGEST_POLICY
from policy_eval.text.source import Source


def refused(data: bytes) -> Diagnostic:
    """Return the one problem of some bytes."""
    with pytest.raises(PolicyError) as caught:
        decode(data, "p.json")
    (problem,) = caught.value.diagnostics
    return problem


def unreadable(path: str | Path) -> Diagnostic:
    """Return the one problem of a file."""
    with pytest.raises(PolicyError) as caught:
        read_source(path)
    (problem,) = caught.value.diagnostics
    return problem


def where(problem: Diagnostic) -> tuple[int, int]:
    """Return the line and column of a problem."""
    assert problem.place is not None
    return problem.place.line, problem.place.column


@given(st.text().filter(lambda text: "\x00" not in text and text[:1] != "\ufeff"))
def test_utf_8_is_read_as_it_is(text: str) -> None:
    source = decode(text.encode(), "p.json")

    assert (source.name, source.text) == ("p.json", text)


def test_a_file_is_read_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_bytes("{\r\n€}".encode())

    source = read_source(path)

    assert (source.name, source.text) == (str(path), "{\r\n€}")


def test_a_mark_inside_a_text_is_a_character_like_any_other() -> None:
    assert decode("a\ufeff".encode(), "p.json").text == "a\ufeff"


@pytest.mark.parametrize("refusal", [PolicyError, RequestError, SuiteError])
def test_the_refusal_is_of_the_kind_that_is_asked_for(
    tmp_path: Path, refusal: type[InputError]
) -> None:
    for data in (b"\xff", b"\x00", b"12345"):
        with pytest.raises(refusal):
            decode(data, "p.json", 4, refusal)
    with pytest.raises(refusal):
        read_source(tmp_path / "none", refusal=refusal)


# Bytes


def test_a_byte_order_mark_is_refused() -> None:
    problem = refused("\ufeff{}".encode())

    assert (problem.code, where(problem)) == ("byte-order-mark", (1, 1))
    assert problem.remedy == "save the file as UTF-8 without a byte order mark"


@pytest.mark.parametrize(
    ("encoding", "mark", "kind"),
    [
        ("utf-16-le", b"\xff\xfe", "UTF-16"),
        ("utf-16-be", b"\xfe\xff", "UTF-16"),
        ("utf-32-le", b"\xff\xfe\x00\x00", "UTF-32"),
        ("utf-32-be", b"\x00\x00\xfe\xff", "UTF-32"),
    ],
)
def test_a_wide_encoding_is_known_by_its_mark(encoding: str, mark: bytes, kind: str) -> None:
    problem = refused(mark + '{"a": 1}'.encode(encoding))

    assert problem.code == "wrong-encoding"
    assert (problem.message, problem.expected) == (f"p.json: this is {kind} text", "UTF-8")
    assert "PowerShell" in problem.remedy


@pytest.mark.parametrize(("encoding", "column"), [("utf-16-le", 2), ("utf-16-be", 1)])
def test_utf_16_without_a_mark_is_known_by_its_nul_characters(encoding: str, column: int) -> None:
    problem = refused('{"a": 1}'.encode(encoding))

    assert (problem.code, where(problem)) == ("nul-character", (1, column))
    assert problem.remedy == "this looks like UTF-16: save the file as UTF-8"


def test_a_single_nul_character_is_to_be_removed() -> None:
    problem = refused(b'{\n"a\x00": 1}')

    assert (problem.code, where(problem)) == ("nul-character", (2, 3))
    assert problem.remedy == "remove it"


def test_latin_1_is_refused_with_its_byte_and_its_place() -> None:
    problem = refused('{\n"é": "ü",\n"b": 1}'.encode("latin-1"))

    assert (problem.code, where(problem)) == ("wrong-encoding", (2, 2))
    assert problem.message == "byte 0xE9 is not UTF-8"
    assert problem.remedy.startswith("in Latin-1 it would be `é`")
    assert problem.excerpt is not None
    assert problem.excerpt.line == '"é": "\ufffd",'


@pytest.mark.parametrize(
    ("data", "byte", "place"),
    [
        pytest.param("é€😀".encode() + b"\xe4", "0xE4", (1, 4), id="after wide characters"),
        pytest.param(b"{}\r\n\xc3(", "0xC3", (2, 1), id="a character cut short"),
        pytest.param(b"\xed\xa0\x80", "0xED", (1, 1), id="half of a pair"),
        pytest.param(b"ab\xf0\x9f\x98", "0xF0", (1, 3), id="the text ends inside a character"),
        pytest.param(b"\xc0\xaf", "0xC0", (1, 1), id="a form that is too long"),
    ],
)
def test_the_first_wrong_byte_has_its_place(data: bytes, byte: str, place: tuple[int, int]) -> None:
    problem = refused(data)

    assert (problem.code, where(problem)) == ("wrong-encoding", place)
    assert problem.message == f"byte {byte} is not UTF-8"


@given(st.binary())
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        text = decode(data, "p.json").text
    except PolicyError:
        text = ""

    assert text.encode() in (data, b"")


@pytest.mark.parametrize("data", [b"12345", b"\xff2345"])
def test_no_more_is_read_than_so_many_bytes(data: bytes) -> None:
    with pytest.raises(PolicyError) as caught:
        decode(data, "p.json", 4)

    assert caught.value.diagnostics[0].code == "too-large"


def test_so_many_bytes_are_read() -> None:
    assert decode(b"1234", "p.json", 4).text == "1234"


def test_a_text_that_came_as_one_is_checked_too() -> None:
    with pytest.raises(PolicyError) as caught:
        checked(Source("<policy>", "\ufeff{}"))

    assert caught.value.diagnostics[0].code == "byte-order-mark"


# Files


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_bytes(b" " * (LARGEST_POLICY + 1))

    problem = unreadable(path)

    assert problem.code == "too-large"
    assert problem.message == f"{path}: this holds more than 1,048,576 bytes, and no more is read"


def test_the_largest_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_bytes(b" " * LARGEST_POLICY)

    assert len(read_source(path).text) == LARGEST_POLICY


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    problem = unreadable(tmp_path)

    assert problem.code == "is-a-directory"
    assert problem.message == f"{tmp_path}: this is a folder"


def test_a_missing_file_is_refused_with_a_near_name(tmp_path: Path) -> None:
    (tmp_path / "policy.json").write_text("{}")

    problem = unreadable(tmp_path / "polcy.json")

    assert problem.code == "missing-file"
    assert problem.message == f"{tmp_path / 'polcy.json'}: there is no such file"
    assert problem.remedy == f"did you mean `{tmp_path / 'policy.json'}`"


def test_where_no_name_is_near_none_is_said(tmp_path: Path) -> None:
    assert unreadable(tmp_path / "policy.json").remedy == ""


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    problem = unreadable(tmp_path / "none" / "policy.json")

    assert problem.code == "missing-file"
    assert problem.remedy == f"there is no folder `{tmp_path / 'none'}`"


def test_a_file_that_may_not_be_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: object, mode: str) -> None:
        raise PermissionError(13, "Permission denied", path, mode)

    monkeypatch.setattr(builtins, "open", refuse)

    problem = unreadable(tmp_path / "p.json")

    assert problem.code == "unreadable-file"
    assert problem.message == f"{tmp_path / 'p.json'}: permission denied"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        pytest.param("file/p.json", "not a directory", id="a file in a file"),
        pytest.param("x" * 300, "file name too long", id="a name that is too long"),
        pytest.param("a\x00b", "embedded null byte", id="a name with a NUL"),
    ],
)
def test_a_name_that_can_be_no_file_s_is_refused(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "file").write_text("{}")

    problem = unreadable(f"{tmp_path}/{name}")

    assert problem.code == "unreadable-file"
    assert problem.message.endswith(f": {reason}")
