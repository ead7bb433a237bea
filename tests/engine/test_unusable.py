"""Statements that cannot be understood, accepted: they may or may not apply, and it is said why."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

import policy_eval as pe
from tests.cli.running import can_i

Statement: TypeAlias = dict[str, object]

OBJECT = "arn:aws:s3:::logs/today"
ROLE = "arn:aws:iam::111122223333:role/Dev"
ELSEWHERE: Statement = {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}


def statement(effect: str = "Allow", **elements: object) -> Statement:
    """Return a statement on everything but for these elements."""
    return {"Effect": effect, "Action": "s3:*", "Resource": "*", **elements}


def text_of(*statements: Statement) -> str:
    """Return a policy of these statements, and one on other actions."""
    return json.dumps({"Version": "2012-10-17", "Statement": [*statements, ELSEWHERE]})


def accepted(*statements: Statement) -> pe.PolicySet:
    """Return the policies of these statements, also of what AWS refuses."""
    return pe.parse(text_of(*statements), "p.json", accept_invalid=True)


def request(**context: str) -> pe.Request:
    """Return a request to read an object."""
    given = {name.replace("_", ":"): value for name, value in context.items()}
    return pe.Request("s3:GetObject", OBJECT, principal=ROLE, context=given)


class Fault(NamedTuple):
    """Something that cannot be understood: how it is put into a statement, and the widest of it.

    The widest is a statement that applies wherever the faulty one might.
    """

    effects: tuple[str, ...]
    put: Callable[[Statement], Statement]
    widest: Callable[[Statement], Statement]


def _with_condition(block: object) -> Callable[[Statement], Statement]:
    def put(given: Statement) -> Statement:
        held = given.get("Condition", {})
        assert isinstance(held, dict)
        assert isinstance(block, dict)
        return {**given, "Condition": {**held, **block}}

    return put


def _without(name: str, **others: object) -> Callable[[Statement], Statement]:
    return lambda given: {**{key: held for key, held in given.items() if key != name}, **others}


def _same(given: Statement) -> Statement:
    return given


BOTH = ("Allow", "Deny")
FAULTS = {
    "an unknown element": Fault(BOTH, lambda given: {**given, "Conditions": {}}, _same),
    "a principal": Fault(BOTH, lambda given: {**given, "Principal": "*"}, _same),
    "an unknown operator": Fault(
        BOTH, _with_condition({"StringEqual": {"aws:SourceVpc": "vpc-9"}}), _same
    ),
    "an operator over no keys": Fault(BOTH, _with_condition({"aws:SourceVpc": "vpc-1"}), _same),
    "a key without a prefix": Fault(
        BOTH, _with_condition({"StringLike": {"SourceVpc": "vpc-9"}}), _same
    ),
    "an action that is none": Fault(
        ("Deny",), _without("Action", Action=["sqs:*", "GetObject"]), _without("Action", Action="*")
    ),
    "an action left out that is none": Fault(
        ("Allow",),
        _without("Action", NotAction=["sqs:*", "GetObject"]),
        _without("Action", NotAction="sqs:*"),
    ),
    "a resource that is none": Fault(
        ("Deny",), _without("Resource", Resource=["logs"]), _without("Resource", Resource="*")
    ),
    "a resource left out that is none": Fault(
        ("Allow",),
        _without("Resource", NotResource=["arn:aws:s3:::other", "logs"]),
        _without("Resource", NotResource="arn:aws:s3:::other"),
    ),
}

STATEMENTS = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(BOTH),
        "Action": st.sampled_from(["*", "s3:*", "s3:GetObject", "s3:Put*"]),
        "Resource": st.sampled_from(["*", "arn:aws:s3:::logs/*", "arn:aws:s3:::other/*"]),
    },
    optional={
        "Condition": st.sampled_from(
            [{"StringEquals": {"aws:SourceVpc": "vpc-1"}},
             {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}]
        ),
    },
)  # fmt: skip
REQUESTS = st.sampled_from([request(), request(aws_SourceVpc="vpc-1")])


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@given(STATEMENTS, st.lists(STATEMENTS, max_size=3), REQUESTS)
def test_the_answer_is_sure_only_where_the_statement_does_not_matter(
    fault: Fault, given: Statement, others: list[Statement], asked: pe.Request
) -> None:
    if given["Effect"] not in fault.effects:
        given = {**given, "Effect": fault.effects[0]}

    decision = pe.decide(accepted(fault.put(given), *others), asked)

    without = pe.decide(accepted(*others), asked)
    widest = pe.decide(accepted(fault.widest(given), *others), asked)
    if without.decision == widest.decision:
        assert decision.decision == without.decision
    else:
        assert decision.decision == "undetermined"
    assert decision.allowed == (without.allowed if without.allowed == widest.allowed else None)


@given(
    st.lists(st.tuples(st.sampled_from([*FAULTS, ""]), STATEMENTS), min_size=1, max_size=4),
    REQUESTS,
)
def test_both_engines_agree_on_statements_that_cannot_be_understood(
    parts: list[tuple[str, Statement]], asked: pe.Request
) -> None:
    policies = accepted(*(FAULTS[name].put(given) if name else given for name, given in parts))

    decision = pe.decide(policies, asked)

    explained = pe.explain(policies, asked).decision
    assert decision.to_dict() == explained.to_dict()


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_strictly_each_of_them_is_refused(fault: Fault) -> None:
    given = fault.put(statement(fault.effects[0]))

    with pytest.raises(pe.PolicyError):
        pe.parse(text_of(given))


# What is said of them


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_the_explanation_says_what_is_not_understood(fault: Fault) -> None:
    policies = accepted(fault.put(statement(fault.effects[0])))

    explanation = pe.explain(policies, request())

    reason = policies.policies[0].statements[0].unusable
    (warning,) = policies.warnings
    assert reason
    assert warning.message == f"{reason}; accepted: the statement may or may not apply"
    assert f"? what AWS refuses, accepted: {reason}" in str(explanation)


def test_the_data_says_it_of_the_statement() -> None:
    policies = accepted(FAULTS["an unknown element"].put(statement()), statement())

    data = pe.explain(policies, request()).to_dict()

    actions = data["actions"]
    assert isinstance(actions, list)
    found = [(each["applies"], each["unusable"]) for each in actions[0]["statements"]]
    assert found == [
        (None, "`Conditions` is no element of a statement"),
        (True, None),
        (False, None),
    ]


def test_the_short_answer_says_it_too(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_text(text_of(FAULTS["an unknown element"].put(statement(Sid="Read"))), "utf-8")

    result = can_i("s3:GetObject", OBJECT, "--as", ROLE, "-p", str(path), "--accept-invalid")

    assert result.exit_code == 3
    assert (
        "  Read:\n    ? what AWS refuses, accepted: `Conditions` is no element of a statement"
    ) in result.stdout


def test_the_first_fault_of_a_statement_is_the_one_that_is_said() -> None:
    given = statement(Conditions={}, Principal="*", Condition={"StringEqual": {"aws:x": "y"}})

    (policy,) = accepted(given).policies

    assert policy.statements[0].unusable == "`Conditions` is no element of a statement"
    assert policy.statements[1].unusable == ""


def test_an_allow_that_is_not_understood_grants_nothing_surely() -> None:
    decision = pe.decide(accepted(statement(Conditions={})), request())

    assert (decision.decision, decision.allowed, decision.matched) == ("undetermined", None, ())


def test_a_deny_that_is_not_understood_leaves_the_allow_open() -> None:
    decision = pe.decide(accepted(statement(), statement("Deny", Conditions={})), request())

    assert (decision.decision, decision.allowed) == ("undetermined", None)


def test_what_is_denied_either_way_is_denied() -> None:
    decision = pe.decide(accepted(statement("Deny", Conditions={})), request())

    assert (decision.decision, decision.allowed) == ("undetermined", False)


def test_a_condition_that_is_understood_still_counts() -> None:
    given = statement(Conditions={}, Condition={"StringEquals": {"aws:SourceVpc": "vpc-1"}})

    decision = pe.decide(accepted(given), request(aws_SourceVpc="vpc-2"))

    assert decision.decision == "implicitDeny"
