"""Users, groups and roles of a plan, their policies, and the managed policies.

Who has which policy is told by resources of many types; all are joined here. "aws_iam_role",
"aws_iam_role_policy_attachment" and their like (documentation of the AWS provider).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from functools import partial
from typing import NamedTuple

from policy_eval.sources.model import Document, Entity, EntityKind, Tags
from policy_eval.sources.reading import OnError, leaving_out, refuse
from policy_eval.sources.terraform.documents import document_of
from policy_eval.sources.terraform.instances import Instance
from policy_eval.sources.terraform.plan import Plan, label, unknown_at
from policy_eval.sources.titles import resource_part

USER, GROUP, ROLE = EntityKind.USER, EntityKind.GROUP, EntityKind.ROLE


class _Kind(NamedTuple):
    """The resource types of a kind of identity, and how arguments of others name one."""

    kind: EntityKind
    itself: str
    attachment: str
    inline: str
    attachments_exclusive: str
    inline_exclusive: str
    one: str
    several: str


_KINDS = tuple(
    _Kind(
        kind,
        f"aws_iam_{kind.value}",
        f"aws_iam_{kind.value}_policy_attachment",
        f"aws_iam_{kind.value}_policy",
        f"aws_iam_{kind.value}_policy_attachments_exclusive",
        f"aws_iam_{kind.value}_policies_exclusive",
        kind.value,
        f"{kind.value}s",
    )
    for kind in (USER, GROUP, ROLE)
)
_ATTACHMENT, _POLICY = "aws_iam_policy_attachment", "aws_iam_policy"
_GROUPS_OF_USER, _USERS_OF_GROUP = "aws_iam_user_group_membership", "aws_iam_group_membership"
TYPES = frozenset(
    {_ATTACHMENT, _POLICY, _GROUPS_OF_USER, _USERS_OF_GROUP}
    | {name for kind in _KINDS for name in kind[1:6]}
)
"""The resource types that are read here."""


class _Part(Enum):
    """The part of an identity that something not known is in; exclusive lists clear the first two.

    The members' values say which.
    """

    MANAGED = "managed policies"
    INLINE = "inline policies"
    OTHER = "what it is in, or all of it"


class _Draft:
    """An identity as its parts are found."""

    def __init__(self, entity: Entity) -> None:
        self.entity = entity
        self.managed: dict[str, None] = {}
        self.inline: dict[str, Document] = {}
        self.open: dict[tuple[_Part, str], Document] = {}
        self.groups: dict[str, None] = {}
        self.unknown: dict[str, None] = dict.fromkeys((entity.unknown,) if entity.unknown else ())

    @property
    def resource(self) -> str:
        """The resource part of its ARN."""
        return resource_part(self.entity.arn)

    def close(self, part: _Part) -> None:
        """Drop what is not known of a part: an exclusive list tells all of it."""
        self.open = {key: each for key, each in self.open.items() if key[0] is not part}

    @property
    def account(self) -> str:
        """The account of its ARN."""
        return self.entity.arn.split(":")[4]

    def finished(self) -> Entity:
        """Return the identity with all that was found."""
        return self.entity._replace(
            inline=(*self.inline.values(), *self.open.values()),
            managed=tuple(self.managed),
            groups=tuple(self.groups),
            unknown="; ".join(self.unknown),
        )


class _Told(NamedTuple):
    """The identities that an argument names for certain, and whether it may name others."""

    drafts: list[_Draft]
    is_open: bool


class Identities:
    """The identities and managed policies of a plan, by ARN."""

    def __init__(self, plan: Plan, on_error: OnError | None) -> None:
        self.plan = plan
        self.managed: dict[str, Document] = {}
        self._drafts: dict[str, _Draft] = {}
        self._by_name: dict[tuple[EntityKind, str], list[_Draft]] = {}
        self._on_error = on_error
        self._arns: dict[str, str] = {}
        self._each(self._add_policy, _POLICY)
        for kind in _KINDS:
            self._each(partial(self._add_entity, kind=kind), kind.itself)
        self._each_of(plan.data(_POLICY), self._add_known_policy)
        self._each_of(plan.data(_KINDS[-1].itself), self._add_known_role)
        self._before: dict[str, set[str]] = {}
        role = _KINDS[-1]
        before = plan.changed_of(role.attachment, _ATTACHMENT, role.inline)
        self._each_of(before, self._note_before)
        for kind in _KINDS:
            self._each(partial(self._add_own, kind=kind), kind.itself)
            self._each(partial(self._attach, kind=kind), kind.attachment, _ATTACHMENT)
            self._each(partial(self._add_inline, kind=kind), kind.inline)
            self._each(partial(self._add_listed, kind=kind), kind.attachments_exclusive)
            self._each(partial(self._add_named, kind=kind), kind.inline_exclusive)
        self._each(self._join_groups, _GROUPS_OF_USER)
        self._each(self._join_users, _USERS_OF_GROUP)

    @property
    def entities(self) -> dict[str, Entity]:
        """The identities by ARN."""
        return {arn: draft.finished() for arn, draft in self._drafts.items()}

    def _each(self, read: Callable[[Instance], None], *types: str) -> None:
        self._each_of(self.plan.of_type(*types), read)

    def _each_of(self, instances: Iterable[Instance], read: Callable[[Instance], None]) -> None:
        for instance in instances:
            with leaving_out(self._on_error):
                read(instance)

    # What there is

    def arn(self, instance: Instance) -> str:
        """Return the ARN of a user, group, role or managed policy."""
        known = self.plan.arn(instance)
        if known is not None:
            return known
        kind = instance.type.removeprefix("aws_iam_")
        path = instance.text("path") or "/"
        name = instance.text("name")
        if name is None:
            name = f"{instance.text('name_prefix') or ''}{label(instance)}"
            self.plan.note(
                f"the name of {instance.address} is known only after apply: `{name}` stands for it"
            )
        return self.plan.made_up(instance, "iam", f"{kind}{path}{name}", is_global=True)

    def _add_policy(self, instance: Instance) -> None:
        arn = self.arn(instance)
        if arn in self.managed and self.plan.arn(instance) is None:
            why = f"{self.plan.file} holds {arn} twice"
            held = self.managed[arn]
            self.managed[arn] = held._replace(content=None, unknown=why, unsure=())
            raise refuse("listed-twice", f"{held.where.path} is {arn}, too", instance.where)
        self._arns[instance.address] = arn
        name = resource_part(arn)
        document = document_of(self.plan, instance, "policy", name)
        if document is not None:
            self.managed[arn] = document

    def _add_entity(self, instance: Instance, kind: _Kind) -> None:
        arn = self.arn(instance)
        if arn in self._drafts and self.plan.arn(instance) is not None:
            self._arns[instance.address] = arn  # forgotten at one address, kept at another
            return
        tags, unknown = tags_of(self.plan, instance)
        self._keep(
            Entity(
                arn,
                kind.kind,
                instance.where,
                instance.text("unique_id"),
                tags,
                boundary=self._boundary(instance, arn),
                trust=document_of(
                    self.plan, instance, "assume_role_policy",
                    f"trust policy of {arn.split(':', 5)[-1]}",
                ),
                unknown=unknown,
            )
        )  # fmt: skip
        self._arns[instance.address] = arn

    def _add_known_policy(self, data: Instance) -> None:
        """Add a managed policy that is only looked up."""
        arn, document = data.text("arn"), data.text("policy")
        if arn is not None and document is not None:
            name = resource_part(arn)
            self.managed.setdefault(arn, Document(name, document, data.where.at("policy")))

    def _add_known_role(self, data: Instance) -> None:
        """Add a role that is only looked up; what it has is open."""
        if data.text("arn") not in {None, *self._drafts}:
            self._add_entity(data, _KINDS[-1])
            draft = self._drafts[self._arns[data.address]]
            draft.unknown[f"{data.address} does not tell which policies it has"] = None

    def _boundary(self, instance: Instance, arn: str) -> str | None:
        known = instance.text("permissions_boundary")
        if known is not None or not self.plan.is_open(instance, "permissions_boundary"):
            return known
        found = self._policies_of(instance, "permissions_boundary")
        if found is not None:
            return found[0]
        name = f"boundary of {arn.split(':', 5)[-1]}"
        made_up = self.plan.made_up(instance, "iam", f"policy/{name}", is_global=True)
        where = instance.where.at("permissions_boundary")
        why = self.plan.why(instance, "permissions_boundary")
        self.managed[made_up] = Document(name, None, where, why)
        return made_up

    def _add_own(self, instance: Instance, kind: _Kind) -> None:
        """Add what a role itself says of its policies."""
        arn = self._arns.get(instance.address)
        if arn is None or kind.kind is not ROLE:
            return
        draft = self._drafts[arn]
        if draft.entity.where != instance.where:
            return
        before = self._before.get(arn, set())
        gone = set[str]() if self._sets(instance, "managed_policy_arns") else before
        for policy in self._policies(instance, "managed_policy_arns", draft):
            if policy not in gone:
                draft.managed[policy] = None
        blocks = instance.value.listed("inline_policy")
        is_open = self.plan.is_open(instance, "inline_policy") and not blocks
        for number, each in enumerate(blocks):
            named, written = each.get("name"), each.get("policy")
            is_unknown = unknown_at(instance, "inline_policy", number)
            if named is None:  # not known, or `inline_policy {}`
                is_open = is_open or is_unknown
                continue
            title = f"{draft.resource}/{named.text()}"
            if named.text() in before:
                if self._sets(instance, "inline_policy"):
                    why = f"{self.plan.file} deletes {title}, and {instance.address} sets it"
                    draft.inline[named.text()] = Document(title, None, each.where, why)
            elif is_unknown:
                why = self.plan.why(instance, "inline_policy")
                draft.inline[named.text()] = Document(title, None, each.where, why)
            elif written is not None:
                draft.inline[named.text()] = Document(title, written.text(), written.where)
        if is_open:
            self._leave_open(draft, instance, "inline_policy")

    def _sets(self, instance: Instance, argument: str) -> bool:
        """Return whether the configuration sets an argument, so that it tells what will be."""
        return self.plan.is_plan and self.plan.configuration.is_set(instance, argument)

    def _note_before(self, instance: Instance) -> None:
        """Note what an attachment that changes gave roles: an ARN, or an inline policy's name."""
        role = _KINDS[-1]
        given = instance.text("name" if instance.type == role.inline else "policy_arn")
        for name in _named(instance, role.one, role.several) if given else ():
            own, may_be = self._of_name(instance, name, role)
            for draft in own:
                self._before.setdefault(draft.entity.arn, set()).add(given or "")
            for draft in () if own else may_be:
                self._leave_account_open(draft, instance)

    # What is attached

    def _attach(self, instance: Instance, kind: _Kind) -> None:
        argument = kind.several if instance.type == _ATTACHMENT else kind.one
        for draft in self._named_in(instance, argument, kind):
            for policy in self._policies(instance, "policy_arn", draft):
                draft.managed[policy] = None

    def _add_inline(self, instance: Instance, kind: _Kind) -> None:
        name = _inline_name(instance)
        for draft in self._named_in(instance, kind.one, kind):
            document = document_of(self.plan, instance, "policy", f"{draft.resource}/{name}")
            if document is not None:
                draft.inline[name] = document

    def _add_listed(self, instance: Instance, kind: _Kind) -> None:
        """Add what an identity has exclusively: no other managed policy stays."""
        for draft in self._named_in(instance, f"{kind.one}_name", kind):
            draft.close(_Part.MANAGED)
            draft.managed = dict.fromkeys(self._policies(instance, "policy_arns", draft))

    def _add_named(self, instance: Instance, kind: _Kind) -> None:
        """Add the inline policies that alone stay; those that nothing else tells are unknown."""
        for draft in self._named_in(instance, f"{kind.one}_name", kind):
            names = _named(instance, "policy_names", "policy_names")
            is_open = self.plan.is_open(instance, "policy_names")
            if is_open:
                referred = self._inline_of(instance, "policy_names", kind.inline)
                names += referred or ()
                is_open = referred is None
            draft.close(_Part.INLINE)
            draft.inline = {key: each for key, each in draft.inline.items() if key in names}
            for name in names:
                title = f"{draft.resource}/{name}"
                why = f"{self.plan.file} does not hold the document of {title}"
                document = Document(title, None, instance.where.at("policy_names"), why)
                draft.inline.setdefault(name, document)
            if is_open:
                self._leave_open(draft, instance, "policy_names")

    def _inline_of(self, instance: Instance, argument: str, kind: str) -> list[str] | None:
        """Return the names of the inline policies that an argument refers to."""
        found = self.plan.configuration.targets(instance, argument) or []
        if not found or any(each.instance.type != kind for each in found):
            return None
        return [_inline_name(each.instance) for each in found]

    def _join_groups(self, instance: Instance) -> None:
        groups = self._told(instance, "groups", _KINDS[1])
        for user in self._named_in(instance, "user", _KINDS[0]):
            user.groups |= dict.fromkeys(group.entity.arn for group in groups.drafts)
            if groups.is_open:
                self._leave_open(user, instance, "groups")

    def _join_users(self, instance: Instance) -> None:
        groups = self._told(instance, "group", _KINDS[1])
        for user in self._named_in(instance, "users", _KINDS[0]):
            user.groups |= dict.fromkeys(group.entity.arn for group in groups.drafts)
            if groups.is_open:
                self._leave_open(user, instance, "group")

    def _policies(self, instance: Instance, argument: str, draft: _Draft) -> list[str]:
        """Return the ARNs of policies in an argument; what is not known is left open."""
        found = instance.value.get(argument)
        items = [] if found is None else [found] if isinstance(found.value, str) else found.items()
        known = [each.text() for each in items if each.value is not None]
        if self.plan.is_open(instance, argument):
            referred = self._policies_of(instance, argument)
            if referred is None:
                self._leave_open(draft, instance, argument)
            else:
                known += referred
        return known

    def _policies_of(self, instance: Instance, argument: str) -> list[str] | None:
        """Return the policies that an argument refers to; None where it may be others."""
        targets = self.plan.configuration.targets(instance, argument)
        arns = [self._arns.get(each.instance.address, "") for each in targets or ()]
        are_policies = all(each.instance.type == _POLICY for each in targets or ())
        is_told = _is_list(argument) or len(arns) == 1
        return arns if arns and all(arns) and are_policies and is_told else None

    def _leave_open(self, draft: _Draft, instance: Instance, argument: str) -> None:
        """Leave open what an argument gives an identity: it may allow and deny anything."""
        name = f"{instance.address}.{argument}"
        why = self.plan.why(instance, argument)
        where = instance.where.at(argument)
        key = _part(instance, argument), name
        draft.open[key] = Document(f"{draft.resource}: {name}", None, where, why)

    def _named_in(self, instance: Instance, argument: str, kind: _Kind) -> Iterator[_Draft]:
        """Yield the identities that an argument names; leave each of the kind open otherwise."""
        told = self._told(instance, argument, kind)
        yield from told.drafts
        if told.is_open:
            for draft in self._drafts.values():
                if draft.entity.kind is kind.kind:
                    self._leave_open(draft, instance, argument)

    def _told(self, instance: Instance, argument: str, kind: _Kind) -> _Told:
        """Return the identities that an argument names, and whether it may name others."""
        found = [self._named(instance, name, kind) for name in _named(instance, argument, argument)]
        if not self.plan.is_open(instance, argument):
            return _Told(found, is_open=False)
        targets = self.plan.configuration.targets(instance, argument)
        arns = [self._arns.get(each.instance.address, "") for each in targets or ()]
        is_told = _is_list(argument) or len(arns) == 1
        if arns and all(arn in self._drafts for arn in arns) and is_told:
            return _Told([*found, *(self._drafts[arn] for arn in arns)], is_open=False)
        return _Told(found, is_open=True)

    def _named(self, instance: Instance, name: str, kind: _Kind) -> _Draft:
        """Return the identity of a name; one of which only a part is known where it is not here."""
        path = f"{kind.one}/{name}"
        arn = self.plan.made_up(instance, "iam", path, is_global=True)
        own, may_be = self._of_name(instance, name, kind)
        if own:
            return own[0]
        for draft in may_be:
            self._leave_account_open(draft, instance)
        why = f"{self.plan.file} does not hold {path}, only some of its policies"
        return self._keep(Entity(arn, kind.kind, instance.where, unknown=why))

    def _of_name(
        self, instance: Instance, name: str, kind: _Kind
    ) -> tuple[list[_Draft], list[_Draft]]:
        """Return the identity of a name in an instance's account, and those that may be it."""
        account = self.plan.account(instance)
        same = self._by_name.get((kind.kind, name), [])
        own = [draft for draft in same if draft.account == account]
        may_be = [draft for draft in same if self.plan.may_be_account(instance, draft.account)]
        if len(may_be) == 1 and not self.plan.configuration.provider_keys:
            return own or may_be, may_be
        return own, may_be

    def _leave_account_open(self, draft: _Draft, instance: Instance) -> None:
        why = f"{self.plan.file} does not tell whether {instance.address} is in its account"
        draft.unknown[why] = None

    def _keep(self, entity: Entity) -> _Draft:
        if entity.arn in self._drafts:
            held = self._drafts[entity.arn]
            held.unknown[f"{self.plan.file} holds {entity.arn} twice"] = None
            raise refuse(
                "listed-twice", f"{held.entity.where.path} is {entity.arn}, too", entity.where,
                "tell the account of each provider (`allowed_account_ids`)",
            )  # fmt: skip
        draft = self._drafts[entity.arn] = _Draft(entity)
        self._by_name.setdefault((entity.kind, _name_of(entity.arn)), []).append(draft)
        return draft


_PARTS = {
    **{kind.attachment: _Part.MANAGED for kind in _KINDS},
    **{kind.inline: _Part.INLINE for kind in _KINDS},
    **{kind.attachments_exclusive: _Part.MANAGED for kind in _KINDS},
    **{kind.inline_exclusive: _Part.INLINE for kind in _KINDS},
    _ATTACHMENT: _Part.MANAGED,
}
_PARTS_OF_ROLE = {"managed_policy_arns": _Part.MANAGED, "inline_policy": _Part.INLINE}


def _part(instance: Instance, argument: str) -> _Part:
    """Return the part of an identity that an argument tells.

    An exclusive list of nobody knows whom may clear any part.
    """
    if argument.endswith("_name"):
        return _Part.OTHER
    return _PARTS.get(instance.type) or _PARTS_OF_ROLE.get(argument, _Part.OTHER)


def _is_list(argument: str) -> bool:
    """Return whether an argument holds several: else two references are a choice."""
    return argument.endswith("s")


def _inline_name(instance: Instance) -> str:
    return instance.text("name") or label(instance)


def _name_of(arn: str) -> str:
    return arn.rpartition("/")[2]


def _named(instance: Instance, one: str, several: str) -> list[str]:
    """Return the names in an argument: a text, or a list in which what is not known is null."""
    found = instance.value.get(one) or instance.value.get(several)
    if found is None:
        return []
    items = [found] if isinstance(found.value, str) else [*found.items()]
    return [item.text() for item in items if item.value is not None]


def tags_of(plan: Plan, instance: Instance) -> tuple[Tags, str]:
    """Return the tags of an instance, and why they are not all known, empty where they are.

    `tags_all` is unknown as a whole also where there are none, unless the provider gives some
    ("default_tags Configuration Block", documentation of the AWS provider).
    """
    name = "tags_all" if instance.value.get("tags_all") else "tags"
    found = instance.value.get(name)
    members = [] if found is None else [*found.members()]
    tags = tuple((key, value.text()) for key, value in members if value.value is not None)
    if instance.is_unknown("tags") or (members and instance.is_unknown(name)):
        return tags, plan.why(instance, "tags")
    of_provider = instance.is_unknown("tags_all") and plan.configuration.has_default_tags(instance)
    return tags, f"{plan.why(instance, 'tags_all')}: `default_tags`" if of_provider else ""
