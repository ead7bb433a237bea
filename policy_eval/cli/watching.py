"""Running again whenever a file changes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NoReturn

import click

_ENDINGS = (".json", ".yaml", ".yml")
_PAUSE = 0.5
"""Seconds between two looks at the files."""


def run_on_change(
    run: Callable[[], Iterable[Path]], pause: Callable[[float], None] = time.sleep
) -> NoReturn:
    """Run, and again whenever one of the files that a run names changes, until interrupted.

    `run` returns the files and folders to look at; of a folder, its JSON and YAML files count.
    """
    while True:
        files = tuple(run())
        seen = _stamps(files)
        click.echo("\nwaiting for a change; Ctrl-C ends it", err=True)
        while _stamps(files) == seen:
            pause(_PAUSE)


def _stamps(paths: Iterable[Path]) -> dict[str, tuple[int, int]]:
    """Return when each file was written, and its size."""
    stamps: dict[str, tuple[int, int]] = {}
    for path in paths:
        entries = path.rglob("*") if path.is_dir() else (path,)
        for entry in entries:
            if entry.suffix in _ENDINGS or entry == path:
                try:
                    found = os.stat(entry)  # noqa: PTH116 - a race with its removal is no error
                except OSError:
                    continue
                stamps[str(entry)] = (found.st_mtime_ns, found.st_size)
    return stamps
