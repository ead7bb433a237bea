"""JSON texts read value by value: whatever the pieces are, what is read is the same."""

from __future__ import annotations

import gzip
import json
from io import BufferedIOBase, BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_eval.errors import SourceError
from policy_eval.sources import json_stream
from policy_eval.sources.json_stream import JsonStream
from policy_eval.sources.reading import JsonNumber
from policy_eval.text.node import Number
from tests.sources.exports import said

_SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=12,
)


def _walked(stream: JsonStream) -> object:
    """Return the value of a text, its outermost level walked."""
    if stream.peek() == "[":
        return [stream.value(place) for place in stream.items(stream.where)]
    if stream.peek() == "{":
        return {name: stream.value(stream.where) for name in stream.members(stream.where)}
    return stream.value(stream.where)


def _stream(data: bytes) -> JsonStream:
    return JsonStream(BytesIO(data), "x.json")


@given(_VALUES, st.integers(4, 9), st.sampled_from((None, 1)), st.booleans())
def test_a_text_in_pieces_of_any_size_is_read_as_the_whole(
    value: object, size: int, indent: int | None, ascii_alone: bool
) -> None:
    data = json.dumps(value, indent=indent, ensure_ascii=ascii_alone).encode(
        "utf-8", "surrogatepass"
    )

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_stream, "PIECE", size)
        stream = _stream(data)
        read = _walked(stream)
        stream.end()

    assert read == json.loads(data, parse_int=Number, parse_float=Number)


@given(_VALUES.filter(lambda value: "." not in json.dumps(value)), st.integers(4, 9), st.data())
def test_a_text_that_is_cut_is_said_to_end_there(
    value: object, size: int, data: st.DataObject
) -> None:
    whole = json.dumps([value], indent=1)
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_stream, "PIECE", size)
        with pytest.raises(SourceError) as refusal:
            _walked(_stream(cut.encode()))

    line, column = cut.count("\n") + 1, len(cut) - cut.rfind("\n")
    assert f"line {line}, column {column}: the file ends here" in str(refusal.value)


@pytest.mark.parametrize("size", [4, 7, 1 << 18])
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1,\n tru, 2]" + " " * 40, "[1]: line 2, column 2: Expecting value"),
        ('{"a": 1,\n b: 2}', "line 2, column 2: `b` stands where a name in double quotes"),
        ('{"a" 1}', "line 1, column 6: `1` stands where `:` is expected"),
        ('["a\\x"]' + " " * 40, "[0]: line 1, column 4: Invalid \\escape"),
        ('["\\u12', "[0]: line 1, column 7: the file ends here"),
        ("[[1, }]", "[0]: line 1, column 6: Expecting value"),
        ("", "line 1, column 1: the file ends here"),
    ],
)
def test_what_is_wrong_is_said_with_its_place_whatever_the_pieces(
    monkeypatch: pytest.MonkeyPatch, size: int, text: str, message: str
) -> None:
    monkeypatch.setattr(json_stream, "PIECE", size)

    with pytest.raises(SourceError) as refusal:
        _walked(_stream(text.encode()))

    assert said(refusal.value)[0] == "json-syntax"
    assert said(refusal.value)[1].startswith(f"x.json: {message}")


def test_a_number_is_kept_as_it_is_written() -> None:
    read = _walked(_stream(b"[1.50, -0, 1e5, " + b"1" * 5000 + b"]"))

    assert read == ["1.50", "-0", "1e5", "1" * 5000]
    assert isinstance(read, list)
    assert {type(each) for each in read} == {JsonNumber}


def test_a_mistake_is_told_without_reading_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "PIECE", 64)
    file = BytesIO(b'[{"a" 1}, ' + b" " * 10_000 + b"]")

    with pytest.raises(SourceError):
        _walked(JsonStream(file, "x.json"))

    assert file.tell() < 200


def test_no_more_is_kept_than_one_value_and_a_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "PIECE", 64)
    stream = _stream(json.dumps([["x" * 50]] * 1000).encode())

    longest = 0
    for place in stream.items(stream.where):
        stream.value(place)
        longest = max(longest, len(stream._text))  # noqa: SLF001 - what is kept is what counts

    assert longest < 300


def test_a_value_that_never_ends_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "PIECE", 64)
    monkeypatch.setattr(json_stream, "LARGEST_ITEM", 1000)

    with pytest.raises(SourceError) as refusal:
        _walked(_stream(b'["' + b"x" * 5000))

    assert said(refusal.value) == (
        "too-large", "x.json: [0]: one value has at most 1,000 characters",
    )  # fmt: skip


# Bytes that are no text


@pytest.mark.parametrize("size", [4, 5, 1 << 18])
@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'["a", "\xe9"]', "no JSON in UTF-8: byte 0xe9 at 7: invalid continuation byte"),
        (b'["a", "\xc3\xa9\xe2\x82', "no JSON in UTF-8: byte 0xe2 at 9: unexpected end of data"),
        (
            '["a", "'.encode("utf-16") + b"x",
            "no JSON in UTF-16: byte 0x78 at 16: truncated data",
        ),
    ],
)
def test_what_stands_before_a_byte_that_is_no_text_is_read(
    monkeypatch: pytest.MonkeyPatch, data: bytes, message: str, size: int
) -> None:
    monkeypatch.setattr(json_stream, "PIECE", size)
    stream = _stream(data)
    places = stream.items(stream.where)

    first = stream.value(next(places))
    with pytest.raises(SourceError) as refusal:
        stream.value(next(places))

    assert first == "a"
    assert said(refusal.value) == ("wrong-encoding", f"x.json: [1]: {message}")


@pytest.mark.parametrize("cut", [1, 8])
def test_what_stands_before_the_cut_of_a_compressed_file_is_read(cut: int) -> None:
    packed = gzip.GzipFile(fileobj=BytesIO(gzip.compress(b'["a", {}]')[:-cut]))
    stream = JsonStream(packed, "x.json.gz")
    places = stream.items(stream.where)

    first = [stream.value(next(places)), stream.value(next(places))]
    with pytest.raises(StopIteration):
        next(places)
    with pytest.raises(SourceError) as refusal:
        stream.end()

    assert first == ["a", {}]
    assert said(refusal.value)[0] == "unreadable-file"
    assert refusal.value.diagnostics[0].remedy == "is the file complete?"


def test_a_file_that_cannot_be_read_at_all_is_refused() -> None:
    class Gone(BufferedIOBase):
        def read1(self, _size: int = -1, /) -> bytes:
            raise OSError(5, "Input/output error")

    with pytest.raises(SourceError) as refusal:
        JsonStream(Gone(), "x.json").peek()

    assert said(refusal.value) == ("unreadable-file", "x.json: Input/output error")
