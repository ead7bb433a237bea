"""Undetermined decisions, told as exactly as can be; conditions that are assumed."""

from __future__ import annotations

import pytest

import policy_eval as pe
from tests.engine.residual.asking import (
    CREATE,
    SECRET,
    USER,
    A,
    allow,
    deny,
    policies,
    policy,
    request,
)

_IS_A = {"StringEquals": {"my:A": "a"}}


def test_what_is_certain_in_every_case_is_decided() -> None:
    given = policies(
        *(allow(Sid=operator, when={operator: {"aws:UserAgent": "a"}})
          for operator in ("StringEquals", "StringNotEquals"))
    )  # fmt: skip

    decision = pe.decide(given, request())

    assert decision.decision == "allowed"
    assert decision.matched == ("StringEquals", "StringNotEquals")
    assert decision.reason == "it is the same whatever the unknown is"


def test_what_is_assumed_is_named_as_the_reason() -> None:
    given, assumed = policies(allow(Sid="One", when=_IS_A)), pe.parse_condition('my:A is "a"')

    decision = pe.decide(given, request(unknown=()), assuming=assumed)

    assert decision.decision == "allowed"
    assert decision.matched == ("One",)
    assert decision.reason == 'it is so wherever my:A is "a"'
    no = pe.decide(given, request(unknown=()), assuming=pe.parse_condition('my:A is "b"'))
    assert (no.decision, no.matched) == ("implicitDeny", ())


def test_an_assumption_does_not_change_what_is_certain() -> None:
    given = policies(allow())

    decision = pe.decide(given, request(), assuming=pe.parse_condition('my:A is "a"'))

    assert decision.decision == "allowed"


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        ({"Bool": {"aws:ViaAWSService": "true"}}, "aws:ViaAWSService is true"),
        ({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}},
         'aws:RequestedRegion is "eu-west-1"'),
        (_IS_A, 'my:A is "a"'),
    ],
)  # fmt: skip
def test_what_is_only_usual_can_be_assumed_otherwise(
    condition: dict[str, object], text: str
) -> None:
    decision = pe.decide(
        policies(allow(when=condition)), request(unknown=()), assuming=pe.parse_condition(text)
    )

    assert decision.decision == "allowed"


@pytest.mark.parametrize("text", ['aws:username is "bob"', 'my:A is "b"'])
def test_what_is_known_is_not_assumed_otherwise(text: str) -> None:
    with pytest.raises(pe.RequestError, match="does not hold of this request"):
        pe.decide(policies(allow()), request(unknown=("my:B",), context={"my:A": "a"}),
                  assuming=pe.parse_condition(text))  # fmt: skip


def test_what_would_settle_it_is_named() -> None:
    named = {"AWS": f"AIDA{'A' * 17}"}
    given = policies(
        allow(when=_IS_A), resource=policy(deny(Principal=named)), unknown_layers=["scp"]
    )

    decision = pe.decide(given, request(unknown=("my:A",)))

    assert decision.missing_context == ("my:A", "aws:userid")
    assert decision.unknown_layers == (pe.Layer.SCP,)
    assert decision.residual is not None


def test_a_boundary_of_which_nobody_knows_is_named() -> None:
    given = policies(
        allow(), resource=policy(deny(NotPrincipal={"AWS": [A, USER]})),
        unknown_layers=["boundary"],
    )  # fmt: skip

    assert "boundary" in pe.decide(given, request(unknown=())).missing_context


def test_the_keys_of_a_further_action_are_named() -> None:
    condition = {"StringEquals": {"aws:ResourceTag/team": "red"}}
    given = policies(allow(CREATE), allow("kms:*", when=condition))
    asking = request(
        CREATE, unknown=(),
        context={"secretsmanager:KmsKeyArn": f"arn:aws:kms:us-east-1:{A}:key/k"},
    )  # fmt: skip

    decision = pe.decide(given, asking)

    assert decision.decision == "undetermined"
    assert "aws:ResourceTag/team" in decision.missing_context


def test_a_resource_that_does_not_matter_is_not_the_reason() -> None:
    open_ = policies(allow(when=_IS_A))
    decision = pe.decide(open_, request(resource=None, unknown=("my:A",)))
    on_one = pe.decide(policies(allow(resource=SECRET)), request(resource=None, unknown=()))

    assert decision.decision == "undetermined"
    assert "resource" not in decision.reason
    assert "no resource was given" in on_one.reason
