"""What an answer can hang on: one open question each about the request, or about a layer.

A fact is a Boolean without parts. Two facts are equal if they ask the same, wherever in the
policies they stand; `label` names the fact's kind in the text form (`grammar/condition.lark`).
"""

from __future__ import annotations

from functools import cached_property
from typing import TypeAlias

from policy_eval.policy.arn import ARN_FIELDS
from policy_eval.policy.ast import Effect
from policy_eval.policy.principal_element import PrincipalValue
from policy_eval.request.context import Values
from policy_eval.semantics.authorization import Grant
from policy_eval.semantics.layers import Layer
from policy_eval.semantics.lower import ConditionParts, Key, Template, Test
from policy_eval.semantics.views import View

Subject: TypeAlias = Key | Values
"""What a condition looks at: a key that nobody knows, or values that are known (none: absent)."""


class _Fact:
    """Equal by what is asked."""

    identity: tuple[object, ...]

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.identity == self.identity

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((type(self).__name__, self.identity))

    def __repr__(self) -> str:
        return f"{type(self).__name__}{self.identity}"


def can_be_malformed(test: Test) -> bool:
    """Return whether a variable can make a policy value malformed (R-COND-41).

    An ARN with all its colons stays one, whatever its variables stand for.
    """
    if not isinstance(test.accepts, Template) or test.view not in (View.ARN, View.BOOLEAN):
        return False
    return test.view is View.BOOLEAN or any(
        "".join(piece for piece in pattern if isinstance(piece, str)).count(":") < ARN_FIELDS - 1
        for pattern in test.accepts.patterns
    )


class KeyFact(_Fact):
    """Whether a condition holds: a key's (or known values', where variables are unknown).

    `unit` names what the key is a view of: keys whose values are one fact have one unit. `test` is
    the condition lowered, `parts` is what its text is made of. `copy` counts ways in which the key
    may be, where two are compared; it is 0 elsewhere.
    """

    def __init__(
        self, subject: Subject, parts: ConditionParts, test: Test, unit: str, copy: int = 0
    ) -> None:
        self.subject = subject
        self.copy = copy
        self.parts = parts
        self.test = test
        self.unit = unit
        accepts: object = test.accepts
        if isinstance(test.accepts, Template):
            accepts = (test.accepts.patterns, test.accepts.negated, test.accepts.wildcards_act)
        self.identity = (
            copy,
            unit if isinstance(subject, Key) else subject,
            test.view,
            test.quantifier,
            accepts,
            test.when_absent,
            test.when_null,
            test.empty_is_null,
            test.when_malformed and can_be_malformed(test),
            test.unreadable_fails,
        )

    def in_copy(self, copy: int) -> KeyFact:
        """Return the same of another copy."""
        return KeyFact(self.subject, self.parts, self.test, self.unit, copy)

    @property
    def key(self) -> Key | None:
        """The key that is looked at; None where values are known."""
        return self.subject if isinstance(self.subject, Key) else None

    @property
    def keys(self) -> tuple[Key, ...]:
        """All unknown keys that are looked at."""
        return (*((self.subject,) if isinstance(self.subject, Key) else ()), *self.test.variables)


class ResourceFact(_Fact):
    """Whether the resource matches patterns; `negated`: none of them.

    `names` are the resource's, where only variables of the patterns are unknown. `copy` is as for
    `KeyFact`.
    """

    def __init__(self, test: Test, names: Values, *, negated: bool, copy: int = 0) -> None:
        self.test = test
        self.copy = copy
        self.names = names
        self.negated = negated
        accepts: object = test.accepts
        if isinstance(test.accepts, Template):
            accepts = (frozenset(test.accepts.patterns), test.accepts.wildcards_act)
        self.identity = (accepts, negated, copy)

    def in_copy(self, copy: int) -> ResourceFact:
        """Return the same of another copy."""
        return ResourceFact(self.test, self.names, negated=self.negated, copy=copy)

    @property
    def subject(self) -> Values:
        """The names of the resource, as values that are known."""
        return self.names

    @property
    def keys(self) -> tuple[Key, ...]:
        """The unknown keys that are looked at."""
        return self.test.variables


class PrincipalFact(_Fact):
    """Whether some of these names are the caller's in a certain way (`grant`).

    Of a NotPrincipal, whose `grant` is None: whether the caller is none of them. `missing` is what
    would settle it.
    """

    def __init__(
        self, names: frozenset[PrincipalValue], grant: Grant | None, missing: str = "principal"
    ) -> None:
        self.names = names
        self.grant = grant
        self.missing = missing
        self.identity = (names, grant)


class LayerFact(_Fact):
    """Whether a layer of which nobody knows the policies allows, denies, or is there at all.

    `way` is Deny, Allow, how the resource's policy names the caller, or None: whether it exists.
    """

    def __init__(self, layer: Layer, way: Grant | Effect | None) -> None:
        self.layer = layer
        self.way = way
        self.identity = (layer, way)


class StatementFact(_Fact):
    """Whether a statement applies that cannot be understood (`--accept-invalid`)."""

    def __init__(self, policy: str, number: int) -> None:
        self.policy = policy
        self.number = number
        self.identity = (policy, number)


class CallFact(_Fact):
    """Whether a further action of the call is allowed, or explicitly denied, on what it is made on.

    What it hangs on is not what was asked about, so it is a question of its own: `hangs_on` are the
    facts that would settle it.
    """

    def __init__(self, action: str, effect: Effect, hangs_on: tuple[Fact, ...] = ()) -> None:
        self.action = action
        self.effect = effect
        self.hangs_on = hangs_on
        self.identity = (action.lower(), effect)


Fact: TypeAlias = KeyFact | ResourceFact | PrincipalFact | LayerFact | StatementFact | CallFact
