"""Units, accounts and policies of an organization, in a template.

A root, unit or account that the template only names has further policies, and others above it, that
are not known; a policy whose target is not known may be on each.

AWS: `AWS::Organizations::…` in the "AWS resource and property types reference";
"Service control policies" (AWS Organizations: FullAWSAccess is attached to what is made).
"""

from __future__ import annotations

from policy_eval.sources.model import Document, Node, Organization
from policy_eval.sources.organizations import EVERYTHING, check_tree
from policy_eval.sources.reading import Value
from policy_eval.sources.template_items import Gathered, Item
from policy_eval.sources.unknown import Unknown, joined, why

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
        self._anywhere: list[tuple[str, Document]] = []

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
        fields = [*_FIELDS.values()] if isinstance(kind, Unknown) else [_FIELDS.get(str(kind))]
        named = item.need("Name")
        name = named if isinstance(named, str) else item.logical_id
        for field in fields:
            if field is None:
                said = f"{item.logical_id} ({kind})"
                into.leave(said, "it has no say in a call", item.at("Type"))
                continue
            self._given.add(field)
            for target, doubt, where in item.each("TargetIds"):
                doubts = joined((doubt, why(kind), why(target)))
                content = kind if isinstance(kind, Unknown) else item.need("Content")
                document = into.document(name, content, item.at("Content"), doubts)
                if isinstance(target, Unknown):
                    self._anywhere.append((field, document))
                    here = item.template.account
                    self._nodes.setdefault(here, _named_only(here, item))
                else:
                    self._attach(field, document, Value(target, where).text(), item)

    def _attach(self, field: str, document: Document, target: str, item: Item) -> None:
        node = self._nodes.get(target) or _named_only(target, item)
        self._nodes[target] = _with(node, field, document)

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
        for field, document in self._anywhere:
            nodes = {name: _with(node, field, document) for name, node in nodes.items()}
        return Organization(None, None, nodes, "scps" in self._given, "rcps" in self._given)


def _with(node: Node, field: str, document: Document) -> Node:
    """Return a node with a further policy."""
    if field == "scps":
        return node._replace(scps=(*node.scps, document))
    return node._replace(rcps=(*node.rcps, document))


def _named_only(target: str, item: Item) -> Node:
    unknown = Document(
        f"further policies of {target}", None, item.where, f"{target} is not in the template"
    )
    return Node(target, target, "", (unknown,), (unknown,), item.where)
