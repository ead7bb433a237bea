"""The name of a condition operator: `[ForAllValues:|ForAnyValue:]Base[IfExists]`.

The language is `grammar/operator.lark`; this parser is the fast one, held equal to the grammar
by a property test. Rules: R-COND-07, R-GRAM-08 (operator names ignore case).
"""

from enum import Enum
from typing import NamedTuple


class SetOperator(Enum):
    """The part before the colon: how several context values are taken together."""

    FOR_ALL_VALUES = "ForAllValues"
    FOR_ANY_VALUE = "ForAnyValue"


class OperatorName(NamedTuple):
    """A condition operator's name in its three parts; `base` as written."""

    set_operator: SetOperator | None
    base: str
    if_exists: bool


_SET_OPERATORS = {operator.value.lower(): operator for operator in SetOperator}
_IF_EXISTS = "ifexists"


def parse_operator_name(text: str) -> OperatorName | None:
    """Return the parts of an operator's name, or None where `text` is none."""
    prefix, colon, rest = text.rpartition(":")
    set_operator = _SET_OPERATORS.get(prefix.lower()) if colon else None
    if colon and set_operator is None:
        return None
    if_exists = rest.lower().endswith(_IF_EXISTS)
    base = rest[: -len(_IF_EXISTS)] if if_exists else rest
    return (
        OperatorName(set_operator, base, if_exists) if base.isascii() and base.isalpha() else None
    )
