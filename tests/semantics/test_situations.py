"""Which formula applies to which call, and how each layer has a say in it."""

from __future__ import annotations

import pytest

from policy_eval.errors import RequestError
from policy_eval.request.principal import Credentials, Principal, parse_principal
from policy_eval.request.request import Request
from policy_eval.semantics.authorization import Case, Everyone, Presence, Side
from policy_eval.semantics.layers import Attached, Layer
from policy_eval.semantics.readings import OUR_READING, OpenPoint, Reading
from policy_eval.semantics.request_context import RequestContext
from policy_eval.semantics.situations import case_of

_ACCOUNT = "111122223333"
_ROLE = f"arn:aws:iam::{_ACCOUNT}:role/Dev"
_USER = f"arn:aws:iam::{_ACCOUNT}:user/u"
_FEDERATED = f"arn:aws:sts::{_ACCOUNT}:federated-user/f"
_KEY = f"arn:aws:kms:us-east-1:{_ACCOUNT}:key/1"
_OTHER_ROLE = f"arn:aws:iam::{_ACCOUNT}:role/Other"
_FOREIGN = "arn:aws:sqs:us-east-1:999999999999:q"
_SAML = f"arn:aws:iam::{_ACCOUNT}:saml-provider/Corp"
_EVERY_LAYER = Attached(frozenset(Layer), scp_levels=1, rcp_levels=1)
_LIMITS = Attached(frozenset({Layer.SCP, Layer.RCP, Layer.ENDPOINT}), scp_levels=1, rcp_levels=1)


def _case(
    action: str,
    resource: str | None = None,
    principal: str | Principal | None = _ROLE,
    attached: Attached = _LIMITS,
    reading: Reading = OUR_READING,
) -> Case:
    request = Request(action, resource, principal=principal)
    return case_of(RequestContext(request, reading, attached))


@pytest.mark.parametrize(
    ("action", "resource", "principal", "side", "rule"),
    [
        ("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{_ACCOUNT}:q", _ROLE, Side.EITHER, ""),
        ("kms:Decrypt", _KEY, _ROLE, Side.GUARDED, "R-KMS-01"),
        ("kms:Decrypt", _KEY, None, Side.GUARDED, "R-KMS-01"),
        ("kms:Decrypt", _KEY, _ACCOUNT, Side.GUARDED, "R-KMS-01"),
        ("kms:CreateKey", "*", _ROLE, Side.IDENTITY, "R-KMS-02"),
        ("kms:CreateAlias", _KEY, _ROLE, Side.GUARDED, "R-KMS-01"),
        ("kms:CreateAlias", f"arn:aws:kms:us-east-1:{_ACCOUNT}:alias/a", _ROLE, Side.IDENTITY,
         "R-KMS-02"),
        ("sts:AssumeRole", _OTHER_ROLE, _ROLE, Side.GUARDED, "R-TRUST-01"),
        ("sts:TagSession", _OTHER_ROLE, _ROLE, Side.GUARDED, "R-TRUST-01"),
        ("sts:SetSourceIdentity", _OTHER_ROLE, _ROLE, Side.BOTH, "R-TRUST-03"),
        ("sts:SetSourceIdentity", _OTHER_ROLE, _USER, Side.GUARDED, "R-TRUST-03"),
        ("sts:AssumeRoleWithSAML", _OTHER_ROLE, _SAML, Side.RESOURCE, "R-TRUST-02"),
        ("sts:AssumeRoleWithSAML", _OTHER_ROLE, None, Side.RESOURCE, "R-TRUST-02"),
        ("sqs:SendMessage", _FOREIGN, _ROLE, Side.BOTH, "R-XACC-01"),
        ("sqs:SendMessage", _FOREIGN, "999999999998", Side.BOTH, "R-XACC-01"),
        ("sqs:SendMessage", _FOREIGN, "appflow.amazonaws.com", Side.RESOURCE, "R-SP-01"),
        ("sqs:SendMessage", _FOREIGN, "anonymous", Side.RESOURCE, "R-ANON-01"),
        ("sts:GetCallerIdentity", "*", _ROLE, Side.NEITHER, "R-EXT-01"),
        ("sts:GetCallerIdentity", "*", "anonymous", Side.RESOURCE, "R-ANON-01"),
    ],
)  # fmt: skip
def test_whose_policies_must_allow(
    action: str, resource: str, principal: str | None, side: Side, rule: str
) -> None:
    case = _case(action, resource, principal)

    assert (case.side, case.rule) == (side, rule)


@pytest.mark.parametrize(
    ("action", "resource", "rule"),
    [
        ("kms:Decrypt", _KEY, "R-KMS-01"),
        ("sts:AssumeRole", _OTHER_ROLE, "R-TRUST-01"),
        ("sqs:SendMessage", _FOREIGN, "R-XACC-01"),
    ],
)
def test_a_resource_policy_that_must_exist_is_unknown(
    action: str, resource: str, rule: str
) -> None:
    state = _case(action, resource).layers[Layer.RESOURCE]

    assert (state.presence, state.rule) == (Presence.UNKNOWN, rule)


def test_in_one_account_there_need_be_no_resource_policy() -> None:
    case = _case("s3:ListBucket", "arn:aws:s3:::b")

    assert case.layers[Layer.RESOURCE].presence is Presence.NONE


def test_identity_policies_do_not_apply_to_the_root_user_of_a_key() -> None:
    case = _case("kms:Decrypt", _KEY, _ACCOUNT, Attached(frozenset({Layer.IDENTITY})))

    assert case.layers[Layer.IDENTITY].presence is Presence.NOT_APPLICABLE


@pytest.mark.parametrize("resource", ["arn:aws:s3:::b", _FOREIGN])
def test_the_root_user_is_allowed_by_itself(resource: str) -> None:
    case = _case("s3:ListBucket", resource, _ACCOUNT)

    assert case.layers[Layer.IDENTITY].presence is Presence.BY_ITSELF


def test_a_federated_user_without_a_session_policy_has_nothing() -> None:
    state = _case("s3:ListBucket", "arn:aws:s3:::b", _FEDERATED).layers[Layer.SESSION]

    assert (state.presence, state.rule) == (Presence.NOTHING, "R-EVAL-12")


def test_assumed_root_always_has_a_task_policy() -> None:
    root = parse_principal(_ACCOUNT)._replace(credentials=Credentials.ASSUME_ROOT)
    task = Attached(frozenset({Layer.SESSION}))

    assert _case("s3:GetObject", "arn:aws:s3:::b/k", root).layers[Layer.SESSION].presence is (
        Presence.UNKNOWN
    )
    given = _case("s3:GetObject", "arn:aws:s3:::b/k", root, task)
    assert given.layers[Layer.SESSION].presence is Presence.GIVEN


def _owner(context: dict[str, str], **known: str) -> Request:
    return Request("s3:ListBucket", "arn:aws:s3:::b", context=context, **known)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "request_",
    [
        _owner({"aws:ResourceAccount": "999999999999"}, principal=_ROLE),
        _owner({}, principal=_ROLE, resource_account="999999999999"),
        Request("s3:GetObject", principal=_ROLE, context={"aws:ResourceAccount": "999999999999"}),
        Request("sqs:SendMessage", _FOREIGN, context={"aws:PrincipalAccount": _ACCOUNT}),
    ],
)  # fmt: skip
def test_a_resource_is_foreign_by_what_is_said(request_: Request) -> None:
    assert case_of(RequestContext(request_)).rule == "R-XACC-01"


@pytest.mark.parametrize(
    ("principal", "attached", "said"),
    [
        (_ACCOUNT, Layer.BOUNDARY, "no permissions boundary"),
        ("appflow.amazonaws.com", Layer.BOUNDARY, "no permissions boundary"),
        (_USER, Layer.SESSION, "no session policy"),
        ("anonymous", Layer.SESSION, "no session policy"),
    ],
)
def test_layers_that_a_caller_cannot_have_are_refused(
    principal: str, attached: Layer, said: str
) -> None:
    with pytest.raises(RequestError, match=said):
        _case("s3:GetObject", "arn:aws:s3:::b/k", principal, Attached(frozenset({attached})))


@pytest.mark.parametrize("layer", [Layer.BOUNDARY, Layer.SESSION])
def test_what_a_caller_cannot_have_is_not_unknown_either(layer: Layer) -> None:
    case = _case("s3:GetObject", "arn:aws:s3:::b/k", _ACCOUNT, Attached(unknown=frozenset({layer})))

    assert case.layers[layer].presence is Presence.NONE


@pytest.mark.parametrize(
    ("action", "principal", "said"),
    [
        ("s3:GetObject", _SAML, "does not call s3:GetObject"),
        ("sts:AssumeRoleWithSAML", _ROLE, "is not signed"),
        ("sts:AssumeRoleWithWebIdentity", "appflow.amazonaws.com", "is not signed"),
    ],
)
def test_unsigned_calls_are_those_of_providers(action: str, principal: str, said: str) -> None:
    with pytest.raises(RequestError, match=said):
        _case(action, _OTHER_ROLE, principal)


_SERVICE_LINKED = f"arn:aws:iam::{_ACCOUNT}:role/aws-service-role/x.amazonaws.com/R"
_MANAGEMENT = parse_principal(_ROLE)._replace(management_account=_ACCOUNT)
_OTHERS_MANAGEMENT = parse_principal(_ROLE)._replace(management_account="999999999999")
_SECRET = f"arn:aws:secretsmanager:us-east-1:{_ACCOUNT}:secret:a-AbCdEf"


@pytest.mark.parametrize(
    ("principal", "applies"),
    [
        (_ROLE, True),
        (_ACCOUNT, True),
        (None, True),
        (_OTHERS_MANAGEMENT, True),
        (_MANAGEMENT, False),
        (_SERVICE_LINKED, False),
        ("appflow.amazonaws.com", False),
        ("anonymous", False),
    ],
)
def test_to_whom_scps_apply(principal: str | Principal | None, applies: bool) -> None:
    state = _case("secretsmanager:GetSecretValue", _SECRET, principal).layers[Layer.SCP]

    assert (state.presence is Presence.GIVEN) is applies


@pytest.mark.parametrize(
    ("action", "resource", "principal", "applies"),
    [
        ("secretsmanager:GetSecretValue", _SECRET, _ROLE, True),
        ("secretsmanager:GetSecretValue", _SECRET, None, True),
        ("secretsmanager:GetSecretValue", _SECRET, "anonymous", True),
        ("secretsmanager:GetSecretValue", _SECRET, _MANAGEMENT, False),
        ("secretsmanager:GetSecretValue", _SECRET, _SERVICE_LINKED, False),
        ("secretsmanager:ListSecrets", "*", _ROLE, False),
        ("appflow:RunFlow", f"arn:aws:appflow:us-east-1:{_ACCOUNT}:flow/f", _ROLE, False),
        ("kms:RetireGrant", _KEY, _ROLE, False),
        ("kms:Decrypt", _KEY, _ROLE, True),
        ("kms:DescribeKey", f"arn:aws:kms:us-east-1:{_ACCOUNT}:alias/aws/s3", _ROLE, False),
        ("s3:GetObject", "arn:aws:s3:::b/k", _MANAGEMENT, False),
        ("s3:GetObject", "arn:aws:s3:::b/k", _OTHERS_MANAGEMENT, True),
        ("sts:AssumeRole", _OTHER_ROLE, "x.amazonaws.com", True),
        ("sts:AssumeRole", _SERVICE_LINKED, "x.amazonaws.com", False),
    ],
)
def test_where_rcps_apply(
    action: str, resource: str, principal: str | Principal | None, applies: bool
) -> None:
    state = _case(action, resource, principal).layers[Layer.RCP]

    assert (state.presence is Presence.GIVEN) is applies


def test_an_alias_in_the_request_tells_an_aws_managed_key() -> None:
    request = Request(
        "kms:Decrypt", _KEY, principal=_ROLE, context={"kms:RequestAlias": "alias/aws/s3"}
    )
    case = case_of(RequestContext(request, OUR_READING, _LIMITS))

    assert case.layers[Layer.RCP].presence is Presence.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("context", "unknown", "presence", "hangs_on"),
    [
        ({}, (), Presence.GIVEN, ""),
        ({"aws:CalledVia": ["appflow.amazonaws.com"]}, (), Presence.NOT_APPLICABLE, ""),
        ({}, ("aws:CalledVia", "aws:ViaAWSService"), Presence.GIVEN, "aws:ViaAWSService"),
    ],
)
def test_a_forwarded_call_passes_no_endpoint(
    context: dict[str, list[str]], unknown: tuple[str, ...], presence: Presence, hangs_on: str
) -> None:
    request = Request(
        "secretsmanager:GetSecretValue", _SECRET, principal=_ROLE, context=context, unknown=unknown
    )
    state = case_of(RequestContext(request, OUR_READING, _LIMITS)).layers[Layer.ENDPOINT]

    assert (state.presence, state.hangs_on) == (presence, hangs_on)


@pytest.mark.parametrize(
    ("principal", "point", "everyone"),
    [
        (_FEDERATED, OpenPoint.EVERYONE_AND_SESSIONLESS, Everyone.NEVER),
        (_FEDERATED, OpenPoint.EVERYONE_AND_LIMITS, Everyone.BOUNDARY),
        (_ROLE, OpenPoint.EVERYONE_AND_LIMITS, Everyone.LIMITS),
        (_ROLE, OpenPoint.EVERYONE_AND_SESSIONLESS, Everyone.NOTHING_MORE),
    ],
)
def test_how_a_grant_to_everyone_is_read(
    principal: str, point: OpenPoint, everyone: Everyone
) -> None:
    case = _case("s3:GetObject", "arn:aws:s3:::b/k", principal, reading=frozenset({point}))

    assert case.everyone is everyone
    assert _case("s3:GetObject", "arn:aws:s3:::b/k", principal).everyone is Everyone.NOTHING_MORE


@pytest.mark.parametrize("provider", [_SAML, "accounts.google.com"])
def test_the_further_actions_of_an_unsigned_call_are_unsigned_too(provider: str) -> None:
    assume = Request("sts:AssumeRoleWithSAML", _OTHER_ROLE, principal=provider)
    tag = Request("sts:TagSession", _OTHER_ROLE, principal=provider)
    case = case_of(RequestContext(tag, OUR_READING, _LIMITS, RequestContext(assume)))

    assert (case.side, case.rule) == (Side.RESOURCE, "R-TRUST-02")
