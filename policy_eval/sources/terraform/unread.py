"""Policies of resources of types that are not read: nobody knows them, but they are there.

The types, and the argument with whose policy it is, as "AWS Provider" (Terraform documentation)
lists them. What a policy is on and a plan does not tell may be any resource of the service.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from policy_eval.policy.arn import parse_arn
from policy_eval.sources.model import Document, Resource
from policy_eval.sources.terraform.instances import Instance
from policy_eval.sources.terraform.plan import Plan


class _Kind(NamedTuple):
    """The service of a type, the resource part of ARNs, and the argument with an ARN or a name.

    `inline` is the argument with the policy where a resource may have none.
    """

    service: str
    resource: str = "{}"
    by: str = ""
    inline: str = ""


_ARN = "resource_arn"
_KINDS = {
    "aws_acmpca_policy": _Kind("acm-pca", by=_ARN),
    "aws_api_gateway_domain_name": _Kind("execute-api", inline="policy"),
    "aws_api_gateway_rest_api": _Kind("execute-api", "{}/*", "id", "policy"),
    "aws_api_gateway_rest_api_policy": _Kind("execute-api", "{}/*", "rest_api_id"),
    "aws_backup_vault_policy": _Kind("backup", "backup-vault:{}", "backup_vault_name"),
    "aws_cloudwatch_event_bus_policy": _Kind("events", "event-bus/{}", "event_bus_name"),
    "aws_cloudwatch_event_permission": _Kind("events", "event-bus/{}", "event_bus_name"),
    "aws_cloudwatch_log_destination_policy": _Kind("logs", "destination:{}", "destination_name"),
    "aws_cloudwatch_log_resource_policy": _Kind("logs"),
    "aws_codeartifact_domain_permissions_policy": _Kind("codeartifact", "domain/{}", "domain"),
    "aws_codeartifact_repository_permissions_policy": _Kind("codeartifact", "repository/{}"),
    "aws_codebuild_resource_policy": _Kind("codebuild", by=_ARN),
    "aws_dynamodb_resource_policy": _Kind("dynamodb", by=_ARN),
    "aws_ecr_registry_policy": _Kind("ecr"),
    "aws_ecr_repository_policy": _Kind("ecr", "repository/{}", "repository"),
    "aws_ecrpublic_repository_policy": _Kind("ecr-public", "repository/{}", "repository_name"),
    "aws_efs_file_system_policy": _Kind("elasticfilesystem", "file-system/{}", "file_system_id"),
    "aws_elasticsearch_domain": _Kind("es", "domain/{}", "domain_name", "access_policies"),
    "aws_elasticsearch_domain_policy": _Kind("es", "domain/{}", "domain_name"),
    "aws_glacier_vault": _Kind("glacier", "vaults/{}", "name", "access_policy"),
    "aws_glacier_vault_lock": _Kind("glacier", "vaults/{}", "vault_name"),
    "aws_glue_resource_policy": _Kind("glue"),
    "aws_kinesis_resource_policy": _Kind("kinesis", by=_ARN),
    "aws_kms_external_key": _Kind("kms", "key/{}", "id"),
    "aws_kms_replica_external_key": _Kind("kms", "key/{}", "key_id"),
    "aws_kms_replica_key": _Kind("kms", "key/{}", "key_id"),
    "aws_lambda_function_url": _Kind("lambda", "function:{}", "function_name"),
    "aws_lambda_layer_version_permission": _Kind("lambda", "layer:{}"),
    "aws_media_store_container_policy": _Kind("mediastore", "container/{}", "container_name"),
    "aws_msk_cluster_policy": _Kind("kafka", by="cluster_arn"),
    "aws_networkfirewall_resource_policy": _Kind("network-firewall", by=_ARN),
    "aws_opensearch_domain": _Kind("es", "domain/{}", "domain_name", "access_policies"),
    "aws_opensearch_domain_policy": _Kind("es", "domain/{}", "domain_name"),
    "aws_organizations_resource_policy": _Kind("organizations"),
    "aws_redshift_resource_policy": _Kind("redshift", by=_ARN),
    "aws_redshiftserverless_resource_policy": _Kind("redshift-serverless", by=_ARN),
    "aws_s3_access_point": _Kind("s3", "accesspoint/{}", "name", "policy"),
    "aws_s3control_access_point_policy": _Kind("s3", "accesspoint/{}"),
    "aws_s3control_bucket_policy": _Kind("s3-outposts"),
    "aws_s3control_multi_region_access_point_policy": _Kind("s3", "accesspoint/{}"),
    "aws_s3control_object_lambda_access_point_policy": _Kind("s3-object-lambda"),
    "aws_s3tables_table_bucket_policy": _Kind("s3tables", by="table_bucket_arn"),
    "aws_s3tables_table_policy": _Kind("s3tables"),
    "aws_sagemaker_model_package_group_policy": _Kind("sagemaker", "model-package*"),
    "aws_schemas_registry_policy": _Kind("schemas"),
    "aws_ses_identity_policy": _Kind("ses", "identity/{}"),
    "aws_sesv2_email_identity_policy": _Kind("ses", "identity/{}"),
    "aws_signer_signing_profile_permission": _Kind("signer"),
    "aws_vpclattice_auth_policy": _Kind("vpc-lattice-svcs"),
    "aws_vpclattice_resource_policy": _Kind("vpc-lattice", by=_ARN),
    "aws_xray_resource_policy": _Kind("xray"),
}
_ARGUMENTS = ("policy", "resource_policy", "policy_document", "access_policy", "access_policies")
"""The arguments that hold a policy in types that are not listed."""

_OF_DATA = "aws_sns_topic_data_protection_policy"


def has_policy(plan: Plan, instance: Instance) -> bool:
    """Return whether an instance of a type that is not read gives a resource a policy."""
    return _kind(plan, instance) is not None


def unread_policies(plan: Plan, instances: Iterable[Instance]) -> Iterator[Resource]:
    """Yield the resources, or patterns of those, that have a policy which nobody knows."""
    for instance in instances:
        kind = _kind(plan, instance)
        for arn in _arns(plan, instance, kind) if kind else ():
            why = f"the policy that {instance.address} gives is not read"
            document = Document(f"policy of {arn}", None, instance.where, why)
            yield Resource(arn, document, instance.where)


def _kind(plan: Plan, instance: Instance) -> _Kind | None:
    known = _KINDS.get(instance.type)
    if known is None:
        is_one = instance.type.endswith("_resource_policy") or _names_principals(instance)
        words = instance.type.split("_")
        return _Kind(words[1]) if is_one and words[1:] and instance.type != _OF_DATA else None
    is_set = instance.value.get(known.inline) or plan.is_open(instance, known.inline)
    return known if not known.inline or is_set else None


def _names_principals(instance: Instance) -> bool:
    """Return whether an argument is a policy that names principals, as those of resources do."""
    found = (instance.value.get(name) for name in _ARGUMENTS)
    return any(each is not None and _has_principal(each.value) for each in found)


def _has_principal(text: object) -> bool:
    try:
        policy = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return False
    given = policy.get("Statement") if isinstance(policy, dict) else None
    statements = given if isinstance(given, list) else [given]
    return any(
        isinstance(each, dict) and bool(each.keys() & {"Principal", "NotPrincipal"})
        for each in statements
    )


def _arns(plan: Plan, instance: Instance, kind: _Kind) -> tuple[str, ...]:
    """Return the ARN that a policy is on with those of what it holds; else a pattern for all."""
    for name in (kind.by, "arn"):
        given = instance.value.get(name)
        text = given.value if given and isinstance(given.value, str) else ""
        arn = parse_arn(text)
        if arn is not None and arn.service == kind.service:
            return text, f"{text}/*", f"{text}:*"
        if text and arn is None and name == kind.by:
            named = plan.any_arn(instance, kind.service, kind.resource.format(text))
            return named, f"{named}/*", f"{named}:*"
    return (plan.any_arn(instance, kind.service, kind.resource.format("*")),)
