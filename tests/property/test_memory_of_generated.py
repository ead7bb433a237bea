"""What is remembered of generated requests, and of those of every layer and suite, never mixes."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

import policy_eval as pe
from policy_eval.cases.discovery import find_suites
from policy_eval.cases.suite import load_suite
from policy_eval.errors import InputError
from policy_eval.text.folding import fold
from tests.cli.running import ROOT
from tests.oracle.compare import policies_of as policies_of_case
from tests.oracle.generate import GeneratedCase, generate_case
from tests.oracle.small_world import any_world
from tests.oracle.small_world import policies_of as policies_of_world
from tests.oracle.small_world import request_of as request_of_world
from tests.property.neighbours import Asked, asked_of, family, neighbours, pool_of
from tests.property.test_memory import check


def _some(asked: Asked, policies: pe.PolicySet, random: Random, count: int) -> list[Asked]:
    """Return a request, some that differ from it in one thing, and some of its family."""
    pool = pool_of(policies.policies)
    near = [*family(asked, pool, random)]
    far = random.sample([*neighbours(asked, pool)], count)
    return [asked, *far, *random.sample(near, min(count, len(near)))]


def _asked_of_case(case: GeneratedCase) -> Asked:
    """Return a generated request, each key in one spelling."""
    context = {fold(name): (name, values or None) for name, values in case.request.context}
    return Asked(case.request.action, case.request.resource, context=tuple(context.values()))


@pytest.mark.parametrize("seed", range(2))
def test_generated_requests_never_mix(seed: int) -> None:
    random = Random(seed)
    for _ in range(60):
        case = generate_case(random)
        policies = pe.PolicySet(policies_of_case(case))
        check(policies, _some(_asked_of_case(case), policies, random, 8), random)


def test_requests_of_every_layer_never_mix() -> None:
    random = Random(1)
    for _ in range(60):
        world = any_world(random)
        policies = policies_of_world(world)
        asked = asked_of(request_of_world(world))
        check(policies, _some(asked, policies, random, 10), random)


@pytest.mark.parametrize("path", find_suites([ROOT / "fixtures"]), ids=lambda path: str(path.name))
def test_the_requests_of_a_suite_never_mix(path: Path) -> None:
    random = Random(path.name)
    for case in load_suite(path).cases:
        if isinstance(case.policies, InputError) or isinstance(case.requests, InputError):
            continue
        questions = [
            question
            for request in case.requests
            for question in _some(asked_of(request), case.policies, random, 2)
        ]
        check(case.policies, questions, random)
