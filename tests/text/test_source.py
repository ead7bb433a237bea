"""Offsets become lines and columns, both counted from 1."""

from __future__ import annotations

import pytest

from policy_eval.errors import Place
from policy_eval.text.source import Source

TEXT = "one\ntwo\n\n€uro\n"


@pytest.mark.parametrize(
    ("offset", "line", "column"),
    [
        pytest.param(0, 1, 1, id="the first character"),
        pytest.param(2, 1, 3, id="the last of a line"),
        pytest.param(3, 1, 4, id="a line break belongs to the line it ends"),
        pytest.param(4, 2, 1, id="the first of the next line"),
        pytest.param(8, 3, 1, id="an empty line"),
        pytest.param(10, 4, 2, id="columns count characters, not bytes"),
        pytest.param(14, 5, 1, id="the end of the text, after a line break"),
    ],
)
def test_an_offset_has_a_line_and_a_column(offset: int, line: int, column: int) -> None:
    place = Source("p.json", TEXT).place(offset)

    assert place == Place("p.json", line, column)


def test_an_empty_text_has_one_place() -> None:
    assert Source("p.json", "").place(0) == Place("p.json", 1, 1)


def test_a_source_answers_in_any_order() -> None:
    source = Source("p.json", TEXT)

    places = [source.place(offset)[1:] for offset in (9, 0, 4)]

    assert places == [(4, 1), (1, 1), (2, 1)]
