"""`policy-eval fmt`: files in canonical layout, or left alone."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from policy_eval.cli.output import Exit
from policy_eval.policy.layout import laid_out
from tests.cli.running import file_of, policy_eval

UGLY = '{"Statement":[{"Resource":"*","Action":"s3:*","Effect":"Allow"}],"Version":"2012-10-17"}\n'
CANONICAL = """\
{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "s3:*",
            "Resource": "*"
        }
    ]
}
"""


def files_in(folder: Path) -> dict[str, bytes]:
    """Return the name and content of every file in a folder."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


# Writing


def test_a_file_is_rewritten_in_place(tmp_path: Path) -> None:
    path = file_of(tmp_path, UGLY, "p.json")

    result = policy_eval("fmt", path)

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"{path}: rewritten\n"
    assert files_in(tmp_path) == {"p.json": CANONICAL.encode()}


def test_a_file_in_canonical_form_is_left_alone(tmp_path: Path) -> None:
    path = file_of(tmp_path, CANONICAL, "p.json")
    before = Path(path).stat()

    result = policy_eval("fmt", path)

    after = Path(path).stat()
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    path = file_of(tmp_path, UGLY, "p.json")
    policy_eval("fmt", path)

    result = policy_eval("fmt", path)

    assert result.stderr == ""
    assert files_in(tmp_path) == {"p.json": CANONICAL.encode()}


def test_all_files_of_a_folder_are_rewritten(tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        file_of(tmp_path, UGLY, name)
    file_of(tmp_path, UGLY, "c.txt")

    policy_eval("fmt", str(tmp_path))

    assert files_in(tmp_path) == {
        "a.json": CANONICAL.encode(),
        "b.json": CANONICAL.encode(),
        "c.txt": UGLY.encode(),
    }


@pytest.mark.parametrize("indent", [0, 2, 8])
def test_the_indentation_may_be_said(tmp_path: Path, indent: int) -> None:
    path = file_of(tmp_path, UGLY, "p.json")

    policy_eval("fmt", path, "--indent", str(indent))

    assert Path(path).read_text("utf-8") == laid_out(UGLY, indent)


def test_numbers_and_escapes_stay_as_they_are_written(tmp_path: Path) -> None:
    text = (
        r'{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":'
        r'{"NumericEquals":{"a:b":[1.10,1E+2]},"StringEquals":{"a:\u0063":"\u00e9é\/😀"}}}'
    )
    path = file_of(tmp_path, text, "p.json")

    policy_eval("fmt", path)

    written = Path(path).read_text("utf-8")
    assert json.loads(written) == json.loads(text)
    for piece in ("1.10", "1E+2", r'"a:\u0063"', r'"\u00e9é\/😀"'):
        assert piece in written


def test_line_breaks_of_windows_become_plain_ones(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_bytes(CANONICAL.replace("\n", "\r\n").encode())

    policy_eval("fmt", str(path))

    assert path.read_bytes() == CANONICAL.encode()


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o640, 0o755])
def test_a_file_keeps_its_mode(tmp_path: Path, mode: int) -> None:
    path = Path(file_of(tmp_path, UGLY, "p.json"))
    path.chmod(mode)

    policy_eval("fmt", str(path))

    assert path.stat().st_mode & 0o7777 == mode


def test_what_a_link_leads_to_is_rewritten(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    target = Path(file_of(tmp_path / "there", UGLY, "p.json"))
    link = tmp_path / "link.json"
    link.symlink_to(target)

    policy_eval("fmt", str(link))

    assert link.is_symlink()
    assert link.readlink() == target
    assert target.read_text("utf-8") == CANONICAL
    assert [*files_in(tmp_path / "there")] == ["p.json"]


@pytest.mark.parametrize("failing", ["replace", "chmod"])
def test_a_file_that_cannot_be_replaced_stays_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    path = file_of(tmp_path, UGLY, "p.json")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, failing, fail)

    result = policy_eval("fmt", path)

    assert isinstance(result.exception, OSError)
    assert files_in(tmp_path) == {"p.json": UGLY.encode()}


# Changing nothing


@pytest.mark.parametrize(
    ("options", "code"), [(["--check"], 1), (["--diff"], 0), (["--check", "--diff"], 1)]
)
def test_where_changes_are_only_asked_about_nothing_is_written(
    tmp_path: Path, options: list[str], code: int
) -> None:
    path = file_of(tmp_path, UGLY, "p.json")
    file_of(tmp_path, CANONICAL, "q.json")
    before = files_in(tmp_path)

    result = policy_eval("fmt", *options, str(tmp_path))

    assert result.exit_code == code
    assert files_in(tmp_path) == before
    assert ("--check" in options) == (f"{path}: not in canonical form\n" == result.stderr)
    assert ("--diff" in options) == (result.stdout != "")


@pytest.mark.parametrize("options", [["--check"], ["--diff"], ["--check", "--diff"]])
def test_of_canonical_files_there_is_nothing_to_say(tmp_path: Path, options: list[str]) -> None:
    path = file_of(tmp_path, CANONICAL, "p.json")

    result = policy_eval("fmt", *options, path)

    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")


def test_the_difference_is_that_of_the_lines(tmp_path: Path) -> None:
    text = CANONICAL.replace('    "Version": "2012-10-17",\n', "").replace(
        "    ]\n", '    ],\n    "Version": "2012-10-17"\n'
    )
    path = file_of(tmp_path, text, "p.json")

    result = policy_eval("fmt", "--diff", path)

    assert result.stdout.split("\n")[:6] == [
        f"--- {path}",
        f"+++ {path} (canonical)",
        "@@ -1,10 +1,10 @@",
        " {",
        '+    "Version": "2012-10-17",',
        '     "Statement": [',
    ]


def test_the_difference_of_a_file_without_a_last_line_break_has_whole_lines(
    tmp_path: Path,
) -> None:
    path = file_of(tmp_path, UGLY.rstrip("\n"), "p.json")

    result = policy_eval("fmt", "--diff", path)

    removed = [line for line in result.stdout.split("\n")[3:] if line.startswith("-")]
    assert removed == [f"-{UGLY.rstrip()}"]


# Stdin


@pytest.mark.parametrize(
    "stdin",
    [
        pytest.param(UGLY, id="a policy"),
        pytest.param(CANONICAL, id="a policy in canonical form"),
        pytest.param(json.dumps(UGLY), id="a JSON string"),
        pytest.param(f"x = <<EOF\n{UGLY}EOF\n", id="a heredoc"),
        pytest.param(
            f'{{"RoleName": "R", "PolicyDocument": {UGLY}}}', id="the output of a command"
        ),
    ],
)
def test_the_policy_on_stdin_is_printed(stdin: str) -> None:
    result = policy_eval("fmt", "-", stdin=stdin)

    assert (result.exit_code, result.stdout, result.stderr) == (0, CANONICAL, "")


def test_a_policy_on_stdin_may_be_checked() -> None:
    result = policy_eval("fmt", "-", "--check", stdin=UGLY)

    assert (result.exit_code, result.stdout) == (Exit.DENIED, "")
    assert result.stderr == "<stdin>: not in canonical form\n"


def test_a_policy_on_stdin_may_be_compared() -> None:
    result = policy_eval("fmt", "-", "--diff", stdin=UGLY)

    assert result.exit_code == 0
    assert result.stdout.startswith("--- <stdin>\n+++ <stdin> (canonical)\n")


def test_files_and_stdin_go_together(tmp_path: Path) -> None:
    path = file_of(tmp_path, UGLY, "p.json")

    result = policy_eval("fmt", path, "-", stdin=UGLY)

    assert result.stdout == CANONICAL
    assert Path(path).read_text("utf-8") == CANONICAL


# Refusals


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param("{", id="no JSON"),
        pytest.param('{"a": 1}', id="no policy"),
        pytest.param("\ufeff" + UGLY, id="a byte order mark"),
        pytest.param(f"// a comment\n{UGLY}", id="a comment"),
        pytest.param(f"x = <<EOF\n{UGLY}EOF\n", id="a heredoc"),
        pytest.param(f'{{"RoleName": "R", "PolicyDocument": {UGLY}}}', id="an output"),
        pytest.param(json.dumps(UGLY), id="a JSON string"),
        pytest.param(UGLY.replace('"Version"', '"Statement"'), id="an element twice"),
    ],
)
def test_where_one_file_is_refused_nothing_is_written(tmp_path: Path, bad: str) -> None:
    first = file_of(tmp_path, UGLY, "a.json")
    refused = file_of(tmp_path, bad, "b.json")
    last = file_of(tmp_path, UGLY, "c.json")
    before = files_in(tmp_path)

    result = policy_eval("fmt", first, refused, last, "-", stdin=UGLY)

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert refused in result.stderr
    assert files_in(tmp_path) == before


def test_a_file_that_only_holds_a_policy_is_told_how_it_can_be_printed(tmp_path: Path) -> None:
    path = file_of(tmp_path, json.dumps(UGLY), "p.json")

    result = policy_eval("fmt", path)

    assert "error[not-a-policy-file]" in result.stderr
    assert "this policy stands in a JSON string" in result.stderr
    assert f" = help: print it with `policy-eval fmt - < {path}`\n" in result.stderr


def test_the_problems_of_all_files_are_told(tmp_path: Path) -> None:
    paths = [file_of(tmp_path, "{", f"{name}.json") for name in "ab"]

    result = policy_eval("fmt", *paths)

    assert all(f"{path}:1:2" in result.stderr for path in paths)


def test_the_problems_of_all_files_in_a_folder_are_told(tmp_path: Path) -> None:
    paths = [file_of(tmp_path, "{", f"{name}.json") for name in "ab"]

    result = policy_eval("fmt", str(tmp_path))

    assert all(f"{path}:1:2" in result.stderr for path in paths)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    result = policy_eval("fmt", str(tmp_path / "none.json"))

    assert result.exit_code == Exit.UNUSABLE
    assert "error[missing-file]" in result.stderr


def test_what_aws_would_refuse_is_laid_out_all_the_same(tmp_path: Path) -> None:
    path = file_of(tmp_path, UGLY.replace("s3:*", "nocolon"), "p.json")

    result = policy_eval("fmt", path)

    assert result.exit_code == 0
    assert Path(path).read_text("utf-8") == CANONICAL.replace("s3:*", "nocolon")


def test_nothing_is_written_that_says_something_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = file_of(tmp_path, UGLY, "p.json")
    monkeypatch.setattr("policy_eval.cli.fmt.laid_out", lambda text, _: text.replace("s3", "s4"))

    result = policy_eval("fmt", path)

    assert isinstance(result.exception, AssertionError)
    assert files_in(tmp_path) == {"p.json": UGLY.encode()}
