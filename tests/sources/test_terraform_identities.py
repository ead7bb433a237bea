"""Who has which policy, of all the resources that say so."""

from __future__ import annotations

import pytest

from policy_eval.errors import SourceError
from policy_eval.sources.model import Entity, EntityKind, Found
from policy_eval.sources.terraform.read import read_terraform
from tests.sources.plans import (
    FILE,
    NOTHING,
    Json,
    Res,
    allow,
    decided,
    deny,
    plan,
    read,
    state,
    text,
    to,
)

_A = "arn:aws:iam::111122223333:"
_READ = text(allow("s3:GetObject"))
_TRUST = text({"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"})
_KINDS = pytest.mark.parametrize("kind", ["user", "group", "role"])


def _entity(value: Json, resource: str = "role/r") -> Entity:
    return read(value).entities[f"{_A}{resource}"]


def _role(unknown: tuple[str, ...] = ("arn", "inline_policy", "managed_policy_arns"),
          **values: object) -> Res:  # fmt: skip
    return Res("aws_iam_role.r", {"name": "r", "assume_role_policy": _TRUST, **values}, unknown)


def _existing(refers: dict[str, tuple[str, ...]] | None = None, **values: object) -> Res:
    whole = {"name": "r", "arn": f"{_A}role/r", **values}
    return Res("aws_iam_role.r", whole, (), NOTHING, whole, refers or {})


def _policy(name: str = "p") -> Res:
    return Res(f"aws_iam_policy.{name}", {"name": name, "path": "/", "policy": _READ}, ("arn",))


def _inline(entity: Entity) -> dict[str, str]:
    """Return the inline policies by name: their text, or why they are not known."""
    return {
        each.name: each.unknown if each.content is None else str(each.content)
        for each in entity.inline
    }


# What there is


@_KINDS
def test_an_identity_that_is_still_to_be_made_has_an_arn_of_path_and_name(kind: str) -> None:
    made = Res(f"aws_iam_{kind}.x", {"name": "x", "path": "/team/"}, ("arn", "unique_id"))

    entity = _entity(plan(made), f"{kind}/team/x")

    assert entity.kind is EntityKind(kind)
    assert str(entity.where) == f"plan.json: aws_iam_{kind}.x"
    assert entity.unknown == ""


def test_a_role_of_a_state_is_as_the_state_tells() -> None:
    arn = f"{_A}role/service/r"
    role = Res("aws_iam_role.r", {
        "name": "r", "path": "/service/", "arn": arn, "unique_id": "AROAEXAMPLE",
        "assume_role_policy": _TRUST, "permissions_boundary": f"{_A}policy/b",
        "managed_policy_arns": [f"{_A}policy/p"],
        "inline_policy": [{"name": "own", "policy": _READ}],
        "tags": {"team": "sales"}, "tags_all": {"team": "sales", "by": "terraform"},
    })  # fmt: skip

    entity = read(state(role)).entities[arn]

    assert (entity.unique_id, entity.boundary) == ("AROAEXAMPLE", f"{_A}policy/b")
    assert entity.managed == (f"{_A}policy/p",)
    assert _inline(entity) == {"role/service/r/own": _READ}
    assert entity.tags == (("team", "sales"), ("by", "terraform"))
    assert entity.trust is not None
    assert entity.trust.name == "trust policy of role/service/r"


def test_a_name_that_is_not_known_is_stood_for_and_attachments_find_the_role() -> None:
    role = Res('aws_iam_role.r["a b"]', {"name_prefix": "app-"}, ("arn", "name"))
    key = 'aws_iam_role.r["a b"]'
    aws = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    attachment = Res(
        "aws_iam_role_policy_attachment.a", {"policy_arn": aws},
        ("role",), refers={"role": (f"{key}.name", key, "aws_iam_role.r")},
    )  # fmt: skip

    found = read(plan(role, attachment))
    (entity,) = found.entities.values()

    assert entity.arn == f"{_A}role/app-aws_iam_role.r-a-b"
    assert entity.managed == (aws,)
    assert found.notes[0] == (
        'the name of aws_iam_role.r["a b"] is known only after apply: '
        "`app-aws_iam_role.r-a-b` stands for it"
    )


def test_tags_that_are_not_known_leave_the_role_open() -> None:
    tags = {"team": None, "by": "terraform"}
    role = _role(tags=tags, tags_all=tags)._replace(
        unknown={"tags": {"team": True}, "tags_all": {"team": True}}
    )

    entity = _entity(plan(role))

    assert entity.tags == (("by", "terraform"),)
    assert entity.unknown == "aws_iam_role.r.tags is known only after apply"


def test_default_tags_that_are_not_known_leave_the_role_open() -> None:
    default = {"default_tags": [{"tags": {"references": ["local.tags"]}}]}
    providers = {"aws": {"name": "aws", "expressions": default}}
    role = _role(("arn", "tags_all"))

    assert _entity(plan(role, providers=providers)).unknown == (
        "aws_iam_role.r.tags_all is known only after apply: `default_tags`"
    )
    assert _entity(plan(role)).unknown == ""


def test_a_managed_policy_is_that_of_the_file_or_of_a_data_source() -> None:
    aws = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    data = Res("data.aws_iam_policy.read", {"arn": aws, "policy": _READ})
    unread = Res("data.aws_iam_policy.other", {"arn": f"{_A}policy/other"})
    none = Res("aws_iam_policy.none", {"name": "none"}, ("arn",))

    found = read(plan(_policy(), none, prior=(data, unread)))

    assert {arn: each.name for arn, each in found.managed.items()} == {
        f"{_A}policy/p": "policy/p", aws: "policy/ReadOnlyAccess",
    }  # fmt: skip


def test_a_role_that_is_only_looked_up_has_policies_that_nobody_knows() -> None:
    data = Res("data.aws_iam_role.r", {"name": "r", "arn": f"{_A}role/ops/r", "path": "/ops/"})
    known = Res("data.aws_iam_role.x", {"name": "x", "arn": f"{_A}role/x"})
    nothing = Res("data.aws_iam_role.y", {"name": "y"})
    own = Res("aws_iam_role.x", {"name": "x", "arn": f"{_A}role/x"})
    inline = Res("aws_iam_role_policy.i", {"role": "r", "name": "i",
                                           "policy": text(deny("s3:PutObject"))})  # fmt: skip

    found = read(plan(own, inline, prior=(data, known, nothing)))

    assert [*found.entities] == [f"{_A}role/x", f"{_A}role/ops/r"]
    assert found.entities[f"{_A}role/x"].unknown == ""
    assert found.entities[f"{_A}role/ops/r"].unknown == (
        "data.aws_iam_role.r does not tell which policies it has"
    )
    assert decided(found, "r", "s3:GetObject", "arn:aws:s3:::b/k").decision == "undetermined"
    assert decided(found, "r", "s3:PutObject", "arn:aws:s3:::b/k").decision == "explicitDeny"


# Boundaries


def test_a_boundary_is_found_by_its_reference() -> None:
    role = _role(("arn", "permissions_boundary"))._replace(
        refers={"permissions_boundary": to("aws_iam_policy.p.arn")}
    )

    assert _entity(plan(role, _policy())).boundary == f"{_A}policy/p"


def test_a_boundary_that_is_not_known_may_allow_and_deny_anything() -> None:
    role = _role(("arn", "permissions_boundary"))._replace(
        refers={"permissions_boundary": ("local.boundary",)}
    )
    inline = Res("aws_iam_role_policy.i", {"role": "r", "name": "i", "policy": _READ})
    found = read(plan(role, inline))

    decision = decided(found, "r", "s3:GetObject", "arn:aws:s3:::b/k")

    assert decision.decision == "undetermined"
    assert 'statement "boundary of role/r#1" applies' in str(decision.allow_if)
    assert str(decided(found, "r", "s3:PutObject", "arn:aws:s3:::b/k").allow_if) == "never"


def test_a_boundary_that_no_block_sets_is_none() -> None:
    assert _entity(plan(_role(("arn", "permissions_boundary")))).boundary is None


# What a role itself says


def test_what_a_new_role_does_not_set_gives_it_nothing() -> None:
    entity = _entity(plan(_role()))

    assert (entity.managed, entity.inline, entity.unknown) == ((), (), "")


def test_an_attachment_that_changes_is_no_longer_among_the_policies_of_a_role() -> None:
    before = {"role": "r", "policy_arn": f"{_A}policy/old"}
    role = _existing(
        managed_policy_arns=[f"{_A}policy/old", f"{_A}policy/kept", f"{_A}policy/other"],
        inline_policy=[{"name": "old", "policy": _READ}, {"name": "kept", "policy": _READ}],
    )
    value = plan(
        role,
        Res("aws_iam_role_policy_attachment.old", {}, (), ("delete",), before),
        Res("aws_iam_policy_attachment.all", {"roles": [], "policy_arn": f"{_A}policy/other"}, (),
            ("update",), {"roles": ["r"], "policy_arn": f"{_A}policy/other"}),
        Res("aws_iam_role_policy.old", {}, (), ("delete",), {"role": "r", "name": "old"}),
        Res("aws_iam_role_policy.x", {}, (), ("delete",), {"role": "another", "name": "kept"}),
        Res("aws_iam_role_policy.y", {}, (), ("delete",), {"role": "r"}),
        Res("aws_iam_user.y", {}, (), ("delete",), {"name": "kept"}),
        Res("aws_iam_role_policy_attachment.x", {}, (), ("delete",),
            {"role": "another", "policy_arn": f"{_A}policy/kept"}),
    )  # fmt: skip

    entity = _entity(value)

    assert entity.managed == (f"{_A}policy/kept",)
    assert [*_inline(entity)] == ["role/r/kept"]


def test_policies_that_a_role_sets_are_exactly_those() -> None:
    before = {"role": "r", "policy_arn": f"{_A}policy/p"}
    role = _existing({"managed_policy_arns": ("var.arns",)}, managed_policy_arns=[f"{_A}policy/p"])

    entity = _entity(
        plan(role, Res("aws_iam_role_policy_attachment.old", {}, (), ("delete",), before))
    )

    assert entity.managed == (f"{_A}policy/p",)


def test_unknown_policies_of_a_list_are_found_by_their_references() -> None:
    aws = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    unknown = {"arn": True, "managed_policy_arns": [False, True, True]}
    role = _role(managed_policy_arns=[aws, None, None])._replace(
        unknown=unknown,
        refers={"managed_policy_arns": (*to("aws_iam_policy.p.arn"), *to("aws_iam_policy.q.arn"))},
    )
    lost = role._replace(refers={"managed_policy_arns": ("local.arns",)})

    known = _entity(plan(role, _policy(), _policy("q")))
    open_one = _entity(plan(lost))

    assert known.managed == (aws, f"{_A}policy/p", f"{_A}policy/q")
    assert known.inline == ()
    assert open_one.managed == (aws,)
    assert _inline(open_one) == {
        "role/r: aws_iam_role.r.managed_policy_arns": (
            "aws_iam_role.r.managed_policy_arns is known only after apply (it refers to local.arns)"
        )
    }


def test_inline_policies_that_are_not_known_are_open_one_by_one() -> None:
    blocks = [{"name": "a", "policy": _READ}, {"name": "b"}, {"name": "c", "policy": None}, {}]
    expressions = [{"name": {"constant_value": "b"}, "policy": {"references": ["local.b"]}}]
    role = _role(inline_policy=blocks)._replace(
        unknown={"inline_policy": [{}, {"policy": True}, {}, {}]},
        blocks={"inline_policy": expressions},
    )
    why = "aws_iam_role.r.inline_policy is known only after apply"

    entity = _entity(plan(role))
    without_name = _entity(plan(role._replace(
        values={"name": "r", "inline_policy": [{"name": None}]},
        unknown={"inline_policy": [{"name": True, "policy": True}]},
    )))  # fmt: skip
    all_unknown = _entity(
        plan(role._replace(values={"name": "r"}, unknown={"inline_policy": True}))
    )

    assert _inline(entity) == {"role/r/a": _READ, "role/r/b": f"{why} (it refers to local.b)"}
    for each in (without_name, all_unknown):
        assert _inline(each) == {
            "role/r: aws_iam_role.r.inline_policy": f"{why} (it refers to local.b)"
        }


# What is attached


@_KINDS
def test_attachments_and_inline_policies_are_joined(kind: str) -> None:
    aws = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    value = plan(
        Res(f"aws_iam_{kind}.x", {"name": "x"}, ("arn",)),
        _policy(),
        Res(f"aws_iam_{kind}_policy_attachment.a", {kind: "x", "policy_arn": aws}),
        Res("aws_iam_policy_attachment.b", {f"{kind}s": ["x"]}, ("policy_arn",),
            refers={"policy_arn": to("aws_iam_policy.p.arn")}),
        Res(f"aws_iam_{kind}_policy.i", {kind: "x", "name": "own", "policy": _READ}),
        Res(f"aws_iam_{kind}_policy.j", {kind: "x", "policy": _READ}, ("name",)),
        Res(f"aws_iam_{kind}_policy.k", {kind: "x", "name": "none"}),
    )  # fmt: skip

    entity = _entity(value, f"{kind}/x")

    assert set(entity.managed) == {aws, f"{_A}policy/p"}
    assert _inline(entity) == {
        f"{kind}/x/own": _READ, f"{kind}/x/aws_iam_{kind}_policy.j": _READ,
    }  # fmt: skip


def test_an_attachment_without_a_policy_that_is_told_leaves_its_role_open() -> None:
    value = plan(
        _role(),
        Res("aws_iam_role.other", {"name": "other"}, ("arn",)),
        Res("aws_iam_role_policy_attachment.a", {"role": "r"}, ("policy_arn",),
            refers={"policy_arn": ("local.arn",)}),
    )  # fmt: skip
    found = read(value)

    assert decided(found, "r", "s3:GetObject", "arn:aws:s3:::b/k").decision == "undetermined"
    assert decided(found, "other", "s3:GetObject", "arn:aws:s3:::b/k").decision == "implicitDeny"
    condition = str(decided(found, "r", "s3:GetObject", "arn:aws:s3:::b/k").allow_if)
    assert 'statement "role/r: aws_iam_role_policy_attachment.a.policy_arn#1"' in condition


def test_an_attachment_to_nobody_knows_whom_leaves_all_of_the_kind_open() -> None:
    value = plan(
        _role(),
        Res("aws_iam_user.u", {"name": "u"}, ("arn",)),
        Res("aws_iam_role_policy_attachment.a", {"policy_arn": f"{_A}policy/p"}, ("role",),
            refers={"role": ("local.name",)}),
    )  # fmt: skip

    role, user = read(value).entities[f"{_A}role/r"], read(value).entities[f"{_A}user/u"]

    assert (role.managed, user.inline) == ((), ())
    assert [*_inline(role)] == ["role/r: aws_iam_role_policy_attachment.a.role"]


def test_an_attachment_to_one_of_two_roles_leaves_both_open() -> None:
    choice = (*to("aws_iam_role.r.name"), *to("aws_iam_role.s.name"))
    value = plan(
        Res("aws_iam_role.r", {"name_prefix": "r"}, ("arn", "name")),
        Res("aws_iam_role.s", {"name_prefix": "s"}, ("arn", "name")),
        Res("aws_iam_role_policy_attachment.a", {"policy_arn": f"{_A}policy/p"}, ("role",),
            refers={"role": choice}),
    )  # fmt: skip

    for entity in read(value).entities.values():
        assert (entity.managed, len(entity.inline)) == ((), 1)


def test_a_role_that_is_only_named_has_policies_that_nobody_knows() -> None:
    value = plan(
        Res("aws_iam_role_policy_attachment.a", {"role": "r", "policy_arn": f"{_A}policy/p"}),
        Res("aws_iam_role_policy.i", {"role": "r", "name": "i", "policy": _READ}),
    )

    entity = _entity(value)

    assert entity.managed == (f"{_A}policy/p",)
    assert entity.unknown == "plan.json does not hold role/r, only some of its policies"


def test_a_name_in_two_accounts_is_that_of_the_provider() -> None:
    def allowed(account: str) -> Json:
        return {
            "name": "aws",
            "expressions": {"allowed_account_ids": {"constant_value": [account]}},
        }

    one, two = "111122223333", "444455556666"
    providers = {"aws": allowed(one), "aws.two": allowed(two), "aws.three": allowed("777788889999")}
    attachment = Res(
        "aws_iam_role_policy_attachment.a", {"role": "r", "policy_arn": f"{_A}policy/p"}
    )
    first = Res("aws_iam_role.a", {"name": "r"}, ("arn",))
    second = Res("aws_iam_role.b", {"name": "r"}, ("arn",), provider="aws.two")

    both = read(plan(first, second, attachment._replace(provider="aws.two"), providers=providers))
    only_one = read(plan(first, attachment._replace(provider="aws.two"), providers=providers))
    neither = read(
        plan(first, second, attachment._replace(provider="aws.three"), providers=providers)
    )

    assert {arn: bool(each.managed) for arn, each in both.entities.items()} == {
        f"arn:aws:iam::{one}:role/r": False, f"arn:aws:iam::{two}:role/r": True,
    }  # fmt: skip
    assert {arn: bool(each.managed) for arn, each in only_one.entities.items()} == {
        f"arn:aws:iam::{one}:role/r": False, f"arn:aws:iam::{two}:role/r": True,
    }  # fmt: skip
    assert only_one.entities[f"arn:aws:iam::{one}:role/r"].unknown == ""
    assert neither.entities["arn:aws:iam::777788889999:role/r"].managed


# Exclusive lists


@_KINDS
def test_an_exclusive_list_of_policies_is_all_there_is(kind: str) -> None:
    value = plan(
        Res(f"aws_iam_{kind}.x", {"name": "x"}, ("arn",)),
        Res(f"aws_iam_{kind}_policy_attachment.a", {kind: "x", "policy_arn": f"{_A}policy/a"}),
        Res(f"aws_iam_{kind}_policy_attachments_exclusive.e",
            {f"{kind}_name": "x", "policy_arns": [f"{_A}policy/b"]}),
        Res(f"aws_iam_{kind}_policy.i", {kind: "x", "name": "i", "policy": _READ}),
        Res(f"aws_iam_{kind}_policy.j", {kind: "x", "name": "j", "policy": _READ}),
        Res(f"aws_iam_{kind}_policies_exclusive.e",
            {f"{kind}_name": "x", "policy_names": ["i", "k"]}),
    )  # fmt: skip

    entity = _entity(value, f"{kind}/x")

    assert entity.managed == (f"{_A}policy/b",)
    assert _inline(entity) == {
        f"{kind}/x/i": _READ, f"{kind}/x/k": f"plan.json does not hold the document of {kind}/x/k",
    }  # fmt: skip


def test_an_exclusive_list_that_is_not_known_is_followed_or_left_open() -> None:
    inline = Res("aws_iam_role_policy.i", {"role": "r", "policy": _READ}, ("name",))
    other = Res("aws_iam_role_policy.j", {"role": "r", "name": "j", "policy": _READ})
    exclusive = Res(
        "aws_iam_role_policies_exclusive.e", {"role_name": "r", "policy_names": [None]},
        {"policy_names": [True]}, refers={"policy_names": to("aws_iam_role_policy.i.name")},
    )  # fmt: skip
    elsewhere = exclusive._replace(refers={"policy_names": ("local.names",)})
    of_another_type = exclusive._replace(refers={"policy_names": to("aws_iam_role.r.name")})

    followed = _entity(plan(_role(), inline, other, exclusive))
    for each in (elsewhere, of_another_type):
        left_open = _entity(plan(_role(), inline, other, each))
        assert [*_inline(left_open)] == ["role/r: aws_iam_role_policies_exclusive.e.policy_names"]

    assert [*_inline(followed)] == ["role/r/aws_iam_role_policy.i"]


# Groups


def test_users_are_in_the_groups_that_either_side_tells() -> None:
    value = plan(
        Res("aws_iam_user.u", {"name": "u"}, ("arn",)),
        Res("aws_iam_group.g", {"name": "g", "path": "/team/"}, ("arn",)),
        Res("aws_iam_group.h", {"name_prefix": "h"}, ("arn", "name")),
        Res("aws_iam_user_group_membership.m", {"user": "u", "groups": ["g", None]},
            {"groups": [False, True]}, refers={"groups": to("aws_iam_group.h.name")}),
        Res("aws_iam_group.k", {"name": "k"}, ("arn",)),
        Res("aws_iam_group_membership.m", {"name": "m", "group": "k", "users": ["u"]}),
        Res("aws_iam_group_policy.p", {"group": "g", "name": "p", "policy": _READ}),
    )  # fmt: skip
    found = read(value)

    assert found.entities[f"{_A}user/u"].groups == (
        f"{_A}group/team/g", f"{_A}group/haws_iam_group.h", f"{_A}group/k",
    )  # fmt: skip
    assert decided(found, "user/u", "s3:GetObject", "arn:aws:s3:::b/k").decision == "allowed"


# Whose they are


def _provider(**constants: str) -> Json:
    expressions = {name: {"constant_value": value} for name, value in constants.items()}
    return {"name": "aws", "expressions": expressions}


_PROFILES = {
    "aws": _provider(profile="dev", region="us-east-1"),
    "aws.west": _provider(profile="dev", region="us-west-2"),
    "aws.prod": _provider(profile="prod"),
}


def _both(account: str | None = None, errors: list[SourceError] | None = None) -> Found:
    """Return two roles of a name, of providers of which no account is told."""
    roles = [
        Res("aws_iam_role.dev", {"name": "Deploy"}, ("arn",)),
        Res("aws_iam_role.prod", {"name": "Deploy"}, ("arn",), provider="aws.prod"),
    ]
    inline = [
        Res("aws_iam_role_policy.dev", {"role": "Deploy", "name": "p", "policy": _READ},
            provider="aws.west"),
        Res("aws_iam_role_policy.prod", {"role": "Deploy", "name": "p",
                                         "policy": text(deny("*"))}, provider="aws.prod"),
    ]  # fmt: skip
    on_error = None if errors is None else errors.append
    return read_terraform(plan(*roles, *inline, providers=_PROFILES), FILE, on_error, account)


def test_roles_of_a_name_and_of_two_credentials_are_two() -> None:
    found = _both()

    assert {arn: each.inline[0].content for arn, each in found.entities.items()} == {
        "arn:aws:iam::000000000000:role/Deploy": _READ,
        "arn:aws:iam::000000000001:role/Deploy": text(deny("*")),
    }
    assert found.notes[:2] == (
        "plan.json does not tell the account: 000000000000 stands for it",
        "plan.json does not tell the account of the provider aws.prod: 000000000001 stands for it",
    )


def test_roles_of_a_name_in_the_account_that_is_given_are_refused() -> None:
    errors: list[SourceError] = []

    found = _both("111122223333", errors)
    with pytest.raises(SourceError) as raised:
        _both("111122223333")

    assert raised.value.diagnostics[0].code == "listed-twice"
    assert raised.value.diagnostics[0].message == (
        f"plan.json: aws_iam_role.prod: aws_iam_role.dev is {_A}role/Deploy, too"
    )
    assert len(errors) == 1
    assert found.entities[f"{_A}role/Deploy"].unknown == f"plan.json holds {_A}role/Deploy twice"


def test_managed_policies_of_a_name_in_one_account_are_refused() -> None:
    errors: list[SourceError] = []
    value = plan(_policy(), _policy("q")._replace(values={"name": "p", "policy": _READ}))

    found = read_terraform(value, FILE, errors.append, "111122223333")

    assert [each.diagnostics[0].code for each in errors] == ["listed-twice"]
    assert found.managed[f"{_A}policy/p"].content is None


def test_an_attachment_of_who_knows_which_account_leaves_the_role_open() -> None:
    role = _existing()._replace(provider="aws.prod")
    attached = Res("aws_iam_role_policy.p", {"role": "r", "name": "p", "policy": _READ})

    found = read_terraform(plan(role, attached, providers=_PROFILES), FILE)

    assert found.entities[f"{_A}role/r"].inline == ()
    assert found.entities[f"{_A}role/r"].unknown == (
        "plan.json does not tell whether aws_iam_role_policy.p is in its account"
    )
    assert found.entities["arn:aws:iam::000000000000:role/r"].inline


def test_a_provider_with_the_same_credentials_is_in_the_same_account() -> None:
    role = _existing()
    attached = Res("aws_iam_role_policy.p", {"role": "r", "name": "p", "policy": _READ},
                   provider="aws.west")  # fmt: skip

    found = read_terraform(plan(role, attached, providers=_PROFILES), FILE)

    assert [*found.entities] == [f"{_A}role/r"]
    assert found.entities[f"{_A}role/r"].inline[0].content == _READ


def test_a_state_gives_an_attachment_to_the_only_role_of_the_name() -> None:
    other = Res("aws_iam_role.s", {"name": "s", "arn": "arn:aws:iam::444455556666:role/s"})
    attached = Res("aws_iam_role_policy.p", {"role": "r", "name": "p", "policy": _READ})

    found = read_terraform(state(_existing(), other, attached), FILE)

    assert found.entities[f"{_A}role/r"].inline[0].content == _READ


def test_a_role_that_is_forgotten_at_one_address_is_as_the_other_has_it() -> None:
    gone = {"name": "r", "arn": f"{_A}role/r", "managed_policy_arns": [f"{_A}policy/old"]}
    forgotten = Res("aws_iam_role.old", gone, (), ("forget",), gone)

    found = read(plan(_existing(managed_policy_arns=[]), forgotten))

    assert found.entities[f"{_A}role/r"].managed == ()


def test_a_role_that_cannot_be_read_is_left_out_with_what_refers_to_it() -> None:
    errors: list[SourceError] = []
    bad = Res("aws_iam_role.r", {"name": "r", "assume_role_policy": {}}, ("arn",))
    looked_up = Res("data.aws_iam_role.x", {"name": "x", "arn": f"{_A}role/x", "path": 1,
                                            "assume_role_policy": 1})  # fmt: skip
    unread = Res("data.aws_iam_policy.x", {"arn": 1})

    found = read_terraform(plan(bad, prior=(looked_up, unread)), FILE, errors.append)

    assert found.entities == {}
    assert [each.diagnostics[0].code for each in errors] == ["wrong-type"] * 3


# Exclusive lists, and what is not known


def _attached_unknown(**values: object) -> Res:
    return Res("aws_iam_role_policy_attachment.a", {"role": "r", **values}, ("policy_arn",),
               refers={"policy_arn": ("local.arn",)})  # fmt: skip


def test_exclusive_inline_policies_leave_unknown_managed_ones() -> None:
    exclusive = Res("aws_iam_role_policies_exclusive.e", {"role_name": "r", "policy_names": []})
    inline = Res("aws_iam_role_policy.i", {"name": "i", "policy": _READ}, ("role",),
                 refers={"role": ("local.role",)})  # fmt: skip

    entity = _entity(plan(_role(), _attached_unknown(), inline, exclusive))

    assert [*_inline(entity)] == ["role/r: aws_iam_role_policy_attachment.a.policy_arn"]


def test_exclusive_managed_policies_leave_unknown_inline_ones() -> None:
    exclusive = Res("aws_iam_role_policy_attachments_exclusive.e",
                    {"role_name": "r", "policy_arns": []})  # fmt: skip
    role = _role(("arn", "inline_policy"))._replace(refers={"inline_policy": ("local.inline",)})

    entity = _entity(plan(role, _attached_unknown(), exclusive))

    assert [*_inline(entity)] == ["role/r: aws_iam_role.r.inline_policy"]


def test_an_exclusive_list_of_nobody_knows_whom_stays_open() -> None:
    unknown = Res("aws_iam_role_policies_exclusive.u", {"policy_names": []}, ("role_name",),
                  refers={"role_name": ("local.role",)})  # fmt: skip
    known = Res("aws_iam_role_policies_exclusive.k", {"role_name": "r", "policy_names": []})

    entity = _entity(plan(_role(), unknown, known))

    assert [*_inline(entity)] == ["role/r: aws_iam_role_policies_exclusive.u.role_name"]


# Groups that are not known


def test_a_user_in_groups_that_nobody_knows_is_open_and_the_groups_are_not() -> None:
    value = plan(
        Res("aws_iam_user.u", {"name": "u"}, ("arn",)),
        Res("aws_iam_user.v", {"name": "v"}, ("arn",)),
        Res("aws_iam_group.g", {"name": "g"}, ("arn",)),
        Res("aws_iam_user_group_membership.m", {"user": "u", "groups": ["g", None]},
            {"groups": [False, True]}, refers={"groups": ("local.groups",)}),
    )  # fmt: skip
    found = read(value)

    assert found.entities[f"{_A}user/u"].groups == (f"{_A}group/g",)
    assert {arn: len(each.inline) for arn, each in found.entities.items()} == {
        f"{_A}user/u": 1, f"{_A}user/v": 0, f"{_A}group/g": 0,
    }  # fmt: skip
    assert decided(found, "u", "s3:GetObject", "arn:aws:s3:::b/k").decision == "undetermined"


def test_users_of_a_group_that_nobody_knows_are_open() -> None:
    value = plan(
        Res("aws_iam_user.u", {"name": "u"}, ("arn",)),
        Res("aws_iam_user.v", {"name": "v"}, ("arn",)),
        Res("aws_iam_group_membership.m", {"name": "m", "users": ["u"]}, ("group",),
            refers={"group": ("local.group",)}),
    )  # fmt: skip
    found = read(value)

    assert [len(each.inline) for each in found.entities.values()] == [1, 0]
    assert decided(found, "u", "s3:GetObject", "arn:aws:s3:::b/k").decision == "undetermined"


# What attachments that change had given


_TWO_ACCOUNTS = {"aws": _provider(), "aws.b": _provider()}


def _of_two_accounts(*more: Res, providers: Json | None = None) -> dict[str, Entity]:
    """Return the roles of a name of two accounts, each with a policy that is attached to it."""
    roles = []
    for account, provider in (("111122223333", "aws"), ("444455556666", "aws.b")):
        whole = {
            "name": "r", "arn": f"arn:aws:iam::{account}:role/r",
            "managed_policy_arns": [f"{_A}policy/p"],
        }  # fmt: skip
        roles.append(
            Res(f"aws_iam_role.in_{account}", whole, (), NOTHING, whole, provider=provider)
        )
    return read_terraform(plan(*roles, *more, providers=providers or _TWO_ACCOUNTS), FILE).entities


def test_an_attachment_takes_nothing_from_the_role_of_the_name_in_another_account() -> None:
    before = {"role": "r", "policy_arn": f"{_A}policy/p"}
    address = "aws_iam_role_policy_attachment.p"
    stays = Res(address, before, (), NOTHING, before, provider="aws.b")
    gone = Res(address, {}, (), ("delete",), before, provider="aws.b")

    both = _of_two_accounts(stays)
    only_one = _of_two_accounts(gone)

    assert [each.managed for each in both.values()] == [(f"{_A}policy/p",)] * 2
    assert [each.managed for each in only_one.values()] == [(f"{_A}policy/p",), ()]


def test_an_attachment_that_goes_in_who_knows_which_account_leaves_its_roles_open() -> None:
    gone = Res("aws_iam_role_policy_attachment.p", {}, (), ("delete",),
               {"role": "r", "policy_arn": f"{_A}policy/p"}, provider="aws.c")  # fmt: skip

    found = _of_two_accounts(gone, providers={**_TWO_ACCOUNTS, "aws.c": _provider(profile="c")})

    assert [each.unknown for each in found.values()] == [
        "plan.json does not tell whether aws_iam_role_policy_attachment.p is in its account"
    ] * 2


def test_an_inline_policy_that_is_deleted_and_that_its_role_sets_is_open() -> None:
    role = _existing(inline_policy=[{"name": "p", "policy": _READ}])._replace(
        sets=("inline_policy",)
    )
    gone = Res("aws_iam_role_policy.p", {}, (), ("delete",), {"role": "r", "name": "p"})

    entity = _entity(plan(role, gone))

    assert _inline(entity) == {"role/r/p": "plan.json deletes role/r/p, and aws_iam_role.r sets it"}
