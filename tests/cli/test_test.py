"""`policy-eval test`: which suites run, what is reported, and how it ends."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import signal
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable
from contextlib import redirect_stderr, suppress
from pathlib import Path

import pytest

from policy_eval.cases.coverage import Coverage, Covered, CoveredStatement, Outcomes
from policy_eval.cases.outcome import Run
from policy_eval.cli import test as test_command
from policy_eval.cli.output import Exit
from policy_eval.cli.test import exit_code
from policy_eval.errors import Place
from policy_eval.semantics.layers import Layer
from tests.cli.running import ROOT, file_of, pointed_at, policy_eval, policy_file, told
from tests.reports.runs import BAD_SUITE, ERROR, FAILED, PASSED, SKIPPED

READS = """\
name: Reading
policies: {identity: [p.json]}
resource: arn:aws:s3:::logs/today
tests:
  - {name: read, action: s3:GetObject, context: {aws:Referer: x}, expect: allowed}
"""
FAILS = f"""\
{READS}  - name: read by nobody
    action: s3:GetObject
    expect: allowed
    rule: [R-COND-12]
    source: https://docs.aws.amazon.com/x
"""
UNREADABLE = "tests: [{action: s3:GetObject, expect: allow}]\n"
TIME = re.compile(r"\(\d+\.\d\d s\)")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    condition = {"StringEquals": {"aws:Referer": "x"}}
    policy_file(Path(), {"Sid": "Read", "Action": "s3:Get*", "Condition": condition}, name="p.json")


def _suites(**texts: str) -> None:
    for name, text in texts.items():
        file_of(Path(), text, f"{name}.iamtest.yaml")


def _names(stdout: str) -> list[str]:
    return [each["name"] for each in json.loads(stdout)["results"]]


# What is printed


def test_a_run_in_which_all_passes_is_one_line() -> None:
    _suites(reads=READS)

    result = policy_eval("test")

    assert (result.exit_code, result.stderr) == (0, "")
    assert TIME.sub("(… s)", result.stdout) == "1 test in 1 file: 1 passed (… s)\n"


def test_a_failure_shows_expected_and_actual_why_and_where() -> None:
    _suites(fails=FAILS)

    result = policy_eval("test", "fails.iamtest.yaml")

    assert (result.exit_code, result.stderr) == (1, "")
    assert TIME.sub("(… s)", result.stdout) == (
        """\
Reading   fails.iamtest.yaml
  ✗ read by nobody   fails.iamtest.yaml:6
      expected allowed, decided implicitDeny

      implicit deny (identity-based policy): s3:GetObject
        Read would allow it, but:
          ✗ StringEquals aws:Referer   absent; wanted "x"

      the test shows R-COND-12, https://docs.aws.amazon.com/x

2 tests in 1 file: 1 passed, 1 failed (… s)
"""
    )


def test_what_is_covered_follows_the_counts() -> None:
    _suites(reads=READS)

    result = policy_eval("test", "--cover", "-v")

    assert "  ✓ read   reads.iamtest.yaml:5\n" in result.stdout
    assert "\n\ncoverage: 4 of 7 outcomes (57.1 %)\n\n  p.json   4 of 7\n" in result.stdout
    assert '        ✓ Resource "*"   matched, decisive\n' in result.stdout


def test_what_no_test_notices_follows_the_counts() -> None:
    _suites(reads=READS)

    result = policy_eval("test", "--mutate")

    assert result.exit_code == 0
    assert re.search(r"\(\d\.\d\d s\)\n\n.*mutants", result.stdout)


def test_policies_are_not_changed_where_tests_fail() -> None:
    _suites(fails=FAILS)

    result = policy_eval("test", "--mutate", "-o", "json")

    assert result.exit_code == 1
    assert result.stderr == "--mutate wants tests that pass: nothing was changed\n"
    assert "mutation" not in json.loads(result.stdout)


# Which tests run


def test_tests_are_selected_by_any_of_some_texts() -> None:
    _suites(fails=FAILS, other=READS.replace("name: read", "name: other"))

    result = policy_eval("test", "-k", "NOBODY", "-k", "other", "-o", "json")

    assert _names(result.stdout) == ["read by nobody", "other"]


def test_a_run_may_end_with_the_first_failure() -> None:
    _suites(a=FAILS, b=FAILS)

    result = policy_eval("test", "--fail-fast", "-o", "json")

    assert _names(result.stdout) == ["read", "read by nobody"]


def test_several_files_at_once_are_reported_as_one_after_another() -> None:
    _suites(a=FAILS, b=UNREADABLE, c=READS, d=FAILS)

    one, two = (policy_eval("test", "-j", jobs, "--cover") for jobs in "12")

    assert (two.exit_code, two.stderr) == (one.exit_code, one.stderr)
    assert TIME.sub("", two.stdout) == TIME.sub("", one.stdout)


# Nothing to run


@pytest.mark.parametrize("jobs", "12")
def test_where_there_is_no_suite_it_is_said_what_one_is(jobs: str) -> None:
    result = policy_eval("test", "-j", jobs)

    assert result.exit_code == Exit.NO_TESTS
    assert result.stderr == (
        "no tests: a suite is a file whose name ends in "
        ".iamtest.yaml, .iamtest.yml, .iamtest.json\n"
    )


@pytest.mark.parametrize("form", ["text", "json", "tap"])
def test_where_no_test_is_named_so_that_is_said(form: str) -> None:
    _suites(reads=READS)

    result = policy_eval("test", "-k", "nobody", "--cover-min", "100", "-o", form)

    assert (result.exit_code, result.stderr) == (Exit.NO_TESTS, "no tests: none is named so\n")


def test_a_path_that_does_not_exist_is_refused_before_anything_runs() -> None:
    _suites(reads=READS)

    result = policy_eval("test", ".", "nope", "--report", "json=out.json")

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert told(result) == ["error[missing-file]: there is no file or folder `nope`"]
    assert not Path("out.json").exists()


# What cannot be used

BROKEN = {
    "a-field": "tests:\n  - name: a\n    acton: s3:GetObject\n    expect: allowed\n",
    "b-file": "policies: {identity: [q.json]}\ntests: [{action: 'a:b', expect: allowed}]\n",
    "c-indent": "tests:\n  - name: a\n     action: s3:GetObject\n    expect: allowed\n",
    "d-policy": "policies: {identity: [bad.json]}\ntests: [{action: 'a:b', expect: allowed}]\n",
    "e-word": "tests:\n  - {action: s3:GetObject, expect: implicitdeny}\n",
    "f-value": "action: s3:GetObject\ntests: [{principal: bob, expect: allowed}]\n",
}
TRAILING_COMMA = '{"Version": "2012-10-17",\n "Statement": [{"Effect": "Deny", "Action": "*",}]}'


def test_each_mistake_is_told_with_its_line_and_the_other_suites_run() -> None:
    _suites(**BROKEN, reads=READS)
    file_of(Path(), TRAILING_COMMA, "bad.json")

    result = policy_eval("test")

    assert result.exit_code == Exit.UNUSABLE
    assert list(zip(told(result), pointed_at(result), strict=True)) == [
        ("error[unknown-field]: unknown field `acton`", "a-field.iamtest.yaml:3:5"),
        (
            "error[missing-file]: there is no file `q.json` beside the suite",
            "b-file.iamtest.yaml:1:23",
        ),
        (
            "error[yaml-syntax]: mapping values are not allowed here",
            "c-indent.iamtest.yaml:3:12",
        ),
        (
            "error[unknown-decision]: `implicitdeny` is no decision",
            "e-word.iamtest.yaml:2:36",
        ),
        (
            "error[trailing-comma]: a comma stands before a closing bracket",
            "bad.json:2:48",
        ),
        ("error[unknown-principal]: `bob` is no principal", "f-value.iamtest.yaml:2:21"),
    ]
    assert "did you mean `action`" in result.stderr
    assert "did you mean `implicitDeny`" in result.stderr
    assert "e-word.iamtest.yaml   cannot be read\n" in result.stdout
    assert ": 1 passed, 2 could not run; 4 files cannot be read (" in result.stdout


def test_a_policy_that_many_tests_have_is_told_once() -> None:
    text = BROKEN["d-policy"].replace("[{", "[{action: 'c:d', expect: allowed}, {")
    _suites(one=text, other=text)
    file_of(Path(), TRAILING_COMMA, "bad.json")

    result = policy_eval("test")

    assert len(told(result)) == 1
    assert ": 0 passed, 4 could not run (" in result.stdout


def test_problems_are_in_the_data_and_not_beside_it() -> None:
    _suites(**BROKEN)
    file_of(Path(), TRAILING_COMMA, "bad.json")

    result = policy_eval("test", "-o", "json")

    assert result.stderr == ""
    assert [each["file"][0] for each in json.loads(result.stdout)["unusable"]] == list("abce")


# Reports


def test_several_reports_are_written_at_once() -> None:
    _suites(fails=FAILS)
    forms = ["text", "json", "junit", "tap", "github", "sarif", "cobertura", "listing"]

    result = policy_eval("test", *(f"--report={form}={form}.out" for form in forms))

    texts = {form: Path(f"{form}.out").read_text("utf-8") for form in forms}
    assert texts["text"] == result.stdout
    assert json.loads(texts["json"])["failed"] == 1
    assert ET.fromstring(texts["junit"]).get("failures") == "1"  # noqa: S314 - our own
    assert texts["tap"].startswith("TAP version 13\n1..2\n")
    assert texts["github"].startswith("::error file=fails.iamtest.yaml,line=6,")
    assert len(json.loads(texts["sarif"])["runs"][0]["results"]) == 1
    assert "<coverage " in texts["cobertura"]
    assert texts["listing"].startswith("p.json   6 of 7\n")


@pytest.mark.parametrize("form", ["json", "junit", "tap", "github", "sarif"])
def test_a_report_is_printed_as_it_is_written(form: str) -> None:
    _suites(fails=FAILS)

    result = policy_eval("test", "-o", form, "--report", f"{form}=out")

    assert result.stdout == Path("out").read_text("utf-8")
    assert result.exit_code == 1


def test_a_report_that_cannot_be_written_leaves_none_in_part(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _suites(reads=READS)
    Path("old.json").write_text("old", "utf-8")
    before = sorted(Path().iterdir())

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    result = policy_eval("test", "--report", "json=old.json", "--report", "tap=new.tap")

    assert isinstance(result.exception, OSError)
    assert sorted(Path().iterdir()) == before
    assert Path("old.json").read_text("utf-8") == "old"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("csv=x", "`csv=x` is no FORMAT=FILE; formats: text, json, "),
        ("json", "`json` is no FORMAT=FILE"),
        ("json=", "`json=` is no FORMAT=FILE"),
        ("json=no/x.json", "`json=no/x.json`: there is no folder `no`"),
    ],
)
def test_a_report_that_could_not_be_written_is_refused_at_once(given: str, says: str) -> None:
    _suites(reads=READS)

    result = policy_eval("test", "--report", given)

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert says in result.stderr


# How it ends


def _covered(matched: int) -> Coverage:
    """Return a coverage of so many out of four."""
    place = Place("p.json", 1, 1)
    parts = [
        Covered(
            place, place, "", Outcomes(reached=True, matched=number < matched), can_reject=False
        )
        for number in range(4)
    ]
    return Coverage(
        tuple(CoveredStatement("p", Layer.IDENTITY, str(each), each, ()) for each in parts)
    )


@pytest.mark.parametrize(
    ("run", "code"),
    [
        (Run((PASSED,)), 0),
        (Run((SKIPPED,)), 0),
        (Run(()), Exit.NO_TESTS),
        (Run((PASSED,), coverage=_covered(2)), 0),
        (Run((PASSED,), coverage=_covered(1)), Exit.BELOW_COVERAGE),
        (Run((), coverage=_covered(1)), Exit.BELOW_COVERAGE),
        (Run((PASSED, FAILED), coverage=_covered(1)), 1),
        (Run((PASSED, FAILED, ERROR)), Exit.UNUSABLE),
        (Run((PASSED, FAILED), (BAD_SUITE,), coverage=_covered(1)), Exit.UNUSABLE),
        (Run((), (BAD_SUITE,)), Exit.UNUSABLE),
    ],
)
def test_the_worst_that_happened_gives_the_exit_code(run: Run, code: int) -> None:
    assert exit_code(run, 50) == code


@pytest.mark.parametrize(("least", "code"), [("57.1", 0), ("57.2", Exit.BELOW_COVERAGE)])
def test_too_little_coverage_is_said(least: str, code: int) -> None:
    _suites(reads=READS)

    result = policy_eval("test", "--cover-min", least, "-o", "json")

    said = f"coverage is below --cover-min: 57.14 % of {least} %\n" if code else ""
    assert (result.exit_code, result.stderr) == (code, said)


# Progress


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _told_on_a_terminal(monkeypatch: pytest.MonkeyPatch, *clock: float) -> str:
    """Return what a run of three reports told on a terminal, by a clock that reads so."""
    times = iter(clock)
    monkeypatch.setattr(test_command, "monotonic", lambda: next(times))
    terminal = _Terminal()
    with redirect_stderr(terminal), test_command._progress() as tell:  # noqa: SLF001 - no terminal here
        assert tell is not None
        for tests in (200, 400, 600):
            tell(tests, 1)
    return terminal.getvalue()


def test_a_long_run_tells_on_a_terminal_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    clear = "\r\x1b[K"

    text = _told_on_a_terminal(monkeypatch, 10.0, 10.5, 11.5, 12.0, 12.1)

    assert text == f"{clear}400 tests, 1 files\r{clear}600 tests, 1 files\r{clear}"


def test_a_short_run_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _told_on_a_terminal(monkeypatch, 10.0, 10.1, 10.2, 10.3, 10.4) == ""


@pytest.mark.parametrize("stderr", [io.StringIO(), None])
def test_nothing_is_told_where_there_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch, stderr: io.StringIO | None
) -> None:
    monkeypatch.setattr(sys, "stderr", stderr)

    with test_command._progress() as tell:  # noqa: SLF001 - nothing would be seen of it
        assert tell is None


# Again and again, until Ctrl-C


def test_a_change_is_run_until_it_is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    _suites(reads=READS)
    given: list[object] = []

    def watch(run: Callable[[], object], *paths: object) -> None:
        given.extend((*run(), *paths))  # type: ignore[misc]  # it returns paths
        raise KeyboardInterrupt

    monkeypatch.setattr("policy_eval.cli.watching.run_on_change", watch)
    result = policy_eval("test", "--watch", "--report", "json=out.json")

    assert result.stdout.startswith("1 test in 1 file: 1 passed")
    assert given == [Path("p.json"), (Path(),), [Path("out.json")]]


def _interrupted(*arguments: str, at: str) -> tuple[int, str]:
    """Return how a process in a terminal ends, and all it writes, if Ctrl-C follows some text."""
    listening = """if True:
        import signal
        from policy_eval.__main__ import policy_eval

        signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in the background
        policy_eval()
    """
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", listening, *arguments],
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    ) as process:  # fmt: skip
        os.close(theirs)
        late = threading.Timer(60, process.kill)
        late.start()
        written = b""
        with suppress(OSError):  # the process has closed its side
            while some := os.read(ours, 65_536):
                sent = at in written.decode("utf-8", "replace")
                written += some
                if not sent and at in written.decode("utf-8", "replace"):
                    os.killpg(process.pid, signal.SIGINT)
        late.cancel()
        os.close(ours)
    return process.returncode, written.decode("utf-8").replace("\r\n", "\n")


def test_a_watch_ends_without_a_traceback() -> None:
    _suites(reads=READS)

    code, text = _interrupted("test", "--watch", at="waiting for a change")

    assert code == 130
    assert TIME.sub("", text).strip() == (
        "1 test in 1 file: 1 passed \n\nwaiting for a change; Ctrl-C ends it"
    )


def test_several_processes_end_without_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = """if True:
        import os, time
        from policy_eval.cases import runner

        runner.load_tests = lambda *_: (os.write(1, b"running\\n"), time.sleep(60))
    """
    file_of(Path(), slow, "sitecustomize.py")
    monkeypatch.setenv("PYTHONPATH", f"{Path().absolute()}{os.pathsep}{ROOT}")
    _suites(a=READS, b=READS)
    began = time.monotonic()

    code, text = _interrupted("test", "-j", "2", at="running\r\nrunning")

    assert code == 130
    assert "Traceback" not in text
    assert time.monotonic() - began < 30


# The project's own suites


def test_pytest_collects_the_tests_that_the_command_runs() -> None:
    run = json.loads(policy_eval("test", str(ROOT / "fixtures"), "-o", "json").stdout)

    collecting = [sys.executable, "-m", "pytest", "fixtures", "--collect-only", "-q"]
    collected = subprocess.run(
        [*collecting, "-p", "no:cacheprovider"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    counts = Counter(Path(each["file"]).relative_to(ROOT).as_posix() for each in run["results"])
    assert collected.stdout.split() == [
        word for file, count in counts.items() for word in (f"{file}:", str(count))
    ]
    assert (run["failed"], run["errors"]) == (0, 0)
    assert len(run["results"]) > 1000


# Strict rules

_VIA_SERVICE = {"Bool": {"aws:ViaAWSService": "false"}}
_RESTING = """\
policies: {identity: [resting.json]}
tests:
  - {action: s3:GetObject, resource: "arn:aws:s3:::logs/x", expect: allowed}
"""


@pytest.mark.parametrize("jobs", [(), ("-j", "2")])
def test_under_strict_rules_a_test_whose_answer_rests_on_an_open_point_fails(
    jobs: tuple[str, ...],
) -> None:
    policy_file(Path(), {"Action": "s3:Get*", "Condition": _VIA_SERVICE}, name="resting.json")
    _suites(a=_RESTING, b=READS)

    strict = policy_eval("test", "--strict-rules", *jobs)

    assert policy_eval("test").exit_code == Exit.ALLOWED
    assert strict.exit_code == Exit.DENIED
    assert "expected allowed, decided undetermined" in strict.stdout
    assert "if AWS reads R-FAS-01 the other way: implicit deny" in strict.stdout


def test_slips_are_not_looked_for_under_strict_rules() -> None:
    _suites(a=READS)

    result = policy_eval("test", "--strict-rules", "--mutate")

    assert result.exit_code == Exit.UNUSABLE
    assert "--mutate and --strict-rules exclude each other" in result.stderr
