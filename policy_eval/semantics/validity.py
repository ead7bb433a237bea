"""What only the operator table can refuse in a policy: unknown operators, unreadable values.

AWS refuses to store most of these; strict mode refuses all, with the place. Rules: R-COND-07,
R-COND-41, R-VAR-03, R-VAR-06, R-EXT-05; variables in the wrong place are warnings.
"""

from __future__ import annotations

from collections.abc import Iterator

from policy_eval.errors import Severity
from policy_eval.policy.ast import Condition, Policy, Statement
from policy_eval.policy.findings import Finding, Where
from policy_eval.policy.operator_name import SetOperator, parse_operator_name
from policy_eval.policy.pattern import MalformedVariableError, Variable
from policy_eval.semantics.lower import condition_patterns
from policy_eval.semantics.operators import OPERATORS, Operator
from policy_eval.semantics.readings import OUR_READING
from policy_eval.semantics.resource_patterns import early_variables
from policy_eval.semantics.views import View
from policy_eval.text.folding import fold
from policy_eval.text.node import Path


def check_policy(policy: Policy) -> Policy:
    """Return the policy with its warnings. Raises PolicyError with every problem found."""
    found = [
        finding
        for statement in policy.statements
        for finding in (
            *_conditions(policy, statement),
            *_misplaced_variables(policy, statement),
        )
    ]
    if not found:
        return policy
    from policy_eval.policy.diagnosis import refuse_errors  # only when there is something to say

    return policy._replace(findings=policy.findings + refuse_errors(found, policy))


def _conditions(policy: Policy, statement: Statement) -> Iterator[Finding]:
    known: dict[str, Operator] = {}
    for written in statement.operators:
        name = parse_operator_name(written)
        operator = OPERATORS.get(name.base.lower()) if name else None
        where = Where(statement.number, ("Condition", written))
        if name is None or operator is None:
            yield _unknown_operator(where, written)
        elif operator.view is View.PRESENCE and name.if_exists:
            yield _found(
                where, "unknown-operator", "`Null` takes no IfExists", "write `Null`", "R-COND-07"
            )
        else:
            known[written] = operator
    for condition in statement.conditions:
        if condition.operator in known:
            yield from _values(policy, statement, condition, known[condition.operator])


def _unknown_operator(place: Where, written: str) -> Finding:
    from difflib import get_close_matches  # only when something is wrong

    folded = {fold(row.name): row.name for row in OPERATORS.values()}
    prefix, colon, rest = written.rpartition(":")
    sets = {fold(operator.value): operator.value for operator in SetOperator}
    near_set = get_close_matches(fold(prefix), sets, 1) if colon else []
    suffix = "IfExists" if fold(rest).endswith("ifexists") else ""
    near = get_close_matches(fold(rest).removesuffix("ifexists"), folded, 1)
    remedy = "see the table of condition operators"
    if near and bool(colon) == bool(near_set):
        front = f"{sets[near_set[0]]}:" if near_set else ""
        remedy = f"did you mean `{front}{folded[near[0]]}{suffix}`"
    return _found(
        place._replace(name=True),
        "unknown-operator",
        f"`{written}` is no condition operator",
        remedy,
        "R-COND-07",
    )


def _values(
    policy: Policy, statement: Statement, condition: Condition, operator: Operator
) -> Iterator[Finding]:
    for index, text in enumerate(condition.values):
        path: Path = ("Condition", condition.operator, condition.key, index)
        place = Where(statement.number, path)
        if policy.has_variables and not operator.variables and "${" in text:
            yield _misplaced(place, text, f"a value of {condition.operator}", "R-VAR-03")
            continue
        try:
            (pattern,) = condition_patterns(
                condition._replace(values=(text,)), operator, policy, OUR_READING
            )
        except MalformedVariableError as error:
            yield _found(
                place,
                "malformed-variable",
                f"in `{text}`: {error.reason}",
                "a policy variable is `${key}` or `${key, 'default'}`; `${$}` is a dollar sign",
                "R-VAR-06",
            )
            continue
        if any(isinstance(piece, Variable) for piece in pattern):
            continue
        if operator.denote(tuple(p for p in pattern if not isinstance(p, Variable))) is None:
            yield _found(
                place,
                "unreadable-policy-value",
                f"{condition.operator} is given `{text}`",
                f"expected {operator.wanted}",
                "R-COND-41",
            )


def _misplaced_variables(policy: Policy, statement: Statement) -> Iterator[Finding]:
    if not policy.has_variables:
        return
    for text in statement.action.values:
        if "${" in text:
            path: Path = (statement.action.name, statement.action.values.index(text))
            yield _misplaced(Where(statement.number, path), text, "an action", "R-VAR-03")
    for index, text in enumerate(statement.resource.values):
        if "${" in text and early_variables(text):
            yield _misplaced(
                Where(statement.number, (statement.resource.name, index)),
                text,
                "an ARN before its fifth colon",
                "R-RES-08",
            )


def _misplaced(place: Where, text: str, where: str, rule: str) -> Finding:
    return Finding(
        Severity.WARNING,
        "misplaced-variable",
        place,
        f"`{text}` has a policy variable in {where}, where it is literal text",
        "so it matches nothing you mean",
        rule,
    )


def _found(where: Where, code: str, message: str, remedy: str, rule: str) -> Finding:
    return Finding(Severity.ERROR, code, where, message, remedy, rule)
