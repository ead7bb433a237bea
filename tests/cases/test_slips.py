"""The ways in which policies go wrong: what each slip makes of a statement."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from policy_eval.cases.mutation import _slips as slips_in
from policy_eval.cases.slips import slips_of
from policy_eval.cases.suite import load_suite
from policy_eval.engine.policies import PolicySet, parse_policy
from policy_eval.policy.ast import Policy, Statement
from policy_eval.policy.clauses import Part
from policy_eval.policy.policy_type import PolicyType, Strictness
from policy_eval.policy.rendering import document_of
from tests.conformance.test_fixtures import SUITES

_SECRET = "secretsmanager:GetSecretValue"
_BUCKET = "arn:aws:s3:::b"


def _policy(
    policy_type: PolicyType = PolicyType.IDENTITY,
    *,
    accept_invalid: bool = False,
    **members: object,
) -> Policy:
    statement: dict[str, object] = {"Effect": "Allow", "Action": _SECRET, "Resource": "*"}
    if policy_type is PolicyType.TRUST:
        statement = {"Effect": "Allow", "Action": "sts:AssumeRole"}
    document = {"Version": "2012-10-17", "Statement": {**statement, **members}}
    strictness = Strictness(accept_invalid=accept_invalid)
    return parse_policy(json.dumps(document), "p.json", policy_type, strictness)


def _mutants(policy: Policy, part: Part) -> list[Statement]:
    (statement,) = policy.statements
    found = (slip for slip in slips_in(policy, statement) if slip.part is part)
    return [slip.statement for slip in found if slip.statement is not None]


def _values(mutants: list[Statement], part: Part) -> list[str]:
    elements = [each.action if part is Part.ACTION else each.resource for each in mutants]
    return [f"{each.name}: {', '.join(each.values)}" for each in elements]


def test_a_statement_may_be_dropped_or_have_the_other_effect() -> None:
    (statement,) = _policy().statements

    effect, dropped, *_ = slips_of(statement)

    assert effect.what == "Effect is Deny"
    assert effect.statement == statement._replace(effect=effect.statement.effect)  # type: ignore[union-attr]  # it stands
    assert (dropped.what, dropped.statement) == ("the statement is dropped", None)


@pytest.mark.parametrize(
    ("action", "mutants"),
    [
        (_SECRET, [f"NotAction: {_SECRET}", "Action: secretsmanager:*"]),
        ("secretsmanager:CreateSecre*",
         ["NotAction: secretsmanager:CreateSecre*", "Action: secretsmanager:*",
          "Action: secretsmanager:CreateSecret"]),
        ("SecretsManager:creat?secret",
         ["NotAction: SecretsManager:creat?secret", "Action: SecretsManager:*",
          "Action: SecretsManager:CreateSecret"]),
        ("s3:Nothing*", ["NotAction: s3:Nothing*", "Action: s3:*"]),
        ("*", ["NotAction: *"]),
        (["s3:A", "nothing:*"],
         ["NotAction: s3:A, nothing:*", "Action: nothing:*", "Action: s3:*, nothing:*",
          "Action: s3:A", "Action: s3:A, *"]),
        ([], []),
    ],
)  # fmt: skip
def test_an_action_is_negated_dropped_widened_or_narrowed(
    action: object, mutants: list[str]
) -> None:
    assert _values(_mutants(_policy(Action=action), Part.ACTION), Part.ACTION) == mutants


def test_what_is_not_an_action_becomes_one() -> None:
    (statement,) = parse_policy(
        '{"Effect": "Deny", "NotAction": "s3:A", "Resource": "*"}'
    ).statements

    mutants = [slip.statement for slip in slips_of(statement) if slip.part is Part.ACTION]

    assert _values([each for each in mutants if each], Part.ACTION) == [
        "Action: s3:A", "NotAction: s3:*",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("action", "resource", "mutants"),
    [
        (_SECRET, "*", ["NotResource: *", "Resource: arn:*:secretsmanager:us-east-1:*:*"]),
        ([_SECRET, "s3:A"], "*", ["NotResource: *", "Resource: arn:*:*:us-east-1:*:*"]),
        ([], "*", ["NotResource: *", "Resource: arn:*:*:us-east-1:*:*"]),
        ("s3:A", f"{_BUCKET}/a/x",
         [f"NotResource: {_BUCKET}/a/x", "Resource: *", f"Resource: {_BUCKET}/a/*"]),
        ("s3:A", f"{_BUCKET}/*",
         [f"NotResource: {_BUCKET}/*", "Resource: *", f"Resource: {_BUCKET}/"]),
        ("s3:A", f"{_BUCKET}/${{aws:username}}",
         [f"NotResource: {_BUCKET}/${{aws:username}}", "Resource: *", f"Resource: {_BUCKET}/*"]),
        ("s3:A", f"{_BUCKET}/a${{aws:PrincipalTag/x, 'y/z'}}b/ü",
         [f"NotResource: {_BUCKET}/a${{aws:PrincipalTag/x, 'y/z'}}b/ü", "Resource: *",
          f"Resource: {_BUCKET}/a${{aws:PrincipalTag/x, 'y/z'}}b/*"]),
        ("sns:A", "arn:aws:sns:us-east-1:111122223333:t",
         ["NotResource: arn:aws:sns:us-east-1:111122223333:t", "Resource: *",
          "Resource: arn:aws:sns:us-east-1:111122223333:*",
          "Resource: arn:aws:sns:us-east-1:*:t"]),
        ("s3:A", "arn:aws:s3*",
         ["NotResource: arn:aws:s3*", "Resource: *", "Resource: arn:aws:s3"]),
        ("s3:A", [_BUCKET, "*"],
         [f"NotResource: {_BUCKET}, *", "Resource: *", "Resource: arn:aws:s3:::*, *",
          f"Resource: {_BUCKET}", f"Resource: {_BUCKET}, arn:*:s3:us-east-1:*:*"]),
    ],
)  # fmt: skip
def test_a_resource_is_negated_dropped_widened_or_narrowed(
    action: object, resource: object, mutants: list[str]
) -> None:
    policy = _policy(Action=action, Resource=resource)

    assert _values(_mutants(policy, Part.RESOURCE), Part.RESOURCE) == mutants


_ACCOUNT = "111122223333"
_ROOT = f"arn:aws:iam::{_ACCOUNT}:root"
_ROLE = f"arn:aws:iam::{_ACCOUNT}:role/a"
_ANOTHER = f"arn:aws:iam::{_ACCOUNT}:role/AnotherRole"
_PROVIDER = f"arn:aws:iam::{_ACCOUNT}:saml-provider/p"


@pytest.mark.parametrize(
    ("principal", "mutants"),
    [
        ("*", []),
        ({"AWS": "*"}, []),
        ({"AWS": _ACCOUNT}, [{"AWS": _ANOTHER}, {"AWS": "*"}]),
        ({"AWS": _ROOT}, [{"AWS": _ANOTHER}, {"AWS": "*"}]),
        ({"AWS": _ROLE}, [{"AWS": _ROOT}, {"AWS": "*"}]),
        ({"AWS": "AROAEXAMPLEEXAMPLE12"}, [{"AWS": "*"}]),
        ({"Service": "ec2.amazonaws.com"}, [{"Service": "another-service.amazonaws.com"}]),
        ({"Federated": _PROVIDER}, []),
        ({"Federated": _PROVIDER, "AWS": [_ROOT, _ROLE]},
         [{"AWS": [_ROOT, _ROLE]},
          {"Federated": _PROVIDER, "AWS": _ROLE},
          {"Federated": _PROVIDER, "AWS": [_ANOTHER, _ROLE]},
          {"Federated": _PROVIDER, "AWS": ["*", _ROLE]},
          {"Federated": _PROVIDER, "AWS": _ROOT},
          {"Federated": _PROVIDER, "AWS": [_ROOT, "*"]}]),
    ],
)  # fmt: skip
def test_a_principal_is_dropped_widened_narrowed_or_another(
    principal: object, mutants: list[object]
) -> None:
    policy = _policy(PolicyType.TRUST, Principal=principal)

    found = _mutants(policy, Part.PRINCIPAL)

    assert [document_of(each)["Principal"] for each in found] == mutants


def _conditions(operator: str, values: object, **more: object) -> list[object]:
    policy = _policy(Condition={operator: {"x:k": values}}, **more)  # type: ignore[arg-type]  # members
    found = [document_of(each) for each in _mutants(policy, Part.CONDITION)]
    return [
        {name: keys["x:k"] for name, keys in each["Condition"].items()}  # type: ignore[attr-defined]  # plain data
        if "Condition" in each
        else None
        for each in found
    ]


@pytest.mark.parametrize(
    ("operator", "others"),
    [
        ("StringEquals",
         ["StringNotEquals", "StringLike", "StringEqualsIgnoreCase", "StringEqualsIfExists"]),
        ("StringNotLikeIfExists",
         ["StringLikeIfExists", "StringNotEqualsIfExists", "StringNotLike"]),
        ("ForAnyValue:StringLike",
         ["ForAnyValue:StringNotLike", "ForAnyValue:StringEquals",
          "ForAnyValue:StringLikeIfExists", "StringLike", "ForAllValues:StringLike"]),
        ("ForAllValues:StringLike",
         ["ForAllValues:StringNotLike", "ForAllValues:StringEquals",
          "ForAllValues:StringLikeIfExists", "StringLike", "ForAnyValue:StringLike"]),
    ],
)  # fmt: skip
def test_an_operator_becomes_one_that_it_is_confused_with(operator: str, others: list[str]) -> None:
    dropped, *found = _conditions(operator, "a")

    assert dropped is None
    assert [each for each in found if each != {operator: "ax"}][: len(others)] == [
        {other: "a"} for other in others
    ]


@pytest.mark.parametrize(
    ("operator", "value", "others"),
    [
        ("NumericLessThan", "5", ["NumericGreaterThanEquals", "NumericLessThanEquals",
                                  "NumericLessThanIfExists"]),
        ("DateGreaterThan", "2026-01-01", ["DateLessThanEquals", "DateGreaterThanEquals",
                                           "DateGreaterThanIfExists"]),
        ("Bool", "true", ["BoolIfExists"]),
        ("BinaryEquals", "YQ==", ["BinaryEqualsIfExists"]),
        ("IpAddress", "10.0.0.1", ["NotIpAddress", "IpAddressIfExists"]),
        ("ArnLike", "a:a:a:a:a:a", ["ArnNotLike", "ArnLikeIfExists"]),
        ("Null", "true", []),
        ("ForAllValues:Null", "true", ["Null", "ForAnyValue:Null"]),
        ("null", "true", []),
    ],
)  # fmt: skip
def test_operators_on_what_is_no_text_become_those_of_their_kind(
    operator: str, value: str, others: list[str]
) -> None:
    _, *found = _conditions(operator, value)

    assert [each for each in found if operator not in each][: len(others)] == [  # type: ignore[operator]  # a map
        {other: value} for other in others
    ]


@pytest.mark.parametrize(
    ("operator", "value", "others"),
    [
        ("StringEquals", "a", ["ax"]),
        ("StringEquals", "", ["x"]),
        ("StringLike", "a*", ["*", "a"]),
        ("StringLike", "a?b*", ["*", "ab"]),
        ("StringLike", "*", ["*x"]),
        ("StringLike", "a", ["*", "ax"]),
        ("StringLike", "${aws:username}*", ["*", "${aws:username}"]),
        ("StringLike", "${*}", ["*", "${*}x"]),
        ("ArnLike", "a:a:a:a:a:a*", ["a:a:a:a:a:a"]),
        ("ArnLike", "a:a:a:a:a:a", ["a:a:a:a:a:ax"]),
        ("NumericEquals", "1.50", ["2.50"]),
        ("NumericEquals", "1e9999999", []),
        ("DateEquals", "2026-01-31", ["2026-02-01"]),
        ("DateEquals", "2026-01-31T10:00:00Z", ["2026-02-01T10:00:00Z"]),
        ("DateEquals", "1767225600", ["1767225601"]),
        ("DateEquals", "-1.5", ["-0.5"]),
        ("DateEquals", "9999-12-31T23:59:59Z", []),
        ("DateEquals", "2026-01", []),
        ("Bool", "TRUE", ["false"]),
        ("Bool", "false", ["true"]),
        ("Bool", "${aws:username}", []),
        ("BinaryEquals", "YQ==", []),
        ("IpAddress", "10.0.0.1", ["10.0.0.1/31"]),
        ("IpAddress", "10.0.0.0/8", ["10.0.0.0/7", "10.0.0.0/9"]),
        ("IpAddress", "0.0.0.0/0", ["0.0.0.0/1"]),
        ("IpAddress", "::/64", ["::/63", "::/65"]),
    ],
)
def test_a_value_is_widened_narrowed_flipped_or_another(
    operator: str, value: str, others: list[str]
) -> None:
    found = [each[operator] for each in _conditions(operator, value) if each and operator in each]  # type: ignore[index, operator]  # maps

    assert found == others


@pytest.mark.parametrize(
    ("operator", "value"),
    [
        ("NumericEquals", "many"),
        ("DateEquals", "soon"),
        ("DateEquals", "²"),
        ("DateEquals", "9" * 5000),
        ("IpAddress", "x"),
        ("IpAddress", "10.0.0.0/²"),
    ],
)
def test_a_value_that_cannot_be_read_has_few_slips(operator: str, value: str) -> None:
    dropped, *others = _conditions(operator, value, accept_invalid=True)

    assert dropped is None
    assert all(isinstance(each, dict) for each in others)


def test_one_of_several_values_is_dropped() -> None:
    found = _conditions("Bool", ["true", "false"])

    assert found[-2:] == [{"Bool": "false"}, {"Bool": "true"}]


def test_an_operator_that_is_there_already_is_not_taken() -> None:
    block = {"StringLike": {"x:k": "a"}, "StringEquals": {"X:K": "b", "x:other": "c"}}
    policy = _policy(accept_invalid=True, Condition=block)

    found = [each for slip in slips_in(policy, policy.statements[0]) if (each := slip.what)]

    assert "StringLike x:k becomes StringNotLike" in found
    assert "StringLike x:k becomes StringEquals" not in found
    assert "StringEquals x:other becomes StringLike" in found


def test_a_statement_about_what_it_is_attached_to_has_no_slips_of_a_resource() -> None:
    policy = _policy(PolicyType.TRUST, Principal={"AWS": _ACCOUNT})

    assert _mutants(policy, Part.RESOURCE) == []
    assert _values(_mutants(policy, Part.ACTION), Part.ACTION) == [
        "NotAction: sts:AssumeRole", "Action: sts:*",
    ]  # fmt: skip


def test_what_aws_would_not_store_is_no_slip() -> None:
    rcp = _policy(PolicyType.RCP, Effect="Deny", Principal="*", Action="s3:*", Resource="*")
    deny = _policy(PolicyType.RESOURCE, Effect="Deny", NotPrincipal={"AWS": _ROLE})

    in_rcp = [slip.what for slip in slips_in(rcp, rcp.statements[0])]
    in_deny = [slip.what for slip in slips_in(deny, deny.statements[0])]

    assert in_rcp[0] == "the statement is dropped"
    assert in_rcp[1].startswith('Action "s3:*" is narrowed')
    assert in_rcp[2:] == [
        "Resource becomes NotResource",
        'Resource "*" is narrowed: "arn:*:s3:us-east-1:*:*"',
    ]
    assert "Effect is Allow" not in in_deny


def test_a_statement_that_cannot_be_understood_has_no_slips() -> None:
    policy = _policy(
        accept_invalid=True, Effect="Deny", Condition={"StringIsh": {"s3:prefix": "a"}}
    )

    assert [*slips_in(policy, policy.statements[0])] == []


# Every policy of the fixtures


def _policies() -> Iterator[Policy]:
    seen = set()
    for path in SUITES:
        for case in load_suite(path).cases:
            if isinstance(case.policies, PolicySet):
                for policy in case.policies.policies:
                    key = (policy.stored, policy.type, policy.accepts_invalid)
                    if key not in seen:
                        seen.add(key)
                        yield policy


def _facts(statement: Statement) -> object:
    return (
        statement.effect, statement.action, statement.resource, sorted(statement.conditions),
        statement.principal, statement.unusable,
    )  # fmt: skip


def test_every_mutant_of_the_fixtures_is_a_policy_that_reads_as_it_is() -> None:
    mutants = 0

    for policy in _policies():
        for statement in policy.statements:
            for slip in slips_in(policy, statement):
                if slip.statement is None:
                    continue
                document: dict[str, object] = {"Statement": [document_of(slip.statement)]}
                if policy.version is not None:
                    document["Version"] = policy.version
                strictness = Strictness(accept_invalid=policy.accepts_invalid)
                read = parse_policy(json.dumps(document), "p", policy.type, strictness)
                assert _facts(read.statements[0]) == _facts(slip.statement), slip.what
                mutants += 1

    assert mutants > 5_000
