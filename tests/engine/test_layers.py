"""Policies in their layers: how a set takes them, what a layer says, and what is told of it."""

from __future__ import annotations

import pytest

import policy_eval as pe
from policy_eval.engine.decide import decide_call
from policy_eval.engine.explain import explain_call
from policy_eval.engine.ladder import Answer
from policy_eval.policy.policy_type import PolicyType
from policy_eval.request.dependency import Dependency, On

_ROLE = "arn:aws:iam::111122223333:role/Dev"
_USER = "arn:aws:iam::111122223333:user/u"
_OBJECT = "arn:aws:s3:::b/k"
_KEY = "arn:aws:kms:us-east-1:111122223333:key/k"


def _document(effect: str = "Allow", **members: object) -> dict[str, object]:
    statement = {"Effect": effect, "Action": "*", "Resource": "*", **members}
    return {"Version": "2012-10-17", "Statement": statement}


def _named(principal: object, **members: object) -> dict[str, object]:
    return _document("Allow", Principal=principal, **members)


_FULL = _document()
_TRUST: dict[str, object] = {
    "Statement": {"Effect": "Allow", "Principal": {"AWS": _USER}, "Action": "sts:AssumeRole"}
}
_GET = pe.Request("s3:GetObject", _OBJECT, principal=_ROLE)


# What a set takes


@pytest.mark.parametrize(
    ("document", "arn", "policy_type"),
    [
        (_named("*"), "", PolicyType.RESOURCE),
        (_named("*", Action="kms:*"), "", PolicyType.KMS_KEY),
        (_TRUST, "", PolicyType.TRUST),
        (_named("*"), _KEY, PolicyType.KMS_KEY),
        (_named("*"), "arn:aws:s3:::b", PolicyType.RESOURCE),
        (_TRUST, _ROLE, PolicyType.TRUST),
    ],
)  # fmt: skip
def test_the_type_of_a_resource_s_policy_is_told_by_what_it_is(
    document: dict[str, object], arn: str, policy_type: PolicyType
) -> None:
    policies = pe.PolicySet(resources={arn: document}) if arn else pe.PolicySet(resource=document)

    assert [policy.type for policy in policies.policies] == [policy_type]


def test_a_parsed_policy_keeps_its_type() -> None:
    key = pe.parse_policy(
        '{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}',
        "key.json",
        pe.PolicyType.KMS_KEY,
    )

    assert pe.PolicySet(resource=key).policies == (key,)
    with pytest.raises(pe.PolicyError, match=r"key\.json: this is a KMS key policy"):
        pe.PolicySet(boundary=key)
    text = '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'
    scp = pe.parse_policy(text, "scp.json", pe.PolicyType.SCP)
    with pytest.raises(pe.PolicyError, match=r"scp\.json: this is a service control policy"):
        pe.PolicySet(resource=scp)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"resources": {"b": _named("*")}}, "not-an-arn"),
        ({"scps": [[_FULL]] * 8}, "too-many-levels"),
        ({"rcps": [[]] * 8}, "too-many-levels"),
        ({"unknown_layers": ["scps"]}, "unknown-word"),
        ({"endpoint_type": "door"}, "unknown-word"),
        ({"boundary": _FULL, "unknown_layers": [pe.Layer.BOUNDARY]}, "layer-given-and-unknown"),
    ],
)
def test_what_is_no_set_is_refused(arguments: dict[str, object], code: str) -> None:
    with pytest.raises(pe.PolicyError) as caught:
        pe.PolicySet(**arguments)  # type: ignore[arg-type]

    assert caught.value.diagnostics[0].code == code


def test_a_set_names_its_layers() -> None:
    policies = pe.PolicySet(
        [_FULL], boundary=_FULL, scps=[[_FULL], [_FULL]], endpoint=_named("*"),
        endpoint_type=pe.EndpointType.INTERFACE,
    )  # fmt: skip

    assert repr(policies) == (
        "PolicySet(identity=['<policy 1>'], boundary=['<boundary policy 1>'], "
        "endpoint=['<endpoint policy 1>'], scp=['<scp policy 1>', '<scp policy 2>'])"
    )


def test_a_policy_for_another_kind_of_action_is_refused() -> None:
    policies = pe.PolicySet([_FULL], resource=_named("*", Action="kms:*"))

    with pytest.raises(pe.RequestError, match="a KMS key policy is given, and s3:GetObject"):
        pe.decide(policies, _GET)


# Several resources


def test_a_bucket_s_policy_guards_its_objects() -> None:
    deny = _document("Deny", Principal="*")
    policies = pe.PolicySet([_FULL], resources={"arn:aws:s3:::b": deny})
    access_point = "arn:aws:s3:us-east-1:111122223333:accesspoint/a/object/k"

    assert pe.decide(policies, _GET).decision == "explicitDeny"
    other = pe.Request("s3:GetObject", "arn:aws:s3:::c/k", principal=_ROLE)
    assert pe.decide(policies, other).decision == "allowed"
    point = pe.Request("s3:GetObject", access_point, principal=_ROLE)
    assert pe.decide(policies, point).decision == "allowed"


def test_the_policy_of_one_resource_says_nothing_of_another() -> None:
    policies = pe.PolicySet([_FULL], resource=_document("Deny", Principal="*"))
    first = pe.Request("s3:ListBucket", "arn:aws:s3:::b", principal=_ROLE)
    same = pe.Request("s3:GetObject", _OBJECT, principal=_ROLE)
    other = pe.Request("s3:GetObject", "arn:aws:s3:::c/k", principal=_ROLE)
    allowed = pe.PolicySet([_FULL], resource=_named("*", Action="s3:List*"))

    assert pe.decide(policies, first).decision == "explicitDeny"
    assert pe.decide(allowed, first, same, other).decision == "allowed"
    partly = pe.PolicySet([_FULL], resource=_document("Deny", Principal="*", Action="s3:Get*"))
    assert pe.decide(partly, first, other).decision == "allowed"
    assert pe.decide(partly, first, same).blocked_by == "s3:GetObject"


def test_a_call_of_several_names_the_one_that_failed_be_it_the_first() -> None:
    policies = pe.PolicySet([_document(Action="s3:ListBucket")])
    further = pe.Request("s3:ListBucket", "arn:aws:s3:::b", principal=_ROLE)

    decision, explanation = pe.decide(policies, _GET, further), pe.explain(policies, _GET, further)

    assert decision.blocked_by == explanation.decision.blocked_by == "s3:GetObject"
    assert pe.decide(policies, _GET).blocked_by is None
    assert pe.rests_on(policies, _GET, further) == ()


def test_a_request_may_bring_rows_of_further_actions() -> None:
    row = Dependency(
        "s3:getobject", "", "kms:Decrypt", On.NOT_SAID, "the object is encrypted", "R-RES-12"
    )
    request = pe.Request("s3:GetObject", _OBJECT, principal=_ROLE, dependencies=[row])
    policies = pe.PolicySet([_FULL])

    decision = pe.decide(policies, request)

    assert (decision.decision, decision.blocked_by) == ("undetermined", "kms:Decrypt")
    assert "needed because the object is encrypted" in str(pe.explain(policies, request))


# What each layer says


def test_the_ladder_has_a_rung_for_each_layer_and_level() -> None:
    policies = pe.PolicySet(
        [_FULL], boundary=_document(Action="s3:*"), scps=[[_FULL], []],
        resource=_named({"AWS": "111122223333"}), unknown_layers=["rcp"],
    )  # fmt: skip
    (part,) = explain_call(policies, [_GET]).parts

    assert [(rung.layer.value, rung.level, rung.answer) for rung in part.rungs] == [
        ("rcp", 0, Answer.UNKNOWN),
        ("scp", 1, Answer.ALLOWS),
        ("scp", 2, Answer.SILENT),
        ("resource", 0, Answer.ALLOWS),
        ("identity", 0, Answer.ALLOWS),
        ("boundary", 0, Answer.ALLOWS),
    ]
    text = pe.explain(policies, _GET)
    assert str(text).startswith("no: denied either way (service control policy, level 2 of 2).")


def test_a_layer_that_hangs_on_something_unknown_is_open() -> None:
    condition = {"StringEquals": {"aws:UserAgent": "x"}}
    policies = pe.PolicySet([_FULL], boundary=_document(Condition=condition))
    explanation = pe.explain(policies, _GET)

    assert "? permissions boundary    hangs on something unknown" in _summary(explanation)
    denying = pe.PolicySet(
        [_FULL], boundary=_FULL, session=[_document("Deny", Condition=condition)]
    )
    assert "? session policy" in _summary(pe.explain(denying, _GET))


def _summary(explanation: pe.Explanation) -> str:
    from policy_eval.engine.wording import summarize

    return summarize(explanation)


def test_a_resource_s_policy_need_not_allow_in_one_account() -> None:
    policies = pe.PolicySet([_FULL], resource=_named({"AWS": _USER}))
    summary = _summary(pe.explain(policies, _GET))

    assert "· resource-based policy   does not allow, and need not" in summary
    assert "✗ Principal   " in str(pe.explain(policies, _GET))


def test_what_is_not_known_of_the_caller_is_told() -> None:
    session = "arn:aws:sts::111122223333:assumed-role/Dev/s"
    explanation = pe.explain(pe.PolicySet(resource=_named({"AWS": session})), _GET)

    assert explanation.decision.missing_context == ("aws:userid",)
    both = pe.PolicySet(resource=_named({"AWS": [session, "111122223333"]}))
    assert pe.decide(both, _GET).missing_context == ("aws:userid",)
    assert "? Principal" in _summary(explanation)
    by_name = pe.explain(
        pe.PolicySet([_FULL], resource=_named({"AWS": _ROLE})),
        pe.Request("s3:GetObject", _OBJECT, principal=session),
    )
    assert "roles were compared by their names alone" in _summary(by_name)


def test_an_empty_level_allows_nothing() -> None:
    explanation = pe.explain(pe.PolicySet([_FULL], scps=[[_FULL], []]), _GET)

    assert explanation.decision.decided_by is pe.Layer.SCP
    assert "no statement (it is empty) allows s3:GetObject" in _summary(explanation)
    assert "no policy at this level" in _summary(explanation)


def test_denies_of_several_layers_are_all_named() -> None:
    deny = _document("Deny", Sid="D")
    policies = pe.PolicySet([_FULL, deny], boundary=_document("Deny", Sid="B"), scps=[[deny]])
    decision = pe.decide(policies, _GET)

    assert decision.decided_by is pe.Layer.SCP
    assert sorted(decision.matched) == ["B", "D", "D"]
    assert pe.explain(policies, _GET).decision.to_dict() == decision.to_dict()


def test_a_short_arn_matches_nothing_in_a_resource_s_policy() -> None:
    short = _named("*", Resource="arn:aws:sqs")
    starred = _named("*", Resource="arn:aws:sqs:*")
    request = pe.Request("sqs:SendMessage", "arn:aws:sqs:us-east-1:111122223333:q", principal=_ROLE)

    assert pe.decide(pe.PolicySet(resource=short), request).decision == "implicitDeny"
    assert pe.decide(pe.PolicySet(resource=starred), request).decision == "allowed"
    identity = pe.PolicySet([_document(Resource="arn:aws:sqs")])
    assert pe.decide(identity, request).decision == "allowed"


def test_api_gateway_completes_its_own_resources() -> None:
    policies = pe.PolicySet(resource=_named("*", Resource="execute-api:/prod/GET/*"))
    api = "arn:aws:execute-api:us-east-1:111122223333:a1b2c3/prod/{}/pets"

    def asked(method: str) -> str:
        request = pe.Request("execute-api:Invoke", api.format(method), principal=_ROLE)
        return decide_call(policies, [request]).decision

    assert (asked("GET"), asked("POST")) == ("allowed", "implicitDeny")


def test_memory_of_callers_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("policy_eval.engine.scalar._REMEMBERED_VALUES", 2)
    policies = pe.PolicySet(resource=_named({"AWS": _USER}))

    words = [
        pe.decide(
            policies,
            pe.Request("s3:GetObject", _OBJECT, principal=f"arn:aws:iam::111122223333:user/{name}"),
        ).decision
        for name in "abuabu"
    ]

    assert words == ["implicitDeny", "implicitDeny", "allowed"] * 2
