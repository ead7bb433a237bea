"""What calls of the AWS CLI tell of the identities of one account, and what is attached to them.

What no call tells of an identity is unknown, never absent.
AWS: "AWS CLI Command Reference", the output of each command named here; "ListRoles", "ListUsers"
(IAM API Reference): a list tells neither the permissions boundary nor the tags.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from policy_eval.request.principal import is_account
from policy_eval.sources.account_items import arn_of, boundary_of, document, tags_of
from policy_eval.sources.cli_command import Call
from policy_eval.sources.cli_told import Told, differs
from policy_eval.sources.model import (
    Document,
    Entity,
    EntityKind,
    Found,
    LeftOut,
    Tags,
    Where,
    nothing,
)
from policy_eval.sources.reading import Value, refuse
from policy_eval.sources.titles import resource_part

CALLER = "sts get-caller-identity"


def check_account(account: Value) -> None:
    """Raise SourceError for what is no account ID."""
    if not is_account(account.text()):
        message = f"`{account.text()}` is no account ID of twelve digits"
        raise refuse("not-an-account", message, account.where)


class _Name(NamedTuple):
    """An identity as commands name it: by kind and name, without its path."""

    kind: EntityKind
    name: str

    def __str__(self) -> str:
        return f"{self.kind.value} {self.name}"


class Identities:
    """What calls told of one account: identities by kind and name, and what is attached to them."""

    def __init__(self) -> None:
        self.left_out: list[LeftOut] = []
        self._versions: Told[str, str] = Told()
        self._documents: Told[tuple[str, str], Document] = Told()
        self._arns: Told[_Name, str] = Told()
        self._trusts: Told[_Name, Document] = Told()
        self._listed: dict[_Name, Entity] = {}
        self._whole: Told[_Name, Entity] = Told()  # described with boundary and tags
        self._named: dict[_Name, Where] = {}
        self._managed: Told[_Name, tuple[str, ...]] = Told()
        self._also_managed: dict[_Name, tuple[str, ...]] = {}
        self._boundaries: Told[_Name, str] = Told()
        self._inline: Told[tuple[_Name, str], Document] = Told()
        self._inline_names: Told[_Name, tuple[str, ...]] = Told()
        self._groups: dict[_Name, tuple[str, ...]] = {}
        self._groups_of: Told[_Name, tuple[str, ...]] = Told()
        self._members_of: set[str] = set()
        self._all_groups: set[str] | None = None
        self._tags: Told[_Name, Tags] = Told()

    def describe(self, kind: EntityKind, value: Value, *, whole: bool) -> Entity:
        """Take a description of an identity; that of a list tells no boundary and no tags."""
        title = kind.value.capitalize()
        name = _Name(kind, value.need(f"{title}Name").text())
        trust = value.get("AssumeRolePolicyDocument")
        unique = value.get(f"{title}Id")
        arn = arn_of(value, f"{kind.value}/")
        resource = resource_part(arn)
        entity = Entity(
            arn,
            kind,
            value.where,
            None if unique is None else unique.text(),
            tags_of(value),
            boundary=boundary_of(value),
            trust=None if trust is None else document(f"trust policy of {resource}", trust),
        )
        self._arns.tell(name, arn, f"the ARN of {name}", value.where)
        if entity.trust is not None:
            self._trusts.tell(name, entity.trust, entity.trust.name, value.where)
        if whole:
            self._whole.tell(name, entity, str(name), value.where)
        else:
            self._listed.setdefault(name, entity)
        return entity

    def _name(self, kind: EntityKind, name: str, where: Where) -> _Name:
        found = _Name(kind, name)
        self._named.setdefault(found, where)
        return found

    def _of(self, kind: EntityKind, call: Call) -> _Name:
        return self._name(kind, call.option(f"{kind.value}-name"), call.where)

    def get(self, kind: EntityKind, call: Call) -> None:
        """Take `get-role`, `get-user`, `get-group`."""
        title = kind.value.capitalize()
        value = call.output.need(title)
        call.printed(f"{kind.value}-name", value.need(f"{title}Name"))
        entity = self.describe(kind, value, whole=True)
        if kind is EntityKind.GROUP:
            self._members_of.add(entity.arn)
            for item in call.output.need("Users").items():
                self.describe(EntityKind.USER, item, whole=False)
                user = _Name(EntityKind.USER, item.need("UserName").text())
                self._groups[user] = (*self._groups.get(user, ()), entity.arn)

    def list_all(self, kind: EntityKind, call: Call) -> None:
        """Take `list-roles`, `list-users`, `list-groups`."""
        items = call.output.need(f"{kind.value.capitalize()}s").items()
        arns = {self.describe(kind, item, whole=False).arn for item in items}
        if kind is EntityKind.GROUP and call.given("path-prefix") is None:
            self._all_groups = arns

    def list_attached(self, kind: EntityKind, call: Call) -> None:
        """Take `list-attached-role-policies` and its like."""
        listed = call.output.need("AttachedPolicies").items()
        arns = tuple(item.need("PolicyArn").text() for item in listed)
        name = self._of(kind, call)
        if call.given("path-prefix") is None:
            what = f"the managed policies of {name}"
            self._managed.tell(name, arns, what, call.output.where)
        else:
            self._also_managed[name] = (*self._also_managed.get(name, ()), *arns)

    def list_inline(self, kind: EntityKind, call: Call) -> None:
        """Take `list-role-policies` and its like."""
        names = call.output.need("PolicyNames")
        told = tuple(each.text() for each in names.items())
        name = self._of(kind, call)
        what = f"the names of the inline policies of {name}"
        self._inline_names.tell(name, told, what, names.where)

    def get_inline(self, kind: EntityKind, call: Call) -> None:
        """Take `get-role-policy` and its like."""
        named = call.output.need(f"{kind.value.capitalize()}Name")
        name = self._name(kind, call.printed(f"{kind.value}-name", named), named.where)
        label = call.printed("policy-name", call.output.need("PolicyName"))
        content = call.output.need("PolicyDocument")
        found = document(f"{kind.value}/{name.name}/{label}", content)
        self._inline.tell((name, label), found, found.name, content.where)

    def list_tags(self, kind: EntityKind, call: Call) -> None:
        """Take `list-role-tags`, `list-user-tags`."""
        name, tags = self._of(kind, call), call.output.need("Tags")
        self._tags.tell(name, tags_of(call.output), f"the tags of {name}", tags.where)

    def groups_of_user(self, call: Call) -> None:
        """Take `list-groups-for-user`."""
        groups = call.output.need("Groups")
        arns = tuple(
            self.describe(EntityKind.GROUP, each, whole=False).arn for each in groups.items()
        )
        name = self._of(EntityKind.USER, call)
        self._groups_of.tell(name, arns, f"the groups of {name}", groups.where)

    def entities_for_policy(self, call: Call) -> None:
        """Take `list-entities-for-policy`, which tells attachments only of one usage."""
        usage = call.given("policy-usage-filter")
        arn = call.option("policy-arn")
        if usage not in ("PermissionsPolicy", "PermissionsBoundary"):
            why = "without --policy-usage-filter it tells attachments and boundaries as one"
            self.left_out.append(LeftOut(call.name, why, call.where))
            return
        members = {kind: f"Policy{kind.value.capitalize()}s" for kind in EntityKind}
        if all(call.output.get(member) is None for member in members.values()):
            call.output.need(members[EntityKind.ROLE])
        for kind, member in members.items():
            title = kind.value.capitalize()
            for item in call.output.listed(member):
                name = self._name(kind, item.need(f"{title}Name").text(), item.where)
                if usage == "PermissionsBoundary":
                    what = f"the permissions boundary of {name}"
                    self._boundaries.tell(name, arn, what, item.where)
                else:
                    self._also_managed[name] = (*self._also_managed.get(name, ()), arn)

    # Managed policies

    def policy(self, call: Call) -> None:
        """Take `get-policy`."""
        policy = call.output.need("Policy")
        call.printed("policy-arn", policy.need("Arn"))
        self._version(policy)

    def policies(self, call: Call) -> None:
        """Take `list-policies`."""
        for item in call.output.need("Policies").items():
            self._version(item)

    def _version(self, policy: Value) -> None:
        self._default(policy.need("Arn").text(), policy.need("DefaultVersionId"))

    def _default(self, arn: str, version: Value) -> None:
        what = f"the default version of {arn}"
        self._versions.tell(arn, version.text(), what, version.where)

    def policy_version(self, call: Call) -> None:
        """Take `get-policy-version`."""
        arn = call.option("policy-arn")
        version = call.output.need("PolicyVersion")
        number = version.need("VersionId")
        name = call.printed("version-id", number)
        found = document(resource_part(arn), version.need("Document"))
        default = version.get("IsDefaultVersion")
        if default is not None and default.value is not True:
            self._leave_version(arn, name, found)
            return
        if default is not None:
            self._default(arn, number)
        self._documents.tell((arn, name), found, f"version {name} of {arn}", found.where)

    def _leave_version(self, arn: str, name: str, document: Document) -> None:
        why = "it is not the default version, or no call tells that it is (get-policy)"
        self.left_out.append(LeftOut(f"version {name} of {arn}", why, document.where))

    def caller(self, call: Call) -> None:
        """Take `sts get-caller-identity`, whose account was taken before all else."""
        check_account(call.output.need("Account"))

    # What comes of it

    def found(self) -> Found:
        """Return what was told. Raises NotLeftOutError for an identity told in two ways."""
        found = nothing("")
        entities = {**self._listed, **self._whole}
        for name, entity in entities.items():
            found.entities[entity.arn] = self._attached(name, entity, found)
        for (arn, number), version in self._documents.items():
            if number == self._versions.get(arn):
                found.managed[arn] = version
            else:
                self._leave_version(arn, number, version)
        for name in self._named.keys() - entities.keys():
            why = f"no call tells its ARN (get-{name.kind.value})"
            self.left_out.append(LeftOut(str(name), why, self._named[name]))
        return found._replace(left_out=tuple(self.left_out))

    def _attached(self, name: _Name, entity: Entity, into: Found) -> Entity:
        """Return an identity with what is attached to it; what no call tells is unknown."""
        inline = {label: each for (of, label), each in self._inline.items() if of == name}
        for label in inline.keys() - {*self._inline_names.get(name, inline)}:
            what = f"that {name} has no inline policy {label}"
            raise differs(what, inline[label].where, self._named[name])
        managed = (*self._managed.get(name, ()), *self._also_managed.get(name, ()))
        missing = self._missing(name, inline)
        return entity._replace(
            inline=tuple(inline.values()),
            managed=tuple(dict.fromkeys(managed)),
            groups=self._groups_of.get(name, self._groups.get(name, ())),
            tags=self._tags.get(name, entity.tags),
            boundary=self._boundary(name, entity, into),
            unknown=f"not among the calls: {', '.join(missing)}" if missing else "",
        )

    def _missing(self, name: _Name, inline: Mapping[str, Document]) -> list[str]:
        """Return the calls without which it is not known what an identity may do."""
        missing = []
        if name not in self._managed:
            missing.append(f"list-attached-{name.kind.value}-policies")
        if name not in self._inline_names:
            missing.append(f"list-{name.kind.value}-policies")
        elif not inline.keys() >= {*self._inline_names[name]}:
            missing.append(f"get-{name.kind.value}-policy of every inline policy")
        is_in_any = self._all_groups is not None and self._members_of >= self._all_groups
        if name.kind is EntityKind.USER and name not in self._groups_of and not is_in_any:
            missing.append("list-groups-for-user")
        has_tags = name.kind is not EntityKind.GROUP
        if has_tags and name not in self._whole and name not in self._tags:
            missing.append(f"list-{name.kind.value}-tags")
        return missing

    def _boundary(self, name: _Name, entity: Entity, into: Found) -> str | None:
        """Return the ARN of the boundary; a made-up one, of an unknown policy, where unknown."""
        also = self._boundaries.get(name)
        if also and name in self._whole and entity.boundary != also:
            raise differs(f"the permissions boundary of {name}", entity.where, self._named[name])
        if name in self._whole or name in self._boundaries or name.kind is EntityKind.GROUP:
            return entity.boundary or also
        made_up = f"boundary of {entity.arn.split(':', 5)[-1]}"
        why = f"not among the calls: get-{name.kind.value} of {name.name}"
        into.managed[made_up] = Document(made_up, None, entity.where, why)
        return made_up


def _commands_about(kind: EntityKind) -> dict[str, Callable[[Identities, Call], None]]:
    """Return the commands about one kind of identity."""

    def about(take: Callable[[Identities, EntityKind, Call], None]) -> _Take:
        return lambda gathered, call: take(gathered, kind, call)

    word = kind.value
    return {
        f"iam get-{word}": about(Identities.get),
        f"iam list-{word}s": about(Identities.list_all),
        f"iam list-attached-{word}-policies": about(Identities.list_attached),
        f"iam list-{word}-policies": about(Identities.list_inline),
        f"iam get-{word}-policy": about(Identities.get_inline),
        f"iam list-{word}-tags": about(Identities.list_tags),
    }


_Take = Callable[[Identities, Call], None]
COMMANDS: dict[str, _Take] = {
    **_commands_about(EntityKind.ROLE),
    **_commands_about(EntityKind.USER),
    **_commands_about(EntityKind.GROUP),
    "iam list-groups-for-user": Identities.groups_of_user,
    "iam list-entities-for-policy": Identities.entities_for_policy,
    "iam get-policy": Identities.policy,
    "iam list-policies": Identities.policies,
    "iam get-policy-version": Identities.policy_version,
    CALLER: Identities.caller,
}
