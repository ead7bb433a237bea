"""The `principal` field: a text, or a mapping with what else is known of the caller."""

from __future__ import annotations

from collections.abc import Callable

from policy_eval.cases.format import PRINCIPAL
from policy_eval.errors import RequestError
from policy_eval.request.principal import Credentials, Principal, parse_principal
from policy_eval.text.fields import Field


def read_principal(
    field: Field, named: Callable[[str], Principal] = parse_principal
) -> Principal | None:
    """Return the principal; None for null.

    `named` returns the one that a text names, with what is known of it; what a mapping says
    replaces that. Raises RequestError, with its place, or SuiteError.
    """
    if field.is_null:
        return None
    if not field.is_mapping:
        return _named(field, named)
    members = field.checked(PRINCIPAL)
    if "arn" not in members:
        raise field.refuse("missing-field", "a principal has an `arn`")
    principal = _named(members["arn"], named)
    read: dict[str, Callable[[Field], object]] = {
        **dict.fromkeys(_TEXTS, Field.text),
        **dict.fromkeys(("tags", "session_tags"), _tags),
        **dict.fromkeys(("mfa", "service_linked"), Field.truth),
        "credentials": _credentials,
        "management_account": lambda each: _management_account(each, principal),
        "organization_paths": lambda each: tuple(each.texts()),
    }
    said = {name: read[name](member) for name, member in members.items() if name != "arn"}
    return principal._replace(**said)  # type: ignore[arg-type]  # each is a field's


_TEXTS = ("user", "session_name", "user_id", "organization_id")


def _named(field: Field, named: Callable[[str], Principal]) -> Principal:
    text = field.text()
    try:
        return named(text)
    except RequestError as error:
        raise RequestError(*map(field.pointed, error.diagnostics)) from None


def _tags(field: Field) -> tuple[tuple[str, str], ...]:
    return tuple(field.mapped(Field.text).items())


def _credentials(field: Field) -> Credentials:
    known = {each.value: each for each in Credentials}
    word = field.text()
    if word not in known:
        message = f"`{word}` is no kind of credentials"
        raise field.refuse("unknown-word", message, f"expected {', '.join(known)}")
    return known[word]


def _management_account(field: Field, principal: Principal) -> str | None:
    """Return the organization's management account: an ID, or `true` for the caller's own."""
    text = field.text()
    if text == "false":
        return None
    return principal.account if text == "true" else text
