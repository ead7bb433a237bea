"""Users, groups, roles and what is attached to them, in a template.

AWS: the pages of `AWS::IAM::…` in the "AWS resource and property types reference".
"""

from __future__ import annotations

from policy_eval.sources.model import Document, Entity, EntityKind, Where
from policy_eval.sources.named_only import ANYBODY, named_only, with_inline
from policy_eval.sources.reading import Value
from policy_eval.sources.template_items import Gathered, Item
from policy_eval.sources.titles import resource_part
from policy_eval.sources.unknown import Nothing, Unknown, joined, why

ENTITIES = {
    "AWS::IAM::Role": EntityKind.ROLE,
    "AWS::IAM::User": EntityKind.USER,
    "AWS::IAM::Group": EntityKind.GROUP,
}
_TARGETS = {"Roles": EntityKind.ROLE, "Users": EntityKind.USER, "Groups": EntityKind.GROUP}
_ONE_TARGET = {
    "AWS::IAM::RolePolicy": ("RoleName", EntityKind.ROLE),
    "AWS::IAM::UserPolicy": ("UserName", EntityKind.USER),
    "AWS::IAM::GroupPolicy": ("GroupName", EntityKind.GROUP),
}
ATTACHED = ("AWS::IAM::Policy", "AWS::IAM::UserToGroupAddition", *_ONE_TARGET)


def read_entity(item: Item, into: Gathered, further_doubt: str = "") -> None:
    """Take in a role, user or group. `further_doubt` says what else of it is not known."""
    kind = ENTITIES[item.type]
    arn = item.template.arn(item.logical_id)
    resource = _resource_part(arn)
    tags, of_tags = item.tags()
    made = f"whether {item.logical_id} is made is not known: {item.doubt}" if item.doubt else ""
    doubts = [made, further_doubt, of_tags]
    inline = []
    for policy, doubt, where in item.each("Policies"):
        name = policy.get("PolicyName") if isinstance(policy, dict) else None
        if isinstance(policy, Unknown) or not isinstance(name, str):
            doubts.append(why(policy) or f"{where.path} has no name")
            continue
        document = Value(policy, where).need("PolicyDocument")
        own = "" if doubt == item.doubt else doubt
        inline.append(into.document(f"{resource}/{name}", document.value, document.where, own))
    managed = []
    for policy, doubt, where in item.each("ManagedPolicyArns"):
        if isinstance(policy, Unknown):
            doubts.append(policy.why)
        elif doubt != item.doubt:
            inline.append(_perhaps_attached(str(policy), doubt, where, into))
        else:
            managed.append(Value(policy, where).text())
    groups = []
    for group, doubt, where in item.each("Groups"):
        if isinstance(group, Unknown) or doubt != item.doubt:
            doubts.append(joined((why(group), doubt)))
        else:
            groups.append(_arn_of(Value(group, where).text(), "group", item))
    trust = item.value("AssumeRolePolicyDocument")
    into.add_entity(
        Entity(
            arn,
            kind,
            item.where,
            None,
            tags,
            tuple(inline),
            tuple(managed),
            tuple(groups),
            _boundary(item, resource, into),
            None
            if trust is Nothing.NO_VALUE
            else into.document(
                f"trust policy of {resource}", trust, item.at("AssumeRolePolicyDocument")
            ),
            joined(doubts),
        )
    )


def _perhaps_attached(arn: str, doubt: str, where: Where, into: Gathered) -> Document:
    """Return a managed policy of which nobody knows whether it is attached."""
    document = into.managed.get(arn)
    if document is None or document.content is None:
        return Document(_resource_part(arn), None, where, doubt)
    return into.document(document.name, document.content, document.where, doubt)


def _boundary(item: Item, resource: str, into: Gathered) -> str | None:
    """Return the ARN of the boundary; a made-up one, with an unknown document, where unknown."""
    boundary = item.text("PermissionsBoundary")
    if not isinstance(boundary, Unknown):
        return boundary
    made_up = f"boundary of {resource}"
    into.managed[made_up] = Document(made_up, None, item.at("PermissionsBoundary"), boundary.why)
    return made_up


def read_managed(item: Item, into: Gathered) -> None:
    """Take in a managed policy."""
    arn = item.template.arn(item.logical_id)
    where = item.at("PolicyDocument")
    into.managed[arn] = into.document(_resource_part(arn), item.need("PolicyDocument"), where)


def attach_managed(item: Item, into: Gathered) -> None:
    """Attach a managed policy to the users, groups and roles that it names itself."""
    arn = item.template.arn(item.logical_id)
    for property_, kind in _TARGETS.items():
        for name, doubt, where in item.each(property_):
            for entity, why_not in _targets(kind, name, doubt, where, item, into):
                if why_not:
                    document = _perhaps_attached(arn, why_not, where, into)
                    more = with_inline(entity, document)
                else:
                    more = entity._replace(managed=(*entity.managed, arn))
                into.entities[entity.arn] = more


def attach_inline(item: Item, into: Gathered) -> None:
    """Attach an inline policy, or put users into a group."""
    if item.type == "AWS::IAM::UserToGroupAddition":
        _join_group(item, into)
        return
    where = item.at("PolicyDocument")
    given = item.need("PolicyName")
    policy = given if isinstance(given, str) else item.logical_id
    value = item.value("PolicyDocument")
    targets = [
        (kind, *each) for property_, kind in _TARGETS.items() for each in item.each(property_)
    ]
    if item.type in _ONE_TARGET:
        property_, kind = _ONE_TARGET[item.type]
        targets = [(kind, item.need(property_), item.doubt, item.at(property_))]
    for kind, name, doubt, place in targets:
        for entity, why_not in _targets(kind, name, doubt, place, item, into):
            document = into.document(
                f"{_resource_part(entity.arn)}/{policy}", value, where, why_not
            )
            into.entities[entity.arn] = with_inline(entity, document)


def _targets(
    kind: EntityKind, name: object, doubt: str, where: Where, item: Item, into: Gathered
) -> list[tuple[Entity, str]]:
    """Return to whom a policy is attached, each with why it may not be.

    A name that is not known may be anybody's. One that is not in the template is that of somebody
    who is only named.
    """
    text = ANYBODY if isinstance(name, Unknown) else Value(name, where).text()
    entity = into.entity(kind, text)
    if entity is None:
        entity = named_only(_arn_of(text, kind.value, item), kind, where)
        into.add_entity(entity)
    if isinstance(name, Unknown):
        into.leave(item.logical_id, f"for whom it is, is not known: {name.why}", where)
        return [(each, joined((doubt, name.why))) for each in into.of_kind(kind)]
    return [(entity, doubt)]


def _join_group(item: Item, into: Gathered) -> None:
    group = item.need("GroupName")
    for name, doubt, where in item.each("Users"):
        whys = joined((doubt, why(group)))
        for user, why_not in _targets(EntityKind.USER, name, whys, where, item, into):
            if why_not:
                perhaps = Document(f"the groups of {item.logical_id}", None, where, why_not)
                more = with_inline(user, perhaps)
            else:
                arn = _arn_of(Value(group, item.at("GroupName")).text(), "group", item)
                more = user._replace(groups=(*user.groups, arn))
            into.entities[user.arn] = more


def _arn_of(name: str, kind: str, item: Item) -> str:
    template = item.template
    return f"arn:{template.partition}:iam::{template.account}:{kind}/{name}"


def _resource_part(arn: str) -> str:
    return resource_part(arn)
