"""Keys that follow from credentials, the organization, an endpoint, the owner, and forwarding."""

from __future__ import annotations

import pytest

from policy_eval.errors import RequestError
from policy_eval.request.principal import Credentials, Principal, parse_principal
from policy_eval.request.request import Request
from policy_eval.semantics.layers import NOTHING_ATTACHED, Attached, Layer
from policy_eval.semantics.lower import key_named
from policy_eval.semantics.readings import OUR_READING
from policy_eval.semantics.request_context import RequestContext, Unknown

_ACCOUNT = "111122223333"
_USER = parse_principal(f"arn:aws:iam::{_ACCOUNT}:user/u")
_ROLE = parse_principal(f"arn:aws:iam::{_ACCOUNT}:role/r")
_FEDERATED = parse_principal(f"arn:aws:sts::{_ACCOUNT}:federated-user/f")
_ROOT = parse_principal(_ACCOUNT)
_SECRET = f"arn:aws:secretsmanager:us-east-1:{_ACCOUNT}:secret:a-AbCdEf"
_MFA, _AGE, _ISSUED = (
    "aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge", "aws:TokenIssueTime",
)  # fmt: skip
_FORWARDED = {"aws:CalledVia": ["appflow.amazonaws.com"]}
_AT_ENDPOINT = Attached(frozenset({Layer.ENDPOINT}))
_KEY = Credentials.ACCESS_KEY
_TOKEN = Credentials.GET_SESSION_TOKEN
_SAML = Credentials.ASSUME_ROLE_WITH_SAML


def _context(request: Request, attached: Attached = NOTHING_ATTACHED) -> RequestContext:
    return RequestContext(request, OUR_READING, attached)


def _seen(request: Request, key: str, attached: Attached = NOTHING_ATTACHED) -> object:
    candidates = _context(request, attached).candidates(key_named(key))
    return "unknown" if isinstance(candidates, Unknown) else candidates[0]


def _refusal(request: Request, attached: Attached = NOTHING_ATTACHED) -> str:
    with pytest.raises(RequestError) as caught:
        _context(request, attached)
    return str(caught.value)


def _of(principal: Principal, context: dict[str, object] | None = None) -> Request:
    return Request("secretsmanager:GetSecretValue", _SECRET, principal=principal,
                   context=context)  # type: ignore[arg-type]  # fmt: skip


@pytest.mark.parametrize(
    ("principal", "forwarded", "value"),
    [
        (_USER, False, None),
        (_USER, True, "unknown"),
        (_USER._replace(mfa=True), False, ("true",)),
        (_USER._replace(mfa=True), True, ("true",)),
        (_USER._replace(mfa=False), False, "unknown"),
        (_USER._replace(credentials=_KEY), False, None),
        (_USER._replace(credentials=_KEY), True, ("false",)),
        (_USER._replace(credentials=_TOKEN), False, "unknown"),
        (_USER._replace(credentials=_TOKEN, mfa=False), False, ("false",)),
        (_USER._replace(credentials=Credentials.CONSOLE, mfa=False), False, ("false",)),
        (_ROLE, False, None),
        (_ROLE._replace(mfa=False), False, ("false",)),
        (_ROLE._replace(credentials=Credentials.ASSUME_ROLE), False, "unknown"),
        (_ROLE._replace(credentials=_SAML), False, None),
        (_FEDERATED, False, None),
        (_ROOT._replace(credentials=_KEY), False, None),
    ],
)
def test_whether_mfa_was_used(principal: Principal, forwarded: bool, value: object) -> None:
    request = _of(principal, dict(_FORWARDED) if forwarded else None)

    assert _seen(request, _MFA) == value


@pytest.mark.parametrize(
    ("principal", "key", "value"),
    [
        (_USER._replace(mfa=True), _AGE, "unknown"),
        (_USER._replace(credentials=_KEY), _ISSUED, None),
        (_USER._replace(credentials=_TOKEN), _ISSUED, "unknown"),
        (_ROOT._replace(credentials=Credentials.ASSUME_ROOT), "aws:AssumedRoot", ("true",)),
        (_ROOT._replace(credentials=_KEY), "aws:AssumedRoot", None),
        (_USER._replace(organization_paths=("o-a/r-b/ou-c/",)), "aws:PrincipalOrgID", ("o-a",)),
        (_USER._replace(organization_paths=("o-a/r-b/",)), "aws:ResourceOrgID", ("o-a",)),
        (_USER._replace(organization_id="o-a"), "aws:ResourceOrgID", ("o-a",)),
        (_USER._replace(organization_paths=("o-a/r-b/",)), "aws:ResourceOrgPaths", ("o-a/r-b/",)),
        (parse_principal("accounts.google.com"), "aws:PrincipalArn", None),
        (parse_principal("accounts.google.com"), "aws:FederatedProvider", "unknown"),
    ],
)
def test_what_follows_from_the_caller(principal: Principal, key: str, value: object) -> None:
    assert _seen(_of(principal), key) == value


@pytest.mark.parametrize(
    ("principal", "context"),
    [
        (_USER._replace(mfa=True), {_MFA: "false"}),
        (_USER._replace(credentials=_KEY), {_MFA: "true"}),
        (_USER._replace(credentials=_KEY), {**_FORWARDED, _MFA: "true"}),
        (_ROLE._replace(credentials=_SAML), {_MFA: "false"}),
        (_USER._replace(credentials=_KEY), {_ISSUED: "2026-01-01T00:00:00Z"}),
        (_USER._replace(organization_id="o-a"), {"aws:PrincipalOrgID": "o-b"}),
        (_USER._replace(organization_id="o-a"), {"aws:ResourceOrgID": "o-b"}),
        (_USER, {**_FORWARDED, "aws:SourceVpce": "vpce-1"}),
        (_USER, {"aws:ResourceAccount": "999999999999"}),
    ],
)
def test_what_a_given_value_contradicts_is_an_error(
    principal: Principal, context: dict[str, object]
) -> None:
    assert "error[contradiction]" in _refusal(_of(principal, context))


@pytest.mark.parametrize("key", ["aws:ResourceOrgID", "aws:ResourceOrgPaths"])
def test_an_unknown_caller_leaves_the_resources_organization_unknown(key: str) -> None:
    request = Request("secretsmanager:GetSecretValue", _SECRET)

    assert _seen(request, key) == "unknown"
    assert _seen(_of(_USER), key) is None


def test_the_owner_is_the_one_that_is_said() -> None:
    request = Request("s3:GetObject", "arn:aws:s3:::b/k", principal=_USER,
                      resource_account="999999999999")  # fmt: skip

    assert _seen(request, "aws:ResourceAccount") == ("999999999999",)
    assert _context(request).is_foreign()


def test_an_owner_that_the_arn_rules_out_is_refused() -> None:
    request = Request("secretsmanager:GetSecretValue", _SECRET, resource_account="999999999999")

    assert "error[contradiction]" in _refusal(request)


def test_partitions_never_mix() -> None:
    request = Request("s3:GetObject", "arn:aws-cn:s3:::b/k", principal=_USER)

    assert "error[another-partition]" in _refusal(request)
    assert _context(Request("s3:GetObject", "arn:aws-cn:s3:::b/k", principal="anonymous"))


def test_an_endpoint_brings_its_keys_and_takes_the_address() -> None:
    request = _of(_USER)

    assert _seen(request, "aws:SourceVpce", _AT_ENDPOINT) == "unknown"
    assert _seen(request, "aws:SourceIp", _AT_ENDPOINT) is None
    given = _of(_USER, {"aws:SourceVpce": "vpce-1"})
    assert _seen(given, "aws:SourceVpce", _AT_ENDPOINT) == ("vpce-1",)
    assert "error[contradiction]" in _refusal(
        _of(_USER, {"aws:SourceIp": "192.0.2.1"}), _AT_ENDPOINT
    )


def test_a_forwarded_call_has_the_keys_of_no_endpoint() -> None:
    request = _of(_USER, {**_FORWARDED, "aws:SourceIp": "192.0.2.1"})

    assert _seen(request, "aws:SourceIp", _AT_ENDPOINT) == ("192.0.2.1",)
    assert _seen(request, "aws:SourceVpce", _AT_ENDPOINT) is None


@pytest.mark.parametrize(
    ("attached", "key", "path", "fits"),
    [
        (Attached(scp_levels=3), "aws:PrincipalOrgPaths", "o-a/r-b/ou-c/", True),
        (Attached(scp_levels=2), "aws:PrincipalOrgPaths", "o-a/r-b/ou-c/", False),
        (Attached(scp_levels=2), "aws:ResourceOrgPaths", "o-a/r-b/ou-c/", True),
        (Attached(rcp_levels=2), "aws:ResourceOrgPaths", "o-a/r-b/ou-c/", False),
        (Attached(scp_levels=2), "aws:PrincipalOrgPaths", "free text", True),
    ],
)
def test_the_levels_given_are_those_of_the_path(
    attached: Attached, key: str, path: str, fits: bool
) -> None:
    request = Request("s3:GetObject", "arn:aws:s3:::b/k", context={key: [path]})

    if fits:
        assert _context(request, attached)
    else:
        assert "error[organization-path]" in _refusal(request, attached)


def test_a_given_user_id_tells_the_unique_id_and_the_session() -> None:
    context = {"aws:userid": "AROAEXAMPLE:s"}
    caller = _context(_of(_ROLE, dict(context))).caller()

    assert {value.text for value in caller.itself} == {
        f"arn:aws:sts::{_ACCOUNT}:assumed-role/r/s",
    }  # fmt: skip
    assert "AROAEXAMPLE" in {value.text for value in caller.owner}
    assert caller.missing == ""
