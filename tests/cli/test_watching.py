"""Running again whenever a file changes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from policy_eval.cli.watching import run_on_change

LOOKS = 3
"""How often a test looks without seeing a change until it interrupts."""


class _Watched:
    """A watch whose pauses are used to change files, one change each; then it is interrupted."""

    def __init__(self, *changes: Callable[[], object]) -> None:
        self._changes: Iterator[Callable[[], object]] = iter(changes)
        self._idle = 0
        self.runs = 0
        self.also: tuple[Path, ...] = ()
        self.during_run: Callable[[], object] = lambda: None

    def run(self) -> tuple[Path, ...]:
        self.runs += 1
        during, self.during_run = self.during_run, lambda: None
        during()
        return self.also

    def pause(self, seconds: float) -> None:
        assert 0 < seconds < 1
        change = next(self._changes, None)
        if change is not None:
            change()
            return
        self._idle += 1
        if self._idle >= LOOKS:
            raise KeyboardInterrupt

    def watch(self, *where: Path, written: tuple[Path, ...] = ()) -> int:
        """Return how many runs there were."""
        with pytest.raises(KeyboardInterrupt):
            run_on_change(self.run, where or (Path(),), written, self.pause)
        return self.runs


_TIMES = count(1)


def _write(name: str) -> None:
    """Write a file at a time of its own."""
    path = Path(name)
    path.parent.mkdir(exist_ok=True)
    path.write_text("x", "utf-8")
    os.utime(path, (next(_TIMES), 1))
    seconds = next(_TIMES)
    os.utime(path, (seconds, seconds))


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    _write("s.iamtest.yaml")


def test_what_does_not_change_is_run_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert _Watched().watch() == 1
    assert capsys.readouterr().err == "\nwaiting for a change; Ctrl-C ends it\n"


@pytest.mark.parametrize("name", ["s.iamtest.yaml", "new/p.json", "t.iamtest.yml"])
def test_a_file_that_is_changed_or_new_is_run_again(name: str) -> None:
    assert _Watched(lambda: _write(name)).watch() == 2


def test_a_file_that_goes_is_run_again() -> None:
    assert _Watched(Path("s.iamtest.yaml").unlink).watch() == 2


def test_each_change_is_run() -> None:
    change = partial(_write, "s.iamtest.yaml")

    assert _Watched(change, change, change).watch() == 4


@pytest.mark.parametrize("name", ["notes.txt", ".git/x.json", "node_modules/x.json"])
def test_what_is_no_suite_and_no_policy_is_not_looked_at(name: str) -> None:
    assert _Watched(lambda: _write(name)).watch() == 1


def test_a_policy_that_a_suite_names_is_looked_at_wherever_it_is(tmp_path: Path) -> None:
    _write("far/p.json")
    watched = _Watched(lambda: _write("far/p.json"))
    watched.also = (tmp_path / "far" / "p.json",)

    assert watched.watch(Path("s.iamtest.yaml")) == 2


def test_of_a_file_only_that_file_is_looked_at() -> None:
    assert _Watched(lambda: _write("other.json")).watch(Path("s.iamtest.yaml")) == 1


def test_a_change_during_a_run_is_run_again() -> None:
    watched = _Watched()
    watched.during_run = lambda: _write("s.iamtest.yaml")

    assert watched.watch() == 2


def test_the_reports_of_a_run_are_no_change(tmp_path: Path) -> None:
    watched = _Watched(lambda: _write("report.json"))
    watched.during_run = lambda: _write("report.json")

    assert watched.watch(Path(), written=(tmp_path / "report.json",)) == 1


def test_a_file_that_is_not_there_is_waited_for() -> None:
    watched = _Watched(lambda: _write("p.json"))
    watched.also = (Path("p.json"),)

    assert watched.watch(Path("s.iamtest.yaml")) == 2
