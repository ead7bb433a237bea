"""What a value in a policy must be: actions, resources, operators, condition keys and values.

AWS refuses to store most of what is refused here; strict mode refuses all, with the place.
Rules: R-ACT-03, R-ACT-06, R-RES-05, R-RES-08, R-COND-07, R-COND-41, R-GRAM-08,
R-VAR-03, R-VAR-06, R-VAR-14, R-EXT-05, R-TYPE-03. What is right is passed over quickly; the words
for what is not stand in `objections`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from policy_eval.policy.arn import ARN_FIELDS
from policy_eval.policy.ast import Condition, Element, Policy, Statement
from policy_eval.policy.collector import UNREAD
from policy_eval.policy.operator_name import parse_operator_name
from policy_eval.policy.pattern import MalformedVariableError, Variable, parse_pattern
from policy_eval.policy.policy_type import PolicyType
from policy_eval.semantics.operators import OPERATORS, Operator
from policy_eval.semantics.resource_patterns import PARTITIONS, early_variables
from policy_eval.semantics.views import View
from policy_eval.text.limits import LONGEST_NUMBER
from policy_eval.text.node import Path

if TYPE_CHECKING:
    from policy_eval.policy.findings import Finding

At: TypeAlias = tuple[int, Path]
"""Where a value stands: the statement's number, and the path to it."""

_MEASURED = frozenset({View.NUMBER, View.EPOCH, View.INSTANT, View.ADDRESS, View.BOOLEAN})


def problems_in(policy: Policy) -> list[Finding]:
    """Return every problem of a policy's values."""
    found: list[Finding] = []
    for statement in policy.statements:
        found += _actions(policy, statement)
        found += _resources(policy, statement)
        found += _conditions(policy, statement)
    if policy.type is not PolicyType.IDENTITY:
        from policy_eval.semantics.type_validity import problems_of_type  # other types only

        found += problems_of_type(policy)
    return found


def usable(policy: Policy) -> Policy:
    """Return an accepted policy whose unusable statements may apply wherever they might.

    They keep what is understood of them: conditions that cannot be evaluated are left out, and
    actions and resources that match nothing stand for anything (R-EXT-05).
    """
    return policy._replace(statements=tuple(map(_usable, policy.statements)))


def _usable(statement: Statement) -> Statement:
    if not statement.unusable:
        return statement
    return statement._replace(
        action=_widened(statement.action, _names_actions),
        resource=_widened(statement.resource, _is_arn),
        conditions=tuple(filter(_can_be_evaluated, statement.conditions)),
    )


def _widened(element: Element, is_understood: Callable[[str], bool]) -> Element:
    if element.negated:
        return element
    return element._replace(
        values=tuple(text if is_understood(text) else "*" for text in element.values)
    )


def _can_be_evaluated(condition: Condition) -> bool:
    return _operator(condition.operator) is not None and _has_prefix(condition.key)


def _has_prefix(key: str) -> bool:
    return ":" in key.strip(":")


def _operator(written: str) -> Operator | None:
    """Return the operator of that name; None where AWS has none (R-COND-07)."""
    name = parse_operator_name(written)
    operator = OPERATORS.get(name.base.lower()) if name else None
    if name is None or operator is None or (operator.view is View.PRESENCE and name.if_exists):
        return None
    return operator


# Actions


def _actions(policy: Policy, statement: Statement) -> Iterator[Finding]:
    element = statement.action
    for index, text in enumerate(element.values):
        prefix, colon, name = text.partition(":")
        plain = prefix.isascii() and prefix.replace("-", "a").isalnum()
        usual = colon and name and plain and ":" not in name
        if text == "*" or text is UNREAD:
            continue
        if usual and text.isascii() and text.isprintable() and " " not in text and "$" not in text:
            continue
        at = (statement.number, (element.name, index))
        if "${" in text and _names_actions(text):
            yield _misplaced(at, text, "an action", "R-VAR-03")
            continue
        from policy_eval.semantics.objections import action_form  # only when something is odd

        yield action_form(policy.type, at, text, statement.effect)


def _names_actions(text: str) -> bool:
    """Whether an action has one colon, or is everything."""
    return text == "*" or _without_variables(text).count(":") == 1


def _without_variables(text: str) -> str:
    """Return a text without `${…}`, whose colons part nothing (R-RES-08)."""
    if "${" not in text:
        return text
    from re import sub

    return sub(r"\$\{[^}]*\}", "", text)


# Resources


def _resources(policy: Policy, statement: Statement) -> Iterator[Finding]:
    element = statement.resource
    for index, text in enumerate(element.values):
        if text == "*" or text is UNREAD:
            continue
        at = (statement.number, (element.name, index))
        if not _is_arn(text):
            if not _is_shorthand(policy.type, text):
                from policy_eval.semantics.objections import not_an_arn

                yield not_an_arn(at, text, statement.effect)
            continue
        if "${" in text:
            yield from _variables_of_resource(policy, at, text)
        if _is_short(text):
            from policy_eval.semantics.objections import short_arn

            yield from short_arn(policy.type, at, text)
        if not text.startswith("arn:aws:") and _is_of_no_partition(text):
            from policy_eval.semantics.objections import unknown_partition

            yield unknown_partition(at, text)


def _is_arn(text: str) -> bool:
    """Whether a resource is an ARN, whole or not, or everything."""
    scheme = text.partition(":")[0]
    return scheme == "arn" or _could_be_arn(scheme)


def _is_shorthand(policy_type: PolicyType, text: str) -> bool:
    """Whether API Gateway completes the text (`execute-api:/stage/…`) in its own policies."""
    return policy_type is PolicyType.RESOURCE and text.startswith("execute-api:/")


def _is_short(text: str) -> bool:
    """Whether an ARN has fewer than six fields (R-RES-05), colons in variables not counted."""
    return _without_variables(text).count(":") < ARN_FIELDS - 1


def _is_of_no_partition(text: str) -> bool:
    partition = text.split(":")[1:2]
    return bool(partition) and not (
        partition[0] in PARTITIONS or any(sign in partition[0] for sign in "*?$")
    )


def _could_be_arn(scheme: str) -> bool:
    """Whether wildcards let the first field of a Resource be `arn`."""
    if "*" not in scheme and "?" not in scheme:
        return False
    from re import DOTALL, escape, fullmatch

    runs = scheme
    while "**" in runs:  # many stars in a row are one, and must not be tried in turn
        runs = runs.replace("**", "*")
    if len(runs.replace("*", "")) > len("arn"):
        return False
    pattern = escape(runs).replace(r"\*", ".*").replace(r"\?", ".")
    return fullmatch(pattern, "arn", DOTALL) is not None


def _variables_of_resource(policy: Policy, at: At, text: str) -> Iterator[Finding]:
    if not policy.has_variables:
        yield _without_version(at, text)
        return
    malformed = [*_malformed(at, text)]
    yield from malformed
    if not malformed and early_variables(text):
        yield _misplaced(at, text, "an ARN before its fifth colon", "R-RES-08")


def _malformed(at: At, text: str) -> Iterator[Finding]:
    try:
        parse_pattern(text, wildcards=True, variables=True)
    except MalformedVariableError as error:
        from policy_eval.semantics.objections import malformed_variable

        yield malformed_variable(at, text, error)


def _misplaced(at: At, text: str, place: str, rule: str) -> Finding:
    from policy_eval.semantics.objections import misplaced_variable

    return misplaced_variable(at, text, place, rule)


def _without_version(at: At, text: str) -> Finding:
    from policy_eval.semantics.objections import variable_without_version

    return variable_without_version(at, text)


# Conditions


def _conditions(policy: Policy, statement: Statement) -> Iterator[Finding]:
    known: dict[str, Operator] = {}
    for written in statement.operators:
        operator = _operator(written)
        if operator is not None:
            known[written] = operator
            if operator.name not in written:
                from policy_eval.semantics.objections import operator_case

                yield operator_case(statement.number, written, operator.name)
        else:
            from policy_eval.semantics.objections import unknown_operator

            keys = [each.key for each in statement.conditions if each.operator == written]
            yield unknown_operator(statement.number, written, keys)
    for condition in statement.conditions:
        if condition.operator in known:
            if not _has_prefix(condition.key):
                from policy_eval.semantics.objections import key_form

                yield key_form(statement.number, condition)
            yield from _values(policy, statement, condition, known[condition.operator])


def _values(
    policy: Policy, statement: Statement, condition: Condition, operator: Operator
) -> Iterator[Finding]:
    path = ("Condition", condition.operator, condition.key)
    for index, text in enumerate(condition.values):
        if text is UNREAD:
            continue
        at = (statement.number, (*path, index))
        if "${" in text and not policy.has_variables and operator.variables:
            yield _without_version(at, text)
        if policy.has_variables and "${" in text:
            if not operator.variables:
                yield _misplaced(at, text, f"a value of {condition.operator}", "R-VAR-03")
                continue
            yield from _malformed(at, text)
            continue  # what the variable stands for is not known here
        if not _is_readable(operator, text):
            from policy_eval.semantics.objections import unreadable_policy_value

            yield unreadable_policy_value(at, condition.operator, operator, text)


def _is_readable(operator: Operator, text: str) -> bool:
    if operator.view in _MEASURED and len(text) > LONGEST_NUMBER:
        return False
    pattern = parse_pattern(text, wildcards=operator.wildcards, variables=False)
    return operator.denote(tuple(p for p in pattern if not isinstance(p, Variable))) is not None
