"""A request and its policies as the oracle of layers takes them."""

from __future__ import annotations

from policy_eval.engine.policies import PolicySet
from policy_eval.policy.ast import Policy, Statement
from policy_eval.policy.principal_element import PrincipalElement
from policy_eval.request.principal import Credentials, Principal, PrincipalKind
from policy_eval.semantics.layers import EndpointType, Layer
from policy_eval.semantics.request_context import RequestContext
from policy_eval.semantics.service_reference import service_action
from tests.oracle.generate import MULTIVALUED, SINGLE_VALUED
from tests.oracle.layers import Document, Levels, OracleCall, OracleCaller
from tests.oracle.oracle import OracleRequest

_KINDS = {
    PrincipalKind.USER: "user",
    PrincipalKind.ROLE: "role",
    PrincipalKind.FEDERATED_USER: "federated",
    PrincipalKind.ROOT: "root",
    PrincipalKind.SERVICE: "service",
    PrincipalKind.ANONYMOUS: "anonymous",
    PrincipalKind.PROVIDER: "provider",
}
_WITHOUT_RESOURCE = frozenset({"trust"})


def document_of(policy: Policy) -> Document:
    """Return a policy as plain data again."""
    return {"Version": policy.version, "Statement": [*map(_statement, policy.statements)]}


def _statement(statement: Statement) -> dict[str, object]:
    conditions: dict[str, dict[str, object]] = {}
    for condition in statement.conditions:
        conditions.setdefault(condition.operator, {})[condition.key] = list(condition.values)
    document: dict[str, object] = {
        "Effect": statement.effect.value,
        statement.action.name: list(statement.action.values),
        statement.resource.name: list(statement.resource.values),
        "Condition": conditions,
    }
    if statement.principal is not None:
        document[statement.principal.name] = _principal(statement.principal)
    return document


def _principal(element: PrincipalElement) -> object:
    if [value.kind for value in element.values] == ["*"]:
        return "*"
    found: dict[str, list[str]] = {}
    for kind, text in element.values:
        found.setdefault(kind, []).append(text)
    return found


def caller_of(principal: Principal) -> OracleCaller | None:
    """Return a caller as the oracle takes it; None where it has no words for what is unknown."""
    if principal.kind is PrincipalKind.ROLE and principal.role_arn is None:
        return None  # it wants the role's path
    session = None
    if principal.session_name:
        where = f"arn:{principal.partition}:sts::{principal.account}:assumed-role"
        session = f"{where}/{principal.name}/{principal.session_name}"
    return OracleCaller(
        _KINDS[principal.kind],
        principal.role_arn or principal.arn,
        principal.account,
        session,
        principal.user,
        principal.user_id,
        principal.is_service_linked,
        principal.in_management_account,
        principal.credentials is Credentials.ASSUME_ROOT,
    )


def request_of(context: RequestContext, principal: Principal) -> OracleRequest:
    """Return the request with everything that is known of it."""
    names = context.resources.names
    return OracleRequest(
        context.request.action,
        names[0] if names else "*",
        tuple(
            (name, values)
            for spellings in context.entries().values()
            for name, values in spellings.items()
            if values
        ),
        MULTIVALUED
        | {"aws:principalorgpaths", "aws:resourceorgpaths", "kms:encryptioncontextkeys"},
        SINGLE_VALUED | {"aws:sourceip", "aws:sourcevpc", "aws:principalarn"},
        principal.partition,
        principal.account or "",
    )


def call_of(policies: PolicySet, context: RequestContext) -> OracleCall | None:
    """Return the oracle's question; None where its interface has no words for it."""
    principal, attached = context.request.principal, policies.attached
    if principal is None or attached.unknown or context.request.unknown:
        return None
    if context.owner_is_unknown() or context.resources.names is None:
        return None
    caller = caller_of(principal)
    both_types = context.action.service.lower() in ("s3", "dynamodb")
    if caller is None or (
        both_types and attached.exists(Layer.ENDPOINT) and attached.endpoint_type is None
    ):
        return None

    def documents(layer: Layer, level: int = 0) -> tuple[Document, ...]:
        return tuple(
            document_of(each.policy)
            for each in policies.attachments
            if each.layer is layer and each.level == level
        )

    def levels(layer: Layer, count: int) -> Levels:
        return tuple(documents(layer, level) for level in range(1, count + 1))

    def one(layer: Layer, level: int | None = 0) -> Document | None:
        return None if level is None else next(iter(documents(layer, level)), None)

    listed = service_action(context.action.service, context.action.name)
    management = principal.management_account
    return OracleCall(
        caller,
        request_of(context, principal),
        context.owner(),
        management is not None and context.owner() == management,
        documents(Layer.IDENTITY),
        one(Layer.BOUNDARY),
        documents(Layer.SESSION),
        one(Layer.RESOURCE, context.resource_policy()),
        levels(Layer.SCP, attached.scp_levels),
        levels(Layer.RCP, attached.rcp_levels),
        None if context.is_forwarded() else one(Layer.ENDPOINT),
        attached.endpoint_type is EndpointType.GATEWAY,
        listed is None or bool(listed.resource_types),
    )
