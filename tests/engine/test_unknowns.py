"""What nobody knows is never turned into a yes or a no."""

from __future__ import annotations

import pytest

import policy_eval as pe
from policy_eval.engine.wording import summarize

_A, _B = "111122223333", "444455556666"
_USER = f"arn:aws:iam::{_A}:user/u"
_ROLE = f"arn:aws:iam::{_A}:role/p/r"
_SESSION = f"arn:aws:sts::{_A}:assumed-role/r/s"
_FEDERATED = f"arn:aws:sts::{_A}:federated-user/f"
_OBJECT = "arn:aws:s3:::b/k"
_KEY = f"arn:aws:kms:us-east-1:{_A}:key/k"
_QUEUE = f"arn:aws:sqs:us-east-1:{_A}:q"
_TARGET = f"arn:aws:iam::{_A}:role/Target"


def _policy(*statements: dict[str, object]) -> dict[str, object]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _allow(action: object = "*", resource: str = "*", **more: object) -> dict[str, object]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def _deny(action: str = "*", **more: object) -> dict[str, object]:
    return {"Effect": "Deny", "Action": action, "Resource": "*", **more}


_FULL = _policy(_allow())
_GET = pe.Request("s3:GetObject", _OBJECT, principal=_USER)


def _decided(policies: pe.PolicySet, *requests: pe.Request) -> pe.Decision:
    decision = pe.decide(policies, *requests)
    assert pe.explain(policies, *requests).decision.to_dict() == decision.to_dict()
    return decision


# Whose the resource is


def _owned(owner: str | None, principal: str | pe.Principal = _USER) -> pe.Request:
    return pe.Request(
        "s3:GetObject", _OBJECT, principal=principal, resource_account=owner,
        unknown=() if owner else ["aws:ResourceAccount"],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("policies", "own", "foreign"),
    [
        (pe.PolicySet([_FULL], resource=_policy(_allow("s3:PutObject", Principal="*"))),
         "allowed", "implicitDeny"),
        (pe.PolicySet(resource=_policy(_allow(Principal={"AWS": _USER}))),
         "allowed", "implicitDeny"),
        (pe.PolicySet([_FULL], resource=_policy(_allow(Principal="*"))), "allowed", "allowed"),
        (pe.PolicySet([_policy(_deny())]), "explicitDeny", "explicitDeny"),
    ],
)  # fmt: skip
def test_an_unknown_owner_may_be_the_caller_s_account_or_another(
    policies: pe.PolicySet, own: str, foreign: str
) -> None:
    unknown = _decided(policies, _owned(None))

    assert _decided(policies, _owned(_A)).decision == own
    assert _decided(policies, _owned(_B)).decision == foreign
    assert unknown.decision == (own if own == foreign else "undetermined")
    if own != foreign:
        assert "aws:ResourceAccount" in unknown.missing_context


def test_denied_under_every_owner_is_denied() -> None:
    policies = pe.PolicySet(resource=_policy(_allow("s3:PutObject", Principal="*")))

    assert _decided(policies, _owned(None)).decision == "implicitDeny"
    unknown = pe.PolicySet(unknown_layers=["resource"], boundary=_policy(_allow("sqs:*")))
    assert _decided(unknown, _owned(None)).allowed is None


def test_an_unknown_owner_may_be_the_management_account() -> None:
    deny = _policy(_deny("s3:*", Principal="*"))
    policies = pe.PolicySet([_FULL], resource=_policy(_allow(Principal="*")), rcps=[[deny]])
    own = pe.parse_principal(_USER)._replace(management_account=_A)
    other = own._replace(management_account=_B)

    assert _decided(policies, _owned(None, own)).decision == "undetermined"
    assert _decided(policies, _owned(None, other)).decision == "undetermined"
    assert _decided(policies, _owned(None)).decision == "explicitDeny"


def test_the_organization_of_an_unknown_owner_is_unknown() -> None:
    deny = _policy(_deny(Condition={"StringNotEquals": {"aws:ResourceOrgID": "o-a"}}))
    policies = pe.PolicySet([_FULL, deny])
    request = pe.Request(
        "s3:GetObject", _OBJECT, principal=_USER,
        context={"aws:PrincipalOrgID": "o-a"}, unknown=["aws:ResourceAccount"],
    )  # fmt: skip

    # of another account's bucket the policy must allow, too, and nobody gave it
    missing = ("aws:ResourceAccount", "aws:ResourceOrgID")
    assert _decided(policies, request).missing_context == missing


def test_an_unknown_organization_is_that_of_the_own_resource() -> None:
    deny = _policy(_deny(Condition={"StringEquals": {"aws:ResourceOrgID": "o-a"}}))
    request = pe.Request("sqs:SendMessage", _QUEUE, principal=_USER,
                         unknown=["aws:PrincipalOrgID"])  # fmt: skip

    assert _decided(pe.PolicySet([_FULL, deny]), request).decision == "undetermined"


def test_an_organization_without_its_path_has_one() -> None:
    deny = _policy(_deny(Condition={"Null": {"aws:PrincipalOrgPaths": "true"}}))
    principal = pe.parse_principal(_USER)._replace(organization_id="o-a")
    request = pe.Request("s3:GetObject", _OBJECT, principal=principal)

    assert _decided(pe.PolicySet([_FULL, deny]), request).decision == "undetermined"


# Who calls


def test_the_id_of_a_federated_user_is_no_account() -> None:
    principal = pe.parse_principal(_FEDERATED)._replace(user=_USER)
    policies = pe.PolicySet(
        [_policy(_allow("s3:PutObject"))], session=[_FULL],
        resource=_policy(_allow(Principal={"AWS": _A})),
    )  # fmt: skip
    request = pe.Request("s3:GetObject", _OBJECT, principal=principal,
                         context={"aws:userid": f"{_A}:f"})  # fmt: skip

    assert _decided(policies, request).decision == "implicitDeny"


def test_a_given_arn_tells_a_session_s_path() -> None:
    policies = pe.PolicySet(
        resource=_policy(_allow(Principal={"AWS": f"arn:aws:iam::{_A}:role/other/r"}))
    )
    told = pe.Request("s3:GetObject", _OBJECT, principal=_SESSION,
                      context={"aws:PrincipalArn": _ROLE})  # fmt: skip
    linked = f"arn:aws:iam::{_A}:role/aws-service-role/x.amazonaws.com/r"
    exempt = pe.Request("s3:GetObject", _OBJECT, principal=_SESSION,
                        context={"aws:PrincipalArn": linked})  # fmt: skip

    assert _decided(policies, told).decision == "implicitDeny"
    fenced = pe.PolicySet([_FULL], scps=[[_policy(_allow("sqs:*"))]])
    assert _decided(fenced, exempt).decision == "allowed"


@pytest.mark.parametrize(
    ("principal", "user_id"),
    [
        (pe.parse_principal(_SESSION), "AROAEXAMPLE:other"),
        (pe.parse_principal(_ROLE)._replace(user_id="AROAONE"), "AROATWO:s"),
        (pe.parse_principal(_USER)._replace(user_id="AIDAONE"), "AIDATWO"),
    ],
)
def test_an_id_that_is_not_the_caller_s_is_refused(principal: pe.Principal, user_id: str) -> None:
    request = pe.Request("s3:GetObject", _OBJECT, principal=principal,
                         context={"aws:userid": user_id})  # fmt: skip

    with pytest.raises(pe.RequestError, match="contradiction"):
        pe.decide(pe.PolicySet([_FULL]), request)


@pytest.mark.parametrize(
    ("endpoint_type", "decision"),
    [(None, "undetermined"), ("gateway", "explicitDeny"), ("interface", "allowed")],
)
def test_not_principal_hangs_on_the_type_of_the_endpoint(
    endpoint_type: str | None, decision: str
) -> None:
    endpoint = _policy(_allow(Principal="*"), _deny("s3:*", NotPrincipal={"AWS": [_A, _USER]}))
    policies = pe.PolicySet([_FULL], endpoint=endpoint, endpoint_type=endpoint_type)

    found = _decided(policies, _GET)

    assert found.decision == decision
    assert found.missing_context == (() if endpoint_type else ("endpoint_type",))


def test_a_canonical_user_may_be_the_caller_s_account() -> None:
    named = {"CanonicalUser": "a" * 64}
    denied = pe.PolicySet([_FULL], resource=_policy(_deny(Principal=named)))
    excepted = pe.PolicySet([_FULL], resource=_policy(_deny(NotPrincipal=named | {"AWS": _USER})))

    assert _decided(denied, _GET).missing_context == ("principal.canonical_user",)
    assert _decided(excepted, _GET).missing_context == ("principal.canonical_user",)


def test_an_unknown_endpoint_may_bring_its_keys() -> None:
    deny = _policy(_deny(Condition={"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}))
    policies = pe.PolicySet([_FULL, deny], unknown_layers=["endpoint"])

    assert _decided(policies, _GET).decision == "undetermined"


def test_unknown_aliases_leave_open_whether_rcps_apply() -> None:
    policies = pe.PolicySet(
        resource=_policy(_allow("kms:*", Principal={"AWS": _USER})),
        rcps=[[_policy(_deny("kms:*", Principal="*"))]],
    )
    request = pe.Request("kms:Decrypt", _KEY, principal=_USER, unknown=["kms:ResourceAliases"])

    found = _decided(policies, request)

    assert (found.decision, found.missing_context) == ("undetermined", ("kms:ResourceAliases",))


# What a call needs


def _create(chain: object = None, **unknown: list[str]) -> pe.Request:
    context: dict[str, object] = {
        "secretsmanager:Name": "a", "aws:RequestedRegion": "us-east-1",
        "secretsmanager:KmsKeyArn": _KEY,
    }  # fmt: skip
    if chain:
        context |= {"aws:CalledVia": chain}
    return pe.Request("secretsmanager:CreateSecret", principal=_USER, context=context,  # type: ignore[arg-type]
                      **unknown)  # type: ignore[arg-type]  # fmt: skip


def test_an_unknown_chain_stays_unknown_in_the_forwarded_call() -> None:
    condition = {"ForAnyValue:StringEquals": {"aws:CalledVia": "appflow.amazonaws.com"}}
    policies = pe.PolicySet(
        [_policy(_allow("secretsmanager:*"), _allow("kms:*", Condition=condition))],
        resources={_KEY: _policy(_allow("kms:*", Principal={"AWS": _A}))},
    )

    assert _decided(policies, _create(["appflow.amazonaws.com"])).decision == "allowed"
    assert _decided(policies, _create()).decision == "implicitDeny"
    unknown = _decided(policies, _create(unknown=["aws:CalledVia"]))
    assert (unknown.decision, unknown.missing_context) == ("undetermined", ("aws:CalledVia",))


def test_the_first_service_of_an_unknown_chain_is_kept() -> None:
    condition = {"StringEquals": {"aws:CalledViaFirst": "appflow.amazonaws.com"}}
    policies = pe.PolicySet(
        [_policy(_allow("secretsmanager:*"), _allow("kms:*", Condition=condition))],
        resources={_KEY: _policy(_allow("kms:*", Principal={"AWS": _A}))},
    )
    request = pe.Request(
        "secretsmanager:CreateSecret", principal=_USER,
        context={
            "secretsmanager:Name": "a", "aws:RequestedRegion": "us-east-1",
            "secretsmanager:KmsKeyArn": _KEY, "aws:CalledViaFirst": "appflow.amazonaws.com",
        },
    )  # fmt: skip

    assert _decided(policies, request).decision == "allowed"


_ROLES = [f"arn:aws:iam::{_A}:role/{name}" for name in ("one", "two")]


def _function(**context: str) -> pe.Request:
    rows = [
        pe.Dependency("lambda:CreateFunction", key, "iam:PassRole", pe.On.VALUE_OF_KEY, "x", "R")
        for key in ("lambda:Layer", "lambda:VpcIds")
    ]
    return pe.Request(
        "lambda:CreateFunction", f"arn:aws:lambda:us-east-1:{_A}:function:f", principal=_USER,
        context={name.replace("__", ":"): value for name, value in context.items()},
        dependencies=rows, resource_tags={"env": "dev"},
    )  # fmt: skip


def test_a_further_action_of_the_caller_is_a_direct_call() -> None:
    direct = {"Bool": {"aws:ViaAWSService": "false"}}
    policies = pe.PolicySet([_policy(_allow("lambda:*"), _allow("iam:*", Condition=direct))])

    assert _decided(policies, _function(lambda__Layer=_ROLES[0])).decision == "allowed"


def test_a_service_may_forward_a_further_action_of_one_s_own_table() -> None:
    row = pe.Dependency("lambda:CreateFunction", "", "kms:CreateGrant", pe.On.NOT_SAID, "x", "R",
                        "lambda.amazonaws.com")  # fmt: skip
    via = {"StringEquals": {"kms:ViaService": "lambda.us-east-1.amazonaws.com"}}
    policies = pe.PolicySet([_policy(_allow("lambda:*"), _allow("kms:*", Condition=via))])
    request = pe.Request("lambda:CreateFunction", f"arn:aws:lambda:us-east-1:{_A}:function:f",
                         principal=_USER, dependencies=[row])  # fmt: skip

    explanation = pe.explain(policies, request)

    (_, grant) = explanation.parts
    assert grant.trace.statements[1].tests[2].holds is True
    assert explanation.decision.unknown_layers == (pe.Layer.RESOURCE,)


def test_each_resource_of_a_further_action_is_asked_about() -> None:
    policies = pe.PolicySet([_policy(_allow("lambda:*"), _allow("iam:PassRole", _ROLES[0]))])
    both = _function(lambda__Layer=_ROLES[0], lambda__VpcIds=_ROLES[1])

    assert _decided(policies, _function(lambda__Layer=_ROLES[0])).decision == "allowed"
    assert _decided(policies, both).blocked_by == "iam:PassRole"


def test_the_tags_of_one_resource_are_not_those_of_a_further_one() -> None:
    tagged = {"StringEquals": {"aws:ResourceTag/env": "dev"}}
    policies = pe.PolicySet([_policy(_allow("lambda:*"), _allow("iam:*", Condition=tagged))])

    assert _decided(policies, _function(lambda__Layer=_ROLES[0])).decision == "undetermined"


def test_the_further_actions_of_a_session_see_the_whole_call() -> None:
    trust = _policy(
        {
            "Effect": "Allow", "Principal": {"AWS": _USER},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Condition": {"StringEquals": {"sts:ExternalId": "x"}},
        }
    )  # fmt: skip
    request = pe.Request("sts:AssumeRole", _TARGET, principal=_USER,
                         context={"sts:ExternalId": "x"}, request_tags={"team": "t"})  # fmt: skip

    assert _decided(pe.PolicySet(resource=trust), request).decision == "allowed"


def test_tags_are_the_same_however_they_are_given() -> None:
    null = {"Null": {"aws:RequestTag/a": "true"}}
    policies = pe.PolicySet([
        _policy(_allow(["secretsmanager:CreateSecret", "secretsmanager:TagResource"]),
                _allow("secretsmanager:ReplicateSecretToRegions", Condition=null)),
    ])  # fmt: skip
    replicas = {"secretsmanager:AddReplicaRegions": "eu-west-1", "secretsmanager:Name": "a",
                "aws:RequestedRegion": "us-east-1"}  # fmt: skip
    tagged = pe.Request("secretsmanager:CreateSecret", principal=_USER, context=replicas,
                        request_tags={"a": "b"})  # fmt: skip
    as_key = pe.Request("secretsmanager:CreateSecret", principal=_USER,
                        context={**replicas, "aws:RequestTag/a": "b"})  # fmt: skip

    assert _decided(policies, tagged).decision == _decided(policies, as_key).decision == "allowed"


def test_that_mfa_is_absent_from_the_direct_call_says_nothing_of_the_forwarded_one() -> None:
    principal = pe.parse_principal(_USER)._replace(credentials=pe.Credentials.ACCESS_KEY)
    request = pe.Request(
        "secretsmanager:CreateSecret", principal=principal,
        context={"secretsmanager:Name": "a", "aws:RequestedRegion": "us-east-1",
                 "secretsmanager:KmsKeyArn": _KEY, "aws:MultiFactorAuthPresent": None},
    )  # fmt: skip
    key = _policy(_allow("kms:*", Principal={"AWS": _A}))

    assert _decided(pe.PolicySet([_FULL], resources={_KEY: key}), request).decision == "allowed"


@pytest.mark.parametrize(
    ("key", "needs"), [("alias/aws/secretsmanager", False), ("alias/x/aws/secretsmanager", True)]
)
def test_only_the_service_s_own_key_needs_nothing(key: str, needs: bool) -> None:
    request = pe.Request("secretsmanager:CreateSecret", principal=_USER,
                         context={"secretsmanager:Name": "a", "aws:RequestedRegion": "us-east-1",
                                  "secretsmanager:KmsKeyId": key})  # fmt: skip
    policies = pe.PolicySet([_policy(_allow("secretsmanager:*"))])

    assert (_decided(policies, request).decision != "allowed") is needs


# What services refuse


def test_a_refusal_of_any_step_is_one_of_the_call() -> None:
    role = pe.Request("s3:GetObject", _OBJECT, principal=_ROLE)
    token = pe.Request("sts:GetSessionToken", principal=_ROLE)

    assert _decided(pe.PolicySet([_FULL]), role, token).refused_by_service
    assert _decided(pe.PolicySet([_FULL]), token, role).refused_by_service
    assert not _decided(pe.PolicySet([_FULL]), role).refused_by_service


@pytest.mark.parametrize(
    ("mfa", "context", "refused"),
    [
        (None, {}, False),
        (None, {"aws:MultiFactorAuthPresent": "true"}, False),
        (False, {}, True),
        (True, {}, False),
    ],
)
def test_a_session_token_is_refused_where_it_surely_shows_no_mfa(
    mfa: bool | None, context: dict[str, str], refused: bool
) -> None:
    token = pe.Credentials.GET_SESSION_TOKEN
    principal = pe.parse_principal(_USER)._replace(credentials=token, mfa=mfa)
    request = pe.Request("iam:ListUsers", principal=principal, context=context)

    assert _decided(pe.PolicySet([_FULL]), request).refused_by_service is refused


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ({"context": {"aws:RequestTag/aws:x": "y"}}, True),
        ({"request_tags": {"aws:x": "y"}}, True),
        ({"request_tags": {"aws:x": "y"}, "context": {"aws:CalledVia": "appflow.amazonaws.com"}},
         False),
        ({"request_tags": {"x": "y"}}, False),
    ],
)  # fmt: skip
def test_reserved_tags_are_refused_unless_a_service_sets_them(
    given: dict[str, dict[str, str]], refused: bool
) -> None:
    secret = f"arn:aws:secretsmanager:us-east-1:{_A}:secret:a-AbCdEf"
    request = pe.Request("secretsmanager:TagResource", secret, principal=_USER, **given)  # type: ignore[arg-type]

    assert _decided(pe.PolicySet([_FULL]), request).refused_by_service is refused


def test_a_name_that_may_be_the_service_s_own_is_not_refused() -> None:
    known = {"secretsmanager:Name": "appflow!x", "aws:RequestedRegion": "us-east-1"}
    request = pe.Request("secretsmanager:CreateSecret", principal=_USER, context=known,
                         unknown=["aws:CalledVia"])  # fmt: skip

    assert not _decided(pe.PolicySet([_FULL]), request).refused_by_service


# Callers of what has no policy


@pytest.mark.parametrize("principal", ["anonymous", "appflow.amazonaws.com"])
def test_no_key_policy_guards_what_is_no_key(principal: str) -> None:
    policies = pe.PolicySet(resource=_policy(_allow("kms:*", Principal="*")))
    request = pe.Request("kms:CreateKey", "*", principal=principal)

    assert _decided(policies, request).decision == "implicitDeny"
    assert _decided(pe.PolicySet(), request).decision == "implicitDeny"


def test_nothing_can_allow_an_anonymous_caller_what_has_no_resource() -> None:
    request = pe.Request("sts:GetCallerIdentity", principal="anonymous")

    assert _decided(pe.PolicySet(), request).decision == "implicitDeny"


def test_a_session_of_the_root_user_is_limited_by_its_task_policy() -> None:
    principal = pe.parse_principal(_A)._replace(credentials=pe.Credentials.ASSUME_ROOT)
    task = _policy(_allow("s3:DeleteBucketPolicy"))
    policies = pe.PolicySet(session=[task], resource=_policy(_allow(Principal={"AWS": _A})))
    request = pe.Request("s3:GetObject", _OBJECT, principal=principal)
    excepted = pe.PolicySet(session=[_FULL], resource=_policy(_deny(NotPrincipal={"AWS": _A})))

    found = _decided(policies, request)

    assert (found.decision, found.decided_by) == ("implicitDeny", pe.Layer.SESSION)
    assert _decided(excepted, request).decision == "allowed"


def test_the_owner_s_root_user_is_not_bound_by_denies_that_nobody_knows() -> None:
    request = pe.Request("s3:DeleteBucketPolicy", "arn:aws:s3:::b", principal=_A)

    assert _decided(pe.PolicySet(unknown_layers=["resource"]), request).decision == "allowed"


# Which statements decided


def test_only_statements_that_grant_are_named() -> None:
    account = _allow(Sid="Account", Principal={"AWS": _A})
    direct = _allow(Sid="Direct", Principal={"AWS": _USER})
    policies = pe.PolicySet(resource=_policy(account, direct))

    assert _decided(policies, _GET).matched == ("Direct",)


def test_two_policies_for_one_resource_are_refused() -> None:
    policies = pe.PolicySet(
        [_FULL], resource=_policy(_allow(Principal="*")),
        resources={"arn:aws:s3:::b": _policy(_deny(Principal="*"))},
    )  # fmt: skip

    with pytest.raises(pe.RequestError, match="2 policies are given for the one resource"):
        pe.decide(policies, _GET)


def test_an_object_has_no_policy_of_its_own() -> None:
    with pytest.raises(pe.PolicyError, match="is an object, which has no policy"):
        pe.PolicySet(resources={_OBJECT: _policy(_allow(Principal="*"))})


def test_a_policy_that_no_request_is_on_is_told() -> None:
    other = "arn:aws:s3:::other"
    policies = pe.PolicySet([_FULL], resources={other: _policy(_deny(Principal="*"))})

    assert f"no request of this call is on {other}, so its policy has no say" in (
        pe.explain(policies, _GET).notes
    )


@pytest.mark.parametrize(
    "arguments",
    [{"identity": "{}"}, {"identity": _FULL}, {"session": _FULL}, {"scps": [_FULL]}],
)
def test_policies_stand_in_lists(arguments: dict[str, object]) -> None:
    with pytest.raises(TypeError, match="stand in a list"):
        pe.PolicySet(**arguments)  # type: ignore[arg-type]


def test_a_deny_for_having_a_boundary_says_so() -> None:
    deny = _policy(_deny(Sid="D", NotPrincipal={"AWS": [_USER, _A]}))
    explanation = pe.explain(pe.PolicySet([_FULL], boundary=_FULL, resource=deny), _GET)

    assert explanation.decision.decision == "explicitDeny"
    assert "✓ NotPrincipal   covers every caller that has a permissions boundary (R-NPRIN-02)" in (
        str(explanation)
    )


def test_a_forwarded_call_whose_services_nobody_said_has_some() -> None:
    condition = {"ForAnyValue:StringEquals": {"aws:CalledVia": "appflow.amazonaws.com"}}
    policies = pe.PolicySet([_policy(_allow(Condition=condition))])

    def asked(via: str) -> pe.Decision:
        request = pe.Request("s3:GetObject", _OBJECT, principal=_USER,
                             context={"aws:ViaAWSService": via})  # fmt: skip
        return _decided(policies, request)

    assert asked("TRUE").missing_context == ("aws:CalledVia",)
    assert asked("false").decision == "implicitDeny"


def test_over_two_accounts_only_the_caller_s_own_policies_are_a_side() -> None:
    bucket = _policy(_allow(Principal={"AWS": _A}))
    policies = pe.PolicySet([_FULL], resource=bucket, scps=[[_policy(_allow("sqs:*"))]])
    request = pe.Request("s3:GetObject", _OBJECT, principal=_USER, resource_account=_B)

    text = summarize(pe.explain(policies, request))

    assert text.startswith("no: implicit deny (service control policy, level 1 of 1)")
    assert "side" not in text
