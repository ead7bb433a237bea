"""Everything this package raises, and the diagnostics it carries.

    PolicyEvalError
    └── InputError            what was given cannot be used; carries Diagnostics
        ├── PolicyError       a policy document is refused, with every problem found
        ├── RequestError      a request cannot be evaluated as it stands
        ├── SuiteError        a fixture or scenario file is refused
        └── SourceError       an export, plan or template is refused

A denied request is a Decision, never an exception.
"""

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from policy_eval.excerpt import Excerpt


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

    `code` is stable (docs/errors.md); `message` says what was found, `expected` what should
    stand there, `remedy` how to mend it. `place` and `excerpt` are None where the input has no
    text (a Python value); `rules` are rule IDs of docs/semantics.md; `key` is the condition key
    it is about, where it is about one.
    """

    code: str
    severity: Severity
    message: str
    remedy: str = ""
    place: Place | None = None
    rules: tuple[str, ...] = ()
    expected: str = ""
    key: str = ""
    excerpt: "Excerpt | None" = None

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        said = "; ".join(filter(None, (self.message, self.wanted, self.remedy)))
        return visible(f"{where}{self.severity.value}[{self.code}]: {said}")

    @property
    def wanted(self) -> str:
        """What was expected, as a phrase; empty where nothing more can be said."""
        return self.expected and f"expected {self.expected}"

    def to_dict(self) -> dict[str, object]:
        """Return the diagnostic as plain data, in stable field names."""
        place, excerpt = self.place, self.excerpt
        return {
            "code": self.code,
            "severity": self.severity.value,
            "message": self.message,
            "expected": self.expected,
            "remedy": self.remedy,
            "file": place.file if place else None,
            "line": place.line if place else None,
            "column": place.column if place else None,
            "end_line": excerpt.end_line if excerpt else None,
            "end_column": excerpt.end_column if excerpt else None,
            "key": self.key or None,
            "rules": list(self.rules),
        }


def visible(text: str) -> str:
    """Return `text` in one line that changes nothing on a terminal.

    Control characters, line breaks and marks that turn the direction of writing become escapes.
    """
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else _escape(character) for character in text
    )


def cut(text: str) -> str:
    """Return a text of the user's for a message, with `…` at the end if it is too long."""
    return text if len(text) <= _LONGEST_IN_MESSAGE else f"{text[: _LONGEST_IN_MESSAGE - 1]}…"


def _escape(character: str) -> str:
    number = ord(character)
    return f"\\x{number:02x}" if number <= _LATIN else f"\\u{{{number:x}}}"


_LATIN = 0xFF
_LONGEST_IN_MESSAGE = 60


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


class SourceError(InputError):
    """An account export, a plan, a template or another source is refused."""


def refuse_request(
    code: str, message: str, remedy: str = "", rules: tuple[str, ...] = (), key: str = ""
) -> RequestError:
    """Return the error for one thing that is wrong with a request."""
    return RequestError(Diagnostic(code, Severity.ERROR, message, remedy, None, rules, key=key))
