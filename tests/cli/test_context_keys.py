"""`policy-eval context-keys`: which condition keys policies read, and which a request has."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from click.testing import Result

from policy_eval.cli.output import Exit, print_answer
from policy_eval.semantics.service_reference import data_version
from tests.cli.running import BLOCK, CREATE, DEV, NAME, OBJECT, file_of, policy_eval, policy_file

_WIDTH = 100
_TLS = {"Bool": {"aws:SecureTransport": "true"}}


def _keys(*arguments: str, stdin: str = "") -> Result:
    return policy_eval("context-keys", *arguments, stdin=stdin)


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _shown(*statements: dict[str, object], arguments: tuple[str, ...] = ()) -> str:
    """Return what is said of a policy with these statements."""
    policy_file(Path(), *statements, name="p.json")
    result = _keys("-p", "p.json", *arguments)

    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def test_a_request_through_appflow_is_told_key_by_key() -> None:
    result = _keys(CREATE, "-p", BLOCK, "--as", DEV, "-c", NAME, "--request-tag", "a=b")

    head, *rest = result.stdout.split("\n")
    assert result.exit_code == 0
    assert head == f"identity-based policy {BLOCK}"
    assert (
        "\n".join(rest)
        == """
secretsmanager:CreateSecret
  ✓ secretsmanager:Name  String               listed for the action
      given: appflow!sales
      StringLike                Allow SecretsManagerCreateSecretAccess (line 1)
  ? aws:CalledVia        String, multivalued  supplied in some requests
      not given: taken as absent
      ForAnyValue:StringEquals  Allow SecretsManagerCreateSecretAccess
          (line 1): without it never holds

secretsmanager:TagResource
  needed too: the secret is created with tags
  no condition keys

the request lacks:
  -c aws:CalledVia=…
"""
    )


def test_every_standing_of_a_key_is_told() -> None:
    conditions = {
        "Null": {
            "aws:referer": "true", "aws:username": "true", "aws:UserAgent": "true",
            "aws:ResourceTag/a": "true", "aws:PrincipalAccount": "true", "aws:TagKeys": "true",
        }
    }  # fmt: skip
    shown = _shown(
        {"Action": "s3:PutObject", "Condition": conditions},
        {"Action": "s3:PutObject", "Resource": "arn:aws:s3:::other/*", "Condition": _TLS},
        arguments=(
            "s3:PutObject", OBJECT, "--as", DEV, "--absent", "aws:referer",
            "--unknown", "aws:ResourceTag/*",
        ),
    )  # fmt: skip

    assert (
        shown
        == """\
identity-based policy p.json

s3:PutObject
  1 statement on other resources or callers left out
  ✗ aws:referer           String               supplied in some requests
      known to be absent
      Null  Allow statement 1 (line 1): without it always holds
  ✗ aws:username          String               follows from who calls
      known to be absent, from who calls
      Null  Allow statement 1 (line 1): without it always holds
  ? aws:UserAgent         String               supplied in every request
      not given: may be there or not
      Null  Allow statement 1 (line 1)
  ? aws:ResourceTag/a     String               listed on accesspointobject, object
      said to be unknown
      Null  Allow statement 1 (line 1)
  ✓ aws:PrincipalAccount  String               follows from who calls
      derived: 111122223333, from who calls
      Null  Allow statement 1 (line 1)
  ! aws:TagKeys           String, multivalued  not listed for the action
      not given: taken as absent
      Null  Allow statement 1 (line 1): without it always holds

"""
        + _warned("aws:TagKeys for s3:PutObject")
        + """
the request lacks:
  -c aws:UserAgent=…
"""
    )


def _warned(*names: str) -> str:
    """Return what is said of keys that are not listed."""
    first = f"! the service reference ({data_version()}) does not list these keys. Where AWS does"
    rest = "the reference is behind AWS at times:"
    said = [
        f"{first} not supply them, a",
        f"  condition on them never holds, or always (R-COND-06); {rest}",
        *(f"  {name}" for name in names),
    ]
    return "\n".join([*said, ""])


@pytest.mark.parametrize(
    ("action", "key", "supply"),
    [
        ("ec2:RunInstances", "ec2:InstanceType", "listed on instance"),
        ("kms:DescribeKey", "kms:MultiRegion", "listed on key, not for the action"),
        ("kms:GenerateDataKey*", "kms:ViaService", "listed for all 4 actions"),
        ("s3:GetObject*", "s3:prefix", "listed for none of "),
        ("s3:*", "s3:prefix", "listed for "),
        ("s3:NoSuchAction", "s3:prefix", "the action is not listed"),
        ("s3:GetObject", "saml:sub", "supplied in sessions of an identity provider"),
        ("s3:GetObject", "s3:nosuchkey", "type unknown  no service lists the key"),
    ],
)
def test_it_is_told_what_aws_supplies(action: str, key: str, supply: str) -> None:
    shown = _shown({"Action": action, "Condition": {"Null": {key: "true"}}})

    (line,) = (line for line in shown.split("\n") if line[4:].startswith(f"{key} "))
    assert f"  {supply}" in line


def test_a_key_may_not_come_with_the_resource_that_is_asked_about() -> None:
    shown = _shown(
        {"Action": "ec2:RunInstances", "Condition": {"StringEquals": {"ec2:InstanceType": "x"}}},
        arguments=("ec2:RunInstances", "arn:aws:ec2:us-east-1:111122223333:subnet/subnet-1"),
    )

    assert (
        """
  ! ec2:InstanceType  String  listed on instance, not on this resource
      not given: taken as absent
      StringEquals  Allow statement 1 (line 1): without it never holds
"""
        in shown
    )
    assert "the request lacks" not in shown


def test_what_a_variable_comes_to_without_its_key_is_told() -> None:
    shown = _shown(
        {
            "Sid": "Own",
            "Action": "s3:GetObject",
            "Resource": ["arn:aws:s3:::b/${s3:prefix}", "arn:aws:s3:::b/${s3:prefix, 'x'}"],
        }
    )

    head, tail = "      ${…} in Resource       Allow Own (line 1)", "      ${…, 'x'} in Resource"
    assert f"{head}: without it this value matches nothing\n" in shown
    assert f"{tail}  Allow Own (line 1): without it the default counts\n" in shown


def test_no_line_is_wider_than_a_terminal() -> None:
    sid = "A" * 70
    key = "secretsmanager:ResourceTag/aws:secretsmanager:owningService"
    shown = _shown(
        {
            "Sid": sid,
            "Action": ["secretsmanager:GetSecretValue", *(f"s3:Action{n:03}" for n in range(90))],
            "Resource": "*",
            "Condition": {
                "ForAnyValue:StringNotEqualsIgnoreCaseIfExists": {key: "${aws:username}"},
                "StringEquals": {"ec2:Vpc": "a"},
            },
        },
        {"Action": [f"kms:Action{n:03}" for n in range(90)]},
    )

    assert max(map(len, shown.split("\n"))) <= _WIDTH
    assert f"  {key}  String  " in shown
    assert f"\n          Allow {sid} (line 1)\n" in shown
    assert any(line.startswith("  s3:") and line.endswith(" more") for line in shown.split("\n"))
    assert "\nno condition keys: kms:Action000, " in shown


def test_a_long_list_of_what_is_excepted_is_cut() -> None:
    excepted = [f"service{number}:*" for number in range(60)]
    statement = {"Effect": "Deny", "NotAction": excepted, "Resource": "*"}
    condition = {"Condition": {"Null": {"a:b": "true"}}}
    shown = _keys("-p", "-", stdin=json.dumps({**statement, **condition})).stdout

    assert shown.split("\n")[2].startswith("every action but service0:*, ")
    assert shown.split("\n")[3].endswith("…")
    assert max(map(len, shown.split("\n"))) <= _WIDTH


def test_what_aws_supplies_stands_below_a_key_that_is_too_long() -> None:
    key = f"aws:ResourceTag/{'k' * 60}"
    shown = _shown({"Action": "ec2:DeleteTags", "Condition": {"Null": {key: "true"}}})

    assert f"    {key}  String\n      listed on " in shown
    assert " more\n      Null  Allow statement 1 (line 1)\n" in shown


def test_policies_are_named_where_there_are_several() -> None:
    policy_file(Path(), {"Condition": _TLS}, name="a.json")
    policy_file(Path(), {"Condition": _TLS, "Effect": "Deny"}, name="b.json")

    result = _keys("-p", "a.json", "--scp", "b.json")

    assert (
        result.stdout
        == """\
*
    aws:SecureTransport  Bool  supplied in every request
      Bool  Allow statement 1 (a.json:1)
      Bool  Deny statement 1 (scp, b.json:1)
"""
    )


def test_policies_that_read_nothing_are_told_so() -> None:
    assert _shown({}) == "no condition keys: *\n"


def test_a_pattern_may_be_asked_about_with_a_request() -> None:
    policy_file(Path(), {"Condition": _TLS}, name="p.json")

    result = _keys("s3:GetObject*", "-p", "p.json", "--as", DEV, "-o", "json")

    found = json.loads(result.stdout)
    names = [name for group in found["groups"] for name in group["actions"]]
    assert "s3:GetObjectTagging" in names
    assert found["groups"][0]["keys"][0]["request"]["state"] == "derived"


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_data_is_what_the_library_gives(form: str) -> None:
    policy_file(Path(), {"Action": "s3:GetObject", "Condition": _TLS}, name="p.json")

    result = _keys("-p", "p.json", "-o", form)

    data = yaml.safe_load(result.stdout)
    assert data["groups"][0]["actions"] == ["s3:GetObject"]
    assert data["groups"][0]["keys"][0]["key"] == "aws:SecureTransport"


def test_a_policy_may_stand_on_stdin() -> None:
    result = _keys("-p", "-", stdin='{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}')

    assert (result.exit_code, result.stdout) == (0, "no condition keys: s3:*\n")


def test_a_resource_policy_is_read_by_its_action_or_its_statements() -> None:
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": DEV}}
    condition = {"Condition": {"StringEquals": {"sts:ExternalId": "x"}}}
    file_of(Path(), json.dumps({"Statement": {**trust, **condition}}), "trust.json")

    by_statements = _keys("--resource-policy", "trust.json")
    by_action = _keys("sts:AssumeRole", "--resource-policy", "trust.json")
    by_pattern = _keys("sts:Assume*", "--resource-policy", "trust.json")

    for result in (by_statements, by_action, by_pattern):
        assert result.exit_code == 0
        assert "\nsts:AssumeRole\n    sts:ExternalId  String  listed for the action\n" in (
            result.stdout
        )


# What is refused


def test_a_policy_must_be_given() -> None:
    result = _keys("s3:GetObject")

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert "error[missing-policies]: no policy is given" in result.stderr


@pytest.mark.parametrize(
    "options",
    [("--as", DEV), ("-c", "a:b=c"), ("--unknown", "a:b"), ("--resource-account", "111122223333"),
     ("--mfa",), ("--no-mfa",), ("--now", "2026-01-01T00:00:00Z"), ("--service-linked",)],
)  # fmt: skip
def test_a_request_without_an_action_is_refused(options: tuple[str, ...]) -> None:
    policy_file(Path(), {}, name="p.json")

    result = _keys("-p", "p.json", *options)

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert "a request is described, and its action is not named" in result.stderr


def test_what_is_no_action_is_refused() -> None:
    policy_file(Path(), {}, name="p.json")

    result = _keys("nothing", "-p", "p.json")

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert "error[unknown-action]: `nothing` is no action" in result.stderr


def test_a_wrong_key_is_pointed_at() -> None:
    policy_file(Path(), {"Condition": {"DateLessThan": {"aws:TokenIssueTime": "2026-01-01"}}},
                name="p.json")  # fmt: skip

    result = _keys("s3:GetObject", "-p", "p.json", "--as", DEV, "-c", "aws:TokenIssueTime=soon")

    assert result.exit_code == Exit.UNUSABLE
    assert " --> -c:1:" in result.stderr


def test_a_policy_that_is_refused_is_told_as_elsewhere() -> None:
    result = _keys("-p", "-", stdin="{")

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert result.stderr.startswith("error[")


@pytest.mark.parametrize("character", ["\x1b", "\u202e"])
def test_no_value_moves_the_terminal(character: str) -> None:
    shown = _shown(
        {"Action": "s3:GetObject", "Condition": {"StringEquals": {f"s3:a{character}b": "x"}}}
    )

    assert shown.replace("\n", "").isprintable()


def test_a_warning_is_coloured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)

    print_answer("  ! s3:prefix")

    assert capsys.readouterr().out == "  \x1b[33m!\x1b[0m s3:prefix\n"
