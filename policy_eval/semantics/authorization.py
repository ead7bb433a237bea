"""How the answers of policies combine into a decision, written once.

`granted` is a Boolean expression over values of any kind that have `&` and `|` (Python bools,
masks, symbolic conditions), monotone in its arguments: an engine that knows only bounds
evaluates it once with what is sure and once with what is possible.

AWS: "How AWS enforcement code logic evaluates requests", "Cross-account policy evaluation
logic", "Default key policy". Rules: R-EVAL-01, R-EVAL-02, R-EVAL-11, R-EVAL-12, R-XACC-01,
R-KMS-01, R-KMS-02, R-TRUST-01, R-ROOT-01, R-SP-01, R-ANON-01, R-EXT-01.
"""

from enum import Enum
from typing import NamedTuple, Protocol, Self, TypeVar, assert_never

from policy_eval.request.principal import PrincipalKind
from policy_eval.semantics.request_context import RequestContext
from policy_eval.semantics.resources import account_of


class Word(Enum):
    """A decision, in the words of AWS's simulator; `undetermined` is ours."""

    ALLOWED = "allowed"
    EXPLICIT_DENY = "explicitDeny"
    IMPLICIT_DENY = "implicitDeny"
    UNDETERMINED = "undetermined"


class Side(Enum):
    """Whose policies must allow: the identity's, the resource's, one of them, or both."""

    NEITHER = "the action needs no permission"
    EITHER = "an Allow of the identity's or the resource's policy is enough"
    BOTH = "the identity's and the resource's policy must both allow"
    RESOURCE = "the resource's policy must allow"


class Case(NamedTuple):
    """Which formula applies to a call, and why.

    `resource_policy_unknown`: AWS always has a resource-based policy here, and none was given.
    `identity_counts`: identity-based policies apply to this caller at all. `rule` is the ID of
    the rule behind `reason`.
    """

    side: Side
    identity_counts: bool = True
    identity_allows_by_itself: bool = False
    resource_policy_unknown: bool = False
    reason: str = ""
    rule: str = ""


class Truth(Protocol):
    """A Boolean of any kind."""

    def __and__(self, other: Self, /) -> Self:
        """Both."""

    def __or__(self, other: Self, /) -> Self:
        """Either."""


B = TypeVar("B", bound=Truth)


def granted(side: Side, identity: B, resource: B, always: B) -> B:
    """Return whether the layers grant the call, explicit denies left out of account.

    `identity` and `resource` are what the two sides allow, `always` is the truth itself.
    """
    match side:
        case Side.NEITHER:
            return always
        case Side.EITHER:
            return identity | resource
        case Side.BOTH:
            return identity & resource
        case Side.RESOURCE:
            return resource
        case _:
            assert_never(side)


_NO_PERMISSION_NEEDED = frozenset({"sts:getcalleridentity", "sts:getsessiontoken"})
"""R-EXT-01."""

_NO_KEY_POLICY = frozenset(
    f"kms:{name}"
    for name in (
        "createkey", "listkeys", "listaliases", "listretirablegrants", "generaterandom",
        "createcustomkeystore", "connectcustomkeystore", "describecustomkeystores",
        "disconnectcustomkeystore", "updatecustomkeystore", "deletecustomkeystore",
    )
)  # fmt: skip
"""AWS KMS actions that no key policy guards (R-KMS-02)."""

_TRUST = frozenset(
    f"sts:{name}"
    for name in (
        "assumerole", "assumerolewithsaml", "assumerolewithwebidentity", "tagsession",
        "setsourceidentity",
    )
)  # fmt: skip
"""Actions on a role that its trust policy guards (R-TRUST-01)."""

_UNSIGNED = frozenset({"sts:assumerolewithsaml", "sts:assumerolewithwebidentity"})
"""Calls that carry no signature: no identity-based policy plays a part (R-TRUST-02)."""

_KEY_POLICY = Case(
    Side.RESOURCE,
    resource_policy_unknown=True,
    reason="a KMS key always has a key policy, it must allow, and none was given",
    rule="R-KMS-01",
)
_TRUST_POLICY = Case(
    Side.RESOURCE,
    resource_policy_unknown=True,
    reason="a role always has a trust policy, it must allow, and none was given",
    rule="R-TRUST-01",
)
_OWN_ACCOUNT = Case(Side.EITHER)
_NO_PERMISSION = Case(
    Side.NEITHER,
    identity_counts=False,
    reason="the action needs no permission, and no policy can deny it",
    rule="R-EXT-01",
)


def case_of(context: RequestContext) -> Case:
    """Return which formula applies to the call."""
    action = context.folded_action
    principal = context.request.principal
    kind = principal.kind if principal else None
    if action in _NO_PERMISSION_NEEDED and kind is not PrincipalKind.ANONYMOUS:
        return _NO_PERMISSION
    guarded = _guarded(action)
    match kind:
        case PrincipalKind.SERVICE | PrincipalKind.ANONYMOUS:
            rule = "R-SP-01" if kind is PrincipalKind.SERVICE else "R-ANON-01"
            return Case(
                Side.RESOURCE,
                identity_counts=False,
                resource_policy_unknown=True,
                reason=f"no identity-based policy applies to this caller ({kind.value}): only the "
                "resource's policy can allow, and none was given",
                rule=rule,
            )
        case _ if _foreign(context):
            return _foreign_case(kind)
        case PrincipalKind.ROOT:
            return (guarded or _OWN_ACCOUNT)._replace(
                identity_counts=False,
                identity_allows_by_itself=True,
                reason=guarded.reason
                if guarded
                else "the root user of the account is allowed "
                "by default; identity-based policies do not apply to it",
                rule=guarded.rule if guarded else "R-ROOT-01",
            )
        case PrincipalKind.FEDERATED_USER if not guarded:
            return Case(
                Side.RESOURCE,
                reason="a federated-user session without a session policy has no permissions "
                "but what a resource-based policy grants it",
                rule="R-EVAL-12",
            )
        case _:
            return guarded or _OWN_ACCOUNT


def _guarded(action: str) -> Case | None:
    if action.startswith("kms:") and action not in _NO_KEY_POLICY:
        return _KEY_POLICY
    if action in _UNSIGNED:
        return _TRUST_POLICY._replace(identity_counts=False, rule="R-TRUST-02")
    return _TRUST_POLICY if action in _TRUST else None


def _foreign(context: RequestContext) -> bool:
    """Whether the resource belongs to another account than the caller (R-XACC-05)."""
    caller, names = context.caller_account(), context.resources.names
    owner = context.owner_given() or (account_of(names[0]) if names else None)
    if caller is None or (owner is None and not context.owner_is_unknown()):
        return False
    return owner != caller


def _foreign_case(kind: PrincipalKind | None) -> Case:
    return Case(
        Side.BOTH,
        identity_counts=kind is not PrincipalKind.ROOT,
        identity_allows_by_itself=kind is PrincipalKind.ROOT,
        resource_policy_unknown=True,
        reason="the resource belongs to another account, or may, and its resource-based policy "
        "must allow too; none was given",
        rule="R-XACC-01",
    )


class Bounds(NamedTuple):
    """What is sure and what is possible of one fact, where keys are unknown."""

    sure: bool
    possible: bool


def decide(case: Case, allows: Bounds, denies: Bounds) -> tuple[Word, bool | None]:
    """Return the decision's word, and whether the call is allowed (None: not known).

    An explicit deny is final (R-EVAL-01). Where a call is denied either way but it is not known
    how, the word is undetermined and the second value False.
    """
    if not case.identity_counts:
        allows = denies = Bounds(sure=False, possible=False)
    if case.identity_allows_by_itself:
        allows = Bounds(sure=True, possible=True)
    unknown = case.resource_policy_unknown
    sure = granted(case.side, allows.sure, False, True)  # noqa: FBT003 - truth values
    possible = granted(case.side, allows.possible, unknown, True)  # noqa: FBT003
    if denies.sure:
        return Word.EXPLICIT_DENY, False
    if not denies.possible:
        if sure:
            return Word.ALLOWED, True
        if not possible:
            return Word.IMPLICIT_DENY, False
    return Word.UNDETERMINED, None if possible else False
