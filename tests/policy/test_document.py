"""A text holds statements in one of four forms, or as a value inside another file."""

from __future__ import annotations

import pytest

from policy_eval.errors import Diagnostic, PolicyError
from policy_eval.policy.ast import Form
from policy_eval.policy.document import Document, inline_document, read_document
from policy_eval.text.node import Path
from policy_eval.text.source import Source
from policy_eval.text.yaml_tree import as_json, parse_yaml
from tests.marked import marked


def read(text: str) -> Document:
    """Return the document that a JSON text holds."""
    return read_document(Source("p.json", text))


def inline(text: str) -> Document:
    """Return the document that a YAML text is."""
    source = Source("t.yaml", text)
    return inline_document(source, as_json(parse_yaml(source)))


def place_of(diagnostic: Diagnostic) -> tuple[int, int]:
    """Return the line and column of a diagnostic."""
    assert diagnostic.place is not None
    return diagnostic.place.line, diagnostic.place.column


@pytest.mark.parametrize(
    ("text", "form", "starts"),
    [
        ('{"Statement": {"Effect": "Deny"}}', Form.DOCUMENT, [14]),
        ('{"Statement": [{}, {}]}', Form.DOCUMENT, [15, 19]),
        ('{"Statement": 1}', Form.DOCUMENT, [14]),
        ('{"Statement": []}', Form.DOCUMENT, []),
        (' {"Effect": "Deny"}', Form.STATEMENT, [1]),
        ('{"Action": "*"}', Form.STATEMENT, [0]),
        ("[{}, 1]", Form.LIST, [1, 5]),
        ("[]", Form.LIST, []),
        ('{"Effect": "Deny"}, {"Action": "*"}', Form.JOINED, [0, 20]),
    ],
)
def test_each_published_form_is_recognised(text: str, form: Form, starts: list[int]) -> None:
    document = read(text)

    assert document.form is form
    assert [statement.start for statement in document.statements] == starts


def test_a_wrapper_keeps_the_members_beside_the_statements() -> None:
    document = read('{"Version": "2012-10-17", "Statement": [], "Id": "a"}')

    assert document.members == {"Version": "2012-10-17", "Id": "a"}


@pytest.mark.parametrize("text", ['{"Effect": "Deny"}', "[{}]", '{"Effect": "D"}, {"Effect": "D"}'])
def test_a_form_without_a_wrapper_has_no_members(text: str) -> None:
    assert read(text).members == {}


def test_a_statement_keeps_its_members() -> None:
    document = read('{"Sid": "a", "Effect": "Deny"}')

    assert document.statements[0].value == {"Sid": "a", "Effect": "Deny"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("▲{}", "this object holds neither a Statement nor one statement"),
        (' ▲{"Version": "2012-10-17"}', "this object holds neither a Statement nor one statement"),
        ('{"Effect": "Deny"},\n▲{"Sid": "a"}', "only statements may be joined by commas"),
        ('{"Effect": "Deny"}, ▲[{"Effect": "Deny"}]', "only statements may be joined by commas"),
        ('{"Effect": "Deny"}, ▲{"Statement": []}', "only statements may be joined by commas"),
        ("▲[], []", "only statements may be joined by commas"),
    ],
)
def test_what_holds_no_statements_is_refused_at_its_place(text: str, message: str) -> None:
    bad, (place,) = marked(text)
    code = "missing-statement" if "neither" in message else "not-a-policy"

    with pytest.raises(PolicyError) as caught:
        read(bad)

    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.code, diagnostic.message) == (code, message)
    assert place_of(diagnostic) == place


@pytest.mark.parametrize(
    ("text", "statement", "path"),
    [
        ('\n{"Version": ▲1, "Statement": []}', 0, ("Version",)),
        ('{"Statement":\n {"Effect": ▲1}}', 1, ("Effect",)),
        ('{"Statement": [{}, {"Action": ["a", ▲"b"]}]}', 2, ("Action", 1)),
        ('{"Effect": ▲1}', 1, ("Effect",)),
        ('{"Effect": "D"},\n {"Effect": ▲1}', 2, ("Effect",)),
        ('[1, {"Effect": ▲1}]', 2, ("Effect",)),
        (" ▲[]", 0, ("Statement",)),
        (' ▲[{"Effect": 1}]', 0, ()),
        (' ▲{"Effect": 1}', 0, ()),
        (' ▲{"Effect": 1}, {"Effect": 2}', 0, ()),
    ],
)
def test_a_place_inside_a_json_policy_is_found(text: str, statement: int, path: Path) -> None:
    good, (expected,) = marked(text)

    document = read(good)
    place = document.source.place(document.places(statement, path).start)

    assert (place.line, place.column) == expected


def test_the_place_of_a_name_in_a_json_policy_is_found() -> None:
    good, (expected,) = marked('{"Statement": [{▲"Sid": 1}]}')

    document = read(good)
    span = document.places(1, ("Sid",), name=True)

    assert document.source.place(span.start) == ("p.json", *expected)
    assert good[span.start : span.end] == '"Sid"'


def test_the_place_of_a_name_beside_the_statements_is_found() -> None:
    good, (expected,) = marked('{"Statement": [], ▲"a\\"b": "c: d"}')

    document = read(good)
    span = document.places(0, ('a"b',), name=True)

    assert document.source.place(span.start) == ("p.json", *expected)
    assert good[span.start : span.end] == '"a\\"b"'


def test_a_policy_inside_another_file_is_a_document() -> None:
    document = inline("Version: 2012-10-17\nStatement:\n- Effect: Deny\n- Bool: [true, 1]\n")

    assert document.form is Form.DOCUMENT
    assert document.members == {"Version": "2012-10-17"}
    assert [statement.value for statement in document.statements] == [
        {"Effect": "Deny"},
        {"Bool": [True, "1"]},
    ]


def test_a_single_statement_inside_another_file_is_a_list_of_one() -> None:
    document = inline("Statement: {Effect: Deny}")

    assert [statement.value for statement in document.statements] == [{"Effect": "Deny"}]


@pytest.mark.parametrize(
    ("text", "statement", "path"),
    [
        ("Version: ▲1\nStatement: []", 0, ("Version",)),
        ("Statement:\n  Effect: ▲1", 1, ("Effect",)),
        ("Statement:\n- {}\n- Action: [a, ▲b]", 2, ("Action", 1)),
    ],
)
def test_a_place_inside_an_inline_policy_is_found(text: str, statement: int, path: Path) -> None:
    good, (expected,) = marked(text)

    document = inline(good)
    place = document.source.place(document.places(statement, path).start)

    assert (place.line, place.column) == expected


def test_the_place_of_a_name_in_an_inline_policy_is_found() -> None:
    good, (expected,) = marked("Statement:\n- ▲Sid: 1")

    document = inline(good)
    span = document.places(1, ("Sid",), name=True)

    assert document.source.place(span.start) == ("t.yaml", *expected)


@pytest.mark.parametrize("text", ["▲Version: 2012-10-17", "▲[a]", "\n▲a"])
def test_an_inline_policy_without_a_statement_is_refused(text: str) -> None:
    bad, (place,) = marked(text)

    with pytest.raises(PolicyError) as caught:
        inline(bad)

    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "missing-statement"
    assert diagnostic.message == "this policy has no Statement"
    assert place_of(diagnostic) == place


def test_a_misspelt_statement_is_guessed() -> None:
    bad, (place,) = marked('{"Version": "2012-10-17", ▲"Statment": []}')

    with pytest.raises(PolicyError) as caught:
        read(bad)

    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "missing-statement"
    assert diagnostic.message == "this policy has no Statement, but `Statment`"
    assert diagnostic.remedy == "write `Statement`"
    assert place_of(diagnostic) == place


def test_a_list_of_documents_is_refused_as_one() -> None:
    with pytest.raises(PolicyError) as caught:
        read('[{"Statement": []}, {"Statement": []}]')

    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.message == "this is a list of policy documents"
    assert diagnostic.remedy == "give one policy at a time"
