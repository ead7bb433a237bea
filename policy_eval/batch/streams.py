"""Bytes of a file or of stdin, as they are read, and how far that is."""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import BufferedReader
from os import fstat
from pathlib import Path
from typing import BinaryIO, cast

from policy_eval.batch.rows import LARGEST_ROW, is_cut
from policy_eval.errors import Diagnostic, RequestError, Severity
from policy_eval.text.files import unreadable

STDIN = "-"


class Stream:
    """A file that is read from its beginning to its end. Raises RequestError where it cannot be.

    `below` is the file itself, which may be packed.
    """

    def __init__(self, name: str, below: BinaryIO, file: BufferedReader, size: int) -> None:
        self.name = name
        self.below = below
        self._file = file
        self._size = size

    def read_into(self, place: memoryview) -> int:
        """Read the next bytes to a place; return how many these are, 0 at the end.

        Raises RequestError.
        """
        with _readable(self.name):
            return self._file.readinto(place)

    def lines(self) -> Iterator[bytes]:
        """Give the lines, each with its end; one that is too long comes cut (`is_cut`).

        Raises RequestError.
        """
        while line := self._line(LARGEST_ROW + 1):
            yield line
            if is_cut(line):
                while (rest := self._line(LARGEST_ROW)) and rest[-1:] != b"\n":
                    pass

    def progress(self) -> float:
        """Return which part was read, from 0 to 1; 0 where the size is not known."""
        return self.below.tell() / self._size if self._size else 0.0

    def _line(self, longest: int) -> bytes:
        with _readable(self.name):
            return self._file.readline(longest)


@contextmanager
def opened(path: str) -> Iterator[Stream]:
    """Give a file; `-` is stdin, `*.gz` is unpacked. Raises RequestError."""
    if path == STDIN:
        stdin = cast("BufferedReader", sys.stdin.buffer)
        yield Stream("<stdin>", stdin, stdin, 0)
        return
    with ExitStack() as files:
        with _readable(path):
            below = files.enter_context(Path(path).open("rb"))
            size = fstat(below.fileno()).st_size
        file = below
        if path.endswith(".gz"):
            file = cast("BufferedReader", files.enter_context(gzip.open(below)))
        yield Stream(path, below, file, size)


@contextmanager
def _readable(name: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        raise RequestError(unreadable(name, error)) from None
    except (EOFError, zlib.error) as error:
        message = f"{name}: {error}".lower()
        raise RequestError(Diagnostic("unreadable-file", Severity.ERROR, message)) from None
