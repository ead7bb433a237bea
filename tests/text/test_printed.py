"""Places in a JSON value that is a text on one line are those of the same value on many."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from policy_eval.text.node import Number, Span
from policy_eval.text.printed import Printed, as_text
from policy_eval.text.source import Source

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(st.data(), st.dictionaries(st.text(max_size=5), _VALUES, min_size=1))
def test_a_character_stands_where_people_see_it(
    data: st.DataObject, value: dict[str, object]
) -> None:
    printed = Printed("x", value)
    seen = Source("x", json.dumps(value, indent=2))
    at = data.draw(st.integers(0, len(printed.text) - 1).filter(lambda at: printed.text[at] != " "))

    place, span = printed.place(at), printed.span(at, at + 1)

    assert printed.visible().text == seen.text
    assert seen.text[span.start : span.end] == printed.text[at]
    assert place == seen.place(span.start)
    blanks = (" ", "\n")
    before = [character for character in seen.text[: span.start] if character not in blanks]
    assert before == [character for character in printed.text[:at] if character not in blanks]


def test_what_a_part_spans() -> None:
    printed = Printed("x", {"a": ["b c", 1]})

    assert printed.text == '{"a": ["b c", 1]}'
    assert printed.visible().text == '{\n  "a": [\n    "b c",\n    1\n  ]\n}'
    assert printed.span(0, len(printed.text)) == Span(0, len(printed.visible().text))
    assert printed.span(7, 12) == Span(15, 20)
    assert printed.span(7, 7) == Span(15, 15)


@given(_VALUES, st.booleans(), st.sampled_from([None, 2]))
def test_numbers_are_printed_as_they_are_written(
    value: object, ascii_only: bool, indent: int | None
) -> None:
    text = json.dumps([value, "-0"], indent=indent, ensure_ascii=ascii_only)
    kept = json.loads(text, parse_int=Number, parse_float=Number, parse_constant=Number)

    assert as_text(kept, indent=indent, ascii_only=ascii_only) == text


def test_a_number_is_no_text_of_digits() -> None:
    value = {"1": ["1", Number("1.50"), {'"': Number("1e5")}]}

    assert as_text(value) == '{"1": ["1", 1.50, {"\\"": 1e5}]}'
    assert Printed("x", value).visible().text.count("1.50,") == 1
