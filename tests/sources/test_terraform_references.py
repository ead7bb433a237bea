"""Where references lead: through keys, variables and outputs of modules, and where they do not."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.sources.plans import Json, Res, allow, plan, read, text, to

_POLICY = text(allow("s3:GetObject"))
_P = "arn:aws:iam::111122223333:policy/"
_NEW = ("arn", "id")


def _policy(address: str, name: str, *, has_block: bool = True) -> Res:
    return Res(address, {"name": name, "policy": _POLICY}, _NEW, has_block=has_block)


def _role(address: str = "aws_iam_role.r") -> Res:
    return Res(address, {"name": "r"}, _NEW)


def _attachment(*references: str, address: str = "aws_iam_role_policy_attachment.a",
                for_each: tuple[str, ...] = (), has_block: bool = True) -> Res:  # fmt: skip
    return Res(
        address, {"role": "r"}, ("id", "policy_arn"), refers={"policy_arn": references},
        for_each=for_each, has_block=has_block,
    )  # fmt: skip


def _attached(*resources: Res, calls: Json | None = None) -> tuple[str, ...] | str:
    """Return what is attached to the role; why that is not known where it is not."""
    role = read(plan(_role(), *resources, calls=calls)).entities["arn:aws:iam::111122223333:role/r"]
    return role.inline[0].unknown if role.inline else role.managed


_UNKNOWN = "aws_iam_role_policy_attachment.a.policy_arn is known only after apply"


def test_a_reference_leads_to_the_resource() -> None:
    assert _attached(
        _policy("aws_iam_policy.p", "p"), _attachment(*to("aws_iam_policy.p.arn"))
    ) == (f"{_P}p",)


def test_a_key_that_is_written_leads_to_the_instance() -> None:
    policies = (_policy('aws_iam_policy.p["a.b"]', "a"), _policy('aws_iam_policy.p["c"]', "c"))
    first = ('aws_iam_policy.p["a.b"].arn', 'aws_iam_policy.p["a.b"]', "aws_iam_policy.p")
    counted = (_policy("aws_iam_policy.p[0]", "x"), _policy("aws_iam_policy.p[1]", "y"))
    second = ("aws_iam_policy.p[1].arn", "aws_iam_policy.p[1]", "aws_iam_policy.p")
    missing = ("aws_iam_policy.p[7].arn", "aws_iam_policy.p[7]", "aws_iam_policy.p")

    assert _attached(*policies, _attachment(*first)) == (f"{_P}a",)
    assert _attached(*counted, _attachment(*second)) == (f"{_P}y",)
    assert _attached(*counted, _attachment(*missing)) == (
        f"{_UNKNOWN} (it refers to aws_iam_policy.p[7].arn)"
    )


def test_the_key_of_the_instance_itself_leads_to_that_of_the_same_key() -> None:
    policies = (_policy('aws_iam_policy.p["a"]', "a"), _policy('aws_iam_policy.p["b"]', "b"))
    address = 'aws_iam_role_policy_attachment.a["b"]'
    by_key = _attachment("aws_iam_policy.p", "each.key", address=address)
    by_value = _attachment(
        "each.value.arn", "each.value", address=address, for_each=("aws_iam_policy.p",)
    )
    of_others = by_value._replace(for_each=("aws_iam_policy.p", "var.more"))
    of_no_resource = by_value._replace(for_each=("var",))
    unknown = 'aws_iam_role_policy_attachment.a["b"].policy_arn is known only after apply'

    assert _attached(*policies, by_key) == (f"{_P}b",)
    assert _attached(*policies, by_value) == (f"{_P}b",)
    assert _attached(*policies, of_others) == f"{unknown} (it refers to each.value.arn)"
    assert _attached(*policies, of_no_resource) == f"{unknown} (it refers to each.value.arn)"


def test_a_count_is_not_followed_as_it_may_be_reckoned_with() -> None:
    policies = (_policy("aws_iam_policy.p[0]", "x"), _policy("aws_iam_policy.p[1]", "y"))
    address = "aws_iam_role_policy_attachment.a[1]"

    assert _attached(
        *policies, _attachment("aws_iam_policy.p", "count.index", address=address)
    ) == (
        "aws_iam_role_policy_attachment.a[1].policy_arn is known only after apply "
        "(it refers to aws_iam_policy.p, count.index)"
    )
    assert _attached(*policies, _attachment("aws_iam_policy.p", address=address)) == (
        "aws_iam_role_policy_attachment.a[1].policy_arn is known only after apply "
        "(it refers to aws_iam_policy.p)"
    )


def test_all_of_a_block_with_one_instance_is_that_instance() -> None:
    policy = _policy("aws_iam_policy.p[0]", "p")

    assert _attached(policy, _attachment("aws_iam_policy.p")) == (f"{_P}p",)


@pytest.mark.parametrize(
    "references",
    [
        ("local.arn",),
        (*to("aws_iam_policy.p.arn"), *to("aws_iam_policy.q.arn")),
        ("var.arn",),
        ("data.aws_ssm_parameter.arn.value", "data.aws_ssm_parameter.arn"),
        ("aws_iam_policy.p.arn", "aws_iam_policy.p", "var.is_production"),
        ("path",),
        ("module.m.arn", "module.m"),
        ("each.key",),
    ],
)
def test_what_leads_elsewhere_is_unknown(references: tuple[str, ...]) -> None:
    policies = (_policy("aws_iam_policy.p", "p"), _policy("aws_iam_policy.q", "q"))

    attached = _attached(*policies, _attachment(*references))

    assert isinstance(attached, str)
    assert attached.startswith(_UNKNOWN)


def test_a_resource_of_another_type_is_not_taken_for_a_policy() -> None:
    topic = Res("aws_sns_topic.t", {"name": "t"}, _NEW)

    assert _attached(topic, _attachment(*to("aws_sns_topic.t.arn"))) == (
        f"{_UNKNOWN} (it refers to aws_sns_topic.t.arn)"
    )


def test_a_block_that_is_not_in_the_file_leaves_everything_open() -> None:
    policy = _policy("aws_iam_policy.p", "p")

    assert _attached(policy, _attachment(has_block=False)) == _UNKNOWN


def test_an_argument_in_a_dynamic_block_refers_to_nothing_that_is_told() -> None:
    attachment = _attachment()._replace(refers={}, sets=("policy_arn",))

    assert _attached(attachment) == _UNKNOWN


# Modules

_BLOCK = _attachment("var.arn", address="aws_iam_role_policy_attachment.a").block()


def _call(
    expressions: Mapping[str, object],
    *,
    outputs: Mapping[str, object] | None = None,
    **more: object,
) -> Json:
    module = {"resources": [_BLOCK], "outputs": outputs or {}}
    return {"m": {"expressions": expressions, "module": module, **more}}


def _in_module(key: str = "") -> Res:
    address = f"module.m{key}.aws_iam_role_policy_attachment.a"
    return _attachment(address=address, has_block=False)


def test_a_variable_leads_to_what_the_module_was_given() -> None:
    given = {"arn": {"references": [*to("aws_iam_policy.p.arn")]}}
    policy = _policy("aws_iam_policy.p", "p")

    assert _attached(policy, _in_module(), calls=_call(given)) == (f"{_P}p",)


def test_a_variable_of_a_module_with_keys_leads_by_its_key() -> None:
    policies = (_policy('aws_iam_policy.p["a"]', "a"), _policy('aws_iam_policy.p["b"]', "b"))
    given = {"arn": {"references": ["each.value.arn", "each.value"]}}
    calls = _call(given, for_each_expression={"references": ["aws_iam_policy.p"]})

    assert _attached(*policies, _in_module('["b"]'), calls=calls) == (f"{_P}b",)


def test_a_variable_that_is_not_given_is_unknown() -> None:
    assert _attached(_in_module(), calls=_call({})) == (
        "module.m.aws_iam_role_policy_attachment.a.policy_arn is known only after apply "
        "(it refers to var.arn)"
    )


def test_an_output_leads_to_what_the_module_gives() -> None:
    outputs = {"arn": {"expression": {"references": [*to("aws_iam_policy.p.arn")]}}}
    policy = _policy("module.m.aws_iam_policy.p", "p")
    attachment = _attachment("module.m.arn", "module.m")
    none = _attachment("module.m.other", "module.m")

    assert _attached(policy, attachment, calls=_call({}, outputs=outputs)) == (f"{_P}p",)
    assert _attached(policy, none, calls=_call({}, outputs=outputs)) == (
        f"{_UNKNOWN} (it refers to module.m.other)"
    )


def test_references_that_lead_in_a_circle_are_unknown() -> None:
    given = {"arn": {"references": ["module.m.arn", "module.m"]}}
    outputs = {"arn": {"expression": {"references": ["var.arn"]}}}

    attached = _attached(_in_module(), calls=_call(given, outputs=outputs))

    assert isinstance(attached, str)
