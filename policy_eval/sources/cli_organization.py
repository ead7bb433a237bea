"""What calls of AWS Organizations tell: the tree, its policies, and what they are attached to.

What no call tells is unknown: the policies of a node whose attachments nobody listed, and what is
above a node whose parent nobody told.
AWS: "AWS CLI Command Reference", the output of each command named here; "ListRoots" (AWS
Organizations API Reference): `PolicyTypes` are the types that are enabled.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from policy_eval.sources.account_items import document
from policy_eval.sources.cli_command import Call
from policy_eval.sources.model import Document, LeftOut, Node, Organization, Where
from policy_eval.sources.organizations import EVERYTHING, check_path
from policy_eval.sources.reading import Value

_SCP, _RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"
_FULL_ACCESS, _FULL_RCP = "p-FullAWSAccess", "p-RCPFullAWSAccess"


class Tree:
    """What was told of an organization so far."""

    def __init__(self) -> None:
        self.left_out: list[LeftOut] = []
        self.id: str | None = None
        self.management_account: str | None = None
        self._where: dict[str, Where] = {}
        self._names: dict[str, str] = {}
        self._parents: dict[str, str] = {}
        self._in_use: dict[str, bool] = {}
        self._documents: dict[str, Document] = {}
        self._kinds: dict[str, str] = {_FULL_ACCESS: _SCP, _FULL_RCP: _RCP}
        self._policies_of: dict[tuple[str, str], tuple[str, ...]] = {}
        self._targets: dict[str, tuple[str, ...]] = {}
        self._all: dict[str, tuple[str, ...]] = {}

    # What is told

    def tell_about(self, call: Call) -> None:
        """Take `describe-organization`."""
        about = call.output.need("Organization")
        self.id = about.need("Id").text()
        management = about.get("MasterAccountId")
        self.management_account = None if management is None else management.text()
        features = about.get("FeatureSet")
        if features is not None and features.value == "CONSOLIDATED_BILLING":
            self._in_use = dict.fromkeys((_SCP, _RCP), False)

    def tell_roots(self, call: Call) -> None:
        """Take `list-roots`."""
        for item in call.output.listed("Roots"):
            self._node(item)
            if item.get("PolicyTypes") is not None:
                enabled = {
                    each.need("Type").text()
                    for each in item.listed("PolicyTypes")
                    if each.need("Status").text() == "ENABLED"
                }
                self._in_use |= {kind: kind in enabled for kind in (_SCP, _RCP)}

    def tell_children(self, call: Call) -> None:
        """Take the units or accounts in a unit or root, with their names or without."""
        for name in ("OrganizationalUnits", "Accounts", "Children"):
            for item in call.output.listed(name):
                self._parents[self._node(item)] = call.option("parent-id")

    def tell_accounts(self, call: Call) -> None:
        """Take `list-accounts`; newer outputs tell the path to each account."""
        for item in call.output.listed("Accounts"):
            self._node(item)
            for path in item.texts("Paths"):
                for parent, child in pairwise(path.strip("/").split("/")[1:]):
                    self._where.setdefault(child, item.where)
                    self._parents.setdefault(child, parent)

    def tell_one(self, call: Call) -> None:
        """Take `describe-account` or `describe-organizational-unit`."""
        for name in ("OrganizationalUnit", "Account"):
            found = call.output.get(name)
            if found is not None:
                self._node(found)

    def tell_parent(self, call: Call) -> None:
        """Take `list-parents`: there is one."""
        child = call.option("child-id")
        self._where.setdefault(child, call.output.where)
        for item in call.output.listed("Parents"):
            self._parents[child] = item.need("Id").text()

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
        if summary.need("Type").text() not in (_SCP, _RCP):
            why = "only service and resource control policies have a say"
            self.left_out.append(LeftOut(name, why, summary.where))
            return
        self._documents[self._policy(summary)] = document(name, policy.need("Content"))

    def tell_policies(self, call: Call) -> None:
        """Take `list-policies`: all of one type."""
        listed = tuple(map(self._policy, call.output.listed("Policies")))
        self._all[call.option("filter")] = listed

    def tell_policies_of_target(self, call: Call) -> None:
        """Take `list-policies-for-target`: those of one type that are attached to it."""
        target = call.option("target-id")
        self._where.setdefault(target, call.output.where)
        listed = tuple(map(self._policy, call.output.listed("Policies")))
        self._policies_of[target, call.option("filter")] = listed

    def tell_targets(self, call: Call) -> None:
        """Take `list-targets-for-policy`."""
        listed = tuple(each.need("TargetId").text() for each in call.output.listed("Targets"))
        for target in listed:
            self._where.setdefault(target, call.output.where)
        self._targets[call.option("policy-id")] = listed

    def _policy(self, summary: Value) -> str:
        identity = summary.need("Id").text()
        self._kinds[identity] = summary.need("Type").text()
        return identity

    # What comes of it

    def organization(self) -> Organization | None:
        """Return the organization; None where no call tells of one.

        Raises SourceError for a node above itself.
        """
        if not self._where:
            return None
        nodes: dict[str, Node] = {}
        for identity in dict.fromkeys((*self._where, *self._parents.values())):
            where = self._where.get(identity) or next(iter(self._where.values()))
            parent = self._parents.get(identity, "")
            if not parent and not identity.startswith("r-"):
                parent = f"what {identity} is in"
                why = f"no call tells what {identity} is in (list-parents)"
                unknown = (Document(f"policies above {identity}", None, where, why),)
                nodes[parent] = Node(parent, parent, "", unknown, unknown, where)
            nodes[identity] = Node(
                identity, self._names.get(identity, identity), parent,
                self._attached(identity, _SCP, where), self._attached(identity, _RCP, where), where,
            )  # fmt: skip
        for node in nodes.values():
            check_path(node, nodes)
        return Organization(
            self.id, self.management_account, nodes,
            self._in_use.get(_SCP, True), self._in_use.get(_RCP, True),
        )  # fmt: skip

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
    "organizations list-organizational-units-for-parent": Tree.tell_children,
    "organizations list-accounts-for-parent": Tree.tell_children,
    "organizations list-children": Tree.tell_children,
    "organizations list-accounts": Tree.tell_accounts,
    "organizations list-parents": Tree.tell_parent,
    "organizations describe-account": Tree.tell_one,
    "organizations describe-organizational-unit": Tree.tell_one,
    "organizations describe-policy": Tree.tell_policy,
    "organizations list-policies": Tree.tell_policies,
    "organizations list-policies-for-target": Tree.tell_policies_of_target,
    "organizations list-targets-for-policy": Tree.tell_targets,
}
