"""Combinations of layers: the engines and the oracle answer alike, and the laws of layers hold."""

from __future__ import annotations

import json
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import policy_eval as pe
from policy_eval.semantics.layers import Layer
from tests.oracle.small_world import (
    ABSENT,
    ALLOW,
    CALLERS,
    DENY,
    LIMITS,
    OTHER,
    OWN,
    SAYS,
    SILENT,
    World,
    answers,
    any_world,
    scalar_word,
    with_layer,
    word_with_unknown,
    word_with_unknown_owner,
)

WORLDS = st.randoms(use_true_random=False).map(any_world)
_LAYERS = ("identity", "boundary", "session", "resource", "scp", "rcp", "endpoint")


@pytest.mark.parametrize("seed", range(4))
def test_five_hundred_combinations_agree(seed: int) -> None:
    random = Random(seed)
    found = [(world := any_world(random), answers(world)) for _ in range(500)]

    assert [each for each in found if not each[1].agree] == []
    assert {each[1].oracle for each in found} >= {"allowed", "explicitDeny", "implicitDeny"}


def _can_have(world: World, layer: str) -> bool:
    who = CALLERS[world.caller]
    wanted = {"boundary": who.has_boundary, "session": who.has_session}
    return wanted.get(layer, True)


@settings(max_examples=200)
@given(WORLDS, st.sampled_from(_LAYERS))
def test_adding_a_deny_never_allows(world: World, layer: str) -> None:
    if not _can_have(world, layer):
        return
    before = scalar_word(world)
    after = scalar_word(with_layer(world, layer, DENY))

    assert after != "allowed" or before == "allowed" or getattr(world, layer) == SILENT


@settings(max_examples=200)
@given(WORLDS, st.sampled_from(_LAYERS))
def test_an_allow_in_an_existing_layer_never_denies(world: World, layer: str) -> None:
    silent = with_layer(world, layer, SILENT)
    if not _can_have(world, layer):
        return
    before, after = scalar_word(silent), scalar_word(with_layer(silent, layer, ALLOW))

    assert after == before or before in {"implicitDeny", "undetermined"}


@settings(max_examples=200)
@given(WORLDS, st.sampled_from(LIMITS), st.sampled_from(SAYS[1:]))
def test_adding_a_limit_never_allows(world: World, limit: object, says: str) -> None:
    layer = str(getattr(limit, "value", limit))
    if not _can_have(world, layer):
        return
    without = with_layer(world, layer, ABSENT)
    if layer == "session" and world.caller in {"federated user", "assumed root"}:
        return  # without one, such a session has no permissions (R-EVAL-12, R-ROOT-02)
    before, after = scalar_word(without), scalar_word(with_layer(without, layer, says))

    assert after != "allowed" or before == "allowed"


_UNKNOWN_COULD_BE = (ABSENT, SILENT, ALLOW, DENY)


@pytest.mark.parametrize("seed", range(3))
def test_a_sure_answer_holds_whatever_an_unknown_layer_says(seed: int) -> None:
    random = Random(seed)
    sure = 0
    for _ in range(150):
        world, layer = any_world(random), random.choice(_LAYERS)
        if not _can_have(world, layer):
            continue
        word = word_with_unknown(world, Layer(layer))
        completions = {scalar_word(with_layer(world, layer, says)) for says in _UNKNOWN_COULD_BE}
        assert word == "undetermined" or completions <= {word, "undetermined"}, (world, layer)
        sure += word != "undetermined"
    assert sure


_WHOM = (
    "arn:aws:sts::111111111111:assumed-role/r/s", "arn:aws:iam::111111111111:role/r",
    "111111111111", "*", "AROAEXAMPLE", "arn:aws:iam::111111111111:user/u",
    "arn:aws:sts::111111111111:federated-user/f",
)  # fmt: skip


@settings(max_examples=300)
@given(
    st.sampled_from(["Allow", "Deny"]),
    st.sampled_from(["Principal", "NotPrincipal"]),
    st.lists(st.sampled_from(_WHOM), min_size=1, max_size=4),
    st.booleans(),
)
def test_a_sure_answer_holds_whoever_the_caller_turns_out_to_be(
    effect: str, element: str, whom: list[str], names_federated: bool
) -> None:
    """Of a role the session and the ID, of a federated user the user may not be known."""
    document = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": effect,
            element: {"AWS": whom},
            "Action": "s3:GetObject",
            "Resource": "*",
        },
    }
    policy = pe.parse_policy(
        json.dumps(document), "p", pe.PolicyType.RESOURCE, pe.Strictness(accept_invalid=True)
    )
    policies = pe.PolicySet(resource=policy)
    if names_federated:
        unknown = pe.parse_principal("arn:aws:sts::111111111111:federated-user/f")
        known = [
            unknown._replace(user=f"arn:aws:iam::111111111111:user/{name}", user_id=user_id)
            for name in "uv"
            for user_id in ("AIDAEXAMPLE", "AIDAOTHER")
        ]
    else:
        unknown = pe.parse_principal("arn:aws:iam::111111111111:role/r")
        known = [
            unknown._replace(session_name=session, user_id=user_id)
            for session in "st"
            for user_id in ("AROAEXAMPLE", "AROAOTHER")
        ]

    def decided(principal: pe.Principal) -> str:
        request = pe.Request("s3:GetObject", "arn:aws:s3:::b/k", principal=principal)
        assert (
            pe.decide(policies, request).decision == pe.explain(policies, request).decision.decision
        )
        return pe.decide(policies, request).decision

    word = decided(unknown)

    assert word == "undetermined" or {decided(each) for each in known} == {word}


@pytest.mark.parametrize("seed", range(3))
def test_a_sure_answer_holds_whoever_the_resource_belongs_to(seed: int) -> None:
    random = Random(seed)
    sure = 0
    for _ in range(150):
        world = any_world(random)._replace(action="s3:GetObject")
        word = word_with_unknown_owner(world)
        completions = {scalar_word(world._replace(owner=owner)) for owner in (OWN, OTHER)}
        assert word == "undetermined" or completions == {word}, world
        sure += word != "undetermined"
    assert sure
