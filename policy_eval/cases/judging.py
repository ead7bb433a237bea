"""Results → outcomes: how a test went, in the words of `expect`."""

from __future__ import annotations

from time import perf_counter

from policy_eval.cases.outcome import Outcome, Status
from policy_eval.cases.run import Decide, Result, Rules, run_case
from policy_eval.cases.suite import Case
from policy_eval.cases.writing import decision_fields
from policy_eval.engine.decide import decide_call
from policy_eval.engine.decision import Decision
from policy_eval.engine.wording import (
    reasons,
    spell_answer,
    spell_decided_by,
    spell_open_point,
)
from policy_eval.errors import InputError


def judge(
    case: Case, file: str, decide: Decide = decide_call, rules: Rules = Rules.OURS
) -> Outcome:
    """Run a test and return how it went. `file` is the suite's path as it is shown."""
    if case.skip:
        return _outcome(case, file, Status.SKIPPED, case.skip)
    began = perf_counter()
    result = run_case(case, decide, rules)
    seconds = perf_counter() - began
    return outcome_of(result, file)._replace(seconds=seconds)


def outcome_of(result: Result, file: str) -> Outcome:
    """Return how a test went whose result is at hand."""
    status = status_of(result)
    message = "\n".join(result.differences)
    outcome = _outcome(result.case, file, status, message)
    if isinstance(result.found, InputError):
        actual: dict[str, object] = {
            "decision": "invalid",
            "error": [each.code for each in result.found.diagnostics],
        }
        shown = result.found.diagnostics if status is Status.ERROR else ()
        return outcome._replace(actual=actual, diagnostics=shown)
    actual = _actual(result, result.found)
    if status is Status.PASSED:
        return outcome._replace(actual=actual)
    return outcome._replace(actual=actual, explanation=_explained(result))


def status_of(result: Result) -> Status:
    """Return how a test went; input that is refused is an error unless the test expects it."""
    if not result.differences:
        return Status.PASSED
    expect = result.case.expect
    is_refused = isinstance(result.found, InputError)
    wants_refusal = expect and (expect.decision == "invalid" or expect.error is not None)
    return Status.ERROR if is_refused and not wants_refusal else Status.FAILED


def _outcome(case: Case, file: str, status: Status, message: str) -> Outcome:
    expected = case.expect.to_dict() if case.expect else {}
    return Outcome(
        case.suite,
        file,
        case.place.line,
        case.name,
        status,
        expected,
        None,
        message,
        rules=case.rules,
        source=case.source,
    )


def _actual(result: Result, decision: Decision) -> dict[str, object]:
    """Return what was decided: the decision, what gave it, and what the test asks beside."""
    expect = result.case.expect
    always: dict[str, object] = {"decision": None, "decided_by": None, "matched": []}
    found = always | decision_fields(decision)
    if expect is not None and expect.failed_conditions is not None:
        found["failed_conditions"] = list(result.failed_conditions)
    if expect is not None and expect.rests_on is not None:
        found["rests_on"] = [each.rule for each in result.rests_on]
    return found


def _explained(result: Result) -> tuple[str, ...]:
    """Return the explanation of a failure, cut to what matters: the answer and its reasons."""
    explanation = result.explain()
    assert explanation is not None  # only what is refused has none
    decision = explanation.decision
    answer = f"{spell_answer(decision)}{spell_decided_by(explanation)}: {decision.action}"
    if decision.blocked_by and decision.blocked_by != decision.action:
        answer += f"; it also needs {decision.blocked_by}, which is not allowed"
    remarks = (f"{remark.text} ({remark.rule})" for remark in decision.remarks)
    open_points = map(spell_open_point, result.open_points())
    return (answer, *(f"  {line}" for line in reasons(explanation)), *remarks, *open_points)
