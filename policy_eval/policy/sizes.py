"""How large a policy may be, as AWS counts it: one row a quota.

AWS: "IAM and AWS STS quotas", "Quotas and service limits for AWS Organizations", "Control access
to VPC endpoints using endpoint policies" (A.4). Sizes are warned about, never refused.
"""

from __future__ import annotations

from typing import NamedTuple

from policy_eval.policy.policy_type import PolicyType


class Quota(NamedTuple):
    """How many characters of what, and whether whitespace counts too."""

    of: str
    largest: int
    with_blanks: bool = False


class Size(NamedTuple):
    """How many characters of a policy count against a quota."""

    quota: Quota
    counted: int

    @property
    def exceeds(self) -> bool:
        """Whether the policy is too large."""
        return self.counted > self.quota.largest


QUOTAS = {
    PolicyType.IDENTITY: (
        Quota("a customer managed policy", 6144),
        Quota("all inline policies of a user together", 2048),
        Quota("all inline policies of a group together", 5120),
        Quota("all inline policies of a role together", 10240),
    ),
    PolicyType.BOUNDARY: (Quota("a customer managed policy", 6144),),
    PolicyType.SESSION: (Quota("all session policies of a call together", 2048, with_blanks=True),),
    PolicyType.TRUST: (
        Quota("a role trust policy", 2048),
        Quota("a role trust policy, the quota raised", 8192),
    ),
    PolicyType.ENDPOINT: (Quota("a VPC endpoint policy", 20480, with_blanks=True),),
    PolicyType.SCP: (Quota("a service control policy", 10240, with_blanks=True),),
    PolicyType.RCP: (Quota("a resource control policy", 5120, with_blanks=True),),
}
"""The quotas of each type; the first is the one that is warned about. Other resource-based
policies have the quota of their service."""


def sizes_of(stored: str, policy_type: PolicyType) -> tuple[Size, ...]:
    """Return how a policy's text counts against each quota of its type."""
    bare = sum(map(len, stored.split()))
    return tuple(
        Size(quota, len(stored) if quota.with_blanks else bare)
        for quota in QUOTAS.get(policy_type, ())
    )
