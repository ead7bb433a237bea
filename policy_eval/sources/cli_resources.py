"""What calls of the AWS CLI tell of resources: their policies and tags, and VPC endpoints.

A resource of which a call tells something, and none its policy, has one that nobody knows.
AWS: "AWS CLI Command Reference", the output of each command named here.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from policy_eval.errors import SourceError
from policy_eval.policy.arn import parse_arn
from policy_eval.semantics.resource_patterns import PARTITIONS
from policy_eval.sources.account_items import document, tags_of
from policy_eval.sources.cli_command import Call
from policy_eval.sources.cli_told import Told, not_left_out
from policy_eval.sources.model import Document, Resource, Tags, Where
from policy_eval.sources.reading import Value, refuse
from policy_eval.sources.template_names import partition_of


class Resources:
    """What was told of resources so far, by ARN, and the policies of endpoints, by ID.

    `account` and `partition` are those of the call that is being taken; None where no call tells.
    """

    def __init__(self) -> None:
        self.account: str | None = None
        self.partition: str | None = None
        self.endpoints: Told[str, Document] = Told()
        self._policies: Told[str, Document | None] = Told()
        self._open: dict[str, Document] = {}
        self._tags: Told[str, Tags] = Told()
        self._accounts: Told[str, str] = Told()
        self._where: dict[str, Where] = {}

    def found(self) -> dict[str, Resource]:
        """Return the resources."""
        return {
            arn: Resource(arn, self._policy(arn, where), where, self._accounts.get(arn),
                          self._tags.get(arn, ()))
            for arn, where in self._where.items()
        }  # fmt: skip

    def partition_of(self, region: str | None) -> str | None:
        """Return the partition that a call asks; None where neither Region nor calls tell it."""
        said = partition_of(region) if region else None
        return said if said and said != partition_of(None) else self.partition or said

    def _policy(self, arn: str, where: Where) -> Document | None:
        if arn in self._policies:
            return self._policies[arn]
        return self._open.get(arn) or _unknown(arn, where, "no call tells its policy")

    def _take(self, arn: str, where: Where) -> None:
        """Take that a resource is there; the account is its ARN's, else that of the call."""
        self._where.setdefault(arn, where)
        parsed = parse_arn(arn)
        account = parsed.account if parsed and parsed.account else self.account
        if account is not None:
            self._accounts.tell(arn, account, f"the account of {arn}", where)

    def tell_policy(self, arn: str, call: Call, policy: Value | None) -> None:
        """Take the policy of a resource, None where it has none."""
        where = call.output.where
        self._take(arn, where)
        name = f"policy of {arn}"
        told = None if policy is None else document(name, policy)
        self._policies.tell(arn, told, f"the {name}", where)

    def leave_open(self, arn: str, call: Call, why: str) -> None:
        """Take that a resource is there, and that its policy is not known."""
        self._take(arn, call.output.where)
        self._open.setdefault(arn, _unknown(arn, call.output.where, why))

    def tell_tags(self, arn: str, call: Call, tags: Tags) -> None:
        """Take the tags of a resource."""
        self._take(arn, call.output.where)
        self._tags.tell(arn, tags, f"the tags of {arn}", call.output.where)


def _unknown(arn: str, where: Where, why: str) -> Document:
    return Document(f"policy of {arn}", None, where, f"{arn}: {why}")


def _none_or(call: Call, name: str = "Policy") -> Value | None:
    """Return what a call printed under a name; None where its error says that there is none."""
    return None if call.error else call.output.need(name)


def _secret_named(call: Call) -> str:
    """Return the ARN of the secret that an output is about, which is that of the command."""
    arn, name = call.output.need("ARN"), call.output.get("Name")
    given = call.given("secret-id")
    if given is None or arn.text().startswith(given):
        return arn.text()
    if name.text() != given if name else f":secret:{given}-" not in arn.text():
        raise call.of_another("secret-id", name or arn)
    return arn.text()


def _secret_policy(known: Resources, call: Call) -> None:
    known.tell_policy(_secret_named(call), call, call.output.get("ResourcePolicy"))


def _secret(known: Resources, call: Call) -> None:
    known.tell_tags(_secret_named(call), call, tags_of(call.output))


def _buckets(known: Resources, call: Call) -> list[str]:
    """Return the ARN of a bucket; that in each partition where no call tells in which it is."""
    said = known.partition_of(call.given("region"))
    bucket = call.option("bucket")
    return [f"arn:{partition}:s3:::{bucket}" for partition in ((said,) if said else PARTITIONS)]


_WHICH_PARTITION = "no call tells the partition of the bucket (sts get-caller-identity)"


def _bucket_policy(known: Resources, call: Call) -> None:
    buckets = _buckets(known, call)
    policy = _none_or(call)
    for arn in buckets:
        if len(buckets) == 1:
            known.tell_policy(arn, call, policy)
        else:
            known.leave_open(arn, call, _WHICH_PARTITION)


def _bucket_tags(known: Resources, call: Call) -> None:
    tags = _none_or(call, "TagSet")
    said = Value({"Tags": [] if tags is None else tags.value}, call.output.where)
    for arn in _buckets(known, call):
        known.tell_tags(arn, call, tags_of(said))


def _named(known: Resources, call: Call, option: str, service: str, kind: str) -> str:
    """Return the ARN that an option names, made of the Region and the account where it is none."""
    given = call.option(option)
    if given.startswith("arn:"):
        return given
    region = call.given("region")
    if region is None or known.account is None or "/" in given or ":" in given:
        raise refuse(
            "not-an-arn", f"`{given}` is no ARN of a {kind.strip(':/')}", call.where,
            f"name it by its ARN in --{option}, or by its ID or name with --region, where a call "
            "tells the account (sts get-caller-identity)",
        )  # fmt: skip
    return f"arn:{known.partition_of(region)}:{service}:{region}:{known.account}:{kind}{given}"


def _key_policy(known: Resources, call: Call) -> None:
    (arn,) = _keys(known, call)
    known.tell_policy(arn, call, call.output.need("Policy"))


def _keys(known: Resources, call: Call) -> list[str]:
    return [_named(known, call, "key-id", "kms", "key/")]


def _queue(known: Resources, call: Call) -> None:
    attributes = call.output.need("Attributes")
    queue = attributes.need("QueueArn")
    arn, policy = queue.text(), attributes.get("Policy")
    url = call.given("queue-url")
    if url is not None and url.rpartition("/")[2] != arn.rpartition(":")[2]:
        raise call.of_another("queue-url", queue)
    if policy is None and {"All", "Policy"}.isdisjoint(call.options.get("attribute-names", ())):
        known.leave_open(arn, call, "its policy was not asked for (--attribute-names All)")
    else:
        known.tell_policy(arn, call, policy)


def _topic(known: Resources, call: Call) -> None:
    attributes = call.output.need("Attributes")
    arn = call.printed("topic-arn", attributes.need("TopicArn"))
    known.tell_policy(arn, call, attributes.get("Policy"))


def _functions(known: Resources, call: Call) -> list[str]:
    arn = _named(known, call, "function-name", "lambda", "function:")
    qualifier = call.given("qualifier")
    return [f"{arn}:{qualifier}" if qualifier else arn]


def _function(known: Resources, call: Call) -> None:
    (arn,) = _functions(known, call)
    known.tell_policy(arn, call, _none_or(call))


def _endpoints(known: Resources, call: Call) -> None:
    for item in call.output.need("VpcEndpoints").items():
        identity = item.need("VpcEndpointId").text()
        policy = item.get("PolicyDocument")
        if policy is not None:  # endpoints of Gateway Load Balancers have none
            name = f"policy of {identity}"
            known.endpoints.tell(identity, document(name, policy), f"the {name}", item.where)


# Calls that cannot be read


def leave_open(known: Resources, call: Call, error: SourceError) -> None:
    """Take that what a call was to tell is not known.

    Raises NotLeftOutError where its command does not tell of which resource.
    """
    why = f"a call that was to tell its policy is not read (`{call.name}`)"
    try:
        for name in _ASKED[call.name](known, call):
            if call.name.startswith("ec2"):
                open_one = Document(f"policy of {name}", None, call.output.where, f"{name}: {why}")
                known.endpoints.setdefault(name, open_one)
            else:
                known.leave_open(name, call, why)
    except SourceError:
        raise not_left_out(error) from None


def _secrets_asked(known: Resources, call: Call) -> list[str]:
    given = call.option("secret-id")
    if re.fullmatch(r"arn:.*-\w{6}", given):
        return [given]
    if given.startswith("arn:"):
        return [f"{given}-??????"]
    return [f"{_named(known, call, 'secret-id', 'secretsmanager', 'secret:')}-??????"]


_QUEUE_URL = re.compile(r"https://sqs\.([\w-]+)\.amazonaws\.com(?:\.cn)?/(\d{12})/(\S+)")


def _queues_asked(known: Resources, call: Call) -> list[str]:
    url = _QUEUE_URL.fullmatch(call.option("queue-url"))
    if url is None:
        raise refuse("not-an-arn", "the URL does not tell the ARN of the queue", call.where)
    region, account, name = url.groups()
    return [f"arn:{known.partition_of(region)}:sqs:{region}:{account}:{name}"]


def _endpoints_asked(_: Resources, call: Call) -> list[str]:
    call.option("vpc-endpoint-ids")
    return [*call.options["vpc-endpoint-ids"]]


_ASKED: dict[str, Callable[[Resources, Call], list[str]]] = {
    "secretsmanager get-resource-policy": _secrets_asked,
    "secretsmanager describe-secret": _secrets_asked,
    "s3api get-bucket-policy": _buckets,
    "s3api get-bucket-tagging": _buckets,
    "kms get-key-policy": _keys,
    "sqs get-queue-attributes": _queues_asked,
    "sns get-topic-attributes": lambda _, call: [call.option("topic-arn")],
    "lambda get-policy": _functions,
    "ec2 describe-vpc-endpoints": _endpoints_asked,
}


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
