"""With `-o json` or `-o yaml` problems are data: on stderr, errors and warnings apart."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from policy_eval.cli.output import Exit
from tests.cli.running import OBJECT, can_i, file_of, policy_eval, policy_file, policy_on

FORMS = ("json", "yaml")
SCENARIO = """\
name: Reading
principal: arn:aws:iam::111122223333:role/Dev
action: s3:GetObject
resource: arn:aws:s3:::logs/today
tests:
  - name: read
"""
TWO_CODES = """{"Statement": [
    {"Effect": "Allow", "Action": "nocolon", "Resource": "*"},
    {"Effect": "Allow", "Action": "s3:*", "Resource": []}
]}"""


def codes(text: str) -> dict[str, list[str]]:
    """Return the codes in problems as data, by their kind."""
    data = yaml.safe_load(text)
    return {kind: [problem["code"] for problem in data[kind]] for kind in data}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("command", ["can-i", "check", "show"])
def test_the_problems_of_a_policy_are_data_on_stderr(
    tmp_path: Path, command: str, form: str
) -> None:
    policy = file_of(tmp_path, TWO_CODES, "p.json")
    scenario = file_of(tmp_path, SCENARIO, "s.scenario.yaml")
    arguments = {
        "can-i": ("s3:GetObject", OBJECT, "-p", policy),
        "check": (scenario, "-p", policy),
        "show": (policy,),
    }

    result = policy_eval(command, *arguments[command], "-o", form)

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert codes(result.stderr) == {"errors": ["action-form"], "warnings": ["empty-element"]}


def test_json_is_json(tmp_path: Path) -> None:
    policy = file_of(tmp_path, TWO_CODES, "p.json")

    result = policy_eval("show", policy, "-o", "json")

    assert json.loads(result.stderr)["errors"][0] == {
        "code": "action-form",
        "severity": "error",
        "message": "`nocolon` has no service prefix",
        "expected": "`service:Name`",
        "remedy": "",
        "file": policy,
        "line": 2,
        "column": 35,
        "end_line": 2,
        "end_column": 44,
        "key": None,
        "rules": ["R-ACT-03"],
    }


@pytest.mark.parametrize("form", FORMS)
def test_a_file_that_cannot_be_read_is_data_too(tmp_path: Path, form: str) -> None:
    result = can_i("s3:GetObject", OBJECT, "-p", str(tmp_path / "none.json"), "-o", form)

    (problem,) = yaml.safe_load(result.stderr)["errors"]
    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert problem["code"] == "missing-file"
    assert [problem[name] for name in ("file", "line", "end_line", "key")] == [None] * 4


@pytest.mark.parametrize("form", FORMS)
def test_a_problem_of_a_context_value_names_its_key(tmp_path: Path, form: str) -> None:
    policy = policy_on(tmp_path, {"NumericLessThan": {"x:n": "5"}})

    result = can_i("s3:GetObject", OBJECT, "-p", policy, "-c", "x:n=many", "-o", form)

    (problem,) = yaml.safe_load(result.stderr)["errors"]
    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert (problem["key"], problem["file"], problem["column"]) == ("x:n", "-c", 5)


@pytest.mark.parametrize("form", FORMS)
def test_warnings_leave_the_answer_as_it_is(tmp_path: Path, form: str) -> None:
    policy = policy_file(tmp_path, {"Resource": []}, {})

    result = can_i("s3:GetObject", OBJECT, "-p", policy, "-o", form)

    assert result.exit_code == Exit.ALLOWED
    assert yaml.safe_load(result.stdout)["decision"] == "allowed"
    assert codes(result.stderr) == {"errors": [], "warnings": ["empty-element"]}


@pytest.mark.parametrize("form", FORMS)
def test_what_is_accepted_is_a_warning(tmp_path: Path, form: str) -> None:
    policy = policy_file(tmp_path, {"Conditions": {}})

    result = can_i("s3:GetObject", OBJECT, "-p", policy, "--accept-invalid", "-o", form)

    assert result.exit_code == Exit.UNDETERMINED
    assert codes(result.stderr) == {"errors": [], "warnings": ["unknown-element"]}


@pytest.mark.parametrize("form", FORMS)
def test_where_there_is_no_problem_nothing_is_said(tmp_path: Path, form: str) -> None:
    result = can_i("s3:GetObject", OBJECT, "-p", policy_file(tmp_path, {}), "-o", form)

    assert result.stderr == ""


@pytest.mark.parametrize("form", FORMS)
def test_data_holds_no_word_that_is_none(tmp_path: Path, form: str) -> None:
    result = policy_eval("show", file_of(tmp_path, "{", "p.json"), "-o", form)

    assert "explain-error" not in result.stderr


@pytest.mark.parametrize("form", FORMS)
def test_characters_of_the_text_stay_themselves_in_data(tmp_path: Path, form: str) -> None:
    policy = policy_file(tmp_path, {"Action": "é\x1b😀\u202e"})

    result = policy_eval("show", policy, "-o", form)

    (problem,) = yaml.safe_load(result.stderr)["errors"]
    assert "é\x1b😀\u202e" in problem["message"]
    assert "\x1b" not in result.stderr


@pytest.mark.parametrize(
    ("character", "form"),
    [
        ("\x7f", "json"),
        ("\x85", "json"),
        ("\x9b", "json"),
        ("\x7f", "yaml"),
        ("\x85", "yaml"),
        ("\x9b", "yaml"),
    ],
)
def test_a_control_character_of_a_policy_is_data_that_moves_no_terminal(
    tmp_path: Path, character: str, form: str
) -> None:
    policy = policy_file(tmp_path, {"Action": f"s3:Get{character}31m"})

    result = policy_eval("show", policy, "-o", form)

    read = json.loads if form == "json" else yaml.safe_load
    problem = read(result.stderr)["warnings"][0]
    assert f"s3:Get{character}31m" in problem["message"]
    assert character not in result.stdout + result.stderr


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("command", ["show", "can-i"])
def test_all_that_is_said_of_one_run_is_one_document(
    tmp_path: Path, command: str, form: str
) -> None:
    paths = [policy_file(tmp_path, {"Resource": []}, name=f"{name}.json") for name in "ab"]
    arguments = {
        "show": paths,
        "can-i": ["s3:GetObject", OBJECT, "-p", *paths[:1], "-c", "no pair"],
    }

    result = policy_eval(command, *arguments[command], "-o", form)

    found = codes(result.stderr)
    assert len(found["errors"]) + len(found["warnings"]) == 2
