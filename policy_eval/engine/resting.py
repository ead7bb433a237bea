"""What an answer rests on: an open point, and what either reading of it decides."""

from typing import NamedTuple

from policy_eval.semantics.readings import ABOUT, OpenPoint

REFUSED = "invalid"
"""The outcome where the request is refused, as suites spell it."""


class RestsOn(NamedTuple):
    """A rule that AWS leaves open, of which the other reading changes the decision.

    `ours` and `other` are the decisions of the two readings (`allowed`, `explicitDeny`,
    `implicitDeny`, `undetermined`), or `invalid` where the request is refused. `never_allowed`
    says whether the call is denied under both. `conditions` are those under which the call is
    allowed by either reading, where both leave it undetermined and these differ. Source: "Open
    points" in docs/semantics.md.
    """

    rule: str
    ours: str
    other: str
    never_allowed: bool = False
    conditions: tuple[str, str] | None = None

    @property
    def about(self) -> str:
        """What AWS leaves open, in words."""
        return ABOUT[OpenPoint(self.rule)]

    @property
    def test(self) -> str:
        """What to test live, in a line; `policy-eval rule` has the whole experiment."""
        from policy_eval.semantics.experiments import EXPERIMENTS  # most answers rest on nothing

        return EXPERIMENTS[OpenPoint(self.rule)].title

    def to_dict(self) -> dict[str, object]:
        """Return the record as plain data, in stable field names."""
        return {
            "rule": self.rule,
            "about": self.about,
            "ours": self.ours,
            "other": self.other,
            "conditions": self.conditions and list(self.conditions),
            "test": self.test,
        }
