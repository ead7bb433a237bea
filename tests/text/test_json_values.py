"""The fast reader: plain values, where they stand, and every way a text can fail."""

from __future__ import annotations

import pytest

from policy_eval.errors import Diagnostic, PolicyError, Severity
from policy_eval.text.json_values import Member, TopLevel, read_json
from policy_eval.text.node import Json, Number
from policy_eval.text.source import Source
from tests.marked import marked


def read(text: str) -> tuple[TopLevel, ...]:
    """Return the values of a text."""
    return read_json(Source("p.json", text))


def refusal(text: str) -> Diagnostic:
    """Return the one diagnostic with which a text is refused."""
    with pytest.raises(PolicyError) as caught:
        read(text)
    (diagnostic,) = caught.value.diagnostics
    return diagnostic


def place_of(diagnostic: Diagnostic) -> tuple[int, int]:
    """Return the line and column of a diagnostic."""
    assert diagnostic.place is not None
    return diagnostic.place.line, diagnostic.place.column


def test_an_object_is_opened_one_level() -> None:
    (value,) = read(' {"a" : {"b": []}, "c":true} ')

    assert value == TopLevel(
        "object",
        (Member("a", {"b": []}, 8, 17), Member("c", value=True, start=23, end=27)),
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
    assert value.members == (Member("Statement", None, 14, 29),)


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
    ("text", "expected", "found"),
    [
        ("▲", "a policy document, a statement or a list of statements", "the end of the text"),
        (" \n ▲", "a policy document, a statement or a list of statements", "the end of the text"),
        ('▲"a"', "a policy document, a statement or a list of statements", '`"`'),
        ("[],▲1", "a policy document, a statement or a list of statements", "`1`"),
        ("▲// a\n{}", "a policy document, a statement or a list of statements", "`/`"),
        ("{▲", "a name in double quotes", "the end of the text"),
        ("{▲a: 1}", "a name in double quotes", "`a`"),
        ('{"a": 1,▲}', "a name in double quotes", "`}`"),
        ('{"a": {"b": 1,▲}}', "a name in double quotes", "`}`"),
        ('{"a" ▲1}', "`:`", "`1`"),
        ('{"a": {"b" ▲1}}', "`:`", "`1`"),
        ('{"a": ▲', "a JSON value", "the end of the text"),
        ("[1,▲]", "a JSON value", "`]`"),
        ('{\n "a": [\n  1,\n  ▲tru\n ]\n}', "a JSON value", "`t`"),
        ('{"a": 1 ▲"b": 2}', "`,` or `}`", '`"`'),
        ('{"a": 1▲', "`,` or `}`", "the end of the text"),
        ("[0▲1]", "`,` or `]`", "`1`"),
        ("[1▲", "`,` or `]`", "the end of the text"),
        ("[[1 ▲2]]", "`,` or the closing bracket", "`2`"),
        ('[▲"a', 'the closing `"` of this string', '`"`'),
        (r'["▲\x"]', "one of JSON's escapes after the backslash", "`\\`"),
        (r'["\▲u12"]', r"four hexadecimal digits after `\u`", "`u`"),
        ("[▲NaN]", "JSON numbers only (NaN and Infinity are none)", "`N`"),
        ('{"a": ▲-Infinity}', "JSON numbers only (NaN and Infinity are none)", "`-`"),
        ('{"a": {"b": ▲NaN}}', "JSON numbers only (NaN and Infinity are none)", "`N`"),
        ("[1] ▲x", "the end of the text, or `,` and another statement", "`x`"),
    ],
)
def test_bad_json_is_refused_at_its_place(text: str, expected: str, found: str) -> None:
    bad, (place,) = marked(text)

    diagnostic = refusal(bad)

    assert (diagnostic.code, diagnostic.severity) == ("json-syntax", Severity.ERROR)
    assert diagnostic.message == f"expected {expected}, found {found}"
    assert place_of(diagnostic) == place


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('["a▲\nb"]', "no bare control character inside a string"),
        ('["a▲\tb"]', "no bare control character inside a string"),
        ("[1,▲\x0b]", "a JSON value"),
        ("▲\x0c{}", "a policy document, a statement or a list of statements"),
        ("▲\ufeff{}", "a policy document, a statement or a list of statements"),
    ],
)
def test_a_character_that_cannot_be_seen_is_refused_in_one_line(text: str, expected: str) -> None:
    bad, (place,) = marked(text)

    diagnostic = refusal(bad)

    assert diagnostic.code == "json-syntax"
    assert diagnostic.message.startswith(f"expected {expected}, found ")
    assert len(diagnostic.message.splitlines()) == 1
    assert place_of(diagnostic) == place


@pytest.mark.parametrize("depth", [5_000, 200_000])
def test_a_text_that_nests_without_end_is_refused(depth: int) -> None:
    diagnostic = refusal('{"a": ' + "[" * depth + "]" * depth + "}")

    assert diagnostic.code == "json-syntax"
    assert "nests deeper than JSON policies can" in diagnostic.message
    assert place_of(diagnostic) == (1, 7)


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
        pytest.param('{"b": ▲{"a": 1, "a": 2} x', id="at the value where the text is broken"),
    ],
)
def test_a_key_that_stands_twice_is_refused_at_the_second(text: str) -> None:
    bad, (place,) = marked(text)

    diagnostic = refusal(bad)

    assert diagnostic.code == "duplicate-key"
    assert diagnostic.message == "`a` stands twice in one object"
    assert diagnostic.rules == ("R-GRAM-06",)
    assert place_of(diagnostic) == place


def test_a_duplicate_key_above_a_deep_value_is_refused() -> None:
    diagnostic = refusal('{"a": 1, "a": ' + "[" * 700 + "]" * 700 + "}")

    assert diagnostic.code in {"duplicate-key", "json-syntax"}
