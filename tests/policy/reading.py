"""What tests of reading policies have in common: a text's problems, and what they point at."""

from __future__ import annotations

from policy_eval.engine.policies import parse_policy
from policy_eval.errors import Diagnostic, InputError
from policy_eval.policy.diagnosis import warnings_of
from policy_eval.policy.policy_type import STRICT, PolicyType, Strictness

LENIENT = Strictness(lenient=True)
ACCEPTING = Strictness(accept_invalid=True)


def problems_of_policy(
    text: str,
    policy_type: PolicyType = PolicyType.IDENTITY,
    strictness: Strictness = STRICT,
) -> tuple[Diagnostic, ...]:
    """Return the problems of a policy's text: what refuses it, or its warnings."""
    try:
        return warnings_of(parse_policy(text, "p.json", policy_type, strictness))
    except InputError as error:
        return error.diagnostics


def one_problem_of(
    text: str,
    policy_type: PolicyType = PolicyType.IDENTITY,
    strictness: Strictness = STRICT,
) -> Diagnostic:
    """Return the one problem of a policy's text."""
    (problem,) = problems_of_policy(text, policy_type, strictness)
    return problem
