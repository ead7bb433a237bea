"""How the tests of a run went, as plain data: what reports are made of."""

from __future__ import annotations

from collections import Counter
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from policy_eval.errors import Diagnostic

if TYPE_CHECKING:
    from policy_eval.cases.coverage import Coverage
    from policy_eval.cases.mutation import Mutation


class Status(Enum):
    """How a test went. An error is unusable input: a policy or a request that is refused."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"


class Outcome(NamedTuple):
    """How one test went.

    `file` is the suite's path as it was found, `line` where the test stands in it (from 1).
    `expected` and `actual` are plain data in the words of `expect`; `actual` is None where nothing
    was decided. `message` says what differs (a sentence a line), why the test was skipped, or why
    its input is refused; `explanation` are the lines of the explanation that matter. `rules` and
    `source` are what the test shows and where AWS says so. `seconds` is how long it took.
    `diagnostics` are the problems of an error.
    """

    suite: str
    file: str
    line: int
    name: str
    status: Status
    expected: dict[str, object]
    actual: dict[str, object] | None
    message: str = ""
    explanation: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    source: str = ""
    seconds: float = 0.0
    diagnostics: tuple[Diagnostic, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Return the outcome as plain data, in stable field names."""
        return {
            "suite": self.suite,
            "file": self.file,
            "line": self.line,
            "name": self.name,
            "status": self.status.value,
            "expected": self.expected,
            "actual": self.actual,
            "message": self.message,
            "explanation": list(self.explanation),
            "rule": list(self.rules),
            "source": self.source,
            "seconds": round(self.seconds, 6),
            "diagnostics": [each.to_dict() for each in self.diagnostics],
        }


class Unusable(NamedTuple):
    """A suite that could not be read: none of its tests ran."""

    file: str
    diagnostics: tuple[Diagnostic, ...]


class Run(NamedTuple):
    """A whole run: the tests in the order in which they stand, and the suites that are unusable.

    `seconds` is how long all of it took; `files` are the policy files that the suites name;
    `coverage` is what of their policies the tests pin down, `mutation` what became of slips in
    them, where that was asked.
    """

    outcomes: tuple[Outcome, ...]
    unusable: tuple[Unusable, ...] = ()
    seconds: float = 0.0
    files: tuple[str, ...] = ()
    coverage: Coverage | None = None
    mutation: Mutation | None = None

    def count(self, status: Status) -> int:
        """Return how many tests went so."""
        return Counter(outcome.status for outcome in self.outcomes)[status]

    def to_dict(self) -> dict[str, object]:
        """Return the run as plain data, in stable field names (docs/testing.md)."""
        return {
            "passed": self.count(Status.PASSED),
            "failed": self.count(Status.FAILED),
            "errors": self.count(Status.ERROR) + len(self.unusable),
            "skipped": self.count(Status.SKIPPED),
            "seconds": round(self.seconds, 6),
            "results": [outcome.to_dict() for outcome in self.outcomes],
            "unusable": [
                {
                    "file": each.file,
                    "diagnostics": [diagnostic.to_dict() for diagnostic in each.diagnostics],
                }
                for each in self.unusable
            ],
            **({"coverage": self.coverage.to_dict()} if self.coverage is not None else {}),
            **({"mutation": self.mutation.to_dict()} if self.mutation is not None else {}),
        }
