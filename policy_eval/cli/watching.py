"""Running again whenever a file changes."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import click

from policy_eval.cases.discovery import files_within

_ENDINGS = (".json", ".yaml", ".yml")
_PAUSE = 0.5
"""Seconds between two looks at the files."""


def run_on_change(
    run: Callable[[], Iterable[Path]],
    where: Collection[Path],
    written: Collection[Path] = (),
    pause: Callable[[float], None] = time.sleep,
) -> NoReturn:
    """Run, and again whenever a file changes, also during a run, until interrupted.

    The files are those in `where`, of its folders the JSON and YAML files, and those that `run`
    returns, without those that it has `written`.
    """
    own = {path.absolute() for path in written}
    files: tuple[Path, ...] = ()
    while True:
        before = _stamps((*where, *files), own)
        files = tuple(run())
        gc.collect()  # it is off for the length of a command, and a watch is long
        after = _stamps((*where, *files), own)
        seen = {file: before.get(file, stamp) for file, stamp in after.items()}
        click.echo("\nwaiting for a change; Ctrl-C ends it", err=True)
        while _stamps((*where, *files), own) == seen:
            pause(_PAUSE)
        click.echo(err=True)


def _stamps(paths: Iterable[Path], own: Collection[Path]) -> dict[Path, tuple[int, int]]:
    """Return when each file was written, and its size."""
    stamps: dict[Path, tuple[int, int]] = {}
    for path in paths:
        for file in files_within(path, _ENDINGS) if path.is_dir() else (path,):
            with suppress(OSError):  # a race with its removal is no error
                found = file.stat()
                if file.absolute() not in own:
                    stamps[file] = (found.st_mtime_ns, found.st_size)
    return stamps
