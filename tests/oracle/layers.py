"""Naive combination of the policy layers, written from iam-semantics.md alone (E, B.3, B.4).

The oracle of one statement is oracle.py; this file adds who the caller is, whose resource it is,
and which layer may grant, limit or deny.  It shares no code and no idea with the engine.

A policy that always exists but was not given is tried three ways: allowing everything, silent,
and denying everything.  If the answers differ, the call is undetermined.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.oracle.oracle import (
    OracleRequest,
    action_matches,
    as_list,
    as_object,
    as_texts,
    condition_test_holds,
    condition_tests,
    fold,
    resource_matches,
    split_pieces,
    statement_is_unreadable,
)

# --------------------------------------------------------------------------------------------
# The call
# --------------------------------------------------------------------------------------------

Document = Mapping[str, object]
Levels = tuple[tuple[Document, ...], ...]

USER, ROLE, FEDERATED, ROOT = "user", "role", "federated", "root"
SERVICE, ANONYMOUS, PROVIDER = "service", "anonymous", "provider"
MEMBERS_OF_AN_ACCOUNT = (USER, ROLE, FEDERATED, ROOT)


@dataclass(frozen=True)
class OracleCaller:
    """Who calls; ``name`` is an ARN but for services, anonymous callers and some providers."""

    kind: str
    name: str
    account: str | None
    session: str | None = None
    user: str | None = None
    unique_id: str | None = None
    service_linked: bool = False
    in_management_account: bool = False
    assume_root: bool = False


@dataclass(frozen=True)
class OracleCall:
    """A request, its caller, the resource's owner, and every policy that was given."""

    caller: OracleCaller
    request: OracleRequest
    owner: str | None
    owner_is_management: bool = False
    identity: tuple[Document, ...] = ()
    boundary: Document | None = None
    session: tuple[Document, ...] = ()
    resource: Document | None = None
    scps: Levels = ()
    rcps: Levels = ()
    endpoint: Document | None = None
    gateway: bool = False
    has_resource_types: bool = True


ALLOWED, IMPLICIT, EXPLICIT = "allowed", "implicitDeny", "explicitDeny"
UNDETERMINED, ERROR = "undetermined", "error"


# --------------------------------------------------------------------------------------------
# What kind of call it is
# --------------------------------------------------------------------------------------------


def action_is_one_of(call: OracleCall, names: Iterable[str]) -> bool:
    """Compare the request's action, ignoring case (R-ACT-01)."""
    return fold(call.request.action) in {fold(name) for name in names}


def is_cross_account(call: OracleCall) -> bool:
    """The caller's account is not the owner's; not for callers without one (R-XACC-01, -05)."""
    if call.caller.kind not in MEMBERS_OF_AN_ACCOUNT or call.owner is None:
        return False
    return call.owner != call.caller.account


def needs_no_permission(call: OracleCall) -> bool:
    """Two calls that no policy can deny to anyone who signs (R-EXT-01)."""
    return call.caller.kind != ANONYMOUS and action_is_one_of(
        call, ("sts:GetCallerIdentity", "sts:GetSessionToken")
    )


IAM_ONLY_KMS_ACTIONS = (
    "kms:CreateKey",
    "kms:ListKeys",
    "kms:ListAliases",
    "kms:ListRetirableGrants",
    "kms:GenerateRandom",
    "kms:CreateCustomKeyStore",
    "kms:ConnectCustomKeyStore",
    "kms:DescribeCustomKeyStores",
    "kms:DisconnectCustomKeyStore",
    "kms:UpdateCustomKeyStore",
    "kms:DeleteCustomKeyStore",
)
ALIAS_ACTIONS = ("kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias")


def is_kms_call_without_key_policy(call: OracleCall) -> bool:
    """No key is touched, or it is the alias's half of an alias call (R-KMS-02)."""
    if action_is_one_of(call, IAM_ONLY_KMS_ACTIONS):
        return True
    return action_is_one_of(call, ALIAS_ACTIONS) and ":alias/" in call.request.resource


def is_kms_key_call(call: OracleCall) -> bool:
    """A KMS action that the key's policy must let through (R-KMS-01, R-KMS-02)."""
    is_kms = fold(call.request.action).startswith("kms:")
    return is_kms and not is_kms_call_without_key_policy(call)


def is_trust_call(call: OracleCall) -> bool:
    """A call that the role's trust policy must let through (R-TRUST-01, R-TRUST-03)."""
    if fold(call.request.action).startswith("sts:assumerole"):
        return True
    is_extra = action_is_one_of(call, ("sts:TagSession", "sts:SetSourceIdentity"))
    return is_extra and ":role/" in call.request.resource


def is_chaining_with_source_identity(call: OracleCall) -> bool:
    """A role session that sets a source identity on the next role (R-TRUST-03)."""
    sets_it = action_is_one_of(call, ["sts:SetSourceIdentity"]) and is_trust_call(call)
    return sets_it and call.caller.kind == ROLE


def is_refused_to_root(call: OracleCall) -> bool:
    """Root callers cannot assume roles, whatever the policies say (R-XACC-04)."""
    return call.caller.kind == ROOT and action_is_one_of(call, ("sts:AssumeRole", "sts:AssumeRoot"))


def crosses_partitions(call: OracleCall) -> bool:
    """A foreign resource in another partition is out of reach (R-XACC-04)."""
    resource = call.request.resource
    if not is_cross_account(call) or not resource.startswith("arn:"):
        return False
    return resource.split(":")[1] != partition_of(call.caller)


def is_owner_of_bucket_policy(call: OracleCall) -> bool:
    """The bucket owner's root may repair a bucket policy that denies it (R-ROOT-01)."""
    return (
        call.caller.kind == ROOT
        and not is_cross_account(call)
        and action_is_one_of(
            call, ("s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy")
        )
    )


# --------------------------------------------------------------------------------------------
# Principals (B.3)
# --------------------------------------------------------------------------------------------

ACCOUNT = "ACCOUNT"
ROLE_OF_SESSION = "ROLE_OF_SESSION"
USER_OF_SESSION = "USER_OF_SESSION"
DIRECT = "DIRECT"
WILDCARD = "WILDCARD"

OF_SESSION = frozenset({ROLE_OF_SESSION, USER_OF_SESSION})
ON_ITS_OWN = frozenset({DIRECT, WILDCARD})


def partition_of(caller: OracleCaller) -> str:
    """The partition of a caller whose name is an ARN (R-XACC-04)."""
    return caller.name.split(":")[1]


def account_spellings(caller: OracleCaller) -> set[str]:
    """How a principal element may write the caller's account (R-PRIN-04)."""
    if caller.kind not in MEMBERS_OF_AN_ACCOUNT or caller.account is None:
        return set()
    return {caller.account, f"arn:{partition_of(caller)}:iam::{caller.account}:root"}


def class_of_aws_value(value: str, caller: OracleCaller, *, gateway: bool) -> str | None:
    """One value of ``{"AWS": ...}``; never a glob (R-PRIN-02 to -05, -07, -11; R-EXT-04).

    In the policy of a gateway endpoint an account means its root user only (R-VPCE-G2).
    """
    if value == "*":
        return WILDCARD
    if caller.kind not in MEMBERS_OF_AN_ACCOUNT:
        return None
    if value in account_spellings(caller):
        if caller.kind == ROOT:
            # the account is what stands behind a session of AssumeRoot, as a role does (R-ROOT-02)
            return ROLE_OF_SESSION if caller.assume_root else DIRECT
        return None if gateway else ACCOUNT
    if caller.kind == USER and value in (caller.name, caller.unique_id):
        return DIRECT
    if caller.kind == ROLE and value in (caller.name, caller.unique_id):
        return ROLE_OF_SESSION
    if caller.kind == ROLE and value == caller.session:
        return DIRECT
    if caller.kind == FEDERATED and value == caller.name:
        return DIRECT
    if caller.kind == FEDERATED and value in (caller.user, caller.unique_id):
        return USER_OF_SESSION
    return None


def principal_classes(principal: object, caller: OracleCaller, *, gateway: bool) -> set[str]:
    """Every way in which a Principal element names the caller (R-PRIN-01, -04, -09, -10).

    A canonical user is an S3 matter that no caller here can be compared with.
    """
    if principal == "*":
        return {WILDCARD}
    if not isinstance(principal, Mapping):
        return set()
    classes: set[str] = set()
    for value in as_texts(principal.get("AWS", [])):
        found = class_of_aws_value(value, caller, gateway=gateway)
        if found is not None:
            classes.add(found)
    if caller.kind == SERVICE and caller.name in as_texts(principal.get("Service", [])):
        classes.add(DIRECT)
    if caller.kind == PROVIDER and caller.name in as_texts(principal.get("Federated", [])):
        classes.add(DIRECT)
    return classes


# --------------------------------------------------------------------------------------------
# NotPrincipal (B.4)
# --------------------------------------------------------------------------------------------


def listed_names(principal: object) -> dict[str, list[str]]:
    """The values of a NotPrincipal element by kind; a bare ``*`` is an AWS value (R-PRIN-02)."""
    if principal == "*":
        return {"AWS": ["*"]}
    if not isinstance(principal, Mapping):
        return {}
    return {str(kind): as_texts(values) for kind, values in principal.items()}


def caller_and_parents(caller: OracleCaller) -> list[set[str | None]]:
    """The spellings of the caller itself, then those of each of its parents (R-NPRIN-04)."""
    account: set[str | None] = set(account_spellings(caller))
    if caller.kind == USER:
        return [{caller.name, caller.unique_id}, account]
    if caller.kind == ROLE:
        return [{caller.session}, {caller.name, caller.unique_id}, account]
    if caller.kind == FEDERATED:
        return [{caller.name}, {caller.user, caller.unique_id}, account]
    if caller.kind == ROOT:
        return [account]
    if caller.kind in (SERVICE, PROVIDER):
        return [{caller.name}]
    return [set()]


def is_exempt_from_deny(principal: object, call: OracleCall) -> bool:
    """Whether Deny + NotPrincipal leaves the caller alone (R-NPRIN-01, -02, -04)."""
    if call.boundary is not None and has_boundary_layer(call):
        return False
    names = listed_names(principal)
    if "*" in names.get("AWS", []):
        return True
    kind_of_list = {SERVICE: "Service", PROVIDER: "Federated"}.get(call.caller.kind, "AWS")
    listed = set(names.get(kind_of_list, []))
    return all(spellings & listed for spellings in caller_and_parents(call.caller))


def statement_classes(
    statement: Mapping[str, object], call: OracleCall, *, gateway: bool
) -> set[str]:
    """The classes in which a statement concerns the caller; none: not at all (B.3, B.4).

    Without either element it concerns nobody (R-EXT-02).  Allow + NotPrincipal is taken
    literally: it grants to everyone whom the element does not match (R-TYPE-05, R-EXT-04).
    """
    if "Principal" in statement:
        return principal_classes(statement["Principal"], call.caller, gateway=gateway)
    if "NotPrincipal" not in statement:
        return set()
    element = statement["NotPrincipal"]
    if statement["Effect"] == "Deny":
        return set() if is_exempt_from_deny(element, call) else {WILDCARD}
    return set() if principal_classes(element, call.caller, gateway=gateway) else {WILDCARD}


# --------------------------------------------------------------------------------------------
# One statement
# --------------------------------------------------------------------------------------------


def statements_of(documents: Iterable[Document]) -> Iterator[tuple[dict[str, object], bool]]:
    """Each statement, and whether its document substitutes variables (R-GRAM-01, R-GRAM-05)."""
    for document in documents:
        for statement in as_list(document["Statement"]):
            yield as_object(statement), document.get("Version") == "2012-10-17"


def is_completed_anywhere(pattern: str, *, version_2012: bool) -> bool:
    """Whether a pattern counts outside identity-based policies (R-RES-05, R-RES-08).

    There a short one is completed only if it ends in ``*``; otherwise it matches nothing.
    """
    colons = sum(piece == ":" for piece in split_pieces(pattern, version_2012))
    return colons >= 5 or pattern.endswith("*")


def without_short_patterns(
    statement: Mapping[str, object], *, version_2012: bool
) -> dict[str, object]:
    """Leave out the resource patterns that match nothing in this type of policy (R-RES-05)."""
    kept = dict(statement)
    for element in ("Resource", "NotResource"):
        if element in kept:
            kept[element] = [
                pattern
                for pattern in as_texts(kept[element])
                if is_completed_anywhere(pattern, version_2012=version_2012)
            ]
    return kept


def statement_holds(
    statement: Mapping[str, object], call: OracleCall, *, version_2012: bool, completes: bool
) -> bool:
    """Action, resource and conditions, whoever the caller is (R-COND-02, R-RES-05, R-GRAM-03).

    A statement without a resource element means the resource that the policy is attached to.
    """
    if not completes:
        statement = without_short_patterns(statement, version_2012=version_2012)
    if not action_matches(statement, call.request):
        return False
    has_resource = "Resource" in statement or "NotResource" in statement
    if has_resource and not resource_matches(statement, version_2012, call.request):
        return False
    effect = str(statement["Effect"])
    return all(
        condition_test_holds(operator, key, values, effect, version_2012, call.request)
        for operator, key, values in condition_tests(statement)
    )


# --------------------------------------------------------------------------------------------
# One layer
# --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Verdict:
    """What a layer says: whether some Allow applies, and whether some Deny does (R-EVAL-02)."""

    allows: bool
    denies: bool


@dataclass(frozen=True)
class Side:
    """What a policy with principals says; ``classes`` are those of its Allows (R-PRIN-13)."""

    classes: frozenset[str]
    denies: bool


NO_LIMIT = Verdict(allows=True, denies=False)
SILENT = Verdict(allows=False, denies=False)
DENYING = Verdict(allows=False, denies=True)

GRANTING_SIDE = Side(frozenset({DIRECT}), denies=False)
SILENT_SIDE = Side(frozenset(), denies=False)
DENYING_SIDE = Side(frozenset(), denies=True)


def plain_verdict(documents: Sequence[Document], call: OracleCall, *, completes: bool) -> Verdict:
    """The result of policies without principals (R-EVAL-02, R-EVAL-13, A.3)."""
    effects = {
        str(statement["Effect"])
        for statement, version_2012 in statements_of(documents)
        if statement_holds(statement, call, version_2012=version_2012, completes=completes)
    }
    return Verdict(allows="Allow" in effects, denies="Deny" in effects)


def side_of(documents: Sequence[Document], call: OracleCall, *, gateway: bool = False) -> Side:
    """The result of policies with principals; any class will do for a Deny (R-PRIN-13)."""
    classes: set[str] = set()
    denies = False
    for statement, version_2012 in statements_of(documents):
        found = statement_classes(statement, call, gateway=gateway)
        if not found or not statement_holds(
            statement, call, version_2012=version_2012, completes=False
        ):
            continue
        if statement["Effect"] == "Deny":
            denies = True
        else:
            classes |= found
    return Side(frozenset(classes), denies)


def has_identity_layer(call: OracleCall) -> bool:
    """Identity-based policies: users, roles, and the user of a federated session (R-ROOT-01)."""
    return call.caller.kind in (USER, ROLE, FEDERATED)


def has_boundary_layer(call: OracleCall) -> bool:
    """Boundaries apply to users and roles, and to federated sessions of users (R-EVAL-15)."""
    return call.caller.kind in (USER, ROLE, FEDERATED)


def has_session_layer(call: OracleCall) -> bool:
    """Session policies: role, federated and AssumeRoot sessions (R-EVAL-14, R-ROOT-02)."""
    return call.caller.kind in (ROLE, FEDERATED) or is_assumed_root(call.caller)


def is_assumed_root(caller: OracleCaller) -> bool:
    """An AssumeRoot session, limited to its task policy (R-ROOT-02)."""
    return caller.kind == ROOT and caller.assume_root


def has_scp_layer(call: OracleCall) -> bool:
    """SCPs bind the principals of member accounts (R-SCP-01, R-SLR-01, R-ANON-01)."""
    caller = call.caller
    return (
        bool(call.scps)
        and caller.kind in MEMBERS_OF_AN_ACCOUNT
        and not caller.in_management_account
        and not caller.service_linked
    )


RCP_SERVICES = """
aoss appconfig appstream autoscaling autoscaling-plans budgets clouddirectory cloudfront
cloudsearch cloudtrail-data codeartifact codebuild codecommit codepipeline cognito-identity
cognito-idp comprehend comprehendmedical compute-optimizer cost-optimization-hub dax dsql
dynamodb ecr ecr-public events firehose fis fms gamelift health inspector-scan kendra
kinesisvideo kms logs memorydb networkmonitor notifications opensearch pca-connector-ad
personalize polly pricing resource-groups rolesanywhere s3 secretsmanager servicediscovery
signin sqs sts support swf textract timestream-influxdb transcribe transfer translate wafv2
workspaces xray
"""


def is_in_management_account(call: OracleCall) -> bool:
    """Whether the resource is the management account's (R-RCP-01)."""
    is_own = call.owner is None or call.owner == call.caller.account
    return call.owner_is_management or (is_own and call.caller.in_management_account)


def is_service_assuming_its_role(call: OracleCall) -> bool:
    """A service takes on the role that is linked to it (R-RCP-01)."""
    return (
        call.caller.kind == SERVICE
        and is_trust_call(call)
        and f":role/aws-service-role/{call.caller.name}/" in call.request.resource
    )


def has_rcp_layer(call: OracleCall) -> bool:
    """RCPs guard the resources of member accounts, with exemptions (R-RCP-01, R-RCP-03)."""
    service = fold(call.request.action).split(":")[0]
    is_aws_managed_key = service == "kms" and ":alias/aws/" in call.request.resource
    return (
        service in RCP_SERVICES.split()
        and call.has_resource_types
        and not is_in_management_account(call)
        and not call.caller.service_linked
        and not is_service_assuming_its_role(call)
        and not is_aws_managed_key
        and not action_is_one_of(call, ["kms:RetireGrant"])
    )


def identity_verdict(call: OracleCall) -> Verdict:
    """Root needs no identity-based policy; nobody else without one has any (R-ROOT-01)."""
    if call.caller.kind == ROOT:
        return NO_LIMIT
    if not has_identity_layer(call):
        return SILENT
    return plain_verdict(call.identity, call, completes=True)


def boundary_verdict(call: OracleCall) -> Verdict:
    """No boundary is no limit; an empty one is (R-EVAL-05)."""
    if call.boundary is None or not has_boundary_layer(call):
        return NO_LIMIT
    return plain_verdict([call.boundary], call, completes=True)


def session_verdicts(call: OracleCall) -> list[Verdict]:
    """The session layer, or every reading of a task policy that is not given.

    R-EVAL-12: no session policy leaves a role session unlimited and a federated one without
    anything.  R-ROOT-02: an AssumeRoot session always has a task policy.
    """
    if not has_session_layer(call):
        return [NO_LIMIT]
    if call.session:
        return [plain_verdict(call.session, call, completes=True)]
    if is_assumed_root(call.caller):
        return [NO_LIMIT, SILENT, DENYING]
    return [SILENT if call.caller.kind == FEDERATED else NO_LIMIT]


def scp_verdict(call: OracleCall) -> Verdict:
    """Each level must allow; a Deny at any level denies (R-SCP-02, R-SCP-03, R-TYPE-01)."""
    if not has_scp_layer(call):
        return NO_LIMIT
    levels = [plain_verdict(level, call, completes=False) for level in call.scps]
    return Verdict(
        allows=all(level.allows for level in levels),
        denies=any(level.denies for level in levels),
    )


def rcp_denies(call: OracleCall) -> bool:
    """Only their Denies matter: RCPFullAWSAccess is always there (R-RCP-02)."""
    if not has_rcp_layer(call):
        return False
    return any(side_of(level, call).denies for level in call.rcps)


def endpoint_verdict(call: OracleCall) -> Verdict:
    """Every caller that comes through the endpoint needs its policy's Allow (R-VPCE-01)."""
    if call.endpoint is None:
        return NO_LIMIT
    side = side_of([call.endpoint], call, gateway=call.gateway)
    return Verdict(allows=bool(side.classes), denies=side.denies)


def resource_policy_is_certain(call: OracleCall) -> bool:
    """Whether AWS always has a resource policy for the call (E.3, E.4, R-ANON-01, R-SP-01)."""
    return (
        is_kms_key_call(call)
        or is_trust_call(call)
        or is_cross_account(call)
        or call.caller.kind not in MEMBERS_OF_AN_ACCOUNT
    )


def resource_sides(call: OracleCall) -> list[Side]:
    """The resource-based policy, or every reading of one that is not given (E.3, E.4).

    Where no key policy takes part (R-KMS-02), none is read.
    """
    if is_kms_call_without_key_policy(call):
        return [SILENT_SIDE]
    if call.resource is not None:
        side = side_of([call.resource], call)
        if is_owner_of_bucket_policy(call):
            side = Side(side.classes, denies=False)
        return [side]
    if resource_policy_is_certain(call):
        return [GRANTING_SIDE, SILENT_SIDE, DENYING_SIDE]
    return [SILENT_SIDE]


# --------------------------------------------------------------------------------------------
# All layers
# --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Layers:
    """The results of the layers that are certain: all but session and resource."""

    identity: Verdict
    boundary: Verdict
    scp: Verdict
    endpoint: Verdict
    rcp_denies: bool


def is_granted(call: OracleCall, layers: Layers, session: Verdict, side: Side) -> bool:
    """Whether the call is granted, limits of organization and endpoint aside (E.2 to E.4, E.6)."""
    limits = layers.boundary.allows and session.allows
    own_policies = layers.identity.allows and limits
    if is_refused_to_root(call) or crosses_partitions(call):
        return False
    if call.caller.kind not in MEMBERS_OF_AN_ACCOUNT:
        # R-SP-01, R-ANON-01, R-TRUST-02: the resource's policy decides alone.
        return bool(side.classes)
    if is_cross_account(call):
        # R-XACC-01, R-XACC-02: both sides, in any class.
        return own_policies and bool(side.classes)
    if is_chaining_with_source_identity(call) and not own_policies:
        # R-TRUST-03: the caller's own policies must allow too.
        return False
    if side.classes & ON_ITS_OWN or (side.classes & OF_SESSION and limits):
        # E.2, R-KMS-01, R-TRUST-01.
        return True
    if is_kms_key_call(call) or is_trust_call(call):
        # R-KMS-01, R-TRUST-01: IAM policies count only where the account is named.
        return ACCOUNT in side.classes and own_policies
    # E.2.
    return own_policies


def combine(call: OracleCall, layers: Layers, session: Verdict, side: Side) -> str:
    """A Deny anywhere is final; then the grant and every limit must hold (R-EVAL-01, -04, -10)."""
    if (
        layers.identity.denies
        or layers.boundary.denies
        or session.denies
        or side.denies
        or layers.scp.denies
        or layers.rcp_denies
        or layers.endpoint.denies
    ):
        return EXPLICIT
    if layers.scp.allows and layers.endpoint.allows and is_granted(call, layers, session, side):
        return ALLOWED
    return IMPLICIT


def documents_read(call: OracleCall) -> Iterator[Document]:
    """Every document of every layer that applies to the call (section E)."""
    if has_identity_layer(call):
        yield from call.identity
    if call.boundary is not None and has_boundary_layer(call):
        yield call.boundary
    if has_session_layer(call):
        yield from call.session
    if call.resource is not None and not is_kms_call_without_key_policy(call):
        yield call.resource
    if has_scp_layer(call):
        for level in call.scps:
            yield from level
    if has_rcp_layer(call):
        for level in call.rcps:
            yield from level
    if call.endpoint is not None:
        yield call.endpoint


def decide_call(call: OracleCall) -> str:
    """Return allowed, implicitDeny, explicitDeny, undetermined or error (section E, R-COND-42).

    Undetermined: some policy exists that was not given, and the word depends on it.
    """
    if needs_no_permission(call):
        return ALLOWED
    if any(
        statement_is_unreadable(statement, call.request)
        for statement, _ in statements_of(documents_read(call))
    ):
        return ERROR
    layers = Layers(
        identity=identity_verdict(call),
        boundary=boundary_verdict(call),
        scp=scp_verdict(call),
        endpoint=endpoint_verdict(call),
        rcp_denies=rcp_denies(call),
    )
    words = {
        combine(call, layers, session, side)
        for session in session_verdicts(call)
        for side in resource_sides(call)
    }
    return words.pop() if len(words) == 1 else UNDETERMINED
