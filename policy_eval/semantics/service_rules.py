"""What a service refuses whatever the policies say: told beside the decision, never mixed in.

Rules: R-AF-01, R-AF-02, R-AF-06, R-CRED-01, R-XACC-04, R-EXT-01.
"""

from typing import NamedTuple

from policy_eval.request.principal import Credentials, PrincipalKind
from policy_eval.semantics.derivation import is_true
from policy_eval.semantics.lower import key_named
from policy_eval.semantics.request_context import RequestContext, Unknown


class Remark(NamedTuple):
    """Something said beside the decision, with its rule."""

    text: str
    rule: str


def service_remarks(context: RequestContext) -> tuple[Remark, ...]:
    """Return what the services themselves would say to the call."""
    return (
        *remarks_on_reserved_name(context),
        *_reserved_tags(context),
        *remarks_on_credentials(context),
    )


def _values(context: RequestContext, key: str) -> tuple[str, ...]:
    candidates = context.candidates(key_named(key))
    return () if isinstance(candidates, Unknown) else candidates[0] or ()


def remarks_on_reserved_name(context: RequestContext) -> list[Remark]:
    """Return what Secrets Manager says to the name of a new secret (R-AF-02)."""
    if context.folded_action != "secretsmanager:createsecret":
        return []
    name = next(iter(_values(context, "secretsmanager:Name")), "")
    service = reserving_service(name)
    chain = context.candidates(key_named("aws:CalledVia"))
    if (
        service is None
        or isinstance(chain, Unknown)
        or f"{service}.amazonaws.com" in (chain[0] or ())
    ):
        return []
    return [
        Remark(
            f"Secrets Manager reserves names that begin with `{service}!` to the managing "
            "service: it refuses the call whatever IAM answers",
            "R-AF-02",
        )
    ]


def reserving_service(name: str) -> str | None:
    """Return the service to which the name of a secret is reserved, by its prefix (R-AF-02)."""
    service, mark, _ = name.partition("!")
    return service if mark else None


def _reserved_tags(context: RequestContext) -> list[Remark]:
    if context.is_forwarded() is not False:  # a service may set its own
        return []
    reserved = [name.partition("/")[2] for name in context.names_held("aws:requesttag/aws:")]
    return [
        Remark(
            f"tag keys that begin with `aws:` are reserved: the service refuses `{key}`", "R-AF-06"
        )
        for key in reserved
    ]


def _has_no_mfa(context: RequestContext) -> bool:
    """Whether the call surely shows no MFA."""
    candidates = context.candidates(key_named("aws:MultiFactorAuthPresent"))
    return not isinstance(candidates, Unknown) and not is_true(candidates[0])


_TO_FEDERATED = frozenset({"sts:getcalleridentity"})
_TO_SESSION_TOKEN = frozenset({"sts:getcalleridentity", "sts:assumerole"})
_NOT_TO_ROLES = frozenset({"sts:getfederationtoken", "sts:getsessiontoken"})
_NOT_TO_ROOT = frozenset({"sts:assumerole", "sts:assumeroot"})


def remarks_on_credentials(context: RequestContext) -> list[Remark]:
    """Return what the caller's kind of credentials cannot do (R-CRED-01, R-XACC-04)."""
    principal, action = context.principal, context.folded_action
    if principal is None:
        return []
    of_iam, of_sts = action.startswith("iam:"), action.startswith("sts:")
    if principal.credentials is Credentials.GET_SESSION_TOKEN:
        without_mfa = of_iam and _has_no_mfa(context)
        if without_mfa or (of_sts and action not in _TO_SESSION_TOKEN):
            how = " without MFA" if without_mfa else ""
            text = f"GetSessionToken credentials{how} cannot call {context.action}"
            return [Remark(text, "R-CRED-01")]
    match principal.kind:
        case PrincipalKind.FEDERATED_USER if of_iam or (of_sts and action not in _TO_FEDERATED):
            return [Remark(f"federated-user credentials cannot call {context.action}", "R-CRED-01")]
        case PrincipalKind.ROLE if action in _NOT_TO_ROLES:
            return [Remark(f"AssumeRole credentials cannot call {context.action}", "R-CRED-01")]
        case PrincipalKind.ROOT if action in _NOT_TO_ROOT:
            return [Remark(f"a root user cannot call {context.action}", "R-XACC-04")]
        case _:
            return []
