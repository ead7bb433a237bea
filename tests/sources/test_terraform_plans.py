"""Which instances a plan or state has in the end, and whose they are."""

from __future__ import annotations

import pytest

from policy_eval.errors import SourceError
from policy_eval.sources.terraform.instances import has_unknown, is_terraform
from policy_eval.sources.terraform.read import read_terraform
from tests.sources.plans import (
    CREATE,
    FILE,
    NOTHING,
    READ,
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

_POLICY = text(allow("s3:GetObject"))
_ARN = "arn:aws:iam::444455556666:policy/"


def _policy(name: str, **more: object) -> Json:
    return {"name": name, "path": "/", "policy": _POLICY, **more}


def _arns(value: object, account: str | None = "111122223333") -> list[str]:
    return [*read(value, account).managed]


# What is recognised


@pytest.mark.parametrize(
    ("value", "known"),
    [
        (plan(), True),
        (state(), True),
        ({"format_version": "1.0"}, True),
        ({"format_version": "1.0", "provider_schemas": {}}, False),
        ({"version": 4, "terraform_version": "1.9.8", "lineage": "x", "resources": []}, True),
        ({"terraform_version": "1.9.8"}, False),
        ({"RoleDetailList": []}, False),
        ([], False),
    ],
)
def test_plans_and_states_are_recognised(value: object, known: bool) -> None:
    assert is_terraform(value) is known


@pytest.mark.parametrize(
    "value", [{"format_version": "1.0"}, {"format_version": "1.0", "terraform_version": "1.9.8"}]
)
def test_an_output_with_nothing_in_it_is_refused(value: dict[str, object]) -> None:
    with pytest.raises(SourceError, match="there is nothing in it; expected values, planned"):
        read(value)


def test_an_empty_state_holds_nothing() -> None:
    found = read({"format_version": "1.0", "values": {}})

    assert (found.managed, found.entities, found.resources) == ({}, {}, {})
    assert found.organization is None


def test_a_state_file_is_refused_with_what_to_do() -> None:
    with pytest.raises(SourceError, match="this is no output of `terraform show`") as refused:
        read({"version": 4, "terraform_version": "1.9.8", "lineage": "x", "resources": []})

    assert "terraform show -json" in refused.value.diagnostics[0].remedy


def test_a_later_major_version_is_refused() -> None:
    assert refusal({**plan(), "format_version": "2.0"}) == (
        "plan.json: format_version: format 2.0 of Terraform is not known here"
    )


def test_values_that_are_no_object_are_refused_by_address() -> None:
    resource = state(Res("aws_iam_policy.p", {}))
    module = resource["values"]
    assert isinstance(module, dict)
    module["root_module"]["resources"][0]["values"] = []

    assert refusal(resource) == "plan.json: aws_iam_policy.p: its values are no object"


def test_an_argument_of_another_type_is_refused_by_address() -> None:
    assert refusal(state(Res("aws_iam_policy.p", _policy("p", path=["/"])))) == (
        "plan.json: aws_iam_policy.p.path: a list stands where a text is expected"
    )


@pytest.mark.parametrize("kind", ["aws_iam_policy", "aws_sns_topic"])
def test_what_is_no_arn_is_refused(kind: str) -> None:
    assert refusal(state(Res(f"{kind}.x", {"name": "x", "arn": "x"}))) == (
        f"plan.json: {kind}.x.arn: `x` is no ARN"
    )


def test_what_cannot_be_read_is_left_out_where_that_is_wanted() -> None:
    errors: list[SourceError] = []
    bad = [
        Res("aws_iam_policy.bad", {"name": "bad", "policy": 1}),
        Res("aws_iam_role.bad", {"name": 1}),
        Res("aws_sqs_queue.bad", {"name": 1}),
        Res("aws_organizations_policy.bad", {"name": 1}),
    ]
    good = Res("aws_iam_policy.good", _policy("good"))

    found = read_terraform(state(*bad, good), FILE, errors.append, "111122223333")

    assert [*found.managed] == ["arn:aws:iam::111122223333:policy/good"]
    assert len(errors) == len(bad)
    for each in bad:
        with pytest.raises(SourceError):
            read(state(each))


# What a plan leaves


def test_what_a_plan_deletes_is_gone_and_what_it_does_not_touch_stays() -> None:
    old = {name: _policy(name, arn=f"{_ARN}{name}") for name in ("gone", "kept", "same", "lost")}
    value = plan(
        Res("aws_iam_policy.gone", {}, actions=("delete",), before=old["gone"]),
        Res("aws_iam_policy.same", old["same"], actions=NOTHING, before=old["same"]),
        Res("aws_iam_policy.lost", {}, actions=("forget",), before=old["lost"]),
        prior=tuple(Res(f"aws_iam_policy.{name}", values) for name, values in old.items()),
    )

    assert _arns(value) == [f"{_ARN}same", f"{_ARN}kept", f"{_ARN}lost"]


def test_what_was_moved_is_there_once() -> None:
    values = _policy("p", arn=f"{_ARN}p")
    moved = Res("aws_iam_policy.new", values, actions=NOTHING, before=values,
                previous="aws_iam_policy.old")  # fmt: skip

    found = read(plan(moved, prior=(Res("aws_iam_policy.old", values),)))

    assert found.managed[f"{_ARN}p"].where.path == "aws_iam_policy.new.policy"


def test_an_object_that_an_earlier_replacement_left_is_not_looked_at() -> None:
    value = plan(Res("aws_iam_policy.p", _policy("new"), actions=CREATE))
    changes = value["resource_changes"]
    assert isinstance(changes, list)
    old = Res("aws_iam_policy.p", {}, actions=("delete",), before=_policy("old")).change()
    changes.append({**old, "deposed": "deadbeef"})

    assert _arns(value) == ["arn:aws:iam::111122223333:policy/new"]


def test_a_plan_without_planned_values_is_read_for_its_prior_state() -> None:
    value = plan(prior=(Res("aws_iam_policy.p", _policy("p", arn=f"{_ARN}p")),))
    del value["planned_values"]

    assert _arns(value) == [f"{_ARN}p"]


def test_deferred_changes_are_left_out_by_address() -> None:
    change = Res("aws_iam_role.later", {}).change()
    deferred = [{"reason": "resource_config_unknown", "resource_change": change}]

    (left_out,) = read(plan(deferred_changes=deferred)).left_out

    assert str(left_out) == (
        "plan.json: aws_iam_role.later: aws_iam_role.later: its change is deferred to a later plan"
    )


def test_other_types_are_left_out_by_address() -> None:
    value = state(
        Res('module.net.aws_vpc.main["a"]', {"cidr_block": "10.0.0.0/16"}),
        Res("aws_ecr_repository_policy.app", {"repository": "app", "policy": _POLICY}),
        Res("data.aws_region.current", {"id": "us-east-1"}),
    )

    assert [(each.what, each.why) for each in read(value).left_out] == [
        ("aws_ecr_repository_policy.app", "its policy is not read"),
        ('module.net.aws_vpc.main["a"]', "resources of the type aws_vpc are not read"),
    ]


def test_marks_of_unknown_values_are_found_at_any_depth() -> None:
    assert has_unknown({"a": [False, {"b": True}]})
    assert not has_unknown({"a": [False, {}], "b": False})


# Accounts and Regions


def _made(providers: Json, *more: Res, account: str | None = "111122223333") -> str:
    queue = Res("aws_sqs_queue.q", {"name": "jobs"}, ("arn",))
    value = plan(
        queue, prior=more, providers=providers, variables={"region": {"value": "eu-west-1"}}
    )
    return next(arn for arn in read(value, account).resources if arn.endswith("jobs"))


def _provider(**expressions: object) -> Json:
    return {"aws": {"name": "aws", "expressions": expressions}}


def test_account_and_region_are_those_of_the_provider() -> None:
    role = {"constant_value": "arn:aws:iam::444455556666:role/deploy"}
    assumed = _provider(assume_role=[{"role_arn": role}], region={"references": ["var.region"]})
    allowed = _provider(
        allowed_account_ids={"constant_value": ["444455556666"]},
        region={"constant_value": "cn-north-1"},
    )
    several = _provider(
        allowed_account_ids={"constant_value": ["444455556666", "777788889999"]},
        region={"references": ["var.other", "var.region"]},
    )

    assert _made(assumed) == "arn:aws:sqs:eu-west-1:444455556666:jobs"
    assert _made(allowed) == "arn:aws-cn:sqs:cn-north-1:444455556666:jobs"
    assert _made(several) == "arn:aws:sqs:us-east-1:111122223333:jobs"
    assert _made({}) == "arn:aws:sqs:us-east-1:111122223333:jobs"


def test_account_and_region_are_those_that_data_sources_tell() -> None:
    identity = Res("data.aws_caller_identity.me", {"account_id": "444455556666"})
    region = Res("data.aws_region.here", {"id": "us-gov-west-1"})
    other = (identity._replace(provider="other"), region._replace(provider="other"))

    made = _made(_provider(), identity, region)
    elsewhere = _made({**_provider(), "other": {"name": "aws"}}, *other)

    assert made == "arn:aws-us-gov:sqs:us-gov-west-1:444455556666:jobs"
    assert elsewhere == "arn:aws:sqs:us-east-1:111122223333:jobs"


def test_account_and_region_are_those_of_other_arns_of_the_provider() -> None:
    topic = Res("aws_sns_topic.t", {"name": "t", "arn": "arn:aws:sns:eu-north-1:444455556666:t"})
    third = Res("aws_sns_topic.u", {"name": "u", "arn": "arn:aws:sns:eu-north-1:777788889999:u"})

    assert _made(_provider(), topic) == "arn:aws:sqs:eu-north-1:444455556666:jobs"
    assert _made(_provider(), topic, third) == "arn:aws:sqs:eu-north-1:111122223333:jobs"


def test_providers_of_modules_may_be_named_by_the_module() -> None:
    queue = Res("aws_sqs_queue.q", {"name": "jobs"}, ("arn",), provider="module.child:aws")
    providers = _provider(region={"constant_value": "eu-west-1"})

    assert [*read(plan(queue, providers=providers)).resources] == [
        "arn:aws:sqs:eu-west-1:111122223333:jobs"
    ]


def test_what_is_not_told_is_stood_for_and_said() -> None:
    value = plan(Res("aws_sqs_queue.q", {"name": "jobs"}, ("arn",)), providers={})

    found = read(value, account=None)

    assert [*found.resources] == ["arn:aws:sqs:us-east-1:000000000000:jobs"]
    assert found.notes == (
        "plan.json does not tell the Region: us-east-1 stands for it",
        "plan.json does not tell the account: 000000000000 stands for it",
        "plan.json tells what Terraform manages; what was attached by other means is not in it",
    )


def test_a_region_of_the_resource_itself_counts_first() -> None:
    queue = Res("aws_sqs_queue.q", {"name": "jobs", "region": "ap-south-1"}, ("arn",))

    assert [*read(plan(queue)).resources] == ["arn:aws:sqs:ap-south-1:111122223333:jobs"]


def test_a_block_without_a_provider_is_of_no_provider() -> None:
    value = plan(Res("aws_sqs_queue.q", {"name": "jobs"}, ("arn",)))
    configuration = value["configuration"]
    assert isinstance(configuration, dict)
    del configuration["root_module"]["resources"][0]["provider_config_key"]

    assert [*read(value).resources] == ["arn:aws:sqs:us-east-1:111122223333:jobs"]


def test_the_data_of_a_plan_are_read_once() -> None:
    document = Res(
        "data.aws_iam_policy_document.d", {"statement": []}, ("json",), actions=READ,
    )  # fmt: skip
    value = plan(
        document,
        Res("aws_iam_policy.p", {"name": "p"}, ("policy", "arn"),
            refers={"policy": to("data.aws_iam_policy_document.d.json")}),
        prior=(document._replace(values={"json": _POLICY}),),
    )  # fmt: skip

    document_of_p = read(value).managed["arn:aws:iam::111122223333:policy/p"]

    assert document_of_p.content is None
    assert document_of_p.unknown == (
        "aws_iam_policy.p.policy is known only after apply "
        "(it refers to data.aws_iam_policy_document.d.json)"
    )


# Plans that do not tell everything


def _deferred(resource: Res) -> Json:
    return {"reason": "instance_count_unknown", "resource_change": resource.change()}


def test_what_a_plan_puts_off_is_there_and_is_not_known() -> None:
    role = Res("aws_iam_role.r", {"name": "r"}, ("arn",))
    wide = Res("aws_iam_role_policy.w", {"role": "r", "name": "w", "policy": text(allow("*"))})
    later = [
        _deferred(Res(f'aws_iam_role_policy.guard["{key}"]',
                      {"role": "r", "name": key, "policy": text(deny("*"))}))
        for key in "ab"
    ]  # fmt: skip

    found = read(plan(role, wide, deferred_changes=later))
    (entity,) = found.entities.values()

    assert [each.content is None for each in entity.inline] == [False, True, True]
    assert decided(found, "r", "s3:GetObject", "arn:aws:s3:::b/k").decision == "undetermined"
    assert [each.what for each in found.left_out] == [
        'aws_iam_role_policy.guard["a"]', 'aws_iam_role_policy.guard["b"]',
    ]  # fmt: skip


def test_what_is_there_and_is_changed_later_is_not_known() -> None:
    arn = "arn:aws:iam::111122223333:role/r"
    values = {"name": "r", "arn": arn, "managed_policy_arns": [], "inline_policy": []}
    prior = Res("aws_iam_role.r", values)
    later = _deferred(prior._replace(actions=("delete",), before=values))

    found = read(plan(prior=(prior,), deferred_changes=[later]))

    assert [*found.entities] == [arn]
    assert decided(found, "r", "s3:GetObject", "arn:aws:s3:::b/k").decision == "undetermined"


def test_what_is_put_off_for_nobody_knows_whom_leaves_all_open() -> None:
    role = Res("aws_iam_role.r", {"name": "r"}, ("arn",))
    later = _deferred(
        Res("aws_iam_policy_attachment.a", {"roles": ["s", None]}, {"roles": [False, True]})
    )

    found = read(plan(role, deferred_changes=[later]))

    assert decided(found, "r", "s3:GetObject", "arn:aws:s3:::b/k").decision == "undetermined"


def test_a_plan_that_failed_is_refused_and_one_that_is_not_complete_says_so() -> None:
    assert refusal(plan(errored=True)) == (
        "plan.json: errored: the plan failed, so that not all of it is there"
    )
    assert "plan.json is not complete: a further plan will change more" in (
        read(plan(errored=False, complete=False)).notes
    )
    assert len(read(plan(complete=True)).notes) == 1
