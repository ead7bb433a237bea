"""`python -m tests.mutation SAMPLE [SEED]`: run a random sample of mutants in a copy.

Prints the score and the mutants that no test noticed, as diffs.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random

from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import TestOutcome, WorkerOutcome, WorkItem, WorkResult

_ROOT = Path(__file__).resolve().parents[2]
_COPIED = ("policy_eval", "grammar", "fixtures", "tests", "benchmarks", "pyproject.toml")
_CONFIG = "tests/mutation/cosmic-ray.toml"


def _copy(folder: Path) -> Path:
    for name in _COPIED:
        source = _ROOT / name
        if source.is_dir():
            ignore = shutil.ignore_patterns("__pycache__", ".hypothesis")
            shutil.copytree(source, folder / name, ignore=ignore)
        else:
            shutil.copy(source, folder / name)
    return folder


def _run(folder: Path, *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "cosmic_ray.cli", *arguments], cwd=folder, check=True)


def _sample(database: WorkDB, size: int, seed: int) -> int:
    """Skip all mutants but a random sample; return how many there are."""
    items = sorted(database.work_items, key=lambda item: item.job_id)
    items.sort(key=lambda item: [(m.module_path, m.start_pos) for m in item.mutations])
    worth = [item for item in items if not _only_types(item)]
    Random(seed).shuffle(worth)
    chosen = {item.job_id for item in worth[:size]}
    for item in items:
        if item.job_id not in chosen:
            database.set_result(item.job_id, WorkResult(worker_outcome=WorkerOutcome.SKIPPED))
    return len(worth)


def _only_types(item: WorkItem) -> bool:
    """Whether a mutant changes `|` in an annotation, which nothing runs."""
    mutation = item.mutations[0]
    line = (_ROOT / mutation.module_path).read_text("utf-8").splitlines()[mutation.start_pos[0] - 1]
    typed = "def " in line or "->" in line or ": TypeAlias" in line or line.endswith("],")
    return "BinaryOperator_BitOr" in mutation.operator_name and (typed or " = " not in line)


def main(arguments: list[str]) -> None:
    """Run the sample and report."""
    size = int(arguments[0])
    seed = int(arguments[1]) if len(arguments) > 1 else 1
    with tempfile.TemporaryDirectory() as name:
        folder = _copy(Path(name))
        session = str(folder / "session.sqlite")
        _run(folder, "init", _CONFIG, session)
        with use_db(session, WorkDB.Mode.open) as database:
            total = _sample(database, size, seed)
        _run(folder, "exec", _CONFIG, session)
        with use_db(session, WorkDB.Mode.open) as database:
            _report(database, total)


def _report(database: WorkDB, total: int) -> None:
    done = [
        (item, result)
        for item, result in database.completed_work_items
        if result.worker_outcome is not WorkerOutcome.SKIPPED
    ]
    survived = [result for _, result in done if result.test_outcome is TestOutcome.SURVIVED]
    for result in survived:
        print(result.diff, end="\n\n")
    print(f"{len(done)} of {total} mutants run, {len(done) - len(survived)} noticed, "
          f"{len(survived)} survived")  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
