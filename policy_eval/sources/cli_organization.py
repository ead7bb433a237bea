"""What calls of AWS Organizations tell: the tree, its policies, and what they are attached to.

What no call tells is unknown: the policies of a node whose attachments nobody listed, and what is
above a node whose parent nobody told. The account that calls belongs to the organization.
AWS: "AWS CLI Command Reference", the output of each command named here; "ListRoots" (AWS
Organizations API Reference): `PolicyTypes` are the types that are enabled; "DescribeOrganization":
it is "the organization that the user's account belongs to"; "AWS Organizations terminology and
concepts": an organization has one root.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise

from policy_eval.sources.account_items import document
from policy_eval.sources.cli_command import Call
from policy_eval.sources.cli_told import Told, differs, not_left_out
from policy_eval.sources.model import Document, LeftOut, Node, Organization, Where
from policy_eval.sources.organizations import EVERYTHING, check_path
from policy_eval.sources.reading import Value, refuse

_SCP, _RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"
_FULL_ACCESS, _FULL_RCP = "p-FullAWSAccess", "p-RCPFullAWSAccess"


class Tree:
    """What was told of an organization so far."""

    def __init__(self) -> None:
        self.left_out: list[LeftOut] = []
        self._about: Told[str, tuple[str, str | None]] = Told()
        self._asked: dict[str, Where] = {}
        self._members: dict[str, Where] = {}
        self._outside: set[str | None] = set()
        self._has_all_accounts = False
        self._where: dict[str, Where] = {}
        self._names: dict[str, str] = {}
        self._parents: Told[str, str] = Told()
        self._in_use: dict[str, bool] = {}
        self._documents: Told[str, Document] = Told()
        self._kinds: dict[str, str] = {_FULL_ACCESS: _SCP, _FULL_RCP: _RCP}
        self._policies_of: Told[tuple[str, str], tuple[str, ...]] = Told()
        self._targets: Told[str, tuple[str, ...]] = Told()
        self._all: Told[str, tuple[str, ...]] = Told()

    # What is told

    def asked(self, account: str | None, call: Call) -> None:
        """Take that a profile asks of its organization: its account is in it, or in none."""
        if call.error:
            self._outside |= {account}
            return
        self._asked.setdefault(call.profile, call.where)
        if account is not None:
            self._members.setdefault(account, call.output.where)

    def tell_about(self, call: Call) -> None:
        """Take `describe-organization`: that of the account that asks."""
        about = call.output.need("Organization")
        management = about.get("MasterAccountId")
        told = (about.need("Id").text(), None if management is None else management.text())
        self._about.tell(call.profile, told, "the organization", about.where)
        features = about.get("FeatureSet")
        if features is not None and features.value == "CONSOLIDATED_BILLING":
            self._in_use = dict.fromkeys((_SCP, _RCP), False)

    def tell_roots(self, call: Call) -> None:
        """Take `list-roots`."""
        for item in call.output.need("Roots").items():
            self._node(item)
            if item.get("PolicyTypes") is not None:
                enabled = {
                    each.need("Type").text()
                    for each in item.listed("PolicyTypes")
                    if each.need("Status").text() == "ENABLED"
                }
                self._in_use |= {kind: kind in enabled for kind in (_SCP, _RCP)}

    def tell_children(self, call: Call, member: str) -> None:
        """Take the units or accounts in a unit or root, with their names or without."""
        for item in call.output.need(member).items():
            self._tell_parent(self._node(item), call.option("parent-id"), item.where)

    def tell_accounts(self, call: Call) -> None:
        """Take `list-accounts`; newer outputs tell the path to each account."""
        self._has_all_accounts = True
        for item in call.output.need("Accounts").items():
            self._node(item)
            for path in item.texts("Paths"):
                for parent, child in pairwise(path.strip("/").split("/")[1:]):
                    self._where.setdefault(child, item.where)
                    self._tell_parent(child, parent, item.where)

    def tell_one(self, call: Call, member: str, option: str) -> None:
        """Take `describe-account` or `describe-organizational-unit`."""
        found = call.output.need(member)
        call.printed(option, found.need("Id"))
        self._node(found)

    def tell_parent(self, call: Call) -> None:
        """Take `list-parents`: there is one."""
        child = call.option("child-id")
        self._where.setdefault(child, call.output.where)
        for item in call.output.need("Parents").items():
            self._tell_parent(child, item.need("Id").text(), item.where)

    def _tell_parent(self, child: str, parent: str, where: Where) -> None:
        self._parents.tell(child, parent, f"what {child} is in", where)

    def _node(self, item: Value) -> str:
        identity = item.need("Id").text()
        self._where.setdefault(identity, item.where)
        name = item.get("Name")
        if name is not None:
            self._names[identity] = name.text()
        return identity

    def tell_policy(self, call: Call) -> None:
        """Take `describe-policy`."""
        policy = call.output.need("Policy")
        summary = policy.need("PolicySummary")
        name = summary.need("Name").text()
        call.printed("policy-id", summary.need("Id"))
        if summary.need("Type").text() not in (_SCP, _RCP):
            why = "only service and resource control policies have a say"
            self.left_out.append(LeftOut(name, why, summary.where))
            return
        content = policy.need("Content")
        told = document(name, content)
        self._documents.tell(self._policy(summary), told, f"the policy {name}", content.where)

    def tell_policies(self, call: Call) -> None:
        """Take `list-policies`: all of one type."""
        listed = tuple(map(self._policy, call.output.need("Policies").items()))
        kind = call.option("filter")
        self._all.tell(kind, listed, f"all of {kind}", call.output.where)

    def tell_policies_of_target(self, call: Call) -> None:
        """Take `list-policies-for-target`: those of one type that are attached to it."""
        target, kind, where = call.option("target-id"), call.option("filter"), call.output.where
        self._where.setdefault(target, where)
        listed = tuple(map(self._policy, call.output.need("Policies").items()))
        self._policies_of.tell((target, kind), listed, f"what {target} has of {kind}", where)

    def tell_targets(self, call: Call) -> None:
        """Take `list-targets-for-policy`."""
        targets = call.output.need("Targets").items()
        listed = tuple(each.need("TargetId").text() for each in targets)
        policy, where = call.option("policy-id"), call.output.where
        for target in listed:
            self._where.setdefault(target, where)
        self._targets.tell(policy, listed, f"the targets of {policy}", where)

    def _policy(self, summary: Value) -> str:
        identity = summary.need("Id").text()
        self._kinds[identity] = summary.need("Type").text()
        return identity

    # What comes of it

    def organization(self, accounts: Mapping[str, Where]) -> Organization | None:
        """Return the organization; None where no call tells of one.

        `accounts` are those of which calls tell something: whether they are in it must be told.

        Raises SourceError for a node above itself, and for calls about several organizations.
        """
        identity, management = self._described()
        places = {**self._members, **self._where}
        if not places:
            return None
        if not self._has_all_accounts:
            for account in accounts.keys() - places.keys() - self._outside:
                raise not_left_out(refuse(
                    "unknown-source", f"it is not told whether {account} is in the organization",
                    accounts[account],
                    "add `organizations describe-organization` with its profile, or "
                    "`list-accounts`",
                ))  # fmt: skip
        names = dict.fromkeys((*places, *self._parents.values()))
        roots = [name for name in names if name.startswith("r-")]
        root = roots[0] if len(roots) == 1 else ""
        nodes: dict[str, Node] = {}
        for name in names:
            where = places.get(name) or next(iter(places.values()))
            parent = self._parents.get(name, "")
            if not parent and not name.startswith("r-"):
                parent = f"what {name} is in"
                why = f"no call tells what {name} is in (list-parents)"
                unknown = (Document(f"policies above {name}", None, where, why),)
                nodes[parent] = Node(parent, parent, root, unknown, unknown, where)
            nodes[name] = Node(
                name, self._names.get(name, name), parent,
                self._attached(name, _SCP, where), self._attached(name, _RCP, where), where,
            )  # fmt: skip
        for node in nodes.values():
            check_path(node, nodes)
        return Organization(
            identity, management, nodes, self._in_use.get(_SCP, True), self._in_use.get(_RCP, True)
        )

    def _described(self) -> tuple[str | None, str | None]:
        """Return the ID and the management account, the same for all who asked."""
        told = {*self._about.values()}
        if len(told) > 1:
            _, where = self._asked.popitem()
            raise differs("the organization", next(iter(self._asked.values())), where)
        untold = [where for profile, where in self._asked.items() if profile not in self._about]
        if len(self._asked) > 1 and untold:
            raise not_left_out(refuse(
                "unknown-source", "calls about organizations have several profiles, and it is not "
                "told that these are of one", untold[0],
                "add `organizations describe-organization` with each profile",
            ))  # fmt: skip
        if told and not self._members and not self._where:
            why = "no call tells whose organization it is (sts get-caller-identity)"
            where = next(iter(self._asked.values()))
            self.left_out.append(LeftOut("organizations describe-organization", why, where))
        return next(iter(told)) if told else (None, None)

    def _attached(self, node: str, kind: str, where: Where) -> tuple[Document, ...]:
        """Return the policies of a type that are attached to a node."""
        listed = self._policies_of.get((node, kind))
        is_all = listed is not None
        if listed is None:
            listed = tuple(each for each, targets in self._targets.items() if node in targets)
            is_all = kind in self._all and self._targets.keys() >= {*self._all[kind]}
        found = tuple(
            self._document(each, where)
            for each in listed
            if self._kinds.get(each, kind) == kind and each != _FULL_RCP  # always there (R-RCP-02)
        )
        if is_all:
            return found
        why = f"no call tells all that is attached to {node} (list-policies-for-target)"
        name = f"{'further ' * bool(found)}policies of {node}"
        return (*found, Document(name, None, where, why))

    def _document(self, policy: str, where: Where) -> Document:
        known = self._documents.get(policy)
        if known is not None:
            return known
        if policy == _FULL_ACCESS:
            return Document("FullAWSAccess", EVERYTHING, where)
        why = f"no call tells the content of {policy} (describe-policy)"
        return Document(policy, None, where, why)


COMMANDS: dict[str, Callable[[Tree, Call], None]] = {
    "organizations describe-organization": Tree.tell_about,
    "organizations list-roots": Tree.tell_roots,
    "organizations list-organizational-units-for-parent": lambda tree, call: tree.tell_children(
        call, "OrganizationalUnits"
    ),
    "organizations list-accounts-for-parent": lambda tree, call: tree.tell_children(
        call, "Accounts"
    ),
    "organizations list-children": lambda tree, call: tree.tell_children(call, "Children"),
    "organizations list-accounts": Tree.tell_accounts,
    "organizations list-parents": Tree.tell_parent,
    "organizations describe-account": lambda tree, call: tree.tell_one(
        call, "Account", "account-id"
    ),
    "organizations describe-organizational-unit": lambda tree, call: tree.tell_one(
        call, "OrganizationalUnit", "organizational-unit-id"
    ),
    "organizations describe-policy": Tree.tell_policy,
    "organizations list-policies": Tree.tell_policies,
    "organizations list-policies-for-target": Tree.tell_policies_of_target,
    "organizations list-targets-for-policy": Tree.tell_targets,
}
NONE = "AWSOrganizationsNotInUseException"
"""The error by which each command says that the account is in no organization."""
