"""A further request of a call, by the first: the same caller and context, a resource of its own."""

from __future__ import annotations

from collections.abc import Mapping

from policy_eval.request.request import Request
from policy_eval.text.folding import fold

_OF_ONE_RESOURCE = ("aws:resource",)
_TAGS_OF_ONE_RESOURCE = ("resourcetag/", "existingobjecttag/")
"""Keys of the resource that is asked about: nobody said them of another one."""


def alongside(
    first: Request,
    action: str,
    resource: str | None,
    owner: str | None = None,
    tags: Mapping[str, str] = {},
) -> Request:
    """Return a request of the same call on a resource; None is the one of the first.

    Of another resource, `owner` is the account where its ARN names none, and `tags` are its tags;
    without any they are unknown. Raises RequestError.
    """
    same = resource is None or resource == first.resource
    context = {
        name: values
        for spellings in first.context.values()
        for name, values in spellings.items()
        if same or not _is_of_resource(name)
    }
    service = action.partition(":")[0]
    families = [] if same or tags else ["aws:ResourceTag/*", f"{service}:ResourceTag/*"]
    return Request(
        action,
        first.resource if same else resource,
        principal=first.principal,
        context=context,
        unknown=(*first.unknown, *families),
        request_tags=dict(first.request_tags),
        resource_tags=dict(first.resource_tags) if same else tags,
        now=first.now,
        action_only=True,
        resource_account=first.resource_account if same else owner,
    )


def _is_of_resource(key: str) -> bool:
    folded = fold(key)
    tag = folded.partition(":")[2]
    return folded.startswith(_OF_ONE_RESOURCE) or tag.startswith(_TAGS_OF_ONE_RESOURCE)
