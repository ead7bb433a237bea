"""`terraform show -json` → what it holds of identities, resources and the organization."""

from __future__ import annotations

from collections.abc import Iterable

from policy_eval.sources.model import OF_NO_SAY, Found, LeftOut, Resource
from policy_eval.sources.reading import OnError
from policy_eval.sources.terraform import guarded, identities, organizations
from policy_eval.sources.terraform.instances import Instance
from policy_eval.sources.terraform.plan import Plan
from policy_eval.sources.terraform.unread import has_policy, unread_policies

_READ = identities.TYPES | guarded.TYPES | organizations.TYPES


def read_terraform(
    value: object,
    file: str,
    on_error: OnError | None = None,
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
    others = [*filter(_is_other, plan.instances)]
    return Found(
        (file,),
        found.managed,
        found.entities,
        _with_unread(held.resources, unread_policies(plan, others)),
        held.endpoints,
        organization,
        (*plan.left_out, *(_not_read(plan, each) for each in others)),
        plan.notes,
    )


def _is_other(instance: Instance) -> bool:
    return not instance.is_data and instance.type not in _READ


def _with_unread(resources: dict[str, Resource], unread: Iterable[Resource]) -> dict[str, Resource]:
    """Return resources with the policies that are not read in the place of those that are."""
    found = dict(resources)
    for each in unread:
        known = found.get(each.arn, each)
        found[each.arn] = known._replace(policy=each.policy)
    return found


def _not_read(plan: Plan, instance: Instance) -> LeftOut:
    why = f"{OF_NO_SAY}the type {instance.type} are not read"
    if instance.value.get("policy") or has_policy(plan, instance):
        why = "its policy is not read"
    return LeftOut(instance.address, why, instance.where)
