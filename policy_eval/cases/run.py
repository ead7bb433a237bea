"""Cases → results: decide on an engine, compare with what is expected."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from policy_eval.cases.expectation import differences
from policy_eval.cases.suite import Case
from policy_eval.engine.explain import explain_call, rests_on
from policy_eval.engine.explanation import Explanation
from policy_eval.engine.policies import PolicySet
from policy_eval.errors import InputError
from policy_eval.request.request import Request

Explain: TypeAlias = Callable[[PolicySet, Sequence[Request]], Explanation]


class Result(NamedTuple):
    """How a case went: the explanation (or why the input is refused), and what differs."""

    case: Case
    found: Explanation | InputError
    differences: tuple[str, ...]
    rests_on: tuple[str, ...] = ()


def by_reference(policies: PolicySet, requests: Sequence[Request]) -> Explanation:
    """Explain a call, decided by the reference engine."""
    return explain_call(policies, requests)


def run_case(case: Case, explain: Explain = by_reference) -> Result:
    """Return the result of a case."""
    found = _found(case, explain)
    rests: tuple[str, ...] = ()
    if _decidable(case) and (case.expect is None or case.expect.rests_on is not None):
        rests = rests_on(*_decidable(case))
    if case.expect is None:
        return Result(case, found, (), rests)
    return Result(case, found, tuple(differences(case.expect, found, rests)), rests)


def _decidable(case: Case) -> tuple[PolicySet, tuple[Request, ...]] | tuple[()]:
    if isinstance(case.policies, InputError) or isinstance(case.requests, InputError):
        return ()
    return case.policies, case.requests


def _found(case: Case, explain: Explain) -> Explanation | InputError:
    if isinstance(case.policies, InputError):
        return case.policies
    if isinstance(case.requests, InputError):
        return _placed(case.requests, case)
    try:
        return explain(case.policies, case.requests)
    except InputError as error:
        return _placed(error, case)


def _placed(error: InputError, case: Case) -> InputError:
    """Return an error whose problems stand where their case does, if nowhere else."""
    return type(error)(
        *(each if each.place else each._replace(place=case.place) for each in error.diagnostics)
    )
