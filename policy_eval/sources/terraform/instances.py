"""The resource instances of a plan or state: their values, and what of them is not known yet.

AWS says nothing of this; the source is "JSON Output Format" (Terraform and OpenTofu documentation).
Of a plan, what will be after it was applied counts: what it deletes is gone, what it does not touch
stays as the prior state has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from policy_eval.sources.model import LeftOut, Where
from policy_eval.sources.reading import Value, refuse

MANAGED, DATA = "managed", "data"
_HOLD = ("values", "planned_values", "resource_changes")
_SHOW = "give what `terraform show -json FILE` prints of a plan or state"


class Instance(NamedTuple):
    """One resource or data source of a module, with its values.

    `module` is the address of its module, empty for the root; `key` its key of `count` or
    `for_each`. `unknown` has the shape of the values, true where they are known only after apply;
    where it is true as a whole, everything but the values is.
    `is_new` tells that the plan creates it; `before` is what it was before, None where it was not.
    """

    address: str
    module: str
    mode: str
    type: str
    name: str
    key: str | int | None
    value: Value
    unknown: object = False
    is_new: bool = False
    before: Value | None = None

    @property
    def where(self) -> Where:
        """The file, and the address in it."""
        return self.value.where

    @property
    def block(self) -> tuple[str, str, str, str]:
        """What names the block that it is made by."""
        return self.module, self.mode, self.type, self.name

    @property
    def is_data(self) -> bool:
        """Whether it is a data source."""
        return self.mode == DATA

    def text(self, name: str) -> str | None:
        """Return an argument that is a text; None where it is not set, or not known yet."""
        found = self.value.get(name)
        return None if found is None or found.value == "" else found.text()

    def is_unknown(self, name: str) -> bool:
        """Return whether an argument, or a part of it, is known only after apply."""
        if self.unknown is True:
            return self.value.get(name) is None
        return isinstance(self.unknown, dict) and has_unknown(self.unknown.get(name))


def has_unknown(unknown: object) -> bool:
    """Return whether anything is marked as unknown in a value."""
    if isinstance(unknown, dict):
        return any(map(has_unknown, unknown.values()))
    if isinstance(unknown, list):
        return any(map(has_unknown, unknown))
    return unknown is True


class Contents(NamedTuple):
    """What a file holds: the instances, those that the plan changes as they were, what is left."""

    instances: tuple[Instance, ...]
    changed: tuple[Instance, ...]
    left_out: tuple[LeftOut, ...]
    is_plan: bool


def is_terraform(value: object) -> bool:
    """Return whether a JSON value is a plan or state of Terraform; also one that is no such output.

    A state file as Terraform keeps it is recognised too, to be refused with what to do instead.
    """
    if not isinstance(value, dict):
        return False
    if "format_version" in value:
        known = {*_HOLD, "terraform_version"}
        return bool(known & value.keys()) or len(value) == 1
    return "terraform_version" in value and "lineage" in value


def read_contents(root: Value) -> Contents:
    """Return what a plan or state holds. Raises SourceError for what is no such output."""
    _check_version(root)
    _check_whole(root)
    if all(root.get(name) is None for name in _HOLD):
        raise refuse(
            "missing-field", "there is nothing in it", root.where,
            f"expected {_HOLD[0]}, {_HOLD[1]} or {_HOLD[2]}: name the plan in "
            "`terraform show -json FILE`, or run it where the state is",
        )  # fmt: skip
    if root.get("planned_values") is None and root.get("resource_changes") is None:
        return Contents(tuple(_walked(root.get("values"), {})), (), (), is_plan=False)
    changes = _changes(root)
    planned = [*_walked(root.get("planned_values"), changes)]
    state = root.get("prior_state")
    prior = [*_walked(state.get("values") if state else None, {})]
    deferred = [*_deferred(root)]
    taken = {each.address for each in planned}
    moved = {change.previous for change in changes.values()}
    untouched = [
        each
        for each in prior
        if each.address not in taken
        and (each.is_data or (each.address not in changes and each.address not in moved))
    ]
    forgotten = [change.was for change in changes.values() if change.was and change.is_forgotten]
    blocks = {each.block for each in deferred}
    instances = [
        _put_off(each) if each.block in blocks else each
        for each in (*planned, *untouched, *forgotten)
    ]
    there = {each.address for each in instances}
    instances += [_put_off(each) for each in deferred if each.address not in there]
    return Contents(
        tuple(instances),
        tuple(change.was for change in changes.values() if change.was and change.has_effect),
        tuple(
            LeftOut(each.address, "its change is deferred to a later plan", each.where)
            for each in deferred
        ),
        is_plan=True,
    )


def _check_whole(root: Value) -> None:
    """Refuse a plan that failed: what Terraform had not come to is not in it."""
    errored = root.get("errored")
    if errored is not None and errored.value is not False:
        raise refuse(
            "unsupported-source", "the plan failed, so that not all of it is there", errored.where,
            "mend what `terraform plan` says, and give a plan that succeeded",
        )  # fmt: skip


def _check_version(root: Value) -> None:
    if root.get("format_version") is None:
        raise refuse(
            "unsupported-source", "this is no output of `terraform show`", root.where, _SHOW
        )
    version = root.need("format_version")
    if version.text().partition(".")[0] not in ("0", "1"):
        raise refuse(
            "unsupported-source", f"format {version.text()} of Terraform is not known here",
            version.where, "formats 0.x and 1.x are read",
        )  # fmt: skip


class _Change(NamedTuple):
    """What a plan does to an instance; `was` is the instance before."""

    actions: tuple[str, ...]
    unknown: object
    previous: str
    was: Instance | None

    @property
    def has_effect(self) -> bool:
        """Whether it changes anything at all."""
        return self.actions not in (("no-op",), ("read",), ("forget",))

    @property
    def is_forgotten(self) -> bool:
        return self.actions == ("forget",)


def _changes(root: Value) -> dict[str, _Change]:
    """Return what a plan changes by address; objects that were replaced before are not told."""
    found = {}
    for item in root.listed("resource_changes"):
        if item.get("deposed") is not None:
            continue
        change = item.need("change")
        address = item.need("address").text()
        previous = item.get("previous_address")
        before, unknown = change.get("before"), change.get("after_unknown")
        module = item.get("module_address")
        was = None
        if before is not None:
            was = _instance(item, module.text() if module else "", before.value, {})
        found[address] = _Change(
            change.texts("actions"), unknown.value if unknown else False,
            previous.text() if previous else "", was,
        )  # fmt: skip
    return found


def _walked(values: Value | None, changes: dict[str, _Change]) -> Iterator[Instance]:
    module = values.get("root_module") if values else None
    if module is not None:
        yield from _in_module(module, changes)


def _in_module(module: Value, changes: dict[str, _Change]) -> Iterator[Instance]:
    address = module.get("address")
    for item in module.listed("resources"):
        values = item.get("values")
        yield _instance(
            item, address.text() if address else "", values.value if values else {}, changes
        )
    for child in module.listed("child_modules"):
        yield from _in_module(child, changes)


def _instance(item: Value, module: str, values: object, changes: dict[str, _Change]) -> Instance:
    address = item.need("address").text()
    index = item.get("index")
    key = index.value if index else None
    change = changes.get(address)
    where = Where(item.where.file, address)
    if not isinstance(values, dict):
        raise refuse("wrong-type", "its values are no object", where)
    return Instance(
        address,
        module,
        item.need("mode").text(),
        item.need("type").text(),
        item.need("name").text(),
        key if isinstance(key, (str, int)) else None,
        Value(values, where),
        change.unknown if change else False,
        change is not None and "create" in change.actions,
        change.was.value if change and change.was else None,
    )


_TELL_WHOSE = frozenset({
    "arn", "bucket", "function_name", "group", "groups", "id", "key_id", "name", "path",
    "queue_url", "role", "role_name", "roles", "secret_arn", "target_id", "type", "user",
    "user_name", "users", "vpc_endpoint_id",
})  # fmt: skip
"""The arguments that tell what an instance is, or is of."""


def _put_off(instance: Instance) -> Instance:
    """Return an instance of which only that is known which tells what it is, or is of."""
    values = {
        name: each.value
        for name, each in instance.value.members()
        if name in _TELL_WHOSE and not instance.is_unknown(name)
    }
    return instance._replace(
        value=Value(values, instance.where), unknown=True, is_new=False, before=None
    )


def _deferred(root: Value) -> Iterator[Instance]:
    """Yield what a plan puts off: nobody knows yet what it will be, or how many there will be."""
    for item in root.listed("deferred_changes"):
        resource = item.need("resource_change")
        change = resource.get("change")
        found = (change.get(name) for name in ("after", "before")) if change else iter(())
        values = next((each.value for each in found if each is not None), {})
        module = resource.get("module_address")
        address = module.text() if module else ""
        unknown = change.get("after_unknown") if change else None
        yield _instance(resource, address, values, {})._replace(
            unknown=unknown.value if unknown else {}
        )
