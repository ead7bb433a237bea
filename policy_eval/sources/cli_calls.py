"""Outputs of single AWS CLI calls, with a list of which call printed each, or the script that did.

    {"version": 1, "account": "111122223333",
     "calls": [{"command": "aws iam get-role --role-name Dev", "output": "get-role.json"},
               {"command": "aws iam list-attached-role-policies --role-name Dev",
                "output": "attached.json"}]}

The outputs do not tell whom they are about (`list-attached-role-policies` prints no role), so the
commands do. What no call tells of an identity is unknown, never absent.

AWS: "AWS CLI Command Reference", the output of each command named here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from policy_eval.errors import SourceError
from policy_eval.sources import cli_organization, cli_resources
from policy_eval.sources.account_items import arn_of, boundary_of, document, tags_of
from policy_eval.sources.cli_command import Call, Listed, call_of, listed, scripted, with_output
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

_OnError = Callable[[SourceError], None]


def read_calls(value: object, file: str, on_error: _OnError | None = None) -> Found:
    """Return what the listed outputs hold. Raises SourceError, or hands it to `on_error`."""
    root = Value(value, Where(file))
    account = root.get("account")
    return _read(listed(root), file, None if account is None else account.text(), on_error)


def read_script(text: str, file: str, on_error: _OnError | None = None) -> Found:
    """Return what the outputs of a script hold. Raises SourceError, or hands it to `on_error`."""
    return _read(scripted(text, file), file, None, on_error)


def _read(
    given: Iterable[Listed | SourceError],
    file: str,
    account: str | None,
    on_error: _OnError | None,
) -> Found:
    gathered = _Gathered(file)
    gathered.resources.account = account
    for each in given:
        try:
            if isinstance(each, SourceError):
                raise each
            gathered.take(call_of(each, Path(file).parent))
        except SourceError as error:
            if on_error is None:
                raise
            on_error(error)
    return gathered.found()


class _Name(NamedTuple):
    """An identity as commands name it: by kind and name, without its path."""

    kind: EntityKind
    name: str

    def __str__(self) -> str:
        return f"{self.kind.value} {self.name}"


class _Gathered:
    """What calls told so far: identities by kind and name, and what is attached to them."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.resources = cli_resources.Resources()
        self.tree = cli_organization.Tree()
        self.left_out: list[LeftOut] = []
        self._versions: dict[str, str] = {}
        self._documents: dict[str, dict[str, Document]] = {}
        self._entities: dict[_Name, Entity] = {}
        self._whole: set[_Name] = set()  # described with boundary and tags
        self._named: dict[_Name, Where] = {}
        self._managed: dict[_Name, tuple[str, ...]] = {}
        self._also_managed: dict[_Name, tuple[str, ...]] = {}
        self._boundaries: dict[_Name, str] = {}
        self._inline: dict[_Name, dict[str, Document]] = {}
        self._inline_names: dict[_Name, tuple[str, ...]] = {}
        self._groups: dict[_Name, tuple[str, ...]] = {}
        self._groups_of: dict[_Name, tuple[str, ...]] = {}
        self._members_of: set[str] = set()
        self._all_groups: set[str] | None = None
        self._tags: dict[_Name, Tags] = {}

    def take(self, call: Call) -> None:
        """Take what one call printed. Raises SourceError."""
        take = self._taken(call)
        if take is None:
            why = _WHY_NOT.get(call.name, "no policy is taken from this command")
            self.left_out.append(LeftOut(call.name, why, call.where))
            return
        call = with_output(call)
        if call.error and cli_resources.MAY_FAIL.get(call.name) != call.error:
            raise refuse("unreadable-file", f"the call failed: {call.error}", call.output.where)
        take(call)

    def _taken(self, call: Call) -> Callable[[Call], None] | None:
        """Return what takes the output of a command; None where nothing does."""
        if call.name in _COMMANDS:
            return partial(_COMMANDS[call.name], self)
        if call.name in cli_resources.COMMANDS:
            return partial(cli_resources.COMMANDS[call.name], self.resources)
        if call.name in cli_organization.COMMANDS:
            return partial(cli_organization.COMMANDS[call.name], self.tree)
        return None

    # Identities

    def describe(self, kind: EntityKind, value: Value, *, whole: bool) -> Entity:
        """Take a description of an identity; that of a list tells no boundary and no tags."""
        title = kind.value.capitalize()
        name = _Name(kind, value.need(f"{title}Name").text())
        trust = value.get("AssumeRolePolicyDocument")
        unique = value.get(f"{title}Id")
        arn = arn_of(value, f"{kind.value}/")
        resource = arn.split(":", 5)[-1]
        entity = Entity(
            arn,
            kind,
            value.where,
            None if unique is None else unique.text(),
            tags_of(value),
            boundary=boundary_of(value),
            trust=None if trust is None else document(f"trust policy of {resource}", trust),
        )
        if whole or name not in self._whole:
            self._entities[name] = entity
        if whole:
            self._whole.add(name)
        return entity

    def _name(self, kind: EntityKind, name: str, where: Where) -> _Name:
        found = _Name(kind, name)
        self._named.setdefault(found, where)
        return found

    def _of(self, kind: EntityKind, call: Call) -> _Name:
        return self._name(kind, call.option(f"{kind.value}-name"), call.where)

    def get(self, kind: EntityKind, call: Call) -> None:
        """Take `get-role`, `get-user`, `get-group`."""
        entity = self.describe(kind, call.output.need(kind.value.capitalize()), whole=True)
        if kind is EntityKind.GROUP:
            self._members_of.add(entity.arn)
            for item in call.output.listed("Users"):
                self.describe(EntityKind.USER, item, whole=False)
                user = _Name(EntityKind.USER, item.need("UserName").text())
                self._groups[user] = (*self._groups.get(user, ()), entity.arn)

    def list_all(self, kind: EntityKind, call: Call) -> None:
        """Take `list-roles`, `list-users`, `list-groups`."""
        items = call.output.listed(f"{kind.value.capitalize()}s")
        arns = {self.describe(kind, item, whole=False).arn for item in items}
        if kind is EntityKind.GROUP and call.given("path-prefix") is None:
            self._all_groups = arns

    def list_attached(self, kind: EntityKind, call: Call) -> None:
        """Take `list-attached-role-policies` and its like."""
        listed = call.output.listed("AttachedPolicies")
        arns = tuple(item.need("PolicyArn").text() for item in listed)
        into = self._managed if call.given("path-prefix") is None else self._also_managed
        into[self._of(kind, call)] = arns

    def list_inline(self, kind: EntityKind, call: Call) -> None:
        """Take `list-role-policies` and its like."""
        self._inline_names[self._of(kind, call)] = call.output.texts("PolicyNames")

    def get_inline(self, kind: EntityKind, call: Call) -> None:
        """Take `get-role-policy` and its like."""
        named = call.output.need(f"{kind.value.capitalize()}Name")
        name = self._name(kind, named.text(), named.where)
        label = call.output.need("PolicyName").text()
        content = call.output.need("PolicyDocument")
        found = document(f"{kind.value}/{name.name}/{label}", content)
        self._inline.setdefault(name, {})[label] = found

    def list_tags(self, kind: EntityKind, call: Call) -> None:
        """Take `list-role-tags`, `list-user-tags`."""
        self._tags[self._of(kind, call)] = tags_of(call.output)

    def groups_of_user(self, call: Call) -> None:
        """Take `list-groups-for-user`."""
        groups = call.output.listed("Groups")
        arns = tuple(self.describe(EntityKind.GROUP, each, whole=False).arn for each in groups)
        self._groups_of[self._of(EntityKind.USER, call)] = arns

    def entities_for_policy(self, call: Call) -> None:
        """Take `list-entities-for-policy`, which tells attachments only of one usage."""
        usage = call.given("policy-usage-filter")
        arn = call.option("policy-arn")
        if usage not in ("PermissionsPolicy", "PermissionsBoundary"):
            why = "without --policy-usage-filter it tells attachments and boundaries as one"
            self.left_out.append(LeftOut(call.name, why, call.where))
            return
        for kind in EntityKind:
            title = kind.value.capitalize()
            for item in call.output.listed(f"Policy{title}s"):
                name = self._name(kind, item.need(f"{title}Name").text(), item.where)
                if usage == "PermissionsBoundary":
                    self._boundaries[name] = arn
                else:
                    self._also_managed[name] = (*self._also_managed.get(name, ()), arn)

    # Managed policies

    def policy(self, call: Call) -> None:
        """Take `get-policy`."""
        self._version(call.output.need("Policy"))

    def policies(self, call: Call) -> None:
        """Take `list-policies`."""
        for item in call.output.listed("Policies"):
            self._version(item)

    def _version(self, policy: Value) -> None:
        arn = policy.need("Arn").text()
        self._versions[arn] = policy.need("DefaultVersionId").text()

    def policy_version(self, call: Call) -> None:
        """Take `get-policy-version`."""
        arn = call.option("policy-arn")
        version = call.output.need("PolicyVersion")
        name = version.need("VersionId").text()
        found = document(arn.split(":", 5)[-1], version.need("Document"))
        default = version.get("IsDefaultVersion")
        if default is not None and default.value is not True:
            self._leave_version(arn, name, found)
            return
        if default is not None:
            self._versions[arn] = name
        self._documents.setdefault(arn, {})[name] = found

    def _leave_version(self, arn: str, name: str, document: Document) -> None:
        why = "it is not the default version, or no call tells that it is (get-policy)"
        self.left_out.append(LeftOut(f"version {name} of {arn}", why, document.where))

    def caller(self, call: Call) -> None:
        """Take `sts get-caller-identity`: whose account it is."""
        self.resources.account = call.output.need("Account").text()

    # What comes of it

    def found(self) -> Found:
        """Return what all calls told. Raises SourceError for an organization that cannot be."""
        found = nothing(self.file)
        for name, entity in self._entities.items():
            found.entities[entity.arn] = self._attached(name, entity, found)
        for arn, versions in self._documents.items():
            only = next(iter(versions)) if len(versions) == 1 else ""
            default = self._versions.get(arn, only)
            for number, version in versions.items():
                if number == default:
                    found.managed[arn] = version
                else:
                    self._leave_version(arn, number, version)
        for name in self._named.keys() - self._entities.keys():
            why = f"no call tells its ARN (get-{name.kind.value})"
            self.left_out.append(LeftOut(str(name), why, self._named[name]))
        found.resources.update(self.resources.found())
        found.endpoints.update(self.resources.endpoints)
        left_out = (*self.left_out, *self.tree.left_out)
        return found._replace(organization=self.tree.organization(), left_out=left_out)

    def _attached(self, name: _Name, entity: Entity, into: Found) -> Entity:
        """Return an identity with what is attached to it; what no call tells is unknown."""
        inline = self._inline.get(name, {})
        managed = (*self._managed.get(name, ()), *self._also_managed.get(name, ()))
        missing = self._missing(name)
        return entity._replace(
            inline=tuple(inline.values()),
            managed=tuple(dict.fromkeys(managed)),
            groups=self._groups_of.get(name, self._groups.get(name, ())),
            tags=self._tags.get(name, entity.tags),
            boundary=self._boundary(name, entity, into),
            unknown=f"not among the calls: {', '.join(missing)}" if missing else "",
        )

    def _missing(self, name: _Name) -> list[str]:
        """Return the calls without which it is not known what is attached to an identity."""
        missing = []
        if name not in self._managed:
            missing.append(f"list-attached-{name.kind.value}-policies")
        if name not in self._inline_names:
            missing.append(f"list-{name.kind.value}-policies")
        elif not self._inline.get(name, {}).keys() >= {*self._inline_names[name]}:
            missing.append(f"get-{name.kind.value}-policy of every inline policy")
        is_in_any = self._all_groups is not None and self._members_of >= self._all_groups
        if name.kind is EntityKind.USER and name not in self._groups_of and not is_in_any:
            missing.append("list-groups-for-user")
        return missing

    def _boundary(self, name: _Name, entity: Entity, into: Found) -> str | None:
        """Return the ARN of the boundary; a made-up one, of an unknown policy, where unknown."""
        if name in self._whole or name in self._boundaries or name.kind is EntityKind.GROUP:
            return entity.boundary or self._boundaries.get(name)
        made_up = f"boundary of {entity.arn.split(':', 5)[-1]}"
        why = f"not among the calls: get-{name.kind.value} of {name.name}"
        into.managed[made_up] = Document(made_up, None, entity.where, why)
        return made_up


def _commands_about(kind: EntityKind) -> dict[str, Callable[[_Gathered, Call], None]]:
    """Return the commands about one kind of identity."""

    def about(take: Callable[[_Gathered, EntityKind, Call], None]) -> _Take:
        return lambda gathered, call: take(gathered, kind, call)

    word = kind.value
    return {
        f"iam get-{word}": about(_Gathered.get),
        f"iam list-{word}s": about(_Gathered.list_all),
        f"iam list-attached-{word}-policies": about(_Gathered.list_attached),
        f"iam list-{word}-policies": about(_Gathered.list_inline),
        f"iam get-{word}-policy": about(_Gathered.get_inline),
        f"iam list-{word}-tags": about(_Gathered.list_tags),
    }


_Take = Callable[[_Gathered, Call], None]
_COMMANDS: dict[str, _Take] = {
    **_commands_about(EntityKind.ROLE),
    **_commands_about(EntityKind.USER),
    **_commands_about(EntityKind.GROUP),
    "iam list-groups-for-user": _Gathered.groups_of_user,
    "iam list-entities-for-policy": _Gathered.entities_for_policy,
    "iam get-policy": _Gathered.policy,
    "iam list-policies": _Gathered.policies,
    "iam get-policy-version": _Gathered.policy_version,
    "sts get-caller-identity": _Gathered.caller,
}
_WHY_NOT = {
    "iam list-policy-versions": "it prints no document; get-policy tells the default version",
    "iam get-account-authorization-details": "give what it printed as a source of its own",
}
