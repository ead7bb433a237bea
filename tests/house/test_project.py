"""What pyproject.toml says of the project is so."""

from __future__ import annotations

import tomllib
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]


def test_every_package_is_installed_with_the_project() -> None:
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text("utf-8"))
    setuptools = project["tool"]["setuptools"]
    found = {
        ".".join(path.parent.relative_to(_ROOT).parts)
        for path in (_ROOT / "policy_eval").rglob("__init__.py")
    }

    assert {*setuptools["packages"]} == found | {*setuptools["package-dir"]}
