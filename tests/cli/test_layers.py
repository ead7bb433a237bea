"""The options of layers, callers and whole calls."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policy_eval.cli.output import Exit
from tests.cli.running import DEV, KEY, OBJECT, can_i, file_of, policy_eval, policy_file, told

_USER = "arn:aws:iam::111122223333:user/u"
_TARGET = "arn:aws:iam::111122223333:role/Target"
_GET = ("s3:GetObject", OBJECT, "--as", DEV)


def _named(folder: Path, name: str, principal: object, **members: object) -> str:
    """Return the path of a policy of a resource that names somebody."""
    statement = {
        "Sid": "Named",
        "Effect": "Allow",
        "Principal": principal,
        "Action": "*",
        **members,
    }
    text = json.dumps({"Version": "2012-10-17", "Statement": statement})
    return file_of(folder, text, name)


@pytest.fixture
def full(tmp_path: Path) -> str:
    return policy_file(tmp_path, {"Sid": "Full"}, name="full.json")


@pytest.fixture
def narrow(tmp_path: Path) -> str:
    return policy_file(tmp_path, {"Sid": "Narrow", "Action": "sqs:*"}, name="narrow.json")


def test_each_run_names_the_right_layer_in_its_first_line(full: str, narrow: str) -> None:
    runs = [
        can_i(*_GET, "-p", full),
        can_i(*_GET, "-p", full, "--boundary", narrow),
        can_i(*_GET, "-p", full, "--session-policy", narrow, "--session-policy", narrow),
        can_i(*_GET, "-p", full, "--scp", full, "--scp", narrow, "--scp", full),
        can_i(*_GET, "-p", narrow),
    ]

    assert [run.stdout.partition(". ")[0] for run in runs] == [
        "yes: allowed (identity-based policy)",
        "no: implicit deny (permissions boundary)",
        "no: implicit deny (session policy)",
        "no: implicit deny (service control policy, level 2 of 3)",
        "no: implicit deny (identity-based policy)",
    ]


def test_an_rcp_and_an_endpoint_deny(tmp_path: Path, full: str) -> None:
    deny = _named(tmp_path, "deny.json", "*", Effect="Deny", Action="s3:*", Resource="*")
    endpoint = _named(tmp_path, "endpoint.json", {"AWS": "999988887777"}, Resource="*")

    by_rcp = can_i(*_GET, "-p", full, "--rcp", deny)
    by_endpoint = can_i(
        *_GET, "-p", full, "--endpoint-policy", endpoint, "--endpoint-type", "interface"
    )

    assert by_rcp.stdout.startswith("no: explicit deny (resource control policy, level 1 of 1)")
    assert by_endpoint.stdout.startswith("no: implicit deny (VPC endpoint policy)")
    assert 'allows it to this caller; allowed to "999988887777"' in by_endpoint.stdout


def test_a_folder_is_one_level(tmp_path: Path, full: str) -> None:
    level = tmp_path / "level"
    level.mkdir()
    policy_file(level, {"Action": "sqs:*"}, name="a.json")
    policy_file(level, {"Action": "s3:*"}, name="b.json")

    assert can_i(*_GET, "-p", full, "--scp", str(level)).exit_code == Exit.ALLOWED


def test_a_denial_over_two_accounts_says_which_side_refused(tmp_path: Path, full: str) -> None:
    bucket = _named(tmp_path, "bucket.json", {"AWS": "999988887777"}, Resource="*")
    theirs = ("--resource-policy", bucket, "--resource-account", "444455556666")

    resource = can_i(*_GET, "-p", full, *theirs)
    other = "arn:aws:iam::999988887777:role/Other"
    caller = can_i("s3:GetObject", OBJECT, "--as", other, *theirs)
    both = can_i("s3:GetObject", OBJECT, "--as", other, "-p", full, *theirs)

    assert "the resource's side (account 444455556666) refuses: its policy must allow" in (
        resource.stdout
    )
    assert "to arn:aws:iam::111122223333:role/Dev, or to account 111122223333" in resource.stdout
    assert "the caller's side (account 999988887777) refuses: over accounts both" in caller.stdout
    assert "no identity-based policy is given" in caller.stdout
    assert both.stdout.startswith("yes: allowed (both sides).")


def test_the_resource_s_policy_is_read_as_its_action_has_it(tmp_path: Path, full: str) -> None:
    trust = _named(tmp_path, "trust.json", {"AWS": "111122223333"}, Action="sts:AssumeRole")
    key = _named(tmp_path, "key.json", {"AWS": "111122223333"}, Action="kms:*", Resource="*")

    assume = can_i("sts:AssumeRole", _TARGET, "--as", _USER, "-p", full, "--resource-policy", trust)
    decrypt = can_i("kms:Decrypt", KEY, "--as", _USER, "-p", full, "--resource-policy", key)
    wrong = can_i("kms:Decrypt", KEY, "--as", _USER, "-p", full, "--resource-policy", trust)

    assert "role trust policy       allows" in assume.stdout
    assert "KMS key policy          allows" in decrypt.stdout
    assert told(wrong)[0].startswith("error[missing-element]")


def test_policies_of_further_resources_are_named_by_their_arn(tmp_path: Path, full: str) -> None:
    key = _named(tmp_path, "key.json", {"AWS": "111122223333"}, Action="kms:*", Resource="*")
    call = (
        "secretsmanager:CreateSecret", "--as", DEV, "-p", full,
        "-c", "secretsmanager:Name=a", "-c", "aws:RequestedRegion=us-east-1",
        "-c", f"secretsmanager:KmsKeyArn={KEY}",
    )  # fmt: skip

    assert can_i(*call).exit_code == Exit.UNDETERMINED
    assert can_i(*call, "--resource-policy", f"{KEY}={key}").exit_code == Exit.ALLOWED


def test_options_say_more_of_the_caller(tmp_path: Path) -> None:
    condition = {
        "StringEquals": {"aws:PrincipalTag/team": "x", "aws:PrincipalTag/role": "r"},
        "Bool": {"aws:MultiFactorAuthPresent": "true"},
    }
    policy = policy_file(tmp_path, {"Condition": condition})
    bucket = _named(tmp_path, "b.json", {"AWS": "arn:aws:sts::111122223333:assumed-role/Dev/s"},
                    Resource="*")  # fmt: skip

    tagged = can_i(
        *_GET, "-p", policy, "--principal-tag", "team=y", "--principal-tag", "role=r",
        "--session-tag", "team=x", "--mfa", "--credentials", "AssumeRole",
    )  # fmt: skip
    session = can_i(*_GET, "--session-name", "s", "--resource-policy", bucket)

    assert tagged.exit_code == Exit.ALLOWED
    assert session.stdout.startswith("yes: allowed (resource-based policy)")
    assert "which names the caller itself" in session.stdout


def test_a_federated_user_calls_with_a_user_s_permissions(tmp_path: Path, full: str) -> None:
    bucket = _named(tmp_path, "b.json", {"AWS": _USER}, Resource="*")
    call = ("s3:GetObject", OBJECT, "--as", "arn:aws:sts::111122223333:federated-user/f",
            "--session-policy", full, "--resource-policy", bucket)  # fmt: skip

    assert can_i(*call, "--session-of", _USER).exit_code == Exit.ALLOWED
    unknown = can_i(*call)
    assert unknown.exit_code == Exit.UNDETERMINED
    assert "unknown, and it matters: principal.user" in unknown.stdout


@pytest.mark.parametrize("exempt", [["--service-linked"], ["--management-account", "111122223333"]])
def test_exempt_callers_are_told(full: str, narrow: str, exempt: list[str]) -> None:
    result = can_i(*_GET, "-p", full, "--scp", narrow, *exempt)

    assert result.exit_code == Exit.ALLOWED
    assert "· service control policy   does not apply" in result.stdout


def test_what_is_said_of_nobody_is_refused(full: str) -> None:
    result = can_i("s3:GetObject", OBJECT, "-p", full, "--session-name", "s")

    assert result.exit_code == Exit.UNUSABLE
    assert told(result)[0].startswith("error[missing-principal]")


def test_an_unknown_layer_leaves_the_answer_open(full: str) -> None:
    result = can_i(*_GET, "-p", full, "--unknown-layer", "scp")

    assert result.exit_code == Exit.UNDETERMINED
    assert "the service control policy is not known" in result.stdout


def test_a_further_action_of_the_same_call(tmp_path: Path) -> None:
    policy = policy_file(tmp_path, {"Action": ["s3:GetObject", "s3:GetObjectTagging"]})

    same = can_i(*_GET, "-p", policy, "--also", "s3:GetObjectTagging")
    other = can_i(*_GET, "-p", policy, "--also", "s3:ListBucket=arn:aws:s3:::logs")

    assert same.exit_code == Exit.ALLOWED
    assert other.exit_code == Exit.DENIED
    assert "it also needs s3:ListBucket" in other.stdout


def test_the_tags_of_one_resource_are_not_those_of_another(tmp_path: Path) -> None:
    condition = {"StringEquals": {"aws:ResourceTag/env": "dev"}}
    policy = policy_file(tmp_path, {"Condition": condition})
    secret = "arn:aws:secretsmanager:us-east-1:111122223333:secret:{}-AbCdEf"
    call = ("secretsmanager:GetSecretValue", secret.format("a"), "--as", DEV, "-p", policy)
    also = ("--also", f"secretsmanager:GetSecretValue={secret.format('b')}")

    assert can_i(*call, "--resource-tag", "env=dev").exit_code == Exit.ALLOWED
    assert can_i(*call, "--resource-tag", "env=dev", *also).exit_code == Exit.UNDETERMINED
    assert can_i(*call, "-c", "aws:ResourceTag/env=dev", *also).exit_code == Exit.UNDETERMINED


def test_dependent_actions_come_from_a_file(tmp_path: Path) -> None:
    policy = policy_file(tmp_path, {"Action": "s3:GetObject"})
    rows = file_of(
        tmp_path,
        "- {action: s3:GetObject, needs: s3:GetObjectTagging, because: our client reads tags}\n",
        "rows.yaml",
    )

    result = can_i(*_GET, "-p", policy, "--dependent-actions", rows, "-v")

    assert result.exit_code == Exit.DENIED
    assert "needed because our client reads tags" in result.stdout


_SUITE = """\
policies:
  identity: [full.json]
  scps: [[full.json], [narrow.json]]
principal: arn:aws:iam::111122223333:role/Dev
resource_account: "111122223333"
tests: []
"""


def test_a_fixture_lends_its_policies_and_caller(tmp_path: Path, full: str, narrow: str) -> None:
    suite = file_of(tmp_path, _SUITE, "mine.iamtest.yaml")
    call = ("s3:GetObject", OBJECT, "--source", suite)

    lent, replaced = can_i(*call), can_i(*call, "--scp", full)

    assert lent.stdout.startswith("no: implicit deny (service control policy, level 2 of 2)")
    assert replaced.exit_code == Exit.ALLOWED
    assert narrow


def test_a_fixture_may_accept_what_aws_refuses(tmp_path: Path) -> None:
    text = """\
policies:
  identity: [{"Id": "x", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}]
accept_invalid: true
dependent_actions: [{action: s3:GetObject, needs: s3:GetObjectAcl}]
tests: []
"""
    suite = file_of(tmp_path, text, "mine.iamtest.yaml")

    result = can_i(*_GET, "--source", suite, "-o", "json")

    assert result.exit_code == Exit.ALLOWED
    assert [each["action"] for each in json.loads(result.stdout)["actions"]] == [
        "s3:GetObject", "s3:GetObjectAcl",
    ]  # fmt: skip


def test_layers_are_data_with_places(full: str, narrow: str) -> None:
    result = can_i(*_GET, "-p", full, "--boundary", narrow, "-o", "json")

    data = json.loads(result.stdout)

    assert data["decided_by"] == "boundary"
    identity, boundary = data["layers"]
    assert (identity["layer"], identity["decision"]) == ("identity", "allowed")
    (statement,) = identity["statements"]
    assert (statement["sid"], statement["line"], statement["column"]) == ("Full", 1, 41)
    assert (statement["end_line"], statement["end_column"]) == (1, len(Path(full).read_text()) - 1)
    assert (boundary["layer"], boundary["decision"]) == ("boundary", "implicitDeny")
    assert boundary["statements"] == []


def test_the_service_may_refuse_what_iam_allows(tmp_path: Path, full: str) -> None:
    trust = _named(tmp_path, "trust.json", {"AWS": "111122223333"}, Action="sts:AssumeRole")

    result = can_i("sts:AssumeRole", _TARGET, "--as", "111122223333", "--resource-policy", trust)

    assert result.exit_code == Exit.DENIED
    assert result.stdout.startswith("no: the service refuses. IAM: allowed (role trust policy).")
    assert full


def test_several_levels_too_many_are_refused(full: str) -> None:
    result = can_i(*_GET, "-p", full, *["--scp", full] * 8)

    assert result.exit_code == Exit.UNUSABLE
    assert told(result)[0].startswith("error[too-many-levels]")


@pytest.mark.parametrize(
    ("option", "code"),
    [
        (("--boundary", "FOLDER"), "several-values"),
        (("--resource-policy", "FILE", "--resource-policy", "FILE"), "several-values"),
        (("--resource-policy", "missing.json"), "missing-file"),
        (("--scp", "missing.json", "--rcp", "missing.json"), "missing-file"),
        (("--resource-policy", f"{KEY}=missing.json"), "missing-file"),
        (("--management-account", "mine"), "not-an-account"),
        (("--resource-account", "mine"), "not-an-account"),
        (("--also", "nonsense"), "unknown-action"),
        (("--also", "s3:GetObject=nonsense"), "not-an-arn"),
        (("--unknown-layer", "identity"), "layer-given-and-unknown"),
        (("-c", "aws:PrincipalOrgPaths=o-a/r-b/", "--scp", "FILE"), "organization-path"),
    ],
)
def test_unusable_options_are_refused(
    tmp_path: Path, full: str, narrow: str, option: tuple[str, ...], code: str
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    named = _named(elsewhere, "named.json", "*", Resource="*")
    places = {"FOLDER": str(tmp_path), "FILE": named if "--scp" not in option else full}

    result = can_i(*_GET, "-p", full, *(places.get(each, each) for each in option))

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert told(result)[0].startswith(f"error[{code}]")
    assert narrow


def test_options_replace_the_layers_of_a_scenario(tmp_path: Path, full: str, narrow: str) -> None:
    text = """\
name: Mine
policies: {identity: [full.json], boundary: narrow.json}
tests: [{action: s3:GetObject, resource: "arn:aws:s3:::logs/today"}]
"""
    scenario = file_of(tmp_path, text, "mine.scenario.yaml")

    own = policy_eval("check", scenario, "--as", DEV)
    replaced = policy_eval("check", scenario, "--as", DEV, "--boundary", full,
                           "--resource-account", "111122223333")  # fmt: skip

    assert "implicit deny (permissions boundary)" in own.stdout
    assert "allowed (identity-based policy)" in replaced.stdout
    assert narrow


def test_no_policy_is_passed_over(tmp_path: Path, full: str) -> None:
    two = tmp_path / "two"
    two.mkdir()
    _named(two, "allow.json", "*", Resource="*")
    deny = _named(two, "deny.json", "*", Effect="Deny", Resource="*")
    bucket = "arn:aws:s3:::logs"

    runs = [
        can_i(*_GET, "-p", full, "--resource-policy", str(two)),
        can_i(*_GET, "-p", full, "--resource-policy", f"{bucket}={two}"),
        can_i(*_GET, "-p", full, *(f"--resource-policy={bucket}={deny}" for _ in "ab")),
        can_i(*_GET, "-p", full, "--resource-policy", deny, f"--resource-policy={bucket}={deny}"),
        can_i(*_GET, "-p", full, "--boundary", full, "--boundary", full),
        can_i(*_GET, "-p", full, "--endpoint-policy", deny, "--endpoint-policy", deny),
    ]

    assert {told(run)[0].partition("]")[0] for run in runs} == {"error[several-values"}
    elsewhere = can_i(*_GET, "-p", full, "--resource-policy", f"arn:aws:s3:::other={deny}")
    assert "no request of this call is on arn:aws:s3:::other" in elsewhere.stdout
    an_object = can_i(*_GET, "-p", full, "--resource-policy", f"{OBJECT}={deny}")
    assert told(an_object)[0].startswith(
        "error[not-an-arn]: `arn:aws:s3:::logs/today` is an object"
    )


@pytest.mark.parametrize(
    "call",
    [("s3:GetObject", OBJECT, "--as", "111122223333"), ("sts:GetCallerIdentity", "--as", _USER)],
)
def test_what_needs_no_policy_is_answered_without(call: tuple[str, ...]) -> None:
    assert can_i(*call).exit_code == Exit.ALLOWED


def test_an_unknown_layer_of_a_fixture_may_be_filled(tmp_path: Path, full: str) -> None:
    text = """\
policies: {identity: [full.json], scps: [[full.json]]}
unknown_layers: [boundary]
principal: arn:aws:iam::111122223333:role/Dev
tests: []
"""
    suite = file_of(tmp_path, text, "mine.iamtest.yaml")
    call = ("s3:GetObject", OBJECT, "--source", suite)

    assert can_i(*call).exit_code == Exit.UNDETERMINED
    assert can_i(*call, "--boundary", full).exit_code == Exit.ALLOWED
    again = can_i(*call, "--boundary", full, "--unknown-layer", "scp")
    assert again.exit_code == Exit.UNDETERMINED


def test_a_scenario_takes_the_policies_that_fit_its_questions(tmp_path: Path, full: str) -> None:
    trust = _named(tmp_path, "trust.json", {"AWS": "111122223333"}, Action="sts:AssumeRole")
    text = f"""\
policies: {{identity: [full.json]}}
resource_account: "999988887777"
tests:
  - {{name: assume, action: sts:AssumeRole, resource: "{_TARGET}", resource_account: null}}
  - {{name: read, action: s3:GetObject, resource: "{OBJECT}"}}
"""
    scenario = file_of(tmp_path, text, "mine.scenario.yaml")

    result = policy_eval("check", scenario, "--as", DEV, "--resource-policy", trust)
    moved = policy_eval("check", scenario, "--as", DEV, "--resource-account", "111122223333")

    assert "assume   allowed (role trust policy)" in result.stdout
    assert "read     undetermined" in result.stdout
    assert "read     allowed" in moved.stdout
    assert full


def test_the_failed_one_of_two_resources_is_named(tmp_path: Path) -> None:
    policy = policy_file(tmp_path, {"Action": "s3:GetObject", "Resource": OBJECT})
    other = "arn:aws:s3:::logs/other"

    second = can_i(*_GET, "-p", policy, "--also", f"s3:GetObject={other}")
    first = can_i(
        "s3:GetObject", other, "--as", DEV, "-p", policy, "--also", f"s3:GetObject={OBJECT}"
    )

    assert f"it also needs s3:GetObject on {other}" in second.stdout
    assert "it also needs" not in first.stdout
