"""Encoded texts are decoded whole, and every character knows where it stood."""

from __future__ import annotations

import json
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_eval.errors import Place, PolicyError
from policy_eval.text.cutout import Cutout
from policy_eval.text.decoding import JSON_STRING, percent_decoded, string_decoded
from policy_eval.text.node import Span
from policy_eval.text.source import Source
from tests.pointed import pointed

ENCODABLE = st.characters(exclude_categories=["Cs"])
TEXTS = st.text(st.one_of(ENCODABLE, st.sampled_from('"\\/\b\f\n\r\t\x00\x1f😀é%{ ')))
SAFE = st.sampled_from(["", "/", '{}":, ', "/~:"])


def characters(outer: str, inner: Cutout) -> list[str]:
    """Return what stands in the outer text for each character of the inner."""
    return [outer[slice(*inner.span(at, at + 1))] for at in range(len(inner.text))]


def unescaped(text: str) -> str:
    """Return what a part of a JSON string stands for."""
    return str(json.loads(f'"{text}"'))


def in_string(source: Source) -> Cutout:
    """Return the text of a JSON string that is the whole text."""
    return string_decoded(source, Span(0, len(source.text)))


# JSON strings


@given(TEXTS, st.booleans(), st.text(max_size=5), st.text(max_size=5))
def test_a_json_string_decodes_to_its_text(
    text: str, ascii_: bool, before: str, after: str
) -> None:
    written = json.dumps(text, ensure_ascii=ascii_)
    outer = f"{before}{written}{after}"

    inner = string_decoded(Source("p.json", outer), Span(len(before), len(before) + len(written)))

    found = characters(outer, inner)
    assert inner.text == text
    assert [unescaped(each) for each in found] == [*text]
    assert "".join(found) == written[1:-1]


@given(TEXTS, st.booleans())
def test_every_json_string_is_known_as_one(text: str, ascii_: bool) -> None:
    assert JSON_STRING.fullmatch(json.dumps(text, ensure_ascii=ascii_))


@pytest.mark.parametrize("text", ['"', '""x', '"\n"', '"\\x"', '"\\u12"', "'a'"])
def test_what_is_no_json_string_is_not_taken_for_one(text: str) -> None:
    assert not JSON_STRING.fullmatch(text)


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (r'"\ud83d\ude00"', "😀"),
        (r'"\uD83D\uDE00"', "😀"),
        (r'"\ud83d"', "\ud83d"),
        (r'"\ude00\ud83d"', "\ude00\ud83d"),
        (r'"\ud83d\ud83d\ude00"', "\ud83d😀"),
        (r'"\u00E9\/\\"', "é/\\"),
    ],
)
def test_escapes_in_any_spelling_are_read_as_json_reads_them(written: str, text: str) -> None:
    inner = in_string(Source("p.json", written))

    assert inner.text == text == json.loads(written)
    assert "".join(characters(written, inner)) == written[1:-1]


def test_the_end_of_a_string_is_its_closing_quote() -> None:
    inner = in_string(Source("p.json", r'"a\n"'))

    assert inner.span(2, 3) == Span(4, 5)


# Percent-encoding


@given(TEXTS, SAFE)
def test_percent_encoding_decodes_to_its_text(text: str, safe: str) -> None:
    outer = quote(text, safe=safe)

    inner = percent_decoded(Source("p.json", outer))

    found = characters(outer, inner)
    assert inner.text == text
    assert [unquote(each) for each in found] == [*text]
    assert "".join(found) == outer


@pytest.mark.parametrize("text", ["%7b%22", "%7B%22"])
def test_the_case_of_the_digits_is_free(text: str) -> None:
    assert percent_decoded(Source("p.json", text)).text == '{"'


@pytest.mark.parametrize("text", ["+", "%", "%2", "%zz", "é"])
def test_what_is_not_encoded_stays(text: str) -> None:
    assert percent_decoded(Source("p.json", text)).text == text


@pytest.mark.parametrize(
    ("text", "found"),
    [("%7B%E9%22", "%E9"), ("a%C3", "%C3"), ("%7B\n%22%80", "%80"), ("%ED%A0%80", "%ED")],
)
def test_bytes_that_are_not_utf_8_are_refused_with_their_place(text: str, found: str) -> None:
    with pytest.raises(PolicyError) as caught:
        percent_decoded(Source("p.json", text))

    (problem,) = caught.value.diagnostics
    assert problem.code == "wrong-encoding"
    assert problem.message == f"`{found}` does not begin a character of UTF-8"
    assert pointed(text, problem) == found


# One in the other


@given(TEXTS, st.booleans())
def test_percent_encoding_in_a_json_string_decodes_to_its_text(text: str, ascii_: bool) -> None:
    outer = json.dumps(quote(text), ensure_ascii=ascii_)

    inner = percent_decoded(in_string(Source("p.json", outer)))

    found = characters(outer, inner)
    assert inner.text == text
    assert [unquote(unescaped(each)) for each in found] == [*text]


@given(TEXTS, st.booleans(), SAFE)
def test_a_json_string_in_percent_encoding_decodes_to_its_text(
    text: str, ascii_: bool, safe: str
) -> None:
    outer = quote(json.dumps(text, ensure_ascii=ascii_), safe=safe)

    inner = in_string(percent_decoded(Source("p.json", outer)))

    found = characters(outer, inner)
    assert inner.text == text
    assert [unescaped(unquote(each)) for each in found] == [*text]


@given(TEXTS, st.lists(st.booleans(), min_size=2, max_size=4))
def test_json_strings_in_json_strings_decode_to_their_text(text: str, layers: list[bool]) -> None:
    outer = text
    for ascii_ in layers:
        outer = json.dumps(outer, ensure_ascii=ascii_)

    source = Source("p.json", outer)
    for _ in layers:
        source = in_string(source)

    assert isinstance(source, Cutout)
    found = characters(outer, source)
    for _ in layers:
        found = [unescaped(each) for each in found]
    assert source.text == text
    assert found == [*text]


def test_a_place_in_a_decoded_text_is_that_of_the_text_as_given() -> None:
    outer = '\n  "\\"\\u00e9\\""'

    inner = in_string(string_decoded(Source("p.json", outer), Span(3, len(outer))))

    assert inner.text == "é"
    assert inner.place(0) == Place("p.json", 2, 6)
    assert inner.visible().text == outer
