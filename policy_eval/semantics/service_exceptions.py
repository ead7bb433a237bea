"""Where services differ from the rule that one Allow in one account is enough: one row each.

A table with sources; `situations` reads it. Rules: R-EXT-01, R-KMS-01, R-KMS-02, R-TRUST-01 …
R-TRUST-03, R-SVC-01, R-ROOT-01, R-RCP-01, R-RCP-03.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from policy_eval.policy.policy_type import PolicyType
from policy_eval.request.place import OF_ALIASES


class Guard(Enum):
    """Whose policies decide on an action of a service that differs."""

    NOBODY = "the action needs no permission, and no policy can deny it"
    RESOURCE_FIRST = "the resource's policy must allow, be it by letting identity-based policies"
    RESOURCE_ALONE = "the call is not signed: only the resource's policy can allow"
    IDENTITY_ALONE = "no resource-based policy guards the action: identity-based policies decide"
    BOTH_WHEN_CHAINED = "as for a guarded resource; a role session's own policies must allow too"


class ServiceException(NamedTuple):
    """One row: actions (folded, `service:*` for all), how they are guarded, and the source.

    `policy_type` is the type of the policies their resources have. `resource` is a text that the
    resource's ARN must hold, empty for any. The first row that fits counts.
    """

    actions: frozenset[str]
    guard: Guard
    rule: str
    source: str
    policy_type: PolicyType = PolicyType.RESOURCE
    resource: str = ""


def _of(service: str, *names: str) -> frozenset[str]:
    return frozenset(f"{service}:{name.lower()}" for name in names)


SERVICE_EXCEPTIONS = (
    ServiceException(
        _of("sts", "GetCallerIdentity", "GetSessionToken"), Guard.NOBODY, "R-EXT-01",
        "GetCallerIdentity, GetSessionToken (AWS STS API Reference)",
    ),
    ServiceException(
        _of("kms", "CreateKey", "ListKeys", "ListAliases", "ListRetirableGrants", "GenerateRandom",
            "CreateCustomKeyStore", "ConnectCustomKeyStore", "DescribeCustomKeyStores",
            "DisconnectCustomKeyStore", "UpdateCustomKeyStore", "DeleteCustomKeyStore"),
        Guard.IDENTITY_ALONE, "R-KMS-02", "AWS KMS permissions", PolicyType.KMS_KEY,
    ),
    ServiceException(
        _of("kms", "CreateAlias", "DeleteAlias", "UpdateAlias"), Guard.IDENTITY_ALONE, "R-KMS-02",
        "Controlling access to aliases", PolicyType.KMS_KEY, OF_ALIASES,
    ),
    ServiceException(
        frozenset({"kms:*"}), Guard.RESOURCE_FIRST, "R-KMS-01", "Default key policy",
        PolicyType.KMS_KEY,
    ),
    ServiceException(
        _of("sts", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"), Guard.RESOURCE_ALONE,
        "R-TRUST-02", "AssumeRoleWithSAML, AssumeRoleWithWebIdentity (AWS STS API Reference)",
        PolicyType.TRUST,
    ),
    ServiceException(
        _of("sts", "SetSourceIdentity"), Guard.BOTH_WHEN_CHAINED, "R-TRUST-03",
        "Monitor and control actions taken with assumed roles", PolicyType.TRUST,
    ),
    ServiceException(
        _of("sts", "AssumeRole", "TagSession"), Guard.RESOURCE_FIRST, "R-TRUST-01",
        "How AWS enforcement code logic evaluates requests to allow or deny access",
        PolicyType.TRUST,
    ),
)  # fmt: skip
"""What differs; further services that want their resource's policy to allow are added here."""

ALWAYS_THERE = {
    PolicyType.KMS_KEY: "a KMS key always has a key policy, it must allow",
    PolicyType.TRUST: "a role always has a trust policy, it must allow",
}
"""Why a resource has a policy, whether anybody gave it or not."""


def exception_for(folded_action: str, resource: str) -> ServiceException | None:
    """Return the row for an action on a resource (an ARN, or empty); None for the usual rule."""
    everything = f"{folded_action.partition(':')[0]}:*"
    for row in SERVICE_EXCEPTIONS:
        if row.resource in resource and (folded_action in row.actions or everything in row.actions):
            return row
    return None


def exceptions_of(folded_action: str) -> tuple[int, ...]:
    """Return the numbers of the rows for an action, on whatever resource."""
    everything = f"{folded_action.partition(':')[0]}:*"
    return tuple(
        number
        for number, row in enumerate(SERVICE_EXCEPTIONS)
        if folded_action in row.actions or everything in row.actions
    )


def resource_policy_type(folded_action: str) -> PolicyType:
    """Return the type of the policy that guards an action's resource."""
    row = exception_for(folded_action, "")
    return row.policy_type if row else PolicyType.RESOURCE


OWNER_CANNOT_LOCK_ITSELF_OUT = _of("s3", "GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy")
"""Actions in which the bucket owner's root user is not bound by Denies of the bucket policy
(R-ROOT-01; "Bucket policies", Amazon S3 User Guide)."""

NOT_UNDER_RCPS = _of("kms", "RetireGrant")
"""Actions that resource control policies do not restrict (R-RCP-01; "Resource control policies
(RCPs)")."""

RCP_SERVICES = frozenset(
    """
    aoss appconfig appstream autoscaling autoscaling-plans budgets clouddirectory cloudfront
    cloudsearch cloudtrail-data codeartifact codebuild codecommit codepipeline cognito-identity
    cognito-idp comprehend comprehendmedical compute-optimizer cost-optimization-hub dax dsql
    dynamodb ecr ecr-public events firehose fis fms gamelift health inspector-scan kendra
    kinesisvideo kms logs memorydb networkmonitor notifications opensearch pca-connector-ad
    personalize polly pricing resource-groups rolesanywhere s3 secretsmanager servicediscovery
    signin sqs sts support swf textract timestream-influxdb transcribe transfer translate wafv2
    workspaces xray
    """.split()  # noqa: SIM905 - a list this long reads better as text
)
"""The service prefixes that resource control policies cover (R-RCP-03, 2026-10-27)."""
