"""A large account export, read from a file: the time and the memory that it takes.

`python -m benchmarks.exports [MEGABYTES]` writes one of that size (250), and reads it in a process
of its own, plain and compressed.
"""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.accounts import export
from benchmarks.timing import ROOT, peak_memory
from policy_eval.sources.loading import load
from policy_eval.sources.model import EntityKind

_MEGABYTES = 250


def run(megabytes: int = _MEGABYTES) -> None:
    """Print the time and the memory."""
    with TemporaryDirectory() as folder:
        plain, packed = Path(folder, "account.json"), Path(folder, "account.json.gz")
        roles = _write(plain, megabytes * 1_000_000)
        with plain.open("rb") as source, gzip.open(packed, "wb", 1) as target:
            shutil.copyfileobj(source, target)
        for path in (plain, packed):
            seconds, peak, read = _read(path)
            assert read == roles
            print(
                f"exports: {plain.stat().st_size / 1e6:,.0f} MB in {path.name}, {roles:,} roles: "
                f"read in {seconds:.0f} s, at most {peak / 1e6:,.0f} MB held"
            )


def _write(path: Path, size: int) -> int:
    """Write an export of about so many bytes; return how many roles it has."""
    lists = export()
    roles = lists["RoleDetailList"]
    assert isinstance(roles, list)
    count = written = 0
    with path.open("w") as file:
        file.write('{"Policies": ' + json.dumps(lists["Policies"]) + ', "RoleDetailList": [')
        while written < size:
            role = roles[count % len(roles)]
            name = f"{role['RoleName']}-{count}"
            own = {**role, "RoleName": name, "Arn": f"{role['Arn']}-{count}"}
            written += file.write((", " if count else "") + json.dumps(own))
            count += 1
        file.write("]}")
    return count


def _read(path: Path) -> tuple[float, int, int]:
    """Return the seconds, the bytes and the roles of a file, read in a process of its own."""
    arguments = [sys.executable, "-m", "benchmarks.exports", "read", str(path)]
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=True)
    seconds, peak, roles = json.loads(done.stdout)
    return seconds, peak, roles


def read(path: str) -> None:
    """Read a file, and print the seconds, the bytes that were held at most, and the roles."""
    began = perf_counter()
    found = load([path])
    seconds = perf_counter() - began
    print(json.dumps([seconds, peak_memory(), len(found.of_kind(EntityKind.ROLE))]))


if __name__ == "__main__":
    if sys.argv[1:2] == ["read"]:
        read(sys.argv[2])
    else:
        run(*map(int, sys.argv[1:]))
