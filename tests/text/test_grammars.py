"""Every grammar loads, and its parser reads a whole text."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy_eval.text.grammars import grammar_text, parser

FOLDER = Path(__file__).resolve().parents[2] / "grammar"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("action", "s3:GetObject"),
        ("arn", "arn:aws:s3:::bucket/key"),
        ("condition", 'aws:PrincipalTag/team is "red" or not (aws:UserId is present)'),
        ("json", '{"a": [1, "b", true, false, null, {}]}'),
        ("operator", "ForAnyValue:StringLikeIfExists"),
        ("pattern", "app-${aws:username, 'none'}/*"),
    ],
)
def test_a_grammar_reads_a_whole_text(name: str, text: str) -> None:
    tree = parser(name).parse(text)

    assert (tree.meta.start_pos, tree.meta.end_pos) == (0, len(text))


def test_every_grammar_in_the_folder_is_tried_here() -> None:
    names = {path.stem for path in FOLDER.glob("*.lark")}

    assert names == {"action", "arn", "condition", "json", "operator", "pattern"}


def test_a_parser_is_built_once() -> None:
    assert parser("json") is parser("json")


def test_the_packaged_grammar_is_the_file_in_the_folder() -> None:
    assert grammar_text("json") == (FOLDER / "json.lark").read_text("utf-8")


def test_an_unknown_grammar_is_said() -> None:
    with pytest.raises(FileNotFoundError, match=r"klingon\.lark"):
        parser("klingon")
