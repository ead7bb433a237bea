"""Cases → results: decide on an engine, compare with what is expected."""

from collections.abc import Callable, Sequence
from enum import Enum
from typing import NamedTuple, TypeAlias

from policy_eval.cases.expectation import differences
from policy_eval.cases.suite import Case
from policy_eval.engine.decide import decide_call
from policy_eval.engine.decision import Decision
from policy_eval.engine.explain import explain_call, rests_on
from policy_eval.engine.explanation import Explanation
from policy_eval.engine.policies import PolicySet
from policy_eval.engine.resting import RestsOn
from policy_eval.errors import InputError
from policy_eval.request.request import Request

Decide: TypeAlias = Callable[[PolicySet, Sequence[Request]], Decision]


class Rules(Enum):
    """What is made of an answer that rests on an open point: our reading, or no answer."""

    OURS = "ours"
    STRICT = "strict"


class Result(NamedTuple):
    """How a case went: the decision (or why the input is refused), and what differs.

    `failed_conditions` are looked for only where they are expected, `rests_on` there, where nothing
    is expected, and under strict rules.
    """

    case: Case
    found: Decision | InputError
    differences: tuple[str, ...]
    rests_on: tuple[RestsOn, ...] = ()
    failed_conditions: tuple[str, ...] = ()
    rules: Rules = Rules.OURS

    def explain(self) -> Explanation | None:
        """Return why the decision is what it is; None where the input is refused."""
        decidable = _decidable(self.case)
        if isinstance(self.found, InputError) or not decidable:
            return None
        explanation = explain_call(*decidable)._replace(rests_on=self.rests_on)
        return explanation if self.rules is Rules.OURS else _strictly_explained(explanation)

    def open_points(self) -> tuple[RestsOn, ...]:
        """Return what the answer rests on, looked for now if it was not before."""
        decidable = _decidable(self.case)
        assert decidable  # what is refused rests on nothing
        return self.rests_on or rests_on(*decidable)


def by_reference(policies: PolicySet, requests: Sequence[Request]) -> Decision:
    """Decide a call by the reference engine."""
    return explain_call(policies, requests).decision


def run_case(case: Case, decide: Decide = decide_call, rules: Rules = Rules.OURS) -> Result:
    """Return the result of a case, decided by the scalar engine or another."""
    found = _found(case, decide)
    rests: tuple[RestsOn, ...] = ()
    failed: tuple[str, ...] = ()
    decidable = _decidable(case)
    expect = case.expect
    is_strict = rules is Rules.STRICT
    if decidable and (expect is None or expect.rests_on is not None or is_strict):
        rests = rests_on(*decidable)
    if is_strict and isinstance(found, Decision):
        from policy_eval.engine.strict_rules import strictly  # only where asked for

        found = strictly(found, rests)
    if expect is None:
        return Result(case, found, (), rests, rules=rules)
    if decidable and expect.failed_conditions is not None and isinstance(found, Decision):
        failed = explain_call(*decidable).failed_conditions
    names = tuple(each.rule for each in rests)
    differing = tuple(differences(expect, found, names, failed))
    return Result(case, found, differing, rests, failed, rules)


def _strictly_explained(explanation: Explanation) -> Explanation:
    from policy_eval.engine.strict_rules import explained_strictly

    return explained_strictly(explanation)


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
