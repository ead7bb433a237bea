"""What keeps a text from being JSON is said at its place: one mistake, one problem."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_eval.errors import Diagnostic
from policy_eval.text.json_problems import problems_of
from policy_eval.text.limits import DEEPEST, MOST_PROBLEMS
from policy_eval.text.source import Source
from tests.marked import marked
from tests.pointed import pointed


def problems_in(text: str) -> tuple[Diagnostic, ...]:
    """Return the problems of a text."""
    return problems_of(Source("p.json", text))


def codes_in(text: str) -> list[tuple[str, str]]:
    """Return the code of each problem, and what it points at."""
    return [(problem.code, pointed(text, problem)) for problem in problems_in(text)]


def only(text: str) -> Diagnostic:
    """Return the one problem of a text."""
    (problem,) = problems_in(text)
    return problem


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("▲", "empty-file", id="nothing"),
        pytest.param("▲ \n\t", "empty-file", id="blanks"),
        pytest.param('{"a": 1▲ "b": 2}', "missing-comma", id="no comma between members"),
        pytest.param("[1▲ 2]", "missing-comma", id="no comma between elements"),
        pytest.param('{"a": "b"▲ "c"}', "missing-comma", id="a value after a value"),
        pytest.param("[1▲\n[2]]", "missing-comma", id="a list after a value"),
        pytest.param('{"a": {}▲ "b": []}', "missing-comma", id="no comma after an object"),
        pytest.param('{"a"▲ 1}', "json-syntax", id="no colon"),
        pytest.param('{"a"▲ {}}', "json-syntax", id="no colon before an object"),
        pytest.param('{"a": ▲}', "json-syntax", id="no value"),
        pytest.param('{"a"▲}', "json-syntax", id="a name alone"),
        pytest.param('{"a" ▲= 1}', "json-syntax", id="an equals sign"),
        pytest.param('{"a": 1▲; "b": 2}', "json-syntax", id="a semicolon between members"),
        pytest.param("[1▲; 2]", "json-syntax", id="a semicolon between elements"),
        pytest.param('{"a":▲: 1}', "json-syntax", id="two colons"),
        pytest.param("[▲: 1]", "json-syntax", id="a colon in a list"),
        pytest.param("▲:", "json-syntax", id="a colon alone"),
        pytest.param('{"a": 1 ▲x}', "json-syntax", id="a word after a value"),
        pytest.param('{"a": 1 ▲x y z}', "json-syntax", id="several words on a line are one"),
        pytest.param('{"a": 1, ▲{"b": 2}}', "json-syntax", id="an object where a name is due"),
        pytest.param("{▲1: 2}", "json-syntax", id="a number where a name is due"),
        pytest.param("[1,\n▲=======\n2]", "json-syntax", id="a conflict marker"),
        pytest.param("{} ▲{}", "json-syntax", id="a second document"),
        pytest.param("▲policy = {}", "json-syntax", id="a name before the policy"),
        pytest.param("[1] ▲false", "json-syntax", id="a word after the end"),
        pytest.param("▲5", "json-syntax", id="a number alone"),
        pytest.param('▲"a"', "json-syntax", id="a string alone"),
        pytest.param("▲null", "json-syntax", id="a null alone"),
        pytest.param("{▲a: 1}", "unquoted-name", id="a bare name"),
        pytest.param('{▲a": 1}', "unquoted-name", id="a name without its first quote"),
        pytest.param('{"a": 1, ▲b: 2}', "unquoted-name", id="a later bare name"),
        pytest.param('{"a": ▲b}', "not-json-value", id="a bare value"),
        pytest.param("[▲http://x/y]", "not-json-value", id="a bare address"),
        pytest.param("[▲01]", "not-json-value", id="a leading zero"),
        pytest.param("[▲+1]", "not-json-value", id="a plus sign"),
        pytest.param("[▲.5]", "not-json-value", id="no digit before the point"),
        pytest.param("[▲-Infinity]", "not-json-value", id="infinity"),
        pytest.param("[▲True]", "not-json-value", id="a word of Python"),
        pytest.param("[▲undefined]", "not-json-value", id="a word of JavaScript"),
        pytest.param("{▲'a': 1}", "single-quotes", id="a name in single quotes"),
        pytest.param("[▲'a']", "single-quotes", id="a value in single quotes"),
        pytest.param("[▲“a”]", "smart-quotes", id="typographic quotes"),
        pytest.param("{▲‘a’: 1}", "smart-quotes", id="a name in typographic quotes"),
        pytest.param('["a▲\tb"]', "control-character", id="a tab in a string"),
        pytest.param('["a▲\x01b"]', "control-character", id="a control character in a string"),
        pytest.param(r'["a▲\xb"]', "invalid-escape", id="an escape of another language"),
        pytest.param(r'["a▲\u12"]', "invalid-escape", id="an escape cut short"),
        pytest.param('{"a": 1, ▲"a": 2}', "duplicate-key", id="a name twice"),
        pytest.param(r'{"a": 1, ▲"\u0061": 2}', "duplicate-key", id="a name twice, escaped"),
        pytest.param("[1▲//x\n]", "comment", id="a comment to the end of the line"),
        pytest.param("[1▲#x\n]", "comment", id="a comment after a hash"),
        pytest.param("[▲/* x\n*/1]", "comment", id="a comment in a block"),
        pytest.param("[1▲,]", "trailing-comma", id="a comma before the end of a list"),
        pytest.param('{"a": 1▲, }', "trailing-comma", id="a comma before the end of an object"),
        pytest.param("[1]▲,", "trailing-comma", id="a comma at the end"),
        pytest.param("[1,▲,2]", "extra-comma", id="two commas"),
        pytest.param("[▲,1]", "extra-comma", id="a comma first"),
        pytest.param("{▲,}", "extra-comma", id="a comma alone"),
        pytest.param("[▲...]", "placeholder", id="an ellipsis"),
        pytest.param('{"a": ▲${x}}', "placeholder", id="a value to be filled in"),
        pytest.param("{ ▲{{ x }}: 1}", "placeholder", id="a name to be filled in"),
        pytest.param("[▲<account>]", "placeholder", id="angle brackets"),
        pytest.param('{"a": 1▲\xa0}', "invisible-character", id="a no-break space"),
        pytest.param("{▲\u200b}", "invisible-character", id="a zero width space"),
        pytest.param("{}▲\x00", "invisible-character", id="a control character between tokens"),
        pytest.param("▲]", "unmatched-bracket", id="a bracket that closes nothing"),
        pytest.param("[1]▲]", "unmatched-bracket", id="a bracket too many"),
        pytest.param("[1▲}", "unmatched-bracket", id="the wrong bracket"),
        pytest.param('{"a": [1▲}]}', "unmatched-bracket", id="a bracket too many inside"),
        pytest.param('[{"a": 1▲]', "unmatched-bracket", id="a bracket that closes two"),
        pytest.param('{"a": [1,▲ "b": 2}', "unclosed-bracket", id="a list before a name"),
        pytest.param('{"a": 1▲', "unclosed-bracket", id="cut short"),
        pytest.param("[1,▲", "unclosed-bracket", id="cut short after a comma"),
        pytest.param("[" * DEEPEST + "▲[", "too-deep", id="too deep"),
        pytest.param('{"a": 1 ▲${x}}', "placeholder", id="a placeholder after a value"),
    ],
)  # fmt: skip
def test_one_mistake_is_one_problem_at_its_place(text: str, code: str) -> None:
    given = marked(text)

    problem = only(given.text)

    assert problem.place is not None
    assert (problem.code, problem.place[1:]) == (code, given.places[0])


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("▲<<<<<<< HEAD\n{}", id="a conflict marker before the policy"),
        pytest.param('{"a":▲,}', id="a comma instead of a value"),
        pytest.param('{"a"▲,}', id="a comma instead of a colon"),
    ],
)
def test_one_stray_thing_is_one_problem(text: str) -> None:
    given = marked(text)

    found = [problem.place and problem.place[1:] for problem in problems_in(given.text)]

    assert found == [given.places[0]]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"Statement": [{"a": 1▲]}', id="on one line"),
        pytest.param('{\n "Statement": [\n  {\n   "a": 1\n ▲]\n}\n', id="laid out"),
        pytest.param('{"Statement": [{"a": {"b": {"c": 1}▲]}', id="two missing"),
    ],
)
def test_an_object_left_open_at_the_end_of_a_list_is_one_problem(text: str) -> None:
    given = marked(text)

    found = [(each.code, each.place and each.place[1:]) for each in problems_in(given.text)]

    assert found == [("unmatched-bracket", given.places[0])]


def test_a_trailing_comma_is_pointed_at_behind_an_invisible_character() -> None:
    assert ("trailing-comma", ",") in codes_in("[1,\x0b]")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{'a': 1 'b': 2}", [("single-quotes", "'a'"), ("missing-comma", " "),
                             ("single-quotes", "'b'")]),
        ("{“a”: 1}", [("smart-quotes", "“a”")]),
        ('["a,\n"b"]', [("unclosed-string", '"a')]),
        ('["a', [("unclosed-string", '"a'), ("unclosed-bracket", "")]),
        ('{"a": [1 "b": 2}', [("unclosed-bracket", " "), ("missing-comma", " ")]),
        ('{"a": True, "b": None, "c": yes}', [("not-json-value", "True"),
                                             ("not-json-value", "None"),
                                             ("not-json-value", "yes")]),
        ('["\t\\x\\u12"]', [("control-character", "\t"), ("invalid-escape", "\\x"),
                            ("invalid-escape", "\\u")]),
        ('{"a": [1}}', [("unmatched-bracket", "}"), ("unmatched-bracket", "}")]),
        ("[1 // x", [("comment", "// x"), ("unclosed-bracket", "")]),
        ('{"a": 1 x\n y}', [("json-syntax", "x"), ("json-syntax", "y")]),
        ("{[1]: 2}", [("json-syntax", "["), ("json-syntax", ":")]),
        ('{"a": 1 ${b}: 2}', [("placeholder", "${b}")]),
    ],
)  # fmt: skip
def test_several_problems_come_in_the_order_of_the_text(
    text: str, found: list[tuple[str, str]]
) -> None:
    assert codes_in(text) == found


# Words


@pytest.mark.parametrize(
    ("text", "message", "expected", "remedy"),
    [
        ("[True]", "`True` is no word of JSON", "a value", "write `true`"),
        ("[None]", "`None` is no word of JSON", "a value",
         "leave the element out: a policy holds no null"),
        ("[NaN]", "`NaN` is no number of JSON", "a value", 'a policy value is text: "…"'),
        ("[1.2.3]", "`1.2.3` is no number of JSON", "a value", 'if it is text, write "1.2.3"'),
        ("[s3:Get*]", "the text `s3:Get*` is not in quotes", "a value", 'write "s3:Get*"'),
        ("['a\"b']", "this text is in single quotes", "double quotes", 'write "a\\"b"'),
        ("{a: 1}", "the name `a` is not in quotes", "", 'write "a"'),
        ('{a": 1}', "the opening quotation mark of `a` is missing", "", 'write "a"'),
        ('["\t"]', "a bare control character (U+0009) stands in this string", "",
         "write `\\t` for a tab"),
        ('["\x01"]', "a bare control character (U+0001) stands in this string", "", "remove it"),
        ("[1,,2]", "a comma stands where nothing precedes it", "a value", "remove it"),
        ("{,}", "a comma stands where nothing precedes it", "a name in double quotes",
         "remove it"),
        ("[1}", "`}` closes the `[` of line 1, column 1", "`]`",
         "close what was opened last first"),
        ('{"a": [', "the text ends inside the `[` of line 1, column 7", "`]`, in all `]}`",
         "the text was cut short, or a bracket is missing"),
        ("[", "the text ends inside the `[` of line 1, column 1", "`]`",
         "the text was cut short, or a bracket is missing"),
        ("[\u200b]", "an invisible character stands between the tokens: U+200B, zero width space",
         "a value or `]`", "remove it"),
        ("{} {}", "a second document begins here",
         "the end of the text, or `,` and another statement",
         "give one policy at a time; statements are joined by commas"),
        ("[1,\n=======\n2]", "a conflict marker of a version control system stands here",
         "a value after the `,`", "settle the conflict"),
        ('{"a": 1; "b": 2}', "found `;`", "`,`", ""),
        ('{"a": 1 x}', "found `x`", "`,` or `}`", ""),
    ],
)  # fmt: skip
def test_a_problem_says_what_was_found_expected_and_how_to_mend_it(
    text: str, message: str, expected: str, remedy: str
) -> None:
    problem = only(text)

    assert (problem.message, problem.expected, problem.remedy) == (message, expected, remedy)


def test_long_words_are_cut() -> None:
    assert only(f"[{'x' * 60}]").message == f"the text `{'x' * 60}` is not in quotes"
    assert only(f"[{'x' * 61}]").message == f"the text `{'x' * 59}…` is not in quotes"


def test_a_repeated_name_says_where_it_stood_first() -> None:
    assert only('{\n"a": 1,\n"a": 2}').message.endswith("first on line 2")


def test_where_a_string_is_not_closed_the_text_may_go_on() -> None:
    first, *_ = problems_in('["a\n]')

    assert first.message == "this string is not closed on its line"


def test_a_string_at_the_end_of_the_text_was_cut_short() -> None:
    first, *_ = problems_in('["a')

    assert (first.message, first.remedy) == (
        "the text ends inside this string",
        "the text was cut short",
    )


# Bounds


def test_no_more_problems_are_looked_for_than_so_many() -> None:
    assert len(problems_in("[" + "," * 1000)) == MOST_PROBLEMS


def test_so_many_levels_are_read() -> None:
    assert problems_in("[" * DEEPEST + "]" * DEEPEST) == ()


JSON_LIKE = st.text(
    st.sampled_from("{}[]:,\"'\\ \n\t/*#=;<>$…“”‘’0123456789.eE+-abutrfnl\u200b\xa0\x00é😀"),
    max_size=60,
)


@given(JSON_LIKE)
def test_every_problem_of_any_text_has_its_place_in_it(text: str) -> None:
    problems = problems_in(text)

    places = [problem.place for problem in problems if problem.place]
    assert len(places) == len(problems)
    lines = text.split("\n")
    assert all(place.column <= len(lines[place.line - 1]) + 1 for place in places)
    assert [*places] == sorted(places)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner,
                                                               max_size=3),
    max_leaves=10,
)  # fmt: skip


@given(st.lists(VALUES, max_size=3) | st.dictionaries(st.text(max_size=5), VALUES, max_size=3))
def test_well_formed_json_has_no_problem(value: object) -> None:
    assert problems_in(json.dumps(value, indent=1)) == ()
    assert problems_in(json.dumps(value, ensure_ascii=False)) == ()
