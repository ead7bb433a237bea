"""What `Ref` and `Fn::GetAtt` give of resources that have names and ARNs, by type.

AWS: the section "Return values" of each page of the "AWS resource and property types reference",
and "Identify AWS resources with Amazon Resource Names (ARNs)".
"""

from __future__ import annotations

from typing import NamedTuple


class Kind(NamedTuple):
    """A type of resource: the property with its name, its ARN, what `Ref` gives, and attributes.

    Forms hold `{partition}`, `{region}`, `{account}`, `{suffix}`, `{path}`, `{name}` and `{arn}`.
    """

    name: str
    arn: str
    ref: str = "{name}"
    attributes: tuple[tuple[str, str], ...] = ()
    is_lower_case: bool = False


_ARN = (("Arn", "{arn}"),)
_REGIONAL = "arn:{partition}:%s:{region}:{account}:%s"


def _iam(name: str, kind: str) -> Kind:
    return Kind(name, f"arn:{{partition}}:iam::{{account}}:{kind}{{path}}{{name}}", "{name}", _ARN)


NAMED = {
    "AWS::IAM::Role": _iam("RoleName", "role"),
    "AWS::IAM::User": _iam("UserName", "user"),
    "AWS::IAM::Group": _iam("GroupName", "group"),
    "AWS::IAM::ManagedPolicy": Kind(
        "ManagedPolicyName",
        "arn:{partition}:iam::{account}:policy{path}{name}",
        "{arn}",
        (("PolicyArn", "{arn}"),),
    ),
    "AWS::SecretsManager::Secret": Kind(
        "Name", _REGIONAL % ("secretsmanager", "secret:{name}-000000"), "{arn}", (("Id", "{arn}"),)
    ),
    "AWS::S3::Bucket": Kind(
        "BucketName", "arn:{partition}:s3:::{name}", "{name}", _ARN, is_lower_case=True
    ),
    "AWS::KMS::Key": Kind(
        "", _REGIONAL % ("kms", "key/{name}"), "{name}", (*_ARN, ("KeyId", "{name}"))
    ),
    "AWS::SQS::Queue": Kind(
        "QueueName",
        _REGIONAL % ("sqs", "{name}"),
        "https://sqs.{region}.{suffix}/{account}/{name}",
        (*_ARN, ("QueueName", "{name}")),
    ),
    "AWS::SNS::Topic": Kind(
        "TopicName",
        _REGIONAL % ("sns", "{name}"),
        "{arn}",
        (("TopicArn", "{arn}"), ("TopicName", "{name}")),
    ),
    "AWS::Lambda::Function": Kind(
        "FunctionName", _REGIONAL % ("lambda", "function:{name}"), "{name}", _ARN
    ),
    "AWS::Serverless::Function": Kind(
        "FunctionName", _REGIONAL % ("lambda", "function:{name}"), "{name}", _ARN
    ),
    "AWS::DynamoDB::Table": Kind(
        "TableName", _REGIONAL % ("dynamodb", "table/{name}"), "{name}", _ARN
    ),
    "AWS::Logs::LogGroup": Kind(
        "LogGroupName",
        _REGIONAL % ("logs", "log-group:{name}"),
        "{name}",
        (("Arn", "{arn}:*"),),
    ),
    "AWS::StepFunctions::StateMachine": Kind(
        "StateMachineName",
        _REGIONAL % ("states", "stateMachine:{name}"),
        "{arn}",
        (*_ARN, ("Name", "{name}")),
    ),
    "AWS::Organizations::OrganizationalUnit": Kind("", "", "{name}", (("Id", "{name}"),)),
    "AWS::Organizations::Account": Kind("", "", "{name}", (("AccountId", "{name}"),)),
    "AWS::Organizations::Organization": Kind("", "", "", (("RootId", "r-{name}"),)),
}
"""The types whose names and ARNs are known, or made up of their logical IDs."""


def attribute_form(kind: Kind, attribute: str) -> str | None:
    """Return the form of what `Fn::GetAtt` gives; None where that is known only later."""
    return dict(kind.attributes).get(attribute)


def partition_of(region: str | None) -> str:
    """Return the partition that a Region is in, that of most where it is not known."""
    for prefix, partition in (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov")):
        if (region or "").startswith(prefix):
            return partition
    return "aws"
