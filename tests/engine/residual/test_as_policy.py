"""Conditions as policies: they decide as the conditions say, or it is said that none can."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

import policy_eval as pe
from policy_eval.engine.residual.as_policy import as_policy
from policy_eval.engine.residual.condition import Condition
from policy_eval.engine.residual.formula import FALSE, Formula, negation
from policy_eval.engine.residual.residual import Residual
from policy_eval.request.context import Given
from policy_eval.semantics.authorization import Word
from tests.engine.residual.asking import GET, SECRET, allow, asked, deny, known


@dataclass(frozen=True)
class Case:
    """Statements, and requests of which each decides in some way."""

    statements: tuple[dict[str, object], ...]
    held: tuple[dict[str, Given], ...]


_IS_A = {"StringEquals": {"my:A": "a"}}
_CASES = (
    Case((allow(when=_IS_A),), ({"my:A": "a"}, {"my:A": "b"}, {})),
    Case((allow(when=_IS_A), deny(when={"Null": {"my:B": "false"}})),
         ({"my:A": "a"}, {"my:A": "a", "my:B": "b"}, {})),
    Case((allow(when={"ForAllValues:StringLike": {"aws:TagKeys": ["a*", "b"]}}),
          deny(when={"ForAnyValue:StringEqualsIfExists": {"aws:TagKeys": "b"}})),
         ({"aws:TagKeys": ["ab"]}, {"aws:TagKeys": ["b"]}, {"aws:TagKeys": ["c"]}, {})),
    Case((allow(when={"StringEquals": {"my:A": ["a", "b"]}}),
          allow(when={"NumericLessThan": {"my:C": "2"},
                      "IpAddress": {"aws:SourceIp": "10.0.0.0/9"}}),
          deny(when={"Bool": {"my:B": "true"}})),
         ({"my:A": "b"}, {"my:C": "1", "aws:SourceIp": "10.1.1.1"}, {"my:A": "a", "my:B": "true"})),
    Case((allow(when={"ArnLike": {"aws:SourceArn": "arn:aws:s3:::a*"},
                      "ArnEquals": {"aws:SourceArn": "arn:aws:s3:::*b"}}),),
         ({"aws:SourceArn": "arn:aws:s3:::ab"}, {"aws:SourceArn": "arn:aws:s3:::a"})),
    Case((allow(when={"StringLike": {"my:A": "${aws:PrincipalTag/team}*"}}),),
         ({"my:A": "ab", "aws:PrincipalTag/team": "a"}, {"my:A": "ab"})),
    Case((deny(when=_IS_A),), ({"my:A": "a"}, {})),
)  # fmt: skip


@pytest.mark.parametrize("case", _CASES)
def test_a_policy_decides_as_the_statements_do(case: Case) -> None:
    residual = asked(*case.statements)

    document = as_policy(residual, GET)

    made, given = pe.PolicySet([document]), pe.PolicySet([{
        "Version": "2012-10-17", "Statement": [*case.statements],
    }])  # fmt: skip
    for context in case.held:
        assert pe.decide(made, known(context)).word is pe.decide(given, known(context)).word


def test_the_statements_of_a_policy() -> None:
    residual = asked(
        allow(resource=f"{SECRET[:-6]}*", when=_IS_A), deny(resource=SECRET), resource=None,
        unknown=("my:A",),
    )  # fmt: skip

    assert as_policy(residual, GET) == {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Deny", "Action": GET, "Resource": [SECRET]},
            {"Effect": "Allow", "Action": GET, "Resource": [f"{SECRET[:-6]}*"],
             "Condition": {"StringEquals": {"my:A": ["a"]}}},
        ],
    }  # fmt: skip


def _residual(granted: str | Formula, denied: str = "never") -> Residual:
    whole = pe.parse_condition(granted) if isinstance(granted, str) else Condition(granted)
    return Residual(
        Word.UNDETERMINED, None, whole, pe.parse_condition(denied), whole
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ("always", [{"Resource": "*"}]),
        ("not (my:A is present and my:B is present)",
         [{"Resource": "*", "Condition": {"Null": {"my:A": ["true"]}}},
          {"Resource": "*", "Condition": {"Null": {"my:B": ["true"]}}}]),
        ("not (my:A is present or my:B is present)",
         [{"Resource": "*", "Condition": {"Null": {"my:A": ["true"], "my:B": ["true"]}}}]),
        ('resource does not match "arn:aws:s3:::a" and my:A is present',
         [{"NotResource": ["arn:aws:s3:::a"], "Condition": {"Null": {"my:A": ["false"]}}}]),
        ("(my:A is present or my:B is present) and my:A is present",
         [{"Resource": "*", "Condition": {"Null": {"my:A": ["false"]}}},
          {"Resource": "*", "Condition": {"Null": {"my:B": ["false"], "my:A": ["false"]}}}]),
    ],
)  # fmt: skip
def test_a_condition_becomes_statements(text: str, statements: list[dict[str, object]]) -> None:
    found = as_policy(_residual(text), GET)["Statement"]

    assert found == [{"Effect": "Allow", "Action": GET, **each} for each in statements]


def test_what_does_not_hold_twice_holds() -> None:
    inner = pe.parse_condition("my:A is present and my:B is present").formula
    twice = type(negation(inner))(negation(inner))  # type: ignore[call-arg]  # a Not

    found = as_policy(_residual(twice), GET)["Statement"]

    assert isinstance(found, list)
    assert found[0]["Condition"] == {"Null": {"my:A": ["false"], "my:B": ["false"]}}


@pytest.mark.parametrize(
    ("granted", "denied", "message"),
    [
        ("never", "never", "nothing is allowed, and nothing denied"),
        ("layer scp allows", "never", "no policy says `layer scp allows`"),
        ('not my:A is "a"', "never", 'no policy says that `my:A is "a"` does not hold'),
        ('resource matches "arn:aws:s3:::a*" and resource matches "arn:aws:s3:::*b"', "never",
         "two Resource elements"),
        ('my:A like "a*" and my:A like "*b"', "never", "would need `my:A` twice"),
        ("never", 'aws:TagKeys contains "a" and my:B is boolean "${my:C}"',
         "would mean something else in a statement that"),
        ('aws:TagKeys any value is "a" if present', "never", "that says Allow"),
        (" and ".join(f"(my:A{number} is present or my:B{number} is present)"
                      for number in range(7)), "never", "more than 100 statements"),
    ],
)  # fmt: skip
def test_what_no_policy_can_say_is_refused(granted: str, denied: str, message: str) -> None:
    with pytest.raises(pe.RequestError, match="no-such-policy") as caught:
        as_policy(_residual(granted, denied), GET)

    assert message in str(caught.value)


def test_spellings_of_a_key_are_one_key_of_a_statement() -> None:
    """R-GRAM-06: a Condition has no two keys that differ only in case."""
    residual = _residual('aws:SourceVpc is "a" and AWS:sourcevpc like "a*"')

    policies = pe.PolicySet([as_policy(residual, GET)])

    assert pe.decide(policies, known({"aws:SourceVpc": "a"})).allowed
    assert FALSE.parts == ()


def test_a_statement_of_one_condition_is_negated_as_that() -> None:
    """R-COND-05."""
    condition = {"StringEquals": {"aws:UserAgent": "a"}}
    residual = asked(allow(), deny(when=condition))

    found = as_policy(_residual(residual.allow_if.formula), GET)["Statement"]

    assert found == [{"Effect": "Allow", "Action": GET, "Resource": "*",
                      "Condition": {"StringNotEquals": {"aws:UserAgent": ["a"]}}}]  # fmt: skip
