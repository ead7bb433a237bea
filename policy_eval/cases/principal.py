"""The `principal` field: a text, or a mapping with what else is known of the caller."""

from __future__ import annotations

from policy_eval.cases.fields import Field
from policy_eval.cases.format import PRINCIPAL
from policy_eval.request.principal import Credentials, Principal, parse_principal


def read_principal(field: Field) -> Principal | None:
    """Return the principal; None for null. Raises RequestError or SuiteError."""
    if field.is_null:
        return None
    if not field.is_mapping:
        return parse_principal(field.text())
    members = field.checked(PRINCIPAL)
    if "arn" not in members:
        raise field.refuse("missing-field", "a principal has an `arn`")
    principal = parse_principal(members["arn"].text())

    def tags(name: str) -> tuple[tuple[str, str], ...]:
        return tuple(members[name].mapped(Field.text).items()) if name in members else ()

    def text(name: str, known: str | None) -> str | None:
        return members[name].text() if name in members else known

    paths = members["organization_paths"].texts() if "organization_paths" in members else []
    return principal._replace(
        user=text("user", None),
        mfa=members["mfa"].truth() if "mfa" in members else None,
        credentials=_credentials(members["credentials"]) if "credentials" in members else None,
        service_linked="service_linked" in members and members["service_linked"].truth(),
        management_account=_management_account(members, principal),
        tags=tags("tags"),
        session_tags=tags("session_tags"),
        session_name=text("session_name", principal.session_name),
        user_id=text("user_id", principal.user_id),
        organization_id=text("organization_id", principal.organization_id),
        organization_paths=tuple(paths),
    )


def _credentials(field: Field) -> Credentials:
    known = {each.value: each for each in Credentials}
    word = field.text()
    if word not in known:
        message = f"`{word}` is no kind of credentials"
        raise field.refuse("unknown-word", message, f"expected {', '.join(known)}")
    return known[word]


def _management_account(members: dict[str, Field], principal: Principal) -> str | None:
    """Return the organization's management account: an ID, or `true` for the caller's own."""
    if "management_account" not in members:
        return None
    text = members["management_account"].text()
    if text == "false":
        return None
    return principal.account if text == "true" else text
