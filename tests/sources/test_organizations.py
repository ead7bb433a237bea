"""Organizations in our own form: what is taken, and what is refused at which place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policy_eval.errors import SourceError
from policy_eval.policy.policy_type import PolicyType
from policy_eval.sources.accounts import Accounts
from policy_eval.sources.loading import load
from policy_eval.sources.model import Document, Node, Organization, Where, nothing
from policy_eval.sources.organizations import check_tree, is_organization, read_organization
from policy_eval.text.printed import as_text
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


_UNITS = [f"ou-{n}" for n in range(6)]
_DEEP = [
    {"id": "r-a"},
    *({"id": each, "parent": above} for each, above in zip(_UNITS, ["r-a", *_UNITS], strict=False)),
    {"id": ACCOUNT, "parent": _UNITS[-1]},
]
_BAD: dict[str, tuple[dict[str, object], str, str]] = {
    "parent": (
        _value({"id": "ou-a", "parent": "ou-b"}), "missing-field",
        "o.json: nodes[0]: the parent ou-b of ou-a is not there",
    ),
    "circle": (
        _value({"id": "ou-a", "parent": "ou-b"}, {"id": "ou-b", "parent": "ou-a"}), "circular",
        "o.json: nodes[0]: ou-a is a node above itself",
    ),
    "above-itself": (
        _value({"id": "ou-a", "parent": "ou-a"}), "circular",
        "o.json: nodes[0]: ou-a is a node above itself",
    ),
    "beside-a-circle": (
        _value({"id": "ou-a", "parent": "ou-b"}, {"id": "ou-b", "parent": "ou-b"}), "circular",
        "o.json: nodes[0]: ou-a is a node above itself",
    ),
    "twice": (
        _value({"id": "r-a"}, {"id": "r-a"}), "listed-twice",
        "o.json: nodes[1]: r-a is listed a second time",
    ),
    "two-roots": (
        _value({"id": "r-a"}, {"id": "r-b"}), "listed-twice",
        "o.json: nodes[1]: r-b has no parent, and neither has r-a",
    ),
    "no-parent": (
        _value({"id": ACCOUNT, "parent": ""}), "missing-field",
        f"o.json: nodes[0]: `parent` is not there, and {ACCOUNT} is no root",
    ),
    "root-in-a-unit": (
        _value({"id": "r-a"}, {"id": "ou-a", "parent": "r-a"}, {"id": "r-b", "parent": "ou-a"}),
        "field-combination", "o.json: nodes[2]: a root has no parent, and r-b has one",
    ),
    "in-an-account": (
        _value({"id": "r-a"}, {"id": ACCOUNT, "parent": "r-a"}, {"id": "ou-a", "parent": ACCOUNT}),
        "field-combination", f"o.json: nodes[2]: {ACCOUNT} is an account, and holds no others",
    ),
    "no-account": (
        _value({"id": "1111-2222-3333"}), "unknown-word",
        "o.json: nodes[0].id: `1111-2222-3333` is no root, unit or account",
    ),
    "Parent": (
        _value({"id": ACCOUNT, "Parent": "r-a"}), "unknown-field",
        "o.json: nodes[0].Parent: unknown field `Parent`",
    ),
    "rcp": (
        _value({"id": "r-a", "rcp": []}), "unknown-field",
        "o.json: nodes[0].rcp: unknown field `rcp`",
    ),
    "of-a-policy": (
        _value({"id": "r-a", "scps": [{**_FULL, "x": 1}]}), "unknown-field",
        "o.json: nodes[0].scps[0].x: unknown field `x`",
    ),
    "of-the-organization": (
        _value(master="1"), "unknown-field", "o.json: organization.master: unknown field `master`",
    ),
    "of-the-file": (
        {**_value(), "node": []}, "unknown-field", "o.json: node: unknown field `node`",
    ),
    "deep": (_value(*_DEEP), "too-many-levels", f"o.json: nodes[7]: {ACCOUNT} is on level 8"),
    "some-scps": (
        _value({"id": "r-a", "scps": [_FULL]}, {"id": "ou-b", "parent": "r-a"}), "missing-field",
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
        _value({"id": "r-a", "scps": [{"name": "x"}]}), "missing-field",
        "o.json: nodes[0].scps[0]: `policy` is not there",
    ),
    "policy": (
        _value({"id": "r-a", "rcps": [{"name": "x", "policy": []}]}), "wrong-type",
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


def test_the_nearest_name_of_a_field_is_shown() -> None:
    with pytest.raises(SourceError, match="did you mean `parent`"):
        read_organization(_value({"id": ACCOUNT, "Parent": "r-a"}), "o.json")
    with pytest.raises(SourceError, match="known: id, name, parent, scps, rcps"):
        read_organization(_value({"id": ACCOUNT, "zzz": 1}), "o.json")


def _node(identity: str, parent: str, *scps: Document) -> Node:
    return Node(identity, identity, parent, scps, (), Where("o.json"))


def test_above_a_node_of_which_not_all_is_known_there_may_be_more() -> None:
    known = Document("Full", document({}), Where("o.json"))
    unknown = Document("above", None, Where("o.json"), "nobody knows")
    nodes = {"r-a": _node("r-a", "", known), "top": _node("top", "", unknown)}

    check_tree(nodes)
    with pytest.raises(SourceError, match="ou-b has no parent, and neither has r-a"):
        check_tree({**nodes, "ou-b": _node("ou-b", "", known)})


def test_a_circle_of_nodes_that_no_source_made_is_refused_when_it_is_walked() -> None:
    nodes = {ACCOUNT: _node(ACCOUNT, "ou-a"), "ou-a": _node("ou-a", ACCOUNT)}
    within = Accounts(nothing("x")._replace(organization=Organization(None, None, nodes)))

    with pytest.raises(SourceError, match=f"{ACCOUNT} is a node above itself"):
        within.levels(ACCOUNT, PolicyType.SCP)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"organization": {"id": "o-a", "id": "o-b"}, "nodes": 5}', "organization: `id`"),
        ('{"organization": {}, "nodes": [{"id": "r-a", "id": "r-b"}]}', "nodes[0]: `id`"),
        ('{"organization": {}, "nodes": [], "nodes": [{"a": [{"b": 1, "b": 2}]}]}', "`nodes`"),
        (
            (
                '{"organization": {}, "nodes": [{"id": "r-a", "scps": [{"name": "x", "policy": '
                '{"Statement": [{}, {"Effect": "Deny", "Effect": "Allow"}]}}]}]}'
            ),
            "nodes[0].scps[0].policy.Statement[1]: `Effect`",
        ),
    ],
)
def test_a_name_that_stands_twice_is_refused_with_its_path(
    tmp_path: Path, text: str, place: str
) -> None:
    path = tmp_path / "o.json"
    path.write_text(text)

    with pytest.raises(SourceError) as refusal:
        load([str(path)])

    assert said(refusal.value) == ("duplicate-key", f"{path}: {place} stands twice in one object")


def test_a_number_in_a_policy_stays_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "o.json"
    path.write_text(
        '{"organization": {}, "nodes": [{"id": "r-a", "scps": [{"name": "x", "policy": '
        '{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*", '
        '"Condition": {"NumericEquals": {"aws:MultiFactorAuthAge": 1.50}}}}}]}]}'
    )

    organization = load([str(path)]).organization

    assert organization is not None
    assert '"aws:MultiFactorAuthAge": 1.50}' in as_text(organization.nodes["r-a"].scps[0].content)
