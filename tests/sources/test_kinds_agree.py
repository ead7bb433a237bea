"""One account told in several ways is one model, and a workspace of it is the same again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy_eval.sources.loading import load
from policy_eval.sources.model import Entity, EntityKind, Found, Node, without_places
from policy_eval.sources.workspace import workspace_files, write_workspace
from tests.sources.exports import ACCOUNT, allowing, attached, document, iam, trusting

_Json = dict[str, object]


class _Identity(NamedTuple):
    """A generated identity; policies and groups are named by their numbers."""

    kind: EntityKind
    path: str
    name: str
    inline: dict[str, _Json]
    policies: tuple[int, ...]
    groups: tuple[int, ...]
    boundary: int | None
    tags: dict[str, str]
    trust: _Json

    @property
    def arn(self) -> str:
        return iam(f"{self.kind.value}/{self.path}{self.name}")


class _Account(NamedTuple):
    """A generated account: groups, users and roles, policies, secrets, levels of SCPs."""

    groups: list[_Identity]
    callers: list[_Identity]
    policies: dict[str, _Json]
    secrets: dict[str, tuple[_Json | None, dict[str, str]]]
    levels: list[dict[str, _Json]]

    @property
    def identities(self) -> list[_Identity]:
        return [*self.groups, *self.callers]

    def policy(self, number: int) -> str:
        """Return the ARN of a policy, of one that no source holds where there are none."""
        arns = [*self.policies, iam("policy/elsewhere")]
        return arns[number % len(arns)]

    def groups_of(self, one: _Identity) -> list[_Identity]:
        numbers = dict.fromkeys(each % len(self.groups) for each in one.groups if self.groups)
        return [self.groups[each] for each in numbers]

    def attached_to(self, one: _Identity) -> list[str]:
        return [*dict.fromkeys(map(self.policy, one.policies))]


_NAMES = st.sampled_from(("a", "A", "Dev", "x.y", "con", "a+b=c,d@e", "trust", "inline"))
_DOCUMENTS = st.sampled_from(("s3:*", "sqs:Get*", "sns:Publish")).map(allowing)
_TAGS = st.dictionaries(st.sampled_from(("team", "Team x", "é")), st.sampled_from(("", "red")))
_NUMBERS = st.lists(st.integers(0, 3), max_size=3).map(tuple)


def _identities(kind: EntityKind) -> st.SearchStrategy[list[_Identity]]:
    is_group, is_user = kind is EntityKind.GROUP, kind is EntityKind.USER
    one = st.builds(
        _Identity,
        st.just(kind),
        st.sampled_from(("", "team/", "A/b/")),
        _NAMES,
        st.dictionaries(_NAMES, _DOCUMENTS, max_size=2),
        _NUMBERS,
        _NUMBERS if is_user else st.just(()),
        st.none() if is_group else st.none() | st.integers(0, 3),
        st.just({}) if is_group else _TAGS,
        st.sampled_from((trusting({"AWS": iam("root")}), trusting({"Service": "a.b.com"}))),
    )
    return st.lists(one, max_size=2, unique_by=lambda each: each.name)


_LEVELS = st.dictionaries(_NAMES, _DOCUMENTS, min_size=1, max_size=2)
_ACCOUNTS = st.builds(
    _Account,
    _identities(EntityKind.GROUP),
    st.tuples(_identities(EntityKind.USER), _identities(EntityKind.ROLE)).map(
        lambda both: [*both[0], *both[1]]
    ),
    st.dictionaries(
        _NAMES.map(lambda name: iam(f"policy/{name}"))
        | st.just("arn:aws:iam::aws:policy/ReadOnlyAccess"),
        _DOCUMENTS,
        max_size=3,
    ),
    st.dictionaries(
        _NAMES.map(lambda name: f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:{name}-AbCdEf"),
        st.tuples(
            st.none() | st.just(document({"Principal": "*"})),
            _TAGS,
        ),
        max_size=2,
    ),
    st.just([]) | st.lists(_LEVELS, min_size=2, max_size=3),
)


# The ways to tell it


def _listed_tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": name, "Value": value} for name, value in tags.items()]


def _described(account: _Account, one: _Identity) -> _Json:
    """Return what `get-role`, `get-user` and `get-group` print of an identity."""
    said: _Json = {f"{one.kind.value.capitalize()}Name": one.name, "Arn": one.arn}
    if one.kind is not EntityKind.GROUP:
        said["Tags"] = _listed_tags(one.tags)
    if one.kind is EntityKind.ROLE:
        said["AssumeRolePolicyDocument"] = one.trust
    if one.boundary is not None:
        said["PermissionsBoundary"] = {"PermissionsBoundaryArn": account.policy(one.boundary)}
    return said


def _detail(account: _Account, one: _Identity) -> _Json:
    """Return an identity as an export has it."""
    inline = [{"PolicyName": name, "PolicyDocument": each} for name, each in one.inline.items()]
    return {
        **_described(account, one),
        f"{one.kind.value.capitalize()}PolicyList": inline,
        "AttachedManagedPolicies": attached(*account.attached_to(one)),
        "GroupList": [each.name for each in account.groups_of(one)],
    }


def _pages(account: _Account) -> list[_Json]:
    """Return an export in two pages."""

    def of(kind: EntityKind) -> list[_Json]:
        return [_detail(account, each) for each in account.identities if each.kind is kind]

    policies = [
        {"Arn": arn, "DefaultVersionId": "v1",
         "PolicyVersionList": [{"VersionId": "v1", "Document": each}]}
        for arn, each in account.policies.items()
    ]  # fmt: skip
    return [
        {"UserDetailList": of(EntityKind.USER), "RoleDetailList": [], "Marker": "x"},
        {"GroupDetailList": of(EntityKind.GROUP), "RoleDetailList": of(EntityKind.ROLE),
         "Policies": policies},
    ]  # fmt: skip


def _nodes(account: _Account) -> list[tuple[str, str, dict[str, _Json]]]:
    """Return the nodes of the organization from the root to the account: ID, parent, SCPs."""
    ids = ["r-1", *["ou-1"] * (len(account.levels) - 2), ACCOUNT]
    return list(zip(ids, ["", *ids], account.levels, strict=False))


def _organization(account: _Account) -> _Json:
    nodes = [
        {"id": name, "name": name, "parent": parent,
         "scps": [{"name": each, "policy": scps[each]} for each in scps]}
        for name, parent, scps in _nodes(account)
    ]  # fmt: skip
    return {"organization": {"id": "o-a"}, "nodes": nodes}


def _put(folder: Path, name: str, value: object) -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), "utf-8")
    return str(path)


def _organization_beside(account: _Account, folder: Path) -> list[str]:
    if not account.levels:
        return []
    return [_put(folder, "organization.json", _organization(account))]


def _as_list(account: _Account, folder: Path) -> list[str]:
    return [_put(folder, "x.json", _pages(account)), *_organization_beside(account, folder)]


def _as_files(account: _Account, folder: Path) -> list[str]:
    pages = [_put(folder, f"{n}.json", page) for n, page in enumerate(_pages(account))]
    return [*pages, *_organization_beside(account, folder)]


def _as_listing(account: _Account, folder: Path) -> list[str]:
    def described(number: int, one: _Identity) -> _Json:
        said: _Json = {"policies": account.attached_to(one)}
        inline = [f"inline/{number}/{name}.json" for name in one.inline]
        for file, content in zip(inline, one.inline.values(), strict=True):
            _put(folder, file, content)
        said["inline"] = inline
        if one.kind is EntityKind.GROUP:
            return said
        said["tags"] = one.tags
        if one.boundary is not None:
            said["boundary"] = account.policy(one.boundary)
        if one.kind is EntityKind.ROLE:
            _put(folder, f"trust/{number}.json", one.trust)
            return {**said, "trust": f"trust/{number}.json"}
        return {**said, "groups": [each.arn for each in account.groups_of(one)]}

    resources = {}
    for number, (arn, (policy, tags)) in enumerate(account.secrets.items()):
        resources[arn] = {"tags": tags} | ({"policy": f"r/{number}.json"} if policy else {})
        _put(folder, f"r/{number}.json", policy)
    for number, content in enumerate(account.policies.values()):
        _put(folder, f"policy/{number}.json", content)
    listing = {
        "version": 1,
        "account": ACCOUNT,
        "groups": {each.arn: described(n, each) for n, each in enumerate(account.groups)},
        "principals": {each.arn: described(n, each) for n, each in enumerate(account.callers, 9)},
        "managed": {arn: f"policy/{number}.json" for number, arn in enumerate(account.policies)},
        "resources": resources,
    }
    if account.levels:
        listing["organization"] = _organization(account)
    _put(folder, "policies.json", listing)
    return [str(folder)]


def _members(account: _Account, group: _Identity) -> dict[str, object]:
    """Return what `get-group` prints beside the group."""
    if group.kind is not EntityKind.GROUP:
        return {}
    users = (each for each in account.identities if each.kind is EntityKind.USER)
    members = [each for each in users if group in account.groups_of(each)]
    return {"Users": [_described(account, each) for each in members]}


def _calls(account: _Account) -> list[tuple[str, object]]:
    """Return the calls that tell everything, each with what it prints."""
    calls: list[tuple[str, object]] = [("sts get-caller-identity", {"Account": ACCOUNT})]
    for one in account.identities:
        word, title = one.kind.value, one.kind.value.capitalize()
        by_name = f"--{word}-name '{one.name}'"
        calls += [
            (f"iam get-{word} {by_name}",
             {title: _described(account, one), **_members(account, one)}),
            (f"iam list-attached-{word}-policies {by_name}",
             {"AttachedPolicies": attached(*account.attached_to(one))}),
            (f"iam list-{word}-policies {by_name}", {"PolicyNames": [*one.inline]}),
            *((f"iam get-{word}-policy {by_name} --policy-name '{name}'",
               {f"{title}Name": one.name, "PolicyName": name, "PolicyDocument": content})
              for name, content in one.inline.items()),
        ]  # fmt: skip
        if one.kind is EntityKind.USER:
            groups = [_described(account, each) for each in account.groups_of(one)]
            calls.append((f"iam list-groups-for-user {by_name}", {"Groups": groups}))
    for arn, content in account.policies.items():
        version = {"VersionId": "v1", "IsDefaultVersion": True, "Document": content}
        calls.append((f"iam get-policy-version --policy-arn '{arn}' --version-id v1",
                      {"PolicyVersion": version}))  # fmt: skip
    for arn, (policy, tags) in account.secrets.items():
        said = {} if policy is None else {"ResourcePolicy": json.dumps(policy)}
        calls += [
            (f"secretsmanager get-resource-policy --secret-id '{arn}'", {"ARN": arn, **said}),
            (f"secretsmanager describe-secret --secret-id '{arn}'",
             {"ARN": arn, "Tags": _listed_tags(tags)}),
        ]  # fmt: skip
    return calls + _calls_about_organization(account)


def _calls_about_organization(account: _Account) -> list[tuple[str, object]]:
    if not account.levels:
        return []
    kind = "SERVICE_CONTROL_POLICY"
    types = [{"Type": kind, "Status": "ENABLED"}]
    calls: list[tuple[str, object]] = [
        ("organizations describe-organization", {"Organization": {"Id": "o-a"}}),
        ("organizations list-roots",
         {"Roots": [{"Id": "r-1", "Name": "r-1", "PolicyTypes": types}]}),
    ]  # fmt: skip
    for node, parent, scps in _nodes(account):
        ids = {f"p-{node}-{number}": name for number, name in enumerate(scps)}
        summaries = [{"Id": each, "Name": name, "Type": kind} for each, name in ids.items()]
        if parent:
            calls.append((f"organizations list-parents --child-id {node}",
                          {"Parents": [{"Id": parent, "Type": "ROOT"}]}))  # fmt: skip
        calls.append((f"organizations list-policies-for-target --target-id {node} --filter {kind}",
                      {"Policies": summaries}))  # fmt: skip
        for summary in summaries:
            content = json.dumps(scps[str(summary["Name"])])
            calls.append((f"organizations describe-policy --policy-id {summary['Id']}",
                          {"Policy": {"PolicySummary": summary, "Content": content}}))  # fmt: skip
    return calls


def _as_calls(account: _Account, folder: Path) -> list[str]:
    calls = _calls(account)
    for number, (_, output) in enumerate(calls):
        _put(folder, f"out/{number}.json", output)
    listed = [{"command": f"aws {each}", "output": f"out/{n}.json"}
              for n, (each, _) in enumerate(calls)]  # fmt: skip
    return [_put(folder, "calls.json", {"version": 1, "calls": listed})]


def _as_script(account: _Account, folder: Path) -> list[str]:
    calls = _calls(account)
    for number, (_, output) in enumerate(calls):
        _put(folder, f"out/{number}.json", output)
    lines = [f"aws {command} > out/{number}.json" for number, (command, _) in enumerate(calls)]
    (folder / "calls.sh").write_text("\n".join(lines), "utf-8")
    return [str(folder)]


_Kind = Callable[[_Account, Path], list[str]]
_KINDS: tuple[_Kind, ...] = (_as_list, _as_files, _as_listing, _as_calls, _as_script)


# What is compared


def _identity(entity: Entity) -> object:
    """Return what is told of an identity; exports tell groups without their paths."""
    groups = tuple(each.rpartition("/")[2] for each in entity.groups)
    inline = [(each.name.rpartition("/")[2], each.content) for each in entity.inline]
    trust = entity.trust and entity.trust.content
    return (entity.kind, entity.tags, entity.managed, entity.boundary, entity.unknown, groups,
            inline, trust)  # fmt: skip


def _node(node: Node) -> object:
    scps = [(each.name, each.content) for each in node.scps]
    return node.name, node.parent, scps


def _of_iam(found: Found) -> object:
    organization = found.organization
    nodes = organization.nodes if organization else {}
    return (
        {arn: _identity(each) for arn, each in found.entities.items()},
        {arn: each.content for arn, each in found.managed.items()},
        organization and (organization.id, organization.has_scps),
        {name: _node(each) for name, each in nodes.items()},
    )  # fmt: skip


def _resources(found: Found) -> object:
    return {
        arn: (each.account, each.tags, each.policy and each.policy.content)
        for arn, each in found.resources.items()
    }


@settings(max_examples=15, deadline=None)
@given(_ACCOUNTS)
def test_an_account_is_the_same_however_it_is_told(account: _Account) -> None:
    with TemporaryDirectory() as name:
        first, *others = (
            load(kind(account, Path(name) / str(number))) for number, kind in enumerate(_KINDS)
        )

    assert all(_of_iam(each) == _of_iam(first) for each in others)
    assert len({*map(str, map(_resources, others[1:]))}) == 1
    assert first.entities.keys() == {each.arn for each in account.identities}
    assert not any(each.unknown for each in first.entities.values())


def _whole(found: Found) -> object:
    """Return all that was found, without places and in one order."""
    return (
        [sorted((name, without_places(each)) for name, each in members.items())
         for members in (found.managed, found.entities, found.resources, found.endpoints)],
        found.organization and (
            found.organization._replace(nodes={}),
            sorted((name, without_places(each)) for name, each in found.organization.nodes.items()),
        ),
        (found.sources, found.left_out, found.notes),
    )  # fmt: skip


def _is_the_same_again(sources: list[str], folder: Path) -> bool:
    """Return whether a workspace of sources holds the same, and another has the same bytes."""
    found = load(sources)
    write_workspace(found, folder / "w")
    again = load([str(folder / "w")])
    files = workspace_files(found)
    return (
        repr(_whole(again)) == repr(_whole(found))
        and workspace_files(again) == files == workspace_files(load(sources))
    )  # fmt: skip


@pytest.mark.parametrize("kind", _KINDS, ids=lambda kind: kind.__name__)
@settings(max_examples=5, deadline=None)
@given(_ACCOUNTS)
def test_its_workspace_is_the_same_again_and_twice_the_same_bytes(
    kind: _Kind, account: _Account
) -> None:
    with TemporaryDirectory() as name:
        assert _is_the_same_again(kind(account, Path(name) / "in"), Path(name))


_DATA = sorted((Path(__file__).parent / "data").glob("*.*"))


@pytest.mark.parametrize("path", _DATA, ids=lambda path: path.name)
def test_workspaces_of_plans_and_templates_are_the_same_again(path: Path, tmp_path: Path) -> None:
    assert _is_the_same_again([str(path)], tmp_path)
