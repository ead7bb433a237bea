"""Which resource a call is authorised against.

Rules: R-RES-09 (actions without resource types), R-SM-04 (a secret that does not exist yet),
R-XACC-05 (whose resource it is), R-AF-08.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from policy_eval.policy.action import Action
from policy_eval.policy.arn import Arn, is_object, parse_arn
from policy_eval.request.request import Request
from policy_eval.semantics.readings import OUR_READING, OpenPoint, Reading
from policy_eval.semantics.service_reference import service_action


class Resources(NamedTuple):
    """The names of the call's one resource; `names` is None where it is not known.

    Several names are several ways AWS may put it: a pattern that matches one matches the
    resource. `notes` say what was derived. `by_text`: the text that was given was looked at,
    so that the name of another resource may be made in another way.
    """

    names: tuple[str, ...] | None
    notes: tuple[str, ...] = ()
    by_text: bool = False


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

NOT_CHOSEN = "-??????"
"""What is written for them, with the hyphen, where a secret is described that is not made yet."""

_CHOSEN = re.compile(r"-[A-Za-z0-9]{6}\Z")


def is_named_as_given(folded_action: str) -> bool:
    """Return whether the resource of an action is named by the text that is given, and no other."""
    service, _, name = folded_action.partition(":")
    listed = service_action(service, name)
    has_types = listed is None or bool(listed.resource_types)
    return has_types and not is_named_anew(folded_action)


def is_named_anew(folded_action: str) -> bool:
    """Return whether the name of the resource is made from the text that is given (R-SM-04)."""
    return folded_action == _CREATE_SECRET


def has_opaque_suffix(resources: Resources) -> bool:
    """Return whether the name holds characters that only AWS will choose (R-SM-04)."""
    return any(name.endswith(_SUFFIX) for name in resources.names or ())


def listing_arn(folded_action: str, partition: str, account: str | None) -> str | None:
    """Return the ARN under which a listing may also be authorised; None for other actions.

    Raises KeyError where the ARN holds the caller's account and that is not known.
    """
    row = _LISTINGS.get(folded_action)
    if row is None:
        return None
    service, holds_account, resource = row
    if holds_account and account is None:
        raise KeyError(folded_action)
    owner = account if holds_account and account else ""
    return str(Arn(partition, service, "", owner, resource))


def resources_of(
    action: Action,
    request: Request,
    account: str | None,
    held: Callable[[str], str | None],
    reading: Reading,
) -> Resources:
    """Return the names of the resource.

    `account` is the caller's, `held` returns the one value of a folded key.
    """
    folded = str(action).lower()
    listed = service_action(action.service, action.name)
    given = request.resource
    notes: tuple[str, ...] = ()
    if listed is not None and not listed.resource_types:
        return _without_types(action, request, account, reading)
    if given == NO_RESOURCE and listed is not None and not request.action_only:
        given = None
        notes = (f"`*` is no resource of {action}, which has resource types: taken as not said",)
    if folded == _CREATE_SECRET:
        partition = request.principal.partition if request.principal else "aws"
        resource, found = _new_secret(given, partition, account, held, reading)
        names = None if resource is None else (resource,)
        return Resources(names, (*notes, *found), by_text=given is not None)
    return Resources(None if given is None else (given,), notes)


def _without_types(
    action: Action, request: Request, account: str | None, reading: Reading
) -> Resources:
    """Return the names of a call whose action has no resource types: `*` (R-RES-09, R-AF-08)."""
    given = request.resource
    notes: tuple[str, ...] = ()
    if given is None:
        notes = (f"{action} has no resource types, so its resource is `*`",)
    elif given != NO_RESOURCE:
        notes = (f"{action} has no resource types: AWS authorises it against `*`, not {given}",)
    partition = request.principal.partition if request.principal else "aws"
    if OpenPoint.RESOURCE_OF_LISTING in reading:
        return Resources((NO_RESOURCE,), notes)
    try:
        listing = listing_arn(str(action).lower(), partition, account)
    except KeyError:
        return Resources(None, notes)
    return Resources((NO_RESOURCE,) if listing is None else (NO_RESOURCE, listing), notes)


_SECRET = "secret:"


def names_before_made(resource: str) -> tuple[str, ...]:
    """Return the names that a secret may have had before AWS chose its characters (R-SM-04).

    None for another resource.
    """
    if f":{_SECRET}" not in resource:
        return ()
    return (_CHOSEN.sub(NOT_CHOSEN, resource), f"{resource}{NOT_CHOSEN}")


def _new_secret(
    given: str | None,
    partition: str,
    account: str | None,
    held: Callable[[str], str | None],
    reading: Reading,
) -> tuple[str | None, tuple[str, ...]]:
    """Return the ARN a new secret will have, its suffix opaque (R-SM-04)."""
    name = held("secretsmanager:name")
    if given is not None:
        return _named_in(given, name, reading)
    region = held("aws:requestedregion")
    if name is None or region is None or account is None:
        return None, ()
    arn = Arn(partition, "secretsmanager", region, account, f"{_SECRET}{name}")
    return _with_suffix(str(arn), reading)


def name_of_new_secret(given: str, name: str | None) -> str:
    """Return the ARN a new secret will have where one is given, and perhaps a name (R-SM-04)."""
    return _named_in(given, name, OUR_READING)[0]


def _named_in(given: str, name: str | None, reading: Reading) -> tuple[str, tuple[str, ...]]:
    in_arn = given.rpartition(_SECRET)[2]
    if name is not None and name != in_arn:
        named = _CHOSEN.sub("", in_arn)
        differ = f"secretsmanager:Name is `{name}`, and the resource names `{named}`"
        return given, () if name == named else (differ,)
    if name is None and _CHOSEN.search(in_arn):
        return given, ()
    return _with_suffix(given, reading)


def _with_suffix(bare: str, reading: Reading) -> tuple[str, tuple[str, ...]]:
    if OpenPoint.NAME_OF_NEW_SECRET in reading:
        return bare, ()
    return bare + _SUFFIX, (f"the new secret will be {bare}{NOT_CHOSEN}",)


_OWNED_BY_AWS = "aws"


def account_of(resource: str) -> str | None:
    """Return the account in a resource's ARN; None where it names none (R-XACC-05)."""
    arn = parse_arn(resource)
    if arn is None or not arn.account or arn.account == _OWNED_BY_AWS:
        return None
    return arn.account


def holder_of(resources: Resources) -> str | None:
    """Return the ARN of what has the resource's policy: an object's bucket, else the resource."""
    if not resources.names:
        return None
    name = resources.names[0]
    arn = parse_arn(name)
    if arn is None or not is_object(arn):
        return name
    return str(arn._replace(resource=arn.resource.partition("/")[0]))
