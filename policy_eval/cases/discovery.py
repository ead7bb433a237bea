"""Where suites are: the files under some paths that are named `*.iamtest.{yaml,yml,json}`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from policy_eval.errors import Diagnostic, Severity, SuiteError

ENDINGS = (".iamtest.yaml", ".iamtest.yml", ".iamtest.json")
"""How the name of a suite's file ends."""

_PASSED_OVER = frozenset({"node_modules", "__pycache__"})


def is_suite(path: Path) -> bool:
    """Return whether a file is named as suites are."""
    return path.name.endswith(ENDINGS)


def find_suites(paths: Iterable[str | Path]) -> tuple[Path, ...]:
    """Return the suites that some paths name: a file is one, a folder holds them.

    Folders whose name begins with a dot are passed over, and so are `node_modules` and
    `__pycache__`. Sorted within a folder, each file once. Raises SuiteError for a path that does
    not exist.
    """
    found: dict[Path, Path] = {}
    for path in map(Path, paths):
        if not path.exists():
            message = f"there is no file or folder `{path}`"
            raise SuiteError(Diagnostic("missing-file", Severity.ERROR, message))
        for suite in _within(path) if path.is_dir() else (path,):
            found.setdefault(suite.resolve(), suite)
    return tuple(found.values())


def _within(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name[0] != "." and name not in _PASSED_OVER)
        yield from (Path(parent, name) for name in sorted(files) if name.endswith(ENDINGS))
