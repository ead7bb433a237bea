"""Statement → tests: one test per element and condition, in which no operator name is left.

A test looks at one attribute of the request (and, through policy variables, at further keys)
and accepts a set of values. Everything an engine needs to evaluate it stands in the test, so
engines know nothing of IAM.

Rules: R-COND-01 … R-COND-43, R-VAR-01 … R-VAR-14, R-ACT-01 … R-ACT-06, R-RES-01 … R-RES-11.
"""

from collections.abc import Callable
from enum import Enum
from functools import cache, lru_cache
from typing import NamedTuple, TypeAlias

from policy_eval.policy.ast import Condition, Effect, Element, Policy, Statement
from policy_eval.policy.operator_name import OperatorName, SetOperator, parse_operator_name
from policy_eval.policy.pattern import (
    Glob,
    Pattern,
    Variable,
    Wildcard,
    read_pattern,
    split_wildcards,
)
from policy_eval.policy.policy_type import PolicyType
from policy_eval.semantics.absence import absence_rule, holds_when_absent
from policy_eval.semantics.keys import Multiplicity, multiplicity
from policy_eval.semantics.operators import OPERATORS, Denotation, Operator, matching
from policy_eval.semantics.readings import OpenPoint, Reading
from policy_eval.semantics.resource_patterns import ResourcePattern, resource_patterns, resource_set
from policy_eval.semantics.sets import (
    EVERYTHING,
    NOTHING,
    OneOf,
    Stop,
    ValueSet,
    complement,
    union,
)
from policy_eval.semantics.views import View
from policy_eval.text.folding import fold

_REMEMBERED_ELEMENTS = 32_768


class Subject(Enum):
    """The attributes of a request that are no condition keys."""

    ACTION = "Action"
    RESOURCE = "Resource"


class Key(NamedTuple):
    """A condition key: its folded name, its spelling in the policy, how many values it holds."""

    folded: str
    spelling: str
    multiplicity: Multiplicity


Attribute: TypeAlias = Subject | Key


class Quantifier(Enum):
    """How several values of the attribute are taken together."""

    __hash__ = object.__hash__  # there is one of each, and Enum's own is slow

    ONE = "the one value"
    ANY = "any value"
    ALL = "all values"
    PRESENCE = "whether there is a value"


class Unresolved(Enum):
    """Why a policy variable has no text."""

    ABSENT = "the key is absent or empty; a default applies"
    MULTIVALUED = "the key is multivalued; no default applies"


Lookup: TypeAlias = Callable[[Key], str | Unresolved]
"""Gives the text of a variable's key."""


class Template(NamedTuple):
    """A set of accepted values that depends on the values of other keys."""

    patterns: tuple[tuple[str | Wildcard | Stop | Variable, ...], ...]
    denote: Callable[[tuple[str | Wildcard | Stop, ...]], ValueSet | None]
    negated: bool
    keys: tuple[Key, ...]
    wildcards_act: bool

    def resolve(self, lookup: Lookup) -> ValueSet | None:
        """Return the set; None where a value became malformed by substitution (R-COND-41).

        A value with an unresolved variable drops out (R-VAR-07, R-VAR-08).
        """
        members: list[ValueSet] = []
        for pattern in self.patterns:
            resolved = self._substitute(pattern, lookup)
            if resolved is None:
                continue
            member = self.denote(resolved)
            if member is None:
                return None
            members.append(member)
        accepted = union(tuple(members))
        return complement(accepted) if self.negated else accepted

    def _substitute(
        self, pattern: tuple[str | Wildcard | Stop | Variable, ...], lookup: Lookup
    ) -> tuple[str | Wildcard | Stop, ...] | None:
        pieces: list[str | Wildcard | Stop] = []
        for piece in pattern:
            if not isinstance(piece, Variable):
                _append(pieces, piece)
            elif piece.is_escape:
                _append(pieces, piece.key)
            else:
                text = lookup(key_named(piece.key))
                if text is Unresolved.ABSENT and piece.default is not None:
                    text = piece.default
                if isinstance(text, Unresolved):
                    return None
                # R-VAR-10: characters that come from a value are literal
                for part in split_wildcards(text) if self.wildcards_act else (text,):
                    _append(pieces, part)
        return tuple(pieces)


def _append(pieces: list[str | Wildcard | Stop], piece: str | Wildcard | Stop) -> None:
    if isinstance(piece, str) and pieces and isinstance(last := pieces[-1], str):
        pieces[-1] = last + piece
    elif piece != "":
        pieces.append(piece)


class Origin(NamedTuple):
    """Where a test comes from: the element or operator, the key, and the values as written.

    `absence_rule` is the rule that decides where the key is missing.
    """

    element: str
    operator: Operator | None
    values: tuple[str, ...]
    absence_rule: str = ""


_OF_PARTS = Origin("", None, ())
"""The origin of a test that was made of parts."""


class Test(NamedTuple):
    """One test of a statement.

    `when_absent` is the outcome without a value, `when_null` with nothing but empty texts where
    those count as null, `when_malformed` where a variable makes a policy value malformed, and
    `when_ambiguous` where spellings of a key that differ by case give different outcomes.
    `unreadable_fails`: a value that cannot be read fails the test; else it is an input error.
    """

    attribute: Attribute
    view: View
    quantifier: Quantifier
    accepts: ValueSet | Template
    origin: Origin
    when_absent: bool = False
    when_null: bool = False
    empty_is_null: bool = False
    when_malformed: bool = False
    when_ambiguous: bool = False
    unreadable_fails: bool = False

    @property
    def variables(self) -> tuple[Key, ...]:
        """The further keys this test looks at."""
        return self.accepts.keys if isinstance(self.accepts, Template) else ()


def key_named(spelling: str) -> Key:
    """Return the key of that name, with its declared multiplicity."""
    folded = fold(spelling)
    return Key(folded, spelling, multiplicity(folded))


def variable_text(values: tuple[str, ...] | None, key: Key, reading: Reading) -> str | Unresolved:
    """Return what a variable of `key` stands for, given the key's values (R-VAR-05, R-VAR-12)."""
    if key.multiplicity is Multiplicity.MULTIPLE or (values is not None and len(values) > 1):
        return Unresolved.MULTIVALUED
    if not values or (values[0] == "" and OpenPoint.EMPTY_VARIABLE not in reading):
        return Unresolved.ABSENT
    return values[0]


@lru_cache(maxsize=_REMEMBERED_ELEMENTS)
def action_set(action: Element) -> ValueSet:
    """Return the folded actions an Action or NotAction element accepts (R-ACT-01 … R-ACT-06)."""
    plain: list[str] = []
    sets: list[ValueSet] = []
    for text in action.values:
        if ":" in text and "*" not in text and "?" not in text:
            plain.append(fold(text))  # long lists of names are one set, made at once
        else:
            sets.append(_action_set(text))
    accepted = union((*sets, OneOf(frozenset(plain))) if plain else tuple(sets))
    return complement(accepted) if action.negated else accepted


def lower_action(action: Element) -> Test:
    """Return the test of an Action or NotAction element."""
    return Test(
        Subject.ACTION,
        View.FOLDED,
        Quantifier.ONE,
        action_set(action),
        Origin(action.name, None, action.values),
    )


def _action_set(text: str) -> ValueSet:
    if text == "*":
        return EVERYTHING
    if ":" not in text:
        return NOTHING  # R-ACT-03
    return _plain_or_matching(split_wildcards(fold(text)))


def _plain_or_matching(glob: Glob) -> ValueSet:
    accepted = matching(glob)
    return NOTHING if accepted is None else accepted


_ALWAYS_COMPLETED = frozenset({PolicyType.IDENTITY, PolicyType.BOUNDARY, PolicyType.SESSION})
"""Types in which a short ARN is completed, whatever it ends in (R-RES-05)."""


def lower_resource(policy: Policy, statement: Statement, reading: Reading) -> Test:
    """Return the test of a Resource or NotResource element (R-RES-01 … R-RES-11).

    A request may name its resource in several ways (R-RES-09): Resource accepts any of them,
    NotResource wants all of them outside its list.
    """
    resource, effect = statement.resource, statement.effect
    patterns = tuple(
        pattern
        for text in resource.values
        for pattern in resource_patterns(
            text,
            variables=policy.has_variables,
            completed=policy.type in _ALWAYS_COMPLETED,
            reading=reading,
        )
    )
    if _is_limited_scp(policy, statement) and OpenPoint.SCP_ALLOW_WITH_LIMITS in reading:
        patterns = ()
    test = lower_resource_patterns(patterns, effect, reading, negated=resource.negated)
    return test._replace(origin=Origin(resource.name, None, resource.values))


def lower_resource_patterns(
    patterns: tuple[ResourcePattern, ...], effect: Effect, reading: Reading, *, negated: bool
) -> Test:
    """Return the test of a resource by patterns, without its origin; `negated`: by none of them."""
    return Test(
        Subject.RESOURCE,
        View.TEXT,
        Quantifier.ALL if negated else Quantifier.ANY,
        _accepted(patterns, resource_set, reading, negated=negated),
        _OF_PARTS,
        when_ambiguous=effect is Effect.DENY,
    )


def _is_limited_scp(policy: Policy, statement: Statement) -> bool:
    """Whether a statement is an SCP's Allow that names resources or has conditions (R-TYPE-01)."""
    return (
        policy.type is PolicyType.SCP
        and statement.effect is Effect.ALLOW
        and (statement.resource.values != ("*",) or bool(statement.conditions))
    )


def _accepted(
    patterns: tuple[tuple[str | Wildcard | Stop | Variable, ...], ...],
    denote: Callable[[tuple[str | Wildcard | Stop, ...]], ValueSet | None],
    reading: Reading,
    *,
    negated: bool,
) -> ValueSet | Template:
    """Return the accepted set, computed now where no variable stands in the patterns."""
    names = {
        piece.key: None
        for pattern in patterns
        for piece in pattern
        if isinstance(piece, Variable) and not piece.is_escape
    }
    template = Template(
        patterns,
        denote,
        negated,
        tuple(map(key_named, names)),
        OpenPoint.WILDCARD_FROM_VARIABLE in reading,
    )
    if names:
        return template
    fixed = template.resolve(lambda _: Unresolved.ABSENT)
    return template if fixed is None else fixed  # malformed as written: R-COND-41


def lower_condition(condition: Condition, policy: Policy, effect: Effect, reading: Reading) -> Test:
    """Return the test of one condition key under one operator (section C)."""
    parts = parts_of(condition, policy, reading)
    unreadable_fails = policy.accepts_invalid and parts.operator.view is View.ARN  # R-COND-19
    return lower_parts(parts, effect, reading)._replace(
        origin=Origin(
            condition.operator,
            parts.operator,
            condition.values,
            absence_rule(parts.operator, parts.name),
        ),
        unreadable_fails=unreadable_fails,
    )


class ConditionParts(NamedTuple):
    """A condition as its parts: the key, the operator with its name, the policy values parsed."""

    key: Key
    name: OperatorName
    operator: Operator
    patterns: tuple[Pattern, ...]


def parts_of(condition: Condition, policy: Policy, reading: Reading) -> ConditionParts:
    """Return the parts of a condition as it stands in a policy."""
    name = parse_operator_name(condition.operator)
    # INVARIANT: unknown operators were refused (`validity`)
    if name is None:
        raise KeyError(condition.operator)
    operator = OPERATORS[name.base.lower()]
    patterns = condition_patterns(condition, operator, policy, reading)
    return ConditionParts(key_named(condition.key), name, operator, patterns)


def lower_parts(parts: ConditionParts, effect: Effect, reading: Reading) -> Test:
    """Return the test of a condition in parts, without its origin."""
    key, name, operator, patterns = parts
    if operator.view is View.PRESENCE:
        return _presence_test(parts, effect, reading)
    when_absent = holds_when_absent(
        name.set_operator,
        effect,
        if_exists=name.if_exists,
        negated=operator.negated,
        reading=reading,
    )
    accepts = _accepted(patterns, _globs(operator.denote), reading, negated=operator.negated)
    if not patterns and not operator.negated and OpenPoint.EMPTY_POLICY_LIST in reading:
        accepts, when_absent = EVERYTHING, True
    when_null = name.set_operator is SetOperator.FOR_ALL_VALUES
    if _reads_the_table(name, operator, reading):
        accepts = (
            complement(accepts)
            if not isinstance(accepts, Template)
            else accepts._replace(negated=not accepts.negated)
        )
        when_absent = when_null = False
    return Test(
        key,
        _view(operator, key, reading),
        _quantifier(name, operator, reading),
        accepts,
        _OF_PARTS,
        when_absent,
        when_null,
        name.set_operator is not None and OpenPoint.EMPTY_TEXT_IS_NULL not in reading,
        when_malformed=effect is Effect.DENY,
        when_ambiguous=_when_ambiguous(effect, reading),
    )


def _when_ambiguous(effect: Effect, reading: Reading) -> bool:
    """Return what spellings of a key that disagree give: the restrictive side (R-COND-04)."""
    return effect is Effect.DENY or OpenPoint.TAGS_EQUAL_BUT_FOR_CASE in reading


def condition_patterns(
    condition: Condition, operator: Operator, policy: Policy, reading: Reading
) -> tuple[Pattern, ...]:
    """Return the policy values of a condition, parsed as the operator reads them (R-VAR-03)."""
    variables = policy.has_variables and operator.variables
    if operator.view is View.BOOLEAN and OpenPoint.VARIABLE_IN_BOOL in reading:
        variables = False
    return tuple(
        read_pattern(text, wildcards=operator.wildcards, variables=variables)
        for text in condition.values
    )


@cache
def _globs(
    denote: Denotation,
) -> Callable[[tuple[str | Wildcard | Stop, ...]], ValueSet | None]:
    """Return `denote` for patterns in general; a condition's pattern holds no `Stop`."""

    def denote_glob(pattern: tuple[str | Wildcard | Stop, ...]) -> ValueSet | None:
        return denote(tuple(piece for piece in pattern if not isinstance(piece, Stop)))

    return denote_glob


def _view(operator: Operator, key: Key, reading: Reading) -> View:
    if operator.view is View.NUMBER and key.folded == "aws:epochtime":
        return View.EPOCH  # R-COND-14
    if operator.view is View.ARN and OpenPoint.NOT_AN_ARN in reading:
        return View.ARN_OR_NOT
    return operator.view


_QUANTIFIERS = {
    SetOperator.FOR_ALL_VALUES: Quantifier.ALL,
    SetOperator.FOR_ANY_VALUE: Quantifier.ANY,
}


def _quantifier(name: OperatorName, operator: Operator, reading: Reading) -> Quantifier:
    if name.set_operator is not None:
        return _QUANTIFIERS[name.set_operator]
    if OpenPoint.MULTIVALUED_UNQUALIFIED in reading:
        return Quantifier.ALL if operator.negated else Quantifier.ANY
    return Quantifier.ONE


def _reads_the_table(name: OperatorName, operator: Operator, reading: Reading) -> bool:
    """Whether AWS's printed table for ForAllValues with a negated operator is followed."""
    return (
        name.set_operator is SetOperator.FOR_ALL_VALUES
        and operator.negated
        and OpenPoint.FOR_ALL_VALUES_NOT_LIKE in reading
    )


def _presence_test(parts: ConditionParts, effect: Effect, reading: Reading) -> Test:
    """Return the test of `Null`: with a set operator, constant (R-COND-21, R-COND-22)."""
    key, name, operator, patterns = parts
    members = [operator.denote(_globs_only(pattern)) for pattern in patterns]
    if None in members:  # R-COND-41: the restrictive side, whatever the key holds
        accepts: ValueSet = EVERYTHING if effect is Effect.DENY else NOTHING
    else:
        accepts = union(tuple(member for member in members if member is not None))
    if name.set_operator is not None and OpenPoint.NULL_WITH_SET_OPERATOR not in reading:
        accepts = EVERYTHING if name.set_operator is SetOperator.FOR_ALL_VALUES else NOTHING
    elif not patterns and OpenPoint.EMPTY_POLICY_LIST in reading:
        accepts = EVERYTHING
    holds_for_null = accepts is EVERYTHING or (
        isinstance(accepts, OneOf) and False in accepts.values
    )
    return Test(
        key,
        View.PRESENCE,
        Quantifier.PRESENCE,
        accepts,
        _OF_PARTS,
        when_absent=holds_for_null,
        when_null=holds_for_null,
        empty_is_null=OpenPoint.EMPTY_TEXT_IS_NULL not in reading,
        when_ambiguous=_when_ambiguous(effect, reading),
    )


def _globs_only(pattern: Pattern) -> Glob:
    return tuple(piece for piece in pattern if not isinstance(piece, Variable))


def lower_statement(policy: Policy, statement: Statement, reading: Reading) -> tuple[Test, ...]:
    """Return the tests of a statement beside its action's and principal's: all must hold."""
    resource = lower_resource(policy, statement, reading)
    conditions = (
        lower_condition(condition, policy, statement.effect, reading)
        for condition in statement.conditions
    )
    return (resource, *conditions)
