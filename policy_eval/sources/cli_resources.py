"""What calls of the AWS CLI tell of resources: their policies and tags, and VPC endpoints.

A resource of which a call tells something, and none its policy, has one that nobody knows.
AWS: "AWS CLI Command Reference", the output of each command named here.
"""

from __future__ import annotations

from collections.abc import Callable

from policy_eval.sources.account_items import document, tags_of
from policy_eval.sources.cli_command import Call
from policy_eval.sources.model import Document, Resource, Tags, Where
from policy_eval.sources.reading import Value, refuse
from policy_eval.sources.template_names import partition_of


class Resources:
    """What was told of resources so far, by ARN, and the policies of endpoints, by ID."""

    def __init__(self) -> None:
        self.account: str | None = None
        self.endpoints: dict[str, Document] = {}
        self._policies: dict[str, Document | None] = {}
        self._tags: dict[str, Tags] = {}
        self._where: dict[str, Where] = {}

    def found(self) -> dict[str, Resource]:
        """Return the resources."""
        return {
            arn: Resource(arn, self._policy(arn, where), where, self.account,
                          self._tags.get(arn, ()))
            for arn, where in self._where.items()
        }  # fmt: skip

    def _policy(self, arn: str, where: Where) -> Document | None:
        if arn in self._policies:
            return self._policies[arn]
        return _unknown(arn, where, "no call tells its policy")

    def tell_policy(self, arn: str, call: Call, policy: Value | None) -> None:
        """Take the policy of a resource, None where it has none."""
        self._where.setdefault(arn, call.output.where)
        self._policies[arn] = None if policy is None else document(f"policy of {arn}", policy)

    def leave_open(self, arn: str, call: Call, why: str) -> None:
        """Take that a resource is there, and that its policy is not known."""
        self._where.setdefault(arn, call.output.where)
        self._policies.setdefault(arn, _unknown(arn, call.output.where, why))

    def tell_tags(self, arn: str, call: Call, tags: Tags) -> None:
        """Take the tags of a resource."""
        self._where.setdefault(arn, call.output.where)
        self._tags[arn] = tags


def _unknown(arn: str, where: Where, why: str) -> Document:
    return Document(f"policy of {arn}", None, where, f"{arn}: {why}")


def _none_or(call: Call, name: str = "Policy") -> Value | None:
    """Return what a call printed under a name; None where its error says that there is none."""
    return None if call.error else call.output.need(name)


def _secret_policy(known: Resources, call: Call) -> None:
    known.tell_policy(call.output.need("ARN").text(), call, call.output.get("ResourcePolicy"))


def _secret(known: Resources, call: Call) -> None:
    known.tell_tags(call.output.need("ARN").text(), call, tags_of(call.output))


def _bucket(call: Call) -> str:
    partition = partition_of(call.given("region"))
    return f"arn:{partition}:s3:::{call.option('bucket')}"


def _bucket_policy(known: Resources, call: Call) -> None:
    known.tell_policy(_bucket(call), call, _none_or(call))


def _bucket_tags(known: Resources, call: Call) -> None:
    tags = _none_or(call, "TagSet")
    said = Value({"Tags": [] if tags is None else tags.value}, call.output.where)
    known.tell_tags(_bucket(call), call, tags_of(said))


def _named(known: Resources, call: Call, option: str, service: str, kind: str) -> str:
    """Return the ARN that an option names, made of the Region and the account where it is none."""
    given = call.option(option)
    if given.startswith("arn:"):
        return given
    region = call.given("region")
    if region is None or known.account is None or "/" in given or ":" in given:
        raise refuse(
            "not-an-arn", f"`{given}` is no ARN of a {kind.strip(':/')}", call.where,
            f"name it by its ARN in --{option}, or by its ID or name with --region, where the "
            "account is told before",
        )  # fmt: skip
    return f"arn:{partition_of(region)}:{service}:{region}:{known.account}:{kind}{given}"


def _key_policy(known: Resources, call: Call) -> None:
    arn = _named(known, call, "key-id", "kms", "key/")
    known.tell_policy(arn, call, call.output.need("Policy"))


def _queue(known: Resources, call: Call) -> None:
    attributes = call.output.need("Attributes")
    arn = attributes.need("QueueArn").text()
    policy = attributes.get("Policy")
    if policy is None and {"All", "Policy"}.isdisjoint(call.options.get("attribute-names", ())):
        known.leave_open(arn, call, "its policy was not asked for (--attribute-names All)")
    else:
        known.tell_policy(arn, call, policy)


def _topic(known: Resources, call: Call) -> None:
    attributes = call.output.need("Attributes")
    known.tell_policy(attributes.need("TopicArn").text(), call, attributes.get("Policy"))


def _function(known: Resources, call: Call) -> None:
    arn = _named(known, call, "function-name", "lambda", "function:")
    qualifier = call.given("qualifier")
    policy = _none_or(call)
    known.tell_policy(f"{arn}:{qualifier}" if qualifier else arn, call, policy)


def _endpoints(known: Resources, call: Call) -> None:
    for item in call.output.listed("VpcEndpoints"):
        identity = item.need("VpcEndpointId").text()
        policy = item.get("PolicyDocument")
        if policy is not None:  # endpoints of Gateway Load Balancers have none
            known.endpoints[identity] = document(f"policy of {identity}", policy)


COMMANDS: dict[str, Callable[[Resources, Call], None]] = {
    "secretsmanager get-resource-policy": _secret_policy,
    "secretsmanager describe-secret": _secret,
    "s3api get-bucket-policy": _bucket_policy,
    "s3api get-bucket-tagging": _bucket_tags,
    "kms get-key-policy": _key_policy,
    "sqs get-queue-attributes": _queue,
    "sns get-topic-attributes": _topic,
    "lambda get-policy": _function,
    "ec2 describe-vpc-endpoints": _endpoints,
}
MAY_FAIL = {
    "s3api get-bucket-policy": "NoSuchBucketPolicy",
    "s3api get-bucket-tagging": "NoSuchTagSet",
    "lambda get-policy": "ResourceNotFoundException",
}
"""The errors by which a command says that there is nothing."""
