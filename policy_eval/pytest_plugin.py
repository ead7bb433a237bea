"""The pytest plugin: suites are collected as tests, and Python tests find policies beside them.

Loaded wherever the package is installed, so it imports the engines only when a suite is there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from os import PathLike

    from policy_eval.cases.accounts import Opened
    from policy_eval.cases.outcome import Outcome
    from policy_eval.cases.suite import Case
    from policy_eval.engine.policies import PolicySet

    LoadPolicies = Callable[..., PolicySet]

_OPENED: pytest.StashKey[Opened] = pytest.StashKey()
"""The sources of all suites, each opened once."""

_ENDINGS = (".iamtest.yaml", ".iamtest.yml", ".iamtest.json")  # as `discovery`, unimported


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a suite."""
    if not file_path.name.endswith(_ENDINGS):
        return None
    return SuiteFile.from_parent(parent, path=file_path)


class SuiteFile(pytest.File):
    """A suite of expected decisions."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield its tests; those of one name also name their line."""
        from policy_eval.cases.accounts import Opened
        from policy_eval.cases.runner import load_tests
        from policy_eval.cases.suite import Overrides
        from policy_eval.errors import InputError, visible
        from policy_eval.text.report import render_all

        try:
            opened = self.config.stash.setdefault(_OPENED, Opened())
            cases = load_tests(self.path, Overrides(opened=opened)).cases
        except InputError as error:
            raise self.CollectError(render_all(error.diagnostics)) from None
        names = [visible(case.name) for case in cases]
        counts = Counter(names)
        for name, case in zip(names, cases, strict=True):
            unique = name if counts[name] == 1 else f"{name} (line {case.place.line})"
            yield CaseItem.from_parent(self, name=unique, case=case)


class CaseItem(pytest.Item):
    """A test of a suite."""

    def __init__(self, *, case: Case, **of_item: object) -> None:
        super().__init__(**of_item)  # type: ignore[arg-type]  # pytest's own, passed on
        self.case = case
        if case.skip:
            self.add_marker(pytest.mark.skip(reason=case.skip))

    def runtest(self) -> None:
        """Decide it, and fail with the explanation."""
        from policy_eval.cases.judging import judge
        from policy_eval.cases.outcome import Status

        outcome = judge(self.case, _shown(self.path, self.config))
        if outcome.status is not Status.PASSED:
            raise NotAsExpectedError(outcome)

    def repr_failure(
        self,
        excinfo: pytest.ExceptionInfo[BaseException],
        style: object = None,  # noqa: ARG002 - pytest's signature
    ) -> str:
        """Return what differs and why, not a traceback."""
        if not isinstance(excinfo.value, NotAsExpectedError):
            return str(excinfo.getrepr())
        return str(excinfo.value)

    def reportinfo(self) -> tuple[PathLike[str], int, str]:
        """Return where the test stands."""
        return self.path, self.case.place.line - 1, self.name


class NotAsExpectedError(AssertionError):
    """A test of a suite that did not go as expected; its text is the failure."""

    def __init__(self, outcome: Outcome) -> None:
        from policy_eval.reports.text import spell_failure

        lines = [line.removeprefix("      ") for line in spell_failure(outcome)]
        super().__init__("\n".join((*lines, f"{outcome.file}:{outcome.line}")))


def _shown(path: Path, config: pytest.Config) -> str:
    folder = config.invocation_params.dir
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


@pytest.fixture
def iam_policies(request: pytest.FixtureRequest) -> LoadPolicies:
    """Return what loads policies beside the test's file, as `policy_eval.load` does.

    `iam_policies("app.json", boundary="limits.json", scps=[["root.json"]])`.
    """
    from functools import partial

    from policy_eval.api import load

    return partial(load, folder=request.path.parent)
