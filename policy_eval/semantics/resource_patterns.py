"""Resource elements: ARN patterns, in which some wildcards stop at colons and some do not.

AWS: "IAM JSON policy elements: Resource", "Identify AWS resources with ARNs".
Rules: R-RES-01 … R-RES-11, R-VAR-03, R-VAR-08.
"""

from __future__ import annotations

from typing import TypeAlias

from policy_eval.policy.arn import ARN_FIELDS
from policy_eval.policy.pattern import Pattern, Variable, Wildcard, read_pattern
from policy_eval.semantics.readings import OpenPoint, Reading
from policy_eval.semantics.sets import EVERYTHING, Matching, OneOf, ResourceMatching, Stop, ValueSet

ResourcePattern: TypeAlias = tuple[str | Wildcard | Stop | Variable, ...]
"""A pattern whose wildcards already know whether they stop at colons."""

PARTITIONS = ("aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f",
              "aws-eusc")  # fmt: skip
"""The partitions of AWS; an ARN of another is remarked on, never refused."""

_STOPPING = {Wildcard.ANY_RUN: Stop.ANY_RUN_IN_FIELD, Wildcard.ANY_ONE: Stop.ANY_ONE_IN_FIELD}


_OF_API_GATEWAY = "execute-api:/"


def resource_patterns(
    text: str, *, variables: bool, completed: bool, reading: Reading
) -> tuple[ResourcePattern, ...]:
    """Return the patterns that one Resource value stands for; a resource matches any of them.

    Fewer than six fields are completed with `*` fields (R-RES-05), where the policy's type is
    `completed` or the text ends in `*`; then it also stands for itself. API Gateway completes
    `execute-api:/stage/…` with the ARN of its API.
    """
    if text.startswith(_OF_API_GATEWAY):
        text = f"arn:*:execute-api:*:*:*{text.removeprefix('execute-api:')}"
    pattern = read_pattern(text, wildcards=True, variables=variables)
    if pattern == (Wildcard.ANY_RUN,):
        return (pattern,)
    written, fields = _with_stops(pattern, reading)
    missing = ARN_FIELDS - fields
    if missing <= 0:
        return (written,)
    open_ended = bool(pattern) and pattern[-1] is Wildcard.ANY_RUN
    if not (completed or open_ended):
        return ()
    completion = tuple(piece for _ in range(missing) for piece in (":", Wildcard.ANY_RUN))
    whole, _ = _with_stops(pattern + completion, reading)
    return (written, whole) if open_ended else (whole,)


def _with_stops(pattern: Pattern, reading: Reading) -> tuple[ResourcePattern, int]:
    """Mark the wildcards that stop at colons, and count the fields (R-RES-04, R-RES-08)."""
    pieces: list[str | Wildcard | Stop | Variable] = []
    colons = 0
    for index, piece in enumerate(pattern):
        if isinstance(piece, str):
            colons += piece.count(":")
            pieces.append(piece)
        elif colons >= ARN_FIELDS - 1:
            pieces.append(piece)
        elif isinstance(piece, Variable):
            pieces.append(piece.text)  # before the fifth colon a variable is literal text
        elif piece is Wildcard.ANY_RUN and _ends_field(pattern, index, reading):
            pieces.append(piece)
        else:
            pieces.append(_STOPPING[piece])
    return tuple(pieces), min(colons, ARN_FIELDS - 1) + 1


def _ends_field(pattern: Pattern, index: int, reading: Reading) -> bool:
    if OpenPoint.STAR_CROSSES_COLONS in reading:
        return False
    following = pattern[index + 1] if index + 1 < len(pattern) else ":"
    return isinstance(following, str) and following.startswith(":")


def resource_set(pattern: tuple[str | Wildcard | Stop, ...]) -> ValueSet:
    """Return the set of resources that a resolved pattern matches."""
    if pattern == (Wildcard.ANY_RUN,):
        return EVERYTHING
    plain: list[str | Wildcard] = []
    for piece in pattern:
        if isinstance(piece, Stop):
            return ResourceMatching(pattern)
        if plain and isinstance(piece, str) and isinstance(last := plain[-1], str):
            plain[-1] = last + piece
        else:
            plain.append(piece)
    if all(isinstance(piece, str) for piece in plain):
        return OneOf(frozenset(("".join(map(str, plain)),)))
    return Matching(tuple(plain))


def early_variables(text: str) -> bool:
    """Return whether a variable stands before the fifth colon, where it is literal (R-RES-08)."""
    colons = 0
    for piece in read_pattern(text, wildcards=True, variables=True):
        if isinstance(piece, Variable) and colons < ARN_FIELDS - 1:
            return True
        if isinstance(piece, str):
            colons += piece.count(":")
    return False
