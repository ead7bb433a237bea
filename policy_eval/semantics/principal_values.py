"""What the text of a principal in a policy must be.

AWS: "AWS JSON policy elements: Principal". Rules: R-PRIN-01 … R-PRIN-04, R-PRIN-08, R-PRIN-09,
R-PRIN-10.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from policy_eval.errors import Severity, cut
from policy_eval.policy.arn import parse_arn
from policy_eval.policy.collector import UNREAD, shown
from policy_eval.policy.findings import Finding, Where
from policy_eval.policy.policy_type import RULES, PolicyType
from policy_eval.policy.principal_element import PrincipalValue
from policy_eval.request.principal import is_account

_NOBODY = "it matches nobody"
_UNIQUE_ID = re.compile(r"A[A-Z]{2}A[A-Z0-9]{12,}")
_CANONICAL_ID = re.compile(r"[0-9a-f]{64}")
_DOMAIN = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?:/\S*)?")
_OF_CLOUDFRONT = "cloudfront"
"""The account field in the ARN of a CloudFront origin access identity."""
_AWS_FORMS = "an account ID, the ARN of a user, role, session or account root, a unique ID, or `*`"


def problem_of_principal(
    policy_type: PolicyType, where: Where, value: PrincipalValue
) -> Iterator[Finding]:
    """Yield what is wrong with one principal."""
    if value.text is UNREAD:
        return
    match value.kind:
        case "AWS":
            yield from _aws(where, value.text)
        case "Service":
            yield from _service(where, value.text)
        case "Federated":
            yield from _federated(policy_type, where, value.text)
        case "CanonicalUser":
            yield from _canonical_user(policy_type, where, value.text)
        case _:  # `*`, or a kind that was refused
            return


def _refuse(
    code: str, where: Where, message: str, expected: str, remedy: str = "", rule: str = "R-PRIN-04"
) -> Finding:
    return Finding(Severity.ERROR, code, where, message, remedy, rule, expected, _NOBODY)


def _aws(where: Where, text: str) -> Iterator[Finding]:
    if text == "*" or is_account(text):
        return
    named = shown(text)
    if _UNIQUE_ID.fullmatch(text):
        yield Finding(
            Severity.WARNING, "unique-id", where,
            f"{named} is the unique ID of a user or role, which AWS puts where a principal was "
            "deleted", "name the principal that is meant", "R-PRIN-04",
        )  # fmt: skip
        return
    if "*" in text or "?" in text:
        yield _refuse(
            "principal-wildcard", where, f"{named} has a wildcard, and principals take none",
            'a whole ARN, an account, or "*"',
            "name the account and test aws:PrincipalArn with ArnLike in Condition", "R-PRIN-03",
        )  # fmt: skip
        return
    arn = parse_arn(text)
    if arn is None or arn.service not in ("iam", "sts") or arn.region:
        yield _refuse("principal-form", where, f"{named} is no principal", _AWS_FORMS,
                      _aws_meant(text))  # fmt: skip
        return
    kind = arn.resource.partition("/")[0]
    if arn.service == "iam" and kind == "group":
        yield _refuse(
            "principal-form", where, f"{named} is a group, and groups are never principals",
            _AWS_FORMS, "name its users, or give the group an identity-based policy", "R-PRIN-08",
        )  # fmt: skip
    elif not (is_account(arn.account) or arn.account == _OF_CLOUDFRONT):
        yield _refuse(
            "principal-form", where, f"`{cut(arn.account)}` in {named} is no account ID",
            "twelve digits",
        )  # fmt: skip
    elif not _is_caller(arn.service, arn.resource):
        yield _refuse("principal-form", where, f"{named} is no principal", _AWS_FORMS)


def _is_caller(service: str, resource: str) -> bool:
    kind, slash, name = resource.partition("/")
    if service == "iam":
        return resource == "root" or (kind in ("user", "role") and bool(slash and name))
    if kind == "assumed-role":
        role, slash, session = name.partition("/")
        return bool(role and slash and session)
    return kind == "federated-user" and bool(slash and name)


def _aws_meant(text: str) -> str:
    if text.endswith((".amazonaws.com", ".amazonaws.com.cn")):
        return f'write {{"Service": "{cut(text)}"}}'
    if text.isdigit():
        return "an account ID has twelve digits"
    if ":saml-provider/" in text or ":oidc-provider/" in text:
        return f'write {{"Federated": "{cut(text)}"}}'
    if text.startswith("arn:aws::"):
        return "a colon is too many after the partition"
    return ""


def _service(where: Where, text: str) -> Iterator[Finding]:
    if "*" in text or "?" in text:
        yield _refuse(
            "principal-wildcard", where, f"`{cut(text)}` has a wildcard, and services take none",
            "a service principal such as `ec2.amazonaws.com`", rule="R-PRIN-02",
        )  # fmt: skip
    elif not _DOMAIN.fullmatch(text):
        from policy_eval.semantics.service_reference import service_exists

        known = text.isascii() and service_exists(text.lower())
        yield _refuse(
            "principal-form", where, f"{shown(text)} is no service principal",
            "a name such as `ec2.amazonaws.com`",
            f"did you mean `{text.lower()}.amazonaws.com`" if known else "", "R-PRIN-09",
        )  # fmt: skip
    elif not text.endswith((".amazonaws.com", ".amazonaws.com.cn")):
        yield Finding(
            Severity.WARNING, "principal-form", where,
            f"`{cut(text)}` is an unusual service principal",
            "most end in `.amazonaws.com`", "R-PRIN-09",
        )  # fmt: skip


def _federated(policy_type: PolicyType, where: Where, text: str) -> Iterator[Finding]:
    if policy_type is not PolicyType.TRUST:
        yield _refuse(
            "federated-principal", where, f"{RULES[policy_type].name} has no Federated principal",
            "an AWS or Service principal",
            "only a role trust policy names an identity provider", "R-PRIN-10",
        )  # fmt: skip
        return
    arn = parse_arn(text)
    is_provider = (
        arn is not None
        and arn.service == "iam"
        and is_account(arn.account)
        and arn.resource.startswith(("saml-provider/", "oidc-provider/"))
    )
    if not is_provider and (arn is not None or not _DOMAIN.fullmatch(text)):
        yield _refuse(
            "federated-principal", where, f"{shown(text)} is no identity provider",
            "the ARN of a SAML or OIDC provider, or a domain such as "
            "`cognito-identity.amazonaws.com`", rule="R-PRIN-10",
        )  # fmt: skip


def _canonical_user(policy_type: PolicyType, where: Where, text: str) -> Iterator[Finding]:
    if policy_type is not PolicyType.RESOURCE:
        yield _refuse(
            "principal-form", where, f"{RULES[policy_type].name} has no CanonicalUser",
            "an AWS principal", "only Amazon S3 knows canonical user IDs", "R-PRIN-10",
        )  # fmt: skip
    elif not _CANONICAL_ID.fullmatch(text):
        yield _refuse(
            "principal-form", where, f"`{cut(text)}` is no canonical user ID",
            "64 hexadecimal digits", rule="R-PRIN-10",
        )  # fmt: skip
