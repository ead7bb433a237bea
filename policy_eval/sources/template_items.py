"""The resources of a template as a loader looks at them, and what is gathered of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from policy_eval.errors import SourceError
from policy_eval.sources.model import (
    Document,
    Entity,
    EntityKind,
    LeftOut,
    Resource,
    Tags,
    Where,
)
from policy_eval.sources.reading import Value, refuse
from policy_eval.sources.template import Template, scalar_text
from policy_eval.sources.template_open_names import open_names
from policy_eval.sources.unknown import Nothing, Unknown, document_of, joined, listed, why


class Item(NamedTuple):
    """A resource of a template; `doubt` says why it may not be made at all."""

    template: Template
    logical_id: str
    type: str
    properties: Value
    doubt: str

    @property
    def where(self) -> Where:
        """The place of its properties."""
        return self.properties.where

    def at(self, name: str) -> Where:
        """Return the place of a property."""
        return self.properties.where.at(name)

    def value(self, name: str) -> object:
        """Return a property, worked out."""
        return self.template.value(self.properties.get(name))

    def need(self, name: str) -> object:
        """Return a property that must be there, worked out."""
        return self.template.value(self.properties.need(name))

    def text(self, name: str) -> str | Unknown | None:
        """Return a property that is a text; None where it is not there."""
        value = self.value(name)
        if value is Nothing.NO_VALUE:
            return None
        return value if isinstance(value, Unknown) else Value(value, self.at(name)).text()

    def each(self, name: str) -> Iterator[tuple[object, str, Where]]:
        """Yield the items of a list that a property is, why each may not be there, and its place.

        An item is `Unknown` where it may be anything.
        """
        value = self.value(name)
        if value is Nothing.NO_VALUE:
            return
        items = value if isinstance(value, (list, Unknown)) else (
            Value(value, self.at(name)).value
        )  # fmt: skip
        if not isinstance(items, (list, Unknown)):
            raise refuse("wrong-type", "a list is expected here", self.at(name))
        for number, item in enumerate(listed(items)):
            where = self.at(f"{name}[{number}]")
            if isinstance(item, Unknown) and item.options:
                for at, option in enumerate(item.options, 1):
                    for each in listed(option) if option is not Nothing.NO_VALUE else ():
                        yield each, joined((self.doubt, item.why)), where.at(f"Fn::If[{at}]")
            else:
                yield item, self.doubt, where

    def tags(self) -> tuple[Tags, str]:
        """Return the tags, and why some are not known."""
        tags: list[tuple[str, str]] = []
        doubts: list[str] = []
        for item, doubt, where in self.each("Tags"):
            reason = joined((doubt if doubt != self.doubt else "", why(item)))
            if reason:
                doubts.append(reason)
            else:
                tag = Value(item, where)
                value = tag.need("Value")
                tags.append((tag.need("Key").text(), scalar_text(value.value, value.where)))
        return tuple(tags), joined(doubts)


def any_of(template: Template, service: str, resource: str) -> str:
    """Return an ARN with `*`: any resource of a kind that the stack may set a policy of."""
    account = "" if (service, resource) == ("s3", "*") else template.stack.account or "*"
    region = "" if (service, resource) == ("s3", "*") else "*"
    return f"arn:{template.partition}:{service}:{region}:{account}:{resource}"


_CALLERS = {"AWS::IAM::User": "UserName", "AWS::IAM::Role": "RoleName"}
"""The types of callers, and the property with the name of each."""


class Gathered:
    """What was found in a template so far."""

    def __init__(self, template: Template) -> None:
        self.template = template
        self.managed: dict[str, Document] = {}
        self.entities: dict[str, Entity] = {}
        self.resources: dict[str, Resource] = {}
        self.endpoints: dict[str, Document] = {}
        self.left_out: list[LeftOut] = []
        self.users: list[str] = []
        self._arns: list[str] = []
        self._open_names = ""
        for name, each in template.resources.items():
            with suppress(SourceError):  # said when the user or role itself is read
                self._add_name(name, each.need("Type").text())

    def _add_name(self, logical_id: str, kind: str) -> None:
        if kind not in _CALLERS:
            return
        template = self.template
        arn = template.arn(logical_id)
        self._arns.append(arn)
        if kind == "AWS::IAM::User":
            self.users.append(arn)
        given = [template.property_of(logical_id, name) for name in ("Path", _CALLERS[kind])]
        if why(given):
            reason = f"the ARN of {logical_id} is not known: {why(given)}"
            self._open_names = joined((self._open_names, reason))

    def leave(self, what: str, why_not: str, where: Where) -> None:
        """Note something that is not taken."""
        self.left_out.append(LeftOut(what, why_not, where))

    def document(self, name: str, value: object, where: Where, doubt: str = "") -> Document:
        """Return the document of a value that was worked out."""
        if self._open_names:
            value = open_names(value, self._open_names, self._arns)
        return document_of(name, value, where, self.users, doubt)

    def entity(self, kind: EntityKind, name: str) -> Entity | None:
        """Return the user, group or role of that name, whatever its path."""
        for each in self.entities.values():
            if each.kind is kind and each.arn.rpartition(":")[2].rpartition("/")[2] == name:
                return each
        return None

    def of_kind(self, kind: EntityKind) -> list[Entity]:
        """Return the users, groups or roles."""
        return [each for each in self.entities.values() if each.kind is kind]

    def add_entity(self, entity: Entity) -> None:
        """Take in a user, group or role. Raises SourceError for a second of its name."""
        if entity.arn in self.entities:
            raise _twice(entity.arn, self.entities[entity.arn].where, entity.where)
        self.entities[entity.arn] = entity

    def add_resource(self, resource: Resource) -> None:
        """Take in a resource; its policy may be known before it or after it."""
        known = self.resources.get(resource.arn)
        policy = known.policy if known is not None and resource.policy is None else resource.policy
        self.resources[resource.arn] = resource._replace(policy=policy)

    def add_policy(self, arn: str, policy: Document, where: Where) -> None:
        """Take in the policy of a resource. Raises SourceError for a second one.

        Of two that may both be there nobody knows which it is.
        """
        known = self.resources.get(arn)
        if known is None:
            self.resources[arn] = Resource(arn, policy, where, self.template.account)
            return
        if known.policy is not None:
            both = (known.policy, policy)
            if not all(each.content is None or each.unsure for each in both):
                raise _twice(f"the policy of {arn}", known.policy.where, where)
            policy = Document(policy.name, None, where, joined(map(_why_open, both)))
        self.resources[arn] = known._replace(policy=policy)


def _why_open(document: Document) -> str:
    return joined((document.unknown, *(each.why for each in document.unsure)))


def _twice(what: str, first: Where, second: Where) -> Exception:
    return refuse("listed-twice", f"{what} is there a second time", second, f"the first is {first}")
