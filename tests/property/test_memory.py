"""What is remembered of some requests never gives another its decision.

One long-lived set of policies is asked many related requests, each more than once and in random
order; what it answers is what a new set answers, and what the reference engine does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import policy_eval as pe
from policy_eval.cases.discovery import find_suites
from policy_eval.cases.run import by_reference
from policy_eval.cases.suite import load_suite
from policy_eval.errors import InputError, RequestError
from policy_eval.policy.build import build_policy
from policy_eval.policy.document import read_document
from policy_eval.policy.policy_type import PolicyType
from policy_eval.request.request import Request
from policy_eval.text.folding import fold
from policy_eval.text.source import Source
from tests.oracle.generate import GeneratedCase, generate_case
from tests.oracle.small_world import any_world
from tests.oracle.small_world import policies_of as policies_of_world
from tests.oracle.small_world import request_of as request_of_world
from tests.property.neighbours import Asked, asked_of, family, neighbours, pool_of

_FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
_OF_EACH = 12
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
    for _ in range(_ROUNDS):
        for index in random.sample(range(len(questions)), len(questions)):
            found = _answer(pe.decide, lasting, questions[index])
            assert found == expected[index], (questions[index], found, expected[index])
    return 0
