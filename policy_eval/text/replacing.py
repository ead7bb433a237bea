"""Writing files whole, or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EISDIR
from pathlib import Path
from typing import BinaryIO

from policy_eval.errors import refuse_request


def replace_file(path: Path, text: str) -> None:
    """Write a file, in place of one of that name: whole, or not at all. Raises OSError.

    What is no file, as `/dev/stdout`, is written to.
    """
    with replacing(path) as file:
        file.write(text.encode("utf-8"))


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Give a file that takes the place of `path` at the end, and is gone where something fails.

    What is no file, as `/dev/stdout`, is written to, at the end. Raises OSError.
    """
    from tempfile import TemporaryFile, mkstemp

    if path.is_dir():
        raise IsADirectoryError(EISDIR, os.strerror(EISDIR), str(path))
    if path.exists() and not path.is_file():
        with TemporaryFile() as file:
            yield file
            with path.open("wb") as stream:
                copy_all(file, stream)
        return
    target = path.resolve()
    mode = target.stat().st_mode if target.exists() else 0o666 & ~_umask()
    number, name = mkstemp(dir=target.parent, prefix=".")
    try:
        with open(number, "wb") as file:  # noqa: PTH123 - no path
            yield file
        os.chmod(name, mode)  # noqa: PTH101 - a name, not a Path
        os.replace(name, target)  # noqa: PTH105 - likewise
    except BaseException:
        os.unlink(name)  # noqa: PTH108 - likewise
        raise


@contextmanager
def writing(name: str) -> Iterator[None]:
    """Turn what keeps a file from being written into a RequestError with its name.

    That nobody reads on at the other end (BrokenPipeError) is left to the caller.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise refuse_request("output", f"{name}: {error.strerror or error}") from None


def copy_all(file: BinaryIO, stream: BinaryIO) -> None:
    """Write all of a file to a stream. Raises OSError."""
    from shutil import copyfileobj

    file.seek(0)
    copyfileobj(file, stream)
    stream.flush()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
