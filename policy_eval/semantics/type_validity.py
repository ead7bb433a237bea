"""What a policy of one type must be beyond the shape of its elements: principals, effects, actions.

Rules: R-PRIN-01 … R-PRIN-04, R-PRIN-08, R-PRIN-09, R-PRIN-10, R-TYPE-02, R-TYPE-04, R-TYPE-05,
R-RCP-03.
"""

from __future__ import annotations

from collections.abc import Iterator

from policy_eval.errors import Severity, cut
from policy_eval.policy.ast import Effect, Element, Policy, Statement
from policy_eval.policy.collector import UNUSABLE
from policy_eval.policy.findings import Finding, Where
from policy_eval.policy.policy_type import PolicyType
from policy_eval.policy.principal_element import PrincipalElement
from policy_eval.semantics.principal_values import problem_of_principal
from policy_eval.semantics.service_exceptions import RCP_SERVICES


def problems_of_type(policy: Policy) -> Iterator[Finding]:
    """Yield the problems that a policy has because of its type."""
    for statement in policy.statements:
        yield from _principals(policy.type, statement)
        match policy.type:
            case PolicyType.RCP:
                yield from _in_rcp(statement)
            case PolicyType.TRUST:
                yield from _in_trust_policy(statement)
            case _:
                pass


# Principals


def _principals(policy_type: PolicyType, statement: Statement) -> Iterator[Finding]:
    element = statement.principal
    if element is None:
        return
    if element.negated and statement.effect is Effect.ALLOW:
        where = Where(statement.number, (element.name,), name=True)
        yield Finding(
            Severity.ERROR, "allow-not-principal", where,
            "NotPrincipal stands in an Allow", "name whom the Allow is for under Principal",
            "R-TYPE-05", "NotPrincipal with Deny only",
            "it allows everyone who is not listed, anonymous callers among them",
        )  # fmt: skip
    seen: dict[str, int] = {}
    for value in element.values:
        index = seen[value.kind] = seen.get(value.kind, -1) + 1
        path = (element.name,) if value.kind == "*" else (element.name, value.kind, index)
        yield from problem_of_principal(policy_type, Where(statement.number, path), value)


# Resource control policies


def _is_full_access(statement: Statement) -> bool:
    """Whether a statement is that of AWS's own RCPFullAWSAccess (R-RCP-02)."""
    everything = Element("Action", ("*",), negated=False)
    return (
        statement.effect is Effect.ALLOW
        and statement.action == everything
        and statement.resource == everything._replace(name="Resource")
        and not statement.conditions
    )


def _in_rcp(statement: Statement) -> Iterator[Finding]:
    number = statement.number
    if _is_full_access(statement):
        return
    if statement.effect is Effect.ALLOW:
        yield Finding(
            Severity.ERROR, "effect-not-allowed", Where(number, ("Effect",)),
            "a resource control policy allows nothing", "RCPFullAWSAccess, which is always "
            "attached, allows everything already", "R-TYPE-02", '"Deny"',
            "it grants nothing that is not granted anyway",
        )  # fmt: skip
    element = statement.principal
    if element is not None and not _is_everyone(element):
        yield Finding(
            Severity.ERROR, "rcp-principal", Where(number, (element.name,)),
            "Principal of a resource control policy is not everyone",
            "narrow it by condition keys such as aws:PrincipalArn", "R-TYPE-02",
            '"Principal": "*"', UNUSABLE, unusable=True,
        )  # fmt: skip
    for index, text in enumerate(statement.action.values):
        yield from _rcp_action(Where(number, (statement.action.name, index)), text)


def _is_everyone(element: PrincipalElement) -> bool:
    return [value.kind for value in element.values] == ["*"] and not element.negated


def _rcp_action(where: Where, text: str) -> Iterator[Finding]:
    prefix, colon, _ = text.partition(":")
    if (not colon and text != "*") or prefix.lower() in RCP_SERVICES:
        return
    from difflib import get_close_matches

    from policy_eval.semantics.service_reference import service_exists

    exists = text == "*" or service_exists(prefix.lower())
    near = [] if exists else get_close_matches(prefix.lower(), RCP_SERVICES, 1)
    message = f"resource control policies do not cover the service `{cut(prefix)}`"
    if text == "*":
        message = "a resource control policy of yours may not name `*` alone"
    yield Finding(
        Severity.ERROR, "rcp-action", where, message,
        f"did you mean `{near[0]}`" if near else 'AWS lists the services in "Resource control '
        'policies (RCPs)"', "R-TYPE-02", "an action of a service that RCPs cover",
        "it is not applied",
    )  # fmt: skip


# Role trust policies

_ASSUMED_BY = {
    "saml-provider/": "sts:AssumeRoleWithSAML",
    "oidc-provider/": "sts:AssumeRoleWithWebIdentity",
}
_OTHER = {
    "sts:assumerolewithsaml": "saml-provider/",
    "sts:assumerolewithwebidentity": "oidc-provider/",
}


def _in_trust_policy(statement: Statement) -> Iterator[Finding]:
    element = statement.principal
    if element is None:
        return
    if any(value.text == "*" for value in element.values) and statement.effect is Effect.ALLOW:
        yield Finding(
            Severity.WARNING, "trusts-everyone", Where(statement.number, (element.name,)),
            "this role can be assumed from every AWS account, so far as its conditions let it",
            "name the accounts, roles or services that may", "R-TYPE-04",
        )  # fmt: skip
    for index, text in enumerate(statement.action.values):
        wanted = _OTHER.get(text.lower())
        if wanted is None or element.negated:
            continue
        federated = [each.text for each in element.values if each.kind == "Federated"]
        arns = [each for each in federated if any(f":{kind}" in each for kind in _ASSUMED_BY)]
        others = [each for each in arns if f":{wanted}" not in each]
        if arns and len(others) == len(federated):
            kind = next(each for each in _ASSUMED_BY if f":{each}" in others[0])
            yield Finding(
                Severity.WARNING, "mismatched-federation",
                Where(statement.number, (statement.action.name, index)),
                f"`{text}` is not how a session of `{cut(others[0])}` begins",
                f"write `{_ASSUMED_BY[kind]}`" if kind else "", "R-TYPE-04",
            )  # fmt: skip
