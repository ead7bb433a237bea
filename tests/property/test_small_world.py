"""Combinations of layers: the engines and the oracle answer alike, and the laws of layers hold."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracle.small_world import (
    ABSENT,
    ALLOW,
    CALLERS,
    DENY,
    LIMITS,
    SAYS,
    SILENT,
    World,
    answers,
    any_world,
    scalar_word,
    with_layer,
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
