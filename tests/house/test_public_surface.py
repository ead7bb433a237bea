"""The public names: listed, importable, documented."""

from __future__ import annotations

import pytest

import policy_eval
from policy_eval import _HOMES


def test_every_public_name_has_a_home() -> None:
    assert sorted(policy_eval.__all__) == sorted(_HOMES)


@pytest.mark.parametrize("name", policy_eval.__all__)
def test_a_public_name_can_be_used(name: str) -> None:
    assert getattr(policy_eval, name).__doc__


def test_dir_lists_the_public_names() -> None:
    assert dir(policy_eval) == sorted(policy_eval.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute `nothing`"):
        _ = policy_eval.nothing
