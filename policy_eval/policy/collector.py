"""What collects the problems of a document while it is built, and how values are named in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy_eval.errors import Severity, cut
from policy_eval.policy.policy_type import RULES, PolicyType
from policy_eval.text.limits import LONGEST_VALUE
from policy_eval.text.node import Json, Number, Path

if TYPE_CHECKING:
    from policy_eval.policy.findings import Finding

UNUSABLE = "the statement may or may not apply"
"""The lenient reading of what cannot be understood (R-GRAM-07, R-EXT-05)."""


class Unread(str):
    """Stands for an element of a list that is no text, so that the others keep their numbers."""

    __slots__ = ()


UNREAD = Unread()


class Collector:
    """Notes problems of the statement at hand (0: the wrapper), in `found`.

    `meant` are elements that stand in it under a wrong name, so that they are not missed too.
    """

    def __init__(self, found: list[Finding]) -> None:
        self.statement = 0
        self.found = found
        self.meant: frozenset[str] = frozenset()

    def error(
        self,
        code: str,
        path: Path,
        message: str,
        rule: str,
        *,
        expected: str = "",
        remedy: str = "",
        name: bool = False,
        leniently: str = "",
    ) -> None:
        """Note what AWS refuses. `leniently` is how it is read where that is accepted."""
        from policy_eval.policy.findings import Finding, Where  # only when there is a problem

        self.found.append(
            Finding(
                Severity.ERROR,
                code,
                Where(self.statement, path, name),
                message,
                remedy,
                rule,
                expected,
                leniently,
                unusable=leniently == UNUSABLE,
            )
        )

    def warn(self, code: str, path: Path, message: str, rule: str, remedy: str = "") -> None:
        """Note what AWS lets pass and a reader should know."""
        from policy_eval.policy.findings import Finding, Where

        where = Where(self.statement, path)
        self.found.append(Finding(Severity.WARNING, code, where, message, remedy, rule))

    def wrong_type(
        self, path: Path, what: str, value: Json, rule: str, expected: str,
        code: str = "wrong-type",
    ) -> None:  # fmt: skip
        """Note a value of a wrong JSON type. `what` holds it, or is it where it has no name."""
        held = "is" if len(path) == 1 else "holds"
        found = f"{what} {held} {shown(value)}" if what else f"found {shown(value)}"
        remedy = _mended(value) if path else ""
        self.error(code, path, found, rule, expected=expected, remedy=remedy)

    def both(self, plain: str, negated: str) -> None:
        """Note two elements of which a statement has one."""
        self.error(
            "element-combination", (negated,), f"{plain} and {negated} stand together",
            "R-GRAM-02", remedy="keep one of the two", name=True,
        )  # fmt: skip

    def not_allowed(self, policy_type: PolicyType, name: str, rule: str, remedy: str) -> None:
        """Note an element that this type of policy does not have."""
        self.error(
            "element-not-allowed", (name,),
            f"{name} may not stand in {RULES[policy_type].name}", rule,
            remedy=remedy, name=True, leniently=UNUSABLE,
        )  # fmt: skip

    def length(self, path: Path, text: str) -> None:
        """Note a value that is longer than any of AWS's."""
        if len(text) > LONGEST_VALUE:
            self.error(
                "value-too-long", path, f"this value has {len(text):,} characters, and no more "
                f"than {LONGEST_VALUE:,} are read", "", remedy="a whole policy of AWS has fewer",
            )  # fmt: skip


def _mended(value: Json) -> str:
    """Return the help for a value of a wrong type that has a likely cause."""
    if isinstance(value, Number):
        return f'write "{cut(value)}"'
    if isinstance(value, dict):
        if "Effect" in value:
            return "this is a statement; close what is open before it"
        if any(name == "Ref" or name.startswith("Fn::") for name in value):
            return "this is an intrinsic function of CloudFormation; its value is not known here"
    return ""


def shown(value: Json) -> str:
    """Return a value as a person would name it in a message."""
    if isinstance(value, Number):
        return f"the number {cut(value)}"
    if isinstance(value, str):
        return f"`{cut(value)}`" if value else "empty text"
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    kind = "an object" if isinstance(value, dict) else "a list"
    return kind if value else f"{kind} with nothing in it"
