"""The policies of resources in a plan, and those of VPC endpoints.

"aws_secretsmanager_secret_policy", "aws_lambda_permission" and their like (documentation of the AWS
provider). What AWS itself sets: "Default key policy" (AWS KMS), "Control access to VPC endpoints
using endpoint policies" (Amazon VPC).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import NamedTuple

from policy_eval.policy.arn import parse_arn
from policy_eval.semantics.resources import NOT_CHOSEN
from policy_eval.sources.lambda_permission import CONDITIONS, principal_element
from policy_eval.sources.model import Document, Resource, Unsure
from policy_eval.sources.reading import OnError, leaving_out, refuse
from policy_eval.sources.terraform.documents import document_of
from policy_eval.sources.terraform.identities import tags_of
from policy_eval.sources.terraform.instances import Instance
from policy_eval.sources.terraform.plan import Plan, label
from policy_eval.sources.titles import resource_part


class _Kind(NamedTuple):
    """A resource type: the argument with its name, and how the resource part of its ARN is made.

    `policy` is the type of the resource that sets its policy, `by` the argument that names whose.
    """

    type: str
    service: str
    name: str
    resource: str
    policy: str = ""
    by: str = ""


_KINDS = (
    _Kind("aws_secretsmanager_secret", "secretsmanager", "name", f"secret:{{}}{NOT_CHOSEN}",
          "aws_secretsmanager_secret_policy", "secret_arn"),
    _Kind("aws_s3_bucket", "s3", "bucket", "{}", "aws_s3_bucket_policy", "bucket"),
    _Kind("aws_kms_key", "kms", "key_id", "key/{}", "aws_kms_key_policy", "key_id"),
    _Kind("aws_sqs_queue", "sqs", "name", "{}", "aws_sqs_queue_policy", "queue_url"),
    _Kind("aws_sns_topic", "sns", "name", "{}", "aws_sns_topic_policy", "arn"),
    _Kind("aws_lambda_function", "lambda", "function_name", "function:{}",
          "aws_lambda_permission", "function_name"),
)  # fmt: skip
_BUCKET, _KEY, _TOPIC, _FUNCTION = (
    "aws_s3_bucket",
    "aws_kms_key",
    "aws_sns_topic",
    "aws_lambda_function",
)
_ENDPOINT, _ENDPOINT_POLICY = "aws_vpc_endpoint", "aws_vpc_endpoint_policy"
TYPES = frozenset(
    {_ENDPOINT, _ENDPOINT_POLICY} | {name for kind in _KINDS for name in (kind.type, kind.policy)}
)
"""The resource types that are read here."""

_WHOLE = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
}
"""The policy of an endpoint that was given none."""


class Guarded:
    """The resources of a plan by ARN, and the documents of endpoint policies by ID."""

    def __init__(self, plan: Plan, on_error: OnError | None) -> None:
        self.plan = plan
        self.resources: dict[str, Resource] = {}
        self.endpoints: dict[str, Document] = {}
        self._on_error = on_error
        self._arns: dict[str, str] = {}
        self._sets_none: dict[str, bool] = {}
        self._open: dict[str, str] = {}
        self._named: dict[tuple[str, str], str] = {}
        for kind in _KINDS:
            self._each(partial(self._add, kind=kind), kind.type)
        for kind in _KINDS:
            if kind.type != _FUNCTION:
                self._each_of(plan.changed_of(kind.policy), partial(self._unset, kind=kind))
                self._each(partial(self._set_policy, kind=kind), kind.policy)
        self._permissions: dict[str, list[tuple[Instance, dict[str, object], str]]] = {}
        self._each(self._permit, _KINDS[-1].policy)
        self._give_permissions()
        self._leave_open()
        self._each(self._add_endpoint, _ENDPOINT)
        self._each_of(plan.changed_of(_ENDPOINT_POLICY), self._unset_endpoint)
        self._each(self._set_endpoint, _ENDPOINT_POLICY)

    def _each(self, read: Callable[[Instance], None], *types: str) -> None:
        self._each_of(self.plan.of_type(*types), read)

    def _each_of(self, instances: Iterable[Instance], read: Callable[[Instance], None]) -> None:
        for instance in instances:
            with leaving_out(self._on_error):
                read(instance)

    def _arn(self, instance: Instance, kind: _Kind, name: str) -> str:
        if kind.type == _BUCKET:
            return f"arn:{self.plan.partition(instance)}:s3:::{name}"
        return self.plan.made_up(instance, kind.service, kind.resource.format(name))

    def _add(self, instance: Instance, kind: _Kind) -> None:
        name = instance.text(kind.name)
        known = self.plan.arn(instance)
        if known is None and name is None:
            name = f"{instance.text(f'{kind.name}_prefix') or ''}{label(instance)}"
            self.plan.note(
                f"the name of {instance.address} is known only after apply: `{name}` stands for it"
            )
        arn = known or self._arn(instance, kind, name or "")
        if known is None and arn in self.resources:
            held = self.resources[arn]
            self._open[arn] = f"{self.plan.file} holds {arn} twice"
            raise refuse("listed-twice", f"{held.where.path} is {arn}, too", instance.where)
        tags, why = ((), "") if kind.type == _BUCKET else tags_of(self.plan, instance)
        policy = None
        if kind.type != _FUNCTION:
            policy = document_of(self.plan, instance, "policy", _title(arn))
            policy = policy or self._by_aws(instance, kind, arn)
        account = self.plan.account(instance)
        self.resources[arn] = Resource(arn, policy, instance.where, account, tags)
        self._arns[instance.address] = self._named[kind.type, name or ""] = arn
        self._note_unset(instance, arn)
        if why:
            self._open[arn] = why

    def _note_unset(self, instance: Instance, key: str) -> None:
        """Note that what is told as the policy of a resource is what another one had set.

        Where the plan does not hold its block, that may be so (False).
        """
        is_told = self.plan.configuration.block(instance) is not None
        is_set = is_told and self.plan.configuration.is_set(instance, "policy")
        if not instance.is_new and not is_set:
            self._sets_none[key] = is_told

    def _left(self, instance: Instance, name: str) -> Document:
        """Return the policy that is there once the one that an instance had set is gone."""
        why = f"{self.plan.file} does not tell what is left once {instance.address} is gone"
        return Document(name, None, instance.where, why)

    def _by_aws(self, instance: Instance, kind: _Kind, arn: str) -> Document | None:
        """Return the policy that AWS gives a new resource of a type that is made without one."""
        if not instance.is_new:
            return None
        name = _title(arn)
        if kind.type == _KEY:
            root = f"arn:{self.plan.partition(instance)}:iam::{self.plan.account(instance)}:root"
            statement = {
                "Sid": "Enable IAM User Permissions", "Effect": "Allow", "Principal": {"AWS": root},
                "Action": "kms:*", "Resource": "*",
            }  # fmt: skip
            content = {"Version": "2012-10-17", "Statement": [statement]}
            return Document(name, content, instance.where)
        if kind.type == _TOPIC:
            why = f"{instance.address} sets no policy: Amazon SNS gives the topic one of its own"
            return Document(name, None, instance.where, why)
        return None

    # Resources that set the policy of another

    def _unset(self, instance: Instance, kind: _Kind) -> None:
        """Take back the policy that another resource had set before the plan."""
        known = instance.text(kind.by)
        arn = self._known(instance, kind, known) if known else ""
        if arn not in self._sets_none:
            return
        policy: Document | None = None
        if kind.type in (_KEY, _TOPIC) or not self._sets_none[arn]:
            policy = self._left(instance, _title(arn))
        self.resources[arn] = self.resources[arn]._replace(policy=policy)

    def _set_policy(self, instance: Instance, kind: _Kind) -> None:
        for arn in self._whose(instance, kind):
            document = document_of(self.plan, instance, "policy", _title(arn))
            held = self.resources.get(arn)
            parsed = parse_arn(arn)
            if held is None:
                owner = (parsed.account if parsed else "") or self.plan.account(instance)
                held = Resource(arn, None, instance.where, owner)
            self.resources[arn] = held._replace(policy=document)

    def _whose(self, instance: Instance, kind: _Kind) -> Iterator[str]:
        """Yield the ARN of the resource that an argument names."""
        known = instance.text(kind.by)
        if known is not None:
            yield self._known(instance, kind, known)
            return
        target = self.plan.target(instance, kind.by)
        arn = self._arns.get(target.instance.address) if target else None
        if target is not None and arn is not None and target.instance.type == kind.type:
            yield arn
            return
        why = self.plan.why(instance, kind.by)
        pattern = self._pattern(instance, kind)
        document = Document(f"policy of {pattern}", None, instance.where, why)
        self.resources[pattern] = Resource(pattern, document, instance.where)
        for each in self.plan.of_type(kind.type):
            arn = self._arns.get(each.address)
            if arn is not None:
                document = Document(_title(arn), None, instance.where, why)
                self.resources[arn] = self.resources[arn]._replace(policy=document)

    def _pattern(self, instance: Instance, kind: _Kind) -> str:
        """Return the ARN of any resource of a kind in the account of an instance."""
        if kind.type == _BUCKET:
            return self._arn(instance, kind, "*")
        resource = f"{kind.resource.partition('{}')[0]}*"
        return self.plan.any_arn(instance, kind.service, resource)

    def _known(self, instance: Instance, kind: _Kind, given: str) -> str:
        """Return the ARN of what a text names: an ARN, a URL, an ID or a name."""
        if parse_arn(given) is not None:
            return given
        if kind.by == "queue_url":
            return self._queue(instance, given)
        name = given.removeprefix("key/").rpartition("function:")[2]
        return self._named.get((kind.type, name)) or self._arn(instance, kind, name)

    def _queue(self, instance: Instance, url: str) -> str:
        """Return the ARN of a queue: its URL ends with its account and its name."""
        host, _, rest = url.partition("://")[2].partition("/")
        account, _, name = rest.partition("/")
        region = host.split(".")[1] if host.startswith("sqs.") else ""
        if not name:
            where = instance.where.at("queue_url")
            raise refuse("wrong-type", f"`{url}` is no URL of a queue", where)
        made_up = self.plan.made_up(instance, "sqs", name).split(":")
        return ":".join((*made_up[:3], region or made_up[3], account, name))

    # Permissions of functions

    def _permit(self, instance: Instance) -> None:
        statement, why = _permission(self.plan, instance)
        qualifier = instance.text("qualifier")
        for arn in self._whose(instance, _KINDS[-1]):
            resource = f"{arn}:{qualifier}" if qualifier else arn
            whole = {**statement, "Resource": resource}
            self._permissions.setdefault(resource, []).append((instance, whole, why))

    def _give_permissions(self) -> None:
        """Give each function the policy that its permissions make, one statement each."""
        for arn, found in self._permissions.items():
            held = self.resources.get(arn)
            if held is not None and held.policy is not None:  # one of an unknown function
                continue
            first = found[0][0]
            statements = [statement for _, statement, _ in found]
            document = Document(
                _title(arn),
                {"Version": "2012-10-17", "Statement": statements},
                first.where,
                unsure=tuple(
                    Unsure(number, why) for number, (_, _, why) in enumerate(found, 1) if why
                ),
            )
            parsed = parse_arn(arn)
            account = parsed.account if parsed else None
            held = held or Resource(arn, None, first.where, account)
            self.resources[arn] = held._replace(policy=document)

    # What is not known of a resource itself

    def _leave_open(self) -> None:
        """Leave open what is done to resources that are there twice, or have unknown tags."""
        for arn, why in self._open.items():
            held = self.resources[arn]
            document = Document(_title(arn), None, held.where, why)
            self.resources[arn] = held._replace(policy=document)

    # Endpoints

    def _add_endpoint(self, instance: Instance) -> None:
        name = instance.text("id") or label(instance)
        document = document_of(self.plan, instance, "policy", name)
        self.endpoints[name] = document or Document(name, _WHOLE, instance.where)
        self._arns[instance.address] = name
        self._note_unset(instance, name)

    def _unset_endpoint(self, instance: Instance) -> None:
        name = instance.text("vpc_endpoint_id") or ""
        if name in self._sets_none:
            whole = Document(name, _WHOLE, instance.where)
            is_whole = self._sets_none[name]
            self.endpoints[name] = whole if is_whole else self._left(instance, name)

    def _set_endpoint(self, instance: Instance) -> None:
        target = self.plan.target(instance, "vpc_endpoint_id")
        name = instance.text("vpc_endpoint_id") or (
            self._arns.get(target.instance.address) if target else None
        )
        if name is None:
            why = self.plan.why(instance, "vpc_endpoint_id")
            for each in [*self.endpoints]:
                self.endpoints[each] = Document(each, None, instance.where, why)
            return
        document = document_of(self.plan, instance, "policy", name)
        self.endpoints[name] = document or Document(name, _WHOLE, instance.where)


_CONDITIONS = tuple(
    (re.sub("(?<=[a-z])(?=[A-Z])", "_", name).lower(), operator, key)
    for name, operator, key in CONDITIONS
)
"""The same as arguments: `SourceArn` is `source_arn`."""


def _permission(plan: Plan, instance: Instance) -> tuple[dict[str, object], str]:
    """Return the statement that a permission makes, and why it is open, empty where it is not."""
    names = ("action", "principal", "qualifier", *(name for name, _, _ in _CONDITIONS))
    whys = [plan.why(instance, name) for name in names if plan.is_open(instance, name)]
    conditions: dict[str, dict[str, object]] = {}
    for name, operator, key in _CONDITIONS:
        given = instance.value.get(name)
        value = given.value if given and isinstance(given.value, bool) else instance.text(name)
        if value is not None:
            conditions.setdefault(operator, {})[key] = value
    sid = instance.text("statement_id")
    statement: dict[str, object] = {
        **({"Sid": sid} if sid else {}),
        "Effect": "Allow",
        "Principal": principal_element(instance.text("principal") or "*", plan.partition(instance)),
        "Action": instance.text("action") or "lambda:*",
        **({"Condition": conditions} if conditions else {}),
    }
    return statement, "; ".join(whys)


def _title(arn: str) -> str:
    """Return what answers call the policy of a resource."""
    service, resource = arn.split(":", 5)[2], resource_part(arn)
    return f"policy of {service} {resource}"
