"""The `principal` field: a text, or a mapping with what else is known of the caller."""

from __future__ import annotations

from policy_eval.cases.fields import Field
from policy_eval.request.principal import Principal, parse_principal

_LATER = "is not supported yet"
_FIELDS = {
    **dict.fromkeys(("arn", "tags", "session_tags", "session_name", "user_id",
                     "organization_id", "organization_paths"), ""),
    **dict.fromkeys(
        ("mfa", "service_linked", "management_account",
         "credentials"), _LATER,
    ),
}  # fmt: skip


def read_principal(field: Field) -> Principal | None:
    """Return the principal; None for null. Raises RequestError or SuiteError."""
    if field.is_null:
        return None
    if not field.is_mapping:
        return parse_principal(field.text())
    members = field.checked(_FIELDS)
    if "arn" not in members:
        raise field.refuse("missing-field", "a principal has an `arn`")
    principal = parse_principal(members["arn"].text())

    def tags(name: str) -> tuple[tuple[str, str], ...]:
        return tuple(members[name].mapped(Field.text).items()) if name in members else ()

    def text(name: str, known: str | None) -> str | None:
        return members[name].text() if name in members else known

    paths = members["organization_paths"].texts() if "organization_paths" in members else []
    return principal._replace(
        tags=tags("tags"),
        session_tags=tags("session_tags"),
        session_name=text("session_name", principal.session_name),
        user_id=text("user_id", principal.user_id),
        organization_id=text("organization_id", principal.organization_id),
        organization_paths=tuple(paths),
    )
