"""Everything this package raises, and the diagnostics it carries.

    PolicyEvalError
    └── InputError            what was given cannot be used; carries Diagnostics
        ├── PolicyError       a policy document is refused, with every problem found
        ├── RequestError      a request cannot be evaluated as it stands
        └── SuiteError        a fixture or scenario file is refused

A denied request is a Decision, never an exception.
"""

from enum import Enum
from typing import NamedTuple


class PolicyEvalError(Exception):
    """Root of every error this package raises on purpose."""


class Place(NamedTuple):
    """Where a thing stands: file name, line and column (both from 1)."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Severity(Enum):
    """An error refuses the input; a warning is said and the input is used."""

    ERROR = "error"
    WARNING = "warning"


class Diagnostic(NamedTuple):
    """One problem of an input: what was found, what was expected, and how to mend it.

    `code` is stable; `place` is None where the input has no text (a Python value);
    `rules` are rule IDs of docs/semantics.md.
    """

    code: str
    severity: Severity
    message: str
    remedy: str = ""
    place: Place | None = None
    rules: tuple[str, ...] = ()

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        remedy = f"; {self.remedy}" if self.remedy else ""
        return f"{where}{self.severity.value}[{self.code}]: {self.message}{remedy}"

    def to_dict(self) -> dict[str, object]:
        """Return the diagnostic as plain data, in stable field names."""
        return {
            "code": self.code,
            "severity": self.severity.value,
            "message": self.message,
            "remedy": self.remedy,
            "file": self.place.file if self.place else None,
            "line": self.place.line if self.place else None,
            "column": self.place.column if self.place else None,
            "rules": list(self.rules),
        }


class InputError(PolicyEvalError):
    """Something given cannot be used; `diagnostics` says what, where and how to mend it."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        self.diagnostics = diagnostics
        super().__init__("\n".join(map(str, diagnostics)))


class PolicyError(InputError):
    """A policy document is refused: AWS would not store it, or it cannot be read."""


class RequestError(InputError):
    """A request cannot be evaluated: a malformed name, a contradiction, an unreadable value."""


class SuiteError(InputError):
    """A fixture or scenario file is refused."""


def refuse_request(
    code: str, message: str, remedy: str = "", rules: tuple[str, ...] = ()
) -> RequestError:
    """Return the error for one thing that is wrong with a request."""
    return RequestError(Diagnostic(code, Severity.ERROR, message, remedy, None, rules))
