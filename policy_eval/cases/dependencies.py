"""The `dependent_actions` field: further actions that calls need, beside those known."""

from __future__ import annotations

from policy_eval.cases.format import DEPENDENT_ACTION
from policy_eval.policy.action import parse_action
from policy_eval.request.dependency import Dependency, On
from policy_eval.text.fields import Field


def read_dependencies(field: Field) -> tuple[Dependency, ...]:
    """Return the rows of a list of `{action, needs, when, on, because}`. Raises SuiteError."""
    return tuple(_row(item) for item in field.items())


def _row(item: Field) -> Dependency:
    members = item.checked(DEPENDENT_ACTION)
    for name in ("action", "needs"):
        if name not in members:
            raise item.refuse("missing-field", f"a dependent action has `{name}`")
        if parse_action(members[name].text()) is None:
            message = f"`{members[name].text()}` is no action"
            raise members[name].refuse("unknown-action", message, "write `service:Name`")
    words = {each.value: each for each in On}
    on = members["on"].text() if "on" in members else On.SAME_RESOURCE.value
    if on not in words:
        message = f"`{on}` is no place of a dependent action"
        raise members["on"].refuse("unknown-word", message, f"expected {', '.join(words)}")
    key = members["when"].text() if "when" in members else ""
    if key and ":" not in key:
        message = f"`{key}` is no condition key"
        raise members["when"].refuse("context-key", message, "write `prefix:Name`")
    if words[on] is On.VALUE_OF_KEY and not key:
        raise item.refuse("missing-field", "`on: value-of-key` wants the key in `when`")

    def text(name: str, otherwise: str) -> str:
        return members[name].text() if name in members else otherwise

    action = members["action"].text()
    return Dependency(
        action, key, members["needs"].text(), words[on],
        text("because", f"{action} needs it, as was said"), text("rule", "R-RES-12"),
        text("forwarded_by", ""),
    )  # fmt: skip
