"""Sources of the commands that ask one question, run scenarios and suites, or record."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
import yaml
from click.testing import Result

from policy_eval.cli.output import Exit
from tests.cli.running import (
    BLOCK,
    CREATE,
    NAME,
    ROOT,
    VIA_APPFLOW,
    can_i,
    file_of,
    policy_eval,
    told,
)
from tests.sources.exports import (
    ACCOUNT,
    EXAMPLE,
    NOW,
    ORGANIZATION,
    allowing,
    attached,
    document,
    export,
    iam,
    inline,
    role,
    user,
    written,
)

_TEMPLATE = str(ROOT / "tests" / "sources" / "data" / "appflow.template.yaml")
_SUITE = str(ROOT / "fixtures" / "accounts" / "account.iamtest.yaml")
_BLOCK_SUITE = str(ROOT / "fixtures" / "appflow" / "block.iamtest.yaml")
_TOLD = ("--account", ACCOUNT, "--region", "us-east-1", "--parameter", "SecretPrefix=appflow!")
_CREATE = (CREATE, "-c", NAME, "-c", VIA_APPFLOW)


def _broken(folder: Path) -> str:
    """Return an export of a role that can list buckets, and of one that cannot be read."""
    own = inline(allowing("s3:ListAllMyBuckets"))
    return written(folder, export(roles=(role("A", RolePolicyList=own), {"RoleName": "bad"})))


def _suite(folder: Path, text: str) -> str:
    return file_of(folder, text, "suite.iamtest.yaml")


# Lists of policies


@pytest.mark.parametrize("name", ["policies.yaml", "mine.yaml"])
@pytest.mark.parametrize("listed", ["principals", "groups", "resources"])
def test_a_list_of_policies_that_is_given_itself_is_no_suite(
    tmp_path: Path, name: str, listed: str
) -> None:
    path = file_of(tmp_path, f"version: 1\n{listed}: {{}}\n", name)

    result = policy_eval("who-can", "s3:ListAllMyBuckets", "--source", path)

    assert result.output == "0 of 0 can s3:ListAllMyBuckets\n"


def test_what_is_missing_in_a_list_of_policies_is_said(tmp_path: Path) -> None:
    path = file_of(tmp_path, "version: 1\n", "policies.yaml")

    result = policy_eval("who-can", "s3:ListAllMyBuckets", "--source", path)

    assert "nothing is listed here" in result.output


# What plans and templates do not tell


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("who-can", *_CREATE), "1 of 1 can secretsmanager:CreateSecret"),
        (("context-keys", CREATE, "--as", "Flows"), "identity-based policy"),
        (("check", "appflow-secrets", "--as", "Flows"), "AppFlow's secrets in Secrets Manager"),
        (("record", "-a", CREATE, "--as", "Flows"), "account: '111122223333'"),
    ],
)
def test_a_template_is_told_what_it_does_not_say(arguments: tuple[str, ...], says: str) -> None:
    result = policy_eval(*arguments, "--source", _TEMPLATE, *_TOLD)

    assert (result.exit_code, result.stderr) == (0, "")
    assert says in result.stdout


def test_can_i_tells_a_template_what_it_does_not_say() -> None:
    asked = (*_CREATE, "--as", "Flows", "--source", _TEMPLATE)

    known = can_i(*asked, *_TOLD)
    unknown = can_i(*asked, *_TOLD[:2])

    assert (known.exit_code, unknown.exit_code) == (Exit.ALLOWED, Exit.UNDETERMINED)
    assert known.stdout.startswith("yes: allowed (identity-based policy). ")


@pytest.mark.parametrize("command", ["can-i", "context-keys", "check", "record"])
def test_what_is_told_of_a_source_wants_one(command: str) -> None:
    result = policy_eval(command, "s3:ListAllMyBuckets", *_TOLD, "--keep-going")

    assert result.exit_code == Exit.UNUSABLE
    assert (
        "Error: --keep-going, --account, --region, --parameter: that is about a --source, and "
        "none is named"
    ) in " ".join(result.stderr.split())


@pytest.mark.parametrize(
    "arguments",
    [
        ("can-i", "s3:ListAllMyBuckets", "--as", "A"),
        ("check", "appflow-secrets"),
        ("context-keys", "--as", "A"),
        ("record", "-a", "s3:ListAllMyBuckets"),
    ],
)
def test_what_cannot_be_read_is_left_out_where_that_is_wanted(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    source = _broken(tmp_path)

    strict = policy_eval(*arguments, "--source", source)
    result = policy_eval(*arguments, "--source", source, "--keep-going")

    assert (strict.exit_code, result.exit_code) == (Exit.UNUSABLE, Exit.ALLOWED)
    assert [each.partition("]")[0] for each in told(result)] == ["warning[missing-field"]


# can-i


def test_an_unknown_layer_leaves_a_caller_unknown_that_no_source_holds() -> None:
    result = can_i("s3:ListAllMyBuckets", "--source", EXAMPLE, "--as", iam("role/Nobody"),
                   "--unknown-layer", "scp")  # fmt: skip

    assert result.exit_code == Exit.UNDETERMINED


def test_can_i_takes_the_sources_of_a_suite() -> None:
    result = can_i(*_CREATE, "--as", "Flow", "--source", _SUITE)

    assert result.stdout.startswith("yes: allowed (identity-based policy). ")


def test_a_suite_with_sources_may_name_the_caller(tmp_path: Path) -> None:
    source = _suite(
        tmp_path,
        f"sources: {EXAMPLE}\nprincipal: Flow\nresource_account: 444455556666\n"
        "tests: [{action: s3:GetObject}]\n",
    )
    nobody = _suite(tmp_path / ".", f"sources: {EXAMPLE}\ntests: [{{action: s3:GetObject}}]\n")

    named = can_i(*_CREATE, "--source", _SUITE, "--as", "Flow", "--mfa")
    result = can_i(*_CREATE, "--source", nobody)

    assert named.exit_code == Exit.ALLOWED
    assert source == nobody
    assert told(result) == [
        "error[missing-principal]: an account has many callers, and none is named"
    ]


@pytest.mark.parametrize(
    "arguments", [("can-i", CREATE), ("check", "appflow-secrets"), ("who-can", CREATE)]
)
def test_a_suite_without_sources_is_told_nothing_of_them(arguments: tuple[str, ...]) -> None:
    result = policy_eval(*arguments, "--source", _BLOCK_SUITE, "--region", "us-east-1")

    assert result.exit_code == Exit.UNUSABLE
    assert told(result) == [
        f"error[field-combination]: --region: {_BLOCK_SUITE} names no `sources` to tell of"
    ]


def test_what_is_left_out_of_the_sources_of_a_suite_is_told(tmp_path: Path) -> None:
    suite = _suite(tmp_path, f"sources: {_broken(tmp_path)}\ntests: [{{action: s3:GetObject}}]\n")

    result = can_i("s3:ListAllMyBuckets", "--as", "A", "--source", suite, "--keep-going")

    assert result.exit_code == Exit.ALLOWED
    assert [each.partition("]")[0] for each in told(result)] == ["warning[missing-field"]


def test_a_suite_is_not_read_together_with_other_sources() -> None:
    result = can_i(*_CREATE, "--source", _SUITE, "--source", EXAMPLE, "--as", "Flow")

    assert told(result) == [
        f"error[unknown-source]: {_SUITE}: a suite is not read together with other sources"
    ]


def test_what_an_account_says_of_further_resources_counts(tmp_path: Path) -> None:
    own = inline(document({"Action": "s3:*", "Condition": _TAGGED}))
    template = {
        "Resources": {
            "Logs": {
                "Type": "AWS::S3::Bucket",
                "Properties": {"BucketName": "logs", "Tags": [{"Key": "a", "Value": "b"}]},
            }
        }
    }
    source = written(tmp_path, export(roles=(role("A", RolePolicyList=own),)))
    other = written(tmp_path, template, "template.json")
    asked = ("s3:ListBucket", "arn:aws:s3:::mine", "--resource-tag", "a=b", "--resource-account",
             ACCOUNT, "--as", "A", "--source", source, "--source", other, *_TOLD[:4])  # fmt: skip

    held = can_i(*asked, "--also", "s3:GetBucketTagging=arn:aws:s3:::logs")
    not_held = can_i(*asked, "--also", "s3:GetBucketTagging=arn:aws:s3:::others")

    assert (held.exit_code, not_held.exit_code) == (Exit.ALLOWED, Exit.UNDETERMINED)


def test_a_fixture_says_nothing_of_further_resources() -> None:
    other = "secretsmanager:GetSecretValue=arn:aws:secretsmanager:us-east-1:111122223333:secret:x"

    result = can_i(*_CREATE, "--source", _BLOCK_SUITE, "--also", other)

    assert result.exit_code == Exit.DENIED
    assert "it also needs secretsmanager:GetSecretValue" in result.stdout


_TAGGED = {"StringEquals": {"aws:ResourceTag/a": "b"}}


# who-can and the others


def test_a_suite_without_sources_is_no_account() -> None:
    result = policy_eval("who-can", *_CREATE, "--source", _BLOCK_SUITE)

    assert result.exit_code == Exit.UNUSABLE
    (problem,) = told(result)
    assert problem.startswith(f"error[unknown-source]: {_BLOCK_SUITE}: this suite names no `sourc")


def test_the_sources_of_a_suite_are_accounts() -> None:
    result = policy_eval("who-can", *_CREATE, "--source", _SUITE)

    assert result.stdout.startswith("3 of 8 can secretsmanager:CreateSecret\n")


def test_who_can_asks_of_a_call_of_several_actions() -> None:
    also = ("--also", "appflow:StartFlow", "--also", "s3:ListBucket=arn:aws:s3:::b")

    result = policy_eval("who-can", *_CREATE, *also, "--source", EXAMPLE, "--all")

    lines = result.stdout.splitlines()
    assert lines[:2] == [
        f"1 of 8 can {CREATE} and appflow:StartFlow and s3:ListBucket on arn:aws:s3:::b",
        "  ✓ role/Admin          policy/AdministratorAccess#1",
    ]
    assert "    role/Flow           not allowed (identity-based policy); it also needs " in (
        result.stdout
    )


# context-keys


def test_context_keys_are_those_of_the_policies_of_a_caller() -> None:
    result = policy_eval("context-keys", "--source", EXAMPLE, "--as", "Flow")

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("identity-based policy policy/FlowSecrets\n")
    assert "secretsmanager:Name  String" in result.stdout


def test_what_is_known_of_a_caller_is_in_its_request() -> None:
    result = policy_eval("context-keys", CREATE, "--source", EXAMPLE, "--source", ORGANIZATION,
                         "--as", "ana", "-o", "json")  # fmt: skip

    keys = {key["key"]: key["request"] for key in json.loads(result.stdout)["groups"][0]["keys"]}
    assert keys["aws:PrincipalOrgID"]["values"] == ["o-example1"]
    assert keys["secretsmanager:Name"]["state"] == "lacking"


def test_what_nobody_knows_of_the_policies_is_said() -> None:
    document = "arn:aws:iam::aws:policy/SecretsManagerReadWrite"
    unread = f"{EXAMPLE} does not hold the document of {document}"

    support = policy_eval("context-keys", CREATE, "--source", EXAMPLE, "--as", "Support")
    nobody = policy_eval("context-keys", "--source", EXAMPLE, "--as", iam("role/X"), "-o", "json")

    assert support.stdout == f"no condition keys: {CREATE}\n\nnote: {unread}\n"
    assert json.loads(nobody.stdout)["unknown"] == [
        "nobody knows the identity-based policy", "nobody knows the permissions boundary",
    ]  # fmt: skip


def test_context_keys_of_a_fixture_are_those_of_its_request() -> None:
    result = policy_eval("context-keys", CREATE, "--source", _BLOCK_SUITE)

    assert "the request lacks:\n  -c secretsmanager:Name=…\n" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ((), "error[missing-principal]: an account has many callers, and none is named"),
        (("--as", "Flo"), "error[unknown-principal]: no user or role is called `Flo`"),
    ],
)
def test_context_keys_of_an_account_want_a_caller(arguments: tuple[str, ...], problem: str) -> None:
    result = policy_eval("context-keys", "--source", EXAMPLE, *arguments)

    assert (result.exit_code, told(result)) == (Exit.UNUSABLE, [problem])


# check


def _decisions(result: Result) -> list[str]:
    return [each["decision"] for each in json.loads(result.stdout)["results"]]


def test_a_fixture_fills_a_scenario() -> None:
    fixture = policy_eval("check", "appflow-secrets", "--source", _BLOCK_SUITE, "-o", "json")
    options = policy_eval("check", "appflow-secrets", "-p", BLOCK, "-o", "json")

    assert _decisions(fixture) == _decisions(options)
    assert "allowed" in _decisions(fixture)


def test_options_win_over_a_fixture(tmp_path: Path) -> None:
    written(tmp_path, allowing("*"), "all.json")
    own = written(tmp_path, allowing("s3:GetObject"), "own.json")
    scenario = file_of(
        tmp_path, "tests: [{name: a, action: s3:GetObject, resource: 'arn:aws:s3:::b/x'}]\n",
        "a.scenario.yaml",
    )  # fmt: skip
    fixture = _suite(
        tmp_path,
        f"""\
principal: {iam("role/Dev")}
policies: {{identity: [all.json]}}
resource_account: 444455556666
dependent_actions: {{action: s3:GetObject, needs: s3:PutObject}}
tests: [{{action: s3:GetObject}}]
""",
    )

    filled = policy_eval("check", scenario, "--source", fixture, "-o", "json")
    given = policy_eval("check", scenario, "--source", fixture, "--resource-account", ACCOUNT,
                        "--as", iam("user/x"), "-p", own, "-o", "json")  # fmt: skip

    assert _decisions(filled) == ["undetermined"]
    (answer,) = json.loads(given.stdout)["results"]
    assert (answer["principal"], answer["blocked_by"]) == (iam("user/x"), "s3:PutObject")


def test_a_fixture_tells_the_type_of_the_policy_of_its_resource(tmp_path: Path) -> None:
    trust = {"Principal": {"AWS": iam("root")}, "Action": "sts:AssumeRole"}
    written(tmp_path, {"Version": "2012-10-17", "Statement": {"Effect": "Allow", **trust}})
    scenario = file_of(
        tmp_path,
        f"action: sts:AssumeRole\nresource: {iam('role/T')}\ntests: [{{name: a}}]\n",
        "a.scenario.yaml",
    )
    written(tmp_path, allowing("sts:AssumeRole"), "own.json")
    fixture = _suite(
        tmp_path,
        f"policies: {{identity: [own.json], resource: source.json}}\nprincipal: {iam('user/u')}\n"
        "action: sts:AssumeRole\ntests: [{name: a}]\n",
    )

    result = policy_eval("check", scenario, "--source", fixture, "-o", "json")

    assert _decisions(result) == ["allowed"]


def test_sources_replace_those_of_a_scenario(tmp_path: Path) -> None:
    scenario = file_of(
        tmp_path, "sources: gone.json\nprincipal: Flow\ntests: [{action: appflow:StartFlow}]\n",
        "a.scenario.yaml",
    )  # fmt: skip

    result = policy_eval("check", scenario, "--source", EXAMPLE, "--as", "Flow", "-o", "json")

    (caller,) = json.loads(result.stdout)["callers"]
    assert [each["decision"] for each in caller["results"]] == ["allowed"]


def test_a_scenario_may_have_sources(tmp_path: Path) -> None:
    scenario = file_of(
        tmp_path, f"sources: {EXAMPLE}\ntests: [{{action: appflow:StartFlow}}]\n",
        "a.scenario.yaml",
    )  # fmt: skip

    result = policy_eval("check", scenario, "--as", "Flow", "-o", "json")

    assert _decisions(result) == ["allowed"]


# test


def _run(*arguments: str) -> Result:
    return policy_eval("test", *arguments)


def test_suites_take_a_source_from_the_command_line(tmp_path: Path) -> None:
    suite = _suite(
        tmp_path, "sources: gone.json\naction: appflow:StartFlow\n"
        "tests: [{principal: Flow, expect: allowed}]\n",
    )  # fmt: skip

    gone, given = _run(suite), _run(suite, "--source", EXAMPLE)

    assert (gone.exit_code, given.exit_code) == (Exit.UNUSABLE, Exit.ALLOWED)
    assert told(gone) == [f"error[missing-file]: {tmp_path}/gone.json: there is no such file"]


def test_what_a_run_leaves_out_is_told(tmp_path: Path) -> None:
    source = _broken(tmp_path)
    suite = _suite(
        tmp_path,
        f"sources: {source}\naction: s3:ListAllMyBuckets\n"
        "tests: [{principal: A, expect: allowed}]\n",
    )

    strict, result = _run(suite), _run(suite, "--keep-going")
    several = _run(suite, "--keep-going", "-j", "2")

    assert (strict.exit_code, result.exit_code) == (Exit.UNUSABLE, Exit.ALLOWED)
    assert len(told(result)) == 1
    assert several.exit_code == Exit.UNUSABLE
    assert "the processes of -j tell nothing" in " ".join(several.stderr.split())


def test_several_processes_open_sources_each_for_itself(tmp_path: Path) -> None:
    text = "action: appflow:StartFlow\ntests: [{principal: Flow, expect: allowed}]\n"
    suites = [file_of(tmp_path, text, f"{name}.iamtest.yaml") for name in "ab"]

    result = _run(*suites, "--source", EXAMPLE, "-j", "2")

    assert "2 tests in 2 files: 2 passed" in result.stdout


def test_a_source_is_watched_whatever_is_wrong_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[list[str], list[str]]] = []

    def once(run: Callable[[], Iterable[Path]], where: Iterable[Path], _: object) -> None:
        seen.append(([*map(str, run())], [*map(str, where)]))

    monkeypatch.setattr("policy_eval.cli.watching.run_on_change", once)
    suite = _suite(
        tmp_path, "sources: gone.json\ntests: [{action: s3:GetObject, expect: allowed}]\n"
    )
    other = file_of(tmp_path, "tests: 7\n", "b.iamtest.yaml")

    _run(suite, other, "--watch")
    _run(suite, "--watch", "--source", EXAMPLE)

    gone = str(tmp_path / "gone.json")
    assert seen == [([gone], [suite, other]), ([gone], [suite, EXAMPLE])]


# record


def test_a_whole_account_is_recorded(tmp_path: Path) -> None:
    out = tmp_path / "base.iamtest.yaml"
    asked = ("-a", "appflow:StartFlow", "-a", "s3:ListBucket", "-r", "arn:aws:s3:::b", "--now", NOW)

    result = policy_eval("record", *asked, "--source", EXAMPLE, "-o", str(out))

    assert (result.exit_code, result.stderr) == (0, "")
    assert _run(str(out)).stdout.startswith("16 tests in 1 file: 16 passed")
    fields = yaml.safe_load(out.read_text("utf-8"))
    assert (tmp_path / fields["sources"][0]).resolve() == Path(EXAMPLE)
    assert fields["tests"][0]["name"] == "user/ana: appflow:StartFlow [arn:aws:s3:::b]"
    assert {"policies", "tags", "user_id"}.isdisjoint(fields["tests"][0])


def test_a_caller_of_an_account_is_recorded_with_what_is_said_of_it() -> None:
    result = policy_eval("record", "-a", "appflow:StartFlow", "--source", EXAMPLE, "--as", "Flow",
                         "--mfa", "--now", NOW)  # fmt: skip

    fields = yaml.safe_load(result.stdout)
    assert fields["principal"] == {"arn": iam("role/Flow"), "mfa": "true"}
    assert fields["tests"][0]["expect"]["decision"] == "allowed"


def test_a_scenario_is_recorded_over_an_account() -> None:
    scenario = str(ROOT / "policy_eval" / "scenarios" / "appflow-secrets.scenario.yaml")

    result = policy_eval("record", scenario, "--source", EXAMPLE, "--as", "Flow", "--now", NOW)

    fields = yaml.safe_load(result.stdout)
    assert (fields["principal"], len(fields["tests"])) == (iam("role/Flow"), 7)


def test_what_is_left_out_of_a_recorded_account_is_told_once(tmp_path: Path) -> None:
    scenario = file_of(
        tmp_path, "principal: A\ntests: [{action: s3:ListAllMyBuckets}]\n", "a.scenario.yaml"
    )

    result = policy_eval("record", scenario, "--source", _broken(tmp_path), "--keep-going",
                         "--now", NOW)  # fmt: skip

    assert (result.exit_code, len(told(result))) == (0, 1)


def test_aws_is_not_asked_about_what_nobody_knows() -> None:
    asked = ("record", "-a", CREATE, "--source", EXAMPLE, "--export", "simulate", "--now", NOW)

    support = policy_eval(*asked, "--as", "Support").stdout
    flow = policy_eval(*asked, "--as", "Flow").stdout

    assert (
        "#   AWS is asked without what nobody knows of policy/SecretsManagerReadWrite\n" in support
    )
    assert '"PolicyInputList": []' in support
    assert "nobody knows" not in flow


def test_a_question_that_refuses_is_told(tmp_path: Path) -> None:
    bad = user("bad", UserPolicyList=inline(document({"Effect": "Maybe"})))
    source = written(tmp_path, export(users=(bad,)))

    result = policy_eval("record", "-a", "s3:ListAllMyBuckets", "--source", source)

    assert result.exit_code == Exit.UNUSABLE
    assert told(result)[0].startswith("error[policy-in-source]: ")


# batch


def _batch(folder: Path, *names: str, options: tuple[str, ...] = ()) -> Result:
    rows = "".join(f'{{"action": "{CREATE}", "principal": "{name}"}}\n' for name in names)
    requests = file_of(folder, rows, "rows.jsonl")
    out = str(folder / "out.jsonl")
    return policy_eval("batch", requests, "--source", EXAMPLE, "--out", out, *options)


def test_a_batch_takes_the_policies_of_each_row_from_an_account(tmp_path: Path) -> None:
    result = _batch(tmp_path, "Ci", "Admin")

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "2 requests decided: 1 allowed, 1 implicitDeny\n"


def test_a_batch_tells_what_nobody_knows_and_whom_no_source_holds(tmp_path: Path) -> None:
    result = _batch(tmp_path, "Support", iam("role/Gone"))

    document = "arn:aws:iam::aws:policy/SecretsManagerReadWrite"
    assert result.exit_code == Exit.DENIED
    assert told(result) == [
        f"error[unknown-principal]: `{iam('role/Gone')}` is no user or role of the sources"
    ]
    assert result.stdout.splitlines()[-1] == (
        f"note: {EXAMPLE} does not hold the document of {document}"
    )


def test_a_batch_tells_of_ten_policies_that_nobody_knows(tmp_path: Path) -> None:
    missing = attached(*(f"arn:aws:iam::aws:policy/P{number}" for number in range(12)))
    source = written(tmp_path, export(roles=(role("A", AttachedManagedPolicies=missing),)))

    result = _batch(tmp_path, "A", options=("--source", source))

    notes = [line for line in result.stdout.splitlines() if line.startswith("note: ")]
    assert (len(notes), notes[-1]) == (11, "note: and 2 more are not known")


def test_the_caller_of_rows_that_name_nobody_may_be_a_name(tmp_path: Path) -> None:
    requests = file_of(tmp_path, f'{{"action": "{CREATE}"}}\n', "rows.jsonl")
    asked = ("batch", requests, "--source", EXAMPLE, "--out", str(tmp_path / "o.csv"), "--as")

    assert "1 allowed" in policy_eval(*asked, "Admin").stdout
    assert told(policy_eval(*asked, "Admn")) == [
        "error[unknown-principal]: no user or role is called `Admn`"
    ]
