"""Resources with policies of their own, and VPC endpoints, in a template.

AWS: the pages of the types in the "AWS resource and property types reference"; "Default key policy"
(AWS KMS), "Using resource-based policies for DynamoDB" (Amazon DynamoDB), "Default endpoint policy"
(AWS PrivateLink), "Working with resource-based IAM policies in Lambda" (AWS Lambda).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from policy_eval.policy.arn import parse_arn
from policy_eval.sources.lambda_permission import CONDITIONS, principal_element
from policy_eval.sources.model import Document, Resource, Where
from policy_eval.sources.reading import Value
from policy_eval.sources.template_items import Gathered, Item, any_of
from policy_eval.sources.unknown import Nothing, Unknown, joined, listed, may_be_absent, why

_VERSION = "2012-10-17"
CONNECTORS = "AWS SAM attaches policies for connectors"
"""Why a policy is not known where a template has connectors."""


def _tagged(item: Item, into: Gathered) -> None:
    """Take in a resource that has tags, and perhaps a policy elsewhere in the template."""
    tags, doubt = item.tags()
    if doubt:
        into.leave(f"a tag of {item.logical_id}", doubt, item.at("Tags"))
    arn = item.template.arn(item.logical_id)
    into.add_resource(Resource(arn, None, item.where, item.template.account, tags))


def _key(item: Item, into: Gathered) -> None:
    """Take in a KMS key, with the default policy where it has none."""
    _tagged(item, into)
    policy = item.value("KeyPolicy")
    if policy is Nothing.NO_VALUE:
        template = item.template
        root = f"arn:{template.partition}:iam::{template.account}:root"
        policy = _one("Allow", {"AWS": root}, "kms:*")
    arn = item.template.arn(item.logical_id)
    document = into.document(f"key policy of {item.logical_id}", policy, item.at("KeyPolicy"))
    into.add_policy(arn, document, item.where)


def _topic(item: Item, into: Gathered) -> None:
    """Take in a topic; Amazon SNS gives one without a policy a policy of its own."""
    _tagged(item, into)
    arn = item.template.arn(item.logical_id)
    known = into.resources[arn]
    if known.policy is not None and not may_be_absent(known.policy):
        return
    doubts = (known.policy.unknown, *(each.why for each in known.policy.unsure)) if (
        known.policy
    ) else ()  # fmt: skip
    own = f"{item.logical_id} has no policy here: Amazon SNS gives the topic one of its own"
    document = Document(
        f"topic policy of {item.logical_id}", None, item.where, joined((*doubts, own))
    )
    into.resources[arn] = known._replace(policy=document)


def _table(item: Item, into: Gathered) -> None:
    """Take in a table with its policy; what that says of indexes, and those of streams, is open."""
    _tagged(item, into)
    arn = item.template.arn(item.logical_id)
    policy = item.value("ResourcePolicy")
    if policy is not Nothing.NO_VALUE:
        where = item.at("ResourcePolicy")
        value = (
            policy
            if isinstance(policy, Unknown)
            else Value(policy, where).need("PolicyDocument").value
        )
        name = f"table policy of {item.logical_id}"
        into.add_policy(arn, into.document(name, value, where, item.doubt), where)
        why = f"the policy of the table {item.logical_id} holds for its indexes, too"
        _open(item, into, f"{arn}/index/*", why)
    stream = item.value("StreamSpecification")
    if isinstance(stream, Unknown) or (isinstance(stream, dict) and "ResourcePolicy" in stream):
        _open(
            item,
            into,
            f"{arn}/stream/*",
            f"the policy of the stream of {item.logical_id} is not read",
        )


def _open(item: Item, into: Gathered, arn: str, reason: str) -> None:
    document = Document(f"policy of {arn.split(':', 5)[-1]}", None, item.where, reason)
    into.add_policy(arn, document, item.where)


def _one(effect: str, principal: object, action: str) -> dict[str, object]:
    statement = {"Effect": effect, "Principal": principal, "Action": action, "Resource": "*"}
    return {"Version": _VERSION, "Statement": [statement]}


def _arn_here(item: Item, service: str, resource: str) -> str:
    """Return the ARN of a resource beside those of the template, by a name that stands in it."""
    template = item.template
    region = "" if service == "s3" else template.region_of_arns
    account = "" if service == "s3" else template.account
    return f"arn:{template.partition}:{service}:{region}:{account}:{resource}"


def _secret(item: Item, name: str) -> str:
    if parse_arn(name) is not None:
        return name
    for each, resource in item.template.resources.items():
        if resource.need("Type").value == "AWS::SecretsManager::Secret":
            arn = item.template.arn(each)
            if item.template.name(each) == name:
                return arn
    return _arn_here(item, "secretsmanager", f"secret:{name}-000000")


def _queue(item: Item, url: str) -> str:
    """Return the ARN of a queue by its URL: `https://sqs.REGION.amazonaws.com/ACCOUNT/NAME`."""
    host, _, rest = url.partition("//")[2].partition("/")
    account, _, name = rest.partition("/")
    region = host.split(".")[1] if host.count(".") > 1 else item.template.region_of_arns
    return f"arn:{item.template.partition}:sqs:{region}:{account}:{name}"


class _Beside(NamedTuple):
    """A type that sets the policy of another resource.

    `of` is the property with what the policy guards, `document` the one with the document, `called`
    what answers call it; `arn_of` makes an ARN of the first, `any_one` are the service and the
    resource of that of any such resource.
    """

    of: str
    document: str
    called: str
    arn_of: Callable[[Item, str], str]
    any_one: tuple[str, str]


def _bucket(item: Item, name: str) -> str:
    return _arn_here(item, "s3", name)


def _itself(_: Item, arn: str) -> str:
    return arn


_ATTACHED = {
    "AWS::S3::BucketPolicy": _Beside(
        "Bucket", "PolicyDocument", "bucket policy", _bucket, ("s3", "*")
    ),
    "AWS::SecretsManager::ResourcePolicy": _Beside(
        "SecretId", "ResourcePolicy", "resource policy", _secret, ("secretsmanager", "secret:*")
    ),
    "AWS::SQS::QueuePolicy": _Beside(
        "Queues", "PolicyDocument", "queue policy", _queue, ("sqs", "*")
    ),
    "AWS::SQS::QueueInlinePolicy": _Beside(
        "Queue", "PolicyDocument", "queue policy", _queue, ("sqs", "*")
    ),
    "AWS::SNS::TopicPolicy": _Beside(
        "Topics", "PolicyDocument", "topic policy", _itself, ("sns", "*")
    ),
    "AWS::SNS::TopicInlinePolicy": _Beside(
        "TopicArn", "PolicyDocument", "topic policy", _itself, ("sns", "*")
    ),
}
_ANY_FUNCTION = ("lambda", "function:*")


def _guarded(item: Item, name: str) -> Iterator[tuple[str | Unknown, str]]:
    """Yield what a property names, each with why it may be another."""
    where = item.at(name)
    for given in listed(item.need(name)):
        options = given.options if isinstance(given, Unknown) else ()
        doubt = joined((item.doubt, why(given) if options else ""))
        for option in options or (given,):
            for each in listed(option) if option is not Nothing.NO_VALUE else ():
                text = each if isinstance(each, Unknown) else Value(each, where).text()
                yield text, doubt


def _guards_any(item: Item, into: Gathered, called: str, arn: str, of: Unknown) -> None:
    """Take in that any resource of a kind may have a policy that is not the known one."""
    reason = joined((item.doubt, f"what {item.logical_id} guards is not known: {of.why}"))
    name = f"{called} {item.logical_id}"
    into.add_policy(arn, Document(name, None, item.where, reason), item.where)


def _attached(item: Item, into: Gathered) -> None:
    """Take in a policy that stands beside its resource."""
    kind = _ATTACHED[item.type]
    where = item.at(kind.document)
    value = item.need(kind.document)
    for target, doubt in _guarded(item, kind.of):
        if isinstance(target, Unknown):
            _guards_any(item, into, kind.called, any_of(item.template, *kind.any_one), target)
            continue
        arn = kind.arn_of(item, target)
        name = f"{kind.called} of {arn.split(':', 5)[-1]}"
        into.add_policy(arn, into.document(name, value, where, doubt), where)


def _permission(item: Item, into: Gathered) -> None:
    """Take in one statement of a function's policy."""
    for function, doubt in _guarded(item, "FunctionName"):
        if isinstance(function, Unknown):
            _guards_any(
                item, into, "function policy", any_of(item.template, *_ANY_FUNCTION), function
            )
        else:
            _permit(item, into, function, doubt)


def _permit(item: Item, into: Gathered, function: str, doubt: str) -> None:
    name = function.rpartition(":function:")[2] if ":" in function else function
    arn = function if parse_arn(function) is not None else (
        _arn_here(item, "lambda", f"function:{name}")
    )  # fmt: skip
    statement: dict[str, object] = {
        "Effect": "Allow",
        "Principal": _principal(item),
        "Action": item.need("Action"),
        "Resource": arn,
    }
    conditions: dict[str, dict[str, object]] = {}
    for property_, operator, key in CONDITIONS:
        value = item.value(property_)
        if value is not Nothing.NO_VALUE:
            conditions.setdefault(operator, {})[key] = value
    statement |= {"Condition": conditions} if conditions else {}
    called = f"function policy of {name}"
    made = into.document(called, {"Statement": [statement]}, item.where, doubt)
    _add_statement(arn, made, item, into)


def _add_statement(arn: str, made: Document, item: Item, into: Gathered) -> None:
    known = into.resources.get(arn)
    if known is not None and known.policy is not None:
        made = _with(known.policy, made)
        into.resources[arn] = known._replace(policy=made)
    else:
        into.add_policy(arn, made, item.where)


def open_function(item: Item, into: Gathered, reason: str) -> None:
    """Take in that others may call a function, and its aliases, for a reason."""
    arn = item.template.arn(item.logical_id)
    statement = {
        "Effect": "Allow",
        "Principal": Unknown(reason),
        "Action": ["lambda:InvokeFunction", "lambda:InvokeFunctionUrl"],
        "Resource": arn,
    }
    name = f"function policy of {item.template.name(item.logical_id)}"
    made = into.document(name, {"Statement": [statement]}, item.where, joined((reason, item.doubt)))
    _add_statement(arn, made, item, into)
    _open(item, into, f"{arn}:*", reason)


_CONNECTED = (("sqs", "*"), ("sns", "*"), _ANY_FUNCTION)


def open_connected(into: Gathered, where: Where) -> None:
    """Take in that connectors of AWS SAM set policies of queues, topics and functions.

    AWS: "CloudFormation resources generated when you specify AWS::Serverless::Connector" (AWS SAM
    Developer Guide).
    """
    for service, resource in _CONNECTED:
        arn = any_of(into.template, service, resource)
        document = Document(f"{service} policies of connectors", None, where, CONNECTORS)
        into.add_policy(arn, document, where)


def _with(first: Document, second: Document) -> Document:
    """Return a function's policy with a further statement."""
    assert isinstance(first.content, dict)  # both are made above
    assert isinstance(second.content, dict)
    before = first.content["Statement"]
    moved = [each._replace(number=each.number + len(before)) for each in second.unsure]
    statements = [*before, *second.content["Statement"]]
    return first._replace(
        content={"Version": _VERSION, "Statement": statements}, unsure=(*first.unsure, *moved)
    )


def _principal(item: Item) -> object:
    given = item.need("Principal")
    if isinstance(given, Unknown) or not isinstance(given, str):
        return given
    return principal_element(given, item.template.partition)


def _endpoint(item: Item, into: Gathered) -> None:
    """Take in a VPC endpoint; one without a policy lets everything pass."""
    policy = item.value("PolicyDocument")
    if policy is Nothing.NO_VALUE:
        policy = _one("Allow", "*", "*")
    where = item.at("PolicyDocument")
    name = f"endpoint policy of {item.logical_id}"
    into.endpoints[item.logical_id] = into.document(name, policy, where)
    note = joined((f"{item.template.file}: VPC endpoints are called by their logical IDs",))
    item.template.notes[note] = None


RESOURCES: dict[str, Callable[[Item, Gathered], None]] = {
    "AWS::SecretsManager::Secret": _tagged,
    "AWS::S3::Bucket": _tagged,
    "AWS::SQS::Queue": _tagged,
    "AWS::KMS::Key": _key,
    **dict.fromkeys(_ATTACHED, _attached),
    "AWS::SNS::Topic": _topic,
    "AWS::DynamoDB::Table": _table,
    "AWS::Lambda::Permission": _permission,
    "AWS::EC2::VPCEndpoint": _endpoint,
}
"""How each type is taken in: a topic after the policies of topics."""
