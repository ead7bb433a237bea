"""The fast reader: plain values, where they stand, and every way a text can fail."""

from __future__ import annotations

import pytest

from policy_eval.errors import Diagnostic, PolicyError, Severity
from policy_eval.text.json_values import Member, TopLevel, read_json
from policy_eval.text.limits import DEEPEST
from policy_eval.text.node import Json, Number
from policy_eval.text.source import Source
from tests.marked import marked

A_POLICY = "a policy document, a statement or a list of statements"


def read(text: str) -> tuple[TopLevel, ...]:
    """Return the values of a text."""
    return read_json(Source("p.json", text))


def refusals(text: str) -> tuple[Diagnostic, ...]:
    """Return the diagnostics with which a text is refused."""
    with pytest.raises(PolicyError) as caught:
        read(text)
    return caught.value.diagnostics


def refusal(text: str) -> Diagnostic:
    """Return the one diagnostic with which a text is refused."""
    (diagnostic,) = refusals(text)
    return diagnostic


def place_of(diagnostic: Diagnostic) -> tuple[int, int]:
    """Return the line and column of a diagnostic."""
    assert diagnostic.place is not None
    return diagnostic.place.line, diagnostic.place.column


def test_an_object_is_opened_one_level() -> None:
    (value,) = read(' {"a" : {"b": []}, "c":true} ')

    assert value == TopLevel(
        "object",
        (Member("a", {"b": []}, 8, 17, 2), Member("c", True, 23, 27, 19)),
        None,
        1,
        28,
    )
    assert value.is_object


def test_an_array_is_opened_one_level() -> None:
    (value,) = read('[ {"a": null} , "b"]')

    assert value == TopLevel(
        "array", (Member("", {"a": None}, 2, 13), Member("", "b", 16, 19)), None, 0, 20
    )
    assert not value.is_object


@pytest.mark.parametrize("text", ["{}", "{ \t\r\n}", "[]", "[ \t\r\n]"])
def test_an_empty_value_has_no_members(text: str) -> None:
    (value,) = read(text)

    assert value.members == ()
    assert value.end == len(text)


def test_statements_in_a_list_have_their_own_places() -> None:
    (value,) = read('{"Statement": [{"a": "b"}, 1]}')

    assert value.statements == (Member("", {"a": "b"}, 15, 25), Member("", "1", 27, 28))
    assert value.members == (Member("Statement", None, 14, 29, 1),)


@pytest.mark.parametrize("text", ['{"Statement": {}}', '{"Sid": [{}]}'])
def test_only_a_list_of_statements_is_opened_further(text: str) -> None:
    (value,) = read(text)

    assert value.statements is None


def test_values_joined_by_commas_are_several() -> None:
    values = read('{"a": 1} ,\n[2], {}')

    assert [(value.kind, value.start, value.end) for value in values] == [
        ("object", 0, 8),
        ("array", 11, 14),
        ("object", 16, 18),
    ]


@pytest.mark.parametrize("text", ["0", "-0", "10", "1.50", "1E+5", "111111111111111111111"])
def test_a_number_keeps_its_text(text: str) -> None:
    (value,) = read(f"[{text}]")

    number = value.members[0].value
    assert number == text
    assert isinstance(number, Number)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ('"1"', "1"),
        (r'"\u00e9\n\"\\\/"', 'é\n"\\/'),
    ],
)
def test_a_scalar_is_read_as_json_reads_it(text: str, expected: Json) -> None:
    (value,) = read(f"[{text}]")

    assert value.members[0].value == expected
    assert type(value.members[0].value) is type(expected)


@pytest.mark.parametrize(
    ("text", "code", "message", "expected"),
    [
        ("▲", "empty-file", "there is nothing in this text", A_POLICY),
        ("▲ \n ", "empty-file", "there is nothing in this text", A_POLICY),
        ('▲"a"', "json-syntax", 'found `"a"`', A_POLICY),
        ("[],▲1", "json-syntax", "found `1`", A_POLICY),
        ("▲// a\n{}", "comment", "JSON has no comments", ""),
        ("{▲", "unclosed-bracket", "the text ends inside the `{` of line 1, column 1", "`}`"),
        ("{▲a: 1}", "unquoted-name", "the name `a` is not in quotes", ""),
        ('{"a": 1▲,}', "trailing-comma", "a comma stands before a closing bracket", ""),
        ('{"a": {"b": 1▲,}}', "trailing-comma", "a comma stands before a closing bracket", ""),
        ('{"a"▲ 1}', "json-syntax", "a name is followed by no `:`", "`:` and a value"),
        ('{"a": {"b"▲ 1}}', "json-syntax", "a name is followed by no `:`", "`:` and a value"),
        ('{"a": ▲', "unclosed-bracket", "the text ends inside the `{` of line 1, column 1", "`}`"),
        ("[1▲,]", "trailing-comma", "a comma stands before a closing bracket", ""),
        ('{\n "a": [\n  1,\n  ▲tru\n ]\n}', "not-json-value", "the text `tru` is not in quotes",
         "a value"),
        ('{"a": 1▲ "b": 2}', "missing-comma", "a comma is missing after this", "`,`"),
        ('{"a": 1▲', "unclosed-bracket", "the text ends inside the `{` of line 1, column 1", "`}`"),
        ("[▲01]", "not-json-value", "`01` is no number of JSON", "a value"),
        ("[1▲", "unclosed-bracket", "the text ends inside the `[` of line 1, column 1", "`]`"),
        ("[[1▲ 2]]", "missing-comma", "a comma is missing after this", "`,`"),
        (r'["▲\x"]', "invalid-escape", r"`\x` is no escape of JSON", ""),
        (r'["▲\u12"]', "invalid-escape", r"`\u` is no escape of JSON",
         r"four hexadecimal digits after `\u`"),
        ("[▲NaN]", "not-json-value", "`NaN` is no number of JSON", "a value"),
        ('{"a": ▲-Infinity}', "not-json-value", "`-Infinity` is no number of JSON", "a value"),
        ('{"a": {"b": ▲NaN}}', "not-json-value", "`NaN` is no number of JSON", "a value"),
        ("[1] ▲x", "json-syntax", "found `x`",
         "the end of the text, or `,` and another statement"),
        ('[▲"a\nb"]', "unclosed-string", "this string is not closed on its line",
         'the closing `"`'),
        ('["a▲\tb"]', "control-character",
         "a bare control character (U+0009) stands in this string", ""),
        ("[1,▲\x0b2]", "invisible-character",
         "an invisible character stands between the tokens: U+000B, a control character",
         "a value after the `,`"),
        ("▲\x0c{}", "invisible-character",
         "an invisible character stands between the tokens: U+000C, a control character",
         A_POLICY),
        ("▲\ufeff{}", "invisible-character",
         "an invisible character stands between the tokens: U+FEFF, zero width no-break space",
         A_POLICY),
    ],
)  # fmt: skip
def test_bad_json_is_refused_at_its_place(
    text: str, code: str, message: str, expected: str
) -> None:
    bad, (place,) = marked(text)

    diagnostic = refusal(bad)

    assert (diagnostic.code, diagnostic.severity) == (code, Severity.ERROR)
    assert (diagnostic.message, diagnostic.expected) == (message, expected)
    assert diagnostic.message.isprintable()
    assert place_of(diagnostic) == place


def test_a_string_that_ends_with_the_text_is_refused_and_what_holds_it() -> None:
    bad, places = marked('[▲"a▲')

    string, bracket = refusals(bad)

    assert (string.code, string.expected) == ("unclosed-string", 'the closing `"`')
    assert string.message == "the text ends inside this string"
    assert (bracket.code, bracket.expected) == ("unclosed-bracket", "`]`")
    assert [place_of(string), place_of(bracket)] == list(places)


@pytest.mark.parametrize("depth", [5_000, 200_000])
def test_a_text_that_nests_without_end_is_refused(depth: int) -> None:
    diagnostic = refusal('{"a": ' + "[" * depth + "]" * depth + "}")

    assert diagnostic.code == "too-deep"
    assert diagnostic.message == f"this text nests deeper than {DEEPEST} levels"
    assert place_of(diagnostic) == (1, 6 + DEEPEST)


@pytest.mark.parametrize(
    ("before", "after"),
    [("", ""), ('{"a": ', "}"), ('{"Statement": ', "}"), ('[1, 2, {"a":', "}]")],
)
def test_how_deep_a_text_may_nest(before: str, after: str) -> None:
    opened = before.count("[") + before.count("{")
    deepest = before + "[" * (DEEPEST - opened) + "]" * (DEEPEST - opened) + after
    too_deep = before + "[" * (DEEPEST + 1 - opened) + "]" * (DEEPEST + 1 - opened) + after

    assert read_json(Source("text", deepest))
    assert refusal(too_deep).code == "too-deep"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"a": 1, ▲"a": 2}', id="in the outermost object"),
        pytest.param('{"b": {"a": 1,\n ▲"a": 1}}', id="further in"),
        pytest.param('{"Statement": [{"a": {}}, {"a": 1, ▲"a": 2}]}', id="in a statement"),
        pytest.param('[{"a": 1}, {"a": 1, ▲"a": 2}]', id="in a list"),
        pytest.param(r'{"a": 1, ▲"\u0061": 2}', id="spelled with an escape"),
        pytest.param('{"c": 1, "b": {"a": 1}, "a": 2, ▲"a": 3}', id="not counting inner ones"),
        pytest.param('{"b": 1, "c": 2, "a": 3, ▲"a": 4}', id="after other names"),
        pytest.param('{"x": {"b": 1, "c": 2, "a": 3, ▲"a": 4}}', id="inside, after other names"),
        pytest.param('{"b": {"a": 1, ▲"a": 2} x', id="where the text is broken later on"),
    ],
)
def test_a_key_that_stands_twice_is_refused_at_the_second(text: str) -> None:
    bad, (place,) = marked(text)

    diagnostic = refusals(bad)[0]

    assert diagnostic.code == "duplicate-key"
    assert diagnostic.message == "`a` stands twice in one object, first on line 1"
    assert diagnostic.rules == ("R-GRAM-06",)
    assert place_of(diagnostic) == place


def test_a_duplicate_key_above_a_deep_value_is_refused() -> None:
    codes = [each.code for each in refusals('{"a": 1, "a": ' + "[" * 700 + "]" * 700 + "}")]

    assert codes == ["duplicate-key", "too-deep"]
