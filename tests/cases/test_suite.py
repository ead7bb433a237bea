"""Suites: inheritance, matrices, values, policies, and what a suite is refused for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policy_eval.cases.run import run_case
from policy_eval.cases.suite import Overrides, load_suite
from policy_eval.engine.policies import LayersOf
from policy_eval.errors import PolicyError, RequestError, SuiteError
from policy_eval.request.context import Entries
from tests.cases.suites import (
    ALLOW_ALL,
    DENY_BY_DEFAULT,
    cases_of,
    line_of,
    only_case,
    policy_names,
    refusal_of,
    refusal_of_text,
    request_of,
    write_suite,
)
from tests.pointed import pointed

DEV = "arn:aws:iam::111122223333:role/Dev"
A_STATEMENT = '{Effect: Allow, Action: "s3:*", Resource: "*"}'
A_POLICY = f'{{Version: "2012-10-17", Statement: {A_STATEMENT}}}'


def _flat(context: Entries) -> dict[str, tuple[str, ...] | None]:
    """Return the values of each key under the key's spelling."""
    return {name: values for spellings in context.values() for name, values in spellings.items()}


# The suite itself


def test_a_suite_has_a_name_a_description_and_cases(tmp_path: Path) -> None:
    text = "version: 1\nname: N\ndescription: D\naction: s3:GetObject\ntests: [{name: a}]\n"
    path = write_suite(tmp_path, text)

    suite = load_suite(path)

    assert (suite.path, suite.name, suite.description) == (path, "N", "D")
    assert [(case.suite, case.name) for case in suite.cases] == [("N", "a")]


def test_a_suite_without_a_name_is_named_by_its_file(tmp_path: Path) -> None:
    path = write_suite(tmp_path, "action: s3:GetObject\ntests: [{name: a}]\n")

    suite = load_suite(path)

    assert (suite.name, suite.description) == ("suite.iamtest.yaml", "")


def test_a_test_without_a_name_is_named_by_its_line(tmp_path: Path) -> None:
    case = only_case(tmp_path, "tests:\n  - expect: allowed\n")

    assert case.name == "line 7"
    assert case.place == (f"{tmp_path}/suite.iamtest.yaml", 7, 5)


def test_a_test_says_its_rules_its_source_and_why_it_is_skipped(tmp_path: Path) -> None:
    case = only_case(
        tmp_path, "tests: [{name: a, rule: [R-1, R-2], source: A page, skip: not yet}]\n"
    )

    assert (case.rules, case.source, case.skip) == (("R-1", "R-2"), "A page", "not yet")


def test_a_test_without_expect_is_a_scenario(tmp_path: Path) -> None:
    assert only_case(tmp_path, "tests: [{name: a}]\n").expect is None


def test_a_json_suite_reads_like_a_yaml_one(tmp_path: Path) -> None:
    suite = {
        "version": 1,
        "policies": {
            "identity": [
                {
                    "Version": "2012-10-17",
                    "Statement": [{"Sid": "A", "Effect": "Allow", "Action": "*", "Resource": "*"}],
                }
            ]
        },
        "tests": [
            {
                "name": "a",
                "action": "s3:GetObject",
                "principal": 111122223333,
                "context": {"aws:MultiFactorAuthAge": 1.10, "aws:SourceIp": None},
                "expect": {"decision": "allowed"},
            }
        ],
    }
    path = write_suite(tmp_path, json.dumps(suite), "suite.iamtest.json")

    (case,) = load_suite(path).cases

    request = request_of(case)
    assert str(request.principal) == "root of 111122223333"
    assert _flat(request.context) == {"aws:MultiFactorAuthAge": ("1.1",), "aws:SourceIp": None}
    assert policy_names(case) == ["suite.iamtest.json:1"]
    assert run_case(case).differences == ()


def test_truth_values_of_a_json_suite_are_read(tmp_path: Path) -> None:
    suite = {
        "tests": [
            {
                "action": "s3:GetObject",
                "action_only": True,
                "context": {"aws:SecureTransport": False},
            }
        ]
    }
    path = write_suite(tmp_path, json.dumps(suite), "suite.iamtest.json")

    (case,) = load_suite(path).cases

    request = request_of(case)
    assert request.action_only
    assert _flat(request.context) == {"aws:SecureTransport": ("false",)}


# Values


def test_every_scalar_of_a_suite_stays_text(tmp_path: Path) -> None:
    case = only_case(
        tmp_path,
        """\
        tests:
          - principal: 001122334455
            now: 2026-01-01T00:00:00Z
            request_tags: {a: 1.10}
            resource_tags: {b: 2026-01-01}
            unknown: [no]
            context:
              k:account: 001122334455
              k:other: 111122223333
              k:word: no
              k:number: 1.10
              k:date: 2012-10-17
              k:time: 2026-01-01T00:00:00Z
              k:list: [1, no, ""]
              k:null: null
              k:nothing:
              k:empty: []
        """,
    )

    request = request_of(case)

    assert request.principal is not None
    assert request.principal.account == "001122334455"
    assert request.now == "2026-01-01T00:00:00Z"
    assert request.request_tags == (("a", "1.10"),)
    assert request.resource_tags == (("b", "2026-01-01"),)
    assert request.unknown == ("no",)
    assert _flat(request.context) == {
        "k:account": ("001122334455",),
        "k:other": ("111122223333",),
        "k:word": ("no",),
        "k:number": ("1.10",),
        "k:date": ("2012-10-17",),
        "k:time": ("2026-01-01T00:00:00Z",),
        "k:list": ("1", "no", ""),
        "k:null": None,
        "k:nothing": None,
        "k:empty": None,
    }


@pytest.mark.parametrize(("word", "is_only"), [("true", True), ("false", False)])
def test_action_only_is_a_truth_value(tmp_path: Path, word: str, is_only: bool) -> None:
    case = only_case(tmp_path, f"tests: [{{action_only: {word}}}]\n")

    assert request_of(case).action_only is is_only


# Inheritance


def test_a_test_inherits_the_fields_of_its_suite(tmp_path: Path) -> None:
    case = only_case(
        tmp_path,
        f"principal: {DEV}\nnow: 2026-01-01T00:00:00Z\naction_only: true\ntests: [{{name: a}}]\n",
    )

    request = request_of(case)

    assert (request.action, request.resource) == ("s3:GetObject", "arn:aws:s3:::logs/today")
    assert str(request.principal) == "role/Dev"
    assert (request.now, request.action_only) == ("2026-01-01T00:00:00Z", True)


def test_a_field_of_the_test_wins(tmp_path: Path) -> None:
    case = only_case(
        tmp_path,
        f"""\
        principal: {DEV}
        now: 2026-01-01T00:00:00Z
        tests:
          - action: s3:PutObject
            resource: "*"
            principal: anonymous
            now: 2027-01-01T00:00:00Z
        """,
    )

    request = request_of(case)

    assert (request.action, request.resource) == ("s3:PutObject", "*")
    assert str(request.principal) == "anonymous"
    assert request.now == "2027-01-01T00:00:00Z"


def test_null_takes_back_the_resource_and_the_principal(tmp_path: Path) -> None:
    case = only_case(
        tmp_path, f"principal: {DEV}\ntests:\n  - {{resource: null, principal: null}}\n"
    )

    request = request_of(case)

    assert (request.resource, request.principal) == (None, None)


def test_contexts_merge_key_by_key_whatever_the_case(tmp_path: Path) -> None:
    case = only_case(
        tmp_path,
        """\
        context: {aws:SourceIp: 192.0.2.1, aws:CalledVia: [a, b], s3:prefix: x}
        tests:
          - context: {AWS:sourceip: 192.0.2.2, aws:CalledVia: null}
        """,
    )

    assert _flat(request_of(case).context) == {
        "AWS:sourceip": ("192.0.2.2",),
        "aws:CalledVia": None,
        "s3:prefix": ("x",),
    }


def test_tags_merge_key_by_key(tmp_path: Path) -> None:
    case = only_case(
        tmp_path,
        """\
        request_tags: {env: dev, team: a}
        resource_tags: {owner: x}
        tests:
          - {request_tags: {env: prod}, resource_tags: {Owner: y}}
        """,
    )

    request = request_of(case)

    assert request.request_tags == (("env", "prod"), ("team", "a"))
    assert request.resource_tags == (("owner", "x"), ("Owner", "y"))


def test_unknown_is_replaced(tmp_path: Path) -> None:
    case = only_case(tmp_path, "unknown: [a:b, a:c]\ntests: [{unknown: [a:d]}]\n")

    assert request_of(case).unknown == ("a:d",)


def test_unlisted_keys_may_be_unknown(tmp_path: Path) -> None:
    unknown, absent = cases_of(
        tmp_path,
        "unlisted_keys: unknown\nunknown: a:b\ntests: [{}, {unlisted_keys: absent}]\n",
        ALLOW_ALL,
    )

    assert request_of(unknown).unknown == ("a:b", "*")
    assert request_of(absent).unknown == ("a:b",)


_NEEDS_REFERER = """\
policies:
  identity:
    - Version: "2012-10-17"
      Statement:
        {Effect: Allow, Action: "*", Resource: "*", Condition: {StringEquals: {aws:Referer: x}}}
action: s3:GetObject
resource: arn:aws:s3:::logs/today
"""


def test_a_context_key_of_the_test_wins_over_an_unknown_of_the_suite(tmp_path: Path) -> None:
    case = only_case(
        tmp_path,
        """\
        unknown: [aws:Referer]
        tests:
          - {context: {aws:referer: x}, expect: allowed}
        """,
        _NEEDS_REFERER,
    )

    assert run_case(case).differences == ()


def test_an_unknown_of_the_test_wins_over_a_context_key_of_the_suite(tmp_path: Path) -> None:
    case = only_case(
        tmp_path,
        """\
        context: {aws:Referer: x}
        tests:
          - {unknown: [aws:referer], expect: {decision: undetermined}}
        """,
        _NEEDS_REFERER,
    )

    assert run_case(case).differences == ()


def test_a_key_both_given_and_unknown_in_one_map_is_an_error(tmp_path: Path) -> None:
    case = only_case(
        tmp_path,
        """\
        tests:
          - context: {aws:SourceIp: 192.0.2.1}
            unknown: [aws:sourceIP]
            expect: {error: key-given-and-unknown}
        """,
    )

    assert run_case(case).differences == ()


def test_policies_are_replaced_layer_by_layer(tmp_path: Path) -> None:
    cases = cases_of(
        tmp_path,
        f"""\
        tests:
          - {{name: kept, policies: {{}}}}
          - {{name: kept too, policies: null}}
          - {{name: replaced, policies: {{identity: {A_POLICY}}}}}
          - {{name: taken away, policies: {{identity: []}}}}
          - {{name: taken away too, policies: {{identity: null}}}}
        """,
        ALLOW_ALL,
    )

    assert {case.name: policy_names(case) for case in cases} == {
        "kept": ["suite.iamtest.yaml:3"],
        "kept too": ["suite.iamtest.yaml:3"],
        "replaced": ["suite.iamtest.yaml:9"],
        "taken away": [],
        "taken away too": [],
    }


# Matrices and calls of several requests


def test_a_matrix_is_the_full_product_each_named(tmp_path: Path) -> None:
    cases = cases_of(
        tmp_path,
        """\
        tests:
          - name: m
            actions: [s3:GetObject, s3:PutObject]
            resources: ["*", arn:aws:s3:::b]
            principals: [anonymous, 111122223333]
        """,
        ALLOW_ALL,
    )

    assert [case.name for case in cases] == [
        "m [s3:GetObject, *, anonymous]",
        "m [s3:GetObject, *, 111122223333]",
        "m [s3:GetObject, arn:aws:s3:::b, anonymous]",
        "m [s3:GetObject, arn:aws:s3:::b, 111122223333]",
        "m [s3:PutObject, *, anonymous]",
        "m [s3:PutObject, *, 111122223333]",
        "m [s3:PutObject, arn:aws:s3:::b, anonymous]",
        "m [s3:PutObject, arn:aws:s3:::b, 111122223333]",
    ]
    request = request_of(cases[5])
    assert (request.action, request.resource) == ("s3:PutObject", "*")
    assert str(request.principal) == "root of 111122223333"


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("actions: [s3:a]", "m [s3:a]"),
        ("actions: s3:a", "m [s3:a]"),
        ("resources: ['*']", "m [*]"),
        ("principals: [anonymous]", "m [anonymous]"),
    ],
)
def test_a_matrix_of_one_is_named_by_what_varies(tmp_path: Path, field: str, name: str) -> None:
    case = only_case(tmp_path, f"tests:\n  - {{name: m, {field}}}\n")

    assert case.name == name


def test_a_matrix_may_hold_principals_with_their_attributes(tmp_path: Path) -> None:
    cases = cases_of(
        tmp_path,
        f"""\
        tests:
          - name: m
            principals:
              - {DEV}
              - {{arn: "{DEV}", tags: {{team: a}}}}
        """,
        ALLOW_ALL,
    )

    principals = [request_of(case).principal for case in cases]
    assert [principal and principal.tags for principal in principals] == [(), (("team", "a"),)]


@pytest.mark.parametrize("field", ["actions: []", "resources: null", "principals: []"])
def test_a_matrix_of_nothing_is_refused_not_dropped(tmp_path: Path, field: str) -> None:
    diagnostic = refusal_of_text(tmp_path, f"tests:\n  - {{name: m, {field}}}\n", ALLOW_ALL)

    assert line_of(diagnostic) == 7


def test_all_of_makes_several_requests_in_one_call(tmp_path: Path) -> None:
    case = only_case(
        tmp_path,
        """\
        context: {k:a: 1, k:b: 1}
        request_tags: {x: 1}
        tests:
          - context: {k:b: 2}
            all_of:
              - s3:GetObject
              - action: s3:PutObject
                resource: "*"
                context: {K:B: 3}
                request_tags: {y: 2}
                resource_tags: {z: 3}
        """,
    )

    assert not isinstance(case.requests, Exception)
    first, second = case.requests
    assert (first.action, first.resource) == ("s3:GetObject", "arn:aws:s3:::logs/today")
    assert _flat(first.context) == {"k:a": ("1",), "k:b": ("2",)}
    assert (second.action, second.resource) == ("s3:PutObject", "*")
    assert _flat(second.context) == {"k:a": ("1",), "K:B": ("3",)}
    assert second.request_tags == (("x", "1"), ("y", "2"))
    assert second.resource_tags == (("z", "3"),)
    assert first.action_only
    assert second.action_only


def test_all_of_is_allowed_only_if_each_is(tmp_path: Path) -> None:
    case = only_case(
        tmp_path,
        f"""\
        policies: {{identity: {A_POLICY}}}
        tests:
          - all_of: [s3:GetObject, ec2:RunInstances, s3:PutObject]
            resource: "*"
            expect: {{decision: implicitDeny, blocked_by: ec2:RunInstances}}
        """,
        "",
    )

    assert run_case(case).differences == ()


@pytest.mark.parametrize("value", ["[]", "null"])
def test_all_of_nothing_is_refused(tmp_path: Path, value: str) -> None:
    diagnostic = refusal_of_text(tmp_path, f"tests:\n  - {{all_of: {value}}}\n", ALLOW_ALL)

    assert line_of(diagnostic) == 7


# Policies


def test_a_policy_may_stand_in_a_file_beside_the_suite(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    text = '{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}'
    (tmp_path / "p" / "policy.json").write_text(text, "utf-8")

    case = only_case(
        tmp_path,
        """\
        policies:
          identity: [p/policy.json, {file: p/policy.json}, {name: N, file: p/policy.json}]
        tests: [{expect: allowed}]
        """,
        DENY_BY_DEFAULT,
    )

    assert policy_names(case) == ["policy.json", "policy.json", "N"]
    assert run_case(case).differences == ()


def test_a_policy_may_stand_in_the_suite(tmp_path: Path) -> None:
    case = only_case(
        tmp_path,
        f"""\
        policies:
          identity:
            - {A_POLICY}
            - policy: {A_POLICY}
            - {{name: N, policy: {A_POLICY}}}
        tests:
          - expect: {{matched: ["suite.iamtest.yaml:5#1", "suite.iamtest.yaml:6#1", "N#1"]}}
        """,
        DENY_BY_DEFAULT,
    )

    assert policy_names(case) == ["suite.iamtest.yaml:5", "suite.iamtest.yaml:6", "N"]
    assert run_case(case).differences == ()


def test_an_inline_policy_follows_the_rules_of_json(tmp_path: Path) -> None:
    case = only_case(
        tmp_path,
        """\
        policies:
          identity:
            - Version: 2012-10-17
              Statement:
                - Effect: Allow
                  Action: s3:*
                  Resource: "*"
                  Condition: {Bool: {k:b: true}, NumericEquals: {k:n: 1.0}, StringEquals: {k:s: no}}
        tests:
          - {context: {k:b: true, k:n: 1, k:s: no}, expect: allowed}
        """,
        DENY_BY_DEFAULT,
    )

    assert run_case(case).differences == ()


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        ("{Version: 2012-10-17, Statement: {Effect: Allw, Action: a:b, Resource: '*'}}",
         "unknown-effect"),
        ("{Version: 2012-10-17}", "missing-statement"),
    ],
)  # fmt: skip
def test_a_policy_that_aws_refuses_is_a_result(tmp_path: Path, policy: str, code: str) -> None:
    case = only_case(
        tmp_path,
        f"policies: {{identity: [{policy}]}}\ntests: [{{expect: {{error: {code}}}}}]\n",
        DENY_BY_DEFAULT,
    )

    assert isinstance(case.policies, PolicyError)
    place = case.policies.diagnostics[0].place
    assert place is not None
    assert (place.file, place.line) == (f"{tmp_path}/suite.iamtest.yaml", 3)
    assert run_case(case).differences == ()


def test_a_policy_file_that_aws_refuses_is_a_result(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_bytes(b"\xff")
    text = "policies: {identity: [p.json]}\ntests: [{action: s3:a, expect: invalid}]\n"

    case = only_case(tmp_path, text, "")

    assert isinstance(case.policies, PolicyError)
    assert run_case(case).differences == ()


@pytest.mark.parametrize("entry", ["nope.json", "{file: nope.json}", "{name: N, file: nope.json}"])
def test_a_missing_policy_file_is_refused_even_if_invalid_is_expected(
    tmp_path: Path, entry: str
) -> None:
    diagnostic = refusal_of_text(
        tmp_path, f"tests:\n  - policies: {{identity: [{entry}]}}\n    expect: invalid\n", ALLOW_ALL
    )

    assert (diagnostic.code, line_of(diagnostic)) == ("missing-file", 7)
    assert "`nope.json`" in diagnostic.message


@pytest.mark.parametrize(
    ("entry", "wrong", "right"),
    [
        ("{name: N, fil: p.json}", "fil", "file"),
        (f"{{nam: N, policy: {A_POLICY}}}", "nam", "name"),
        (f"{{name: N, polcy: {A_POLICY}}}", "polcy", "policy"),
    ],
)
def test_an_unknown_field_of_a_policy_entry_is_refused(
    tmp_path: Path, entry: str, wrong: str, right: str
) -> None:
    diagnostic = refusal_of_text(
        tmp_path, f"tests:\n  - policies: {{identity: [{entry}]}}\n    expect: invalid\n", ALLOW_ALL
    )

    assert f"`{wrong}`" in diagnostic.message
    assert f"`{right}`" in diagnostic.remedy


# What the command line gives


def test_policies_and_principal_given_replace_the_suite_s_own(tmp_path: Path) -> None:
    path = write_suite(tmp_path, ALLOW_ALL + f"principal: {DEV}\ntests: [{{policies: {{}}}}]\n")
    given = Overrides(LayersOf(identity=()), lambda named: named("anonymous"))

    (case,) = load_suite(path, given).cases

    assert policy_names(case) == []
    assert str(request_of(case).principal) == "anonymous"


def test_a_time_given_fills_in_for_a_suite_without_one(tmp_path: Path) -> None:
    text = ALLOW_ALL + "tests: [{}, {now: 2026-01-01T00:00:00Z}]\n"
    path = write_suite(tmp_path, text)

    cases = load_suite(path, Overrides(now="2027-01-01T00:00:00Z")).cases

    times = [request_of(case).now for case in cases]
    assert times == ["2027-01-01T00:00:00Z", "2026-01-01T00:00:00Z"]


# Refused requests


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("principal: nobody", "unknown-principal"),
        ("principal: {arn: nobody}", "unknown-principal"),
        ("action: GetObject", "unknown-action"),
        ("resource: logs", "not-an-arn"),
        ("all_of: [s3:GetObject, GetObject]", "unknown-action"),
    ],
)
def test_a_request_that_none_could_make_is_a_result(tmp_path: Path, field: str, code: str) -> None:
    case = only_case(tmp_path, f"tests:\n  - {{{field}, expect: {{decision: invalid}}}}\n")

    assert isinstance(case.requests, RequestError)
    assert case.requests.diagnostics[0].code == code
    assert run_case(case).differences == ()


# Refused suites


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("version: 2\ntests: []\n", "unknown-version", 1),
        ("version: 1\n", "missing-field", 1),
        ("name: N\ntests: {a: b}\n", "missing-field", 1),
        ("tests:\n", "missing-field", 1),
        ("- a\n", "wrong-type", 1),
        ("tests:\n  - a\n", "wrong-type", 2),
        ("name: [a]\ntests: [{action: s3:a}]\n", "wrong-type", 1),
        ("tests:\n  - name: a\n", "missing-field", 2),
        ("tests:\n  - all_of: [{resource: x}]\n", "missing-field", 2),
        ("tests:\n  - {action: null}\n", "wrong-type", 2),
        ("tests:\n  - {action: [s3:a]}\n", "wrong-type", 2),
        ("tests:\n  - {action: s3:a, actions: [s3:a]}\n", "field-combination", 2),
        ("tests:\n  - {actions: [[s3:a]]}\n", "wrong-type", 2),
        ("tests:\n  - {action: s3:a, principal: [a]}\n", "wrong-type", 2),
        ("tests:\n  - {action: s3:a, context: [a]}\n", "wrong-type", 2),
        ("tests:\n  - {action: s3:a, context: {a: {b: c}}}\n", "wrong-type", 2),
        ("tests:\n  - {action: s3:a, context: {a: [null]}}\n", "wrong-type", 2),
        ("tests:\n  - {action: s3:a, request_tags: {a: null}}\n", "wrong-type", 2),
        ("tests:\n  - {action: s3:a, action_only: yes}\n", "wrong-type", 2),
        ("tests:\n  - {action: s3:a, unlisted_keys: maybe}\n", "unknown-word", 2),
        ("tests:\n  - {action: s3:a, expect: allow}\n", "unknown-decision", 2),
        ("tests:\n  - {action: s3:a, expect: null}\n", "wrong-type", 2),
    ],
)
def test_a_suite_is_refused_with_the_line(tmp_path: Path, text: str, code: str, line: int) -> None:
    diagnostic = refusal_of_text(tmp_path, text)

    assert (diagnostic.code, line_of(diagnostic)) == (code, line)


@pytest.mark.parametrize(
    ("text", "near", "line"),
    [
        ("nme: N\ntests: []\n", "name", 1),
        ("version: 1\npolices: {}\ntests: []\n", "policies", 2),
        ("tests:\n  - {action: s3:a,\n     contxt: {}}\n", "context", 3),
        ("tests:\n  - all_of:\n      - acton: s3:a\n", "action", 3),
        ("tests:\n  - {action: s3:a, policies: {idenity: []}}\n", "identity", 2),
        ("tests:\n  - {action: s3:a, expect: {decison: allowed}}\n", "decision", 2),
        ("tests:\n  - {action: s3:a, principal: {arn: anonymous, tag: {}}}\n", "tags", 2),
    ],
)
def test_an_unknown_field_is_refused_with_its_line_and_the_nearest_name(
    tmp_path: Path, text: str, near: str, line: int
) -> None:
    diagnostic = refusal_of_text(tmp_path, text)

    assert (diagnostic.code, diagnostic.remedy) == ("unknown-field", f"did you mean `{near}`")
    assert line_of(diagnostic) == line


def test_layers_that_do_not_exist_may_be_written_down(tmp_path: Path) -> None:
    case = only_case(
        tmp_path,
        f"tests:\n  - policies: {{identity: {A_POLICY}, boundary: null, scps: []}}\n",
        DENY_BY_DEFAULT,
    )

    assert policy_names(case) == ["suite.iamtest.yaml:4"]


@pytest.mark.parametrize("name", ["a:b", "A:B"])
def test_a_key_twice_in_one_context_is_refused(tmp_path: Path, name: str) -> None:
    diagnostic = refusal_of_text(
        tmp_path, f"tests:\n  - context:\n      a:b: 1\n      {name}: 2\n", ALLOW_ALL
    )

    assert f"`{name}` stands twice" in diagnostic.message
    assert line_of(diagnostic) == 9


def test_a_name_twice_in_a_json_suite_is_refused(tmp_path: Path) -> None:
    path = write_suite(tmp_path, '{"tests": [],\n "tests": []}', "suite.iamtest.json")

    assert line_of(refusal_of(path)) == 2


@pytest.mark.parametrize(
    ("text", "code", "meant"),
    [
        ("tests:\n  - {action: s3:a, expect: alowed}\n", "unknown-decision", "alowed"),
        ("tests:\n  - {action: s3:a, expct: allowed}\n", "unknown-field", "expct"),
        ("name: N\ntests: []\n", "empty-list", "["),
        ("policies: {identity: [{file: nope.json}]}\ntests: [{action: s3:a, expect: allowed}]\n",
         "missing-file", "nope.json"),
        ("tests: &x [*x]\n", "yaml-syntax", "*"),
    ],
)  # fmt: skip
def test_what_a_suite_is_refused_for_is_shown_in_its_line(
    tmp_path: Path, text: str, code: str, meant: str
) -> None:
    path = write_suite(tmp_path, text)

    problem = refusal_of(path)

    assert problem.place is not None
    assert problem.excerpt is not None
    assert (problem.code, problem.place.file) == (code, str(path))
    assert problem.excerpt.line == text.split("\n")[problem.place.line - 1]
    assert pointed(text, problem) == meant


def test_every_problem_of_a_json_suite_is_shown_in_its_line(tmp_path: Path) -> None:
    text = '{"name": "N"\n "tests": [1,]}'
    path = write_suite(tmp_path, text, "suite.iamtest.json")

    with pytest.raises(SuiteError) as caught:
        load_suite(path)

    found = [(each.code, pointed(text, each)) for each in caught.value.diagnostics]
    assert found == [("missing-comma", "\n"), ("trailing-comma", ",")]


def test_a_missing_suite_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="there is no such file"):
        load_suite(tmp_path / "nope.iamtest.yaml")


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("{name: N}", "an entry has a `file` or a `policy`"),
        ("{file: a.json, policy: {Statement: []}}", "`file` and `policy` stand together"),
    ],
)
def test_an_entry_has_a_file_or_a_policy(tmp_path: Path, entry: str, says: str) -> None:
    path = tmp_path / "s.iamtest.yaml"
    path.write_text(
        f"policies: {{identity: [{entry}]}}\ntests: [{{action: s3:a, expect: allowed}}]\n"
    )

    with pytest.raises(SuiteError, match=says):
        load_suite(path)


def test_an_expectation_says_something(tmp_path: Path) -> None:
    path = tmp_path / "s.iamtest.yaml"
    path.write_text("tests: [{action: s3:a, expect: {}}]\n")

    with pytest.raises(SuiteError, match="`expect` says nothing"):
        load_suite(path)
