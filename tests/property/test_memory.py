"""What is remembered of some requests never gives another its decision.

One long-lived set of policies is asked many related requests, each more than once and in random
order; what it answers is what a new set answers, and what the reference engine does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import TypeAlias

import pytest

import policy_eval as pe
from policy_eval.cases.run import by_reference
from policy_eval.engine.plan import recall
from policy_eval.errors import RequestError
from policy_eval.request.request import Request
from tests.property.neighbours import Asked, family, neighbours, pool_of
from tests.property.tangled import tangle

_NEAR = 25
_ROUNDS = 2

Answer: TypeAlias = tuple[object, ...]
Decide: TypeAlias = Callable[[pe.PolicySet, Request], pe.Decision]


def _answer(decide: Decide, policies: pe.PolicySet, asked: Asked) -> Answer:
    try:
        found = decide(policies, asked.request())
    except RequestError as error:
        return error.diagnostics
    return tuple(
        getattr(found, name)
        for name in (
            "action", "decision", "allowed", "matched", "statements", "decided_by", "reason",
            "remarks", "blocked_by", "missing_context", "unknown_layers",
        )
    )  # fmt: skip


def _by_reference(policies: pe.PolicySet, request: Request) -> pe.Decision:
    return by_reference(policies, [request])


def _new(policies: pe.PolicySet) -> pe.PolicySet:
    """Return the same policies, of which nothing is remembered."""
    return policies.with_policies(policies.policies)


def _agree(found: Answer, reference: Answer) -> bool:
    """Whether an engine answers as the reference, which tells of every unreadable value."""
    refused = bool(reference) and isinstance(reference[0], pe.Diagnostic)
    return set(found) <= set(reference) and bool(found) if refused else found == reference


def check(policies: pe.PolicySet, questions: Sequence[Asked], random: Random) -> int:
    """Ask one set all questions in random order, again and again; return how many were recalled."""
    expected = [_answer(pe.decide, _new(policies), asked) for asked in questions]
    for asked, answer in zip(questions, expected, strict=True):
        reference = _answer(_by_reference, policies, asked)
        assert _agree(answer, reference), (asked, answer, reference)
    lasting = _new(policies)
    recalled = 0
    for _ in range(_ROUNDS):
        for index in random.sample(range(len(questions)), len(questions)):
            found = _answer(pe.decide, lasting, questions[index])
            assert found == expected[index], (questions[index], found, expected[index])
    for asked in questions:
        try:
            recalled += recall(lasting.plans, asked.request()) is not None
        except RequestError:
            continue
    return recalled


def _questions(policies: pe.PolicySet, asked: Asked, random: Random, near: int) -> list[Asked]:
    pool = pool_of(policies.policies)
    others = [*neighbours(asked, pool)]
    return [
        asked, *family(asked, pool, random), *random.sample(others, min(near, len(others)))
    ]  # fmt: skip


@pytest.mark.parametrize("start", range(0, 60, 10))
def test_what_is_remembered_of_tangled_policies_is_right(start: int) -> None:
    recalled = 0
    for seed in range(start, start + 10):
        random = Random(seed)
        policies, asked = tangle(random)
        recalled += check(policies, _questions(policies, asked, random, _NEAR), random)

    assert recalled > 100
