"""Policies of resources of types that are not read: unknown, never absent."""

from __future__ import annotations

import pytest

from policy_eval.sources.accounts import Accounts
from tests.sources.plans import Json, Res, allow, decided, deny, plan, read, text, to

_ACCOUNT = "111122223333"
_TABLE = f"arn:aws:dynamodb:us-east-1:{_ACCOUNT}:table/t"
_KEY = f"arn:aws:kms:us-east-1:{_ACCOUNT}:key/1234"
_DENY = text(deny("*", Principal="*"))


def _has_unknown(value: Json, action: str, resource: str) -> bool:
    """Return whether nobody knows the policy of a resource."""
    policy = Accounts(read(value)).resource_policy(action, resource)
    return policy is not None and any(each.unusable for each in policy.statements)


def test_a_policy_that_is_not_read_makes_answers_undetermined() -> None:
    role = Res("aws_iam_role.r", {"name": "r"}, ("arn",))
    inline = Res("aws_iam_role_policy.i", {"role": "r", "name": "i", "policy": text(allow("*"))})
    policy = Res("aws_dynamodb_resource_policy.t", {"resource_arn": _TABLE, "policy": _DENY})

    found = read(plan(role, inline, policy))

    for resource in (_TABLE, f"{_TABLE}/index/i"):
        decision = decided(found, "r", "dynamodb:Query", resource)
        assert decision.decision == "undetermined"
        assert "aws_dynamodb_resource_policy.t" in str(
            [each.policy and each.policy.unknown for each in found.resources.values()]
        )
    assert decided(found, "r", "dynamodb:Query", f"{_TABLE}2").decision == "allowed"
    assert (found.left_out[0].what, found.left_out[0].why) == (
        "aws_dynamodb_resource_policy.t", "its policy is not read",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("resource", "action", "of", "other"),
    [
        (Res("aws_kms_external_key.k", {"policy": _DENY}, ("arn", "id")), "kms:Decrypt", _KEY,
         _KEY.replace(_ACCOUNT, "444455556666")),
        (Res("aws_kms_external_key.k", {"arn": _KEY}), "kms:Decrypt", _KEY, f"{_KEY}5"),
        (Res("aws_ecr_repository_policy.p", {"repository": "app", "policy": _DENY}),
         "ecr:BatchGetImage", f"arn:aws:ecr:us-east-1:{_ACCOUNT}:repository/app",
         f"arn:aws:ecr:us-east-1:{_ACCOUNT}:repository/app2"),
        (Res("aws_dynamodb_resource_policy.t", {"policy": _DENY}, ("resource_arn",),
             refers={"resource_arn": to("aws_dynamodb_table.t.arn")}),
         "dynamodb:Query", _TABLE, f"arn:aws:kinesis:us-east-1:{_ACCOUNT}:stream/s"),
        (Res("aws_api_gateway_rest_api.a", {"id": "a1", "policy": _DENY,
                                            "arn": "arn:aws:apigateway:us-east-1::/restapis/a1"}),
         "execute-api:Invoke", f"arn:aws:execute-api:us-east-1:{_ACCOUNT}:a1/prod/GET/",
         f"arn:aws:execute-api:us-east-1:{_ACCOUNT}:a2/prod/GET/"),
        (Res("aws_opensearch_domain.d", {"domain_name": "d"}, ("access_policies",),
             refers={"access_policies": ("local.policy",)}),
         "es:ESHttpGet", f"arn:aws:es:us-east-1:{_ACCOUNT}:domain/d/index",
         f"arn:aws:es:us-east-1:{_ACCOUNT}:domain/e/index"),
        (Res("aws_new_thing_policy.x", {"policy": _DENY}), "new:Get",
         f"arn:aws:new:us-east-1:{_ACCOUNT}:thing/x", _KEY),
        (Res("aws_new_resource_policy.x", {}, ("policy",)), "new:Get",
         f"arn:aws:new:us-east-1:{_ACCOUNT}:thing/x", _KEY),
    ],
)  # fmt: skip
def test_what_has_a_policy_that_is_not_read_is_told_as_far_as_it_is_known(
    resource: Res, action: str, of: str, other: str
) -> None:
    assert _has_unknown(plan(resource), action, of)
    assert not _has_unknown(plan(resource), action, other)


@pytest.mark.parametrize(
    "resource",
    [
        Res("aws_opensearch_domain.d", {"domain_name": "d"}, ("access_policies",)),
        Res("aws_iot_policy.p", {"policy": text(allow("*"))}),
        Res("aws_ecr_lifecycle_policy.p", {"policy": '{"rules": []}'}),
        Res("aws_ecr_lifecycle_policy.q", {"policy": "no JSON"}),
        Res("aws_ecr_lifecycle_policy.r", {"policy": "[]"}),
        Res("aws_sns_topic_data_protection_policy.p", {"policy": _DENY}),
        Res("other.p", {"policy": _DENY}),
    ],
    ids=lambda each: each.address,
)
def test_what_is_no_policy_of_a_resource_opens_nothing(resource: Res) -> None:
    assert read(plan(resource)).resources == {}


def test_the_policy_of_a_function_with_a_url_is_not_known() -> None:
    arn = f"arn:aws:lambda:us-east-1:{_ACCOUNT}:function:f"
    function = Res("aws_lambda_function.f", {"function_name": "f", "arn": arn, "tags": {"a": "b"}})
    url = Res("aws_lambda_function_url.f", {"function_name": arn})

    found = read(plan(function, url)).resources[arn]

    assert found.policy is not None
    assert (found.policy.content, found.tags) == (None, (("a", "b"),))
