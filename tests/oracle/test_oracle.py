"""The traps of section I of the spec that concern identity-based policies, put to the oracle."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence

import pytest

from .oracle import OracleRequest, decide, glob, marks_of_text, plain_tokens

Context = Mapping[str, str | Sequence[str]]

BUCKET_OBJECT = "arn:aws:s3:::b/o"
MULTIVALUED = frozenset(
    {"aws:tagkeys", "aws:calledvia", "aws:principalorgpaths", "aws:resourceorgpaths", "x:many/"}
)
SINGLE_VALUED = frozenset({"aws:principaltag/", "aws:sourceip", "aws:username", "aws:userid"})


def request(
    action: str = "s3:GetObject", resource: str = BUCKET_OBJECT, context: Context | None = None
) -> OracleRequest:
    """A request; bare context values stand for one value (R-GRAM-09)."""
    items = tuple(
        (key, (values,) if isinstance(values, str) else tuple(values))
        for key, values in (context or {}).items()
    )
    return OracleRequest(action, resource, items, MULTIVALUED, SINGLE_VALUED)


def policy(
    *statements: Mapping[str, object], version: str | None = "2012-10-17"
) -> dict[str, object]:
    """A document; ``version=None`` leaves Version out (R-GRAM-05)."""
    document: dict[str, object] = {"Statement": list(statements)}
    if version is not None:
        document["Version"] = version
    return document


def statement(effect: str = "Allow", **members: object) -> dict[str, object]:
    """A statement on everything, save for what is given (R-GRAM-02)."""
    result: dict[str, object] = {"Effect": effect, **members}
    if "NotAction" not in members:
        result.setdefault("Action", "*")
    if "NotResource" not in members:
        result.setdefault("Resource", "*")
    return result


def holds(
    condition: object,
    context: Context | None = None,
    effect: str = "Allow",
    version: str | None = "2012-10-17",
) -> bool:
    """Whether a condition is true, seen through a statement on everything (R-COND-02)."""
    document = policy(statement("Allow"), statement(effect, Condition=condition), version=version)
    if effect == "Allow":
        document = policy(statement(effect, Condition=condition), version=version)
    answer = decide([document], request(context=context))
    assert answer != "error"
    return answer == ("explicitDeny" if effect == "Deny" else "allowed")


def raises_error(condition: object, context: Context) -> bool:
    """Whether a condition cannot be evaluated (R-COND-42)."""
    return decide([policy(statement(Condition=condition))], request(context=context)) == "error"


def resource_applies(
    pattern: object,
    resource: str,
    context: Context | None = None,
    version: str | None = "2012-10-17",
    action: str = "s3:GetObject",
) -> bool:
    """Whether a Resource element applies to a resource (R-RES-04)."""
    document = policy(statement(Resource=pattern), version=version)
    return decide([document], request(action, resource, context)) == "allowed"


def action_applies(pattern: object, action: str) -> bool:
    """Whether an Action element applies to an action (R-ACT-01)."""
    return decide([policy(statement(Action=pattern))], request(action)) == "allowed"


# ------------------------------------------------------------------------------------- actions


@pytest.mark.parametrize(
    ("pattern", "action", "expected"),
    [
        ("s3:getobject", "S3:GetObject", True),
        ("iam:*AccessKey*", "iam:CreateAccessKey", True),
        ("s3:Get?bject", "s3:GetObject", True),
        ("s3:GetObject?", "s3:GetObject", False),
        ("*", "s3:GetObject", True),
        ("s3:*", "s3:GetObject", True),
        ("s3*", "s3:GetObject", False),
        ("**", "s3:GetObject", False),
        ("s*:Get*", "s3:GetObject", True),
        ("*:*", "s3:GetObject", True),
        ("*Object", "s3:GetObject", False),
        ("s3: GetObject", "s3:GetObject", False),
        (["nosuch:Thing", "s3:GetObject"], "s3:GetObject", True),
        ([], "s3:GetObject", False),
    ],
)
def test_actions_match_segment_by_segment_and_ignore_case(
    pattern: object, action: str, expected: bool
) -> None:
    """T01 T02 T03 T58, R-ACT-01 to R-ACT-04, R-ACT-06, R-GRAM-11."""
    assert action_applies(pattern, action) is expected


def test_a_deny_with_notaction_spares_the_listed_actions_and_grants_nothing() -> None:
    """T05, R-ACT-05."""
    documents = [policy(statement("Deny", NotAction="iam:*"))]
    assert decide(documents, request("iam:GetUser", "*")) == "implicitDeny"
    assert decide(documents, request("s3:GetObject")) == "explicitDeny"


# ----------------------------------------------------------------------------------- resources


@pytest.mark.parametrize(
    ("pattern", "resource", "expected"),
    [
        ("arn:aws:s3:::b/*/test/*", "arn:aws:s3:::b/1/2/test/3/o", True),
        ("arn:aws:s3:::b/*/test/*", "arn:aws:s3:::b/test/o", False),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b", False),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b/", True),
        (
            "arn:aws:iam::111111111111:user/bob",
            "arn:aws:iam::111111111111:user/Bob",
            False,
        ),
        (
            "arn:aws:lambda:us-east-1:111111111111:function:f*",
            "arn:aws:lambda:us-east-1:111111111111:function:f1:PROD",
            True,
        ),
        (
            "arn:aws:secretsmanager:*:*:sqlworkbench!*",
            "arn:aws:secretsmanager:us-east-1:111111111111:secret:sqlworkbench!a-AbCdEf",
            True,
        ),
        ("arn:aws:sqs", "arn:aws:sqs:us-east-1:111111111111:q", True),
        ("arn:aws:sqs", "arn:aws:sns:us-east-1:111111111111:q", False),
        ("arn:aws:sq", "arn:aws:sqs:us-east-1:111111111111:q", False),
        ("arn:aws:s*", "arn:aws:sqs:us-east-1:111111111111:q", True),
        (
            "arn:aws:dynamodb:*:table/prod-*",
            "arn:aws:dynamodb:us-east-1:111111111111:table/prod-1",
            True,
        ),
        (
            "arn:aws:dynamodb:*:table/prod-1",
            "arn:aws:dynamodb:us-east-1:111111111111:table/prod-1",
            False,
        ),
        ("arn:*:ec2:*:*:instance/*", "arn:aws-cn:ec2:cn-north-1:1:instance/i-1", True),
        ("arn:aws:s3::*:stack*", "arn:aws:s3:::stack-1", True),
        (
            "arn:aws:logs:*:*:/aws-glue/*",
            "arn:aws:logs:us-east-1:111111111111:log-group:/aws-glue/j",
            True,
        ),
        ("arn:aws:s3:us*1:*:b", "arn:aws:s3:us-east-1:1:b", True),
        ("arn:aws:s3:us*1:1:b", "arn:aws:s3:us:1:1:b", False),
        ("arn:aws:s3:us?1:1:b", "arn:aws:s3:us:1:1:b", False),
        ("arn:aws:s3:::b?c", "arn:aws:s3:::b:c", True),
        ("arn:aws:s3:::a*c", "arn:aws:s3:::abcc", True),
        ("arn:aws:s3:::a?c", "arn:aws:s3:::a\U0001f600c", True),
        ("arn:aws:s3:::a*c", "arn:aws:s3:::a\nc", True),
        ("arn:aws:sm:r:1:secret:app", "arn:aws:sm:r:1:secret:app-AbCdEf", False),
        ("arn:aws:sm:r:1:secret:app-??????", "arn:aws:sm:r:1:secret:app-AbCdEf", True),
        ("*", BUCKET_OBJECT, True),
        ("*", "*", True),
        ("arn:*", "*", False),
        ([], BUCKET_OBJECT, False),
        (["arn:aws:s3:::x", "arn:aws:s3:::b/o"], BUCKET_OBJECT, True),
    ],
)
def test_resource_patterns_are_translated_left_to_right(
    pattern: object, resource: str, expected: bool
) -> None:
    """T06-T12 T90 T94 T95, R-RES-01 to R-RES-07, R-EXT-03."""
    assert resource_applies(pattern, resource) is expected


def test_an_override_lets_an_arn_pattern_reach_an_action_without_resources() -> None:
    """T04 T96, R-RES-09."""
    not_action = policy(statement(NotAction="s3:DeleteBucket", Resource="arn:aws:s3:::*"))
    assert decide([not_action], request("s3:ListAllMyBuckets", "*")) == "allowed"
    assert decide([not_action], request("s3:ListOtherThings", "*")) == "implicitDeny"
    assert resource_applies("arn:aws:s3:::*", "*", action="S3:listallmybuckets")
    for word in ("Users", "Roles", "Groups", "Policies", "InstanceProfiles"):
        assert resource_applies("arn:aws:iam::111122223333:*", "*", action=f"iam:List{word}")
    assert resource_applies("arn:aws:iam::111122223333:user/*", "*", action="iam:ListUsers")
    assert not resource_applies("arn:aws:iam::111122223333:user/a*", "*", action="iam:ListUsers")
    assert not resource_applies("arn:aws:iam::111122223333:role/*", "*", action="iam:ListUsers")


def test_notresource_of_arns_covers_the_resource_star() -> None:
    """T13, R-RES-10, R-RES-11; with the override the alternatives are all looked at."""
    documents = [policy(statement("Deny", Action="s3:*", NotResource=["arn:aws:s3:::b/*"]))]
    assert decide(documents, request("s3:ListAllMyBuckets", "*")) == "explicitDeny"
    excluded = [policy(statement("Deny", Action="s3:*", NotResource=["arn:aws:s3:::*"]))]
    assert decide(excluded, request("s3:ListAllMyBuckets", "*")) == "implicitDeny"


def test_notresource_of_the_objects_leaves_the_bucket_itself() -> None:
    """T106, R-RES-10."""
    documents = [policy(statement(Action="s3:*", NotResource="arn:aws:s3:::b/*"))]
    assert decide(documents, request("s3:ListBucket", "arn:aws:s3:::b")) == "allowed"
    assert decide(documents, request("s3:GetObject")) == "implicitDeny"


# ----------------------------------------------------------------------------------- variables


def test_an_unresolved_variable_in_a_resource_matches_nothing() -> None:
    """T14 T15, R-VAR-08, R-RES-10."""
    pattern = "arn:aws:s3:::b/${aws:username}/*"
    assert not resource_applies(pattern, "arn:aws:s3:::b/u/x")
    assert resource_applies(pattern, "arn:aws:s3:::b/u/x", {"aws:username": "u"})
    assert resource_applies([pattern, "arn:aws:s3:::b/*"], "arn:aws:s3:::b/u/x")
    documents = [policy(statement("Deny", NotResource=pattern))]
    assert decide(documents, request(resource="arn:aws:s3:::b/x")) == "explicitDeny"


@pytest.mark.parametrize("version", ["2008-10-17", None])
def test_without_version_2012_a_variable_is_text_with_live_wildcards(version: str | None) -> None:
    """T16 T93, R-VAR-02."""
    pattern, user = "arn:aws:s3:::b/${aws:username}/*", {"aws:username": "u"}
    assert resource_applies(pattern, "arn:aws:s3:::b/${aws:username}/x", user, version)
    assert not resource_applies(pattern, "arn:aws:s3:::b/u/x", user, version)
    assert resource_applies("arn:aws:s3:::b/${*}", "arn:aws:s3:::b/${zz}", None, version)
    assert not resource_applies("arn:aws:s3:::b/${*}", "arn:aws:s3:::b/x", None, version)
    assert holds({"StringLike": {"k": "${*}"}}, {"k": "${zz}"}, version=version)


@pytest.mark.parametrize(
    ("variable", "context", "bucket", "expected"),
    [
        ("${aws:PrincipalTag/team, 'all'}", {}, "b-all", True),
        ("${aws:PrincipalTag/team, 'all'}", {"aws:PrincipalTag/team": "x"}, "b-x", True),
        ("${aws:PrincipalTag/team, 'all'}", {"aws:PrincipalTag/team": ""}, "b-all", True),
        ("${aws:PrincipalTag/team, 'all'}", {"aws:PrincipalTag/team": ()}, "b-all", True),
        ("${aws:PrincipalTag/team, ''}", {}, "b-", True),
        ("${aws:PrincipalTag/team}", {"aws:PrincipalTag/team": ""}, "b-", False),
        ("${aws:PrincipalTag/Team}", {"aws:PrincipalTag/team": "x"}, "b-x", True),
        ("${ aws:PrincipalTag/Team }", {"aws:PrincipalTag/team": "x"}, "b-x", True),
        ("${k, 'a:}b'}", {}, "b-a:}b", True),
        ("${k, 'a' }", {}, "b-a", True),
        ("${k, '*'}", {}, "b-x", False),
        ("${k, '*'}", {}, "b-*", True),
        ("${k}", {"k": "${j}", "j": "x"}, "b-${j}", True),
        ("${k}", {"k": "${j}", "j": "x"}, "b-x", False),
        ("${aws:TagKeys, 'x'}", {"aws:TagKeys": ["a"]}, "b-x", False),
        ("${aws:TagKeys, 'x'}", {}, "b-x", False),
        ("${k, 'x'}", {"k": ["a", "b"]}, "b-x", False),
        ("${*}", {}, "b-*", True),
        ("${*}", {}, "b-anything", False),
        ("${?}", {}, "b-?", True),
        ("${?}", {}, "b-x", False),
        ("${$}{k}", {"k": "x"}, "b-${k}", True),
        ("$k", {"k": "x"}, "b-$k", True),
        ("${k", {"k": "x"}, "b-${k", True),
    ],
)
def test_a_variable_in_a_resource_is_replaced_by_literal_text(
    variable: str, context: Context, bucket: str, expected: bool
) -> None:
    """T17 T18 T19, R-VAR-05, R-VAR-06, R-VAR-09, R-VAR-10, R-VAR-12, R-VAR-14."""
    applies = resource_applies(f"arn:aws:s3:::b-{variable}", f"arn:aws:s3:::{bucket}", context)
    assert applies is expected


def test_a_variable_before_the_fifth_colon_is_literal_text() -> None:
    """R-RES-08: neither replaced nor live, and its colons are not counted."""
    pattern = "arn:aws:sns:${aws:RequestedRegion}:1:${k}"
    context = {"aws:RequestedRegion": "eu-west-1", "k": "t"}
    assert not resource_applies(pattern, "arn:aws:sns:eu-west-1:1:t", context)
    assert resource_applies(pattern, "arn:aws:sns:${aws:RequestedRegion}:1:t", context)
    assert not resource_applies("arn:aws:s3:${*}::b", "arn:aws:s3:${x}::b")


def test_a_tag_value_with_a_star_is_no_wildcard_in_stringlike() -> None:
    """T20, R-VAR-10, R-VAR-13."""
    condition = {"StringLike": {"s3:prefix": "${aws:PrincipalTag/p}"}}
    assert not holds(condition, {"aws:PrincipalTag/p": "*", "s3:prefix": "abc"})
    assert holds(condition, {"aws:PrincipalTag/p": "*", "s3:prefix": "*"})
    around = {"StringLike": {"s3:prefix": "*${aws:PrincipalTag/p}*"}}
    assert holds(around, {"aws:PrincipalTag/p": "b", "s3:prefix": "abc"})
    exact = {"StringEquals": {"s3:prefix": "*${aws:PrincipalTag/p}*"}}
    assert not holds(exact, {"aws:PrincipalTag/p": "b", "s3:prefix": "abc"})
    assert holds(exact, {"aws:PrincipalTag/p": "b", "s3:prefix": "*b*"})


def test_an_unresolved_variable_drops_out_of_a_conditions_values() -> None:
    """T21 T22 T104, R-VAR-07."""
    tag = "${aws:PrincipalTag/T}"
    assert not holds({"StringEquals": {"s3:ExistingObjectTag/T": tag}})
    assert not holds({"StringEquals": {"k": tag}}, {"k": tag})
    assert holds({"StringNotEquals": {"s3:ExistingObjectTag/T": tag}}, effect="Deny")
    assert holds({"StringNotEquals": {"k": tag}}, {"k": "x"}, effect="Deny")
    assert not holds({"StringNotEquals": {"k": [tag, "x"]}}, {"k": "x"})
    assert holds({"StringNotEquals": {"k": [tag, "x"]}}, {"k": "y"})
    assert holds({"StringEquals": {"k": [tag, "x"]}}, {"k": "x"})


def test_an_arn_pattern_is_cut_after_substitution() -> None:
    """T23, R-VAR-11."""
    condition = {"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:${aws:PrincipalAccount}:t"}}
    context = {"aws:PrincipalAccount": "1", "aws:SourceArn": "arn:aws:sns:eu-west-1:1:t"}
    assert holds(condition, context)
    assert not holds(condition, {**context, "aws:PrincipalAccount": "2"})
    whole = {"ArnLike": {"aws:SourceArn": "${k}"}}
    assert holds(whole, {"aws:SourceArn": "arn:aws:s3:::b:c", "k": "arn:aws:s3:::b:c"})


def test_variables_are_replaced_in_bool() -> None:
    """R-VAR-04."""
    assert holds({"Bool": {"k": "${j}"}}, {"k": "true", "j": "TRUE"})
    assert not holds({"Bool": {"k": "${j}"}}, {"k": "true", "j": "false"})
    assert not holds({"Bool": {"k": "${j}"}}, {"k": "true"})


@pytest.mark.parametrize(
    ("operator", "present"),
    [
        ("Bool", "true"),
        ("BoolIfExists", "true"),
        ("ForAllValues:Bool", "true"),
        ("ArnLike", "arn:aws:s3:::b"),
        ("ArnNotEquals", "arn:aws:s3:::b"),
        ("ForAnyValue:ArnNotLikeIfExists", "arn:aws:s3:::b"),
    ],
)
@pytest.mark.parametrize("values", ["${j}", ["${j}", "true"]])
def test_a_value_made_malformed_by_substitution_takes_the_restrictive_side(
    operator: str, present: str, values: object
) -> None:
    """R-COND-41, whether the key is present or not."""
    if operator.partition(":")[2].startswith("Arn") or operator.startswith("Arn"):
        values = ["${j}", "arn:aws:s3:::b"] if isinstance(values, list) else values
    condition = {operator: {"k": values}}
    context: Context
    for context in ({"j": "oops", "k": present}, {"j": "oops"}):
        assert not holds(condition, context)
        assert holds(condition, context, effect="Deny")


# ---------------------------------------------------------------------------------- conditions


def test_values_are_ored_and_negated_values_are_nored() -> None:
    """T24 T25, R-COND-01."""
    assert holds({"StringEquals": {"aws:PrincipalTag/a": ["x", "y"]}}, {"aws:PrincipalTag/a": "y"})
    regions = {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-central-1"]}}
    assert not holds(regions, {"aws:RequestedRegion": "eu-west-1"})
    assert holds(regions, {"aws:RequestedRegion": "us-east-1"})


def test_keys_and_operators_are_anded() -> None:
    """T26, R-COND-01, R-COND-05, R-COND-40."""
    assert not holds({"StringEquals": {"k1": "x", "k2": "y"}}, {"k1": "x"})
    assert holds({"StringEquals": {"k1": "x", "k2": "y"}}, {"k1": "x", "k2": "y"})
    assert not holds({"StringEquals": {"k1": "x"}, "Null": {"k2": "true"}}, {"k1": "x", "k2": "y"})
    assert holds({"StringEquals": {}})
    assert holds({})


def test_a_missing_key_fails_positive_and_passes_negated_and_ifexists_operators() -> None:
    """T27-T32 T91 T92 T98, R-COND-05, R-COND-25."""
    assert holds({"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}, effect="Deny")
    assert not holds({"StringEquals": {"aws:SourceVpc": "vpc-1"}})
    assert holds({"StringNotEqualsIfExists": {"aws:SourceVpc": "vpc-1"}}, effect="Deny")
    assert holds({"StringEqualsIfExists": {"aws:SourceVpc": "vpc-1"}})
    assert not holds({"StringEqualsIfExists": {"k": "x"}}, {"k": "y"})
    assert not holds({"Bool": {"aws:MultiFactorAuthPresent": "false"}}, effect="Deny")
    assert holds({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}, effect="Deny")
    assert not holds({"StringEquals": {"aws:RequestTag/k": "v"}})
    assert holds({"StringNotEquals": {"aws:TagKeys": "a"}})
    documents = [
        policy(
            statement(
                "Deny",
                Action="secretsmanager:*",
                Condition={"StringNotEquals": {"aws:ResourceTag/env": "dev"}},
            )
        )
    ]
    assert decide(documents, request("secretsmanager:ListSecrets", "*")) == "explicitDeny"


def test_stringequals_does_not_glob() -> None:
    """T33, R-COND-10."""
    assert not holds({"StringEquals": {"aws:username": "B*"}}, {"aws:username": "Bob"})
    assert holds({"StringEquals": {"aws:username": "B*"}}, {"aws:username": "B*"})
    assert holds({"StringLike": {"k": ""}}, {"k": ""})
    assert not holds({"StringLike": {"k": ""}}, {"k": "x"})


def test_key_names_ignore_case_and_values_do_not() -> None:
    """T34 T35 T107, R-COND-03."""
    assert holds({"StringEquals": {"AWS:sourceip": "1"}}, {"aws:SourceIp": "1"})
    assert holds({"StringEquals": {"aws:ResourceTag/Owner": "x"}}, {"aws:ResourceTag/owner": "x"})
    assert not holds(
        {"StringEquals": {"aws:ResourceTag/Owner": "x"}}, {"aws:ResourceTag/owner": "X"}
    )
    assert holds(
        {"StringEquals": {"kms:EncryptionContext:appname": "x"}},
        {"kms:EncryptionContext:AppName": "x"},
    )


TAG_KEYS = "aws:TagKeys"


@pytest.mark.parametrize(
    ("operator", "policy_values", "keys", "expected"),
    [
        ("ForAllValues:StringEquals", ["a", "b"], ["a"], True),
        ("ForAllValues:StringEquals", ["a", "b"], ["a", "c"], False),
        ("ForAllValues:StringEquals", ["a", "b"], None, True),
        ("ForAllValues:StringEquals", ["a", "b"], [], True),
        ("ForAllValues:StringEquals", ["a", "b"], [""], True),
        ("ForAllValues:StringEqualsIfExists", ["a", "b"], None, True),
        ("ForAnyValue:StringEquals", ["a"], ["a", "c"], True),
        ("ForAnyValue:StringEquals", ["a"], None, False),
        ("ForAnyValue:StringEquals", [""], [""], False),
        ("ForAnyValue:StringEqualsIfExists", ["a"], None, False),
        ("ForAnyValue:StringNotEquals", ["a"], ["a", "c"], True),
        ("ForAnyValue:StringNotEquals", ["a"], ["a"], False),
        ("ForAnyValue:StringNotEquals", ["a"], None, False),
        ("ForAllValues:StringNotEquals", ["a"], ["a", "c"], False),
        ("ForAllValues:StringNotEquals", ["a"], ["c"], True),
        ("ForAllValues:StringNotEquals", ["a"], None, True),
        ("StringEquals", ["a"], ["a", "c"], False),
        ("StringEquals", ["a"], ["a"], False),
        ("StringNotEquals", ["a"], ["c"], False),
        ("StringNotEqualsIfExists", ["a"], ["c"], False),
        ("StringNotEquals", ["a"], [], True),
        ("ForAllValues:Null", "true", ["a"], True),
        ("ForAllValues:Null", "false", None, True),
        ("ForAnyValue:Null", "true", None, False),
        ("ForAnyValue:Null", "false", ["a"], False),
        ("Null", "false", ["a"], True),
        ("Null", "false", [""], False),
        ("Null", "true", [], True),
        ("Null", "true", ["", ""], True),
        ("Null", ["true", "false"], ["a"], True),
        ("Null", [], ["a"], False),
        ("Null", [], None, False),
    ],
)
def test_set_operators_and_null_follow_the_prose_of_the_rules(
    operator: str, policy_values: object, keys: Sequence[str] | None, expected: bool
) -> None:
    """T36 T38-T42 T97, R-COND-21, -22, -30 to -37."""
    context: Context = {} if keys is None else {TAG_KEYS: keys}
    assert holds({operator: {TAG_KEYS: policy_values}}, context) is expected


def test_a_null_guard_closes_forallvalues_on_a_missing_or_empty_key() -> None:
    """T37 T99, R-COND-21, R-COND-37."""
    condition = {
        "ForAllValues:StringEquals": {TAG_KEYS: ["a"]},
        "Null": {TAG_KEYS: "false"},
    }
    assert holds(condition, {TAG_KEYS: ["a"]})
    assert not holds(condition)
    assert not holds(condition, {TAG_KEYS: [""]})


def test_each_key_of_a_set_operator_is_tested_on_its_own() -> None:
    """T100, R-COND-30."""
    condition = {"ForAnyValue:StringEquals": {"k1": ["a"], "k2": ["b"]}}
    assert not holds(condition, {"k1": ["a"], "k2": ["x"]})
    assert holds(condition, {"k1": ["a"], "k2": ["b"]})


def test_foranyvalue_ifexists_on_a_missing_key_is_restrictive() -> None:
    """R-COND-27."""
    condition = {"ForAnyValue:StringEqualsIfExists": {TAG_KEYS: ["a"]}}
    assert not holds(condition)
    assert holds(condition, effect="Deny")
    assert not holds(condition, {TAG_KEYS: [""]}, effect="Deny")


def test_the_type_of_an_undeclared_key_follows_from_its_count() -> None:
    """R-COND-34."""
    assert holds({"StringEquals": {"k": "a"}}, {"k": ["a"]})
    assert not holds({"StringEquals": {"k": "a"}}, {"k": ["a", "a"]})
    assert not holds({"StringNotEquals": {"k": "a"}}, {"k": ["b", "b"]})
    assert not holds({"StringEquals": {"x:Many/y": "a"}}, {"x:many/y": ["a"]})
    assert holds({"StringEquals": {"k": ""}}, {"k": ""})


@pytest.mark.parametrize(
    ("operator", "absent", "empty_string", "present"),
    [
        ("StringEquals", False, False, False),
        ("StringEqualsIfExists", True, False, False),
        ("StringNotEquals", True, True, True),
        ("ForAllValues:StringEquals", True, True, False),
        ("ForAllValues:StringNotEquals", True, True, True),
        ("ForAnyValue:StringEquals", False, False, False),
        ("ForAnyValue:StringNotEquals", False, False, True),
    ],
)
def test_an_empty_policy_list_matches_no_value(
    operator: str, absent: bool, empty_string: bool, present: bool
) -> None:
    """T43, R-COND-40."""
    condition: dict[str, dict[str, list[str]]] = {operator: {"k": []}}
    assert holds(condition) is absent
    assert holds(condition, {"k": ""}) is empty_string
    assert holds(condition, {"k": "x"}) is present


@pytest.mark.parametrize(
    ("operator", "network", "address", "expected"),
    [
        ("IpAddress", "203.0.113.7/24", "203.0.113.200", True),
        ("IpAddress", "203.0.113.7", "203.0.113.7/32", True),
        ("IpAddress", "203.0.113.7", "203.0.113.8", False),
        ("NotIpAddress", "203.0.113.0/24", "2001:db8::1", True),
        ("IpAddress", "2001:DB8:0:0::/64", "2001:db8::5", True),
        ("IpAddress", "2001:db8::5", "2001:DB8:0::5/128", True),
        ("IpAddress", "0.0.0.0/0", "9.9.9.9", True),
        ("IpAddress", "0.0.0.0/0", "::ffff:9.9.9.9", False),
        ("IpAddress", "::/0", "::ffff:9.9.9.9", True),
        ("NotIpAddress", "::/0", "::1", False),
    ],
)
def test_addresses_are_compared_by_value_within_a_family(
    operator: str, network: str, address: str, expected: bool
) -> None:
    """T44 T45 T46, R-COND-17, R-EXT-08."""
    assert holds({operator: {"aws:SourceIp": network}}, {"aws:SourceIp": address}) is expected


def test_arn_operators_compare_six_components_apart() -> None:
    """T47 T48 T94, R-COND-18."""
    role = {"aws:PrincipalArn": "arn:aws:iam::1:role/a1"}
    assert holds({"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::*:role/a*"}}, role)
    assert not holds({"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::*:role/a*"}}, role)
    pattern = "arn:aws:someservice:*:111122223333:finance/*"
    value = "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt"
    assert not holds({"ArnLike": {"k": pattern}}, {"k": value})
    assert holds({"StringLike": {"k": pattern}}, {"k": value})
    logs = "arn:aws:logs:us-east-1:111111111111:log-group:/aws-glue/j"
    assert not holds({"ArnLike": {"k": "arn:aws:logs:*:*:/aws-glue/*"}}, {"k": logs})
    assert holds({"ArnLike": {"k": "arn:aws:logs:*:*:*:/aws-glue/?"}}, {"k": logs})


@pytest.mark.parametrize(
    ("operator", "policy_value", "now", "expected"),
    [
        ("DateLessThan", "2026-01-01T00:00:00Z", "2025-12-31T23:30:00-01:00", False),
        ("DateGreaterThan", "1767225600", "2026-01-01T00:00:01Z", True),
        ("DateEquals", "1767225600", "2026-01-01T00:00:00.000Z", True),
        ("DateEquals", "2026-01", "2026-01-01", True),
        ("DateEquals", "2026-01-01T00:00", "2026-01-01T05:30+05:30", True),
        ("DateLessThan", "2030", "2026-01-01T00:00:00Z", False),
        ("DateNotEquals", "1767225600.5", "2026-01-01T00:00:00.500Z", False),
        ("DateLessThanEquals", "1970-01-01", "-0.5", True),
        ("DateEquals", "-0.5", "1969-12-31T23:59:59.5Z", True),
        ("DateGreaterThanEquals", "0001-01", "0001-01-01T00:00:00+10:00", False),
        ("DateEquals", "2024-02-29", "1709164800", True),
    ],
)
def test_dates_are_instants_in_seconds(
    operator: str, policy_value: str, now: str, expected: bool
) -> None:
    """T49 T50 T105, R-COND-12, R-COND-13."""
    condition = {operator: {"aws:CurrentTime": policy_value}}
    assert holds(condition, {"aws:CurrentTime": now}) is expected


@pytest.mark.parametrize(
    ("operator", "policy_value", "value", "expected"),
    [
        ("NumericLessThanEquals", "10", "9", True),
        ("NumericEquals", "2", "2.0", True),
        ("NumericEquals", "1e1", "10", True),
        ("NumericEquals", ".5", "+0.50", True),
        ("NumericEquals", "5.", "5", True),
        ("NumericEquals", "0", "-0.0e9", True),
        ("NumericEquals", "0.3", "0.30000000000000001", False),
        ("NumericGreaterThan", "-2", "-1.5", True),
        ("NumericLessThan", "-2", "-12", True),
        ("NumericLessThan", "1e999999999999", "5", True),
        ("NumericNotEquals", "10", "1E+1", False),
        ("NumericGreaterThanEquals", "100", "99.999", False),
    ],
)
def test_numbers_are_compared_as_decimals(
    operator: str, policy_value: str, value: str, expected: bool
) -> None:
    """T51, R-COND-11, R-EXT-06."""
    assert holds({operator: {"s3:max-keys": policy_value}}, {"s3:max-keys": value}) is expected


def test_a_numeric_operator_on_epochtime_reads_a_date() -> None:
    """R-COND-14."""
    condition = {"NumericGreaterThan": {"AWS:epochtime": "1767225600"}}
    assert holds(condition, {"aws:EpochTime": "2026-01-01T00:00:01Z"})
    assert holds(condition, {"aws:EpochTime": "1767225601"})
    assert raises_error({"NumericEquals": {"k": "1"}}, {"k": "2026-01-01T00:00:01Z"})


def test_json_scalars_compare_by_their_text() -> None:
    """T53 T101, R-GRAM-10."""
    assert holds({"Bool": {"aws:SecureTransport": False}}, {"aws:SecureTransport": "false"})
    assert holds({"Bool": {"aws:SecureTransport": [True]}}, {"aws:SecureTransport": "True"})
    assert holds({"Null": {"k": True}})
    assert holds(
        {"StringEquals": {"aws:PrincipalAccount": "111111111111"}},
        {"aws:PrincipalAccount": "111111111111"},
    )


def test_binary_values_are_compared_as_bytes() -> None:
    """R-COND-16."""
    assert holds({"BinaryEquals": {"k": "QmluYXJ5"}}, {"k": "QmluYXJ5"})
    assert not holds({"BinaryEquals": {"k": "QmluYXJ5"}}, {"k": "QmluYXJ6"})


def test_ignoring_case_is_simple_lower_casing() -> None:
    """T102, table C.2."""
    assert not holds({"StringEqualsIgnoreCase": {"k": "STRASSE"}}, {"k": "straße"})
    assert holds({"StringEqualsIgnoreCase": {"k": "STRAẞE"}}, {"k": "straße"})
    assert not holds({"StringEqualsIgnoreCase": {"k": "İ"}}, {"k": "i̇"})
    assert not holds({"StringNotEqualsIgnoreCase": {"k": "X"}}, {"k": "x"})


def test_brackets_are_literal_in_a_glob() -> None:
    """T103, R-EXT-03."""
    assert holds({"StringLike": {"k": "[ab]*"}}, {"k": "[ab]x"})
    assert not holds({"StringLike": {"k": "[ab]*"}}, {"k": "ax"})


def test_operator_names_ignore_case_and_unknown_ones_are_refused() -> None:
    """R-GRAM-08, R-COND-07, R-EXT-05."""
    with pytest.raises(ValueError, match="StringSame"):
        holds({"StringSame": {"k": "x"}})
    assert holds({"forallvalues:stringequalsIFEXISTS": {"k": "x"}}, {"k": "x"})


# -------------------------------------------------------------------------- unreadable context


@pytest.mark.parametrize(
    ("operator", "policy_value", "value"),
    [
        ("NumericEquals", "1", "5abc"),
        ("NumericEquals", "1", " 1"),
        ("NumericEquals", "1", ""),
        ("NumericEquals", "1", "٣"),
        ("NumericEquals", "1", "."),
        ("DateEquals", "2026-01-01", "20260101T000000Z"),
        ("DateEquals", "2026-01-01", "2026-01-01t00:00:00Z"),
        ("DateEquals", "2026-01-01", "2026-01-01T00:00:00z"),
        ("DateEquals", "2026-01-01", "2026-01-01T00Z"),
        ("DateEquals", "2026-01-01", "2026-01-01Z"),
        ("DateEquals", "2026-01-01", "2026-02-30"),
        ("DateEquals", "2026-01-01", "2026-13"),
        ("DateEquals", "2026-01-01", "0000-01"),
        ("DateEquals", "2026-01-01", "2026-01-01T00:00:60Z"),
        ("DateEquals", "2026-01-01", "2026-01-01T24:00:00Z"),
        ("DateEquals", "2026-01-01", "2026-01-01T00:00:00+0100"),
        ("DateEquals", "2026-01-01", "2026-01-01T00:00:00+24:00"),
        ("DateEquals", "2026-01-01", "2026-01-01T00:00:00."),
        ("Bool", "true", "yes"),
        ("Bool", "true", "1"),
        ("BinaryEquals", "QQ==", "QQ"),
        ("BinaryEquals", "QQ==", "Q-=="),
        ("BinaryEquals", "QQ==", "QQ==\n"),
        ("IpAddress", "::/0", "fe80::1%eth0"),
        ("NotIpAddress", "10.0.0.0/8", "10.0.0.0/8"),
        ("IpAddress", "10.0.0.0/8", "10.0.0.1/255.255.255.255"),
        ("IpAddress", "10.0.0.0/8", "10.1"),
        ("IpAddress", "10.0.0.0/8", "10.0.0.1/33"),
        ("ArnLike", "arn:aws:s3:::b", "*"),
        ("ArnNotEquals", "arn:aws:s3:::b", "arn:aws:s3::b"),
    ],
)
def test_an_unreadable_context_value_is_an_error(
    operator: str, policy_value: str, value: str
) -> None:
    """T52, R-COND-42, R-COND-19, R-EXT-06."""
    assert raises_error({operator: {"k": policy_value}}, {"k": value})
    assert raises_error({f"{operator}IfExists": {"k": policy_value}}, {"k": value})
    assert raises_error({operator: {"k": []}}, {"k": value})


def test_an_error_wins_over_everything_but_a_foreign_action() -> None:
    """R-COND-42, point 1."""
    broken: dict[str, object] = {"StringEquals": {"k": "other"}, "Bool": {"k": "true"}}
    bad = request(context={"k": "x"})
    elsewhere = statement(Resource="arn:aws:s3:::none", Condition=broken)
    assert decide([policy(statement("Deny"), elsewhere)], bad) == "error"
    assert decide([policy(statement("Deny")), policy(elsewhere)], bad) == "error"
    foreign = statement(Action="ec2:*", Condition=broken)
    assert decide([policy(statement(), foreign)], bad) == "allowed"
    spared = statement(NotAction="s3:*", Condition=broken)
    assert decide([policy(statement(), spared)], bad) == "allowed"


def test_what_is_read_depends_on_the_operator() -> None:
    """R-COND-37, R-COND-42, point 1."""
    assert not raises_error({"Null": {"k": "true"}}, {"k": "x"})
    assert not raises_error({"ForAnyValue:Bool": {"k": "true"}}, {"k": ["", ""]})
    assert not raises_error({"Bool": {"k": "true"}}, {"k": ()})
    assert raises_error({"ForAnyValue:Bool": {"k": "true"}}, {"k": ["true", ""]})
    assert raises_error({"Bool": {"k": "true"}}, {"k": ["true", "x"]})
    assert raises_error({"Bool": {"k": "${j}"}}, {"k": "x", "j": "x"})


def test_several_values_of_a_single_valued_key_are_unreadable_save_for_null() -> None:
    """Point 1: also for text operators, also in another spelling."""
    several = {"aws:PrincipalTag/a": ["x", "x"]}
    assert raises_error({"StringEquals": {"aws:principaltag/a": "x"}}, several)
    assert raises_error({"ForAnyValue:StringLike": {"aws:PrincipalTag/a": "x"}}, several)
    assert not raises_error({"Null": {"aws:PrincipalTag/a": "x"}}, several)
    assert not raises_error({"StringEquals": {"k": "${aws:PrincipalTag/a}"}}, several)


# ------------------------------------------------------------------- keys that differ by case


def test_the_exact_spelling_of_a_key_wins() -> None:
    """R-COND-04."""
    context = {"T/Ab": "x", "T/aB": "y"}
    assert holds({"StringEquals": {"T/Ab": "x"}}, context)
    assert holds({"StringEquals": {"T/Ab": "x"}}, context, effect="Deny")
    assert not holds({"StringEquals": {"T/aB": "x"}}, context, effect="Deny")
    assert holds({"StringEquals": {"k": "v-${T/aB}"}}, {**context, "k": "v-y"})


def test_an_ambiguous_key_takes_the_restrictive_side_only_if_it_matters() -> None:
    """R-COND-04."""
    context = {"T/Ab": "x", "T/aB": "y"}
    for operator in ("StringEquals", "StringNotEquals"):
        assert not holds({operator: {"T/ab": "x"}}, context)
        assert holds({operator: {"T/ab": "x"}}, context, effect="Deny")
    assert holds({"StringEquals": {"T/ab": ["x", "y"]}}, context)
    assert not holds({"StringEquals": {"T/ab": "z"}}, context, effect="Deny")
    assert not holds({"StringEquals": {"T/ab": "x"}}, {"T/Ab": "y", "T/aB": ()}, effect="Deny")


def test_an_ambiguous_variable_takes_the_restrictive_side() -> None:
    """R-COND-04, point 5."""
    context = {"T/Ab": "x", "T/aB": "y", "k": "x"}
    condition = {"StringEquals": {"k": "${T/ab}"}}
    assert not holds(condition, context)
    assert holds(condition, context, effect="Deny")
    assert not holds(condition, {**context, "k": "z"}, effect="Deny")
    pattern = "arn:aws:s3:::b/${T/ab}"
    assert not resource_applies(pattern, "arn:aws:s3:::b/x", context)
    assert not resource_applies(pattern, "arn:aws:s3:::b/z", context)
    deny = [policy(statement("Deny", Resource=pattern))]
    excluding = [policy(statement("Deny", NotResource=pattern))]
    for documents in (deny, excluding):
        answer = decide(documents, request(resource="arn:aws:s3:::b/x", context=context))
        assert answer == "explicitDeny"


def test_an_unreadable_candidate_of_an_ambiguous_key_is_an_error() -> None:
    """R-COND-04, R-COND-42."""
    context = {"T/Ab": "true", "T/aB": "x"}
    assert raises_error({"Bool": {"T/ab": "true"}}, context)
    assert not raises_error({"Bool": {"T/Ab": "true"}}, context)


# ------------------------------------------------------------------------------- the decision


def test_any_deny_wins_and_the_default_is_an_implicit_deny() -> None:
    """R-EVAL-01, R-EVAL-02, R-EXT-07."""
    allow, deny = policy(statement()), policy(statement("Deny"))
    assert decide([], request()) == "implicitDeny"
    assert decide([allow, deny], request()) == "explicitDeny"
    assert decide([deny, allow], request()) == "explicitDeny"
    assert decide([policy(statement(Action="ec2:*")), allow], request()) == "allowed"
    unmet = policy(statement(Condition={"StringEquals": {"k": "x"}}))
    assert decide([unmet], request()) == "implicitDeny"


def test_a_statement_may_stand_alone() -> None:
    """T56, R-GRAM-01, R-GRAM-09."""
    document: dict[str, object] = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
    }
    assert decide([document], request()) == "allowed"


def test_a_secret_is_made_through_appflow_only() -> None:
    """T86 T87, R-COND-31 and section G.3."""
    condition = {
        "StringLike": {"secretsmanager:Name": "appflow!*"},
        "ForAnyValue:StringEquals": {"aws:CalledVia": ["appflow.amazonaws.com"]},
    }
    documents = [policy(statement(Action="secretsmanager:CreateSecret", Condition=condition))]
    secret = "arn:aws:secretsmanager:us-east-1:111122223333:secret:appflow!x-AbCdEf"
    name = {"secretsmanager:Name": "appflow!x"}
    chain = {"aws:CalledVia": ["cloudformation.amazonaws.com", "appflow.amazonaws.com"]}
    create = "secretsmanager:CreateSecret"
    assert decide(documents, request(create, secret, name)) == "implicitDeny"
    assert decide(documents, request(create, secret, {**name, **chain})) == "allowed"
    other = {"secretsmanager:Name": "other", **chain}
    assert decide(documents, request(create, secret, other)) == "implicitDeny"


# ------------------------------------------------------------------------------------ the glob


def test_the_glob_agrees_with_regular_expressions_on_all_short_patterns() -> None:
    """R-EXT-03, R-ACT-02."""
    texts = ["".join(chars) for n in range(5) for chars in itertools.product("ab", repeat=n)]
    for length in range(5):
        for chars in itertools.product("ab*?", repeat=length):
            pattern = "".join(chars)
            expression = re.compile(pattern.replace("*", ".*").replace("?", "."), re.DOTALL)
            tokens = plain_tokens(marks_of_text(pattern))
            for text in texts:
                assert glob(tokens, text) is (expression.fullmatch(text) is not None)


def test_the_glob_is_not_exponential() -> None:
    """R-EXT-03."""
    assert not glob(plain_tokens(marks_of_text("a*" * 60 + "b")), "a" * 400)
