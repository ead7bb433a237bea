"""Document → Policy: the shape of an identity-based policy, every problem of it at once.

What is refused here is what AWS refuses to store (A.1, A.2, A.3); what AWS itself publishes is
only warned about. Names of operators and the text of typed values are judged in
`semantics.validity`, which knows them.
"""

from __future__ import annotations

from policy_eval.errors import Severity
from policy_eval.policy.ast import (
    CURRENT_VERSION,
    DEFAULT_VERSION,
    Condition,
    Effect,
    Element,
    Policy,
    Statement,
)
from policy_eval.policy.document import Document
from policy_eval.policy.findings import Finding, Where
from policy_eval.policy.pattern import MalformedVariableError, parse_pattern
from policy_eval.text.folding import fold
from policy_eval.text.json_values import Member
from policy_eval.text.node import Json, Number, Path

_DOCUMENT_ELEMENTS = frozenset({"Version", "Statement"})
_STATEMENT_ELEMENTS = frozenset(
    {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}
)
_ELSEWHERE = {
    "Id": ("R-SID-02", "an identity-based policy has no Id; remove it"),
    "Principal": (
        "R-GRAM-02",
        "remove it: only a resource-based policy names its Principal",
    ),
    "NotPrincipal": ("R-GRAM-02", "remove it: only a resource-based policy has a NotPrincipal"),
}
_LARGEST = 6144
"""Characters of a customer managed policy, whitespace not counted (A.4)."""
_EFFECTS = {effect.value: effect for effect in Effect}
_VERSIONS = (CURRENT_VERSION, DEFAULT_VERSION)


def build_policy(document: Document) -> Policy:
    """Return the policy. Raises PolicyError with every problem found, in order."""
    builder = _Builder(document)
    policy = builder.policy()
    if not builder.found:
        return policy
    from policy_eval.policy.diagnosis import refuse_errors  # only when there is something to say

    return policy._replace(findings=refuse_errors(builder.found, document))


class _Builder:
    """Collects the problems of one document while its statements are built."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._statement = 0
        self._variables = document.members.get("Version") == CURRENT_VERSION
        self.found: list[Finding] = []

    def _report(
        self,
        severity: Severity,
        code: str,
        path: Path,
        message: str,
        remedy: str,
        rule: str,
        *,
        name: bool = False,
    ) -> None:
        where = Where(self._statement, path, name)
        self.found.append(Finding(severity, code, where, message, remedy, rule))

    def _error(
        self, code: str, path: Path, message: str, remedy: str, rule: str, *, name: bool = False
    ) -> None:
        self._report(Severity.ERROR, code, path, message, remedy, rule, name=name)

    def _warn(self, code: str, path: Path, message: str, remedy: str, rule: str) -> None:
        self._report(Severity.WARNING, code, path, message, remedy, rule)

    def policy(self) -> Policy:
        document = self._document
        self._unknown_elements(document.members, _DOCUMENT_ELEMENTS)
        version = document.members.get("Version")
        if "Version" in document.members and version not in _VERSIONS:
            self._error(
                "unknown-version", ("Version",), f"Version is {_shown(version)}",
                f'expected "{CURRENT_VERSION}" or "{DEFAULT_VERSION}"', "R-GRAM-05",
            )  # fmt: skip
        if not document.statements:
            self._error(
                "empty-statement", ("Statement",), "the list of statements is empty",
                "a policy holds at least one statement", "R-GRAM-01", name=True,
            )  # fmt: skip
        statements = tuple(
            built
            for number, raw in enumerate(document.statements, 1)
            if (built := self._statement_of(number, raw)) is not None
        )
        self._unique_sids(statements)
        self._characters()
        self._size()
        return Policy(
            document.source.name,
            version if isinstance(version, str) else None,
            statements,
            document.form,
            document.source,
            document.places,
        )

    def _unknown_elements(self, members: dict[str, Json], known: frozenset[str]) -> None:
        for name in members:
            if name in known:
                continue
            rule, remedy = _ELSEWHERE.get(name, ("R-GRAM-07", ""))
            if not remedy:
                from difflib import get_close_matches  # only when something is wrong

                near = get_close_matches(name, known, 1) or [
                    right for right in known if right.lower() == name.lower()
                ]
                remedy = f"did you mean `{near[0]}`" if near else f"expected {_names(known)}"
            self._error(
                "unknown-element", (name,), f"`{name}` is no element of this policy",
                remedy, rule, name=True,
            )  # fmt: skip

    def _unique_sids(self, statements: tuple[Statement, ...]) -> None:
        seen: set[str] = set()
        for statement in statements:
            if statement.sid and statement.sid in seen:
                self._statement = statement.number
                self._error(
                    "duplicate-sid", ("Sid",), f"Sid `{statement.sid}` stands twice",
                    "a Sid is unique within its policy", "R-SID-01",
                )  # fmt: skip
            seen.add(statement.sid or "")

    def _characters(self) -> None:
        source, stored = self._document.source, self._document.stored
        if stored.isascii():
            return
        foreign = next((character for character in stored if character > "\u00ff"), None)
        if foreign is not None:
            self.found.append(
                Finding(
                    Severity.ERROR, "character-not-stored",
                    max(source.text.find(foreign, self._document.start), self._document.start),
                    f"IAM does not store the character `{foreign}` (U+{ord(foreign):04X})",
                    "a policy holds tab, line breaks and U+0020 to U+00FF", "R-GRAM-13",
                )
            )  # fmt: skip

    def _size(self) -> None:
        stored = self._document.stored
        if len(stored) <= _LARGEST:
            return
        size = sum(map(len, stored.split()))
        if size > _LARGEST:
            self.found.append(
                Finding(
                    Severity.WARNING, "policy-size", self._document.start,
                    f"this policy has {size} characters without whitespace",
                    f"a customer managed policy may have {_LARGEST}", "",
                )
            )  # fmt: skip

    def _statement_of(self, number: int, raw: Member) -> Statement | None:
        self._statement = number
        before = len(self.found)
        members = raw.value
        if not isinstance(members, dict):
            self._error(
                "not-a-statement", (), f"expected a statement, found {_shown(members)}",
                "a statement is an object with Effect, Action and Resource", "R-GRAM-02",
            )  # fmt: skip
            return None
        if not members.keys() <= _STATEMENT_ELEMENTS:
            self._unknown_elements(members, _STATEMENT_ELEMENTS)
        effect = self._effect(members)
        action = self._element(members, "Action", "NotAction")
        resource = self._element(members, "Resource", "NotResource")
        conditions = self._conditions(members.get("Condition", {}))
        sid = self._sid(members)
        if effect is None or action is None or resource is None:
            return None
        self._check_actions(action)
        self._check_resources(resource)
        if any(found.severity is Severity.ERROR for found in self.found[before:]):
            return None
        block = members.get("Condition", {})
        operators = tuple(block) if isinstance(block, dict) else ()
        return Statement(number, sid, effect, action, resource, conditions, raw.start, operators)

    def _sid(self, members: dict[str, Json]) -> str | None:
        sid = members.get("Sid")
        if "Sid" not in members:
            return None
        if not isinstance(sid, str) or isinstance(sid, Number):
            self._error(
                "wrong-type", ("Sid",), f"Sid is {_shown(sid)}", "expected text", "R-SID-01"
            )
            return None
        if sid and not (sid.isascii() and sid.isalnum()):
            self._error(
                "sid-characters", ("Sid",), f"Sid is {_shown(sid)}",
                "IAM takes the letters A to Z, a to z and the digits in a Sid", "R-SID-01",
            )  # fmt: skip
        return sid

    def _effect(self, members: dict[str, Json]) -> Effect | None:
        if "Effect" not in members:
            self._error(
                "missing-element", (), "this statement has no Effect",
                'add "Effect": "Allow" or "Effect": "Deny"', "R-GRAM-04",
            )  # fmt: skip
            return None
        value = members["Effect"]
        effect = _EFFECTS.get(value) if isinstance(value, str) else None
        if effect is None:
            right = next(
                (
                    name
                    for name in _EFFECTS
                    if isinstance(value, str) and name.lower() == value.lower()
                ),
                None,
            )
            remedy = f'write "{right}": the case counts' if right else 'expected "Allow" or "Deny"'
            self._error(
                "unknown-effect", ("Effect",), f"Effect is {_shown(value)}", remedy, "R-GRAM-04"
            )
        return effect

    def _element(self, members: dict[str, Json], plain: str, negated: str) -> Element | None:
        """Read `X` or `NotX`: exactly one of them stands, with text or a list of texts."""
        if plain in members and negated in members:
            self._error(
                "element-combination", (negated,), f"{plain} and {negated} stand together",
                "a statement has one of the two", "R-GRAM-02", name=True,
            )  # fmt: skip
            return None
        name = negated if negated in members else plain
        if name not in members:
            self._error(
                "missing-element", (), f"this statement has no {plain}",
                f"add {plain} or {negated}", "R-GRAM-03",
            )  # fmt: skip
            return None
        value = members[name]
        values = value if isinstance(value, list) else [value]
        texts: list[str] = []
        for index, item in enumerate(values):
            if type(item) is not str:
                self._error(
                    "wrong-type", (name, index), f"{name} holds {_shown(item)}",
                    "expected text or a list of texts", "R-GRAM-09",
                )  # fmt: skip
            else:
                texts.append(item)
        if not values:
            self._empty(name, negated=name == negated)
        return Element(name, tuple(texts), name == negated)

    def _empty(self, name: str, *, negated: bool) -> None:
        if negated:
            self._error(
                "empty-element", (name,), f"{name} is an empty list",
                f"by the words it would match everything; list what {name} excludes", "R-GRAM-12",
            )  # fmt: skip
        else:
            self._warn(
                "empty-element", (name,), f"{name} is an empty list: the statement has no effect",
                "", "R-GRAM-11",
            )  # fmt: skip

    def _check_actions(self, action: Element) -> None:
        for index, text in enumerate(action.values):
            prefix, colon, name = text.partition(":")
            plain = prefix.isascii() and prefix.replace("-", "a").isalnum()
            usual = colon and name and plain and ":" not in name
            if text == "*" or (usual and text.isascii() and text.isprintable() and " " not in text):
                continue
            if not colon:
                found, rule = "has no service prefix and matches no action", "R-ACT-03"
            elif text.split() != [text]:
                found, rule = "holds blanks and matches no action", "R-ACT-06"
            elif usual or not name or ":" in name:
                found, rule = "matches no action", "R-ACT-03"
            else:
                found, rule = "has an unusual service prefix", "R-ACT-03"
            path = (action.name, index)
            self._warn("action-form", path, f"`{text}` {found}", "write `service:Name`", rule)

    def _check_resources(self, resource: Element) -> None:
        for index, text in enumerate(resource.values):
            if text == "*":
                continue
            path = (resource.name, index)
            scheme = text.partition(":")[0]
            if scheme != "arn" and not _could_be_arn(scheme):
                self._error(
                    "not-an-arn", path, f"{resource.name} is `{text}`",
                    'expected an ARN or "*"', "R-RES-05",
                )  # fmt: skip
            elif self._variables and "${" in text:
                self._check_variables(path, text)

    def _check_variables(self, path: Path, text: str) -> None:
        try:
            parse_pattern(text, wildcards=True, variables=True)
        except MalformedVariableError as error:
            self._error(
                "malformed-variable", path, f"in `{text}`: {error.reason}",
                "a policy variable is `${key}` or `${key, 'default'}`; `${$}` is a dollar sign",
                "R-VAR-06",
            )  # fmt: skip

    def _conditions(self, value: Json) -> tuple[Condition, ...]:
        if not isinstance(value, dict):
            self._error(
                "wrong-type", ("Condition",), f"Condition is {_shown(value)}",
                'expected {"Operator": {"key": value}}', "R-GRAM-09",
            )  # fmt: skip
            return ()
        conditions: list[Condition] = []
        spelled: dict[str, str] = {}
        for operator, keys in value.items():
            if not isinstance(keys, dict):
                self._error(
                    "wrong-type", ("Condition", operator), f"{operator} holds {_shown(keys)}",
                    "expected an object of condition keys", "R-GRAM-09",
                )  # fmt: skip
                continue
            for key, values in keys.items():
                path = ("Condition", operator, key)
                first = spelled.setdefault(fold(key), key)
                if first != key:
                    self._error(
                        "duplicate-key-case", path, f"`{key}` and `{first}` are one condition key",
                        "condition keys ignore case; spell the key in one way", "R-GRAM-06",
                        name=True,
                    )  # fmt: skip
                conditions.append(Condition(operator, key, self._values(path, values)))
        return tuple(conditions)

    def _values(self, path: Path, value: Json) -> tuple[str, ...]:
        if type(value) is str:
            return (value,)
        texts: list[str] = []
        for index, item in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(item, str):
                texts.append(str(item))
            elif isinstance(item, bool):
                texts.append("true" if item else "false")
            else:
                self._error(
                    "wrong-type", (*path, index), f"`{path[-1]}` is compared with {_shown(item)}",
                    "expected text, a number or true/false, or a list of them", "R-GRAM-09",
                )  # fmt: skip
        return tuple(texts)


def _could_be_arn(scheme: str) -> bool:
    """Whether wildcards let the first field of a Resource be `arn`."""
    from re import DOTALL, escape, fullmatch

    pattern = escape(scheme).replace(r"\*", ".*").replace(r"\?", ".")
    return fullmatch(pattern, "arn", DOTALL) is not None


def _names(names: frozenset[str]) -> str:
    return ", ".join(sorted(names))


def _shown(value: Json) -> str:
    """Return a value as a person would name it in a message."""
    if isinstance(value, Number):
        return f"the number {value}"
    if isinstance(value, str):
        return f"`{value}`"
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    kind = "an object" if isinstance(value, dict) else "a list"
    return kind if value else f"{kind} with nothing in it"
