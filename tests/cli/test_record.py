"""`policy-eval record`: suites of today's decisions, and commands that ask AWS the same."""

from __future__ import annotations

import json
import shlex
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import Result

from policy_eval.cases.outcome import Status
from policy_eval.cases.run import run_case
from policy_eval.cases.runner import run
from policy_eval.cases.suite import load_suite
from policy_eval.cli import record
from policy_eval.cli.output import Exit
from tests.cli.running import (
    BLOCK,
    CREATE,
    CREATE_THROUGH_APPFLOW,
    DEV,
    NAME,
    OBJECT,
    ROOT,
    VIA_APPFLOW,
    file_of,
    pointed_at,
    policy_eval,
    policy_file,
    told,
)

_ANN = "arn:aws:iam::111122223333:user/Ann"
_NOW = ("--now", "2026-01-01T00:00:00Z")
_BLOCK_SUITE = ROOT / "fixtures" / "appflow" / "block.iamtest.yaml"


def _record(*arguments: str, stdin: str = "") -> Result:
    return policy_eval("record", *arguments, stdin=stdin)


def _passes(file: Path) -> list[Status]:
    return [outcome.status for outcome in run([file]).outcomes]


# Questions given as options


def test_each_action_is_asked_on_each_resource(tmp_path: Path) -> None:
    policy = policy_file(tmp_path, {"Sid": "Read", "Action": "s3:GetObject"})

    result = _record("-a", "s3:GetObject", "-a", "s3:PutObject", "-r", OBJECT, "-r", f"{OBJECT}2",
                     "-p", policy, "--as", DEV, *_NOW, "--name", "today",
                     "-o", str(tmp_path / "today.iamtest.yaml"))  # fmt: skip

    assert (result.exit_code, result.output) == (Exit.ALLOWED, "")
    assert (
        (tmp_path / "today.iamtest.yaml").read_text("utf-8")
        == f"""\
version: '1'
name: today
policies:
  identity:
    - policy.json
principal: {DEV}
now: '2026-01-01T00:00:00Z'
tests:
  - name: s3:GetObject [{OBJECT}]
    action: s3:GetObject
    resource: {OBJECT}
    expect:
      decision: allowed
      decided_by: identity
      matched:
        - Read
  - name: s3:GetObject [{OBJECT}2]
    action: s3:GetObject
    resource: {OBJECT}2
    expect:
      decision: allowed
      decided_by: identity
      matched:
        - Read
  - name: s3:PutObject [{OBJECT}]
    action: s3:PutObject
    resource: {OBJECT}
    expect:
      decision: implicitDeny
      decided_by: identity
  - name: s3:PutObject [{OBJECT}2]
    action: s3:PutObject
    resource: {OBJECT}2
    expect:
      decision: implicitDeny
      decided_by: identity
"""
    )
    assert _passes(tmp_path / "today.iamtest.yaml") == [Status.PASSED] * 4


def test_what_the_options_say_is_asked(tmp_path: Path) -> None:
    file = tmp_path / "today.iamtest.yaml"

    result = _record("-a", CREATE, "-p", BLOCK, "--as", DEV, "--principal-tag", "a=b", *_NOW,
                     "-c", NAME, "-c", VIA_APPFLOW, "--request-tag", "env=dev",
                     "--resource-tag", "team=x", "--resource-account", "444455556666",
                     "-o", str(file))  # fmt: skip

    assert result.exit_code == Exit.ALLOWED
    (case,) = load_suite(file).cases
    assert not isinstance(case.requests, Exception)
    (request,) = case.requests
    assert request.principal is not None
    assert request.principal.tags == (("a", "b"),)
    assert [*request.context] == ["secretsmanager:name", "aws:calledvia"]
    assert (request.request_tags, request.resource_tags) == ((("env", "dev"),), (("team", "x"),))
    assert (request.resource_account, request.now) == ("444455556666", "2026-01-01T00:00:00Z")
    assert run_case(case).differences == ()


def test_the_time_is_now_where_nobody_says_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "clock", lambda: datetime(2026, 1, 1, tzinfo=UTC))

    result = _record("-a", "s3:GetObject", "-p", BLOCK)

    assert "\nnow: '2026-01-01T00:00:00Z'\n" in result.stdout


def test_a_policy_on_stdin_stands_in_the_suite(tmp_path: Path) -> None:
    policy = '{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}'

    result = _record("-a", "s3:GetObject", "-p", "-", stdin=policy)

    file = file_of(tmp_path, result.stdout, "today.iamtest.yaml")
    assert "    - name: <stdin>\n      policy:\n" in result.stdout
    assert _passes(Path(file)) == [Status.PASSED]


def test_a_suite_with_odd_characters_can_be_copied_from_stdout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    value = "a\u00a0\u2028\x1b[31m\x85b"

    result = _record("-a", "s3:GetObject", "-p", BLOCK, "-c", f"s3:prefix={value}")

    file = file_of(tmp_path, result.stdout, "today.iamtest.yaml")
    (case,) = load_suite(Path(file)).cases
    assert not isinstance(case.requests, Exception)
    assert case.requests[0].context == {"s3:prefix": {"s3:prefix": (value,)}}
    assert "\x1b" not in result.stdout


def test_warnings_are_told_beside_the_suite(tmp_path: Path) -> None:
    policy = file_of(tmp_path, '{"Effect": "Allow", "Action": "s3:*", "Resource": "*",}', "a.json")

    result = _record("-a", "s3:GetObject", "-p", policy, "--lenient", *_NOW)

    assert told(result) == ["warning[trailing-comma]: a trailing comma is read over"]
    assert result.stdout.startswith("version: '1'\n")


def test_warnings_about_the_policies_of_a_source_are_told_once(tmp_path: Path) -> None:
    policy = (
        '{Effect: Allow, Action: "*", Resource: "*", Condition: {StringLike: {"s3:x": "${a:b}"}}}'
    )
    text = f"""\
policies: {{scps: [[{{Statement: {policy}}}]]}}
action: s3:GetObject
tests: [{{name: a}}, {{name: b}}]
"""

    result = _record(file_of(tmp_path, text, "a.scenario.yaml"))

    assert result.exit_code == Exit.ALLOWED
    assert len(told(result)) == len(set(told(result))) == 2


def test_what_was_accepted_is_accepted_by_the_suite(tmp_path: Path) -> None:
    policy = policy_file(tmp_path, {"Comment": "mine"})
    file = tmp_path / "today.iamtest.yaml"

    _record("-a", "s3:GetObject", "-p", policy, "--accept-invalid", "-o", str(file))

    assert "\naccept_invalid: 'true'\n" in file.read_text("utf-8")
    assert "decision: undetermined\n" in file.read_text("utf-8")
    assert _passes(file) == [Status.PASSED]


# A scenario or suite as the source


def test_the_questions_of_a_suite_are_asked_again(tmp_path: Path) -> None:
    file = tmp_path / "again.iamtest.yaml"

    result = _record(str(_BLOCK_SUITE), "-o", str(file))

    assert (result.exit_code, result.output) == (Exit.ALLOWED, "")
    assert [case.name for case in load_suite(file).cases] == [
        case.name for case in load_suite(_BLOCK_SUITE).cases
    ]
    assert set(_passes(file)) == {Status.PASSED}


def test_policies_and_a_caller_given_replace_those_of_the_source(tmp_path: Path) -> None:
    source = file_of(
        tmp_path,
        f"principal: {DEV}\ntests: [{{name: a, action: s3:GetObject, resource: '{OBJECT}'}}]\n",
        "questions.scenario.yaml",
    )
    file = tmp_path / "today.iamtest.yaml"

    _record(source, "-p", policy_file(tmp_path, {"Sid": "All"}), "--as", _ANN, "-o", str(file))

    text = file.read_text("utf-8")
    assert f"\nprincipal: {_ANN}\n" in text
    assert "\n    - policy.json\n" in text
    assert "matched:\n        - All\n" in text


# Files


def test_a_suite_in_json_is_written_to_a_file_of_that_name(tmp_path: Path) -> None:
    file = tmp_path / "today.iamtest.json"

    _record("-a", "s3:GetObject", "-p", BLOCK, "-o", str(file))

    assert json.loads(file.read_text("utf-8"))["tests"][0]["action"] == "s3:GetObject"
    assert _passes(file) == [Status.PASSED]


def test_a_baseline_is_replaced_by_a_newer_one(tmp_path: Path) -> None:
    file = file_of(tmp_path, "an older one", "today.iamtest.yaml")

    result = _record("-a", "s3:GetObject", "-p", BLOCK, "-o", file)

    assert result.exit_code == Exit.ALLOWED
    assert _passes(Path(file)) == [Status.PASSED]
    assert [path.name for path in tmp_path.iterdir()] == ["today.iamtest.yaml"]


_BROKEN = """\
policies: {scps: [[]]}
action: s3:GetObject
tests:
  - {name: a, expect: implicitDeny}
  - {name: b, %s}
"""


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ("policies: {identity: [{Statement: 7}]}", "5:49"),
        ("principal: nobody", "5:26"),
        ("now: yesterday", "5:5"),
        ("nmae: c", "5:15"),
    ],
)
@pytest.mark.parametrize("export", ["suite", "simulate"])
def test_what_is_broken_is_told_with_its_place_and_nothing_is_written(
    tmp_path: Path, fields: str, place: str, export: str
) -> None:
    source = file_of(tmp_path, _BROKEN % fields, "source.iamtest.yaml")

    result = _record(source, "-o", str(tmp_path / "out"), "--export", export)

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert [each.rpartition(".yaml:")[2] for each in pointed_at(result)] == [place]
    assert [path.name for path in tmp_path.iterdir()] == ["source.iamtest.yaml"]


def test_a_baseline_stays_where_the_newer_one_is_refused(tmp_path: Path) -> None:
    file = file_of(tmp_path, "an older one", "today.iamtest.yaml")

    result = _record("-a", "s3:GetObject", "-p", BLOCK, "--as", "nobody", "-o", file)

    assert result.exit_code == Exit.UNUSABLE
    assert Path(file).read_text("utf-8") == "an older one"


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["-a", "GetObject"], "error[unknown-action]: `GetObject` is no action"),
        (["-a", "s3:GetObject", "-r", "logs"], "error[not-an-arn]: `logs` is no resource"),
        (["-a", "s3:GetObject", "-c", "prefix"], "error[key-value]: -c `prefix` is no KEY=VALUE"),
        (["-a", "s3:GetObject", "-p", "nope.json"],
         "error[missing-file]: nope.json: there is no such file"),
        (["nope.yaml"], "error[missing-file]: nope.yaml: there is no such file"),
    ],
)  # fmt: skip
def test_options_that_cannot_be_used_are_told(arguments: list[str], problem: str) -> None:
    result = _record(*arguments)

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert told(result) == [problem]


@pytest.mark.parametrize("arguments", [[], ["a.yaml", "-a", "s3:GetObject"]])
def test_the_questions_come_from_one_place(arguments: list[str]) -> None:
    result = _record(*arguments)

    assert result.exit_code == Exit.UNUSABLE
    assert "give either SOURCE or -a ACTION" in result.stderr


@pytest.mark.parametrize("option", ["-r", "-c", "--request-tag", "--resource-tag"])
def test_an_option_that_a_source_would_not_heed_is_refused(option: str) -> None:
    result = _record(str(_BLOCK_SUITE), option, "a=b")

    assert result.exit_code == Exit.UNUSABLE
    assert "go with -a; SOURCE says its own" in result.stderr


def test_nothing_is_recorded_where_nobody_gives_a_policy(tmp_path: Path) -> None:
    """Otherwise all would be denied, and so the baseline."""
    source = file_of(tmp_path, "tests: [{name: a, action: s3:GetObject}]\n", "a.scenario.yaml")

    for arguments in (["-a", "s3:GetObject"], [source]):
        result = _record(*arguments)

        assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
        assert told(result) == ["error[missing-policies]: no policy is given"]


def test_a_layer_without_policies_is_enough(tmp_path: Path) -> None:
    text = "policies: {scps: [[]]}\ntests: [{name: a, action: s3:GetObject}]\n"

    result = _record(file_of(tmp_path, text, "a.scenario.yaml"))

    assert result.exit_code == Exit.ALLOWED


# For AWS's simulator


def _commands(result: Result) -> list[list[str]]:
    lines = result.stdout.splitlines()
    return [shlex.split(line) for line in lines if line.startswith("aws ")]


def test_a_request_of_the_simulator_is_printed_for_each_question() -> None:
    arguments = [each for each in CREATE_THROUGH_APPFLOW if each != CREATE]

    result = _record("-a", CREATE, "-a", "secretsmanager:ListSecrets", *arguments, *_NOW,
                     "--export", "simulate")  # fmt: skip

    assert result.exit_code == Exit.ALLOWED
    assert [line for line in result.stdout.splitlines() if not line.startswith("aws ")] == [
        "# What policy_eval decides for each action alone, and the command that asks AWS.",
        "",
        "# secretsmanager:CreateSecret: allowed",
        "#   AWS is asked without the caller role/Dev: CallerArn takes users only",
        "#   AWS is asked about the resource `*`: none is said",
        "",
        "# secretsmanager:ListSecrets: implicitDeny",
        "#   AWS is asked without the caller role/Dev: CallerArn takes users only",
    ]
    asked = [json.loads(each[4]) for each in _commands(result)]
    assert [each["ActionNames"] for each in asked] == [[CREATE], ["secretsmanager:ListSecrets"]]


def test_the_commands_are_a_script(tmp_path: Path) -> None:
    file = tmp_path / "ask-aws.sh"

    _record("-a", "s3:GetObject", "-p", BLOCK, "--export", "simulate", "-o", str(file))

    text = file.read_text("utf-8")
    assert text.startswith("# What policy_eval decides")
    assert text.endswith(" --output text\n")


def test_each_action_of_a_call_is_asked_alone(tmp_path: Path) -> None:
    source = file_of(
        tmp_path,
        "tests: [{name: both, all_of: [s3:GetObject, s3:PutObject]}]\n",
        "a.scenario.yaml",
    )

    result = _record(source, "-p", policy_file(tmp_path, {"Action": "s3:GetObject"}),
                     "--export", "simulate")  # fmt: skip

    assert [line for line in result.stdout.splitlines() if line.startswith("# both")] == [
        "# both: allowed",
        "# both: implicitDeny",
    ]


def test_a_printed_request_decides_the_same_as_a_test(tmp_path: Path) -> None:
    condition = {"StringLike": {"s3:prefix": "it's *"}}
    policy = policy_file(tmp_path, {"Action": "s3:GetObject", "Condition": condition})

    result = _record("-a", "s3:GetObject", "-a", "s3:PutObject", "-r", OBJECT, "-p", policy,
                     "--as", _ANN, "-c", "s3:prefix=it's a", "--scp", policy,
                     "--export", "simulate")  # fmt: skip

    tests = [
        {"name": "a", "simulate": json.loads(each[4]), "expect": word}
        for each, word in zip(_commands(result), ("allowed", "implicitDeny"), strict=True)
    ]
    suite = file_of(tmp_path, json.dumps({"tests": tests}), "a.iamtest.json")
    assert "AWS is asked" not in result.stdout
    assert _passes(Path(suite)) == [Status.PASSED] * 2
