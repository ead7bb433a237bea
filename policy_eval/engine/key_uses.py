"""Where a statement reads condition keys: as what, under which operator or element, on which line.

A key is read as a condition key, or as a policy variable in the resource or in a condition's value.
Rules: R-VAR-01 … R-VAR-06.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from typing import NamedTuple

from policy_eval.engine.decision import Entry
from policy_eval.errors import Place
from policy_eval.policy.ast import Condition, Effect, Policy, Statement
from policy_eval.policy.pattern import Variable
from policy_eval.semantics.layers import Layer
from policy_eval.semantics.lower import (
    Key,
    Template,
    Test,
    key_named,
    lower_condition,
    lower_resource,
)
from policy_eval.semantics.readings import OUR_READING
from policy_eval.text.node import Path


class How(Enum):
    """As what a statement reads a key."""

    CONDITION_KEY = "condition_key"
    VARIABLE = "variable"


class Use(NamedTuple):
    """Where a statement reads a key.

    `within` is the operator of the condition (`StringLike`) or the element (`Resource`), `compared`
    the key with which a variable is compared. `holds_without` says whether the condition holds in a
    request without the key; None for a variable, of which `default` is used, or nothing matches.
    """

    policy: str
    layer: Layer
    effect: Effect
    sid: str | None
    number: int
    place: Place
    how: How
    within: str
    compared: str = ""
    default: str | None = None
    holds_without: bool | None = None


class Read(NamedTuple):
    """A key and where it is read."""

    key: Key
    use: Use


def may_read(policy: Policy, statement: Statement) -> bool:
    """Return whether a statement may read a key, at a glance."""
    return bool(statement.conditions) or any(_has_variable(policy, statement.resource.values))


def _has_variable(policy: Policy, values: Iterable[str]) -> Iterator[bool]:
    return (policy.has_variables and "${" in text for text in values)


def reads_of(entry: Entry) -> Iterator[Read]:
    """Yield what a statement reads: each key once for each operator or element it stands under."""
    seen: set[tuple[str, How, str, str, str | None]] = set()
    for read in (*_resource_reads(entry), *_condition_reads(entry)):
        use = read.use
        same = (read.key.folded, use.how, use.within, use.compared, use.default)
        if same not in seen:
            seen.add(same)
            yield read


def _resource_reads(entry: Entry) -> Iterator[Read]:
    policy, statement = entry.policy, entry.statement
    element = statement.resource
    for index, has_variable in enumerate(_has_variable(policy, element.values)):
        if has_variable:
            alone = element._replace(values=element.values[index : index + 1])
            test = lower_resource(policy, statement._replace(resource=alone), OUR_READING)
            path = (element.name, index)
            yield from _variable_reads(entry, test, path, element.name)


def _condition_reads(entry: Entry) -> Iterator[Read]:
    policy, effect = entry.policy, entry.statement.effect
    for condition in entry.statement.conditions:
        test = lower_condition(condition, policy, effect, OUR_READING)
        operator, key = condition.operator, condition.key
        use = _use(entry, ("Condition", operator, key), How.CONDITION_KEY, operator, name=True)
        yield Read(key_named(key), use._replace(holds_without=test.when_absent))
        for index, has_variable in enumerate(_has_variable(policy, condition.values)):
            if has_variable:
                alone = Condition(operator, key, condition.values[index : index + 1])
                test = lower_condition(alone, policy, effect, OUR_READING)
                path = ("Condition", operator, key, index)
                yield from _variable_reads(entry, test, path, operator, key)


def _variable_reads(
    entry: Entry, test: Test, path: Path, within: str, compared: str = ""
) -> Iterator[Read]:
    patterns = test.accepts.patterns if isinstance(test.accepts, Template) else ()
    pieces = (piece for pattern in patterns for piece in pattern)
    for variable in pieces:
        if isinstance(variable, Variable) and not variable.is_escape:
            use = _use(entry, path, How.VARIABLE, within)
            use = use._replace(compared=compared, default=variable.default)
            yield Read(key_named(variable.key), use)


def _use(entry: Entry, path: Path, how: How, within: str, *, name: bool = False) -> Use:
    policy, statement = entry.policy, entry.statement
    place = policy.source.place(policy.places(statement.number, path, name=name).start)
    layer, effect, number = entry.attachment.layer, statement.effect, statement.number
    return Use(policy.name, layer, effect, statement.sid, number, place, how, within)
