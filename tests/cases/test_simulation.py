"""Requests of SimulateCustomPolicy: read as tests, written from them, and read again."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_eval.cases.run import run_case
from policy_eval.cases.simulation import Written, command_of, simulation_of
from policy_eval.cases.suite import Case, load_suite
from policy_eval.engine.decide import decide_call
from policy_eval.engine.decision import Decision
from policy_eval.engine.policies import PolicySet
from policy_eval.errors import InputError, PolicyError, RequestError
from policy_eval.request.principal import Principal, parse_principal
from policy_eval.request.request import Request
from tests.cases.suites import line_of, policy_names, refusal_of, request_of

_ROOT = Path(__file__).resolve().parents[2]
_SUITES = sorted((_ROOT / "fixtures").rglob("*.iamtest.*"))
_ANN = "arn:aws:iam::111122223333:user/Ann"
_DEV = "arn:aws:iam::111122223333:role/Dev"
_OBJECT = "arn:aws:s3:::logs/today"
_SECRET = "arn:aws:secretsmanager:us-east-1:111122223333:secret:a-AbCdEf"
_ALLOW: dict[str, object] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
_DENY: dict[str, object] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}],
}
_OF_BUCKET: dict[str, object] = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": f"{_OBJECT[:-5]}*"}
    ],
}
_ALLOWS, _DENIES = json.dumps(_ALLOW), json.dumps(_DENY)


def _simulating(folder: Path, members: Mapping[str, object], **fields: object) -> tuple[Case, ...]:
    """Return the cases of one test that simulates; what it lacks is allowed and asks one action."""
    simulate = {"PolicyInputList": [_ALLOWS], "ActionNames": ["s3:GetObject"], **members}
    return load_suite(_suite_of(folder, simulate, **fields)).cases


def _suite_of(folder: Path, simulate: object, **fields: object) -> Path:
    """Return a suite with one test, which is in its third line."""
    path = folder / "suite.iamtest.json"
    test = json.dumps({"name": "a", "simulate": simulate, "expect": "allowed", **fields})
    path.write_text(f'{{\n"tests": [\n{test}]}}', "utf-8")
    return path


def _only(cases: tuple[Case, ...]) -> Case:
    (case,) = cases
    return case


def _decided(case: Case) -> Decision | InputError:
    return run_case(case).found


def _word(case: Case) -> str:
    found = _decided(case)
    assert isinstance(found, Decision)
    return found.decision


# Read


def test_each_action_is_asked_on_each_resource(tmp_path: Path) -> None:
    cases = _simulating(
        tmp_path,
        {"ActionNames": ["s3:GetObject", "s3:PutObject"], "ResourceArns": [_OBJECT, "*"]},
    )

    assert [case.name for case in cases] == [
        f"a [s3:GetObject, {_OBJECT}]",
        "a [s3:GetObject, *]",
        f"a [s3:PutObject, {_OBJECT}]",
        "a [s3:PutObject, *]",
    ]
    asked = [request_of(case) for case in cases]
    assert [(each.action, each.resource) for each in asked] == [
        ("s3:GetObject", _OBJECT),
        ("s3:GetObject", "*"),
        ("s3:PutObject", _OBJECT),
        ("s3:PutObject", "*"),
    ]
    assert all(each.action_only for each in asked)


def test_one_question_has_the_name_of_its_test_and_the_resource_of_aws(tmp_path: Path) -> None:
    case = _only(_simulating(tmp_path, {}))

    assert case.name == "a"
    assert request_of(case).resource == "*"


def test_the_caller_the_owner_and_the_time_are_read(tmp_path: Path) -> None:
    case = _only(
        _simulating(
            tmp_path,
            {"CallerArn": _ANN, "ResourceOwner": "arn:aws:iam::444455556666:root", "MaxItems": 5},
            now="2026-01-01T00:00:00Z",
        )
    )

    request = request_of(case)
    assert request.principal == parse_principal(_ANN)
    assert request.resource_account == "444455556666"
    assert request.now == "2026-01-01T00:00:00Z"


def test_the_owner_may_be_an_account_id(tmp_path: Path) -> None:
    case = _only(_simulating(tmp_path, {"ResourceOwner": "444455556666"}))

    assert request_of(case).resource_account == "444455556666"


@pytest.mark.parametrize(
    ("kind", "values", "read"),
    [
        (None, ["x"], ("x",)),
        ("string", ["x"], ("x",)),
        ("stringList", ["x"], ("x",)),
        ("stringList", ["x", "y"], ("x", "y")),
        ("numeric", [7], ("7",)),
        ("boolean", [True], ("true",)),
    ],
)
def test_an_entry_of_the_context_holds_texts(
    tmp_path: Path, kind: str | None, values: list[object], read: tuple[str, ...]
) -> None:
    entry: dict[str, object] = {"ContextKeyName": "s3:prefix", "ContextKeyValues": values}
    if kind is not None:
        entry["ContextKeyType"] = kind

    case = _only(_simulating(tmp_path, {"ContextEntries": [entry]}))

    assert request_of(case).context == {"s3:prefix": {"s3:prefix": read}}


def test_policies_stand_in_their_layers(tmp_path: Path) -> None:
    case = _only(
        _simulating(
            tmp_path,
            {
                "PolicyInputList": [_ALLOWS, _ALLOWS],
                "PermissionsBoundaryPolicyInputList": [_ALLOWS],
                "OrderedOrganizationPolicyInputList": [
                    {"ServiceControlPolicyInputList": [_ALLOWS]},
                    {"ServiceControlPolicyInputList": [_DENIES]},
                ],
                "ResourcePolicy": json.dumps(_OF_BUCKET),
                "ResourceArns": [_OBJECT],
                "CallerArn": _ANN,
            },
        )
    )

    policies = case.policies
    assert isinstance(policies, PolicySet)
    assert [(each.layer.value, each.level) for each in policies.attachments] == [
        ("identity", 0), ("identity", 0), ("boundary", 0), ("scp", 1), ("scp", 2), ("resource", 0),
    ]  # fmt: skip
    assert policy_names(case) == [f"{tmp_path}/suite.iamtest.json:3"] * 6
    assert _word(case) == "explicitDeny"


def test_a_resource_policy_is_of_the_type_that_the_action_has(tmp_path: Path) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": {"AWS": _ANN}, "Action": "sts:AssumeRole"},
    }

    case = _only(
        _simulating(
            tmp_path,
            {"ActionNames": ["sts:AssumeRole"], "ResourceArns": [_DEV], "CallerArn": _ANN,
             "ResourcePolicy": json.dumps(trust)},
        )
    )  # fmt: skip

    assert _word(case) == "allowed"


def test_a_broken_policy_is_a_result(tmp_path: Path) -> None:
    case = _only(_simulating(tmp_path, {"PolicyInputList": ['{"Statement": 7}']}, expect="invalid"))

    assert isinstance(case.policies, PolicyError)
    assert run_case(case).differences == ()


def test_a_broken_request_is_a_result(tmp_path: Path) -> None:
    case = _only(_simulating(tmp_path, {"ActionNames": ["GetObject"]}, expect="invalid"))

    assert isinstance(case.requests, RequestError)
    assert run_case(case).differences == ()


@pytest.mark.parametrize(("accept", "word"), [("true", "allowed"), ("false", None)])
def test_policies_that_aws_refuses_are_accepted_where_the_test_says_so(
    tmp_path: Path, accept: str, word: str | None
) -> None:
    case = _only(
        _simulating(
            tmp_path,
            {"PolicyInputList": [_ALLOWS.replace('"Effect"', '"Sid": "a b", "Effect"')]},
            accept_invalid=accept,
        )
    )

    found = _decided(case)

    assert (found.decision if isinstance(found, Decision) else None) == word


_ENTRY = {"ContextKeyName": "s3:prefix", "ContextKeyValues": ["x"]}


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"ActionNames": []}, "missing-field"),
        ({"ActionNames": "s3:GetObject"}, "wrong-type"),
        ({"ActionNames": [["s3:GetObject"]]}, "wrong-type"),
        ({"ActionNames": [None]}, "wrong-type"),
        ({"PolicyInputList": [["a"]]}, "wrong-type"),
        ({"PolicyInputLists": ["a"]}, "unknown-field"),
        ({"ResourceArns": _OBJECT}, "wrong-type"),
        ({"CallerArn": [_ANN]}, "wrong-type"),
        ({"ResourcePolicy": ["a"]}, "wrong-type"),
        ({"PermissionsBoundaryPolicyInputList": [_ALLOWS, _ALLOWS]}, "several-values"),
        ({"OrderedOrganizationPolicyInputList": [{"Policies": []}]}, "unknown-field"),
        ({"ContextEntries": [{"ContextKeyName": "s3:prefix"}]}, "missing-field"),
        ({"ContextEntries": [{"ContextKeyValues": ["x"]}]}, "missing-field"),
        ({"ContextEntries": [{**_ENTRY, "ContextKeyValues": []}]}, "missing-field"),
        ({"OrderedOrganizationPolicyInputList": [None]}, "wrong-type"),
        ({"ContextEntries": [{**_ENTRY, "ContextKeyType": "text"}]}, "unknown-word"),
        ({"ContextEntries": [_ENTRY, {**_ENTRY, "ContextKeyName": "S3:Prefix"}]},
         "duplicate-key-case"),
    ],
)  # fmt: skip
def test_what_is_no_such_request_is_refused_where_it_stands(
    tmp_path: Path, members: dict[str, object], code: str
) -> None:
    simulate = {"PolicyInputList": [_ALLOWS], "ActionNames": ["s3:GetObject"], **members}

    problem = refusal_of(_suite_of(tmp_path, simulate))

    assert (problem.code, line_of(problem)) == (code, 3)


@pytest.mark.parametrize("name", ["PolicyInputList", "ActionNames"])
def test_what_aws_requires_is_there(tmp_path: Path, name: str) -> None:
    simulate = {"PolicyInputList": [_ALLOWS], "ActionNames": ["s3:GetObject"]}
    del simulate[name]

    problem = refusal_of(_suite_of(tmp_path, simulate))

    assert (problem.code, problem.message) == ("missing-field", f"a simulation has `{name}`")


# Written


def _written(request: Request, **layers: object) -> Written:
    """Return the request of the simulator, with an identity-based policy that allows all."""
    return simulation_of(PolicySet([_ALLOW], **layers), request)  # type: ignore[arg-type]  # by name


def _entries(written: Written) -> dict[object, tuple[object, object]]:
    """Return the context by key: the values and their type."""
    entries = written.request["ContextEntries"]
    assert isinstance(entries, list)
    return {
        each["ContextKeyName"]: (each["ContextKeyValues"], each["ContextKeyType"])
        for each in entries
    }


def test_a_request_is_written_in_the_members_of_aws() -> None:
    written = _written(
        Request(
            "s3:GetObject",
            _OBJECT,
            principal=_ANN,
            context={"s3:prefix": "x", "aws:CalledVia": "a.amazonaws.com", "s3:x": ["1", "2"]},
            resource_account="444455556666",
        ),
        boundary=_ALLOW,
        resource=_OF_BUCKET,
        scps=[[_ALLOW], [], [_DENY, _ALLOW]],
    )

    assert written == (
        {
            "PolicyInputList": [_ALLOWS],
            "PermissionsBoundaryPolicyInputList": [_ALLOWS],
            "OrderedOrganizationPolicyInputList": [
                {"ServiceControlPolicyInputList": [_ALLOWS]},
                {"ServiceControlPolicyInputList": []},
                {"ServiceControlPolicyInputList": [_DENIES, _ALLOWS]},
            ],
            "ActionNames": ["s3:GetObject"],
            "ResourceArns": [_OBJECT],
            "ResourcePolicy": json.dumps(_OF_BUCKET),
            "ResourceOwner": "arn:aws:iam::444455556666:root",
            "CallerArn": _ANN,
            "ContextEntries": [
                {
                    "ContextKeyName": "s3:prefix",
                    "ContextKeyValues": ["x"],
                    "ContextKeyType": "string",
                },
                {
                    "ContextKeyName": "aws:CalledVia",
                    "ContextKeyValues": ["a.amazonaws.com"],
                    "ContextKeyType": "stringList",
                },
                {
                    "ContextKeyName": "s3:x",
                    "ContextKeyValues": ["1", "2"],
                    "ContextKeyType": "stringList",
                },
            ],
        },
        (),
    )


def test_what_is_not_said_is_not_written() -> None:
    written = _written(Request("s3:ListAllMyBuckets", context={"s3:prefix": None}))

    assert written == ({"PolicyInputList": [_ALLOWS], "ActionNames": ["s3:ListAllMyBuckets"]}, ())


def test_keys_that_follow_are_written_where_a_policy_names_them() -> None:
    names = ("aws:PrincipalTag/Team", "aws:CurrentTime", "AWS:requesttag/env", "aws:TagKeys")
    policy = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::${aws:username}/*",
            "Condition": {"StringLike": dict.fromkeys(names, "*")},
        },
    }  # fmt: skip
    who = parse_principal(_ANN)._replace(tags=(("Team", "blue"), ("Site", "x")))

    written = simulation_of(
        PolicySet([policy]),
        Request("secretsmanager:TagResource", _SECRET, principal=who,
                request_tags={"env": "dev"}, now="2026-01-01T00:00:00Z"),
    )  # fmt: skip

    assert _entries(written) == {
        "aws:username": (["Ann"], "string"),
        "aws:PrincipalTag/Team": (["blue"], "string"),
        "aws:RequestTag/env": (["dev"], "string"),
        "aws:TagKeys": (["env"], "stringList"),
        "aws:CurrentTime": (["2026-01-01T00:00:00Z"], "string"),
    }


def test_the_policy_of_the_resource_that_is_asked_about_is_written() -> None:
    other = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}],
    }

    written = _written(
        Request("s3:GetObject", _OBJECT, principal=_ANN),
        resources={"arn:aws:s3:::other": other, "arn:aws:s3:::logs": _OF_BUCKET},
    )

    assert written.request["ResourcePolicy"] == json.dumps(_OF_BUCKET)
    assert written.unlike == ("without the policies of further resources",)


@pytest.mark.parametrize(
    ("request_", "layers", "unlike"),
    [
        (Request("s3:GetObject", _OBJECT), {"session": [_ALLOW]},
         "without the session policy: the simulator takes none"),
        (Request("s3:GetObject", _OBJECT), {"rcps": [[]]},
         "without the resource control policy: the simulator takes none"),
        (Request("s3:GetObject", _OBJECT),
         {"endpoint": {"Statement": {**_ALLOW["Statement"][0], "Principal": "*"}}},  # type: ignore[index]  # a list
         "without the VPC endpoint policy: the simulator takes none"),
        (Request("s3:GetObject", _OBJECT, principal=_DEV), {},
         "without the caller role/Dev: CallerArn takes users only"),
        (Request("s3:GetObject", _OBJECT), {"resource": _OF_BUCKET},
         "without the resource-based policy: the simulator wants a CallerArn with it"),
        (Request("s3:GetObject"), {}, "about the resource `*`: none is said"),
        (Request("s3:GetObject", _OBJECT), {"unknown_layers": ["scp"]},
         "as if there were no service control policy: nobody knows"),
        (Request("s3:GetObject", _OBJECT, unknown=["aws:SourceIp", "aws:ResourceTag/*"]), {},
         "as if there were no aws:SourceIp, aws:ResourceTag/*: nobody knows"),
        (Request("s3:GetObject", _OBJECT, principal=Principal(
            **{**parse_principal(_ANN)._asdict(), "management_account": "111122223333"})),
         {"scps": [[_DENY]]}, "without the service control policies: none applies to this caller"),
    ],
)  # fmt: skip
def test_what_the_simulator_does_not_take_is_said(
    request_: Request, layers: dict[str, object], unlike: str
) -> None:
    written = _written(request_, **layers)

    assert written.unlike == (unlike,)
    assert not written.request.keys() & {"OrderedOrganizationPolicyInputList", "ResourcePolicy"}


# Written and read again


@pytest.mark.parametrize("path", _SUITES, ids=lambda path: path.name)
def test_a_fixture_is_decided_the_same_as_a_simulation(path: Path, tmp_path: Path) -> None:
    """Unless AWS is asked otherwise, which is said; what nobody says of a caller is unknown."""
    differing = []
    for case in load_suite(path).cases:
        if isinstance(case.policies, InputError) or isinstance(case.requests, InputError):
            continue
        for request in (each.alone() for each in case.requests):
            found = _decided(case._replace(requests=(request,)))
            if isinstance(found, InputError):
                continue
            written = simulation_of(case.policies, request)
            if written.unlike or not written.request["PolicyInputList"]:
                continue
            accepts = any(policy.accepts_invalid for policy in case.policies.policies)
            again = _again(written, tmp_path, accepts=accepts)
            if again not in (found.decision, "undetermined", "duplicate-key-case"):
                differing.append((case.name, found.decision, again))

    assert differing == []


def _again(written: Written, folder: Path, *, accepts: bool) -> str:
    """Return the decision of a simulation, or the code of the problem that it has."""
    test = _suite_of(folder, written.request, accept_invalid="true" if accepts else "false")
    try:
        found = _decided(_only(load_suite(test).cases))
    except InputError as error:
        found = error
    return found.decision if isinstance(found, Decision) else found.diagnostics[0].code


def test_a_call_that_a_user_makes_is_decided_the_same(tmp_path: Path) -> None:
    policies = PolicySet([_ALLOW], boundary=_ALLOW, scps=[[_ALLOW], [_DENY]], resource=_OF_BUCKET)
    request = Request("s3:GetObject", _OBJECT, principal=_ANN, action_only=True)

    case = _only(_simulating(tmp_path, simulation_of(policies, request).request))

    assert _word(case) == decide_call(policies, [request]).decision == "explicitDeny"


# The command


def _arguments(command: str) -> list[str]:
    return shlex.split(command)


def test_the_command_puts_the_request_and_asks_for_the_decision() -> None:
    written = _written(Request("s3:GetObject", _OBJECT, context={"s3:prefix": "it's ü"}))

    arguments = _arguments(command_of(written))

    assert arguments[:4] == ["aws", "iam", "simulate-custom-policy", "--cli-input-json"]
    assert json.loads(arguments[4]) == written.request
    assert arguments[5:] == ["--query", "EvaluationResults[].EvalDecision", "--output", "text"]


def test_letters_in_the_command_stay_as_they_are() -> None:
    written = _written(Request("s3:GetObject", _OBJECT, context={"s3:prefix": "Schlüssel"}))

    assert '["Schlüssel"]' in command_of(written)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_in_the_command_can_be_printed_and_copied(text: str) -> None:
    written = _written(Request("s3:GetObject", _OBJECT, context={"s3:prefix": text}))

    command = command_of(written)

    assert command.isprintable()
    assert json.loads(_arguments(command)[4]) == written.request
