"""`terraform show -json` → what it holds of identities, resources and the organization."""

from __future__ import annotations

from collections.abc import Callable

from policy_eval.errors import SourceError
from policy_eval.sources.model import Found, LeftOut
from policy_eval.sources.terraform import guarded, identities, organizations
from policy_eval.sources.terraform.instances import Instance
from policy_eval.sources.terraform.plan import Plan

_READ = identities.TYPES | guarded.TYPES | organizations.TYPES


def read_terraform(
    value: object,
    file: str,
    on_error: Callable[[SourceError], None] | None = None,
    account: str | None = None,
) -> Found:
    """Return what a plan or state of Terraform or OpenTofu holds.

    `value` is the JSON value that `terraform show -json` prints; `account` is the account where
    the file does not tell it. With `on_error`, what cannot be read is handed to it and left out.
    Raises SourceError naming the resource in the file.
    """
    plan = Plan(value, file, account)
    found = identities.Identities(plan, on_error)
    held = guarded.Guarded(plan, on_error)
    organization = organizations.read_organization(plan, on_error)
    plan.note(f"{file} tells what Terraform manages; what was attached by other means is not in it")
    return Found(
        (file,),
        found.managed,
        found.entities,
        held.resources,
        held.endpoints,
        organization,
        (*plan.left_out, *map(_not_read, filter(_is_other, plan.instances))),
        plan.notes,
    )


def _is_other(instance: Instance) -> bool:
    return not instance.is_data and instance.type not in _READ


def _not_read(instance: Instance) -> LeftOut:
    has_policy = "its policy is not read" if instance.value.get("policy") else ""
    why = has_policy or f"resources of the type {instance.type} are not read"
    return LeftOut(instance.address, why, instance.where)
