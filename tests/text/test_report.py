"""A report shows a line as it is, carets under what is meant, and nothing that moves a terminal."""

from __future__ import annotations

from unicodedata import category, east_asian_width

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_eval.errors import Diagnostic, Place, Severity
from policy_eval.excerpt import Excerpt
from policy_eval.text.pointing import point
from policy_eval.text.report import render, render_all
from policy_eval.text.source import Source

PROBLEM = Diagnostic("a-code", Severity.ERROR, "this is wrong")
WARNING = Diagnostic("b-code", Severity.WARNING, "this is odd")

ANY_TEXT = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("\t\r\n\x1b\x00\x07\x7f\x85\u202e\u2066\u200d\ufeff\u2028漢é\u0301😀"),
    ),
    min_size=1,
    max_size=40,
)


def report_of(text: str, start: int, end: int, name: str = "p.json") -> str:
    """Return the report of a problem from `start` to before `end`."""
    return render(point(Source(name, text), PROBLEM, start, end))


def width_of(character: str) -> int:
    """Return the columns of a character, as terminals count them."""
    if category(character) in ("Mn", "Me"):
        return 0
    return 2 if east_asian_width(character) in "WF" else 1


def over_carets(report: str) -> str:
    """Return what stands exactly over the carets of a report."""
    line, carets = report.split("\n")[3:5]
    margin = line.index("|") + 2
    line, carets = line[margin:], carets[margin:]
    first = len(carets) - len(carets.lstrip(" "))
    last = first + len(carets[first:]) - len(carets[first:].lstrip("^"))
    found, column, is_meant = "", 0, False
    for character in line:
        width = width_of(character)
        if width:  # a mark stands over or under what it follows
            is_meant = first <= column < last
            assert not is_meant or column + width <= last
        found += character if is_meant else ""
        column += width
    return found


# The parts of a report


def test_a_report_has_a_head_a_place_and_the_line_with_carets() -> None:
    report = report_of('{\n  "Version": 5\n}', 15, 16)

    assert report.split("\n") == [
        "error[a-code]: this is wrong",
        " --> p.json:2:14",
        "  |",
        '2 |   "Version": 5',
        "  |              ^",
    ]


def test_what_was_expected_stands_beside_the_carets() -> None:
    problem = PROBLEM._replace(expected="text")

    report = render(point(Source("p.json", "abc"), problem, 1))

    assert report.endswith("\n1 | abc\n  |  ^ expected text")


def test_help_and_rules_follow_each_on_its_line() -> None:
    problem = PROBLEM._replace(remedy="mend it", rules=("R-A-01", "R-B-02"))

    report = render(point(Source("p.json", "abc"), problem, 0))

    assert report.endswith("^\n  = help: mend it\n  = rule: R-A-01, R-B-02")


def test_a_problem_without_a_text_says_what_was_expected_in_a_line() -> None:
    problem = PROBLEM._replace(expected="text", remedy="mend it")

    assert render(problem) == ("error[a-code]: this is wrong\n = expected: text\n = help: mend it")


def test_a_place_without_a_line_is_said_too() -> None:
    problem = PROBLEM._replace(place=Place("p.json", 12, 3))

    assert render(problem) == "error[a-code]: this is wrong\n--> p.json:12:3"


def test_the_border_is_as_wide_as_the_number_of_the_line() -> None:
    report = report_of("\n" * 99 + "abc", 99, 102)

    assert report.split("\n")[1:] == [
        "   --> p.json:100:1",
        "    |",
        "100 | abc",
        "    | ^^^",
    ]


def test_each_part_is_painted_in_the_colour_of_its_severity_or_of_the_border() -> None:
    painted: list[tuple[str, Severity | None]] = []

    def paint(text: str, severity: Severity | None) -> str:
        painted.append((text, severity))
        return text

    render(point(Source("p.json", "abc"), WARNING._replace(remedy="mend it"), 0), paint)

    assert ("warning[b-code]", Severity.WARNING) in painted
    assert ("^", Severity.WARNING) in painted
    assert {text for text, severity in painted if severity is None} == {"-->", "|", "1", "="}


# Several at once


@pytest.mark.parametrize(
    ("problems", "last"),
    [
        ((PROBLEM, PROBLEM), "2 errors"),
        ((PROBLEM, WARNING), "1 error, 1 warning"),
        ((WARNING, WARNING, PROBLEM), "1 error, 2 warnings"),
        ((WARNING, WARNING), "2 warnings"),
    ],
)
def test_several_problems_are_counted(problems: tuple[Diagnostic, ...], last: str) -> None:
    parts = render_all(problems).split("\n\n")

    assert parts == [*map(render, problems), last]


def test_one_problem_needs_no_count() -> None:
    assert render_all([PROBLEM]) == render(PROBLEM)


def test_no_problem_is_no_text() -> None:
    assert render_all([]) == ""


# Carets


@pytest.mark.parametrize(
    ("before", "meant", "shown"),
    [
        pytest.param("", "x", "x", id="plain"),
        pytest.param("漢字", "x", "x", id="after wide characters"),
        pytest.param("a", "漢字", "漢字", id="wide characters"),
        pytest.param("\t\t", "x", "x", id="after tabs"),
        pytest.param("a", "\tb", "    b", id="a tab is four blanks"),
        pytest.param("e\u0301e\u0301", "x", "x", id="after combining marks"),
        pytest.param("a", "e\u0301z", "e\u0301z", id="combining marks"),
        pytest.param("😀🎉", "x", "x", id="after emoji"),
        pytest.param("a", "😀!", "😀!", id="emoji"),
        pytest.param("❤\ufe0f", "x", "x", id="after a variation selector"),
        pytest.param("👩\u200d💻", "x", "x", id="after joined emoji"),
        pytest.param("\x1b[31m", "x", "x", id="after an escape sequence"),
        pytest.param("ｆｕｌｌ", "x", "x", id="after full-width letters"),
        pytest.param("ﾊﾟ", "x", "x", id="after half-width letters"),
        pytest.param("a", "\r", "␍", id="a carriage return inside a line"),
    ],
)
def test_carets_stand_exactly_under_what_is_meant(before: str, meant: str, shown: str) -> None:
    text = f"one\n{before}{meant}~\nthree"
    start = 4 + len(before)

    report = report_of(text, start, start + len(meant))

    assert over_carets(report) == shown


@given(st.text("ab漢é\t\u0301😀ｆ ", max_size=30), st.text("ab漢é😀ｆ", min_size=1, max_size=30))
def test_carets_stand_under_any_mixture_of_widths(before: str, meant: str) -> None:
    report = report_of(f"{before}{meant}~", len(before), len(before) + len(meant))

    assert over_carets(report) == meant


def test_the_line_break_of_windows_is_no_part_of_the_line() -> None:
    report = report_of("one\r\ntwo\r\n", 5, 8)

    assert report.split("\n")[3:] == ["2 | two", "  | ^^^"]


@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
def test_a_place_at_the_end_of_a_line_has_its_caret_after_it(line_break: str) -> None:
    report = report_of(f"abc{line_break}def", 3, 4)

    assert report.split("\n")[3:] == ["1 | abc", "  |    ^"]


def test_what_reaches_over_several_lines_is_underlined_on_its_first() -> None:
    report = report_of("ab\ncd\nef", 1, 8)

    assert report.split("\n")[3:] == ["1 | ab", "  |  ^"]


def test_the_end_of_a_text_has_its_caret_after_it() -> None:
    report = report_of('{"a": [', 7, 8)

    assert report.split("\n")[3:] == ['1 | {"a": [', "  |        ^"]


def test_an_empty_text_has_a_caret_too() -> None:
    assert report_of("", 0, 1).split("\n")[3:] == ["1 |", "  | ^"]


@pytest.mark.parametrize("filling", ["x", "漢", "e\u0301", "\t", "😀"])
@pytest.mark.parametrize("start", [0, 1, 39, 41, 50_000, 99_958, 99_999])
def test_a_long_line_is_cut_around_what_is_meant(filling: str, start: int) -> None:
    line = (filling * 100_000)[: 100_000 - 1]
    text = f"first\n{line[:start]}!{line[start:]}\nlast"

    report = report_of(text, 6 + start, 7 + start)

    assert over_carets(report).rstrip("\u0301") == "!"
    assert f"p.json:2:{start + 1}" in report
    assert len(report) < 1000


def test_of_a_long_part_as_much_is_underlined_as_is_shown() -> None:
    text = "x" * 50 + "y" * 100_000

    report = report_of(text, 50, len(text))

    assert over_carets(report) == "y" * 60
    assert report.split("\n")[3] == "1 | …" + "x" * 40 + "y" * 60 + "…"


# Nothing of the text moves a terminal


@given(ANY_TEXT, st.data())
def test_no_control_character_of_a_text_reaches_its_report(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    problem = Diagnostic("code", Severity.ERROR, f"a{text}", f"b{text}", expected=f"c{text}")

    report = render(point(Source(f"d{text}", text), problem, start, end))

    lines = report.split("\n")
    assert len(lines) == 6
    assert all(line.isprintable() for line in lines)


@given(ANY_TEXT)
def test_no_control_character_reaches_a_diagnostic_in_one_line(text: str) -> None:
    problem = Diagnostic("code", Severity.ERROR, text, text, Place(text, 1, 1), expected=text)

    assert str(problem).isprintable()
    assert render(problem).replace("\n", "").isprintable()


@pytest.mark.parametrize(
    ("character", "picture"),
    [("\x00", "␀"), ("\x1b", "␛"), ("\x7f", "␡"), ("\x85", "\ufffd"), ("\u202e", "\ufffd"),
     ("\u2028", "\ufffd"), ("\ud800", "\ufffd"), ("\xa0", "\ufffd")],
)  # fmt: skip
def test_an_invisible_character_is_shown_by_a_picture(character: str, picture: str) -> None:
    excerpt = Excerpt(f"a{character}b", 1, 2, 1, 3)

    report = render(PROBLEM._replace(place=Place("p.json", 1, 2), excerpt=excerpt))

    assert report.split("\n")[3:] == [f"1 | a{picture}b", "  |  ^"]
