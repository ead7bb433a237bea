"""A policy inside another text is read, and its problems are pointed at in the text as given."""

from __future__ import annotations

import json
from collections.abc import Callable
from textwrap import indent
from typing import NamedTuple
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_eval.engine.policies import parse_policy
from policy_eval.policy.policy_type import PolicyType
from tests.pointed import pointed
from tests.policy.reading import LENIENT, one_problem_of, problems_of_policy


def _same(text: str) -> str:
    return text


def _unescaped(text: str) -> str:
    return str(json.loads(f'"{text}"'))


class Form(NamedTuple):
    """A form in which policies are found: how one is put into it, and a part read again."""

    found_in: str
    put: Callable[[str], str]
    read: Callable[[str], str] = _same


def _version(document: str) -> str:
    return f'{{"PolicyVersion": {{"Document": {document}, "VersionId": "v1"}}}}'


def _heredoc(opening: str, margin: str, policy: str) -> str:
    return f'resource "x" "é" {{\n  policy = {opening}\n{indent(policy, margin)}\n  EOF\n}}\n'


DOCUMENT_OF = "PolicyVersion.Document of `aws iam get-policy-version`"
FORMS = {
    "as it is": Form("", _same),
    "JSON string": Form("a JSON string", json.dumps, _unescaped),
    "JSON string in UTF-8": Form(
        "a JSON string", lambda text: f" {json.dumps(text, ensure_ascii=False)}\n", _unescaped
    ),
    "JSON string in a JSON string": Form(
        "a JSON string in a JSON string",
        lambda text: json.dumps(json.dumps(text)),
        lambda text: _unescaped(_unescaped(text)),
    ),
    "percent-encoded": Form("percent-encoded text", quote, unquote),
    "percent-encoded whole": Form("percent-encoded text", lambda text: quote(text, ""), unquote),
    "percent-encoded JSON string": Form(
        "a JSON string in percent-encoded text",
        lambda text: quote(json.dumps(text)),
        lambda text: _unescaped(unquote(text)),
    ),
    "percent-encoded in a JSON string": Form(
        "a JSON string, percent-encoded",
        lambda text: json.dumps(quote(text)),
        lambda text: unquote(_unescaped(text)),
    ),
    "output with an object": Form(DOCUMENT_OF, _version),
    "output with a text": Form(
        f"the text {DOCUMENT_OF}", lambda text: _version(json.dumps(text)), _unescaped
    ),
    "output with encoded text": Form(
        f"the text {DOCUMENT_OF}, percent-encoded",
        lambda text: _version(json.dumps(quote(text))),
        unquote,
    ),
    "heredoc": Form("the heredoc `EOF`", lambda text: _heredoc("<<EOF", "", text)),
    "heredoc, indented": Form("the heredoc `EOF`", lambda text: _heredoc("<<EOF", "    ", text)),
    "heredoc without indentation": Form(
        "the heredoc `EOF`", lambda text: _heredoc("<<-EOF", "      ", text)
    ),
    "heredoc of a shell": Form("the heredoc `EOF`", lambda text: f"cat <<'EOF'\n{text}\nEOF\n"),
    "YAML block": Form(
        "the YAML text of line 3", lambda text: f"é: 1\na:\n  b: |\n{indent(text, '    ')}\n"
    ),
    "YAML block, folded": Form(
        "the YAML text of line 1", lambda text: f"a: >-\n{indent(text, ' ')}\n"
    ),
    "YAML in double quotes": Form(
        "the YAML text of line 1", lambda text: f"a: {json.dumps(text)}\n", _unescaped
    ),
    "YAML in single quotes": Form(
        "the YAML text of line 1",
        lambda text: "a: '" + json.dumps(json.loads(text)).replace("'", "''") + "'\n",
        lambda text: text.replace("''", "'"),
    ),
    "output with a JSON string in Windows' lines": Form(
        f"the text {DOCUMENT_OF}",
        lambda text: f'{{\r\n"PolicyVersion": {{\r\n"Document": {json.dumps(text)}\r\n}}}}\r\n',
        _unescaped,
    ),
}

BUCKETS = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0xFF).filter(str.isprintable).filter(
        lambda character: character not in "$%*?<"
    ),
    max_size=12,
)  # fmt: skip


def policy_with(bucket: str, action: str, spaces: int | None, *, ascii_: bool) -> str:
    """Return a policy with an action, laid out with so many spaces."""
    statement = {
        "Effect": "Allow",
        "Resource": f"arn:aws:s3:::{bucket}",
        "Action": ["s3:*", action],
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return json.dumps(document, indent=spaces, ensure_ascii=ascii_)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@given(BUCKETS, st.sampled_from([None, 0, 2, 4]), st.booleans())
def test_a_fault_in_a_policy_is_pointed_at_wherever_the_policy_stands(
    form: Form, bucket: str, spaces: int | None, ascii_: bool
) -> None:
    outer = form.put(policy_with(bucket, "nocolon", spaces, ascii_=ascii_))

    problem, *_ = problems_of_policy(outer)  # the blanks before a policy are warned about after it

    assert problem.code == "action-form"
    assert form.read(pointed(outer, problem)) == '"nocolon"'


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@given(BUCKETS, st.sampled_from([None, 0, 2, 4]), st.booleans())
def test_a_policy_is_read_wherever_it_stands(
    form: Form, bucket: str, spaces: int | None, ascii_: bool
) -> None:
    text = policy_with(bucket, "s3:GetObject", spaces, ascii_=ascii_)

    policy = parse_policy(form.put(text))

    (statement,) = policy.statements
    (expected,) = parse_policy(text).statements
    assert statement._replace(start=0) == expected._replace(start=0)
    assert policy.found_in == form.found_in


SYNTAX = {name: form for name, form in FORMS.items() if name not in (
    "output with an object", "YAML in single quotes",
)}  # fmt: skip


@pytest.mark.parametrize("form", SYNTAX.values(), ids=SYNTAX)
@pytest.mark.parametrize("spaces", [None, 2])
def test_a_fault_of_syntax_is_pointed_at_wherever_the_policy_stands(
    form: Form, spaces: int | None
) -> None:
    text = policy_with("é", "s3:GetObject", spaces, ascii_=False)
    outer = form.put(text.replace('"s3:GetObject"', "unquoted"))

    problem = one_problem_of(outer)

    assert problem.code == "not-json-value"
    assert form.read(pointed(outer, problem)) == "unquoted"


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_the_place_of_a_statement_is_that_in_the_text_as_given(form: Form) -> None:
    outer = form.put(policy_with("é", "s3:GetObject", None, ascii_=True))

    policy = parse_policy(outer, "p.json")

    place = policy.place(policy.statements[0])
    rest = outer.split("\n")[place.line - 1][place.column - 1 :]
    assert rest.startswith(("{", "%7B"))
    assert 0 < rest.index("Effect") < len("%7B%5C%22Effect")


def test_comments_inside_another_text_are_read_over_where_they_stand() -> None:
    text = '{"Effect": "Allow", "Action": "s3:*", /* é */ "Resource": "*"}'
    outer = json.dumps(text)

    problem = one_problem_of(outer, strictness=LENIENT)

    assert problem.code == "comment"
    assert _unescaped(pointed(outer, problem)) == "/* é */"


# What holds no policy, or not one


def refused(text: str) -> tuple[str, str]:
    """Return the code of the one problem of a text, and what it points at."""
    problem = one_problem_of(text)
    return problem.code, pointed(text, problem)


ONE = '{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}'


def test_several_policies_in_a_text_are_refused_at_the_second() -> None:
    text = f"a = <<A\n{ONE}\nA\nb = <<B\n{ONE}\nB\n"

    problem = one_problem_of(text)

    assert (problem.code, problem.place and problem.place.line) == ("several-policies", 5)
    assert problem.message == "this text holds 2 policies (lines 2, 5)"


def test_of_many_policies_the_first_five_lines_are_named() -> None:
    text = f"a = <<A\n{ONE}\nA\n" * 7

    assert one_problem_of(text).message == "this text holds 7 policies (lines 2, 5, 8, 11, 14, …)"


@pytest.mark.parametrize(
    ("text", "code", "meant"),
    [
        ("policy = jsonencode({})", "terraform-expression", "jsonencode("),
        ('data "aws_iam_policy_document" "x" {}', "terraform-expression",
         'data "aws_iam_policy_document"'),
        (f"```json\n{ONE}\n```\n", "not-policy-text", "```json"),
        ("policy.json", "file-name", "policy.json"),
        ("  file://a/b.json\n", "file-name", "file://a/b.json"),
        ("fileb://x", "file-name", "fileb://x"),
        ("C:\\a\\b.json", "file-name", "C:\\a\\b.json"),
        ("<!DOCTYPE html>\n<html>", "not-policy-text", "<!DOCTYPE html>"),
        ("<Policy xmlns='x'>", "not-policy-text", "<Policy xmlns='x'>"),
        ("Statement:\n  - Effect: Allow\n", "not-policy-text", "Statement:"),
        ('"text" more', "json-syntax", '"text"'),
        ("'{}'", "single-quotes", "'{}'"),
        ("a.json\nb.json", "json-syntax", "a.json"),
        ("", "empty-file", ""),
        ('""', "empty-file", '"'),
        ('"no policy"', "json-syntax", "no"),
        ("%22no%20policy%22", "json-syntax", "no"),
    ],
)  # fmt: skip
def test_what_is_no_policy_is_called_what_it_is(text: str, code: str, meant: str) -> None:
    problems = problems_of_policy(text)

    assert (problems[0].code, pointed(text, problems[0])) == (code, meant)


def test_a_conflict_marker_before_a_policy_is_called_one() -> None:
    problem, *_ = problems_of_policy(f"<<<<<<< HEAD\n{ONE}\n")

    assert problem.message.startswith("a conflict marker")


def test_the_forms_of_other_types_are_read_too() -> None:
    trust = json.dumps({
        "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "x.amazonaws.com"}
    })  # fmt: skip

    policy = parse_policy(json.dumps(trust), policy_type=PolicyType.TRUST)

    assert policy.found_in == "a JSON string"
