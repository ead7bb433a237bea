"""Cases → results: decide on an engine, compare with what is expected."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from policy_eval.cases.expectation import differences
from policy_eval.cases.suite import Case
from policy_eval.engine.decide import decide_call
from policy_eval.engine.decision import Decision
from policy_eval.engine.explain import explain_call, rests_on
from policy_eval.engine.explanation import Explanation
from policy_eval.engine.policies import PolicySet
from policy_eval.errors import InputError
from policy_eval.request.request import Request

Decide: TypeAlias = Callable[[PolicySet, Sequence[Request]], Decision]


class Result(NamedTuple):
    """How a case went: the decision (or why the input is refused), and what differs.

    `failed_conditions` are looked for only where they are expected.
    """

    case: Case
    found: Decision | InputError
    differences: tuple[str, ...]
    rests_on: tuple[str, ...] = ()
    failed_conditions: tuple[str, ...] = ()

    def explain(self) -> Explanation | None:
        """Return why the decision is what it is; None where the input is refused."""
        decidable = _decidable(self.case)
        if isinstance(self.found, InputError) or not decidable:
            return None
        return explain_call(*decidable)._replace(rests_on=self.rests_on)


def by_reference(policies: PolicySet, requests: Sequence[Request]) -> Decision:
    """Decide a call by the reference engine."""
    return explain_call(policies, requests).decision


def run_case(case: Case, decide: Decide = decide_call) -> Result:
    """Return the result of a case, decided by the scalar engine or another."""
    found = _found(case, decide)
    rests: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    decidable = _decidable(case)
    expect = case.expect
    if decidable and (expect is None or expect.rests_on is not None):
        rests = rests_on(*decidable)
    if expect is None:
        return Result(case, found, (), rests)
    if decidable and expect.failed_conditions is not None and isinstance(found, Decision):
        failed = explain_call(*decidable).failed_conditions
    return Result(case, found, tuple(differences(expect, found, rests, failed)), rests, failed)


def _decidable(case: Case) -> tuple[PolicySet, tuple[Request, ...]] | tuple[()]:
    if isinstance(case.policies, InputError) or isinstance(case.requests, InputError):
        return ()
    return case.policies, case.requests


def _found(case: Case, decide: Decide) -> Decision | InputError:
    if isinstance(case.policies, InputError):
        return case.policies
    if isinstance(case.requests, InputError):
        return _placed(case.requests, case)
    try:
        return decide(case.policies, case.requests)
    except InputError as error:
        return _placed(error, case)


def _placed(error: InputError, case: Case) -> InputError:
    """Return an error whose problems stand where their case does, if it does, and nowhere else."""
    if not case.place.line:
        return error
    return type(error)(
        *(each if each.place else each._replace(place=case.place) for each in error.diagnostics)
    )
