"""The organization in a plan: its nodes, and the service and resource control policies on them.

Rules: R-SCP-02, R-RCP-02. AWS: "Service control policies (SCPs)", "SCP evaluation": AWS attaches
FullAWSAccess to every root, unit and account that is made; "aws_organizations_organization" and its
like (documentation of the AWS provider).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NamedTuple

from policy_eval.sources.model import Document, Node, Organization, Unsure, Where
from policy_eval.sources.organizations import EVERYTHING, check_tree
from policy_eval.sources.reading import OnError, Value, leaving_out
from policy_eval.sources.terraform.documents import document_of
from policy_eval.sources.terraform.instances import Instance
from policy_eval.sources.terraform.plan import Plan, label

_ORGANIZATION, _UNIT = "aws_organizations_organization", "aws_organizations_organizational_unit"
_ACCOUNT = "aws_organizations_account"
_POLICY, _ATTACHMENT = "aws_organizations_policy", "aws_organizations_policy_attachment"
TYPES = frozenset({_ORGANIZATION, _UNIT, _ACCOUNT, _POLICY, _ATTACHMENT})
"""The resource types that are read here."""

_SCP, _RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"
_FULL_ACCESS = "FullAWSAccess"
_FULL_ACCESS_ID, _FULL_RCP_ID = "p-FullAWSAccess", "p-RCPFullAWSAccess"
_NOT_TOLD = "not told"
"""The parent of what nobody says where it is."""


class _Policy(NamedTuple):
    """A policy of an organization; `type` is None where nobody tells it."""

    type: str | None
    document: Document


def read_organization(plan: Plan, on_error: OnError | None) -> Organization | None:
    """Return the organization of a plan; None where it holds nothing of one."""
    reader = _Reader(plan, on_error)
    return reader.organization()


class _Reader:
    """The nodes of a plan as their parts are found."""

    def __init__(self, plan: Plan, on_error: OnError | None) -> None:
        self.plan = plan
        self._on_error = on_error
        self._nodes: dict[str, Node] = {}
        self._ids: dict[str, str] = {}
        self._policies: dict[str, _Policy] = {}
        self._root = ""
        self._id: str | None = None
        self._management: str | None = None
        self._types: set[str] = set()
        self._tells_types = False
        self._attached: set[str] = set()
        for each in (*plan.of_type(_ORGANIZATION), *plan.data(_ORGANIZATION)):
            self._try(self._add_root, each)
        self._each(self._name, _UNIT, _ACCOUNT)
        self._each(self._add_node, _UNIT, _ACCOUNT)
        for each in (*plan.of_type(_ORGANIZATION), *plan.data(_ORGANIZATION)):
            self._try(self._add_accounts, each)
        self._each(self._add_policy, _POLICY)
        self._each(self._attach, _ATTACHMENT)

    def _try(self, read: Callable[[Instance], None], instance: Instance) -> None:
        with leaving_out(self._on_error):
            read(instance)

    def _each(self, read: Callable[[Instance], None], *types: str) -> None:
        for instance in self.plan.of_type(*types):
            self._try(read, instance)

    def organization(self) -> Organization | None:
        """Return what was found. Raises SourceError for nodes that are no tree."""
        if not self._nodes:
            return None
        self._add_what_is_above()
        check_tree(self._nodes)
        found = {kind for each in self._policies.values() for kind in _kinds(each)} | self._attached
        enabled = self._types if self._tells_types else found
        if _SCP in enabled:
            self._nodes = {key: self._with_full_access(each) for key, each in self._nodes.items()}
        return Organization(
            self._id, self._management, self._nodes, _SCP in enabled, _RCP in enabled
        )

    # Nodes

    def _add_root(self, instance: Instance) -> None:
        self._id = instance.text("id") or self._id
        self._management = instance.text("master_account_id") or self._management
        roots = instance.value.listed("roots")
        root = _text(roots[0], "id") if roots else None
        self._root = self._ids[instance.address] = root or self._root or label(instance)
        self._nodes[self._root] = Node(self._root, "Root", "", (), (), instance.where)
        types = instance.value.texts("enabled_policy_types")
        listed = [each for each in roots[:1] for each in each.listed("policy_types")]
        enabled = {
            _text(each, "type") or _text(each, "name")
            for each in listed
            if _text(each, "status") == "ENABLED"
        }
        if types or listed:
            self._tells_types = True
            self._types |= {*types, *(each for each in enabled if each)}

    def _name(self, instance: Instance) -> None:
        self._ids[instance.address] = instance.text("id") or label(instance)

    def _add_node(self, instance: Instance) -> None:
        key = self._ids.get(instance.address, "")
        parent = instance.text("parent_id")
        if parent is None and self.plan.is_open(instance, "parent_id"):
            target = self.plan.target(instance, "parent_id")
            parent = (self._ids.get(target.instance.address) if target else None) or _NOT_TOLD
        name = instance.text("name") or key
        parent = parent or self._root or _NOT_TOLD
        self._nodes[key] = Node(key, name, parent, (), (), instance.where)

    def _add_accounts(self, instance: Instance) -> None:
        """Add the accounts that are listed without their place."""
        for each in instance.value.listed("accounts"):
            key = each.need("id").text()
            name = _text(each, "name") or key
            if key != self._management and key not in self._nodes:
                self._nodes[key] = Node(key, name, _NOT_TOLD, (), (), each.where)

    def _add_what_is_above(self) -> None:
        """Add the nodes that others are in and that the file does not hold."""
        for node in [*self._nodes.values()]:
            if not node.parent or node.parent in self._nodes:
                continue
            unknown: tuple[Document, ...] = ()
            if not node.parent.startswith("r-"):
                why = f"{self.plan.file} does not hold the organization from {node.parent} up"
                if node.parent == _NOT_TOLD:
                    why = f"{self.plan.file} does not tell where accounts are in the organization"
                unknown = (Document(f"policies above {node.name}", None, node.where, why),)
            self._nodes[node.parent] = Node(
                node.parent, node.parent, "", unknown, unknown, node.where
            )

    # Policies

    def _add_policy(self, instance: Instance) -> None:
        name = instance.text("name") or label(instance)
        document = document_of(self.plan, instance, "content", name)
        if document is None:
            document = Document(name, None, instance.where, f"{instance.address} has no content")
        key = self._ids[instance.address] = instance.text("id") or label(instance)
        self._policies[key] = _Policy(instance.text("type") or _SCP, document)

    def _attach(self, instance: Instance) -> None:
        policy = self._policy(instance)
        if policy is None:
            return
        target = self._named(instance, "target_id")
        if target is None:
            why = self.plan.why(instance, "target_id")
            document = policy.document._replace(content=None, unknown=why, unsure=())
            for account in self.plan.accounts():
                self._nodes.setdefault(
                    account, Node(account, account, _NOT_TOLD, (), (), instance.where)
                )
            for key in [*self._nodes]:
                self._put(key, policy._replace(document=document), instance.where)
            return
        self._put(target, policy, instance.where)

    def _policy(self, instance: Instance) -> _Policy | None:
        """Return the policy that is attached; None for those of AWS, which are there anyway."""
        key = self._named(instance, "policy_id")
        if key in (_FULL_ACCESS_ID, _FULL_RCP_ID):
            return None
        if key in self._policies:
            return self._policies[key]
        why = f"{self.plan.file} does not hold the policy {key}"
        if key is None:
            why = self.plan.why(instance, "policy_id")
        return _Policy(None, Document(instance.address, None, instance.where, why))

    def _named(self, instance: Instance, argument: str) -> str | None:
        """Return the ID in an argument; None where it is not known."""
        known = instance.text(argument)
        target = self.plan.target(instance, argument)
        if known is not None or target is None:
            return known
        return self._ids.get(target.instance.address)

    def _put(self, key: str, policy: _Policy, where: Where) -> None:
        node = self._nodes.get(key) or Node(key, key, _parent_of(key), (), (), where)
        document = (policy.document,)
        self._attached.update(_kinds(policy))
        if _SCP in _kinds(policy):
            node = node._replace(scps=(*node.scps, *document))
        if _RCP in _kinds(policy):
            node = node._replace(rcps=(*node.rcps, *document))
        self._nodes[key] = node

    def _with_full_access(self, node: Node) -> Node:
        """Return a node with AWS's own policy; whether it is still there is open beside others.

        A node on which no other policy allows anything must have it, or nothing would be allowed.
        """
        self.plan.note(
            f"{_FULL_ACCESS} is taken to be attached where no other service control policy allows "
            "anything; Terraform does not tell"
        )
        full = Document(f"{_FULL_ACCESS} on {node.name}", EVERYTHING, node.where)
        if any(map(_may_allow, node.scps)):
            why = f"Terraform does not tell whether {_FULL_ACCESS} is still attached to {node.name}"
            full = full._replace(unsure=(Unsure(1, why),))
        return node._replace(scps=(full, *node.scps))


def _kinds(policy: _Policy) -> tuple[str, ...]:
    """Return the type of a policy; both where nobody tells it."""
    return (_SCP, _RCP) if policy.type is None else (policy.type,)


def _parent_of(key: str) -> str:
    return "" if key.startswith("r-") else _NOT_TOLD


def _text(value: Value, name: str) -> str | None:
    found = value.get(name)
    return found.text() or None if found else None


def _may_allow(document: Document) -> bool:
    """Return whether a policy may have a statement that allows."""
    if not isinstance(document.content, str):
        return True
    try:
        content = json.loads(document.content)
    except ValueError:
        return True
    statements = content.get("Statement") if isinstance(content, dict) else None
    listed = statements if isinstance(statements, list) else [statements]
    return not all(isinstance(each, dict) and each.get("Effect") == "Deny" for each in listed)
