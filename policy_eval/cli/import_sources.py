"""`policy-eval import`: sources as a workspace, a folder that people read and compare."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from policy_eval.cli.output import print_answer, refusing_bad_input, safe_lines
from policy_eval.cli.source_options import Sources, counted, reading_options

if TYPE_CHECKING:
    from policy_eval.sources.model import Found

_SHOWN = 20


@click.command("import", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("sources", nargs=-1, required=True)
@click.option("--out", required=True, metavar="DIR", help="The folder to write, new or empty.")
@reading_options
def command(*, sources: tuple[str, ...], out: str, **reading: Any) -> None:  # noqa: ANN401 - the options of `Sources`, as click hands them over
    """Write what SOURCES hold to a folder: one file a policy, principals and attachments beside.

    Prints what was taken, and what was left out and why. Exits 0, or 2 for unusable input.
    """
    from policy_eval.sources.workspace import write_workspace

    with refusing_bad_input() as tell:
        found, skipped = Sources(sources, **reading).found(tell)
        written = write_workspace(found, Path(out))
        print_answer(safe_lines("\n".join(_summary(found, written, skipped, out))))


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
