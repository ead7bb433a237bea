"""Bytes → text: UTF-8 and nothing else, within bounds; every refusal says what was found.

AWS: "Grammar of the IAM JSON policy language" (R-GRAM-13).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy_eval.errors import Diagnostic, InputError, PolicyError, Severity
from policy_eval.text.limits import LARGEST_POLICY
from policy_eval.text.source import Source

if TYPE_CHECKING:
    from os import PathLike


def read_source(
    path: str | PathLike[str],
    largest: int = LARGEST_POLICY,
    refusal: type[InputError] = PolicyError,
) -> Source:
    """Return the text of a UTF-8 file of at most `largest` bytes. Raises `refusal`."""
    name = str(path)
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - pathlib costs a tenth of a cold start
            data = file.read(largest + 1)
    except (OSError, ValueError) as error:
        raise refusal(unreadable(name, error)) from None
    return decode(data, name, largest, refusal)


def decode(
    data: bytes,
    name: str,
    largest: int = LARGEST_POLICY,
    refusal: type[InputError] = PolicyError,
) -> Source:
    """Return the text in some bytes. Raises `refusal`."""
    if len(data) > largest:
        raise refusal(_too_large(name, largest))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise refusal(_wrong_encoding(name, data, error)) from None
    return checked(Source(name, text), refusal)


def checked(source: Source, refusal: type[InputError] = PolicyError) -> Source:
    """Return a text that holds no byte order mark and no NUL. Raises `refusal`."""
    if source.text[:1] == "\ufeff" or "\x00" in source.text:
        raise refusal(_stray(source.name, source.text))
    return source


def _too_large(name: str, largest: int) -> Diagnostic:
    return Diagnostic(
        "too-large",
        Severity.ERROR,
        f"{name}: this holds more than {largest:,} bytes, and no more is read",
        "AWS's largest policy has 20,480 characters; give the policy alone",
    )


def unreadable(name: str, error: OSError | ValueError) -> Diagnostic:
    """Return what keeps a file from being read."""
    if isinstance(error, IsADirectoryError):
        return Diagnostic(
            "is-a-directory",
            Severity.ERROR,
            f"{name}: this is a folder",
            "name a file in it",
        )
    if isinstance(error, FileNotFoundError):
        return Diagnostic(
            "missing-file", Severity.ERROR, f"{name}: there is no such file", _near_file(name)
        )
    found = (error.strerror if isinstance(error, OSError) else "") or str(error)
    return Diagnostic("unreadable-file", Severity.ERROR, f"{name}: {found.lower()}")


def _near_file(name: str) -> str:
    from difflib import get_close_matches
    from pathlib import Path

    path = Path(name)
    try:
        beside = [entry.name for entry in path.parent.iterdir()]
    except (OSError, ValueError):
        return f"there is no folder `{path.parent}`"
    near = get_close_matches(path.name, beside, 1)
    return f"did you mean `{path.with_name(near[0])}`" if near else ""


_MARKS = {
    b"\xff\xfe\x00\x00": "UTF-32",
    b"\x00\x00\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}
_SAVE = "save the file as UTF-8 without a byte order mark"
_POWERSHELL = f"PowerShell's `>` writes it; {_SAVE} (`Out-File -Encoding ascii`)"


def _wrong_encoding(name: str, data: bytes, error: UnicodeDecodeError) -> Diagnostic:
    marked = next((kind for mark, kind in _MARKS.items() if data.startswith(mark)), None)
    if marked is not None:
        return Diagnostic(
            "wrong-encoding",
            Severity.ERROR,
            f"{name}: this is {marked} text",
            _POWERSHELL,
            rules=("R-GRAM-13",),
            expected="UTF-8",
        )
    before = data[: error.start].decode("utf-8")
    byte = data[error.start : error.start + 1]
    from policy_eval.text.pointing import point  # only when something is wrong

    shown = Source(name, before + byte.decode("latin-1") + _line_after(data, error.start + 1))
    problem = Diagnostic(
        "wrong-encoding",
        Severity.ERROR,
        f"byte 0x{byte.hex().upper()} is not UTF-8",
        f"in Latin-1 it would be `{byte.decode('latin-1')}`; {_SAVE}",
        rules=("R-GRAM-13",),
        expected="UTF-8",
    )
    return point(shown, problem, len(before))


def _line_after(data: bytes, start: int) -> str:
    """Return what follows on the same line, so far as it can be shown."""
    end = data.find(b"\n", start)
    return data[start : None if end < 0 else end].decode("utf-8", "replace")


def _stray(name: str, text: str) -> Diagnostic:
    """Return what is wrong with a text that holds a byte order mark or a NUL."""
    from policy_eval.text.pointing import point

    if text[:1] == "\ufeff":
        problem = Diagnostic(
            "byte-order-mark",
            Severity.ERROR,
            "the text begins with a byte order mark",
            _SAVE,
            rules=("R-GRAM-13",),
        )
        return point(Source(name, text), problem, 0)
    halved = text.count("\x00") * 3 > len(text)
    problem = Diagnostic(
        "nul-character",
        Severity.ERROR,
        "the text holds a NUL character",
        "this looks like UTF-16: save the file as UTF-8" if halved else "remove it",
        rules=("R-GRAM-13",),
    )
    return point(Source(name, text), problem, text.index("\x00"))
