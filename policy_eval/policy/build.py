"""Document → Policy: the shape of a policy of its type, every problem of it at once.

What is refused here is what AWS refuses to store (A.1 to A.3); what AWS itself publishes is only
warned about. What a value must be (an action, an ARN, a principal, a date) is judged in
`semantics.validity`. An error with a lenient reading says it, and building goes on by that
reading; whether the policy is refused is for `diagnosis` to settle. The words for what is wrong
stand in `shape_problems`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from policy_eval.policy.ast import (
    CURRENT_VERSION,
    DEFAULT_VERSION,
    WHAT_IT_IS_ATTACHED_TO,
    Condition,
    Effect,
    Element,
    Form,
    Policy,
    Statement,
)
from policy_eval.policy.collector import UNREAD, Collector
from policy_eval.policy.document import Document
from policy_eval.policy.policy_type import RULES, PolicyType
from policy_eval.text.folding import fold
from policy_eval.text.json_values import Member
from policy_eval.text.limits import LONGEST_VALUE, MOST_STATEMENTS
from policy_eval.text.node import Json, Path

if TYPE_CHECKING:
    from policy_eval.policy.findings import Finding

_DOCUMENT_ELEMENTS = frozenset({"Version", "Id", "Statement"})
_STATEMENT_ELEMENTS = frozenset(
    {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource",
     "NotResource", "Condition"}
)  # fmt: skip
_PRINCIPALS = frozenset({"Principal", "NotPrincipal"})
_EFFECTS = {effect.value: effect for effect in Effect}
_VERSIONS = (CURRENT_VERSION, DEFAULT_VERSION)
_SMALLEST_QUOTA = 2048
_BLANKS = " \t\r\n"


class Built(NamedTuple):
    """A policy, and everything found in it. With errors in it, the policy is not to be used."""

    policy: Policy
    findings: list[Finding]


def build_policy(document: Document, policy_type: PolicyType = PolicyType.IDENTITY) -> Built:
    """Return the policy of a document, and every problem found.

    Raises PolicyError for a document that is of another type by where it stood.
    """
    if document.types and policy_type not in document.types:
        from policy_eval.policy.shape_problems import wrong_policy_type

        raise wrong_policy_type(document, policy_type)
    builder = _Builder(document, policy_type)
    return Built(builder.policy(), builder.found)


class _Builder(Collector):
    """Collects the problems of one document while its statements are built."""

    def __init__(self, document: Document, policy_type: PolicyType) -> None:
        super().__init__(list(document.findings))
        self._document = document
        self._type = policy_type
        self._rules = RULES[policy_type]

    def policy(self) -> Policy:
        document = self._document
        self._top_level()
        statements = tuple(
            built
            for number, raw in enumerate(document.statements[:MOST_STATEMENTS], 1)
            if (built := self._statement_of(number, raw)) is not None
        )
        self._unique_sids(statements)
        if self._rules.kept_by_iam and not document.stored.isascii():
            from policy_eval.policy.shape_problems import characters

            characters(self, document)
        if len(document.stored) > _SMALLEST_QUOTA:
            from policy_eval.policy.shape_problems import size

            size(self, document, self._type)
        version = document.members.get("Version")
        return Policy(
            document.source.name,
            version if isinstance(version, str) else None,
            statements,
            document.form,
            document.source,
            document.places,
            (),
            self._type,
            document.stored,
            document.found_in,
        )

    def _top_level(self) -> None:
        document = self._document
        members = document.members
        for name in members:
            if name == "Version":
                if members["Version"] not in _VERSIONS:
                    from policy_eval.policy.shape_problems import unknown_version

                    unknown_version(self, members["Version"])
            elif name not in _DOCUMENT_ELEMENTS or name in self._rules.forbidden:
                from policy_eval.policy.shape_problems import not_beside_statements

                not_beside_statements(self, name, self._type)
            elif type(members["Id"]) is not str:
                self.wrong_type(("Id",), "Id", members["Id"], "R-SID-02", "text")
        if "Version" not in members and self._type in (PolicyType.SCP, PolicyType.RCP):
            from policy_eval.policy.shape_problems import missing_version

            missing_version(self, self._type)
        if document.form is Form.DOCUMENT and self._rules.strict_parser and self._looks_odd():
            from policy_eval.policy.shape_problems import odd_layout

            odd_layout(self, document)
        if not 0 < len(document.statements) <= MOST_STATEMENTS:
            from policy_eval.policy.shape_problems import statement_count

            statement_count(self, len(document.statements))

    def _looks_odd(self) -> bool:
        blanks = self._document.source.text[:1] in _BLANKS and not self._document.findings
        return blanks or self._document.single_at is not None

    def _unique_sids(self, statements: tuple[Statement, ...]) -> None:
        seen: dict[str, int] = {}
        for statement in statements:
            sid = statement.sid
            if sid and seen.setdefault(sid, statement.number) != statement.number:
                from policy_eval.policy.shape_problems import sid_twice

                self.statement = statement.number
                sid_twice(self, sid, seen[sid], self._type)

    # Statements

    def _statement_of(self, number: int, raw: Member) -> Statement | None:
        self.statement = number
        members = raw.value
        if not isinstance(members, dict):
            expected = "a statement: an object with Effect and Action"
            self.wrong_type((), "", members, "R-GRAM-02", expected, code="not-a-statement")
            return None
        self.meant = frozenset()
        if not members.keys() <= _STATEMENT_ELEMENTS:
            from policy_eval.policy.shape_problems import unknown_elements

            self.meant = unknown_elements(self, members.keys() - _STATEMENT_ELEMENTS, self._type)
        effect = self._effect(members)
        principal = None
        if self._type is not PolicyType.IDENTITY or members.keys() & _PRINCIPALS:
            from policy_eval.policy.principal_element import read_principal  # other types only

            principal = read_principal(self, self._type, members)
        action = self._action(members)
        resource = self._resource(members)
        operators, conditions = self._conditions(members.get("Condition", {}))
        sid = self._sid(members)
        return Statement(
            number, sid, effect, action, resource, conditions, raw.start, operators, principal
        )

    def _sid(self, members: dict[str, Json]) -> str | None:
        if "Sid" not in members:
            return None
        sid = members["Sid"]
        if type(sid) is not str:
            self.wrong_type(("Sid",), "Sid", sid, "R-SID-01", "text")
            return None
        if sid and self._rules.plain_sids and not (sid.isascii() and sid.isalnum()):
            from policy_eval.policy.shape_problems import sid_characters

            sid_characters(self, sid)
        return sid

    def _effect(self, members: dict[str, Json]) -> Effect:
        value = members.get("Effect")
        effect = _EFFECTS.get(value) if isinstance(value, str) else None
        if effect is not None:
            return effect
        from policy_eval.policy.shape_problems import no_effect, unknown_effect

        if "Effect" in members:
            unknown_effect(self, value)
        else:
            no_effect(self)
        return Effect.DENY  # INVARIANT: a policy with such an error is never used

    def _action(self, members: dict[str, Json]) -> Element:
        name = self._one_of(members, "Action", "NotAction")
        if name is None:
            return Element("Action", (), negated=False)
        if name in self._rules.forbidden:
            self.not_allowed(self._type, name, "R-TYPE-02", "list the actions under Action")
        return self._element(members, name, negated=name == "NotAction")

    def _resource(self, members: dict[str, Json]) -> Element:
        if "Resource" not in self._rules.required:
            given = [each for each in ("Resource", "NotResource") if each in members]
            for each in given:
                if each in self._rules.forbidden:
                    remedy = "remove it: the resource is the role itself"
                    self.not_allowed(self._type, each, "R-GRAM-03", remedy)
            if not given or "Resource" in self._rules.forbidden:
                return WHAT_IT_IS_ATTACHED_TO
        name = self._one_of(members, "Resource", "NotResource")
        if name is None:
            return Element("Resource", (), negated=False)
        return self._element(members, name, negated=name == "NotResource")

    def _one_of(self, members: dict[str, Json], plain: str, negated: str) -> str | None:
        """Return which of two elements stands in a statement, which has exactly one of them."""
        if plain in members:
            if negated in members:
                self.both(plain, negated)
            return plain
        if negated in members:
            return negated
        if plain not in self.meant:
            self.error(
                "missing-element", (), f"this statement has no {plain}", "R-GRAM-03",
                remedy=f"add {plain} or {negated}",
            )  # fmt: skip
        return None

    def _element(self, members: dict[str, Json], name: str, *, negated: bool) -> Element:
        """Read text, or a list of texts."""
        value = members[name]
        values = value if isinstance(value, list) else [value]
        texts: list[str] = []
        for index, item in enumerate(values):
            if type(item) is str:
                self.length((name, index), item)
                texts.append(item)
            else:
                expected = "text" if isinstance(value, list) else "text, or a list of texts"
                self.wrong_type((name, index), name, item, "R-GRAM-09", expected)
                texts.append(UNREAD)
        if not values:
            from policy_eval.policy.shape_problems import empty_element

            empty_element(self, name, negated=negated)
            negated = False  # read leniently, the statement has no effect
        return Element(name, tuple(texts), negated)

    # Conditions

    def _conditions(self, value: Json) -> tuple[tuple[str, ...], tuple[Condition, ...]]:
        """Return the operators, and the keys under them."""
        if not isinstance(value, dict):
            expected = '{"Operator": {"key": value}}'
            self.wrong_type(("Condition",), "Condition", value, "R-GRAM-09", expected)
            return (), ()
        operators: list[str] = []
        conditions: list[Condition] = []
        spelled: dict[str, str] = {}
        for operator, keys in value.items():
            if not isinstance(keys, dict):
                from policy_eval.policy.shape_problems import no_keys

                no_keys(self, operator, keys)
                continue
            operators.append(operator)
            for key, values in keys.items():
                path = ("Condition", operator, key)
                first = spelled.setdefault(fold(key), key)
                if first != key:
                    from policy_eval.policy.shape_problems import key_in_two_cases

                    key_in_two_cases(self, path, key, first)
                conditions.append(Condition(operator, key, self._values(path, values)))
        return tuple(operators), tuple(conditions)

    def _values(self, path: Path, value: Json) -> tuple[str, ...]:
        if type(value) is str and len(value) <= LONGEST_VALUE:
            return (value,)
        texts: list[str] = []
        for index, item in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(item, str):
                self.length((*path, index), item)
                texts.append(str(item))
            elif isinstance(item, bool):
                texts.append("true" if item else "false")
            else:
                from policy_eval.policy.shape_problems import wrong_condition_value

                wrong_condition_value(self, (*path, index), item, is_listed=isinstance(value, list))
                texts.append(UNREAD)
        if not texts:
            from policy_eval.policy.shape_problems import empty_values

            empty_values(self, path)
        return tuple(texts)
