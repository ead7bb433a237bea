"""How the answers of policies combine into a decision, written once.

`granted` is a Boolean expression over values of any kind that have `&` and `|` (Python bools,
masks, symbolic conditions), monotone in its arguments: an engine that knows only bounds
evaluates it once with what is sure and once with what is possible. Which layers have a say in a
call, and why, is in `situations`.

AWS: "How AWS enforcement code logic evaluates requests", "Cross-account policy evaluation
logic", "Default key policy". Rules: R-EVAL-01 … R-EVAL-04, R-EVAL-11, E.2, R-XACC-01, R-XACC-02,
R-KMS-01, R-KMS-02, R-TRUST-01, R-TRUST-02.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum, IntEnum
from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, Self, TypeVar, assert_never

from policy_eval.policy.ast import Effect
from policy_eval.semantics.layers import Layer


class Word(Enum):
    """A decision, in the words of AWS's simulator; `undetermined` is ours."""

    ALLOWED = "allowed"
    EXPLICIT_DENY = "explicitDeny"
    IMPLICIT_DENY = "implicitDeny"
    UNDETERMINED = "undetermined"


class Side(Enum):
    """Whose policies must allow."""

    __hash__ = object.__hash__  # there is one of each, and Enum's own is slow

    NEITHER = "the action needs no permission"
    EITHER = "in one account an Allow of the identity's or the resource's policy is enough"
    BOTH = "the identity's and the resource's policy must both allow"
    GUARDED = "the resource's policy must allow, or let identity-based policies allow"
    RESOURCE = "only the resource's policy can allow"
    IDENTITY = "only identity-based policies can allow"


class Everyone(Enum):
    """What a grant to everyone (`*`) needs beside itself in one account."""

    __hash__ = object.__hash__  # there is one of each, and Enum's own is slow

    NOTHING_MORE = "it holds whatever boundary and session policies leave out"
    LIMITS = "boundary and session policies must allow too"
    BOUNDARY = "the boundary must allow too; there is no session policy"
    NEVER = "it does not reach the caller"


class Grant(IntEnum):
    """How an Allow names the caller, the strongest last (R-PRIN-04)."""

    __hash__ = object.__hash__  # there is one of each, and Enum's own is slow

    ACCOUNT = 1
    OF_SESSION = 2
    EVERYONE = 3
    EVERYONE_OF_ARN = 4
    DIRECT = 5


SPELLED = {
    Grant.ACCOUNT: "names the caller's account",
    Grant.OF_SESSION: "names the role or user behind the session",
    Grant.EVERYONE: "names everyone",
    Grant.EVERYONE_OF_ARN: "names everyone with such an aws:PrincipalArn",
    Grant.DIRECT: "names the caller itself",
}
"""Each class in words."""


if TYPE_CHECKING:

    class Truth(Protocol):
        """A Boolean of any kind."""

        def __and__(self, other: Self, /) -> Self:
            """Both."""

        def __or__(self, other: Self, /) -> Self:
            """Either."""


B = TypeVar("B", bound="Truth")


class Allows(NamedTuple, Generic[B]):
    """What allows: each layer, and the resource's policy by how it names the caller."""

    identity: B
    boundary: B
    session: B
    direct: B
    everyone_of_arn: B
    everyone: B
    of_session: B
    account: B
    scp: B
    rcp: B
    endpoint: B


def granted(side: Side, allows: Allows[B], everyone: Everyone, always: B) -> B:
    """Return whether the layers grant the call, explicit denies left out of account.

    `always` is the truth itself.
    """
    limits = allows.boundary & allows.session
    caller = allows.identity & limits
    match everyone:
        case Everyone.NOTHING_MORE:
            alone = allows.direct | allows.everyone_of_arn | allows.everyone
        case Everyone.LIMITS:
            alone = allows.direct | allows.everyone_of_arn | allows.everyone & limits
        case Everyone.BOUNDARY:
            named = allows.direct | allows.everyone_of_arn
            alone = named | allows.everyone & allows.boundary
        case Everyone.NEVER:
            alone = allows.direct
        case _:
            assert_never(everyone)
    within_limits = alone | allows.of_session & limits
    match side:
        case Side.NEITHER:
            return always
        case Side.EITHER:
            grant = caller | within_limits
        case Side.GUARDED:
            grant = within_limits | allows.account & caller
        case Side.BOTH:
            grant = caller & _named(allows)
        case Side.RESOURCE:
            grant = _named(allows)
        case Side.IDENTITY:
            grant = caller
        case _:
            assert_never(side)
    return grant & allows.scp & allows.rcp & allows.endpoint


def _named(allows: Allows[B]) -> B:
    """Return whether the resource's policy allows, however it names the caller."""
    by_name = allows.direct | allows.of_session | allows.account
    return by_name | allows.everyone_of_arn | allows.everyone


class Bounds(NamedTuple):
    """What is sure and what is possible of one fact, where keys are unknown."""

    sure: bool
    possible: bool

    def __and__(self, other: Bounds) -> Bounds:
        return Bounds(self.sure and other.sure, self.possible and other.possible)

    def __or__(self, other: Bounds) -> Bounds:
        return Bounds(self.sure or other.sure, self.possible or other.possible)


YES = Bounds(sure=True, possible=True)
NO = Bounds(sure=False, possible=False)
MAYBE = Bounds(sure=False, possible=True)


class Presence(Enum):
    """How a layer has a say in a call."""

    __hash__ = object.__hash__  # there is one of each, and Enum's own is slow

    GIVEN = "its policies have a say"
    NONE = "there is none"
    NOT_APPLICABLE = "it does not apply"
    UNKNOWN = "nobody knows its policies"
    BY_ITSELF = "it allows without a policy"
    NOTHING = "it allows nothing"


class LayerState(NamedTuple):
    """How one layer has a say, and why.

    `denies`: its Denies count. `hangs_on` is the unknown key on which it hangs whether the layer
    applies, empty where that is known.
    """

    presence: Presence
    reason: str = ""
    rule: str = ""
    denies: bool = True
    hangs_on: str = ""


class Case(NamedTuple):
    """Which formula applies to a call, how each layer has a say, and why.

    `rule` is the ID of the rule behind `reason`.
    """

    side: Side
    layers: Mapping[Layer, LayerState]
    everyone: Everyone = Everyone.NOTHING_MORE
    reason: str = ""
    rule: str = ""


_LIMITING = frozenset({Layer.ENDPOINT, Layer.RCP, Layer.SCP, Layer.BOUNDARY, Layer.SESSION})
"""Layers that grant nothing, and limit nothing where they do not exist (R-EVAL-04, R-EVAL-05)."""


_FIELDS = {
    Layer.ENDPOINT: ("endpoint",),
    Layer.RCP: ("rcp",),
    Layer.SCP: ("scp",),
    Layer.RESOURCE: ("direct", "everyone_of_arn", "everyone", "of_session", "account"),
    Layer.IDENTITY: ("identity",),
    Layer.BOUNDARY: ("boundary",),
    Layer.SESSION: ("session",),
}
_CLASSES = (
    Grant.DIRECT, Grant.EVERYONE_OF_ARN, Grant.EVERYONE, Grant.OF_SESSION, Grant.ACCOUNT,
)  # fmt: skip


class Booleans(NamedTuple, Generic[B]):
    """The truths of a kind of Booleans, and what there is to say of layers where it is open.

    `unknown` gives whether a layer of which nobody knows the policies allows (in which way, for
    the resource's) or denies; `exempt` and `applies` whether a layer that hangs on an unknown key
    has no say, or has one.
    """

    always: B
    never: B
    unknown: Callable[[Layer, Grant | Effect], B]
    exempt: Callable[[Layer], B]
    applies: Callable[[Layer], B]


class Found(NamedTuple, Generic[B]):
    """What an engine found: of each layer whether it allows and denies; of the resource's how.

    `grants` says whether an Allow of the resource's policy names the caller in each way. A layer
    of several levels allows if each level does (R-SCP-02).
    """

    allows: Mapping[Layer, B]
    denies: Mapping[Layer, B]
    grants: Mapping[Grant, B]


def allow_of(
    case: Case, layer: Layer, found: B, kind: Booleans[B], way: Grant | Effect = Effect.ALLOW
) -> B:
    """Return whether a layer allows, from whether its policies do.

    `way` is how the resource's name the caller.
    """
    state = case.layers[layer]
    match state.presence:
        case Presence.GIVEN | Presence.UNKNOWN if layer is Layer.RCP:
            return kind.always  # RCPFullAWSAccess is always attached (R-RCP-02)
        case Presence.GIVEN:
            allows = found
        case Presence.UNKNOWN:
            allows = kind.unknown(layer, way)
        case Presence.BY_ITSELF:
            return kind.always
        case Presence.NOTHING:
            return kind.never
        case Presence.NONE | Presence.NOT_APPLICABLE:
            return kind.always if layer in _LIMITING else kind.never
        case _:
            assert_never(state.presence)
    return allows | kind.exempt(layer) if state.hangs_on else allows


def deny_of(case: Case, layer: Layer, found: B, kind: Booleans[B]) -> B:
    """Return whether a layer denies, from whether its policies do."""
    state = case.layers[layer]
    match state.presence:
        case Presence.GIVEN if state.denies:
            denies = found
        case Presence.UNKNOWN if state.denies:
            denies = kind.unknown(layer, Effect.DENY)
        case _:
            return kind.never
    return denies & kind.applies(layer) if state.hangs_on else denies


_OF_CALLER = (Layer.IDENTITY, Layer.BOUNDARY, Layer.SESSION)
_OF_ORGANIZATION = (Layer.SCP, Layer.RCP, Layer.ENDPOINT)


def allows_of(case: Case, found: Found[B], kind: Booleans[B]) -> Allows[B]:
    """Return what allows, as far as each layer has a say."""
    allows, grants, never = found.allows, found.grants, kind.never

    def of(layer: Layer) -> B:
        return allow_of(case, layer, allows.get(layer, never), kind)

    return Allows._make(
        (  # in the order of the fields of `Allows`
            *map(of, _OF_CALLER),
            *[
                allow_of(case, Layer.RESOURCE, grants.get(grant, never), kind, grant)
                for grant in _CLASSES
            ],
            *map(of, _OF_ORGANIZATION),
        )
    )


def denies_of(case: Case, found: Found[B], kind: Booleans[B]) -> tuple[B, ...]:
    """Return what denies, layer by layer; nothing denies an action that needs no permission."""
    if case.side is Side.NEITHER:
        return ()
    denies, never = found.denies, kind.never
    return tuple(deny_of(case, layer, denies.get(layer, never), kind) for layer in Layer)


BOUNDS = Booleans(YES, NO, lambda _, __: MAYBE, lambda _: MAYBE, lambda _: MAYBE)
"""Bounds: what is open may be, and may not."""


def bounds_of(case: Case, found: Found[Bounds]) -> tuple[Allows[bool], Allows[bool]]:
    """Return what surely and what possibly allows."""
    bounds = allows_of(case, found, BOUNDS)
    return Allows._make([each.sure for each in bounds]), Allows._make(
        [each.possible for each in bounds]
    )


def decide(case: Case, found: Found[Bounds]) -> tuple[Word, bool | None]:
    """Return the decision's word, and whether the call is allowed (None: not known).

    An explicit deny is final (R-EVAL-01). Where a call is denied either way but it is not known
    how, the word is undetermined and the second value False.
    """
    surely, possibly = bounds_of(case, found)
    sure = granted(case.side, surely, case.everyone, always=True)
    possible = granted(case.side, possibly, case.everyone, always=True)
    denies = denies_of(case, found, BOUNDS)
    if any(deny.sure for deny in denies):
        return Word.EXPLICIT_DENY, False
    if not any(deny.possible for deny in denies):
        if sure:
            return Word.ALLOWED, True
        if not possible:
            return Word.IMPLICIT_DENY, False
    return Word.UNDETERMINED, None if possible else False


def decided_by(case: Case, word: Word, found: Found[Bounds]) -> Layer | None:
    """Return the layer that decided; None where none did, or it is not known.

    For an explicit deny the first whose Deny matched, else the first that had to allow and did
    not, in the order of R-EVAL-03; in one account a resource's policy need not. For
    an allowed call the layer that granted it: the resource's, where that was enough or had to.
    """
    match word:
        case Word.EXPLICIT_DENY:
            denied = (
                layer for layer in Layer
                if deny_of(case, layer, found.denies.get(layer, NO), BOUNDS).sure
            )  # fmt: skip
            return next(denied)
        case Word.ALLOWED:
            return _granting(case, found)
        case Word.IMPLICIT_DENY | Word.UNDETERMINED:
            _, possible = bounds_of(case, found)
            return next((layer for layer in Layer if _blocks(case, layer, possible)), None)
        case _:
            assert_never(word)


def _blocks(case: Case, layer: Layer, allows: Allows[bool]) -> bool:
    """Whether a layer keeps the call denied though the others allow.

    What is given of the resource's policy counts for the layers after it.
    """
    if layer is Layer.RESOURCE and case.side in (Side.EITHER, Side.IDENTITY):
        return False
    kept = {*_FIELDS[layer], *(_FIELDS[Layer.RESOURCE] if layer in _OF_CALLER else ())}
    others = allows._replace(**dict.fromkeys(set(Allows._fields) - kept, True))
    return not granted(case.side, others, case.everyone, always=True)


def _granting(case: Case, found: Found[Bounds]) -> Layer | None:
    sure, _ = bounds_of(case, found)
    if case.side is Side.NEITHER:
        return None
    without_identity = granted(case.side, sure._replace(identity=False), case.everyone, always=True)
    if case.side in (Side.BOTH, Side.GUARDED, Side.RESOURCE) or without_identity:
        return Layer.RESOURCE
    return Layer.IDENTITY if case.layers[Layer.IDENTITY].presence is Presence.GIVEN else None


def granting_layers(case: Case, found: Found[Bounds]) -> tuple[Layer, ...]:
    """Return the layers whose Allows grant an allowed call: the identity's, the resource's."""
    sure, _ = bounds_of(case, found)
    if case.side is Side.NEITHER:
        return ()
    without_resource = granted(
        case.side, sure._replace(**dict.fromkeys(_FIELDS[Layer.RESOURCE], False)),
        case.everyone, always=True,
    )  # fmt: skip
    without_identity = granted(case.side, sure._replace(identity=False), case.everyone, always=True)
    layers = []
    if without_identity or case.side in (Side.BOTH, Side.GUARDED):
        layers.append(Layer.RESOURCE)
    if without_resource or not without_identity:
        layers.append(Layer.IDENTITY)
    return tuple(layers)


def granting_classes(case: Case, found: Found[Bounds]) -> frozenset[Grant]:
    """Return in which ways of naming the caller an Allow of the resource's policy grants the call.

    Those that grant it without any other, where the identity's need not too.
    """
    sure, _ = bounds_of(case, found)
    if case.side is Side.EITHER:
        sure = sure._replace(identity=False)
    silent = sure._replace(**dict.fromkeys(_FIELDS[Layer.RESOURCE], False))
    return frozenset(
        grant
        for name, grant in zip(_FIELDS[Layer.RESOURCE], _CLASSES, strict=True)
        if granted(case.side, silent._replace(**{name: True}), case.everyone, always=True)
    )
