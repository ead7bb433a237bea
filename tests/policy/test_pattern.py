"""Policy values become literal text, wildcards and variables."""

from __future__ import annotations

import pytest

from policy_eval.policy.pattern import (
    Glob,
    MalformedVariableError,
    Pattern,
    Variable,
    Wildcard,
    glob_text,
    parse_pattern,
    split_wildcards,
)

STAR = Wildcard.ANY_RUN
MARK = Wildcard.ANY_ONE
USER = Variable("aws:username", None, "${aws:username}")


@pytest.mark.parametrize(
    ("text", "glob"),
    [
        ("", ()),
        ("app", ("app",)),
        ("*", (STAR,)),
        ("?", (MARK,)),
        ("app/*", ("app/", STAR)),
        ("*app", (STAR, "app")),
        ("a?b*c", ("a", MARK, "b", STAR, "c")),
        ("**??", (STAR, STAR, MARK, MARK)),
        ("${a}*", ("${a}", STAR)),
        ("[ab]", ("[ab]",)),
    ],
)
def test_stars_and_question_marks_are_wildcards(text: str, glob: Glob) -> None:
    assert split_wildcards(text) == glob


@pytest.mark.parametrize(
    ("glob", "text"),
    [
        ((), ""),
        (("app",), "app"),
        ((STAR,), None),
        (("app", STAR), None),
        ((MARK, "app"), None),
    ],
)
def test_a_glob_without_wildcards_is_one_text(glob: Glob, text: str | None) -> None:
    assert glob_text(glob) == text


@pytest.mark.parametrize(
    ("wildcards", "pattern"),
    [
        (True, ("a", STAR, "${x", MARK, "}")),
        (False, ("a*${x?}",)),
    ],
)
def test_without_variables_they_are_literal_text(*, wildcards: bool, pattern: Pattern) -> None:
    assert parse_pattern("a*${x?}", wildcards=wildcards, variables=False) == pattern


@pytest.mark.parametrize(
    ("wildcards", "pattern"),
    [
        (True, ("a", STAR, USER, MARK)),
        (False, ("a*", USER, "?")),
    ],
)
def test_variables_are_read_with_and_without_wildcards(
    *, wildcards: bool, pattern: Pattern
) -> None:
    assert parse_pattern("a*${aws:username}?", wildcards=wildcards, variables=True) == pattern


@pytest.mark.parametrize("wildcards", [True, False])
def test_no_empty_text_stands_beside_a_variable(*, wildcards: bool) -> None:
    assert parse_pattern("${aws:username}", wildcards=wildcards, variables=True) == (USER,)


@pytest.mark.parametrize("wildcards", [True, False])
@pytest.mark.parametrize("variables", [True, False])
def test_the_empty_text_is_the_empty_pattern(*, wildcards: bool, variables: bool) -> None:
    assert parse_pattern("", wildcards=wildcards, variables=variables) == ()


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        pytest.param("${aws:username}", (USER,), id="alone"),
        pytest.param("a${aws:username}b", ("a", USER, "b"), id="between texts"),
        pytest.param("${aws:username}${aws:username}", (USER, USER), id="side by side"),
        pytest.param("$${aws:username}", ("$", USER), id="after a dollar sign"),
        pytest.param("$a$", ("$a$",), id="a dollar sign alone is literal"),
        pytest.param("$$}{", ("$$}{",), id="braces alone are literal"),
        pytest.param("${ \tk\t }", (Variable("k", None, "${ \tk\t }"),), id="blanks inside"),
        pytest.param("${a*b}", (Variable("a*b", None, "${a*b}"),), id="a star within a name"),
        pytest.param(
            "${aws:PrincipalTag/team/a}",
            (Variable("aws:PrincipalTag/team/a", None, "${aws:PrincipalTag/team/a}"),),
            id="slashes",
        ),
    ],
)
def test_a_variable_is_a_key_in_braces(text: str, pattern: Pattern) -> None:
    assert parse_pattern(text, wildcards=True, variables=True) == pattern


@pytest.mark.parametrize(
    ("text", "default"),
    [
        ("${k, 'all'}", "all"),
        ("${k, ''}", ""),
        ("${k, 'a:b}*?$c, d'}", "a:b}*?$c, d"),
        ("${k, '${x}'}", "${x}"),
        ("${k, ' all ' }", " all "),
        ("${ k, 'all'\t}", "all"),
    ],
)
def test_a_default_is_the_text_between_the_quotes(text: str, default: str) -> None:
    pattern = parse_pattern(text, wildcards=True, variables=True)

    assert pattern == (Variable("k", default, text),)


@pytest.mark.parametrize("character", ["*", "?", "$"])
@pytest.mark.parametrize("shape", ["${%s}", "${ %s\t}"])
def test_an_escape_stands_for_the_character_itself(shape: str, character: str) -> None:
    text = shape % character

    (piece,) = parse_pattern(text, wildcards=True, variables=True)

    assert piece == Variable(character, None, text)
    assert isinstance(piece, Variable)
    assert piece.is_escape


def test_a_key_is_no_escape() -> None:
    assert not USER.is_escape


@pytest.mark.parametrize(
    ("text", "offset", "reason"),
    [
        ("${}", 0, "`${` is followed by no key name"),
        ("a${ }", 1, "`${` is followed by no key name"),
        ("${", 0, "`${` is followed by no key name"),
        ("${, 'x'}", 0, "`${` is followed by no key name"),
        ("${${a}}", 0, "`{` stands where `}` or `, 'default'` is expected"),
        ("${*a}", 0, "`*a` is no key name"),
        ("${$a}", 0, "`$a` is no key name"),
        ("${a}${b", 4, "`${` is not closed by `}`"),
        ("${a ", 0, "`${` is not closed by `}`"),
        ("${a, 'x'", 0, "`${` is not closed by `}`"),
        ("${a, 'x}", 0, "the default has no closing `'`"),
        ("${a b}", 0, "`b` stands where `}` or `, 'default'` is expected"),
        ("${a,'x'}", 0, "`,` stands where `}` or `, 'default'` is expected"),
        ("${a,  'x'}", 0, "`,` stands where `}` or `, 'default'` is expected"),
        ("${a , 'x'}", 0, "`,` stands where `}` or `, 'default'` is expected"),
        ("${a, x}", 0, "`,` stands where `}` or `, 'default'` is expected"),
        ("${a, 'x' y}", 0, "`y` stands where `}` or `, 'default'` is expected"),
        ("${a'b}", 0, "`'` stands where `}` or `, 'default'` is expected"),
        ('${a"b}', 0, "`\"` stands where `}` or `, 'default'` is expected"),
        ("${a{b}", 0, "`{` stands where `}` or `, 'default'` is expected"),
        ("${*, 'x'}", 0, "`,` stands where `}` or `, 'default'` is expected"),
    ],
)
def test_a_malformed_variable_is_said_with_its_place(text: str, offset: int, reason: str) -> None:
    with pytest.raises(MalformedVariableError) as caught:
        parse_pattern(text, wildcards=True, variables=True)

    assert (caught.value.offset, caught.value.reason) == (offset, reason)
    assert str(caught.value) == reason
