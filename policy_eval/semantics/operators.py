"""The operator table: each condition operator of AWS, defined once.

An operator is a view of the context value and a denotation: a policy value becomes the set of
context values it accepts. Several policy values are a union, a negated operator its complement.
`ForAllValues:`, `ForAnyValue:` and `IfExists` are no operators: see `absence` and `lower`.

AWS: "IAM JSON policy elements: Condition operators" (R-COND-10 … R-COND-21).
"""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from policy_eval.policy.arn import ARN_FIELDS
from policy_eval.policy.pattern import Glob, Wildcard, glob_text
from policy_eval.semantics.sets import (
    EVERYTHING,
    ArnMatching,
    Matching,
    Network,
    OneOf,
    Range,
    ValueSet,
)
from policy_eval.semantics.views import (
    FULL_LENGTH,
    View,
    parse_address,
    read_boolean,
    read_bytes,
    read_instant,
    read_number,
)
from policy_eval.text.folding import fold

Denotation: TypeAlias = Callable[[Glob], ValueSet | None]
"""A resolved policy value → the context values it accepts; None where the value is malformed."""


_WANTED = {
    View.ADDRESS: "an IP address or CIDR range",
    View.INSTANT: "a date such as 2026-01-01T00:00:00Z, or epoch seconds",
}


class Operator(NamedTuple):
    """One row: how the context value is read, and what a policy value accepts.

    `wildcards` and `variables` say what a policy value may hold; `wanted` names the policy
    value in messages; `says` is what an explanation puts
    before them.
    """

    name: str
    view: View
    denote: Denotation
    says: str
    wildcards: bool = False
    variables: bool = False
    negated: bool = False

    @property
    def wanted(self) -> str:
        """What a policy value must be."""
        return _WANTED.get(self.view, self.view.value)


def exactly(value: Glob) -> ValueSet | None:
    """Accept the text itself (R-COND-10)."""
    text = glob_text(value)
    return None if text is None else OneOf(frozenset((text,)))


def exactly_folded(value: Glob) -> ValueSet | None:
    """Accept the text in any case."""
    text = glob_text(value)
    return None if text is None else OneOf(frozenset((fold(text),)))


def matching(value: Glob) -> ValueSet | None:
    """Accept texts matching the glob."""
    if value == (Wildcard.ANY_RUN,):
        return EVERYTHING
    return Matching(value) if glob_text(value) is None else exactly(value)


def matching_arn(value: Glob) -> ValueSet | None:
    """Accept ARNs that match field by field (R-COND-18); fewer than six fields are malformed."""
    fields: list[list[str | Wildcard]] = [[]]
    for piece in value:
        if isinstance(piece, Wildcard):
            fields[-1].append(piece)
            continue
        cuts = piece.split(":", ARN_FIELDS - len(fields))
        if cuts[0]:
            fields[-1].append(cuts[0])
        fields.extend([cut] if cut else [] for cut in cuts[1:])
    if len(fields) != ARN_FIELDS:
        return None
    return ArnMatching(tuple(tuple(field) for field in fields))


def one_truth(value: Glob) -> ValueSet | None:
    """Accept true or accept false (R-COND-15)."""
    truth = read_boolean(glob_text(value) or "")
    return None if truth is None else OneOf(frozenset((truth,)))


def one_presence(value: Glob) -> ValueSet | None:
    """Accept null for `true`, a present value for `false` (R-COND-21)."""
    truth = read_boolean(glob_text(value) or "")
    return None if truth is None else OneOf(frozenset((not truth,)))


def same_bytes(value: Glob) -> ValueSet | None:
    """Accept the bytes that the base64 text stands for (R-COND-16)."""
    read = read_bytes(glob_text(value) or "")
    return None if read is None else OneOf(frozenset((read,)))


def network(value: Glob) -> ValueSet | None:
    """Accept the addresses of a CIDR range; host bits are ignored (R-COND-17, R-EXT-08)."""
    address, slash, mask = (glob_text(value) or "").partition("/")
    parsed = parse_address(address)
    if parsed is None:
        return None
    full = FULL_LENGTH[parsed.family]
    if slash and mask not in {str(bits) for bits in range(full + 1)}:
        return None
    host_bits = full - int(mask) if slash else 0
    low = parsed.number >> host_bits << host_bits
    return Network(parsed.family, low, low + (1 << host_bits) - 1)


def compared(read: Callable[[str], object], sign: str) -> Denotation:
    """Return the denotation of a comparison: context value *sign* policy value."""
    included = "=" in sign

    def denote(value: Glob) -> ValueSet | None:
        from decimal import Decimal

        bound = read(glob_text(value) or "")
        if not isinstance(bound, Decimal):
            return None
        low = None if "<" in sign else bound
        high = None if ">" in sign else bound
        return Range(low, high, included, included)

    return denote


def _numeric(name: str, sign: str, says: str, *, negated: bool = False) -> Operator:
    return Operator(name, View.NUMBER, compared(read_number, sign), says, negated=negated)


def _date(name: str, sign: str, says: str, *, negated: bool = False) -> Operator:
    return Operator(name, View.INSTANT, compared(read_instant, sign), says, negated=negated)


_ROWS = (
    Operator("StringEquals", View.TEXT, exactly, "", variables=True),
    Operator("StringNotEquals", View.TEXT, exactly, "", variables=True, negated=True),
    Operator("StringEqualsIgnoreCase", View.FOLDED, exactly_folded, "in any case",
             variables=True),
    Operator("StringNotEqualsIgnoreCase", View.FOLDED, exactly_folded, "in any case",
             variables=True, negated=True),
    Operator("StringLike", View.TEXT, matching, "like", wildcards=True, variables=True),
    Operator("StringNotLike", View.TEXT, matching, "like", wildcards=True, variables=True,
             negated=True),
    _numeric("NumericEquals", "=", "equal to"),
    _numeric("NumericNotEquals", "=", "equal to", negated=True),
    _numeric("NumericLessThan", "<", "less than"),
    _numeric("NumericLessThanEquals", "<=", "at most"),
    _numeric("NumericGreaterThan", ">", "greater than"),
    _numeric("NumericGreaterThanEquals", ">=", "at least"),
    _date("DateEquals", "=", ""),
    _date("DateNotEquals", "=", "", negated=True),
    _date("DateLessThan", "<", "before"),
    _date("DateLessThanEquals", "<=", "not after"),
    _date("DateGreaterThan", ">", "after"),
    _date("DateGreaterThanEquals", ">=", "not before"),
    Operator("Bool", View.BOOLEAN, one_truth, "", variables=True),
    Operator("BinaryEquals", View.BYTES, same_bytes, ""),
    Operator("IpAddress", View.ADDRESS, network, "in"),
    Operator("NotIpAddress", View.ADDRESS, network, "in", negated=True),
    Operator("ArnEquals", View.ARN, matching_arn, "like", wildcards=True, variables=True),
    Operator("ArnLike", View.ARN, matching_arn, "like", wildcards=True, variables=True),
    Operator("ArnNotEquals", View.ARN, matching_arn, "like", wildcards=True, variables=True,
             negated=True),
    Operator("ArnNotLike", View.ARN, matching_arn, "like", wildcards=True, variables=True,
             negated=True),
    Operator("Null", View.PRESENCE, one_presence, ""),
)  # fmt: skip

OPERATORS = {row.name.lower(): row for row in _ROWS}
"""Every base operator, by its name in lower case (R-GRAM-08)."""
