"""Texts of the folders `grammar/` and `docs/`, which are package data.

Each stands at the top level for readers and is mapped into the package (`policy_eval.grammar`,
`policy_eval.docs`); a plain checkout without an installation reads the folder itself.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path


def packaged_text(folder: str, file_name: str) -> str:
    """Return the text of a file in a folder. Raises FileNotFoundError for an unknown name."""
    try:
        return resources.files(f"policy_eval.{folder}").joinpath(file_name).read_text("utf-8")
    except ModuleNotFoundError:
        checkout = Path(__file__).resolve().parents[2] / folder
        return (checkout / file_name).read_text("utf-8")
