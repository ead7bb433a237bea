"""The layers of a decision: the kinds of policy that have a say, in the order of an explanation.

AWS: "How AWS enforcement code logic evaluates requests to allow or deny access". Rules: R-EVAL-03,
R-SCP-02, A.4.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from policy_eval.errors import Diagnostic, PolicyError, Severity
from policy_eval.policy.policy_type import PolicyType
from policy_eval.request.principal import MOST_UNITS


class Layer(Enum):
    """A layer, in the order of R-EVAL-03; the value is its word in files and output."""

    __hash__ = object.__hash__  # there is one of each, and Enum's own is slow

    ENDPOINT = "endpoint"
    RCP = "rcp"
    SCP = "scp"
    RESOURCE = "resource"
    IDENTITY = "identity"
    BOUNDARY = "boundary"
    SESSION = "session"


NAMES = {
    Layer.ENDPOINT: "VPC endpoint policy",
    Layer.RCP: "resource control policy",
    Layer.SCP: "service control policy",
    Layer.RESOURCE: "resource-based policy",
    Layer.IDENTITY: "identity-based policy",
    Layer.BOUNDARY: "permissions boundary",
    Layer.SESSION: "session policy",
}
"""What each layer is made of, in words."""

TYPES = {
    Layer.ENDPOINT: PolicyType.ENDPOINT,
    Layer.RCP: PolicyType.RCP,
    Layer.SCP: PolicyType.SCP,
    Layer.RESOURCE: PolicyType.RESOURCE,
    Layer.IDENTITY: PolicyType.IDENTITY,
    Layer.BOUNDARY: PolicyType.BOUNDARY,
    Layer.SESSION: PolicyType.SESSION,
}
"""The type of a layer's policies. A resource's policy may be another: `resource_policy_type`."""

IN_LEVELS = (Layer.SCP, Layer.RCP)
"""Layers that have a level for the root, each organizational unit, and the account (R-SCP-02)."""

MOST_LEVELS = MOST_UNITS + 2
"""Levels of an organization: the root, the units on the path, the account (A.4)."""


class EndpointType(Enum):
    """The kinds of VPC endpoint whose policies differ (R-VPCE-G2)."""

    GATEWAY = "gateway"
    INTERFACE = "interface"


GATEWAY_SERVICES = frozenset({"s3", "dynamodb"})
"""Services that have gateway endpoints; all others have interface endpoints only (R-VPCE-G2)."""


class ResourcePolicy(NamedTuple):
    """A resource's own policy, as far as it is to be found: of which resource, of which type.

    `arn` is empty for the one policy of the resource that is asked about.
    """

    arn: str
    type: PolicyType


class Attached(NamedTuple):
    """Which layers there are for a call, whatever their policies say.

    `given` have policies (or levels), `unknown` may have some that nobody knows; the others do not
    exist (R-EVAL-05). `levels` counts those of SCPs and RCPs.
    """

    given: frozenset[Layer] = frozenset()
    unknown: frozenset[Layer] = frozenset()
    resource_policies: tuple[ResourcePolicy, ...] = ()
    scp_levels: int = 0
    rcp_levels: int = 0
    endpoint_type: EndpointType | None = None

    def exists(self, layer: Layer) -> bool | None:
        """Return whether a layer has policies; None where nobody knows."""
        return None if layer in self.unknown else layer in self.given


NOTHING_ATTACHED = Attached()


def check_levels(layer: Layer, levels: int) -> None:
    """Refuse more levels than an organization has (A.4). Raises PolicyError."""
    if levels <= MOST_LEVELS:
        return
    raise PolicyError(
        Diagnostic(
            "too-many-levels",
            Severity.ERROR,
            f"{levels} levels of {NAMES[layer].replace('policy', 'policies')} are given",
            "give one level for the root, one for each organizational unit, one for the account",
            rules=("R-SCP-02",),
            expected=f"at most {MOST_LEVELS}: the root, {MOST_UNITS} organizational units, the "
            "account",
        )
    )
