"""The policies of resources and VPC endpoints, whoever sets them."""

from __future__ import annotations

import pytest

from policy_eval.errors import SourceError
from policy_eval.sources.accounts import Accounts
from policy_eval.sources.lambda_permission import principal_element
from policy_eval.sources.model import Document, Resource
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
    refusal,
    state,
    text,
    to,
)

_DENY = text(deny("*", Principal="*"))
_ACCOUNT = "111122223333"
_SECRET = "arn:aws:secretsmanager:us-east-1:111122223333:secret:"
_FUNCTION = f"arn:aws:lambda:us-east-1:{_ACCOUNT}:function:f"
_NEW = ("arn", "id", "policy")


def _resource(value: Json, arn: str) -> Resource:
    return read(value).resources[arn]


def _document(value: Json, arn: str) -> Document:
    found = _resource(value, arn).policy
    assert found is not None
    return found


# Each type

_TYPES = pytest.mark.parametrize(
    ("kind", "name", "by", "named", "arn"),
    [
        ("secretsmanager_secret", "name", "secret_arn", "team/s", f"{_SECRET}team/s-??????"),
        ("s3_bucket", "bucket", "bucket", "logs", "arn:aws:s3:::logs"),
        ("kms_key", "key_id", "key_id", "1234abcd",
         f"arn:aws:kms:us-east-1:{_ACCOUNT}:key/1234abcd"),
        ("sqs_queue", "name", "queue_url", "jobs", f"arn:aws:sqs:us-east-1:{_ACCOUNT}:jobs"),
        ("sns_topic", "name", "arn", "news", f"arn:aws:sns:us-east-1:{_ACCOUNT}:news"),
    ],
)  # fmt: skip


@_TYPES
def test_a_resource_has_the_policy_that_another_sets(
    kind: str, name: str, by: str, named: str, arn: str
) -> None:
    resource = Res(f"aws_{kind}.x", {name: named}, _NEW)
    policy = Res(
        f"aws_{kind}_policy.p", {"policy": _DENY}, (by,), refers={by: to(f"aws_{kind}.x.id")}
    )

    found = _resource(plan(resource, policy), arn)

    assert found.policy is not None
    assert (found.policy.content, found.account) == (_DENY, _ACCOUNT)
    assert found.policy.where.path == f"aws_{kind}_policy.p.policy"


@_TYPES
def test_a_policy_finds_the_resource_that_it_names(
    kind: str, name: str, by: str, named: str, arn: str
) -> None:
    given = {
        "queue_url": f"https://sqs.us-east-1.amazonaws.com/{_ACCOUNT}/jobs",
        "arn": arn,
    }.get(by, named)
    policy = Res(f"aws_{kind}_policy.p", {by: given, "policy": _DENY})
    resource = Res(f"aws_{kind}.x", {name: named}, _NEW)
    another = Res(f"aws_{kind}.y", {name: "another"}, _NEW)

    assert _document(plan(policy), arn).content == _DENY
    both = read(plan(another, resource, policy)).resources
    assert {key for key, each in both.items() if each.policy and each.policy.content == _DENY} == {
        arn
    }


@_TYPES
def test_a_policy_of_nobody_knows_what_leaves_all_of_the_type_open(
    kind: str, name: str, by: str, named: str, arn: str
) -> None:
    resource = Res(f"aws_{kind}.x", {name: named}, _NEW)
    policy = Res(f"aws_{kind}_policy.p", {"policy": _DENY}, (by,), refers={by: ("local.x",)})

    document = _document(plan(resource, policy), arn)

    assert document.content is None
    assert document.unknown == (
        f"aws_{kind}_policy.p.{by} is known only after apply (it refers to local.x)"
    )


@pytest.mark.parametrize(
    ("kind", "by", "action", "resource", "other"),
    [
        ("secretsmanager_secret", "secret_arn", "secretsmanager:GetSecretValue",
         f"arn:aws:secretsmanager:eu-west-1:{_ACCOUNT}:secret:any-AbCdEf",
         "arn:aws:secretsmanager:eu-west-1:444455556666:secret:any-AbCdEf"),
        ("s3_bucket", "bucket", "s3:GetObject", "arn:aws:s3:::any/key", None),
        ("kms_key", "key_id", "kms:Decrypt", f"arn:aws:kms:eu-west-1:{_ACCOUNT}:key/any",
         "arn:aws:kms:eu-west-1:444455556666:key/any"),
    ],
)  # fmt: skip
def test_a_policy_of_nobody_knows_what_may_be_that_of_resources_elsewhere(
    kind: str, by: str, action: str, resource: str, other: str | None
) -> None:
    policy = Res(f"aws_{kind}_policy.p", {"policy": _DENY}, (by,), refers={by: ("local.x",)})
    found = read(plan(policy))

    assert Accounts(found).resource_policy(action, resource) is not None
    assert Accounts(found).resource_policy(action, other) is None


def test_a_policy_in_an_account_that_is_not_told_may_be_in_any() -> None:
    policy = Res("aws_kms_key_policy.p", {"policy": _DENY}, ("key_id",),
                 refers={"key_id": ("local.x",)})  # fmt: skip

    assert [*read(plan(policy), account=None).resources] == ["arn:aws:kms:*:*:key/*"]


def test_a_reference_to_a_resource_of_another_type_is_not_followed() -> None:
    bucket = Res("aws_s3_bucket.b", {"bucket": "b"}, _NEW)
    secret = Res("aws_secretsmanager_secret.s", {"name": "s"}, _NEW)
    policy = Res(
        "aws_secretsmanager_secret_policy.p", {"policy": _DENY}, ("secret_arn",),
        refers={"secret_arn": to("aws_s3_bucket.b.arn")},
    )  # fmt: skip

    found = read(plan(bucket, secret, policy)).resources

    assert found["arn:aws:s3:::b"].policy is None
    assert _document(plan(bucket, secret, policy), f"{_SECRET}s-??????").content is None


def test_a_policy_that_a_resource_sets_itself_is_its_own() -> None:
    arn = f"{_SECRET}s-AbCdEf"
    secret = Res("aws_secretsmanager_secret.s", {"name": "s", "arn": arn, "policy": _DENY,
                                                 "tags": {"env": "dev"}})  # fmt: skip
    without = Res("aws_secretsmanager_secret.t", {"name": "t", "arn": f"{_SECRET}t-AbCdEf",
                                                  "policy": ""})  # fmt: skip
    found = read(state(secret, without)).resources

    assert found[arn].policy == Document(
        "policy of secretsmanager secret:s-AbCdEf", _DENY,
        read(state(secret)).resources[arn].where.at("policy"),
    )  # fmt: skip
    assert found[arn].tags == (("env", "dev"),)
    assert found[f"{_SECRET}t-AbCdEf"].policy is None


def test_a_resource_of_which_the_tags_are_not_known_is_open() -> None:
    queue = Res("aws_sqs_queue.q", {"name": "q", "tags": {"env": None}},
                {"arn": True, "tags": {"env": True}})  # fmt: skip

    by_provider = Res("aws_sqs_queue.q", {"name": "q"}, ("arn", "tags_all"))
    default = {"default_tags": [{"tags": {"references": ["local.tags"]}}]}
    providers = {"aws": {"name": "aws", "expressions": default}}
    set_elsewhere = Res("aws_sqs_queue_policy.p", {"policy": _DENY}, ("queue_url",),
                        refers={"queue_url": to("aws_sqs_queue.q.url")})  # fmt: skip
    arn = f"arn:aws:sqs:us-east-1:{_ACCOUNT}:q"

    assert _document(plan(queue, set_elsewhere), arn).unknown == (
        "aws_sqs_queue.q.tags is known only after apply"
    )
    assert _document(plan(by_provider, providers=providers), arn).unknown == (
        "aws_sqs_queue.q.tags_all is known only after apply: `default_tags`"
    )
    assert _resource(plan(by_provider), arn).policy is None


def test_a_name_that_is_not_known_is_stood_for() -> None:
    bucket = Res("aws_s3_bucket.b", {"bucket_prefix": "logs-"}, ("arn", "id", "bucket"))

    found = read(plan(bucket))

    assert [*found.resources] == ["arn:aws:s3:::logs-aws_s3_bucket.b"]
    assert found.notes[0].startswith("the name of aws_s3_bucket.b is known only after apply")


def test_a_queue_is_found_by_its_url_in_whatever_account_and_region() -> None:
    def queue(url: str) -> list[str]:
        values = {"queue_url": url, "policy": _DENY}
        return [*read(plan(Res("aws_sqs_queue_policy.p", values))).resources]

    assert queue("https://sqs.eu-west-1.amazonaws.com/444455556666/jobs") == [
        "arn:aws:sqs:eu-west-1:444455556666:jobs"
    ]
    assert queue("https://queue.amazonaws.com/444455556666/jobs") == [
        "arn:aws:sqs:us-east-1:444455556666:jobs"
    ]


def test_what_is_no_url_of_a_queue_is_refused() -> None:
    policy = Res("aws_sqs_queue_policy.p", {"queue_url": "jobs", "policy": _DENY})

    assert refusal(plan(policy)) == (
        "plan.json: aws_sqs_queue_policy.p.queue_url: `jobs` is no URL of a queue"
    )


def test_a_resource_that_is_left_out_is_left_alone() -> None:
    errors: list[SourceError] = []
    bad = Res("aws_sqs_queue.bad", {"name": 1})
    good = Res("aws_sqs_queue.good", {"name": "good"}, _NEW)
    policy = Res("aws_sqs_queue_policy.p", {"policy": _DENY}, ("queue_url",),
                 refers={"queue_url": ("local.q",)})  # fmt: skip

    found = read_terraform(plan(bad, good, policy), FILE, errors.append, _ACCOUNT)

    assert len(errors) == 1
    assert [*found.resources] == [
        f"arn:aws:sqs:us-east-1:{_ACCOUNT}:good", f"arn:aws:sqs:*:{_ACCOUNT}:*",
    ]  # fmt: skip


def test_two_resources_of_a_name_are_refused_or_left_open() -> None:
    errors: list[SourceError] = []
    queue = Res("aws_sqs_queue.q", {"name": "q", "policy": _DENY}, ("arn",))
    value = plan(queue, queue._replace(address="aws_sqs_queue.r"))
    arn = f"arn:aws:sqs:us-east-1:{_ACCOUNT}:q"

    found = read_terraform(value, FILE, errors.append, _ACCOUNT)

    policy = found.resources[arn].policy
    assert policy is not None
    assert policy.unknown == f"plan.json holds {arn} twice"
    assert refusal(value) == f"plan.json: aws_sqs_queue.r: aws_sqs_queue.q is {arn}, too"
    assert len(errors) == 1


# A secret that is still to be made (R-SM-04)


def test_a_new_secret_is_found_whatever_its_suffix() -> None:
    secret = Res("aws_secretsmanager_secret.s", {"name": "s", "tags": {"env": "dev"}}, _NEW)
    policy = Res(
        "aws_secretsmanager_secret_policy.p", {"policy": _DENY}, ("secret_arn",),
        refers={"secret_arn": to("aws_secretsmanager_secret.s.arn")},
    )  # fmt: skip
    role = Res("aws_iam_role.r", {"name": "r"}, ("arn",))
    inline = Res("aws_iam_role_policy.i", {"role": "r", "name": "i",
                                           "policy": text(allow("secretsmanager:*"))})  # fmt: skip
    found = read(plan(secret, policy, role, inline))

    for suffix, decision in (
        ("", "explicitDeny"),
        ("-Ab12Ef", "explicitDeny"),
        ("-other-Ab12Ef", "allowed"),
    ):
        got = decided(found, "r", "secretsmanager:GetSecretValue", f"{_SECRET}s{suffix}")
        assert got.decision == decision
    assert Accounts(found).tags(f"{_SECRET}s-Ab12Ef") == {"env": "dev"}
    assert Accounts(found).owner(f"{_SECRET}s-Ab12Ef") == _ACCOUNT


# What AWS sets itself


def test_a_new_key_has_the_default_policy() -> None:
    key = Res("aws_kms_key.k", {"description": "k"}, (*_NEW, "key_id"))
    arn = f"arn:aws:kms:us-east-1:{_ACCOUNT}:key/aws_kms_key.k"

    document = _document(plan(key), arn)

    assert document.content == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Enable IAM User Permissions",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{_ACCOUNT}:root"},
                "Action": "kms:*",
                "Resource": "*",
            }
        ],
    }


def test_the_policy_of_a_new_topic_is_unknown_as_sns_gives_it_one() -> None:
    topic = Res("aws_sns_topic.t", {"name": "t"}, _NEW)
    document = _document(plan(topic), f"arn:aws:sns:us-east-1:{_ACCOUNT}:t")

    assert document.unknown == (
        "aws_sns_topic.t sets no policy: Amazon SNS gives the topic one of its own"
    )


# Permissions of functions


def _permission(unknown: tuple[str, ...] = (), **values: object) -> Res:
    whole = {
        "statement_id": "Events", "action": "lambda:InvokeFunction",
        "function_name": "f", "principal": "events.amazonaws.com",
    }  # fmt: skip
    return Res("aws_lambda_permission.p", whole | values, unknown, sets=unknown)


def _permitted(*permissions: Res, arn: str = _FUNCTION) -> Document:
    function = Res("aws_lambda_function.f", {"function_name": "f"}, ("arn",))
    return _document(plan(function, *permissions), arn)


def _statement(document: Document) -> Json:
    assert isinstance(document.content, dict)
    (statement,) = document.content["Statement"]
    assert isinstance(statement, dict)
    return statement


def test_each_permission_is_a_statement_of_the_policy_of_its_function() -> None:
    other = Res("aws_lambda_permission.q", {
        "action": "lambda:InvokeFunction", "function_name": _FUNCTION, "principal": "444455556666",
        "source_account": "444455556666", "principal_org_id": "o-abc", "event_source_token": "t",
        "function_url_auth_type": "AWS_IAM",
    })  # fmt: skip

    document = _permitted(_permission(source_arn="arn:aws:events:us-east-1:1:rule/r"), other)

    assert document.content == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Events", "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "lambda:InvokeFunction",
                "Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:events:us-east-1:1:rule/r"}},
                "Resource": _FUNCTION,
            },
            {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::444455556666:root"},
                "Action": "lambda:InvokeFunction",
                "Condition": {"StringEquals": {
                    "AWS:SourceAccount": "444455556666", "aws:PrincipalOrgID": "o-abc",
                    "lambda:EventSourceToken": "t", "lambda:FunctionUrlAuthType": "AWS_IAM",
                }},
                "Resource": _FUNCTION,
            },
        ],
    }  # fmt: skip
    assert document.unsure == ()


@pytest.mark.parametrize(
    ("given", "principal"),
    [
        ("*", "*"),
        ("arn:aws:iam::444455556666:role/r", {"AWS": "arn:aws:iam::444455556666:role/r"}),
        ("s3.amazonaws.com", {"Service": "s3.amazonaws.com"}),
    ],
)
def test_a_principal_is_told_by_its_form(given: str, principal: object) -> None:
    assert _statement(_permitted(_permission(principal=given)))["Principal"] == principal


def test_a_permission_on_a_version_is_on_that_version() -> None:
    arn = f"{_FUNCTION}:live"

    found = read(plan(_permission(qualifier="live"))).resources

    assert [*found] == [arn]
    assert found[arn].account == _ACCOUNT
    assert _statement(_permitted(_permission(qualifier="live"), arn=arn))["Resource"] == arn


def test_a_permission_with_a_value_that_is_not_known_is_open() -> None:
    document = _permitted(_permission(("source_arn",)))

    assert [(each.number, each.why) for each in document.unsure] == [
        (1, "aws_lambda_permission.p.source_arn is known only after apply")
    ]


def test_a_permission_may_be_of_calls_through_a_function_url_alone() -> None:
    document = _permitted(_permission(principal="*", invoked_via_function_url=True))

    assert _statement(document)["Condition"] == {"Bool": {"lambda:InvokedViaFunctionUrl": True}}


def test_an_unknown_action_and_principal_may_be_any() -> None:
    document = _permitted(_permission(("action", "principal"), action=None, principal=None))

    assert (_statement(document)["Action"], _statement(document)["Principal"]) == ("lambda:*", "*")
    assert [each.why for each in document.unsure] == [
        (
            "aws_lambda_permission.p.action is known only after apply; "
            "aws_lambda_permission.p.principal is known only after apply"
        )
    ]


def test_a_permission_on_nobody_knows_what_leaves_every_function_open() -> None:
    unknown = Res("aws_lambda_permission.u", {"action": "lambda:InvokeFunction",
                                              "principal": "*"}, ("function_name",),
                  refers={"function_name": ("local.f",)})  # fmt: skip

    document = _permitted(_permission(), unknown)

    assert document.content is None
    assert document.unknown == (
        "aws_lambda_permission.u.function_name is known only after apply (it refers to local.f)"
    )


def test_a_function_without_permissions_has_no_policy() -> None:
    function = Res("aws_lambda_function.f", {"function_name": "f", "arn": _FUNCTION}, (), NOTHING)

    assert _resource(plan(function), _FUNCTION).policy is None


# Endpoints


def test_endpoints_have_their_policies_by_id() -> None:
    own = Res("aws_vpc_endpoint.a", {"id": "vpce-1", "policy": _DENY})
    other = Res("aws_vpc_endpoint.b", {"id": "vpce-2", "policy": _DENY})
    new = Res("aws_vpc_endpoint.c", {"service_name": "x"}, ("id", "policy"))
    set_later = Res("aws_vpc_endpoint_policy.p", {"vpc_endpoint_id": "vpce-2"})
    of_new = Res("aws_vpc_endpoint_policy.q", {"policy": _DENY}, ("vpc_endpoint_id",),
                 refers={"vpc_endpoint_id": to("aws_vpc_endpoint.c.id")})  # fmt: skip
    whole = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
    }

    before = read(plan(own, other, new)).endpoints
    after = read(plan(own, other, new, set_later, of_new)).endpoints

    assert [each.content for each in before.values()] == [_DENY, _DENY, whole]
    assert {name: each.content for name, each in after.items()} == {
        "vpce-1": _DENY, "vpce-2": whole, "aws_vpc_endpoint.c": _DENY,
    }  # fmt: skip


def test_a_policy_of_nobody_knows_which_endpoint_leaves_all_open() -> None:
    endpoint = Res("aws_vpc_endpoint.a", {"id": "vpce-1", "policy": _DENY})
    policy = Res("aws_vpc_endpoint_policy.p", {"policy": _DENY}, ("vpc_endpoint_id",),
                 sets=("vpc_endpoint_id",))  # fmt: skip

    document = read(plan(endpoint, policy)).endpoints["vpce-1"]

    assert document.unknown == (
        "aws_vpc_endpoint_policy.p.vpc_endpoint_id is known only after apply"
    )


def test_an_account_that_may_invoke_has_digits_of_ascii() -> None:
    assert principal_element("111122223333", "aws") == {"AWS": "arn:aws:iam::111122223333:root"}
    assert principal_element("١١١١٢٢٢٢٣٣٣٣", "aws") == {"Service": "١١١١٢٢٢٢٣٣٣٣"}


# Policies that the plan deletes


def _deleted(kind: str, by: str, target: str) -> Res:
    return Res(f"{kind}_policy.p", {}, (), ("delete",), {by: target, "policy": _DENY})


def _held(kind: str, **values: object) -> Res:
    whole = {"policy": _DENY, **values}
    return Res(f"{kind}.x", whole, (), NOTHING, whole)


@pytest.mark.parametrize(
    ("kind", "by", "target", "arn", "is_open"),
    [
        ("aws_secretsmanager_secret", "secret_arn", f"{_SECRET}s-AbCdEf", f"{_SECRET}s-AbCdEf",
         False),
        ("aws_s3_bucket", "bucket", "logs", "arn:aws:s3:::logs", False),
        ("aws_sqs_queue", "queue_url", f"https://sqs.us-east-1.amazonaws.com/{_ACCOUNT}/jobs",
         f"arn:aws:sqs:us-east-1:{_ACCOUNT}:jobs", False),
        ("aws_kms_key", "key_id", "1234abcd", f"arn:aws:kms:us-east-1:{_ACCOUNT}:key/1234abcd",
         True),
        ("aws_sns_topic", "arn", f"arn:aws:sns:us-east-1:{_ACCOUNT}:news",
         f"arn:aws:sns:us-east-1:{_ACCOUNT}:news", True),
    ],
)  # fmt: skip
def test_a_policy_that_the_plan_deletes_is_gone(
    kind: str, by: str, target: str, arn: str, *, is_open: bool
) -> None:
    name = "bucket" if kind == "aws_s3_bucket" else "key_id" if kind == "aws_kms_key" else "name"
    held = _held(kind, arn=arn, **{name: target})
    gone, elsewhere = _deleted(kind, by, target), _deleted(kind, "x", target)
    stays = Res(f"{kind}_policy.q", {by: target, "policy": _DENY})
    own = held._replace(sets=("policy",))

    policy = _resource(plan(held, gone), arn).policy

    assert (policy is not None) == is_open
    if policy is not None:
        assert policy.unknown == (
            f"plan.json does not tell what is left once {kind}_policy.p is gone"
        )
    without_block = _document(plan(held._replace(has_block=False), gone), arn)
    assert without_block.content is None
    for value in (plan(held, elsewhere), plan(own, gone), plan(held, gone, stays)):
        assert _document(value, arn).content == _DENY


def test_an_endpoint_has_full_access_once_its_policy_is_deleted() -> None:
    endpoint = _held("aws_vpc_endpoint", id="vpce-1")
    gone = _deleted("aws_vpc_endpoint", "vpc_endpoint_id", "vpce-1")
    own = endpoint._replace(sets=("policy",))

    assert read(plan(endpoint, gone)).endpoints["vpce-1"].content != _DENY
    assert read(plan(own, gone)).endpoints["vpce-1"].content == _DENY
    without_block = plan(endpoint._replace(has_block=False), gone)
    assert read(without_block).endpoints["vpce-1"].unknown == (
        "plan.json does not tell what is left once aws_vpc_endpoint_policy.p is gone"
    )


def test_the_deleted_policy_of_a_resource_that_is_left_out_is_left_alone() -> None:
    errors: list[SourceError] = []
    bad = _held("aws_s3_bucket", arn="arn:aws:s3:::logs", bucket="logs")
    bad = bad._replace(values={**bad.values, "policy": 1})
    gone = _deleted("aws_s3_bucket", "bucket", "logs")
    unknown = Res("aws_s3_bucket_policy.q", {"policy": _DENY}, ("bucket",),
                  refers={"bucket": ("local.b",)})  # fmt: skip

    found = read_terraform(plan(bad, gone, unknown), FILE, errors.append, _ACCOUNT)

    assert [*found.resources] == ["arn:aws:s3:::*"]
    assert len(errors) == 1
