"""The organization of a plan: its nodes, and the control policies on them."""

from __future__ import annotations

import pytest

from policy_eval.sources.model import Node, Organization
from tests.sources.plans import (
    Json,
    Res,
    allow,
    decided,
    deny,
    plan,
    read,
    refusal,
    state,
    text,
    to,
)

_SCP = text(deny("s3:DeleteBucket"))
_ROOT = Res("aws_organizations_organization.o", {
    "id": "o-abc", "master_account_id": "999988887777", "roots": [{"id": "r-1", "name": "Root"}],
    "enabled_policy_types": ["SERVICE_CONTROL_POLICY"],
})  # fmt: skip
_UNIT = Res("aws_organizations_organizational_unit.u", {"id": "ou-1", "name": "Apps",
                                                        "parent_id": "r-1"})  # fmt: skip
_ACCOUNT = Res("aws_organizations_account.a", {"id": "111122223333", "name": "app",
                                               "parent_id": "ou-1"})  # fmt: skip
_POLICY = Res("aws_organizations_policy.p", {"id": "p-1", "name": "NoDelete", "content": _SCP,
                                             "type": "SERVICE_CONTROL_POLICY"})  # fmt: skip


def _attachment(policy: str = "p-1", target: str = "ou-1", name: str = "x") -> Res:
    values = {"policy_id": policy, "target_id": target}
    return Res(f"aws_organizations_policy_attachment.{name}", values)


def _organization(value: Json) -> Organization:
    found = read(value).organization
    assert found is not None
    return found


def _names(node: Node) -> list[str]:
    return [each.name for each in node.scps]


def test_nodes_stand_in_their_order_with_their_policies() -> None:
    organization = _organization(state(_ACCOUNT, _UNIT, _ROOT, _POLICY, _attachment()))

    assert (organization.id, organization.management_account) == ("o-abc", "999988887777")
    assert {key: (each.name, each.parent) for key, each in organization.nodes.items()} == {
        "r-1": ("Root", ""), "111122223333": ("app", "ou-1"), "ou-1": ("Apps", "r-1"),
    }  # fmt: skip
    assert _names(organization.nodes["ou-1"]) == ["FullAWSAccess on Apps", "NoDelete"]
    assert (organization.has_scps, organization.has_rcps) == (True, False)


def test_what_is_still_to_be_made_is_found_by_reference() -> None:
    new = ("id", "arn", "master_account_id", "roots", "parent_id")
    value = plan(
        Res("aws_organizations_organization.o",
            {"enabled_policy_types": ["SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"]}, new),
        Res("aws_organizations_organizational_unit.u", {"name": "Apps"}, new,
            refers={"parent_id": ("aws_organizations_organization.o.roots[0].id",
                                  "aws_organizations_organization.o.roots[0]",
                                  "aws_organizations_organization.o.roots",
                                  "aws_organizations_organization.o")}),
        Res("aws_organizations_account.a", {"name": "app"}, new,
            refers={"parent_id": to("aws_organizations_organizational_unit.u.id")}),
        Res("aws_organizations_account.b", {"name": "at the root"}, new),
        Res("aws_organizations_policy.p", {"name": "NoDelete", "content": _SCP,
                                           "type": "RESOURCE_CONTROL_POLICY"}, ("id",)),
        Res("aws_organizations_policy_attachment.x", {}, ("policy_id", "target_id"),
            refers={"policy_id": to("aws_organizations_policy.p.id"),
                    "target_id": to("aws_organizations_account.a.id")}),
    )  # fmt: skip

    organization = _organization(value)
    root, unit = "aws_organizations_organization.o", "aws_organizations_organizational_unit.u"

    assert {key: each.parent for key, each in organization.nodes.items()} == {
        root: "", unit: root, "aws_organizations_account.a": unit,
        "aws_organizations_account.b": root,
    }  # fmt: skip
    assert [each.name for each in organization.nodes["aws_organizations_account.a"].rcps] == [
        "NoDelete"
    ]
    assert organization.has_rcps


def test_an_organization_that_is_looked_up_has_accounts_without_a_place() -> None:
    data = Res("data.aws_organizations_organization.o", {
        "id": "o-abc", "master_account_id": "999988887777",
        "roots": [{"id": "r-1", "policy_types": [
            {"type": "SERVICE_CONTROL_POLICY", "status": "ENABLED"},
            {"type": "RESOURCE_CONTROL_POLICY", "status": "PENDING_ENABLE"},
        ]}],
        "accounts": [{"id": "999988887777", "name": "main"}, {"id": "111122223333", "name": "app"},
                     {"id": "444455556666"}],
    })  # fmt: skip
    nodes = _organization(state(data, _ACCOUNT, _UNIT)).nodes

    assert {*nodes} == {"r-1", "ou-1", "111122223333", "444455556666", "not told"}
    assert nodes["444455556666"].parent == "not told"
    (_, unknown) = nodes["not told"].scps
    assert unknown.unknown == "plan.json does not tell where accounts are in the organization"


def test_policy_types_that_are_not_enabled_have_no_say() -> None:
    root = _ROOT._replace(values={**_ROOT.values, "enabled_policy_types": ["TAG_POLICY"]})

    organization = _organization(state(root, _UNIT, _POLICY, _attachment()))

    assert (organization.has_scps, organization.has_rcps) == (False, False)
    assert _names(organization.nodes["ou-1"]) == ["NoDelete"]


def test_types_that_are_not_told_are_those_of_the_policies() -> None:
    root = _ROOT._replace(values={"id": "o-abc", "roots": [{"id": "r-1"}]})

    without = _organization(state(root, _UNIT))
    with_one = _organization(state(root, _UNIT, _POLICY, _attachment()))

    assert (without.has_scps, with_one.has_scps, with_one.has_rcps) == (False, True, False)


def test_a_file_without_an_organization_has_none() -> None:
    assert read(state(_POLICY)).organization is None


def test_a_unit_that_is_not_in_the_file_is_unknown_with_all_above() -> None:
    organization = _organization(state(_ACCOUNT, _POLICY, _attachment(target="111122223333")))

    (full, unknown) = organization.nodes["ou-1"].scps

    assert full.name == "FullAWSAccess on ou-1"
    assert unknown.unknown == "plan.json does not hold the organization from ou-1 up"
    assert len(organization.nodes["ou-1"].rcps) == 1


def test_a_root_that_is_not_in_the_file_has_what_is_attached_to_it() -> None:
    alone = _organization(state(_UNIT)).nodes
    attached = _organization(state(_UNIT, _POLICY, _attachment(target="r-1"))).nodes
    new = _organization(plan(Res("aws_organizations_account.a", {"name": "app"}, ("id",)))).nodes[
        "aws_organizations_account.a"
    ]

    assert (alone["r-1"].scps, alone["r-1"].parent) == ((), "")
    assert _names(attached["r-1"]) == ["FullAWSAccess on r-1", "NoDelete"]
    assert new.parent == "not told"


def test_an_account_that_is_only_a_target_is_somewhere() -> None:
    nodes = _organization(state(_POLICY, _attachment(target="444455556666"))).nodes

    assert nodes["444455556666"].parent == "not told"


def test_a_parent_that_is_not_known_is_not_told() -> None:
    for refers in ({"parent_id": ("local.unit",)}, {"parent_id": to("aws_iam_role.r.id")}):
        account = Res("aws_organizations_account.a", {"id": "111122223333", "name": "app"},
                      ("parent_id",), refers=refers)  # fmt: skip
        role = Res("aws_iam_role.r", {"name": "r"}, ("arn",))

        nodes = _organization(plan(_ROOT, account, role)).nodes

        assert nodes["111122223333"].parent == "not told"


# Policies


@pytest.mark.parametrize("key", ["p-FullAWSAccess", "p-RCPFullAWSAccess"])
def test_the_policies_of_aws_are_there_once(key: str) -> None:
    assert _names(_organization(state(_ROOT, _UNIT, _attachment(key))).nodes["ou-1"]) == [
        "FullAWSAccess on Apps"
    ]


def test_a_policy_that_is_not_in_the_file_may_be_of_either_type() -> None:
    node = _organization(state(_ROOT, _UNIT, _attachment("p-9"))).nodes["ou-1"]

    assert node.rcps[0].unknown == "plan.json does not hold the policy p-9"
    assert [each.content is None for each in node.scps] == [False, True]


def test_a_policy_or_target_that_is_not_known_is_left_open() -> None:
    unknown = Res("aws_organizations_policy_attachment.x", {"target_id": "ou-1"}, ("policy_id",),
                  refers={"policy_id": ("local.p",)})  # fmt: skip
    nowhere = Res("aws_organizations_policy_attachment.x", {"policy_id": "p-1"}, ("target_id",),
                  refers={"target_id": ("local.t",)})  # fmt: skip

    of_policy = _organization(plan(_ROOT, _UNIT, _POLICY, unknown)).nodes
    of_target = _organization(plan(_ROOT, _UNIT, _POLICY, nowhere)).nodes

    assert of_policy["ou-1"].scps[1].unknown == (
        "aws_organizations_policy_attachment.x.policy_id is known only after apply "
        "(it refers to local.p)"
    )
    assert of_policy["r-1"].rcps == ()
    for key in ("r-1", "ou-1", "111122223333"):
        node = of_target[key]
        assert node.scps[1].unknown == (
            "aws_organizations_policy_attachment.x.target_id is known only after apply "
            "(it refers to local.t)"
        )


def test_a_policy_without_content_is_unknown() -> None:
    policy = Res("aws_organizations_policy.p", {"id": "p-1"})

    node = _organization(state(_ROOT, _UNIT, policy, _attachment())).nodes["ou-1"]

    assert node.scps[1].unknown == "aws_organizations_policy.p has no content"


@pytest.mark.parametrize(
    ("content", "is_open"),
    [
        (_SCP, False),
        (text(allow("s3:*")), True),
        ('{"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}', False),
        ('{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}', True),
        ("no JSON", True),
        ("[]", True),
    ],
)
def test_full_access_is_open_where_another_policy_may_allow(
    content: str,
    is_open: bool,
) -> None:
    policy = _POLICY._replace(values={**_POLICY.values, "content": content})

    full = _organization(state(_ROOT, _UNIT, policy, _attachment())).nodes["ou-1"].scps[0]

    assert bool(full.unsure) is is_open
    assert [each.why for each in full.unsure] == (
        ["Terraform does not tell whether FullAWSAccess is still attached to Apps"] * is_open
    )


# What follows


def _role_in(*resources: Res) -> Json:
    arn = "arn:aws:iam::111122223333:role/r"
    return state(
        Res("aws_iam_role.r", {"name": "r", "arn": arn}),
        Res("aws_iam_role_policy.i", {"role": "r", "name": "i", "policy": text(allow("s3:*"))}),
        *resources,
    )


def test_every_level_has_a_say() -> None:
    found = read(_role_in(_ROOT, _UNIT, _ACCOUNT, _POLICY, _attachment()))

    deleted = decided(found, "r", "s3:DeleteBucket", "arn:aws:s3:::b")
    listed = decided(found, "r", "s3:ListBucket", "arn:aws:s3:::b")

    assert (deleted.decision, deleted.matched) == ("explicitDeny", ("NoDelete#1",))
    assert listed.decision == "allowed"


def test_an_allow_list_leaves_the_rest_undetermined() -> None:
    allowed = _POLICY._replace(values={**_POLICY.values, "content": text(allow("s3:ListBucket"))})
    found = read(_role_in(_ROOT, _UNIT, _ACCOUNT, allowed, _attachment()))

    listed = decided(found, "r", "s3:ListBucket", "arn:aws:s3:::b")
    deleted = decided(found, "r", "s3:DeleteBucket", "arn:aws:s3:::b")

    assert listed.decision == "allowed"
    assert deleted.decision == "undetermined"
    assert str(deleted.allow_if) == 'statement "FullAWSAccess on Apps#1" applies'


def test_units_that_are_in_each_other_are_refused() -> None:
    one = Res("aws_organizations_organizational_unit.one", {"id": "ou-1", "parent_id": "ou-2"})
    two = Res("aws_organizations_organizational_unit.two", {"id": "ou-2", "parent_id": "ou-1"})

    assert "ou-1 is a node above itself" in refusal(state(one, two))


def test_a_control_policy_on_nobody_knows_what_may_be_on_every_account() -> None:
    role = Res("aws_iam_role.r", {"name": "r"}, ("arn",))
    inline = Res("aws_iam_role_policy.i", {"role": "r", "name": "i", "policy": text(allow("*"))})
    policy = Res("aws_organizations_policy.p", {"name": "p", "content": text(deny("*")),
                                                "type": "SERVICE_CONTROL_POLICY"},
                 ("id",))  # fmt: skip
    attachment = Res(
        "aws_organizations_policy_attachment.x", {}, ("policy_id", "target_id"),
        refers={"policy_id": to("aws_organizations_policy.p.id"), "target_id": ("local.t",)},
    )  # fmt: skip

    found = read(plan(role, inline, policy, attachment))

    assert decided(found, "r", "s3:GetObject", "arn:aws:s3:::b/k").decision == "undetermined"


def test_an_attached_policy_of_no_known_type_may_be_of_either() -> None:
    organization = _organization(state(_attachment("p-elsewhere", "111122223333")))

    assert (organization.has_scps, organization.has_rcps) == (True, True)
    assert len(organization.nodes["111122223333"].rcps) == 1
