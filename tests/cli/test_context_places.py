"""A problem of a condition key is pointed at where the key was given: an argument or a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policy_eval.cli.context_places import located
from policy_eval.cli.output import Exit
from policy_eval.errors import Diagnostic, RequestError, Severity
from tests.cli.running import can_i, file_of, policy_on
from tests.pointed import pointed

PROBLEM = Diagnostic("unreadable-value", Severity.ERROR, "this is wrong", key="aws:EpochTime")
MAPPING = "aws:userid: x\nAWS:epochtime: yesterday\n"
ENTRIES = """{"ContextEntries": [
    {"ContextKeyName": "aws:userid", "ContextKeyType": "string", "ContextKeyValues": ["x"]},
    {"ContextKeyName": "aws:EpochTime", "ContextKeyType": "numeric", "ContextKeyValues": ["y"]}
]}"""


def found(pairs: list[str], *files: str) -> Diagnostic:
    """Return the problem with its place."""
    (problem,) = located(RequestError(PROBLEM), pairs, files).diagnostics
    return problem


@pytest.mark.parametrize(
    ("pairs", "pair", "meant"),
    [
        (["aws:EpochTime=x"], "aws:EpochTime=x", "x"),
        (["aws:userid=x", "AWS:EPOCHTIME=a=b"], "AWS:EPOCHTIME=a=b", "a=b"),
        (["aws:EpochTime="], "aws:EpochTime=", "aws:EpochTime="),
        (["aws:EpochTime=1", "aws:EpochTime=x"], "aws:EpochTime=x", "x"),
        (["aws:EpochTime=é😀"], "aws:EpochTime=é😀", "é😀"),
    ],
)
def test_an_argument_is_pointed_at_by_its_value(pairs: list[str], pair: str, meant: str) -> None:
    problem = found(pairs)

    assert problem.place is not None
    assert problem.place.file == "-c"
    assert problem.excerpt is not None
    assert problem.excerpt.line == pair
    assert pointed(pair, problem) == meant


@pytest.mark.parametrize(
    ("text", "name", "meant"),
    [
        (MAPPING, "context.yaml", "yesterday"),
        ('{"aws:EpochTime": ["1", "x"]}', "context.json", '["1", "x"]'),
        (ENTRIES, "context.json", '["y"]'),
        (json.dumps(json.loads(ENTRIES)["ContextEntries"]), "context.json", '["y"]'),
    ],
)
def test_a_file_is_pointed_at_by_the_value_in_it(
    tmp_path: Path, text: str, name: str, meant: str
) -> None:
    path = file_of(tmp_path, text, name)

    problem = found(["aws:userid=x"], path)

    assert problem.place is not None
    assert problem.place.file == path
    assert pointed(text, problem) == meant


def test_the_last_file_that_gives_the_key_counts(tmp_path: Path) -> None:
    paths = [
        file_of(tmp_path, MAPPING, "a.yaml"),
        file_of(tmp_path, MAPPING, "b.yaml"),
        file_of(tmp_path, "aws:userid: x\n", "c.yaml"),
        file_of(tmp_path, "[]", "d.json"),
    ]

    problem = found([], *paths)

    assert problem.place is not None
    assert problem.place.file == paths[1]


def test_an_argument_counts_before_a_file(tmp_path: Path) -> None:
    problem = found(["aws:EpochTime=x"], file_of(tmp_path, MAPPING, "a.yaml"))

    assert problem.place is not None
    assert problem.place.file == "-c"


@pytest.mark.parametrize("pairs", [[], ["aws:userid=x"]])
def test_a_key_that_was_not_given_has_no_place(tmp_path: Path, pairs: list[str]) -> None:
    assert found(pairs, str(tmp_path / "a file that is read only once")) == PROBLEM


def test_a_problem_of_no_key_has_no_place() -> None:
    problem = PROBLEM._replace(key="")

    error = located(RequestError(problem), ["aws:EpochTime=x"], [])

    assert error.diagnostics == (problem,)


def test_each_problem_has_its_own_place() -> None:
    other = PROBLEM._replace(key="aws:userid")

    error = located(RequestError(PROBLEM, other), ["aws:userid=1", "aws:EpochTime=2"], [])

    lines = [each.excerpt and each.excerpt.line for each in error.diagnostics]
    assert lines == ["aws:EpochTime=2", "aws:userid=1"]


# The command


def test_the_report_shows_the_argument(tmp_path: Path) -> None:
    policy = policy_on(tmp_path, {"NumericLessThan": {"x:n": "5"}})

    result = can_i("s3:GetObject", "arn:aws:s3:::a/b", "-p", policy, "-c", "x:n=many")

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert " --> -c:1:5\n  |\n1 | x:n=many\n  |     ^^^^ expected a number\n" in result.stderr


def test_the_report_shows_the_line_of_the_file(tmp_path: Path) -> None:
    policy = policy_on(tmp_path, {"NumericLessThan": {"x:n": "5"}})
    context = file_of(tmp_path, "a:b: c\nx:n: many\n", "context.yaml")

    result = can_i("s3:GetObject", "arn:aws:s3:::a/b", "-p", policy, "-C", context)

    assert result.exit_code == Exit.UNUSABLE
    assert f" --> {context}:2:6\n  |\n2 | x:n: many\n  |      ^^^^" in result.stderr


def test_of_several_values_the_wrong_one_is_pointed_at(tmp_path: Path) -> None:
    policy = policy_on(tmp_path, {"ForAnyValue:NumericLessThan": {"x:n": "5"}})

    result = can_i(
        "s3:GetObject", "arn:aws:s3:::a/b", "-p", policy, "-c", "x:n=many", "-c", "x:n=1"
    )

    assert "1 | x:n=many\n" in result.stderr
