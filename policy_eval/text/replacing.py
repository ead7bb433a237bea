"""Writing files whole, or not at all."""

from __future__ import annotations

import os
from pathlib import Path


def replace_file(path: Path, text: str) -> None:
    """Write a file, in place of one of that name: whole, or not at all. Raises OSError.

    What is no file, as `/dev/stdout`, is written to.
    """
    from tempfile import mkstemp

    if path.exists() and not path.is_file():
        path.write_text(text, "utf-8", newline="\n")
        return
    target = path.resolve()
    mode = target.stat().st_mode if target.exists() else 0o666 & ~_umask()
    number, name = mkstemp(dir=target.parent, prefix=".")
    try:
        with open(number, "w", encoding="utf-8", newline="\n") as file:  # noqa: PTH123 - no path
            file.write(text)
        os.chmod(name, mode)  # noqa: PTH101 - a name, not a Path
        os.replace(name, target)  # noqa: PTH105 - likewise
    except BaseException:
        os.unlink(name)  # noqa: PTH108 - likewise
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
