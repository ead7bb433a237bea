"""What AWS leaves open: each open point has our reading and another one (section "Open points").

A *reading* is the set of rules that are read the other way; the empty set is our reading.
`lower` and the request context build the chosen reading into tests and values, so engines know
nothing of it. An answer *rests on* a rule when the other reading changes it.
"""

from __future__ import annotations

from enum import Enum
from typing import TypeAlias


class OpenPoint(Enum):
    """A rule that AWS's pages leave open, or contradict themselves about."""

    STAR_CROSSES_COLONS = "R-RES-04"
    RESOURCE_OF_LISTING = "R-RES-09"
    TAGS_EQUAL_BUT_FOR_CASE = "R-COND-04"
    NOT_AN_ARN = "R-COND-19"
    NULL_WITH_SET_OPERATOR = "R-COND-22"
    FOR_ANY_VALUE_IF_EXISTS = "R-COND-27"
    FOR_ALL_VALUES_NOT_LIKE = "R-COND-33"
    MULTIVALUED_UNQUALIFIED = "R-COND-34"
    EMPTY_TEXT_IS_NULL = "R-COND-37"
    EMPTY_POLICY_LIST = "R-COND-40"
    VARIABLE_IN_BOOL = "R-VAR-04"
    WILDCARD_FROM_VARIABLE = "R-VAR-10"
    EMPTY_VARIABLE = "R-VAR-12"
    VIA_SERVICE_ON_DIRECT_CALL = "R-FAS-01"
    NAME_OF_NEW_SECRET = "R-SM-04"
    SYSTEM_TAG_AT_CREATION = "R-AF-05"
    NOT_PRINCIPAL_PARENTS = "R-NPRIN-04"
    SCP_ALLOW_WITH_LIMITS = "R-TYPE-01"
    EVERYONE_AND_SESSIONLESS = "R-EVAL-12"
    EVERYONE_AND_LIMITS = "E.2"


ABOUT = {
    OpenPoint.STAR_CROSSES_COLONS: "whether `*` at the end of an ARN's field takes colons too",
    OpenPoint.RESOURCE_OF_LISTING: "whether this listing is also authorised as an ARN",
    OpenPoint.TAGS_EQUAL_BUT_FOR_CASE: "which of two tags counts whose keys differ only by case",
    OpenPoint.NOT_AN_ARN: "what an Arn operator makes of a value that is no ARN",
    OpenPoint.NULL_WITH_SET_OPERATOR: "what Null means under a set operator",
    OpenPoint.FOR_ANY_VALUE_IF_EXISTS: "what ForAnyValue with IfExists makes of a missing key",
    OpenPoint.FOR_ALL_VALUES_NOT_LIKE: "what ForAllValues means with a negated operator",
    OpenPoint.MULTIVALUED_UNQUALIFIED: "what an operator without a set operator makes of a "
    "multivalued key",
    OpenPoint.EMPTY_TEXT_IS_NULL: "whether an empty text is a null value",
    OpenPoint.EMPTY_POLICY_LIST: "what an empty list of policy values means",
    OpenPoint.VARIABLE_IN_BOOL: "whether Bool takes policy variables",
    OpenPoint.WILDCARD_FROM_VARIABLE: "whether a wildcard in a variable's value acts as one",
    OpenPoint.EMPTY_VARIABLE: "whether a variable with an empty value has a value",
    OpenPoint.VIA_SERVICE_ON_DIRECT_CALL: "whether aws:ViaAWSService is there on a direct call",
    OpenPoint.NAME_OF_NEW_SECRET: "by which ARN a secret that does not exist yet is authorised",
    OpenPoint.SYSTEM_TAG_AT_CREATION: "whether the managing service's own tag on a new secret "
    "needs secretsmanager:TagResource",
    OpenPoint.NOT_PRINCIPAL_PARENTS: "whether NotPrincipal must list a caller and all its parents",
    OpenPoint.SCP_ALLOW_WITH_LIMITS: "whether an SCP's Allow counts that names resources or has "
    "conditions",
    OpenPoint.EVERYONE_AND_SESSIONLESS: "whether a grant to everyone reaches a federated user "
    "without a session policy",
    OpenPoint.EVERYONE_AND_LIMITS: "whether a grant to everyone holds where a permissions boundary "
    "or session policy does not allow",
}
"""What each open point is about, in words."""

Reading: TypeAlias = frozenset[OpenPoint]
"""The open points that are read the other way."""

OUR_READING: Reading = frozenset()
