"""The formats a run is reported in, by name; the writer of one is loaded when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Protocol, cast

from policy_eval.cases.outcome import Run

FORMATS: Mapping[str, str] = {
    "json": "as_json",
    "junit": "junit",
    "tap": "tap",
    "github": "github",
    "sarif": "sarif",
}
"""The name of each format → the module that writes it."""


class Writer(Protocol):
    """What the module of a format offers."""

    def write(self, run: Run) -> str:
        """Return the whole report, with a line break at its end."""


def written(run: Run, form: str) -> str:
    """Return the report of a run in a format of FORMATS. Raises KeyError for any other."""
    module = import_module(f"policy_eval.reports.{FORMATS[form]}")
    return cast("Writer", module).write(run)  # a module by its name has no type; a test calls each
