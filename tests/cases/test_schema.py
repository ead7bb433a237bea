"""The JSON Schema of suites: valid, true of all suites there are, and at one with the loader.

Where an editor cannot agree with the loader in principle (see `policy_eval/cases/schema.py`), the
tests under "Where they cannot agree" show it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from jsonschema import Draft7Validator

from policy_eval.cases import schema as module
from policy_eval.cases.format import FORMS, ROOT, Form, Kind, Known
from policy_eval.cases.schema import schema, schema_text
from policy_eval.cases.suite import Case, load_suite
from policy_eval.errors import InputError, SuiteError
from tests.cases.editors import EDITORS, Mapping, Value, Yaml12, as_an_editor_reads
from tests.cases.framed_suites import FRAMES
from tests.cases.generated_suites import (
    UNREAD,
    changed_suites,
    loader_takes,
    suites,
    write_files,
)

_ROOT = Path(__file__).resolve().parents[2]
_VALIDATOR = Draft7Validator(schema())
_EACH_EDITOR = pytest.mark.parametrize("version", EDITORS)
_SUITES = [
    *sorted((_ROOT / "fixtures").rglob("*.iamtest.*")),
    *sorted((_ROOT / "policy_eval" / "scenarios").glob("*.yaml")),
]


def _wrong(suite: Value) -> list[str]:
    """Return what an editor marks, each with the path to it."""
    return [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
        for error in _VALIDATOR.iter_errors(suite)
    ]


def _loads(folder: Path, text: str) -> bool:
    path = folder / "suite.iamtest.yaml"
    path.write_text(text, "utf-8")
    try:
        load_suite(path)
    except SuiteError:
        return False
    return True


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the policies that generated suites name."""
    folder = tmp_path_factory.mktemp("suites")
    write_files(folder)
    return folder


# The schema in itself


def test_the_schema_is_one() -> None:
    Draft7Validator.check_schema(schema())


def test_the_file_in_the_package_is_the_schema() -> None:
    """Renew it with `policy-eval schema > policy_eval/cases/iamtest.schema.json`."""
    file = Path(module.__file__).parent / "iamtest.schema.json"

    assert file.read_text("utf-8") == schema_text()


def test_the_module_prints_the_schema() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "policy_eval.cases.schema"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert printed.stdout == schema_text()


def test_the_schema_can_be_printed_anywhere() -> None:
    assert schema_text().isascii()
    assert json.loads(schema_text()) == schema()


def test_every_reference_leads_to_a_definition() -> None:
    definitions = json.loads(schema_text())["definitions"]

    assert {
        part.partition('"')[0] for part in schema_text().split('"#/definitions/')[1:]
    } == definitions.keys()


# Suites that there are


@_EACH_EDITOR
@pytest.mark.parametrize("path", _SUITES, ids=lambda path: path.name)
def test_a_suite_of_this_project_is_valid(path: Path, version: type[yaml.SafeLoader]) -> None:
    assert _wrong(as_an_editor_reads(path.read_text("utf-8"), version)) == []


_UNQUOTED = """\
version: 1
name: 2026
description: no
now: 2026-01-01T00:00:00Z
principal: 001122334455
action: s3:GetObject
resource: null
policies: {identity: null, boundary: [], scps: [[], null]}
context:
  k:account: 111122223333
  k:word: no
  k:number: 1.10
  k:date: 2012-10-17
  k:truth: true
  k:list: [1, no, 2026-01-01]
  k:absent: null
  k:nothing:
  k:empty: []
request_tags: {1: 1.10, on: off}
resource_tags:
tests:
  - {name: 1, skip: yes, rule: R-1, source: 1.1, resource_account: 111122223333}
  - {principals: [001122334455, {arn: 111122223333, tags: {a: 1}, management_account: true}]}
  - {action_only: true, accept_invalid: "false", unknown: aws:SourceIp, unknown_layers: scp}
  - {dependent_actions: {action: s3:GetObject, needs: s3:PutObject, on: not-said}}
"""


@_EACH_EDITOR
def test_an_unquoted_scalar_stands_where_a_text_may(
    tmp_path: Path, version: type[yaml.SafeLoader]
) -> None:
    assert _wrong(as_an_editor_reads(_UNQUOTED, version)) == []
    assert _loads(tmp_path, _UNQUOTED)


# Broken suites

_T = "tests: [{action: s3:a, %s}]\n"
_POLICIES = _T % "policies: {%s}"
_PRINCIPAL = _T % "principal: {%s}"
_ALL_OF = "tests: [{all_of: [{action: s3:a, %s}]}]\n"
_FURTHER = _T % "dependent_actions: [{%s}]"
_EXPECT = _T % "expect: %s"
_BROKEN = {
    "no mapping": "- a\n",
    "nothing asked": "tests: [{name: a}]\n",
    "no tests": "version: 1\n",
    "tests that are none": "tests:\n",
    "empty tests": "tests: []\n",
    "tests in a mapping": "tests: {name: a, action: s3:a}\n",
    "a test that is a text": "tests: [s3:a]\n",
    "another version": "version: 2\ntests: [{action: s3:a}]\n",
    "a version that is a truth value": "version: true\ntests: [{action: s3:a}]\n",
    "a name that is a list": "name: [a]\ntests: [{action: s3:a}]\n",
    "a name that is null": "name: null\ntests: [{action: s3:a}]\n",
    "an unknown field of the suite": "nme: a\ntests: [{action: s3:a}]\n",
    "an unknown field of a test": _T % "expct: allowed",
    "an unknown layer": _POLICIES % "idenity: []",
    "an unknown field of an entry": _POLICIES % "identity: {flie: a}",
    "an unknown field of a principal": _PRINCIPAL % "arn: anonymous, tag: {}",
    "an unknown field of a step": _ALL_OF % "actoin: s3:b",
    "an unknown field of a dependent action": _FURTHER % "action: s3:a, needs: s3:b, where: x",
    "an unknown field of what is expected": _EXPECT % "{decison: allowed}",
    "action and actions": _T % "actions: [s3:b]",
    "resource and resources": _T % 'resource: "*", resources: ["*"]',
    "principal and principals": _T % "principal: anonymous, principals: [anonymous]",
    "all_of and action": _T % "all_of: [s3:b]",
    "all_of and actions": "tests: [{actions: [s3:a], all_of: [s3:b]}]\n",
    "all_of and dependent_actions": "tests: [{all_of: [s3:b], dependent_actions: []}]\n",
    "file and policy": _POLICIES % "identity: {file: a, policy: {Statement: []}}",
    "neither file nor policy": _POLICIES % "identity: {name: a}",
    "an entry that is a list": _POLICIES % "identity: [[a]]",
    "two boundaries": _POLICIES % "boundary: [{Statement: []}, {Statement: []}]",
    "policies that are a list": _T % "policies: [a]",
    "a policy of what is no ARN": _POLICIES % "resources: {logs: {Statement: []}}",
    "policies of a resource in a list": _POLICIES % "resources: {arn:aws:s3:::a: [b]}",
    "a level inside a level": _POLICIES % "scps: [[[a]]]",
    "an action that is null": "tests: [{action: null}]\n",
    "an action that is a list": "tests: [{action: [s3:a]}]\n",
    "no actions": "tests: [{actions: []}]\n",
    "actions that are null": "tests: [{actions: null}]\n",
    "a list among actions": "tests: [{actions: [[s3:a]]}]\n",
    "null among principals": _T % "principals: [null]",
    "a principal in a list": _T % "principal: [a]",
    "a principal without an ARN": _PRINCIPAL % "session_name: a",
    "tags that are a list": _PRINCIPAL % "arn: anonymous, tags: [a]",
    "a tag that is null": _T % "request_tags: {a: null}",
    "a context that is a list": _T % "context: [a]",
    "a context value that is a mapping": _T % "context: {a: {b: c}}",
    "null among context values": _T % "context: {a: [null]}",
    "an unknown key that is a mapping": _T % "unknown: [{a: b}]",
    "no truth value": _T % "action_only: maybe",
    "a number as a truth value": _T % "accept_invalid: 1",
    "a wrong word for unlisted keys": _T % "unlisted_keys: maybe",
    "a wrong word among layers": _T % "unknown_layers: [scps]",
    "a wrong word for an endpoint": _T % "endpoint_type: vpc",
    "wrong credentials": _PRINCIPAL % "arn: anonymous, credentials: Password",
    "no steps": "tests: [{all_of: []}]\n",
    "a step without an action": 'tests: [{all_of: [{resource: "*"}]}]\n',
    "a step that is a list": "tests: [{all_of: [[s3:a]]}]\n",
    "a dependent action without what it needs": _FURTHER % "action: s3:a",
    "a dependent action of no action": _FURTHER % "action: s3, needs: s3:b",
    "a dependent action when no key": _FURTHER % "action: s3:a, needs: s3:b, when: tag",
    "a dependent action elsewhere": _FURTHER % "action: s3:a, needs: s3:b, on: bucket",
    "a dependent action by no key": _FURTHER % "action: s3:a, needs: s3:b, on: value-of-key",
    "an unknown decision": _EXPECT % "alowed",
    "a decision in a list": _EXPECT % "[allowed]",
    "an unknown decision in a mapping": _EXPECT % "{decision: allow}",
    "nothing expected": _EXPECT % "{}",
    "null expected": _EXPECT % "null",
    "a layer that there is not": _EXPECT % "{decided_by: organization}",
    "matched in a mapping": _EXPECT % "{matched: {a: b}}",
    "null among the matched": _EXPECT % "{matched: [null]}",
}  # fmt: skip


@_EACH_EDITOR
@pytest.mark.parametrize("text", _BROKEN.values(), ids=_BROKEN)
def test_a_broken_suite_is_marked(text: str, version: type[yaml.SafeLoader]) -> None:
    assert _wrong(as_an_editor_reads(text, version))


@pytest.mark.parametrize("text", _BROKEN.values(), ids=_BROKEN)
def test_a_broken_suite_is_refused(folder: Path, text: str) -> None:
    assert not _loads(folder, text)


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        (_T % "actions: [s3:b]", "tests/0: False schema does not allow ['s3:b']"),
        (_T % "all_of: [s3:b]", "tests/0: False schema does not allow 's3:a'"),
        (_T % "unlisted_keys: maybe",
         "tests/0/unlisted_keys: 'maybe' is not one of ['absent', 'unknown']"),
        (_T % "nme: a",
         "tests/0: Additional properties are not allowed ('nme' was unexpected)"),
        ("name: a\n", ": 'tests' is a required property"),
    ],
)  # fmt: skip
def test_a_field_is_marked_alone(text: str, marked: str) -> None:
    assert _wrong(as_an_editor_reads(text)) == [marked]


# What a request of SimulateCustomPolicy looks like

_SIMULATION = """\
tests:
  - simulate:
      PolicyInputList: ['{"Version": "2012-10-17", "Statement": []}']
      PermissionsBoundaryPolicyInputList: []
      OrderedOrganizationPolicyInputList:
        - ServiceControlPolicyInputList: ['{"Version": "2012-10-17", "Statement": []}']
      ActionNames: [s3:GetObject]
      ResourceArns: ["arn:aws:s3:::logs/today"]
      ResourcePolicy: '{"Version": "2012-10-17", "Statement": []}'
      ResourceOwner: arn:aws:iam::111122223333:root
      CallerArn: arn:aws:iam::111122223333:user/Ann
      ContextEntries:
        - {ContextKeyName: aws:MultiFactorAuthAge, ContextKeyValues: [60], ContextKeyType: numeric}
      ResourceHandlingOption: EC2-VPC-InstanceStore
      MaxItems: 100
      Marker: ""
    expect: allowed
"""


@_EACH_EDITOR
def test_a_request_of_simulate_custom_policy_is_valid(version: type[yaml.SafeLoader]) -> None:
    assert _wrong(as_an_editor_reads(_SIMULATION, version)) == []


@pytest.mark.parametrize(
    "simulate",
    [
        "null",
        "{}",
        "[]",
        "{PolicyInputList: [a]}",
        "{ActionNames: [s3:a]}",
        "{PolicyInputList: [a], ActionNames: []}",
        "{PolicyInputList: [a], ActionNames: s3:a}",
        "{PolicyInputList: [{Statement: []}], ActionNames: [s3:a]}",
        "{PolicyInputList: [a], ActionNames: [s3:a], SessionPolicies: [a]}",
        "{PolicyInputList: [a], ActionNames: [s3:a], ResourcePolicy: [a]}",
        "{PolicyInputList: [a], ActionNames: [s3:a], ContextEntries: {a: b}}",
        "{PolicyInputList: [a], ActionNames: [s3:a], ContextEntries: [{ContextKeyType: text}]}",
        "{PolicyInputList: [a], ActionNames: [s3:a], ContextEntries: [{Name: aws:SourceIp}]}",
        "{PolicyInputList: [a], ActionNames: [s3:a], OrderedOrganizationPolicyInputList: [[a]]}",
    ],
)
def test_a_request_that_aws_does_not_take_is_marked(simulate: str) -> None:
    assert _wrong(as_an_editor_reads(f"tests: [{{simulate: {simulate}}}]\n"))


@pytest.mark.parametrize(
    "beside",
    ["action: s3:a", "all_of: [s3:a]", "policies: {}", "principal: anonymous", "context: {}"],
)
def test_such_a_request_says_all_by_itself(beside: str) -> None:
    request = "simulate: {PolicyInputList: [a], ActionNames: [s3:a]}"

    assert _wrong(as_an_editor_reads(f"tests: [{{{request}}}]\n")) == []
    assert _wrong(as_an_editor_reads(f"tests: [{{{request}, {beside}}}]\n"))


# At one with the loader

_SAMPLES: tuple[Value, ...] = (
    None, "word", "true", "1", 1, 7, True, [], ["word"], ["word", "word"], [None], [["word"]],
    [["word"], None], {}, {"word": "word"}, {"word": None}, {"word": ["word"]}, {"word": {}}, [{}],
    [{"word": "word"}], {"arn": "anonymous"}, {"action": "s3:a"}, ["s3:a"], {"file": "word"},
    {"Statement": []}, [{"Statement": []}], [{"action": "s3:a"}], {"arn:aws:s3:::a": "word"},
    "prefix:Name", "allowed", ["allowed"], [True], [1], "always",
    {"PolicyInputList": ["{}"], "ActionNames": ["s3:a"]},
    [{"action": "s3:a", "needs": "s3:b"}, {"action": "s3:a", "needs": "s3:c", "when": ""}],
)  # fmt: skip
_READ = [
    (form, field)
    for form in (ROOT, *FORMS.values())
    for field in form.fields
    if form.name in FRAMES and (form.name, field.name) not in UNREAD
]


@pytest.mark.parametrize(
    ("form", "field"), _READ, ids=[f"{form.name}.{field.name}" for form, field in _READ]
)
def test_a_field_takes_what_the_loader_takes(folder: Path, form: Form, field: Known) -> None:
    samples: list[Value] = [*_SAMPLES, *field.words, [*field.words]]
    made = [FRAMES[form.name]({field.name: sample}) for sample in samples]

    takes = {json.dumps(suite): loader_takes(folder, suite) for suite in made}

    assert {json.dumps(suite): not _wrong(suite) for suite in made} == takes
    assert {*takes.values()} == {True, False}


@settings(max_examples=200)
@given(suite=suites())
def test_generated_suites_are_valid(folder: Path, suite: Mapping) -> None:
    assert _wrong(suite) == []
    assert loader_takes(folder, suite)
    cases = load_suite(folder / "suite.iamtest.yaml").cases
    assert [case.name for case in cases if isinstance(case.requests, InputError)] == []
    assert [str(case.policies) for case in cases if _hides_more(case)] == []


def _hides_more(case: Case) -> bool:
    """Return whether policies are refused before all of them are read."""
    match case.policies:
        case InputError() as error:
            return {each.code for each in error.diagnostics} != {"layer-given-and-unknown"}
        case _:
            return False


@settings(max_examples=400)
@given(suite=changed_suites())
def test_the_loader_and_the_schema_agree_on_changed_suites(folder: Path, suite: Mapping) -> None:
    assert loader_takes(folder, suite) is (_wrong(suite) == [])


@settings(max_examples=20)
@given(suite=changed_suites())
def test_they_agree_on_suites_in_json_too(folder: Path, suite: Mapping) -> None:
    assert loader_takes(folder, suite, "suite.iamtest.json") is (_wrong(suite) == [])


# Where they cannot agree


@pytest.mark.parametrize(
    "text",
    [
        _T % "name: ~",  # null to an editor, a text to the loader
        _T % "context: {a: [~]}",
        _POLICIES % "identity: {policy: a}",  # invalid input, but no matter of the format
    ],
)
def test_an_editor_marks_what_the_loader_takes(tmp_path: Path, text: str) -> None:
    assert _wrong(as_an_editor_reads(text, Yaml12))
    assert _loads(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    [
        _T % "action_only: True",  # a truth value to an editor, a text to the loader
        "version: 1.0\ntests: [{action: s3:a}]\n",
        _T % "context: {aws:SourceIp: a, AWS:SourceIP: b}",
        _POLICIES % "identity: [nowhere.json]",
    ],
)
def test_an_editor_does_not_see_what_the_loader_refuses(tmp_path: Path, text: str) -> None:
    suite = as_an_editor_reads(text, Yaml12)

    assert _wrong(suite) == []
    assert not _loads(tmp_path, text)


def test_what_is_unread_are_fields_of_the_table() -> None:
    forms = {form.name: form for form in FORMS.values()}

    assert all(field in forms[form].known for form, field in UNREAD)
    assert Kind.DOCUMENT in {field.kind for field in forms["entry"].fields}
