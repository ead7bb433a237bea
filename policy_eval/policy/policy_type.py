"""The types of policy, and which elements each may have: one row a type.

AWS: "IAM JSON policy elements reference", "SCP syntax", "RCP syntax", "Control access to VPC
endpoints using endpoint policies" (A.3, R-TYPE-01 … R-TYPE-05). A table of data; `build` reads it.
"""

from enum import Enum
from typing import NamedTuple


class PolicyType(Enum):
    """What a policy is attached to; the value is its word on the command line."""

    IDENTITY = "identity"
    BOUNDARY = "boundary"
    SESSION = "session"
    RESOURCE = "resource"
    TRUST = "trust"
    KMS_KEY = "kms-key"
    ENDPOINT = "endpoint"
    SCP = "scp"
    RCP = "rcp"


class TypeRules(NamedTuple):
    """One row of the table.

    `name` is the type's name in sentences, with its article. `required` and `forbidden` are
    elements (an element's Not form stands in for a required one). `kept_by_iam`: IAM stores it,
    so IAM's characters hold; `strict_parser`: AWS was seen to refuse it for its layout alone;
    `plain_sids` and `unique_sids`: IAM's rules for a Sid hold.
    """

    name: str
    required: frozenset[str]
    forbidden: frozenset[str]
    kept_by_iam: bool = False
    strict_parser: bool = False
    plain_sids: bool = False
    unique_sids: bool = False

    @property
    def names_principals(self) -> bool:
        """Whether its statements say whom they are about."""
        return "Principal" in self.required


_RESOURCE = frozenset({"Resource"})
_NOBODY_NAMED = frozenset({"Principal", "NotPrincipal"})
_BOTH = frozenset({"Principal", "Resource"})

RULES = {
    PolicyType.IDENTITY: TypeRules(
        "an identity-based policy", _RESOURCE, _NOBODY_NAMED | {"Id"},
        kept_by_iam=True, strict_parser=True, plain_sids=True, unique_sids=True,
    ),
    PolicyType.BOUNDARY: TypeRules(
        "a permissions boundary", _RESOURCE, _NOBODY_NAMED | {"Id"},
        kept_by_iam=True, strict_parser=True, plain_sids=True, unique_sids=True,
    ),
    PolicyType.SESSION: TypeRules(
        "a session policy", _RESOURCE, _NOBODY_NAMED | {"Id"},
        kept_by_iam=True, strict_parser=True, plain_sids=True, unique_sids=True,
    ),
    PolicyType.RESOURCE: TypeRules(
        "a resource-based policy", frozenset({"Principal"}), frozenset(), strict_parser=True
    ),
    PolicyType.TRUST: TypeRules(
        "a role trust policy", frozenset({"Principal"}),
        frozenset({"NotPrincipal", "Resource", "NotResource"}),
        kept_by_iam=True, strict_parser=True, plain_sids=True,
    ),
    PolicyType.KMS_KEY: TypeRules("a KMS key policy", _BOTH, frozenset()),
    PolicyType.ENDPOINT: TypeRules("a VPC endpoint policy", _BOTH, frozenset()),
    PolicyType.SCP: TypeRules(
        "a service control policy", _RESOURCE, _NOBODY_NAMED, plain_sids=True
    ),
    PolicyType.RCP: TypeRules(
        "a resource control policy", _BOTH, frozenset({"NotPrincipal", "NotAction"}),
        plain_sids=True,
    ),
}  # fmt: skip
"""What holds for each type. Where AWS is silent (an Id in an SCP or RCP), nothing is refused."""


class Strictness(NamedTuple):
    """What is read beyond what AWS stores.

    `lenient`: comments and trailing commas are read over. `accept_invalid`: what AWS refuses to
    store is read by each rule's lenient reading. Both with a warning per use.
    """

    lenient: bool = False
    accept_invalid: bool = False


STRICT = Strictness()
