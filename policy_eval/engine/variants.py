"""Variants of statements, matched in the place of the originals: one look at many of them.

A variant stands in the policy and layer of its original, so whatever holds of an original's
layer holds of it. Variants decide nothing: they are bits beside the decision.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from policy_eval.engine.decision import Attachment
from policy_eval.engine.program import Program
from policy_eval.engine.scalar import matches
from policy_eval.policy.ast import Statement
from policy_eval.semantics.authorization import Case
from policy_eval.semantics.request_context import RequestContext


class Matching(NamedTuple):
    """Which variants match, as bits: surely, and possibly."""

    sure: int
    possible: int


class Variants:
    """Statements in the place of others. Bits count the variants in the order in which they came.

    `given` are pairs: the number of the attachment, in ascending order, and the variant that
    stands in its policy.
    """

    __slots__ = ("_program",)

    def __init__(
        self, attachments: Sequence[Attachment], given: Sequence[tuple[int, Statement]]
    ) -> None:
        standing: list[list[Statement]] = [[] for _ in attachments]
        for place, statement in given:
            standing[place].append(statement)
        self._program = Program(
            [
                attachment._replace(policy=attachment.policy._replace(statements=tuple(those)))
                for attachment, those in zip(attachments, standing, strict=True)
            ]
        )

    def matches(self, context: RequestContext, case: Case) -> Matching:
        """Return which variants match a request, surely and possibly, as bits.

        Raises RequestError where a variant cannot read a value.
        """
        match = matches(self._program, context, case)
        whole = match.action.in_program
        return Matching(whole(match.sure), whole(match.possible))
