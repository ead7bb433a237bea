"""Units, accounts and policies of an organization, in a template.

A root, unit or account that the template only names has further policies, and others above it, that
are not known. AWS: `AWS::Organizations::…` in the "AWS resource and property types reference";
"Service control policies" (AWS Organizations: FullAWSAccess is attached to what is made).
"""

from __future__ import annotations

from policy_eval.sources.model import Document, Node, Organization
from policy_eval.sources.organizations import EVERYTHING, check_tree
from policy_eval.sources.template_items import Gathered, Item
from policy_eval.sources.unknown import Unknown

PARENTS = {
    "AWS::Organizations::OrganizationalUnit": "ParentId",
    "AWS::Organizations::Account": "ParentIds",
}
POLICY = "AWS::Organizations::Policy"
_FIELDS = {"SERVICE_CONTROL_POLICY": "scps", "RESOURCE_CONTROL_POLICY": "rcps"}


class Units:
    """The organization that a template makes, or makes additions to."""

    def __init__(self) -> None:
        self._nodes: dict[str, Node] = {}
        self._given: set[str] = set()

    def add_node(self, item: Item, _: Gathered) -> None:
        """Take in a unit or an account: AWS attaches FullAWSAccess to both."""
        given = item.value(PARENTS[item.type])
        parent = given[0] if isinstance(given, list) and given else given
        above = parent if isinstance(parent, str) else f"what {item.logical_id} is in"
        named = item.value("AccountName" if "Accounts" in item.type else "Name")
        full = Document("FullAWSAccess", EVERYTHING, item.where)
        node = item.template.name(item.logical_id)
        name = named if isinstance(named, str) else item.logical_id
        self._nodes[node] = Node(node, name, above, (full,), (), item.where)

    def add_policy(self, item: Item, into: Gathered) -> None:
        """Take in a policy, at each of its targets."""
        kind = item.need("Type")
        field = _FIELDS.get(str(kind))
        if field is None:
            into.leave(f"{item.logical_id} ({kind})", "it has no say in a call", item.at("Type"))
            return
        self._given.add(field)
        named = item.need("Name")
        name = named if isinstance(named, str) else item.logical_id
        document = into.document(name, item.need("Content"), item.at("Content"), item.doubt)
        for target, doubt, where in item.each("TargetIds"):
            if not isinstance(target, str):
                reason = target.why if isinstance(target, Unknown) else "no text stands here"
                into.leave(name, f"what it is attached to is not known: {reason}", where)
                continue
            if doubt != item.doubt:
                document = into.document(name, item.need("Content"), item.at("Content"), doubt)
            node = self._nodes.get(target) or _named_only(target, item)
            self._nodes[target] = (
                node._replace(scps=(*node.scps, document))
                if field == "scps"
                else node._replace(rcps=(*node.rcps, document))
            )

    def organization(self) -> Organization | None:
        """Return the organization; None where the template has nothing of one.

        Raises SourceError for a node above itself.
        """
        if not self._nodes:
            return None
        nodes = dict(self._nodes)
        for node in self._nodes.values():
            if node.parent and node.parent not in nodes:
                unknown = Document(
                    f"policies of {node.parent}", None, node.where, f"{node.parent} is not here"
                )
                nodes[node.parent] = Node(
                    node.parent, node.parent, "", (unknown,), (unknown,), node.where
                )
        check_tree(nodes)
        return Organization(None, None, nodes, "scps" in self._given, "rcps" in self._given)


def _named_only(target: str, item: Item) -> Node:
    unknown = Document(
        f"further policies of {target}", None, item.where, f"{target} is not in the template"
    )
    return Node(target, target, "", (unknown,), (unknown,), item.where)
