"""The rules as data: what docs/semantics.md says of each, read when it is first asked for.

The page is the one source: its tables are the rows, its last section the addresses of AWS's
pages. Tests hold it equal to the rules that code and fixtures cite.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from policy_eval.semantics.readings import OpenPoint
from policy_eval.text.package_data import packaged_text


class Page(NamedTuple):
    """A page of AWS: its title, and its address where the page of rules has one, else empty."""

    title: str
    url: str


class Readings(NamedTuple):
    """The two readings of an open point, in words."""

    ours: str
    other: str


class Rule(NamedTuple):
    """A rule: its ID, the section it stands in, what it says, its status, where AWS says so.

    `aws` is the last column as it stands, empty where no page says it, `pages` the titles in it.
    `readings` is None where the rule is no open point; `see` are the rules its text names.
    """

    name: str
    section: str
    says: str
    status: str
    aws: str
    pages: tuple[Page, ...]
    readings: Readings | None
    see: tuple[str, ...]

    @property
    def point(self) -> OpenPoint | None:
        """The open point that the rule is, if it is one."""
        return None if self.readings is None else OpenPoint(self.name)


_ID = re.compile(r"R-[A-Z]+-G?[0-9]{1,2}\b|\bE\.[0-9]\b")
_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")
_PAGE = re.compile(r'^- "([^"]+)"[^:<]*(?:: <([^>]+)>)?')
_OF_RULES, _OF_READINGS = 4, 3
"""How many columns the tables of rules and of open points have."""


@cache
def rules() -> dict[str, Rule]:
    """Return the rules by their IDs, in the order of the page."""
    text = packaged_text("docs", "semantics.md")
    urls = dict(_pages(text))
    rows = [*_rows(text)]
    readings = {cells[0]: Readings(*cells[1:]) for _, cells in rows if len(cells) == _OF_READINGS}
    return {
        cells[0]: _rule(section, cells, urls, readings.get(cells[0]))
        for section, cells in rows
        if len(cells) == _OF_RULES
    }


def find_rules(text: str) -> tuple[Rule, ...]:
    """Return the rules that an ID means; none where it is unknown. Letter case does not matter.

    `R-RES-03/04` means two of them.
    """
    first, *further = text.strip().upper().split("/")
    family = first.rpartition("-")[0]
    names = [first, *(each if "-" in each else f"{family}-{each}" for each in further)]
    known = rules()
    return tuple(known[name] for name in names) if all(name in known for name in names) else ()


def _rule(section: str, cells: list[str], urls: dict[str, str], readings: Readings | None) -> Rule:
    name, says, status, aws = cells
    pages = tuple(Page(title, urls.get(title, "")) for title in re.findall(r'"([^"]+)"', aws))
    see = tuple(dict.fromkeys(each for each in _ID.findall(says) if each != name))
    return Rule(name, section, says, status, aws if pages else "", pages, readings, see)


def _rows(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the rows of the tables of rules, each with its section, links as plain text."""
    section = ""
    for line in text.splitlines():
        if line.startswith("## "):
            section = line.removeprefix("## ")
        elif line.startswith("| ") and _ID.match(line, 2):
            yield section, [_LINK.sub(r"\1", cell.strip()) for cell in line.strip("|").split("|")]


def _pages(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        if found := _PAGE.match(line):
            yield found[1], found[2] or ""
