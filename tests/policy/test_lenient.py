"""Comments and trailing commas become blanks; every other character stays, where it stands."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_eval.engine.policies import parse_policy
from policy_eval.errors import Severity
from policy_eval.policy.findings import Spot
from policy_eval.policy.lenient import read_over
from policy_eval.text.source import Source
from tests.pointed import pointed
from tests.policy.reading import LENIENT, problems_of_policy

STRINGS = st.text(st.sampled_from("a/*#,]}\\\"'\n😀 "), max_size=8).map(json.dumps)
COMMENTS = st.one_of(
    st.text(st.sampled_from("a/*\",]#'😀 "), max_size=6).map(lambda text: f"//{text}\n"),
    st.text(st.sampled_from("a/*\",]#'😀 "), max_size=6).map(lambda text: f"#{text}\n"),
    st.text(st.sampled_from("a\",]#'😀 \n"), max_size=6).map(lambda text: f"/*{text}*/"),
)
OTHERS = st.sampled_from(["{", "}", "[", "]", ":", " ", "\n", "1", "true", "'"])
COMMAS = st.sampled_from([",]", ",}", ", ]", ",\n }", ", /* ] */ ]"])
PIECES = st.lists(
    st.tuples(st.just("string"), STRINGS)
    | st.tuples(st.just("comment"), COMMENTS)
    | st.tuples(st.just("other"), OTHERS)
    | st.tuples(st.just("comma"), COMMAS),
    max_size=12,
)


def read(text: str) -> str:
    """Return the text that is read."""
    return read_over(Source("p.json", text))[0].text


@given(PIECES)
def test_nothing_but_comments_and_trailing_commas_becomes_blank(
    pieces: list[tuple[str, str]],
) -> None:
    text = "".join(piece for _, piece in pieces)

    over = read(text)

    assert len(over) == len(text)
    at = 0
    for kind, piece in pieces:
        found = over[at : at + len(piece)]
        at += len(piece)
        match kind:
            case "comment":
                assert found == "".join(each if each == "\n" else " " for each in piece)
            case "comma":
                assert found.split() == [piece[-1]]
            case _:
                assert found == piece


@given(PIECES)
def test_what_becomes_blank_is_warned_about_where_it_stands(pieces: list[tuple[str, str]]) -> None:
    text = "".join(piece for _, piece in pieces)

    over, findings = read_over(Source("p.json", text))

    changed = {at for at, (old, new) in enumerate(zip(text, over.text, strict=True)) if old != new}
    named = set()
    for finding in findings:
        assert isinstance(finding.where, Spot)
        assert finding.severity is Severity.WARNING
        named |= set(range(*finding.where.span))
    assert changed <= named
    assert all(text[at] in " \n" for at in named - changed)


@given(st.text(st.sampled_from('{}[]:1"\\\n a'), max_size=30))
def test_a_text_without_any_is_the_same_source(text: str) -> None:
    source = Source("p.json", text)

    assert read_over(source) == (source, ())


@pytest.mark.parametrize(
    ("text", "over"),
    [
        ("[1, // a\n]", "[1      \n]"),
        ("[1, # a\r\n]", "[1     \r\n]"),
        ("[1 /* a\r\nb */]", "[1     \r\n    ]"),
        ("[1],", "[1] "),
        ("[1,\n\t]", "[1 \n\t]"),
        ("[1,,]", "[1, ]"),
        ("[/**/]", "[    ]"),
        ("[/***/]", "[     ]"),
        ("[1, /* open", "[1, /* open"),
        ('["a // b", "c # d", "e /* f */", "g,]"]', '["a // b", "c # d", "e /* f */", "g,]"]'),
        (r'["\"//", "\\"] // c', r'["\"//", "\\"]     '),
        ("[1,2]", "[1,2]"),
    ],
)
def test_comments_and_trailing_commas_become_blanks(text: str, over: str) -> None:
    assert read(text) == over


POLICY = """\
// who
{
    "Version": "2012-10-17", # when
    "Statement": [{
        "Effect": "Allow",
        "Action": ["s3:Get*", "nocolon",],
        "Resource": "arn:aws:s3:::a//b/*",  /* everything
                                               in it */
    },],
}
"""


def test_every_place_in_a_policy_stays_right() -> None:
    problems = problems_of_policy(POLICY, strictness=LENIENT)

    found = [(problem.code, pointed(POLICY, problem).split("\n")[0]) for problem in problems]
    assert found == [
        ("action-form", '"nocolon"'),
        ("comment", "// who"),
        ("comment", "# when"),
        ("trailing-comma", ","),
        ("trailing-comma", ","),
        ("comment", "/* everything"),
        ("trailing-comma", ","),
        ("trailing-comma", ","),
    ]


def test_the_values_of_a_policy_stay_as_they_are() -> None:
    policy = parse_policy(POLICY.replace('"nocolon",', ""), strictness=LENIENT)

    (statement,) = policy.statements
    assert statement.action.values == ("s3:Get*",)
    assert statement.resource.values == ("arn:aws:s3:::a//b/*",)


@pytest.mark.parametrize("text", ["{'a': 1}", '{"a": 1 "b": 2}', "{a: 1}", '{"a": 1'])
def test_nothing_else_is_read_over(text: str) -> None:
    assert problems_of_policy(text, strictness=LENIENT) == problems_of_policy(text)


def test_the_comments_of_another_language_are_its_own() -> None:
    text = (
        "# a comment of Terraform\n"
        'x = <<EOF\n{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}\nEOF\n'
    )

    assert parse_policy(text, strictness=LENIENT).findings == ()
