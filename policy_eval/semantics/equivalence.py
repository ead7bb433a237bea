"""Whether two statements of a policy mean the same: decided by their tests, or not said."""

from __future__ import annotations

from policy_eval.policy.ast import Policy, Statement
from policy_eval.policy.policy_type import RULES
from policy_eval.semantics.inclusion import simplified
from policy_eval.semantics.lower import Origin, Template, Test, action_set, lower_statement
from policy_eval.semantics.principals import lower_principal
from policy_eval.semantics.readings import OUR_READING, OpenPoint, Reading

_NO_ORIGIN = Origin("", None, ())


def same_meaning(
    policy: Policy, one: Statement, other: Statement, reading: Reading = OUR_READING
) -> bool:
    """Return whether two statements surely do the same to every request.

    False only says that it was not shown.
    """
    if one.effect is not other.effect or one.unusable or other.unusable:
        return False
    if simplified(action_set(one.action)) != simplified(action_set(other.action)):
        return False
    if RULES[policy.type].names_principals:
        mine, others = (lower_principal(each, reading) for each in (one, other))
        if mine._replace(element=others.element) != others:
            return False
    return _meaning(policy, one, reading) == _meaning(policy, other, reading)


def readings_that_tell_apart(policy: Policy, one: Statement, other: Statement) -> tuple[str, ...]:
    """Return the rules whose other reading gives two statements a different meaning."""
    return tuple(
        point.value
        for point in OpenPoint
        if not same_meaning(policy, one, other, frozenset({point}))
    )


def _meaning(policy: Policy, statement: Statement, reading: Reading) -> frozenset[Test]:
    """Return the tests of a statement, without where they come from."""
    return frozenset(map(_bare, lower_statement(policy, statement, reading)))


def _bare(test: Test) -> Test:
    accepts = test.accepts
    if not isinstance(accepts, Template):
        accepts = simplified(accepts)
    return test._replace(accepts=accepts, origin=_NO_ORIGIN)
