"""Further actions of a call, what services refuse, and what was assumed."""

from __future__ import annotations

import pytest

import policy_eval as pe
from policy_eval.request.request import Request
from policy_eval.semantics.dependent_actions import needed_by
from policy_eval.semantics.lower import key_named
from policy_eval.semantics.readings import OUR_READING, OpenPoint
from policy_eval.semantics.request_context import UNKNOWN, RequestContext, Unknown
from policy_eval.semantics.service_rules import service_remarks

_ACCOUNT = "111122223333"
_ROLE = f"arn:aws:iam::{_ACCOUNT}:role/Dev"
_KEY = f"arn:aws:kms:us-east-1:{_ACCOUNT}:key/1"


def _needs(request: Request, *points: OpenPoint) -> list[str]:
    found = needed_by(RequestContext(request), frozenset(points))
    return [needed.request.action for needed in found]


def _create(**context: str) -> Request:
    return Request(
        "secretsmanager:CreateSecret",
        principal=_ROLE,
        context={"secretsmanager:Name": "app", "aws:RequestedRegion": "us-east-1"}
        | {name.replace("__", ":"): value for name, value in context.items()},
    )


def test_a_plain_secret_needs_nothing_else() -> None:
    assert _needs(_create()) == []


def test_a_tagged_secret_needs_tagging() -> None:
    request = Request("secretsmanager:CreateSecret", request_tags={"env": "dev"})

    assert _needs(request) == ["secretsmanager:TagResource"]


def test_a_tag_given_as_a_key_needs_tagging_too() -> None:
    request = Request("secretsmanager:CreateSecret", context={"aws:RequestTag/env": "dev"})

    assert _needs(request) == ["secretsmanager:TagResource"]


def test_the_action_alone_needs_nothing_else() -> None:
    request = Request("secretsmanager:CreateSecret", request_tags={"env": "dev"}, action_only=True)

    assert _needs(request) == []


def test_another_action_needs_nothing_else() -> None:
    assert _needs(Request("s3:CreateBucket", request_tags={"env": "dev"})) == []


def test_a_service_tells_tagging_at_creation() -> None:
    arn = f"arn:aws:elasticloadbalancing:us-east-1:{_ACCOUNT}:targetgroup/t/*"
    request = Request("elasticloadbalancing:CreateTargetGroup", arn, request_tags={"a": "b"})

    (needed,) = needed_by(RequestContext(request), OUR_READING)

    further = RequestContext(needed.request)
    assert needed.request.action == "elasticloadbalancing:AddTags"
    assert further.candidates(key_named("elasticloadbalancing:CreateAction")) == (
        ("CreateTargetGroup",),
    )


def test_replicas_need_replication() -> None:
    request = _create(secretsmanager__AddReplicaRegions="eu-west-1")

    assert _needs(request) == ["secretsmanager:ReplicateSecretToRegions"]


def test_a_customer_key_is_used_through_secrets_manager() -> None:
    request = _create(secretsmanager__KmsKeyArn=_KEY, aws__CalledVia="appflow.amazonaws.com")

    needed = needed_by(RequestContext(request), OUR_READING)

    assert [each.request.action for each in needed] == ["kms:GenerateDataKey", "kms:Decrypt"]
    further = RequestContext(needed[0].request)
    assert further.resources.names == (_KEY,)
    chain = further.candidates(key_named("aws:CalledVia"))
    assert chain == (("appflow.amazonaws.com", "secretsmanager.amazonaws.com"),)
    via = further.candidates(key_named("kms:ViaService"))
    assert via == (("secretsmanager.us-east-1.amazonaws.com",),)
    assert further.candidates(key_named("secretsmanager:Name")) == (None,)


def test_a_customer_key_in_an_unknown_region_and_chain() -> None:
    request = Request(
        "secretsmanager:CreateSecret",
        context={"secretsmanager:KmsKeyArn": _KEY},
        unknown=["aws:CalledVia"],
    )

    (first, _) = needed_by(RequestContext(request), OUR_READING)

    further = RequestContext(first.request)
    assert further.candidates(key_named("aws:CalledVia")) is UNKNOWN
    assert further.candidates(key_named("aws:CalledViaLast")) == (
        ("secretsmanager.amazonaws.com",),
    )
    assert further.candidates(key_named("aws:ViaAWSService")) == (("true",),)
    assert further.candidates(key_named("kms:ViaService")) is UNKNOWN


@pytest.mark.parametrize(
    ("unknown", "actions"),
    [
        ("secretsmanager:KmsKeyArn", ["kms:GenerateDataKey", "kms:Decrypt"]),
        ("aws:RequestTag/*", ["secretsmanager:TagResource"]),
        ("aws:RequestTag/env", ["secretsmanager:TagResource"]),
    ],
)
def test_an_unknown_key_leaves_the_need_open(unknown: str, actions: list[str]) -> None:
    request = Request("secretsmanager:CreateSecret", unknown=[unknown])

    needed = needed_by(RequestContext(request), OUR_READING)

    assert [each.request.action for each in needed] == actions
    assert all(each.hangs_on for each in needed)


def test_tags_that_may_be_passed_are_the_created_resources() -> None:
    request = Request("secretsmanager:CreateSecret", unknown=["aws:RequestTag/env"])

    further = RequestContext(needed_by(RequestContext(request), OUR_READING)[0].request)

    assert further.candidates(key_named("aws:ResourceTag/env")) is UNKNOWN
    assert further.candidates(key_named("aws:ResourceTag/team")) == (None,)


@pytest.mark.parametrize(
    ("action", "decision"),
    [
        ("secretsmanager:*", "allowed"),
        ("secretsmanager:CreateSecret", "undetermined"),
    ],
)
def test_a_call_hangs_on_whether_a_further_action_is_needed(action: str, decision: str) -> None:
    policies = pe.PolicySet([{"Statement": {"Effect": "Allow", "Action": action, "Resource": "*"}}])
    request = Request("secretsmanager:CreateSecret", principal=_ROLE, unknown=["aws:RequestTag/*"])

    assert pe.decide(policies, request).decision == decision
    assert pe.explain(policies, request).decision.decision == decision


def test_what_a_call_hangs_on_is_named() -> None:
    policies = pe.parse(
        '{"Statement": {"Effect": "Allow", "Resource": "*",'
        ' "Action": "secretsmanager:CreateSecret"}}'
    )
    request = Request(
        "secretsmanager:CreateSecret", principal=_ROLE, unknown=["secretsmanager:KmsKeyArn"]
    )

    decision = pe.decide(policies, request)

    assert decision.missing_context == ("secretsmanager:KmsKeyArn",)
    assert decision.blocked_by == "kms:GenerateDataKey"
    assert "hangs on `secretsmanager:KmsKeyArn`" in decision.reason


@pytest.mark.parametrize(
    ("key", "value", "actions"),
    [
        ("KmsKeyArn", f"arn:aws:kms:us-east-1:{_ACCOUNT}:alias/aws/secretsmanager", []),
        ("KmsKeyId", "alias/aws/secretsmanager", []),
        ("KmsKeyId", "alias/mine", ["kms:GenerateDataKey", "kms:Decrypt"]),
    ],
)
def test_only_a_customer_key_is_used(key: str, value: str, actions: list[str]) -> None:
    assert _needs(_create(**{f"secretsmanager__{key}": value})) == actions


def test_a_key_that_is_no_arn_is_an_unknown_resource() -> None:
    (first, _) = needed_by(
        RequestContext(_create(secretsmanager__KmsKeyId="alias/mine")), OUR_READING
    )

    assert first.request.resource is None


def test_a_forwarded_call_drops_what_belonged_to_the_first() -> None:
    request = _create(
        secretsmanager__KmsKeyArn=_KEY, aws__SourceVpc="vpc-1", aws__ResourceAccount=_ACCOUNT
    )

    (first, _) = needed_by(RequestContext(request), OUR_READING)

    assert set(first.request.context) == {
        "aws:requestedregion",
        "aws:calledvia",
        "kms:viaservice",
    }


def test_reading_secrets_in_a_batch_reads_each() -> None:
    (needed,) = needed_by(
        RequestContext(Request("secretsmanager:BatchGetSecretValue")), OUR_READING
    )

    assert needed.request.action == "secretsmanager:GetSecretValue"
    assert needed.request.resource is None


def test_the_other_reading_tags_what_a_service_manages() -> None:
    managed = _create(aws__CalledVia="appflow.amazonaws.com", secretsmanager__Name="appflow!x")
    plain = _create(aws__CalledVia="appflow.amazonaws.com")
    unknown = Request("secretsmanager:CreateSecret", unknown=["secretsmanager:Name"])

    point = OpenPoint.SYSTEM_TAG_AT_CREATION
    assert _needs(managed, point) == ["secretsmanager:TagResource"]
    assert _needs(plain, point) == []
    assert _needs(unknown, point) == []


@pytest.mark.parametrize(
    ("action", "principal", "rule"),
    [
        ("sts:GetSessionToken", _ROLE, "R-CRED-01"),
        ("iam:ListUsers", f"arn:aws:sts::{_ACCOUNT}:federated-user/f", "R-CRED-01"),
        ("sts:AssumeRole", f"arn:aws:sts::{_ACCOUNT}:federated-user/f", "R-CRED-01"),
        ("sts:AssumeRole", _ACCOUNT, "R-XACC-04"),
    ],
)
def test_services_say_more_than_policies(action: str, principal: str, rule: str) -> None:
    remarks = service_remarks(RequestContext(Request(action, principal=principal)))

    assert [remark.rule for remark in remarks] == [rule]


@pytest.mark.parametrize(
    ("action", "principal"),
    [
        ("sts:GetCallerIdentity", f"arn:aws:sts::{_ACCOUNT}:federated-user/f"),
        ("s3:ListBucket", f"arn:aws:sts::{_ACCOUNT}:federated-user/f"),
        ("s3:ListBucket", _ROLE),
        ("s3:ListBucket", _ACCOUNT),
        ("s3:ListBucket", None),
        ("s3:ListBucket", f"arn:aws:iam::{_ACCOUNT}:user/u"),
    ],
)
def test_services_are_silent_on_other_calls(action: str, principal: str | None) -> None:
    assert service_remarks(RequestContext(Request(action, principal=principal))) == ()


@pytest.mark.parametrize(
    ("name", "chain", "rules"),
    [
        ("appflow!x", None, ["R-AF-02"]),
        ("appflow!x", "appflow.amazonaws.com", []),
        ("appflow!x", "redshift.amazonaws.com", ["R-AF-02"]),
        ("plain", None, []),
    ],
)
def test_managed_names_are_reserved(name: str, chain: str | None, rules: list[str]) -> None:
    request = Request(
        "secretsmanager:CreateSecret",
        context={"secretsmanager:Name": name, "aws:CalledVia": chain},
    )

    assert [remark.rule for remark in service_remarks(RequestContext(request))] == rules


def test_an_unknown_name_is_not_judged() -> None:
    request = Request("secretsmanager:CreateSecret", unknown=["secretsmanager:Name"])

    assert service_remarks(RequestContext(request)) == ()
    assert isinstance(RequestContext(request).candidates(key_named("secretsmanager:Name")), Unknown)


def test_reserved_tags_are_told() -> None:
    request = Request("secretsmanager:TagResource", request_tags={"AWS:x": "y", "z": "y"})

    (remark,) = service_remarks(RequestContext(request))

    assert remark.rule == "R-AF-06"
    assert "`AWS:x`" in remark.text


_ALLOW = pe.parse('{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}')


@pytest.mark.parametrize(
    ("request_", "note"),
    [
        (Request("nosuch:Do"), "lists no service `nosuch`"),
        (Request("s3:GetObjet"), "did you mean `s3:GetObject`"),
        (Request("s3:Zzzzzzzz"), "lists no action `s3:Zzzzzzzz`"),
        (Request("secretsmanager:ListSecrets", "arn:aws:sqs:us-east-1:1:q"), "resource type"),
        (
            Request("secretsmanager:CreateSecret", context={"secretsmanager:SecretId": "x"}),
            "lists no `secretsmanager:SecretId` for secretsmanager:CreateSecret",
        ),
        (Request("s3:GetObject", "arn:aws:s3:::b/*"), "characters of the resource's name"),
        (Request("s3:GetObject", "arn:aws:s3:::b/x"), "an S3 ARN names no account"),
        (Request("s3:GetObject"), "the caller is not said"),
    ],
)
def test_what_was_assumed_is_said(request_: Request, note: str) -> None:
    notes = pe.explain(_ALLOW, request_).notes

    assert any(note in each for each in notes), notes


def test_a_key_nobody_lists_is_remarked_on() -> None:
    policies = pe.parse(
        '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*",'
        ' "Condition": {"StringEquals": {"aws:nosuch": "x"}}}}'
    )

    notes = pe.explain(policies, Request("s3:GetObject", "arn:aws:s3:::b/x")).notes

    assert any("condition key `aws:nosuch`" in note for note in notes)


def test_nothing_is_said_where_nothing_was_assumed() -> None:
    request = Request(
        "secretsmanager:DescribeSecret",
        f"arn:aws:secretsmanager:us-east-1:{_ACCOUNT}:secret:app-AbCdEf",
        principal=_ROLE,
        context={"aws:SourceIp": None},
    )

    assert pe.explain(_ALLOW, request).notes == ()


@pytest.mark.parametrize(
    ("action", "resource", "said"),
    [
        ("appflow:CreateFlow", "arn:aws:appflow:*:*:flow/scn-*", True),
        ("appflow:CreateFlow", "*", False),
        ("secretsmanager:ListSecrets", "arn:aws:secretsmanager:*:*:secret:*", False),
    ],
)
def test_a_statement_that_is_passed_over_is_told(action: str, resource: str, said: bool) -> None:
    policies = pe.PolicySet(
        [{"Statement": {"Effect": "Allow", "Action": action, "Resource": resource}}]
    )

    notes = pe.explain(policies, Request(action, principal=_ROLE)).notes

    assert any("R-AF-08" in note for note in notes) is said


def test_a_call_on_several_resources_is_told() -> None:
    instance = "arn:aws:ec2:us-east-1:111122223333:instance/i-1"

    notes = pe.explain(_ALLOW, Request("ec2:RunInstances", instance, principal=_ROLE)).notes

    assert any("R-RES-12" in note for note in notes)


def test_tags_an_action_does_not_know_are_told() -> None:
    request = Request(
        "appflow:UseConnectorProfile",
        "arn:aws:appflow:us-east-1:111122223333:connectorprofile/p",
        principal=_ROLE,
        resource_tags={"a": "b"},
    )

    notes = pe.explain(_ALLOW, request).notes

    assert any("resource tags for appflow:UseConnectorProfile" in note for note in notes)
