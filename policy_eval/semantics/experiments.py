"""How to find out: for each open point the smallest test on AWS itself that settles it.

Each test reads, or asks with `--dry-run`; what it makes is named `policy-eval-probe` and is
cleaned up at the end. A test of ours decides each one by the engine under both readings.
Sources: the AWS CLI Command Reference of the commands; "CreateTags" (Amazon EC2 API Reference)
for what a dry run answers; "Amazon SNS API permissions: Actions and resources reference" for
what a topic's policy may hold.
"""

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from policy_eval.semantics.readings import OpenPoint


class Kind(Enum):
    """Where a policy of an experiment goes: a layer of the call, or what only sets it up."""

    IDENTITY = "identity"
    BOUNDARY = "boundary"
    RESOURCE = "resource"
    SCP = "scp"
    TRUST = "trust"


class PolicyFile(NamedTuple):
    """A policy document, and the name of the file that the commands expect it in."""

    name: str
    kind: Kind
    text: str


class Asked(NamedTuple):
    """The request that an experiment makes, as the engine is asked it.

    `user` is the ARN of the user behind a federated caller, empty for others. A key whose value
    is None is not in the request.
    """

    action: str
    resource: str
    principal: str
    context: Mapping[str, str | tuple[str, ...] | None] = {}
    request_tags: Mapping[str, str] = {}
    user: str = ""


class Outcome(NamedTuple):
    """What one reading predicts: the engine's decision under it, and what AWS then answers.

    `decision` is `allowed`, `implicitDeny`, `explicitDeny`, or `invalid` where the engine refuses
    the request.
    """

    decision: str
    seen: str


class Experiment(NamedTuple):
    """A test on AWS: files to write, commands to run, and what each outcome means.

    `title` is what is tested, in a line. `call` is the command whose answer settles the point.
    """

    title: str
    files: tuple[PolicyFile, ...]
    prepare: tuple[str, ...]
    call: str
    asked: Asked
    ours: Outcome
    other: Outcome
    clean_up: tuple[str, ...]
    note: str = ""


BEFOREHAND = (
    "Use a test account: write its ID for 111122223333. The default profile administers it; the "
    "probe has only what is given here. IAM needs some seconds to spread a change, so wait and "
    "ask twice. Afterwards take the profiles named policy-eval out of the AWS CLI's files, too."
)
"""What holds for every experiment."""

_ROLE = "arn:aws:iam::111122223333:role/policy-eval-probe"
_SESSION = "arn:aws:sts::111122223333:assumed-role/policy-eval-probe/probe"
_AS_PROBE = "--region us-east-1 --profile policy-eval-probe"
_TOPIC = "arn:aws:sns:us-east-1:111122223333:policy-eval-probe"
_VPC = "arn:aws:ec2:us-east-1:111122223333:vpc/vpc-0abc"
_TRUST = PolicyFile(
    "trust.json",
    Kind.TRUST,
    """\
{"Version": "2012-10-17", "Statement": {
  "Effect": "Allow",
  "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
  "Action": "sts:AssumeRole"}}""",
)
_PROFILE = (
    f"aws configure set role_arn {_ROLE} --profile policy-eval-probe",
    "aws configure set source_profile default --profile policy-eval-probe",
    "aws configure set role_session_name probe --profile policy-eval-probe",
)
_PUT = (
    "aws iam put-role-policy --role-name policy-eval-probe --policy-name probe "
    "--policy-document file://policy.json"
)
_NO_ROLE = (
    "aws iam delete-role-policy --role-name policy-eval-probe --policy-name probe",
    "aws iam delete-role --role-name policy-eval-probe",
)
_MAKE_TOPIC = (
    "aws sns create-topic --name policy-eval-probe --region us-east-1",
    (
        f"aws sns set-topic-attributes --topic-arn {_TOPIC} --attribute-name Policy "
        "--attribute-value file://topic.json --region us-east-1"
    ),
)
_NO_TOPIC = f"aws sns delete-topic --topic-arn {_TOPIC} --region us-east-1"
_LIST_SUBSCRIPTIONS = f"aws sns list-subscriptions-by-topic --topic-arn {_TOPIC} {_AS_PROBE}"
_TARGET = "--target-id 111122223333 --profile MANAGEMENT"
_OF_VPC = "Write the ID of any VPC of the account for vpc-0abc; nothing is changed in it."


def _make_role(further: str = "") -> str:
    trust = "--assume-role-policy-document file://trust.json"
    return f"aws iam create-role --role-name policy-eval-probe {trust}{further}"


def _policy(text: str) -> PolicyFile:
    return PolicyFile("policy.json", Kind.IDENTITY, text)


def _by_role(
    title: str,
    policy: str,
    call: str,
    asked: Asked,
    ours: Outcome,
    other: Outcome,
    *,
    clean_up: tuple[str, ...] = (),
    role: str = "",
    note: str = "",
) -> Experiment:
    """Return an experiment of a role with one policy. `role` are further options of its making."""
    return Experiment(
        title,
        (_TRUST, _policy(policy)),
        (_make_role(role), _PUT, *_PROFILE),
        f"{call} {_AS_PROBE}",
        asked,
        ours,
        other,
        (*clean_up, *_NO_ROLE),
        note,
    )


_REGIONS_LISTED = Outcome("allowed", "the Regions are listed")
_REGIONS_DENIED = Outcome("implicitDeny", "UnauthorizedOperation")
_WOULD_TAG = Outcome("allowed", "DryRunOperation: the call would have succeeded")
_WOULD_NOT_TAG = Outcome("implicitDeny", "UnauthorizedOperation")


def _describe_regions(
    context: Mapping[str, str | tuple[str, ...] | None] | None = None,
) -> tuple[str, Asked]:
    given: dict[str, str | tuple[str, ...] | None] = {"aws:RequestedRegion": "us-east-1"}
    asked = Asked("ec2:DescribeRegions", "*", _SESSION, given | dict(context or {}))
    return "aws ec2 describe-regions", asked


def _create_tags(**tags: str) -> tuple[str, Asked]:
    written = " ".join(f"'Key={key},Value={value}'" for key, value in tags.items())
    call = f"aws ec2 create-tags --dry-run --resources vpc-0abc --tags {written}"
    context = {"aws:RequestedRegion": "us-east-1"}
    return call, Asked("ec2:CreateTags", _VPC, _SESSION, context, tags)


def _allow(action: str, resource: str, condition: str = "") -> str:
    limits = f',\n  "Condition": {condition}' if condition else ""
    return f"""\
{{"Version": "2012-10-17", "Statement": {{
  "Effect": "Allow",
  "Action": "{action}",
  "Resource": "{resource}"{limits}}}}}"""


_SCP = """\
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Action": ["iam:*", "sts:*"], "Resource": "*"},
  {"Effect": "Allow", "Action": "ec2:DescribeRegions", "Resource": "*",
   "Condition": {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}}]}"""

_CONNECTION = (
    '\'{"connectorProfileProperties": {"Amplitude": {}}, "connectorProfileCredentials": '
    '{"Amplitude": {"apiKey": "x", "secretKey": "y"}}}\''
)

EXPERIMENTS: dict[OpenPoint, Experiment] = {
    OpenPoint.STAR_CROSSES_COLONS: _by_role(
        "read a log group under a pattern whose account `*` must take in `log-group`, too",
        _allow("logs:DescribeLogStreams", "arn:aws:logs:*:*:/policy-eval-probe*"),
        "aws logs describe-log-streams --log-group-name /policy-eval-probe",
        Asked(
            "logs:DescribeLogStreams",
            "arn:aws:logs:us-east-1:111122223333:log-group:/policy-eval-probe",
            _SESSION,
        ),
        Outcome("allowed", "ResourceNotFoundException: it was authorised, and there is no group"),
        Outcome("implicitDeny", "AccessDeniedException"),
        note="The log group need not exist, and should not.",
    ),
    OpenPoint.RESOURCE_OF_LISTING: _by_role(
        "list all buckets with a policy on `arn:aws:s3:::*` alone",
        _allow("s3:ListAllMyBuckets", "arn:aws:s3:::*"),
        "aws s3api list-buckets",
        Asked("s3:ListAllMyBuckets", "*", _SESSION),
        Outcome("allowed", "the buckets are listed"),
        Outcome("implicitDeny", "AccessDenied"),
        note="For the IAM rows of the table do the same with `aws iam list-users`.",
    ),
    OpenPoint.TAGS_EQUAL_BUT_FOR_CASE: _by_role(
        "pass two tags whose keys differ only by case, where the policy spells neither",
        _allow("ec2:CreateTags", "*", '{"StringEquals": {"aws:RequestTag/PROBE": "1"}}'),
        *_create_tags(Probe="1", probe="2"),
        _WOULD_NOT_TAG,
        _WOULD_TAG,
        note=_OF_VPC,
    ),
    OpenPoint.NOT_AN_ARN: _by_role(
        "test a tag value that is no ARN by ArnNotLike",
        _allow(
            "ec2:CreateTags", "*", '{"ArnNotLike": {"aws:RequestTag/probe": "arn:aws:sns:*:*:t"}}'
        ),
        *_create_tags(probe="topic"),
        Outcome("invalid", "UnauthorizedOperation, or an error: AWS makes no match of it either"),
        _WOULD_TAG,
        note=f"{_OF_VPC} The engine refuses such a request rather than to answer it.",
    ),
    OpenPoint.NULL_WITH_SET_OPERATOR: _by_role(
        "ask without tags under ForAllValues:Null, which wants tag keys to be there",
        _allow("ec2:DescribeRegions", "*", '{"ForAllValues:Null": {"aws:TagKeys": "false"}}'),
        *_describe_regions({"aws:TagKeys": None}),
        _REGIONS_LISTED,
        _REGIONS_DENIED,
    ),
    OpenPoint.FOR_ANY_VALUE_IF_EXISTS: _by_role(
        "ask without tags under ForAnyValue:StringEqualsIfExists on the tag keys",
        _allow(
            "ec2:DescribeRegions",
            "*",
            '{"ForAnyValue:StringEqualsIfExists": {"aws:TagKeys": "probe"}}',
        ),
        *_describe_regions({"aws:TagKeys": None}),
        _REGIONS_DENIED,
        _REGIONS_LISTED,
    ),
    OpenPoint.FOR_ALL_VALUES_NOT_LIKE: _by_role(
        "pass a tag key that a ForAllValues:StringNotLike does not list",
        _allow("ec2:CreateTags", "*", '{"ForAllValues:StringNotLike": {"aws:TagKeys": "other*"}}'),
        *_create_tags(probe="1"),
        _WOULD_TAG,
        _WOULD_NOT_TAG,
        note=_OF_VPC,
    ),
    OpenPoint.MULTIVALUED_UNQUALIFIED: _by_role(
        "pass two tag keys under a StringEquals without a set operator that lists one of them",
        _allow("ec2:CreateTags", "*", '{"StringEquals": {"aws:TagKeys": "probe"}}'),
        *_create_tags(probe="1", other="2"),
        _WOULD_NOT_TAG,
        _WOULD_TAG,
        note=f"{_OF_VPC} For negated operators do the same with StringNotEquals on a third key.",
    ),
    OpenPoint.EMPTY_TEXT_IS_NULL: _by_role(
        "pass a tag with an empty value under a Null that wants the tag to be missing",
        _allow("ec2:CreateTags", "*", '{"Null": {"aws:RequestTag/probe": "true"}}'),
        *_create_tags(probe=""),
        _WOULD_TAG,
        _WOULD_NOT_TAG,
        note=_OF_VPC,
    ),
    OpenPoint.EMPTY_POLICY_LIST: _by_role(
        "ask under a StringEquals with an empty list of values",
        _allow("ec2:DescribeRegions", "*", '{"StringEquals": {"aws:RequestedRegion": []}}'),
        *_describe_regions(),
        _REGIONS_DENIED,
        _REGIONS_LISTED,
        note="If IAM refuses to store the policy, the point is moot for what IAM stores.",
    ),
    OpenPoint.VARIABLE_IN_BOOL: _by_role(
        "test aws:SecureTransport by Bool against a variable whose value is true",
        _allow(
            "ec2:DescribeRegions",
            "*",
            '{"Bool": {"aws:SecureTransport": "${aws:PrincipalTag/secure}"}}',
        ),
        *_describe_regions({"aws:SecureTransport": "true", "aws:PrincipalTag/secure": "true"}),
        _REGIONS_LISTED,
        _REGIONS_DENIED,
        role=" --tags Key=secure,Value=true",
    ),
    OpenPoint.WILDCARD_FROM_VARIABLE: _by_role(
        "pass a tag with the value `*`, and test the Region by StringLike against its variable",
        _allow(
            "ec2:CreateTags",
            "*",
            '{"StringLike": {"aws:RequestedRegion": "${aws:RequestTag/probe}"}}',
        ),
        *_create_tags(probe="*"),
        _WOULD_NOT_TAG,
        _WOULD_TAG,
        note=f"{_OF_VPC} If EC2 refuses the value `*`, nothing is settled.",
    ),
    OpenPoint.EMPTY_VARIABLE: _by_role(
        "test the Region against a text that ends in a variable with an empty value",
        _allow(
            "ec2:DescribeRegions",
            "*",
            '{"StringEquals": {"aws:RequestedRegion": "us-east-1${aws:PrincipalTag/probe}"}}',
        ),
        *_describe_regions({"aws:PrincipalTag/probe": ""}),
        _REGIONS_DENIED,
        _REGIONS_LISTED,
        role=" --tags Key=probe,Value=",
    ),
    OpenPoint.VIA_SERVICE_ON_DIRECT_CALL: _by_role(
        "ask directly under a Bool that wants aws:ViaAWSService to be false",
        _allow("ec2:DescribeRegions", "*", '{"Bool": {"aws:ViaAWSService": "false"}}'),
        *_describe_regions(),
        _REGIONS_LISTED,
        _REGIONS_DENIED,
    ),
    OpenPoint.NAME_OF_NEW_SECRET: _by_role(
        "make a secret under a pattern of its name and six question marks",
        _allow(
            "secretsmanager:CreateSecret",
            "arn:aws:secretsmanager:us-east-1:111122223333:secret:policy-eval-probe-??????",
        ),
        "aws secretsmanager create-secret --name policy-eval-probe",
        Asked(
            "secretsmanager:CreateSecret",
            "arn:aws:secretsmanager:us-east-1:111122223333:secret:policy-eval-probe",
            _SESSION,
            {"secretsmanager:Name": "policy-eval-probe", "aws:RequestedRegion": "us-east-1"},
        ),
        Outcome("allowed", "the ARN of the new secret"),
        Outcome("implicitDeny", "AccessDeniedException"),
        clean_up=(
            (
                "aws secretsmanager delete-secret --secret-id policy-eval-probe "
                "--force-delete-without-recovery --region us-east-1"
            ),
        ),
        note="The secret has no value; where it was not made, there is none to delete.",
    ),
    OpenPoint.SYSTEM_TAG_AT_CREATION: _by_role(
        "make an AppFlow connection without permission for secretsmanager:TagResource",
        """\
{"Version": "2012-10-17", "Statement": {
  "Effect": "Allow",
  "Action": ["appflow:CreateConnectorProfile", "secretsmanager:CreateSecret",
             "secretsmanager:PutResourcePolicy"],
  "Resource": "*"}}""",
        "aws appflow create-connector-profile --connector-profile-name policy-eval-probe "
        "--connector-type Amplitude --connection-mode Public "
        f"--connector-profile-config {_CONNECTION}",
        Asked(
            "secretsmanager:CreateSecret",
            "*",
            _SESSION,
            {
                "secretsmanager:Name": "appflow!policy-eval-probe",
                "aws:CalledVia": ("appflow.amazonaws.com",),
                "aws:RequestedRegion": "us-east-1",
            },
        ),
        Outcome("allowed", "success, or a refusal of the invented credentials by Amplitude"),
        Outcome("implicitDeny", "an error that names secretsmanager:TagResource"),
        clean_up=(
            (
                "aws appflow delete-connector-profile --connector-profile-name policy-eval-probe "
                "--force-delete --region us-east-1"
            ),
        ),
        note=(
            "If the credentials are refused before the secret is made, repeat it with valid ones; "
            "AWS CloudTrail then shows CreateSecret, and whether TagResource beside it."
        ),
    ),
    OpenPoint.NOT_PRINCIPAL_PARENTS: Experiment(
        "read a topic whose policy denies all but the caller's role and account",
        (
            _TRUST,
            _policy(_allow("sns:ListSubscriptionsByTopic", _TOPIC)),
            PolicyFile(
                "topic.json",
                Kind.RESOURCE,
                f"""\
{{"Version": "2012-10-17", "Id": "probe", "Statement": {{
  "Sid": "probe",
  "Effect": "Deny",
  "NotPrincipal": {{"AWS": ["{_ROLE}",
                          "arn:aws:iam::111122223333:root"]}},
  "Action": "sns:ListSubscriptionsByTopic",
  "Resource": "{_TOPIC}"}}}}""",
            ),
        ),
        (_make_role(), _PUT, *_PROFILE, *_MAKE_TOPIC),
        _LIST_SUBSCRIPTIONS,
        Asked("sns:ListSubscriptionsByTopic", _TOPIC, _SESSION),
        Outcome("explicitDeny", "AuthorizationError, with an explicit deny"),
        Outcome("allowed", "an empty list of subscriptions"),
        (_NO_TOPIC, *_NO_ROLE),
        "AWS says that services differ here: repeat it with the service you care about.",
    ),
    OpenPoint.SCP_ALLOW_WITH_LIMITS: Experiment(
        "ask in an account whose SCP allows the action only under a condition",
        (
            _TRUST,
            _policy(_allow("ec2:DescribeRegions", "*")),
            PolicyFile("scp.json", Kind.SCP, _SCP),
        ),
        (
            _make_role(),
            _PUT,
            *_PROFILE,
            (
                "aws organizations create-policy --name policy-eval-probe --description probe "
                "--type SERVICE_CONTROL_POLICY --content file://scp.json --profile MANAGEMENT"
            ),
            f"aws organizations attach-policy --policy-id p-POLICY {_TARGET}",
            f"aws organizations detach-policy --policy-id p-FullAWSAccess {_TARGET}",
        ),
        f"aws ec2 describe-regions {_AS_PROBE}",
        Asked("ec2:DescribeRegions", "*", _SESSION, {"aws:RequestedRegion": "us-east-1"}),
        _REGIONS_LISTED,
        _REGIONS_DENIED,
        (
            f"aws organizations attach-policy --policy-id p-FullAWSAccess {_TARGET}",
            f"aws organizations detach-policy --policy-id p-POLICY {_TARGET}",
            "aws organizations delete-policy --policy-id p-POLICY --profile MANAGEMENT",
            *_NO_ROLE,
        ),
        "Only in an account that runs nothing: until the clean-up, it may use IAM, STS and this "
        "action only. MANAGEMENT is a profile of the management account, p-POLICY the ID that "
        "create-policy prints; no other SCP may be attached to the account.",
    ),
    OpenPoint.EVERYONE_AND_SESSIONLESS: Experiment(
        "read a topic that is granted to `*` as a federated user without a session policy",
        (
            PolicyFile("policy.json", Kind.IDENTITY, _allow("sts:GetFederationToken", "*")),
            PolicyFile(
                "topic.json",
                Kind.RESOURCE,
                f"""\
{{"Version": "2012-10-17", "Id": "probe", "Statement": {{
  "Sid": "probe",
  "Effect": "Allow",
  "Principal": {{"AWS": "*"}},
  "Action": "sns:ListSubscriptionsByTopic",
  "Resource": "{_TOPIC}",
  "Condition": {{"ArnEquals": {{
    "aws:PrincipalArn": "arn:aws:sts::111122223333:federated-user/probe"}}}}}}}}""",
            ),
        ),
        (
            "aws iam create-user --user-name policy-eval-probe",
            (
                "aws iam put-user-policy --user-name policy-eval-probe --policy-name probe "
                "--policy-document file://policy.json"
            ),
            "aws iam create-access-key --user-name policy-eval-probe",
            "aws configure set aws_access_key_id KEY --profile policy-eval-user",
            "aws configure set aws_secret_access_key SECRET --profile policy-eval-user",
            *_MAKE_TOPIC,
            "aws sts get-federation-token --name probe --profile policy-eval-user",
            "aws configure set aws_access_key_id KEY --profile policy-eval-probe",
            "aws configure set aws_secret_access_key SECRET --profile policy-eval-probe",
            "aws configure set aws_session_token TOKEN --profile policy-eval-probe",
        ),
        _LIST_SUBSCRIPTIONS,
        Asked(
            "sns:ListSubscriptionsByTopic",
            _TOPIC,
            "arn:aws:sts::111122223333:federated-user/probe",
            user="arn:aws:iam::111122223333:user/policy-eval-probe",
        ),
        Outcome("allowed", "an empty list of subscriptions"),
        Outcome("implicitDeny", "AuthorizationError"),
        (
            _NO_TOPIC,
            "aws iam delete-access-key --user-name policy-eval-probe --access-key-id KEY",
            "aws iam delete-user-policy --user-name policy-eval-probe --policy-name probe",
            "aws iam delete-user --user-name policy-eval-probe",
        ),
        "KEY, SECRET and TOKEN are what the command before prints. The condition keeps the topic "
        "from everyone else.",
    ),
    OpenPoint.EVERYONE_AND_LIMITS: Experiment(
        "read a topic that is granted to `*` as a role whose boundary does not cover it",
        (
            _TRUST,
            PolicyFile("boundary.json", Kind.BOUNDARY, _allow("ec2:DescribeRegions", "*")),
            PolicyFile(
                "topic.json",
                Kind.RESOURCE,
                f"""\
{{"Version": "2012-10-17", "Id": "probe", "Statement": {{
  "Sid": "probe",
  "Effect": "Allow",
  "Principal": {{"AWS": "*"}},
  "Action": "sns:ListSubscriptionsByTopic",
  "Resource": "{_TOPIC}",
  "Condition": {{"StringEquals": {{"aws:PrincipalAccount": "111122223333"}}}}}}}}""",
            ),
        ),
        (
            (
                "aws iam create-policy --policy-name policy-eval-boundary "
                "--policy-document file://boundary.json"
            ),
            _make_role(
                " --permissions-boundary arn:aws:iam::111122223333:policy/policy-eval-boundary"
            ),
            *_PROFILE,
            *_MAKE_TOPIC,
        ),
        _LIST_SUBSCRIPTIONS,
        Asked("sns:ListSubscriptionsByTopic", _TOPIC, _SESSION),
        Outcome("allowed", "an empty list of subscriptions"),
        Outcome("implicitDeny", "AuthorizationError"),
        (
            _NO_TOPIC,
            _NO_ROLE[1],
            (
                "aws iam delete-policy --policy-arn "
                "arn:aws:iam::111122223333:policy/policy-eval-boundary"
            ),
        ),
        "The condition keeps the topic from other accounts.",
    ),
}
"""The experiments, a row an open point."""
