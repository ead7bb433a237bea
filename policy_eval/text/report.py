"""A diagnostic as people read it: the problem, its place, its line underlined, and the help.

The manner is rustc's: `error[code]: what was found`, `--> file:line:column`, the source line with
carets under what is meant and what was expected beside them, then help and rules, each after `=`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from policy_eval.errors import Diagnostic, Severity, visible
from policy_eval.excerpt import Excerpt

Paint: TypeAlias = Callable[[str, Severity | None], str]
"""Colours a part of a report: in the colour of a severity, or (None) as a border."""

_TAB = "    "
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_PICTURES, _DELETE_PICTURE, _CONTROLS, _DELETE = 0x2400, "\N{SYMBOL FOR DELETE}", 0x20, "\x7f"
_MANY = 2


def plain(text: str, _: Severity | None) -> str:
    """Return the text without colour."""
    return text


def render(diagnostic: Diagnostic, paint: Paint = plain) -> str:
    """Return the diagnostic in several lines, without a line break at the end."""
    severity = diagnostic.severity
    head = paint(f"{severity.value}[{diagnostic.code}]", severity)
    lines = [f"{head}: {visible(diagnostic.message)}"]
    label = visible(diagnostic.wanted)
    place, excerpt = diagnostic.place, diagnostic.excerpt
    number = "" if place is None or excerpt is None else str(place.line)
    border = " " * len(number)
    if place is not None:
        lines.append(f"{border}{paint('-->', None)} {visible(str(place))}")
    if excerpt is not None:
        shown, caret = _underlined(excerpt)
        bar = paint("|", None)
        lines += [
            f"{border} {bar}",
            f"{paint(number, None)} {bar} {shown}".rstrip(),
            f"{border} {bar} {paint(f'{caret} {label}'.rstrip(), severity)}",
        ]
        label = ""
    notes = (
        ("expected", label.removeprefix("expected ")),
        ("help", visible(diagnostic.remedy)),
        ("rule", ", ".join(diagnostic.rules)),
    )
    lines += [f"{border} {paint('=', None)} {name}: {text}" for name, text in notes if text]
    return "\n".join(lines)


def render_all(diagnostics: Iterable[Diagnostic], paint: Paint = plain) -> str:
    """Return the diagnostics one after another, and how many there are if there are several."""
    listed = tuple(diagnostics)
    texts = [render(diagnostic, paint) for diagnostic in listed]
    if len(listed) >= _MANY:
        texts.append(_counted(listed))
    return "\n\n".join(texts)


def _counted(diagnostics: tuple[Diagnostic, ...]) -> str:
    counts = [
        f"{count} {severity.value}{'s' * (count != 1)}"
        for severity in Severity
        if (count := sum(each.severity is severity for each in diagnostics))
    ]
    return ", ".join(counts)


def _underlined(excerpt: Excerpt) -> tuple[str, str]:
    """Return the line as shown, and the carets that go under it."""
    line = excerpt.line
    before, meant = line[: excerpt.start], line[excerpt.start : excerpt.end]
    shown = "".join(map(_shown, line))
    indent = sum(_columns(_shown(character)) for character in before)
    width = sum(_columns(_shown(character)) for character in meant)
    return shown, " " * indent + "^" * max(width, 1)


def _shown(character: str) -> str:
    """Return what stands for a character on a terminal: nothing that moves or hides."""
    if character == "\t":
        return _TAB
    if character.isprintable():
        return character
    if character < chr(_CONTROLS):
        return chr(_PICTURES + ord(character))
    return _DELETE_PICTURE if character == _DELETE else _REPLACEMENT


def _columns(shown: str) -> int:
    """Return how many columns a terminal gives to a text."""
    if shown.isascii():
        return len(shown)
    from unicodedata import category, east_asian_width

    if category(shown) in ("Mn", "Me"):
        return 0
    return 2 if east_asian_width(shown) in ("W", "F") else 1
