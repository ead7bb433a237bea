"""Policies of resources that a template holds and that are not read here: unknown, never absent.

Which resource one guards is told only where the table does; else it may be any of the service.
AWS: the pages of the types in the "AWS resource and property types reference"; "Actions, resources,
and condition keys for AWS services" (Service Authorization Reference) for the prefixes of services.
"""

from __future__ import annotations

from policy_eval.sources.model import Document
from policy_eval.sources.template_items import Gathered, Item, any_of
from policy_eval.sources.unknown import Nothing, joined

_HOLD_POLICIES = (
    "AccessPolicies",
    "AccessPolicy",
    "FileSystemPolicy",
    "KeyPolicy",
    "PermissionsPolicyDocument",
    "Policy",
    "PolicyDocument",
    "PolicyText",
    "RepositoryPolicyText",
    "ResourcePolicy",
)
"""Properties with the policy of a resource, by type or beside it."""

_NESTED = "ResourcePolicy"
"""The same inside another property: of the replicas of a table, of an API of AWS SAM."""

_ARE_POLICIES = ("AWS::Events::EventBusPolicy", "AWS::Lambda::LayerVersionPermission")
"""Types whose properties are the statement itself."""

_PREFIXES = {
    "ApiGateway": "execute-api",
    "EFS": "elasticfilesystem",
    "Elasticsearch": "es",
    "EventSchemas": "schemas",
    "OpenSearchServerless": "aoss",
    "OpenSearchService": "es",
    "S3Outposts": "s3-outposts",
    "Serverless": "execute-api",
    "VpcLattice": "vpc-lattice*",
}
"""The prefix of a service in ARNs, where it is not its name in types."""

_RESOURCES = {
    "AWS::KMS::ReplicaKey": "key/mrk-*",
    "AWS::Lambda::LayerVersionPermission": "layer:*",
    "AWS::S3::AccessPoint": "accesspoint/*",
    "AWS::S3::AccessPointPolicy": "accesspoint/*",
    "AWS::S3::MultiRegionAccessPointPolicy": "accesspoint/*",
}
"""The resource part of ARNs, where it is not any."""

_OF_IDENTITIES = ("AWS::CloudFormation::", "AWS::IAM::", "AWS::Organizations::", "AWS::SSO::")


def leave_policy_open(item: Item, into: Gathered) -> None:
    """Take in that a resource of a type that is not read may have a policy."""
    if not item.type.startswith("AWS::") or item.type.startswith(_OF_IDENTITIES):
        return
    held = [name for name in _HOLD_POLICIES if item.value(name) is not Nothing.NO_VALUE]
    if not held and item.type not in _ARE_POLICIES and not _has_nested(item.properties.value):
        return
    service = item.type.split("::")[1]
    prefix = _PREFIXES.get(service, service.lower())
    arn = any_of(item.template, prefix, _RESOURCES.get(item.type, "*"))
    why = f"the policy of {item.logical_id} is not read ({item.type})"
    name = f"policy of {item.logical_id}"
    into.add_policy(arn, Document(name, None, item.where, joined((why, item.doubt))), item.where)


def _has_nested(value: object) -> bool:
    if isinstance(value, dict):
        return _NESTED in value or any(map(_has_nested, value.values()))
    return isinstance(value, list) and any(map(_has_nested, value))
