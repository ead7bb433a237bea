"""Where suites are found, in which order, and what is passed over."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from policy_eval.cases.discovery import find_suites
from policy_eval.errors import SuiteError


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder that is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _touch(*paths: str) -> None:
    for each in paths:
        path = Path(each)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def _found(*paths: str) -> list[str]:
    return [path.as_posix() for path in find_suites(paths)]


@pytest.mark.usefixtures("here")
def test_the_suites_of_a_folder_are_found_by_their_names_in_order() -> None:
    _touch("b/z.iamtest.json", "b/y.iamtest.yml", "a/c/x.iamtest.yaml", "z.iamtest.yaml")
    _touch("b/policy.json", "b/s.scenario.yaml", "iamtest.yaml", "a/x.iamtest.yaml.orig")

    assert _found(".") == [
        "z.iamtest.yaml", "a/c/x.iamtest.yaml", "b/y.iamtest.yml", "b/z.iamtest.json",
    ]  # fmt: skip


@pytest.mark.usefixtures("here")
def test_folders_that_no_one_keeps_suites_in_are_passed_over() -> None:
    _touch(
        ".git/a.iamtest.yaml", "node_modules/a.iamtest.yaml", "b/__pycache__/a.iamtest.yaml",
        "b/a.iamtest.yaml",
    )  # fmt: skip

    assert _found(".") == ["b/a.iamtest.yaml"]


@pytest.mark.usefixtures("here")
def test_a_file_that_is_named_is_a_suite_whatever_its_name() -> None:
    _touch("a.txt", ".hidden/a.iamtest.yaml")

    assert _found("a.txt", ".hidden") == ["a.txt", ".hidden/a.iamtest.yaml"]


@pytest.mark.usefixtures("here")
def test_a_suite_that_is_found_twice_is_one() -> None:
    _touch("a/s.iamtest.yaml")
    Path("b").mkdir()
    Path("b/s.iamtest.yaml").symlink_to("../a/s.iamtest.yaml")

    assert _found("a/s.iamtest.yaml", "a", "./a/../a", "b") == ["a/s.iamtest.yaml"]


@pytest.mark.usefixtures("here")
def test_an_empty_folder_holds_no_suite() -> None:
    assert _found(".") == []


@pytest.mark.usefixtures("here")
def test_a_path_that_does_not_exist_is_refused() -> None:
    with pytest.raises(SuiteError, match=r"missing-file.*there is no file or folder `nope`"):
        find_suites([".", "nope"])


def _scanning(folder: str, error: type[OSError], monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a folder one that cannot be read, also for the superuser."""
    real = os.scandir

    def scandir(path: str) -> Iterator[os.DirEntry[str]]:
        if Path(path).name == folder:
            raise error(0, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)


def test_a_folder_that_cannot_be_read_is_refused_rather_than_left_out(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _touch("a/s.iamtest.yaml", "secret/s.iamtest.yaml")
    _scanning("secret", PermissionError, monkeypatch)

    with pytest.raises(SuiteError, match=rf"`{here}/secret`: permission denied"):
        find_suites([here])


@pytest.mark.usefixtures("here")
def test_a_folder_that_goes_meanwhile_holds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    _touch("a/s.iamtest.yaml", "gone/s.iamtest.yaml")
    _scanning("gone", FileNotFoundError, monkeypatch)

    assert _found(".") == ["a/s.iamtest.yaml"]
