"""`policy-eval import`: sources as a workspace, a folder that people read and compare."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from policy_eval.cli.output import print_answer, refusing_bad_input, safe_lines
from policy_eval.cli.source_options import counted
from policy_eval.errors import Diagnostic, Severity, SourceError

if TYPE_CHECKING:
    from policy_eval.sources.model import Found

_SHOWN = 20


@click.command("import", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("sources", nargs=-1, required=True)
@click.option("--out", required=True, metavar="DIR", help="The folder to write, new or empty.")
@click.option(
    "--keep-going", is_flag=True,
    help="Leave out what cannot be read, with a warning each, and take the rest.",
)  # fmt: skip
def command(*, sources: tuple[str, ...], out: str, keep_going: bool) -> None:
    """Write what SOURCES hold to a folder: one file a policy, principals and attachments beside.

    Prints what was taken, and what was left out and why. Exits 0, or 2 for unusable input.
    """
    from policy_eval.sources.loading import load
    from policy_eval.sources.workspace import write_workspace

    skipped: list[Diagnostic] = []

    def skip(error: SourceError) -> None:
        skipped.extend(each._replace(severity=Severity.WARNING) for each in error.diagnostics)

    with refusing_bad_input() as tell:
        found = load(sources, skip if keep_going else None)
        tell(tuple(skipped))
        written = write_workspace(found, Path(out))
        print_answer(safe_lines("\n".join(_summary(found, written, len(skipped), out))))


def _summary(found: Found, written: int, skipped: int, out: str) -> list[str]:
    kinds = Counter(entity.kind.value for entity in found.entities.values())
    counts = [counted(count, kind) for kind, count in sorted(kinds.items())]
    counts += [
        counted(len(things), *names)
        for things, *names in (
            (found.managed, "managed policy", "managed policies"),
            (found.resources, "resource"),
            (found.endpoints, "VPC endpoint"),
        )
        if things
    ]
    if found.organization is not None:
        counts.append(f"an organization of {counted(len(found.organization.nodes), 'node')}")
    lines = [f"{out}: {counted(written, 'file')}: {', '.join(counts) or 'nothing'}"]
    lines += [f"  note: {each}" for each in found.notes]
    lines += [f"  left out: {each}" for each in found.left_out[:_SHOWN]]
    if len(found.left_out) > _SHOWN:
        lines.append(f"  and {len(found.left_out) - _SHOWN} more: see workspace.json")
    if skipped:
        lines.append(f"  {skipped} could not be read (above)")
    return lines
