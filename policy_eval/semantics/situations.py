"""Which formula applies to a call, and how each layer has a say in it.

AWS: "How AWS enforcement code logic evaluates requests", "Cross-account policy evaluation logic",
"SCP evaluation", "RCP evaluation", "GetFederationToken", "AssumeRoot". Rules: R-EVAL-05, R-EVAL-12,
R-EVAL-14, R-EVAL-15, R-XACC-01, R-XACC-04, R-KMS-01, R-TRUST-01 … R-TRUST-03, R-SCP-01, R-RCP-01,
R-ROOT-01, R-ROOT-02, R-ANON-01, R-SP-01, R-SLR-01, R-EXT-01, R-VPCE-01, R-FAS-01.
"""

from __future__ import annotations

from policy_eval.errors import RequestError, refuse_request
from policy_eval.request.place import OF_AWS_MANAGED_KEYS
from policy_eval.request.principal import Credentials, PrincipalKind, is_service_linked_role
from policy_eval.semantics.authorization import Case, Everyone, LayerState, Presence, Side
from policy_eval.semantics.layers import NAMES, Layer
from policy_eval.semantics.lower import key_named
from policy_eval.semantics.readings import OpenPoint
from policy_eval.semantics.request_context import RequestContext, Unknown
from policy_eval.semantics.service_exceptions import (
    ALWAYS_THERE,
    NOT_UNDER_RCPS,
    OWNER_CANNOT_LOCK_ITSELF_OUT,
    RCP_SERVICES,
    Guard,
    exception_for,
)
from policy_eval.semantics.service_reference import service_action

_NONE = LayerState(Presence.NONE)
_GIVEN = LayerState(Presence.GIVEN)
_UNKNOWN = LayerState(Presence.UNKNOWN)


def case_of(context: RequestContext) -> Case:
    """Return which formula applies to a call, and how each layer has a say.

    Raises RequestError for layers that the caller cannot have.
    """
    _check_layers(context)
    side, reason, rule = _side(context)
    if side is Side.NEITHER:
        state = LayerState(Presence.NOT_APPLICABLE, reason, rule)
        return Case(side, dict.fromkeys(Layer, state), reason=reason, rule=rule)
    layers = {
        Layer.ENDPOINT: _endpoint(context),
        Layer.RCP: _rcp(context),
        Layer.SCP: _scp(context),
        Layer.RESOURCE: _resource(context, side),
        Layer.IDENTITY: _identity(context, side),
        Layer.BOUNDARY: _NONE
        if _kind(context) in _WITHOUT_BOUNDARY
        else _given(context, Layer.BOUNDARY),
        Layer.SESSION: _session(context),
    }
    return Case(side, layers, _everyone(context, layers), reason, rule)


def _kind(context: RequestContext) -> PrincipalKind | None:
    principal = context.principal
    return principal.kind if principal else None


def _assumed_root(context: RequestContext) -> bool:
    principal = context.principal
    return principal is not None and principal.credentials is Credentials.ASSUME_ROOT


# What there cannot be

_WITHOUT_BOUNDARY = frozenset(
    {PrincipalKind.ROOT, PrincipalKind.SERVICE, PrincipalKind.ANONYMOUS, PrincipalKind.PROVIDER}
)
_WITHOUT_SESSION = _WITHOUT_BOUNDARY | {PrincipalKind.USER}
_WITHOUT_IDENTITY = _WITHOUT_BOUNDARY - {PrincipalKind.ROOT}


def _check_layers(context: RequestContext) -> None:
    kind = _kind(context)
    if kind in _WITHOUT_BOUNDARY and context.attached.exists(Layer.BOUNDARY):
        raise _cannot_have(context, Layer.BOUNDARY, "only users and roles have one", "R-EVAL-15")
    has_session = context.attached.exists(Layer.SESSION) and not _assumed_root(context)
    if kind in _WITHOUT_SESSION and has_session:
        remedy = "only the sessions of a role and of a federated user, and of AssumeRoot, have one"
        raise _cannot_have(context, Layer.SESSION, remedy, "R-EVAL-14")
    unsigned = exception_for(context.folded_action, "")
    is_unsigned = unsigned is not None and unsigned.guard is Guard.RESOURCE_ALONE
    if kind is PrincipalKind.PROVIDER and not is_unsigned and not context.asked:
        raise refuse_request(
            "impossible-caller",
            f"the identity of a provider does not call {context.action}",
            "it calls sts:AssumeRoleWithSAML or sts:AssumeRoleWithWebIdentity, and then acts as "
            "the role's session", ("R-TRUST-02",),
        )  # fmt: skip
    if is_unsigned and kind not in (None, PrincipalKind.PROVIDER, PrincipalKind.ANONYMOUS):
        raise refuse_request(
            "impossible-caller",
            f"{context.action} is not signed: no user, role or service of AWS calls it",
            "name the identity provider, such as arn:aws:iam::111122223333:saml-provider/Corp",
            ("R-TRUST-02",),
        )


def _cannot_have(context: RequestContext, layer: Layer, remedy: str, rule: str) -> RequestError:
    principal = context.principal
    kind = principal.kind.value if principal else ""
    message = f"the caller ({kind} `{principal}`) has no {NAMES[layer]}, and one is given"
    return refuse_request("impossible-caller", message, remedy, (rule,))


# Whose policies must allow


def _side(context: RequestContext) -> tuple[Side, str, str]:
    kind, action = _kind(context), context.folded_action
    row = exception_for(action, _arn(context))
    guard, rule = (row.guard, row.rule) if row else (None, "")
    if guard is Guard.NOBODY and kind is not PrincipalKind.ANONYMOUS:
        return Side.NEITHER, guard.value, rule
    if guard is Guard.RESOURCE_ALONE:
        return Side.RESOURCE, guard.value, rule
    if guard is Guard.IDENTITY_ALONE:
        return Side.IDENTITY, guard.value, rule
    match kind:
        case PrincipalKind.SERVICE:
            return Side.RESOURCE, "only the resource's policy can allow an AWS service", "R-SP-01"
        case PrincipalKind.ANONYMOUS:
            reason = "only the resource's policy can allow an anonymous caller"
            return Side.RESOURCE, reason, "R-ANON-01"
        case PrincipalKind.PROVIDER:  # a further action of an unsigned call
            return Side.RESOURCE, Guard.RESOURCE_ALONE.value, "R-TRUST-02"
        case _:
            pass
    if context.is_foreign():
        return Side.BOTH, _FOREIGN, "R-XACC-01"
    if guard is Guard.BOTH_WHEN_CHAINED and kind is PrincipalKind.ROLE:
        return Side.BOTH, guard.value, rule
    if guard is not None:
        return Side.GUARDED, guard.value, rule
    return Side.EITHER, "", ""


_FOREIGN = (
    "the resource belongs to another account, or may, so its resource-based policy must allow too"
)


def _arn(context: RequestContext) -> str:
    names = context.resources.names
    return names[0] if names else ""


# How each layer has a say


def _given(context: RequestContext, layer: Layer) -> LayerState:
    exists = context.attached.exists(layer)
    if exists is None:
        return _UNKNOWN
    return _GIVEN if exists else _NONE


def _not_applicable(context: RequestContext, layer: Layer, reason: str, rule: str) -> LayerState:
    """Return that a layer does not apply; with the reason where somebody might think it did."""
    if context.attached.exists(layer) is False:
        return _NONE
    return LayerState(Presence.NOT_APPLICABLE, reason, rule)


def _identity(context: RequestContext, side: Side) -> LayerState:
    kind = _kind(context)
    if kind is PrincipalKind.ROOT:
        if side is Side.GUARDED:
            reason = "identity-based policies do not apply to the root user"
            return LayerState(Presence.NOT_APPLICABLE, reason, "R-ROOT-01")
        rule = "R-XACC-04" if side is Side.BOTH else "R-ROOT-01"
        return LayerState(Presence.BY_ITSELF, "the root user of the account is allowed by default; "
                          "identity-based policies do not apply to it", rule)  # fmt: skip
    if side is Side.RESOURCE or kind in _WITHOUT_IDENTITY:
        rules = {PrincipalKind.SERVICE: "R-SP-01", PrincipalKind.ANONYMOUS: "R-ANON-01"}
        caller = kind.value if kind else "caller"
        reason = f"identity-based policies do not apply to this caller ({caller})"
        return LayerState(Presence.NOT_APPLICABLE, reason,
                          rules.get(kind, "R-TRUST-02") if kind else "R-TRUST-02")  # fmt: skip
    return _given(context, Layer.IDENTITY)


def _session(context: RequestContext) -> LayerState:
    state = _given(context, Layer.SESSION)
    if _kind(context) in _WITHOUT_SESSION and not _assumed_root(context):
        return _NONE
    if state.presence is not Presence.NONE:
        return state
    if _assumed_root(context):
        reason = "a session of AssumeRoot always has a task policy, and none was given"
        return LayerState(Presence.UNKNOWN, reason, "R-ROOT-02")
    if _kind(context) is PrincipalKind.FEDERATED_USER:
        return LayerState(
            Presence.NOTHING,
            "a federated-user session without a session policy has no permissions but what a "
            "resource-based policy grants it",
            "R-EVAL-12",
        )
    return state


def _resource(context: RequestContext, side: Side) -> LayerState:
    if side is Side.IDENTITY:
        return _not_applicable(context, Layer.RESOURCE, Guard.IDENTITY_ALONE.value, "R-KMS-02")
    if context.resource_policy() is not None:
        return LayerState(Presence.GIVEN, *_own_lockout(context))
    if Layer.RESOURCE in context.attached.unknown:
        _, _, denies = _own_lockout(context)
        return _UNKNOWN._replace(denies=denies)
    if side is Side.EITHER or (side is Side.RESOURCE and _has_no_resource(context)):
        return _NONE
    row = exception_for(context.folded_action, _arn(context))
    if row is not None and row.policy_type in ALWAYS_THERE:
        reason = f"{ALWAYS_THERE[row.policy_type]}, and none was given"
        return LayerState(Presence.UNKNOWN, reason, row.rule)
    _, reason, rule = _side(context)
    return LayerState(Presence.UNKNOWN, f"{reason}, and none was given", rule)


def _has_no_resource(context: RequestContext) -> bool:
    """Return whether the action has no resource types, so that nothing can have a policy."""
    listed = service_action(context.action.service, context.action.name)
    return listed is not None and not listed.resource_types


def _own_lockout(context: RequestContext) -> tuple[str, str, bool]:
    """Return why the Denies of a bucket policy do not bind its owner's root user (R-ROOT-01)."""
    own = _kind(context) is PrincipalKind.ROOT and not context.is_foreign()
    if own and context.folded_action in OWNER_CANNOT_LOCK_ITSELF_OUT:
        return "the bucket owner's root user is not bound by its Denies", "R-ROOT-01", False
    return "", "", True


def _scp(context: RequestContext) -> LayerState:
    principal = context.principal
    if principal is None:
        return _given(context, Layer.SCP)
    if principal.account is None:
        reason = f"service control policies do not apply to this caller ({principal.kind.value})"
        return _not_applicable(context, Layer.SCP, reason, "R-SCP-01")
    if principal.is_service_linked:
        reason = "service control policies do not apply to service-linked roles"
        return _not_applicable(context, Layer.SCP, reason, "R-SLR-01")
    if principal.in_management_account:
        reason = "service control policies do not apply to the management account"
        return _not_applicable(context, Layer.SCP, reason, "R-SCP-01")
    return _given(context, Layer.SCP)


def _rcp(context: RequestContext) -> LayerState:
    if context.attached.exists(Layer.RCP) is False:
        return _NONE
    exempt = _why_no_rcp(context)
    if exempt:
        return LayerState(Presence.NOT_APPLICABLE, *exempt)
    managed = _is_aws_managed_key(context)
    if managed:
        reason = "resource control policies do not apply to AWS managed KMS keys"
        return LayerState(Presence.NOT_APPLICABLE, reason, "R-RCP-01")
    state = _given(context, Layer.RCP)
    return state if managed is False else state._replace(hangs_on="kms:ResourceAliases")


def _why_no_rcp(context: RequestContext) -> tuple[str, str] | None:
    """Return why resource control policies do not apply, and the rule; None where they do."""
    principal, arn = context.principal, _arn(context)
    if context.action.service.lower() not in RCP_SERVICES:
        reason = f"resource control policies do not cover {context.action.service}"
        return reason, "R-RCP-01"
    if context.folded_action in NOT_UNDER_RCPS:
        return f"resource control policies do not restrict {context.action}", "R-RCP-01"
    if _has_no_resource(context):
        reason = f"{context.action} has no resource types, so they do not restrict it"
        return reason, "R-RCP-01"
    if principal is None:
        return None
    owner = context.owner() or principal.account
    if principal.management_account is not None and owner == principal.management_account:
        reason = "resource control policies do not apply to resources of the management account"
        return reason, "R-RCP-01"
    if principal.is_service_linked:
        return "resource control policies do not apply to service-linked roles", "R-SLR-01"
    assumes = context.folded_action == "sts:assumerole"
    if assumes and principal.kind is PrincipalKind.SERVICE and is_service_linked_role(arn):
        reason = "resource control policies do not apply where a service assumes its own role"
        return reason, "R-RCP-01"
    return None


ALIASES_OF_KEYS = ("kms:RequestAlias", "kms:ResourceAliases")
"""The keys that tell a KMS key's aliases, and so whether it is AWS's own (R-RCP-01)."""
_OF_AWS = OF_AWS_MANAGED_KEYS.removeprefix(":")


def _is_aws_managed_key(context: RequestContext) -> bool | None:
    """Return whether a key is AWS's own, by its alias; None where the aliases are unknown."""
    if not context.folded_action.startswith("kms:"):
        return False
    if OF_AWS_MANAGED_KEYS in _arn(context):
        return True
    unknown = False
    for name in ALIASES_OF_KEYS:
        candidates = context.candidates(key_named(name))
        if isinstance(candidates, Unknown):
            unknown = True
        elif any(v.startswith(_OF_AWS) for values in candidates for v in values or ()):
            return True
    return None if unknown else False


def _endpoint(context: RequestContext) -> LayerState:
    state = _given(context, Layer.ENDPOINT)
    if state.presence is Presence.NONE:
        return state
    forwarded = context.is_forwarded()
    if forwarded is None:
        return state._replace(hangs_on="aws:ViaAWSService")
    reason = "a call that a service forwards does not pass the caller's VPC endpoint"
    return LayerState(Presence.NOT_APPLICABLE, reason, "R-FAS-01") if forwarded else state


def _everyone(context: RequestContext, layers: dict[Layer, LayerState]) -> Everyone:
    """Return what a grant to everyone needs beside itself, as it is read (E.2, R-EVAL-12)."""
    sessionless = layers[Layer.SESSION].presence is Presence.NOTHING
    if sessionless and OpenPoint.EVERYONE_AND_SESSIONLESS in context.reading:
        return Everyone.NEVER
    if OpenPoint.EVERYONE_AND_LIMITS in context.reading:
        return Everyone.BOUNDARY if sessionless else Everyone.LIMITS
    return Everyone.NOTHING_MORE


def levels_with_a_say(context: RequestContext, case: Case) -> tuple[tuple[Layer, int], ...]:
    """Return the layers, each with its levels, whose policies have a say in a call."""
    levels: list[tuple[Layer, int]] = []
    for layer, state in case.layers.items():
        if state.presence is not Presence.GIVEN:
            continue
        match layer:
            case Layer.SCP:
                levels += [(layer, level) for level in range(1, context.attached.scp_levels + 1)]
            case Layer.RCP:
                levels += [(layer, level) for level in range(1, context.attached.rcp_levels + 1)]
            case Layer.RESOURCE:
                levels.append((layer, context.resource_policy() or 0))
            case _:
                levels.append((layer, 0))
    return tuple(levels)
