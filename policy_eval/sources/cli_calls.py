"""Outputs of single AWS CLI calls, with a list of which call printed each.

    {"version": 1, "account": "111122223333",
     "calls": [{"command": "aws iam get-role --role-name Dev", "output": "get-role.json"},
               {"command": "aws iam list-attached-role-policies --role-name Dev",
                "output": "attached.json"}]}

The outputs do not tell whom they are about (`list-attached-role-policies` prints no role), so the
commands do. What no call tells of an identity is unknown, never absent.

AWS: "AWS CLI Command Reference", the output of each command named here.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from policy_eval.errors import SourceError
from policy_eval.sources.account_items import boundary_of, document, tags_of
from policy_eval.sources.model import (
    Document,
    Entity,
    EntityKind,
    Found,
    LeftOut,
    Node,
    Organization,
    Resource,
    Where,
    nothing,
)
from policy_eval.sources.reading import Value, refuse


def is_calls(value: object) -> bool:
    """Return whether a JSON value lists calls and their outputs."""
    return isinstance(value, dict) and isinstance(value.get("calls"), list)


class _Call(NamedTuple):
    """One call: `iam get-role`, its options by name, and what it printed."""

    name: str
    options: dict[str, str]
    output: Value
    where: Where

    def option(self, name: str) -> str:
        """Return an option that the command must have."""
        if name not in self.options:
            raise refuse("missing-field", f"`{self.name}` without --{name}", self.where)
        return self.options[name]


def read_calls(
    value: object, file: str, on_error: Callable[[SourceError], None] | None = None
) -> Found:
    """Return what the listed outputs hold. Raises SourceError, or hands it to `on_error`."""
    root = Value(value, Where(file))
    account = root.get("account")
    gathered = _Gathered(file, None if account is None else account.text())
    for item in root.listed("calls"):
        try:
            gathered.take(_call(item, Path(file).parent))
        except SourceError as error:
            if on_error is None:
                raise
            on_error(error)
    return gathered.found()


def _call(item: Value, folder: Path) -> _Call:
    command = item.need("command")
    words = shlex.split(command.text())
    words = words[1:] if words[:1] == ["aws"] else words
    options: dict[str, str] = {}
    names: list[str] = []
    rest = iter(words)
    for word in rest:
        if word.startswith("--"):
            name, equals, text = word.removeprefix("--").partition("=")
            options[name] = text if equals else next(rest, "")
        else:
            names.append(word)
    path = folder / item.need("output").text()
    where = Where(str(path))
    try:
        output = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise refuse("unreadable-file", error.strerror or str(error), where) from None
    except ValueError as error:
        raise refuse("json-syntax", str(error), where) from None
    return _Call(" ".join(names[:2]), options, Value(output, where), command.where)


_SIMPLE = {
    "role": EntityKind.ROLE,
    "user": EntityKind.USER,
    "group": EntityKind.GROUP,
}


class _Gathered:
    """What calls told so far: identities by kind and name, and what is attached to them."""

    def __init__(self, file: str, account: str | None) -> None:
        self.file = file
        self.account = account
        self.entities: dict[tuple[EntityKind, str], Entity] = {}
        self.managed: dict[tuple[EntityKind, str], tuple[str, ...]] = {}
        self.inline: dict[tuple[EntityKind, str], list[Document]] = {}
        self.inline_names: dict[tuple[EntityKind, str], tuple[str, ...]] = {}
        self.groups: dict[str, tuple[str, ...]] = {}
        self.tags: dict[tuple[EntityKind, str], tuple[tuple[str, str], ...]] = {}
        self.documents: dict[tuple[str, str], Document] = {}
        self.versions: dict[str, str] = {}
        self.resources: dict[str, Resource] = {}
        self.left_out: list[LeftOut] = []
        self.policies: dict[str, tuple[str, Document]] = {}
        self.targets: dict[str, tuple[str, ...]] = {}
        self.nodes: dict[str, tuple[str, str, Where]] = {}
        self.organization: tuple[str | None, str | None] = (None, None)

    def take(self, call: _Call) -> None:
        """Take what one call printed. Raises SourceError."""
        service, _, operation = call.name.partition(" ")
        take = _TAKEN.get(call.name)
        if take is not None:
            take(self, call)
        elif service == "iam":
            self._take_identity(operation, call)
        else:
            self._leave(call)

    def _leave(self, call: _Call) -> None:
        why = "no policy is taken from this command"
        self.left_out.append(LeftOut(call.name, why, call.where))

    def _take_identity(self, operation: str, call: _Call) -> None:
        for word, kind in _SIMPLE.items():
            title = word.capitalize()
            match operation:
                case str() if operation == f"get-{word}":
                    self._entity(kind, call.output.need(title))
                    if kind is EntityKind.GROUP:
                        self._members(call)
                    return
                case str() if operation == f"list-{word}s":
                    for item in call.output.listed(f"{title}s"):
                        self._entity(kind, item)
                    return
                case str() if operation == f"list-attached-{word}-policies":
                    name = call.option(f"{word}-name")
                    self.managed[kind, name] = tuple(
                        item.need("PolicyArn").text()
                        for item in call.output.listed("AttachedPolicies")
                    )
                    return
                case str() if operation == f"list-{word}-policies":
                    name = call.option(f"{word}-name")
                    self.inline_names[kind, name] = call.output.texts("PolicyNames")
                    return
                case str() if operation == f"get-{word}-policy":
                    name = call.output.need(f"{title}Name").text()
                    label = call.output.need("PolicyName").text()
                    found = document(f"{word}/{name}/{label}", call.output.need("PolicyDocument"))
                    self.inline.setdefault((kind, name), []).append(found)
                    return
                case str() if operation == f"list-{word}-tags":
                    self.tags[kind, call.option(f"{word}-name")] = tags_of(call.output)
                    return
                case _:
                    continue
        self._leave(call)

    def _entity(self, kind: EntityKind, value: Value) -> None:
        name = value.need(f"{kind.value.capitalize()}Name").text()
        trust = value.get("AssumeRolePolicyDocument")
        unique = value.get(f"{kind.value.capitalize()}Id")
        arn = value.need("Arn").text()
        resource = arn.split(":", 5)[-1]
        self.entities[kind, name] = Entity(
            arn,
            kind,
            value.where,
            None if unique is None else unique.text(),
            tags_of(value),
            boundary=boundary_of(value),
            trust=None if trust is None else document(f"trust policy of {resource}", trust),
        )

    def _members(self, call: _Call) -> None:
        group = call.output.need("Group").need("Arn").text()
        for user in call.output.listed("Users"):
            name = user.need("UserName").text()
            self._entity(EntityKind.USER, user)
            self.groups[name] = (*self.groups.get(name, ()), group)

    # What comes of it

    def found(self) -> Found:
        """Return what all calls told."""
        found = nothing(self.file)
        for (kind, name), entity in self.entities.items():
            found.entities[entity.arn] = self._attached(kind, name, entity)
        for arn, version in self.versions.items():
            known = self.documents.get((arn, version))
            if known is not None:
                found.managed[arn] = known
        for (arn, version), known in self.documents.items():
            if arn not in self.versions:
                found.managed[arn] = known
            elif version != self.versions[arn]:
                why = f"the default version is {self.versions[arn]}"
                self.left_out.append(LeftOut(f"version {version} of {arn}", why, known.where))
        found.resources.update(self.resources)
        return found._replace(organization=self._organization(), left_out=tuple(self.left_out))

    def _attached(self, kind: EntityKind, name: str, entity: Entity) -> Entity:
        """Return an identity with what is attached to it; what no call tells is unknown."""
        key = (kind, name)
        inline = tuple(self.inline.get(key, ()))
        missing = []
        if key not in self.managed:
            missing.append(f"list-attached-{kind.value}-policies")
        given = {each.name.rpartition("/")[2] for each in inline}
        if key not in self.inline_names:
            missing.append(f"list-{kind.value}-policies")
        elif not set(self.inline_names[key]) <= given:
            missing.append(f"get-{kind.value}-policy of every inline policy")
        if kind is EntityKind.USER and name not in self.groups:
            missing.append("list-groups-for-user")
        unknown = f"not among the calls: {', '.join(missing)}" if missing else ""
        return entity._replace(
            inline=inline,
            managed=self.managed.get(key, ()),
            groups=self.groups.get(name, ()) if kind is EntityKind.USER else (),
            tags=self.tags.get(key, entity.tags),
            unknown=unknown,
        )

    def _organization(self) -> Organization | None:
        if not self.nodes:
            return None
        nodes = {}
        for identity, (name, parent, where) in self.nodes.items():
            attached: dict[str, list[Document]] = {"scps": [], "rcps": []}
            for policy, (kind, content) in self.policies.items():
                if identity in self.targets.get(policy, ()):
                    attached[kind].append(content)
            nodes[identity] = Node(
                identity, name, parent, tuple(attached["scps"]), tuple(attached["rcps"]), where
            )
        kinds = {kind for kind, _ in self.policies.values()}
        named, management = self.organization
        return Organization(named, management, nodes, "scps" in kinds, "rcps" in kinds)


def _groups_of_user(gathered: _Gathered, call: _Call) -> None:
    name = call.option("user-name")
    groups = tuple(item.need("Arn").text() for item in call.output.listed("Groups"))
    gathered.groups[name] = groups


def _policy(gathered: _Gathered, call: _Call) -> None:
    policy = call.output.need("Policy")
    arn = policy.need("Arn").text()
    gathered.versions[arn] = policy.need("DefaultVersionId").text()


def _policy_version(gathered: _Gathered, call: _Call) -> None:
    arn = call.option("policy-arn")
    version = call.output.need("PolicyVersion")
    found = document(arn.split(":", 5)[-1], version.need("Document"))
    gathered.documents[arn, version.need("VersionId").text()] = found
    default = version.get("IsDefaultVersion")
    if default is not None and default.value is True:
        gathered.versions[arn] = version.need("VersionId").text()


def _resource(gathered: _Gathered, call: _Call, arn: str, policy: Value | None) -> None:
    found = None if policy is None else document(f"policy of {arn}", policy)
    gathered.resources[arn] = Resource(arn, found, call.output.where, gathered.account)


def _secret(gathered: _Gathered, call: _Call) -> None:
    arn = call.output.need("ARN").text()
    _resource(gathered, call, arn, call.output.get("ResourcePolicy"))


def _bucket(gathered: _Gathered, call: _Call) -> None:
    arn = f"arn:aws:s3:::{call.option('bucket')}"
    _resource(gathered, call, arn, call.output.need("Policy"))


def _key(gathered: _Gathered, call: _Call) -> None:
    arn = call.option("key-id")
    if not arn.startswith("arn:"):
        raise refuse("not-an-arn", f"`{arn}` is no ARN of a key", call.where,
                     "name the key by its ARN in --key-id")  # fmt: skip
    _resource(gathered, call, arn, call.output.need("Policy"))


def _queue(gathered: _Gathered, call: _Call) -> None:
    attributes = call.output.need("Attributes")
    _resource(gathered, call, attributes.need("QueueArn").text(), attributes.get("Policy"))


def _topic(gathered: _Gathered, call: _Call) -> None:
    attributes = call.output.need("Attributes")
    _resource(gathered, call, attributes.need("TopicArn").text(), attributes.get("Policy"))


def _function(gathered: _Gathered, call: _Call) -> None:
    arn = call.option("function-name")
    if not arn.startswith("arn:"):
        raise refuse("not-an-arn", f"`{arn}` is no ARN of a function", call.where,
                     "name the function by its ARN in --function-name")  # fmt: skip
    _resource(gathered, call, arn, call.output.need("Policy"))


def _about_organization(gathered: _Gathered, call: _Call) -> None:
    about = call.output.need("Organization")
    management = about.get("MasterAccountId")
    gathered.organization = (
        about.need("Id").text(), None if management is None else management.text()
    )  # fmt: skip


def _roots(gathered: _Gathered, call: _Call) -> None:
    for item in call.output.listed("Roots"):
        gathered.nodes[item.need("Id").text()] = (item.need("Name").text(), "", item.where)


def _units(gathered: _Gathered, call: _Call) -> None:
    parent = call.option("parent-id")
    for item in call.output.listed("OrganizationalUnits"):
        gathered.nodes[item.need("Id").text()] = (item.need("Name").text(), parent, item.where)


def _accounts(gathered: _Gathered, call: _Call) -> None:
    parent = call.option("parent-id")
    for item in call.output.listed("Accounts"):
        gathered.nodes[item.need("Id").text()] = (item.need("Name").text(), parent, item.where)


_KINDS = {"SERVICE_CONTROL_POLICY": "scps", "RESOURCE_CONTROL_POLICY": "rcps"}


def _organization_policy(gathered: _Gathered, call: _Call) -> None:
    policy = call.output.need("Policy")
    summary = policy.need("PolicySummary")
    kind = _KINDS.get(summary.need("Type").text())
    if kind is None:
        why = "only service and resource control policies have a say"
        gathered.left_out.append(LeftOut(summary.need("Name").text(), why, summary.where))
        return
    found = document(summary.need("Name").text(), policy.need("Content"))
    gathered.policies[summary.need("Id").text()] = (kind, found)


def _targets(gathered: _Gathered, call: _Call) -> None:
    policy = call.option("policy-id")
    listed = call.output.listed("Targets")
    gathered.targets[policy] = tuple(item.need("TargetId").text() for item in listed)


_TAKEN: dict[str, Callable[[_Gathered, _Call], None]] = {
    "iam list-groups-for-user": _groups_of_user,
    "iam get-policy": _policy,
    "iam get-policy-version": _policy_version,
    "secretsmanager get-resource-policy": _secret,
    "s3api get-bucket-policy": _bucket,
    "kms get-key-policy": _key,
    "sqs get-queue-attributes": _queue,
    "sns get-topic-attributes": _topic,
    "lambda get-policy": _function,
    "organizations describe-organization": _about_organization,
    "organizations list-roots": _roots,
    "organizations list-organizational-units-for-parent": _units,
    "organizations list-accounts-for-parent": _accounts,
    "organizations describe-policy": _organization_policy,
    "organizations list-targets-for-policy": _targets,
}
"""What is taken of the output of each command, beside those about one kind of identity."""
