"""What is certain though something is unknown, and what the rest hangs on."""

from __future__ import annotations

import json

import pytest

import policy_eval as pe
from policy_eval.engine.call import steps_of
from policy_eval.engine.decide import decide_call
from policy_eval.engine.residual import residual as module
from policy_eval.engine.residual import texts
from policy_eval.engine.residual.facts import ResourceFact
from policy_eval.engine.residual.residual import differ, residual_of
from policy_eval.engine.residual.settling import where_certain
from policy_eval.engine.residual.solver import Solver
from policy_eval.engine.residual.wording import resource_texts
from policy_eval.semantics.readings import OUR_READING
from policy_eval.semantics.sets import Range
from tests.engine.residual.asking import (
    CREATE,
    GET,
    ROLE,
    SECRET,
    SESSION,
    USER,
    A,
    B,
    allow,
    asked,
    deny,
    fact,
    policies,
    policy,
    request,
)


def when(operator: str, key: str, *values: str) -> dict[str, object]:
    """Return a Condition of one condition."""
    return {operator: {key: [*values]}}


def test_an_answer_is_certain_where_it_is_the_same_in_every_case() -> None:
    residual = asked(
        allow(Sid="Is", when=when("StringEquals", "aws:UserAgent", "a")),
        allow(Sid="IsNot", when=when("StringNotEquals", "aws:UserAgent", "a")),
    )

    assert (residual.word.value, residual.allowed) == ("allowed", True)
    assert residual.allow_if.always
    assert residual.deny_if.never
    assert residual.missing == ()
    assert [each.label for each in residual.deciding] == ["Is", "IsNot"]


def test_a_certain_deny_names_the_statements_that_deny() -> None:
    residual = asked(
        allow(),
        deny(Sid="Is", when=when("Null", "my:A", "true")),
        deny(Sid="IsNot", when=when("Null", "my:A", "false")),
    )

    assert (residual.word.value, residual.allowed) == ("explicitDeny", False)
    assert [each.label for each in residual.deciding] == ["Is", "IsNot"]


def test_what_never_holds_together_is_certain_to_fail() -> None:
    residual = asked(
        allow(when={"StringEquals": {"my:A": "a"}, "StringLike": {"my:B": "*"}}),
        deny(when=when("Null", "my:A", "false")),
    )

    assert residual.word.value == "undetermined"
    assert residual.allowed is False
    assert residual.allow_if.never
    assert str(residual.deny_if) == "my:A is present"


def test_the_conditions_of_an_open_answer() -> None:
    residual = asked(
        allow(when=when("StringEquals", "my:A", "a")), deny(when=when("Bool", "my:B", "true"))
    )

    assert residual.word.value == "undetermined"
    assert residual.allowed is None
    assert str(residual.allow_if) == 'my:A is "a" and not my:B is true'
    assert str(residual.deny_if) == "my:B is true"
    assert str(residual.granted) == 'my:A is "a"'
    assert residual.is_minimal


def test_each_missing_key_has_values_that_lead_to_different_decisions() -> None:
    residual = asked(
        allow(when=when("StringEquals", "my:A", "a")), deny(when=when("Bool", "my:B", "true"))
    )

    assert [each.to_dict() for each in residual.missing] == [
        {"key": "my:A", "examples": [
            {"values": ["a"], "decision": "allowed"},
            {"values": None, "decision": "implicitDeny"},
        ]},
        {"key": "my:B", "examples": [
            {"values": None, "decision": "allowed"},
            {"values": ["true"], "decision": "explicitDeny"},
        ]},
    ]  # fmt: skip
    assert json.loads(json.dumps(residual.to_dict()))["is_minimal"] is True


def test_a_key_that_cannot_change_the_decision_is_not_missing() -> None:
    either = [allow(when=when("StringEquals", "my:A", each)) for each in "ab"]
    residual = asked(*either, allow(when=when("StringLike", "my:A", "*")))

    assert [each.name for each in residual.missing] == ["my:A"]
    assert str(residual.allow_if) == 'my:A like "*"'


def test_keys_of_variables_can_be_missing() -> None:
    residual = asked(allow(when=when("StringEquals", "aws:ResourceTag/team", "${aws:userid}")))

    assert [each.name for each in residual.missing] == ["aws:ResourceTag/team", "aws:userid"]
    assert {each.decision for each in residual.missing[0].examples} == {"allowed", "implicitDeny"}


def test_a_variable_that_is_not_settled_has_no_examples() -> None:
    pattern = "${my:A}x${my:B}y${my:C}z${my:D}"
    condition = when("StringLike", "my:E", pattern)
    residual = asked(allow(when=condition), context={"my:E": "1x22y333z4444"})

    assert [each.name for each in residual.missing] == ["my:A", "my:B", "my:C", "my:D"]


def test_a_call_of_which_all_is_known_hangs_on_nothing() -> None:
    allowed = pe.residual(policies(allow()), request(unknown=()))
    denied = pe.residual(policies(allow("s3:*")), request(unknown=()))

    assert (allowed.word.value, denied.word.value) == ("allowed", "implicitDeny")
    assert allowed.allow_if.always
    assert denied.allow_if.never
    assert denied.deny_if.never


def test_what_is_assumed_settles_what_it_says() -> None:
    given, asking = policies(allow(when=when("StringEquals", "my:A", "a"))), request()
    assumed = pe.parse_condition('my:A is "a"')

    assert pe.residual(given, asking, assuming=assumed).word.value == "allowed"
    no = pe.residual(given, asking, assuming=pe.parse_condition('my:A is in ["b", "c"]'))
    assert no.word.value == "implicitDeny"
    more = pe.residual(given, asking, assuming=pe.parse_condition("my:B is present"))
    assert str(more.allow_if) == 'my:A is "a"'


def test_what_cannot_hold_is_not_assumed() -> None:
    given = policies(allow(when=when("StringEquals", "my:A", "a")))

    with pytest.raises(pe.RequestError, match="does not hold of this request"):
        pe.residual(given, request(), assuming=pe.parse_condition('my:A is "a" and my:A is "b"'))
    with pytest.raises(pe.RequestError, match="does not hold of this request"):
        residual_of(given, [request(context={"my:A": "b"})],
                    assuming=pe.parse_condition('my:A is "a"'))  # fmt: skip


def test_nothing_is_assumed_of_layers_that_are_known() -> None:
    given = policies(allow(when=when("StringEquals", "my:A", "a")))

    with pytest.raises(pe.RequestError, match="service control policy is not unknown"):
        pe.residual(given, request(), assuming=pe.parse_condition("layer scp allows"))
    assert pe.residual(
        given, request(), assuming=pe.parse_condition('not layer boundary exists and my:A is "a"')
    ).allowed
    unknown = policies(allow(), unknown_layers=["scp"])
    assumed = pe.parse_condition("layer scp allows and not layer scp denies")
    assert pe.residual(unknown, request(), assuming=assumed).allowed


def test_a_layer_that_is_implied_can_be_assumed_to_allow() -> None:
    """R-XACC-01: nobody gave the policy of a resource in another account."""
    foreign = request(resource=SECRET.replace(A, B), unknown=())
    residual = pe.residual(policies(allow()), foreign)

    assert "layer resource allows" in str(residual.allow_if)
    assert pe.residual(policies(allow()), foreign, assuming=residual.allow_if).allowed


def test_a_negated_or_alternative_condition_settles_its_half() -> None:
    given = policies(allow(when=when("StringEquals", "my:A", "a")))
    allow_if = pe.residual(given, request()).allow_if

    negated = pe.parse_condition(f"not ({allow_if})")
    assert pe.residual(given, request(), assuming=negated).word.value == "implicitDeny"
    either = pe.parse_condition(f"{allow_if} or my:B is present")
    assert pe.residual(given, request(), assuming=either).word.value == "undetermined"


def test_a_budget_that_is_used_up_leaves_the_conditions_exact(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Solver.__init__, "__defaults__", (3,))

    residual = asked(
        allow(when=when("StringEquals", "my:A", "a")),
        allow(when=when("StringLike", "my:A", "a")),
        deny(when=when("StringLike", "my:B", "b")),
    )

    assert residual.is_minimal is False
    assert 'my:A is "a"' in str(residual.allow_if)
    assert str(residual.deny_if) == 'my:B like "b"'


@pytest.mark.parametrize("budget", [3, 20_000])
def test_what_is_certain_is_told_without_what_the_rest_hangs_on(
    budget: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the budget is used up, parts may still be found to be idle."""
    monkeypatch.setattr(Solver.__init__, "__defaults__", (budget,))
    first = allow(when=when("StringEquals", "my:A", "a"))
    other = allow(when=when("StringNotEquals", "my:A", "a"))

    denying = (deny(when=when(name, "my:B", "b")) for name in ("StringEquals", "StringNotEquals"))

    for given in (policies(first), policies(first, other), policies(first, *denying)):
        undecided = decide_call(given, [request()], missing=False)
        steps = steps_of([request()], given.attached, OUR_READING)
        found = where_certain(given, steps, undecided)
        wanted = decide_call(given, [request()])
        assert (found.word, found.matched) == (wanted.word, wanted.matched)
        assert found.residual is None


def test_conditions_that_differ_are_told_apart() -> None:
    one, other, same = (
        policies(allow(when=when(operator, "my:A", "a")))
        for operator in ("StringEquals", "StringNotEquals", "StringLike")
    )
    residuals = [pe.residual(each, request()) for each in (one, other, same)]

    assert differ(one, [request()], residuals[0], residuals[1])
    assert not differ(one, [request()], residuals[0], residuals[2])


def test_an_unknown_caller_is_a_question() -> None:
    """R-PRIN-04, R-NPRIN-02."""
    given = policies(
        resource=policy(allow(Principal={"AWS": ROLE}), deny(NotPrincipal={"AWS": [A, USER]}))
    )

    residual = pe.residual(given, request(caller=None, unknown=()))

    assert f'principal is "{ROLE}"' in str(residual.allow_if)
    assert f'principal is none of ["{A}", "{USER}"]' in str(residual.deny_if)


def test_an_unknown_resource_is_a_question() -> None:
    residual = asked(
        allow(GET, SECRET), deny(GET, f"{SECRET}"[:-6] + "*"), resource=None, unknown=()
    )

    assert str(residual.deny_if) == f'resource matches "{SECRET[:-6]}*"'
    assert residual.allow_if.never


def test_not_resource_is_a_question_about_an_unknown_resource() -> None:
    residual = asked(
        {"Effect": "Allow", "Action": "*", "NotResource": [SECRET]}, resource=None, unknown=()
    )

    assert str(residual.allow_if) == f'resource does not match "{SECRET}"'


def test_an_unknown_boundary_is_a_question_of_not_principal() -> None:
    """R-NPRIN-02: a caller with a boundary is not excepted."""
    given = policies(
        allow(),
        resource=policy(deny(NotPrincipal={"AWS": [A, USER]})),
        unknown_layers=["boundary"],
    )

    residual = pe.residual(given, request(unknown=()))

    assert str(residual.deny_if) == "layer boundary exists"
    assert "not " in str(residual.allow_if)


def test_names_that_may_be_the_caller_s_are_a_question() -> None:
    """R-PRIN-04: the unique ID of a role is not known, nor the session's name."""
    named = {"AWS": [f"AROA{'A' * 17}", USER]}
    given = policies(resource=policy(allow(Principal=named)))

    residual = pe.residual(given, request(caller=SESSION, unknown=()))

    assert str(residual.allow_if) == f'principal comes from "AROA{"A" * 17}"'


def test_not_principal_may_be_about_a_caller() -> None:
    listed = [A, f"AIDA{'A' * 17}"]
    given = policies(allow(), resource=policy(deny(NotPrincipal={"AWS": listed})))

    residual = pe.residual(given, request(unknown=()))

    assert str(residual.deny_if) == f'principal is none of ["{A}", "{listed[1]}"]'


def test_whose_the_resource_is_is_a_question() -> None:
    """R-XACC-05."""
    given = policies(allow(), scps=[[policy(allow())]])
    asking = pe.Request("s3:GetObject", "arn:aws:s3:::bucket/a", principal=USER,
                        unknown=["aws:ResourceAccount"])  # fmt: skip

    residual = pe.residual(given, asking)

    assert f'aws:ResourceAccount is "{A}"' in str(residual.allow_if)
    assert "layer resource allows" in str(residual.allow_if)


def test_keys_aliases_tell_whether_control_policies_apply() -> None:
    """R-RCP-01: resource control policies do not apply to keys of AWS."""
    given = policies(
        allow(),
        resource=policy(allow("kms:*", Principal={"AWS": A})),
        rcps=[[policy(deny("kms:*", Principal="*"))]],
    )
    asking = request("kms:Decrypt", f"arn:aws:kms:us-east-1:{A}:key/k")

    residual = pe.residual(given, asking)

    assert 'kms:ResourceAliases any value like "alias/aws/*"' in str(residual.allow_if)


def test_an_endpoint_has_no_say_in_a_call_that_is_forwarded() -> None:
    """R-FAS-01."""
    given = policies(allow(), endpoint=policy(allow("s3:*", Principal="*")))

    residual = pe.residual(given, request(unknown=("aws:ViaAWSService",)))

    assert str(residual.allow_if) == "aws:ViaAWSService is true"


def test_a_further_action_is_needed_where_its_key_is_there() -> None:
    """R-SM-01."""
    residual = pe.residual(
        policies(allow(CREATE)),
        request(CREATE, unknown=("secretsmanager:AddReplicaRegions", "aws:RequestTag/team")),
    )

    assert str(residual.allow_if) == (
        "aws:TagKeys is absent and secretsmanager:AddReplicaRegions is absent"
    )


def test_a_further_action_on_another_resource_is_a_question_of_its_own() -> None:
    """R-SM-01: the key policy of the secret's key is not what was asked about."""
    residual = pe.residual(policies(allow()), request(CREATE, unknown=("secretsmanager:KmsKeyId",)))

    assert 'call "kms:Decrypt" is allowed' in str(residual.allow_if)
    assert 'call "kms:GenerateDataKey" is denied' in str(residual.deny_if)
    assert {each.name for each in residual.missing} == {"secretsmanager:KmsKeyId"}


def test_each_request_of_a_call_counts() -> None:
    """R-RES-12."""
    given = policies(
        allow(GET, when=when("StringEquals", "my:A", "a")), allow("secretsmanager:TagResource")
    )

    residual = pe.residual(given, request(), request("secretsmanager:TagResource"))

    assert str(residual.allow_if) == 'my:A is "a"'


def test_values_that_a_statement_cannot_read_are_refused() -> None:
    """R-COND-42."""
    given = policies(allow(when={"NumericEquals": {"my:A": "1"}, "StringEquals": {"my:B": "b"}}))

    with pytest.raises(pe.RequestError, match="my:A"):
        pe.residual(given, request(context={"my:A": "x"}))
    variable = policies(allow(when={"ArnLike": {"aws:SourceArn": "arn:aws:s3:::${my:B}"}}))
    with pytest.raises(pe.RequestError, match="aws:SourceArn"):
        pe.residual(variable, request(context={"aws:SourceArn": "x"}))


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("StringEquals", "${my:B}", "never"),
        ("StringNotEquals", "${my:B}", "always"),
        ("StringEqualsIfExists", "x${my:B}", "always"),
        ("ForAllValues:StringEquals", "${my:B}", "always"),
        ("ArnNotLike", "arn:aws:s3:::${my:B}", "always"),
        ("ArnNotLike", "${my:B}", '[] not matching "${my:B}"'),
        ("Bool", "${my:B}", "never"),
        ("BoolIfExists", "${my:B}", '[] is boolean "${my:B}" if present'),
    ],
)
def test_a_key_that_is_known_to_be_absent_is_absent(
    operator: str, value: str, expected: str
) -> None:
    """R-COND-05, R-COND-41: what a variable stands for matters only where it may be malformed."""
    residual = asked(allow(when=when(operator, "my:A", value)), context={"my:A": None})

    assert str(residual.allow_if) == expected
    assert pe.parse_condition(str(residual.allow_if)) == residual.allow_if


@pytest.mark.parametrize(
    ("operator", "values", "expected"),
    [
        ("StringEquals", ("a", "b"), "never"),
        ("StringNotEquals", ("a", "b"), "never"),
        ("ForAnyValue:StringEquals", ("a", "b"), '["a", "b"] contains "${my:B}"'),
    ],
)
def test_known_values_are_compared_with_unknown_variables(
    operator: str, values: tuple[str, ...], expected: str
) -> None:
    """R-COND-34: of several values an operator without a set operator fails."""
    residual = asked(allow(when=when(operator, "my:A", "${my:B}")), context={"my:A": values})

    assert str(residual.allow_if) == expected


def test_variables_that_are_known_are_replaced_beside_unknown_ones() -> None:
    """R-VAR-06, R-VAR-07."""
    value = "${aws:username}-${my:B}-${my:C, 'c'}-${my:D}"
    residual = asked(
        allow(when={"StringEquals": {"my:A": [value, "${my:E}"]}}),
        context={"my:C": None, "my:E": None},
    )

    assert str(residual.allow_if) == 'my:A is "ann-${my:B}-c-${my:D}"'


def test_spellings_that_compete_take_the_restrictive_side() -> None:
    """R-COND-04."""
    value = {"StringEquals": {"aws:ResourceTag/TEam": "${my:B}"}}
    tags = {"team": "red", "Team": "blue"}
    residual = asked(allow(when=value), resource_tags=tags, unknown=("my:B",))
    denied = asked(allow(), deny(when=value), resource_tags=tags, unknown=("my:B",))

    assert str(residual.allow_if) == '"red" is "${my:B}" and "blue" is "${my:B}"'
    assert str(denied.deny_if) == '("red" is "${my:B}" or "blue" is "${my:B}")'


def test_what_nobody_understands_is_a_question() -> None:
    """R-EXT-05."""
    text = json.dumps(policy(allow(), deny(when={"StringFoo": {"my:A": "a"}})))
    given = pe.parse(text, "p.json", accept_invalid=True)

    residual = pe.residual(given, request(unknown=()))

    assert str(residual.deny_if) == 'statement "p.json#2" applies'
    assert residual.missing == ()


def test_what_an_accepted_arn_operator_takes_stays_open() -> None:
    """R-COND-19."""
    text = json.dumps(
        policy(
            allow(when={"ArnLike": {"aws:SourceArn": "arn:aws:s3:::a"}}),
            allow(when={"ArnNotLike": {"aws:SourceArn": "arn:aws:s3:::a"}}),
        )
    )
    accepted = pe.parse(text, accept_invalid=True)

    residual = pe.residual(accepted, request())

    assert pe.residual(pe.parse(text), request()).word.value == "allowed"
    assert residual.word.value == "undetermined"
    assert pe.residual(accepted, request(), assuming=residual.allow_if).allowed
    text_of = pe.parse_condition(str(residual.allow_if))
    assert pe.residual(accepted, request(), assuming=text_of).allowed


def test_the_reading_of_an_open_point_counts() -> None:
    residual = asked(allow(when=when("ForAnyValue:StringEqualsIfExists", "my:A", "a")))
    denied = asked(allow(), deny(when=when("ForAnyValue:StringEqualsIfExists", "my:A", "a")))

    assert str(residual.allow_if) == 'my:A contains "a"'
    assert str(denied.deny_if) == 'my:A any value is "a" if present'


def test_a_key_that_only_seems_to_matter_is_not_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "simplify", lambda formula, _, within: formula or within)
    either = [
        allow(when={operator: {"aws:UserAgent": "a"}, "Bool": {"aws:SecureTransport": "true"}})
        for operator in ("StringEquals", "StringNotEquals")
    ]

    assert [each.name for each in asked(*either).missing] == ["aws:SecureTransport"]


@pytest.mark.parametrize(
    ("conditions", "context", "expected"),
    [
        ({"StringEquals": {"my:A": "${my:C, ''}${my:D}"}}, {"my:C": None}, 'my:A is "${my:D}"'),
        ({"Bool": {"my:A": "${my:B}"}}, {}, 'my:A is boolean "${my:B}"'),
        ({"StringEquals": {"my:A": "${my:B}x", "my:B": "${my:A}y"}}, {},
         'my:A is "${my:B}x" and my:B is "${my:A}y"'),
        ({"StringEquals": {"my:A": "${aws:CalledViaFirst}"},
          "ForAnyValue:StringLike": {"aws:CalledVia": "a*"}}, {},
         'aws:CalledVia any value like "a*" and my:A is "${aws:CalledViaFirst}"'),
        ({"StringEquals": {"my:A": "${aws:ViaAWSService}"}}, {}, 'my:A is "${aws:ViaAWSService}"'),
        ({"ForAnyValue:StringEquals": {"aws:TagKeys": "${my:A}"},
          "StringEquals": {"aws:RequestTag/team": "red"}}, {},
         'aws:RequestTag/team is "red" and aws:TagKeys contains "${my:A}"'),
        ({"StringEquals": {"aws:CalledViaLast": "a"}}, {"aws:CalledViaFirst": "b"},
         'aws:CalledViaLast is "a"'),
        ({"StringEquals": {"aws:CalledViaFirst": "${my:A}", "aws:CalledViaLast": "b"}}, {},
         'aws:CalledViaFirst is "${my:A}" and aws:CalledViaLast is "b"'),
        ({"Null": {"aws:CalledVia": "true"}}, {"aws:CalledViaFirst": "b"}, "never"),
    ],
)  # fmt: skip
def test_what_keys_hold_together(
    conditions: dict[str, object], context: dict[str, object], expected: str
) -> None:
    found = str(asked(allow(when=conditions), context=context).allow_if)

    assert sorted(found.split(" and ")) == sorted(expected.split(" and "))


def test_searches_that_are_given_up_leave_conditions_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "_MOST_STATES", 1)
    condition = {
        "StringLike": {"aws:UserAgent": "a?b"},
        "StringNotLike": {"aws:UserAgent": ["axb", "a0b"]},
    }

    residual = asked(allow(when=condition))

    assert residual.word.value == "undetermined"
    assert [each.examples for each in residual.missing] == [()]


def test_facts_tell_what_they_ask() -> None:
    assert repr(fact("layer scp denies")).startswith("LayerFact(")


def test_sets_that_are_no_resources_have_no_words() -> None:
    given = fact('resource matches "arn:aws:s3:::a"')
    assert isinstance(given, ResourceFact)
    other = ResourceFact(
        given.test._replace(accepts=Range(None, None, False, False)), (), negated=False
    )

    with pytest.raises(TypeError):
        resource_texts(other)
