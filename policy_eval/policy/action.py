"""The name of an action in a request: `service:Name`.

The language is `grammar/action.lark`; this parser is the fast one, held equal to the grammar by
a property test. AWS: "IAM JSON policy elements: Action" (R-ACT-01).
"""

from typing import NamedTuple


class Action(NamedTuple):
    """An action as written; AWS compares both parts without regard to case."""

    service: str
    name: str

    def __str__(self) -> str:
        return f"{self.service}:{self.name}"


def parse_action(text: str) -> Action | None:
    """Return the action that `text` names, or None where it names none (wildcards do not)."""
    service, colon, name = text.partition(":")
    if not (colon and text.isascii() and _word(service.replace("-", "")) and service[0] != "-"):
        return None
    return Action(service, name) if _word(name.replace("-", "0").replace("_", "0")) else None


def _word(text: str) -> bool:
    return text.isalnum()
