"""Resources with policies of their own, and VPC endpoints, in a template.

AWS: the pages of the types in the "AWS resource and property types reference"; "Default key policy"
(AWS KMS), "Default endpoint policy" (AWS PrivateLink), "Working with resource-based IAM policies in
Lambda" (AWS Lambda).
"""

from __future__ import annotations

from collections.abc import Callable

from policy_eval.policy.arn import parse_arn
from policy_eval.sources.lambda_permission import CONDITIONS, principal_element
from policy_eval.sources.model import Document, Resource
from policy_eval.sources.template_items import Gathered, Item
from policy_eval.sources.unknown import Nothing, Unknown, joined

_VERSION = "2012-10-17"


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


_ATTACHED: dict[str, tuple[str, str, str, Callable[[Item, str], str]]] = {
    "AWS::S3::BucketPolicy": (
        "Bucket", "PolicyDocument", "bucket policy", lambda item, name: _arn_here(item, "s3", name),
    ),
    "AWS::SecretsManager::ResourcePolicy": (
        "SecretId", "ResourcePolicy", "resource policy", _secret
    ),
    "AWS::SQS::QueuePolicy": ("Queues", "PolicyDocument", "queue policy", _queue),
    "AWS::SNS::TopicPolicy": ("Topics", "PolicyDocument", "topic policy", lambda _, arn: arn),
}  # fmt: skip
"""By type: the property with what the policy guards, that with the document, what answers call it,
and how the first gives an ARN."""


def _attached(item: Item, into: Gathered) -> None:
    """Take in a policy that stands beside its resource."""
    of, document, called, arn_of = _ATTACHED[item.type]
    where = item.at(document)
    value = item.need(document)
    given = item.need(of)
    for target in given if isinstance(given, list) else [given]:
        if not isinstance(target, str):
            reason = target.why if isinstance(target, Unknown) else "no text stands here"
            into.leave(f"the {called} {item.logical_id}", f"what it guards: {reason}", item.at(of))
            continue
        arn = arn_of(item, target)
        name = f"{called} of {arn.split(':', 5)[-1]}"
        into.add_policy(arn, into.document(name, value, where, item.doubt), where)


def _permission(item: Item, into: Gathered) -> None:
    """Take in one statement of a function's policy."""
    function = item.text("FunctionName")
    if not isinstance(function, str):
        reason = "" if function is None else function.why
        into.leave(item.logical_id, f"of which function: {reason}", item.at("FunctionName"))
        return
    name = function.split(":function:")[-1] if ":" in function else function
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
    made = into.document(called, {"Statement": [statement]}, item.where, item.doubt)
    known = into.resources.get(arn)
    if known is not None and known.policy is not None:
        made = _with(known.policy, made)
        into.resources[arn] = known._replace(policy=made)
    else:
        into.add_policy(arn, made, item.where)


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
    "AWS::Lambda::Permission": _permission,
    "AWS::EC2::VPCEndpoint": _endpoint,
}
"""How each type is taken in."""
