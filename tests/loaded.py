"""Which modules a program loads, in a process of its own in which nothing is measured."""

from __future__ import annotations

import os
import subprocess
import sys


def modules_of(code: str) -> set[str]:
    """Return the names of the modules that are loaded when a program has run."""
    unmeasured = {
        name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")
    }
    found = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        env=unmeasured,
    )
    return set(found.stdout.split())
