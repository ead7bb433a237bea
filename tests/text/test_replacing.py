"""Files are written whole, or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from policy_eval.text.replacing import replace_file


def test_a_new_file_has_the_rights_that_any_other_would(tmp_path: Path) -> None:
    path = tmp_path / "new.txt"

    replace_file(path, "é\n")

    ordinary = tmp_path / "ordinary.txt"
    ordinary.touch()
    assert path.read_bytes() == "é\n".encode()
    assert path.stat().st_mode == ordinary.stat().st_mode


def test_a_file_keeps_its_rights_and_its_links(tmp_path: Path) -> None:
    path, link = tmp_path / "old.txt", tmp_path / "link.txt"
    path.write_text("a long text that stood here before", "utf-8")
    path.chmod(0o640)
    link.symlink_to(path)

    replace_file(link, "new")

    assert (path.read_text("utf-8"), path.stat().st_mode & 0o777) == ("new", 0o640)
    assert link.is_symlink()


@pytest.mark.parametrize("text", ["new", "\udc00"])
def test_where_writing_fails_the_file_is_as_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    path = tmp_path / "old.txt"
    path.write_text("old", "utf-8")

    with pytest.raises((OSError, UnicodeEncodeError)):
        replace_file(path, text)

    assert path.read_text("utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_no_file_is_written_to_and_stays_what_it_is(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)

    replace_file(pipe, "a\n")

    assert os.read(reader, 10) == b"a\n"
    os.close(reader)
    assert pipe.is_fifo()


def test_a_folder_is_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        replace_file(tmp_path, "a")
