"""A policy document as immutable data: what was written, nothing decided."""

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from policy_eval.errors import Place
from policy_eval.policy.policy_type import PolicyType
from policy_eval.text.source import Source

if TYPE_CHECKING:
    from typing import Protocol

    from policy_eval.policy.findings import Finding
    from policy_eval.policy.principal_element import PrincipalElement
    from policy_eval.text.node import Path, Span

    class Places(Protocol):
        """Finds where a thing inside a statement stands (statement 0: in the wrapper)."""

        def __call__(self, statement: int, path: Path, *, name: bool = False) -> Span:
            """Return the span of what `path` leads to; with `name`, of the member's name."""


DEFAULT_VERSION = "2008-10-17"
"""What a document without a Version is read as (R-GRAM-05)."""

CURRENT_VERSION = "2012-10-17"
"""The version whose documents have policy variables (R-VAR-02)."""


class Effect(Enum):
    """What a statement does to the requests it matches."""

    ALLOW = "Allow"
    DENY = "Deny"


class Form(Enum):
    """In which of the published forms a text held its statements."""

    DOCUMENT = "a policy document"
    STATEMENT = "one statement without a wrapper"
    LIST = "a list of statements without a wrapper"
    JOINED = "statements joined by commas, without a wrapper"


class Element(NamedTuple):
    """An Action or Resource element, or its Not form: the values as written."""

    name: str
    values: tuple[str, ...]
    negated: bool


class Condition(NamedTuple):
    """One operator applied to one condition key: the names and values as written."""

    operator: str
    key: str
    values: tuple[str, ...]


WHAT_IT_IS_ATTACHED_TO = Element("Resource", ("*",), negated=False)
"""The resource of a statement in a policy type that may or must leave Resource out."""


class Statement(NamedTuple):
    """One statement. `number` counts from 1 within the document; `start` is its opening brace.

    `operators` are the operators of its Condition, also those over no key. `unusable` says what
    in it cannot be understood (it may or may not apply); empty where all of it can.
    """

    number: int
    sid: str | None
    effect: Effect
    action: Element
    resource: Element
    conditions: tuple[Condition, ...]
    start: int
    operators: tuple[str, ...] = ()
    principal: "PrincipalElement | None" = None
    unusable: str = ""


class Policy(NamedTuple):
    """One policy document.

    `version` is None where none is written (see `DEFAULT_VERSION`). `findings` are
    problems that AWS would let pass, or that were accepted; `places` finds what stands inside
    the document; `stored` is its text as it would be stored; `found_in` says in what the document
    stood, empty where it is the whole text. `accepts_invalid`: what AWS refuses is read by each
    rule's lenient reading.
    """

    name: str
    version: str | None
    statements: tuple[Statement, ...]
    form: Form
    source: Source
    places: "Places"
    findings: "tuple[Finding, ...]" = ()
    type: PolicyType = PolicyType.IDENTITY
    stored: str = ""
    found_in: str = ""
    accepts_invalid: bool = False

    @property
    def has_variables(self) -> bool:
        """Whether `${…}` is a policy variable here, not literal text (R-VAR-02)."""
        return self.version == CURRENT_VERSION

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What was assumed to read this text, in sentences."""
        notes = [f"read from {self.found_in}"] if self.found_in else []
        if self.form is not Form.DOCUMENT:
            count = len(self.statements)
            notes.append(f"read as a policy of {count} statement{'s' * (count != 1)}")
        if self.version is None:
            literal = ": `${…}` is literal text" if "${" in self.source.text else ""
            notes.append(f"no Version, so {DEFAULT_VERSION}{literal}")
        return tuple(notes)

    def label(self, statement: Statement) -> str:
        """Return the name of one of its statements: the Sid, or `file#N`."""
        return statement.sid or f"{self.name}#{statement.number}"

    def place(self, statement: Statement) -> Place:
        """Return the line and column of one of its statements."""
        return self.source.place(statement.start)
