"""Where suites are: the files under some paths that are named `*.iamtest.{yaml,yml,json}`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from policy_eval.errors import Diagnostic, Severity, SuiteError

ENDINGS = (".iamtest.yaml", ".iamtest.yml", ".iamtest.json")
"""How the name of a suite's file ends."""

_PASSED_OVER = frozenset({"node_modules", "__pycache__"})


def find_suites(paths: Iterable[str | Path]) -> tuple[Path, ...]:
    """Return the suites that some paths name: a file is one, a folder holds them.

    Sorted within a folder, each file once. Raises SuiteError for a path that does not exist, and
    for a folder that cannot be read.
    """
    found: dict[Path, Path] = {}
    for path in map(Path, paths):
        if not path.exists():
            message = f"there is no file or folder `{path}`"
            raise SuiteError(Diagnostic("missing-file", Severity.ERROR, message))
        for suite in files_within(path, ENDINGS) if path.is_dir() else (path,):
            found.setdefault(suite.resolve(), suite)
    return tuple(found.values())


def files_within(folder: Path, endings: tuple[str, ...]) -> Iterator[Path]:
    """Yield the files in a folder, at any depth, whose name ends in one of some endings.

    Folders whose name begins with a dot are passed over, and so are `node_modules` and
    `__pycache__`. Raises SuiteError for a folder that cannot be read.
    """
    for parent, folders, files in os.walk(folder, onerror=_refuse):
        folders[:] = sorted(name for name in folders if name[0] != "." and name not in _PASSED_OVER)
        yield from (Path(parent, name) for name in sorted(files) if name.endswith(endings))


def _refuse(error: OSError) -> None:
    """Refuse a folder that cannot be read; one that has gone meanwhile holds nothing."""
    if not isinstance(error, FileNotFoundError):
        message = f"`{error.filename}`: {str(error.strerror).lower()}"
        raise SuiteError(Diagnostic("unreadable-file", Severity.ERROR, message))
