"""Files of the folders that are package data, from the package or from a plain checkout."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest

from policy_eval.text.package_data import packaged_text

_ROOT = Path(__file__).resolve().parents[2]
_FILES = [("grammar", "json.lark"), ("docs", "semantics.md")]


@pytest.mark.parametrize(("folder", "name"), _FILES)
def test_the_packaged_text_is_the_file_in_the_folder(folder: str, name: str) -> None:
    assert packaged_text(folder, name) == (_ROOT / folder / name).read_text("utf-8")


@pytest.mark.parametrize(("folder", "name"), _FILES)
def test_a_checkout_without_an_installation_reads_the_folder(
    monkeypatch: pytest.MonkeyPatch, folder: str, name: str
) -> None:
    def not_installed(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(resources, "files", not_installed)

    assert packaged_text(folder, name) == (_ROOT / folder / name).read_text("utf-8")


def test_an_unknown_file_is_said() -> None:
    with pytest.raises(FileNotFoundError, match=r"klingon\.lark"):
        packaged_text("grammar", "klingon.lark")
