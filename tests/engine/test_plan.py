"""What is remembered of requests that were decided: courses, what tells them apart, and bounds."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

import policy_eval as pe
from policy_eval.engine import plan as plan_module
from policy_eval.engine.decide import decide_call
from policy_eval.engine.plan import Course, Plan, recall
from policy_eval.request import request as request_module
from policy_eval.request.context import Given
from policy_eval.request.dependency import Dependency, On
from policy_eval.request.principal import Principal, parse_principal

_ACCOUNT = "111122223333"
_ROLE = f"arn:aws:iam::{_ACCOUNT}:role/Dev"
_SECRET = f"arn:aws:secretsmanager:us-east-1:{_ACCOUNT}:secret:app-AbCdEf"
_KEY = f"arn:aws:kms:us-east-1:{_ACCOUNT}:key/k"
_OBJECT = "arn:aws:s3:::b/k"
_NEW_YEAR, _EPOCH = "2026-01-01T00:00:00Z", "1767225600"
_EARLIER, _EARLIER_EPOCH = "2020-01-01T00:00:00Z", "1577836800"


def _statement(effect: str, condition: dict[str, object], **members: object) -> dict[str, object]:
    return {"Effect": effect, "Action": "*", "Resource": "*", "Condition": condition, **members}


def _allow(condition: dict[str, object] | None = None, **members: object) -> dict[str, object]:
    return _statement("Allow", condition or {}, **members)


def _deny(condition: dict[str, object] | None = None, **members: object) -> dict[str, object]:
    return _statement("Deny", condition or {}, **members)


def _set(*statements: dict[str, object]) -> pe.PolicySet:
    return pe.PolicySet([{"Version": "2012-10-17", "Statement": list(statements)}])


def _get(
    resource: str | None = _OBJECT,
    principal: str | Principal | None = _ROLE,
    action: str = "s3:GetObject",
    **context: Given,
) -> pe.Request:
    """Return a request; `a_b` stands for the key `a:b`."""
    held = {name.replace("_", ":", 1): value for name, value in context.items()}
    return pe.Request(action, resource, principal=principal, context=held)


def _recalled(policies: pe.PolicySet, request: pe.Request) -> str | None:
    """Return what is remembered of a request, if it is."""
    found = recall(policies.plans, request)
    return None if found is None else found.decision


def _plan(policies: pe.PolicySet) -> Plan:
    (plan,) = policies.plans.values()
    return plan


def _course(policies: pe.PolicySet) -> Course:
    (course,) = _plan(policies).courses.values()
    assert isinstance(course, Course)
    return course


# What tells courses apart


def test_requests_of_one_place_are_of_one_course() -> None:
    policies = _set(_allow(Resource="arn:aws:s3:::b/*"))
    decided = pe.decide(policies, _get())

    assert recall(policies.plans, _get("arn:aws:s3:::b/other")) is decided
    assert _recalled(policies, _get("arn:aws:s3:::c/k")) == "implicitDeny"
    assert _recalled(policies, _get("arn:aws:s3:::b/k")) == "allowed"
    assert _course(policies).of_resource is not None


def test_another_place_is_of_another_course() -> None:
    policies = _set(_allow())
    pe.decide(policies, _get())

    for elsewhere in (None, "*", f"arn:aws:s3::{_ACCOUNT}:b/k", "arn:aws:s3:us-east-1::b/k"):
        assert recall(policies.plans, _get(elsewhere)) is None


def test_another_frame_is_of_another_plan() -> None:
    policies = _set(_allow())
    pe.decide(policies, _get(example_a="x"))

    assert _recalled(policies, _get(example_a="y")) == "allowed"
    for other in (
        _get(),
        _get(example_A="x"),
        _get(example_a="x", action="s3:getobject"),
        _get(example_a="x", principal=f"{_ROLE}2"),
        _get(example_a="x").alone(),
    ):
        assert recall(policies.plans, other) is None


def test_a_secret_that_does_not_exist_yet_is_told_by_its_name() -> None:
    bare = f"arn:aws:secretsmanager:us-east-1:{_ACCOUNT}:secret:x"
    policies = _set(_allow(Resource=_SECRET), _allow(Resource=f"{bare}-??????"))
    asked = {
        resource: _get(resource, action="secretsmanager:CreateSecret")
        for resource in (_SECRET, bare)
    }

    assert pe.decide(policies, asked[_SECRET]).matched == ("<policy 1>#1",)
    assert _plan(policies).by_name
    assert recall(policies.plans, asked[bare]) is None
    assert pe.decide(policies, asked[bare]).matched == ("<policy 1>#2",)
    assert _recalled(policies, asked[bare]) == "allowed"


def test_where_policies_are_attached_by_name_resources_are_told_by_name() -> None:
    denies = {"Version": "2012-10-17", "Statement": _deny(Principal="*")}
    allows = {"Version": "2012-10-17", "Statement": _allow()}
    policies = pe.PolicySet([allows], resources={"arn:aws:s3:::b": denies})
    pe.decide(policies, _get())

    assert _plan(policies).by_name
    assert _recalled(policies, _get()) == "explicitDeny"
    assert recall(policies.plans, _get("arn:aws:s3:::c/k")) is None
    assert pe.decide(policies, _get("arn:aws:s3:::c/k")).decision == "allowed"


def test_the_region_counts_where_that_of_the_call_follows_from_it() -> None:
    policies = _set(_allow({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}))
    elsewhere = _SECRET.replace("us-east-1", "eu-west-1")
    regional = "secretsmanager:GetSecretValue"
    pe.decide(policies, _get(_SECRET, action=regional))

    assert _plan(policies).by_region
    assert recall(policies.plans, _get(elsewhere, action=regional)) is None
    assert pe.decide(policies, _get(elsewhere, action=regional)).decision == "implicitDeny"


def test_the_region_does_not_count_where_that_of_the_call_is_given() -> None:
    policies = _set(_allow({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}))
    pe.decide(policies, _get(_SECRET, aws_RequestedRegion="us-east-1"))
    elsewhere = _SECRET.replace("us-east-1", "eu-west-1")

    assert not _plan(policies).by_region
    assert _recalled(policies, _get(elsewhere, aws_RequestedRegion="us-east-1")) == "allowed"
    assert _recalled(policies, _get(_SECRET, aws_RequestedRegion="eu-west-1")) == "implicitDeny"


def test_from_no_region_follows_none() -> None:
    """The Region is unknown of the first, and does not matter; of the second it is known."""
    policies = _set(
        _allow(Sid="All"),
        _allow({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}, Sid="Here"),
    )
    nowhere = _get(f"arn:aws:x::{_ACCOUNT}:t", action="x:Do")
    somewhere = _get(f"arn:aws:x:us-east-1:{_ACCOUNT}:t", action="x:Do")

    assert pe.decide(policies, nowhere).matched == ("All",)
    assert pe.decide(policies, somewhere).matched == ("All", "Here")


def test_values_from_which_something_follows_tell_courses_apart() -> None:
    policies = _set(_allow({"StringEquals": {"aws:CalledViaFirst": "a.amazonaws.com"}}))
    pe.decide(policies, _get(aws_CalledVia=["a.amazonaws.com", "b.amazonaws.com"]))

    assert _plan(policies).numbers == {0}
    assert recall(policies.plans, _get(aws_CalledVia=["b.amazonaws.com"])) is None
    assert _recalled(policies, _get(aws_CalledVia=["a.amazonaws.com", "b.amazonaws.com"]))


def test_keys_that_are_looked_at_later_make_a_new_plan() -> None:
    policies = _set(_allow())
    pe.decide(policies, _get(aws_MultiFactorAuthAge=None, aws_MultiFactorAuthPresent="false"))
    first = _plan(policies)
    pe.decide(policies, _get(aws_MultiFactorAuthAge="60", aws_MultiFactorAuthPresent="true"))
    second = _plan(policies)

    assert first is not second
    assert [sorted(plan.numbers) for plan in (first, second)] == [[0], [0, 1]]
    assert len(second.courses) == 1
    assert first.looking_at({0}, name=False, region=False) is first
    with pytest.raises(pe.RequestError, match="contradiction"):
        pe.decide(policies, _get(aws_MultiFactorAuthAge="60", aws_MultiFactorAuthPresent="false"))


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"example:b": "${aws:EpochTime}"}},
        {"StringLike": {"example:b": "*${aws:EpochTime}"}},
    ],
)
def test_the_time_that_follows_is_looked_at_though_it_did_not_matter(
    condition: dict[str, object],
) -> None:
    """A row that failed first keeps the time from being looked at when the first is decided."""
    both: dict[str, object] = {**condition, "StringEqualsIgnoreCase": {"example:a": "x"}}
    policies = _set(_allow({"StringEqualsIfExists": {"example:a": "x"}, **both}), _deny(both))

    def asked(one: str, other: str, time: str) -> pe.Request:
        return _get(example_a=one, example_b=other, aws_CurrentTime=time)

    assert pe.decide(policies, asked("n", _EPOCH, _NEW_YEAR)).decision == "implicitDeny"
    assert pe.decide(policies, asked("x", _EARLIER_EPOCH, _EARLIER)).decision == "explicitDeny"
    assert pe.decide(policies, asked("x", _EARLIER_EPOCH, _NEW_YEAR)).decision == "implicitDeny"


def test_whether_the_time_follows_is_looked_at_though_it_did_not_matter() -> None:
    policies = _set(_allow({"StringEquals": {"example:a": "x"}, "Null": {"aws:EpochTime": "true"}}))

    words = [
        pe.decide(policies, _get(example_a=text, aws_CurrentTime=time)).decision
        for text, time in (("n", _NEW_YEAR), ("x", "soon"), ("x", _NEW_YEAR))
    ]

    assert words == ["implicitDeny", "undetermined", "implicitDeny"]


def test_a_resource_named_by_the_time_hangs_on_the_time() -> None:
    resource = "arn:aws:s3:::b/${aws:EpochTime}"
    policies = _set(_allow({"StringEquals": {"example:a": "x"}}, Resource=resource))

    words = [
        pe.decide(
            policies, _get(f"arn:aws:s3:::b/{_EPOCH}", example_a=text, aws_CurrentTime=time)
        ).decision
        for text, time in (("n", _EARLIER), ("x", _NEW_YEAR), ("x", _EARLIER))
    ]

    assert words == ["implicitDeny", "allowed", "implicitDeny"]


# The rows of a course


def test_where_nothing_varies_the_decision_stands_for_the_course() -> None:
    policies = _set(_allow())
    decided = pe.decide(policies, _get(None))

    assert _plan(policies).courses == {_get(None).place: decided}
    assert recall(policies.plans, _get(None)) is decided


def test_a_key_is_looked_up_by_its_values() -> None:
    policies = _set(_allow({"StringEquals": {"example:a": ["x", "y"]}}))
    pe.decide(policies, _get(example_a="x"))

    values: list[Given] = ["x", "y", "z", "X", "", None, ["x", "y"], ["x"]]
    words = [_recalled(policies, _get(example_a=value)) for value in values]
    afresh = [pe.decide(_set(_allow({"StringEquals": {"example:a": ["x", "y"]}})),
                        _get(example_a=value)).decision for value in values]  # fmt: skip
    assert words == afresh
    assert [number for _, number in _course(policies).rows] == [0]


def test_a_key_under_its_other_name_is_looked_up_by_its_values() -> None:
    policies = _set(_allow({"StringEquals": {"s3:ResourceTag/env": "dev"}}))
    asked = {value: pe.Request("s3:GetObject", _OBJECT, principal=_ROLE,
                               context={"aws:ResourceTag/Env": value})
             for value in ("dev", "prod")}  # fmt: skip
    assert pe.decide(policies, asked["dev"]).decision == "allowed"

    assert _recalled(policies, asked["prod"]) == "implicitDeny"


def test_a_key_whose_other_name_is_unknown_says_nothing_of_it() -> None:
    policies = _set(_allow({"StringEquals": {"s3:ResourceTag/env": "dev"}}))
    asked = pe.Request(
        "s3:GetObject",
        _OBJECT,
        principal=_ROLE,
        context={"aws:ResourceTag/env": "dev"},
        unknown=["s3:ResourceTag/env"],
    )

    assert pe.decide(policies, asked).missing_context == ("s3:ResourceTag/env",)


def test_aliases_that_tell_whose_a_key_is_tell_courses_apart() -> None:
    """No condition looks at them, and it hangs on them whether the RCP applies."""
    allows = {"Version": "2012-10-17", "Statement": _allow(Principal="*")}
    denies = {"Version": "2012-10-17", "Statement": _deny(Principal="*", Action="kms:*")}
    policies = pe.PolicySet(resources={_KEY: allows}, rcps=[[denies]])

    words = [
        pe.decide(
            policies,
            _get(_KEY, action="kms:Decrypt", kms_ResourceAliases=alias, kms_RequestAlias=None),
        ).decision
        for alias in (["alias/mine"], ["alias/aws/s3"], ["alias/mine", "alias/aws/s3"])
    ]

    assert words == ["explicitDeny", "allowed", "allowed"]


@pytest.mark.parametrize(
    "statement",
    [
        _allow({"StringEquals": {"example:a": "${example:b}"}}),
        _allow({"StringEquals": {"example:a": "${aws:PrincipalTag/team}${example:b, ''}"}}),
        _allow(Resource="arn:aws:s3:::${example:a}/${example:b, 'k'}"),
        _allow({"StringEquals": {"aws:PrincipalTag/team": "${example:a}"}}),
        _allow({"StringEquals": {"example:a": "${aws:username}"}}),
    ],
)
def test_several_keys_are_looked_up_together(statement: dict[str, object]) -> None:
    policies = _set(statement, _deny({"StringEquals": {"example:b": "no"}}))
    caller = parse_principal(_ROLE)._replace(tags=(("team", ""),))
    values: tuple[Given, ...] = ("x", "k", "b", None, ["x", "b"], "no")
    questions = [
        _get(resource, caller, example_a=one, example_b=other)
        for resource in (_OBJECT, "arn:aws:s3:::x/x", "arn:aws:s3:::k/b")
        for one in values
        for other in values
    ]
    expected = [pe.decide(_set(*_documents(policies)), each).decision for each in questions]
    pe.decide(policies, questions[0])
    assert _course(policies).wide

    for _ in range(2):
        assert [_recalled(policies, each) for each in questions] == expected


def _documents(policies: pe.PolicySet) -> Iterator[dict[str, object]]:
    from tests.oracle.calls import document_of

    (policy,) = policies.policies
    statements = document_of(policy)["Statement"]
    assert isinstance(statements, list)
    yield from statements


def test_callers_that_policies_name_are_told_apart() -> None:
    document = {"Version": "2012-10-17", "Statement": _allow(
        {"StringEquals": {"example:a": "x"}}, Principal={"AWS": _ROLE})}  # fmt: skip
    policies = pe.PolicySet(resource=document)
    other = f"arn:aws:iam::{_ACCOUNT}:role/Other"

    words = [
        pe.decide(policies, _get(principal=who, example_a=value)).decision
        for _ in range(2)
        for who in (_ROLE, other)
        for value in ("n", "x")
    ]

    assert words == ["implicitDeny", "allowed", "implicitDeny", "implicitDeny"] * 2


# What is not remembered


def test_an_undetermined_answer_is_not_remembered() -> None:
    policies = _set(_allow({"StringEquals": {"aws:UserAgent": "me"}}))

    assert pe.decide(policies, _get()).decision == "undetermined"
    assert not policies.plans


def test_what_would_be_undetermined_is_not_concluded_from_a_course() -> None:
    policies = _set(_allow({"StringEquals": {"aws:UserAgent": "me", "example:a": "x"}}))
    assert pe.decide(policies, _get(example_a="n")).decision == "implicitDeny"

    for _ in range(2):
        assert recall(policies.plans, _get(example_a="x")) is None
        assert pe.decide(policies, _get(example_a="x")).missing_context == ("aws:UserAgent",)


def test_where_a_variable_is_unknown_nothing_is_concluded() -> None:
    policies = _set(_allow(), _allow({"StringEquals": {"example:a": "${aws:userid}"}}))
    decided = pe.decide(policies, _get(example_a="x"))

    assert decided.matched == ("<policy 1>#1",)
    assert recall(policies.plans, _get(example_a="x")) is None
    assert _course(policies).decisions == {}


def test_a_call_with_further_actions_is_not_remembered() -> None:
    policies = _set(_allow(Action="secretsmanager:CreateSecret"))
    tagged = pe.Request(
        "secretsmanager:CreateSecret", _SECRET, principal=_ROLE, request_tags={"a": "b"}
    )
    further = pe.Request(
        "s3:GetObject", _OBJECT, principal=_ROLE,
        dependencies=[Dependency("s3:GetObject", "", "s3:ListBucket", On.NOT_SAID, "so", "R")],
    )  # fmt: skip

    for asked in (tagged, further):
        pe.decide(policies, asked)
    pe.decide(policies, _get(), _get(None))
    assert not policies.plans


def test_a_key_that_brings_a_further_action_does_so_again() -> None:
    policies = _set(_allow(Action="secretsmanager:CreateSecret"))

    def asked(value: Given) -> pe.Request:
        return pe.Request("secretsmanager:CreateSecret", _SECRET, principal=_ROLE,
                          context={"aws:RequestTag/a": value})  # fmt: skip

    assert pe.decide(policies, asked(None)).blocked_by is None
    assert pe.decide(policies, asked("x")).blocked_by == "secretsmanager:TagResource"


def test_an_unknown_owner_is_not_remembered() -> None:
    document = {"Version": "2012-10-17", "Statement": _allow(Principal="*")}
    policies = pe.PolicySet([], resource=document)

    def asked(resource: str, principal: str) -> pe.Request:
        return pe.Request(
            "s3:GetObject", resource, principal=principal, unknown=["aws:ResourceAccount"]
        )

    pe.decide(policies, asked(_OBJECT, _ROLE))
    assert not policies.plans
    assert pe.decide(policies, asked(_OBJECT, "anonymous")).decision == "allowed"
    assert _recalled(policies, asked("arn:aws:s3:::c", "anonymous")) == "allowed"


def test_what_was_seen_is_shown_though_the_decision_is_remembered() -> None:
    policies, seen = _set(_allow()), list[object]()
    pe.decide(policies, _get())

    decide_call(policies, [_get()], seen)  # type: ignore[arg-type]  # only counted

    assert len(seen) == 1


def test_unreadable_values_are_refused_after_readable_ones() -> None:
    policies = _set(
        _allow({"NumericLessThan": {"s3:max-keys": "10"}, "StringEquals": {"example:a": "x"}}),
        _deny({"StringEquals": {"aws:SourceVpc": "vpc-1"}}),
    )

    def asked(number: str, vpc: Given) -> pe.Request:
        return pe.Request(
            "s3:ListBucket", "arn:aws:s3:::b", principal=_ROLE,
            context={"s3:max-keys": number, "example:a": "x", "aws:SourceVpc": vpc,
                     "aws:SourceIp": None},
        )  # fmt: skip

    for _ in range(2):
        assert pe.decide(policies, asked("5", "vpc-2")).decision == "allowed"
        assert pe.decide(policies, asked("50", "vpc-1")).decision == "explicitDeny"
        with pytest.raises(pe.RequestError, match="`5abc`"):
            pe.decide(policies, asked("5abc", "vpc-2"))
        with pytest.raises(pe.RequestError, match="holds one value, and 2 are given"):
            pe.decide(policies, asked("5", ["vpc-1", "vpc-2"]))


def test_what_contradicts_is_refused_after_what_does_not() -> None:
    policies = _set(_allow())
    pe.decide(policies, _get(_SECRET, aws_ResourceAccount=_ACCOUNT))

    with pytest.raises(pe.RequestError, match="contradiction"):
        pe.decide(policies, _get(_SECRET, aws_ResourceAccount="444455556666"))
    with pytest.raises(pe.RequestError, match="another-partition"):
        pe.decide(
            policies, _get(_SECRET.replace("aws:", "aws-cn:", 1), aws_ResourceAccount=_ACCOUNT)
        )


# Bounds


def test_courses_are_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_module, "_MOST_COURSES", 3)
    policies = _set(_allow())

    for number in range(9):
        assert pe.decide(policies, _get(f"arn:aws:s{number}:::b")).allowed
        assert sum(len(plan.courses) for plan in policies.plans.values()) <= 3


def test_outcomes_and_values_are_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_module, "_MOST_OUTCOMES", 2)
    monkeypatch.setattr(plan_module, "_MOST_VALUES", 2)
    policies = _set(*(_allow({"StringEquals": {"example:a": f"{n}"}}) for n in range(5)))

    for number in (0, 1, 2, 3, 4, 5, 0, 1):
        decided = pe.decide(policies, _get(example_a=f"{number}"))
        assert decided.matched == ((f"<policy 1>#{number + 1}",) if number < 5 else ())
        course = _course(policies)
        assert len(course.decisions) <= 2
        assert all(len(row.keeps) <= 2 for row in course.sources.rows)


def test_frames_are_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_module, "_FRAMES", {})
    monkeypatch.setattr(request_module, "_MOST_FRAMES", 2)
    policies = _set(_allow({"StringEquals": {"aws:username": "u1"}}))

    for number in (0, 1, 2, 3, 1):
        user = f"arn:aws:iam::{_ACCOUNT}:user/u{number}"
        expected = "allowed" if number == 1 else "implicitDeny"
        assert pe.decide(policies, _get(principal=user)).decision == expected
        assert len(request_module._FRAMES) <= 2  # noqa: SLF001


# Requests and sets elsewhere


def _whole() -> pe.Request:
    return pe.Request(
        "s3:GetObject",
        _OBJECT,
        principal=parse_principal(_ROLE)._replace(session_name="one"),
        context={"example:a": "x", "example:b": ["y", "z"], "example:c": None},
        unknown=["aws:UserAgent"],
        request_tags={"k": "v"},
        resource_tags={"k": "v", "K": "w"},
        now=datetime(2026, 1, 1, tzinfo=UTC),
        resource_account=_ACCOUNT,
        dependencies=[Dependency("s3:PutObject", "", "s3:ListBucket", On.NOT_SAID, "so", "R")],
    )


_FIELDS = ("action", "resource", "principal", "context", "unknown", "request_tags",
           "resource_tags", "now", "resource_account", "dependencies", "place")  # fmt: skip


@pytest.mark.parametrize("asked", [_whole(), _get(), _get(None, None), _get(example_a="x")])
def test_a_request_may_be_pickled(asked: pe.Request) -> None:
    again = pickle.loads(pickle.dumps(asked))  # noqa: S301 - our own

    assert again.action_only is asked.action_only
    for name in _FIELDS:
        assert getattr(again, name) == getattr(asked, name)
    policies = _set(_allow({"StringEquals": {"example:a": "x"}}))
    assert pe.decide(policies, again).to_dict() == pe.decide(policies, asked).to_dict()


@pytest.mark.parametrize("asked", [_whole(), _get(), _get(None, None), _get(example_a="x")])
def test_a_request_alone_is_one_that_was_made_so(asked: pe.Request) -> None:
    alone = asked.alone()

    assert (alone.action_only, alone.alone().action_only) == (True, True)
    for name in _FIELDS:
        assert getattr(alone, name) == getattr(asked, name)
    if not isinstance(asked.now, datetime):  # equal ones may differ as texts
        assert alone.alone().frame is alone.frame


def test_a_time_as_it_is_given_makes_a_frame_of_its_own() -> None:
    assert _whole().frame is not _whole().frame
    assert _get(example_a="x").frame is _get(example_a="y").frame


def test_a_pickled_set_decides_the_same_and_remembers_nothing() -> None:
    policies = _set(_allow({"StringEquals": {"example:a": "x"}}, Resource="arn:aws:s3:::b/*"))
    questions = [_get(resource, example_a=value)
                 for resource in (_OBJECT, "arn:aws:s3:::c") for value in "xy"]  # fmt: skip
    expected = [pe.decide(policies, each).to_dict() for each in questions]

    again = pickle.loads(pickle.dumps(policies))  # noqa: S301 - our own

    assert policies.plans
    assert not again.plans
    assert not again._programs  # noqa: SLF001 - what is compiled stays behind
    assert [pe.decide(again, each).to_dict() for each in questions] == expected


def _varied() -> list[pe.Request]:
    callers = (_ROLE, f"arn:aws:iam::{_ACCOUNT}:user/x", _ACCOUNT)
    return [
        _get(resource, caller, aws_MultiFactorAuthAge=age, aws_CurrentTime=time, example_a=value)
        for value in ("x", "y", _EPOCH, None)
        for age in ("60", None)
        for time in (_NEW_YEAR, _EARLIER)
        for resource in (_OBJECT, "arn:aws:s3:::x/x", None)
        for caller in callers
    ]


def test_threads_that_share_a_set_decide_as_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, bound in (("_MOST_COURSES", 20), ("_MOST_OUTCOMES", 2), ("_MOST_VALUES", 3)):
        monkeypatch.setattr(plan_module, name, bound)
    statements = (
        _allow({"StringEquals": {"example:a": ["x", "${aws:EpochTime}"]}}),
        _allow(
            {"Null": {"aws:MultiFactorAuthAge": "false"}}, Resource="arn:aws:s3:::${example:a}/*"
        ),
        _deny({"DateLessThan": {"aws:EpochTime": "2021-01-01"}, "StringLike": {"example:a": "y"}}),
    )
    one_by_one = [pe.decide(_set(*statements), each).to_dict() for each in _varied()]
    shared = _set(*statements)

    def all_from(start: int) -> list[dict[str, object]]:
        asked = _varied()
        turned = [*range(start, len(asked)), *range(start)]
        found = {number: pe.decide(shared, asked[number]).to_dict() for number in turned * 2}
        return [found[number] for number in range(len(asked))]

    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(all_from, range(0, 128, 16)):
            assert found == one_by_one
