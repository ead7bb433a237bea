"""Problems found in a policy, before anybody asks where exactly they stand.

Finding the place of something inside a statement costs a second, slower reading, so it is done
only when a problem is shown.
"""

from typing import NamedTuple

from policy_eval.errors import Severity
from policy_eval.text.node import Path, Span
from policy_eval.text.source import Source


class Where(NamedTuple):
    """A place inside a policy: statement (0: the wrapper), path, and whether its name is meant.

    `within` narrows it to some characters of the text that stands there.
    """

    statement: int
    path: Path
    name: bool = False
    within: Span | None = None


class Spot(NamedTuple):
    """A place in a text, which need not be the policy's own: it may be one around it."""

    source: Source
    span: Span


class Finding(NamedTuple):
    """One problem. `where` may also be a span of the policy's text, or a spot in another.

    `expected` says what should stand there, `remedy` how to mend it. `leniently` is how an error
    is read where what AWS refuses is accepted; empty where it stays an error. `unusable`: so
    read, the statement may or may not apply.
    """

    severity: Severity
    code: str
    where: Where | Span | Spot
    message: str
    remedy: str = ""
    rule: str = ""
    expected: str = ""
    leniently: str = ""
    unusable: bool = False
