"""Where the statements stand that tests are about.

A policy of a source stands in no file by itself: its lines are those of its own JSON text, and its
file is called by where in the source it is, so that no two policies have one name.
"""

from __future__ import annotations

from collections.abc import Mapping
from os.path import normpath

from policy_eval.errors import Place
from policy_eval.policy.ast import Policy, Statement
from policy_eval.text.node import Path

Names = Mapping[int, str]
"""What policies of sources are called, by their identity."""

NO_NAMES: Names = {}


def standing(policy: Policy, statement: Statement, path: Path, names: Names) -> tuple[Place, Place]:
    """Return where a thing in a statement begins and ends; its file by its shortest name.

    Of a statement with a value that is not known only the known ones are here, so that their
    numbers tell no places: they stand where their statement does.
    """
    is_parted = any(
        other is not statement and other.number == statement.number for other in policy.statements
    )
    span = policy.places(statement.number, () if is_parted else path)
    file = names.get(id(policy)) or normpath(policy.source.place(span.start).file)
    start, end = (policy.source.place(at)._replace(file=file) for at in span)
    return start, end
