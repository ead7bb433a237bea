"""What fuzzing once found, and what it started from, read again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.target import check

_SEEDS = sorted((Path(__file__).parent / "seeds").iterdir())


@pytest.mark.parametrize("seed", _SEEDS, ids=[path.name for path in _SEEDS])
def test_a_seed_is_read_or_refused_with_places(seed: Path) -> None:
    check(seed.read_bytes())
