"""The policy templates of AWS SAM that are known here, as data.

AWS: "AWS SAM policy template list" (AWS SAM Developer Guide).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

_HERE = "${AWS::Region}:${AWS::AccountId}"


class PolicyTemplate(NamedTuple):
    """A policy template: its parameters, what it allows, and on which resources (`${NAME}`)."""

    parameters: tuple[str, ...]
    actions: str
    resources: tuple[str, ...]

    def document(self, values: Mapping[str, object]) -> dict[str, object]:
        """Return the document for values of the parameters."""
        resources: list[object] = [
            {"Fn::Sub": [text, dict(values)]} if "${" in text else text for text in self.resources
        ]
        statement = {"Effect": "Allow", "Action": self.actions.split(), "Resource": resources}
        return {"Statement": [statement]}


def _arn(service: str, resource: str, place: str = _HERE) -> str:
    return f"arn:${{AWS::Partition}}:{service}:{place}:{resource}"


_BUCKET = (_arn("s3", "${BucketName}", ":"), _arn("s3", "${BucketName}/*", ":"))
_TABLE = (
    _arn("dynamodb", "table/${TableName}"),
    _arn("dynamodb", "table/${TableName}/index/*"),
)

POLICY_TEMPLATES = {
    "S3ReadPolicy": PolicyTemplate(
        ("BucketName",),
        "s3:GetObject s3:ListBucket s3:GetBucketLocation s3:GetObjectVersion "
        "s3:GetLifecycleConfiguration",
        _BUCKET,
    ),
    "S3CrudPolicy": PolicyTemplate(
        ("BucketName",),
        "s3:GetObject s3:ListBucket s3:GetBucketLocation s3:GetObjectVersion s3:PutObject "
        "s3:PutObjectAcl s3:GetLifecycleConfiguration s3:PutLifecycleConfiguration "
        "s3:DeleteObject",
        _BUCKET,
    ),
    "DynamoDBReadPolicy": PolicyTemplate(
        ("TableName",),
        "dynamodb:GetItem dynamodb:Scan dynamodb:Query dynamodb:BatchGetItem "
        "dynamodb:DescribeTable",
        _TABLE,
    ),
    "DynamoDBWritePolicy": PolicyTemplate(
        ("TableName",), "dynamodb:PutItem dynamodb:UpdateItem dynamodb:BatchWriteItem", _TABLE
    ),
    "DynamoDBCrudPolicy": PolicyTemplate(
        ("TableName",),
        "dynamodb:GetItem dynamodb:DeleteItem dynamodb:PutItem dynamodb:Scan dynamodb:Query "
        "dynamodb:UpdateItem dynamodb:BatchWriteItem dynamodb:BatchGetItem "
        "dynamodb:DescribeTable dynamodb:ConditionCheckItem",
        _TABLE,
    ),
    "SQSPollerPolicy": PolicyTemplate(
        ("QueueName",),
        "sqs:ChangeMessageVisibility sqs:ChangeMessageVisibilityBatch sqs:DeleteMessage "
        "sqs:DeleteMessageBatch sqs:GetQueueAttributes sqs:ReceiveMessage",
        (_arn("sqs", "${QueueName}"),),
    ),
    "SQSSendMessagePolicy": PolicyTemplate(
        ("QueueName",), "sqs:SendMessage*", (_arn("sqs", "${QueueName}"),)
    ),
    "SNSPublishMessagePolicy": PolicyTemplate(
        ("TopicName",), "sns:Publish", (_arn("sns", "${TopicName}"),)
    ),
    "LambdaInvokePolicy": PolicyTemplate(
        ("FunctionName",), "lambda:InvokeFunction", (_arn("lambda", "function:${FunctionName}*"),)
    ),
    "AWSSecretsManagerGetSecretValuePolicy": PolicyTemplate(
        ("SecretArn",), "secretsmanager:GetSecretValue", ("${SecretArn}",)
    ),
    "CloudWatchPutMetricPolicy": PolicyTemplate((), "cloudwatch:PutMetricData", ("*",)),
    "EC2DescribePolicy": PolicyTemplate((), "ec2:DescribeRegions ec2:DescribeInstances", ("*",)),
    "AMIDescribePolicy": PolicyTemplate((), "ec2:DescribeImages", (_arn("ec2", "image/*"),)),
    "CloudFormationDescribeStacksPolicy": PolicyTemplate(
        (), "cloudformation:DescribeStacks", (_arn("cloudformation", "stack/*"),)
    ),
}
"""By name. A function with another one has attachments that are not known."""
