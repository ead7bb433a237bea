"""Expectations: how they are read, and every kind of them met and not met."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from policy_eval.cases.expectation import (
    Expectation,
    differences,
    expected_as,
    read_expectation,
)
from policy_eval.cases.format import DECISIONS
from policy_eval.engine.explain import explain_call
from policy_eval.engine.explanation import Explanation
from policy_eval.engine.policies import PolicySet
from policy_eval.errors import Diagnostic, InputError, RequestError, Severity, SuiteError
from policy_eval.request.request import Request
from policy_eval.semantics.layers import Layer
from policy_eval.text.fields import read_file

POLICIES = PolicySet(
    [
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
                {"Sid": "Secrets", "Effect": "Allow", "Action": "secretsmanager:CreateSecret",
                 "Resource": "*"},
                {"Sid": "NoDelete", "Effect": "Deny", "Action": "s3:Delete*", "Resource": "*"},
                {"Sid": "Write", "Effect": "Allow", "Action": "s3:PutObject", "Resource": "*",
                 "Condition": {"StringEquals": {"aws:Referer": "x", "aws:SourceVpc": "v"}}},
            ],
        }
    ]
)  # fmt: skip


def _explain(request: Request) -> Explanation:
    return explain_call(POLICIES, [request])


ALLOWED = _explain(Request("s3:GetObject", "*"))
EXPLICIT_DENY = _explain(Request("s3:DeleteObject", "*"))
IMPLICIT_DENY = _explain(Request("s3:PutObject", "*", context={"aws:SourceVpc": "w"}))
UNDETERMINED = _explain(
    Request("s3:PutObject", "*", context={"aws:SourceVpc": "v"}, unknown=["aws:Referer"])
)
BLOCKED = _explain(Request("secretsmanager:CreateSecret", "*", request_tags={"env": "dev"}))
FREE = _explain(Request("sts:GetCallerIdentity", principal="arn:aws:iam::111122223333:user/u"))
REFUSED = RequestError(
    Diagnostic("bad-thing", Severity.ERROR, "this is bad"),
    Diagnostic("worse-thing", Severity.ERROR, "this is worse"),
)

MET: list[tuple[Explanation | InputError, Expectation]] = [
    (ALLOWED, Expectation()),
    (ALLOWED, Expectation(decision="allowed")),
    (ALLOWED, Expectation(matched=frozenset({"Read"}))),
    (ALLOWED, Expectation(failed_conditions=frozenset())),
    (ALLOWED, Expectation(missing_context=frozenset())),
    (ALLOWED, Expectation(rests_on=frozenset({"R-1", "R-2"}))),
    (EXPLICIT_DENY, Expectation(decision="explicitDeny", matched=frozenset({"NoDelete"}))),
    (EXPLICIT_DENY, Expectation(decision="anyDeny")),
    (IMPLICIT_DENY, Expectation(decision="implicitDeny", matched=frozenset())),
    (IMPLICIT_DENY, Expectation(decision="anyDeny")),
    (IMPLICIT_DENY, Expectation(failed_conditions=frozenset({"AWS:sourcevpc", "aws:Referer"}))),
    (IMPLICIT_DENY, Expectation(failed_conditions=frozenset({"aws:SourceVpc"}))),
    (UNDETERMINED, Expectation(decision="undetermined")),
    (UNDETERMINED, Expectation(missing_context=frozenset({"aws:REFERER"}))),
    (BLOCKED, Expectation(blocked_by="secretsmanager:TagResource")),
    (ALLOWED, Expectation(decided_by=Layer.IDENTITY, remarks=frozenset())),
    (REFUSED, Expectation(decision="invalid")),
    (REFUSED, Expectation(error="worse-thing")),
    (REFUSED, Expectation(decision="invalid", error="bad-thing")),
    (REFUSED, Expectation(decision="invalid", rests_on=frozenset({"R-1", "R-2"}))),
]

NOT_MET: list[tuple[Explanation | InputError, Expectation, str]] = [
    (ALLOWED, Expectation(decision="implicitDeny"), "expected implicitDeny, decided allowed"),
    (ALLOWED, Expectation(decision="anyDeny"), "expected anyDeny, decided allowed"),
    (ALLOWED, Expectation(decision="invalid"), "expected invalid, decided allowed"),
    (UNDETERMINED, Expectation(decision="anyDeny"), "expected anyDeny, decided undetermined"),
    (EXPLICIT_DENY, Expectation(decision="implicitDeny"),
     "expected implicitDeny, decided explicitDeny"),
    (ALLOWED, Expectation(matched=frozenset({"Write", "Read"})),
     "expected matched Read, Write, found Read"),
    (ALLOWED, Expectation(matched=frozenset()), "expected matched none, found Read"),
    (IMPLICIT_DENY, Expectation(matched=frozenset({"Write"})),
     "expected matched Write, found none"),
    (IMPLICIT_DENY, Expectation(failed_conditions=frozenset({"aws:SourceIp", "aws:Referer"})),
     "expected failed conditions aws:Referer, aws:SourceIp, found aws:Referer, aws:SourceVpc"),
    (UNDETERMINED, Expectation(missing_context=frozenset()),
     "expected missing context none, found aws:Referer"),
    (ALLOWED, Expectation(missing_context=frozenset({"aws:Referer"})),
     "expected missing context aws:Referer, found none"),
    (ALLOWED, Expectation(rests_on=frozenset({"R-1"})),
     "expected to rest on R-1, found R-1, R-2"),
    (BLOCKED, Expectation(blocked_by="kms:Decrypt"),
     "expected blocked by kms:Decrypt, found secretsmanager:TagResource"),
    (ALLOWED, Expectation(blocked_by="kms:Decrypt"),
     "expected blocked by kms:Decrypt, found nothing"),
    (ALLOWED, Expectation(error="bad-thing"), "expected the error bad-thing, decided allowed"),
    (ALLOWED, Expectation(decided_by=Layer.SCP), "expected decided by scp, found identity"),
    (FREE, Expectation(decided_by=Layer.IDENTITY), "expected decided by identity, found no layer"),
    (ALLOWED, Expectation(remarks=frozenset({"R-AF-02"})),
     "expected remarks R-AF-02, found none"),
    (REFUSED, Expectation(decision="implicitDeny"),
     f"expected implicitDeny, refused: {REFUSED}"),
    (REFUSED, Expectation(decision="anyDeny"), f"expected anyDeny, refused: {REFUSED}"),
    (REFUSED, Expectation(error="other-thing"),
     "expected the error other-thing, found bad-thing, worse-thing"),
    (REFUSED, Expectation(rests_on=frozenset()),
     "expected to rest on none, found R-1, R-2"),
]  # fmt: skip


def _differences(
    expect: Expectation, found: Explanation | InputError, rests_on: tuple[str, ...] = ()
) -> list[str]:
    if isinstance(found, InputError):
        return list(differences(expect, found, rests_on, ()))
    return list(differences(expect, found.decision, rests_on, found.failed_conditions))


@pytest.mark.parametrize(("found", "expect"), MET)
def test_an_expectation_that_is_met_differs_in_nothing(
    found: Explanation | InputError, expect: Expectation
) -> None:
    assert _differences(expect, found, ("R-2", "R-1")) == []


@pytest.mark.parametrize(("found", "expect", "sentence"), NOT_MET)
def test_an_expectation_that_is_not_met_is_told_in_a_sentence(
    found: Explanation | InputError, expect: Expectation, sentence: str
) -> None:
    assert _differences(expect, found, ("R-2", "R-1")) == [sentence]


def test_everything_that_differs_is_told() -> None:
    expect = Expectation("allowed", matched=frozenset({"A"}), blocked_by="b:C", error="e")

    found = _differences(expect, IMPLICIT_DENY, ())

    assert len(found) == 4


@pytest.mark.parametrize(
    "expect",
    [
        Expectation(matched=frozenset({"Read"})),
        Expectation(failed_conditions=frozenset({"aws:Referer"})),
        Expectation(missing_context=frozenset({"aws:Referer"})),
        Expectation(blocked_by="kms:Decrypt"),
        Expectation(decided_by=Layer.SCP),
        Expectation(remarks=frozenset({"R-AF-02"})),
    ],
)
def test_a_refused_request_meets_no_expectation_of_a_decision(expect: Expectation) -> None:
    assert _differences(expect, REFUSED, ()) != []


def _expectation(folder: Path, text: str) -> Expectation:
    path = folder / "expect.yaml"
    path.write_text(dedent(text), "utf-8")
    return read_expectation(read_file(path))


@pytest.mark.parametrize("word", DECISIONS)
def test_a_decision_s_word_is_an_expectation(tmp_path: Path, word: str) -> None:
    assert _expectation(tmp_path, word) == Expectation(decision=word)


def test_a_mapping_says_what_is_expected_further(tmp_path: Path) -> None:
    expect = _expectation(
        tmp_path,
        """\
        decision: implicitDeny
        matched: [A, B]
        failed_conditions: aws:CalledVia
        missing_context: []
        rests_on: [R-1]
        blocked_by: b:C
        error: e
        """,
    )

    assert expect == Expectation(
        "implicitDeny",
        frozenset({"A", "B"}),
        frozenset({"aws:CalledVia"}),
        frozenset(),
        frozenset({"R-1"}),
        "b:C",
        "e",
    )


def test_what_a_mapping_leaves_out_is_not_checked(tmp_path: Path) -> None:
    assert _expectation(tmp_path, "matched: []") == Expectation(matched=frozenset())


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("allow", "did you mean `allowed`"),
        ("implicit_deny", "did you mean `implicitDeny`"),
        ("decision: explicitdeny", "did you mean `explicitDeny`"),
        ("xyz", f"expected {', '.join(DECISIONS)}"),
    ],
)
def test_a_wrong_decision_word_gets_the_nearest_or_all(
    tmp_path: Path, text: str, remedy: str
) -> None:
    with pytest.raises(SuiteError) as caught:
        _expectation(tmp_path, text)

    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.code, diagnostic.remedy) == ("unknown-decision", remedy)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[allowed]", "wrong-type"),
        ("decision: [allowed]", "wrong-type"),
        ("matched: [[A]]", "wrong-type"),
        ("blocked_by: [b:C]", "wrong-type"),
        ("decisions: allowed", "unknown-field"),
        ("decided_by: nobody", "unknown-word"),
        ("allow_if: x", "condition"),
    ],
)
def test_a_malformed_expectation_is_refused(tmp_path: Path, text: str, code: str) -> None:
    with pytest.raises(SuiteError) as caught:
        _expectation(tmp_path, text)

    assert caught.value.diagnostics[0].code == code


# Expectations as data, and given in Python


def test_an_expectation_is_data_of_what_it_checks() -> None:
    expect = Expectation(
        "anyDeny", frozenset({"b", "a"}), rests_on=frozenset(), decided_by=Layer.SCP
    )

    assert expect.to_dict() == {
        "decision": "anyDeny",
        "matched": ["a", "b"],
        "rests_on": [],
        "decided_by": "scp",
    }


def test_an_expectation_is_given_in_python_by_the_same_names() -> None:
    found = expected_as(
        "implicitDeny",
        {
            "matched": "One",
            "missing_context": ["aws:Referer"],
            "decided_by": "scp",
            "blocked_by": "s3:GetObject",
        },
    )

    assert found == Expectation(
        "implicitDeny",
        frozenset({"One"}),
        missing_context=frozenset({"aws:Referer"}),
        decided_by=Layer.SCP,
        blocked_by="s3:GetObject",
    )


@pytest.mark.parametrize("word", ["allow", "invalid", ""])
def test_a_word_that_is_no_decision_is_refused_in_python(word: str) -> None:
    with pytest.raises(
        ValueError, match=f"`{word}` is no decision; expected allowed, implicitDeny"
    ):
        expected_as(word, {})


@pytest.mark.parametrize(
    ("name", "value"),
    [("match", "x"), ("error", "x"), ("decided_by", ["scp"]), ("blocked_by", ["a:b"])],
)
def test_what_cannot_be_expected_is_refused_in_python(name: str, value: str | list[str]) -> None:
    with pytest.raises(ValueError, match=f"`{name}` cannot be expected so; known: allow_if, "):
        expected_as("allowed", {name: value})


def test_a_layer_that_is_none_is_refused_in_python() -> None:
    with pytest.raises(ValueError, match="'guardrail' is not a valid Layer"):
        expected_as("allowed", {"decided_by": "guardrail"})
