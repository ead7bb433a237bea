"""`policy-eval matrix`: users and roles by actions, as a table, CSV, JSON or one page."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from policy_eval.cli.options import taken
from policy_eval.cli.output import as_line, print_answer, refusing_bad_input, safe_lines
from policy_eval.cli.request_options import Described, complete_action, request_options
from policy_eval.cli.source_options import Sources, source_options
from policy_eval.engine.marks import FAILS, HOLDS, OPEN
from policy_eval.queries.matrix import BY_SERVICE, REFUSED, Row, actions_like, matrix
from policy_eval.sources.titles import short_names

_FORMATS = ("text", "csv", "json", "html")
_MARKS = {"allowed": HOLDS, "explicitDeny": FAILS, "implicitDeny": "·", "undetermined": OPEN,
          BY_SERVICE: "!", REFUSED: "-"}  # fmt: skip
_WIDEST = 48


@click.command("matrix", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("actions", nargs=-1, required=True, shell_complete=complete_action)
@source_options
@request_options
@click.option("--on", "resource", metavar="RESOURCE", help="The resource of every action.")
@click.option("--resource-account", metavar="ACCOUNT", help="Whose account the resource is in.")
@click.option("--as", "names", multiple=True, metavar="PRINCIPAL", help="Only this user or role.")
@click.option(
    "-o", "--output", "form", type=click.Choice(_FORMATS), default="text",
    help="How to print the matrix.",
)  # fmt: skip
@click.option("--out", metavar="FILE", help="Write it to a file, whole or not at all.")
def command(
    *,
    actions: tuple[str, ...],
    resource: str | None,
    resource_account: str | None,
    names: tuple[str, ...],
    form: str,
    out: str | None,
    **options: Any,  # noqa: ANN401 - those of `Sources` and `Described`, as click hands them over
) -> None:
    """Say what every user and role can do of ACTIONS, names or patterns such as `s3:Get*`.

    Exits 0, or 2 for unusable input.

    \b
        policy-eval matrix 'secretsmanager:*' --source gaad.json -o html --out matrix.html
    """  # noqa: D301 - click's \b
    described = taken(Described, options)
    sources = taken(Sources, options)
    with refusing_bad_input() as tell:
        accounts = sources.accounts(tell)
        wanted = actions_like(actions)
        question = described.question(wanted[0], resource, resource_account=resource_account)
        callers = [*map(accounts.caller, names)] or None
        rows = matrix(accounts, wanted, question, callers)
        if form == "html":
            from policy_eval.queries.matrix_page import page  # only where a page is wanted

            text = iter([page(accounts, wanted, question, rows, sources.as_given())])
        else:
            text = _written(wanted, rows, form)
        if out is None:
            for part in text:
                print_answer(part)
            return
        _write(Path(out), text)


def _written(actions: Sequence[str], rows: Iterable[Row], form: str) -> Iterator[str]:
    """Yield the matrix in a format, some lines at a time."""
    match form:
        case "csv":
            yield _csv(["principal", *actions])
            for row in rows:
                yield _csv([row.caller, *(cell.word for cell in row.cells)])
        case "json":
            for row in rows:
                cells = {
                    action: {
                        "decision": cell.word,
                        "matched": list(cell.matched),
                        "statements": [
                            {"policy": each.policy, "statement": each.number}
                            for each in cell.statements
                        ],
                    }
                    for action, cell in zip(actions, row.cells, strict=True)
                }
                yield as_line({"principal": row.caller, "actions": cells})
        case _:
            yield safe_lines("\n".join(_text(actions, rows)))


def _csv(cells: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()


def _text(actions: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    for number, action in enumerate(actions, 1):
        yield f"{number:>3}  {action}"
    yield ""
    found = [*rows]
    short = short_names(row.caller for row in found)
    width = min(max((len(short(row.caller)) for row in found), default=0), _WIDEST)
    yield f"{'':<{width}} " + "".join(f"{number:>4}" for number in range(1, len(actions) + 1))
    for row in found:
        marks = "".join(f"{_MARKS[cell.word]:>4}" for cell in row.cells)
        yield f"{short(row.caller):<{width}} {marks}"
    yield ""
    yield f"{HOLDS} allowed   {FAILS} explicit deny   · implicit deny   {OPEN} undetermined"
    yield f"{_MARKS[BY_SERVICE]} not denied by policies, and the service refuses it all the same"
    yield f"{_MARKS[REFUSED]} no such caller makes this call, or AWS would not store a policy"


def _write(path: Path, parts: Iterable[str]) -> None:
    """Write a file whole, or not at all. Raises InputError."""
    from policy_eval.text.replacing import replacing, writing

    with writing(str(path)), replacing(path) as file:
        for part in parts:
            file.write(part.encode("utf-8") + b"\n")
