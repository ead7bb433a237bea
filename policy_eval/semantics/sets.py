"""Sets of accepted values: the closed family of shapes that engines match against.

Texts are matched by `OneOf`, `Matching`, `ArnMatching` and `ResourceMatching`; instants and
numbers by `Range`; addresses by `Network`; true/false, bytes and presence by `OneOf`.
Each engine reads the family in one `match` closed with `assert_never`.
"""

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, TypeAlias
from typing import Union as Either

from policy_eval.policy.pattern import Glob

if TYPE_CHECKING:
    from decimal import Decimal

ArnFields: TypeAlias = tuple[str, str, str, str, str, str]
"""An ARN cut at its first five colons (R-COND-18)."""


class Address(NamedTuple):
    """An IP address: family 4 or 6, and its value as a number."""

    family: int
    number: int


Value: TypeAlias = Either[str, bool, bytes, "Decimal", Address, ArnFields]
"""A context value as a view reads it."""


class Everything:
    """Every value."""

    __slots__ = ()


class Nothing:
    """No value."""

    __slots__ = ()


class OneOf(NamedTuple):
    """Exactly these values."""

    values: frozenset[Value]


class Matching(NamedTuple):
    """Texts matching a glob; `*` crosses everything (R-RES-02, C.2 StringLike)."""

    glob: Glob


class ArnMatching(NamedTuple):
    """ARNs whose six fields each match the glob of that field (R-COND-18)."""

    fields: tuple[Glob, ...]


class Stop(Enum):
    """Wildcards of a resource pattern that do not cross a colon (R-RES-04)."""

    ANY_RUN_IN_FIELD = "*"
    ANY_ONE_IN_FIELD = "?"


class ResourceMatching(NamedTuple):
    """Texts matching a pattern in which some wildcards stop at colons (R-RES-04)."""

    glob: tuple[str | Enum, ...]


class Range(NamedTuple):
    """Numbers, or instants as epoch seconds, between two bounds; None is no bound."""

    low: "Decimal | None"
    high: "Decimal | None"
    low_included: bool
    high_included: bool


class Network(NamedTuple):
    """Addresses of one family from `low` to `high`, both included."""

    family: int
    low: int
    high: int


class Union(NamedTuple):
    """What any member accepts; without members, nothing."""

    members: "tuple[ValueSet, ...]"


class Complement(NamedTuple):
    """What `of` does not accept."""

    of: "ValueSet"


ValueSet: TypeAlias = (
    Everything
    | Nothing
    | OneOf
    | Matching
    | ArnMatching
    | ResourceMatching
    | Range
    | Network
    | Union
    | Complement
)

EVERYTHING = Everything()
NOTHING = Nothing()


def union(members: tuple[ValueSet, ...]) -> ValueSet:
    """Return the union, simplified: `OneOf`s become one, `Everything` swallows the rest."""
    exact: set[Value] = set()
    others: list[ValueSet] = []
    for member in members:
        match member:
            case Everything():
                return EVERYTHING
            case OneOf(values):
                exact |= values
            case Nothing():
                pass
            case _:
                others.append(member)
    if exact:
        others.insert(0, OneOf(frozenset(exact)))
    if not others:
        return NOTHING
    return others[0] if len(others) == 1 else Union(tuple(others))


def complement(of: ValueSet) -> ValueSet:
    """Return the complement, simplified: twice is the set itself."""
    match of:
        case Everything():
            return NOTHING
        case Nothing():
            return EVERYTHING
        case Complement(inner):
            return inner
        case _:
            return Complement(of)
