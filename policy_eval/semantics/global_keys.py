"""AWS's global condition keys: type, multiplicity, and when a request carries them.

AWS: "AWS global condition context keys", "Forward access sessions". Rules: R-KEY-01 … R-KEY-07.
A table of data; `keys` reads it.
"""

from enum import Enum
from typing import NamedTuple


class Carried(Enum):
    """When a request carries a key, and what its value follows from."""

    ALWAYS = "every request carries it"
    OF_PRINCIPAL = "follows from who calls"
    SOMETIMES = "only some requests carry it"


class GlobalKey(NamedTuple):
    """One row. A name that ends in `/` is a family (`aws:PrincipalTag/…`)."""

    name: str
    type: str
    carried: Carried
    multivalued: bool = False


_A, _P, _S = Carried.ALWAYS, Carried.OF_PRINCIPAL, Carried.SOMETIMES

GLOBAL_KEYS = (
    GlobalKey("aws:PrincipalArn", "ARN", _P),
    GlobalKey("aws:PrincipalAccount", "String", _P),
    GlobalKey("aws:PrincipalOrgID", "String", _P),
    GlobalKey("aws:PrincipalOrgPaths", "String", _P, multivalued=True),
    GlobalKey("aws:PrincipalTag/", "String", _P),
    GlobalKey("aws:PrincipalIsAWSService", "Bool", _P),
    GlobalKey("aws:PrincipalServiceName", "String", _P),
    GlobalKey("aws:PrincipalServiceNamesList", "String", _P, multivalued=True),
    GlobalKey("aws:PrincipalType", "String", _P),
    GlobalKey("aws:userid", "String", _P),
    GlobalKey("aws:username", "String", _P),
    GlobalKey("aws:AssumedRoot", "Bool", _P),
    GlobalKey("aws:FederatedProvider", "String", _P),
    GlobalKey("aws:TokenIssueTime", "Date", _P),
    GlobalKey("aws:SignInSessionArn", "ARN", _P),
    GlobalKey("aws:MultiFactorAuthPresent", "Bool", _P),
    GlobalKey("aws:MultiFactorAuthAge", "Numeric", _P),
    GlobalKey("aws:ChatbotSourceArn", "ARN", _P),
    GlobalKey("aws:Ec2InstanceSourceVpc", "String", _P),
    GlobalKey("aws:Ec2InstanceSourcePrivateIPv4", "IPAddress", _P),
    GlobalKey("aws:SourceIdentity", "String", _P),
    GlobalKey("aws:ViaCustomerDomain", "String", _P),
    GlobalKey("aws:SourceIp", "IPAddress", _S),
    GlobalKey("aws:VpcSourceIp", "IPAddress", _S),
    GlobalKey("aws:SourceVpc", "String", _S),
    GlobalKey("aws:SourceVpce", "String", _S),
    GlobalKey("aws:SourceVpcArn", "ARN", _S),
    GlobalKey("aws:VpceAccount", "String", _S),
    GlobalKey("aws:VpceOrgID", "String", _S),
    GlobalKey("aws:VpceOrgPaths", "String", _S, multivalued=True),
    GlobalKey("aws:ResourceAccount", "String", _A),
    GlobalKey("aws:ResourceOrgID", "String", _S),
    GlobalKey("aws:ResourceOrgPaths", "String", _S, multivalued=True),
    GlobalKey("aws:ResourceTag/", "String", _S),
    GlobalKey("aws:RequestTag/", "String", _S),
    GlobalKey("aws:TagKeys", "String", _S, multivalued=True),
    GlobalKey("aws:CalledVia", "String", _S, multivalued=True),
    GlobalKey("aws:CalledViaFirst", "String", _S),
    GlobalKey("aws:CalledViaLast", "String", _S),
    GlobalKey("aws:ViaAWSService", "Bool", _A),
    GlobalKey("aws:CalledViaAWSMCP", "String", _S),
    GlobalKey("aws:ViaAWSMCPService", "Bool", _S),
    GlobalKey("aws:IsMcpServiceAction", "Bool", _S),
    GlobalKey("aws:CurrentTime", "Date", _A),
    GlobalKey("aws:EpochTime", "Date", _A),
    GlobalKey("aws:SecureTransport", "Bool", _A),
    GlobalKey("aws:RequestedRegion", "String", _A),
    GlobalKey("aws:UserAgent", "String", _A),
    GlobalKey("aws:referer", "String", _S),
    GlobalKey("aws:SourceArn", "ARN", _S),
    GlobalKey("aws:SourceAccount", "String", _S),
    GlobalKey("aws:SourceOrgID", "String", _S),
    GlobalKey("aws:SourceOrgPaths", "String", _S, multivalued=True),
    GlobalKey("ec2:RoleDelivery", "Numeric", _P),
    GlobalKey("ec2:SourceInstanceArn", "ARN", _P),
    GlobalKey("ssm:SourceInstanceArn", "ARN", _P),
    GlobalKey("lambda:SourceFunctionArn", "ARN", _P),
    GlobalKey("codebuild:BuildArn", "ARN", _P),
    GlobalKey("codebuild:ProjectArn", "ARN", _P),
    GlobalKey("glue:RoleAssumedBy", "String", _P),
    GlobalKey("glue:CredentialIssuingService", "String", _P),
    GlobalKey("identitystore:UserId", "String", _P),
)
