"""Organizations in our own form: what is taken, and what is refused at which place."""

from __future__ import annotations

import json

import pytest

from policy_eval.errors import SourceError
from policy_eval.sources.organizations import is_organization, read_organization
from tests.sources.exports import ACCOUNT, document, said

_FULL = {"name": "Full", "policy": document({})}


def _value(*nodes: object, **about: object) -> dict[str, object]:
    return {"organization": about, "nodes": list(nodes)}


@pytest.mark.parametrize(
    ("value", "expected"), [(_value(), True), ({"organization": {}}, False), ([_value()], False)]
)
def test_an_organization_is_told_by_its_fields(value: object, *, expected: bool) -> None:
    assert is_organization(value) is expected


def test_an_organization_is_read_with_its_tree() -> None:
    text = {"name": "Text", "policy": json.dumps(document({}))}
    value = _value(
        {"id": "r-a", "name": "Root", "scps": [_FULL]},
        {"id": ACCOUNT, "parent": "r-a", "scps": [_FULL, text]},
        id="o-x", management_account=ACCOUNT,
    )  # fmt: skip

    organization = read_organization(value, "o.json").organization

    assert organization is not None
    assert (organization.id, organization.management_account) == ("o-x", ACCOUNT)
    assert (organization.has_scps, organization.has_rcps) == (True, False)
    root, account = organization.nodes.values()
    assert (root.name, root.parent) == ("Root", "")
    assert (account.name, account.parent) == (ACCOUNT, "r-a")
    assert [each.content for each in account.scps] == [document({}), document({})]
    assert str(account.scps[1].where) == "o.json: nodes[1].scps[1].policy"


def test_a_node_may_have_no_rcps_of_its_own() -> None:
    value = _value({"id": "r-a"}, {"id": "ou-b", "parent": "r-a", "rcps": []})

    organization = read_organization(value, "o.json").organization

    assert organization is not None
    assert (organization.has_scps, organization.has_rcps) == (False, True)


_DEEP = [{"id": "r"}, *({"id": f"{n}", "parent": f"{n - 1}" if n else "r"} for n in range(7))]
_BAD: dict[str, tuple[dict[str, object], str, str]] = {
    "parent": (
        _value({"id": "a", "parent": "b"}), "missing-field",
        "o.json: nodes[0]: the parent b of a is not there",
    ),
    "circle": (
        _value({"id": "a", "parent": "b"}, {"id": "b", "parent": "a"}), "circular",
        "o.json: nodes[0]: a is a node above itself",
    ),
    "above-itself": (
        _value({"id": "a", "parent": "a"}), "circular",
        "o.json: nodes[0]: a is a node above itself",
    ),
    "beside-a-circle": (
        _value({"id": "a", "parent": "b"}, {"id": "b", "parent": "b"}), "circular",
        "o.json: nodes[0]: a is a node above itself",
    ),
    "twice": (
        _value({"id": "a"}, {"id": "a"}), "listed-twice",
        "o.json: nodes[1]: a is listed a second time",
    ),
    "deep": (_value(*_DEEP), "too-many-levels", "o.json: nodes[7]: 6 is on level 8"),
    "some-scps": (
        _value({"id": "a", "scps": [_FULL]}, {"id": "b", "parent": "a"}), "missing-field",
        "o.json: nodes[1]: `scps` is not there, and other nodes have it",
    ),
    "id": (
        _value(id="x"), "organization-path",
        "o.json: organization.id: `x` is no organization: its ID begins with `o-`",
    ),
    "management": (
        _value(management_account="1"), "not-an-account",
        "o.json: organization.management_account: `1` is no account ID of twelve digits",
    ),
    "no-id": (_value({"name": "a"}), "missing-field", "o.json: nodes[0]: `id` is not there"),
    "no-policy": (
        _value({"id": "a", "scps": [{"name": "x"}]}), "missing-field",
        "o.json: nodes[0].scps[0]: `policy` is not there",
    ),
    "policy": (
        _value({"id": "a", "rcps": [{"name": "x", "policy": []}]}), "wrong-type",
        "o.json: nodes[0].rcps[0].policy: no policy document stands here",
    ),
    "nodes": (
        {"organization": {}, "nodes": True}, "wrong-type",
        "o.json: nodes: true or false stands where a list is expected",
    ),
    "about": (
        {"organization": "o-a", "nodes": []}, "wrong-type",
        "o.json: organization: a text stands where an object is expected",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", _BAD)
def test_what_is_no_tree_is_refused_at_its_place(name: str) -> None:
    value, code, message = _BAD[name]

    with pytest.raises(SourceError) as refusal:
        read_organization(value, "o.json")

    assert said(refusal.value) == (code, message)
