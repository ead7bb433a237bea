"""A further action that a call needs, as a row of a table."""

from enum import Enum
from typing import NamedTuple


class On(Enum):
    """The resource of a dependent action; the value is its word in files."""

    SAME_RESOURCE = "same-resource"
    VALUE_OF_KEY = "value-of-key"
    NOT_SAID = "not-said"


class Dependency(NamedTuple):
    """`action` also needs `needs` if the request carries `key` (a family ends in `/`).

    Without a key it always does. `on` says on which resource: that
    of the call, the ARN that the key holds, or one that the call names in its own way. `because`
    says why in a clause, `rule` the rule or source. `forwarded_by` is the service that makes the
    further call with the caller's permissions (`secretsmanager.amazonaws.com`), empty where the
    caller makes it.
    """

    action: str
    key: str
    needs: str
    on: On
    because: str
    rule: str
    forwarded_by: str = ""
