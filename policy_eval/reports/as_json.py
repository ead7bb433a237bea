"""The report in JSON (RFC 8259): the run as it is, in the field names of docs/testing.md."""

from __future__ import annotations

import json

from policy_eval.cases.outcome import Run

_ESCAPES = {code: f"\\u{code:04x}" for code in (*range(0x7F, 0xA0), *range(0xD800, 0xE000))}
"""What could move a terminal, and what no encoding can carry."""


def write(run: Run) -> str:
    """Return the run as indented JSON."""
    return json.dumps(run.to_dict(), indent=2, ensure_ascii=False).translate(_ESCAPES) + "\n"
