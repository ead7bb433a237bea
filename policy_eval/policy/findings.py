"""Problems found in a policy, before anybody asks where exactly they stand.

Finding the place of something inside a statement costs a second, slower reading, so it is done
only when a problem is shown.
"""

from typing import NamedTuple

from policy_eval.errors import Severity
from policy_eval.text.node import Path


class Where(NamedTuple):
    """A place inside a policy: statement (0: the wrapper), path, and whether its name is meant."""

    statement: int
    path: Path
    name: bool = False


class Finding(NamedTuple):
    """One problem. `where` may also be an offset into the text."""

    severity: Severity
    code: str
    where: Where | int
    message: str
    remedy: str
    rule: str
