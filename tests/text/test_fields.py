"""Fields: typed reading of YAML and JSON files, and the errors of it."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from policy_eval.errors import Diagnostic, SuiteError
from policy_eval.text.fields import Field, read_file


def _read(folder: Path, text: str, name: str = "f.yaml") -> Field:
    path = folder / name
    path.write_text(dedent(text), "utf-8")
    return read_file(path)


def _member(folder: Path, value: str) -> Field:
    return _read(folder, f"a: {value}\n").members()["a"]


def _problem(caught: pytest.ExceptionInfo[SuiteError]) -> Diagnostic:
    (diagnostic,) = caught.value.diagnostics
    return diagnostic


@pytest.mark.parametrize(
    "text",
    [
        "111122223333", "001122334455", "no", "yes", "on", "true", "1.10", "1e3", "0x1F", "0o17",
        "2012-10-17", "2026-01-01T00:00:00Z", "12:30:45", "~", "Null", "NULL", "+1", ".5", "1_000",
        "-.inf", ".NaN",
    ],
)  # fmt: skip
def test_an_unquoted_scalar_is_the_text_that_stands_there(tmp_path: Path, text: str) -> None:
    field = _member(tmp_path, text)

    assert field.text() == text


@pytest.mark.parametrize("text", ["null", "", "# a comment"])
def test_null_and_nothing_are_null(tmp_path: Path, text: str) -> None:
    field = _member(tmp_path, text)

    assert field.is_null
    assert field.items() == []
    assert field.members() == {}


@pytest.mark.parametrize("text", ["'null'", '"null"', "''", '"*"'])
def test_a_quoted_scalar_is_never_null(tmp_path: Path, text: str) -> None:
    field = _member(tmp_path, text)

    assert not field.is_null
    assert field.text() == text[1:-1]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ('"1.10"', "1.10"),
        ("1.10", "1.10"),
        ("1E400", "1E400"),
        ("true", "true"),
        ("false", "false"),
    ],
)
def test_a_scalar_of_json_is_the_text_that_stands_there(
    tmp_path: Path, value: str, text: str
) -> None:
    field = _read(tmp_path, f'{{"a": {value}}}', "f.json")

    assert field.members()["a"].text() == text


def test_null_of_json_is_null(tmp_path: Path) -> None:
    field = _read(tmp_path, '{"a": null}', "f.json")

    assert field.members()["a"].is_null


@pytest.mark.parametrize("value", ["[a]", "{a: b}", "null"])
def test_text_is_expected_where_something_else_stands(tmp_path: Path, value: str) -> None:
    field = _member(tmp_path, value)

    with pytest.raises(SuiteError) as caught:
        field.text()

    found = f"{tmp_path}/f.yaml:1:4: error[wrong-type]: expected text, found "
    assert str(_problem(caught)).startswith(found)


@pytest.mark.parametrize(("value", "truth"), [("true", True), ("false", False)])
def test_true_and_false_are_truth_values(tmp_path: Path, value: str, truth: bool) -> None:
    field = _member(tmp_path, value)

    assert field.truth() is truth


@pytest.mark.parametrize("value", ["yes", "True", "1", '""'])
def test_other_words_are_no_truth_values(tmp_path: Path, value: str) -> None:
    field = _member(tmp_path, value)

    with pytest.raises(SuiteError, match="expected true or false, found"):
        field.truth()


def test_a_single_value_counts_as_a_list_of_one(tmp_path: Path) -> None:
    assert _member(tmp_path, "x").texts() == ["x"]


def test_a_list_holds_its_texts_in_order(tmp_path: Path) -> None:
    assert _member(tmp_path, "[b, a, 1.0]").texts() == ["b", "a", "1.0"]


def test_a_list_holds_no_null_text(tmp_path: Path) -> None:
    field = _member(tmp_path, "[a, null]")

    with pytest.raises(SuiteError, match=r"f\.yaml:1:8: .*expected text, found"):
        field.texts()


@pytest.mark.parametrize("value", ["x", "[x]"])
def test_a_mapping_is_expected_where_something_else_stands(tmp_path: Path, value: str) -> None:
    field = _member(tmp_path, value)

    with pytest.raises(SuiteError, match="expected a mapping of names to values here"):
        field.members()


def test_each_member_is_read(tmp_path: Path) -> None:
    field = _member(tmp_path, "{b: [1, 2], c: 3}")

    assert field.mapped(Field.texts) == {"b": ["1", "2"], "c": ["3"]}


def test_known_members_are_returned(tmp_path: Path) -> None:
    field = _member(tmp_path, "{b: 1}")

    members = field.checked(("b", "c"))

    assert members["b"].text() == "1"


def test_an_unknown_field_is_refused_with_the_nearest_name_and_its_line(tmp_path: Path) -> None:
    field = _read(tmp_path, "action: x\nprincpal: y\n")

    with pytest.raises(SuiteError) as caught:
        field.checked(("action", "principal"))

    assert str(_problem(caught)) == (
        f"{tmp_path}/f.yaml:2:1: error[unknown-field]: unknown field `princpal`; "
        "did you mean `principal`"
    )


def test_an_unknown_field_like_no_other_is_refused_with_all_names(tmp_path: Path) -> None:
    field = _read(tmp_path, "zzz: x\n")

    with pytest.raises(SuiteError) as caught:
        field.checked(("action", "principal"))

    assert _problem(caught).remedy == "known: action, principal"


@pytest.mark.parametrize("name", ["f.yaml", "f.json", "f.iamtest.yml"])
def test_a_missing_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SuiteError) as caught:
        read_file(tmp_path / name)

    assert str(_problem(caught)) == (
        f"error[missing-file]: {tmp_path}/{name}: there is no such file"
    )


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="this is a folder"):
        read_file(tmp_path)


@pytest.mark.parametrize("name", ["f.yaml", "f.json"])
def test_a_file_that_is_not_utf_8_is_refused_with_the_byte(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b'"a\xff"')

    with pytest.raises(SuiteError) as caught:
        read_file(path)

    problem = _problem(caught)
    assert (problem.code, problem.message) == ("wrong-encoding", "byte 0xFF is not UTF-8")
    assert problem.place == (str(path), 1, 3)


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("", "empty-file", 1, 1),
        ('{"a": }', "json-syntax", 1, 7),
        ('{"a": 1\n "b": 2}', "missing-comma", 1, 8),
        ('{"a": 1}, {"b": 2}', "json-syntax", 1, 11),
        ('{"a": [1, 2}', "unmatched-bracket", 1, 12),
        ("{'a': 1}", "single-quotes", 1, 2),
    ],
)
def test_broken_json_is_refused_with_its_place(
    tmp_path: Path, text: str, code: str, line: int, column: int
) -> None:
    with pytest.raises(SuiteError) as caught:
        _read(tmp_path, text, "f.json")

    problem = _problem(caught)
    assert problem.code == code
    assert problem.place == (f"{tmp_path}/f.json", line, column)


def test_json_with_a_name_twice_is_refused_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(SuiteError) as caught:
        _read(tmp_path, '{"a": 1,\n "a": 2}', "f.json").members()

    assert _problem(caught).place == (f"{tmp_path}/f.json", 2, 2)


def test_json_that_nests_too_deep_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SuiteError):
        _read(tmp_path, "[" * 20_000 + "]" * 20_000, "f.json")


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("", 1, 1),
        ("# nothing\n", 1, 1),
        ("a: [1, 2\n", 2, 1),
        ("a: b: c\n", 1, 5),
        ("a:\n\t- b\n", 2, 1),
        ("a: 1\n---\nb: 2\n", 2, 1),
        ("a: *\n", 1, 5),
        ("a: *nowhere\n", 1, 4),
        ("a: \x01\n", 1, 4),
    ],
)
def test_broken_yaml_is_refused_with_its_place(
    tmp_path: Path, text: str, line: int, column: int
) -> None:
    with pytest.raises(SuiteError) as caught:
        _read(tmp_path, text)

    problem = _problem(caught)
    assert problem.code == "yaml-syntax"
    assert problem.place == (f"{tmp_path}/f.yaml", line, column)
    assert "\n" not in str(problem)


@pytest.mark.parametrize("text", ["a: *\n", "a: {b: *, c: 1}\n", "a: [*]\n", "- *\n"])
def test_a_bare_star_gets_the_hint_to_quote_it(tmp_path: Path, text: str) -> None:
    with pytest.raises(SuiteError) as caught:
        _read(tmp_path, text)

    assert 'write "*"' in _problem(caught).remedy


def test_other_broken_yaml_gets_no_hint_about_stars(tmp_path: Path) -> None:
    with pytest.raises(SuiteError) as caught:
        _read(tmp_path, "a: [1, 2\n")

    assert _problem(caught).remedy == ""


def test_a_name_twice_in_a_mapping_is_refused_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(SuiteError) as caught:
        _read(tmp_path, "a: 1\nb: 2\na: 3\n")

    assert str(_problem(caught)).startswith(f"{tmp_path}/f.yaml:3:1: error[yaml-syntax]: `a` ")


def test_a_name_is_text(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="expected a name before `:`"):
        _read(tmp_path, "? [a, b]\n: 1\n")


def test_an_alias_stands_for_what_it_names(tmp_path: Path) -> None:
    field = _read(tmp_path, "a: &x {b: 1}\nc: *x\n")

    assert field.members()["c"].mapped(Field.text) == {"b": "1"}


@pytest.mark.parametrize("text", ["a: &x [*x]\n", "a: &x {b: *x}\n", "&x [*x]\n"])
def test_an_alias_of_itself_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(SuiteError, match="stands inside what it stands for"):
        _read(tmp_path, text)


def test_aliases_that_stand_for_too_much_are_refused(tmp_path: Path) -> None:
    ten = ", ".join(["x"] * 10)
    lines = [f"a0: &a0 [{ten}]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]

    with pytest.raises(SuiteError, match="this file holds too much"):
        _read(tmp_path, "\n".join(lines))


@pytest.mark.parametrize("depth", [150, 20_000])
def test_yaml_that_nests_too_deep_is_refused(tmp_path: Path, depth: int) -> None:
    with pytest.raises(SuiteError):
        _read(tmp_path, "[" * depth + "]" * depth)
