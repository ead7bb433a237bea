"""The request context: given, derived, absent, unknown, contradictory."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from policy_eval.errors import RequestError
from policy_eval.request.principal import Principal, PrincipalKind, parse_principal
from policy_eval.request.request import Request
from policy_eval.semantics.lower import key_named
from policy_eval.semantics.request_context import UNKNOWN, RequestContext, Unknown

_ACCOUNT = "111122223333"
_SAML = "arn:aws:iam::111122223333:saml-provider/Corp"
_ROLE = f"arn:aws:iam::{_ACCOUNT}:role/team/Dev"
_SECRET = f"arn:aws:secretsmanager:eu-west-1:{_ACCOUNT}:secret:app-AbCdEf"


def _seen(request: Request, key: str) -> object:
    candidates = RequestContext(request).candidates(key_named(key))
    return candidates if isinstance(candidates, Unknown) else candidates[0]


def _by(principal: str | Principal | None, key: str) -> object:
    return _seen(Request("s3:ListBucket", principal=principal), key)


@pytest.mark.parametrize(
    ("principal", "key", "value"),
    [
        (f"arn:aws:iam::{_ACCOUNT}:user/a/bob", "aws:username", "bob"),
        (f"arn:aws:iam::{_ACCOUNT}:user/a/bob", "aws:PrincipalType", "User"),
        (f"arn:aws:iam::{_ACCOUNT}:user/a/bob", "aws:PrincipalAccount", _ACCOUNT),
        (_ROLE, "aws:PrincipalArn", _ROLE),
        (_ROLE, "aws:PrincipalType", "AssumedRole"),
        (_ROLE, "aws:PrincipalIsAWSService", "false"),
        (_ACCOUNT, "aws:userid", _ACCOUNT),
        (_ACCOUNT, "aws:PrincipalType", "Account"),
        (_ACCOUNT, "aws:PrincipalArn", f"arn:aws:iam::{_ACCOUNT}:root"),
        (f"arn:aws:sts::{_ACCOUNT}:federated-user/f", "aws:userid", f"{_ACCOUNT}:f"),
        (f"arn:aws:sts::{_ACCOUNT}:federated-user/f", "aws:PrincipalType", "FederatedUser"),
        ("appflow.amazonaws.com", "aws:PrincipalServiceName", "appflow.amazonaws.com"),
        ("appflow.amazonaws.com", "aws:PrincipalIsAWSService", "true"),
        ("anonymous", "aws:PrincipalAccount", "anonymous"),
        ("anonymous", "aws:userid", "anonymous"),
    ],
)
def test_keys_follow_from_the_caller(principal: str, key: str, value: str) -> None:
    assert _by(principal, key) == (value,)


@pytest.mark.parametrize(
    ("principal", "key"),
    [
        (_ROLE, "aws:username"),
        (_ACCOUNT, "aws:username"),
        ("appflow.amazonaws.com", "aws:PrincipalArn"),
        ("anonymous", "aws:PrincipalArn"),
        ("anonymous", "aws:PrincipalIsAWSService"),
        (_ROLE, "aws:PrincipalTag/team"),
        (_ROLE, "aws:SourceIp"),
    ],
)
def test_keys_a_caller_does_not_carry_are_absent(principal: str, key: str) -> None:
    assert _by(principal, key) is None


@pytest.mark.parametrize(
    ("principal", "key"),
    [
        (_ROLE, "aws:userid"),
        (_ROLE, "aws:TokenIssueTime"),
        (f"arn:aws:iam::{_ACCOUNT}:user/bob", "aws:userid"),
        (f"arn:aws:sts::{_ACCOUNT}:assumed-role/Dev/s", "aws:PrincipalArn"),
        ("appflow.amazonaws.com", "aws:PrincipalServiceNamesList"),
        (None, "aws:PrincipalArn"),
        (None, "aws:PrincipalTag/team"),
        (None, "aws:username"),
        (_ROLE, "aws:UserAgent"),
        (_ROLE, "aws:CurrentTime"),
        (_ROLE, "aws:RequestedRegion"),
    ],
)
def test_keys_that_are_carried_but_not_said_are_unknown(principal: str | None, key: str) -> None:
    assert _by(principal, key) is UNKNOWN


def test_a_session_with_ids_has_a_userid() -> None:
    session = parse_principal(f"arn:aws:sts::{_ACCOUNT}:assumed-role/Dev/s")
    session = session._replace(user_id="AROAEXAMPLE")

    assert _by(session, "aws:userid") == ("AROAEXAMPLE:s",)


def test_a_user_with_an_id_has_a_userid() -> None:
    user = parse_principal(f"arn:aws:iam::{_ACCOUNT}:user/bob")._replace(user_id="AIDAEXAMPLE")

    assert _by(user, "aws:userid") == ("AIDAEXAMPLE",)


def test_organization_and_tags_of_the_caller() -> None:
    role = parse_principal(_ROLE)._replace(
        tags=(("team", "x"),), organization_id="o-1", organization_paths=("o-1/r-1/",)
    )

    assert _by(role, "aws:PrincipalTag/team") == ("x",)
    assert _by(role, "aws:PrincipalOrgID") == ("o-1",)
    assert _by(role, "aws:PrincipalOrgPaths") == ("o-1/r-1/",)


def test_every_kind_of_principal_is_named() -> None:
    named = {str(parse_principal(text)) for text in (_ROLE, _ACCOUNT, "anonymous", _SAML)}

    assert named == {"role/Dev", f"root of {_ACCOUNT}", "anonymous", _SAML}
    assert len(PrincipalKind) == 7


@pytest.mark.parametrize(
    ("key", "value", "principal"),
    [
        ("aws:PrincipalAccount", "999999999999", _ROLE),
        ("aws:PrincipalArn", None, _ROLE),
        ("aws:username", "bob", _ROLE),
        ("aws:principaltype", "User", _ROLE),
    ],
)
def test_a_contradiction_with_the_caller_is_an_error(
    key: str, value: str | None, principal: str
) -> None:
    with pytest.raises(RequestError) as caught:
        RequestContext(Request("s3:ListBucket", principal=principal, context={key: value}))

    assert caught.value.diagnostics[0].code == "contradiction"


def test_agreeing_with_what_follows_is_no_contradiction() -> None:
    request = Request("s3:ListBucket", principal=_ROLE, context={"AWS:principalarn": _ROLE})

    assert _seen(request, "aws:PrincipalArn") == (_ROLE,)


def test_a_chain_of_services_settles_its_views() -> None:
    request = Request(
        "s3:ListBucket", context={"aws:CalledVia": ["a.amazonaws.com", "b.amazonaws.com"]}
    )

    assert _seen(request, "aws:CalledViaFirst") == ("a.amazonaws.com",)
    assert _seen(request, "aws:CalledViaLast") == ("b.amazonaws.com",)
    assert _seen(request, "aws:ViaAWSService") == ("true",)


def test_a_direct_call_is_via_no_service() -> None:
    assert _seen(Request("s3:ListBucket"), "aws:ViaAWSService") == ("false",)


def test_an_unknown_chain_leaves_its_views_unknown() -> None:
    request = Request("s3:ListBucket", unknown=["aws:CalledVia"])

    assert _seen(request, "aws:ViaAWSService") is UNKNOWN


def test_a_chain_contradicts_a_direct_call() -> None:
    with pytest.raises(RequestError, match="contradiction"):
        RequestContext(
            Request(
                "s3:ListBucket",
                context={"aws:CalledVia": "a.amazonaws.com", "aws:ViaAWSService": False},
            )
        )


@pytest.mark.parametrize(
    "now", ["2026-01-01T00:00:00Z", datetime(2026, 1, 1, tzinfo=UTC)], ids=["text", "datetime"]
)
def test_the_clock_gives_both_times(now: str | datetime) -> None:
    request = Request("s3:ListBucket", now=now)

    assert _seen(request, "aws:CurrentTime") == ("2026-01-01T00:00:00Z",)
    assert _seen(request, "aws:EpochTime") == ("1767225600",)


@pytest.mark.parametrize(
    ("given", "key", "value"),
    [
        ({"aws:CurrentTime": "2026-01-01"}, "aws:EpochTime", "1767225600"),
        ({"aws:EpochTime": "1767225600"}, "aws:CurrentTime", "1767225600"),
    ],
)
def test_one_time_gives_the_other(given: dict[str, str], key: str, value: str) -> None:
    assert _seen(Request("s3:ListBucket", context=given), key) == (value,)


def test_an_unreadable_time_gives_nothing() -> None:
    request = Request("s3:ListBucket", context={"aws:CurrentTime": "soon"})

    assert _seen(request, "aws:EpochTime") is UNKNOWN


def test_an_unreadable_clock_is_an_error() -> None:
    with pytest.raises(RequestError, match="unreadable-time"):
        RequestContext(Request("s3:ListBucket", now="soon"))


def test_region_and_owner_follow_from_the_resource() -> None:
    request = Request("secretsmanager:GetSecretValue", _SECRET, principal=_ROLE)

    assert _seen(request, "aws:RequestedRegion") == ("eu-west-1",)
    assert _seen(request, "aws:ResourceAccount") == (_ACCOUNT,)


def test_global_services_report_us_east_1() -> None:
    request = Request("iam:GetUser", f"arn:aws:iam::{_ACCOUNT}:user/bob")

    assert _seen(request, "aws:RequestedRegion") == ("us-east-1",)


def test_a_bucket_is_taken_to_be_the_callers() -> None:
    request = Request("s3:ListBucket", "arn:aws:s3:::b", principal=_ROLE)

    assert _seen(request, "aws:ResourceAccount") == (_ACCOUNT,)
    assert _seen(request, "aws:RequestedRegion") is UNKNOWN


def test_a_bucket_of_nobody_has_no_known_owner() -> None:
    assert _seen(Request("s3:ListBucket", "arn:aws:s3:::b"), "aws:ResourceAccount") is UNKNOWN


def test_calls_are_encrypted_unless_said_otherwise() -> None:
    plain = Request("s3:ListBucket", context={"aws:SecureTransport": False})

    assert _seen(Request("s3:ListBucket"), "aws:SecureTransport") == ("true",)
    assert _seen(plain, "aws:SecureTransport") == ("false",)


def test_tags_of_a_new_secret_are_request_and_resource_tags() -> None:
    request = Request("secretsmanager:CreateSecret", request_tags={"env": "dev"})

    assert _seen(request, "aws:RequestTag/env") == ("dev",)
    assert _seen(request, "aws:TagKeys") == ("env",)
    assert _seen(request, "aws:ResourceTag/env") == ("dev",)
    assert _seen(request, "secretsmanager:ResourceTag/env") == ("dev",)


def test_tags_of_a_later_call_are_no_resource_tags() -> None:
    request = Request("secretsmanager:TagResource", request_tags={"env": "dev"})

    assert _seen(request, "aws:RequestTag/env") == ("dev",)
    assert _seen(request, "aws:ResourceTag/env") is None


def test_an_action_that_carries_no_request_tags_gets_none() -> None:
    request = Request("secretsmanager:UntagResource", request_tags={"env": "dev"})

    assert _seen(request, "aws:RequestTag/env") is None
    assert _seen(request, "aws:TagKeys") == ("env",)


def test_an_unlisted_action_gets_its_request_tags() -> None:
    assert _seen(Request("nosuch:Do", request_tags={"a": "b"}), "aws:RequestTag/a") == ("b",)


def test_a_given_key_contradicts_a_tag() -> None:
    request = Request(
        "secretsmanager:GetSecretValue",
        resource_tags={"env": "dev"},
        context={"aws:ResourceTag/env": "prod"},
    )

    with pytest.raises(RequestError, match="contradiction"):
        RequestContext(request)


def test_a_given_key_may_agree_with_a_tag() -> None:
    request = Request(
        "secretsmanager:GetSecretValue",
        resource_tags={"env": "dev"},
        context={"aws:ResourceTag/env": "dev"},
    )

    assert _seen(request, "secretsmanager:ResourceTag/env") == ("dev",)


@pytest.mark.parametrize("key", ["aws:CurrentTime", "aws:EpochTime"])
def test_a_given_time_contradicts_another_time_of_the_call(key: str) -> None:
    request = Request("s3:ListBucket", now="2026-01-01T00:00:00Z", context={key: "1"})

    with pytest.raises(RequestError, match="contradiction"):
        RequestContext(request)


def test_a_given_time_may_agree_with_the_time_of_the_call() -> None:
    request = Request(
        "s3:ListBucket", now="2026-01-01T00:00:00Z", context={"aws:EpochTime": "1767225600"}
    )

    assert _seen(request, "aws:CurrentTime") == ("2026-01-01T00:00:00Z",)


def test_tags_that_differ_by_case_compete() -> None:
    request = Request("s3:GetObject", resource_tags={"Owner": "x", "owner": "y"})
    context = RequestContext(request)

    assert context.candidates(key_named("aws:ResourceTag/Owner")) == (("x",),)
    assert context.candidates(key_named("AWS:resourcetag/owner")) == (("y",),)
    assert context.candidates(key_named("aws:ResourceTag/OWNER")) == (("x",), ("y",))
    assert context.has_competing_spellings()


@pytest.mark.parametrize("unknown", ["aws:SourceIp", "aws:Source*", "*"])
def test_unknown_keys_and_families(unknown: str) -> None:
    assert _seen(Request("s3:ListBucket", unknown=[unknown]), "aws:sourceip") is UNKNOWN


def test_what_follows_is_known_even_where_all_else_is_unknown() -> None:
    request = Request("s3:ListBucket", principal=_ROLE, unknown=["*"])

    assert _seen(request, "aws:PrincipalArn") == (_ROLE,)


def test_a_key_given_and_unknown_is_an_error() -> None:
    with pytest.raises(RequestError, match="key-given-and-unknown"):
        RequestContext(Request("s3:ListBucket", context={"s3:prefix": "x"}, unknown=["s3:Prefix"]))


def test_a_key_said_to_be_unknown_is_not_derived() -> None:
    request = Request("s3:ListBucket", principal=_ROLE, unknown=["aws:PrincipalArn"])

    assert _seen(request, "aws:PrincipalArn") is UNKNOWN
    assert repr(UNKNOWN) == "UNKNOWN"


def test_the_owner_may_be_given() -> None:
    given = Request("s3:ListBucket", context={"aws:ResourceAccount": "999999999999"})
    absent = Request("s3:ListBucket", context={"aws:ResourceAccount": None})

    assert RequestContext(given).owner_given() == "999999999999"
    assert RequestContext(absent).owner_given() is None


def test_an_owner_that_contradicts_the_arn_is_an_error() -> None:
    request = Request(
        "secretsmanager:GetSecretValue", _SECRET, context={"aws:ResourceAccount": "999999999999"}
    )

    with pytest.raises(RequestError, match="contradiction"):
        RequestContext(request)


@pytest.mark.parametrize(
    ("context", "keys"),
    [
        ({"aws:RequestTag/env": "dev"}, ("env",)),
        ({"aws:RequestTag/env": "dev", "aws:TagKeys": "env"}, ("env",)),
    ],
)
def test_tags_given_as_keys_have_tag_keys(context: dict[str, str], keys: tuple[str, ...]) -> None:
    request = Request("secretsmanager:CreateSecret", context=context)

    assert _seen(request, "aws:TagKeys") == keys
    assert _seen(request, "aws:ResourceTag/env") == ("dev",)


@pytest.mark.parametrize("keys", ["team", None])
def test_tag_keys_that_are_not_the_tags_contradict(keys: str | None) -> None:
    request = Request(
        "secretsmanager:CreateSecret", request_tags={"env": "dev"}, context={"aws:TagKeys": keys}
    )

    with pytest.raises(RequestError, match="contradiction"):
        RequestContext(request)


def test_tags_of_a_call_that_may_make_something_else_are_unknown() -> None:
    request = Request(
        "ec2:CreateSnapshot",
        "arn:aws:ec2:us-east-1:111122223333:volume/vol-1",
        request_tags={"env": "dev", "team": "x"},
        resource_tags={"team": "y"},
    )

    assert _seen(request, "aws:ResourceTag/env") is UNKNOWN
    assert _seen(request, "aws:ResourceTag/team") == ("y",)


def test_tags_that_tag_what_exists_are_not_its_own() -> None:
    request = Request("ec2:CreateTags", request_tags={"env": "dev"})

    assert _seen(request, "ec2:ResourceTag/env") is None


@pytest.mark.parametrize("key", ["aws:TagKeys", "aws:RequestTag/x", "aws:ResourceTag/x"])
def test_unknown_tags_spread(key: str) -> None:
    request = Request("secretsmanager:CreateSecret", unknown=["aws:RequestTag/*"])

    assert _seen(request, key) is UNKNOWN


def test_unknown_tags_of_what_exists_do_not_spread_to_it() -> None:
    request = Request("secretsmanager:TagResource", unknown=["aws:RequestTag/x"])

    assert _seen(request, "aws:TagKeys") is UNKNOWN
    assert _seen(request, "aws:ResourceTag/x") is None


def test_a_tag_that_is_passed_is_not_unknown() -> None:
    request = Request(
        "secretsmanager:CreateSecret", request_tags={"e": "x"}, unknown=["aws:RequestTag/e"]
    )

    with pytest.raises(RequestError, match="key-given-and-unknown"):
        RequestContext(request)


@pytest.mark.parametrize(
    ("given", "twin"),
    [
        ("aws:ResourceTag/Env", "secretsmanager:ResourceTag/Env"),
        ("secretsmanager:ResourceTag/Env", "aws:ResourceTag/Env"),
    ],
)
def test_a_resource_tag_has_two_names(given: str, twin: str) -> None:
    request = Request("secretsmanager:GetSecretValue", context={given: "a"})

    assert _seen(request, twin) == ("a",)


def test_the_two_names_of_a_tag_hold_one_value() -> None:
    request = Request(
        "secretsmanager:GetSecretValue",
        context={"aws:ResourceTag/Env": "a", "secretsmanager:ResourceTag/Env": "b"},
    )

    with pytest.raises(RequestError, match="contradiction"):
        RequestContext(request)


def test_tags_of_an_object_have_the_name_of_s3() -> None:
    request = Request("s3:GetObject", resource_tags={"env": "dev"})

    assert _seen(request, "s3:ExistingObjectTag/env") == ("dev",)


@pytest.mark.parametrize("end", ["aws:CalledViaFirst", "aws:CalledViaLast"])
def test_an_end_of_a_chain_is_a_forwarded_call(end: str) -> None:
    request = Request("s3:ListBucket", context={end: "athena.amazonaws.com"})

    assert _seen(request, "aws:ViaAWSService") == ("true",)
    assert _seen(request, "aws:CalledVia") is UNKNOWN


def test_an_end_of_no_chain_contradicts_itself() -> None:
    request = Request(
        "s3:ListBucket",
        context={"aws:CalledViaFirst": "athena.amazonaws.com", "aws:CalledVia": None},
    )

    with pytest.raises(RequestError, match="contradiction"):
        RequestContext(request)


@pytest.mark.parametrize("key", ["aws:CalledViaFirst", "aws:CalledViaLast"])
def test_an_unknown_chain_has_unknown_ends(key: str) -> None:
    assert _seen(Request("s3:ListBucket", unknown=["aws:CalledVia"]), key) is UNKNOWN


def test_a_forwarded_call_of_a_user_has_a_word_on_mfa() -> None:
    forwarded = {"aws:CalledVia": "athena.amazonaws.com"}
    user = f"arn:aws:iam::{_ACCOUNT}:user/u"

    by_user = Request("s3:ListBucket", principal=user, context=forwarded)
    by_role = Request("s3:ListBucket", principal=_ROLE, context=forwarded)
    said = Request(
        "s3:ListBucket",
        principal=user,
        context={**forwarded, "aws:MultiFactorAuthPresent": False},
    )

    assert _seen(by_user, "aws:MultiFactorAuthPresent") is UNKNOWN
    assert _seen(by_role, "aws:MultiFactorAuthPresent") is None
    assert _seen(said, "aws:MultiFactorAuthPresent") == ("false",)


_SESSION = f"arn:aws:sts::{_ACCOUNT}:assumed-role/Dev/me"


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:iam::999999999999:role/Dev",
        f"arn:aws:iam::{_ACCOUNT}:role/Other",
        f"arn:aws-cn:iam::{_ACCOUNT}:role/Dev",
        None,
    ],
)
def test_another_role_is_not_the_sessions(arn: str | None) -> None:
    with pytest.raises(RequestError, match="contradiction"):
        RequestContext(
            Request("s3:ListBucket", principal=_SESSION, context={"aws:PrincipalArn": arn})
        )


def test_the_path_of_a_sessions_role_may_be_given() -> None:
    request = Request("s3:ListBucket", principal=_SESSION, context={"aws:PrincipalArn": _ROLE})

    assert _seen(request, "aws:PrincipalArn") == (_ROLE,)


def test_a_sessions_arn_is_never_the_value() -> None:
    with pytest.raises(RequestError, match="session-arn"):
        RequestContext(Request("s3:ListBucket", context={"aws:PrincipalArn": _SESSION}))


def test_what_is_usual_is_unknown_where_all_else_is() -> None:
    request = Request("s3:ListBucket", "arn:aws:s3:::b", principal=_ROLE, unknown=["aws:*"])

    assert _seen(request, "aws:SecureTransport") is UNKNOWN
    assert _seen(request, "aws:ResourceAccount") is UNKNOWN


def test_regions_of_global_services_are_known_in_one_partition() -> None:
    gov = "arn:aws-us-gov:iam::111122223333:user/x"

    assert _seen(Request("iam:GetUser", gov), "aws:RequestedRegion") is UNKNOWN
    assert _seen(Request("iam:ListUsers", "*"), "aws:RequestedRegion") == ("us-east-1",)


def test_an_account_is_one_value() -> None:
    request = Request(
        "s3:ListBucket", "arn:aws:s3:::b", context={"aws:ResourceAccount": ["1", "2"]}
    )

    with pytest.raises(RequestError, match="several-values"):
        RequestContext(request).owner_given()


def test_tags_of_what_makes_no_tagged_resource_are_request_tags_alone() -> None:
    request = Request("appflow:CreateFlow", request_tags={"env": "dev"})

    assert _seen(request, "aws:RequestTag/env") == ("dev",)
    assert _seen(request, "aws:ResourceTag/env") is None


def test_what_is_known_includes_the_time() -> None:
    context = RequestContext(Request("s3:ListBucket", now="2026-01-01T00:00:00Z"))

    assert context.candidates(key_named("aws:EpochTime")) == (("1767225600",),)
    assert "aws:currenttime" in context.entries()


def test_a_session_tag_overrides_the_roles() -> None:
    role = parse_principal(_ROLE)._replace(
        tags=(("Team", "x"), ("cost", "1")), session_tags=(("team", "y"),)
    )

    assert _by(role, "aws:PrincipalTag/Team") == ("y",)
    assert _by(role, "aws:PrincipalTag/cost") == ("1",)
