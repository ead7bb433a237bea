"""What policies and callers are called in answers: shortly, and never two of them alike.

A policy is called by the resource part of its ARN, by `role/NAME/POLICY`, by its name in an
organization. Where sources of several accounts hold two of one name, the account (`aws` for AWS's
own policies) or the node of the organization stands before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from policy_eval.sources.model import Document, Found

_ACCOUNT, _RESOURCE = 4, 5


class Titles:
    """The names of the documents of sources."""

    def __init__(self, found: Found) -> None:
        held: dict[str, dict[str, list[Document]]] = {}
        for owner, document in _documents(found):
            held.setdefault(document.name, {}).setdefault(owner, []).append(document)
        self._missing: dict[str, str] = {}
        for arn in _not_held(found):
            self._missing[arn] = last = resource_part(arn)
            held.setdefault(last, {}).setdefault(_owner(arn), [])
        clashing = {name for name, owners in held.items() if _differ(owners)}
        self._of_document = {
            bare(document): f"{owner}:{name}"
            for name in clashing
            for owner, documents in held[name].items()
            for document in documents
        }
        for arn, name in self._missing.items():
            if name in clashing:
                self._missing[arn] = f"{_owner(arn)}:{name}"

    def of(self, document: Document) -> str:
        """Return the name of a document."""
        return self._of_document.get(bare(document), document.name)

    def of_missing(self, arn: str) -> str:
        """Return the name of a managed policy that no source holds."""
        return self._missing.get(arn, resource_part(arn))


def bare(document: Document) -> Document:
    """Return a document without its content, by which it is looked up."""
    return document._replace(content=None)


def resource_part(arn: str) -> str:
    """Return the last part of an ARN, such as `role/Dev`."""
    return arn.split(":", _RESOURCE)[-1]


def short_names(arns: Iterable[str]) -> Callable[[str], str]:
    """Return what tells users and roles apart: `role/Dev`, and the account where several are."""
    accounts = set(map(_owner, arns))
    if len(accounts) <= 1:
        return resource_part
    return lambda arn: f"{_owner(arn)}:{resource_part(arn)}"


def _owner(arn: str) -> str:
    """Return the account of an ARN; empty for a name that stands for one."""
    parts = arn.split(":", _RESOURCE)
    return parts[_ACCOUNT] if len(parts) > _RESOURCE else ""


def _documents(found: Found) -> Iterator[tuple[str, Document]]:
    """Yield the documents with the account or node that each is of."""
    for arn, document in found.managed.items():
        yield _owner(arn), document
    for entity in found.entities.values():
        documents = entity.inline if entity.trust is None else (*entity.inline, entity.trust)
        for document in documents:
            yield _owner(entity.arn), document
    for resource in found.resources.values():
        if resource.policy is not None:
            yield resource.account or _owner(resource.arn) or resource.arn, resource.policy
    nodes = found.organization.nodes if found.organization else {}
    for node in nodes.values():
        for document in (*node.scps, *node.rcps):
            yield node.id, document


def _not_held(found: Found) -> dict[str, None]:
    """Return the ARNs of managed policies that somebody has and no source holds."""
    return {
        arn: None
        for entity in found.entities.values()
        for arn in (*entity.managed, *filter(None, (entity.boundary,)))
        if arn not in found.managed
    }


def _differ(owners: dict[str, list[Document]]) -> bool:
    """Return whether documents of one name say different things of several owners."""
    if len(owners) < 2:  # noqa: PLR2004 - several
        return False
    documents = [document for each in owners.values() for document in each]
    held_by_all = all(owners.values())
    return not held_by_all or any(each.content != documents[0].content for each in documents)
