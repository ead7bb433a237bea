"""Writing files whole, or not at all."""

from __future__ import annotations

import os
from pathlib import Path


def replace_file(path: Path, text: str) -> None:
    """Write a file, in place of one of that name: whole, or not at all. Raises OSError."""
    from tempfile import NamedTemporaryFile

    target = path.resolve()
    mode = target.stat().st_mode if target.exists() else 0o666 & ~_umask()
    with NamedTemporaryFile("w", encoding="utf-8", newline="\n", dir=target.parent, prefix=".",
                            delete=False) as file:  # fmt: skip
        file.write(text)
    try:
        os.chmod(file.name, mode)  # noqa: PTH101 - a name, not a Path
        os.replace(file.name, target)  # noqa: PTH105 - likewise
    except OSError:
        os.unlink(file.name)  # noqa: PTH108 - likewise
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
