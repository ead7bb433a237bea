"""Laws: what must hold of sets and of decisions whatever the policies are."""

from __future__ import annotations

import json
from decimal import Decimal
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from policy_eval.engine import matching, naive
from policy_eval.engine.policies import parse_policy
from policy_eval.policy.ast import Policy
from policy_eval.policy.pattern import Glob, split_wildcards
from policy_eval.semantics.readings import OUR_READING
from policy_eval.semantics.resource_patterns import resource_patterns, resource_set
from policy_eval.semantics.sets import (
    Address,
    ArnMatching,
    Matching,
    Network,
    OneOf,
    Range,
    Value,
    ValueSet,
    complement,
    union,
)
from tests.oracle.compare import context_of, policies_of, scalar_word
from tests.oracle.generate import GeneratedCase, generate_case

_TEXT = st.text("ab:?*", max_size=12)
_GLOBS = st.text("ab:?*", max_size=10).map(split_wildcards)
_FIELDS = st.tuples(*[st.text("ab*?", max_size=3).map(split_wildcards)] * 6)
_NUMBERS = st.decimals(-3, 3, places=1)
_BOUNDS = st.none() | _NUMBERS
_SETS: st.SearchStrategy[ValueSet] = st.recursive(
    st.one_of(
        st.frozensets(_TEXT, max_size=3).map(lambda texts: OneOf(frozenset(texts))),
        _GLOBS.map(Matching),
        _FIELDS.map(ArnMatching),
        st.builds(Range, _BOUNDS, _BOUNDS, st.booleans(), st.booleans()),
        st.builds(Network, st.sampled_from([4, 6]), st.integers(0, 5), st.integers(0, 9)),
    ),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda sets: union(tuple(sets))) | inner.map(complement)
    ),
    max_leaves=5,
)
_ARNS = st.tuples(*[st.text("ab", max_size=3)] * 6)
_VALUES: st.SearchStrategy[Value] = st.one_of(
    _TEXT,
    _ARNS,
    _NUMBERS,
    st.booleans(),
    st.builds(Address, st.sampled_from([4, 6]), st.integers(0, 9)),
    st.just(b"ab"),
)
CASES = st.randoms(use_true_random=False).map(generate_case)


@settings(max_examples=500)
@given(_SETS, _VALUES)
def test_compiled_and_naive_membership_agree(accepts: ValueSet, value: Value) -> None:
    assert matching.contains(accepts, value) is naive.contains(accepts, value)


@given(_SETS, _VALUES)
def test_a_complement_holds_what_the_set_does_not(accepts: ValueSet, value: Value) -> None:
    assert naive.contains(complement(accepts), value) is not naive.contains(accepts, value)


@given(_SETS, _VALUES)
def test_the_complement_of_a_complement_is_the_set(accepts: ValueSet, value: Value) -> None:
    twice = complement(complement(accepts))

    assert naive.contains(twice, value) is naive.contains(accepts, value)


@given(st.lists(_SETS, max_size=4), _VALUES)
def test_a_union_holds_what_a_member_holds(members: list[ValueSet], value: Value) -> None:
    held = [naive.contains(member, value) for member in members]

    assert naive.contains(union(tuple(members)), value) is any(held)
    assert naive.contains(union(tuple(reversed(members))), value) is any(held)


@settings(max_examples=500)
@given(st.text("ab:*?", max_size=14), st.text("ab:", max_size=14))
def test_resource_patterns_match_alike_compiled_and_naive(pattern: str, text: str) -> None:
    for resolved in resource_patterns(
        pattern, variables=False, completed=True, reading=OUR_READING
    ):
        accepts = resource_set(tuple(piece for piece in resolved if not isinstance(piece, tuple)))

        assert matching.contains(accepts, text) is naive.contains(accepts, text)


@given(_GLOBS, _TEXT)
def test_a_glob_matches_what_it_is_made_of(glob: Glob, filling: str) -> None:
    text = "".join(
        piece if isinstance(piece, str) else (filling if piece.value == "*" else "x")
        for piece in glob
    )

    assert matching.compile_glob(glob)(text)


def _with(case: GeneratedCase, effect: str) -> tuple[Policy, ...]:
    further = {"Statement": {"Effect": effect, "Action": "*", "Resource": "*"}}
    return (*policies_of(case), parse_policy(json.dumps(further)))


@given(CASES)
def test_adding_a_deny_never_allows(case: GeneratedCase) -> None:
    word = scalar_word(_with(case, "Deny"), context_of(case.request))

    assert word in {"explicitDeny", "error"}


@given(CASES)
def test_adding_an_allow_never_denies(case: GeneratedCase) -> None:
    before = scalar_word(policies_of(case), context_of(case.request))
    after = scalar_word(_with(case, "Allow"), context_of(case.request))

    assert after == ("allowed" if before == "implicitDeny" else before)


@given(CASES, st.integers())
def test_the_order_of_policies_changes_nothing(case: GeneratedCase, seed: int) -> None:
    policies = list(_with(case, "Allow"))
    before = scalar_word(tuple(policies), context_of(case.request))
    Random(seed).shuffle(policies)

    assert scalar_word(tuple(policies), context_of(case.request)) == before


@given(_NUMBERS, _NUMBERS)
def test_a_range_without_bounds_holds_every_number(low: Decimal, value: Decimal) -> None:
    unbounded = Range(None, None, low_included=False, high_included=False)
    above = Range(low, None, low_included=True, high_included=False)

    assert matching.contains(unbounded, value)
    assert matching.contains(above, value) is (value >= low)
