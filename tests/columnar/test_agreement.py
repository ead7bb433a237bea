"""The columnar engine answers as the scalar one does, row by row."""

from __future__ import annotations

from random import Random

import pytest

from policy_eval.cases.suite import load_suite
from policy_eval.columnar import blocks
from policy_eval.engine.policies import PolicySet
from policy_eval.errors import InputError
from policy_eval.request.principal import Principal, parse_principal
from tests.columnar.tables import check
from tests.columnar.worlds import policies_of, rows_of
from tests.conformance.test_fixtures import SUITES
from tests.oracle.small_world import any_world
from tests.oracle.small_world import policies_of as policies_of_world
from tests.oracle.small_world import request_of as request_of_world
from tests.property.neighbours import Asked, asked_of, family, neighbours, pool_of
from tests.property.tangled import tangle

_UNKNOWN: tuple[tuple[str, ...], ...] = (
    (), (), (), ("aws:SourceIp",), ("aws:ResourceTag/*", "aws:CalledVia"), ("*",),
)  # fmt: skip


@pytest.mark.parametrize("start", range(0, 120, 20))
def test_on_rows_that_are_nearly_alike(start: int) -> None:
    rows = 0
    for seed in range(start, start + 20):
        random = Random(seed)
        policies, questions = policies_of(random), rows_of(random, 120)
        unknown = random.choice(_UNKNOWN)
        rows += check(policies, questions, flat=random.random() < 0.5, unknown=unknown)

    assert rows > 1000


def test_on_small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "_ROWS", 8)
    for seed in range(200, 220):
        random = Random(seed)
        rows = rows_of(random, 120)

        assert check(policies_of(random), rows, flat=random.random() < 0.5) > 50


@pytest.mark.parametrize("start", [0, 8])
def test_on_tangled_policies_and_those_of_every_layer(start: int) -> None:
    rows = 0
    for seed in range(start, start + 8):
        random = Random(seed)
        world = any_world(random)
        for policies, asked in (
            tangle(random),
            (policies_of_world(world), asked_of(request_of_world(world))),
        ):
            pool = pool_of(policies.policies)
            near = [*neighbours(asked, pool)]
            questions = [asked, *family(asked, pool, random), *random.sample(near, 40)] * 2
            random.shuffle(questions)
            rows += check(policies, questions, flat=random.random() < 0.5)

    assert rows > 400


def as_row(asked: Asked) -> Asked:
    """Return a request as a row can say it: the whole call, at no known time."""
    principal = asked.principal
    if isinstance(principal, Principal) and principal == parse_principal(principal.arn):
        principal = principal.arn
    return asked._replace(principal=principal, action_only=False, now=None)


def test_on_all_fixtures() -> None:
    rows = 0
    for path in SUITES:
        questions: dict[int, list[Asked]] = {}
        policies: dict[int, PolicySet] = {}
        for case in load_suite(path).cases:
            if isinstance(case.policies, InputError) or isinstance(case.requests, InputError):
                continue
            policies[id(case.policies)] = case.policies
            of_set = questions.setdefault(id(case.policies), [])
            of_set += [as_row(asked_of(each)) for each in case.requests if not each.unknown]
        rows += sum(check(policies[key], of_set, flat=False) for key, of_set in questions.items())

    assert rows > 500
