"""Commands that ask whole accounts: who-can, what-can, can-assume, and sources of the others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from policy_eval.cli.output import Exit
from tests.cli.running import can_i, policy_eval, policy_file, told
from tests.sources.exports import (
    ACCOUNT,
    EXAMPLE,
    NOW,
    ORGANIZATION,
    attached,
    document,
    export,
    iam,
    inline,
    role,
    trusting,
    user,
    written,
)

_HERE = ("--source", EXAMPLE, "--now", NOW)
_CREATE = (
    "secretsmanager:CreateSecret", "-c", "secretsmanager:Name=appflow!sales", "-c",
    "aws:CalledVia=appflow.amazonaws.com",
)  # fmt: skip
_SECRET = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:x-AbCdEf"
_NOT_THERE = f"note: {EXAMPLE} does not hold the document of {{}}"
_IF = 'statement "{0}#1" applies and not statement "{0}#2" applies'


# who-can


def test_who_can_names_the_statements_that_allow_it() -> None:
    result = policy_eval("who-can", *_CREATE, *_HERE)

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "3 of 8 can secretsmanager:CreateSecret",
        "  ✓ user/ana            group/teams/Flow/Flows#1 (CreateThroughAppFlow)",
        "  ✓ role/Admin          policy/AdministratorAccess#1",
        "  ✓ role/Flow           policy/FlowSecrets#1 (CreateThroughAppFlow)",
        "",
        "2 can if",
        f"  ? role/Support        {_IF.format('policy/SecretsManagerReadWrite')}",
        f"  ? role/sales/Limited  {_IF.format('policy/Limits')}",
        "",
        "3 cannot (--all lists them)",
        "",
        _NOT_THERE.format("arn:aws:iam::aws:policy/SecretsManagerReadWrite"),
        _NOT_THERE.format(iam("policy/Limits")),
    ]


def test_who_can_tells_why_the_others_cannot() -> None:
    result = policy_eval("who-can", "secretsmanager:DeleteSecret", _SECRET, *_HERE, "--source",
                         ORGANIZATION, "--all")  # fmt: skip

    assert result.stdout.splitlines()[:4] == [
        f"0 of 8 can secretsmanager:DeleteSecret on {_SECRET}",
        "",
        "8 cannot",
        "    user/ana            denied by KeepSecrets#1 (KeepSecrets)",
    ]
    nobody = policy_eval("who-can", "s3:ListAllMyBuckets", *_HERE, "--all")
    assert "    role/Ci             not allowed (identity-based policy)" in nobody.stdout
    reserved = policy_eval("who-can", *_CREATE[:3], *_HERE, "--all")
    (admin,) = [line for line in reserved.stdout.splitlines() if "role/Admin" in line]
    assert admin.endswith("it refuses the call whatever IAM answers (R-AF-02)")


def test_who_can_names_a_further_action_that_is_missing(tmp_path: Path) -> None:
    own = inline(document({"Action": "secretsmanager:CreateSecret"}))
    source = written(tmp_path, export(roles=(role("A", RolePolicyList=own),)))

    result = policy_eval("who-can", "secretsmanager:CreateSecret", "--source", source, "--all",
                         "--request-tag", "a=b", "-c", "secretsmanager:Name=x")  # fmt: skip

    assert result.stdout.splitlines()[-1].endswith("; it also needs secretsmanager:TagResource")


def test_who_can_of_an_account_where_everybody_can(tmp_path: Path) -> None:
    """A caller that the trust policy alone lets in has no statement of its own."""
    source = written(tmp_path, export(users=(user("ana", UserPolicyList=inline(document({}))),)))

    result = policy_eval("who-can", "s3:ListAllMyBuckets", "--source", source)

    assert result.stdout == "1 of 1 can s3:ListAllMyBuckets\n  ✓ user/ana  user/ana/Own#1\n"


def test_who_can_keeps_apart_whom_nobody_can_ask(tmp_path: Path) -> None:
    source = written(
        tmp_path, export(users=(user("bad", UserPolicyList=inline("nonsense")), user("none")))
    )

    result = policy_eval("who-can", "s3:ListAllMyBuckets", "--source", source)

    assert result.exit_code == 0
    assert "1 cannot be asked\n  ? user/bad  error[policy-in-source]: " in result.stdout
    assert "\n1 cannot (--all lists them)\n" in result.stdout


@pytest.mark.parametrize(("form", "read"), [("json", json.loads), ("yaml", yaml.safe_load)])
def test_who_can_is_data(form: str, read: object) -> None:
    result = policy_eval("who-can", *_CREATE, *_HERE, "-o", form)

    data = read(result.stdout)  # type: ignore[operator]
    assert [len(data[name]) for name in ("allowed", "undetermined", "denied", "refused")] == [
        3, 2, 3, 0,
    ]  # fmt: skip


def test_a_layer_that_nobody_knows_leaves_answers_open() -> None:
    result = policy_eval("who-can", *_CREATE, *_HERE, "--unknown-layer", "scp")

    assert result.stdout.startswith("0 of 8 can")
    assert "5 can if" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("who-can", "nonsense"), "error[unknown-action]: `nonsense` is no action"),
        (("what-can", "Nobody"), "error[unknown-principal]: no user or role is called `Nobody`"),
        (("what-can", "Flow", "--service", "s4"), "error[unknown-word]: `s4` is no service"),
        (("can-assume", iam("role/X")),
         f"error[unknown-principal]: `{iam('role/X')}` is no user or role of the sources"),
        (("what-can", "Flow", "--on", "x"), "error[not-an-arn]: `x` is no resource"),
    ],
)  # fmt: skip
def test_bad_questions_are_unusable(arguments: tuple[str, ...], problem: str) -> None:
    result = policy_eval(*arguments, *_HERE)

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert told(result)[0].startswith(problem)


_TRUNCATED = "IsTruncated: `IsTruncated` says that there are further pages"


@pytest.mark.parametrize(
    "arguments",
    [
        ("who-can", "s3:GetObject"), ("what-can", "Flow"), ("can-assume", "Flow"),
        ("check", "appflow-secrets"), ("can-i", "s3:GetObject", "--as", "Flow"),
    ],
)  # fmt: skip
def test_a_source_that_cannot_be_read_is_unusable(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    source = written(tmp_path, export(IsTruncated=True))

    result = policy_eval(*arguments, "--source", source)

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert told(result) == [
        f"error[missing-page]: {source}: {_TRUNCATED}",
    ]  # fmt: skip


def test_what_cannot_be_read_can_be_left_out(tmp_path: Path) -> None:
    source = written(tmp_path, export(users=(user("ana"), user("bad", Arn=7))))

    refused = policy_eval("who-can", "s3:GetObject", "--source", source)
    taken = policy_eval("who-can", "s3:GetObject", "--source", source, "--keep-going")

    problem = "UserDetailList[1].Arn: a number stands where a text is expected"
    assert refused.exit_code == Exit.UNUSABLE
    assert told(refused) == [f"error[wrong-type]: {source}: {problem}"]
    assert taken.exit_code == 0
    assert told(taken) == [f"warning[wrong-type]: {source}: {problem}"]
    assert taken.stdout.startswith("0 of 1 can")


# what-can

_OF_APPFLOW = ("CreateFlow", "DescribeConnectorProfiles", "DescribeFlow", "StartFlow")


def test_what_can_lists_actions_by_what_they_hang_on() -> None:
    result = policy_eval("what-can", "Limited", *_HERE)

    assert result.stdout.splitlines() == [
        "role/sales/Limited can no actions; 4 more under conditions",
        "",
        f"if {_IF.format('policy/Limits')}",
        f"  {', '.join(f'appflow:{each}' for each in _OF_APPFLOW)}",
        "",
        _NOT_THERE.format(iam("policy/Limits")),
    ]  # fmt: skip


def test_what_can_names_whole_services_together() -> None:
    result = policy_eval("what-can", "Admin", *_HERE, "--service", "sqs", "--service", "sns")

    assert result.stdout.splitlines()[1:] == ["", "in every case", "  every action of sqs, sns"]
    one = policy_eval("what-can", "olga", *_HERE, "--on", iam("role/Ci"))
    assert one.stdout.splitlines() == [
        "user/ops/olga can 1 action of 1 service", "", "in every case", "  sts:AssumeRole",
    ]  # fmt: skip
    none = policy_eval("what-can", "olga", *_HERE, "--service", "sqs")
    assert none.stdout == "user/ops/olga can no actions\n"


def test_what_can_is_data_and_says_what_it_could_not_ask(tmp_path: Path) -> None:
    condition = {"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}}
    own = inline(document({"Action": "sqs:SendMessage", "Condition": condition}))
    source = written(tmp_path, export(roles=(role("A", RolePolicyList=own),)))
    asked = ("what-can", "A", "--source", source, "-c", "aws:CurrentTime=soon")

    data = json.loads(policy_eval(*asked, "-o", "json").stdout)
    text = policy_eval(*asked).stdout

    assert [each["of"] for each in data["refused"]] == ["sqs:SendMessage"]
    assert "1 action could not be asked about\n  sqs:SendMessage: error[" in text


# can-assume


def test_can_assume_tells_chains_and_what_they_hang_on() -> None:
    result = policy_eval("can-assume", "ana", *_HERE, "--unknown", "aws:MultiFactorAuthPresent")

    assert result.stdout.splitlines()[:3] == [
        "user/ana can assume 5 roles",
        "  ? role/Admin",
        "      role/Admin if aws:MultiFactorAuthPresent is true",
    ]
    assert "  ? role/Admin → role/Ci → role/Deploy\n" in result.stdout
    sure = policy_eval("can-assume", "Ci", *_HERE)
    assert sure.stdout == "role/Ci can assume 1 role\n  ✓ role/Deploy\n"
    none = policy_eval("can-assume", "Flow", *_HERE)
    assert none.stdout == "role/Flow can assume no role\n"


@pytest.mark.parametrize(
    ("form", "start"), [("dot", "digraph roles {\n"), ("mermaid", "flowchart LR\n")]
)
def test_can_assume_draws(form: str, start: str) -> None:
    result = policy_eval("can-assume", "olga", *_HERE, "-o", form)

    assert result.stdout.startswith(start)
    assert result.stdout.count('"user/ops/olga"') == 1


def test_can_assume_is_data() -> None:
    result = policy_eval("can-assume", "olga", *_HERE, "-o", "json")

    data = json.loads(result.stdout)
    assert [chain["role"] for chain in data["chains"]] == [iam("role/Ci"), iam("role/Deploy")]


def test_can_assume_names_what_is_unknown_and_what_cannot_be_asked(tmp_path: Path) -> None:
    source = written(
        tmp_path,
        export(
            roles=(
                role("A", AttachedManagedPolicies=attached(iam("policy/Gone"))),
                role("B"),
                role("X", AssumeRolePolicyDocument="nonsense"),
            )
        ),
    )

    lines = policy_eval("can-assume", "A", "--source", source).stdout.splitlines()

    assert lines[:2] == ["role/A can assume 1 role", "  ? role/B"]
    assert lines[4] == "1 could not be asked about"
    assert lines[5].startswith("  role/X: error[policy-in-source]: ")
    assert lines[-1] == f"note: {source} does not hold the document of {iam('policy/Gone')}"


# can-i


def test_can_i_takes_a_caller_by_name_and_its_policies() -> None:
    allowed = can_i(*_CREATE, "--as", "Flow", *_HERE)
    denied = can_i("secretsmanager:DeleteSecret", _SECRET, "--as", "Admin", *_HERE, "--source",
                   ORGANIZATION)  # fmt: skip

    assert (allowed.exit_code, denied.exit_code) == (Exit.ALLOWED, Exit.DENIED)
    assert denied.stdout.startswith("no: explicit deny (service control policy, level 2 of 3).")


def test_can_i_says_what_who_can_says() -> None:
    for name in ("ana", "olga", "Admin", "Flow", "Limited", "Support", "Ci", "Deploy"):
        alone = can_i(*_CREATE, "--as", name, *_HERE, "-o", "json")
        data = json.loads(policy_eval("who-can", *_CREATE, *_HERE, "-o", "json").stdout)
        found = {
            each["caller"].rpartition("/")[2]: each["decision"]
            for kind in ("allowed", "undetermined", "denied")
            for each in data[kind]
        }
        assert json.loads(alone.stdout)["decision"] == found[name]


def test_can_i_takes_the_tags_of_a_resource_from_the_account(tmp_path: Path) -> None:
    condition = {"StringEquals": {"aws:ResourceTag/team": "red"}}
    own = inline(document({"Action": "sts:AssumeRole", "Condition": condition}))
    tags = [{"Key": "team", "Value": "red"}]
    source = written(tmp_path, export(roles=(role("A", RolePolicyList=own), role("B", Tags=tags))))
    asked = ("sts:AssumeRole", iam("role/B"), "--as", "A", "--source", source)

    assert can_i(*asked).exit_code == Exit.ALLOWED
    assert can_i(*asked, "--resource-tag", "team=blue").exit_code == Exit.DENIED
    assert "1 of 2 can" in policy_eval("who-can", *asked[:2], "--source", source).stdout


def test_can_i_finds_the_policies_of_further_resources(tmp_path: Path) -> None:
    own = inline(document({"Action": "s3:GetObject"}))
    trust = trusting({"AWS": iam("role/A")})
    source = written(
        tmp_path,
        export(roles=(role("A", RolePolicyList=own), role("B", AssumeRolePolicyDocument=trust))),
    )
    asked = ("s3:GetObject", "arn:aws:s3:::b/x", "--as", "A", "--source", source, "--also")

    assert can_i(*asked, f"sts:AssumeRole={iam('role/B')}").exit_code == Exit.ALLOWED
    assert can_i(*asked, f"sts:AssumeRole={iam('role/A')}").exit_code == Exit.DENIED
    assert can_i(*asked, "s3:PutObject").exit_code == Exit.DENIED


def test_can_i_wants_a_caller_of_an_account() -> None:
    result = can_i("s3:GetObject", *_HERE)

    assert result.exit_code == Exit.UNUSABLE
    assert told(result) == [
        "error[missing-principal]: an account has many callers, and none is named"
    ]


def test_a_caller_that_the_account_does_not_hold_is_described_by_the_options(
    tmp_path: Path,
) -> None:
    policy = policy_file(tmp_path, {"Action": "s3:*"})
    asked = ("s3:ListAllMyBuckets", "--as", iam("role/New"), *_HERE, "--source", ORGANIZATION)

    assert can_i(*asked).exit_code == Exit.UNDETERMINED
    assert can_i(*asked, "-p", policy).exit_code == Exit.ALLOWED
    root = can_i("s3:ListAllMyBuckets", "--as", ACCOUNT, *_HERE)
    assert root.exit_code == Exit.ALLOWED


# check


def test_check_asks_a_scenario_of_everybody() -> None:
    result = policy_eval("check", "appflow-secrets", *_HERE)

    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[:4] == [
        "AppFlow's secrets in Secrets Manager", "", "  1  create through AppFlow",
        "  2  set the resource policy through AppFlow",
    ]  # fmt: skip
    start = lines.index("5 of 8 can do something of it")
    assert lines[start:] == [
        "5 of 8 can do something of it",
        "                      1 2 3 4 5 6 7",
        "  user/ana            ✓ ✗ ✗ ✗ ✗ ✗ ✗  CreateThroughAppFlow",
        "  role/Admin          ✓ ✓ ✓ ✓ ✓ ! ✓  policy/AdministratorAccess#1",
        "  role/Flow           ✓ ✗ ✗ ✗ ✗ ✗ ✗  CreateThroughAppFlow",
        "  role/Support        ? ? ? ? ? ! ?",
        f"      1, 2, 3, 4, 5, 7 if {_IF.format('policy/SecretsManagerReadWrite')}",
        "  role/sales/Limited  ? ✗ ✗ ✗ ✗ ✗ ✗",
        f"      1 if {_IF.format('policy/Limits')}",
        "",
        "  !  IAM allows it, and the service refuses it all the same",
        "",
        "3 cannot do anything of it",
        "",
        _NOT_THERE.format("arn:aws:iam::aws:policy/SecretsManagerReadWrite"),
        _NOT_THERE.format(iam("policy/Limits")),
    ]


def test_check_asks_one_by_name_and_is_data() -> None:
    result = policy_eval("check", "appflow-secrets", *_HERE, "--as", "Flow", "-o", "json")

    data = json.loads(result.stdout)
    assert data["scenario"] == "AppFlow's secrets in Secrets Manager"
    (caller,) = data["callers"]
    assert (caller["caller"], caller["error"]) == (iam("role/Flow"), None)
    assert [each["decision"] == "allowed" for each in caller["results"]] == [True, *[False] * 6]


def test_check_tells_who_almost_can_and_what_is_missing(tmp_path: Path) -> None:
    condition = {"StringLike": {"secretsmanager:Name": "other*"}}
    own = inline(document({"Action": "secretsmanager:CreateSecret", "Condition": condition}))
    source = written(
        tmp_path,
        export(
            users=(user("bad", UserPolicyList=inline("nonsense")),),
            roles=(role("A", RolePolicyList=own),),
        ),
    )

    lines = policy_eval("check", "appflow-secrets", "--source", source).stdout.splitlines()

    start = lines.index("0 of 2 can do something of it")
    assert lines[start + 1 : start + 5] == [
        "", "1 almost can: what is missing", "  role/A",
        "    create through AppFlow: implicit deny",
    ]  # fmt: skip
    assert "1 cannot do anything of it" in lines
    assert lines[-2].startswith("  user/bad: error[policy-in-source]: ")
    assert lines[-1].startswith("      user/bad/Own:1:1: error[json-syntax]: ")


def test_check_takes_unknown_layers_and_no_other_options(tmp_path: Path) -> None:
    asked = ("check", "appflow-secrets", *_HERE)

    unknown = policy_eval(*asked, "--as", "Flow", "--unknown-layer", "scp")
    others = policy_eval(*asked, "-p", policy_file(tmp_path, {}), "--no-mfa", "--service-linked",
                         "--lenient", "--strict-rules")  # fmt: skip

    assert "role/Flow  ? ✗ ✗ ✗ ✗ ✗ ✗" in unknown.stdout
    assert others.exit_code == Exit.UNUSABLE
    assert others.stderr.splitlines()[-1] == (
        "Error: --source brings policies and callers as they are; leave out --policy, --mfa, "
        "--service-linked, --lenient, --strict-rules"
    )


def test_check_wants_a_caller_of_the_sources() -> None:
    result = policy_eval("check", "appflow-secrets", *_HERE, "--as", "Nobody")

    assert result.exit_code == Exit.UNUSABLE
    assert told(result) == ["error[unknown-principal]: no user or role is called `Nobody`"]


# import


def test_import_writes_a_workspace_and_counts_what_was_taken(tmp_path: Path) -> None:
    folder = tmp_path / "workspace"

    result = policy_eval("import", EXAMPLE, ORGANIZATION, "--out", str(folder))

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        f"{folder}: 31 files: 1 group, 6 roles, 2 users, 2 managed policies, an organization of 4 "
        f"nodes\n  left out: {EXAMPLE}: Policies: 1 other version of policies: only the default "
        "version of a managed policy has a say\n"
    )
    again = policy_eval("who-can", *_CREATE, "--source", str(folder), "--now", NOW)
    before = policy_eval("who-can", *_CREATE, *_HERE, "--source", ORGANIZATION)
    assert again.stdout.splitlines()[:9] == before.stdout.splitlines()[:9]


def test_import_leaves_a_folder_alone_that_holds_something(tmp_path: Path) -> None:
    (tmp_path / "mine").touch()

    result = policy_eval("import", EXAMPLE, "--out", str(tmp_path))

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    problem = f"{tmp_path}: this is there already, and it is not empty"
    assert told(result) == [f"error[output]: {problem}"]
    assert [each.name for each in tmp_path.iterdir()] == ["mine"]


def test_import_writes_nothing_of_a_source_that_cannot_be_read(tmp_path: Path) -> None:
    source = written(tmp_path, export(users=(user("ana"), user("bad", Arn=7))))
    folder = tmp_path / "workspace"

    refused = policy_eval("import", source, "--out", str(folder))

    assert refused.exit_code == Exit.UNUSABLE
    assert not folder.exists()
    taken = policy_eval("import", source, "--out", str(folder), "--keep-going")
    assert taken.exit_code == 0
    assert taken.stdout == (
        f"{folder}: 2 files: 1 user\n"
        f"  left out: {source}: not read: UserDetailList[1].Arn: a number stands where a text is "
        "expected\n  1 could not be read (above)\n"
    )
    assert len(told(taken)) == 1


def test_import_of_nothing_says_so(tmp_path: Path) -> None:
    source = written(tmp_path, export())

    result = policy_eval("import", source, "--out", str(tmp_path / "workspace"))

    assert result.stdout == f"{tmp_path / 'workspace'}: 1 file: nothing\n"


def test_import_shows_a_few_of_many_that_were_left_out(tmp_path: Path) -> None:
    folder, source = tmp_path / "one", written(tmp_path, export(roles=(role("A"),)))
    policy_eval("import", source, "--out", str(folder))
    manifest = json.loads((folder / "workspace.json").read_text("utf-8"))
    left_out = {"what": "a thing", "why": "a reason", "file": "f", "path": "p"}
    manifest |= {"left_out": [left_out] * 25, "notes": ["a note"]}
    (folder / "workspace.json").write_text(json.dumps(manifest), "utf-8")
    resource = folder / "resources" / "s3"
    resource.mkdir(parents=True)
    (resource / "b.json").write_text(json.dumps({"arn": "arn:aws:s3:::b"}), "utf-8")

    lines = policy_eval("import", str(folder), "--out", str(tmp_path / "two")).stdout.splitlines()

    assert lines[0].endswith("1 role, 1 resource")
    assert lines[1:3] == ["  note: a note", "  left out: f: p: a thing: a reason"]
    assert lines[-1] == "  and 5 more: see workspace.json"


# Templates and plans

_TEMPLATE = "tests/sources/data/appflow.template.yaml"


def test_a_template_answers_as_far_as_its_parameters_are_known() -> None:
    result = policy_eval("who-can", *_CREATE, "--source", _TEMPLATE)
    told_more = policy_eval(
        "who-can", *_CREATE, "--source", _TEMPLATE, "--parameter", "SecretPrefix=appflow!"
    )

    assert result.stdout.splitlines() == [
        "0 of 1 can secretsmanager:CreateSecret",
        "",
        "1 can if",
        '  ? role/Flows  statement "role/Flows/connections#1" applies',
        "",
        "note: role/Flows/connections#1: the parameter `SecretPrefix` has no value",
    ]
    assert told_more.stdout.splitlines() == [
        "1 of 1 can secretsmanager:CreateSecret",
        "  ✓ role/Flows  role/Flows/connections#1 (CreateSecretAccess)",
    ]


def test_a_template_in_yaml_is_told_from_a_suite() -> None:
    result = can_i(*_CREATE, "--as", "Flows", "--source", _TEMPLATE)

    assert result.exit_code == Exit.UNDETERMINED
    assert "the parameter `SecretPrefix` has no value" in result.stdout


def test_a_suite_that_is_not_there_is_refused(tmp_path: Path) -> None:
    result = can_i(*_CREATE, "--source", str(tmp_path / "none.yaml"))

    assert (result.exit_code, "missing-file" in result.stderr) == (Exit.UNUSABLE, True)


@pytest.mark.parametrize("given", ["SecretPrefix", "=x"])
def test_a_parameter_without_a_value_is_refused(given: str) -> None:
    result = policy_eval("who-can", *_CREATE, "--source", _TEMPLATE, "--parameter", given)

    assert result.exit_code == Exit.UNUSABLE
    assert "expected NAME=VALUE" in result.stderr


def test_a_workspace_keeps_what_was_told_of_a_template(tmp_path: Path) -> None:
    folder = str(tmp_path / "workspace")
    known = ("--account", ACCOUNT, "--parameter", "SecretPrefix=appflow!")

    written = policy_eval("import", _TEMPLATE, *known, "--out", folder)
    result = can_i(*_CREATE, "--as", "Flows", "--source", folder)

    assert written.exit_code == 0
    assert result.stdout.startswith("yes: allowed")


def test_what_a_source_does_not_tell_is_told_with_the_answer(tmp_path: Path) -> None:
    """A template without an account, with what may hold permissions and is not read."""
    template = {
        "Parameters": {f"P{n}": {"Type": "String", "Default": "x"} for n in range(9)},
        "Resources": {
            "A": {"Type": "AWS::IAM::Role", "Properties": {
                "AssumeRolePolicyDocument": {}, "RoleName": {"Fn::Join": ["", [
                    {"Ref": f"P{n}"} for n in range(9)]]}}},
            "Nested": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "x"}},
        },
    }  # fmt: skip
    source = written(tmp_path, template)

    result = policy_eval("who-can", "s3:ListAllMyBuckets", "--source", source)

    notes = told(result)
    assert result.exit_code == 0
    assert f"warning[source-note]: {source}: the parameter P0 has its default value" in notes
    assert "more notes, 1 thing left out that may matter" in notes[-1]
    imported = policy_eval("import", source, "--out", str(tmp_path / "w"))
    assert "Nested" in imported.stdout
