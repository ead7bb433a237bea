"""What tests pin down of policies, as people read it: what is left, and the policies' own lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from policy_eval.cases.coverage import Coverage, Covered, CoveredStatement
from policy_eval.engine.marks import FAILS, HOLDS, OPEN
from policy_eval.reports.wording import visible_lines

_TAB = 4


def spell_coverage(coverage: Coverage, *, verbose: bool = False) -> str:
    """Return the counts, and what no test has seen (with `verbose`, all clauses)."""
    lines = [f"coverage: {_of(coverage)} outcomes ({coverage.percent:.1f} %)"]
    for file, statements in coverage.by_file().items():
        shown = [each for each in statements if verbose or not _is_whole(each)]
        lines += ["", f"  {file}   {_of(Coverage(statements))}"]
        for each in shown:
            lines += (f"    {line}" for line in _statement(each, verbose=verbose))
    return "\n".join(lines)


def _of(coverage: Coverage) -> str:
    return f"{coverage.met} of {coverage.goals}"


def _is_whole(statement: CoveredStatement) -> bool:
    return all(part.met == part.goals for part in statement.parts)


def _statement(statement: CoveredStatement, *, verbose: bool) -> Iterator[str]:
    whole = statement.whole
    yield f"{_mark(whole)} {statement.label}   {_said(whole)}   {whole.place}"
    for clause in statement.clauses:
        if verbose or clause.met < clause.goals:
            yield f"    {_mark(clause)} {clause.text}   {_said(clause)}"


def _said(part: Covered) -> str:
    return part.status + (", decisive" if part.seen.decisive else "")


def _mark(part: Covered) -> str:
    if part.met == part.goals:
        return HOLDS
    return OPEN if part.met else FAILS


def write_listing(coverage: Coverage) -> str:
    """Return the lines of the policies, each with a mark, and under it what no test has seen.

    Of a policy that is not in a file (a string in a request of the simulator), its clauses.
    """
    lines: list[str] = []
    for file, statements in coverage.by_file().items():
        try:
            source = Path(file).read_bytes().decode()
        except OSError:
            listed = [line for each in statements for line in _statement(each, verbose=True)]
        else:
            listed = list(_listed(source.replace("\r", " ").split("\n"), statements))
        lines += [f"{file}   {_of(Coverage(statements))}", *listed, ""]
    return visible_lines("\n".join(lines))


def _listed(source: list[str], statements: Iterable[CoveredStatement]) -> Iterator[str]:
    parts = sorted(
        (part for each in statements for part in each.parts), key=lambda each: each.place
    )
    on_line = {line: list(those) for line, those in groupby(parts, lambda each: each.place.line)}
    width = len(str(len(source)))
    for number, line in enumerate(source, 1):
        those = on_line.get(number, [])
        mark = _mark_of(those)
        yield f"{number:>{width}} {mark} | {line.expandtabs(_TAB)}".rstrip()
        for part in those:
            if part.met < part.goals:
                what = part.text or "this statement"
                before = line[: part.place.column - 1].expandtabs(_TAB)
                yield f"{'':>{width}}   | {'':>{len(before)}}^ {what}: {_said(part)}"


def _mark_of(parts: list[Covered]) -> str:
    if not parts:
        return " "
    if all(part.met == part.goals for part in parts):
        return HOLDS
    return OPEN if any(part.met for part in parts) else FAILS
