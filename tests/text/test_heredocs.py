"""Heredocs of Terraform and of a shell: the JSON in them, and what nobody has filled in."""

from __future__ import annotations

import pytest

from policy_eval.errors import PolicyError
from policy_eval.text.heredocs import Block, heredocs
from policy_eval.text.source import Source
from tests.pointed import pointed


def blocks_in(text: str) -> list[Block]:
    """Return the blocks of a text."""
    return [*heredocs(Source("x.tf", text))]


def texts_in(text: str) -> list[str]:
    """Return the texts of the blocks."""
    return [block.source.text for block in blocks_in(text)]


@pytest.mark.parametrize("opening", ["<<EOF", "<<-EOF", "<<~EOF", "<< EOF", "<<'EOF'", '<<-"EOF"'])
def test_a_heredoc_has_the_text_between_its_marks(opening: str) -> None:
    text = f'policy = {opening}\n{{"a": 1}}\nEOF\n'

    (block,) = blocks_in(text)

    assert block.source.text == '{"a": 1}\n'
    assert block.start == text.index("{")
    assert block.found_in == "the heredoc `EOF`"


@pytest.mark.parametrize(
    ("opening", "inner"),
    [
        ("<<EOF", '    {\n      "a": 1\n    }\n'),
        ("<<-EOF", '{\n  "a": 1\n}\n'),
        ("<<~EOF", '{\n  "a": 1\n}\n'),
    ],
)
def test_indentation_is_left_out_where_the_opening_says_so(opening: str, inner: str) -> None:
    text = f'x = {opening}\n    {{\n      "a": 1\n    }}\n  EOF\n'

    assert texts_in(text) == [inner]


@pytest.mark.parametrize("rest", ["", " | jq .", " > file.json", "\r"])
def test_something_may_follow_the_opening_on_its_line(rest: str) -> None:
    assert texts_in(f"cat <<EOF{rest}\n[1]\nEOF") == ["[1]\n"]


def test_a_text_may_hold_several_heredocs() -> None:
    text = "a = <<A\n{}\nA\nb = <<B\nno JSON\nB\nc = <<A\n[]\nA\n"

    assert texts_in(text) == ["{}\n", "[]\n"]


def test_a_name_inside_a_line_does_not_end_the_heredoc() -> None:
    assert texts_in('<<EOF\n{"EOF": "EOF"}\nEOFS\n EOF\t\r\n') == ['{"EOF": "EOF"}\nEOFS\n']


@pytest.mark.parametrize("text", ["", "{}", "1 << 2", "<<EOF", "cat << 'EOF\n{}\nEOF\n"])
def test_other_texts_hold_none(text: str) -> None:
    assert texts_in(text) == []


def test_a_heredoc_without_an_end_is_refused_where_it_begins() -> None:
    text = "policy = <<-EOF\n{}\n"

    with pytest.raises(PolicyError) as caught:
        blocks_in(text)

    (problem,) = caught.value.diagnostics
    assert problem.code == "unclosed-heredoc"
    assert problem.message == "the heredoc `EOF` is not closed"
    assert problem.remedy == "end it with a line that holds `EOF` alone"
    assert pointed(text, problem) == "<<-EOF"


def test_a_conflict_marker_begins_no_heredoc() -> None:
    assert texts_in("<<<<<<< HEAD\n{}\n=======\n[]\n>>>>>>> other\n") == []


# What a template fills in


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("$${aws:username}", "${aws:username}"),
        ("%%{if}", "%{if}"),
        ("$${a}/$${b}", "${a}/${b}"),
        ("$$", "$$"),
        ("100%", "100%"),
        ("$a", "$a"),
    ],
)
def test_a_doubled_sign_stands_for_one(written: str, meant: str) -> None:
    text = f'<<EOF\n{{"a": "{written}", "b": "!"}}\nEOF\n'

    (block,) = blocks_in(text)

    inner = block.source
    assert inner.text == f'{{"a": "{meant}", "b": "!"}}\n'
    at = inner.text.index("!")
    assert text[slice(*inner.span(at, at + 1))] == "!"
    at = inner.text.index(meant) + len(meant)
    assert text[slice(*inner.span(at, at + 1))] == '"'


def test_nothing_is_filled_in_where_the_name_is_quoted() -> None:
    assert texts_in('cat <<\'EOF\'\n["${a}", "$${b}"]\nEOF\n') == ['["${a}", "$${b}"]\n']


def test_each_interpolation_is_refused_where_it_stands() -> None:
    text = '<<-EOF\n  ["${var.a}", "$${b}", "%{ if c }",\n   "${d"]\n  EOF\n'

    with pytest.raises(PolicyError) as caught:
        blocks_in(text)

    problems = caught.value.diagnostics
    assert {problem.code for problem in problems} == {"interpolation"}
    assert [pointed(text, problem) for problem in problems] == [
        "${var.a}",
        "%{ if c }",
        '${d"]',
    ]
    assert all("terraform show -json" in problem.remedy for problem in problems)


def test_a_policy_variable_is_told_how_it_is_written() -> None:
    with pytest.raises(PolicyError) as caught:
        blocks_in('<<EOF\n["${aws:username}"]\nEOF\n')

    (problem,) = caught.value.diagnostics
    assert problem.remedy.startswith("a policy variable is written `$${aws:username}` in a heredoc")
