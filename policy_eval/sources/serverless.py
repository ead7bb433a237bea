"""AWS SAM: the roles that it makes for functions and state machines, as roles of CloudFormation.

AWS: "AWS::Serverless::Function", "AWS::Serverless::StateMachine", "CloudFormation resources
generated when AWS::Serverless::Function is specified" and its like, "AWS SAM policy template list",
"Globals section" (AWS SAM Developer Guide). What SAM attaches that is not in the tables here makes
what the role has unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from policy_eval.sources.model import LeftOut
from policy_eval.sources.reading import Value
from policy_eval.sources.serverless_policies import POLICY_TEMPLATES
from policy_eval.sources.unknown import joined, listed

FUNCTION = "AWS::Serverless::Function"
_MANAGED = "arn:${AWS::Partition}:iam::aws:policy/"


class _Kind(NamedTuple):
    """What SAM makes of a type: who assumes its role, what that has, and what is not known.

    `events` are the types of events for which SAM makes a role, by the service that assumes it.
    """

    service: str
    basic: tuple[str, ...]
    tag: str
    doubt: str
    events: Mapping[str, str]


MAKERS = {
    FUNCTION: _Kind(
        "lambda",
        ("service-role/AWSLambdaBasicExecutionRole",),
        "lambda:createdBy",
        "",
        {"ScheduleV2": "scheduler"},
    ),
    "AWS::Serverless::StateMachine": _Kind(
        "states",
        (),
        "stateMachine:createdBy",
        "what AWS SAM attaches for a state machine is known in part",
        {
            "Api": "apigateway",
            "CloudWatchEvent": "events",
            "EventBridgeRule": "events",
            "Schedule": "events",
            "ScheduleV2": "scheduler",
        },
    ),
}
"""The types for which SAM makes roles."""

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

_DO_NOT_CALL = frozenset(
    {"DocumentDB", "DynamoDB", "Kinesis", "MQ", "MSK", "SQS", "ScheduleV2", "SelfManagedKafka"}
)
"""Sources of events that Lambda polls, or that call by a role: the function's policy stays."""

_ADD_MORE = ("DeadLetterQueue", "EventInvokeConfig", "Tracing", "DurableConfig")
"""Properties for which SAM attaches further policies."""


class Made(NamedTuple):
    """A role that SAM makes: its logical ID, the resource, what of it is not known."""

    logical_id: str
    role: Value
    doubt: str
    left_out: tuple[LeftOut, ...]


def roles_of(logical_id: str, resource: Value, defaults: Value | None) -> Iterator[Made]:
    """Yield the roles that SAM makes for a resource of `MAKERS`.

    `defaults` are the properties that `Globals` gives every resource of the type.
    """
    kind = MAKERS[resource.need("Type").text()]
    properties = _with_defaults(resource, defaults)
    own = properties.get("Role")
    if own is None or _may_be_nothing(own.value):
        made = _role_of(logical_id, resource, properties, kind)
        why = "" if own is None else "AWS SAM makes it where `Role` has no value"
        yield made._replace(doubt=joined((why, made.doubt)))
    for name, event, type_ in _events(properties):
        details = event.get("Properties")
        given = None if details is None else details.get("RoleArn") or details.get("Role")
        if type_ in kind.events and (given is None or _may_be_nothing(given.value)):
            role = {"AssumeRolePolicyDocument": _trust(kind.events[type_])}
            doubt = f"AWS SAM makes it for the event {name} of {logical_id}"
            yield Made(f"{logical_id}{name}Role", _resource(role, resource), doubt, ())
    if properties.get("DeploymentPreference") is not None:
        role = {"AssumeRolePolicyDocument": _trust("codedeploy")}
        yield Made(
            "CodeDeployServiceRole", _resource(role, resource), "AWS SAM makes it to deploy", ()
        )


def calls_of(function: Value, defaults: Value | None) -> str:
    """Return why AWS SAM may let others call a function; empty where it does not."""
    properties = _with_defaults(function, defaults)
    whys = [
        f"AWS SAM permits the event {name} ({kind})"
        for name, _, kind in _events(properties)
        if kind not in _DO_NOT_CALL
    ]
    url = properties.get("FunctionUrlConfig")
    if url is not None:
        kind = url.get("AuthType")
        if kind is None or kind.value != "AWS_IAM":
            whys.append("AWS SAM permits everyone to call the URL of the function")
    return joined(whys)


def _may_be_nothing(value: object) -> bool:
    """Return whether a value may be `AWS::NoValue`."""
    if isinstance(value, dict):
        return value == {"Ref": "AWS::NoValue"} or any(map(_may_be_nothing, value.values()))
    return isinstance(value, list) and any(map(_may_be_nothing, value))


def _resource(role: Mapping[str, object], of: Value) -> Value:
    resource: dict[str, object] = {"Type": "AWS::IAM::Role", "Properties": role}
    condition = of.get("Condition")
    if condition is not None:
        resource["Condition"] = condition.value
    return Value(resource, of.where)


def _trust(service: str) -> dict[str, object]:
    statement = {
        "Effect": "Allow",
        "Action": ["sts:AssumeRole"],
        "Principal": {"Service": [f"{service}.amazonaws.com"]},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def _role_of(logical_id: str, resource: Value, properties: Value, kind: _Kind) -> Made:
    managed: list[object] = [*map(_sub, kind.basic)]
    if properties.get("VpcConfig") is not None:
        managed.append(_sub("service-role/AWSLambdaVPCAccessExecutionRole"))
    doubts = [kind.doubt] + [
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
    for _, event, type_ in _events(properties):
        details = event.get("Properties")
        further = None if details is None else details.get("DestinationConfig")
        name = type_ if further is None else f"{type_} with DestinationConfig"
        if name in _ADDED_FOR_EVENTS:
            managed.append(_sub(_ADDED_FOR_EVENTS[name]))
        elif name not in _ADD_NOTHING:
            doubts.append(f"AWS SAM attaches policies for events of the type {name}")
    role: dict[str, object] = {
        "AssumeRolePolicyDocument": _trust(kind.service),
        "ManagedPolicyArns": managed,
        "Policies": inline,
        "Tags": _tags(properties, kind.tag),
    }
    _take_own(properties, role)
    return Made(f"{logical_id}Role", _resource(role, resource), joined(doubts), tuple(left_out))


def _take_own(properties: Value, role: dict[str, object]) -> None:
    """Put into a role what a function says of it."""
    for name, of_role in (
        ("AssumeRolePolicyDocument", "AssumeRolePolicyDocument"),
        ("PermissionsBoundary", "PermissionsBoundary"),
        ("RolePath", "Path"),
    ):
        own = properties.get(name)
        if own is not None:
            role[of_role] = own.value


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


def _events(properties: Value) -> Iterator[tuple[str, Value, str]]:
    """Yield the events of a function or state machine: name, event, type."""
    events = properties.get("Events")
    for name, event in events.members() if events is not None else ():
        yield name, event, event.need("Type").text()


def _tags(properties: Value, own: str) -> list[object]:
    tags = properties.get("Tags")
    given = {own: "SAM"} if tags is None else {
        own: "SAM", **{name: each.value for name, each in tags.members()},
    }  # fmt: skip
    return [{"Key": name, "Value": value} for name, value in given.items()]
