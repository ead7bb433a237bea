"""Coverage as Cobertura XML ("coverage-04.dtd"), which CI servers read.

A policy's file is a class, and a line with a clause is a line. Every clause is a condition of two
outcomes (one, if there is nothing that it would reject).
"""

from __future__ import annotations

import time
from itertools import groupby
from pathlib import PurePath
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from policy_eval.cases.coverage import Coverage, Covered, CoveredStatement
from policy_eval.errors import visible

_DOCTYPE = '<!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">'


def write(coverage: Coverage) -> str:
    """Return the report."""
    root = Element("coverage")
    _rates(root, coverage.statements)
    for name, value in _totals(coverage).items():
        root.set(name, value)
    SubElement(SubElement(root, "sources"), "source").text = "."
    packages = SubElement(root, "packages")
    files = coverage.by_file()
    for folder, names in groupby(sorted(files, key=_folder), _folder):
        inside = list(names)
        package = SubElement(packages, "package", name=visible(folder))
        _rates(package, tuple(each for file in inside for each in files[file]))
        package.set("complexity", "0")
        classes = SubElement(package, "classes")
        for file in inside:
            _class(classes, file, files[file])
    indent(root)
    text = tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{_DOCTYPE}\n{text}\n'


def _folder(file: str) -> str:
    return str(PurePath(file).parent)


def _totals(coverage: Coverage) -> dict[str, str]:
    lines = _lines(coverage.statements)
    covered = sum(any(part.seen.matched for part in parts) for parts in lines.values())
    return {
        "lines-valid": str(len(lines)),
        "lines-covered": str(covered),
        "branches-valid": str(coverage.goals),
        "branches-covered": str(coverage.met),
        "complexity": "0",
        "version": "1",
        "timestamp": str(int(time.time())),
    }


def _class(classes: Element, file: str, statements: tuple[CoveredStatement, ...]) -> None:
    path = PurePath(visible(file))
    found = SubElement(classes, "class", name=path.stem, filename=path.as_posix())
    _rates(found, statements)
    found.set("complexity", "0")
    SubElement(found, "methods")
    lines = SubElement(found, "lines")
    for (_, number), parts in _lines(statements).items():
        goals, met = sum(part.goals for part in parts), sum(part.met for part in parts)
        hits = int(any(part.seen.matched for part in parts))
        line = SubElement(lines, "line", number=str(number), hits=str(hits), branch="true")
        line.set("condition-coverage", f"{100 * met // goals}% ({met}/{goals})")


def _rates(element: Element, statements: tuple[CoveredStatement, ...]) -> None:
    lines = _lines(statements)
    covered = sum(any(part.seen.matched for part in parts) for parts in lines.values())
    part = Coverage(statements)
    element.set("line-rate", f"{covered / len(lines) if lines else 1:.4f}")
    element.set("branch-rate", f"{part.percent / 100:.4f}")


def _lines(statements: tuple[CoveredStatement, ...]) -> dict[tuple[str, int], list[Covered]]:
    """Return what begins on each line."""
    lines: dict[tuple[str, int], list[Covered]] = {}
    for part in sorted(
        (part for each in statements for part in each.parts), key=lambda each: each.place
    ):
        lines.setdefault((part.place.file, part.place.line), []).append(part)
    return lines
