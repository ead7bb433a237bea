"""What answers hang on, held against full evaluation of requests of which everything is known."""

from __future__ import annotations

from functools import cache

import pytest

from tests.engine.residual.laws import LAWS, SLOW, Law, Seen
from tests.engine.residual.worlds import world

_BLOCKS = 14
_WORLDS = 12
"""Worlds of a block."""


@cache
def _block(number: int) -> tuple[tuple[int, Seen], ...]:
    seeds = range(number * _WORLDS, (number + 1) * _WORLDS)
    worlds = ((seed, world(seed)) for seed in seeds)
    return tuple((seed, Seen(given, seed)) for seed, given in worlds if given is not None)


@pytest.mark.parametrize(
    "law", [law for law in LAWS if law not in SLOW], ids=lambda law: law.__name__
)
@pytest.mark.parametrize("number", range(_BLOCKS))
def test_law_of_every_world(law: Law, number: int) -> None:
    broken = [(seed, what) for seed, seen in _block(number) for what in law(seen)]

    assert broken == []


@pytest.mark.parametrize("law", SLOW, ids=lambda law: law.__name__)
@pytest.mark.parametrize("number", range(2))
def test_slow_law_of_some_worlds(law: Law, number: int) -> None:
    broken = [(seed, what) for seed, seen in _block(number) for what in law(seen)]

    assert broken == []


def test_worlds_are_of_every_kind() -> None:
    """Of the worlds that are tried some are certain in each way, and many are not."""
    seen = [each for number in range(_BLOCKS) for _, each in _block(number)]

    words = [each.residual.word.value for each in seen]
    assert {*words} == {"allowed", "explicitDeny", "implicitDeny", "undetermined"}
    assert len(seen) > 140
    assert sum(len(each.completions) for each in seen) > 700
