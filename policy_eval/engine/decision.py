"""Decisions: the word, what gave it, and what it hangs on."""

from typing import TYPE_CHECKING, NamedTuple, NoReturn, Self

from policy_eval.errors import Place
from policy_eval.policy.ast import Policy, Statement
from policy_eval.semantics.authorization import Word
from policy_eval.semantics.layers import IN_LEVELS, Layer
from policy_eval.semantics.service_rules import Remark

if TYPE_CHECKING:
    from policy_eval.engine.residual.condition import Condition
    from policy_eval.engine.residual.residual import Residual


class Attachment(NamedTuple):
    """A policy in its layer.

    `level` counts the levels of an organization from 1, root first; of a resource's policies it
    says which (`Attached.resource_policies`).
    """

    layer: Layer
    level: int
    policy: Policy


class Entry(NamedTuple):
    """A statement, and the policy it stands in, in its layer."""

    attachment: Attachment
    statement: Statement

    @property
    def policy(self) -> Policy:
        """The policy it stands in."""
        return self.attachment.policy


class Deciding(NamedTuple):
    """A statement that decided: its layer, policy, number (from 1), Sid, and place.

    `level` is as for `Attachment`; `end` is where the statement ends.
    """

    policy: str
    number: int
    sid: str | None
    place: Place
    end: Place
    layer: Layer
    level: int

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """Return the record of an entry."""
        (layer, level, policy), statement = entry
        end = policy.source.place(policy.places(statement.number, ()).end)
        return cls(
            policy.name, statement.number, statement.sid, policy.place(statement), end, layer, level
        )

    @property
    def label(self) -> str:
        """The Sid, or `file#N`."""
        return self.sid or f"{self.policy}#{self.number}"

    @property
    def title(self) -> str:
        """The policy and the number, and the Sid if there is one: `file#N (Sid)`."""
        return f"{self.policy}#{self.number}" + (f" ({self.sid})" if self.sid else "")

    def to_dict(self) -> dict[str, object]:
        """Return the record as plain data, in stable field names."""
        return {
            "layer": self.layer.value,
            "level": self.level if self.layer in IN_LEVELS else None,
            "policy": self.policy,
            "statement": self.number,
            "sid": self.sid,
            "line": self.place.line,
            "column": self.place.column,
            "end_line": self.end.line,
            "end_column": self.end.column,
        }


class Decision:
    """What AWS would decide. `bool()` of it raises: "undetermined" is neither yes nor no.

    `decision` is `allowed`, `explicitDeny`, `implicitDeny` or `undetermined`; `allowed` is
    True, False, or None where it is not known. `matched` names the statements that decided.
    `decided_by` is the layer that decided (`layers.Layer`), None where none did. `action` is what
    was asked; `blocked_by` the further action of the call that failed, if it was not `action`
    itself. `missing_context` names the unknown keys that matter, `unknown_layers` the layers of
    which nobody knows the policies; `residual` says what an undetermined answer hangs on, None
    where it is determined or nobody asked. `reason` says why where no statement does, `remarks`
    what the services refuse whatever the policies are.
    """

    __slots__ = (
        "_allowed",
        "action",
        "blocked_by",
        "decided_by",
        "missing_context",
        "reason",
        "remarks",
        "residual",
        "statements",
        "unknown_layers",
        "word",
    )

    word: Word
    action: str
    statements: tuple[Deciding, ...]
    missing_context: tuple[str, ...]
    reason: str
    blocked_by: str | None
    remarks: tuple[Remark, ...]
    decided_by: Layer | None
    unknown_layers: tuple[Layer, ...]
    residual: "Residual | None"
    _allowed: bool | None

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
        decided_by: Layer | None = None,
        unknown_layers: tuple[Layer, ...] = (),
        residual: "Residual | None" = None,
    ) -> None:
        keep = object.__setattr__
        keep(self, "word", word)
        keep(self, "_allowed", allowed)
        keep(self, "action", action)
        keep(self, "statements", statements)
        keep(self, "missing_context", missing_context)
        keep(self, "reason", reason)
        keep(self, "blocked_by", blocked_by)
        keep(self, "remarks", remarks)
        keep(self, "decided_by", decided_by)
        keep(self, "unknown_layers", unknown_layers)
        keep(self, "residual", residual)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        message = f"a Decision is immutable: {name}"  # equal calls share one
        raise AttributeError(message)

    def __setstate__(self, state: tuple[None, dict[str, object]]) -> None:
        for name, value in state[1].items():
            object.__setattr__(self, name, value)

    @property
    def decision(self) -> str:
        """The word of the decision, as AWS's simulator spells it."""
        return self.word.value

    @property
    def allowed(self) -> bool | None:
        """True, False, or None where it is not known."""
        return self._allowed

    @property
    def allow_if(self) -> "Condition | None":
        """The exact condition under which an undetermined call is allowed; else None."""
        return self.residual.allow_if if self.residual else None

    @property
    def deny_if(self) -> "Condition | None":
        """The exact condition under which an undetermined call is explicitly denied; else None."""
        return self.residual.deny_if if self.residual else None

    @property
    def refused_by_service(self) -> bool:
        """Whether the service refuses the call whatever IAM decides; `remarks` say why."""
        return bool(self.remarks)

    @property
    def matched(self) -> tuple[str, ...]:
        """The statements that decided: Sids, or `file#N`."""
        return tuple(statement.label for statement in self.statements)

    def blocked(self, by: "Decision | None") -> "Decision":
        """Return the decision of a call of which this part was allowed and `by` was not.

        None: this part itself is the one that was not.
        """
        remarks = self.remarks
        if by is None:
            by = self
        else:
            remarks = tuple(dict.fromkeys((*remarks, *by.remarks)))
        return Decision(
            by.word,
            by.allowed,
            self.action,
            statements=by.statements,
            missing_context=by.missing_context,
            reason=by.reason,
            blocked_by=by.action,
            remarks=remarks,
            decided_by=by.decided_by,
            unknown_layers=by.unknown_layers,
            residual=by.residual,
        )

    def beside(self, part: "Decision") -> "Decision":
        """Return this decision of a call of which `part` is allowed: with what is said of both."""
        if not part.remarks:
            return self
        return Decision(
            self.word,
            self.allowed,
            self.action,
            statements=self.statements,
            missing_context=self.missing_context,
            reason=self.reason,
            blocked_by=self.blocked_by,
            remarks=tuple(dict.fromkeys((*self.remarks, *part.remarks))),
            decided_by=self.decided_by,
            unknown_layers=self.unknown_layers,
            residual=self.residual,
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
            "decided_by": self.decided_by and self.decided_by.value,
            "matched": [statement.to_dict() for statement in self.statements],
            "blocked_by": self.blocked_by,
            "missing_context": list(self.missing_context),
            "unknown_layers": [layer.value for layer in self.unknown_layers],
            "residual": self.residual and self.residual.to_dict(),
            "reason": self.reason,
            "refused_by_service": self.refused_by_service,
            "remarks": [{"text": remark.text, "rule": remark.rule} for remark in self.remarks],
        }
