"""Which resource a call is authorised against.

Rules: R-RES-09 (actions without resource types), R-SM-04 (a secret that does not exist yet),
R-XACC-05 (whose resource it is), R-AF-08.
"""

from typing import NamedTuple

from policy_eval.policy.action import Action
from policy_eval.policy.arn import Arn, parse_arn
from policy_eval.request.principal import Principal
from policy_eval.semantics.readings import OpenPoint, Reading
from policy_eval.semantics.service_reference import service_action


class Resources(NamedTuple):
    """The names of the call's one resource; `names` is None where it is not known.

    Several names are several ways AWS may put it: a pattern that matches one matches the
    resource. `notes` say what was derived.
    """

    names: tuple[str, ...] | None
    notes: tuple[str, ...] = ()


NO_RESOURCE = "*"

_LISTINGS = {
    "s3:listallmybuckets": ("s3", "", "*"),
    "iam:listusers": ("iam", "account", "user/"),
    "iam:listroles": ("iam", "account", "role/"),
    "iam:listgroups": ("iam", "account", "group/"),
    "iam:listpolicies": ("iam", "account", "policy/"),
    "iam:listinstanceprofiles": ("iam", "account", "instance-profile/"),
    "iam:listservercertificates": ("iam", "account", "server-certificate/"),
}
"""Actions without resource types that some services authorise against an ARN (R-RES-09)."""

_CREATE_SECRET = "secretsmanager:createsecret"
_SUFFIX = "-PLACEH"
"""Six characters that stand for the ones Secrets Manager will add to a new secret's name."""


def has_opaque_suffix(resources: Resources) -> bool:
    """Return whether the name holds characters that only AWS will choose (R-SM-04)."""
    return any(name.endswith(_SUFFIX) for name in resources.names or ())


def listing_arn(folded_action: str, principal: Principal | None) -> str | None:
    """Return the ARN under which a listing may also be authorised; None for other actions."""
    row = _LISTINGS.get(folded_action)
    if row is None:
        return None
    service, account, resource = row
    partition = principal.partition if principal else "aws"
    owner = (principal.account or "") if principal and account else ""
    return str(Arn(partition, service, "", owner, resource))


def resources_of(
    action: Action,
    given: str | None,
    principal: Principal | None,
    context: dict[str, str],
    reading: Reading,
) -> Resources:
    """Return the names of the resource. `context` holds folded key → its one value."""
    folded = str(action).lower()
    notes: tuple[str, ...] = ()
    resource = given
    if resource is None:
        resource, notes = _derived(action, folded, principal, context, reading)
    elif folded == _CREATE_SECRET:
        resource, notes = _named_secret(resource, context, reading)
    if resource is None:
        return Resources(None)
    if resource == NO_RESOURCE and OpenPoint.RESOURCE_OF_LISTING not in reading:
        listing = listing_arn(folded, principal)
        if listing is not None:
            return Resources((resource, listing), notes)
    return Resources((resource,), notes)


def _derived(
    action: Action,
    folded: str,
    principal: Principal | None,
    context: dict[str, str],
    reading: Reading,
) -> tuple[str | None, tuple[str, ...]]:
    if folded == _CREATE_SECRET:
        return _new_secret(principal, context, reading)
    listed = service_action(action.service, action.name)
    if listed is None or listed.resource_types:
        return None, ()
    return NO_RESOURCE, (f"{action} has no resource types, so its resource is `*`",)


def _new_secret(
    principal: Principal | None, context: dict[str, str], reading: Reading
) -> tuple[str | None, tuple[str, ...]]:
    """Return the ARN a new secret will have, its suffix opaque (R-SM-04)."""
    name = context.get("secretsmanager:name")
    region = context.get("aws:requestedregion")
    if name is None or region is None or principal is None or principal.account is None:
        return None, ()
    arn = Arn(principal.partition, "secretsmanager", region, principal.account, f"secret:{name}")
    return _with_suffix(str(arn), reading)


def _named_secret(
    given: str, context: dict[str, str], reading: Reading
) -> tuple[str, tuple[str, ...]]:
    """Return the ARN of a secret to be made, where it was given by its bare name."""
    name = context.get("secretsmanager:name")
    if name is None or not given.endswith(f":secret:{name}"):
        return given, ()
    return _with_suffix(given, reading)


def _with_suffix(bare: str, reading: Reading) -> tuple[str, tuple[str, ...]]:
    if OpenPoint.NAME_OF_NEW_SECRET in reading:
        return bare, ()
    return bare + _SUFFIX, (f"the new secret will be {bare}-??????",)


_OWNED_BY_AWS = "aws"


def account_of(resource: str) -> str | None:
    """Return the account in a resource's ARN; None where it names none (R-XACC-05)."""
    arn = parse_arn(resource)
    if arn is None or not arn.account or arn.account == _OWNED_BY_AWS:
        return None
    return arn.account
