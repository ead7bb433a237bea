"""JSON texts in YAML: in blocks and in quotes, each character at its place."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from policy_eval.errors import PolicyError
from policy_eval.text.heredocs import Block
from policy_eval.text.limits import LARGEST_YAML
from policy_eval.text.source import Source
from policy_eval.text.yaml_blocks import yaml_blocks
from tests.pointed import pointed

POLICY = '{"Effect": "Allow", "Action": "!"}'


def blocks_in(text: str) -> list[Block]:
    """Return the blocks of a text."""
    return [*yaml_blocks(Source("x.yaml", text))]


def at_its_place(text: str, block: Block) -> str:
    """Return what stands in the outer text where the block has its `!`."""
    at = block.source.text.index("!")
    return text[slice(*block.source.span(at, at + 1))]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"policy: |\n  {POLICY}\n", id="a block"),
        pytest.param(f"policy: |-\n  {POLICY}", id="a block without its end"),
        pytest.param(f"policy: >\n  {POLICY}\n", id="a folded block"),
        pytest.param(f"policy: |2\n    {POLICY}\n", id="a block with its indentation said"),
        pytest.param(f"policy: | # a note\n  {POLICY}\n", id="a block with a comment"),
        pytest.param(f"policy: &p !!str |\n  {POLICY}\n", id="a block with an anchor and a tag"),
        pytest.param(f"policy: '{POLICY}'\n", id="single quotes"),
        pytest.param(f"policy: {json.dumps(POLICY)}\n", id="double quotes"),
        pytest.param(f"- a: 1\n- b: '{POLICY}'\n", id="in a list"),
        pytest.param(f"a: &p '1'\nb: *p\nc: |\n  {POLICY}\n", id="after an alias"),
        pytest.param(f"---\na: 1\n---\nb: |\n  {POLICY}\n", id="in a second document"),
        pytest.param(f"a: é😀\nb: '{POLICY}'\n", id="after wide characters"),
        pytest.param(f"a: 1\r\nb: |\r\n  {POLICY}\r\n", id="line breaks of Windows"),
        pytest.param(
            "policy: '" + POLICY.replace("Allow", "it''s ''") + "'\n", id="doubled single quotes"
        ),
        pytest.param(
            'policy: |\n    {\n      "Effect": "Allow",\n\n      "Action": "!"\n    }\n',
            id="a block of several lines",
        ),
        pytest.param(
            f"policy: &p '{POLICY}'\n",
            id="an anchor before quotes",
        ),
        pytest.param(
            f"policy: !!str '{POLICY}'\n",
            id="a tag before quotes",
        ),
        pytest.param(
            f"policy: &p {json.dumps(POLICY)}\n",
            id="an anchor before double quotes",
        ),
    ],
)  # fmt: skip
def test_a_text_in_yaml_is_found_with_its_places(text: str) -> None:
    (block,) = blocks_in(text)

    assert json.loads(block.source.text.strip())["Action"] == "!"
    assert at_its_place(text, block) == "!"


def test_a_block_says_in_which_line_it_begins() -> None:
    text = f"a: 1\nb:\n  c: |\n    {POLICY}\n"

    (block,) = blocks_in(text)

    assert block.found_in == "the YAML text of line 3"
    assert block.start == text.index("|")


def test_texts_come_in_the_order_of_their_places() -> None:
    first, second = (POLICY.replace("!", sign) for sign in "12")

    blocks = blocks_in(f"a:\n  b: '{first}'\nc: ['x', '{second}']\nd: '{{}}'\n")

    assert [block.source.text for block in blocks] == [first, second]


def test_an_alias_counts_once() -> None:
    assert len(blocks_in(f"a: &p |\n  {POLICY}\nb: *p\n")) == 1


@given(st.text("ab'\"\\é ", max_size=20), st.sampled_from(["'", '"', "|", ">"]), st.integers(1, 4))
def test_every_character_of_a_text_stands_where_it_is_said_to(
    text: str, style: str, indent: int
) -> None:
    policy = json.dumps({"Effect": text, "Action": "!"})
    scalar = yaml.dump(
        policy, default_style=style, width=10_000, allow_unicode=True, indent=indent + 1
    )
    outer = f"a: 1\nb: {scalar}"

    (block,) = blocks_in(outer)

    assert json.loads(block.source.text) == json.loads(policy)
    assert at_its_place(outer, block) == "!"


@pytest.mark.parametrize("text", ["", "no YAML", '{"a": 1}', '"a: |"', "http://a.b/c", "a:b"])
def test_other_texts_hold_none(text: str) -> None:
    assert blocks_in(text) == []


# Refusals


def refused(text: str) -> tuple[str, str, str]:
    """Return the code of the one problem, its words, and what it points at."""
    with pytest.raises(PolicyError) as caught:
        blocks_in(text)
    (problem,) = caught.value.diagnostics
    return problem.code, f"{problem.message}; {problem.remedy}", pointed(text, problem)


def test_a_policy_written_out_in_yaml_is_refused() -> None:
    code, words, meant = refused("\nStatement:\n  - Effect: Allow\n")

    assert (code, meant) == ("not-policy-text", "Statement:")
    assert "as JSON" in words


def test_a_text_folded_over_several_lines_is_refused_where_it_begins() -> None:
    text = 'a: \'{"Effect": "Allow",\n  "Action": "!"}\'\n'

    code, words, meant = refused(text)

    assert (code, meant) == ("yaml-syntax", "'")
    assert words == "this text is folded over several lines; write the policy as a block (`|`)"


def test_a_text_with_escapes_of_yaml_alone_is_refused_where_it_begins() -> None:
    inner = POLICY.replace('"', "\\x22")

    code, words, meant = refused(f'a: &p "{inner}"\n')

    assert (code, meant) == ("yaml-syntax", '"')
    assert words.startswith("this text has escapes of YAML's own; ")


def test_what_is_not_well_formed_is_refused_with_its_place() -> None:
    code, words, meant = refused("a: [1, 2\nb: 3\n")

    assert (code, meant) == ("yaml-syntax", ":")
    assert words.endswith("this looks like YAML, and is not well formed")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a: \x01", id="a character that no YAML holds"),
        pytest.param("a:\n" + "- " * 5000, id="too deep"),
        pytest.param('a: "\\UFFFFFFFF"', id="a number of no character"),
    ],
)
def test_what_cannot_be_read_is_refused_as_a_whole(text: str) -> None:
    code, words, meant = refused(text)

    assert (code, meant) == ("yaml-syntax", "a")
    assert words.startswith("this looks like YAML, and cannot be read")


def test_no_more_is_searched_than_so_many_characters() -> None:
    code, words, _ = refused("a: b\n" + "#" * LARGEST_YAML)

    assert code == "too-large"
    assert words.startswith("this YAML has more than 262,144 characters")


def test_so_many_characters_are_searched() -> None:
    text = f"a: '{POLICY}'\n"

    assert len(blocks_in(text + "#" * (LARGEST_YAML - len(text)))) == 1


def test_an_alias_of_itself_is_searched_once() -> None:
    assert len(blocks_in(f"a: &a\n  - *a\n  - '{POLICY}'\n")) == 1


@pytest.mark.parametrize("line_break", ["\r", "\x85", "\u2028"])
def test_a_block_with_odd_line_breaks_is_refused(line_break: str) -> None:
    text = f"policy: |{line_break}  {POLICY}{line_break}"

    with pytest.raises(PolicyError) as caught:
        [*yaml_blocks(Source("p.yaml", text))]

    (problem,) = caught.value.diagnostics
    assert problem.code == "yaml-syntax"
    assert problem.message == "this text has line breaks other than line feeds"
