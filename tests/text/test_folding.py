"""Names fold to simple lower case, one character at a time."""

from __future__ import annotations

import pytest

from policy_eval.text.folding import fold


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("", ""),
        ("aws:SourceIp", "aws:sourceip"),
        ("aws:ResourceTag/Äpfel", "aws:resourcetag/äpfel"),
        ("Ж", "ж"),
    ],
)
def test_upper_case_folds_to_lower_case(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        pytest.param("Straße", "straße", id="sharp s is not two letters"),
        pytest.param("STRASSE", "strasse", id="two letters are no sharp s"),
        pytest.param("ΟΔΟΣ", "οδοσ", id="a sigma at the end is an ordinary one"),
        pytest.param("οδος", "οδος", id="a final sigma stays"),
        pytest.param("İ", "İ", id="a letter whose lower case is two characters stays"),
    ],
)
def test_folding_is_simple_and_keeps_the_length(text: str, folded: str) -> None:
    assert fold(text) == folded
