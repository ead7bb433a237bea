"""The engines and the oracle answer alike; unknowns are never guessed."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy_eval.errors import RequestError
from tests.oracle.compare import (
    answers,
    context_of,
    forget,
    policies_of,
    reference_found,
    scalar_found,
    scalar_word,
)
from tests.oracle.generate import GeneratedCase, generate_case

CASES = st.randoms(use_true_random=False).map(generate_case)


@settings(max_examples=400)
@given(CASES)
def test_scalar_reference_and_oracle_agree(case: GeneratedCase) -> None:
    found = answers(case)

    assert found.agree, found


@pytest.mark.parametrize("seed", range(5))
def test_a_thousand_seeded_cases_agree(seed: int) -> None:
    random = Random(seed)

    found = [answers(generate_case(random)) for _ in range(1000)]

    assert all(each.agree for each in found)
    assert {each.oracle for each in found} == {
        "allowed",
        "explicitDeny",
        "implicitDeny",
        "error",
    }


@settings(max_examples=200)
@given(CASES)
def test_what_is_sure_holds_whatever_the_unknown_is(case: GeneratedCase) -> None:
    """Make one key unknown: if the answer is still sure, it is the answer with the key known."""
    policies, context = policies_of(case), context_of(case.request)
    known = scalar_word(policies, context)
    for name, _ in case.request.context:
        partial = context_of(case.request)
        forget(partial, name)
        try:
            found = scalar_found(policies, partial)
        except RequestError:
            continue
        assert found == reference_found(policies, partial)
        word = scalar_word(policies, partial)
        assert word in {known, "undetermined"} or known == "error"
