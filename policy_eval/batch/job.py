"""A whole batch: a file of requests, a file of decisions, and one of rows that are no requests.

All of it is written, or none.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from difflib import get_close_matches
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, NamedTuple

import pyarrow as pa

from policy_eval.batch.accounts import OfAccounts
from policy_eval.batch.formats import Format, format_of, requests_of
from policy_eval.batch.rows import CONTEXT, TEXTS, Rejected
from policy_eval.batch.run import ROW, Engine, Summary, decide
from policy_eval.batch.streams import STDIN
from policy_eval.batch.writing import Writer, writer
from policy_eval.columnar import SCHEMA, Columnar
from policy_eval.engine.policies import PolicySet
from policy_eval.errors import Diagnostic, RequestError, Severity, refuse_request
from policy_eval.text.replacing import copy_all, replacing, writing

STDOUT = "-"
_REJECTS = ".rejects.jsonl"
_MOST_SHOWN = 10


class Job(NamedTuple):
    """What is to be done. `rejects`, `form` and `out_form` follow from names where they are None.

    `keep` are columns to repeat, `principal` calls in rows that say nobody, `unknown` are keys that
    nobody knows in rows that do not give them; with `fail_fast` the first refused row ends it all.
    """

    requests: str
    out: str
    rejects: str | None = None
    form: Format | None = None
    out_form: Format | None = None
    keep: tuple[str, ...] = ()
    principal: str | None = None
    unknown: tuple[str, ...] = ()
    fail_fast: bool = False


class Done(NamedTuple):
    """What has come of a job: how many decisions, what was found, and where refused rows are."""

    summary: Summary
    problems: tuple[Diagnostic, ...]
    rejects: str | None


def run(job: Job, policies: PolicySet | OfAccounts, progress: Callable[[float], None]) -> Done:
    """Do a job, by one set of policies or by accounts.

    `progress` is told which part is done, from 0 to 1.

    Raises InputError for what cannot be read, and what cannot be written.
    """
    form = job.form or format_of(job.requests, packed=True)
    out_form = job.out_form or format_of(job.out)
    rejects = job.rejects or (None if job.out == STDOUT else f"{job.out}{_REJECTS}")
    _check_names(job, rejects)
    _check_kept(job.keep)
    with requests_of(job.requests, form, job.keep) as requests, ExitStack() as files:
        output = _Output(job, out_form, rejects, files)
        name = "<stdin>" if job.requests == STDIN else job.requests
        engine: Engine = (
            policies
            if isinstance(policies, OfAccounts)
            else Columnar(policies, unknown=job.unknown)
        )
        summary = decide(requests, engine, output, progress, name=name, principal=job.principal)
        output.close()
        misses = tuple(_near_misses(name, requests.left_alone()))
    if rejects is not None and not summary.rejected:
        with suppress(FileNotFoundError):  # of a run before this one
            Path(rejects).unlink()
    return Done(summary, (*output.problems(), *misses), rejects if summary.rejected else None)


class _Output:
    """The files that are written, opened when there is something for them."""

    def __init__(self, job: Job, form: Format, rejects: str | None, files: ExitStack) -> None:
        self._job = job
        self._form = form
        self._where = rejects
        self._files = files
        self._writer: Writer | None = None
        self._rejects: BinaryIO | None = None
        self._shown: list[Diagnostic] = []
        self._rejected = 0
        self._file = files.enter_context(_opened(job.out))
        files.callback(self._abandon)

    def decided(self, table: pa.Table) -> None:
        """Write the decisions of some rows."""
        with _writing(self._job.out):
            if self._writer is None:
                self._writer = writer(self._form, self._file, table.schema)
            self._writer.write_table(table)

    def rejected(self, row: Rejected) -> None:
        """Write a row that is no request. Raises RequestError where that is to end the job."""
        problems = _shown(row, self._job.requests)
        if self._job.fail_fast:
            raise RequestError(*problems)
        self._rejected += 1
        if len(self._shown) < _MOST_SHOWN:
            self._shown += problems
        if self._where is not None:
            if self._rejects is None:
                self._rejects = self._files.enter_context(_opened(self._where))
            with _writing(self._where):
                text = json.dumps(row.to_dict(), ensure_ascii=False, default=str)
                self._rejects.write(f"{text}\n".encode("utf-8", "backslashreplace"))

    def close(self) -> None:
        """Write what belongs to the end."""
        assert self._writer is not None
        with _writing(self._job.out):
            self._writer.close()
        self._writer = None

    def problems(self) -> tuple[Diagnostic, ...]:
        """Return what is wrong with the first refused rows."""
        more = self._rejected - min(self._rejected, _MOST_SHOWN)
        if more:
            message = "1 more row is no request" if more == 1 else f"{more:,} more are no requests"
            return (*self._shown, Diagnostic("rejected-rows", Severity.ERROR, message))
        return (*self._shown,)

    def _abandon(self) -> None:
        """Close what writes a file that nobody will see."""
        if self._writer is not None:
            with suppress(Exception):
                self._writer.close()


def _shown(row: Rejected, file: str) -> list[Diagnostic]:
    """Return what is wrong with a row; where that has no place, with the row's number."""
    return [
        each if each.place else each._replace(message=f"{file}, row {row.number}: {each.message}")
        for each in row.problems
    ]


def _check_names(job: Job, rejects: str | None) -> None:
    """Refuse to write over what is read or written. Raises RequestError."""
    paths = {"REQUESTS": job.requests, "--out": job.out, "--rejects": rejects}
    files = {
        name: os.path.realpath(path) for name, path in paths.items() if path not in (None, "-")
    }
    for name, path in files.items():
        for other, other_path in files.items():
            if name < other and path == other_path and Path(path).is_file():
                raise refuse_request(
                    "output", f"{path}: {other} and {name} are one file", "name another"
                )


def _check_kept(names: Sequence[str]) -> None:
    """Refuse to keep columns whose names are those of decisions. Raises RequestError."""
    for name in names:
        if name == ROW or name in SCHEMA.names:
            raise refuse_request(
                "table-column", f"`{name}` cannot be kept: decisions have a column of this name",
                "rename it in the file of requests",
            )  # fmt: skip


def _near_misses(file: str, names: Iterable[str]) -> Iterator[Diagnostic]:
    """Give a warning for each column that was left alone though it nearly has a known name."""
    known = {name.replace("_", ""): name for name in (*TEXTS, CONTEXT)}
    for name in names:
        near = get_close_matches(name.lower().replace("_", ""), known, 1, 0.8)
        if near:
            message = f"{file}: `{name}` is no part of the requests, and was left alone"
            remedy = f"if `{known[near[0]]}` is meant, name it so; `--keep {name}` repeats it"
            yield Diagnostic("column-left-alone", Severity.WARNING, message, remedy)


@contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    """Give a file that takes the place of `path` at the end; `-` is stdout."""
    with _writing(path):
        if path != STDOUT:
            with replacing(Path(path)) as file:
                yield file
        else:
            with TemporaryFile() as held:
                yield held
                copy_all(held, sys.stdout.buffer)


def _writing(path: str) -> AbstractContextManager[None]:
    return writing("<stdout>" if path == STDOUT else path)
