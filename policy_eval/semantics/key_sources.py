"""What a key of a request follows from, in words for people who wonder where its value comes from.

Rules: section F, R-FAS-01, R-SM-02, R-KEY-01, R-XACC-05, R-VPCE-01. `derivation` is what derives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy_eval.semantics.linked_keys import Feeder, feeder_of
from policy_eval.semantics.lower import key_named
from policy_eval.text.folding import fold

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policy_eval.semantics.request_context import RequestContext

_CHAIN = ("aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast")
_FORWARDED = (*_CHAIN, "aws:ViaAWSService")
_OF_KEYS: Mapping[str, tuple[str, ...]] = {
    "aws:calledviafirst": _CHAIN,
    "aws:calledvialast": _CHAIN,
    "aws:viaawsservice": _CHAIN,
    "aws:sourcevpc": _FORWARDED,
    "aws:sourcevpce": _FORWARDED,
    "aws:vpcsourceip": _FORWARDED,
    "aws:sourceip": ("aws:SourceVpc", "aws:SourceVpce", "aws:VpcSourceIp"),
    "aws:multifactorauthpresent": ("aws:MultiFactorAuthAge",),
    "aws:principalorgid": ("aws:PrincipalOrgPaths",),
    "aws:resourceorgid": ("aws:PrincipalOrgID", "aws:PrincipalOrgPaths"),
    "aws:resourceorgpaths": ("aws:PrincipalOrgPaths",),
}
"""Keys from which others follow, where they were given."""
_OTHERWISE = {
    "aws:viaawsservice": "nothing being said of a service that forwards the call",
    "aws:sourceip": "the VPC endpoint",
    "aws:securetransport": "what is usual",
    "aws:resourceaccount": "whose resource it is",
}
_BY_FEEDER = {
    Feeder.TIME: "the time of the call",
    Feeder.REGION: "where the resource or the service is",
    Feeder.OWNER: "whose resource it is, and who calls",
    Feeder.TAGS: "the tags of the request",
}


def follows_from(context: RequestContext, folded: str) -> str:
    """Return what a key (folded) that was derived follows from: a given key, or a phrase."""
    source = context.source_of(key_named(folded))
    if source is not None:
        return next(iter(context.request.context[source]))
    for name in _OF_KEYS.get(folded, ()):
        if fold(name) in context.given:
            return name
    if folded in _OTHERWISE:
        return _OTHERWISE[folded]
    if folded.startswith("aws:principal"):
        return "who calls"
    feeder = feeder_of(folded)
    if feeder is Feeder.TAGS and _is_of_resource(folded) and context.request.resource_tags:
        return "the tags of the resource"
    return _BY_FEEDER.get(feeder, "who calls")


def _is_of_resource(folded: str) -> bool:
    return "resourcetag/" in folded or "existingobjecttag/" in folded
