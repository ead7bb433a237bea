"""Why a call is not allowed, told by what would change it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from policy_eval.engine.explain import explain_call
from policy_eval.engine.residual.near_misses import Change, NearMisses, near_misses
from policy_eval.engine.residual.policy_fixes import PolicyFixes, policy_fixes
from policy_eval.engine.statement_wording import quoted
from policy_eval.errors import visible
from policy_eval.semantics.layers import NAMES

if TYPE_CHECKING:
    from policy_eval.engine.decision import Deciding
    from policy_eval.engine.policies import PolicySet
    from policy_eval.request.context import Values
    from policy_eval.request.request import Request


class WhyNot(NamedTuple):
    """What would turn a decision into an Allow: changes to the context, or to the policies.

    `str()` of it is text, `to_dict()` data.
    """

    context: NearMisses
    policies: PolicyFixes

    def to_dict(self) -> dict[str, object]:
        """Return it as plain data, in stable field names."""
        return {"context": self.context.to_dict(), "policies": self.policies.to_dict()}

    def __str__(self) -> str:
        lines = [
            f"denied whatever the context is, by {_named(each)}"
            for each in self.context.still_denied
        ]
        lines += _of_context(self.context)
        lines += _of_policies(self.policies)
        return "\n".join(lines)


def why_not(policies: PolicySet, request: Request, *also: Request) -> WhyNot | None:
    """Return what would turn a decision into an Allow; None where it is one.

    Raises RequestError as deciding does.
    """
    explanation = explain_call(policies, [request, *also])
    if explanation.decision.allowed is True:
        return None
    fixes = policy_fixes(policies, explanation.parts, request, *also)
    return WhyNot(near_misses(policies, request, *also), fixes)


def _named(statement: Deciding) -> str:
    return f"{statement.label} ({statement.place})" if statement.sid else str(statement.place)


def _of_context(found: NearMisses) -> list[str]:
    if not found.found:
        known = "no change to the context would allow it"
        return [known if found.is_complete else "no change to the context was found to allow it"]
    lines = ["it would be allowed with another context:"]
    for miss in found.found:
        lines += _list([_change(each) for each in miss.changes])
    return lines if found.is_complete else [*lines, "  (the search ended at its budget)"]


def _list(items: list[str]) -> list[str]:
    return [f"  {'    and' if number else '-'} {item}" for number, item in enumerate(items)]


def _change(change: Change) -> str:
    return f"{visible(change.key)} {_held(change.values)} (now {_held(change.before)})"


def _held(values: Values | None) -> str:
    return "absent" if values is None else quoted(values)


def _of_policies(found: PolicyFixes) -> list[str]:
    if not found.found:
        return ["no small change to these policies was found to allow it"]
    lines = ["it would be allowed with other policies:"]
    for fix in found.found:
        lines += _list([f"{visible(edit.what)} ({NAMES[edit.layer]})" for edit in fix.edits])
    return lines if found.is_complete else [*lines, "  (the search ended at its budget)"]
