"""The Principal and NotPrincipal elements of a statement: their shape, by policy type.

What a principal's text must be is judged in `semantics.principal_values`. Rules: R-PRIN-01,
R-EXT-02, R-TYPE-02, R-TYPE-04.
"""

from typing import NamedTuple

from policy_eval.errors import cut
from policy_eval.policy.collector import UNREAD, UNUSABLE, Collector, shown
from policy_eval.policy.policy_type import RULES, PolicyType
from policy_eval.text.node import Json, Path

PRINCIPAL_KINDS = ("AWS", "Service", "Federated", "CanonicalUser")


class PrincipalValue(NamedTuple):
    """One principal: its kind (`AWS`, `Service`, …; `*` where no map is written) and its text."""

    kind: str
    text: str


class PrincipalElement(NamedTuple):
    """A Principal or NotPrincipal element: the values as written, in order."""

    name: str
    values: tuple[PrincipalValue, ...]
    negated: bool


def read_principal(
    problems: Collector, policy_type: PolicyType, members: dict[str, Json]
) -> PrincipalElement | None:
    """Return a statement's Principal or NotPrincipal; None where it has none."""
    rules = RULES[policy_type]
    given = [name for name in ("Principal", "NotPrincipal") if name in members]
    if not given:
        if "Principal" in rules.required and "Principal" not in problems.meant:
            _missing(problems, policy_type)
        return None
    if len(given) > 1:
        problems.both(*given)
    name = given[0]
    negated = name == "NotPrincipal"
    if name in rules.forbidden:
        rule, remedy = _why_not(policy_type)
        problems.not_allowed(policy_type, name, rule, remedy)
    values = _Reader(problems, name).values(members[name])
    return None if name in rules.forbidden else PrincipalElement(name, values, negated)


def _missing(problems: Collector, policy_type: PolicyType) -> None:
    remedy = "add Principal"
    if policy_type is PolicyType.RCP:
        remedy = 'add "Principal": "*"'
    elif "NotPrincipal" not in RULES[policy_type].forbidden:
        remedy = "add Principal or NotPrincipal"
    problems.error(
        "missing-element", (), "this statement has no Principal", "R-EXT-02", remedy=remedy,
        leniently="it applies to nobody",
    )  # fmt: skip


def _why_not(policy_type: PolicyType) -> tuple[str, str]:
    """Return the rule that forbids a principal element in a type, and what to do."""
    if "Principal" in RULES[policy_type].forbidden:
        return "R-GRAM-02", (
            "remove it: the policy applies to whom it is attached to; a policy with a Principal "
            "is a resource-based or role trust policy"
        )
    rule = "R-TYPE-04" if policy_type is PolicyType.TRUST else "R-TYPE-02"
    return rule, "name whom it applies to under Principal"


class _Reader:
    """Reads the value of one element."""

    def __init__(self, problems: Collector, name: str) -> None:
        self._problems = problems
        self._name = name

    def values(self, value: Json) -> tuple[PrincipalValue, ...]:
        if value == "*":
            return (PrincipalValue("*", "*"),)
        if not isinstance(value, dict):
            kinds = '{"AWS": "111122223333"} or {"Service": "ec2.amazonaws.com"}'
            written = f'write {{"{_likely_kind(value)}": "{cut(str(value))}"}}'
            if isinstance(value, list):
                written = 'write {"AWS": [...]}'
            self._problems.error(
                "principal-form", (self._name,), f"{self._name} is {shown(value)}", "R-PRIN-01",
                expected=f'"*", or a map such as {kinds}',
                remedy=written if value and type(value) in (str, list) else "",
            )  # fmt: skip
            return ()
        if not value:
            self._empty((self._name,), self._name)
        found: list[PrincipalValue] = []
        for kind, texts in value.items():
            if kind not in PRINCIPAL_KINDS:
                self._unknown_kind(kind)
            found += self._of_kind(kind, texts)
        return tuple(found)

    def _of_kind(self, kind: str, texts: Json) -> list[PrincipalValue]:
        values = texts if isinstance(texts, list) else [texts]
        if not values:
            self._empty((self._name, kind), f"{self._name} {cut(kind)}")
        found = []
        for index, text in enumerate(values):
            path = (self._name, kind, index)
            if type(text) is str:
                self._problems.length(path, text)
                found.append(PrincipalValue(kind, text))
            else:
                expected = "text" if isinstance(texts, list) else "text, or a list of texts"
                self._problems.wrong_type(path, cut(kind), text, "R-GRAM-09", expected)
                found.append(PrincipalValue(kind, UNREAD))
        return found

    def _empty(self, path: Path, what: str) -> None:
        message = f"{what} names nobody: the statement has no effect"
        self._problems.warn("empty-element", path, message, "R-GRAM-11")

    def _unknown_kind(self, kind: str) -> None:
        from difflib import get_close_matches  # only when something is wrong

        folded = {each.lower(): each for each in PRINCIPAL_KINDS}
        near = get_close_matches(kind.lower(), folded, 1)
        remedy = f"did you mean `{folded[near[0]]}`" if near else ""
        if kind == "*":
            remedy = f'write "{self._name}": "*"'
        elif kind in ("Action", "NotAction", "Resource", "NotResource", "Condition", "Effect"):
            remedy = f"it belongs beside {self._name}, not into it"
            self._problems.meant |= {kind}
        self._problems.error(
            "unknown-principal-kind", (self._name, kind),
            f"`{cut(kind)}` is no kind of principal", "R-PRIN-01", name=True, leniently=UNUSABLE,
            expected="" if remedy else ", ".join(PRINCIPAL_KINDS), remedy=remedy,
        )  # fmt: skip


def _likely_kind(value: Json) -> str:
    text = str(value)
    return "Service" if text.endswith((".amazonaws.com", ".amazonaws.com.cn")) else "AWS"
