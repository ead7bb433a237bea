"""Who calls: the forms of a principal, read from the text people give.

AWS: "AWS JSON policy elements: Principal", "IAM identifiers". Rules: R-PRIN-04, R-PRIN-08,
R-KEY-03.
"""

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from policy_eval.errors import RequestError, refuse_request
from policy_eval.policy.arn import Arn, parse_arn
from policy_eval.request.place import OF_SERVICE_LINKED_ROLES


class PrincipalKind(Enum):
    """What kind of caller; the value is its name in sentences."""

    USER = "IAM user"
    ROLE = "session of a role"
    FEDERATED_USER = "federated user"
    ROOT = "root user"
    SERVICE = "AWS service"
    ANONYMOUS = "anonymous caller"
    PROVIDER = "identity of a provider"


class Credentials(Enum):
    """How the caller came by its credentials; the value is AWS's name of the operation."""

    ACCESS_KEY = "AccessKey"
    CONSOLE = "Console"
    GET_SESSION_TOKEN = "GetSessionToken"
    GET_FEDERATION_TOKEN = "GetFederationToken"
    ASSUME_ROLE = "AssumeRole"
    ASSUME_ROLE_WITH_SAML = "AssumeRoleWithSAML"
    ASSUME_ROLE_WITH_WEB_IDENTITY = "AssumeRoleWithWebIdentity"
    ASSUME_ROOT = "AssumeRoot"


class Principal(NamedTuple):
    """A caller. `name` is the user's, role's (without its path) or service's name.

    A role stands for a session of it; `session_name` is None where it is not known.
    `role_arn` is the role's ARN, None where only the session's is known, which lacks the path
    (R-PRIN-07). `user_id` is the unique ID (`AIDA…`, `AROA…`); `user` the ARN of the user behind a
    federated user. `mfa`: whether MFA was used; `management_account`: the ID of the
    organization's management account. `organization_accounts`: what is known of the accounts of an
    organization, by ID: its ID (None: not known), and where the account is in it. What nobody said
    is None.
    """

    kind: PrincipalKind
    partition: str
    account: str | None
    name: str
    arn: str
    role_arn: str | None = None
    session_name: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    session_tags: tuple[tuple[str, str], ...] = ()
    user_id: str | None = None
    organization_id: str | None = None
    organization_paths: tuple[str, ...] = ()
    user: str | None = None
    mfa: bool | None = None
    credentials: Credentials | None = None
    service_linked: bool = False
    management_account: str | None = None
    organization_accounts: Mapping[str, tuple[str | None, tuple[str, ...]]] | None = None

    def __hash__(self) -> int:
        return hash(self.arn)

    @property
    def is_service_linked(self) -> bool:
        """Whether the caller is a session of a service-linked role, as said or by its path."""
        return self.service_linked or is_service_linked_role(self.role_arn or "")

    @property
    def in_management_account(self) -> bool:
        """Whether the caller's account is its organization's management account."""
        return self.management_account is not None and self.account == self.management_account

    @property
    def path_is_known(self) -> bool:
        """Whether a role's path is known: a session's ARN alone lacks it (R-PRIN-07)."""
        return self.kind is not PrincipalKind.ROLE or self.role_arn is not None

    def __str__(self) -> str:
        match self.kind:
            case PrincipalKind.USER:
                return f"user/{self.name}"
            case PrincipalKind.ROLE:
                session = f"/{self.session_name}" if self.session_name else ""
                return f"role/{self.name}{session}"
            case PrincipalKind.FEDERATED_USER:
                return f"federated-user/{self.name}"
            case PrincipalKind.ROOT:
                return f"root of {self.account}"
            case _:
                return self.name


_FORMS = (
    "give the ARN of a user, role, assumed-role session, federated user, root or identity "
    "provider, an account ID, a service such as `appflow.amazonaws.com`, or `anonymous`"
)
_NO_WILDCARDS = "a caller is one principal; wildcards name none"
_ACCOUNT_DIGITS = 12
BUILT_IN_PROVIDERS = frozenset(
    {
        "accounts.google.com",
        "cognito-identity.amazonaws.com",
        "graph.facebook.com",
        "www.amazon.com",
    }
)
"""Identity providers that need no provider resource in IAM (R-PRIN-10)."""
MOST_UNITS = 5
"""How deep organizational units nest under the root of an organization (A.4)."""


def is_service_linked_role(arn: str) -> bool:
    """Return whether a role's ARN has the path that only service-linked roles have."""
    return OF_SERVICE_LINKED_ROLES in arn


WITHOUT_MFA = frozenset(
    {
        Credentials.GET_FEDERATION_TOKEN,
        Credentials.ASSUME_ROLE_WITH_SAML,
        Credentials.ASSUME_ROLE_WITH_WEB_IDENTITY,
    }
)
"""Credentials of federated identities, which never carry aws:MultiFactorAuthPresent."""


def is_name(text: str) -> bool:
    """Return whether a text can be the name of a user, role or session."""
    plain = "".join(character for character in text if character not in "+=,.@-_")
    return bool(text) and text.isascii() and (plain.isalnum() or not plain)


def is_account(text: str) -> bool:
    """Return whether a text is an account ID: twelve digits."""
    return len(text) == _ACCOUNT_DIGITS and text.isascii() and text.isdigit()


def parse_principal(text: str) -> Principal:
    """Return the principal that `text` names. Raises RequestError."""
    if text == "anonymous":
        return Principal(PrincipalKind.ANONYMOUS, "aws", None, "anonymous", text)
    if is_account(text):
        return _root("aws", text)
    if text in BUILT_IN_PROVIDERS:
        return Principal(PrincipalKind.PROVIDER, "aws", None, text, text)
    arn = parse_arn(text)
    if arn is not None:
        return _of_arn(arn)
    if _is_service(text):
        return Principal(PrincipalKind.SERVICE, "aws", None, text, text)
    if text != "*" and ("*" in text or "?" in text):
        raise _refuse(text, _NO_WILDCARDS)
    raise _refuse(text, _FORMS)


def _is_service(text: str) -> bool:
    """Whether a text has the form of a service principal: `name[.region].amazonaws.com`."""
    name = text.removesuffix(".cn").removesuffix(".amazonaws.com")
    return name != text and all(
        label.replace("-", "a").isalnum() and label.isascii() for label in name.split(".")
    )


def _of_arn(arn: Arn) -> Principal:
    text = str(arn)
    if arn.service not in ("iam", "sts") or arn.region or not is_account(arn.account):
        raise _refuse(text, _FORMS)
    if "*" in text or "?" in text:
        raise _refuse(text, _NO_WILDCARDS)
    if arn.service == "iam" and arn.resource == "root":
        return _root(arn.partition, arn.account)
    kind, _, rest = arn.resource.partition("/")
    name = rest.rpartition("/")[2]
    if not (is_name(name) or kind == "oidc-provider"):
        raise _refuse(text, _FORMS)
    where = (arn.partition, arn.account)
    match arn.service, kind:
        case "iam", "user":
            return Principal(PrincipalKind.USER, *where, name, text)
        case "iam", "role":
            return Principal(PrincipalKind.ROLE, *where, name, text, text)
        case "sts", "assumed-role" if rest.count("/") == 1 and not rest.startswith("/"):
            role = rest.partition("/")[0]
            return Principal(PrincipalKind.ROLE, *where, role, text, None, name)
        case "sts", "federated-user":
            return Principal(PrincipalKind.FEDERATED_USER, *where, rest, text)
        case "iam", "saml-provider" | "oidc-provider":
            return Principal(PrincipalKind.PROVIDER, arn.partition, None, text, text)
        case "iam", "group":
            raise _refuse(text, "a group calls nothing; name one of its users (R-PRIN-08)")
        case _:
            raise _refuse(text, _FORMS)


def _root(partition: str, account: str) -> Principal:
    arn = f"arn:{partition}:iam::{account}:root"
    return Principal(PrincipalKind.ROOT, partition, account, "root", arn)


def _refuse(text: str, remedy: str) -> RequestError:
    return refuse_request("unknown-principal", f"`{text}` is no principal", remedy, ("R-PRIN-04",))
