"""The truth table for a key that is missing, empty or null.

AWS: "Condition operators" (IfExists, Null), "Single-valued vs. multivalued context keys".
Rules: R-COND-05, R-COND-21, R-COND-22, R-COND-25, R-COND-27, R-COND-30, R-COND-31, R-COND-36.
"""

from policy_eval.policy.ast import Effect
from policy_eval.policy.operator_name import OperatorName, SetOperator
from policy_eval.semantics.operators import Operator
from policy_eval.semantics.readings import OpenPoint, Reading
from policy_eval.semantics.views import View

_ALL, _ANY = SetOperator.FOR_ALL_VALUES, SetOperator.FOR_ANY_VALUE

_HOLDS = {
    # set operator, IfExists, negated: whether the condition holds without the key
    (None, False, False): False,  # R-COND-05
    (None, False, True): True,  # R-COND-05
    (None, True, False): True,  # R-COND-25
    (None, True, True): True,  # R-COND-25
    (_ALL, False, False): True,  # R-COND-30
    (_ALL, False, True): True,  # R-COND-30
    (_ALL, True, False): True,  # R-COND-27
    (_ALL, True, True): True,  # R-COND-27
    (_ANY, False, False): False,  # R-COND-31
    (_ANY, False, True): False,  # R-COND-31
}


def holds_when_absent(
    set_operator: SetOperator | None,
    effect: Effect,
    *,
    if_exists: bool,
    negated: bool,
    reading: Reading,
) -> bool:
    """Return whether a condition other than Null holds when its key is missing or empty.

    `ForAnyValue:…IfExists` is the open row: AWS's two sentences disagree, so our reading takes
    the restrictive side, false in an Allow and true in a Deny (R-COND-27).
    """
    if set_operator is _ANY and if_exists:
        restrictive = effect is Effect.DENY
        other = OpenPoint.FOR_ANY_VALUE_IF_EXISTS in reading
        return restrictive is not other
    return _HOLDS[set_operator, if_exists, negated]


_RULES = {None: "R-COND-05", _ALL: "R-COND-30", _ANY: "R-COND-31"}


def absence_rule(operator: Operator, name: OperatorName) -> str:
    """Return the ID of the rule that decides where the key is missing."""
    if operator.view is View.PRESENCE:
        return "R-COND-21" if name.set_operator is None else "R-COND-22"
    if name.if_exists:
        return "R-COND-25" if name.set_operator is None else "R-COND-27"
    return _RULES[name.set_operator]
