"""`can-i`: its answers, its exit codes, and what it refuses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from policy_eval.cli.can_i import command
from policy_eval.cli.output import Exit
from tests.cli.running import (
    BLOCK,
    CREATE,
    CREATE_THROUGH_APPFLOW,
    DEV,
    FULL_ACCESS,
    KEY,
    NAME,
    OBJECT,
    VIA_APPFLOW,
    can_i,
    pointed_at,
    policy_file,
    policy_on,
    told,
)

PUT_POLICY = "secretsmanager:PutResourcePolicy"
OWNER = "secretsmanager:ResourceTag/aws:secretsmanager:owningService"


# Strict rules


def test_under_strict_rules_an_answer_that_rests_on_an_open_point_is_none() -> None:
    result = can_i(*CREATE_THROUGH_APPFLOW, "--strict-rules")

    assert can_i(*CREATE_THROUGH_APPFLOW).exit_code == Exit.ALLOWED
    assert result.exit_code == Exit.UNDETERMINED
    assert result.stdout.startswith(f"undetermined. {CREATE}")
    assert "  it rests on R-AF-05, and under strict rules an open point" in result.stdout
    assert "if AWS reads R-AF-05 the other way: implicit deny" in result.stdout


def test_under_strict_rules_data_name_the_rules() -> None:
    result = can_i(*CREATE_THROUGH_APPFLOW, "--strict-rules", "-o", "json")

    data = json.loads(result.stdout)
    assert (data["decision"], data["allowed"]) == ("undetermined", None)
    assert "R-AF-05" in data["reason"]
    assert [each["rule"] for each in data["rests_on"]] == ["R-AF-05"]


def test_under_strict_rules_what_every_reading_denies_is_denied(tmp_path: Path) -> None:
    action, group = "logs:DescribeLogStreams", "arn:aws:logs:us-east-1:111122223333:log-group:/a"
    policy = policy_file(
        tmp_path, {"Effect": "Deny", "Action": action, "Resource": "arn:aws:logs:*:*:/a*"}
    )

    result = can_i(action, group, "-p", policy, "--strict-rules", "--explain")

    assert result.exit_code == Exit.DENIED
    assert result.stdout.startswith("no: denied either way. ")
    expected = can_i(action, group, "-p", policy, "--strict-rules", "--expect", "undetermined")
    assert expected.exit_code == Exit.ALLOWED


# The AppFlow block


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((CREATE, "-c", NAME, "-c", VIA_APPFLOW), Exit.ALLOWED),
        ((CREATE, "-c", NAME), Exit.DENIED),
        ((CREATE, "-c", "secretsmanager:Name=other", "-c", VIA_APPFLOW), Exit.DENIED),
        ((CREATE, "-c", "secretsmanager:Name=Appflow!sales", "-c", VIA_APPFLOW), Exit.DENIED),
        ((CREATE, "-c", NAME, "-c", "aws:CalledVia=cloudformation.amazonaws.com",
          "-c", VIA_APPFLOW), Exit.ALLOWED),
        (("SECRETSMANAGER:createsecret", "-c", NAME,
          "-c", "AWS:calledvia=appflow.amazonaws.com"), Exit.ALLOWED),
        ((PUT_POLICY, "-c", f"{OWNER}=AppFlow", "-c", VIA_APPFLOW), Exit.ALLOWED),
        ((PUT_POLICY, "-c", f"{OWNER}=redshift", "-c", VIA_APPFLOW), Exit.DENIED),
        (("secretsmanager:TagResource", "-c", VIA_APPFLOW), Exit.DENIED),
        ((CREATE, "-c", NAME, "-c", VIA_APPFLOW, "--request-tag", "env=dev"), Exit.DENIED),
        ((CREATE, "-c", NAME, "-c", VIA_APPFLOW, "--request-tag", "env=dev", "--action-only"),
         Exit.ALLOWED),
    ],
)  # fmt: skip
def test_the_appflow_block_answers_by_exit_code(arguments: tuple[str, ...], code: Exit) -> None:
    result = can_i(*arguments, "--as", DEV, "-p", BLOCK)

    assert (result.exit_code, result.stderr) == (code, "")


def test_creating_with_tags_names_the_action_that_failed() -> None:
    result = can_i(*CREATE_THROUGH_APPFLOW, "--request-tag", "env=dev")

    assert "secretsmanager:TagResource" in result.stdout.splitlines()[0]


def test_the_answer_names_the_statement_that_allows_and_its_place() -> None:
    result = can_i(*CREATE_THROUGH_APPFLOW)

    assert result.stdout.startswith(
        "yes: allowed (identity-based policy). secretsmanager:CreateSecret as role/Dev\n"
    )
    assert f"SecretsManagerCreateSecretAccess ({BLOCK}:1:1)" in result.stdout


def test_the_answer_says_what_was_assumed_of_the_policy() -> None:
    result = can_i(*CREATE_THROUGH_APPFLOW)

    assert "read as a policy of 2 statements" in result.stdout
    assert "2008-10-17" in result.stdout


def test_a_denial_names_the_condition_that_failed() -> None:
    result = can_i(CREATE, "--as", DEV, "-p", BLOCK, "-c", NAME)

    assert result.stdout.startswith("no: implicit deny (identity-based policy). ")
    assert "✗ ForAnyValue:StringEquals aws:CalledVia" in result.stdout
    assert "assumed absent: aws:CalledVia" in result.stdout


def test_an_explicit_deny_names_the_statement_that_denies(tmp_path: Path) -> None:
    policy = policy_file(tmp_path, {}, {"Sid": "NoS3", "Effect": "Deny", "Action": "s3:*"})

    result = can_i("s3:GetObject", OBJECT, "-p", policy)

    assert result.exit_code == Exit.DENIED
    assert result.stdout.startswith(
        f"no: explicit deny (identity-based policy). s3:GetObject on {OBJECT}\n"
    )
    assert "denied by NoS3" in result.stdout


def test_an_action_that_the_service_does_not_list_gets_a_remark() -> None:
    result = can_i("secretsmanager:CreateSecrt", "--as", DEV, "-p", BLOCK)

    assert result.exit_code == Exit.DENIED
    remarks = [line for line in result.output.splitlines() if "note" in line]
    assert any("secretsmanager:CreateSecrt" in line for line in remarks)


# Undetermined


def test_a_key_of_aws_kms_is_undetermined_without_its_key_policy() -> None:
    result = can_i("kms:Decrypt", KEY, "--as", DEV, "-p", FULL_ACCESS)

    assert result.exit_code == Exit.UNDETERMINED
    assert result.stdout.startswith(f"undetermined. kms:Decrypt on {KEY} as role/Dev\n")
    assert "key policy" in result.stdout


def test_another_account_s_resource_is_undetermined_without_its_policy() -> None:
    secret = "arn:aws:secretsmanager:us-east-1:444455556666:secret:appflow!sales-AbCdEf"

    result = can_i(
        PUT_POLICY, secret, "--as", DEV, "-p", BLOCK, "-c", f"{OWNER}=appflow", "-c", VIA_APPFLOW
    )

    assert result.exit_code == Exit.UNDETERMINED
    assert "another account" in result.stdout


def test_a_resource_left_out_where_it_matters_is_undetermined() -> None:
    result = can_i("s3:PutBucketPolicy", "--as", DEV, "-p", FULL_ACCESS)

    assert result.exit_code == Exit.UNDETERMINED
    assert "no resource was given" in result.stdout


def test_a_resource_left_out_where_it_matters_names_the_patterns_that_differ() -> None:
    result = can_i("s3:PutBucketPolicy", "--as", DEV, "-p", FULL_ACCESS)

    assert "arn:aws:s3:::appflow-*" in result.stdout


@pytest.mark.parametrize(("action", "code"), [("s3:ListBucket", 0), ("s3:DeleteBucket", 1)])
def test_a_resource_left_out_where_none_matters_is_no_question(action: str, code: int) -> None:
    result = can_i(action, "--as", DEV, "-p", FULL_ACCESS)

    assert result.exit_code == code


def test_an_unknown_key_that_matters_is_named(tmp_path: Path) -> None:
    policy = policy_on(tmp_path, {"StringLike": {"aws:userid": "AROA*"}})

    result = can_i("s3:GetObject", OBJECT, "-p", policy)

    assert result.exit_code == Exit.UNDETERMINED
    assert "unknown, and it matters: aws:userid" in result.stdout


def test_denied_either_way_is_denied(tmp_path: Path) -> None:
    deny = {"Effect": "Deny", "Condition": {"StringLike": {"aws:userid": "AROA*"}}}
    policy = policy_file(tmp_path, deny)

    result = can_i("s3:GetObject", OBJECT, "-p", policy)

    assert result.exit_code == Exit.DENIED
    assert result.stdout.startswith("no: denied either way (identity-based policy). ")


# --now


@pytest.mark.parametrize(
    ("now", "code"),
    [
        ("2025-12-31T23:59:59Z", Exit.DENIED),
        ("2026-01-01T00:00:01Z", Exit.ALLOWED),
        ("2026-01-01T01:30:00+02:00", Exit.DENIED),
    ],
)
def test_now_is_the_time_of_the_call(tmp_path: Path, now: str, code: Exit) -> None:
    policy = policy_on(tmp_path, {"DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}})

    result = can_i("s3:GetObject", OBJECT, "-p", policy, "--now", now)

    assert result.exit_code == code


@pytest.mark.parametrize(("year", "code"), [("2020", Exit.ALLOWED), ("9000", Exit.DENIED)])
def test_the_clock_is_the_time_of_the_call_otherwise(tmp_path: Path, year: str, code: Exit) -> None:
    policy = policy_on(
        tmp_path, {"DateGreaterThan": {"aws:CurrentTime": f"{year}-01-01T00:00:00Z"}}
    )

    result = can_i("s3:GetObject", OBJECT, "-p", policy)

    assert result.exit_code == code


# --expect


@pytest.mark.parametrize(
    ("decision", "code"),
    [
        ("allowed", Exit.DENIED),
        ("implicitDeny", Exit.ALLOWED),
        ("explicitDeny", Exit.DENIED),
        ("anyDeny", Exit.ALLOWED),
        ("undetermined", Exit.DENIED),
    ],
)
def test_with_expect_the_exit_code_is_whether_the_answer_is_as_expected(
    decision: str, code: Exit
) -> None:
    result = can_i(CREATE, "--as", DEV, "-p", BLOCK, "--expect", decision)

    assert result.exit_code == code
    assert result.stdout.startswith("no: implicit deny (identity-based policy). ")


@pytest.mark.parametrize(
    ("decision", "code"),
    [("undetermined", Exit.ALLOWED), ("anyDeny", Exit.DENIED), ("allowed", Exit.DENIED)],
)
def test_an_undetermined_answer_may_be_expected(decision: str, code: Exit) -> None:
    result = can_i("kms:Decrypt", KEY, "--as", DEV, "-p", FULL_ACCESS, "--expect", decision)

    assert result.exit_code == code


def test_any_deny_may_be_an_explicit_one(tmp_path: Path) -> None:
    policy = policy_file(tmp_path, {"Effect": "Deny"})

    result = can_i("s3:GetObject", OBJECT, "-p", policy, "--expect", "anyDeny")

    assert result.exit_code == Exit.ALLOWED


def test_denied_either_way_is_any_deny(tmp_path: Path) -> None:
    deny = {"Effect": "Deny", "Condition": {"StringLike": {"aws:userid": "AROA*"}}}
    policy = policy_file(tmp_path, deny)

    result = can_i("s3:GetObject", OBJECT, "-p", policy, "--expect", "anyDeny")

    assert result.exit_code == Exit.ALLOWED


# --explain and --quiet


def test_explain_shows_every_test_of_every_statement() -> None:
    result = can_i(*CREATE_THROUGH_APPFLOW, "--explain")

    assert result.exit_code == Exit.ALLOWED
    assert result.stdout.count("✓") == 4
    assert "SecretsManagerPutResourcePolicyAccess   Allow, another action" in result.stdout


def test_explain_shows_each_action_of_the_call() -> None:
    result = can_i(*CREATE_THROUGH_APPFLOW, "--request-tag", "env=dev", "--explain")

    assert "secretsmanager:CreateSecret: allowed" in result.stdout
    assert "secretsmanager:TagResource: implicit deny, needed because" in result.stdout


@pytest.mark.parametrize("option", ["-q", "--quiet"])
@pytest.mark.parametrize(
    ("further", "code"), [((), Exit.ALLOWED), (("--request-tag", "a=b"), Exit.DENIED)]
)
def test_quiet_answers_by_exit_code_alone(
    option: str, further: tuple[str, ...], code: Exit
) -> None:
    result = can_i(*CREATE_THROUGH_APPFLOW, *further, option)

    assert (result.exit_code, result.output) == (code, "")


def test_quiet_still_says_what_is_wrong_with_the_input() -> None:
    result = can_i(CREATE, "-p", "nope.json", "-q")

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert "nope.json" in result.stderr


# Unusable input


def test_what_aws_would_let_pass_is_said_on_stderr(tmp_path: Path) -> None:
    policy = policy_file(tmp_path, {"Sid": "A", "Action": "s3:Get${aws:username}"})

    result = can_i("s3:PutObject", OBJECT, "-p", policy)

    assert result.exit_code == Exit.DENIED
    assert result.stdout.startswith("no: implicit deny (identity-based policy).")
    assert f"{policy}:1:" in result.stderr
    assert "warning[" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((CREATE, "--as", "bob"), "error[unknown-principal]: `bob` is no principal"),
        ((CREATE, "--as", ""), "error[unknown-principal]: `` is no principal"),
        ((CREATE, "--as", "arn:aws:iam::111122223333:role/*"), "wildcards"),
        ((CREATE, "--as", "arn:aws:iam::111122223333:group/Devs"), "group"),
        ((CREATE, "arn:aws:secretsmanager"),
         "error[not-an-arn]: `arn:aws:secretsmanager` is no resource"),
        ((CREATE, ""), "error[not-an-arn]: `` is no resource"),
        (("CreateSecret",), "error[unknown-action]: `CreateSecret` is no action"),
        (("secretsmanager:*",), "error[unknown-action]: `secretsmanager:*` is no action"),
        ((CREATE, "--now", "yesterday"), "error[unreadable-time]: `yesterday` is no date"),
        ((CREATE, "--now", ""), "error[unreadable-time]: `` is no date"),
        ((CREATE, "--as", DEV, "-c", "aws:PrincipalAccount=444455556666"),
         "error[contradiction]: `aws:PrincipalAccount` is given as `444455556666`, but "),
        ((CREATE, "-c", VIA_APPFLOW, "-c", "aws:ViaAWSService=false"),
         "error[contradiction]: `aws:ViaAWSService` is given as `false`, but "),
    ],
)  # fmt: skip
def test_a_request_that_none_could_make_is_refused(arguments: tuple[str, ...], says: str) -> None:
    result = can_i(*arguments, "-p", BLOCK)

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert says in result.stderr
    assert len(told(result)) == 1


def test_an_unreadable_date_is_refused_where_a_statement_reads_it(tmp_path: Path) -> None:
    policy = policy_on(tmp_path, {"DateGreaterThan": {"aws:TokenIssueTime": "2026-01-01"}})

    result = can_i("s3:GetObject", OBJECT, "-p", policy, "-c", "aws:TokenIssueTime=yesterday")

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert result.stderr.startswith("error[unreadable-value]: `aws:TokenIssueTime` is `yesterday`")
    assert pointed_at(result) == ["-c:1:20"]


def test_warnings_stand_apart_from_the_error_that_follows_them(tmp_path: Path) -> None:
    policy = policy_file(tmp_path, {"Action": "s3: Get"})

    result = can_i(CREATE, "--as", "bob", "-p", policy)

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert [line.partition("]")[0] for line in told(result)] == [
        "warning[action-form",
        "error[unknown-principal",
    ]
    assert "\n\nerror[unknown-principal]" in result.stderr


def test_an_unreadable_date_that_no_statement_reads_is_no_matter(tmp_path: Path) -> None:
    policy = policy_file(
        tmp_path,
        {"Action": "s3:GetObject"},
        {"Action": "s3:PutObject", "Condition": {"DateEquals": {"aws:TokenIssueTime": "2026"}}},
    )

    result = can_i("s3:GetObject", OBJECT, "-p", policy, "-c", "aws:TokenIssueTime=yesterday")

    assert result.exit_code == Exit.ALLOWED


def test_every_problem_of_a_policy_is_told(tmp_path: Path) -> None:
    policy = policy_file(tmp_path, {"Effect": "allow"}, {"Effect": "deny"})

    result = can_i("s3:GetObject", OBJECT, "-p", policy)

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert [line.partition(":")[0] for line in told(result)] == ["error[unknown-effect]"] * 2
    assert [place.startswith(f"{policy}:1:") for place in pointed_at(result)] == [True, True]
    assert "2 errors" in result.stderr


def test_every_problem_of_every_policy_is_told(tmp_path: Path) -> None:
    first = policy_file(tmp_path, {"Effect": "allow"}, name="a.json")
    second = policy_file(tmp_path, {"Effect": "deny"}, name="b.json")

    result = can_i("s3:GetObject", OBJECT, "-p", first, "-p", second)

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert [place.rsplit(":", 2)[0] for place in pointed_at(result)] == [first, second]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "Missing argument 'ACTION'"),
        ((CREATE,), "no policy is given"),
        ((CREATE, "-p", BLOCK, "--expect", "maybe"), "'maybe' is not one of 'allowed'"),
        ((CREATE, "-p", BLOCK, "-o", "xml"), "'xml' is not one of 'text', 'json', 'yaml'"),
        ((CREATE, "-p", BLOCK, "--explain", "-q"), "--explain and --quiet exclude each other"),
        ((CREATE, OBJECT, "further", "-p", BLOCK), "unexpected extra argument"),
        ((CREATE, "-p", BLOCK, "--nope"), "No such option"),
    ],
)
def test_a_call_against_the_usage_is_refused(arguments: tuple[str, ...], says: str) -> None:
    result = can_i(*arguments)

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert says in result.stderr


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_says_what_the_exit_codes_mean(option: str) -> None:
    result = can_i(option)

    assert result.exit_code == 0
    assert "Usage: can-i [OPTIONS] ACTION [RESOURCE]" in result.stdout
    assert "0 if allowed, 1 if denied, 2 for unusable input, 3 if undetermined" in result.stdout


# Completion of actions


def _completed(incomplete: str) -> list[str]:
    completion = ShellComplete(command, {}, "can-i", "_CAN_I_COMPLETE")
    return [str(item.value) for item in completion.get_completions([], incomplete)]


def test_completion_offers_services_first() -> None:
    assert _completed("secretsman") == ["secretsmanager:"]


def test_completion_offers_every_service_before_a_letter_is_typed() -> None:
    services = _completed("")

    assert len(services) > 300
    assert all(service.endswith(":") for service in services)


@pytest.mark.parametrize(
    ("incomplete", "completed"),
    [
        ("secretsmanager:CreateS", ["secretsmanager:CreateSecret"]),
        ("secretsmanager:creates", ["secretsmanager:CreateSecret"]),
        ("SecretsManager:CREATES", ["SecretsManager:CreateSecret"]),
        ("SECRETSMAN", ["secretsmanager:"]),
        ("nosuchservice:", []),
        ("nosuchservice", []),
    ],
)
def test_completion_ignores_case_as_aws_does(incomplete: str, completed: list[str]) -> None:
    assert _completed(incomplete) == completed


def _reply_of_bash(folder: Path, *words: str) -> list[str]:
    """Return what bash offers after these words, which it cuts at every colon."""
    program = folder / "can-i"
    program.write_text(f"#!{sys.executable}\nfrom policy_eval.__main__ import can_i\ncan_i()\n")
    program.chmod(0o755)
    quoted = " ".join(f"'{word}'" for word in words)
    script = (
        'eval "$(_CAN_I_COMPLETE=bash_source can-i)"; '
        f"COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; "
        f"COMP_LINE='{words[0]} {''.join(words[1:])}'; COMP_POINT=${{#COMP_LINE}}; "
        f"COMP_TYPE=9; _can_i_completion '{words[0]}' '{words[-1]}' '{words[-2]}'; "
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    found = subprocess.run(
        ["/bin/bash", "-c", script],
        env={**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    return found.stdout.split()


def test_bash_completes_a_service(tmp_path: Path) -> None:
    assert _reply_of_bash(tmp_path, "can-i", "secretsman") == ["secretsmanager:"]


def test_bash_completes_an_action_after_the_colon(tmp_path: Path) -> None:
    reply = _reply_of_bash(tmp_path, "can-i", "secretsmanager", ":", "CreateS")

    assert reply == ["CreateSecret"]


# Whole processes


def _run(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "policy_eval", "can-i", *arguments],
        env={**os.environ, **env},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_a_whole_process_answers_on_stdout() -> None:
    found = _run(*CREATE_THROUGH_APPFLOW)

    assert (found.returncode, found.stderr) == (Exit.ALLOWED, "")
    assert found.stdout.startswith("yes: allowed (identity-based policy). ")


def test_a_whole_process_answers_in_json() -> None:
    found = _run("kms:Decrypt", KEY, "--as", DEV, "-p", FULL_ACCESS, "-o", "json")

    assert (found.returncode, found.stderr) == (Exit.UNDETERMINED, "")
    assert json.loads(found.stdout)["decision"] == "undetermined"


def test_a_whole_process_diagnoses_on_stderr() -> None:
    found = _run(CREATE, "-p", "nope.json")

    assert (found.returncode, found.stdout) == (Exit.UNUSABLE, "")
    assert found.stderr == (
        "error[missing-file]: nope.json: there is no such file\n\n"
        "for more on a problem: policy-eval explain-error missing-file\n"
    )


def test_a_whole_process_prints_ascii_where_stdout_takes_no_more() -> None:
    found = _run(CREATE, "-p", BLOCK, "-c", "secretsmanager:Name=é", PYTHONIOENCODING="ascii")

    assert found.returncode == Exit.DENIED
    assert found.stdout.isascii()
    assert 'x StringLike secretsmanager:Name   "\\xe9"' in found.stdout


def test_a_whole_process_survives_a_closed_stdout() -> None:
    script = '"$0" -m policy_eval can-i "$@" >&-'

    found = subprocess.run(
        ["/bin/sh", "-c", script, sys.executable, *CREATE_THROUGH_APPFLOW],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (found.returncode, found.stderr) == (Exit.ALLOWED, "")
