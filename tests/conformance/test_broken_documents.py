"""Every document in fixtures/broken/ is refused, or warned about, in the words beside it.

A document stands in the folder of its policy type; `<name>.txt` beside it is what is printed of it,
places and carets included. `lenient/` is read as an identity-based policy with `--lenient`,
`accepted/` with `--accept-invalid`. To renew the texts after a change of wording, run

    UPDATE_SNAPSHOTS=1 python -m pytest tests/conformance/test_broken_documents.py

and read the difference that git shows before committing it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from policy_eval.engine.policies import load_policy
from policy_eval.errors import PolicyError
from policy_eval.policy.diagnosis import warnings_of
from policy_eval.policy.policy_type import STRICT, PolicyType, Strictness
from policy_eval.text.report import render_all

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "fixtures" / "broken"
DOCUMENTS = sorted(
    path.relative_to(ROOT)
    for path in FOLDER.rglob("*")
    if path.is_file() and path.suffix not in (".txt", ".md")
)
_READINGS = {
    "lenient": (PolicyType.IDENTITY, Strictness(lenient=True)),
    "accepted": (PolicyType.IDENTITY, Strictness(accept_invalid=True)),
    **{each.value: (each, STRICT) for each in PolicyType},
}


def report(document: Path) -> str:
    """Return what is printed of a document: its problems, or its warnings."""
    policy_type, strictness = _READINGS[document.parent.name]
    try:
        diagnostics = warnings_of(load_policy(document, policy_type, strictness))
    except PolicyError as error:
        diagnostics = error.diagnostics
    return render_all(diagnostics) + "\n"


def test_there_are_sixty_broken_documents() -> None:
    assert len(DOCUMENTS) >= 60


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_the_diagnostics_are_as_expected(document: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    expected = document.with_suffix(".txt")

    found = report(document)

    if os.environ.get("UPDATE_SNAPSHOTS"):
        expected.write_text(found, "utf-8")
    assert found == expected.read_text("utf-8")


def test_every_expected_text_has_its_document() -> None:
    stems = {document.with_suffix("") for document in DOCUMENTS}

    assert {path.relative_to(ROOT).with_suffix("") for path in FOLDER.rglob("*.txt")} == stems
