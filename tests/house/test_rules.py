"""docs/semantics.md lists exactly the rules that code and fixtures cite."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from policy_eval.semantics.readings import OpenPoint

_ROOT = Path(__file__).resolve().parents[2]
_RULE = re.compile(r"R-[A-Z]+-G?[0-9]{1,2}\b|\bE\.[0-9]\b")
_TABLE = (_ROOT / "docs" / "semantics.md").read_text("utf-8")
_ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in _TABLE.splitlines()
    if line.startswith(("| R-", "| E."))
]
_RULES = [row for row in _ROWS if len(row) == 4]
_OPEN_POINTS = [row for row in _ROWS if len(row) == 3]


def _cited() -> set[str]:
    files = [
        *(_ROOT / "policy_eval").rglob("*.py"),
        *(_ROOT / "policy_eval").rglob("*.yaml"),
        *(_ROOT / "grammar").glob("*.lark"),
        *(_ROOT / "fixtures").rglob("*.yaml"),
    ]
    return {rule for file in files for rule in _RULE.findall(_spelled_out(file.read_text("utf-8")))}


def _spelled_out(text: str) -> str:
    """Return the text with ranges such as `R-COND-01 … R-COND-03` spelled out."""

    def every(found: re.Match[str]) -> str:
        prefix, first, last = found[1], int(found[2]), int(found[3])
        listed = {row[0] for row in _RULES}
        names = (f"{prefix}{number:02}" for number in range(first, last + 1))
        return " ".join(name for name in names if name in listed)

    return re.sub(r"(R-[A-Z]+-)([0-9]{2}) … \1([0-9]{2})", every, text)


def test_every_cited_rule_is_documented() -> None:
    assert _cited() - {row[0] for row in _RULES} == set()


def test_every_documented_rule_is_cited() -> None:
    assert {row[0] for row in _RULES} - _cited() == set()


def test_a_rule_is_documented_once() -> None:
    names = [row[0] for row in _RULES]

    assert len(names) == len(set(names))


@pytest.mark.parametrize("row", _RULES, ids=[row[0] for row in _RULES])
def test_a_rule_says_whether_aws_documents_it(row: list[str]) -> None:
    assert row[2].startswith(("documented", "inferred"))
    assert row[1]


def test_every_open_point_is_documented_with_its_other_reading() -> None:
    assert {point.value for point in OpenPoint} <= {row[0] for row in _OPEN_POINTS}
