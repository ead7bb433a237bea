"""Decisions: the word, what gave it, and what it hangs on."""

from typing import NamedTuple, NoReturn, Self

from policy_eval.errors import Place
from policy_eval.policy.ast import Policy, Statement
from policy_eval.semantics.authorization import Word
from policy_eval.semantics.service_rules import Remark


class Entry(NamedTuple):
    """A statement, and the policy it stands in."""

    policy: Policy
    statement: Statement


class Deciding(NamedTuple):
    """A statement that decided: its policy, number (from 1), Sid, and place."""

    policy: str
    number: int
    sid: str | None
    place: Place

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """Return the record of an entry."""
        policy, statement = entry
        return cls(policy.name, statement.number, statement.sid, policy.place(statement))

    @property
    def label(self) -> str:
        """The Sid, or `file#N`."""
        return self.sid or f"{self.policy}#{self.number}"


class Decision:
    """What AWS would decide. `bool()` of it raises: "undetermined" is neither yes nor no.

    `decision` is `allowed`, `explicitDeny`, `implicitDeny` or `undetermined`; `allowed` is
    True, False, or None where it is not known. `matched` names the statements that decided.
    `action` is what was asked; `blocked_by` the further action of the call that failed, if it
    was not `action` itself. `missing_context` names the unknown keys that matter, `reason` says
    why where no statement does, `remarks` what the services say whatever the policies are.
    """

    __slots__ = (
        "_allowed",
        "action",
        "blocked_by",
        "missing_context",
        "reason",
        "remarks",
        "statements",
        "word",
    )

    def __init__(
        self,
        word: Word,
        allowed: bool | None,  # noqa: FBT001 - three values, always named by callers
        action: str,
        *,
        statements: tuple[Deciding, ...] = (),
        missing_context: tuple[str, ...] = (),
        reason: str = "",
        blocked_by: str | None = None,
        remarks: tuple[Remark, ...] = (),
    ) -> None:
        self.word = word
        self._allowed = allowed
        self.action = action
        self.statements = statements
        self.missing_context = missing_context
        self.reason = reason
        self.blocked_by = blocked_by
        self.remarks = remarks

    @property
    def decision(self) -> str:
        """The word of the decision, as AWS's simulator spells it."""
        return self.word.value

    @property
    def allowed(self) -> bool | None:
        """True, False, or None where it is not known."""
        return self._allowed

    @property
    def matched(self) -> tuple[str, ...]:
        """The statements that decided: Sids, or `file#N`."""
        return tuple(statement.label for statement in self.statements)

    def blocked(self, by: "Decision") -> "Decision":
        """Return the decision of a call of which this part was allowed and `by` was not."""
        return Decision(
            by.word,
            by.allowed,
            self.action,
            statements=by.statements,
            missing_context=by.missing_context,
            reason=by.reason,
            blocked_by=by.action,
            remarks=(*self.remarks, *by.remarks),
        )

    def __bool__(self) -> NoReturn:
        message = (
            "a Decision is not a yes or no; ask `.allowed` (True, False or None) or `.decision`"
        )
        raise TypeError(message)

    def __repr__(self) -> str:
        blocked = f", blocked by {self.blocked_by}" if self.blocked_by else ""
        return f"<Decision {self.decision}: {self.action}{blocked}>"

    def to_dict(self) -> dict[str, object]:
        """Return the decision as plain data, in stable field names."""
        return {
            "action": self.action,
            "decision": self.decision,
            "allowed": self.allowed,
            "matched": [
                {
                    "policy": statement.policy,
                    "statement": statement.number,
                    "sid": statement.sid,
                    "line": statement.place.line,
                    "column": statement.place.column,
                }
                for statement in self.statements
            ],
            "blocked_by": self.blocked_by,
            "missing_context": list(self.missing_context),
            "reason": self.reason,
            "remarks": [{"text": remark.text, "rule": remark.rule} for remark in self.remarks],
        }
