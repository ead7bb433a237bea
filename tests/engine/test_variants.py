"""Variants of statements are matched as if they stood in the place of their originals."""

from __future__ import annotations

import json
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy_eval.cases.slips import slips_of
from policy_eval.engine import scalar
from policy_eval.engine.policies import PolicySet
from policy_eval.engine.program import Program
from policy_eval.engine.variants import Variants
from policy_eval.errors import RequestError
from policy_eval.policy.ast import Statement
from policy_eval.request.request import Request
from policy_eval.semantics.request_context import RequestContext
from policy_eval.semantics.situations import case_of
from tests.oracle.compare import IDENTITY_ONLY, as_identity, context_of, policies_of
from tests.oracle.generate import generate_case


def test_variants_stand_in_the_layer_of_their_original() -> None:
    allow = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    policies = PolicySet([allow], scps=[[allow]])
    identity, scp = policies.policies
    other = identity.statements[0]
    put = other._replace(action=other.action._replace(values=("s3:PutObject",)))
    variants = Variants(policies.attachments, [(0, put), (0, other), (1, scp.statements[0])])
    request = Request(
        "s3:GetObject", "arn:aws:s3:::b/o", principal="arn:aws:iam::111122223333:user/u"
    )
    context = RequestContext(request, attached=policies.attached)

    found = variants.matches(context, case_of(context))

    assert (found.sure, found.possible) == (0b110, 0b110)


def test_a_value_that_a_variant_cannot_read_is_an_error() -> None:
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*",
            "Condition": {"NumericLessThan": {"x:n": "5"}}}  # fmt: skip
    policies = PolicySet([json.dumps(deny)])
    variants = Variants(policies.attachments, [(0, policies.policies[0].statements[0])])
    request = Request(
        "s3:GetObject", "*", principal="arn:aws:iam::111122223333:user/u", context={"x:n": "many"}
    )
    context = RequestContext(request, attached=policies.attached)

    with pytest.raises(RequestError):
        variants.matches(context, case_of(context))


@settings(max_examples=30)
@given(st.integers(0, 10**9))
def test_a_variant_matches_where_it_would_in_the_place_of_its_original(seed: int) -> None:
    case = generate_case(Random(seed))
    policies, context = policies_of(case), context_of(case.request)
    given_: list[tuple[int, Statement]] = [
        (place, slip.statement)
        for place, policy in enumerate(policies)
        for statement in policy.statements
        for slip in slips_of(statement)
        if slip.statement is not None
    ]
    try:
        found = Variants(as_identity(policies), given_).matches(context, IDENTITY_ONLY)
    except RequestError:
        return

    for bit, (place, statement) in enumerate(given_):
        alone = policies[place]._replace(statements=(statement,))
        match = scalar.matches(Program(as_identity((alone,))), context, IDENTITY_ONLY)
        assert (found.sure >> bit & 1, found.possible >> bit & 1) == (match.sure, match.possible)
