"""An organization as a JSON file of ours: its tree, with what is attached to each node.

    {"organization": {"id": "o-a", "management_account": "111111111111"},
     "nodes": [{"id": "r-1", "name": "Root", "scps": [{"name": "FullAWSAccess", "policy": {…}}]},
               {"id": "ou-1", "name": "Work", "parent": "r-1", "scps": […], "rcps": […]},
               {"id": "222222222222", "name": "Team", "parent": "ou-1", "scps": […]}]}

An account is a node whose ID is its account ID. Where no node has `scps` (or `rcps`) at all, the
type of policy is taken not to be in use. Where one has `scps`, all must have: "Every root, OU, and
account must have at least one SCP attached" (AWS: "DetachPolicy", AWS Organizations API Reference).
A node without `rcps` has RCPFullAWSAccess alone (R-RCP-02).
"""

from __future__ import annotations

import re

from policy_eval.errors import SourceError
from policy_eval.request.principal import MOST_UNITS, is_account
from policy_eval.semantics.layers import MOST_LEVELS
from policy_eval.sources.account_items import document
from policy_eval.sources.model import Document, Found, Node, Organization, Where, nothing
from policy_eval.sources.reading import Value, refuse

EVERYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
"""What FullAWSAccess holds (AWS: "Service control policies (SCPs)", AWS Organizations)."""


def is_organization(value: object) -> bool:
    """Return whether a JSON value is an organization in our form."""
    return isinstance(value, dict) and "organization" in value and "nodes" in value


def read_organization(value: object, file: str) -> Found:
    """Return what an organization's file holds. Raises SourceError."""
    root = Value(value, Where(file)).checked(("organization", "nodes"))
    about = root.need("organization").checked(("id", "management_account"))
    nodes: dict[str, Node] = {}
    for item in root.need("nodes").items():
        node = _node(item)
        if node.id in nodes:
            raise refuse("listed-twice", f"{node.id} is listed a second time", item.where)
        nodes[node.id] = node
    check_tree(nodes)
    for node in nodes.values():
        _check_place(node)
    given = list(root.need("nodes").items())
    without = [item for item in given if item.get("scps") is None]
    has_scps = len(without) < len(given)
    if has_scps and without:
        raise refuse(
            "missing-field", "`scps` is not there, and other nodes have it", without[0].where,
            "say what is attached to this node: AWS attaches FullAWSAccess unless it is replaced",
        )  # fmt: skip
    organization = Organization(
        _identity(about),
        _management_account(about),
        nodes,
        has_scps,
        any(item.get("rcps") is not None for item in given),
    )
    return nothing(file)._replace(organization=organization)


def _identity(about: Value) -> str | None:
    found = about.get("id")
    if found is not None and not found.text().startswith("o-"):
        message = f"`{found.text()}` is no organization: its ID begins with `o-`"
        raise refuse("organization-path", message, found.where)
    return found and found.text()


def _management_account(about: Value) -> str | None:
    found = about.get("management_account")
    if found is not None and not is_account(found.text()):
        message = f"`{found.text()}` is no account ID of twelve digits"
        raise refuse("not-an-account", message, found.where)
    return found and found.text()


def _text(value: Value, name: str) -> str | None:
    found = value.get(name)
    return None if found is None else found.text()


def _node(value: Value) -> Node:
    value.checked(("id", "name", "parent", "scps", "rcps"))
    identity = value.need("id")
    if not (is_account(identity.text()) or _ROOT_OR_UNIT.fullmatch(identity.text())):
        raise refuse(
            "unknown-word", f"`{identity.text()}` is no root, unit or account", identity.where,
            "expected `r-…`, `ou-…` or an account ID of twelve digits",
        )  # fmt: skip
    return Node(
        identity.text(),
        _text(value, "name") or identity.text(),
        _text(value, "parent") or "",
        _documents(value, "scps"),
        _documents(value, "rcps"),
        value.where,
    )


_ROOT_OR_UNIT = re.compile(r"(?:r|ou)-[0-9a-z-]+")
"""AWS: "Root", "OrganizationalUnit" (AWS Organizations API Reference); any length is taken."""
_ROOT = "r-"


def _check_place(node: Node) -> None:
    """Raise SourceError for a node that is in an account, or in nothing where it is no root.

    AWS: "AWS Organizations terminology and concepts": a root holds units and accounts, a unit
    likewise; each of them is in one of these.
    """
    if node.parent and node.id.startswith(_ROOT):
        raise refuse("field-combination", f"a root has no parent, and {node.id} has one",
                     node.where)  # fmt: skip
    if not node.parent and not node.id.startswith(_ROOT):
        raise refuse("missing-field", f"`parent` is not there, and {node.id} is no root",
                     node.where, "name the node above: only the root has none")  # fmt: skip
    if is_account(node.parent):
        raise refuse("field-combination", f"{node.parent} is an account, and holds no others",
                     node.where)  # fmt: skip


def _documents(value: Value, name: str) -> tuple[Document, ...]:
    return tuple(
        document(item.checked(("name", "policy")).need("name").text(), item.need("policy"))
        for item in value.listed(name)
    )


def check_tree(nodes: dict[str, Node]) -> None:
    """Raise SourceError for nodes that are no tree: of each the parent is there, with one root.

    Above other nodes without a parent there may be more: that is what a policy of them says that
    nobody knows.
    """
    for node in nodes.values():
        check_path(node, nodes)
    roots = [node for node in nodes.values() if not node.parent and not _may_be_below(node)]
    for node in roots[1:]:
        raise refuse(
            "listed-twice", f"{node.id} has no parent, and neither has {roots[0].id}", node.where,
            "an organization has one root: name the node above each other one",
        )  # fmt: skip


def _may_be_below(node: Node) -> bool:
    return any(each.content is None for each in (*node.scps, *node.rcps))


def check_path(node: Node, nodes: dict[str, Node]) -> None:
    """Raise SourceError for a node whose parent is not there, or that is above itself."""
    seen = {node.id}
    at = node
    while at.parent:
        above = nodes.get(at.parent)
        if above is None:
            raise _no_parent(at)
        if above.id in seen:
            raise refuse("circular", f"{node.id} is a node above itself", node.where)
        seen.add(above.id)
        at = above
    if len(seen) > MOST_LEVELS:
        raise refuse(
            "too-many-levels", f"{node.id} is on level {len(seen)}", node.where,
            f"an organization has at most {MOST_LEVELS}: the root, {MOST_UNITS} organizational "
            "units, the account",
        )  # fmt: skip


def _no_parent(node: Node) -> SourceError:
    return refuse(
        "missing-field", f"the parent {node.parent} of {node.id} is not there", node.where
    )
