"""What was assumed to answer, and what the service reference does not list: said, never denied.

Rules: R-ACT-04, R-COND-06, R-RES-09, R-RES-12, R-PRIN-07, R-XACC-05, R-AF-08.
"""

from collections.abc import Iterable

from policy_eval.semantics.keys import is_listed
from policy_eval.semantics.request_context import RequestContext
from policy_eval.semantics.service_reference import (
    ServiceAction,
    data_version,
    service_action,
    service_actions,
    service_exists,
)
from policy_eval.text.folding import fold

_PRINCIPAL_ARN = "aws:principalarn"


def assumption_notes(context: RequestContext, keys_read: Iterable[str]) -> tuple[str, ...]:
    """Return notes on what was assumed about the caller and the resource."""
    request = context.request
    notes = list(context.resources.notes)
    if context.principal is None:
        notes.append(
            "the caller is not said: what follows from who calls is unknown, and the resource is "
            "taken to be in the caller's account"
        )
    elif (
        not context.principal.path_is_known
        and _PRINCIPAL_ARN in map(fold, keys_read)
        and _PRINCIPAL_ARN not in context.given
    ):
        notes.append(
            "a session's ARN lacks its role's path, so aws:PrincipalArn is unknown: name the "
            "role's ARN instead (R-PRIN-07)"
        )
    resource = request.resource or ""
    if resource.startswith("arn:") and ("*" in resource or "?" in resource):
        notes.append("in a request `*` and `?` are characters of the resource's name")
    has_account = context.principal is None or context.principal.account is not None
    own = context.owner() is None and not context.owner_is_unknown() and has_account
    if resource.split(":")[2:5] == ["s3", "", ""] and own:
        notes.append(
            "an S3 ARN names no account: the bucket is taken to be the caller's own "
            "(aws:ResourceAccount says otherwise, R-XACC-05)"
        )
    listed = service_action(context.action.service, context.action.name)
    if listed is not None and len(listed.required) > 1 and not request.action_only:
        notes.append(
            f"{context.action} names {', '.join(listed.required)}, and AWS must allow each: ask "
            "for each resource (R-RES-12)"
        )
    return tuple(notes)


_SCOPED_THOUGH_UNLISTED = frozenset({"appflow:createconnectorprofile", "appflow:createflow"})


def passed_over_note(context: RequestContext) -> str:
    """Return what to say where a statement names ARNs for an action without resource types.

    Empty where AWS's reference is the last word (R-RES-09, R-AF-08).
    """
    if context.folded_action not in _SCOPED_THOUGH_UNLISTED:
        return ""
    return (
        f"the service reference lists no resource type for {context.action}, so it is evaluated "
        "against `*`; a statement that names ARNs was passed over, though a managed policy of "
        "AWS's names them too (R-AF-08)"
    )


def reference_notes(context: RequestContext, keys_read: Iterable[str]) -> tuple[str, ...]:
    """Return notes on the action, its resource, and keys given or read by statements."""
    action = context.action
    listed = service_action(action.service, action.name)
    notes = [*_on_action(context)] if listed is None else [*_on_request(context, listed)]
    notes += [f"condition key `{key}`" for key in keys_read if not is_listed(fold(key))]
    return tuple(
        f"the service reference ({data_version()}) lists no {note}" for note in dict.fromkeys(notes)
    )


def _on_action(context: RequestContext) -> list[str]:
    service, name = context.action
    if not service_exists(service.lower()):
        return [f"service `{service}`"]
    from difflib import get_close_matches  # only when something is wrong

    near = get_close_matches(name, service_actions(service.lower()), 1)
    guess = f"; did you mean `{service}:{near[0]}`" if near else ""
    return [f"action `{context.action}`{guess}"]


def _has_tags(listed: ServiceAction) -> bool:
    return any(key.prefix.endswith(("resourcetag/", "objecttag/")) for key in listed.keys)


def _on_request(context: RequestContext, listed: ServiceAction) -> list[str]:
    service = context.action.service.lower()
    notes = [
        f"`{name}` for {context.action}, so AWS may not send it"
        for folded, spellings in context.request.context.items()
        for name, values in spellings.items()
        if values is not None
        and folded.startswith(f"{service}:")
        and not any(key.covers(folded) for key in listed.keys)
    ]
    if context.request.resource_tags and not _has_tags(listed):
        notes.append(f"resource tags for {context.action}, so AWS may not send them")
    return notes
