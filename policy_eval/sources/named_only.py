"""Users, groups and roles that a source only names, as it attaches policies to them.

Such a one has whatever another source says of it, and these policies. Where no source says more,
what else it has is unknown.

AWS: "IAM identifiers" (IAM User Guide): a name is unique in an account, whatever its path.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from policy_eval.sources.model import Document, Entity, EntityKind, Where, without_places
from policy_eval.sources.reading import refuse
from policy_eval.sources.titles import resource_part
from policy_eval.sources.unknown import joined, may_be_absent

NOBODY_KNOWS = "000000000000"
"""The account of ARNs where nobody says which it is."""

ANYBODY = "*"
"""The name of what stands for each of a kind in an account, where nobody knows who is meant."""

_ONLY_SOME = ", only some of its policies"
"""How `Entity.unknown` ends for what is only named: it is kept wherever that is kept."""


def named_only(arn: str, kind: EntityKind, where: Where) -> Entity:
    """Return a user, group or role of which nothing is known but its name."""
    why = f"{where.file} does not hold {resource_part(arn)}{_ONLY_SOME}"
    trust = Document(f"trust policy of {resource_part(arn)}", None, where, why)
    is_role = kind is EntityKind.ROLE
    return Entity(arn, kind, where, trust=trust if is_role else None, unknown=why)


def is_named_only(entity: Entity) -> bool:
    """Return whether a source only names a user, group or role."""
    return entity.unknown.endswith(_ONLY_SOME)


def with_named(known: Mapping[str, Entity], named: Iterable[Entity]) -> dict[str, Entity]:
    """Return entities by ARN, with what is attached to those that are only named.

    What may be attached to `ANYBODY` may be attached to each of the kind in the account. Raises
    SourceError where one has two inline policies of one name.
    """
    found = dict(known)
    by_name = {_key(each.arn): each.arn for each in found.values()}
    perhaps = []
    for entity in named:
        key = _key(entity.arn)
        arn = by_name.get(key)
        if arn is not None:
            found[arn] = _joined(found[arn], entity)
        elif key[-1] == ANYBODY:
            perhaps.append(entity)
        elif not _leave_open(entity, found):
            found[entity.arn] = entity
            by_name[key] = entity.arn
    for entity in perhaps:
        for arn, each in found.items():
            if each.kind is entity.kind and _account_of(entity.arn) in (
                NOBODY_KNOWS,
                _account_of(arn),
            ):
                found[arn] = _joined(each, entity)
    return found


def _leave_open(entity: Entity, found: dict[str, Entity]) -> bool:
    """Leave open who may be meant by a name in an account that is not given; none: return False."""
    account, *name = _key(entity.arn)
    meant = [each for each in found.values() if _key(each.arn)[1:] == (*name,)]
    if account != NOBODY_KNOWS or not meant:
        return False
    for each in meant:
        why = f"{entity.where} attaches policies to it in an account that is not given"
        found[each.arn] = each._replace(unknown=joined((why, each.unknown)))
    return True


def _account_of(arn: str) -> str:
    return arn.split(":")[4]


def _key(arn: str) -> tuple[str, str, str]:
    """Return the account, the kind and the name."""
    kind, _, rest = resource_part(arn).partition("/")
    return _account_of(arn), kind, rest.rpartition("/")[2]


def _joined(entity: Entity, more: Entity) -> Entity:
    """Return an entity with what is attached to one of its name."""
    ours, theirs = f"{resource_part(entity.arn)}/", f"{resource_part(more.arn)}/"
    for document in more.inline:
        called = document.name
        if called.startswith(theirs):
            called = ours + called.removeprefix(theirs)
        entity = with_inline(entity, document._replace(name=called))
    return entity._replace(
        managed=tuple(dict.fromkeys((*entity.managed, *more.managed))),
        groups=tuple(dict.fromkeys((*entity.groups, *more.groups))),
    )


def with_inline(entity: Entity, document: Document) -> Entity:
    """Return an entity with a further inline policy; the same a second time changes nothing.

    Raises SourceError for another of its name, unless one of the two may not be there: IAM keeps
    one inline policy of a name. AWS: "PutRolePolicy" (IAM API Reference).
    """
    for known in entity.inline:
        if known.name != document.name:
            continue
        if without_places(known) == without_places(document):
            return entity
        if not (may_be_absent(known) or may_be_absent(document)):
            raise refuse(
                "listed-twice", f"{document.name} is also in {known.where}, with other contents",
                document.where, "IAM keeps one inline policy of a name",
            )  # fmt: skip
    return entity._replace(inline=(*entity.inline, document))
