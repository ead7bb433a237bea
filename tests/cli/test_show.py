"""`policy-eval show`: statements, assumptions and sizes as they were read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from policy_eval.cli.output import Exit
from policy_eval.policy.policy_type import PolicyType
from tests.cli.running import (
    BLOCK,
    DEV,
    OBJECT,
    can_i,
    file_of,
    policy_eval,
    policy_file,
    policy_on,
)

WHOLE = """\
{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Read",
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:ListBucket"],
            "Resource": "arn:aws:s3:::logs/*",
            "Condition": {"StringEquals": {"aws:SourceVpc": ["vpc-1", "vpc-2"]}}
        },
        {
            "Effect": "Deny",
            "NotAction": "s3:*",
            "NotResource": "*"
        }
    ]
}
"""
SHOWN = """\
policy.json: an identity-based policy, by the look of it

  1  Read   Allow   line 4
     Action       s3:GetObject
                  s3:ListBucket
     Resource     arn:aws:s3:::logs/*
     Condition    StringEquals aws:SourceVpc: vpc-1, vpc-2

  2  Deny   line 11
     NotAction    s3:*
     NotResource  *

  265 characters, counted without whitespace as AWS does; of
     6,144  a customer managed policy
     2,048  all inline policies of a user together
     5,120  all inline policies of a group together
    10,240  all inline policies of a role together
"""
TRUST = """{"Effect": "Allow", "Action": "sts:AssumeRole",
    "Principal": {"Service": "ec2.amazonaws.com", "AWS": ["111122223333"]}}"""
BUCKET = """{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Principal": "*"}"""


def test_a_policy_is_shown_statement_by_statement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file_of(tmp_path, WHOLE, "policy.json")

    result = policy_eval("show", "policy.json")

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == SHOWN


def test_what_was_assumed_is_said() -> None:
    result = policy_eval("show", "-", stdin=f"x = <<A\n{TRUST}\nA\n")

    assert result.exit_code == 0
    assert result.stdout.startswith(
        "<stdin>: a role trust policy, by the look of it\n"
        "  read from the heredoc `A`\n"
        "  read as a policy of 1 statement\n"
        "  no Version, so 2008-10-17\n"
    )


def test_principals_are_shown_with_their_kinds() -> None:
    result = policy_eval("show", "-", stdin=TRUST)

    assert (
        "     Principal    Service ec2.amazonaws.com\n                  AWS 111122223333\n"
    ) in result.stdout
    assert "     Resource     what the policy is attached to\n" in result.stdout
    assert "     2,048  a role trust policy\n" in result.stdout


def test_everyone_is_shown_without_a_kind() -> None:
    result = policy_eval("show", "-", stdin=BUCKET)

    assert "<stdin>: a resource-based policy, by the look of it\n" in result.stdout
    assert "     Principal    *\n" in result.stdout
    assert "characters; each service has a quota of its own\n" in result.stdout


def test_a_type_that_is_said_is_not_guessed() -> None:
    result = policy_eval("show", "-", "--type", "kms-key", stdin=BUCKET)

    assert result.stdout.startswith("<stdin>: a KMS key policy\n")


@pytest.mark.parametrize("policy_type", [each.value for each in PolicyType])
def test_every_type_may_be_said(policy_type: str) -> None:
    result = policy_eval("show", "-", "--type", policy_type, stdin='{"Statement": []}')

    assert result.exit_code == Exit.UNUSABLE
    assert "error[empty-statement]" in result.stderr


def test_a_policy_that_is_too_large_is_told_so(tmp_path: Path) -> None:
    policy = policy_file(tmp_path, {"Resource": [f"arn:aws:s3:::{n:0500}" for n in range(5)]})

    result = policy_eval("show", policy, "--type", "session")

    assert "all session policies of a call together: TOO LARGE\n" in result.stdout
    assert ", counted with whitespace as AWS does; of\n" in result.stdout
    assert "warning[policy-size]" in result.stderr


def test_lists_with_nothing_in_them_are_shown_so(tmp_path: Path) -> None:
    policy = policy_file(
        tmp_path, {"Action": [], "Condition": {"StringEquals": {"aws:SourceVpc": []}}}
    )

    result = policy_eval("show", policy)

    assert "     Action       (none)\n" in result.stdout
    assert "     Condition    StringEquals aws:SourceVpc: (nothing)\n" in result.stdout


def test_what_is_not_understood_is_said_of_its_statement(tmp_path: Path) -> None:
    policy = policy_file(tmp_path, {"Conditions": {}})

    result = policy_eval("show", policy, "--accept-invalid")

    assert result.exit_code == 0
    assert (
        "  1  Allow   line 1\n"
        "     may or may not apply: `Conditions` is no element of a statement\n"
    ) in result.stdout
    assert "warning[unknown-element]" in result.stderr


def test_comments_are_read_over_where_that_is_asked_for(tmp_path: Path) -> None:
    policy = file_of(tmp_path, f"// all\n{WHOLE}", "p.json")

    refused, read = policy_eval("show", policy), policy_eval("show", policy, "--lenient")

    assert (refused.exit_code, refused.stdout) == (Exit.UNUSABLE, "")
    assert read.exit_code == 0
    assert read.stderr.startswith("warning[comment]: ")


def test_names_that_the_reference_does_not_list_are_warned_about(tmp_path: Path) -> None:
    policy = policy_file(tmp_path, {"Action": "s3:GetObjekt"})

    result = policy_eval("show", policy)

    assert result.exit_code == 0
    assert "warning[unlisted-action]" in result.stderr
    assert "  = help: did you mean `s3:GetObject`\n" in result.stderr


def test_several_policies_are_shown_one_after_another(tmp_path: Path) -> None:
    for name in "ba":
        policy_file(tmp_path, {}, name=f"{name}.json")

    result = policy_eval("show", str(tmp_path), BLOCK)

    heads = [line for line in result.stdout.split("\n") if "by the look of it" in line]
    assert [head.split(":")[0] for head in heads] == [
        str(tmp_path / "a.json"),
        str(tmp_path / "b.json"),
        BLOCK,
    ]


def test_the_problems_of_all_policies_are_told(tmp_path: Path) -> None:
    policy_file(tmp_path, {}, name="a.json")
    for name in "bc":
        file_of(tmp_path, "{", f"{name}.json")

    result = policy_eval("show", str(tmp_path))

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert "b.json:1:2" in result.stderr
    assert "c.json:1:2" in result.stderr


@pytest.mark.parametrize("character", ["\x1b", "\x07", "\r", "\n", "\x7f", "\u202e", "\u2066"])
def test_no_value_of_a_policy_moves_the_terminal(tmp_path: Path, character: str) -> None:
    condition = {"StringEquals": {"aws:SourceVpc": f"a{character}b"}}
    policy = policy_file(tmp_path, {"Condition": condition})

    result = policy_eval("show", policy)

    assert result.exit_code == 0
    assert result.stdout.replace("\n", "").isprintable()
    assert len(result.stdout.split("\n")) == 13


# Data


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_data_holds_all_that_was_read(tmp_path: Path, form: str) -> None:
    policy = file_of(tmp_path, WHOLE, "p.json")

    result = policy_eval("show", policy, "-o", form)

    (shown,) = yaml.safe_load(result.stdout)["policies"]
    assert (result.exit_code, result.stderr) == (0, "")
    assert shown["file"] == policy
    assert (shown["type"], shown["type_is_assumed"]) == ("identity", True)
    assert (shown["version"], shown["form"]) == ("2012-10-17", "a policy document")
    assert (shown["found_in"], shown["assumptions"]) == (None, [])
    assert shown["statements"][0] == {
        "number": 1,
        "sid": "Read",
        "line": 4,
        "column": 9,
        "effect": "Allow",
        "principal": None,
        "action": {"element": "Action", "values": ["s3:GetObject", "s3:ListBucket"]},
        "resource": {"element": "Resource", "values": ["arn:aws:s3:::logs/*"]},
        "conditions": [
            {"operator": "StringEquals", "key": "aws:SourceVpc", "values": ["vpc-1", "vpc-2"]}
        ],
        "unusable": None,
    }
    assert shown["statements"][1]["action"] == {"element": "NotAction", "values": ["s3:*"]}
    assert shown["sizes"][0] == {
        "of": "a customer managed policy",
        "counted": 265,
        "largest": 6144,
        "with_whitespace": False,
    }


def test_data_holds_the_principal_and_no_resource_of_a_trust_policy() -> None:
    result = policy_eval("show", "-", "-o", "json", "--type", "trust", stdin=json.dumps(TRUST))

    (shown,) = json.loads(result.stdout)["policies"]
    (statement,) = shown["statements"]
    assert (shown["type_is_assumed"], shown["found_in"]) == (False, "a JSON string")
    assert statement["resource"] is None
    assert statement["principal"] == {
        "element": "Principal",
        "values": [
            {"kind": "Service", "text": "ec2.amazonaws.com"},
            {"kind": "AWS", "text": "111122223333"},
        ],
    }


def test_data_says_what_is_not_understood(tmp_path: Path) -> None:
    policy = policy_file(tmp_path, {"Conditions": {}})

    result = policy_eval("show", policy, "--accept-invalid", "-o", "json")

    (shown,) = json.loads(result.stdout)["policies"]
    assert shown["statements"][0]["unusable"] == "`Conditions` is no element of a statement"


@pytest.mark.parametrize(
    "path",
    ["", pytest.param("no-folder/p.json", id="a missing file")],
)
def test_a_path_that_names_nothing_is_refused(path: str) -> None:
    result = policy_eval("show", path)

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert "error[missing-file]" in result.stderr


@pytest.mark.parametrize("name", ["show", "fmt"])
def test_the_words_for_an_empty_path_name_no_option_of_another_command(name: str) -> None:
    result = policy_eval(name, "")

    assert "-p" not in result.stderr


@pytest.mark.parametrize("option", ["--explain", "--action-only"])
@pytest.mark.parametrize("character", ["\x1b", "\x07", "\r", "\u202e"])
def test_no_value_of_a_policy_moves_the_terminal_of_an_answer(
    tmp_path: Path, option: str, character: str
) -> None:
    policy = policy_on(tmp_path, {"StringEquals": {"aws:SourceVpc": f"a{character}b"}})

    result = can_i("s3:GetObject", OBJECT, "--as", DEV, "-p", policy, option)

    assert result.exit_code == Exit.DENIED
    assert result.stdout.replace("\n", "").isprintable()
