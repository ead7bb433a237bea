"""What commands take: policies, context values and tags."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from policy_eval.cli.options import read_context, read_policies, read_tags, split_pairs
from policy_eval.cli.output import Exit
from policy_eval.errors import PolicyError, RequestError, SuiteError
from policy_eval.request.context import Given
from tests.cli.running import (
    BLOCK,
    CREATE,
    DEV,
    FULL_ACCESS,
    NAME,
    OBJECT,
    VIA_APPFLOW,
    can_i,
    file_of,
    pointed_at,
    policy_file,
    policy_on,
    told,
)

# Policies


def test_policies_are_read_in_the_order_given() -> None:
    policies = read_policies([FULL_ACCESS, BLOCK])

    assert [policy.name for policy in policies] == [FULL_ACCESS, BLOCK]


def test_a_folder_is_its_json_files_by_name(tmp_path: Path) -> None:
    first = policy_file(tmp_path, {}, name="a.json")
    second = policy_file(tmp_path, {"Effect": "Deny"}, name="b.json")
    file_of(tmp_path, "no policy", "c.txt")
    (tmp_path / "folder").mkdir()
    policy_file(tmp_path / "folder", {})

    policies = read_policies([str(tmp_path)])

    assert [policy.name for policy in policies] == [first, second]


def test_a_folder_without_json_files_is_refused(tmp_path: Path) -> None:
    file_of(tmp_path, "{}", "policy.txt")

    with pytest.raises(PolicyError) as caught:
        read_policies([str(tmp_path)])

    assert str(caught.value) == (
        f"error[missing-file]: {tmp_path}: there is no *.json file in this folder; name a file"
    )


def test_a_policy_may_come_from_stdin() -> None:
    block = Path(BLOCK).read_text("utf-8")

    result = can_i(CREATE, "--as", DEV, "-p", "-", "-c", NAME, "-c", VIA_APPFLOW, stdin=block)

    assert result.exit_code == Exit.ALLOWED
    assert "SecretsManagerCreateSecretAccess (<stdin>:1:1)" in result.stdout


def test_stdin_that_is_not_utf_8_is_refused() -> None:
    result = can_i(CREATE, "-p", "-", stdin=b'{"Sid": "\xe9"}')

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert told(result) == ["error[wrong-encoding]: byte 0xE9 is not UTF-8"]
    assert pointed_at(result) == ["<stdin>:1:10"]


def test_every_policy_given_counts(tmp_path: Path) -> None:
    allow = policy_file(tmp_path, {}, name="allow.json")
    deny = policy_file(tmp_path, {"Sid": "No", "Effect": "Deny"}, name="deny.json")

    result = can_i("s3:GetObject", OBJECT, "-p", allow, "--policy", deny)

    assert result.exit_code == Exit.DENIED
    assert "denied by No" in result.stdout


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        (
            b'{"Version": "2012-10-17",\n "Statement": [{"Effect": "Allow" "Action": "*"}]}',
            "missing-comma",
            2,
            34,
        ),
        (b'{"Version": "2012-10-17",\n "Statement": [}', "unmatched-bracket", 2, 16),
        (b"", "empty-file", 1, 1),
        (b"{", "unclosed-bracket", 1, 2),
        (b"policy", "json-syntax", 1, 1),
    ],
)
def test_a_broken_policy_is_refused_with_line_and_column(
    tmp_path: Path, text: bytes, code: str, line: int, column: int
) -> None:
    path = tmp_path / "p.json"
    path.write_bytes(text)

    result = can_i(CREATE, "-p", str(path))

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert [head.partition(":")[0] for head in told(result)] == [f"error[{code}]"]
    assert pointed_at(result) == [f"{path}:{line}:{column}"]


def test_a_policy_that_is_not_utf_8_is_refused_with_the_byte(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_bytes(b"{\xff}")

    result = can_i(CREATE, "-p", str(path))

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert told(result) == ["error[wrong-encoding]: byte 0xFF is not UTF-8"]
    assert pointed_at(result) == [f"{path}:1:2"]


@pytest.mark.parametrize("path", ["nope.json", "nope/policy.json"])
def test_a_missing_policy_is_refused(path: str) -> None:
    result = can_i(CREATE, "-p", path)

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert told(result) == [f"error[missing-file]: {path}: there is no such file"]


def test_an_empty_path_is_refused_in_words() -> None:
    result = can_i(CREATE, "-p", "")

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert ": : " not in result.stderr


# Pairs of key and value


def test_a_pair_is_cut_at_the_first_equals_sign() -> None:
    assert split_pairs("-c", ["a:b=c=d", "a:b="]) == [("a:b", "c=d"), ("a:b", "")]


@pytest.mark.parametrize("pair", ["a:b", "=c", "", "="])
def test_a_pair_has_a_key_and_an_equals_sign(pair: str) -> None:
    with pytest.raises(RequestError) as caught:
        split_pairs("--resource-tag", [pair])

    assert str(caught.value) == (
        f"error[key-value]: --resource-tag `{pair}` is no KEY=VALUE; write KEY=VALUE"
    )


def test_a_key_given_once_has_one_value() -> None:
    assert read_context(["a:b=c"], [], []) == {"a:b": "c"}


def test_a_key_given_again_in_the_same_spelling_is_multivalued() -> None:
    context = read_context(["a:b=c", "a:d=e", "a:b=f", "a:b=c"], [], [])

    assert context == {"a:b": ("c", "f", "c"), "a:d": "e"}


@pytest.mark.parametrize("other", ["AWS:CalledVia", "aws:calledvia"])
def test_a_key_given_again_in_another_case_is_an_error(other: str) -> None:
    result = can_i(CREATE, "-p", BLOCK, "-c", VIA_APPFLOW, "-c", f"{other}=x")

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert result.stderr.startswith(f"error[duplicate-key-case]: `{other}` and `aws:CalledVia` ")
    assert len(told(result)) == 1


@pytest.mark.parametrize("pair", ["aws:CalledVia", "=appflow.amazonaws.com", " a:b=c"])
def test_what_is_no_pair_is_unusable(pair: str) -> None:
    result = can_i(CREATE, "-p", BLOCK, "-c", pair)

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert len(told(result)) == 1


# Context files

CREATED_BY_APPFLOW = {
    "secretsmanager:Name": "appflow!sales",
    "aws:CalledVia": ("appflow.amazonaws.com",),
}
AS_JSON = """\
{"secretsmanager:Name": "appflow!sales", "aws:CalledVia": ["appflow.amazonaws.com"]}
"""
AS_YAML = """\
# comments are welcome
secretsmanager:Name: appflow!sales
aws:CalledVia: [appflow.amazonaws.com]
"""
AS_ENTRIES = """\
[{"ContextKeyName": "secretsmanager:Name", "ContextKeyType": "string",
  "ContextKeyValues": ["appflow!sales"]},
 {"ContextKeyName": "aws:CalledVia", "ContextKeyType": "stringList",
  "ContextKeyValues": ["appflow.amazonaws.com"]}]
"""
AS_YAML_ENTRIES = """\
ContextEntries:
- {ContextKeyName: secretsmanager:Name, ContextKeyType: string, ContextKeyValues: appflow!sales}
- {ContextKeyName: aws:CalledVia, ContextKeyType: stringList,
   ContextKeyValues: [appflow.amazonaws.com]}
"""

FORMS = pytest.mark.parametrize(
    ("name", "text"),
    [
        ("c.json", AS_JSON),
        ("c.yaml", AS_YAML),
        ("c.yml", AS_JSON),
        ("c.json", AS_ENTRIES),
        ("c.json", f'{{"ContextEntries": {AS_ENTRIES}}}'),
        ("c.yaml", AS_YAML_ENTRIES),
    ],
)


@FORMS
def test_a_context_file_takes_every_form(tmp_path: Path, name: str, text: str) -> None:
    assert read_context([], [file_of(tmp_path, text, name)], []) == CREATED_BY_APPFLOW


@FORMS
def test_a_context_file_answers_the_question(tmp_path: Path, name: str, text: str) -> None:
    result = can_i(CREATE, "--as", DEV, "-p", BLOCK, "-C", file_of(tmp_path, text, name))

    assert result.exit_code == Exit.ALLOWED


@pytest.mark.parametrize(
    ("value", "given"),
    [
        ("null", None),
        ("", None),
        ("[]", ()),
        ("[a]", ("a",)),
        ("[a, no]", ("a", "no")),
        ("no", "no"),
        ("001122334455", "001122334455"),
        ("1.10", "1.10"),
        ("2026-01-01", "2026-01-01"),
        ("true", "true"),
        ("''", ""),
    ],
)
def test_a_value_in_yaml_is_text_a_list_or_absent(tmp_path: Path, value: str, given: Given) -> None:
    file = file_of(tmp_path, f"a:b: {value}\n", "c.yaml")

    assert read_context([], [file], []) == {"a:b": given}


@pytest.mark.parametrize(
    ("value", "given"),
    [("true", "true"), ("1.10", "1.10"), ("null", None), ('["a", 5]', ("a", "5"))],
)
def test_a_value_in_json_is_text_a_list_or_absent(tmp_path: Path, value: str, given: Given) -> None:
    file = file_of(tmp_path, f'{{"a:b": {value}}}', "c.json")

    assert read_context([], [file], []) == {"a:b": given}


@pytest.mark.parametrize(
    ("entry", "given"),
    [
        ({"ContextKeyType": "string", "ContextKeyValues": ["x"]}, "x"),
        ({"ContextKeyType": "stringList", "ContextKeyValues": ["x"]}, ("x",)),
        ({"ContextKeyType": "ipList", "ContextKeyValues": []}, ()),
        ({"ContextKeyType": "string", "ContextKeyValues": ["x", "y"]}, ("x", "y")),
        ({"ContextKeyValues": ["x"]}, "x"),
        ({"ContextKeyValues": ["x", "y"]}, ("x", "y")),
        ({"ContextKeyValues": "x"}, "x"),
        ({"ContextKeyValues": None}, None),
    ],
)
def test_an_entry_of_the_aws_cli_is_a_value_or_a_list(
    tmp_path: Path, entry: Mapping[str, object], given: Given
) -> None:
    file = file_of(tmp_path, json.dumps([{"ContextKeyName": "a:b", **entry}]), "c.json")

    assert read_context([], [file], []) == {"a:b": given}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('[{"ContextKeyName": "a:b"}]', "missing-field"),
        ('[{"ContextKeyValues": ["x"]}]', "missing-field"),
        ('[{"ContextKeyName": "a:b", "ContextKeyValue": ["x"]}]', "unknown-field"),
        ('["a"]', "wrong-type"),
        ('"a"', "json-syntax"),
        ('{"a:b": {"c": "d"}}', "wrong-type"),
        ('{"a:b": [["c"]]}', "wrong-type"),
        ('{"a:b": [null]}', "wrong-type"),
        ('{"a:b": }', "json-syntax"),
        ("", "empty-file"),
    ],
)
def test_a_context_file_of_no_known_form_is_refused_with_its_place(
    tmp_path: Path, text: str, code: str
) -> None:
    file = file_of(tmp_path, text, "c.json")

    with pytest.raises(SuiteError) as caught:
        read_context([], [file], [])

    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == code
    assert diagnostic.place is not None
    assert (diagnostic.place.file, diagnostic.place.line) == (file, 1)


def test_a_mistyped_entry_gets_the_nearest_name(tmp_path: Path) -> None:
    text = '[{"ContextKeyName": "a:b", "ContextKeyValue": ["x"]}]'

    with pytest.raises(SuiteError, match="did you mean `ContextKeyValues`"):
        read_context([], [file_of(tmp_path, text, "c.json")], [])


def test_keys_beside_context_entries_are_not_lost(tmp_path: Path) -> None:
    text = f'{{"ContextEntries": {AS_ENTRIES}, "aws:SourceIp": "192.0.2.1"}}'

    result = can_i(CREATE, "-p", BLOCK, "-C", file_of(tmp_path, text, "c.json"))

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert "`aws:SourceIp`" in result.stderr


@pytest.mark.parametrize(
    "text",
    [
        '{"a:b": "1", "a:b": "2"}',
        """[{"ContextKeyName": "a:b", "ContextKeyValues": ["1"]},
            {"ContextKeyName": "a:b", "ContextKeyValues": ["2"]}]""",
    ],
)
def test_a_key_twice_in_a_context_file_is_refused(tmp_path: Path, text: str) -> None:
    result = can_i(CREATE, "-p", BLOCK, "-C", file_of(tmp_path, text, "c.json"))

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")


@pytest.mark.parametrize(
    "text",
    [
        '{"a:b": "1", "A:B": "2"}',
        """[{"ContextKeyName": "a:b", "ContextKeyValues": ["1"]},
            {"ContextKeyName": "A:B", "ContextKeyValues": ["2"]}]""",
    ],
)
def test_a_key_in_two_cases_in_a_context_file_is_refused(tmp_path: Path, text: str) -> None:
    result = can_i(CREATE, "-p", BLOCK, "-C", file_of(tmp_path, text, "c.json"))

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert "`A:B` and `a:b` are one condition key" in result.stderr


@pytest.mark.parametrize(
    ("place", "text", "says"),
    [
        ("c.json:2:1", b'{"a:b": \n}', "error[json-syntax]: "),
        ("c.yaml:2:5", b"a:b: 1\nc: *\n", "error[yaml-syntax]: "),
        ("c.yaml:1:10", b"a:b: &x [*x]\n", "error[yaml-syntax]: "),
        ("c.yaml:1:6", b"a:b: \xff\n", "error[wrong-encoding]: byte 0xFF is not UTF-8"),
        ("c.json:1:101", b"[" * 20_000 + b"]" * 20_000, "error[too-deep]: "),
    ],
)
def test_an_unreadable_context_file_is_unusable(
    tmp_path: Path, place: str, text: bytes, says: str
) -> None:
    path = tmp_path / place.partition(":")[0]
    path.write_bytes(text)

    result = can_i(CREATE, "-p", BLOCK, "-C", str(path))

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert [head.startswith(says) for head in told(result)] == [True]
    assert pointed_at(result) == [str(tmp_path / place)]


def test_a_missing_context_file_is_unusable() -> None:
    result = can_i(CREATE, "-p", BLOCK, "-C", "nope.yaml")

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert told(result) == ["error[missing-file]: nope.yaml: there is no such file"]


# Who wins


def test_a_later_file_wins_key_by_key(tmp_path: Path) -> None:
    first = file_of(tmp_path, "a:b: 1\na:c: 2\n", "1.yaml")
    second = file_of(tmp_path, "A:B: 3\na:d: 4\n", "2.yaml")

    assert read_context([], [first, second], []) == {"a:c": "2", "A:B": "3", "a:d": "4"}


def test_a_pair_wins_over_files(tmp_path: Path) -> None:
    file = file_of(tmp_path, "a:b: [1, 2]\na:c: 3\n", "1.yaml")

    assert read_context(["A:b=9"], [file], []) == {"a:c": "3", "A:b": "9"}


def test_absent_wins_over_files(tmp_path: Path) -> None:
    file = file_of(tmp_path, "a:b: [1, 2]\na:c: 3\n", "1.yaml")

    assert read_context([], [file], ["A:b"]) == {"a:c": "3", "A:b": None}


@pytest.mark.parametrize("absent", ["a:b", "A:B"])
def test_a_pair_and_absent_contradict_each_other(absent: str) -> None:
    with pytest.raises(RequestError) as caught:
        read_context(["a:b=c"], [], [absent])

    assert caught.value.diagnostics[0].code == "given-and-absent"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [((), Exit.UNDETERMINED), (("--absent", "AWS:userid"), Exit.DENIED)],
)
def test_absent_settles_what_would_be_unknown(
    tmp_path: Path, arguments: tuple[str, ...], code: Exit
) -> None:
    policy = policy_on(tmp_path, {"StringLike": {"aws:userid": "AROA*"}})

    result = can_i("s3:GetObject", OBJECT, "-p", policy, *arguments)

    assert result.exit_code == code


def test_a_key_said_to_be_absent_is_not_assumed() -> None:
    result = can_i(CREATE, "--as", DEV, "-p", BLOCK, "-c", NAME, "--absent", "aws:CalledVia")

    assert result.exit_code == Exit.DENIED
    assert "assumed absent" not in result.stdout


# Tags


def test_tags_are_read_in_order_with_the_case_of_their_keys() -> None:
    tags = read_tags("--request-tag", ["env=dev", "Env=a=b", "team="])

    assert list(tags.items()) == [("env", "dev"), ("Env", "a=b"), ("team", "")]


def test_a_tag_given_twice_is_an_error() -> None:
    with pytest.raises(RequestError) as caught:
        read_tags("--request-tag", ["env=dev", "env=dev"])

    assert str(caught.value) == (
        "error[duplicate-tag]: --request-tag gives `env` twice; give it once"
    )


@pytest.mark.parametrize("option", ["--request-tag", "--resource-tag"])
@pytest.mark.parametrize("tags", [("env",), ("env=a", "env=b")])
def test_unusable_tags_are_refused(option: str, tags: tuple[str, ...]) -> None:
    arguments = [argument for tag in tags for argument in (option, tag)]

    result = can_i(CREATE, "-p", BLOCK, *arguments)

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert option in result.stderr


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:RequestTag/env": "dev"}},
        {"ForAllValues:StringEquals": {"aws:TagKeys": ["env"]}, "Null": {"aws:TagKeys": "false"}},
        {"StringEquals": {"aws:ResourceTag/env": "dev"}},
        {"StringEquals": {"secretsmanager:ResourceTag/env": "dev"}},
    ],
)
def test_a_request_tag_at_creation_sets_every_key_that_follows(
    tmp_path: Path, condition: Mapping[str, object]
) -> None:
    policy = policy_on(tmp_path, condition)
    secret = "arn:aws:secretsmanager:us-east-1:111122223333:secret:sales-AbCdEf"

    result = can_i(CREATE, secret, "--as", DEV, "-p", policy, "--request-tag", "env=dev")

    assert result.exit_code == Exit.ALLOWED


def test_a_request_tag_on_what_exists_is_not_the_resource_s(tmp_path: Path) -> None:
    policy = policy_on(tmp_path, {"StringEquals": {"aws:ResourceTag/env": "dev"}})
    secret = "arn:aws:secretsmanager:us-east-1:111122223333:secret:sales-AbCdEf"

    result = can_i(
        "secretsmanager:TagResource", secret, "--as", DEV, "-p", policy, "--request-tag", "env=dev"
    )

    assert result.exit_code == Exit.DENIED


@pytest.mark.parametrize("key", ["aws:ResourceTag/env", "secretsmanager:ResourceTag/env"])
def test_a_resource_tag_sets_both_forms_of_the_key(tmp_path: Path, key: str) -> None:
    policy = policy_on(tmp_path, {"StringEquals": {key: "dev"}})
    secret = "arn:aws:secretsmanager:us-east-1:111122223333:secret:sales-AbCdEf"

    result = can_i(
        "secretsmanager:GetSecretValue", secret, "--as", DEV, "-p", policy,
        "--resource-tag", "env=dev",
    )  # fmt: skip

    assert result.exit_code == Exit.ALLOWED


def test_a_resource_tag_is_no_request_tag(tmp_path: Path) -> None:
    policy = policy_on(tmp_path, {"StringEquals": {"aws:RequestTag/env": "dev"}})

    result = can_i(CREATE, "--as", DEV, "-p", policy, "--resource-tag", "env=dev")

    assert result.exit_code == Exit.DENIED


# Two options that contradict each other


@pytest.mark.parametrize(
    "arguments",
    [
        ("--request-tag", "env=dev", "-c", "aws:RequestTag/env=prod"),
        ("--resource-tag", "env=dev", "-c", "aws:ResourceTag/env=prod"),
        ("--now", "2026-01-01T00:00:00Z", "-c", "aws:CurrentTime=2028-01-01T00:00:00Z"),
    ],
)
def test_options_that_contradict_each_other_are_refused(arguments: tuple[str, ...]) -> None:
    result = can_i(CREATE, "-p", BLOCK, *arguments)

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--request-tag", "env=dev", "-c", "aws:RequestTag/env=dev"),
        ("--resource-tag", "env=dev", "-c", "aws:ResourceTag/env=dev"),
        ("--now", "2026-01-01T00:00:00Z", "-c", "aws:CurrentTime=2026-01-01T00:00:00Z"),
    ],
)
def test_options_that_say_the_same_are_accepted(arguments: tuple[str, ...]) -> None:
    result = can_i("s3:GetObject", "-p", BLOCK, *arguments)

    assert result.exit_code == Exit.DENIED


@pytest.mark.parametrize("kind", ["text", "stringlist", "List", ""])
def test_an_unknown_type_of_a_context_entry_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "c.json"
    entry = {"ContextKeyName": "s3:prefix", "ContextKeyType": kind, "ContextKeyValues": ["x"]}
    path.write_text(json.dumps([entry]))

    with pytest.raises(SuiteError, match="is no ContextKeyType"):
        read_context((), (str(path),), ())
