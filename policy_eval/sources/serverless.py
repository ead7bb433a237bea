"""AWS SAM: the role that it makes for a function, as a role of CloudFormation.

AWS: "AWS::Serverless::Function", "CloudFormation resources generated when you specify
AWS::Serverless::Function", "AWS SAM policy template list", "Globals section" (AWS SAM Developer
Guide). What SAM attaches that is not in the tables here makes what the role has unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from policy_eval.sources.model import LeftOut
from policy_eval.sources.reading import Value
from policy_eval.sources.serverless_policies import POLICY_TEMPLATES
from policy_eval.sources.unknown import joined, listed

FUNCTION = "AWS::Serverless::Function"
_MANAGED = "arn:${AWS::Partition}:iam::aws:policy/"
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["sts:AssumeRole"],
            "Principal": {"Service": ["lambda.amazonaws.com"]},
        }
    ],
}
_ADDED_FOR_EVENTS = {
    "SQS": "service-role/AWSLambdaSQSQueueExecutionRole",
    "DynamoDB": "service-role/AWSLambdaDynamoDBExecutionRole",
    "Kinesis": "service-role/AWSLambdaKinesisExecutionRole",
    "MSK": "service-role/AWSLambdaMSKExecutionRole",
}
_ADD_NOTHING = frozenset(
    """
    AlexaSkill Api CloudWatchEvent CloudWatchLogs Cognito EventBridgeRule HttpApi IoTRule S3 SNS
    Schedule ScheduleV2
    """.split()  # noqa: SIM905 - a list this long reads better as text
)
"""Sources of events that may call the function, and need no permission of its role."""

_ADD_MORE = ("DeadLetterQueue", "EventInvokeConfig", "Tracing", "DurableConfig")
"""Properties for which SAM attaches further policies."""


class Made(NamedTuple):
    """A role that SAM makes: its logical ID, the resource, what of it is not known."""

    logical_id: str
    role: Value
    doubt: str
    left_out: tuple[LeftOut, ...]


def role_of(logical_id: str, function: Value, defaults: Value | None) -> Made | None:
    """Return the role that SAM makes for a function; None where the function names its own.

    `defaults` are the properties that `Globals` gives every function.
    """
    properties = _with_defaults(function, defaults)
    if properties.get("Role") is not None:
        return None
    managed: list[object] = [_sub("service-role/AWSLambdaBasicExecutionRole")]
    if properties.get("VpcConfig") is not None:
        managed.append(_sub("service-role/AWSLambdaVPCAccessExecutionRole"))
    doubts = [
        f"AWS SAM attaches policies for `{name}`"
        for name in _ADD_MORE
        if properties.get(name) is not None
    ]
    inline: list[object] = []
    left_out: list[LeftOut] = []
    given = properties.get("Policies")
    for number, policy in enumerate(listed(given.value) if given is not None else ()):
        where = properties.where.at(f"Policies[{number}]")
        found = _policy(policy)
        if isinstance(found, str):
            managed.append(_sub(found) if not found.startswith("arn:") else found)
        elif found is None:
            doubts.append(f"what AWS SAM makes of {where.path} is not known")
            left_out.append(LeftOut(_shown(policy), "no policy that is known here", where))
        elif "Fn::" in next(iter(found), "") or "Ref" in found:
            managed.append(found)
        else:
            name = f"{logical_id}RolePolicy{number}"
            inline.append({"PolicyName": name, "PolicyDocument": found})
    for name in _events(properties):
        if name in _ADDED_FOR_EVENTS:
            managed.append(_sub(_ADDED_FOR_EVENTS[name]))
        elif name not in _ADD_NOTHING:
            doubts.append(f"AWS SAM attaches policies for events of the type {name}")
    role = _role(properties, managed, inline)
    resource: dict[str, object] = {"Type": "AWS::IAM::Role", "Properties": role}
    condition = function.get("Condition")
    if condition is not None:
        resource["Condition"] = condition.value
    return Made(
        f"{logical_id}Role", Value(resource, function.where), joined(doubts), tuple(left_out)
    )


def _role(properties: Value, managed: list[object], inline: list[object]) -> dict[str, object]:
    role: dict[str, object] = {
        "AssumeRolePolicyDocument": _TRUST,
        "ManagedPolicyArns": managed,
        "Policies": inline,
        "Tags": _tags(properties),
    }
    for name, of_role in (
        ("AssumeRolePolicyDocument", "AssumeRolePolicyDocument"),
        ("PermissionsBoundary", "PermissionsBoundary"),
        ("RolePath", "Path"),
    ):
        own = properties.get(name)
        if own is not None:
            role[of_role] = own.value
    return role


def _with_defaults(function: Value, defaults: Value | None) -> Value:
    own = function.get("Properties")
    found = {} if defaults is None else {name: each.value for name, each in defaults.members()}
    for name, each in own.members() if own is not None else ():
        both = (found.get(name), each.value)
        merged = isinstance(both[0], dict) and isinstance(both[1], dict)
        found[name] = {**found[name], **both[1]} if merged else each.value  # type: ignore[dict-item]
    return Value(found, function.where.at("Properties"))


def _sub(name: str) -> dict[str, object]:
    return {"Fn::Sub": f"{_MANAGED}{name}"}


def _policy(policy: object) -> dict[str, object] | str | None:
    """Return what an entry of `Policies` is: a document, a managed policy, or nothing known."""
    if isinstance(policy, str):
        return policy
    if not isinstance(policy, dict):
        return None
    if "Statement" in policy:
        return policy
    if len(policy) != 1:
        return None
    ((name, given),) = policy.items()
    if name == "Ref" or name in ("Fn::Sub", "Fn::GetAtt", "Fn::Join", "Fn::ImportValue"):
        return policy
    template = POLICY_TEMPLATES.get(name)
    values = given if isinstance(given, dict) else {}
    if template is None or template.parameters != tuple(values):
        return None
    return template.document(values)


def _shown(policy: object) -> str:
    return ", ".join(map(str, policy)) if isinstance(policy, dict) else str(policy)


def _events(properties: Value) -> Iterator[str]:
    events = properties.get("Events")
    for _, event in events.members() if events is not None else ():
        details = event.get("Properties")
        further = None if details is None else details.get("DestinationConfig")
        kind = event.need("Type").text()
        yield kind if further is None else f"{kind} with DestinationConfig"


def _tags(properties: Value) -> list[object]:
    tags = properties.get("Tags")
    given = {"lambda:createdBy": "SAM"} if tags is None else {
        "lambda:createdBy": "SAM", **{name: each.value for name, each in tags.members()},
    }  # fmt: skip
    return [{"Key": name, "Value": value} for name, value in given.items()]
