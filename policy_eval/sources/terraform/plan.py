"""A plan or state ready to be read: instances by type, what they refer to, and whose they are.

An ARN that is known only after apply is made up here, of the account and Region that the file
tells: the provider's configuration, `aws_caller_identity`, other ARNs of the same provider.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from policy_eval.policy.arn import Arn, parse_arn
from policy_eval.sources.model import Where
from policy_eval.sources.reading import Value, refuse
from policy_eval.sources.terraform.configuration import Configuration, Target
from policy_eval.sources.terraform.instances import Instance, has_unknown, read_contents

NO_ACCOUNT = "000000000000"
NO_REGION = "us-east-1"
_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}


class _Place(NamedTuple):
    """Where the instances of a provider are; `region` is empty where nothing tells it.

    `is_told` tells that the account is known, and not one that stands for it.
    """

    partition: str
    account: str
    region: str
    provider: str
    is_told: bool


class Plan:
    """A plan or state: `instances` as they will be, `changed` as those were that change."""

    def __init__(self, value: object, file: str, account: str | None) -> None:
        root = Value(value, Where(file))
        self.file = file
        contents = read_contents(root)
        self.is_plan = contents.is_plan
        self.instances = contents.instances
        self.changed = contents.changed
        self.left_out = [*contents.left_out]
        self.configuration = Configuration(root, self.instances)
        self._given = account
        self._places: dict[str, _Place] = {}
        self._made_up: dict[str, str] = {}
        self._notes: dict[str, None] = {}
        complete = root.get("complete")
        if complete is not None and complete.value is False:
            self.note(f"{file} is not complete: a further plan will change more")

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed, in sentences."""
        return tuple(self._notes)

    def note(self, text: str) -> None:
        """Keep a sentence on what was assumed, once."""
        self._notes[text] = None

    def of_type(self, *types: str) -> Iterator[Instance]:
        """Yield the managed resources of some types."""
        return (each for each in self.instances if not each.is_data and each.type in types)

    def changed_of(self, *types: str) -> Iterator[Instance]:
        """Yield the managed resources of some types that the plan changes, as they were before."""
        return (each for each in self.changed if not each.is_data and each.type in types)

    def data(self, kind: str) -> Iterator[Instance]:
        """Yield the data sources of a type."""
        return (each for each in self.instances if each.is_data and each.type == kind)

    # What is not known

    def is_open(self, instance: Instance, name: str) -> bool:
        """Return whether an argument is known only after apply, and is not AWS's own choice.

        What no block sets, and the provider computes, is for AWS to choose where it is new.
        """
        return instance.is_unknown(name) and (
            not instance.is_new or self.configuration.is_set(instance, name)
        )

    def target(self, instance: Instance, *path: str | int) -> Target | None:
        """Return the one instance that an argument refers to."""
        return self.configuration.target(instance, *path)

    def why(self, instance: Instance, *path: str | int) -> str:
        """Return why an argument is not known, with what it refers to."""
        name = ".".join(str(step) for step in path)
        refers = ", ".join(self.configuration.references(instance, *path))
        return f"{instance.address}.{name} is known only after apply" + (
            f" (it refers to {refers})" if refers else ""
        )

    # Accounts and Regions

    def account(self, instance: Instance) -> str:
        """Return the account that an instance is in."""
        place = self._place(instance)
        if not place.is_told:
            of = "" if place.account == NO_ACCOUNT else f" of the provider {place.provider}"
            self.note(f"{self.file} does not tell the account{of}: {place.account} stands for it")
        return place.account

    def may_be_account(self, instance: Instance, account: str) -> bool:
        """Return whether an instance may be in an account."""
        place = self._place(instance)
        return place.account == account or not place.is_told or account in self._made_up.values()

    def arn(self, instance: Instance) -> str | None:
        """Return the ARN of an instance; None where it is known only after apply.

        Raises SourceError for what is no ARN.
        """
        known = instance.text("arn")
        if known is not None and parse_arn(known) is None:
            raise refuse("not-an-arn", f"`{known}` is no ARN", instance.where.at("arn"))
        return known

    def made_up(
        self, instance: Instance, service: str, resource: str, *, is_global: bool = False
    ) -> str:
        """Return an ARN in the account of an instance, and in its Region where there are some."""
        place = self._place(instance)
        partition, region = place.partition, place.region
        own = instance.text("region")
        if is_global:
            return str(Arn(partition, service, "", self.account(instance), resource))
        if not own and not region:
            self.note(f"{self.file} does not tell the Region: {NO_REGION} stands for it")
        return str(
            Arn(partition, service, own or region or NO_REGION, self.account(instance), resource)
        )

    def any_arn(self, instance: Instance, service: str, resource: str) -> str:
        """Return a pattern of ARNs in any Region of the account of an instance, or in any."""
        place = self._place(instance)
        account = place.account if place.is_told else "*"
        return str(Arn(place.partition, service, "*", account, resource))

    def accounts(self) -> tuple[str, ...]:
        """Return the accounts that the managed resources are in."""
        return tuple(
            dict.fromkeys(self.account(each) for each in self.instances if not each.is_data)
        )

    def partition(self, instance: Instance) -> str:
        """Return the partition that an instance is in."""
        return self._place(instance).partition

    def _place(self, instance: Instance) -> _Place:
        key = self.configuration.provider(instance)
        found = self._places.get(key)
        if found is None:
            region = next(self._regions(key), "")
            start = next((each for each in _PARTITIONS if region.startswith(each)), "")
            account = next(self._accounts(key), None) or self._given or self._shared(key)
            found = self._places[key] = _Place(
                _PARTITIONS.get(start, "aws"), account or self._stands_for(key), region,
                key, account is not None,
            )  # fmt: skip
        return found

    def _stands_for(self, key: str) -> str:
        """Return an account that stands for that of a provider: one for each set of credentials.

        Providers that differ in their Region alone are in one account.
        """
        credentials = self.configuration.credentials(key)
        return self._made_up.setdefault(credentials, f"{len(self._made_up):012}")

    def _shared(self, key: str) -> str | None:
        """Return the account of a provider with the same credentials."""
        credentials = self.configuration.credentials(key)
        others = (
            each
            for each in self.configuration.provider_keys
            if self.configuration.credentials(each) == credentials
        )
        found = {account for each in others for account in [*self._accounts(each)][:1]}
        return found.pop() if len(found) == 1 else None

    def _accounts(self, key: str) -> Iterator[str]:
        for arn in self.configuration.of_provider(key, "assume_role", "role_arn"):
            yield from _field(arn, "account")
        allowed = [*self.configuration.of_provider(key, "allowed_account_ids")]
        if len(allowed) == 1:
            yield allowed[0]
        for each in self.data("aws_caller_identity"):
            if self.configuration.provider(each) == key and (known := each.text("account_id")):
                yield known
        yield from self._agreed(key, "account")

    def _regions(self, key: str) -> Iterator[str]:
        yield from self.configuration.of_provider(key, "region")
        for each in self.data("aws_region"):
            if self.configuration.provider(each) == key and (known := each.text("id")):
                yield known
        yield from self._agreed(key, "region")

    def _agreed(self, key: str, field: str) -> Iterator[str]:
        """Yield the account or Region that is in every ARN of a provider's resources."""
        arns = [
            arn
            for each in self.instances
            if not each.is_data and isinstance(arn := _member(each, "arn"), str)
            and self.configuration.provider(each) == key
        ]  # fmt: skip
        found = {value for arn in arns for value in _field(arn, field) if value != "aws"}
        if len(found) == 1:
            yield from found


def label(instance: Instance) -> str:
    """Return what stands for a name that is not known: the address, in characters of names."""
    return re.sub(r"[^\w+=,.@-]+", "-", instance.address).strip("-")


def unknown_at(instance: Instance, name: str, number: int) -> bool:
    """Return whether an item of a list is known only after apply."""
    marked = instance.unknown.get(name) if isinstance(instance.unknown, dict) else None
    if isinstance(marked, list):
        return number < len(marked) and has_unknown(marked[number])
    return False


def _member(instance: Instance, name: str) -> object:
    found = instance.value.get(name)
    return found.value if found else None


def _field(arn: str, name: str) -> Iterator[str]:
    parsed = parse_arn(arn)
    found = getattr(parsed, name) if parsed else ""
    if found:
        yield found
