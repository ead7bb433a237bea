"""Suites whose policies come from sources: accounts, plans and templates."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest

from policy_eval.cases.accounts import NamedSources, Opened, files_of, layers_around
from policy_eval.cases.coverage import Coverage
from policy_eval.cases.mutation import mutate
from policy_eval.cases.outcome import Run
from policy_eval.cases.recording import OfSources, recorded
from policy_eval.cases.run import run_case
from policy_eval.cases.runner import Plan, run
from policy_eval.cases.standing import NO_NAMES, standing
from policy_eval.cases.suite import Case, Overrides, load_suite
from policy_eval.cases.writing import suite_text
from policy_eval.engine.decision import Decision
from policy_eval.engine.policies import LayersOf, parse_policy
from policy_eval.errors import Diagnostic, InputError, SourceError, SuiteError
from policy_eval.request.principal import parse_principal
from policy_eval.semantics.layers import Layer
from policy_eval.sources.accounts import Accounts
from tests.cases.suites import request_of, write_suite
from tests.cli.running import ROOT
from tests.sources.exports import (
    EXAMPLE,
    ORGANIZATION,
    allowing,
    document,
    example,
    export,
    iam,
    inline,
    role,
    trusting,
    user,
    written,
)

_TEMPLATE = str(ROOT / "tests" / "sources" / "data" / "appflow.template.yaml")
_THROUGH = (
    "action: secretsmanager:CreateSecret\n"
    "context: {secretsmanager:Name: appflow!x, aws:CalledVia: [appflow.amazonaws.com]}\n"
)
_LOGS = "arn:aws:s3:::logs"
_DENIAL = json.dumps(document({"Effect": "Deny"}))
_SIMULATED = f"""\
tests:
  - name: a
    simulate:
      PolicyInputList: ['{_DENIAL}']
      ActionNames: [s3:GetObject]
"""
_FLOWS = "action: appflow:StartFlow\n"


def _cases(
    folder: Path,
    text: str,
    *paths: str,
    given: Overrides = Overrides(),  # noqa: B008 - immutable
) -> tuple[Case, ...]:
    """Return the cases of a suite over sources, by default over the example."""
    named = json.dumps([*paths] or [EXAMPLE])
    return load_suite(write_suite(folder, f"sources: {named}\n{text}"), given).cases


def _decided(cases: tuple[Case, ...]) -> list[str]:
    found = [run_case(case).found for case in cases]
    return [each.decision if isinstance(each, Decision) else str(each) for each in found]


def _arn(case: Case) -> str | None:
    principal = request_of(case).principal
    return principal and principal.arn


def _problem(folder: Path, text: str) -> Diagnostic:
    """Return the one problem of a suite that cannot be read."""
    with pytest.raises(InputError) as caught:
        load_suite(write_suite(folder, text))
    (problem,) = caught.value.diagnostics
    return problem


def _of_case(case: Case) -> Diagnostic:
    """Return the first problem of a case."""
    found = run_case(case).found
    assert isinstance(found, InputError)
    return found.diagnostics[0]


# Who calls, and with which policies


def test_the_policies_are_those_of_the_caller_as_people_name_it(tmp_path: Path) -> None:
    names = "[ana, Flow, role/Admin, Ci, Support, 'arn:aws:iam::111122223333:role/Flow']"

    cases = _cases(tmp_path, f"{_THROUGH}tests: [{{principals: {names}}}]\n")

    assert _decided(cases) == [
        "allowed", "allowed", "allowed", "implicitDeny", "undetermined", "allowed",
    ]  # fmt: skip


def test_what_sources_say_of_a_caller_is_known_and_a_mapping_says_more(tmp_path: Path) -> None:
    source = written(tmp_path, export(roles=(role("A", Tags=[{"Key": "team", "Value": "red"}]),)))
    text = """\
action: s3:ListAllMyBuckets
tests:
  - principal: A
  - principal: {arn: A, mfa: true}
  - principal: {arn: A, tags: {team: blue}}
  - principal: arn:aws:sts::111122223333:assumed-role/A/today
"""

    who = [request_of(case).principal for case in _cases(tmp_path, text, source)]

    assert [each and (dict(each.tags), each.mfa, each.session_name) for each in who] == [
        ({"team": "red"}, None, None),
        ({"team": "red"}, True, None),
        ({"team": "blue"}, None, None),
        ({"team": "red"}, None, "today"),
    ]


def test_tests_of_the_same_policies_share_a_set(tmp_path: Path) -> None:
    text = f"{_FLOWS}tests: [{{principals: [Flow, Ci, Flow]}}, {{principal: role/Flow}}]\n"

    sets = [id(case.policies) for case in _cases(tmp_path, text)]

    assert sets[0] == sets[2] == sets[3]
    assert len({*sets}) == 2


def test_layers_of_the_suite_and_of_a_test_replace_those_of_the_sources(tmp_path: Path) -> None:
    nothing = '{Version: "2012-10-17", Statement: {Effect: Deny, Action: "*", Resource: "*"}}'
    text = f"""\
{_FLOWS}principal: Flow
tests:
  - {{name: as it is}}
  - {{name: without policies, policies: {{identity: []}}}}
  - {{name: bounded, policies: {{boundary: {nothing}}}}}
  - {{name: nobody knows, unknown_layers: [scp]}}
"""

    assert _decided(_cases(tmp_path, text)) == [
        "allowed", "implicitDeny", "explicitDeny", "undetermined",
    ]  # fmt: skip


def test_a_caller_that_no_source_holds_has_policies_that_nobody_knows(tmp_path: Path) -> None:
    text = f"""\
{_FLOWS}principal: {iam("role/Nobody")}
tests:
  - {{name: as it is}}
  - {{name: of which a layer is said to be unknown, unknown_layers: [scp]}}
  - {{name: described, policies: {{identity: [own.json]}}}}
"""
    written(tmp_path, allowing("appflow:*"), "own.json")

    cases = _cases(tmp_path, text)

    assert _decided(cases) == ["undetermined", "undetermined", "allowed"]
    unknown = [case.policies.attached.unknown for case in cases if not _is_bad(case)]  # type: ignore[union-attr]  # not refused
    assert unknown == [
        {Layer.IDENTITY, Layer.BOUNDARY}, {Layer.IDENTITY, Layer.BOUNDARY, Layer.SCP}, set(),
    ]  # fmt: skip


def _is_bad(case: Case) -> bool:
    return isinstance(case.policies, InputError)


def test_layers_that_accounts_do_not_know_stay_so_for_callers_that_are_described() -> None:
    within = Accounts(example().found, unknown_layers=[Layer.RCP])
    caller = parse_principal(iam("role/Nobody"))
    given = LayersOf(identity=(parse_policy(json.dumps(allowing("s3:*"))),))

    layers = layers_around(within, caller, [("s3:GetObject", None)], given)

    assert layers.unknown_layers == (Layer.RCP,)


def test_a_test_with_a_request_of_the_simulator_has_its_own_policies(tmp_path: Path) -> None:
    (case,) = _cases(tmp_path, _SIMULATED)

    assert (case.given, _decided((case,))) == (None, ["explicitDeny"])


# What sources say of resources


def test_whose_a_resource_is_and_its_tags_are_those_of_the_sources(tmp_path: Path) -> None:
    template = written(
        tmp_path,
        {
            "Resources": {
                "Logs": {
                    "Type": "AWS::S3::Bucket",
                    "Properties": {"BucketName": "logs", "Tags": [{"Key": "a", "Value": "b"}]},
                },
                "Of": {
                    "Type": "AWS::S3::BucketPolicy",
                    "Properties": {
                        "Bucket": {"Ref": "Logs"},
                        "PolicyDocument": document(
                            {"Principal": "*", "Action": "s3:List*", "Resource": _LOGS}
                        ),
                    },
                },
                "R": {
                    "Type": "AWS::IAM::Role",
                    "Properties": {
                        "RoleName": "R",
                        "AssumeRolePolicyDocument": trusting("*"),
                    },
                },
            }
        },
    )
    text = """\
account: 111122223333
region: us-east-1
principal: R
tests:
  - {action: s3:ListBucket, resource: "arn:aws:s3:::logs"}
  - {action: s3:ListBucket, resource: "arn:aws:s3:::logs", resource_account: 444455556666,
     resource_tags: {c: d}}
  - {all_of: [{action: s3:ListBucket, resource: "arn:aws:s3:::other"},
              {action: s3:ListBucket, resource: "arn:aws:s3:::logs"}]}
"""

    first, second, call = _cases(tmp_path, text, template)

    one, other = request_of(first), request_of(second)
    assert (one.resource_account, dict(one.resource_tags)) == ("111122223333", {"a": "b"})
    assert (other.resource_account, dict(other.resource_tags)) == (
        "444455556666", {"a": "b", "c": "d"},
    )  # fmt: skip
    assert _decided((first,)) == ["allowed"]
    assert not isinstance(call.policies, InputError)
    assert [each.arn for each in call.policies.attached.resource_policies] == [_LOGS]


# Plans and templates


def test_a_suite_says_what_a_template_does_not(tmp_path: Path) -> None:
    told = "account: 111122223333\nregion: us-east-1\n"
    text = f"{_THROUGH}principal: role/Flows\ntests: [{{name: a}}]\n"

    known = _cases(tmp_path, f"{told}parameters: {{SecretPrefix: appflow!}}\n{text}", _TEMPLATE)
    unknown = _cases(tmp_path, f"{told}{text}", _TEMPLATE)

    assert _arn(known[0]) == iam("role/Flows")
    assert _decided(known + unknown) == ["allowed", "undetermined"]


def test_what_is_given_beside_replaces_what_a_suite_says(tmp_path: Path) -> None:
    text = f"""\
account: 444455556666
parameters: {{SecretPrefix: other, Stage: prod}}
{_THROUGH}principal: role/Flows
tests: [{{name: a}}]
"""
    given = NamedSources((), "111122223333", "us-east-1", (("SecretPrefix", "appflow!"),))

    (case,) = _cases(tmp_path, text, _TEMPLATE, given=Overrides(sources=given))

    assert _arn(case) == iam("role/Flows")
    assert _decided((case,)) == ["allowed"]
    elsewhere = given._replace(paths=(EXAMPLE,), parameters=())
    other = write_suite(tmp_path, f"{_FLOWS}principal: Flow\ntests: [{{name: a}}]\n")
    assert _decided(load_suite(other, Overrides(sources=elsewhere)).cases) == ["allowed"]


# What is refused, with its place


@pytest.mark.parametrize(
    ("text", "code", "place", "says"),
    [
        ("sources: none.json\n", "missing-file", (1, 10), "none.json: there is no such file"),
        ("sources: []\n", "empty-list", (1, 10), "`sources` names nothing"),
        ("account: 111122223333\n", "field-combination", (1, 10), "`account` tells of `sources`"),
        (f"sources: {EXAMPLE}\naccount: no\n", "not-an-account", (2, 10), "`no` is no account"),
        (f"sources: {EXAMPLE}\nparameters: {{P: x}}\n", "unknown-parameter", (2, 13),
         "no template has the parameter `P`"),
        (f"sources: {EXAMPLE}\n", "missing-field", (3, 9), "this test has no `principal`"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_sources_is_said_where_it_stands(
    tmp_path: Path, text: str, code: str, place: tuple[int, int], says: str
) -> None:
    problem = _problem(tmp_path, f"{text}{_FLOWS}tests: [{{name: a}}]\n")

    assert (problem.code, problem.place and problem.place[1:]) == (code, place)
    assert says in problem.message


def test_what_is_wrong_inside_a_template_stands_there(tmp_path: Path) -> None:
    template = tmp_path / "t.yaml"
    template.write_text("Resources: {A: 1, A: 2}\n", "utf-8")

    problem = _problem(tmp_path, f"sources: t.yaml\n{_FLOWS}tests: [{{name: a}}]\n")

    assert problem.place is not None
    assert problem.place[:2] == (str(template), 1)


def test_sources_that_the_suite_does_not_name_have_no_place_in_it(tmp_path: Path) -> None:
    path = write_suite(tmp_path, f"sources: {EXAMPLE}\n{_FLOWS}tests: [{{principal: A}}]\n")
    bad = role("A", RolePolicyList=inline(document({"Effect": "Maybe"})))
    source = written(tmp_path, export(roles=(bad,)))

    with pytest.raises(SourceError) as caught:
        load_suite(path, Overrides(sources=NamedSources(("none.json",))))
    (case,) = load_suite(path, Overrides(sources=NamedSources((source,)))).cases

    assert caught.value.diagnostics[0].place is None
    assert _of_case(case).place == (str(path), 1, 1)


@pytest.mark.parametrize(
    ("name", "code", "says"),
    [
        ("Flo", "unknown-principal", "did you mean `role/Flow`"),
        ("A", "ambiguous-name", "give the ARN of one"),
    ],
)
def test_a_name_of_nobody_or_of_several_is_told_at_its_place(
    tmp_path: Path, name: str, code: str, says: str
) -> None:
    both = written(tmp_path, export(users=(user("A"),), roles=(role("A"),)))

    (case,) = _cases(tmp_path, f"{_FLOWS}tests:\n  - {{principals: [{name}]}}\n", EXAMPLE, both)

    problem = _of_case(case)
    assert (problem.code, problem.remedy) == (code, says)
    assert problem.place == (str(tmp_path / "suite.iamtest.yaml"), 4, 19)


def test_what_else_is_wrong_with_a_request_stands_where_its_test_does(tmp_path: Path) -> None:
    (case,) = _cases(tmp_path, "tests:\n  - {action: bad, principal: Flow}\n")

    assert _of_case(case).place == case.place


def test_a_policy_that_aws_would_not_store_is_told_where_sources_are_named(tmp_path: Path) -> None:
    bad = role("A", RolePolicyList=inline(document({"Effect": "Maybe"})))
    source = written(tmp_path, export(roles=(bad, role("B"))))

    cases = _cases(tmp_path, f"{_FLOWS}tests: [{{principals: [A, B]}}]\n", source)

    found = run_case(cases[0]).found
    assert isinstance(found, InputError)
    assert {each.place for each in found.diagnostics} == {(cases[0].place.file, 1, 10)}
    assert found.diagnostics[1].message.startswith("role/A/Own:5:17: ")
    assert found.diagnostics[1].excerpt is not None
    assert _decided(cases[1:]) == ["implicitDeny"]


# Files, and what was opened before


def test_the_files_of_sources_are_those_of_the_suite(tmp_path: Path) -> None:
    output = written(tmp_path, {"Role": role("A", RoleId="AROAEXAMPLE")}, "get-role.json")
    calls = {
        "version": 1, "account": "111122223333",
        "calls": [{"command": "aws iam get-role --role-name A", "output": "get-role.json"}],
    }  # fmt: skip
    source = written(tmp_path, calls)
    path = write_suite(tmp_path, f"sources: source.json\n{_FLOWS}tests: [{{principal: A}}]\n")

    files = load_suite(path).files

    assert [str(file) for file in files] == [source, output]


def test_sources_are_opened_once_and_not_copied() -> None:
    opened, named = Opened(), NamedSources((EXAMPLE,))

    first = opened.accounts(named)

    assert opened.accounts(named) is first
    assert pickle.loads(pickle.dumps(opened)).accounts(named) is not first  # noqa: S301 - ours
    assert files_of(first, named) == (Path(EXAMPLE),)


def test_what_is_left_out_is_told(tmp_path: Path) -> None:
    source = written(tmp_path, export(roles=(role("A"), {"RoleName": "bad"})))
    told: list[SourceError] = []
    text = f"sources: source.json\n{_FLOWS}tests: [{{principal: A}}]\n"
    path = write_suite(tmp_path, text)
    given = Overrides(sources=NamedSources(keep_going=True), opened=Opened(told.append))

    assert _decided(load_suite(path, given).cases) == ["implicitDeny"]
    assert [source in str(each) for each in told] == [True]
    with pytest.raises(SourceError):
        load_suite(path)


# Coverage and mutation


def _run(path: Path, **plan: bool) -> Run:
    return run([path], Plan(**plan))  # type: ignore[arg-type]  # of the right type


def test_policies_of_one_name_in_two_accounts_are_two(tmp_path: Path) -> None:
    own = allowing("s3:GetObject")
    roles = [role("A", RolePolicyList=inline(own))]
    other = json.loads(json.dumps(roles).replace("111122223333", "444455556666"))
    written(tmp_path, [export(roles=(*roles,)), export(roles=(*other,))])
    path = write_suite(
        tmp_path,
        f"sources: source.json\ntests:\n"
        f"  - {{principal: '{iam('role/A')}', action: s3:GetObject, expect: allowed}}\n"
        f"  - {{principal: '{iam('role/A', '444455556666')}', action: s3:PutObject,"
        " expect: implicitDeny}\n",
    )

    found = _run(path, cover=True).coverage

    assert found is not None
    inside = "RoleDetailList[0].RolePolicyList[0].PolicyDocument: role/A/Own"
    assert [(file, Coverage(each).met) for file, each in found.by_file().items()] == [
        (f"{tmp_path}/source.json: [0].{inside}", 3),
        (f"{tmp_path}/source.json: [1].{inside}", 0),
    ]
    mutants = mutate([path], Plan()).mutants
    assert {mutant.place.file for mutant in mutants} == {*found.by_file()}


def test_what_is_known_of_a_statement_stands_where_the_statement_does(tmp_path: Path) -> None:
    statement = {
        "Effect": "Allow", "Action": "s3:GetObject",
        "Resource": [{"Fn::ImportValue": "Other"}, "arn:aws:s3:::mine/*"],
    }  # fmt: skip
    template = written(
        tmp_path,
        {
            "Resources": {
                "R": {
                    "Type": "AWS::IAM::Role",
                    "Properties": {
                        "RoleName": "R",
                        "AssumeRolePolicyDocument": trusting("*"),
                        "Policies": [
                            {
                                "PolicyName": "P",
                                "PolicyDocument": {
                                    "Version": "2012-10-17",
                                    "Statement": [statement, {**statement, "Resource": "*"}],
                                },
                            }
                        ],
                    },
                }
            }
        },
    )  # fmt: skip
    (case,) = _cases(tmp_path, "tests: [{action: s3:GetObject, principal: R}]\n", template)
    assert not isinstance(case.policies, InputError)
    (policy,) = case.policies.policies

    known, doubtful, whole = policy.statements
    at = [standing(policy, each, ("Resource", 0), NO_NAMES)[0].line for each in (known, doubtful)]

    assert known.resource.values == ("arn:aws:s3:::mine/*",)
    assert at == [policy.place(known).line] * 2
    assert standing(policy, whole, ("Resource", 0), NO_NAMES)[0].line > policy.place(whole).line


# What is recorded


def _recorded_again(folder: Path, text: str, *paths: str) -> tuple[dict[str, object], list[str]]:
    """Return a suite of what a suite over sources decides, and how its tests go."""
    named = json.dumps([*paths] or [EXAMPLE])
    suite = load_suite(write_suite(folder, f"sources: {named}\n{text}"))
    assert suite.accounts is not None
    fields = recorded(suite.cases, "again", folder, OfSources(suite.sources, suite.accounts))
    path = write_suite(folder, suite_text(fields, ".yaml"), "again.iamtest.yaml")
    return fields, [each.status.value for each in run([path], Plan()).outcomes]


def test_a_recorded_suite_names_its_sources_and_says_what_they_do_not(tmp_path: Path) -> None:
    written(tmp_path, allowing("appflow:*"), "own.json")
    text = f"""\
{_FLOWS}now: 2026-01-01T00:00:00Z
tests:
  - {{name: a, principals: [ana, Flow, Support]}}
  - {{name: b, principal: {{arn: Flow, mfa: true}}, policies: {{identity: [own.json]}}}}
"""

    fields, went = _recorded_again(tmp_path, text, EXAMPLE, ORGANIZATION)

    assert went == ["passed"] * 4
    sources = fields["sources"]
    assert isinstance(sources, list)
    assert [(tmp_path / each).resolve() for each in sources] == [
        Path(EXAMPLE).resolve(), Path(ORGANIZATION).resolve(),
    ]  # fmt: skip
    assert "policies" not in fields
    tests = fields["tests"]
    assert isinstance(tests, list)
    assert [test["principal"] for test in tests] == [
        iam("user/ana"), iam("role/Flow"), iam("role/Support"),
        {"arn": iam("role/Flow"), "mfa": "true"},
    ]  # fmt: skip
    assert tests[3]["policies"] == {"identity": ["own.json"]}


def test_a_recorded_suite_says_what_its_template_does_not(tmp_path: Path) -> None:
    text = f"""\
account: 111122223333
region: us-east-1
parameters: {{SecretPrefix: appflow!}}
{_THROUGH}principal: role/Flows
tests: [{{name: a}}]
"""

    fields, went = _recorded_again(tmp_path, text, _TEMPLATE)

    assert went == ["passed"]
    assert [fields[name] for name in ("account", "region", "parameters")] == [
        "111122223333", "us-east-1", {"SecretPrefix": "appflow!"},
    ]  # fmt: skip


def test_a_request_of_the_simulator_is_not_recorded_over_sources(tmp_path: Path) -> None:
    with pytest.raises(SuiteError) as caught:
        _recorded_again(tmp_path, _SIMULATED)

    (problem,) = caught.value.diagnostics
    assert problem.code == "field-combination"
    assert problem.place is not None
    assert problem.place.line == 3
